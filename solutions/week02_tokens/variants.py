"""Right solutions of week 2 in other styles: a test proves that the checks accept every one of them.

The first letters of a label say what is unusual about it. The notebook's own solutions are tested besides.
"""

import functools
import heapq
import re
from collections import Counter, defaultdict
from itertools import chain, count, pairwise

import regex

# --- utf8_bytes -------------------------------------------------------------------------------------------


def bytes_object(text):
    return text.encode()


def bytes_by_loop(text):
    numbers = []
    for character in text:
        for byte in bytes(character, "utf-8"):
            numbers.append(byte)
    return numbers


def bytes_as_tuple(text):
    return tuple(bytearray(text, "utf-8"))


def bytes_by_arithmetic(text):
    """The rule of UTF-8 written out."""
    numbers = []
    for code in map(ord, text):
        if code < 0x80:
            numbers.append(code)
        elif code < 0x800:
            numbers += [0xC0 | code >> 6, 0x80 | code & 0x3F]
        elif code < 0x10000:
            numbers += [0xE0 | code >> 12, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F]
        else:
            numbers += [0xF0 | code >> 18, 0x80 | code >> 12 & 0x3F]
            numbers += [0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F]
    return numbers


# --- bytes_to_unicode -------------------------------------------------------------------------------------


@functools.cache
def signs_as_openai():
    """Two lists side by side, as in the code that OpenAI published; remembered."""
    bs = list(range(ord("!"), ord("~") + 1)) + list(range(ord("¡"), ord("¬") + 1))
    bs += list(range(ord("®"), ord("ÿ") + 1))
    cs = bs[:]
    n = 0
    for b in range(2**8):
        if b not in bs:
            bs.append(b)
            cs.append(2**8 + n)
            n += 1
    return dict(zip(bs, map(chr, cs), strict=True))


def signs_by_comprehension():
    moved = [byte for byte in range(256) if not chr(byte).isprintable() or byte == 32]
    return {byte: chr(256 + moved.index(byte)) if byte in moved else chr(byte) for byte in range(256)}


def signs_by_iterator():
    free = count(256)
    plain = set(range(33, 127)) | set(range(161, 256)) - {173}
    return defaultdict(str, ((byte, chr(byte) if byte in plain else chr(next(free))) for byte in range(256)))


# --- pretokenize ------------------------------------------------------------------------------------------

OPENAI = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")


def words_compiled(text):
    return OPENAI.findall(text)


def words_by_iterator(text):
    return [match.group() for match in OPENAI.finditer(text)]


def words_grouped(text):
    pattern = r"'(?:[stmd]|re|ve|ll)|[ ]?(?:\p{Letter}+|\p{Number}+|[^\s\p{L}\p{N}]+)|\s+(?=\s|$)|\s+"
    return regex.findall(pattern, text)


def words_by_re(text):
    """Without regex: Python's own `str` methods say what a letter and what a number is."""

    def kind(character):
        import unicodedata

        category = unicodedata.category(character)[0]
        return (
            " "
            if character.isspace() and character not in "\x1c\x1d\x1e\x1f"
            else category
            if category in "LN"
            else "."
        )

    words, start = [], 0
    while start < len(text):
        ending = re.match(r"'(?:[stmd]|re|ve|ll)", text[start:])
        lead = start + (text[start] == " " and start + 1 < len(text) and kind(text[start + 1]) != " ")
        end = lead + 1
        while end < len(text) and kind(text[end]) == kind(text[lead]):
            end += 1
        if ending:
            end = start + ending.end()
        elif kind(text[lead]) == " " and end < len(text) and end - start > 1:
            end -= 1
        words.append(text[start:end])
        start = end
    return words


# --- count_pairs ------------------------------------------------------------------------------------------


def pairs_by_index(words):
    counts = {}
    for word in words:
        for i in range(len(word) - 1):
            pair = (word[i], word[i + 1])
            counts[pair] = counts.get(pair, 0) + words[word]
    return counts


def pairs_by_zip(words):
    counts = defaultdict(int)
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] += times
    return counts


