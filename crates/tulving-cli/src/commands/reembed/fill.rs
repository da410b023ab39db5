//! Filling the space of a model, and cutting over to it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tulving::backend::{Counts, Filter, KeptSpace};
use tulving::model::{Scope, Space};
use tulving::store::{Filled, ScopedStore};

use super::{alone, switch};
use crate::config::{Embedding, EmbeddingFlags};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::memory::{Wait, connect};
use crate::output::{self, count, counted, duration, pace};
use crate::table::summary;
use crate::text::safe;
use crate::{interrupt, kinds, progress, wire};

/// What is done besides filling.
#[derive(Debug, Clone, Copy)]
pub(super) struct Then {
    /// Nothing is filled, either.
    pub(super) count_only: bool,
    pub(super) cut_over: bool,
    pub(super) incomplete: bool,
}

/// Memories that are named where the model refused their text.
const NAMED: usize = 10;

/// What there is before the work begins.
struct Before {
    space: Space,
    /// The space that is searched.
    searched: Option<Space>,
    memories: Counts,
    lacking: Counts,
}

impl Before {
    async fn of(memory: &ScopedStore, space: &Space) -> Result<Self, CliError> {
        let kept = memory.spaces().await?;
        let memories = memory.count(&Filter::default()).await?;
        let lacking = |kept: &KeptSpace| kept.lacking(&memories);
        let lacking = kept.find(space).map_or(memories, lacking);
        let searched = kept.current.map(|current| current.space.as_ref().clone());
        Ok(Self {
            space: space.clone(),
            searched,
            memories,
            lacking,
        })
    }

    /// Whether it is filled where it is searched, so that there is nothing to cut over to. Where no vector was
    /// ever written, the first decide.
    fn is_searched(&self) -> bool {
        let searched = self.searched.as_ref();
        searched.is_none_or(|searched| searched.is_comparable_with(&self.space))
    }
}

/// What was done.
struct Done {
    filled: Filled,
    took: Duration,
    moved: u64,
    /// Whether the space is the one that is searched now.
    is_current: bool,
    configured: bool,
}

pub(super) async fn run(
    flags: &EmbeddingFlags,
    then: Then,
    cx: &Context,
) -> Result<Exit, CliError> {
    let mut embedding = cx.config.embedding_with(flags)?;
    if let Embedding::Http(http) = &mut embedding {
        // Each text is embedded once, and its vector is kept where it belongs.
        http.cache = None;
    }
    let embedder = connect(embedding, Wait::Usual).await?;
    let memory = cx.records().await?;
    let owner = memory.owner();
    let before = Before::of(&memory, embedder.space()).await?;
    if then.count_only {
        return prospect(&before, owner, cx);
    }
    let ear = interrupt::listen(&progress::on_stderr(cx.err), cx.face())?;
    if then.cut_over && !before.is_searched() {
        let lacking = match before.lacking.total() {
            0 => String::new(),
            lacking => format!("Embed {} and search", counted(lacking, "memory")),
        };
        let what = if lacking.is_empty() {
            "Search"
        } else {
            &lacking
        };
        let question = switch::question(what, &before.space, &memory).await?;
        ear.confirm(question, cx.yes).await?;
    }
    let _alone = alone(owner, cx).await?;
    let progress = progress::counting("reembed", "memory", before.lacking.total(), cx.err);
    let far = AtomicU64::new(0);
    let began = Instant::now();
    let work = async {
        let advance = |more| {
            far.fetch_add(more, Ordering::Relaxed);
            progress.advance(more);
        };
        let mut filled = memory.fill(embedder.as_ref(), &advance).await?;
        let mut done = Done {
            took: began.elapsed(),
            moved: 0,
            is_current: before.is_searched(),
            configured: switch::is_configured(&before.space, cx),
            filled: Filled::default(),
        };
        let may_cut = then.incomplete || filled.refused.is_empty();
        if then.cut_over && !done.is_current && may_cut {
            switch::index(owner, &before.space, cx).await?;
            // What others have added while the index was built.
            let since = memory.fill(embedder.as_ref(), &|_| {}).await?;
            filled = Filled {
                made: filled.made + since.made,
                ..since
            };
            if then.incomplete || filled.refused.is_empty() {
                memory.cut_over(&before.space).await?;
                done.is_current = true;
            }
        }
        if done.is_current {
            done.moved = switch::follow(&memory, cx).await?;
        }
        done.filled = filled;
        Ok::<_, CliError>(done)
    };
    let done = tokio::select! {
        done = work => done,
        () = ear.cancel.wait() => Err(interrupted(far.load(Ordering::Relaxed), &before)),
    };
    drop(progress);
    let done = done?;
    tell(&before, &done, owner, &memory, flags, cx).await?;
    Ok(match done.filled.refused.as_slice() {
        [] => Exit::Done,
        _ => Exit::Rejected,
    })
}

