//! Asking before something is done.

use std::io::{BufRead, IsTerminal as _, Write};

use crate::exit::{CliError, Exit};
use crate::text::safe;

/// Asks a question that yes answers, such as "Migrate 742 nodes into …?". With `yes`, or after a
/// yes, it returns; the question goes to stderr, since stdout is the result's.
///
/// A command that listens for Ctrl-C asks by [`Ear::confirm`](crate::interrupt::Ear::confirm); in all
/// others Ctrl-C ends the program while it waits for an answer.
///
/// # Errors
/// Exit 2 where nobody can be asked, exit 6 after a no: nothing was done, and the same command
/// asks again.
pub fn confirm(question: &str, yes: bool) -> Result<(), CliError> {
    let (stdin, mut stderr) = (std::io::stdin(), std::io::stderr());
    let terminal = stdin.is_terminal() && stderr.is_terminal();
    // Stderr is not kept locked while it waits: whoever ends the program has something to say there.
    let by = Answer::Yes;
    go_ahead(question, by, yes, terminal, &mut stdin.lock(), &mut stderr)
}

/// Asks a question as [`confirm`] does, which `word` alone answers: for what cannot be undone.
///
/// # Errors
/// As [`confirm`].
pub fn confirm_by_word(question: &str, word: &str, yes: bool) -> Result<(), CliError> {
    let (stdin, mut stderr) = (std::io::stdin(), std::io::stderr());
    let terminal = stdin.is_terminal() && stderr.is_terminal();
    let by = Answer::Word(word);
    go_ahead(question, by, yes, terminal, &mut stdin.lock(), &mut stderr)
}

/// What is taken for a yes.
#[derive(Clone, Copy)]
enum Answer<'w> {
    Yes,
    Word(&'w str),
}

fn go_ahead(
    question: &str,
    by: Answer<'_>,
    yes: bool,
    terminal: bool,
    answers: &mut impl BufRead,
    out: &mut impl Write,
) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !terminal {
        let message = format!("there is no terminal to ask on: {question}");
        return Err(CliError::usage(message).hint("pass --yes to go ahead without being asked"));
    }
    if ask(question, by, answers, out) {
        Ok(())
    } else {
        Err(CliError::new(
            Exit::Interrupted,
            "not confirmed: nothing was done",
        ))
    }
}

/// Returns whether the answer is yes. An end of input, an unreadable one and everything else is a no.
fn ask(question: &str, by: Answer<'_>, answers: &mut impl BufRead, out: &mut impl Write) -> bool {
    let how = match by {
        Answer::Yes => "[y/N]".to_owned(),
        Answer::Word(word) => format!("Type {word} to go ahead:"),
    };
    let asked = write!(out, "{} {how} ", safe(question)).and_then(|()| out.flush());
    let mut answer = String::new();
    asked.is_ok()
        && answers.read_line(&mut answer).is_ok()
        && match by {
            Answer::Yes => matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"),
            Answer::Word(word) => answer.trim() == word,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        for (answer, yes) in [
            ("y\n", true),
            (" YES \n", true),
            ("", false),
            ("\n", false),
            ("n\n", false),
            ("yo\n", false),
        ] {
            let mut shown = Vec::new();
            assert_eq!(
                ask("Go\x1b?", Answer::Yes, &mut answer.as_bytes(), &mut shown),
                yes,
                "{answer:?}"
            );
            assert_eq!(shown, b"Go\\u{1b}? [y/N] ");
        }
    }

    #[test]
    fn only_the_whole_word_is_a_yes_to_what_cannot_be_undone() {
        for (answer, yes) in [
            ("forget\n", true),
            ("y\n", false),
            ("forge\n", false),
            ("", false),
        ] {
            let mut shown = Vec::new();
            let by = Answer::Word("forget");
            assert_eq!(
                ask("Go?", by, &mut answer.as_bytes(), &mut shown),
                yes,
                "{answer:?}"
            );
            assert_eq!(shown, b"Go? Type forget to go ahead: ");
        }
    }

    #[test]
    fn nothing_is_asked_with_yes_or_without_a_terminal() {
        let go = |yes, terminal, answer: &str| {
            let mut shown = Vec::new();
            let (mut answers, by) = (answer.as_bytes(), Answer::Yes);
            let done = go_ahead("Go?", by, yes, terminal, &mut answers, &mut shown);
            (done.map_err(|error| error.exit), !shown.is_empty())
        };
        assert_eq!(go(true, false, ""), (Ok(()), false));
        assert_eq!(go(true, true, "n\n"), (Ok(()), false));
        assert_eq!(go(false, false, "y\n"), (Err(Exit::Usage), false));
        assert_eq!(go(false, true, "y\n"), (Ok(()), true));
        assert_eq!(go(false, true, ""), (Err(Exit::Interrupted), true));
    }
}
