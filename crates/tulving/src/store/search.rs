//! Searching: the backend is asked for candidates, their evidence is weighed, the hits are fetched.

use std::sync::Arc;
use std::time::Instant;

use super::{Found, Hit, Limit, Mode, Query, ScopedStore, StoreError, WordsOnly};
use crate::backend::{BackendError, Candidate, Candidates, Entry, Request, SearchMethod};
use crate::embed::Purpose;
use crate::model::{Document, Embedding, Key, Kind, Memory, PerKind, Space};
use crate::search::fusion::{self, Ranked, Scale};
use crate::search::{keyword, snippet, text};

/// How many candidates each retriever is asked for at least: enough that what the fusion brings to the
/// top is among them.
const CANDIDATES: usize = 200;

/// A query, as far as it does not depend on the scope's space.
struct Asked {
    /// What is shown of a hit depends on it, whichever retrievers are asked.
    question: String,
    /// What is looked for by words.
    words: Option<String>,
    /// Where the vector comes from.
    source: Source,
    /// What others should be like; it is no answer itself.
    itself: Option<Key>,
}

/// Where the vector of a search comes from.
enum Source {
    /// None is compared.
    Nowhere,
    /// It was given.
    Given(Vec<f32>),
    /// It is that of the memory to be like, if that has one.
    Like(Option<Embedding>),
    /// It is made from the text.
    Text(String),
}

/// What a backend was asked, and what it found.
struct Answered {
    candidates: Candidates,
    /// Whether vectors were compared.
    by_vector: bool,
    words_only: Option<WordsOnly>,
}

impl ScopedStore {
    /// Finds the memories that answer best: as many as are asked for, or as there are that pass
    /// the filter and can be found at all. Changes nothing; see [`touch`](Self::touch).
    ///
    /// # Errors
    /// [`StoreError::NoEmbedder`] if a text is to be searched by vector alone and the embedder
    /// makes vectors of another space; a hybrid search looks for words then, and says so.
    pub async fn search(&self, query: &Query) -> Result<Found, StoreError> {
        let begun = Instant::now();
        let asked = self.asked(query).await?;
        let Answered {
            candidates: answer,
            by_vector,
            words_only,
        } = self.answered(query, &asked).await?;
        let of_kinds = || query.filter.wanted().map(|kind| &answer.kinds[kind]);
        let rows_in_scope = of_kinds().map(|found| found.memories).sum();
        let outdated = match asked.words {
            Some(_) => of_kinds().map(|found| found.outdated).sum(),
            None => 0,
        };
        let found_by = match of_kinds().any(|found| found.found_by == SearchMethod::Index) {
            true => SearchMethod::Index,
            false => SearchMethod::Exact,
        };
        let kinds = answer.kinds.into_iter();
        let mut candidates: Vec<Candidate> =
            kinds.flat_map(|(_, found)| found.candidates).collect();
        candidates.retain(|candidate| asked.itself.as_ref() != Some(&candidate.facts.key()));
        let (by_vector, by_words) = match fusion::retrievers(&candidates) {
            (false, false) => (by_vector, asked.words.is_some()),
            found => found,
        };
        let mut ranked = fusion::fuse(candidates, &query.fusion);
        ranked.retain(|ranked| query.min_score.is_none_or(|least| ranked.score >= least));
        Ok(Found {
            hits: self.fetch(ranked, query.limit, &asked.question).await?,
            scale: Scale::of(by_vector, by_words, &query.fusion),
            question: asked.question,
            found_by,
            outdated,
            rows_in_scope,
            took: begun.elapsed(),
            words_only,
        })
    }

    /// Turns a query into what is asked of each retriever.
    async fn asked(&self, query: &Query) -> Result<Asked, StoreError> {
        let like = match &query.like {
            Some(id) => Some(self.get(id).await?),
            None => None,
        };
        let words = query
            .text
            .clone()
            .or_else(|| like.as_ref().map(|entry| text::indexed(&entry.memory)));
        let has_words = words.as_ref().is_some_and(|text| !text.trim().is_empty());
        let has_vector = like.as_ref().is_some_and(|entry| entry.embedding.is_some());
        if !has_words && !has_vector && query.vector.is_none() {
            return Err(StoreError::EmptyQuery);
        }
        let words = words.filter(|_| has_words);
        let question = words.clone().unwrap_or_default();
        let itself = like.as_ref().map(|entry| entry.memory.key());
        if query.mode == Mode::Keyword && words.is_none() {
            return Err(StoreError::EmptyQuery);
        }
        let source = match (&query.vector, like, &words) {
            _ if query.mode == Mode::Keyword => Source::Nowhere,
            (Some(numbers), ..) => Source::Given(numbers.clone()),
            (None, Some(entry), _) => Source::Like(entry.embedding),
            (None, None, Some(text)) => Source::Text(text.clone()),
            (None, None, None) => Source::Nowhere,
        };
        Ok(Asked {
            question,
            words: words.filter(|_| query.mode != Mode::Vector),
            source,
            itself,
        })
    }

