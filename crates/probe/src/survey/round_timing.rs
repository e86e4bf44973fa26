//! When the rounds of a survey begin and how long they are: pure, so that the budgets can be shown
//! on paper.
//!
//! A pair takes ten rounds, one second apart, when nothing arrives: losses on radio come in
//! bursts, and ten tries within half a second prove less than four in four seconds.

use super::endpoints::SurveyEndpoint;
use crate::probes::probe_context::NonceGenerator;
use crate::round_schedule::is_crowd;

/// Rounds scheduled: ten that count, and two for those in which a control failed.
pub(super) const ROUNDS: u16 = 12;
/// Rounds without arrival that prove isolation.
pub(super) const ROUNDS_THAT_PROVE: usize = 10;
/// From one round to the next on a link that strangers share: losses on radio come in bursts of
/// less than a second.
const SHARED_ROUND_MS: u32 = 1000;
/// From one round to the next on a private switch.
const PRIVATE_ROUND_MS: u32 = 250;
/// Room for one frame at ten a second.
pub(super) const FRAME_MS: u32 = 100;
/// Room for one frame on a private switch, at fifty a second: all hosts ask at once, and each has
/// to take in what the others send.
const PRIVATE_FRAME_MS: u32 = 20;
/// Frames of a round beside those to the peers: the control takes two, the group frame one.
pub(super) const OTHER_FRAMES: u32 = 3;
/// Most by which the start of a round is moved at random (20 % of its length, if that is less): in
/// a crowd, rounds are as long as the budget makes them.
pub(super) const JITTER_MAX_MS: u32 = 200;
/// Rounds whose directed UDP is joined by an ICMP echo, the second kind of probe.
const ECHO_ROUNDS: [u16; 4] = [2, 5, 8, 10];
/// In a crowd an echo takes the place of UDP, and in these rounds only: every frame of a crowd
/// makes its rounds longer.
const CROWD_ECHO_ROUNDS: [u16; 2] = [5, 10];

/// Whether an endpoint has so many peers that the length of its rounds follows from their number.
pub(super) const fn is_in_crowd(endpoint: &SurveyEndpoint) -> bool {
    is_crowd(endpoint.partners.len())
}

/// Room for one frame in a crowd.
const fn frame_ms(endpoint: &SurveyEndpoint) -> u32 {
    if endpoint.is_private { PRIVATE_FRAME_MS } else { FRAME_MS }
}

/// Which probes a round carries: UDP, echo.
pub(super) fn round_probes(round: u16, is_in_crowd: bool) -> (bool, bool) {
    if is_in_crowd {
        let has_echo = CROWD_ECHO_ROUNDS.contains(&round);
        return (!has_echo, has_echo);
    }
    (true, ECHO_ROUNDS.contains(&round))
}

/// When round `round` of an endpoint begins, in milliseconds: spaced evenly, with random jitter so
/// that no periodic interference hides behind the same phase of every round.
pub(super) fn round_start_ms(endpoint: &SurveyEndpoint, round: u16, seed: u64) -> u32 {
    let interval = interval_ms(endpoint.is_private, endpoint.partners.len());
    let start = interval.saturating_mul(u32::from(round) - 1);
    if round == 1 {
        return start;
    }
    let jitter = (interval / 5).min(JITTER_MAX_MS);
    let noise = u32::try_from(
        NonceGenerator::new(seed ^ u64::from(round)).next() % u64::from(2 * jitter + 1),
    )
    .unwrap_or(0);
    start + noise - jitter
}

/// From one round to the next.
pub(super) fn interval_ms(is_private: bool, peers: usize) -> u32 {
    let (least, frame) =
        if is_private { (PRIVATE_ROUND_MS, PRIVATE_FRAME_MS) } else { (SHARED_ROUND_MS, FRAME_MS) };
    let count = u32::try_from(peers).unwrap_or(u32::MAX).saturating_add(OTHER_FRAMES);
    if is_crowd(peers) { least.max(count.saturating_mul(frame)) } else { least }
}

/// How far into a round a peer has its turn: frames of one round do not leave in one burst.
pub(super) fn turn_ms(endpoint: &SurveyEndpoint, turn: u32) -> u32 {
    if is_in_crowd(endpoint) {
        turn.saturating_add(OTHER_FRAMES).saturating_mul(frame_ms(endpoint))
    } else {
        20 + turn % 16 * 10
    }
}
