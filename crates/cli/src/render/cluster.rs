//! A checked cluster: what is wrong and what to do, then who reaches what.

use pontoon_causes::cause::CheckLocation;
use pontoon_cluster::cluster_report::{ClusterReport, ReportedCause, ReportedProblem};
use pontoon_cluster::connectivity_test::{
    ConnectivityTarget, ConnectivityTest, LARGE_TRANSFER_BYTES,
};
use pontoon_cluster::diagnosis_rules::Certainty;

use super::style::TerminalStyle;
use super::wrap::{padded, wrapped};

/// Writes it: the sentence first, the table last.
pub(crate) fn page(report: &ClusterReport, style: TerminalStyle) -> String {
    let mut page = String::new();
    wrapped(&mut page, style.width, "", "  ", &style.bold(&sentence(report)));
    if report.is_starting {
        let text = "not all of the cluster is ready, and it is younger than three minutes: what \
                    follows may go by itself. Ask again in a minute.";
        wrapped(&mut page, style.width, "  ", "  ", text);
    }
    for wrong in &report.wrong {
        page.push('\n');
        one(&mut page, wrong, style);
    }
    for (host, why) in &report.unreached {
        page.push('\n');
        let text = format!("{host} was not asked: {why}");
        wrapped(&mut page, style.width, "", "  ", &style.printable(&text));
    }
    if !report.unasked.is_empty() {
        page.push('\n');
        let text = format!(
            "Not asked, so that nothing was tried from there: {}",
            report.unasked.join(", ")
        );
        wrapped(&mut page, style.width, "", "  ", &style.printable(&text));
    }
    table(&mut page, report, style);
    if style.verbosity > 0 {
        page.push_str("\nEverything that was tried:\n");
        for tried in &report.tried {
            let text = format!("{} to {}: {}", tried.from, tried.to, tried.outcome);
            wrapped(&mut page, style.width, "  ", "    ", &style.printable(&text));
        }
    }
    page
}

fn sentence(report: &ClusterReport) -> String {
    let nodes = match report.nodes.len() {
        1 => "1 node".to_owned(),
        count => format!("{count} nodes"),
    };
    let count = |is_meant: fn(Certainty) -> bool| {
        report.wrong.iter().filter(|wrong| is_meant(wrong.accusation.certainty)).count()
    };
    let faults = count(|certainty| certainty != Certainty::Warning);
    let warnings = count(|certainty| certainty == Certainty::Warning);
    let and = match warnings {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        count => format!(", {count} warnings"),
    };
    match (report.nodes.is_empty(), faults) {
        (true, _) => "The cluster does not answer.".to_owned(),
        (false, 0) if report.tried.is_empty() => {
            format!("Cluster of {nodes}: nothing could be tried{and}.")
        }
        (false, 0) => {
            format!("Cluster of {nodes}: all {} tries work{and}.", report.tried.len())
        }
        (false, 1) => format!("Cluster of {nodes}: 1 cause of trouble{and}."),
        (false, count) => format!("Cluster of {nodes}: {count} causes of trouble{and}."),
    }
}

