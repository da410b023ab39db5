//! Search: the nearest vectors, and what stands beside what was found.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::filter::{from_passing, passes};
use super::indexes::is_ready;
use super::lookup;
use super::name::Name;
use super::text::Text;
use crate::backend::postgres::table::KindTables as _;
use crate::backend::postgres::values::raw_vector;
use crate::backend::{Filter, Scored};
use crate::model::Kind;

/// Scopes up to so many memories of a kind are searched exactly; see
/// `docs/decisions/0013-postgres-search.md` for how it was measured.
pub(crate) const EXACT: u64 = 10_000;

/// What is looked for by its vector.
pub(crate) struct Near<'n> {
    pub(crate) scope: Uuid,
    /// The vector at length 1.
    pub(crate) direction: &'n [f32],
    /// How many are wanted.
    pub(crate) limit: usize,
    /// How far a half-precision score can be from its true one, twice.
    pub(crate) margin: f64,
    pub(crate) filter: &'n Filter,
}

/// A setting of the transaction: whether an index is used. A statement that is sent before this is known and
/// for `only` one of both brings nothing in the other case.
const WAY: &str = "tulving.through_index";

/// How many candidates a search of the graph keeps in sight, at least and, as pgvector has it, at most; three
/// times as many as it brings. Of vectors without any structure, which are the hardest, it then finds 998 in
/// 1,000 of those, and 967 where it keeps in sight only what it brings.
const SIGHT: usize = 100;
pub(crate) const WIDEST_SIGHT: usize = 1000;

/// Decides, and notes for the statements that follow, whether a kind is searched through an index: where it
/// is there and the scope is large, unless a filter lets so few memories pass that they are searched exactly.
/// Its row says whether there is an index, and whether it is to be used.
pub(crate) fn decide(kind: Kind, scope: Uuid, filter: &Filter) -> Statement {
    let indexed = format!(
        "SELECT k.memories > {EXACT} AND {} AS indexed FROM scopes s JOIN scope_kinds k ON k.scope_id = s.scope_id \
         WHERE s.scope_id = '{scope}' AND k.kind = '{kind}' OFFSET 0",
        is_ready(kind, scope, "s.space_id")
    );
    let mut way = Text::default();
    let before = format!("SELECT indexed, set_config('{WAY}', CASE WHEN indexed THEN (");
    let after = format!(")::text ELSE 'false' END, true)::bool FROM ({indexed}) k");
    if filter.is_open() {
        way.text(&before).text("true").text(&after);
    } else {
        let mut passing = Text::new("SELECT count(*) FROM (SELECT");
        from_passing(kind, scope, filter, "", &mut passing);
        passing.text(&format!(" LIMIT {EXACT}) passing"));
        let after = format!(") >= {EXACT}{after}");
        way.wrap(&format!("{before}("), passing, &after);
    }
    way.named(Name::DecideIndexUse)
}

/// Finds the nearest among every vector of the scope's space, if it is as wide as the query. The type
/// without a width is what no index is on.
pub(crate) fn exactly(kind: Kind, near: &Near<'_>, most: usize, only: Option<bool>) -> Statement {
    let scope = format!("'{}'", near.scope);
    let space_id = format!(
        "(SELECT s.space_id FROM scopes s JOIN embedding_spaces e ON e.space_id = s.space_id \
          WHERE s.scope_id = {scope} AND e.dims = {})",
        near.direction.len()
    );
    let mut every = distance(near, "n.v", "halfvec");
    if near.filter.is_open() {
        every.text(&format!(
            " FROM {} n WHERE n.scope_id = {scope} AND n.space_id = {space_id}",
            kind.vectors()
        ));
    } else {
        let half = lookup::half_precision(kind, &scope, &space_id);
        every.text(" FROM (SELECT m.id, n.v");
        let joined = format!("CROSS JOIN {half}");
        from_passing(kind, near.scope, near.filter, &joined, &mut every);
        every.text(") n WHERE true");
    }
    let every = nearest_first(every, most, only);
    rescored(kind, every, near, &lookup::current(&scope)).named(Name::NearestExactly)
}

