//! What whoever reads chats can rely on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod chatgpt;
mod claude;
mod normal;
mod support;
