//! A survey of the hosts of a raised lab.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::IpAddr;
use std::sync::mpsc;
use std::thread;

use clap::Parser as _;
use pontoon_model::finding::Finding;
use pontoon_model::host::HostName;
use pontoon_model::record::Record;
use pontoon_model::record::merge::merge;

use crate::arguments::check::CheckArguments;
use crate::arguments::{Arguments, Command};
use crate::command::{check, judge};
use crate::failure::Failure;
use pontoon_lab::Lab;
use pontoon_lab::scenario::Scenario;
use pontoon_model::rule;
use pontoon_probe::key::Key;
use pontoon_probe::survey::{self, Channel, Seat, Side};

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
    match askers.as_slice() {
        [first, second] => Ok(vec![apart(lab, scenario, &arguments, first, second)?]),
        others => Err(Failure::NoControl { hosts: others.len() }),
    }
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

/// Two hosts without a control channel, each with a coordinator of its own that has the other's
/// code; then the two records together, as `replay` takes them.
fn apart(
    lab: &Lab,
    scenario: &Scenario,
    arguments: &CheckArguments,
    first: &HostName,
    second: &HostName,
) -> Result<Seen, Failure> {
    let (say, said) = mpsc::channel();
    let mut options = check::options(arguments, Vec::new())?;
    // The first waits for the second no longer than a scenario takes.
    options.timeout_ms.get_or_insert(APART_MS);
    let meet = |host: &HostName, other: &HostName, side: Side<'_>| {
        let address = lab.addresses(other).into_iter().next();
        let address = address.ok_or(Failure::NoControl { hosts: 0 })?;
        let intent = check::intent(arguments, vec![HostName::lossy(&address.to_string())]);
        let seat = seat(lab, scenario, host, true);
        survey::meet(seat, address, side, &intent, &options, &mut |_| {})
            .map(judge::recorded)
            .map_err(|source| Failure::Survey { source })
    };
    let (one, other) = thread::scope(|scope| {
        let one = scope.spawn(|| {
            // The second gives up when the first is gone before it has said anything.
            let say = say;
            meet(first, second, Side::First(&mut |code, _| drop(say.send(code.clone()))))
        });
        let other = said.recv().ok().map(|code| meet(second, first, Side::Second(code)));
        // A thread that panicked has said so; the panic goes on here.
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    });
    let (one, key) = one?;
    let mut records = vec![one];
    if let Some(other) = other {
        records.push(other?.0);
    }
    let record = merge(records).map_err(|source| Failure::Merge { source })?;
    Ok(Seen { record, key })
}

/// Twelve rounds and what comes after them.
const APART_MS: u64 = 14_000;

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
