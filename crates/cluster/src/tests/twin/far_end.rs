//! The far ends of a cluster in memory: what each host answers, as its own program would.

use pontoon_model::untrusted::Untrusted;

use super::cluster::{ClusterTwin, CreatedPods};
use super::node::{BEGIN_S, ip};
use super::packet_path::PacketPlace;
use crate::connectivity_test::ConnectivityOutcome;
use crate::forward_chain::forward_drops;
use crate::node_protocol::{ConnectivityProbe, NodeRequest, NodeRequestError, NodeResponse};
use crate::node_state::NodeState;

const WORKS: ConnectivityOutcome = ConnectivityOutcome::Works { ms: 1 };

impl ClusterTwin {
    /// Answers a request to a host.
    pub(crate) fn answer(
        &mut self,
        number: u8,
        request: &NodeRequest,
    ) -> Result<NodeResponse, NodeRequestError> {
        let count = self.requests.entry(number).or_default();
        *count += 1;
        if self.silent_after.get(&number).is_some_and(|after| *count > *after) {
            let why = Untrusted::new("no answer came within 60 s");
            return Err(NodeRequestError::NoResponse(why));
        }
        if self.confused.contains(&number) {
            return Ok(NodeResponse::Outcomes(Vec::new()));
        }
        self.answer_now(number, request).map_err(NodeRequestError::Refused)
    }

    fn answer_now(&mut self, number: u8, request: &NodeRequest) -> Result<NodeResponse, Untrusted> {
        Ok(match request {
            NodeRequest::Look => NodeResponse::Look(Box::new(self.state_of(number))),
            NodeRequest::Objects => {
                self.api_server()?;
                let now_s = BEGIN_S + i64::try_from(self.now.as_secs()).unwrap();
                let objects = self.own_account.get(&number).cloned();
                NodeResponse::Objects(Box::new(objects.unwrap_or_else(|| self.objects())), now_s)
            }
            NodeRequest::Raise { namespace, pods } => {
                let nodes = pods.iter().map(|(node, _)| node.clone()).collect();
                if let Some(why) = &self.apply_error {
                    return Err(why.clone());
                }
                self.created =
                    Some(CreatedPods { namespace: namespace.clone(), nodes, at: self.now });
                NodeResponse::Done
            }
            NodeRequest::Clear => {
                if let Some(why) = &self.clear_error {
                    return Err(why.clone());
                }
                self.created = None;
                NodeResponse::Done
            }
            NodeRequest::Kubelets { nodes } => {
                NodeResponse::Outcomes(nodes.iter().map(|node| self.kubelet_by_api(node)).collect())
            }
            NodeRequest::PodLog { .. } => NodeResponse::Text(self.pod_log.clone()),
            NodeRequest::Events { .. } => NodeResponse::Text(self.events.clone()),
            NodeRequest::KubeletLog => NodeResponse::Text(self.node(number).kubelet_log.clone()),
            NodeRequest::Answer { .. } => {
                if let Some(why) = &self.node(number).pods_closed {
                    return Err(why.clone());
                }
                self.echo_servers.insert(number);
                NodeResponse::Done
            }
            NodeRequest::Try { pod, dials } => {
                let from = match pod {
                    Some(_) => {
                        let address = self.node(number).test_address();
                        PacketPlace::Pod(number, address)
                    }
                    None => PacketPlace::Node(number),
                };
                NodeResponse::Outcomes(dials.iter().map(|dial| self.try_one(from, dial)).collect())
            }
        })
    }

    /// What a host says of itself, its packet filter read as a real one is.
    fn state_of(&self, number: u8) -> NodeState {
        let node = &self.nodes[usize::from(number) - 1];
        let drops = if node.state.sees_rules { forward_drops(&node.ruleset) } else { Vec::new() };
        NodeState { forward_drops: drops, ..node.state.clone() }
    }

