//! What has to be done or known on a host beside its settings.

use std::net::IpAddr;

use pontoon_diagnosis::Remedy;
use pontoon_diagnosis::evidence::{JoiningHostEvidence, SettingsEvidence};
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Prefix};
use pontoon_model::shell_command;
use pontoon_model::snapshot::Snapshot;
use pontoon_predict::kubeadm::endpoint::HostPort;
use pontoon_predict::proxy::ProxyEnvironment;

use super::SettingsNotice;

/// What an earlier cluster left. The links of a cluster that the host is a node of are no leftovers.
pub(super) fn leftovers(node: &Snapshot, host: &HostName) -> Option<SettingsNotice> {
    if node.node.kubeadm.is_node {
        return None;
    }
    let names = node.links.iter().map(|link| &link.name);
    let links: Vec<_> = names
        .filter(|name| name.as_str() == "cni0" || name.as_str().starts_with("flannel."))
        .cloned()
        .collect();
    let reset = || Remedy::command(shell_command!("pontoon kubeadm reset-advice --for {}", host));
    (!links.is_empty())
        .then(|| SettingsNotice::new(SettingsEvidence::LeftoverLinks { links }, [reset()]))
}

pub(super) fn forwarding(node: &Snapshot, family: IpFamily) -> Option<SettingsNotice> {
    let (is_on, sysctl) = match family {
        IpFamily::V4 => (node.forwarding.ipv4, "net.ipv4.ip_forward"),
        IpFamily::V6 => (node.forwarding.ipv6, "net.ipv6.conf.default.forwarding"),
    };
    (is_on == Some(false)).then(|| {
        let on = shell_command!(
            "echo {} > /etc/sysctl.d/90-kubernetes.conf && sysctl -qw {}=1",
            format!("{sysctl} = 1"),
            sysctl
        );
        SettingsNotice::new(
            JoiningHostEvidence::ForwardingOff { sysctl },
            [Remedy::command(on).to("without it kubeadm refuses, and pods reach nothing")],
        )
    })
}

/// Without a default route the host itself has no way to a Service.
pub(super) fn service_route(
    node: &Snapshot,
    link: &IfName,
    services: Prefix,
) -> Option<SettingsNotice> {
    let replace = match services.family() {
        IpFamily::V4 => shell_command!("ip route replace {} dev {}", services, link),
        IpFamily::V6 => shell_command!("ip -6 route replace {} dev {}", services, link),
    };
    node.route_to(services).is_none().then(|| {
        SettingsNotice::new(
            JoiningHostEvidence::NoServiceRoute { services },
            [
                Remedy::command(replace).to("add one, which lasts until a reboot"),
                Remedy::action(
                    "keep it with a line `up` in /etc/network/interfaces, or with nmcli connection \
                     modify +ipv4.routes",
                ),
            ],
        )
    })
}

/// The `--node-ip` that kubelet has already, and that would override the one written here.
pub(super) fn own_node_ip(node: &Snapshot, address: IpAddr) -> Option<SettingsNotice> {
    let node_ip = node.node.kubelet.node_ip.as_ref()?;
    (node_ip.raw() != address.to_string()).then(|| {
        SettingsNotice::new(
            SettingsEvidence::KubeletNodeIp { node_ip: node_ip.clone() },
            [Remedy::action("take it out there: the former file overrides the latter")],
        )
    })
}

/// Addresses for which no proxy must be used.
pub(super) fn proxy(
    node: &Snapshot,
    endpoint: &HostPort,
    pods: Prefix,
    services: Prefix,
    network: Prefix,
) -> Option<SettingsNotice> {
    let proxies = ProxyEnvironment::of(&node.proxies);
    let host = &endpoint.host;
    proxies.of_https(&host.to_string())?;
    let exempt = Remedy::command(shell_command!(
        "export NO_PROXY=\"${{NO_PROXY:+$NO_PROXY,}}\"{}",
        format!("{host},{network},{pods},{services},.svc,.cluster.local")
    ));
    let exempt = exempt.to("let requests inside the cluster bypass it");
    Some(SettingsNotice::new(SettingsEvidence::HttpsProxySet, [exempt]))
}
