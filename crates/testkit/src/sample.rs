//! Memories to test with.

use std::sync::Arc;

use tulving::backend::Entry;
use tulving::json;
use tulving::model::{
    Chunk, Document, Embedding, Episode, Json, Kind, Memory, Node, Scope, Space, Timestamp,
};
use tulving::record::{self, Part, Stamp};
use uuid::Uuid;

use crate::rng::Rng;

/// Numbers in a vector of [`space`].
pub const DIMS: usize = 8;

/// Returns the space of all vectors in a [`Fixture`](crate::Fixture).
#[must_use]
pub fn space() -> Arc<Space> {
    Arc::new(Space::local("conformance", DIMS))
}

/// Returns a user, the same for the same number.
#[must_use]
pub fn user(number: u128) -> Scope {
    Scope::User(Uuid::from_u128((0xC0FF_EE00 << 64) + number))
}

/// Returns the time so many minutes after midday of a day in 2024.
#[must_use]
pub fn at(minute: i64) -> Timestamp {
    Timestamp::from_micros((1_705_320_000 + 60 * minute) * 1_000_000).expect("a time in range")
}

/// Returns a node with this id, in conversation `c`, said at minute 0.
#[must_use]
pub fn node(id: &str) -> Node {
    let question = format!("What of {id}?");
    let mut node = Node::new("c", 0, &question, "This is the answer.", at(0));
    id.clone_into(&mut node.id);
    node
}

/// Returns a node at a place in a conversation, said at the minute of that number; its id is
/// `{conversation}/{index}`.
#[must_use]
pub fn turn(conversation: &str, index: i64) -> Node {
    let mut node = node(&format!("{conversation}/{index}"));
    conversation.clone_into(&mut node.conversation_id);
    node.sequence_index = index;
    node.created_at = at(index);
    node
}

/// Returns a node that says this and nothing else.
#[must_use]
pub fn saying(id: &str, text: &str) -> Node {
    let mut node = node(id);
    text.clone_into(&mut node.human_content);
    node.assistant_content.clear();
    node
}

