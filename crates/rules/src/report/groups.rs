//! Summarises many pairs: fifty isolated hosts are one line instead of twelve hundred.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::host::HostName;

/// Pairs that can be described together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PairGroup<'a> {
    /// All pairs of these hosts.
    Every(BTreeSet<&'a HostName>),
    /// Each of the first with each of the second; where the direction matters, from the first to the
    /// second.
    Each(BTreeSet<&'a HostName>, BTreeSet<&'a HostName>),
}

type PairEdges<'a> = BTreeMap<&'a HostName, BTreeSet<&'a HostName>>;

/// Puts pairs together. With `is_symmetric`, a pair is the same in either direction.
///
/// Finding the least number of groups is hard (it is a cover by bicliques); what people make by
/// accident is not: one host with all others, every pair of a network, two halves.
#[must_use]
pub fn of<'a>(
    pairs: impl IntoIterator<Item = (&'a HostName, &'a HostName)>,
    is_symmetric: bool,
) -> Vec<PairGroup<'a>> {
    let mut edges = PairEdges::new();
    for (from, to) in pairs {
        edges.entry(from).or_default().insert(to);
        if is_symmetric {
            edges.entry(to).or_default().insert(from);
        }
    }
    let mut groups = Vec::new();
    if is_symmetric {
        for hosts in components(&edges) {
            if hosts.len() > 2 && is_complete(&edges, &hosts) {
                edges.retain(|host, _| !hosts.contains(host));
                groups.push(PairGroup::Every(hosts));
            }
        }
    }
    while let Some((first, others)) = largest(&edges) {
        let has_all = |(host, tos): &(&&'a HostName, &BTreeSet<_>)| {
            !others.contains(**host) && tos.is_superset(&others)
        };
        let alike: BTreeSet<_> =
            edges.iter().filter(has_all).map(|(host, _)| *host).chain([first]).collect();
        cut(&mut edges, &alike, &others);
        if is_symmetric {
            cut(&mut edges, &others, &alike);
        }
        // The shorter list reads better in front.
        groups.push(if is_symmetric && others.len() < alike.len() {
            PairGroup::Each(others, alike)
        } else {
            PairGroup::Each(alike, others)
        });
    }
    groups
}

/// The host with the most partners; of several, the first by name.
fn largest<'a>(edges: &PairEdges<'a>) -> Option<(&'a HostName, BTreeSet<&'a HostName>)> {
    let most = edges.values().map(BTreeSet::len).max()?;
    let (host, others) = edges.iter().find(|(_, others)| others.len() == most)?;
    Some((host, others.clone()))
}

fn cut<'a>(edges: &mut PairEdges<'a>, from: &BTreeSet<&'a HostName>, to: &BTreeSet<&'a HostName>) {
    for host in from {
        if let Some(others) = edges.get_mut(host) {
            others.retain(|other| !to.contains(other));
        }
    }
    edges.retain(|_, others| !others.is_empty());
}

fn is_complete(edges: &PairEdges<'_>, hosts: &BTreeSet<&HostName>) -> bool {
    hosts.iter().all(|host| edges.get(host).is_some_and(|others| others.len() == hosts.len() - 1))
}

/// The connected components of the pairs.
fn components<'a>(edges: &PairEdges<'a>) -> Vec<BTreeSet<&'a HostName>> {
    let mut left: BTreeSet<&HostName> = edges.keys().copied().collect();
    let mut components = Vec::new();
    while let Some(first) = left.pop_first() {
        let mut hosts = BTreeSet::from([first]);
        let mut waiting = vec![first];
        while let Some(host) = waiting.pop() {
            for other in edges.get(host).into_iter().flatten() {
                if left.remove(other) {
                    hosts.insert(other);
                    waiting.push(other);
                }
            }
        }
        components.push(hosts);
    }
    components
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hosts(count: usize) -> Vec<HostName> {
        (1..=count).map(|at| format!("pi{at:02}").parse().unwrap()).collect()
    }

    fn words(groups: &[PairGroup<'_>]) -> Vec<String> {
        let list = |hosts: &BTreeSet<&HostName>| {
            hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        };
        let word = |group: &PairGroup<'_>| match group {
            PairGroup::Every(hosts) => format!("every {}", list(hosts)),
            PairGroup::Each(some, others) => format!("{} - {}", list(some), list(others)),
        };
        groups.iter().map(word).collect()
    }

    #[test]
    fn what_happens_to_many_is_said_once() {
        let all = hosts(6);
        let pair = |a: usize, b: usize| (&all[a - 1], &all[b - 1]);
        let table: &[(&str, Vec<(&HostName, &HostName)>, bool, &[&str])] = &[
            ("one pair", vec![pair(1, 2)], true, &["pi01 - pi02"]),
            (
                "every pair of three",
                vec![pair(1, 2), pair(1, 3), pair(2, 3)],
                true,
                &["every pi01,pi02,pi03"],
            ),
            (
                "one against all",
                vec![pair(1, 4), pair(2, 4), pair(3, 4)],
                true,
                &["pi04 - pi01,pi02,pi03"],
            ),
            (
                "two halves",
                vec![pair(1, 3), pair(1, 4), pair(2, 3), pair(2, 4)],
                true,
                &["pi01,pi02 - pi03,pi04"],
            ),
            (
                "two networks",
                vec![pair(1, 2), pair(1, 3), pair(2, 3), pair(4, 5), pair(4, 6), pair(5, 6)],
                true,
                &["every pi01,pi02,pi03", "every pi04,pi05,pi06"],
            ),
            ("into one, not out of it", vec![pair(1, 3), pair(2, 3)], false, &["pi01,pi02 - pi03"]),
        ];
        for (case, pairs, is_symmetric, expected) in table {
            assert_eq!(words(&of(pairs.iter().copied(), *is_symmetric)), *expected, "{case}");
        }
    }

    proptest! {
        #[test]
        fn every_pair_is_named_once_and_no_other(
            picked in prop::collection::btree_set((0..8_usize, 0..8_usize), 0..40),
            is_symmetric: bool,
        ) {
            let all = hosts(8);
            let mut pairs = BTreeSet::new();
            for (a, b) in picked.into_iter().filter(|(a, b)| a != b) {
                let (a, b) = if is_symmetric { (a.min(b), a.max(b)) } else { (a, b) };
                pairs.insert((&all[a], &all[b]));
            }
            let mut named = Vec::new();
            for group in of(pairs.iter().copied(), is_symmetric) {
                match group {
                    PairGroup::Every(hosts) => {
                        let hosts: Vec<_> = hosts.into_iter().collect();
                        for (at, a) in hosts.iter().enumerate() {
                            named.extend(hosts[at + 1..].iter().map(|b| (*a, *b)));
                        }
                    }
                    PairGroup::Each(some, others) => {
                        for a in &some {
                            named.extend(others.iter().map(|b| {
                                if is_symmetric { (*a.min(b), *a.max(b)) } else { (*a, *b) }
                            }));
                        }
                    }
                }
            }
            let count = named.len();
            let named: BTreeSet<_> = named.into_iter().collect();
            prop_assert_eq!(count, named.len());
            prop_assert_eq!(named, pairs);
        }
    }
}
