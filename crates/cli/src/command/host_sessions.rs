//! The far ends of a command: one process on every host that it names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use pontoon_fleet::group_output;
use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use pontoon_remote::carrier::push::ProgramFiles;
use pontoon_remote::carrier::{CarrierError, OnInterrupt, RemoteProgram, RunAs};
use pontoon_remote::reach_failure::ReachFailure;
use pontoon_remote::session::host_session::HostSession;

use crate::arguments::host_connection::RemoteStartArguments;
use crate::command::check::{local_names, participants};
use crate::command::fleet::Fleet;
use crate::failure::CommandFailure;

/// Hosts, and the session with each or why there is none.
pub(super) type HostSessions = Vec<(HostName, Result<HostSession, CarrierError>)>;

/// Hosts that could not be asked, and why.
pub(super) type Unreached = BTreeMap<HostName, Untrusted>;

/// Starts a far end on every host, all at once. That one cannot be started is that host's affair.
pub(super) fn by_ssh(
    fleet: &Fleet,
    launch: &RemoteStartArguments,
    interrupt: OnInterrupt,
) -> Result<HostSessions, CommandFailure> {
    let own = std::env::current_exe().ok();
    let here = local_names::host_name()?;
    let files = Arc::new(ProgramFiles::new(own.clone(), launch.binaries.clone()));
    let run_as = if launch.privilege.sudo { RunAs::Root } else { RunAs::LoginUser };
    let programs = fleet.logins.iter().map(|login| match &own {
        Some(own) if login.host == here && login.address.is_none() => {
            RemoteProgram::local(here.clone(), own, run_as, interrupt)
        }
        _ if launch.push => RemoteProgram::copied(&fleet.ssh, login, &files, run_as),
        _ => RemoteProgram::installed(&fleet.ssh, login, run_as),
    });
    Ok(started(programs))
}

/// The same by a command of the user, which names the host by `{}`.
pub(super) fn by_command(fleet: &Fleet, via: &str) -> Result<HostSessions, CommandFailure> {
    if !via.contains(participants::PLACE) {
        return Err(CommandFailure::ViaPlace);
    }
    let programs = fleet.logins.iter().map(|login| {
        Ok(RemoteProgram::via(login.host.clone(), participants::command(via, &login.host)?))
    });
    Ok(started(programs.collect::<Result<Vec<_>, CommandFailure>>()?.into_iter()))
}

/// Copying waits for the host, so each has a thread.
fn started(programs: impl Iterator<Item = RemoteProgram>) -> HostSessions {
    thread::scope(|scope| {
        let starting: Vec<_> = programs
            .map(|program| (program.host().clone(), scope.spawn(|| HostSession::start(program))))
            .collect();
        let done = starting.into_iter().map(|(host, thread)| {
            (host, thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        done.collect()
    })
}

/// Waits for every far end, and does something with each that answers, side by side.
pub(super) fn with_each<T: Send>(
    sessions: HostSessions,
    with: impl Fn(HostSession) -> Result<T, Untrusted> + Sync,
) -> (BTreeMap<HostName, T>, Unreached) {
    let (mut done, mut unreached) = (BTreeMap::new(), Unreached::new());
    thread::scope(|scope| {
        let going = sessions.into_iter().map(|(host, session)| {
            let (with, name) = (&with, host.clone());
            (host, scope.spawn(move || greeted(&name, session).and_then(with)))
        });
        let going: Vec<_> = going.collect();
        for (host, thread) in going {
            match thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                Ok(one) => drop(done.insert(host, one)),
                Err(why) => drop(unreached.insert(host, why)),
            }
        }
    });
    (done, unreached)
}

fn greeted(
    host: &HostName,
    session: Result<HostSession, CarrierError>,
) -> Result<HostSession, Untrusted> {
    let greeted = session.and_then(|session| session.await_greeting().map(|()| session));
    greeted.map_err(|error| ReachFailure::of(&error).with_advice(host.as_str()))
}

/// Hosts that could not be asked, those with the same reason in one line.
pub(super) fn unreached_lines(unreached: &Unreached) -> Vec<String> {
    let whys: Vec<_> = unreached.iter().map(|(host, why)| (host, why.to_string())).collect();
    let alike = group_output::group_same_text(whys.iter().map(|(host, why)| (*host, why.as_str())));
    alike.iter().map(|alike| format!("  {}: {}", alike.hosts, alike.text)).collect()
}
