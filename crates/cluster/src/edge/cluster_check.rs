//! A check from its beginning to its end: looks, makes test pods, tries, tries again what failed,
//! and removes the pods.

mod collected_texts;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use pontoon_model::host::HostName;
use pontoon_model::record::Record;
use pontoon_model::untrusted::Untrusted;
use pontoon_probe::edge::clock::RunClock;

use super::node_session::NodeSession;
use super::test_pods;
use crate::cluster_facts::{ClusterFacts, CollectedText};
use crate::connectivity_test::{
    ConnectivityOutcome, ConnectivitySource, ConnectivityTarget, ConnectivityTest,
};
use crate::node_protocol::{ConnectivityProbe, NodeRequest, NodeResponse};
use crate::node_state::NodeState;
use crate::objects::{ClusterNode, ClusterObjects, NodeReadiness, OWN_LABEL, Pod};
use crate::startup::is_starting;
use crate::test_matrix::{SERVICE, TestMatrix, TestPod};

/// The image of a test pod where no pause image is known to be there: what kubeadm 1.36 brings.
const PAUSE: &str = "registry.k8s.io/pause:3.10.1";
/// DNS domain of clusters that name no other.
const DOMAIN: &str = "cluster.local";
/// How long a cluster that is starting may take until it is judged.
pub const SETTLING: Duration = Duration::from_secs(60);
/// How long test pods may take to have an address: on a loaded machine more than fifteen seconds.
const PODS: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// What failed is tried again after this: a rule was being written, a neighbour was asked for.
const TRY_AGAIN: Duration = Duration::from_secs(3);

/// So much is tried in one go: kubelets by the API server take three seconds each where they are
/// silent, and an answer has its time.
const AT_ONCE: usize = 16;

/// The sessions of a check, by host.
pub type NodeSessions = BTreeMap<HostName, NodeSession>;

/// Why nothing can be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum ClusterCheckError {
    /// No host has an administrator's kubeconfig.
    #[error("none of these hosts is a control plane: none has /etc/kubernetes/admin.conf")]
    NoKubeconfig,
}

/// What is told while it goes on.
pub type ProgressCallback<'a> = &'a mut dyn FnMut(&str);

/// Checks; who reaches whom below the cluster is for another to add ([`ClusterFacts::record`]). What was
/// made in the cluster is removed before this returns, or else when the sessions end.
///
/// # Errors
///
/// [`ClusterCheckError`].
pub fn check(
    mut sessions: NodeSessions,
    tell: ProgressCallback<'_>,
) -> Result<ClusterFacts, ClusterCheckError> {
    let looks = looks(&mut sessions);
    let servers: Vec<HostName> = looks
        .iter()
        .filter(|(_, look)| look.has_kubeconfig)
        .map(|(host, _)| host.clone())
        .collect();
    let Some(first) = servers.first().cloned() else { return Err(ClusterCheckError::NoKubeconfig) };
    let mut facts = ClusterFacts {
        now_s: 0,
        control_plane: Some(first),
        objects: Err(Untrusted::default()),
        node_states: looks,
        record: Record::default(),
        pairs: Vec::new(),
        connectivity_tests: Vec::new(),
        texts: Vec::new(),
    };
    for host in servers {
        facts.objects = ask_objects(&mut sessions, &host).map(|(objects, now_s)| {
            facts.now_s = now_s;
            objects
        });
        // Where all say nothing, the last one's words are told, as its.
        facts.control_plane = Some(host);
        if facts.objects.is_ok() {
            break;
        }
    }
    let Some(server) = facts.control_plane.clone() else { return Ok(facts) };
    if facts.objects.is_ok() {
        let mut check = ClusterCheck { sessions, facts, server, namespace: String::new() };
        check.try_all(tell);
        check.read_texts();
        return Ok(check.facts);
    }
    Ok(facts)
}

