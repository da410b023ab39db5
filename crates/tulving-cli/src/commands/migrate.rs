//! `tulving migrate`: a data directory into PostgreSQL.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Moves a data directory into PostgreSQL, and proves that all of it arrived
///
/// Four phases: plan (count, cut the work), validate (read every row, write nothing), copy, and
/// verify (read every row back and compare it, vectors bit for bit). The data directory is never
/// changed. A run that was interrupted or killed is resumed by the same command, with other
/// workers or batch sizes if you like. Running it again later writes only what is new.
///
/// The user or tenant must exist: see `tulving user create`. The database needs the tables: see
/// `tulving schema apply`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tulving migrate --user-id UUID --dry-run\n  \
    tulving migrate --user-id UUID --data-dir ./data --yes\n  \
    tulving migrate --user-id UUID --on-error reject\n  \
    tulving migrate --user-id UUID --rows rejects.jsonl")]
pub struct Migrate {
    /// Plans and validates only: the database is not written to
    #[arg(long)]
    pub dry_run: bool,

    /// The model that made the vectors [default: the manifest's, else BGE-M3 where they are 1024
    /// wide]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,

    /// What to do with a row that cannot be migrated: write nothing at all, or set the row aside
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    pub on_error: OnError,

    /// What to do with a row that is there already and differs
    #[arg(long, value_name = "WHAT", default_value = "keep")]
    pub existing: Existing,

    /// Migrates these kinds only, separated by commas [default: all]
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub only: Vec<Only>,

    /// Migrates the rows of a rejects file, as you have mended them, instead of all rows
    #[arg(long, value_name = "FILE")]
    pub rows: Option<PathBuf>,

    /// Gives up an unfinished run and starts over
    #[arg(long)]
    pub restart: bool,

    /// Takes rows that are stamped with another user or tenant, and stamps them with this one
    #[arg(long)]
    pub restamp: bool,

    /// Takes 64-bit vectors though rounding them to 32 bits loses digits; the receipt says so
    #[arg(long, value_name = "TYPE")]
    pub cast: Option<Cast>,

    /// Where the receipt goes [default: beside the configuration, named after the run]
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,

    /// Where `--on-error reject` writes the rejected rows [default: rejects.jsonl, beside the
    /// configuration]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

    /// How many connections write at once [default: by the machine]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: Option<u16>,

    /// How many rows are written and committed together [default: by their size]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub batch_rows: Option<u32>,
}

/// What happens to a run with a bad row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnError {
    /// Nothing is written; the rows are named
    Stop,
    /// The row is set aside in the rejects file, the others are migrated (exit 4)
    Reject,
}

/// What happens to a row that is there already and differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Existing {
    /// The database's row stays and is reported
    Keep,
    /// The source's row replaces it
    Update,
}

/// A kind of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Only {
    /// Questions and answers
    Nodes,
    /// Whole conversations
    Episodes,
}

/// The type that vectors are rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Cast {
    /// 32-bit floats
    F32,
}
