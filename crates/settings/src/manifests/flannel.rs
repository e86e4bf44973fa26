//! flannel: its interface, and the pod network that it must share with kubeadm.

use pontoon_model::shell_command;

use crate::node_settings::NodeSettings;

use super::{CommentedText, quoted};

/// Source of the fields; the result was tested with a real flannel.
pub const SOURCE: &str = "flannel-io/flannel v0.28.10, main.go and Documentation/configuration.md";

/// Bytes that VXLAN adds: 50 over IPv4, 70 over IPv6.
pub(super) const fn overhead(is_v6: bool) -> u32 {
    if is_v6 { 70 } else { 50 }
}

/// The changes to kube-flannel.yml, as kubectl commands.
#[must_use]
pub fn settings(settings: &NodeSettings) -> String {
    let mut page = CommentedText::default();
    page.comment(0, "flannel: after kubectl apply -f kube-flannel.yml, on any host with kubectl");
    for warning in &settings.warnings {
        page.comment(0, &format!("WARNING: {warning}"));
    }
    let is_v6 = settings.address.value.is_ipv6();
    page.comment(
        0,
        &format!(
            "Left alone, flannel takes the link of the default route on each node; what was seen: \
             {}. The link must be called {} on all nodes.",
            settings.address.evidence_text(),
            settings.link
        ),
    );
    let patch = format!(
        "[\n  {{\"op\": \"add\", \"path\": \"/spec/template/spec/containers/0/args/-\", \"value\": {}}}]",
        quoted(format_args!("--iface={}", settings.link))
    );
    page.shell(&shell_command!(
        "kubectl -n kube-flannel patch daemonset kube-flannel-ds --type=json -p {}",
        patch
    ));
    page.comment(0, "The network must be kubeadm's podSubnet");
    let (family, on) = if is_v6 {
        ("IPv6Network", ", \"EnableIPv4\": false, \"EnableIPv6\": true")
    } else {
        ("Network", "")
    };
    page.line("kubectl -n kube-flannel patch configmap kube-flannel-cfg --type=merge -p '");
    page.line(&format!(
        "  {{\"data\": {{\"net-conf.json\": \"{{\\\"{family}\\\": \\\"{}\\\"{}, \\\"Backend\\\": \
         {{\\\"Type\\\": \\\"vxlan\\\"}}}}\"}}}}'",
        settings.pods.value,
        on.replace('"', "\\\"")
    ));
    page.line("kubectl -n kube-flannel rollout restart daemonset kube-flannel-ds");
    page.comment(0, &format!(
        "Pods get an MTU of {}: {} of {} less {} for VXLAN. An existing flannel.1 keeps its own: ip \
         link delete flannel.1 on each node, then restart.",
        settings.mtu.saturating_sub(overhead(is_v6)),
        settings.mtu,
        settings.link,
        overhead(is_v6)
    ));
    page.0
}
