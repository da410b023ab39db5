//! `tulving list`: every memory, once, in order.

use testkit::corpus::Corpus;

use crate::support::{ANN, Desk, ids, keys};

#[test]
fn pages_give_every_memory_once_in_both_directions() {
    let desk = Desk::empty();
    Corpus::new(45).dim(8).write(&desk.path("data"));
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let pages = |more: &[&str]| {
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let mut args = [&["list", "--limit", "7"][..], more].concat();
            if let Some(after) = &after {
                args.extend(["--after", after]);
            }
            let page = desk.json(&args);
            assert_eq!(keys(&page), ["memories", "next"]);
            all.extend(ids(&page["memories"]));
            match page["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => return all,
            }
        }
    };
    let newest = pages(&[]);
    let mut oldest = pages(&["--oldest"]);
    assert_eq!(oldest, desk.ids());
    oldest.reverse();
    let (mut one, mut other) = (newest, oldest);
    one.sort();
    other.sort();
    assert_eq!(one, other);
    let whole = one.len();
    one.dedup();
    assert_eq!(one.len(), whole);
}

#[test]
fn the_last_line_says_how_to_go_on() {
    let desk = Desk::new();
    for question in ["a", "b", "c"] {
        desk.add(question, "");
    }
    let page = desk.run(&["list", "--limit", "2"]).expect(0).stdout;
    let end = page.lines().last().unwrap();
    let after = end
        .strip_prefix("2 of 3 memories; go on with --after ")
        .unwrap();
    let rest = desk
        .run(&["list", "--limit", "2", "--after", after])
        .expect(0)
        .stdout;
    assert!(rest.ends_with("\nthe last 1 of 3 memories\n"), "{rest}");
    desk.run(&["list", "--after", "x"])
        .expect(2)
        .says("is not a place in a list");
    desk.run(&["list", "--since", "soon"])
        .expect(2)
        .says("--since: \"soon\" is not a time");
}

#[test]
fn an_empty_memory_is_said_to_be_so() {
    let desk = Desk::new();
    desk.run(&["list"]).expect(0).shows("No memories.");
    assert_eq!(
        desk.json(&["list"]),
        serde_json::json!({"memories": [], "next": null})
    );
}
