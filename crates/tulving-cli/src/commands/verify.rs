//! `tulving verify`: source and target compared again.

use std::path::PathBuf;

use clap::Args;

use super::migrate::Cast;
use tulving::model::Scope;
use tulving::transfer::{KindVerification, Receipt, SourceOptions, Verification, VerifyOptions};

use super::wire::WireVerification;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, Table, count};
use crate::{interrupt, progress};

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

    /// Checks source and database against the receipt of a migration too
    #[arg(long, value_name = "RECEIPT")]
    pub against: Option<PathBuf>,

    /// The migration took rows stamped with another user or tenant: `migrate --restamp`
    #[arg(long)]
    pub restamp: bool,

    /// The migration rounded 64-bit vectors: `migrate --cast f32`
    #[arg(long, value_name = "TYPE")]
    pub cast: Option<Cast>,
}

/// Runs it.
///
/// # Errors
/// When source or database cannot be used. A difference is exit 5, told on stdout.
pub async fn run(verify: Verify, cx: &Context) -> Result<Exit, CliError> {
    let scope = cx.config.scope()?;
    let database = cx.database()?;
    let mut source = SourceOptions::new(cx.config.data_dir()?);
    source.restamp = verify.restamp;
    source.cast_f32 = verify.cast.is_some();
    let against = verify.against.as_deref().map(Receipt::read).transpose()?;
    let options = VerifyOptions {
        source,
        exact: verify.exact,
        against,
    };
    let progress = progress::on_stderr();
    let cancel = interrupt::listen(&progress, cx.json)?;
    let verification =
        tulving::transfer::verify(&database, scope, &options, progress.as_ref(), &cancel).await;
    drop(progress);
    let verification = verification?;
    let exit = exit(&verification);
    if cx.json {
        output::json(&WireVerification::new(scope, verification))?;
    } else {
        output::text(&report(scope, &verification))?;
    }
    Ok(exit)
}

/// What a comparison means for the program's end.
pub(super) fn exit(verification: &Verification) -> Exit {
    if !verification.verified {
        Exit::Different
    } else if verification.nodes.rejected + verification.episodes.rejected > 0 {
        Exit::Rejected
    } else {
        Exit::Done
    }
}

/// The comparison as a person reads it.
pub(super) fn report(scope: Scope, verification: &Verification) -> String {
    let mut table = Table::new([
        "",
        "SOURCE",
        "TARGET",
        "EQUAL",
        "MISSING",
        "DIFFERENT",
        "EXTRA",
        "LIVE",
    ]);
    for (name, found) in [
        ("nodes", &verification.nodes),
        ("episodes", &verification.episodes),
    ] {
        let numbers = [
            found.source,
            found.target,
            found.equal,
            found.missing_count,
            found.different_count,
            found.extra_count,
            found.live_count,
        ];
        table.row(std::iter::once(name.to_owned()).chain(numbers.map(count)));
    }
    let mut text = table.render();
    text.push('\n');
    for (kind, found) in [
        ("node", &verification.nodes),
        ("episode", &verification.episodes),
    ] {
        differences(kind, found, &mut text);
    }
    for difference in &verification.against {
        text.push_str(&format!("receipt    {}\n", crate::text::safe(difference)));
    }
    let (source, target) = (
        tulving::hex(&verification.source_digest),
        tulving::hex(&verification.target_digest),
    );
    let digests = [("source", source), ("target", target)];
    text.push_str(&output::summary(&digests));
    text.push_str(&match verification.verified {
        true => format!("\nVerified: {scope} has every row of the source, bit for bit.\n"),
        false => format!("\nNOT VERIFIED: {scope} does not hold what the source holds.\n"),
    });
    text
}

fn differences(kind: &str, found: &KindVerification, text: &mut String) {
    use crate::text::quote;
    use std::fmt::Write as _;
    // Writing to a String does not fail.
    if found.missing_count > 0 {
        let title = if kind == "node" { "Node" } else { "Episode" };
        let (source, there) = (found.source, found.source - found.missing_count);
        let _ = writeln!(
            text,
            "{title} count mismatch: {source} in the source, {there} of them in the database"
        );
    }
    for id in &found.missing {
        let _ = writeln!(text, "missing    {kind} {}", quote(id));
    }
    for difference in &found.different {
        let _ = writeln!(
            text,
            "different  {kind} {}: {}",
            quote(&difference.id),
            difference.fields.join(", ")
        );
    }
    for id in &found.extra {
        let _ = writeln!(text, "extra      {kind} {}", quote(id));
    }
}
