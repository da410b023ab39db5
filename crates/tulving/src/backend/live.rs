//! Changes of what changes about a memory while it is used.

use crate::model::{Key, Memory, Timestamp};
use crate::record::{Flaw, Reason};

/// The place of a memory in a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Membership {
    /// The number of the cluster; −1 is noise.
    pub cluster: i64,
    /// What the cluster is about. Holds no NUL.
    pub label: Option<String>,
    /// How certain it is that the memory belongs there, 0 to 1.
    pub confidence: f64,
}

/// A change of the live fields of one memory. Nothing else of a memory can be said with it.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveChange {
    /// It is in a cluster from now on, or in none. For kinds that are in clusters
    /// ([`Kind::is_clustered`](crate::model::Kind::is_clustered)).
    Cluster(Key, Option<Membership>),
    /// It was recalled so often, and then last.
    Usage(Key, i64, Option<Timestamp>),
}

impl LiveChange {
    /// Returns the key of the memory that changes.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Cluster(key, _) | Self::Usage(key, ..) => key,
        }
    }

    /// Checks that every backend can keep it.
    ///
    /// # Errors
    /// If a label holds NUL, a confidence or a count is out of its range, or the memory's kind is in no
    /// clusters.
    pub fn check(&self) -> Result<(), Flaw> {
        let flaw = |reason, what: &str| Err(Flaw::new(reason, format!("{}: {what}", self.key())));
        match self {
            Self::Cluster(key, _) if !key.kind.is_clustered() => {
                flaw(Reason::WrongType, "its kind is in no clusters")
            }
            Self::Cluster(_, Some(of)) if !(0.0..=1.0).contains(&of.confidence) => {
                flaw(Reason::OutOfRange, "cluster_confidence is not from 0 to 1")
            }
            Self::Cluster(_, Some(of)) if of.label.as_ref().is_some_and(|l| l.contains('\0')) => {
                flaw(Reason::WrongType, "cluster_label holds NUL")
            }
            Self::Usage(_, count, _) if *count < 0 => {
                flaw(Reason::OutOfRange, "access_count is below 0")
            }
            _ => Ok(()),
        }
    }

    /// Makes the change in a memory.
    pub fn apply(&self, memory: &mut Memory) {
        match self {
            Self::Cluster(_, membership) => {
                let (id, label, confidence) = match membership {
                    Some(of) => (Some(of.cluster), of.label.clone(), of.confidence),
                    None => (None, None, 0.0),
                };
                memory.set_cluster(id, label, confidence);
            }
            Self::Usage(_, count, last) => memory.set_usage((*count, *last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn what_no_backend_can_keep_is_refused() {
        let joins = |kind, label: &str, confidence| {
            let membership = Membership {
                cluster: -1,
                label: Some(label.to_owned()),
                confidence,
            };
            LiveChange::Cluster(Key::new(kind, "one"), Some(membership))
        };
        let used = |kind, count| LiveChange::Usage(Key::new(kind, "one"), count, None);
        let reason = |change: LiveChange| change.check().map_err(|flaw| flaw.reason);
        for kind in Kind::ALL {
            assert_eq!(reason(used(kind, 0)), Ok(()));
            assert_eq!(reason(used(kind, i64::MAX)), Ok(()));
            assert_eq!(reason(used(kind, -1)), Err(Reason::OutOfRange));
            let leaves = LiveChange::Cluster(Key::new(kind, "one"), None);
            if !kind.is_clustered() {
                assert_eq!(reason(joins(kind, "birds", 1.0)), Err(Reason::WrongType));
                assert_eq!(reason(leaves), Err(Reason::WrongType));
                continue;
            }
            assert_eq!(reason(leaves), Ok(()));
            for confidence in [0.0, 1.0] {
                assert_eq!(reason(joins(kind, "birds", confidence)), Ok(()));
            }
            for confidence in [-0.1, 1.1, f64::NAN] {
                let out_of_range = Err(Reason::OutOfRange);
                assert_eq!(reason(joins(kind, "birds", confidence)), out_of_range);
            }
            assert_eq!(reason(joins(kind, "a\0b", 1.0)), Err(Reason::WrongType));
        }
        let flaw = joins(Kind::Node, "a\0b", 1.0).check();
        let message = flaw.map_err(|flaw| flaw.message);
        assert_eq!(
            message,
            Err("node \"one\": cluster_label holds NUL".to_owned())
        );
    }
}
