//! Purging: what is gone stands in no raw row or file, and tombstones remember that it was there.

use std::collections::BTreeSet;
use std::sync::Arc;

use tulving::backend::{BackendError, Draft, Entry, Filter, IfTaken, Needles};
use tulving::json;
use tulving::model::{Key, Kind, Memory, Space};

use super::isolation::{assert_theirs_untouched, both};
use crate::fixture::{Fixture, Other};
use crate::memories::{Memories, chunk_key, episode_key, node_key};
use crate::sample::{self, document, episode, piece, plain, record_of, saying, turn, with_vector};

/// Needles for the id and the texts of a memory.
fn needles_of(entry: &Entry) -> Arc<Needles> {
    let mut needles = Needles::default();
    needles.add_id(entry.memory.id());
    let record = record_of(&entry.memory);
    needles.add_texts(&json::parse(record.as_bytes()).expect("a record is JSON"));
    Arc::new(needles)
}

/// Returns how many needles stand anywhere.
async fn standing(memories: &Memories, needles: &Arc<Needles>) -> usize {
    let scan = memories.backend.scan(memories.scope, needles).await;
    let scan = scan.expect("scan");
    assert_eq!(scan.unread, [""; 0]);
    let found = scan.places.iter().flat_map(|place| &place.found);
    found.collect::<BTreeSet<_>>().len()
}

async fn purge(memories: &Memories) {
    let purged = memories.backend.purge(memories.scope, &Kind::ALL).await;
    purged.expect("purge");
}

/// A node that says its number in a sentence of its own.
fn canary(number: u64) -> Entry {
    let mut node = turn("cage", number.cast_signed());
    node.id = format!("canary/{number:04}");
    node.human_content = format!("Does the \"canary\" no. {number:04} sing, or not?");
    node.assistant_content =
        format!("カナリア {number:04} 号は朝から晩までずっと鳥籠の中で歌っています。");
    with_vector(node, &[1.0, number as f32])
}

/// Each memory is found where it lies until it is deleted and purged; the others stay, whole and where they
/// were, whatever the backend does in its own time.
pub async fn purged_memories_stand_in_no_raw_row_or_file(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut whole = episode("canary/episode");
    whole.title = "All that was said about canaries".to_owned();
    let mut chunk = piece("a manual of canaries", 0);
    chunk.id = "canary/chunk".to_owned();
    chunk.content = "Canaries are fed in the morning, and in the evening again.".to_owned();
    let mut entries: Vec<Entry> = (0..12).map(canary).collect();
    entries.extend([plain(whole), plain(chunk)]);
    memories.write(entries[..6].to_vec()).await;
    fixture.maintain().await;
    memories.write(entries[6..].to_vec()).await;
    for entry in &entries {
        let needles = needles_of(entry);
        let expected = needles.counts().ids + needles.counts().texts;
        assert!(expected >= 2, "{:?}", needles.counts());
        assert_eq!(standing(&memories, &needles).await as u64, expected);
    }
    let gone = [
        node_key("canary/0001"),
        node_key("canary/0007"),
        episode_key("canary/episode"),
        chunk_key("canary/chunk"),
    ];
    memories.delete(&gone).await;
    for _ in 0..2 {
        purge(&memories).await;
        for memories in [&memories, &Memories::open(fixture).await] {
            for entry in &entries {
                let needles = needles_of(entry);
                let stands = standing(memories, &needles).await as u64;
                if gone.contains(&entry.memory.key()) {
                    assert_eq!(stands, 0, "{}", entry.memory.key());
                } else {
                    assert_eq!(stands, needles.counts().ids + needles.counts().texts);
                    memories.assert_holds(entry).await;
                }
            }
            assert_eq!(memories.count(&Filter::default()).await.total(), 10);
            assert_eq!(memories.with_words("0007").await, [""; 0]);
            assert_eq!(memories.with_words("0008").await, ["canary/0008"]);
            assert_eq!(memories.near(&[1.0]).await.len(), 10);
        }
        fixture.maintain().await;
    }
}

