//! `tulving verify`: source and target compared again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use tulving::backend::file::FileSource;
use tulving::backend::postgres::PostgresSink;
use tulving::model::{Kind, Scope};
use tulving::transfer::{
    self, KindVerification, ReadOptions, Receipt, Verification, VerifyOptions, usual_workers,
};

use super::cast::Cast;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, count, counted};
use crate::table::Table;
use crate::terminal::{Look, Screen};
use crate::text::{owner_flag, shell};
use crate::{interrupt, progress, wire};

/// Proves again that PostgreSQL holds what a data directory holds; writes nothing
///
/// The command looks for every row of the source in the database, reads it back from its columns and
/// compares it: content by digest, vectors bit for bit, in the embedding space of the source. Rows that
/// were added to the database later are reported, but they are no difference; the same is true for
/// access counts and clusters, which change in use. The command also checks that row-level security is
/// forced, and that the role in use cannot bypass it.
///
/// If there are differences, the command prints the first 20 of them and ends with exit 5. If the
/// database does not keep vectors of the source's space any more, it ends with exit 9.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"verified\": BOOL, \"scope\": {\"kind\", \"id\"}, \"nodes\": {\"source\", \"target\", \"equal\", \"missing_count\", \"extra_count\",\n\
    \"different_count\", \"live_count\", \"rejected\", \"missing\": [ID…], \"extra\": [ID…], \"different\": [{\"id\", \"fields\": [NAME…]}]},\n\
    the same for every other kind and for documents, \"digest\": {\"source\", \"target\"}, \"against\": [TEXT…]}")]
pub struct Verify {
    /// Counts rows added later, access counts and clusters as differences too
    #[arg(long)]
    pub exact: bool,

    /// Also compares the source and the database with the receipt of a migration
    #[arg(long, value_name = "RECEIPT", value_parser = crate::config::path())]
    pub against: Option<PathBuf>,

    /// For a migration that accepted rows of another user or tenant: `migrate --restamp`
    #[arg(long)]
    pub restamp: bool,

    /// For a migration that rounded 64-bit vectors: `migrate --cast f32`
    #[arg(long, value_name = "TYPE")]
    pub cast: Option<Cast>,
}

/// Runs it.
///
/// # Errors
/// When source or database cannot be used. A difference is exit 5, told on stdout.
pub async fn run(verify: Verify, cx: &Context) -> Result<Exit, CliError> {
    let scope = cx.owner_to_move()?;
    let database = cx.database()?;
    let mut source = FileSource {
        data_dir: cx.config.data_dir()?,
        scope,
        options: ReadOptions {
            restamp: verify.restamp,
            cast_f32: verify.cast.is_some(),
            ..ReadOptions::default()
        },
        chunk_rows: FileSource::USUAL_CHUNK_ROWS,
    };
    let against = verify.against.as_deref().map(Receipt::read).transpose()?;
    if let Some(receipt) = &against {
        source.options = receipt.read_options(&source.options);
    }
    let options = VerifyOptions {
        workers: usual_workers(),
        exact: verify.exact,
        against,
    };
    let target = Arc::new(PostgresSink::new(database, scope));
    let progress = progress::on_stderr(cx.err);
    let cancel = interrupt::listen(&progress, cx.face())?.cancel;
    let verification =
        transfer::verify(&source, target, &options, progress.as_ref(), &cancel).await;
    drop(progress);
    let verification = verification.map_err(|error| cx.of_files(error))?;
    let exit = exit(&verification);
    if cx.json {
        output::json(&wire::Verification::new(scope, verification))?;
    } else {
        output::report(&report(&source, &options, &verification, cx))?;
    }
    Ok(exit)
}

/// Returns what a comparison means for the program's end.
pub(super) fn exit(verification: &Verification) -> Exit {
    if !verification.verified {
        Exit::Different
    } else if rejected(verification) > 0 {
        Exit::Rejected
    } else {
        Exit::Done
    }
}

