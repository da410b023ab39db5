//! Tombstones of a scope, rows of it as they lie there, and what is left of those that are gone.

use futures_util::TryStreamExt as _;
use tokio_postgres::Row;

use super::connect::Connection;
use super::error::{DatabaseError, Doing as _};
use super::schema_version;
use super::scoped::Scoped;
use super::session::Rights;
use super::sql::{Statement, forgotten as sql, postings};
use super::statistics::ScopeStatistics;
use super::table::KindTables as _;
use crate::backend::{
    BackendError, BeyondReach, Brought, Forgotten, Needles, ScannedPlace, Tombstone,
};
use crate::model::{Key, Kind, Scope};

impl Scoped<'_> {
    /// Reads the tombstones.
    pub(super) async fn forgotten(self) -> Result<Forgotten, DatabaseError> {
        let (scope, target) = (self.scope, self.target().to_owned());
        let asked = [ScopeStatistics::query(scope, false), sql::read(scope.id())];
        let answers = self.finish(&asked, "reading tombstones").await?;
        ScopeStatistics::read(answers.first().map_or(&[], Vec::as_slice), scope, &target)?;
        Ok(read(answers.get(1).map_or(&[], Vec::as_slice)))
    }

    /// Returns the question whether a write brings what was forgotten, to be asked with the scope locked.
    pub(super) fn whether_forgotten(&self, brought: &Brought) -> Statement {
        sql::find(self.scope.id(), brought.names())
    }

    /// Sets tombstones, or takes them away.
    pub(super) async fn change_forgotten(
        mut self,
        keys: &[Key],
        documents: &[String],
        is_set: bool,
    ) -> Result<(), DatabaseError> {
        const DOING: &str = "writing tombstones";
        let scope = self.scope.id();
        let (_, answers) = self.begin_writing(vec![sql::read(scope)], DOING).await?;
        let forgotten = read(answers.first().map_or(&[], Vec::as_slice));
        let hashes = forgotten.of(keys, documents);
        let hashes = hashes.into_iter().map(Vec::from).collect();
        let change = match is_set {
            true => sql::set(scope, forgotten.salt.to_vec(), hashes),
            false => sql::remove(scope, hashes),
        };
        self.finish(&[change], DOING).await?;
        Ok(())
    }

    /// Takes the tombstones away that these have among some.
    pub(super) async fn restore(
        &mut self,
        among: Option<&Forgotten>,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), DatabaseError> {
        let Some(among) = among else { return Ok(()) };
        let hashes = among.of(keys, documents);
        let there = hashes.intersection(&among.tombstones);
        let there: Vec<Vec<u8>> = there.map(|hash| hash.to_vec()).collect();
        if !there.is_empty() {
            let remove = sql::remove(self.scope.id(), there);
            self.send(&[remove], "taking tombstones away").await?;
        }
        Ok(())
    }

    /// Keeps the record of an erasure that is under way, or removes it.
    pub(super) async fn keep_unfinished(
        mut self,
        record: Option<&[u8]>,
    ) -> Result<(), DatabaseError> {
        const DOING: &str = "writing the record of an erasure";
        const PART: usize = 1 << 20;
        let scope = self.scope.id();
        self.begin_writing(Vec::new(), DOING).await?;
        let parts = record.map(|record| record.chunks(PART).map(<[u8]>::to_vec).collect());
        let keep = parts.map(|parts| sql::keep_unfinished(scope, parts));
        let statements = std::iter::once(sql::remove_unfinished(scope)).chain(keep);
        let statements: Vec<Statement> = statements.collect();
        self.finish(&statements, DOING).await?;
        Ok(())
    }

    /// Reads the record of an erasure that was not finished, if there is one.
    pub(super) async fn unfinished(self) -> Result<Option<Vec<u8>>, DatabaseError> {
        let (scope, target) = (self.scope, self.target().to_owned());
        let asked = [
            ScopeStatistics::query(scope, false),
            sql::unfinished(scope.id()),
        ];
        let answers = self
            .finish(&asked, "reading the record of an erasure")
            .await?;
        ScopeStatistics::read(answers.first().map_or(&[], Vec::as_slice), scope, &target)?;
        let parts = answers.get(1).map_or(&[][..], Vec::as_slice);
        let parts: Vec<&[u8]> = parts.iter().map(|row| row.get(0)).collect();
        Ok((!parts.is_empty()).then(|| parts.concat()))
    }

    /// Lists the tables that have rows with a scope.
    pub(super) async fn scoped_tables(self) -> Result<Vec<ScopedTable>, DatabaseError> {
        const DOING: &str = "listing the tables with a scope";
        let (scope, target) = (self.scope, self.target().to_owned());
        let asked = [ScopeStatistics::query(scope, false), sql::tables()];
        let answers = self.finish(&asked, DOING).await?;
        ScopeStatistics::read(answers.first().map_or(&[], Vec::as_slice), scope, &target)?;
        let rows = answers.get(1).into_iter().flatten();
        let tables = rows.map(|row| ScopedTable {
            name: row.get(0),
            may_read: row.get(1),
            is_by_uuid: row.get(2),
            parts: row.get(3),
        });
        // The record of what is looked for goes with the proof.
        Ok(tables.filter(|table| table.name != UNFINISHED).collect())
    }

    /// Looks for needles in all rows that the scope has in a table.
    pub(super) async fn scan_table(
        mut self,
        table: &ScopedTable,
        needles: &Needles,
    ) -> Result<ScannedPlace, DatabaseError> {
        const DOING: &str = "looking through the rows of the scope";
        let place = self.location();
        self.send(&[ScopeStatistics::query(self.scope, false)], DOING)
            .await?;
        let reading = sql::rows(&place, &table.name, &table.parts, self.scope.id());
        let found = self.find(&reading, needles).await.doing(DOING)?;
        self.end_read();
        Ok(ScannedPlace {
            name: table.name.clone(),
            holds_memories: table.is_own(),
            ..found
        })
    }

    async fn find(
        &self,
        reading: &Statement,
        needles: &Needles,
    ) -> Result<ScannedPlace, tokio_postgres::Error> {
        let mut place = ScannedPlace::default();
        let mut count = 0;
        let mut rows = std::pin::pin!(self.client().rows(reading).await?);
        while let Some(row) = rows.try_next().await? {
            count += 1;
            for part in 0..row.len() {
                if let Some(bytes) = row.try_get::<_, Option<&[u8]>>(part)? {
                    needles.find(bytes, &mut place.found);
                    place.bytes += bytes.len() as u64;
                }
            }
        }
        place.rows = Some(count);
        Ok(place)
    }
}

