//! Tools: what a model can call.

use serde_json::{Value, json};

use crate::arguments::Arguments;

/// What a call of a tool does to what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Reads,
    /// Something is added; what is there stays.
    Adds,
    /// Something that is there becomes different or goes away. The same call again does nothing more.
    Changes,
}

/// A tool, as a client is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// What it is called by: letters, digits, `_` and `-`.
    pub name: &'static str,
    /// What a person reads.
    pub title: &'static str,
    /// When to call it, and what it gives: a model decides by this alone.
    pub description: &'static str,
    /// The arguments: a JSON schema of type `object`, of plain keywords only.
    pub input: Value,
    /// What a call does.
    pub effect: Effect,
    /// Whether a client that loads tools only when they are searched for should always have it.
    pub always: bool,
}

impl Tool {
    /// Returns the tool as a list of tools has it.
    pub(crate) fn listed(&self) -> Value {
        let reads = self.effect == Effect::Reads;
        let mut listed = json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input,
            "annotations": {
                "title": self.title,
                "readOnlyHint": reads,
                "destructiveHint": self.effect == Effect::Changes,
                "idempotentHint": self.effect != Effect::Adds,
                "openWorldHint": false,
            },
        });
        if self.always {
            listed["_meta"] = json!({"anthropic/alwaysLoad": true});
        }
        listed
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// What was asked for, as a model reads it.
    Answer(String),
    /// Why it was not done, so that a model can do better.
    Failure(String),
}

impl Called {
    /// Returns the result of the call.
    pub(crate) fn result(self) -> Value {
        match self {
            Self::Answer(text) => json!({"content": [{"type": "text", "text": text}]}),
            Self::Failure(text) => {
                json!({"content": [{"type": "text", "text": text}], "isError": true})
            }
        }
    }
}

/// The tools of a server.
pub trait Tools: Send + Sync {
    /// Returns them, in an order that stays. They are the same for every client.
    fn list(&self) -> &[Tool];

    /// Returns when to use them, as a model is told at the beginning. Nobody's data is in it.
    fn instructions(&self) -> &str;

    /// Calls one of those that are listed.
    fn call(&self, tool: &Tool, arguments: Arguments) -> impl Future<Output = Called> + Send;
}
