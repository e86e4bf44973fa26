//! The state of a cluster in memory: what its API server, its nodes and their networks are like.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use pontoon_model::host::HostName;
use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;

use super::node::{BEGIN_S, NODES, TwinNode, ip, network};
use super::packet_filter::{self, ProxyMode};
use crate::objects::{
    ClusterNetworks, ClusterNode, ClusterObjects, ClusterService, EndpointSlice, KubeProxySettings,
    NodeReadiness, OWN_LABEL, Pod,
};

/// The address of the Service before the test pods.
pub(crate) const TEST_SERVICE: &str = "10.96.7.7";

/// Test pods, once they were created.
#[derive(Clone, Debug)]
pub(super) struct CreatedPods {
    pub(super) namespace: String,
    pub(super) nodes: Vec<String>,
    pub(super) at: Duration,
}

/// A cluster on a switch (`eth0`), with a WiFi (`wlan0`) that keeps its hosts apart.
#[derive(Clone, Debug)]
pub(crate) struct ClusterTwin {
    /// How kube-proxy writes its rules on every node.
    pub(crate) mode: ProxyMode,
    /// The nodes by number; [`Self::node`] finds one.
    pub(crate) nodes: Vec<TwinNode>,
    /// What kubeadm's configuration says of networks.
    pub(crate) networks: ClusterNetworks,
    /// `Network` of flannel's net-conf.json.
    pub(crate) flannel_network: Option<Prefix>,
    /// The server in kube-proxy's kubeconfig.
    pub(crate) proxy_server: String,
    /// The address that the API server advertises.
    pub(crate) advertised: IpAddr,
    /// Whether the pod of CoreDNS, on `pi1`, is ready.
    pub(crate) has_dns: bool,
    /// Why the pod of CoreDNS waits.
    pub(crate) dns_waits: Option<Untrusted>,
    /// What kube-proxy's `DaemonSet` asks of a node.
    pub(crate) proxy_selector: BTreeMap<String, String>,
    /// Pods of the system beside that of CoreDNS.
    pub(crate) more_pods: Vec<Pod>,
    /// `kubectl logs` of any pod.
    pub(crate) pod_log: String,
    /// What CoreDNS answers instead of an address.
    pub(crate) dns_error: Option<Untrusted>,
    /// A packet filter between the nodes drops VXLAN (8472/udp).
    pub(crate) drops_vxlan: bool,
    /// Links on which frames do not pass between hosts, beside `wlan0`.
    pub(crate) apart: BTreeSet<(u8, &'static str)>,
    /// The hosts that the user names as control planes.
    pub(crate) named_control_planes: BTreeSet<HostName>,
    /// Hosts that say something else of the cluster than its API server does.
    pub(crate) own_account: BTreeMap<u8, ClusterObjects>,
    /// Hosts without a session.
    pub(crate) unreached: BTreeSet<u8>,
    /// Hosts that are silent after so many requests.
    pub(crate) silent_after: BTreeMap<u8, usize>,
    /// Hosts that answer another question than they were asked.
    pub(crate) confused: BTreeSet<u8>,
    /// Until then the nodes and pods of the cluster are not ready, and young.
    pub(crate) ready_at: Option<Duration>,
    /// What kubectl says of an API server whose programs all run.
    pub(crate) api_error: Option<Untrusted>,
    /// What `kubectl apply` says.
    pub(crate) apply_error: Option<Untrusted>,
    /// What `kubectl delete namespace` says.
    pub(crate) clear_error: Option<Untrusted>,
    /// What the API server says of a kubelet that it reached.
    pub(crate) kubelet_error: Option<(u8, Untrusted)>,
    /// `kubectl get events`.
    pub(crate) events: String,
    /// The time of the check, which moves when the check waits.
    pub(super) now: Duration,
    /// The test pods; none: they are not created, or removed again.
    pub(super) created: Option<CreatedPods>,
    /// Nodes in whose test pods an echo server runs.
    pub(super) echo_servers: BTreeSet<u8>,
    /// How many requests each host has had.
    pub(crate) requests: BTreeMap<u8, usize>,
}

impl ClusterTwin {
    /// A cluster in which everything works.
    pub(crate) fn new(mode: ProxyMode) -> Self {
        let services = vec![network("10.96.0.0/12")];
        Self {
            mode,
            nodes: (1..=NODES).map(|number| TwinNode::new(number, mode, &services)).collect(),
            networks: ClusterNetworks {
                pods: vec![network("10.244.0.0/16")],
                services,
                domain: None,
            },
            flannel_network: Some(network("10.244.0.0/16")),
            proxy_server: "10.0.0.1:6443".to_owned(),
            advertised: ip("10.0.0.1"),
            has_dns: true,
            dns_waits: None,
            proxy_selector: BTreeMap::new(),
            more_pods: Vec::new(),
            pod_log: String::new(),
            dns_error: None,
            drops_vxlan: false,
            apart: BTreeSet::new(),
            named_control_planes: BTreeSet::new(),
            own_account: BTreeMap::new(),
            unreached: BTreeSet::new(),
            silent_after: BTreeMap::new(),
            confused: BTreeSet::new(),
            ready_at: None,
            api_error: None,
            apply_error: None,
            clear_error: None,
            kubelet_error: None,
            events: String::new(),
            now: Duration::ZERO,
            created: None,
            echo_servers: BTreeSet::new(),
            requests: BTreeMap::new(),
        }
    }

