//! `tulving update`: changing a memory.

use std::path::PathBuf;

use clap::Args;
use tulving::model::{Memory, Timestamp};
use tulving::store::{Change, Filled};

use super::source::SourceAs;
use super::{reembed, tags};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::input;
use crate::output::{self, counted};
use crate::progress::Tally;
use crate::table::summary;
use crate::text::escape;
use crate::wire;

/// Changes a memory
///
/// Only what an option names is changed; the id never is. If the text changes, the vector changes too: it
/// becomes the given one, or else a new one made from the text. A memory without a vector gets one if its
/// text is given, even if the text stays the same. With `--missing-vectors` every memory that has no
/// vector gets one.
#[derive(Debug, Args)]
#[command(
    override_usage = "tulving update [OPTIONS] <ID>\n       tulving update --missing-vectors"
)]
#[command(after_help = "With --json:\n\
    {\"id\": ID}, or with --missing-vectors {\"made\": N, \"without\": N}, with\n\
    \"refused\": [{\"kind\", \"id\", \"why\"}…] where the model refused texts (exit 4)")]
pub struct Update {
    /// The memory
    #[arg(value_name = "ID", required_unless_present = "missing_vectors")]
    pub id: Option<String>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a comment here would stand before the options")]
    pub changes: Changes,
}

/// What is to be different.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Changes {
    /// The question; `-` reads it from stdin
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub question: Option<String>,

    /// The answer; `-` reads it from stdin
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub answer: Option<String>,

    /// The title of a conversation
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub title: Option<String>,

    /// Where it was said: lower-case letters, digits, _ and -
    #[arg(long, value_name = "NAME", value_parser = input::source)]
    pub source: Option<String>,

    /// The source to write if the Python program that also reads these files does not know the true one,
    /// as with tulving add
    #[arg(long, value_name = "NAME", requires = "source")]
    pub source_as: Option<SourceAs>,

    /// When it was said, in UTC unless a time zone is given; `--since` of `tulving list` shows the
    /// formats
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    pub created_at: Option<Timestamp>,

    /// A topic, which replaces the topics that the memory has; may be repeated; an empty one removes all
    /// topics
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,

    /// The memory's new vector: a JSON array (`-`: from stdin) or an .npy file with one row
    #[arg(long, value_name = "FILE", value_parser = crate::config::path())]
    pub vector: Option<PathBuf>,

    /// Makes a vector for every memory that has none, from its text
    #[arg(long, conflicts_with_all = ["id", "question", "answer", "title", "source", "created_at", "tag", "vector"])]
    pub missing_vectors: bool,
}

/// Runs it.
///
/// # Errors
/// When there is no such memory (exit 10), or it cannot become what it should.
pub async fn run(update: Update, cx: &Context) -> Result<Exit, CliError> {
    let Update { id, changes } = update;
    let Some(id) = id else {
        return missing_vectors(cx).await;
    };
    let vector = changes.vector.as_deref().and_then(|path| path.to_str());
    input::once([
        changes.question.as_deref(),
        changes.answer.as_deref(),
        vector,
    ])?;
    let texts = [&changes.question, &changes.answer, &changes.title];
    let makes_a_vector = changes.vector.is_none() && texts.into_iter().any(Option::is_some);
    let memory = if makes_a_vector {
        cx.memory().await?
    } else {
        cx.records().await?
    };
    let tags = match changes.tag.as_slice() {
        [] => None,
        topics => match memory.get(&id).await?.memory {
            Memory::Node(node) => Some(tags::with_topics(&node.tags, topics)),
            // The store says that it has none.
            _ => Some(tags::topics(topics)),
        },
    };
    let change = Change {
        question: changes.question.map(input::text).transpose()?,
        answer: changes.answer.map(input::text).transpose()?,
        title: changes.title,
        source: changes.source,
        source_as: changes.source_as.map(|name| name.as_str().to_owned()),
        created_at: changes.created_at,
        tags,
        embedding: changes.vector.as_deref().map(input::vector).transpose()?,
    };
    let changed = memory.update(&id, &change).await?;
    if let Some(why) = &changed.words_only {
        output::words_only(why, cx);
    }
    if let Some(why) = &changed.left_out {
        output::left_out(why, cx);
    }
    if cx.json {
        output::json(&wire::Written {
            duplicate_of: None,
            id,
            near: None,
        })?;
    } else {
        output::text(&escape(&id))?;
    }
    Ok(Exit::Done)
}

async fn missing_vectors(cx: &Context) -> Result<Exit, CliError> {
    let memory = cx.memory().await?;
    let tally = Tally::new("made", false, cx.face());
    let made = memory.embed_missing(&|made| tally.advance(made)).await;
    drop(tally);
    let Filled {
        made,
        without,
        refused,
    } = made?;
    if cx.json {
        output::json(&wire::Embedded {
            made,
            refused: refused.iter().map(wire::Refused::from).collect(),
            without,
        })?;
    } else {
        let made = counted(made, "vector");
        let mut text = match without {
            0 => format!("Made {made}."),
            without => format!(
                "Made {made}; of {} the text has none.",
                counted(without, "memory")
            ),
        };
        if !refused.is_empty() {
            text.push_str("\n\n");
            text.push_str(&summary(&reembed::refused(&refused), cx.out));
        }
        output::text(text.trim_end())?;
    }
    Ok(match refused.as_slice() {
        [] => Exit::Done,
        _ => Exit::Rejected,
    })
}
