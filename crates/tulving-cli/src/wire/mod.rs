//! The objects that cross an edge of the program as JSON: what `--json` prints.
//!
//! They are contracts, and so apart from the library's types: the library may rename a field, and the
//! JSON stays. A file is one noun, and a type is named after it: `wire::Hit` is the JSON of a
//! `store::Hit`. Nothing here knows of a command, a terminal or a server.

mod hit;
mod memory;
mod plan;
mod report;
mod run;
mod scope;
mod verbatim;
mod verification;

pub use hit::Hit;
pub use memory::Memory;
pub use plan::{Plan, Prospect};
pub use report::Report;
pub use run::Run;
pub use scope::Scope;
pub use verification::Verification;
