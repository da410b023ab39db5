//! What `tulving docs` promises wherever memory is: shared by the test binaries.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::models::Models;
use crate::ran::Ran;

/// A folder `Manuals`, and the program with a memory.
pub(crate) struct Manuals<'a> {
    /// The program with these arguments, in `root`.
    pub(crate) command: &'a dyn Fn(&[&str]) -> Command,
    pub(crate) root: PathBuf,
}

const REFUNDS: &str = "# Refunds\n\nA refund is made for an order that was paid and sent back.\n\n## Partial refunds\n\n\
    To refund a part of an order:\n\n1. Open the order in Billing.\n2. Choose Partial refund.\n3. Enter the amount in the violet field.\n";
const LEAVE: &str = "PARENTAL LEAVE\n\nEmployees take sixteen weeks of parental leave, and say so three months before.\n";

impl Manuals<'_> {
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        (self.command)(args).output().unwrap().into()
    }

    #[track_caller]
    pub(crate) fn json(&self, code: i32, args: &[&str]) -> Value {
        self.run(&[args, &["--json"]].concat()).expect(code).json()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        // As documents name it.
        fs::canonicalize(&self.root)
            .unwrap()
            .join("Manuals")
            .join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The names of documents by a key of what a command printed.
    fn names(&self, told: &Value) -> Vec<String> {
        let folder = fs::canonicalize(&self.root).unwrap().join("Manuals");
        let told = told.as_array().unwrap().iter();
        let paths = told.map(|document| Path::new(document["path"].as_str().unwrap()));
        let names = paths.map(|path| path.strip_prefix(&folder).unwrap());
        names
            .map(|name| name.to_str().unwrap().to_owned())
            .collect()
    }

    fn listed(&self) -> Vec<String> {
        self.names(&self.json(0, &["docs", "list"])["documents"])
    }

    /// The texts of all chunks, by the names of their documents; each document has all that it says it has.
    #[track_caller]
    pub(crate) fn whole(&self) -> BTreeMap<String, Vec<String>> {
        let mut whole = BTreeMap::new();
        for name in self.listed() {
            let path = self.path(&name);
            let shown = self.json(0, &["docs", "show", path.to_str().unwrap()]);
            let chunks = shown["chunks"].as_array().unwrap();
            assert_eq!(json!(chunks.len()), shown["document"]["chunks"], "{name}");
            let texts = chunks.iter().enumerate().map(|(at, chunk)| {
                assert_eq!(chunk["chunk_index"], json!(at), "{name}");
                chunk["content"].as_str().unwrap().to_owned()
            });
            let texts = texts.collect();
            whole.insert(name, texts);
        }
        whole
    }

    /// The hits of a search among chunks.
    fn found(&self, question: &str) -> Vec<Value> {
        let found = self.json(0, &["search", question, "--kind", "chunk"]);
        found["hits"].as_array().unwrap().clone()
    }

    fn lay_out(&self) {
        self.write("Billing/refunds.md", REFUNDS);
        self.write("HR/leave.txt", LEAVE);
        self.write(".git/config", "hidden");
    }
}

/// A PDF of pages with a heading and a line each, or with a picture alone.
pub(crate) fn pdf(pages: &[Option<(&str, &str)>], trailer: &str) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len())
        .map(|n| format!("{} 0 R", 5 + 2 * n))
        .collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Count {}/Kids[{}]>>", pages.len(), kids.join(" ")),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_owned(),
        "<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>\nstream\n0\nendstream".to_owned(),
    ];
    for (n, page) in pages.iter().enumerate() {
        let stream = match page {
            Some((heading, line)) => format!(
                "BT /F 24 Tf 72 720 Td ({heading}) Tj ET BT /F 12 Tf 72 680 Td ({line}) Tj ET BT /F 12 Tf 72 666 Td (and so it is done.) Tj ET"
            ),
            None => "/I Do".to_owned(),
        };
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/Contents {} 0 R/Resources<</Font<</F 3 0 R>>/XObject<</I 4 0 R>>>>>>",
            6 + 2 * n
        ));
        objects.push(format!(
            "<</Length {}>>\nstream\n{stream}\nendstream",
            stream.len()
        ));
    }
    let (mut file, mut places) = ("%PDF-1.4\n".to_owned(), String::new());
    for (n, object) in objects.iter().enumerate() {
        places.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", n + 1));
    }
    let (at, size) = (file.len(), objects.len() + 1);
    file.push_str(&format!(
        "xref\n0 {size}\n0000000000 65535 f \n{places}trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{at}\n%%EOF\n"
    ));
    file.into_bytes()
}

