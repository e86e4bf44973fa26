//! A checked cluster: what is wrong and what to do, then who reaches what.

use pontoon_cluster::cluster_report::{ClusterReport, ReportedNode};
use pontoon_cluster::connectivity_test::{
    ConnectivityTarget, ConnectivityTest, LARGE_TRANSFER_BYTES,
};
use pontoon_diagnosis::{Diagnosis, Severity};

use super::diagnosis::diagnosis_blocks;
use super::style::TerminalStyle;
use super::wrap::{padded, wrapped};

/// Writes it: the sentence first, the table last.
pub(crate) fn page(report: &ClusterReport, style: TerminalStyle) -> String {
    let mut page = String::new();
    wrapped(&mut page, style.width, "", "  ", &style.bold(&sentence(report)));
    if report.is_starting {
        let text = format!(
            "not all of the cluster is ready yet: {}. What fails may resolve on its own. Run it \
             again in a minute.",
            report.starting.join(", ")
        );
        wrapped(&mut page, style.width, "  ", "  ", &style.printable(&text));
    }
    if problems(&report.diagnoses).next().is_none() && !report.connectivity_tests.is_empty() {
        wrapped(&mut page, style.width, "  ", "  ", NOT_TESTED);
    }
    for block in diagnosis_blocks(&report.diagnoses) {
        page.push('\n');
        block.write(&mut page, style);
    }
    for (host, why) in &report.unreached {
        page.push('\n');
        let text = format!("{host} was not asked: {why}");
        wrapped(&mut page, style.width, "", "  ", &style.printable(&text));
    }
    if !report.unasked.is_empty() {
        page.push('\n');
        let text = format!(
            "Not asked, so that nothing was tested from there: {}",
            report.unasked.join(", ")
        );
        wrapped(&mut page, style.width, "", "  ", &style.printable(&text));
    }
    table(&mut page, report, style);
    if style.verbosity > 0 {
        page.push_str("\nAll connectivity tests:\n");
        for test in &report.connectivity_tests {
            wrapped(&mut page, style.width, "  ", "    ", &style.printable(&test.to_string()));
        }
    }
    page
}

/// That all tests work says nothing of what there is no test for.
const NOT_TESTED: &str = "Not tested: names and addresses outside the cluster, from nodes or pods.";

fn sentence(report: &ClusterReport) -> String {
    let nodes = match report.nodes.len() {
        1 => "1 node".to_owned(),
        count => format!("{count} nodes"),
    };
    let (warnings, faults): (Vec<_>, Vec<_>) = problems(&report.diagnoses)
        .partition(|candidates| candidates.iter().all(|one| one.severity == Severity::Warning));
    let tests = report.connectivity_tests.len();
    let and = match warnings.len() {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        count => format!(", {count} warnings"),
    };
    match (report.nodes.is_empty(), faults.len()) {
        (true, _) => "The cluster does not answer.".to_owned(),
        (false, 0) if tests == 0 => format!("Cluster of {nodes}: nothing could be tested{and}."),
        (false, 0) => format!("Cluster of {nodes}: all {tests} tests work{and}."),
        (false, 1) => format!("Cluster of {nodes}: 1 cause of trouble{and}."),
        (false, count) => format!("Cluster of {nodes}: {count} causes of trouble{and}."),
    }
}

/// Diagnoses by problem: those that are alternatives of each other are one.
fn problems(diagnoses: &[Diagnosis]) -> impl Iterator<Item = &[Diagnosis]> {
    diagnoses.chunk_by(Diagnosis::is_alternative_to)
}

