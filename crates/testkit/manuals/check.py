#!/usr/bin/env python3
"""Checks questions.json against documents/: every answer must stand exactly once in the
whole set, in the section that the question names.  Usage: python3 check.py [-v]"""
import collections, html, json, os, re, sys
HERE = os.path.dirname(os.path.abspath(__file__))
DOCS = os.path.join(HERE, "documents")
CLASSES = ["words", "paraphrase", "table", "step", "form", "negative", "compare"]

def norm(s):
    return re.sub(r"\s+", " ", s.replace("\u00a0", " ")).strip()

def plain_md(s):
    s = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", s)
    s = re.sub(r"^\s*\|[\s:|-]+\|\s*$", "", s, flags=re.M)      # rule under a table head
    s = re.sub(r"(\*\*|__|\*|`)", "", s)
    return html.unescape(s)

def plain_html(s):
    s = re.sub(r"(?s)<(style|script|head).*?</\1>", " ", s)
    s = re.sub(r"(?i)</?(td|th|tr)[^>]*>", " | ", s)            # a cell is a boundary
    s = re.sub(r"(?i)</?(p|li|ol|ul|table|h\d|hr|br|div)\b[^>]*>", " ", s)
    return html.unescape(re.sub(r"<[^>]+>", "", s))

def sections(path):
    """[(level, heading, own text)] in order; text before the first heading has heading ''."""
    raw = open(path, encoding="utf-8").read()
    out = [[0, "", []]]
    if path.endswith(".md"):
        for l in raw.split("\n"):
            m = re.match(r"(#{1,6})\s+(.*?)\s*$", l)
            if m: out.append([len(m[1]), norm(plain_md(m[2])), []])
            else: out[-1][2].append(l)
        f = plain_md
    elif path.endswith(".html"):
        body = re.sub(r"(?s)<head>.*?</head>", "", raw)
        pos = 0
        for m in re.finditer(r"(?s)<h([1-6])[^>]*>(.*?)</h\1>", body):
            out[-1][2].append(body[pos:m.start()]); pos = m.end()
            out.append([int(m[1]), norm(plain_html(m[2])), []])
        out[-1][2].append(body[pos:])
        f = plain_html
    else:  # text: a line underlined with === (level 1) or --- (level 2)
        L = raw.split("\n"); k = 0
        while k < len(L):
            if k + 1 < len(L) and L[k].strip() and re.fullmatch(r"={4,}|-{4,}", L[k + 1]):
                out.append([1 if L[k + 1][0] == "=" else 2, norm(L[k]), []]); k += 2
            else: out[-1][2].append(L[k]); k += 1
        f = lambda s: s
    return [(a, b, norm(f("\n".join(c)))) for a, b, c in out]

def words(s):
    return set(w for w in re.findall(r"[a-z0-9]+(?:[-.][a-z0-9]+)*", s.lower()) if w not in STOP)
STOP = set("a an the of to in on at for by with and or is are was be it i my me we our you your do does did can could may must should what which who whom when where how why if not no from that this there as have has had get got goes go s t many much long any so than then after before will would about into out up".split())

def main():
    docs = {}
    for d, _, fs in os.walk(DOCS):
        for f in sorted(fs):
            p = os.path.join(d, f); docs[os.path.relpath(p, DOCS)] = sections(p)
    qs = json.load(open(os.path.join(HERE, "questions.json"), encoding="utf-8"))
    bad = 0
    def err(*a):
        nonlocal bad; bad += 1; print("BAD", *a)
    for d, ss in sorted(docs.items()):
        heads = [h for _, h, _ in ss if h]
        dup = [h for h, n in collections.Counter(heads).items() if n > 1]
        if dup: err(d, "heading twice", dup)
        n = sum(len(t.replace("|", " ").split()) + len(h.split()) for _, h, t in ss)
        own = sum(1 for _, h, t in ss if h and t)
        print(f"{d:55} {n:5} words, {len(heads):2} headings, {own:2} with own text")
        if not 1500 <= n <= 4000: err(d, "length", n)
    seen = collections.Counter(q["question"].lower() for q in qs)
    cls = collections.Counter(); perdoc = collections.Counter(); persec = collections.Counter(); ov = collections.defaultdict(list)
    for i, q in enumerate(qs):
        if set(q) != {"question", "document", "section", "answer", "class"}: err(i, "keys", q)
        if seen[q["question"].lower()] > 1: err(i, "question twice")
        if q["class"] not in CLASSES: err(i, "class", q["class"])
        cls[q["class"]] += 1; perdoc[q["document"]] += 1; persec[q["document"], q["section"]] += 1
        a = norm(q["answer"])
        if not 3 <= len(a.split()) <= 12: err(i, "answer length", a)
        # the whole set, headings included, case-insensitively
        hits = [(d, h) for d, ss in docs.items() for _, h, t in ss
                for _ in re.finditer(r"(?<!\w)" + re.escape(a.lower()) + r"(?!\w)", (h + " \n " + t).lower())]
        if hits != [(q["document"], q["section"])]: err(i, repr(a), "expected", (q["document"], q["section"]), "found", hits); continue
        t = [t for _, h, t in docs[q["document"]] if h == q["section"]][0]
        if a not in t: err(i, "not verbatim (case)", a)
        w = words(q["question"]); o = len(w & words(t + " " + q["section"])) / max(1, len(w)); ov[q["class"]].append(o)
        if "-v" in sys.argv: print(f"{i:3} {q['class']:10} {o:.2f} {q['question']}  ->  {a}")
    print(len(qs), "questions;", dict(cls)); print(dict(perdoc))
    print("sections asked about:", len(persec), "most in one:", max(persec.values()))
    print("share of the question's content words in the section:", {c: round(sum(v) / len(v), 2) for c, v in ov.items()})
    print("errors:", bad); sys.exit(bool(bad))
main()
