"""Makes the built-in embedder: python distill.py --wordnet … --django … --work DIR --out model.bin

1. The teacher embeds texts, and every feature by itself.
2. Its vectors are centred, the two directions that all texts share most are dropped, the next 256 kept.
3. Rows begin as the features by themselves, light for frequent ones; one pass of gradient descent makes the
   sum of a text's rows point where the teacher points; then both are mixed, 6 to 4. More passes come closer to
   the teacher and find less: see docs/decisions/0010-built-in-embedder.md.

Everything is seeded. The teacher's vectors are kept in DIR, so that a second run is quick.
"""

import argparse
import collections
import importlib.resources
import json
import math
import pathlib
import random

import numpy as np
import scipy.sparse

import corpus
from student import PAIR, Features, Student, words
from teacher import Teacher

TEXTS, SHARD = 120_000, 10_000
WIDTH, DROPPED = 256, 2
ADDED_WORDS, ADDED_PAIRS = 3_000, 3_800
RARE = 3e-4  # features rarer than this weigh fully
PASSES, BATCH, RATE = 1, 2048, 0.01
FITTED = 0.6  # of the mixture


def texts(arguments):
    """Shuffled once, so that any beginning is a fair sample of all sources."""
    chat = importlib.resources.files("chitchat_dataset") / "dataset.json"
    found = (
        corpus.shuffled(corpus.wordnet(arguments.wordnet), 110_000, seed=1)
        + corpus.shuffled(corpus.chat(chat), 110_000, seed=2)
        + corpus.shuffled(corpus.documentation(arguments.django), 25_000, seed=3)
    )
    random.Random(4).shuffle(found)
    return found


def vocabulary(teacher, found):
    """The teacher's own pieces; frequent words that it has only in pieces; frequent and telling pairs."""
    own = teacher.tokenizer.get_vocab()
    pieces = [
        piece
        for piece in sorted(own, key=own.get)
        if not piece.startswith("[") and words(piece.removeprefix("##")) == [piece.removeprefix("##")]
    ]
    features = Features(pieces)
    singles, doubles = collections.Counter(), collections.Counter()
    for text in found:
        row = words(text)
        singles.update(row)
        doubles.update(zip(row, row[1:]))
    frequent = [
        word
        for word, count in sorted(singles.items(), key=lambda item: (-item[1], item[0]))
        if count >= 8 and word.isalpha() and len(word) > 2 and len(features.pieces(word)) > 1
    ]
    total = sum(singles.values())
    telling = {
        pair: count * math.log(count * total / (singles[pair[0]] * singles[pair[1]]))
        for pair, count in doubles.items()
        if count >= 12 and not any(c.isdigit() for c in "".join(pair))
    }
    pairs = sorted(telling, key=lambda pair: (-telling[pair], pair))[:ADDED_PAIRS]
    ids = [own[piece] for piece in pieces]
    return pieces, ids, frequent[:ADDED_WORDS], [PAIR.join(pair) for pair in pairs]


def teach(teacher, found, work):
    """The teacher's vectors of the texts, from the work folder where they are."""
    parts = []
    for start in range(0, len(found), SHARD):
        path = work / f"shard{start // SHARD:03}.npy"
        if not path.exists():
            np.save(path, teacher.embed(found[start : start + SHARD]).astype(np.float16))
        parts.append(np.load(path))
        print(f"{start + len(parts[-1])} of {len(found)} texts", flush=True)
    return np.vstack(parts).astype(np.float32)


def counts(features, found):
    """How often each feature is in each text: a row for a text, a column for a feature."""
    ends, columns = [0], []
    for text in found:
        columns += features.of(text)
        ends.append(len(columns))
    shape = (len(found), len(features.vocabulary))
    matrix = scipy.sparse.csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=shape)
    matrix.sum_duplicates()
    return matrix


def unit(rows):
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return rows / lengths, lengths


def fit(table, matrix, targets):
    """Adam on the cosine between a text's sum of rows and the teacher's vector."""
    table = table.copy()
    mean, square = np.zeros_like(table), np.zeros_like(table)
    chooser = np.random.default_rng(0)
    steps = PASSES * (len(targets) // BATCH)
    step = 0
    for _ in range(PASSES):
        order = chooser.permutation(len(targets))
        for start in range(0, len(targets) - BATCH + 1, BATCH):
            batch = order[start : start + BATCH]
            ours, lengths = unit(matrix[batch] @ table)
            cosine = (ours * targets[batch]).sum(1, keepdims=True)
            slope = matrix[batch].T @ ((cosine * ours - targets[batch]) / lengths) / BATCH
            step += 1
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope * slope - square)
            rate = RATE * (1.02 - step / steps) * math.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            table -= rate * mean / (np.sqrt(square) + 1e-8)
            if step % 10 == 0:
                print(f"step {step} of {steps}, cosine {cosine.mean():.3f}", flush=True)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("wordnet", "django", "work", "out"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)

    teacher = Teacher()
    found = texts(arguments)
    pieces, ids, added, pairs = vocabulary(teacher, found)
    print(f"{len(pieces)} pieces, {len(added)} words, {len(pairs)} pairs", flush=True)
    begin, end = (teacher.tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))
    alone = np.vstack([teacher.embed_ids([[begin, piece, end] for piece in ids]), teacher.embed(added)])

    features = Features(pieces + added + pairs)
    matrix = counts(features, found)
    frequency = np.asarray(matrix.sum(0)).ravel() / matrix.sum()
    matrix = matrix[:TEXTS]
    taught = teach(teacher, found[:TEXTS], arguments.work)

    centre = taught.mean(0)
    _, directions = np.linalg.eigh(np.cov((taught - centre).T))
    directions = directions[:, ::-1][:, DROPPED : DROPPED + WIDTH].astype(np.float32)
    targets, _ = unit((taught - centre) @ directions)

    # A pair begins as nothing: it is what its two words do not say.
    start = np.zeros((len(features.vocabulary), WIDTH), np.float32)
    start[: len(alone)] = (alone - alone[: len(pieces)].mean(0)) @ directions
    start *= (RARE / (RARE + frequency)).astype(np.float32)[:, None]
    start /= np.abs(start).mean() * 20
    fitted = fit(start, matrix, targets)
    table = FITTED * fitted + (1 - FITTED) * start * (np.abs(fitted).mean() / np.abs(start).mean())
    Student.rounded(features.vocabulary, table).write(arguments.out)


if __name__ == "__main__":
    main()
