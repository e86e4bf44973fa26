//! Whole checks of a cluster in memory.

mod fault_rows;
mod faults;
mod node_faults;

use std::collections::BTreeSet;
use std::time::Duration;

use pontoon_diagnosis::Diagnosis;
use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::untrusted::Untrusted;

use super::{ADDRESSES_WITHIN, RETEST_AFTER, STARTUP_WITHIN};
use crate::cluster_facts::ClusterFacts;
use crate::cluster_progress::ClusterProgress::{
    AwaitingStartup, CreatingTestPods, NamespaceLeft, Retesting, Testing,
};
use crate::diagnosis_rules::diagnose_cluster;
use crate::objects::Pod;
use crate::startup::is_starting;
use crate::tests::twin::ProxyMode;
use crate::tests::twin::cluster::ClusterTwin;
use crate::tests::twin::node::{BEGIN_S, NODES};

/// Both modes of kube-proxy that a cluster may be in.
const MODES: [ProxyMode; 2] = [ProxyMode::Iptables, ProxyMode::Nftables];

/// What is found: codes with the nodes that they are about.
type FoundCauses = BTreeSet<(Vec<DiagnosisCode>, String)>;

/// What the rules find in the facts of a check; candidates for the same evidence together.
fn found(facts: &ClusterFacts) -> FoundCauses {
    let mut groups: Vec<Vec<Diagnosis>> = Vec::new();
    for diagnosis in diagnose_cluster(facts) {
        match groups.iter_mut().find(|group| group[0].is_alternative_to(&diagnosis)) {
            Some(group) => group.push(diagnosis),
            None => groups.push(vec![diagnosis]),
        }
    }
    let all = groups.into_iter().map(|group| {
        let nodes: Vec<_> = group[0].scope.nodes.iter().cloned().collect();
        (group.into_iter().map(|one| one.code).collect(), nodes.join(" "))
    });
    all.collect()
}

/// A cluster with kube-proxy as most have it.
fn twin() -> ClusterTwin {
    ClusterTwin::new(ProxyMode::Iptables)
}

/// Causes with their nodes, to compare with.
fn causes(all: &[(&[DiagnosisCode], &str)]) -> FoundCauses {
    all.iter().map(|(codes, nodes)| (codes.to_vec(), (*nodes).to_owned())).collect()
}

/// Longer than any check.
const NEVER: Duration = Duration::from_secs(100_000);

#[test]
fn a_cluster_that_works_has_no_fault() {
    for mode in MODES {
        let run = ClusterTwin::new(mode).check();
        let facts = run.facts.unwrap();
        let bad: Vec<_> =
            facts.connectivity_tests.iter().filter(|test| !test.outcome.works()).collect();
        assert!(bad.is_empty(), "{mode:?}: {bad:?}");
        assert_eq!(found(&facts), FoundCauses::new());
        assert_eq!(run.progress, [CreatingTestPods, Testing]);
        assert_eq!(run.waited, Duration::ZERO);
    }
}

/// A link of another network that is down, pods that are young, just restarted, gone or of a tenant.
#[test]
fn what_is_no_fault_is_not_accused() {
    let mut twin = twin();
    twin.node(3).link_mut("wlan0").has_carrier = false;
    let [young, restarted, ended, tenant] =
        ["young", "restarted", "ended", "tenant"].map(|name| Pod {
            namespace: "kube-system".to_owned(),
            name: name.to_owned(),
            node: Some("pi2".to_owned()),
            created_s: Some(BEGIN_S - 1_000),
            ..Pod::default()
        });
    twin.more_pods = vec![
        Pod { created_s: Some(BEGIN_S - 20), ..young },
        Pod { started_s: Some(BEGIN_S - 20), waits: Some(Untrusted::new("Unknown")), ..restarted },
        Pod { is_ended: true, ..ended },
        Pod { namespace: "default".to_owned(), ..tenant },
    ];
    let facts = twin.check().facts.unwrap();
    assert_eq!(found(&facts), FoundCauses::new());
    // The same pods once they are neither.
    let mut later = facts;
    later.now_s += 1_000;
    let unready = causes(&[(&[code::UNEXPLAINED], "pi2")]);
    assert_eq!(found(&later), unready);
}

#[test]
fn a_cluster_that_is_starting_is_waited_for() {
    let mut twin = twin();
    twin.ready_at = Some(Duration::from_secs(20));
    let run = twin.check();
    assert_eq!(found(&run.facts.unwrap()), FoundCauses::new());
    assert_eq!(run.progress, [AwaitingStartup, CreatingTestPods, Testing]);
    assert_eq!(run.waited, Duration::from_secs(20));
}

