//! Completing the checksums that a virtual link leaves to hardware.
//!
//! A frame between two virtual links carries only the sum of its pseudo-header (Linux:
//! `CHECKSUM_PARTIAL`); copied by a process, nothing would complete it and the receiver would
//! drop it.

const ETHERTYPE_V4: [u8; 2] = [0x08, 0x00];
const ETHERTYPE_V6: [u8; 2] = [0x86, 0xdd];
const TCP: u8 = 6;
const UDP: u8 = 17;
const ETHERNET: usize = 14;

/// Recomputes the TCP or UDP checksum of an Ethernet frame. Whatever is not a whole such packet
/// (fragments, extension headers, anything malformed) is left as it is.
pub(super) fn complete(frame: &mut [u8]) {
    let Some(found) = locate(frame) else { return };
    let at = found.start + if found.protocol == UDP { 6 } else { 16 };
    let is_without = found.protocol == UDP && frame[at..at + 2] == [0, 0];
    if is_without {
        // UDP over IPv4 may go without (RFC 768).
        return;
    }
    frame[at..at + 2].fill(0);
    let payload = &frame[found.start..found.end];
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let pseudo =
        sum(&frame[found.addresses.clone()]) + u64::from(length) + u64::from(found.protocol);
    let checksum = match fold(pseudo + sum(payload)) {
        0 if found.protocol == UDP => 0xffff,
        checksum => checksum,
    };
    frame[at..at + 2].copy_from_slice(&checksum.to_be_bytes());
}

struct ChecksumRange {
    protocol: u8,
    addresses: std::ops::Range<usize>,
    start: usize,
    end: usize,
}

fn locate(frame: &[u8]) -> Option<ChecksumRange> {
    let packet = frame.get(ETHERNET..)?;
    let word =
        |at: usize| Some(usize::from(u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?])));
    let kind = frame.get(12..ETHERNET)?;
    let (protocol, addresses, header, total) = if kind == ETHERTYPE_V4 {
        let header = usize::from(packet.first()? & 0xf) * 4;
        let is_fragment = word(6)? & 0x3fff != 0;
        if header < 20 || is_fragment {
            return None;
        }
        (*packet.get(9)?, 12..20, header, word(2)?)
    } else if kind == ETHERTYPE_V6 {
        (*packet.get(6)?, 8..40, 40, word(4)? + 40)
    } else {
        return None;
    };
    let least = match protocol {
        TCP => 20,
        UDP => 8,
        _ => return None,
    };
    let is_whole = header + least <= total && total <= packet.len();
    is_whole.then(|| ChecksumRange {
        protocol,
        addresses: addresses.start + ETHERNET..addresses.end + ETHERNET,
        start: header + ETHERNET,
        end: total + ETHERNET,
    })
}

/// The sum of 16-bit words (RFC 1071); an odd last octet counts as the upper half of one.
fn sum(bytes: &[u8]) -> u64 {
    let words = bytes
        .chunks(2)
        .map(|pair| u64::from(pair[0]) << 8 | pair.get(1).copied().map_or(0, u64::from));
    words.sum()
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // Folded: it fits.
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A DNS-like UDP packet 10.0.0.1 to 10.0.0.2 with 3 octets, checksum by hand.
    fn udp(checksum: [u8; 2]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        frame.extend(ETHERTYPE_V4);
        frame.extend([0x45, 0, 0, 31, 0, 1, 0x40, 0, 64, UDP, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        frame.extend([0x10, 0x00, 0x20, 0x00, 0, 11]);
        frame.extend(checksum);
        frame.extend(b"abc");
        frame
    }

    #[test]
    fn a_partial_sum_is_completed_and_a_missing_one_is_not() {
        let mut frame = udp([0x12, 0x34]);
        complete(&mut frame);
        let right = frame[40..42].to_vec();
        let mut again = frame.clone();
        complete(&mut again);
        assert_eq!(again, frame);
        // What is right sums to zero with its pseudo-header.
        let pseudo = sum(&frame[26..34]) + 11 + u64::from(UDP);
        assert_eq!(fold(pseudo + sum(&frame[34..])), 0, "{right:02x?}");
        let mut without = udp([0, 0]);
        complete(&mut without);
        assert_eq!(without, udp([0, 0]));
    }

    #[test]
    fn what_is_no_whole_packet_is_left_alone() {
        let whole = udp([0x12, 0x34]);
        for length in 0..whole.len() {
            let mut cut = whole[..length].to_vec();
            complete(&mut cut);
            assert_eq!(cut, whole[..length], "{length}");
        }
        let mut fragment = whole;
        fragment[20] = 0x20;
        let before = fragment.clone();
        complete(&mut fragment);
        assert_eq!(fragment, before);
    }
}
