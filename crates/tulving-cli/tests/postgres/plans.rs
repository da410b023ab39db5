//! Whatever statistics say of a scope, its memories are read by their keys.
//!
//! The server explains every statement that the program sends (`auto_explain`), those of foreign keys
//! included, while scope after scope is loaded and nothing but the test analyses the tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use testkit::corpus::Corpus;
use testkit::postgres::{Preset, Server};
use tulving::backend::postgres::{Database, Dsn, PostgresBackend, PostgresOptions};
use tulving::backend::{Backend as _, Entry, Filter, Order, Page, Request};
use tulving::model::{Chunk, Document, Embedding, Key, Memory, Scope, Space, Timestamp};

use crate::support::World;

const TABLES: [&str; 13] = [
    "memory_nodes",
    "episodic_memories",
    "document_chunks",
    "node_embeddings",
    "episode_embeddings",
    "chunk_embeddings",
    "node_vectors",
    "episode_vectors",
    "chunk_vectors",
    "node_postings",
    "episode_postings",
    "chunk_postings",
    "documents",
];

/// What a statement begins with or holds, and by which index it reads its rows. Each must be seen.
const READ_BY: [(&str, &str); 26] = [
    (
        "vector_send(e.v), f.v IS NOT NULL, CASE",
        "memory_nodes_pkey",
    ),
    (
        "vector_send(e.v), f.v IS NOT NULL, CASE",
        "node_vectors_pkey",
    ),
    ("END) FROM unnest", "episodic_memories_pkey"),
    ("END) FROM unnest", "episode_embeddings_pkey"),
    ("WITH near AS MATERIALIZED", "node_embeddings_pkey"),
    ("UNION ALL SELECT space_id", "node_embeddings_pkey"),
    ("DELETE FROM node_embeddings", "node_embeddings_pkey"),
    ("m.space_id FROM unnest", "memory_nodes_pkey"),
    (
        "SELECT m.id FROM unnest($2) AS wanted (id)",
        "memory_nodes_pkey",
    ),
    (
        "SELECT 1 FROM ONLY \"public\".\"memory_nodes\"",
        "memory_nodes_pkey",
    ),
    (
        "DELETE FROM ONLY \"public\".\"node_vectors\"",
        "node_vectors_pkey",
    ),
    ("DELETE FROM memory_nodes", "memory_nodes_pkey"),
    ("UPDATE memory_nodes SET space_id", "memory_nodes_pkey"),
    ("UPDATE episodic_memories SET doc", "episodic_memories_pkey"),
    ("SELECT id FROM memory_nodes", "memory_nodes_pkey"),
    ("AS wanted (doc)", "memory_nodes_doc"),
    ("AS wanted (bucket)", "episode_postings_pkey"),
    (
        "AS near (container, low, high)",
        "memory_nodes_conversation",
    ),
    (
        "ORDER BY sequence_index DESC LIMIT 1",
        "memory_nodes_conversation",
    ),
    ("doc IS NULL ORDER BY ord", "memory_nodes_unread"),
    ("ORDER BY m.created_at DESC", "memory_nodes_time"),
    ("FROM documents WHERE", "documents_pkey"),
    ("(SELECT * FROM documents WHERE", "documents_pkey"),
    ("DELETE FROM documents", "documents_pkey"),
    ("INSERT INTO documents", "documents_order"),
    (
        "SELECT m.id FROM unnest($2) AS wanted (id)",
        "document_chunks_document",
    ),
];

/// Statements that are about all memories of a scope.
fn is_of_a_whole_scope(statement: &str) -> bool {
    let counts = statement.starts_with("SELECT count(*) FROM") && !statement.contains("unnest");
    let looks_at_every_vector = statement.contains("v <#> ");
    let page_of_documents =
        statement.contains("FROM documents") && statement.contains("ORDER BY id LIMIT");
    let before_rebuilding = [
        "ORDER BY ord LIMIT 1",
        "doc < 0",
        "WITH far AS (UPDATE scope_kinds",
    ]
    .iter()
    .any(|part| statement.contains(part));
    // The server's own, where chunks fall with their document; the program has removed them before. The key, of which
    // only the scope can be used, may seem as good to it as the index that is there for this.
    let falls = statement.starts_with("DELETE FROM ONLY \"public\".\"document_chunks\"");
    counts || looks_at_every_vector || page_of_documents || falls || before_rebuilding
}

/// One table as a statement read it.
struct Scan {
    statement: String,
    table: String,
    index: String,
    condition: String,
    /// Rows that were read, whether or not they passed.
    rows: f64,
    way: String,
}

