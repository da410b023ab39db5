//! Retries with exponential back-off.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// The longest wait between two tries. A server that asks for more gets no further try.
const LONGEST: Duration = Duration::from_secs(60);

/// Growing waits between tries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    /// The first wait, more or less.
    pub(super) first: Duration,
    /// Tries after the first.
    pub(super) retries: u32,
}

impl Backoff {
    /// Returns how long to wait after so many failed tries; None if that was the last one. `asked` is
    /// what the server wants, `dice` any random number.
    pub(super) fn wait(&self, failed: u32, asked: Option<Duration>, dice: u64) -> Option<Duration> {
        if failed > self.retries || asked.is_some_and(|asked| asked > LONGEST) {
            return None;
        }
        let doubled = self
            .first
            .saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)));
        // Between half and all of it, so that clients that failed together do not come back together.
        let jitter = 0.5 + (dice % 1024) as f64 / 2048.0;
        let wait = doubled.min(LONGEST / 2).mul_f64(jitter);
        Some(asked.unwrap_or_default().max(wait))
    }
}

/// Returns whether the same request may succeed later.
pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// Reads a `Retry-After`: seconds, or a date.
pub(super) fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTimeParser::new().parse_timestamp(header).ok()?;
    // A date that is over means: now.
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_with_jitter_up_to_a_limit_and_end() {
        let backoff = Backoff {
            first: SECOND,
            retries: 40,
        };
        for dice in [0, 511, 1023, u64::MAX] {
            for (failed, most) in [(1, 1), (2, 2), (3, 4), (6, 30), (40, 30)] {
                let wait = backoff.wait(failed, None, dice).unwrap();
                assert!(
                    wait >= SECOND * most / 2 && wait <= SECOND * most,
                    "{failed}: {wait:?}"
                );
            }
        }
        assert_ne!(backoff.wait(3, None, 0), backoff.wait(3, None, 1000));
        assert_eq!(backoff.wait(41, None, 0), None);
        assert_eq!(
            Backoff {
                first: SECOND,
                retries: 0
            }
            .wait(1, None, 0),
            None
        );
    }

    #[test]
    fn a_server_is_given_the_time_that_it_asks_for_within_reason() {
        let backoff = Backoff {
            first: SECOND,
            retries: 3,
        };
        assert_eq!(backoff.wait(1, Some(7 * SECOND), 0), Some(7 * SECOND));
        assert!(backoff.wait(3, Some(Duration::ZERO), 0) >= Some(2 * SECOND));
        assert_eq!(backoff.wait(1, Some(LONGEST), 0), Some(LONGEST));
        assert_eq!(backoff.wait(1, Some(LONGEST + SECOND), 0), None);
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let now: Timestamp = "1994-11-06T08:49:30Z".parse().unwrap();
        for (header, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(
                retry_after(header, now),
                seconds.map(Duration::from_secs),
                "{header}"
            );
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert!(
            [408, 429, 500, 502, 503, 504, 529]
                .into_iter()
                .all(is_passing)
        );
        assert!(
            ![301, 400, 401, 403, 404, 413, 422]
                .into_iter()
                .any(is_passing)
        );
    }
}
