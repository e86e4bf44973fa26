//! The time by SNTP (RFC 4330).

use std::net::{IpAddr, SocketAddr};

use pontoon_model::observation::{ClockSource, ProbeAnswer, ProbeKind};

use super::probe_context::{NonceGenerator, ProbeContext};
use super::retried_probe::{ProbeAttempt, ProbeExchange, RetriedProbe, datagram_from, garbage};
use super::retry::RetryPace;
use crate::machine::{FlowAction, FlowEvent, RunInstant};

/// Asks one server for the time ([`ClockSource::Sntp`]).
#[derive(Debug)]
pub(crate) struct SntpExchange {
    server: SocketAddr,
    clock: WallClockReading,
    nonces: NonceGenerator,
    /// The transmit timestamp of each try: random, so that only the server can echo it.
    asked: Vec<u64>,
}

/// This host's own wall clock, read once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WallClockReading {
    unix_s: i64,
    begun: Option<RunInstant>,
}

/// Where SNTP servers listen.
pub(super) const PORT: u16 = 123;

/// Both tries and their answers fit the 1.5 s that a silent portal takes.
pub(crate) const PACE: RetryPace =
    RetryPace { count: 2, delay_ms: 0, every_ms: 750, window_ms: 750 };

impl WallClockReading {
    /// The wall clock showed `unix_s` when the machine began.
    pub(crate) const fn new(unix_s: i64) -> Self {
        Self { unix_s, begun: None }
    }

    /// Notes when the machine began.
    pub(crate) fn begin(&mut self, now: RunInstant) {
        self.begun.get_or_insert(now);
    }

    /// Another clock's time minus this host's.
    pub(crate) fn offset_s(&self, now: RunInstant, other_unix_s: i64) -> i64 {
        let elapsed_ms = now.0.saturating_sub(self.begun.unwrap_or(now).0);
        let own = self.unix_s.saturating_add_unsigned(elapsed_ms / 1_000);
        other_unix_s.saturating_sub(own)
    }
}

pub(super) fn probe(
    context: ProbeContext,
    server: SocketAddr,
    clock: WallClockReading,
    random: u64,
) -> RetriedProbe<SntpExchange> {
    let nonces = NonceGenerator::new(random);
    RetriedProbe::new(context, PACE, SntpExchange { server, clock, nonces, asked: Vec::new() })
}

impl ProbeExchange for SntpExchange {
    fn kind(&self) -> ProbeKind {
        ProbeKind::Clock { source: ClockSource::Sntp }
    }

    fn to(&self) -> IpAddr {
        self.server.ip()
    }

    fn send(&mut self, now: RunInstant, attempt: ProbeAttempt<'_>) -> FlowAction {
        self.clock.begin(now);
        let nonce = self.nonces.next();
        self.asked.push(nonce);
        attempt.send_udp(self.server, request(nonce))
    }

    fn read(
        &mut self,
        now: RunInstant,
        attempt: ProbeAttempt<'_>,
        event: &FlowEvent,
    ) -> Option<ProbeAnswer> {
        let payload = datagram_from(event, self.server)?;
        Some(match unix_time(payload, *self.asked.get(usize::from(attempt.nth))?) {
            Ok(unix_s) => ProbeAnswer::Clock { offset_s: self.clock.offset_s(now, unix_s) },
            Err(what) => garbage(what),
        })
    }
}

/// Bytes of a message without authentication (RFC 4330, section 4).
const LENGTH: usize = 48;
/// Leap indicator 0, version 4, mode 3 (client).
const CLIENT: u8 = 0x23;
/// Mode 4: server.
const SERVER: u8 = 4;
/// Leap indicator 3: the server's own clock is not set.
const UNSYNCHRONISED: u8 = 3;
/// Seconds from 1900 to 1970 (RFC 868).
const UNIX_EPOCH: i64 = 2_208_988_800;
/// Seconds of an NTP era.
const ERA: i64 = 1 << 32;

fn request(nonce: u64) -> Vec<u8> {
    let mut bytes = vec![0; LENGTH];
    bytes[0] = CLIENT;
    bytes[LENGTH - 8..].copy_from_slice(&nonce.to_be_bytes());
    bytes
}

/// The time in a server's answer, after the checks of RFC 4330, section 5.
fn unix_time(bytes: &[u8], nonce: u64) -> Result<i64, &'static str> {
    let (message, _) = bytes.split_at_checked(LENGTH).ok_or("too short for SNTP")?;
    let (leap, mode, stratum) = (message[0] >> 6, message[0] & 7, message[1]);
    if mode != SERVER {
        return Err("not an SNTP server's answer");
    }
    if message[24..32] != nonce.to_be_bytes() {
        return Err("an SNTP answer to another question");
    }
    if stratum == 0 {
        return Err("an SNTP server that asks not to be asked");
    }
    if stratum > 15 || leap == UNSYNCHRONISED {
        return Err("an SNTP server whose own clock is not set");
    }
    let seconds =
        i64::from(u32::from_be_bytes([message[40], message[41], message[42], message[43]]));
    if seconds == 0 {
        return Err("an SNTP answer without a time");
    }
    // The highest bit tells the era: unset is 2036 and later (RFC 4330, section 3).
    let era = if seconds & (1 << 31) == 0 { ERA } else { 0 };
    Ok(seconds + era - UNIX_EPOCH)
}

#[cfg(test)]
pub(in crate::probes) mod tests;
