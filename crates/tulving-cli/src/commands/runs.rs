//! `tulving runs`: migrations, from the ledger in the database.

use clap::{Args, Subcommand};

/// `tulving runs …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the runs, newest first
    List,

    /// Shows one run: phase, rows, rate; also of a run that another process is at
    Status(Status),
}

/// `tulving runs status`
#[derive(Debug, Args)]
pub struct Status {
    /// The run [default: the newest]
    #[arg(value_name = "RUN_ID")]
    pub run_id: Option<String>,
}
