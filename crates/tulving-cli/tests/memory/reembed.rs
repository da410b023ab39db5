//! Another embedding model: filled beside the one that is searched, cut over, gone back from, dropped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::json;
use testkit::corpus::Corpus;
use tulving::backend::Backend as _;
use tulving::backend::file::FileBackend;
use tulving::model::Space;

use crate::models::Models;
use crate::reembedding::{
    ITEMS, Memory, failed_half_way, first, items, killed, killed_on_the_way_back, section,
    the_whole_course, written_meanwhile,
};
use crate::support::{Desk, Ran};

/// A desk on which the configuration names these models, the second as the next.
fn configured(models: &Models, named: &[&str]) -> Desk {
    let desk = Desk::empty();
    desk.write("config.yaml", section(models, named));
    desk.run(&["init"]).expect(0);
    desk
}

/// The same with a memory of items.
fn desk(models: &Models, named: &[&str]) -> Desk {
    let desk = configured(models, named);
    Memory::new(models.clone(), |args| desk.command(args));
    desk
}

/// The items that are found by vector, the nearest first.
#[track_caller]
fn found(desk: &Desk, top: &str) -> Vec<u64> {
    items(&desk.json(&["search", "item 0", "--mode", "vector", "--top-k", top]))
}

/// The arguments that name a model of the server.
fn flags<'a>(models: &'a Models, model: &'a str) -> [&'a str; 7] {
    [
        "reembed",
        "--provider",
        "http",
        "--url",
        &models.url,
        "--model",
        model,
    ]
}