/// Returns an episode with this id, begun at minute 0.
#[must_use]
pub fn episode(id: &str) -> Episode {
    Episode {
        id: id.to_owned(),
        title: format!("About {id}"),
        messages: json(r#"[{"role":"user","content":"Hello"}]"#),
        message_count: 1,
        source: Node::OWN_SOURCE.to_owned(),
        created_at: at(0),
        updated_at: Some(at(9)),
        duration_minutes: 9.0,
        llm_tags: Json::empty_object(),
        dominant_intent: "statement".to_owned(),
        avg_complexity: 1.5,
        avg_technical_depth: 0.1,
        emotional_arc: "neutral→positive".to_owned(),
        has_code: false,
        has_errors: false,
        urgency_max: "low".to_owned(),
        memory_node_ids: Vec::new(),
        related_episode_ids: Vec::new(),
        access_count: 0,
        last_accessed: None,
        extra: Json::empty_object(),
        carry: None,
    }
}

/// Returns a chunk with this id, the first of document `c`, read at minute 0.
#[must_use]
pub fn chunk(id: &str) -> Chunk {
    let mut chunk = Chunk::new("c", 0, &format!("All about {id}."), at(0));
    id.clone_into(&mut chunk.id);
    chunk
}

/// Returns a chunk at a place in a document, read at the minute of that number; its id is `{document}/{index}`.
#[must_use]
pub fn piece(document: &str, index: i64) -> Chunk {
    let mut chunk = chunk(&format!("{document}/{index}"));
    document.clone_into(&mut chunk.document_id);
    (chunk.chunk_index, chunk.created_at) = (index, at(index));
    chunk
}

/// Returns a document with this id, as it is when it is read again.
#[must_use]
pub fn document(id: &str) -> Document {
    let mut document = Document::new(id, &format!("Manuals/{id}.md"), at(0));
    document.title = format!("Manual {id}");
    document.mime = Some("text/markdown".to_owned());
    let admitted = record::document::admit(&document, &Stamp::only(user(0)));
    admitted.expect("a document that can be kept")
}

/// Returns a JSON document, as columns keep it.
#[must_use]
pub fn json(text: &str) -> Json {
    Json::from_value(&json::parse(text.as_bytes()).expect("JSON"))
}

/// Returns a memory of nobody in particular, as it is when it is read again; also one that is larger than a record
/// may be.
#[must_use]
pub fn admitted(memory: impl Into<Memory>) -> Memory {
    let memory = memory.into();
    let admitted = record::with(&memory, Vec::new(), &Stamp::only(user(0)));
    admitted.expect("a memory that can be read again")
}

/// Returns a memory from the JSON of its record.
#[must_use]
pub fn from_record(kind: Kind, text: &str) -> Memory {
    let mut value = json::parse(text.as_bytes()).expect("JSON");
    let read = record::read(kind, &mut value, &Stamp::only(user(0)));
    read.expect("a record that can be kept").memory
}

/// Returns the record of a memory, with its live fields.
#[must_use]
pub fn record_of(memory: &Memory) -> String {
    let mut bytes = Vec::new();
    let written = record::write(memory, Part::Everything, &mut bytes);
    written.expect("a carry that nobody changed");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns a vector of [`space`] that begins with these numbers; the others are 0.
#[must_use]
pub fn vector(numbers: &[f32]) -> Embedding {
    let mut all = vec![0.0; DIMS];
    all[..numbers.len()].copy_from_slice(numbers);
    Embedding::new(space(), all).expect("finite numbers")
}

/// Returns a memory that is found by its words only.
#[must_use]
pub fn plain(memory: impl Into<Memory>) -> Entry {
    Entry {
        memory: admitted(memory),
        embedding: None,
    }
}

/// Returns a memory with a vector that begins with these numbers.
#[must_use]
pub fn with_vector(memory: impl Into<Memory>, numbers: &[f32]) -> Entry {
    Entry {
        embedding: Some(vector(numbers)),
        ..plain(memory)
    }
}

const WORDS: &[&str] = &[
    "pool", "worker", "timeout", "async", "index", "vector", "cursor", "scope", "journal", "rust",
];
const TAGS: &[&str] = &[
    r#"{"topics":["rust"]}"#,
    r#"{"topics":["rust","web"],"domains":["tools"]}"#,
    r#"{"domains":["100%"]}"#,
    "{}",
];
const LABELS: &[&str] = &["pools", "Pools", "waiting"];

/// Returns so many memories in which everything that can be asked for occurs, and much of it several times:
/// equal times, places, vectors and words; three in ten are episodes, two are chunks, a fifth has no vector.
#[must_use]
pub fn mixture(seed: u64, count: usize) -> Vec<Entry> {
    (0..count).map(|index| mixed(seed, index)).collect()
}

fn mixed(seed: u64, index: usize) -> Entry {
    let mut rng = Rng::new(seed, 11, index);
    let words = |rng: &mut Rng| -> String {
        let words: Vec<&str> = (0..rng.between(1, 6)).map(|_| rng.pick(WORDS)).collect();
        words.join(" ")
    };
    let source = rng.pick(&["tulving", "openai", "grok"]).to_owned();
    // Few minutes, so that many memories share one.
    let created_at = at(rng.below(10) as i64);
    let tags = json(rng.pick(TAGS));
    let has_code = rng.one_in(3);
    let drawn = rng.below(10);
    let memory: Memory = if drawn > 7 {
        let mut chunk = chunk(&format!("k{index:04}"));
        chunk.content = words(&mut rng);
        chunk.document_id = format!("c{}", rng.below(4));
        chunk.chunk_index = rng.below(12) as i64;
        (chunk.source, chunk.created_at) = (source, created_at);
        (chunk.tags, chunk.has_code) = (tags, has_code);
        chunk.into()
    } else if drawn < 3 {
        let mut episode = episode(&format!("e{index:04}"));
        episode.title = words(&mut rng);
        (episode.source, episode.created_at) = (source, created_at);
        (episode.llm_tags, episode.has_code) = (tags, has_code);
        episode.into()
    } else {
        let mut node = saying(&format!("n{index:04}"), &words(&mut rng));
        node.conversation_id = format!("c{}", rng.below(4));
        node.sequence_index = rng.below(12) as i64;
        (node.source, node.created_at) = (source, created_at);
        (node.tags, node.has_code) = (tags, has_code);
        if !rng.one_in(4) {
            node.cluster_id = Some(rng.below(4) as i64 - 1);
            node.cluster_label = (!rng.one_in(4)).then(|| rng.pick(LABELS).to_owned());
        }
        node.into()
    };
    let numbers: Vec<f32> = (0..DIMS).map(|_| rng.below(3) as f32 - 1.0).collect();
    let drawn = Some(vector(&numbers)).filter(|vector| !vector.is_zero());
    Entry {
        memory: admitted(memory),
        embedding: drawn.filter(|_| !rng.one_in(5)),
    }
}
