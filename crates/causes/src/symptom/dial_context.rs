//! What a program was doing when a connection failed, as far as its own words tell.

use super::log_text::speaker;
use super::pattern::LinePattern;

/// What the program was doing. The first context whose words occur in the line is taken.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum DialContext {
    /// `kubeadm join` fetches cluster-info from the given address.
    Discovery,
    /// `kubeadm join` connects to the server that cluster-info names.
    Config,
    /// The API server connects to a kubelet (logs, exec, port-forward, metrics).
    ApiToKubelet,
    /// The API server calls a webhook.
    Webhook,
    /// A container runtime pulls an image.
    Pull,
    /// kubelet connects to its API server.
    Kubelet,
    /// kubectl talks to its API server.
    Kubectl,
    /// The line does not show the context.
    Plain,
}

const SETTINGS: [(DialContext, &[&str]); 7] = [
    (
        DialContext::Discovery,
        &[
            "failed to request the cluster-info configmap",
            "couldn't validate the identity of the api server",
            "failed to request cluster info",
            "failed to request cluster-info",
            "/configmaps/cluster-info",
        ],
    ),
    (
        DialContext::Config,
        &[
            "unable to fetch the kubeadm-config configmap",
            "failed to get config map",
            "/configmaps/kubeadm-config",
        ],
    ),
    (DialContext::Webhook, &["failed calling webhook", "failed to call webhook"]),
    (DialContext::ApiToKubelet, &["containerlogs", "error dialing backend"]),
    (
        DialContext::Pull,
        &[
            "failed to pull",
            "failed to resolve reference",
            "failed to do request: head",
            "failed to do request: get",
            "errimagepull",
            "imagepullbackoff",
            "failed to get sandbox image",
            "pulling image",
            "error pinging",
            "/v2/",
        ],
    ),
    (
        DialContext::Kubectl,
        &[
            "unable to connect to the server",
            "the connection to the server",
            "couldn't get current server api group list",
            "error from server",
            "kubernetes cluster unreachable",
        ],
    ),
    (
        DialContext::Kubelet,
        &[
            "/kube-node-lease/",
            "failed to ensure lease exists",
            "error updating node status",
            "unable to register node with api server",
            "csinode",
            "kubelet_node_status.go",
            "kubelet.go:",
            "failed while requesting a signed certificate",
        ],
    ),
];

impl DialContext {
    /// The words of each context.
    pub(super) fn patterns() -> Vec<(Self, Vec<LinePattern>)> {
        let compile = |(context, words): (Self, &'static [&'static str])| {
            (context, words.iter().map(|words| LinePattern::new(words)).collect())
        };
        SETTINGS.into_iter().map(compile).collect()
    }

    /// The context of a line with such words. kubelet is named by its own messages, or by the
    /// header of the line where the request is one to an API server: other programs ask for the
    /// same objects.
    pub(super) fn of(of_words: Option<Self>, text: &str, lower: &str) -> Self {
        let is_kubelet = || speaker(text) == Some("kubelet") && is_request_to_api(lower);
        match of_words {
            Some(context) => context,
            None if is_kubelet() => Self::Kubelet,
            None => Self::Plain,
        }
    }
}

/// Whether a request is one to an API server, by its path.
fn is_request_to_api(lower: &str) -> bool {
    lower.contains("/api/v1/") || lower.contains("/apis/")
}
