//! Results on stdout: one JSON object, or tables and summaries for a person.

use std::io::{ErrorKind, IsTerminal as _, Write};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tulving::fsutil::OutputFile;
use tulving::model::Timestamp;
use tulving::showable::is_showable;
use tulving::store::{LeftOut, WordsOnly};
use uuid::Uuid;

use crate::context::Context;
use crate::embedder::one_model;
use crate::exit::{CliError, Exit};
use crate::terminal::{Face, Look};
use crate::text::safe;
use crate::wire;

/// Prints one JSON value: indented on a terminal, on one line otherwise.
///
/// # Errors
/// When the value cannot be written as JSON, or stdout takes no more. A reader that went away
/// (`tulving … | head`) is no error.
pub fn json<T: Serialize>(value: &T) -> Result<(), CliError> {
    let stdout = std::io::stdout();
    let text = if stdout.is_terminal() {
        // Terminals act on more than the characters below U+0020 that JSON escapes by itself.
        serde_json::to_string_pretty(value).map(|text| escape_unshowable(&text))
    } else {
        serde_json::to_string(value)
    };
    let text = text.map_err(|error| {
        CliError::new(Exit::Bug, "writing the result as JSON failed").because(&error)
    })?;
    write(&mut stdout.lock(), &text)
}

/// Prints text for a person; it ends with a newline whether or not `text` does. The caller has
/// escaped what came from data ([`Table`](crate::table::Table) and
/// [`summary`](crate::table::summary) do so themselves).
///
/// # Errors
/// As [`json`].
pub fn text(text: &str) -> Result<(), CliError> {
    write(&mut std::io::stdout().lock(), text)
}

/// Prints [`text`] at the end of long work: on a terminal, apart from the lines of progress.
///
/// # Errors
/// As [`json`].
pub fn report(report: &str) -> Result<(), CliError> {
    let terminal = std::io::stdout().is_terminal();
    text(&format!("{}{report}", if terminal { "\n" } else { "" }))
}

/// Writes a file that a person named; one that is there and holds something else is replaced with
/// `force` alone.
///
/// # Errors
/// As [`OutputFile`] says.
pub fn file(path: &Path, bytes: &[u8], force: bool) -> Result<(), CliError> {
    let file = OutputFile::at(path)?;
    file.write(&Uuid::new_v4().to_string(), bytes, force)?;
    Ok(())
}

/// Prints beside the result, on stderr: what goes with a question, or a warning. The caller has
/// escaped what came from data.
pub fn aside(text: &str) {
    // Whoever read stderr may be gone; the result is not concerned.
    let _ = write(&mut std::io::stderr().lock(), text);
}

/// Prints why a command failed: for a person on stderr, and where JSON is wanted as one object on
/// stdout too, so that a program that reads stdout gets exactly one object however the command ends.
pub fn error(error: &CliError, face: Face) {
    let (label, advice) = (
        face.err.paint(Look::Bad, "error:"),
        face.err.paint(Look::Advice, "try:"),
    );
    let text = error.render(&label, &advice);
    // Nothing can be told to anyone if stderr is gone.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
    if face.json {
        let _ = json(&wire::Failure::from(error));
    }
}

/// Takes away what is drawn on the present line of stderr, where a terminal is.
pub fn erase_line() {
    // As above.
    let _ = std::io::stderr().lock().write_all(b"\r\x1b[K");
}

/// Prints a remark beside the result, on stderr, and what to do about it. Both may hold anything.
pub fn note(remark: &str, advice: &str, cx: &Context) {
    let (note, advised) = (
        cx.err.paint(Look::Warning, "note:"),
        cx.err.paint(Look::Advice, "try:"),
    );
    aside(&format!(
        "{note} {}\n  {advised} {}",
        safe(remark),
        safe(&cx.advice(advice))
    ));
}

/// Warns that only words were looked for, or can be found by.
pub fn words_only(why: &WordsOnly, cx: &Context) {
    note(&format!("by words only, since {why}"), &one_model(why), cx);
}

/// Warns that a further space has no vectors of what was written.
pub fn left_out(why: &LeftOut, cx: &Context) {
    let advice = "tulving reembed   (makes them, once the model can be reached)";
    note(&why.to_string(), advice, cx);
}

fn write(out: &mut impl Write, text: &str) -> Result<(), CliError> {
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(newline.as_bytes()))
        .and_then(|()| out.flush());
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(
            CliError::new(Exit::Unreachable, "writing the result to stdout failed")
                .because(&error)
                .hint("free space there, or send the result elsewhere"),
        ),
    }
}

/// Spells the characters that a terminal would act on as JSON may: it is the same string.
pub fn escape_unshowable(json: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_showable(c) || c == '\n' {
            out.push(c);
        } else {
            // All of them lie below U+10000.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
    }
    out
}

/// Formats a number: `12,345`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Formats a number with its noun: `1 node`, `12,345 nodes`, `2 memories`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{} {}", count(number), plural(noun))
    }
}

