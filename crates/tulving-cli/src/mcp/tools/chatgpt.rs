//! `search` and `fetch`, as ChatGPT looks for them: their names, arguments and answers are its own. The answers are
//! JSON in a text, so there is no fence around what is recalled.

use serde::Serialize;
use serde_json::json;
use tulving::model::{Memory, is_blank};
use tulving::search::prompt::excerpt;
use tulving::store::Query;
use tulving_mcp::{Arguments, Effect, Tool};

use super::search::searched;
use crate::exit::CliError;
use crate::mcp::Opener;
use crate::mcp::answer::line;
use crate::mcp::problem::{missing, told};
use crate::page::one_line;

pub(super) const SEARCH: &str = "search";
pub(super) const FETCH: &str = "fetch";

const HITS: usize = 10;

/// Characters of a hit's text, of a whole memory, and of a title, at most.
const CHARACTERS: usize = 600;
const MOST_CHARACTERS: usize = 18_000;
const TITLE: usize = 100;

#[derive(Debug, Serialize)]
struct Results {
    results: Vec<Found>,
}

#[derive(Debug, Serialize)]
struct Found {
    id: String,
    title: String,
    text: String,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
}

#[derive(Debug, Serialize)]
struct Metadata {
    date: String,
    source: String,
}

pub(super) fn tools() -> [Tool; 2] {
    let tool = |name, title, description, argument: &str, what: &str| Tool {
        name,
        title,
        description,
        input: json!({"type": "object", "properties": {argument: {"type": "string", "description": what}}, "required": [argument]}),
        effect: Effect::Reads,
        always: false,
    };
    [
        tool(
            SEARCH,
            "Search memory",
            "Before you answer anything that may depend on earlier conversations or on the user's documents, search the user's memory. Gives ids that fetch reads.",
            "query",
            "What to look for, in words",
        ),
        tool(
            FETCH,
            "Read a memory",
            "When a result of search matters, read the whole of it by its id.",
            "id",
            "An id that search gave",
        ),
    ]
}

pub(super) async fn search(opener: &Opener, mut given: Arguments) -> Result<String, CliError> {
    let query = given
        .text(&["query", "q"])?
        .ok_or_else(|| missing("query"))?;
    if is_blank(&query) {
        return line(&Results {
            results: Vec::new(),
        });
    }
    let (_, found, _) = searched(opener, Query::text(query).top_k(HITS)).await?;
    let results = found.hits.iter().map(|hit| {
        let text = excerpt(&hit.memory, &found.question, CHARACTERS);
        found_as(&hit.memory, text, None)
    });
    line(&Results {
        results: results.collect(),
    })
}

pub(super) async fn fetch(opener: &Opener, mut given: Arguments) -> Result<String, CliError> {
    let id = given.text(&["id"])?.ok_or_else(|| missing("id"))?;
    let memory = opener.records().await?.get(&id).await.map_err(told)?.memory;
    let text = excerpt(&memory, "", MOST_CHARACTERS);
    let metadata = Metadata {
        date: memory.created_at().isoformat(),
        source: memory.source().to_owned(),
    };
    line(&found_as(&memory, text, Some(metadata)))
}

fn found_as(memory: &Memory, text: String, metadata: Option<Metadata>) -> Found {
    let id = memory.id().to_owned();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let path = id.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    Found {
        title: one_line(memory).chars().take(TITLE).collect(),
        url: format!("tulving://memory/{}", path.collect::<String>()),
        id,
        text,
        metadata,
    }
}
