//! A line of stderr that is drawn over and over.
//!
//! Drawn by ourselves, because the usual crate fills the line to its end: a `^C` that the terminal
//! shows then begins a line of its own, and what was drawn above it stays for ever.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::terminal::columns_of_stderr;

const PAUSE: Duration = Duration::from_millis(200);
/// To the beginning of the line, and what is there away.
const AFRESH: &str = "\r\x1b[K";

/// A line that is there until it is dropped.
pub(super) struct Live {
    text: Arc<Text>,
    /// The end of this is the end of the drawing.
    going_on: Option<Sender<()>>,
    drawing: Option<JoinHandle<()>>,
}

/// What the line says in so many columns.
type Text = dyn Fn(usize) -> String + Send + Sync;

impl Live {
    pub(super) fn new(text: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        let text: Arc<Text> = Arc::new(text);
        let (going_on, ended) = channel::<()>();
        let drawn = Arc::clone(&text);
        let drawing = std::thread::spawn(move || {
            while ended.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                put(&format!("{AFRESH}{}", now(&*drawn)));
            }
        });
        let live = Self {
            text,
            going_on: Some(going_on),
            drawing: Some(drawing),
        };
        put(&now(&*live.text));
        live
    }

    /// Prints a line above this one.
    pub(super) fn above(&self, line: &str) {
        put(&format!("{AFRESH}{line}\n{}", now(&*self.text)));
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        drop(self.going_on.take());
        // A thread that panicked has ended the program.
        let _ = self.drawing.take().map(JoinHandle::join);
        put(AFRESH);
    }
}

/// Returns the text for the window as it is now.
fn now(text: &Text) -> String {
    text(columns_of_stderr().unwrap_or_default())
}

/// Whoever read stderr may be gone; the work goes on.
fn put(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr
        .write_all(text.as_bytes())
        .and_then(|()| stderr.flush());
}
