//! Several vector spaces in a scope: the current one, and those that are kept beside it.
//!
//! A vector lies in the memory's own row if that says its space, else in the table of the kind's further
//! vectors; never in both. The narrow form holds those of all spaces. What is current is said by the scope
//! alone, so that cutting over is one write; rows follow in chunks, and what reads a vector looks in both
//! places ([`look_up::full`]).

use std::sync::Arc;

use tokio_postgres::types::Type;

use super::error::DatabaseError;
use super::holdings::Holdings;
use super::look_up;
use super::rows::{embedding, embedding_of, ids, vector, width};
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::statement::Statement;
use super::table::{Columns, listed_of_row};
use crate::backend::{BackendError, Counts, Entry, Followed, KeptSpace, KeptSpaces, Lacking};
use crate::model::{Embedding, Key, Kind, Memory, Space};
use crate::search::text::embedded;

impl Scoped<'_> {
    /// Reads what the scope holds.
    async fn holdings(&mut self, to_write: bool, doing: &str) -> Result<Holdings, DatabaseError> {
        let query = Holdings::query(self.scope, to_write);
        let rows = self.send(&[query], doing).await?;
        let rows = rows.first().map_or(&[][..], Vec::as_slice);
        Holdings::read(rows, self.scope, self.target())
    }

    /// The number of a space that is kept, and the space as it is kept.
    async fn kept(
        &mut self,
        holdings: &Holdings,
        space: &Space,
        spaces: &Spaces,
    ) -> Result<Option<(i32, Arc<Space>)>, DatabaseError> {
        for number in holdings.spaces() {
            let kept = spaces.get(number, self).await?;
            if kept.is_comparable_with(space) {
                return Ok(Some((number, kept)));
            }
        }
        Ok(None)
    }

    async fn require_kept(
        &mut self,
        holdings: &Holdings,
        space: &Space,
        spaces: &Spaces,
    ) -> Result<(i32, Arc<Space>), BackendError> {
        let kept = self.kept(holdings, space, spaces).await?;
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
        let mut statements = vec![Holdings::query(scope, false)];
        for kind in Kind::ALL {
            let count = format!(
                "SELECT space_id, count(*) FROM {} WHERE scope_id = $1 GROUP BY space_id",
                kind.vectors()
            );
            statements.push(Statement::new(count).with(scope.id(), Type::UUID));
        }
        let answers = self.send(&statements, DOING).await?;
        let Some((holdings, counted)) = answers.split_first() else {
            return Ok(KeptSpaces::default());
        };
        let holdings = Holdings::read(holdings, scope, self.target())?;
        let mut all = Vec::new();
        for number in holdings.spaces() {
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
        let current = holdings.space_id.map(|_| all.remove(0));
        all.sort_by_key(|kept| (kept.space.model.clone(), kept.space.dims));
        let mut behind = Counts::default();
        if current.is_some() {
            let counts = Kind::ALL.map(|kind| {
                let count = format!("SELECT count(*) FROM {}", behind_of(kind));
                Statement::new(count).with(scope.id(), Type::UUID)
            });
            let counted = self.send(&counts, DOING).await?;
            for (kind, rows) in Kind::ALL.into_iter().zip(&counted) {
                let row = rows.first();
                behind[kind] = row.map_or(0, |row| row.get::<_, i64>(0).unsigned_abs());
            }
        }
        self.leave();
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
        let holdings = self.holdings(true, DOING).await?;
        if self.kept(&holdings, space, spaces).await?.is_some() {
            return Ok(());
        }
        let Some(number) = spaces.number(space) else {
            return Err(DatabaseError::SpaceNotKept {
                space: space.clone(),
            });
        };
        let add = self.keep_space(number);
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
        let reading = Kind::ALL.map(|kind| {
            let read = format!(
                "SELECT {} FROM unnest($2) AS wanted (id) {}",
                listed_of_row(kind),
                look_up::by_id(kind, "$1", "wanted.id")
            );
            Statement::new(read)
                .with(scope, Type::UUID)
                .with(ids(&keys, kind), Type::TEXT_ARRAY)
        });
        let (holdings, answers) = self.begin_writing(reading.into(), DOING).await?;
        let mut there: Vec<(Key, String)> = Vec::new();
        for (kind, rows) in Kind::ALL.into_iter().zip(&answers) {
            for row in rows {
                let memory = Columns::new(kind, row).memory()?;
                there.push((memory.key(), embedded(&memory)));
            }
        }
        there.sort();
        let text_of = |key: &Key| -> Option<&str> {
            let place = there.binary_search_by(|(other, _)| other.cmp(key)).ok()?;
            Some(&there[place].1)
        };
        let (mut written, mut statements) = (Vec::new(), Vec::new());
        for (entry, key) in entries.iter().zip(keys) {
            let Some(given) = embedding(entry) else {
                continue;
            };
            let (space_id, _) = self.require_kept(&holdings, given.space(), spaces).await?;
            if text_of(&key) != Some(&embedded(&entry.memory)) {
                continue;
            }
            let is_current = holdings.space_id == Some(space_id);
            statements.extend(self.put_vector(&key, given, space_id, is_current));
            written.push(key);
        }
        self.finish(&statements, DOING).await?;
        Ok(written)
    }

    /// Statements that write one vector with its narrow form.
    fn put_vector(
        &self,
        key: &Key,
        embedding: &Embedding,
        space_id: i32,
        is_current: bool,
    ) -> Vec<Statement> {
        let kind = key.kind;
        let (table, beside) = (kind.table(), kind.embeddings());
        let mut statements = Vec::new();
        let put = if is_current {
            statements.extend(self.vacate(kind, &key.id, space_id));
            format!(
                "UPDATE {table} SET space_id = $3, dims = $4, embedding = $5::vector WHERE scope_id = $1 AND id = $2"
            )
        } else {
            // Where rows have not followed yet, the place of a further space is still theirs.
            format!(
                "WITH own AS (UPDATE {table} SET dims = $4, embedding = $5::vector \
                              WHERE scope_id = $1 AND id = $2 AND space_id = $3 RETURNING id) \
                 INSERT INTO {beside} (scope_id, id, space_id, dims, embedding) \
                 SELECT $1, $2, $3, $4, $5::vector WHERE NOT EXISTS (SELECT FROM own) \
                 ON CONFLICT (scope_id, id, space_id) DO UPDATE SET embedding = excluded.embedding"
            )
        };
        let vector = || vector(Some(embedding));
        statements.push(
            self.of_id(put, &key.id)
                .with(space_id, Type::INT4)
                .with(width(embedding), Type::INT4)
                .with(vector(), Type::UNKNOWN),
        );
        let narrow = format!(
            "INSERT INTO {} (scope_id, id, space_id, v) \
             SELECT $1, $2, $3, l2_normalize($4::vector)::halfvec WHERE vector_norm($4::vector) > 0 \
             ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v",
            kind.vectors()
        );
        statements.push(
            self.of_id(narrow, &key.id)
                .with(space_id, Type::INT4)
                .with(vector(), Type::UNKNOWN),
        );
        statements
    }

    /// A statement on the memory with an id, `$2`, of the scope, `$1`.
    fn of_id(&self, sql: String, id: &str) -> Statement {
        Statement::new(sql)
            .with(self.scope.id(), Type::UUID)
            .with(id.to_owned(), Type::TEXT)
    }

    /// Makes room in a memory's own row for its vector of a space: another one is put beside, and its own
    /// is taken from there.
    fn vacate(&self, kind: Kind, id: &str, space_id: i32) -> [Statement; 2] {
        let (table, beside) = (kind.table(), kind.embeddings());
        let away = format!(
            "INSERT INTO {beside} (scope_id, id, space_id, dims, embedding) \
             SELECT scope_id, id, space_id, dims, embedding FROM {table} \
             WHERE scope_id = $1 AND id = $2 AND space_id <> $3 \
             ON CONFLICT (scope_id, id, space_id) DO UPDATE SET embedding = excluded.embedding"
        );
        let gone =
            format!("DELETE FROM {beside} WHERE scope_id = $1 AND id = $2 AND space_id = $3");
        [away, gone].map(|sql| self.of_id(sql, id).with(space_id, Type::INT4))
    }

    /// Clears what a memory that is replaced will have no more: its vector in the current space, and if its
    /// text does not stay, those in all spaces.
    pub(super) fn clear(
        &self,
        kind: Kind,
        id: &str,
        holdings: &Holdings,
        stays: bool,
    ) -> Vec<Statement> {
        let narrow = format!(
            "DELETE FROM {} WHERE scope_id = $1 AND id = $2",
            kind.vectors()
        );
        match holdings.space_id {
            None => vec![self.of_id(narrow, id)],
            Some(space_id) if stays => {
                let mut statements = Vec::from(self.vacate(kind, id, space_id));
                let narrow = self.of_id(format!("{narrow} AND space_id = $3"), id);
                statements.push(narrow.with(space_id, Type::INT4));
                statements
            }
            Some(_) => {
                let beside = kind.embeddings();
                let beside = format!("DELETE FROM {beside} WHERE scope_id = $1 AND id = $2");
                vec![self.of_id(beside, id), self.of_id(narrow, id)]
            }
        }
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
        let holdings = self.holdings(false, DOING).await?;
        let (space_id, space) = self.require_kept(&holdings, space, spaces).await?;
        let statements = Kind::ALL.map(|kind| {
            let read = format!(
                "SELECT m.id, vector_send({}) FROM unnest($2) AS wanted (id) {}",
                look_up::full(kind, "$1", "$3"),
                look_up::by_id(kind, "$1", "wanted.id")
            );
            Statement::new(read)
                .with(scope, Type::UUID)
                .with(ids(keys, kind), Type::TEXT_ARRAY)
                .with(space_id, Type::INT4)
        });
        let answers = self.send(&statements, DOING).await?;
        self.leave();
        let mut found = std::collections::BTreeMap::new();
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
        let holdings = self.holdings(false, DOING).await?;
        let (space_id, _) = self.require_kept(&holdings, space, spaces).await?;
        let mut lacking = Lacking::default();
        for (kind, after) in from(after) {
            // One more says whether there is another page.
            let left = limit.saturating_add(1) - lacking.memories.len();
            let page = format!(
                "SELECT {} FROM (SELECT * FROM {} WHERE scope_id = $1 AND id > $2 ORDER BY id) m \
                 LEFT JOIN {} ON true WHERE n.v IS NULL ORDER BY m.id LIMIT $4",
                listed_of_row(kind),
                kind.table(),
                look_up::narrow(kind, "$1", "$3")
            );
            let page = self
                .of_id(page, after)
                .with(space_id, Type::INT4)
                .with(i64::try_from(left).unwrap_or(i64::MAX), Type::INT8);
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
        self.leave();
        Ok(lacking)
    }

    /// Makes a space that is kept the current one.
    pub(super) async fn cut_over(
        mut self,
        to: &Space,
        spaces: &Spaces,
    ) -> Result<(), BackendError> {
        const DOING: &str = "cutting over to another vector space";
        let holdings = self.holdings(true, DOING).await?;
        let (space_id, _) = self.require_kept(&holdings, to, spaces).await?;
        if holdings.space_id == Some(space_id) {
            return Ok(());
        }
        let cut = "UPDATE scopes SET further = array_remove(further, $2) || space_id, space_id = $2 \
                   WHERE scope_id = $1";
        let cut = Statement::new(cut)
            .with(self.scope.id(), Type::UUID)
            .with(space_id, Type::INT4);
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
        let holdings = self.holdings(true, DOING).await?;
        let (mut followed, mut statements) = (Followed::default(), Vec::new());
        let Some(space_id) = holdings.space_id else {
            return Ok(followed);
        };
        for (kind, after) in from(after) {
            let left = limit.saturating_sub(statements.len() / MOVING);
            let page = format!(
                "SELECT m.id FROM {} AND m.id > $2 ORDER BY m.id LIMIT $3",
                behind_of(kind)
            );
            let page = self
                .of_id(page, after)
                .with(i64::try_from(left).unwrap_or(i64::MAX), Type::INT8);
            let rows = self.send(&[page], DOING).await?;
            for row in rows.iter().flatten() {
                let id: &str = row.get(0);
                statements.extend(self.move_in(kind, id, space_id));
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

    /// Statements that put a memory's vector of the current space into its own row.
    fn move_in(&self, kind: Kind, id: &str, space_id: i32) -> [Statement; MOVING] {
        let (table, beside) = (kind.table(), kind.embeddings());
        let [away, gone] = self.vacate(kind, id, space_id);
        let here = format!(
            "UPDATE {table} m SET (space_id, dims, embedding) = \
                 (SELECT f.space_id, f.dims, f.embedding FROM {beside} f \
                  WHERE f.scope_id = $1 AND f.id = $2 AND f.space_id = $3) \
             WHERE m.scope_id = $1 AND m.id = $2"
        );
        let here = self.of_id(here, id).with(space_id, Type::INT4);
        [away, here, gone]
    }

    /// Removes a further space; gives the number of the one that was there.
    pub(super) async fn drop_space(
        mut self,
        space: &Space,
        spaces: &Spaces,
    ) -> Result<Option<i32>, BackendError> {
        const DOING: &str = "dropping a vector space";
        let holdings = self.holdings(true, DOING).await?;
        let Some((space_id, space)) = self.kept(&holdings, space, spaces).await? else {
            return Ok(None);
        };
        if holdings.space_id == Some(space_id) {
            return Err(BackendError::CurrentSpace { space });
        }
        let mut statements: Vec<Statement> = Kind::ALL
            .into_iter()
            .flat_map(|kind| {
                [
                    format!(
                        "UPDATE {} SET space_id = NULL, dims = NULL, embedding = NULL \
                         WHERE scope_id = $1 AND space_id = $2",
                        kind.table()
                    ),
                    format!(
                        "DELETE FROM {} WHERE scope_id = $1 AND space_id = $2",
                        kind.embeddings()
                    ),
                    format!(
                        "DELETE FROM {} WHERE scope_id = $1 AND space_id = $2",
                        kind.vectors()
                    ),
                ]
            })
            .map(Statement::new)
            .collect();
        let forget = "UPDATE scopes SET further = array_remove(further, $2) WHERE scope_id = $1";
        statements.push(Statement::new(forget));
        let scope = self.scope.id();
        let statements: Vec<Statement> = statements
            .into_iter()
            .map(|statement| statement.with(scope, Type::UUID).with(space_id, Type::INT4))
            .collect();
        self.finish(&statements, DOING).await?;
        Ok(Some(space_id))
    }
}

/// How many statements move one memory's vector.
const MOVING: usize = 3;

/// The memories of the scope `$1` that have to follow, as `m`: their vector of the current space is not in
/// their own row, or that of another is.
fn behind_of(kind: Kind) -> String {
    let current = look_up::current("$1");
    format!(
        "{} m LEFT JOIN LATERAL (SELECT true AS there FROM {} \
                                 WHERE scope_id = $1 AND id = m.id AND space_id = {current} OFFSET 0) f ON true \
         WHERE m.scope_id = $1 AND (f.there OR m.space_id <> {current})",
        kind.table(),
        kind.embeddings()
    )
}

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
