//! What is written is what is read, and what was not to change did not.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::sync::Arc;

use testkit::sample;
use testkit::strict::StrictBackend;
use tulving::embed::{Builtin, Embedder as _};
use tulving::model::{Memory, Node, Timestamp};
use tulving::store::{Change, NewNode, Query, ScopedStore, Store, StoreError};

fn empty() -> ScopedStore {
    let owner = sample::user(1);
    let backend = Arc::new(StrictBackend::new([owner]));
    Store::new(backend, Arc::new(Builtin::new())).scope(owner)
}

async fn node(memory: &ScopedStore, id: &str) -> Node {
    match memory.get(id).await.unwrap().memory {
        Memory::Node(node) => node,
        _ => panic!("a node"),
    }
}

/// A vector that the embedder does not make of any text here.
fn odd() -> Vec<f32> {
    let mut odd = vec![0.0; Builtin::new().space().dims];
    odd[0] = 1.0;
    odd
}

#[tokio::test]
async fn a_new_node_is_what_was_said() {
    let memory = empty();
    let before = Timestamp::now();
    let mut told = NewNode::new("How?", "```rust\nfn main() {}\n```");
    told.tags = Some(sample::json(r#"{"topics":["rust"]}"#));
    told.created_at = Some(sample::at(3));
    let plain = NewNode::new("Call `main`?", "");
    let ids = memory.add(vec![told, plain]).await.unwrap().ids;
    let (told, plain) = (node(&memory, &ids[0]).await, node(&memory, &ids[1]).await);
    assert_eq!(told.tags, sample::json(r#"{"topics":["rust"]}"#));
    assert_eq!(told.created_at, sample::at(3));
    assert!(told.has_code && !plain.has_code);
    assert!(plain.created_at >= before);
    assert_ne!(told.conversation_id, plain.conversation_id);
}

#[tokio::test]
async fn a_vector_that_was_given_stays_until_the_text_changes_or_another_is_given() {
    let memory = empty();
    let given = vec![(sample::node("a").into(), Some(odd()))];
    memory.insert(given).await.unwrap();
    let found = memory.search(&Query::text("answer")).await.unwrap();
    assert_eq!(found.words_only, None, "a vector as wide as the embedder's");
    let vector = |entry: tulving::backend::Entry| entry.embedding.unwrap().numbers().to_vec();
    let change = Change {
        source: Some("chat".to_owned()),
        tags: Some(sample::json(r#"{"topics":["x"]}"#)),
        ..Change::default()
    };
    memory.update("a", &change).await.unwrap();
    assert_eq!(vector(memory.get("a").await.unwrap()), odd());
    let tags = node(&memory, "a").await.tags;
    assert_eq!(tags, sample::json(r#"{"topics":["x"]}"#));

    let mut other = odd();
    other.reverse();
    let change = Change {
        embedding: Some(other.clone()),
        ..Change::default()
    };
    memory.update("a", &change).await.unwrap();
    assert_eq!(vector(memory.get("a").await.unwrap()), other);
}

#[tokio::test]
async fn an_id_names_a_node_else_an_episode() {
    let memory = empty();
    let both = [
        (Memory::from(sample::episode("x")), None),
        (Memory::from(sample::node("x")), None),
        (Memory::from(sample::episode("e")), None),
    ];
    memory.insert(both.into()).await.unwrap();
    node(&memory, "x").await;
    let change = Change {
        title: Some("Another title".to_owned()),
        ..Change::default()
    };
    memory.update("e", &change).await.unwrap();
    let Memory::Episode(episode) = memory.get("e").await.unwrap().memory else {
        panic!("an episode")
    };
    assert_eq!(episode.title, "Another title");
}

#[tokio::test]
async fn an_episode_has_no_question_no_answer_and_no_tags() {
    let memory = empty();
    let episode = vec![(Memory::from(sample::episode("e")), None)];
    memory.insert(episode).await.unwrap();
    let text = Some("text".to_owned());
    let (question, answer, tags) = (text.clone(), text, Some(sample::json("{}")));
    let none = Change::default;
    for (change, name) in [
        (Change { question, ..none() }, "question"),
        (Change { answer, ..none() }, "answer"),
        (Change { tags, ..none() }, "tags"),
    ] {
        let refused = memory.update("e", &change).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::NoSuchField { field, .. } if field == name),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn of_several_who_change_what_they_have_read_one_does() {
    let memory = empty();
    let told = NewNode::new("Who was first?", "nobody");
    let id = memory.add(vec![told]).await.unwrap().ids.remove(0);
    let mut changes = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (memory, id) = (memory.clone(), id.clone());
        changes.spawn(async move {
            let change = Change {
                answer: Some(format!("number {number}")),
                ..Change::default()
            };
            let is_as_read = |memory: &Memory| match memory {
                Memory::Node(node) => node.assistant_content == "nobody",
                _ => false,
            };
            memory.update_if(&id, &change, is_as_read).await.unwrap()
        });
    }
    let changed = changes.join_all().await.into_iter().flatten();
    assert_eq!(changed.count(), 1);
    assert!(
        node(&memory, &id)
            .await
            .assistant_content
            .starts_with("number ")
    );
    let gone = memory.update_if("none", &Change::default(), |_| true).await;
    assert!(matches!(gone, Err(StoreError::NoSuchMemory { .. })));
}
