//! The fields of labelled turns are right as often as they were when the rules were made.

#![expect(clippy::unwrap_used, reason = "a test fails by stopping")]

#[path = "../benches/accuracy/labelled.rs"]
mod labelled;

use std::collections::HashSet;

use labelled::{FIELDS, SETS, Score, Words, sets};
use tulving_enrich::enrich;

/// What was measured, rounded down to whole hundredths, less two turns in a hundred.
const FLOORS: [[f64; FIELDS.len()]; SETS.len()] = [
    [
        0.91, 0.81, 0.85, 0.87, 0.95, 0.91, 0.96, 0.97, 0.95, 0.86, 0.75,
    ],
    [
        0.90, 0.81, 0.83, 0.83, 0.92, 0.83, 0.94, 0.97, 0.95, 0.81, 0.73,
    ],
    [
        0.71, 0.89, 0.81, 0.66, 0.89, 0.63, 0.93, 0.96, 0.94, 0.48, 0.68,
    ],
];

#[test]
fn fields_are_right_as_often_as_when_the_rules_were_made() {
    for ((turns, set), floors) in sets().iter().zip(SETS).zip(FLOORS) {
        let languages: HashSet<&str> = turns.iter().map(|turn| turn.lang.as_str()).collect();
        assert!(languages.len() > 5, "{set} is of {languages:?} alone");
        let mut score = Score::default();
        for turn in turns {
            let found = Words::from(enrich(&turn.human, &turn.assistant));
            score.count(&turn.fields, &found);
        }
        for ((field, rate), floor) in FIELDS.iter().zip(score.rates()).zip(floors) {
            assert!(
                rate >= floor,
                "{set}, {field}: {rate:.3}, less than {floor}"
            );
        }
    }
}
