//! A cache: the vector space of each scope when a store last heard of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{Scope, Space};

/// So many scopes are remembered; then it begins anew.
const MOST: usize = 10_000;

/// The spaces that were seen, for all scopes of a store. Others may write meanwhile, so nothing rests on them:
/// they save a question to the backend, and an embedder's work that would be for nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct SeenSpaces(Arc<Mutex<HashMap<Scope, Option<Arc<Space>>>>>);

impl SeenSpaces {
    /// Returns the space that was seen: `None` inside where the scope had none, outside where nothing is
    /// known.
    #[expect(
        clippy::option_option,
        reason = "that a scope has no space is another thing than not to know"
    )]
    pub(super) fn of(&self, scope: Scope) -> Option<Option<Arc<Space>>> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&scope).cloned()
    }

    /// Remembers what a backend said.
    pub(super) fn note(&self, scope: Scope, space: Option<&Arc<Space>>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST && !seen.contains_key(&scope) {
            seen.clear();
        }
        seen.insert(scope, space.cloned());
    }

    /// Forgets what turned out to be otherwise; returns whether a space had been seen.
    pub(super) fn forget(&self, scope: Scope) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.remove(&scope).flatten().is_some()
    }
}
