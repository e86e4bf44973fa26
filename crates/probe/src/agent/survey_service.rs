//! The agent as a service of this host's far end.

use std::time::Duration;

use nix::poll::PollFd;
use pontoon_remote::far_end::ServiceMessage;
use pontoon_remote::message::read_body;
use pontoon_remote::protocol_error::ProtocolError;
use pontoon_remote::session::far_loop::{LoopService, ServiceOutput};

use super::agent_run::AgentRun;
use crate::edge::clock::{RunClock, unix_s};
use crate::node_name;
use crate::probe_token::AgentKeys;
use crate::protocol::{FromAgent, ToAgent};
use crate::snapshot::{self, SnapshotSources};
use crate::witness::AgentIdentity;

/// Most observations in one message.
const SAW_MAX: usize = 200;

/// Takes part in one survey: executes what its coordinator schedules, and reports what it saw.
pub struct SurveyService {
    clock: RunClock,
    part: Option<AgentRun>,
}

impl Default for SurveyService {
    fn default() -> Self {
        Self { clock: RunClock::start(), part: None }
    }
}

impl LoopService for SurveyService {
    fn handle_message(
        &mut self,
        message: ServiceMessage,
        output: &mut ServiceOutput<'_>,
    ) -> Result<(), ProtocolError> {
        match (self.execute(read_body(&message.body)?), message.id) {
            (Some(reply), Some(id)) => output.respond(id, &reply),
            (Some(reply), None) => output.push(&reply),
            (None, _) => Ok(()),
        }
    }

    fn handle_turn(&mut self, output: &mut ServiceOutput<'_>) -> Result<(), ProtocolError> {
        self.turn().iter().try_for_each(|message| output.push(message))
    }

    /// Frames and flows; the coordinator's own pipe is the loop's affair.
    fn poll_fds(&self) -> Vec<PollFd<'_>> {
        let fds = self.part.iter().flat_map(AgentRun::fds);
        fds.map(|(fd, flags)| PollFd::new(fd, flags)).collect()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        let deadline = self.part.as_ref()?.deadline()?;
        Some(Duration::from_millis(deadline.0.saturating_sub(self.clock.now().0)))
    }
}

fn fault(why: &str) -> FromAgent {
    FromAgent::Fault { why: why.to_owned() }
}

impl SurveyService {
    /// Carries out a message of the coordinator; returns the answer, if it has one.
    fn execute(&mut self, message: ToAgent) -> Option<FromAgent> {
        let now = self.clock.now();
        match (message, &mut self.part) {
            (ToAgent::Begin { .. }, Some(_)) => return Some(fault("a run has begun already")),
            (
                ToAgent::Begin {
                    run,
                    number,
                    host,
                    run_key,
                    own_key,
                    asks_own_name,
                    third_parties,
                },
                slot,
            ) => {
                let identity = AgentIdentity { run, host, number, run_key: run_key.clone() };
                let mut snapshot =
                    snapshot::take(&SnapshotSources::live(unix_s(), std::env::vars_os()));
                if asks_own_name {
                    node_name::complete(&mut snapshot);
                }
                let ready = FromAgent::Ready { snapshot: Box::new(snapshot.clone()) };
                *slot = Some(AgentRun::new(
                    identity,
                    AgentKeys { run: run_key, own: own_key },
                    snapshot,
                    third_parties,
                ));
                return Some(ready);
            }
            (ToAgent::Watch { links, port }, Some(part)) => return Some(part.watch(&links, port)),
            (ToAgent::Peers { peers }, Some(part)) => part.set_peers(peers),
            (ToAgent::Listen { ports }, Some(part)) => return Some(part.listen(&ports)),
            (ToAgent::Do { rounds, tasks }, Some(part)) => {
                part.enqueue(now, tasks.into_iter());
                for course in &rounds {
                    part.enqueue(now, course.tasks());
                }
            }
            (ToAgent::Cancel { groups }, Some(part)) => part.cancel(&groups.into_iter().collect()),
            (ToAgent::Finish, Some(part)) => return Some(part.finish()),
            (_, None) => return Some(fault("the first message has to be `begin`")),
        }
        None
    }

    fn turn(&mut self) -> Vec<FromAgent> {
        let Some(part) = &mut self.part else { return Vec::new() };
        let seen = part.turn(self.clock.now());
        part.mark_sent(self.clock.now());
        let mut messages: Vec<_> =
            seen.chunks(SAW_MAX).map(|some| FromAgent::Saw { seen: some.to_vec() }).collect();
        messages.extend(part.has_become_idle().then_some(FromAgent::Idle));
        messages
    }
}

#[cfg(test)]
mod tests {
    use pontoon_model::host::HostName;
    use pontoon_model::observation::RunId;

    use super::*;
    use crate::protocol::ThirdParties;
    use crate::run_key::RunKey;

    #[test]
    fn an_agent_takes_part_in_one_run() {
        let begin = || ToAgent::Begin {
            run: RunId(1),
            number: 0,
            host: HostName::lossy("a"),
            run_key: RunKey::from_bytes([1; 32]),
            own_key: RunKey::from_bytes([2; 32]),
            asks_own_name: false,
            third_parties: ThirdParties::default(),
        };
        let mut service = SurveyService::default();
        assert!(matches!(service.execute(ToAgent::Finish), Some(FromAgent::Fault { .. })));
        assert!(matches!(service.execute(begin()), Some(FromAgent::Ready { .. })));
        // A second one would have new budgets.
        assert!(matches!(service.execute(begin()), Some(FromAgent::Fault { .. })));
    }
}
