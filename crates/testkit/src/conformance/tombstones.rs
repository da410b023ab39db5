//! Tombstones: what was forgotten does not come back, and what is there stays as it is.

use tulving::backend::{BackendError, Draft, Filter, IfTaken, LiveChange};
use tulving::model::{Key, Kind};

use super::purging::canary;
use super::several_spaces::{beside, embedded_in};
use crate::fixture::{Fixture, Other};
use crate::memories::{ALL, Memories, chunk_key, episode_key, node_key};
use crate::sample::{document, episode, piece, plain, saying, turn};

/// Tombstones are there for everybody and for good, until they are taken away; erasing a scope leaves them.
pub async fn tombstones_stay_until_they_are_taken_away(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let keys = [node_key("one"), episode_key("two")];
    let documents = ["manual".to_owned()];
    memories.write([canary(1)]).await;
    assert!(memories.forgotten().await.tombstones.is_empty());
    memories.bury(&keys, &documents).await;
    memories.bury(&keys[..1], &[]).await;
    for round in 0..3 {
        for memories in [&memories, &Memories::open(fixture).await] {
            let found = memories.forgotten().await;
            assert_eq!(found.tombstones.len(), 3);
            assert!(keys.iter().all(|key| found.holds(key)) && found.holds_document("manual"));
            assert!(!found.holds(&Key::new(Kind::Episode, "one")) && !found.holds_document("one"));
        }
        match round {
            0 => memories.purge().await,
            _ => drop(memories.erase().await),
        }
        fixture.maintain().await;
    }
    memories.exhume(&keys[..1], &documents).await;
    // What has none is passed over.
    let none = ["nothing of this name".to_owned()];
    memories
        .exhume(&[keys[0].clone(), node_key("three")], &none)
        .await;
    let found = memories.forgotten().await;
    assert!(!found.holds(&keys[0]) && found.holds(&keys[1]) && !found.holds_document("manual"));
    assert_eq!(found.tombstones.len(), 1);
    if let Other::Kept(scope) = fixture.other() {
        let theirs = Memories {
            scope,
            ..memories.clone()
        };
        assert!(theirs.forgotten().await.tombstones.is_empty());
        // The same key has another tombstone there.
        theirs.bury(&keys, &[]).await;
        let others = theirs.forgotten().await;
        assert!(others.holds(&keys[1]) && others.holds(&keys[0]));
        assert!(others.tombstones.is_disjoint(&found.tombstones));
        theirs.exhume(&keys, &[]).await;
        assert!(theirs.forgotten().await.tombstones.is_empty());
    }
}

