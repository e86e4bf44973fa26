//! `pontoon cluster`: looks at a cluster after the join.

use std::io;
use std::process::ExitCode;
use std::thread;

use pontoon_cluster::edge::kubectl::node_names;
use pontoon_cluster::edge::run;
use pontoon_cluster::edge::serve::serve;
use pontoon_cluster::report::Report;
use pontoon_fleet::alike;
use pontoon_model::exit::Exit;
use pontoon_model::facts::Intent;
use pontoon_probe::survey::Options;

use crate::arguments::cluster::{CheckArguments, ClusterCommand, NodeArguments};
use crate::arguments::mesh::AgentLaunch;
use crate::command::far_end::Unreached;
use crate::command::fleet::Fleet;
use crate::command::{agent, far_end, judge, mesh};
use crate::failure::{ClusterFailure, Failure};
use crate::output;
use crate::render::style::Style;
use crate::render::{cluster, json};

/// Does what the command line says.
pub(crate) fn run(command: &ClusterCommand) -> Result<ExitCode, Failure> {
    match command {
        ClusterCommand::Check(arguments) => check(arguments),
        ClusterCommand::Node(arguments) => node(arguments),
    }
}

/// Asks the hosts' networks and the cluster, and judges.
fn check(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let hosts = match &arguments.hosts[..] {
        [] => node_names().map_err(|why| ClusterFailure::NoNodes { why })?,
        named => named.to_vec(),
    };
    let fleet = Fleet::of(&hosts, &arguments.reaching)?;
    let launch = AgentLaunch { via: None, by_ssh: arguments.by_ssh.clone() };
    let (sessions, unreached) = far_end::with_each(&fleet, &arguments.by_ssh, Ok)?;
    if sessions.is_empty() {
        output::note(&"No host could be asked.");
        say_unreached(&unreached);
        return Ok(ExitCode::from(Exit::Unreachable.code()));
    }
    // Both take their time, and neither is in the other's way.
    let options = Options { is_offline: true, ..Options::default() };
    let intent = Intent::default();
    let (survey, facts) = thread::scope(|scope| {
        let survey = scope.spawn(|| mesh::survey(&fleet, &launch, &intent, &options));
        let mut last = String::new();
        let facts = run::check(sessions, &mut |text| {
            if text != last {
                output::note(&text);
                text.clone_into(&mut last);
            }
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
    facts.pairs = judge::report(&record).pairs;
    facts.record = record;
    for (host, why) in unreached {
        facts.record.unreached.entry(host).or_insert(why);
    }
    let report = Report::of(&facts);
    let shown = if arguments.json {
        json::pretty(&report)?
    } else {
        cluster::page(&report, Style::of_stdout(u8::from(arguments.verbose)))
    };
    output::data(&shown)?;
    Ok(ExitCode::from(report.exit().code()))
}

fn say_unreached(unreached: &Unreached) {
    let whys: Vec<_> = unreached.iter().map(|(host, why)| (host, why.to_string())).collect();
    for alike in alike::fold(whys.iter().map(|(host, why)| (*host, why.as_str()))) {
        output::note(&format!("  {}: {}", alike.hosts, alike.words));
    }
}

fn node(arguments: &NodeArguments) -> Result<ExitCode, Failure> {
    if arguments.unlink {
        agent::unlink();
    }
    serve(io::stdin(), io::stdout()).map_err(|source| ClusterFailure::Serve { source })?;
    Ok(ExitCode::SUCCESS)
}
