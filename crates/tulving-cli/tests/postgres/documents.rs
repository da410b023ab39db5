//! Documents are moved before the chunks that are pieces of them, and proved with these.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use testkit::corpus::Corpus;
use tokio::runtime::Runtime;
use tulving::backend::file::FileBackend;
use tulving::backend::{Backend as _, Entry};
use tulving::model::{Chunk, Document, Embedding, Scope, Space, Timestamp};
use uuid::Uuid;

use crate::exported::{records, vectors};
use crate::support::World;

const DIMS: usize = 8;

/// The user's directory of ten nodes, to which documents are added.
struct Manuals {
    world: World,
    backend: FileBackend,
    owner: Scope,
    space: Arc<Space>,
    runtime: Runtime,
}

impl Manuals {
    /// Documents `a` with two chunks, `b` with none and `c` with one, all in files but the last, which is in
    /// the journal.
    fn new() -> Self {
        let world = World::new();
        let data = world.corpus(&Corpus::new(10).dim(DIMS));
        let owner = Scope::User(Uuid::parse_str(&world.user).unwrap());
        let space = Arc::new(Space::local("test-model", DIMS));
        let manuals = Self {
            backend: FileBackend::claim(&data, owner, Some(&space)).unwrap(),
            runtime: Runtime::new().unwrap(),
            world,
            owner,
            space,
        };
        manuals.put("a", 2);
        manuals.put("b", 0);
        manuals.backend.compact().unwrap();
        manuals.put("c", 1);
        manuals
    }

    fn put(&self, id: &str, chunks: i64) {
        let at = Timestamp::parse("2026-01-01T00:00:00Z").unwrap().0;
        let mut document = Document::new(id, &format!("Manuals/{id}.md"), at);
        document.title = format!("Manual {id}");
        let entry = |index: i64| Entry {
            memory: Chunk::new(id, index, &format!("How to oil a {id}, part {index}"), at).into(),
            embedding: Some(
                Embedding::new(Arc::clone(&self.space), vec![index as f32 + 0.5; DIMS]).unwrap(),
            ),
        };
        let put = self
            .backend
            .put_document(self.owner, document, (0..chunks).map(entry).collect());
        self.runtime.block_on(put).unwrap();
    }

    /// How many rows the database has of the user.
    fn rows(&self, table: &str) -> String {
        let query = format!(
            "SELECT count(*) FROM {table} WHERE scope_id = '{}'",
            self.world.user
        );
        self.world.database.scalar(&query)
    }

    /// Changes the records of a folded file.
    fn edit(&self, file: &str, edit: impl FnOnce(&mut Vec<Value>)) {
        let path = self.world.path("data/documents").join(file);
        let mut records: Vec<Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        edit(&mut records);
        fs::write(&path, serde_json::to_vec(&records).unwrap()).unwrap();
    }
}

/// The digest as the script of the migration guide computes it.
fn recomputed(world: &World) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/recompute-digest.py");
    let mut python = Command::new("python3");
    let output = python.arg(script).arg(world.path("data")).output().unwrap();
    let digest = String::from_utf8(output.stdout).unwrap();
    Value::from(digest.trim())
}

#[test]
fn documents_arrive_with_their_chunks() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    let planned = world.migrate(&["--dry-run"]).expect(0).json();
    assert_eq!(planned["documents"], json!({"found": 3}));
    assert_eq!(planned["chunks"]["found"], json!(3));
    let report = world.migrate(&[]).expect(0).json();
    assert_eq!(report["verified"], json!(true));
    assert_eq!(report["chunks"]["inserted"], json!(3));
    let counts = |inserted, unchanged| json!({"found": 3, "inserted": inserted, "updated": 0, "unchanged": unchanged, "kept": 0});
    assert_eq!(report["documents"], counts(3, 0));
    assert_eq!(manuals.rows("documents"), "3");
    assert_eq!(manuals.rows("document_chunks"), "3");
    let titles = world.column("SELECT title FROM documents ORDER BY ord");
    assert_eq!(titles, ["Manual a", "Manual b", "Manual c"]);
    let again = world.migrate(&[]).expect(0).json();
    assert_eq!(again["documents"], counts(0, 3));
    assert_eq!(again["digest"], report["digest"]);
    let verified = world.verify(&["--exact"]).expect(0).json();
    assert_eq!(verified["documents"]["equal"], json!(3));
    assert_eq!(verified["chunks"]["equal"], json!(3));
    // Folded in, they are the same.
    manuals.backend.compact().unwrap();
    let folded = world.verify(&["--exact"]).expect(0).json();
    assert_eq!(folded["digest"], verified["digest"]);
    assert_eq!(recomputed(world), folded["digest"]["source"]);
    let asked = [
        "doctor",
        "--parity",
        "--questions",
        "5",
        "--data-dir",
        "data",
    ];
    world
        .run(&[&asked[..], &["--user-id", &world.user]].concat())
        .expect(0);
}

