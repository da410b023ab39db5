//! `tulving index`: what finds a scope's memories, brought into its best form.

use std::sync::Mutex;

use clap::Args;
use tulving::backend::postgres::{IndexStep, Indexed, VectorIndex};
use tulving::model::Scope;
use tulving::transfer::Progress;

use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, count};
use crate::table::Table;
use crate::terminal::Screen;
use crate::{interrupt, progress, wire};

/// Builds the search index of an owner in PostgreSQL
///
/// Adds missing memories to the keyword index (an inverted index), and merges its blocks; memories are
/// missing if psql brought the schema up to date. If an owner has more than 10,000 vectors of a kind,
/// they get a vector index (HNSW) of their own. Others can read and write meanwhile, and searches are
/// exact until the index is ready. With the vector index a search is faster, but may miss a few memories
/// (`tulving doctor --parity` counts them); the memories that it finds score as before.
///
/// It is safe to repeat this command: what is complete stays as it is, and what an interrupted run left
/// is finished or built again.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"scope\": {\"kind\", \"id\"}, \"kinds\": [{\"kind\": \"node\", \"episode\" or \"chunk\", \"entered\": N, \"rebuilt\": N, \"mended\": N, \"vectors\": N,\n\
    \"index\": \"not needed\", \"too wide\", \"ready\" or \"built\"}]}")]
pub struct Index {
    /// Builds the whole search index again, from the texts and vectors of the memories, beside the old
    /// one
    ///
    /// For a scope whose rows were changed or removed with SQL, or whose keyword index is damaged: `tulving
    /// doctor` says so. Searches find through the old until the new is complete. Indexes of owners that are
    /// gone are removed as well.
    #[arg(long)]
    pub rebuild: bool,
}

/// Runs it.
///
/// # Errors
/// When the owner is not in the database, or the login does not own the tables.
pub async fn run(index: &Index, cx: &Context) -> Result<Exit, CliError> {
    let scope = cx.config.scope()?;
    let database = cx.database()?;
    let progress = progress::on_stderr(cx.err);
    let cancel = interrupt::listen(&progress, cx.face())?.cancel;
    let tell = telling(progress.as_ref());
    let mut indexed = tokio::select! {
        indexed = database.index(scope, index.rebuild, &tell) => indexed?,
        () = cancel.wait() => {
            return Err(CliError::new(Exit::Interrupted, "stopped before the index was ready")
                .hint("the same command again; searches are exact until then"));
        }
    };
    drop(tell);
    drop(progress);
    // Of a kind that the origin does not know there is mostly nothing.
    indexed.retain(|kind| kind.kind.is_of_origin() || kind.vectors + kind.words + kind.rebuilt > 0);
    if cx.json {
        output::json(&wire::Index::new(scope, &indexed))?;
    } else {
        output::report(&report(scope, &indexed, cx.out))?;
    }
    Ok(Exit::Done)
}

/// Returns what notes the steps of indexing, now and then.
pub(super) fn telling(progress: &dyn Progress) -> impl Fn(IndexStep) + Send + Sync {
    let course = Mutex::new(Course::default());
    move |step| {
        let news = course.lock().ok().and_then(|mut course| course.news(step));
        news.iter().for_each(|news| progress.note(news));
    }
}

/// What was told last, and how much of it was done.
#[derive(Default)]
struct Course {
    what: String,
    share: u64,
}

impl Course {
    /// Returns a line, where there is something new. A share never falls: the server goes through an
    /// index more than once, and counts anew each time.
    fn news(&mut self, step: IndexStep) -> Option<String> {
        let (what, share) = text_of(step);
        if self.what == what && share <= self.share {
            return None;
        }
        *self = Self { what, share };
        Some(match step {
            IndexStep::Merging { .. } => self.what.clone(),
            _ => format!("{} {share} %", self.what),
        })
    }
}

/// Returns a step in words, and how much of it is done, in tenths.
fn text_of(step: IndexStep) -> (String, u64) {
    let share = |done: u64, of: u64| 10 * (10 * done / of.max(1));
    match step {
        IndexStep::Words { kind, done, of } => {
            let what = format!("entering {} into the keyword index …", kind.plural());
            (what, share(done, of))
        }
        IndexStep::HalfPrecision { kind, done, of } => {
            let what = format!("comparing the vectors of {} …", kind.plural());
            (what, share(done, of))
        }
        IndexStep::Merging { kind } => {
            let what = format!("merging the keyword index of {} …", kind.plural());
            (what, 0)
        }
        IndexStep::Vectors { kind, done, of } => {
            let what = format!("indexing the vectors of {} …", kind.plural());
            (what, share(done, of))
        }
    }
}

/// Returns how vectors are searched that have such an index.
pub(super) fn searched(index: VectorIndex) -> &'static str {
    match index {
        VectorIndex::NotNeeded => "exactly: there are few enough",
        VectorIndex::TooWide => "exactly: no index takes vectors that wide",
        VectorIndex::Ready => "through the index that was there",
        VectorIndex::Built => "through the new index",
    }
}

fn report(scope: Scope, indexed: &[Indexed], screen: Screen) -> String {
    let mut table = Table::new(["", "VECTORS", "SEARCHED"]);
    for kind in indexed {
        table.row([
            kind.kind.plural().to_owned(),
            count(kind.vectors),
            searched(kind.index).to_owned(),
        ]);
    }
    let sum = |of: fn(&Indexed) -> u64| indexed.iter().map(of).sum::<u64>();
    let mut done = String::new();
    for (what, memories) in [
        (
            "Memories entered into the keyword index",
            sum(|kind| kind.words),
        ),
        (
            "Memories whose words were made anew",
            sum(|kind| kind.rebuilt),
        ),
        ("Vectors for search put right", sum(|kind| kind.mended)),
    ] {
        if memories > 0 {
            done.push_str(&format!("\n{what}: {}", count(memories)));
        }
    }
    if !done.is_empty() {
        done.push('\n');
    }
    format!("{scope}\n\n{}{done}", table.render(screen))
}

#[cfg(test)]
mod tests {
    use tulving::model::Kind;

    use super::*;

    #[test]
    fn the_share_that_is_told_never_falls() {
        let mut course = Course::default();
        let mut at = |kind, done| {
            course.news(IndexStep::Vectors {
                kind,
                done,
                of: 100,
            })
        };
        let told: Vec<String> = [0, 5, 15, 90, 0, 50, 99]
            .into_iter()
            .filter_map(|done| at(Kind::Node, done))
            .collect();
        assert_eq!(
            told,
            ["0", "10", "90"].map(|share| format!("indexing the vectors of nodes … {share} %"))
        );
        assert_eq!(
            at(Kind::Episode, 0).as_deref(),
            Some("indexing the vectors of episodes … 0 %")
        );
    }
}
