//! `tulving hook`: memory that is used without being asked for.

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, Command};
use serde::Deserialize;
use serde_json::json;
use tulving::backend::{Filter, Page};
use tulving::model::{Kind, Memory, is_blank};
use tulving::search::prompt::prompt;
use tulving::store::Query;

use super::duplicates::OnDuplicate;
use super::ingest::{self, Ingest};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::global::Global;
use crate::output::{self, counted};
use crate::text::quote;

/// Answers the hooks of Claude Code, so that memory is used without being asked for
///
/// Reads one event as JSON from stdin, as Claude Code gives it to a hook. At UserPromptSubmit it prints the memories that
/// answer the prompt, as text for the model, marked as data. At SessionStart it prints the newest. At SessionEnd it takes
/// the transcript of the session into memory, as `tulving ingest` does. Of other events it takes no notice.
///
/// The folder plugins/claude-code of the project holds a plugin that calls this. An error is never exit 2 here, which
/// would stop the prompt: it is exit 9 instead.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"hookSpecificOutput\": {\"hookEventName\": NAME, \"additionalContext\": TEXT}}; nothing where there is nothing to add, and of SessionEnd\n\
    what ingest prints")]
pub struct Hook {
    /// The maximum length of what is recalled
    #[arg(long, value_name = "CHARS", default_value_t = 4_000, value_parser = clap::value_parser!(u64).range(200..=9_000))]
    pub budget: u64,

    /// How many memories are recalled
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=50))]
    pub top_k: u64,
}

/// What happened, as Claude Code says it.
#[derive(Debug, Deserialize)]
struct Event {
    hook_event_name: String,
    #[serde(default, alias = "user_prompt")]
    prompt: String,
    #[serde(default)]
    transcript_path: Option<PathBuf>,
}

/// Bytes of an event, at most.
const LONGEST: u64 = 16 << 20;

/// Characters of a prompt that are searched for: a log that was pasted is not a question.
const QUESTION: usize = 2_000;

/// Runs it.
///
/// # Errors
/// When the event cannot be understood or the memory cannot be read.
pub async fn run(hook: &Hook, global: &Global, cli: fn() -> Command) -> Result<Exit, CliError> {
    let done = answer(hook, global, cli).await;
    done.map_err(|error| match error.exit {
        // To Claude Code it means that the prompt is not to be sent.
        Exit::Usage => CliError {
            exit: Exit::Refused,
            ..error
        },
        _ => error,
    })
}

async fn answer(hook: &Hook, global: &Global, cli: fn() -> Command) -> Result<Exit, CliError> {
    let event = event()?;
    let cx = Context::new(global, cli)?;
    let (budget, hits) = (size(hook.budget), size(hook.top_k));
    let recalled = match event.hook_event_name.as_str() {
        "UserPromptSubmit" => answering(&event.prompt, hits, budget, &cx).await?,
        "SessionStart" => newest(hits, budget, &cx).await?,
        "SessionEnd" => {
            let Some(transcript) = event.transcript_path else {
                return Ok(Exit::Done);
            };
            return take_in(transcript, &cx).await;
        }
        _ => None,
    };
    let Some(text) = recalled else {
        return Ok(Exit::Done);
    };
    let text = crate::text::lines(&text);
    if cx.json {
        let name = event.hook_event_name;
        output::json(
            &json!({"hookSpecificOutput": {"hookEventName": name, "additionalContext": text}}),
        )?;
    } else {
        output::text(&text)?;
    }
    Ok(Exit::Done)
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn event() -> Result<Event, CliError> {
    let mut bytes = Vec::new();
    let read = std::io::stdin()
        .lock()
        .take(LONGEST)
        .read_to_end(&mut bytes);
    read.map_err(|error| CliError::usage("reading the event from stdin failed").because(&error))?;
    // A prompt may hold half a character, which JSON can say and text cannot.
    let text = String::from_utf8_lossy(&bytes);
    serde_json::from_str(&tulving_mcp::mended(&text)).map_err(|error| {
        CliError::usage("stdin holds no event of a hook")
            .because(&error)
            .hint("what Claude Code gives its hooks: {\"hook_event_name\": \"UserPromptSubmit\", \"prompt\": \"…\"}")
    })
}

/// Returns the memories that answer a prompt.
async fn answering(
    prompt: &str,
    hits: usize,
    budget: usize,
    cx: &Context,
) -> Result<Option<String>, CliError> {
    // A command of the assistant's own asks nothing.
    if is_blank(prompt) || prompt.trim_start().starts_with('/') {
        return Ok(None);
    }
    let question: String = prompt.chars().take(QUESTION).collect();
    let memory = cx.memory().await?;
    let found = memory.search(&Query::text(question).top_k(hits)).await?;
    let documents = memory
        .documents_of(found.hits.iter().map(|hit| &hit.memory))
        .await?;
    let text = found.prompt(&documents, budget);
    Ok((!text.is_empty()).then_some(text))
}

/// Returns the newest memories, and how many there are.
async fn newest(hits: usize, budget: usize, cx: &Context) -> Result<Option<String>, CliError> {
    let memory = cx.records().await?;
    let listing = memory
        .list(&Filter::of(Kind::Node), &Page::default().limit(hits))
        .await?;
    let newest: Vec<&Memory> = listing.memories.iter().collect();
    let text = prompt(&newest, &[], "", budget);
    if text.is_empty() {
        return Ok(None);
    }
    let all = memory.count(&Filter::default()).await?.total();
    let all = counted(all, "memory");
    Ok(Some(format!(
        "{text}These are the newest of {all} of earlier sessions, which can be searched.\n"
    )))
}

/// Takes a transcript into memory.
async fn take_in(transcript: PathBuf, cx: &Context) -> Result<Exit, CliError> {
    if !transcript.exists() {
        let path = quote(&transcript.to_string_lossy());
        output::note(
            &format!("there is no transcript {path}"),
            "nothing: the session was empty",
            cx,
        );
        return Ok(Exit::Done);
    }
    let ingest = Ingest {
        paths: vec![transcript],
        dry_run: false,
        no_clusters: true,
        restore_forgotten: false,
        source_as: None,
        on_duplicate: OnDuplicate::Keep,
    };
    match ingest::run(ingest, cx).await? {
        // A session in which nothing was said.
        Exit::Rejected => Ok(Exit::Done),
        done => Ok(done),
    }
}