impl Scan {
    /// What is wrong with it.
    fn fault(&self) -> Option<String> {
        let key = match self.index.rsplit('_').next().unwrap_or_default() {
            "doc" => "(doc ",
            "conversation" => "(conversation_id = ",
            "document" | "falling" => "(document_id = ",
            // The last of a scope, for the place of the next.
            "order" => return (self.rows > 1.0).then(|| "more than the last".to_owned()),
            "pkey" if self.table.ends_with("_postings") => "(bucket ",
            "pkey" => "(id ",
            // In the order of time, one more than the page has; of what is not indexed, no more than there is.
            "time" | "unread" => return (self.rows > 101.0).then(|| "more than a page".to_owned()),
            _ => return Some("no key".to_owned()),
        };
        let by_key = self.condition.contains(key) || is_of_a_whole_scope(&self.statement);
        (!by_key).then(|| format!("not by its key: {}", self.condition))
    }
}

/// Collects the scans of memories in a plan.
fn scans(plan: &Value, statement: &str, found: &mut Vec<Scan>) {
    let text = |key: &str| plan[key].as_str().unwrap_or_default().to_owned();
    let number = |key: &str| plan[key].as_f64().unwrap_or_default();
    let (way, index) = (text("Node Type"), text("Index Name"));
    // A bitmap's index is a node of its own, which does not name the table.
    let table = TABLES
        .iter()
        .find(|table| text("Relation Name") == **table || index.starts_with(&format!("{table}_")));
    if let Some(table) = table
        && way.ends_with("Scan")
        && way != "Bitmap Heap Scan"
    {
        found.push(Scan {
            statement: statement.to_owned(),
            table: (*table).to_owned(),
            index,
            condition: text("Index Cond"),
            rows: number("Actual Rows") + number("Rows Removed by Filter"),
            way,
        });
    }
    for plan in plan["Plans"].as_array().into_iter().flatten() {
        scans(plan, statement, found);
    }
}

/// Everything that was explained so far.
fn explained(server: &Server) -> Vec<Scan> {
    let log = server.log();
    let mut found = Vec::new();
    for entry in log.split("ms  plan:\n").skip(1) {
        let json: String = entry
            .lines()
            .take_while(|line| line.starts_with('\t'))
            .collect();
        let plan: Value = serde_json::from_str(&json).unwrap();
        let statement = plan["Query Text"].as_str().unwrap();
        scans(&plan["Plan"], statement, &mut found);
    }
    found
}

#[test]
fn no_statement_reads_a_scope_where_a_key_would_do_whatever_statistics_say() {
    let server = Server::start(Preset::Fast);
    let world = World::on(&server);
    let name = world.database.name();
    for table in TABLES.iter().chain(&["scopes", "scope_kinds"]) {
        world.database.batch(&format!(
            "ALTER TABLE {table} SET (autovacuum_enabled = off)"
        ));
    }
    for setting in [
        "session_preload_libraries = auto_explain",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_analyze = on",
        "auto_explain.log_timing = off",
        "auto_explain.log_nested_statements = on",
        "auto_explain.log_format = json",
    ] {
        world
            .database
            .batch(&format!("ALTER DATABASE {name} SET {setting}"));
    }
    let analyze = || world.database.batch("ANALYZE");
    // Statistics know the first scope only, then two, then a few small ones and not the tenth.
    world.corpus(&Corpus::new(600).dim(8));
    use_all_of(&world, &world.user);
    analyze();
    use_all_of(&world, &world.new_user("second@example.com"));
    analyze();
    use_all_of(&world, &world.new_user("third@example.com"));
    world.corpus(&Corpus::new(12).dim(8));
    for number in 4..10 {
        let owner = world.new_user(&format!("number-{number}@example.com"));
        world.migrate_for(&owner, &[]).expect(0);
    }
    analyze();
    world.corpus(&Corpus::new(600).dim(8));
    use_all_of(&world, &world.new_user("tenth@example.com"));

    let scans = explained(&server);
    let faults: BTreeSet<String> = scans
        .iter()
        .filter_map(|scan| {
            let fault = scan.fault()?;
            Some(format!(
                "{} {}, {fault}: {}",
                scan.way, scan.index, scan.statement
            ))
        })
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    for (statement, index) in READ_BY {
        let mut of_it = scans
            .iter()
            .filter(|scan| scan.statement.contains(statement));
        assert!(
            of_it.any(|scan| scan.index == index),
            "{statement}: {index}"
        );
    }
}

