"""The answer key of `TransformerBlock`: HF's GPT2Block."""

from torch import nn
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_model import run_hf_block
from utils.answers.week07_transformer._pieces import DEEP, Block, Neurons, Norm, block_with
from utils.checks import week07_transformer as checks


def _expected_block(config, weights, resid, training):
    learned = sum(value.numel() for part in weights.values() for value in part.values())
    return {"resid": run_hf_block(config, weights, resid), "number of learned parameters": learned}


def _updates(attn_reads, mlp_reads, kept=lambda x, attn, mlp: x + attn + mlp):
    """Return a block with other inputs of attention and MLP, and another sum of stream and outputs."""

    def forward(self, x):
        attn = self.attn(attn_reads(self, x))
        mlp = self.mlp(mlp_reads(self, x, attn))
        return kept(x, attn, mlp)

    return block_with(forward)


def _first(self, x):
    return self.ln_1(x)


def _second(self, x, attn):
    return self.ln_2(x + attn)


def _mlp_first(self, x):
    after = x + self.mlp(self.ln_2(x))
    return after + self.attn(self.ln_1(after))


def _norms_overwrite(self, x):
    x = self.ln_1(x)
    x = self.ln_2(x + self.attn(x))
    return x + self.mlp(x)


def _second_norm_overwrites(self, x):
    x = self.ln_2(x + self.attn(self.ln_1(x)))
    return x + self.mlp(x)


def _first_norm_overwrites(self, x):
    read = self.ln_1(x)
    after = read + self.attn(read)
    return after + self.mlp(self.ln_2(after))


def _results_normalised(self, x):
    after = x + self.ln_1(self.attn(x))
    return after + self.ln_2(self.mlp(after))


def _norms_at_the_end(self, x):
    after = self.ln_1(x + self.attn(x))
    return self.ln_2(after + self.mlp(after))


def _dropping(self, x):
    after = x + F.dropout(self.attn(self.ln_1(x)), 0.1)
    return after + F.dropout(self.mlp(self.ln_2(after)), 0.1)


class _OneNorm(Block):
    """One LayerNorm under both names."""

    def __init__(self, config):
        super().__init__(config)
        self.ln_2 = self.ln_1


class _ErfNeurons(Neurons):
    def forward(self, x):
        return F.linear(F.gelu(F.linear(x, self.W_in.T, self.b_in)), self.W_out.T, self.b_out)


class _ExactGelu(Block):
    def __init__(self, config):
        super().__init__(config)
        self.mlp = _ErfNeurons(config)


class _HiddenNorms(nn.Module):
    """A block with its norms in a plain list, so that the module does not have their parameters."""

    forward = Block.forward

    def __init__(self, config):
        super().__init__()
        self.attn, self.mlp = Block(config).attn, Block(config).mlp
        self.norms = [Norm(config.d_model, config.layer_norm_eps) for _ in range(2)]

    @property
    def ln_1(self):
        return self.norms[0]

    @property
    def ln_2(self):
        return self.norms[1]


