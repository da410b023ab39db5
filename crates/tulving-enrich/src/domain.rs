//! What a turn is about.

use crate::fields::Domain;
use crate::lexicon::{Lexicon, Mark};
use crate::side::{Side, Voice};

/// How much must speak for a domain.
const ENOUGH: u32 = 4;

/// How often a word counts.
const REPEATS: u8 = 2;

/// Returns the domains of a turn: the one that most speaks for, and the second where three quarters as much do.
pub(crate) fn of(human: &Side, assistant: &Side) -> Vec<Domain> {
    let mut weights = [0_u32; Domain::ALL.len()];
    let mut seen = vec![0_u8; Lexicon::get().len()];
    // What the human says counts twice.
    for (side, factor) in [(human, 2), (assistant, 1)] {
        for hit in &side.hits {
            let Mark::Domain(domain, weight) = hit.mark else {
                continue;
            };
            let times = &mut seen[hit.id as usize];
            if *times < REPEATS {
                *times += 1;
                let factor = if hit.place.voice == Voice::Code {
                    1
                } else {
                    factor
                };
                weights[domain as usize] += factor * u32::from(weight);
            }
        }
    }
    let mut order: Vec<Domain> = Domain::ALL.to_vec();
    // The sort is stable: of equals, the first in the list of domains.
    order.sort_by_key(|&domain| std::cmp::Reverse(weights[domain as usize]));
    let (first, second) = (weights[order[0] as usize], weights[order[1] as usize]);
    if first < ENOUGH {
        return vec![Domain::General];
    }
    order.truncate(if second >= ENOUGH && second * 4 >= first * 3 {
        2
    } else {
        1
    });
    order
}
