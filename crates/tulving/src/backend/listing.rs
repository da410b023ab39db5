//! Listings, page by page.

use crate::model::{Facts, Key, Memory, PerKind, Timestamp};

/// How many memories there are of each kind.
pub type Counts = PerKind<u64>;

/// In which order memories are listed: by time; at one time by sequence index, kind and id (by
/// bytes). One is the other backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The last first; at one time and place, chunks before episodes before nodes.
    #[default]
    Newest,
    /// The first first; at one time and place, nodes before episodes before chunks.
    Oldest,
}

/// The place of a memory in a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// When it was said, or began.
    pub created_at: Timestamp,
    /// A node's place in its conversation, a chunk's in its document; 0 for an episode.
    pub sequence_index: i64,
    /// Kind and id.
    pub key: Key,
}

impl From<&Facts> for Cursor {
    fn from(facts: &Facts) -> Self {
        Self {
            created_at: facts.created_at,
            sequence_index: facts.sequence_index,
            key: facts.key(),
        }
    }
}

/// Which part of a listing is wanted.
///
/// ```
/// use tulving::backend::{Order, Page};
///
/// let newest = Page::default().limit(50);
/// let oldest = Page { order: Order::Oldest, ..Page::default() };
/// # let _ = (newest, oldest);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In which order.
    pub order: Order,
    /// Only what comes after this place, whether or not there is still a memory at it.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: usize,
}

impl Default for Page {
    /// Returns the 20 newest.
    fn default() -> Self {
        Self {
            order: Order::Newest,
            after: None,
            limit: 20,
        }
    }
}

impl Page {
    /// Asks for at most so many.
    #[must_use]
    pub fn limit(mut self, memories: usize) -> Self {
        self.limit = memories;
        self
    }

    /// Goes on after this place: [`Listing::next`] of the page before.
    #[must_use]
    pub fn after(mut self, place: Cursor) -> Self {
        self.after = Some(place);
        self
    }
}

/// A part of a listing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listing {
    /// The memories, in order.
    pub memories: Vec<Memory>,
    /// The place of the last memory on this page, after which the next begins; none if this was
    /// the last page, or was to hold nothing.
    pub next: Option<Cursor>,
}
