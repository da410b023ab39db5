//! Errors as a model reads them: the class, the causes and the advice of the command line, and where a tool is the way
//! out, its name.

use tulving::store::StoreError;
use tulving_mcp::BadArgument;

use crate::context::Context;
use crate::exit::CliError;

/// Returns the text of an error. The commands that it advises name the memory that is meant.
pub(super) fn text(error: CliError, cx: &Context) -> String {
    let error = CliError {
        hint: error.hint.map(|hint| cx.advice(&hint)),
        ..error
    };
    let label = format!("error ({}):", error.exit.word());
    error.render(&label, "try:")
}

/// Makes the error for a store's.
pub(super) fn told(error: StoreError) -> CliError {
    let way_out = match &error {
        StoreError::NoSuchMemory { .. } => {
            Some("memory_search or memory_list, which give the ids of what is there")
        }
        StoreError::EmptyQuery => Some("a query that says what to look for"),
        StoreError::Blank { .. } => Some("text, answer, or both"),
        StoreError::Differs { .. } => Some(
            "another idempotency_key, if this is something else; memory_update, if it is to be different",
        ),
        StoreError::Forgotten { .. } => Some(
            "nothing: somebody had it erased; that person may bring it back with tulving add --restore-forgotten",
        ),
        StoreError::NoSuchField { .. } => Some(
            "text, answer and tags are of questions, title is of conversations; a document changes with its file",
        ),
        StoreError::NoEmbedder(_) => Some("mode hybrid or keyword, which look at words"),
        _ => None,
    };
    let told = CliError::from(error);
    match way_out {
        Some(way_out) => told.hint(way_out),
        None => told,
    }
}

impl From<BadArgument> for CliError {
    fn from(error: BadArgument) -> Self {
        Self::usage(error.to_string())
    }
}

/// Makes the error for an argument that must be there.
pub(super) fn missing(name: &str) -> CliError {
    CliError::usage(format!("{name} is missing"))
}
