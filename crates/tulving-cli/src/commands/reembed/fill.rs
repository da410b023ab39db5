//! Filling the space of a model, and cutting over to it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tulving::backend::postgres::Indexed;
use tulving::backend::{Counts, Filter, KeptSpace};
use tulving::embed::Embedder;
use tulving::model::{Scope, Space};
use tulving::store::{Filled, Refused, ScopedStore};

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

/// A pass over what lacks a vector is repeated while others write, at most so often.
const PASSES: usize = 4;

/// Memories that are named where the model refused their text.
const NAMED: usize = 10;

/// How many memories have vectors in a space, and which space is searched.
struct Coverage {
    space: Space,
    /// The space that is searched.
    searched: Option<Space>,
    memories: Counts,
    lacking: Counts,
}

impl Coverage {
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

    /// Returns how many memories lack a vector after a filling for another reason than their text: they were
    /// written meanwhile.
    fn passed_over(&self, filled: &Filled) -> u64 {
        let settled = filled.without + filled.refused.len() as u64;
        self.lacking.total().saturating_sub(settled)
    }

    /// Refuses to go on if another space is searched than before.
    fn is_as(&self, before: &Self) -> Result<(), CliError> {
        if self.is_searched() || self.searched == before.searched {
            return Ok(());
        }
        Err(switch::overtaken())
    }
}

impl Then {
    /// Whether it is cut over after a filling.
    fn cuts_over(self, filled: &Filled, now: &Coverage) -> bool {
        let is_complete = filled.refused.is_empty() && now.passed_over(filled) == 0;
        self.cut_over && !now.is_searched() && (self.incomplete || is_complete)
    }
}

/// What was done.
struct Done {
    filled: Filled,
    lacking: Counts,
    passed_over: u64,
    took: Duration,
    moved: u64,
    indexes: Vec<Indexed>,
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
    let memory = cx.records().await?;
    let owner = memory.owner();
    let finished = match then.count_only {
        true => 0,
        false => switch::finish(&memory, cx).await?,
    };
    let section = cx.config.section_of(flags)?;
    let embedder = connect(embedding, Wait::Usual).await;
    let embedder = embedder.map_err(|error| flags.named_in(section, error))?;
    let space = embedder.space();
    if let Some(kept) = memory.spaces().await?.find(space) {
        is_of_size(&kept.space, space)?;
    }
    let asked = Coverage::of(&memory, space).await?;
    if then.count_only {
        return prospect(&asked, owner, cx);
    }
    let ear = interrupt::listen(&progress::on_stderr(cx.err), cx.face())?;
    if then.cut_over && !asked.is_searched() {
        switch::foresee(space, &asked.memories, cx).await?;
        let lacking = match asked.lacking.total() {
            0 => String::new(),
            lacking => format!("Embed {} and search", counted(lacking, "memory")),
        };
        let what = if lacking.is_empty() {
            "Search"
        } else {
            &lacking
        };
        let question = switch::question(what, space, &memory).await?;
        ear.confirm(question, cx.yes).await?;
    }
    let _alone = alone(owner, cx).await?;
    // Another run may have been waited for.
    let before = Coverage::of(&memory, space).await?;
    if then.cut_over {
        before.is_as(&asked)?;
    }
    let progress = progress::counting("reembed", "memory", before.lacking.total(), cx.err);
    let (far, cut) = (AtomicU64::new(0), AtomicBool::new(false));
    let began = Instant::now();
    let work = async {
        let advance = |more| {
            far.fetch_add(more, Ordering::Relaxed);
            progress.advance(more);
        };
        let (mut filled, mut now) = fill(&memory, embedder.as_ref(), &advance).await?;
        let mut took = began.elapsed();
        let mut indexes = Vec::new();
        if then.cuts_over(&filled, &now) {
            indexes = switch::index(owner, space, cx).await?;
            // What others have added while the index was built.
            let again = Instant::now();
            let since;
            (since, now) = fill(&memory, embedder.as_ref(), &|_| {}).await?;
            took += again.elapsed();
            filled = Filled {
                made: filled.made + since.made,
                ..since
            };
            now.is_as(&before)?;
            if then.cuts_over(&filled, &now) {
                memory.cut_over(space).await?;
                cut.store(true, Ordering::Relaxed);
            }
        }
        let is_current = now.is_searched() || cut.load(Ordering::Relaxed);
        let moved = match is_current {
            true => switch::follow(&memory, cx).await?,
            false => 0,
        };
        Ok::<_, CliError>(Done {
            lacking: now.lacking,
            passed_over: now.passed_over(&filled),
            filled,
            took,
            moved: finished + moved,
            indexes,
            is_current,
            configured: switch::is_configured(space, cx),
        })
    };
    let done = tokio::select! {
        done = work => done,
        () = ear.cancel.wait() => Err(match cut.load(Ordering::Relaxed) {
            true => moving(space),
            false => interrupted(far.load(Ordering::Relaxed), &before),
        }),
    };
    drop(progress);
    let done = done?;
    tell(&before, &done, owner, &memory, flags, cx).await?;
    let stays = then.cut_over && !done.is_current;
    Ok(match done.filled.refused.as_slice() {
        [] if !stays => Exit::Done,
        _ => Exit::Rejected,
    })
}

