//! The same work on many things, by several threads.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does work on each number below `count`, and returns what it gave, in order. Each thread has a workplace of its own.
/// The work that is begun first should be the largest.
pub(crate) fn each<W: Default, T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize, &mut W) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let take_turns = || {
        let (mut workplace, mut done) = (W::default(), Vec::new());
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            if turn >= count {
                return done;
            }
            done.push((turn, work(turn, &mut workplace)));
        }
    };
    let mut done = thread::scope(|scope| {
        let further = 1..threads.min(count);
        // Where the system gives no thread, there is one less.
        let helpers: Vec<_> = further
            .map_while(|_| thread::Builder::new().spawn_scoped(scope, take_turns).ok())
            .collect();
        let mut done = take_turns();
        for helper in helpers {
            done.extend(
                helper
                    .join()
                    .unwrap_or_else(|payload| panic::resume_unwind(payload)),
            );
        }
        done
    });
    done.sort_unstable_by_key(|(turn, _)| *turn);
    done.into_iter().map(|(_, given)| given).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_turn_is_taken_once_and_given_in_order() {
        for (count, threads) in [(0, 4), (1, 4), (100, 1), (1000, 3), (5, 0)] {
            let given = each(count, threads, |turn, mine: &mut usize| {
                *mine += 1;
                turn * 2
            });
            assert_eq!(given, (0..count).map(|turn| turn * 2).collect::<Vec<_>>());
        }
    }
}
