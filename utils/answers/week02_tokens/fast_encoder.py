"""The answer key of `fast_encoder`: GPT-2's own tokenizer, and Hugging Face's BPE without merges."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer
from utils.answers.week02_tokens._pieces import cut, encoded
from utils.checks import week02_tokens as checks
from utils.checks.inputs.gpt2_merges import all_ids, signs


def _expected_encodings(text, merges, vocab, words):
    ids = gpt2_tokenizer().encode(text)
    return {
        "ids": ids,
        "ids of the same text, asked for again": ids,
        "asks ranks about words seen before": False,
        "ids of an encoder without merges": [all_ids()[sign] for sign in signs(text)],
    }


def _remembering(key=lambda word: word, memory_of=dict):
    """A maker of encoders that cache words under `key(word)`, in the cache that `memory_of` returns."""

    def make(ranks, vocab):
        memory = memory_of()

        def encoder(text):
            found = []
            for word in cut(text):
                if key(word) not in memory:
                    memory[key(word)] = encoded(word, ranks, vocab)
                found.extend(memory[key(word)])
            return found

        return encoder

    return make


def _growing(ranks, vocab):
    """A maker of encoders whose result is the cached list of the first word, extended in place."""
    memory: dict[str, list[int]] = {}
    encode_one = _remembering()(ranks, vocab)

    def encoder(text):
        words = cut(text)
        for word in words:
            if not memory.setdefault(word, []):
                memory[word].extend(encode_one(word))
        found = memory[words[0]]
        for word in words[1:]:
            found += memory[word]
        return found

    return encoder


def _new_words_only(ranks, vocab):
    memory = set()

    def encoder(text):
        new = [word for word in dict.fromkeys(cut(text)) if word not in memory]
        memory.update(new)
        return [token for word in new for token in encoded(word, ranks, vocab)]

    return encoder


_SHARED: dict[str, list[int]] = {}
"""The cache of the mistake in which all encoders share one."""

ANSWER_KEY = AnswerKey(
    check=checks.fast_encoder,
    expected=_expected_encodings,
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "nothing remembered",
            "words that have been seen before are worked out again",
            "is the memory asked before the word is worked out, and does it last?",
            lambda ranks, vocab: lambda text: encoded(text, ranks, vocab),
        ),
        Mistake(
            "one memory for all encoders",
            "all encoders share one memory, also those with other merges",
            "where is the memory made: once, or for each encoder?",
            _remembering(memory_of=lambda: _SHARED),
        ),
        Mistake(
            "remembered lists grow",
            "the second time the ids are others: a remembered list has been made longer",
            "is the list that you add to the very list in the memory?",
            _growing,
        ),
        Mistake(
            "words without their space",
            "words are remembered without the white space around them: ' the' and 'the' share their ids",
            "a space in front belongs to the word",
            _remembering(key=str.strip),
        ),
        Mistake(
            "words in small letters",
            "words are remembered in small letters: 'Hello' and 'hello' share their ids",
            "each form of a word has ids of its own",
            _remembering(key=str.lower),
        ),
        Mistake(
            "words by their length",
            "different words share a place in the memory",
            "the key of the memory is the word itself",
            _remembering(key=len),
        ),
        Mistake(
            "new words only",
            "a word that has been seen before is left out of the ids",
            "remembered ids have to be added, too",
            _new_words_only,
        ),
        Mistake(
            "ids instead of an encoder",
            "the function returns something that cannot be called",
            "it returns a function from text to ids: without brackets behind its name",
            lambda ranks, vocab: [],
        ),
    ),
)
