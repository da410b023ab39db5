//! Checks of a data directory.

use std::collections::BTreeMap;
use std::path::Path;

use tulving::backend::file::layout::{Layout, astray};
use tulving::backend::file::{Fault, FileBackend, FileError, Problem, Unloadable};
use tulving::backend::{Backend as _, Filter};
use tulving::model::{Key, Scope, Space};

use super::{Check, Status, embedders, further};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::failure::into_folders;
use crate::kinds;
use crate::output::{bytes, count, counted};
use crate::text::{quote, shell};

/// What is kept waiting in a journal may be this large before it is worth a word.
const LARGE_JOURNAL: u64 = 64 << 20;
/// More problems of records are not told one by one.
const SHOWN: usize = 3;

/// Makes the checks in order: each matters only if those before it are well.
pub(super) async fn checks(directory: &Path, deep: bool, cx: &Context) -> Vec<Check> {
    let mut checks = Vec::new();
    match Layout::find(directory) {
        Ok(layout) => {
            let detail = format!("{}, layout {}", directory.display(), layout.version);
            checks.push(Check::fine("directory", detail));
        }
        Err(error) => {
            checks.push(Check::fail("directory", FileError::from(error).into()));
            return checks;
        }
    }
    checks.extend(access(directory));
    let files = match FileBackend::open(directory) {
        Ok(files) => files,
        Err(error) => {
            let name = match &error {
                FileError::NoOwner { .. } | FileError::OtherOwner { .. } => "owner",
                FileError::BaseChanged { .. } => "journal",
                _ => "files",
            };
            checks.push(Check::fail(name, error.into()));
            return checks;
        }
    };
    match cx.owner_of(directory, &files) {
        Ok(owner) => {
            checks.push(Check::fine("owner", owner.to_string()));
            // First of all: whatever searches makes a damaged one anew.
            let differing = deep.then(|| files.differing());
            match memories(directory, &files, owner, cx).await {
                Ok(found) => checks.extend(found),
                Err(error) => checks.push(Check::fail("files", error)),
            }
            checks.extend(differing.map(|differing| match differing {
                Ok(differing) => derived(directory, &differing),
                Err(error) => Check::fail("derived", error.into()),
            }));
        }
        Err(error) => checks.push(Check::fail("owner", error)),
    }
    checks
}

/// Checks who may read and write there.
#[cfg(unix)]
fn access(directory: &Path) -> Option<Check> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = std::fs::metadata(directory).ok()?.permissions().mode();
    let path = shell(&directory.to_string_lossy());
    Some(match mode & 0o077 {
        0 => Check::fine("access", "its owner alone"),
        others if others & 0o022 != 0 => Check::warn(
            "access",
            format!("others may write there (mode {:03o})", mode & 0o777),
            format!("chmod -R go-rwx {path}"),
        ),
        _ => Check::warn(
            "access",
            format!("others may read there (mode {:03o})", mode & 0o777),
            format!("chmod go-rwx {path}"),
        ),
    })
}

#[cfg(not(unix))]
fn access(_: &Path) -> Option<Check> {
    None
}

/// Files of a directory, as one types them.
fn paths(directory: &Path, names: &[impl AsRef<Path>]) -> String {
    let paths = names
        .iter()
        .map(|name| shell(&directory.join(name).to_string_lossy()));
    paths.collect::<Vec<_>>().join(" ")
}

/// Checks whether the files that search reads are what the memories say.
fn derived(directory: &Path, differing: &[String]) -> Check {
    if differing.is_empty() {
        return Check::fine("derived", "what search reads agrees with the memories");
    }
    Check {
        status: Status::Fail(Exit::Different),
        hint: Some(format!(
            "rm {}   (the next search makes them anew)",
            paths(directory, differing)
        )),
        ..Check::fine(
            "derived",
            format!(
                "damaged, or not what the memories say: {}",
                differing.join(", ")
            ),
        )
    }
}

/// Returns what the files hold.
async fn memories(
    directory: &Path,
    files: &FileBackend,
    owner: Scope,
    cx: &Context,
) -> Result<Vec<Check>, CliError> {
    let counts = files.count(owner, &Filter::default()).await?;
    let mut checks = vec![Check::fine("memories", kinds::listed(&counts, ", "))];
    checks.extend(problems(directory, &files.problems()?));
    checks.extend(beside(directory, counts.total() == 0));
    checks.push(match files.pending_bytes()? {
        0 => Check::fine("journal", "empty"),
        pending if pending < LARGE_JOURNAL => Check::fine(
            "journal",
            format!("{} that other programs do not see yet", bytes(pending)),
        ),
        pending => Check::warn(
            "journal",
            format!("{} that other programs do not see yet", bytes(pending)),
            "tulving compact",
        ),
    });
    checks.extend(files.unloadable()?.map(|found| origin(&found)));
    let space = files.space(owner).await?;
    let embedders = embedders(space.as_ref(), cx).await;
    if let Some(space) = &space {
        let can_make = embedders
            .iter()
            .any(|first| first.name == "embedder" && first.status == Status::Fine);
        checks.push(vectors(space, &files.without_vector()?, can_make));
    }
    checks.extend(further(&files.spaces(owner).await?, &counts));
    checks.extend(embedders);
    Ok(checks)
}

