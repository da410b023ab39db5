//! Vectors of 64 bits, as numpy makes them where nobody says otherwise.

use std::fs;

use crate::support::Desk;

/// A directory of the origin's with two memories and these vectors, `<f8`.
fn desk(numbers: [f64; 6]) -> Desk {
    let desk = Desk::empty();
    for folder in ["data/corpus", "data/vectors"] {
        fs::create_dir_all(desk.path(folder)).unwrap();
    }
    let node = |n: usize| {
        format!(
            r#"{{"id":"n{n}","conversation_id":"c","sequence_index":{n},"human_content":"question {n}","assistant_content":"","source":"openai","created_at":"2024-01-01T00:00:00"}}"#
        )
    };
    desk.write(
        "data/corpus/nodes.json",
        format!("[{},{}]", node(0), node(1)),
    );
    let mut header = tulving::backend::file::npy::header(2, 3);
    let at = header.windows(3).position(|part| part == b"<f4").unwrap();
    header[at + 2] = b'8';
    header.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    desk.write("data/vectors/nodes.npy", header);
    desk
}

#[test]
fn that_32_bits_hold_exactly_are_simply_vectors() {
    let desk = desk([0.5, -1.0, 0.25, 1.0, 0.0, -0.125]);
    desk.run(&["init"]).expect(0);
    let found = desk.json(&["search", "--like", "n0", "--mode", "vector"]);
    assert_eq!(found["hits"].as_array().unwrap().len(), 1, "{found}");
    desk.run(&["delete", "n1", "--yes"]).expect(0);
    desk.run(&["compact"]).expect(0);
    desk.run(&["search", "question", "--mode", "keyword"])
        .expect(0);
}

#[test]
fn that_would_lose_digits_are_rounded_when_asked_and_refused_before() {
    let numbers = [0.1, 0.2, 0.3, -0.7, 0.11, 0.13];
    let desk = desk(numbers);
    let before = desk.everything();
    let refused = desk.run(&["init"]).expect(3);
    refused
        .says("row 0, column 0 holds 0.1")
        .says("try: the same command with --cast f32");
    assert_eq!(desk.everything(), before, "what is refused leaves no trace");
    desk.run(&["init", "--cast", "f32"]).expect(0);
    desk.run(&["search", "question"]).expect(0);
    let found = desk.json(&["search", "--like", "n0", "--mode", "vector"]);
    assert_eq!(found["hits"].as_array().unwrap().len(), 1, "{found}");
    // Folding writes what was read.
    desk.fed(
        &["add", "--question", "third", "--vector", "-"],
        "[1, 2, 3]",
    )
    .expect(0);
    desk.run(&["compact"]).expect(0);
    let file = fs::read(desk.path("data/vectors/nodes.npy")).unwrap();
    assert!(file.windows(3).any(|part| part == b"<f4"));
    let floats = &file[128..];
    let expected: Vec<u8> = numbers
        .iter()
        .map(|&number| number as f32)
        .chain([1.0, 2.0, 3.0])
        .flat_map(f32::to_le_bytes)
        .collect();
    assert_eq!(floats, expected);
    assert_eq!(desk.ids().len(), 3);
}

#[test]
fn of_a_directory_that_has_an_owner_are_rounded_by_the_same_command() {
    let desk = desk([0.5; 6]);
    desk.run(&["init"]).expect(0);
    // Another program saves them anew, with digits.
    let path = desk.path("data/vectors/nodes.npy");
    let mut file = fs::read(&path).unwrap();
    let end = file.len();
    file[end - 8..].copy_from_slice(&0.1_f64.to_le_bytes());
    fs::write(&path, file).unwrap();
    let refused = desk
        .run(&["search", "--like", "n0", "--mode", "vector"])
        .expect(3);
    refused
        .says("row 1, column 2 holds 0.1")
        .says("try: tulving init --cast f32 ");
    desk.run(&["init", "--cast", "f32"]).expect(0);
    desk.run(&["search", "--like", "n0", "--mode", "vector"])
        .expect(0);
}

#[test]
fn beyond_the_range_of_32_bits_are_refused_in_any_case() {
    let desk = desk([1e300, 0.0, 0.0, 0.0, 0.0, 1.0]);
    for args in [&["init"][..], &["init", "--cast", "f32"]] {
        desk.run(args)
            .expect(3)
            .says("beyond the range of 32 bits")
            .says("try: normalise");
    }
}
