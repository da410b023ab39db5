//! What must hold for every record that is accepted: nothing of it is lost.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tulving::json::{Text, Value, parse, write};
use tulving::model::{Chunk, Episode, Json, Kind, Memory, Node, Scope, Timestamp};
use tulving::record::{self, Part, Stamp};
use uuid::Uuid;

const NODE: &str = r#"{"id": "mem_1", "conversation_id": "c", "sequence_index": 0, "human_content": "q",
    "assistant_content": "a", "source": "openai", "created_at": "2024-01-15T10:30:00"}"#;
const EPISODE: &str = r#"{"id": "c", "messages": [{"role": "human", "content": "q"}], "source": "openai",
    "created_at": "2024-01-15T10:30:00+00:00"}"#;

const CHUNK: &str = r#"{"id": "k", "document_id": "d", "chunk_index": 0, "content": "t", "source": "tulving",
    "created_at": "2024-01-15T10:30:00Z"}"#;
const DOCUMENT: &str = r#"{"id": "d", "path": "Manuals/d.md", "created_at": "2024-01-15"}"#;

fn scope() -> Scope {
    Scope::User(Uuid::from_u128(7))
}

/// A string with its quotes: plain, escaped, beyond what a column holds.
fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9 é한😀{}:,']{0,8}",
        1 => select(vec!["\\u0000", "\\ud83d", "\\ude00", "\\ud83d\\ude00", "\\ufffd", "\u{fffd}", "\\n", "\\\"", "\\\\", "\\u0041"])
            .prop_map(str::to_owned),
    ];
    vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "-?(0|[1-9][0-9]{0,20})",
        2 => "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?",
        1 => select(vec![
            "NaN", "Infinity", "-Infinity", "-0", "-0.0", "0.0", "1.0", "1e22", "1E400", "-1e-400", "5e-324", "0.1", "1e-7",
        ]).prop_map(str::to_owned),
        1 => "[1-9][0-9]{390,420}",
    ]
}

/// What a key can be spelled like, and collide with.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(Kind::ALL.map(Kind::known_keys).concat()).prop_map(|key| format!("\"{key}\"")),
        1 => select(vec![
            "record", "keys", "values", "live", "extra", "carry", "summary", "domains", "topics", "content", "role", "", "0", "a", "bb", "ab",
            "\\u0069d", "urgenc\\u0079", "\\ud83d", "\\u0000", "\\ufffd",
        ]).prop_map(|key| format!("\"{key}\"")),
        1 => string(),
    ]
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![1 => "null|true|false", 2 => number(), 3 => string()];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let member = (key(), inner.clone()).prop_map(|(key, value)| format!("{key}: {value}"));
        prop_oneof![
            vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(", "))),
            vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

