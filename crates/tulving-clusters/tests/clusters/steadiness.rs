//! The same always, and stopped when asked.

use std::ops::ControlFlow;
use std::sync::Mutex;

use tulving_clusters::{ClusterError, Options, cluster};

use crate::support::corpus::{agreement, easy, hard};
use crate::support::{OPTIONS, anywhere, found};

#[test]
fn the_number_of_threads_does_not_matter() {
    let corpus = hard(3000, 48, 5);
    let with = |threads| found(&corpus.vectors, corpus.dim, &Options { threads, ..OPTIONS });
    let one = with(1);
    assert!(one.clusters > 10, "{} clusters", one.clusters);
    for threads in [0, 2, 3, 7] {
        assert_eq!(with(threads), one, "{threads} threads");
    }
}

#[test]
fn the_order_of_vectors_does_not_matter() {
    let corpus = hard(2000, 48, 6);
    let there = found(&corpus.vectors, corpus.dim, &OPTIONS);
    let backwards: Vec<f32> = corpus.vectors.chunks(48).rev().flatten().copied().collect();
    let mut back = found(&backwards, corpus.dim, &OPTIONS);
    back.labels.reverse();
    back.probabilities.reverse();
    assert_eq!(back.clusters, there.clusters);
    assert!(agreement(&there.labels, &back.labels) > 0.999_999);
    for (there, back) in there.probabilities.iter().zip(&back.probabilities) {
        assert!((there - back).abs() < 1e-6);
    }
}

#[test]
fn made_clusters_are_found_again() {
    for corpus in [easy(2000, 48, 7), hard(3000, 48, 7)] {
        let found = found(&corpus.vectors, corpus.dim, &Options::default());
        let agreement = agreement(&corpus.truth, &found.labels);
        assert!(agreement > 0.95, "{agreement}");
    }
}

#[test]
fn it_says_how_far_it_is_and_stops_in_the_middle_when_told() {
    let corpus = hard(4000, 32, 8);
    let seen = Mutex::new(Vec::new());
    let run = |stop: usize| {
        seen.lock().unwrap().clear();
        cluster(&corpus.vectors, corpus.dim, &OPTIONS, &|progress| {
            let mut seen = seen.lock().unwrap();
            seen.push(progress);
            if seen.len() == stop {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    };
    assert!(run(usize::MAX).is_ok());
    let all = seen.lock().unwrap().clone();
    let searches = all.last().map_or(0, |last| last.search) + 1;
    assert!(searches > 1, "the test wants a second search");
    for search in 0..searches {
        let mut done: Vec<_> = all.iter().filter(|seen| seen.search == search).collect();
        done.sort_by_key(|seen| seen.done);
        assert!(done.iter().zip(1..).all(|(seen, at)| seen.done == at));
        assert!(done.iter().all(|seen| seen.of == done.len()));
    }
    for stop in [1, 5, all.len() - 1] {
        assert_eq!(run(stop), Err(ClusterError::Cancelled));
        // The other thread ends the block that it is at.
        assert!(seen.lock().unwrap().len() <= stop + 1);
    }
}

#[test]
fn more_samples_than_there_are_neighbours_are_all_neighbours() {
    let corpus = easy(200, 16, 3);
    let with = |min_samples| {
        let options = Options {
            min_samples,
            ..OPTIONS
        };
        found(&corpus.vectors, corpus.dim, &options)
    };
    assert_eq!(with(usize::MAX), with(199));
}

#[test]
fn numbers_that_are_not_whole_vectors_are_refused() {
    let vectors = anywhere(2, 5, 1);
    for dim in [0, 3] {
        let refused = cluster(&vectors, dim, &OPTIONS, &|_| ControlFlow::Continue(()));
        assert_eq!(refused, Err(ClusterError::Shape { numbers: 10, dim }));
    }
}
