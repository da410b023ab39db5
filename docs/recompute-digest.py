#!/usr/bin/env python3
"""Computes a receipt's digest from a data directory, without Tulving and without any package.

    python3 docs/recompute-digest.py data

What it prints on stdout is `source_digest` of a receipt, and what `tulving verify` says of the source,
if no row was rejected or restamped; on stderr it says what it read. Layout 2.0.0. A directory with
writes that are not in its files yet is refused: `tulving compact` puts them there. One page on purpose:
docs/migration-guide.md explains what is hashed and why.

Exit codes: 0 a digest was printed, 2 usage, 3 the directory cannot be read as a source.
"""

import argparse
import ast
import hashlib
import json
import math
import re
import struct
import sys
from pathlib import Path

LIVE = {  # change while a memory is used, so that they do not count as content
    "nodes": {"cluster_id", "cluster_label", "cluster_confidence", "access_count", "last_accessed"},
    "episodes": {"access_count", "last_accessed"},
    "chunks": {"access_count", "last_accessed"},
}
NO_VECTOR = struct.pack("<I", 0xFFFFFFFF)
SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


class Unusable(Exception):
    """Why there is nothing to compute a digest of."""


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


def parse(path, **hooks):
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"), **hooks)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{path} is not JSON in UTF-8: {error}") from error


def single(row, descr, path, cast):
    """A row as 32-bit little-endian floats, which its numbers must equal unless they are to be rounded."""
    if descr[2] == "4":  # as bytes: a NaN has many forms
        return row if descr[0] == "<" else b"".join(row[i : i + 4][::-1] for i in range(0, len(row), 4))
    size, code = (2, "e") if descr[2] == "2" else (8, "d")
    count = len(row) // size
    wide = struct.unpack(f"{descr[0]}{count}{code}", row)
    try:
        floats = struct.pack(f"<{count}f", *wide)
    except OverflowError as error:
        raise Unusable(f"{path} holds a number beyond the range of 32 bits") from error
    narrow = struct.unpack(f"<{count}f", floats)
    if not cast and any(n != w and not math.isnan(w) for n, w in zip(narrow, wide)):
        raise Unusable(f"{path} holds 64-bit numbers that 32 bits cannot hold exactly; was it migrated with --cast f32?")
    return floats


def vectors(path, cast):
    """How many numbers, and the numbers, of each row."""
    with path.open("rb") as file:
        try:
            if file.read(6) != b"\x93NUMPY":
                raise ValueError("it does not begin as one does")
            size = "<H" if file.read(2)[0] == 1 else "<I"
            header = ast.literal_eval(file.read(struct.unpack(size, file.read(struct.calcsize(size)))[0]).decode())
            descr, (rows, dims) = header["descr"], header["shape"]
            if header["fortran_order"] or not re.fullmatch("[<>]f[248]", descr):
                raise ValueError(f"it holds {descr}, fortran_order {header['fortran_order']}")
        except (ValueError, IndexError, KeyError, SyntaxError, TypeError, struct.error) as error:
            raise Unusable(f"{path} is no .npy file of vectors: {error}") from error
        data = file.read()
    width = int(descr[2]) * dims
    if len(data) != rows * width:
        raise Unusable(f"{path} promises {rows} rows of {width} bytes and holds {len(data)} bytes")
    for at in range(0, len(data), width or 1):
        yield dims, single(data[at : at + width], descr, path, cast)


def paths(directory, kind):
    """Records and vectors: where the manifest says, chunks beside their documents."""
    if kind == "chunks":
        yield from (directory / "documents" / name for name in ("chunks.json", "chunks.npy"))
        return
    manifest = directory / "manifest.json"
    manifest = parse(manifest) if manifest.is_file() else {}
    for section, usual in [("corpus", f"{kind}.json"), ("vectors", f"{kind}.npy")]:
        name = (manifest.get(section) or {}).get(f"{kind}_file") or usual
        yield directory / name if "/" in name else directory / section / name


def records_of(path):
    records = parse(path, object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=Number)
    if not isinstance(records, list) or isinstance(records, Members):
        raise Unusable(f"{path} holds no array of records")
    return records


def named(name, rows, digest):
    return name.encode() + b"\0" + struct.pack("<Q", rows) + digest.digest()


def documents_digest(path):
    """Documents have no vectors, and are named where there are any."""
    records = records_of(path) if path.is_file() else []
    digest = hashlib.sha256()
    for record in records:
        digest.update(hashlib.sha256(canonical(record).encode("utf-8") + NO_VECTOR).digest())
    if not records:
        return b""
    print(f"read {len(records)} documents: {path}", file=sys.stderr)
    return named("documents", len(records), digest)


def kind_digest(directory, kind, cast):
    records_path, vectors_path = paths(directory, kind)
    if kind == "chunks" and not records_path.exists() and not vectors_path.exists():
        return named(kind, 0, hashlib.sha256())  # documents without a chunk
    for path in (records_path, vectors_path):
        if not path.is_file():
            raise Unusable(f"{path} is not there")
    records = records_of(records_path)
    rows = list(vectors(vectors_path, cast))
    if len(rows) != len(records):
        raise Unusable(f"{records_path} holds {len(records)} records, {vectors_path} {len(rows)} vectors")
    digest = hashlib.sha256()
    for record, (dims, floats) in zip(records, rows):
        form = canonical(record, LIVE[kind]).encode("utf-8")
        digest.update(hashlib.sha256(form + struct.pack("<I", dims) + floats).digest())
    print(f"read {len(records)} {kind}: {records_path}, {vectors_path}", file=sys.stderr)
    return named(kind, len(records), digest)


def refuse_pending(directory):
    """Writes in the journal are part of the source, and are not in its files."""
    if (directory / "journal" / "commit.json").exists():
        raise Unusable(f"a commit is under way in {directory}; tulving doctor finishes it")
    for log in sorted((directory / "journal").glob("[0-9]*.log")):
        with log.open("rb") as file:
            start = file.read(24)  # a mark, the version, and how long the head is
        is_empty = start[:16] == b"tulving journal\n" and log.stat().st_size == int.from_bytes(start[20:], "little")
        if not is_empty:
            raise Unusable(f"{log} holds writes that are not in the files yet; tulving compact puts them there")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a data directory of layout 2.0.0")
    parser.add_argument("--cast", choices=["f32"], help="round 64-bit vectors, as migrate --cast f32 does")
    options = parser.parse_args()
    try:
        if not options.data.is_dir():
            raise Unusable(f"{options.data} is no directory")
        refuse_pending(options.data)
        documents = options.data / "documents" / "documents.json"
        beside = {"chunks": [documents]}
        kinds = [kind for kind in LIVE if any(path.exists() for path in [*paths(options.data, kind), *beside.get(kind, [])])]
        if not kinds:
            raise Unusable(f"{options.data} holds no memories of layout 2.0.0: there is no corpus/nodes.json")
        digests = [kind_digest(options.data, kind, options.cast) for kind in kinds]
        digests.append(documents_digest(documents))
    except (Unusable, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    print(hashlib.sha256(b"".join(digests)).hexdigest())
    return 0


if __name__ == "__main__":
    sys.exit(main())
