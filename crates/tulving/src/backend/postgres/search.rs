//! One search in one transaction, which is one snapshot, and in two round trips.
//!
//! The first trip brings everything that can be asked without an answer: what the scope holds, the postings
//! of the terms, and the nearest of each kind. The second brings what is known of the memories whose words
//! were found, their neighbours and those of the nearest, and how near these are where an index may have
//! missed them. More trips are rare: where candidates lie too close together to be told apart
//! ([`nearest`](super::nearest)), an index was built since the scope was last searched, or a filter lets almost
//! nothing pass.

use std::collections::{BTreeMap, HashMap};

use tokio_postgres::Row;

use super::error::DatabaseError;
use super::listing::read_facts;
use super::matching::{blocks_of, score};
use super::nearest::{Graphs, Nearest, Query, margin};
use super::neighbours::Around;
use super::refusal::Refusal;
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::sql::filter::storable;
use super::sql::search::Missed;
use super::sql::{Statement, postings};
use super::statistics::ScopeStatistics;
use super::values::vector;
use crate::backend::{
    Candidate, Candidates, KindCandidates, Request, Scored, SearchMethod, join, keep_nearest, least,
};
use crate::model::{Kind, PerKind};
use crate::search::vector::similarity;

const DOING: &str = "searching";

/// What the first trip brought of a kind.
#[derive(Default)]
struct Sought {
    nearest: Vec<Scored>,
    found_by: SearchMethod,
    /// Documents that hold a term, the best first.
    matching: Vec<(u32, f64)>,
}

impl Scoped<'_> {
    /// See [`Backend::search`](crate::backend::Backend::search).
    pub(super) async fn search(
        mut self,
        request: &Request,
        spaces: &Spaces,
        graphs: &Graphs,
    ) -> Result<Candidates, DatabaseError> {
        let scope = self.scope;
        let kinds: Vec<Kind> = request.filter.wanted().collect();
        let mut terms = storable(&request.terms);
        terms.sort_unstable();
        terms.dedup();
        let query = Query::new(scope, request);

        let mut statements = vec![ScopeStatistics::query(scope, false), spaces.unseen()];
        for kind in &kinds {
            statements.push(blocks_of(*kind, scope.id(), &terms));
            statements.push(postings::count_unindexed(*kind, scope.id()));
        }
        let firsts: Vec<_> = kinds
            .iter()
            .filter_map(|kind| {
                let remembered = graphs.of(scope, *kind);
                Some(query.as_ref()?.first(*kind, remembered, &mut statements))
            })
            .collect();
        let mut answers = self.send(&statements, DOING).await?.into_iter();
        let statistics = answers.next().unwrap_or_default();
        let statistics = ScopeStatistics::read(&statistics, scope, self.target())?;
        spaces.learn(&answers.next().unwrap_or_default());
        let space = statistics.space_id.map(|number| spaces.known(number));
        let space = space.transpose()?;

        let compared = request.vector.as_ref().zip(space.as_ref());
        let compared = compared.filter(|(query, space)| space.is_comparable_with(query.space()));
        let compared = compared.and(statistics.space_id);
        let mut answer = Candidates {
            space,
            ..Candidates::default()
        };
        let mut sought = PerKind::<Sought>::default();
        for kind in &kinds {
            let (blocks, unindexed) = (answers.next(), answers.next());
            let unindexed = count(&unindexed.unwrap_or_default());
            if !terms.is_empty() {
                self.require_indexed(*kind, unindexed)?;
                let blocks = blocks.unwrap_or_default();
                let mut found = score(*kind, &blocks, &terms, statistics.of(*kind), scope)?;
                found.sort_by(|a, b| b.1.total_cmp(&a.1));
                sought[*kind].matching = found;
            }
            answer.kinds[*kind] = KindCandidates {
                memories: statistics.of(*kind).statistics().documents + unindexed,
                outdated: statistics.outdated(*kind),
                ..KindCandidates::default()
            };
        }
        for (kind, first) in kinds.iter().zip(firsts) {
            let first = first.read(&mut answers);
            if let (Some(query), Some(space_id)) = (&query, compared) {
                graphs.note(scope, *kind, first.graph(space_id));
                let Nearest { hits, by } = self.nearest(*kind, query, space_id, first).await?;
                (sought[*kind].nearest, sought[*kind].found_by) = (hits, by);
            }
        }
        let missed = query.as_ref().zip(compared);
        let missed = missed.map(|(query, space_id)| (query.direction(), space_id));
        let found = self.around(request, &kinds, sought, missed).await?;
        for (kind, (candidates, found_by)) in found {
            answer.kinds[kind].candidates = candidates;
            answer.kinds[kind].found_by = found_by;
        }
        Ok(answer)
    }

    /// A search must not miss memories in silence.
    fn require_indexed(&self, kind: Kind, rows: u64) -> Result<(), DatabaseError> {
        match rows {
            0 => Ok(()),
            rows => Err(Refusal::Unindexed {
                scope: self.scope,
                kind: kind.plural(),
                rows,
            }
            .into()),
        }
    }

    /// Makes candidates of what was found: asks what is known of documents, and what stands beside them all.
    async fn around(
        mut self,
        request: &Request,
        kinds: &[Kind],
        mut sought: PerKind<Sought>,
        missed: Option<(&[f32], i32)>,
    ) -> Result<Vec<(Kind, (Vec<Candidate>, SearchMethod))>, DatabaseError> {
        let scope = self.scope.id();
        let asks = |kind: Kind, most: usize| {
            let Sought {
                nearest,
                found_by,
                matching,
            } = &sought[kind];
            let missed = missed.filter(|_| *found_by == SearchMethod::Index);
            let missed = missed.map(|(direction, space_id)| Missed {
                direction,
                space_id,
                farthest: margin(direction.len()) - least(nearest, request.depth),
            });
            Around::new(kind, scope, request, nearest, matching, most, missed)
        };
        // What passes is mostly among the first.
        let most = match request.filter.is_open() {
            true => request.depth,
            false => request.depth.saturating_mul(16).max(1 << 14),
        };
        let mut around: Vec<Around> = kinds.iter().map(|kind| asks(*kind, most)).collect();
        let statements: Vec<Statement> = around.iter_mut().filter_map(Around::take).collect();
        let is_last = around.iter().all(Around::is_whole);
        let mut answers = match (statements.is_empty(), is_last) {
            (true, _) => {
                self.end_read();
                Vec::new()
            }
            (false, true) => self.finish(&statements, DOING).await?,
            (false, false) => {
                let mut answers = self.send(&statements, DOING).await?;
                let asked = around.iter().filter(|around| around.asks());
                for (around, rows) in asked.zip(&mut answers) {
                    if around.needs_more(rows) {
                        let whole = asks(around.kind, usize::MAX).take();
                        let whole: Vec<Statement> = whole.into_iter().collect();
                        *rows = self
                            .send(&whole, DOING)
                            .await?
                            .into_iter()
                            .flatten()
                            .collect();
                    }
                }
                self.end_read();
                answers
            }
        }
        .into_iter();
        let mut found = Vec::with_capacity(kinds.len());
        for around in &around {
            let rows = if around.asks() { answers.next() } else { None };
            let kind = around.kind;
            let sought = std::mem::take(&mut sought[kind]);
            let found_by = sought.found_by;
            found.push((
                kind,
                (
                    candidates(kind, sought, &rows.unwrap_or_default(), request)?,
                    found_by,
                ),
            ));
        }
        Ok(found)
    }
}

