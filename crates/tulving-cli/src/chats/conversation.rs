//! What is stored of a conversation of an export.

use std::borrow::Cow;

use tulving::json::{Text, Value};
use tulving::model::{Json, Tags, Timestamp};
use tulving::store::{Fields, NewConversation, NewMessage, NewTurn, Role};
use tulving_chats::{self as chats, Conversation, Message, MessageKind, Time, TimeSource, Turn};
use tulving_enrich as enrich;

/// Of a conversation with more bytes, what was said is not kept as it stands in the export too, so that its record stays
/// below the limit of one.
const LARGE: usize = 16 << 20;

/// Returns about how many bytes a conversation takes.
pub(super) fn size(conversation: &NewConversation) -> usize {
    let messages = conversation.messages.iter();
    messages
        .map(|message| message.content.len() + value(&message.record))
        .sum()
}

/// Returns about how many bytes a value takes in memory. No deeper than what was parsed.
fn value(of: &Value<'_>) -> usize {
    const EACH: usize = 40;
    let inside: usize = match of {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(lexeme) => lexeme.len(),
        Value::String(text) => text.as_bytes().len(),
        Value::Array(elements) => elements.iter().map(value).sum(),
        Value::Object(members) => {
            let members = members.iter();
            members
                .map(|(key, of)| EACH + key.as_bytes().len() + value(of))
                .sum()
        }
    };
    EACH + inside
}

/// Makes what is stored: the turns with what is known of them, and the messages whole.
pub(super) fn stored(
    conversation: Conversation<'_>,
    turns: Vec<Turn>,
    source_as: Option<&str>,
) -> NewConversation {
    let known: Vec<enrich::Fields> = turns
        .iter()
        .map(|turn| enrich::enrich(&turn.human, &turn.assistant))
        .collect();
    let fields = match known.is_empty() {
        true => Fields::new(),
        false => of_whole(&enrich::Conversation::of(&known)),
    };
    let size: usize = conversation
        .messages
        .iter()
        .map(|message| value(&message.raw))
        .sum();
    let keep_raw = size <= LARGE;
    NewConversation {
        id: Some(conversation.id),
        title: conversation.title.filter(|title| !title.trim().is_empty()),
        messages: conversation
            .messages
            .into_iter()
            .map(|of| message(of, keep_raw))
            .collect(),
        source: Some(conversation.source.into_owned()),
        source_as: source_as.map(ToOwned::to_owned),
        created_at: time(conversation.created_at),
        updated_at: time(conversation.updated_at),
        turns: Some(turns.into_iter().zip(&known).map(turn).collect()),
        fields,
        may_repeat: conversation.may_repeat,
    }
}

fn turn((turn, known): (Turn, &enrich::Fields)) -> NewTurn {
    let time_source = match turn.time_source {
        TimeSource::Exact => None,
        other => Some(format!("time:{}", other.name())),
    };
    let tags = Tags {
        domains: known.domains.iter().map(ToString::to_string).collect(),
        entities: known.entities.clone(),
        processes: time_source.into_iter().collect(),
        topics: Vec::new(),
    };
    NewTurn {
        place: Some(turn.sequence_index),
        question: turn.human,
        answer: turn.assistant,
        created_at: time(turn.created_at),
        tags: Some(Json::from(tags)),
        fields: vec![
            ("intent_type", word(known.intent.as_str())),
            ("complexity", word(known.complexity.as_str())),
            ("technical_depth", number(known.technical_depth.to_string())),
            ("emotional_valence", word(known.valence.as_str())),
            ("urgency", word(known.urgency.as_str())),
            ("conversation_mode", word(known.mode.as_str())),
            ("action_required", Value::Bool(known.action_required)),
            ("has_code", Value::Bool(known.has_code)),
            ("has_error", Value::Bool(known.has_error)),
        ],
    }
}

fn of_whole(known: &enrich::Conversation) -> Fields {
    vec![
        ("dominant_intent", word(known.dominant_intent.as_str())),
        (
            "avg_complexity",
            number(format!("{:?}", known.avg_complexity)),
        ),
        (
            "avg_technical_depth",
            number(format!("{:?}", known.avg_technical_depth)),
        ),
        ("emotional_arc", text(known.emotional_arc())),
        ("has_code", Value::Bool(known.has_code)),
        ("has_errors", Value::Bool(known.has_errors)),
        ("urgency_max", word(known.urgency_max.as_str())),
    ]
}

/// Makes what is stored of a message. Only what both sides saw has a role and a content by which it is found; of all
/// else the content is empty, and its own record tells the rest.
fn message(message: Message<'_>, keep_raw: bool) -> NewMessage {
    let said = message.said();
    let is_said = said.is_some();
    let role = match message.role {
        chats::Role::Human if is_said => Role::Human,
        chats::Role::Assistant if is_said => Role::Assistant,
        _ => Role::Other,
    };
    let content = said.unwrap_or_default();
    // Files without a word have names for a content, and no text.
    let is_whole = is_said && (message.text.trim() == content || message.text.trim().is_empty());
    NewMessage {
        role,
        created_at: time(message.created_at),
        record: record(message, &content, keep_raw || !is_whole),
        content,
    }
}

fn record(message: Message<'_>, content: &str, keep_raw: bool) -> Value<'static> {
    // What has our form already is kept as it is.
    let says = |key, what: &str| matches!(message.raw.get(key), Some(Value::String(text)) if text.to_str() == Some(what));
    if says("role", message.role.name()) && says("content", content) {
        return message.raw.into_owned();
    }
    let mut members = Vec::new();
    let mut put = |key: &'static str, value| members.push((Text::new(key), value));
    if !message.id.is_empty() {
        put("id", text(message.id));
    }
    put("role", word(message.role.name()));
    put("content", text(content.to_owned()));
    if let Some(at) = message.created_at {
        put("created_at", text(at.to_string()));
    }
    if message.time_source != TimeSource::Exact {
        put("time", word(message.time_source.name()));
    }
    if message.kind != MessageKind::Text {
        put("kind", word(message.kind.name()));
    }
    if !message.active {
        put("active", Value::Bool(false));
    }
    if message.hidden {
        put("hidden", Value::Bool(true));
    }
    if let Some(model) = message.model {
        put("model", text(model));
    }
    if let Some(parent) = message.parent {
        put("parent", text(parent));
    }
    if !message.attachments.is_empty() {
        put(
            "attachments",
            Value::Array(message.attachments.into_iter().map(text).collect()),
        );
    }
    if keep_raw {
        put("raw", message.raw.into_owned());
    }
    Value::Object(members)
}

fn time(time: Option<Time>) -> Option<Timestamp> {
    Timestamp::from_micros(time?.micros())
}

fn text(text: String) -> Value<'static> {
    Value::String(Text::from(text))
}

fn word(word: &'static str) -> Value<'static> {
    Value::String(Text::new(word))
}

fn number(lexeme: String) -> Value<'static> {
    Value::Number(Cow::Owned(lexeme))
}