def pairs_in_one_counter(words):
    every = (pairwise(w) for w, times in words.items() for _ in range(times))
    return Counter(chain.from_iterable(every))


# --- merge_pair -------------------------------------------------------------------------------------------


def merge_by_index(word, pair):
    new, i = [], 0
    while i < len(word):
        try:
            j = word.index(pair[0], i)
        except ValueError:
            new.extend(word[i:])
            break
        new.extend(word[i:j])
        i = j
        if i < len(word) - 1 and word[i + 1] == pair[1]:
            new.append("".join(pair))
            i += 2
        else:
            new.append(word[i])
            i += 1
    return tuple(new)


def merge_by_recursion(word, pair):
    if len(word) < 2:
        return word
    if (word[0], word[1]) == pair:
        return (word[0] + word[1], *merge_by_recursion(word[2:], pair))
    return (word[0], *merge_by_recursion(word[1:], pair))


def merge_by_search(word, pair):
    """Sennrich's way: the word as a text with spaces, and a pattern that matches whole pieces."""
    pattern = r"(?<!\S)" + re.escape(" ".join(pair)) + r"(?!\S)"
    return tuple(re.sub(pattern, lambda match: "".join(pair), " ".join(word)).split(" "))


# --- train_bpe --------------------------------------------------------------------------------------------


def train_on_lists(text, n_merges):
    """Every word of the text by itself, and ties by sorting."""
    signs = signs_as_openai()
    corpus = [tuple(signs[b] for b in word.encode()) for word in OPENAI.findall(text)]
    merges = []
    for _ in range(n_merges):
        pairs = Counter(pair for word in corpus for pair in pairwise(word))
        if len(pairs) == 0:
            return merges
        most = max(pairs.values())
        merges.append(sorted(pair for pair in pairs if pairs[pair] == most)[-1])
        corpus = [merge_by_recursion(word, merges[-1]) for word in corpus]
    return merges


def train_with_counts(text, n_merges, show=False):
    """Counts kept from round to round, changed only for words that hold the pair."""
    signs = signs_as_openai()
    words = Counter(tuple(signs[b] for b in word.encode()) for word in OPENAI.findall(text))
    pairs = Counter(pairs_by_zip(words))
    merges = []
    while len(merges) < n_merges and (pairs := +pairs):
        best = max(pairs.items(), key=lambda item: (item[1], item[0]))[0]
        merges.append(best)
        for word in [word for word in words if best in pairwise(word)]:
            times = words.pop(word)
            pairs.subtract(pairs_by_zip({word: times}))
            new = merge_by_index(word, best)
            words[new] = times
            pairs.update(pairs_by_zip({new: times}))
    return merges


# --- encode_word ------------------------------------------------------------------------------------------


def word_as_openai(token, ranks):
    word = tuple(token)
    pairs = set(pairwise(word))
    while pairs:
        bigram = min(pairs, key=lambda pair: ranks.get(pair, float("inf")))
        if bigram not in ranks:
            break
        word = merge_by_index(word, bigram)
        pairs = set(pairwise(word))
    return list(word)


def word_merge_by_merge(word, ranks):
    """All merges in the order of their ranks, each where it fits."""
    pieces = tuple(word)
    for pair in sorted(ranks, key=ranks.get):
        pieces = merge_by_search(pieces, pair)
    return list(pieces)


def word_one_place_at_a_time(word, ranks):
    pieces = list(word)
    while True:
        places = [(ranks[pair], i) for i, pair in enumerate(pairwise(pieces)) if pair in ranks]
        if not places:
            return pieces
        _, i = min(places)
        pieces[i : i + 2] = [pieces[i] + pieces[i + 1]]


