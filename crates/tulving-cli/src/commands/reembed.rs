//! `tulving reembed`: another embedding model, beside the one that is searched.
//!
//! | module | holds |
//! |---|---|
//! | `fill` | vectors for all memories that have none in the model's space |
//! | `switch` | searching in another space: index, cut-over, and what follows |
//! | `kept` | the spaces that are kept: shown, gone back to, dropped |

mod fill;
mod kept;
mod switch;

pub(super) use fill::refused;

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};
use tulving::backend::file::FileBackend;
use tulving::model::Scope;

use crate::config::{EmbeddingFlags, Prefixes};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::memory::Location;

/// Makes the vectors of all memories anew with another model, beside the old ones
///
/// The new vectors are written into a space of their own. Searches go on in the old one until `--cut-over`,
/// which changes them all at once. The old vectors stay, so that `--roll-back` can go back, until `--drop`
/// removes them. If the command was interrupted or killed, the same command goes on from there. Memories that
/// have no vector get one.
///
/// The model is the one that the options name; what they leave open, the section `embedding.next` of config.yaml
/// says, or else `embedding`. While config.yaml names both models, what is added or changed gets vectors of
/// both, and questions are embedded by the model whose vectors are searched.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tulving reembed --provider http --url http://localhost:11434/v1 --model bge-m3\n  \
    tulving reembed --provider local --path models/bge-m3 --model BAAI/bge-m3\n  \
    tulving reembed --cut-over\n  \
    tulving reembed --roll-back\n  \
    tulving reembed --drop tulving-static-1\n\n\
    With --json:\n\
    {\"scope\": {\"kind\", \"id\"}, \"space\": {\"provider\", \"model\", \"dimensions\"}, \"made\": N, \"without\": N of whose text the model makes no\n\
    vector, \"refused\": [{\"kind\", \"id\", \"why\"}…], \"lacking\": {\"nodes\": N…} that have no vector of it, \"current\": BOOL, \"moved\": N,\n\
    \"indexes\": [{\"kind\", \"vectors\": N, \"index\": as tulving index says}…], \"configured\": BOOL, \"seconds\": X, \"rate\": vectors per second}\n\
    with --dry-run {\"dry_run\": true, \"scope\", \"space\", \"current\": BOOL, \"memories\": {\"nodes\": N, the same for every\n\
    other kind}, \"lacking\": {\"nodes\": N…}}, with --status {\"scope\", \"spaces\": [{\"provider\", \"model\", \"dimensions\", \"current\": BOOL,\n\
    \"vectors\": {\"nodes\": N…}, \"lacking\": {\"nodes\": N…}}], \"behind\": N}, with --roll-back {\"scope\", \"space\", \"lost\": N, \"moved\": N,\n\
    \"indexes\", \"configured\": BOOL}, with --drop {\"scope\", \"dropped\": {\"provider\", \"model\", \"dimensions\"}, or null if there was none}")]
#[command(group(ArgGroup::new("mode").args(["dry_run", "status", "cut_over", "roll_back", "drop"])))]
#[command(group(ArgGroup::new("searched").args(["cut_over", "roll_back"])))]
pub struct Reembed {
    /// What makes the vectors: the built-in model, a server, or a model in a directory
    #[arg(long, value_name = "WHAT", value_parser = ["builtin", "http", "local"], conflicts_with_all = ["status", "roll_back", "drop"])]
    pub provider: Option<String>,

    /// The model's name, as the server knows it; of a model in a directory, the name by which its vectors are known
    #[arg(long, value_name = "NAME", conflicts_with_all = ["status", "roll_back", "drop"])]
    pub model: Option<String>,

    /// The server's address, such as http://localhost:11434/v1
    #[arg(long, value_name = "URL", conflicts_with_all = ["status", "roll_back", "drop"])]
    pub url: Option<String>,

