//! Progress for a log: plain lines, and not too many.

use std::io::{Stderr, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tulving::transfer::{Phase, Progress};

use super::course::Course;
use crate::text::safe;

/// Plain lines, for a log: one when a phase ends, and now and then one before.
pub(super) struct Lines<W: Write + Send> {
    state: Mutex<Log<W>>,
}

struct Log<W> {
    out: W,
    course: Option<Course>,
    /// When a line was last written, and how far the phase was.
    last: (Instant, u64),
    pace: Pace,
}

/// How often a long phase says how far it is: not sooner than `least`, then at each tenth of its
/// rows, and without such a step after `most`. So a phase of hours stays readable.
#[derive(Clone, Copy)]
struct Pace {
    least: Duration,
    most: Duration,
}

const PACE: Pace = Pace {
    least: Duration::from_secs(5),
    most: Duration::from_secs(30),
};

impl Lines<Stderr> {
    pub(super) fn new(out: Stderr) -> Self {
        Self::with_pace(out, PACE)
    }

    /// Makes the display of one phase that has begun.
    pub(super) fn with(out: Stderr, course: Course) -> Self {
        let lines = Self::new(out);
        lines.log().course = Some(course);
        lines
    }
}

impl<W: Write + Send> Lines<W> {
    fn log(&self) -> MutexGuard<'_, Log<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_pace(out: W, pace: Pace) -> Self {
        let log = Log {
            out,
            course: None,
            last: (Instant::now(), 0),
            pace,
        };
        Self {
            state: Mutex::new(log),
        }
    }
}

impl<W: Write> Log<W> {
    fn line(&mut self, line: &str) {
        // Whoever read stderr may be gone; the work goes on.
        let _ = writeln!(self.out, "{line}");
        let done = self.course.map_or(0, |course| course.done);
        self.last = (Instant::now(), done);
    }

    fn finish(&mut self) {
        if let Some(course) = self.course.take().filter(|course| course.leaves_line) {
            self.line(&course.end(course.began.elapsed()));
        }
    }

    fn is_due(&self, course: &Course) -> bool {
        let (at, done) = self.last;
        let waited = at.elapsed();
        let tenth = course
            .rows
            .is_some_and(|rows| course.done - done >= rows.div_ceil(10));
        waited >= self.pace.most || (waited >= self.pace.least && tenth)
    }
}

impl<W: Write + Send> Progress for Lines<W> {
    fn phase(&self, phase: Phase, rows: Option<u64>) {
        let mut log = self.log();
        log.finish();
        log.course = Some(Course::of(phase, rows));
        log.last = (Instant::now(), 0);
        if rows == Some(0) {
            log.finish();
        }
    }

    fn resumed(&self, rows: u64) {
        self.count(rows, rows);
    }

    fn advance(&self, rows: u64) {
        self.count(rows, 0);
    }

    fn note(&self, text: &str) {
        let mut log = self.log();
        log.line(&safe(text));
    }
}

impl<W: Write + Send> Lines<W> {
    /// Counts rows that are done, in this session or before it.
    fn count(&self, rows: u64, before: u64) {
        let mut log = self.log();
        let Some(mut course) = log.course else { return };
        course.done += rows;
        course.before += before;
        log.course = Some(course);
        if before > 0 {
            log.last.1 = course.done;
        }
        // A phase ends with its last row: what comes then, such as a question, is not a part of it.
        if course.rows.is_some_and(|rows| course.done >= rows) {
            log.finish();
        } else if log.is_due(&course) {
            log.line(&course.midway(course.began.elapsed()));
        }
    }
}

impl<W: Write + Send> Drop for Lines<W> {
    fn drop(&mut self) {
        // What is still at work here did not come to its end.
        let log = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = log
            .course
            .and_then(|course| course.cut_short(course.began.elapsed()))
        {
            log.line(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines(pace: Pace, work: impl FnOnce(&dyn Progress)) -> Vec<String> {
        let out = Shared::default();
        work(&Lines::with_pace(out.clone(), pace));
        let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        text.lines().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn a_short_run_says_when_a_phase_ends() {
        let lines = lines(PACE, |progress| {
            progress.phase(Phase::Plan, None);
            progress.note("resuming \x1b[2J");
            progress.phase(Phase::Copy, Some(742));
            for _ in 0..742 {
                progress.advance(1);
            }
        });
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!(lines[0], "resuming \\u{1b}[2J");
        assert!(lines[1].starts_with("plan      done in "));
        assert!(lines[2].starts_with("copy      742 rows in "), "{lines:?}");
    }

    #[test]
    fn a_phase_that_is_cut_short_does_not_claim_to_be_done() {
        let planning = lines(PACE, |progress| progress.phase(Phase::Plan, None));
        assert_eq!(planning, [""; 0]);
        let copying = lines(PACE, |progress| {
            progress.phase(Phase::Copy, Some(1_742));
            progress.advance(512);
        });
        assert!(
            copying[0].starts_with("copy      512 of 1,742 rows in "),
            "{copying:?}"
        );
    }

    #[test]
    fn a_question_comes_after_the_last_row() {
        let lines = lines(PACE, |progress| {
            progress.phase(Phase::Validate, Some(1));
            progress.advance(1);
            progress.note("Migrate?");
        });
        assert_eq!(lines[1], "Migrate?");
    }

    #[test]
    fn a_long_phase_says_how_far_it_is_at_each_tenth() {
        let pace = Pace {
            least: Duration::ZERO,
            most: Duration::from_secs(3600),
        };
        let lines = lines(pace, |progress| {
            progress.phase(Phase::Verify, Some(1_000));
            for _ in 0..500 {
                progress.advance(2);
            }
        });
        assert_eq!(lines.len(), 9 + 1, "{lines:?}");
        assert!(
            lines[0].starts_with("verify    100 of 1,000 rows, "),
            "{lines:?}"
        );
        assert!(lines[0].ends_with(" left"), "{lines:?}");
    }

    #[test]
    fn a_phase_of_unknown_length_reports_by_time_alone() {
        let pace = Pace {
            least: Duration::ZERO,
            most: Duration::ZERO,
        };
        let lines = lines(pace, |progress| {
            progress.phase(Phase::Plan, None);
            progress.advance(1);
        });
        assert!(lines[0].starts_with("plan      1 row, "), "{lines:?}");
    }
}
