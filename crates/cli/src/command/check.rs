//! `pontoon check`: what is wrong here, and between here and its peers.

mod local;
mod seats;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::net::IpAddr;
use std::process::ExitCode;

use pontoon_model::facts::Intent;
use pontoon_model::host::HostName;

use crate::arguments::check::CheckArguments;
use crate::command::{judge, records};
use crate::failure::Failure;
use crate::output;
use crate::parts::key::Key;
use crate::parts::survey::{self, Options, Progress};
use crate::render::clean;

/// Asks the hosts, judges, shows.
pub(crate) fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    local::links_exist(&arguments.interfaces)?;
    let here = local::host_name()?;
    let (seats, one_ended) = seats::of(arguments, here)?;
    let peers = addresses(&one_ended)?;
    let intent = intent(arguments, one_ended);
    let options = options(arguments, peers)?;
    let facts = survey::run(seats, &intent, &options, &mut progress())
        .map_err(|source| Failure::Survey { source })?;
    records::keep(&facts, &arguments.keeping, &options.key)?;
    judge::show(&facts, &arguments.showing)
}

/// What the user wants, as far as it bears on judgement.
fn intent(arguments: &CheckArguments, one_ended: Vec<HostName>) -> Intent {
    Intent {
        pod_cidr: arguments.pod_cidr,
        service_cidr: arguments.service_cidr,
        server: arguments.server.clone(),
        one_ended,
    }
}

fn options(
    arguments: &CheckArguments,
    peers: BTreeMap<HostName, Vec<IpAddr>>,
) -> Result<Options, Failure> {
    let key = Key::random().map_err(|error| Failure::System {
        what: "no key for this run could be made",
        source: io::Error::other(error),
    })?;
    let server = arguments.server.as_ref().map(local::resolve).transpose()?;
    Ok(Options {
        key,
        links: arguments.interfaces.clone(),
        budget: arguments.timeout,
        is_passive: arguments.passive,
        is_offline: arguments.offline,
        may_bounce: arguments.bounce,
        portal_url: arguments.portal_url.clone(),
        server: server.unwrap_or_default(),
        peers,
        radios: BTreeMap::new(),
    })
}

fn addresses(peers: &[HostName]) -> Result<BTreeMap<HostName, Vec<IpAddr>>, Failure> {
    let resolve = |peer: &HostName| Ok((peer.clone(), local::resolve(peer)?));
    peers.iter().map(resolve).collect()
}

/// Says how far the run is, where somebody watches.
pub(crate) fn progress() -> impl FnMut(Progress) {
    let is_watched = io::stderr().is_terminal();
    move |progress: Progress| {
        if is_watched {
            output::note(&clean(&progress.text));
        }
    }
}
