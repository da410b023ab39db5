//! The result of a search.

use std::time::Duration;

use super::missing_vectors::WordsOnly;
use crate::backend::SearchMethod;
use crate::model::{Document, Memory};
use crate::search::fusion::{RetrieverHit, Scale};
use crate::search::prompt;
use crate::search::snippet::Snippet;

/// The answer to a [`Query`](super::Query).
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The best first: as many as were asked for, or as there are.
    pub hits: Vec<Hit>,
    /// What the scores say.
    pub scale: Scale,
    /// The words of the query, or those of the memory that hits should be similar to; empty for a
    /// vector alone.
    pub question: String,
    /// How vectors were compared.
    pub found_by: SearchMethod,
    /// Memories of the scope among which was searched, before any filter but that of kinds.
    pub rows_in_scope: u64,
    /// How long it took.
    pub took: Duration,
    /// Memories whose words were made by other rules than this program's, and may be missed by them;
    /// [`Database::renew_words`](crate::backend::postgres::Database::renew_words) makes them anew.
    pub outdated: u64,
    /// Why only words were looked for, where more was asked.
    pub words_only: Option<WordsOnly>,
}

impl Found {
    /// Returns the hits as text for a prompt, marked as data, in at most `budget` characters: long ones
    /// cut around what was asked. Pieces of `documents`, which
    /// [`documents_of`](super::ScopedStore::documents_of) finds, are cited with title, file and page. See
    /// [`prompt`].
    #[must_use]
    pub fn prompt(&self, documents: &[Document], budget: usize) -> String {
        let memories: Vec<&Memory> = self.hits.iter().map(|hit| &hit.memory).collect();
        prompt::prompt(&memories, documents, &self.question, budget)
    }
}

/// A memory that was found, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The memory.
    pub memory: Memory,
    /// Place among the hits, from 1.
    pub rank: usize,
    /// How well it answers, on the scale of the answer.
    pub score: f64,
    /// Its place and score among those found by vector.
    pub vector: Option<RetrieverHit>,
    /// Its place and score among those found by words.
    pub keyword: Option<RetrieverHit>,
    /// The part of it that holds most of what was asked.
    pub snippet: Snippet,
}
