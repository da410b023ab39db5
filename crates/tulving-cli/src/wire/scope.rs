//! Whose memories.

use serde::Serialize;
use tulving::model;

/// Whose memories.
#[derive(Debug, Serialize)]
pub struct Scope {
    kind: &'static str,
    id: String,
}

impl From<model::Scope> for Scope {
    fn from(scope: model::Scope) -> Self {
        Self {
            kind: scope.kind().as_str(),
            id: scope.id().to_string(),
        }
    }
}
