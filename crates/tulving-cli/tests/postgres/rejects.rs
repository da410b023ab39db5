//! Rows that cannot be moved are set aside whole, and come in once they are mended.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::data::{Data, EPISODES, NODE_VECTORS, NODES};
use crate::support::World;

/// Five nodes and an episode that are refused, each for another reason.
fn spoiled(world: &World) -> Data {
    let data = Data::fresh(&world.path("data"));
    data.set(NODES, 1, "urgency", Some("\"now\""));
    data.set(
        NODES,
        1,
        "human_content",
        Some(r#""cut \ud83d and \u0000""#),
    );
    data.set(NODES, 1, "score", Some("1e22"));
    data.set_number(NODE_VECTORS, 2, 1, f32::NAN);
    data.set_number(NODE_VECTORS, 2, 2, f32::NEG_INFINITY);
    let id = data.get(NODES, 0, "id");
    data.set(NODES, 3, "id", Some(&id));
    data.set(NODES, 4, "tenant_id", Some("\"someone-else\""));
    data.put(NODES, 5, "null");
    data.set(EPISODES, 1, "messages", Some("\"none\""));
    data
}

/// The lines of a rejects file, as Python would read them.
fn lines(world: &World, name: &str) -> Vec<String> {
    let text = fs::read_to_string(world.path(name)).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(str::to_owned).collect()
}

#[track_caller]
fn mended(line: &str, from: &str, to: &str) -> String {
    assert!(line.contains(from), "{from} in {line}");
    line.replacen(from, to, 1)
}

/// What `spoiled` spoiled, as a person would mend it.
fn mend(world: &World, data: &Data) -> String {
    let lines = lines(world, "rejects.jsonl");
    let node = data.read(NODES);
    let node = tulving::json::parse(&node).unwrap();
    let tulving::json::Value::Array(nodes) = node else {
        panic!("no array")
    };
    let mut whole = Vec::new();
    tulving::json::write(&nodes[6], &mut whole);
    let whole = String::from_utf8(whole).unwrap();
    let id = data.get(NODES, 6, "id");
    let first = data.get(NODES, 0, "id");
    let row = |line: &str| line.find(",\"row\":").unwrap();
    let twice = &lines[2];
    let twice = format!(
        "{}{}",
        &twice[..row(twice)],
        mended(&twice[row(twice)..], &first, "\"mem_a_new_id\"")
    );
    [
        mended(&lines[0], r#""urgency":"now""#, r#""urgency":"high""#),
        mended(&lines[1], ",NaN,-Infinity,", ",0.25,-0.0,"),
        twice,
        String::new(),
        mended(&lines[3], "\"someone-else\"", "null"),
        mended(
            &lines[4],
            "\"row\":null",
            &format!("\"row\":{}", mended(&whole, &id, "\"mem_another\"")),
        ),
        mended(&lines[5], r#""messages":"none""#, r#""messages":[]"#) + "\r",
    ]
    .join("\n")
}

#[test]
fn refused_rows_are_set_aside_whole() {
    let world = World::new();
    let data = spoiled(&world);
    let source = data.snapshot();
    let args = ["--on-error", "reject"];
    let report = world.migrate(&args).expect(4).json();
    assert_eq!(report["verified"], json!(true));
    assert_eq!(report["nodes"]["found"], json!(12));
    assert_eq!(report["nodes"]["inserted"], json!(7));
    assert_eq!(report["nodes"]["rejected"], json!(5));
    assert_eq!(report["episodes"]["rejected"], json!(1));
    assert_eq!(
        world.database.scalar("SELECT count(*) FROM memory_nodes"),
        "7"
    );

    let path = world.path("rejects.jsonl");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let found = lines(&world, "rejects.jsonl");
    let expected = [
        (NODES, "node", 1, "unknown_word", "`urgency` is \"now\""),
        (
            NODES,
            "node",
            2,
            "vector_not_finite",
            "its vector holds NaN at place 1",
        ),
        (
            NODES,
            "node",
            3,
            "duplicate_id",
            "an earlier row has the id",
        ),
        (
            NODES,
            "node",
            4,
            "foreign_scope",
            "tenant_id \"someone-else\"",
        ),
        (
            NODES,
            "node",
            5,
            "not_an_object",
            "must be an object, but is null",
        ),
        (
            EPISODES,
            "episode",
            1,
            "wrong_type",
            "`messages` must be a list of objects",
        ),
    ];
    assert_eq!(found.len(), expected.len());
    for (line, (file, kind, index, reason, message)) in found.iter().zip(expected) {
        let parsed = tulving::json::parse(line.as_bytes()).unwrap();
        let text = |key: &str| match parsed.get(key) {
            Some(tulving::json::Value::String(text)) => text.to_str().unwrap().to_owned(),
            other => panic!("{key}: {other:?}"),
        };
        assert_eq!(
            (text("file"), text("kind"), text("reason")),
            (file.to_owned(), kind.to_owned(), reason.to_owned())
        );
        assert!(text("message").contains(message), "{line}");
        assert_eq!(
            parsed.get("index"),
            Some(&tulving::json::Value::Number(index.to_string().into()))
        );
        // The row as it stands in the source, whatever a column could make of it.
        let bytes = data.read(file);
        let Ok(tulving::json::Value::Array(records)) = tulving::json::parse(&bytes) else {
            panic!("no array")
        };
        let record = &records[index];
        assert_eq!(parsed.get("row"), Some(record));
        match record.get("id") {
            Some(id) => assert_eq!(parsed.get("id"), Some(id)),
            None => assert_eq!(parsed.get("id"), Some(&tulving::json::Value::Null)),
        }
        assert_eq!(
            parsed.get("vector").is_some(),
            reason == "vector_not_finite"
        );
    }
    assert!(found[0].contains(r#""human_content":"cut \ud83d and \u0000""#));
    assert!(found[0].contains(r#""score":1e22"#));

    // Again: nothing new, the same rejects. And the proof says that not all of the source is there.
    let again = world.migrate(&args).expect(4).json();
    assert_eq!(
        (&again["nodes"]["unchanged"], &again["nodes"]["inserted"]),
        (&json!(7), &json!(0))
    );
    assert_eq!(lines(&world, "rejects.jsonl"), found);
    let verified = world.verify(&[]).expect(4).json();
    assert_eq!(verified["nodes"]["equal"], json!(7));
    // Stopping is the default, and then nothing of it is done.
    world
        .migrate(&[])
        .expect(3)
        .says("6 of 14 rows cannot be moved; nothing was written");
    assert_eq!(data.snapshot(), source);
}

#[test]
fn mended_rows_come_in_with_their_vectors() {
    let world = World::new();
    let data = spoiled(&world);
    world.migrate(&["--on-error", "reject"]).expect(4);
    fs::write(world.path("mended.jsonl"), mend(&world, &data)).unwrap();
    let plan = world
        .migrate(&["--rows", "mended.jsonl", "--dry-run"])
        .expect(0)
        .json();
    assert_eq!(plan["nodes"]["found"], json!(5));
    let report = world.migrate(&["--rows", "mended.jsonl"]).expect(0).json();
    assert_eq!(report["verified"], json!(true));
    assert_eq!(report["nodes"]["found"], json!(5));
    assert_eq!(report["nodes"]["inserted"], json!(5));
    assert_eq!(report["episodes"]["inserted"], json!(1));
    // Every row is at its place, with the vector of its place, but for the one that was given.
    let places = "SELECT string_agg(ord::text, ',' ORDER BY ord) FROM memory_nodes";
    assert_eq!(world.database.scalar(places), "0,1,2,3,4,5,6,7,8,9,10,11");
    let numbers = data.numbers(NODE_VECTORS);
    for (place, row) in numbers.chunks(Data::DIMS).enumerate() {
        let row: Vec<f32> = match place {
            2 => [&row[..1], &[0.25, -0.0], &row[3..]].concat(),
            _ => row.to_vec(),
        };
        let hex: String = row
            .iter()
            .map(|number| format!("{:08x}", number.to_bits()))
            .collect();
        let stored = format!(
            "SELECT encode(vector_send(embedding), 'hex') FROM memory_nodes WHERE ord = {place}"
        );
        assert_eq!(&world.database.scalar(&stored)[8..], hex, "{place}");
    }
    assert_eq!(
        world
            .database
            .scalar("SELECT urgency FROM memory_nodes WHERE ord = 1"),
        "high"
    );

    // The source itself was not mended: what is sound in it is there, the rest is extra.
    let verified = world.verify(&[]).expect(4).json();
    assert_eq!(verified["nodes"]["missing_count"], json!(0));
    assert_eq!(verified["nodes"]["extra_count"], json!(5));
    world.verify(&["--exact"]).expect(5);
    // Fed in twice, nothing changes.
    let again = world.migrate(&["--rows", "mended.jsonl"]).expect(0).json();
    assert_eq!(again["nodes"]["unchanged"], json!(5));
    assert_eq!(again["digest"], report["digest"]);
    // A person is advised commands that do what is said of them.
    let base = format!("migrate --user-id {} --data-dir data", world.user);
    let told = |more: &str, code: i32| {
        let args = format!("{base} {more} --yes");
        let args: Vec<&str> = args.split(' ').collect();
        world.run(&args).expect(code).stdout
    };
    let first = told("--model test-model --on-error reject", 4);
    assert!(!first.contains("To prove it again"), "{first}");
    let advice = format!(
        "Correct the rows in rejects.jsonl, then:\n  tulving migrate --user-id {} --data-dir data --model test-model --rows rejects.jsonl\n",
        world.user
    );
    assert!(first.contains(&advice), "{first}");
    let second = told("--model test-model --rows mended.jsonl", 0);
    assert!(
        second.contains("has every row of mended.jsonl, bit for bit"),
        "{second}"
    );
    assert!(!second.contains("To prove it again"), "{second}");

    // Once the source is mended in the same way, the whole of it is proved.
    data.set(NODES, 1, "urgency", Some("\"high\""));
    data.set_number(NODE_VECTORS, 2, 1, 0.25);
    data.set_number(NODE_VECTORS, 2, 2, -0.0);
    data.set(NODES, 3, "id", Some("\"mem_a_new_id\""));
    data.set(NODES, 4, "tenant_id", Some("null"));
    data.array(NODES, |nodes| nodes[5] = nodes[6].clone());
    data.set(NODES, 5, "id", Some("\"mem_another\""));
    data.set(EPISODES, 1, "messages", Some("[]"));
    let verified = world.verify(&["--exact"]).expect(0).json();
    assert_eq!(verified["nodes"]["equal"], json!(12));
}

#[test]
fn rows_that_are_still_bad_are_set_aside_again() {
    let world = World::new();
    let data = spoiled(&world);
    world.migrate(&["--on-error", "reject"]).expect(4);
    let before = fs::read(world.path("rejects.jsonl")).unwrap();
    let ran = world.migrate(&["--rows", "rejects.jsonl"]).expect(3);
    // One of the two with the same id is not among these rows.
    ran.says("5 of 6 rows cannot be moved; nothing was written");
    // Named is the file that a person mends.
    ran.says("rejects.jsonl, line 2 (");
    // What is read is never written over.
    let again = ["--rows", "rejects.jsonl", "--on-error", "reject"];
    world
        .migrate(&[&again[..], &["--rejects", "./rejects.jsonl", "--force"]].concat())
        .expect(2)
        .says("--rejects FILE");
    let report = world.migrate(&again).expect(5).json();
    assert_eq!(report["rejects"], json!("./rejects-2.jsonl"));
    assert_eq!(lines(&world, "rejects-2.jsonl").len(), 5);
    assert_eq!(fs::read(world.path("rejects.jsonl")).unwrap(), before);

    // Mended, but for a vector that was given with a row that has another fault by now.
    let text = mended(&mend(&world, &data), "0.25,-0.0", "0.125,-0.0");
    let text: Vec<String> = text
        .split('\n')
        .map(|line| {
            if line.contains("0.125,-0.0") {
                mended(line, r#""complexity":""#, r#""complexity":"very "#)
            } else {
                line.to_owned()
            }
        })
        .collect();
    fs::write(world.path("mended.jsonl"), text.join("\n")).unwrap();
    let args = [
        "--rows",
        "mended.jsonl",
        "--on-error",
        "reject",
        "--rejects",
        "left.jsonl",
    ];
    let report = world.migrate(&args).expect(4).json();
    assert_eq!(
        (&report["nodes"]["inserted"], &report["nodes"]["rejected"]),
        (&json!(4), &json!(1))
    );
    let left = lines(&world, "left.jsonl");
    assert_eq!(left.len(), 1);
    assert!(
        left[0].contains("unknown_word") && left[0].contains(",0.125,-0.0,"),
        "{}",
        left[0]
    );
    fs::write(
        world.path("left.jsonl"),
        mended(&left[0], r#""complexity":"very "#, r#""complexity":""#),
    )
    .unwrap();
    world.migrate(&["--rows", "left.jsonl"]).expect(0);
    assert_eq!(
        world
            .database
            .scalar("SELECT embedding::text LIKE '%,0.125,-0,%' FROM memory_nodes WHERE ord = 2"),
        "t"
    );
}

#[test]
fn a_row_whose_id_is_taken_is_kept_out_and_told() {
    let world = World::new();
    spoiled(&world);
    world.migrate(&["--on-error", "reject"]).expect(4);
    let twice = lines(&world, "rejects.jsonl").remove(2);
    fs::write(world.path("twice.jsonl"), twice).unwrap();
    let report = world.migrate(&["--rows", "twice.jsonl"]).expect(5).json();
    assert_eq!(
        (&report["nodes"]["kept"], &report["nodes"]["inserted"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(report["verified"], json!(false));
    let ran = world.verify(&[]).expect(4).json();
    assert_eq!(
        ran["nodes"]["equal"],
        json!(7),
        "the first of the two is as it was"
    );
}

#[test]
fn refused_by_the_thousand_the_file_names_them_all() {
    let world = World::new();
    let data = Data::fresh(&world.path("data"));
    let (rows, dims) = (3000, 2);
    let node = |index: usize| {
        let id = if index.is_multiple_of(3) { index } else { 0 };
        let urgency = if index % 3 == 2 { "never" } else { "low" };
        format!(
            r#"{{"id": "n{id}", "conversation_id": "c", "sequence_index": {index}, "human_content": "", "assistant_content": "", "source": "x", "created_at": "2024-01-01", "urgency": "{urgency}"}}"#
        )
    };
    let nodes: Vec<String> = (0..rows).map(node).collect();
    data.write(NODES, format!("[{}]", nodes.join(",\n")));
    data.npy(
        NODE_VECTORS,
        "<f4",
        false,
        &format!("({rows}, {dims})"),
        &vec![0; rows * dims * 4],
    );
    let args = [
        "--only",
        "nodes",
        "--on-error",
        "reject",
        "--batch-rows",
        "100",
    ];
    let report = world.migrate(&args).expect(4).json();
    assert_eq!(
        (&report["nodes"]["inserted"], &report["nodes"]["rejected"]),
        (&json!(1000), &json!(2000))
    );
    let indices: Vec<Value> = lines(&world, "rejects.jsonl")
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["index"].clone())
        .collect();
    let expected: Vec<Value> = (0..rows)
        .filter(|index| index % 3 != 0)
        .map(|index| json!(index))
        .collect();
    assert_eq!(indices, expected);
    let ran = world.migrate(&["--only", "nodes"]).expect(3);
    ran.says("2000 of 3000 rows")
        .says("corpus/nodes.json[1] (n0)")
        .says("and 1980 more");
}

#[test]
fn a_rows_file_that_cannot_be_used_is_refused_with_the_line() {
    let world = World::new();
    spoiled(&world);
    world.migrate(&["--on-error", "reject"]).expect(4);
    let good = mend(
        &world,
        &Data {
            root: world.path("data"),
        },
    );
    let first = good.lines().next().unwrap().to_owned();
    let before = world
        .database
        .rows("SELECT count(*) FROM memory_nodes UNION ALL SELECT count(*) FROM runs");
    let first_with = |from: &str, to: &str| format!("\n{}\n", mended(&first, from, to));
    let vector = |vector: &str| first_with(",\"row\":", &format!(",\"vector\":{vector},\"row\":"));
    #[rustfmt::skip] // a table
    let bad = [
        ("cut", first[..first.len() - 9].to_owned(), "line 1: it is not JSON"),
        ("not JSON", format!("{first}\nhello\n"), "line 2: it is not JSON: expected a value at byte 0"),
        ("two on a line", format!("{first}{first}"), "line 1: it is not JSON: more data after the value"),
        ("a list", "[]".to_owned(), "line 1: `kind` must be \"node\" or \"episode\""),
        ("no kind", first_with("\"kind\"", "\"sort\""), "line 2: `kind` must be"),
        ("another kind", first_with("\"node\"", "\"nodes\""), "line 2: `kind` must be"),
        ("no index", first_with("\"index\"", "\"place\""), "line 2: `index` must be a whole number from 0"),
        ("an index below 0", first_with("\"index\":1", "\"index\":-1"), "line 2: `index` must be a whole number from 0"),
        ("half an index", first_with("\"index\":1", "\"index\":1.5"), "line 2: `index` must be a whole number from 0"),
        ("an index in quotes", first_with("\"index\":1", "\"index\":\"1\""), "line 2: `index` must be a whole number from 0"),
        ("an index beyond the source", first_with("\"index\":1", "\"index\":12"), "line 2: `index` is 12, but the source holds 12 vectors"),
        ("an index beyond the database", first_with("\"index\":1", "\"vector\":[1,2,3,4,5,6,7,8],\"index\":9223372036854775808"), "line 2: `index` must be a whole number from 0"),
        ("an index twice", format!("{first}\n\n{first}"), "line 3: `index` 1 is on line 1 too"),
        ("a newer form", first_with("\"index\"", "\"format\":2,\"index\""), "line 2: `format` must be 1"),
        ("a form in quotes", first_with("\"index\"", "\"format\":\"1\",\"index\""), "line 2: `format` must be 1"),
        ("no row", first_with("\"row\"", "\"line\""), "line 2: `row` is missing"),
        ("a short vector", vector("[1, 2, 3]"), "line 2: `vector` must be a list of 8 numbers"),
        ("a vector in quotes", vector("\"1 2 3\""), "line 2: `vector` must be a list of 8 numbers"),
        ("a vector of words", vector("[1,2,3,4,5,6,7,\"8\"]"), "line 2: `vector` must be a list of 8 numbers"),
        ("a vector out of range", vector("[1,2,3,4,5,6,7,1e39]"), "its vector holds inf at place 7"),
        ("UTF-16", first.encode_utf16().flat_map(|unit| [char::from(unit as u8), '\0']).collect(), "bad.jsonl is text in UTF-16"),
    ];
    for (name, text, says) in bad {
        fs::write(world.path("bad.jsonl"), text).unwrap();
        for more in [&[][..], &["--dry-run"]] {
            let ran = world.migrate(&[&["--rows", "bad.jsonl"], more].concat());
            assert!(
                ran.code == Some(3) && ran.stderr.contains(says),
                "{name}: {:?}\n{}",
                ran.code,
                ran.stderr
            );
        }
    }
    world
        .migrate(&["--rows", "nowhere.jsonl"])
        .expect(2)
        .says("nowhere.jsonl")
        .says("No such file");
    world.migrate(&["--rows", "data"]).expect(2).says("data");
    let after = world
        .database
        .rows("SELECT count(*) FROM memory_nodes UNION ALL SELECT count(*) FROM runs");
    assert_eq!(after, before);
}

#[test]
fn a_record_that_is_no_json_cannot_be_set_aside() {
    let world = World::new();
    let data = Data::fresh(&world.path("data"));
    data.replace(NODES, b"\"id\"", b"\"\\q\"");
    let ran = world.migrate(&["--on-error", "reject"]).expect(3);
    ran.says("corpus/nodes.json[0] is not JSON");
    assert!(!world.path("rejects.jsonl").exists());
}

#[test]
fn rows_that_a_person_is_mending_are_not_replaced() {
    let world = World::new();
    spoiled(&world);
    let args = ["--on-error", "reject"];
    world.migrate(&args).expect(4);
    let first = fs::read(world.path("rejects.jsonl")).unwrap();
    // The same rows once more: there is nothing to lose, and nothing piles up.
    assert_eq!(
        world.migrate(&args).expect(4).json()["rejects"],
        json!("./rejects.jsonl")
    );
    fs::write(world.path("rejects.jsonl"), "half mended").unwrap();
    let report = world.migrate(&args).expect(4).json();
    assert_eq!(report["rejects"], json!("./rejects-2.jsonl"));
    assert_eq!(fs::read(world.path("rejects-2.jsonl")).unwrap(), first);
    // Without --on-error reject nothing would go there.
    let nowhere = world.migrate(&["--rejects", "x.jsonl"]).expect(2);
    nowhere.says("the same command with --on-error reject");
    // Nor is a file that is named.
    let named = [&args[..], &["--rejects", "rejects.jsonl"]].concat();
    let refused = world.migrate(&named).expect(2);
    refused.says("cannot write rejects.jsonl").says("--force");
    assert_eq!(
        fs::read(world.path("rejects.jsonl")).unwrap(),
        b"half mended"
    );
    world
        .migrate(&[&named[..], &["--force"]].concat())
        .expect(4);
    assert_eq!(fs::read(world.path("rejects.jsonl")).unwrap(), first);
}

#[test]
fn a_receipt_of_that_name_does_not_replace_them() {
    let world = World::new();
    spoiled(&world);
    let args = ["--on-error", "reject", "--receipt", "rejects.jsonl"];
    for more in [&[][..], &["--force"]] {
        let report = world.migrate(&[&args, more].concat()).expect(4).json();
        assert_eq!(report["rejects"], json!("./rejects-2.jsonl"));
        assert_eq!(lines(&world, "rejects-2.jsonl").len(), 6);
        let receipt = fs::read(world.path("rejects.jsonl")).unwrap();
        let receipt: Value = serde_json::from_slice(&receipt).unwrap();
        assert_eq!(receipt["run_id"], report["run_id"]);
        fs::remove_file(world.path("rejects.jsonl")).unwrap();
    }
}

#[test]
fn a_file_without_rows_is_no_proof_of_anything() {
    let world = World::new();
    Data::fresh(&world.path("data"));
    for (text, only) in [("", &[][..]), ("\n \n", &[]), ("", &["--only", "nodes"])] {
        fs::write(world.path("rows.jsonl"), text).unwrap();
        let args = [&["--rows", "rows.jsonl"], only].concat();
        world
            .migrate(&args)
            .expect(3)
            .says("rows.jsonl holds no rows of nodes");
    }
}

#[test]
fn a_receipt_of_mended_rows_is_checked_against_those_rows() {
    let world = World::new();
    let data = spoiled(&world);
    world.migrate(&["--on-error", "reject"]).expect(4);
    // As an editor on Windows saves it.
    let text = format!("\u{feff}{}", mend(&world, &data));
    fs::write(world.path("mended.jsonl"), text).unwrap();
    let report = world.migrate(&["--rows", "mended.jsonl"]).expect(0).json();
    let receipt = report["receipt"].as_str().unwrap();
    let proved = world.verify(&["--against", receipt]).expect(0).json();
    assert_eq!(proved["nodes"]["equal"], json!(5));
    // Rows that were there before are not "added later".
    assert_eq!(proved["nodes"]["extra_count"], json!(0), "{proved}");
    assert_eq!(proved["digest"]["target"], report["digest"]);
    fs::write(world.path("mended.jsonl"), "\n").unwrap();
    world
        .verify(&["--against", receipt])
        .expect(3)
        .says("holds no rows");
    fs::remove_file(world.path("mended.jsonl")).unwrap();
    world
        .verify(&["--against", receipt])
        .expect(2)
        .says("reading mended.jsonl");
}
