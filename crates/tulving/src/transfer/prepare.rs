//! The first two phases: what is there, and whether all of it can be moved.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::cancel::Cancel;
use super::error::{Flawed, TransferError};
use super::ids::IdSet;
use super::progress::{Phase, Progress};
use super::rows::{self, RowsFile};
use super::source::{KindSource, Reading};
use super::workers::Conveyor;
use crate::backend::file::layout::Layout;
use crate::backend::file::npy;
use crate::backend::file::pair::{Fingerprint, Pair};
use crate::backend::file::{FileError, Pending, claims_of};
use crate::fsutil::OutputWriter;
use crate::model::{Kind, PerKind, Scope, Space};
use crate::record::{Flaw, Reason, Stamp};

/// Which memories are read, and how.
#[derive(Debug, Clone)]
pub struct SourceOptions {
    /// A data directory, of layout 2.0.0 or 1.x.
    pub data_dir: PathBuf,
    /// The kinds to take; both if empty.
    pub only: Vec<Kind>,
    /// Rows that were refused before, mended: taken instead of the directory's records.
    pub rows: Option<PathBuf>,
    /// Take rows over that are stamped with another owner.
    pub restamp: bool,
    /// Round f64 vectors that f32 cannot hold exactly.
    pub cast_f32: bool,
    /// Tasks at work at once.
    pub workers: usize,
    /// Most rows in a chunk.
    pub chunk_rows: u32,
}

impl SourceOptions {
    /// What is usual for a data directory.
    #[must_use]
    pub fn new(data_dir: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            data_dir,
            only: Vec::new(),
            rows: None,
            restamp: false,
            cast_f32: false,
            // One more than cores: each waits for the database a part of its time.
            workers: (cores + 1).min(8),
            chunk_rows: 512,
        }
    }

    fn takes(&self, kind: Kind) -> bool {
        self.only.is_empty() || self.only.contains(&kind)
    }
}

/// What was found of one kind.
#[derive(Debug, Clone, Default)]
pub struct KindSummary {
    /// Rows in the file.
    pub found: u64,
    /// Rows that are refused.
    pub rejected: u64,
    /// Times without a zone, taken as UTC.
    pub zoneless_times: u64,
    /// Vectors that are all zero: found by words only.
    pub zero_vectors: u64,
    /// Bytes of records and vectors.
    pub bytes: u64,
}

/// A source that was read through and checked.
pub struct Prepared {
    /// `2.0.0` or `1.x`.
    pub layout: &'static str,
    /// What was found of each kind.
    pub kinds: PerKind<KindSummary>,
    /// The first rows that are refused, in source order, at most [`Self::SHOWN`]; there may be as
    /// many as there are rows, so memory does not hold them all.
    pub flawed: Vec<Flawed>,
    /// The files and their checksums, named relative to the data directory.
    pub files: Vec<(String, Fingerprint)>,
    pub(crate) sources: Vec<KindChecked>,
    pub(crate) stamp: Stamp,
}

/// One kind of a source that was checked.
pub(crate) struct KindChecked {
    pub(crate) source: Arc<KindSource>,
    pub(crate) repeated: HashSet<u64>,
    pub(crate) ids: IdSet,
}

/// A source whose files were gone through once: counted, hashed, cut into work.
pub(crate) struct Surveyed {
    layout: &'static str,
    /// Whose memory the directory says it is.
    owner: Option<Scope>,
    /// In which space it says its vectors are.
    space: Option<Space>,
    sources: Vec<KindSource>,
}

