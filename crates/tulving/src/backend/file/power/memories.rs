//! Memories whose texts and vectors say which they are.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use crate::backend::Entry;
use crate::backend::file::npy;
use crate::json;
use crate::model::{Embedding, Kind, Node, Scope, Space, Timestamp};
use crate::record;

pub(super) const DIMS: usize = 4;
pub(super) const OWNER: Scope = Scope::User(Uuid::from_u128(7));

pub(super) fn space() -> Arc<Space> {
    Arc::new(Space::local("test", DIMS))
}

/// Returns another model's, as wide.
pub(super) fn beside() -> Arc<Space> {
    Arc::new(Space::local("beside", DIMS))
}

/// Returns what a vector holds in a space.
pub(super) fn numbers_in(space: &Space, mut numbers: [f32; DIMS]) -> [f32; DIMS] {
    if *space == *beside() {
        numbers[2] = -numbers[2];
    }
    numbers
}

/// Returns an entry with its vector in a space.
pub(super) fn of(space: &Arc<Space>, mut entry: Entry) -> Entry {
    let numbers = entry.embedding.unwrap().numbers().try_into().unwrap();
    let numbers = numbers_in(space, numbers).to_vec();
    entry.embedding = Some(Embedding::new(Arc::clone(space), numbers).unwrap());
    entry
}

/// Returns what the vector of a node holds.
pub(super) fn numbers(number: u64, version: u64) -> [f32; DIMS] {
    [number as f32 + 1.0, version as f32, -0.5, 0.25]
}

pub(super) fn embedding(numbers: [f32; DIMS]) -> Option<Embedding> {
    Some(Embedding::new(space(), numbers.to_vec()).unwrap())
}

/// Returns a node whose text and vector say which it is.
pub(super) fn node(number: u64, version: u64) -> Entry {
    let at = Timestamp::from_micros(1_700_000_000_000_000 + number as i64).unwrap();
    let text = format!("node {number} version {version}");
    let mut node = Node::new("c", number as i64, &text, "The answer.", at);
    node.id = format!("m{number}");
    // One that may be written wherever nodes of the origin are.
    node.source = "anthropic".to_owned();
    Entry {
        memory: node.into(),
        embedding: embedding(numbers(number, version)),
    }
}

pub(super) fn episode(number: u64) -> Entry {
    let record = format!(
        r#"{{"id":"e{number}","title":"Episode {number}","source":"openai","created_at":"2024-01-15T10:30:00",
        "messages":[{{"role":"user","content":"words of {number}"}}]}}"#
    );
    let mut value = json::parse(record.as_bytes()).unwrap();
    let read = record::read(Kind::Episode, &mut value, &record::Stamp::only(OWNER));
    Entry {
        memory: read.unwrap().memory,
        embedding: embedding([1.0, 2.0, 3.0, number as f32]),
    }
}

/// Writes nodes as the origin does.
pub(super) fn write_nodes(root: &Path, records: &str, vectors: &str, count: u64) {
    let (records, vectors) = (root.join(records), root.join(vectors));
    for path in [&records, &vectors] {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
    }
    let nodes = (0..count).map(|number| {
        format!(
            r#"{{"id": "m{number}", "conversation_id": "c1", "sequence_index": {number},
            "human_content": "node {number} version 1", "assistant_content": "a", "source": "anthropic",
            "created_at": "2024-01-15T10:30:00", "cluster_id": 4}}"#
        )
    });
    let nodes: Vec<String> = nodes.collect();
    fs::write(records, format!("[\n{}\n]\n", nodes.join(",\n"))).unwrap();
    let mut bytes = npy::header(count, DIMS);
    for number in 0..count {
        bytes.extend(
            numbers(number, 1)
                .iter()
                .flat_map(|number| number.to_le_bytes()),
        );
    }
    fs::write(vectors, bytes).unwrap();
}
