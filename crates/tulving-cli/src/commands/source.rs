//! The sources that the Python program knows, in whose files memories may lie.

use clap::ValueEnum;

/// What a memory bears in place of a source that the Python program does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceAs {
    Anthropic,
    Openai,
    Grok,
    Gemini,
}

impl SourceAs {
    /// Returns the name that records use.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::Openai => "openai",
            Self::Grok => "grok",
            Self::Gemini => "gemini",
        }
    }
}
