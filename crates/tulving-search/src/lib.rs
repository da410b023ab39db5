//! Search, without any input or output: backends bring rows, postings and statistics; what is here
//! scores and orders them, the same everywhere to the last bit.
//!
//! | module | holds |
//! |---|---|
//! | [`text`] | what of a memory is embedded, and what is indexed by its words |
//! | [`tokens`] | the tokenizer |
//! | [`keyword`] | BM25 over postings |
//! | [`segment`] | an immutable inverted index in one buffer of bytes |
//! | [`delta`] | a mutable one in memory, for what was written since |
//! | [`index`] | what the two have in common, and asking several at once |
//! | [`vector`] | cosine similarity, and the exact search for the nearest |
//! | [`fusion`] | rank fusion: one order from both |
//! | [`sameness`] | whether two texts say the same, and how much of one is in the other |
//! | [`snippet`] | the part of a text that answers a query |
//! | [`prompt`], `passages` | hits as text for a prompt, long ones cut to their passages |
//! | `arithmetic`, `bytes` | functions with the same bits on every machine, and numbers read out of bytes |

mod arithmetic;
pub mod bytes;

pub mod delta;
pub mod fusion;
pub mod index;
pub mod keyword;
mod passages;
pub mod prompt;
pub mod sameness;
pub mod segment;
pub mod snippet;
pub mod text;
pub mod tokens;
pub mod vector;
