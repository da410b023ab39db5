//! The list of runs, with memory in files: imports.

use std::cell::RefCell;
use std::fs::File;

use crate::exports::{Exports, chat};
use crate::imports;
use crate::support::Desk;

fn on_a_desk(desk: &Desk, promise: impl FnOnce(&Exports<'_>)) {
    promise(&Exports {
        command: &|args| desk.command(args),
        root: desk.path("."),
    });
    desk.run(&["doctor"]).expect(0);
}

#[test]
fn imports_are_listed() {
    let desk = Desk::new();
    let held = RefCell::new(None);
    let stuck = || {
        let lock = File::create(desk.path("data/journal/forget.lock")).unwrap();
        lock.lock().unwrap();
        held.replace(Some(lock));
    };
    let freed = || drop(held.take());
    on_a_desk(&desk, |exports| {
        imports::are_listed(exports, &stuck, &freed);
    });
}

#[test]
fn imports_go_with_what_is_forgotten() {
    on_a_desk(&Desk::new(), imports::go_with_what_is_forgotten);
}

#[test]
fn a_record_that_cannot_be_read_hides_no_other() {
    let desk = Desk::new();
    on_a_desk(&desk, |exports| {
        let chats = [chat("owls", 1, &["Who calls?", "An owl."])];
        exports.ingest(&chats, &[]);
        desk.write("data/journal/run-0.json", "{\"version\": 1, \"ru");
        let ran = exports.run(&["runs", "list"]).expect(0);
        assert!(ran.stdout.contains("import"), "{}", ran.stdout);
        assert!(ran.stderr.contains("run-0.json"), "{}", ran.stderr);
    });
}
