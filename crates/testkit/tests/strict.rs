//! The strict backend does what every backend must do.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::collections::BTreeSet;
use std::fs;

use testkit::strict::StrictFixture;

async fn fixture() -> StrictFixture {
    StrictFixture::new()
}

testkit::conformance_tests!(fixture);

#[test]
fn every_body_of_the_suite_is_in_its_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/conformance");
    let mut bodies = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for line in fs::read_to_string(&path).unwrap().lines() {
            if let Some(rest) = line.strip_prefix("pub async fn ") {
                bodies.insert(format!("{file}::{}", rest.split('(').next().unwrap()));
            }
        }
    }
    let listed: BTreeSet<String> = testkit::conformance::NAMES
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(bodies, listed);
}
