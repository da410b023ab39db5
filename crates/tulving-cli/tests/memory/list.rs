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
        .says("\"soon\" is no time; write 2024-01-15,")
        .says("7d");
}

#[test]
fn times_are_written_as_people_say_them() {
    let desk = Desk::new();
    for at in ["2024-03-15", "2024-04-01", "3d", "yesterday"] {
        desk.run(&["add", "--question", at, "--created-at", at])
            .expect(0);
    }
    let questions = |args: &[&str]| {
        let listed = desk.json(&[&["list", "--oldest"], args].concat());
        let memories = listed["memories"].as_array().unwrap().clone();
        memories
            .iter()
            .map(|memory| memory["human_content"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        questions(&["--since", "2024-03", "--until", "2024-04"]),
        ["2024-03-15"]
    );
    assert_eq!(
        questions(&["--since", "2024", "--until", "2025"]),
        ["2024-03-15", "2024-04-01"]
    );
    assert_eq!(questions(&["--since", "1w"]), ["3d", "yesterday"]);
    assert_eq!(
        questions(&["--since", "yesterday", "--until", "now"]),
        ["yesterday"]
    );
    assert_eq!(
        questions(&["--until", "2 days ago", "--since", "1mo"]),
        ["3d"]
    );
}

#[test]
fn a_filter_that_nothing_can_pass_is_an_error() {
    let desk = Desk::new();
    desk.add("a", "b");
    for command in [&["list"][..], &["search", "a"]] {
        let run = |args: &[&str]| desk.run(&[command, args].concat());
        for (since, until) in [("today", "yesterday"), ("2024-03-01", "2024-03-01")] {
            run(&["--since", since, "--until", until])
                .expect(2)
                .says("nothing lies between --since 20")
                .says("try: an --until that is later");
        }
        run(&["--source", "Foo"])
            .expect(2)
            .says("did you mean foo?")
            .says("try: ");
        run(&["--source", "no such"])
            .expect(2)
            .says("a-z, 0-9, _ and -");
        run(&["--source", "foo"]).expect(0);
    }
    for command in [&["add", "--question", "x"][..], &["update", "x"]] {
        desk.run(&[command, &["--source", "Foo"]].concat())
            .expect(2);
    }
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
