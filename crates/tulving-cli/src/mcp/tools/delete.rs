//! `memory_delete`: forgetting single memories, by id alone. There is no filter and no "all": what a model is talked
//! into is bounded by what it can name.

use serde_json::json;
use tulving::model::Key;
use tulving::store::StoreError;
use tulving_mcp::{Arguments, Effect, Tool};

use super::schema;
use crate::exit::CliError;
use crate::mcp::Opener;
use crate::mcp::answer::{self, line};
use crate::mcp::problem::told;

pub(super) const NAME: &str = "memory_delete";

/// Memories of one call, at most.
const MOST: usize = 20;

pub(super) fn tool() -> Tool {
    Tool {
        name: NAME,
        title: "Forget memories",
        description: "When the user asks you to forget something, find it with memory_search, show what you found, and delete it here by its id. It cannot be brought back. If something has only changed, memory_update is better.",
        input: json!({"type": "object", "properties": {
            "ids": {"type": "array", "items": {"type": "string"}, "description": "Up to 20 ids"},
        }, "required": ["ids"]}),
        effect: Effect::Changes,
        always: false,
    }
}

pub(super) async fn call(opener: &Opener, mut given: Arguments) -> Result<String, CliError> {
    let ids = schema::ids(&mut given, MOST)?;
    let ignored = given.left();
    let store = opener.records().await?;
    let mut keys: Vec<Key> = Vec::new();
    for id in &ids {
        match store.get(id).await {
            Ok(entry) => keys.push(entry.memory.key()),
            Err(StoreError::NoSuchMemory { .. }) => {}
            Err(error) => return Err(told(error)),
        }
    }
    // Of these, somebody else may have forgotten one meanwhile.
    let gone = store.delete(&keys).await.map_err(told)?;
    let (deleted, missing): (Vec<&String>, Vec<&String>) = ids
        .iter()
        .partition(|id| gone.iter().any(|key| key.id == **id));
    let mut answer = match deleted.is_empty() {
        true => format!("Nothing was deleted of {}.\n", store.owner()),
        false => format!("Deleted of {}: {}.\n", store.owner(), line(&deleted)?),
    };
    if !missing.is_empty() {
        answer.push_str(&format!("Not there: {}.\n", line(&missing)?));
    }
    answer.push_str(&answer::ignored(&ignored));
    Ok(answer)
}
