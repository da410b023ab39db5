//! The last phase: the rows of a chunk are read back and compared with the source.

use std::collections::HashMap;
use std::sync::Arc;

use super::chunk::RunChunk;
use super::digest::{self, KindDigest, Sha256Bytes};
use super::error::TransferError;
use super::pipeline::Task;
use super::read_back::{Existing, ReadBack, Reader, SpaceId};
use super::row::{Loaded, SourceRow};
use super::verification::{Difference, KindVerification, SHOWN};
use crate::model::Memory;
use crate::record::{self, Part};

/// Compares chunks with the target.
pub(super) struct Comparing {
    pub(super) target: Arc<dyn ReadBack>,
    /// Whether what lives on has to be equal too.
    pub(super) exact: bool,
    /// The space that the vectors must be in, where it is known.
    pub(super) space: Option<SpaceId>,
}

/// What came of one chunk.
pub(super) struct Compared {
    found: KindVerification,
    source: Vec<Sha256Bytes>,
    target: Vec<Sha256Bytes>,
}

/// Gathers what came of the chunks of one kind, in source order.
#[derive(Default)]
pub(super) struct Gathering {
    pub(super) found: KindVerification,
    pub(super) source: KindDigest,
    pub(super) target: KindDigest,
}

impl Gathering {
    pub(super) fn add(&mut self, compared: Compared) {
        let Compared {
            found,
            source,
            target,
        } = compared;
        source.iter().for_each(|row| self.source.push(row));
        target.iter().for_each(|row| self.target.push(row));
        let sum = &mut self.found;
        sum.source += found.source;
        sum.equal += found.equal;
        sum.missing_count += found.missing_count;
        sum.different_count += found.different_count;
        sum.live_count += found.live_count;
        sum.rejected += found.rejected;
        sum.missing.extend(found.missing);
        sum.missing.truncate(SHOWN);
        sum.different.extend(found.different);
        sum.different.truncate(SHOWN);
    }
}

impl Task for Comparing {
    type Session = Box<dyn Reader>;
    type Done = Compared;

    async fn open(&self) -> Result<Self::Session, TransferError> {
        self.target.reader().await
    }

    async fn process(
        &self,
        reader: &mut Self::Session,
        chunk: &RunChunk,
        loaded: Loaded,
    ) -> Result<Compared, TransferError> {
        let ids: Vec<&str> = loaded
            .rows
            .iter()
            .map(|row| row.stored.memory.id())
            .collect();
        let rows = reader.existing(chunk.kind, &ids, self.space).await?;
        let exact = self.exact;
        Ok(tokio::task::spawn_blocking(move || compare(exact, &loaded, rows)).await?)
    }
}

fn compare(exact: bool, loaded: &Loaded, rows: Vec<Existing>) -> Compared {
    let mut there: HashMap<String, Existing> = rows
        .into_iter()
        .map(|row| (row.stored.memory.id().to_owned(), row))
        .collect();
    let mut compared = Compared {
        found: KindVerification {
            rejected: loaded.flawed.len() as u64,
            ..KindVerification::default()
        },
        source: Vec::with_capacity(loaded.rows.len()),
        target: Vec::with_capacity(loaded.rows.len()),
    };
    let mut scratch = Vec::new();
    for row in &loaded.rows {
        let found = &mut compared.found;
        found.source += 1;
        compared.source.push(row.digest);
        let id = row.stored.memory.id();
        let Some(existing) = there.remove(id) else {
            found.missing_count += 1;
            if found.missing.len() < SHOWN {
                found.missing.push(id.to_owned());
            }
            continue;
        };
        scratch.clear();
        // A carry that cannot be read gives a digest that no row has.
        let rendered = record::write(&existing.stored.memory, Part::Content, &mut scratch);
        let target = match rendered {
            Ok(()) => digest::row(&scratch, existing.stored.vector.as_deref()),
            Err(_) => [0xff; 32],
        };
        compared.target.push(target);
        let (live, mut content): (Vec<_>, Vec<_>) = row
            .stored
            .memory
            .differing(&existing.stored.memory)
            .into_iter()
            .partition(|field| row.stored.memory.kind().is_live(field));
        content.extend(vector_differences(row, &existing));
        if content.is_empty() && target != row.digest {
            content.push("carry");
        }
        found.live_count += u64::from(content.is_empty() && !live.is_empty());
        let carried = |memory: &Memory| {
            let mut whole = Vec::new();
            record::write(memory, Part::Everything, &mut whole).map(|()| whole)
        };
        if exact {
            content.extend(live);
            if content.is_empty() && carried(&row.stored.memory) != carried(&existing.stored.memory)
            {
                content.push("carry");
            }
        }
        if content.is_empty() {
            found.equal += 1;
        } else {
            found.different_count += 1;
            if found.different.len() < SHOWN {
                found.different.push(Difference {
                    id: id.to_owned(),
                    fields: content,
                });
            }
        }
    }
    compared
}

fn vector_differences(row: &SourceRow, existing: &Existing) -> impl Iterator<Item = &'static str> {
    let embedding = !row.stored.has_vector_of(&existing.stored);
    let has_vectors = row.stored.vector.is_some() && existing.stored.vector.is_some();
    let space = has_vectors && !existing.in_space;
    [
        (embedding, "embedding"),
        (space, "space_id"),
        (!existing.searchable, "search form"),
    ]
    .into_iter()
    .filter_map(|(differs, name)| differs.then_some(name))
}
