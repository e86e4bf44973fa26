//! The coordinator's channel to an agent.

use std::os::fd::BorrowedFd;

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use pontoon_remote::carrier::CarrierError;
use pontoon_remote::limits::ANSWER_WITHIN;
use pontoon_remote::message::{ServiceName, read_body};
use pontoon_remote::near_end::ServiceEvent;
use pontoon_remote::reach_failure::{FailureCause, ReachFailure};
use pontoon_remote::session::host_session::{HostSession, ServiceChannel};

use crate::protocol::{FromAgent, ToAgent};

/// The survey service of a session with a host.
#[derive(Debug)]
pub struct AgentChannel(ServiceChannel);

/// Why a host takes no part in a survey.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnreachedReason {
    /// There is no session with a pontoon on it.
    #[error(transparent)]
    Carrier(#[from] CarrierError),
    /// Its agent cannot go on.
    #[error("the agent cannot go on: {why}")]
    Fault {
        /// What the agent said.
        why: Untrusted,
    },
    /// It takes part already, under another name.
    #[error("it is the same host as {other}: both names lead to one machine")]
    SameHost {
        /// The other name.
        other: HostName,
    },
}

impl UnreachedReason {
    /// What kept the host from being asked, for people.
    #[must_use]
    pub fn failure(&self) -> ReachFailure {
        match self {
            Self::Carrier(error) => ReachFailure::of(error),
            Self::Fault { why } => ReachFailure::new(FailureCause::Fault, why.raw()),
            Self::SameHost { .. } => ReachFailure::new(FailureCause::Fault, &self.to_string()),
        }
    }
}

impl AgentChannel {
    /// The only service of a session.
    #[must_use]
    pub fn alone(session: HostSession) -> Self {
        Self(session.into_service(ServiceName::Survey))
    }

    /// One of several services of a session, each in a thread of its own.
    ///
    /// # Errors
    ///
    /// As [`HostSession::open_service`].
    pub fn beside_others(session: &HostSession) -> std::io::Result<Self> {
        session.open_service(ServiceName::Survey).map(Self)
    }

    /// What to wait for.
    pub fn readable(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.readable()
    }

    /// What to wait for besides, while bytes wait to be taken.
    #[must_use]
    pub fn writable(&self) -> Option<BorrowedFd<'_>> {
        self.0.writable()
    }

    /// Sends a message, now or as soon as the pipe takes it.
    ///
    /// # Errors
    ///
    /// When the agent is gone.
    pub fn send(&mut self, message: &ToAgent) -> Result<(), CarrierError> {
        if message.is_answered() {
            // The coordinator has limits of its own, which are shorter.
            self.0.send_request(message, ANSWER_WITHIN).map(drop)
        } else {
            self.0.send_notice(message)
        }
    }

    /// Takes the messages that came: answers and pushes.
    ///
    /// # Errors
    ///
    /// When the agent is gone, sends too much, or is no agent.
    pub fn receive(&mut self) -> Result<Vec<FromAgent>, CarrierError> {
        let mut messages = Vec::new();
        for event in self.0.hear()? {
            match event {
                ServiceEvent::Answered { body, .. } | ServiceEvent::Pushed { body } => {
                    messages.push(read_body(&body)?);
                }
                ServiceEvent::Refused { why, .. } => {
                    messages.push(FromAgent::Fault { why: why.raw().to_owned() });
                }
                ServiceEvent::TimedOut { .. } => {}
            }
        }
        Ok(messages)
    }
}
