//! Whether something remains to be done.

use crate::lexicon::Mark;
use crate::side::Side;

/// Returns whether a text says that something remains to be done, beside what it asks of the assistant.
pub(crate) fn of(human: &Side) -> bool {
    human
        .own()
        .any(|hit| hit.mark == Mark::Todo && !hit.place.negated)
}
