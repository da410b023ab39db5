//! Calls whose caller does not wait for the answer.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tulving::backend::{Draft, Filter};
use tulving::model::Kind;

use crate::fixture::Fixture;
use crate::memories::{Memories, node_key};
use crate::sample::{plain, saying, vector, with_vector};

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