def word_by_heap(word, ranks):
    """A heap of candidates and linked neighbours: fast for very long words."""
    pieces = dict(enumerate(word))
    after = {i: i + 1 for i in range(len(word))}
    before = {i: i - 1 for i in range(len(word) + 1)}
    heap = []

    def offer(i):
        pair = (pieces.get(i), pieces.get(after.get(i)))
        if pair in ranks:
            heapq.heappush(heap, (ranks[pair], i, pair))

    for i in range(len(word)):
        offer(i)
    while heap:
        _, i, pair = heapq.heappop(heap)
        if i not in pieces or (pieces[i], pieces.get(after[i])) != pair:
            continue
        gone = after[i]
        pieces[i] += pieces.pop(gone)
        after[i] = after[gone]
        before[after[i]] = i
        offer(i)
        if before[i] in pieces:
            offer(before[i])
    return tuple(pieces.values())


# --- build_vocab ------------------------------------------------------------------------------------------


def vocab_by_loop(merges, special_tokens):
    vocab = {}
    for sign in sorted(signs_by_comprehension().values(), key=ord):
        vocab[sign] = len(vocab)
    for left, right in merges:
        vocab[left + right] = len(vocab)
    for token in special_tokens:
        vocab[token] = len(vocab)
    return vocab


def vocab_by_zip(merges, special_tokens):
    # OpenAI's table lists the printable bytes first, and that is the signs' own order.
    pieces = [*signs_as_openai().values(), *map("".join, merges), *special_tokens]
    return dict(zip(pieces, range(len(pieces)), strict=True))


# --- encode -----------------------------------------------------------------------------------------------


def encode_as_openai(text, ranks, vocab):
    byte_encoder = signs_as_openai()
    bpe_tokens = []
    for token in OPENAI.findall(text):
        token = "".join(byte_encoder[b] for b in token.encode("utf-8"))
        bpe_tokens.extend(vocab[piece] for piece in word_as_openai(token, ranks))
    return bpe_tokens


def encode_by_heap(text, ranks, vocab):
    table = signs_by_comprehension()
    words = ("".join(map(table.__getitem__, word.encode())) for word in words_by_iterator(text))
    return [vocab[piece] for word in words for piece in word_by_heap(word, ranks)]


def encode_signs_first(text, ranks, vocab, remembered=None):
    """A memory in an argument with a default, and str.translate for the signs."""
    remembered = {} if remembered is None else remembered
    table = signs_as_openai()
    ids = ()
    for word in words_grouped(text):
        if word not in remembered:
            written = word.encode().decode("latin-1").translate(table)
            remembered[word] = tuple(vocab[piece] for piece in word_one_place_at_a_time(written, ranks))
        ids += remembered[word]
    return list(ids)


# --- decode -----------------------------------------------------------------------------------------------


def decode_as_openai(ids, vocab):
    decoder = {v: k for k, v in vocab.items()}
    byte_decoder = {v: k for k, v in signs_as_openai().items()}
    text = "".join([decoder[token] for token in ids])
    return bytearray([byte_decoder[c] for c in text]).decode("utf-8", errors="replace")


def decode_bytes_joined(ids, vocab):
    back = {sign: bytes([byte]) for byte, sign in signs_by_comprehension().items()}
    pieces = dict(map(reversed, vocab.items()))
    return str(b"".join(back[sign] for token in ids for sign in pieces[token]), "utf-8", "replace")


def decode_by_search(ids, vocab):
    table = list(signs_by_comprehension().items())
    data = bytearray()
    for token in ids:
        piece = next(piece for piece, number in vocab.items() if number == token)
        data += bytes(next(byte for byte, sign in table if sign == each) for each in piece)
    return data.decode(errors="replace")


# --- encode_special ---------------------------------------------------------------------------------------


def special_by_partition(text, ranks, vocab, special_tokens):
    found = [(text.index(token), -len(token), token) for token in special_tokens if token in text]
    if not found:
        return encode_as_openai(text, ranks, vocab)
    token = min(found)[2]
    before, _, behind = text.partition(token)
    rest = special_by_partition(behind, ranks, vocab, special_tokens)
    return [*encode_as_openai(before, ranks, vocab), vocab[token], *rest]


