//! What a command reads besides its arguments: texts, vectors and memories, from files and stdin.
//!
//! | module | reads |
//! |---|---|
//! | `lines` | memories, one JSON object a line |
//! | `time` | times as a person writes them |
//! | `vector` | a vector |

mod lines;
mod time;
mod vector;

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

pub use lines::{Given, Line, Lines};
pub use time::time;
pub use vector::vector;

use tulving::json::{self, Foreign};
use tulving::model::{Timestamp, is_blank};
use tulving::record;

use crate::exit::{CliError, Exit};
use crate::text::{quote, shell};

/// A record is at most 64 MiB, and so is what becomes a part of one.
const LONGEST: u64 = 64 << 20;

/// How stdin is named on the command line.
const STDIN: &str = "-";

/// Returns a text as it was given; of `-`, all of stdin but the last line's end.
///
/// # Errors
/// When stdin cannot be read, or is no text, or is too long.
pub fn text(given: String) -> Result<String, CliError> {
    if given != STDIN {
        return Ok(given);
    }
    let bytes = everything(Path::new(STDIN))?;
    let bytes = json::unmarked(&bytes).map_err(|found| foreign(Path::new(STDIN), found))?;
    let text = std::str::from_utf8(bytes).map_err(|error| {
        CliError::new(Exit::Source, "stdin is not text in UTF-8")
            .because(&error)
            .hint(
                "iconv -f ENCODING -t UTF-8 FILE | the same command, with the encoding of the text",
            )
    })?;
    let mut text = text.to_owned();
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// Returns what is looked for; of `-`, all of stdin, where something must be.
///
/// # Errors
/// As [`text`], and when stdin is blank.
pub fn question(given: String) -> Result<String, CliError> {
    let from_stdin = given == STDIN;
    let question = text(given)?;
    if from_stdin && is_blank(&question) {
        return Err(CliError::usage("stdin holds no question")
            .hint("echo \"what to look for\" | tulving search -"));
    }
    Ok(question)
}

/// Returns the name of a source.
///
/// # Errors
/// Says what such a name is made of.
pub fn source(name: &str) -> Result<String, String> {
    if record::is_source(name) {
        return Ok(name.to_owned());
    }
    let plain = name.to_lowercase();
    let meant = if record::is_source(&plain) {
        format!("; did you mean {plain}?")
    } else {
        String::new()
    };
    Err(format!("1 to 32 of a-z, 0-9, _ and - are allowed{meant}"))
}

/// Returns a time as a file writes it; without a zone it is UTC.
///
/// # Errors
/// Says why the text is no time.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    match Timestamp::parse(text) {
        Ok((time, _)) => Ok(time),
        Err(why) => Err(format!(
            "{} is not a time such as 2024-01-15T10:30:00Z: {why}",
            quote(text)
        )),
    }
}

/// Refuses a command that would read stdin twice.
///
/// # Errors
/// When more than one of question, answer and vector is `-`.
pub fn once(given: [Option<&str>; 3]) -> Result<(), CliError> {
    match given.iter().filter(|given| **given == Some(STDIN)).count() {
        0 | 1 => Ok(()),
        _ => Err(
            CliError::usage("stdin can be only one of them: question, answer or vector")
                .hint("put the others into files, or on the command line"),
        ),
    }
}

/// Returns how an error names a file.
fn name(path: &Path) -> String {
    match path.to_str() {
        Some(STDIN) => "stdin".to_owned(),
        _ => path.display().to_string(),
    }
}

/// Opens a file, or stdin.
fn open(path: &Path) -> Result<Box<dyn BufRead>, CliError> {
    if path.as_os_str() == STDIN {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    Ok(Box::new(BufReader::new(file)))
}

/// Reads a file, or stdin, to its end.
fn everything(path: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    open(path)?
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > LONGEST {
        let message = format!(
            "{} is longer than 64 MiB, the most a memory takes",
            name(path)
        );
        return Err(CliError::new(Exit::Source, message)
            .hint("split -b 32m FILE   (cuts it into parts that can be remembered one by one)"));
    }
    Ok(bytes)
}

/// Makes the error for input that is not text in UTF-8.
fn foreign(path: &Path, found: Foreign) -> CliError {
    let (name, hint) = (name(path), remedy(path, found));
    CliError::new(Exit::Source, format!("{name} is {found}")).hint(hint)
}

/// Returns what makes UTF-8 of a file that is none.
pub(crate) fn remedy(path: &Path, found: Foreign) -> String {
    let file = match path.to_str() {
        Some(STDIN) => "FILE".to_owned(),
        _ => shell(&path.to_string_lossy()),
    };
    let unpacked = match found {
        Foreign::Utf16 => format!("iconv -f UTF-16 -t UTF-8 {file}"),
        Foreign::Utf32 => format!("iconv -f UTF-32 -t UTF-8 {file}"),
        Foreign::Gzip => format!("gzip -dc < {file}"),
        Foreign::Zstd => format!("zstd -dc < {file}"),
        Foreign::Xz => format!("xz -dc < {file}"),
        Foreign::Bzip2 => format!("bzip2 -dc < {file}"),
        _ => format!("unzip -p {file}"),
    };
    format!("{unpacked} > NEW   (then use NEW in its place)")
}

fn unreadable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("reading {} failed", name(path)))
        .because(error)
        .hint("name another file, or - for stdin")
}
