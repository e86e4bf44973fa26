//! What people read: the screen after a check, and the text for the network's operators.
//!
//! The records in `fixtures/` were made on pi1 of the lab of that name:
//! `pontoon check --offline --peer pi2 --via 'pontoon lab via {}' --record FILE`.

use pontoon_model::record::{Record, RecordReader};
use pontoon_rules::report::SurveyReport;
use pontoon_rules::rule::diagnose;

use super::style::TerminalStyle;
use super::{operator_request, report_text};

const CAMPUS: &str = include_str!("../../fixtures/campus.jsonl");
const HOME: &str = include_str!("../../fixtures/home.jsonl");

fn judged(lines: &str) -> (SurveyReport, Record) {
    let mut reader = RecordReader::default();
    for line in lines.lines() {
        reader.line(line.as_bytes()).unwrap();
    }
    let record = reader.finish().unwrap();
    (SurveyReport::new(&record, diagnose(&record.facts)), record)
}

fn screen(lines: &str) -> String {
    let (report, record) = judged(lines);
    report_text::report(&report, &record.facts, TerminalStyle::PLAIN)
}

#[test]
fn a_campus_fits_one_screen_and_says_what_to_type() {
    insta::assert_snapshot!(screen(CAMPUS), @"
    The network isolates its clients from each other (client isolation): pi1 and pi2
    on wlan0. One more thing is wrong.

    error client-isolation  (confirmed)
      the network isolates its clients from each other (client isolation): pi1 <->
      pi2 on wlan0 (IPv4)
      because 0 of 10 rounds from pi1 to pi2 arrived (UDP and ping to its MAC)
              0 of 10 rounds from pi2 to pi1 arrived (UDP and ping to its MAC)
              meanwhile pi1 reached its gateway in 10 rounds, pi2 reached its
              gateway in 10 rounds
      do      use eth0 between pi1 and pi2, where frames pass
              ask the network's operators to let frames pass between
              02:aa:00:00:01:02 and 02:aa:00:00:02:02 (--request drafts the mail)

    error dual-homed-selection  (confirmed)
      kubeadm would advertise an address that other hosts cannot reach: pi1, pi2 on
      wlan0
      because pi1's first default route leads over wlan0, so kubeadm takes
              172.20.5.1
              pi2 cannot reach pi1 at that address
              on eth0 (192.168.50.1) frames pass both ways
              (and alike for the other one: -v)
      do      where pi1 is the control plane:
                kubeadm init --apiserver-advertise-address=192.168.50.1
              on pi1: set KUBELET_EXTRA_ARGS=--node-ip=192.168.50.1 in
              /etc/default/kubelet

    reachability
                   eth0         wlan0
      pi1 <-> pi2  open         isolated

    noted
      hostname-loopback: the host's own name resolves to loopback (pi1, pi2)

    next
      pontoon explain client-isolation  what this means
      the same with --request           a text for the network's operators
    ");
}

#[test]
fn a_home_is_told_in_few_lines() {
    insta::assert_snapshot!(screen(HOME), @r#"
    Nothing is wrong: pi1 and pi2 reach each other on eth0 and wlan0.

    reachability
                   eth0         wlan0
      pi1 <-> pi2  open         open

    noted
      hostname-loopback: the host's own name resolves to loopback (pi1, pi2)
    "#);
}

#[test]
fn the_request_names_devices_and_asks_politely() {
    insta::assert_snapshot!(operator_request::request(&judged(CAMPUS).0), @r#"
    Subject: Devices of ours cannot reach each other on your network

    Hello,

    we run 2 small computers (a Kubernetes cluster for teaching and tests)
    on your network. They have to exchange packets with each other. We
    measured what keeps them from it:

    * the network isolates its clients from each other (client isolation)
      (on wlan0)
      - 0 of 10 rounds from pi1 to pi2 arrived (UDP and ping to its MAC)
      - 0 of 10 rounds from pi2 to pi1 arrived (UDP and ping to its MAC)
      - meanwhile pi1 reached its gateway in 10 rounds, pi2 reached its
        gateway in 10 rounds

    The devices:

    * pi1 wlan0: 172.20.5.1/16, MAC 02:aa:00:00:01:02
    * pi2 wlan0: 172.20.5.2/16, MAC 02:aa:00:00:02:02

    Could you tell us whether this is intended? If it is, we would be glad
    of any of these, whichever fits your rules best:

    * let these devices (by their MAC addresses above) exchange frames with
      each other;
    * give them a network of their own (SSID, VLAN or wired ports) in which
      they may;
    * let packets between their addresses pass at the router;
    * or tell us that it stays so: then we connect them by a switch of our
      own that touches your network at one device only, if you allow that.

    The measurement sent 116 packets in all: to our own devices and the
    gateway, and at most to the servers of names, of one check page and of
    time. No more than two a second went to everybody on the link. No way
    around your filters was tried. Run 7bca275312b42481; a record can be
    sent.

    Thank you
    "#);
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    for lines in [CAMPUS, HOME] {
        let (report, record) = judged(lines);
        for width in [40, 60, 80] {
            for verbosity in [0, 1] {
                let style = TerminalStyle { width, verbosity, ..TerminalStyle::PLAIN };
                let page = report_text::report(&report, &record.facts, style);
                // What to copy is not broken: neither a command of the last lines nor a long word.
                let (prose, _) = page.split_once("\nnext\n").unwrap_or((&page, ""));
                let is_wide = |line: &&str| line.len() > width && line.trim().contains(' ');
                let wide: Vec<_> = prose.lines().filter(is_wide).collect();
                assert!(wide.is_empty(), "{width} columns: {wide:#?}");
            }
        }
    }
}
