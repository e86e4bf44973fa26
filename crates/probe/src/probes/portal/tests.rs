use std::net::SocketAddr;

use nix::libc::ENETUNREACH;
use pontoon_model::observation::{ClockSource, Observation, ProbeAnswer, ProbeKind};

use super::*;
use crate::flows::twin::MachineTrace;
use crate::machine::FlowId;
use crate::probes::ProbeQuestion;
use crate::probes::tests::{NOW_S, SERVER, STRANGER, done_ms, put, silence};

const AT: SocketAddr = SocketAddr::new(SERVER, 80);

fn ask(page: PortalPage) -> ProbeQuestion {
    ProbeQuestion::Portal { to: AT, page }
}

fn own() -> PortalPage {
    "http://srv.example:8080/generate_204".parse().unwrap()
}

/// A server that accepts, and answers a request with these pieces, 10 ms apart, then closes.
fn served(page: PortalPage, pieces: impl Fn(&str) -> Vec<Vec<u8>>) -> MachineTrace {
    put(&ask(page), |_, action| match action {
        FlowAction::Connect { flow, .. } => vec![(20, FlowEvent::Connected { flow: *flow })],
        FlowAction::Write { flow, bytes } => {
            let flow = *flow;
            let pieces = pieces(&String::from_utf8(bytes.clone()).unwrap());
            let end = 10 * u64::try_from(pieces.len()).unwrap() + 10;
            let bytes =
                (1..).zip(pieces).map(|(nth, bytes)| (10 * nth, FlowEvent::Bytes { flow, bytes }));
            bytes.chain([(end, FlowEvent::Closed { flow })]).collect()
        }
        _ => Vec::new(),
    })
}

fn says(page: PortalPage, text: &str) -> MachineTrace {
    served(page, |_| vec![text.as_bytes().to_vec()])
}

/// What was found out about the page.
fn verdict(trace: &MachineTrace) -> Option<ProbeAnswer> {
    let about_page = |seen: &&Observation| matches!(seen.kind, ProbeKind::Portal { .. });
    let answers: Vec<_> = trace
        .observations
        .iter()
        .filter(about_page)
        .filter_map(|seen| seen.answer.clone())
        .collect();
    assert!(answers.len() <= 1, "{answers:?}");
    answers.into_iter().next()
}

#[expect(clippy::unnecessary_wraps, reason = "rows of tables have no answer, too")]
fn http(status: u16, is_expected: bool) -> Option<ProbeAnswer> {
    Some(ProbeAnswer::Http { status, location: None, is_expected })
}

fn connects(trace: &MachineTrace) -> usize {
    trace.actions.iter().filter(|(_, action)| matches!(action, FlowAction::Connect { .. })).count()
}

/// Every known page as its own server answers, and the nearest that a portal might come to it.
#[test]
fn pages_are_compared_exactly() {
    let page =
        |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let empty = "HTTP/1.1 204 No Content\r\n\r\n".to_owned();
    let login = page("<html>Please log in</html>");
    let table = [
        (PortalPage::Firefox, page("success\n"), page("success")),
        (PortalPage::Firefox, page("success\n"), page("success\n<script>")),
        (PortalPage::Firefox, page("success\n"), page("SUCCESS\n")),
        (PortalPage::Firefox, page("success\n"), empty.clone()),
        (PortalPage::Gstatic, empty.clone(), format!("{empty}<html>")),
        (PortalPage::Google, empty.clone(), page("")),
        (PortalPage::Cloudflare, empty, login.clone()),
        (PortalPage::Apple, page("<TITLE>Success</TITLE>"), page("<TITLE>success</TITLE>")),
        (PortalPage::Microsoft, page("Microsoft Connect Test"), page("Microsoft Connect Test\n")),
        (PortalPage::MicrosoftNcsi, page("Microsoft NCSI"), page("Microsoft Connect Test")),
        (PortalPage::Debian, page("NetworkManager is online\n"), login),
        (
            PortalPage::Ubuntu,
            "HTTP/1.1 200 OK\r\nX-NetworkManager-Status: online\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\nX-NetworkManager-Status: offline\r\n\r\n".to_owned(),
        ),
    ];
    for (page, right, wrong) in table {
        let is_expected = |text: &str| match verdict(&says(page.clone(), text)) {
            Some(ProbeAnswer::Http { is_expected, .. }) => is_expected,
            other => panic!("{page}: {other:?}"),
        };
        assert!(is_expected(&right), "{page}: {right}");
        assert!(!is_expected(&wrong), "{page}: {wrong}");
    }
}

