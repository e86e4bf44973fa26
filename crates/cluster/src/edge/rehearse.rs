//! A join rehearsed on another host. It is sent anonymous questions; whom its answers let one
//! trust is judged at this end, where the token stays.

use std::time::Duration;

use pontoon_join::candidate_links::candidate_links;
use pontoon_join::discovery_flow::{DiscoveryFlow, DiscoveryQuery, DiscoveryReply, NextQuery};
use pontoon_join::edge::{AGAIN, JoinTimeouts};
use pontoon_join::preflight::PreflightFacts;
use pontoon_join::request::JoinRequest;
use pontoon_join::trial::JoinTrial;
use pontoon_model::net::IfName;
use pontoon_model::untrusted::Untrusted;
use pontoon_probe::edge::clock::RunClock;

use super::node_session::NodeSession;
use crate::node_protocol::{NodeRequest, NodeResponse};

/// What was seen from a host.
#[derive(Debug)]
pub struct Rehearsed {
    /// What the host itself has.
    pub host: PreflightFacts,
    /// The way that its kernel chooses.
    pub own: JoinTrial,
    /// The ways by each link.
    pub by_link: Vec<(IfName, JoinTrial)>,
}

/// Asks a host.
///
/// # Errors
///
/// Why it does not answer, or that its answer is none.
pub fn rehearse(
    session: &mut NodeSession,
    request: &JoinRequest,
    limits: JoinTimeouts,
) -> Result<Rehearsed, Untrusted> {
    let NodeResponse::Joiner(joiner) = session.ask(&NodeRequest::Joiner)? else {
        return Err(other());
    };
    let links = candidate_links(&joiner.snapshot, request);
    let mut ask = |questions: Vec<DiscoveryQuery>| contact(session, questions, limits);
    let ways: Vec<Option<&IfName>> = [None].into_iter().chain(links.iter().map(Some)).collect();
    let first = ask(ways.iter().map(|link| DiscoveryQuery::first(request, *link)).collect())?;
    let begun = ways.iter().zip(first);
    let mut courses: Vec<_> =
        begun.map(|(link, answered)| DiscoveryFlow::begin(request, *link, answered)).collect();
    go_on(&mut courses, limits.signature, &mut ask)?;
    let now_s = joiner.snapshot.clock.unix_s;
    let mut trials = courses.into_iter().map(|course| course.end(now_s));
    let own = trials.next().ok_or_else(other)?;
    Ok(Rehearsed { host: joiner.host, own, by_link: links.into_iter().zip(trials).collect() })
}

/// Asks what follows of each way, until nothing does.
fn go_on(
    courses: &mut [DiscoveryFlow<'_>],
    signed_within: Duration,
    ask: &mut impl FnMut(Vec<DiscoveryQuery>) -> Result<Vec<DiscoveryReply>, Untrusted>,
) -> Result<(), Untrusted> {
    let clock = RunClock::start();
    loop {
        let is_late = Duration::from_millis(clock.now().0) + AGAIN > signed_within;
        let is_again = |next: &NextQuery| next.is_again;
        if is_late {
            for course in &mut *courses {
                if course.next().as_ref().is_some_and(is_again) {
                    course.settle();
                }
            }
        }
        let (going, next): (Vec<_>, Vec<_>) = courses
            .iter_mut()
            .filter_map(|course| course.next().map(|next| (course, next)))
            .unzip();
        if going.is_empty() {
            return Ok(());
        }
        if next.iter().any(is_again) {
            pause();
        }
        let answers = ask(next.into_iter().map(|next| next.question).collect())?;
        for (course, answered) in going.into_iter().zip(answers) {
            course.take(answered);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the edge")]
fn pause() {
    std::thread::sleep(AGAIN);
}

fn contact(
    session: &mut NodeSession,
    questions: Vec<DiscoveryQuery>,
    limits: JoinTimeouts,
) -> Result<Vec<DiscoveryReply>, Untrusted> {
    let count = questions.len();
    match session.ask_within(&NodeRequest::Contact { questions, limits }, limits.all)? {
        NodeResponse::Contact(answers) if answers.len() == count => Ok(answers),
        _ => Err(other()),
    }
}

fn other() -> Untrusted {
    Untrusted::new("it answers another question than was asked")
}
