//! Documents, and their chunks as far as they come and go with them.

use std::collections::{BTreeSet, HashMap};

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::conditions::texts;
use super::copy::CopyRows;
use super::error::DatabaseError;
use super::holdings::Holdings;
use super::look_up;
use super::rows::{count_out, present, remove};
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::statement::Statement;
use super::table::{Columns, DOCUMENTS, columns_in, encode};
use crate::backend::{BackendError, Entry};
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
        let looking = vec![
            pieces(scope, std::slice::from_ref(&document.id)),
            present(PIECES, scope, &ids),
        ];
        let (holdings, answers) = self.begin_writing(looking, DOING).await?;
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
        let space_id = self.space_of(chunks, &holdings, spaces).await?;
        let mut statements = self.without(old, DOING).await?;
        statements.push(self.upsert(document, None));
        let chunks: Vec<&Entry> = chunks.iter().collect();
        let numbers = holdings.of(PIECES);
        self.put(PIECES, &chunks, numbers, space_id, &mut statements)?;
        if holdings.space_id.is_none() {
            statements.extend(space_id.map(|space_id| self.keep_space(space_id)));
        }
        self.merge_small(&holdings, &mut statements, DOING).await?;
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
        let looking = vec![pieces(self.scope.id(), &replacing.collect::<Vec<_>>())];
        let (_, answers) = self.begin_writing(looking, DOING).await?;
        let old = answers.iter().flatten().map(|row| row.get::<_, String>(0));
        let old = old.filter(|id| !(write.stays)(id)).collect();
        let mut statements = self.without(old, DOING).await?;
        for SourceDocument { document, ord, .. } in write.documents {
            statements.push(match write.replacing.contains(&document.id.as_str()) {
                true => self.upsert(document, Some(*ord)),
                false => self.insert_document(document, Some(*ord)),
            });
        }
        self.finish(&statements, DOING).await?;
        Ok(())
    }

    /// A document is new, or takes the place of the one with its id. A new one has this place, or the next.
    fn upsert(&self, document: &Document, ord: Option<u64>) -> Statement {
        let mut upsert = self.insert_document(document, ord);
        // Naming the key would keep off writers of chunks, which only refer to it.
        let columns = columns_in(Document::FORM).filter(|column| *column != "id");
        let set = columns.map(|column| format!("{column} = EXCLUDED.{column}"));
        upsert
            .text(" ON CONFLICT (scope_id, id) DO UPDATE SET ")
            .text(&set.collect::<Vec<_>>().join(", "));
        upsert
    }

    /// A document is new. It has this place, or the next.
    fn insert_document(&self, document: &Document, ord: Option<u64>) -> Statement {
        let columns: Vec<&str> = columns_in(Document::FORM).collect();
        let mut insert = Statement::new(format!(
            "INSERT INTO {DOCUMENTS} (scope_id, user_id, tenant_id, ord, {}) VALUES (",
            columns.join(", ")
        ));
        insert
            .value(self.scope.id(), Type::UUID)
            .text(", ")
            .value(self.scope.user_id(), Type::UUID)
            .text(", ")
            .value(self.scope.tenant_id(), Type::UUID)
            .text(", ");
        match ord {
            Some(ord) => insert.value(i64::try_from(ord).unwrap_or(i64::MAX), Type::INT8),
            None => insert.text(&format!(
                "coalesce((SELECT ord + 1 FROM {DOCUMENTS} WHERE scope_id = $1 AND ord >= 0 ORDER BY ord DESC LIMIT 1), 0)"
            )),
        };
        for field in CopyRows::fields(|fields| encode(document, fields)) {
            insert.text(", ").value(field, Type::UNKNOWN);
        }
        insert.text(")");
        insert
    }

    /// Removes documents with all their chunks; gives the ids of those that were there.
    pub(super) async fn remove_documents(
        mut self,
        ids: &[String],
    ) -> Result<Vec<String>, DatabaseError> {
        const DOING: &str = "removing documents";
        let scope = self.scope.id();
        let looking = vec![pieces(scope, ids)];
        let (_, answers) = self.begin_writing(looking, DOING).await?;
        let pieces = answers.iter().flatten().map(|row| row.get(0));
        let mut statements = self.without(pieces.collect(), DOING).await?;
        let ids: BTreeSet<String> = texts(ids).into_iter().collect();
        statements.extend(ids.into_iter().map(|id| {
            Statement::new(format!(
                "DELETE FROM {DOCUMENTS} WHERE scope_id = $1 AND id = $2 RETURNING id"
            ))
            .with(scope, Type::UUID)
            .with(id, Type::TEXT)
        }));
        let answers = self.finish(&statements, DOING).await?;
        Ok(answers.iter().flatten().map(|row| row.get(0)).collect())
    }

    /// The documents with these ids, in their order.
    pub(super) async fn documents_with(
        self,
        ids: &[String],
    ) -> Result<Vec<Option<Document>>, DatabaseError> {
        let columns = columns_in(Document::FORM).map(|column| format!("m.{column}"));
        let query = Statement::new(format!(
            "SELECT {} FROM unnest($2) AS wanted (id) \
             CROSS JOIN LATERAL (SELECT * FROM {DOCUMENTS} WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m",
            columns.collect::<Vec<_>>().join(", ")
        ))
        .with(self.scope.id(), Type::UUID)
        .with(texts(ids), Type::TEXT_ARRAY);
        let found = self.ask_documents(query).await?.into_iter();
        let found: HashMap<String, Document> = found
            .map(|document| (document.id.clone(), document))
            .collect();
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    /// The documents after an id, in the order of the bytes of their ids.
    pub(super) async fn list_documents(
        self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, DatabaseError> {
        let columns: Vec<&str> = columns_in(Document::FORM).collect();
        let mut query = Statement::new(format!(
            "SELECT {} FROM {DOCUMENTS} WHERE scope_id = ",
            columns.join(", ")
        ));
        query.value(self.scope.id(), Type::UUID);
        if let Some(after) = after {
            // No id holds a NUL: what comes after one that does comes after what stands before the NUL.
            let after = after.split('\0').next().unwrap_or_default().to_owned();
            query.text(" AND id > ").value(after, Type::TEXT);
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        query.text(" ORDER BY id LIMIT ");
        query.value(limit, Type::INT8);
        self.ask_documents(query).await
    }

    async fn ask_documents(self, query: Statement) -> Result<Vec<Document>, DatabaseError> {
        let (scope, target) = (self.scope, self.target().to_owned());
        let statements = [Holdings::query(scope, false), query];
        let answers = self.finish(&statements, "reading documents").await?;
        let Some((holdings, answers)) = answers.split_first() else {
            return Ok(Vec::new());
        };
        Holdings::read(holdings, scope, &target)?;
        let rows = answers.iter().flatten();
        rows.map(|row| Columns::of_container(PIECES, DOCUMENTS, row).document())
            .collect()
    }
}

/// The ids of the chunks of these documents.
fn pieces(scope: Uuid, documents: &[String]) -> Statement {
    let look_up = look_up::by_container(PIECES, "$1", "wanted.id", "");
    Statement::new(format!(
        "SELECT m.id FROM unnest($2) AS wanted (id) {look_up}"
    ))
    .with(scope, Type::UUID)
    .with(texts(documents), Type::TEXT_ARRAY)
}
