//! Searching in another space: its index, the cut-over, and what follows.

use tulving::backend::Counts;
use tulving::backend::postgres::{Indexed, VectorIndex};
use tulving::model::{Scope, Space};
use tulving::store::ScopedStore;

use super::alone;
use crate::commands::index::{searched, telling};
use crate::config::EmbeddingFlags;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::memory::{Location, makes};
use crate::output;
use crate::progress;
use crate::text::{safe, shell};

/// What is said where another program reads the files.
const ORIGIN: &str = "The Python program that reads these files too will find vectors of this model in them, so its model must be changed too.";

/// Returns the question before a cut-over; `what` says what is done.
///
/// # Errors
/// When the memory cannot be read.
pub(super) async fn question(
    what: &str,
    to: &Space,
    memory: &ScopedStore,
) -> Result<String, CliError> {
    let owner = memory.owner();
    let question = format!("{what} with the vectors of {to} from then on, for {owner}?");
    Ok(match memory.sources().await?.is_shared() {
        true => format!("{ORIGIN} {question}"),
        false => question,
    })
}

/// Says before anything is done what will become of the index of a space that holds so many vectors.
///
/// # Errors
/// When there must be one and it cannot be built, or the database fails.
pub(super) async fn foresee(space: &Space, vectors: &Counts, cx: &Context) -> Result<(), CliError> {
    if matches!(cx.location()?, Location::Database) {
        let foreseen = cx.database()?.foresee_indexes(space.dims, vectors).await?;
        for wide in foreseen
            .iter()
            .filter(|it| it.index == VectorIndex::TooWide)
        {
            let kind = wide.kind.plural();
            output::aside(&format!(
                "note: vectors of {} numbers are too wide for an index, so each search will look at those of all {kind}",
                space.dims
            ));
        }
    }
    Ok(())
}

/// Builds the index of a space in a database, if it has many vectors; returns what became of it.
///
/// # Errors
/// When the login does not own the tables, or the database fails.
pub(super) async fn index(
    owner: Scope,
    space: &Space,
    cx: &Context,
) -> Result<Vec<Indexed>, CliError> {
    Ok(match cx.location()? {
        Location::Files(_) => Vec::new(),
        Location::Database => {
            let progress = progress::on_stderr(cx.err);
            let tell = telling(progress.as_ref());
            let indexed = cx.database()?.index_space(owner, space, &tell).await?;
            let has_vectors = |kind: &Indexed| kind.vectors > 0;
            indexed.into_iter().filter(has_vectors).collect()
        }
    })
}

/// Returns what became of the indexes as a line of a summary.
pub(super) fn line(indexes: &[Indexed]) -> Option<(&'static str, String)> {
    let of = |kind: &Indexed| format!("{} {}", kind.kind.plural(), searched(kind.index));
    let of: Vec<String> = indexes.iter().map(of).collect();
    (!of.is_empty()).then(|| ("searched", of.join("; ")))
}

/// Returns the error of a run that found another space searched than when it asked.
pub(super) fn overtaken() -> CliError {
    let message = "another run changed meanwhile which vectors are searched; this one did not";
    CliError::new(Exit::Refused, message)
        .hint("tulving reembed --status; then the same command again")
}

/// Moves what an earlier run, stopped after its cut-over, left to be moved; returns how many.
///
/// # Errors
/// As [`follow`], and when another run is at it.
pub(super) async fn finish(memory: &ScopedStore, cx: &Context) -> Result<u64, CliError> {
    if memory.spaces().await?.behind.total() == 0 {
        return Ok(0);
    }
    let _alone = alone(memory.owner(), cx).await?;
    follow(memory, cx).await
}

/// Moves vectors to where other programs look for those of the current space; returns how many.
///
/// # Errors
/// When the memory cannot be written.
pub(super) async fn follow(memory: &ScopedStore, cx: &Context) -> Result<u64, CliError> {
    let behind = memory.spaces().await?.behind.total();
    if behind == 0 {
        return Ok(0);
    }
    let progress = progress::counting("moving", "vector", behind, cx.err);
    let moved = memory.follow(&|more| progress.advance(more)).await;
    Ok(moved?)
}

