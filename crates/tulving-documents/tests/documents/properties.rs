//! What holds for all documents.

use proptest::prelude::*;
use proptest::sample::select;
use tulving_documents::{Chunk, Cut, Document, Limits, estimate, read};

use crate::support::{cut, docx};

/// The words of chunks in order: of each its headings that are new, and what it does not repeat.
fn words(chunks: &[Chunk]) -> Vec<String> {
    let mut words = Vec::new();
    for chunk in chunks {
        words.extend(plain(chunk.own()));
    }
    words
}

fn plain(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned)
}

/// Numbers that all differ, so that what is lost, repeated or moved is seen: `%` stands for the next.
fn numbered(template: &str) -> String {
    let mut text = String::new();
    for (n, part) in template.split('%').enumerate() {
        if n > 0 {
            text.push_str(&format!("n{n}"));
        }
        text.push_str(part);
    }
    text
}

fn markdown() -> impl Strategy<Value = String> {
    let blocks = vec![
        "%",
        "% %. % %? %\n%",
        "% % %:",
        "- %\n- % %\n  - %",
        "1. %\n2. %\n\n   %\n3. %",
        "| % | % |\n|--|--|\n| % | % |\n| % % % % % % % % % % % % % % % % % % % % % | |",
        "```\n% %\n%\n```",
        "> % %",
        "% % % % % % % % % %. % % % % % % % % % % % % % % % % % % % % % % % % % % % % % % % % % % %! % % %.",
        "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
    ];
    prop::collection::vec((select(blocks), any::<bool>()), 1..30).prop_map(|blocks| {
        let blocks: Vec<String> = blocks
            .into_iter()
            .map(|(block, headed)| {
                if headed {
                    format!("## heading\n\n{block}")
                } else {
                    block.to_owned()
                }
            })
            .collect();
        numbered(&blocks.join("\n\n"))
    })
}

fn is_kept(document: &Document, budget: usize, overlap: usize) -> Result<(), TestCaseError> {
    let chunks = cut(document, budget, overlap);
    for chunk in &chunks {
        let path = chunk.heading_path.join(" › ");
        prop_assert!(
            estimate(&path) + estimate(&chunk.content) <= budget,
            "{chunk:?}"
        );
        prop_assert!(!chunk.own().trim().is_empty(), "{chunk:?}");
    }
    prop_assert_eq!(&cut(document, budget, overlap), &chunks);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_word_is_lost_or_moved_and_the_budget_is_kept(text in markdown(), budget in 32_usize..200, overlap in 0_usize..60) {
        let document = read(text.as_bytes(), "a.md", &Limits::default()).unwrap();
        is_kept(&document, budget, overlap)?;
        // A part of a word that was cut may begin with a digit and end with the letter.
        let number = |word: &String| word.starts_with('n') || word.contains(|c: char| c.is_ascii_digit());
        let joined = |words: Vec<String>| words.into_iter().filter(number).collect::<String>();
        let chunks = cut(&document, budget, overlap);
        let expected = joined(plain(&strip_numbers(&text)).collect());
        let found = joined(plain(&strip_numbers(&chunks.iter().map(Chunk::own).collect::<Vec<_>>().join("\n"))).collect());
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_text_is_covered(text in "[a-zA-Z0-9.,:;!?()\\-| \n\t漢é\u{301}#*>`]{1,600}", budget in 32_usize..80) {
        let Ok(document) = read(text.as_bytes(), "a.txt", &Limits::default()) else { return Ok(()) };
        is_kept(&document, budget, 8)?;
        let chunks = cut(&document, budget, 8);
        let mut found: String = words(&chunks).concat();
        let paths = chunks.iter().flat_map(|chunk| &chunk.heading_path).flat_map(|heading| plain(heading));
        found.extend(paths);
        for c in text.chars().filter(|c| c.is_alphanumeric()) {
            prop_assert!(found.contains(c));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), name in select(vec!["a.txt", "a.md", "a.html", "a.docx", "a.json", "a.pdf", "a"])) {
        if let Ok(document) = read(&bytes, name, &Limits::default()) {
            let _ = document.cut(&Cut::default(), &estimate);
        }
    }

    #[test]
    fn no_markup_makes_it_panic(parts in prop::collection::vec(select(MARKUP.to_vec()), 0..60), name in select(vec!["a.md", "a.html", "a.docx", "a.json"])) {
        let text = parts.concat();
        let bytes = if name == "a.docx" { docx(&text, &[("word/styles.xml", &text), ("word/numbering.xml", &text)]) } else { text.into_bytes() };
        if let Ok(document) = read(&bytes, name, &Limits::default()) {
            is_kept(&document, 40, 10)?;
        }
    }

    #[test]
    fn no_damage_makes_it_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), end in any::<prop::sample::Index>()) {
        let mut bytes = docx("<w:p><w:r><w:t>Hello</w:t></w:r></w:p>", &[]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&bytes, "a.docx", &Limits::default());
        bytes.truncate(end.index(bytes.len()));
        let _ = read(&bytes, "a.docx", &Limits::default());
    }
}

/// Takes the markers of numbered lists out.
fn strip_numbers(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_start().to_owned();
        let text = line.trim_start_matches(|c: char| c.is_ascii_digit());
        text.strip_prefix(". ").map_or(line.clone(), str::to_owned)
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

const MARKUP: [&str; 48] = [
    "# a\n",
    "text ",
    "\n\n",
    "- i\n",
    "1. i\n",
    "| a | b |\n|-|-|\n| 1 | 2 |\n",
    "```\n",
    "> ",
    "[x](http://y)",
    "[^1]",
    "![",
    "<table>",
    "<tr>",
    "<td colspan=9>",
    "</table>",
    "<h1>",
    "</h1>",
    "<ul>",
    "</ul>",
    "<li>",
    "<pre>",
    "</pre>",
    "<script>",
    "</script>",
    "<svg/>",
    "<template>",
    "</template>",
    "<a href='http://x'>",
    "</a>",
    "<title>",
    "<p>",
    "<w:p>",
    "</w:p>",
    "<w:r>",
    "</w:r>",
    "<w:t>x</w:t>",
    "<w:tbl>",
    "</w:tbl>",
    "<w:tr>",
    "</w:tr>",
    "<w:tc>",
    "</w:tc>",
    "<w:del>",
    "</w:del>",
    "<w:tab/>",
    "{\"chunks\":[",
    "{\"content\":\"x\"}",
    "]}",
];
