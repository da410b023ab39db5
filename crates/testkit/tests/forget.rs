//! The course of a forgetting, over a backend that keeps what is gone until it is purged.

#![expect(clippy::expect_used, reason = "helpers of tests fail like tests")]

use std::sync::Arc;
use std::task::Poll;

use testkit::sample;
use testkit::strict::StrictBackend;
use tulving::backend::{BackendError, Filter};
use tulving::embed::Builtin;
use tulving::model::{Chunk, Document, Kind};
use tulving::store::{
    Certificate, IfThere, NewChunk, NewDocument, NewMemory, NewNode, ScopedStore, Selection, Store,
    StoreError,
};

const CANARY: &str = "Does the canary sing in its cage before the sun is up?";

fn empty() -> ScopedStore {
    let owner = sample::user(1);
    let backend = Arc::new(StrictBackend::new([owner]));
    Store::new(backend, Arc::new(Builtin::new())).scope(owner)
}

async fn add(memory: &ScopedStore, id: &str, question: &str) -> Result<(), StoreError> {
    let node = NewNode {
        id: Some(id.to_owned()),
        ..NewNode::new(question, "It does.")
    };
    let new = vec![NewMemory::Node(node)];
    memory.remember(new, IfThere::Refuse).await.map(drop)
}

async fn left(memory: &ScopedStore) -> u64 {
    let counts = memory.count(&Filter::default()).await;
    counts.expect("count").total()
}

async fn forget(memory: &ScopedStore, selection: Selection) -> Certificate {
    let forgetting = memory.forget(selection).await.expect("count");
    let certificate = forgetting.run(&mut |_| ()).await;
    certificate.expect("forget")
}

#[tokio::test]
async fn an_empty_list_names_nothing() {
    let memory = empty();
    add(&memory, "canary/1", CANARY).await.unwrap();
    for selection in [Selection::Documents(vec![]), Selection::Ids(vec![])] {
        let forgetting = memory.forget(selection.clone()).await.unwrap();
        assert_eq!(forgetting.counts().total(), 0, "{selection:?}");
        let certificate = forgetting.run(&mut |_| ()).await.unwrap();
        assert_eq!(certificate.forgotten.total(), 0, "{selection:?}");
    }
    assert_eq!(left(&memory).await, 1);
}

#[tokio::test]
async fn what_came_after_it_was_counted_is_not_erased() {
    let memory = empty();
    add(&memory, "canary/1", CANARY).await.unwrap();
    let forgetting = memory.forget(Selection::Everything).await.unwrap();
    add(&memory, "canary/2", CANARY).await.unwrap();
    let refused = forgetting.run(&mut |_| ()).await;
    assert!(matches!(refused, Err(StoreError::Grown)), "{refused:?}");
    assert_eq!(left(&memory).await, 2);
    assert!(memory.forgotten().await.unwrap().tombstones.is_empty());
    // Who has counted anew may.
    let certificate = forget(&memory, Selection::Everything).await;
    assert_eq!(certificate.forgotten.total(), 2);
}

#[tokio::test]
async fn one_that_was_interrupted_is_looked_for_and_counted_by_the_next() {
    let memory = empty();
    for id in ["canary/0001", "canary/0002"] {
        add(&memory, id, CANARY).await.unwrap();
    }
    let ids = |id: &str| Selection::Ids(vec![id.to_owned()]);
    let forgetting = memory.forget(ids("canary/0001")).await.unwrap();
    let proof = forgetting.prove(&mut |_| ()).await.unwrap();
    let first = proof.certificate().clone();
    drop(proof);
    // Nobody closed it. Another that is named then finishes both.
    let forgetting = memory.forget(ids("canary/0002")).await.unwrap();
    assert_eq!(forgetting.unfinished(), Some((first.id, 1)));
    let whole = forgetting.run(&mut |_| ()).await.unwrap();
    assert_eq!((whole.id, whole.forgotten.total()), (first.id, 2));
    assert_eq!(
        (whole.searched.ids, whole.started_at),
        (2, first.started_at)
    );
    assert!(whole.absent);
    // From then on it is another; what is named is looked for all the same.
    let again = forget(&memory, ids("canary/0002")).await;
    assert_ne!(again.id, first.id);
    assert_eq!((again.forgotten.total(), again.searched.ids), (0, 1));
}

