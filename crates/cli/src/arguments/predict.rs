//! The arguments of `pontoon predict`.

use clap::Args;
use pontoon_model::net::TextParseError;
use pontoon_predict::Component;

use super::facts_source::FactsSourceArguments;
use super::report_output::{JsonArguments, RecordArguments, VerboseArguments, schema};

const DETAILS: &str = "\
Without HOSTS it predicts for this host. With HOSTS an agent is started on each,
as by pontoon mesh, and tests which hosts can reach the predicted address. No
third party is contacted, except a host's name servers where its own files do
not resolve its name: kubelet will query these, too.

FILE is a record (--record of check, mesh or predict), or a JSON object with the
raw texts of a host: proc_net_route, proc_net_ipv6_route, interfaces, ip_addr,
ip_route_all, hosts, hostname, flags ...; `-` is standard input.

Flags in kubelet's files and of a running flanneld are taken into account
(--node-ip, --iface ...).

The rules of kubeadm, kubelet, kube-proxy and flannel were tested against the
real programs; those of the others were read in their sources (-v names each).";

#[derive(Args, Clone, Debug)]
#[command(
    after_help = DETAILS,
    mut_arg("json", schema("prediction")),
    mut_arg("record", |record| record.conflicts_with("facts")),
)]
pub(crate) struct PredictArguments {
    #[command(flatten)]
    pub(crate) source: FactsSourceArguments,
    /// Components, or `all`; default: kubeadm, kubelet, kube-proxy, flannel; also known: calico,
    /// cilium, k3s, rke2, k0s, k0sctl, talos
    #[arg(short, long, value_name = "NAME", value_delimiter = ',', value_parser = components)]
    pub(crate) component: Vec<ComponentSelection>,
    #[command(flatten)]
    pub(crate) format: JsonArguments,
    #[command(flatten)]
    pub(crate) detail: VerboseArguments,
    #[command(flatten)]
    pub(crate) recording: RecordArguments,
}

/// A word of `--component`: one component, or all of them.
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
    /// The selected components, each once, in the order of [`Component::ALL`].
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
