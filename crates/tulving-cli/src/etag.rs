//! Which version of a memory is meant: its ETag; and the id of one that is to be stored once.

use sha2::{Digest as _, Sha256};
use tulving::hex;
use tulving::model::Memory;
use tulving::record::{self, Part};

/// Returns 16 hex digits that are the same as long as what the memory says, and what is known of it, is the same. How
/// often it was recalled and which cluster it is in do not count.
#[must_use]
pub fn of(memory: &Memory) -> String {
    let mut content = Vec::new();
    // A memory that cannot be rendered cannot be changed either: that is told where it is tried.
    let _ = record::write(memory, Part::Content, &mut content);
    let mut sha256 = Sha256::new();
    sha256.update(memory.kind().as_str());
    sha256.update([0]);
    sha256.update(content);
    hex(&sha256.finalize()[..8])
}

/// Returns the id of the node that is stored under a key of its caller's: with the same key it is the same memory.
#[must_use]
pub fn id_for_key(key: &str) -> String {
    let mut sha256 = Sha256::new();
    sha256.update("tulving idempotency key\0");
    sha256.update(key);
    format!("mem_{}", hex(&sha256.finalize()[..8]))
}

#[cfg(test)]
mod tests {
    use tulving::model::{Node, Timestamp};

    use super::*;

    #[test]
    fn an_etag_follows_the_content_and_not_the_use() {
        let node = Node::new("c", 0, "q", "a", Timestamp::from_micros(0).unwrap());
        let mut used = node.clone();
        (used.access_count, used.cluster_id) = (7, Some(3));
        let mut other = node.clone();
        other.assistant_content = "b".to_owned();
        let [node, used, other] = [node, used, other].map(|node| of(&node.into()));
        assert_eq!((node.len(), &node), (16, &used));
        assert_ne!(node, other);
    }

    #[test]
    fn a_key_has_one_id() {
        assert_eq!(id_for_key("k"), id_for_key("k"));
        assert_ne!(id_for_key("k"), id_for_key("k "));
        assert_eq!(id_for_key("k").len(), "mem_0123456789abcdef".len());
    }
}
