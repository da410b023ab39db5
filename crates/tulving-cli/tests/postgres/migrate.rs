//! A data directory is moved whole, and moving it again changes nothing.

use std::fs;

use serde_json::json;
use testkit::corpus::Corpus;

use crate::support::{World, files, keys};

#[test]
fn a_corpus_arrives_whole_and_a_second_run_finds_it_there() {
    let world = World::new();
    world.corpus(&Corpus::new(200).dim(8).dirty(true));
    let first = world.migrate(&[]).expect(0).json();
    assert_eq!(first["verified"], json!(true));
    assert_eq!(first["nodes"]["found"], json!(200));
    assert_eq!(first["nodes"]["inserted"], json!(200));
    assert_eq!(first["episodes"]["inserted"], json!(25));
    let second = world.migrate(&[]).expect(0).json();
    assert_eq!(second["nodes"]["unchanged"], json!(200));
    assert_eq!(second["nodes"]["inserted"], json!(0));
    assert_eq!(second["digest"], first["digest"]);
    let verified = world.verify(&["--exact"]).expect(0).json();
    assert_eq!(verified["nodes"]["equal"], json!(200));
}

#[test]
fn one_source_for_two_scopes_is_two_complete_sets() {
    let world = World::new();
    world.corpus(&Corpus::new(64).dim(8).dirty(true));
    let tenant = world.new_tenant("driscoll");
    let user = world.migrate(&[]).expect(0).json();
    let owner = ["--tenant-id", tenant.as_str()];
    let second = world
        .migrate_as(&owner, &["--model", "test-model"])
        .expect(0)
        .json();
    assert_eq!(second["scope"], json!({"kind": "tenant", "id": tenant}));
    assert_eq!(second["nodes"]["inserted"], json!(64));
    assert_eq!(second["digest"], user["digest"]);
    for (table, rows) in [
        ("memory_nodes", 64),
        ("episodic_memories", 8),
        ("node_vectors", 58),
    ] {
        for (column, id) in [("user_id", &world.user), ("tenant_id", &tenant)] {
            let (owner, other) = match table {
                "node_vectors" => ("scope_id", "NULL::uuid"),
                _ if column == "user_id" => (column, "tenant_id"),
                _ => (column, "user_id"),
            };
            let query = format!(
                "SELECT count(*) FROM {table} WHERE {owner} = '{id}' AND scope_id = '{id}' AND {other} IS NULL"
            );
            assert_eq!(
                world.database.scalar(&query),
                rows.to_string(),
                "{table} {column}"
            );
        }
    }
    world
        .run(&["verify", "--exact", "--tenant-id", &tenant])
        .expect(0);
    // One of them forgotten leaves the other whole.
    world
        .database
        .batch(&format!("DELETE FROM tenants WHERE id = '{tenant}'"));
    world.verify(&["--exact"]).expect(0);
    assert_eq!(
        world.database.scalar("SELECT count(*) FROM node_vectors"),
        "58"
    );
}

#[test]
fn of_a_source_that_grew_only_the_new_is_written() {
    let world = World::new();
    let corpus = |nodes| Corpus::new(nodes).dim(8).clusters(4).dirty(true);
    world.corpus(&corpus(40));
    world.migrate(&[]).expect(0);
    let rows = "SELECT id || xmin FROM memory_nodes UNION ALL SELECT id || xmin FROM episodic_memories ORDER BY 1";
    let before = world.column(rows);
    world.corpus(&corpus(64));
    let grown = world.migrate(&[]).expect(0).json();
    for (kind, found, inserted) in [("nodes", 64, 24), ("episodes", 8, 3)] {
        assert_eq!(grown[kind]["found"], json!(found));
        assert_eq!(grown[kind]["inserted"], json!(inserted));
        assert_eq!(grown[kind]["unchanged"], json!(found - inserted));
        assert_eq!(grown[kind]["updated"], json!(0));
    }
    let after = world.column(rows);
    assert!(
        before.iter().all(|row| after.contains(row)),
        "a row was written again"
    );
    // A source that lost rows is still contained in the database.
    world.corpus(&corpus(24));
    let shrunk = world.migrate(&[]).expect(0).json();
    assert_eq!(shrunk["nodes"]["unchanged"], json!(24));
    assert_eq!(
        world.verify(&[]).expect(0).json()["nodes"]["extra_count"],
        json!(40)
    );
}