/// Both models are named.
fn with_memory(test: impl FnOnce(&Memory<'_>)) {
    let models = Models::start();
    let desk = configured(&models, &["up", "down"]);
    test(&Memory::new(models, |args| desk.command(args)));
}

#[test]
fn a_model_is_filled_beside_then_searched_gone_back_from_and_dropped() {
    with_memory(the_whole_course);
}

#[test]
fn what_is_written_meanwhile_has_vectors_of_both_models() {
    with_memory(written_meanwhile);
}

#[test]
fn a_run_that_is_killed_at_any_moment_is_finished_by_the_same_command_and_no_answer_is_mixed() {
    with_memory(killed);
}

#[test]
fn a_way_back_and_a_drop_that_are_killed_are_finished_by_the_same_command() {
    with_memory(killed_on_the_way_back);
}

#[test]
fn a_way_back_that_was_killed_after_its_cut_over_is_finished_and_not_taken_back() {
    let models = Models::start();
    let desk = desk(&models, &["up", "down"]);
    desk.run(&["reembed"]).expect(0);
    let cut_over = |to: &Space| {
        let files = FileBackend::open(&desk.path("data")).unwrap();
        let owner = files.owner().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime
            .unwrap()
            .block_on(files.cut_over(owner, to))
            .unwrap();
    };
    let space = |model: &str, dims| Space {
        provider: "http".to_owned(),
        ..Space::local(model, dims)
    };
    for (model, dims, again) in [
        ("down", 4, &["reembed", "--roll-back", "--yes"][..]),
        ("up", 3, &["reembed", "--roll-back", "up", "--yes"]),
        ("down", 4, &["reembed", "--cut-over", "--yes"]),
    ] {
        cut_over(&space(model, dims));
        let done = desk.json(again);
        assert_eq!(done["space"]["model"], model);
        assert_eq!(done["moved"], json!(ITEMS));
        assert_eq!(desk.json(&["reembed", "--status"])["behind"], 0);
        assert_eq!(found(&desk, "10"), first(model));
    }
    // What removes the old vectors, or makes others, moves first.
    cut_over(&space("up", 3));
    desk.run(&["reembed", "--drop", "--yes"]).expect(0);
    assert_eq!(desk.json(&["reembed", "--status"])["behind"], 0);
    assert_eq!(found(&desk, "10"), first("up"));
}

#[test]
fn what_changes_under_a_pass_is_embedded_by_the_next_or_keeps_the_old_model_searched() {
    let changes = Arc::new(AtomicU64::new(u64::MAX));
    let there = Arc::new(OnceLock::<Desk>::new());
    let (left, changed) = (Arc::clone(&changes), Arc::clone(&there));
    let models = Models::start_with(Arc::new(move |model, texts| {
        let is_it = model == "down" && texts.iter().any(|text| text.contains("restless"));
        if is_it && left.load(Ordering::SeqCst) > 0 {
            let text = format!("restless {}", 590 + left.fetch_sub(1, Ordering::SeqCst) % 9);
            changed
                .get()
                .unwrap()
                .run(&["update", "999", "--question", &text])
                .expect(0);
        }
    }));
    let desk = there.get_or_init(|| desk(&models, &["up"]));
    desk.run(&["add", "--question", "restless 590", "--id", "999"])
        .expect(0);
    let args = [
        &flags(&models, "down")[..],
        &["--cut-over", "--yes", "--json"],
    ]
    .concat();
    let stays = desk.run(&args).expect(4).json();
    assert_eq!(
        (&stays["made"], &stays["lacking"]["nodes"]),
        (&json!(ITEMS), &json!(1))
    );
    assert_eq!(stays["current"], false);
    assert_eq!(found(desk, "10"), first("up"));
    changes.store(2, Ordering::SeqCst);
    let cut = desk.run(&args).expect(0).json();
    assert_eq!((&cut["made"], &cut["current"]), (&json!(1), &json!(true)));
    assert_eq!(cut["lacking"]["nodes"], 0);
}

#[test]
fn two_runs_of_one_owner_are_never_at_it_at_once() {
    let models = Models::start();
    let desk = desk(&models, &["up", "down"]);
    let lock = FileBackend::lock_for_reembedding(&desk.path("data"), Duration::ZERO).unwrap();
    desk.run(&["reembed"])
        .expect(8)
        .says("locked by another process");
    assert_eq!(
        desk.json(&["reembed", "--status"])["spaces"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    drop(lock);
    desk.run(&["reembed"]).expect(0);
}

#[test]
fn a_model_that_cannot_be_had_is_left_out_and_filled_later() {
    let (models, other) = (Models::start(), Models::start());
    let desk = desk(&models, &["up"]);
    let named = |url: &str| {
        let next = models.section("down").replace(&models.url, url);
        let config = format!(
            "embedding:\n  {{{}, next: {{{next}}}}}\n",
            models.section("up")
        );
        desk.write("config.yaml", config);
    };
    named(&other.url);
    desk.run(&["reembed"]).expect(0);
    other.has_enough_after(1);
    desk.run(&["add", "--question", "item 400", "--id", "400"])
        .expect(0);
    let added = desk
        .run(&["add", "--question", "item 401", "--id", "401"])
        .expect(0);
    added
        .says("no vector of down (4 numbers) was written")
        .says("tulving reembed");
    assert_eq!(added.stdout.trim(), "401");
    let checks = desk.json(&["doctor"]);
    let space = checks["checks"].as_array().unwrap().iter();
    let space = space
        .clone()
        .find(|check| check["name"] == "beside")
        .unwrap();
    assert_eq!(space["status"], "warn");
    assert!(
        space["detail"]
            .as_str()
            .unwrap()
            .contains("1 memory lacks one"),
        "{space}"
    );
    other.has_enough_after(0);
    assert_eq!(desk.json(&["reembed"])["made"], 1);
    let checks = desk.json(&["doctor"]);
    let mut space = checks["checks"].as_array().unwrap().iter();
    assert_eq!(
        space.find(|check| check["name"] == "beside").unwrap()["status"],
        "ok"
    );
}

#[test]
fn without_a_second_model_in_the_configuration_it_is_said_what_to_write_there() {
    let models = Models::start();
    let desk = desk(&models, &["up"]);
    let secret = format!("{}?key=canary", models.url);
    let mut args = flags(&models, "down").map(ToOwned::to_owned).to_vec();
    args[4] = secret;
    let run = |more: &[&str]| -> Ran {
        let args: Vec<&str> = args
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        desk.run(&args)
    };
    run(&[]).expect(0);
    // New memories have no vector of a model that nobody names.
    desk.run(&["add", "--question", "item 400", "--id", "400"])
        .expect(0);
    let cut = run(&["--cut-over", "--yes"]).expect(0);
    cut.shows("1 vector")
        .shows("must say")
        .shows("model: down")
        .shows("dimensions: 4");
    assert!(!format!("{}{}", cut.stdout, cut.stderr).contains("canary"));
    desk.run(&["search", "item 0"])
        .expect(0)
        .says("by words only");
    desk.run(&["search", "item 0", "--mode", "vector"])
        .expect(2);
    desk.write("config.yaml", section(&models, &["down"]));
    assert_eq!(found(&desk, "10"), first("down"));
    // What was added since has no vector of the old one, and going back would lose it.
    desk.run(&["add", "--question", "item 401", "--id", "401"])
        .expect(0);
    desk.run(&["reembed", "--roll-back", "--yes"])
        .expect(9)
        .says("1 memory would lose")
        .says("--incomplete");
    assert_eq!(found(&desk, "10"), first("down"));
    let back = desk.json(&["reembed", "--roll-back", "--incomplete", "--yes"]);
    assert_eq!(
        (&back["lost"], &back["configured"]),
        (&json!(1), &json!(false))
    );
    desk.write("builtin.yaml", "");
    let builtin = [
        "reembed",
        "--config",
        "builtin.yaml",
        "--model",
        "x",
        "--data-dir",
        "data",
    ];
    desk.run(&builtin)
        .expect(2)
        .says("cannot be given where the provider is builtin");
}

#[test]
fn what_was_made_before_a_failure_stays_and_the_same_command_goes_on() {
    with_memory(failed_half_way);
}

#[test]
fn texts_that_are_refused_are_named_and_keep_the_old_model_searched() {
    let models = Models::start();
    let desk = desk(&models, &["up", "down"]);
    // The model of before was given its vector by hand.
    desk.fed(
        &[
            "add",
            "--question",
            "endless",
            "--id",
            "999",
            "--vector",
            "-",
        ],
        "[0, 0, 1]",
    )
    .expect(0);
    let ran = desk
        .run(&["reembed", "--cut-over", "--yes", "--json"])
        .expect(4);
    let report = ran.json();
    assert_eq!(report["made"], json!(ITEMS));
    assert_eq!(report["refused"][0]["id"], "999");
    assert!(
        report["refused"][0]["why"]
            .as_str()
            .unwrap()
            .contains("a text is too long")
    );
    assert_eq!(report["current"], false);
    assert_eq!(found(&desk, "10"), first("up"));
    desk.run(&["reembed"])
        .expect(4)
        .shows("node \"999\"")
        .shows("--cut-over --incomplete");
    let cut = desk
        .run(&["reembed", "--cut-over", "--incomplete", "--yes", "--json"])
        .expect(4);
    assert_eq!(cut.json()["current"], true);
    assert_eq!(found(&desk, "10"), first("down"));
    desk.run(&["search", "endless", "--mode", "keyword"])
        .expect(0)
        .shows("endless");
    let missing = desk
        .run(&["update", "--missing-vectors", "--json"])
        .expect(4)
        .json();
    assert_eq!(missing["refused"][0]["id"], "999", "{missing}");
    desk.run(&["update", "--missing-vectors"])
        .expect(4)
        .shows("Made 0 vectors.")
        .shows("node \"999\"");
    // A server that takes nothing refuses no memory, but the run.
    let foreign = [
        "reembed",
        "--url",
        &models.url,
        "--model",
        "down",
        "--dimensions",
        "9",
    ];
    desk.run(&foreign)
        .expect(7)
        .says("a vector of 4 numbers where 9 are expected");
}

#[test]
fn a_directory_of_the_python_program_is_cut_over_with_a_word_on_its_model() {
    let desk = Desk::empty();
    Corpus::new(30)
        .dim(3)
        .episodes(true)
        .write(&desk.path("data"));
    desk.run(&["init"]).expect(0);
    let before = desk.files("data");
    let plan = desk.json(&["reembed", "--dry-run"]);
    assert_eq!(plan["lacking"]["nodes"], 30);
    assert!(desk.files("data") == before);
    let asked = desk.run(&["reembed", "--cut-over"]).expect(2);
    asked
        .says("The Python program that reads these files too")
        .says("--yes");
    assert!(desk.files("data") == before);
    desk.run(&["reembed", "--cut-over", "--yes"])
        .expect(0)
        .shows("The Python program");
    let status = desk.json(&["reembed", "--status"]);
    assert_eq!(
        (&status["spaces"][0]["model"], &status["behind"]),
        (&json!("tulving-static-1"), &json!(0))
    );
    let back = desk.json(&["reembed", "--roll-back", "--yes"]);
    assert_eq!(back["lost"], 0);
    // The records are as the origin wrote them, and so are the vectors, to the last bit.
    let after = desk.files("data");
    for (path, bytes) in before.iter().filter(|(path, _)| {
        !path.ends_with("manifest.json")
            && !path.components().any(|part| part.as_os_str() == "journal")
    }) {
        assert!(after.get(path) == Some(bytes), "{}", path.display());
    }
}

/// Nothing of the model that is searched is asked for then: that one has its vector.
#[test]
fn who_says_a_text_again_gets_the_vector_that_was_left_out() {
    let models = Models::start();
    let desk = desk(&models, &["up", "down"]);
    desk.run(&["reembed"]).expect(0);
    let again = ["update", "000", "--question", "item 560"];
    desk.write("config.yaml", section(&models, &["up"]));
    desk.run(&again).expect(0);
    let lacking = || {
        let status = desk.json(&["reembed", "--status"]);
        let of = |space: usize| {
            status["spaces"][space]["lacking"]["nodes"]
                .as_u64()
                .unwrap()
        };
        [of(0), of(1)]
    };
    assert_eq!(lacking(), [0, 1]);
    desk.write("config.yaml", section(&models, &["up", "down"]));
    desk.run(&again).expect(0);
    assert_eq!(lacking(), [0, 0]);
}
