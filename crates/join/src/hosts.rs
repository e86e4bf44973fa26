//! The same join rehearsed on several hosts, most of which are asked without the token.

use std::collections::BTreeMap;

use pontoon_model::exit::Exit;
use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

use crate::report::Report;
use crate::request::Request;
use crate::verdict::{Stage, Step, Verdict};

/// The name and version of this form. Within a version fields are only ever added.
pub const SCHEMA: &str = "pontoon/join-hosts/v1";

/// Rehearsals of one join.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Hosts {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The server that the line names.
    pub endpoint: String,
    /// Each host that could be asked. What takes the token is undecided, but on the host where
    /// pontoon runs.
    pub hosts: Vec<Report>,
    /// The others, and why.
    pub unreached: BTreeMap<HostName, Untrusted>,
}

impl Hosts {
    /// What it amounts to: the worst of them.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let worst = self.hosts.iter().map(Report::exit).min().unwrap_or(Exit::Good);
        if self.unreached.is_empty() { worst } else { worst.or(Exit::Unreachable) }
    }
}

impl Verdict {
    /// Adds what is not decided of a host that the token was not taken to.
    #[must_use]
    pub fn without_token(mut self, request: &Request) -> Self {
        if self.stop.is_some() || request.bearer().is_none() {
            return self;
        }
        let mut open = |stage| {
            let seen = "read with the token, which stays on the host where pontoon runs: asked \
                        from there only";
            self.steps.push(Step { stage, is_passed: None, seen: seen.to_owned() });
        };
        open(Stage::Reads);
        if request.is_control_plane {
            open(Stage::ControlPlane);
        }
        open(Stage::NodeName);
        self
    }

    /// Whether nothing stands in the way as far as was asked, and what is read with the token was
    /// not.
    #[must_use]
    pub fn lacks_token(&self) -> bool {
        let is_open = |step: &Step| step.stage == Stage::Reads && step.is_passed.is_none();
        self.stop.is_none() && self.steps.iter().any(is_open)
    }
}
