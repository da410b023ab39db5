//! What is known of the memories whose words were found, and what stands beside them.

use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::conditions::passes;
use super::listing::{FACTS, facts_of};
use super::look_up;
use super::nearest::margin;
use super::statement::Statement;
use super::wire::raw_vector;
use crate::backend::{Request, Scored};
use crate::model::Kind;

/// What an index may have missed: the memories that are at least so near.
pub(super) struct Missed<'m> {
    /// The query at length 1.
    pub(super) direction: &'m [f32],
    /// The space of the vectors.
    pub(super) space_id: i32,
    /// The least similarity that is asked for.
    pub(super) least: f64,
}

/// One statement on one kind. Its rows are the best documents that pass, as many as are wanted, and what
/// stands beside these or beside the nearest.
pub(super) struct Around {
    pub(super) kind: Kind,
    statement: Option<Statement>,
    asks: bool,
    /// Whether it names all documents that were found.
    whole: bool,
    wanted: usize,
}

impl Around {
    /// The column of the document's number; NULL for what stands beside.
    pub(super) const DOC: usize = 0;
    /// The first column of what is known.
    pub(super) const FACTS: usize = 1;
    /// The column of the full vector of what an index missed.
    pub(super) const FULL: usize = Self::FACTS + FACTS;

    /// Asks about the first `most` documents, the best of which come first, and those that score as the last
    /// of them.
    pub(super) fn new(
        kind: Kind,
        scope: Uuid,
        request: &Request,
        nearest: &[Scored],
        matching: &[(u32, f64)],
        most: usize,
        missed: Option<Missed<'_>>,
    ) -> Self {
        let last = matching.get(most.saturating_sub(1));
        let named = match last.filter(|_| most > 0) {
            Some((_, last)) => matching.partition_point(|(_, score)| score >= last),
            None if most == 0 => 0,
            None => matching.len(),
        };
        let reach = match kind.sequence() {
            Some(_) => i64::try_from(request.reach).unwrap_or(i64::MAX),
            None => 0,
        };
        let documents = &matching[..named];
        let nothing = documents.is_empty() && (reach == 0 || nearest.is_empty());
        let ask = || statement(kind, scope, request, nearest, documents, reach, missed);
        Self {
            kind,
            statement: (!nothing).then(ask),
            asks: !nothing,
            // With a filter that is open, none of the others could come before one that is named.
            whole: named == matching.len() || request.filter.is_open(),
            wanted: request.depth,
        }
    }

    /// Whether there was anything to ask.
    pub(super) fn asks(&self) -> bool {
        self.asks
    }

    /// Gives the statement away.
    pub(super) fn take(&mut self) -> Option<Statement> {
        self.statement.take()
    }

    /// Whether no more documents can be needed.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether too few of the documents passed, and there are more.
    pub(super) fn needs_more(&self, rows: &[Row]) -> bool {
        let passed = rows
            .iter()
            .filter(|row| row.get::<_, Option<i32>>(Self::DOC).is_some());
        !self.whole && passed.count() < self.wanted
    }
}

