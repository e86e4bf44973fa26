//! Removes what `kubeadm reset` leaves behind.

use pontoon_model::snapshot::Snapshot;

use super::CommentedText;

/// Source: `cmd/kubeadm/app/cmd/reset.go` prints what it leaves; tested with a real kubeadm.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, cmd/kubeadm/app/cmd/reset.go";

/// Links of a cluster's network. A new cluster would use them with their old addresses and MTU.
const LINKS: [&str; 5] = ["cni0", "flannel.1", "flannel-v6.1", "vxlan.calico", "cilium_vxlan"];

/// The commands that remove a host from its cluster and undo the changes of kubeadm and the CNI.
#[must_use]
pub fn advice(host: &str, node: &Snapshot) -> String {
    let mut page = CommentedText::default();
    page.comment(
        0,
        &format!("Takes {host} out of its cluster, as root. Certificates, etcd and pods are lost."),
    );
    // If kubeadm fails, the host is still in its cluster: then nothing of it is removed.
    page.line("kubeadm reset --force && {");
    page.comment(0, "kubeadm leaves the CNI's configuration: pods of a new cluster would use it");
    // Not the folder itself: containerd watches it and would not notice a new one of that name.
    page.line("rm -f /etc/cni/net.d/*");
    let links: Vec<_> = node
        .links
        .iter()
        .map(|link| link.name.as_str())
        .filter(|name| LINKS.contains(name))
        .collect();
    if !links.is_empty() {
        page.comment(0, "its links keep the old addresses and MTU");
    }
    for link in links {
        page.line(&format!("ip link delete {link}"));
    }
    page.comment(0, "and the rules of kube-proxy, in either mode");
    page.line("nft delete table ip kube-proxy 2> /dev/null");
    page.line("nft delete table ip6 kube-proxy 2> /dev/null");
    page.line("rules=$(iptables-save) && printf '%s\\n' \"$rules\" | grep -v -e KUBE- -e FLANNEL- | iptables-restore");
    page.line("}");
    if node.node.kubelet.node_ip.is_some() {
        page.comment(0, "kubelet is still told an address: see that it is the one you want");
        page.line("grep -s node-ip /etc/default/kubelet");
    }
    page.comment(0, "copies of the old admin.conf would lead nowhere: ~/.kube/config");
    page.0
}
