//! The last phase: every row is read back and compared with the source.

use std::collections::HashMap;

use super::digest::{self, KindDigest, Sha256Bytes};
use super::error::TransferError;
use super::source::{Loaded, SourceRow};
use super::workers::Work;
use crate::backend::postgres::{Connection, Existing, RunChunk};
use crate::model::{Memory, PerKind, Scope};
use crate::record::{self, Part};

/// How many of each kind of difference are named.
pub(crate) const SHOWN: usize = 20;

/// A row that is not as it was in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its id.
    pub id: String,
    /// The columns that differ; `carry` for what the columns cannot give back, `search form` for
    /// the narrow form of the vector.
    pub fields: Vec<&'static str>,
}

/// What the comparison of one kind found.
#[derive(Debug, Clone, Default)]
pub struct KindVerification {
    /// Rows of the source that were compared.
    pub source: u64,
    /// Rows of the scope in the database.
    pub target: u64,
    /// Rows that are equal.
    pub equal: u64,
    /// Rows that are not in the database.
    pub missing_count: u64,
    /// Rows of the database that are not in the source: added later.
    pub extra_count: u64,
    /// Rows that differ.
    pub different_count: u64,
    /// Rows that differ in nothing but what changes while a memory is used.
    pub live_count: u64,
    /// Rows of the source that were refused and so are not compared.
    pub rejected: u64,
    /// The first of the missing.
    pub missing: Vec<String>,
    /// The first of the extra.
    pub extra: Vec<String>,
    /// The first of the different.
    pub different: Vec<Difference>,
}

/// What a comparison found.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    /// Whether the source was proved to be in the database.
    pub verified: bool,
    /// What was found of each kind.
    pub kinds: PerKind<KindVerification>,
    /// Digest of the source's rows.
    pub source_digest: [u8; 32],
    /// Digest of the same rows as the database gives them back.
    pub target_digest: [u8; 32],
    /// In what the source or the database is not as a receipt says.
    pub against: Vec<String>,
    /// Whether the source alone does not say of which model its vectors are: a migration has to be
    /// told.
    pub needs_model: bool,
}

/// Compares chunks with the database.
pub(crate) struct Comparing {
    pub(crate) scope: Scope,
    /// Whether what lives on has to be equal too.
    pub(crate) exact: bool,
    /// The space that the vectors must be in, where it is known.
    pub(crate) space_id: Option<i32>,
}

/// What came of one chunk.
pub(crate) struct Compared {
    found: KindVerification,
    source: Vec<Sha256Bytes>,
    target: Vec<Sha256Bytes>,
}

/// Gathers what came of the chunks of one kind, in source order.
#[derive(Default)]
pub(crate) struct Gathering {
    pub(crate) found: KindVerification,
    pub(crate) source: KindDigest,
    pub(crate) target: KindDigest,
}

impl Gathering {
    pub(crate) fn add(&mut self, compared: Compared) {
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

impl Work for Comparing {
    type Done = Compared;

    async fn work(
        &self,
        connection: &mut Connection,
        chunk: &RunChunk,
        loaded: Loaded,
    ) -> Result<Compared, TransferError> {
        let scoped = connection.scoped(self.scope).await?;
        let ids: Vec<&str> = loaded
            .rows
            .iter()
            .map(|row| row.stored.memory.id())
            .collect();
        let rows = scoped.existing(chunk.kind, &ids).await?;
        scoped.commit().await?;
        let (exact, space_id) = (self.exact, self.space_id);
        Ok(tokio::task::spawn_blocking(move || compare(exact, space_id, &loaded, rows)).await?)
    }
}

fn compare(exact: bool, space_id: Option<i32>, loaded: &Loaded, rows: Vec<Existing>) -> Compared {
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
        content.extend(vector_differences(row, &existing, space_id));
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

fn vector_differences(
    row: &SourceRow,
    existing: &Existing,
    space_id: Option<i32>,
) -> impl Iterator<Item = &'static str> {
    let embedding = !row.stored.has_vector_of(&existing.stored);
    let space = space_id.is_some() && row.stored.vector.is_some() && existing.space_id != space_id;
    [
        (embedding, "embedding"),
        (space, "space_id"),
        (!existing.searchable, "search form"),
    ]
    .into_iter()
    .filter_map(|(differs, name)| differs.then_some(name))
}
