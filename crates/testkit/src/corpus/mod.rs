//! Data directories in the origin's layout, of any size and the same for the same seed on every machine.
//!
//! | module | makes |
//! |---|---|
//! | `record`, `text`, `vectors` | nodes and episodes, their texts, their vectors |
//! | `dirt` | what real files hold besides the plain case |
//! | `json`, `write` | the files, as Python writes them |
//!
//! ```no_run
//! use testkit::corpus::Corpus;
//!
//! Corpus::new(100).dim(8).seed(1).dirty(true).write("/tmp/corpus".as_ref());
//! ```

mod dirt;
mod json;
mod record;
mod text;
mod vectors;
mod write;

use std::path::Path;

/// Nodes in a conversation, and so in an episode.
pub const NODES_PER_EPISODE: usize = 8;

/// What to generate: a builder.
#[derive(Debug, Clone)]
pub struct Corpus {
    nodes: usize,
    dim: usize,
    seed: u64,
    clusters: Option<usize>,
    episodes: bool,
    dirty: bool,
    user_id: Option<String>,
    tenant_id: Option<String>,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Records in `nodes.json` and rows in `nodes.npy`.
    pub nodes: usize,
    /// Records in `episodes.json` and rows in `episodes.npy`.
    pub episodes: usize,
    /// Clusters that the vectors were drawn from.
    pub clusters: usize,
}

impl Corpus {
    /// How many nodes a dirty corpus needs to show every kind of dirt at least once.
    pub const DIRTY_ENOUGH: usize = 64;

    /// Returns a clean corpus of this many nodes, with episodes, 1024 dimensions and seed 0.
    pub fn new(nodes: usize) -> Self {
        Self {
            nodes,
            dim: 1024,
            seed: 0,
            clusters: None,
            episodes: true,
            dirty: false,
            user_id: None,
            tenant_id: None,
        }
    }

    /// Numbers in a vector.
    #[must_use]
    pub fn dim(mut self, dim: usize) -> Self {
        self.dim = dim;
        self
    }

    /// Makes it from another seed, which is another corpus: other ids, texts and vectors.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Clusters of vectors and topics: one per 50 nodes, at least 4, unless set. With the same number,
    /// a smaller corpus is the beginning of a larger one.
    #[must_use]
    pub fn clusters(mut self, clusters: usize) -> Self {
        self.clusters = Some(clusters);
        self
    }

    /// Says whether `episodes.json` and `episodes.npy` are written.
    #[must_use]
    pub fn episodes(mut self, episodes: bool) -> Self {
        self.episodes = episodes;
        self
    }

    /// Mixes in what real files hold and a migration must carry unchanged: see `dirt.rs` for the list.
    /// All of it is valid. Every id stays unique.
    #[must_use]
    pub fn dirty(mut self, dirty: bool) -> Self {
        self.dirty = dirty;
        self
    }

    /// Stamps every node with an owner.
    #[must_use]
    pub fn user_id(mut self, user_id: &str) -> Self {
        self.user_id = Some(user_id.to_owned());
        self
    }

    /// Stamps every node with a tenant.
    #[must_use]
    pub fn tenant_id(mut self, tenant_id: &str) -> Self {
        self.tenant_id = Some(tenant_id.to_owned());
        self
    }

    /// Writes the directory, which may exist; files of an earlier corpus in it are replaced.
    ///
    /// Memory does not grow with the number of nodes but for four bytes each.
    pub fn write(&self, directory: &Path) -> Written {
        write::write(self, directory)
            .unwrap_or_else(|e| panic!("cannot write a corpus to {}: {e}", directory.display()))
    }

    fn cluster_count(&self) -> usize {
        self.clusters
            .unwrap_or(self.nodes / 50)
            .max(if self.clusters.is_some() { 1 } else { 4 })
    }
}
