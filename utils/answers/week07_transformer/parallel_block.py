"""The answer key of `ParallelBlock`: GPT-NeoX's block, as HF has it, with one norm for both halves."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week07_transformer._other_blocks import run_parallel_block
from utils.answers.week07_transformer._pieces import DEEP, Block, block_with
from utils.checks import week07_transformer as checks


def _expected_block(config, weights, resid, training):
    learned = sum(value.numel() for part in weights.values() for value in part.values())
    return {"resid": run_parallel_block(config, weights, resid), "number of learned parameters": learned}


class _ThreeParts(Block):
    """A block with a single norm."""

    def __init__(self, config):
        super().__init__(config)
        del self.ln_2


def _parallel(forward):
    return block_with(forward, _ThreeParts)


def _right(self, x):
    read = self.ln_1(x)
    return x + self.attn(read) + self.mlp(read)


def _one_after_the_other(self, x):
    after = x + self.attn(self.ln_1(x))
    return after + self.mlp(self.ln_1(after))


def _through(self, x):
    return x + self.mlp(self.attn(self.ln_1(x)))


def _fed_on(self, x):
    attn = self.attn(self.ln_1(x))
    return x + attn + self.mlp(attn)


def _norm_as_stream(self, x):
    read = self.ln_1(x)
    return read + self.attn(read) + self.mlp(read)


ANSWER_KEY = AnswerKey(
    check=checks.ParallelBlock,
    expected=_expected_block,
    reference="GPT-NeoX's block",
    tolerance=DEEP,
    mistakes=(
        Mistake(
            "one after the other",
            "the MLP reads what attention has written: the halves take turns",
            "what does each half read in a parallel block?",
            _parallel(_one_after_the_other),
        ),
        Mistake(
            "MLP of attention's result",
            "attention's result goes into the MLP, and only that one's result is added",
            "side by side, not one into the other",
            _parallel(_through),
        ),
        Mistake(
            "MLP reads attention's result",
            "the MLP reads what attention gives; all three are added",
            "what does each half read in a parallel block?",
            _parallel(_fed_on),
        ),
        Mistake(
            "stream overwritten by its norm",
            "the sum begins with what the norm made of the stream",
            "does the sum begin with the stream, or with its normalised form?",
            _parallel(_norm_as_stream),
        ),
        Mistake(
            "no residual",
            "the stream itself is not in the sum",
            "how many terms has the sum?",
            _parallel(lambda self, x: self.attn(self.ln_1(x)) + self.mlp(self.ln_1(x))),
        ),
        Mistake(
            "stream added twice",
            "the stream is added once for each half",
            "how many terms has the sum?",
            _parallel(lambda self, x: _right(self, x) + x),
        ),
        Mistake(
            "no norm for the MLP",
            "the MLP reads the stream as it is",
            "both halves read the same",
            _parallel(lambda self, x: x + self.attn(self.ln_1(x)) + self.mlp(x)),
        ),
        Mistake(
            "no norm for attention",
            "attention reads the stream as it is",
            "both halves read the same",
            _parallel(lambda self, x: x + self.attn(x) + self.mlp(self.ln_1(x))),
        ),
        Mistake(
            "norm behind the sum",
            "the norm stands behind the sum",
            "what do the halves read through?",
            _parallel(lambda self, x: self.ln_1(x + self.attn(x) + self.mlp(x))),
        ),
        Mistake(
            "averaged",
            "the mean of the two halves is added, not their sum",
            "how large is each of the three terms?",
            _parallel(lambda self, x: (_right(self, x) + x) / 2),
        ),
        Mistake(
            "a second norm",
            "the values are right, but there is a second LayerNorm that nobody uses",
            "which parts does this block have?",
            block_with(_right),
        ),
        Mistake(
            "eps of the config unused",
            "the norm's eps is 0.00001 whatever the config says",
            "LayerNorm takes a second argument: which of the config's numbers is it?",
            type(
                "ParallelBlock",
                (_ThreeParts,),
                {"eps_of": staticmethod(lambda config: 1e-5), "forward": _right},
            ),
        ),
    ),
)
