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

use crate::arguments::{CommandLine, PontoonCommand};
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

/// Does what the command line says.
pub(crate) fn run(
    arguments: CommandLine,
    place: &ProcessContext,
) -> Result<ExitCode, CommandFailure> {
    match arguments.command {
        PontoonCommand::Check(arguments) => check::run(&arguments),
        PontoonCommand::Exec(arguments) => exec::run(&arguments),
        PontoonCommand::Ssh(arguments) => ssh::run(&arguments),
        PontoonCommand::Clock(arguments) => clock::run(&arguments),
        PontoonCommand::Discover(arguments) => discover::run(&arguments),
        PontoonCommand::Mesh(arguments) => mesh::run(&arguments),
        PontoonCommand::Cluster(arguments) => cluster::run(&arguments.command),
        PontoonCommand::Predict(arguments) => predict::run(&arguments),
        PontoonCommand::JoinCheck(arguments) => join_check::run(&arguments),
        PontoonCommand::Kubeadm(arguments) => kubeadm::run(&arguments.command),
        PontoonCommand::Flannel(arguments) => {
            component_settings::run(component_settings::SettingsTarget::Flannel, &arguments)
        }
        PontoonCommand::Calico(arguments) => {
            component_settings::run(component_settings::SettingsTarget::Calico, &arguments)
        }
        PontoonCommand::Cilium(arguments) => {
            component_settings::run(component_settings::SettingsTarget::Cilium, &arguments)
        }
        PontoonCommand::K3s(arguments) => {
            component_settings::run(component_settings::SettingsTarget::K3s, &arguments)
        }
        PontoonCommand::Rke2(arguments) => {
            component_settings::run(component_settings::SettingsTarget::Rke2, &arguments)
        }
        PontoonCommand::K0s(arguments) => {
            component_settings::run(component_settings::SettingsTarget::K0s, &arguments)
        }
        PontoonCommand::Talos(arguments) => {
            component_settings::run(component_settings::SettingsTarget::Talos, &arguments)
        }
        PontoonCommand::Replay(arguments) => replay::run(&arguments),
        PontoonCommand::Explain(arguments) => explain::run(&arguments),
        PontoonCommand::Hosts(arguments) => hosts::run(&arguments),
        PontoonCommand::Lab(arguments) => lab::run(&arguments.command, place),
        PontoonCommand::Demo(arguments) => demo::run(&arguments, place),
        PontoonCommand::Agent(arguments) => agent::run(&arguments),
        PontoonCommand::Completions(arguments) => completions::run(arguments.shell),
        PontoonCommand::Man(arguments) => man::run(&arguments),
    }
}
