//! Networks with a captive portal.

use std::collections::BTreeMap;

use super::row::RuleMatch;
use pontoon_model::facts::Facts;
use pontoon_model::finding::{DiagnosisScope, Level};
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::observation::{DnsQuery, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::untrusted::Untrusted;

use super::rule_context::RuleContext;

/// Web requests are answered by somebody who is not the one that was asked.
pub(super) fn captive_portal(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut pages: BTreeMap<(&HostName, &IfName), (u16, &Untrusted, Option<&Untrusted>)> =
        BTreeMap::new();
    for seen in &facts.observations {
        let ProbeKind::Portal { url } = &seen.kind else { continue };
        let Some(link) = seen.asked_link.as_ref() else { continue };
        if let (
            ObservedEvent::Answered,
            Some(ProbeAnswer::Http { status, location, is_expected: false }),
        ) = (seen.direction, &seen.answer)
            && is_of_portal(*status)
        {
            pages.entry((&seen.host, link)).or_insert((*status, url, location.as_ref()));
        }
    }
    pages
        .into_iter()
        .map(|((host, link), (status, url, location))| {
            let mut because = vec![match location {
                Some(location) => {
                    format!("{url} was answered with {status}, which leads to {location}")
                }
                None => format!("{url} was answered with {status} and a page that is not its own"),
            }];
            let invents = invents_names(facts, host, link);
            because.extend(invents.then(|| {
                "a name that cannot exist has an address there, as portals arrange it".to_owned()
            }));
            let is_told = location.is_some() || status == NETWORK_AUTHENTICATION_REQUIRED;
            let level = if is_told && invents { Level::Confirmed } else { Level::Likely };
            let page = location.map_or_else(|| "any http page".to_owned(), ToString::to_string);
            RuleMatch::new(DiagnosisScope::link(host, link), level, because)
                .advise([
                    format!("log in with a browser from {host}: {page}"),
                    "or have the MAC address registered: a headless host cannot log in".to_owned(),
                ])
                .or_decide(format!("on {host}: curl -i {url}"))
        })
        .collect()
}

/// The status for captive portals (RFC 6585, section 6).
const NETWORK_AUTHENTICATION_REQUIRED: u16 = 511;

/// Errors of a server are not pages of a portal, save the one that is made for it.
const fn is_of_portal(status: u16) -> bool {
    status < 400 || status == NETWORK_AUTHENTICATION_REQUIRED
}

fn invents_names(facts: &Facts, host: &HostName, link: &IfName) -> bool {
    facts.observations.iter().any(|seen| {
        seen.host == *host
            && seen.asked_link.as_ref() == Some(link)
            && seen.kind == ProbeKind::Dns { query: DnsQuery::Invalid }
            && matches!(&seen.answer, Some(ProbeAnswer::Dns { rcode: 0, addresses }) if !addresses.is_empty())
    })
}
