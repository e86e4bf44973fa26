//! What to do about a join that fails, where several stages say the same.

use std::borrow::Cow;

use pontoon_diagnosis::{CommandPlace, Remedy};
use pontoon_model::shell::ShellCommand;
use pontoon_model::shell_command;
use pontoon_predict::kubeadm::endpoint::{EndpointHost, HostPort};

/// A command for a control plane, and what it is for.
pub(super) fn on_control_plane(
    command: impl Into<ShellCommand>,
    action: impl Into<Cow<'static, str>>,
) -> Remedy {
    Remedy::command(command).at(CommandPlace::ControlPlane).to(action)
}

/// A new bootstrap token, and the command to join with it.
pub(super) fn new_join_command() -> Remedy {
    on_control_plane("kubeadm token create --print-join-command", "print a new join command")
}

/// Where an answer did not come in time.
pub(super) fn be_patient() -> Remedy {
    Remedy::command("pontoon join-check --patient -")
        .to("wait as long as kubeadm does: a Pi that is starting takes minutes")
}

/// Where the server gives an answer that no API server gives.
pub(super) fn see_what_answers(server: &HostPort) -> Remedy {
    let url = format!("{}/version", server.url());
    Remedy::command(shell_command!("curl -k {}", url)).to("see what answers there")
}

/// Where frames between the two hosts may be blocked.
pub(super) fn compare_links() -> Remedy {
    Remedy::command("pontoon mesh HOSTS")
        .to("see which links of both hosts pass frames, and of which size")
}

/// Where the address that init took is not reached from here, and another is.
pub(super) fn move_cluster(answers: &HostPort) -> Remedy {
    let action = format!("move the cluster to {}, which this host reaches", answers.host);
    on_control_plane("pontoon kubeadm repair-advice", action)
}

/// Where the server must not be asked through a proxy. For kubelet and containerd the same is
/// needed, and more.
pub(super) fn exempt_from_proxy(host: &EndpointHost) -> [Remedy; 2] {
    [
        Remedy::command(shell_command!("export NO_PROXY=\"$NO_PROXY,\"{}", host))
            .to("ask the server directly"),
        Remedy::command("pontoon kubeadm init").to(
            "write NO_PROXY for kubelet and containerd, too, with the networks of nodes, Services \
             and pods",
        ),
    ]
}
