//! How deep into technology a turn goes.

use std::mem;

use crate::lexicon::{Lexicon, Mark};
use crate::side::Side;

/// Returns the technical depth of a turn, from 0 to 10: what its code or its terms, each counted once, amount to,
/// whichever is more; a step more for an error, and for terms of internals.
pub(crate) fn of(human: &Side, assistant: &Side, has_code: bool, has_error: bool) -> u8 {
    let mut seen = vec![false; Lexicon::get().len()];
    let (mut terms, mut deepest) = (0_u32, 0_u32);
    for hit in human.hits.iter().chain(&assistant.hits) {
        if let Mark::Depth(depth) = hit.mark
            && !mem::replace(&mut seen[hit.id as usize], true)
        {
            terms += u32::from(depth);
            deepest = deepest.max(u32::from(depth));
        }
    }
    let by_terms = match terms {
        0 => 0,
        1 => 1,
        2..=3 => 2,
        4..=5 => 3,
        6..=8 => 4,
        9..=12 => 5,
        13..=17 => 6,
        18..=25 => 7,
        _ => 8,
    };
    let code_lines = human.code_lines + assistant.code_lines;
    let by_code = if has_code {
        4 + u32::from(code_lines >= 2 || terms >= 6)
            + u32::from(code_lines >= 8)
            + u32::from(deepest >= 3)
    } else {
        0
    };
    let mut depth = by_terms.max(by_code);
    depth += u32::from(has_error && depth >= 3);
    depth += u32::from(deepest >= 3 && by_terms >= by_code);
    depth.min(10) as u8
}
