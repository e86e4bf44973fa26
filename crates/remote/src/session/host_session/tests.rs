//! Sessions with far ends in threads, and with programs that are no far ends.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::*;
use crate::far_end::ServiceMessage;
use crate::preamble::{VERSIONS, VersionRange};
use crate::reach_failure::{FailureCause, ReachFailure};
use crate::session::far_loop::{
    FarServices, LoopService, ServiceOutput, ThreadService, serve_host,
};
use ServiceName::{Node, Survey};
use nix::poll::PollFd;

const SOON: Duration = Duration::from_secs(10);

/// Returns each request as its response, and pushes each notice.
struct Echo;

impl LoopService for Echo {
    fn handle_message(
        &mut self,
        message: ServiceMessage,
        output: &mut ServiceOutput<'_>,
    ) -> Result<(), ProtocolError> {
        let text: String = read_body(&message.body)?;
        match message.id {
            Some(id) if text == "no" => output.refuse(id, "no"),
            Some(id) => output.respond(id, &text),
            None => output.push(&text),
        }
    }

    fn handle_turn(&mut self, _: &mut ServiceOutput<'_>) -> Result<(), ProtocolError> {
        Ok(())
    }

    fn poll_fds(&self) -> Vec<PollFd<'_>> {
        Vec::new()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        None
    }
}

/// The sender's holder controls when the next response is sent.
static GATE: Mutex<Option<Receiver<()>>> = Mutex::new(None);
static IS_TAKEN_BACK: AtomicBool = AtomicBool::new(false);

struct Slow(Receiver<()>);

impl ThreadService for Slow {
    fn answer(&mut self, request: &[u8]) -> Result<Vec<u8>, Untrusted> {
        self.0.recv().map_err(|_| Untrusted::new("the gate is gone"))?;
        Ok(request.to_vec())
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        IS_TAKEN_BACK.store(true, Ordering::SeqCst);
    }
}

fn slow() -> Box<dyn ThreadService> {
    Box::new(Slow(GATE.lock().unwrap().take().unwrap()))
}

/// A session with a far end in a thread of this process.
fn session() -> (HostSession, thread::JoinHandle<()>) {
    let (near, far) = UnixStream::pair().unwrap();
    let thread = thread::spawn(move || {
        let mut echo = Echo;
        let services = FarServices {
            in_loop: [(Survey, &mut echo as &mut dyn LoopService)].into(),
            in_threads: [(Node, slow as fn() -> Box<dyn ThreadService>)].into(),
        };
        serve_host(&far, &far, services).unwrap();
    });
    let input = OwnedFd::from(near.try_clone().unwrap());
    (HostSession::over(input, near.into()), thread)
}

#[test]
fn services_of_one_session_do_not_wait_for_each_other() {
    let (open, gate): (Sender<()>, _) = channel();
    *GATE.lock().unwrap() = Some(gate);
    let (session, far) = session();
    session.await_greeting().unwrap();
    let mut node = session.open_service(Node).unwrap();
    let mut survey = session.open_service(Survey).unwrap();
    drop(session);
    thread::scope(|scope| {
        let slow = scope.spawn(move || node.ask::<u32>(&7, SOON).unwrap());
        for round in 0..200 {
            let text = format!("round {round} {}", "x".repeat(round * 1000));
            assert_eq!(survey.ask::<String>(&text, SOON).unwrap(), text);
        }
        let refused = survey.ask::<String>(&"no", SOON).unwrap_err();
        assert!(matches!(refused, RequestError::Refused { .. }), "{refused}");
        let unanswered = survey.ask::<u32>(&"text", SOON).unwrap_err();
        assert!(matches!(unanswered, RequestError::Carrier(CarrierError::Protocol(_))));
        assert!(!slow.is_finished());
        open.send(()).unwrap();
        // Whichever thread reads the response, it reaches the one that waits for it.
        while !slow.is_finished() {
            survey.hear().unwrap();
            thread::yield_now();
        }
        assert_eq!(slow.join().unwrap(), 7);
    });
    survey.send_notice(&"pushed").unwrap();
    let pushed = loop {
        if let [event] = &survey.hear().unwrap()[..] {
            break event.clone();
        }
    };
    assert_eq!(pushed, ServiceEvent::Pushed { body: b"\"pushed\"".to_vec() });
    assert!(!IS_TAKEN_BACK.load(Ordering::SeqCst));
    drop(survey);
    far.join().unwrap();
    assert!(IS_TAKEN_BACK.load(Ordering::SeqCst), "a service is dropped before the far end ends");
}

#[test]
fn a_late_answer_is_an_error_of_its_own() {
    let (near, _far) = UnixStream::pair().unwrap();
    let input = OwnedFd::from(near.try_clone().unwrap());
    let session = HostSession::over(input, near.into());
    let mut node = session.into_service(Node);
    let late = node.ask::<u32>(&7, Duration::from_millis(30)).unwrap_err();
    assert!(matches!(late, RequestError::TimedOut { .. }), "{late}");
}

fn greeted(script: &str) -> Result<(), ReachFailure> {
    let words = ["sh", "-c", script].map(Into::into);
    let program = RemoteProgram::via("pi2".parse().unwrap(), words);
    let session = HostSession::start(program).map_err(|error| ReachFailure::of(&error))?;
    session.await_greeting().map_err(|error| ReachFailure::of(&error))
}

/// The shell command that greets as this pontoon does.
fn print_greeting() -> String {
    let VersionRange { lowest, highest } = VERSIONS;
    format!("printf 'PONTOON-REMOTE/{lowest}-{highest}\\n'")
}

#[test]
fn what_answers_in_place_of_pontoon_has_a_cause() {
    let greeting = format!("echo Welcome; {}; cat", print_greeting());
    let table = [
        (greeting.as_str(), None),
        ("printf 'PONTOON-REMOTE/9-9\\n'; cat", Some(FailureCause::Version)),
        ("echo PONTOON-AGENT/1; cat", Some(FailureCause::Version)),
        ("echo Welcome", Some(FailureCause::NotAnAgent)),
        ("yes", Some(FailureCause::NotAnAgent)),
        ("exit 0", Some(FailureCause::Wordless)),
        ("echo Welcome; echo 'sh: 1: pontoon: not found' >&2", Some(FailureCause::NoPontoon)),
        ("echo Welcome; echo 'Authorized users only' >&2", Some(FailureCause::NotAnAgent)),
        (
            "echo 'ssh: connect to host pi2 port 22: Connection refused' >&2; exit 255",
            Some(FailureCause::Refused),
        ),
    ];
    for (script, cause) in table {
        assert_eq!(greeted(script).err().map(|failure| failure.cause), cause, "{script}");
    }
}

#[test]
fn what_takes_something_back_is_given_the_time_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("taken-back");
    let script =
        format!("{}; cat >/dev/null; sleep 0.3; touch {}", print_greeting(), mark.display());
    for takes_back in [false, true] {
        let words = ["sh", "-c", &script].map(Into::into);
        let program = RemoteProgram::via("pi2".parse().unwrap(), words);
        let session = HostSession::start(program).unwrap();
        session.await_greeting().unwrap();
        let node = session.into_service(Node);
        if takes_back {
            node.takes_back();
        }
        drop(node);
        assert_eq!(mark.exists(), takes_back);
    }
}