#[test]
fn a_receipt_covers_documents() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    manuals.backend.compact().unwrap();
    world.migrate(&["--receipt", "receipt.json"]).expect(0);
    let receipt: Value =
        serde_json::from_slice(&fs::read(world.path("receipt.json")).unwrap()).unwrap();
    let files = receipt["files"].as_array().unwrap();
    assert!(
        files
            .iter()
            .any(|file| file["path"] == "documents/documents.json")
    );
    assert_eq!(receipt["documents"]["found"], json!(3));
    let against = ["--against", "receipt.json"];
    world.verify(&against).expect(0);
    manuals.edit("documents.json", |documents| {
        documents[0]["title"] = json!("Another");
    });
    let told = world.verify(&against).expect(5).json();
    let told = told["against"].to_string();
    assert!(
        told.contains("documents/documents.json has changed"),
        "{told}"
    );
}

#[test]
fn only_what_is_named_is_moved() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    let report = world
        .migrate(&["--only", "nodes,episodes"])
        .expect(0)
        .json();
    assert_eq!(report.get("documents"), None);
    assert_eq!(manuals.rows("documents"), "0");
    let report = world.migrate(&["--only", "documents"]).expect(0).json();
    assert_eq!(report["documents"]["inserted"], json!(3));
    assert_eq!(report["chunks"]["inserted"], json!(3));
    world.verify(&["--exact"]).expect(0);
}

#[test]
fn documents_without_a_chunk_are_moved_too() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(4).dim(DIMS));
    fs::create_dir(data.join("documents")).unwrap();
    let record = json!([{"id": "lone", "path": "lone.md", "created_at": "2026-01-01T00:00:00Z"}]);
    fs::write(data.join("documents/documents.json"), record.to_string()).unwrap();
    let report = world.migrate(&[]).expect(0).json();
    assert_eq!(report["documents"]["inserted"], json!(1));
    assert_eq!(recomputed(&world), report["digest"]);
    world.verify(&["--exact"]).expect(0);
}

#[test]
fn a_document_that_is_not_as_it_was_is_named_and_can_be_put_back() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    world.migrate(&[]).expect(0);
    world.database.batch(
        "UPDATE documents SET title = 'Changed' WHERE id = 'a'; DELETE FROM documents WHERE id = 'b'",
    );
    let found = world.verify(&[]).expect(5).json();
    let different = &found["documents"]["different"];
    assert_eq!(*different, json!([{"id": "a", "fields": ["title"]}]));
    assert_eq!(found["documents"]["missing"], json!(["b"]));
    let read = world.run(&["verify", "--user-id", &world.user]).expect(5);
    for line in [
        "Document count mismatch: 3 in the source, 2 of them in the database",
        "missing    document \"b\"",
        "different  document \"a\": title",
    ] {
        assert!(read.stdout.contains(line), "{}", read.stdout);
    }
    let kept = world.migrate(&[]).expect(5).json();
    assert_eq!(kept["documents"]["kept"], json!(1));
    assert_eq!(kept["documents"]["inserted"], json!(1));
    world.migrate(&["--existing", "update"]).expect(0);
    world.verify(&["--exact"]).expect(0);
}

#[test]
fn two_versions_of_a_document_are_not_mixed() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    world.migrate(&[]).expect(0);
    // The database has a newer version of `a`: its second chunk is another.
    world.database.batch(
        "UPDATE documents SET title = 'Newer' WHERE id = 'a'; \
         INSERT INTO document_chunks (scope_id, user_id, id, ord, document_id, chunk_index, content, source, created_at) \
         SELECT scope_id, user_id, 'newer', ord, document_id, chunk_index, 'newer', source, created_at \
         FROM document_chunks WHERE document_id = 'a' AND chunk_index = 1; \
         DELETE FROM document_chunks WHERE document_id = 'a' AND chunk_index = 1 AND id <> 'newer'",
    );
    let of_a = || {
        world.column(
            "SELECT content FROM document_chunks WHERE document_id = 'a' ORDER BY chunk_index",
        )
    };
    let newer = of_a();
    assert_eq!(newer, ["How to oil a a, part 0", "newer"]);
    let kept = world.migrate(&[]).expect(5).json();
    assert_eq!(kept["documents"]["kept"], json!(1));
    assert_eq!(kept["chunks"]["kept"], json!(1));
    assert_eq!(kept["chunks"]["inserted"], json!(0));
    assert_eq!(of_a(), newer);
    let updated = world.migrate(&["--existing", "update"]).expect(0).json();
    assert_eq!(updated["chunks"]["inserted"], json!(1));
    assert_eq!(of_a(), ["How to oil a a, part 0", "How to oil a a, part 1"]);
    world.verify(&["--exact"]).expect(0);
}

