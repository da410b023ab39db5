//! Tombstones of a scope, rows of it as they lie there, and what is left of those that are gone.

use futures_util::TryStreamExt as _;

use super::connect::Connection;
use super::error::{DatabaseError, Doing as _};
use super::scoped::Scoped;
use super::session::Rights;
use super::sql::{Statement, forgotten as sql, postings};
use super::statistics::ScopeStatistics;
use crate::backend::{BeyondReach, Forgotten, Needles, Scan, ScannedPlace, Tombstone};
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

    /// Looks for needles in all rows of the scope, of every table that has some.
    pub(super) async fn scan(mut self, needles: &Needles) -> Result<Scan, DatabaseError> {
        const DOING: &str = "looking through the rows of the scope";
        let (scope, target) = (self.scope, self.target().to_owned());
        let place = self.location();
        let asked = [ScopeStatistics::query(scope, false), sql::tables()];
        let answers = self.send(&asked, DOING).await?;
        ScopeStatistics::read(answers.first().map_or(&[], Vec::as_slice), scope, &target)?;
        let mut scan = Scan::default();
        for row in answers.get(1).into_iter().flatten() {
            let (table, may_read, parts): (String, bool, Vec<String>) =
                (row.get(0), row.get(1), row.get(2));
            if !may_read {
                let why = format!("{table}: the role tulving_app may not read it");
                scan.unread.push(why);
                continue;
            }
            let reading = sql::rows(&place, &table, &parts, scope.id());
            let found = self.scan_table(&reading, needles).await.doing(DOING)?;
            scan.places.push(ScannedPlace {
                name: table,
                ..found
            });
        }
        self.end_read();
        Ok(scan)
    }

    async fn scan_table(
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

/// Returns the tombstones in these rows; none, with a new salt, if there are no rows.
fn read(rows: &[tokio_postgres::Row]) -> Forgotten {
    let bytes = |row: &tokio_postgres::Row, column| -> Option<Tombstone> {
        row.get::<_, &[u8]>(column).try_into().ok()
    };
    let Some(salt) = rows.first().and_then(|row| bytes(row, 0)) else {
        return Forgotten::default();
    };
    Forgotten {
        salt,
        tombstones: rows.iter().filter_map(|row| bytes(row, 1)).collect(),
    }
}

impl Connection {
    /// Makes the keyword index of a scope anew where it still holds words of memories that are gone.
    ///
    /// # Errors
    /// If the connection is lost, or a memory cannot be read.
    pub(super) async fn purge_words(&mut self, scope: Scope) -> Result<(), DatabaseError> {
        const DOING: &str = "looking for words of memories that are gone";
        let target = self.target.clone();
        let mut scoped = self.scoped(scope).await?;
        let mut asked = vec![ScopeStatistics::query(scope, false)];
        // What a rebuilding that was killed left may hold them too, and counts for nothing.
        asked.extend(Kind::ALL.map(|kind| postings::remove_leftover(kind, scope.id())));
        let answers = scoped.send(&asked, DOING).await?;
        let rows = answers.first().map_or(&[][..], Vec::as_slice);
        let statistics = ScopeStatistics::read(rows, scope, &target)?;
        scoped.commit().await?;
        if Kind::ALL
            .iter()
            .all(|kind| statistics.of(*kind).dead.is_empty())
        {
            return Ok(());
        }
        for kind in Kind::ALL {
            self.rebuild_words(kind, scope, &|_| ()).await?;
        }
        self.note_tokenizer(scope).await
    }

    /// Removes the dead rows of all tables with a scope, if the login role may; says what is left to do.
    ///
    /// # Errors
    /// If the connection is lost.
    pub(super) async fn remove_dead_rows(&self) -> Result<BeyondReach, DatabaseError> {
        const DOING: &str = "removing dead rows";
        const WHAT: &str = "dead rows in the tables, and their entries in indexes";
        let place = self.location().await?;
        let rows = self
            .unscoped(Rights::Member, &[sql::tables()], DOING)
            .await?;
        let tables = rows.iter().flatten();
        let tables: Vec<String> = tables.map(|row| place.own(row.get(0))).collect();
        let vacuum = sql::vacuum(&tables);
        let by_hand = format!("as the owner of the tables: {}", vacuum.sql());
        let may = [sql::may_vacuum(tables.clone())];
        let may = self.unscoped(Rights::Login, &may, DOING).await?;
        if !may.iter().flatten().any(|row| row.get(0)) {
            return Ok(BeyondReach::new(WHAT, by_hand));
        }
        Ok(match self.apart(vacuum, None, DOING).await {
            Ok(()) => BeyondReach::new(
                "dead rows that transactions of others could still see",
                format!("VACUUM was run; once those have ended, run it again, {by_hand}"),
            ),
            Err(_) => BeyondReach::new(WHAT, by_hand),
        })
    }
}
