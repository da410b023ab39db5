//! The fields of labelled turns are right as often as they were when the rules were made.

#![expect(clippy::unwrap_used, reason = "a test fails by stopping")]

#[path = "../benches/accuracy/labelled.rs"]
mod labelled;

use labelled::{FIELDS, Found, Score, halves};
use tulving_enrich::enrich;

/// What is measured, rounded down, less three turns in a hundred: for the half that the rules were made for, and for
/// the half that was kept apart.
const FLOORS: [[f64; FIELDS.len()]; 2] = [
    [
        0.90, 0.80, 0.77, 0.85, 0.94, 0.90, 0.95, 0.96, 0.94, 0.84, 0.74,
    ],
    [
        0.88, 0.78, 0.76, 0.82, 0.91, 0.82, 0.93, 0.96, 0.94, 0.80, 0.72,
    ],
];

#[test]
fn fields_are_right_as_often_as_when_the_rules_were_made() {
    for (half, floors) in halves().iter().zip(FLOORS) {
        let mut score = Score::default();
        for turn in half {
            score.count(turn, &Found::from(enrich(&turn.human, &turn.assistant)));
        }
        for ((field, rate), floor) in FIELDS.iter().zip(score.rates()).zip(floors) {
            assert!(
                rate >= floor,
                "{field}: {rate:.3} of {} turns, less than {floor}",
                half.len()
            );
        }
    }
}