    /// Whether the API server answers on its own host.
    fn api_server(&self) -> Result<(), Untrusted> {
        let node = &self.nodes[0];
        if let Some(why) = &self.api_error {
            return Err(why.clone());
        }
        let runs = ["containerd", "etcd", "kube-apiserver"].iter().all(|one| node.runs(one));
        let to = (ip("10.0.0.1"), 6443).into();
        if runs && self.connect(PacketPlace::Node(1), to).is_err() {
            let why = format!("Unable to connect to the server: dial tcp {to}: i/o timeout");
            return Err(Untrusted::new(&why));
        }
        if runs {
            return Ok(());
        }
        Err(Untrusted::new(
            "The connection to the server 10.0.0.1:6443 was refused - did you specify the right \
             host or port?",
        ))
    }

    fn try_one(&self, from: PacketPlace, probe: &ConnectivityProbe) -> ConnectivityOutcome {
        let stalls = ConnectivityOutcome::Stalls { bytes: 0 };
        match probe {
            ConnectivityProbe::Tls(to) => match self.connect(from, *to) {
                // The certificate fills packets.
                Ok(connection) if self.sends_large(connection) => WORKS,
                Ok(_) => stalls,
                Err(outcome) => outcome,
            },
            ConnectivityProbe::Tcp(to) => match self.connect(from, *to) {
                Ok(_) => WORKS,
                Err(outcome) => outcome,
            },
            ConnectivityProbe::Echo(to, bytes) => match self.connect(from, (*to, 8080).into()) {
                Ok(connection) if *bytes == 0 || self.sends_large(connection) => WORKS,
                Ok(_) => stalls,
                Err(outcome) => outcome,
            },
            ConnectivityProbe::Dns(server, domain) => {
                assert_eq!(domain, "cluster.local");
                match (self.connect(from, (*server, 53).into()), &self.dns_error) {
                    (Ok(_), None) => WORKS,
                    (Ok(_), Some(error)) => ConnectivityOutcome::Wrong(error.clone()),
                    // A socket of UDP is not told more.
                    (Err(ConnectivityOutcome::NoNeighbour), _) => ConnectivityOutcome::Prohibited,
                    (Err(outcome), _) => outcome,
                }
            }
            ConnectivityProbe::Sizes(to) => match self.echo(from, *to) {
                None => ConnectivityOutcome::Untried(Untrusted::new("no echo is answered")),
                Some(Ok(())) => WORKS,
                Some(Err(mtu)) => ConnectivityOutcome::LargeLost { mtu },
            },
        }
    }

    /// What `kubectl get --raw /api/v1/nodes/NODE/proxy/healthz` comes to.
    fn kubelet_by_api(&self, name: &str) -> ConnectivityOutcome {
        let wrong = |text: &str| ConnectivityOutcome::Wrong(Untrusted::new(text));
        let node = self.nodes.iter().find(|node| node.object.name == name).unwrap();
        if let Some((number, why)) = &self.kubelet_error
            && *number == node.number
        {
            return ConnectivityOutcome::Wrong(why.clone());
        }
        let Some(address) = node.object.internal_ips.first().copied() else {
            return wrong("Error from server (InternalError): no preferred addresses found");
        };
        let dial =
            |why: &str| wrong(&format!("Error from server: dial tcp {address}:10250: {why}"));
        match self.connect(PacketPlace::Node(1), (address, 10250).into()) {
            Ok(connection) if self.sends_large(connection) => WORKS,
            Ok(_) => wrong("net/http: TLS handshake timeout"),
            Err(ConnectivityOutcome::Refused) => dial("connect: connection refused"),
            Err(ConnectivityOutcome::NoRoute) => dial("connect: network is unreachable"),
            Err(ConnectivityOutcome::NoNeighbour | ConnectivityOutcome::Prohibited) => {
                dial("connect: no route to host")
            }
            Err(_) => dial("i/o timeout"),
        }
    }
}
