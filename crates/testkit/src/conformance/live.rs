//! Fields that change while a memory is used: many at once, and nothing else with them.

use tulving::backend::{Filter, LiveChange, Membership};
use tulving::model::{Kind, Memory};

use crate::fixture::Fixture;
use crate::memories::{Memories, assert_same, episode_key, node_key};
use crate::sample::{self, at, episode, plain, saying, with_vector};

fn joins(id: &str, cluster: i64, label: Option<&str>) -> LiveChange {
    let membership = Membership {
        cluster,
        label: label.map(str::to_owned),
        confidence: 0.75,
    };
    LiveChange::Cluster(node_key(id), Some(membership))
}

/// Clusters that were written are what is read back, summed up and filtered by.
pub async fn clusters_are_what_was_written(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let ids: Vec<String> = (0..300).map(|n| format!("n{n}")).collect();
    memories
        .write(ids.iter().map(|id| plain(saying(id, "said"))))
        .await;
    let changes = ids.iter().zip(0_i64..).map(|(id, n)| match n % 3 {
        0 => joins(id, 7, Some("birds")),
        1 => joins(id, -1, None),
        _ => joins(id, n, Some("alone")),
    });
    assert_eq!(memories.update_live(changes.collect()).await, 300);
    let leaves = vec![
        LiveChange::Cluster(node_key("n0"), None),
        LiveChange::Cluster(node_key("n2"), None),
    ];
    assert_eq!(memories.update_live(leaves).await, 2);
    for _ in 0..2 {
        let memories = Memories::open(fixture).await;
        let clusters = memories.clusters().await;
        let largest: Vec<_> = clusters
            .iter()
            .take(2)
            .map(|cluster| (cluster.id, cluster.label.as_deref(), cluster.nodes))
            .collect();
        assert_eq!(largest, [(-1, None, 100), (7, Some("birds"), 99)]);
        assert_eq!(clusters.len(), 2 + 99);
        let of = |cluster| Filter {
            clusters: vec![cluster],
            ..Filter::default()
        };
        assert_eq!(memories.count(&of(7)).await[Kind::Node], 99);
        assert_eq!(memories.ids(&of(5)).await, ["n5"]);
        let Some(Memory::Node(node)) = memories.get(&node_key("n5")).await.map(|e| e.memory) else {
            panic!("n5 is a node");
        };
        assert_eq!(node.cluster_label.as_deref(), Some("alone"));
        assert!((node.cluster_confidence - 0.75).abs() < f64::EPSILON);
        // Of a cluster that it left nothing stays.
        memories.assert_holds(&plain(saying("n2", "said"))).await;
        fixture.maintain().await;
    }
}

/// Content, vectors and words stay as they are, to the last byte; and what was read before may be replaced.
pub async fn live_fields_change_and_nothing_else(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(30, 60);
    let keys = memories.write(entries.clone()).await;
    let used = keys
        .iter()
        .map(|key| LiveChange::Usage(key.clone(), 5, Some(at(5))));
    let nodes = keys.iter().filter(|key| key.kind == Kind::Node);
    let clustered = nodes.map(|key| joins(&key.id, 3, Some("three")));
    let changes: Vec<_> = used.chain(clustered).collect();
    let expected: Vec<_> = entries
        .iter()
        .map(|entry| {
            let mut entry = entry.clone();
            let key = entry.memory.key();
            for change in changes.iter().filter(|change| *change.key() == key) {
                change.apply(&mut entry.memory);
            }
            entry
        })
        .collect();
    assert_eq!(memories.update_live(changes).await, 60);
    for _ in 0..2 {
        let memories = Memories::open(fixture).await;
        for (found, expected) in memories.get_all(&keys).await.iter().zip(&expected) {
            assert_same(found.as_ref().expect("what was written"), expected);
        }
        fixture.maintain().await;
    }
    let replaced = memories.replace(&entries[0].memory, entries[0].clone());
    replaced.await.expect("only live fields are different");
}

/// Changes are made in their order, and a memory counts once.
pub async fn of_several_changes_of_one_memory_the_last_counts(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories
        .write([
            with_vector(saying("one", "said"), &[1.0]),
            plain(episode("two")),
        ])
        .await;
    let changes = vec![
        joins("one", 9, Some("zebra")),
        LiveChange::Usage(episode_key("two"), 1, Some(at(1))),
        LiveChange::Usage(node_key("one"), 4, Some(at(2))),
        joins("one", 1, None),
        LiveChange::Usage(episode_key("two"), 2, None),
    ];
    assert_eq!(memories.update_live(changes).await, 2);
    let one = memories.get(&node_key("one")).await.expect("one").memory;
    assert_eq!((one.cluster_id(), one.cluster_label()), (Some(1), None));
    assert_eq!(one.usage(), (4, Some(at(2))));
    let two = memories.get(&episode_key("two")).await.expect("two").memory;
    assert_eq!(two.usage(), (2, None));
    assert_eq!(memories.near(&[1.0]).await, ["one"]);
}

/// What is not there is left out, and nothing is made of it.
pub async fn what_is_not_there_has_no_live_fields(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories.write([plain(saying("one", "said"))]).await;
    let changes = vec![joins("none", 1, None), joins("one", 2, None)];
    assert_eq!(memories.update_live(changes).await, 1);
    assert_eq!(memories.update_live(Vec::new()).await, 0);
    assert_eq!(memories.all().await.len(), 1);
    assert_eq!(memories.clusters().await.len(), 1);
}
