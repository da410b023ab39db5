//! Calls whose caller does not wait for the answer.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use tulving::backend::{Draft, Entry, Filter, Import, ImportPhase, LiveChange, Needles, Request};
use tulving::model::{Key, Kind, Space};

use super::imports::{begin, imports, note};
use super::purging::{canary, needles_of, standing};
use super::several_spaces::{beside, made};
use crate::fixture::Fixture;
use crate::memories::{ALL, Memories, node_key};
use crate::sample::{
    DIMS, at, document, episode, piece, plain, saying, space, vector, with_vector,
};

/// A call goes on this often before it is dropped, in turn: at each place where it waits.
const MOST: usize = 24;

/// Lets a call go on so many times and then drops it; whether it answered before that.
async fn dropped_after<T>(times: usize, call: impl Future<Output = T>) -> bool {
    goes_on(times, pin!(call)).await
}

/// Lets a call go on so many times and leaves it there; whether it answered.
pub(super) async fn goes_on<T>(times: usize, mut call: Pin<&mut impl Future<Output = T>>) -> bool {
    let mut left = times;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        call.as_mut().poll(cx).map(|_| true)
    })
    .await
}

/// Wherever a write is dropped, all of it is there or nothing, whenever one looks; and others go on.
pub async fn a_write_that_is_dropped_is_done_whole_or_not_at_all(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut answered = 0;
    for (times, letter) in ('a'..='z').take(MOST).enumerate() {
        let word = format!("{letter}crow");
        let batch: Vec<Draft> = (0..3)
            .map(|n| saying(&format!("{times}/{n}"), &word))
            .map(|node| Draft::Whole(with_vector(node, &[1.0])))
            .collect();
        let insert = memories.insert(batch);
        let has_answered = dropped_after(times, insert).await;
        answered += usize::from(has_answered);
        let after = format!("after {times}");
        memories.write([plain(saying(&after, "after"))]).await;
        let there = memories.with_words(&word).await;
        assert!(there.is_empty() || there.len() == 3, "{times}: {there:?}");
        assert!(!has_answered || there.len() == 3, "{times}: {there:?}");
    }
    assert_ne!(answered, MOST, "some were dropped before they answered");
    let nodes = memories.count(&Filter::default()).await[Kind::Node];
    assert_eq!((nodes - MOST as u64) % 3, 0);
}

/// Wherever a replacement, a removal or a document is dropped, what is there is as before or as after, whenever
/// one looks; and others go on.
pub async fn a_change_that_is_dropped_is_done_whole_or_not_at_all(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    for times in 0..MOST {
        let id = |n: usize| format!("{times}/{n}");
        let before = with_vector(saying(&id(0), "before"), &[1.0]);
        let after = with_vector(saying(&id(0), "after"), &[0.0, 1.0]);
        let gone: Vec<Key> = (1..4).map(|n| node_key(&id(n))).collect();
        let others = gone
            .iter()
            .map(|key| with_vector(saying(&key.id, "gone"), &[1.0]));
        memories.write(others.chain([before.clone()])).await;
        let replace = memories.replace(&before.memory, after.clone());
        let is_replaced = dropped_after(times, replace).await;
        let is_deleted = dropped_after(times, memories.delete(&gone)).await;
        memories
            .write([plain(saying(&format!("after {times}"), ""))])
            .await;
        let found = memories
            .get(&before.memory.key())
            .await
            .expect("it is there");
        assert!(
            found == after || found == before && !is_replaced,
            "{times}: {found:?}"
        );
        let left = memories.get_all(&gone).await;
        let left = left.iter().flatten().count();
        assert!(
            left == 0 || left == 3 && !is_deleted,
            "{times}: {left} of 3"
        );

        let name = format!("d{times}");
        let (old, mut new) = (document(&name), document(&name));
        "Another".clone_into(&mut new.title);
        let pieces: Vec<Entry> = (0..4).map(|n| plain(piece(&name, n))).collect();
        let keys: Vec<Key> = pieces.iter().map(|piece| piece.memory.key()).collect();
        let put = memories.put_document(&old, pieces[..2].to_vec()).await;
        put.expect("put a document");
        let put = memories.put_document(&new, pieces[1..].to_vec());
        let is_put = dropped_after(times, put).await;
        memories
            .write([plain(saying(&format!("later {times}"), ""))])
            .await;
        let there = async || -> Vec<bool> {
            let found = memories.get_all(&keys).await;
            found.iter().map(Option::is_some).collect()
        };
        let (was, is) = ([true, true, false, false], [false, true, true, true]);
        let chunks = there().await;
        assert!(
            chunks == is || chunks == was && !is_put,
            "{times}: {chunks:?}"
        );
        // It may be done between two reads, and then it stays so.
        let found = memories.document(&name).await.expect("it is there");
        assert!(
            found == new || found == old && chunks == was,
            "{times}: {found:?}"
        );
        assert!(
            found == old || there().await == is,
            "{times}: the chunks go with it"
        );
    }
}

