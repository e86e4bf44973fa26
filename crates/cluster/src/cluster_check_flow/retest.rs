//! Tests that failed, once more: what is being set up fails in its first moments.

use std::time::Duration;

use super::test_plan::{PlannedTest, TestPlan};
use super::{CheckPhase, ClusterCheckFlow, ClusterCheckStep};
use crate::cluster_progress::ClusterProgress;
use crate::connectivity_test::{ApiAddressSource, ConnectivityTarget, ConnectivityTest};
use crate::test_matrix::TestPod;

/// What failed is tested again after this: kube-proxy collects changes for a second before it writes
/// rules (its `minSyncPeriod`), and the kernel asks three times, once a second, for a neighbour that
/// it does not know (`mcast_solicit`, Documentation/networking/ip-sysctl.rst).
pub const RETEST_AFTER: Duration = Duration::from_secs(3);
/// A kube-proxy that is late is waited for: on a small board under load it takes longer than a few
/// seconds over the rules of a new Service. Its own `syncPeriod` of 30 s is the end.
const LATE_PROXY_WITHIN: Duration = Duration::from_secs(30);

impl ClusterCheckFlow {
    /// Tests once more what failed.
    pub(super) fn retest(&mut self, pods: Vec<TestPod>, now: Duration) -> ClusterCheckStep {
        let plan = self.plan_again(&pods, |test| test.outcome.fails());
        if plan.requests().is_empty() {
            return self.read_again();
        }
        self.progress.push_back(ClusterProgress::Retesting);
        self.test_again(pods, plan, now)
    }

    /// Tests the Service of the test pods again where only its rules are not there yet.
    pub(super) fn retest_late_proxies(
        &mut self,
        pods: Vec<TestPod>,
        since: Duration,
        now: Duration,
    ) -> ClusterCheckStep {
        let plan = self.plan_again(&pods, |test| self.is_before_rules(test));
        let is_over = now.saturating_sub(since) + RETEST_AFTER > LATE_PROXY_WITHIN;
        if is_over || plan.requests().is_empty() {
            return self.read_again();
        }
        self.test_again(pods, plan, since)
    }

    /// Whether a test fails as it does before kube-proxy knows a new Service: it runs on the node,
    /// and an older Service works from there.
    fn is_before_rules(&self, test: &ConnectivityTest) -> bool {
        let older = |to: &ConnectivityTarget| {
            matches!(to, ConnectivityTarget::Api { by: ApiAddressSource::Service, .. })
        };
        let node = &test.from.node;
        let state = self.objects().node(node).and_then(|node| self.facts.node_state(node));
        test.outcome.fails()
            && matches!(test.to, ConnectivityTarget::Service { .. })
            && state.is_some_and(|state| state.runs("kube-proxy"))
            && self.facts.tests_from(node, true, older).any(|older| older.outcome.works())
    }

    fn plan_again(
        &self,
        pods: &[TestPod],
        is_meant: impl Fn(&ConnectivityTest) -> bool,
    ) -> TestPlan {
        let failed = self.facts.connectivity_tests.iter().filter(|test| is_meant(test));
        let again = failed.filter_map(|test| {
            let host = self.host_of(self.objects().node(&test.from.node)?)?.clone();
            Some(PlannedTest { host, from: test.from.clone(), to: test.to.clone() })
        });
        let again: Vec<_> = again.collect();
        TestPlan::of(&again, pods, self.objects().networks.domain.as_deref())
    }

    fn test_again(
        &mut self,
        pods: Vec<TestPod>,
        plan: TestPlan,
        since: Duration,
    ) -> ClusterCheckStep {
        let requests = plan.requests();
        self.phase = CheckPhase::Retesting(pods, plan, since);
        ClusterCheckStep { wait: RETEST_AFTER, requests }
    }

    pub(super) fn take_later_outcomes(&mut self, again: Vec<ConnectivityTest>) {
        for again in again {
            let tests = &mut self.facts.connectivity_tests;
            let is_same =
                |test: &&mut ConnectivityTest| test.from == again.from && test.to == again.to;
            if let Some(test) = tests.iter_mut().find(is_same) {
                test.outcome = again.outcome;
            }
        }
    }
}
