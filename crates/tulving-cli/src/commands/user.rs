//! `tulving user`: the users of a database.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `tulving user …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a user and prints the new id
    ///
    /// Memories are migrated for a user or a tenant, which must exist. The id is printed alone,
    /// so that `ID=$(tulving user create --email …)` works. Give the global `--tenant-id` to make
    /// the user a member of a tenant.
    Create(Create),

    /// Lists the users of a database
    List,
}

/// `tulving user create`
#[derive(Debug, Args)]
pub struct Create {
    /// The user's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: String,

    /// Who vouches for the user, such as google or azure-ad
    #[arg(long, value_name = "NAME", requires = "external_id")]
    pub auth_provider: Option<String>,

    /// The user's id at that provider
    #[arg(long, value_name = "ID", requires = "auth_provider")]
    pub external_id: Option<String>,

    /// The id to give the user [default: a new one]
    #[arg(long, value_name = "UUID")]
    pub id: Option<String>,

    /// Prints the SQL instead of running it; needs no database
    #[arg(long)]
    pub sql: bool,

    /// Writes that SQL to a file
    #[arg(long, value_name = "FILE", requires = "sql")]
    pub output: Option<PathBuf>,
}
