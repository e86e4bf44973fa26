//! A host's own name.

use super::row::RuleMatch;
use pontoon_model::finding::{DiagnosisScope, Level};

use super::rule_context::RuleContext;

/// The host's name leads to itself by loopback, as Debian arranges it.
pub(super) fn hostname_loopback(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        let own = host.snapshot.host_name.as_str();
        let line = host.snapshot.hosts_file.iter().find(|line| {
            line.address.is_loopback()
                && line.names.iter().any(|name| name.raw().eq_ignore_ascii_case(own))
        });
        if let Some(line) = line {
            let because = vec![format!("/etc/hosts of {name} says that {own} is {}", line.address)];
            found
                .push(RuleMatch::new(DiagnosisScope::host(name), Level::Confirmed, because).advise([
                "do not use this name as --control-plane-endpoint: on the host itself it leads to \
                 loopback, elsewhere it does not",
            ]));
        }
    }
    found
}
