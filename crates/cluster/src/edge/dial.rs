//! Tries several things at once, in the node's network or in a pod's.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::Duration;

use pontoon_join::edge::plain::{connect, greet, sizes};
use pontoon_join::trial::{Tcp, Tls};
use pontoon_model::untrusted::Untrusted;
use pontoon_probe::edge::clock::Clock;

use super::{dns, echo, inside};
use crate::question::Dial;
use crate::trial::Outcome;

/// The kernel gives an ARP question up after three seconds, and sends a SYN again after one.
const CONNECT: Duration = Duration::from_millis(3_500);
/// For what comes over a connection that stands.
const READ: Duration = Duration::from_secs(3);
/// For each DNS question.
const DNS: Duration = Duration::from_millis(1_500);
/// More is not tried at once, whoever asks.
const DIALS_MAX: usize = 64;

/// Tries all of them, and says how each went, in their order.
pub(super) fn all(pod: Option<&str>, dials: Vec<Dial>) -> Vec<Outcome> {
    let running: Vec<_> = dials
        .into_iter()
        .take(DIALS_MAX)
        .map(|dial| {
            let pod = pod.map(ToOwned::to_owned);
            thread::spawn(move || match pod.map(|pod| inside::enter(&pod)) {
                Some(Err(why)) => Outcome::Untried(Untrusted::new(&why.to_string())),
                _ => one(&dial),
            })
        })
        .collect();
    let untried = || Outcome::Untried(Untrusted::new("it broke off"));
    running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| untried())).collect()
}

fn one(dial: &Dial) -> Outcome {
    let clock = Clock::start();
    let outcome = match dial {
        Dial::Tls(to) => tls(*to),
        Dial::Tcp(to) => match connect(*to, CONNECT) {
            Ok(_) => Outcome::Works { ms: 0 },
            Err(tcp) => of_tcp(tcp),
        },
        Dial::Echo(to, bytes) => echo::ask(*to, *bytes, CONNECT, READ),
        Dial::Dns(server, domain) => dns::ask(*server, domain, DNS),
        Dial::Sizes(to) => large(*to),
    };
    match outcome {
        Outcome::Works { .. } => Outcome::Works { ms: clock.now().0 },
        other => other,
    }
}

fn tls(to: SocketAddr) -> Outcome {
    let stream = match connect(to, CONNECT) {
        Ok(stream) => stream,
        Err(tcp) => return of_tcp(tcp),
    };
    match greet(stream, to, READ) {
        Ok(()) | Err(Tls::Chain { .. }) => Outcome::Works { ms: 0 },
        Err(Tls::Silent { .. }) => Outcome::Stalls { bytes: 0 },
        Err(Tls::Http) => Outcome::Wrong(Untrusted::new("plain HTTP")),
        Err(Tls::Broken(why)) => Outcome::Wrong(why),
    }
}

fn large(to: IpAddr) -> Outcome {
    match sizes(to, CONNECT) {
        None => Outcome::Untried(Untrusted::new("this host may send no echo")),
        Some(sizes) if sizes.large => Outcome::Works { ms: 0 },
        Some(sizes) if sizes.small => Outcome::LargeLost { mtu: sizes.mtu },
        // Hosts need not answer an echo.
        Some(_) => Outcome::Untried(Untrusted::new("no echo is answered")),
    }
}

/// What a connection came to.
pub(super) fn of_tcp(tcp: Tcp) -> Outcome {
    match tcp {
        Tcp::Refused => Outcome::Refused,
        Tcp::NoNeighbour => Outcome::NoNeighbour,
        Tcp::Unreachable => Outcome::Prohibited,
        Tcp::NoRoute => Outcome::NoRoute,
        Tcp::Silent { ms } => Outcome::Silent { ms },
        Tcp::Failed { errno } => {
            Outcome::Wrong(Untrusted::new(&io::Error::from_raw_os_error(errno).to_string()))
        }
        Tcp::Open | Tcp::NotTried => Outcome::Untried(Untrusted::default()),
    }
}