    /// Asks the backend. Which vector to ask with depends on the scope's space, which the answer says: what
    /// was seen of it before is tried, and where it is another by now, the backend is asked again.
    async fn answered(&self, query: &Query, asked: &Asked) -> Result<Answered, StoreError> {
        let terms = asked.words.as_deref().map(keyword::query_terms);
        let mut request = Request {
            vector: None,
            terms: terms.unwrap_or_default(),
            depth: query.limit.total().saturating_add(1).max(CANDIDATES),
            filter: query.filter.clone(),
            reach: 0,
        };
        let mut seen = self.seen.of(self.scope);
        let is_open =
            matches!(asked.source, Source::Given(_)) || !self.further_embedders.is_empty();
        if seen.is_none() && is_open {
            // A vector that came without a name is of the scope's space, whichever that is. And of several
            // embedders the one to ask is that of the scope's space: another may be gone by now.
            seen = Some(self.space().await?);
        }
        loop {
            let space = match &seen {
                Some(stored) => self.wanted(asked, stored.as_ref()).0,
                None => self.likely(asked),
            };
            request.vector = match &space {
                None => None,
                Some(space) => match self.vector(asked, space).await {
                    Ok(vector) => Some(vector),
                    Err(error) => {
                        // Maybe none was wanted, or one of another space.
                        let stored = self.space().await?;
                        let wanted = self.wanted(asked, stored.as_ref()).0;
                        if wanted.is_some_and(|wanted| wanted.is_comparable_with(space)) {
                            return Err(error);
                        }
                        seen = Some(stored);
                        continue;
                    }
                },
            };
            request.reach = match (&request.vector, &asked.words) {
                (Some(_), Some(_)) => fusion::REACH.unsigned_abs(),
                _ => 0,
            };
            let candidates = self.backend.search(self.scope, &request).await?;
            self.seen.note(self.scope, candidates.space.as_ref());
            let (wanted, words_only) = self.wanted(asked, candidates.space.as_ref());
            // Where none is wanted, a vector of another space did no harm.
            let fits = wanted.as_ref().is_none_or(|wanted| {
                let given = space.as_ref();
                given.is_some_and(|given| wanted.is_comparable_with(given))
            });
            if !fits {
                seen = Some(candidates.space);
                continue;
            }
            check(query, asked, &candidates, words_only.as_ref())?;
            return Ok(Answered {
                candidates,
                by_vector: wanted.is_some(),
                words_only,
            });
        }
    }

    /// Returns the space of the vector to search with, if the scope's vectors are of `stored`; and why
    /// there is none for a text.
    fn wanted(
        &self,
        asked: &Asked,
        stored: Option<&Arc<Space>>,
    ) -> (Option<Arc<Space>>, Option<WordsOnly>) {
        let Some(stored) = stored else {
            return (None, None);
        };
        match &asked.source {
            Source::Nowhere | Source::Like(None) => (None, None),
            Source::Given(_) => (Some(Arc::clone(stored)), None),
            Source::Like(Some(vector)) => (Some(Arc::clone(vector.space())), None),
            Source::Text(_) => match self.embeds_into(stored) {
                Ok(space) => (Some(space), None),
                Err(why) => (None, Some(why)),
            },
        }
    }

    /// Returns the same where nothing is known of the scope.
    fn likely(&self, asked: &Asked) -> Option<Arc<Space>> {
        match &asked.source {
            Source::Nowhere | Source::Given(_) | Source::Like(None) => None,
            Source::Like(Some(vector)) => Some(Arc::clone(vector.space())),
            Source::Text(_) => Some(Arc::clone(self.embedder.space())),
        }
    }

    /// Returns the vector to search with, which is to be of `space`.
    async fn vector(&self, asked: &Asked, space: &Arc<Space>) -> Result<Embedding, StoreError> {
        match &asked.source {
            Source::Given(numbers) => Ok(Embedding::new(Arc::clone(space), numbers.clone())?),
            Source::Like(Some(vector)) => Ok(vector.clone()),
            Source::Text(text) => {
                let texts = std::slice::from_ref(text);
                let made = self.embed(texts, Purpose::Query, space).await?;
                made.into_iter().next().ok_or(StoreError::EmptyQuery)
            }
            Source::Nowhere | Source::Like(None) => Err(StoreError::EmptyQuery),
        }
    }

