//! The tag that leads from a memory to another that says the same.

use crate::model::{Memory, with_process, without_processes};
use crate::record::{self, Stamp};

/// What the tag of a link begins with.
const SAME_AS: &str = "same-as:";

/// Returns a node with a link to the one that says the same.
pub(super) fn linked(memory: &Memory, to: &str, stamp: &Stamp) -> Result<Memory, record::Flaw> {
    let Memory::Node(node) = memory else {
        return Ok(memory.clone());
    };
    let tags = with_process(&node.tags, &format!("{SAME_AS}{to}"));
    record::with(memory, vec![("tags", tags.value())], stamp)
}

/// Returns whether a memory has a link that was made here.
pub(super) fn is_linked(memory: &Memory) -> bool {
    matches!(memory, Memory::Node(node) if node.tags.as_str().contains(SAME_AS))
}

/// Returns a node without the links that were made here, and without the list that holds nothing else.
pub(super) fn unlinked(memory: &Memory) -> Memory {
    let mut memory = memory.clone();
    if let Memory::Node(node) = &mut memory {
        node.tags = without_processes(&node.tags, SAME_AS);
    }
    memory
}
