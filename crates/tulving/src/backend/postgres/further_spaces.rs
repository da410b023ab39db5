//! Several vector spaces in a scope: the current one, and those that are kept beside it.
//!
//! A vector lies in the memory's own row if that says its space, else in the table of the kind's further
//! vectors; never in both. The half-precision vectors are of all spaces. What is current is said by the scope
//! alone, so that cutting over is one write; rows follow in chunks, and what reads a vector looks in both
//! places ([`lookup::full`](super::sql::lookup::full)).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entries::{embedding, embedding_of, ids};
use super::error::DatabaseError;
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::sql::{Statement, memories, scopes, vectors as sql};
use super::statistics::ScopeStatistics;
use super::table::Columns;
use crate::backend::{BackendError, Counts, Entry, Followed, KeptSpace, KeptSpaces, Lacking};
use crate::model::{Embedding, Key, Kind, Memory, Space};
use crate::search::text::embedded;

impl Scoped<'_> {
    /// Reads what the scope holds.
    async fn statistics(
        &mut self,
        to_write: bool,
        doing: &str,
    ) -> Result<ScopeStatistics, DatabaseError> {
        let query = ScopeStatistics::query(self.scope, to_write);
        let rows = self.send(&[query], doing).await?;
        let rows = rows.first().map_or(&[][..], Vec::as_slice);
        ScopeStatistics::read(rows, self.scope, self.target())
    }

    /// The number of a space that is kept, and the space as it is kept.
    async fn kept(
        &mut self,
        statistics: &ScopeStatistics,
        space: &Space,
        spaces: &Spaces,
    ) -> Result<Option<(i32, Arc<Space>)>, DatabaseError> {
        for number in statistics.spaces() {
            let kept = spaces.get(number, self).await?;
            if kept.is_comparable_with(space) {
                return Ok(Some((number, kept)));
            }
        }
        Ok(None)
    }

    async fn require_kept(
        &mut self,
        statistics: &ScopeStatistics,
        space: &Space,
        spaces: &Spaces,
    ) -> Result<(i32, Arc<Space>), BackendError> {
        let kept = self.kept(statistics, space, spaces).await?;
        kept.ok_or_else(|| BackendError::UnknownSpace {
            space: Arc::new(space.clone()),
        })
    }

    /// All spaces of the scope, with how many vectors it has in each.
    pub(super) async fn kept_spaces(
        mut self,
        spaces: &Spaces,
    ) -> Result<KeptSpaces, DatabaseError> {
        const DOING: &str = "counting vectors";
        let scope = self.scope;
        let mut statements = vec![ScopeStatistics::query(scope, false)];
        statements.extend(Kind::ALL.map(|kind| sql::count_by_space(kind, scope.id())));
        let answers = self.send(&statements, DOING).await?;
        let Some((statistics, counted)) = answers.split_first() else {
            return Ok(KeptSpaces::default());
        };
        let statistics = ScopeStatistics::read(statistics, scope, self.target())?;
        let mut all = Vec::new();
        for number in statistics.spaces() {
            let mut vectors = Counts::default();
            for (kind, rows) in Kind::ALL.into_iter().zip(counted) {
                let row = rows.iter().find(|row| row.get::<_, i32>(0) == number);
                vectors[kind] = row.map_or(0, |row| row.get::<_, i64>(1).unsigned_abs());
            }
            all.push(KeptSpace {
                space: spaces.get(number, &mut self).await?,
                vectors,
            });
        }
        let current = statistics.space_id.map(|_| all.remove(0));
        all.sort_by_key(|kept| (kept.space.model.clone(), kept.space.dims));
        let mut behind = Counts::default();
        if current.is_some() {
            let counts = Kind::ALL.map(|kind| sql::count_behind(kind, scope.id()));
            let counted = self.send(&counts, DOING).await?;
            for (kind, rows) in Kind::ALL.into_iter().zip(&counted) {
                let row = rows.first();
                behind[kind] = row.map_or(0, |row| row.get::<_, i64>(0).unsigned_abs());
            }
        }
        self.end_read();
        Ok(KeptSpaces {
            current,
            further: all,
            behind,
        })
    }

    /// Keeps a further space.
    pub(super) async fn add_space(
        mut self,
        space: &Space,
        spaces: &Spaces,
    ) -> Result<(), DatabaseError> {
        const DOING: &str = "adding a vector space";
        let statistics = self.statistics(true, DOING).await?;
        if self.kept(&statistics, space, spaces).await?.is_some() {
            return Ok(());
        }
        let Some(number) = spaces.number(space) else {
            return Err(DatabaseError::SpaceNotKept {
                space: space.clone(),
            });
        };
        let add = scopes::keep_space(self.scope.id(), number);
        self.finish(&[add], DOING).await?;
        Ok(())
    }

    /// Writes vectors of memories whose text is still what was embedded; gives their keys.
    pub(super) async fn put_vectors(
        mut self,
        entries: &[Entry],
        spaces: &Spaces,
    ) -> Result<Vec<Key>, BackendError> {
        const DOING: &str = "writing vectors";
        let scope = self.scope.id();
        let keys: Vec<Key> = entries.iter().map(|entry| entry.memory.key()).collect();
        let reading = Kind::ALL.map(|kind| memories::find_texts(kind, scope, ids(&keys, kind)));
        let (statistics, answers) = self.begin_writing(reading.into(), DOING).await?;
        let mut there = BTreeMap::new();
        for (kind, rows) in Kind::ALL.into_iter().zip(&answers) {
            for row in rows {
                let memory = Columns::new(kind, row).memory()?;
                let own: Option<i32> = row.get(row.len() - 1);
                there.insert(memory.key(), (embedded(&memory), own));
            }
        }
        let (mut written, mut statements) = (Vec::new(), Vec::new());
        let mut beside: BTreeMap<(Kind, i32), BTreeMap<String, &Embedding>> = BTreeMap::new();
        for (entry, key) in entries.iter().zip(keys) {
            let Some(given) = embedding(entry) else {
                continue;
            };
            let (space_id, _) = self
                .require_kept(&statistics, given.space(), spaces)
                .await?;
            let Some((text, own)) = there.get(&key) else {
                continue;
            };
            if *text != embedded(&entry.memory) {
                continue;
            }
            let is_current = statistics.space_id == Some(space_id);
            if is_current || *own == Some(space_id) {
                statements.extend(sql::put(&key, scope, given, space_id, is_current));
            } else {
                let of_space = beside.entry((key.kind, space_id)).or_default();
                of_space.insert(key.id.clone(), given);
            }
            written.push(key);
        }
        for ((kind, space_id), vectors) in &beside {
            statements.extend(sql::put_beside(*kind, scope, *space_id, vectors));
        }
        self.finish(&statements, DOING).await?;
        Ok(written)
    }

    /// The vectors of memories in one space.
    pub(super) async fn vectors_in(
        mut self,
        space: &Space,
        keys: &[Key],
        spaces: &Spaces,
    ) -> Result<Vec<Option<Embedding>>, BackendError> {
        const DOING: &str = "reading vectors";
        let scope = self.scope.id();
        let statistics = self.statistics(false, DOING).await?;
        let (space_id, space) = self.require_kept(&statistics, space, spaces).await?;
        if keys.is_empty() {
            self.end_read();
            return Ok(Vec::new());
        }
        let statements = Kind::ALL.map(|kind| sql::find(kind, scope, ids(keys, kind), space_id));
        let answers = self.send(&statements, DOING).await?;
        self.end_read();
        let mut found = BTreeMap::new();
        for (kind, rows) in Kind::ALL.into_iter().zip(&answers) {
            for row in rows {
                let mut fields = Columns::new(kind, row);
                let key = Key::new(kind, fields.get::<String>()?);
                let numbers = fields.vector()?;
                found.insert(
                    key,
                    numbers.and_then(|numbers| embedding_of(numbers, &space)),
                );
            }
        }
        Ok(keys
            .iter()
            .map(|key| found.get(key).cloned().flatten())
            .collect())
    }

    /// Memories that have no vector in a space.
    pub(super) async fn lacking(
        mut self,
        space: &Space,
        after: Option<&Key>,
        limit: usize,
        spaces: &Spaces,
    ) -> Result<Lacking, BackendError> {
        const DOING: &str = "looking for memories without a vector";
        let statistics = self.statistics(false, DOING).await?;
        let (space_id, _) = self.require_kept(&statistics, space, spaces).await?;
        let mut lacking = Lacking::default();
        for (kind, after) in from(after) {
            // One more says whether there is another page.
            let left = limit.saturating_add(1) - lacking.memories.len();
            let left = i64::try_from(left).unwrap_or(i64::MAX);
            let page = sql::lacking(kind, self.scope.id(), after, space_id, left);
            let rows = self.send(&[page], DOING).await?;
            for row in rows.iter().flatten() {
                lacking.memories.push(Columns::new(kind, row).memory()?);
            }
            if lacking.memories.len() > limit {
                lacking.memories.truncate(limit);
                lacking.next = lacking.memories.last().map(Memory::key);
                break;
            }
        }
        self.end_read();
        Ok(lacking)
    }

    /// Makes a space that is kept the current one.
    pub(super) async fn cut_over(
        mut self,
        to: &Space,
        spaces: &Spaces,
    ) -> Result<(), BackendError> {
        const DOING: &str = "cutting over to another vector space";
        let statistics = self.statistics(true, DOING).await?;
        let (space_id, _) = self.require_kept(&statistics, to, spaces).await?;
        if statistics.space_id == Some(space_id) {
            return Ok(());
        }
        let cut = scopes::cut_over(self.scope.id(), space_id);
        self.finish(&[cut], DOING).await?;
        Ok(())
    }

    /// Moves the vectors of some memories to where those of the current space belong.
    pub(super) async fn follow(
        mut self,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Followed, DatabaseError> {
        const DOING: &str = "moving vectors of the current space";
        let statistics = self.statistics(true, DOING).await?;
        let (mut followed, mut statements) = (Followed::default(), Vec::new());
        let Some(space_id) = statistics.space_id else {
            return Ok(followed);
        };
        for (kind, after) in from(after) {
            let left = limit.saturating_sub(statements.len() / MOVING);
            let left = i64::try_from(left).unwrap_or(i64::MAX);
            let page = sql::list_behind(kind, self.scope.id(), after, left);
            let rows = self.send(&[page], DOING).await?;
            for row in rows.iter().flatten() {
                let id: &str = row.get(0);
                statements.extend(sql::move_in(kind, self.scope.id(), id, space_id));
                followed.next = Some(Key::new(kind, id));
            }
            if statements.len() / MOVING >= limit {
                break;
            }
            followed.next = None;
        }
        followed.moved = (statements.len() / MOVING) as u64;
        self.finish(&statements, DOING).await?;
        Ok(followed)
    }

    /// The number of a further space, if it is kept.
    pub(super) async fn further_space(
        mut self,
        space: &Space,
        spaces: &Spaces,
    ) -> Result<Option<i32>, BackendError> {
        let statistics = self.statistics(false, "looking for a vector space").await?;
        let kept = self.kept(&statistics, space, spaces).await?;
        self.end_read();
        match kept {
            Some((number, space)) if statistics.space_id == Some(number) => {
                Err(BackendError::CurrentSpace { space })
            }
            kept => Ok(kept.map(|(number, _)| number)),
        }
    }

    /// Removes a further space; gives the number of the one that was there.
    pub(super) async fn drop_space(
        mut self,
        space: &Space,
        spaces: &Spaces,
    ) -> Result<Option<i32>, BackendError> {
        const DOING: &str = "dropping a vector space";
        let statistics = self.statistics(true, DOING).await?;
        let Some((space_id, space)) = self.kept(&statistics, space, spaces).await? else {
            return Ok(None);
        };
        if statistics.space_id == Some(space_id) {
            return Err(BackendError::CurrentSpace { space });
        }
        let scope = self.scope.id();
        let dropping = Kind::ALL.map(|kind| sql::drop_space(kind, scope, space_id));
        let forget = scopes::forget_space(scope, space_id);
        let statements: Vec<Statement> = dropping.into_iter().flatten().chain([forget]).collect();
        self.finish(&statements, DOING).await?;
        Ok(Some(space_id))
    }
}

/// How many statements move one memory's vector.
const MOVING: usize = 3;

/// The kinds that come after a memory, the kind of the memory itself first, each with the id after which
/// to begin.
fn from(after: Option<&Key>) -> impl Iterator<Item = (Kind, &str)> {
    let begins = after.map(|key| key.kind);
    Kind::ALL
        .into_iter()
        .filter(move |kind| begins.is_none_or(|begins| *kind >= begins))
        .map(move |kind| match after.filter(|key| key.kind == kind) {
            Some(key) => (kind, key.id.as_str()),
            None => (kind, ""),
        })
}
