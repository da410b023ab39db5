//! The flags that every command takes.

use std::path::PathBuf;

use clap::Args;

use crate::config::{Backend, Env, Overrides};
use crate::terminal::{Colour, Face};

/// Flags that every command takes. They come before the environment, and that before the file.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The configuration file [default: config.yaml, if there is one here]
    #[arg(long, global = true, value_name = "FILE", value_parser = crate::config::path())]
    pub config: Option<PathBuf>,

    /// Where memory lives [default: file]
    #[arg(long, global = true, value_name = "BACKEND")]
    pub backend: Option<Backend>,

    // A text, because the error for a wrong one is ours: it says how to get a right one.
    /// The user whose memories are meant
    #[arg(long, global = true, value_name = "UUID", conflicts_with = "tenant_id")]
    pub user_id: Option<String>,

    /// The tenant whose memories are meant; with `user create`, the tenant that the new user belongs to
    #[arg(long, global = true, value_name = "UUID")]
    pub tenant_id: Option<String>,

    /// The data directory [default: data]
    #[arg(long, global = true, value_name = "DIR", value_parser = crate::config::path())]
    pub data_dir: Option<PathBuf>,

    /// The schema of the database that the tables are in [default: the first of the search path]
    #[arg(long, global = true, value_name = "NAME")]
    pub schema: Option<String>,

    /// Prints the result, or the error, as one JSON object on stdout
    #[arg(long, global = true)]
    pub json: bool,

    /// When output is coloured; `auto` respects the environment variables NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,

    /// Answers every question with yes, without asking
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,

    /// Replaces the output file of a command if it exists already
    #[arg(long, global = true)]
    pub force: bool,
}

impl Global {
    /// Returns how to speak: as a person or a program reads, with or without colour.
    #[must_use]
    pub fn face(&self, env: &Env) -> Face {
        Face::new(self.json, self.color, env)
    }

    /// Returns the flags that override the configuration.
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            backend: self.backend,
            user_id: self.user_id.clone(),
            tenant_id: self.tenant_id.clone(),
            data_dir: self.data_dir.clone(),
            schema: self.schema.clone(),
        }
    }
}
