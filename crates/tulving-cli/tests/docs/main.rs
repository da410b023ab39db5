//! What the documents say is so: paths, links, exit codes, the recipe for digests, and what is shown
//! of the program.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod alike;
mod ctrl_c;
mod pasted;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use testkit::corpus::Corpus;
use testkit::postgres::Server;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every document, named from the root.
fn documents() -> Vec<String> {
    let folders = ["", "docs/", "docs/decisions/"].into_iter();
    let files = folders.flat_map(|folder| {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        entries.map(move |entry| {
            format!(
                "{folder}{}",
                entry.unwrap().file_name().to_string_lossy().into_owned()
            )
        })
    });
    files.filter(|name| name.ends_with(".md")).collect()
}

/// Every file of the project, named from the root.
fn files() -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                if !["target", ".git", "data", "fuzz/corpus", "fuzz/artifacts"]
                    .contains(&path.as_str())
                {
                    folders.push(path + "/");
                }
            } else {
                files.push(path);
            }
        }
    }
    files
}

/// The text outside fenced blocks.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose
}

/// What stands between backticks and is the name of a file or folder of ours: with a folder of the
/// root in front, or a source file by any end of its path.
fn named_paths(prose: &str) -> Vec<&str> {
    const FOLDERS: [&str; 7] = ["crates", "db", "docs", "demo", "fuzz", ".ci", "src"];
    const SOURCES: [&str; 5] = [".rs", ".py", ".sh", ".sql", ".md"];
    let spans = prose.split('`').skip(1).step_by(2);
    let paths = spans.filter(|span| {
        let is_path = span
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
        let first = span.split('/').next().unwrap_or_default();
        is_path && (FOLDERS.contains(&first) || SOURCES.iter().any(|source| span.ends_with(source)))
    });
    paths.collect()
}

/// Where links go.
fn links(prose: &str) -> Vec<&str> {
    let after = prose.split("](").skip(1);
    after
        .filter_map(|rest| Some(rest.split_once(')')?.0))
        .collect()
}

/// The anchors that a page has, as code hosts make them.
fn anchors(text: &str) -> Vec<String> {
    let prose = prose(text);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_path_that_a_document_names_is_there() {
    let files = files();
    let mut missing = Vec::new();
    for document in documents() {
        let text = read(&document);
        let prose = prose(&text);
        let beside = root().join(&document);
        let beside = beside.parent().unwrap();
        for path in named_paths(&prose) {
            let is_there = root().join(path).exists()
                || beside.join(path).exists()
                || files.iter().any(|file| file.ends_with(&format!("/{path}")));
            if !is_there {
                missing.push(format!("{document}: {path}"));
            }
        }
        for link in links(&prose).into_iter().filter(|l| !l.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                root().join(&document)
            } else {
                beside.join(path)
            };
            let has_anchor = || {
                let page = fs::read_to_string(&target).unwrap_or_default();
                anchors(&page).iter().any(|known| known == anchor)
            };
            if !target.exists() || !(anchor.is_empty() || has_anchor()) {
                missing.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(missing.is_empty(), "not there:\n{}", missing.join("\n"));
}

/// The rows of the table whose first column is a number.
fn exit_codes(text: &str) -> BTreeMap<u8, String> {
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        Some((cells.next()?.parse().ok()?, cells.next()?.to_owned()))
    });
    rows.collect()
}

#[test]
fn the_exit_codes_of_the_readme_are_those_of_the_program() {
    let source = read("crates/tulving-cli/src/exit.rs");
    let body = source.split_once("pub enum Exit {").unwrap().1;
    let body = body.split_once('}').unwrap().0;
    let codes: Vec<u8> = body
        .lines()
        .filter_map(|line| line.split_once(" = ")?.1.strip_suffix(',')?.parse().ok())
        .collect();
    let readme = exit_codes(&read("README.md"));
    assert_eq!(readme.keys().copied().collect::<Vec<u8>>(), codes);
    assert_eq!(readme, exit_codes(&read("docs/cli.md")));
}

#[test]
fn every_dependency_has_its_row_in_the_decision() {
    let manifest = read("Cargo.toml");
    let table = manifest.split_once("[workspace.dependencies]").unwrap().1;
    let table = table.split_once("\n[").unwrap().0;
    let wanted = table
        .lines()
        .filter(|line| !line.contains("path = "))
        .filter_map(|line| Some(line.split_once(" = ")?.0));
    let decision = read("docs/decisions/0004-dependencies.md");
    let cells = decision
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let rows: Vec<&str> = cells.flat_map(|cell| cell.split([' ', ','])).collect();
    for name in wanted {
        let count = rows.iter().filter(|row| **row == name).count();
        assert_eq!(count, 1, "{name} has {count} rows");
    }
}

#[test]
fn the_recipe_for_digests_gives_the_digest_of_the_receipt() {
    let directory = tempfile::TempDir::new().unwrap();
    let data = directory.path().join("data");
    Corpus::new(Corpus::DIRTY_ENOUGH)
        .dim(8)
        .dirty(true)
        .write(&data);
    let database = Server::shared().database();
    let tulving = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_tulving"))
            .args(args)
            .current_dir(directory.path())
            .env_clear()
            .env("DATABASE_URL", database.url())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    };
    tulving(&["schema", "apply"]);
    let user = tulving(&["user", "create", "--email", "you@example.com"]);
    let args = [
        "migrate",
        "--user-id",
        user.trim(),
        "--model",
        "m",
        "--yes",
        "--json",
    ];
    let report: Value = serde_json::from_str(&tulving(&args)).unwrap();
    let recipe = |args: &[&str]| {
        let output = Command::new("python3")
            .arg(root().join("docs/recompute-digest.py"))
            .args(args)
            .current_dir(data.parent().unwrap())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let name = data.file_name().unwrap().to_str().unwrap();
    let (code, digest, read) = recipe(&[name]);
    assert_eq!(
        (code, digest.trim()),
        (Some(0), report["digest"].as_str().unwrap()),
        "{read}"
    );
    assert!(
        read.contains("nodes: data/corpus/nodes.json, data/vectors/nodes.npy"),
        "{read}"
    );

    // What it cannot read it certifies nothing of.
    let refused = |args: &[&str], code: i32, why: &str| {
        let (found, digest, said) = recipe(args);
        assert_eq!(
            (found, digest.as_str()),
            (Some(code), ""),
            "{args:?}: {said}"
        );
        assert!(said.contains(why), "{args:?}: {said}");
    };
    refused(&["nowhere"], 3, "nowhere is no directory");
    refused(&[], 2, "required: data");
    refused(&[name, name], 2, "unrecognized arguments");
    let (code, help, _) = recipe(&["--help"]);
    assert!(code == Some(0) && help.contains("data directory"), "{help}");
    let changed = |file: &str, bytes: &[u8], why: &str| {
        let path = data.join(file);
        let sound = fs::read(&path).unwrap_or_default();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        refused(&[name], 3, why);
        fs::write(&path, sound).unwrap();
    };
    changed("corpus/nodes.json", b"[{", "is not JSON");
    changed("corpus/nodes.json", b"{}", "no array of records");
    changed("corpus/nodes.json", b"[]", "holds 0 records");
    changed(
        "vectors/nodes.npy",
        b"\x93NUMPY",
        "is no .npy file of vectors",
    );
    let half = &fs::read(data.join("vectors/nodes.npy")).unwrap()[..200];
    changed("vectors/nodes.npy", half, "promises");
    changed("journal/1.log", &[b'x'; 99], "tulving compact");
}
