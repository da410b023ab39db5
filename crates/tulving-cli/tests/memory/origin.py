"""Loads a data directory as strictly as the Python program does whose files these are.

Usage: origin.py DIRECTORY older|newer

Objects are made of exactly their own keys, words are of their choice, and times are in the forms that
Python 3.10 reads. Whatever is amiss ends in a traceback. Prints what was loaded as one JSON object.
"""

import json
import re
import struct
import sys
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path


def words(name, *members):
    return Enum(name, {word: word for word in members})


Source = words("Source", "anthropic", "openai", "grok", "gemini")
Intent = words("Intent", "question", "request", "statement", "complaint", "celebration")
Complexity = words("Complexity", "simple", "moderate", "complex")
Valence = words("Valence", "positive", "neutral", "negative")
Urgency = words("Urgency", "low", "medium", "high")
Mode = words("Mode", "chat", "debug", "brainstorm", "review")

CLOCK = r"\d\d(:\d\d(:\d\d(\.\d{3}(\d{3})?)?)?)?"
TIME = re.compile(rf"\d{{4}}-\d\d-\d\d(.{CLOCK}([+-]\d\d:\d\d(:\d\d(\.\d{{6}})?)?)?)?")


def time(text):
    if not TIME.fullmatch(text):
        raise ValueError(f"Invalid isoformat string: {text!r}")
    return datetime.fromisoformat(text)


@dataclass
class Tags:
    domains: list
    topics: list
    entities: list
    processes: list


@dataclass
class OlderNode:
    id: str
    conversation_id: str
    sequence_index: int
    human_content: str
    assistant_content: str
    source: Source
    created_at: datetime
    intent_type: Intent = "statement"
    complexity: Complexity = "simple"
    technical_depth: int = 0
    emotional_valence: Valence = "neutral"
    urgency: Urgency = "low"
    conversation_mode: Mode = "chat"
    action_required: bool = False
    has_code: bool = False
    has_error: bool = False
    tags: dict = field(default_factory=dict)
    cluster_id: int = None
    cluster_label: str = None
    cluster_confidence: float = 0.0
    access_count: int = 0
    last_accessed: datetime = None

    def __post_init__(self):
        Source(self.source), Intent(self.intent_type), Complexity(self.complexity)
        Valence(self.emotional_valence), Urgency(self.urgency), Mode(self.conversation_mode)
        time(self.created_at)
        if self.last_accessed is not None:
            time(self.last_accessed)
        assert self.sequence_index >= 0 and self.access_count >= 0
        Tags(**self.tags)


@dataclass
class NewerNode(OlderNode):
    user_id: str = None
    tenant_id: str = None


@dataclass
class Episode:
    id: str
    title: str
    messages: list
    message_count: int
    source: Source
    created_at: datetime
    updated_at: datetime
    duration_minutes: float = 0.0
    llm_tags: dict = field(default_factory=dict)
    dominant_intent: str = "statement"
    avg_complexity: float = 0.0
    avg_technical_depth: float = 0.0
    emotional_arc: str = ""
    has_code: bool = False
    has_errors: bool = False
    urgency_max: str = "low"
    memory_node_ids: list = field(default_factory=list)
    related_episode_ids: list = field(default_factory=list)
    access_count: int = 0
    last_accessed: datetime = None

    def __post_init__(self):
        Source(self.source)
        time(self.created_at), time(self.updated_at)
        if self.last_accessed is not None:
            time(self.last_accessed)
        assert all("role" in message and "content" in message for message in self.messages)


def rows(path):
    """The rows of an array of float32 in C order."""
    data = path.read_bytes()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    (length,) = struct.unpack("<H", data[8:10])
    header = eval(data[10 : 10 + length], {"__builtins__": {}})
    assert header["descr"] == "<f4" and not header["fortran_order"], header
    count, dims = header["shape"]
    assert len(data) == 10 + length + 4 * count * dims
    return count


def load(kind, records, vectors):
    if not records.exists():
        return []
    found = [kind(**record) for record in json.loads(records.read_text("utf-8"))]
    assert rows(vectors) == len(found), (vectors, len(found))
    return found


def main(directory, generation):
    node = {"older": OlderNode, "newer": NewerNode}[generation]
    root = Path(directory)
    dated = sorted(root.glob("manifest_*.json"))
    if dated:
        named = json.loads(dated[-1].read_text("utf-8"))["files"]
        vectors = root / "vectors"
        nodes = load(node, root / "memory_nodes" / named["nodes_file"], vectors / named["node_embeddings_file"])
        episodes = []
        if "episodes_file" in named:
            episodes = load(
                Episode,
                root / "episodic_memories" / named["episodes_file"],
                vectors / named["episode_embeddings_file"],
            )
    else:
        nodes = load(node, root / "corpus/nodes.json", root / "vectors/nodes.npy")
        episodes = load(Episode, root / "corpus/episodes.json", root / "vectors/episodes.npy")
        stats = json.loads((root / "manifest.json").read_text("utf-8"))["stats"]
        assert stats["total_nodes"] == len(nodes), stats
        assert stats["total_episodes"] == len(episodes), stats
        ingested = json.loads((root / "corpus/dedup_index.json").read_text("utf-8"))["ingested_ids"]
        assert {memory.id for memory in nodes + episodes} <= set(ingested)
        assert len(ingested) == len(set(ingested))
        clusters = {}
        for place, one in enumerate(nodes):
            if one.cluster_id is not None:
                clusters.setdefault(str(one.cluster_id), []).append(place)
        found = json.loads((root / "indexes/clusters.json").read_text("utf-8"))
        assert found == clusters, (found, clusters)
    for memories in (nodes, episodes):
        assert len({memory.id for memory in memories}) == len(memories)
    print(json.dumps({"nodes": [asdict(n) for n in nodes], "episodes": [asdict(e) for e in episodes]}))


main(*sys.argv[1:])