#[test]
fn every_known_page_is_in_the_table_of_its_own_name() {
    for page in PortalPage::known() {
        assert_eq!(page.to_string().parse(), Ok(page.clone()));
        assert!(page.request("c").starts_with("GET /"), "{page}");
        assert!(page.request("c").contains(&format!("\r\nHost: {}\r\n", page.host())), "{page}");
    }
}

#[test]
fn an_own_page_must_send_the_challenge_back() {
    let challenge = |request: &str| {
        let line = request.lines().find_map(|line| line.strip_prefix("X-Pontoon-Challenge: "));
        line.unwrap().to_owned()
    };
    let with = |response: &str| {
        format!("HTTP/1.1 204 No Content\r\nX-Pontoon-Response: {response}\r\n\r\n").into_bytes()
    };
    let honest = served(own(), |request| vec![with(&challenge(request))]);
    assert_eq!(verdict(&honest), http(204, true));
    let blind = served(own(), |_| vec![with("0123456789abcdef")]);
    assert_eq!(verdict(&blind), http(204, false));
    assert_eq!(verdict(&says(own(), "HTTP/1.1 204 No Content\r\n\r\n")), http(204, false));
}

#[test]
fn a_redirect_is_recorded_and_not_followed() {
    let text = "HTTP/1.1 302 Found\r\nLocation: http://login.campus.example/\x1b[2J?a=1\r\n\r\n";
    let trace = says(PortalPage::Firefox, text);
    let Some(ProbeAnswer::Http { status: 302, location: Some(location), is_expected: false }) =
        verdict(&trace)
    else {
        // The escape sequence makes it no header at all: then it is not HTTP.
        assert!(matches!(verdict(&trace), Some(ProbeAnswer::Garbage { .. })), "{trace:?}");
        return redirect_without_escapes();
    };
    assert!(!location.to_string().contains('\x1b'));
    assert_eq!(connects(&trace), 1);
    redirect_without_escapes();
}

fn redirect_without_escapes() {
    let text = "HTTP/1.1 302 Found\r\nLocation: http://login.campus.example/?a=1\r\n\r\n";
    let trace = says(PortalPage::Firefox, text);
    let location = Some(Untrusted::new("http://login.campus.example/?a=1"));
    assert_eq!(
        verdict(&trace),
        Some(ProbeAnswer::Http { status: 302, location, is_expected: false })
    );
    assert_eq!(connects(&trace), 1);
}

#[test]
fn a_portal_that_streams_for_ever_is_cut_off() {
    let bodies: [(&str, Option<ProbeAnswer>); 3] = [
        ("HTTP/1.1 200 OK\r\n\r\n", http(200, false)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", http(200, false)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 8\r\nContent-Length: 9\r\nX: ", None),
    ];
    for (head, expected) in bodies {
        let trace = put(&ask(PortalPage::Firefox), |_, action| match action {
            FlowAction::Connect { flow, .. } => vec![(20, FlowEvent::Connected { flow: *flow })],
            FlowAction::Write { flow, .. } => {
                let flow = *flow;
                let head = (0, FlowEvent::Bytes { flow, bytes: head.as_bytes().to_vec() });
                let body =
                    (1..900).map(|ms| (ms, FlowEvent::Bytes { flow, bytes: vec![b'a'; 1_000] }));
                [head].into_iter().chain(body).collect()
            }
            _ => Vec::new(),
        });
        let verdict = verdict(&trace);
        if expected.is_some() {
            assert_eq!(verdict, expected, "{head}");
        } else {
            assert!(matches!(verdict, Some(ProbeAnswer::Garbage { .. })), "{verdict:?}");
        }
        assert!(done_ms(&trace) < 100, "{}", done_ms(&trace));
        let (_, last) = trace.actions.last().unwrap();
        assert!(matches!(last, FlowAction::Close { .. }), "it hangs up: {last:?}");
    }
}

#[test]
fn a_portal_that_drips_is_judged_when_the_time_is_over() {
    let text = b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n";
    let drip = |upto: usize| {
        put(&ask(PortalPage::Firefox), |_, action| match action {
            FlowAction::Connect { flow, .. } => vec![(0, FlowEvent::Connected { flow: *flow })],
            FlowAction::Write { flow, .. } => (1..)
                .zip(text[..upto].iter().chain([b'a'; 900].iter().filter(|_| upto == text.len())))
                .map(|(nth, byte)| (nth * 30, FlowEvent::Bytes { flow: *flow, bytes: vec![*byte] }))
                .collect(),
            _ => Vec::new(),
        })
    };
    let trace = drip(text.len());
    assert_eq!((verdict(&trace), done_ms(&trace)), (http(200, false), DEADLINE_MS));
    let trace = drip(10);
    assert!(matches!(verdict(&trace), Some(ProbeAnswer::Garbage { .. })));
    assert_eq!(done_ms(&trace), DEADLINE_MS);
}

