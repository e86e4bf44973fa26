//! `pontoon settings`: settings for pod networks, and for other distributions of Kubernetes.

use std::process::ExitCode;

use pontoon_settings::manifests::{calico, cilium, flannel, k0s, k3s, talos};
use pontoon_settings::node_settings::NodeSettings;

use crate::arguments::settings::{SettingsArguments, SettingsCommand};
use crate::command::kubeadm::{self, settings_for_host};
use crate::failure::CommandFailure;
use crate::output;

/// Writes the settings of the component that the command line names.
pub(crate) fn run(component: &SettingsCommand) -> Result<ExitCode, CommandFailure> {
    match component {
        SettingsCommand::Kubeadm(arguments) => kubeadm::run(&arguments.command),
        SettingsCommand::Flannel(arguments) => write(arguments, flannel::settings),
        SettingsCommand::Calico(arguments) => write(arguments, calico::installation),
        SettingsCommand::Cilium(arguments) => write(arguments, cilium::values),
        SettingsCommand::K3s(arguments) => {
            write(arguments, |settings| k3s::configuration(settings, k3s::K3sDistribution::K3s))
        }
        SettingsCommand::Rke2(arguments) => {
            write(arguments, |settings| k3s::configuration(settings, k3s::K3sDistribution::Rke2))
        }
        SettingsCommand::K0s(arguments) => write(arguments, k0s::configuration),
        SettingsCommand::Talos(arguments) => write(arguments, talos::patch),
    }
}

fn write(
    arguments: &SettingsArguments,
    text: impl FnOnce(&NodeSettings) -> String,
) -> Result<ExitCode, CommandFailure> {
    let settings = match settings_for_host(arguments)? {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    output::data(&text(&settings))?;
    Ok(ExitCode::SUCCESS)
}