/// The first phase: what is there.
///
/// # Errors
/// If the source as a whole cannot be used.
pub(crate) async fn survey(
    options: &SourceOptions,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Surveyed, TransferError> {
    progress.phase(Phase::Plan, None);
    let layout = Layout::find(&options.data_dir)?;
    let root = options.data_dir.clone();
    let pending = tokio::task::spawn_blocking(move || Pending::open(&root)).await??;
    let pending = pending.map(Arc::new);
    let mut sources: Vec<KindSource> = Vec::new();
    for kind in Kind::ALL {
        if !options.takes(kind) {
            continue;
        }
        let Some(paths) = layout.require(kind)?.cloned() else {
            if let Some(pending) = &pending {
                pending.require_files(kind)?;
            }
            continue;
        };
        let (root, rows, most) = (
            options.data_dir.clone(),
            options.rows.clone(),
            options.chunk_rows,
        );
        let npy = npy::Options {
            cast_f32: options.cast_f32,
        };
        let pending = pending.clone();
        let survey = move || -> Result<KindSource, TransferError> {
            let pair = Pair::open(&paths, npy)?;
            let rows = rows.as_deref().map(RowsFile::open).transpose()?;
            KindSource::survey(&root, kind, pair, rows, pending, most)
        };
        sources.push(tokio::task::spawn_blocking(survey).await??);
        if cancel.cancelled() {
            return Err(TransferError::Interrupted {
                phase: Phase::Plan.as_str(),
            });
        }
    }
    if let Some(path) = &options.rows
        && sources.iter().all(|source| source.rows == 0)
    {
        let kinds: Vec<&str> = sources.iter().map(|source| source.kind.plural()).collect();
        return Err(TransferError::NoRows {
            path: path.clone(),
            kinds: kinds.join(" or "),
        });
    }
    // One journal for all kinds: it is named once.
    if let (Some(pending), Some(first)) = (&pending, sources.first_mut()) {
        let print = pending.fingerprint.clone();
        let name = print.path.strip_prefix(&options.data_dir);
        let name = name.unwrap_or(&print.path).display().to_string();
        first.files.push((name, print));
    }
    let (owner, space) = claims_of(&layout)?;
    Ok(Surveyed {
        owner,
        space,
        layout: layout.version,
        sources,
    })
}

impl Surveyed {
    /// The second phase: every row is read and checked.
    ///
    /// # Errors
    /// If a row is no JSON. Rows that cannot be moved are counted, the first are in
    /// [`Prepared::flawed`].
    pub(crate) async fn validate(
        self,
        scope: Scope,
        options: &SourceOptions,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Prepared, TransferError> {
        let Self {
            layout,
            owner,
            sources,
            ..
        } = self;
        let other = owner.filter(|owner| !options.restamp && *owner != scope);
        if let Some(owner) = other {
            return Err(TransferError::File(FileError::OtherOwner {
                path: options.data_dir.clone(),
                owner,
                asked: scope,
            }));
        }
        let mut prepared = Prepared {
            layout,
            kinds: PerKind::default(),
            flawed: Vec::new(),
            files: sources
                .iter()
                .flat_map(|source| source.files.iter().cloned())
                .collect(),
            sources: Vec::new(),
            stamp: if options.restamp {
                Stamp::replace(scope)
            } else {
                Stamp::only(scope)
            },
        };
        progress.phase(
            Phase::Validate,
            Some(sources.iter().map(|source| source.rows).sum()),
        );
        for source in sources {
            prepared.validate(source, options, progress, cancel).await?;
        }
        Ok(prepared)
    }

    /// The one embedding space of the vectors, unless there are none: that of the model which is
    /// named, else the one that the directory names. Of a directory that names none, vectors of
    /// 1024 are taken for BGE-M3's.
    ///
    /// # Errors
    /// If the vectors' widths do not fit the model, or each other.
    pub(crate) fn space(&self, model: Option<&str>) -> Result<Option<Space>, TransferError> {
        let mut space: Option<Space> = None;
        let mut first = Kind::Node;
        let named = self.space.as_ref().filter(|_| model.is_none());
        for source in &self.sources {
            let Some(found) = source.dims() else {
                continue;
            };
            let refuse = |expected: String| {
                Err(TransferError::Dimensions {
                    file: source.vectors_file(),
                    found,
                    expected,
                })
            };
            let misfit = |expected: String| {
                Err(TransferError::Width {
                    file: source.vectors_file(),
                    found,
                    expected,
                })
            };
            match (&space, model) {
                (Some(space), _) if space.dims != found => {
                    let first = first.plural();
                    return misfit(format!("the {first}' vectors have {}", space.dims));
                }
                (Some(_), _) => {}
                (None, _) if found > Space::MAX_DIMS => {
                    return misfit(format!("pgvector stores at most {}", Space::MAX_DIMS));
                }
                (None, None) if named.is_some_and(|named| named.dims != found) => {
                    let named = named.map(ToString::to_string).unwrap_or_default();
                    return misfit(format!("the manifest says that they are of {named}"));
                }
                (None, None) if named.is_some() => {
                    (space, first) = (named.cloned(), source.kind);
                }
                (None, None) if found != Space::BGE_M3_DIMS => {
                    return refuse(format!(
                        "only vectors of {} are taken for {}'s unless their model is named",
                        Space::BGE_M3_DIMS,
                        Space::BGE_M3
                    ));
                }
                (None, Some(Space::BGE_M3)) if found != Space::BGE_M3_DIMS => {
                    return refuse(format!(
                        "those of {} have {}",
                        Space::BGE_M3,
                        Space::BGE_M3_DIMS
                    ));
                }
                (None, model) => {
                    let model = model.unwrap_or(Space::BGE_M3);
                    (space, first) = (Some(Space::local(model, found)), source.kind);
                }
            }
        }
        Ok(space)
    }
}

impl Prepared {
    /// Rows in the source.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.kinds.values().map(|kind| kind.found).sum()
    }

    /// How many refused rows are named.
    pub const SHOWN: usize = 20;

    /// Rows that are refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.kinds.values().map(|kind| kind.rejected).sum()
    }

    /// Refuses a source with flawed rows.
    ///
    /// # Errors
    /// If there is one.
    pub fn require_flawless(&self) -> Result<(), TransferError> {
        if self.refused() == 0 {
            return Ok(());
        }
        Err(TransferError::Flawed {
            total: self.refused(),
            rows: self.rows(),
            first: self.flawed.clone(),
        })
    }

    /// Writes every refused row, so that it can be mended and given back. What the inner result
    /// holds is what writing came to.
    ///
    /// # Errors
    /// If the source cannot be read again.
    pub(crate) async fn write_rejects(
        &self,
        out: &mut OutputWriter,
        workers: usize,
        cancel: &Cancel,
    ) -> Result<io::Result<()>, TransferError> {
        for checked in &self.sources {
            let reading = Reading {
                stamp: self.stamp,
                digests: false,
                repeated: checked.repeated.clone(),
            };
            let (source, chunks) = (Arc::clone(&checked.source), checked.source.chunks.clone());
            let conveyor = Conveyor::new(source, reading, chunks, workers, cancel.clone());
            let mut written = Ok(());
            let mut write = |flawed: Vec<Flawed>| {
                for flawed in flawed {
                    if written.is_ok() {
                        written = rows::write_line(out, &flawed);
                    }
                }
            };
            conveyor.inspect(|_, loaded| write(loaded.flawed)).await?;
            if written.is_err() {
                return Ok(written);
            }
        }
        Ok(Ok(()))
    }

    async fn validate(
        &mut self,
        source: KindSource,
        options: &SourceOptions,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(), TransferError> {
        let source = Arc::new(source);
        let reading = Reading {
            stamp: self.stamp,
            digests: false,
            repeated: HashSet::new(),
        };
        let conveyor = |reading, chunks| {
            Conveyor::new(
                Arc::clone(&source),
                reading,
                chunks,
                options.workers,
                cancel.clone(),
            )
        };
        let mut ids = IdSet::new();
        let mut flawed: Vec<Flawed> = Vec::new();
        let mut rejected = 0;
        let mut summary = KindSummary {
            found: source.rows,
            bytes: source.files.iter().map(|(_, print)| print.bytes).sum(),
            ..KindSummary::default()
        };
        conveyor(reading.clone(), source.chunks.clone())
            .inspect(|chunk, loaded| {
                for row in &loaded.rows {
                    ids.add(row.stored.memory.id());
                }
                summary.zoneless_times += loaded.zoneless;
                summary.zero_vectors += loaded.zero_vectors;
                rejected += loaded.flawed.len() as u64;
                flawed.extend(loaded.flawed);
                flawed.truncate(Self::SHOWN);
                progress.advance(u64::from(chunk.rows));
            })
            .await?;
        let mut repeated = HashSet::new();
        let candidates = ids.seal();
        if !candidates.is_empty() {
            // Prints may agree by chance, so the ids themselves are compared, in source order.
            let mut seen = HashSet::new();
            conveyor(reading, source.chunks.clone())
                .inspect(|_, loaded| {
                    for row in loaded.rows {
                        let id = row.stored.memory.id();
                        if candidates.contains(&ids.print(id)) && !seen.insert(id.to_owned()) {
                            let what = format!("an earlier row has the id {id:?}");
                            repeated.insert(row.stored.ord);
                            if repeated.len() <= Self::SHOWN {
                                let flaw = Flaw::new(Reason::DuplicateId, what);
                                flawed.push(source.flawed_row(&row, flaw));
                            }
                        }
                    }
                })
                .await?;
            flawed.sort_by_key(|flawed| flawed.index);
        }
        summary.rejected = rejected + repeated.len() as u64;
        self.kinds[source.kind] = summary;
        self.flawed.extend(flawed);
        self.flawed.truncate(Self::SHOWN);
        self.sources.push(KindChecked {
            source,
            repeated,
            ids,
        });
        Ok(())
    }
}
