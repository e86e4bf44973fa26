//! Joins through a proxy of the environment, with and without a path to the server.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pontoon_diagnosis::Evidence;
use pontoon_diagnosis::evidence::{JoinEvidence, ServerEndpoint};
use pontoon_join::verdict::{JoinStage, JoinVerdict};
use pontoon_model::code;
use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::proxy::ProxyEnvironment;
use pontoon_tests::program::{pontoon_in, stdout};

use crate::outcomes::{SHORT, rehearsed_by};
use crate::rows::NOW_S;
use crate::server::{Behaviour, Server};

/// The behaviour of a proxy for a request.
#[derive(Clone, Copy)]
enum Proxy {
    /// Connects to the server on loopback that has the port of the request.
    Leads,
    Answers(&'static str),
    Silent,
    /// Nothing listens on the port.
    Gone,
}

/// Serves on loopback until the test ends; returns its port, and the requests that it gets.
fn serve(proxy: Proxy) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let questions: Arc<Mutex<Vec<String>>> = Arc::default();
    if matches!(proxy, Proxy::Gone) {
        return (port, questions);
    }
    let heard = Arc::clone(&questions);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let heard = Arc::clone(&heard);
            thread::spawn(move || answer(stream, proxy, &heard));
        }
    });
    (port, questions)
}

fn answer(mut stream: TcpStream, proxy: Proxy, heard: &Mutex<Vec<String>>) {
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time");
    let mut question = String::new();
    let mut byte = [0];
    while !question.ends_with("\r\n\r\n") {
        if stream.read_exact(&mut byte).is_err() {
            return;
        }
        question.push(char::from(byte[0]));
    }
    let port =
        question.split(' ').nth(1).and_then(|server| server.rsplit_once(':')?.1.parse().ok());
    heard.lock().expect("no thread panicked").push(question);
    match proxy {
        Proxy::Gone => {}
        Proxy::Silent => drop(stream.read(&mut byte)),
        Proxy::Answers(text) => drop(stream.write_all(text.as_bytes())),
        Proxy::Leads => {
            let port: u16 = port.expect("a server has a port");
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a server");
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").expect("a client");
            let (mut there, mut back) =
                (server.try_clone().expect("a socket"), stream.try_clone().expect("a socket"));
            thread::spawn(move || std::io::copy(&mut back, &mut there));
            let mut server = server;
            drop(std::io::copy(&mut server, &mut stream));
        }
    }
}

/// The join line of a server, with a name that only a proxy resolves; the certificate has it.
fn line(server: &Server) -> String {
    server.line().replacen("127.0.0.1", "kubernetes", 1)
}

fn rehearsed(line: &str, proxy: &str) -> JoinVerdict {
    rehearsed_by(&ProxyEnvironment::new(proxy, ""), line, NOW_S, SHORT)
}

#[test]
fn a_proxy_that_leads_there_is_gone_through() {
    let server = Server::start(Behaviour::default());
    let (port, questions) = serve(Proxy::Leads);
    let verdict = rehearsed(&line(&server), &format!("http://127.0.0.1:{port}"));
    assert_eq!(verdict.failure, None, "{:?}", verdict.stages);
    let proxy = verdict.stages.iter().find(|stage| stage.stage == JoinStage::Proxy);
    assert_eq!(proxy.and_then(|stage| stage.is_passed), Some(true), "{:?}", verdict.stages);
    let questions = questions.lock().expect("nobody panicked").clone();
    let first = format!("CONNECT kubernetes:{} HTTP/1.1\r\n", server.address.port());
    assert!(questions[0].starts_with(&first), "{questions:?}");
    assert!(questions.iter().all(|question| !question.contains("0123456789abcdef")));
}

