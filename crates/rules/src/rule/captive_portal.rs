//! Captive portals: networks that intercept HTTP until somebody logs in (RFC 8952).

use std::collections::BTreeMap;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::ServiceEvidence;
use pontoon_diagnosis::{Certainty, CommandPlace, DiagnosisScope, DistinguishingCheck, Remedy};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::observation::{DnsQuery, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::shell_command;
use pontoon_model::untrusted::Untrusted;

use super::rule_context::RuleContext;

/// HTTP requests are answered by something else than the server that was asked.
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
            let mut evidence = vec![ServiceEvidence::PortalAnswer {
                url: url.clone(),
                status,
                location: location.cloned(),
            }];
            let invents = invents_names(facts, host, link);
            evidence.extend(invents.then_some(ServiceEvidence::PortalInventsNames));
            let is_told = location.is_some() || status == NETWORK_AUTHENTICATION_REQUIRED;
            let certainty =
                if is_told && invents { Certainty::Confirmed } else { Certainty::Likely };
            let page = location.map_or_else(|| "any http page".to_owned(), ToString::to_string);
            // Where the URL had to be escaped, what is shown is not what was asked for.
            let curl = shell_command!("curl -i {}", url);
            RuleMatch::new(DiagnosisScope::link(host, link), certainty, evidence)
                .with_remedies([
                    Remedy::action(format!("log in with a browser from {host}: {page}")),
                    Remedy::action(
                        "have the MAC address registered: a headless host cannot log in",
                    ),
                ])
                .distinguished_by(DistinguishingCheck::by_command(
                    CommandPlace::Host(host.clone()),
                    curl,
                ))
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
