//! A progress bar for a terminal: a line that is drawn over and over.

use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tulving::transfer::{Phase, Progress};

use super::course::Course;
use super::live::Live;
use crate::text::safe;

/// A line: phase, bar, rows, rate and time left. Each phase leaves one line behind.
pub(super) struct Bar {
    phase: Mutex<Option<Drawn>>,
}

/// A phase and the line that is drawn of it.
struct Drawn {
    course: Arc<Mutex<Course>>,
    line: Live,
}

impl Drawn {
    fn new(course: Course) -> Self {
        let course = Arc::new(Mutex::new(course));
        let drawn = Arc::clone(&course);
        let line = Live::new(move |columns| {
            let course = *lock(&drawn);
            course.drawn(course.began.elapsed(), columns)
        });
        Self { course, line }
    }

    /// Takes the line away; gives how far the phase came.
    fn end(self) -> Course {
        drop(self.line);
        *lock(&self.course)
    }
}

impl Bar {
    pub(super) fn new() -> Self {
        Self {
            phase: Mutex::new(None),
        }
    }

    /// Makes the display of one phase that has begun.
    pub(super) fn with(course: Course) -> Self {
        Self {
            phase: Mutex::new(Some(Drawn::new(course))),
        }
    }

    /// A phase ends with its last row: what comes then, such as a question, is not a part of it.
    fn finish_if_done(phase: &mut Option<Drawn>) {
        let is_done = |drawn: &Drawn| {
            let course = lock(&drawn.course);
            course.rows.is_some_and(|rows| course.done >= rows)
        };
        if phase.as_ref().is_some_and(is_done) {
            Self::finish(phase);
        }
    }

    fn finish(phase: &mut Option<Drawn>) {
        if let Some(course) = phase
            .take()
            .map(Drawn::end)
            .filter(|course| course.leaves_line)
        {
            eprintln_quietly(&course.end(course.began.elapsed()));
        }
    }

    /// Counts rows that are done, in this session or before it.
    fn count(&self, rows: u64, before: u64) {
        let mut phase = lock(&self.phase);
        if let Some(drawn) = &*phase {
            let mut course = lock(&drawn.course);
            course.done += rows;
            course.before += before;
        }
        Self::finish_if_done(&mut phase);
    }
}

impl Progress for Bar {
    fn phase(&self, name: Phase, rows: Option<u64>) {
        let mut phase = lock(&self.phase);
        Self::finish(&mut phase);
        *phase = Some(Drawn::new(Course::of(name, rows)));
        Self::finish_if_done(&mut phase);
    }

    fn resumed(&self, rows: u64) {
        self.count(rows, rows);
    }

    fn advance(&self, rows: u64) {
        self.count(rows, 0);
    }

    fn note(&self, text: &str) {
        match &*lock(&self.phase) {
            Some(drawn) => drawn.line.above(&safe(text)),
            None => eprintln_quietly(&safe(text)),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        // What is still at work here did not come to its end.
        if let Some(course) = lock(&self.phase).take().map(Drawn::end)
            && let Some(line) = course.cut_short(course.began.elapsed())
        {
            eprintln_quietly(&line);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn eprintln_quietly(line: &str) {
    // Whoever read stderr may be gone; the work goes on.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

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