fn looks(sessions: &mut NodeSessions) -> BTreeMap<HostName, NodeState> {
    let told = every(sessions, |_, session| session.ask(&NodeRequest::Look));
    let look = |told| match told {
        Ok(NodeResponse::Look(look)) => Some(*look),
        _ => None,
    };
    told.into_iter().filter_map(|(host, told)| Some((host, look(told)?))).collect()
}

fn ask_objects(
    sessions: &mut NodeSessions,
    host: &HostName,
) -> Result<(ClusterObjects, i64), Untrusted> {
    let session = sessions.get_mut(host).ok_or_else(|| Untrusted::new("it was not reached"))?;
    match session.ask(&NodeRequest::Objects)? {
        NodeResponse::Objects(objects, now_s) => Ok((*objects, now_s)),
        _ => Err(Untrusted::new("another answer than was asked for")),
    }
}

/// Asks all hosts at once.
fn every<T: Send>(
    sessions: &mut NodeSessions,
    ask: impl Fn(&HostName, &mut NodeSession) -> T + Sync,
) -> Vec<(HostName, T)> {
    thread::scope(|scope| {
        let ask = &ask;
        let running: Vec<_> = sessions
            .iter_mut()
            .map(|(host, session)| (host.clone(), scope.spawn(move || ask(host, session))))
            .collect();
        let ends = running.into_iter().map(|(host, thread)| {
            (host, thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        ends.collect()
    })
}

/// A check of a cluster that answers.
struct ClusterCheck {
    sessions: NodeSessions,
    facts: ClusterFacts,
    server: HostName,
    namespace: String,
}

impl ClusterCheck {
    fn objects(&self) -> &ClusterObjects {
        static NONE: ClusterObjects = ClusterObjects::NONE;
        self.facts.objects().unwrap_or(&NONE)
    }

    /// Asks the cluster again; what it said before stands where it does not answer.
    fn refresh(&mut self) {
        if let Ok((objects, now_s)) = ask_objects(&mut self.sessions, &self.server) {
            self.facts.now_s = now_s;
            self.facts.objects = Ok(objects);
        }
    }

    fn ask_server(&mut self, ask: &NodeRequest) -> Result<NodeResponse, Untrusted> {
        let session = self.sessions.get_mut(&self.server);
        session.ok_or_else(|| Untrusted::new("it was not reached"))?.ask(ask)
    }

    fn try_all(&mut self, tell: ProgressCallback<'_>) {
        self.settle(tell);
        tell("making a test pod on every node");
        let made = self.raise();
        let placed = if made { self.placed() } else { Vec::new() };
        let placed = self.answering(placed);
        self.refresh();
        tell("trying every way");
        self.facts.connectivity_tests = self.tries(&placed);
        if self.facts.connectivity_tests.iter().any(|tried| tried.outcome.fails()) {
            tell("trying again what failed");
            pause(TRY_AGAIN);
            self.try_again(&placed);
        }
        self.refresh();
        // What was starting before may run by now.
        self.facts.node_states = looks(&mut self.sessions);
        let clearing = self.ask_server(&NodeRequest::Clear);
        if let Err(why) = clearing {
            tell(&format!("the namespace {} was not removed: {why}", self.namespace));
        }
    }

    /// Waits for a cluster that is starting.
    fn settle(&mut self, tell: ProgressCallback<'_>) {
        let clock = RunClock::start();
        let limit = u64::try_from(SETTLING.as_millis()).unwrap_or(u64::MAX);
        while is_starting(self.objects(), self.facts.now_s) && clock.now().0 < limit {
            tell("the cluster is starting: waiting for it, a minute at most");
            pause(LOOK_AGAIN);
            self.refresh();
        }
    }

    /// Makes a pod on every node on which somebody is to answer in it.
    fn raise(&mut self) -> bool {
        self.namespace = test_pods::name();
        let nodes = self.objects().nodes.iter();
        let reached = nodes.filter(|node| self.session_of(node).is_some());
        let image =
            |node: &ClusterNode| node.pause_image.clone().unwrap_or_else(|| PAUSE.to_owned());
        let pods = reached.map(|node| (node.name.clone(), image(node))).collect();
        let ask = NodeRequest::Raise { namespace: self.namespace.clone(), pods };
        match self.ask_server(&ask) {
            Ok(_) => true,
            Err(why) => {
                let text = why.raw().to_owned();
                let node = self.server.to_string();
                self.facts.texts.push(CollectedText {
                    node,
                    source: "kubectl apply".to_owned(),
                    text,
                });
                false
            }
        }
    }

    fn session_of(&self, node: &ClusterNode) -> Option<HostName> {
        let host = self.facts.host_of(node)?;
        self.sessions.contains_key(host).then(|| host.clone())
    }

    /// Waits until the pods of ready nodes have addresses.
    fn placed(&mut self) -> Vec<TestPod> {
        let clock = RunClock::start();
        let limit = u64::try_from(PODS.as_millis()).unwrap_or(u64::MAX);
        loop {
            self.refresh();
            let own: Vec<&Pod> = self.own_pods().collect();
            let placed: Vec<TestPod> = own.iter().filter_map(|pod| placed(pod)).collect();
            let is_awaited = |pod: &&Pod| {
                let node = pod.node.as_ref().and_then(|node| self.objects().node(node));
                pod.address.is_none() && node.is_some_and(|node| node.ready == NodeReadiness::Yes)
            };
            if !own.iter().any(is_awaited) || clock.now().0 > limit {
                return placed;
            }
            pause(LOOK_AGAIN);
        }
    }

    fn own_pods(&self) -> impl Iterator<Item = &Pod> {
        let pods = self.objects().pods.iter();
        pods.filter(|pod| pod.namespace == self.namespace && pod.labels.contains_key(OWN_LABEL.0))
    }

    /// Those in which somebody answers now.
    fn answering(&mut self, placed: Vec<TestPod>) -> Vec<TestPod> {
        let mut answering = Vec::new();
        for pod in placed {
            let node = self.objects().node(&pod.node).cloned();
            let host = node.and_then(|node| self.session_of(&node));
            let Some(session) = host.and_then(|host| self.sessions.get_mut(&host)) else {
                continue;
            };
            match session.ask(&NodeRequest::Answer { pod: pod.uid.clone() }) {
                Ok(_) => answering.push(pod),
                Err(why) => self.facts.texts.push(CollectedText {
                    node: pod.node.clone(),
                    source: "the test pod".to_owned(),
                    text: why.raw().to_owned(),
                }),
            }
        }
        answering
    }

    /// Tries everything, on all nodes at once.
    fn tries(&mut self, placed: &[TestPod]) -> Vec<ConnectivityTest> {
        let objects = self.objects();
        let service = objects.service(&self.namespace, SERVICE);
        let course = TestMatrix { objects, test_pods: placed, service };
        let mut wanted: BTreeMap<HostName, Vec<(ConnectivitySource, Vec<ConnectivityTarget>)>> =
            BTreeMap::new();
        for node in &objects.nodes {
            let Some(host) = self.session_of(node) else { continue };
            let server =
                self.facts.node_states.get(&host).and_then(|look| look.kubelet_server.as_ref());
            let place = |is_pod| ConnectivitySource { node: node.name.clone(), is_pod };
            let mut all = vec![(place(false), course.from_node(node, server))];
            if placed.iter().any(|pod| pod.node == node.name) {
                all.push((place(true), course.from_pod(node)));
            }
            if host == self.server {
                let names = objects.nodes.iter().map(|node| node.name.clone());
                let kubelets =
                    names.map(|node| ConnectivityTarget::KubeletByApi { node }).collect();
                all.push((place(false), kubelets));
            }
            wanted.insert(host, all);
        }
        self.carry_out(&wanted, placed)
    }

    /// Tries these, host by host at once, and each host one set after the other.
    fn carry_out(
        &mut self,
        wanted: &BTreeMap<HostName, Vec<(ConnectivitySource, Vec<ConnectivityTarget>)>>,
        placed: &[TestPod],
    ) -> Vec<ConnectivityTest> {
        let domain = self.objects().networks.domain.clone().unwrap_or_else(|| DOMAIN.to_owned());
        let tried = every(&mut self.sessions, |host, session| {
            let sets = wanted.get(host).into_iter().flatten();
            let tried = sets.flat_map(|(place, targets)| {
                let pod = placed.iter().find(|pod| place.is_pod && pod.node == place.node);
                ask_all(session, place, targets, pod, &domain)
            });
            tried.collect::<Vec<_>>()
        });
        tried.into_iter().flat_map(|(_, tried)| tried).collect()
    }

    /// Tries once more what failed, and takes the second outcome.
    fn try_again(&mut self, placed: &[TestPod]) {
        let mut wanted: BTreeMap<HostName, Vec<(ConnectivitySource, Vec<ConnectivityTarget>)>> =
            BTreeMap::new();
        for tried in self.facts.connectivity_tests.iter().filter(|tried| tried.outcome.fails()) {
            let node = self.objects().node(&tried.from.node);
            let Some(host) = node.and_then(|node| self.session_of(node)) else { continue };
            let sets = wanted.entry(host).or_default();
            let by_api = matches!(tried.to, ConnectivityTarget::KubeletByApi { .. });
            let is_same =
                |(place, targets): &&mut (ConnectivitySource, Vec<ConnectivityTarget>)| {
                    let is_by_api =
                        matches!(targets.first(), Some(ConnectivityTarget::KubeletByApi { .. }));
                    *place == tried.from && is_by_api == by_api
                };
            match sets.iter_mut().find(is_same) {
                Some((_, targets)) => targets.push(tried.to.clone()),
                None => sets.push((tried.from.clone(), vec![tried.to.clone()])),
            }
        }
        for again in self.carry_out(&wanted, placed) {
            let is_same =
                |tried: &&mut ConnectivityTest| tried.from == again.from && tried.to == again.to;
            if let Some(tried) = self.facts.connectivity_tests.iter_mut().find(is_same) {
                tried.outcome = again.outcome;
            }
        }
    }
}

fn placed(pod: &Pod) -> Option<TestPod> {
    let address: IpAddr = pod.address?;
    Some(TestPod { node: pod.node.clone()?, uid: pod.uid.clone(), address })
}

fn ask_all(
    session: &mut NodeSession,
    place: &ConnectivitySource,
    targets: &[ConnectivityTarget],
    pod: Option<&TestPod>,
    domain: &str,
) -> Vec<ConnectivityTest> {
    let tried = targets.chunks(AT_ONCE).flat_map(|targets| {
        let names: Vec<String> = targets
            .iter()
            .filter_map(|target| match target {
                ConnectivityTarget::KubeletByApi { node } => Some(node.clone()),
                _ => None,
            })
            .collect();
        let ask = if names.is_empty() {
            let dials =
                targets.iter().filter_map(|target| ConnectivityProbe::of(target, domain)).collect();
            NodeRequest::Try { pod: pod.map(|pod| pod.uid.clone()), dials }
        } else {
            NodeRequest::Kubelets { nodes: names }
        };
        let untried =
            |why: &Untrusted| vec![ConnectivityOutcome::Untried(why.clone()); targets.len()];
        let outcomes = match session.ask(&ask) {
            Ok(NodeResponse::Outcomes(outcomes)) => outcomes,
            Ok(_) => untried(&Untrusted::new("another answer than was asked for")),
            Err(why) => untried(&why),
        };
        let each = targets.iter().cloned().zip(outcomes);
        let tried = each.map(|(to, outcome)| ConnectivityTest { from: place.clone(), to, outcome });
        tried.collect::<Vec<_>>()
    });
    tried.collect()
}

#[expect(clippy::disallowed_methods, reason = "this is the edge")]
fn pause(span: Duration) {
    thread::sleep(span);
}
