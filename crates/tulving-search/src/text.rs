//! The text of a memory: what is embedded, and what is indexed by its words.
//!
//! They differ in one thing. A node is embedded with the labels `Human:` and `Assistant:`, as the
//! vectors that come from elsewhere were; its words are indexed without, or every memory would hold
//! these two and a question about humans would find them all.

use tulving_json::Value;
use tulving_model::{Chunk, Episode, Json, Memory, Node};

/// Characters of an episode that are embedded and indexed: about what embedding models read.
const EPISODE: usize = 16_000;

/// Returns what of a memory is embedded.
#[must_use]
pub fn embedded(memory: &Memory) -> String {
    match memory {
        Memory::Node(node) => embedded_node(node),
        Memory::Episode(conversation) => episode(conversation),
        Memory::Chunk(piece) => chunk(piece),
    }
}

/// Returns what of a memory is found by its words, and shown in snippets.
#[must_use]
pub fn indexed(memory: &Memory) -> String {
    match memory {
        Memory::Node(node) => indexed_node(node),
        Memory::Episode(conversation) => episode(conversation),
        Memory::Chunk(piece) => chunk(piece),
    }
}

/// Returns what of a node is embedded: `Human: {question}`, and if there is an answer `\n\nAssistant:
/// {answer}`.
#[must_use]
pub fn embedded_node(node: &Node) -> String {
    let question = &node.human_content;
    if node.assistant_content.is_empty() {
        format!("Human: {question}")
    } else {
        format!("Human: {question}\n\nAssistant: {}", node.assistant_content)
    }
}

/// Returns what of a node is found by words: question and answer.
#[must_use]
pub fn indexed_node(node: &Node) -> String {
    format!("{}\n\n{}", node.human_content, node.assistant_content)
}

/// Returns what of a chunk is embedded and found by words: the headings above it, in one line, and its text.
#[must_use]
pub fn chunk(chunk: &Chunk) -> String {
    match chunk.heading_path.as_slice() {
        [] => chunk.content.clone(),
        headings => format!("{}\n\n{}", headings.join(" › "), chunk.content),
    }
}

/// Returns what of an episode is embedded and found by words: title, summary and visible turns, a
/// paragraph each, the first 16,000 characters.
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

/// Returns what an episode was about, if that was written down.
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

/// Returns the turns that both sides saw, in order: those of the person and of the assistant, not those
/// of tools or of the system.
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

/// Returns what was written by whoever speaks in a memory, and nothing of what is said about it: the sides of a
/// node, the title and all messages of an episode, the text of a chunk.
#[must_use]
pub fn written(memory: &Memory) -> Vec<String> {
    let texts = match memory {
        Memory::Node(node) => vec![node.human_content.clone(), node.assistant_content.clone()],
        Memory::Episode(episode) => {
            let mut texts = vec![episode.title.clone()];
            if let Value::Array(messages) = episode.messages.value() {
                let contents = messages.iter().filter_map(|message| message.get("content"));
                texts.extend(contents.filter_map(text_of));
            }
            texts
        }
        Memory::Chunk(chunk) => vec![chunk.content.clone()],
    };
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

fn text_of(value: &Value<'_>) -> Option<String> {
    match value {
        Value::String(text) => Some(text.storable().into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tulving_json as json;
    use tulving_model::record::{self, Stamp};
    use tulving_model::{Kind, Scope, Timestamp};

    fn node(answer: &str) -> Node {
        Node::new("c1", 0, "Why?", answer, Timestamp::now())
    }

    fn an_episode(messages: &str) -> Episode {
        let source = format!(
            r#"{{"id":"e1","title":"A title","messages":{messages},"message_count":2,"source":"x",
            "created_at":"2024-01-15T10:30:00Z","llm_tags":{{"summary":"In short."}}}}"#
        );
        let mut value = json::parse(source.as_bytes()).unwrap();
        let owner = Stamp::only(Scope::User(uuid::Uuid::nil()));
        match record::read(Kind::Episode, &mut value, &owner)
            .unwrap()
            .memory
        {
            Memory::Episode(episode) => episode,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn labels_are_embedded_but_are_no_words() {
        assert_eq!(embedded_node(&node("So.")), "Human: Why?\n\nAssistant: So.");
        assert_eq!(embedded_node(&node("")), "Human: Why?");
        let words = indexed_node(&node("So."));
        assert!(words.contains("Why?") && words.contains("So.") && !words.contains("Human"));
    }

    #[test]
    fn an_episode_is_its_title_summary_and_visible_turns() {
        let messages = r#"[{"role":"system","content":"secret"},{"role":"human","content":"Hi"},
            {"role":"tool","content":"output"},{"role":"assistant","content":"Hello"},
            {"role":"user","content":null}]"#;
        assert_eq!(
            episode(&an_episode(messages)),
            "A title\n\nIn short.\n\nHi\n\nHello"
        );
        assert_eq!(episode(&an_episode("[]")), "A title\n\nIn short.");
        assert_eq!(
            turns(&an_episode(messages).messages)
                .iter()
                .map(|turn| turn.assistant)
                .collect::<Vec<_>>(),
            [false, true]
        );
    }

    #[test]
    fn what_was_written_is_all_that_anybody_said_and_nothing_else() {
        let messages = r#"[{"role":"system","content":"secret"},{"role":"human","content":"Hi"},
            {"role":"tool","content":""},{"role":"assistant","content":null}]"#;
        let written = written(&Memory::Episode(an_episode(messages)));
        assert_eq!(written, ["A title", "secret", "Hi"]);
        assert_eq!(super::written(&Memory::Node(node(""))), ["Why?"]);
    }

    #[test]
    fn what_is_empty_makes_no_paragraph() {
        let messages = r#"[{"role":"user","content":"Hi "},{"role":"human","content":""},
            {"role":"assistant","content":"Hello"}]"#;
        for tags in [r#"{"summary":""}"#, "{}"] {
            let mut bare = an_episode(messages);
            bare.title = String::new();
            bare.llm_tags = Json::from_value(&json::parse(tags.as_bytes()).unwrap());
            assert_eq!(episode(&bare), "Hi \n\nHello");
            bare.title = "T".to_owned();
            assert_eq!(episode(&bare), "T\n\nHi \n\nHello");
            assert_eq!(summary(&bare), None);
            assert_eq!(turns(&bare.messages).len(), 2);
        }
    }

    #[test]
    fn of_a_long_episode_the_beginning_counts() {
        let turn = format!(r#"{{"role":"human","content":"{}"}}"#, "ä".repeat(50_000));
        let text = episode(&an_episode(&format!("[{turn},{turn}]")));
        assert!(text.ends_with('ä'));
        assert_eq!(text.chars().filter(|c| *c != '\n').count(), EPISODE);
    }
}