    /// The node of that number, to be changed.
    pub(crate) fn node(&mut self, number: u8) -> &mut TwinNode {
        &mut self.nodes[usize::from(number) - 1]
    }

    /// Changes the networks of Services, in the cluster's settings and in kube-proxy's rules.
    pub(crate) fn set_services(&mut self, services: &str) {
        self.networks.services = vec![network(services)];
        for node in &mut self.nodes {
            node.ruleset = packet_filter::ruleset(self.mode, &self.networks.services);
        }
    }

    pub(super) fn number_of(&self, host: &HostName) -> u8 {
        self.nodes.iter().find(|node| node.host() == *host).unwrap().number
    }

    /// Where the Service of an address leads.
    pub(super) fn endpoints(&self, service: IpAddr) -> Option<Vec<(IpAddr, u16)>> {
        let objects = self.objects();
        let service = objects.services.iter().find(|one| one.address == Some(service))?;
        if service.address == Some(ip(TEST_SERVICE)) {
            let pods = self.test_pods().filter_map(|pod| Some((pod.address?, 8080)));
            return Some(pods.collect());
        }
        Some(objects.endpoints(&service.namespace, &service.name))
    }

    /// The test pods, as the API server lists them now.
    pub(super) fn test_pods(&self) -> impl Iterator<Item = Pod> + '_ {
        let created = self.created.iter();
        created.flat_map(|created| {
            let nodes = self.nodes.iter().filter(|node| created.nodes.contains(&node.object.name));
            nodes.map(|node| {
                let is_there = self.now >= created.at + node.pod_address_after
                    && node.object.ready == NodeReadiness::Yes;
                Pod {
                    namespace: created.namespace.clone(),
                    name: format!("pontoon-{}", node.number - 1),
                    uid: format!("uid-{}", node.number),
                    node: Some(node.object.name.clone()),
                    address: is_there.then(|| node.test_address()),
                    created_s: Some(BEGIN_S),
                    labels: BTreeMap::from([(OWN_LABEL.0.to_owned(), OWN_LABEL.1.to_owned())]),
                    ..Pod::default()
                }
            })
        })
    }

    /// What the API server says of the cluster.
    pub(crate) fn objects(&self) -> ClusterObjects {
        let service = |namespace: &str, name: &str, address: &str| ClusterService {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            address: Some(ip(address)),
        };
        let slice = |namespace: &str, service: &str, address: IpAddr, port| EndpointSlice {
            namespace: namespace.to_owned(),
            service: service.to_owned(),
            ready: vec![address],
            port: Some(port),
        };
        let mut objects = ClusterObjects {
            nodes: self.nodes.iter().map(|node| self.object_of(node)).collect(),
            pods: [vec![self.dns_pod()], self.more_pods.clone()].concat(),
            services: vec![
                service("default", "kubernetes", "10.96.0.1"),
                service("kube-system", "kube-dns", "10.96.0.10"),
            ],
            slices: vec![slice("default", "kubernetes", self.advertised, 6443)],
            networks: self.networks.clone(),
            proxy: Some(KubeProxySettings { server: Some(Untrusted::new(&self.proxy_server)) }),
            proxy_selector: Some(self.proxy_selector.clone()),
            image_repository: None,
            flannel_network: self.flannel_network,
        };
        objects.pods.extend(self.proxy_pods());
        if self.has_dns {
            objects.slices.push(slice("kube-system", "kube-dns", ip("10.244.0.2"), 53));
        }
        if let Some(created) = &self.created {
            objects.services.push(service(&created.namespace, "pontoon", TEST_SERVICE));
            objects.pods.extend(self.test_pods());
        }
        objects
    }

    fn object_of(&self, node: &TwinNode) -> ClusterNode {
        let mut object = node.object.clone();
        if self.ready_at.is_some_and(|ready| self.now < ready) {
            object.ready = NodeReadiness::No(Untrusted::new("container runtime network not ready"));
            object.created_s = Some(BEGIN_S - 10);
        }
        object
    }

    /// The `DaemonSet` has a pod on each node that its selector matches.
    fn proxy_pods(&self) -> impl Iterator<Item = Pod> + '_ {
        let is_meant = |node: &&TwinNode| {
            let labels = &node.object.labels;
            self.proxy_selector.iter().all(|(label, value)| labels.get(label) == Some(value))
        };
        self.nodes.iter().filter(is_meant).map(|node| Pod {
            namespace: "kube-system".to_owned(),
            name: format!("kube-proxy-{}", node.number),
            node: Some(node.object.name.clone()),
            is_ready: node.runs("kube-proxy"),
            created_s: Some(BEGIN_S - 100_000),
            labels: BTreeMap::from([("k8s-app".to_owned(), "kube-proxy".to_owned())]),
            ..Pod::default()
        })
    }

    fn dns_pod(&self) -> Pod {
        Pod {
            namespace: "kube-system".to_owned(),
            name: "coredns-a".to_owned(),
            node: Some("pi1".to_owned()),
            address: Some(ip("10.244.0.2")),
            is_ready: self.has_dns,
            waits: self.dns_waits.clone(),
            created_s: Some(BEGIN_S - 100_000),
            labels: BTreeMap::from([("k8s-app".to_owned(), "kube-dns".to_owned())]),
            ..Pod::default()
        }
    }
}
