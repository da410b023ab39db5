//! How memories lie in the tables of their kinds.

use std::borrow::Cow;

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::copy::CopyRows;
use super::error::DatabaseError;
use super::values::{self, Sql};
use crate::model::{
    Column, ColumnSource, ColumnType, Document, Field, Form, Kind, Memory, PerKind, Recorded, Shape,
};

/// The tables of a kind.
struct Tables {
    memories: &'static str,
    embeddings: &'static str,
    vectors: &'static str,
    postings: &'static str,
    containers: Option<&'static str>,
}

/// The table of documents.
pub(crate) const DOCUMENTS: &str = "documents";

static TABLES: PerKind<Tables> = PerKind::new([
    Tables {
        memories: "memory_nodes",
        embeddings: "node_embeddings",
        vectors: "node_vectors",
        postings: "node_postings",
        containers: None,
    },
    Tables {
        memories: "episodic_memories",
        embeddings: "episode_embeddings",
        vectors: "episode_vectors",
        postings: "episode_postings",
        containers: None,
    },
    Tables {
        memories: "document_chunks",
        embeddings: "chunk_embeddings",
        vectors: "chunk_vectors",
        postings: "chunk_postings",
        containers: Some(DOCUMENTS),
    },
]);

/// The names of a kind's tables.
pub(crate) trait KindTables {
    /// Returns the table of the memories.
    fn table(self) -> &'static str;

    /// Returns the table of their vectors that the memories' own column does not hold.
    fn embeddings(self) -> &'static str;

    /// Returns the table of their half-precision vectors.
    fn vectors(self) -> &'static str;

    /// Returns the table of the postings of their words.
    fn postings(self) -> &'static str;

    /// Returns the table of what its memories are part of, if that has rows: those must be there first.
    fn containers(self) -> Option<&'static str>;
}

impl KindTables for Kind {
    fn table(self) -> &'static str {
        TABLES[self].memories
    }

    fn embeddings(self) -> &'static str {
        TABLES[self].embeddings
    }

    fn vectors(self) -> &'static str {
        TABLES[self].vectors
    }

    fn postings(self) -> &'static str {
        TABLES[self].postings
    }

    fn containers(self) -> Option<&'static str> {
        TABLES[self].containers
    }
}

/// Returns the columns that differ from row to row, but for `ord` and `embedding`: the kind's fields, then
/// `extra` and `carry`.
pub(super) fn columns_of(kind: Kind) -> impl Iterator<Item = &'static str> {
    columns_in(kind.form())
}

/// Returns the same of any sort of record.
pub(super) fn columns_in(form: Form) -> impl Iterator<Item = &'static str> {
    let fields = form.fields.iter().map(|field| field.name);
    fields.chain(["extra", "carry"])
}

/// Returns the same as SQL lists them.
pub(super) fn listed(kind: Kind) -> String {
    columns_of(kind).collect::<Vec<_>>().join(", ")
}

/// Returns the same of the row `m`.
pub(super) fn listed_of_row(kind: Kind) -> String {
    let columns = columns_of(kind).map(|column| format!("m.{column}"));
    columns.collect::<Vec<_>>().join(", ")
}

/// Appends the fields of [`columns_in`] its form.
pub(super) fn encode(record: &impl Recorded, row: &mut CopyRows) {
    for (field, column) in record.form().fields.iter().zip(record.columns()) {
        match column {
            Column::Null => row.null(),
            Column::Text(text) => row.text(&text),
            Column::Whole(number) => match field.shape.column_type() {
                // Its shape allows no other numbers.
                ColumnType::SmallInt => row.smallint(i16::try_from(number).unwrap_or(i16::MAX)),
                _ => row.bigint(number),
            },
            Column::Real(number) => row.double(number),
            Column::Flag(flag) => row.boolean(flag),
            Column::Time(time) => row.timestamp(time),
            Column::Json(json) => row.jsonb(&json),
            Column::Texts(texts) => row.text_array(&texts),
        }
    }
    row.jsonb(record.extra());
    row.optional(record.carry(), CopyRows::bytea);
}

