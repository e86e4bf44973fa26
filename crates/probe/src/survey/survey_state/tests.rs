//! What is asked does not depend on who asks, and nobody who is added takes a question away.

use std::collections::BTreeSet;

use pontoon_model::net::Prefix;
use pontoon_model::observation::FrameDestination;
use pontoon_model::snapshot::{Route, RouteKind, Snapshot};
use proptest::prelude::*;

use super::super::endpoints::chosen_links;
use super::*;
use crate::probes::ProbeQuestion;

/// A link of a host: its name, its address, its gateway.
type HostLink<'a> = (&'a str, &'a str, Option<&'a str>);

fn host(name: &str, links: &[HostLink<'_>]) -> SurveyedHost {
    let mut snapshot: Snapshot = crate::survey::tests::snapshot("a");
    let pattern = snapshot.links.remove(0);
    snapshot.resolver.servers = vec!["9.9.9.9".parse().unwrap()];
    for (index, (link, prefix, gateway)) in (2..).zip(links) {
        let mut new = pattern.clone();
        (new.name, new.index) = (link.parse().unwrap(), index);
        new.addresses[0].prefix = prefix.parse().unwrap();
        snapshot.links.push(new);
        snapshot.routes.extend(gateway.map(|gateway| default_route(link, gateway)));
    }
    SurveyedHost {
        number: 0,
        host: name.parse().unwrap(),
        links: snapshot.links.iter().map(|link| link.name.clone()).collect(),
        snapshot,
        port_v4: Some(4000),
        port_v6: None,
    }
}

fn default_route(link: &str, gateway: &str) -> Route {
    Route {
        destination: "0.0.0.0/0".parse::<Prefix>().unwrap(),
        gateway: Some(gateway.parse().unwrap()),
        link: Some(link.parse().unwrap()),
        source: None,
        metric: 0,
        table: Route::MAIN,
        protocol: 3,
        kind: RouteKind::Unicast,
        flags: 0,
        is_multipath: false,
    }
}

/// The hosts as a coordinator numbers them: in the order in which they are given.
fn numbered(hosts: &[SurveyedHost]) -> Vec<SurveyedHost> {
    (0..).zip(hosts).map(|(number, host)| SurveyedHost { number, ..host.clone() }).collect()
}

fn state<'a>(hosts: &[SurveyedHost], options: &'a SurveyOptions) -> SurveyState<'a> {
    SurveyState::new(RunId(1), numbered(hosts), &|_| true, options)
}

/// What is asked from the start, by whom, of whom and in which round; when within the round, and
/// in which order the peers have their turns, is left out.
fn questions(hosts: &[SurveyedHost]) -> BTreeSet<String> {
    let options = SurveyOptions::default();
    let work = state(hosts, &options).initial_work();
    let of_host = |(host, work): (HostName, HostWork)| {
        let rounds: Vec<_> = work.rounds.iter().flat_map(RoundSchedule::tasks).collect();
        work.tasks.into_iter().chain(rounds).map(move |task| {
            let ProbeTask { link, peer, round, question, .. } = task;
            let of_link = link.map(|link| link.to_string());
            match question {
                // To all peers of the link, or to each in turn.
                ProbeQuestion::Broadcast { from, .. } => {
                    format!("{host} {of_link:?} {round} broadcast {from}")
                }
                ProbeQuestion::Multicast { from, .. } => {
                    format!("{host} {of_link:?} {round} multicast {from}")
                }
                ProbeQuestion::Neighbour { .. } => {
                    format!("{host} {of_link:?} {peer:?} {question:?}")
                }
                _ => format!("{host} {of_link:?} {peer:?} {round} {question:?}"),
            }
        })
    };
    work.into_iter().flat_map(of_host).collect()
}

/// Up to five hosts with one link or two in four networks, with and without a gateway; one network
/// has no room for a second host (RFC 3442).
fn some_hosts() -> impl Strategy<Value = Vec<SurveyedHost>> {
    let links = (prop::sample::subsequence(vec![0_u8, 1, 2, 3], 1..3), any::<[bool; 2]>());
    prop::collection::vec(links, 2..6).prop_map(|all| {
        let host_of = |(at, (networks, has_gateway)): (usize, (Vec<u8>, [bool; 2]))| {
            let address = |network: u8, link: usize| match network {
                3 => format!("10.3.{at}.{}/32", link + 1),
                _ => format!("10.{network}.0.{}/24", at * 2 + link + 2),
            };
            let links: Vec<_> = networks
                .into_iter()
                .zip(has_gateway)
                .enumerate()
                .map(|(link, (network, has_gateway))| {
                    let gateway = has_gateway.then(|| format!("10.{network}.0.1"));
                    (format!("eth{link}"), address(network, link), gateway)
                })
                .collect();
            let links: Vec<HostLink<'_>> = links
                .iter()
                .map(|(link, prefix, gateway)| (&**link, &**prefix, gateway.as_deref()))
                .collect();
            // Names are not in the order of numbers.
            host(&format!("pi{}", (at * 3) % 5), &links)
        };
        all.into_iter().enumerate().map(host_of).collect()
    })
}

