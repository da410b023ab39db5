//! Text is UTF-8, with or without a byte order mark, wherever it comes from.

use std::fs;

use crate::support::Desk;

/// A vector as wide as the built-in embedder's.
fn vector() -> String {
    format!("{:?}", [0.25_f32; 256])
}

fn marked(text: &str) -> Vec<u8> {
    ["\u{feff}", text].concat().into_bytes()
}

fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_byte_order_mark_is_passed_over_in_every_input() {
    let desk = Desk::new();
    let line = "{\"question\":\"with a mark\"}\r\n";
    desk.write("m.jsonl", marked(line));
    desk.run(&["add", "--jsonl", "m.jsonl"]).expect(0);
    desk.fed(&["add", "--jsonl", "-"], marked(line)).expect(0);
    desk.write("v.json", marked(&vector()));
    let with_vector = ["add", "--question", "v", "--vector"];
    desk.run(&[&with_vector[..], &["v.json"]].concat())
        .expect(0);
    desk.fed(&[&with_vector[..], &["-"]].concat(), marked(&vector()))
        .expect(0);
    desk.run(&["search", "--vector", "v.json"]).expect(0);
    let added = desk
        .fed(&["add", "--question", "-"], marked("from PowerShell\r\n"))
        .expect(0);
    let kept = desk.json(&["get", added.stdout.trim_end()]);
    assert_eq!(kept["human_content"], "from PowerShell");
    for file in [
        "config.yaml",
        "data/manifest.json",
        "data/corpus/nodes.json",
    ] {
        let text = fs::read_to_string(desk.path(file)).unwrap();
        desk.write(file, marked(&text));
        // The journal is bound to nodes.json as it was.
        desk.run(&["compact", "--rebase"]).expect(0);
    }
    assert_eq!(desk.ids().len(), 5);
}

#[test]
fn what_is_no_utf_8_is_named_with_what_makes_it_so() {
    let desk = Desk::new();
    let line = "{\"question\":\"why\"}\n";
    let files: [(&str, Vec<u8>, &str, &str); 4] = [
        (
            "utf16",
            utf16(line),
            "text in UTF-16",
            "try: iconv -f UTF-16 -t UTF-8 utf16",
        ),
        (
            "gz",
            b"\x1f\x8b\x08\0\0\0\0\0".to_vec(),
            "compressed with gzip",
            "try: gzip -dc < gz",
        ),
        (
            "zip",
            b"PK\x03\x04\x14\0".to_vec(),
            "a zip archive",
            "try: unzip -p zip",
        ),
        (
            "zst",
            b"\x28\xb5\x2f\xfd\0".to_vec(),
            "compressed with zstd",
            "try: zstd -dc < zst",
        ),
    ];
    for (name, bytes, what, advice) in files {
        desk.write(name, &bytes);
        for args in [
            &["add", "--jsonl", name][..],
            &["add", "--question", "q", "--vector", name],
            &["search", "--vector", name],
        ] {
            desk.run(args).expect(3).says(what).says(advice);
        }
        for args in [&["add", "--question", "-"][..], &["add", "--jsonl", "-"]] {
            desk.fed(args, &bytes)
                .expect(3)
                .says(&format!("stdin is {what}"))
                .says("try: ");
        }
        desk.run(&["list", "--config", name])
            .expect(2)
            .says(what)
            .says(advice);
        for file in ["data/manifest.json", "data/corpus/nodes.json"] {
            let sound = fs::read(desk.path(file)).unwrap();
            desk.write(file, &bytes);
            desk.run(&["list"]).expect(3).says(what).says("try: ");
            desk.write(file, sound);
        }
    }
    assert_eq!(desk.ids().len(), 0);
    // The advice works.
    let made = std::process::Command::new("iconv")
        .args(["-f", "UTF-16", "-t", "UTF-8"])
        .arg(desk.path("utf16"))
        .output()
        .unwrap();
    desk.fed(&["add", "--jsonl", "-"], made.stdout).expect(0);
}

#[test]
fn an_empty_input_and_one_that_is_cut_off_say_so() {
    let desk = Desk::new();
    for (text, why) in [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("[1,", "ends too early"),
        ("[1] x", "more data after the value"),
        ("[1,]", "expected a value"),
    ] {
        desk.write("v", text);
        let refused = desk
            .run(&["add", "--question", "q", "--vector", "v"])
            .expect(3);
        refused
            .says("v holds no vector")
            .says(why)
            .says("try: a JSON array");
        desk.fed(&["search", "--vector", "-"], text)
            .expect(3)
            .says(why);
    }
    let nodes = "data/corpus/nodes.json";
    desk.add("one", "1");
    desk.add("two", "2");
    desk.run(&["compact"]).expect(0);
    let sound = fs::read(desk.path(nodes)).unwrap();
    let cut = |bytes: usize| sound[..sound.len() - bytes].to_vec();
    let bad_utf8 = sound
        .iter()
        .map(|&byte| if byte == b'1' { 0xFF } else { byte })
        .collect();
    for (bytes, why, advice) in [
        (Vec::new(), "is empty", "/corpus/nodes.json from a backup"),
        (cut(1), "it was cut off", "/corpus/nodes.json from a backup"),
        (cut(40), "it was cut off", "try: restore"),
        (
            [&sound[..], b"[]"].concat(),
            "more data after",
            "try: take out of ",
        ),
        (bad_utf8, "invalid UTF-8", "try: put UTF-8 in place"),
    ] {
        desk.write(nodes, bytes);
        desk.run(&["list"]).expect(3).says(why).says(advice);
        desk.write(nodes, &sound);
    }
    assert_eq!(desk.ids().len(), 2);
}

#[test]
fn a_vector_of_numpy_is_taken_from_a_pipe_too() {
    let desk = Desk::new();
    let mut bytes = tulving::backend::file::npy::header(1, 256);
    bytes.extend(
        [0.5_f32; 256]
            .iter()
            .flat_map(|number| number.to_le_bytes()),
    );
    desk.fed(&["add", "--question", "q", "--vector", "-"], &bytes)
        .expect(0);
    desk.write("v.npy", &bytes);
    let found = desk.json(&["search", "--vector", "v.npy", "--mode", "vector"]);
    assert_eq!(found["hits"].as_array().unwrap().len(), 1, "{found}");
    desk.fed(&["search", "--vector", "-"], &bytes[..bytes.len() - 4])
        .expect(3)
        .says("stdin holds no vector");
}