/// Files are found by what they say, and each hit says where that is: file, headings, page.
pub(crate) fn hits_say_where_they_are_from(manuals: &Manuals<'_>) {
    manuals.lay_out();
    let pages = [
        Some(("Winter tyres", "The drivers change them in October,")),
        Some((
            "Zeppelins",
            "The airship needs a certificate of purple colour,",
        )),
    ];
    manuals.write("Fleet/handbook.pdf", pdf(&pages, ""));
    let told = manuals.json(0, &["docs", "add", "Manuals"]);
    let names = ["Billing/refunds.md", "Fleet/handbook.pdf", "HR/leave.txt"];
    assert_eq!(manuals.names(&told["added"]), names);
    assert_eq!((&told["hidden"], &told["skipped"]), (&json!(1), &json!([])));
    let hit = &manuals.found("violet field for a partial refund")[0]["document"];
    assert_eq!(hit["title"], json!("Refunds"));
    assert_eq!(hit["heading_path"], json!(["Refunds", "Partial refunds"]));
    assert_eq!(hit["path"], json!(manuals.path("Billing/refunds.md")));
    let hit = &manuals.found("purple certificate of the airship")[0]["document"];
    assert_eq!(
        (&hit["page"], &hit["heading_path"]),
        (&json!(2), &json!(["Zeppelins"]))
    );
    let shown = manuals.run(&["search", "purple certificate of the airship"]);
    shown
        .expect(0)
        .shows("handbook.pdf: Winter tyres › Zeppelins, page 2");
    let listed = manuals.json(0, &["docs", "list"]);
    let departments = listed["documents"].as_array().unwrap().iter();
    let departments: Vec<_> = departments
        .map(|document| document["department"].clone())
        .collect();
    assert_eq!(departments, ["Billing", "Fleet", "HR"]);
}

/// What is unchanged is not written again, what changed takes the place of what was there, and what is gone goes
/// when somebody says so.
pub(crate) fn a_folder_is_followed(manuals: &Manuals<'_>) {
    manuals.lay_out();
    manuals.json(0, &["docs", "sync", "Manuals"]);
    let before = manuals.json(0, &["docs", "list"]);
    let again = manuals.json(0, &["docs", "sync", "Manuals"]);
    assert_eq!(
        (&again["unchanged"], &again["added"]),
        (&json!(2), &json!([]))
    );
    assert_eq!(manuals.json(0, &["docs", "list"]), before);

    manuals.write("Billing/refunds.md", REFUNDS.replace("violet", "turquoise"));
    let told = manuals.json(0, &["docs", "add", "Manuals/Billing/refunds.md"]);
    assert_eq!(manuals.names(&told["changed"]), ["Billing/refunds.md"]);
    let hits = manuals.found("violet turquoise");
    let snippets: Vec<&str> = hits
        .iter()
        .map(|hit| hit["snippet"].as_str().unwrap())
        .collect();
    assert!(
        snippets.iter().any(|text| text.contains("turquoise")),
        "{snippets:?}"
    );
    assert!(
        !snippets.iter().any(|text| text.contains("violet")),
        "{snippets:?}"
    );

    // One is moved, one is gone: nothing is removed that nobody said yes to.
    fs::create_dir(manuals.path("People")).unwrap();
    fs::rename(
        manuals.path("HR/leave.txt"),
        manuals.path("People/leave.txt"),
    )
    .unwrap();
    fs::remove_file(manuals.path("Billing/refunds.md")).unwrap();
    let emptied = manuals.run(&["docs", "sync", "Manuals", "--yes"]).expect(9);
    emptied.says("holds no file any more");
    let all_gone = ["docs", "sync", "Manuals", "--all-gone"];
    let unasked = manuals.run(&all_gone).expect(2);
    unasked.says("Remove 2 documents whose files are gone?");
    assert_eq!(manuals.listed(), ["Billing/refunds.md", "HR/leave.txt"]);
    let told = manuals.json(0, &[&all_gone[..], &["--yes"]].concat());
    let mut removed = manuals.names(&told["removed"]);
    removed.sort();
    assert_eq!(removed, ["Billing/refunds.md", "HR/leave.txt"]);
    assert_eq!(manuals.names(&told["added"]), ["People/leave.txt"]);
    assert_eq!(manuals.listed(), ["People/leave.txt"]);
    // What is gone is found by nothing; what is left says nothing of it.
    assert!(
        manuals
            .found("turquoise")
            .iter()
            .all(|hit| hit["arms"]["keyword"].is_null())
    );

    let nobody = manuals.run(&["docs", "remove", "nobody.md", "leave.txt", "--yes"]);
    nobody.expect(10);
    let told = manuals.json(0, &["docs", "remove", "Manuals/People", "--yes"]);
    assert_eq!(manuals.names(&told["removed"]), ["People/leave.txt"]);
    assert!(manuals.listed().is_empty() && manuals.found("parental leave").is_empty());
}

