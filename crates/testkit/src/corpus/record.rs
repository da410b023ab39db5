//! A node, and the episode made of a conversation's nodes, as fields in the origin's order.

use sha2::{Digest, Sha256};

use super::{
    Corpus, NODES_PER_EPISODE,
    json::{Fields, Json},
    text::Vocabulary,
};
use crate::rng::Rng;

const SOURCES: &[&str] = &["anthropic", "openai", "grok", "gemini"];
const INTENTS: &[&str] = &[
    "question",
    "request",
    "statement",
    "complaint",
    "celebration",
];
const COMPLEXITIES: &[&str] = &["simple", "moderate", "complex"];

/// 2023-01-01, in minutes since 1970.
const EPOCH: usize = 27_875_520;

/// The cluster of a node's vector and text.
pub(super) fn cluster(corpus: &Corpus, node: usize) -> usize {
    Rng::new(corpus.seed, 6, node).below(corpus.cluster_count())
}

/// The cluster that the record names: every fifth node is noise.
pub(super) fn named_cluster(node: usize, cluster: usize) -> Option<usize> {
    (!node.is_multiple_of(5)).then_some(cluster)
}

pub(super) fn node(corpus: &Corpus, words: &Vocabulary, index: usize, cluster: usize) -> Fields {
    let mut rng = Rng::new(corpus.seed, 7, index);
    let conversation = conversation_id(corpus, index / NODES_PER_EPISODE);
    let sequence = index % NODES_PER_EPISODE;
    let length = rng.between(20, 200);
    let question = words.text(cluster, length, &mut rng);
    let length = rng.between(60, 1760);
    let answer = words.text(cluster, length, &mut rng);
    let named = named_cluster(index, cluster);
    let owner = |id: &Option<String>| id.as_deref().map_or(Json::raw("null"), Json::text);

    let mut node = Fields::default();
    node.set(
        "id",
        Json::text(&node_id(&conversation, sequence, &question)),
    );
    node.set("conversation_id", Json::text(&conversation));
    node.set_raw("sequence_index", sequence.to_string());
    node.set("human_content", Json::text(&question));
    node.set("assistant_content", Json::text(&answer));
    node.set("source", Json::text(rng.pick(SOURCES)));
    node.set_raw("created_at", format!("\"{}+00:00\"", time(index)));
    node.set("intent_type", Json::text(rng.pick(INTENTS)));
    node.set("complexity", Json::text(rng.pick(COMPLEXITIES)));
    node.set_raw("technical_depth", rng.below(11).to_string());
    node.set(
        "emotional_valence",
        Json::text(if rng.one_in(6) { "positive" } else { "neutral" }),
    );
    node.set("urgency", Json::text("low"));
    node.set("conversation_mode", Json::text("chat"));
    node.set_raw("action_required", "false");
    node.set_raw(
        "has_code",
        if index.is_multiple_of(3) {
            "true"
        } else {
            "false"
        },
    );
    node.set_raw("has_error", "false");
    let mut tags = Fields::default();
    tags.set("domains", Json::texts(["general"]));
    tags.set(
        "topics",
        Json::texts([
            words.topic_word(cluster, &mut rng),
            words.topic_word(cluster, &mut rng),
        ]),
    );
    tags.set(
        "entities",
        Json::texts([words.topic_word(cluster, &mut rng)]),
    );
    tags.set("processes", Json::List(Vec::new()));
    node.set("tags", Json::Object(tags));
    node.set_raw(
        "cluster_id",
        named.map_or("-1".to_owned(), |id| id.to_string()),
    );
    node.set_raw(
        "cluster_label",
        named.map_or("null".to_owned(), |id| format!("\"cluster {id}\"")),
    );
    node.set_raw(
        "cluster_confidence",
        format!("{:?}", rng.between(1000, 1_000_000) as f64 / 1e6),
    );
    node.set_raw("access_count", "0");
    node.set_raw("last_accessed", "null");
    node.set("user_id", owner(&corpus.user_id));
    node.set("tenant_id", owner(&corpus.tenant_id));
    node
}