/// A column: its head, and what belongs in it.
type ConnectivityColumn = (&'static str, fn(&ConnectivityTest) -> bool);

const COLUMNS: [ConnectivityColumn; 7] = [
    ("API", |test| matches!(test.to, ConnectivityTarget::Api { .. }) && !test.from.is_pod),
    ("kubelets", |test| {
        matches!(
            test.to,
            ConnectivityTarget::Kubelet { .. } | ConnectivityTarget::KubeletByApi { .. }
        ) && !test.from.is_pod
    }),
    ("pods", |test| matches!(test.to, ConnectivityTarget::Pod { bytes: 0, .. })),
    ("large", |test| {
        matches!(
            test.to,
            ConnectivityTarget::Pod { bytes: LARGE_TRANSFER_BYTES, .. }
                | ConnectivityTarget::Sizes { .. }
        )
    }),
    ("Service", |test| matches!(test.to, ConnectivityTarget::Service { .. })),
    ("DNS", |test| matches!(test.to, ConnectivityTarget::Dns { .. })),
    ("API by pod", |test| matches!(test.to, ConnectivityTarget::Api { .. }) && test.from.is_pod),
];

/// Who reaches what: for each node how many tests of how many work.
fn table(page: &mut String, report: &ClusterReport, style: TerminalStyle) {
    if report.nodes.is_empty() {
        return;
    }
    let widest = |of: &dyn Fn(&ReportedNode) -> usize, least: usize| {
        report.nodes.iter().map(of).max().unwrap_or(0).max(least) + 2
    };
    let name = widest(&|node| node.name.len(), 4);
    let address = widest(&|node| node.address.len(), 7);
    page.push('\n');
    let mut head = format!("{}{}", padded("node", name), padded("address", address));
    for (title, _) in COLUMNS {
        head.push_str(&padded(title, title.len().max(5) + 2));
    }
    page.push_str(&format!("{}\n", head.trim_end()));
    for node in &report.nodes {
        let mut line = format!(
            "{}{}",
            padded(&style.printable(&node.name), name),
            padded(&style.printable(&node.address), address)
        );
        for (title, is_meant) in COLUMNS {
            let own = report.connectivity_tests.iter().filter(|test| test.from.node == node.name);
            let all: Vec<&ConnectivityTest> = own.filter(|test| is_meant(test)).collect();
            let works = all.iter().filter(|test| test.outcome.works()).count();
            let judged =
                all.iter().filter(|test| test.outcome.works() || test.outcome.fails()).count();
            let cell = if judged == 0 { "-".to_owned() } else { format!("{works}/{judged}") };
            line.push_str(&padded(&cell, title.len().max(5) + 2));
        }
        let unready = if node.is_ready { "" } else { "NotReady" };
        page.push_str(&format!("{}\n", format!("{line}{unready}").trim_end()));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pontoon_causes::cause::{TextOrigin, cause};
    use pontoon_causes::placeholder::PlaceholderValues;
    use pontoon_cluster::cluster_report::SCHEMA;
    use pontoon_cluster::connectivity_test::{
        ConnectivityOutcome, ConnectivitySource, ConnectivityTarget, ConnectivityTest,
    };
    use pontoon_diagnosis::DiagnosisScope;
    use pontoon_diagnosis::evidence::ClusterEvidence;
    use pontoon_model::code::{self, DiagnosisCode};

    use pontoon_diagnosis::Certainty;

    use super::*;

    fn test(
        is_pod: bool,
        to: ConnectivityTarget,
        outcome: ConnectivityOutcome,
    ) -> ConnectivityTest {
        ConnectivityTest {
            from: ConnectivitySource { node: "pi2".to_owned(), is_pod },
            to,
            outcome,
        }
    }

    fn report(diagnoses: Vec<Diagnosis>) -> ClusterReport {
        let pod = ConnectivityTarget::Pod {
            node: "pi1".to_owned(),
            address: "10.244.0.9".parse().unwrap(),
            bytes: 0,
        };
        let node = |name: &str, address: &str, is_ready| ReportedNode {
            name: name.to_owned(),
            address: address.to_owned(),
            link: Some("eth0".to_owned()),
            is_ready,
        };
        ClusterReport {
            schema: SCHEMA.to_owned(),
            is_starting: false,
            starting: Vec::new(),
            nodes: vec![node("pi1", "10.0.0.1", true), node("pi2", "10.0.0.2", false)],
            diagnoses,
            connectivity_tests: vec![
                test(false, pod.clone(), ConnectivityOutcome::Works { ms: 2 }),
                test(true, pod, ConnectivityOutcome::Silent { ms: 3_500 }),
            ],
            unreached: BTreeMap::new(),
            unasked: vec!["pi1".to_owned()],
        }
    }

    fn diagnoses(codes: &[DiagnosisCode], certainty: Certainty) -> Vec<Diagnosis> {
        let values = PlaceholderValues::default();
        let evidence = report(Vec::new()).connectivity_tests[1].clone();
        let diagnosis = |code: &DiagnosisCode| Diagnosis {
            scope: DiagnosisScope::nodes(["pi2"]),
            evidence: vec![ClusterEvidence::ConnectivityTest(evidence.clone()).into()],
            alternatives: codes.iter().copied().filter(|other| other != code).collect(),
            ..cause(*code).unwrap().diagnosis(certainty, &values, TextOrigin::ClusterNode)
        };
        codes.iter().map(diagnosis).collect()
    }

    #[test]
    fn the_cause_comes_first_and_the_table_last() {
        let all = [
            diagnoses(&[code::FLANNEL_WITHOUT_ROUTES], Certainty::Confirmed),
            diagnoses(&[code::NODE_OFF, code::WAY_LOST], Certainty::Possible),
            diagnoses(&[code::UNEXPLAINED], Certainty::Undecided),
        ];
        insta::assert_snapshot!(page(&report(all.concat()), TerminalStyle::PLAIN), @"
        Cluster of 2 nodes: 3 causes of trouble.

        error flannel-without-routes  (confirmed)
          flannel.1 was recreated while flannel was running, and has lost its routes:
          pi2
          because a pod of pi2 to a pod of pi1 (10.244.0.9): no response
          do      with kubectl: restart flannel on that node:
                    kubectl delete pod -n kube-flannel POD

        error node-off or way-lost  (one of 2)
          pi2
          because a pod of pi2 to a pod of pi1 (10.244.0.9): no response
          - node-off: the node is off, hangs, or has lost its network
            if      it is NotReady (within a minute)
            check   with kubectl: kubectl get nodes -o wide
            do      switch it on; look at its screen, power supply and SD card
          - way-lost: the path to HOST existed and is gone: an unplugged cable, a lost
            WiFi, a tunnel that is down
            if      not even a small ping gets through now
            check   on the node: ping -c 2 -W 2 HOST
            do      see which link or address is missing, and restore it: ip -br address
                    tell a fault of the network from one of the host:
                      pontoon check --peer HOST

        error unexplained  (undecided)
          something does not work, and no known cause explains it: pi2
          because a pod of pi2 to a pod of pi1 (10.244.0.9): no response
          do      see which ports pass between the nodes:
                    pontoon mesh HOSTS --ports worker
                  on the node: look for an error text that is known:
                    journalctl -u kubelet -n 200 | pontoon explain -
          if      every cause that is known is excluded, or needs something that was not
                  observed
          check   on the node: pontoon mesh HOSTS --ports worker

        Not asked, so that nothing was tested from there: pi1

        node  address   API    kubelets  pods   large  Service  DNS    API by pod
        pi1   10.0.0.1  -      -         -      -      -        -      -
        pi2   10.0.0.2  -      -         1/2    -      -        -      -           NotReady
        ");
    }

    /// One new pod does not make the cluster young.
    #[test]
    fn what_is_young_is_named() {
        let mut report = report(Vec::new());
        report.is_starting = true;
        report.starting = vec!["pod coredns-b is younger than three minutes".to_owned()];
        let page = page(&report, TerminalStyle::PLAIN);
        let expected = "not all of the cluster is ready yet: pod coredns-b is younger than three";
        assert!(page.contains(expected), "{page}");
    }

    #[test]
    fn a_cluster_that_works_takes_a_few_lines() {
        let mut report = report(Vec::new());
        report.connectivity_tests.truncate(1);
        report.unasked.clear();
        insta::assert_snapshot!(page(&report, TerminalStyle::PLAIN), @r"
        Cluster of 2 nodes: all 1 tests work.
          Not tested: names and addresses outside the cluster, from nodes or pods.

        node  address   API    kubelets  pods   large  Service  DNS    API by pod
        pi1   10.0.0.1  -      -         -      -      -        -      -
        pi2   10.0.0.2  -      -         1/1    -      -        -      -           NotReady
        ");
    }
}
