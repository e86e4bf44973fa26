//! `lab-service`: the servers of a lab's machine, honest or not, in one process.
//!
//! Each has a pure function from a request to an answer; this file owns the sockets.

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::scenario::ServiceSpec;
use crate::topology::ServiceHelperConfig;

mod dns;
mod echo;
mod http;
mod ntp;

/// Connections of all services of a machine at the same time; more are closed at once.
const MAX_CONNECTIONS: usize = 256;
/// A peer that is silent for longer is left.
const SILENCE: Duration = Duration::from_secs(10);
/// No IP packet is longer.
const MAX_DATAGRAM: usize = 65_535;

/// A service could not be offered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    /// The argument is wrong: only the lab itself gives it.
    #[error("usage: lab-service JSON")]
    Usage,
    /// A port could not be had.
    #[error("cannot listen on {address} ({protocol})")]
    Listen {
        /// The address to listen on.
        address: SocketAddr,
        /// UDP or TCP.
        protocol: &'static str,
        /// What the kernel answered.
        #[source]
        source: io::Error,
    },
    /// Standard output, where the lab waits for `ready`, is closed.
    #[error("cannot say that it is ready")]
    Ready(#[source] io::Error),
}

/// Answers one datagram; none: silence.
type DatagramHandler = Box<dyn Fn(&[u8], SocketAddr) -> Option<Vec<u8>> + Send>;
/// Serves one connection to its end.
type StreamHandler = Arc<dyn Fn(&mut TcpStream) -> io::Result<()> + Send + Sync>;

/// `lab-service JSON`: serves until it is killed.
pub(crate) fn run(args: &[OsString]) -> Result<ExitCode, ServiceError> {
    let text = args.first().and_then(|text| text.to_str()).ok_or(ServiceError::Usage)?;
    let config: ServiceHelperConfig =
        serde_json::from_str(text).map_err(|_| ServiceError::Usage)?;
    for service in &config.services {
        start_service(&config, service)?;
    }
    let mut out = io::stdout().lock();
    writeln!(out, "ready").and_then(|()| out.flush()).map_err(ServiceError::Ready)?;
    drop(out);
    loop {
        thread::park();
    }
}

fn start_service(config: &ServiceHelperConfig, service: &ServiceSpec) -> Result<(), ServiceError> {
    match service {
        ServiceSpec::Dns { at, port, manner, zone, address, delay_ms } => {
            let zone = dns::DnsZone::new(config, zone, *manner, *address);
            let pause = Duration::from_millis((*delay_ms).into());
            let (zone, port) = (Arc::new(zone), port.unwrap_or(53));
            let on_stream = Arc::clone(&zone);
            udp(addresses(config, at), port, &move || {
                let zone = Arc::clone(&zone);
                Box::new(move |query, _| {
                    wait(pause);
                    zone.answer(query)
                })
            })?;
            tcp(
                addresses(config, at),
                port,
                &(Arc::new(move |stream: &mut TcpStream| {
                    dns::converse(stream, &on_stream, || wait(pause))
                }) as StreamHandler),
            )
        }
        ServiceSpec::Http { at, port, manner, location, date_offset_s } => {
            let page = http::HttpSite {
                manner: *manner,
                location: location.clone().unwrap_or_else(|| "http://portal.test/login".to_owned()),
            };
            let offset = *date_offset_s;
            tcp(
                addresses(config, at),
                port.unwrap_or(80),
                &(Arc::new(move |stream: &mut TcpStream| {
                    page.converse(stream, unix_now().saturating_add(offset), || {
                        wait(http::PAUSE);
                    })
                }) as StreamHandler),
            )
        }
        ServiceSpec::Ntp { at, port, manner, offset_s } => {
            let (manner, offset) = (*manner, *offset_s);
            udp(addresses(config, at), port.unwrap_or(123), &move || {
                Box::new(move |query, _| {
                    ntp::answer(manner, query, unix_now().saturating_add(offset))
                })
            })
        }
        ServiceSpec::Echo { at, udp: datagrams, tcp: streams } => {
            for port in datagrams.as_deref().unwrap_or(&echo::UDP_PORTS) {
                udp(addresses(config, at), *port, &|| Box::new(echo::answer))?;
            }
            let converse: StreamHandler = Arc::new(|stream: &mut TcpStream| echo::converse(stream));
            for port in streams.as_deref().unwrap_or(&echo::TCP_PORTS) {
                tcp(addresses(config, at), *port, &converse)?;
            }
            Ok(())
        }
    }
}

fn addresses<'a>(config: &'a ServiceHelperConfig, at: &'a [IpAddr]) -> &'a [IpAddr] {
    if at.is_empty() { &config.addresses } else { at }
}

/// One socket for each address, so that an answer leaves from the address that was asked.
fn udp(
    addresses: &[IpAddr],
    port: u16,
    answer: &dyn Fn() -> DatagramHandler,
) -> Result<(), ServiceError> {
    for address in addresses {
        let address = SocketAddr::new(*address, port);
        let failed = |source| ServiceError::Listen { address, protocol: "UDP", source };
        let socket = UdpSocket::bind(address).map_err(failed)?;
        let answer = answer();
        thread::spawn(move || {
            let mut buffer = vec![0; MAX_DATAGRAM];
            loop {
                // An error here is an ICMP error to an earlier answer: the next query may be fine.
                let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
                if let Some(answer) = answer(&buffer[..length], from) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
    }
    Ok(())
}

fn tcp(addresses: &[IpAddr], port: u16, converse: &StreamHandler) -> Result<(), ServiceError> {
    static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);

    for address in addresses {
        let address = SocketAddr::new(*address, port);
        let failed = |source| ServiceError::Listen { address, protocol: "TCP", source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let converse = Arc::clone(converse);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if CONNECTIONS.fetch_add(1, Ordering::Relaxed) >= MAX_CONNECTIONS {
                    CONNECTIONS.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
                let converse = Arc::clone(&converse);
                thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(SILENCE));
                    let _ = stream.set_write_timeout(Some(SILENCE));
                    // A peer that breaks off is its own affair.
                    let _ = converse(&mut stream);
                    CONNECTIONS.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a time server tells the time")]
fn unix_now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "a slow server is slow because it waits")]
fn wait(pause: Duration) {
    if !pause.is_zero() {
        thread::sleep(pause);
    }
}
