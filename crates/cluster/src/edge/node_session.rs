//! The node service of a session with a host: questions to a node of a cluster.

use pontoon_model::untrusted::Untrusted;
use pontoon_remote::limits::ANSWER_WITHIN;
use pontoon_remote::message::ServiceName;
use pontoon_remote::session::host_session::{HostSession, RequestError, ServiceChannel};

use crate::node_protocol::{NodeRequest, NodeRequestError, NodeResponse};

/// A host that is asked one thing after another.
#[derive(Debug)]
pub struct NodeSession(ServiceChannel);

impl NodeSession {
    /// One of several services of a session, each in a thread of its own.
    ///
    /// # Errors
    ///
    /// As [`HostSession::open_service`].
    pub fn beside_others(session: &HostSession) -> std::io::Result<Self> {
        let channel = session.open_service(ServiceName::Node)?;
        // The test pods of a control plane are removed when the session ends.
        channel.takes_back();
        Ok(Self(channel))
    }

    /// Asks, and waits for the response, [`ANSWER_WITHIN`] at most.
    ///
    /// # Errors
    ///
    /// Why there is none, or what the other end says instead.
    pub fn ask(&mut self, request: &NodeRequest) -> Result<NodeResponse, NodeRequestError> {
        self.0.ask(request, ANSWER_WITHIN).map_err(|error| match error {
            RequestError::Refused { why } => NodeRequestError::Refused(why),
            other => NodeRequestError::NoResponse(Untrusted::new(&other.to_string())),
        })
    }
}
