//! Parity: files and database, asked the same.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tulving::parity::{self, Parity, Side};

use super::{Check, Status};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{count, counted};
use crate::progress::counting;
use crate::text::{owner_flag, shell};

/// More differences are not told one by one.
const SHOWN: usize = 3;

/// What the directory alone says, or the database alone, and the commands that are advised must know.
struct Again {
    owner: String,
    model: String,
}

/// Checks whether the data directory and the database give the same answers.
pub(super) async fn check(questions: usize, cx: &Context) -> Check {
    match compare(questions, cx).await {
        Ok((parity, again)) => told(&parity, &again),
        Err(error) => Check::fail("parity", error),
    }
}

async fn compare(questions: usize, cx: &Context) -> Result<(Parity, Again), CliError> {
    let embedder = cx.embedder().await?;
    let files = cx.in_files(cx.config.data_dir()?, embedder.clone()).await?;
    let owner = files.owner();
    let database = cx.in_database(owner, embedder).await?;
    let again = Again {
        owner: owner_flag(owner),
        model: match (files.space().await?, database.space().await?) {
            (Some(unnamed), Some(space)) if !unnamed.is_named() => {
                format!(" --model {}", shell(&space.model))
            }
            _ => String::new(),
        },
    };
    let side = |name, store| Side { name, store };
    let (course, told) = (OnceLock::new(), AtomicUsize::new(0));
    let progress = |done: usize, of: usize| {
        let course = course.get_or_init(|| counting("parity", "memory", of as u64, cx.err));
        let before = told.swap(done, Ordering::Relaxed);
        course.advance(done.saturating_sub(before) as u64);
    };
    let (files, database) = (side("files", &files), side("database", &database));
    let parity = parity::compare(files, database, questions, &progress).await?;
    Ok((parity, again))
}

fn told(parity: &Parity, again: &Again) -> Check {
    let mut detail = format!(
        "{}, {}: ",
        counted(parity.questions as u64, "question"),
        counted(parity.hits as u64, "hit")
    );
    let differences = &parity.differences;
    if parity.different == 0 {
        detail.push_str("files and database answer alike");
    } else {
        let different = count(parity.different as u64);
        detail.push_str(&format!("{different} answered differently"));
        for difference in differences.iter().take(SHOWN) {
            detail.push_str(&format!("; {difference}"));
        }
    }
    let index = &parity.index;
    if index.questions > 0 {
        detail.push_str(&format!(
            "; through its index the database found {:.1} % of the first ten ({} of {} missed)",
            100.0 * index.at_ten(),
            count(index.missed as u64),
            count(index.wanted as u64)
        ));
        for miss in index.misses.iter().take(SHOWN) {
            detail.push_str(&format!("; {miss}"));
        }
    }
    if parity.holds() {
        return Check::fine("parity", detail);
    }
    Check {
        status: Status::Fail(Exit::Different),
        hint: Some(advice(parity, again)),
        ..Check::fine("parity", detail)
    }
}

/// Returns what to do, by which of the two holds more.
fn advice(parity: &Parity, Again { owner, model }: &Again) -> String {
    match parity.memories {
        _ if parity.different == 0 => {
            format!("tulving index --rebuild {owner}   (builds the index anew)")
        }
        [Some(files), Some(database)] if files > database => {
            format!(
                "tulving migrate {owner}{model}   (brings what the files have and the database lacks)"
            )
        }
        [Some(files), Some(database)] if files < database => format!(
            "tulving list --backend postgres {owner}   (what was added to the database is there alone, and stays: files and database agree again \
             where both hold the same)"
        ),
        _ => format!(
            "tulving verify --exact {owner}   (says which memories differ); where it finds none, tulving index --rebuild {owner}"
        ),
    }
}
