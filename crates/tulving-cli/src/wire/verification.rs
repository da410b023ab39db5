//! What a verification found.

use serde::Serialize;
use tulving::model::{self, PerKind};
use tulving::transfer::{self, KindVerification};

use super::Scope;

/// `tulving verify`
#[derive(Debug, Serialize)]
pub struct Verification {
    verified: bool,
    scope: Scope,
    #[serde(flatten)]
    kinds: PerKind<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<Kind>,
    digest: Digest,
    against: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Digest {
    source: String,
    target: String,
}

#[derive(Debug, Default, PartialEq, Serialize)]
struct Kind {
    source: u64,
    target: u64,
    equal: u64,
    missing_count: u64,
    extra_count: u64,
    different_count: u64,
    live_count: u64,
    rejected: u64,
    missing: Vec<String>,
    extra: Vec<String>,
    different: Vec<Difference>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Difference {
    id: String,
    fields: Vec<&'static str>,
}

impl Verification {
    /// Makes the object of what was verified for an owner.
    #[must_use]
    pub fn new(scope: model::Scope, verification: transfer::Verification) -> Self {
        let documents = Kind::from(verification.documents);
        Self {
            verified: verification.verified,
            scope: scope.into(),
            kinds: verification.kinds.map(|_, found| found.into()),
            documents: (documents != Kind::default()).then_some(documents),
            digest: Digest {
                source: tulving::hex(&verification.source_digest),
                target: tulving::hex(&verification.target_digest),
            },
            against: verification.against,
        }
    }
}

impl From<KindVerification> for Kind {
    fn from(found: KindVerification) -> Self {
        Self {
            source: found.source,
            target: found.target,
            equal: found.equal,
            missing_count: found.missing_count,
            extra_count: found.extra_count,
            different_count: found.different_count,
            live_count: found.live_count,
            rejected: found.rejected,
            missing: found.missing,
            extra: found.extra,
            different: found
                .different
                .into_iter()
                .map(|transfer::Difference { id, fields }| Difference { id, fields })
                .collect(),
        }
    }
}
