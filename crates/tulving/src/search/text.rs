//! The text of a memory: what is embedded, and what is indexed by its words.
//!
//! They differ in one thing. A node is embedded with the labels `Human:` and `Assistant:`, as the
//! vectors that come from elsewhere were; its words are indexed without, or every memory would hold
//! these two and a question about humans would find them all.

use crate::json::Value;
use crate::model::{Episode, Json, Memory, Node};

/// Characters of an episode that are embedded and indexed: about what embedding models read.
const EPISODE: usize = 16_000;

/// What of a memory is embedded.
#[must_use]
pub fn embedded(memory: &Memory) -> String {
    match memory {
        Memory::Node(node) => embedded_node(node),
        Memory::Episode(conversation) => episode(conversation),
    }
}

/// What of a memory is found by its words, and shown in snippets.
#[must_use]
pub fn indexed(memory: &Memory) -> String {
    match memory {
        Memory::Node(node) => indexed_node(node),
        Memory::Episode(conversation) => episode(conversation),
    }
}

/// What of a node is embedded: `Human: {question}`, and if there is an answer
/// `\n\nAssistant: {answer}`.
#[must_use]
pub fn embedded_node(node: &Node) -> String {
    let question = &node.human_content;
    if node.assistant_content.is_empty() {
        format!("Human: {question}")
    } else {
        format!("Human: {question}\n\nAssistant: {}", node.assistant_content)
    }
}

/// What of a node is found by words: question and answer.
#[must_use]
pub fn indexed_node(node: &Node) -> String {
    format!("{}\n\n{}", node.human_content, node.assistant_content)
}

/// What of an episode is embedded and found by words: title, summary and visible turns, a paragraph
/// each, the first 16,000 characters.
#[must_use]
pub fn episode(episode: &Episode) -> String {
    let mut text = String::new();
    let mut left = EPISODE;
    let summary = summary(episode);
    let turns = turns(&episode.messages);
    let paragraphs = [episode.title.as_str(), summary.as_deref().unwrap_or("")]
        .into_iter()
        .chain(turns.iter().map(|turn| turn.content.as_str()));
    for paragraph in paragraphs.filter(|paragraph| !paragraph.is_empty()) {
        if left == 0 {
            break;
        }
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        for c in paragraph.chars().take(left) {
            text.push(c);
            left -= 1;
        }
    }
    text
}

/// What an episode was about, if that was written down.
#[must_use]
pub fn summary(episode: &Episode) -> Option<String> {
    let tags = episode.llm_tags.value();
    text_of(tags.get("summary")?).filter(|summary| !summary.is_empty())
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Whether the assistant said it.
    pub assistant: bool,
    /// The words, not empty.
    pub content: String,
}

/// The turns that both sides saw, in order: those of the person and of the assistant, not those of
/// tools or of the system.
#[must_use]
pub fn turns(messages: &Json) -> Vec<Turn> {
    let Value::Array(messages) = messages.value() else {
        return Vec::new();
    };
    messages.iter().filter_map(turn).collect()
}

fn turn(message: &Value<'_>) -> Option<Turn> {
    let assistant = match text_of(message.get("role")?)?.as_str() {
        "human" | "user" => false,
        "assistant" => true,
        _ => return None,
    };
    let content = text_of(message.get("content")?)?;
    (!content.is_empty()).then_some(Turn { assistant, content })
}

fn text_of(value: &Value<'_>) -> Option<String> {
    match value {
        Value::String(text) => Some(text.storable().into_owned()),
        _ => None,
    }
}