/// Files of memories that stand beside the folders where they are read.
fn beside(directory: &Path, is_empty: bool) -> Option<Check> {
    let files = astray(directory);
    if files.is_empty() {
        return None;
    }
    let detail = format!(
        "not read, because they are not in corpus/ and vectors/: {}",
        files.join(", ")
    );
    Some(Check::warn(
        "files beside",
        detail,
        match is_empty {
            true => format!(
                "{}   (in place of files that hold nothing)",
                into_folders(directory, &files)
            ),
            false => "move them into a directory of their own".to_owned(),
        },
    ))
}

/// Records that are left as they are, memories that lack their document, and what was kept aside.
fn problems(directory: &Path, problems: &[Problem]) -> Vec<Check> {
    let (mut told, mut stray) = (Vec::new(), Vec::new());
    let (mut records, mut kept) = (0, Vec::new());
    for problem in problems {
        match problem {
            Problem::Record {
                file, index, flaw, ..
            } => {
                records += 1;
                if told.len() < SHOWN {
                    let why = flaw.as_ref().map_or_else(
                        || "an earlier record has its id".to_owned(),
                        ToString::to_string,
                    );
                    told.push(format!("{file}, element {index}: {why}"));
                }
            }
            Problem::Stray { key, document } => stray.push((key, document)),
            Problem::Kept { file } => kept.push(file.as_str()),
            _ => {}
        }
    }
    let mut checks = Vec::new();
    if records > 0 {
        let detail = format!(
            "{} left out: {}",
            counted(records, "record"),
            told.join("; ")
        );
        checks.push(Check::warn(
            "records",
            detail,
            "correct them in the file; they are kept there, and neither found nor counted",
        ));
    }
    if !stray.is_empty() {
        let told = stray.iter().take(SHOWN).map(|(key, document)| {
            let (id, document) = (quote(&key.id), quote(document));
            format!("{} {id} of document {document}", key.kind.as_str())
        });
        let detail = format!(
            "{} without a document: {}",
            counted(stray.len() as u64, "memory"),
            told.collect::<Vec<_>>().join("; ")
        );
        checks.push(Check::warn(
            "documents",
            detail,
            "put their documents back into documents/documents.json, or delete them; they cannot be moved",
        ));
    }
    if !kept.is_empty() {
        checks.push(Check::warn(
            "kept aside",
            format!("{}: {}", count(kept.len() as u64), kept.join(", ")),
            format!(
                "rm {}   (once nobody misses anything)",
                paths(directory, &kept)
            ),
        ));
    }
    checks
}

/// Checks whether the Python program starts, whose files these are too.
fn origin(found: &[Unloadable]) -> Check {
    const NAME: &str = "other reader";
    /// More ids of one fault are not named, nor more faults.
    const NAMED: usize = 10;
    if found.is_empty() {
        return Check::fine(NAME, "the Python program can read every memory here");
    }
    let mut by_faults: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in found {
        let faults: Vec<String> = record.faults.iter().map(ToString::to_string).collect();
        let name = format!("{} {}", record.kind.as_str(), quote(&record.id));
        by_faults.entry(faults.join(", ")).or_default().push(name);
    }
    let mut told: Vec<String> = by_faults
        .iter()
        .take(NAMED)
        .map(|(faults, records)| {
            let more = match records.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {} more", count(more as u64)),
            };
            let named = &records[..records.len().min(NAMED)];
            format!("{faults}: {}{more}", named.join(", "))
        })
        .collect();
    if by_faults.len() > NAMED {
        told.push(format!("and {} other reasons", by_faults.len() - NAMED));
    }
    let detail = format!(
        "the Python program does not start with {} of these; it does not take {}",
        count(found.len() as u64),
        told.join("; ")
    );
    let has =
        |wanted: fn(&Fault) -> bool| found.iter().any(|record| record.faults.iter().any(wanted));
    let mut hints = Vec::new();
    if has(|fault| matches!(fault, Fault::Source(_))) {
        hints.push("tulving update ID --source anthropic (or openai, grok, gemini)");
    }
    if has(|fault| {
        matches!(
            fault,
            Fault::Time {
                field: "created_at",
                ..
            }
        )
    }) {
        hints.push("tulving update ID --created-at TIME");
    }
    if has(|fault| {
        !matches!(
            fault,
            Fault::Source(_)
                | Fault::Time {
                    field: "created_at",
                    ..
                }
        )
    }) {
        hints.push(
            "what else it does not take is changed in the file itself, after tulving compact",
        );
    }
    Check::warn(NAME, detail, hints.join("; "))
}

/// Returns which memories are found by words only.
fn vectors(space: &Space, without: &[Key], can_make: bool) -> Check {
    /// More are not named.
    const NAMED: usize = 10;
    if without.is_empty() {
        return Check::fine("vectors", format!("{space}"));
    }
    let named = without.iter().take(NAMED).map(|key| key.id.as_str());
    let named: Vec<&str> = named.collect();
    let more = match without.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {} more", count(more as u64)),
    };
    let detail = format!(
        "{space}; {} without, found by words only: {}{more}",
        counted(without.len() as u64, "memory"),
        named.join(", ")
    );
    let hint = match can_make {
        true => "tulving update --missing-vectors   (makes them)",
        false => "first what is said of the embedder, then tulving update --missing-vectors",
    };
    Check::warn("vectors", detail, hint)
}