/// What was found of each kind, and of documents.
fn every(verification: &Verification) -> impl Iterator<Item = &KindVerification> {
    verification.kinds.values().chain([&verification.documents])
}

/// Rows of the source that were refused.
fn rejected(verification: &Verification) -> u64 {
    verification.kinds.values().map(|kind| kind.rejected).sum()
}

/// The comparison as a person reads it.
fn report(
    source: &FileSource,
    options: &VerifyOptions,
    verification: &Verification,
    cx: &Context,
) -> String {
    let rows = source.options.rows.as_deref();
    let found = &verification.kinds;
    let has = |kind| {
        let found: &KindVerification = &found[kind];
        found.source + found.rejected + found.extra_count > 0
    };
    let mut table = Table::of_kinds(has);
    let where_from = rows.map_or("in the source", |_| "in the file");
    table.each(where_from, |kind| {
        count(found[kind].source + found[kind].rejected)
    });
    table.each("equal", |kind| count(found[kind].equal));
    differing(&mut table, verification);
    let mut text = table.render(cx.out);
    let documents = &verification.documents;
    if documents.source + documents.extra_count > 0 {
        let source = counted(documents.source, "document");
        let [equal, added] = [documents.equal, documents.extra_count].map(count);
        let added = match documents.extra_count {
            0 => String::new(),
            _ => format!(", {added} added later"),
        };
        text.push_str(&format!("\n{source} in the source, {equal} equal{added}\n"));
    }
    text.push('\n');
    text.push_str(&findings(verification, "database"));
    text.push_str(&verdict(source.scope, rows, verification, cx.out));
    text.push_str(&advice(source, options, verification, cx));
    text
}

/// Returns what a comparison found besides equal rows, as lines of a table.
pub(super) fn differing(table: &mut Table, verification: &Verification) {
    let found = &verification.kinds;
    table.told("missing", |kind| found[kind].missing_count);
    table.told("different", |kind| found[kind].different_count);
    table.told("not compared", |kind| found[kind].rejected);
    table.told("changed in use", |kind| found[kind].live_count);
    table.told("added later", |kind| found[kind].extra_count);
}

