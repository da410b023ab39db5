//! What people and programs really write.

use tulving::backend::{Entry, Filter};
use tulving::model::{Key, Kind, Memory, Timestamp};

use crate::fixture::Fixture;
use crate::memories::{Memories, episode_key, node_key};
use crate::sample::{self, from_record, node, plain, saying, with_vector};

/// Empty and white, of every script, with what ends strings in C, SQL, JSON and terminals.
pub async fn texts_of_any_kind_come_back_and_are_found(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let texts = [
        "",
        " ",
        "\n\r\n\t",
        "\0",
        "NUL \0 within",
        "\u{FEFF}marked",
        "naïve café",
        "e\u{301} apart",
        "漢字かな交じり文",
        "한국어",
        "عربى من اليمين",
        "👩‍👩‍👧‍👦 family 🇪🇺",
        "\u{202E}reversed",
        "\u{1b}[31mred",
        "it's \"quoted\" \\ and $1 ; DROP TABLE",
        "%s %d {} {{}}",
        "\u{FFFD}",
        "\u{10FFFF}\u{FFFF}",
        "</script><!--",
        "\\u0000 \\ud83d",
        "zero\u{200B}width",
    ];
    let entries: Vec<Entry> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let mut odd = saying(&format!("t{index:02}"), &format!("{text} canary"));
            (*text).clone_into(&mut odd.assistant_content);
            plain(odd)
        })
        .chain([plain(saying("u0", ""))])
        .collect();
    memories.write(entries.clone()).await;
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            for entry in &entries {
                memories.assert_holds(entry).await;
            }
            let listed = memories.all().await;
            assert_eq!(listed.len(), texts.len() + 1);
            assert_eq!(memories.with_words("canary").await.len(), texts.len());
            assert_eq!(memories.with_words("family").await, ["t11"]);
            assert_eq!(memories.with_words("quoted").await, ["t14"]);
        }
        fixture.maintain().await;
    }
}

/// Somebody will paste a log file.
pub async fn texts_of_eight_megabytes_come_back_and_are_found(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let line = format!("word {}\n", "\u{e9}".repeat(500));
    let text = format!("beginning {}ending", line.repeat(9 * 1024));
    assert!(text.len() > 8 * 1024 * 1024);
    let long = with_vector(saying("long", &text), &[1.0]);
    memories
        .write([long.clone(), plain(saying("short", "word"))])
        .await;
    fixture.maintain().await;
    let memories = Memories::open(fixture).await;
    memories.assert_holds(&long).await;
    assert_eq!(memories.with_words("ending").await, ["long"]);
    assert_eq!(memories.with_words("word").await.len(), 2);
    assert_eq!(memories.near(&[1.0]).await, ["long"]);
    assert_eq!(memories.delete(&[node_key("long")]).await.len(), 1);
    assert_eq!(memories.with_words("ending beginning").await, [""; 0]);
}

/// Ids are compared letter for letter: no patterns, no paths, no alphabets, no trimming.
pub async fn ids_of_any_kind_name_one_memory(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let (long, wide) = ("x".repeat(255), "😀".repeat(255));
    let ids = [
        "%",
        "_",
        "*",
        "?",
        "a",
        "A",
        "a ",
        " a",
        "a\n",
        "á",
        "a\u{301}",
        "'",
        "''",
        "\"",
        "\\",
        "\\\\",
        "../a",
        "/",
        ".",
        "..",
        "a/b",
        "nul\u{1}",
        "null",
        "NULL",
        "0",
        "-1",
        "\u{FFFD}",
        "😀",
        "ß",
        "ss",
        "$1",
        "{}",
        "a,b",
        "\u{200B}",
        &long,
        &long[1..],
        &wide,
    ];
    let entries: Vec<Entry> = ids
        .iter()
        .flat_map(|id| {
            let whole = sample::episode(id);
            [plain(node(id)), plain(whole)]
        })
        .collect();
    memories.write(entries.clone()).await;
    fixture.maintain().await;
    let memories = Memories::open(fixture).await;
    for entry in &entries {
        memories.assert_holds(entry).await;
    }
    for (at, id) in ids.iter().enumerate() {
        assert_eq!(memories.touch(&[node_key(id)], 1).await, 1, "{id:?}");
        assert_eq!(memories.delete(&[node_key(id)]).await, [node_key(id)]);
        let left = memories.count(&Filter::default()).await;
        let expected = (ids.len() - at - 1, ids.len());
        assert_eq!(
            (left[Kind::Node] as usize, left[Kind::Episode] as usize),
            expected,
            "after {id:?}"
        );
    }
    let keys: Vec<Key> = ids.iter().map(|id| episode_key(id)).collect();
    assert!(memories.get_all(&keys).await.iter().all(Option::is_some));
}

