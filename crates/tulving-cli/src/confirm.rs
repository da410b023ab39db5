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
    go_ahead(question, yes, terminal, &mut stdin.lock(), &mut stderr)
}

fn go_ahead(
    question: &str,
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
    if ask(question, answers, out) {
        Ok(())
    } else {
        Err(CliError::new(
            Exit::Interrupted,
            "not confirmed: nothing was done",
        ))
    }
}

/// Returns whether the answer is yes. An end of input, an unreadable one and everything else is a no.
fn ask(question: &str, answers: &mut impl BufRead, out: &mut impl Write) -> bool {
    let asked = write!(out, "{} [y/N] ", safe(question)).and_then(|()| out.flush());
    let mut answer = String::new();
    asked.is_ok()
        && answers.read_line(&mut answer).is_ok()
        && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
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
                ask("Go\x1b?", &mut answer.as_bytes(), &mut shown),
                yes,
                "{answer:?}"
            );
            assert_eq!(shown, b"Go\\u{1b}? [y/N] ");
        }
    }

    #[test]
    fn nothing_is_asked_with_yes_or_without_a_terminal() {
        let go = |yes, terminal, answer: &str| {
            let mut shown = Vec::new();
            let done = go_ahead("Go?", yes, terminal, &mut answer.as_bytes(), &mut shown);
            (done.map_err(|error| error.exit), !shown.is_empty())
        };
        assert_eq!(go(true, false, ""), (Ok(()), false));
        assert_eq!(go(true, true, "n\n"), (Ok(()), false));
        assert_eq!(go(false, false, "y\n"), (Err(Exit::Usage), false));
        assert_eq!(go(false, true, "y\n"), (Ok(()), true));
        assert_eq!(go(false, true, ""), (Err(Exit::Interrupted), true));
    }
}