    /// Fetches the best that are still there.
    async fn fetch(
        &self,
        ranked: Vec<Ranked>,
        limit: Limit,
        words: &str,
    ) -> Result<Vec<Hit>, StoreError> {
        let mut open = Open::new(limit);
        let mut left: Vec<(usize, Ranked)> = ranked.into_iter().enumerate().collect();
        if let Limit::Total(total) = limit {
            left = share_out(left, total);
        }
        let mut fetched = Vec::new();
        // One round is enough unless memories were deleted since they were found.
        loop {
            let mut wanted = open;
            let (batch, rest): (Vec<_>, Vec<_>) = left
                .into_iter()
                .partition(|(_, ranked)| wanted.take(ranked.facts.kind));
            if batch.is_empty() {
                break;
            }
            let keys: Vec<Key> = batch.iter().map(|(_, ranked)| ranked.facts.key()).collect();
            let entries = self.backend.get(self.scope, &keys).await?;
            for ((place, ranked), entry) in batch.into_iter().zip(entries) {
                if let Some(Entry { memory, .. }) = entry {
                    open.take(memory.kind());
                    fetched.push((place, ranked, memory));
                }
            }
            left = rest;
        }
        fetched.sort_by_key(|(place, ..)| *place);
        let ranks = 1..;
        let hits = fetched.into_iter().zip(ranks);
        Ok(hits
            .map(|((_, ranked, memory), rank)| hit(memory, &ranked, rank, words))
            .collect())
    }
}

/// Refuses a search by vector alone where there is none to search with.
fn check(
    query: &Query,
    asked: &Asked,
    answer: &Candidates,
    words_only: Option<&WordsOnly>,
) -> Result<(), StoreError> {
    let alone = query.mode == Mode::Vector;
    if let Some(why) = words_only.filter(|_| alone) {
        return Err(StoreError::NoEmbedder(why.clone()));
    }
    let Some(stored) = &answer.space else {
        return Ok(());
    };
    match (&asked.source, &asked.itself) {
        (Source::Like(None), Some(key)) if alone => {
            Err(StoreError::NoVector { id: key.id.clone() })
        }
        // The scope's space changed since the memory was read.
        (Source::Like(Some(vector)), _) if !stored.is_comparable_with(vector.space()) => {
            Err(StoreError::Backend(BackendError::WrongSpace {
                stored: Arc::clone(stored),
                given: Arc::clone(vector.space()),
            }))
        }
        _ => Ok(()),
    }
}

fn hit(memory: Memory, ranked: &Ranked, rank: usize, words: &str) -> Hit {
    Hit {
        snippet: snippet::snippet(&text::indexed(&memory), words),
        memory,
        rank,
        score: ranked.score,
        vector: ranked.vector,
        keyword: ranked.keyword,
    }
}

/// Of how many hits of all kinds together one is kept for each side.
const SIDE: usize = 4;

/// Puts in front what each side has a right to, pieces of documents and what was said: a quarter of the hits, or as
/// many as it has. So a long manual does not crowd out memory, nor the other way round.
fn share_out(ranked: Vec<(usize, Ranked)>, total: usize) -> Vec<(usize, Ranked)> {
    let (own, mut pieces, mut said) = (total / SIDE, 0, 0);
    let (mut first, others): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|(_, ranked)| {
        let side = match ranked.facts.kind {
            Document::PIECES => &mut pieces,
            _ => &mut said,
        };
        *side += 1;
        *side <= own
    });
    first.extend(others);
    first
}

/// How many more hits are wanted.
#[derive(Debug, Clone, Copy)]
struct Open {
    total: usize,
    each: PerKind<usize>,
}

impl Open {
    fn new(limit: Limit) -> Self {
        let total = limit.total();
        Self {
            total,
            each: match limit {
                Limit::Total(total) => PerKind::from_fn(|_| total),
                Limit::Each(each) => each,
            },
        }
    }

    /// Takes one of this kind, if one is still wanted.
    fn take(&mut self, kind: Kind) -> bool {
        let of_kind = &mut self.each[kind];
        if self.total == 0 || *of_kind == 0 {
            return false;
        }
        *of_kind -= 1;
        self.total -= 1;
        true
    }
}
