//! A fixture: what a backend brings to be tested, a place of its own to keep memories in.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tulving::backend::{Backend, Draft, Entry};
use tulving::model::Scope;

use crate::documents::put_documents;

/// A place that was just made for one test, and holds nothing yet. Vectors in it are of
/// [`sample::space`](crate::sample::space).
#[async_trait]
pub trait Fixture: fmt::Debug + Send + Sync {
    /// The scope whose memories are kept here.
    fn own(&self) -> Scope;

    /// Somebody else, and whether the place keeps that one's memories as well.
    fn other(&self) -> Other;

    /// Opens the place anew, as another process would; what was opened before stays open.
    async fn open(&self) -> Arc<dyn Backend>;

    /// Does what the backend does in its own time: folds, merges, rebuilds. Nothing that a caller
    /// sees may change.
    async fn maintain(&self) {}

    /// Puts memories of the other scope into the place. Where that one is refused they are put there
    /// past the backend, among those of the own scope and stamped with the other.
    async fn plant(&self, entries: Vec<Entry>) {
        match self.other() {
            Other::Kept(scope) => {
                let backend = self.open().await;
                put_documents(&*backend, scope, &entries).await;
                let drafts = entries.into_iter().map(Draft::Whole).collect();
                backend.insert(scope, drafts).await.expect("plant memories");
            }
            Other::Refused(scope) => {
                panic!("{self:?} refuses {scope}, so it has to plant its rows itself")
            }
        }
    }
}

/// Somebody whose memories are not the own ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// The place keeps these memories too, apart.
    Kept(Scope),
    /// The place belongs to one scope, and this is another.
    Refused(Scope),
}

impl Other {
    /// Returns who it is.
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::Kept(scope) | Self::Refused(scope) => scope,
        }
    }
}
