//! The normal form: what the Python original's parsers made of every export.

use tulving_json::Value;

use crate::conversation::{Conversation, Message, MessageKind, Role};
use crate::fields::Fields as _;
use crate::format::{Format, Reading, Record};
use crate::out::{Out, source_name};
use crate::reason::Reason;
use crate::tree::inherit_times;

/// The format.
pub(crate) struct Normal;

impl Format for Normal {
    /// Returns the source of conversations that name none.
    fn name(&self) -> &'static str {
        "chat"
    }

    fn recognises(&self, record: &Record<'_>) -> bool {
        let Some(value) = record.json() else {
            return false;
        };
        let said = |message: &Value<'_>| {
            message.str_at("role").is_some()
                && matches!(message.get("content"), Some(Value::String(_)))
        };
        value.items_at("messages").iter().take(8).any(said)
    }

    fn reading(&self) -> Box<dyn Reading> {
        Box::new(Export)
    }
}

struct Export;

impl Reading for Export {
    fn record(&mut self, record: Record<'_>, out: &mut Out<'_>) {
        let Record::Json(mut value) = record else {
            return;
        };
        let Value::Array(messages) = value.take("messages") else {
            return out.skip(Reason::NoMessages);
        };
        let metadata = value.get("metadata");
        let source = metadata
            .and_then(|metadata| metadata.get("source"))
            .or_else(|| value.get("source"));
        let source = source
            .and_then(source_name)
            .unwrap_or_else(|| Normal.name().to_owned());
        let mut conversation = Conversation::new(source, value.string_at("id").unwrap_or_default());
        conversation.title = value.string_at("title");
        conversation.created_at = out.time(&value, "created_at");
        conversation.updated_at = out.time(&value, "updated_at");
        conversation.messages = messages.into_iter().map(|raw| message(raw, out)).collect();
        inherit_times(&mut conversation.messages, conversation.created_at);
        out.conversation(conversation);
    }
}

fn message<'a>(raw: Value<'a>, out: &mut Out<'_>) -> Message<'a> {
    let role = match raw
        .str_at("role")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "human" | "user" => Role::Human,
        "assistant" | "ai" | "model" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => Role::System,
    };
    let kind = match role {
        Role::Human | Role::Assistant => MessageKind::Text,
        Role::Tool => MessageKind::ToolResult,
        Role::System => MessageKind::Context,
    };
    let (id, text) = (raw.string_at("id"), raw.string_at("content"));
    let created_at = out.time(&raw, "created_at");
    Message {
        id: id.unwrap_or_default(),
        kind,
        hidden: role == Role::System,
        ..Message::new(role, text.unwrap_or_default(), created_at, raw)
    }
}