/// Wherever vectors are dropped while they are written, all of them are there or none.
pub async fn vectors_that_are_dropped_are_put_whole_or_not_at_all(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    for times in 0..MOST {
        let made = |n: usize, numbers: &[f32]| {
            with_vector(saying(&format!("{times}/{n}"), "said"), numbers)
        };
        let all = |numbers: &[f32]| -> Vec<Entry> { (0..3).map(|n| made(n, numbers)).collect() };
        let (before, after) = (all(&[1.0]), all(&[0.0, 1.0]));
        let keys = memories.write(before.clone()).await;
        let put = memories.backend.put_vectors(memories.scope, after.clone());
        let is_put = dropped_after(times, put).await;
        memories
            .write([plain(saying(&format!("after {times}"), ""))])
            .await;
        let found = memories.get_all(&keys).await;
        let found: Vec<Entry> = found.into_iter().flatten().collect();
        assert!(
            found == after || found == before && !is_put,
            "{times}: {found:?}"
        );
    }
}

/// Wherever a cut-over is dropped, all searches are in one space or all in the other.
pub async fn a_cut_over_that_is_dropped_is_done_whole_or_not_at_all(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = (0..3).map(|n| with_vector(saying(&format!("n{n}"), "said"), &[1.0]));
    memories.write(entries).await;
    memories.add_space(&beside()).await;
    memories.fill(&beside()).await;
    for times in 0..MOST {
        let to = beside();
        memories.cut_over(&space()).await;
        let cut = memories.backend.cut_over(memories.scope, &to);
        let is_cut = dropped_after(times, cut).await;
        memories
            .write([plain(saying(&format!("after {times}"), ""))])
            .await;
        let query = made(&beside(), &plain(saying("n1", "said")).memory);
        let found = memories
            .search(&Request::near(query, 9, Filter::default()))
            .await;
        let nodes = found.kinds[Kind::Node].candidates.len();
        let is_whole = match found.space {
            Some(of) if of == to => nodes == 3,
            Some(of) if of == space() => nodes == 0 && !is_cut,
            _ => false,
        };
        assert!(is_whole, "{times}: {nodes} found");
    }
}

/// Wherever a change of live fields is dropped, it is made in all memories that are named or in none.
pub async fn live_fields_that_are_dropped_change_in_all_or_in_none(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    for times in 0..MOST {
        let nodes = (0..3).map(|n| plain(saying(&format!("{times}/{n}"), "said")));
        let episode = plain(episode(&format!("{times}")));
        let keys = memories.write(nodes.chain([episode])).await;
        let counts = async || -> Vec<i64> {
            let found = memories.get_all(&keys).await.into_iter();
            found
                .map(|entry| entry.expect("it is there").memory.usage().0)
                .collect()
        };
        let is_touched = dropped_after(times, memories.touch(&keys, 1)).await;
        memories
            .write([plain(saying(&format!("after {times}"), ""))])
            .await;
        let found = counts().await;
        assert!(
            found == [1; 4] || found == [0; 4] && !is_touched,
            "{times}: {found:?}"
        );
        let used = |key: &Key| LiveChange::Usage(key.clone(), 9, Some(at(9)));
        let change = memories.update_live(keys.iter().map(used).collect());
        let is_changed = dropped_after(times, change).await;
        memories
            .write([plain(saying(&format!("later {times}"), ""))])
            .await;
        let found = counts().await;
        let is_same = found.iter().all(|count| *count == found[0]);
        assert!(is_same, "{times}: {found:?}");
        assert!(!is_changed || found[0] >= 9, "{times}: {found:?}");
    }
}

