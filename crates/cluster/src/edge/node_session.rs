//! The node service of a session with a host: questions to a node of a cluster, or to a host that
//! is to be one.

use std::time::Duration;

use pontoon_model::untrusted::Untrusted;
use pontoon_remote::limits::ANSWER_WITHIN;
use pontoon_remote::message::ServiceName;
use pontoon_remote::session::host_session::{HostSession, ServiceChannel};

use crate::node_protocol::{NodeRequest, NodeResponse};

/// A host that is asked one thing after another.
#[derive(Debug)]
pub struct NodeSession(ServiceChannel);

impl NodeSession {
    /// The only service of a session.
    #[must_use]
    pub fn alone(session: HostSession) -> Self {
        Self::of(session.into_service(ServiceName::Node))
    }

    /// One of several services of a session, each in a thread of its own.
    ///
    /// # Errors
    ///
    /// As [`HostSession::open_service`].
    pub fn beside_others(session: &HostSession) -> std::io::Result<Self> {
        session.open_service(ServiceName::Node).map(Self::of)
    }

    fn of(channel: ServiceChannel) -> Self {
        // The test pods of a control plane are removed when the session ends.
        channel.takes_back();
        Self(channel)
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    ///
    /// Why there is none, or what the other end says.
    pub fn ask(&mut self, request: &NodeRequest) -> Result<NodeResponse, Untrusted> {
        self.ask_within(request, Duration::ZERO)
    }

    /// The same of a question that may take so much longer than others.
    ///
    /// # Errors
    ///
    /// As [`Self::ask`].
    pub fn ask_within(
        &mut self,
        request: &NodeRequest,
        longer: Duration,
    ) -> Result<NodeResponse, Untrusted> {
        let within = ANSWER_WITHIN.saturating_add(longer);
        self.0.ask(request, within).map_err(|error| Untrusted::new(&error.to_string()))
    }
}