#[test]
fn rows_that_differ_are_kept_and_told_or_replaced() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(64).dim(8));
    world.migrate(&[]).expect(0);
    let (nodes, vectors) = (
        data.join("corpus/nodes.json"),
        data.join("vectors/nodes.npy"),
    );
    let text = fs::read_to_string(&nodes).unwrap();
    fs::write(
        &nodes,
        text.replacen("\"urgency\": \"low\"", "\"urgency\": \"high\"", 1),
    )
    .unwrap();
    let mut bytes = fs::read(&vectors).unwrap();
    let at = bytes.len() - 32 * 10;
    bytes[at] ^= 1; // a bit of row 54
    fs::write(&vectors, bytes).unwrap();

    let before = world.column("SELECT xmin || id FROM memory_nodes ORDER BY ord");
    let kept = world.migrate(&[]).expect(5).json();
    assert_eq!(kept["verified"], json!(false));
    assert_eq!(kept["nodes"]["kept"], json!(2));
    assert_eq!(kept["nodes"]["unchanged"], json!(62));
    assert_eq!(
        before,
        world.column("SELECT xmin || id FROM memory_nodes ORDER BY ord")
    );
    let owner = [
        "migrate",
        "--user-id",
        &world.user,
        "--model",
        "test-model",
        "--yes",
    ];
    let told = world.run(&owner).expect(5).stdout;
    assert!(told.contains("--existing update"), "{told}");
    assert!(
        told.contains("urgency") && told.contains("embedding"),
        "{told}"
    );
    let narrow =
        "SELECT v::text FROM node_vectors JOIN memory_nodes USING (scope_id, id) WHERE ord = 54";
    let former = world.database.scalar(narrow);

    let updated = world.migrate(&["--existing", "update"]).expect(0).json();
    assert_eq!(updated["nodes"]["updated"], json!(2));
    assert_eq!(updated["nodes"]["kept"], json!(0));
    assert_eq!(updated["verified"], json!(true));
    world.verify(&["--exact"]).expect(0);
    assert_eq!(
        world.database.scalar(
            "SELECT count(*) FROM node_vectors n JOIN memory_nodes m USING (scope_id, id)
             WHERE n.v = l2_normalize(m.embedding)::halfvec"
        ),
        "64"
    );
    let _ = former;
    let again = world.migrate(&["--existing", "update"]).expect(0).json();
    assert_eq!(again["nodes"]["updated"], json!(0));
}

#[test]
fn what_lies_beside_the_columns_is_mended_too() {
    let world = World::new();
    world.corpus(&Corpus::new(64).dim(8).dirty(true));
    let first = world.migrate(&[]).expect(0).json();
    for (change, rows) in [
        ("DELETE FROM node_vectors", 58),
        (
            "UPDATE node_vectors SET v = l2_normalize(v + '[1,0,0,0,0,0,0,0]'::halfvec)",
            58,
        ),
        (
            "INSERT INTO node_vectors SELECT scope_id, id, space_id, '[1,0,0,0,0,0,0,0]'::halfvec
             FROM memory_nodes WHERE vector_norm(embedding) = 0",
            6,
        ),
        (
            "UPDATE memory_nodes SET carry = NULL WHERE position('\"values\"'::bytea IN carry) > 0",
            0,
        ),
        ("UPDATE memory_nodes SET carry = 'x' WHERE ord = 7", 1),
        (
            "UPDATE memory_nodes SET embedding = NULL, dims = NULL, space_id = NULL WHERE ord = 3",
            1,
        ),
    ] {
        world.database.batch(change);
        let kept = world.migrate(&[]).expect(5).json();
        let mended = world.migrate(&["--existing", "update"]).expect(0).json();
        assert_eq!(
            kept["nodes"]["kept"], mended["nodes"]["updated"],
            "{change}"
        );
        if rows > 0 {
            assert_eq!(mended["nodes"]["updated"], json!(rows), "{change}");
        }
        assert_eq!(mended["digest"], first["digest"]);
        world.verify(&["--exact"]).expect(0);
    }
}

#[test]
fn one_kind_alone_is_moved_alone() {
    let world = World::new();
    world.corpus(&Corpus::new(64).dim(8));
    for (kind, other, rows) in [("nodes", "episodes", 64), ("episodes", "nodes", 8)] {
        let moved = world.migrate(&["--only", kind]).expect(0).json();
        assert_eq!(moved[kind]["inserted"], json!(rows));
        assert_eq!(moved[other]["found"], json!(0));
    }
    let both = world
        .migrate(&["--only", "nodes,episodes"])
        .expect(0)
        .json();
    assert_eq!(both["nodes"]["unchanged"], json!(64));
    world.migrate(&["--only", "clusters"]).expect(2);
}

