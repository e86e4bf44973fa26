//! A check of a cluster from its beginning to its end, without sessions, clocks and threads:
//! responses of hosts and the time go in; requests, pauses and progress come out.
//!
//! Its driver ([`crate::edge::cluster_check`]) carries each [`ClusterCheckStep`] to the hosts and
//! returns with what they respond. The order is: read the state of every host, find a control plane
//! that answers, wait while the cluster starts, create test pods, test, test again what failed, read
//! everything once more, collect the texts of programs in trouble, remove the test pods.

mod collected_texts;
mod control_plane;
mod created_pods;
mod retest;
mod test_plan;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use pontoon_model::host::HostName;
use pontoon_model::record::Record;
use pontoon_model::untrusted::Untrusted;

use crate::cluster_facts::{ClusterFacts, CollectedText};
use crate::cluster_progress::ClusterProgress;
use crate::connectivity_test::{ConnectivitySource, ConnectivityTarget};
use crate::node_protocol::{NodeRequest, NodeRequestError, NodeResponse};
use crate::objects::{ClusterNode, ClusterObjects, Pod};
use crate::startup::is_starting;
use crate::test_matrix::{SERVICE, TestMatrix, TestPod};

use collected_texts::TextRequest;
pub use control_plane::ClusterCheckError;
pub use retest::RETEST_AFTER;
use test_plan::{PlannedTest, TestPlan};

/// How long a cluster that is starting is waited for before it is judged as it is: an API server is
/// not believed for so long after its start ([`crate::startup`]), and a user waits no longer.
pub const STARTUP_WITHIN: Duration = Duration::from_secs(60);
/// How long test pods may take to get an address: on a loaded machine containerd needs more than
/// fifteen seconds for the sandbox of a pod.
pub const ADDRESSES_WITHIN: Duration = Duration::from_secs(30);
/// Pause between two reads of the API server: kubectl itself takes about a second on a small board,
/// and a cluster that is starting needs the CPU for itself.
pub const READ_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Requests of a step by host. Hosts are asked side by side, each of them one request after another.
pub type HostRequests = BTreeMap<HostName, Vec<NodeRequest>>;

/// What came of the requests of a step, by host and in their order.
pub type HostResponses = BTreeMap<HostName, Vec<Result<NodeResponse, NodeRequestError>>>;

/// What the driver does next.
#[derive(Clone, Debug)]
pub struct ClusterCheckStep {
    /// How long to wait before the hosts are asked.
    pub wait: Duration,
    /// What to ask them then.
    pub requests: HostRequests,
}

/// Where a check stands: whose responses it waits for.
#[derive(Clone, Debug)]
enum CheckPhase {
    /// The first state of every host.
    ReadingStates,
    /// The API server, by each of these hosts.
    FindingControlPlane(Vec<HostName>),
    /// The API server of a cluster that is starting since this moment of the check.
    AwaitingStartup(Duration),
    /// The test pods.
    CreatingPods,
    /// The API server, until the test pods have addresses, since this moment of the check.
    AwaitingAddresses(Duration),
    /// Echo servers in the test pods.
    StartingEchoServers(Vec<(HostName, TestPod)>),
    /// The API server before the tests: by now its Service has an address.
    ReadingBeforeTests(Vec<TestPod>),
    /// The outcomes of the tests.
    Testing(Vec<TestPod>, TestPlan),
    /// Once more those that failed, first at this moment of the check.
    Retesting(Vec<TestPod>, TestPlan, Duration),
    /// States and API server at the end: what was starting before may run by now.
    ReadingAgain,
    /// Texts of programs in trouble.
    CollectingTexts(Vec<TextRequest>),
    /// The removal of the test pods.
    RemovingPods,
}

/// A check of a cluster, as far as it has come.
#[derive(Debug)]
pub struct ClusterCheckFlow {
    hosts: BTreeSet<HostName>,
    /// The control planes by the user's own account; empty where there is none.
    named_control_planes: BTreeSet<HostName>,
    /// Hosts that describe different clusters.
    contradicting: Vec<HostName>,
    namespace: String,
    /// Workers of which a request had no response: each more would cost the time limit again.
    silent: BTreeSet<HostName>,
    facts: ClusterFacts,
    phase: CheckPhase,
    progress: VecDeque<ClusterProgress>,
}

impl ClusterCheckFlow {
    /// Begins a check of these hosts, of which the user names some as control planes, or none; what
    /// it makes in the cluster is in `namespace`, which is new.
    #[must_use]
    pub fn begin(
        hosts: BTreeSet<HostName>,
        named_control_planes: BTreeSet<HostName>,
        namespace: String,
    ) -> (Self, ClusterCheckStep) {
        let flow = Self {
            hosts,
            named_control_planes,
            contradicting: Vec::new(),
            namespace,
            silent: BTreeSet::new(),
            facts: ClusterFacts {
                now_s: 0,
                control_plane: None,
                objects: Err(Untrusted::default()),
                node_states: BTreeMap::new(),
                record: Record::default(),
                pairs: Vec::new(),
                connectivity_tests: Vec::new(),
                texts: Vec::new(),
            },
            phase: CheckPhase::ReadingStates,
            progress: VecDeque::new(),
        };
        let step = at_once(flow.look_requests());
        (flow, step)
    }

