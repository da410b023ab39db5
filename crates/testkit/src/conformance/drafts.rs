//! Drafts: where they go, and whether they say what is there.

use tulving::backend::{BackendError, Draft, Entry, Filter, IfTaken, Inserted};
use tulving::model::{Chunk, Key, Memory, Node};

use crate::fixture::Fixture;
use crate::memories::{Memories, chunk_key, episode_key, node_key};
use crate::sample::{self, document, episode, piece, plain, saying, with_vector};

fn node_in(conversation: &str, id: &str, text: &str, index: i64) -> Entry {
    let mut node = saying(id, text);
    conversation.clone_into(&mut node.conversation_id);
    node.sequence_index = index;
    plain(node)
}

fn chunk_in(document: &str, id: &str, text: &str, index: i64) -> Entry {
    let mut chunk = sample::chunk(id);
    document.clone_into(&mut chunk.document_id);
    text.clone_into(&mut chunk.content);
    chunk.chunk_index = index;
    plain(chunk)
}

async fn position(memories: &Memories, key: &Key) -> (String, i64) {
    let entry = memories.get(key).await.expect("what was just written");
    let (container, index) = entry.memory.position().expect("it is part of something");
    (container.to_owned(), index)
}

fn assert_exists<T: std::fmt::Debug>(answer: Result<T, BackendError>, taken: &Key) {
    match answer {
        Err(BackendError::Exists { key }) => assert_eq!(key, *taken),
        other => panic!("writing {taken}, which is taken: {other:?}"),
    }
}

/// After the highest place that there can be comes no other: who goes to the end stands there too, in one
/// batch and afterwards, and an id that follows from that place can be taken.
pub async fn the_highest_place_stays_the_highest(fixture: &dyn Fixture) {
    const END: i64 = i64::MAX;
    let memories = Memories::open(fixture).await;
    let put = memories.put_document(&document("d"), []).await;
    put.expect("put a document");
    let last = [
        (
            node_in("c", "n", "last", END),
            chunk_in("d", "k", "last", END),
        ),
        (
            node_in("c", "open", "next", 5),
            chunk_in("d", "open", "next", 5),
        ),
        (
            node_in("c", "m", "named", 5),
            chunk_in("d", "l", "named", 5),
        ),
    ];
    let [whole, next, named] = last;
    let ids = [
        [
            node_key("n"),
            node_key(&Node::id_for("c", END, "next")),
            node_key("m"),
        ],
        [
            chunk_key("k"),
            chunk_key(&Chunk::id_for("d", END, "next")),
            chunk_key("l"),
        ],
    ];
    let of_nodes = [whole.0, next.0.clone(), named.0];
    let of_chunks = [whole.1, next.1.clone(), named.1];
    for ([whole, next, named], (keys, container)) in [of_nodes, of_chunks]
        .into_iter()
        .zip(ids.into_iter().zip(["c", "d"]))
    {
        let batch = vec![Draft::Whole(whole), Draft::Next(next.clone())];
        assert_eq!(memories.insert(batch).await.expect("insert"), keys[..2]);
        fixture.maintain().await;
        let memories = Memories::open(fixture).await;
        let batch = vec![Draft::NextNamed(named)];
        assert_eq!(memories.insert(batch).await.expect("insert"), keys[2..]);
        for key in &keys {
            assert_eq!(position(&memories, key).await, (container.to_owned(), END));
        }
        assert_exists(memories.insert(vec![Draft::Next(next)]).await, &keys[1]);
    }
    assert_eq!(memories.count(&Filter::default()).await.total(), 6);
}

/// An episode has no place, so it is written as it stands, and its id can be taken.
pub async fn an_episode_that_keeps_its_id_is_written_as_it_stands(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let whole = with_vector(episode("whole"), &[1.0]);
    let drafts = vec![Draft::NextNamed(whole.clone())];
    let keys = memories.insert(drafts.clone()).await;
    assert_eq!(keys.expect("insert"), [episode_key("whole")]);
    memories.assert_holds(&whole).await;
    assert_exists(memories.insert(drafts).await, &episode_key("whole"));
}

/// A chunk that keeps its id goes to the end of its document, among those that do not.
pub async fn a_named_chunk_goes_to_the_end_of_its_document(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    // What is called alike and is no document, or another one, moves no end.
    memories
        .write([
            plain(piece("d", 4)),
            plain(piece("e", 8)),
            node_in("d", "n", "said", 9),
        ])
        .await;
    let batch = vec![
        Draft::NextNamed(chunk_in("d", "x", "named", 999)),
        Draft::Next(chunk_in("d", "open", "next", 999)),
        Draft::NextNamed(chunk_in("d", "y", "named", 0)),
    ];
    let keys = memories.insert(batch).await.expect("insert");
    assert_eq!((&keys[0], &keys[2]), (&chunk_key("x"), &chunk_key("y")));
    for memories in [memories.clone(), Memories::open(fixture).await] {
        for (key, index) in keys.iter().zip(5..) {
            assert_eq!(position(&memories, key).await, ("d".to_owned(), index));
        }
    }
}

/// A draft whose vector is all zero says nothing of the vector; one that goes to the end of another
/// conversation does not say the same.
pub async fn what_a_draft_leaves_open_makes_no_difference(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let stored = [
        with_vector(saying("one", "said"), &[1.0]),
        plain(saying("two", "said")),
    ];
    memories.write(stored).await;
    for id in ["one", "two"] {
        let zero = with_vector(saying(id, "said"), &[0.0, -0.0]);
        for (draft, expected) in [
            (Draft::Whole(zero.clone()), true),
            (Draft::NextNamed(zero), true),
            (Draft::NextNamed(node_in("c", id, "said", 77)), true),
            (Draft::NextNamed(node_in("elsewhere", id, "said", 0)), false),
        ] {
            let inserted = memories.keep(vec![draft.clone()]).await;
            let there = Inserted::There {
                key: node_key(id),
                is_same: expected,
            };
            assert_eq!(inserted, [there], "{draft:?}");
        }
    }
    assert_eq!(memories.all().await.len(), 2);
}

/// A chunk that is not written, because its id is taken, needs no document; one that is to be written does,
/// and without it nothing is.
pub async fn a_chunk_that_is_kept_needs_no_document(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let stored = chunk_in("d", "k", "said", 0);
    memories.write([stored.clone()]).await;
    let stray = |id: &str| Draft::Whole(chunk_in("nowhere", id, "said", 0));
    let there = Inserted::There {
        key: chunk_key("k"),
        is_same: false,
    };
    assert_eq!(memories.keep(vec![stray("k")]).await, [there]);
    let drafts = vec![
        Draft::Whole(node_in("c", "n", "said", 0)),
        stray("k"),
        stray("new"),
    ];
    let kept = memories
        .backend
        .insert_each(memories.scope, drafts, IfTaken::Keep);
    match kept.await {
        Err(BackendError::NoSuchDocument { id }) => assert_eq!(id, "nowhere"),
        other => panic!("{other:?}"),
    }
    memories.assert_holds(&stored).await;
    let all: Vec<Key> = memories.all().await.iter().map(Memory::key).collect();
    assert_eq!(all, [chunk_key("k")]);
}
