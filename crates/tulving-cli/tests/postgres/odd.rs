//! Odd input that is valid arrives whole.

use std::fs;

use serde_json::{Value, json};

use crate::data::{Data, EPISODE_VECTORS, EPISODES, MANIFEST, NODE_VECTORS, NODES};
use crate::support::World;

/// A directory that is odd in some way is moved, proved equal down to what changes in use, and
/// found unchanged by a second run. Gives what the first run reported.
#[track_caller]
fn arrives(world: &World, args: &[&str]) -> Value {
    let first = world.migrate(args).expect(0).json();
    assert_eq!(first["verified"], json!(true));
    for kind in ["nodes", "episodes"] {
        assert_eq!(first[kind]["inserted"], first[kind]["found"], "{kind}");
    }
    let cast: Vec<&str> = args
        .iter()
        .copied()
        .filter(|arg| !arg.starts_with("--model"))
        .collect();
    let verified = world
        .verify(&[&["--exact"], cast.as_slice()].concat())
        .expect(0)
        .json();
    assert_eq!(verified["nodes"]["equal"], first["nodes"]["found"]);
    let second = world.migrate(args).expect(0).json();
    assert_eq!(second["nodes"]["unchanged"], first["nodes"]["found"]);
    assert_eq!(second["episodes"]["unchanged"], first["episodes"]["found"]);
    first
}