proptest! {
    #[test]
    fn who_coordinates_changes_no_question(hosts in some_hosts(), by in 0_usize..5) {
        let mut others = hosts.clone();
        others.rotate_left(by % hosts.len());
        prop_assert_eq!(questions(&others), questions(&hosts));
    }

    #[test]
    fn a_host_more_takes_no_question_away(hosts in some_hosts()) {
        let fewer = questions(&hosts[..hosts.len() - 1]);
        let more = questions(&hosts);
        let gone: Vec<_> = fewer.difference(&more).collect();
        prop_assert!(gone.is_empty(), "{:?}", gone);
    }
}

#[test]
fn peers_that_answer_do_not_end_the_questions_to_a_gateway() {
    let gateway = Some("10.0.0.1");
    let hosts = [
        host("pi1", &[("eth0", "10.0.0.11/24", gateway)]),
        host("pi2", &[("eth0", "10.0.0.12/24", gateway)]),
    ];
    let options = SurveyOptions::default();
    for (asked, answered, is_over) in
        [(0, 0, false), (4, 0, false), (5, 0, true), (1, 1, true), (12, 0, true)]
    {
        let mut state = state(&hosts, &options);
        let seen = |direction, kind| Observation {
            direction,
            cast: None,
            answer: (direction == ObservedEvent::Answered).then_some(ProbeAnswer::Reply),
            ..Observation::sent(RunId(1), "pi1".parse().unwrap(), IpFamily::V4, kind)
        };
        state.each_direction(&mut |_, _, take| {
            for (round, event) in (1..=3).flat_map(|round| {
                [ObservedEvent::Sent, ObservedEvent::Arrived, ObservedEvent::Answered]
                    .map(|event| (round, event))
            }) {
                let cast = (event == ObservedEvent::Arrived).then_some(FrameDestination::Unicast);
                take(&Observation { round, cast, ..seen(event, ProbeKind::Udp) });
            }
        });
        for (count, event) in [(asked, ObservedEvent::Sent), (answered, ObservedEvent::Answered)] {
            for round in 1..=count {
                state.take(Observation {
                    round,
                    asked_link: Some("eth0".parse().unwrap()),
                    address: gateway.map(|gateway| gateway.parse().unwrap()),
                    ..seen(event, ProbeKind::RoutedEcho)
                });
            }
        }
        let over = state.settle(&BTreeSet::new());
        assert_eq!(state.progress(), (1, 1), "the pair is settled");
        let (place, _) = state.endpoints.find(&hosts_endpoint()).unwrap();
        let groups = over.get(&hosts[0].host).cloned().unwrap_or_default();
        let what = format!("asked {asked} times, answered {answered}");
        assert_eq!(groups.contains(&state.endpoint_group(place)), is_over, "{what}");
    }
}

fn hosts_endpoint() -> EndpointKey {
    let (host, link) = ("pi1".parse().unwrap(), "eth0".parse().unwrap());
    EndpointKey { host, link, family: IpFamily::V4 }
}

#[test]
fn hosts_that_only_routers_connect_are_asked_both_ways() {
    let gateway = Some("172.20.0.1");
    for (a, b, is_routed, what) in [
        (("172.20.5.1/32", gateway), ("172.20.5.2/32", gateway), true, "a network for each"),
        (("172.20.0.5/24", gateway), ("10.1.0.2/24", Some("10.1.0.1")), true, "two routers"),
        (("172.20.0.5/24", gateway), ("172.20.0.6/24", gateway), false, "one network"),
        (("172.20.0.5/16", gateway), ("172.20.5.2/32", gateway), false, "one has the other"),
        (("172.20.0.5/24", gateway), ("10.1.0.2/24", None), false, "no way back"),
    ] {
        let hosts = [host("pi1", &[("eth0", a.0, a.1)]), host("pi2", &[("wlan0", b.0, b.1)])];
        let asked = questions(&hosts);
        let ways = asked.iter().filter(|question| question.contains("RoutedUdp")).count();
        assert_eq!(ways, if is_routed { 2 } else { 0 }, "{what}: {asked:?}");
    }
}

#[test]
fn a_name_chooses_a_link_and_what_others_call_it() {
    let hosts = [
        host("pi1", &[("wlan0", "10.0.0.1/24", None), ("eth0", "10.1.0.1/24", None)]),
        host("pi2", &[("wlp3s0", "10.0.0.2/24", None), ("eno1", "10.2.0.2/24", None)]),
        host("pi3", &[("eno1", "10.3.0.3/24", None)]),
    ];
    let chosen = |only: &[&str], order: [usize; 3]| -> BTreeSet<String> {
        let only: Vec<IfName> = only.iter().map(|name| name.parse().unwrap()).collect();
        let members = order.map(|at| &hosts[at]);
        let links = chosen_links(&members, &only);
        let named = members.iter().zip(links);
        named
            .flat_map(|(member, links)| {
                links.into_iter().map(|link| format!("{} {link}", member.host)).collect::<Vec<_>>()
            })
            .collect()
    };
    for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0]] {
        assert_eq!(chosen(&[], order).len(), 5);
        assert_eq!(chosen(&["wlan0"], order), ["pi1 wlan0", "pi2 wlp3s0"].map(Into::into).into());
        assert_eq!(chosen(&["eno1"], order), ["pi2 eno1", "pi3 eno1"].map(Into::into).into());
    }
}
