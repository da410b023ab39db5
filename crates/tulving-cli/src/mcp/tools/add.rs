//! `memory_add`: remembering something.

use serde_json::json;
use tulving::store::{IfThere, NewMemory, NewNode, Outcome};
use tulving_mcp::{Arguments, Effect, Tool};

use super::schema;
use crate::commands::tags;
use crate::etag;
use crate::exit::CliError;
use crate::mcp::Opener;
use crate::mcp::answer::{self, line};
use crate::mcp::problem::{missing, told};

pub(super) const NAME: &str = "memory_add";

pub(super) fn tool() -> Tool {
    Tool {
        name: NAME,
        title: "Remember",
        description: "When the user asks you to remember something, or something was settled that will matter in later conversations (a decision and its reason, \
            a preference, how a problem was solved), store it here: one fact a call, written so that it is understood without this conversation, and without secrets. \
            It is stored for good when this answers.",
        input: json!({"type": "object", "properties": {
            "text": {"type": "string", "description": "What to remember: a statement, or the question that answer answers"},
            "answer": {"type": "string", "description": "The answer, if text is a question"},
            "tags": {"type": "array", "items": {"type": "string"}, "description": "Topics"},
            "created_at": {"type": "string", "description": "When it was said, if not now: 2024-01-15, yesterday, 3mo (ago)"},
            "conversation_id": {"type": "string", "description": "The conversation that it continues; a new one by default"},
            "idempotency_key": {"type": "string", "description": "Any text: a second call with the same key and content stores nothing twice"},
        }, "required": ["text"]}),
        effect: Effect::Adds,
        always: true,
    }
}

pub(super) async fn call(opener: &Opener, mut given: Arguments) -> Result<String, CliError> {
    let text = given.text(&["text", "content", "question", "memory"])?;
    let answer = given.text(&["answer"])?;
    if text.is_none() && answer.is_none() {
        return Err(missing("text"));
    }
    let topics = given.texts(&["tags", "tag", "topics"])?;
    let key = given.text(&["idempotency_key"])?;
    let node = NewNode {
        id: key.as_deref().map(etag::id_for_key),
        question: text.unwrap_or_default(),
        answer: answer.unwrap_or_default(),
        conversation_id: given.text(&["conversation_id"])?,
        created_at: schema::time(&mut given, &["created_at", "date"])?,
        tags: topics
            .filter(|topics| !topics.is_empty())
            .map(|topics| tags::topics(&topics)),
        ..NewNode::default()
    };
    let ignored = given.left();
    let store = opener.whole().await?;
    let added = store
        .remember(vec![NewMemory::Node(node)], IfThere::Refuse)
        .await
        .map_err(told)?;
    let id = line(&added.ids.first())?;
    let mut answer = match added.outcomes.as_slice() {
        [Outcome::Unchanged] => format!(
            "It was there already, and is the same: {id} of {}.\n",
            store.owner()
        ),
        _ => format!("Stored as {id} of {}.\n", store.owner()),
    };
    if let Some(why) = &added.words_only {
        answer.push_str(&format!("note: it is found by words only, since {why}\n"));
    }
    if let Some(why) = &added.left_out {
        answer.push_str(&format!("note: {why}\n"));
    }
    answer.push_str(&answer::ignored(&ignored));
    Ok(answer)
}
