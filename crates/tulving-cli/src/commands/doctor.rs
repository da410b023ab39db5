//! `tulving doctor`: whether everything is in order, and what to do where it is not.
//!
//! | module | checks |
//! |---|---|
//! | `files` | a data directory |
//! | `database` | a database |
//! | `parity` | whether both answer alike |

mod database;
mod files;
mod parity;

use std::sync::Arc;

use clap::Args;
use tulving::backend::{Counts, KeptSpaces};
use tulving::model::Space;
use tulving::store::WordsOnly;

use crate::context::Context;
use crate::embedder::one_model;
use crate::exit::{CliError, Exit};
use crate::memory::Location;
use crate::output::{self, counted};
use crate::table::beside;
use crate::terminal::{Look, Screen};
use crate::text::safe;
use crate::wire;

/// Checks whether everything is in order, and says how to repair what is not
///
/// Checks the configuration and the place where memory lives, and changes nothing. The exit code is 0 if
/// no check fails; warnings do not count.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"ok\": BOOL, \"checks\": [{\"name\": TEXT, \"status\": \"ok\", \"warn\" or \"fail\", \"detail\": TEXT, \"hint\": TEXT or null}]}")]
pub struct Doctor {
    /// Asks the data directory and the database the same questions, made from the owner's memories, and
    /// compares hits, order, counts and errors
    ///
    /// Both are read, whatever `backend:` says. Exit 5 if an answer differs. Where the database answers
    /// through the index of a large scope, every memory that it finds must have the scores that the files
    /// give it, and of the first ten hits at least 99 in 100 must be there; those that are missed are told.
    #[arg(long)]
    pub parity: bool,

    /// Reads everything that search uses and compares it with the memories: every posting, every
    /// vector, every derived file
    ///
    /// Without it counts are compared. Exit 5 if something differs.
    #[arg(long)]
    pub deep: bool,

    /// How many memories to make questions from
    #[arg(long, value_name = "N", default_value_t = 200, requires = "parity")]
    pub questions: usize,
}

/// Something that was looked at.
#[derive(Debug, Clone)]
struct Check {
    name: &'static str,
    status: Status,
    detail: String,
    hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Fine,
    Warn,
    /// The exit code that a command would end with because of it.
    Fail(Exit),
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Warn => "warn",
            Self::Fail(_) => "fail",
        }
    }

    fn look(self) -> Look {
        match self {
            Self::Fine => Look::Good,
            Self::Warn => Look::Warning,
            Self::Fail(_) => Look::Bad,
        }
    }
}

impl Check {
    fn fine(name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Fine,
            detail: detail.into(),
            hint: None,
        }
    }

    fn warn(name: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            status: Status::Warn,
            hint: Some(hint.into()),
            ..Self::fine(name, detail)
        }
    }

    /// Makes a failed check from the error that a command would end with.
    fn fail(name: &'static str, error: CliError) -> Self {
        let mut detail = error.message;
        for cause in error.causes {
            detail.push_str("; ");
            detail.push_str(&cause);
        }
        Self {
            name,
            status: Status::Fail(error.exit),
            detail,
            hint: error.hint,
        }
    }
}

/// Runs it.
///
/// # Errors
/// When the result cannot be written.
pub async fn run(doctor: Doctor, cx: &Context) -> Result<Exit, CliError> {
    let mut told = Told::new(cx);
    told.add(configuration(cx))?;
    match cx.location() {
        Ok(Location::Files(directory)) => {
            told.add(files::checks(&directory, doctor.deep, cx).await)?;
        }
        Ok(Location::Database) => told.add(database::checks(doctor.deep, cx).await)?,
        // The check of the configuration has said it.
        Err(_) => {}
    }
    if doctor.parity {
        told.add(vec![parity::check(doctor.questions, cx).await])?;
    }
    told.end()
}

/// The checks so far. A person sees them as they are made, since some take long.
struct Told<'c> {
    cx: &'c Context,
    checks: Vec<Check>,
}

impl<'c> Told<'c> {
    fn new(cx: &'c Context) -> Self {
        let checks = Vec::new();
        Self { cx, checks }
    }

    fn add(&mut self, mut checks: Vec<Check>) -> Result<(), CliError> {
        for hint in checks.iter_mut().filter_map(|check| check.hint.as_mut()) {
            *hint = self.cx.advice(hint);
        }
        if !self.cx.json {
            let lines = checks.iter().map(|check| line(check, self.cx.out));
            output::text(&lines.collect::<String>())?;
        }
        self.checks.extend(checks);
        Ok(())
    }

    fn end(self) -> Result<Exit, CliError> {
        let Self { cx, checks } = self;
        let failed = checks.iter().find_map(|check| match check.status {
            Status::Fail(exit) => Some(exit),
            _ => None,
        });
        if cx.json {
            output::json(&wire::Checks {
                ok: failed.is_none(),
                checks: checks.into_iter().map(wire::Check::from).collect(),
            })?;
        } else {
            output::text(&verdict(&checks))?;
        }
        Ok(failed.unwrap_or(Exit::Done))
    }
}

