//! The strict backend does what every backend must do.

use std::collections::BTreeSet;
use std::fs;

use testkit::strict::StrictFixture;

const SEED: u64 = 1;

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

#[tokio::test]
async fn ten_thousand_probes_find_nothing_of_another_scope() {
    let probed = testkit::probes::run(&fixture().await, 10_000, SEED).await;
    println!("{probed}");
    assert_eq!((probed.probes, probed.controls), (10_000, 10_000));
}

#[test]
fn random_operations_do_what_a_map_would_do() {
    testkit::operations::run(fixture, 200, SEED);
}
