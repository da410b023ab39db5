"""Texts for the teacher to embed: none of them from a benchmark that we report.

Three sources, each with a licence that lets anyone use it so:

- WordNet 3.1 (WordNet licence): what words mean, with examples. Covers the vocabulary.
- The BYU Chit-Chat dataset (MIT): people talking, collected with their consent for this purpose.
- Django's documentation (BSD): the prose of software.
"""

import json
import pathlib
import random
import re
import tarfile

GLOSS = re.compile(r"^\d{8} \d\d [nvasr] [0-9a-f]{2} (\S+) .*?\| (.*)$")


def wordnet(archive):
    """Definitions, each after its word, and examples."""
    texts = []
    with tarfile.open(archive) as tar:
        for part in ("noun", "verb", "adj", "adv"):
            data = tar.extractfile(f"package/dict/data.{part}").read().decode("utf-8", "replace")
            for line in data.splitlines():
                found = GLOSS.match(line)
                if not found:
                    continue
                word = re.sub(r"\(\w+\)$", "", found[1]).replace("_", " ")
                definition, *examples = found[2].split('; "')
                texts.append(f"{word}: {definition.strip()}")
                texts += [example.strip(' ";') for example in examples if example.count(" ") >= 2]
    return texts


def chat(dataset):
    """What people said: each message, and runs of two to four."""
    texts = []
    chooser = random.Random(1)
    for conversation in json.loads(pathlib.Path(dataset).read_text()).values():
        said = [" ".join(m["text"].split()) for turn in conversation["messages"] for m in turn if m.get("text")]
        texts += [text for text in said if text.count(" ") >= 2]
        start = 0
        while start + 2 <= len(said):
            length = chooser.randint(2, 4)
            texts.append(" ".join(said[start : start + length]))
            start += length
    return texts


def documentation(archive):
    """The paragraphs of Django's documentation that are prose."""
    texts = []
    with tarfile.open(archive) as tar:
        for member in tar:
            if not re.search(r"/docs/.*\.txt$", member.name):
                continue
            for paragraph in re.split(r"\n\s*\n", tar.extractfile(member).read().decode()):
                paragraph = re.sub(r":\w+:`~?([^`<]*?)(?: *<[^>]*>)?`", r"\1", paragraph)
                paragraph = " ".join(paragraph.replace("`", "").split())
                for sentence in re.split(r"(?<=[.!?]) (?=[A-Z])", paragraph):
                    letters = sum(c.isalpha() or c == " " for c in sentence)
                    if 5 <= sentence.count(" ") <= 60 and letters > 0.85 * len(sentence):
                        texts.append(sentence)
    return texts


def shuffled(texts, most, seed):
    """At most so many different texts, in an order that the seed decides."""
    texts = sorted({text[:500] for text in texts})
    random.Random(seed).shuffle(texts)
    return texts[:most]
