//! Searches by vector alone and by words alone, over all kinds together: shorter than a [`Request`] where that
//! is all a test is about.

use tulving::backend::{Backend, BackendError, Candidates, Filter, Request, Scored, SearchMethod};
use tulving::model::{Embedding, Scope};
use tulving::search::fusion::Candidate;

/// The memories nearest to a vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// The best first; of equal scores, by kind and id.
    pub hits: Vec<Scored>,
    /// How they were found.
    pub found_by: SearchMethod,
}

/// The memories that hold terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Matching {
    /// The best first; of equal scores, by kind and id.
    pub hits: Vec<Scored>,
    /// How many memories may be missed for their words being of other rules.
    pub outdated: u64,
}

/// Finds the memories nearest to a vector, at most `limit`.
///
/// # Errors
/// As the backend.
pub async fn nearest(
    backend: &dyn Backend,
    scope: Scope,
    query: &Embedding,
    limit: usize,
    filter: &Filter,
) -> Result<Nearest, BackendError> {
    let request = Request::near(query.clone(), limit, filter.clone());
    let found = backend.search(scope, &request).await?;
    let mut kinds = found.kinds.values();
    let index = kinds.any(|found| found.found_by == SearchMethod::Index);
    Ok(Nearest {
        hits: best(&found, |candidate| candidate.vector, limit),
        found_by: if index {
            SearchMethod::Index
        } else {
            SearchMethod::Exact
        },
    })
}

/// Finds the memories that hold any of these terms, at most `limit`; a term that is given twice is asked for
/// once.
///
/// # Errors
/// As the backend.
pub async fn matching(
    backend: &dyn Backend,
    scope: Scope,
    terms: &[String],
    limit: usize,
    filter: &Filter,
) -> Result<Matching, BackendError> {
    let mut terms = terms.to_vec();
    terms.sort();
    terms.dedup();
    let request = Request::holding(terms, limit, filter.clone());
    let found = backend.search(scope, &request).await?;
    Ok(Matching {
        hits: best(&found, |candidate| candidate.keyword, limit),
        outdated: found.kinds.values().map(|found| found.outdated).sum(),
    })
}

/// The best of all kinds. Every candidate was found by what was asked, since nothing else was.
fn best(found: &Candidates, score: fn(&Candidate) -> Option<f64>, limit: usize) -> Vec<Scored> {
    let candidates = found.kinds.values().flat_map(|found| &found.candidates);
    let mut hits: Vec<Scored> = candidates
        .map(|candidate| {
            let found_once = candidate.vector.is_none() || candidate.keyword.is_none();
            assert!(found_once, "{candidate:?} was found by what was not asked");
            Scored {
                facts: candidate.facts.clone(),
                score: score(candidate).expect("a candidate was found by what was asked"),
            }
        })
        .collect();
    hits.sort_by(Scored::better);
    hits.truncate(limit);
    hits
}