/// The table with records of erasures that are under way.
const UNFINISHED: &str = "forgetting";

/// A table that has rows with a scope, whoever made it.
pub(super) struct ScopedTable {
    name: String,
    may_read: bool,
    is_by_uuid: bool,
    /// What of its rows is text or bytes.
    parts: Vec<String>,
}

impl ScopedTable {
    /// Returns why it cannot be looked through, if that is known beforehand.
    pub(super) fn unread(&self) -> Option<String> {
        let why = match (self.may_read, self.is_by_uuid) {
            (false, _) => "the role tulving_app may not read it",
            (true, false) => "its scope_id is no uuid",
            (true, true) => return None,
        };
        Some(self.named(why))
    }

    /// Returns whether it is one of the schema's own.
    pub(super) fn is_own(&self) -> bool {
        schema_version::is_own_table(&self.name)
    }

    /// Returns a reason with the table's name.
    pub(super) fn named(&self, why: impl std::fmt::Display) -> String {
        format!("{}: {why}", self.name)
    }
}

/// Refuses a write where the [question](Scoped::whether_forgotten) found something.
pub(super) fn refuse_forgotten(brought: &Brought, found: &[Row]) -> Result<(), BackendError> {
    let place = found.first().map(|row| row.get::<_, i64>(0) - 1);
    match place.and_then(|place| usize::try_from(place).ok()) {
        Some(place) => Err(brought.refusal(place)),
        None => Ok(()),
    }
}

/// Returns the tombstones in these rows; none, with a new salt, if there are no rows.
fn read(rows: &[Row]) -> Forgotten {
    let bytes =
        |row: &Row, column| -> Option<Tombstone> { row.get::<_, &[u8]>(column).try_into().ok() };
    let Some(salt) = rows.first().and_then(|row| bytes(row, 0)) else {
        return Forgotten::default();
    };
    Forgotten {
        salt,
        tombstones: rows.iter().filter_map(|row| bytes(row, 1)).collect(),
    }
}

