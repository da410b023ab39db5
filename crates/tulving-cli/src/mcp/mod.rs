//! Memory as the tools of an assistant: what the Model Context Protocol is to find memory behind.
//!
//! | module | holds |
//! |---|---|
//! | `tools` | the tools, one file each |
//! | `open` | the memory, opened when it is first needed |
//! | `answer` | what was recalled, as a model reads it: records within a fence |
//! | `problem` | errors as a model reads them |
//! | `stdio` | the server behind stdin and stdout |
//! | `client` | what is pasted into the configuration of an assistant |

mod answer;
mod client;
mod open;
mod problem;
mod stdio;
mod tools;

pub use client::{Client, Snippet};
pub use open::Opener;
pub use stdio::serve;
pub use tools::{MemoryTools, Offer};
