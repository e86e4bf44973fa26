//! Sessions of both ends: regular ones, and violations of the protocol.

use std::time::Duration;

use pontoon_model::untrusted::Untrusted;
use proptest::prelude::*;

use super::SessionTwin;
use crate::far_end::FarEnd;
use crate::framing::{FramingError, write_frames};
use crate::limits::{
    ANSWER_WITHIN, GREETING_WITHIN, MESSAGE_MAX, PENDING_MAX, UNSENT_MAX, UNSOLICITED_MAX,
};
use crate::message::ServiceName::{Node, Survey};
use crate::near_end::{NearEnd, NearEvent, ServiceEvent};
use crate::preamble::{PreambleError, VERSIONS, VersionRange};
use crate::protocol_error::ProtocolError;

fn events(near: &mut NearEnd) -> Vec<NearEvent> {
    std::iter::from_fn(|| near.poll_event()).collect()
}

fn greeted() -> SessionTwin {
    let mut twin = SessionTwin::default();
    twin.deliver(usize::MAX).unwrap();
    twin.deliver(usize::MAX).unwrap();
    assert_eq!(events(&mut twin.near), [NearEvent::Greeted { version: VERSIONS.highest }]);
    twin
}

/// Feeds bytes of a far end to a near end with one open request.
fn near_hears(bytes: &[u8]) -> Result<(), ProtocolError> {
    let mut near = greeted().near;
    near.send_request(Node, b"1", Duration::ZERO, ANSWER_WITHIN).unwrap();
    near.handle_bytes(bytes)
}

fn framed(message: &str) -> Vec<u8> {
    write_frames(message.as_bytes()).unwrap()
}

#[test]
fn answers_find_their_requests_in_any_order() {
    let mut twin = greeted();
    let ask = |twin: &mut SessionTwin, service, body: &[u8]| {
        twin.near.send_request(service, body, twin.now, ANSWER_WITHIN).unwrap()
    };
    let first = ask(&mut twin, Node, b"1");
    let second = ask(&mut twin, Survey, b"2");
    let third = ask(&mut twin, Node, b"3");
    twin.near.send_notice(Survey, b"4").unwrap();
    twin.deliver(3).unwrap();
    let heard: Vec<_> = std::iter::from_fn(|| twin.far.poll_message()).collect();
    let bodies: Vec<_> = heard.iter().map(|one| (one.service, one.id, &one.body[..])).collect();
    assert_eq!(
        bodies,
        [
            (Node, Some(first), &b"1"[..]),
            (Survey, Some(second), b"2"),
            (Node, Some(third), b"3"),
            (Survey, None, b"4"),
        ]
    );
    twin.far.push(Survey, b"seen").unwrap();
    twin.far.respond(third, b"three").unwrap();
    twin.far.refuse(first, "no").unwrap();
    twin.far.respond(second, b"two").unwrap();
    assert_eq!(twin.far.respond(second, b"again"), Err(ProtocolError::UnknownRequest));
    twin.deliver(5).unwrap();
    let answered = |id, body: &[u8]| ServiceEvent::Answered { id, body: body.to_vec() };
    assert_eq!(
        events(&mut twin.near),
        [
            NearEvent::Service(Survey, ServiceEvent::Pushed { body: b"seen".to_vec() }),
            NearEvent::Service(Node, answered(third, b"three")),
            NearEvent::Service(
                Node,
                ServiceEvent::Refused { id: first, why: Untrusted::new("no") }
            ),
            NearEvent::Service(Survey, answered(second, b"two")),
        ]
    );
}

#[test]
fn what_comes_too_late_is_not_taken_for_the_next_answer() {
    let mut twin = greeted();
    let slow = twin.near.send_request(Node, b"1", twin.now, Duration::from_secs(1)).unwrap();
    assert_eq!(twin.near.poll_timeout(), Some(Duration::from_secs(1)));
    twin.pass(Duration::from_secs(1)).unwrap();
    let late = NearEvent::Service(Node, ServiceEvent::TimedOut { id: slow });
    assert_eq!(events(&mut twin.near), [late]);
    let next = twin.near.send_request(Node, b"2", twin.now, Duration::from_secs(1)).unwrap();
    twin.deliver(usize::MAX).unwrap();
    twin.far.respond(slow, b"old").unwrap();
    twin.far.respond(next, b"new").unwrap();
    twin.deliver(usize::MAX).unwrap();
    let new = ServiceEvent::Answered { id: next, body: b"new".to_vec() };
    assert_eq!(events(&mut twin.near), [NearEvent::Service(Node, new)]);
    assert_eq!(twin.near.poll_timeout(), None);
}

