//! Files and database, asked the same.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tulving::parity::{self, Parity, Side};

use super::{Check, Status};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{count, counted};
use crate::progress::counting;

/// More differences are not told one by one.
const SHOWN: usize = 3;

/// Whether the data directory and the database give the same answers.
pub(super) async fn check(questions: usize, cx: &Context) -> Check {
    match compare(questions, cx).await {
        Ok(parity) => told(&parity),
        Err(error) => Check::fail("parity", error),
    }
}

async fn compare(questions: usize, cx: &Context) -> Result<Parity, CliError> {
    let embedder = cx.embedder().await?;
    let files = cx.in_files(&cx.config.data_dir()?, embedder.clone())?;
    let database = cx.in_database(files.owner(), embedder).await?;
    let side = |name, store| Side { name, store };
    let (course, told) = (OnceLock::new(), AtomicUsize::new(0));
    let progress = |done: usize, of: usize| {
        let course = course.get_or_init(|| counting("parity", "memory", of as u64, cx.err));
        let before = told.swap(done, Ordering::Relaxed);
        course.advance(done.saturating_sub(before) as u64);
    };
    let (files, database) = (side("files", &files), side("database", &database));
    Ok(parity::compare(files, database, questions, &progress).await?)
}

fn told(parity: &Parity) -> Check {
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
        hint: Some(advice(parity).to_owned()),
        ..Check::fine("parity", detail)
    }
}

/// What to do, by which of the two holds more.
fn advice(parity: &Parity) -> &'static str {
    match parity.memories {
        _ if parity.different == 0 => "tulving index --rebuild   (builds the index anew)",
        [Some(files), Some(database)] if files > database => {
            "tulving migrate   (brings what the files have and the database lacks)"
        }
        [Some(files), Some(database)] if files < database => {
            "tulving list --backend postgres   (what was added to the database is there alone, and stays: files and database agree again \
             where both hold the same)"
        }
        _ => {
            "tulving verify --exact   (says which memories differ); where it finds none, tulving index --rebuild"
        }
    }
}
