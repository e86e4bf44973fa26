//! Timestamps as the API server writes them.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Seconds since 1970 of `2026-11-28T23:40:43Z` (RFC 3339 in UTC, as metav1.Time is written:
/// k8s.io/apimachinery/pkg/apis/meta/v1/time.go). None before 1970: no cluster is that old.
#[must_use]
pub fn unix_s(text: &str) -> Option<i64> {
    let utc = text.ends_with('Z').then_some(text)?;
    let seconds = OffsetDateTime::parse(utc, &Rfc3339).ok()?.unix_timestamp();
    (seconds >= 0).then_some(seconds)
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
            ("1013-11-28T23:40:43Z", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(unix_s(text), expected, "{text}");
        }
    }
}
