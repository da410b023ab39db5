//! The only door to memories: a [`Store`], and in it, for each owner, a [`ScopedStore`].

mod change;
mod error;
mod found;
mod new_conversation;
mod new_node;
mod open;
mod part;
mod query;
mod remember;
mod scoped;
mod search;
mod seen;
mod traced;

pub use change::Change;
pub use error::StoreError;
pub use found::{Found, Hit, WordsOnly};
pub use new_conversation::{NewConversation, NewMessage, Role};
pub use new_node::NewNode;
pub use open::{Location, Store, StoreConfig};
pub use query::{Limit, Mode, Query};
pub use remember::{IfThere, NewMemory, Outcome, Remembered};
pub use scoped::{Added, ScopedStore};
