"""The answer key of `generate`: HF's own generate; for random draws, HF's probabilities."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_generation import continued, continued_in_a_window, pair_probabilities
from utils.answers.oracles.hf_generation import temperature as hf_temperature
from utils.answers.oracles.hf_generation import top_k as hf_top_k
from utils.answers.oracles.hf_generation import top_p as hf_top_p
from utils.answers.week09_sampling._pieces import CHANCE
from utils.answers.week09_sampling.adjust_logits import STEPS, adjusting
from utils.checks import week09_sampling as checks
from utils.checks.measure.sampling_statistics import token_frequencies
from utils.checks.watch.global_random import untouched_numbers

WRITTEN_WITH_SEEDS = {
    "the same seed writes the same": True,
    "another seed writes another": True,
    "without a seed it differs": True,
    "every row is drawn by itself": True,
}


def seeds_expected():
    """Return the expected outcome for texts generated with seeds and without."""
    return {**WRITTEN_WITH_SEEDS, "torch's own next numbers": untouched_numbers()}


def seeds_observed(texts):
    """Return the compared properties of texts generated with seeds and without (`week09_sampling._seeds`)."""
    one, again, other = (texts[name] for name in ("seed 0", "seed 0 again", "seed 1"))
    properties = (
        torch.equal(one, again),
        not torch.equal(one, other),
        not torch.equal(texts["no seed"], texts["no seed again"]),
        len(one.unique(dim=0)) > 1,
    )
    own = texts["torch's own next numbers"]
    return {**dict(zip(WRITTEN_WITH_SEEDS, properties, strict=True)), "torch's own next numbers": own}


def pair_frequencies(written, seq, d_vocab):
    """Return the frequency of each pair of tokens after a prompt of `seq` tokens."""
    first, second = written[:, seq], written[:, seq + 1]
    return token_frequencies(first * d_vocab + second, d_vocab**2).reshape(d_vocab, d_vocab)


def _observed(output, model, tokens, asked, **more):
    if asked == "seeds":
        return seeds_observed(output)
    if asked == "frequencies":
        return pair_frequencies(output, tokens.shape[1], model["config"]["d_vocab"])
    return output


def _expected(model, tokens, n_new, n_ctx, how, asked):
    if asked == "seeds":
        return seeds_expected()
    if asked == "frequencies":
        return pair_probabilities(model, tokens, _processors(how))
    if tokens.shape[1] + n_new > n_ctx:
        penalties = _processors({"penalties": how.get("penalties", [])})
        written = continued_in_a_window(model, tokens, n_new, n_ctx, penalties)
    else:
        written = continued(model, tokens, n_new, how.get("stop_token"))
    return {"tokens": written, "gradients recorded": False}


def _processors(how):
    """Return HF's penalties, then HF's warpers."""
    by_name = {"temperature": hf_temperature, "top_k": hf_top_k, "top_p": hf_top_p}
    penalties = [
        lambda tokens, logits, name=name: checks.PENALTIES[name](logits, tokens)
        for name in how.get("penalties", [])
    ]
    return [*penalties, *(make(how[name]) for name, make in by_name.items() if name in how)]


def _last(tokens, n_ctx):
    return tokens[:, max(0, tokens.shape[1] - n_ctx) :]


def _luck(seed):
    return torch.Generator().manual_seed(seed) if seed is not None else None


def _falls(logits, generator):
    """Return one token per row by inverse transform sampling from the cumulative probabilities."""
    summed = logits.softmax(-1).double().cumsum(-1)
    fall = torch.rand(len(logits), 1, dtype=torch.float64, generator=generator)
    return (fall * summed[:, -1:] >= summed).sum(-1)


_adjust = adjusting(*STEPS)


def _writing(
    window=_last,
    place=-1,
    adjust=_adjust,
    history=lambda tokens, n_ctx: tokens,
    draw=_falls,
    luck=_luck,
    each_step=lambda generator, seed: generator,
    steps=lambda n_new, seq: n_new,
    finished=lambda drawn, over, stop: drawn.masked_fill(over, stop),
    at_first=lambda tokens, stop: torch.zeros(len(tokens), dtype=torch.bool),
    ends=lambda over: bool(over.all()),
    add_last=True,
    kept=lambda tokens, seq, n_ctx: tokens,
    gradients=False,
):
    """A generate of which each mistake changes one piece."""

    def generate(model, tokens, n_new, n_ctx, temperature=1.0, stop_token=None, seed=None, **how):
        seq, generator = tokens.shape[1], luck(seed)
        over = at_first(tokens, stop_token) if stop_token is not None else torch.zeros(1, dtype=torch.bool)
        for _ in range(steps(n_new, seq)):
            generator = each_step(generator, seed)
            with torch.set_grad_enabled(gradients):
                guesses = model(window(tokens, n_ctx))[:, place].detach()
            drawn = draw(adjust(guesses, history(tokens, n_ctx), temperature, **how), generator)
            if stop_token is not None:
                drawn = finished(drawn, over, stop_token)
                over = over | (drawn == stop_token)
            if not add_last and ends(over):
                break
            tokens = torch.column_stack([tokens, drawn])
            if ends(over):
                break
        return kept(tokens, seq, n_ctx)

    return generate


def _global_luck(seed):
    if seed is not None:
        torch.manual_seed(seed)


def _without_stop_token_0(generate):
    return lambda *given, stop_token=None, **how: generate(*given, stop_token=stop_token or None, **how)


def _first_row_for_all(logits, generator):
    return _falls(logits[:1], generator).expand(len(logits))


ANSWER_KEY = AnswerKey(
    check=checks.generate,
    expected=_expected,
    observe=_observed,
    reference="HF's generate",
    tolerance=CHANCE,
    mistakes=(
        Mistake(
            "context not cropped",
            "the model is shown more than n_ctx tokens",
            "how many tokens can the model see at once, and which ones should they be?",
            _writing(window=lambda tokens, n_ctx: tokens),
        ),
        Mistake(
            "cropped at the wrong end",
            "once the text is longer than n_ctx, the model still sees its beginning, not its end",
            "the last n_ctx tokens: from which end do you count?",
            _writing(window=lambda tokens, n_ctx: tokens.narrow(1, 0, min(n_ctx, tokens.shape[1]))),
        ),
        Mistake(
            "one token short of n_ctx",
            "the model is shown n_ctx − 1 tokens although n_ctx fit",
            "how many tokens are there in your slice?",
            _writing(window=lambda tokens, n_ctx: _last(tokens, n_ctx - 1)),
        ),
        Mistake(
            "prompt forgotten",
            "only the newest token is shown to the model",
            "the model remembers nothing: it has to be shown the whole text again each time",
            _writing(window=lambda tokens, n_ctx: _last(tokens, 1)),
        ),
        Mistake(
            "text cut to n_ctx",
            "the beginning of the text is lost in the result, too",
            "is what the model sees the same as what you return?",
            _writing(kept=lambda tokens, seq, n_ctx: _last(tokens, n_ctx)),
        ),
        Mistake(
            "first position",
            "the guess after the first token is used",
            "at which position does the model guess what comes after the whole text?",
            _writing(place=0),
        ),
        Mistake(
            "one token too many",
            "n_new + 1 tokens are added",
            "count the rounds of your loop",
            _writing(steps=lambda n_new, seq: n_new + 1),
        ),
        Mistake(
            "one token too few",
            "n_new − 1 tokens are added",
            "count the rounds of your loop",
            _writing(steps=lambda n_new, seq: n_new - 1),
        ),
        Mistake(
            "the prompt counts",
            "prompt and new tokens together make n_new",
            "n_new counts what is added",
            _writing(steps=lambda n_new, seq: max(0, n_new - seq)),
        ),
        Mistake(
            "new part only",
            "the prompts are missing from the result",
            "the result begins with the prompts",
            _writing(kept=lambda tokens, seq, n_ctx: tokens[:, seq:]),
        ),
        Mistake(
            "stop token ignored",
            "the text goes on after the stop token",
            "what should a row add once it has drawn stop_token, and when can the loop end?",
            _writing(finished=lambda drawn, over, stop: drawn, ends=lambda over: False),
        ),
        Mistake(
            "finished rows go on",
            "a row that has met its stop token goes on writing while others are not done",
            "remember for each row whether it is done, and fill it up",
            _writing(finished=lambda drawn, over, stop: drawn),
        ),
        Mistake(
            "filled up with 0",
            "a row that is done is filled up with token 0",
            "fill it up with stop_token",
            _writing(finished=lambda drawn, over, stop: drawn.masked_fill(over, 0)),
        ),
        Mistake(
            "first row ends all",
            "generation ends as soon as one row is done",
            "when may the loop end: when any row is done, or all of them?",
            _writing(ends=lambda over: bool(over.any())),
        ),
        Mistake(
            "always n_new",
            "all rows are done, and the loop goes on adding stop tokens",
            "when all rows are done, nothing is left to write",
            _writing(ends=lambda over: False),
        ),
        Mistake(
            "last stop token missing",
            "the loop ends before the last row's stop token is added",
            "the stop token is part of the result: add first, then ask whether all are done",
            _writing(add_last=False),
        ),
        Mistake(
            "stop token of the prompt",
            "a prompt that contains the stop token counts as finished",
            "only a new token can end the text",
            _writing(at_first=lambda tokens, stop: (tokens == stop).any(1)),
        ),
        Mistake(
            "gradients recorded",
            "the tokens are right, but every pass remembers all it needs for gradients, and memory fills up",
            "under which context does torch record nothing?",
            _writing(gradients=True),
        ),
        Mistake(
            "one draw for all rows",
            "all rows get the first row's token",
            "sample_token draws for each row: what do you do with its result?",
            _writing(draw=_first_row_for_all),
        ),
        Mistake(
            "always greedy",
            "the most probable token is taken each time, whatever the temperature",
            "which of your functions draws?",
            _writing(draw=lambda logits, generator: logits.max(-1).indices),
        ),
        Mistake(
            "temperature ignored",
            "the tokens are drawn at temperature 1, whatever is asked for",
            "which arguments does adjust_logits take?",
            _writing(adjust=adjusting(*STEPS, temperature=1.0)),
        ),
        Mistake(
            "top_k ignored",
            "top_k makes no difference",
            "which arguments does adjust_logits take?",
            _writing(adjust=adjusting(*STEPS, top_k=None)),
        ),
        Mistake(
            "top_p ignored",
            "top_p makes no difference",
            "which arguments does adjust_logits take?",
            _writing(adjust=adjusting(*STEPS, top_p=1.0)),
        ),
        Mistake(
            "penalties ignored",
            "the penalties make no difference, or too little of one",
            "which arguments does adjust_logits take, and are the penalties its first step?",
            _writing(adjust=adjusting(*STEPS, penalties=())),
        ),
        Mistake(
            "penalties without the prompt",
            "the penalties see the last token only, not the whole text with its prompt",
            "which tokens do you pass on to adjust_logits?",
            _writing(history=lambda tokens, n_ctx: tokens[:, -1:]),
        ),
        Mistake(
            "penalties in the window only",
            "the penalties forget what has left the model's window; they are given the whole text",
            "what the model is shown and what the penalties are given are two things",
            _writing(history=_last),
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
            "always seeded",
            "without a seed the same text comes each time",
            "what should happen when seed is None?",
            _writing(luck=lambda seed: _luck(7 if seed is None else seed)),
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
        Mistake(
            "stop token 0 taken for none",
            "a stop token with id 0 counts as no stop token",
            "0 is an id like any other: what is the condition for a stop token?",
            _without_stop_token_0(_writing()),
        ),
    ),
)
