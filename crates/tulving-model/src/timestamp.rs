//! Points in time, as memories name them.

use std::str::FromStr;
use std::time::SystemTime;

use jiff::SignedDuration;
use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::Pieces;
use thiserror::Error;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, within the years 1 to 9999.
///
/// ```
/// use std::time::SystemTime;
/// use tulving_model::Timestamp;
///
/// let time: Timestamp = "2024-01-15T10:30:00+01:00".parse()?;
/// assert_eq!(time.isoformat(), "2024-01-15T09:30:00+00:00");
/// assert!(time < Timestamp::try_from(SystemTime::now())?);
/// # Ok::<(), tulving_model::NotATime>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// Why something is no [`Timestamp`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotATime {
    /// The text is not of ISO 8601.
    #[error("{0}")]
    Text(String),
    /// It lies outside the years 1 to 9999.
    #[error("the year is not within 1 to 9999")]
    Year,
}

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
    /// Makes a time from microseconds since 1970; `None` outside the years 1 to 9999.
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

    /// Returns the present moment.
    #[must_use]
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
    }

    /// Reads ISO 8601. A time without a zone is UTC; what is finer than a microsecond is cut off.
    ///
    /// # Errors
    /// If the text is not a time, or its year is not within 1 to 9999.
    pub fn parse(text: &str) -> Result<(Self, Zone), NotATime> {
        let pieces = Pieces::parse(text).map_err(|why| NotATime::Text(why.to_string()))?;
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
            .ok_or(NotATime::Year)
    }

    /// Writes it as Python's `isoformat` writes an aware UTC time: `2024-01-15T10:30:00.000001+00:00`.
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

impl FromStr for Timestamp {
    type Err = NotATime;

    /// Reads ISO 8601; a time without a zone is UTC.
    fn from_str(text: &str) -> Result<Self, NotATime> {
        Self::parse(text).map(|(time, _)| time)
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = NotATime;

    /// Converts the system's time; what is finer than a microsecond is cut off.
    fn try_from(time: SystemTime) -> Result<Self, NotATime> {
        let micros = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()),
            Err(before) => {
                i64::try_from(before.duration().as_nanos().div_ceil(1000)).map(|micros| -micros)
            }
        };
        let time = micros.ok().and_then(Self::from_micros);
        time.ok_or(NotATime::Year)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_systems_time_is_cut_to_a_microsecond_also_before_1970() {
        let epoch = SystemTime::UNIX_EPOCH;
        let micros = |time| Timestamp::try_from(time).map(Timestamp::micros);
        assert_eq!(micros(epoch + Duration::from_nanos(1_999)), Ok(1));
        assert_eq!(micros(epoch - Duration::from_nanos(1)), Ok(-1));
        assert_eq!(micros(epoch - Duration::from_nanos(2_000)), Ok(-2));
        let far = epoch + Duration::from_secs(8_000 * 366 * 86_400);
        assert_eq!(micros(far), Ok(8_000 * 366 * 86_400_000_000));
        let farther = epoch + Duration::from_secs(9_000 * 366 * 86_400);
        assert_eq!(micros(farther), Err(NotATime::Year));
    }

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
