//! Which host is to run which tests, in requests of a bearable size.

use std::collections::BTreeMap;

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;

use super::{HostRequests, HostResponses, other_response};
use crate::connectivity_test::{
    ConnectivityOutcome, ConnectivitySource, ConnectivityTarget, ConnectivityTest,
};
use crate::node_protocol::{ConnectivityProbe, NodeRequest, NodeRequestError, NodeResponse};
use crate::test_matrix::TestPod;

/// So many tests are in one request: a kubelet that is asked by the API server takes three seconds
/// where it is silent, four are asked at a time, and a response has a minute.
const TESTS_PER_REQUEST: usize = 16;
/// DNS domain of clusters that name no other (`ServiceDNSDomain` in k/k
/// cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go).
const DNS_DOMAIN: &str = "cluster.local";

/// A test before it is made.
#[derive(Clone, Debug)]
pub(super) struct PlannedTest {
    /// The host that makes it.
    pub(super) host: HostName,
    /// The node of that host, or a pod there.
    pub(super) from: ConnectivitySource,
    /// What it goes to.
    pub(super) to: ConnectivityTarget,
}

/// Tests with the requests for them, host by host in the order in which each is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct TestPlan(BTreeMap<HostName, Vec<TestRequest>>);

/// Tests that one request is for.
#[derive(Clone, Debug)]
struct TestRequest {
    from: ConnectivitySource,
    targets: Vec<ConnectivityTarget>,
    request: NodeRequest,
}

impl TestPlan {
    /// Puts tests that follow one another, from the same place and of the same kind, into requests.
    pub(super) fn of(tests: &[PlannedTest], pods: &[TestPod], domain: Option<&str>) -> Self {
        let mut plan = Self::default();
        let is_alike = |one: &PlannedTest, next: &PlannedTest| {
            one.host == next.host
                && one.from == next.from
                && is_by_api(&one.to) == is_by_api(&next.to)
        };
        for alike in tests.chunk_by(is_alike) {
            for few in alike.chunks(TESTS_PER_REQUEST) {
                let PlannedTest { host, from, .. } = &few[0];
                let pod = pods.iter().find(|pod| from.is_pod && pod.node == from.node);
                let targets: Vec<_> = few.iter().map(|test| test.to.clone()).collect();
                let request = request(&targets, pod, domain.unwrap_or(DNS_DOMAIN));
                let request = TestRequest { from: from.clone(), targets, request };
                plan.0.entry(host.clone()).or_default().push(request);
            }
        }
        plan
    }

    /// The requests alone.
    pub(super) fn requests(&self) -> HostRequests {
        let of_host = |all: &Vec<TestRequest>| all.iter().map(|one| one.request.clone()).collect();
        self.0.iter().map(|(host, all)| (host.clone(), of_host(all))).collect()
    }

    /// What came of the tests; those of a request without outcomes were not made.
    pub(super) fn outcomes(self, mut responses: HostResponses) -> Vec<ConnectivityTest> {
        let mut tests = Vec::new();
        for (host, requests) in self.0 {
            let mut responses = responses.remove(&host).unwrap_or_default().into_iter();
            for TestRequest { from, targets, .. } in requests {
                let count = targets.len();
                let untried = |why: Untrusted| vec![ConnectivityOutcome::Untried(why); count];
                let outcomes = match responses.next() {
                    Some(Ok(NodeResponse::Outcomes(outcomes))) if outcomes.len() == count => {
                        outcomes
                    }
                    Some(Err(error)) => untried(NodeRequestError::why(error)),
                    _ => untried(other_response()),
                };
                tests.extend(
                    targets.into_iter().zip(outcomes).map(|(to, outcome)| ConnectivityTest {
                        from: from.clone(),
                        to,
                        outcome,
                    }),
                );
            }
        }
        tests
    }
}

/// Whether the API server makes the test, and not the node.
const fn is_by_api(target: &ConnectivityTarget) -> bool {
    matches!(target, ConnectivityTarget::KubeletByApi { .. })
}

/// The request for targets that are all by the API server, or all not.
fn request(targets: &[ConnectivityTarget], pod: Option<&TestPod>, domain: &str) -> NodeRequest {
    let names = targets.iter().filter_map(|target| match target {
        ConnectivityTarget::KubeletByApi { node } => Some(node.clone()),
        _ => None,
    });
    let nodes: Vec<String> = names.collect();
    if nodes.is_empty() {
        let dials =
            targets.iter().filter_map(|target| ConnectivityProbe::of(target, domain)).collect();
        NodeRequest::Try { pod: pod.map(|pod| pod.uid.clone()), dials }
    } else {
        NodeRequest::Kubelets { nodes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_api(count: usize) -> Vec<PlannedTest> {
        let test = |at: usize| PlannedTest {
            host: "pi1".parse().unwrap(),
            from: ConnectivitySource { node: "pi1".to_owned(), is_pod: false },
            to: ConnectivityTarget::KubeletByApi { node: format!("pi{at}") },
        };
        (0..count).map(test).collect()
    }

    #[test]
    fn many_tests_are_several_requests() {
        let plan = TestPlan::of(&by_api(40), &[], None);
        let requests = plan.requests().into_values().flatten();
        let counts = requests.map(|request| match request {
            NodeRequest::Kubelets { nodes } => nodes.len(),
            other => panic!("{other:?}"),
        });
        assert_eq!(counts.collect::<Vec<_>>(), [16, 16, 8]);
    }

    #[test]
    fn tests_of_both_kinds_are_not_in_one_request() {
        let mut tests = by_api(2);
        tests[1].to = ConnectivityTarget::Service { address: "10.96.7.7".parse().unwrap() };
        assert_eq!(TestPlan::of(&tests, &[], None).requests().values().flatten().count(), 2);
    }

    /// Or else outcomes would be those of other tests.
    #[test]
    fn outcomes_that_are_too_few_or_too_many_are_none() {
        let works = ConnectivityOutcome::Works { ms: 1 };
        let table = [
            (Ok(NodeResponse::Outcomes(vec![works.clone(); 2])), works),
            (
                Ok(NodeResponse::Outcomes(Vec::new())),
                ConnectivityOutcome::Untried(other_response()),
            ),
            (Ok(NodeResponse::Done), ConnectivityOutcome::Untried(other_response())),
            (
                Err(NodeRequestError::Refused(Untrusted::new("no"))),
                ConnectivityOutcome::Untried(Untrusted::new("no")),
            ),
        ];
        for (response, expected) in table {
            let responses = HostResponses::from([("pi1".parse().unwrap(), vec![response])]);
            let tests = TestPlan::of(&by_api(2), &[], None).outcomes(responses);
            assert_eq!(tests.len(), 2);
            assert!(tests.iter().all(|test| test.outcome == expected), "{tests:?}");
        }
        let tests = TestPlan::of(&by_api(2), &[], None).outcomes(HostResponses::new());
        assert!(tests.iter().all(|test| !test.outcome.works() && !test.outcome.fails()));
    }
}
