use super::*;

const NOON: i64 = 1_700_000_000;

fn exchange(sent_ms: i64, received_ms: i64, said: &str) -> ClockExchange {
    let at = |ms: i64| NOON * SECOND_US + ms * 1000;
    let said = DateReading::parse(said).unwrap();
    ClockExchange { sent_us: at(sent_ms), received_us: at(received_ms), reading: said }
}

fn offset(us: i64, uncertainty_us: i64) -> ClockOffset {
    ClockOffset { us, uncertainty_us, round_trip_us: 2 * uncertainty_us }
}

#[test]
fn what_dates_of_all_kinds_say_is_read() {
    let at = |us: i64, grain_us| {
        Some(DateReading { unix_us: NOON * SECOND_US + us, resolution_us: grain_us })
    };
    let table = [
        ("1700000000.123456789", at(123_456, 0)),
        ("1700000000.000000000\r", at(0, 0)),
        // Without nanoseconds: busybox on glibc and on musl; macOS.
        ("1700000000.%N", at(0, SECOND_US)),
        ("1700000000.", at(0, SECOND_US)),
        ("1700000000", at(0, SECOND_US)),
        ("1700000000.N", at(0, SECOND_US)),
        ("0.000000000", Some(DateReading { unix_us: 0, resolution_us: 0 })),
        (
            "999999999999.999999999",
            Some(DateReading { unix_us: 999_999_999_999_999_999, resolution_us: 0 }),
        ),
        ("1000000000000", None),
        ("99999999999999999999999999", None),
        ("", None),
        (".5", None),
        ("-5.0", None),
        ("+5", None),
        ("1700000000 \u{1b}[2J", None),
        ("１７", None),
        ("soon", None),
    ];
    for (text, said) in table {
        assert_eq!(DateReading::parse(text), said, "{text:?}");
    }
}

#[test]
fn the_middle_of_question_and_answer_is_the_moment() {
    let table = [
        // Half of the round trip each way.
        ((0, 100, "1700000000.050000000"), (0, 50_000)),
        ((0, 100, "1700000003.050000000"), (3_000_000, 50_000)),
        ((0, 100, "1699999990.050000000"), (-10_000_000, 50_000)),
        // Whole seconds: half a second later, with half a second of uncertainty.
        ((400, 600, "1700000000"), (0, 600_000)),
        // A clock that went backwards leads to no negative round trip.
        ((100, 0, "1700000000.100000000"), (0, 0)),
        // A clock that starts in 1970.
        ((0, 0, "0.0"), (-NOON * SECOND_US + 500_000, 500_000)),
    ];
    for ((sent, received, said), (us, uncertainty_us)) in table {
        let found = exchange(sent, received, said).offset();
        assert_eq!((found.us, found.uncertainty_us), (us, uncertainty_us), "{said}");
    }
}

#[test]
fn the_truth_lies_within_the_uncertainty_wherever_the_time_was_spent() {
    for read_ms in 0..=100 {
        let said = format!("1700000007.{read_ms:03}000000");
        let found = exchange(0, 100, &said).offset();
        assert!((found.us - 7_000_000).abs() <= found.uncertainty_us, "{found:?}");
    }
}

#[test]
fn the_shortest_round_trip_knows_best() {
    let all = [
        exchange(0, 900, "1700000002.800000000"),
        exchange(1000, 1010, "1700000003.005000000"),
        exchange(2000, 2200, "1700000004.150000000"),
    ];
    let found = best(&all).unwrap();
    assert_eq!((found.us, found.uncertainty_us, found.round_trip_us), (2_000_000, 5_000, 10_000));
    assert_eq!(best(&[]), None);
}

#[test]
fn the_clock_in_the_middle_is_the_reference() {
    let table: [(&[i64], i64); 7] = [
        (&[], 0),
        // With two clocks, this host's is taken.
        (&[5], 0),
        (&[5, 6], 5),
        // This host's clock is the wrong one.
        (&[50, 51, 52], 50),
        (&[50, 51, 52, 53], 51),
        // One host has no clock chip.
        (&[-1_700_000_000, 1, 2], 0),
        (&[-9, -8, -7], -7),
    ];
    for (offsets, middle) in table {
        let offsets: Vec<_> = offsets.iter().map(|us| offset(*us, 1)).collect();
        assert_eq!(median(&offsets).us, middle, "{offsets:?}");
    }
}

#[test]
fn a_clock_is_off_only_where_that_is_sure() {
    const S: i64 = SECOND_US;
    let table = [
        (0, 0, ClockDeviation::Good),
        (S, 0, ClockDeviation::Good),
        (-S, S / 2, ClockDeviation::Good),
        (S + 1, 0, ClockDeviation::Off),
        (-2 * S, S / 2, ClockDeviation::Off),
        (3 * S / 2, S / 2, ClockDeviation::Unsure),
        (0, 2 * S, ClockDeviation::Unsure),
        (DAY_US, 0, ClockDeviation::Off),
        (-DAY_US - 1, 0, ClockDeviation::FarOff),
        (DAY_US + 1, 2, ClockDeviation::Off),
        (i64::MIN, 0, ClockDeviation::FarOff),
        (i64::MAX, i64::MAX, ClockDeviation::Unsure),
    ];
    for (us, uncertainty_us, standing) in table {
        assert_eq!(ClockDeviation::of(us, uncertainty_us), standing, "{us} {uncertainty_us}");
    }
}
