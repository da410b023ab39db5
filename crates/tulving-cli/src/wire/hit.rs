//! A hit of a search.

use serde::Serialize;
use tulving::model::{Document, Memory};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Piece>,
}

/// Where in a document a hit stands.
#[derive(Debug, Serialize)]
struct Piece {
    id: String,
    title: Option<String>,
    heading_path: Vec<String>,
    page: Option<i64>,
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

impl Hit {
    /// Makes the object of a hit; of a piece of a document with what is known of that.
    pub(super) fn new(hit: &store::Hit, documents: &[Document]) -> Self {
        let arm = |arm: Option<fusion::Arm>| {
            arm.map(|arm| Arm {
                rank: arm.rank,
                score: arm.score,
            })
        };
        let facts = hit.memory.facts();
        let piece = match &hit.memory {
            Memory::Chunk(chunk) => Some(Piece {
                id: chunk.document_id.clone(),
                title: crate::page::document_of(&hit.memory, documents)
                    .map(|document| document.title.clone()),
                heading_path: chunk.heading_path.clone(),
                page: chunk.page,
            }),
            _ => None,
        };
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
            conversation_id: facts.conversation_id.filter(|_| piece.is_none()),
            document: piece,
        }
    }
}
