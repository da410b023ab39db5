//! How the program ends: its exit codes, and errors as a person and a program read them.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use tulving::ErrorClass;

use crate::text::safe;

/// The exit codes, which scripts rely on. A code keeps its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, and verified where there was something to verify.
    Done = 0,
    /// A bug in tulving.
    Bug = 1,
    /// Usage or configuration; `DATABASE_URL` is not set.
    Usage = 2,
    /// The source is invalid; a row stamped with another scope is too.
    Source = 3,
    /// Rows were rejected.
    Rejected = 4,
    /// Verification found a difference.
    Different = 5,
    /// Interrupted: run the same command again to resume.
    Interrupted = 6,
    /// The database cannot be reached or was lost; a disk is full.
    Unreachable = 7,
    /// Another run holds the lock.
    Locked = 8,
    /// Refused: unknown scope, tables or extension missing, unmatched run, missing privilege,
    /// unsupported version.
    Refused = 9,
    /// No such memory.
    NotFound = 10,
}

impl Exit {
    /// Returns the number a shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Returns the class of an error in a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Bug => "bug",
            Self::Usage => "usage",
            Self::Source => "source",
            Self::Rejected => "rejected",
            Self::Different => "different",
            Self::Interrupted => "interrupted",
            Self::Unreachable => "unreachable",
            Self::Locked => "locked",
            Self::Refused => "refused",
            Self::NotFound => "not-found",
        }
    }
}

// Which failure of the library ends the program how.
impl From<ErrorClass> for Exit {
    fn from(class: ErrorClass) -> Self {
        match class {
            ErrorClass::Bug => Self::Bug,
            ErrorClass::Usage | ErrorClass::Configuration => Self::Usage,
            ErrorClass::Invalid | ErrorClass::Conflict | ErrorClass::Unreadable => Self::Source,
            ErrorClass::Damaged => Self::Different,
            ErrorClass::Interrupted => Self::Interrupted,
            ErrorClass::Unavailable | ErrorClass::Full => Self::Unreachable,
            ErrorClass::Busy => Self::Locked,
            ErrorClass::Refused => Self::Refused,
            ErrorClass::NotFound => Self::NotFound,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do what was asked.
#[derive(Debug, Clone)]
pub struct CliError {
    /// The exit code.
    pub exit: Exit,
    /// One line: what was being done to what, and why it failed.
    pub message: String,
    /// What lies beneath, outermost first.
    pub causes: Vec<String>,
    /// What to do: a command or an action.
    pub hint: Option<String>,
}

impl CliError {
    /// Makes an error without causes or a hint.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            causes: Vec::new(),
            hint: None,
        }
    }

    /// Makes a usage or configuration error, exit 2.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Adds one cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds an error and everything beneath it as causes.
    #[must_use]
    pub fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = plain(&error.to_string());
            // Some errors repeat their source in their own text.
            let last = self.causes.last().unwrap_or(&self.message);
            if !text.is_empty() && !last.contains(&text) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the error as a person reads it, with these words before the message and before what to
    /// do. Lines are not broken: what to type is copied.
    #[must_use]
    pub fn render(&self, error: &str, advice: &str) -> String {
        let mut text = format!("{error} {}\n", safe(&self.message));
        for cause in &self.causes {
            text.push_str(&format!("  caused by: {}\n", safe(cause)));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("  {advice} {}\n", safe(hint)));
        }
        text
    }
}

/// Returns an error's text on one line. Of the driver's, which has the server's own words beneath it,
/// those words alone are left.
fn plain(text: &str) -> String {
    let text = match text {
        "db error" => "",
        said => said
            .trim_start_matches("ERROR: ")
            .trim_start_matches("FATAL: "),
    };
    text.replace("\nDETAIL: ", "; ").replace("\nHINT: ", "; ")
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render("error:", "try:"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> CliError {
        CliError::new(
            Exit::Unreachable,
            "connecting to h:5432 as u: Connection refused",
        )
        .cause("row says \x1b[2J")
        .cause("postgres://u:canary@h/d")
        .hint("start the server")
    }

    #[test]
    fn a_person_reads_one_line_then_causes_then_what_to_do() {
        assert_eq!(
            sample().to_string(),
            "error: connecting to h:5432 as u: Connection refused\n  \
             caused by: row says \\u{1b}[2J\n  \
             caused by: postgres://u:***@h/d\n  \
             try: start the server\n"
        );
    }

    #[test]
    fn causes_follow_the_chain_without_repeating_it() {
        let inner = std::io::Error::other("disk on fire");
        let outer = std::io::Error::other(inner);
        let error = CliError::new(Exit::Bug, "x").because(&outer);
        assert_eq!(error.causes, ["disk on fire"]);
        let server = std::io::Error::other("ERROR: no right\nDETAIL: none\nHINT: ask");
        let error = CliError::new(Exit::Bug, "x").because(&server);
        assert_eq!(error.causes, ["no right; none; ask"]);
        let error = CliError::new(Exit::Bug, "reading: disk on fire").because(&outer);
        assert!(error.causes.is_empty());
    }
}
