//! Reads and sets the clocks of hosts over ssh.
//!
//! Starting ssh takes most of the time, so each connection is used for several exchanges; and a
//! clock is set over a connection that is already open.

use std::thread;
use std::time::Duration;

use nix::poll::poll;
use pontoon_model::shell::quoted;
use pontoon_probe::edge::clock::SteadyClock;
use pontoon_remote::carrier::RemoteProgram;
use pontoon_remote::carrier::ssh::{SshLogin, SshProgram};
use pontoon_remote::edge::session_clock::poll_timeout;
use pontoon_remote::line_session::{HeardLine, LineSession};
use pontoon_remote::reach_failure::{FailureCause, ReachFailure};

use super::{ClockExchange, ClockOffset, DateReading, SECOND_US, best};
use crate::exec::AT_ONCE;

/// Number of requests per connection: the first includes the start of ssh, three are good
/// measurements.
const QUESTIONS: usize = 4;
/// Time limit of the first response in microseconds: ssh gives up connecting after eight seconds,
/// and a busy Pi Zero needs some more to start a shell.
const FIRST_US: i64 = 20 * SECOND_US;
/// Time limit of each further response in microseconds.
const ANSWER_US: i64 = 5 * SECOND_US;
/// Largest number of lines from a login banner or start-up file before the first response.
const FOREIGN_LINES: usize = 1000;
/// Prefix of the lines from the remote script.
const WORD: &str = "pontoon-clock";

/// Reads the clocks of all hosts; results are in the same order.
#[must_use]
pub fn ask(ssh: &SshProgram, logins: &[&SshLogin]) -> Vec<Result<ClockOffset, ReachFailure>> {
    let script = format!(r#"while read -r n; do echo "{WORD} $n $(date -u +%s.%N)"; done"#);
    let line = format!("sh -c {}", quoted(&script));
    each(logins, |login| ask_one(ssh, login, &line))
}

fn ask_one(ssh: &SshProgram, login: &SshLogin, line: &str) -> Result<ClockOffset, ReachFailure> {
    let clock = SteadyClock::start();
    let program = RemoteProgram::shell_line(ssh, login, line);
    let mut session = LineSession::start(program)?;
    let mut exchanges = Vec::new();
    for question in 0..QUESTIONS {
        let sent_us = clock.now_us();
        session.say(&question.to_string());
        let patience = if question == 0 { FIRST_US } else { ANSWER_US };
        // A late response to an earlier request has another number.
        let is_ours = |line: &str| rest(line, &question.to_string()).map(ToOwned::to_owned);
        match answer(&mut session, &clock, sent_us + patience, is_ours) {
            ClockReply::Answer(text, received_us) => {
                let said = DateReading::parse(&text).ok_or_else(|| {
                    let text: String = text.chars().take(80).collect();
                    ReachFailure::new(
                        FailureCause::NotAnAgent,
                        &format!("its `date` says no time: `{text}`"),
                    )
                })?;
                exchanges.push(ClockExchange { sent_us, received_us, reading: said });
            }
            // The exchanges so far are sufficient.
            ClockReply::Silence | ClockReply::End if !exchanges.is_empty() => break,
            ClockReply::Silence => return Err(silent()),
            ClockReply::End => return Err(session.failure()),
        }
    }
    best(&exchanges).ok_or_else(silent)
}

fn silent() -> ReachFailure {
    ReachFailure::new(FailureCause::Silent, "it was there, but did not say the time")
}

/// Sets the clocks of hosts to this host's time; results are in the same order.
///
/// Not every `date` accepts fractions of a second, so a whole second is sent half a round trip
/// before it begins.
#[must_use]
pub fn set(
    ssh: &SshProgram,
    hosts: &[(&SshLogin, ClockOffset)],
    is_sudo: bool,
) -> Vec<Result<(), ReachFailure>> {
    let sudo = if is_sudo { "sudo -n " } else { "" };
    let script = format!(
        r#"echo "{WORD} ready"; read -r t && {sudo}date -u -s "@$t" >/dev/null && echo "{WORD} set""#
    );
    let line = format!("sh -c {}", quoted(&script));
    each(hosts, |(login, offset)| set_one(ssh, login, *offset, &line))
}

fn set_one(
    ssh: &SshProgram,
    login: &SshLogin,
    offset: ClockOffset,
    line: &str,
) -> Result<(), ReachFailure> {
    let clock = SteadyClock::start();
    let program = RemoteProgram::shell_line(ssh, login, line);
    let mut session = LineSession::start(program)?;
    let said = |wanted: &'static str| move |line: &str| rest(line, wanted).map(|_| String::new());
    match answer(&mut session, &clock, clock.now_us() + FIRST_US, said("ready")) {
        ClockReply::Answer(..) => {}
        ClockReply::Silence => return Err(silent()),
        ClockReply::End => return Err(session.failure()),
    }
    // The time from here to the host is assumed to be half the round trip.
    let way_us = (offset.round_trip_us / 2).clamp(0, ANSWER_US);
    let second = (clock.now_us() + way_us).div_euclid(SECOND_US) + 1;
    // A wait can end early, by a signal or by rounding.
    while clock.now_us() < second * SECOND_US - way_us {
        pause(second * SECOND_US - way_us - clock.now_us());
    }
    session.say(&second.to_string());
    match answer(&mut session, &clock, clock.now_us() + ANSWER_US, said("set")) {
        ClockReply::Answer(..) => Ok(()),
        ClockReply::Silence => Err(ReachFailure::new(FailureCause::Silent, "`date` did not end")),
        ClockReply::End => Err(session.failure()),
    }
}

enum ClockReply {
    Answer(String, i64),
    Silence,
    End,
}

/// Waits for a line of the remote script; other lines, such as a banner, are skipped.
fn answer(
    session: &mut LineSession,
    clock: &SteadyClock,
    deadline_us: i64,
    is_ours: impl Fn(&str) -> Option<String>,
) -> ClockReply {
    for _ in 0..FOREIGN_LINES {
        match session.hear(microseconds(deadline_us - clock.now_us())) {
            HeardLine::Line(line) => {
                let at_us = clock.now_us();
                if let Some(text) = is_ours(&line) {
                    return ClockReply::Answer(text, at_us);
                }
            }
            HeardLine::Nothing => return ClockReply::Silence,
            HeardLine::End => return ClockReply::End,
        }
    }
    ClockReply::Silence
}

fn microseconds(us: i64) -> Duration {
    Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

/// Sleeps for that many microseconds.
fn pause(us: i64) {
    let _ = poll(&mut [], poll_timeout(microseconds(us)));
}

/// The rest of a line behind the script's prefix and `tag`.
fn rest<'a>(line: &'a str, tag: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(WORD)?.strip_prefix(' ')?.strip_prefix(tag)?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim())
}

