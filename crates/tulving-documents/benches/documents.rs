//! How fast documents are read and cut: MB of the file a second, the best of five, on one core.
//!
//! `TULVING_BENCH_MB` (8) says how much text each has.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by stopping")]

use std::env;
use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use tulving_documents::{Cut, Fingerprint, Limits, estimate, read};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn main() {
    let size: usize = env::var("TULVING_BENCH_MB").map_or(8, |size| size.parse().unwrap());
    let size = size << 20;
    let limits = Limits {
        bytes: 1 << 30,
        inflated: 1 << 32,
        ..Limits::default()
    };
    let manual = manual(size);
    let flat = manual.replace(['\n', '#', '|', '-'], " ");
    let page = format!("<!DOCTYPE html><body>{}", html(&manual));
    let word = docx(&manual);
    println!("| format | MB | read MB/s | cut MB/s | both MB/s | fingerprint MB/s | chunks |");
    println!("|---|---|---|---|---|---|---|");
    let cases: [(&str, &str, &[u8]); 6] = [
        ("text", "a.txt", manual.as_bytes()),
        ("text, one paragraph", "a.txt", flat.as_bytes()),
        (
            "text, one word",
            "a.txt",
            &flat.replace(' ', "").into_bytes(),
        ),
        ("Markdown", "a.md", manual.as_bytes()),
        ("HTML", "a.html", page.as_bytes()),
        ("docx (of the text in it)", "a.docx", &word),
    ];
    for (label, name, bytes) in cases {
        let mut best = [Duration::MAX; 3];
        let mut chunks = 0;
        for _ in 0..5 {
            let begun = Instant::now();
            let document = read(bytes, name, &limits).unwrap();
            best[0] = best[0].min(begun.elapsed());
            let begun = Instant::now();
            chunks = document.cut(&Cut::default(), &estimate).len();
            best[1] = best[1].min(begun.elapsed());
            let begun = Instant::now();
            assert!(Fingerprint::of(&document).words > 0);
            best[2] = best[2].min(begun.elapsed());
        }
        let text = if name == "a.docx" {
            manual.len()
        } else {
            bytes.len()
        };
        let megabytes = text as f64 / 1e6;
        let rate = |time: Duration| megabytes / time.as_secs_f64();
        println!(
            "| {label} | {megabytes:.1} | {:.0} | {:.0} | {:.0} | {:.0} | {chunks} |",
            rate(best[0]),
            rate(best[1]),
            rate(best[0] + best[1]),
            rate(best[2])
        );
    }
}

/// A manual of sections with paragraphs, procedures and tables.
fn manual(size: usize) -> String {
    let mut text = String::with_capacity(size + 2000);
    let mut section = 0;
    while text.len() < size {
        section += 1;
        text.push_str(&format!(
            "## Section {section}: refunds of kind {section}\n\n"
        ));
        for sentence in 0..6 {
            text.push_str(&format!("Before an order of {sentence} items is refunded, the customer is asked for its number. "));
        }
        text.push_str("\n\nTo refund it:\n\n");
        for step in 1..=7 {
            text.push_str(&format!("{step}. Open the window number {step}, choose Refund, and enter the amount of {section}.{step}0.\n"));
        }
        text.push_str("\n| Code | Meaning |\n| --- | --- |\n");
        for row in 0..8 {
            text.push_str(&format!(
                "| {section}-{row} | what the code means in a few words |\n"
            ));
        }
        text.push('\n');
    }
    text
}

fn html(manual: &str) -> String {
    let tag = |line: &str| match line.split_once(' ') {
        Some(("##", heading)) => format!("<h2>{heading}</h2>"),
        Some(("|", _)) => format!("<table><tr><td>{line}</table>"),
        _ => format!("<p class=\"text\">{line}</p>"),
    };
    manual
        .lines()
        .filter(|line| !line.is_empty())
        .map(tag)
        .collect()
}

/// The manual as Word writes it: each line a paragraph with a style, a run and its properties.
fn docx(manual: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("word/document.xml", SimpleFileOptions::default())
        .unwrap();
    zip.write_all(b"<w:document><w:body>").unwrap();
    for line in manual.lines().filter(|line| !line.is_empty()) {
        let style = if line.starts_with('#') {
            "Heading2"
        } else {
            "Normal"
        };
        write!(
            zip,
            "<w:p w:rsidR=\"00AB12CD\"><w:pPr><w:pStyle w:val=\"{style}\"/><w:spacing w:after=\"120\"/></w:pPr><w:r><w:rPr><w:sz w:val=\"22\"/></w:rPr><w:t xml:space=\"preserve\">{line}</w:t></w:r></w:p>"
        )
        .unwrap();
    }
    zip.write_all(b"</w:body></w:document>").unwrap();
    zip.finish().unwrap().into_inner()
}
