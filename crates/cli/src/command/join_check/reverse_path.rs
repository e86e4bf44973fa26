//! What takes both ends to test: from the control plane to this host's kubelet, and the ports of
//! the pod network.

use pontoon_model::code;
use std::collections::BTreeSet;

use pontoon_diagnosis::Evidence;
use pontoon_diagnosis::evidence::JoiningHostEvidence;
use pontoon_join::request::JoinRequest;
use pontoon_join::verdict::{JoinStage, StageResult};
use pontoon_model::facts::RunParameters;
use pontoon_model::host::HostName;
use pontoon_model::port::{CONTROL_PLANE_PORTS, Port, PortPlan, TransportProtocol};
use pontoon_probe::survey::SurveyOptions;
use pontoon_remote::carrier::RemoteProgram;
use pontoon_rules::report::SurveyReport;
use pontoon_rules::report::ports::PortRow;

use crate::command::check::{local_names, participants};
use crate::command::survey_report;
use crate::failure::CommandFailure;

/// kubelet's port.
const KUBELET: Port = Port { number: 10250, transport: TransportProtocol::Tcp };
/// flannel's VXLAN.
const VXLAN: Port = Port { number: 8472, transport: TransportProtocol::Udp };

/// Asks from both ends, where there is an agent on the other.
pub(super) fn ask(
    via: Option<&str>,
    request: &JoinRequest,
) -> Result<Vec<StageResult>, CommandFailure> {
    let Some(via) = via else { return Ok(untested_stages(false)) };
    let here = local_names::host_name()?;
    let server = HostName::lossy(&request.discovery.endpoint().host.to_string());
    let server = if server == here { HostName::lossy("server") } else { server };
    let argv = participants::command(via, &server)?;
    let all = vec![
        participants::participant(participants::own(here.clone())?),
        participants::participant(RemoteProgram::via(server.clone(), argv)),
    ];
    let ports = PortPlan {
        needs: BTreeSet::from(CONTROL_PLANE_PORTS),
        servers: BTreeSet::from([server.clone()]),
    };
    let options = SurveyOptions { is_offline: true, ports, ..SurveyOptions::default() };
    let (record, _) = survey_report::survey(all, &RunParameters::default(), &options)?;
    let report = survey_report::report(&record);
    if let Some(why) = record.unreached.get(&server) {
        let silent = JoiningHostEvidence::ServerAgentSilent { reason: why.clone() };
        return Ok(vec![StageResult::undecided(JoinStage::Reverse, silent)]);
    }
    let own = |row: &&PortRow| row.host == here && row.port == KUBELET;
    let overlay = |row: &&PortRow| row.port.transport == TransportProtocol::Udp;
    Ok(vec![
        sum(JoinStage::Reverse, &report, own),
        sum(JoinStage::PodNetwork, &report, overlay),
        path_mtu(&report),
    ])
}

/// What takes `--server-via`, on this host or on the other one that joins.
pub(super) fn untested_stages(is_on_other_host: bool) -> Vec<StageResult> {
    let untested = |stage, port, is_both_ways| {
        let untested = JoiningHostEvidence::PortUntested { port, is_both_ways, is_on_other_host };
        StageResult::undecided(stage, untested)
    };
    vec![untested(JoinStage::Reverse, KUBELET, false), untested(JoinStage::PodNetwork, VXLAN, true)]
}

/// What the rows say together: reached by every link, by some, or by none.
fn sum(
    stage: JoinStage,
    report: &SurveyReport,
    is_meant: impl Fn(&&PortRow) -> bool,
) -> StageResult {
    let rows: Vec<&PortRow> = report.ports.iter().filter(is_meant).collect();
    let tried = |is_reached: bool| {
        let rows = rows.iter().filter(move |row| {
            let from = if is_reached { &row.open_from } else { &row.blocked_from };
            !from.is_empty()
        });
        rows.map(move |row| {
            let (port, host, link) = (row.port, row.host.clone(), row.link.clone());
            JoiningHostEvidence::PortTried { port, host, link, is_reached }.into()
        })
    };
    let (open, closed): (Vec<Evidence>, Vec<_>) = (tried(true).collect(), tried(false).collect());
    let is_passed = match (open.is_empty(), closed.is_empty()) {
        (true, true) => {
            return StageResult::undecided(stage, JoiningHostEvidence::PortsUndecided);
        }
        (false, true) => Some(true),
        (true, false) => Some(false),
        // One link is enough, and which one is the node's address decides.
        (false, false) => None,
    };
    StageResult { stage, is_passed, evidence: [open, closed].concat(), remedies: Vec::new() }
}

fn path_mtu(report: &SurveyReport) -> StageResult {
    let hole = report.diagnoses.iter().find(|one| one.code == code::MTU_BLACK_HOLE);
    let Some(hole) = hole else {
        return StageResult::passed(JoinStage::PathMtu, JoiningHostEvidence::LargePacketsPass);
    };
    let scope = hole.scope.clone();
    let dropped = JoiningHostEvidence::LargePacketsDropped {
        from: scope.from,
        to: scope.to,
        link: scope.link,
    };
    StageResult::new(JoinStage::PathMtu, Some(false), dropped)
}
