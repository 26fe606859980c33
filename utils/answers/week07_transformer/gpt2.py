"""The answer key of `GPT2`: HF's GPT2LMHeadModel, and a clear error where HF has none."""

import copy

import torch
from torch import nn
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_model import run_hf_model
from utils.answers.week07_transformer._pieces import DEEP, Block, Norm
from utils.checks import week07_transformer as checks
from utils.checks.engine.observation import tensors


def _expected_logits(config, weights, tokens, training):
    fits = tokens.shape[1] <= config["n_ctx"]
    return {
        "number of learned parameters": sum(each.numel() for each in tensors(weights)),
        "what it gives": checks.LOGITS if fits else checks.CLEAR_ERROR,
        "logits": run_hf_model(config, weights, tokens) if fits else None,
    }


class _Table(nn.Module):
    """A module with one matrix, under the given name."""

    W_E: nn.Parameter
    W_pos: nn.Parameter

    def __init__(self, name, rows, width):
        super().__init__()
        self.register_parameter(name, nn.Parameter(torch.ones(rows, width)))


class _Machine(nn.Module):
    """A GPT-2 in parts, of which each mistake replaces one."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embed = _Table("W_E", config.d_vocab, config.d_model)
        self.pos_embed = _Table("W_pos", config.n_ctx, config.d_model)
        self.blocks = self.make_blocks(config)
        self.ln_f = Norm(config.d_model, self.last_eps(config))
        self.rows = self.make_rows()

    def make_blocks(self, config):
        return nn.ModuleList([Block(config) for _ in range(config.n_layers)])

    def last_eps(self, config):
        return config.layer_norm_eps

    def make_rows(self):
        return self.embed

    def refuse(self, seq, n_ctx):
        if n_ctx < seq:
            raise ValueError(f"seq is {seq}, n_ctx is {n_ctx}")

    def read(self, tokens):
        return tokens

    def start(self, tokens):
        return F.embedding(tokens, self.embed.W_E) + self.pos_embed.W_pos[: tokens.shape[1]]

    def through(self, x, blocks):
        for each in blocks:
            x = each(x)
        return x

    def finish(self, x):
        return self.ln_f(x)

    def score(self, x):
        return F.linear(x, self.rows.W_E)

    def forward(self, tokens):
        self.refuse(tokens.shape[1], self.config.n_ctx)
        x = self.through(self.start(self.read(tokens)), list(self.blocks))
        return self.score(self.finish(x))


class _Biased(_Machine):
    """A GPT-2 with a bias at the unembedding."""

    def __init__(self, config):
        super().__init__(config)
        self.b_U = nn.Parameter(torch.zeros(config.d_vocab))


def _machine(**pieces):
    return type("GPT2", (_Machine,), pieces)


def _with_start(change):
    """Return a GPT-2 whose embeddings are `change(self, start, tokens)`."""
    return _machine(start=lambda self, tokens: change(self, _Machine.start(self, tokens), tokens))


def _positions_in_every_block(self, x, blocks):
    for each in blocks:
        x = each(x + self.pos_embed.W_pos[: x.shape[1]])
    return x


def _ln_f_before_each(self, x, blocks):
    for each in blocks:
        x = each(self.ln_f(x))
    return x


def _ln_f_after_each(self, x, blocks):
    for each in blocks:
        x = self.ln_f(each(x))
    return x


def _input_added(self, x, blocks):
    for each in blocks:
        x = x + each(x)
    return x


def _dropout(self, start, tokens):
    return F.dropout(start, 0.1)


def _assertion(self, seq, n_ctx):
    assert seq <= n_ctx, f"{seq} > {n_ctx}"


def _type_error(self, seq, n_ctx):
    if seq > n_ctx:
        raise IndexError(f"{seq} tokens, n_ctx {n_ctx}")


def _curt(self, seq, n_ctx):
    if seq > n_ctx:
        raise ValueError("too many tokens")


def _too_strict(self, seq, n_ctx):
    if seq >= n_ctx:
        raise ValueError(f"seq is {seq}, n_ctx is {n_ctx}")


def _never(self, seq, n_ctx):
    return None


ANSWER_KEY = AnswerKey(
    check=checks.GPT2,
    expected=_expected_logits,
    tolerance=DEEP,
    mistakes=(
        Mistake(
            "ln_f missing",
            "the stream is unembedded as it is: ln_f is never used",
            "what stands between the last block and the unembedding?",
            _machine(finish=lambda self, x: x),
        ),
        Mistake(
            "ln_f twice",
            "ln_f is applied twice",
            "where does your forward call ln_f, and does anything that it calls do so, too?",
            _machine(finish=lambda self, x: self.ln_f(self.ln_f(x))),
        ),
        Mistake(
            "ln_f before each block",
            "ln_f stands in front of every block, and the last result is not normalised",
            "ln_f comes once, when all blocks have written",
            _machine(through=_ln_f_before_each, finish=lambda self, x: x),
        ),
        Mistake(
            "ln_f after each block",
            "ln_f comes after every block, inside the loop",
            "is the line with ln_f indented too far?",
            _machine(through=_ln_f_after_each, finish=lambda self, x: x),
        ),
        Mistake(
            "embeddings normalised",
            "the stream is normalised before the first block reads it",
            "what does embed_tokens give, and what is done to it?",
            _with_start(lambda self, start, tokens: F.layer_norm(start, start.shape[-1:])),
        ),
        Mistake(
            "positions missing",
            "the model does not know where its tokens stand: no position vector is added",
            "what does the stream begin with, besides the tokens' vectors?",
            _machine(start=lambda self, tokens: F.embedding(tokens, self.embed.W_E)),
        ),
        Mistake(
            "positions in every block",
            "the position vectors are added once more in front of every block",
            "they are written on the whiteboard once, and stay there",
            _machine(through=_positions_in_every_block),
        ),
        Mistake(
            "scaled embeddings",
            "the embeddings are multiplied by √d_model, as in the original transformer",
            "GPT-2 takes them as they are",
            _with_start(lambda self, start, tokens: start * self.config.d_model**0.5),
        ),
        Mistake(
            "every block reads the embeddings",
            "each block is given the embeddings, so only the last one counts",
            "what does the loop hand from one block to the next?",
            _machine(through=lambda self, x, blocks: blocks[-1](x)),
        ),
        Mistake(
            "stream added once more",
            "what goes into a block is added to what comes out of it: the block has done that already",
            "what does a block return: an update, or the stream?",
            _machine(through=_input_added),
        ),
        Mistake(
            "one block too few",
            "the last block is left out",
            "how many blocks does the loop run through?",
            _machine(through=lambda self, x, blocks: _Machine.through(self, x, blocks[:-1])),
        ),
        Mistake(
            "first block left out",
            "the first block is left out",
            "at which block does the loop begin?",
            _machine(through=lambda self, x, blocks: _Machine.through(self, x, blocks[1:])),
        ),
        Mistake(
            "last block twice",
            "the last block runs twice",
            "does anything after the loop call a block?",
            _machine(through=lambda self, x, blocks: _Machine.through(self, x, [*blocks, blocks[-1]])),
        ),
        Mistake(
            "first block only",
            "only the first block runs",
            "is there a return inside the loop?",
            _machine(through=lambda self, x, blocks: blocks[0](x)),
        ),
        Mistake(
            "blocks in reverse",
            "the last block runs first",
            "which block reads the embeddings?",
            _machine(through=lambda self, x, blocks: _Machine.through(self, x, blocks[::-1])),
        ),
        Mistake(
            "one block for all layers",
            "all layers are one and the same block, which runs n_layers times",
            "[block] * n repeats one object: does your constructor make a new block for each layer?",
            _machine(make_blocks=lambda self, config: nn.ModuleList([Block(config)] * config.n_layers)),
        ),
        Mistake(
            "blocks in a plain list",
            "the logits are right, but the module does not know its blocks: training would never touch them",
            "which kind of list registers the modules in it?",
            _machine(make_blocks=lambda self, config: [Block(config) for _ in range(config.n_layers)]),
        ),
        Mistake(
            "unembedding of its own",
            "the unembedding has a matrix of its own, which is not tied to W_E",
            "what does Unembed have to be given, so that both ends share one matrix?",
            _machine(make_rows=lambda self: copy.deepcopy(self.embed)),
        ),
        Mistake(
            "an unembedding bias",
            "the unembedding has a bias, a learned number for each token of the vocabulary",
            "an nn.Linear comes with a bias unless it is told otherwise; GPT-2's unembedding has none",
            _Biased,
        ),
        Mistake(
            "own unembedding with a bias",
            "the unembedding has a matrix and a bias of its own: it is not tied to W_E",
            "what does Unembed have to be given, so that both ends share one matrix?",
            type("GPT2", (_Biased,), {"make_rows": lambda self: copy.deepcopy(self.embed)}),
        ),
        Mistake(
            "eps of the config unused in ln_f",
            "ln_f's eps is 0.00001 whatever the config says",
            "LayerNorm takes a second argument: which of the config's numbers is it?",
            _machine(last_eps=lambda self, config: 1e-5),
        ),
        Mistake(
            "probabilities",
            "the result has been through a softmax",
            "the model gives logits; turning them into probabilities is somebody else's business",
            _machine(score=lambda self, x: _Machine.score(self, x).softmax(-1)),
        ),
        Mistake(
            "log-probabilities",
            "the result has been through a log_softmax",
            "the model gives logits, as they come from the unembedding",
            _machine(score=lambda self, x: _Machine.score(self, x).log_softmax(-1)),
        ),
        Mistake(
            "last position only",
            "only the last position's logits come back",
            "every position predicts its next token: which index is too many?",
            _machine(score=lambda self, x: _Machine.score(self, x)[:, -1]),
        ),
        Mistake(
            "first of the batch only",
            "every prompt of the batch gets the first prompt's logits",
            "an index 0 where the batch axis should stay",
            _machine(read=lambda self, tokens: tokens[:1].expand_as(tokens)),
        ),
        Mistake(
            "dropout left on",
            "numbers are dropped at random, also in eval mode",
            "the course's GPT-2 has no dropout; F.dropout is on unless told otherwise",
            _with_start(_dropout),
        ),
        Mistake(
            "no error beyond n_ctx",
            "a prompt longer than n_ctx ends in torch's own error about sizes, which nobody understands",
            "compare the prompt's length with n_ctx before anything else happens",
            _machine(refuse=_never),
        ),
        Mistake(
            "an assert for an error",
            "beyond n_ctx an assert fails: python -O leaves asserts out, and callers expect a ValueError",
            "the docstring says which kind of error to raise",
            _machine(refuse=_assertion),
        ),
        Mistake(
            "another kind of error",
            "beyond n_ctx there is a clear error, but an IndexError",
            "the docstring says which kind of error to raise",
            _machine(refuse=_type_error),
        ),
        Mistake(
            "an error without the numbers",
            "the ValueError does not say how many tokens there are and how many the model takes",
            "whoever reads the message wants both numbers: an f-string holds them",
            _machine(refuse=_curt),
        ),
        Mistake(
            "n_ctx itself refused",
            "a prompt of exactly n_ctx tokens is refused, although there is a position for each of them",
            "n_ctx position vectors: how many tokens have a place?",
            _machine(refuse=_too_strict),
        ),
        Mistake(
            "cut without a word",
            "of a prompt longer than n_ctx only the last n_ctx tokens are read, and nobody is told",
            "silence hides bugs: whoever wants to crop can do it, in week 9 for example",
            _machine(refuse=_never, read=lambda self, tokens: tokens[:, -self.config.n_ctx :]),
        ),
    ),
)
