//! Calls whose caller does not wait for the answer.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tulving::backend::{Draft, Entry, Filter, Request};
use tulving::model::{Key, Kind};

use super::several_spaces::{beside, made};
use crate::fixture::Fixture;
use crate::memories::{Memories, node_key};
use crate::sample::{document, piece, plain, saying, space, vector, with_vector};

/// A call goes on this often before it is dropped, in turn: at each place where it waits.
const MOST: usize = 24;

/// Lets a call go on so many times and then drops it; whether it answered before that.
async fn dropped_after<T>(times: usize, call: impl Future<Output = T>) -> bool {
    let mut call = pin!(call);
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

/// Wherever a read is dropped, those that follow answer as if it had not been.
pub async fn a_read_that_is_dropped_leaves_nothing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories
        .write((0..9).map(|n| with_vector(saying(&format!("n{n}"), "said"), &[1.0])))
        .await;
    for times in 0..MOST {
        let (query, all) = (vector(&[1.0]), Filter::default());
        dropped_after(times, memories.nearest(&query, 9, &all)).await;
        dropped_after(times, memories.all()).await;
        dropped_after(times, memories.get(&node_key("n1"))).await;
        dropped_after(times, memories.with_words("said")).await;
        assert_eq!(memories.near(&[1.0]).await.len(), 9);
        assert_eq!(memories.all().await.len(), 9);
    }
}
