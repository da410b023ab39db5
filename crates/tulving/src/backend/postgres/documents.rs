//! Documents, and their chunks as far as they come and go with them.

use std::collections::{BTreeSet, HashMap};

use super::copy::CopyRows;
use super::error::DatabaseError;
use super::forgotten::refuse_forgotten;
use super::removal::{count_out, remove};
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::sql::filter::storable;
use super::sql::{Statement, documents as sql, memories, scopes};
use super::statistics::ScopeStatistics;
use super::table::{Columns, DOCUMENTS, encode};
use crate::backend::{BackendError, Brought, Entry};
use crate::model::{Document, Key, Kind};
use crate::transfer::{DocumentWrite, SourceDocument};

/// What documents consist of.
const PIECES: Kind = Document::PIECES;

impl Scoped<'_> {
    /// Writes a document with its chunks, in place of what was there of it.
    pub(super) async fn put_document(
        mut self,
        document: &Document,
        chunks: &[Entry],
        spaces: &Spaces,
    ) -> Result<(), BackendError> {
        const DOING: &str = "writing a document";
        let scope = self.scope.id();
        let ids = chunks.iter().map(|chunk| chunk.memory.id().to_owned());
        let ids: Vec<String> = ids.collect();
        let brought = Brought::with(document, chunks);
        let looking = vec![
            sql::pieces(scope, std::slice::from_ref(&document.id)),
            memories::present(PIECES, scope, &ids),
            self.whether_forgotten(&brought),
        ];
        let (statistics, mut answers) = self.begin_writing(looking, DOING).await?;
        refuse_forgotten(&brought, &answers.pop().unwrap_or_default())?;
        let mut answers = answers.iter().map(|rows| -> BTreeSet<String> {
            let ids = rows.iter().map(|row| row.get(0));
            ids.collect()
        });
        let old = answers.next().unwrap_or_default();
        let mut taken = answers.next().unwrap_or_default();
        taken.retain(|id| !old.contains(id));
        for id in ids {
            if !taken.insert(id.clone()) {
                let key = Key::new(PIECES, id);
                return Err(BackendError::Exists { key });
            }
        }
        let space_id = self.space_of(chunks, &statistics, spaces).await?;
        let mut statements = self.without(old, DOING).await?;
        let fields = CopyRows::fields(|fields| encode(document, fields));
        statements.push(sql::upsert(self.scope, None, fields));
        let chunks: Vec<&Entry> = chunks.iter().collect();
        let numbers = statistics.of(PIECES);
        self.put(PIECES, &chunks, numbers, space_id, &mut statements)?;
        if statistics.space_id.is_none() {
            statements.extend(space_id.map(|space_id| scopes::keep_space(scope, space_id)));
        }
        self.merge_small(&statistics, &mut statements, DOING)
            .await?;
        self.finish(&statements, DOING).await?;
        Ok(())
    }

    /// Removes chunks; gives the statement that counts them out.
    async fn without(
        &mut self,
        pieces: BTreeSet<String>,
        doing: &str,
    ) -> Result<Vec<Statement>, DatabaseError> {
        let scope = self.scope.id();
        let removing = remove(PIECES, scope, pieces.into_iter());
        let gone = self.send(&removing, doing).await?;
        let counting = count_out(scope, PIECES, gone.iter().flatten());
        Ok(counting.into_iter().collect())
    }

    /// Writes documents of a source, and removes chunks of those that are replaced.
    pub(super) async fn write_documents(
        mut self,
        write: DocumentWrite<'_>,
    ) -> Result<(), DatabaseError> {
        const DOING: &str = "writing documents";
        let replacing = write.replacing.iter().map(|id| (*id).to_owned());
        let looking = vec![sql::pieces(self.scope.id(), &replacing.collect::<Vec<_>>())];
        let (_, answers) = self.begin_writing(looking, DOING).await?;
        let old = answers.iter().flatten().map(|row| row.get::<_, String>(0));
        let old = old.filter(|id| !(write.stays)(id)).collect();
        let mut statements = self.without(old, DOING).await?;
        for SourceDocument { document, ord, .. } in write.documents {
            let fields = CopyRows::fields(|fields| encode(document, fields));
            statements.push(match write.replacing.contains(&document.id.as_str()) {
                true => sql::upsert(self.scope, Some(*ord), fields),
                false => sql::insert(self.scope, Some(*ord), fields),
            });
        }
        self.finish(&statements, DOING).await?;
        Ok(())
    }

    /// Removes documents with all their chunks; gives the ids of those that were there.
    pub(super) async fn remove_documents(
        mut self,
        ids: &[String],
    ) -> Result<Vec<String>, DatabaseError> {
        const DOING: &str = "removing documents";
        let scope = self.scope.id();
        let looking = vec![sql::pieces(scope, ids)];
        let (_, answers) = self.begin_writing(looking, DOING).await?;
        let pieces = answers.iter().flatten().map(|row| row.get(0));
        let mut statements = self.without(pieces.collect(), DOING).await?;
        let ids: BTreeSet<String> = storable(ids).into_iter().collect();
        statements.extend(ids.into_iter().map(|id| sql::remove(scope, id)));
        let answers = self.finish(&statements, DOING).await?;
        Ok(answers.iter().flatten().map(|row| row.get(0)).collect())
    }

    /// Returns the documents with these ids, in their order.
    pub(super) async fn documents_with(
        self,
        ids: &[String],
    ) -> Result<Vec<Option<Document>>, DatabaseError> {
        let query = sql::find(self.scope.id(), ids);
        let found = self.ask_documents(query).await?.into_iter();
        let found: HashMap<String, Document> = found
            .map(|document| (document.id.clone(), document))
            .collect();
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    /// Returns the documents after an id, in the order of the bytes of their ids.
    pub(super) async fn list_documents(
        self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, DatabaseError> {
        let query = sql::list(self.scope.id(), after, limit);
        self.ask_documents(query).await
    }

    async fn ask_documents(self, query: Statement) -> Result<Vec<Document>, DatabaseError> {
        let (scope, target) = (self.scope, self.target().to_owned());
        let statements = [ScopeStatistics::query(scope, false), query];
        let answers = self.finish(&statements, "reading documents").await?;
        let Some((statistics, answers)) = answers.split_first() else {
            return Ok(Vec::new());
        };
        ScopeStatistics::read(statistics, scope, &target)?;
        let rows = answers.iter().flatten();
        rows.map(|row| Columns::of_container(PIECES, DOCUMENTS, row).document())
            .collect()
    }
}
