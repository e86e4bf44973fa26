//! `pontoon cluster`: looks at a cluster after the join.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;
use std::thread;

use pontoon_cluster::cluster_progress::ClusterProgress;
use pontoon_cluster::cluster_report::ClusterReport;
use pontoon_cluster::edge::cluster_check;
use pontoon_cluster::edge::kubectl::node_names;
use pontoon_cluster::edge::node_session::NodeSession;
use pontoon_model::exit::Exit;
use pontoon_model::facts::RunParameters;
use pontoon_model::host::HostName;
use pontoon_probe::survey::{AgentChannel, SurveyOptions, SurveyParticipant};
use pontoon_remote::carrier::OnInterrupt;
use pontoon_remote::session::host_session::HostSession;

use crate::arguments::cluster::{ClusterCheckArguments, ClusterCommand};
use crate::command::fleet::Fleet;
use crate::command::host_sessions::{self, Unreached, unreached_lines};
use crate::command::{mesh, survey_report};
use crate::failure::{ClusterFailure, CommandFailure};
use crate::output;
use crate::render::style::TerminalStyle;
use crate::render::{cluster, json};

/// Runs a command below `pontoon cluster`.
pub(crate) fn run(command: &ClusterCommand) -> Result<ExitCode, CommandFailure> {
    match command {
        ClusterCommand::Check(arguments) => check(arguments),
    }
}

/// Tests the hosts' networks and the cluster, and diagnoses both.
fn check(arguments: &ClusterCheckArguments) -> Result<ExitCode, CommandFailure> {
    let hosts = match &arguments.hosts[..] {
        [] => node_names().map_err(|why| ClusterFailure::NoNodes { why })?,
        named => named.to_vec(),
    };
    let fleet = Fleet::of(&hosts, &arguments.reaching)?;
    let sessions = host_sessions::by_ssh(&fleet, &arguments.by_ssh, OnInterrupt::TakesBack)?;
    let (sessions, unreached) = host_sessions::with_each(sessions, Ok);
    if sessions.is_empty() {
        output::note(&"No host could be asked.");
        say_unreached(&unreached);
        return Ok(ExitCode::from(Exit::Unreachable.code()));
    }
    let (nodes, seats) = shared(&fleet, sessions).map_err(|source| CommandFailure::System {
        what: "too many files are open for sessions with all hosts",
        source,
    })?;
    // Both take their time, and neither is in the other's way.
    let options = SurveyOptions { is_offline: true, ..SurveyOptions::default() };
    let intent = RunParameters::default();
    mesh::announce(seats.len(), &options);
    let (survey, facts) = thread::scope(|scope| {
        let survey = scope.spawn(|| mesh::ask(seats, &intent, &options));
        let facts = cluster_check::check(nodes, &fleet.control_planes, &mut |progress| {
            output::note(&progress_line(progress));
        });
        (survey.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), facts)
    });
    let mut facts = match facts {
        Ok(facts) => facts,
        Err(source) => {
            // One that was not reached may be the control plane.
            say_unreached(&unreached);
            return Err(ClusterFailure::NoCluster { source }.into());
        }
    };
    let (record, _) = match survey? {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    facts.pairs = survey_report::report(&record).pairs;
    facts.record = record;
    for (host, why) in unreached {
        facts.record.unreached.entry(host).or_insert(why);
    }
    let report = ClusterReport::of(&facts);
    let shown = if arguments.format.json {
        json::pretty(&report)?
    } else {
        cluster::page(&report, TerminalStyle::of_stdout(arguments.detail.verbose))
    };
    output::data(&shown)?;
    Ok(ExitCode::from(report.exit().code()))
}

/// How far a check is, in a line.
fn progress_line(progress: &ClusterProgress) -> String {
    match progress {
        ClusterProgress::AwaitingStartup => {
            "the cluster is starting: waiting for it, a minute at most".to_owned()
        }
        ClusterProgress::CreatingTestPods => "making a test pod on every node".to_owned(),
        ClusterProgress::Testing => "trying every way".to_owned(),
        ClusterProgress::Retesting => "trying again what failed".to_owned(),
        ClusterProgress::NamespaceLeft { namespace, why } => {
            format!("the namespace {namespace} was not removed: {why}")
        }
    }
}

/// Two services of every session: the node's, and the agent's in the order of the command line.
fn shared(
    fleet: &Fleet,
    mut sessions: BTreeMap<HostName, HostSession>,
) -> io::Result<(cluster_check::NodeSessions, Vec<SurveyParticipant>)> {
    let (mut nodes, mut seats) = (cluster_check::NodeSessions::new(), Vec::new());
    for login in &fleet.logins {
        let Some((host, session)) = sessions.remove_entry(&login.host) else { continue };
        nodes.insert(host.clone(), NodeSession::beside_others(&session)?);
        let channel = Ok(AgentChannel::beside_others(&session)?);
        seats.push(SurveyParticipant { host, channel, radios: BTreeMap::new() });
    }
    Ok((nodes, seats))
}

fn say_unreached(unreached: &Unreached) {
    for line in unreached_lines(unreached) {
        output::note(&line);
    }
}