/// A value such as a field takes, more often than not.
fn field() -> impl Strategy<Value = (String, String)> {
    let words = select(vec![
        "\"question\"",
        "\"celebration\"",
        "\"simple\"",
        "\"moderate\"",
        "\"positive\"",
        "\"neutral\"",
        "\"high\"",
        "\"low\"",
        "\"chat\"",
        "\"review\"",
        "\"gr\\u006fk\"",
    ]);
    let times = select(vec![
        "\"2024-01-15\"",
        "\"2024-01-15T10:30:00Z\"",
        "\"2024-01-15T10:30:00+00:00\"",
        "\"2024-01-15T10:30:00.000001+00:00\"",
        "\"2024-01-15T10:30:00.1234567\"",
        "\"9999-12-31T23:59:59.999999+00:00\"",
        "\"0001-01-01T00:00:00\"",
        "\"20240115T103000-0530\"",
    ]);
    let owners = select(vec![
        "\"\"",
        "\"00000000-0000-0000-0000-000000000007\"",
        "\"{00000000000000000000000000000007}\"",
    ]);
    let lists = prop_oneof![
        vec(string(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
        vec(vec((key(), json()), 0..3), 0..3).prop_map(|items| {
            let object = |members: Vec<(String, String)>| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(key, value)| format!("{key}:{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            };
            format!(
                "[{}]",
                items.into_iter().map(object).collect::<Vec<_>>().join(",")
            )
        }),
    ];
    let objects = vec((key(), json()), 0..6).prop_map(|members| {
        let members: Vec<_> = members
            .iter()
            .map(|(key, value)| format!("{key}:{value}"))
            .collect();
        format!("{{{}}}", members.join(","))
    });
    let named = |names: &'static [&'static str], values: BoxedStrategy<String>| {
        (select(names), values).prop_map(|(name, value)| (format!("\"{name}\""), value))
    };
    let small = prop_oneof![2 => "[0-9]|10|-1|null", 1 => number()];
    let share = prop_oneof![
        "0|1|0\\.[0-9]{1,18}|[1-9]e-[0-9]{1,3}|-0\\.0|1\\.0",
        number()
    ];
    prop_oneof![
        2 => (key(), json()),
        1 => named(&["intent_type", "complexity", "emotional_valence", "urgency", "conversation_mode", "source"], words.prop_map(str::to_owned).boxed()),
        1 => named(&["created_at", "updated_at", "last_accessed"], times.prop_map(str::to_owned).boxed()),
        1 => named(&["user_id"], owners.prop_map(str::to_owned).boxed()),
        1 => named(&["memory_node_ids", "related_episode_ids", "messages"], lists.boxed()),
        2 => named(&["tags", "llm_tags"], objects.boxed()),
        1 => named(&["human_content", "assistant_content", "conversation_id", "title", "cluster_label", "dominant_intent", "emotional_arc", "urgency_max"], string().boxed()),
        1 => named(&["sequence_index", "technical_depth", "cluster_id", "access_count", "message_count"], small.boxed()),
        1 => named(&["cluster_confidence", "duration_minutes", "avg_complexity", "avg_technical_depth"], share.boxed()),
        1 => named(&["action_required", "has_code", "has_error", "has_errors"], "true|false|null".boxed()),
    ]
}

/// A record around a sound one: fields changed, added, repeated, dropped, in any order.
fn around(sound: &'static str) -> impl Strategy<Value = String> {
    let moves = vec((any::<Index>(), any::<Index>()), 0..6);
    let drops = vec(any::<Index>(), 0..2);
    (vec(field(), 0..10), any::<u16>(), moves, drops).prop_map(
        move |(fields, replace, moves, drops)| {
            let Ok(Value::Object(members)) = parse(sound.as_bytes()) else {
                panic!("no object")
            };
            let text = |write: &dyn Fn(&mut Vec<u8>)| {
                let mut bytes = Vec::new();
                write(&mut bytes);
                String::from_utf8(bytes).expect("UTF-8")
            };
            let mut members: Vec<(String, String)> = members
                .iter()
                .map(|(key, value)| {
                    let key = text(&|out| tulving::json::write_text(key.as_bytes(), out));
                    (key, text(&|out| write(value, out)))
                })
                .collect();
            for (place, (key, value)) in fields.into_iter().enumerate() {
                match members.iter_mut().find(|(known, _)| *known == key) {
                    Some(member) if replace >> place & 1 == 1 => member.1 = value,
                    _ => members.push((key, value)),
                }
            }
            for (from, to) in moves {
                let (from, to) = (from.index(members.len()), to.index(members.len()));
                members.swap(from, to);
            }
            // A dropped field is a required one now and then; mostly it is not.
            for drop in drops {
                let at = drop.index(members.len());
                if at >= 7 {
                    members.remove(at);
                }
            }
            let members: Vec<_> = members
                .iter()
                .map(|(key, value)| format!("{key} : {value}"))
                .collect();
            format!("{{ {} }}", members.join(" ,\n"))
        },
    )
}

/// The memory after a stay in the database.
fn kept(memory: Memory) -> Memory {
    match memory {
        Memory::Node(node) => kept_node(node).into(),
        Memory::Episode(episode) => kept_episode(episode).into(),
        Memory::Chunk(chunk) => kept_chunk(chunk).into(),
    }
}

/// As PostgreSQL prints a jsonb: spaces behind commas and colons, text unescaped.
fn jsonb(json: &Json) -> Json {
    fn print(value: &Value<'_>, out: &mut String) {
        let text = |text: &Text<'_>, out: &mut String| {
            let mut bytes = Vec::new();
            tulving::json::write_text(text.as_bytes(), &mut bytes);
            out.push_str(&String::from_utf8(bytes).expect("no lone surrogate"));
        };
        match value {
            Value::Array(items) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    out.push_str(if place > 0 { ", " } else { "" });
                    print(item, out);
                }
                out.push(']');
            }
            Value::Object(members) => {
                out.push('{');
                for (place, (key, value)) in members.iter().enumerate() {
                    assert!(!key.as_bytes().contains(&0), "jsonb refuses it");
                    out.push_str(if place > 0 { ", " } else { "" });
                    text(key, out);
                    out.push_str(": ");
                    print(value, out);
                }
                out.push('}');
            }
            Value::String(string) => {
                assert!(string.is_storable(), "jsonb refuses it");
                text(string, out);
            }
            Value::Number(number) => {
                assert!(
                    !number.contains(['e', 'E', 'N', 'I']),
                    "numeric prints none"
                );
                assert!(
                    number.trim_matches(['-', '0', '.']).is_empty() <= !number.starts_with('-')
                );
                out.push_str(number);
            }
            Value::Bool(_) | Value::Null => {
                let mut bytes = Vec::new();
                write(value, &mut bytes);
                out.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
    }
    let mut text = String::new();
    print(&json.value(), &mut text);
    Json::from_jsonb_text(&text).expect("jsonb is JSON")
}

fn text(text: &str) -> String {
    assert!(!text.contains('\0'), "text refuses it");
    text.to_owned()
}

fn time(time: Timestamp) -> Timestamp {
    Timestamp::from_micros(time.micros()).expect("within range")
}

fn kept_node(node: Node) -> Node {
    assert!(
        (0.0..=1.0).contains(&node.cluster_confidence) && (0..=10).contains(&node.technical_depth)
    );
    assert!(node.sequence_index >= 0 && node.access_count >= 0);
    Node {
        id: text(&node.id),
        conversation_id: text(&node.conversation_id),
        human_content: text(&node.human_content),
        assistant_content: text(&node.assistant_content),
        cluster_label: node.cluster_label.as_deref().map(text),
        created_at: time(node.created_at),
        last_accessed: node.last_accessed.map(time),
        intent_type: node.intent_type.as_str().parse().expect("a word"),
        tags: jsonb(&node.tags),
        extra: jsonb(&node.extra),
        ..node
    }
}

fn kept_episode(episode: Episode) -> Episode {
    assert!(episode.avg_complexity.is_finite() && episode.duration_minutes.is_finite());
    assert!(episode.message_count >= 0 && episode.access_count >= 0);
    Episode {
        id: text(&episode.id),
        title: text(&episode.title),
        dominant_intent: text(&episode.dominant_intent),
        emotional_arc: text(&episode.emotional_arc),
        urgency_max: text(&episode.urgency_max),
        created_at: time(episode.created_at),
        updated_at: episode.updated_at.map(time),
        last_accessed: episode.last_accessed.map(time),
        messages: jsonb(&episode.messages),
        llm_tags: jsonb(&episode.llm_tags),
        memory_node_ids: episode.memory_node_ids.iter().map(|id| text(id)).collect(),
        related_episode_ids: episode
            .related_episode_ids
            .iter()
            .map(|id| text(id))
            .collect(),
        extra: jsonb(&episode.extra),
        ..episode
    }
}

fn kept_chunk(chunk: Chunk) -> Chunk {
    assert!(chunk.chunk_index >= 0 && chunk.access_count >= 0);
    Chunk {
        id: text(&chunk.id),
        document_id: text(&chunk.document_id),
        content: text(&chunk.content),
        heading_path: chunk.heading_path.iter().map(|it| text(it)).collect(),
        created_at: time(chunk.created_at),
        last_accessed: chunk.last_accessed.map(time),
        tags: jsonb(&chunk.tags),
        extra: jsonb(&chunk.extra),
        ..chunk
    }
}

fn canonical(kind: Kind, value: &Value<'_>, part: Part) -> String {
    let mut bytes = Vec::new();
    record::canonical(kind, value, part, &mut bytes);
    String::from_utf8(bytes).expect("UTF-8")
}

fn written(memory: &Memory, part: Part) -> String {
    let mut bytes = Vec::new();
    record::write(memory, part, &mut bytes).expect("its own carry");
    String::from_utf8(bytes).expect("UTF-8")
}

/// Whether it was accepted; if so, nothing of it is lost.
fn whole(kind: Kind, json: &str) -> Result<bool, TestCaseError> {
    let source = parse(json.as_bytes()).expect("the generator's JSON");
    let mut value = source.clone();
    let Ok(read) = record::read(kind, &mut value, &Stamp::only(scope())) else {
        return Ok(false);
    };
    prop_assert_eq!(&value, &source, "reading changes no record of one's own");
    let everything = canonical(kind, &source, Part::Everything);
    let content = canonical(kind, &source, Part::Content);
    let mut plain = Vec::new();
    write(&source, &mut plain);
    prop_assert_eq!(everything.as_bytes(), plain);

    prop_assert_eq!(written(&read.memory, Part::Everything), &everything[..]);
    prop_assert_eq!(written(&read.memory, Part::Content), &content[..]);
    let kept = kept(read.memory.clone());
    prop_assert_eq!(
        &kept,
        &read.memory,
        "its columns are what PostgreSQL gives back"
    );
    prop_assert_eq!(written(&kept, Part::Everything), &everything[..]);

    // What is written reads back as the same memory.
    let mut again = parse(everything.as_bytes()).expect("canonical");
    let again = record::read(kind, &mut again, &Stamp::only(scope())).expect("accepted before");
    prop_assert_eq!(&again.memory, &read.memory);
    prop_assert_eq!(again.zoneless, read.zoneless);

    // Another owner takes it over, and nothing but the stamp changes.
    let other = Scope::Tenant(Uuid::from_u128(9));
    let mut taken = source.clone();
    let read = record::read(kind, &mut taken, &Stamp::replace(other)).expect("accepted before");
    prop_assert_eq!(
        written(&read.memory, Part::Everything),
        canonical(kind, &taken, Part::Everything)
    );
    Ok(true)
}

/// A sound record that says what a field changed to.
fn with(kind: Kind, sound: &str, fields: &str) {
    let json = format!("{}, {fields}}}", sound.trim_end_matches('}'));
    assert!(whole(kind, &json).expect(fields), "refused: {fields}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_node_that_is_read_is_written_whole(json in around(NODE)) {
        whole(Kind::Node, &json)?;
    }

    #[test]
    fn an_episode_that_is_read_is_written_whole(json in around(EPISODE)) {
        whole(Kind::Episode, &json)?;
    }

    /// Live columns move on; what they then say is written, and nothing else changes.
    #[test]
    fn a_memory_that_was_used_says_so(json in around(NODE), recalled in any::<u32>(), cluster in any::<i64>()) {
        let source = parse(json.as_bytes()).expect("the generator's JSON");
        if let Ok(read) = record::read(Kind::Node, &mut source.clone(), &Stamp::only(scope())) {
            let Memory::Node(mut used) = read.memory else {
                panic!("a node was read");
            };
            used.access_count = i64::from(recalled) + 1_000_000_000_000;
            used.cluster_id = Some(cluster);
            let count = used.access_count;
            let used = Memory::Node(used);
            prop_assert_eq!(written(&used, Part::Content), canonical(Kind::Node, &source, Part::Content));
            let after = written(&used, Part::Everything);
            let after = parse(after.as_bytes()).expect("canonical");
            // Whether or not the source said anything of it.
            for (field, number) in [("access_count", count), ("cluster_id", cluster)] {
                let number = Value::Number(number.to_string().into());
                prop_assert_eq!(after.get(field), Some(&number));
            }
        }
    }
}

/// The generator must not be refused so often that nothing is tested.
#[test]
fn enough_records_are_accepted() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut nodes, mut episodes) = (0, 0);
    for _ in 0..400 {
        let node = around(NODE)
            .new_tree(&mut runner)
            .expect("a value")
            .current();
        nodes += u32::from(whole(Kind::Node, &node).expect(&node));
        let episode = around(EPISODE)
            .new_tree(&mut runner)
            .expect("a value")
            .current();
        episodes += u32::from(whole(Kind::Episode, &episode).expect(&episode));
    }
    assert!(
        nodes > 80 && episodes > 80,
        "{nodes} nodes and {episodes} episodes of 400"
    );
}