/// Finds the nearest through the scope's own graph, with the settings of this transaction, which sorts
/// nothing as it is. The answer is that of the statement before the last.
pub(crate) fn through_index(
    kind: Kind,
    near: &Near<'_>,
    space_id: i32,
    most: usize,
    only: Option<bool>,
) -> Vec<Statement> {
    let (scope, dims) = (near.scope, near.direction.len());
    let sight = most.saturating_mul(3).clamp(SIGHT, WIDEST_SIGHT);
    let before = [
        format!("SET LOCAL hnsw.ef_search = {sight}"),
        "SET LOCAL hnsw.iterative_scan = strict_order".to_owned(),
        "SET LOCAL enable_bitmapscan = off".to_owned(),
    ];
    let column = format!("(n.v::halfvec({dims}))");
    let mut graph = distance(near, &column, &format!("halfvec({dims})"));
    graph.text(&format!(" FROM {} n", kind.vectors()));
    if !near.filter.is_open() {
        let look_up = lookup::by_id(kind, &format!("'{scope}'"), "n.id");
        graph.text(" ").text(&look_up);
    }
    // Scope and space are written out: a partial index is taken only where its condition can be seen.
    graph.text(&format!(
        " WHERE n.scope_id = '{scope}' AND n.space_id = {space_id}"
    ));
    passes(kind, near.filter, &mut graph);
    let graph = nearest_first(graph, most, only);
    let graph = rescored(kind, graph, near, &space_id.to_string());
    let after = Text::new("SET LOCAL enable_bitmapscan TO DEFAULT");
    let set = |text: Text| text.named(Name::SetIndexScan);
    let before = before.map(|sql| set(Text::new(sql)));
    let asked = [graph.named(Name::NearestThroughIndex), set(after)];
    before.into_iter().chain(asked).collect()
}

/// How many statements [`through_index`] makes before the one that answers.
pub(crate) const BEFORE_INDEX: usize = 3;

fn distance(near: &Near<'_>, column: &str, ty: &str) -> Text {
    let mut distance = Text::new(format!("SELECT n.id, {column} <#> "));
    distance.value("direction", raw_vector(near.direction), Type::UNKNOWN);
    distance.text(&format!("::vector::{ty} AS d"));
    distance
}

fn nearest_first(mut near: Text, most: usize, only: Option<bool>) -> Text {
    if let Some(only) = only {
        near.text(&format!(" AND current_setting('{WAY}', true) = '{only}'"));
    }
    near.text(" ORDER BY d LIMIT ");
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    near.value("candidates", most, Type::INT8);
    near
}

/// Adds what those candidates are that can be among the first `limit`, with their full vectors in a space. Each
/// row begins with how many candidates there were, and whether the last of them could be.
fn rescored(kind: Kind, candidates: Text, near: &Near<'_>, space: &str) -> Text {
    let before = "WITH near AS MATERIALIZED (";
    let after = "), cut AS (SELECT coalesce((SELECT d FROM near ORDER BY d OFFSET ";
    let scope = format!("'{}'", near.scope);
    let last = i64::try_from(near.limit)
        .unwrap_or(i64::MAX)
        .saturating_sub(1);
    let mut rescored = Text::default();
    rescored.wrap(before, candidates, after);
    rescored
        .value("last", last, Type::INT8)
        .text(" LIMIT 1), 'infinity') + ");
    rescored.value("margin", near.margin, Type::FLOAT8);
    // Sub-selects that depend on nothing are worked out once.
    rescored.text(&format!(
        " AS d) SELECT (SELECT count(*) FROM near), (SELECT max(d) FROM near) <= (SELECT d FROM cut), \
                       vector_send({}), {} \
         FROM near {} WHERE near.d <= (SELECT d FROM cut)",
        lookup::full(kind, &scope, space),
        facts_of(kind),
        lookup::by_id(kind, &scope, "near.id")
    ));
    rescored
}

/// How many columns [`facts_of`] names.
pub(crate) const FACTS: usize = 5;

/// What is known of a row of the table `m` beside its text.
fn facts_of(kind: Kind) -> String {
    let sequence = kind.sequence();
    let container = sequence.map_or("NULL::text".to_owned(), |s| format!("m.{}", s.container));
    let index = sequence.map_or("0::bigint".to_owned(), |s| format!("m.{}", s.index));
    let cluster = match kind.is_clustered() {
        true => "m.cluster_id",
        false => "NULL::bigint",
    };
    format!("m.id, m.created_at, {container}, {index}, {cluster}")
}

/// What an index may have missed: the memories that are at least so near.
pub(crate) struct Missed<'m> {
    /// The query at length 1.
    pub(crate) direction: &'m [f32],
    /// The space of the vectors.
    pub(crate) space_id: i32,
    /// The greatest half-precision distance (the negative inner product) that is still as near as is asked for.
    pub(crate) farthest: f64,
}