/// Wherever the removal of a document is dropped, the document is there with all its chunks, or nothing is.
pub async fn a_document_whose_removal_is_dropped_goes_whole_or_not_at_all(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    for times in 0..MOST {
        let name = format!("d{times}");
        let pieces: Vec<Entry> = (0..3).map(|n| plain(piece(&name, n))).collect();
        let keys: Vec<Key> = pieces.iter().map(|piece| piece.memory.key()).collect();
        let put = memories.put_document(&document(&name), pieces).await;
        put.expect("put a document");
        let is_removed = dropped_after(times, memories.remove_documents(&[&name])).await;
        memories
            .write([plain(saying(&format!("after {times}"), ""))])
            .await;
        let left = async || {
            let found = memories.get_all(&keys).await;
            found.iter().flatten().count()
        };
        let chunks = left().await;
        assert!(
            chunks == 0 || chunks == 3 && !is_removed,
            "{times}: {chunks} of 3"
        );
        // It may be done between two reads, and then it stays so.
        match memories.document(&name).await {
            Some(_) => assert_eq!(chunks, 3, "{times}: the chunks alone are gone"),
            None => assert_eq!(left().await, 0, "{times}: the document alone is gone"),
        }
    }
}

/// Wherever erasing is dropped, everything is there or nothing, and the same call again leaves nothing.
pub async fn an_erasure_that_is_dropped_is_finished_by_the_next(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let reader = Memories::open(fixture).await;
    for times in 0..MOST {
        let put = memories
            .put_document(&document("d"), [plain(piece("d", 0))])
            .await;
        put.expect("put a document");
        // At once: what was dropped in the round before may come between two writes of this one.
        let whole = [
            with_vector(saying(&format!("{times}/1"), "canary"), &[1.0]),
            with_vector(saying(&format!("{times}/2"), "canary"), &[1.0]),
            plain(episode(&format!("{times}"))),
        ];
        let keys = memories.write(whole).await;
        memories.add_space(&beside()).await;
        let is_erased = dropped_after(times, memories.erase()).await;
        let left = reader.get_all(&keys).await;
        let left = left.iter().flatten().count();
        assert!(left == 0 || left == 3 && !is_erased, "{times}: {left} of 3");
        memories.erase().await;
        for memories in [&memories, &reader] {
            assert_eq!(memories.all().await, []);
            assert_eq!(memories.list_documents(None, ALL).await, []);
            assert_eq!(memories.kept().await.further, []);
            assert_eq!(memories.with_words("canary").await, [""; 0]);
            assert_eq!(memories.near(&[1.0]).await, [""; 0]);
        }
    }
}

/// Wherever purging or clearing is dropped, what stays is whole, and the same call again leaves nothing of what is
/// gone.
pub async fn a_purge_that_is_dropped_is_finished_by_the_next(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let reader = Memories::open(fixture).await;
    for times in (0..MOST).step_by(3) {
        let number = times as u64;
        let (stays, goes) = (canary(number), canary(number + 1000));
        let needles = needles_of(&goes);
        memories.write([stays.clone(), goes.clone()]).await;
        memories.delete(&[goes.memory.key()]).await;
        let is_purged = dropped_after(times, memories.purge()).await;
        reader.assert_holds(&stays).await;
        let stands = standing(&reader, &needles).await;
        assert!(!is_purged || stands == 0, "{times}: {stands}");
        memories.purge().await;
        reader.assert_holds(&stays).await;
        assert_eq!(standing(&reader, &needles).await, 0);

        memories.delete(&[stays.memory.key()]).await;
        memories.add_space(&beside()).await;
        let is_cleared = dropped_after(times, memories.clear()).await;
        let further = reader.kept().await.further.len();
        assert!(!is_cleared || further == 0, "{times}: {further}");
        assert!(memories.clear().await);
        assert_eq!(reader.kept().await.further, []);
    }
}

