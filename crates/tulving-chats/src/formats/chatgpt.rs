//! ChatGPT: one file or many of them, each an array of conversations, in which messages are nodes of a tree.

use std::collections::HashMap;

use tulving_json::{Text, Value};

use crate::clean::cited;
use crate::conversation::{Conversation, Message, MessageKind, Role};
use crate::fields::{Fields as _, text};
use crate::format::{Format, Reading, Record};
use crate::out::Out;
use crate::reason::Reason;
use crate::tree::{arrange, inherit_times};

/// The format.
pub(crate) struct ChatGpt;

impl Format for ChatGpt {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn recognises(&self, record: &Record<'_>) -> bool {
        let Some(value) = record.json() else {
            return false;
        };
        let Some(Value::Object(nodes)) = value.get("mapping") else {
            return false;
        };
        let mut messages = nodes.iter().filter_map(|(_, node)| node.get("message"));
        match messages.find(|message| matches!(message, Value::Object(_))) {
            Some(message) => message.get("author").is_some() && message.get("content").is_some(),
            None => value.get("current_node").is_some() || value.get("create_time").is_some(),
        }
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
        let Value::Object(mapping) = value.take("mapping") else {
            return out.skip(Reason::NoMessages);
        };
        let id = value
            .string_at("conversation_id")
            .or_else(|| value.string_at("id"));
        let mut conversation = Conversation::new(ChatGpt.name(), id.unwrap_or_default());
        conversation.title = value.string_at("title");
        conversation.created_at = out.time(&value, "create_time");
        conversation.updated_at = out.time(&value, "update_time");
        let model = value.string_at("default_model_slug");

        let tree = Tree::new(mapping);
        let leaf = value.get("current_node").and_then(|id| tree.place(id));
        let parents = tree.parents();
        let ids = tree
            .nodes
            .iter()
            .map(|node| text(&node.id))
            .collect::<Vec<_>>();
        let mut messages = Vec::with_capacity(tree.nodes.len());
        for (at, node) in tree.nodes.into_iter().enumerate() {
            let mut message = message(node.message, model.as_deref(), out);
            if message.id.is_empty() {
                message.id.clone_from(&ids[at]);
            }
            message.parent = parents[at].and_then(|up| ids.get(up).cloned());
            messages.push(message);
        }
        messages = arrange(messages, &parents, leaf);
        messages.retain(|message| message.raw != Value::Null);
        inherit_times(&mut messages, conversation.created_at);
        conversation.messages = messages;
        out.conversation(conversation);
    }
}

/// The nodes of a conversation in the order of the file, each once: of a repeated key the last counts.
struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    places: HashMap<Text<'a>, usize>,
}

struct Node<'a> {
    id: Text<'a>,
    message: Value<'a>,
    rest: Value<'a>,
}

impl<'a> Tree<'a> {
    fn new(mapping: Vec<(Text<'a>, Value<'a>)>) -> Self {
        let mut nodes: Vec<Node<'a>> = Vec::with_capacity(mapping.len());
        let mut places = HashMap::with_capacity(mapping.len());
        for (id, mut rest) in mapping {
            let place = *places.entry(id.clone()).or_insert(nodes.len());
            let message = rest.take("message");
            let node = Node { id, message, rest };
            match nodes.get_mut(place) {
                Some(before) => *before = node,
                None => nodes.push(node),
            }
        }
        Self { nodes, places }
    }

    fn place(&self, id: &Value<'_>) -> Option<usize> {
        match id {
            Value::String(id) => self.places.get(id).copied(),
            _ => None,
        }
    }

    /// Returns which node each follows: what it says itself, else which node says that it is a child.
    fn parents(&self) -> Vec<Option<usize>> {
        let place = |id: &Value<'_>| self.place(id);
        let mut parents: Vec<Option<usize>> = self
            .nodes
            .iter()
            .map(|node| node.rest.get("parent").and_then(place))
            .collect();
        for (at, node) in self.nodes.iter().enumerate() {
            for child in node.rest.items_at("children").iter().filter_map(place) {
                if child != at && self.nodes[child].rest.get("parent").is_none() {
                    parents[child] = Some(at);
                }
            }
        }
        parents
    }
}

