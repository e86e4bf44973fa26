//! `pontoon check`: what is wrong here, and between here and its peers.

pub(crate) mod local_names;
pub(crate) mod pair;
pub(crate) mod participants;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::ExitCode;

use pontoon_model::facts::RunParameters;
use pontoon_model::host::HostName;

use crate::arguments::check::CheckArguments;
use crate::command::{records, survey_report};
use crate::failure::CommandFailure;
use crate::output;
use pontoon_model::record::Record;
use pontoon_probe::run_key::RunKey;
use pontoon_probe::survey::{SurveyOptions, SurveyParticipant};

/// Asks the hosts, judges, shows.
pub(crate) fn run(arguments: &CheckArguments) -> Result<ExitCode, CommandFailure> {
    local_names::links_exist(&arguments.interfaces)?;
    let here = local_names::host_name()?;
    let (seats, one_ended) = participants::participants(arguments, here)?;
    let addresses = addresses(&one_ended)?;
    let intent = intent(arguments, one_ended);
    let options = options(arguments, addresses)?;
    let (record, key) = match &arguments.pair {
        Some(text) => paired(text, seats, &intent, &options)?,
        None => survey_report::survey(seats, &intent, &options)?,
    };
    records::keep(&record, &arguments.recording, &key)?;
    let report = survey_report::report(&record);
    output::data(&survey_report::render_report(&report, &record, &arguments.output)?)?;
    Ok(ExitCode::from(report.verdict.exit))
}

/// The one peer, asked without a control channel.
fn paired(
    text: &str,
    seats: Vec<SurveyParticipant>,
    intent: &RunParameters,
    options: &SurveyOptions,
) -> Result<(Record, RunKey), CommandFailure> {
    let pair = pair::read(text)?;
    let [(peer, address), ..] = options.one_ended.as_slice() else {
        return Err(CommandFailure::PairPeers { peers: options.one_ended.len() });
    };
    let is_one = options.one_ended.iter().all(|(other, _)| other == peer);
    match (seats.into_iter().next(), is_one) {
        (Some(seat), true) => pair::survey(seat, (peer, *address), pair, intent, options),
        _ => Err(CommandFailure::PairPeers { peers: options.one_ended.len() }),
    }
}

/// What the user wants, as far as it bears on judgement.
pub(crate) fn intent(arguments: &CheckArguments, one_ended: Vec<HostName>) -> RunParameters {
    RunParameters {
        pod_cidr: arguments.pod_cidr,
        service_cidr: arguments.service_cidr,
        server: arguments.server.clone(),
        one_ended,
    }
}

/// How the user wants it.
pub(crate) fn options(
    arguments: &CheckArguments,
    one_ended: Vec<(HostName, IpAddr)>,
) -> Result<SurveyOptions, CommandFailure> {
    let server = arguments.server.as_ref().map(local_names::resolve).transpose()?;
    let timeout = arguments.timeout.map(|time| time.as_millis());
    Ok(SurveyOptions {
        links: arguments.interfaces.clone(),
        timeout_ms: timeout.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
        is_passive: arguments.passive,
        is_offline: arguments.offline,
        bounces: arguments.bounce,
        server: server.and_then(|addresses| addresses.into_iter().next()),
        page: arguments.portal_url.clone(),
        one_ended,
        ..SurveyOptions::default()
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
