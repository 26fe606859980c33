"""The answer key of week 2's shape table: HF's tokenizer and the shapes of HF's GPT-2 small."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer, words_of
from utils.answers.oracles.shapes import gpt2_small_shapes, table_maker
from utils.checks import week02_tokens as checks


def _expected_row(row):
    shapes = gpt2_small_shapes(batch=2, seq=6)
    d_vocab, d_model = shapes["logits"][-1], shapes["x"][-1]
    special = len(gpt2_tokenizer().all_special_tokens)
    of_week = {
        "utf8": (len(bytearray(checks.SHAPE_TEXT, "utf-8")),),
        "words": (len(words_of(checks.SHAPE_TEXT)),),
        "signs": (256,),
        "merges": (len(gpt2_tokenizer()) - 256 - special, 2),
        "vocab": (d_vocab,),
        "one_hot": (*shapes["tokens"], d_vocab),
        "W_E": (d_vocab, d_model),
    }
    return (shapes | of_week)[row]


_table = table_maker(checks.shape_table, _expected_row)


def _with_d_vocab(d_vocab):
    return _table(vocab=(d_vocab,), one_hot=(2, 6, d_vocab), W_E=(d_vocab, 768), logits=(2, 6, d_vocab))


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
    mistakes=(
        Mistake(
            "characters for bytes",
            "the text's characters are counted, not its bytes",
            "which of its characters take more than one byte?",
            _table(utf8=(12,)),
        ),
        Mistake(
            "every other character two bytes",
            "the emoji takes more than two bytes",
            "try utf8_bytes on the emoji alone",
            _table(utf8=(15,)),
        ),
        Mistake(
            "spaces as words",
            "the spaces are counted as words of their own",
            "a space in front belongs to the word behind it",
            _table(words=(5,)),
        ),
        Mistake(
            "tokens for words",
            "the tokens are counted, not the words",
            "pretokenize cuts into words; merges work inside them",
            _table(words=(4,)),
        ),
        Mistake(
            "signs of printable bytes only",
            "only some of the bytes are counted",
            "how many values can a byte have?",
            _table(signs=(188,)),
        ),
        Mistake(
            "merges as a row",
            "a merge is a pair, so the table has two columns",
            "how many pieces does each row hold?",
            _table(merges=(50000,)),
        ),
        Mistake(
            "an entry for each merge only",
            "the signs and the special token are not counted",
            "three kinds of pieces have ids",
            _with_d_vocab(50000),
        ),
        Mistake(
            "special token forgotten",
            "one id is missing: the special token's",
            "three kinds of pieces have ids",
            _with_d_vocab(50256),
        ),
        Mistake(
            "signs forgotten",
            "the signs are not counted",
            "three kinds of pieces have ids",
            _with_d_vocab(50001),
        ),
        Mistake(
            "batch forgotten",
            "the batch axis is missing: there are 2 prompts",
            "how many prompts are in the batch?",
            _table(tokens=(6,), one_hot=(6, 50257), x=(6, 768), logits=(6, 50257)),
        ),
        Mistake(
            "ids as one-hot rows",
            "a token is one integer here, not a row of the vocabulary's size",
            "tokens holds ids",
            _table(tokens=(2, 6, 50257)),
        ),
        Mistake(
            "one-hot of d_model",
            "a one-hot row has an entry for each id",
            "the 1 stands at the place of the id",
            _table(one_hot=(2, 6, 768)),
        ),
        Mistake(
            "W_E transposed",
            "W_E has a row for each id",
            "an id picks a row",
            _table(W_E=(768, 50257)),
        ),
        Mistake(
            "one answer for each prompt",
            "the model answers at every position, not only at the last one",
            "which axes does tokens have?",
            _table(logits=(2, 50257)),
        ),
        Mistake(
            "logits of d_model",
            "there is a score for each id",
            "what is the model asked: a vector, or which token comes next?",
            _table(logits=(2, 6, 768)),
        ),
    ),
)
