//! Ids of clusters that stay the same from one clustering to the next.

use std::collections::HashMap;

use crate::cluster::NOISE;

/// Gives clusters of a new clustering the ids of those that they were before, and new ids to the others. Returns the id of
/// the cluster that each memory is in, −1 for noise.
///
/// `old` says which cluster each memory was in, −1 where it was noise or not there; `new` which it is in now; `next` is
/// the first id that was never given.
///
/// A cluster is the same as an old one if most of what was in that is in it now, and most of what is in it and was in any
/// cluster was in that. So no two can be the same as one, and nothing is left to order or chance. It may grow by what was
/// noise or is new, as much as it likes. Where a cluster falls into parts or takes others in, its id goes with the part
/// that is more than half.
#[must_use]
pub fn carry(old: &[i64], new: &[i32], next: i64) -> Vec<i64> {
    let mut before: HashMap<i64, usize> = HashMap::new();
    let mut after: HashMap<i32, usize> = HashMap::new();
    let mut both: HashMap<(i64, i32), usize> = HashMap::new();
    for (old, new) in old.iter().zip(new).filter(|(old, _)| **old >= 0) {
        *before.entry(*old).or_default() += 1;
        if *new != NOISE {
            *after.entry(*new).or_default() += 1;
            *both.entry((*old, *new)).or_default() += 1;
        }
    }
    let mut ids: HashMap<i32, i64> = both
        .into_iter()
        .filter(|((old, new), shared)| 2 * shared > before[old] && 2 * shared > after[new])
        .map(|((old, new), _)| (new, old))
        .collect();
    // An id that is in use was given, whatever the caller remembers.
    let used = old.iter().max().map_or(0, |most| most.saturating_add(1));
    let mut next = next.max(used).max(0);
    let id = |label: &i32| {
        if *label == NOISE {
            return i64::from(NOISE);
        }
        *ids.entry(*label).or_insert_with(|| {
            next += 1;
            next - 1
        })
    };
    new.iter().map(id).collect()
}
