//! The participants of a check, and how their agents are started.

use std::collections::BTreeMap;
use std::ffi::OsString;

use pontoon_model::host::HostName;

use crate::arguments::check::CheckArguments;
use crate::failure::CommandFailure;
use crate::shell_split::split;
use pontoon_probe::survey::{AgentChannel, SurveyParticipant};
use pontoon_remote::carrier::{OnInterrupt, RemoteProgram, RunAs};
use pontoon_remote::session::host_session::HostSession;

/// Stands for the peer in a `--via` that serves all peers.
pub(crate) const PLACE: &str = "{}";

/// The hosts with an agent, this one first, and the peers without one.
pub(crate) fn participants(
    arguments: &CheckArguments,
    here: HostName,
) -> Result<(Vec<SurveyParticipant>, Vec<HostName>), CommandFailure> {
    let vias = vias(&arguments.peers, &arguments.vias)?;
    let mut seats = vec![participant(own(here)?)];
    let mut one_ended = Vec::new();
    for (peer, argv) in arguments.peers.iter().zip(vias) {
        if argv.is_empty() {
            one_ended.push(peer.clone());
        } else {
            seats.push(participant(RemoteProgram::via(peer.clone(), argv)));
        }
    }
    Ok((seats, one_ended))
}

/// Starts an agent. If it cannot be started, that is this participant's failure, not the run's.
pub(crate) fn participant(program: RemoteProgram) -> SurveyParticipant {
    let host = program.host().clone();
    let channel = HostSession::start(program).map(AgentChannel::alone);
    SurveyParticipant { host, channel, radios: BTreeMap::new() }
}

/// This program, as an agent.
pub(crate) fn own(here: HostName) -> Result<RemoteProgram, CommandFailure> {
    let own = std::env::current_exe().map_err(|source| CommandFailure::System {
        what: "pontoon could not find its own program file to start an agent",
        source,
    })?;
    Ok(RemoteProgram::local(here, &own, RunAs::LoginUser, OnInterrupt::Ends))
}

/// One command for each peer; empty: it has no agent.
fn vias(peers: &[HostName], vias: &[String]) -> Result<Vec<Vec<OsString>>, CommandFailure> {
    let mismatch = || CommandFailure::Vias { peers: peers.len(), vias: vias.len() };
    match vias {
        [] => Ok(vec![Vec::new(); peers.len()]),
        [one] if one.contains(PLACE) => peers.iter().map(|peer| command(one, peer)).collect(),
        each if each.len() == peers.len() => {
            each.iter().zip(peers).map(|(via, peer)| command(via, peer)).collect()
        }
        _ => Err(mismatch()),
    }
}

/// The words of a `--via` for a host.
pub(crate) fn command(via: &str, peer: &HostName) -> Result<Vec<OsString>, CommandFailure> {
    let words =
        split(via).map_err(|source| CommandFailure::Words { text: via.to_owned(), source })?;
    Ok(words.into_iter().map(|word| word.replace(PLACE, peer.as_str()).into()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(peers: &[&str], given: &[&str]) -> Option<Vec<String>> {
        let peers: Vec<_> = peers.iter().map(|peer| peer.parse().unwrap()).collect();
        let given: Vec<_> = given.iter().map(ToString::to_string).collect();
        let line = |argv: Vec<OsString>| {
            argv.into_iter().map(|word| word.into_string().unwrap()).collect::<Vec<_>>().join("|")
        };
        vias(&peers, &given).ok().map(|all| all.into_iter().map(line).collect())
    }

    #[test]
    fn each_peer_gets_its_own_command() {
        let table: &[(&[&str], &[&str], Option<&[&str]>)] = &[
            (&["a", "b"], &[], Some(&["", ""])),
            (&["a", "b"], &["ssh {} x"], Some(&["ssh|a|x", "ssh|b|x"])),
            (&["a"], &["ssh other x"], Some(&["ssh|other|x"])),
            (&["a", "b"], &["ssh 1", "ssh {}"], Some(&["ssh|1", "ssh|b"])),
            (&["a", "b"], &["ssh 1", ""], Some(&["ssh|1", ""])),
            (&["a", "b"], &["ssh 1"], None),
            (&["a"], &["ssh 1", "ssh 2"], None),
            (&["a"], &["ssh 'x"], None),
        ];
        for (peers, given, expected) in table {
            let expected = expected.map(|all| all.iter().map(ToString::to_string).collect());
            assert_eq!(words(peers, given), expected, "{peers:?} {given:?}");
        }
    }

    #[test]
    fn a_peer_cannot_add_words_to_a_command() {
        // A peer's name has no blanks and is no option, and it is put in after the command has been
        // split.
        for name in ["a b", "-oProxyCommand", ""] {
            assert!(name.parse::<HostName>().is_err(), "{name}");
        }
        assert_eq!(words(&["a-b"], &["ssh -- {}"]).unwrap(), ["ssh|--|a-b"]);
    }
}
