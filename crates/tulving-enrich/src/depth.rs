//! How deep into technology a turn goes.

use std::collections::BTreeSet;

use crate::lexicon::Mark;
use crate::side::Side;

/// Returns the technical depth of a turn, from 0 to 10: steps for code, errors, and the terms that occur, each
/// counted once.
pub(crate) fn of(human: &Side, assistant: &Side, has_code: bool, has_error: bool) -> u8 {
    let mut seen = BTreeSet::new();
    let (mut terms, mut deepest) = (0_u32, 0_u32);
    for hit in human.hits.iter().chain(&assistant.hits) {
        if let Mark::Depth(depth) = hit.mark
            && seen.insert(hit.id)
        {
            terms += u32::from(depth);
            deepest = deepest.max(u32::from(depth));
        }
    }
    let code_lines = human.code_lines + assistant.code_lines;
    let mut depth = match terms {
        0 => 0,
        1 => 1,
        2..=3 => 2,
        4..=6 => 3,
        7..=11 => 4,
        _ => 5,
    };
    if has_code {
        depth = depth.max(1) + 2;
    }
    depth += u32::from(code_lines >= 2) + u32::from(code_lines >= 10);
    depth += u32::from(has_error && depth > 0);
    depth += u32::from(deepest >= 3);
    depth.min(10) as u8
}
