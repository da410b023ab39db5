//! Why a command did not do what was asked.

use serde::Serialize;

use crate::exit::CliError;
use crate::text::safe;

/// What is printed in place of a result.
#[derive(Debug, Serialize)]
pub struct Failure {
    error: Error,
}

#[derive(Debug, Serialize)]
struct Error {
    exit: u8,
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
}

impl From<&CliError> for Failure {
    fn from(error: &CliError) -> Self {
        Self {
            error: Error {
                exit: error.exit.code(),
                message: safe(&error.message),
                causes: error.causes.iter().map(|cause| safe(cause)).collect(),
                hint: error.hint.as_deref().map(safe),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_program_reads_one_object_without_secrets_and_control_characters() {
        let error = CliError::new(
            Exit::Unreachable,
            "connecting to h:5432 as u: Connection refused",
        )
        .cause("row says \x1b[2J")
        .cause("postgres://u:canary@h/d")
        .hint("start the server");
        let told = json!({"error": {
            "exit": 7,
            "message": "connecting to h:5432 as u: Connection refused",
            "causes": ["row says \\u{1b}[2J", "postgres://u:***@h/d"],
            "hint": "start the server",
        }});
        assert_eq!(to_value(Failure::from(&error)).unwrap(), told);
    }
}