/// A document that was removed, and one that was replaced, leave nothing of what they were.
pub async fn purged_documents_stand_in_no_raw_row_or_file(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let manual = |text: &str| {
        let mut chunk = piece("manual/of/canaries", 0);
        chunk.content = text.to_owned();
        plain(chunk)
    };
    let (first, second) = (
        manual("Canaries are fed in the morning, and in the evening again."),
        manual("Canaries are fed whenever they ask for it, day and night."),
    );
    let document = document("manual/of/canaries");
    for (now, before) in [(&first, &second), (&second, &first)] {
        let put = memories.put_document(&document, [now.clone()]).await;
        put.expect("put");
        purge(&memories).await;
        assert_eq!(standing(&memories, &needles_of(now)).await, 2);
        // The id is the same in both.
        assert_eq!(standing(&memories, &needles_of(before)).await, 1);
        fixture.maintain().await;
    }
    memories.remove_documents(&["manual/of/canaries"]).await;
    purge(&memories).await;
    for entry in [&first, &second] {
        assert_eq!(standing(&memories, &needles_of(entry)).await, 0);
    }
    let mut needles = Needles::default();
    needles.add_id("manual/of/canaries");
    assert_eq!(standing(&memories, &Arc::new(needles)).await, 0);
}

/// Where no vector was ever written there is nothing that says how wide one is; what is gone goes all the same, and so
/// does a document that was there before the first text.
pub async fn texts_without_vectors_are_purged_too(fixture: &dyn Fixture) {
    const MANUAL: &str = "manual/of/magpies";
    let memories = Memories::open(fixture).await;
    let put = memories.put_document(&document(MANUAL), []).await;
    put.expect("put");
    purge(&memories).await;
    let mut manual = Needles::default();
    manual.add_id(MANUAL);
    let manual = Arc::new(manual);
    assert_eq!(standing(&memories, &manual).await, 1);
    let text = |n: u32| {
        let text = format!("What the magpie no. {n} has stolen so far");
        plain(saying(&format!("magpie/{n}"), &text))
    };
    memories.write((0..4).map(text)).await;
    memories.touch(&[node_key("magpie/2")], 3).await;
    memories.delete(&[node_key("magpie/1")]).await;
    memories.remove_documents(&[MANUAL]).await;
    for _ in 0..2 {
        purge(&memories).await;
        assert_eq!(standing(&memories, &manual).await, 0);
        assert_eq!(standing(&memories, &needles_of(&text(1))).await, 0);
        assert_eq!(standing(&memories, &needles_of(&text(0))).await, 2);
        for memories in [&memories, &Memories::open(fixture).await] {
            memories.assert_holds(&text(0)).await;
            assert_eq!(memories.document(MANUAL).await, None);
            let touched = memories.get(&node_key("magpie/2")).await.expect("it stays");
            assert_eq!(touched.memory.usage(), (1, Some(sample::at(3))));
        }
    }
    memories.write([canary(5)]).await;
    assert_eq!(memories.near(&[1.0]).await, ["canary/0005"]);
}

/// Other scopes keep what is theirs, and a scan does not see it.
pub async fn purging_and_scanning_keep_to_their_scope(fixture: &dyn Fixture) {
    let memories = both(fixture).await;
    let keys: Vec<Key> = memories.all().await.iter().map(Memory::key).collect();
    memories.delete(&keys).await;
    purge(&memories).await;
    assert_theirs_untouched(fixture).await;
    let Other::Kept(scope) = fixture.other() else {
        return;
    };
    let theirs = Memories {
        scope,
        ..memories.clone()
    };
    theirs.write([canary(3)]).await;
    assert_ne!(standing(&theirs, &needles_of(&canary(3))).await, 0);
    assert_eq!(standing(&memories, &needles_of(&canary(3))).await, 0);
}

