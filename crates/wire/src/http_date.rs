//! The `Date` header (RFC 9110, section 5.6.7).

use time::{Date, Month, Time};

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Parses `Sun, 06 Nov 1994 08:49:37 GMT` into seconds since 1970. The two obsolete forms, which no
/// server may send any more, are rejected.
#[must_use]
pub fn unix_time(value: &[u8]) -> Option<i64> {
    let [_, _, _, b',', b' ', rest @ ..] = value.trim_ascii() else { return None };
    let [d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, b' ', clock @ ..] = rest else {
        return None;
    };
    let [h1, h2, b':', n1, n2, b':', s1, s2, b' ', b'G', b'M', b'T'] = clock else { return None };
    let name = [*m1, *m2, *m3];
    let month = u8::try_from(MONTHS.iter().position(|month| **month == name)?).ok()? + 1;
    let year = i32::from(number([*y1, *y2])?) * 100 + i32::from(number([*y3, *y4])?);
    let date =
        Date::from_calendar_date(year, Month::try_from(month).ok()?, number([*d1, *d2])?).ok()?;
    // 60 is a leap second, which `Time::from_hms` rejects, so seconds are added as a number.
    let second = number([*s1, *s2]).filter(|second| *second <= 60)?;
    let minute = Time::from_hms(number([*h1, *h2])?, number([*n1, *n2])?, 0).ok()?;
    Some(date.with_time(minute).assume_utc().unix_timestamp() + i64::from(second))
}

fn number(digits: [u8; 2]) -> Option<u8> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + (digit - b'0')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read_to_the_second() {
        let table: [(&[u8], Option<i64>); 10] = [
            (b"Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            (b"Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            (b"Thu, 29 Feb 2024 23:59:60 GMT", Some(1_709_251_200)),
            (b"Tue, 24 Nov 2026 04:43:10 GMT", Some(1_795_495_390)),
            (b"Fri, 29 Feb 2023 00:00:00 GMT", None),
            (b"Sun, 06 Nov 1994 24:00:00 GMT", None),
            (b"Sun, 06 Nov 1994 08:49:37 CET", None),
            (b"Sun, 00 Nov 1994 08:49:37 GMT", None),
            (b"Sun, +6 Nov 1994 08:49:37 GMT", None),
            (b"Sunday, 06-Nov-94 08:49:37 GMT", None),
        ];
        for (text, expected) in table {
            assert_eq!(unix_time(text), expected, "{}", text.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn a_day_later_is_a_day_more(days in 0_i64..2_000_000) {
            let date = Date::from_julian_day(2_440_588 + i32::try_from(days).unwrap()).unwrap();
            let month = MONTHS[usize::from(u8::from(date.month())) - 1].escape_ascii();
            let text = format!("Sun, {:02} {month} {:04} 00:00:00 GMT", date.day(), date.year());
            prop_assert_eq!(unix_time(text.as_bytes()), Some(days * 86_400), "{}", text);
        }

        #[test]
        fn no_header_breaks_the_reader(bytes: Vec<u8>) {
            let _ = unix_time(&bytes);
        }
    }
}
