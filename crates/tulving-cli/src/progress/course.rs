//! The course of one phase, and its words.

use std::time::{Duration, Instant};

use tulving::transfer::Phase;

use crate::output::{bytes, count, counted, duration, pace};

/// The noun of bytes, which are shown as sizes.
pub const BYTE: &str = "byte";

/// One phase, from its beginning.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    word: &'static str,
    /// What is counted: rows, if nothing else is said here.
    noun: &'static str,
    pub(super) rows: Option<u64>,
    pub(super) done: u64,
    /// How many of them an earlier session did.
    pub(super) before: u64,
    pub(super) began: Instant,
    /// Whether a line says how it ended.
    pub(super) leaves_line: bool,
}

impl Course {
    pub(super) fn new(word: &'static str, noun: &'static str, rows: Option<u64>) -> Self {
        Self {
            word,
            noun,
            rows,
            done: 0,
            before: 0,
            began: Instant::now(),
            leaves_line: false,
        }
    }

    /// Makes the progress of one phase of a migration.
    pub(super) fn of(phase: Phase, rows: Option<u64>) -> Self {
        Self {
            leaves_line: true,
            ..Self::new(phase.as_str(), "row", rows)
        }
    }

    /// Formats `13,500 rows`, `1 memory`, `13.5 kB`
    fn counted(&self, number: u64) -> String {
        match self.noun {
            BYTE => bytes(number),
            noun => counted(number, noun),
        }
    }

    /// Formats `7,144 of 13,500 rows`, `7.1 kB of 13.5 kB`
    fn far(&self, rows: u64) -> String {
        let done = match self.noun {
            BYTE => bytes(self.done),
            _ => count(self.done),
        };
        format!("{done} of {}", self.counted(rows))
    }

    /// Formats `500 rows/s`, `1.2 MB/s`
    fn speed(&self, took: Duration) -> String {
        match self.noun {
            BYTE => {
                let speed = self.own() as f64 / took.as_secs_f64().max(0.001);
                format!("{}/s", bytes(speed as u64))
            }
            noun => pace(self.own(), took, noun),
        }
    }

    /// Returns the rows of this session: they alone tell how fast it is.
    fn own(&self) -> u64 {
        self.done.saturating_sub(self.before)
    }

    /// Formats `copy      742 rows in 0.3 s, 2,470 rows/s`
    pub(super) fn end(&self, took: Duration) -> String {
        let word = self.word;
        let before = self.counted(self.before);
        match (self.own(), self.before) {
            (0, 0) => format!("{word:8}  done in {}", duration(took)),
            (0, _) => format!("{word:8}  {before}, all of them before"),
            (own, earlier) => {
                let earlier = match earlier {
                    0 => String::new(),
                    earlier => format!("; {} before", count(earlier)),
                };
                let (rows, speed) = (self.counted(own), self.speed(took));
                let took = duration(took);
                format!("{word:8}  {rows} in {took}, {speed}{earlier}")
            }
        }
    }

    /// Formats `copy      1,024 of 3,375 rows in 2.1 s`, of a phase that did not come to its end.
    pub(super) fn cut_short(&self, took: Duration) -> Option<String> {
        let rows = self.rows.filter(|_| self.done > 0 && self.leaves_line)?;
        let (word, took, far) = (self.word, duration(took), self.far(rows));
        Some(match self.before {
            0 => format!("{word:8}  {far} in {took}"),
            before => format!("{word:8}  {far}, {} before; {took}", count(before)),
        })
    }

    /// Returns how far the phase is, the most important first: rows, rate, time left. Before the first
    /// row of this session nothing is known of its speed.
    fn parts(&self, took: Duration) -> Vec<String> {
        let own = self.own();
        let Some(rows) = self.rows.filter(|rows| *rows > 0) else {
            let rows = (own > 0).then(|| [self.counted(own), self.speed(took)]);
            return rows.into_iter().flatten().chain([duration(took)]).collect();
        };
        let far = self.far(rows);
        if own == 0 {
            return vec![far, format!("{} so far", duration(took))];
        }
        let left = rows.saturating_sub(self.done) as f64 / own as f64;
        let left = format!("{} left", duration(took.mul_f64(left)));
        vec![far, self.speed(took), left]
    }

    /// Formats `copy      12,000 of 100,000 rows, 11,900 rows/s, 7.4 s left`
    pub(super) fn midway(&self, took: Duration) -> String {
        format!("{:8}  {}", self.word, self.parts(took).join(", "))
    }

