//! Settings for networks of pods, and for Kubernetes of other makers.

use std::process::ExitCode;

use pontoon_settings::emitted::{calico, cilium, flannel, k0s, k3s, talos};

use crate::arguments::kubeadm::SettingsArguments;
use crate::command::kubeadm::settled;
use crate::failure::Failure;
use crate::output;

/// Who is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum For {
    Flannel,
    Calico,
    Cilium,
    K3s,
    Rke2,
    K0s,
    Talos,
}

/// Writes its settings.
pub(crate) fn run(whom: For, arguments: &SettingsArguments) -> Result<ExitCode, Failure> {
    let settings = match settled(arguments)? {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    let text = match whom {
        For::Flannel => flannel::settings(&settings),
        For::Calico => calico::installation(&settings),
        For::Cilium => cilium::values(&settings),
        For::K3s => k3s::configuration(&settings, k3s::Distribution::K3s),
        For::Rke2 => k3s::configuration(&settings, k3s::Distribution::Rke2),
        For::K0s => k0s::configuration(&settings),
        For::Talos => talos::patch(&settings),
    };
    output::data(&text)?;
    Ok(ExitCode::SUCCESS)
}