pub(super) fn episode(corpus: &Corpus, index: usize, nodes: &[Fields]) -> Fields {
    let of = |name: &'static str| {
        nodes
            .iter()
            .map(move |node| node.get(name).cloned().unwrap_or(Json::raw("null")))
    };
    let message = |role: &str, content: Json, time: Json| {
        let mut message = Fields::default();
        message.set("role", Json::text(role));
        message.set("content", content);
        message.set("created_at", time);
        Json::Object(message)
    };
    let messages = of("human_content")
        .zip(of("assistant_content"))
        .zip(of("created_at"));
    let messages = messages.flat_map(|((question, answer), time)| {
        [
            message("human", question, time.clone()),
            message("assistant", answer, time),
        ]
    });
    let mut llm_tags = Fields::default();
    for name in [
        "summary",
        "primary_intent",
        "outcome",
        "interruption_reason",
    ] {
        llm_tags.set(name, Json::text(""));
    }
    llm_tags.set("key_entities", Json::List(Vec::new()));
    llm_tags.set("emotional_arc", Json::text(""));
    llm_tags.set("domains", Json::List(Vec::new()));
    llm_tags.set("time_context", Json::text(""));

    let first = index * NODES_PER_EPISODE;
    let mut rng = Rng::new(corpus.seed, 8, index);
    let mut episode = Fields::default();
    episode.set("id", Json::text(&conversation_id(corpus, index)));
    episode.set("title", Json::text(&format!("Conversation {index}")));
    episode.set("messages", Json::List(messages.collect()));
    episode.set_raw("message_count", (2 * nodes.len()).to_string());
    episode.set("source", Json::text(rng.pick(SOURCES)));
    episode.set_raw("created_at", format!("\"{}+00:00\"", time(first)));
    episode.set_raw(
        "updated_at",
        format!("\"{}+00:00\"", time(first + nodes.len() - 1)),
    );
    episode.set_raw(
        "duration_minutes",
        format!("{:?}", (nodes.len() - 1) as f64),
    );
    episode.set("llm_tags", Json::Object(llm_tags));
    episode.set("dominant_intent", Json::text(rng.pick(INTENTS)));
    episode.set_raw(
        "avg_complexity",
        format!("{:?}", 1.0 + rng.below(16) as f64 / 8.0),
    );
    episode.set_raw(
        "avg_technical_depth",
        format!("{:?}", rng.below(80) as f64 / 8.0),
    );
    episode.set("emotional_arc", Json::text("neutral→positive"));
    episode.set_raw("has_code", "true");
    episode.set_raw("has_errors", "false");
    episode.set("urgency_max", Json::text("low"));
    episode.set("memory_node_ids", Json::List(of("id").collect()));
    episode.set("related_episode_ids", Json::List(Vec::new()));
    episode.set_raw("access_count", "0");
    episode.set_raw("last_accessed", "null");
    episode
}

pub(super) fn conversation_id(corpus: &Corpus, index: usize) -> String {
    format!("conv-{}-{index:07}", corpus.seed)
}

/// The origin's rule.
fn node_id(conversation: &str, sequence: usize, question: &str) -> String {
    let start: String = question.chars().take(100).collect();
    format!(
        "mem_{}",
        short_hash(&format!("{conversation}:{sequence}:{start}"))
    )
}

/// 16 hex digits of SHA-256.
pub(super) fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// ISO 8601 without a zone: one minute per node.
pub(super) fn time(node: usize) -> String {
    let minutes = EPOCH + node;
    let (day, minute) = (minutes / 1440, minutes % 1440);
    // Days since 0000-03-01, so that a leap day ends the year.
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + 400 * era + usize::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:00",
        minute / 60,
        minute % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_become_dates() {
        assert_eq!(time(0), "2023-01-01T00:00:00");
        assert_eq!(time(1440 * 424 - 1), "2024-02-28T23:59:00");
        assert_eq!(time(1440 * 424), "2024-02-29T00:00:00");
        assert_eq!(time(1440 * 425), "2024-03-01T00:00:00");
    }

    #[test]
    fn ids_follow_the_rule() {
        // python3: hashlib.sha256(b"conv-0-0000000:0:hi").hexdigest()[:16]
        assert_eq!(
            node_id("conv-0-0000000", 0, "hi"),
            format!("mem_{}", short_hash("conv-0-0000000:0:hi"))
        );
        assert_eq!(short_hash("abc"), "ba7816bf8f01cfea");
    }
}
