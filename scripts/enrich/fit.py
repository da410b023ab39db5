"""Fits small models on counts of words and prints how often they are right on labelled turns, beside always giving the
most frequent value: python3 scripts/enrich/fit.py. It needs nothing but Python, and prints the same each time.

Decision 46 says what came of it: for neither field does a model that is fitted on so few turns come near the rules, so that
none is in the tree.
"""

import collections
import json
import math
import pathlib
import re

TURNS = pathlib.Path(__file__).parents[2] / "crates/tulving-enrich/data/turns.jsonl"
FIELDS = {"domains": ["general"], "valence": "neutral"}


def labels(turn, field):
    value = turn.get(field, FIELDS[field])
    return value if isinstance(value, list) else [value]


def words(turn, field):
    text = turn["human"] + (" " + turn["assistant"] if field == "domains" else "")
    return re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\W_]+", text.lower())


def naive_bayes(turns, field, smoothing):
    classes, counts, known = collections.Counter(), collections.defaultdict(collections.Counter), set()
    for turn in turns:
        label = labels(turn, field)[0]
        classes[label] += 1
        for word in set(words(turn, field)):
            counts[label][word] += 1
            known.add(word)

    def classify(turn):
        seen = sorted(set(words(turn, field)) & known)
        total = sum(classes.values())

        def score(label):
            size = classes[label] + 2 * smoothing
            return math.log(classes[label] / total) + sum(
                math.log((counts[label][word] + smoothing) / size) for word in seen
            )

        return max(sorted(classes), key=score)

    return classify


def logistic(turns, field, rounds=200, rate=0.5, decay=1e-3):
    names = sorted({labels(turn, field)[0] for turn in turns})
    weights = {name: collections.defaultdict(float) for name in names}
    examples = [(features(turn, field), labels(turn, field)[0]) for turn in turns]
    for _ in range(rounds):
        for example, label in examples:
            shares = softmax(weights, names, example)
            for name in names:
                error = (name == label) - shares[name]
                for word, value in example.items():
                    weights[name][word] += rate * (error * value - decay * weights[name][word])

    def classify(turn):
        shares = softmax(weights, names, features(turn, field))
        return max(names, key=lambda name: shares[name])

    return classify


def features(turn, field):
    seen = sorted(set(words(turn, field)))
    scale = 1 / math.sqrt(len(seen) or 1)
    return {"": 1.0} | {word: scale for word in seen}


def softmax(weights, names, example):
    scores = {name: sum(weights[name].get(word, 0.0) * value for word, value in example.items()) for name in names}
    most = max(scores.values())
    raised = {name: math.exp(score - most) for name, score in scores.items()}
    total = sum(raised.values())
    return {name: value / total for name, value in raised.items()}


def main():
    turns = [json.loads(line) for line in TURNS.read_text(encoding="utf-8").splitlines()]
    seen, apart = turns[0::2], turns[1::2]
    for field in FIELDS:
        most = collections.Counter(labels(turn, field)[0] for turn in seen).most_common(1)[0][0]
        models = [("most frequent", lambda turn: most)]
        models += [(f"naive Bayes, smoothing {s}", naive_bayes(seen, field, s)) for s in (0.01, 0.1, 1)]
        models.append(("logistic regression", logistic(seen, field)))
        for name, classify in models:
            rates = [sum(classify(turn) in labels(turn, field) for turn in half) / len(half) for half in (seen, apart)]
            print(f"{field}: {name}: seen {rates[0]:.3f}, kept apart {rates[1]:.3f}")


if __name__ == "__main__":
    main()