/// Everything that one does with memories, for one owner.
fn use_all_of(world: &World, owner: &str) {
    let run = |args: &[&str]| {
        let as_owner = ["--backend", "postgres", "--user-id", owner, "--yes"];
        world.run(&[&as_owner[..], args].concat()).expect(0)
    };
    world.migrate_for(owner, &[]).expect(0);
    world.verify_for(owner, &[]).expect(0);
    // Rows that differ are replaced, and those of before the keyword index entered.
    world.database.batch(&format!(
        "SET auto_explain.log_min_duration = -1; \
         UPDATE memory_nodes SET human_content = 'other' WHERE scope_id = '{owner}' AND ord < 20; \
         UPDATE episodic_memories SET doc = NULL WHERE scope_id = '{owner}' AND ord < 20"
    ));
    run(&["index"]);
    run(&["index", "--rebuild"]);
    world
        .migrate_for(owner, &["--existing", "update"])
        .expect(0);
    let listed = run(&["list", "--limit", "100", "--kind", "node", "--json"]).json();
    let id = |at: usize| listed["memories"][at]["id"].as_str().unwrap();
    let conversation = listed["memories"][0]["conversation_id"].as_str().unwrap();
    let next = listed["next"].as_str().unwrap();
    run(&["list", "--limit", "100", "--after", next]);
    run(&["list", "--oldest", "--limit", "5"]);
    run(&["list", "--conversation", conversation]);
    run(&["get", id(0)]);
    run(&["search", "--like", id(1)]);
    run(&["search", "quince", "--mode", "keyword"]);
    run(&["search", "--like", id(2), "--conversation", conversation]);
    run(&[
        "add",
        "--question",
        "one more",
        "--conversation",
        conversation,
    ]);
    run(&["update", id(3), "--answer", "another"]);
    run(&["delete", id(4)]);
    let scope = Scope::User(owner.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(use_documents(world, scope));
    runtime.block_on(change_space(world, scope));
}

async fn opened(world: &World) -> PostgresBackend {
    let database = Database::new(world.database.url().parse::<Dsn>().unwrap());
    let options = PostgresOptions::default();
    let opened = PostgresBackend::open(database, &options).await;
    opened.unwrap()
}

/// Everything that one does with documents, of which there are more than a page has.
async fn use_documents(world: &World, scope: Scope) {
    let backend = opened(world).await;
    let at = Timestamp::parse("2026-01-01T00:00:00Z").unwrap().0;
    let put = async |number: usize, chunks: i64| {
        let id = format!("manual {number}");
        let chunk = |index| Entry {
            memory: Chunk::new(&id, index, "How to oil a crow", at).into(),
            embedding: None,
        };
        let document = Document::new(&id, "manual.md", at);
        let chunks = (0..chunks).map(chunk).collect();
        backend.put_document(scope, document, chunks).await.unwrap();
        id
    };
    let mut ids = Vec::new();
    for number in 0..150 {
        ids.push(put(number, 3).await);
    }
    put(7, 1).await;
    backend.documents(scope, &ids[..20]).await.unwrap();
    backend
        .list_documents(scope, Some("manual 3"), 5)
        .await
        .unwrap();
    backend.remove_documents(scope, &ids[..3]).await.unwrap();
}

/// Everything that one does with a further vector space, up to searching it before its vectors have followed.
async fn change_space(world: &World, scope: Scope) {
    let backend = opened(world).await;
    let space = Arc::new(Space::local("another", 3));
    let made = |memory: &Memory| Entry {
        memory: memory.clone(),
        embedding: Some(Embedding::new(Arc::clone(&space), vec![1.0, 2.0, 3.0]).unwrap()),
    };
    backend.add_space(scope, &space).await.unwrap();
    let mut after = None;
    loop {
        let page = backend.lacking(scope, &space, after.as_ref(), 100);
        let page = page.await.unwrap();
        let entries = page.memories.iter().map(made).collect();
        backend.put_vectors(scope, entries).await.unwrap();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    backend.cut_over(scope, &space).await.unwrap();
    backend.follow(scope, None, 20).await.unwrap();
    let page = Page {
        order: Order::Newest,
        after: None,
        limit: 30,
    };
    let listed = backend.list(scope, &Filter::default(), &page).await;
    let memories = listed.unwrap().memories;
    let keys: Vec<Key> = memories.iter().map(Memory::key).collect();
    backend.get(scope, &keys).await.unwrap();
    backend.vectors(scope, &space, &keys).await.unwrap();
    let query = made(&memories[0]).embedding.unwrap();
    let request = Request::near(query, 9, Filter::default());
    backend.search(scope, &request).await.unwrap();
    for memory in &memories[..3] {
        backend.replace(scope, memory, made(memory)).await.unwrap();
    }
    backend.delete(scope, &keys[3..6]).await.unwrap();
}