/// A folder that was moved is synced at its new place, and nothing of it is there twice.
pub(crate) fn a_folder_that_was_moved_is_there_once(manuals: &Manuals<'_>) {
    manuals.lay_out();
    manuals.write(
        "Billing/changed.md",
        "# Rates\n\nA rate is agreed upon each year.",
    );
    manuals.json(0, &["docs", "sync", "Manuals"]);
    let (old, new) = (manuals.root.join("Manuals"), manuals.root.join("Library"));
    fs::rename(old, &new).unwrap();
    fs::write(
        new.join("Billing/changed.md"),
        "# Rates\n\nA rate is agreed upon each month.",
    )
    .unwrap();
    let told = manuals.json(0, &["docs", "sync", "Library"]);
    assert_eq!(told["added"].as_array().unwrap().len(), 3, "{told}");
    let mut removed = manuals.names(&told["removed"]);
    removed.sort();
    assert_eq!(removed, ["Billing/refunds.md", "HR/leave.txt"]);
    let listed = manuals.json(0, &["docs", "list"]);
    let paths = listed["documents"].as_array().unwrap().iter();
    let paths: Vec<&str> = paths.map(|it| it["path"].as_str().unwrap()).collect();
    // What is not the same any more may be another: nothing is removed that is nowhere else.
    let is_old = |path: &&&str| path.contains("/Manuals/");
    let old: Vec<_> = paths.iter().filter(is_old).collect();
    assert!(
        old.len() == 1 && old[0].ends_with("Billing/changed.md"),
        "{paths:?}"
    );
    assert_eq!(paths.len(), 4);
    let again = manuals.json(0, &["docs", "sync", "Library"]);
    assert_eq!(
        (&again["unchanged"], &again["removed"]),
        (&json!(3), &json!([]))
    );
}

/// Documents that were stored while no vectors could be made get them as soon as the folder is synced with a model that
/// makes them.
pub(crate) fn what_is_found_by_words_only_is_read_again_when_vectors_can_be_made(
    manuals: &Manuals<'_>,
) {
    manuals.lay_out();
    manuals.json(0, &["docs", "sync", "Manuals"]);
    let models = Models::start();
    let other = format!("embedding: {{{}}}\n", models.section("up"));
    fs::write(manuals.root.join("other.yaml"), other).unwrap();
    manuals.write(
        "HR/late.txt",
        "Whoever is late says so before nine in the morning.",
    );
    let with_other = ["docs", "sync", "Manuals", "--config", "other.yaml"];
    let told = manuals.json(0, &with_other);
    assert_eq!(manuals.names(&told["added"]), ["HR/late.txt"]);
    assert!(told["words_only"].is_string(), "{told}");
    // As long as that is so, there is nothing to do.
    assert_eq!(manuals.json(0, &with_other)["unchanged"], json!(3));
    let told = manuals.json(0, &["docs", "sync", "Manuals"]);
    assert_eq!(manuals.names(&told["changed"]), ["HR/late.txt"]);
    assert_eq!(
        (&told["unchanged"], &told["words_only"]),
        (&json!(2), &json!(null))
    );
    assert_eq!(
        manuals.json(0, &["docs", "sync", "Manuals"])["unchanged"],
        json!(3)
    );
}