fn one(page: &mut String, wrong: &ReportedProblem, style: TerminalStyle) {
    let accusation = &wrong.accusation;
    let nodes: Vec<&str> = accusation.nodes.iter().map(String::as_str).collect();
    let at = if nodes.is_empty() { String::new() } else { format!(" ({})", nodes.join(", ")) };
    let word = match (accusation.certainty, wrong.told.len()) {
        (Certainty::Certain, _) => "certain".to_owned(),
        (Certainty::Likely, _) => "likely".to_owned(),
        (Certainty::Warning, _) => "warning".to_owned(),
        (Certainty::Undecided, 0) => "cause not known".to_owned(),
        (Certainty::Undecided, 1) => "possible".to_owned(),
        (Certainty::Undecided, count) => format!("undecided between {count}"),
    };
    let codes: Vec<&str> = wrong.told.iter().map(|told| told.code.as_str()).collect();
    let codes = if codes.is_empty() { "not explained".to_owned() } else { codes.join(" or ") };
    let head = format!("{codes}{at}: {word}");
    let mut text = String::new();
    wrapped(&mut text, style.width, "", "  ", &style.printable(&head));
    page.push_str(&style.bold(text.trim_end()));
    page.push('\n');
    let is_alone = wrong.told.len() == 1;
    for told in &wrong.told {
        if is_alone {
            wrapped(page, style.width, "  ", "  ", &style.printable(&format!("{}.", told.is)));
        }
    }
    for seen in &accusation.seen {
        wrapped(page, style.width, "  seen  ", "        ", &style.printable(seen));
    }
    for told in wrong.told.iter().filter(|_| !is_alone) {
        candidate(page, told, style);
    }
    if accusation.advice.is_empty() {
        for told in wrong.told.iter().filter(|_| is_alone) {
            wrapped(page, style.width, "  cure  ", "        ", &style.printable(&told.cure));
        }
    }
    for advice in &accusation.advice {
        wrapped(page, style.width, "  cure  ", "        ", &style.printable(advice));
    }
}

/// One of several: how it is told from the others.
fn candidate(page: &mut String, told: &ReportedCause, style: TerminalStyle) {
    let place = match told.on {
        CheckLocation::Kubectl => "with kubectl",
        CheckLocation::ControlPlane => "on the control plane",
        CheckLocation::Node | CheckLocation::Here | CheckLocation::Dialler => "on the node",
        CheckLocation::Peer => "on the other host",
    };
    let text = format!("{}: {}", told.code, told.apart);
    wrapped(page, style.width, "  - ", "    ", &style.printable(&text));
    let look = format!("{} ({place})", told.command);
    wrapped(page, style.width, "    look  ", "          ", &style.printable(&look));
    wrapped(page, style.width, "    cure  ", "          ", &style.printable(&told.cure));
}

