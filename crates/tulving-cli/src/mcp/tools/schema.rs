//! Arguments that several tools have: which memories are meant.

use serde_json::{Value, json};
use tulving::backend::Filter;
use tulving::model::{Kind, Timestamp};
use tulving_mcp::Arguments;

use crate::exit::CliError;
use crate::filter::FilterArgs;
use crate::input;
use crate::kinds::{heard, spoken};
use crate::text::quote;

/// Adds the properties of a filter to those of a tool.
pub(super) fn with_filter(mut properties: Value) -> Value {
    let kinds = Kind::ALL.map(spoken);
    let time = "2024-01-15, 2024-03 (a month), yesterday, or how long ago: 12h, 7d, 3mo, 1y";
    properties["kind"] = json!({"type": "string", "enum": kinds,
        "description": "Only memories of this kind. A question has its answer with it"});
    properties["since"] = json!({"type": "string", "description": format!("Only memories of this time or later: {time}")});
    properties["until"] =
        json!({"type": "string", "description": "Only memories from before this time"});
    properties["tags"] = json!({"type": "array", "items": {"type": "string"},
        "description": "Only memories that have all of these tags, letter for letter"});
    properties["source"] = json!({"type": "string",
        "description": "Only memories from this source, such as anthropic, openai or tulving"});
    properties["conversation_id"] =
        json!({"type": "string", "description": "Only memories of this conversation"});
    properties
}

/// Takes a filter out of the arguments.
pub(super) fn filter(given: &mut Arguments) -> Result<Filter, CliError> {
    let kinds = given.texts(&["kind", "kinds", "type"])?;
    let kinds = kinds.unwrap_or_default().into_iter().map(|word| {
        heard(&word).ok_or_else(|| {
            let known = Kind::ALL.map(spoken).join(", ");
            CliError::usage(format!("kind: {} is none of {known}", quote(&word)))
        })
    });
    let sources = given.texts(&["source", "sources"])?;
    let sources = sources.unwrap_or_default().into_iter().map(|name| {
        let said = |why: String| CliError::usage(format!("source: {}: {why}", quote(&name)));
        input::source(&name).map_err(said)
    });
    let filter = FilterArgs {
        kind: kinds.collect::<Result<_, _>>()?,
        source: sources.collect::<Result<_, _>>()?,
        conversation: given
            .texts(&["conversation_id", "conversation"])?
            .unwrap_or_default(),
        since: time(given, &["since", "after_date", "from_date"])?,
        until: time(given, &["until", "before", "to_date"])?,
        tag: given.texts(&["tags", "tag"])?.unwrap_or_default(),
        ..FilterArgs::default()
    };
    filter.into_filter()
}

/// Takes a time out of the arguments.
pub(super) fn time(given: &mut Arguments, names: &[&str]) -> Result<Option<Timestamp>, CliError> {
    let text = given.text(names)?;
    let name = names.first().copied().unwrap_or_default();
    let time = text.map(|text| input::time(&text));
    time.transpose()
        .map_err(|why| CliError::usage(format!("{name}: {why}")))
}

/// Takes ids out of the arguments, each once.
pub(super) fn ids(given: &mut Arguments, most: usize) -> Result<Vec<String>, CliError> {
    let ids = given.texts(&["ids", "id", "memory_id", "memory_ids"])?;
    let mut ids = ids.ok_or_else(|| crate::mcp::problem::missing("ids"))?;
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    match ids.len() {
        0 => Err(CliError::usage("ids: at least one is wanted")),
        many if many > most => Err(CliError::usage(format!(
            "ids: {many} are given, of which one call takes {most}"
        ))),
        _ => Ok(ids),
    }
}