#[test]
fn what_a_carry_could_be_mistaken_about() {
    for fields in [
        r#""record": {"id": "x"}, "keys": [0], "values": {"id": 1}, "live": null"#,
        r#""0": 1, "1": 2"#,
        r#""urgency": "low", "urgenc\u0079": "high""#,
        r#""cluster_confidence": 1"#,
        r#""cluster_confidence": NaN, "cluster_id": -0, "access_count": -0"#,
        r#""tags": {"processes": [], "domains": [], "domains": [1]}"#,
        r#""tags": {"\ud83d": 1, "\ude00": 2, "\ufffd": 3}"#,
        r#""x": {"bb": 1, "a": 2}, "x": {"a": 2, "bb": 1}"#,
        r#""\ud83d": 1, "\ufffd": 2"#,
        r#""last_accessed": "2024-01-01", "last_accessed": null"#,
    ] {
        with(Kind::Node, NODE, fields);
        with(
            Kind::Episode,
            EPISODE,
            &fields
                .replace("urgency", "urgency_max")
                .replace("urgency_max\\", "urgenc\\"),
        );
    }
    for fields in [
        r#""heading_path": ["\u0000", "\ufffd"], "page": null, "category": "x", "keywords": ["a"]"#,
        r#""page": -3, "content": "\ud83d", "tags": {"b": [], "a": ["x"]}, "access_count": 1"#,
        r#""chunk_index": 2, "chunk_index": 7, "last_accessed": "2024-01-01""#,
    ] {
        with(Kind::Chunk, CHUNK, fields);
    }
    for fields in [
        r#""llm_tags": {"time_context": null, "summary": "\u0000"}, "duration_minutes": 1e308"#,
        r#""messages": [{}, {"content": "\ud83d", "role": null, "role": 1}]"#,
        r#""memory_node_ids": ["\u0000", "\ufffd"], "message_count": 99"#,
    ] {
        with(Kind::Episode, EPISODE, fields);
    }
}

