//! A survey of the hosts of a raised lab.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::IpAddr;
use std::thread;

use clap::Parser as _;
use pontoon_model::finding::Finding;
use pontoon_model::host::HostName;
use pontoon_model::record::Record;

use crate::arguments::check::CheckArguments;
use crate::arguments::{Arguments, Command};
use crate::command::{check, judge};
use crate::failure::Failure;
use pontoon_lab::Lab;
use pontoon_lab::scenario::Scenario;
use pontoon_model::rule;
use pontoon_probe::key::Key;
use pontoon_probe::survey::{Channel, Seat};

/// What one coordinator saw.
pub(crate) struct Seen {
    pub(crate) record: Record,
    pub(crate) key: Key,
}

/// Asks the hosts of a lab as its scenario says: together, or each for itself.
pub(crate) fn survey(lab: &Lab, scenario: &Scenario) -> Result<Vec<Seen>, Failure> {
    let arguments = arguments(scenario)?;
    let askers = scenario.askers();
    if scenario.check.control {
        return Ok(vec![together(lab, scenario, &arguments, &askers)?]);
    }
    thread::scope(|scope| {
        let alone = |host| {
            let arguments = &arguments;
            scope.spawn(move || alone(lab, scenario, arguments, host))
        };
        let runs: Vec<_> = askers.iter().map(alone).collect();
        // A thread that panicked has said so; the panic goes on here.
        runs.into_iter()
            .map(|run| run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// All findings of all coordinators, each once.
pub(crate) fn findings(seen: &[Seen]) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    for finding in seen.iter().flat_map(|seen| rule::diagnose(&seen.record.facts)) {
        if !all.contains(&finding) {
            all.push(finding);
        }
    }
    all
}

fn together(
    lab: &Lab,
    scenario: &Scenario,
    arguments: &CheckArguments,
    askers: &[HostName],
) -> Result<Seen, Failure> {
    let seat_of = |host: &HostName| seat(lab, scenario, host, askers.contains(host));
    let seats = lab.hosts().iter().map(seat_of).collect();
    // Peers that the scenario names are hosts without an agent, or they would have a seat.
    let options = check::options(arguments, addresses(lab, &arguments.peers))?;
    let intent = check::intent(arguments, arguments.peers.clone());
    let (record, key) = judge::survey(seats, &intent, &options)?;
    Ok(Seen { record, key })
}

/// One host, to which the others are peers without agents.
fn alone(
    lab: &Lab,
    scenario: &Scenario,
    arguments: &CheckArguments,
    host: &HostName,
) -> Result<Seen, Failure> {
    let others: Vec<_> = lab.hosts().into_iter().filter(|other| other != host).collect();
    let seats = vec![seat(lab, scenario, host, true)];
    let options = check::options(arguments, addresses(lab, &others))?;
    let intent = check::intent(arguments, others);
    let (record, key) = judge::survey(seats, &intent, &options)?;
    Ok(Seen { record, key })
}

/// Where hosts are to be found, by name.
fn addresses(lab: &Lab, hosts: &[HostName]) -> Vec<(HostName, IpAddr)> {
    let of = |host: &HostName| {
        let host = host.clone();
        lab.addresses(&host).into_iter().map(move |address| (host.clone(), address))
    };
    hosts.iter().flat_map(of).collect()
}

fn seat(lab: &Lab, scenario: &Scenario, host: &HostName, asks: bool) -> Seat {
    let argv = ["pontoon", "agent", "--stdio"].map(OsStr::new);
    let radios: BTreeMap<_, _> = scenario
        .radio_facts()
        .into_iter()
        .filter(|((owner, _), _)| owner == host)
        .map(|((_, link), radio)| (link, radio))
        .collect();
    Seat { host: host.clone(), channel: Channel::start(lab.command(host, &argv)), asks, radios }
}

/// The arguments of `check` that the scenario asks for.
fn arguments(scenario: &Scenario) -> Result<CheckArguments, Failure> {
    let words =
        ["pontoon", "check"].into_iter().chain(scenario.check.args.iter().map(String::as_str));
    let parsed = Arguments::try_parse_from(words)
        .map_err(|error| Failure::CheckArguments { said: error.kind().to_string() })?;
    match parsed.command {
        Command::Check(arguments) => Ok(*arguments),
        _ => Err(Failure::CheckArguments { said: "another command".to_owned() }),
    }
}
