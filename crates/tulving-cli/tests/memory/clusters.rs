//! What memories are about, with memory in files.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::Desk;
use crate::topics::{self, Topics};

fn on_a_desk(promise: impl FnOnce(&Topics<'_>)) -> Desk {
    let desk = Desk::new();
    promise(&Topics {
        command: &|args| desk.command(args),
        root: desk.path("."),
    });
    desk
}

#[test]
fn clusters_are_found_and_shown() {
    on_a_desk(topics::are_found_and_shown);
}

#[test]
fn clusters_keep_their_numbers() {
    on_a_desk(topics::keep_their_numbers);
}

#[test]
fn clusters_get_labels_of_their_present_words() {
    on_a_desk(topics::get_labels_of_their_present_words);
}

#[test]
fn clusters_are_made_when_they_are_asked_for() {
    let desk = on_a_desk(topics::are_made_when_they_are_asked_for);
    // Clusters that are the same are not written again.
    let before = desk.files("data");
    desk.run(&["clusters", "--rebuild"]).expect(0);
    assert_eq!(desk.files("data"), before);
}

/// The original reads this file: for each cluster the places of its nodes in theirs.
#[test]
fn compacting_writes_the_clusters_for_the_original() {
    let desk = on_a_desk(topics::keep_their_numbers);
    desk.run(&["compact"]).expect(0);
    let read = |name: &str| -> Value {
        serde_json::from_slice(&std::fs::read(desk.path(name)).unwrap()).unwrap()
    };
    let nodes = read("data/corpus/nodes.json");
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, node) in nodes.as_array().unwrap().iter().enumerate() {
        let cluster = node["cluster_id"].as_i64().unwrap().to_string();
        places.entry(cluster).or_default().push(place);
    }
    assert_eq!(places.len(), 5);
    assert_eq!(
        read("data/indexes/clusters.json"),
        serde_json::to_value(places).unwrap()
    );
}
