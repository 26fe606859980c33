"""The answer key of `cached_generate`: HF's generate with its own cache, or HF's probabilities."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_generation import (
    continued,
    continued_in_a_window,
    pair_probabilities,
    temperature,
)
from utils.answers.week09_sampling._pieces import CHANCE
from utils.answers.week09_sampling.adjust_logits import STEPS, adjusting
from utils.answers.week09_sampling.cached_logits import _passing
from utils.answers.week09_sampling.generate import (
    _falls,
    _global_luck,
    _luck,
    pair_frequencies,
    seeds_expected,
    seeds_observed,
)
from utils.checks import week09_sampling as checks


def _expected(model, tokens, n_new, asked):
    if asked == "seeds":
        return seeds_expected()
    if asked == "frequencies":
        return pair_probabilities(model, tokens, [temperature(1.8)])
    n_ctx = model["config"]["n_ctx"]
    if tokens.shape[1] + n_new > n_ctx:
        written = continued_in_a_window(model, tokens, n_new, n_ctx)
    else:
        written = continued(model, tokens, n_new, None)
    work = {checks.WORK: True} if asked == "tokens and work" else {}
    return {"tokens": written, **work}


def _observed(output, model, tokens, n_new, asked):
    if asked == "seeds":
        return seeds_observed(output)
    if asked == "frequencies":
        return pair_frequencies(output, tokens.shape[1], model["config"]["d_vocab"])
    return output


_adjust = adjusting(*STEPS)
_pass = _passing()


def _writing(
    look=_pass,
    new=lambda tokens, drawn: drawn,
    full=lambda cache, new, n_ctx: cache.length + new.shape[1] > n_ctx,
    restart=lambda tokens, n_ctx: tokens[:, max(0, tokens.shape[1] - n_ctx) :],
    fresh=lambda cache, n_layers: checks.SmallCache(n_layers),
    steps=lambda n_new: n_new,
    place=-1,
    heat=lambda temperature: temperature,
    luck=_luck,
    each_step=lambda generator, seed: generator,
    kept=lambda tokens, seq: tokens,
):
    """A cached generate of which each mistake changes one piece."""

    @torch.no_grad()
    def cached_generate(model, tokens, n_new, temperature=1.0, seed=None):
        n_ctx, seq, layers = model.config.n_ctx, tokens.shape[1], len(model.blocks)
        generator, cache = luck(seed), checks.SmallCache(layers)
        unread = tokens[:, max(0, seq - n_ctx) :]
        for _ in range(steps(n_new)):
            generator = each_step(generator, seed)
            if full(cache, unread, n_ctx):
                cache, unread = fresh(cache, layers), restart(tokens, n_ctx)
            guesses = look(model, unread, cache)[:, place]
            drawn = _falls(_adjust(guesses, tokens, heat(temperature)), generator)[:, None]
            tokens = torch.column_stack([tokens, drawn])
            unread = new(tokens, drawn)
        return kept(tokens, seq)

    return cached_generate


def _anew(model, tokens, n_new, temperature=1.0, seed=None):
    """Generate without a cache."""
    generator, n_ctx, wanted = _luck(seed), model.config.n_ctx, tokens.shape[1] + n_new
    while tokens.shape[1] < wanted:
        with torch.no_grad():
            guesses = model(tokens[:, max(0, tokens.shape[1] - n_ctx) :])[:, -1]
        tokens = torch.column_stack([tokens, _falls(_adjust(guesses, tokens, temperature), generator)])
    return tokens


def _rolled(cache, layers):
    """Drop the oldest position of every layer."""
    for number in range(layers):
        cache._kept[number] = [each[:, :, 1:] for each in cache._kept[number]]
    return cache


ANSWER_KEY = AnswerKey(
    check=checks.cached_generate,
    expected=_expected,
    observe=_observed,
    reference="HF's generate",
    tolerance=CHANCE,
    mistakes=(
        Mistake(
            "no cache",
            "the tokens are right, but the whole text is read again in every step",
            "what is new since the last step? Only that has to go through the model",
            _anew,
        ),
        Mistake(
            "everything read again into the cache",
            "the whole text goes into the cache again in every step",
            "what is new since the last step?",
            _writing(new=lambda tokens, drawn: tokens, full=lambda cache, new, n_ctx: False),
        ),
        Mistake(
            "never full",
            "the cache goes on growing beyond n_ctx, and there is no place for the next token",
            "what happens when the cache is full? It begins anew, with the last n_ctx tokens",
            _writing(full=lambda cache, new, n_ctx: False),
        ),
        Mistake(
            "oldest thrown out",
            "the oldest position is thrown out of the cache: the others keep the places that they had",
            "when the window moves, every token in it gets another place. What of the cache is still right?",
            _writing(fresh=_rolled, restart=lambda tokens, n_ctx: tokens[:, -1:]),
        ),
        Mistake(
            "begins anew with one token",
            "when the cache is full it is emptied, and the text so far is forgotten",
            "what has to be read again when the cache is empty?",
            _writing(restart=lambda tokens, n_ctx: tokens[:, -1:]),
        ),
        Mistake(
            "begins anew with the beginning",
            "when the cache is full, the first n_ctx tokens are read again, not the last",
            "which n_ctx tokens does generate show to the model?",
            _writing(restart=lambda tokens, n_ctx: tokens[:, :n_ctx]),
        ),
        Mistake(
            "first position",
            "the guess after the first of the new tokens is used",
            "with a prompt of 4 there are 4 rows of logits: which one guesses the next token?",
            _writing(place=0),
        ),
        Mistake(
            "one token too many",
            "n_new + 1 tokens are added",
            "count the rounds of your loop",
            _writing(steps=lambda n_new: n_new + 1),
        ),
        Mistake(
            "one token too few",
            "n_new − 1 tokens are added",
            "the first pass, over the prompt, gives the first new token",
            _writing(steps=lambda n_new: n_new - 1),
        ),
        Mistake(
            "new part only",
            "the prompts are missing from the result",
            "the result begins with the prompts",
            _writing(kept=lambda tokens, seq: tokens[:, seq:]),
        ),
        Mistake(
            "positions from 0",
            "every new token gets the place 0",
            "cached_logits finds the place from the cache: is it your own cache that it gets?",
            _writing(look=_passing(start=lambda cache, new: 0)),
        ),
        Mistake(
            "temperature ignored",
            "the tokens are drawn at temperature 1, whatever is asked for",
            "which of your functions changes the logits before the draw?",
            _writing(heat=lambda temperature: 1.0),
        ),
        Mistake(
            "always greedy",
            "the most probable token is taken each time",
            "which of your functions draws?",
            _writing(heat=lambda temperature: 0.0),
        ),
        Mistake(
            "seed ignored",
            "the same seed writes another text each time",
            "which generator is made from the seed, and where is it used?",
            _writing(luck=lambda seed: None),
        ),
        Mistake(
            "seeded in every step",
            "every step begins with the same random numbers: equal choices always fall alike",
            "how many generators does one text need, and where is it made?",
            _writing(each_step=lambda generator, seed: _luck(seed)),
        ),
        Mistake(
            "seed 0 taken for none",
            "a seed of 0 counts as no seed: every text is another one",
            "0 is a seed like any other: what is the condition for a generator of its own?",
            _writing(luck=lambda seed: _luck(seed or None)),
        ),
        Mistake(
            "torch's own generator seeded",
            "torch's global generator is seeded: all later random numbers of the notebook are others",
            "whose generator does torch.manual_seed set?",
            _writing(luck=_global_luck),
        ),
    ),
)
