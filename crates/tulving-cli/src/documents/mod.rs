//! Documents on their way from files to memory.
//!
//! | module | holds |
//! |---|---|
//! | `walk` | the files that a path leads to |
//! | `protocol` | what is asked of the process that reads them, and what it answers |
//! | `child` | that process |
//! | `reader` | who starts it, waits for it, and starts another when it is lost |
//! | `catalog` | the documents that are there, and which of them says the same as a new one |
//! | `intake` | the course of it: read, compare, embed, store |

mod catalog;
mod child;
mod intake;
mod metadata;
mod protocol;
mod reader;
mod walk;

pub use catalog::{Catalog, chunks_of};
pub use child::{ReadDocuments, serve};
pub use intake::{Intake, Outcome, Report, Stored};
pub use reader::Reader;
pub use walk::{Skipped, Walk, absolute, is_gone, walk};
