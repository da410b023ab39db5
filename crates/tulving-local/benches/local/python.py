"""Embeds texts by ONNX Runtime and by torch: python.py DIRECTORY TEXTS THREADS. Prints a line of JSON for each."""

import contextlib
import io
import json
import sys
import tempfile
import time

import numpy
import onnxruntime
import torch
from transformers import AutoModel, AutoTokenizer

directory, path, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
texts = json.load(open(path, encoding="utf-8"))
torch.set_num_threads(threads)
tokenizer = AutoTokenizer.from_pretrained(directory)
model = AutoModel.from_pretrained(directory).eval()


class Plain(torch.nn.Module):
    """The model with three arguments and one result, as it is exported."""

    def __init__(self):
        super().__init__()
        self.model = AutoModel.from_pretrained(directory, attn_implementation="eager").eval()

    def forward(self, input_ids, attention_mask, token_type_ids):
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        return self.model(**inputs).last_hidden_state


order = sorted(range(len(texts)), key=lambda text: -len(texts[text]))


def batches(size):
    for first in range(0, len(order), size):
        some = order[first : first + size]
        cut = tokenizer([texts[i] for i in some], padding=True, truncation=True, max_length=256, return_tensors="np")
        yield some, {name: cut[name].astype(numpy.int64) for name in ["input_ids", "attention_mask", "token_type_ids"]}


def pooled(hidden, mask):
    mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1)[:, None]
    return mean / numpy.linalg.norm(mean, axis=1, keepdims=True)


def measure(name, run):
    best = None
    for size in [1, 16]:
        vectors = [None] * len(texts)
        began, before = time.perf_counter(), time.process_time()
        for some, cut in batches(size):
            for text, vector in zip(some, pooled(run(cut), cut["attention_mask"])):
                vectors[text] = vector.tolist()
        took = time.perf_counter() - began
        if best is None or took < best["seconds"]:
            best = {"name": f"{name}, batches of {size}", "seconds": took, "processor": time.process_time() - before, "vectors": vectors}
    print(json.dumps(best))


with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
    _, example = next(batches(2))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "text", 1: "token"} for name in names + ["hidden"]}
    with contextlib.redirect_stdout(io.StringIO()):
        torch.onnx.export(
            Plain(), tuple(torch.from_numpy(example[name]) for name in names), file.name, input_names=names,
            output_names=["hidden"], dynamic_axes=axes, dynamo=False, opset_version=17,
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])
    measure("ONNX Runtime", lambda cut: session.run(["hidden"], cut)[0])

with torch.inference_mode():
    measure("torch", lambda cut: model(**{name: torch.from_numpy(value) for name, value in cut.items()}).last_hidden_state.numpy())
