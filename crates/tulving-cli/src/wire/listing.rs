//! A page of memories.

use serde::Serialize;
use tulving::backend;

use super::{Memory, cursor};

/// `tulving list`
#[derive(Debug, Serialize)]
pub struct Listing {
    memories: Vec<Memory>,
    next: Option<String>,
}

impl From<backend::Listing> for Listing {
    fn from(listing: backend::Listing) -> Self {
        Self {
            next: listing.next.as_ref().map(cursor::text),
            memories: listing.memories.into_iter().map(Memory::from).collect(),
        }
    }
}
