//! Embedding spaces in the database.

use super::connect::Connection;
use super::error::{DatabaseError, Doing};
use crate::model::Space;

const FIND: &str =
    "SELECT space_id FROM embedding_spaces WHERE provider = $1 AND model = $2 AND dims = $3";

impl Connection {
    /// The number of an embedding space; it is made if it is not there.
    ///
    /// # Errors
    /// If the login role may not write the table.
    pub async fn space(&mut self, space: &Space) -> Result<i32, DatabaseError> {
        const DOING: &str = "registering the embedding space";
        if let Some(found) = self.find_space(space).await? {
            return Ok(found);
        }
        let dims = width(space);
        // Someone else may have made it meanwhile: then nothing is inserted, and it is found below.
        let make = "INSERT INTO embedding_spaces (provider, model, dims) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        self.client
            .execute(make, &[&space.provider, &space.model, &dims])
            .await
            .doing(DOING)?;
        let row = self
            .client
            .query_one(FIND, &[&space.provider, &space.model, &dims])
            .await
            .doing(DOING)?;
        Ok(row.get(0))
    }

    /// The number of an embedding space, if it is there.
    ///
    /// # Errors
    /// If the login role may not read the table.
    pub async fn find_space(&self, space: &Space) -> Result<Option<i32>, DatabaseError> {
        let row = self
            .client
            .query_opt(FIND, &[&space.provider, &space.model, &width(space)])
            .await
            .doing("looking for the embedding space")?;
        Ok(row.map(|row| row.get(0)))
    }
}

fn width(space: &Space) -> i32 {
    i32::try_from(space.dims).unwrap_or(i32::MAX)
}
