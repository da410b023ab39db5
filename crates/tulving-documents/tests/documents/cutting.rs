//! How documents are cut.

use tulving_documents::{Chunk, Cut, estimate};

use crate::support::{cut, document, docx};

fn contents(chunks: &[Chunk]) -> Vec<&str> {
    chunks.iter().map(|chunk| chunk.content.as_str()).collect()
}

/// A way to count.
type Count = fn(&str) -> usize;

/// So many words, all different.
fn words(from: usize, count: usize) -> String {
    let words: Vec<String> = (from..from + count).map(|n| format!("w{n}")).collect();
    words.join(" ")
}

#[test]
fn a_chunk_lies_under_one_heading_and_knows_all_above_it() {
    let text = "intro\n\n# A\n\na\n\n## B\n\nb1\n\nb2\n\n### C\n\nc\n\n## D\n\nd\n\n# E\n\ne";
    let chunks = cut(&document(text, "a.md"), 256, 32);
    let found: Vec<(String, &str)> = chunks
        .iter()
        .map(|chunk| (chunk.heading_path.join("/"), chunk.content.as_str()))
        .collect();
    let expected = [
        ("", "intro"),
        ("A", "a"),
        ("A/B", "b1\n\nb2"),
        ("A/B/C", "c"),
        ("A/D", "d"),
        ("E", "e"),
    ];
    assert_eq!(found, expected.map(|(path, text)| (path.to_owned(), text)));
}

#[test]
fn a_heading_that_nothing_is_under_is_a_chunk() {
    let chunks = cut(
        &document("# A\n\n## B\n\n## C\n\ntext\n\n# D\n\n# E", "a.md"),
        256,
        32,
    );
    let found: Vec<(String, &str)> = chunks
        .iter()
        .map(|chunk| (chunk.heading_path.join("/"), chunk.content.as_str()))
        .collect();
    let expected = [("A", "B"), ("A/C", "text"), ("", "D"), ("", "E")];
    assert_eq!(found, expected.map(|(path, text)| (path.to_owned(), text)));
}

#[test]
fn headings_count_and_long_ones_are_text() {
    let heading = words(0, 20);
    let text = format!("# {heading}\n\n## {heading}\n\n{}", words(100, 300));
    for chunk in cut(&document(&text, "a.md"), 64, 0) {
        let path = chunk.heading_path.join(" › ");
        assert!(
            estimate(&path) <= 32 && estimate(&path) + estimate(&chunk.content) <= 64,
            "{chunk:?}"
        );
    }
}

#[test]
fn a_procedure_stays_whole_with_the_line_that_leads_to_it() {
    let steps: String = (1..=5)
        .map(|n| format!("{n}. {}\n", words(n * 10, 8)))
        .collect();
    let text = format!(
        "{}\n\nTo refund an order:\n\n{steps}\n{}",
        words(1000, 30),
        words(2000, 30)
    );
    let chunks = cut(&document(&text, "a.md"), 80, 0);
    let procedure = format!("To refund an order:\n\n{}", steps.trim());
    assert_eq!(
        contents(&chunks),
        [words(1000, 30), procedure, words(2000, 30)]
    );
}

#[test]
fn a_note_between_two_steps_does_not_end_the_procedure() {
    let text = "1. open\n\nBeware.\n\n2. close\n\nThe end.\n\n1. other\n";
    let chunks = cut(&document(text, "a.txt"), 32, 0);
    let text: String = std::iter::repeat_n(
        "1. open it now\n\nBeware of the dog.\n\n2. close it again\n\nThe end of it is near.\n\n",
        3,
    )
    .collect();
    let many = cut(&document(&text, "a.txt"), 32, 0);
    assert_eq!(chunks.len(), 1);
    for chunk in &many {
        assert_eq!(
            chunk.content.contains("1. open"),
            chunk.content.contains("2. close"),
            "{many:?}"
        );
    }
}

#[test]
fn a_long_procedure_is_cut_between_steps() {
    let steps: Vec<String> = (1..=20)
        .map(|n| format!("{n}. {}", words(n * 10, 8)))
        .collect();
    let chunks = cut(&document(steps.join("\n"), "a.md"), 50, 0);
    assert!(chunks.len() > 3);
    let found: Vec<&str> = chunks
        .iter()
        .flat_map(|chunk| chunk.content.lines())
        .collect();
    assert_eq!(found, steps);
}

#[test]
fn a_long_table_is_cut_between_rows_and_each_part_has_its_head() {
    let rows: Vec<String> = (1..=30)
        .map(|n| format!("| {n} | {} |", words(n * 10, 6)))
        .collect();
    let text = format!("| Code | Meaning |\n|---|---|\n{}\n", rows.join("\n"));
    let head = "| Code | Meaning |\n| --- | --- |\n";
    let chunks = cut(&document(&text, "a.md"), 64, 16);
    assert!(chunks.len() > 3);
    let mut found = Vec::new();
    for (at, chunk) in chunks.iter().enumerate() {
        let body = chunk.content.strip_prefix(head).expect("the head");
        assert_eq!(chunk.repeated, if at == 0 { 0 } else { head.len() - 1 });
        found.extend(body.lines());
        assert!(estimate(&chunk.content) <= 64);
    }
    assert_eq!(found, rows);
}

