//! The objects that cross an edge of the program as JSON: what `--json` prints.
//!
//! They are contracts, and so apart from the library's types: the library may rename a field, and the
//! JSON stays. A file is one noun, and a type is named after it: `wire::Hit` is the JSON of a
//! `store::Hit`. Nothing here knows of a command, a terminal or a server.
//!
//! | module | holds |
//! |---|---|
//! | `memory`, `entry`, `verbatim` | a memory, whether it has a vector, and what columns hold less of |
//! | `document` | documents, and what became of files |
//! | `clusters` | what memories are about |
//! | `ingested` | what became of chat exports |
//! | `found`, `hit` | the answer of a search |
//! | `listing`, `cursor` | a page of memories, and where the next begins |
//! | `written` | what was written |
//! | `scope`, `owner` | whose memories; users and tenants |
//! | `plan`, `report`, `run`, `verification` | a migration: what it would do, what it did, its run, its proof |
//! | `export` | what an export did |
//! | `forgotten` | what was forgotten, or would be |
//! | `index`, `compaction` | what was done to an index, and to a journal |
//! | `reembed` | the vector spaces of a scope, and what was done to them |
//! | `settings`, `checks` | the configuration; what `doctor` found |
//! | `failure` | why a command did not do what was asked |

mod checks;
mod clusters;
mod compaction;
pub mod cursor;
mod document;
mod entry;
mod export;
mod failure;
mod forgotten;
mod found;
mod hit;
mod index;
mod ingested;
mod listing;
mod memory;
mod owner;
mod plan;
mod reembed;
mod report;
mod run;
mod scope;
mod settings;
mod verbatim;
mod verification;
mod written;

pub use checks::{Check, Checks};
pub use clusters::Clusters;
pub use compaction::Compaction;
pub use document::{Document, Documents, Gone, RemovedDocuments, Shown, TakenIn};
pub use entry::Entry;
pub use export::{Exported, ExportedLines};
pub use failure::Failure;
pub use forgotten::{Forgotten, RemovedDirectory, WouldForget};
pub use found::Found;
pub use hit::Hit;
pub use index::Index;
pub use ingested::Ingested;
pub use listing::Listing;
pub use memory::Memory;
pub use owner::{Counted, Tenant, Tenants, User, Users};
pub use plan::{Plan, PlannedDocuments, Prospect};
pub use reembed::{Dropped, Reembedded, Refused, RolledBack, Space, Spaces, ToEmbed, indexes};
pub use report::Report;
pub use run::{Run, Runs};
pub use scope::Scope;
pub use settings::{Setting, Settings};
pub use verification::Verification;
pub use written::{Batch, Deleted, Duplicate, Embedded, Written};

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::Value;
    use tulving::backend::Counts;
    use tulving::backend::postgres::{self, Indexed, VectorIndex};
    use tulving::model::{Kind, Timestamp};
    use uuid::Uuid;

    use super::*;

    /// A map of `serde_json` orders its keys by the alphabet, and scripts have seen them so.
    fn is_in_the_order_of_the_alphabet(object: &impl Serialize) {
        let text = serde_json::to_string(object).unwrap();
        let ordered = serde_json::from_str::<Value>(&text).unwrap();
        assert_eq!(text, ordered.to_string());
    }

    #[test]
    fn objects_that_were_maps_keep_the_order_of_their_keys() {
        let (id, created_at) = (Uuid::from_u128(7), Timestamp::from_micros(0).unwrap());
        let owner = User::from(postgres::User {
            id,
            email: Some("a@b.c".to_owned()),
            tenant_id: None,
            created_at,
        });
        is_in_the_order_of_the_alphabet(&owner);
        let counts = Counts::default();
        let shown = serde_json::to_string(&Counted { owner, counts }).unwrap();
        assert!(shown.starts_with(r#"{"created_at":"#), "{shown}");
        assert!(shown.contains(r#","nodes":0"#), "{shown}");
        is_in_the_order_of_the_alphabet(&Tenant::from(postgres::Tenant {
            id,
            name: "n".to_owned(),
            created_at,
        }));
        let indexed = Indexed {
            kind: Kind::Node,
            words: 1,
            rebuilt: 2,
            mended: 3,
            vectors: 4,
            index: VectorIndex::Built,
        };
        let scope = tulving::model::Scope::User(id);
        is_in_the_order_of_the_alphabet(&Index::new(scope, &[indexed]));
        is_in_the_order_of_the_alphabet(&Batch::default());
        is_in_the_order_of_the_alphabet(&Embedded {
            made: 1,
            refused: Vec::new(),
            without: 2,
        });
    }
}