/// Reads the fields of a row from left to right.
pub(crate) struct Columns<'r> {
    kind: Kind,
    table: &'static str,
    row: &'r Row,
    first: usize,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn new(kind: Kind, row: &'r Row) -> Self {
        Self::from(kind, row, 0)
    }

    /// Returns the same of a row of what memories of a kind are part of.
    pub(super) fn of_container(kind: Kind, table: &'static str, row: &'r Row) -> Self {
        Self {
            table,
            ..Self::new(kind, row)
        }
    }

    /// Returns the same for fields that begin in another column, with the id.
    pub(crate) fn from(kind: Kind, row: &'r Row, first: usize) -> Self {
        Self {
            kind,
            table: kind.table(),
            row,
            first,
            next: first,
        }
    }

    /// Reads the fields of [`columns_of`] the kind.
    pub(crate) fn memory(&mut self) -> Result<Memory, DatabaseError> {
        let mut memory = Memory::from_columns(self.kind, self)?;
        memory.set_extra(self.get::<Sql<_>>()?.0);
        memory.set_carry(self.get()?);
        Ok(memory)
    }

    /// Reads the fields of a document.
    pub(super) fn document(&mut self) -> Result<Document, DatabaseError> {
        let mut document = Document::from_columns(self)?;
        document.extra = self.get::<Sql<_>>()?.0;
        document.carry = self.get()?;
        Ok(document)
    }

    pub(crate) fn get<T: FromSql<'r>>(&mut self) -> Result<T, DatabaseError> {
        let at = self.next;
        self.next += 1;
        self.row.try_get(at).map_err(|error| {
            let cause = std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), ToString::to_string);
            self.damaged(at, &cause)
        })
    }

    /// Reads a value that is NULL only where its field allows that.
    fn value<T: FromSql<'r>>(
        &mut self,
        field: &Field,
        column: impl FnOnce(T) -> Column<'static>,
    ) -> Result<Column<'static>, DatabaseError> {
        if field.shape.is_nullable() {
            let value: Option<T> = self.get()?;
            return Ok(value.map_or(Column::Null, column));
        }
        Ok(column(self.get()?))
    }

    /// Names the row, whose id is its first field, and the column.
    fn damaged(&self, at: usize, why: &str) -> DatabaseError {
        let columns = self.row.columns();
        let column = columns.get(at).map_or("?", |column| column.name());
        let id: &str = self.row.try_get(self.first).unwrap_or("?");
        DatabaseError::DamagedRow {
            table: self.table,
            column: column.to_owned(),
            id: id.to_owned(),
            why: why.to_owned(),
        }
    }

    /// Returns a vector that was selected through `vector_send`.
    pub(crate) fn vector(&mut self) -> Result<Option<Vec<f32>>, DatabaseError> {
        let (at, raw) = (self.next, self.get::<Option<&[u8]>>()?);
        raw.map(|raw| values::vector(raw).ok_or_else(|| self.damaged(at, "its form is unknown")))
            .transpose()
    }
}

impl ColumnSource for Columns<'_> {
    type Error = DatabaseError;

    fn column(&mut self, field: &'static Field) -> Result<Column<'static>, DatabaseError> {
        let at = self.next;
        match field.shape.column_type() {
            ColumnType::Text => {
                let column = self.value(field, |text: String| Column::Text(Cow::Owned(text)))?;
                match (&field.shape, &column) {
                    (Shape::Word { words, .. }, Column::Text(word))
                        if !words.contains(&word.as_ref()) =>
                    {
                        Err(self.damaged(at, &format!("{word:?}")))
                    }
                    _ => Ok(column),
                }
            }
            ColumnType::BigInt => self.value(field, Column::Whole),
            ColumnType::SmallInt => {
                self.value(field, |number: i16| Column::Whole(i64::from(number)))
            }
            ColumnType::Double => self.value(field, Column::Real),
            ColumnType::Boolean => self.value(field, Column::Flag),
            ColumnType::Timestamp => self.value(field, |Sql(time)| Column::Time(time)),
            ColumnType::Jsonb => self.value(field, |Sql(json)| Column::Json(Cow::Owned(json))),
            ColumnType::TextArray => self.value(field, |texts| Column::Texts(Cow::Owned(texts))),
        }
    }

    fn misfit(&self, _: &'static Field) -> DatabaseError {
        self.damaged(self.next.saturating_sub(1), "it does not fit")
    }
}
