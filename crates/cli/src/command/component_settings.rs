//! Settings for networks of pods, and for Kubernetes of other makers.

use std::process::ExitCode;

use pontoon_settings::manifests::{calico, cilium, flannel, k0s, k3s, talos};

use crate::arguments::kubeadm::SettingsArguments;
use crate::command::kubeadm::settings_for_host;
use crate::failure::CommandFailure;
use crate::output;

/// Who is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SettingsTarget {
    Flannel,
    Calico,
    Cilium,
    K3s,
    Rke2,
    K0s,
    Talos,
}

/// Writes its settings.
pub(crate) fn run(
    whom: SettingsTarget,
    arguments: &SettingsArguments,
) -> Result<ExitCode, CommandFailure> {
    let settings = match settings_for_host(arguments)? {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    let text = match whom {
        SettingsTarget::Flannel => flannel::settings(&settings),
        SettingsTarget::Calico => calico::installation(&settings),
        SettingsTarget::Cilium => cilium::values(&settings),
        SettingsTarget::K3s => k3s::configuration(&settings, k3s::K3sDistribution::K3s),
        SettingsTarget::Rke2 => k3s::configuration(&settings, k3s::K3sDistribution::Rke2),
        SettingsTarget::K0s => k0s::configuration(&settings),
        SettingsTarget::Talos => talos::patch(&settings),
    };
    output::data(&text)?;
    Ok(ExitCode::SUCCESS)
}
