"""The answer key of `head_zoo`: scores counted number by number in HF's own patterns."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_inside import patterns
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside._pieces import observed, scores
from utils.checks import week12_inside as checks

_KINDS = ("previous token", "first token", "induction")


def _expected(config, weights, tokens, start, period):
    found = patterns(hf_model(config, weights), tokens)
    queries = range(tokens.shape[1])
    pairs = {
        "previous token": [(i, i - 1) for i in queries if i >= 1],
        "first token": [(i, 0) for i in queries if i >= 1],
        "induction": [(i, i - period + 1) for i in queries if i >= start + period],
    }
    return {kind: _mean_of(found, chosen).mean(dim=1) for kind, chosen in pairs.items()}


def _mean_of(found, pairs):
    return torch.stack([found[..., query, key] for query, key in pairs]).mean(dim=0)


class _Zoo:
    """The scores in pieces, of which each mistake replaces one."""

    def __call__(self, model, tokens, start, period):
        seen = observed(model, tokens)[1]
        found = torch.stack([self.of(model, seen, layer) for layer in range(len(model.blocks))])
        scores_by_kind = (self.previous(found), self.first(found), self.induction(found, start, period))
        return dict(zip(self.kinds, map(self.gather, scores_by_kind), strict=True))

    kinds = _KINDS

    def of(self, model, seen, layer):
        return scores(model.blocks[layer].attn, seen[f"blocks.{layer}.ln_1"]).softmax(-1)

    def gather(self, score):
        return score.mean(dim=1)

    def previous(self, found):
        return found.diagonal(-1, -2, -1).mean(-1)

    def first(self, found):
        return found[..., 1:, 0].mean(-1)

    def induction(self, found, start, period):
        return self.stripe(found, 1 - period, start + period)

    def stripe(self, found, offset, since):
        return found.diagonal(offset, -2, -1)[..., since + offset :].mean(-1)


def _zoo(**pieces):
    return type("Zoo", (_Zoo,), pieces)()


def _scores_of(model, seen, layer):
    return scores(model.blocks[layer].attn, seen[f"blocks.{layer}.ln_1"]).nan_to_num(neginf=-1e4)


def _through(model, seen, layer, raw):
    before = seen[f"blocks.{layer - 1}"] if layer else seen["embed"] + seen["pos_embed"]
    read = before if raw else seen[f"blocks.{layer}.ln_2"]
    return scores(model.blocks[layer].attn, read).softmax(-1)


ANSWER_KEY = AnswerKey(
    check=checks.head_zoo,
    expected=_expected,
    mistakes=(
        Mistake(
            "mean over the heads",
            "the mean is taken over the heads, so that every prompt gets a score and no head does",
            "a head is to keep its score: over which axis do you average?",
            _zoo(gather=lambda self, score: score.mean(dim=2)),
        ),
        Mistake(
            "no mean",
            "there is a score for every prompt; the prompts are to be averaged",
            "what is left: layers and heads",
            _zoo(gather=lambda self, score: score),
        ),
        Mistake(
            "first prompt only",
            "only the first prompt is looked at",
            "the mean over the prompts",
            _zoo(gather=lambda self, score: score[:, 0]),
        ),
        Mistake(
            "best prompt",
            "each head gets the score of its best prompt, not the mean",
            "the mean over the prompts",
            _zoo(gather=lambda self, score: score.amax(dim=1)),
        ),
        Mistake(
            "heads by layers",
            "rows are heads and columns layers; the order is the other way round",
            "[layers, heads]",
            _zoo(gather=lambda self, score: score.mean(dim=1).mT),
        ),
        Mistake(
            "names swapped",
            "the previous-token score stands under the first token's name, and the other way round",
            "which score belongs to which name?",
            _zoo(kinds=("first token", "previous token", "induction")),
        ),
        Mistake(
            "what the block reads",
            "the patterns are made from the whole stream, which the attention reads only through ln_1",
            "which entry of the cache is the attention given?",
            _zoo(of=lambda self, model, seen, layer: _through(model, seen, layer, raw=True)),
        ),
        Mistake(
            "ln_2 for ln_1",
            "the patterns are made from what the MLP reads",
            "which entry of the cache is the attention given?",
            _zoo(of=lambda self, model, seen, layer: _through(model, seen, layer, raw=False)),
        ),
        Mistake(
            "scores for patterns",
            "these are means of scores, before the softmax",
            "what comes first in the pair that inside_attention gives?",
            _zoo(of=lambda self, model, seen, layer: _scores_of(model, seen, layer)),
        ),
        Mistake(
            "pattern transposed",
            "keys and queries have changed places",
            "row = query",
            _zoo(
                of=lambda self, model, seen, layer: _Zoo.of(self, model, seen, layer).mT,
            ),
        ),
        Mistake(
            "opening not cut off",
            "for the induction score the opening is still there, so that repetition is counted too early",
            "where does the repeated piece begin? induction_score takes a pattern that begins there",
            _zoo(induction=lambda self, found, start, period: self.stripe(found, 1 - period, period)),
        ),
        Mistake(
            "only the queries cut off",
            "for the induction score the opening is cut off the queries and not off the keys",
            "cut both axes",
            _zoo(
                induction=lambda self, found, start, period: (
                    found[..., start:, :].diagonal(1 - period, -2, -1)[..., 1:].mean(-1)
                )
            ),
        ),
        Mistake(
            "opening cut off everywhere",
            "the opening is cut off for all three scores; only the induction score asks for it",
            "the other two scores look at the whole pattern",
            _zoo(
                previous=lambda self, found: _Zoo.previous(self, found[..., 1:, 1:]),
                first=lambda self, found: _Zoo.first(self, found[..., 1:, 1:]),
            ),
        ),
        Mistake(
            "the token itself",
            "the induction score counts attention to the earlier copy itself, not to the token after it",
            "induction_score of week 6 knows the right stripe: is it given the period?",
            _zoo(induction=lambda self, found, start, period: self.stripe(found, -period, start + period)),
        ),
    ),
)
