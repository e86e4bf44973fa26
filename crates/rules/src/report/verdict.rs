//! The verdict: the result of a run in one sentence, and its exit code.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use pontoon_diagnosis::{Certainty, Diagnosis, Severity, exit_of};
use pontoon_model::exit::Exit;
use pontoon_model::facts::{AgentOutcome, Facts};
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::record::Record;

use super::pairs::{PairReachability, PairRow};
use super::ports::PortRow;

/// More names than this make no sentence; the diagnoses name them.
const NAMES_MAX: usize = 6;

/// The verdict of a run: a sentence for people, a number for scripts.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct SurveyVerdict {
    /// All of it in one sentence.
    pub sentence: String,
    /// The outcome in one word.
    pub standing: SurveyStatus,
    /// The exit code of the program.
    pub exit: u8,
}

/// The outcome of a run.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SurveyStatus {
    /// No problem in what was tested.
    Good,
    /// At least one problem, confirmed or likely.
    Failed,
    /// Something may be wrong, or is not as good as it could be.
    Warned,
    /// The question could not be answered: a privilege was missing, or a host was not reached.
    Unanswered,
}

impl SurveyVerdict {
    pub(super) fn new(
        record: &Record,
        diagnoses: &[Diagnosis],
        pairs: &[PairRow],
        ports: &[PortRow],
    ) -> Self {
        let facts = &record.facts;
        let silent = unreached_hosts(record);
        let is_whole = untested_hosts(facts, pairs).is_empty() && !is_undecided(pairs, ports);
        let undecided = if is_whole { Exit::Good } else { Exit::Warned };
        let exit = incomplete_exit(facts, &silent, pairs).or(exit_of(diagnoses)).or(undecided);
        let standing = match exit {
            Exit::Good => SurveyStatus::Good,
            Exit::Failed => SurveyStatus::Failed,
            Exit::Warned => SurveyStatus::Warned,
            Exit::Internal
            | Exit::Usage
            | Exit::NotPermitted
            | Exit::RolledBack
            | Exit::Unreachable => SurveyStatus::Unanswered,
        };
        let sentence = match exit {
            Exit::NotPermitted => "The question could not be answered: the right to see frames \
                (CAP_NET_RAW) is missing."
                .to_owned(),
            Exit::Unreachable => format!(
                "{} could not be asked, so what is said of it here is not proven.",
                join(&silent)
            ),
            _ => sentence(facts, diagnoses, pairs, ports),
        };
        Self { sentence, standing, exit: exit.code() }
    }
}

/// The exit code if the tests could not be done.
fn incomplete_exit(facts: &Facts, silent: &[String], pairs: &[PairRow]) -> Exit {
    let is_blind = |host: &HostName, link: Option<&IfName>| {
        facts.hosts.get(host).is_some_and(|host| {
            let mut watches =
                host.watches.iter().filter(|watch| link.is_none_or(|link| watch.link == *link));
            watches.any(|watch| !watch.sees_frames)
        })
    };
    let is_unseen = |pair: &PairRow| {
        pair.state == PairReachability::Undecided
            && (is_blind(&pair.from, pair.link.as_ref()) || is_blind(&pair.to, None))
    };
    // Only when nothing at all was observed of any pair: a part of the answer is one.
    let unseen = pairs.iter().filter(|pair| is_unseen(pair)).count();
    if unseen > 0 && unseen == pairs.len() {
        Exit::NotPermitted
    } else if silent.is_empty() {
        Exit::Good
    } else {
        Exit::Unreachable
    }
}

/// Hosts that were not reached, or left during the run.
fn unreached_hosts(record: &Record) -> Vec<String> {
    let is_dead = |ending: &AgentOutcome| matches!(ending, AgentOutcome::Died { .. });
    let dead = record.facts.hosts.iter().filter(|(_, host)| is_dead(&host.ending));
    let names: BTreeSet<_> = dead.map(|(name, _)| name).chain(record.unreached.keys()).collect();
    names.into_iter().map(ToString::to_string).collect()
}

fn sentence(
    facts: &Facts,
    diagnoses: &[Diagnosis],
    pairs: &[PairRow],
    ports: &[PortRow],
) -> String {
    let grave: Vec<_> = diagnoses.iter().filter(|f| f.severity > Severity::Info).collect();
    let Some(first) = grave.first() else { return success_sentence(facts, pairs, ports) };
    let summary = first.summary.as_ref();
    let summary = match first.certainty {
        Certainty::Confirmed => capitalised(summary),
        Certainty::Likely => format!("Likely, {summary}"),
        Certainty::Possible => format!("Possibly, {summary}"),
        Certainty::Undecided => format!("It is undecided whether {summary}"),
    };
    let alike: Vec<_> = diagnoses.iter().filter(|f| f.code == first.code).collect();
    let place = place(&alike);
    let others: BTreeSet<_> =
        grave.iter().map(|f| f.code).filter(|code| *code != first.code).collect();
    let rest = match others.len() {
        0 => String::new(),
        1 => " One more thing is wrong.".to_owned(),
        more => format!(" {more} more things are wrong."),
    };
    format!("{summary}{place}.{rest}")
}

