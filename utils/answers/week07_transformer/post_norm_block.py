"""The answer key of `PostNormBlock`: the block of OpenAI's first GPT, as HF has it."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week07_transformer._other_blocks import run_gpt1_block
from utils.answers.week07_transformer._pieces import DEEP, Block, block_with
from utils.checks import week07_transformer as checks


def _expected_block(config, weights, resid, training):
    learned = sum(value.numel() for part in weights.values() for value in part.values())
    return {"resid": run_gpt1_block(config, weights, resid), "number of learned parameters": learned}


def _halves(first, second):
    """A block from two functions of (self, x): the stream after attention, and the stream after the MLP."""
    return block_with(lambda self, x: second(self, first(self, x)))


def _attended(self, x):
    return self.ln_1(x + self.attn(x))


def _thought(self, x):
    return self.ln_2(x + self.mlp(x))


def _pre_norm(self, x):
    after = x + self.attn(self.ln_1(x))
    return after + self.mlp(self.ln_2(after))


def _input_kept(self, x):
    after = _attended(self, x)
    return self.ln_2(x + self.mlp(after))


ANSWER_KEY = AnswerKey(
    check=checks.PostNormBlock,
    expected=_expected_block,
    reference="GPT-1's block",
    tolerance=DEEP,
    mistakes=(
        Mistake(
            "pre-norm",
            "that is GPT-2's own block: its halves read through the norms",
            "here a norm comes after a sum, and what it gives is the stream from then on",
            block_with(_pre_norm),
        ),
        Mistake(
            "norm before the sum",
            "each half's result is normalised and then added; the sum itself should be",
            "what stands inside the norm: one term or both?",
            _halves(lambda self, x: x + self.ln_1(self.attn(x)), lambda self, x: x + self.ln_2(self.mlp(x))),
        ),
        Mistake(
            "first sum not normalised",
            "after attention the sum is left as it is",
            "both halves end in a norm",
            _halves(lambda self, x: x + self.attn(x), _thought),
        ),
        Mistake(
            "second sum not normalised",
            "after the MLP the sum is left as it is",
            "both halves end in a norm",
            _halves(_attended, lambda self, x: x + self.mlp(x)),
        ),
        Mistake(
            "norms swapped",
            "ln_2 stands behind attention and ln_1 behind the MLP",
            "the numbers stand for the order in which they are used",
            _halves(lambda self, x: self.ln_2(x + self.attn(x)), lambda self, x: self.ln_1(x + self.mlp(x))),
        ),
        Mistake(
            "ln_1 for both",
            "ln_1 stands behind both halves; ln_2 is never used",
            "which norm belongs to the MLP?",
            _halves(_attended, lambda self, x: self.ln_1(x + self.mlp(x))),
        ),
        Mistake(
            "no residual around attention",
            "attention's result replaces the stream before it is normalised",
            "what is the sum that the norm gets?",
            _halves(lambda self, x: self.ln_1(self.attn(x)), _thought),
        ),
        Mistake(
            "no residual around the MLP",
            "the MLP's result replaces the stream before it is normalised",
            "what is the sum that the norm gets?",
            _halves(_attended, lambda self, x: self.ln_2(self.mlp(x))),
        ),
        Mistake(
            "both norms, before and after",
            "the halves read through their norms, too",
            "what does attention read in a post-norm block?",
            _halves(
                lambda self, x: self.ln_1(x + self.attn(self.ln_1(x))),
                lambda self, x: self.ln_2(x + self.mlp(self.ln_2(x))),
            ),
        ),
        Mistake(
            "the block's input in the second sum",
            "the MLP's result is added to the block's input, not to what ln_1 gave",
            "what stands on the stream when the MLP's turn comes?",
            block_with(_input_kept),
        ),
        Mistake(
            "eps of the config unused",
            "the norms' eps is 0.00001 whatever the config says",
            "LayerNorm takes a second argument: which of the config's numbers is it?",
            type(
                "PostNormBlock",
                (Block,),
                {
                    "eps_of": staticmethod(lambda config: 1e-5),
                    "forward": lambda self, x: _thought(self, _attended(self, x)),
                },
            ),
        ),
    ),
)
