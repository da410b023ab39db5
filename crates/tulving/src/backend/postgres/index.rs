//! The index of a large scope's vectors, and the upkeep of its keyword index.

use crate::model::Kind;

/// The name of the index of one scope's vectors: its own, so that no scope feels another's.
pub(super) fn index_name(kind: Kind, scope: uuid::Uuid, space_id: i32) -> String {
    format!("{}_vectors_{}_{space_id}", kind.as_str(), scope.simple())
}