#[test]
fn documents_that_were_added_count_where_nothing_may_be() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    world.migrate(&[]).expect(0);
    fs::remove_dir_all(world.path("data")).unwrap();
    world.corpus(&Corpus::new(10).dim(DIMS));
    world.verify(&[]).expect(0);
    let found = world.verify(&["--exact"]).expect(5).json();
    assert_eq!(found["documents"]["extra"], json!(["a", "b", "c"]));
    let read = world.run(&["verify", "--exact", "--user-id", &world.user]);
    let told = "0 documents in the source, 0 equal, 3 added later";
    assert!(read.expect(5).stdout.contains(told));
}

#[test]
fn a_chunk_without_its_document_is_refused_and_the_rest_can_be_moved() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    manuals.backend.compact().unwrap();
    manuals.edit("documents.json", |documents| {
        documents.retain(|document| document["id"] != "c");
    });
    world
        .migrate(&[])
        .expect(3)
        .says("its document \"c\" is not there [no_document]");
    assert_eq!(manuals.rows("documents"), "0");
    let report = world.migrate(&["--on-error", "reject"]).expect(4).json();
    assert_eq!(report["chunks"]["rejected"], json!(1));
    assert_eq!(report["chunks"]["inserted"], json!(2));
    // Mended, it goes where it belongs.
    let rejects = fs::read_to_string(world.path("rejects.jsonl")).unwrap();
    let mended = rejects.replace("\"document_id\":\"c\"", "\"document_id\":\"b\"");
    assert_ne!(mended, rejects);
    fs::write(world.path("rejects.jsonl"), mended).unwrap();
    world.migrate(&["--rows", "rejects.jsonl"]).expect(0);
    assert_eq!(manuals.rows("document_chunks"), "3");
}

#[test]
fn of_documents_only_those_of_mended_rows_are_moved_with_them() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    manuals.backend.compact().unwrap();
    let row = |kind: &str, file: &str, index: usize| {
        let records = fs::read(world.path("data").join(file)).unwrap();
        let records: Value = serde_json::from_slice(&records).unwrap();
        format!(
            "{}\n",
            json!({"kind": kind, "index": index, "row": records[index]})
        )
    };
    let node = row("node", "corpus/nodes.json", 0);
    let chunk = row("chunk", "documents/chunks.json", 2);
    // One that is not named by any row stands in nobody's way.
    manuals.edit("documents.json", |documents| {
        documents[1]["path"] = json!(7);
    });
    fs::write(world.path("nodes.jsonl"), &node).unwrap();
    let report = world.migrate(&["--rows", "nodes.jsonl"]).expect(0).json();
    assert_eq!(report["nodes"]["inserted"], json!(1));
    assert_eq!(manuals.rows("documents"), "0");
    fs::write(world.path("both.jsonl"), node + &chunk).unwrap();
    let report = world.migrate(&["--rows", "both.jsonl"]).expect(0).json();
    assert_eq!(report["chunks"]["inserted"], json!(1));
    assert_eq!(report["documents"]["found"], json!(1));
    assert_eq!(world.column("SELECT id FROM documents"), ["c"]);
    // One of a document that is not there has no place.
    let stray = chunk.replace("\"document_id\":\"c\"", "\"document_id\":\"b\"");
    assert_ne!(stray, chunk);
    fs::write(
        world.path("stray.jsonl"),
        stray.replace("\"b\"", "\"nowhere\""),
    )
    .unwrap();
    world
        .migrate(&["--rows", "stray.jsonl"])
        .expect(3)
        .says("its document \"nowhere\" is not there [no_document]");
}

