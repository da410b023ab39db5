//! The library's errors as the program tells them: exit code, causes, and what to do.
//!
//! | module | advises on |
//! |---|---|
//! | `store` | a store and its backend |
//! | `files` | a data directory |
//! | `source` | files of memories that cannot be read |
//! | `connection`, `database` | reaching a server; what it refuses |
//! | `embed` | an embedder |
//! | `transfer` | a migration or a verification |
//! | `output` | files that were named and cannot be written |

mod connection;
mod database;
mod embed;
mod files;
mod output;
mod source;
mod store;
mod transfer;

use std::error::Error;

use tulving::ErrorClass;

use crate::exit::CliError;

pub(crate) use files::{into_folders, moved};

/// Makes the error for one of the library: its own text as the message, what lies beneath it as causes, the exit code of its
/// class, and what to do, where there is something.
fn told(class: ErrorClass, error: &dyn Error, hint: Option<String>) -> CliError {
    let message = CliError::new(class.into(), error.to_string());
    let told = match error.source() {
        Some(source) => message.because(source),
        None => message,
    };
    match (hint, class) {
        (Some(hint), _) => told.hint(hint),
        (None, ErrorClass::Bug) => told.hint("tell us: this is a bug in tulving"),
        (None, _) => told,
    }
}

#[cfg(test)]
#[track_caller]
fn check(error: impl Into<CliError>, exit: crate::exit::Exit, hint: &str) {
    let told: CliError = error.into();
    assert_eq!(told.exit, exit, "{told}");
    let said = told.hint.clone().unwrap_or_default();
    assert!(said.contains(hint), "{told}");
}
