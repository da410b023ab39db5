//! What stdout and stderr can show: how many columns, and whether in colour.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use terminal_size::{Width, terminal_size_of};

use crate::config::Env;

/// When text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Colour {
    /// On a terminal that can show colour, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always, in pipes and files too
    Always,
    /// Never
    Never,
}

/// What a part of the text is, which decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// What failed, or does not hold.
    Bad,
    /// What deserves attention.
    Warning,
    /// What is in order.
    Good,
    /// What to do next.
    Advice,
    /// A heading, or what a search found.
    Strong,
}

impl Look {
    fn style(self) -> Style {
        let colour = match self {
            Self::Bad => Some(AnsiColor::Red),
            Self::Warning => Some(AnsiColor::Yellow),
            Self::Good => Some(AnsiColor::Green),
            Self::Advice => Some(AnsiColor::Cyan),
            Self::Strong => None,
        };
        Style::new().bold().fg_color(colour.map(Into::into))
    }
}

/// A terminal that does not say how wide it is.
const USUAL: usize = 80;

/// What a stream of output can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Columns of a line; none where the reader is no terminal, and nothing is to be cut or wrapped.
    pub columns: Option<usize>,
    /// Whether a line can be drawn over.
    pub redraws: bool,
    colour: bool,
}

impl Screen {
    /// A file or a pipe.
    pub const PLAIN: Self = Self {
        columns: None,
        redraws: false,
        colour: false,
    };

    /// Makes a screen of so many columns, without colour.
    #[must_use]
    pub fn of_columns(columns: usize) -> Self {
        Self {
            columns: Some(columns),
            ..Self::PLAIN
        }
    }

    /// Returns the same screen with colour.
    #[must_use]
    pub fn coloured(self) -> Self {
        Self {
            colour: true,
            ..self
        }
    }

    fn of(columns: Option<usize>, wish: Colour, env: &Env) -> Self {
        Self {
            columns,
            redraws: columns.is_some() && !is_dumb(env),
            colour: has_colour(wish, columns.is_some(), env),
        }
    }

    /// Returns `text`, which is safe to show, looking as what it is.
    #[must_use]
    pub fn paint(self, look: Look, text: &str) -> String {
        if self.colour {
            let style = look.style();
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// Renders a help text of clap's.
    #[must_use]
    pub fn help(self, help: &clap::builder::StyledStr) -> String {
        if self.colour {
            help.ansi().to_string()
        } else {
            help.to_string()
        }
    }
}

/// How the program speaks: what its streams can show, and whether the result is JSON.
#[derive(Debug, Clone, Copy)]
pub struct Face {
    /// The result is one JSON object.
    pub json: bool,
    /// Stdout.
    pub out: Screen,
    /// Stderr.
    pub err: Screen,
}

impl Face {
    /// Makes the face for this wish, as environment and streams allow. JSON is never coloured.
    #[must_use]
    pub fn new(json: bool, wish: Colour, env: &Env) -> Self {
        let out = if json { Colour::Never } else { wish };
        Self {
            json,
            out: Screen::of(columns_of(&std::io::stdout()), out, env),
            err: Screen::of(columns_of_stderr(), wish, env),
        }
    }
}

/// Returns how many columns the terminal has that stderr goes to now; a window may change while something is drawn.
#[must_use]
pub fn columns_of_stderr() -> Option<usize> {
    columns_of(&std::io::stderr())
}

#[cfg(unix)]
fn columns_of(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> Option<usize> {
    stream
        .is_terminal()
        .then(|| usual(terminal_size_of(stream).map(|(width, _)| width)))
}

#[cfg(windows)]
fn columns_of(stream: &(impl IsTerminal + std::os::windows::io::AsHandle)) -> Option<usize> {
    stream
        .is_terminal()
        .then(|| usual(terminal_size_of(stream).map(|(width, _)| width)))
}

fn usual(width: Option<Width>) -> usize {
    width.map_or(USUAL, |Width(columns)| match columns {
        0 => USUAL,
        columns => usize::from(columns),
    })
}

/// Decides about colour by the conventions of no-color.org and bixense.com/clicolors.
fn has_colour(wish: Colour, terminal: bool, env: &Env) -> bool {
    match wish {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto if env.is_set("NO_COLOR") => false,
        Colour::Auto if env.is_set("CLICOLOR_FORCE") && !env.is("CLICOLOR_FORCE", "0") => true,
        Colour::Auto => terminal && !is_dumb(env) && !env.is("CLICOLOR", "0"),
    }
}

/// Returns whether the terminal only takes lines, or does not say what it is.
fn is_dumb(env: &Env) -> bool {
    env.is("TERM", "dumb") || (cfg!(unix) && !env.is_set("TERM"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_follows_the_wish_then_the_environment_then_the_terminal() {
        use Colour::{Always, Auto, Never};
        let xterm = ("TERM", "xterm");
        for (wish, terminal, env, colour) in [
            (Auto, true, Env::of([xterm]), true),
            (Auto, false, Env::of([xterm]), false),
            (Auto, true, Env::of([]), cfg!(windows)),
            (Auto, true, Env::of([("TERM", "dumb")]), false),
            (Auto, true, Env::of([xterm, ("NO_COLOR", "1")]), false),
            (Auto, true, Env::of([xterm, ("NO_COLOR", "")]), true),
            (Auto, true, Env::of([xterm, ("CLICOLOR", "0")]), false),
            (Auto, false, Env::of([("CLICOLOR_FORCE", "1")]), true),
            (Auto, false, Env::of([("CLICOLOR_FORCE", "0")]), false),
            (
                Auto,
                true,
                Env::of([xterm, ("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]),
                false,
            ),
            (Always, false, Env::of([("NO_COLOR", "1")]), true),
            (Never, true, Env::of([("CLICOLOR_FORCE", "1")]), false),
        ] {
            assert_eq!(
                has_colour(wish, terminal, &env),
                colour,
                "{wish:?} {terminal}"
            );
        }
    }

    #[test]
    fn text_is_painted_only_where_colour_shows() {
        assert_eq!(Screen::PLAIN.paint(Look::Bad, "error:"), "error:");
        let painted = Screen::PLAIN.coloured().paint(Look::Bad, "error:");
        assert_eq!(painted, "\x1b[1m\x1b[31merror:\x1b[0m");
    }
}
