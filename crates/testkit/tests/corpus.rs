//! The corpus generator: well formed, the same for the same seed, and as dirty as it says.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::{collections::HashSet, fs, path::Path};

use serde_json::Value;
use testkit::corpus::{Corpus, Written};

const FILES: &[&str] = &[
    "manifest.json",
    "corpus/nodes.json",
    "corpus/episodes.json",
    "corpus/dedup_index.json",
    "vectors/nodes.npy",
    "vectors/episodes.npy",
    "indexes/clusters.json",
];

#[test]
fn a_clean_corpus_is_well_formed() {
    let directory = tempfile::tempdir().unwrap();
    let written = Corpus::new(100)
        .dim(32)
        .user_id("u-1")
        .write(directory.path());
    assert_eq!(
        written,
        Written {
            nodes: 100,
            episodes: 13,
            clusters: 4
        }
    );
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(directory.path().join(name)).unwrap()).unwrap()
    };
    let (nodes, episodes) = (read("corpus/nodes.json"), read("corpus/episodes.json"));
    let (nodes, episodes) = (nodes.as_array().unwrap(), episodes.as_array().unwrap());
    assert_eq!((nodes.len(), episodes.len()), (100, 13));
    let ids: HashSet<&str> = nodes
        .iter()
        .map(|node| node["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 100);
    assert!(
        ids.iter()
            .all(|id| id.starts_with("mem_") && id.len() == 20)
    );
    assert!(
        nodes
            .iter()
            .all(|node| node["user_id"] == "u-1" && node["tenant_id"].is_null())
    );
    assert_eq!(nodes[9]["conversation_id"], "conv-0-0000001");
    assert_eq!(nodes[9]["sequence_index"], 1);
    assert_eq!(episodes[1]["memory_node_ids"][1], nodes[9]["id"]);
    assert_eq!(
        episodes[1]["messages"][2]["content"],
        nodes[9]["human_content"]
    );

    let clusters = read("indexes/clusters.json");
    for (id, members) in clusters.as_object().unwrap() {
        for member in members.as_array().unwrap() {
            let node = &nodes[usize::try_from(member.as_u64().unwrap()).unwrap()];
            assert_eq!(node["cluster_id"].to_string(), *id);
        }
    }
    let manifest = read("manifest.json");
    assert_eq!(manifest["stats"]["total_episodes"], 13);
    assert_eq!(manifest["corpus"]["nodes_file"], "corpus/nodes.json");
    assert_eq!(
        read("corpus/dedup_index.json")["ingested_ids"]
            .as_array()
            .unwrap()
            .len(),
        213
    );
}

#[test]
fn vectors_have_length_1_and_stand_in_clusters() {
    let directory = tempfile::tempdir().unwrap();
    Corpus::new(400)
        .dim(128)
        .clusters(4)
        .write(directory.path());
    let vectors = vectors(&directory.path().join("vectors/nodes.npy"), 400, 128);
    assert_eq!(
        self::vectors(&directory.path().join("vectors/episodes.npy"), 50, 128).len(),
        50
    );
    let nodes: Value =
        serde_json::from_slice(&fs::read(directory.path().join("corpus/nodes.json")).unwrap())
            .unwrap();
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let (mut same, mut other) = (Vec::new(), Vec::new());
    for (i, a) in vectors.iter().enumerate() {
        assert!((dot(a, a) - 1.0).abs() < 1e-5);
        for (j, b) in vectors.iter().enumerate().skip(i + 1) {
            let (one, two) = (&nodes[i]["cluster_id"], &nodes[j]["cluster_id"]);
            if *one != -1 && *two != -1 {
                if one == two { &mut same } else { &mut other }.push(dot(a, b));
            }
        }
    }
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    assert!(
        mean(&same) > 0.5 && mean(&other).abs() < 0.3,
        "{} {}",
        mean(&same),
        mean(&other)
    );
}

#[test]
fn the_seed_decides_everything() {
    let write = |seed| {
        let directory = tempfile::tempdir().unwrap();
        Corpus::new(70)
            .dim(8)
            .seed(seed)
            .dirty(true)
            .write(directory.path());
        FILES
            .iter()
            .map(|file| fs::read(directory.path().join(file)).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(write(7), write(7));
    assert_ne!(write(7)[1], write(8)[1]);
    assert_ne!(write(7)[4], write(8)[4]);
}

#[test]
fn a_smaller_corpus_is_the_beginning_of_a_larger_one() {
    let write = |nodes| {
        let directory = tempfile::tempdir().unwrap();
        Corpus::new(nodes)
            .dim(8)
            .clusters(4)
            .dirty(true)
            .write(directory.path());
        (
            fs::read_to_string(directory.path().join("corpus/nodes.json")).unwrap(),
            vectors(&directory.path().join("vectors/nodes.npy"), nodes, 8),
        )
    };
    let ((small_nodes, small), (large_nodes, large)) = (write(64), write(128));
    assert!(large_nodes.starts_with(small_nodes.trim_end_matches("\n]")));
    assert_eq!(bits(&small), bits(&large[..64]));
}

#[test]
fn a_dirty_corpus_has_all_its_dirt() {
    let directory = tempfile::tempdir().unwrap();
    Corpus::new(Corpus::DIRTY_ENOUGH)
        .dim(8)
        .dirty(true)
        .write(directory.path());
    let nodes = fs::read_to_string(directory.path().join("corpus/nodes.json")).unwrap();
    for dirt in [
        "NaN",
        "-Infinity",
        "1e22",
        "1e400",
        "-0.0",
        r"\u0000",
        r#"\ud83d""#,
        r"\ud83d\ude00",
        "😀",
        "550e8400-e29b-41d4-a716-0000000000",
        r#"it's \"quoted\""#,
        r#"T00:01:00Z""#,
        r".123456+00:00",
        "-05:30",
        "claude_code-2",
        r#""": "a key without a name""#,
        "a line",
        "\n  {\"id\":\"",
    ] {
        assert!(nodes.contains(dirt), "{dirt}");
    }
    let episodes = fs::read_to_string(directory.path().join("corpus/episodes.json")).unwrap();
    for dirt in [
        r"lone \ud83d",
        "größer",
        "first the content",
        "\"duration_minutes\": -0.0",
    ] {
        assert!(episodes.contains(dirt), "{dirt}");
    }
    let vectors = vectors(
        &directory.path().join("vectors/nodes.npy"),
        Corpus::DIRTY_ENOUGH,
        8,
    );
    assert!(
        vectors
            .iter()
            .any(|vector| vector.iter().all(|x| x.to_bits() == 0))
    );
    assert!(
        vectors
            .iter()
            .any(|vector| vector.iter().all(|x| x.to_bits() == 1 << 31))
    );
    assert!(vectors.iter().flatten().any(|x| x.is_subnormal()));
    assert!(vectors.iter().flatten().all(|x| x.is_finite()));
}

/// Python is the one whose files these are.
#[test]
fn python_reads_a_dirty_corpus() {
    let directory = tempfile::tempdir().unwrap();
    Corpus::new(200).dim(8).dirty(true).write(directory.path());
    let program = "
import json, sys
def load(name): return json.load(open(sys.argv[1] + '/corpus/' + name, encoding='utf-8'))
nodes, episodes, dedup = load('nodes.json'), load('episodes.json'), load('dedup_index.json')['ingested_ids']
assert len(nodes) == 200 and len({n['id'] for n in nodes}) == 200
assert len(episodes) == 25 and [i for e in episodes for i in e['memory_node_ids']] == [n['id'] for n in nodes]
assert len(dedup) == len(set(dedup)) == 200 + 200 + 25, (len(dedup), len(set(dedup)))
required = 'id conversation_id sequence_index human_content assistant_content source created_at'.split()
assert all(k in n for n in nodes for k in required)
";
    let output = std::process::Command::new("python3")
        .args(["-c", program])
        .arg(directory.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn small_and_odd_sizes_are_fine() {
    for (nodes, dim) in [(0, 8), (1, 1), (7, 3), (9, 8)] {
        let directory = tempfile::tempdir().unwrap();
        let written = Corpus::new(nodes).dim(dim).write(directory.path());
        assert_eq!(written.episodes, nodes.div_ceil(8));
        assert_eq!(
            vectors(&directory.path().join("vectors/nodes.npy"), nodes, dim).len(),
            nodes
        );
        for file in FILES.iter().filter(|file| file.ends_with(".json")) {
            let text = fs::read(directory.path().join(file)).unwrap();
            serde_json::from_slice::<Value>(&text).unwrap();
        }
    }
}

#[test]
fn without_episodes_none_of_an_earlier_corpus_remain() {
    let directory = tempfile::tempdir().unwrap();
    Corpus::new(8).dim(8).write(directory.path());
    Corpus::new(8)
        .dim(8)
        .episodes(false)
        .write(directory.path());
    assert!(!directory.path().join("corpus/episodes.json").exists());
    assert!(!directory.path().join("vectors/episodes.npy").exists());
}

/// Reads an `.npy` file strictly as numpy wrote it.
fn vectors(path: &Path, rows: usize, dim: usize) -> Vec<Vec<f32>> {
    let bytes = fs::read(path).unwrap();
    let (header, body) = bytes.split_at(128);
    let header = String::from_utf8_lossy(header);
    assert!(
        header.contains(&format!(
            "{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dim}), }}"
        )),
        "{header}"
    );
    assert!(header.ends_with('\n'));
    let numbers: Vec<f32> = body
        .chunks_exact(4)
        .map(|x| f32::from_le_bytes(x.try_into().unwrap()))
        .collect();
    assert_eq!(body.len(), rows * dim * 4);
    numbers.chunks_exact(dim).map(<[f32]>::to_vec).collect()
}

fn bits(vectors: &[Vec<f32>]) -> Vec<Vec<u32>> {
    vectors
        .iter()
        .map(|vector| vector.iter().map(|x| x.to_bits()).collect())
        .collect()
}
