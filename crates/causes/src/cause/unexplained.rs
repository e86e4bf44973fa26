//! What no other row explains.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CheckLocation::Node;
use super::remedy::run;
use super::{Cause, CauseCheck};

pub(super) const TABLE: &[Cause] = &[Cause {
    code: code::UNEXPLAINED,
    severity: Severity::Error,
    summary: "something does not work, and no known cause explains it",
    distinguished_by: "every cause that is known is excluded, or needs something that was not \
                       observed",
    check: CauseCheck::new(Node, "pontoon mesh HOSTS --ports worker"),
    remedies: &[
        run("pontoon mesh HOSTS --ports worker").to("see which ports pass between the nodes"),
        run("journalctl -u kubelet -n 200 | pontoon explain -")
            .on(Node)
            .to("look for an error text that is known"),
    ],
    source: "pontoon cluster check: what is left when every rule has been applied",
}];
