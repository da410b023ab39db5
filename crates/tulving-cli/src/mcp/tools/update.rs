//! `memory_update`: changing a memory.

use serde_json::json;
use tulving::model::Memory;
use tulving::store::Change;
use tulving_mcp::{Arguments, Effect, Tool};

use crate::commands::tags;
use crate::etag;
use crate::exit::{CliError, Exit};
use crate::mcp::Opener;
use crate::mcp::answer::{self, line};
use crate::mcp::problem::{missing, told};
use crate::text::quote;

pub(super) const NAME: &str = "memory_update";

pub(super) fn tool() -> Tool {
    Tool {
        name: NAME,
        title: "Change a memory",
        description: "When the user says that something remembered is wrong or has changed, correct it here instead of adding a second memory. Only what is given changes, and the old text is gone. Read it first with memory_get, and give its etag as if_match, so that nobody else's change is lost.",
        input: json!({"type": "object", "properties": {
            "id": {"type": "string", "description": "The memory"},
            "text": {"type": "string", "description": "The new statement or question"},
            "answer": {"type": "string", "description": "The new answer"},
            "title": {"type": "string", "description": "The new title of a conversation"},
            "tags": {"type": "array", "items": {"type": "string"}, "description": "Topics in place of those that it has; an empty list removes them"},
            "if_match": {"type": "string", "description": "Changes it only if this is still its etag"},
        }, "required": ["id"]}),
        effect: Effect::Changes,
        always: false,
    }
}

pub(super) async fn call(opener: &Opener, mut given: Arguments) -> Result<String, CliError> {
    let id = given
        .text(&["id", "memory_id"])?
        .ok_or_else(|| missing("id"))?;
    let topics = given.texts(&["tags", "tag", "topics"])?;
    let if_match = given.text(&["if_match", "etag"])?;
    let mut change = Change {
        question: given.text(&["text", "content", "question", "memory"])?,
        answer: given.text(&["answer"])?,
        title: given.text(&["title"])?,
        ..Change::default()
    };
    let ignored = given.left();
    let parts = [
        ("text", change.question.is_some()),
        ("answer", change.answer.is_some()),
        ("title", change.title.is_some()),
        ("tags", topics.is_some()),
    ];
    let parts: Vec<&str> = parts
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
    if parts.is_empty() {
        return Err(CliError::usage("nothing is to be changed").hint("text, answer, title or tags"));
    }
    let makes_a_vector = topics.is_none() || parts.len() > 1;
    let store = match makes_a_vector {
        true => opener.whole().await?,
        false => opener.records().await?,
    };
    let before = store.get(&id).await.map_err(told)?.memory;
    change.tags = topics.map(|topics| match &before {
        Memory::Node(node) => tags::with_topics(&node.tags, &topics),
        // The store says that it has none.
        _ => tags::topics(&topics),
    });
    let wanted = if_match
        .as_deref()
        .map(|etag| etag.trim().trim_matches('"'));
    let is_meant = |memory: &Memory| wanted.is_none_or(|wanted| etag::of(memory) == wanted);
    let changed = store
        .update_if(&id, &change, is_meant)
        .await
        .map_err(told)?;
    let now = store.get(&id).await.map_err(told)?.memory;
    let etag = etag::of(&now);
    let Some(changed) = changed else {
        let wanted = quote(wanted.unwrap_or_default());
        let message = format!(
            "{} has changed: its etag is \"{etag}\", not {wanted}; nothing was written",
            line(&id)?
        );
        return Err(CliError::new(Exit::Source, message)
            .hint("memory_get, which shows what it says now; then the same call with that etag"));
    };
    let mut answer = format!(
        "Changed {} of {}: {}. Its etag is \"{etag}\".\n",
        line(&id)?,
        store.owner(),
        parts.join(", ")
    );
    if let Some(why) = &changed.words_only {
        answer.push_str(&format!("note: it is found by words only, since {why}\n"));
    }
    if let Some(why) = &changed.left_out {
        answer.push_str(&format!("note: {why}\n"));
    }
    answer.push_str(&answer::ignored(&ignored));
    Ok(answer)
}