/// The numbers of the nodes' vectors as the database holds them, in source order.
fn stored(world: &World) -> Vec<f32> {
    let rows = world
        .database
        .rows("SELECT encode(vector_send(embedding), 'hex') FROM memory_nodes ORDER BY ord");
    let numbers = |hex: String| -> Vec<f32> {
        let words = hex.as_bytes()[8..].chunks(8);
        words
            .map(|word| u32::from_str_radix(std::str::from_utf8(word).unwrap(), 16).unwrap())
            .map(f32::from_bits)
            .collect()
    };
    rows.into_iter()
        .flatten()
        .flatten()
        .flat_map(numbers)
        .collect()
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// Whatever Python puts into a string or a number, or a person into a file.
const TEXTS: &[&str] = &[
    r#""\u0000""#,
    r#""a\u0000b\u0000""#,
    r#""\ud83d""#,
    r#""\ude00\ud83d x \ud83d\ude00""#,
    r#""\ufffd \u0000 \ufffd""#,
    r#""""#,
    r#""\\x00 \\u0000 {\"a\": 1} ' $1 \u001f\u007f""#,
    "\"é é 한 😀 \u{2028} \u{feff}\"",
];

const NUMBERS: &[&str] = &[
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "-0",
    "-0.0",
    "0e5",
    "1e22",
    "1E+22",
    "1.10",
    "1e-400",
    "123456789012345678901234567890",
    "0.1000000000000000055511151231257827",
    "5e-324",
    "1.7976931348623157e308",
];

#[test]
fn texts_and_numbers_that_no_column_can_hold() {
    let world = World::new();
    let data = Data::fresh(&world.path("data"));
    for (index, text) in TEXTS.iter().enumerate() {
        for field in [
            "conversation_id",
            "human_content",
            "assistant_content",
            "cluster_label",
            "unknown",
        ] {
            data.set(NODES, index, field, Some(text));
        }
        data.set(
            NODES,
            index,
            "tags",
            Some(&format!(
                r#"{{"topics": [{text}, {text}], {text}: {text}, "domains": []}}"#
            )),
        );
        // A key twice, once spelled by escapes.
        data.set(
            NODES,
            index,
            "more",
            Some(&format!(
                r#"{{{text}: 1, "a": {{{text}: [{text}]}}, "\u0061": 2}}"#
            )),
        );
    }
    for (index, text) in TEXTS.iter().take(2).enumerate() {
        for field in ["title", "dominant_intent", "emotional_arc", "urgency_max"] {
            data.set(EPISODES, index, field, Some(text));
        }
        let texts = TEXTS.join(",");
        data.set(
            EPISODES,
            index,
            "memory_node_ids",
            Some(&format!("[{texts}]")),
        );
        data.set(
            EPISODES,
            index,
            "related_episode_ids",
            Some(&format!("[{texts}]")),
        );
        data.set(
            EPISODES,
            index,
            "messages",
            Some(&format!(
                r#"[{{"role": {text}, "content": [{texts}], {text}: null}}, {{}}]"#
            )),
        );
        data.set(
            EPISODES,
            index,
            "llm_tags",
            Some(&format!(r#"{{"summary": {text}, {text}: [{texts}]}}"#)),
        );
    }
    let numbers = NUMBERS.join(",");
    data.set(NODES, 8, "numbers", Some(&format!("[{numbers}]")));
    data.set(
        NODES,
        8,
        "tags",
        Some(&format!(r#"{{"domains": [{numbers}]}}"#)),
    );
    data.set(
        EPISODES,
        1,
        "numbers",
        Some(&format!(r#"{{"a": [{numbers}]}}"#)),
    );
    for (index, number) in [
        "NaN",
        "1e400",
        "-0.0",
        "1.0",
        "0.30000000000000004",
        "1e-400",
        "-0",
    ]
    .iter()
    .enumerate()
    {
        data.set(NODES, index, "cluster_confidence", Some(number));
    }
    data.set(NODES, 7, "cluster_id", Some("-9223372036854775808"));
    data.set(NODES, 7, "sequence_index", Some("9223372036854775807"));
    data.set(NODES, 8, "access_count", Some("-0"));
    for (field, number) in [
        ("duration_minutes", "Infinity"),
        ("avg_complexity", "-0.0"),
        ("avg_technical_depth", "1e22"),
    ] {
        data.set(EPISODES, 0, field, Some(number));
    }
    arrives(&world, &[]);
    // What people query says what it can.
    let row = |index: usize| {
        world.database.rows(&format!("SELECT human_content, tags->'topics'->>1, extra->>'unknown' FROM memory_nodes WHERE ord = {index}")).remove(0)
    };
    let thrice = |text: &str| vec![Some(text.to_owned()); 3];
    assert_eq!(row(1), thrice("a\u{fffd}b\u{fffd}"));
    assert_eq!(row(3), thrice("\u{fffd}\u{fffd} x 😀"));
    assert_eq!(
        world
            .database
            .scalar("SELECT cluster_confidence FROM memory_nodes WHERE ord = 4"),
        "0.30000000000000004"
    );
}

#[test]
fn keys_in_any_order_twice_or_not_at_all() {
    let world = World::new();
    let data = Data::fresh(&world.path("data"));
    let optional = [
        "intent_type",
        "complexity",
        "technical_depth",
        "emotional_valence",
        "urgency",
        "conversation_mode",
        "action_required",
        "has_code",
        "has_error",
        "tags",
        "cluster_id",
        "cluster_label",
        "cluster_confidence",
        "access_count",
        "last_accessed",
        "user_id",
        "tenant_id",
    ];
    let of_episodes = [
        "title",
        "message_count",
        "updated_at",
        "duration_minutes",
        "llm_tags",
        "dominant_intent",
        "avg_complexity",
        "avg_technical_depth",
        "emotional_arc",
        "has_code",
        "has_errors",
        "urgency_max",
        "memory_node_ids",
        "related_episode_ids",
        "access_count",
        "last_accessed",
    ];
    for (index, raw) in [Some("null"), None].into_iter().enumerate() {
        optional
            .iter()
            .for_each(|field| data.set(NODES, index, field, raw));
        of_episodes
            .iter()
            .for_each(|field| data.set(EPISODES, index, field, raw));
    }
    data.set(
        NODES,
        2,
        "tags",
        Some(r#"{"processes": [], "zz": 1, "domains": ["a"], "a": 2, "domains": ["b"]}"#),
    );
    data.set(NODES, 3, "user_id", Some("\"\""));
    data.set(
        NODES,
        4,
        "user_id",
        Some(&format!("\"{}\"", world.user.to_uppercase())),
    );
    data.set(EPISODES, 0, "messages", Some("[]"));
    data.array(NODES, |nodes| {
        let tulving::json::Value::Object(members) = &mut nodes[5] else {
            panic!("no object")
        };
        members.reverse();
        let tulving::json::Value::Object(members) = &mut nodes[6] else {
            panic!("no object")
        };
        let again = members.clone();
        members.extend(again);
    });
    // The last of a repeated key counts, as in Python.
    data.replace(
        NODES,
        b"\"urgency\":\"low\"",
        b"\"urgency\":\"now\",\"x\":1,\"urgency\":\"high\",\"x\":{\"y\":1,\"y\":2}",
    );
    arrives(&world, &[]);
    assert_eq!(
        world
            .database
            .scalar("SELECT urgency FROM memory_nodes WHERE urgency <> 'low'"),
        "high"
    );
    assert_eq!(
        world
            .database
            .scalar("SELECT extra->'x' FROM memory_nodes WHERE urgency = 'high'"),
        r#"{"y": 2}"#
    );
    assert_eq!(
        world
            .database
            .scalar("SELECT tags->'domains'->>0 FROM memory_nodes WHERE ord = 2"),
        "b"
    );
}

#[test]
fn times_of_every_spelling() {
    let world = World::new();
    let data = Data::fresh(&world.path("data"));
    let times = [
        ("2024-01-15", "2024-01-15 00:00:00+00"),
        ("2024-01-15 10:30", "2024-01-15 10:30:00+00"),
        ("20240115T103000Z", "2024-01-15 10:30:00+00"),
        (
            "2024-01-15T10:30:00.1234569+02:00",
            "2024-01-15 08:30:00.123456+00",
        ),
        ("2024-01-15t10:30:00z", "2024-01-15 10:30:00+00"),
        ("0001-01-01T00:00:00", "0001-01-01 00:00:00+00"),
        (
            "9999-12-31T23:59:59.999999Z",
            "9999-12-31 23:59:59.999999+00",
        ),
        (
            "1969-12-31T23:59:59.9999999Z",
            "1969-12-31 23:59:59.999999+00",
        ),
    ];
    for (index, (time, _)) in times.iter().enumerate() {
        data.set(NODES, index, "created_at", Some(&format!("\"{time}\"")));
        data.set(NODES, index, "last_accessed", Some(&format!("\"{time}\"")));
    }
    arrives(&world, &[]);
    for (index, (time, stored)) in times.iter().enumerate() {
        let found = world.database.rows(&format!(
            "SET timezone = 'UTC'; SELECT created_at = '{stored}' AND last_accessed = '{stored}' FROM memory_nodes WHERE ord = {index}"
        ));
        assert_eq!(found.last().unwrap()[0].as_deref(), Some("t"), "{time}");
    }
}

#[test]
fn vectors_of_every_size() {
    let world = World::new();
    let data = Data::fresh(&world.path("data"));
    let rows = [0.0, -0.0, 1e-45, 1.17e-38, 1e30, f32::MAX, f32::MIN, 1e-30];
    for (row, number) in rows.into_iter().enumerate() {
        for column in 0..Data::DIMS {
            data.set_number(NODE_VECTORS, row, column, number);
        }
    }
    // Too small beside its neighbours for a half, and neighbours of different signs.
    for (column, number) in [1.0, 1e-30, -1e30, 65504.0, 65520.0, -0.0, 1e-45, 6e-8]
        .into_iter()
        .enumerate()
    {
        data.set_number(NODE_VECTORS, 8, column, number);
        data.set_number(EPISODE_VECTORS, 0, column, number);
    }
    arrives(&world, &[]);
    assert_eq!(bits(&stored(&world)), bits(&data.numbers(NODE_VECTORS)));
    // All zero: no search form, so never a hit.
    let unsearchable = "SELECT string_agg(ord::text, ',' ORDER BY ord) FROM memory_nodes m WHERE NOT EXISTS (SELECT FROM node_vectors v WHERE v.id = m.id)";
    assert_eq!(world.database.scalar(unsearchable), "0,1");
}

#[test]
fn vectors_of_every_spelling() {
    let numbers: Vec<f32> = (0..96_u8).map(|n| (f32::from(n) - 48.0) / 8.0).collect();
    let inexact: Vec<f64> = (0..96_u8).map(|n| f64::from(n) / 10.0).collect();
    let rounded: Vec<f32> = inexact.iter().map(|number| *number as f32).collect();
    let wide = |order: fn(f64) -> [u8; 8]| {
        numbers
            .iter()
            .flat_map(|n| order(f64::from(*n)))
            .collect::<Vec<u8>>()
    };
    // 1.5, −2 and 2⁻²⁴ as halves.
    let halves: Vec<u8> = [0x3E00_u16, 0xC000, 0x0001]
        .into_iter()
        .cycle()
        .take(96)
        .flat_map(u16::to_le_bytes)
        .collect();
    let widened: Vec<f32> = [1.5, -2.0, 1.0 / 16_777_216.0]
        .into_iter()
        .cycle()
        .take(96)
        .collect();
    type Case<'c> = (&'c str, Vec<u8>, &'c [f32], &'c [&'c str]);
    let cases: [Case<'_>; 6] = [
        (
            "<f4",
            numbers.iter().flat_map(|n| n.to_le_bytes()).collect(),
            &numbers,
            &[],
        ),
        (
            ">f4",
            numbers.iter().flat_map(|n| n.to_be_bytes()).collect(),
            &numbers,
            &[],
        ),
        ("<f8", wide(f64::to_le_bytes), &numbers, &[]),
        (">f8", wide(f64::to_be_bytes), &numbers, &[]),
        ("<f2", halves, &widened, &[]),
        (
            "<f8",
            inexact.iter().flat_map(|n| n.to_le_bytes()).collect(),
            &rounded,
            &["--cast", "f32"],
        ),
    ];
    for (descr, bytes, expected, args) in cases {
        let world = World::new();
        let data = Data::fresh(&world.path("data"));
        data.npy(NODE_VECTORS, descr, false, "(12, 8)", &bytes);
        arrives(&world, args);
        assert_eq!(bits(&stored(&world)), bits(expected), "{descr} {args:?}");
    }
}

#[test]
fn a_text_of_eight_megabytes() {
    let world = World::new();
    let data = Data::fresh(&world.path("data"));
    let long = "0123456789 \\u0000".repeat(512 << 10);
    data.set(NODES, 3, "assistant_content", Some(&format!("\"{long}\"")));
    data.set(NODES, 4, "extra_text", Some(&format!("\"{long}\"")));
    data.set(
        EPISODES,
        1,
        "messages",
        Some(&format!(r#"[{{"role": "human", "content": "{long}"}}]"#)),
    );
    arrives(&world, &[]);
    assert_eq!(
        world
            .database
            .scalar("SELECT length(assistant_content) FROM memory_nodes WHERE ord = 3"),
        (12 * (512 << 10)).to_string()
    );
}

#[test]
fn directories_of_every_shape() {
    type Shape = (&'static str, u64, u64, fn(&Data));
    let shapes: [Shape; 8] = [
        ("no manifest", 12, 2, |d| d.remove(MANIFEST)),
        ("a manifest that names nothing", 12, 2, |d| {
            d.write(
                MANIFEST,
                r#"{"corpus": null, "vectors": {"nodes_file": null}}"#,
            );
        }),
        ("names without their folder", 12, 2, |d| {
            d.write(MANIFEST, r#"{"corpus": {"nodes_file": "nodes.json"}, "vectors": {"nodes_file": "nodes.npy"}}"#);
        }),
        ("no episodes", 12, 0, |d| {
            d.remove(EPISODES);
            d.remove(EPISODE_VECTORS);
        }),
        ("no nodes", 0, 2, |d| {
            d.write(NODES, "[]");
            d.npy(NODE_VECTORS, "<f4", false, "(0, 8)", &[]);
        }),
        ("nothing at all", 0, 0, |d| {
            for (records, vectors, shape) in [
                (NODES, NODE_VECTORS, "(0,)"),
                (EPISODES, EPISODE_VECTORS, "(0, 0)"),
            ] {
                d.write(records, " [\n] ");
                d.npy(vectors, "<f4", false, shape, &[]);
            }
        }),
        ("a byte order mark and white space", 12, 2, |d| {
            d.write(
                NODES,
                [
                    b"\xEF\xBB\xBF\r\n \t".to_vec(),
                    d.read(NODES),
                    b"\r\n \t".to_vec(),
                ]
                .concat(),
            );
            d.write(
                EPISODES,
                [b"\xEF\xBB\xBF".to_vec(), d.read(EPISODES)].concat(),
            );
        }),
        ("strange files beside", 12, 2, |d| {
            d.write("corpus/dedup_index.json", "no JSON");
            d.write("indexes/clusters.json", "no JSON");
            d.write("indexes/faiss.index", [0; 99]);
            d.write("manifest_20990101_000000.json", "no JSON");
        }),
    ];
    for (name, nodes, episodes, shape) in shapes {
        let world = World::new();
        let data = Data::fresh(&world.path("data"));
        shape(&data);
        println!("{name}");
        let report = arrives(&world, &[]);
        assert_eq!(report["nodes"]["found"], json!(nodes), "{name}");
        assert_eq!(report["episodes"]["found"], json!(episodes), "{name}");
    }
}

#[test]
fn the_older_layout_where_the_newest_manifest_counts() {
    let world = World::new();
    let data = Data::fresh(&world.path("data"));
    data.remove(MANIFEST);
    for (from, to) in [
        ("corpus/nodes.json", "memory_nodes/nodes_b.json"),
        ("corpus/episodes.json", "episodic_memories/episodes_b.json"),
        ("vectors/nodes.npy", "vectors/n_b.npy"),
        ("vectors/episodes.npy", "vectors/e_b.npy"),
    ] {
        fs::create_dir_all(data.path(to).parent().unwrap()).unwrap();
        fs::rename(data.path(from), data.path(to)).unwrap();
    }
    fs::remove_dir_all(data.path("corpus")).unwrap();
    data.write("memory_nodes/nodes_a.json", "[]");
    let manifest = |letter: char| {
        format!(
            r#"{{"version": "1.2", "files": {{"nodes_file": "nodes_{letter}.json", "episodes_file": "episodes_{letter}.json",
            "node_embeddings_file": "n_{letter}.npy", "episode_embeddings_file": "e_{letter}.npy", "clusters_file": null}}}}"#
        )
    };
    data.write("manifest_20240101_000000.json", manifest('a'));
    data.write("manifest_20240102_000000.json", manifest('b'));
    data.write("manifest_20230103_000000.json", "no JSON");
    let report = arrives(&world, &[]);
    assert_eq!(report["nodes"]["found"], json!(12));
    assert_eq!(report["episodes"]["found"], json!(2));
    let plan = world.migrate(&["--dry-run"]).expect(0).json();
    assert_eq!(plan["layout"], json!("1.x"));
}

#[test]
fn json_says_a_text_as_it_was_remembered_from_files_and_from_the_database() {
    let world = World::new();
    let data = Data::fresh(&world.path("data"));
    let odd = r#""tool said \u0000, cut \ud83d""#;
    data.set(NODES, 1, "human_content", Some(odd));
    data.set(NODES, 1, "tags", Some(r#"{"topics":["\udc00"]}"#));
    data.set(
        NODES,
        1,
        "mood",
        Some(r#"{"\u0000":[1.50,1e22,NaN,"\ud800"]}"#),
    );
    data.set(EPISODES, 0, "title", Some(odd));
    data.set(
        EPISODES,
        0,
        "messages",
        Some(r#"[{"role":"human","content":"\ud83d"}]"#),
    );
    world.run(&["init", "--user-id", &world.user]).expect(0);
    world.migrate(&[]).expect(0);
    let said = |args: &[&str]| {
        let text = world.run(&[args, &["--json"]].concat()).expect(0).stdout;
        let database = world.run(&[args, &["--json", "--backend", "postgres"]].concat());
        assert_eq!(database.expect(0).stdout, text, "{args:?}");
        text
    };
    let id = |file, index| {
        let id = data.get(file, index, "id");
        id.trim_matches('"').to_owned()
    };
    let node = said(&["get", &id(NODES, 1)]);
    let episode = said(&["get", &id(EPISODES, 0)]);
    let listed = said(&["list", "--limit", "100"]);
    for (text, part) in [
        (&node, &*format!(r#""human_content":{odd}"#)),
        (&node, r#""tags":{"topics":["\udc00"]}"#),
        // What JSON cannot say is null.
        (&node, r#""mood":{"\u0000":[1.50,1e22,null,"\ud800"]}"#),
        (&episode, &*format!(r#""title":{odd}"#)),
        (
            &episode,
            r#""messages":[{"role":"human","content":"\ud83d"}]"#,
        ),
        (&listed, odd),
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    // A person sees that something stands there, the same from both.
    let page = |more: &[&str]| {
        world
            .run(&[&["get", &id(NODES, 1)], more].concat())
            .expect(0)
            .stdout
    };
    assert!(
        page(&[]).contains("tool said \u{fffd}, cut \u{fffd}"),
        "{}",
        page(&[])
    );
    assert_eq!(page(&[]), page(&["--backend", "postgres"]));
}