/// Joins what both retrievers found with what stands beside it.
fn candidates(
    kind: Kind,
    sought: Sought,
    rows: &[Row],
    request: &Request,
) -> Result<Vec<Candidate>, DatabaseError> {
    let scores: BTreeMap<i32, f64> = sought
        .matching
        .iter()
        .filter_map(|(doc, score)| Some((i32::try_from(*doc).ok()?, *score)))
        .collect();
    let (mut matching, mut beside, mut missed) = (Vec::new(), Vec::new(), HashMap::new());
    for row in rows {
        let facts = read_facts(kind, row, Around::FACTS)?;
        let full = row.get::<_, Option<&[u8]>>(Around::FULL).and_then(vector);
        if let (Some(full), Some(query)) = (full, &request.vector) {
            missed.insert(facts.id.clone(), similarity(query.numbers(), &full));
        }
        match row.get::<_, Option<i32>>(Around::DOC) {
            None => beside.push(Candidate {
                facts,
                vector: None,
                keyword: None,
            }),
            Some(doc) => matching.extend(scores.get(&doc).map(|score| Scored {
                facts,
                score: *score,
            })),
        }
    }
    let mut candidates = join(sought.nearest, matching);
    candidates.extend(beside);
    if !missed.is_empty() {
        for candidate in candidates.iter_mut().filter(|c| c.vector.is_none()) {
            candidate.vector = missed.get(&candidate.facts.id).copied();
        }
        keep_nearest(&mut candidates, request.depth);
    }
    Ok(candidates)
}

fn count(rows: &[Row]) -> u64 {
    rows.first()
        .map_or(0, |row| row.get::<_, i64>(0).unsigned_abs())
}
