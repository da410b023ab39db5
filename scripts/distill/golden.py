"""Writes what the Rust side must give for a few texts: python golden.py model.bin golden.json"""

import json
import sys

from student import Student

TEXTS = [
    "",
    "timeout",
    "Why did the worker hang?",
    "Human: How did we fix the async timeout?\n\nAssistant: The pool was exhausted: we raised `max_connections` to 32.",
    "I don't think that we've been to New York, have we?",
    "E_CONN_RESET 0x8007000E fooBar snake_case HTTP/2",
    "Crème brûlée, naïve café, Ångström, İstanbul, straße",
    "漢字とかな 한국어 текст हिन्दी ไทย",
    "🦀 emoji 👩‍👩‍👧 in between",
    "pneumonoultramicroscopicsilicovolcanoconiosis " + "a" * 70,
    "tabs\tand\u00a0spaces\u200band\0zeros",
    "the the the the of of",
    "On 2024-01-15T10:30:00Z the memory mem_0123456789abcdef was written.",
    "long " * 200,
]

if __name__ == "__main__":
    student = Student.read(sys.argv[1])
    pairs = [[text, [round(float(x), 6) for x in row]] for text, row in zip(TEXTS, student.embed(TEXTS))]
    with open(sys.argv[2], "w") as file:
        json.dump(pairs, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")