#[test]
fn rows_of_another_owner_are_refused_or_taken_over() {
    let world = World::new();
    let stranger = world.new_user("stranger@example.com");
    world.corpus(&Corpus::new(16).dim(4).user_id(&stranger));
    let before = world.counts();
    let refused = world.migrate(&[]).expect(3);
    refused
        .says("corpus/nodes.json[0]")
        .says(&stranger)
        .says("--restamp");
    assert_eq!(world.counts(), before);
    let taken = world.migrate(&["--restamp"]).expect(0).json();
    assert_eq!(taken["nodes"]["inserted"], json!(16));
    world.verify(&["--restamp", "--exact"]).expect(0);
    // Without being told, verifying says which rows it left out, and why.
    let left_out = world.verify(&[]).expect(4);
    left_out.says("corpus/nodes.json[0]").says("another owner");
    assert_eq!(left_out.json()["nodes"]["rejected"], json!(16));
    let told = world
        .run(&["verify", "--user-id", &world.user])
        .expect(4)
        .stdout;
    assert!(
        told.contains("16 rows") && !told.contains("every row"),
        "{told}"
    );
    // One's own stamp, and none, are one's own.
    world.corpus(
        &Corpus::new(16)
            .dim(4)
            .seed(1)
            .user_id(&world.user.to_uppercase()),
    );
    world.migrate(&[]).expect(0);
}

#[test]
fn a_dry_run_writes_nothing_and_counts_truly() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(64).dim(8).dirty(true));
    let (tables, before) = (world.counts(), files(world.directory.path()));
    let spaces = "SELECT coalesce(max(space_id), 0) FROM embedding_spaces";
    let planned = world.migrate(&["--dry-run"]).expect(0).json();
    assert_eq!(
        keys(&planned),
        [
            "dry_run", "episodes", "layout", "nodes", "problems", "scope", "space"
        ]
    );
    assert_eq!(planned["dry_run"], json!(true));
    let sizes = |name: &str| {
        let of = |file: String| fs::metadata(data.join(file)).unwrap().len();
        of(format!("corpus/{name}.json")) + of(format!("vectors/{name}.npy"))
    };
    for (kind, rows) in [("nodes", 64), ("episodes", 8)] {
        assert_eq!(planned[kind]["found"], json!(rows));
        assert_eq!(planned[kind]["bytes"], json!(sizes(kind)));
    }
    assert_eq!(planned["nodes"]["zero_vectors"], json!(6));
    // A dry run of rows that are refused says so, and how many.
    let path = data.join("corpus/nodes.json");
    let text = fs::read_to_string(&path).unwrap();
    let broken = text.replacen("\"urgency\": \"low\"", "\"urgency\": \"never\"", 1);
    fs::write(&path, broken).unwrap();
    let refused = world.migrate(&["--dry-run"]).expect(3);
    refused.says("urgency");
    let refused = world
        .migrate(&["--dry-run", "--on-error", "reject"])
        .expect(4)
        .json();
    assert_eq!(refused["nodes"]["rejected"], json!(1));
    assert!(refused["problems"].to_string().contains("urgency"));
    fs::write(&path, text).unwrap();

    assert_eq!(world.counts(), tables);
    assert_eq!(files(world.directory.path()), before);
    assert_eq!(world.database.scalar(spaces), "1", "no space was made");
    // What was planned is what happens.
    let moved = world.migrate(&[]).expect(0).json();
    for kind in ["nodes", "episodes"] {
        for number in ["found", "zoneless_times", "zero_vectors"] {
            assert_eq!(
                planned[kind][number], moved[kind][number],
                "{kind} {number}"
            );
        }
    }
}

#[test]
fn the_older_layout_is_moved_too() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(40).dim(8).dirty(true));
    let newer = world.migrate(&[]).expect(0).json();
    let old = world.path("old");
    for folder in ["memory_nodes", "episodic_memories", "vectors"] {
        fs::create_dir_all(old.join(folder)).unwrap();
    }
    for (from, to) in [
        ("corpus/nodes.json", "memory_nodes/nodes_20240101.json"),
        (
            "corpus/episodes.json",
            "episodic_memories/episodes_20240101.json",
        ),
        ("vectors/nodes.npy", "vectors/node_embeddings_20240101.npy"),
        (
            "vectors/episodes.npy",
            "vectors/episode_embeddings_20240101.npy",
        ),
    ] {
        fs::copy(data.join(from), old.join(to)).unwrap();
    }
    let manifest = json!({
        "nodes_file": "nodes_20240101.json", "node_embeddings_file": "node_embeddings_20240101.npy",
        "episodes_file": "episodes_20240101.json", "episode_embeddings_file": "episode_embeddings_20240101.npy",
    });
    fs::write(old.join("manifest_20240101.json"), manifest.to_string()).unwrap();
    fs::write(old.join("manifest_20230101.json"), "{}").unwrap();
    let again = world.migrate(&["--data-dir", "old"]).expect(0).json();
    assert_eq!(again["nodes"]["unchanged"], json!(40));
    assert_eq!(again["digest"], newer["digest"]);
    let user = world.new_user("fresh@example.com");
    let fresh = world
        .migrate_for(&user, &["--data-dir", "old"])
        .expect(0)
        .json();
    assert_eq!(fresh["episodes"]["inserted"], json!(5));
    assert_eq!(fresh["digest"], newer["digest"]);
    let receipt: serde_json::Value =
        serde_json::from_slice(&fs::read(world.path(fresh["receipt"].as_str().unwrap())).unwrap())
            .unwrap();
    assert_eq!(receipt["layout"], json!("1.x"));
    assert_eq!(
        receipt["files"][0]["path"],
        json!("memory_nodes/nodes_20240101.json")
    );
}

