//! A data directory that is written to: what is promised of it, whatever happens to it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod file {
    pub(crate) mod support;

    mod base_changed;
    mod claiming;
    mod commit;
    mod compaction;
    mod derived;
    mod disk_full;
    mod documents;
    mod erasing;
    mod journal;
    mod links;
    mod moving;
    mod spaces;
    mod together;
}