/// Conversations are named letter for letter too, up to 1,024 bytes.
pub async fn conversations_of_any_kind_are_kept_apart(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let long = "k".repeat(1024);
    let names = [
        "",
        " ",
        "%",
        "_",
        "a",
        "A",
        "á",
        "a\u{301}",
        "a'b",
        "a\"b",
        "a\\b",
        "😀",
        &long,
        &long[1..],
    ];
    for (at, name) in names.iter().enumerate() {
        let nodes = (0..2).map(|index| {
            let mut node = node(&format!("{at}/{index}"));
            (*name).clone_into(&mut node.conversation_id);
            node.sequence_index = index;
            node.human_content = match index {
                0 => "w".repeat(at + 1),
                _ => "x".to_owned(),
            };
            plain(node)
        });
        memories.write(nodes).await;
    }
    for (at, name) in names.into_iter().enumerate() {
        let filter = Filter {
            conversations: vec![name.to_owned()],
            ..Filter::default()
        };
        assert_eq!(memories.count(&filter).await[Kind::Node], 2, "{name:?}");
        let word = "w".repeat(at + 1);
        let beside = memories.beside(&word, 9, &Filter::default()).await;
        assert_eq!(beside, [format!("{at}/1")], "{name:?}");
    }
}

/// Fields that nobody knows, numbers that no column holds, keys in odd orders and twice: the record is
/// the same afterwards.
pub async fn records_come_back_with_everything_that_nobody_knows(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let nodes = [
        r#"{"id":"n0","conversation_id":"c","sequence_index":0,"human_content":"\ud83d \u0000","assistant_content":"",
            "source":"grok","created_at":"2024-01-15T10:30:00","mood":NaN,"n":1e22,"z":-0.0,"big":123456789012345678901234567890}"#,
        r#"{"created_at":"2024-01-15","source":"x","assistant_content":"a","human_content":"h","sequence_index":3,
            "conversation_id":"","id":"n1","tags":{"topics":["\u0000"],"topics":[1.0]},"cluster_confidence":1.0,"access_count":null}"#,
        r#"{"id":"n2","id":"n2","conversation_id":"c","sequence_index":1,"human_content":"h","assistant_content":"a",
            "source":"x","created_at":"2024-01-15T10:30:00.1234567+02:00","\ud800":1,"nested":{"deep":[[[{"":null}]]]}}"#,
    ];
    let episodes = [
        r#"{"id":"e0","messages":[{"role":"user","content":"\ud83d","extra":[1.50,1e2]}],"source":"x",
            "created_at":"2024-01-15T10:30:00Z","avg_complexity":Infinity,"unknown":{"b":1,"a":2}}"#,
    ];
    let memories_of = nodes.iter().map(|text| from_record(Kind::Node, text));
    let episodes = episodes.iter().map(|text| from_record(Kind::Episode, text));
    let entries: Vec<Entry> = memories_of
        .chain(episodes)
        .map(|memory| Entry {
            memory,
            embedding: None,
        })
        .collect();
    memories.write(entries.clone()).await;
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            for entry in &entries {
                memories.assert_holds(entry).await;
            }
            for memory in memories.all().await {
                let written = entries
                    .iter()
                    .find(|entry| entry.memory.key() == memory.key());
                let written = written.expect("only what was written is listed");
                assert_eq!(
                    sample::record_of(&memory),
                    sample::record_of(&written.memory)
                );
            }
        }
        fixture.maintain().await;
    }
    for entry in &entries {
        memories
            .replace(&entry.memory, entry.clone())
            .await
            .expect("replace what was read");
    }
}

/// The first and the last moment, and the largest numbers.
pub async fn times_and_numbers_at_their_ends_come_back(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let time = |text: &str| Timestamp::parse(text).expect("a time").0;
    let (first, last) = (
        time("0001-01-01T00:00:00Z"),
        time("9999-12-31T23:59:59.999999Z"),
    );
    let mut early = node("early");
    early.created_at = first;
    early.cluster_id = Some(i64::MIN);
    let mut late = node("late");
    late.created_at = last;
    late.sequence_index = i64::MAX;
    late.cluster_id = Some(i64::MAX);
    late.access_count = i64::MAX - 1;
    late.last_accessed = Some(first);
    let mut whole = sample::episode("whole");
    whole.duration_minutes = f64::MAX;
    whole.avg_complexity = -f64::MIN_POSITIVE;
    whole.message_count = i64::MAX;
    let entries = [plain(early), plain(late), plain(whole)];
    memories.write(entries.clone()).await;
    fixture.maintain().await;
    for memories in [memories.clone(), Memories::open(fixture).await] {
        for entry in &entries {
            memories.assert_holds(entry).await;
        }
        assert_eq!(
            memories.ids(&Filter::default()).await,
            ["early", "whole", "late"]
        );
        let ends = Filter {
            since: Some(first),
            until: Some(last),
            ..Filter::default()
        };
        assert_eq!(memories.ids(&ends).await, ["early", "whole"]);
        assert_eq!(memories.clusters().await.len(), 2);
    }
    assert_eq!(memories.touch(&[node_key("late")], 1).await, 1);
    let late = memories.get(&node_key("late")).await.expect("late").memory;
    assert!(matches!(late, Memory::Node(node) if node.access_count == i64::MAX));
}
