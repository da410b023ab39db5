//! For a terminal: a bar that is drawn over and over.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tulving::transfer::{Phase, Progress};

use super::Course;
use crate::output::{count, counted, duration, rate};
use crate::text::safe;

/// A bar: phase, rows, rate and time left. Each phase leaves one line behind.
pub(super) struct Bar {
    state: Mutex<Option<(Course, ProgressBar)>>,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(None),
        }
    }

    /// A phase ends with its last row: what comes then, such as a question, is not a part of it.
    fn finish_if_done(state: &mut Option<(Course, ProgressBar)>) {
        let done = |(course, bar): &(Course, ProgressBar)| {
            course.rows.is_some_and(|rows| bar.position() >= rows)
        };
        if state.as_ref().is_some_and(done) {
            Self::finish(state);
        }
    }

    fn finish(state: &mut Option<(Course, ProgressBar)>) {
        if let Some((course, bar)) = state.take() {
            bar.finish_and_clear();
            // Rows that were told by `advance` live in the bar, which is made for many callers.
            let done = bar.position();
            eprintln_quietly(&Course { done, ..course }.end());
        }
    }
}

impl Progress for Bar {
    fn phase(&self, phase: Phase, rows: Option<u64>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Self::finish(&mut state);
        let bar = ProgressBar::with_draw_target(rows, ProgressDrawTarget::stderr_with_hz(10));
        bar.set_style(style(rows.is_some()));
        bar.set_prefix(phase.as_str());
        bar.enable_steady_tick(Duration::from_millis(200));
        *state = Some((Course::new(phase, rows), bar));
        Self::finish_if_done(&mut state);
    }

    fn advance(&self, rows: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bar)) = &*state {
            bar.inc(rows);
        }
        Self::finish_if_done(&mut state);
    }

    fn note(&self, text: &str) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            Some((_, bar)) => bar.suspend(|| eprintln_quietly(&safe(text))),
            None => eprintln_quietly(&safe(text)),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        // What is still at work here did not come to its end.
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some((course, bar)) = state.take() {
            bar.finish_and_clear();
            let done = bar.position();
            if let Some(line) = (Course { done, ..course }).cut_short() {
                eprintln_quietly(&line);
            }
        }
    }
}

fn style(bounded: bool) -> ProgressStyle {
    let template = if bounded {
        "{prefix:8}  [{bar:30}] {course}"
    } else {
        "{prefix:8}  {spinner} {course}"
    };
    // The template is ours, so a fault in it is no reason to stop a migration.
    let style = ProgressStyle::with_template(template);
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
        .with_key(
            "course",
            |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let (took, left) = (state.elapsed(), state.eta());
                let _ = out.write_str(&course(state.pos(), state.len(), took, left));
            },
        )
}

/// How far a phase is. Before its first row nothing is known of its speed.
fn course(done: u64, rows: Option<u64>, took: Duration, left: Duration) -> String {
    let speed = rate(done, took);
    match (done, rows) {
        (0, None) => String::new(),
        (0, Some(rows)) => counted(rows, "row"),
        (_, None) => format!("{}  {speed}  {}", counted(done, "row"), duration(took)),
        (_, Some(rows)) => format!(
            "{} of {} rows  {speed}  {} left",
            count(done),
            count(rows),
            duration(left)
        ),
    }
}

fn eprintln_quietly(line: &str) {
    // Whoever read stderr may be gone; the work goes on.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_of_speed_before_the_first_row() {
        let (took, left) = (Duration::from_secs(2), Duration::from_secs(8));
        assert_eq!(course(0, None, took, left), "");
        assert_eq!(course(0, Some(1_000), took, left), "1,000 rows");
        assert_eq!(course(200, None, took, left), "200 rows  100 rows/s  2.0 s");
        assert_eq!(
            course(200, Some(1_000), took, left),
            "200 of 1,000 rows  100 rows/s  8.0 s left"
        );
    }

    #[test]
    fn the_bar_takes_calls_in_any_order() {
        let bar = Bar::new();
        bar.advance(1);
        bar.phase(Phase::Plan, None);
        bar.phase(Phase::Copy, Some(0));
        bar.advance(5);
        bar.note("x");
    }
}
