//! The arguments of `pontoon predict`.

use std::path::PathBuf;

use clap::Args;
use pontoon_model::net::TextParseError;
use pontoon_predict::Component;

use super::facts_source::FactsSourceArguments;

const DETAILS: &str = "\
Without HOSTS it is about this host. With HOSTS an agent is started on each as
by pontoon mesh, and the hosts are asked which of them reach the address that
is taken. No third party is asked but the name services of a host whose own
files do not say what its name means: kubelet will ask these, too.

FILE is a record (--record of check, mesh or predict), or a JSON object with
the raw texts of a host: proc_net_route, proc_net_ipv6_route, interfaces,
ip_addr, ip_route_all, hosts, hostname, flags ...; `-` is standard input.

What kubelet's files and a flanneld that runs there are told counts (--node-ip,
--iface ...).

kubeadm, kubelet, kube-proxy and flannel were run beside these rules; of the
others the source was read (-v names it).";

#[derive(Args, Clone, Debug)]
#[command(after_help = DETAILS)]
pub(crate) struct PredictArguments {
    #[command(flatten)]
    pub(crate) source: FactsSourceArguments,
    /// Of these components, or `all`: kubeadm, kubelet, kube-proxy, flannel (these by default),
    /// calico, cilium, k3s, rke2, k0s, k0sctl, talos
    #[arg(short, long, value_name = "NAME", value_delimiter = ',', value_parser = components)]
    pub(crate) component: Vec<ComponentSelection>,
    /// Write what is foretold as JSON (docs/schema/prediction.schema.json)
    #[arg(long)]
    pub(crate) json: bool,
    /// Name the source of each rule
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Write what was seen to FILE, for --facts and `pontoon replay`
    #[arg(long, value_name = "FILE", conflicts_with = "facts")]
    pub(crate) record: Option<PathBuf>,
}

/// One of them, or all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ComponentSelection {
    One(Component),
    All,
}

fn components(text: &str) -> Result<ComponentSelection, TextParseError> {
    if text == "all" {
        Ok(ComponentSelection::All)
    } else {
        text.parse().map(ComponentSelection::One)
    }
}

impl PredictArguments {
    /// The components that are meant, each once, in the order of [`Component::ALL`].
    pub(crate) fn components(&self) -> Vec<Component> {
        const EVERY_CLUSTER: [Component; 4] =
            [Component::Kubeadm, Component::Kubelet, Component::KubeProxy, Component::Flannel];
        let is_meant = |component: &Component| {
            self.component.iter().any(|named| match named {
                ComponentSelection::All => true,
                ComponentSelection::One(one) => one == component,
            })
        };
        if self.component.is_empty() {
            EVERY_CLUSTER.to_vec()
        } else {
            Component::ALL.into_iter().filter(is_meant).collect()
        }
    }
}
