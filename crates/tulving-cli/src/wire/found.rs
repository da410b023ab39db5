//! What a search found.

use serde::Serialize;
use tulving::model::Document;
use tulving::store;

use super::Hit;

/// `tulving search`
#[derive(Debug, Serialize)]
pub struct Found {
    hits: Vec<Hit>,
    scale: &'static str,
    found_by: &'static str,
    rows_in_scope: u64,
    ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<String>,
}

impl Found {
    /// Makes the object of an answer, of the documents that its hits are pieces of, of what it may lack, and of
    /// the prompt if one was asked for.
    #[must_use]
    pub fn new(
        found: &store::Found,
        documents: &[Document],
        note: Option<String>,
        context: Option<String>,
    ) -> Self {
        Self {
            hits: found
                .hits
                .iter()
                .map(|hit| Hit::new(hit, documents))
                .collect(),
            scale: found.scale.as_str(),
            found_by: found.found_by.as_str(),
            rows_in_scope: found.rows_in_scope,
            ms: (found.took.as_secs_f64() * 1e6).round() / 1e3,
            note,
            context,
        }
    }
}
