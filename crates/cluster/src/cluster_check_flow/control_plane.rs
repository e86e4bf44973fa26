//! Which host speaks for the cluster: a host has only its own word for it that it is a control
//! plane, and what it says of the cluster decides what the others are asked to contact.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;

use super::{CheckPhase, ClusterCheckFlow, ClusterCheckStep, HostResponses, other_response};
use crate::node_protocol::{NodeRequest, NodeRequestError, NodeResponse};
use crate::objects::ClusterObjects;

/// Why nothing can be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum ClusterCheckError {
    /// No host has an administrator's kubeconfig.
    #[error("none of these hosts is a control plane: none has /etc/kubernetes/admin.conf")]
    NoKubeconfig,
    /// Hosts with an administrator's kubeconfig describe different clusters.
    #[error(
        "{} describe different clusters, and one of them may not be a control plane: say which is \
         (pontoon hosts set HOST role=control-plane)",
        join_names(.0)
    )]
    Contradiction(Vec<HostName>),
}

fn join_names(hosts: &[HostName]) -> String {
    hosts.iter().map(HostName::as_str).collect::<Vec<_>>().join(" and ")
}

/// The nodes of a cluster with their addresses, by which two accounts of it are compared.
type NodeAddresses<'a> = BTreeMap<&'a str, BTreeSet<IpAddr>>;

fn node_addresses(objects: &ClusterObjects) -> NodeAddresses<'_> {
    let nodes = objects.nodes.iter();
    nodes.map(|node| (node.name.as_str(), node.internal_ips.iter().copied().collect())).collect()
}

impl ClusterCheckFlow {
    /// Asks the API server by every host that has an administrator's kubeconfig; where the user's
    /// inventory names control planes, by these alone. None: the check is over.
    pub(super) fn find_control_plane(&mut self) -> Option<ClusterCheckStep> {
        let named = &self.named_control_planes;
        let states = self.facts.node_states.iter();
        let servers = states.filter(|(host, state)| {
            state.has_kubeconfig && (named.is_empty() || named.contains(*host))
        });
        let servers: Vec<HostName> = servers.map(|(host, _)| host.clone()).collect();
        self.facts.control_plane = Some(servers.first()?.clone());
        let requests = servers.iter().map(|host| (host.clone(), vec![NodeRequest::Objects]));
        let step = ClusterCheckStep { wait: Duration::ZERO, requests: requests.collect() };
        self.phase = CheckPhase::FindingControlPlane(servers);
        Some(step)
    }

    /// Takes the account of the first host whose account of the cluster is not refuted by itself.
    /// Where two differ, nothing is asked on behalf of either. None: the check is over.
    pub(super) fn take_control_plane(
        &mut self,
        now: Duration,
        servers: Vec<HostName>,
        responses: &mut HostResponses,
    ) -> Option<ClusterCheckStep> {
        let mut accounts = Vec::new();
        for host in servers {
            match self.account_of(&host, responses) {
                Ok((objects, now_s)) => accounts.push((host, objects, now_s)),
                // Where none answers, the last one's reason is reported, as its own.
                Err(why) => {
                    self.facts.control_plane = Some(host);
                    self.facts.objects = Err(why);
                }
            }
        }
        let addresses = accounts.first().map(|(_, objects, _)| node_addresses(objects));
        let is_other =
            |(_, objects, _): &&(_, ClusterObjects, _)| Some(node_addresses(objects)) != addresses;
        if accounts.iter().any(|account| is_other(&account)) {
            self.contradicting = accounts.into_iter().map(|(host, ..)| host).collect();
            return None;
        }
        let (host, objects, now_s) = accounts.into_iter().next()?;
        self.facts.control_plane = Some(host);
        self.facts.objects = Ok(objects);
        self.facts.now_s = now_s;
        Some(self.settle(now, now))
    }

    /// What a host says of the cluster, unless the cluster has it as a worker.
    fn account_of(
        &self,
        host: &HostName,
        responses: &mut HostResponses,
    ) -> Result<(ClusterObjects, i64), Untrusted> {
        let response = responses.get_mut(host).and_then(Vec::pop);
        let response = response.ok_or_else(|| Untrusted::new("it was not asked"))?;
        let NodeResponse::Objects(objects, now_s) = response.map_err(NodeRequestError::why)? else {
            return Err(other_response());
        };
        // A k0s controller is no node at all.
        let is_worker = objects
            .nodes
            .iter()
            .any(|node| !node.is_control_plane && self.facts.host_of(node) == Some(host));
        if is_worker {
            return Err(Untrusted::new(
                "it has an administrator's kubeconfig, and the cluster lists it as a worker",
            ));
        }
        Ok((*objects, now_s))
    }
}