/// Runs `work` for all items in parallel, at most [`AT_ONCE`] at a time.
fn each<I: Sync, O: Send>(
    items: &[I],
    work: impl Fn(&I) -> Result<O, ReachFailure> + Sync,
) -> Vec<Result<O, ReachFailure>> {
    let lost = |_| Err(ReachFailure::new(FailureCause::Other, "the thread that asked it ended"));
    let some = |some: &[I]| -> Vec<Result<O, ReachFailure>> {
        thread::scope(|scope| {
            let work = &work;
            let all: Vec<_> = some.iter().map(|item| scope.spawn(move || work(item))).collect();
            all.into_iter().map(|one| one.join().unwrap_or_else(lost)).collect()
        })
    };
    items.chunks(AT_ONCE).flat_map(some).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_lines_are_answers() {
        let table = [
            ("pontoon-clock 1 1700000000.5", Some("1700000000.5")),
            ("pontoon-clock 1", Some("")),
            ("pontoon-clock 10 1700000000", None),
            ("pontoon-clock 2 1700000000", None),
            ("Welcome to pi1", None),
            ("pontoon-clock", None),
            ("", None),
        ];
        for (line, text) in table {
            assert_eq!(rest(line, "1"), text, "{line}");
        }
    }

    /// Reads the clock through a replacement for ssh that runs the line on this host.
    fn asked(script: &str) -> Result<ClockOffset, ReachFailure> {
        let words = ["sh", "-c", script, "ssh"].map(Into::into).into();
        let login = SshLogin::named("pi1".parse().unwrap());
        ask(&SshProgram { words }, &[&login]).remove(0)
    }

    const RUN: &str = "for line; do :; done; ";

    #[test]
    fn a_shell_answers_on_one_connection() {
        let banner = r#"echo Welcome; printf 'no\rend\n'; exec sh -c "$line""#;
        let found = asked(&format!("{RUN}{banner}")).unwrap();
        assert!(found.us.abs() <= found.uncertainty_us, "{found:?}");
    }

    #[test]
    fn what_is_no_clock_is_said() {
        let table = [
            (
                "echo 'ssh: connect to host pi1 port 22: Connection refused' >&2; exit 255",
                FailureCause::Refused,
            ),
            ("read -r n; echo \"pontoon-clock $n soon\"", FailureCause::NotAnAgent),
            ("yes x | head -n 2000; cat >/dev/null", FailureCause::Silent),
            ("exit 0", FailureCause::Wordless),
        ];
        for (script, cause) in table {
            assert_eq!(asked(script).unwrap_err().cause, cause, "{script}");
        }
    }
}
