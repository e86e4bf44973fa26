//! A time server (SNTP, RFC 4330), right or wrong by as much as one likes.

use crate::scenario::NtpManner;

/// Seconds from 1900, where NTP begins, to 1970 (RFC 5905, figure 4).
const NTP_EPOCH_S: i64 = 2_208_988_800;
/// A packet without extensions.
const PACKET: usize = 48;

/// The answer to a request; none: silence, also to what is no request of a client.
pub(super) fn answer(manner: NtpManner, request: &[u8], unix_s: i64) -> Option<Vec<u8>> {
    let (first, version) = (*request.first()?, (*request.first()? >> 3) & 7);
    let is_client = first & 7 == 3 && (1..=4).contains(&version) && request.len() >= PACKET;
    match manner {
        _ if !is_client => None,
        NtpManner::Silent => None,
        NtpManner::Garbage => Some(b"\x1b[2J what time is it?".repeat(2)),
        NtpManner::Honest => Some(honest(version, request, unix_s)),
    }
}

fn honest(version: u8, request: &[u8], unix_s: i64) -> Vec<u8> {
    // NTP's seconds wrap in 2036; the era is the client's affair.
    let seconds = unix_s.wrapping_add(NTP_EPOCH_S).to_be_bytes();
    let now = [seconds[4], seconds[5], seconds[6], seconds[7], 0, 0, 0, 0];
    let mut packet = vec![0; PACKET];
    packet[0] = (version << 3) | 4;
    // Stratum 2, poll 6, precision 2^-20 s, root delay and dispersion of a millisecond or so.
    packet[1..4].copy_from_slice(&[2, 6, 0xec]);
    packet[6] = 1;
    packet[10] = 1;
    packet[12..16].copy_from_slice(&[192, 0, 2, 1]);
    packet[16..24].copy_from_slice(&now);
    packet[24..32].copy_from_slice(&request[40..48]);
    packet[32..40].copy_from_slice(&now);
    packet[40..48].copy_from_slice(&now);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(first: u8) -> [u8; PACKET] {
        let mut request = [0; PACKET];
        request[0] = first;
        request[40..].copy_from_slice(b"original");
        request
    }

    #[test]
    fn a_client_is_told_the_time() {
        let answer = answer(NtpManner::Honest, &request(0x23), 0).unwrap();
        assert_eq!(answer[0], 0x24);
        assert_eq!(&answer[24..32], b"original");
        assert_eq!(answer[40..44], 2_208_988_800_u32.to_be_bytes());
    }

    #[test]
    fn who_is_no_client_is_not_answered() {
        // A server's packet, a broadcast, version 0, a short packet.
        for first in [0x24, 0x25, 0x03] {
            assert_eq!(answer(NtpManner::Honest, &request(first), 0), None, "{first:#x}");
        }
        assert_eq!(answer(NtpManner::Honest, &request(0x23)[..47], 0), None);
        assert_eq!(answer(NtpManner::Silent, &request(0x23), 0), None);
    }
}
