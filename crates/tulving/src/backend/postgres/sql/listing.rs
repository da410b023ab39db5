//! The listing: every statement as it is sent, for each kind and each option that changes its text.
//!
//! It is committed as `golden/*.sql`, one file an area, so that whoever changes a statement sees all that
//! changes with it. There a line break may stand for a space, and what depends on the scope is that of a
//! scope whose id is `…0001`.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::memories::RowNumbers;
use super::name::Name;
use super::search::{Found, Missed, Near};
use super::transaction::Purpose;
use super::*;
use crate::backend::postgres::location::Location;
use crate::backend::postgres::new_owner::{Owner as _, TenantToCreate, UserToCreate};
use crate::backend::postgres::table::{DOCUMENTS, KindTables as _, columns_in, columns_of};
use crate::backend::postgres::values::Raw;
use crate::backend::{Cursor, Filter, Import, LiveChange, Order, Page};
use crate::model::{Document, Embedding, Key, Kind, Scope, Space, Timestamp};
use crate::transfer::{ChunkCounts, RunChunk, RunStatus};

const SCOPE: Uuid = Uuid::from_u128(1);
const OWNER: Scope = Scope::User(SCOPE);
const RUN: Uuid = Uuid::from_u128(2);

/// Statements, each with the kind and the option that it is for.
#[derive(Default)]
struct Listing(Vec<(String, Statement)>);

impl Listing {
    fn add(&mut self, what: impl fmt::Display, statement: Statement) {
        self.0.push((what.to_string(), statement));
    }

    fn add_all(
        &mut self,
        what: impl fmt::Display,
        statements: impl IntoIterator<Item = Statement>,
    ) {
        for statement in statements {
            self.add(&what, statement);
        }
    }

    fn everything() -> Self {
        let mut list = Self::default();
        transactions(&mut list);
        of_scopes(&mut list);
        for kind in Kind::ALL {
            of_memories(kind, &mut list);
            of_pages(kind, &mut list);
            of_vectors(kind, &mut list);
            of_postings(kind, &mut list);
            of_search(kind, &mut list);
            of_bulk(kind, &mut list);
            list.add_all(kind, inspection::count(kind, SCOPE, 1));
            list.add(kind, inspection::count_lacking(kind, SCOPE));
            list.add(kind, inspection::read_texts(kind, SCOPE, String::new()));
            list.add(kind, inspection::ids_of_numbers(kind, SCOPE, vec![1]));
        }
        list.add_all("", memories::erase(SCOPE));
        list.add("", vectors::count_without(SCOPE));
        of_documents(&mut list);
        of_runs(&mut list);
        outside(&mut list);
        list
    }

    /// What a file of `golden` holds.
    fn file(&self, area: &str) -> String {
        let mut file = format!(
            "-- {area}.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql\n"
        );
        for name in Name::ALL.iter().filter(|name| name.area() == area) {
            let of_name = self
                .0
                .iter()
                .filter(|(_, statement)| statement.name == *name);
            let mut texts: Vec<(String, Vec<&str>)> = Vec::new();
            for (what, statement) in of_name {
                let text = shown(statement);
                match texts.iter_mut().find(|(known, _)| *known == text) {
                    Some((_, whats)) if whats.contains(&what.as_str()) => {}
                    Some((_, whats)) => whats.push(what),
                    None => texts.push((text, vec![what])),
                }
            }
            for (text, whats) in texts {
                let _ = write!(file, "\n-- {name:?}: {}\n", name.purpose());
                if let Some(why) = name.beyond_a_scope() {
                    let _ = writeln!(file, "-- Names no scope: {why}.");
                }
                let whats = whats.join("; ");
                if !whats.is_empty() {
                    let _ = writeln!(file, "-- For: {whats}.");
                }
                file.push_str(&text);
            }
        }
        file
    }
}

