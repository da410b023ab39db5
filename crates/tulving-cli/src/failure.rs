//! The library's errors as the program tells them: exit code, causes, and what to do.

mod connection;
mod database;
mod memory;
mod output;
mod source;
mod transfer;

pub(crate) use memory::{into_folders, moved};
mod usage;

use std::error::Error;

use crate::exit::{CliError, Exit};

pub(crate) use database::identifier;
pub(crate) use usage::{lost_id, misuse, no_command};

/// An error with its own text as the message and what lies beneath it as causes.
fn told(exit: Exit, error: &dyn Error) -> CliError {
    let message = CliError::new(exit, error.to_string());
    match error.source() {
        Some(source) => message.because(source),
        None => message,
    }
}

/// An error that nobody but us can have made.
fn bug(error: &dyn Error) -> CliError {
    told(Exit::Bug, error).hint("tell us: this is a bug in tulving")
}
