//! What every command is handed.

use crate::cli::Global;
use crate::config::{Config, Env};
use crate::exit::CliError;

/// The configuration and the wishes that hold for every command.
#[derive(Debug)]
pub struct Context {
    /// What the program was told.
    pub config: Config,
    /// The result is wanted as one JSON object.
    pub json: bool,
    /// Nothing is to be asked.
    pub yes: bool,
}

impl Context {
    /// Reads the configuration.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn new(global: &Global) -> Result<Self, CliError> {
        Ok(Self {
            config: Config::load(global.overrides(), Env::process())?,
            json: global.json,
            yes: global.yes,
        })
    }
}