/// A document is kept as a memory is.
#[test]
fn documents_come_back_whole() {
    for fields in [
        "",
        r#", "title": "\u0000", "mime": null, "pages": 1.10, "updated_at": "2024-01-15T10:30:00+02:00""#,
        r#", "department": "Finance", "title": "T", "title": "U""#,
        r#", "\ud83d": 1, "user_id": null, "content_hash": "\ud83d""#,
    ] {
        let text = DOCUMENT.replace("\"}", &format!("\"{fields}}}"));
        let mut value = parse(text.as_bytes()).expect(&text);
        let stamp = Stamp::only(scope());
        let document = record::document::read(&mut value, &stamp).expect(&text);
        let (mut before, mut after) = (Vec::new(), Vec::new());
        record::document::canonical(&value, &mut before);
        record::document::write(&document, &mut after).expect(&text);
        assert_eq!(
            String::from_utf8_lossy(&after),
            String::from_utf8_lossy(&before)
        );
        assert_eq!(
            record::document::admit(&document, &stamp).as_ref(),
            Ok(&document)
        );
    }
    for flawed in [
        r#"{"id": "d", "created_at": "2024-01-15"}"#,
        r#"{"id": "", "path": "", "created_at": "2024-01-15"}"#,
        r#"{"id": "d", "path": "", "created_at": "2024-01-15", "user_id": "somebody"}"#,
    ] {
        let mut value = parse(flawed.as_bytes()).expect(flawed);
        assert!(record::document::read(&mut value, &Stamp::only(scope())).is_err());
    }
}
