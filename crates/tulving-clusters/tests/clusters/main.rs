//! What whoever looks for clusters can rely on.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod carrying;
mod centroids;
mod groups;
mod labels;
mod reference;
mod steadiness;
mod support;
