//! The commands, one file each.

mod agent;
mod check;
mod clock;
mod cluster;
mod completions;
mod demo;
mod discover;
mod exec;
mod explain;
mod fleet;
mod facts_source;
mod host_sessions;
mod hosts;
mod join_check;
mod survey_report;
mod kubeadm;
mod lab;
mod man;
mod mesh;
mod component_settings;
mod predict;
mod progress;
mod records;
mod replay;
mod ssh;
mod text_input;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::arguments::{
    CommandLine, DiagnoseGroup, HostsGroup, LabGroup, OtherGroup, PontoonCommand, SettingsGroup,
};
use crate::failure::CommandFailure;

/// Where this process runs.
#[derive(Debug)]
pub(crate) enum ProcessContext {
    /// On the user's machine, called with these words.
    Machine {
        /// The command line without the program's name.
        words: Vec<OsString>,
    },
    /// In the lab's sandbox.
    Sandbox,
}

/// Runs the command of the command line; returns the exit code of the process.
pub(crate) fn run(
    arguments: CommandLine,
    place: &ProcessContext,
) -> Result<ExitCode, CommandFailure> {
    match arguments.command {
        PontoonCommand::Diagnose(command) => diagnose(&command),
        PontoonCommand::Settings(SettingsGroup::Settings(arguments)) => {
            component_settings::run(&arguments.component)
        }
        PontoonCommand::Settings(SettingsGroup::Kubeadm(arguments)) => {
            kubeadm::run(&arguments.command)
        }
        PontoonCommand::Hosts(HostsGroup::Hosts(arguments)) => hosts::run(&arguments),
        PontoonCommand::Hosts(HostsGroup::Exec(arguments)) => exec::run(&arguments),
        PontoonCommand::Hosts(HostsGroup::Ssh(arguments)) => ssh::run(&arguments),
        PontoonCommand::Hosts(HostsGroup::Clock(arguments)) => clock::run(&arguments),
        PontoonCommand::Lab(LabGroup::Lab(arguments)) => lab::run(&arguments.command, place),
        PontoonCommand::Lab(LabGroup::Demo(arguments)) => demo::run(&arguments, place),
        PontoonCommand::Other(OtherGroup::Agent(arguments)) => agent::run(&arguments),
        PontoonCommand::Other(OtherGroup::Completions(arguments)) => {
            completions::run(arguments.shell)
        }
        PontoonCommand::Other(OtherGroup::Man(arguments)) => man::run(&arguments),
    }
}

fn diagnose(command: &DiagnoseGroup) -> Result<ExitCode, CommandFailure> {
    match command {
        DiagnoseGroup::Check(arguments) => check::run(arguments),
        DiagnoseGroup::Mesh(arguments) => mesh::run(arguments),
        DiagnoseGroup::Discover(arguments) => discover::run(arguments),
        DiagnoseGroup::Predict(arguments) => predict::run(arguments),
        DiagnoseGroup::JoinCheck(arguments) => join_check::run(arguments),
        DiagnoseGroup::Cluster(arguments) => cluster::run(&arguments.command),
        DiagnoseGroup::Explain(arguments) => explain::run(arguments),
        DiagnoseGroup::Replay(arguments) => replay::run(arguments),
    }
}
