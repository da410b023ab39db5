//! Searching: both arms are asked, their evidence is joined, the hits are fetched.

use std::collections::HashMap;
use std::time::Instant;

use super::{Found, Hit, Limit, Mode, Query, ScopedStore, StoreError, WordsOnly};
use crate::backend::{Entry, Filter, FoundBy, Matching, Nearest, Scored};
use crate::embed::Purpose;
use crate::model::{Embedding, Key, Kind, Memory, PerKind};
use crate::search::fusion::{self, Candidate, Ranked, Scale};
use crate::search::{keyword, snippet, text};

/// How many candidates each arm is asked for at least: enough that what the fusion brings to the
/// top is among them.
const CANDIDATES: usize = 200;

/// What each arm is asked.
struct Asked {
    /// What is shown of a hit depends on it, whichever arms are asked.
    question: String,
    words: Option<String>,
    embedding: Option<Embedding>,
    /// What others should be like; it is no answer itself.
    itself: Option<Key>,
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
        let depth = query.limit.total().saturating_add(1).max(CANDIDATES);
        let terms = asked.words.as_deref().map(keyword::query_terms);
        let mut through_index = Vec::new();
        let (mut rows_in_scope, mut outdated) = (0, 0);
        let mut candidates = Vec::new();
        // Kind by kind, so that many of one do not crowd out the other.
        for kind in query.filter.wanted() {
            let all = Filter::of(kind);
            let filter = Filter {
                kinds: vec![kind],
                ..query.filter.clone()
            };
            let (nearest, matching, counts) = tokio::try_join!(
                self.nearest(asked.embedding.as_ref(), depth, &filter),
                self.matching(terms.as_deref(), depth, &filter),
                async { Ok(self.backend.count(self.scope, &all).await?) },
            )?;
            if nearest.found_by == FoundBy::Index {
                through_index.push(kind);
            }
            rows_in_scope += counts.total();
            outdated += matching.outdated;
            candidates.extend(join(nearest.hits, matching.hits));
        }
        if asked.embedding.is_some() && asked.words.is_some() {
            let of: Vec<_> = candidates.iter().map(|c| c.facts.clone()).collect();
            let beside = self
                .backend
                .neighbours(self.scope, &of, fusion::REACH, &query.filter);
            candidates.extend(beside.await?.into_iter().map(|facts| Candidate {
                facts,
                vector: None,
                keyword: None,
            }));
        }
        if let Some(query) = &asked.embedding {
            for kind in &through_index {
                self.complete(query, *kind, depth, &mut candidates).await?;
            }
        }
        candidates.retain(|candidate| asked.itself.as_ref() != Some(&candidate.facts.key()));
        let (by_vector, by_words) = match fusion::arms(&candidates) {
            (false, false) => (asked.embedding.is_some(), asked.words.is_some()),
            found => found,
        };
        let mut ranked = fusion::fuse(candidates, &query.fusion);
        ranked.retain(|ranked| query.min_score.is_none_or(|least| ranked.score >= least));
        Ok(Found {
            hits: self.fetch(ranked, query.limit, &asked.question).await?,
            scale: Scale::of(by_vector, by_words, &query.fusion),
            question: asked.question,
            found_by: if through_index.is_empty() {
                FoundBy::Exact
            } else {
                FoundBy::Index
            },
            outdated,
            rows_in_scope,
            took: begun.elapsed(),
            words_only: asked.words_only,
        })
    }

    /// Turns a query into what each arm is asked.
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
        if query.mode == Mode::Keyword {
            return match words {
                None => Err(StoreError::EmptyQuery),
                words => Ok(Asked {
                    question,
                    words,
                    embedding: None,
                    itself,
                    words_only: None,
                }),
            };
        }
        let (embedding, words_only) = self.query_embedding(query, like, words.as_deref()).await?;
        if query.mode == Mode::Vector
            && let Some(why) = words_only
        {
            return Err(StoreError::NoEmbedder(why));
        }
        Ok(Asked {
            question,
            words: words.filter(|_| query.mode == Mode::Hybrid),
            embedding,
            itself,
            words_only,
        })
    }

    /// The vector to search with: the one that was given, that of the memory to be like, or one
    /// made from the text.
    async fn query_embedding(
        &self,
        query: &Query,
        like: Option<Entry>,
        words: Option<&str>,
    ) -> Result<(Option<Embedding>, Option<WordsOnly>), StoreError> {
        let Some(stored) = self.backend.space(self.scope).await? else {
            return Ok((None, None));
        };
        if let Some(numbers) = &query.vector {
            return Ok((Some(Embedding::new(stored, numbers.clone())?), None));
        }
        if let Some(Entry { memory, embedding }) = like {
            return match embedding {
                None if query.mode == Mode::Vector => Err(StoreError::NoVector {
                    id: memory.id().to_owned(),
                }),
                embedding => Ok((embedding, None)),
            };
        }
        let (space, words) = match (self.embeds_into(&stored), words) {
            (Ok(space), Some(words)) => (space, words.to_owned()),
            (Err(why), _) => return Ok((None, Some(why))),
            (_, None) => return Ok((None, None)),
        };
        let made = self.embed(&[words], Purpose::Query, &space).await?;
        Ok((made.into_iter().next(), None))
    }

    async fn nearest(
        &self,
        query: Option<&Embedding>,
        depth: usize,
        filter: &Filter,
    ) -> Result<Nearest, StoreError> {
        let Some(query) = query else {
            return Ok(Nearest {
                hits: Vec::new(),
                found_by: FoundBy::Exact,
            });
        };
        Ok(self
            .backend
            .nearest(self.scope, query, depth, filter)
            .await?)
    }

    /// Gives candidates of a kind the place among the nearest `depth` that an index may have missed, so that
    /// they score as if every vector had been looked at.
    async fn complete(
        &self,
        query: &Embedding,
        kind: Kind,
        depth: usize,
        candidates: &mut [Candidate],
    ) -> Result<(), StoreError> {
        let of_kind = |candidate: &&Candidate| candidate.facts.kind == kind;
        let brought = candidates.iter().filter(of_kind).filter_map(|c| c.vector);
        let least = if brought.clone().count() < depth {
            f64::NEG_INFINITY
        } else {
            brought.fold(f64::INFINITY, f64::min)
        };
        let unknown = candidates
            .iter()
            .filter(of_kind)
            .filter(|c| c.vector.is_none());
        let unknown: Vec<Key> = unknown.map(|c| c.facts.key()).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let found = self
            .backend
            .similarities(self.scope, query, &unknown, least);
        let found: HashMap<Key, f64> = found.await?.into_iter().collect();
        let mut near: Vec<&mut Candidate> = Vec::new();
        for candidate in candidates.iter_mut().filter(|c| c.facts.kind == kind) {
            if candidate.vector.is_none() {
                candidate.vector = found.get(&candidate.facts.key()).copied();
            }
            if candidate.vector.is_some() {
                near.push(candidate);
            }
        }
        near.sort_by(|one, other| {
            let by_id = || one.facts.id.cmp(&other.facts.id);
            let similarity = |c: &Candidate| c.vector.unwrap_or(f64::NEG_INFINITY);
            similarity(other)
                .total_cmp(&similarity(one))
                .then_with(by_id)
        });
        for candidate in near.into_iter().skip(depth) {
            candidate.vector = None;
        }
        Ok(())
    }

    async fn matching(
        &self,
        terms: Option<&[String]>,
        depth: usize,
        filter: &Filter,
    ) -> Result<Matching, StoreError> {
        let Some(terms) = terms else {
            return Ok(Matching::default());
        };
        Ok(self
            .backend
            .matching(self.scope, terms, depth, filter)
            .await?)
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

/// One candidate for each memory that an arm found.
fn join(nearest: Vec<Scored>, matching: Vec<Scored>) -> Vec<Candidate> {
    let mut places = HashMap::new();
    let mut candidates: Vec<Candidate> = Vec::with_capacity(nearest.len() + matching.len());
    for Scored { facts, score } in nearest {
        places.insert(facts.key(), candidates.len());
        candidates.push(Candidate {
            facts,
            vector: Some(score),
            keyword: None,
        });
    }
    for Scored { facts, score } in matching {
        match places.get(&facts.key()) {
            Some(&place) => candidates[place].keyword = Some(score),
            None => candidates.push(Candidate {
                facts,
                vector: None,
                keyword: Some(score),
            }),
        }
    }
    candidates
}
