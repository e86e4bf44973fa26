//! A host's own name.

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::IdentityEvidence;
use pontoon_diagnosis::{Certainty, DiagnosisScope, Remedy};

use super::rule_context::RuleContext;

/// The host's name resolves to a loopback address on itself, as Debian's installer sets it up.
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
            let evidence = [IdentityEvidence::HostsFileLoopback {
                host: name.clone(),
                host_name: host.snapshot.host_name.clone(),
                address: line.address,
            }];
            let scope = DiagnosisScope::host(name);
            found.push(RuleMatch::new(scope, Certainty::Confirmed, evidence).with_remedies([
                Remedy::action(
                    "do not use this name as --control-plane-endpoint: on the host itself it \
                     resolves to loopback, elsewhere it does not",
                ),
            ]));
        }
    }
    found
}