    /// The next thing to say about the check, before its next step is carried out.
    pub fn poll_progress(&mut self) -> Option<ClusterProgress> {
        self.progress.pop_front()
    }

    /// Takes what came of the requests of the last step, `now` after the check began; returns the
    /// next step, or none where the check is over.
    pub fn handle_responses(
        &mut self,
        now: Duration,
        mut responses: HostResponses,
    ) -> Option<ClusterCheckStep> {
        self.note_silent(&responses);
        match std::mem::replace(&mut self.phase, CheckPhase::RemovingPods) {
            CheckPhase::ReadingStates => {
                self.take_states(&responses);
                self.find_control_plane()
            }
            CheckPhase::FindingControlPlane(servers) => {
                self.take_control_plane(now, servers, &mut responses)
            }
            CheckPhase::AwaitingStartup(since) => {
                self.refresh(&mut responses);
                Some(self.settle(since, now))
            }
            CheckPhase::CreatingPods => Some(self.take_creation(now, &mut responses)),
            CheckPhase::AwaitingAddresses(since) => {
                self.refresh(&mut responses);
                Some(self.await_addresses(since, now))
            }
            CheckPhase::StartingEchoServers(pods) => {
                let answering = self.take_echo_servers(pods, &mut responses);
                Some(self.read_objects(CheckPhase::ReadingBeforeTests(answering), Duration::ZERO))
            }
            CheckPhase::ReadingBeforeTests(pods) => {
                self.refresh(&mut responses);
                Some(self.test(pods))
            }
            CheckPhase::Testing(pods, plan) => {
                self.facts.connectivity_tests = plan.outcomes(responses);
                Some(self.retest(pods, now))
            }
            CheckPhase::Retesting(pods, plan, since) => {
                self.take_later_outcomes(plan.outcomes(responses));
                Some(self.retest_late_proxies(pods, since, now))
            }
            CheckPhase::ReadingAgain => {
                self.take_states(&responses);
                self.refresh(&mut responses);
                Some(self.collect_texts())
            }
            CheckPhase::CollectingTexts(asked) => {
                self.take_texts(asked, &mut responses);
                self.phase = CheckPhase::RemovingPods;
                Some(at_once(self.of_server(&NodeRequest::Clear)))
            }
            CheckPhase::RemovingPods => {
                if let Err(why) = self.server_response(&mut responses) {
                    let namespace = self.namespace.clone();
                    self.progress.push_back(ClusterProgress::NamespaceLeft { namespace, why });
                }
                None
            }
        }
    }

    /// Everything that was seen, at the end. How the hosts reach each other is for another to add
    /// ([`ClusterFacts::record`], [`ClusterFacts::pairs`]).
    ///
    /// # Errors
    ///
    /// [`ClusterCheckError`].
    pub fn end(self) -> Result<ClusterFacts, ClusterCheckError> {
        if !self.contradicting.is_empty() {
            return Err(ClusterCheckError::Contradiction(self.contradicting));
        }
        if self.facts.control_plane.is_none() {
            return Err(ClusterCheckError::NoKubeconfig);
        }
        Ok(self.facts)
    }

    /// Notes hosts that gave no response. A control plane is asked again all the same: it alone can
    /// remove the test pods.
    fn note_silent(&mut self, responses: &HostResponses) {
        let is_silent =
            |one: &Result<_, NodeRequestError>| matches!(one, Err(NodeRequestError::NoResponse(_)));
        let silent = responses.iter().filter(|(_, all)| all.iter().any(is_silent));
        let server = self.facts.control_plane.as_ref();
        let silent = silent.map(|(host, _)| host).filter(|host| Some(*host) != server);
        self.silent.extend(silent.cloned());
    }

    fn look_requests(&self) -> HostRequests {
        let asked = self.hosts.iter().filter(|host| !self.silent.contains(*host));
        asked.map(|host| (host.clone(), vec![NodeRequest::Look])).collect()
    }

    /// Takes states; of a host that gives none the earlier one stays.
    fn take_states(&mut self, responses: &HostResponses) {
        for (host, responses) in responses {
            if let Some(Ok(NodeResponse::Look(state))) = responses.first() {
                self.facts.node_states.insert(host.clone(), (**state).clone());
            }
        }
    }

    fn read_objects(&mut self, phase: CheckPhase, wait: Duration) -> ClusterCheckStep {
        self.phase = phase;
        ClusterCheckStep { wait, requests: self.of_server(&NodeRequest::Objects) }
    }