/// Returns whether the configuration names a model that makes vectors of a space.
pub(super) fn is_configured(space: &Space, cx: &Context) -> bool {
    is_usual(space, cx) || is_next(space, cx)
}

fn is_usual(space: &Space, cx: &Context) -> bool {
    cx.config
        .embedding()
        .is_ok_and(|embedding| makes(&embedding, space))
}

fn is_next(space: &Space, cx: &Context) -> bool {
    let next = cx.config.next_embedding();
    next.is_ok_and(|next| next.is_some_and(|next| makes(&next, space)))
}

/// Returns what is to be done after a cut-over from `old`, if it is known.
///
/// # Errors
/// When the memory cannot be read.
pub(super) async fn after(
    new: &Space,
    old: Option<&Space>,
    memory: &ScopedStore,
    flags: Option<&EmbeddingFlags>,
    cx: &Context,
) -> Result<String, CliError> {
    let shown = safe(&new.to_string());
    let mut text = format!("\nSearches use the vectors of {shown} from now on.\n");
    if memory.sources().await?.is_shared() {
        text.push_str(ORIGIN);
        text.push('\n');
    }
    let file = cx.config.usual_file().display().to_string();
    let file = safe(&file);
    if is_usual(new, cx) {
        // Nothing is to be changed there.
    } else if is_next(new, cx) {
        text.push_str(&format!(
            "{file} names both models, so questions are embedded by this one. When you are sure, put what stands under\n\
             embedding.next in the place of what stands under embedding.\n"
        ));
    } else {
        text.push_str(&format!(
            "{file} does not name it, and until it does, texts are found by words only. It must say:\n\n{}\n",
            section(new, flags)
        ));
    }
    let Some(old) = old else {
        return Ok(text);
    };
    let model = shell(&old.model);
    text.push_str(&cx.advice(&format!(
        "\nThe old vectors are kept:\n  tulving reembed --roll-back {model}   (searches with them again)\n  tulving reembed --drop {model}   (removes them)\n"
    )));
    Ok(text)
}

/// Returns the section of the configuration that names the model of a space.
fn section(space: &Space, flags: Option<&EmbeddingFlags>) -> String {
    let flag = |of: fn(&EmbeddingFlags) -> Option<&str>| flags.and_then(of);
    let path = flags.and_then(|flags| flags.path.as_deref());
    let given = flag(|flags| flags.provider.as_deref());
    let provider = match space.provider.as_str() {
        "builtin" => "builtin",
        _ if path.is_some() => "local",
        // Who made its vectors runs it again, unless another does.
        made => given.unwrap_or(match made {
            "local" if flag(|flags| flags.url.as_deref()).is_none() => "local",
            _ => "http",
        }),
    };
    let mut lines = vec!["embedding:".to_owned(), format!("  provider: {provider}")];
    if provider != "builtin" {
        let (model, before) = space.apart();
        lines.push(format!("  model: {}", safe(model)));
        lines.push(format!("  dimensions: {}", space.dims));
        let query = flag(|flags| flags.prefixes.query.as_deref());
        lines.extend(query.map(|query| format!("  query_prefix: {:?}", safe(query))));
        if !before.is_empty() {
            lines.push(format!("  text_prefix: {:?}", safe(before)));
        }
    }
    match (provider, path) {
        ("local", Some(path)) => {
            lines.push(format!("  path: {}", safe(&path.display().to_string())));
        }
        ("local", None) => {
            let otherwise = "or provider: http, with the url of a server that runs it";
            lines.push(format!(
                "  path: …   (the directory of the model; {otherwise})"
            ));
        }
        ("http", _) => {
            // People put keys into addresses, so it is not repeated.
            lines.push("  url: …   (the address of the server)".to_owned());
            let key = flag(|flags| flags.api_key_env.as_deref());
            lines.extend(key.map(|name| format!("  api_key_env: {}", safe(name))));
        }
        _ => {}
    }
    lines.join("\n")
}
