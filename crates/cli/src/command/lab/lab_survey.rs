//! A survey of the hosts of a raised lab.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::IpAddr;
use std::sync::mpsc;
use std::thread;

use clap::Parser as _;
use pontoon_diagnosis::Diagnosis;
use pontoon_model::host::HostName;
use pontoon_model::record::Record;
use pontoon_model::record::merge::merge;

use crate::arguments::check::CheckArguments;
use crate::arguments::lab::LabTransport;
use crate::arguments::{CommandLine, DiagnoseGroup, PontoonCommand};
use crate::command::{check, survey_report};
use crate::failure::CommandFailure;
use pontoon_lab::Lab;
use pontoon_lab::scenario::Scenario;
use pontoon_probe::run_key::RunKey;
use pontoon_probe::survey::{self, AgentChannel, RendezvousSide, SurveyParticipant};
use pontoon_remote::carrier::ssh::{SshLogin, SshProgram};
use pontoon_remote::carrier::{FAR_END, RemoteProgram, RunAs};
use pontoon_remote::session::host_session::HostSession;
use pontoon_rules::rule;

/// What one coordinator saw.
pub(crate) struct RecordedSurvey {
    pub(crate) record: Record,
    pub(crate) key: RunKey,
}

/// A raised lab, and how its agents are reached.
struct LabSurvey<'a> {
    lab: &'a Lab,
    scenario: &'a Scenario,
    over: LabTransport,
}

/// Asks the hosts of a lab as its scenario says: together, or each for itself.
pub(crate) fn survey(
    lab: &Lab,
    scenario: &Scenario,
    over: LabTransport,
) -> Result<Vec<RecordedSurvey>, CommandFailure> {
    let raised = LabSurvey { lab, scenario, over };
    let arguments = arguments(scenario)?;
    let hosts = scenario.askers();
    if scenario.check.control {
        return Ok(vec![raised.together(&arguments, &hosts)?]);
    }
    match hosts.as_slice() {
        [first, second] => Ok(vec![raised.apart(&arguments, first, second)?]),
        others => Err(CommandFailure::NoControl { hosts: others.len() }),
    }
}

/// The diagnoses of all coordinators, each once.
pub(crate) fn diagnoses(seen: &[RecordedSurvey]) -> Vec<Diagnosis> {
    let mut all: Vec<Diagnosis> = Vec::new();
    for diagnosis in seen.iter().flat_map(|seen| rule::diagnose(&seen.record.facts)) {
        if !all.contains(&diagnosis) {
            all.push(diagnosis);
        }
    }
    all
}

impl LabSurvey<'_> {
    fn together(
        &self,
        arguments: &CheckArguments,
        hosts: &[HostName],
    ) -> Result<RecordedSurvey, CommandFailure> {
        let seats = hosts.iter().map(|host| self.seat(host)).collect();
        // Peers that the scenario names are hosts without an agent, or they would be participants.
        let options = check::options(arguments, addresses(self.lab, &arguments.peers))?;
        let intent = check::run_parameters(&arguments.scope, arguments.peers.clone());
        let (record, key) = survey_report::survey(seats, &intent, &options)?;
        Ok(RecordedSurvey { record, key })
    }

    /// Two hosts without a control channel, each with a coordinator of its own that has the other's
    /// code; then the two records together, as `replay` takes them.
    fn apart(
        &self,
        arguments: &CheckArguments,
        first: &HostName,
        second: &HostName,
    ) -> Result<RecordedSurvey, CommandFailure> {
        let (say, said) = mpsc::channel();
        let mut options = check::options(arguments, Vec::new())?;
        // The first waits for the second no longer than a scenario takes.
        options.timeout_ms.get_or_insert(APART_MS);
        let meet = |host: &HostName, other: &HostName, side: RendezvousSide<'_>| {
            let address = self.lab.addresses(other).into_iter().next();
            let address = address.ok_or(CommandFailure::NoControl { hosts: 0 })?;
            let intent = check::run_parameters(
                &arguments.scope,
                vec![HostName::lossy(&address.to_string())],
            );
            let seat = self.seat(host);
            survey::run_rendezvous(seat, address, side, &intent, &options, &mut |_| {})
                .map(survey_report::record_of_survey)
                .map_err(|source| CommandFailure::Survey { source })
        };
        let (one, other) = thread::scope(|scope| {
            let one = scope.spawn(|| {
                // The second gives up when the first ends before it has a code.
                let say = say;
                meet(
                    first,
                    second,
                    RendezvousSide::First(&mut |code, _| drop(say.send(code.clone()))),
                )
            });
            let other =
                said.recv().ok().map(|code| meet(second, first, RendezvousSide::Second(code)));
            // A thread that panicked has printed why; the panic goes on here.
            (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
        });
        let (one, key) = one?;
        let mut records = vec![one];
        if let Some(other) = other {
            records.push(other?.0);
        }
        let record = merge(records).map_err(|source| CommandFailure::Merge { source })?;
        Ok(RecordedSurvey { record, key })
    }

    fn seat(&self, host: &HostName) -> SurveyParticipant {
        let radios: BTreeMap<_, _> = self
            .scenario
            .radio_facts()
            .into_iter()
            .filter(|((owner, _), _)| owner == host)
            .map(|((_, link), radio)| (link, radio))
            .collect();
        let channel = HostSession::start(self.agent(host)).map(AgentChannel::alone);
        SurveyParticipant { host: host.clone(), channel, radios }
    }

    /// What starts the agent of a host.
    fn agent(&self, host: &HostName) -> RemoteProgram {
        if let (LabTransport::Ssh, Some(from)) = (self.over, self.lab.hosts().first()) {
            let ssh = self.lab.command(from, &["ssh".as_ref()]);
            let words = std::iter::once(ssh.get_program()).chain(ssh.get_args());
            let ssh = SshProgram { words: words.map(ToOwned::to_owned).collect() };
            let login = SshLogin::named(host.clone());
            return RemoteProgram::installed(&ssh, &login, RunAs::LoginUser);
        }
        let words = ["pontoon"].into_iter().chain(FAR_END).map(OsStr::new);
        let command = self.lab.command(host, &words.collect::<Vec<_>>());
        RemoteProgram::by_command(host.clone(), command)
    }
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

/// The arguments of `check` that the scenario asks for.
fn arguments(scenario: &Scenario) -> Result<CheckArguments, CommandFailure> {
    let words =
        ["pontoon", "check"].into_iter().chain(scenario.check.args.iter().map(String::as_str));
    let parsed = CommandLine::try_parse_from(words)
        .map_err(|error| CommandFailure::CheckArguments { said: error.kind().to_string() })?;
    match parsed.command {
        PontoonCommand::Diagnose(DiagnoseGroup::Check(arguments)) => Ok(*arguments),
        _ => Err(CommandFailure::CheckArguments { said: "another command".to_owned() }),
    }
}
