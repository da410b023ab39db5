//! Vectors and the one space that a scope's vectors are of.

use std::sync::Arc;

use tulving::backend::{BackendError, Draft, Entry, Filter, IfTaken, Request};
use tulving::model::{Embedding, Kind, Space};

use super::several_spaces::unknown;
use crate::fixture::Fixture;
use crate::memories::{Memories, node_key};
use crate::sample::{self, DIMS, plain, saying, turn, vector, with_vector};
use crate::scoring;

async fn space(memories: &Memories) -> Option<Arc<Space>> {
    memories.backend.space(memories.scope).await.expect("space")
}

/// Another model of the same width, and another width.
fn other_spaces() -> [Arc<Space>; 2] {
    [("another", DIMS), ("conformance", DIMS + 1)]
        .map(|(model, dims)| Arc::new(Space::local(model, dims)))
}

fn of(space: &Arc<Space>) -> Embedding {
    Embedding::new(Arc::clone(space), vec![1.0; space.dims]).expect("finite numbers")
}

/// Before the first vector a scope has no space, or the one it was made for; then it has the
/// vector's. Memories without vectors decide nothing.
pub async fn the_first_vector_names_the_space(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let before = space(&memories).await;
    assert!(
        before.is_none() || before == Some(sample::space()),
        "{before:?}"
    );
    memories.write([plain(turn("c", 0))]).await;
    assert_eq!(space(&memories).await, before);
    assert_eq!(memories.near(&[1.0]).await, [""; 0]);
    memories.write([with_vector(turn("c", 1), &[1.0])]).await;
    for memories in [memories, Memories::open(fixture).await] {
        assert_eq!(space(&memories).await, Some(sample::space()));
    }
}

/// A vector of another space is neither written nor compared, be it as wide; the error names both.
pub async fn vectors_of_another_space_are_refused(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let first = with_vector(saying("one", "first"), &[1.0]);
    memories.write([first.clone()]).await;
    for other in other_spaces() {
        let foreign = |id: &str| Entry {
            memory: sample::admitted(saying(id, "second")),
            embedding: Some(of(&other)),
        };
        let batch = vec![
            Draft::Whole(plain(saying("two", "second"))),
            Draft::Whole(foreign("three")),
        ];
        let refusals = [
            memories.insert(batch).await.err(),
            memories.replace(&first.memory, foreign("one")).await.err(),
            // Also where nothing would be written.
            memories
                .backend
                .insert_each(
                    memories.scope,
                    vec![Draft::Whole(foreign("one"))],
                    IfTaken::Keep,
                )
                .await
                .err(),
        ];
        for refusal in refusals {
            match refusal {
                Some(BackendError::WrongSpace { stored, given }) => {
                    assert_eq!((stored, given), (sample::space(), Arc::clone(&other)));
                }
                answer => panic!("a vector of {other:?}: {answer:?}"),
            }
        }
        assert_eq!(memories.all().await.len(), 1);
        memories.assert_holds(&first).await;
        assert_eq!(memories.with_words("second").await, [""; 0]);
        // A search finds by words what it is asked for, and says which space the vector should have been of.
        let request = Request {
            terms: scoring::asked("first"),
            ..Request::near(of(&other), 9, Filter::default())
        };
        let found = memories.search(&request).await;
        assert_eq!(found.space, Some(sample::space()));
        let found = &found.kinds[Kind::Node].candidates;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].vector, found[0].keyword.is_some()), (None, true));
    }
}

/// A batch that disagrees with itself is refused, and leaves no space behind.
pub async fn a_batch_of_two_spaces_is_refused_whole(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let before = space(&memories).await;
    for other in other_spaces() {
        let batch = vec![
            Draft::Whole(with_vector(turn("c", 0), &[1.0])),
            Draft::Whole(Entry {
                embedding: Some(of(&other)),
                ..plain(turn("c", 1))
            }),
        ];
        let refused = memories.insert(batch).await;
        assert!(
            matches!(refused, Err(BackendError::WrongSpace { .. })),
            "{refused:?}"
        );
        assert_eq!(memories.all().await, []);
        assert_eq!(space(&memories).await, before);
    }
}

/// A vector that is all zero, with whatever sign, is as good as none: it comes back as none, and
/// its memory is found by words.
pub async fn a_zero_vector_is_no_vector(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let before = space(&memories).await;
    let zero = with_vector(saying("zero", "nothing"), &[0.0, -0.0]);
    memories.write([zero.clone()]).await;
    assert_eq!(space(&memories).await, before, "it names no space");
    memories
        .write([with_vector(saying("one", "something"), &[1.0])])
        .await;
    let expected = Entry {
        embedding: None,
        ..zero.clone()
    };
    fixture.maintain().await;
    for memories in [memories.clone(), Memories::open(fixture).await] {
        memories.assert_holds(&expected).await;
        assert_eq!(memories.near(&[1.0]).await, ["one"]);
        assert_eq!(memories.near(&[-1.0]).await, ["one"]);
        assert_eq!(memories.near(&[]).await, [""; 0]);
        assert_eq!(memories.with_words("nothing").await, ["zero"]);
    }
    let old = sample::admitted(saying("one", "something"));
    memories
        .replace(&old, with_vector(saying("one", "now nothing"), &[]))
        .await
        .expect("replace");
    assert_eq!(memories.near(&[1.0]).await, [""; 0]);
    assert_eq!(
        memories.get(&node_key("one")).await.expect("one").embedding,
        None
    );
}

