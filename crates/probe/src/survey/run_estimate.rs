//! How long a survey will take, before it begins.

use super::follow_up::{frames_after_answers, frames_after_misses};
use super::round_timing::{FRAME_MS, OTHER_FRAMES, interval_ms, round_probes};
use crate::round_schedule::is_crowd;

/// How long so many hosts take on one link that others share, in seconds: when all is open, and
/// when nothing passes.
#[must_use]
pub fn estimate_s(hosts: usize) -> (u32, u32) {
    /// Agents are started, and counters read in the end: of all at once, but on one machine here.
    const AROUND_MS: u32 = 500;
    const AROUND_EACH_MS: u32 = 40;
    /// After the last frame.
    const TAIL_MS: u32 = 1_500;
    let peers = hosts.saturating_sub(1);
    let interval = interval_ms(false, peers);
    let all = u32::try_from(hosts).unwrap_or(u32::MAX);
    let around = all.saturating_mul(AROUND_EACH_MS).saturating_add(AROUND_MS);
    let ms = |rounds: u16, others: u32| {
        let frames = frames(peers, rounds).saturating_add(others);
        // Those of the first second do not wait.
        let waited = frames.saturating_sub(1000 / FRAME_MS).saturating_mul(FRAME_MS);
        waited.max(interval.saturating_mul(rounds.into())).saturating_add(around)
    };
    let open = ms(3, frames_after_answers(peers));
    let shut = ms(10, frames_after_misses(peers)).saturating_add(TAIL_MS);
    let seconds = |ms: u32| ms.saturating_add(500) / 1000;
    (seconds(open), seconds(shut))
}

/// The frames of a host in so many rounds with so many peers, and those at the start: two for its
/// own address, three for names, six for a page, one for the time.
fn frames(peers: usize, rounds: u16) -> u32 {
    const AT_THE_START: u32 = 12;
    let directed: u32 = (1..=rounds)
        .map(|round| round_probes(round, is_crowd(peers)))
        .map(|(has_udp, has_echo)| u32::from(has_udp) + u32::from(has_echo))
        .sum();
    let to_peers = u32::try_from(peers).unwrap_or(u32::MAX).saturating_mul(directed);
    to_peers.saturating_add(OTHER_FRAMES * u32::from(rounds)).saturating_add(AT_THE_START)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_beforehand_is_what_was_measured() {
        // Seconds on a quiet machine, open and isolating.
        for (hosts, open, shut) in [(6, 5, 16), (12, 8, 18), (50, 19, 61)] {
            assert_eq!(estimate_s(hosts), (open, shut), "{hosts}");
        }
    }
}
