//! How soon the human needs it.

use crate::fields::Urgency;
use crate::lexicon::Mark;
use crate::side::Side;

/// Returns the highest urgency that a word of a text tells.
pub(crate) fn of(human: &Side) -> Urgency {
    let told = human.own().filter_map(|hit| match hit.mark {
        Mark::Haste(urgency) if !hit.place.negated => Some(urgency),
        _ => None,
    });
    told.max().unwrap_or_default()
}
