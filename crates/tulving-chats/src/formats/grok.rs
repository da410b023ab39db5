//! Grok: an object whose list `conversations` holds each conversation beside its responses.

use std::collections::HashMap;

use tulving_json::Value;

use crate::conversation::{Conversation, Message, MessageKind, Role};
use crate::fields::Fields as _;
use crate::format::{Format, Reading, Record};
use crate::out::Out;
use crate::reason::Reason;
use crate::tree::{arrange, inherit_times};

/// The format.
pub(crate) struct Grok;

impl Format for Grok {
    fn name(&self) -> &'static str {
        "grok"
    }

    fn lists(&self) -> &'static [&'static str] {
        &["conversations"]
    }

    fn recognises(&self, record: &Record<'_>) -> bool {
        let is_object = |value: Option<&Value<'_>>| matches!(value, Some(Value::Object(_)));
        record.json().is_some_and(|value| {
            is_object(value.get("conversation")) && value.is_list_at("responses")
        })
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
        let (about, Value::Array(responses)) =
            (value.take("conversation"), value.take("responses"))
        else {
            return out.skip(Reason::NoMessages);
        };
        let id = about
            .string_at("id")
            .or_else(|| about.string_at("conversation_id"));
        let mut conversation = Conversation::new(Grok.name(), id.unwrap_or_default());
        conversation.title = about.string_at("title");
        conversation.created_at = out.time(&about, "create_time");
        conversation.updated_at = out.time(&about, "modify_time");

        let mut messages: Vec<Message<'_>> =
            responses.into_iter().map(|raw| message(raw, out)).collect();
        let places: HashMap<&str, usize> = messages
            .iter()
            .enumerate()
            .map(|(at, message)| (message.id.as_str(), at))
            .collect();
        let place = |id: &str| places.get(id).copied();
        let leaf = about.str_at("leaf_response_id").and_then(place);
        // Responses without parents follow each other as they stand.
        if messages.iter().any(|message| message.parent.is_some()) {
            let parents: Vec<Option<usize>> = messages
                .iter()
                .map(|message| message.parent.as_deref().and_then(place))
                .collect();
            messages = arrange(messages, &parents, leaf);
        }
        inherit_times(&mut messages, conversation.created_at);
        conversation.messages = messages;
        out.conversation(conversation);
    }
}

/// Makes a message of a response, which may stand in a wrapper of its own.
fn message<'a>(mut wrapper: Value<'a>, out: &mut Out<'_>) -> Message<'a> {
    let raw = match wrapper.take("response") {
        response @ Value::Object(_) => response,
        _ => wrapper,
    };
    // Assistants sign with the name of a model, too.
    let role = match raw
        .str_at("sender")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "human" | "user" => Role::Human,
        "system" => Role::System,
        _ => Role::Assistant,
    };
    let text = raw.string_at("message").unwrap_or_default();
    let attachments: Vec<String> = ["file_attachments", "generated_image_urls"]
        .iter()
        .flat_map(|key| raw.items_at(key))
        .filter_map(|file| file.string().or_else(|| file.string_at("file_name")))
        .map(|name| name.rsplit('/').next().unwrap_or_default().to_owned())
        .collect();
    let kind = match role {
        Role::System => MessageKind::Context,
        _ if text.trim().is_empty() && !attachments.is_empty() => MessageKind::Attachment,
        _ => MessageKind::Text,
    };
    let signed = raw
        .string_at("sender")
        .filter(|sender| sender.to_ascii_lowercase().starts_with("grok-"));
    let model = raw.string_at("model").or(signed);
    let id = raw.string_at("_id").or_else(|| raw.string_at("id"));
    let (parent, created_at) = (
        raw.string_at("parent_response_id"),
        out.time(&raw, "create_time"),
    );
    Message {
        id: id.unwrap_or_default(),
        parent,
        kind,
        hidden: role == Role::System,
        attachments,
        model: model.filter(|_| role == Role::Assistant),
        ..Message::new(role, text, created_at, raw)
    }
}
