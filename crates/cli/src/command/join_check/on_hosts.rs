//! The join on several hosts, side by side. The token stays on this one.

use std::process::ExitCode;
use std::thread;

use pontoon_join::edge::join_session::rehearse;
use pontoon_join::host_rehearsal::HostRehearsal;
use pontoon_join::hosts_report::{JoinHostsReport, SCHEMA};
use pontoon_join::report::JoinReport;
use pontoon_join::request::JoinRequest;
use pontoon_join::verdict::judge;
use pontoon_model::host::HostName;
use pontoon_remote::carrier::OnInterrupt;

use crate::arguments::join_check::JoinCheckArguments;
use crate::command::check::local_names;
use crate::command::fleet::Fleet;
use crate::command::host_sessions;
use crate::failure::CommandFailure;
use crate::output;
use crate::render::style::TerminalStyle;
use crate::render::{join_hosts, json};

use super::{HostJoinResult, here, limits, report, reverse_path};

/// Asks all of them, says what it came to.
pub(super) fn run(
    arguments: &JoinCheckArguments,
    request: &JoinRequest,
) -> Result<ExitCode, CommandFailure> {
    let mut fleet = Fleet::of(&arguments.on, &arguments.reaching)?;
    let order: Vec<HostName> = fleet.logins.iter().map(|login| login.host.clone()).collect();
    let this = local_names::host_name()?;
    let count = fleet.logins.len();
    fleet.logins.retain(|login| login.host != this || login.address.is_some());
    let is_named = fleet.logins.len() < count;
    let limits = limits(arguments);
    let (own, others) = thread::scope(|scope| {
        let own = is_named.then(|| scope.spawn(|| here(arguments, request)));
        let sessions = host_sessions::by_ssh(&fleet, &arguments.by_ssh, OnInterrupt::TakesBack);
        let others = sessions.map(|sessions| {
            host_sessions::with_each(sessions, |session| rehearse(session, request, limits))
        });
        let own = own
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        (own, others)
    });
    let (asked, unreached) = others?;
    let others = asked.into_iter().map(|(host, seen)| judged(request, host, &seen));
    let mut hosts: Vec<JoinReport> = own.transpose()?.into_iter().chain(others).collect();
    hosts.sort_by_key(|report| order.iter().position(|host| *host == report.host));
    let hosts = JoinHostsReport {
        schema: SCHEMA.to_owned(),
        endpoint: request.discovery.endpoint().authority(),
        hosts,
        unreached,
    };
    let shown = if arguments.format.json {
        json::pretty(&hosts)?
    } else {
        join_hosts::page(&hosts, TerminalStyle::of_stdout(0))
    };
    output::data(&shown)?;
    Ok(ExitCode::from(hosts.exit().code()))
}

/// Holds what another host saw to the token and the pins.
fn judged(request: &JoinRequest, host: HostName, seen: &HostRehearsal) -> JoinReport {
    let judge = |trial| judge(request, trial).without_token(request);
    let by_link = seen.by_link.iter().map(|(link, trial)| (link.clone(), judge(trial)));
    let seen = HostJoinResult {
        host,
        lacks: seen.preflight.lacks(request),
        own: judge(&seen.own),
        by_link: by_link.collect(),
        beyond: reverse_path::untested_stages(true),
    };
    report(request, seen)
}
