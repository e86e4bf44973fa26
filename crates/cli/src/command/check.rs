//! `pontoon check`: what is wrong on this host, and on the paths to its peers.

pub(crate) mod local_names;
pub(crate) mod pair;
pub(crate) mod participants;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::ExitCode;

use pontoon_model::facts::RunParameters;
use pontoon_model::host::HostName;

use crate::arguments::check::CheckArguments;
use crate::arguments::probe_scope::ProbeScopeArguments;
use crate::command::{records, survey_report};
use crate::failure::CommandFailure;
use pontoon_model::record::Record;
use pontoon_probe::run_key::RunKey;
use pontoon_probe::survey::{SurveyOptions, SurveyParticipant};

/// Tests, diagnoses, shows.
pub(crate) fn run(arguments: &CheckArguments) -> Result<ExitCode, CommandFailure> {
    local_names::links_exist(&arguments.scope.interfaces)?;
    records::check_writable(&arguments.recording)?;
    let here = local_names::host_name()?;
    let (participants, one_ended) = participants::participants(arguments, here)?;
    let addresses = addresses(&one_ended)?;
    let intent = run_parameters(&arguments.scope, one_ended);
    let options = options(arguments, addresses)?;
    let (record, key) = match &arguments.pair {
        Some(text) => paired(text, participants, &intent, &options)?,
        None => survey_report::survey(participants, &intent, &options)?,
    };
    survey_report::conclude(&record, &key, &arguments.recording, &arguments.output)
}

/// The one peer, asked without a control channel.
fn paired(
    text: &str,
    participants: Vec<SurveyParticipant>,
    intent: &RunParameters,
    options: &SurveyOptions,
) -> Result<(Record, RunKey), CommandFailure> {
    let pair = pair::read(text)?;
    let [(peer, address), ..] = options.one_ended.as_slice() else {
        return Err(CommandFailure::PairPeers { peers: options.one_ended.len() });
    };
    let is_one = options.one_ended.iter().all(|(other, _)| other == peer);
    match (participants.into_iter().next(), is_one) {
        (Some(seat), true) => pair::survey(seat, (peer, *address), pair, intent, options),
        _ => Err(CommandFailure::PairPeers { peers: options.one_ended.len() }),
    }
}

/// The user's plans, on which findings may depend.
pub(crate) fn run_parameters(
    scope: &ProbeScopeArguments,
    one_ended: Vec<HostName>,
) -> RunParameters {
    RunParameters {
        pod_cidr: scope.planned.pod_cidr,
        service_cidr: scope.planned.service_cidr,
        server: scope.server.clone(),
        one_ended,
    }
}

/// The limits of a survey, which `check` and `mesh` share.
pub(crate) fn survey_limits(scope: &ProbeScopeArguments) -> Result<SurveyOptions, CommandFailure> {
    let server = scope.server.as_ref().map(local_names::resolve).transpose()?;
    let timeout = scope.timeout.map(|time| time.as_millis());
    Ok(SurveyOptions {
        links: scope.interfaces.clone(),
        timeout_ms: timeout.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
        is_offline: scope.offline,
        server: server.and_then(|addresses| addresses.into_iter().next()),
        ..SurveyOptions::default()
    })
}

/// How a check is done, with the addresses of the peers that have no agent.
pub(crate) fn options(
    arguments: &CheckArguments,
    one_ended: Vec<(HostName, IpAddr)>,
) -> Result<SurveyOptions, CommandFailure> {
    Ok(SurveyOptions {
        is_passive: arguments.passive,
        bounces: arguments.bounce,
        page: arguments.portal_url.clone(),
        one_ended,
        ..survey_limits(&arguments.scope)?
    })
}

/// All addresses of the peers, by name. A peer that was named twice is asked once.
fn addresses(peers: &[HostName]) -> Result<Vec<(HostName, IpAddr)>, CommandFailure> {
    let mut all = BTreeMap::new();
    for peer in peers {
        all.insert(peer.clone(), local_names::resolve(peer)?);
    }
    let pairs = all.into_iter().flat_map(|(peer, addresses)| {
        addresses.into_iter().map(move |address| (peer.clone(), address))
    });
    Ok(pairs.collect())
}
