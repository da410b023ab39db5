//! Claude Code: a file of lines for each session.

use tulving_json::Value;

use super::transcript::{Transcript, injected, is_injected};
use crate::conversation::{Message, MessageKind, Role};
use crate::fields::Fields as _;
use crate::format::{Format, Reading, Record};
use crate::out::Out;
use crate::reason::Reason;
use crate::recalled::holds_block;

/// The format.
pub(crate) struct ClaudeCode;

impl Format for ClaudeCode {
    fn name(&self) -> &'static str {
        "claude-code"
    }

    fn recognises(&self, record: &Record<'_>) -> bool {
        let is_line = |value: &Value<'_>| {
            value.str_at("type").is_some()
                && value.str_at("sessionId").is_some()
                && value.get("parentUuid").is_some()
        };
        record.json().is_some_and(is_line)
    }

    fn reading(&self) -> Box<dyn Reading> {
        Box::new(Session {
            transcript: Transcript::new(ClaudeCode.name()),
            side: false,
        })
    }
}

struct Session {
    transcript: Transcript,
    /// Whether lines of a part of the assistant were seen.
    side: bool,
}

impl Reading for Session {
    fn record(&mut self, record: Record<'_>, out: &mut Out<'_>) {
        let Record::Json(line) = record else {
            return;
        };
        let conversation = &mut self.transcript.conversation;
        match line.str_at("type") {
            Some("user" | "assistant") => {}
            // The last that it was called.
            Some("summary" | "ai-title" | "custom-title") => {
                let title = ["summary", "aiTitle", "customTitle", "title"]
                    .iter()
                    .find_map(|key| line.string_at(key));
                if title.is_some() {
                    conversation.title = title;
                }
                return;
            }
            // What a hook of the person's brought from memory stands in a line of its own.
            _ if holds_block(&line) => {}
            _ => return,
        }
        if line.is_true_at("isSidechain") {
            self.side = true;
        }
        if !self.transcript.keeps(&line, "message", out) {
            return;
        }
        // A line that was copied may still name the session that it was copied from, so the last one counts.
        if let Some(session) = line.string_at("sessionId") {
            self.transcript.conversation.id = session;
        }
        let message = message(line, out);
        self.transcript.push(message, out);
    }

    fn end(&mut self, out: &mut Out<'_>) {
        let transcript =
            std::mem::replace(&mut self.transcript, Transcript::new(ClaudeCode.name()));
        let messages = &transcript.conversation.messages;
        let is_aside = !messages.is_empty() && !messages.iter().any(|message| message.active);
        if self.side && is_aside {
            return out.skip(Reason::SubAgent);
        }
        transcript.give(out);
    }
}

fn message<'a>(line: Value<'a>, out: &mut Out<'_>) -> Message<'a> {
    let null = Value::Null;
    let inner = line.get("message").unwrap_or(&null);
    let role = match line.str_at("type") {
        Some("user") => Role::Human,
        Some("assistant") => Role::Assistant,
        _ => Role::System,
    };
    let mut said: Vec<String> = Vec::new();
    let mut attachments = Vec::new();
    let mut other = None;
    match inner.get("content") {
        Some(text @ Value::String(_)) => said.extend(text.string()),
        Some(Value::Array(blocks)) => {
            for block in blocks {
                match block.str_at("type") {
                    Some("text") => said.extend(block.string_at("text")),
                    Some("thinking" | "redacted_thinking") => {
                        other = other.or(Some(MessageKind::Reasoning));
                    }
                    Some("tool_use" | "server_tool_use") => other = Some(MessageKind::ToolCall),
                    Some("tool_result" | "web_search_tool_result") => {
                        other = Some(MessageKind::ToolResult);
                    }
                    Some(kind @ ("image" | "document")) => attachments.push(kind.to_owned()),
                    Some(kind) => out.unknown(kind),
                    None => out.unknown("a block without type"),
                }
            }
        }
        _ => {}
    }
    // Of what a person wrote, what the program put beside it is not theirs.
    if role == Role::Human {
        said.retain(|text| !is_injected(text));
    }
    let text = said.join("\n\n");
    let kind = match other {
        Some(MessageKind::ToolResult) if role == Role::Human => MessageKind::ToolResult,
        _ if !text.trim().is_empty() => MessageKind::Text,
        Some(kind) => kind,
        None if !attachments.is_empty() => MessageKind::Attachment,
        None => MessageKind::Context,
    };
    let by_program = line.is_true_at("isMeta")
        || line.is_true_at("isCompactSummary")
        || line.is_true_at("isVisibleInTranscriptOnly")
        || line.is_true_at("isApiErrorMessage")
        || line.str_at("promptSource") == Some("system");
    let (parent, created_at) = (line.string_at("parentUuid"), out.time(&line, "timestamp"));
    let model = inner
        .string_at("model")
        .filter(|model| model != "<synthetic>");
    let active = !line.is_true_at("isSidechain");
    let message = Message {
        id: line.string_at("uuid").unwrap_or_default(),
        parent,
        kind,
        hidden: matches!(kind, MessageKind::Reasoning | MessageKind::Context),
        active,
        attachments,
        model: model.filter(|_| role == Role::Assistant),
        ..Message::new(role, text, created_at, line)
    };
    match message.kind {
        MessageKind::ToolResult => Message {
            role: Role::Tool,
            ..message
        },
        _ if by_program || (role == Role::Human && kind == MessageKind::Context) => {
            injected(message)
        }
        _ => message,
    }
}
