//! Several at once.

use std::collections::BTreeSet;
use std::process::Stdio;

use crate::support::Desk;

#[test]
fn eight_processes_add_at_once_and_nothing_is_lost() {
    let desk = Desk::new();
    let lines: String = (0..20)
        .map(|number| {
            format!("{{\"question\":\"number {number}\",\"conversation_id\":\"shared\"}}\n")
        })
        .collect();
    desk.write("m.jsonl", lines);
    let children: Vec<_> = (0..8)
        .map(|_| {
            let mut command = desk.command(&["add", "--jsonl", "m.jsonl"]);
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut printed = Vec::new();
    for child in children {
        let ran = crate::support::Ran::from(child.wait_with_output().unwrap()).expect(0);
        printed.extend(ran.stdout.lines().map(ToOwned::to_owned));
    }
    let there = desk.json(&["list", "--conversation", "shared", "--limit", "1000"]);
    let there = there["memories"].as_array().unwrap();
    let ids: BTreeSet<&str> = there
        .iter()
        .map(|memory| memory["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        printed.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        ids
    );
    assert_eq!((printed.len(), ids.len()), (160, 160));
    // Each has its own place in the conversation that they share.
    let places: BTreeSet<i64> = there
        .iter()
        .map(|memory| memory["sequence_index"].as_i64().unwrap())
        .collect();
    assert_eq!(places, (0..160).collect());
}
