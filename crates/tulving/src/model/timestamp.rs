//! Points in time, as memories name them.

use jiff::SignedDuration;
use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::Pieces;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, within the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// Whether a text named its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// `Z` or an offset.
    Named,
    /// None: the time is taken as UTC.
    Missing,
}

/// Civil times are reckoned with, because `jiff::Timestamp` ends two days before the year 9999 does,
/// and the last microsecond of it is Python's `datetime.max`.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
const YEARS: std::ops::RangeInclusive<i16> = 1..=9999;

impl Timestamp {
    /// From microseconds since 1970, or `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        let civil = EPOCH
            .checked_add(SignedDuration::from_micros(micros))
            .ok()?;
        YEARS.contains(&civil.year()).then_some(Self(micros))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0
    }

    /// The present moment.
    #[must_use]
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
    }

    /// Reads ISO 8601. A time without a zone is UTC; what is finer than a microsecond is cut off.
    ///
    /// # Errors
    /// Says why the text is not a time.
    pub fn parse(text: &str) -> Result<(Self, Zone), String> {
        let pieces = Pieces::parse(text).map_err(|why| why.to_string())?;
        // A date alone is midnight.
        let civil = pieces
            .date()
            .to_datetime(pieces.time().unwrap_or(Time::midnight()));
        let (offset, zone) = match pieces.to_numeric_offset() {
            Some(offset) => (i128::from(offset.seconds()), Zone::Named),
            None => (0, Zone::Missing),
        };
        let micros = civil.duration_since(EPOCH).as_nanos().div_euclid(1000) - offset * 1_000_000;
        i64::try_from(micros)
            .ok()
            .and_then(Self::from_micros)
            .map(|time| (time, zone))
            .ok_or_else(|| "the year is not within 1 to 9999".to_owned())
    }

    /// As Python's `isoformat` writes an aware UTC time: `2024-01-15T10:30:00.000001+00:00`.
    #[must_use]
    pub fn isoformat(self) -> String {
        let civil = EPOCH
            .checked_add(SignedDuration::from_micros(self.0))
            .unwrap_or(EPOCH);
        let fraction = civil.subsec_nanosecond() / 1000;
        let whole = format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            civil.year(),
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        );
        if fraction == 0 {
            format!("{whole}+00:00")
        } else {
            format!("{whole}.{fraction:06}+00:00")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Zone) {
        let (time, zone) = Timestamp::parse(text).unwrap();
        (time.isoformat(), zone)
    }

    #[test]
    fn reads_the_forms_that_occur() {
        for (text, expected, zone) in [
            (
                "2024-01-15T10:30:00",
                "2024-01-15T10:30:00+00:00",
                Zone::Missing,
            ),
            (
                "2024-01-15 10:30:00",
                "2024-01-15T10:30:00+00:00",
                Zone::Missing,
            ),
            ("2024-01-15", "2024-01-15T00:00:00+00:00", Zone::Missing),
            (
                "2024-01-15T10:30:00Z",
                "2024-01-15T10:30:00+00:00",
                Zone::Named,
            ),
            (
                "2024-01-15T10:30:00.123456+02:00",
                "2024-01-15T08:30:00.123456+00:00",
                Zone::Named,
            ),
            (
                "2024-01-15T10:30:00.1234569",
                "2024-01-15T10:30:00.123456+00:00",
                Zone::Missing,
            ),
            (
                "0001-01-01T00:00:00",
                "0001-01-01T00:00:00+00:00",
                Zone::Missing,
            ),
            (
                "9999-12-31T23:59:59.999999",
                "9999-12-31T23:59:59.999999+00:00",
                Zone::Missing,
            ),
            (
                "9999-12-31T23:59:59.999999+00:00",
                "9999-12-31T23:59:59.999999+00:00",
                Zone::Named,
            ),
            (
                "0001-01-01T00:00:00-01:00",
                "0001-01-01T01:00:00+00:00",
                Zone::Named,
            ),
        ] {
            assert_eq!(read(text), (expected.to_owned(), zone), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "yesterday",
            "2024-13-01T00:00:00",
            "2024-02-30T00:00:00",
            "-0001-01-01T00:00:00Z",
            "1700000000",
            "9999-12-31T23:59:59-00:01",
            "0001-01-01T00:00:00+00:01",
            "2024-01-15T24:00:00",
            "10:30:00",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }
}
