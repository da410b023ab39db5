//! Filters: which memories are meant.

use std::collections::BTreeSet;

use crate::json::Value;
use crate::model::{Kind, Memory, Timestamp};

/// Which memories are meant: those that pass every condition that is set. The empty filter lets
/// all pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Of these kinds; all if empty.
    pub kinds: Vec<Kind>,
    /// Held at one of these places; anywhere if empty.
    pub sources: Vec<String>,
    /// Said at this time or later.
    pub since: Option<Timestamp>,
    /// Said before this time.
    pub until: Option<Timestamp>,
    /// In one of these clusters, which only nodes are in. All if empty.
    pub clusters: Vec<i64>,
    /// Nodes of one of these conversations, chunks of a document with one of these ids, and episodes that have
    /// one of them as their id. All if empty.
    pub conversations: Vec<String>,
    /// With code, or without.
    pub has_code: Option<bool>,
    /// Bearing every one of these tags, letter for letter.
    pub tags: Vec<String>,
}

/// What of a memory a filter looks at, besides its times and its kind.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'m> {
    /// Which kind it is.
    pub kind: Kind,
    /// Its id.
    pub id: &'m str,
    /// Where it was held.
    pub source: &'m str,
    /// When it was said, or began.
    pub created_at: Timestamp,
    /// What it is a part of: a node's conversation, a chunk's document.
    pub conversation_id: Option<&'m str>,
    /// A node's cluster.
    pub cluster_id: Option<i64>,
    /// Whether it holds code.
    pub has_code: bool,
}

impl<'m> From<&'m Memory> for Labels<'m> {
    fn from(memory: &'m Memory) -> Self {
        Self {
            kind: memory.kind(),
            id: memory.id(),
            source: memory.source(),
            created_at: memory.created_at(),
            conversation_id: memory.position().map(|(container, _)| container),
            cluster_id: memory.cluster_id(),
            has_code: memory.has_code(),
        }
    }
}

impl Filter {
    /// Lets all memories of one kind pass.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self {
            kinds: vec![kind],
            ..Self::default()
        }
    }

    /// Returns whether memories of this kind can pass at all.
    #[must_use]
    pub fn wants(&self, kind: Kind) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (kind.is_clustered() || self.clusters.is_empty())
    }

    /// Returns the kinds of which memories can pass.
    pub fn wanted(&self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(|kind| self.wants(*kind))
    }

    /// Returns whether every memory of these kinds passes.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let Self {
            kinds: _,
            sources,
            since,
            until,
            clusters,
            conversations,
            has_code,
            tags,
        } = self;
        sources.is_empty()
            && since.is_none()
            && until.is_none()
            && clusters.is_empty()
            && conversations.is_empty()
            && has_code.is_none()
            && tags.is_empty()
    }

    /// Returns whether a memory passes.
    #[must_use]
    pub fn passes(&self, memory: &Memory) -> bool {
        self.passes_labels(Labels::from(memory), || tags(memory))
    }

    /// Returns whether a memory with these labels passes; its tags are asked for only where they
    /// matter.
    #[must_use]
    pub fn passes_labels(
        &self,
        memory: Labels<'_>,
        tags: impl FnOnce() -> BTreeSet<String>,
    ) -> bool {
        let one_of = |wanted: &[String], named: &str| wanted.iter().any(|name| name == named);
        self.wants(memory.kind)
            && (self.sources.is_empty() || one_of(&self.sources, memory.source))
            && self.since.is_none_or(|since| memory.created_at >= since)
            && self.until.is_none_or(|until| memory.created_at < until)
            && (self.clusters.is_empty()
                || memory
                    .cluster_id
                    .is_some_and(|cluster| self.clusters.contains(&cluster)))
            && (self.conversations.is_empty()
                || one_of(
                    &self.conversations,
                    memory.conversation_id.unwrap_or(memory.id),
                ))
            && self.has_code.is_none_or(|code| memory.has_code == code)
            && (self.tags.is_empty() || {
                let tags = tags();
                self.tags.iter().all(|tag| tags.contains(tag))
            })
    }
}

/// Returns the tags that a memory bears: every text in the lists of its `tags`, which an episode calls
/// `llm_tags`.
#[must_use]
pub fn tags(memory: &Memory) -> BTreeSet<String> {
    let Value::Object(members) = memory.tags().value() else {
        return BTreeSet::new();
    };
    let items = members.into_iter().flat_map(|(_, list)| match list {
        Value::Array(items) => items,
        _ => Vec::new(),
    });
    items
        .filter_map(|item| match item {
            Value::String(text) => Some(text.storable().into_owned()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Json, Node};

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    fn node() -> Memory {
        let mut node = Node::new("c1", 0, "q", "a", at(10));
        node.cluster_id = Some(4);
        node.tags = Json::from_value(
            &crate::json::parse(br#"{"topics":["rust","a b"],"domains":["web"],"n":1}"#).unwrap(),
        );
        node.into()
    }

    #[test]
    fn every_condition_that_is_set_must_hold() {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let all = Filter::default;
        for (passes, filter) in [
            (true, all()),
            (true, Filter::of(Kind::Node)),
            (false, Filter::of(Kind::Episode)),
            (
                true,
                Filter {
                    sources: texts(&["x", "tulving"]),
                    ..all()
                },
            ),
            (
                false,
                Filter {
                    sources: texts(&["x"]),
                    ..all()
                },
            ),
            (
                true,
                Filter {
                    since: Some(at(10)),
                    ..all()
                },
            ),
            (
                false,
                Filter {
                    since: Some(at(11)),
                    ..all()
                },
            ),
            (
                true,
                Filter {
                    until: Some(at(11)),
                    ..all()
                },
            ),
            (
                false,
                Filter {
                    until: Some(at(10)),
                    ..all()
                },
            ),
            (
                true,
                Filter {
                    clusters: vec![1, 4],
                    ..all()
                },
            ),
            (
                false,
                Filter {
                    clusters: vec![1],
                    ..all()
                },
            ),
            (
                true,
                Filter {
                    conversations: texts(&["c1"]),
                    ..all()
                },
            ),
            (
                false,
                Filter {
                    conversations: texts(&["c"]),
                    ..all()
                },
            ),
            (
                true,
                Filter {
                    has_code: Some(false),
                    ..all()
                },
            ),
            (
                false,
                Filter {
                    has_code: Some(true),
                    ..all()
                },
            ),
            (
                true,
                Filter {
                    tags: texts(&["web", "a b"]),
                    ..all()
                },
            ),
            (
                false,
                Filter {
                    tags: texts(&["web", "a"]),
                    ..all()
                },
            ),
        ] {
            assert_eq!(filter.passes(&node()), passes, "{filter:?}");
        }
    }
}
