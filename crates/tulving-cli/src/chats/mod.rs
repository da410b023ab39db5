//! Chat exports on their way into memory.
//!
//! | module | does |
//! |---|---|
//! | `conversation` | a conversation of an export → what is stored of it |
//! | `intake` | the course of it: read on a thread of its own, stored a batch at a time |
//! | `report` | what became of files, conversations and memories |

mod conversation;
mod intake;
mod report;

pub use intake::Intake;
pub use report::{Refused, Report};
