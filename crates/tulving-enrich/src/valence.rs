//! How the human feels.

use crate::fields::Valence;
use crate::lexicon::Mark;
use crate::side::Side;

/// Returns the valence of a text: words of feeling weighed, the opposite where a negation stands before.
pub(crate) fn of(human: &Side) -> Valence {
    let mut balance = 0_i64;
    for hit in human.own() {
        if let Mark::Feel(strength) = hit.mark {
            let strength = i64::from(strength);
            // What is not bad is hardly good: "I don't hate it".
            balance += match (hit.place.negated, strength < 0) {
                (false, _) => strength,
                (true, false) => -strength,
                (true, true) => 0,
            };
        }
    }
    match balance {
        ..=-1 => Valence::Negative,
        0 | 1 => Valence::Neutral,
        2.. => Valence::Positive,
    }
}