/// Tombstones are there for everybody and for good, until they are taken away; erasing a scope leaves them.
pub async fn tombstones_stay_until_they_are_taken_away(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let (scope, keys) = (memories.scope, [node_key("one"), episode_key("two")]);
    let documents = ["manual".to_owned()];
    memories.write([canary(1)]).await;
    let bury = async |keys: &[Key], documents: &[String]| {
        let buried = memories.backend.bury(scope, keys, documents).await;
        buried.expect("bury");
    };
    let fresh = memories.backend.forgotten(scope).await.expect("forgotten");
    assert!(fresh.tombstones.is_empty());
    bury(&keys, &documents).await;
    bury(&keys[..1], &[]).await;
    for round in 0..3 {
        for memories in [&memories, &Memories::open(fixture).await] {
            let found = memories.backend.forgotten(scope).await.expect("forgotten");
            assert_eq!(found.tombstones.len(), 3);
            assert!(keys.iter().all(|key| found.holds(key)) && found.holds_document("manual"));
            assert!(!found.holds(&Key::new(Kind::Episode, "one")) && !found.holds_document("one"));
        }
        match round {
            0 => purge(&memories).await,
            _ => drop(memories.erase().await),
        }
        fixture.maintain().await;
    }
    let exhumed = memories.backend.exhume(scope, &keys[..1], &documents).await;
    exhumed.expect("exhume");
    let found = memories.backend.forgotten(scope).await.expect("forgotten");
    assert!(!found.holds(&keys[0]) && found.holds(&keys[1]) && !found.holds_document("manual"));
    if let Other::Kept(other) = fixture.other() {
        let theirs = async || {
            let theirs = memories.backend.forgotten(other).await;
            theirs.expect("forgotten")
        };
        assert!(theirs().await.tombstones.is_empty());
        // The same key has another tombstone there.
        let buried = memories.backend.bury(other, &keys, &[]).await;
        buried.expect("bury");
        assert!(theirs().await.holds(&keys[1]) && theirs().await.holds(&keys[0]));
        assert!(theirs().await.tombstones.is_disjoint(&found.tombstones));
        let exhumed = memories.backend.exhume(other, &keys, &[]).await;
        exhumed.expect("exhume");
        assert!(theirs().await.tombstones.is_empty());
    }
}

/// Where there is a memory or a document nothing else is removed.
pub async fn only_a_scope_without_a_memory_is_cleared(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let clear = async || {
        let cleared = memories.backend.clear(memories.scope).await;
        cleared.expect("clear")
    };
    let further = Space::local("another", 3);
    memories.write([canary(1)]).await;
    let added = memories.backend.add_space(memories.scope, &further).await;
    added.expect("add a space");
    let spaces = async || {
        let spaces = memories.backend.spaces(memories.scope).await;
        spaces.expect("spaces").further.len()
    };
    assert!(!clear().await);
    assert_eq!(spaces().await, 1);
    memories.assert_holds(&canary(1)).await;
    memories.delete(&[canary(1).memory.key()]).await;
    let put = memories.put_document(&document("manual"), []).await;
    put.expect("put");
    assert!(!clear().await);
    memories.remove_documents(&["manual"]).await;
    assert!(clear().await);
    assert_eq!(spaces().await, 0);
    // As into a scope that never held any.
    memories.write([canary(2)]).await;
    assert_eq!(memories.near(&[1.0]).await, ["canary/0002"]);
}

/// The record of an erasure is there for whoever goes on with it, until it is removed.
pub async fn the_record_of_an_erasure_is_kept_and_not_searched(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let (scope, needles) = (memories.scope, needles_of(&canary(1)));
    let record = record_of(&canary(1).memory).repeat(3000);
    let keep = async |record: Option<&str>| {
        let record = record.map(str::as_bytes);
        let kept = memories.backend.keep_unfinished(scope, record).await;
        kept.expect("keep");
    };
    for record in [&record[..], &record[..9]] {
        keep(Some(record)).await;
        for memories in [&memories, &Memories::open(fixture).await] {
            let found = memories
                .backend
                .unfinished(scope)
                .await
                .expect("unfinished");
            assert_eq!(found.as_deref(), Some(record.as_bytes()));
            assert_eq!(standing(memories, &needles).await, 0);
        }
        memories.erase().await;
        fixture.maintain().await;
    }
    if let Other::Kept(other) = fixture.other() {
        let theirs = memories.backend.unfinished(other).await;
        assert_eq!(theirs.expect("unfinished"), None);
    }
    keep(None).await;
    let found = memories.backend.unfinished(scope).await;
    assert_eq!(found.expect("unfinished"), None);
    // Whoever erases is alone as long as it is held, and writers are not kept waiting.
    let held = memories.backend.hold(scope).await.expect("hold");
    memories.write([canary(3)]).await;
    memories.erase().await;
    purge(&memories).await;
    drop(held);
    drop(memories.backend.hold(scope).await.expect("hold again"));
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
    let bury = memories.backend.bury(scope, &buried, &documents).await;
    bury.expect("bury");
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
    let exhumed = memories.backend.exhume(scope, &buried, &documents).await;
    exhumed.expect("exhume");
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
            let keys = std::slice::from_ref(&key);
            let buried = memories.backend.bury(memories.scope, keys, &[]).await;
            buried.expect("bury");
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
