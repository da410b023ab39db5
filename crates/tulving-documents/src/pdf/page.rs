//! What a page shows.

use super::lines::Line;

/// What a page shows.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) lines: Vec<Line>,
    /// Whether there is a picture on it.
    pub(super) has_picture: bool,
}