#[test]
fn silence_at_any_stage_is_silence_and_ends_in_time() {
    let trace = put(&ask(PortalPage::Firefox), silence);
    assert_eq!((verdict(&trace), done_ms(&trace)), (None, DEADLINE_MS));
    let trace = put(&ask(PortalPage::Firefox), |_, action| match action {
        FlowAction::Connect { flow, .. } => vec![(20, FlowEvent::Connected { flow: *flow })],
        _ => Vec::new(),
    });
    assert_eq!((verdict(&trace), done_ms(&trace)), (None, DEADLINE_MS));
}

#[test]
fn what_refuses_is_told_from_what_answers_nothing() {
    let table: [(fn(FlowId) -> FlowEvent, ProbeAnswer); 4] = [
        (|flow| FlowEvent::Reset { flow }, ProbeAnswer::Reset),
        (
            |flow| FlowEvent::Refused { flow, errno: ENETUNREACH },
            ProbeAnswer::Refused { errno: ENETUNREACH },
        ),
        (
            |flow| FlowEvent::Icmp { flow, kind: 3, code: 13, from: STRANGER },
            ProbeAnswer::Icmp { kind: 3, code: 13, from: STRANGER },
        ),
        (
            |flow| FlowEvent::Closed { flow },
            ProbeAnswer::Garbage { what: Untrusted::new("a connection closed without an answer") },
        ),
    ];
    for (event, answer) in table {
        let trace = put(&ask(PortalPage::Firefox), |_, action| match action {
            FlowAction::Connect { flow, .. } => vec![(20, event(*flow))],
            _ => Vec::new(),
        });
        assert_eq!((verdict(&trace), done_ms(&trace)), (Some(answer), 20));
    }
}

#[test]
fn the_date_of_an_answer_is_a_clock() {
    let text = "HTTP/1.1 302 Found\r\nDate: Tue, 24 Nov 2026 04:43:15 GMT\r\n\r\n";
    let trace = says(PortalPage::Firefox, text);
    let clock = ProbeKind::Clock { source: ClockSource::HttpDate };
    let told: Vec<_> = trace.observations.iter().filter(|seen| seen.kind == clock).collect();
    let [sent, answered] = told[..] else { panic!("{told:?}") };
    assert_eq!(sent.answer, None);
    assert_eq!(answered.answer, Some(ProbeAnswer::Clock { offset_s: 1_795_495_395 - NOW_S }));
}

#[test]
fn addresses_of_pages_are_checked_when_they_are_read() {
    let table = [
        ("http://srv/generate_204", true),
        ("http://srv", true),
        ("http://10.0.0.1:8080/x?y=1", true),
        ("http://[2001:db8::1]:8080/x", true),
        ("https://srv/", false),
        ("srv/generate_204", false),
        ("http://", false),
        ("http://srv:0/", false),
        ("http://srv:99999/", false),
        ("http://srv:+80/", false),
        ("http://user@srv/", false),
        ("http://[::1/", false),
        ("http://[::1]x/", false),
        ("http://srv/a b", false),
        ("http://srv/\r\nHost: other", false),
        ("http://srv/\u{e9}", false),
    ];
    for (text, is_page) in table {
        assert_eq!(text.parse::<PortalPage>().is_ok(), is_page, "{text:?}");
    }
    assert!(format!("http://srv/{}", "a".repeat(512)).parse::<PortalPage>().is_err());
    let page: PortalPage = "http://[2001:db8::1]:8080/x".parse().unwrap();
    assert_eq!((page.host(), page.port()), ("2001:db8::1", 8080));
    assert!(page.request("c").contains("\r\nHost: [2001:db8::1]:8080\r\n"));
}

#[test]
fn a_page_of_others_is_known_however_it_is_typed() {
    let table = [
        ("http://connectivity-check.ubuntu.com", PortalPage::Ubuntu),
        ("http://network-test.debian.org:80/nm", PortalPage::Debian),
        ("http://Captive.Apple.com/hotspot-detect.html", PortalPage::Apple),
    ];
    for (text, page) in table {
        assert_eq!(text.parse(), Ok(page), "{text}");
    }
    let other: PortalPage = "http://captive.apple.com/Hotspot-detect.html".parse().unwrap();
    assert!(matches!(other, PortalPage::Own(_)));
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader_of_pages_nor_a_line_of_the_request(text in "(http://)?\\PC{0,60}") {
        if let Ok(page) = text.parse::<PortalPage>() {
            let request = page.request("c");
            proptest::prop_assert_eq!(request.matches("\r\n").count(), 8);
            proptest::prop_assert!(request.ends_with("\r\n\r\n"));
            proptest::prop_assert_eq!(page.to_string().parse::<PortalPage>(), Ok(page));
        }
    }
}
