//! What a test pod is for: it answers with its name, and as many bytes as are asked for.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use pontoon_join::edge::endpoint_check::connect;

use crate::connectivity_test::{ConnectivityOutcome, LARGE_TRANSFER_BYTES, unconnected};
use crate::test_matrix::ECHO;

/// The first line of a question; the number of bytes follows.
const QUESTION: &str = "pontoon ";
/// A question is this long, filled with blanks.
const QUESTION_LEN: usize = 32;
/// The first byte of an answer.
const YES: u8 = b'.';
/// A connection over which no request comes is closed after this.
const PATIENCE: Duration = Duration::from_secs(5);
/// Questions at a time: those of the nodes that ask one pod.
const AT_ONCE: usize = 64;

/// Answers on the pod's address until the process ends.
pub(super) fn serve() -> io::Result<()> {
    let any: IpAddr = Ipv6Addr::UNSPECIFIED.into();
    let listener = TcpListener::bind(SocketAddr::new(any, ECHO))
        // Where there is no IPv6.
        .or_else(|_| TcpListener::bind(("0.0.0.0", ECHO)))?;
    serve_on(&listener);
    Ok(())
}

fn serve_on(listener: &TcpListener) {
    let busy = std::sync::Arc::new(());
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let one = std::sync::Arc::clone(&busy);
        if std::sync::Arc::strong_count(&busy) > AT_ONCE {
            continue;
        }
        thread::spawn(move || {
            // A connection that breaks off gets no response.
            let _ = answer(stream);
            drop(one);
        });
    }
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut question = [0; QUESTION_LEN];
    stream.read_exact(&mut question)?;
    let question = String::from_utf8_lossy(&question);
    let count = question.strip_prefix(QUESTION).and_then(|count| count.trim().parse::<u32>().ok());
    let Some(count) = count.filter(|count| *count <= LARGE_TRANSFER_BYTES) else { return Ok(()) };
    stream.write_all(&[YES])?;
    let rest = usize::try_from(count).unwrap_or(0);
    stream.write_all(&vec![b'x'; rest])
}

/// Asks a test pod for so many bytes.
pub(super) fn ask(
    to: SocketAddr,
    bytes: u32,
    connecting: Duration,
    reading: Duration,
) -> ConnectivityOutcome {
    let mut stream = match connect(to, connecting) {
        Ok(stream) => stream,
        Err(tcp) => return unconnected(tcp),
    };
    match read(&mut stream, bytes, reading) {
        Ok(()) => ConnectivityOutcome::Works { ms: 0 },
        // The first byte only says that somebody is there.
        Err(got) => ConnectivityOutcome::Stalls { bytes: got.saturating_sub(1) },
    }
}

/// Reads all of it; or says how many bytes came.
fn read(stream: &mut TcpStream, bytes: u32, within: Duration) -> Result<(), u64> {
    let nothing = |_: io::Error| 0_u64;
    stream.set_nonblocking(false).map_err(nothing)?;
    stream.set_read_timeout(Some(within)).map_err(nothing)?;
    let question = format!("{QUESTION}{bytes:<width$}", width = QUESTION_LEN - QUESTION.len());
    stream.write_all(question.as_bytes()).map_err(nothing)?;
    let wanted = u64::from(bytes) + 1;
    let mut got = 0;
    let mut buffer = [0; 16 * 1024];
    while got < wanted {
        match stream.read(&mut buffer) {
            Ok(0) => return Err(got),
            Ok(count) => got += count as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(got),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// What one learns of a server that sends so many bytes and ends.
    fn asked_of(sent: usize, wanted: u32) -> ConnectivityOutcome {
        let (listener, address) = listener();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; QUESTION_LEN]).unwrap();
            stream.write_all(&vec![YES; sent]).unwrap();
        });
        let outcome = ask(address, wanted, SOON, SOON);
        server.join().unwrap();
        outcome
    }

    #[test]
    fn as_many_bytes_come_as_were_asked_for() {
        let (listener, address) = listener();
        thread::spawn(move || serve_on(&listener));
        for bytes in [0, 1, LARGE_TRANSFER_BYTES] {
            assert!(ask(address, bytes, SOON, SOON).works(), "{bytes}");
        }
        let refused = ask(address, LARGE_TRANSFER_BYTES + 1, SOON, SOON);
        assert_eq!(
            refused,
            ConnectivityOutcome::Stalls { bytes: 0 },
            "more is not sent to anybody"
        );
    }

    #[test]
    fn what_does_not_come_as_a_whole_stalls() {
        assert!(asked_of(1, 0).works());
        assert_eq!(asked_of(0, 0), ConnectivityOutcome::Stalls { bytes: 0 });
        assert_eq!(asked_of(701, 1000), ConnectivityOutcome::Stalls { bytes: 700 });
    }

    #[test]
    fn other_questions_are_not_answered() {
        for question in [&b"GET / HTTP/1.1\r\nHost: localhost\r\n"[..], &[0xff; QUESTION_LEN], b"x"]
        {
            let (listener, address) = listener();
            let client = thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.write_all(question).unwrap();
                // It fails where the server has ended already.
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let mut bytes = Vec::new();
                // A reset says as much as an end.
                let _ = stream.read_to_end(&mut bytes);
                bytes
            });
            // That the client breaks off is no defect.
            let _ = answer(listener.accept().unwrap().0);
            assert_eq!(client.join().unwrap(), b"", "{question:?}");
        }
    }

    #[test]
    fn nobody_listens() {
        let (_, address) = listener();
        assert_eq!(ask(address, 0, SOON, SOON), ConnectivityOutcome::Refused);
    }
}
