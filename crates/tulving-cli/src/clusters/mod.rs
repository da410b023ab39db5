//! What memories are about: nodes put into clusters, and the clusters as they are shown.
//!
//! | module | does |
//! |---|---|
//! | `renewal` | clusters found anew, or new nodes put into those that are there |
//! | `overview` | each cluster with its times and some of its questions |

mod overview;
mod renewal;

pub use overview::{Example, Group, Overview};
pub use renewal::Renewal;
