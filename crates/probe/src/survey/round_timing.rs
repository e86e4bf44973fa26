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
/// Between two rounds where strangers share the air.
const SHARED_ROUND_MS: u32 = 1000;
/// Between two rounds on a private switch.
const PRIVATE_ROUND_MS: u32 = 250;
/// Room for one frame at ten a second.
pub(super) const FRAME_MS: u32 = 100;
/// On a private switch a crowd is asked at fifty a second: all hosts ask at once, and each has to
/// hear the others.
const PRIVATE_FRAME_MS: u32 = 20;
/// Frames of a round beside those to the peers: the control takes two, the group frame one.
pub(super) const OTHER_FRAMES: u32 = 3;
/// Rounds are shaken by 20 %, and in a crowd by no more than this: their length is the budget's.
pub(super) const JITTER_MAX_MS: u32 = 200;
/// Rounds whose directed UDP is joined by an ICMP echo, the second kind of probe.
const ECHO_ROUNDS: [u16; 4] = [2, 5, 8, 10];
/// In a crowd an echo takes the place of UDP, and in these rounds only: every frame of a crowd makes
/// its rounds longer.
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

/// When round `round` of an endpoint begins, in milliseconds: spaced evenly, shaken so that nothing
/// periodic on the air hides it.
pub(super) fn round_start_ms(endpoint: &SurveyEndpoint, round: u16, seed: u64) -> u32 {
    let interval = interval_ms(endpoint.is_private, endpoint.partners.len());
    let start = interval.saturating_mul(u32::from(round) - 1);
    if round == 1 {
        return start;
    }
    let shake = (interval / 5).min(JITTER_MAX_MS);
    let noise = u32::try_from(
        NonceGenerator::new(seed ^ u64::from(round)).next() % u64::from(2 * shake + 1),
    )
    .unwrap_or(0);
    start + noise - shake
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
