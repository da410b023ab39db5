//! Codex: a file of lines for each session, each line an item of a kind.

use tulving_json::Value;

use super::transcript::{Transcript, injected, is_injected};
use crate::conversation::{Message, MessageKind, Role};
use crate::fields::Fields as _;
use crate::format::{Format, Reading, Record};
use crate::out::Out;
use crate::time::Time;

/// Where what a line says stands in it.
const PAYLOAD: &str = "payload";

/// The format.
pub(crate) struct Codex;

impl Format for Codex {
    fn name(&self) -> &'static str {
        "codex"
    }

    fn recognises(&self, record: &Record<'_>) -> bool {
        let is_line = |value: &Value<'_>| {
            let kind = value.str_at("type");
            matches!(
                kind,
                Some("session_meta" | "response_item" | "turn_context" | "event_msg" | "compacted")
            ) && matches!(value.get(PAYLOAD), Some(Value::Object(_)))
        };
        record.json().is_some_and(is_line)
    }

    fn reading(&self) -> Box<dyn Reading> {
        Box::new(Session {
            transcript: Transcript::new(Codex.name()),
            begun: None,
            model: None,
        })
    }
}

struct Session {
    transcript: Transcript,
    /// When the session began whose id it has so far.
    begun: Option<Time>,
    /// The model that is answering.
    model: Option<String>,
}

impl Reading for Session {
    fn record(&mut self, record: Record<'_>, out: &mut Out<'_>) {
        let Record::Json(line) = record else {
            return;
        };
        let Some(payload) = line.get(PAYLOAD) else {
            return;
        };
        match line.str_at("type") {
            Some("session_meta") => self.begin(&line, payload, out),
            Some("turn_context") => self.model = payload.string_at("model"),
            Some("response_item") => self.item(line, out),
            // What was shown, which the items say too.
            Some("event_msg" | "compacted") => {}
            Some(kind) => out.unknown(kind),
            None => {}
        }
    }

    fn end(&mut self, out: &mut Out<'_>) {
        let transcript = std::mem::replace(&mut self.transcript, Transcript::new(Codex.name()));
        transcript.give(out);
    }
}

impl Session {
    /// Takes what the session is. One that goes on from another may name that before itself, or behind itself: the
    /// newest of them is its own.
    fn begin(&mut self, line: &Value<'_>, payload: &Value<'_>, out: &mut Out<'_>) {
        if !self.transcript.keeps(line, PAYLOAD, out) {
            return;
        }
        let begun = out.time(payload, "timestamp");
        let conversation = &mut self.transcript.conversation;
        if conversation.id.is_empty() || begun > self.begun {
            conversation.id = payload.string_at("id").unwrap_or_default();
            conversation.created_at = begun;
            self.begun = begun;
        }
    }

    /// Takes an item, unless it was copied.
    fn item(&mut self, line: Value<'_>, out: &mut Out<'_>) {
        if self.transcript.keeps(&line, PAYLOAD, out) {
            let message = message(line, self.model.as_deref(), out);
            self.transcript.push(message, out);
        }
    }
}

fn message<'a>(line: Value<'a>, model: Option<&str>, out: &mut Out<'_>) -> Message<'a> {
    let null = Value::Null;
    let payload = line.get(PAYLOAD).unwrap_or(&null);
    let mut said: Vec<String> = Vec::new();
    let mut attachments = Vec::new();
    let kind = match payload.str_at("type") {
        Some("message") => {
            for piece in payload.items_at("content") {
                match piece.str_at("type") {
                    Some("input_text" | "output_text" | "text") => {
                        said.extend(piece.string_at("text"));
                    }
                    Some(kind @ "input_image") => attachments.push(kind.to_owned()),
                    other => out.unknown(other.unwrap_or("a piece without type")),
                }
            }
            MessageKind::Text
        }
        Some("reasoning") => MessageKind::Reasoning,
        Some("function_call" | "custom_tool_call" | "local_shell_call" | "web_search_call") => {
            MessageKind::ToolCall
        }
        Some("function_call_output" | "custom_tool_call_output") => MessageKind::ToolResult,
        other => {
            out.unknown(other.unwrap_or("an item without type"));
            MessageKind::Context
        }
    };
    let role = match (kind, payload.str_at("role")) {
        (MessageKind::ToolResult, _) => Role::Tool,
        (_, Some("user")) => Role::Human,
        (_, Some("developer" | "system")) => Role::System,
        _ => Role::Assistant,
    };
    if role == Role::Human {
        said.retain(|text| !is_injected(text));
    }
    let text = said.join("\n\n");
    let is_empty = kind == MessageKind::Text && text.trim().is_empty();
    let kind = if is_empty && !attachments.is_empty() {
        MessageKind::Attachment
    } else {
        kind
    };
    let id = payload
        .string_at("id")
        .or_else(|| payload.string_at("call_id"));
    let created_at = out.time(&line, "timestamp");
    let message = Message {
        id: id.unwrap_or_default(),
        kind,
        hidden: matches!(kind, MessageKind::Reasoning | MessageKind::Context),
        attachments,
        model: model.filter(|_| role == Role::Assistant).map(str::to_owned),
        ..Message::new(role, text, created_at, line)
    };
    if role == Role::System || (role == Role::Human && kind == MessageKind::Text && is_empty) {
        return injected(message);
    }
    message
}
