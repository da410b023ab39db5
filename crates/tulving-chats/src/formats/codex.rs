//! Codex: a file of lines for each session, each line an item of a kind.

use tulving_json::Value;

use super::transcript::{Transcript, injected, is_injected};
use crate::conversation::{Message, MessageKind, Role};
use crate::fields::Fields as _;
use crate::format::{Format, Reading, Record};
use crate::out::Out;

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
            ) && matches!(value.get("payload"), Some(Value::Object(_)))
        };
        record.json().is_some_and(is_line)
    }

    fn reading(&self) -> Box<dyn Reading> {
        Box::new(Session(Transcript::new(Codex.name()), None))
    }
}

/// The transcript, and the model that is answering.
struct Session(Transcript, Option<String>);

impl Reading for Session {
    fn record(&mut self, record: Record<'_>, out: &mut Out<'_>) {
        let Record::Json(line) = record else {
            return;
        };
        let Some(payload) = line.get("payload") else {
            return;
        };
        match line.str_at("type") {
            Some("session_meta") => self.begin(payload, out),
            Some("turn_context") => self.1 = payload.string_at("model"),
            Some("response_item") => {
                let message = message(line, self.1.as_deref(), out);
                self.0.push(message, out);
            }
            // What was shown, which the items say too.
            Some("event_msg" | "compacted") => {}
            Some(kind) => out.unknown(kind),
            None => {}
        }
    }

    fn end(&mut self, out: &mut Out<'_>) {
        let transcript = std::mem::replace(&mut self.0, Transcript::new(Codex.name()));
        transcript.give(out);
    }
}

impl Session {
    /// Takes what the session is. One that goes on from another names that behind itself.
    fn begin(&mut self, payload: &Value<'_>, out: &mut Out<'_>) {
        let conversation = &mut self.0.conversation;
        if conversation.id.is_empty() {
            conversation.id = payload.string_at("id").unwrap_or_default();
            conversation.created_at = out.time(payload, "timestamp");
        }
    }
}

fn message<'a>(line: Value<'a>, model: Option<&str>, out: &mut Out<'_>) -> Message<'a> {
    let null = Value::Null;
    let payload = line.get("payload").unwrap_or(&null);
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
