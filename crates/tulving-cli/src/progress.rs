//! The course of a long operation, on stderr: a bar on a terminal, plain lines elsewhere. Stdout is
//! the result's alone.
//!
//! | module | holds |
//! |---|---|
//! | `course` | how far one phase is, in words |
//! | `bar` | a bar, on a terminal |
//! | `lines` | plain lines, in a log |
//! | `live` | one line that is drawn over and over |

mod bar;
mod course;
mod lines;
mod live;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tulving::transfer::Progress;

use bar::Bar;
use course::Course;
use lines::Lines;
use live::Live;

use crate::output::{counted, pace};
use crate::terminal::{Face, Screen};

pub use course::BYTE;

/// Returns what suits the place stderr goes to. Drop it, or all clones, before anything else is
/// printed.
#[must_use]
pub fn on_stderr(screen: Screen) -> Arc<dyn Progress> {
    if screen.redraws {
        Arc::new(Bar::new())
    } else {
        Arc::new(Lines::new(std::io::stderr()))
    }
}

/// Returns the same for work of one phase, in which `noun`s are counted. It leaves no line behind: what
/// came of the work is told elsewhere.
#[must_use]
pub fn counting(
    word: &'static str,
    noun: &'static str,
    all: u64,
    screen: Screen,
) -> Arc<dyn Progress> {
    let course = Course::new(word, noun, Some(all));
    if screen.redraws {
        Arc::new(Bar::with(course))
    } else {
        Arc::new(Lines::with(std::io::stderr(), course))
    }
}

/// Counts what is done, on a terminal that does not show the results one by one anyway.
pub struct Tally {
    done: Arc<AtomicU64>,
    _line: Option<Live>,
}

impl Tally {
    /// Begins at nothing; `word` says what is counted, `streamed` that results go to stdout
    /// meanwhile.
    #[must_use]
    pub fn new(word: &'static str, streamed: bool, face: Face) -> Self {
        let done = Arc::new(AtomicU64::new(0));
        let hidden = !face.err.redraws || (streamed && face.out.columns.is_some());
        let line = (!hidden).then(|| {
            let (done, began) = (Arc::clone(&done), Instant::now());
            Live::new(move |_| {
                let done = done.load(Ordering::Relaxed);
                let speed = pace(done, began.elapsed(), "memory");
                format!("{word}  {}  {speed}", counted(done, "memory"))
            })
        });
        Self { done, _line: line }
    }

    /// Counts so many more as done.
    pub fn advance(&self, more: u64) {
        self.done.fetch_add(more, Ordering::Relaxed);
    }
}
