//! Whether two documents say the same.

use tulving_documents::{Fingerprint, content_hash};

use crate::support::{NUMBERING, STYLES, document, docx, item, p, styled};

/// A manual of some sections, each with a paragraph and a procedure; words differ by seed.
fn sections(seed: usize) -> Vec<(String, String, Vec<String>)> {
    let nouns = [
        "order", "invoice", "memo", "customer", "branch", "driver", "route", "truck", "credit",
        "garment", "account",
    ];
    let verbs = [
        "open", "check", "print", "send", "refuse", "enter", "close", "count", "sign", "store",
        "scan",
    ];
    let word = |list: &[&str; 11], n: usize| list[(n * 7 + n / 11 * 3 + seed * 5) % 11].to_owned();
    let sentence = |n: usize| {
        format!(
            "Before you {} the {} number {}, {} each {} and {} the {}.",
            word(&verbs, n),
            word(&nouns, n + 1),
            n * seed,
            word(&verbs, n + 2),
            word(&nouns, n + 3),
            word(&verbs, n + 4),
            word(&nouns, n + 5)
        )
    };
    (0..12)
        .map(|section| {
            let n = section * 20 + seed * 1000;
            let text: Vec<String> = (n..n + 8).map(sentence).collect();
            (
                format!("{} the {}", word(&verbs, n), word(&nouns, n)),
                text.join(" "),
                (n + 8..n + 16).map(sentence).collect(),
            )
        })
        .collect()
}

fn word_file(seed: usize) -> Fingerprint {
    let mut body = styled("Titel", "A manual");
    for (title, text, steps) in sections(seed) {
        body += &styled("berschrift1", &title);
        body += &p("", &text);
        steps.iter().for_each(|step| body += &item(1, 0, step));
    }
    Fingerprint::of(&document(
        docx(
            &body,
            &[
                ("word/styles.xml", STYLES),
                ("word/numbering.xml", NUMBERING),
            ],
        ),
        "a.docx",
    ))
}

/// The same as chunks: headings apart, steps numbered in the text, the end of each chunk repeated by the next.
fn chunk_file(seed: usize) -> Fingerprint {
    let mut last = String::new();
    let chunks: Vec<serde_json::Value> = sections(seed)
        .into_iter()
        .map(|(title, text, steps)| {
            let steps: Vec<String> = steps
                .iter()
                .enumerate()
                .map(|(n, step)| format!("{}. {step}", n + 1))
                .collect();
            let content = format!("{last}{text}\n{}", steps.join("\n"));
            last = format!("{}\n", steps.last().unwrap());
            serde_json::json!({"content": content.to_uppercase(), "section_title": title})
        })
        .collect();
    Fingerprint::of(&document(
        serde_json::json!({ "chunks": chunks }).to_string(),
        "a_chunks.json",
    ))
}

#[test]
fn the_same_manual_is_recognised_as_chunks_and_another_is_not() {
    let shares = [
        word_file(1).share_in(&chunk_file(1)),
        chunk_file(1).share_in(&word_file(1)),
        word_file(1).share_in(&word_file(2)),
        word_file(1).share_in(&chunk_file(2)),
    ];
    println!("{shares:.2?}");
    let [same, back, other, cross] = shares.map(Option::unwrap);
    assert!(
        same >= Fingerprint::SAME && back >= Fingerprint::SAME,
        "{shares:?}"
    );
    assert!(other < 0.3 && cross < 0.3, "{shares:?}");
}

#[test]
fn format_signs_and_case_make_no_difference() {
    let page = Fingerprint::of(&document(
        "<html><p>To Refund: open the <b>ﬁle</b>!<ol><li>Choose it<li>Save",
        "a.html",
    ));
    let text = Fingerprint::of(&document(
        "to refund\n\nopen the file\n\n1. Choose it.\n2. Save.\n",
        "a.txt",
    ));
    assert_eq!(page.hash, text.hash);
    assert_eq!(page.share_in(&text), Some(1.0));
    assert_eq!(page.words, 8);
}

#[test]
fn a_limit_from_above_is_not_one_from_below() {
    let hash = |text: &str| Fingerprint::of(&document(text, "a.txt")).hash;
    assert_ne!(
        hash("Approve if LTV < 80 %."),
        hash("Approve if LTV > 80 %.")
    );
    assert_ne!(hash("Approve if LTV ≥80 %."), hash("Approve if LTV 80 %."));
    assert_eq!(hash("Approve: LTV < 80."), hash("approve LTV <80"));
}

#[test]
fn little_is_said_of_little() {
    let short = Fingerprint::of(&document("Only a few words are in this.", "a.txt"));
    let other = Fingerprint::of(&document("Only a few words are in that.", "a.txt"));
    assert_eq!(short.share_in(&other), None);
    assert_ne!(short.hash, other.hash);
}

#[test]
fn a_file_has_the_hash_that_others_compute() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(content_hash(b""), empty);
}

#[test]
fn a_fingerprint_is_the_same_after_it_was_written_down() {
    let own = word_file(1);
    let text = serde_json::to_string(&own).unwrap();
    assert!(text.len() < 4_500, "{}", text.len());
    assert_eq!(serde_json::from_str::<Fingerprint>(&text).unwrap(), own);
    let bad = text.replace("\"sketch\":\"", "\"sketch\":\"xyz");
    serde_json::from_str::<Fingerprint>(&bad).unwrap_err();
}
