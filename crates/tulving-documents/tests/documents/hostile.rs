//! Files that are made to exhaust whoever reads them.

use tulving_documents::{Cut, Limits, Measure, Reason, estimate, read};

use crate::support::{cut, document, docx, p, refused};

/// How much may be counted: time itself is not asserted, what it grows with is.
fn counted(text: &str, name: &str) -> usize {
    let seen = std::cell::Cell::new(0);
    let count = |text: &str| {
        seen.set(seen.get() + text.len());
        estimate(text)
    };
    let chunks = document(text, name).cut(&Cut::default(), &count);
    assert!(chunks.iter().all(|chunk| estimate(&chunk.content) <= 256));
    seen.get()
}

fn too_deep(reason: &Reason) {
    assert!(
        matches!(
            reason,
            Reason::TooLarge {
                measure: Measure::Depth,
                ..
            }
        ),
        "{reason:?}"
    );
}

#[test]
fn cutting_sees_each_byte_a_few_times_however_the_text_is() {
    let flat = "A flat text of some words, and more of them. ".repeat(10_000);
    let cases = [
        flat.clone(),
        flat.replace(' ', ""),
        flat.replace(['.', ','], ""),
        flat.replace(". ", ".\n"),
        "1. step\n".repeat(50_000),
        format!(".{}", ")".repeat(50_000)),
        format!("a{}", "\u{301}".repeat(50_000)),
        "漢字".repeat(50_000),
    ];
    for text in cases {
        let seen = counted(&text, "a.txt");
        assert!(
            seen < 7 * text.len() + 100_000,
            "{seen} of {}: {:.20}",
            text.len(),
            text
        );
    }
    let table = format!(
        "| a | b |\n|---|---|\n{}",
        "| 1 | some words of a row |\n".repeat(10_000)
    );
    let seen = counted(&table, "a.md");
    assert!(seen < 7 * table.len(), "{seen} of {}", table.len());
}

#[test]
fn depth_is_refused_not_followed() {
    let nested = |open: &str, close: &str, times: usize| {
        format!("{}x{}", open.repeat(times), close.repeat(times))
    };
    let table = "<w:tbl><w:tr><w:tc>";
    let word = docx(&nested(table, "</w:tc></w:tr></w:tbl>", 20_000), &[]);
    too_deep(&refused(word, "a.docx"));
    too_deep(&refused(nested("<table><tr><td>", "", 20_000), "a.html"));
    too_deep(&refused(nested("<ul><li>", "", 200_000), "a.html"));
    too_deep(&refused(nested("> ", "", 50_000), "a.md"));
    let json = format!("{{\"chunks\": [{}]}}", nested("[", "]", 200_000));
    too_deep(&refused(json, "a.json"));

    // Elements that are nothing to us may be as deep as they like.
    assert!(!document(nested("<div>", "", 200_000), "a.html").is_empty());
    assert!(!document(nested("<b>", "</b>", 200_000), "a.html").is_empty());
    assert!(!document("[".repeat(100_000) + "x", "a.md").is_empty());
    assert!(!document("*a_ ".repeat(50_000), "a.md").is_empty());
}

#[test]
fn bombs_are_refused_before_they_are_large() {
    let bomb = docx(&p("", &" ".repeat(64 << 20)), &[]);
    assert!(bomb.len() < 1 << 20);
    let limits = Limits {
        inflated: 32 << 20,
        ..Limits::default()
    };
    let reason = read(&bomb, "a.docx", &limits).unwrap_err();
    assert!(
        matches!(reason, Reason::TooLarge { measure: Measure::Inflated, limit } if limit == 32 << 20)
    );

    let attributes: String = (0..200_000).map(|n| format!(" a{n}")).collect();
    let reason = refused(format!("<html><p{attributes}>x"), "a.html");
    assert!(
        matches!(
            reason,
            Reason::TooLarge {
                measure: Measure::Attributes,
                ..
            }
        ),
        "{reason:?}"
    );
}

#[test]
fn spans_and_numbers_are_not_believed() {
    let page = "<html><table><tr><td colspan=4000000000>a<td>b</table><ol start=18446744073709551615><li>x<li>y</ol>";
    let page = format!("{page}<p>a word</p><ol><li>z</ol>");
    assert!(!cut(&document(page, "a.html"), 64, 8).is_empty());
    let cell = "<w:tc><w:tcPr><w:gridSpan w:val=\"4000000000\"/></w:tcPr><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>";
    assert!(
        !document(
            docx(&format!("<w:tbl><w:tr>{cell}{cell}</w:tr></w:tbl>"), &[]),
            "a.docx"
        )
        .is_empty()
    );
    let numbering = r#"<w:numbering><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="18446744073709551615"/>
<w:numFmt w:val="upperLetter"/><w:lvlText w:val="%1%9%0%"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>"#;
    let body = crate::support::item(1, 0, "x")
        + &crate::support::item(1, 0, "y")
        + &crate::support::item(1, 99, "z");
    assert!(!document(docx(&body, &[("word/numbering.xml", numbering)]), "a.docx").is_empty());
}

/// A few bytes that claim a lot are counted before they are believed.
#[test]
fn what_is_said_once_is_not_written_without_end() {
    let few = Limits {
        blocks: 10_000,
        depth: 16,
        ..Limits::default()
    };
    // What comes behind them, and would be refused too, is not read any more.
    let cells = "<td colspan=64>".repeat(200);
    let deep = "<ul>".repeat(100);
    let page = format!("<html><table><tr>{cells}<td>{deep}x");
    let reason = read(page.as_bytes(), "a.html", &few).unwrap_err();
    assert!(
        matches!(
            reason,
            Reason::TooLarge {
                measure: Measure::Blocks,
                ..
            }
        ),
        "{reason:?}"
    );
    let long = "x".repeat(100_000);
    let numbering = format!(
        r#"<w:numbering><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>
<w:lvlText w:val="{long}"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>"#
    );
    let links = format!(
        r#"<Relationships><Relationship Id="r1" Type="http://x/hyperlink" Target="http://x/{long}"/></Relationships>"#
    );
    let link = r#"<w:p><w:hyperlink r:id="r1"><w:r><w:t>here</w:t></w:r></w:hyperlink></w:p>"#;
    let body = crate::support::item(1, 0, "x") + link;
    let parts = [
        ("word/numbering.xml", numbering.as_str()),
        ("word/_rels/document.xml.rels", links.as_str()),
    ];
    let text: usize = cut(&document(docx(&body, &parts), "a.docx"), 256, 0)
        .iter()
        .map(|chunk| chunk.content.len())
        .sum();
    assert!(text < 100, "{text}");
}

#[test]
fn a_large_flat_text_is_cut_and_nothing_of_it_lost() {
    let line = "The quick brown fox jumps over the lazy dog 0123456789\n";
    let text = line.repeat((2 << 20) / line.len());
    let document = document(&text, "a.txt");
    let chunks = cut(&document, 256, 32);
    let own: usize = chunks
        .iter()
        .map(|chunk| chunk.own().split_whitespace().count())
        .sum();
    assert_eq!(own, text.split_whitespace().count());
}
