//! `kubeadm init`: a configuration file, or a command line.

use pontoon_model::shell;

use crate::node_settings::NodeSettings;
use pontoon_predict::kubeadm::version::{ConfigApi, KubernetesVersion};

use super::{CommentedText, quoted};

/// Source of the fields; the result was tested with a real kubeadm.
pub const SOURCE: &str =
    "kubernetes/kubernetes v1.36.2, cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go";

/// The configuration file for `kubeadm init --config`.
#[must_use]
pub fn configuration(
    settings: &NodeSettings,
    api: ConfigApi,
    version: &KubernetesVersion,
) -> String {
    let mut page = CommentedText::default();
    page.comment(
        0,
        &format!("Settings for kubeadm init on {}: save them as init.yaml, then", settings.host),
    );
    page.line("#     kubeadm init --config init.yaml");
    page.first(settings, false);
    page.line(&format!("apiVersion: {api}"));
    page.line("kind: InitConfiguration");
    page.line("localAPIEndpoint:");
    page.comment(2, &settings.address.evidence_text());
    page.line(&format!("  advertiseAddress: {}", quoted(settings.address.value)));
    node_registration(&mut page, settings, api);
    page.line("---");
    page.line(&format!("apiVersion: {api}"));
    page.line("kind: ClusterConfiguration");
    page.comment(0, "kubeadm's own version: without it kubeadm asks the internet for one");
    page.line(&format!("kubernetesVersion: {version}"));
    page.comment(0, &settings.endpoint.evidence_text());
    page.line(&format!("controlPlaneEndpoint: {}", quoted(settings.endpoint.value.authority())));
    page.line("networking:");
    page.comment(2, &settings.pods.evidence_text());
    page.line(&format!("  podSubnet: {}", quoted(settings.pods.value)));
    page.comment(2, &settings.services.evidence_text());
    page.line(&format!("  serviceSubnet: {}", quoted(settings.services.value)));
    page.line("apiServer:");
    page.line("  certSANs:");
    page.comment(4, &settings.names.evidence_text());
    for name in &settings.names.value {
        page.line(&format!("    - {}", quoted(name)));
    }
    after(&mut page, settings);
    page.0
}

/// The script for a root shell. kubeadm has no flag for kubelet's `--node-ip`, so that is set
/// first.
#[must_use]
pub fn command(settings: &NodeSettings, version: Option<&KubernetesVersion>) -> String {
    let mut page = CommentedText::default();
    page.comment(0, &format!("kubeadm init on {}, as root", settings.host));
    page.first(settings, true);
    page.comment(0, &settings.address.evidence_text());
    page.comment(0, &format!("Pods: {}", settings.pods.evidence_text()));
    page.comment(0, &format!("Services: {}", settings.services.evidence_text()));
    let mut flags = vec![
        format!("--apiserver-advertise-address={}", settings.address.value),
        format!("--control-plane-endpoint={}", settings.endpoint.value.authority()),
        format!("--apiserver-cert-extra-sans={}", settings.names.value.join(",")),
        format!("--pod-network-cidr={}", settings.pods.value),
        format!("--service-cidr={}", settings.services.value),
        format!("--node-name={}", settings.node_name),
    ];
    flags.extend(version.map(|version| format!("--kubernetes-version={version}")));
    let flags: Vec<String> = flags.iter().map(|flag| shell::quoted(flag)).collect();
    let init = format!(" &&\nkubeadm init \\\n  {}", flags.join(" \\\n  "));
    kubelet_default(&mut page, settings, &init);
    after(&mut page, settings);
    page.0
}

/// The node's name, and the `node-ip` of its kubelet.
pub(super) fn node_registration(page: &mut CommentedText, settings: &NodeSettings, api: ConfigApi) {
    page.line("nodeRegistration:");
    page.line(&format!("  name: {}", quoted(&settings.node_name)));
    page.line("  kubeletExtraArgs:");
    page.comment(4, "left alone, kubelet takes what its name means, or the default route's");
    match api {
        ConfigApi::V1Beta3 => {
            page.line(&format!("    node-ip: {}", quoted(settings.address.value)));
        }
        ConfigApi::V1Beta4 => {
            page.line("    - name: node-ip");
            page.line(&format!("      value: {}", quoted(settings.address.value)));
        }
    }
}

/// Sets `--node-ip` in the file that kubelet's unit reads last (kubernetes/release,
/// 10-kubeadm.conf). The command `then` may continue the line, for what must not follow a failure.
pub(super) fn kubelet_default(page: &mut CommentedText, settings: &NodeSettings, then: &str) {
    page.comment(0, "kubelet's address; what stood in that file first is kept beside it");
    page.line("d=/etc/default/kubelet");
    page.line(&format!(
        "if [ -s $d ] && [ ! -e $d.before ]; then cp $d $d.new && mv $d.new $d.before; fi &&\n  echo \
         KUBELET_EXTRA_ARGS=--node-ip={} > $d.new && mv $d.new $d{then}",
        settings.address.value
    ));
}

fn after(page: &mut CommentedText, settings: &NodeSettings) {
    let NodeSettings { host, .. } = settings;
    page.comment(0, &format!(
        "Afterwards: pontoon settings flannel --for {host} says what the network of the pods needs, pontoon \
         kubeadm join --for HOST what a worker does."
    ));
}
