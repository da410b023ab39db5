//! Files and database, asked the same.

use tulving::parity::{self, Parity};

use super::{Check, Status};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::count;

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
    Ok(parity::compare(&files, &database, questions).await?)
}

fn told(parity: &Parity) -> Check {
    let asked = format!(
        "{} questions, {} hits",
        count(parity.questions as u64),
        count(parity.hits as u64)
    );
    if parity.holds() {
        return Check::fine(
            "parity",
            format!("{asked}: files and database answer alike"),
        );
    }
    let mut detail = format!(
        "{asked}: {} answered differently",
        count(parity.different as u64)
    );
    for difference in parity.differences.iter().take(SHOWN) {
        detail.push_str(&format!("; {difference}"));
    }
    Check {
        status: Status::Fail(Exit::Different),
        hint: Some(
            "tulving migrate   (brings what the files have and the database lacks); then tulving verify --exact"
                .to_owned(),
        ),
        ..Check::fine("parity", detail)
    }
}
