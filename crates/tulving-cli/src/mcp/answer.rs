//! Answers as a model reads them: a line that says what they are, and records of JSON within a fence.

use serde::Serialize;
use tulving::backend::{Filter, tags};
use tulving::model::{Document, Memory};
use tulving::store::{Hit, ScopedStore};
use tulving_mcp::Fence;

use super::problem;
use crate::exit::{CliError, Exit};
use crate::kinds::spoken;
use crate::output::{counted, escape_unshowable};
use crate::page::place_in_document;

/// Characters of an answer, at most: what every host hands on whole.
pub(super) const MOST: usize = 20_000;

/// A memory that was recalled.
#[derive(Debug, Serialize)]
pub(super) struct Recalled {
    id: String,
    kind: &'static str,
    date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found_by: Option<String>,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<String>,
}

impl Recalled {
    /// Makes the record of a memory that says this.
    pub(super) fn new(memory: &Memory, documents: &[Document], text: String) -> Self {
        let facts = memory.facts();
        let document = crate::page::document_of(memory, documents);
        let document = place_in_document(memory, document);
        Self {
            id: facts.id,
            kind: spoken(facts.kind),
            date: day(&facts.created_at.isoformat()),
            score: None,
            found_by: None,
            source: memory.source().to_owned(),
            conversation_id: facts.conversation_id.filter(|_| document.is_none()),
            document,
            tags: tags(memory).into_iter().collect(),
            etag: None,
            text,
            more: None,
        }
    }

    /// Adds how well it answers, and why it was found.
    pub(super) fn of_hit(mut self, hit: &Hit) -> Self {
        let arm = |name, found: Option<tulving::search::fusion::RetrieverHit>| {
            found.map(|found| format!("{name} {}", found.rank))
        };
        let arms = [arm("meaning", hit.vector), arm("words", hit.keyword)];
        let arms: Vec<String> = arms.into_iter().flatten().collect();
        self.score = Some((hit.score * 1e3).round() / 1e3);
        self.found_by = (!arms.is_empty()).then(|| arms.join(", "));
        self
    }

    /// Adds which version of it this is.
    pub(super) fn of_version(mut self, etag: String) -> Self {
        self.etag = Some(etag);
        self
    }

    /// Says how its text goes on.
    pub(super) fn going_on(mut self, more: String) -> Self {
        self.more = Some(more);
        self
    }

    /// Returns the record as one line, without a character that a screen would act on.
    pub(super) fn line(&self) -> Result<String, CliError> {
        line(self)
    }
}

/// Returns a value as one line of JSON, without a character that a screen would act on.
pub(super) fn line(value: &impl Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string(value);
    let text = text.map_err(|error| {
        CliError::new(Exit::Bug, "writing an answer as JSON failed").because(&error)
    })?;
    Ok(escape_unshowable(&text))
}

fn day(time: &str) -> String {
    time.split_once('T').map_or(time, |(day, _)| day).to_owned()
}

/// Returns the records within a fence: those that there is room for, and how many were left out.
pub(super) fn fenced(records: &[Recalled]) -> Result<(String, usize), CliError> {
    let (mut text, mut shown, mut left) = (String::new(), 0, MOST);
    for record in records {
        let line = record.line()?;
        let length = line.chars().count() + 1;
        // One is shown whatever its length, which whoever makes it bounds.
        if length > left && shown > 0 {
            break;
        }
        left = left.saturating_sub(length);
        shown += 1;
        text.push_str(&line);
        text.push('\n');
    }
    Ok((Fence::new().around(&text), records.len() - shown))
}

/// Returns `1,204 memories of user 3f2b…`.
pub(super) fn all_of(store: &ScopedStore, memories: u64) -> String {
    format!("{} of {}", counted(memories, "memory"), store.owner())
}

/// Says what there is where nothing was found: whose memories, how many, and how many of them the filter lets pass.
pub(super) async fn nothing(
    store: &ScopedStore,
    filter: &Filter,
    otherwise: &str,
) -> Result<String, CliError> {
    let all = count(store, &Filter::default()).await?;
    let of = all_of(store, all);
    if all == 0 {
        return Ok(format!("Nothing found: {of}.\n"));
    }
    if filter.is_open() && filter.kinds.is_empty() {
        return Ok(format!("Nothing found among {of}{otherwise}.\n"));
    }
    let passing = count(store, filter).await?;
    Ok(match passing {
        0 => format!(
            "Nothing found: of {of} none passes the filter ({}).\n",
            said(filter)
        ),
        some => {
            let pass = if some == 1 { "passes" } else { "pass" };
            format!(
                "Nothing found: of {of} {some} {pass} the filter ({}){otherwise}.\n",
                said(filter)
            )
        }
    })
}

async fn count(store: &ScopedStore, filter: &Filter) -> Result<u64, CliError> {
    let counts = store.count(filter).await.map_err(problem::told)?;
    Ok(counts.total())
}

/// Returns a filter as it was given.
fn said(filter: &Filter) -> String {
    let kinds: Vec<&str> = filter.kinds.iter().map(|kind| spoken(*kind)).collect();
    let time = |time: Option<tulving::model::Timestamp>| time.map(|time| day(&time.isoformat()));
    let list = |texts: &[String]| (!texts.is_empty()).then(|| texts.join(", "));
    let parts = [
        ("kind", (!kinds.is_empty()).then(|| kinds.join(", "))),
        ("source", list(&filter.sources)),
        ("conversation_id", list(&filter.conversations)),
        ("since", time(filter.since)),
        ("until", time(filter.until)),
        ("tags", list(&filter.tags)),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", value?)));
    crate::text::escape(&parts.collect::<Vec<_>>().join("; "))
}

/// Says which arguments had no effect, if there are any. Whose memory it is can be no argument.
pub(super) fn ignored(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names = crate::text::escape(&names.join(", "));
    format!("note: without effect, since there is no such argument: {names}\n")
}
