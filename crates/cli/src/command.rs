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
mod gathered;
mod host_sessions;
mod hosts;
mod join_check;
mod judge;
mod kubeadm;
mod lab;
mod man;
mod mesh;
mod network;
mod predict;
mod progress;
mod records;
mod replay;
mod ssh;
mod text;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;

/// Where this process runs.
#[derive(Debug)]
pub(crate) enum Place {
    /// On the user's machine, called with these words.
    Machine {
        /// The command line without the program's name.
        words: Vec<OsString>,
    },
    /// In the lab's sandbox.
    Sandbox,
}

/// Does what the command line says.
pub(crate) fn run(arguments: Arguments, place: &Place) -> Result<ExitCode, Failure> {
    match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Exec(arguments) => exec::run(&arguments),
        Command::Ssh(arguments) => ssh::run(&arguments),
        Command::Clock(arguments) => clock::run(&arguments),
        Command::Discover(arguments) => discover::run(&arguments),
        Command::Mesh(arguments) => mesh::run(&arguments),
        Command::Cluster(arguments) => cluster::run(&arguments.command),
        Command::Predict(arguments) => predict::run(&arguments),
        Command::JoinCheck(arguments) => join_check::run(&arguments),
        Command::Kubeadm(arguments) => kubeadm::run(&arguments.command),
        Command::Flannel(arguments) => network::run(network::For::Flannel, &arguments),
        Command::Calico(arguments) => network::run(network::For::Calico, &arguments),
        Command::Cilium(arguments) => network::run(network::For::Cilium, &arguments),
        Command::K3s(arguments) => network::run(network::For::K3s, &arguments),
        Command::Rke2(arguments) => network::run(network::For::Rke2, &arguments),
        Command::K0s(arguments) => network::run(network::For::K0s, &arguments),
        Command::Talos(arguments) => network::run(network::For::Talos, &arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Hosts(arguments) => hosts::run(&arguments),
        Command::Lab(arguments) => lab::run(&arguments.command, place),
        Command::Demo(arguments) => demo::run(&arguments, place),
        Command::Agent(arguments) => agent::run(&arguments),
        Command::Completions(arguments) => completions::run(arguments.shell),
        Command::Man(arguments) => man::run(&arguments),
    }
}
