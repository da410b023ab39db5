//! Search, without any input or output: backends bring rows, postings and statistics; what is here
//! scores and orders them, the same everywhere to the last bit.
//!
//! | module | holds |
//! |---|---|
//! | [`text`] | what of a memory is embedded, and what is indexed by its words |
//! | [`tokens`] | text as words |
//! | [`keyword`] | BM25 over postings |
//! | [`segment`] | postings in one buffer of bytes that never changes |
//! | [`delta`] | postings in memory, for what was written since |
//! | [`index`] | what the two have in common, and asking several at once |
//! | [`vector`] | cosine similarity, and the exact search for the nearest |
//! | [`fusion`] | one order from the two arms |
//! | [`snippet`] | the part of a text that answers a query |
//! | [`context`] | hits as text for a prompt, long ones cut to their passages |

mod arithmetic;
pub(crate) mod bytes;
pub mod context;
pub mod delta;
pub mod fusion;
pub mod index;
pub mod keyword;
mod passages;
pub mod segment;
pub mod snippet;
pub mod text;
pub mod tokens;
pub mod vector;