#[test]
fn a_cluster_that_never_starts_is_judged_as_it_is() {
    let mut twin = twin();
    twin.ready_at = Some(NEVER);
    let run = twin.check();
    let facts = run.facts.unwrap();
    assert!(is_starting(facts.objects().unwrap(), facts.now_s), "its report says so");
    assert_eq!(run.progress[0], AwaitingStartup);
    assert_eq!(run.waited, STARTUP_WITHIN);
    let conditions = facts.texts.iter().filter(|text| text.source == "the node's condition");
    assert_eq!(conditions.count(), usize::from(NODES));
}

#[test]
fn addresses_of_test_pods_are_waited_for() {
    let mut twin = twin();
    twin.node(3).pod_address_after = Duration::from_secs(10);
    let run = twin.check();
    assert_eq!(found(&run.facts.unwrap()), FoundCauses::new());
    assert_eq!(run.waited, Duration::from_secs(10));
}

#[test]
fn a_test_pod_without_an_address_is_told_by_its_events() {
    let mut twin = twin();
    twin.node(3).pod_address_after = NEVER;
    twin.events = "pontoon-2  Failed to create pod sandbox: it hangs\n\
                   pontoon-1  Pulled\nother  Failed\n"
        .to_owned();
    let run = twin.check();
    let facts = run.facts.unwrap();
    let texts: Vec<_> = facts.texts.iter().map(|text| (&*text.node, &*text.source)).collect();
    assert_eq!(texts, [("pi3", "events")]);
    assert_eq!(facts.texts[0].text, "Failed to create pod sandbox: it hangs");
    assert!(found(&facts).iter().all(|(_, nodes)| nodes == "pi3"), "{:?}", found(&facts));
    assert!(!found(&facts).is_empty());
    // A second more than the limit, since it is looked at once a second.
    assert_eq!(run.waited, ADDRESSES_WITHIN + Duration::from_secs(1));
}

/// Each request to it would cost a minute.
#[test]
fn a_host_that_falls_silent_is_not_asked_again() {
    let mut twin = twin();
    twin.silent_after.insert(3, 2);
    let run = twin.check();
    let facts = run.facts.unwrap();
    assert_eq!(twin.requests[&3], 3);
    assert_eq!(found(&facts), causes(&[(&[code::UNEXPLAINED], "pi3")]));
    let untried = facts.connectivity_tests.iter().filter(|test| test.from.node == "pi3");
    assert!(untried.clone().count() > 0 && untried.clone().all(|test| !test.outcome.works()));
    assert_eq!(run.progress, [CreatingTestPods, Testing]);
}

/// It may still be able to remove what it made.
#[test]
fn a_control_plane_that_falls_silent_is_asked_to_the_end() {
    let mut twin = twin();
    twin.silent_after.insert(1, 4);
    let run = twin.check();
    assert_eq!(run.facts.unwrap().control_plane.unwrap().as_str(), "pi1");
    let why = Untrusted::new("no answer came within 60 s");
    let left = NamespaceLeft { namespace: "pontoon-check-1".to_owned(), why };
    assert_eq!(run.progress.last(), Some(&left));
}

#[test]
fn another_control_plane_is_asked_where_the_first_does_not_answer() {
    let mut twin = twin();
    twin.node(2).state.has_kubeconfig = true;
    twin.node(2).object.is_control_plane = true;
    twin.silent_after.insert(1, 1);
    let facts = twin.check().facts.unwrap();
    assert_eq!(facts.control_plane.as_ref().unwrap().as_str(), "pi2");
    assert!(facts.objects.is_ok());
}

/// pi0 says that it is a control plane; it is sorted before the real one.
fn with_pretender() -> ClusterTwin {
    let mut twin = twin();
    twin.node(2).state.has_kubeconfig = true;
    let mut objects = twin.objects();
    objects.nodes.retain(|node| node.name != "pi1");
    objects.nodes[0].is_control_plane = true;
    twin.own_account.insert(2, objects);
    twin
}

#[test]
fn where_two_hosts_describe_different_clusters_neither_is_believed() {
    let mut twin = with_pretender();
    let error = twin.check().facts.unwrap_err();
    assert_eq!(
        error.to_string().split(':').next().unwrap(),
        "pi1 and pi2 describe different clusters, and one of them may not be a control plane"
    );
    // Their states and accounts were read, and nothing was tried on behalf of either.
    assert_eq!(twin.requests, [(1, 2), (2, 2), (3, 1)].into());
}

#[test]
fn a_control_plane_that_the_user_names_is_believed_alone() {
    let mut twin = with_pretender();
    twin.named_control_planes = BTreeSet::from(["pi1".parse().unwrap()]);
    let facts = twin.check().facts.unwrap();
    assert_eq!(facts.control_plane.as_ref().unwrap().as_str(), "pi1");
    assert_eq!(found(&facts), causes(&[]));
}

/// A worker with an administrator's kubeconfig may have stolen it.
#[test]
fn a_worker_does_not_speak_for_the_cluster() {
    let mut twin = twin();
    twin.node(1).state.has_kubeconfig = false;
    twin.node(3).state.has_kubeconfig = true;
    let facts = twin.check().facts.unwrap();
    let why = facts.objects.unwrap_err();
    assert!(why.raw().ends_with("the cluster lists it as a worker"), "{why}");
}