#[test]
fn vectors_need_the_name_of_their_model_unless_they_are_the_usual() {
    let world = World::new();
    let owner = ["--user-id", world.user.as_str()];
    world.corpus(&Corpus::new(24).dim(384));
    let before = world.counts();
    let refused = world.migrate_as(&owner, &[]).expect(3);
    refused
        .says("vectors/nodes.npy")
        .says("384")
        .says("--model");
    world
        .migrate_as(&owner, &["--model", "BAAI/bge-m3"])
        .expect(3)
        .says("1024");
    assert_eq!(world.counts(), before);
    let model = "sentence-transformers/all-MiniLM-L6-v2";
    world.migrate_as(&owner, &["--model", model]).expect(0);
    world.verify(&[]).expect(0);

    let other = world.new_user("usual@example.com");
    world.corpus(&Corpus::new(24).dim(1024));
    world.migrate_as(&["--user-id", &other], &[]).expect(0);
    let spaces = world.column(
        "SELECT DISTINCT s.space_id || ' ' || provider || ' ' || model || ' ' || m.dims
         FROM memory_nodes m JOIN embedding_spaces s USING (space_id) ORDER BY 1",
    );
    assert_eq!(spaces[0], "1 local BAAI/bge-m3 1024");
    assert!(
        spaces[1].ends_with(&format!("local {model} 384")),
        "{spaces:?}"
    );
    // The same rows with another model's name are other rows: vectors are only compared within one.
    let renamed = world
        .migrate_as(&["--user-id", &other], &["--model", "other"])
        .expect(5)
        .json();
    assert_eq!(renamed["nodes"]["kept"], json!(24));
}

#[test]
fn nothing_at_all_is_moved_and_proved_as_well() {
    let world = World::new();
    for (episodes, dims) in [(true, 8), (false, 1024)] {
        let user = world.new_user(&format!("{dims}@example.com"));
        world.corpus(&Corpus::new(0).dim(dims).episodes(episodes));
        let moved = world
            .migrate_as(&["--user-id", &user], &[])
            .expect(0)
            .json();
        assert_eq!(moved["verified"], json!(true));
        assert_eq!(moved["nodes"]["found"], json!(0));
        world.verify_for(&user, &["--exact"]).expect(0);
        let path = moved["receipt"].as_str().unwrap();
        world.verify_for(&user, &["--against", path]).expect(0);
    }
}

#[test]
fn the_object_that_programs_read_has_the_promised_keys() {
    let world = World::new();
    world.corpus(&Corpus::new(16).dim(4));
    let moved = world.migrate(&[]).expect(0).json();
    assert_eq!(
        keys(&moved),
        [
            "digest", "episodes", "nodes", "rate", "receipt", "rejects", "run_id", "scope",
            "seconds", "verified"
        ]
    );
    for kind in ["nodes", "episodes"] {
        assert_eq!(
            keys(&moved[kind]),
            [
                "found",
                "inserted",
                "kept",
                "rejected",
                "unchanged",
                "updated",
                "zero_vectors",
                "zoneless_times"
            ]
        );
    }
    assert_eq!(moved["scope"], json!({"kind": "user", "id": world.user}));
    assert_eq!(moved["digest"].as_str().unwrap().len(), 64);
    assert!(moved["seconds"].as_f64().unwrap() > 0.0 && moved["rate"].as_f64().unwrap() > 0.0);
    assert_eq!(moved["rejects"], json!(null));
}

#[test]
fn without_a_terminal_nothing_happens_unless_yes_is_said() {
    let world = World::new();
    world.corpus(&Corpus::new(16).dim(1024));
    let before = world.counts();
    let unasked = world.run(&["migrate", "--user-id", &world.user]).expect(2);
    unasked.says("16 nodes and 2 episodes").says("--yes");
    assert_eq!(world.counts(), before);
}

#[test]
fn a_kind_that_is_left_out_need_not_be_whole() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(8).dim(8));
    fs::remove_file(data.join("vectors/episodes.npy")).unwrap();
    world.migrate(&[]).expect(3).says("--only nodes");
    let moved = world.migrate(&["--only", "nodes"]).expect(0).json();
    assert_eq!(moved["nodes"]["inserted"], json!(8));
}
