//! The files of a corpus, written side by side in one pass.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use super::{
    Corpus, NODES_PER_EPISODE, Written, dirt,
    json::{Fields, Json},
    record,
    text::Vocabulary,
    vectors::{self, Space},
};

pub(super) fn write(corpus: &Corpus, directory: &Path) -> io::Result<Written> {
    for folder in ["corpus", "vectors", "indexes"] {
        fs::create_dir_all(directory.join(folder))?;
    }
    let clusters = corpus.cluster_count();
    let words = Vocabulary::new(corpus.seed, clusters);
    let space = Space::new(corpus.seed, corpus.dim, clusters);
    let episodes = if corpus.episodes {
        corpus.nodes.div_ceil(NODES_PER_EPISODE)
    } else {
        0
    };

    let mut nodes = Records::create(directory, "nodes", corpus.nodes, &space)?;
    let mut episode_files = if corpus.episodes {
        Some(Records::create(directory, "episodes", episodes, &space)?)
    } else {
        for stale in ["corpus/episodes.json", "vectors/episodes.npy"] {
            let _ = fs::remove_file(directory.join(stale)); // of an earlier corpus
        }
        None
    };
    let mut ingested = Array::create(
        &directory.join("corpus/dedup_index.json"),
        "{\"ingested_ids\": [",
    )?;
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); clusters + 1]; // noise comes last

    let mut vector = vec![0.0; corpus.dim];
    for (index, first) in (0..corpus.nodes).step_by(NODES_PER_EPISODE).enumerate() {
        let mut conversation = Vec::with_capacity(NODES_PER_EPISODE);
        let mut mean = vec![0.0; corpus.dim];
        for i in first..corpus.nodes.min(first + NODES_PER_EPISODE) {
            let cluster = record::cluster(corpus, i);
            let mut node = record::node(corpus, &words, i, cluster);
            space.fill(&mut vector, i, cluster);
            if corpus.dirty {
                dirt::node(&mut node, i);
                dirt::vector(&mut vector, i);
            }
            ingested.text(node.get("id"))?;
            ingested.text(Some(&Json::text(&content_hash(&node))))?;
            nodes.push(&node, &vector, corpus.dirty && dirt::is_on_one_line(i))?;
            mean.iter_mut().zip(&vector).for_each(|(sum, x)| *sum += x);
            members[record::named_cluster(i, cluster).unwrap_or(clusters)].push(i as u32);
            conversation.push(node);
        }
        if let Some(files) = &mut episode_files {
            let mut episode = record::episode(corpus, index, &conversation);
            vectors::normalize(&mut mean);
            if corpus.dirty {
                dirt::episode(&mut episode, index);
                dirt::vector(&mut mean, index);
            }
            ingested.text(episode.get("id"))?;
            files.push(&episode, &mean, corpus.dirty && dirt::is_on_one_line(index))?;
        }
    }
    nodes.finish()?;
    episode_files.map_or(Ok(()), Records::finish)?;
    ingested.finish("]}")?;
    let noise = members.pop().unwrap_or_default();
    write_clusters(&directory.join("indexes/clusters.json"), &noise, &members)?;
    let written = Written {
        nodes: corpus.nodes,
        episodes,
        clusters,
    };
    let used = members.iter().filter(|nodes| !nodes.is_empty()).count();
    fs::write(
        directory.join("manifest.json"),
        manifest(corpus, written, used, noise.len()),
    )?;
    Ok(written)
}

/// A JSON file and the vectors beside it.
struct Records {
    json: Array,
    vectors: BufWriter<File>,
    bytes: Vec<u8>,
}

impl Records {
    fn create(directory: &Path, name: &str, count: usize, space: &Space) -> io::Result<Self> {
        let mut vectors =
            BufWriter::new(File::create(directory.join(format!("vectors/{name}.npy")))?);
        vectors.write_all(&vectors::npy_header(count, space.dim()))?;
        Ok(Self {
            json: Array::create(&directory.join(format!("corpus/{name}.json")), "[")?,
            vectors,
            bytes: Vec::new(),
        })
    }