/// Whatever lies in a folder, what can be read is read, and the rest is named with a reason.
pub(crate) fn bad_files_are_named_and_left_out(manuals: &Manuals<'_>) {
    manuals.lay_out();
    manuals.write("empty.md", "");
    manuals.write("blank.txt", " \n\n\t");
    manuals.write("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    manuals.write("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    manuals.write("data.json", "{\"a\": 1}");
    manuals.write("broken.pdf", "%PDF-1.4\nnothing");
    manuals.write("broken.docx", b"PK\x03\x04 and then nothing");
    manuals.write("scanned.pdf", pdf(&[None, None], ""));
    let lock = format!(
        "/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{0}>/U<{0}>>>",
        "41".repeat(32)
    );
    manuals.write(
        "locked.pdf",
        pdf(&[Some(("Secret", "Nobody reads this,"))], &lock),
    );
    // Its name says otherwise; it is read as what it is.
    manuals.write(
        "prices.txt",
        pdf(&[Some(("Prices", "An umbrella costs nine,"))], ""),
    );
    let huge = fs::File::create(manuals.path("huge.txt")).unwrap();
    huge.set_len(200 << 20).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("..", manuals.path("HR/loop")).unwrap();

    let ran = manuals.run(&["docs", "add", "Manuals", "--json"]).expect(4);
    let told = ran.json();
    let added = ["Billing/refunds.md", "HR/leave.txt", "prices.txt"];
    assert_eq!(manuals.names(&told["added"]), added);
    let reasons: BTreeMap<String, &str> = manuals
        .names(&told["skipped"])
        .into_iter()
        .zip(
            told["skipped"]
                .as_array()
                .unwrap()
                .iter()
                .map(|s| s["reason"].as_str().unwrap()),
        )
        .collect();
    for (name, part) in [
        ("empty.md", "no text in it"),
        ("blank.txt", "no text in it"),
        ("photo.png", "a picture"),
        ("old.doc", "an office file"),
        ("data.json", "no file of chunks"),
        ("broken.pdf", "damaged"),
        ("broken.docx", "damaged"),
        ("scanned.pdf", "(OCR)"),
        ("locked.pdf", "encrypted"),
        ("huge.txt", "more than 134217728 bytes"),
        #[cfg(unix)]
        ("HR/loop", "symbolic link"),
    ] {
        let reason = reasons.get(name).copied().unwrap_or_default();
        assert!(reason.contains(part), "{name}: {reason:?}");
    }
    let notes = told["notes"].to_string();
    assert!(notes.contains("ends in .txt, but it is PDF"), "{notes}");
    // A person is told the same.
    let shown = manuals.run(&["docs", "add", "Manuals"]).expect(4);
    shown
        .shows("locked.pdf: it is encrypted")
        .shows("unchanged  3");
    // What cannot be read any more is not gone.
    manuals.write("Billing/refunds.md", "");
    let told = manuals.json(4, &["docs", "sync", "Manuals"]);
    assert_eq!(told["removed"], json!([]));
    assert!(manuals.listed().contains(&"Billing/refunds.md".to_owned()));
    manuals.run(&["docs", "add", "nowhere"]).expect(3);
}

/// A manual and the chunks that were cut from it are one, whichever folder is read first and how often.
pub(crate) fn one_manual_in_two_forms_is_found_once(manuals: &Manuals<'_>) {
    let steps: Vec<String> = (1..40)
        .map(|n| {
            format!(
                "{n}. Step {n} of closing the branch: count drawer {n}, and sign list {}.",
                n * 7
            )
        })
        .collect();
    manuals.write(
        "Branches/Closing Up.md",
        format!("# Closing up\n\n{}\n", steps.join("\n")),
    );
    let chunk = |part: &[String]| json!({"id": "c1", "content": part.join("\n"), "section_title": "Closing up", "category": "x"});
    let chunks: Vec<Value> = steps.chunks(10).map(chunk).collect();
    let ready = json!({"knowledge_base": "branches", "version": "1", "source_file": "Closing Up.docx", "chunks": chunks});
    manuals.write("Branches/closing_up_chunks.json", ready.to_string());
    let told = manuals.json(0, &["docs", "add", "Manuals"]);
    assert_eq!(manuals.names(&told["added"]), ["Branches/Closing Up.md"]);
    assert_eq!(
        manuals.names(&told["same"]),
        ["Branches/closing_up_chunks.json"]
    );
    assert_eq!(
        told["same"][0]["as"],
        json!(manuals.path("Branches/Closing Up.md"))
    );
    // Other chunks with the same ids are others.
    let other = |text: &str| json!({"knowledge_base": "k", "version": "1", "chunks": [{"id": "c1", "content": text, "keywords": [1e22]}]});
    manuals.write("a_chunks.json", other("How to order gloves").to_string());
    manuals.write("b_chunks.json", other("How to order boots").to_string());
    let told = manuals.json(0, &["docs", "sync", "Manuals"]);
    assert_eq!(
        manuals.names(&told["added"]),
        ["a_chunks.json", "b_chunks.json"]
    );
    let shown = manuals.json(0, &["docs", "show", "b_chunks.json"]);
    let said = &shown["chunks"][0]["extra"]["metadata"];
    assert_eq!(
        (&said["id"], &said["keywords"]),
        (&json!("c1"), &json!([1e22]))
    );
    // When the manual goes, its chunks take its place.
    fs::remove_file(manuals.path("Branches/Closing Up.md")).unwrap();
    let told = manuals.json(0, &["docs", "sync", "Manuals", "--yes"]);
    assert_eq!(
        manuals.names(&told["added"]),
        ["Branches/closing_up_chunks.json"]
    );
}

/// A long manual about something leaves room for what was said about it, and the other way round; a prompt keeps
/// them apart, and says where each is from.
pub(crate) fn neither_crowds_out_the_other(manuals: &Manuals<'_>) {
    let section = |n: usize| {
        format!(
            "## Boiler {n}\n\nThe boiler {n} is descaled with vinegar, which the boiler {n} needs monthly.\n\n"
        )
    };
    let long: String = (0..60).map(section).collect();
    manuals.write("Plant/boilers.md", format!("# Boilers\n\n{long}"));
    for n in 0..30 {
        let question = format!("How is boiler {n} descaled with vinegar?");
        let add = [
            "add",
            "--question",
            &question,
            "--answer",
            "Monthly, said Ann.",
        ];
        manuals.run(&add).expect(0);
    }
    manuals.json(0, &["docs", "add", "Manuals"]);
    let found = manuals.json(
        0,
        &["search", "descaling a boiler with vinegar", "--context"],
    );
    let kinds = found["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| hit["kind"].as_str().unwrap());
    let (pieces, said): (Vec<_>, Vec<_>) = kinds.partition(|kind| *kind == "chunk");
    assert_eq!((pieces.len(), said.len()), (5, 10));
    // Words of the one, then words of the other; one limit for all of them is shared, too.
    for question in ["boiler descaled monthly", "How is a boiler descaled? Ann"] {
        let found = manuals.json(0, &["search", question, "--top-k", "10"]);
        let hits = found["hits"].as_array().unwrap();
        let pieces = hits.iter().filter(|hit| hit["kind"] == "chunk").count();
        assert!((2..=8).contains(&pieces), "{question}: {pieces}");
        assert_eq!(hits.len(), 10);
        let scores = hits.iter().map(|hit| hit["score"].as_f64().unwrap());
        assert!(scores.is_sorted_by(|one, other| one >= other), "{found}");
    }
    let context = found["context"].as_str().unwrap();
    let (said, pieces) = context.split_once("<tulving:documents>").unwrap();
    assert!(
        said.contains("said Ann") && !said.contains("boilers.md"),
        "{context}"
    );
    assert!(
        pieces.contains("document=\"Boilers\" file=\"boilers.md\""),
        "{context}"
    );
    assert!(!pieces.contains("said Ann"), "{context}");
}

/// However often it is killed, every document is there whole or not at all, and the same command finishes.
pub(crate) fn kills_leave_no_half_documents(manuals: &Manuals<'_>) {
    let kills = std::env::var("TULVING_KILLS").map_or(8, |kills| kills.parse().unwrap());
    let text = |name: usize, round: u64| {
        let line = |n: usize| {
            format!("Line {n} of manual {name}, edition {round}: the lamp {n} is lit at noon.\n\n")
        };
        (0..120).map(line).collect::<String>()
    };
    let lay_out = |round: u64| {
        for name in 0..6 {
            manuals.write(&format!("All/manual{name:02}.md"), text(name, round));
        }
    };
    // The first edition says how long a run lasts.
    lay_out(0);
    let began = Instant::now();
    manuals.run(&["docs", "add", "Manuals", "--yes"]).expect(0);
    let lasts = began.elapsed();
    let (mut killed, mut round) = (0, 0);
    while killed < kills {
        round += 1;
        lay_out(round);
        let command = if round % 2 == 0 { "add" } else { "sync" };
        if command == "sync" {
            fs::remove_file(manuals.path(&format!("All/manual{:02}.md", round % 6))).unwrap();
        }
        let args = ["docs", command, "Manuals", "--yes"];
        let mut run = (manuals.command)(&args);
        run.stdout(Stdio::null()).stderr(Stdio::null());
        let mut run = run.spawn().unwrap();
        // At another moment in each round. One that came to its end first is not counted.
        std::thread::sleep(lasts.mul_f64((round * 37 % 100) as f64 / 100.0));
        if run.try_wait().unwrap().is_none() {
            run.kill().unwrap();
            killed += 1;
        }
        run.wait().unwrap();
        for (name, texts) in manuals.whole() {
            let editions = texts.iter().flat_map(|text| text.split("edition ").skip(1));
            let mut editions: Vec<&str> =
                editions.filter_map(|rest| rest.split(':').next()).collect();
            editions.dedup();
            assert_eq!(
                editions.len(),
                1,
                "round {round}: {name} is a mixture of {editions:?}"
            );
        }
        manuals.run(&args).expect(0);
        let whole = manuals.whole();
        let is_new = |texts: &Vec<String>| texts[0].contains(&format!("edition {round}:"));
        assert!(whole.values().all(is_new), "round {round}");
        assert_eq!(
            whole.len(),
            if command == "sync" { 5 } else { 6 },
            "round {round}"
        );
    }
}

/// Two that add two forms of one manual at once leave one of them: whoever is done last sees both.
pub(crate) fn two_forms_at_once_are_as_one(manuals: &Manuals<'_>) {
    let text = |n: usize| {
        format!("In step {n} the amber lever is pulled, and the clerk notes lever {n} in the log.")
    };
    let chunk = |n: usize| json!({"id": format!("c{n}"), "content": text(n), "section_title": "Levers", "category": "x"});
    let start = |path: &str| {
        let mut command = (manuals.command)(&["docs", "add", path, "--json"]);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let ready =
        |chunks: Vec<Value>| json!({"knowledge_base": "k", "version": "1", "chunks": chunks});
    for round in 0..4 {
        let name = format!("Round{round}/levers");
        let texts: Vec<String> = (0..20).map(text).collect();
        manuals.write(
            &format!("{name}.md"),
            format!("{}\n\nround {round}", texts.join("\n\n")),
        );
        let chunks: Vec<Value> = (0..20).map(chunk).collect();
        manuals.write(&format!("{name}_chunks.json"), ready(chunks).to_string());
        let forms = ["md", "_chunks.json"].map(|end| {
            let end = if end == "md" { ".md" } else { end };
            format!("Manuals/{name}{end}")
        });
        for run in forms.each_ref().map(|path| start(path)) {
            let ran: Ran = run.wait_with_output().unwrap().into();
            ran.expect(0);
        }
        let listed = manuals.listed();
        let of_round: Vec<&String> = listed.iter().filter(|path| path.contains(&name)).collect();
        assert_eq!(of_round.len(), 1, "{listed:?}");
    }
}

/// Two that add the same at once do no harm to each other.
pub(crate) fn two_at_once_are_as_one(manuals: &Manuals<'_>) {
    manuals.lay_out();
    for n in 0..10 {
        manuals.write(
            &format!("Many/{n}.md"),
            format!("# Part {n}\n\n{}", "Some words. ".repeat(200 + n)),
        );
    }
    let args = ["docs", "add", "Manuals", "--json"];
    let start = || {
        let mut command = (manuals.command)(&args);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let both = [start(), start()];
    for run in both {
        let ran: Ran = run.wait_with_output().unwrap().into();
        ran.expect(0);
    }
    assert_eq!(manuals.whole().len(), 12);
    assert_eq!(
        manuals.json(0, &["docs", "add", "Manuals"])["unchanged"],
        json!(12)
    );
}
