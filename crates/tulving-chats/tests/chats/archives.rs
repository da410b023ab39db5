//! Zip archives: what is in them is read as if it lay in a folder, and nothing else is.

use tulving_chats::{Limits, Reason};

use crate::support::{archive, counts, of_bytes, of_bytes_within};

fn chat(id: &str) -> String {
    format!(
        r#"[{{"uuid": "{id}", "chat_messages": [{{"uuid": "{id}-1", "sender": "human", "text": "Who is {id}?"}}]}}]"#
    )
}

#[test]
fn files_are_read_at_any_depth_and_named_in_reports() {
    let inner = archive(&[("a/conversations.json", chat("inner").as_bytes())]);
    let outer = archive(&[
        ("conversations.json", chat("outer").as_bytes()),
        ("deep//er/shard-001.json", chat("deeper").as_bytes()),
        ("inner.zip", &inner),
        ("photo.dat", b"\x89PNG\r\n\x1a\n\0"),
        ("nothing", b""),
    ]);
    let heard = of_bytes(&outer);
    assert_eq!(heard.ids(), ["outer", "deeper", "inner"]);
    assert_eq!(
        heard
            .file("file/inner.zip/a/conversations.json")
            .conversations,
        1
    );
    assert_eq!(heard.file("/file").skipped.len(), 2);
    assert_eq!(heard.skipped(), counts(&[("empty", 1), ("media", 1)]));

    let third = archive(&[("outer.zip", &outer)]);
    let heard = of_bytes(third);
    assert_eq!(heard.ids(), ["outer", "deeper"]);
    assert_eq!(heard.skipped().get("too_deep"), Some(&1));
}

#[test]
fn names_that_lead_out_are_refused_and_others_read_in_any_encoding() {
    let heard = of_bytes(archive(&[
        ("../escape.json", chat("a").as_bytes()),
        ("x/../../escape.json", chat("b").as_bytes()),
        ("/etc/absolute.json", chat("c").as_bytes()),
        ("..\\windows.json", chat("d").as_bytes()),
        ("C:\\drive.json", chat("e").as_bytes()),
        ("..fine/ok.json", chat("f").as_bytes()),
    ]));
    assert_eq!(heard.ids(), ["f"]);
    assert_eq!(heard.skipped(), counts(&[("unsafe_name", 5)]));

    // A name in Shift-JIS, patched over one of its length.
    let mut zip = archive(&[("nn.json", chat("named").as_bytes())]);
    while let Some(at) = zip.windows(7).position(|name| name == b"nn.json") {
        zip[at..at + 2].copy_from_slice(b"\x93\xFA");
    }
    let heard = of_bytes(zip);
    assert_eq!(heard.ids(), ["named"]);
    assert_eq!(heard.files.len(), 1);
}

#[test]
fn locked_files_and_links_are_counted_and_their_neighbours_read() {
    let mut zip = archive(&[
        ("locked.json", chat("locked").as_bytes()),
        ("open.json", chat("open").as_bytes()),
    ]);
    // The flag for encryption, in the local header and in the directory.
    zip[6] |= 1;
    let directory = zip
        .windows(4)
        .position(|mark| mark == b"PK\x01\x02")
        .unwrap();
    zip[directory + 8] |= 1;
    let heard = of_bytes(&zip);
    assert_eq!(heard.ids(), ["open"]);
    assert_eq!(heard.skipped(), counts(&[("encrypted", 1)]));

    let mut link = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    link.add_symlink(
        "link.json",
        "/etc/passwd",
        zip::write::SimpleFileOptions::default(),
    )
    .unwrap();
    let heard = of_bytes(link.finish().unwrap().into_inner());
    assert_eq!(heard.skipped(), counts(&[("link", 1)]));
}

#[test]
fn bombs_end_before_they_are_large() {
    let zeros = vec![b' '; 256 << 20];
    let mut bomb = b"[".to_vec();
    bomb.extend(&zeros);
    let heard = of_bytes(archive(&[
        ("bomb.json", &bomb),
        ("chat.json", chat("behind").as_bytes()),
    ]));
    assert_eq!(heard.ids(), ["behind"]);
    assert_eq!(heard.skipped(), counts(&[("bomb", 1)]));

    let two = archive(&[
        ("a.json", chat("a").as_bytes()),
        ("b.json", chat("b").as_bytes()),
    ]);
    let few = Limits {
        entries: 1,
        ..Limits::default()
    };
    assert_eq!(
        of_bytes_within(&two, &few).skipped(),
        counts(&[("bomb", 1)])
    );
    let small = Limits {
        nested: 100,
        ..Limits::default()
    };
    let nested = archive(&[("two.zip", &two)]);
    assert_eq!(
        of_bytes_within(nested, &small).skipped(),
        counts(&[("bomb", 1)])
    );
}

/// Ten archives in one, each of which is within what one may inflate to.
#[test]
fn archives_in_archives_inflate_to_no_more_together() {
    let long = format!("{}{}", chat("long"), " ".repeat(100_000));
    let inner = archive(&[("a.json", long.as_bytes())]);
    let names: Vec<String> = (0..10).map(|at| format!("{at}.zip")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &*inner)).collect();
    let outer = archive(&files);
    let within = |all| Limits {
        ratio: 1,
        all,
        ..Limits::default()
    };
    let whole = of_bytes_within(&outer, &within(2 << 20));
    assert_eq!(whole.skipped(), counts(&[("duplicate", 9)]));
    let cut = of_bytes_within(&outer, &within(300_000));
    assert_eq!(cut.ids(), ["long"]);
    assert!(cut.skipped()["bomb"] >= 7, "{:?}", cut.skipped());
}

#[test]
fn a_damaged_archive_costs_what_is_damaged() {
    let good = archive(&[
        ("a.json", chat("a").as_bytes()),
        ("b.json", chat("b").as_bytes()),
    ]);
    for cut in [4, good.len() / 2, good.len() - 1] {
        let heard = of_bytes(&good[..cut]);
        assert!(heard.ids().is_empty());
        assert_eq!(heard.files.len(), 1, "{cut}");
        assert_eq!(heard.skipped(), counts(&[(Reason::BadArchive.name(), 1)]));
    }
    // A byte of the first file's text: its checksum is wrong, and the second is read.
    let mut flipped = good;
    flipped[45] ^= 0x55;
    let heard = of_bytes(flipped);
    assert!(heard.ids().contains(&"b"));
}
