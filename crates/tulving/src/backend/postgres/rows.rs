//! Memories one by one: reading, writing, removing them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::conditions::texts;
use super::copy::CopyRows;
use super::error::{DatabaseError, Refusal};
use super::holdings::{Holdings, Numbers};
use super::look_up;
use super::postings::Batch;
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::statement::Statement;
use super::table::{Columns, columns_of, encode, listed, listed_of_row};
use super::wire::{Raw, raw_vector};
use crate::backend::{BackendError, Draft, Entry, IfTaken, Inserted, check_space};
use crate::model::{Embedding, Key, Kind, Memory, PerKind, Sequence, Space, Timestamp};
use crate::record;
use crate::search::text::{embedded, indexed};

/// The embedding of an entry, where it is one.
pub(super) fn embedding(entry: &Entry) -> Option<&Embedding> {
    entry
        .embedding
        .as_ref()
        .filter(|embedding| !embedding.is_zero())
}

impl Scoped<'_> {
    /// Locks the scope for writing and asks statements, in one round trip.
    pub(super) async fn begin_writing(
        &mut self,
        mut statements: Vec<Statement>,
        doing: &str,
    ) -> Result<(Holdings, Vec<Vec<Row>>), DatabaseError> {
        statements.insert(0, Holdings::query(self.scope, true));
        let mut answers = self.send(&statements, doing).await?;
        let holdings = Holdings::read(&answers.remove(0), self.scope, self.target())?;
        Ok((holdings, answers))
    }

    /// The space of the scope's vectors, where it is asked for.
    async fn space_held(
        &mut self,
        is_asked_for: bool,
        holdings: &Holdings,
        spaces: &Spaces,
    ) -> Result<Option<Arc<Space>>, DatabaseError> {
        match holdings.space_id.filter(|_| is_asked_for) {
            Some(number) => Ok(Some(spaces.get(number, self).await?)),
            None => Ok(None),
        }
    }

    /// The number of the space of these vectors, which must be one and the scope's; none without vectors.
    pub(super) async fn space_of(
        &mut self,
        entries: &[Entry],
        holdings: &Holdings,
        spaces: &Spaces,
    ) -> Result<Option<i32>, BackendError> {
        let has_vectors = entries.iter().any(|entry| embedding(entry).is_some());
        let mut space = self.space_held(has_vectors, holdings, spaces).await?;
        for entry in entries {
            check_space(&mut space, embedding(entry))?;
        }
        Ok(number_of(space, holdings, spaces))
    }

    /// Writes new memories. `keys` holds, when an id turns out to be taken, those that were tried.
    pub(super) async fn insert(
        mut self,
        drafts: Vec<Draft>,
        if_taken: IfTaken,
        spaces: &Spaces,
        keys: &mut Vec<Key>,
    ) -> Result<Vec<Inserted>, BackendError> {
        const DOING: &str = "writing memories";
        let scope = self.scope.id();
        let (mut ids, mut containers) = (PerKind::default(), PerKind::default());
        let mut parts_of = PerKind::<BTreeSet<&str>>::default();
        for draft in &drafts {
            let kind = draft.entry().memory.kind();
            let ids: &mut Vec<String> = &mut ids[kind];
            ids.extend(draft.settled_id().map(ToOwned::to_owned));
            let containers: &mut BTreeSet<&str> = &mut containers[kind];
            containers.extend(draft.goes_to_end_of());
            let container = draft.entry().memory.position();
            parts_of[kind].extend(container.map(|(container, _)| container));
        }
        let written = |kind: &Kind| {
            drafts
                .iter()
                .any(|draft| draft.entry().memory.kind() == *kind)
        };
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(written).collect();
        let questions = kinds.iter().flat_map(|kind| {
            let containers: Vec<&str> = containers[*kind].iter().copied().collect();
            [
                present(*kind, scope, &ids[*kind]),
                ends(*kind, scope, containers),
                absent(*kind, scope, &parts_of[*kind]),
            ]
        });
        let (holdings, answers) = self.begin_writing(questions.collect(), DOING).await?;
        let mut taken: BTreeSet<Key> = BTreeSet::new();
        let mut ends = PerKind::<HashMap<String, i64>>::default();
        let mut nowhere = PerKind::<BTreeSet<String>>::default();
        for (kind, [present, end, absent]) in kinds.into_iter().zip(answers.as_chunks().0) {
            taken.extend(
                present
                    .iter()
                    .map(|row| Key::new(kind, row.get::<_, String>(0))),
            );
            nowhere[kind] = absent.iter().map(|row| row.get(0)).collect();
            ends[kind] = end
                .iter()
                .map(|row| (row.get(0), row.get::<_, Option<i64>>(1).unwrap_or(-1)))
                .collect();
        }

        let mut there = match if_taken {
            IfTaken::Keep if !taken.is_empty() => {
                let keys: Vec<Key> = taken.iter().cloned().collect();
                self.stored(&keys, &holdings, spaces).await?
            }
            _ => HashMap::new(),
        };

        let mut entries = Vec::with_capacity(drafts.len());
        let mut inserted = Vec::with_capacity(drafts.len());
        let has_vectors = drafts
            .iter()
            .any(|draft| embedding(draft.entry()).is_some());
        let mut space = self.space_held(has_vectors, &holdings, spaces).await?;
        for draft in drafts {
            // What is not written decides nothing, and is refused all the same.
            let mut checked = space.clone();
            check_space(&mut checked, embedding(draft.entry()))?;
            let kind = draft.entry().memory.kind();
            let key = draft.settled_id().map(|id| Key::new(kind, id));
            if let Some((key, stored)) = key.as_ref().and_then(|key| there.get_key_value(key)) {
                inserted.push(Inserted::There {
                    key: key.clone(),
                    is_same: draft.is_said_by(stored),
                });
                continue;
            }
            space = checked;
            let entry = draft.settle(&mut ends[kind]);
            let container = entry.memory.position().map(|(container, _)| container);
            if let Some(id) = container.filter(|container| nowhere[kind].contains(*container)) {
                let id = id.to_owned();
                return Err(BackendError::NoSuchDocument { id });
            }
            let key = entry.memory.key();
            if !taken.insert(key.clone()) {
                return Err(BackendError::Exists { key });
            }
            keys.push(key.clone());
            if if_taken == IfTaken::Keep {
                there.insert(key.clone(), entry.clone());
            }
            inserted.push(Inserted::New(key));
            entries.push(entry);
        }
        let space_id = number_of(space, &holdings, spaces);

        let mut statements = Vec::new();
        for kind in Kind::ALL {
            let of_kind = entries.iter().filter(|entry| entry.memory.kind() == kind);
            let numbers = holdings.of(kind);
            self.put(
                kind,
                &of_kind.collect::<Vec<_>>(),
                numbers,
                space_id,
                &mut statements,
            )?;
        }
        if holdings.space_id.is_none() && entries.iter().any(|entry| embedding(entry).is_some()) {
            statements.extend(space_id.map(|space_id| self.keep_space(space_id)));
        }
        self.merge_small(&holdings, &mut statements, DOING).await?;
        self.finish(&statements, DOING).await?;
        Ok(inserted)
    }

    /// Those of these memories that are there, in the transaction that is under way.
    async fn stored(
        &mut self,
        keys: &[Key],
        holdings: &Holdings,
        spaces: &Spaces,
    ) -> Result<HashMap<Key, Entry>, DatabaseError> {
        let mut statements = vec![spaces.unseen()];
        statements.extend(Kind::ALL.map(|kind| find(kind, self.scope.id(), keys)));
        let mut answers = self
            .send(&statements, "reading memories")
            .await?
            .into_iter();
        spaces.learn(&answers.next().unwrap_or_default());
        let space = holdings.space_id.map(|number| spaces.known(number));
        let space = space.transpose()?;
        let mut stored = HashMap::new();
        for (kind, rows) in Kind::ALL.into_iter().zip(answers) {
            for row in &rows {
                let entry = entry(kind, row, space.as_ref())?;
                stored.insert(entry.memory.key(), entry);
            }
        }
        Ok(stored)
    }

    /// Statements that write new rows with all that finds them.
    pub(super) fn put(
        &self,
        kind: Kind,
        rows: &[&Entry],
        numbers: &Numbers,
        space_id: Option<i32>,
        statements: &mut Vec<Statement>,
    ) -> Result<(), DatabaseError> {
        if rows.is_empty() {
            return Ok(());
        }
        let scope = self.scope;
        let columns = listed(kind);
        let batch = Batch::of(rows.iter().map(|row| indexed(&row.memory)));
        let first = numbers.next;
        self.require_numbers(kind, first, rows.len())?;
        let mut ids = Vec::new();
        for (doc, (row, length)) in (first..).zip(rows.iter().zip(batch.lengths())) {
            let mut insert = Statement::new(format!(
                "INSERT INTO {} (scope_id, user_id, tenant_id, space_id, dims, ord, doc, tokens, {columns}, embedding) VALUES (",
                kind.table()
            ));
            let embedding = embedding(row);
            let dims = embedding.map(width);
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
            for field in CopyRows::fields(|fields| encode(&row.memory, fields)) {
                insert.text(", ").value(field, Type::UNKNOWN);
            }
            insert.text(", ").value(vector(embedding), Type::UNKNOWN);
            insert.text(")");
            statements.push(insert);
            if embedding.is_some() {
                ids.push(row.memory.id().to_owned());
            }
        }
        statements.extend(self.narrow(kind, ids));
        let count = batch.documents();
        let update = format!(
            "UPDATE scope_kinds SET next = next + $2, memories = memories + $2, tokens = tokens + $3 \
             WHERE scope_id = $1 AND kind = '{kind}'"
        );
        statements.push(
            Statement::new(update)
                .with(scope.id(), Type::UUID)
                .with(i32::try_from(count).unwrap_or(i32::MAX), Type::INT4)
                .with(batch.tokens(), Type::INT8),
        );
        statements.extend(batch.write(kind, scope.id(), first));
        Ok(())
    }

    /// Whether so many documents can still be numbered.
    pub(super) fn require_numbers(
        &self,
        kind: Kind,
        next: i32,
        count: usize,
    ) -> Result<(), DatabaseError> {
        let behind = i32::try_from(count)
            .ok()
            .and_then(|count| next.checked_add(count));
        match behind {
            // The number behind the last one has to be one too.
            Some(behind) if behind < i32::MAX => Ok(()),
            _ => Err(Refusal::NumbersUsedUp {
                scope: self.scope,
                kind: kind.plural(),
            }
            .into()),
        }
    }

    /// Fills the narrow form of these rows' vectors.
    fn narrow(&self, kind: Kind, ids: Vec<String>) -> Option<Statement> {
        let narrow = format!(
            "INSERT INTO {} (scope_id, id, space_id, v) \
             SELECT m.scope_id, m.id, m.space_id, l2_normalize(m.embedding)::halfvec \
             FROM unnest($2) AS wanted (id) {} \
             WHERE vector_norm(m.embedding) > 0",
            kind.vectors(),
            look_up::by_id(kind, "$1", "wanted.id")
        );
        (!ids.is_empty()).then(|| {
            Statement::new(narrow)
                .with(self.scope.id(), Type::UUID)
                .with(ids, Type::TEXT_ARRAY)
        })
    }

    /// Notes that vectors of a space are kept: it is the one that is searched if there is none yet.
    pub(super) fn keep_space(&self, space_id: i32) -> Statement {
        let keep = "UPDATE scopes SET space_id = coalesce(space_id, $2), \
                           further = CASE WHEN space_id IS NULL THEN further ELSE further || $2 END \
                    WHERE scope_id = $1 AND (space_id IS NULL OR space_id <> $2 AND $2 <> ALL (further))";
        Statement::new(keep)
            .with(self.scope.id(), Type::UUID)
            .with(space_id, Type::INT4)
    }

    /// Merges the small blocks of the kinds that have many; writes the statements first.
    pub(super) async fn merge_small(
        &mut self,
        holdings: &Holdings,
        statements: &mut Vec<Statement>,
        doing: &str,
    ) -> Result<(), DatabaseError> {
        for kind in Kind::ALL {
            if let Some(from) = holdings.of(kind).to_merge() {
                self.send(&std::mem::take(statements), doing).await?;
                self.merge(kind, holdings.of(kind), from).await?;
            }
        }
        Ok(())
    }

    /// Puts a memory in the place of another.
    pub(super) async fn replace(
        mut self,
        old: &Memory,
        entry: &Entry,
        spaces: &Spaces,
    ) -> Result<(), BackendError> {
        const DOING: &str = "changing a memory";
        let (scope, kind, id) = (self.scope.id(), old.kind(), old.id().to_owned());
        let new = &entry.memory;
        let stored = format!(
            "SELECT {}, doc, tokens FROM {} WHERE scope_id = $1 AND id = $2 FOR NO KEY UPDATE",
            listed(kind),
            kind.table()
        );
        let stored = Statement::new(stored)
            .with(scope, Type::UUID)
            .with(texts(std::slice::from_ref(&id)).pop(), Type::TEXT);
        let container = new.position().map(|(container, _)| container);
        let absent = absent(kind, scope, &container.into_iter().collect());
        let (holdings, answers) = self.begin_writing(vec![stored, absent], DOING).await?;
        let Some(row) = answers.first().and_then(|rows| rows.first()) else {
            return Err(BackendError::NoSuchMemory { key: old.key() });
        };
        let mut fields = Columns::new(kind, row);
        let stored = fields.memory()?;
        let (doc, tokens): (Option<i32>, Option<i32>) = (fields.get()?, fields.get()?);
        if !record::same_content(old, &stored) {
            return Err(BackendError::Changed { key: old.key() });
        }
        if new.key() != old.key() {
            // The id stays: there is no other place to put it in.
            return Err(BackendError::NoSuchMemory { key: new.key() });
        }
        if let Some(row) = answers.last().and_then(|rows| rows.first()) {
            return Err(BackendError::NoSuchDocument { id: row.get(0) });
        }
        let space_id = self.space_of(std::slice::from_ref(entry), &holdings, spaces);
        let space_id = space_id.await?;
        let embedding = embedding(entry);

        let mut statements = Vec::new();
        let dims = embedding.map(width);
        let mut update = Statement::new(format!("UPDATE {} SET space_id = ", kind.table()));
        update.value(dims.and(space_id), Type::INT4);
        update.text(", dims = ").value(dims, Type::INT4);
        update
            .text(", embedding = ")
            .value(vector(embedding), Type::UNKNOWN);
        let values = CopyRows::fields(|fields| encode(new, fields));
        for (column, value) in columns_of(kind).zip(values) {
            if !matches!(column, "id" | "access_count" | "last_accessed") {
                update
                    .text(", ")
                    .text(column)
                    .text(" = ")
                    .value(value, Type::UNKNOWN);
            }
        }
        let words = indexed(new);
        // Words that stayed as they were need no new postings.
        if words != indexed(&stored) || doc.is_none() {
            let batch = Batch::of(std::iter::once(words));
            let numbers = holdings.of(kind);
            self.require_numbers(kind, numbers.next, 1)?;
            update.text(", doc = ").value(numbers.next, Type::INT4);
            update
                .text(", tokens = ")
                .value(batch.lengths().first().copied(), Type::INT4);
            let count = format!(
                "UPDATE scope_kinds SET next = next + 1, memories = memories + $2, tokens = tokens + $3, \
                                        dead = CASE WHEN $4::int IS NULL THEN dead ELSE dead || $4 END \
                 WHERE scope_id = $1 AND kind = '{kind}'"
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
            statements.extend(batch.write(kind, scope, numbers.next));
        }
        update.text(" WHERE scope_id = ").value(scope, Type::UUID);
        update.text(" AND id = ").value(id.clone(), Type::TEXT);
        let stays = embedded(new) == embedded(&stored);
        statements.extend(self.clear(kind, &id, &holdings, stays));
        statements.push(update);
        if embedding.is_some() {
            statements.extend(self.narrow(kind, vec![id]));
        }
        if holdings.space_id.is_none() {
            statements.extend(space_id.map(|space_id| self.keep_space(space_id)));
        }
        self.merge_small(&holdings, &mut statements, DOING).await?;
        self.finish(&statements, DOING).await?;
        Ok(())
    }

    /// Removes memories; gives the keys of those that were there.
    pub(super) async fn delete(mut self, keys: &[Key]) -> Result<Vec<Key>, DatabaseError> {
        const DOING: &str = "removing memories";
        let scope = self.scope.id();
        let removing = Kind::ALL.map(|kind| remove(kind, scope, ids(keys, kind).into_iter()));
        let of_kind = removing.each_ref().map(Vec::len);
        let removing = removing.into_iter().flatten().collect();
        let (_, answers) = self.begin_writing(removing, DOING).await?;
        let mut answers = answers.iter();
        let mut gone = BTreeSet::new();
        let mut counting = Vec::new();
        for (kind, statements) in Kind::ALL.into_iter().zip(of_kind) {
            let rows: Vec<&Row> = answers.by_ref().take(statements).flatten().collect();
            gone.extend(
                rows.iter()
                    .map(|row| Key::new(kind, row.get::<_, String>(0))),
            );
            counting.extend(count_out(scope, kind, rows.into_iter()));
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
        let touch = |kind: Kind| -> Vec<Statement> {
            let touch = format!(
                "UPDATE {} SET access_count = access_count + 1, last_accessed = $3 \
                 WHERE scope_id = $1 AND id = $2 RETURNING id",
                kind.table()
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
        let touching: Vec<Statement> = Kind::ALL.into_iter().flat_map(touch).collect();
        let answers = self.finish(&touching, DOING).await?;
        Ok(answers.iter().flatten().count() as u64)
    }

    /// The memories with these keys, in their order.
    pub(super) async fn get(
        self,
        keys: &[Key],
        spaces: &Spaces,
    ) -> Result<Vec<Option<Entry>>, DatabaseError> {
        const DOING: &str = "reading memories";
        let (scope, target) = (self.scope, self.target().to_owned());
        let mut statements = vec![Holdings::query(scope, false), spaces.unseen()];
        statements.extend(Kind::ALL.map(|kind| find(kind, scope.id(), keys)));
        let mut answers = self.finish(&statements, DOING).await?.into_iter();
        let holdings = Holdings::read(&answers.next().unwrap_or_default(), scope, &target)?;
        spaces.learn(&answers.next().unwrap_or_default());
        let space = holdings.space_id.map(|number| spaces.known(number));
        let space = space.transpose()?;
        let mut found: BTreeMap<Key, Entry> = BTreeMap::new();
        for (kind, rows) in Kind::ALL.into_iter().zip(answers) {
            for row in &rows {
                let entry = entry(kind, row, space.as_ref())?;
                found.insert(entry.memory.key(), entry);
            }
        }
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }
}

/// The number of a space that vectors are written in: the scope's, or the one that will be.
fn number_of(space: Option<Arc<Space>>, holdings: &Holdings, spaces: &Spaces) -> Option<i32> {
    let space = space?;
    holdings.space_id.or_else(|| spaces.number(&space))
}

/// A memory with its vector in the space that is searched.
fn entry(kind: Kind, row: &Row, space: Option<&Arc<Space>>) -> Result<Entry, DatabaseError> {
    let mut fields = Columns::new(kind, row);
    let memory = fields.memory()?;
    let numbers = fields.vector()?.zip(space);
    Ok(Entry {
        memory,
        embedding: numbers.and_then(|(numbers, space)| embedding_of(numbers, space)),
    })
}

/// Numbers as a vector of a space; those that are none are none.
pub(super) fn embedding_of(numbers: Vec<f32>, space: &Arc<Space>) -> Option<Embedding> {
    let embedding = Embedding::new(Arc::clone(space), numbers).ok();
    embedding.filter(|embedding| !embedding.is_zero())
}

/// Which of these ids are taken.
pub(super) fn present(kind: Kind, scope: uuid::Uuid, ids: &[String]) -> Statement {
    let look_up = look_up::by_id(kind, "$1", "wanted.id");
    Statement::new(format!(
        "SELECT m.id FROM unnest($2) AS wanted (id) {look_up}"
    ))
    .with(scope, Type::UUID)
    .with(texts(ids), Type::TEXT_ARRAY)
}

/// Which of these containers are not there, where they have rows of their own. What a column cannot hold is
/// not there.
fn absent(kind: Kind, scope: uuid::Uuid, containers: &BTreeSet<&str>) -> Statement {
    let Some(table) = kind.containers() else {
        return Statement::new("SELECT WHERE false");
    };
    let containers = containers
        .iter()
        .map(|container| container.replace('\0', "\u{fffd}"));
    Statement::new(format!(
        "SELECT c.id FROM unnest($2) AS c (id) \
         LEFT JOIN LATERAL (SELECT id FROM {table} WHERE scope_id = $1 AND id = c.id OFFSET 0) m ON true \
         WHERE m.id IS NULL"
    ))
    .with(scope, Type::UUID)
    .with(containers.collect::<Vec<String>>(), Type::TEXT_ARRAY)
}

/// The highest place in each of these containers.
fn ends(kind: Kind, scope: uuid::Uuid, containers: Vec<&str>) -> Statement {
    let Some(sequence) = kind.sequence() else {
        return Statement::new("SELECT WHERE false");
    };
    let (table, Sequence { container, index }) = (kind.table(), sequence);
    Statement::new(format!(
        "SELECT c.id, (SELECT {index} FROM {table} \
                       WHERE scope_id = $1 AND {container} = c.id AND {index} >= 0 \
                       ORDER BY {index} DESC LIMIT 1) \
         FROM unnest($2) AS c (id)"
    ))
    .with(scope, Type::UUID)
    .with(
        containers
            .into_iter()
            .map(ToOwned::to_owned)
            .collect::<Vec<String>>(),
        Type::TEXT_ARRAY,
    )
}

/// Removes rows with these ids; each statement gives id, `doc` and `tokens` of a row that was there. One
/// for each: of several at a time the planner may look for in the whole scope.
pub(super) fn remove(
    kind: Kind,
    scope: uuid::Uuid,
    ids: impl Iterator<Item = String>,
) -> Vec<Statement> {
    let remove = format!(
        "DELETE FROM {} WHERE scope_id = $1 AND id = $2 RETURNING id, doc, tokens",
        kind.table()
    );
    let statements = ids.map(|id| {
        Statement::new(remove.clone())
            .with(scope, Type::UUID)
            .with(id, Type::TEXT)
    });
    statements.collect()
}

/// Counts removed rows out of what the scope holds.
pub(super) fn count_out<'r>(
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
    (!dead.is_empty()).then(|| {
        Statement::new(format!(
            "UPDATE scope_kinds SET memories = memories - cardinality($2), tokens = tokens - $3, dead = dead || $2 \
             WHERE scope_id = $1 AND kind = '{kind}'"
        ))
        .with(scope, Type::UUID)
        .with(dead, Type::INT4_ARRAY)
        .with(tokens, Type::INT8)
    })
}

/// Whole rows with these keys.
fn find(kind: Kind, scope: uuid::Uuid, keys: &[Key]) -> Statement {
    let columns = listed_of_row(kind);
    Statement::new(format!(
        "SELECT {columns}, vector_send({}) FROM unnest($2) AS wanted (id) {}",
        look_up::full(kind, "$1", &look_up::current("$1")),
        look_up::by_id(kind, "$1", "wanted.id")
    ))
    .with(scope, Type::UUID)
    .with(ids(keys, kind), Type::TEXT_ARRAY)
}

/// The ids of one kind, each once.
pub(super) fn ids(keys: &[Key], kind: Kind) -> Vec<String> {
    let of_kind = keys.iter().filter(|key| key.kind == kind);
    let ids: BTreeSet<&String> = of_kind.map(|key| &key.id).collect();
    texts(&ids.into_iter().cloned().collect::<Vec<_>>())
}

pub(super) fn vector(embedding: Option<&Embedding>) -> Raw {
    embedding.map_or(Raw(None), |embedding| raw_vector(embedding.numbers()))
}

pub(super) fn width(embedding: &Embedding) -> i32 {
    i32::try_from(embedding.numbers().len()).unwrap_or(i32::MAX)
}
