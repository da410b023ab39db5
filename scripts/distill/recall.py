"""How many evidence turns of LoCoMo are among the first k turns found.

    python recall.py model.bin locomo-dev.json

LoCoMo (Maharana et al., 2024, CC BY-NC 4.0) is not part of this project and nothing here is made from it.
"""

import json
import re
import sys

import numpy as np


def samples(path):
    """For each conversation: the texts of its turns, and its questions with their evidence and category."""
    for sample in json.load(open(path)):
        talk = sample["conversation"]
        ids, texts = [], []
        for number in sorted(int(key[8:]) for key in talk if re.fullmatch(r"session_\d+", key)):
            date = talk.get(f"session_{number}_date_time", "")
            for turn in talk[f"session_{number}"]:
                _, session, place = re.match(r"(D):?(\d+):(\d+)", turn["dia_id"]).groups()
                ids.append((int(session), int(place)))
                caption = f" [{turn['blip_caption']}]" if turn.get("blip_caption") else ""
                texts.append(f"{turn['speaker']} ({date}): {turn['text']}{caption}")
        place_of = {turn: place for place, turn in enumerate(ids)}
        questions = []
        for asked in sample["qa"]:
            named = re.findall(r"D:?(\d+):(\d+)", " ".join(asked.get("evidence") or []))
            evidence = {(int(session), int(turn)) for session, turn in named}
            if evidence and all(turn in place_of for turn in evidence):
                places = [place_of[turn] for turn in evidence]
                questions.append((asked["question"], places, asked["category"]))
        yield texts, questions


def recall(embed, path):
    """Recall at 5 and at 10 in percent, over all questions and by category."""
    found = []
    for texts, questions in samples(path):
        memories = embed(texts)
        asked = embed([question for question, _, _ in questions])
        for row, (_, places, category) in zip(asked @ memories.T, questions):
            order = np.argsort(-row, kind="stable")
            found.append((category, *(np.mean(np.isin(places, order[:k])) for k in (5, 10))))
    found = np.array(found)
    report = {"all": found[:, 1:].mean(0) * 100}
    for category in (1, 2, 3, 4, 5):
        report[category] = found[found[:, 0] == category][:, 1:].mean(0) * 100
    return len(found), report


if __name__ == "__main__":
    from student import Student

    count, report = recall(Student.read(sys.argv[1]).embed, sys.argv[2])
    print(count, "questions")
    for name, (five, ten) in report.items():
        print(f"{name}: recall@5 {five:.1f}, recall@10 {ten:.1f}")
