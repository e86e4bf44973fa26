//! What takes both ends to test: from the control plane to this host's kubelet, and the ports of
//! the pod network.

use pontoon_model::code;
use std::collections::BTreeSet;

use pontoon_join::request::JoinRequest;
use pontoon_join::verdict::{JoinStage, StageResult};
use pontoon_model::facts::RunParameters;
use pontoon_model::host::HostName;
use pontoon_model::port::{CONTROL_PLANE_PORTS, PortPlan, TransportProtocol};
use pontoon_probe::survey::SurveyOptions;
use pontoon_remote::carrier::RemoteProgram;
use pontoon_rules::report::SurveyReport;
use pontoon_rules::report::ports::PortRow;

use crate::command::check::{local_names, participants};
use crate::command::survey_report;
use crate::failure::CommandFailure;

/// kubelet's port, to which the API server connects for logs and exec.
const KUBELET: u16 = 10250;

/// Asks from both ends, where there is an agent on the other.
pub(super) fn ask(
    via: Option<&str>,
    request: &JoinRequest,
) -> Result<Vec<StageResult>, CommandFailure> {
    let Some(via) = via else { return Ok(undecided_steps("with --server-via only")) };
    let here = local_names::host_name()?;
    let server = HostName::lossy(&request.discovery.endpoint().host.to_string());
    let server = if server == here { HostName::lossy("server") } else { server };
    let argv = participants::command(via, &server)?;
    let all = vec![
        participants::participant(participants::own(here.clone())?, true),
        participants::participant(RemoteProgram::via(server.clone(), argv), true),
    ];
    let ports = PortPlan {
        needs: BTreeSet::from(CONTROL_PLANE_PORTS),
        servers: BTreeSet::from([server.clone()]),
    };
    let options = SurveyOptions { is_offline: true, ports, ..SurveyOptions::default() };
    let (record, _) = survey_report::survey(all, &RunParameters::default(), &options)?;
    let report = survey_report::report(&record);
    if let Some(why) = record.unreached.get(&server) {
        let seen = format!("the agent on the control plane does not answer: {why}");
        return Ok(vec![StageResult { stage: JoinStage::Reverse, is_passed: None, seen }]);
    }
    let own = |row: &&PortRow| row.host == here && row.port.number == KUBELET;
    let overlay = |row: &&PortRow| row.port.transport == TransportProtocol::Udp;
    Ok(vec![
        sum(JoinStage::Reverse, &report, own),
        sum(JoinStage::PodNetwork, &report, overlay),
        path_mtu(&report),
    ])
}

/// What is not decided; `how` it is asked.
pub(super) fn undecided_steps(how: &str) -> Vec<StageResult> {
    let undecided = |stage, what: &str| {
        let seen = format!("{what} is asked {how}");
        StageResult { stage, is_passed: None, seen }
    };
    vec![
        undecided(JoinStage::Reverse, "port 10250 of this host from the control plane"),
        undecided(JoinStage::PodNetwork, "VXLAN (8472/udp) both ways"),
    ]
}

/// What the rows say together: reached by every link, by some, or by none.
fn sum(
    stage: JoinStage,
    report: &SurveyReport,
    is_meant: impl Fn(&&PortRow) -> bool,
) -> StageResult {
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
    StageResult { stage, is_passed, seen }
}

fn path_mtu(report: &SurveyReport) -> StageResult {
    let hole = report.diagnoses.iter().find(|one| one.code == code::MTU_BLACK_HOLE);
    match hole {
        Some(hole) => StageResult {
            stage: JoinStage::PathMtu,
            is_passed: Some(false),
            seen: hole.evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        },
        None => StageResult {
            stage: JoinStage::PathMtu,
            is_passed: Some(true),
            seen: "packets of all sizes pass between the two".to_owned(),
        },
    }
}
