//! `memory_get`: memories, whole.

use serde_json::json;
use tulving::search::prompt::excerpt;
use tulving::store::StoreError;
use tulving_mcp::{Arguments, Effect, Tool};

use super::schema;
use crate::etag;
use crate::exit::{CliError, Exit};
use crate::mcp::Opener;
use crate::mcp::answer::{self, Recalled, line};
use crate::mcp::problem::told;
use crate::output::count;

pub(super) const NAME: &str = "memory_get";

/// Memories of one call, at most.
const MOST: usize = 20;

/// Characters of all texts together, if nobody says how many, and at most.
const CHARACTERS: usize = 12_000;
const MOST_CHARACTERS: usize = 18_000;

pub(super) fn tool() -> Tool {
    Tool {
        name: NAME,
        title: "Read memories",
        description: "When a hit of memory_search is cut and you need all of it, or before you change a memory, read it here: the full text, where it comes from, and its etag.",
        input: json!({"type": "object", "properties": {
            "ids": {"type": "array", "items": {"type": "string"}, "description": "Up to 20 ids that memory_search or memory_list gave"},
            "from": {"type": "integer", "minimum": 0, "default": 0, "description": "Of one long memory: the character to go on from"},
            "max_chars": {"type": "integer", "minimum": 200, "maximum": MOST_CHARACTERS, "default": CHARACTERS,
                "description": "Characters of all texts together"},
        }, "required": ["ids"]}),
        effect: Effect::Reads,
        always: false,
    }
}

pub(super) async fn call(opener: &Opener, mut given: Arguments) -> Result<String, CliError> {
    let ids = schema::ids(&mut given, MOST)?;
    let from = given
        .whole(&["from", "offset"], 0, usize::MAX >> 12)?
        .unwrap_or_default();
    let room = given
        .whole(&["max_chars"], 200, MOST_CHARACTERS)?
        .unwrap_or(CHARACTERS);
    if from > 0 && ids.len() > 1 {
        return Err(CliError::usage(
            "from: it is for one memory, and several are named",
        ));
    }
    let ignored = given.left();
    let store = opener.records().await?;
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for id in &ids {
        match store.get(id).await {
            Ok(entry) => found.push(entry.memory),
            Err(StoreError::NoSuchMemory { id }) => missing.push(id),
            Err(error) => return Err(told(error)),
        }
    }
    if found.is_empty() {
        let first = missing.into_iter().next().unwrap_or_default();
        let error = told(StoreError::NoSuchMemory { id: first });
        return Err(CliError::new(
            Exit::NotFound,
            format!("{} of {}", error.message, store.owner()),
        )
        .hint(error.hint.unwrap_or_default()));
    }
    let documents = store.documents_of(&found).await.map_err(told)?;
    let (mut left, mut records) = (room, Vec::with_capacity(found.len()));
    for (memory, waiting) in found.iter().zip((1..=found.len()).rev()) {
        let whole = excerpt(memory, "", usize::MAX);
        let (text, rest) = part(&whole, from, left / waiting);
        left = left.saturating_sub(text.chars().count());
        let mut record =
            Recalled::new(memory, &documents, text.to_owned()).of_version(etag::of(memory));
        if rest > 0 {
            let next = from + text.chars().count();
            record = record.going_on(format!(
                "{} more characters: memory_get with this id and from {next}",
                count(rest as u64)
            ));
        }
        records.push(record);
    }
    let (fenced, left_out) = answer::fenced(&records)?;
    let mut answer = format!(
        "{} of {}.\n{fenced}",
        crate::output::counted(found.len() as u64, "memory"),
        store.owner()
    );
    if !missing.is_empty() {
        answer.push_str(&format!("Not there: {}.\n", line(&missing)?));
    }
    if left_out > 0 {
        answer.push_str(&format!(
            "{left_out} more, for which there was no room: ask for them apart\n"
        ));
    }
    answer.push_str(&answer::ignored(&ignored));
    Ok(answer)
}

/// Returns a part of a text, and how many characters are behind it.
fn part(text: &str, from: usize, characters: usize) -> (&str, usize) {
    let at = |character: usize| {
        text.char_indices()
            .nth(character)
            .map_or(text.len(), |(at, _)| at)
    };
    let (start, end) = (at(from), at(from.saturating_add(characters)));
    (&text[start..end], text[end..].chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_read_part_by_part() {
        assert_eq!(part("aäöü", 0, 2), ("aä", 2));
        assert_eq!(part("aäöü", 2, 2), ("öü", 0));
        assert_eq!(part("aäöü", 9, 2), ("", 0));
        assert_eq!(part("aäöü", 1, usize::MAX), ("äöü", 0));
    }
}