/// Returns the rows that are not as they were, and the digests.
pub(super) fn findings(verification: &Verification, target: &str) -> String {
    let mut text = String::new();
    for (kind, found) in verification.kinds.iter() {
        differences(&kind.title(), kind.as_str(), found, target, &mut text);
    }
    differences(
        "Document",
        "document",
        &verification.documents,
        target,
        &mut text,
    );
    for difference in &verification.against {
        text.push_str(&format!("receipt    {}\n", crate::text::safe(difference)));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// Returns whether it is proved, in one sentence: of all rows, or of those in a file.
pub(super) fn verdict(
    scope: Scope,
    rows: Option<&Path>,
    verification: &Verification,
    screen: Screen,
) -> String {
    let rejected = rejected(verification);
    let digest = |digest: &[u8; 32]| tulving::hex(&digest[..8]);
    let (source, target) = (
        digest(&verification.source_digest),
        digest(&verification.target_digest),
    );
    if !verification.verified {
        let holds = if only_exact_differs(verification) {
            "holds what the source holds, but not exactly as it is there"
        } else {
            "does not hold what the source holds"
        };
        format!(
            "{}: {scope} {holds}.\n\ndigest   {source}… in the source, {target}… in the database\n",
            screen.paint(Look::Bad, "NOT VERIFIED")
        )
    } else if rejected > 0 {
        let rows = counted(rejected, "row");
        format!(
            "{}, but for {rows} that cannot be read as memories of {scope}.\n\ndigest   {source}…\n",
            screen.paint(Look::Warning, "Verified")
        )
    } else {
        let of = rows.map_or_else(String::new, |file| {
            format!(" of {}", crate::text::safe(&file.display().to_string()))
        });
        let verified = screen.paint(Look::Good, "Verified");
        format!("{verified}: {scope} has every row{of}, bit for bit.\n\ndigest   {source}…\n")
    }
}

/// Returns whether every row is there, and only what `--exact` counts too is not as it was.
fn only_exact_differs(verification: &Verification) -> bool {
    let lacks = |found: &KindVerification| {
        found.missing_count > 0 || found.different_count > found.live_count
    };
    !verification.verified && verification.against.is_empty() && !every(verification).any(lacks)
}

/// What to type where rows are not as they were.
fn advice(
    source: &FileSource,
    options: &VerifyOptions,
    verification: &Verification,
    cx: &Context,
) -> String {
    if only_exact_differs(verification) {
        let command = command("verify", source, cx);
        return format!(
            "\nMemories that were added later, access counts and clusters live on in the database; no migration\n\
             takes them back. Without --exact they are no difference:\n  {command}\n"
        );
    }
    let any =
        |count: fn(&KindVerification) -> u64| every(verification).any(|found| count(found) > 0);
    let mut more = String::new();
    if any(|kind| kind.different_count) {
        more.push_str(" --existing update");
    } else if !any(|kind| kind.missing_count) {
        return String::new();
    }
    if verification.needs_model {
        let moved = options.against.as_ref();
        let moved = moved.and_then(|receipt| receipt.space.as_ref());
        let model = moved.map_or_else(|| "NAME".to_owned(), |space| shell(&space.model));
        more.push_str(&format!(" --model {model}"));
    }
    if let Some(rows) = &source.options.rows {
        more.push_str(&format!(" --rows {}", shell(&rows.display().to_string())));
    }
    if !Kind::ALL.into_iter().all(|kind| source.options.takes(kind)) {
        let only: Vec<&str> = source
            .options
            .only
            .iter()
            .map(|kind| crate::kinds::moved(*kind))
            .collect();
        more.push_str(&format!(" --only {}", only.join(",")));
    }
    let command = command("migrate", source, cx);
    let name = match more.contains(" --model NAME") {
        true => "   (NAME is the model that made the vectors)",
        false => "",
    };
    format!("\nTo put the source's rows into the database:\n  {command}{more}{name}\n")
}

/// Returns a command on the same memories, read in the same way, as one types it.
pub(super) fn command(name: &str, source: &FileSource, cx: &Context) -> String {
    let owner = owner_flag(source.scope);
    let directory = shell(&source.data_dir.display().to_string());
    let restamp = if source.options.restamp {
        " --restamp"
    } else {
        ""
    };
    let cast = if source.options.cast_f32 {
        " --cast f32"
    } else {
        ""
    };
    cx.advice(&format!(
        "tulving {name} {owner} --data-dir {directory}{restamp}{cast}"
    ))
}

fn differences(title: &str, kind: &str, found: &KindVerification, target: &str, text: &mut String) {
    use crate::text::quote;
    use std::fmt::Write as _;
    // Writing to a String does not fail.
    if found.missing_count > 0 {
        let (source, there) = (found.source, found.source - found.missing_count);
        let _ = writeln!(
            text,
            "{title} count mismatch: {} in the source, {} of them in the {target}",
            count(source),
            count(there)
        );
    }
    for id in &found.missing {
        let _ = writeln!(text, "missing    {kind} {}", quote(id));
    }
    let more = |count: u64, named: usize| count.saturating_sub(named as u64);
    let mut unnamed = more(found.missing_count, found.missing.len());
    let different = &found.different;
    if !different.is_empty() && different.iter().all(|row| row.fields == ["space_id"]) {
        let all = counted(found.different_count, kind);
        let named = match more(found.different_count, different.len()) {
            0 => String::new(),
            _ => format!(", the first {}", different.len()),
        };
        let _ = writeln!(
            text,
            "different  {all}{named} in space_id alone: the vectors in the {target} belong to another model"
        );
    } else {
        for row in different {
            let (id, fields) = (quote(&row.id), row.fields.join(", "));
            let _ = writeln!(text, "different  {kind} {id}: {fields}");
        }
        unnamed += more(found.different_count, different.len());
    }
    if unnamed > 0 {
        let _ = writeln!(text, "           and {} more", count(unnamed));
    }
}
