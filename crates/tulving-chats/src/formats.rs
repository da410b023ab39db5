//! The formats, one file each.

mod ai_studio;
mod chatgpt;
mod claude;
mod claude_code;
mod codex;
mod gemini_activity;
mod gemini_workspace;
mod grok;
mod normal;
mod transcript;

pub(crate) use ai_studio::AiStudio;
pub(crate) use chatgpt::ChatGpt;
pub(crate) use claude::Claude;
pub(crate) use claude_code::ClaudeCode;
pub(crate) use codex::Codex;
pub(crate) use gemini_activity::GeminiActivity;
pub(crate) use gemini_workspace::GeminiWorkspace;
pub(crate) use grok::Grok;
pub(crate) use normal::Normal;
