//! Moves a cluster whose `kubeadm init` chose the wrong address to the right one, in place.

use std::net::IpAddr;

use crate::node_settings::NodeSettings;
use pontoon_predict::kubeadm::version::ConfigApi;

use super::CommentedText;

/// Source of the files that contain the address; the lab runs the script on a real cluster.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, cmd/kubeadm/app/phases";

/// The script for a single control plane. It keeps CA, tokens, etcd's data and all objects.
#[must_use]
pub fn control_plane(settings: &NodeSettings, old: IpAddr, api: ConfigApi) -> String {
    let mut page = CommentedText::default();
    page.line(SHELL);
    page.comment(0, &format!(
        "Moves the control plane on {} from {old} to {}, as root. For one control plane with its \
         own etcd. The API is away for about half a minute; CA, tokens, pods and all objects stay.",
        settings.host, settings.address.value
    ));
    page.comment(0, &settings.address.evidence_text());
    page.first(settings, true);
    let node_ip = match api {
        ConfigApi::V1Beta3 => format!("{{node-ip: \"{}\"}}", settings.address.value),
        ConfigApi::V1Beta4 => {
            format!("[{{name: node-ip, value: \"{}\"}}]", settings.address.value)
        }
    };
    let body = SCRIPT
        .replace("@OLD@", &old.to_string())
        .replace("@NEW@", &settings.address.value.to_string())
        .replace("@OLD_URL@", &url(old))
        .replace("@NEW_URL@", &url(settings.address.value))
        .replace("@NODE@", &settings.node_name)
        .replace("@API@", &api.to_string())
        .replace("@NODE_IP@", &node_ip);
    page.0.push_str(&body);
    page.comment(0, &format!(
        "Workers that joined: pontoon kubeadm repair-advice --for WORKER --from {old} --to {}. \
         Copies of admin.conf (~/.kube/config) still name the old address. flannel: pontoon settings flannel \
         --for {}.",
        settings.address.value, settings.host
    ));
    page.0
}

/// The script for a worker that has joined already.
#[must_use]
pub fn worker(settings: &NodeSettings, old: IpAddr, new: IpAddr) -> String {
    let mut page = CommentedText::default();
    page.line(SHELL);
    page.comment(
        0,
        &format!("Leads the worker {} to {new} instead of {old}, as root.", settings.host),
    );
    page.comment(0, &settings.address.evidence_text());
    page.first(settings, true);
    let body = WORKER
        .replace("@OLD_URL@", &url(old))
        .replace("@NEW_URL@", &url(new))
        .replace("@NODE_IP@", &settings.address.value.to_string());
    page.0.push_str(&body);
    page.0
}

fn url(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("https://{v4}:"),
        IpAddr::V6(v6) => format!("https://[{v6}]:"),
    }
}

/// The script uses `/dev/tcp`, which only bash has.
const SHELL: &str = "#!/usr/bin/env bash";

const SCRIPT: &str = r##"set -eu
k=/etc/kubernetes
cluster="kubectl --kubeconfig $k/admin.conf"
# it COMMAND...: until it succeeds, two minutes at most.
it() { for _ in $(seq 240); do "$@" > /dev/null 2>&1 && return; sleep 0.5; done; echo "gave up: $*" >&2; exit 1; }
closed() { ! (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

grep -qF '@OLD_URL@' $k/admin.conf || { echo "$k/admin.conf does not name @OLD@" >&2; exit 1; }
cp -a $k "$k.before-@OLD@"
# The cluster's configuration, while the API still answers.
umask 077
settings=$(mktemp)
cat > "$settings" <<'SETTINGS'
apiVersion: @API@
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: "@NEW@"}
nodeRegistration: {name: "@NODE@", kubeletExtraArgs: @NODE_IP@}
---
SETTINGS
$cluster -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' |
  sed 's#^controlPlaneEndpoint: "\{0,1\}@OLD@\(:[0-9]*\)\{0,1\}"\{0,1\}$#controlPlaneEndpoint: "@NEW@\1"#' >> "$settings"

# The static pods first: kubelet leaves the old ones running beside the new.
mkdir -p /run/manifests.before
mv $k/manifests/*.yaml /run/manifests.before/
for port in 6443 2379 10257 10259; do it closed $port; done

# kubeadm keeps a certificate that is there.
rm -f $k/pki/apiserver.crt $k/pki/apiserver.key $k/pki/etcd/server.crt $k/pki/etcd/server.key $k/pki/etcd/peer.crt $k/pki/etcd/peer.key
for certificate in apiserver etcd-server etcd-peer; do kubeadm init phase certs $certificate --config "$settings"; done
sed -i 's#server: @OLD_URL@#server: @NEW_URL@#' $k/*.conf
sed -i -E 's#--node-ip=[^ "]* ?##; s#KUBELET_KUBEADM_ARGS="#&--node-ip=@NEW@ #' /var/lib/kubelet/kubeadm-flags.env

kubeadm init phase etcd local --config "$settings"
kubeadm init phase control-plane all --config "$settings"
systemctl restart kubelet
it $cluster get --raw /readyz

# What lies in the cluster: its configuration, cluster-info, kube-proxy.
kubeadm init phase upload-config kubeadm --config "$settings" --kubeconfig $k/admin.conf
kubeadm init phase bootstrap-token --config "$settings" --kubeconfig $k/admin.conf --skip-token-print
rm -f "$settings"
# Not `init phase addon kube-proxy`, which sets all its other settings back.
$cluster -n kube-system get configmap kube-proxy -o yaml | sed 's#@OLD_URL@#@NEW_URL@#' | $cluster replace -f -
$cluster -n kube-system rollout restart daemonset kube-proxy
"##;

const WORKER: &str = r##"set -eu
cp -a /etc/kubernetes/kubelet.conf /etc/kubernetes/kubelet.conf.before
sed -i 's#server: @OLD_URL@#server: @NEW_URL@#' /etc/kubernetes/kubelet.conf
sed -i -E 's#--node-ip=[^ "]* ?##; s#KUBELET_KUBEADM_ARGS="#&--node-ip=@NODE_IP@ #' /var/lib/kubelet/kubeadm-flags.env
systemctl restart kubelet
"##;
