#!/usr/bin/env python3
"""Computes a receipt's digest from a data directory, without Tulving and without any package.

    python3 docs/recompute-digest.py data

What it prints is `source_digest` of a receipt, and what `tulving verify` says of the source, if no
row was rejected, restamped or cast. Layout 2.0.0 with its usual file names, float32 vectors. One
page on purpose: docs/migration-guide.md explains what is hashed and why.
"""

import ast
import hashlib
import json
import re
import struct
import sys
from pathlib import Path

LIVE = {  # change while a memory is used, so that they do not count as content
    "nodes": {"cluster_id", "cluster_label", "cluster_confidence", "access_count", "last_accessed"},
    "episodes": {"access_count", "last_accessed"},
}
SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


class Number(str):
    """A number as it is spelled in the file."""


class Members(list):
    """An object: its members in their order."""


def text(value):
    escaped = re.sub(r'["\\\x00-\x1f\ud800-\udfff]', lambda m: SHORT.get(m[0]) or f"\\u{ord(m[0]):04x}", value)
    return f'"{escaped}"'


def canonical(value, leave_out=()):
    if isinstance(value, Members):
        parts = (f"{text(k)}:{canonical(v)}" for k, v in value if k not in leave_out)
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, Number):
        return str(value)
    return text(value) if isinstance(value, str) else {None: "null", True: "true", False: "false"}[value]


def vectors(path):
    with path.open("rb") as file:
        assert file.read(6) == b"\x93NUMPY"
        size = "<H" if file.read(2)[0] == 1 else "<I"
        header = ast.literal_eval(file.read(struct.unpack(size, file.read(struct.calcsize(size)))[0]).decode())
        assert header["descr"] == "<f4" and not header["fortran_order"], header
        rows, dims = header["shape"]
        for _ in range(rows):
            yield dims, file.read(4 * dims)


def kind_digest(directory, kind):
    records = json.loads((directory / "corpus" / f"{kind}.json").read_text("utf-8"), object_pairs_hook=Members,
                         parse_int=Number, parse_float=Number, parse_constant=Number)
    digest = hashlib.sha256()
    for record, (dims, floats) in zip(records, vectors(directory / "vectors" / f"{kind}.npy"), strict=True):
        form = canonical(record, LIVE[kind]).encode("utf-8")
        digest.update(hashlib.sha256(form + struct.pack("<I", dims) + floats).digest())
    return kind.encode() + b"\0" + struct.pack("<Q", len(records)) + digest.digest()


if __name__ == "__main__":
    data = Path(sys.argv[1])
    kinds = [kind for kind in ("nodes", "episodes") if (data / "corpus" / f"{kind}.json").exists()]
    print(hashlib.sha256(b"".join(kind_digest(data, kind) for kind in kinds)).hexdigest())