/// A statement with its parameters.
fn shown(statement: &Statement) -> String {
    let parameters = statement.text.described().enumerate();
    let parameters = parameters.map(|(at, (what, ty))| format!("${} {what} {ty}", at + 1));
    let parameters: Vec<String> = parameters.collect();
    let mut shown = String::new();
    if !parameters.is_empty() {
        let _ = writeln!(shown, "-- {}", parameters.join(", "));
    }
    shown.push_str(&laid_out(statement.sql()));
    if !shown.ends_with(';') {
        shown.push(';');
    }
    shown.push('\n');
    shown
}

/// Breaks the lines of a statement that is one, before its clauses.
fn laid_out(sql: &str) -> String {
    const CLAUSES: &[&str] = &[
        "SELECT ",
        "FROM ",
        "WHERE ",
        "SET ",
        "CROSS JOIN ",
        "LEFT JOIN ",
        "JOIN ",
        "ORDER BY ",
        "ON CONFLICT ",
        "RETURNING ",
        "UNION ",
        "VALUES ",
        "USING ",
        "CASE ",
    ];
    if sql.contains('\n') {
        return sql.trim().to_owned();
    }
    let (mut out, mut depth, mut is_quoted) = (String::new(), 0_usize, false);
    for (at, c) in sql.char_indices() {
        match c {
            '\'' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        let rest = &sql[at + c.len_utf8()..];
        let goes_on = ["CROSS", "LEFT", "DELETE", "DISTINCT", "UPDATE", "ALL"];
        if c == ' '
            && !is_quoted
            && CLAUSES.iter().any(|clause| rest.starts_with(clause))
            && !goes_on.iter().any(|word| out.ends_with(word))
        {
            out.truncate(out.trim_end().len());
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        } else {
            out.push(c);
        }
    }
    out
}

fn filters() -> Vec<(&'static str, Filter)> {
    let open = Filter::default;
    let time = Timestamp::from_micros(0).unwrap();
    let text = || vec!["a".to_owned()];
    vec![
        ("all", open()),
        (
            "sources",
            Filter {
                sources: text(),
                ..open()
            },
        ),
        (
            "since",
            Filter {
                since: Some(time),
                ..open()
            },
        ),
        (
            "until",
            Filter {
                until: Some(time),
                ..open()
            },
        ),
        (
            "clusters",
            Filter {
                clusters: vec![1],
                ..open()
            },
        ),
        (
            "conversations",
            Filter {
                conversations: text(),
                ..open()
            },
        ),
        (
            "code",
            Filter {
                has_code: Some(true),
                ..open()
            },
        ),
        (
            "tags",
            Filter {
                tags: text(),
                ..open()
            },
        ),
        (
            "a tag that no column holds",
            Filter {
                tags: vec!["\0".to_owned()],
                ..open()
            },
        ),
    ]
}

/// Whether memories of a kind can pass: of others nothing is asked.
fn filters_of(kind: Kind) -> impl Iterator<Item = (String, Filter)> {
    let filters = filters().into_iter();
    let wanted = filters.filter(move |(_, filter)| filter.wants(kind));
    wanted.map(move |(what, filter)| (format!("{kind}, {what}"), filter))
}

fn transactions(list: &mut Listing) {
    let place = Location::sample();
    let second = Duration::from_secs(1);
    for (what, purpose) in [
        ("work that takes its time", Purpose::Bulk),
        ("reading", Purpose::Reading(second)),
        ("writing", Purpose::Writing(second)),
        ("exporting", Purpose::Export),
    ] {
        list.add(what, transaction::begin_scoped(&place, SCOPE, purpose));
    }
    list.add(
        "",
        transaction::begin_in_snapshot(&place, SCOPE, "00000003-0000001B-1"),
    );
    list.add("", transaction::export_snapshot());
    list.add("the login role", transaction::begin_unscoped(&place, false));
    list.add("a member", transaction::begin_unscoped(&place, true));
    list.add("", transaction::commit());
    list.add("", transaction::rollback());
    list.add("", transaction::defer_durability());
    list.add_all("", transaction::of_session(&place, None));
    let memory = Some(("maintenance_work_mem", "'65536kB'"));
    list.add_all("building", transaction::of_session(&place, memory));
    list.add("", transaction::lock_scope(&place, SCOPE, 10));
    list.add("", transaction::lock_import(&place, RUN));
    list.add("", transaction::lock_owners());
}

fn of_scopes(list: &mut Listing) {
    list.add("reading", scopes::statistics(SCOPE, false));
    list.add("writing", scopes::statistics(SCOPE, true));
    list.add("", scopes::owner(SCOPE));
    list.add("", scopes::keep_space(SCOPE, 1));
    list.add("", scopes::cut_over(SCOPE, 1));
    list.add("", scopes::forget_space(SCOPE, 1));
    list.add("", scopes::note_tokenizer(SCOPE));
    for kind in Kind::ALL {
        list.add(kind, scopes::adopt_space(kind, SCOPE));
        list.add(kind, scopes::count_inserted(kind, SCOPE, 1, 1));
        list.add(kind, scopes::count_replaced(kind, SCOPE, 1, None));
        list.add(kind, scopes::count_removed(kind, SCOPE, vec![1], 1));
        list.add(kind, scopes::count_numbered(kind, SCOPE, 1, 1));
        list.add(kind, scopes::count_loaded(kind, SCOPE, 1, 1, vec![]));
        list.add(kind, scopes::count_anew(kind, SCOPE, 1, 1, 1, vec![]));
        list.add(
            format!("{kind}, small blocks"),
            scopes::count_merged(kind, SCOPE, None),
        );
        list.add(
            format!("{kind}, all"),
            scopes::count_merged(kind, SCOPE, Some(vec![])),
        );
        list.add(kind, scopes::reserve_numbers(kind, SCOPE, 1));
        list.add(kind, scopes::restart_numbers(kind, SCOPE));
    }
    list.add_all("", scopes::begin_anew(SCOPE));
    list.add("", forgotten::read(SCOPE));
    list.add("", forgotten::find(SCOPE, vec![]));
    list.add("", forgotten::set(SCOPE, vec![], vec![]));
    list.add("", forgotten::remove(SCOPE, vec![]));
    list.add("", forgotten::lift(SCOPE, vec![]));
    list.add("", forgotten::remove_unfinished(SCOPE));
    list.add("", forgotten::keep_unfinished(SCOPE, vec![]));
    list.add("", forgotten::unfinished(SCOPE));
    list.add("", forgotten::tables());
    let (place, parts) = (Location::sample(), ["id".to_owned()]);
    list.add("", forgotten::rows(&place, "memory_nodes", &parts, SCOPE));
    list.add("no text", forgotten::rows(&place, "forgotten", &[], SCOPE));
    list.add("", forgotten::may_vacuum(vec![]));
    let tables = ["memory_nodes", "forgotten"].map(|table| place.own(table));
    list.add("", forgotten::vacuum(&tables));
}

fn row(doc: Option<i32>) -> RowNumbers {
    RowNumbers {
        space_id: Some(1),
        dims: Some(3),
        vector: Raw(None),
        doc,
        tokens: doc,
    }
}

fn of_memories(kind: Kind, list: &mut Listing) {
    let fields = || columns_of(kind).map(|_| Raw(None)).collect();
    let (id, time) = (|| "a".to_owned(), Timestamp::from_micros(0).unwrap());
    let key = || Key::new(kind, "a");
    list.add(kind, memories::insert(kind, OWNER, row(Some(1)), fields()));
    let update = |doc| memories::update(kind, SCOPE, id(), row(doc), fields());
    list.add(format!("{kind}, the same words"), update(None));
    list.add(format!("{kind}, other words"), update(Some(1)));
    list.add(kind, memories::lock(kind, SCOPE, "a"));
    list.add(kind, memories::remove(kind, SCOPE, id()));
    list.add(kind, memories::find(kind, SCOPE, vec![]));
    list.add(kind, memories::find_texts(kind, SCOPE, vec![]));
    list.add(kind, memories::present(kind, SCOPE, &[]));
    list.add(kind, memories::absent(kind, SCOPE, vec![]));
    list.add(kind, memories::ends(kind, SCOPE, vec![]));
    list.add(kind, memories::touch(kind, SCOPE, id(), time));
    list.add(kind, memories::count(kind, SCOPE));
    list.add(kind, memories::ids(kind, SCOPE, "", 1));
    list.add(
        format!("{kind}, its cluster"),
        live::update(SCOPE, &LiveChange::Cluster(key(), None)),
    );
    list.add(
        format!("{kind}, its use"),
        live::update(SCOPE, &LiveChange::Usage(key(), 1, None)),
    );
}

fn of_pages(kind: Kind, list: &mut Listing) {
    for (what, filter) in filters_of(kind) {
        list.add(&what, pages::page(kind, SCOPE, &filter, &Page::default()));
        list.add(&what, pages::count(kind, SCOPE, &filter));
    }
    for (way, order) in [
        ("oldest first", Order::Oldest),
        ("newest first", Order::Newest),
    ] {
        for after in Kind::ALL {
            let page = Page {
                order,
                after: Some(Cursor {
                    created_at: Timestamp::from_micros(0).unwrap(),
                    sequence_index: 0,
                    key: Key::new(after, "a"),
                }),
                limit: 1,
            };
            let page = pages::page(kind, SCOPE, &Filter::default(), &page);
            list.add(format!("{kind}, {way}, after a {after}"), page);
        }
    }
    if kind.is_clustered() {
        list.add(kind, pages::clusters(kind, SCOPE));
    }
}

fn of_documents(list: &mut Listing) {
    let fields = || columns_in(Document::FORM).map(|_| Raw(None)).collect();
    for (what, ord) in [("at a place", Some(1)), ("at the next place", None)] {
        list.add(what, documents::insert(OWNER, ord, fields()));
        list.add(what, documents::upsert(OWNER, ord, fields()));
    }
    list.add("", documents::export(SCOPE));
    list.add("", documents::remove(SCOPE, "a".to_owned()));
    list.add("", documents::find(SCOPE, &[]));
    list.add("from the beginning", documents::list(SCOPE, None, 1));
    list.add("after one", documents::list(SCOPE, Some("a"), 1));
    list.add("", documents::pieces(SCOPE, &[]));
}

fn space() -> Space {
    Space {
        provider: "local".to_owned(),
        model: "a".to_owned(),
        dims: 3,
    }
}

fn of_vectors(kind: Kind, list: &mut Listing) {
    let embedding = Embedding::new(Arc::new(space()), vec![1.0, 0.0, 0.0]).unwrap();
    let key = Key::new(kind, "a");
    list.add(kind, vectors::fill(kind, SCOPE, vec![]));
    list.add_all(kind, vectors::put(&key, SCOPE, &embedding, 1, true));
    list.add_all(kind, vectors::put(&key, SCOPE, &embedding, 1, false));
    let beside = [("a".to_owned(), &embedding)].into();
    list.add_all(kind, vectors::put_beside(kind, SCOPE, 1, &beside));
    for (what, current, stays) in [
        ("no space yet", None, false),
        ("the text stays", Some(1), true),
        ("another text", Some(1), false),
    ] {
        let clear = vectors::clear(kind, SCOPE, "a", current, stays);
        let clear = clear.into_iter();
        let clear = clear.filter(|statement| statement.name == Name::ClearVectors);
        list.add_all(format!("{kind}, {what}"), clear);
    }
    list.add(kind, vectors::find(kind, SCOPE, vec![], 1));
    list.add(kind, vectors::lacking(kind, SCOPE, "", 1, 1));
    list.add(kind, vectors::count_behind(kind, SCOPE));
    list.add(kind, vectors::list_behind(kind, SCOPE, "", 1));
    list.add_all(kind, vectors::move_in(kind, SCOPE, "a", 1));
    list.add_all(kind, vectors::drop_space(kind, SCOPE, 1));
    list.add(kind, vectors::count_by_space(kind, SCOPE));
    list.add(kind, vectors::count_in(kind, SCOPE, 1));
    list.add_all(kind, vectors::rebuild(kind, SCOPE, &[]));
    list.add(kind, vectors::remove_half(kind, SCOPE, "a", 1));
}

fn of_postings(kind: Kind, list: &mut Listing) {
    list.add(kind, postings::insert(kind, SCOPE, 1, [].into()));
    list.add(kind, postings::take(kind, SCOPE, 0, 1, 0));
    list.add(kind, postings::find(kind, SCOPE, vec![]));
    list.add(kind, postings::read(kind, SCOPE, 0, 1));
    list.add(kind, postings::count_unindexed(kind, SCOPE));
    list.add(kind, postings::lock_unindexed(kind, SCOPE));
    list.add(kind, postings::number(kind, SCOPE, "a", 1, 1));
    list.add(kind, postings::correct_length(kind, SCOPE, "a", 1, 1));
    list.add(kind, postings::remove_impossible_numbers(kind, SCOPE));
    list.add(kind, postings::numbers(kind, SCOPE));
    list.add(kind, postings::find_by_number(kind, SCOPE, &[]));
    list.add(kind, postings::notes(kind, SCOPE));
    list.add(kind, postings::remove_leftover(kind, SCOPE));
    list.add_all(kind, postings::put_in_place(kind, SCOPE));
}

fn of_search(kind: Kind, list: &mut Listing) {
    let direction = [1.0, 0.0, 0.0];
    // What each condition looks like is listed with the pages; here one stands for all.
    let stands_for_all = |what: &str| {
        ["all", "conversations", "tags"]
            .iter()
            .any(|name| what.ends_with(name))
    };
    for (what, filter) in filters_of(kind).filter(|(what, _)| stands_for_all(what)) {
        let near = Near {
            scope: SCOPE,
            direction: &direction,
            limit: 10,
            margin: 0.0,
            filter: &filter,
        };
        list.add(&what, search::decide(kind, SCOPE, &filter));
        list.add(&what, search::exactly(kind, &near, 70, None));
        let first = format!("{what}, before it is known whether");
        list.add(&first, search::exactly(kind, &near, 70, Some(false)));
        list.add_all(&what, search::through_index(kind, &near, 1, 40, None));
        list.add_all(
            &first,
            search::through_index(kind, &near, 1, 40, Some(true)),
        );
        for (how, is_missed, reach) in [
            ("", false, 0),
            (", with neighbours", false, 2),
            (", with what an index missed", true, 0),
        ] {
            // Of a kind that is in no sequence nobody asks for neighbours.
            if reach > 0 && kind.sequence().is_none() {
                continue;
            }
            let missed = is_missed.then_some(Missed {
                direction: &direction,
                space_id: 1,
                farthest: 0.0,
            });
            let found = Found {
                nearest: &[],
                documents: &[(1, 1.0)],
                reach,
                filter: &filter,
                depth: 10,
                missed,
            };
            list.add(format!("{what}{how}"), search::around(kind, SCOPE, &found));
        }
    }
}

fn of_bulk(kind: Kind, list: &mut Listing) {
    list.add(kind, bulk::list_rows(kind, SCOPE, None));
    list.add(kind, bulk::existing(kind, SCOPE, &[], None));
    list.add(kind, bulk::make_staging(kind));
    list.add(kind, bulk::copy(kind));
    list.add(kind, bulk::insert(kind, OWNER, 1));
    list.add(kind, bulk::fill(kind, SCOPE, 1));
}

fn of_runs(list: &mut Listing) {
    let chunk = RunChunk {
        kind: Kind::Node,
        chunk: 0,
        first_row: 0,
        rows: 1,
        byte_start: 0,
        byte_count: 1,
        done: None,
    };
    let counts = ChunkCounts::default();
    let json = || "{}".to_owned();
    list.add("", runs::all());
    list.add("", runs::of_scope(SCOPE));
    list.add("", runs::find(RUN));
    list.add("", runs::unfinished(SCOPE));
    list.add("", runs::spaces(SCOPE));
    list.add("removed", runs::note_index(SCOPE, true));
    list.add("there again", runs::note_index(SCOPE, false));
    list.add("", runs::index_removed(SCOPE));
    list.add("", runs::enter(SCOPE, RUN, json(), "0"));
    list.add(
        "",
        runs::enter_chunks(SCOPE, RUN, std::slice::from_ref(&chunk)),
    );
    list.add("", runs::chunks(SCOPE, RUN));
    list.add("", runs::finish_chunk(SCOPE, RUN, &chunk, counts));
    list.add("", runs::note(SCOPE, RUN, RunStatus::Running, "copy", None));
    list.add("", runs::finish(SCOPE, RUN, true, json()));
    let import = Import::new([]);
    list.add("", runs::all_imports());
    list.add("", runs::imports(SCOPE));
    list.add("", runs::enter_import(SCOPE, &import, json()));
    list.add("", runs::leave_newest_imports(SCOPE));
    list.add(
        "",
        runs::note_import(SCOPE, &import, RunStatus::Running, json()),
    );
    list.add("", runs::remove_imports(SCOPE));
}

/// Statements on what is of no scope.
fn outside(list: &mut Listing) {
    let place = Location::sample();
    list.add("", spaces::find(&space()));
    list.add("", spaces::make(&space()));
    list.add("", spaces::unseen(vec![]));
    list.add("", indexes::list(SCOPE));
    list.add("", indexes::may_know_owners());
    list.add("", indexes::list_orphaned());
    list.add("", indexes::drop(&place, "name"));
    list.add("", indexes::builder());
    list.add("", indexes::rebuild(&place, "name"));
    list.add("", indexes::progress(1));
    for kind in Kind::ALL {
        list.add(kind, indexes::count(&place, kind));
        list.add(kind, indexes::build(&place, kind, "name", SCOPE, 1, 3));
    }
    let user = UserToCreate {
        id: SCOPE,
        auth_provider: "local".to_owned(),
        external_id: "ann@example.com".to_owned(),
        email: Some("ann@example.com".to_owned()),
        tenant_id: None,
    };
    let tenant = TenantToCreate {
        id: SCOPE,
        name: "Acme".to_owned(),
        azure_tenant_id: None,
    };
    list.add("", owners::all());
    list.add("", owners::users());
    list.add("", owners::tenants());
    list.add("a user", owners::make(user.sql()));
    list.add("a tenant", owners::make(tenant.sql()));
    list.add("", owners::users_called("local", "a", None));
    list.add("", owners::tenants_called("a", None));
    list.add("", owners::with_id(SCOPE));
    list.add("", owners::user("a"));
    list.add("", owners::tenant("a"));
    list.add("", owners::rename_user(SCOPE, "a"));
    list.add("", owners::rename_tenant(SCOPE, "a"));
    list.add("", owners::may_delete(OWNER));
    list.add("a user", owners::delete(OWNER));
    list.add("a tenant", owners::delete(Scope::Tenant(SCOPE)));
    list.add("", database::begin_look());
    list.add("", database::look(None, None));
    list.add("", database::poll());
    list.add_all("", database::look_at_wall());
    list.add("", database::neighbours());
    list.add("", database::versions());
    list.add("", schema::make("name"));
    let script = [
        "-- files of db/migrations\n".to_owned(),
        schema::enable_vector("public"),
        schema::drop_tables("run_chunks"),
        schema::record_checksum(1, "…"),
    ];
    for what in script {
        list.add("", schema::apply(&place, &what));
    }
}

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/backend/postgres/sql/golden")
}