#[test]
fn long_code_is_cut_between_lines_and_each_part_is_fenced() {
    let lines: Vec<String> = (0..40).map(|n| format!("let v{n} = {n};")).collect();
    let text = format!("```rust\n{}\n```\n", lines.join("\n"));
    let chunks = cut(&document(&text, "a.md"), 64, 16);
    assert!(chunks.len() > 3);
    let mut found = Vec::new();
    for chunk in &chunks {
        assert!(chunk.has_code && estimate(&chunk.content) <= 64);
        let code = chunk
            .content
            .strip_prefix("```rust\n")
            .and_then(|rest| rest.strip_suffix("\n```"));
        found.extend(code.expect("a fence").lines());
    }
    assert_eq!(found, lines);
    assert!(!cut(&document("text", "a.md"), 64, 0)[0].has_code);
}

#[test]
fn a_long_paragraph_is_cut_at_sentences_and_whole_ones_are_repeated() {
    let sentences: Vec<String> = (0..30)
        .map(|n| format!("Sentence number {n} has\nseven words."))
        .collect();
    let chunks = cut(&document(sentences.join(" "), "a.txt"), 64, 16);
    assert!(chunks.len() > 3);
    for (at, chunk) in chunks.iter().enumerate() {
        assert!(
            chunk.content.starts_with("Sentence") && chunk.content.ends_with("words."),
            "{chunk:?}"
        );
        let repeated = chunk.content[..chunk.repeated].trim();
        assert_eq!(repeated.is_empty(), at == 0);
        if at > 0 {
            assert!(chunks[at - 1].content.ends_with(repeated) && estimate(repeated) <= 16);
        }
    }
    let own: Vec<&str> = chunks.iter().map(|chunk| chunk.own().trim()).collect();
    assert_eq!(own.join(" "), sentences.join(" "));
}

#[test]
fn nothing_is_repeated_under_another_heading_nor_of_tables() {
    let text = "# A\n\nOne sentence. And two.\n\n# B\n\nThree.\n";
    assert!(
        cut(&document(text, "a.md"), 64, 16)
            .iter()
            .all(|chunk| chunk.repeated == 0)
    );
    let text = format!(
        "{}. Last words.\n\n| a | b |\n|---|---|\n| c | {} |\n\n{}",
        words(0, 40),
        words(100, 40),
        words(200, 40)
    );
    let chunks = cut(&document(&text, "a.md"), 64, 16);
    assert!(
        !chunks[2].content.contains('|') && chunks[2].repeated == 0,
        "{chunks:?}"
    );
}

#[test]
fn what_has_no_sentences_is_cut_at_words_and_then_at_letters() {
    let chunks = cut(&document(words(0, 300), "a.txt"), 64, 16);
    let own: Vec<&str> = chunks
        .iter()
        .flat_map(|chunk| chunk.own().split_whitespace())
        .collect();
    assert_eq!(own.join(" "), words(0, 300), "no word is cut that fits");

    let endless = "e\u{301}".repeat(3000);
    let chunks = cut(&document(&endless, "a.txt"), 64, 16);
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk.content.starts_with('e') && estimate(&chunk.content) <= 64)
    );
    assert_eq!(
        contents(&chunks).concat(),
        endless,
        "no letter loses its marks"
    );
}

#[test]
fn a_budget_is_kept_with_any_way_to_count() {
    let text = format!(
        "# Words\n\n{}. {}\n\n1. {}\n2. x\n",
        words(0, 90),
        "ü".repeat(500),
        words(100, 90)
    );
    let document = document(&text, "a.md");
    let counts: [(&str, Count); 3] = [
        ("bytes", str::len),
        ("letters", |text| text.chars().count()),
        ("words", |text| text.split_whitespace().count()),
    ];
    for (name, count) in counts {
        for budget in [32, 50, 100, 1000] {
            for chunk in document.cut(&Cut { budget, overlap: 8 }, &count) {
                let whole =
                    count(&chunk.heading_path.join(" › ")) + count("\n\n") + count(&chunk.content);
                assert!(whole <= budget, "{name}: {whole} of {budget}: {chunk:?}");
            }
        }
    }
}

#[test]
fn a_chunk_has_the_page_that_it_begins_on() {
    let text = format!(
        "{}\x0C{}\x0C{}",
        words(0, 20),
        words(100, 60),
        words(200, 40)
    );
    let chunks = cut(&document(text, "a.txt"), 50, 0);
    let pages: Vec<_> = chunks.iter().map(|chunk| chunk.page).collect();
    assert_eq!(pages, [1, 2, 3].map(Some), "{chunks:?}");
    assert_eq!(
        cut(
            &document(docx("<w:p><w:r><w:t>x</w:t></w:r></w:p>", &[]), "a.docx"),
            50,
            0
        )[0]
        .page,
        None
    );
}

#[test]
fn what_is_read_in_a_process_of_its_own_can_be_handed_over_as_json() {
    let document = document(
        "# A\n\n- b\n\n| c | d |\n|---|---|\n| 1 | 2 |\n\n```\ne\n```\n",
        "a.md",
    );
    let json = serde_json::to_string(&Ok::<_, tulving_documents::Reason>(&document)).unwrap();
    let back: Result<tulving_documents::Document, tulving_documents::Reason> =
        serde_json::from_str(&json).unwrap();
    assert_eq!(back.unwrap(), document);
}