/// Refuses a model that goes by the name of one whose vectors are kept and is another: they would be mixed.
fn is_of_size(kept: &Space, space: &Space) -> Result<(), CliError> {
    if !kept.is_of_other_size(space) {
        return Ok(());
    }
    let message = format!(
        "vectors of {space} cannot be told from those of {kept}, which are kept: the names differ only in the size"
    );
    Err(CliError::new(Exit::Refused, message).hint(
        "give the new model a name of its own in the server (in Ollama: ollama cp), and use that",
    ))
}

/// Fills the space, and says what there is then. What others wrote behind a pass, or changed under it, the next
/// one finds.
async fn fill(
    memory: &ScopedStore,
    embedder: &dyn Embedder,
    advance: &(dyn Fn(u64) + Send + Sync),
) -> Result<(Filled, Coverage), CliError> {
    let mut filled = memory.fill(embedder, advance).await?;
    let mut now = Coverage::of(memory, embedder.space()).await?;
    for _ in 1..PASSES {
        if now.passed_over(&filled) == 0 {
            break;
        }
        let again = memory.fill(embedder, &|_| {}).await?;
        filled = Filled {
            made: filled.made + again.made,
            ..again
        };
        now = Coverage::of(memory, embedder.space()).await?;
    }
    Ok((filled, now))
}

/// Returns lines about memories whose text was refused.
pub(in crate::commands) fn refused(refused: &[Refused]) -> Vec<(&'static str, String)> {
    let line = |refused: &Refused| safe(&format!("{}: {}", refused.key, refused.why));
    let mut lines: Vec<String> = refused.iter().take(NAMED).map(line).collect();
    let more = refused.len().saturating_sub(NAMED) as u64;
    if more > 0 {
        lines.push(format!("and {}", counted(more, "other")));
    }
    lines.into_iter().map(|line| ("refused", line)).collect()
}

fn interrupted(done: u64, before: &Coverage) -> CliError {
    let message = format!(
        "stopped before it was done: {} of {} were gone through",
        count(done),
        counted(before.lacking.total(), "memory")
    );
    CliError::new(Exit::Interrupted, message)
        .hint("the same command again, which goes on from there")
}

fn moving(space: &Space) -> CliError {
    let message = format!(
        "stopped before it was done: searches use the vectors of {space} from now on, but not all were moved to where other programs look for them"
    );
    CliError::new(Exit::Interrupted, message).hint("the same command again, which moves them")
}

fn prospect(before: &Coverage, owner: Scope, cx: &Context) -> Result<Exit, CliError> {
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
    before: &Coverage,
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
            lacking: done.lacking,
            current: done.is_current,
            moved: done.moved,
            indexes: wire::indexes(&done.indexes),
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
    lines.extend(refused(&filled.refused));
    if done.passed_over > 0 {
        let lacking = counted(done.passed_over, "memory");
        lines.push(("lacking", format!("{lacking}, written meanwhile")));
    }
    lines.extend(switch::line(&done.indexes));
    if done.moved > 0 {
        lines.push(("moved", counted(done.moved, "vector")));
    }
    let mut text = summary(&lines, cx.out);
    let (new, shown) = (&before.space, before.searched.as_ref());
    let old = shown.filter(|old| !old.is_comparable_with(new));
    text.push_str(&match (shown, done.is_current) {
        // Also where an earlier run was stopped before it could say so.
        (Some(_), true) if old.is_some() || done.moved > 0 => {
            switch::after(new, old, memory, Some(flags), cx).await?
        }
        (Some(old), false) => {
            let why = match (filled.refused.len(), done.passed_over) {
                (0, 0) => "To search with the new vectors: the same command with --cut-over",
                (0, _) => "To search with the new vectors: the same command with --cut-over once more; or with --incomplete as well, although some are lacking",
                _ => "To search with the new vectors although some are lacking: the same command with --cut-over --incomplete",
            };
            format!("\nSearches use the vectors of {} as before. {why}\n", safe(&old.to_string()))
        }
        _ => String::new(),
    });
    output::report(&text)
}
