//! What fuzzers start from, replayed: what they assert holds for each seed.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// The fuzzers' own functions.
#[expect(unreachable_pub, reason = "in the fuzzers' package they are reached")]
#[path = "../../../fuzz/src/lib.rs"]
mod fuzzers;

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| entry.expect("it can be listed").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

#[test]
fn seeds_pass_what_their_fuzzer_asserts() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let targets = fuzzers::TARGETS.map(|(name, _)| format!("{name}.rs"));
    assert_eq!(names(&fuzz.join("fuzz_targets")), targets.into());

    let mut failed = Vec::new();
    for (name, run) in fuzzers::TARGETS {
        let folder = fuzz.join("seeds").join(name);
        let seeds = names(&folder);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for seed in seeds {
            let bytes = fs::read(folder.join(&seed)).expect("a seed can be read");
            if catch_unwind(|| run(&bytes)).is_err() {
                failed.push(format!("{name}/{seed}"));
            }
        }
    }
    assert!(failed.is_empty(), "seeds that fail: {failed:?}");
}
