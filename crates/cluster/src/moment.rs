//! Moments as the API server writes them.

/// Seconds since 1970 of `2026-11-28T23:40:43Z` (RFC 3339 in UTC, as metav1.Time is written:
/// k8s.io/apimachinery/pkg/apis/meta/v1/time.go).
#[must_use]
pub fn unix_s(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let (date, time) = text.split_once('T')?;
    let whole = time.split('.').next()?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(whole, ':')?;
    let is_there = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (1970..=9999).contains(&year)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    is_there.then(|| ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

fn numbers(text: &str, between: char) -> Option<[i64; 3]> {
    let mut parts = text.split(between).map(|part| part.parse::<i64>().ok());
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

/// Days since 1970 of a date of the Gregorian calendar: years begin with March, so that the day
/// that is sometimes there comes last.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_years = year * 365 + year / 4 - year / 100 + year / 400;
    of_years + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_written() {
        let table = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00Z", Some(951_825_600)),
            ("2026-11-28T23:40:43Z", Some(1_795_909_243)),
            ("2026-11-28T23:40:43.123456Z", Some(1_795_909_243)),
            ("2026-11-28T23:40:43+01:00", None),
            ("2026-13-28T23:40:43Z", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(unix_s(text), expected, "{text}");
        }
    }
}
