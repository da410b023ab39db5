//! The versions of a database that memories come from or go to.

use serde::{Deserialize, Serialize};

/// The versions of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptDatabase {
    /// PostgreSQL's version.
    pub postgresql: String,
    /// pgvector's version.
    pub pgvector: String,
    /// The schema's version.
    pub schema_version: i32,
}
