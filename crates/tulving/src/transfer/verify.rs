//! Proving that a source is in a target, at any time.

use std::sync::Arc;

use super::cancel::Cancel;
use super::compare::{Comparing, Gathering};
use super::digest::{self, KindDigest};
use super::documents;
use super::error::TransferError;
use super::prepared::{Prepared, survey};
use super::progress::{Phase, Progress};
use super::read_back::{ReadBack, SpaceId};
use super::receipt::{Receipt, ReceiptFile};
use super::source::{KindPlan, Source};
use super::verification::{KindVerification, SHOWN, Verification};
use crate::model::{Document, Kind, Space};

/// How a source is compared with a target.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// Tasks at work at once.
    pub workers: usize,
    /// Count as differences what changes while memories are used, and rows that were added.
    pub exact: bool,
    /// A receipt that the source and the target must agree with. The source has to be read as the
    /// migration read it: see [`Receipt::read_options`].
    pub against: Option<Receipt>,
}

/// Compares a source with a target; writes nothing.
///
/// # Errors
/// If the target cannot be worked with or the source cannot be used. A difference is no error:
/// see [`Verification::verified`].
pub async fn verify(
    source: &dyn Source,
    target: Arc<dyn ReadBack>,
    options: &VerifyOptions,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Verification, TransferError> {
    let noun = target.require_ready().await?.noun;
    let spaces = target.spaces().await?;
    let mut against = Vec::new();
    let receipt = options.against.as_ref();
    let moved = receipt.and_then(|receipt| receipt.space.as_ref().map(Space::from));
    let mut space = None;
    if let Some(moved) = &moved {
        space = spaces.find(moved, noun)?;
        if space.is_none() {
            against.push(format!("the {noun} has no vectors of {moved}"));
        }
    }
    let snapshot = survey(source, progress, cancel).await?;
    if let (None, Some(brought)) = (receipt, spaces.brought_from(snapshot.plan())) {
        space = spaces.find(brought, noun)?;
    }
    let needs_model = match snapshot.plan().space(None) {
        Ok(found) => moved.is_some() && found != moved,
        Err(error) => matches!(error, TransferError::Dimensions { .. }),
    };
    let (forgotten, workers) = (target.forgotten().await?, options.workers);
    let prepared = Prepared::validate(snapshot, forgotten, workers, progress, cancel).await?;
    for flawed in prepared.flawed.iter().take(SHOWN) {
        progress.note(&format!("not compared: {flawed}"));
    }
    let comparison = Comparison {
        target: &target,
        prepared: &prepared,
        exact: options.exact,
        space,
        progress,
        cancel,
    };
    let mut verification = comparison.run().await?;
    verification.needs_model = needs_model;
    if let Some(receipt) = receipt {
        let files: Vec<ReceiptFile> = prepared.plan().files().map(Into::into).collect();
        against.extend(receipt.differences(target.scope(), noun, &files, &verification));
        verification.against = against;
        verification.verified &= verification.against.is_empty();
    }
    Ok(verification)
}

/// A source that was read through and checked, and what it is compared with.
pub(super) struct Comparison<'a> {
    pub(super) target: &'a Arc<dyn ReadBack>,
    pub(super) prepared: &'a Prepared,
    /// Whether what lives on has to be equal too, and nothing may have been added.
    pub(super) exact: bool,
    /// The space that the vectors must be in, where it is known.
    pub(super) space: Option<SpaceId>,
    pub(super) progress: &'a dyn Progress,
    pub(super) cancel: &'a Cancel,
}

impl Comparison<'_> {
    /// Compares all kinds.
    pub(super) async fn run(&self) -> Result<Verification, TransferError> {
        self.progress
            .phase(Phase::Verify, Some(self.prepared.rows()));
        self.target.require_isolated().await?;
        let mut verification = Verification::default();
        let (mut source, mut target): (Vec<(&str, KindDigest)>, Vec<_>) = Default::default();
        for plan in &self.prepared.plan().kinds {
            let gathered = self.kind(plan).await?;
            let name = plan.kind.plural();
            source.push((name, gathered.source));
            target.push((name, gathered.target));
            verification.kinds[plan.kind] = gathered.found;
        }
        let documents = &self.prepared.documents;
        let options = &self.prepared.plan().options;
        let is_all = options.rows.is_none() && options.takes(Document::PIECES);
        if is_all || !documents.is_empty() {
            let mut reader = self.target.reader().await?;
            let mut gathered = documents::compare(&mut *reader, documents).await?;
            if !is_all {
                gathered.found.forget_extra();
            }
            if !documents.is_empty() {
                source.push(("documents", gathered.source));
                target.push(("documents", gathered.target));
            }
            verification.documents = gathered.found;
        }
        let found = verification.kinds.values();
        verification.verified = found
            .chain([&verification.documents])
            .all(|found| self.proves(found));
        verification.source_digest = digest::whole(source);
        verification.target_digest = digest::whole(target);
        // Follows from the rows; a proof does not rest on that.
        verification.verified &= verification.source_digest == verification.target_digest;
        Ok(verification)
    }

    /// Returns whether what was found proves that the source is there.
    fn proves(&self, found: &KindVerification) -> bool {
        let is_there = found.missing_count == 0 && found.different_count == 0;
        is_there && (!self.exact || found.extra_count == 0)
    }

    async fn kind(&self, plan: &KindPlan) -> Result<Gathering, TransferError> {
        let comparing = Comparing {
            target: Arc::clone(self.target),
            exact: self.exact,
            space: self.space,
        };
        let mut gathering = Gathering::default();
        self.prepared
            .pipeline(plan, true, self.cancel)
            .run(comparing, Phase::Verify, |chunk, compared| {
                gathering.add(compared);
                self.progress.advance(u64::from(chunk.rows));
            })
            .await?;
        // Or what was compared last is not what the checksums are of.
        let snapshot = &self.prepared.snapshot;
        snapshot.require_unchanged(plan.kind).await?;
        // Beside the rows of a file there is whatever was moved before.
        if snapshot.plan().options.rows.is_none() {
            self.extra(plan.kind, &mut gathering.found).await?;
        }
        Ok(gathering)
    }

    /// Counts the rows that the source does not have, and names the first.
    async fn extra(&self, kind: Kind, found: &mut KindVerification) -> Result<(), TransferError> {
        const PAGE: usize = 10_000;
        let mut reader = self.target.reader().await?;
        found.target = reader.count(kind).await?;
        found.extra_count = found
            .target
            .saturating_sub(found.equal + found.different_count);
        let mut after = String::new();
        while found.extra.len() < SHOWN && (found.extra.len() as u64) < found.extra_count {
            let page = reader.ids(kind, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(last);
            let added = page.into_iter().filter(|id| !self.prepared.has(kind, id));
            found.extra.extend(added);
        }
        found.extra.truncate(SHOWN);
        Ok(())
    }
}
