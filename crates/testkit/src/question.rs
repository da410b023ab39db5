//! Something that can be asked of a backend, and of a map.

use tulving::backend::{Candidate, Entry, Filter, Order, Page, Request};
use tulving::model::{Embedding, Key};

use crate::memories::Memories;
use crate::naive::Naive;
use crate::sample;

/// Every way of asking for memories, with all that it is given.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    Get(Vec<Key>),
    /// The vectors in the space that is searched.
    Vectors(Vec<Key>),
    List(Filter, Page),
    Count(Filter),
    Clusters,
    Nearest(Embedding, usize, Filter),
    Matching(Vec<String>, usize, Filter),
    /// What is found, and how much there is.
    Search(Request),
    /// What is found.
    Candidates(Request),
}

/// An answer, one line for each thing in it, with everything that is known of that thing.
pub(crate) type Answer = Vec<String>;

impl Question {
    /// What a backend says.
    pub(crate) async fn ask(&self, memories: &Memories) -> Answer {
        match self {
            Self::Get(keys) => {
                let found = memories.get_all(keys).await;
                found.iter().map(|entry| line(entry.as_ref())).collect()
            }
            Self::Vectors(keys) => {
                let space = sample::space();
                let found = memories.backend.vectors(memories.scope, &space, keys).await;
                lines(found.expect("vectors"))
            }
            Self::List(filter, page) => {
                let listing = memories.backend.list(memories.scope, filter, page).await;
                let listing = listing.expect("list");
                let records = listing.memories.iter().map(sample::record_of);
                records.chain([ending(listing.next.is_some())]).collect()
            }
            Self::Count(filter) => lines([memories.count(filter).await]),
            Self::Clusters => lines(memories.clusters().await),
            Self::Nearest(query, limit, filter) => {
                lines(memories.nearest(query, *limit, filter).await)
            }
            Self::Matching(terms, limit, filter) => {
                lines(memories.matching(terms, *limit, filter).await)
            }
            Self::Search(request) => {
                let found = memories.search(request).await.kinds;
                lines(found.map(|_, found| (by_id(found.candidates), found.memories)))
            }
            Self::Candidates(request) => {
                let found = memories.search(request).await.kinds;
                lines(found.map(|_, found| by_id(found.candidates)))
            }
        }
    }

    /// What it ought to say if it holds this.
    pub(crate) fn answered_by(&self, naive: &Naive) -> Answer {
        match self {
            Self::Get(keys) => keys.iter().map(|key| line(naive.0.get(key))).collect(),
            Self::Vectors(keys) => {
                let vector = |key| naive.0.get(key).and_then(|entry| entry.embedding.clone());
                lines(keys.iter().map(vector))
            }
            Self::List(filter, page) => {
                let (keys, more) = naive.list(filter, page);
                let records = keys
                    .iter()
                    .map(|key| sample::record_of(&naive.0[key].memory));
                // A page that was to hold nothing says of no other.
                records.chain([ending(more && page.limit > 0)]).collect()
            }
            Self::Count(filter) => lines([naive.count(filter)]),
            Self::Clusters => lines(naive.clusters()),
            Self::Nearest(query, limit, filter) => lines(naive.nearest(query, *limit, filter)),
            Self::Matching(terms, limit, filter) => lines(naive.matching(terms, *limit, filter)),
            Self::Search(request) => lines(naive.search(request)),
            Self::Candidates(request) => {
                lines(naive.search(request).map(|_, (candidates, _)| candidates))
            }
        }
    }
}

/// In an order of our own, since theirs is nobody's promise.
fn by_id(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by(|one, other| one.facts.id.cmp(&other.facts.id));
    candidates
}

/// All memories that pass, in this order.
pub(crate) fn everything(order: Order) -> Page {
    Page {
        order,
        after: None,
        limit: usize::MAX,
    }
}

fn line(entry: Option<&Entry>) -> String {
    let Some(entry) = entry else {
        return "nothing".to_owned();
    };
    let record = sample::record_of(&entry.memory);
    format!("{record} with {:?}", entry.embedding)
}

fn ending(more: bool) -> String {
    if more { "and more" } else { "and no more" }.to_owned()
}

fn lines<T: std::fmt::Debug>(things: impl IntoIterator<Item = T>) -> Answer {
    things
        .into_iter()
        .map(|thing| format!("{thing:?}"))
        .collect()
}