#[test]
fn a_far_end_that_says_nothing_is_silent() {
    let mut twin = SessionTwin::default();
    assert_eq!(twin.near.poll_timeout(), Some(GREETING_WITHIN));
    twin.near.handle_bytes(b"Welcome\n").unwrap();
    twin.pass(GREETING_WITHIN.mul_f32(0.9)).unwrap();
    assert_eq!(twin.pass(GREETING_WITHIN.mul_f32(0.2)), Err(ProtocolError::Silent));
}

#[test]
fn both_ends_refuse_another_version_by_name() {
    let range = |lowest, highest| VersionRange { lowest, highest };
    let twin = |near, far| SessionTwin {
        near: NearEnd::of_versions(near),
        far: FarEnd::of_versions(far),
        now: Duration::ZERO,
    };
    let mut both = twin(range(4, 4), range(9, 9));
    let theirs = Some(range(4, 4));
    let error = PreambleError::OtherVersion { theirs, ours: range(9, 9) };
    assert_eq!(both.deliver(7), Err(ProtocolError::Preamble(error)));
    let theirs = Some(range(9, 9));
    let error = PreambleError::OtherVersion { theirs, ours: range(4, 4) };
    let said = both.far.poll_transmit().to_vec();
    assert_eq!(both.near.handle_bytes(&said), Err(ProtocolError::Preamble(error)));

    let mut both = twin(range(4, 6), range(5, 9));
    both.deliver(7).unwrap();
    assert_eq!(events(&mut both.near), [NearEvent::Greeted { version: 6 }]);
}

#[test]
fn what_is_no_message_of_ours_has_a_type() {
    let table: [(Vec<u8>, ProtocolError); 8] = [
        (
            b"\x7f\xff\xff\xff".to_vec(),
            ProtocolError::Framing(FramingError::TooLong { limit: 65_536 }),
        ),
        (b"\x80\0\0\0".to_vec(), ProtocolError::Framing(FramingError::EmptyPart)),
        (framed(""), ProtocolError::UnreadableHead),
        (framed("hello"), ProtocolError::UnreadableHead),
        (framed(&" ".repeat(1000)), ProtocolError::UnreadableHead),
        (framed("{\"push\":{}}\n1"), ProtocolError::UnreadableHead),
        (framed("{\"notice\":{\"service\":\"node\"}}\n1"), ProtocolError::WrongDirection),
        (framed("{\"response\":{\"id\":2}}\n1"), ProtocolError::UnknownRequest),
    ];
    for (bytes, error) in table {
        assert_eq!(near_hears(&bytes), Err(error), "{}", String::from_utf8_lossy(&bytes));
    }
    let far_hears = |bytes: &[u8]| {
        let mut far = greeted().far;
        far.handle_bytes(bytes)
    };
    let push = framed("{\"push\":{\"service\":\"node\"}}\n1");
    assert_eq!(far_hears(&push), Err(ProtocolError::WrongDirection));
    let first = FarEnd::default().handle_bytes(b"GET / HTTP/1.1");
    assert!(matches!(first, Err(ProtocolError::Preamble(PreambleError::NotPontoon { .. }))));
}

#[test]
fn a_service_that_is_not_known_is_refused_and_the_rest_goes_on() {
    let mut twin = greeted();
    let unknown = "{\"request\":{\"id\":7,\"service\":\"of-the-future\"}}\n1";
    twin.far.handle_bytes(&framed(unknown)).unwrap();
    assert_eq!(twin.far.poll_message(), None);
    let said = String::from_utf8(twin.far.poll_transmit().to_vec()).unwrap();
    assert!(said.contains("{\"refusal\":{\"id\":7}}\nthis pontoon does not have"), "{said}");
}

#[test]
fn an_early_end_says_where_it_came() {
    let ended = |is_torn, said| ProtocolError::Ended { is_torn, said: Untrusted::new(said) };
    let mut near = NearEnd::default();
    near.handle_bytes(b"bash: pontoon: not found").unwrap();
    assert_eq!(near.handle_end(), ended(false, "bash: pontoon: not found"));
    let mut near = greeted().near;
    assert_eq!(near.handle_end(), ended(false, ""));
    let push = framed("{\"push\":{\"service\":\"node\"}}\n1");
    near.handle_bytes(&push[..push.len() - 1]).unwrap();
    assert_eq!(near.handle_end(), ended(true, ""));
}

