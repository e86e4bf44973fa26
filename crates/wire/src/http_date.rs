//! The `Date` header (RFC 9110, section 5.6.7).

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT` as seconds since 1970. The two older forms, which no
/// server may send any more, are not read.
#[must_use]
pub fn unix_time(value: &[u8]) -> Option<i64> {
    let [_, _, _, b',', b' ', rest @ ..] = value.trim_ascii() else { return None };
    let [d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, b' ', clock @ ..] = rest else {
        return None;
    };
    let [h1, h2, b':', n1, n2, b':', s1, s2, b' ', b'G', b'M', b'T'] = clock else { return None };
    let day = number(&[*d1, *d2])?;
    let year = number(&[*y1, *y2, *y3, *y4])?;
    let name = [*m1, *m2, *m3];
    let month = i64::try_from(MONTHS.iter().position(|month| **month == name)?).ok()? + 1;
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*n1, *n2])?, number(&[*s1, *s2])?);
    // 60 is a leap second.
    let is_time = hour < 24 && minute < 60 && second <= 60;
    let is_day = (1..=days_of(year, month)).contains(&day);
    (is_time && is_day)
        .then(|| ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
    })
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1 January 1970 in the Gregorian calendar: leap days are counted by years that
/// begin in March, so that the leap day is the last.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 153 days in each five months from March; 719,468 days from 1 March 0000 to 1970.
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
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
            let (mut year, mut month, mut day) = (1970, 1, 1 + days % 28);
            month += days / 28 % 12;
            year += days / 400;
            let before = days_since_1970(year, month, day);
            day += 1;
            if day > days_of(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
            prop_assert_eq!(days_since_1970(year, month, day), before + 1);
        }

        #[test]
        fn no_header_breaks_the_reader(bytes: Vec<u8>) {
            let _ = unix_time(&bytes);
        }
    }
}