/// Wherever tombstones, the record of an erasure or of an import are dropped, all is as before or as after: of one
/// call all tombstones are set, or none is.
pub async fn what_is_known_of_erasures_and_imports_is_kept_whole_or_not_at_all(
    fixture: &dyn Fixture,
) {
    const LARGE: usize = 3 << 19;
    let memories = Memories::open(fixture).await;
    let reader = Memories::open(fixture).await;
    for times in 0..MOST {
        let set = |what: &str| {
            let keys = [0, 1].map(|n| node_key(&format!("{what} {times}/{n}")));
            (keys, [format!("{what} {times}")])
        };
        let held = async |(keys, documents): &([Key; 2], [String; 1])| {
            let forgotten = reader.forgotten().await;
            let keys = keys.iter().filter(|key| forgotten.holds(key)).count();
            keys + usize::from(forgotten.holds_document(&documents[0]))
        };
        let buried = set("buried");
        let is_buried = dropped_after(times, memories.bury(&buried.0, &buried.1)).await;
        let found = held(&buried).await;
        assert!(
            found == 3 || found == 0 && !is_buried,
            "{times}: {found} of 3"
        );
        let exhumed = set("exhumed");
        memories.bury(&exhumed.0, &exhumed.1).await;
        let is_exhumed = dropped_after(times, memories.exhume(&exhumed.0, &exhumed.1)).await;
        let found = held(&exhumed).await;
        assert!(
            found == 0 || found == 3 && !is_exhumed,
            "{times}: {found} of 3"
        );

        let record = vec![times as u8; LARGE];
        let is_kept = dropped_after(times, memories.keep_unfinished(Some(&record))).await;
        let found = reader.unfinished().await;
        let is_whole =
            |found: &Vec<u8>| found.len() == LARGE && found.iter().all(|byte| *byte == found[0]);
        assert!(found.as_ref().is_none_or(is_whole), "{times}");
        assert!(!is_kept || found.is_some(), "{times}");

        let import = Import::new([format!("{times}.zip")]);
        let is_begun = dropped_after(times, begin(&memories, &import)).await;
        let found = |imports: Vec<Import>, import: &Import| {
            let mut found = imports.into_iter();
            found.find(|found| found.run_id == import.run_id)
        };
        let there = found(imports(&reader).await, &import);
        assert!(there.is_some() || !is_begun, "{times}");
        if let Some(there) = there {
            let is_live = there.is_live;
            assert_eq!(there, Import { is_live, ..import });
        }
        let mut import = Import::new([format!("{times}.md")]);
        let at_work = begin(&memories, &import).await;
        let before = import.clone();
        (import.phase, import.counts.added) = (ImportPhase::Done, 7);
        let is_noted = dropped_after(times, note(&memories, &import)).await;
        let there = found(imports(&reader).await, &import).map(|found| Import {
            is_live: false,
            ..found
        });
        assert!(
            there.as_ref() == Some(&import) || there == Some(before) && !is_noted,
            "{times}: {there:?}"
        );
        drop(at_work);
    }
    memories.write([plain(saying("after", "after"))]).await;
}

/// Wherever it is dropped that a space is added or dropped, the space is there with all its vectors, or it is
/// not.
pub async fn a_space_comes_and_goes_whole_or_not_at_all(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = (0..3).map(|n| with_vector(saying(&format!("n{n}"), "said"), &[1.0]));
    memories.write(entries).await;
    for times in 0..MOST {
        let space = Arc::new(Space::local(&format!("s{times}"), DIMS + 1));
        let vectors = async || {
            let kept = memories.kept().await;
            kept.find(&space).map(|kept| kept.vectors.total())
        };
        let is_added = dropped_after(times, memories.add_space(&space)).await;
        memories
            .write([plain(saying(&format!("after {times}"), "after"))])
            .await;
        let found = vectors().await;
        assert!(
            found == Some(0) || found.is_none() && !is_added,
            "{times}: {found:?}"
        );
        memories.add_space(&space).await;
        memories.fill(&space).await;
        let all = vectors().await;
        assert_eq!(all, Some(4 + times as u64));
        let is_dropped = dropped_after(times, memories.drop_space(&space)).await;
        memories.near(&[1.0]).await;
        let found = vectors().await;
        assert!(
            found.is_none() || found == all && !is_dropped,
            "{times}: {found:?} of {all:?}"
        );
        memories.drop_space(&space).await;
        assert_eq!(vectors().await, None);
        assert_eq!(memories.near(&[1.0]).await.len(), 3);
    }
}

