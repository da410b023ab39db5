//! Times, in every spelling that exports have.

mod iso;
mod spoken;

use std::fmt;

use tulving_json::Value;

pub(crate) use spoken::spoken;

/// A moment: microseconds since the beginning of 1970, UTC. It is shown as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400;

impl Time {
    /// Makes a time of microseconds since the beginning of 1970. `None` outside the years 1970 to 9999; for 0 too, by
    /// which exports say that they know none.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros > 0 && micros < 253_402_300_800 * SECOND {
            Some(Self(micros))
        } else {
            None
        }
    }

    /// Returns the microseconds since the beginning of 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads what an export has as a time: seconds, or milliseconds where seconds would be beyond the year 5000; ISO
    /// 8601, as UTC where it names no zone; or MongoDB's `{"$date": …}` with either.
    #[must_use]
    pub fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Number(lexeme) => Self::of_number(lexeme),
            Value::String(text) => {
                let text = text.to_str()?.trim();
                iso::read(text).or_else(|| Self::of_number(text))
            }
            Value::Object(_) => match value.get("$date")? {
                Value::Object(members) => {
                    let (_, number) = members
                        .iter()
                        .find(|(key, _)| key.as_bytes() == b"$numberLong")?;
                    match number {
                        Value::String(text) => millis(text.to_str()?),
                        Value::Number(lexeme) => millis(lexeme),
                        _ => None,
                    }
                }
                Value::Number(lexeme) => millis(lexeme),
                text @ Value::String(_) => Self::of(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// Reads ISO 8601; without a zone it is UTC.
    #[must_use]
    pub fn of_iso(text: &str) -> Option<Self> {
        iso::read(text.trim())
    }

    fn of_number(lexeme: &str) -> Option<Self> {
        let number: f64 = lexeme.parse().ok()?;
        let micros = match number {
            _ if number < 1e11 => number * 1e6,
            _ if number < 1e14 => number * 1e3,
            _ => number,
        };
        // A float that is no number, or too large, becomes one that is refused.
        Self::from_micros(micros.round() as i64)
    }

    /// Makes a time of what a calendar and a clock show at so many seconds east of Greenwich.
    fn civil(date: [i64; 3], clock: [i64; 3], micros: i64, east: i64) -> Option<Self> {
        let [year, month, day] = date;
        let [hour, minute, second] = clock;
        let valid = (1970..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_of(year, month)).contains(&day)
            && (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..=60).contains(&second)
            && (-DAY..=DAY).contains(&east);
        if !valid {
            return None;
        }
        let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second - east;
        Self::from_micros(seconds * SECOND + micros)
    }
}

fn millis(lexeme: &str) -> Option<Time> {
    Time::from_micros(lexeme.parse::<i64>().ok()?.checked_mul(1000)?)
}

/// Returns how many days a month has.
fn days_of(year: i64, month: i64) -> i64 {
    let (next_year, next) = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    days(next_year, next, 1) - days(year, month, 1)
}

/// Returns the days from the beginning of 1970 to a date, in years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day_of_year - 719_468
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.0.div_euclid(SECOND), self.0.rem_euclid(SECOND));
        let (date, clock) = (seconds.div_euclid(DAY) + 719_468, seconds.rem_euclid(DAY));
        let (era, day) = (date.div_euclid(146_097), date.rem_euclid(146_097));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        f.write_str("Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> String {
        let value = tulving_json::parse(json.as_bytes()).unwrap();
        Time::of(&value).map_or("-".to_owned(), |time| time.to_string())
    }

    #[test]
    fn every_spelling_of_an_export_is_read() {
        for (json, time) in [
            ("1700000000", "2023-11-14T22:13:20Z"),
            ("1700000000.123456", "2023-11-14T22:13:20.123456Z"),
            ("1700000000123", "2023-11-14T22:13:20.123000Z"),
            ("\"1700000000\"", "2023-11-14T22:13:20Z"),
            (
                r#"{"$date":{"$numberLong":"1700000000123"}}"#,
                "2023-11-14T22:13:20.123000Z",
            ),
            (r#"{"$date":1700000000000}"#, "2023-11-14T22:13:20Z"),
            (
                r#"{"$date":"2024-02-29T12:00:00Z"}"#,
                "2024-02-29T12:00:00Z",
            ),
            (
                "\"2024-02-29T12:00:00.5+08:00\"",
                "2024-02-29T04:00:00.500000Z",
            ),
            ("\"2024-02-29 12:00:00\"", "2024-02-29T12:00:00Z"),
            (
                "\"2024-02-29T12:00:00.123456789Z\"",
                "2024-02-29T12:00:00.123456Z",
            ),
            ("\"2024-02-29T12:00-0330\"", "2024-02-29T15:30:00Z"),
            ("\"2024-02-29\"", "2024-02-29T00:00:00Z"),
            ("\"2000-02-29\"", "2000-02-29T00:00:00Z"),
            ("\"2024-12-31\"", "2024-12-31T00:00:00Z"),
            ("\"1999-12-31T23:59:60Z\"", "2000-01-01T00:00:00Z"),
        ] {
            assert_eq!(of(json), time, "{json}");
        }
        for json in [
            "0",
            "0.0",
            "-5",
            "NaN",
            "Infinity",
            "1e300",
            "null",
            "\"\"",
            "\"soon\"",
            "\"2024-13-01\"",
            "\"2024-02-30\"",
            "\"2023-02-29\"",
            "\"2100-02-29T12:00:00Z\"",
            "\"2024-04-31\"",
            "\"2024-01-00\"",
            "{}",
            "\"2024-02-29T25:00:00Z\"",
            "[1700000000]",
            r#"{"$date":{"$numberLong":"99999999999999999999"}}"#,
        ] {
            assert_eq!(of(json), "-", "{json}");
        }
    }
}
