//! What every command is handed.

use tulving::backend::postgres::{Connection, Database, DatabaseError};

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

    /// The database that the configuration names; nothing is connected yet.
    ///
    /// # Errors
    /// If none is named, or the connection string cannot be read.
    pub fn database(&self) -> Result<Database, CliError> {
        let dsn = self.config.database_url()?.expose().parse();
        Ok(Database::new(dsn.map_err(DatabaseError::from)?))
    }

    /// A connection to that database.
    ///
    /// # Errors
    /// As [`Self::database`], and if no server answers.
    pub async fn connect(&self) -> Result<Connection, CliError> {
        Ok(self.database()?.connect().await?)
    }
}