def special_by_finditer(text, ranks, vocab, special_tokens=()):
    ids, done = [], 0
    pattern = "|".join(sorted(map(re.escape, special_tokens), key=len, reverse=True)) or r"(?!)"
    for match in re.finditer(pattern, text):
        ids += [*encode_by_heap(text[done : match.start()], ranks, vocab), vocab[match.group()]]
        done = match.end()
    return ids + encode_by_heap(text[done:], ranks, vocab)


def special_by_walking(text, ranks, vocab, special_tokens):
    ids, plain, at = [], "", 0
    while at < len(text):
        here = max((t for t in special_tokens if text.startswith(t, at)), key=len, default="")
        if here:
            ids += [*encode_as_openai(plain, ranks, vocab), vocab[here]]
            plain, at = "", at + len(here)
        else:
            plain, at = plain + text[at], at + 1
    return ids + encode_as_openai(plain, ranks, vocab)


# --- stretch ----------------------------------------------------------------------------------------------


def ratios_by_comprehension(texts, encode):
    return {
        language: sum(len(text.encode()) for text in group) / sum(map(len, map(encode, group)))
        for language, group in texts.items()
    }


def ratios_by_numpy(texts, encode):
    import numpy as np

    ratios = {}
    for language, group in texts.items():
        sizes = np.array([(len(bytes(text, "utf-8")), len(encode(text))) for text in group])
        ratios[language] = float(np.divide(*sizes.sum(axis=0)))
    return ratios


def encoder_with_lru_cache(ranks, vocab):
    @functools.cache
    def one_word(word):
        return tuple(encode_as_openai(word, ranks, vocab))

    return lambda text: [token for word in OPENAI.findall(text) for token in one_word(word)]


class RememberingEncoder:
    """An object that can be called."""

    def __init__(self, ranks, vocab):
        self.ranks, self.vocab, self.memory = dict(ranks), vocab, {}

    def __call__(self, text):
        ids = []
        for word in words_by_iterator(text):
            known = self.memory.get(word)
            if known is None:
                known = self.memory[word] = encode_by_heap(word, self.ranks, self.vocab)
            ids.extend(known)
        return ids


class _Missing(dict):
    def __init__(self, work_out):
        self.work_out = work_out

    def __missing__(self, word):
        self[word] = self.work_out(word)
        return self[word]


def encoder_with_missing(ranks, vocab):
    memory = _Missing(lambda word: encode_signs_first(word, ranks, vocab))
    return lambda text: list(chain.from_iterable(memory[word] for word in words_compiled(text)))


SHAPES = {
    "utf8": (17,),
    "words": (3,),
    "unmerged": (6,),
    "merged": (5,),
    "signs": (256,),
    "merges": (50000, 2),
    "vocab": (50257,),
    "own_merges": (200, 2),
    "own_vocab": (457,),
    "tokens": (2, 6),
}

VARIANTS = {
    "utf8_bytes": [bytes_object, bytes_by_loop, bytes_as_tuple, bytes_by_arithmetic],
    "bytes_to_unicode": [signs_as_openai, signs_by_comprehension, signs_by_iterator],
    "pretokenize": [words_compiled, words_by_iterator, words_grouped, words_by_re],
    "count_pairs": [pairs_by_index, pairs_by_zip, pairs_in_one_counter],
    "merge_pair": [merge_by_index, merge_by_recursion, merge_by_search],
    "train_bpe": [train_on_lists, train_with_counts],
    "encode_word": [word_as_openai, word_merge_by_merge, word_one_place_at_a_time, word_by_heap],
    "build_vocab": [vocab_by_loop, vocab_by_zip],
    "encode": [encode_as_openai, encode_by_heap, encode_signs_first],
    "decode": [decode_as_openai, decode_bytes_joined, decode_by_search],
    "encode_special": [special_by_partition, special_by_finditer, special_by_walking],
    "shape_table": [SHAPES, {name: list(shape) for name, shape in SHAPES.items()}],
    "bytes_per_token": [ratios_by_comprehension, ratios_by_numpy],
    "fast_encoder": [encoder_with_lru_cache, RememberingEncoder, encoder_with_missing],
}
"""Right solutions by the name of the check that must accept them."""
