"""The student: a table of rows. A text's vector is the sum of the rows of its features, as a unit vector.

Features are the pieces of its words and its frequent pairs of words. This file is the reference for
`crates/tulving/src/embed/builtin`, which does the same.
"""

import struct
import unicodedata

import numpy as np

PAIR = " "  # joins the two words of a pair; no word holds a space
MOST_CHARACTERS = 32_768  # of a text are looked at
MOST_LETTERS = 64  # of a word; a longer one has no meaning that a table could hold


def is_ideograph(c):
    """Characters of scripts without spaces that the teacher takes one by one."""
    return (
        "\u3400" <= c <= "\u4dbf" or "\u4e00" <= c <= "\u9fff" or "\uf900" <= c <= "\ufaff" or "\U00020000" <= c <= "\U0002fa1f"
    )


def words(text):
    """Runs of letters and digits, lower-case, without accents; an ideograph is a word."""
    found, word = [], ""
    for c in unicodedata.normalize("NFD", text[:MOST_CHARACTERS]):
        if unicodedata.category(c)[0] == "M":
            continue
        if c.isalnum() and not is_ideograph(c):
            word += c.lower()
            continue
        if word:
            found.append(word)
            word = ""
        if is_ideograph(c):
            found.append(c)
    return found + [word] if word else found


class Features:
    """Numbers the features of a text."""

    def __init__(self, vocabulary):
        self.vocabulary = vocabulary
        self.number = {feature: number for number, feature in enumerate(vocabulary)}

    def pieces(self, word):
        """The longest known beginning, then the longest known continuation, and so on; or nothing."""
        if len(word) > MOST_LETTERS:
            return []
        found, start = [], 0
        while start < len(word):
            mark = "##" if start else ""
            for end in range(len(word), start, -1):
                number = self.number.get(mark + word[start:end])
                if number is not None:
                    break
            else:
                return []
            found.append(number)
            start = end
        return found

    def of(self, text):
        """In the order of the text: the pieces of each word, then its pair with the word before."""
        found, before = [], None
        for word in words(text):
            found += self.pieces(word)
            pair = self.number.get(f"{before}{PAIR}{word}") if before else None
            if pair is not None:
                found.append(pair)
            before = word
        return found


class Student:
    """Rows of whole numbers from -127 to 127, each with its scale, by feature.

    In the file, all numbers little-endian: `TULVING1`, the width, and how many beginnings, continuations and
    pairs there are (four u32); where each feature ends in the text (u32 each); scales (f32 each); rows (i8);
    the text: features one after the other, each of the three kinds in the order of its bytes.
    """

    MAGIC = b"TULVING1"

    def __init__(self, vocabulary, scales, rows):
        self.features = Features(vocabulary)
        self.scales, self.rows = scales, rows
        self.values = rows.astype(np.float32) * scales[:, None]

    @classmethod
    def rounded(cls, vocabulary, table):
        """Puts features in their order, and rounds each row to 255 steps."""
        kinds = ([], [], [])
        for number, feature in enumerate(vocabulary):
            kind = 1 if feature.startswith("##") else 2 if PAIR in feature else 0
            kinds[kind].append((feature.removeprefix("##").encode(), number))
        order = [number for kind in kinds for _, number in sorted(kind)]
        table = table[order]
        scales = (np.abs(table).max(1) / 127).astype(np.float32)
        rows = np.rint(table / np.maximum(scales, 1e-30)[:, None]).astype(np.int8)
        return cls([vocabulary[number] for number in order], scales, rows)

    def write(self, path):
        vocabulary = self.features.vocabulary
        continuations = sum(feature.startswith("##") for feature in vocabulary)
        pairs = sum(PAIR in feature for feature in vocabulary)
        keys = [feature.removeprefix("##").encode() for feature in vocabulary]
        with open(path, "wb") as file:
            file.write(self.MAGIC)
            beginnings = len(keys) - continuations - pairs
            file.write(struct.pack("<4I", self.rows.shape[1], beginnings, continuations, pairs))
            file.write(np.cumsum([len(key) for key in keys]).astype("<u4").tobytes())
            file.write(self.scales.astype("<f4").tobytes())
            file.write(self.rows.tobytes())
            file.write(b"".join(keys))

    @classmethod
    def read(cls, path):
        data = open(path, "rb").read()
        assert data[:8] == cls.MAGIC, "not a student's file"
        width, beginnings, continuations, pairs = struct.unpack("<4I", data[8:24])
        count = beginnings + continuations + pairs
        ends = np.frombuffer(data, "<u4", count, 24)
        scales = np.frombuffer(data, "<f4", count, 24 + 4 * count)
        rows = np.frombuffer(data, np.int8, count * width, 24 + 8 * count).reshape(count, width)
        text = data[24 + 8 * count + count * width :]
        vocabulary = [text[start:end].decode() for start, end in zip([0, *ends[:-1]], ends)]
        for number in range(beginnings, beginnings + continuations):
            vocabulary[number] = "##" + vocabulary[number]
        return cls(vocabulary, scales, rows)

    def embed(self, texts):
        """A unit vector for each text, or zeros where no feature is known."""
        out = np.zeros((len(texts), self.rows.shape[1]), np.float32)
        for row, text in enumerate(texts):
            total = np.zeros(out.shape[1], np.float32)
            for feature in self.features.of(text):
                total += self.values[feature]
            length = np.sqrt((total.astype(np.float64) ** 2).sum())
            out[row] = total / length if length > 0 else 0
        return out