/// A vector that is all zero is of no space, whatever it says: it is written, is none, and decides nothing,
/// before the scope has a space and afterwards.
pub async fn a_zero_vector_is_of_no_space(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let stored = plain(saying("one", "said"));
    memories.write([stored.clone()]).await;
    for first in [None, Some(with_vector(saying("first", "said"), &[1.0]))] {
        let round = if first.is_none() { "early" } else { "late" };
        memories.write(first).await;
        let before = space(&memories).await;
        for other in other_spaces() {
            let zeros = Embedding::new(Arc::clone(&other), vec![0.0; other.dims]);
            let zeros = Some(zeros.expect("finite numbers"));
            let with_zeros = |entry: &Entry| Entry {
                embedding: zeros.clone(),
                ..entry.clone()
            };
            let new = plain(saying(&format!("{round} in {other}"), "said"));
            memories.write([with_zeros(&new)]).await;
            let replaced = memories.replace(&stored.memory, with_zeros(&stored));
            replaced.await.expect("replace");
            let (document, chunk) = (sample::document("d"), plain(sample::piece("d", 0)));
            let put = memories.put_document(&document, [with_zeros(&chunk)]);
            put.await.expect("put a document");
            for memories in [memories.clone(), Memories::open(fixture).await] {
                for entry in [&stored, &new, &chunk] {
                    memories.assert_holds(entry).await;
                }
                assert_eq!(space(&memories).await, before);
            }
        }
    }
}

/// What is found comes with the scope's space, or none where it has none, whatever is searched for.
pub async fn a_search_says_which_space_is_searched(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let near = Request::near(vector(&[1.0]), 9, Filter::default());
    let holding = Request::holding(scoring::terms("said"), 9, Filter::default());
    let foreign = Request::near(of(&other_spaces()[0]), 9, Filter::default());
    for node in [None, Some(plain(saying("one", "said")))] {
        memories.write(node).await;
        for request in [&near, &holding, &foreign] {
            let found = memories.search(request).await;
            assert_eq!(found.space, space(&memories).await);
        }
    }
    memories
        .write([with_vector(saying("two", "said"), &[1.0])])
        .await;
    for memories in [memories, Memories::open(fixture).await] {
        for request in [&near, &holding, &foreign] {
            assert_eq!(memories.search(request).await.space, Some(sample::space()));
        }
    }
}

/// The largest numbers, the smallest and a negative zero.
pub async fn vectors_come_back_to_the_bit(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let least = f32::from_bits(1);
    let entries = [
        with_vector(
            turn("c", 0),
            &[f32::MAX, f32::MIN, f32::MIN_POSITIVE, least, -least, -0.0],
        ),
        with_vector(turn("c", 1), &[least]),
        with_vector(turn("c", 2), &[0.1, 1.0 / 3.0, 16_777_217.0, 1e-30, -1e30]),
    ];
    memories.write(entries.clone()).await;
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            for entry in &entries {
                memories.assert_holds(entry).await;
            }
        }
        fixture.maintain().await;
    }
}

/// Vectors come and go by replacing.
pub async fn a_vector_can_be_added_and_taken_away(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let (without, with) = (plain(turn("c", 0)), with_vector(turn("c", 0), &[1.0]));
    memories
        .write([without.clone(), with_vector(turn("c", 1), &[0.0, 1.0])])
        .await;
    for (entry, found) in [
        (&with, &["c/0", "c/1"][..]),
        (&without, &["c/1"]),
        (&with, &["c/0", "c/1"]),
    ] {
        memories
            .replace(&without.memory, entry.clone())
            .await
            .expect("replace");
        fixture.maintain().await;
        for memories in [memories.clone(), Memories::open(fixture).await] {
            memories.assert_holds(entry).await;
            assert_eq!(memories.near(&[1.0]).await, found);
        }
    }
    assert_eq!(with.embedding, Some(vector(&[1.0])));
}

/// A scope without a space keeps none of whatever name, and the first that is added is its current one; where
/// there is one, what is added is a further one.
pub async fn a_space_that_is_added_first_is_the_current_one(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories.write([plain(saying("one", "said"))]).await;
    let (backend, scope) = (&memories.backend, memories.scope);
    let before = space(&memories).await;
    let [added, other] = other_spaces();
    let foreign = |space| Entry {
        embedding: Some(of(space)),
        ..plain(saying("one", "said"))
    };
    let put = backend.put_vectors(scope, vec![foreign(&added)]);
    unknown(put.await);
    unknown(backend.vectors(scope, &added, &[]).await);
    unknown(backend.lacking(scope, &added, None, 9).await);
    unknown(backend.cut_over(scope, &added).await);
    assert!(!memories.drop_space(&added).await);
    assert_eq!(space(&memories).await, before);
    memories.add_space(&added).await;
    let current = before.clone().unwrap_or_else(|| Arc::clone(&added));
    for memories in [memories.clone(), Memories::open(fixture).await] {
        assert_eq!(space(&memories).await.as_ref(), Some(&current));
        let kept = memories.kept().await;
        assert_eq!(kept.current.map(|kept| kept.space).as_ref(), Some(&current));
        let further: Vec<_> = kept.further.into_iter().map(|kept| kept.space).collect();
        assert_eq!(further.is_empty(), before.is_none());
        assert!(further.is_empty() || further == [Arc::clone(&added)]);
    }
    // It is searched and written to, without a vector having been there.
    let put = memories.put_vectors(vec![foreign(&added)]).await;
    assert_eq!(put, [node_key("one")]);
    memories.cut_over(&added).await;
    let near = Request::near(of(&added), 9, Filter::default());
    let found = memories.search(&near).await;
    assert_eq!(found.kinds[Kind::Node].candidates.len(), 1);
    let draft = Draft::Whole(Entry {
        embedding: Some(of(&other)),
        ..plain(saying("two", "said"))
    });
    match memories.insert(vec![draft]).await {
        Err(BackendError::WrongSpace { stored, given }) => {
            assert_eq!((stored, given), (added, other));
        }
        answer => panic!("{answer:?}"),
    }
}