    fn of_server(&self, request: &NodeRequest) -> HostRequests {
        self.facts.control_plane.iter().map(|host| (host.clone(), vec![request.clone()])).collect()
    }

    /// The last response of the control plane.
    fn server_response(&self, responses: &mut HostResponses) -> Result<NodeResponse, Untrusted> {
        let server = self.facts.control_plane.as_ref();
        let of_server = server.and_then(|server| responses.get_mut(server)?.pop());
        of_server.ok_or_else(|| Untrusted::new("it was not asked"))?.map_err(NodeRequestError::why)
    }

    fn take_objects(&mut self, responses: &mut HostResponses) -> Result<(), Untrusted> {
        match self.server_response(responses)? {
            NodeResponse::Objects(objects, now_s) => {
                self.facts.now_s = now_s;
                self.facts.objects = Ok(*objects);
                Ok(())
            }
            _ => Err(other_response()),
        }
    }

    /// Takes what the API server says; what it said before stands where it does not answer.
    fn refresh(&mut self, responses: &mut HostResponses) {
        // It answered once: that it does not now is no reason to forget that.
        let _ = self.take_objects(responses);
    }

    fn objects(&self) -> &ClusterObjects {
        static NONE: ClusterObjects = ClusterObjects::NONE;
        self.facts.objects().unwrap_or(&NONE)
    }

    /// The host that is a node, if it can still be asked.
    fn host_of(&self, node: &ClusterNode) -> Option<&HostName> {
        self.facts.host_of(node).filter(|host| !self.silent.contains(*host))
    }

    /// Waits for a cluster that is starting, and goes on with the test pods.
    fn settle(&mut self, since: Duration, now: Duration) -> ClusterCheckStep {
        if is_starting(self.objects(), self.facts.now_s)
            && now.saturating_sub(since) < STARTUP_WITHIN
        {
            if now == since {
                self.progress.push_back(ClusterProgress::AwaitingStartup);
            }
            return self.read_objects(CheckPhase::AwaitingStartup(since), READ_AGAIN_AFTER);
        }
        self.create_pods()
    }

    fn collect(&mut self, node: String, source: &str, text: &Untrusted) {
        let (source, text) = (source.to_owned(), text.raw().to_owned());
        self.facts.texts.push(CollectedText { node, source, text });
    }

    /// Tests everything, from all nodes at once.
    fn test(&mut self, pods: Vec<TestPod>) -> ClusterCheckStep {
        self.progress.push_back(ClusterProgress::Testing);
        let objects = self.objects();
        // A pod without an echo server is behind the Service all the same, and refuses.
        let answers = |pod: &Pod| pods.iter().any(|answering| answering.uid == pod.uid);
        let all_answer = self.own_pods().all(|pod| pod.address.is_none() || answers(pod));
        let service = objects.service(&self.namespace, SERVICE).filter(|_| all_answer);
        let matrix = TestMatrix { objects, test_pods: &pods, service };
        let mut tests = Vec::new();
        for node in &objects.nodes {
            let Some(host) = self.host_of(node) else { continue };
            let mut add = |is_pod: bool, targets: Vec<ConnectivityTarget>| {
                let from = ConnectivitySource { node: node.name.clone(), is_pod };
                tests.extend(targets.into_iter().map(|to| PlannedTest {
                    host: host.clone(),
                    from: from.clone(),
                    to,
                }));
            };
            let state = self.facts.node_states.get(host);
            add(false, matrix.from_node(node, state.and_then(|own| own.kubelet_server.as_ref())));
            if pods.iter().any(|pod| pod.node == node.name) {
                add(true, matrix.from_pod(node));
            }
            if self.facts.control_plane.as_ref() == Some(host) {
                let names = objects.nodes.iter().map(|node| node.name.clone());
                add(false, names.map(|node| ConnectivityTarget::KubeletByApi { node }).collect());
            }
        }
        let plan = TestPlan::of(&tests, &pods, objects.networks.domain.as_deref());
        let requests = plan.requests();
        self.phase = CheckPhase::Testing(pods, plan);
        at_once(requests)
    }

    fn read_again(&mut self) -> ClusterCheckStep {
        self.phase = CheckPhase::ReadingAgain;
        let mut requests = self.look_requests();
        for (host, request) in self.of_server(&NodeRequest::Objects) {
            requests.entry(host).or_default().extend(request);
        }
        at_once(requests)
    }
}

fn at_once(requests: HostRequests) -> ClusterCheckStep {
    ClusterCheckStep { wait: Duration::ZERO, requests }
}

/// A far end that answers another question than was asked is not believed.
fn other_response() -> Untrusted {
    Untrusted::new("another answer than was asked for")
}

#[cfg(test)]
mod tests;
