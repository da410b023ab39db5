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
    arms: Retrievers,
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
    path: Option<String>,
    heading_path: Vec<String>,
    page: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Retrievers {
    vector: Option<RetrieverHit>,
    keyword: Option<RetrieverHit>,
}

#[derive(Debug, Serialize)]
struct RetrieverHit {
    rank: usize,
    score: f64,
}

impl Hit {
    /// Makes the object of a hit; of a piece of a document with what is known of that.
    pub(super) fn new(hit: &store::Hit, documents: &[Document]) -> Self {
        let hit_of = |found: Option<fusion::RetrieverHit>| {
            found.map(|found| RetrieverHit {
                rank: found.rank,
                score: found.score,
            })
        };
        let facts = hit.memory.facts();
        let document = crate::page::document_of(&hit.memory, documents);
        let piece = match &hit.memory {
            Memory::Chunk(chunk) => Some(Piece {
                id: chunk.document_id.clone(),
                title: document.map(|document| document.title.clone()),
                path: document.map(|document| document.path.clone()),
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
            arms: Retrievers {
                vector: hit_of(hit.vector),
                keyword: hit_of(hit.keyword),
            },
            snippet: hit.snippet.text.clone(),
            created_at: facts.created_at.isoformat(),
            source: hit.memory.source().to_owned(),
            conversation_id: facts.conversation_id.filter(|_| piece.is_none()),
            document: piece,
        }
    }
}
