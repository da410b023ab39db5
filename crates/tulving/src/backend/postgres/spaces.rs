//! Embedding spaces in the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_postgres::Row;

use super::connect::Connection;
use super::error::DatabaseError;
use super::scoped::Scoped;
use super::session::Rights;
use super::sql::{Statement, spaces};
use super::statistics::ScopeStatistics;
use crate::model::Space;
use crate::transfer::SpaceId;

impl Connection {
    /// Returns the number of an embedding space, and makes it if it is not there.
    ///
    /// # Errors
    /// If the application role may not write the table.
    pub async fn space(&mut self, space: &Space) -> Result<i32, DatabaseError> {
        const DOING: &str = "registering the embedding space";
        if let Some(found) = self.find_space(space).await? {
            return Ok(found);
        }
        // Someone else may have made it meanwhile: then nothing is inserted, and it is found below.
        self.unscoped(Rights::Member, &[spaces::make(space)], DOING)
            .await?;
        let missing = || DatabaseError::SpaceNotKept {
            space: space.clone(),
        };
        self.find_space(space).await?.ok_or_else(missing)
    }

    /// The number of an embedding space, if it is there.
    ///
    /// # Errors
    /// If the application role may not read the table.
    async fn find_space(&self, space: &Space) -> Result<Option<i32>, DatabaseError> {
        let find = spaces::find(space);
        let rows = self
            .unscoped(Rights::Member, &[find], "looking for the embedding space")
            .await?;
        Ok(rows.iter().flatten().next().map(|row| row.get(0)))
    }
}

impl Scoped<'_> {
    /// Returns what the scope holds, and the spaces in which vectors are kept, the one that is searched first.
    pub(super) async fn spaces_in_use(
        &mut self,
    ) -> Result<(ScopeStatistics, Vec<(SpaceId, Space)>), DatabaseError> {
        let statistics = ScopeStatistics::query(self.scope, false);
        let answers = self
            .send(&[statistics], "reading the embedding spaces")
            .await?;
        let rows = answers.first().map_or(&[][..], Vec::as_slice);
        let statistics = ScopeStatistics::read(rows, self.scope, self.target())?;
        let (spaces, mut kept) = (Spaces::default(), Vec::new());
        for number in statistics.spaces() {
            let space = spaces.get(number, self).await?;
            kept.push((SpaceId(number), space.as_ref().clone()));
        }
        Ok((statistics, kept))
    }
}

/// The embedding spaces that were seen. A space never changes its number.
#[derive(Debug, Default)]
pub(super) struct Spaces(Mutex<HashMap<i32, Arc<Space>>>);

impl Spaces {
    fn seen(&self, number: i32) -> Option<Arc<Space>> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&number).cloned()
    }

    /// Returns the number of a space, if it was seen.
    pub(super) fn number(&self, space: &Space) -> Option<i32> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = seen.iter().filter(|(_, seen)| ***seen == *space);
        found.next().map(|(number, _)| *number)
    }

    /// Notes the number of a space.
    pub(super) fn note(&self, number: i32, space: Arc<Space>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(number, space);
    }

    /// Asks for the spaces that were not seen yet: sent with other statements, so that what those name is known.
    pub(super) fn unseen(&self) -> Statement {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spaces::unseen(seen.keys().copied().collect())
    }

    /// Notes the answer.
    pub(super) fn learn(&self, rows: &[Row]) {
        for row in rows {
            let space = Space {
                provider: row.get(1),
                model: row.get(2),
                dims: usize::try_from(row.get::<_, i32>(3)).unwrap_or_default(),
            };
            self.note(row.get(0), Arc::new(space));
        }
    }

    /// Returns the space with a number that was seen.
    pub(super) fn known(&self, number: i32) -> Result<Arc<Space>, DatabaseError> {
        self.seen(number)
            .ok_or_else(|| DatabaseError::NoSpace { number })
    }

    /// Returns the space with a number.
    pub(super) async fn get(
        &self,
        number: i32,
        scoped: &mut Scoped<'_>,
    ) -> Result<Arc<Space>, DatabaseError> {
        if self.seen(number).is_none() {
            let doing = "reading the embedding spaces";
            let rows = scoped.send(&[self.unseen()], doing).await?;
            rows.iter().for_each(|rows| self.learn(rows));
        }
        self.known(number)
    }
}