#[test]
fn a_proxy_that_leads_nowhere_is_named_with_kubeadms_words() {
    let refused = "proxyconnect tcp: dial tcp 127.0.0.1:PORT: connect: connection refused";
    let forbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    let status = |status, reason: &str| JoinEvidence::ProxyRefused {
        status,
        reason: Untrusted::new(reason),
    };
    let no_http = JoinEvidence::ProxyMalformed { reason: Untrusted::new("the answer is no HTTP") };
    // Of silence and of a refused connection it is the kind that counts.
    let silent = JoinEvidence::ProxyTimeout { waited_ms: 0 };
    let gone = JoinEvidence::ConnectionRefused {
        server: ServerEndpoint { host: HostName::lossy("127.0.0.1"), port: 0 },
    };
    let table = [
        (Proxy::Answers(forbidden), "?timeout=10s\": Forbidden", status(403, "Forbidden")),
        (Proxy::Answers("HTTP/1.1 407\r\n\r\n"), "\": unknown status code", status(407, "")),
        (Proxy::Answers("SSH-2.0-x\r\n"), "\": EOF", no_http),
        (Proxy::Silent, "context deadline exceeded", silent),
        (Proxy::Answers("HTTP/1.1 503 No\r\n\r\n"), "?timeout=10s\": No", status(503, "No")),
        (Proxy::Gone, refused, gone),
    ];
    let server = Server::start(Behaviour::default());
    for (proxy, words, expected) in table {
        let (port, _) = serve(proxy);
        let verdict = rehearsed(&line(&server), &format!("http://127.0.0.1:{port}"));
        let failure = verdict.failure.unwrap_or_else(|| panic!("{words}: {:?}", verdict.stages));
        assert_eq!(failure.stage, JoinStage::Proxy, "{failure:?}");
        assert_eq!(failure.diagnoses[0].code, code::HTTP_PROXY_APPLIES, "{failure:?}");
        // It may be the server, where the proxy has tried.
        let has_tried = matches!(
            expected,
            JoinEvidence::ProxyRefused { status: 503, .. } | JoinEvidence::ProxyTimeout { .. }
        );
        assert_eq!(failure.diagnoses.len(), if has_tried { 2 } else { 1 }, "{failure:?}");
        let response = words.replace("PORT", &port.to_string());
        assert!(failure.response.contains(&response), "{failure:?}");
        let [Evidence::Join(JoinEvidence::ProxyApplies { .. }), Evidence::Join(found)] =
            failure.evidence()
        else {
            panic!("{failure:?}")
        };
        match (found, &expected) {
            (JoinEvidence::ProxyTimeout { .. }, JoinEvidence::ProxyTimeout { .. }) => {}
            (
                JoinEvidence::ConnectionRefused { server },
                JoinEvidence::ConnectionRefused { .. },
            ) => assert_eq!(server.port, port),
            (found, expected) => assert_eq!(found, expected),
        }
        let first = failure.remedies()[0].command.as_ref().expect("a command").as_str();
        assert_eq!(first, "export NO_PROXY=\"$NO_PROXY,\"kubernetes", "{failure:?}");
        assert_eq!(failure.after_ms, 300_000);
    }
    assert!(server.bearers.lock().expect("no thread panicked").is_empty());
}

/// A proxy protocol that is not supported gives no diagnosis.
#[test]
fn a_proxy_of_another_kind_is_left_open() {
    let server = Server::start(Behaviour::default());
    for proxy in ["socks5://127.0.0.1:9", "https://127.0.0.1:9"] {
        let verdict = rehearsed(&line(&server), proxy);
        let stage = verdict.stages.iter().find(|stage| stage.stage == JoinStage::Proxy);
        assert_eq!(stage.map(|stage| stage.is_passed), Some(None), "{:?}", verdict.stages);
        // Nobody here knows the name; the proxy may.
        assert_eq!(verdict.failure, None, "{:?}", verdict.stages);
        let untested = Evidence::from(JoinEvidence::ProxyUntested {
            proxy: Untrusted::new(proxy),
            server: HostName::lossy("kubernetes"),
        });
        assert_eq!(verdict.undecided, Some(untested));
        assert!(verdict.stages.iter().all(|stage| stage.is_passed != Some(false)));
    }
}

/// User and password are in the environment, and are sent only to the proxy.
#[test]
fn the_proxys_password_is_shown_to_the_proxy_alone() {
    let server = Server::start(Behaviour::default());
    let (port, questions) = serve(Proxy::Leads);
    let url = format!("http://pi:berry@127.0.0.1:{port}");
    // An empty one counts as none, as in Go.
    let variables = [("HTTPS_PROXY", ""), ("https_proxy", url.as_str()), ("NO_PROXY", "")];
    let arguments = ["join-check", "--json", "-"];
    let folder = tempfile::tempdir().expect("a folder");
    let output = pontoon_in(folder.path(), &variables, &arguments, &line(&server));
    let said = stdout(&output);
    assert!(said.contains(&format!("http://127.0.0.1:{port} connects to kubernetes:")), "{said}");
    assert!(!said.contains("berry") && !String::from_utf8_lossy(&output.stderr).contains("berry"));
    let questions = questions.lock().expect("no thread panicked").clone();
    let header = "\r\nProxy-Authorization: Basic cGk6YmVycnk=\r\n";
    assert!(!questions.is_empty() && questions.iter().all(|one| one.contains(header)));
}