#[test]
fn without_a_control_plane_there_is_nothing_to_check() {
    let mut twin = twin();
    twin.node(1).state.has_kubeconfig = false;
    assert!(twin.check().facts.is_err());
    assert_eq!(twin.requests.values().sum::<usize>(), 3);
}

/// What nodes reach is tested all the same.
#[test]
fn an_api_server_may_refuse_the_test_pods() {
    let mut twin = twin();
    twin.apply_error = Some(Untrusted::new("namespaces is forbidden: quota"));
    let run = twin.check();
    let facts = run.facts.unwrap();
    let [text] = &facts.texts[..] else { panic!("{:?}", facts.texts) };
    assert_eq!((&*text.node, &*text.source), ("pi1", "kubectl apply"));
    assert!(facts.connectivity_tests.iter().all(|test| test.outcome.works() && !test.from.is_pod));
    assert_eq!(found(&facts), causes(&[(&[code::UNEXPLAINED], "pi1")]));
    assert_eq!(run.waited, Duration::ZERO);
}

#[test]
fn pods_whose_network_cannot_be_entered_are_not_tested() {
    let mut twin = twin();
    twin.node(3).pods_closed = Some(Untrusted::new("that takes root, try --sudo"));
    let facts = twin.check().facts.unwrap();
    assert!(facts.tests_from("pi3", true, |_| true).next().is_none());
    assert_eq!(found(&facts), causes(&[(&[code::UNEXPLAINED], "pi3")]));
}

#[test]
fn what_works_the_second_time_is_no_fault() {
    let mut twin = twin();
    twin.node(3).service_rules_after = Duration::from_secs(2);
    let run = twin.check();
    assert_eq!(found(&run.facts.unwrap()), FoundCauses::new());
    assert_eq!(run.progress, [CreatingTestPods, Testing, Retesting]);
    assert_eq!(run.waited, RETEST_AFTER);
}

#[test]
fn a_kube_proxy_that_is_late_is_waited_for() {
    let mut late = twin();
    late.node(3).service_rules_after = Duration::from_secs(20);
    let run = late.check();
    assert_eq!(found(&run.facts.unwrap()), FoundCauses::new());
    assert_eq!(run.waited, 7 * RETEST_AFTER);
    let mut later = twin();
    later.node(3).service_rules_after = NEVER;
    let run = later.check();
    assert!(!found(&run.facts.unwrap()).is_empty());
    assert_eq!(run.waited, Duration::from_secs(30), "it is not waited for without end");
}

/// The log of a pod that is not there cannot be read.
#[test]
fn the_selector_that_keeps_kube_proxy_from_a_node_is_named() {
    let mut selected = twin();
    faults::kube_proxy_selects_others(&mut selected);
    let mut stopped = twin();
    faults::kube_proxy_stopped(&mut stopped);
    for (mut twin, is_named) in [(selected, true), (stopped, false)] {
        let text = format!("{:?}", diagnose_cluster(&twin.check().facts.unwrap()));
        assert_eq!(text.contains("host=pi1"), is_named, "{text}");
        assert_eq!(text.contains("edit daemonset kube-proxy"), is_named, "{text}");
        assert_eq!(text.contains("kubectl logs -n kube-system POD"), !is_named, "{text}");
    }
}

#[test]
fn only_what_failed_is_tested_again() {
    let mut twin = twin();
    faults::kubelet_port_dropped(&mut twin);
    let run = twin.check();
    let facts = run.facts.unwrap();
    assert_eq!(found(&facts), causes(&[(&[code::FIREWALL_DROP], "pi3")]));
    assert_eq!(run.waited, RETEST_AFTER);
    // State twice, echo server, tests of node and pod; nothing of its own failed.
    assert_eq!(twin.requests[&3], 5);
}

#[test]
fn a_namespace_that_is_not_removed_is_named() {
    let mut twin = twin();
    let why = Untrusted::new("Error from server (Forbidden)");
    twin.clear_error = Some(why.clone());
    let run = twin.check();
    let left = NamespaceLeft { namespace: "pontoon-check-1".to_owned(), why };
    assert_eq!(run.progress, [CreatingTestPods, Testing, left]);
    assert_eq!(found(&run.facts.unwrap()), FoundCauses::new());
}

/// A far end may be another program than ours.
#[test]
fn what_was_not_asked_is_not_believed() {
    let mut worker = twin();
    worker.confused.insert(3);
    let facts = worker.check().facts.unwrap();
    assert!(facts.node_states.len() == 2 && found(&facts).is_empty(), "{:?}", found(&facts));
    let mut server = twin();
    server.confused.insert(1);
    assert!(server.check().facts.is_err(), "no state shows a kubeconfig");
}
