//! The only door to memories: a [`Store`], and in it, for each owner, a [`ScopedStore`].
//!
//! | module | holds |
//! |---|---|
//! | `open` | [`Store`]: a backend and an embedder |
//! | `scoped` | [`ScopedStore`]: the memories of one owner |
//! | `new_node`, `new_conversation`, `part` | what is given to be stored, and the memories that it becomes |
//! | `record` | whole records, as another memory wrote them |
//! | `remember`, `course`, `remembered` | memories with ids of their own, stored once; what came of it |
//! | `duplicates`, `links` | new nodes compared with what is there: which of them say the same, and the tag that says so |
//! | `merge`, `merging`, `copies` | conversations brought up to what an export says; questions that two of them have |
//! | `importing` | imports, as everybody sees them at work |
//! | `vectors`, `missing_vectors` | vectors of texts, and why some memories have none |
//! | `further_embedders` | several embedders, and the vectors that are written beside those of the current space |
//! | `spaces`, `fill` | the spaces of a scope; vectors for what has none in a space |
//! | `documents` | documents with their chunks |
//! | `clustering` | nodes with their vectors and clusters |
//! | `pages` | memories page by page |
//! | `change` | the changes of an update |
//! | `query`, `search`, `found` | what is searched for, the search, and its result |
//! | `forget` | memories erased for good, with a proof |
//! | `seen_spaces` | a cache of each scope's vector space |
//! | `traced` | a span around each call of a backend |
//! | `error` | [`StoreError`] |

mod change;
mod clustering;
mod copies;
mod course;
mod documents;
mod duplicates;
mod error;
mod fill;
mod forget;
mod found;
mod further_embedders;
mod importing;
mod links;
mod merge;
mod merging;
mod missing_vectors;
mod new_conversation;
mod new_node;
mod open;
mod pages;
mod part;
mod query;
mod record;
mod remember;
mod remembered;
mod scoped;
mod search;
mod seen_spaces;
mod spaces;
mod traced;
mod vectors;

pub use change::Change;
pub use clustering::NodeVectors;
pub use documents::{NewChunk, NewDocument, PutDocument};
pub use duplicates::{Duplicate, OnDuplicate};
pub use error::StoreError;
pub use fill::{Filled, Refused};
pub use forget::{
    Certificate, ForgetStep, Forgetting, Proof, Sealed, Searched, SearchedPlace, Selection,
};
pub use found::{Found, Hit};
pub use importing::Importing;
pub use merge::Merged;
pub use merging::{Fate, Merging};
pub use missing_vectors::{LeftOut, WordsOnly};
pub use new_conversation::{Fields, NewConversation, NewMessage, NewTurn, Role};
pub use new_node::NewNode;
pub use open::{Location, Store, StoreConfig};
pub use pages::Pages;
pub use query::{Limit, Mode, Query};
pub use record::NewRecord;
pub use remember::NewMemory;
pub use remembered::{IfThere, Outcome, Remembered, Written};
pub use scoped::{Added, ScopedStore};
