//! What `tulving runs` says of imports wherever memory is: shared by the test binaries.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::exports::{Exports, chat, many};

/// The runs that are listed.
fn listed(exports: &Exports<'_>) -> Vec<Value> {
    let told = exports.json(0, &["runs", "list"]);
    told["runs"].as_array().unwrap().clone()
}

/// An import is in the list while it is at work and afterwards; one that was killed is no longer at work, and the same
/// command is another run that finishes it. `stuck` makes writes wait until `freed`.
pub(crate) fn are_listed(exports: &Exports<'_>, stuck: &dyn Fn(), freed: &dyn Fn()) {
    assert_eq!(listed(exports), [json!(null); 0]);
    exports
        .run(&["runs", "list"])
        .expect(0)
        .shows("no runs yet");
    exports
        .run(&["runs", "status"])
        .expect(9)
        .says("no runs yet");
    exports.ingest(
        &[chat("owls", 1, &["Who calls at night?", "The tawny owl."])],
        &[],
    );
    exports.ingest(
        &[chat("owls", 1, &["Who calls at night?", "The tawny owl."])],
        &["--dry-run"],
    );
    let runs = listed(exports);
    let [first] = runs.as_slice() else {
        panic!("one import, and no dry run: {runs:?}");
    };
    for (key, expected) in [
        ("kind", json!("import")),
        ("status", json!("finished")),
        ("phase", json!("done")),
        ("live", json!(false)),
        ("rows", json!(null)),
        ("rows_done", json!(2)),
        ("verified", json!(null)),
        ("error", json!(null)),
        ("inputs", json!({"paths": ["chats.json"]})),
    ] {
        assert_eq!(first[key], expected, "{key}: {first}");
    }
    assert_eq!(first["result"]["added"], json!(2));
    assert_eq!(first["result"]["read"], first["result"]["bytes"]);
    assert!(first["finished_at"].is_string() && first["seconds"].is_number());
    let text = first.to_string();
    assert!(!text.contains("owl"), "nothing of memories: {text}");

    stuck();
    fs::write(
        exports.root.join("many.json"),
        json!(many(1, 7)).to_string(),
    )
    .unwrap();
    let mut run = (exports.command)(&["ingest", "many.json"]);
    run.stdout(Stdio::null()).stderr(Stdio::null());
    let mut run = run.spawn().unwrap();
    let began = Instant::now();
    let at_work = loop {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it was never seen at work"
        );
        let newest = listed(exports).remove(0);
        if newest["phase"] == "embedding" {
            break newest;
        }
    };
    assert_eq!(
        (&at_work["status"], &at_work["live"]),
        (&json!("running"), &json!(true))
    );
    let told = exports.run(&["runs", "status"]).expect(0).stdout;
    assert!(
        told.contains("running: embedding") && told.contains("many.json"),
        "{told}"
    );
    run.kill().unwrap();
    run.wait().unwrap();
    let id = at_work["run_id"].as_str().unwrap();
    let killed = loop {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "it stays at work"
        );
        let run = exports.json(0, &["runs", "status", id]);
        if run["live"] == json!(false) {
            break run;
        }
    };
    assert_eq!(
        (&killed["status"], &killed["error"]),
        (&json!("interrupted"), &json!(null))
    );
    let told = exports.run(&["runs", "status", id]).expect(0).stdout;
    assert!(told.contains("its process is gone"), "{told}");
    freed();

    exports.json(0, &["ingest", "many.json"]);
    let newest = listed(exports).remove(0);
    assert_eq!(
        (&newest["status"], &newest["rows_done"]),
        (&json!("finished"), &json!(800))
    );
    assert_ne!(newest["run_id"], at_work["run_id"]);
    let other = "00000000-0000-4000-8000-000000000009";
    exports
        .run(&["runs", "status", other])
        .expect(9)
        .says("tulving runs list");
}

/// A path may tell what was forgotten.
pub(crate) fn go_with_what_is_forgotten(exports: &Exports<'_>) {
    let chats = json!([chat(
        "owls-of-the-north",
        1,
        &["Who calls?", "The snowy owl."]
    )]);
    fs::write(
        exports.root.join("owls-of-the-north.json"),
        chats.to_string(),
    )
    .unwrap();
    exports.json(0, &["ingest", "owls-of-the-north.json"]);
    assert_eq!(listed(exports).len(), 1);
    let forget = ["forget", "--conversation", "owls-of-the-north", "--yes"];
    exports.run(&forget).expect(0);
    assert_eq!(listed(exports), [json!(null); 0]);
}