fn plural(noun: &str) -> String {
    noun.strip_suffix('y')
        .map_or_else(|| format!("{noun}s"), |stem| format!("{stem}ies"))
}

/// Formats a size: `512 B`, `1.2 GB` (a kilobyte is 1,000 bytes, as disks are sold).
#[must_use]
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if number < 1_000 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1e3;
    let mut unit = 0;
    // 999.95 would be rounded up to 1000.0.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1e3;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Formats a duration: `45 ms`, `3.4 s`, `2 min 5 s`, `1 h 3 min`.
#[must_use]
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.9995 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else if seconds < 3_599.5 {
        let whole = seconds.round() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        let minutes = (seconds / 60.0).round() as u64;
        format!("{} h {} min", minutes / 60, minutes % 60)
    }
}

/// Formats a rate of rows: `12,300 rows/s`, with three digits, since the rest is noise.
#[must_use]
pub fn rate(rows: u64, time: Duration) -> String {
    pace(rows, time, "row")
}

/// Formats the rate of anything that can be counted.
#[must_use]
pub fn pace(number: u64, time: Duration, noun: &str) -> String {
    let seconds = time.as_secs_f64();
    let exact = if seconds > 0.0 {
        number as f64 / seconds
    } else {
        0.0
    };
    let nouns = plural(noun);
    if exact == 0.0 {
        return format!("0 {nouns}/s");
    }
    if exact < 10.0 {
        return format!("{exact:.1} {nouns}/s");
    }
    let step = 10f64.powf((exact.log10().floor() - 2.0).max(0.0));
    format!(
        "{} {nouns}/s",
        count(((exact / step).round() * step) as u64)
    )
}

/// Formats a time in UTC, which the heading above it says: `2024-01-15 10:30`.
#[must_use]
pub fn minute(time: Timestamp) -> String {
    let text = time.isoformat().replacen('T', " ", 1);
    text.chars().take(16).collect()
}

/// Formats a time that stands alone: `2024-01-15 10:30 UTC`.
#[must_use]
pub fn moment(time: Timestamp) -> String {
    format!("{} UTC", minute(time))
}

/// Formats a time with how long ago it was by then: `2024-01-15 10:30 UTC, 2.0 s ago`.
#[must_use]
pub fn moment_ago(time: Timestamp, now: Timestamp) -> String {
    let ago = now.micros().saturating_sub(time.micros());
    let ago = Duration::from_micros(ago.max(0).unsigned_abs());
    format!("{}, {} ago", moment(time), duration(ago))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [0, 999, 1_000, 12_345, 1_234_567].map(count),
            ["0", "999", "1,000", "12,345", "1,234,567"]
        );
        assert_eq!(
            [999, 1_000, 999_950, 1_200_000_000, u64::MAX].map(bytes),
            ["999 B", "1.0 kB", "1.0 MB", "1.2 GB", "18446.7 PB"]
        );
        assert_eq!(
            [45, 999, 1_000, 3_400, 59_960, 125_000, 3_780_000]
                .map(|ms| duration(Duration::from_millis(ms))),
            [
                "45 ms",
                "999 ms",
                "1.0 s",
                "3.4 s",
                "1 min 0 s",
                "2 min 5 s",
                "1 h 3 min"
            ]
        );
        let second = Duration::from_secs(1);
        assert_eq!(
            [0, 3, 742, 12_345, 999_999].map(|rows| rate(rows, second)),
            [
                "0 rows/s",
                "3.0 rows/s",
                "742 rows/s",
                "12,300 rows/s",
                "1,000,000 rows/s"
            ]
        );
        assert_eq!(rate(5, Duration::ZERO), "0 rows/s");
        assert_eq!(counted(1, "node"), "1 node");
        assert_eq!(counted(1_742, "node"), "1,742 nodes");
        assert_eq!(counted(1, "memory"), "1 memory");
        assert_eq!(counted(0, "memory"), "0 memories");
    }

    #[test]
    fn a_reader_that_went_away_is_no_error_and_a_full_disk_is() {
        struct Fails(ErrorKind);
        impl Write for Fails {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        assert!(write(&mut Fails(ErrorKind::BrokenPipe), "x").is_ok());
        let full = write(&mut Fails(ErrorKind::StorageFull), "x").unwrap_err();
        assert_eq!(full.exit, Exit::Unreachable);
    }

    #[test]
    fn json_on_a_terminal_spells_the_same_string() {
        let text = serde_json::to_string_pretty(&["a\u{9b}31m\x7f\x1b\u{202e}"]).unwrap();
        let shown = escape_unshowable(&text);
        assert!(shown.chars().all(|c| is_showable(c) || c == '\n'));
        assert_eq!(
            serde_json::from_str::<[String; 1]>(&shown).unwrap()[0],
            "a\u{9b}31m\x7f\x1b\u{202e}"
        );
    }
}