#[test]
fn the_committed_listing_is_what_is_sent() {
    let listing = Listing::everything();
    let areas: BTreeSet<&str> = Name::ALL.iter().map(|name| name.area()).collect();
    let renew = std::env::var_os("TULVING_RENEW_SQL").is_some();
    for area in &areas {
        let (path, made) = (golden().join(format!("{area}.sql")), listing.file(area));
        if renew {
            std::fs::write(&path, &made).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let lines = made.lines().zip(committed.lines());
        let first = lines
            .enumerate()
            .find(|(_, (made, committed))| made != committed);
        assert!(
            made == committed,
            "{} is not what is sent, from {first:?} on. Renew it with \
             TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql, and read what changed in it.",
            path.display()
        );
    }
    let files = std::fs::read_dir(golden()).unwrap();
    assert_eq!(
        files.count(),
        areas.len(),
        "a file of golden/ lists nothing"
    );
}

#[test]
fn every_statement_is_in_the_listing() {
    let listing = Listing::everything();
    for name in Name::ALL {
        let listed = listing
            .0
            .iter()
            .any(|(_, statement)| statement.name == *name);
        assert!(
            listed,
            "{name:?} is not in the listing: Listing::everything makes it"
        );
    }
}

/// Tables with rows of scopes.
fn tables() -> BTreeSet<&'static str> {
    let of_kinds = Kind::ALL.into_iter().flat_map(|kind| {
        [
            kind.table(),
            kind.embeddings(),
            kind.vectors(),
            kind.postings(),
        ]
    });
    let others = ["scopes", "scope_kinds", "runs", "run_chunks", DOCUMENTS];
    of_kinds.chain(others).collect()
}

