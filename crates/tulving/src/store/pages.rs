//! Memories page by page, the oldest first.

use super::StoreError;
use crate::backend::{Backend, Filter, Order, Page};
use crate::model::{Memory, Scope};

/// The memories that pass a filter, page by page and the oldest first. Who writes meanwhile is not waited for: what was
/// there all the time comes once.
#[derive(Debug)]
pub struct Pages<'b> {
    backend: &'b dyn Backend,
    scope: Scope,
    filter: Filter,
    /// The next one, if there may be one.
    page: Option<Page>,
}

impl<'b> Pages<'b> {
    pub(super) fn new(backend: &'b dyn Backend, scope: Scope, filter: Filter, size: usize) -> Self {
        Self {
            backend,
            scope,
            filter,
            page: Some(Page {
                order: Order::Oldest,
                after: None,
                limit: size,
            }),
        }
    }

    /// Returns the next page; nothing where there is none.
    ///
    /// # Errors
    /// As every method of a store.
    pub async fn next(&mut self) -> Result<Option<Vec<Memory>>, StoreError> {
        let Some(page) = &self.page else {
            return Ok(None);
        };
        let listing = self.backend.list(self.scope, &self.filter, page).await?;
        self.page = listing.next.map(|next| Page {
            after: Some(next),
            ..page.clone()
        });
        Ok(Some(listing.memories))
    }
}