/// What was found of a kind, and how far around it neighbours are wanted.
pub(crate) struct Found<'f> {
    pub(crate) nearest: &'f [Scored],
    /// Documents that hold a term, the best first.
    pub(crate) documents: &'f [(u32, f64)],
    pub(crate) reach: i64,
    pub(crate) filter: &'f Filter,
    /// How many documents are wanted.
    pub(crate) depth: usize,
    pub(crate) missed: Option<Missed<'f>>,
}

/// Reads what is known of the best documents that pass, as many as are wanted, and of what stands beside
/// these or beside the nearest; with the full vector of what an index missed.
pub(crate) fn around(kind: Kind, scope: Uuid, found: &Found<'_>) -> Statement {
    let (facts, scope) = (facts_of(kind), format!("'{scope}'"));
    let nearest = found.nearest.iter();
    let known: Vec<String> = nearest.map(|near| near.facts.id.clone()).collect();
    let mut query = Text::default();
    query.text("WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (");
    hits(kind, &scope, &facts, found, &mut query);
    query.text("), beside AS MATERIALIZED (");
    if found.reach > 0 {
        query.text(&format!(
            "SELECT DISTINCT NULL::int4 AS doc, {facts} FROM ("
        ));
        places(found.nearest, found.reach, &mut query);
        query.text(") AS near (container, low, high) ");
        let index = kind.sequence().map_or("", |sequence| sequence.index);
        let between = format!(" AND {index} BETWEEN near.low AND near.high");
        let look_up = lookup::by_container(kind, &scope, "near.container", &between);
        query.text(&look_up).text(" WHERE m.id <> ALL (");
        query.value("nearest", known.clone(), Type::TEXT_ARRAY);
        query.text(") AND m.id NOT IN (SELECT id FROM hits)");
        passes(kind, found.filter, &mut query);
    } else {
        query.text("SELECT * FROM hits WHERE false");
    }
    query.text("), found AS (SELECT * FROM hits UNION ALL SELECT * FROM beside) ");
    let Some(missed) = &found.missed else {
        query.text("SELECT found.*, NULL::bytea FROM found");
        return query.named(Name::FindAround);
    };
    // The half-precision vector tells all but a few that cannot be as near.
    query.text(&format!(
        "SELECT found.*, exact.full_vector FROM found LEFT JOIN LATERAL \
         (SELECT vector_send({}) AS full_vector \
          FROM (SELECT id, v FROM {} WHERE scope_id = {scope} AND id = found.id AND space_id = {} OFFSET 0) n {} \
          WHERE n.v <#> ",
        lookup::full(kind, &scope, &missed.space_id.to_string()),
        kind.vectors(),
        missed.space_id,
        lookup::by_id(kind, &scope, "n.id"),
    ));
    query.value("direction", raw_vector(missed.direction), Type::UNKNOWN);
    query
        .text("::vector::halfvec <= ")
        .value("farthest", missed.farthest, Type::FLOAT8);
    query
        .text(" AND found.id <> ALL (")
        .value("nearest", known, Type::TEXT_ARRAY);
    query.text(")) AS exact ON true");
    query.named(Name::FindAround)
}

/// Adds the documents that pass, the best first and of equals by id. Those of one score are named together:
/// so the rows come in the order of scores as they are looked up, and no more are looked up than are wanted.
fn hits(kind: Kind, scope: &str, facts: &str, found: &Found<'_>, query: &mut Text) {
    let (mut firsts, mut lasts) = (Vec::<i32>::new(), Vec::<i32>::new());
    let mut docs = Vec::with_capacity(found.documents.len());
    let mut before = None;
    for (doc, score) in found.documents {
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
    query
        .value("firsts", firsts, Type::INT4_ARRAY)
        .text(", ")
        .value("lasts", lasts, Type::INT4_ARRAY);
    query.text(") WITH ORDINALITY AS equal (first, last, place) CROSS JOIN LATERAL unnest((");
    query.value("numbers", docs, Type::INT4_ARRAY);
    query.text(")[equal.first:equal.last]) AS wanted (doc) ");
    query.text(&lookup::by_doc(kind, scope, "wanted.doc"));
    query.text(" WHERE true");
    passes(kind, found.filter, query);
    query.text(" ORDER BY equal.place, m.id COLLATE \"C\" LIMIT ");
    let limit = i64::try_from(found.depth).unwrap_or(i64::MAX);
    query.value("limit", limit, Type::INT8);
}

/// Adds where neighbours of the documents and of the nearest may stand.
fn places(nearest: &[Scored], reach: i64, query: &mut Text) {
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
    query
        .value("containers", containers, Type::TEXT_ARRAY)
        .text(", ")
        .value("low", low, Type::INT8_ARRAY)
        .text(", ")
        .value("high", high, Type::INT8_ARRAY)
        .text(")");
}
