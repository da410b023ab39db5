//! Whatever is changed in the database is found and named, and nothing else is.

use std::fs;

use serde_json::{Value, json};
use testkit::corpus::Corpus;
use testkit::postgres::Server;

use crate::advised::paste;
use crate::support::{World, keys, literal};

/// Seeds of victims and of corpora.
const SEEDS: std::ops::Range<u64> = 0..3;

/// What a mutation must be reported as.
enum Found {
    /// `{a}` is not there.
    Missing,
    /// `{a}` differs in these fields.
    Differs(&'static [&'static str]),
    /// `{a}` and `{b}` differ in these fields.
    BothDiffer(&'static [&'static str]),
}

use Found::{BothDiffer, Differs, Missing};

/// A change made behind the program's back.
struct Mutation {
    name: &'static str,
    table: &'static str,
    /// Which rows can be its victims.
    victims: &'static str,
    /// `{a}` and `{b}` stand for the victims' ids. Only this user's rows are seen, and no other can
    /// be written until `RESET ROLE`.
    sql: &'static str,
    found: Found,
}

const NODES: &str = "memory_nodes";
const EPISODES: &str = "episodic_memories";

#[rustfmt::skip] // a table
const MUTATIONS: &[Mutation] = &[
    // Rows
    Mutation { name: "a node deleted", table: NODES, victims: "true",
        sql: "DELETE FROM memory_nodes WHERE id = {a}", found: Missing },
    Mutation { name: "an episode deleted", table: EPISODES, victims: "true",
        sql: "DELETE FROM episodic_memories WHERE id = {a}", found: Missing },
    Mutation { name: "a node moved to another scope", table: NODES, victims: "true",
        sql: "DELETE FROM node_vectors WHERE id = {a}; RESET ROLE;
              UPDATE memory_nodes SET scope_id = {nobody}, user_id = {nobody} WHERE id = {a} AND scope_id = {user}",
        found: Missing },
    Mutation { name: "a node renamed", table: NODES, victims: "true",
        sql: "DELETE FROM node_vectors WHERE id = {a}; UPDATE memory_nodes SET id = id || ' ' WHERE id = {a}",
        found: Missing },
    // Vectors
    Mutation { name: "two vectors swapped", table: NODES, victims: "vector_norm(embedding) > 0",
        sql: "UPDATE memory_nodes m SET embedding = o.embedding FROM memory_nodes o
                  WHERE m.id IN ({a}, {b}) AND o.id IN ({a}, {b}) AND m.id <> o.id;
              UPDATE node_vectors m SET v = o.v FROM node_vectors o
                  WHERE m.id IN ({a}, {b}) AND o.id IN ({a}, {b}) AND m.id <> o.id", found: BothDiffer(&["embedding"]) },
    Mutation { name: "two vectors swapped, but not their narrow forms", table: NODES, victims: "vector_norm(embedding) > 0",
        sql: "UPDATE memory_nodes m SET embedding = o.embedding FROM memory_nodes o
                  WHERE m.id IN ({a}, {b}) AND o.id IN ({a}, {b}) AND m.id <> o.id",
        found: BothDiffer(&["embedding", "search form"]) },
    Mutation { name: "a zero got a sign", table: NODES, victims: "embedding::text LIKE '[0,%'",
        sql: "UPDATE memory_nodes SET embedding = ('[-0' || substr(embedding::text, 3))::vector WHERE id = {a}",
        found: Differs(&["embedding"]) },
    Mutation { name: "a zero lost its sign", table: NODES, victims: "embedding::text LIKE '[-0,%'",
        sql: "UPDATE memory_nodes SET embedding = ('[0' || substr(embedding::text, 4))::vector WHERE id = {a}",
        found: Differs(&["embedding"]) },
    Mutation { name: "a vector longer by nothing", table: NODES, victims: "vector_norm(embedding) > 0",
        sql: "DELETE FROM node_vectors WHERE id = {a};
              UPDATE memory_nodes SET embedding = (rtrim(embedding::text, ']') || ',0]')::vector, dims = 9, space_id = 77 WHERE id = {a};
              INSERT INTO node_vectors SELECT scope_id, id, 77, l2_normalize(embedding)::halfvec FROM memory_nodes WHERE id = {a}",
        found: Differs(&["embedding", "space_id"]) },
    Mutation { name: "a vector gone", table: NODES, victims: "vector_norm(embedding) > 0",
        sql: "DELETE FROM node_vectors WHERE id = {a};
              UPDATE memory_nodes SET embedding = NULL, dims = NULL, space_id = NULL WHERE id = {a}",
        found: Differs(&["embedding"]) },
    Mutation { name: "a vector gone, its narrow form not", table: EPISODES, victims: "vector_norm(embedding) > 0",
        sql: "UPDATE episodic_memories SET embedding = NULL WHERE id = {a}", found: Differs(&["embedding", "search form"]) },
    Mutation { name: "a narrow form deleted", table: NODES, victims: "vector_norm(embedding) > 0",
        sql: "DELETE FROM node_vectors WHERE id = {a}", found: Differs(&["search form"]) },
    Mutation { name: "a narrow form altered", table: EPISODES, victims: "vector_norm(embedding) > 0",
        sql: "UPDATE episode_vectors SET v = l2_normalize(v + ('[1' || repeat(',0', 7) || ']')::halfvec) WHERE id = {a}",
        found: Differs(&["search form"]) },
    Mutation { name: "a narrow form of a zero vector", table: NODES, victims: "vector_norm(embedding) = 0",
        sql: "INSERT INTO node_vectors SELECT scope_id, id, space_id, ('[1' || repeat(',0', 7) || ']')::halfvec
                  FROM memory_nodes WHERE id = {a}", found: Differs(&["search form"]) },
    // Text and words
    Mutation { name: "a text cut by a character", table: NODES, victims: "assistant_content <> ''",
        sql: "UPDATE memory_nodes SET assistant_content = left(assistant_content, -1) WHERE id = {a}",
        found: Differs(&["assistant_content"]) },
    Mutation { name: "the case of one character", table: NODES, victims: "human_content ~ '^[a-z]'",
        sql: "UPDATE memory_nodes SET human_content = upper(left(human_content, 1)) || substr(human_content, 2) WHERE id = {a}",
        found: Differs(&["human_content"]) },
    Mutation { name: "a text whose source the column cannot hold", table: NODES,
        victims: "human_content LIKE '%\u{fffd}%' AND carry IS NOT NULL",
        sql: "UPDATE memory_nodes SET human_content = 'something else' WHERE id = {a}", found: Differs(&["human_content"]) },
    Mutation { name: "another word of a few", table: NODES, victims: "intent_type <> 'complaint'",
        sql: "UPDATE memory_nodes SET intent_type = 'complaint' WHERE id = {a}", found: Differs(&["intent_type"]) },
    Mutation { name: "three columns at once", table: NODES, victims: "true",
        sql: "UPDATE memory_nodes SET sequence_index = sequence_index + 1, has_code = NOT has_code, source = source || 'x' WHERE id = {a}",
        found: Differs(&["sequence_index", "source", "has_code"]) },
    Mutation { name: "a title emptied", table: EPISODES, victims: "title <> ''",
        sql: "UPDATE episodic_memories SET title = '' WHERE id = {a}", found: Differs(&["title"]) },
    // Times
    Mutation { name: "a time later by a microsecond", table: NODES, victims: "carry IS NULL",
        sql: "UPDATE memory_nodes SET created_at = created_at + interval '1 microsecond' WHERE id = {a}",
        found: Differs(&["created_at"]) },
    Mutation { name: "a time that named no zone", table: NODES, victims: "position('created_at'::bytea IN carry) > 0",
        sql: "UPDATE memory_nodes SET created_at = created_at + interval '1 microsecond' WHERE id = {a}",
        found: Differs(&["created_at"]) },
    Mutation { name: "a time gone", table: EPISODES, victims: "updated_at IS NOT NULL",
        sql: "UPDATE episodic_memories SET updated_at = NULL WHERE id = {a}", found: Differs(&["updated_at"]) },
    // Numbers
    Mutation { name: "a real number lost its sign", table: EPISODES, victims: "duration_minutes::text = '-0'",
        sql: "UPDATE episodic_memories SET duration_minutes = 0 WHERE id = {a}", found: Differs(&["duration_minutes"]) },
    Mutation { name: "the last bit of a real number", table: EPISODES, victims: "avg_complexity > 1",
        sql: "UPDATE episodic_memories SET avg_complexity = avg_complexity + 2.220446049250313e-16 WHERE id = {a} AND avg_complexity < 2;
              UPDATE episodic_memories SET avg_complexity = avg_complexity + 4.440892098500626e-16 WHERE id = {a} AND avg_complexity >= 2",
        found: Differs(&["avg_complexity"]) },
    Mutation { name: "a number of messages", table: EPISODES, victims: "true",
        sql: "UPDATE episodic_memories SET message_count = message_count + 1 WHERE id = {a}", found: Differs(&["message_count"]) },
    // Documents and lists
    Mutation { name: "a string became a number", table: NODES, victims: "jsonb_typeof(tags #> '{topics,0}') = 'string'",
        sql: "UPDATE memory_nodes SET tags = jsonb_set(tags, '{topics,0}', '1') WHERE id = {a}", found: Differs(&["tags"]) },
    Mutation { name: "an object became a string", table: NODES, victims: "true",
        sql: "UPDATE memory_nodes SET tags = to_jsonb(tags::text) WHERE id = {a}", found: Differs(&["tags"]) },
    Mutation { name: "an item of tags dropped", table: NODES, victims: "jsonb_array_length(tags -> 'topics') > 0",
        sql: "UPDATE memory_nodes SET tags = tags #- '{topics,-1}' WHERE id = {a}", found: Differs(&["tags"]) },
    Mutation { name: "tags in another order", table: NODES, victims: "tags #> '{topics,0}' <> tags #> '{topics,1}'",
        sql: "UPDATE memory_nodes SET tags = jsonb_set(tags, '{topics}', jsonb_build_array(tags #> '{topics,1}', tags #> '{topics,0}') || (tags -> 'topics') - 0 - 0)
                  WHERE id = {a}", found: Differs(&["tags"]) },
    Mutation { name: "a node dropped from an episode", table: EPISODES, victims: "cardinality(memory_node_ids) > 1",
        sql: "UPDATE episodic_memories SET memory_node_ids = memory_node_ids[2:] WHERE id = {a}", found: Differs(&["memory_node_ids"]) },
    Mutation { name: "nodes of an episode in another order", table: EPISODES, victims: "cardinality(memory_node_ids) > 1",
        sql: "UPDATE episodic_memories SET memory_node_ids = memory_node_ids[2:] || memory_node_ids[1] WHERE id = {a}",
        found: Differs(&["memory_node_ids"]) },
    Mutation { name: "an empty list got an item", table: EPISODES, victims: "related_episode_ids = '{}'",
        sql: "UPDATE episodic_memories SET related_episode_ids = '{\"\"}' WHERE id = {a}", found: Differs(&["related_episode_ids"]) },
    Mutation { name: "messages in another order", table: EPISODES, victims: "true",
        sql: "UPDATE episodic_memories SET messages = (messages - 0) || (messages -> 0) WHERE id = {a}", found: Differs(&["messages"]) },
    Mutation { name: "a key of a message gone", table: EPISODES, victims: "true",
        sql: "UPDATE episodic_memories SET messages = messages #- '{0,role}' WHERE id = {a}", found: Differs(&["messages"]) },
    Mutation { name: "the value of an unknown key", table: NODES, victims: "extra ? 'dia_ids'",
        sql: "UPDATE memory_nodes SET extra = jsonb_set(extra, '{dia_ids,0}', '\"D9:9\"') WHERE id = {a}", found: Differs(&["extra"]) },
    Mutation { name: "an unknown key more", table: NODES, victims: "true",
        sql: "UPDATE memory_nodes SET extra = extra || '{\"more\": null}' WHERE id = {a}", found: Differs(&["extra"]) },
    Mutation { name: "the place of a decimal's end", table: NODES, victims: "extra ? 'big'",
        sql: "UPDATE memory_nodes SET extra = jsonb_set(extra, '{big,3}', '1.00') WHERE id = {a}", found: Differs(&["extra"]) },
    // What the columns cannot give back
    Mutation { name: "the carry gone", table: NODES, victims: "position('\"values\"'::bytea IN carry) > 0",
        sql: "UPDATE memory_nodes SET carry = NULL WHERE id = {a}", found: Differs(&["carry"]) },
    Mutation { name: "the carry emptied", table: NODES, victims: "position('\"keys\"'::bytea IN carry) > 0",
        sql: "UPDATE memory_nodes SET carry = '{}' WHERE id = {a}", found: Differs(&["carry"]) },
    Mutation { name: "the carry no JSON", table: EPISODES, victims: "carry IS NOT NULL",
        sql: "UPDATE episodic_memories SET carry = substr(carry, 2) WHERE id = {a}", found: Differs(&["carry"]) },
    Mutation { name: "another time in the carry", table: NODES, victims: "position('created_at'::bytea IN carry) > 0",
        sql: "UPDATE memory_nodes SET carry = convert_to(replace(convert_from(carry, 'UTF8'), '2023', '2024'), 'UTF8') WHERE id = {a}",
        found: Differs(&["carry"]) },
    Mutation { name: "a carry where there was none", table: NODES, victims: "carry IS NULL",
        sql: "UPDATE memory_nodes SET carry = '{\"values\":{\"human_content\":\"other\"}}' WHERE id = {a}", found: Differs(&["carry"]) },
];

/// A database with two users who have the same memories, and a copy of every table to go back to.
struct Scene {
    world: World,
    other: String,
    nobody: String,
}

const TABLES: [&str; 4] = [
    "memory_nodes",
    "episodic_memories",
    "node_vectors",
    "episode_vectors",
];

impl Scene {
    fn new() -> Self {
        let world = World::new();
        world.corpus(&Corpus::new(256).dim(8).seed(5).dirty(true));
        world.migrate(&[]).expect(0);
        let other = world.new_user("other@example.com");
        world.migrate_for(&other, &[]).expect(0);
        let nobody = world.new_user("nobody@example.com");
        let copies: String = TABLES
            .iter()
            .map(|table| format!("CREATE TABLE copy.{table} AS SELECT * FROM {table};"))
            .collect();
        world.database.batch(&format!(
            "CREATE SCHEMA copy; {copies}
             INSERT INTO embedding_spaces (space_id, provider, model, dims) VALUES (77, 'local', 'wider', 9)"
        ));
        Self {
            world,
            other,
            nobody,
        }
    }

    /// As it was before any mutation. Narrow forms go with their memories, and come after them.
    fn restore(&self) {
        let fill: String = TABLES
            .iter()
            .map(|table| format!("INSERT INTO {table} SELECT * FROM copy.{table};"))
            .collect();
        self.world.database.batch(&format!(
            "DELETE FROM memory_nodes; DELETE FROM episodic_memories; {fill}"
        ));
    }

    /// Ids of this user's rows that fit, in an order of the seed.
    fn victims(&self, table: &str, fit: &str, seed: u64) -> Vec<String> {
        let query = format!(
            "SELECT id FROM {table} WHERE scope_id = '{}' AND ({fit}) ORDER BY md5(id || '{seed}') LIMIT 2",
            self.world.user
        );
        self.world.column(&query)
    }

    fn mutate(&self, sql: &str, victims: &[String]) {
        let (user, nobody) = (literal(&self.world.user), literal(&self.nobody));
        let mut sql = sql.replace("{user}", &user).replace("{nobody}", &nobody);
        for (name, id) in ["{a}", "{b}"].iter().zip(victims) {
            sql = sql.replace(name, &literal(id));
        }
        let bind = format!("SET ROLE tulving_app; SET tulving.scope_id = {user};");
        self.world.database.batch(&format!("{bind} {sql}"));
    }
}

#[test]
fn every_mutation_is_found_and_named() {
    let scene = Scene::new();
    let untouched = scene.world.verify(&["--exact"]).expect(0).json();
    for mutation in MUTATIONS {
        for seed in SEEDS {
            let victims = scene.victims(mutation.table, mutation.victims, seed);
            let name = format!("{}, seed {seed}, {victims:?}", mutation.name);
            assert!(!victims.is_empty(), "{name}: nothing to mutate");
            scene.mutate(mutation.sql, &victims);
            let ran = scene.world.verify(&[]);
            assert_eq!(ran.code, Some(5), "{name}: {}{}", ran.stdout, ran.stderr);
            let found = ran.json();
            assert_eq!(found["verified"], json!(false), "{name}");
            let (hit, spared) = match mutation.table {
                NODES => ("nodes", "episodes"),
                _ => ("episodes", "nodes"),
            };
            let differs = |count, fields: &[&str]| -> Vec<Value> {
                let of = |id: &String| json!({"id": id, "fields": fields});
                victims.iter().take(count).map(of).collect()
            };
            let (missing, mut different) = match mutation.found {
                Missing => (vec![victims[0].clone()], Vec::new()),
                Differs(fields) => (Vec::new(), differs(1, fields)),
                BothDiffer(fields) => (Vec::new(), differs(2, fields)),
            };
            let mut told = found[hit]["different"].as_array().unwrap().clone();
            for list in [&mut told, &mut different] {
                list.sort_by_key(|row| row["id"].to_string());
            }
            assert_eq!(told, different, "{name}");
            assert_eq!(found[hit]["missing"], json!(missing), "{name}");
            assert_eq!(
                found[hit]["different_count"],
                json!(different.len()),
                "{name}"
            );
            assert_eq!(found[hit]["missing_count"], json!(missing.len()), "{name}");
            assert_eq!(found[spared], untouched[spared], "{name}");
            assert_eq!(
                found["digest"]["source"], untouched["digest"]["source"],
                "{name}"
            );
            scene.restore();
        }
    }
    // The other user has rows with the same ids. They were never touched.
    let other = scene.world.verify_for(&scene.other, &["--exact"]).expect(0);
    assert_eq!(other.json()["digest"], untouched["digest"]);
    scene.world.verify(&["--exact"]).expect(0);
}

#[test]
fn one_flipped_bit_of_one_float_is_found() {
    let scene = Scene::new();
    for seed in 0..16 {
        let victims = scene.victims(NODES, "vector_norm(embedding) > 0", seed);
        let text = scene.world.database.scalar(&format!(
            "SELECT embedding::text FROM memory_nodes WHERE scope_id = '{}' AND id = {}",
            scene.world.user,
            literal(&victims[0])
        ));
        let mut floats: Vec<f32> = text
            .trim_matches(['[', ']'])
            .split(',')
            .map(|float| float.parse().unwrap())
            .collect();
        // Bits of the fraction and the sign: of the exponent some make infinities, which pgvector refuses.
        let bit = [31, 0, 1, 7, 15, 22][seed as usize % 6];
        let at = seed as usize % floats.len();
        floats[at] = f32::from_bits(floats[at].to_bits() ^ (1 << bit));
        scene.mutate(
            &format!("UPDATE memory_nodes SET embedding = '{floats:?}' WHERE id = {{a}}"),
            &victims,
        );
        let found = scene.world.verify(&[]).expect(5).json();
        let different = &found["nodes"]["different"];
        assert_eq!(different.as_array().unwrap().len(), 1, "bit {bit} of {at}");
        assert_eq!(different[0]["id"], json!(victims[0]));
        assert_eq!(different[0]["fields"][0], json!("embedding"));
        scene.restore();
    }
}

#[test]
fn vectors_shifted_by_one_are_found_in_every_row_and_twenty_are_named() {
    let scene = Scene::new();
    let next = "SELECT scope_id, id, embedding, lead(embedding, 1) OVER w AS next, \
                       lag(embedding, 255) OVER w AS first FROM memory_nodes \
                WHERE scope_id = {user} WINDOW w AS (PARTITION BY scope_id ORDER BY ord)";
    let differ = format!(
        "SELECT count(*) FROM ({next}) s WHERE vector_send(embedding) <> vector_send(coalesce(next, first))"
    );
    let user = literal(&scene.world.user);
    let expected = scene
        .world
        .database
        .scalar(&differ.replace("{user}", &user));
    scene.mutate(
        &format!(
            "UPDATE memory_nodes m SET embedding = coalesce(s.next, s.first) FROM ({next}) s WHERE s.id = m.id;
             DELETE FROM node_vectors;
             INSERT INTO node_vectors SELECT scope_id, id, space_id, l2_normalize(embedding)::halfvec
                 FROM memory_nodes WHERE vector_norm(embedding) > 0"
        ),
        &[],
    );
    let found = scene.world.verify(&[]).expect(5).json();
    assert_eq!(found["nodes"]["different_count"].to_string(), expected);
    let named = found["nodes"]["different"].as_array().unwrap();
    assert_eq!(named.len(), 20);
    assert!(
        named
            .iter()
            .all(|row| row["fields"] == json!(["embedding"]))
    );
    scene.world.verify_for(&scene.other, &["--exact"]).expect(0);
}

#[test]
fn what_was_never_stored_is_named_and_can_be_mended() {
    let scene = Scene::new();
    for (victims, change, column) in [
        (
            EPISODES,
            "SET created_at = 'infinity'",
            "episodic_memories.created_at",
        ),
        (
            EPISODES,
            "SET related_episode_ids = '{NULL}'",
            "episodic_memories.related_episode_ids",
        ),
        (
            NODES,
            "SET last_accessed = '0044-03-15 BC'",
            "memory_nodes.last_accessed",
        ),
    ] {
        let victim = scene.victims(victims, "true", 1);
        scene.mutate(
            &format!("UPDATE {victims} {change} WHERE id = {{a}}"),
            &victim,
        );
        let ran = scene.world.verify(&[]).expect(5);
        ran.says(column).says(&format!("{:?}", victim[0]));
        // The advice that is given holds.
        let (_, advice) = ran.stderr.split_once("try: ").unwrap();
        let (delete, more) = advice
            .split_once("   (OWNER is the owner's id); then ")
            .unwrap();
        let (rebuild, migrate) = more.split_once(", and ").unwrap();
        let (migrate, _) = migrate.split_once(", which").unwrap();
        let world = &scene.world;
        let programs = Server::shared().bin_dir();
        let programs = programs.map_or_else(|| "/usr/bin".into(), |bin| bin.display().to_string());
        let environment = [("DATABASE_URL", world.database.url())];
        for line in [
            &format!(
                "PATH={programs}:$PATH {}",
                delete.replace("OWNER", &world.user)
            ),
            rebuild,
            &format!("{migrate} --model test-model --yes"),
        ] {
            paste(world.directory.path(), &environment, line).expect(0);
        }
        let deep = [
            "doctor",
            "--deep",
            "--backend",
            "postgres",
            "--user-id",
            &world.user,
        ];
        world.run(&deep).expect(0);
        scene.world.verify(&["--exact"]).expect(0);
    }
}

#[test]
fn untouched_databases_verify() {
    let world = World::new();
    for seed in 0..20 {
        let user = world.new_user(&format!("{seed}@example.com"));
        let corpus = Corpus::new(64 + 3 * seed as usize)
            .dim(1 + seed as usize)
            .seed(seed);
        world.corpus(&corpus.dirty(seed % 4 != 0).episodes(seed % 5 != 0));
        let migrated = world.migrate_for(&user, &[]).expect(0).json();
        let verified = world.verify_for(&user, &["--exact"]).expect(0).json();
        let plain = world.verify_for(&user, &[]).expect(0).json();
        assert_eq!(plain["digest"]["source"], migrated["digest"], "seed {seed}");
        assert_eq!(verified["nodes"]["equal"], verified["nodes"]["target"]);
        assert_eq!(verified["nodes"]["live_count"], json!(0));
        for kind in ["nodes", "episodes"] {
            for list in ["missing", "extra", "different"] {
                assert_eq!(verified[kind][list], json!([]), "seed {seed}");
            }
        }
    }
}

#[test]
fn what_lives_on_counts_only_when_exactness_is_asked_for() {
    let scene = Scene::new();
    let before = scene.world.verify(&[]).expect(0).json();
    for (table, kind, change, field) in [
        (
            NODES,
            "nodes",
            "access_count = access_count + 1",
            "access_count",
        ),
        (NODES, "nodes", "last_accessed = now()", "last_accessed"),
        (NODES, "nodes", "cluster_id = 4711", "cluster_id"),
        (NODES, "nodes", "cluster_label = 'new'", "cluster_label"),
        (
            NODES,
            "nodes",
            "cluster_confidence = 0.123",
            "cluster_confidence",
        ),
        (
            EPISODES,
            "episodes",
            "access_count = access_count + 1",
            "access_count",
        ),
        (
            EPISODES,
            "episodes",
            "last_accessed = now()",
            "last_accessed",
        ),
    ] {
        let victims = scene.victims(table, "true", 3);
        scene.mutate(
            &format!("UPDATE {table} SET {change} WHERE id IN ({{a}}, {{b}})"),
            &victims,
        );
        let found = scene.world.verify(&[]).expect(0).json();
        assert_eq!(found[kind]["live_count"], json!(2), "{field}");
        assert_eq!(found["digest"], before["digest"], "{field}");
        let exact = scene.world.verify(&["--exact"]).expect(5).json();
        assert_eq!(exact[kind]["different_count"], json!(2), "{field}");
        for row in exact[kind]["different"].as_array().unwrap() {
            assert_eq!(row["fields"], json!([field]));
            assert!(victims.contains(&row["id"].as_str().unwrap().to_owned()));
        }
        // Nor does the next migration take it back.
        let again = scene
            .world
            .migrate(&["--existing", "update"])
            .expect(0)
            .json();
        assert_eq!(again[kind]["updated"], json!(0), "{field}");
        scene.restore();
    }
    // A place in the source is no content: the source may be sorted anew.
    scene.mutate("UPDATE memory_nodes SET ord = ord + 1000", &[]);
    scene.world.verify(&["--exact"]).expect(0);
}

#[test]
fn rows_added_later_are_told_and_count_only_when_exactness_is_asked_for() {
    let scene = Scene::new();
    scene.mutate(
        "INSERT INTO memory_nodes (scope_id, user_id, id, ord, conversation_id, sequence_index, human_content,
                                   assistant_content, source, created_at)
         SELECT {user}, {user}, 'added ' || n, 9000 + n, 'c', n, 'q', 'a', 'grok', now() FROM generate_series(1, 25) n",
        &[],
    );
    let found = scene.world.verify(&[]).expect(0).json();
    assert_eq!(found["verified"], json!(true));
    assert_eq!(found["nodes"]["target"], json!(256 + 25));
    assert_eq!(found["nodes"]["extra_count"], json!(25));
    assert_eq!(found["nodes"]["different_count"], json!(0));
    let named = found["nodes"]["extra"].as_array().unwrap();
    assert_eq!(named.len(), 20);
    assert!(
        named
            .iter()
            .all(|id| id.as_str().unwrap().starts_with("added "))
    );
    let exact = scene.world.verify(&["--exact"]).expect(5).json();
    assert_eq!(exact["verified"], json!(false));
    assert_eq!(exact["digest"]["source"], exact["digest"]["target"]);
}

#[test]
fn the_object_that_programs_read_has_the_promised_keys() {
    let world = World::new();
    world.corpus(&Corpus::new(16).dim(4));
    world.migrate(&[]).expect(0);
    let found = world.verify(&[]).expect(0).json();
    assert_eq!(
        keys(&found),
        [
            "against", "digest", "episodes", "nodes", "scope", "verified"
        ]
    );
    assert_eq!(found["scope"], json!({"kind": "user", "id": world.user}));
    for kind in ["nodes", "episodes"] {
        assert_eq!(
            keys(&found[kind]),
            [
                "different",
                "different_count",
                "equal",
                "extra",
                "extra_count",
                "live_count",
                "missing",
                "missing_count",
                "rejected",
                "source",
                "target",
            ]
        );
    }
    assert_eq!(found["digest"].as_object().unwrap().len(), 2);
    assert_eq!(found["digest"]["source"].as_str().unwrap().len(), 64);
}

/// A change of a receipt's text, what comes of it, and what is said.
type Tampering = (&'static str, fn(&mut Value), i32, &'static str);

#[test]
fn a_receipt_is_held_against_source_and_database() {
    let scene = Scene::new();
    let world = &scene.world;
    let path = world.path("r.json");
    world
        .migrate(&["--receipt", path.to_str().unwrap()])
        .expect(0);
    let against = |more: &[&str]| {
        let mut args = vec!["--against", "r.json"];
        args.extend(more);
        world.verify(&args)
    };
    assert_eq!(against(&[]).expect(0).json()["against"], json!([]));
    // Rows that came later and live fields do not concern it, however exact one is.
    scene.mutate("UPDATE memory_nodes SET access_count = 7", &[]);
    against(&[]).expect(0);
    scene.restore();
    against(&["--exact"]).expect(0);

    // Another target.
    let victims = scene.victims(NODES, "carry IS NULL", 9);
    scene.mutate(
        "UPDATE memory_nodes SET human_content = human_content || '.' WHERE id = {a}",
        &victims,
    );
    let found = against(&[]).expect(5).json();
    let said = found["against"].to_string();
    assert!(said.contains("the digest of the database's rows"), "{said}");
    assert!(!said.contains("source's rows"), "{said}");
    scene.restore();

    // Another source, which the database follows: still not what was receipted.
    let nodes = world.path("data/corpus/nodes.json");
    let text = fs::read_to_string(&nodes).unwrap();
    fs::write(
        &nodes,
        text.replacen("\"urgency\": \"low\"", "\"urgency\": \"high\"", 1),
    )
    .unwrap();
    world.migrate(&["--existing", "update"]).expect(0);
    let found = against(&[]).expect(5).json();
    let said = found["against"].to_string();
    assert!(said.contains("corpus/nodes.json has changed"), "{said}");
    assert_eq!(found["nodes"]["different_count"], json!(0));
    assert_eq!(found["verified"], json!(false));
    // White space is no content, but the file is another one.
    fs::write(&nodes, text.replacen("[", "[ ", 1)).unwrap();
    scene.restore();
    let found = against(&[]).expect(5).json();
    assert_eq!(found["against"], json!(["corpus/nodes.json has changed"]));
    fs::write(&nodes, &text).unwrap();
    against(&[]).expect(0);

    // Another scope's receipt, and what is none.
    let ran = world.verify_for(&scene.other, &["--against", "r.json"]);
    let said = ran.expect(5).json()["against"].to_string();
    assert!(
        said.contains(&format!("the receipt is for user {}", world.user)),
        "{said}"
    );
    fs::write(world.path("nothing.json"), "{}").unwrap();
    fs::write(world.path("binary.json"), [0xff, 0, 1]).unwrap();
    for file in ["nothing.json", "binary.json", "data/manifest.json"] {
        world
            .verify(&["--against", file])
            .expect(2)
            .says("is not a receipt");
    }
    world
        .verify(&["--against", "absent.json"])
        .expect(2)
        .says("absent.json");

    let receipt: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let tamperings: &[Tampering] = &[
        (
            "source digest",
            |r| r["source_digest"] = "0".repeat(64).into(),
            5,
            "the source's rows",
        ),
        (
            "target digest",
            |r| r["target_digest"] = "0".repeat(64).into(),
            5,
            "the database's rows",
        ),
        (
            "checksum",
            |r| r["files"][0]["sha256"] = "0".repeat(64).into(),
            5,
            "nodes.json has changed",
        ),
        (
            "file",
            |r| r["files"][1]["path"] = "vectors/x.npy".into(),
            5,
            "vectors/x.npy is not there",
        ),
        (
            "a file less",
            |r| drop(r["files"].as_array_mut().unwrap().pop()),
            5,
            "vectors/episodes.npy",
        ),
        ("nodes", |r| r["nodes"]["found"] = 255.into(), 5, "255"),
        ("episodes", |r| r["episodes"]["found"] = 33.into(), 5, "33"),
        (
            "space",
            |r| r["space"]["model"] = "another".into(),
            5,
            "another",
        ),
        (
            "not proved",
            |r| r["verified"] = false.into(),
            5,
            "was not verified",
        ),
        (
            "scope",
            |r| r["scope"]["kind"] = "tenant".into(),
            5,
            "tenant",
        ),
        ("format", |r| r["format"] = 2.into(), 2, "form 2"),
        (
            "a member less",
            |r| drop(r.as_object_mut().unwrap().remove("run_id")),
            2,
            "run_id",
        ),
    ];
    for (what, tamper, code, said) in tamperings {
        let mut tampered = receipt.clone();
        tamper(&mut tampered);
        fs::write(&path, tampered.to_string()).unwrap();
        let ran = against(&[]);
        assert_eq!(ran.code, Some(*code), "{what}: {}", ran.stdout);
        assert!(ran.stdout.contains(said), "{what}: {}", ran.stdout);
    }
}

#[test]
fn a_receipt_of_one_kind_or_of_another_reading_is_checked_as_it_was_made() {
    let world = World::new();
    let stranger = world.new_user("stranger@example.com");
    world.corpus(&Corpus::new(32).dim(4).user_id(&stranger));
    let more = ["--only", "nodes", "--restamp", "--receipt", "r.json"];
    world.migrate(&more).expect(0);
    // By itself it would miss the episodes, and refuse the stamps.
    assert_eq!(
        world.verify(&["--restamp"]).expect(5).json()["episodes"]["missing_count"],
        json!(4)
    );
    world.verify(&["--against", "r.json"]).expect(0);
    world.migrate(&["--restamp"]).expect(0);
    world.verify(&["--against", "r.json", "--exact"]).expect(0);
}

#[test]
fn rows_of_another_model_are_told_in_one_line() {
    let world = World::new();
    world.corpus(&Corpus::new(30).dim(8).episodes(false));
    world.migrate(&[]).expect(0);
    let again = [
        "migrate",
        "--user-id",
        &world.user,
        "--model",
        "m2",
        "--yes",
    ];
    let told = world.run(&again).expect(5).stdout;
    let line = "different  30 nodes, the first 20 in space_id alone: the vectors in the database belong to another model";
    assert!(told.contains(line), "{told}");
    assert_eq!(told.matches("space_id").count(), 1, "{told}");
}

#[test]
fn what_only_exact_counts_is_told_apart_and_the_advice_works() {
    let world = World::new();
    world.corpus(&Corpus::new(20).dim(4));
    world.migrate(&[]).expect(0);
    world
        .database
        .batch("UPDATE memory_nodes SET access_count = access_count + 1");
    let args = ["verify", "--user-id", &world.user];
    let told = world
        .run(&[&args[..], &["--exact"]].concat())
        .expect(5)
        .stdout;
    assert!(
        told.contains("holds what the source holds, but not exactly as it is there"),
        "{told}"
    );
    let command = told
        .lines()
        .last()
        .unwrap()
        .trim()
        .strip_prefix("tulving ")
        .unwrap();
    let advised: Vec<&str> = command.split(' ').collect();
    world.run(&advised).expect(0);
}

#[test]
fn doctor_counts_memories_without_a_vector() {
    let world = World::new();
    world.corpus(&Corpus::new(20).dim(4));
    world.migrate(&[]).expect(0);
    world.database.batch(
        "DELETE FROM node_vectors WHERE id IN (SELECT id FROM memory_nodes ORDER BY id LIMIT 3);
         UPDATE memory_nodes SET embedding = NULL, space_id = NULL, dims = NULL
         WHERE id IN (SELECT id FROM memory_nodes ORDER BY id LIMIT 3)",
    );
    let args = ["doctor", "--backend", "postgres", "--user-id", &world.user];
    let told = world.run(&args).expect(0).stdout;
    assert!(
        told.contains("3 memories without, found by words only"),
        "{told}"
    );
    assert!(told.contains("tulving update --missing-vectors"), "{told}");
}
