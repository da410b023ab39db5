//! Proving that a source is in the database, at any time.

use std::sync::Arc;

use super::cancel::Cancel;
use super::digest::{self, KindDigest};
use super::error::TransferError;
use super::prepare::{KindChecked, Prepared, SourceOptions, survey};
use super::progress::{Phase, Progress};
use super::receipt::{Receipt, ReceiptFile};
use super::source::Reading;
use super::verify::{Comparing, Gathering, KindVerification, SHOWN};
pub use super::verify::{Difference, Verification};
use super::workers::Conveyor;
use crate::backend::postgres::{Database, DatabaseError};
use crate::model::{Scope, Space};

/// How a source is compared with the database.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// What is read.
    pub source: SourceOptions,
    /// Count as differences what changes while memories are used, and rows that were added.
    pub exact: bool,
    /// A receipt that the source and the database must agree with.
    pub against: Option<Receipt>,
}

/// Compares a source with the database; writes nothing.
///
/// # Errors
/// If the database cannot be worked with or the source cannot be used. A difference is no error:
/// see [`Verification::verified`].
pub async fn verify(
    database: &Database,
    scope: Scope,
    options: &VerifyOptions,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Verification, TransferError> {
    let mut connection = database.connect().await?;
    connection.require_target().await?;
    connection.require_scope(scope).await?;
    let (mut source, mut against, mut space_id) = (options.source.clone(), Vec::new(), None);
    let receipt = options.against.as_ref();
    let moved = receipt.and_then(|receipt| receipt.space.as_ref().map(Space::from));
    if let Some(receipt) = receipt {
        source = receipt.source(&source);
        if let Some(space) = &moved {
            space_id = connection.find_space(space).await?;
            if space_id.is_none() {
                against.push(format!("the database has no vectors of {space}"));
            }
        }
    }
    drop(connection);
    let surveyed = survey(&source, progress, cancel).await?;
    let needs_model = match surveyed.space(None) {
        Ok(found) => moved.is_some() && found != moved,
        Err(error) => matches!(error, TransferError::Dimensions { .. }),
    };
    let prepared = surveyed.validate(scope, &source, progress, cancel).await?;
    for flawed in prepared.flawed.iter().take(SHOWN) {
        progress.note(&format!("not compared: {flawed}"));
    }
    let mut verification = verify_prepared(
        database,
        scope,
        &prepared,
        &source,
        options.exact,
        space_id,
        progress,
        cancel,
    )
    .await?;
    verification.needs_model = needs_model;
    if let Some(receipt) = receipt {
        let files: Vec<ReceiptFile> = prepared.files.iter().map(Into::into).collect();
        against.extend(receipt.differences(scope, &files, &verification));
        verification.against = against;
        verification.verified &= verification.against.is_empty();
    }
    Ok(verification)
}

/// Compares a source that was read through and checked.
#[expect(
    clippy::too_many_arguments,
    reason = "a migration and a verification share it, each with its own"
)]
pub(crate) async fn verify_prepared(
    database: &Database,
    scope: Scope,
    prepared: &Prepared,
    options: &SourceOptions,
    exact: bool,
    space_id: Option<i32>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Verification, TransferError> {
    progress.phase(Phase::Verify, Some(prepared.rows()));
    database.connect().await?.require_wall(scope).await?;
    let mut verification = Verification {
        verified: true,
        ..Verification::default()
    };
    let (mut source, mut target): (Vec<(&str, KindDigest)>, Vec<_>) = (Vec::new(), Vec::new());
    for checked in &prepared.sources {
        let comparison = Comparison {
            database,
            scope,
            prepared,
            options,
            exact,
            space_id,
            progress,
            cancel,
        };
        let gathered = comparison.kind(checked).await?;
        let name = checked.source.kind.plural();
        source.push((name, gathered.source));
        target.push((name, gathered.target));
        let found = gathered.found;
        verification.verified &= found.missing_count == 0 && found.different_count == 0;
        verification.verified &= !exact || found.extra_count == 0;
        verification.kinds[checked.source.kind] = found;
    }
    verification.source_digest = digest::whole(source);
    verification.target_digest = digest::whole(target);
    // Follows from the rows; a proof does not rest on that.
    verification.verified &= verification.source_digest == verification.target_digest;
    Ok(verification)
}

struct Comparison<'a> {
    database: &'a Database,
    scope: Scope,
    prepared: &'a Prepared,
    options: &'a SourceOptions,
    exact: bool,
    space_id: Option<i32>,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
}

impl Comparison<'_> {
    async fn kind(&self, checked: &KindChecked) -> Result<Gathering, TransferError> {
        let source = Arc::clone(&checked.source);
        let chunks = source.chunks.clone();
        let reading = Reading {
            stamp: self.prepared.stamp,
            digests: true,
            repeated: checked.repeated.clone(),
        };
        let comparing = Comparing {
            scope: self.scope,
            exact: self.exact,
            space_id: self.space_id,
        };
        let mut gathering = Gathering::default();
        Conveyor::new(
            source,
            reading,
            chunks,
            self.options.workers,
            self.cancel.clone(),
        )
        .run(
            self.database,
            comparing,
            Phase::Verify.as_str(),
            |chunk, compared| {
                gathering.add(compared);
                self.progress.advance(u64::from(chunk.rows));
            },
        )
        .await?;
        // Or what was compared last is not what the checksums are of.
        checked.source.pair.unchanged()?;
        // Beside the rows of a file there is whatever was moved before.
        if checked.source.rows_file.is_none() {
            self.extra(checked, &mut gathering.found).await?;
        }
        Ok(gathering)
    }

    /// Counts the rows that the source does not have, and names the first.
    async fn extra(
        &self,
        checked: &KindChecked,
        found: &mut KindVerification,
    ) -> Result<(), DatabaseError> {
        const PAGE: i64 = 10_000;
        let kind = checked.source.kind;
        let mut connection = self.database.connect().await?;
        let scoped = connection.scoped(self.scope).await?;
        found.target = scoped.count(kind).await?;
        found.extra_count = found
            .target
            .saturating_sub(found.equal + found.different_count);
        let mut after = String::new();
        while found.extra.len() < SHOWN && (found.extra.len() as u64) < found.extra_count {
            let page = scoped.ids(kind, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(last);
            found
                .extra
                .extend(page.into_iter().filter(|id| !checked.ids.contains(id)));
        }
        found.extra.truncate(SHOWN);
        scoped.commit().await
    }
}
