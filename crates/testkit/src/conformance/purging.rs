//! Purging: what is gone stands in no raw row or file.

use std::collections::BTreeSet;
use std::sync::Arc;

use tulving::backend::{Entry, Filter, Needles};
use tulving::json;
use tulving::model::{Key, Memory};

use super::isolation::{assert_theirs_untouched, both};
use super::several_spaces::beside;
use crate::fixture::{Fixture, Other};
use crate::memories::{ALL, Memories, chunk_key, episode_key, node_key};
use crate::sample::{self, document, episode, piece, plain, record_of, saying, turn, with_vector};

/// Needles for the id and the texts of a memory.
pub(super) fn needles_of(entry: &Entry) -> Arc<Needles> {
    let mut needles = Needles::default();
    add_needles_of(entry, &mut needles);
    Arc::new(needles)
}

pub(super) fn add_needles_of(entry: &Entry, needles: &mut Needles) {
    needles.add_id(entry.memory.id());
    let record = record_of(&entry.memory);
    needles.add_texts(&json::parse(record.as_bytes()).expect("a record is JSON"));
}

/// Returns how many needles stand anywhere.
pub(super) async fn standing(memories: &Memories, needles: &Arc<Needles>) -> usize {
    let scan = memories.backend.scan(memories.scope, needles).await;
    let scan = scan.expect("scan");
    assert_eq!(scan.unread, [""; 0]);
    let found = scan.places.iter().flat_map(|place| &place.found);
    found.collect::<BTreeSet<_>>().len()
}

/// A node that says its number in a sentence of its own.
pub(super) fn canary(number: u64) -> Entry {
    let mut node = turn("cage", number.cast_signed());
    node.id = format!("canary/{number:04}");
    node.human_content = format!("Does the \"canary\" no. {number:04} sing, or not?");
    node.assistant_content =
        format!("カナリア {number:04} 号は朝から晩までずっと鳥籠の中で歌っています。");
    node.cluster_id = Some(number.cast_signed() % 3);
    node.cluster_label = Some("birds".to_owned());
    with_vector(node, &[1.0, number as f32])
}

/// Each memory is found where it lies until it is deleted and purged; the others stay, whole and where they
/// were, with their vectors in every space, whatever the backend does in its own time.
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
    memories.add_space(&beside()).await;
    memories.fill(&beside()).await;
    let keys: Vec<Key> = entries.iter().map(|entry| entry.memory.key()).collect();
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
    // What is said of what stays.
    let answers = async |memories: &Memories| {
        (
            memories.vectors_in(&beside(), &keys).await,
            memories.kept().await,
            memories.clusters().await,
            memories.list_documents(None, ALL).await,
        )
    };
    let before = answers(&memories).await;
    assert_eq!(before.0.iter().flatten().count(), 10);
    assert_eq!((before.2.len(), before.3.len()), (3, 1));
    for _ in 0..2 {
        memories.purge().await;
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
            assert_eq!(answers(memories).await, before);
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
        memories.purge().await;
        assert_eq!(standing(&memories, &needles_of(now)).await, 2);
        // The id is the same in both.
        assert_eq!(standing(&memories, &needles_of(before)).await, 1);
        fixture.maintain().await;
    }
    memories.remove_documents(&["manual/of/canaries"]).await;
    memories.purge().await;
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
    memories.purge().await;
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
        memories.purge().await;
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
    memories.purge().await;
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

/// Where there is a memory or a document nothing else is removed; and nothing of other scopes ever is.
pub async fn only_a_scope_without_a_memory_is_cleared(fixture: &dyn Fixture) {
    let memories = both(fixture).await;
    memories.add_space(&beside()).await;
    let spaces = async || memories.kept().await.further.len();
    let there = memories.all().await;
    assert!(!memories.clear().await);
    assert_eq!(spaces().await, 1);
    assert_eq!(memories.all().await, there);
    let keys: Vec<Key> = there.iter().map(Memory::key).collect();
    memories.delete(&keys).await;
    let put = memories.put_document(&document("manual"), []).await;
    put.expect("put");
    assert!(!memories.clear().await);
    memories.remove_documents(&["manual"]).await;
    assert!(memories.clear().await);
    assert_eq!(spaces().await, 0);
    assert_theirs_untouched(fixture).await;
    // As into a scope that never held any.
    memories.write([canary(2)]).await;
    assert_eq!(memories.near(&[1.0]).await, ["canary/0002"]);
}

/// The record of an erasure is there for whoever goes on with it, until it is removed.
pub async fn the_record_of_an_erasure_is_kept_and_not_searched(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let needles = needles_of(&canary(1));
    let record = record_of(&canary(1).memory).repeat(3000).into_bytes();
    for record in [&record[..], &record[..9]] {
        memories.keep_unfinished(Some(record)).await;
        for memories in [&memories, &Memories::open(fixture).await] {
            assert_eq!(memories.unfinished().await.as_deref(), Some(record));
            assert_eq!(standing(memories, &needles).await, 0);
        }
        memories.erase().await;
        fixture.maintain().await;
    }
    if let Other::Kept(other) = fixture.other() {
        let theirs = memories.backend.unfinished(other).await;
        assert_eq!(theirs.expect("unfinished"), None);
    }
    memories.keep_unfinished(None).await;
    assert_eq!(memories.unfinished().await, None);
}
