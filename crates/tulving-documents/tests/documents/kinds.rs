//! What a file is, its content says.

use tulving_documents::{Foreign, Format, Limits, Measure, Note, Reason, read};

use crate::support::{archive, document, docx, p, refused};

#[test]
fn a_file_is_read_as_what_it_is_and_a_name_that_says_otherwise_is_noted() {
    let word = docx(&p("", "Hello"), &[]);
    let page = "<!-- saved -->\n<!DOCTYPE html><p>Hello";
    let cases: [(&[u8], &str, Format); 8] = [
        (b"Hello", "a.txt", Format::Text),
        (b"Hello", "a.md", Format::Markdown),
        (page.as_bytes(), "a.html", Format::Html),
        (&word, "a.docx", Format::Docx),
        (page.as_bytes(), "a.txt", Format::Html),
        (b"Hello", "a.docx", Format::Text),
        (&word, "a.pdf", Format::Docx),
        (
            br#"{"chunks": [{"content": "Hello"}]}"#,
            "a.txt",
            Format::Chunks,
        ),
    ];
    for (at, (bytes, name, format)) in cases.into_iter().enumerate() {
        let document = document(bytes, name);
        assert_eq!(document.format, format, "{name}");
        let extension = name.split_once('.').unwrap().1.to_owned();
        let noted = document.notes.contains(&Note::Extension {
            extension,
            found: format,
        });
        assert_eq!(noted, at > 3, "{name}: {:?}", document.notes);
        assert_eq!(document.texts().collect::<Vec<_>>(), ["Hello"]);
    }
    // A name that says nothing is not contradicted.
    assert_eq!(document("Hello", "README").notes, []);
    assert_eq!(document("Hello", "a.log").notes, []);
}

#[test]
fn what_is_not_read_is_named_with_what_to_do() {
    let compound = |stream: &str| {
        let name: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(),
            &[0; 500],
            &name,
        ]
        .concat()
    };
    let workbook = archive(&[("[Content_Types].xml", ""), ("xl/workbook.xml", "")]);
    let cases: [(Vec<u8>, &str, Foreign, Option<&str>); 8] = [
        (compound("WordDocument"), "a.doc", Foreign::OldWord, None),
        (
            compound("WordDocument"),
            "a.docx",
            Foreign::OldWord,
            Some("docx"),
        ),
        (compound("Workbook"), "a.xls", Foreign::Office, None),
        (workbook, "a.docx", Foreign::Office, Some("docx")),
        (b"{\\rtf1 Hello}".to_vec(), "a.rtf", Foreign::Office, None),
        (b"\x89PNG\r\n".to_vec(), "a.png", Foreign::Picture, None),
        (
            archive(&[("a.txt", "Hello")]),
            "a.zip",
            Foreign::Archive,
            None,
        ),
        (br#"{"a": 1}"#.to_vec(), "a.json", Foreign::Json, None),
    ];
    for (bytes, name, found, extension) in cases {
        let extension = extension.map(str::to_owned);
        let reason = refused(bytes, name);
        assert_eq!(reason, Reason::Unsupported { found, extension }, "{name}");
    }
    let binary: Vec<u8> = (0..4000_u32)
        .map(|n| (n * 7919 % 32) as u8 & 0x17)
        .collect();
    let found = Foreign::Binary;
    assert_eq!(
        refused(&binary, "a.bin"),
        Reason::Unsupported {
            found,
            extension: None
        }
    );
    assert!(matches!(
        refused(&binary, "a.pdf"),
        Reason::Broken {
            format: Format::Pdf,
            ..
        }
    ));
    let locked = compound("EncryptedPackage");
    assert_eq!(refused(locked, "a.docx"), Reason::Encrypted);
}

#[test]
fn nothing_is_a_reason_of_its_own() {
    let empty_table = docx("<w:p/><w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>", &[]);
    let cases: [(&[u8], &str); 7] = [
        (b"", "a.txt"),
        (b" \r\n\t\x0C\n", "a.txt"),
        (b"\xEF\xBB\xBF", "a.md"),
        (b"<html><script>x()</script></html>", "a.html"),
        (&empty_table, "a.docx"),
        (br#"{"chunks": []}"#, "a.json"),
        (b"", "a.pdf"),
    ];
    for (bytes, name) in cases {
        assert_eq!(refused(bytes, name), Reason::Empty, "{name}");
    }
}

#[test]
fn each_limit_holds() {
    let items: String = (0..30).map(|n| format!("{n}. step\n\n")).collect();
    let nested = "> ".repeat(30) + "deep";
    let large = docx(&p("", &"word ".repeat(5000)), &[]);
    let entries: Vec<String> = (0..30).map(|n| format!("word/{n}.xml")).collect();
    let entries: Vec<(&str, &str)> = entries.iter().map(|name| (name.as_str(), "")).collect();
    let crowded = docx(&p("", "Hello"), &entries);
    let paged = "page\x0C".repeat(30);
    let cases: [(&[u8], &str, Measure, Limits); 6] = [
        (
            b"Hello, all",
            "a.txt",
            Measure::Bytes,
            Limits {
                bytes: 9,
                ..Limits::default()
            },
        ),
        (
            &large,
            "a.docx",
            Measure::Inflated,
            Limits {
                inflated: 20_000,
                ..Limits::default()
            },
        ),
        (
            &crowded,
            "a.docx",
            Measure::Entries,
            Limits {
                entries: 20,
                ..Limits::default()
            },
        ),
        (
            nested.as_bytes(),
            "a.md",
            Measure::Depth,
            Limits {
                depth: 20,
                ..Limits::default()
            },
        ),
        (
            items.as_bytes(),
            "a.txt",
            Measure::Blocks,
            Limits {
                blocks: 20,
                ..Limits::default()
            },
        ),
        (
            paged.as_bytes(),
            "a.txt",
            Measure::Pages,
            Limits {
                pages: 20,
                ..Limits::default()
            },
        ),
    ];
    for (bytes, name, measure, limits) in cases {
        assert!(read(bytes, name, &Limits::default()).is_ok(), "{measure}");
        let reason = read(bytes, name, &limits).unwrap_err();
        assert!(
            matches!(reason, Reason::TooLarge { measure: found, .. } if found == measure),
            "{reason:?}"
        );
    }
}

#[test]
fn reasons_are_one_sentence_and_say_what_to_do() {
    let unsupported = Reason::Unsupported {
        found: Foreign::OldWord,
        extension: Some("docx".to_owned()),
    };
    let broken = Reason::Broken {
        format: Format::Docx,
        detail: "it ends in the middle".to_owned(),
    };
    let too_large = Reason::TooLarge {
        measure: Measure::Inflated,
        limit: 1000,
    };
    let texts = [
        Reason::Empty,
        Reason::Encrypted,
        Reason::NoText { pages: 3 },
        broken,
        too_large,
        unsupported,
    ];
    let texts = texts.map(|reason| reason.to_string());
    assert_eq!(
        texts,
        [
            "there is no text in it: leave it out, or fill it",
            "it is encrypted: save a copy without a password, and add that",
            "its 3 pages are pictures without text: run text recognition (OCR) over it first",
            "it is a Word file, but damaged (it ends in the middle): open it in the program that made it, and save it anew",
            "it has more than 1000 bytes when inflated: split it, or check that it is what it seems to be",
            "it is a Word file of before 2007, though its name ends in .docx: open it in Word, and save it as .docx",
        ]
    );
}
