//! Who made a network card, as far as it matters here.

use pontoon_model::net::Mac;

/// The prefixes of Raspberry Pi (IEEE MA-L registry: Raspberry Pi Foundation, Raspberry Pi
/// (Trading) Ltd).
const RASPBERRY_PI: [[u8; 3]; 7] = [
    [0xb8, 0x27, 0xeb],
    [0xdc, 0xa6, 0x32],
    [0xe4, 0x5f, 0x01],
    [0x28, 0xcd, 0xc1],
    [0xd8, 0x3a, 0xdd],
    [0x2c, 0xcf, 0x67],
    [0x88, 0xa2, 0x9e],
];

/// The vendor, where it is one that builds what clusters here are built of.
#[must_use]
pub fn of(mac: Mac) -> Option<&'static str> {
    let [a, b, c, ..] = mac.0;
    RASPBERRY_PI.contains(&[a, b, c]).then_some("Raspberry Pi")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raspberry_pi_is_known_and_others_are_not() {
        let table = [
            ("b8:27:eb:00:00:01", true),
            ("88:a2:9e:ff:ff:ff", true),
            ("b8:27:ec:00:00:01", false),
            // Set by hand: digits with the "local" bit do not identify a maker.
            ("ba:27:eb:00:00:01", false),
            ("02:aa:00:00:00:0b", false),
        ];
        for (mac, is_pi) in table {
            assert_eq!(of(mac.parse().unwrap()).is_some(), is_pi, "{mac}");
        }
    }
}
