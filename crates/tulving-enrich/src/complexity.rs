//! How much there is to follow in a turn.

use crate::fields::Complexity;
use crate::side::Side;

/// Returns the complexity of a turn: points for its length, its parts, its code and its depth.
pub(crate) fn of(human: &Side, assistant: &Side, depth: u8) -> Complexity {
    let questions = human
        .sentences
        .iter()
        .filter(|sentence| sentence.asks)
        .count();
    let code = human.code_lines + assistant.code_lines + human.trace_lines;
    let mut points = 0;
    points += usize::from(human.characters > 250) + usize::from(human.characters > 1_000);
    points += usize::from(assistant.characters > 250)
        + usize::from(assistant.characters > 700)
        + usize::from(assistant.characters > 2_500);
    points += usize::from(code > 2) + usize::from(code > 10);
    points += usize::from(human.outline_lines + assistant.outline_lines > 3);
    points += usize::from(questions > 2);
    points += usize::from(depth >= 6);
    match points {
        0..=1 => Complexity::Simple,
        2..=3 => Complexity::Moderate,
        _ => Complexity::Complex,
    }
}
