//! `tulving search`: finding memories again.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tulving::model::{Document, Scope, Timestamp};
use tulving::search::fusion::{Recency, Scale};
use tulving::store::{self, Found, Limit, Query};

use crate::config::Retrieval;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::filter::FilterArgs;
use crate::input;
use crate::output::{self, counted, duration, minute};
use crate::page::marked;
use crate::table::beside;
use crate::terminal::Screen;
use crate::wire;

/// Finds memories by meaning and by words
///
/// Shows the best questions with their answers and the best conversations: as many of each as `retrieval`
/// in config.yaml says, or `--top-k` in total. If there are fewer hits, no other memory matches the
/// options. A search changes nothing.
///
/// The answer says what its scores are: cosines, from -1 to 1, if only vectors were compared; BM25, from
/// 0 up, if only words were searched; otherwise scores that can be compared within this answer only.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"hits\": [{\"id\", \"kind\", \"score\", \"rank\", \"arms\": {\"vector\": {\"rank\", \"score\"} or null, \"keyword\": the same},\n\
    \"snippet\", \"created_at\", \"source\", \"conversation_id\", of a chunk \"document\": {\"id\", \"title\", \"path\", \"heading_path\", \"page\"}}],\n\
    \"scale\": \"cosine\", \"bm25\" or \"relative\",\n\
    \"found_by\": \"exact\" or \"index\", \"rows_in_scope\": N, \"ms\": X}\n\
    and \"context\" with --context, \"note\" where only words were looked for, or words are of another version")]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true).args(["text", "like", "vector"])))]
pub struct Search {
    /// What to look for; `-` reads it from stdin
    #[arg(value_name = "TEXT")]
    pub text: Option<String>,

    /// Finds memories that are similar to this one
    #[arg(long, value_name = "ID", conflicts_with_all = ["text", "vector"])]
    pub like: Option<String>,

    /// Finds memories whose vectors are near this one: a JSON array (`-`: from stdin) or an .npy file
    /// with one row
    #[arg(long, value_name = "FILE", value_parser = crate::config::path())]
    pub vector: Option<PathBuf>,

    /// How to search
    #[arg(long, value_name = "MODE", default_value = "hybrid")]
    pub mode: Mode,

    /// How many hits in total: a quarter of them is for documents and a quarter for what was said,
    /// if there are so many [default: process_top_k questions, episodic_top_k conversations and
    /// document_top_k pieces of documents, as configured]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub top_k: Option<u64>,

    /// Leaves out hits with a lower score, on the scale of the answer [default: min_score of the
    /// configuration]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub min_score: Option<f64>,

    /// Prints the hits as text for a prompt, marked as data; long memories are cut to the passages that
    /// answer
    #[arg(long)]
    pub context: bool,

    /// The maximum length of this text
    #[arg(
        long,
        value_name = "CHARS",
        requires = "context",
        default_value_t = 8_000
    )]
    pub budget: usize,

    /// Prefers recent memories: a memory of this age counts half
    #[arg(long, value_name = "DAYS")]
    pub recency: Option<f64>,

    /// Prefers memories in the clusters of the best hits: adds this share of the score to theirs
    #[arg(long, value_name = "X")]
    pub cluster_boost: Option<f64>,

    #[expect(missing_docs, reason = "a comment here would stand before the options")]
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// By meaning and by words
    Hybrid,
    /// By meaning alone
    Vector,
    /// By words alone
    Keyword,
}

/// Runs it.
///
/// # Errors
/// When the query cannot be understood or the memory cannot be read.
pub async fn run(search: Search, cx: &Context) -> Result<Exit, CliError> {
    let (as_context, budget) = (search.context, search.budget);
    let query = query(search, &cx.config.retrieval()?)?;
    let makes_a_vector =
        query.mode != store::Mode::Keyword && query.vector.is_none() && query.like.is_none();
    let memory = if makes_a_vector {
        cx.memory().await?
    } else {
        cx.records().await?
    };
    let found = memory.search(&query).await?;
    let documents = memory
        .documents_of(found.hits.iter().map(|hit| &hit.memory))
        .await?;
    let prompt = as_context.then(|| found.prompt(&documents, budget));
    if cx.json {
        output::json(&wire::Found::new(&found, &documents, note(&found), prompt))?;
        return Ok(Exit::Done);
    }
    if let Some(why) = &found.words_only {
        output::words_only(why, cx);
    }
    if let Some(outdated) = outdated(&found) {
        output::note(&outdated, &renewal(cx.config.scope()?), cx);
    }
    match prompt {
        // Nothing that was recalled is no text at all.
        Some(prompt) if prompt.is_empty() => {}
        Some(prompt) => output::text(&crate::text::lines(&prompt))?,
        None => output::text(&page(&found, &documents, cx.out))?,
    }
    Ok(Exit::Done)
}

