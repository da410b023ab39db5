//! `memory_search`: finding memories again.

use serde_json::json;
use tulving::model::{Memory, is_blank};
use tulving::search::fusion::Scale;
use tulving::search::prompt::excerpt;
use tulving::store::{Found, Mode, Query, ScopedStore};
use tulving_mcp::{Arguments, Effect, Tool};

use super::schema;
use crate::exit::{CliError, Exit};
use crate::mcp::Opener;
use crate::mcp::answer::{self, Recalled};
use crate::mcp::problem::{missing, told};
use crate::text::quote;

pub(super) const NAME: &str = "memory_search";

/// Hits, if nobody says how many, and at most.
const HITS: usize = 8;
const MOST_HITS: usize = 50;

/// Characters of all texts together, if nobody says how many, and at most.
const CHARACTERS: usize = 6_000;
const MOST_CHARACTERS: usize = 18_000;

pub(super) fn tool() -> Tool {
    let properties = json!({
        "query": {"type": "string", "description": "What to look for, in words: a question or a topic"},
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST_HITS, "default": HITS, "description": "How many memories"},
        "mode": {"type": "string", "enum": ["hybrid", "vector", "keyword"], "default": "hybrid",
            "description": "By meaning and words, by meaning alone, or by words alone (names, numbers, error codes)"},
        "min_score": {"type": "number",
            "description": "Leaves out what scores less. Vector: cosines, -1 to 1. Keyword: BM25, 0 and up. Hybrid: scores compare within one answer only. None by default"},
        "max_chars": {"type": "integer", "minimum": 200, "maximum": MOST_CHARACTERS, "default": CHARACTERS,
            "description": "Characters of all texts together; long memories are cut to the passages that answer"},
    });
    Tool {
        name: NAME,
        title: "Search memory",
        description: "Before you answer anything that may depend on earlier talks, preferences, decisions, people, projects or the user's documents, \
            search here. Finds by meaning and by words what was asked and answered before, whole conversations, and pieces of documents, the best first. \
            An answer without hits says how many memories were searched.",
        input: json!({"type": "object", "properties": schema::with_filter(properties), "required": ["query"]}),
        effect: Effect::Reads,
        always: true,
    }
}

pub(super) async fn call(opener: &Opener, mut given: Arguments) -> Result<String, CliError> {
    let text = given.text(&["query", "q", "text", "question"])?;
    let text = text.ok_or_else(|| missing("query"))?;
    if is_blank(&text) {
        return Err(CliError::usage("query: it says nothing")
            .hint("memory_list, which shows what is there"));
    }
    let limit = given.whole(&["limit", "top_k", "k", "per_page"], 1, MOST_HITS)?;
    let mode = mode(given.text(&["mode"])?.as_deref())?;
    let min_score = given.number(&["min_score"])?;
    let room = given.whole(&["max_chars", "max_characters"], 200, MOST_CHARACTERS)?;
    let filter = schema::filter(&mut given)?;
    let ignored = given.left();
    let mut query = Query::text(text)
        .mode(mode)
        .top_k(limit.unwrap_or(HITS))
        .filter(filter);
    query.min_score = min_score;
    let (store, found, note) = searched(opener, query.clone()).await?;
    let mut answer = note.map_or_else(String::new, |why| {
        format!("note: by words only, since {why}\n")
    });
    answer.push_str(&answer::ignored(&ignored));
    if found.hits.is_empty() {
        let why = match (query.mode, query.min_score) {
            (_, Some(_)) => ", and none reaches min_score",
            (Mode::Keyword, None) => ", and none holds a word of the query",
            _ => ", and none can be compared with the query",
        };
        answer.push_str(&answer::nothing(&store, &query.filter, why).await?);
        return Ok(answer);
    }
    answer.push_str(&shown(&store, &found, room.unwrap_or(CHARACTERS)).await?);
    Ok(answer)
}

fn mode(given: Option<&str>) -> Result<Mode, CliError> {
    Ok(match given.map(str::trim) {
        None | Some("hybrid" | "") => Mode::Hybrid,
        Some("vector" | "semantic") => Mode::Vector,
        Some("keyword" | "words") => Mode::Keyword,
        Some(other) => {
            let message = format!("mode: {} is none of hybrid, vector, keyword", quote(other));
            return Err(CliError::usage(message));
        }
    })
}

/// Searches; by words alone, and says why, where the embedder is out of reach.
pub(super) async fn searched(
    opener: &Opener,
    mut query: Query,
) -> Result<(ScopedStore, Found, Option<String>), CliError> {
    let by_words = query.mode == Mode::Keyword;
    let (store, mut note) = match by_words {
        true => (opener.records().await?, None),
        false => match opener.whole().await {
            Err(error) if error.exit == Exit::Unreachable && query.mode == Mode::Hybrid => {
                // Where the place itself is out of reach, this fails as well, and says so.
                query.mode = Mode::Keyword;
                (opener.records().await?, Some(error.message))
            }
            opened => (opened?, None),
        },
    };
    let found = store.search(&query).await.map_err(told)?;
    note = note.or_else(|| found.words_only.as_ref().map(ToString::to_string));
    Ok((store, found, note))
}

/// Returns the hits, whose texts share the room: what a short one leaves goes to those behind it.
async fn shown(store: &ScopedStore, found: &Found, room: usize) -> Result<String, CliError> {
    let memories: Vec<&Memory> = found.hits.iter().map(|hit| &hit.memory).collect();
    let documents = store.documents_of(memories).await.map_err(told)?;
    let (mut left, mut records) = (room, Vec::with_capacity(found.hits.len()));
    for (hit, waiting) in found.hits.iter().zip((1..=found.hits.len()).rev()) {
        let text = excerpt(&hit.memory, &found.question, left / waiting);
        left = left.saturating_sub(text.chars().count());
        records.push(Recalled::new(&hit.memory, &documents, text).of_hit(hit));
    }
    let scores = match found.scale {
        Scale::Cosine => "scores are cosines",
        Scale::Bm25 => "scores are BM25",
        Scale::Relative => "scores compare within this answer",
    };
    let (fenced, left_out) = answer::fenced(&records)?;
    let (hits, how) = (found.hits.len(), found.found_by.as_str());
    let all = answer::all_of(store, found.rows_in_scope);
    let mut text = format!("{hits} of {all}, the best first ({how}; {scores}).\n{fenced}");
    if found.outdated > 0 {
        text.push_str(&format!(
            "note: {}\n",
            crate::commands::search::older_words(found.outdated)
        ));
    }
    if left_out > 0 {
        text.push_str(&format!("{left_out} more were found, for which there was no room: a smaller max_chars or limit, or memory_get\n"));
    }
    Ok(text)
}
