//! Google AI Studio: one object a conversation, as it lies in Drive.

use tulving_json::Value;

use crate::conversation::{Conversation, Message, MessageKind, Role};
use crate::fields::Fields as _;
use crate::format::{Format, Reading, Record};
use crate::out::Out;
use crate::reason::Reason;
use crate::tree::inherit_times;

/// The format.
pub(crate) struct AiStudio;

impl Format for AiStudio {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn recognises(&self, record: &Record<'_>) -> bool {
        let prompt = record.json().and_then(|value| value.get("chunkedPrompt"));
        prompt.is_some_and(|prompt| prompt.is_list_at("chunks"))
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
        let Value::Array(chunks) = value.take("chunkedPrompt").take("chunks") else {
            return out.skip(Reason::NoMessages);
        };
        let model = value
            .get("runSettings")
            .and_then(|settings| settings.string_at("model"));
        let mut conversation =
            Conversation::new(AiStudio.name(), value.string_at("id").unwrap_or_default());
        conversation.title = value
            .string_at("title")
            .or_else(|| value.string_at("displayName"));
        conversation.messages = chunks
            .into_iter()
            .enumerate()
            .map(|(at, raw)| Message {
                id: format!("chunk-{at}"),
                ..message(raw, model.as_deref(), out)
            })
            .collect();
        conversation.created_at = conversation
            .messages
            .iter()
            .find_map(|message| message.created_at);
        conversation.updated_at = conversation
            .messages
            .iter()
            .rev()
            .find_map(|message| message.created_at);
        inherit_times(&mut conversation.messages, conversation.created_at);
        out.conversation(conversation);
    }
}

fn message<'a>(raw: Value<'a>, model: Option<&str>, out: &mut Out<'_>) -> Message<'a> {
    let role = match raw.str_at("role") {
        Some("user") => Role::Human,
        _ => Role::Assistant,
    };
    // The parts say the same as the text, in pieces.
    let text = raw.string_at("text").unwrap_or_else(|| {
        let parts = raw
            .items_at("parts")
            .iter()
            .filter(|part| !part.is_true_at("thought"));
        parts.filter_map(|part| part.string_at("text")).collect()
    });
    let attachments: Vec<String> = [
        "driveDocument",
        "driveImage",
        "driveAudio",
        "driveVideo",
        "inlineFile",
        "inlineImage",
    ]
    .iter()
    .filter_map(|key| raw.get(key))
    .filter_map(|file| file.string_at("id").or_else(|| file.string_at("mimeType")))
    .collect();
    let kind = match () {
        () if raw.is_true_at("isThought") => MessageKind::Reasoning,
        () if text.trim().is_empty() && !attachments.is_empty() => MessageKind::Attachment,
        () => MessageKind::Text,
    };
    let created_at = out.time(&raw, "createTime");
    Message {
        kind,
        hidden: kind == MessageKind::Reasoning,
        attachments,
        model: model.filter(|_| role == Role::Assistant).map(str::to_owned),
        ..Message::new(role, text, created_at, raw)
    }
}