    /// The model's directory, as Hugging Face lays it out
    #[arg(long, value_name = "DIR", value_parser = crate::config::path(), conflicts_with_all = ["url", "api_key_env", "status", "roll_back", "drop"])]
    pub path: Option<PathBuf>,

    /// How many numbers a vector has [default: as many as the model makes]; with `--roll-back` and `--drop`,
    /// of a model that has vectors of several widths
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=16_000), conflicts_with = "status")]
    pub dimensions: Option<u16>,

    /// The name of the environment variable that holds the server's key
    #[arg(long, value_name = "NAME", conflicts_with_all = ["status", "roll_back", "drop"])]
    pub api_key_env: Option<String>,

    /// What the model wants before each question, such as "query: "
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["status", "roll_back", "drop"])]
    pub query_prefix: Option<String>,

    /// What it wants before each text that is kept, such as "passage: "; vectors that were made with it are a model
    /// of their own
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["status", "roll_back", "drop"])]
    pub text_prefix: Option<String>,

    /// Counts the memories that lack a vector of the model; nothing is written
    #[arg(long)]
    pub dry_run: bool,

    /// Shows the models whose vectors are kept, and how many each has
    #[arg(long)]
    pub status: bool,

    /// Then searches with the new vectors; in PostgreSQL their index is built first
    #[arg(long)]
    pub cut_over: bool,

    /// Searches with vectors that are kept beside, those of this model if there are several
    #[arg(long, value_name = "MODEL", num_args = 0..=1)]
    pub roll_back: Option<Option<String>>,

    /// Removes vectors that are kept beside, those of this model if there are several
    #[arg(long, value_name = "MODEL", num_args = 0..=1)]
    pub drop: Option<Option<String>>,

    /// Cuts over or goes back although memories lack a vector there: they are found by words only
    #[arg(long, requires = "searched")]
    pub incomplete: bool,
}

/// Runs it.
///
/// # Errors
/// When the memory or the model cannot be used, another run is at it (exit 8), or the work was interrupted. Texts
/// that the model refuses are exit 4, told on stdout, and so are memories that keep it from cutting over.
pub async fn run(reembed: Reembed, cx: &Context) -> Result<Exit, CliError> {
    let dimensions = reembed.dimensions.map(usize::from);
    if reembed.status {
        return kept::status(cx).await;
    }
    if let Some(model) = &reembed.roll_back {
        let model = model.as_deref();
        return kept::roll_back(model, dimensions, reembed.incomplete, cx).await;
    }
    if let Some(model) = &reembed.drop {
        return kept::remove(model.as_deref(), dimensions, cx).await;
    }
    let flags = EmbeddingFlags {
        provider: reembed.provider,
        model: reembed.model,
        url: reembed.url,
        path: reembed.path,
        dimensions,
        api_key_env: reembed.api_key_env,
        prefixes: Prefixes {
            query: reembed.query_prefix,
            text: reembed.text_prefix,
        },
    };
    let then = fill::Then {
        count_only: reembed.dry_run,
        cut_over: reembed.cut_over,
        incomplete: reembed.incomplete,
    };
    fill::run(&flags, then, cx).await
}

/// How long a run waits for another of the same owner.
const PATIENCE: Duration = Duration::from_secs(30);

/// Keeps other runs of this owner away until what it returns is dropped.
async fn alone(owner: Scope, cx: &Context) -> Result<Box<dyn Send>, CliError> {
    Ok(match cx.location()? {
        Location::Files(directory) => {
            let lock = move || FileBackend::lock_for_reembedding(&directory, PATIENCE);
            let lock = tokio::task::spawn_blocking(lock).await;
            let lock = lock.map_err(|error| {
                CliError::new(Exit::Interrupted, "waiting for the lock failed").because(&error)
            })?;
            Box::new(lock.map_err(|error| cx.of_files(error))?)
        }
        Location::Database => Box::new(cx.database()?.lock(owner, PATIENCE.as_secs()).await?),
    })
}
