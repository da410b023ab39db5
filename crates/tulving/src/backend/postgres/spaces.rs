//! Embedding spaces in the database.

use super::connect::Connection;
use super::error::{DatabaseError, Doing};
use crate::model::Space;

impl Connection {
    /// The number of an embedding space; it is made if it is not there.
    ///
    /// # Errors
    /// If the login role may not write the table.
    pub async fn space(&mut self, space: &Space) -> Result<i32, DatabaseError> {
        const DOING: &str = "registering the embedding space";
        let dims = i32::try_from(space.dims).unwrap_or(i32::MAX);
        let find = "SELECT space_id FROM embedding_spaces WHERE provider = $1 AND model = $2 AND dims = $3";
        if let Some(row) = self
            .client
            .query_opt(find, &[&space.provider, &space.model, &dims])
            .await
            .doing(DOING)?
        {
            return Ok(row.get(0));
        }
        // Someone else may have made it meanwhile: then nothing is inserted, and it is found below.
        let make = "INSERT INTO embedding_spaces (provider, model, dims) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        self.client
            .execute(make, &[&space.provider, &space.model, &dims])
            .await
            .doing(DOING)?;
        let row = self
            .client
            .query_one(find, &[&space.provider, &space.model, &dims])
            .await
            .doing(DOING)?;
        Ok(row.get(0))
    }
}