fn statement(
    kind: Kind,
    scope: Uuid,
    request: &Request,
    nearest: &[Scored],
    documents: &[(u32, f64)],
    reach: i64,
    missed: Option<Missed<'_>>,
) -> Statement {
    let (facts, scope) = (facts_of(kind), format!("'{scope}'"));
    let known: Vec<String> = nearest.iter().map(|near| near.facts.id.clone()).collect();
    let mut query = Statement::default();
    query.text("WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (");
    hits(kind, &scope, &facts, request, documents, &mut query);
    query.text("), beside AS MATERIALIZED (");
    if reach > 0 {
        query.text(&format!(
            "SELECT DISTINCT NULL::int4 AS doc, {facts} FROM ("
        ));
        places(nearest, reach, &mut query);
        query.text(") AS near (container, low, high) ");
        let index = kind.sequence().map_or("", |sequence| sequence.index);
        let between = format!(" AND {index} BETWEEN near.low AND near.high");
        let look_up = look_up::by_container(kind, &scope, "near.container", &between);
        query.text(&look_up).text(" WHERE m.id <> ALL (");
        query.value(known.clone(), Type::TEXT_ARRAY);
        query.text(") AND m.id NOT IN (SELECT id FROM hits)");
        passes(kind, &request.filter, &mut query);
    } else {
        query.text("SELECT * FROM hits WHERE false");
    }
    query.text("), found AS (SELECT * FROM hits UNION ALL SELECT * FROM beside) ");
    let Some(missed) = missed else {
        query.text("SELECT found.*, NULL::bytea FROM found");
        return query;
    };
    // The narrow form tells all but a few that cannot be as near.
    query.text(&format!(
        "SELECT found.*, exact.full_vector FROM found LEFT JOIN LATERAL \
         (SELECT vector_send({}) AS full_vector \
          FROM (SELECT id, v FROM {} WHERE scope_id = {scope} AND id = found.id AND space_id = {} OFFSET 0) n {} \
          WHERE n.v <#> ",
        look_up::full(kind, &scope, &missed.space_id.to_string()),
        kind.vectors(),
        missed.space_id,
        look_up::by_id(kind, &scope, "n.id"),
    ));
    let farthest = margin(missed.direction.len()) - missed.least;
    query.value(raw_vector(missed.direction), Type::UNKNOWN);
    query
        .text("::vector::halfvec <= ")
        .value(farthest, Type::FLOAT8);
    query
        .text(" AND found.id <> ALL (")
        .value(known, Type::TEXT_ARRAY);
    query.text(")) AS exact ON true");
    query
}

/// The documents that pass, the best first and of equals by id. Those of one score are named together: so
/// the rows come in the order of scores as they are looked up, and no more are looked up than are wanted.
fn hits(
    kind: Kind,
    scope: &str,
    facts: &str,
    request: &Request,
    documents: &[(u32, f64)],
    query: &mut Statement,
) {
    let (mut firsts, mut lasts) = (Vec::<i32>::new(), Vec::<i32>::new());
    let mut docs = Vec::with_capacity(documents.len());
    let mut before = None;
    for (doc, score) in documents {
        let Ok(doc) = i32::try_from(*doc) else {
            continue;
        };
        docs.push(doc);
        let place = i32::try_from(docs.len()).unwrap_or(i32::MAX);
        match lasts.last_mut().filter(|_| before == Some(*score)) {
            Some(last) => *last = place,
            None => {
                firsts.push(place);
                lasts.push(place);
            }
        }
        before = Some(*score);
    }
    query.text(&format!("SELECT m.doc, {facts} FROM unnest("));
    query.value(firsts, Type::INT4_ARRAY).text(", ");
    query.value(lasts, Type::INT4_ARRAY);
    query.text(") WITH ORDINALITY AS equal (first, last, place) CROSS JOIN LATERAL unnest((");
    query.value(docs, Type::INT4_ARRAY);
    query.text(")[equal.first:equal.last]) AS wanted (doc) ");
    query.text(&look_up::by_doc(kind, scope, "wanted.doc"));
    query.text(" WHERE true");
    passes(kind, &request.filter, query);
    query.text(" ORDER BY equal.place, m.id COLLATE \"C\" LIMIT ");
    let limit = i64::try_from(request.depth).unwrap_or(i64::MAX);
    query.value(limit, Type::INT8);
}

/// Where neighbours of the documents and of the nearest may stand.
fn places(nearest: &[Scored], reach: i64, query: &mut Statement) {
    // No place is negative, so only its end can be beyond what a number can be.
    query.text(&format!(
        "SELECT container, place - {reach}, least(place, {}) + {reach} FROM hits WHERE container IS NOT NULL \
         UNION SELECT * FROM unnest(",
        i64::MAX - reach
    ));
    let (mut containers, mut low, mut high) = (Vec::new(), Vec::new(), Vec::new());
    for Scored { facts, .. } in nearest {
        if let Some(container) = &facts.conversation_id {
            containers.push(container.clone());
            low.push(facts.sequence_index.saturating_sub(reach));
            high.push(facts.sequence_index.saturating_add(reach));
        }
    }
    query.value(containers, Type::TEXT_ARRAY).text(", ");
    query.value(low, Type::INT8_ARRAY).text(", ");
    query.value(high, Type::INT8_ARRAY).text(")");
}