#[tokio::test]
async fn what_came_back_is_not_erased_by_who_finishes_what_was_interrupted() {
    let memory = empty();
    for id in ["canary/0001", "canary/0002"] {
        add(&memory, id, CANARY).await.unwrap();
    }
    let id = memory
        .put_document(manual("/manuals/a.md"))
        .await
        .unwrap()
        .id;
    for selection in [
        Selection::Ids(vec!["canary/0001".to_owned()]),
        Selection::Documents(vec![id.clone()]),
    ] {
        let forgetting = memory.forget(selection).await.unwrap();
        drop(forgetting.prove(&mut |_| ()).await.unwrap());
    }
    let restoring = memory.clone().restoring();
    add(&restoring, "canary/0001", CANARY).await.unwrap();
    restoring
        .put_document(manual("/manuals/a.md"))
        .await
        .unwrap();
    let certificate = forget(&memory, Selection::Ids(vec!["canary/0002".to_owned()])).await;
    assert_eq!(certificate.forgotten.total(), 1);
    assert!(certificate.absent, "{certificate:?}");
    assert_eq!(left(&memory).await, 3);
    assert_eq!(chunks(&memory, &id).await.len(), 2);
}

/// A place that was forgotten is spoken at anew: whoever finishes the forgetting leaves that.
#[tokio::test]
async fn what_is_said_anew_at_a_forgotten_place_is_not_erased_by_who_finishes() {
    let memory = empty();
    let say = async |question: &str| {
        let node = NewNode {
            conversation_id: Some("cage".to_owned()),
            ..NewNode::new(question, "It does.")
        };
        let new = vec![NewMemory::Node(node)];
        let said = memory.remember(new, IfThere::Refuse).await;
        said.expect("remember").ids.remove(0)
    };
    let first = say(CANARY).await;
    let forgetting = memory.forget(Selection::Everything).await.unwrap();
    drop(forgetting.prove(&mut |_| ()).await.unwrap());
    let again = say(CANARY).await;
    assert_eq!(again, first, "an id follows from a place");
    add(&memory, "canary/0002", CANARY).await.unwrap();
    let forgetting = memory.forget(Selection::Ids(vec!["canary/0002".to_owned()]));
    let forgetting = forgetting.await.unwrap();
    assert_eq!(forgetting.unfinished().unwrap().1, 0);
    let certificate = forgetting.run(&mut |_| ()).await.unwrap();
    assert_eq!(certificate.forgotten.total(), 1);
    assert_eq!(memory.get(&again).await.unwrap().memory.id(), again);
}

/// Dropped at whichever wait, a forgetting is finished by the next, or did not begin.
#[tokio::test]
async fn one_that_is_dropped_anywhere_is_finished_by_the_next_or_did_not_begin() {
    for waits in 1.. {
        let memory = empty();
        for id in ["canary/0001", "canary/0002"] {
            add(&memory, id, CANARY).await.unwrap();
        }
        let ids = |id: &str| Selection::Ids(vec![id.to_owned()]);
        let forgetting = memory.forget(ids("canary/0001")).await.unwrap();
        let mut told = |_| ();
        let mut proving = Box::pin(forgetting.prove(&mut told));
        let mut left_to_wait = waits;
        let ended = std::future::poll_fn(|cx| match proving.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left_to_wait == 0 => Poll::Ready(false),
            Poll::Pending => {
                left_to_wait -= 1;
                Poll::Pending
            }
        });
        let ended = ended.await;
        drop(proving);
        let next = memory.forget(ids("canary/0002")).await.unwrap();
        let finishes = next.unfinished().is_some();
        let certificate = next.run(&mut |_| ()).await.unwrap();
        assert!(certificate.absent, "dropped after {waits} waits");
        let first = memory.get("canary/0001").await;
        assert_eq!(first.is_err(), finishes, "dropped after {waits} waits");
        assert_eq!(
            certificate.forgotten.total(),
            1 + u64::from(finishes),
            "dropped after {waits} waits"
        );
        if ended {
            assert!(finishes && waits > 10, "{waits}");
            return;
        }
    }
}

#[tokio::test]
async fn a_tombstone_stays_where_what_was_to_come_back_was_not_written() {
    let memory = empty();
    add(&memory, "canary/1", CANARY).await.unwrap();
    forget(&memory, Selection::Ids(vec!["canary/1".to_owned()])).await;
    let restoring = memory.clone().restoring();
    // The second is refused, and with it the first.
    add(&memory, "canary/2", CANARY).await.unwrap();
    let nodes = [("canary/1", CANARY), ("canary/2", "Another question?")];
    let nodes = nodes.map(|(id, question)| {
        NewMemory::Node(NewNode {
            id: Some(id.to_owned()),
            ..NewNode::new(question, "It does.")
        })
    });
    let refused = restoring.remember(nodes.into(), IfThere::Refuse).await;
    assert!(matches!(refused, Err(StoreError::Differs { .. })));
    let refused = add(&memory, "canary/1", CANARY).await;
    assert!(matches!(refused, Err(StoreError::Forgotten { .. })));
    add(&restoring, "canary/1", CANARY).await.unwrap();
    assert!(memory.forgotten().await.unwrap().tombstones.is_empty());
}