/// Wherever following is dropped, no answer changes, what was moved stays moved, and the rest can be moved.
pub async fn what_was_moved_stays_moved(fixture: &dyn Fixture) {
    const NODES: u64 = 5;
    let memories = Memories::open(fixture).await;
    let entries = (0..NODES).map(|n| with_vector(saying(&format!("n{n}"), "said"), &[1.0]));
    memories.write(entries).await;
    memories.add_space(&beside()).await;
    memories.fill(&beside()).await;
    let query = |space: &Arc<Space>| made(space, &plain(saying("n1", "said")).memory);
    for times in 0..MOST {
        let to = [beside(), space()][times % 2].clone();
        memories.cut_over(&to).await;
        let mut behind = memories.kept().await.behind.total();
        for moved_before in [0, 1] {
            memories.follow(moved_before, 1).await;
            behind = behind.min(memories.kept().await.behind.total());
            let is_moved = dropped_after(times, memories.follow(1, 2)).await;
            let left = memories.kept().await.behind.total();
            assert!(left <= behind, "{times}: {left} after {behind}");
            assert!(
                !is_moved || left < behind.max(1),
                "{times}: {left} of {behind}"
            );
            behind = left;
            let near = Request::near(query(&to), 9, Filter::default());
            let found = memories.search(&near).await;
            assert_eq!(found.space.as_ref(), Some(&to));
            let nodes = found.kinds[Kind::Node].candidates.len() as u64;
            assert_eq!(nodes, NODES, "{times}");
        }
        assert!(memories.follow(ALL, 2).await);
        let kept = memories.kept().await;
        assert_eq!(kept.behind.total(), 0);
        assert_eq!(kept.further[0].vectors.total(), NODES);
    }
}

/// Wherever a read is dropped, those that follow answer as if it had not been.
pub async fn a_read_that_is_dropped_leaves_nothing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories
        .write((0..9).map(|n| with_vector(saying(&format!("n{n}"), "said"), &[1.0])))
        .await;
    memories.write([plain(piece("d", 0))]).await;
    memories.bury(&[node_key("gone")], &[]).await;
    memories.keep_unfinished(Some(b"record")).await;
    drop(begin(&memories, &Import::new(["canaries.zip".to_owned()])).await);
    let mut needles = Needles::default();
    needles.add_id("canaries.zip");
    let needles = Arc::new(needles);
    for times in 0..MOST {
        let (query, all) = (vector(&[1.0]), Filter::default());
        dropped_after(times, memories.nearest(&query, 9, &all)).await;
        dropped_after(times, memories.all()).await;
        dropped_after(times, memories.get(&node_key("n1"))).await;
        dropped_after(times, memories.with_words("said")).await;
        dropped_after(times, memories.count(&all)).await;
        dropped_after(times, memories.clusters()).await;
        dropped_after(times, memories.list_documents(None, 9)).await;
        dropped_after(times, memories.document("d")).await;
        dropped_after(times, memories.kept()).await;
        dropped_after(times, memories.vectors_in(&space(), &[node_key("n1")])).await;
        dropped_after(times, memories.lacking(&space(), 9)).await;
        dropped_after(times, standing(&memories, &needles)).await;
        dropped_after(times, memories.forgotten()).await;
        dropped_after(times, memories.unfinished()).await;
        dropped_after(times, imports(&memories)).await;
        assert_eq!(memories.near(&[1.0]).await.len(), 9);
        assert_eq!(memories.all().await.len(), 10);
        assert_eq!(memories.count(&all).await.total(), 10);
        assert_eq!(memories.document("d").await, Some(document("d")));
        assert_eq!(memories.lacking(&space(), 9).await.len(), 1);
        assert_eq!(standing(&memories, &needles).await, 1);
        assert_eq!(memories.forgotten().await.tombstones.len(), 1);
        assert_eq!(memories.unfinished().await.as_deref(), Some(&b"record"[..]));
        assert_eq!(imports(&memories).await.len(), 1);
    }
}