impl Connection {
    /// Removes the dead rows of records of erasures, if the login role may.
    pub(super) async fn remove_dead_records(&self) -> Result<(), DatabaseError> {
        const DOING: &str = "removing the record of an erasure";
        let tables = [self.location().await?.own(UNFINISHED)];
        // Whoever may not was told how by the certificate.
        let _ = self.apart(sql::vacuum(&tables), None, DOING).await;
        Ok(())
    }

    /// Makes the keyword index of a scope anew for those of these kinds of which it still holds words of memories
    /// that are gone.
    ///
    /// # Errors
    /// If the connection is lost, or a memory cannot be read.
    pub(super) async fn purge_words(
        &mut self,
        scope: Scope,
        kinds: &[Kind],
    ) -> Result<(), DatabaseError> {
        const DOING: &str = "looking for words of memories that are gone";
        let target = self.target.clone();
        let mut scoped = self.scoped(scope).await?;
        let mut asked = vec![ScopeStatistics::query(scope, false)];
        // What a rebuilding that was killed left may hold them too, and counts for nothing.
        let leftover = |kind: &Kind| postings::remove_leftover(*kind, scope.id());
        asked.extend(kinds.iter().map(leftover));
        let answers = scoped.send(&asked, DOING).await?;
        let rows = answers.first().map_or(&[][..], Vec::as_slice);
        let statistics = ScopeStatistics::read(rows, scope, &target)?;
        scoped.commit().await?;
        let holds_words = |kind: &Kind| !statistics.of(*kind).tombstones.is_empty();
        let mut stale: Vec<Kind> = kinds.iter().copied().filter(holds_words).collect();
        // The words of all kinds are made by the same rules, and these may be new.
        let is_outdated = !stale.is_empty() && statistics.is_outdated();
        if is_outdated {
            stale = Kind::ALL.to_vec();
        }
        for kind in stale {
            self.rebuild_words(kind, scope, &|_| ()).await?;
        }
        match is_outdated {
            true => self.note_tokenizer(scope).await,
            false => Ok(()),
        }
    }

    /// Removes the dead rows of the tables with a scope that the login role may do that for, but of those of kinds
    /// that are not among these; says what is left to do.
    ///
    /// # Errors
    /// If the connection is lost.
    pub(super) async fn remove_dead_rows(
        &self,
        kinds: &[Kind],
    ) -> Result<BeyondReach, DatabaseError> {
        const DOING: &str = "removing dead rows";
        const WHAT: &str = "dead rows in the tables, and their entries in indexes";
        let place = self.location().await?;
        let rows = self
            .unscoped(Rights::Member, &[sql::tables()], DOING)
            .await?;
        let is_of = |kind: Kind, table: &str| {
            let of_kind = [
                kind.table(),
                kind.embeddings(),
                kind.vectors(),
                kind.postings(),
            ];
            of_kind.contains(&table)
        };
        let tables = rows.iter().flatten().map(|row| row.get::<_, &str>(0));
        let lost_rows = |table: &&str| {
            let mut others = Kind::ALL.into_iter().filter(|kind| !kinds.contains(kind));
            !others.any(|kind| is_of(kind, table))
        };
        let tables: Vec<String> = tables
            .filter(lost_rows)
            .map(|table| place.own(table))
            .collect();
        let asked = [sql::may_vacuum(tables.clone())];
        let may = self.unscoped(Rights::Login, &asked, DOING).await?;
        let may: Vec<String> = may.iter().flatten().map(|row| row.get(0)).collect();
        let others: Vec<String> = tables
            .iter()
            .filter(|table| !may.contains(table))
            .cloned()
            .collect();
        let by_hand = |tables: &[String]| {
            format!("as the owner of the tables: {}", sql::vacuum(tables).sql())
        };
        if may.is_empty() {
            return Ok(BeyondReach::new(WHAT, by_hand(&tables)));
        }
        let (vacuum, all) = (sql::vacuum(&may), by_hand(&tables));
        Ok(match self.apart(vacuum, None, DOING).await {
            Ok(()) if others.is_empty() => BeyondReach::new(
                "dead rows that transactions of others could still see",
                format!("VACUUM was run; once those have ended, run it again, {all}"),
            ),
            // Tables of somebody else.
            Ok(()) => BeyondReach::new(WHAT, by_hand(&others)),
            Err(_) => BeyondReach::new(WHAT, all),
        })
    }
}
