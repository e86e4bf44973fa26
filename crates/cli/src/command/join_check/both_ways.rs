//! What only two ends can tell: from the control plane to this host's kubelet, and the ports of
//! the pod network.

use pontoon_model::code;
use std::collections::BTreeSet;

use pontoon_join::request::Request;
use pontoon_join::verdict::{Stage, Step};
use pontoon_model::facts::Intent;
use pontoon_model::host::HostName;
use pontoon_model::port::{CONTROL_PLANE, PortPlan, Transport};
use pontoon_probe::survey::Options;
use pontoon_remote::carrier::RemoteProgram;
use pontoon_rules::report::Report;
use pontoon_rules::report::ports::PortRow;

use crate::command::check::{local, seats};
use crate::command::judge;
use crate::failure::Failure;

/// kubelet's port.
const KUBELET: u16 = 10250;

/// Asks from both ends, where there is an agent on the other.
pub(super) fn ask(via: Option<&str>, request: &Request) -> Result<Vec<Step>, Failure> {
    let Some(via) = via else { return Ok(unasked("with --server-via only")) };
    let here = local::host_name()?;
    let server = HostName::lossy(&request.discovery.endpoint().host.to_string());
    let server = if server == here { HostName::lossy("server") } else { server };
    let argv = seats::command(via, &server)?;
    let all = vec![
        seats::seat(seats::own(here.clone())?, true),
        seats::seat(RemoteProgram::via(server.clone(), argv), true),
    ];
    let ports = PortPlan {
        needs: BTreeSet::from(CONTROL_PLANE),
        servers: BTreeSet::from([server.clone()]),
    };
    let options = Options { is_offline: true, ports, ..Options::default() };
    let (record, _) = judge::survey(all, &Intent::default(), &options)?;
    let report = judge::report(&record);
    if let Some(why) = record.unreached.get(&server) {
        let seen = format!("the agent on the control plane does not answer: {why}");
        return Ok(vec![Step { stage: Stage::Reverse, is_passed: None, seen }]);
    }
    let own = |row: &&PortRow| row.host == here && row.port.number == KUBELET;
    let overlay = |row: &&PortRow| row.port.transport == Transport::Udp;
    Ok(vec![
        sum(Stage::Reverse, &report, own),
        sum(Stage::PodNetwork, &report, overlay),
        path_mtu(&report),
    ])
}

/// What is not decided; `how` it is asked.
pub(super) fn unasked(how: &str) -> Vec<Step> {
    let undecided = |stage, what: &str| {
        let seen = format!("{what} is asked {how}");
        Step { stage, is_passed: None, seen }
    };
    vec![
        undecided(Stage::Reverse, "port 10250 of this host from the control plane"),
        undecided(Stage::PodNetwork, "VXLAN (8472/udp) both ways"),
    ]
}

/// What the rows say together: reached by every link, by some, or by none.
fn sum(stage: Stage, report: &Report, is_meant: impl Fn(&&PortRow) -> bool) -> Step {
    let rows: Vec<&PortRow> = report.ports.iter().filter(is_meant).collect();
    let by = |row: &PortRow| match &row.link {
        Some(link) => format!("{} of {} on {link}", row.port, row.host),
        None => format!("{} of {}", row.port, row.host),
    };
    let open: Vec<_> =
        rows.iter().filter(|row| !row.open_from.is_empty()).map(|row| by(row)).collect();
    let closed: Vec<_> =
        rows.iter().filter(|row| !row.blocked_from.is_empty()).map(|row| by(row)).collect();
    let (is_passed, seen) = match (open.is_empty(), closed.is_empty()) {
        (true, true) => (None, "what was seen does not suffice".to_owned()),
        (false, true) => (Some(true), format!("reached: {}", open.join(", "))),
        (true, false) => (Some(false), format!("not reached: {}", closed.join(", "))),
        // One link is enough, and which one is the node's address decides.
        (false, false) => {
            (None, format!("reached: {}; not reached: {}", open.join(", "), closed.join(", ")))
        }
    };
    Step { stage, is_passed, seen }
}

fn path_mtu(report: &Report) -> Step {
    let hole = report.findings.iter().find(|finding| finding.code == code::MTU_BLACK_HOLE);
    match hole {
        Some(hole) => {
            Step { stage: Stage::PathMtu, is_passed: Some(false), seen: hole.because.join("; ") }
        }
        None => Step {
            stage: Stage::PathMtu,
            is_passed: Some(true),
            seen: "no size of packet vanishes between the two".to_owned(),
        },
    }
}
