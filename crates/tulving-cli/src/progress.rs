//! The course of a long operation, on stderr: a bar on a terminal, plain lines elsewhere. Stdout is
//! the result's alone.

mod bar;
mod lines;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tulving::transfer::{Phase, Progress};

use bar::Bar;
use lines::Lines;

use crate::output::{count, counted, duration, rate};

/// What suits the place stderr goes to. Drop it, or all clones, before anything else is printed.
#[must_use]
pub fn on_stderr() -> Arc<dyn Progress> {
    let stderr = std::io::stderr();
    if stderr.is_terminal() {
        Arc::new(Bar::new())
    } else {
        Arc::new(Lines::new(stderr))
    }
}

/// Counts what is done, on a terminal that does not show the results one by one anyway.
#[derive(Debug)]
pub struct Tally(ProgressBar);

impl Tally {
    /// Begins at nothing; `word` says what is counted, `streamed` that results go to stdout
    /// meanwhile.
    #[must_use]
    pub fn new(word: &'static str, streamed: bool) -> Self {
        let target = if streamed && std::io::stdout().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(10)
        };
        let bar = ProgressBar::with_draw_target(None, target).with_prefix(word);
        // The template is ours, so a fault in it is no reason to stop.
        if let Ok(style) =
            ProgressStyle::with_template("{prefix}  {spinner} {human_pos}  {per_sec}")
        {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// So many more are done.
    pub fn advance(&self, more: u64) {
        self.0.inc(more);
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// One phase, from its beginning.
#[derive(Debug, Clone, Copy)]
struct Course {
    phase: Phase,
    rows: Option<u64>,
    done: u64,
    began: Instant,
}

impl Course {
    fn new(phase: Phase, rows: Option<u64>) -> Self {
        let began = Instant::now();
        Self {
            phase,
            rows,
            done: 0,
            began,
        }
    }

    /// `copy      742 rows in 0.3 s, 2,470 rows/s`
    fn end(&self) -> String {
        let (word, took) = (self.phase.as_str(), self.began.elapsed());
        if self.done == 0 {
            return format!("{word:8}  done in {}", duration(took));
        }
        let rows = counted(self.done, "row");
        format!(
            "{word:8}  {rows} in {}, {}",
            duration(took),
            rate(self.done, took)
        )
    }

    /// `copy      1,024 of 3,375 rows in 2.1 s`, of a phase that did not come to its end.
    fn cut_short(&self) -> Option<String> {
        let rows = self.rows.filter(|_| self.done > 0)?;
        let (word, took) = (self.phase.as_str(), duration(self.began.elapsed()));
        let (done, all) = (count(self.done), count(rows));
        Some(format!("{word:8}  {done} of {all} rows in {took}"))
    }

    /// `copy      12,000 of 100,000 rows, 11,900 rows/s, 7.4 s left`
    fn midway(&self) -> String {
        let (word, took) = (self.phase.as_str(), self.began.elapsed());
        let speed = rate(self.done, took);
        if self.done == 0 {
            let rows = self
                .rows
                .map_or_else(String::new, |rows| format!("0 of {} rows, ", count(rows)));
            return format!("{word:8}  {rows}{} so far", duration(took));
        }
        let Some(rows) = self.rows.filter(|rows| *rows > 0) else {
            return format!("{word:8}  {}, {speed}", counted(self.done, "row"));
        };
        let (done, all) = (count(self.done), count(rows));
        let left = rows.saturating_sub(self.done) as f64 / self.done as f64;
        let left = duration(took.mul_f64(left));
        format!("{word:8}  {done} of {all} rows, {speed}, {left} left")
    }
}