/// Each place in a statement where a table with rows of scopes is read or written: the word before it, what
/// stands between the brackets around it, and the same without what is in brackets there.
fn uses_of_tables(sql: &str) -> Vec<(&'static str, &str, String)> {
    let mut uses = Vec::new();
    for before in ["FROM ", "JOIN ", "UPDATE ", "INTO "] {
        for (at, _) in sql.match_indices(before) {
            let rest = &sql[at + before.len()..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            if tables().contains(&rest[..end.unwrap_or(rest.len())]) {
                let around = brackets_around(sql, at);
                uses.push((before, around, without_brackets(around)));
            }
        }
    }
    uses
}

fn brackets_around(sql: &str, at: usize) -> &str {
    let mut open = vec![0];
    for (place, c) in sql.char_indices() {
        match c {
            '(' => open.push(place + 1),
            ')' => {
                let begin = open.pop().unwrap_or_default();
                if (begin..place).contains(&at) {
                    return &sql[begin..place];
                }
            }
            _ => {}
        }
    }
    sql
}

fn without_brackets(sql: &str) -> String {
    let mut depth = 0;
    let outside = sql.chars().filter(|c| {
        depth += i32::from(*c == '(');
        let is_outside = depth == 0;
        depth -= i32::from(*c == ')');
        is_outside
    });
    outside.collect()
}

#[test]
fn a_statement_on_rows_of_a_scope_names_the_scope_or_says_why_not() {
    // By a parameter, or as a literal where an index asks for it; or by a row that is bound itself.
    let bound = ["= $", "= '", "= r.scope_id", "= far.scope_id"];
    let bound = bound.map(|value| format!("scope_id {value}"));
    let is_bound = |(before, around, outside): &(&str, &str, String)| match *before {
        "INTO " => around.contains("(scope_id, "),
        _ => bound.iter().any(|bound| outside.contains(bound.as_str())),
    };
    let listing = Listing::everything();
    let (mut looked_at, mut beyond) = (0, BTreeSet::new());
    for (what, statement) in &listing.0 {
        let uses = uses_of_tables(statement.sql());
        looked_at += uses.len();
        let all_bound = uses.iter().all(is_bound);
        if !all_bound {
            beyond.insert(format!("{:?}", statement.name));
        }
        assert!(
            all_bound || statement.name.beyond_a_scope().is_some(),
            "{:?} ({what}) reaches rows of any scope: {}",
            statement.name,
            statement.sql()
        );
    }
    assert!(looked_at > 500, "only {looked_at} uses of tables were seen");
    let excused = Name::ALL
        .iter()
        .filter(|name| name.beyond_a_scope().is_some());
    let excused: BTreeSet<String> = excused.map(|name| format!("{name:?}")).collect();
    assert_eq!(
        excused, beyond,
        "an excuse is for a statement that needs it"
    );
}
