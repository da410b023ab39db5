//! Corrupt input is refused: file, place and reason are named, and nothing is written.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::data::{Data, EPISODE_VECTORS, EPISODES, MANIFEST, NODE_VECTORS, NODES};
use crate::support::World;

/// A database that holds something already, in which no attempt may leave a trace.
struct Attempts {
    world: World,
    before: String,
    made: usize,
    wrong: Vec<String>,
}

impl Attempts {
    fn new() -> Self {
        let world = World::new();
        Data::fresh(&world.path("data"));
        world.migrate(&["--receipt", "first.json"]).expect(0);
        let before = everything(&world);
        Self {
            world,
            before,
            made: 0,
            wrong: Vec::new(),
        }
    }

    /// Spoils the sound directory in one way; migrating it must end with exit 3 and say all this.
    fn refused(&mut self, name: &str, says: &[&str], spoil: impl FnOnce(&Data)) {
        self.ends(name, 3, &[], says, spoil);
    }

    /// The same with more arguments, or another exit code.
    fn ends(
        &mut self,
        name: &str,
        code: i32,
        args: &[&str],
        says: &[&str],
        spoil: impl FnOnce(&Data),
    ) {
        self.made += 1;
        let data = Data::fresh(&self.world.path("data"));
        spoil(&data);
        let source = data.snapshot();
        let user = &self.world.user;
        let ran = if args.contains(&"--model") {
            self.world
                .run(&[&["migrate", "--yes", "--user-id", user], args].concat())
        } else {
            self.world.migrate(args)
        };
        println!("── {name}\n{}", ran.stderr);
        let mut wrong = |what: String| self.wrong.push(format!("{name}: {what}\n{}", ran.stderr));
        if ran.code != Some(code) {
            wrong(format!("exit {:?}, not {code}", ran.code));
        }
        for text in says {
            if !ran.stderr.contains(text) {
                wrong(format!("does not say {text:?}"));
            }
        }
        if ran.stderr.contains("panicked") || ran.stderr.lines().any(|line| line.len() > 600) {
            wrong("is no message for a person".to_owned());
        }
        if data.snapshot() != source {
            wrong("the source was changed".to_owned());
        }
        if everything(&self.world) != self.before {
            wrong("the database was written to".to_owned());
        }
        let mut files: Vec<_> = fs::read_dir(self.world.directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        files.retain(|name| name != "data" && name != "first.json");
        if !files.is_empty() {
            wrong(format!("left behind {files:?}"));
        }
    }

    #[track_caller]
    fn finish(self, at_least: usize) {
        let wrong = self.wrong;
        assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
        assert!(self.made >= at_least, "only {} were tried", self.made);
    }
}

/// Every row of every table.
fn everything(world: &World) -> String {
    let tables = world.database.rows(
        "SELECT format('SELECT %L, count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %I t', \
                       tablename, tablename) \
         FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
    );
    let queries: Vec<String> = tables.into_iter().flatten().flatten().collect();
    format!("{:?}", world.database.rows(&queries.join(" UNION ALL ")))
}

fn le(numbers: impl IntoIterator<Item = f32>) -> Vec<u8> {
    numbers.into_iter().flat_map(f32::to_le_bytes).collect()
}

#[test]
fn files_that_are_not_what_they_should_be() {
    let mut attempts = Attempts::new();
    for (file, holds) in [
        (NODES, "the nodes"),
        (NODE_VECTORS, "the vectors of the nodes"),
        (EPISODES, "the episodes"),
        (EPISODE_VECTORS, "the vectors of the episodes"),
    ] {
        attempts.refused(
            &format!("{file} missing"),
            &[file, "no such file", holds],
            |d| {
                d.remove(file);
            },
        );
        attempts.refused(
            &format!("{file} empty"),
            &[file, "the file is empty"],
            |d| {
                d.write(file, "");
            },
        );
        attempts.refused(
            &format!("{file} a directory"),
            &[file, "is a directory", holds],
            |d| {
                d.remove(file);
                fs::create_dir(d.path(file)).unwrap();
            },
        );
        let unreadable = |d: &Data| {
            fs::set_permissions(d.path(file), fs::Permissions::from_mode(0o000)).unwrap();
            fs::File::open(d.path(file)).is_err()
        };
        // The superuser may read anything.
        if unreadable(&Data::fresh(&attempts.world.path("data"))) {
            attempts.refused(
                &format!("{file} unreadable"),
                &[file, "Permission denied"],
                |d| {
                    unreadable(d);
                },
            );
        }
    }
    attempts.refused("no directory", &["data", "no such directory"], |d| {
        fs::remove_dir_all(&d.root).unwrap();
    });
    attempts.refused("an empty directory", &["data", "corpus/nodes.json"], |d| {
        fs::remove_dir_all(&d.root).unwrap();
        fs::create_dir(&d.root).unwrap();
    });
    attempts.refused(
        "a file for a directory",
        &["data", "is no directory"],
        |d| {
            fs::remove_dir_all(&d.root).unwrap();
            fs::write(&d.root, "[]").unwrap();
        },
    );
    attempts.finish(15);
}

#[test]
#[rustfmt::skip] // a table: one fault a line
fn manifests() {
    let mut attempts = Attempts::new();
    let manifest = |reason| [MANIFEST, reason];
    attempts.refused("broken", &manifest("expected a value at byte 12"), |d| {
        d.write(MANIFEST, r#"{"version": }"#);
    });
    attempts.refused("empty", &manifest("it is empty"), |d| d.write(MANIFEST, ""));
    attempts.refused("a list", &manifest("but this is an array"), |d| {
        d.write(MANIFEST, "[]");
    });
    attempts.refused("not UTF-8", &manifest("invalid UTF-8"), |d| {
        d.write(MANIFEST, b"{\"version\": \"\xFF\"}");
    });
    attempts.refused("large", &manifest("smaller than 1 MiB"), |d| {
        d.write(MANIFEST, " ".repeat(2 << 20));
    });
    attempts.refused("a directory", &manifest("is a directory"), |d| {
        d.remove(MANIFEST);
        fs::create_dir(d.path(MANIFEST)).unwrap();
    });
    attempts.refused("a name that is a number", &manifest("corpus.nodes_file must be a file name, but is a number"), |d| {
        d.write(MANIFEST, r#"{"corpus": {"nodes_file": 7}}"#);
    });
    attempts.refused("a section that is a list", &manifest("corpus must be an object, but is an array"), |d| {
        d.write(MANIFEST, r#"{"corpus": ["nodes.json"]}"#);
    });
    for name in ["../../etc/passwd", "/etc/passwd", "corpus/../../nodes.json", "", "a\\u0000b", "\\ud83d"] {
        attempts.refused(
            &format!("points to {name:?}"),
            &manifest("nodes_file must name a file inside the data directory"),
            |d| d.write(MANIFEST, format!(r#"{{"corpus": {{"nodes_file": "{name}"}}}}"#)),
        );
    }
    attempts.refused("names a missing file", &["corpus/mine.json", "no such file"], |d| {
        d.write(MANIFEST, r#"{"corpus": {"nodes_file": "mine.json"}}"#);
    });
    let dated = |d: &Data, text: &str| {
        d.remove(MANIFEST);
        fs::rename(d.path("corpus"), d.path("memory_nodes")).unwrap();
        d.write("manifest_20240101_000000.json", text);
    };
    attempts.refused("dated, names no vectors", &["manifest_20240101_000000.json", "it names no node_embeddings_file"], |d| {
        dated(d, r#"{"nodes_file": "nodes.json"}"#);
    });
    attempts.refused("dated, names a missing file", &["memory_nodes/other.json", "no such file"], |d| {
        dated(d, r#"{"files": {"nodes_file": "other.json", "node_embeddings_file": "nodes.npy"}}"#);
    });
    attempts.refused("dated, names episodes without vectors", &["it names no episode_embeddings_file"], |d| {
        dated(d, r#"{"nodes_file": "nodes.json", "node_embeddings_file": "nodes.npy", "episodes_file": "episodes.json"}"#);
    });
    attempts.refused("dated, names episodes that are missing", &["episodic_memories/episodes.json", "no such file"], |d| {
        dated(d, r#"{"nodes_file": "nodes.json", "node_embeddings_file": "nodes.npy", "episodes_file": "episodes.json", "episode_embeddings_file": "episodes.npy"}"#);
    });
    attempts.refused("dated, the newest is broken", &["manifest_20240202_000000.json", "ends too early"], |d| {
        dated(d, r#"{"nodes_file": "nodes.json", "node_embeddings_file": "nodes.npy"}"#);
        d.write("manifest_20240202_000000.json", "{");
    });
    attempts.finish(18);
}

#[test]
#[rustfmt::skip] // a table: one fault a line
fn json_that_is_none() {
    let mut attempts = Attempts::new();
    for file in [NODES, EPISODES] {
        attempts.refused("cut inside the last record", &[file, "the file ends inside record", "it was cut off"], |d| d.cut(file, 40));
        attempts.refused("cut before the bracket", &[file, "without the closing ]"], |d| d.cut(file, 1));
        attempts.refused("trailing garbage", &[file, "more data after the end of the array, at byte"], |d| {
            d.write(file, [d.read(file), b"\n]".to_vec()].concat());
        });
    }
    attempts.refused("cut inside a string", &[NODES, "inside record 0 (byte 30)"], |d| {
        d.write(NODES, &d.read(NODES)[..30]);
    });
    attempts.refused("cut after a comma", &[NODES, "after 1 records without the closing ]"], |d| d.write(NODES, "[{},"));
    attempts.refused("a bracket", &[NODES, "after 0 records without the closing ]"], |d| d.write(NODES, "["));
    attempts.refused("two arrays", &[NODES, "more data after the end"], |d| d.write(NODES, "[][]"));
    attempts.refused("an object", &[NODES, "expected a JSON array, but the file starts with an object"], |d| d.write(NODES, r#"{"nodes": []}"#));
    attempts.refused("a word", &[NODES, "the file starts with `n`"], |d| d.write(NODES, "null"));
    attempts.refused("lines of JSON", &[NODES, "the file starts with an object"], |d| d.write(NODES, "{}\n{}\n"));
    attempts.refused("white space", &[NODES, "the file is empty"], |d| d.write(NODES, " \n\n"));
    attempts.refused("UTF-16", &[NODES, "UTF-16; save it as UTF-8"], |d| {
        let text = String::from_utf8(d.read(NODES)).unwrap();
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        d.write(NODES, units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    });
    attempts.refused("UTF-16 without a mark", &[NODES, "UTF-16"], |d| {
        let text = String::from_utf8(d.read(NODES)).unwrap();
        d.write(NODES, text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
    });
    attempts.refused("zeros", &[NODES, "the byte 0x00"], |d| d.write(NODES, [0; 512]));
    attempts.refused("no comma", &[NODES, "expected a comma or ] before record 1"], |d| d.replace(NODES, b"},\n  {", b"}\n  {"));
    attempts.refused("two commas", &[NODES, "expected record 1", "found `,`"], |d| d.replace(NODES, b"},\n  {", b"},,\n  {"));
    attempts.refused("a comma at the end", &[NODES, "expected record 12", "found `]`"], |d| d.replace(NODES, b"\n]", b",\n]"));
    // Within a record, the byte is that of the file.
    attempts.refused("invalid UTF-8", &["corpus/nodes.json[0]", "invalid UTF-8 at byte 11"], |d| d.replace(NODES, b"\"id\"", b"\"\xC3\""));
    attempts.refused("a raw line feed", &["corpus/nodes.json[0]", "raw control character 0x0a in a string at byte 11"], |d| d.replace(NODES, b"\"id\"", b"\"\n\""));
    attempts.refused("a raw NUL", &["corpus/nodes.json[0]", "raw control character 0x00"], |d| d.replace(NODES, b"\"id\"", b"\"\0\""));
    attempts.refused("an unknown escape", &["corpus/nodes.json[0]", "unknown escape in a string at byte 11"], |d| d.replace(NODES, b"\"id\"", b"\"\\x\""));
    attempts.refused("half an escape", &["corpus/nodes.json[0]", "unknown escape"], |d| d.replace(NODES, b"\"id\"", b"\"\\u12\""));
    attempts.refused("single quotes", &["corpus/nodes.json[0]", "expected a key in quotes"], |d| d.replace(NODES, b"\"id\"", b"'id'"));
    attempts.refused("a comment", &["corpus/nodes.json[0]", "expected a key in quotes"], |d| d.replace(NODES, b"\"id\"", b"// c\n\"id\""));
    attempts.refused("a leading zero", &["corpus/nodes.json[0]", "not a JSON number"], |d| d.replace(NODES, b"\"sequence_index\": 0", b"\"sequence_index\": 00"));
    attempts.refused("Python's None", &["corpus/nodes.json[0]", "expected a value"], |d| d.replace(NODES, b"null", b"None"));
    attempts.refused("a wrong bracket", &["corpus/nodes.json[0]", "expected a comma or ]"], |d| d.replace(NODES, b"\"general\"\n      ]", b"\"general\"\n      }"));
    attempts.refused("nested too deeply", &["corpus/nodes.json[11]", "nested deeper than 256"], |d| {
        let bomb = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        d.replace(NODES, b"\n]", format!(",\"x\":{bomb}}}]").as_bytes());
        let text = d.read(NODES);
        let end = text.windows(7).rposition(|window| window == b"},\"x\":[").or_else(|| text.windows(8).rposition(|w| w == b"\n  },\"x\"")).unwrap();
        let mut bytes = text;
        let at = bytes[end..].iter().position(|&byte| byte == b'}').unwrap() + end;
        bytes.remove(at);
        d.write(NODES, bytes);
    });
    attempts.refused("brackets without an end", &[NODES, "the file ends inside record 0"], |d| d.write(NODES, "[".repeat(1 << 20)));
    attempts.refused("a record over the limit", &[NODES, "record 3", "more than the limit of 67108864"], |d| {
        d.set(NODES, 3, "human_content", Some(&format!("\"{}\"", "x".repeat(64 << 20))));
    });
    attempts.finish(30);
}

#[test]
#[rustfmt::skip] // a table: one fault a line
fn records_that_are_no_memories() {
    let mut attempts = Attempts::new();
    let third = |file: &str| format!("{file}[1]");
    for (raw, found) in [("null", "null"), ("7", "a number"), ("\"mem_1\"", "a string"), ("[]", "an array"), ("true", "a boolean")] {
        attempts.refused(&format!("{raw} for a node"), &["corpus/nodes.json[1]: the element must be an object", found], |d| d.put(NODES, 1, raw));
    }
    attempts.refused("null for an episode", &["corpus/episodes.json[1]: the element must be an object, but is null"], |d| d.put(EPISODES, 1, "null"));
    attempts.refused("an empty node", &["corpus/nodes.json[1]: `id` is missing [missing_field]"], |d| d.put(NODES, 1, "{}"));
    attempts.refused("every node null", &["12 of 14 rows cannot be moved; nothing was written", "corpus/nodes.json[11]"], |d| {
        for index in 0..Data::NODES {
            d.put(NODES, index, "null");
        }
    });
    let required: [(&str, &[&str]); 2] = [
        (NODES, &["id", "conversation_id", "sequence_index", "human_content", "assistant_content", "source", "created_at"]),
        (EPISODES, &["id", "messages", "source", "created_at"]),
    ];
    for (file, fields) in required {
        for field in fields {
            for raw in [None, Some("null")] {
                attempts.refused(&format!("{file} without {field}, {raw:?}"), &[&third(file), &format!("`{field}` is missing [missing_field]")], |d| d.set(file, 1, field, raw));
            }
        }
    }
    let flawed: &[(&str, &str, &str, &str)] = &[
        // Types
        (NODES, "id", "7", "`id` must be a string, but is a number [wrong_type]"),
        (NODES, "conversation_id", "7", "`conversation_id` must be a string, but is a number [wrong_type]"),
        (NODES, "human_content", "[\"a\"]", "`human_content` must be a string, but is an array [wrong_type]"),
        (NODES, "assistant_content", "{}", "`assistant_content` must be a string, but is an object [wrong_type]"),
        (NODES, "source", "true", "`source` must be a string, but is a boolean [wrong_type]"),
        (NODES, "created_at", "1700000000", "`created_at` must be a string, but is a number [wrong_type]"),
        (NODES, "last_accessed", "0", "`last_accessed` must be a string, but is a number [wrong_type]"),
        (NODES, "intent_type", "1", "`intent_type` must be a string, but is a number [wrong_type]"),
        (NODES, "technical_depth", "\"5\"", "`technical_depth` must be a whole number, but is a string [wrong_type]"),
        (NODES, "technical_depth", "5.0", "`technical_depth` must be a whole number, but is 5.0 [wrong_type]"),
        (NODES, "action_required", "\"true\"", "`action_required` must be true or false, but is a string [wrong_type]"),
        (NODES, "has_code", "1", "`has_code` must be true or false, but is a number [wrong_type]"),
        (NODES, "has_error", "[]", "`has_error` must be true or false, but is an array [wrong_type]"),
        (NODES, "tags", "[\"a\"]", "`tags` must be an object, but is an array [wrong_type]"),
        (NODES, "tags", "\"{}\"", "`tags` must be an object, but is a string [wrong_type]"),
        (NODES, "cluster_id", "\"3\"", "`cluster_id` must be a whole number, but is a string [wrong_type]"),
        (NODES, "cluster_id", "NaN", "`cluster_id` must be a whole number, but is NaN [wrong_type]"),
        (NODES, "cluster_label", "3", "`cluster_label` must be a string, but is a number [wrong_type]"),
        (NODES, "cluster_confidence", "\"0.5\"", "`cluster_confidence` must be a number, but is a string [wrong_type]"),
        (NODES, "access_count", "1.5", "`access_count` must be a whole number, but is 1.5 [wrong_type]"),
        (NODES, "sequence_index", "\"3\"", "`sequence_index` must be a whole number, but is a string [wrong_type]"),
        (NODES, "sequence_index", "3.0", "`sequence_index` must be a whole number, but is 3.0 [wrong_type]"),
        (NODES, "sequence_index", "Infinity", "`sequence_index` must be a whole number, but is Infinity [wrong_type]"),
        // Ranges
        (NODES, "sequence_index", "-1", "`sequence_index` is -1; 0 to 9223372036854775807 are allowed [out_of_range]"),
        (NODES, "sequence_index", "9223372036854775808", "`sequence_index` is 9223372036854775808; 0 to"),
        (NODES, "technical_depth", "11", "`technical_depth` is 11; 0 to 10 are allowed [out_of_range]"),
        (NODES, "technical_depth", "-1", "`technical_depth` is -1; 0 to 10 are allowed [out_of_range]"),
        (NODES, "cluster_confidence", "1.5", "`cluster_confidence` is 1.5; 0 to 1 are allowed [out_of_range]"),
        (NODES, "cluster_confidence", "-0.1", "`cluster_confidence` is -0.1; 0 to 1 are allowed [out_of_range]"),
        (NODES, "access_count", "-1", "`access_count` is -1; 0 to"),
        (EPISODES, "message_count", "-1", "`message_count` is -1; 0 to"),
        // Words
        (NODES, "intent_type", "\"musing\"", "`intent_type` is \"musing\"; known are question, request, statement, complaint, celebration [unknown_word]"),
        (NODES, "complexity", "\"Simple\"", "`complexity` is \"Simple\"; known are simple, moderate, complex [unknown_word]"),
        (NODES, "emotional_valence", "\"\"", "`emotional_valence` is \"\"; known are positive, neutral, negative [unknown_word]"),
        (NODES, "urgency", "\"now\"", "`urgency` is \"now\"; known are low, medium, high [unknown_word]"),
        (NODES, "conversation_mode", "\"chat \"", "`conversation_mode` is \"chat \"; known are chat, debug, brainstorm, review [unknown_word]"),
        // Times
        (NODES, "created_at", "\"yesterday\"", "`created_at` is \"yesterday\", which is no ISO 8601 time"),
        (NODES, "created_at", "\"\"", "`created_at` is \"\", which is no ISO 8601 time"),
        (NODES, "created_at", "\"2024-02-30T10:00:00Z\"", "`created_at` is \"2024-02-30T10:00:00Z\""),
        (NODES, "created_at", "\"2024-01-15T25:00:00\"", "[bad_time]"),
        (NODES, "created_at", "\"2024-01-15T10:30:00+99:00\"", "[bad_time]"),
        (NODES, "created_at", "\"9999-12-31T23:59:59-23:00\"", "[bad_time]"),
        (NODES, "created_at", "\"0001-01-01T00:00:00+01:00\"", "[bad_time]"),
        (NODES, "last_accessed", "\"1700000000\"", "`last_accessed` is \"1700000000\", which is no ISO 8601 time"),
        (EPISODES, "updated_at", "\"2024\"", "`updated_at` is \"2024\", which is no ISO 8601 time"),
        // Ids and sources
        (NODES, "id", "\"\"", "`id` is empty [bad_id]"),
        (NODES, "id", "\"a\\u0000b\"", "`id` holds a NUL character, which no database text can store [bad_id]"),
        (NODES, "id", "\"a\\ud83d\"", "`id` holds a lone surrogate, which no database text can store [bad_id]"),
        (EPISODES, "id", "\"\"", "`id` is empty [bad_id]"),
        (NODES, "source", "\"\"", "`source` is \"\"; 1 to 32 of a-z, 0-9, _ and - are allowed [bad_source]"),
        (NODES, "source", "\"Claude Code\"", "`source` is \"Claude Code\""),
        (NODES, "source", "\"open\\u0000ai\"", "[bad_source]"),
        (EPISODES, "source", "\"a.b\"", "`source` is \"a.b\""),
        // Owners
        (NODES, "user_id", "\"11111111-2222-4333-8444-555555555555\"", "it is stamped with another owner, user_id \"11111111-2222-4333-8444-555555555555\", not user"),
        (NODES, "tenant_id", "\"11111111-2222-4333-8444-555555555555\"", "it is stamped with another owner, tenant_id \"11111111-2222"),
        (NODES, "user_id", "\"me\"", "it is stamped with another owner, user_id \"me\""),
        (NODES, "user_id", "12", "it is stamped with another owner, user_id that is a number"),
        (EPISODES, "tenant_id", "\"x\"", "it is stamped with another owner, tenant_id \"x\""),
        // Lists
        (EPISODES, "messages", "{}", "`messages` must be a list of objects, but is an object [wrong_type]"),
        (EPISODES, "messages", "\"hello\"", "`messages` must be a list of objects, but is a string [wrong_type]"),
        (EPISODES, "messages", "[{\"role\": \"human\"}, \"hello\"]", "`messages[1]` must be an object, but is a string [wrong_type]"),
        (EPISODES, "memory_node_ids", "\"mem_1\"", "`memory_node_ids` must be a list of strings, but is a string [wrong_type]"),
        (EPISODES, "memory_node_ids", "[\"a\", 2]", "`memory_node_ids[1]` must be a string, but is a number [wrong_type]"),
        (EPISODES, "related_episode_ids", "[null]", "`related_episode_ids[0]` must be a string, but is null [wrong_type]"),
        (EPISODES, "llm_tags", "[]", "`llm_tags` must be an object, but is an array [wrong_type]"),
        (EPISODES, "title", "7", "`title` must be a string, but is a number [wrong_type]"),
        (EPISODES, "message_count", "\"2\"", "`message_count` must be a whole number, but is a string [wrong_type]"),
        (EPISODES, "duration_minutes", "\"5\"", "`duration_minutes` must be a number, but is a string [wrong_type]"),
        (EPISODES, "has_errors", "0", "`has_errors` must be true or false, but is a number [wrong_type]"),
        (EPISODES, "created_at", "\"soon\"", "`created_at` is \"soon\", which is no ISO 8601 time"),
    ];
    for (file, field, raw, says) in flawed {
        attempts.refused(&format!("{file} {field} {raw}"), &["1 of 14 rows cannot be moved; nothing was written", &third(file), says], |d| {
            d.set(file, 1, field, Some(raw));
        });
    }
    attempts.refused("a long id", &["corpus/nodes.json[1]", "`id` has 256 characters; 255 are allowed [bad_id]"], |d| {
        d.set(NODES, 1, "id", Some(&format!("\"{}\"", "é".repeat(256))));
    });
    attempts.refused("a long conversation id", &["corpus/nodes.json[1]", "`conversation_id` has 1025 bytes; 1024 are allowed [too_long]"], |d| {
        d.set(NODES, 1, "conversation_id", Some(&format!("\"{}\"", "x".repeat(1025))));
    });
    attempts.refused("a long word", &["corpus/nodes.json[1]", "…"], |d| {
        d.set(NODES, 1, "urgency", Some(&format!("\"{}\"", "x".repeat(100_000))));
    });
    attempts.refused("a long number", &["corpus/nodes.json[1]", "…"], |d| {
        d.set(NODES, 1, "access_count", Some(&"9".repeat(100_000)));
    });
    attempts.refused("a long time", &["corpus/nodes.json[1]", "…"], |d| {
        d.set(NODES, 1, "created_at", Some(&format!("\"2024-01-01T00:00:00.{}\"", "1".repeat(100_000))));
    });
    for file in [NODES, EPISODES] {
        attempts.refused("the same id twice", &[&third(file), "an earlier row has the id", "[duplicate_id]"], |d| {
            let id = d.get(file, 0, "id");
            d.set(file, 1, "id", Some(&id));
        });
    }
    attempts.finish(90);
}

#[test]
#[rustfmt::skip] // a table: one fault a line
fn vectors_that_cannot_be_used() {
    let mut attempts = Attempts::new();
    let numbers = |rows: usize| le((0..rows * Data::DIMS).map(|n| n as f32));
    for file in [NODE_VECTORS, EPISODE_VECTORS] {
        attempts.refused("cut", &[file, "it was cut off"], |d| d.cut(file, 1));
        attempts.refused("longer", &[file, "changed after it was saved"], |d| d.write(file, [d.read(file), vec![0]].concat()));
    }
    attempts.refused("cut in its header", &[NODE_VECTORS, "its header takes 128 bytes, but the file has 50"], |d| d.write(NODE_VECTORS, &d.read(NODE_VECTORS)[..50]));
    attempts.refused("cut in its magic", &[NODE_VECTORS, "it is not an .npy file"], |d| d.write(NODE_VECTORS, b"\x93NUM"));
    attempts.refused("wrong magic", &[NODE_VECTORS, "it is not an .npy file"], |d| d.replace(NODE_VECTORS, b"NUMPY", b"NUMPI"));
    attempts.refused("JSON for vectors", &[NODE_VECTORS, "it is not an .npy file"], |d| d.write(NODE_VECTORS, "[[1.0]]"));
    attempts.refused("an archive", &[NODE_VECTORS, "it is an .npz archive"], |d| d.write(NODE_VECTORS, b"PK\x03\x04aaaa"));
    attempts.refused("a pickle", &[NODE_VECTORS, "it is a Python pickle"], |d| d.write(NODE_VECTORS, b"\x80\x04\x95aaaaaaaa."));
    attempts.refused("a newer format", &[NODE_VECTORS, "its format version is 9.0"], |d| d.replace(NODE_VECTORS, b"NUMPY\x01", b"NUMPY\x09"));
    let headers: &[(&str, &str, bool, &str, &str)] = &[
        ("Fortran order", "<f4", true, "(12, 8)", "it is in Fortran order"),
        ("objects", "|O", false, "(12, 8)", "it holds pickled Python objects"),
        ("whole numbers", "<i4", false, "(12, 8)", "its dtype is '<i4'"),
        ("complex numbers", "<c8", false, "(12, 8)", "its dtype is '<c8'"),
        ("long doubles", "<f16", false, "(12, 8)", "its dtype is '<f16'"),
        ("one dimension", "<f4", false, "(96,)", "its shape is (96,), where one vector per row was expected"),
        ("three dimensions", "<f4", false, "(12, 2, 4)", "its shape is (12, 2, 4)"),
        ("none", "<f4", false, "()", "its shape is ()"),
        ("no columns", "<f4", false, "(12, 0)", "its shape is (12, 0)"),
        ("more rows than there are", "<f4", false, "(13, 8)", "its header promises 13 rows"),
        ("fewer rows than there are", "<f4", false, "(11, 8)", "its header promises 11 rows"),
        ("a thousand billion rows", "<f4", false, "(1000000000000, 8)", "its header promises 1000000000000 rows"),
        ("a row of a thousand billion", "<f4", false, "(1, 1000000000000)", "its header promises 1 rows"),
        ("more than can be counted", "<f4", false, "(9223372036854775807, 8)", "is larger than any file"),
        ("more digits than there are", "<f4", false, "(99999999999999999999999, 8)", "larger than any file"),
        ("less than none", "<f4", false, "(-1, 8)", "its header is not the dict that NumPy writes"),
        ("code in the header", "<f4", false, "__import__(\"os\")", "its header is not the dict that NumPy writes"),
    ];
    for (name, descr, fortran, shape, says) in headers {
        attempts.refused(name, &[NODE_VECTORS, says], |d| d.npy(NODE_VECTORS, descr, *fortran, shape, &numbers(12)));
    }
    attempts.refused("a long header", &[NODE_VECTORS, "its header"], |d| {
        let mut bytes = b"\x93NUMPY\x02\0".to_vec();
        bytes.extend(u32::MAX.to_le_bytes());
        d.write(NODE_VECTORS, [bytes, numbers(12)].concat());
    });
    let doubles = |numbers: &[f64]| -> Vec<u8> { numbers.iter().flat_map(|n| n.to_le_bytes()).collect() };
    let mut wide = vec![0.5; 96];
    wide[8 * 3 + 2] = 0.1;
    attempts.refused("inexact doubles", &[NODE_VECTORS, "row 3, column 2 holds 0.1, which 32 bits cannot hold exactly", "--cast f32"], |d| {
        d.npy(NODE_VECTORS, "<f8", false, "(12, 8)", &doubles(&wide));
    });
    wide[8 * 3 + 2] = 1e300;
    attempts.ends("doubles out of range", 3, &["--cast", "f32"], &[NODE_VECTORS, "row 3, column 2 holds 1e300, which is beyond the range of 32 bits"], |d| {
        d.npy(NODE_VECTORS, "<f8", false, "(12, 8)", &doubles(&wide));
    });
    for (number, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        attempts.refused(&format!("{number} in a vector"), &["corpus/nodes.json[1]", &format!("its vector holds {shown} at place 5; numbers must be finite [vector_not_finite]")], |d| {
            d.set_number(NODE_VECTORS, 1, 5, number);
        });
    }
    attempts.refused("NaN in an episode's vector", &["corpus/episodes.json[1]", "its vector holds NaN at place 0"], |d| d.set_number(EPISODE_VECTORS, 1, 0, f32::NAN));
    for rows in [11, 13, 0] {
        attempts.refused(&format!("{rows} vectors"), &[&format!("Node count mismatch: corpus/nodes.json holds 12, vectors/nodes.npy holds {rows} vectors"), "try: "], |d| {
            d.npy(NODE_VECTORS, "<f4", false, &format!("({rows}, 8)"), &numbers(rows));
        });
    }
    attempts.refused("one node too few", &["Node count mismatch: corpus/nodes.json holds 11, vectors/nodes.npy holds 12"], |d| d.array(NODES, |nodes| drop(nodes.pop())));
    attempts.refused("no nodes but vectors", &["Node count mismatch: corpus/nodes.json holds 0"], |d| d.write(NODES, "[]"));
    attempts.refused("one episode too few", &["Episode count mismatch: corpus/episodes.json holds 1, vectors/episodes.npy holds 2"], |d| d.array(EPISODES, |episodes| drop(episodes.pop())));
    attempts.refused("files swapped", &["cannot read vectors from", NODE_VECTORS], |d| {
        let (nodes, vectors) = (d.read(NODES), d.read(NODE_VECTORS));
        d.write(NODES, vectors);
        d.write(NODE_VECTORS, nodes);
    });
    attempts.refused("another width for episodes", &["vectors/episodes.npy holds vectors of 4 numbers; the nodes' vectors have 8"], |d| {
        d.npy(EPISODE_VECTORS, "<f4", false, "(2, 4)", &le([1.0; 8]));
    });
    attempts.refused("wider than pgvector goes", &["vectors/nodes.npy holds vectors of 16001 numbers; pgvector stores at most 16000"], |d| {
        d.npy(NODE_VECTORS, "<f4", false, "(12, 16001)", &le(vec![1.0; 12 * 16001]));
    });
    attempts.ends("a width that is not the named model's", 3, &["--model", "BAAI/bge-m3"], &["vectors/nodes.npy holds vectors of 8 numbers; those of BAAI/bge-m3 have 1024", "--model NAME"], |_| {});
    attempts.finish(40);
}

#[test]
fn a_width_that_names_no_model() {
    let world = World::new();
    let data = Data::fresh(&world.path("data"));
    data.npy(
        NODE_VECTORS,
        "<f4",
        false,
        "(12, 512)",
        &le(vec![1.0; 12 * 512]),
    );
    data.npy(
        EPISODE_VECTORS,
        "<f4",
        false,
        "(2, 512)",
        &le(vec![1.0; 2 * 512]),
    );
    let before = everything(&world);
    let ran = world
        .run(&["migrate", "--user-id", &world.user, "--yes"])
        .expect(3);
    ran.says("vectors/nodes.npy holds vectors of 512 numbers; only vectors of 1024 are taken for BAAI/bge-m3's unless their model is named");
    ran.says("the same command with --model NAME");
    assert_eq!(everything(&world), before);
}

#[test]
fn the_whole_of_a_large_fault_is_counted_and_its_beginning_shown() {
    let world = World::new();
    let data = Data::fresh(&world.path("data"));
    data.array(NODES, |nodes| {
        nodes.fill(tulving::json::Value::Null);
    });
    let ran = world
        .migrate(&["--dry-run", "--on-error", "reject"])
        .expect(4);
    assert_eq!(ran.json()["nodes"]["rejected"], 12);
    assert!(!world.path("rejects.jsonl").exists());
}
