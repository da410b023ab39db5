//! `tulving tenant`: the tenants of a database.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `tulving tenant …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a tenant and prints the new id
    ///
    /// A tenant's memories belong to all of it together. The id is printed alone, so that
    /// `ID=$(tulving tenant create --name …)` works.
    Create(Create),

    /// Lists the tenants of a database
    List,
}

/// `tulving tenant create`
#[derive(Debug, Args)]
pub struct Create {
    /// The tenant's name
    #[arg(long, value_name = "NAME")]
    pub name: String,

    /// Makes a first user of the tenant, with this e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub admin_email: Option<String>,

    /// The tenant's id in Azure
    #[arg(long, value_name = "ID")]
    pub azure_tenant_id: Option<String>,

    /// The id to give the tenant [default: a new one]
    #[arg(long, value_name = "UUID")]
    pub id: Option<String>,

    /// Prints the SQL instead of running it; needs no database
    #[arg(long)]
    pub sql: bool,

    /// Writes that SQL to a file
    #[arg(long, value_name = "FILE", requires = "sql")]
    pub output: Option<PathBuf>,
}