fn query(search: Search, defaults: &Retrieval) -> Result<Query, CliError> {
    let positive = |flag: &str, number: Option<f64>| match number {
        Some(number) if !(number.is_finite() && number > 0.0) => Err(CliError::usage(format!(
            "{flag}: {number} is not a number above 0"
        ))
        .hint(format!("{flag} 30, or another number above 0"))),
        number => Ok(number),
    };
    let min_score = match search.min_score {
        Some(least) if !least.is_finite() => Err(CliError::usage(format!(
            "--min-score: {least} is not a number that scores can be compared with"
        ))
        .hint("leave it out, and nothing is left out")),
        least => Ok(least),
    }?;
    let recency = positive("--recency", search.recency)?;
    let cluster_boost = positive("--cluster-boost", search.cluster_boost)?;
    let vector = search.vector.as_deref().and_then(|path| path.to_str());
    input::once([search.text.as_deref(), vector, None])?;
    let text = search.text.map(input::question).transpose()?;
    let mut query = match (text, search.like) {
        (_, Some(id)) => Query::like(id),
        (Some(text), None) => Query::text(text),
        (None, None) => Query::vector(Vec::new()),
    };
    query.vector = search.vector.as_deref().map(input::vector).transpose()?;
    query.mode = match search.mode {
        Mode::Hybrid => store::Mode::Hybrid,
        Mode::Vector => store::Mode::Vector,
        Mode::Keyword => store::Mode::Keyword,
    };
    query.limit = match search.top_k {
        Some(hits) => Limit::Total(usize::try_from(hits).unwrap_or(usize::MAX)),
        None => Limit::Each(defaults.top_k),
    };
    query.min_score = min_score.or(defaults.min_score);
    query.filter = search.filter.into_filter()?;
    query.fusion.recency = recency.map(|half_life_days| Recency {
        now: Timestamp::now(),
        half_life_days,
    });
    query.fusion.cluster_boost = cluster_boost.unwrap_or_default();
    Ok(query)
}

/// Returns what makes the words of a scope anew.
pub(super) fn renewal(scope: Scope) -> String {
    format!("tulving index {}", crate::text::owner_flag(scope))
}

/// Returns what the answer may lack.
fn note(found: &Found) -> Option<String> {
    let words_only = found.words_only.as_ref();
    let words_only = words_only.map(|why| format!("found by words only: {why}"));
    let notes: Vec<String> = words_only.into_iter().chain(outdated(found)).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// Returns the note that words of another version were searched.
fn outdated(found: &Found) -> Option<String> {
    (found.outdated > 0).then(|| older_words(found.outdated))
}

/// Returns `2 memories have the words that another version of tulving made, and may not be found by
/// words`
pub(crate) fn older_words(memories: u64) -> String {
    let have = if memories == 1 { "has" } else { "have" };
    format!(
        "{} {have} the words that another version of tulving made, and may not be found by words",
        counted(memories, "memory")
    )
}

/// Renders hit by hit: rank, score, when, where, id; below it the passage that answers.
fn page(found: &Found, documents: &[Document], screen: Screen) -> String {
    let mut page = String::new();
    for hit in &found.hits {
        let (memory, score) = (&hit.memory, hit.score);
        let (when, source, id) = (minute(memory.created_at()), memory.source(), memory.id());
        let head = format!("{:>2}  {score:.3}  {when}  {source}  {id}", hit.rank);
        page.push_str(&beside("", &head, screen));
        let document = crate::page::document_of(memory, documents);
        if let Some(place) = crate::page::place_in_document(memory, document) {
            page.push_str(&beside("    ", &place, screen));
        }
        page.push_str(&marked(&hit.snippet.text, &hit.snippet.marks, 4, screen));
        page.push('\n');
    }
    page.push_str(&beside("", &end(found), screen));
    page
}

/// Returns `2 of 1,742 memories, exact, 3 ms; scores are cosines; times are UTC`
fn end(found: &Found) -> String {
    let all = counted(found.rows_in_scope, "memory");
    let (how, took) = (found.found_by.as_str(), duration(found.took));
    match found.hits.len() {
        0 => format!("Nothing found among {all} ({how}, {took})."),
        hits => {
            let scores = match found.scale {
                Scale::Cosine => "scores are cosines",
                Scale::Bm25 => "scores are BM25",
                Scale::Relative => "scores compare within this answer",
            };
            format!("{hits} of {all}, {how}, {took}; {scores}; times are UTC")
        }
    }
}