    /// Formats `copy      [=====>      ] 12,000 of 100,000 rows  11,900 rows/s  7.4 s left`, or as much
    /// of it as fits: first the bar goes, then the time left, then the rate.
    pub(super) fn drawn(&self, took: Duration, columns: usize) -> String {
        // Room for the ^C that a terminal may put behind it.
        let room = columns.saturating_sub(3);
        let head = format!("{:8}  ", self.word);
        let mut parts = self.parts(took);
        while parts.len() > 1 && head.len() + parts.join("  ").len() > room {
            parts.pop();
        }
        let text = parts.join("  ");
        match self.rows.filter(|rows| *rows > 0) {
            Some(rows) => {
                // As wide from the first row to the last, whatever the rate.
                let widest = 2 * count(rows).len() + " of  rows  ".len() + WIDEST_SPEED;
                let cells = room.saturating_sub(head.len() + widest + "[] ".len());
                let bar = bar_of(self.done, rows, cells.min(LONGEST_BAR));
                format!("{head}{bar}{text}")
            }
            None => format!("{head}{text}"),
        }
    }
}

/// Columns that rate and time left may take: `1,230,000 rows/s  59 min 59 s left`.
const WIDEST_SPEED: usize = 34;
/// Cells of a bar; a shorter one than the least tells nothing.
const LONGEST_BAR: usize = 30;
const LEAST_BAR: usize = 6;

/// Returns `[=====>      ] `, or nothing where there is no room for one.
fn bar_of(done: u64, rows: u64, cells: usize) -> String {
    if cells < LEAST_BAR {
        return String::new();
    }
    let full = (done.min(rows) as u128 * cells as u128 / u128::from(rows.max(1))) as usize;
    let head = if full > 0 && full < cells { ">" } else { "" };
    let body = "=".repeat(full - head.len());
    format!("[{:cells$}] ", format!("{body}{head}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::width::columns;

    fn course(rows: Option<u64>, before: u64, done: u64) -> Course {
        Course {
            before,
            done,
            ..Course::of(Phase::Copy, rows)
        }
    }

    const TOOK: Duration = Duration::from_secs(2);

    #[test]
    fn rate_and_time_left_are_those_of_this_session() {
        let resumed = course(Some(13_500), 6_144, 7_144);
        assert_eq!(
            resumed.midway(TOOK),
            "copy      7,144 of 13,500 rows, 500 rows/s, 12.7 s left"
        );
        assert_eq!(
            course(Some(13_500), 6_144, 13_500).end(TOOK),
            "copy      7,356 rows in 2.0 s, 3,680 rows/s; 6,144 before"
        );
        assert_eq!(
            resumed.cut_short(TOOK).unwrap(),
            "copy      7,144 of 13,500 rows, 6,144 before; 2.0 s"
        );
        // Nothing of its own, and so no speed, however short the time.
        assert_eq!(
            course(Some(13_500), 13_500, 13_500).end(Duration::from_micros(13)),
            "copy      13,500 rows, all of them before"
        );
        assert_eq!(
            course(Some(13_500), 6_144, 6_144).midway(TOOK),
            "copy      6,144 of 13,500 rows, 2.0 s so far"
        );
    }

    #[test]
    fn nothing_is_said_of_speed_before_the_first_row() {
        assert_eq!(course(None, 0, 0).midway(TOOK), "copy      2.0 s");
        assert_eq!(
            course(Some(1_000), 0, 0).midway(TOOK),
            "copy      0 of 1,000 rows, 2.0 s so far"
        );
        assert_eq!(
            course(None, 0, 200).midway(TOOK),
            "copy      200 rows, 100 rows/s, 2.0 s"
        );
    }

    #[test]
    fn what_is_drawn_fits_at_every_width_and_the_bar_goes_first() {
        let midway = course(Some(13_500), 0, 1_536);
        assert_eq!(
            midway.drawn(TOOK, 100),
            "copy      [==>                        ] 1,536 of 13,500 rows  768 rows/s  15.6 s left"
        );
        assert_eq!(
            midway.drawn(TOOK, 60),
            "copy      1,536 of 13,500 rows  768 rows/s  15.6 s left"
        );
        assert_eq!(
            midway.drawn(TOOK, 50),
            "copy      1,536 of 13,500 rows  768 rows/s"
        );
        assert_eq!(midway.drawn(TOOK, 40), "copy      1,536 of 13,500 rows");
        for rows in [1, 742, 13_500, 1_000_000, 100_000_000] {
            for done in [0, rows / 3, rows] {
                for width in 45..140 {
                    let line = course(Some(rows), 0, done).drawn(Duration::from_secs(3_599), width);
                    assert!(columns(&line) + 3 <= width, "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn a_bar_is_empty_at_first_and_full_at_last() {
        assert_eq!(bar_of(0, 10, 10), "[          ] ");
        assert_eq!(bar_of(5, 10, 10), "[====>     ] ");
        assert_eq!(bar_of(10, 10, 10), "[==========] ");
        assert_eq!(bar_of(5, 10, 5), "");
    }
}
