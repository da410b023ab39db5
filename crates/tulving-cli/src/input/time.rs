//! Times as a person writes them: a moment, a day, a month, or how long ago.

use jiff::Span;
use jiff::tz::TimeZone;
use tulving::model::Timestamp;

use crate::text::quote;

/// What may be written, as an error lists it.
const FORMS: &str = "2024-01-15, 2024-01-15T10:30:00Z, 2024-03 (a month), 2024 (a year), today, \
                     yesterday, now, or how long ago: 90min, 12h, 7d, 2w, 3mo, 1y";

/// Reads a time that stands on the command line. Without a zone it is UTC; of a day, a month or a
/// year it is the beginning.
///
/// # Errors
/// Says what may be written.
pub fn time(text: &str) -> Result<Timestamp, String> {
    at(text, Timestamp::now())
}

fn at(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let wrong = |why: &str| format!("{} is no time{why}; write {FORMS}", quote(text));
    let trimmed = text.trim();
    let (year, month) = (trimmed.len() == 4, trimmed.len() == 7);
    let whole = match trimmed {
        period if year && is_number(period) => format!("{period}-01-01"),
        period if month && period.split('-').all(is_number) => format!("{period}-01"),
        other => other.to_owned(),
    };
    let read = match Timestamp::parse(&whole) {
        Ok((time, _)) => return Ok(time),
        Err(why) => why,
    };
    let day = match trimmed.to_lowercase().as_str() {
        "now" => return Ok(now),
        "today" => Some(now),
        "yesterday" => ago("1d", now),
        _ => None,
    };
    if let Some(day) = day {
        let midnight = day.micros() - day.micros().rem_euclid(DAY);
        return Timestamp::from_micros(midnight).ok_or_else(|| wrong(""));
    }
    ago(trimmed, now).ok_or_else(|| {
        let is_dated =
            whole.split('-').count() > 2 && whole.starts_with(|c: char| c.is_ascii_digit());
        wrong(&if is_dated {
            format!(" ({read})")
        } else {
            String::new()
        })
    })
}

/// Microseconds; UTC has no other days.
const DAY: i64 = 86_400_000_000;

/// Returns the time so long before now: `7d`, `2 weeks`, `1h 30m ago`.
fn ago(span: &str, now: Timestamp) -> Option<Timestamp> {
    let span: Span = span.parse().ok()?;
    let now = jiff::Timestamp::from_microsecond(now.micros()).ok()?;
    let then = now.to_zoned(TimeZone::UTC).checked_sub(span.abs()).ok()?;
    Timestamp::from_micros(then.timestamp().as_microsecond())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_moment_a_period_or_how_long_ago() {
        let (now, _) = Timestamp::parse("2024-03-31T10:30:00Z").unwrap();
        for (text, time) in [
            ("2024-01-15", "2024-01-15T00:00:00+00:00"),
            ("2024-01-15T10:30:00+02:00", "2024-01-15T08:30:00+00:00"),
            ("2024-03", "2024-03-01T00:00:00+00:00"),
            ("2024", "2024-01-01T00:00:00+00:00"),
            ("now", "2024-03-31T10:30:00+00:00"),
            ("Today", "2024-03-31T00:00:00+00:00"),
            ("yesterday", "2024-03-30T00:00:00+00:00"),
            ("90min", "2024-03-31T09:00:00+00:00"),
            ("12h", "2024-03-30T22:30:00+00:00"),
            ("7d", "2024-03-24T10:30:00+00:00"),
            ("2w", "2024-03-17T10:30:00+00:00"),
            ("2 weeks ago", "2024-03-17T10:30:00+00:00"),
            // The last day of the shorter month.
            ("1mo", "2024-02-29T10:30:00+00:00"),
            ("1y", "2023-03-31T10:30:00+00:00"),
        ] {
            assert_eq!(
                at(text, now).map(Timestamp::isoformat),
                Ok(time.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_time_is_told_what_is() {
        let now = Timestamp::from_micros(0).unwrap();
        for text in [
            "",
            "soon",
            "7",
            "d",
            "7x",
            "last-month",
            "2024-13",
            "99999y",
            "1700000000",
        ] {
            let why = at(text, now).unwrap_err();
            assert!(
                why.contains("is no time") && why.contains("7d, 2w"),
                "{text}: {why}"
            );
        }
        let why = at("2024-02-30", now).unwrap_err();
        assert!(why.contains("(") && why.contains("day"), "{why}");
    }
}
