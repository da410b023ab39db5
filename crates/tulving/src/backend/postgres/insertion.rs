//! New memories, with all that finds them.

use std::collections::{BTreeSet, HashMap};

use super::content::Hashes;
use super::copy::CopyRows;
use super::entries::{embedding, vector, width};
use super::error::DatabaseError;
use super::forgotten::refuse_forgotten;
use super::postings::Batch;
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::sql::memories::RowNumbers;
use super::sql::{Statement, forgotten, memories, scopes, vectors};
use super::statistics::KindStatistics;
use super::table::encode;
use super::writing::{absent, number_of};
use crate::backend::{BackendError, Brought, Draft, Entry, IfTaken, Inserted, check_space};
use crate::model::{Key, Kind, PerKind};
use crate::search::text::indexed;

impl Scoped<'_> {
    /// Writes new memories; returns what became of each, and which that were there before have one of these hashes.
    /// `keys` holds, when an id turns out to be taken, those that were tried.
    pub(super) async fn insert(
        mut self,
        drafts: Vec<Draft>,
        if_taken: IfTaken,
        hashes: &Hashes,
        spaces: &Spaces,
        keys: &mut Vec<Key>,
    ) -> Result<(Vec<Inserted>, Vec<(u64, Key)>), BackendError> {
        const DOING: &str = "writing memories";
        let scope = self.scope.id();
        let brought = Brought::by(&drafts);
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
            let containers = containers[*kind].iter().map(|id| (*id).to_owned());
            [
                memories::present(*kind, scope, &ids[*kind]),
                memories::ends(*kind, scope, containers.collect()),
                absent(*kind, scope, parts_of[*kind].iter().copied()),
            ]
        });
        let questions = questions.chain([self.whether_forgotten(&brought)]);
        let blocks = hashes.blocks(self.scope);
        let asks_blocks = blocks.is_some();
        let questions = questions.chain(blocks).collect();
        let (statistics, mut answers) = self.begin_writing(questions, DOING).await?;
        let blocks = asks_blocks.then(|| answers.pop()).flatten();
        let same = hashes.found(&blocks.unwrap_or_default(), &statistics, self.scope)?;
        refuse_forgotten(&brought, &answers.pop().unwrap_or_default())?;
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
                self.stored(&keys, &statistics, spaces).await?
            }
            _ => HashMap::new(),
        };

        let mut entries = Vec::with_capacity(drafts.len());
        let mut inserted = Vec::with_capacity(drafts.len());
        let has_vectors = drafts
            .iter()
            .any(|draft| embedding(draft.entry()).is_some());
        let mut space = self.space_held(has_vectors, &statistics, spaces).await?;
        let mut placed = Brought::default();
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
            let is_open = draft.settled_id().is_none();
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
            placed.keys.extend(is_open.then(|| key.clone()));
            if if_taken == IfTaken::Keep {
                there.insert(key.clone(), entry.clone());
            }
            inserted.push(Inserted::New(key));
            entries.push(entry);
        }
        let space_id = number_of(space, &statistics, spaces);

        let mut statements = Vec::new();
        for kind in Kind::ALL {
            let of_kind = entries.iter().filter(|entry| entry.memory.kind() == kind);
            let numbers = statistics.of(kind);
            self.put(
                kind,
                &of_kind.collect::<Vec<_>>(),
                numbers,
                space_id,
                &mut statements,
            )?;
        }
        if statistics.space_id.is_none() && entries.iter().any(|entry| embedding(entry).is_some()) {
            statements.extend(space_id.map(|space_id| scopes::keep_space(scope, space_id)));
        }
        if !placed.keys.is_empty() {
            statements.push(forgotten::lift(scope, placed.names()));
        }
        self.merge_small(&statistics, &mut statements, DOING)
            .await?;
        statements.extend(same.as_ref().map(|same| same.names(self.scope)));
        let mut answers = self.finish(&statements, DOING).await?;
        let same = same.map(|same| same.keys(&answers.pop().unwrap_or_default()));
        Ok((inserted, same.unwrap_or_default()))
    }

    /// Adds statements that write new rows with all that finds them.
    pub(super) fn put(
        &self,
        kind: Kind,
        rows: &[&Entry],
        numbers: &KindStatistics,
        space_id: Option<i32>,
        statements: &mut Vec<Statement>,
    ) -> Result<(), DatabaseError> {
        if rows.is_empty() {
            return Ok(());
        }
        let scope = self.scope;
        let batch = Batch::of(rows.iter().map(|row| indexed(&row.memory)));
        let first = numbers.next;
        self.require_numbers(kind, first, rows.len())?;
        let mut ids = Vec::new();
        for (doc, (row, length)) in (first..).zip(rows.iter().zip(batch.lengths())) {
            let embedding = embedding(row);
            let dims = embedding.map(width);
            let numbers = RowNumbers {
                space_id: dims.and(space_id),
                dims,
                vector: vector(embedding),
                doc: Some(doc),
                tokens: Some(*length),
            };
            let fields = CopyRows::fields(|fields| encode(&row.memory, fields));
            statements.push(memories::insert(kind, scope, numbers, fields));
            if embedding.is_some() {
                ids.push(row.memory.id().to_owned());
            }
        }
        if !ids.is_empty() {
            statements.push(vectors::fill(kind, scope.id(), ids));
        }
        let count = i32::try_from(batch.documents()).unwrap_or(i32::MAX);
        statements.push(scopes::count_inserted(
            kind,
            scope.id(),
            count,
            batch.tokens(),
        ));
        statements.extend(batch.write(kind, scope.id(), first));
        Ok(())
    }
}