#[test]
fn floods_are_cut_off_in_both_directions() {
    let mut twin = greeted();
    let large = vec![b'1'; 1024 * 1024];
    let mut pushed = 0;
    let flooded = loop {
        twin.far.push(Survey, &large).unwrap();
        if let Err(error) = twin.deliver(usize::MAX) {
            break error;
        }
        pushed += large.len();
    };
    assert_eq!(flooded, ProtocolError::Floods);
    assert!(pushed <= UNSOLICITED_MAX && pushed > UNSOLICITED_MAX / 2);

    // Responses to open requests do not count as unsolicited.
    let mut twin = greeted();
    for _ in 0..2 * UNSOLICITED_MAX / large.len() {
        let id = twin.near.send_request(Node, b"1", twin.now, ANSWER_WITHIN).unwrap();
        twin.deliver(usize::MAX).unwrap();
        twin.far.poll_message().unwrap();
        twin.far.respond(id, &large).unwrap();
        twin.deliver(usize::MAX).unwrap();
    }

    let mut far = FarEnd::default();
    let unread = (0..).find_map(|_| far.push(Survey, &large).err());
    assert_eq!(unread, Some(ProtocolError::Unread));
    assert!(far.poll_transmit().len() <= UNSENT_MAX);
}

#[test]
fn requests_and_answers_have_their_limits() {
    let mut near = NearEnd::default();
    for _ in 0..PENDING_MAX {
        near.send_request(Node, b"1", Duration::ZERO, ANSWER_WITHIN).unwrap();
    }
    let more = near.send_request(Node, b"1", Duration::ZERO, ANSWER_WITHIN);
    assert_eq!(more, Err(ProtocolError::TooManyRequests));

    let mut twin = greeted();
    let id = twin.near.send_request(Node, b"1", twin.now, ANSWER_WITHIN).unwrap();
    twin.deliver(usize::MAX).unwrap();
    twin.far.respond(id, &vec![b'1'; MESSAGE_MAX]).unwrap();
    twin.deliver(usize::MAX).unwrap();
    let told = events(&mut twin.near);
    let [NearEvent::Service(Node, ServiceEvent::Refused { why, .. })] = &told[..] else {
        panic!("{told:?}")
    };
    assert!(why.raw().contains("more than 4194304 bytes"), "{why}");
}

proptest! {
    #[test]
    fn a_session_is_the_same_however_it_is_cut(
        bodies in proptest::collection::vec(".{0,60}", 1..6), long in 0usize..150_000, step in 1usize..70_000,
    ) {
        let mut twin = SessionTwin::default();
        let mut bodies = bodies;
        bodies.push("x".repeat(long));
        for (number, body) in bodies.iter().enumerate() {
            let service = if number % 2 == 0 { Node } else { Survey };
            twin.near.send_request(service, body.as_bytes(), twin.now, ANSWER_WITHIN).unwrap();
        }
        twin.deliver(step).unwrap();
        while let Some(message) = twin.far.poll_message() {
            twin.far.push(message.service, &message.body).unwrap();
            twin.far.respond(message.id.unwrap(), &message.body).unwrap();
        }
        twin.deliver(step).unwrap();
        let (mut pushed, mut answered) = (Vec::new(), Vec::new());
        for event in events(&mut twin.near) {
            match event {
                NearEvent::Service(_, ServiceEvent::Pushed { body }) => pushed.push(body),
                NearEvent::Service(_, ServiceEvent::Answered { body, .. }) => answered.push(body),
                _ => {}
            }
        }
        let bodies: Vec<_> = bodies.into_iter().map(String::into_bytes).collect();
        prop_assert_eq!(&pushed, &bodies);
        prop_assert_eq!(&answered, &bodies);
    }

    #[test]
    fn any_bytes_do_no_harm_to_either_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = near_hears(&bytes);
        let _ = NearEnd::default().handle_bytes(&bytes);
        let _ = greeted().far.handle_bytes(&bytes);
        let _ = FarEnd::default().handle_bytes(&bytes);
    }
}