/// Returns every setting can be used, and has an effect.
fn configuration(cx: &Context) -> Vec<Check> {
    let faults = cx.config.faults().iter().map(|fault| fault.message.clone());
    let values = cx.config.show().into_iter();
    let problems: Vec<String> = faults
        .chain(values.filter_map(|shown| shown.problem))
        .collect();
    let mut checks = vec![match (problems.is_empty(), cx.config.file()) {
        (false, _) => Check::fail(
            "configuration",
            CliError::usage(problems.join("; ")).hint("tulving config show"),
        ),
        (true, Some(file)) => Check::fine("configuration", file.display().to_string()),
        (true, None) => Check::fine("configuration", "no config.yaml here; defaults hold"),
    }];
    let unused = cx.config.unused().into_iter();
    checks.extend(unused.map(|unused| Check::warn("unused", unused.remark, unused.advice)));
    checks
}

/// Checks whether what is asked in words can be compared with what is there: by either model, where the
/// configuration names two.
async fn embedders(space: Option<&Arc<Space>>, cx: &Context) -> Vec<Check> {
    let next = match cx.next_embedder().await {
        Ok(next) => next.map(|next| next.space().clone()),
        Err(error) => {
            return vec![
                embedder(space, cx).await,
                Check::fail("next embedder", error),
            ];
        }
    };
    let Some(next) = next else {
        return vec![embedder(space, cx).await];
    };
    let said = Check::fine("next embedder", next.to_string());
    match space.filter(|space| space.is_comparable_with(&next)) {
        Some(space) => vec![
            Check::fine("embedder", format!("{space}, as embedding.next says")),
            said,
        ],
        None => vec![embedder(space, cx).await, said],
    }
}

/// Checks the spaces that are kept beside the one that is searched.
fn further(kept: &KeptSpaces, memories: &Counts) -> Vec<Check> {
    const NAME: &str = "beside";
    let spaces = kept.further.iter().map(|one| {
        let (space, lacking) = (&one.space, one.lacking(memories).total());
        let detail = format!("{space} too, {}", counted(one.vectors.total(), "vector"));
        match lacking {
            0 => Check::fine(NAME, detail),
            _ => {
                let lack = if lacking == 1 { "lacks" } else { "lack" };
                let detail = format!("{detail}; {} {lack} one", counted(lacking, "memory"));
                Check::warn(
                    NAME,
                    detail,
                    "tulving reembed   (makes them, with the options of that model)",
                )
            }
        }
    });
    let mut checks: Vec<Check> = spaces.collect();
    let behind = kept.behind.total();
    if behind > 0 {
        let detail = format!(
            "{} still to be moved after a cut-over, so that other programs find those that are searched",
            counted(behind, "vector")
        );
        checks.push(Check::warn(NAME, detail, "tulving reembed   (moves them)"));
    }
    checks
}

async fn embedder(space: Option<&Arc<Space>>, cx: &Context) -> Check {
    let embedder = match cx.embedder().await {
        Ok(embedder) => embedder,
        Err(error) => return Check::fail("embedder", error),
    };
    let made = embedder.space();
    match space {
        Some(space) if !space.is_comparable_with(made) => Check::warn(
            "embedder",
            format!(
                "makes {made}, which cannot be compared with {space}: texts are found by words only"
            ),
            one_model(&WordsOnly {
                stored: space.clone(),
                embedder: made.clone(),
            }),
        ),
        _ => Check::fine("embedder", made.to_string()),
    }
}

/// Returns a check, and below it what to do.
fn line(check: &Check, screen: Screen) -> String {
    // No name is longer than that of the first check.
    let width = "configuration".len();
    let before = format!("      {:width$}  ", check.name);
    let told = beside(&before, &safe(&check.detail), screen);
    // Set apart afterwards: colour takes no columns.
    let status = check.status.as_str();
    let painted = screen.paint(check.status.look(), status);
    let mut line = format!("{painted}{}", &told[status.len()..]);
    if let Some(hint) = &check.hint {
        let advice = screen.paint(Look::Advice, "try:");
        line.push_str(&format!("{:1$}{advice} {2}\n", "", width + 8, safe(hint)));
    }
    line
}

/// Returns how it is on the whole.
fn verdict(checks: &[Check]) -> String {
    let many = |wanted: fn(Status) -> bool| checks.iter().filter(|c| wanted(c.status)).count();
    let (warned, failed) = (
        many(|status| status == Status::Warn),
        many(|status| matches!(status, Status::Fail(_))),
    );
    match (failed, warned) {
        (0, 0) => "\nAll is well.\n".to_owned(),
        (0, warned) => format!("\n{}, nothing fails.\n", counted(warned as u64, "warning")),
        (failed, _) => format!("\n{failed} of {} checks failed.\n", checks.len()),
    }
}

impl From<Check> for wire::Check {
    fn from(check: Check) -> Self {
        Self {
            name: check.name,
            status: check.status.as_str(),
            detail: safe(&check.detail),
            hint: check.hint.as_deref().map(safe),
        }
    }
}