/// A document of two pieces, about birds.
fn manual(path: &str) -> NewDocument {
    let piece = |content: &str| NewChunk {
        content: content.to_owned(),
        ..NewChunk::default()
    };
    NewDocument {
        path: path.to_owned(),
        title: "Birds".to_owned(),
        chunks: vec![
            piece("Feed the canary before the sun is up."),
            piece("Cover the cage of the canary at night."),
        ],
        ..NewDocument::default()
    }
}

async fn chunks(memory: &ScopedStore, document: &str) -> Vec<Chunk> {
    let chunks = memory.chunks_of(document).await;
    chunks.expect("chunks")
}

#[tokio::test]
async fn a_document_of_which_no_chunk_stays_goes_too() {
    let memory = empty();
    for path in ["/manuals/a.md", "/manuals/b.md", "/manuals/c.md"] {
        memory.put_document(manual(path)).await.unwrap();
    }
    let [a, b, c] = ["/manuals/a.md", "/manuals/b.md", "/manuals/c.md"].map(Document::id_for);
    let first = |chunks: Vec<Chunk>| chunks.first().map(|chunk| chunk.id.clone()).unwrap();
    // One of two: the document stays with the other.
    let one = first(chunks(&memory, &a).await);
    let certificate = forget(&memory, Selection::Ids(vec![one])).await;
    assert_eq!(
        (
            certificate.forgotten.total(),
            certificate.forgotten_documents
        ),
        (1, 0)
    );
    assert_eq!(chunks(&memory, &a).await.len(), 1);
    let other = first(chunks(&memory, &a).await);
    let certificate = forget(&memory, Selection::Ids(vec![other])).await;
    assert_eq!(
        (
            certificate.forgotten.total(),
            certificate.forgotten_documents
        ),
        (1, 1)
    );
    assert_eq!(memory.document(&a).await.unwrap(), None);
    // By a filter: what is told before is what goes.
    let filter = Filter {
        conversations: vec![b.clone()],
        ..Filter::of(Kind::Chunk)
    };
    let forgetting = memory.forget(Selection::Passing(filter)).await.unwrap();
    assert_eq!(
        (forgetting.counts().total(), forgetting.documents()),
        (2, 1)
    );
    let certificate = forgetting.run(&mut |_| ()).await.unwrap();
    assert!(certificate.absent && certificate.forgotten_documents == 1);
    let left = memory.all_documents().await.unwrap();
    assert_eq!(left.iter().map(|it| &it.id).collect::<Vec<_>>(), [&c]);
}

#[tokio::test]
async fn a_forgotten_document_comes_back_only_if_that_is_asked_for() {
    let memory = empty();
    let id = memory
        .put_document(manual("/manuals/a.md"))
        .await
        .unwrap()
        .id;
    forget(&memory, Selection::Documents(vec![id.clone()])).await;
    let refused = memory.put_document(manual("/manuals/a.md")).await;
    assert!(
        matches!(refused, Err(StoreError::Forgotten { .. })),
        "{refused:?}"
    );
    let restoring = memory.clone().restoring();
    restoring
        .put_document(manual("/manuals/a.md"))
        .await
        .unwrap();
    assert!(memory.forgotten().await.unwrap().tombstones.is_empty());
    // From then on it is one as any other.
    memory.put_document(manual("/manuals/a.md")).await.unwrap();
    assert_eq!(chunks(&memory, &id).await.len(), 2);
    // One chunk that was forgotten keeps out the document that brings it again.
    let chunk = chunks(&memory, &id).await[0].id.clone();
    forget(&memory, Selection::Ids(vec![chunk])).await;
    let refused = memory.put_document(manual("/manuals/a.md")).await;
    assert!(
        matches!(refused, Err(StoreError::Forgotten { .. })),
        "{refused:?}"
    );
    assert_eq!(chunks(&memory, &id).await.len(), 1);
}

#[tokio::test]
async fn tombstones_are_set_again_where_the_backend_refuses_what_was_to_come_back() {
    let memory = empty();
    let id = memory
        .put_document(manual("/manuals/a.md"))
        .await
        .unwrap()
        .id;
    let chunk = chunks(&memory, &id).await[0].clone();
    forget(&memory, Selection::Documents(vec![id])).await;
    let before = memory.forgotten().await.unwrap();
    // Its document is not there.
    let restoring = memory.clone().restoring();
    let refused = restoring.insert(vec![(chunk.into(), None)]).await;
    assert!(
        matches!(
            refused,
            Err(StoreError::Backend(BackendError::NoSuchDocument { .. }))
        ),
        "{refused:?}"
    );
    assert_eq!(memory.forgotten().await.unwrap(), before);
}
