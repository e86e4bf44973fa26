//! `pontoon join-check`: a join rehearsed, stage by stage.

mod reverse_path;
mod on_hosts;
mod read_request;

use std::process::ExitCode;
use std::thread;

use pontoon_join::candidate_links::candidate_links;
use pontoon_join::edge::{self, JoinAttempt, attempt};
use pontoon_join::join_timeouts::JoinTimeouts;
use pontoon_join::network_overlap::networks;
use pontoon_join::preflight::PreflightFailure;
use pontoon_join::report::{JoinReport, LinkJoinResult, SCHEMA, service_route};
use pontoon_join::request::JoinRequest;
use pontoon_join::trial::JoinTrial;
use pontoon_join::verdict::{ClusterSettings, JoinVerdict, StageResult, judge};
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::node_name::node_name;
use pontoon_predict::proxy::ProxyEnvironment;
use pontoon_probe::edge::clock::unix_s;
use pontoon_probe::snapshot::{self, SnapshotSources};

use crate::arguments::join_check::JoinCheckArguments;
use crate::command::check::local_names;
use crate::failure::CommandFailure;
use crate::output;
use crate::render::style::TerminalStyle;
use crate::render::{join, json};

/// Reads the line, goes every way, says what it came to.
pub(crate) fn run(arguments: &JoinCheckArguments) -> Result<ExitCode, CommandFailure> {
    let request = read_request::read(arguments)?;
    if !arguments.on.is_empty() {
        return on_hosts::run(arguments, &request);
    }
    let report = here(arguments, &request)?;
    let shown = if arguments.format.json {
        json::pretty(&report)?
    } else {
        join::page(&report, TerminalStyle::of_stdout(0))
    };
    output::data(&shown)?;
    Ok(ExitCode::from(report.exit().code()))
}

/// Rehearses it on this host, to its end.
fn here(
    arguments: &JoinCheckArguments,
    request: &JoinRequest,
) -> Result<JoinReport, CommandFailure> {
    let node = snapshot::take(&SnapshotSources::live(unix_s(), std::env::vars_os()));
    let host = local_names::host_name()?;
    let own_name = request.node_name.clone().or_else(|| arguments.node_name.clone());
    let flag = node.node.kubelet.hostname_override.as_ref().map(Untrusted::raw);
    let name = own_name
        .or_else(|| node_name(host.as_str(), flag).ok())
        .unwrap_or_else(|| host.to_string());
    let proxies = ProxyEnvironment::of(&node.proxies);
    let base = JoinAttempt {
        request,
        link: None,
        node_name: &name,
        proxies: &proxies,
        now_s: unix_s(),
        limits: limits(arguments),
    };
    let (trial, by_link) = all_ways(&base, &candidate_links(&node, request));
    let ahead = ClusterSettings::of(&trial.reads);
    let lacks = edge::preflight_reader::read_host().lacks(request);
    let mut beyond = reverse_path::ask(arguments.server_via.as_deref(), request)?;
    beyond.extend(service_route(&node, ahead.as_ref()));
    let asked = trial.inside.as_ref().unwrap_or(&trial.first);
    // The way to a proxy says nothing of where the nodes are.
    let way = asked.way.as_ref().filter(|_| asked.by_proxy().is_none());
    let way = way.and_then(|way| way.link.as_ref());
    beyond.extend(ahead.as_ref().and_then(|ahead| networks(&node, ahead, way)));
    let by_link = by_link.into_iter().map(|(link, trial)| (link, judge(request, &trial))).collect();
    Ok(report(
        request,
        HostJoinResult { host, lacks, own: judge(request, &trial), by_link, beyond },
    ))
}

fn limits(arguments: &JoinCheckArguments) -> JoinTimeouts {
    if arguments.patient { JoinTimeouts::PATIENT } else { JoinTimeouts::USUAL }
}

/// What was seen on a host.
struct HostJoinResult {
    host: HostName,
    lacks: Vec<PreflightFailure>,
    own: JoinVerdict,
    by_link: Vec<(IfName, JoinVerdict)>,
    beyond: Vec<StageResult>,
}

fn report(request: &JoinRequest, seen: HostJoinResult) -> JoinReport {
    let HostJoinResult { host, lacks, own: mut verdict, by_link, beyond } = seen;
    let endpoint = request.discovery.endpoint();
    verdict.compare(endpoint, &by_link);
    let links = by_link.into_iter().map(|(link, verdict)| {
        let verdict = verdict.of_host(&host);
        LinkJoinResult { link, verdict }
    });
    JoinReport {
        schema: SCHEMA.to_owned(),
        endpoint: endpoint.authority(),
        preflight: lacks,
        links: links.collect(),
        verdict: verdict.of_host(&host),
        beyond_kubeadm: beyond,
        notes: request.notes.clone(),
        host,
    }
}

/// The kernel's way and that by each link, side by side.
fn all_ways(base: &JoinAttempt<'_>, links: &[IfName]) -> (JoinTrial, Vec<(IfName, JoinTrial)>) {
    thread::scope(|scope| {
        let others: Vec<_> = links
            .iter()
            .map(|link| {
                let tied = JoinAttempt { link: Some(link.clone()), ..base.clone() };
                (link.clone(), scope.spawn(move || attempt(&tied)))
            })
            .collect();
        let own = attempt(base);
        // A thread that panicked is a defect; the other ways are still worth showing.
        let others = others.into_iter().filter_map(|(link, way)| Some((link, way.join().ok()?)));
        (own, others.collect())
    })
}