/// A column: its head, and what belongs in it.
type ConnectivityColumn = (&'static str, fn(&ConnectivityTest) -> bool);

const COLUMNS: [ConnectivityColumn; 7] = [
    ("API", |tried| matches!(tried.to, ConnectivityTarget::Api { .. }) && !tried.from.is_pod),
    ("kubelets", |tried| {
        matches!(
            tried.to,
            ConnectivityTarget::Kubelet { .. } | ConnectivityTarget::KubeletByApi { .. }
        ) && !tried.from.is_pod
    }),
    ("pods", |tried| matches!(tried.to, ConnectivityTarget::Pod { bytes: 0, .. })),
    ("large", |tried| {
        matches!(
            tried.to,
            ConnectivityTarget::Pod { bytes: LARGE_TRANSFER_BYTES, .. }
                | ConnectivityTarget::Sizes { .. }
        )
    }),
    ("Service", |tried| matches!(tried.to, ConnectivityTarget::Service { .. })),
    ("DNS", |tried| matches!(tried.to, ConnectivityTarget::Dns { .. })),
    ("API by pod", |tried| matches!(tried.to, ConnectivityTarget::Api { .. }) && tried.from.is_pod),
];

/// Who reaches what: for each node how many tries of how many work.
fn table(page: &mut String, report: &ClusterReport, style: TerminalStyle) {
    if report.nodes.is_empty() {
        return;
    }
    let widest = |of: &dyn Fn(&pontoon_cluster::cluster_report::ReportedNode) -> usize,
                  least: usize| {
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
            let own = report.tried.iter().filter(|tried| tried.from.node == node.name);
            let all: Vec<&ConnectivityTest> = own.filter(|tried| is_meant(tried)).collect();
            let works = all.iter().filter(|tried| tried.outcome.works()).count();
            let judged =
                all.iter().filter(|tried| tried.outcome.works() || tried.outcome.fails()).count();
            let cell = if judged == 0 { "-".to_owned() } else { format!("{works}/{judged}") };
            line.push_str(&padded(&cell, title.len().max(5) + 2));
        }
        let unready = if node.is_ready { "" } else { "NotReady" };
        page.push_str(&format!("{}\n", format!("{line}{unready}").trim_end()));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use pontoon_causes::symptom::placeholder::PlaceholderValues;
    use pontoon_cluster::cluster_report::{ClusterReport, ReportedNode, SCHEMA};
    use pontoon_cluster::connectivity_test::{
        ConnectivityOutcome, ConnectivitySource, ConnectivityTarget, ConnectivityTest,
    };
    use pontoon_cluster::diagnosis_rules::{Accusation, Certainty};
    use pontoon_model::code::{self, DiagnosisCode};

    use super::*;

    fn tried(
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

    fn report(wrong: Vec<Accusation>) -> ClusterReport {
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
            nodes: vec![node("pi1", "10.0.0.1", true), node("pi2", "10.0.0.2", false)],
            wrong: wrong.into_iter().map(ReportedProblem::of).collect(),
            tried: vec![
                tried(false, pod.clone(), ConnectivityOutcome::Works { ms: 2 }),
                tried(true, pod, ConnectivityOutcome::Silent { ms: 3_500 }),
            ],
            unreached: BTreeMap::new(),
            unasked: vec!["pi1".to_owned()],
        }
    }

    fn accusation(causes: &[DiagnosisCode], certainty: Certainty) -> Accusation {
        Accusation {
            causes: causes.to_vec(),
            certainty,
            nodes: BTreeSet::from(["pi2".to_owned()]),
            seen: vec!["a pod of pi2 to a pod of pi1 (10.244.0.9): no answer".to_owned()],
            advice: Vec::new(),
            held: PlaceholderValues::default(),
        }
    }

    #[test]
    fn the_cause_comes_first_and_the_table_last() {
        let wrong = vec![
            accusation(&[code::FLANNEL_WITHOUT_ROUTES], Certainty::Certain),
            accusation(&[code::NODE_OFF, code::WAY_LOST], Certainty::Undecided),
            accusation(&[], Certainty::Undecided),
        ];
        insta::assert_snapshot!(page(&report(wrong), TerminalStyle::PLAIN), @r"
        Cluster of 2 nodes: 3 causes of trouble.

        flannel-without-routes (pi2): certain
          flannel.1 was made anew under a running flannel, and has lost its routes.
          seen  a pod of pi2 to a pod of pi1 (10.244.0.9): no answer
          cure  restart flannel on that node: kubectl delete pod -n kube-flannel POD

        node-off or way-lost (pi2): undecided between 2
          seen  a pod of pi2 to a pod of pi1 (10.244.0.9): no answer
          - node-off: it is NotReady (within a minute)
            look  kubectl get nodes -o wide (with kubectl)
            cure  switch it on; look at its screen, power supply and SD card
          - way-lost: not even a small ping gets through now
            look  ping -c 2 -W 2 HOST (on the node)
            cure  bring it back (ip -br address shows what is missing); `pontoon check
                  --peer HOST` tells the network from the host

        not explained (pi2): cause not known
          seen  a pod of pi2 to a pod of pi1 (10.244.0.9): no answer

        Not asked, so that nothing was tried from there: pi1

        node  address   API    kubelets  pods   large  Service  DNS    API by pod
        pi1   10.0.0.1  -      -         -      -      -        -      -
        pi2   10.0.0.2  -      -         1/2    -      -        -      -           NotReady
        ");
    }

    #[test]
    fn a_cluster_that_works_takes_a_few_lines() {
        let mut report = report(Vec::new());
        report.tried.truncate(1);
        report.unasked.clear();
        insta::assert_snapshot!(page(&report, TerminalStyle::PLAIN), @r"
        Cluster of 2 nodes: all 1 tries work.

        node  address   API    kubelets  pods   large  Service  DNS    API by pod
        pi1   10.0.0.1  -      -         -      -      -        -      -
        pi2   10.0.0.2  -      -         1/1    -      -        -      -           NotReady
        ");
    }
}