/// What is there when its tombstone is set is read, found and changed as before; new under its id is nothing.
pub async fn a_tombstone_changes_nothing_that_is_there(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let (first, second, manual) = (canary(1), canary(2), document("manual"));
    let chunk = plain(piece("manual", 0));
    memories.write([first.clone(), second.clone()]).await;
    memories.add_space(&beside()).await;
    let put = memories.put_document(&manual, [chunk.clone()]).await;
    put.expect("put");
    let keys = [&first, &second, &chunk].map(|entry| entry.memory.key());
    memories.bury(&keys, &["manual".to_owned()]).await;
    fixture.maintain().await;
    for memories in [&memories, &Memories::open(fixture).await] {
        for entry in [&first, &second, &chunk] {
            memories.assert_holds(entry).await;
        }
        assert_eq!(memories.document("manual").await.as_ref(), Some(&manual));
        assert_eq!(memories.list_documents(None, ALL).await.len(), 1);
        assert_eq!(memories.ids(&Filter::default()).await.len(), 3);
        assert_eq!(memories.count(&Filter::default()).await.total(), 3);
        assert_eq!(memories.clusters().await.len(), 2);
        assert_eq!(memories.with_words("0002").await, ["canary/0002"]);
        assert_eq!(memories.near(&[1.0]).await, ["canary/0001", "canary/0002"]);
        assert_eq!(memories.lacking(&beside(), 9).await.len(), 3);
    }
    assert_eq!(memories.touch(&keys, 3).await, 3);
    let used = |key: &Key| LiveChange::Usage(key.clone(), 7, None);
    let changed = memories.update_live(keys.iter().map(used).collect());
    assert_eq!(changed.await, 3);
    let mut other = turn("cage", 9);
    other.id = "canary/0001".to_owned();
    other.human_content = "It has been a parrot all the time".to_owned();
    let other = plain(other);
    let replaced = memories.replace(&first.memory, other.clone()).await;
    replaced.expect("replace");
    let vectors = [&other, &second, &chunk].map(|entry| embedded_in(&beside(), &entry.memory));
    let mut written = keys.to_vec();
    written.sort();
    assert_eq!(memories.put_vectors(vectors.into()).await, written);
    assert_eq!(memories.with_words("parrot").await, ["canary/0001"]);
    // With all that, nothing comes in under these ids.
    let again = memories.put_document(&manual, [chunk.clone()]).await;
    let more = memories.insert(vec![Draft::Whole(plain(piece("manual", 1)))]);
    let drafts = vec![Draft::Whole(other)];
    let kept = (memories.backend).insert_each(memories.scope, drafts, IfTaken::Keep);
    for refused in [again, more.await.map(drop), kept.await.map(drop)] {
        assert!(
            matches!(refused, Err(BackendError::Forgotten { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(memories.count(&Filter::default()).await.total(), 3);
    let mut gone = memories.delete(&keys[..2]).await;
    gone.sort();
    assert_eq!(gone, keys[..2]);
    assert_eq!(memories.remove_documents(&["manual"]).await, ["manual"]);
    assert_eq!(memories.all().await, []);
}

/// What has a tombstone is not written, whichever way it comes, and nothing with it; until the tombstone is taken
/// away.
pub async fn what_has_a_tombstone_is_not_written(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let scope = memories.scope;
    let put = memories.put_document(&document("handbook"), []).await;
    put.expect("put");
    let buried = [
        node_key("parrot"),
        episode_key("aviary"),
        chunk_key("handbook/1"),
    ];
    let documents = ["manual".to_owned()];
    memories.bury(&buried, &documents).await;
    let refused = |written: Result<(), BackendError>, id: &str| match written {
        Err(BackendError::Forgotten { id: found }) => assert_eq!(found, id),
        other => panic!("{id}: {other:?}"),
    };
    let node = || Draft::Whole(plain(saying("parrot", "Polly wants a cracker")));
    let aside = || Draft::Whole(plain(saying("budgie", "A budgie has no tombstone")));
    let chunk = |document: &str, index| Draft::Whole(plain(piece(document, index)));
    for memories in [&memories, &Memories::open(fixture).await] {
        for (draft, id) in [
            (node(), "parrot"),
            (Draft::NextNamed(node().entry().clone()), "parrot"),
            (Draft::Whole(plain(episode("aviary"))), "aviary"),
            (chunk("handbook", 1), "handbook/1"),
            // The document of a chunk, too.
            (chunk("manual", 0), "manual"),
        ] {
            for if_taken in [IfTaken::Refuse, IfTaken::Keep] {
                let drafts = vec![aside(), draft.clone()];
                let inserted = memories.backend.insert_each(scope, drafts, if_taken).await;
                refused(inserted.map(drop), id);
            }
        }
        let manual = memories.put_document(&document("manual"), []).await;
        refused(manual, "manual");
        let pieces = [0, 1].map(|index| plain(piece("handbook", index)));
        let handbook = memories.put_document(&document("handbook"), pieces).await;
        refused(handbook, "handbook/1");
    }
    assert_eq!(memories.count(&Filter::default()).await.total(), 0);
    assert_eq!(memories.document("manual").await, None);
    // The same id of another kind is another memory's.
    let other = vec![Draft::Whole(plain(episode("parrot")))];
    memories.insert(other).await.expect("insert");
    memories.exhume(&buried, &documents).await;
    let manual = memories.put_document(&document("manual"), []).await;
    manual.expect("put");
    let drafts = vec![aside(), node(), chunk("handbook", 1), chunk("manual", 0)];
    memories.insert(drafts).await.expect("insert");
    assert_eq!(memories.count(&Filter::default()).await.total(), 5);
}

/// An id that follows from a place is nobody's: a conversation goes on, though its last turn was forgotten, and what
/// is said there has no tombstone that would keep it out of a move. Others stay.
pub async fn the_place_of_a_forgotten_memory_is_free(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let next = || vec![Draft::Next(plain(turn("cage", 0)))];
    let mut keys = memories.insert(next()).await.expect("insert");
    memories.delete(&keys).await;
    let scope = memories.scope;
    let others = [node_key("parrot"), episode_key(&keys[0].id)];
    for buried in [&keys[..], &others] {
        let buried = memories.backend.bury(scope, buried, &[]).await;
        buried.expect("bury");
    }
    let both = [next(), vec![Draft::Next(plain(episode("aviary")))]].concat();
    keys.push(episode_key("aviary"));
    assert_eq!(memories.insert(both).await.expect("insert"), keys);
    for memories in [&memories, &Memories::open(fixture).await] {
        let found = memories.backend.forgotten(scope).await.expect("forgotten");
        assert!(!found.holds(&keys[0]), "what was said anew is forgotten");
        assert!(others.iter().all(|key| found.holds(key)));
    }
    // From then on it is one as any other.
    let again = vec![Draft::Whole(plain(turn("cage", 0)))];
    let again = memories
        .backend
        .insert_each(scope, again, IfTaken::Keep)
        .await;
    again.expect("what is there stays");
}

/// A tombstone and a write of the same memory come one after the other: once it is set, nobody adds what was not
/// there by then.
pub async fn nothing_comes_in_behind_a_tombstone(fixture: &dyn Fixture) {
    let (memories, others) = (Memories::open(fixture).await, Memories::open(fixture).await);
    let mut refused = 0;
    for round in 0..ROUNDS {
        let id = format!("sparrow/{round}");
        let (key, entry) = (node_key(&id), plain(saying(&id, "It comes back each year")));
        let burying = async {
            memories.bury(std::slice::from_ref(&key), &[]).await;
            memories.get(&key).await
        };
        let (seen, written) =
            tokio::join!(burying, others.insert(vec![Draft::Whole(entry.clone())]));
        match written {
            Ok(_) => assert!(seen.is_some(), "{id} came in behind its tombstone"),
            Err(BackendError::Forgotten { .. }) => refused += 1,
            Err(error) => panic!("{id}: {error}"),
        }
        assert_eq!(memories.get(&key).await, seen);
    }
    let left = memories.count(&Filter::default()).await.total();
    assert_eq!(left + refused, ROUNDS);
}

/// How often a tombstone is set while its memory is written.
const ROUNDS: u64 = 24;