    fn push(&mut self, record: &Fields, vector: &[f32], on_one_line: bool) -> io::Result<()> {
        self.bytes.clear();
        self.bytes
            .extend(vector.iter().flat_map(|x| x.to_le_bytes()));
        self.vectors.write_all(&self.bytes)?;
        self.json.record(record, on_one_line)
    }

    fn finish(mut self) -> io::Result<()> {
        self.vectors.flush()?;
        let end = if self.json.empty { "]" } else { "\n]" };
        self.json.finish(end)
    }
}

/// A JSON array that is never whole in memory.
struct Array {
    file: BufWriter<File>,
    empty: bool,
    buffer: String,
}

impl Array {
    fn create(path: &Path, start: &str) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(start.as_bytes())?;
        Ok(Self {
            file,
            empty: true,
            buffer: String::new(),
        })
    }

    fn record(&mut self, record: &Fields, on_one_line: bool) -> io::Result<()> {
        self.next(",\n  ", "\n  ");
        if on_one_line {
            record.compact(&mut self.buffer);
        } else {
            record.pretty(&mut self.buffer, 1);
        }
        self.file.write_all(self.buffer.as_bytes())
    }

    fn text(&mut self, text: Option<&Json>) -> io::Result<()> {
        self.next(", ", "");
        if let Some(text) = text {
            text.compact(&mut self.buffer);
        }
        self.file.write_all(self.buffer.as_bytes())
    }

    fn next(&mut self, separator: &str, first: &str) {
        self.buffer.clear();
        self.buffer
            .push_str(if self.empty { first } else { separator });
        self.empty = false;
    }

    fn finish(mut self, end: &str) -> io::Result<()> {
        self.file.write_all(end.as_bytes())?;
        self.file.flush()
    }
}

/// Such as the origin's dedup index holds; with the id, because none comes twice there.
fn content_hash(node: &Fields) -> String {
    let mut text = String::new();
    for name in ["id", "human_content", "assistant_content"] {
        if let Some(content) = node.get(name) {
            content.compact(&mut text);
        }
    }
    record::short_hash(&text)
}

fn write_clusters(path: &Path, noise: &[u32], members: &[Vec<u32>]) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let named = members
        .iter()
        .enumerate()
        .map(|(id, nodes)| (id.to_string(), nodes.as_slice()));
    let filled = std::iter::once(("-1".to_owned(), noise))
        .chain(named)
        .filter(|(_, nodes)| !nodes.is_empty());
    file.write_all(b"{")?;
    for (i, (id, nodes)) in filled.enumerate() {
        write!(
            file,
            "{}\n  \"{id}\": {nodes:?}",
            if i > 0 { "," } else { "" }
        )?;
    }
    file.write_all(b"\n}")?;
    file.flush()
}

/// With the origin's keys; a time without a zone, as Python's `datetime.now().isoformat()` has it.
fn manifest(corpus: &Corpus, written: Written, used_clusters: usize, noise: usize) -> String {
    format!(
        r#"{{
  "version": "2.0.0",
  "structure": "unified",
  "updated_at": "{}.000042",
  "corpus": {{
    "nodes_file": "corpus/nodes.json",
    "episodes_file": "corpus/episodes.json",
    "dedup_index_file": "corpus/dedup_index.json"
  }},
  "vectors": {{
    "nodes_file": "vectors/nodes.npy",
    "episodes_file": "vectors/episodes.npy"
  }},
  "indexes": {{
    "clusters_file": "indexes/clusters.json",
    "faiss_file": null
  }},
  "stats": {{
    "total_nodes": {},
    "total_episodes": {},
    "n_clusters": {used_clusters},
    "n_noise": {noise},
    "embedding_dim": {}
  }}
}}
"#,
        record::time(written.nodes),
        written.nodes,
        written.episodes,
        corpus.dim
    )
}
