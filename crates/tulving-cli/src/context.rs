//! What every command is handed.

use clap::Command;
use tulving::backend::postgres::{Connection, Database, DatabaseError, Dsn};

use crate::config::{Backend, Config, Env, Overrides};
use crate::exit::CliError;
use crate::global::Global;
use crate::terminal::{Face, Screen};

/// The configuration and the wishes that hold for every command. [`crate::memory`] opens what
/// it names.
#[derive(Debug)]
pub struct Context {
    /// What the program was told.
    pub config: Config,
    /// The result is wanted as one JSON object.
    pub json: bool,
    /// Nothing is to be asked.
    pub yes: bool,
    /// A file that is there may be replaced.
    pub force: bool,
    /// What stdout can show.
    pub out: Screen,
    /// What stderr can show.
    pub err: Screen,
    /// The command line, which advice is written in.
    pub cli: fn() -> Command,
}

impl Context {
    /// Reads the configuration.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn new(global: &Global, cli: fn() -> Command) -> Result<Self, CliError> {
        Self::with(
            Config::load(global.overrides(), Env::process())?,
            global,
            cli,
        )
    }

    /// Returns the same for commands that show what is wrong with the configuration.
    ///
    /// # Errors
    /// As [`Config::look`].
    pub fn forgiving(global: &Global, cli: fn() -> Command) -> Result<Self, CliError> {
        Self::with(
            Config::look(global.overrides(), Env::process())?,
            global,
            cli,
        )
    }

    /// Returns the same for the command that makes the configuration.
    ///
    /// # Errors
    /// As [`Config::load_if_there`].
    pub fn before_configuration(global: &Global, cli: fn() -> Command) -> Result<Self, CliError> {
        Self::with(
            Config::load_if_there(global.overrides(), Env::process())?,
            global,
            cli,
        )
    }

    fn with(config: Config, global: &Global, cli: fn() -> Command) -> Result<Self, CliError> {
        let Face { json, out, err } = global.face(&Env::process());
        let yes = global.yes;
        Ok(Self {
            config,
            json,
            yes,
            force: global.force,
            out,
            err,
            cli,
        })
    }

    /// Returns the advice with the flags in its commands that say which memory is meant.
    #[must_use]
    pub fn advice(&self, advice: &str) -> String {
        self.config.flags().repeated_in(&(self.cli)(), advice)
    }

    /// Returns an error of a data directory. What it advises is about this directory, also where memory
    /// is in a database.
    pub fn of_files(&self, error: impl Into<CliError>) -> CliError {
        let error: CliError = error.into();
        let in_files = Overrides {
            backend: Some(Backend::File),
            ..Overrides::default()
        };
        match (self.config.backend(), &error.hint) {
            (Ok(Backend::Postgres), Some(hint)) => CliError {
                hint: Some(in_files.repeated_in(&(self.cli)(), hint)),
                ..error
            },
            _ => error,
        }
    }

    /// Returns how the program speaks.
    #[must_use]
    pub fn face(&self) -> Face {
        let Self { json, out, err, .. } = *self;
        Face { json, out, err }
    }

    /// Returns the database that the configuration names; nothing is connected yet.
    ///
    /// # Errors
    /// If none is named, or the connection string cannot be read.
    pub fn database(&self) -> Result<Database, CliError> {
        let url = self.config.database_url()?;
        let dsn = Dsn::read(url.expose(), &self.config.surroundings()?);
        let database = Database::new(dsn.map_err(DatabaseError::from)?);
        Ok(match self.config.schema()? {
            Some(schema) => database.in_schema(schema),
            None => database,
        })
    }

    /// Connects to that database.
    ///
    /// # Errors
    /// As [`Self::database`], and if no server answers.
    pub async fn connect(&self) -> Result<Connection, CliError> {
        Ok(self.database()?.connect().await?)
    }
}
