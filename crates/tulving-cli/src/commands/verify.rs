//! `tulving verify`: source and target compared again.

use std::path::PathBuf;

use clap::Args;

use super::migrate::Cast;

/// Proves again that PostgreSQL holds what a data directory holds; writes nothing
///
/// Every row of the source is looked for in the database, read back from its columns and compared:
/// content by digest, vectors bit for bit. Rows that were added to the database later are reported
/// and are no difference; nor are access counts and clusters, which live on. Also checked: that
/// row-level security is forced and that the role in use cannot get past it.
///
/// Ends with exit 5 and the first 20 differences if there are any.
#[derive(Debug, Args)]
pub struct Verify {
    /// Counts rows added later, access counts and clusters as differences too
    #[arg(long)]
    pub exact: bool,

    /// Checks the database against the receipt of a migration instead of a data directory
    #[arg(long, value_name = "RECEIPT")]
    pub against: Option<PathBuf>,

    /// The migration took rows stamped with another user or tenant: `migrate --restamp`
    #[arg(long)]
    pub restamp: bool,

    /// The migration rounded 64-bit vectors: `migrate --cast f32`
    #[arg(long, value_name = "TYPE")]
    pub cast: Option<Cast>,
}
