//! Claude: an array of conversations, or one a file; in old exports a message is one text, in newer ones blocks.

use std::collections::{HashMap, HashSet};

use tulving_json::Value;

use crate::clean::without_fillers;
use crate::conversation::{Conversation, Message, MessageKind, Role};
use crate::fields::Fields as _;
use crate::format::{Format, Reading, Record};
use crate::out::Out;
use crate::reason::Reason;
use crate::tree::{arrange, inherit_times};

/// The parent of what has none, in exports that name one for every message.
const NO_PARENT: &str = "00000000-0000-4000-8000-000000000000";

/// The format.
pub(crate) struct Claude;

impl Format for Claude {
    fn name(&self) -> &'static str {
        "anthropic"
    }

    fn recognises(&self, record: &Record<'_>) -> bool {
        record
            .json()
            .is_some_and(|value| value.is_list_at("chat_messages"))
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
        let Value::Array(messages) = value.take("chat_messages") else {
            return out.skip(Reason::NoMessages);
        };
        let mut conversation =
            Conversation::new(Claude.name(), value.string_at("uuid").unwrap_or_default());
        conversation.title = value.string_at("name");
        conversation.created_at = out.time(&value, "created_at");
        conversation.updated_at = out.time(&value, "updated_at");

        let model = value.string_at("model");
        let mut messages: Vec<Message<'_>> = messages
            .into_iter()
            .map(|raw| message(raw, model.as_deref(), out))
            .collect();
        // Exports without parents are in the order in which it was said.
        if messages.iter().any(|message| message.parent.is_some()) {
            let places: HashMap<&str, usize> = messages
                .iter()
                .enumerate()
                .map(|(at, message)| (message.id.as_str(), at))
                .collect();
            let place = |id: &str| places.get(id).copied();
            let parents: Vec<Option<usize>> = messages
                .iter()
                .map(|message| message.parent.as_deref().and_then(place))
                .collect();
            let leaf = value.str_at("current_leaf_message_uuid").and_then(place);
            messages = arrange(messages, &parents, leaf);
        }
        inherit_times(&mut messages, conversation.created_at);
        conversation.messages = messages;
        out.conversation(conversation);
    }
}

fn message<'a>(raw: Value<'a>, model: Option<&str>, out: &mut Out<'_>) -> Message<'a> {
    let role = match raw.str_at("sender") {
        Some("human") => Role::Human,
        _ => Role::Assistant,
    };
    let mut said: Vec<String> = Vec::new();
    let mut other = None;
    for block in raw.items_at("content") {
        match block.str_at("type") {
            Some("text") => said.extend(block.string_at("text")),
            Some("voice_note") => {
                said.extend(block.string_at("text").or_else(|| block.string_at("title")));
            }
            Some("thinking" | "redacted_thinking") => {
                other = other.or(Some(MessageKind::Reasoning));
            }
            Some("tool_use") => other = Some(MessageKind::ToolCall),
            Some("tool_result") => other = other.or(Some(MessageKind::ToolResult)),
            Some("token_budget" | "image" | "document") => {}
            Some(kind) => out.unknown(kind),
            None => out.unknown("a block without type"),
        }
    }
    let mut text = without_fillers(&said.join("\n\n"));
    if text.trim().is_empty() {
        text = without_fillers(&raw.string_at("text").unwrap_or_default());
    }
    let files = ["attachments", "files", "files_v2"].map(|key| raw.items_at(key).iter());
    let names = files
        .into_iter()
        .flatten()
        .filter_map(|file| file.string_at("file_name"));
    // A file stands in more than one of the lists.
    let mut seen = HashSet::new();
    let attachments: Vec<String> = names.filter(|name| seen.insert(name.clone())).collect();
    let kind = match other {
        _ if !text.trim().is_empty() => MessageKind::Text,
        _ if !attachments.is_empty() => MessageKind::Attachment,
        Some(kind) => kind,
        None => MessageKind::Text,
    };
    let (id, parent) = (raw.string_at("uuid"), raw.string_at("parent_message_uuid"));
    let created_at = out.time(&raw, "created_at");
    Message {
        id: id.unwrap_or_default(),
        parent: parent.filter(|parent| parent != NO_PARENT),
        kind,
        hidden: kind == MessageKind::Reasoning,
        attachments,
        model: model.filter(|_| role == Role::Assistant).map(str::to_owned),
        ..Message::new(role, text, created_at, raw)
    }
}
