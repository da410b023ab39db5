//! How the two talk.

use crate::fields::Mode;
use crate::lexicon::Mark;
use crate::side::Side;

/// How much must speak for a mode other than chat.
const ENOUGH: u32 = 2;

/// Returns the mode of a turn: the one that most speaks for, in the human's text. An error speaks for debugging.
pub(crate) fn of(human: &Side, has_error: bool) -> Mode {
    let mut weights = [0_u32; Mode::ALL.len()];
    for hit in human.own() {
        if let Mark::Mode(mode, weight) = hit.mark
            && !(hit.place.negated && mode == Mode::Debug)
        {
            weights[mode as usize] += u32::from(weight);
        }
    }
    weights[Mode::Debug as usize] +=
        2 * u32::from(has_error) + 2 * u32::from(human.trace_lines > 0);
    // Of equals, the first: debugging before brainstorming before reviewing.
    let best = Mode::ALL
        .iter()
        .rev()
        .max_by_key(|&&mode| weights[mode as usize]);
    match best {
        Some(&mode) if weights[mode as usize] >= ENOUGH => mode,
        _ => Mode::Chat,
    }
}
