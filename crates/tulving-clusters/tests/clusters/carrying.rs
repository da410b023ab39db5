//! Ids stay with what they were given to.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use tulving_clusters::carry;

#[test]
fn a_cluster_keeps_its_id_while_it_grows_by_what_is_new() {
    let ids = carry(&[4, 4, -1, -1, -1, -1, 9, 9], &[0, 0, 0, 0, 0, 0, 1, 1], 10);
    assert_eq!(ids, [4, 4, 4, 4, 4, 4, 9, 9]);
}

#[test]
fn of_a_cluster_that_falls_apart_the_greater_half_keeps_the_id() {
    let ids = carry(&[4, 4, 4, 4, 4], &[1, 1, 0, 0, 0], 5);
    assert_eq!(ids, [5, 5, 4, 4, 4]);
    // Neither of two equal halves is the old one.
    assert_eq!(carry(&[4, 4, 4, 4], &[0, 0, 1, 1], 5), [5, 5, 6, 6]);
}

#[test]
fn of_clusters_that_become_one_the_greater_keeps_its_id() {
    assert_eq!(carry(&[4, 4, 4, 2, 2], &[0, 0, 0, 0, 0], 5), [4; 5]);
    assert_eq!(carry(&[4, 4, 2, 2], &[0, 0, 0, 0], 5), [5; 4]);
}

#[test]
fn an_id_is_never_given_twice() {
    // Cluster 7 is gone: its number is not free.
    assert_eq!(carry(&[7, 7, 7], &[-1, -1, -1], 8), [-1, -1, -1]);
    assert_eq!(carry(&[-1, -1, -1], &[0, 0, 0], 8), [8, 8, 8]);
    // Nor is one that is there, whatever the caller remembers.
    assert_eq!(carry(&[3, 3, -1, -1], &[0, 0, 1, 1], 0), [3, 3, 4, 4]);
}

proptest! {
    #[test]
    fn ids_are_carried_one_to_one_by_majority(
        pairs in prop::collection::vec((-1_i64..6, -1_i32..6), 0..60),
        next in 0_i64..10,
    ) {
        let (old, new): (Vec<i64>, Vec<i32>) = pairs.iter().copied().unzip();
        let carried = carry(&old, &new, next);
        let mut ids = HashMap::new();
        for (label, id) in new.iter().zip(&carried) {
            prop_assert_eq!(*label == -1, *id == -1, "noise stays noise");
            prop_assert_eq!(*ids.entry(label).or_insert(id), id, "a cluster has one id");
        }
        let distinct: HashSet<_> = ids.values().collect();
        prop_assert_eq!(distinct.len(), ids.len(), "no two have the same");
        for (label, id) in ids.into_iter().filter(|(label, _)| **label >= 0) {
            let members = |of: i64| old.iter().filter(|old| **old == of).count();
            let all = new.iter().filter(|new| *new == label).count();
            if old.contains(id) {
                let shared = pairs.iter().filter(|pair| **pair == (*id, *label)).count();
                prop_assert!(2 * shared > members(*id), "it has most of the old one");
            } else {
                prop_assert!(*id >= next, "a new id is new");
                for other in 0..6 {
                    let shared = pairs.iter().filter(|pair| **pair == (other, *label)).count();
                    let either = all + members(other) - shared;
                    prop_assert!(2 * shared <= either || shared == 0, "{} was alike", other);
                }
            }
        }
    }

    #[test]
    fn the_same_clusters_under_other_labels_keep_all_ids(
        old in prop::collection::vec(-1_i64..6, 0..60),
    ) {
        let new: Vec<i32> = old.iter().map(|id| if *id < 0 { -1 } else { 5 - *id as i32 }).collect();
        prop_assert_eq!(carry(&old, &new, 6), old);
    }
}
