//! Memories one by one: reading, writing, removing them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::conditions::texts;
use super::copy::CopyRows;
use super::error::{DatabaseError, Refusal};
use super::holdings::{Holdings, Numbers};
use super::look_up::{self, HAS_PLACE};
use super::postings::Batch;
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::statement::Statement;
use super::table::{Columns, Table};
use super::wire::{Raw, raw_vector};
use crate::backend::{BackendError, Draft, Entry};
use crate::model::{Embedding, Episode, Key, Kind, Memory, Node, Space, Timestamp};
use crate::record;

/// A row that is to be written.
struct New<'e, R> {
    record: &'e R,
    /// None for a vector that is all zero.
    embedding: Option<&'e Embedding>,
}

/// The embedding of an entry, where it is one.
fn embedding(entry: &Entry) -> Option<&Embedding> {
    entry
        .embedding
        .as_ref()
        .filter(|embedding| !embedding.is_zero())
}

impl Scoped<'_> {
    /// Locks the scope for writing and asks statements, in one round trip.
    async fn begin_writing(
        &mut self,
        mut statements: Vec<Statement>,
        doing: &str,
    ) -> Result<(Holdings, Vec<Vec<Row>>), DatabaseError> {
        statements.insert(0, Holdings::query(self.scope, true));
        let mut answers = self.send(&statements, doing).await?;
        let holdings = Holdings::read(&answers.remove(0), self.scope, self.target())?;
        Ok((holdings, answers))
    }

    /// Checks that vectors belong to the scope's space; gives the number of theirs.
    async fn require_space(
        &mut self,
        holdings: &Holdings,
        given: Option<&Arc<Space>>,
        spaces: &Spaces,
    ) -> Result<Option<i32>, BackendError> {
        let (Some(given), stored) = (given, holdings.space_id) else {
            return Ok(None);
        };
        let Some(stored) = stored else {
            return Ok(spaces.number(given));
        };
        let space = spaces.get(stored, self).await?;
        if space == *given {
            Ok(Some(stored))
        } else {
            Err(BackendError::WrongSpace {
                stored: space,
                given: Arc::clone(given),
            })
        }
    }

    /// Writes new memories. `keys` holds, when an id turns out to be taken, those that were tried.
    pub(super) async fn insert(
        mut self,
        drafts: Vec<Draft>,
        spaces: &Spaces,
        keys: &mut Vec<Key>,
    ) -> Result<(), BackendError> {
        const DOING: &str = "writing memories";
        let scope = self.scope.id();
        let present = |kind: Kind, look_up: String| {
            let whole = drafts.iter().filter_map(|draft| match draft {
                Draft::Whole(entry) | Draft::NextNamed(entry) if entry.memory.kind() == kind => {
                    Some(entry.memory.id())
                }
                Draft::Next(entry) if kind == Kind::Episode && entry.memory.kind() == kind => {
                    Some(entry.memory.id())
                }
                _ => None,
            });
            let ids: Vec<String> = whole.map(ToOwned::to_owned).collect();
            Statement::new(format!(
                "SELECT m.id FROM unnest($2) AS wanted (id) {look_up}"
            ))
            .with(scope, Type::UUID)
            .with(texts(&ids), Type::TEXT_ARRAY)
        };
        let conversations: BTreeSet<&str> = drafts
            .iter()
            .filter_map(|draft| match draft {
                Draft::Next(entry) | Draft::NextNamed(entry) => match &entry.memory {
                    Memory::Node(node) => Some(node.conversation_id.as_str()),
                    Memory::Episode(_) => None,
                },
                Draft::Whole(_) => None,
            })
            .collect();
        let conversations: Vec<String> = conversations.into_iter().map(ToOwned::to_owned).collect();
        let ends = format!(
            "SELECT c.id, (SELECT sequence_index FROM memory_nodes \
                           WHERE scope_id = $1 AND conversation_id = c.id AND {HAS_PLACE} \
                           ORDER BY sequence_index DESC LIMIT 1) \
             FROM unnest($2) AS c (id)"
        );
        let ends = Statement::new(ends)
            .with(scope, Type::UUID)
            .with(conversations, Type::TEXT_ARRAY);
        let questions = vec![
            present(Kind::Node, look_up::by_id::<Node>("$1", "wanted.id")),
            present(Kind::Episode, look_up::by_id::<Episode>("$1", "wanted.id")),
            ends,
        ];
        let (holdings, answers) = self.begin_writing(questions, DOING).await?;
        let taken = |rows: &[Row], kind| {
            let ids = rows.iter().map(|row| row.get::<_, String>(0));
            ids.map(move |id| Key::new(kind, id))
                .collect::<BTreeSet<_>>()
        };
        let [nodes, episodes, ends] = answers.as_slice() else {
            return Ok(());
        };
        let mut taken: BTreeSet<Key> = &taken(nodes, Kind::Node) | &taken(episodes, Kind::Episode);
        let mut ends: HashMap<String, i64> = ends
            .iter()
            .map(|row| (row.get(0), row.get::<_, Option<i64>>(1).unwrap_or(-1)))
            .collect();

        let mut entries = Vec::with_capacity(drafts.len());
        let mut space: Option<Arc<Space>> = None;
        for draft in drafts {
            let entry = match draft {
                Draft::Next(mut entry) => {
                    if let Memory::Node(node) = &mut entry.memory {
                        let end = ends.entry(node.conversation_id.clone()).or_insert(-1);
                        node.place(end.saturating_add(1));
                        *end = node.sequence_index;
                    }
                    entry
                }
                Draft::NextNamed(mut entry) => {
                    if let Memory::Node(node) = &mut entry.memory {
                        let end = ends.entry(node.conversation_id.clone()).or_insert(-1);
                        node.sequence_index = end.saturating_add(1);
                        *end = node.sequence_index;
                    }
                    entry
                }
                Draft::Whole(entry) => {
                    if let Memory::Node(node) = &entry.memory
                        && let Some(end) = ends.get_mut(&node.conversation_id)
                    {
                        *end = node.sequence_index.max(*end);
                    }
                    entry
                }
            };
            let key = entry.memory.key();
            if !taken.insert(key.clone()) {
                return Err(BackendError::Exists { key });
            }
            keys.push(key);
            if let Some(given) = embedding(&entry).map(Embedding::space) {
                match &space {
                    None => space = Some(Arc::clone(given)),
                    Some(first) if first != given => {
                        return Err(BackendError::WrongSpace {
                            stored: Arc::clone(first),
                            given: Arc::clone(given),
                        });
                    }
                    Some(_) => {}
                }
            }
            entries.push(entry);
        }
        let space_id = self
            .require_space(&holdings, space.as_ref(), spaces)
            .await?;

        let (mut nodes, mut episodes) = (Vec::new(), Vec::new());
        for entry in &entries {
            let embedding = embedding(entry);
            match &entry.memory {
                Memory::Node(record) => nodes.push(New { record, embedding }),
                Memory::Episode(record) => episodes.push(New { record, embedding }),
            }
        }
        let mut statements = Vec::new();
        self.put(&nodes, holdings.of(Kind::Node), space_id, &mut statements)?;
        self.put(
            &episodes,
            holdings.of(Kind::Episode),
            space_id,
            &mut statements,
        )?;
        if holdings.space_id.is_none() {
            statements.extend(space_id.map(|space_id| self.adopt(space_id)));
        }
        if let Some(merging) = self.to_merge(&holdings) {
            self.send(&statements, DOING).await?;
            statements.clear();
            self.merge_kinds(&holdings, merging).await?;
        }
        self.finish(&statements, DOING).await?;
        Ok(())
    }

    /// Statements that write new rows with all that finds them.
    fn put<R: Table>(
        &self,
        rows: &[New<'_, R>],
        numbers: &Numbers,
        space_id: Option<i32>,
        statements: &mut Vec<Statement>,
    ) -> Result<(), DatabaseError> {
        if rows.is_empty() {
            return Ok(());
        }
        let scope = self.scope;
        let columns = R::columns();
        let batch = Batch::of(rows.iter().map(|row| row.record.words()));
        let first = numbers.next;
        self.require_numbers::<R>(first, rows.len())?;
        let mut ids = Vec::new();
        for (doc, (row, length)) in (first..).zip(rows.iter().zip(batch.lengths())) {
            let mut insert = Statement::new(format!(
                "INSERT INTO {} (scope_id, user_id, tenant_id, space_id, dims, ord, doc, tokens, {}, embedding) VALUES (",
                R::TABLE,
                columns.join(", ")
            ));
            let dims = row.embedding.map(width);
            insert
                .value(scope.id(), Type::UUID)
                .text(", ")
                .value(scope.user_id(), Type::UUID)
                .text(", ")
                .value(scope.tenant_id(), Type::UUID)
                .text(", ")
                .value(dims.and(space_id), Type::INT4)
                .text(", ")
                .value(dims, Type::INT4)
                .text(", ")
                .value(i64::from(doc), Type::INT8)
                .text(", ")
                .value(doc, Type::INT4)
                .text(", ")
                .value(*length, Type::INT4);
            for field in CopyRows::fields(|fields| row.record.encode(fields)) {
                insert.text(", ").value(field, Type::UNKNOWN);
            }
            insert
                .text(", ")
                .value(vector(row.embedding), Type::UNKNOWN);
            insert.text(")");
            statements.push(insert);
            if row.embedding.is_some() {
                ids.push(row.record.id().to_owned());
            }
        }
        statements.extend(self.narrow::<R>(ids));
        let kind = R::KIND.as_str();
        let count = batch.documents();
        let update = format!(
            "UPDATE scopes SET {kind}_next = {kind}_next + $2, {kind}_documents = {kind}_documents + $2, \
                               {kind}_tokens = {kind}_tokens + $3 WHERE scope_id = $1"
        );
        statements.push(
            Statement::new(update)
                .with(scope.id(), Type::UUID)
                .with(i32::try_from(count).unwrap_or(i32::MAX), Type::INT4)
                .with(batch.tokens(), Type::INT8),
        );
        statements.extend(batch.write::<R>(scope.id(), first));
        Ok(())
    }

    /// Whether so many documents can still be numbered.
    pub(super) fn require_numbers<R: Table>(
        &self,
        next: i32,
        count: usize,
    ) -> Result<(), DatabaseError> {
        let there = i32::try_from(count)
            .ok()
            .and_then(|count| next.checked_add(count));
        match there {
            Some(_) => Ok(()),
            None => Err(Refusal::NumbersUsedUp {
                scope: self.scope,
                kind: R::KIND.plural(),
            }
            .into()),
        }
    }

    /// Fills the narrow form of these rows' vectors.
    fn narrow<R: Table>(&self, ids: Vec<String>) -> Option<Statement> {
        let narrow = format!(
            "INSERT INTO {} (scope_id, id, space_id, v) \
             SELECT m.scope_id, m.id, m.space_id, l2_normalize(m.embedding)::halfvec \
             FROM unnest($2) AS wanted (id) {} \
             WHERE vector_norm(m.embedding) > 0",
            R::NARROW,
            look_up::by_id::<R>("$1", "wanted.id")
        );
        (!ids.is_empty()).then(|| {
            Statement::new(narrow)
                .with(self.scope.id(), Type::UUID)
                .with(ids, Type::TEXT_ARRAY)
        })
    }

    /// Makes a space the scope's.
    fn adopt(&self, space_id: i32) -> Statement {
        let adopt = "UPDATE scopes SET space_id = coalesce(space_id, $2) WHERE scope_id = $1";
        Statement::new(adopt)
            .with(self.scope.id(), Type::UUID)
            .with(space_id, Type::INT4)
    }

    /// What there is to merge, of nodes and of episodes.
    fn to_merge(&self, holdings: &Holdings) -> Option<[Option<i32>; 2]> {
        let merging = [Kind::Node, Kind::Episode].map(|kind| holdings.of(kind).to_merge());
        merging.iter().any(Option::is_some).then_some(merging)
    }

    async fn merge_kinds(
        &mut self,
        holdings: &Holdings,
        [nodes, episodes]: [Option<i32>; 2],
    ) -> Result<(), DatabaseError> {
        if let Some(from) = nodes {
            self.merge::<Node>(holdings.of(Kind::Node), from).await?;
        }
        if let Some(from) = episodes {
            self.merge::<Episode>(holdings.of(Kind::Episode), from)
                .await?;
        }
        Ok(())
    }

    /// Puts a memory in the place of another.
    pub(super) async fn replace(
        self,
        old: &Memory,
        new: &Entry,
        spaces: &Spaces,
    ) -> Result<(), BackendError> {
        match (old, &new.memory) {
            (Memory::Node(_), Memory::Node(record)) => {
                self.replace_row(old, record, new, spaces).await
            }
            (Memory::Episode(_), Memory::Episode(record)) => {
                self.replace_row(old, record, new, spaces).await
            }
            _ => Err(BackendError::NoSuchMemory {
                key: new.memory.key(),
            }),
        }
    }

    async fn replace_row<R: Table + Into<Memory>>(
        mut self,
        old: &Memory,
        new: &R,
        entry: &Entry,
        spaces: &Spaces,
    ) -> Result<(), BackendError> {
        const DOING: &str = "changing a memory";
        let (scope, id) = (self.scope.id(), old.id().to_owned());
        let columns = R::columns();
        let stored = format!(
            "SELECT {}, doc, tokens FROM {} WHERE scope_id = $1 AND id = $2 FOR NO KEY UPDATE",
            columns.join(", "),
            R::TABLE
        );
        let stored = Statement::new(stored)
            .with(scope, Type::UUID)
            .with(texts(std::slice::from_ref(&id)).pop(), Type::TEXT);
        let (holdings, answers) = self.begin_writing(vec![stored], DOING).await?;
        let Some(row) = answers.first().and_then(|rows| rows.first()) else {
            return Err(BackendError::NoSuchMemory { key: old.key() });
        };
        let mut fields = Columns::new::<R>(row);
        let stored = R::decode(&mut fields)?;
        let (doc, tokens): (Option<i32>, Option<i32>) = (fields.get()?, fields.get()?);
        let words = stored.words();
        let stored: Memory = stored.into();
        if !record::same_content(old, &stored) {
            return Err(BackendError::Changed { key: old.key() });
        }
        if new.id() != id {
            // The id stays: there is no other place to put it in.
            return Err(BackendError::NoSuchMemory {
                key: Key::new(R::KIND, new.id()),
            });
        }
        let embedding = embedding(entry);
        let space_id = self
            .require_space(&holdings, embedding.map(Embedding::space), spaces)
            .await?;

        let mut statements = Vec::new();
        let dims = embedding.map(width);
        let mut update = Statement::new(format!("UPDATE {} SET space_id = ", R::TABLE));
        update.value(dims.and(space_id), Type::INT4);
        update.text(", dims = ").value(dims, Type::INT4);
        update
            .text(", embedding = ")
            .value(vector(embedding), Type::UNKNOWN);
        let values = CopyRows::fields(|fields| new.encode(fields));
        for (column, value) in columns.iter().zip(values) {
            if !matches!(*column, "id" | "access_count" | "last_accessed") {
                update
                    .text(", ")
                    .text(column)
                    .text(" = ")
                    .value(value, Type::UNKNOWN);
            }
        }
        let kind = R::KIND.as_str();
        let batch = Batch::of(std::iter::once(new.words()));
        // Words that stayed as they were need no new postings.
        if new.words() != words || doc.is_none() {
            let numbers = holdings.of(R::KIND);
            self.require_numbers::<R>(numbers.next, 1)?;
            update.text(", doc = ").value(numbers.next, Type::INT4);
            update
                .text(", tokens = ")
                .value(batch.lengths().first().copied(), Type::INT4);
            let count = format!(
                "UPDATE scopes SET {kind}_next = {kind}_next + 1, \
                                   {kind}_documents = {kind}_documents + $2, {kind}_tokens = {kind}_tokens + $3, \
                                   {kind}_dead = CASE WHEN $4::int IS NULL THEN {kind}_dead ELSE {kind}_dead || $4 END \
                 WHERE scope_id = $1"
            );
            statements.push(
                Statement::new(count)
                    .with(scope, Type::UUID)
                    .with(i32::from(doc.is_none()), Type::INT4)
                    .with(
                        batch.tokens() - i64::from(tokens.unwrap_or_default()),
                        Type::INT8,
                    )
                    .with(doc, Type::INT4),
            );
            statements.extend(batch.write::<R>(scope, numbers.next));
        }
        update.text(" WHERE scope_id = ").value(scope, Type::UUID);
        update.text(" AND id = ").value(id.clone(), Type::TEXT);
        statements.push(update);
        let forget = format!("DELETE FROM {} WHERE scope_id = $1 AND id = $2", R::NARROW);
        statements.push(
            Statement::new(forget)
                .with(scope, Type::UUID)
                .with(id.clone(), Type::TEXT),
        );
        if embedding.is_some() {
            statements.extend(self.narrow::<R>(vec![id]));
        }
        if holdings.space_id.is_none() {
            statements.extend(space_id.map(|space_id| self.adopt(space_id)));
        }
        if let Some(merging) = self.to_merge(&holdings) {
            self.send(&statements, DOING).await?;
            statements.clear();
            self.merge_kinds(&holdings, merging).await?;
        }
        self.finish(&statements, DOING).await?;
        Ok(())
    }

    /// Removes memories; gives the keys of those that were there.
    pub(super) async fn delete(mut self, keys: &[Key]) -> Result<Vec<Key>, DatabaseError> {
        const DOING: &str = "removing memories";
        let scope = self.scope.id();
        let mut statements = remove::<Node>(scope, ids(keys, Kind::Node).into_iter());
        let nodes = statements.len();
        statements.extend(remove::<Episode>(
            scope,
            ids(keys, Kind::Episode).into_iter(),
        ));
        let (_, answers) = self.begin_writing(statements, DOING).await?;
        let (nodes, episodes) = answers.split_at_checked(nodes).unwrap_or_default();
        let mut gone = BTreeSet::new();
        let mut counting = Vec::new();
        for (kind, rows) in [(Kind::Node, nodes), (Kind::Episode, episodes)] {
            let rows = || rows.iter().flatten();
            gone.extend(rows().map(|row| Key::new(kind, row.get::<_, String>(0))));
            counting.extend(count_out(scope, kind, rows()));
        }
        self.finish(&counting, DOING).await?;
        Ok(keys.iter().filter_map(|key| gone.take(key)).collect())
    }

    /// Counts a use of memories; gives how many were there. Rows are locked, and not the scope: uses
    /// are counted while others write.
    pub(super) async fn touch(mut self, keys: &[Key], at: Timestamp) -> Result<u64, DatabaseError> {
        const DOING: &str = "counting uses";
        let scope = self.scope;
        // One by one and in one order, so that two who touch the same do not wait for each other.
        let touch = |kind: Kind, table: &str| -> Vec<Statement> {
            let touch = format!(
                "UPDATE {table} SET access_count = access_count + 1, last_accessed = $3 \
                 WHERE scope_id = $1 AND id = $2 RETURNING id"
            );
            let ids = ids(keys, kind).into_iter();
            let statements = ids.map(|id| {
                Statement::new(touch.clone())
                    .with(scope.id(), Type::UUID)
                    .with(id, Type::TEXT)
                    .with(at, Type::TIMESTAMPTZ)
            });
            statements.collect()
        };
        let holdings = self.send(&[Holdings::query(scope, false)], DOING).await?;
        let holdings = holdings.first().map_or(&[][..], Vec::as_slice);
        Holdings::read(holdings, scope, self.target())?;
        let mut touching = touch(Kind::Node, Node::TABLE);
        touching.extend(touch(Kind::Episode, Episode::TABLE));
        let answers = self.finish(&touching, DOING).await?;
        Ok(answers.iter().flatten().count() as u64)
    }

    /// The memories with these keys, in their order.
    pub(super) async fn get(
        mut self,
        keys: &[Key],
        spaces: &Spaces,
    ) -> Result<Vec<Option<Entry>>, DatabaseError> {
        const DOING: &str = "reading memories";
        let scope = self.scope;
        let statements = [
            Holdings::query(scope, false),
            find::<Node>(scope.id(), keys),
            find::<Episode>(scope.id(), keys),
        ];
        let answers = self.send(&statements, DOING).await?;
        let [holdings, nodes, episodes] = answers.as_slice() else {
            return Ok(Vec::new());
        };
        Holdings::read(holdings, scope, self.target())?;
        let mut found: BTreeMap<Key, Entry> = BTreeMap::new();
        for row in nodes {
            let entry = self.entry::<Node>(row, spaces).await?;
            found.insert(entry.memory.key(), entry);
        }
        for row in episodes {
            let entry = self.entry::<Episode>(row, spaces).await?;
            found.insert(entry.memory.key(), entry);
        }
        self.leave();
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }

    async fn entry<R: Table + Into<Memory>>(
        &mut self,
        row: &Row,
        spaces: &Spaces,
    ) -> Result<Entry, DatabaseError> {
        let mut fields = Columns::new::<R>(row);
        let record = R::decode(&mut fields)?;
        let numbers = fields.vector()?;
        let space_id: Option<i32> = fields.get()?;
        let embedding = match (numbers, space_id) {
            (Some(numbers), Some(space_id)) => {
                // Numbers that are no vector of the space are none.
                let space = spaces.get(space_id, self).await?;
                Embedding::new(space, numbers)
                    .ok()
                    .filter(|embedding| !embedding.is_zero())
            }
            _ => None,
        };
        Ok(Entry {
            memory: record.into(),
            embedding,
        })
    }
}

