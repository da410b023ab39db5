//! `tulving get`, `update` and `delete`: single memories.

use testkit::corpus::Corpus;

use crate::support::{ANN, Desk, ids};

#[test]
fn what_is_changed_is_found_anew_and_the_rest_stays() {
    let desk = Desk::new();
    let args = [
        "add",
        "--question",
        "Where is the key?",
        "--answer",
        "Under the mat.",
        "--tag",
        "home",
    ];
    let id = desk.run(&args).expect(0).stdout.trim_end().to_owned();
    let before = desk.json(&["get", &id]);
    let changed = desk.json(&["update", &id, "--answer", "In the zucchini bed."]);
    assert_eq!(changed, serde_json::json!({"id": id}));
    let after = desk.json(&["get", &id]);
    assert_eq!(after["assistant_content"], "In the zucchini bed.");
    for field in [
        "id",
        "human_content",
        "created_at",
        "conversation_id",
        "tags",
    ] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(
        ids(&desk.json(&["search", "zucchini", "--mode", "keyword"])["hits"]),
        [id.as_str()]
    );
    assert_eq!(
        desk.json(&["search", "mat", "--mode", "keyword"])["hits"],
        serde_json::json!([])
    );
    let vegetables = desk.json(&["search", "vegetables in the garden", "--mode", "vector"]);
    assert_eq!(ids(&vegetables["hits"]), [id.as_str()]);
    desk.run(&[
        "update",
        &id,
        "--tag",
        "a",
        "--tag",
        "b",
        "--source",
        "x",
        "--created-at",
        "2020-01-01",
    ])
    .expect(0);
    let after = desk.json(&["get", &id]);
    assert_eq!(after["tags"]["topics"], serde_json::json!(["a", "b"]));
    assert_eq!(
        (&after["source"], &after["created_at"]),
        (&"x".into(), &"2020-01-01T00:00:00+00:00".into())
    );
    desk.run(&["update", &id, "--tag", ""]).expect(0);
    assert_eq!(
        desk.json(&["get", &id])["tags"]["topics"],
        serde_json::json!([])
    );
}

#[test]
fn what_cannot_be_changed_is_said() {
    let desk = Desk::new();
    let id = desk.add("q", "a");
    desk.run(&["update", &id]).expect(2);
    desk.run(&["update", &id, "--title", "t"])
        .expect(2)
        .says("which has no title");
    desk.run(&["update", &id, "--source", "No!"])
        .expect(2)
        .says("--source");
    desk.run(&["update", "mem_none", "--answer", "x"])
        .expect(10)
        .says("tulving list");
    assert_eq!(desk.json(&["get", &id])["source"], "tulving");
}

#[test]
fn a_memory_that_is_not_there_is_exit_10() {
    let desk = Desk::new();
    let missing = desk.run(&["get", "mem_none", "--json"]).expect(10);
    assert_eq!(
        missing.json()["error"]["message"],
        "there is no memory \"mem_none\""
    );
}

#[test]
fn an_episode_is_shown_turn_by_turn() {
    let desk = Desk::empty();
    Corpus::new(16).dim(8).write(&desk.path("data"));
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let episode = &desk.json(&["list", "--kind", "episode"])["memories"][0];
    assert_eq!(episode["kind"], "episode");
    let page = desk
        .run(&["get", episode["id"].as_str().unwrap()])
        .expect(0)
        .stdout;
    for message in episode["messages"].as_array().unwrap() {
        let said = message["content"].as_str().unwrap();
        let said = said.lines().next().unwrap_or_default();
        assert!(page.contains(said), "{said:?} is not in:\n{page}");
    }
    assert!(
        page.starts_with(episode["title"].as_str().unwrap()),
        "{page}"
    );
}

#[test]
fn what_is_forgotten_is_gone_from_everywhere() {
    let desk = Desk::new();
    let gone = desk.add("the gazebo", "");
    let kept = desk.add("the pergola", "");
    let deleted = desk.json(&["delete", &gone, &gone, "--yes"]);
    assert_eq!(deleted, serde_json::json!({"deleted": [gone]}));
    desk.run(&["get", &gone]).expect(10);
    assert_eq!(desk.ids(), [kept.as_str()]);
    assert_eq!(
        ids(&desk.json(&["search", "gazebo"])["hits"]),
        [kept.as_str()]
    );
    desk.run(&["compact"]).expect(0);
    assert_eq!(desk.ids(), [kept.as_str()]);
}

#[test]
fn if_one_is_not_there_none_is_forgotten() {
    let desk = Desk::new();
    let kept = desk.add("q", "");
    let refused = desk
        .run(&["delete", &kept, "mem_no", "mem_nor", "--yes"])
        .expect(10);
    refused
        .says("\"mem_no\"")
        .says("\"mem_nor\"")
        .says("nothing was forgotten");
    assert_eq!(desk.ids(), [kept]);
}

#[test]
fn nothing_is_forgotten_without_a_yes() {
    let desk = Desk::new();
    let kept = desk.add("q", "");
    desk.run(&["delete", &kept]).expect(2).says("pass --yes");
    assert_eq!(desk.ids(), [kept]);
}