fn interrupted(done: u64, before: &Before) -> CliError {
    let message = format!(
        "stopped before it was done: {} of {} were gone through",
        count(done),
        counted(before.lacking.total(), "memory")
    );
    CliError::new(Exit::Interrupted, message)
        .hint("the same command again, which goes on from there")
}

fn prospect(before: &Before, owner: Scope, cx: &Context) -> Result<Exit, CliError> {
    if cx.json {
        output::json(&wire::ToEmbed {
            dry_run: true,
            scope: owner.into(),
            space: (&before.space).into(),
            current: before.is_searched(),
            memories: before.memories,
            lacking: before.lacking,
        })?;
        return Ok(Exit::Done);
    }
    let lines = [
        ("owner", owner.to_string()),
        ("model", safe(&before.space.to_string())),
        ("memories", kinds::listed(&before.memories, ", ")),
        ("lacking", kinds::listed(&before.lacking, ", ")),
    ];
    let mut text = summary(&lines, cx.out);
    text.push_str("\nNothing was written. The same command without --dry-run makes the vectors.\n");
    output::report(&text)?;
    Ok(Exit::Done)
}

async fn tell(
    before: &Before,
    done: &Done,
    owner: Scope,
    memory: &ScopedStore,
    flags: &EmbeddingFlags,
    cx: &Context,
) -> Result<(), CliError> {
    let filled = &done.filled;
    if cx.json {
        let seconds = done.took.as_secs_f64();
        return output::json(&wire::Reembedded {
            scope: owner.into(),
            space: (&before.space).into(),
            made: filled.made,
            without: filled.without,
            refused: filled.refused.iter().map(wire::Refused::from).collect(),
            current: done.is_current,
            moved: done.moved,
            configured: done.configured,
            seconds,
            rate: if seconds > 0.0 {
                filled.made as f64 / seconds
            } else {
                0.0
            },
        });
    }
    let mut lines = vec![
        ("owner", owner.to_string()),
        ("model", safe(&before.space.to_string())),
        (
            "made",
            format!(
                "{} in {}, {}",
                counted(filled.made, "vector"),
                duration(done.took),
                pace(filled.made, done.took, "vector")
            ),
        ),
    ];
    if filled.without > 0 {
        let without = counted(filled.without, "memory");
        lines.push((
            "without",
            format!("{without}, in whose text the model knows nothing"),
        ));
    }
    for refused in filled.refused.iter().take(NAMED) {
        lines.push((
            "refused",
            safe(&format!("{}: {}", refused.key, refused.why)),
        ));
    }
    let more = filled.refused.len().saturating_sub(NAMED) as u64;
    if more > 0 {
        lines.push(("refused", format!("and {}", counted(more, "other"))));
    }
    if done.moved > 0 {
        lines.push(("moved", counted(done.moved, "vector")));
    }
    let mut text = summary(&lines, cx.out);
    text.push_str(&match (&before.searched, done.is_current) {
        (Some(old), true) if !old.is_comparable_with(&before.space) => {
            switch::after(&before.space, old, memory, Some(flags), cx).await?
        }
        (Some(old), false) => {
            let why = match filled.refused.len() {
                0 => "To search with the new vectors: the same command with --cut-over",
                _ => "To search with the new vectors although some are lacking: the same command with --cut-over --incomplete",
            };
            format!("\nSearches use the vectors of {} as before. {why}\n", safe(&old.to_string()))
        }
        _ => String::new(),
    });
    output::report(&text)
}