/// Removes rows with these ids; each statement gives id, `doc` and `tokens` of a row that was there. One
/// for each: of several at a time the planner may look for in the whole scope.
pub(super) fn remove<R: Table>(
    scope: uuid::Uuid,
    ids: impl Iterator<Item = String>,
) -> Vec<Statement> {
    let remove = format!(
        "DELETE FROM {} WHERE scope_id = $1 AND id = $2 RETURNING id, doc, tokens",
        R::TABLE
    );
    let statements = ids.map(|id| {
        Statement::new(remove.clone())
            .with(scope, Type::UUID)
            .with(id, Type::TEXT)
    });
    statements.collect()
}

/// Counts removed rows out of what the scope holds.
fn count_out<'r>(
    scope: uuid::Uuid,
    kind: Kind,
    gone: impl Iterator<Item = &'r Row>,
) -> Option<Statement> {
    let (mut dead, mut tokens): (Vec<i32>, i64) = (Vec::new(), 0);
    for row in gone {
        if let Some(doc) = row.get(1) {
            dead.push(doc);
            tokens += row.get::<_, Option<i32>>(2).map_or(0, i64::from);
        }
    }
    let kind = kind.as_str();
    (!dead.is_empty()).then(|| {
        Statement::new(format!(
            "UPDATE scopes SET {kind}_documents = {kind}_documents - cardinality($2), \
                               {kind}_tokens = {kind}_tokens - $3, {kind}_dead = {kind}_dead || $2 \
             WHERE scope_id = $1"
        ))
        .with(scope, Type::UUID)
        .with(dead, Type::INT4_ARRAY)
        .with(tokens, Type::INT8)
    })
}

/// Whole rows with these keys.
fn find<R: Table>(scope: uuid::Uuid, keys: &[Key]) -> Statement {
    let columns: String = R::columns()
        .iter()
        .map(|column| format!("m.{column}, "))
        .collect();
    Statement::new(format!(
        "SELECT {columns} vector_send(m.embedding), m.space_id FROM unnest($2) AS wanted (id) {}",
        look_up::by_id::<R>("$1", "wanted.id")
    ))
    .with(scope, Type::UUID)
    .with(ids(keys, R::KIND), Type::TEXT_ARRAY)
}

/// The ids of one kind, each once.
pub(super) fn ids(keys: &[Key], kind: Kind) -> Vec<String> {
    let of_kind = keys.iter().filter(|key| key.kind == kind);
    let ids: BTreeSet<&String> = of_kind.map(|key| &key.id).collect();
    texts(&ids.into_iter().cloned().collect::<Vec<_>>())
}

fn vector(embedding: Option<&Embedding>) -> Raw {
    embedding.map_or(Raw(None), |embedding| raw_vector(embedding.numbers()))
}

fn width(embedding: &Embedding) -> i32 {
    i32::try_from(embedding.numbers().len()).unwrap_or(i32::MAX)
}
