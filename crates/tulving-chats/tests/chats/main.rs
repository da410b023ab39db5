//! What whoever reads chats can rely on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod archives;
mod chatgpt;
mod claude;
mod gemini;
mod grok;
mod hostile;
mod mixed;
mod normal;
mod properties;
mod recalled;
mod support;
mod transcripts;
