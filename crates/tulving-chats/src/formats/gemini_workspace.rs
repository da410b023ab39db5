//! Gemini in Workspace: one object a conversation, in files `conversation_1.txt`.

use tulving_json::Value;

use crate::conversation::{Conversation, Message, MessageKind, Role};
use crate::fields::Fields as _;
use crate::format::{Format, Reading, Record};
use crate::out::Out;
use crate::reason::Reason;
use crate::tree::inherit_times;

/// The format.
pub(crate) struct GeminiWorkspace;

impl Format for GeminiWorkspace {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn recognises(&self, record: &Record<'_>) -> bool {
        record
            .json()
            .is_some_and(|value| value.is_list_at("conversation_turns"))
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
        let Value::Array(turns) = value.take("conversation_turns") else {
            return out.skip(Reason::NoMessages);
        };
        let mut conversation = Conversation::new(GeminiWorkspace.name(), String::new());
        conversation.title = value.string_at("title");
        conversation.created_at = out.time(&value, "creation_time");
        conversation.updated_at = out.time(&value, "last_modification_time");
        conversation.messages = turns
            .into_iter()
            .filter_map(|raw| message(raw, out))
            .collect();
        keep_last_of_each_index(&mut conversation.messages);
        inherit_times(&mut conversation.messages, conversation.created_at);
        out.conversation(conversation);
    }
}

fn message<'a>(mut raw: Value<'a>, out: &mut Out<'_>) -> Option<Message<'a>> {
    let (role, turn) = match (raw.take("user_turn"), raw.take("system_turn")) {
        (turn @ Value::Object(_), _) => (Role::Human, turn),
        (_, turn @ Value::Object(_)) => (Role::Assistant, turn),
        _ => {
            out.unknown("a turn of neither side");
            return None;
        }
    };
    let mut said: Vec<String> = Vec::new();
    said.extend(turn.string_at("prompt"));
    for piece in turn.items_at("text") {
        said.extend(piece.string_at("data"));
        said.extend(
            piece
                .items_at("cards")
                .iter()
                .filter_map(|card| card.string_at("content")),
        );
    }
    let images = turn.items_at("images").iter();
    let attachments: Vec<String> = images
        .filter_map(|image| image.string().or_else(|| image.string_at("name")))
        .collect();
    let text = said.join("\n\n");
    let is_thought = text.trim().is_empty() && !turn.items_at("model_thoughts").is_empty();
    let kind = match () {
        () if is_thought => MessageKind::Reasoning,
        () if text.trim().is_empty() && !attachments.is_empty() => MessageKind::Attachment,
        () => MessageKind::Text,
    };
    let index = match turn.get("turn_index") {
        Some(Value::Number(index)) => index.to_string(),
        _ => String::new(),
    };
    let deleted = !matches!(turn.get("turn_deleted_time"), None | Some(Value::Null));
    let created_at = out.time(&turn, "turn_last_modified");
    Some(Message {
        id: if index.is_empty() {
            index
        } else {
            format!("{index}-{}", role.name())
        },
        kind,
        hidden: kind == MessageKind::Reasoning,
        active: !deleted,
        attachments,
        ..Message::new(role, text, created_at, turn)
    })
}

/// A turn that was made again has the index of the one before it, which is no longer what the person saw last.
fn keep_last_of_each_index(messages: &mut [Message<'_>]) {
    let mut later = std::collections::HashSet::new();
    for message in messages.iter_mut().rev() {
        if !message.id.is_empty() && message.active {
            message.active = later.insert(message.id.clone());
        }
    }
}