fn message<'a>(raw: Value<'a>, default_model: Option<&str>, out: &mut Out<'_>) -> Message<'a> {
    let null = Value::Null;
    let author = raw.get("author").unwrap_or(&null);
    let content = raw.get("content").unwrap_or(&null);
    let metadata = raw.get("metadata").unwrap_or(&null);
    let role = match author.str_at("role") {
        Some("user") => Role::Human,
        Some("assistant") => Role::Assistant,
        Some("tool") => Role::Tool,
        _ => Role::System,
    };
    let mut attachments: Vec<String> = metadata
        .items_at("attachments")
        .iter()
        .filter_map(|file| file.string_at("name"))
        .collect();
    let mut said = String::new();
    let mut kind = match content.str_at("content_type") {
        Some("text" | "multimodal_text") => {
            said = parts(content, &mut attachments);
            MessageKind::Text
        }
        Some("code") => MessageKind::ToolCall,
        Some(
            "execution_output"
            | "tether_browsing_display"
            | "tether_quote"
            | "sonic_webpage"
            | "computer_output"
            | "system_error"
            | "citable_code_output",
        ) => MessageKind::ToolResult,
        Some("thoughts" | "reasoning_recap") => MessageKind::Reasoning,
        Some("user_editable_context" | "model_editable_context") => MessageKind::Context,
        Some(other) => {
            out.unknown(other);
            said = parts(content, &mut attachments);
            MessageKind::Text
        }
        None => MessageKind::Text,
    };
    let to_tool = raw
        .str_at("recipient")
        .is_some_and(|recipient| !recipient.is_empty() && recipient != "all");
    match role {
        Role::Assistant if to_tool => kind = MessageKind::ToolCall,
        Role::Tool if kind == MessageKind::Text => kind = MessageKind::ToolResult,
        Role::System => kind = MessageKind::Context,
        _ => {}
    }
    if kind == MessageKind::Text && said.trim().is_empty() && !attachments.is_empty() {
        kind = MessageKind::Attachment;
    }
    let weightless =
        matches!(raw.get("weight"), Some(Value::Number(weight)) if weight.parse() == Ok(0.0));
    let hidden = weightless
        || role == Role::System
        || matches!(kind, MessageKind::Context | MessageKind::Reasoning)
        || metadata.is_true_at("is_visually_hidden_from_conversation")
        || metadata.is_true_at("is_user_system_message");
    let model = metadata
        .string_at("model_slug")
        .or(default_model.map(str::to_owned));
    let (id, created_at) = (raw.string_at("id"), out.time(&raw, "create_time"));
    Message {
        id: id.unwrap_or_default(),
        kind,
        hidden,
        attachments,
        model: model.filter(|_| role == Role::Assistant),
        ..Message::new(role, cited(said), created_at, raw)
    }
}

/// Joins the strings among the parts of a message and what was spoken; of the rest, names are taken.
fn parts(content: &Value<'_>, attachments: &mut Vec<String>) -> String {
    let mut said: Vec<String> = Vec::new();
    for part in content.items_at("parts") {
        match part {
            Value::String(string) => said.push(text(string)),
            Value::Object(_) if part.str_at("content_type") == Some("audio_transcription") => {
                said.extend(part.string_at("text"));
            }
            Value::Object(_) => {
                let audio = part.get("audio_asset_pointer");
                let pointer = part
                    .string_at("asset_pointer")
                    .or_else(|| audio?.string_at("asset_pointer"));
                let name = pointer
                    .map(|pointer| pointer.rsplit('/').next().unwrap_or_default().to_owned());
                if attachments.is_empty()
                    || part.str_at("content_type") != Some("image_asset_pointer")
                {
                    attachments.extend(name);
                }
            }
            _ => {}
        }
    }
    said.retain(|part| !part.is_empty());
    said.join("\n")
}