ANSWER_KEY = AnswerKey(
    check=checks.TransformerBlock,
    expected=_expected_block,
    tolerance=DEEP,
    mistakes=(
        Mistake(
            "post-norm",
            "the norms stand behind the sums: that is GPT-1's order, and the original transformer's",
            "does a half read through its norm, or does the norm change what stands on the stream?",
            block_with(_norms_at_the_end),
        ),
        Mistake(
            "norms overwrite the stream",
            "what the norm made of the stream has taken the stream's place, in both halves",
            "does each sum begin with the stream, or with what its norm made of it?",
            block_with(_norms_overwrite),
        ),
        Mistake(
            "ln_1 overwrites the stream",
            "attention's result is added to what ln_1 made of the stream, not to the stream",
            "does the first sum begin with the stream, or with its normalised form?",
            block_with(_first_norm_overwrites),
        ),
        Mistake(
            "ln_2 overwrites the stream",
            "the MLP's result is added to what ln_2 made of the stream, not to the stream",
            "does the second sum begin with the stream, or with its normalised form?",
            block_with(_second_norm_overwrites),
        ),
        Mistake(
            "results normalised",
            "the norms are applied to what the halves write, not to what they read",
            "on which side of attention does the norm stand?",
            block_with(_results_normalised),
        ),
        Mistake(
            "no residual around attention",
            "attention's result replaces what stood on the stream",
            "what has become of the input when the MLP's turn comes?",
            _updates(_first, lambda self, x, attn: self.ln_2(attn), kept=lambda x, attn, mlp: attn + mlp),
        ),
        Mistake(
            "no residual around the MLP",
            "the MLP's result replaces what stood on the stream",
            "does the second half add, as the first one does?",
            _updates(_first, _second, kept=lambda x, attn, mlp: mlp),
        ),
        Mistake(
            "no residual at all",
            "both halves replace the stream, and nothing of the input is left",
            "a half writes on the whiteboard: does it wipe it, too?",
            _updates(_first, lambda self, x, attn: self.ln_2(attn), kept=lambda x, attn, mlp: mlp),
        ),
        Mistake(
            "attention's update lost",
            "the MLP reads what attention wrote, but only the MLP's result is added to the input",
            "three things end up on the stream: which one is missing?",
            _updates(_first, _second, kept=lambda x, attn, mlp: x + mlp),
        ),
        Mistake(
            "the MLP's update lost",
            "the stream comes back as attention left it",
            "what is done with the MLP's result?",
            _updates(_first, _second, kept=lambda x, attn, mlp: x + attn),
        ),
        Mistake(
            "MLP reads the block's input",
            "the MLP reads the stream as it was before attention wrote: the halves run side by side",
            "whose turn is it first, and what does the other one read?",
            _updates(_first, lambda self, x, attn: self.ln_2(x)),
        ),
        Mistake(
            "MLP reads attention's result alone",
            "the MLP reads what attention has written, without the stream that it was written on",
            "which tensor does ln_2 get?",
            _updates(_first, lambda self, x, attn: self.ln_2(attn)),
        ),
        Mistake(
            "MLP reads what attention read",
            "both halves read the output of ln_1",
            "which norm, and of what, does the MLP read?",
            _updates(_first, lambda self, x, attn: self.ln_1(x)),
        ),
        Mistake(
            "ln_1 for both",
            "both halves read through ln_1; ln_2 is never used",
            "which norm belongs to the MLP?",
            _updates(_first, lambda self, x, attn: self.ln_1(x + attn)),
        ),
        Mistake(
            "ln_2 for both",
            "both halves read through ln_2; ln_1 is never used",
            "which norm belongs to attention?",
            _updates(lambda self, x: self.ln_2(x), _second),
        ),
        Mistake(
            "norms swapped",
            "attention reads through ln_2 and the MLP through ln_1",
            "the numbers stand for the order in which they are used",
            _updates(lambda self, x: self.ln_2(x), lambda self, x, attn: self.ln_1(x + attn)),
        ),
        Mistake(
            "no norm before attention",
            "attention reads the stream as it is, without ln_1",
            "through which glasses does attention read?",
            _updates(lambda self, x: x, _second),
        ),
        Mistake(
            "no norm before the MLP",
            "the MLP reads the stream as it is, without ln_2",
            "through which glasses does the MLP read?",
            _updates(_first, lambda self, x, attn: x + attn),
        ),
        Mistake(
            "no norms",
            "both halves read the stream as it is",
            "what are ln_1 and ln_2 for?",
            _updates(lambda self, x: x, lambda self, x, attn: x + attn),
        ),
        Mistake(
            "normalised twice for the MLP",
            "the MLP reads through ln_1 and then through ln_2",
            "the MLP has one norm of its own, which reads the stream itself",
            _updates(_first, lambda self, x, attn: self.ln_2(self.ln_1(x + attn))),
        ),
        Mistake(
            "MLP before attention",
            "the MLP has its turn first",
            "the order of the two halves",
            block_with(_mlp_first),
        ),
        Mistake(
            "input added twice",
            "the block's input is added a second time after the MLP",
            "what does the second sum begin with?",
            _updates(_first, _second, kept=lambda x, attn, mlp: 2 * x + attn + mlp),
        ),
        Mistake(
            "eps of the config unused",
            "the norms' eps is 0.00001 whatever the config says",
            "LayerNorm takes a second argument: which of the config's numbers is it?",
            type("TransformerBlock", (Block,), {"eps_of": staticmethod(lambda config: 1e-5)}),
        ),
        Mistake(
            "the exact GELU",
            "the MLP bends with the exact GELU; GPT-2 was trained with the form that has tanh",
            "is the MLP that you use the one of week 4?",
            _ExactGelu,
        ),
        Mistake(
            "one LayerNorm under two names",
            "ln_1 and ln_2 are one and the same module, so they share gain and bias",
            "how many LayerNorms does your constructor make?",
            _OneNorm,
        ),
        Mistake(
            "parts in a plain list",
            "the values are right, but the module does not know its norms: training would never touch them",
            "an nn.Module finds modules that are attributes of their own; for lists there is nn.ModuleList",
            _HiddenNorms,
        ),
        Mistake(
            "dropout left on",
            "numbers are dropped at random, also in eval mode",
            "the course's GPT-2 has no dropout; F.dropout is on unless told otherwise",
            block_with(_dropping),
        ),
    ),
)