/// ": pi1 and pi2 on wlan0", ": from pi1 to pi3": who and where, for all diagnoses of one code.
fn place(alike: &[&Diagnosis]) -> String {
    let mut from = BTreeSet::new();
    let mut to = BTreeSet::new();
    let mut links = BTreeSet::new();
    let is_directed = alike.iter().all(|diagnosis| {
        let scope = &diagnosis.scope;
        !diagnosis.is_symmetric && scope.from.is_some() && scope.to.is_some()
    });
    for scope in alike.iter().map(|diagnosis| &diagnosis.scope) {
        from.extend(scope.from.iter().map(ToString::to_string));
        to.extend(scope.to.iter().map(ToString::to_string));
        links.extend(scope.link.iter().map(ToString::to_string));
    }
    let join = |names: BTreeSet<String>| join(&names.into_iter().collect::<Vec<_>>());
    let hosts = if is_directed {
        format!("from {} to {}", join(from), join(to))
    } else {
        from.extend(to);
        join(from)
    };
    let links = join(links);
    match (hosts.is_empty(), links.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!(": {links}"),
        (false, true) => format!(": {hosts}"),
        (false, false) => format!(": {hosts} on {links}"),
    }
}

fn success_sentence(facts: &Facts, pairs: &[PairRow], ports: &[PortRow]) -> String {
    let hosts: Vec<_> = facts.hosts.keys().map(ToString::to_string).collect();
    let works = |pair: &PairRow| {
        matches!(
            pair.state,
            PairReachability::Open | PairReachability::Answered | PairReachability::ViaGateway
        )
    };
    let links: BTreeSet<_> = pairs
        .iter()
        .filter(|pair| works(pair))
        .filter_map(|pair| pair.link.as_ref().map(ToString::to_string))
        .collect();
    if pairs.is_empty() {
        return format!("Nothing wrong was found on {}; no peer was tested.", join(&hosts));
    }
    let on = join(&links.into_iter().collect::<Vec<_>>());
    let on = if on.is_empty() { on } else { format!(" on {on}") };
    let ends: BTreeSet<_> =
        pairs.iter().flat_map(|pair| [pair.from.to_string(), pair.to.to_string()]).collect();
    let ends = join(&ends.into_iter().collect::<Vec<_>>());
    let untested = untested_hosts(facts, pairs);
    if !untested.is_empty() {
        let untested = join(&untested.iter().map(ToString::to_string).collect::<Vec<_>>());
        format!("Nothing wrong was found, but not every path between {untested} was tested.")
    } else if pairs.iter().all(works) && !is_undecided(pairs, ports) {
        format!("Nothing is wrong: {ends} reach each other{on}.")
    } else {
        format!("Nothing wrong was proven, but not every path between {ends} could be decided.")
    }
}

/// Whether the observations of some path do not suffice: that is no good news.
fn is_undecided(pairs: &[PairRow], ports: &[PortRow]) -> bool {
    pairs.iter().any(|pair| pair.state == PairReachability::Undecided)
        || ports.iter().any(|row| !row.undecided_from.is_empty())
}

/// Hosts of the run of which at least two were not tested with each other.
fn untested_hosts<'a>(facts: &'a Facts, pairs: &[PairRow]) -> BTreeSet<&'a HostName> {
    let tested: BTreeSet<_> =
        pairs.iter().flat_map(|pair| [(&pair.from, &pair.to), (&pair.to, &pair.from)]).collect();
    let hosts: Vec<_> = facts.hosts.keys().collect();
    let mut untested = BTreeSet::new();
    for (at, one) in hosts.iter().enumerate() {
        let others = hosts[at + 1..].iter().filter(|other| !tested.contains(&(*one, **other)));
        for other in others {
            untested.extend([*one, *other]);
        }
    }
    untested
}

/// "a", "a and b", "a, b and c", "a, b, c and 47 more".
fn join(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [a, b, c, others @ ..] if names.len() > NAMES_MAX => {
            format!("{a}, {b}, {c} and {} more", others.len())
        }
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
