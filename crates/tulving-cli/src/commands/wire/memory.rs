//! Memories as `--json` prints them.

use serde::Serialize;
use tulving::model::{Episode, Memory, Node, Timestamp};
use tulving::store::Hit;

use super::verbatim::{Source, Verbatim};

/// `tulving get` and `tulving list`
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(in crate::commands) enum WireMemory {
    Node(Box<WireNode>),
    Episode(Box<WireEpisode>),
}

#[derive(Serialize)]
pub(in crate::commands) struct WireNode {
    id: String,
    conversation_id: Verbatim,
    sequence_index: i64,
    human_content: Verbatim,
    assistant_content: Verbatim,
    source: String,
    created_at: String,
    intent_type: &'static str,
    complexity: &'static str,
    technical_depth: i16,
    emotional_valence: &'static str,
    urgency: &'static str,
    conversation_mode: &'static str,
    action_required: bool,
    has_code: bool,
    has_error: bool,
    tags: Verbatim,
    cluster_id: Option<i64>,
    cluster_label: Option<Verbatim>,
    cluster_confidence: f64,
    access_count: i64,
    last_accessed: Option<String>,
    extra: Verbatim,
}

#[derive(Serialize)]
pub(in crate::commands) struct WireEpisode {
    id: String,
    title: Verbatim,
    messages: Verbatim,
    message_count: i64,
    source: String,
    created_at: String,
    updated_at: Option<String>,
    duration_minutes: f64,
    llm_tags: Verbatim,
    dominant_intent: Verbatim,
    avg_complexity: f64,
    avg_technical_depth: f64,
    emotional_arc: Verbatim,
    has_code: bool,
    has_errors: bool,
    urgency_max: Verbatim,
    memory_node_ids: Verbatim,
    related_episode_ids: Verbatim,
    access_count: i64,
    last_accessed: Option<String>,
    extra: Verbatim,
}

impl From<Memory> for WireMemory {
    fn from(memory: Memory) -> Self {
        match memory {
            Memory::Node(node) => Self::Node(Box::new(node.into())),
            Memory::Episode(episode) => Self::Episode(Box::new(episode.into())),
        }
    }
}

impl From<Node> for WireNode {
    fn from(node: Node) -> Self {
        let source = Source::of(&node);
        Self {
            id: node.id,
            conversation_id: source.text("conversation_id", &node.conversation_id),
            sequence_index: node.sequence_index,
            human_content: source.text("human_content", &node.human_content),
            assistant_content: source.text("assistant_content", &node.assistant_content),
            source: node.source,
            created_at: node.created_at.isoformat(),
            intent_type: node.intent_type.as_str(),
            complexity: node.complexity.as_str(),
            technical_depth: node.technical_depth,
            emotional_valence: node.emotional_valence.as_str(),
            urgency: node.urgency.as_str(),
            conversation_mode: node.conversation_mode.as_str(),
            action_required: node.action_required,
            has_code: node.has_code,
            has_error: node.has_error,
            tags: source.tree("tags", &node.tags),
            cluster_id: node.cluster_id,
            cluster_label: node
                .cluster_label
                .map(|label| source.text("cluster_label", &label)),
            cluster_confidence: node.cluster_confidence,
            access_count: node.access_count,
            last_accessed: node.last_accessed.map(Timestamp::isoformat),
            extra: source.extra(&node.extra),
        }
    }
}

impl From<Episode> for WireEpisode {
    fn from(episode: Episode) -> Self {
        let source = Source::of(&episode);
        Self {
            id: episode.id,
            title: source.text("title", &episode.title),
            messages: source.tree("messages", &episode.messages),
            message_count: episode.message_count,
            source: episode.source,
            created_at: episode.created_at.isoformat(),
            updated_at: episode.updated_at.map(Timestamp::isoformat),
            duration_minutes: episode.duration_minutes,
            llm_tags: source.tree("llm_tags", &episode.llm_tags),
            dominant_intent: source.text("dominant_intent", &episode.dominant_intent),
            avg_complexity: episode.avg_complexity,
            avg_technical_depth: episode.avg_technical_depth,
            emotional_arc: source.text("emotional_arc", &episode.emotional_arc),
            has_code: episode.has_code,
            has_errors: episode.has_errors,
            urgency_max: source.text("urgency_max", &episode.urgency_max),
            memory_node_ids: source.texts("memory_node_ids", &episode.memory_node_ids),
            related_episode_ids: source.texts("related_episode_ids", &episode.related_episode_ids),
            access_count: episode.access_count,
            last_accessed: episode.last_accessed.map(Timestamp::isoformat),
            extra: source.extra(&episode.extra),
        }
    }
}

/// A hit of `tulving search`
#[derive(Serialize)]
pub(in crate::commands) struct WireHit {
    id: String,
    kind: &'static str,
    score: f64,
    rank: usize,
    arms: WireArms,
    snippet: String,
    created_at: String,
    source: String,
    conversation_id: Option<String>,
}

#[derive(Serialize)]
struct WireArms {
    vector: Option<WireArm>,
    keyword: Option<WireArm>,
}

#[derive(Serialize)]
struct WireArm {
    rank: usize,
    score: f64,
}

impl From<&Hit> for WireHit {
    fn from(hit: &Hit) -> Self {
        let arm = |arm: Option<tulving::search::fusion::Arm>| {
            arm.map(|arm| WireArm {
                rank: arm.rank,
                score: arm.score,
            })
        };
        let facts = hit.memory.facts();
        Self {
            id: facts.id,
            kind: facts.kind.as_str(),
            score: hit.score,
            rank: hit.rank,
            arms: WireArms {
                vector: arm(hit.vector),
                keyword: arm(hit.keyword),
            },
            snippet: hit.snippet.text.clone(),
            created_at: facts.created_at.isoformat(),
            source: hit.memory.source().to_owned(),
            conversation_id: facts.conversation_id,
        }
    }
}
