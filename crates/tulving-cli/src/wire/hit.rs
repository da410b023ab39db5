//! A hit of a search.

use serde::Serialize;
use tulving::search::fusion;
use tulving::store;

/// A hit of `tulving search`
#[derive(Debug, Serialize)]
pub struct Hit {
    id: String,
    kind: &'static str,
    score: f64,
    rank: usize,
    arms: Arms,
    snippet: String,
    created_at: String,
    source: String,
    conversation_id: Option<String>,
}

#[derive(Debug, Serialize)]
struct Arms {
    vector: Option<Arm>,
    keyword: Option<Arm>,
}

#[derive(Debug, Serialize)]
struct Arm {
    rank: usize,
    score: f64,
}

impl From<&store::Hit> for Hit {
    fn from(hit: &store::Hit) -> Self {
        let arm = |arm: Option<fusion::Arm>| {
            arm.map(|arm| Arm {
                rank: arm.rank,
                score: arm.score,
            })
        };
        let facts = hit.memory.facts();
        Self {
            id: facts.id,
            kind: facts.kind.as_str(),
            score: hit.score,
            rank: hit.rank,
            arms: Arms {
                vector: arm(hit.vector),
                keyword: arm(hit.keyword),
            },
            snippet: hit.snippet.text.clone(),
            created_at: facts.created_at.isoformat(),
            source: hit.memory.source().to_owned(),
            conversation_id: facts.conversation_id,
        }
    }
}
