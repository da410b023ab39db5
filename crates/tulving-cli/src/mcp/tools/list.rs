//! `memory_list`: memories by time, page by page.

use serde_json::json;
use tulving::backend::{Order, Page};
use tulving::search::prompt::excerpt;
use tulving_mcp::{Arguments, Effect, Tool};

use super::schema;
use crate::exit::CliError;
use crate::mcp::Opener;
use crate::mcp::answer::{self, Recalled, line};
use crate::mcp::problem::told;
use crate::output::{count, counted};
use crate::text::quote;
use crate::wire::cursor;

pub(super) const NAME: &str = "memory_list";

const MEMORIES: usize = 20;
const MOST_MEMORIES: usize = 50;

/// Characters of each text: enough to see what it is about.
const CHARACTERS: usize = 200;

pub(super) fn tool() -> Tool {
    let properties = json!({
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST_MEMORIES, "default": MEMORIES, "description": "How many memories"},
        "after": {"type": "string", "description": "Goes on after this place, which the answer before names"},
    });
    Tool {
        name: NAME,
        title: "List memories",
        description: "When the user asks what you remember, or what was said lately or at some time, list it here, the newest first, each by its beginning. To find something by what it is about, memory_search is better.",
        input: json!({"type": "object", "properties": schema::with_filter(properties)}),
        effect: Effect::Reads,
        always: false,
    }
}

pub(super) async fn call(opener: &Opener, mut given: Arguments) -> Result<String, CliError> {
    let limit = given.whole(&["limit", "top_k", "per_page"], 1, MOST_MEMORIES)?;
    let after = given.text(&["after", "next", "cursor"])?;
    let after = after.map(|place| {
        let unknown = || {
            CliError::usage(format!("after: {} is not a place in a list", quote(&place)))
                .hint("what the last line of the answer before names")
        };
        cursor::read(&place).ok_or_else(unknown)
    });
    let page = Page {
        order: Order::Newest,
        after: after.transpose()?,
        limit: limit.unwrap_or(MEMORIES),
    };
    let filter = schema::filter(&mut given)?;
    let ignored = given.left();
    let store = opener.records().await?;
    let listing = store.list(&filter, &page).await.map_err(told)?;
    let mut answer = answer::ignored(&ignored);
    if listing.memories.is_empty() {
        answer.push_str(&match page.after {
            Some(_) => format!("No more memories of {}.\n", store.owner()),
            None => answer::nothing(&store, &filter, "").await?,
        });
        return Ok(answer);
    }
    let documents = store.documents_of(&listing.memories).await.map_err(told)?;
    let record = |memory| Recalled::new(memory, &documents, excerpt(memory, "", CHARACTERS));
    let records: Vec<Recalled> = listing.memories.iter().map(record).collect();
    let all = store.count(&filter).await.map_err(told)?.total();
    let (fenced, left_out) = answer::fenced(&records)?;
    let shown = records.len() - left_out;
    let (shown_of, of) = (count(shown as u64), counted(all, "memory"));
    answer.push_str(&format!(
        "{shown_of} of {of} of {}, the newest first.\n{fenced}",
        store.owner()
    ));
    // Where the room ended, the next page begins.
    let next = match left_out {
        0 => listing.next,
        _ => listing
            .memories
            .get(shown - 1)
            .map(|memory| (&memory.facts()).into()),
    };
    if let Some(next) = &next {
        answer.push_str(&format!(
            "More: memory_list with the same arguments and after {}\n",
            line(&cursor::text(next))?
        ));
    }
    Ok(answer)
}