#[test]
fn a_document_that_cannot_be_moved_stops_everything() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    manuals.backend.compact().unwrap();
    let path = world.path("data/documents/documents.json");
    let whole = fs::read(&path).unwrap();
    let refused = |edit: &dyn Fn(&mut Vec<Value>), code: i32, said: &str| {
        manuals.edit("documents.json", |documents| edit(documents));
        for more in [&[][..], &["--on-error", "reject"]] {
            world.migrate(more).expect(code).says(said);
        }
        world
            .migrate(&["--only", "nodes,episodes", "--dry-run"])
            .expect(0);
        fs::write(&path, &whole).unwrap();
    };
    let at = "documents/documents.json[1]";
    refused(
        &|documents| {
            documents[1]["path"] = json!(7);
        },
        3,
        &format!("{at}: `path` must be a string"),
    );
    refused(
        &|documents| {
            documents[1]["path"] = json!(7);
        },
        3,
        "try: correct the document in the file; or --only nodes,episodes, to move the rest",
    );
    refused(
        &|documents| {
            documents[1]["id"] = json!("a");
        },
        3,
        &format!("{at}: an earlier row has the id \"a\" [duplicate_id]"),
    );
    refused(
        &|documents| {
            documents[1]["user_id"] = json!(Uuid::new_v4().to_string());
        },
        3,
        "--restamp",
    );
    assert_eq!(manuals.rows("documents"), "0");
    manuals.edit("documents.json", |documents| {
        documents[1]["user_id"] = json!(Uuid::new_v4().to_string());
    });
    world.migrate(&["--restamp"]).expect(0);
    world.verify(&["--restamp", "--exact"]).expect(0);
}

#[test]
fn a_journal_that_began_with_other_documents_is_not_moved() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    for change in [
        &|path: &Path| fs::remove_file(path).unwrap(),
        &|path: &Path| fs::write(path, "[]").unwrap(),
    ] as [&dyn Fn(&Path); 2]
    {
        change(&world.path("data/documents/documents.json"));
        world
            .migrate(&[])
            .expect(9)
            .says("another program changed data/documents/documents.json");
    }
    assert_eq!(manuals.rows("documents"), "0");
}

#[test]
fn documents_come_back_with_their_chunks() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    let moved = world.migrate(&[]).expect(0).json();
    let report = world.export("back", &[]).expect(0).json();
    assert_eq!(report["documents"]["found"], json!(3));
    assert_eq!(report["digest"], moved["digest"]);
    manuals.backend.compact().unwrap();
    for name in ["documents", "chunks"] {
        let file = format!("documents/{name}.json");
        let (there, back) = (
            world.path("data").join(&file),
            world.path("back").join(&file),
        );
        assert_eq!(records(&there), records(&back), "{name}");
    }
    let file = "documents/chunks.npy";
    assert_eq!(
        vectors(&world.path("data").join(file)),
        vectors(&world.path("back").join(file))
    );
}

#[test]
fn documents_go_through_lines_with_their_chunks() {
    let manuals = Manuals::new();
    let world = &manuals.world;
    world.migrate(&[]).expect(0);
    let owner = ["--backend", "postgres", "--user-id", &world.user];
    let lines = [
        "export",
        "--format",
        "jsonl",
        "--vectors",
        "--out",
        "lines.jsonl",
    ];
    world.run(&[&lines[..], &owner].concat()).expect(0);
    // Into another database.
    let other = World::new();
    let same = ["--email", "back@example.com", "--id", &world.user];
    other
        .run(&[&["user", "create"][..], &same].concat())
        .expect(0);
    let config = "embedding: { provider: http, url: \"http://127.0.0.1:9/v1\", model: test-model, dimensions: 8 }\n";
    fs::write(other.path("config.yaml"), config).unwrap();
    let file = world.path("lines.jsonl");
    let add = ["add", "--json", "--jsonl", file.to_str().unwrap()];
    let added = other.run(&[&add[..], &owner].concat()).expect(0).json();
    let total = fs::read_to_string(&file).unwrap().lines().count();
    assert_eq!(added["added"], json!(total));
    let again = other.run(&[&add[..], &owner].concat()).expect(0).json();
    assert_eq!(again["unchanged"], json!(total));
    let back = ["export", "--json", "--out", "back"];
    other.run(&[&back[..], &owner].concat()).expect(0);
    world.export("there", &[]).expect(0);
    for name in ["documents/documents", "documents/chunks", "corpus/nodes"] {
        let file = format!("{name}.json");
        let (there, back) = (
            world.path("there").join(&file),
            other.path("back").join(&file),
        );
        assert!(records(&there) == records(&back), "{name}");
    }
    let file = "documents/chunks.npy";
    assert!(vectors(&world.path("there").join(file)) == vectors(&other.path("back").join(file)));
}
