"""Week 9's checks: from probabilities to text."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import cycle
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from utils.checks.engine.cases import Case, Draw, Sizes
from utils.checks.engine.check import Check
from utils.checks.engine.shape_table import shape_table_check
from utils.checks.fakes.by_state import while_unrecorded
from utils.checks.fakes.gpt2 import SmallGPT2, random_weights
from utils.checks.fakes.modules import TokenTable
from utils.checks.measure.sampling_statistics import DRAWS, checked_ids
from utils.checks.watch.global_random import next_global_numbers
from utils.errors import CheckMisuse
from utils.reference import ModelConfig, Reference
from utils.reference.inputs.tokens import token_ids

WEEK = "week09_sampling"
_READY_MADE = ("transformers.generation",)


def _real_logits(reference: Reference, positions: int = 1) -> Tensor:
    """Returns the reference's logits after the last positions of two prompts, [2, positions, d_vocab]."""
    with torch.no_grad():
        return reference.model(token_ids(reference)).logits[:, -positions:].clone()


def _partly_infinite(draw: Draw, *shape: int) -> Tensor:
    """Returns random logits, a third of them −inf, with at least one finite logit in each row."""
    logits = draw.normal(*shape, scale=2.0).masked_fill(draw.booleans(*shape, share=0.35), -torch.inf)
    logits[..., draw.choose(range(shape[-1]))] = 0.5
    return logits


# --- greedy -------------------------------------------------------------------------------------------------


def _greedy_cases(draw: Draw) -> list[Case]:
    cases = []
    for _ in range(2):
        sizes = draw.sizes("batch", "seq", "d_vocab", among=range(3, 12))
        cases.append(Case(f"random logits, {sizes}", {"logits": draw.normal(*sizes.values())}))
    tied = draw.integers(0, 3, 6, 4, 9).float()
    few = _partly_infinite(draw, 3, 5, 8)
    alone = draw.normal(4, 1, 7)
    real = _real_logits(draw.reference, positions=3)
    return [
        *cases,
        Case("many equal logits, batch 6 · seq 4 · d_vocab 9", {"logits": tied}),
        Case("−inf among the logits, batch 3 · seq 5 · d_vocab 8", {"logits": few}),
        Case("prompts of one token, batch 4 · seq 1 · d_vocab 7", {"logits": alone}),
        Case("one prompt, batch 1 · seq 3 · d_vocab 6", {"logits": draw.normal(1, 3, 6)}),
        Case("one prompt of one token, batch 1 · seq 1 · d_vocab 5", {"logits": draw.normal(1, 1, 5)}),
        Case("a vocabulary of one token, batch 2 · seq 3 · d_vocab 1", {"logits": draw.normal(2, 3, 1)}),
        Case("the first id and the last, batch 2 · seq 3 · d_vocab 7", {"logits": _peaks_at_ends(draw, 3)}),
        Case(f"{draw.reference.name}'s logits for two prompts", {"logits": real}),
    ]


def _peaks_at_ends(draw: Draw, *seq: int) -> Tensor:
    """Returns two rows of 7 logits: the first id is the most probable of one, the last id of the other."""
    logits = draw.normal(2, *seq, 7)
    logits[0, ..., 0], logits[1, ..., -1] = 9.0, 9.0
    return logits


greedy = Check(
    name="greedy",
    week=WEEK,
    question="Which token does each prompt go on with, if it is always the most probable one?",
    cases=_greedy_cases,
    run=lambda greedy, logits: greedy(logits),
    forbidden=_READY_MADE,
)

# --- apply_temperature --------------------------------------------------------------------------------------


def _temperature_cases(draw: Draw) -> list[Case]:
    cases = []
    for names, temperature in (
        (("batch", "d_vocab"), 2.5),
        (("batch", "seq", "d_vocab"), 0.4),
        (("d_vocab",), 1.0),
        (("batch", "d_vocab"), 0.0),
        (("batch", "seq", "d_vocab"), 0.0),
    ):
        sizes = draw.sizes(*names, among=range(3, 12))
        inputs = {"logits": draw.normal(*sizes.values(), scale=2.0), "temperature": temperature}
        cases.append(Case(f"temperature {temperature:g}, {sizes}", inputs))
    holes = {"logits": _partly_infinite(draw, 4, 9), "temperature": 0.7}
    tied_logits = draw.integers(-2, 1, 5, 8).float()
    tied_logits[0] = 0.0  # in one row all are equal, whatever is drawn
    tied = {"logits": tied_logits, "temperature": 0.0}
    for temperature, *shape in ((0.6, 1, 5), (0.0, 1, 5), (0.0, 1, 1, 4), (0.0, 6), (1.7, 3, 1), (0.0, 3, 1)):
        label = f"temperature {temperature:g}, shape {tuple(shape)}"
        cases.append(Case(label, {"logits": draw.normal(*shape), "temperature": temperature}))
    for temperature in (0.0, 0.01):
        label = f"temperature {temperature:g}, the first id and the last, batch 2 · d_vocab 7"
        cases.append(Case(label, {"logits": _peaks_at_ends(draw), "temperature": temperature}))
    real = {"logits": _real_logits(draw.reference)[:, 0], "temperature": draw.choose([0.5, 0.8, 1.3])}
    return [
        *cases,
        Case("temperature 0.7, −inf among the logits, batch 4 · d_vocab 9", holes),
        Case("temperature 0, many equal logits, batch 5 · d_vocab 8", tied),
        Case(f"temperature {real['temperature']:g}, {draw.reference.name}'s logits for two prompts", real),
    ]


apply_temperature = Check(
    name="apply_temperature",
    week=WEEK,
    question="Which logits belong to this temperature?",
    cases=_temperature_cases,
    run=lambda apply_temperature, logits, temperature: apply_temperature(logits, temperature),
    forbidden=_READY_MADE,
    on_accelerator=True,
)

# --- sample_token -------------------------------------------------------------------------------------------


def _sample_cases(draw: Draw) -> list[Case]:
    rows, d_vocab = 3, draw.choose(range(5, 10))
    random = draw.normal(rows, d_vocab, scale=1.5)
    holes = _partly_infinite(draw, 2, 6)
    holes[:, :2], holes[:, 5] = (
        1.0,
        -torch.inf,
    )  # at least two tokens to choose from, and one that is excluded
    words = _real_logits(draw.reference)[:, 0].topk(8).values
    seed = draw.choose(range(1, 10**6))
    alone = draw.normal(1, 5)
    alone[0, 1:4] = -torch.inf  # the first id and the last
    return [
        Case(f"{rows} rows of {d_vocab} random logits", {"logits": random, "seed": seed}),
        Case("−inf among the logits, 2 rows of 6", {"logits": holes, "seed": seed + 1}),
        Case("2 rows of 6 large logits", {"logits": 300 + holes, "seed": seed + 2}),
        Case("without a generator, 2 rows of 4", {"logits": draw.normal(2, 4), "seed": None}),
        Case("a generator seeded with 0, 2 rows of 5", {"logits": draw.normal(2, 5), "seed": 0}),
        Case("one row of 5, only the first and the last possible", {"logits": alone, "seed": seed + 3}),
        Case("one row of a single token", {"logits": draw.normal(1, 1), "seed": seed + 4}),
        Case(
            f"the 8 largest logits of {draw.reference.name} for two prompts", {"logits": words, "seed": seed}
        ),
    ]


def _run_sample(sample_token: Callable, logits: Tensor, seed: int | None) -> dict[str, Any]:
    """Returns draws from many copies of the rows, from the rows themselves, and three times from twenty
    copies.

    The first two of these share a generator; the third starts again with the same seed.
    """
    many, few = logits.repeat(DRAWS, 1), logits.repeat(20, 1)

    def generator() -> torch.Generator | None:
        return None if seed is None else torch.Generator().manual_seed(seed)

    drawn = {"many": sample_token(many, generator()), "once": sample_token(logits, generator())}
    shared = generator()
    drawn |= {"few": sample_token(few, shared), "next": sample_token(few, shared)}
    drawn |= {"few again": sample_token(few, generator())}
    checked_ids(drawn["many"], logits.shape[-1])
    return drawn | {"torch's own next numbers": next_global_numbers() if seed is not None else None}


sample_token = Check(
    name="sample_token",
    week=WEEK,
    question="How often is each token drawn?",
    cases=_sample_cases,
    run=_run_sample,
    random_state="allowed",  # without a generator, the global one is used
)

# --- top_k_filter -------------------------------------------------------------------------------------------


def _top_k_cases(draw: Draw) -> list[Case]:
    cases = []
    for names in (("batch", "d_vocab"), ("batch", "seq", "d_vocab"), ("d_vocab",)):
        sizes = draw.sizes(*names, among=range(6, 13))
        k = draw.choose(range(2, 5))
        inputs = {"logits": draw.normal(*sizes.values(), scale=2.0), "k": k}
        cases.append(Case(f"k {k}, {sizes}", inputs))
    # Three entries are 3, so that the second, third and fourth largest are equal.
    tied = torch.stack([torch.tensor([3.0, 1, 5, 3, -2, 0, 3, 2])[torch.randperm(8, generator=_dice(draw))]])
    tied = torch.cat([tied, -tied, draw.integers(-2, 2, 3, 8).float()])
    few = torch.full((2, 7), -torch.inf).scatter(1, draw.integers(0, 7, 2, 2), 1.5)
    return [
        *cases,
        Case("k 1, batch 4 · d_vocab 7", {"logits": draw.normal(4, 7), "k": 1}),
        Case("k 1, equal logits at the border, batch 5 · d_vocab 8", {"logits": tied, "k": 1}),
        Case("k 1, one row of 6", {"logits": draw.normal(1, 6), "k": 1}),
        Case("k 3, shape (1, 1, 6)", {"logits": draw.normal(1, 1, 6), "k": 3}),
        Case("k 5, just the vocabulary, batch 2 · d_vocab 5", {"logits": draw.normal(2, 5), "k": 5}),
        Case("k 4, one less than the vocabulary, d_vocab 5", {"logits": draw.normal(5), "k": 4}),
        Case("k 1, a vocabulary of one token, shape (1,)", {"logits": draw.normal(1), "k": 1}),
        Case("k 3, equal logits at the border, batch 5 · d_vocab 8", {"logits": tied, "k": 3}),
        Case("k 4, fewer than 4 logits are not −inf, batch 2 · d_vocab 7", {"logits": few, "k": 4}),
        Case("k larger than the vocabulary, batch 3 · d_vocab 5", {"logits": draw.normal(3, 5), "k": 9}),
        Case("k 2, a vocabulary of one token, batch 3", {"logits": draw.normal(3, 1), "k": 2}),
        Case(
            f"k 40, {draw.reference.name}'s logits for two prompts",
            {"logits": _real_logits(draw.reference)[:, 0], "k": 40},
        ),
    ]


def _dice(draw: Draw) -> torch.Generator:
    return torch.Generator().manual_seed(draw.choose(range(10**6)))


top_k_filter = Check(
    name="top_k_filter",
    week=WEEK,
    question="Which tokens are left when only the k most probable ones may be drawn?",
    cases=_top_k_cases,
    run=lambda top_k_filter, logits, k: top_k_filter(logits, k),
    forbidden=_READY_MADE,
    changes_inputs="wrong",
    on_accelerator=True,
)

# --- top_p_filter -------------------------------------------------------------------------------------------


def _top_p_cases(draw: Draw) -> list[Case]:
    cases = []
    for names in (("batch", "d_vocab"), ("batch", "seq", "d_vocab"), ("d_vocab",)):
        sizes = draw.sizes(*names, among=range(6, 13))
        p = round(0.35 + 0.5 * draw.choose(range(1000)) / 1000, 4)
        logits = draw.normal(*sizes.values(), scale=1.5)
        cases.append(Case(f"p {p:g}, {sizes}", {"logits": logits, "p": p, "tied": False}))
    sure = draw.normal(4, 7)
    sure[:, draw.choose(range(7))] += 9.0  # its probability alone exceeds p
    return [
        *cases,
        Case("p 0.6, one token is nearly certain, batch 4 · d_vocab 7", _p_inputs(sure, 0.6)),
        Case(
            "p 0.8, −inf among the logits, batch 3 · d_vocab 9", _p_inputs(_partly_infinite(draw, 3, 9), 0.8)
        ),
        Case("p 1, batch 5 · d_vocab 11", _p_inputs(draw.normal(5, 11), 1.0)),
        Case("p 0.5, logits of ±10,000, batch 3 · d_vocab 6", _p_inputs(draw.normal(3, 6, scale=1e4), 0.5)),
        Case("p 0.9, a vocabulary of one token, batch 2", _p_inputs(draw.normal(2, 1), 0.9)),
        Case(
            "p 0.7, equal logits at the border, batch 3 · d_vocab 6", _p_inputs(_tied(draw), 0.7, tied=True)
        ),
        *(_boundary_case(draw, equal, p) for equal, p in ((4, 0.5), (16, 0.25), (4, 0.75), (2, 0.5))),
        *(_boundary_case(draw, equal, p) for equal, p in ((1, 0.5), (4, 1.0), (8, 1e-8))),
        Case("p 1e-08, batch 4 · d_vocab 7", _p_inputs(draw.normal(4, 7), 1e-8)),
        Case("p 1e-30, batch 2 · d_vocab 7", _p_inputs(_peaks_at_ends(draw), 1e-30)),
        Case("p 0.999, batch 3 · d_vocab 8", _p_inputs(draw.normal(3, 8, scale=6.0), 0.999)),
        Case("p 1, −inf among the logits, batch 1 · d_vocab 9", _p_inputs(_partly_infinite(draw, 1, 9), 1.0)),
        Case("p 0.6, one row of 7", _p_inputs(draw.normal(1, 7), 0.6)),
        Case("p 0.4, shape (1, 1, 5)", _p_inputs(draw.normal(1, 1, 5), 0.4)),
        Case("p 1e-08, a vocabulary of one token, shape (1,)", _p_inputs(draw.normal(1), 1e-8)),
        Case(
            f"p 0.7, {draw.reference.name}'s logits for two prompts",
            _p_inputs(_real_logits(draw.reference)[:, 0], 0.7),
        ),
    ]


def _p_inputs(logits: Tensor, p: float, tied: bool = False) -> dict[str, Any]:
    return {"logits": logits, "p": p, "tied": tied}


def _tied(draw: Draw) -> Tensor:
    """Returns three rows in which tokens around p = 0.7 are equal: shares 0.42, three of 0.15, two of
    0.06.
    """
    row = torch.tensor([2.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    return torch.stack([row[torch.randperm(6, generator=_dice(draw))] for _ in range(3)])


def _boundary_case(draw: Draw, equal: int, p: float) -> Case:
    """Returns equally probable tokens, a power of two of them, so that p is met exactly, without rounding."""
    logits = torch.full((2, equal + 3), -torch.inf)
    for row in logits:
        row[torch.randperm(equal + 3, generator=_dice(draw))[:equal]] = 0.0
    exactly = f", so that {p * equal:g} of them have exactly p" if p * equal >= 1 else ""
    label = f"p {p:g}, {equal} equally probable tokens{exactly}, batch 2"
    return Case(label, _p_inputs(logits, p, tied=True))


top_p_filter = Check(
    name="top_p_filter",
    week=WEEK,
    question="Which tokens are left when those that together have the probability p may be drawn?",
    cases=_top_p_cases,
    run=lambda top_p_filter, logits, p, tied: top_p_filter(logits, p),
    forbidden=_READY_MADE,
    changes_inputs="wrong",
    on_accelerator=True,
)

# --- repetition_penalty, frequency_penalty ------------------------------------------------------------------


def _penalty_cases(draw: Draw, penalties: Sequence[float], neutral: float) -> list[Case]:
    """Returns logits of both signs, and tokens that repeat within a row and across rows.

    The penalty `neutral` changes nothing.
    """
    cases = []
    for penalty in penalties:
        sizes = draw.sizes("batch", "seq", "d_vocab", among=range(4, 12))
        # At most half of the vocabulary occurs, so that some tokens repeat and others are missing.
        tokens = draw.integers(0, sizes.d_vocab // 2, sizes.batch, sizes.seq)
        tokens[:, -2] = tokens[:, 0]
        logits = draw.normal(sizes.batch, sizes.d_vocab, scale=2.0)
        logits[0, tokens[0, 0]], logits[1, tokens[1, 0]] = 1.7, -1.3
        cases.append(Case(f"penalty {penalty:g}, {sizes}", _penalty_inputs(logits, tokens, penalty)))
    one = _penalty_inputs(draw.normal(3, 9), draw.integers(0, 9, 3, 1), penalties[0])
    ends = torch.tensor([[0, 6, 0], [6, 6, 3]])
    cases.append(
        Case(
            f"penalty {penalties[0]:g}, the first id and the last, batch 2 · seq 3 · d_vocab 7",
            _penalty_inputs(_peaks_at_ends(draw), ends, penalties[0]),
        )
    )
    for penalty, batch, seq, d_vocab in (
        (neutral, 3, 5, 8), (penalties[1], 1, 4, 6), (penalties[1], 1, 1, 6), (penalties[0], 2, 3, 1)
    ):  # fmt: skip
        label = f"penalty {penalty:g}, batch {batch} · seq {seq} · d_vocab {d_vocab}"
        tokens = draw.integers(0, d_vocab, batch, seq)
        cases.append(Case(label, _penalty_inputs(draw.normal(batch, d_vocab), tokens, penalty)))
    real = _penalty_inputs(_real_logits(draw.reference)[:, 0], token_ids(draw.reference), penalties[0])
    holes, tokens = _partly_infinite(draw, 3, 8), draw.integers(0, 8, 3, 10)
    holes[:, 1] = 0.0
    return [
        *cases,
        Case(
            f"penalty {penalties[0]:g}, −inf and 0 among the logits, batch 3 · seq 10 · d_vocab 8",
            _penalty_inputs(holes, tokens, penalties[0]),
        ),
        Case(f"penalty {penalties[0]:g}, one token so far, batch 3 · d_vocab 9", one),
        Case(f"penalty {penalties[0]:g}, {draw.reference.name}'s logits for two prompts", real),
    ]


def _penalty_inputs(logits: Tensor, tokens: Tensor, penalty: float) -> dict[str, Any]:
    return {"logits": logits, "tokens": tokens, "penalty": penalty}


repetition_penalty = Check(
    name="repetition_penalty",
    week=WEEK,
    question="Which logits are left when every token that has come before is made less probable?",
    cases=lambda draw: _penalty_cases(draw, (1.3, 2.0, 0.7), neutral=1.0),
    run=lambda repetition_penalty, logits, tokens, penalty: repetition_penalty(logits, tokens, penalty),
    forbidden=_READY_MADE,
    changes_inputs="wrong",
    on_accelerator=True,
)

frequency_penalty = Check(
    name="frequency_penalty",
    week=WEEK,
    question="Which logits are left when a token loses something for each time that it has come?",
    cases=lambda draw: _penalty_cases(draw, (0.6, 1.5, -0.4), neutral=0.0),
    run=lambda frequency_penalty, logits, tokens, penalty: frequency_penalty(logits, tokens, penalty),
    forbidden=_READY_MADE,
    changes_inputs="wrong",
    on_accelerator=True,
)

# --- minimum_length -----------------------------------------------------------------------------------------


_STOPS = {
    "first": lambda d_vocab: 0,
    "last": lambda d_vocab: d_vocab - 1,
    "middle": lambda d_vocab: d_vocab // 2,
}


def _minimum_cases(draw: Draw) -> list[Case]:
    cases = []
    for new, minimum, stop in (
        (0, 3, "middle"), (2, 3, "first"), (3, 3, "first"), (4, 3, "last"), (1, 0, "first"), (5, 9, "last"),
        (2, 15, "middle"), (0, 0, "last"), (0, 1, "first"), (1, 1, "middle"), (1, 4, "last first"),
        (0, 2, "middle last"), (3, 3, "first middle"), (2, 5, "middle first last"),
    ):  # fmt: skip
        batch, prompt_length, d_vocab = draw.sizes("batch", "prompt", "d_vocab", among=range(3, 10)).values()
        cases.append(_minimum_case(draw, (batch, prompt_length, d_vocab), new, minimum, stop))
    for sizes, new, minimum, stop in (
        ((1, 4, 6), 1, 2, "first"), ((1, 1, 5), 0, 2, "last"), ((3, 0, 7), 2, 3, "middle"),
        ((4, 0, 6), 2, 2, "first"), ((1, 2, 5), 1, 3, "last middle"), ((2, 3, 3), 0, 1, "first last"),
    ):  # fmt: skip
        cases.append(_minimum_case(draw, sizes, new, minimum, stop))
    return cases


def _minimum_case(draw: Draw, sizes: tuple[int, int, int], new: int, minimum: int, stop: str) -> Case:
    batch, prompt_length, d_vocab = sizes
    stop_tokens = [_STOPS[name](d_vocab) for name in stop.split()]
    inputs = {
        "logits": draw.normal(batch, d_vocab),
        # Of a prompt of a single token it is id 0.
        "tokens": draw.integers(0, 1 if prompt_length + new == 1 else d_vocab, batch, prompt_length + new),
        "prompt_length": prompt_length,
        "minimum": minimum,
        "stop_tokens": stop_tokens,
    }
    label = f"prompt of {prompt_length}, {new} new, minimum {minimum}, stop_tokens {stop_tokens} of {d_vocab}"
    return Case(f"{label}, batch {batch}", inputs)


minimum_length = Check(
    name="minimum_length",
    week=WEEK,
    question="May the text end here, and if not, which tokens are excluded?",
    cases=_minimum_cases,
    run=lambda minimum_length, logits, tokens, prompt_length, minimum, stop_tokens: minimum_length(
        logits, tokens, prompt_length, minimum, stop_tokens
    ),
    forbidden=_READY_MADE,
    changes_inputs="wrong",
    on_accelerator=True,
)

# --- adjust_logits ------------------------------------------------------------------------------------------


def _less_of_the_last(logits: Tensor, tokens: Tensor) -> Tensor:
    return logits - 2.0 * F.one_hot(tokens[:, -1], logits.shape[-1])


def _less_of_all(logits: Tensor, tokens: Tensor) -> Tensor:
    return logits - 3.0 * F.one_hot(tokens, logits.shape[-1]).amax(dim=1)


def _louder(logits: Tensor, tokens: Tensor) -> Tensor:
    return 1.8 * logits


PENALTIES = {
    "less of the last": _less_of_the_last,
    "less of all": _less_of_all,
    "louder": _louder,
}
"""Fakes of students' penalties. Each gives another result if it is exchanged with the temperature or another
penalty.
"""


def _adjust_cases(draw: Draw) -> list[Case]:
    cases = []
    for how in (
        {},
        {"temperature": 0.6},
        {"top_k": 4},
        {"top_p": 0.7},
        {"penalties": ["less of the last", "louder"]},
        {"temperature": 2.0, "top_p": 0.6},
        {"top_k": 5, "top_p": 0.75},
        {"penalties": ["less of all"], "temperature": 1.5, "top_k": 6, "top_p": 0.8},
        {"penalties": ["louder", "less of all"], "temperature": 0.0, "top_k": 3, "top_p": 0.9},
        {"temperature": 0.0},
        {"penalties": [], "temperature": 1.0, "top_k": None, "top_p": 1.0},
        {"top_k": 1},
        {"top_k": 20},
        {"top_p": 1e-8},
        {"temperature": 0.8, "top_k": 1, "top_p": 0.5},
        {"penalties": ["less of the last"], "temperature": 0.7, "top_k": 3},
    ):
        sizes = draw.sizes("batch", "seq", "d_vocab", among=range(7, 13))
        if how.get("top_k") == 3:
            sizes |= {"batch": 1, "seq": 1}
        inputs = {
            "logits": draw.normal(sizes.batch, sizes.d_vocab, scale=1.5),
            "tokens": draw.integers(0, sizes.d_vocab, sizes.batch, sizes.seq),
            "how": how,
        }
        cases.append(Case(f"{_described(how)}, {sizes}", inputs))
    return cases


def _described(how: dict[str, Any]) -> str:
    named = {name: " then ".join(value) if isinstance(value, list) else value for name, value in how.items()}
    return ", ".join(f"{name} {value}" for name, value in named.items()) or "nothing asked for"


def _with_penalties(how: dict[str, Any]) -> dict[str, Any]:
    """Returns the keyword arguments with functions in place of their names."""
    if "penalties" not in how:
        return how
    return {**how, "penalties": [PENALTIES[name] for name in how["penalties"]]}


adjust_logits = Check(
    name="adjust_logits",
    week=WEEK,
    question="Which logits are drawn from when all of this is asked for?",
    cases=_adjust_cases,
    run=lambda adjust_logits, logits, tokens, how: adjust_logits(logits, tokens, **_with_penalties(how)),
    forbidden=_READY_MADE,
)

# --- generate -----------------------------------------------------------------------------------------------


def _model(
    draw: Draw,
    n_ctx: int,
    d_vocab: int,
    spread: float = 3.0,
    among: Sequence[int] = range(2, 9),
    layers: int = 2,
    heads: int | None = None,
) -> dict[str, Any]:
    """Returns the config and the weights of a small GPT-2.

    Its logits have a standard deviation of about `spread`; its other sizes are drawn from `among`.
    """
    chosen = draw.sizes("heads", "d_head", "d_mlp", among=[size for size in among if size != d_vocab])
    chosen["heads"] = heads or chosen.heads
    heads, d_head, d_mlp = chosen.values()
    weights = random_weights(draw, Sizes({**chosen, "layers": layers, "vocab": d_vocab, "n_ctx": n_ctx}))
    for block in weights["blocks"]:
        block["mlp"]["W_out"] *= 4.0  # otherwise W_E would find the token itself in the stream
    for numbers in weights["ln_f"].values():
        numbers *= spread / math.sqrt(2 * heads * d_head)  # gain and bias are of order 1, and so is W_E
    config = ModelConfig(heads * d_head, heads, d_head, d_mlp, layers, d_vocab, n_ctx, 1e-5)
    return {"config": asdict(config), "weights": weights}


def _varied_model(draw: Draw, n_ctx: int, d_vocab: int, **more: Any) -> dict[str, Any]:
    """Returns a model that does not repeat one token, since it has a separate table for the tokens that it
    reads.
    """
    model = _model(draw, n_ctx, d_vocab, **more)
    return {**model, "read": draw.normal(*model["weights"]["embed"]["W_E"].shape, scale=3.0)}


class Talker(SmallGPT2):
    """A small GPT-2 that looks tokens up in `read`, and makes logits with W_E. `gradients` records whether
    gradients were on in a call.
    """

    gradients = False

    def __init__(self, config: dict[str, Any], weights: dict[str, Any], read: Tensor):
        super().__init__(config, weights)
        self.embed = TokenTable(read)

    def forward(self, tokens: Tensor) -> Tensor:
        """Returns the logits, and notes whether gradients are on."""
        self.gradients |= torch.is_grad_enabled()
        return super().forward(tokens)


class _ByRecording(Talker):
    """A Talker whose logits have other signs while no gradients are recorded.

    A Talker only notes whether they are, which code in the same process can deny; this one writes another
    text.
    """

    def __init__(self, signs: Tensor, **model: Any):
        super().__init__(**model)
        self.signs = signs

    def forward(self, tokens: Tensor) -> Tensor:
        """Returns the logits, by `signs` [d_vocab] while no gradients are recorded."""
        return super().forward(tokens) * while_unrecorded(self.signs)


@torch.no_grad()
def _greedy_continuation(
    model: dict[str, Any],
    tokens: Tensor,
    n_new: int,
    change: Callable[[Tensor, Tensor], Tensor] = lambda logits, tokens: logits,
) -> tuple[Tensor, float]:
    """Returns what greedy decoding adds, [batch, n_new], and the smallest lead of a token over the next best
    one.

    Args:
        model: The model's config and weights.
        tokens: The prompts, [batch, seq].
        n_new: How many tokens to add.
        change: Called with the logits and the whole text, as a penalty is.
    """
    network: SmallGPT2 = (Talker if "read" in model else SmallGPT2)(**model)
    lead, n_prompt = math.inf, tokens.shape[1]
    for end in range(n_prompt, n_prompt + n_new):
        seen = min(end, network.config.n_ctx)
        best = change(network(tokens.narrow(1, end - seen, seen))[:, -1], tokens).topk(2)
        lead = min(lead, (best.values[:, 0] - best.values[:, 1]).min().item())
        tokens = torch.cat([tokens, best.indices[:, :1]], dim=1)
    return tokens[:, n_prompt:], lead


def _varied_continuation(
    draw: Draw, make: Callable, prompts: tuple[int, int, int], n_new: int, n_ctx: int
) -> tuple:
    """Returns a model, prompts [batch, seq] out of d_vocab tokens, and what greedy decoding adds to them.

    In at least one row the tokens still vary at the end, and no rounding can decide which token is next.
    """
    batch, seq, d_vocab = prompts
    while True:
        model, tokens = make(draw, n_ctx, d_vocab), draw.integers(0, d_vocab, batch, seq)
        added, lead = _greedy_continuation(model, tokens, n_new)
        changing = n_new < 2 or n_ctx == 1 or any(len(row.unique()) > 1 for row in added[:, -4:])
        if lead > 0.005 and changing and tokens.any():
            return model, tokens, added


def _greedy_case(draw: Draw, n_new: int, ends: str) -> Case:
    """Returns a case in which the rows named by `ends` (none, some, all) meet the stop token."""
    stop_token = None
    while stop_token is None:
        sizes = draw.sizes("batch", "seq", "d_vocab", among=range(3, 8))
        n_ctx = sizes.seq + n_new + 3
        prompts = (sizes.batch, sizes.seq, sizes.d_vocab)
        model, tokens, added = _varied_continuation(draw, _varied_model, prompts, n_new, n_ctx)
        stop_token = _stop_token(added, ends)
        if ends != "none" and stop_token is not None:
            tokens[0, 0] = stop_token  # in a prompt it does not end the text, but it changes what follows
            stop_token = _stop_token(_greedy_continuation(model, tokens, n_new)[0], ends, stop_token)
    inputs = {"model": model, "tokens": tokens, "n_new": n_new, "n_ctx": n_ctx}
    asked = {} if ends == "none" else {"stop_token": stop_token}
    met = "no stop_token" if ends == "none" else f"{ends} rows meet stop_token"
    how = {"temperature": 0.0, **asked}
    return Case(f"greedy, {met}, n_new {n_new}, {sizes}", {**inputs, "how": how, "asked": "tokens"})


def _stop_token(added: Tensor, ends: str, wanted: int | None = None) -> int | None:
    """Returns a token that `some` or `all` rows have before their last two, first at different places; None
    if none fits.
    """
    if ends == "none":
        return 0
    for token in added.unique().tolist() if wanted is None else [wanted]:
        met = [row.index(token) for row in added[:, :-2].tolist() if token in row]
        enough = len(met) == len(added) if ends == "all" else 0 < len(met) < len(added) - 1
        if enough and len(set(met)) > (ends == "all") and token != 0:
            return token
    return None


def _cropped_case(draw: Draw, seq: int, n_new: int, n_ctx: int, batch: int | None = None) -> Case:
    sizes = draw.sizes("batch", "d_vocab", among=[3, 5, 6])
    batch, d_vocab = batch or sizes.batch, sizes.d_vocab
    model, tokens, _ = _varied_continuation(draw, _varied_model, (batch, seq, d_vocab), n_new, n_ctx)
    inputs = {"model": model, "tokens": tokens, "n_new": n_new, "n_ctx": n_ctx}
    label = f"greedy, n_ctx {n_ctx}, batch {batch} · seq {seq} · n_new {n_new} · d_vocab {d_vocab}"
    return Case(label, {**inputs, "how": {"temperature": 0.0}, "asked": "tokens"})


def _long_memory_case(draw: Draw) -> Case:
    """Returns a case in which a token that has left the window is repeated if the penalty forgets it, too."""
    punish, n_ctx, seq, n_new, d_vocab = PENALTIES["less of all"], 4, 7, 6, 11
    while True:
        batch = draw.choose([3, 5])
        model, tokens = _varied_model(draw, n_ctx, d_vocab), draw.integers(0, d_vocab, batch, seq)
        added, lead = _greedy_continuation(model, tokens, n_new, punish)
        forgetful, _ = _greedy_continuation(
            model, tokens, n_new, lambda logits, text: punish(logits, text[:, -n_ctx:])
        )
        if lead > 0.005 and not torch.equal(added, forgetful):
            break
    inputs = {"model": model, "tokens": tokens, "n_new": n_new, "n_ctx": n_ctx}
    label = f"greedy, a penalty, n_ctx {n_ctx}, batch {batch} · seq {seq} · n_new {n_new} · d_vocab {d_vocab}"
    how = {"temperature": 0.0, "penalties": ["less of all"]}
    return Case(label, {**inputs, "how": how, "asked": "tokens"})


def _chance_cases(draw: Draw) -> list[Case]:
    """Returns one prompt many times with two new tokens: the frequencies of the pairs show how they were
    drawn.
    """
    cases = []
    for how in (
        {"temperature": 0.6},
        {"temperature": 1.5, "top_k": 2},
        {"temperature": 2.0, "top_p": 0.6},
        {"temperature": 1.5, "penalties": ["less of all"]},
    ):
        d_vocab, seq = draw.choose([5, 6]), draw.choose([3, 4])
        model = _varied_model(draw, 12, d_vocab, spread=1.5, among=(2, 3, 4))
        tokens = draw.integers(0, d_vocab, 1, seq)
        while not tokens.any():  # no public case has a prompt of nothing but id 0
            tokens = draw.integers(0, d_vocab, 1, seq)
        inputs = {"model": model, "tokens": tokens, "n_new": 2, "n_ctx": 12}
        how = {**how, "seed": draw.choose(range(1, 10**6))}
        label = f"{DRAWS:,} times one prompt, {_described(how)}, seq {seq} · n_new 2 · d_vocab {d_vocab}"
        cases.append(Case(label, {**inputs, "how": how, "asked": "frequencies"}))
    first = cases[0].inputs
    seeds = {**first, "n_new": 8, "how": {"temperature": 3.0}, "asked": "seeds"}
    return [*cases, Case("six times one prompt, temperature 3, with seeds and without", seeds)]


def _generate_cases(draw: Draw) -> list[Case]:
    return [
        *(_greedy_case(draw, n_new, ends) for n_new, ends in ((7, "none"), (11, "some"), (10, "all"))),
        _cropped_case(draw, seq=4, n_new=9, n_ctx=7),
        _cropped_case(draw, seq=11, n_new=4, n_ctx=8),
        _long_memory_case(draw),
        *_chance_cases(draw),
        *(
            _with_stop_token(_greedy_case(draw, 8, ends), last)
            for ends in ("some", "all")
            for last in (False, True)
        ),
        _cropped_case(draw, seq=5, n_new=0, n_ctx=8),
        _cropped_case(draw, seq=6, n_new=1, n_ctx=6, batch=1),
        _cropped_case(draw, seq=1, n_new=6, n_ctx=3, batch=1),
        _cropped_case(draw, seq=3, n_new=7, n_ctx=1),
        _stopped_at_once(draw),
        _recording_case(draw, batch=3, n_new=7),
        _recording_case(draw, batch=1, n_new=2),
    ]


def _with_stop_token(case: Case, last: bool) -> Case:
    """Returns the same case with the first or last id as the stop token: two ids are exchanged."""
    inputs = case.inputs
    stop, d_vocab = inputs["how"]["stop_token"], inputs["model"]["config"]["d_vocab"]
    wanted = d_vocab - 1 if last else 0
    order = torch.arange(d_vocab)
    order[stop], order[wanted] = wanted, stop
    model, weights = inputs["model"], inputs["model"]["weights"]
    weights = {**weights, "embed": {"W_E": weights["embed"]["W_E"][order]}}
    changed = {
        "model": {**model, "weights": weights, "read": model["read"][order]},
        "tokens": order[inputs["tokens"]],
        "how": {**inputs["how"], "stop_token": wanted},
    }
    return Case(f"{case.label}, stop_token {wanted}", {**inputs, **changed})


def _recording_case(draw: Draw, batch: int, n_new: int) -> Case:
    """Returns a case that shows by what is written whether gradients were recorded."""
    seq, d_vocab = draw.sizes("seq", "d_vocab", among=range(5, 9)).values()
    while True:
        model, tokens, added = _varied_continuation(draw, _varied_model, (batch, seq, d_vocab), n_new, 20)
        signs = 1.0 - 2.0 * draw.booleans(d_vocab)
        signed, lead = _greedy_continuation(with_signs(model, signs), tokens, n_new)
        if lead > 0.005 and not torch.equal(signed, added):
            break
    inputs = {"model": model, "tokens": tokens, "n_new": n_new, "n_ctx": 20, "signs": signs}
    label = f"a model that gives other logits while gradients are recorded, batch {batch} · seq {seq}"
    how = {"temperature": 0.0}
    return Case(f"greedy, {label} · n_new {n_new}", {**inputs, "how": how, "asked": "recording"})


def with_signs(model: dict[str, Any], signs: Tensor) -> dict[str, Any]:
    """Returns the model whose logits are those of `model` by `signs` [d_vocab]."""
    W_E = model["weights"]["embed"]["W_E"] * signs[:, None]
    return {**model, "weights": {**model["weights"], "embed": {"W_E": W_E}}}


def _stopped_at_once(draw: Draw) -> Case:
    """Returns one prompt whose first new token ends the text."""
    stop_token = 0
    while stop_token == 0:  # other cases have id 0 for a stop token
        model, tokens, added = _varied_continuation(draw, _varied_model, (1, 3, 6), 5, 12)
        stop_token = added[0, 0].item()
    inputs = {"model": model, "tokens": tokens, "n_new": 5, "n_ctx": 12}
    how = {"temperature": 0.0, "stop_token": stop_token}
    label = "greedy, the first new token is stop_token, batch 1 · seq 3 · n_new 5 · d_vocab 6"
    return Case(label, {**inputs, "how": how, "asked": "tokens"})


def _run_generate(generate, model, tokens, n_new, n_ctx, how, asked, signs=None):
    how = _with_penalties(how)
    if signs is not None:
        return {"tokens": generate(_ByRecording(signs, **model), tokens, n_new, n_ctx, **how)}
    model = Talker(**model)
    if asked == "tokens":
        return {"tokens": generate(model, tokens, n_new, n_ctx, **how), "gradients recorded": model.gradients}
    if asked == "seeds":
        return _seeds(lambda **seed: generate(model, tokens.repeat(6, 1), n_new, n_ctx, **how, **seed))
    with torch.no_grad():  # gradients of so many rows would take too much memory
        written = generate(model, tokens.repeat(DRAWS, 1), n_new, n_ctx, **how)
    return _checked_text(written, (DRAWS, tokens.shape[1] + n_new), model.config.d_vocab)


def _checked_text(written: Any, wanted: tuple[int, int], d_vocab: int) -> Tensor:
    """Returns the ids if they have the wanted shape and belong to the vocabulary.

    Raises:
        CheckMisuse: they do not.
    """
    if not isinstance(written, Tensor) or written.shape != wanted:
        got = f"{tuple(written.shape)}" if isinstance(written, Tensor) else type(written).__name__
        raise CheckMisuse(f"{DRAWS:,} prompts with their new tokens have shape {wanted}; this is {got}.")
    return checked_ids(written, d_vocab)


def _seeds(write: Callable[..., Tensor]) -> dict[str, Tensor]:
    """Returns the texts of seed 0, twice, and of another seed, torch's next random numbers, and two texts
    without a seed.

    A seed must leave torch's global generator alone.
    """
    written = {"seed 0": write(seed=0), "seed 0 again": write(seed=0), "seed 1": write(seed=1)}
    written |= {"torch's own next numbers": next_global_numbers()}
    return written | {"no seed": write(), "no seed again": write(seed=None)}


generate = Check(
    name="generate",
    week=WEEK,
    question="How does the model go on?",
    cases=_generate_cases,
    run=_run_generate,
    random_state="allowed",  # without a seed, the global generator is used
)

# --- shape_table --------------------------------------------------------------------------------------------

shape_table = shape_table_check(
    WEEK,
    {
        "tokens": "the ids of the two prompts",
        "logits": "what the model gives for them",
        "last_logits": "the logits from which the next tokens are drawn",
        "probabilities": "softmax of those",
        "filtered": "the same logits after top_k_filter with k = 50",
        "drawn": "the next token of each prompt",
        "written": "what generate returns for n_new = 10, without a stop token",
        "border": "the k-th largest logit of each row, as top_k_filter compares it with the row",
        "said": "the logits of the prompts' tokens, one for each token of the prompts",
        "column": "the drawn tokens as they are appended to the prompts",
        "window": "what the model is called on in the last of the 10 rounds, if n_ctx is 8",
    },
)

# --- beam_search --------------------------------------------------------------------------------------------


def _beam_cases(draw: Draw) -> list[Case]:
    alone = [_beam_case(draw, n_beams, n_new, {}) for n_beams, n_new in ((3, 5), (1, 6), (4, 6), (2, 7))]
    alone += [_beam_case(draw, n_beams, 1, {}) for n_beams in (1, 3)]
    # A large length_penalty favours long texts, which reveals beams that are lost on the way.
    several = {1.0: (2, 3, 4, 3, 2), 3.0: (2, 3, 2, 2, 3, 2, 2), 2.0: (2, 3, 4), 0.5: (2, 3, 4)}
    # With 0, a text that ended early stays ahead, which reveals ended texts that were not counted.
    several |= {0.0: (3, 4, 2, 2, 3, 2, 3, 2, 2)}
    cases = [(n_beams, length_penalty) for length_penalty, beams in several.items() for n_beams in beams]
    stops = cycle(("middle", "first", "last"))
    stopped = [
        _beam_case(draw, n_beams, draw.choose([5, 6, 7]), {"length_penalty": length_penalty}, next(stops))
        for n_beams, length_penalty in cases
    ]
    one_token = [_beam_case(draw, n_beams, 5, {}, seq=1) for n_beams in (1, 3)]
    one_token.append(_beam_case(draw, 2, 6, {"length_penalty": 1.0}, "first", seq=1))
    # A stop token that is more frequent than all others ends beam after beam; others must take their places.
    often = [
        _beam_case(draw, 2 + number % 2, 7, {"length_penalty": 8.0 + number / 2}, "middle", stop_bias=4.0)
        for number in range(12)
    ]
    return alone + stopped + one_token + often


def _beam_case(
    draw: Draw,
    n_beams: int,
    n_new: int,
    asked: dict[str, Any],
    stop: str = "",
    seq: int | None = None,
    stop_bias: float = 1.6,
) -> Case:
    """Returns a case; with a length_penalty also a stop token, whose logit has `stop_bias` added to it."""
    seq, d_vocab = seq or draw.choose([2, 3, 4]), draw.choose([10, 11, 12])
    # With rather even probabilities the best beginning is not always part of the best text.
    model = _varied_model(draw, 14, d_vocab, spread=1.6)
    tokens = draw.integers(0, d_vocab if seq > 1 else 1, seq)  # a single token is id 0
    if asked:
        asked = {"stop_token": _STOPS[stop](d_vocab), **asked}
        direction = model["weights"]["embed"]["W_E"][asked["stop_token"]]
        model["weights"]["ln_f"]["bias"] += stop_bias * direction / direction.square().sum()
    inputs = {"model": model, "tokens": tokens, "n_new": n_new, "n_beams": n_beams, "how": asked}
    return Case(
        f"{_described({'n_beams': n_beams, 'n_new': n_new, **asked})}, seq {seq} · d_vocab {d_vocab}", inputs
    )


def _run_beams(beam_search, model, tokens, n_new, n_beams, how):
    return beam_search(Talker(**model), tokens, n_new, n_beams, **how)


beam_search = Check(
    name="beam_search",
    week=WEEK,
    question="Which continuation is the best that so many beams find?",
    cases=_beam_cases,
    run=_run_beams,
)

# --- no_repeat_ngram ----------------------------------------------------------------------------------------


def _ngram_cases(draw: Draw) -> list[Case]:
    cases = []
    for n, seq, d_vocab in ((2, 9, 13), (3, 14, 11), (2, 13, 3), (3, 17, 4), (1, 6, 9), (4, 3, 6), (3, 2, 5)):
        batch = draw.choose([each for each in (4, 5, 7) if each not in (seq, d_vocab)])
        tokens = draw.integers(0, d_vocab, batch, seq)
        if seq > 2 * n:
            tokens[0, seq - n + 1 :] = tokens[
                0, : n - 1
            ]  # the last n − 1 tokens also occur at the very beginning
            tokens[1, -n:] = tokens[1, -1]  # the last n-gram repeats one token
            tokens[2, seq - n + 1 :] = tokens[2, n : 2 * n - 1]
        label = f"n {n}, batch {batch} · seq {seq} · d_vocab {d_vocab}"
        cases.append(Case(label, {"logits": draw.normal(batch, d_vocab), "tokens": tokens, "n": n}))
    return cases + _small_ngram_cases(draw)


def _small_ngram_cases(draw: Draw) -> list[Case]:
    """Returns runs of one token, whose n-grams overlap; the first id and the last; texts as short as an
    n-gram.
    """
    runs = torch.tensor([[0, 0, 0, 0, 0], [5, 5, 5, 5, 5], [0, 5, 0, 5, 0], [2, 2, 3, 2, 2]])
    texts = [(n, runs, "runs and alternations") for n in (1, 2, 3, 4, 5)]
    texts += [(2, runs[:1, :2], "one token twice"), (1, runs[1:2, :1], "a single token")]
    texts += [(n, draw.integers(0, 6, 1, 4), "one text of four tokens") for n in (4, 5, 6)]
    texts += [(2, torch.zeros(3, 4, dtype=torch.long), "a vocabulary of one token")]
    return [
        Case(
            f"n {n}, {what}, shape {tuple(tokens.shape)}",
            {"logits": draw.normal(len(tokens), 1 if "vocabulary" in what else 6), "tokens": tokens, "n": n},
        )
        for n, tokens, what in texts
    ]


no_repeat_ngram = Check(
    name="no_repeat_ngram",
    week=WEEK,
    question="Which tokens would repeat a run of n tokens?",
    cases=_ngram_cases,
    run=lambda no_repeat_ngram, logits, tokens, n: no_repeat_ngram(logits, tokens, n),
    forbidden=_READY_MADE,
    changes_inputs="wrong",
)

# --- KVCache ------------------------------------------------------------------------------------------------


def _cache_cases(draw: Draw) -> list[Case]:
    cases = []
    for n_layers, news, ones in (
        (2, [4, 1, 1], 0),
        (3, [1, 1, 1], 0),
        (1, [5, 2], 0),
        (11, [2, 1], 0),
        (1, [1, 1], 3),
        (2, [3, 1], 1),
    ):
        batch, heads, d_head = draw.sizes("batch", "heads", "d_head", among=range(6, 10)).values()
        batch, heads, d_head = (1,) * ones + (batch, heads, d_head)[ones:]
        steps = [
            [[draw.normal(batch, heads, new, d_head) for _ in range(2)] for _ in range(n_layers)]
            for new in news
        ]
        shown = ", then ".join(map(str, news))
        label = f"{shown} new positions, layers {n_layers} · batch {batch} · heads {heads} · d_head {d_head}"
        cases.append(Case(label, {"steps": steps}))
    return cases


def _run_cache(KVCache: Callable, steps: list) -> dict[str, Any]:
    n_layers = len(steps[0])
    cache, said = KVCache(n_layers), {}
    lengths = [_length(cache)]
    for number, step in enumerate(steps, 1):
        for layer, (k, v) in enumerate(step):
            said[f"step {number}, layer {layer}"] = _keys_and_values(cache.extend(layer, k, v))
        lengths.append(_length(cache))
    return {"lengths": lengths, "length of a second cache": _length(KVCache(n_layers)), **said}


def _length(cache: Any) -> Any:
    length = getattr(cache, "length", None)
    if length is None:
        raise CheckMisuse(f"{type(cache).__name__} has no length: how many positions it holds.")
    return length() if callable(length) else length


def _keys_and_values(returned: Any) -> dict[str, Any]:
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise CheckMisuse("extend returns two tensors: all keys of the layer, and all values.")
    # Copied, since a later step might change what an earlier one has returned.
    return {
        name: each.clone() if isinstance(each, Tensor) else each
        for name, each in zip(("keys", "values"), returned, strict=True)
    }


KVCache = Check(
    name="KVCache",
    week=WEEK,
    question="Which keys and values does the cache hold after each step?",
    cases=_cache_cases,
    run=_run_cache,
)

# --- cached_attention, cached_logits ------------------------------------------------------------------------


class SmallCache:
    """A fake of KVCache, so that a mistake there fails no check here."""

    def __init__(self, n_layers: int):
        self._layers: list[list[Tensor]] = [[] for _ in range(n_layers)]

    @property
    def length(self) -> int:
        """The number of positions that the first layer holds."""
        return self._layers[0][0].shape[-2] if self._layers[0] else 0

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Appends a layer's keys and values for new positions and returns all that it holds."""
        held, new = self._layers[layer], [k, v]
        if held:
            new = [torch.cat(pair, dim=-2) for pair in zip(held, new, strict=True)]
        self._layers[layer] = new
        return self._layers[layer][0], self._layers[layer][1]


def _attention_cases(draw: Draw) -> list[Case]:
    cases = []
    for news, one in (
        ([4, 1, 1], False),
        ([1, 1], False),
        ([3, 2], False),
        ([5], False),
        ([2, 1], True),
        ([1], True),
    ):
        batch, model = draw.choose([2, 9]), _model(draw, 10, 10, heads=1 if one else None)
        batch = 1 if one else batch
        heads, d_model, d_head = (model["config"][name] for name in ("n_heads", "d_model", "d_head"))
        pieces = [draw.normal(2, batch, new, d_model) for new in news]
        shown = ", then ".join(map(str, news))
        label = f"{shown} new positions, batch {batch} · heads {heads} · d_model {d_model} · d_head {d_head}"
        cases.append(Case(label, {"model": model, "pieces": pieces}))
    return cases


def _run_cached_attention(cached_attention, model, pieces):
    """Runs both layers of the model with one cache, as a model does."""
    blocks = SmallGPT2(**model).blocks
    cache = SmallCache(len(blocks))
    return {
        f"piece {number}, layer {layer}": cached_attention(block.attn, piece[layer], cache, layer)
        for number, piece in enumerate(pieces, 1)
        for layer, block in enumerate(blocks)
    }


cached_attention = Check(
    name="cached_attention",
    week=WEEK,
    question="What does this block's attention write for the new positions?",
    cases=_attention_cases,
    run=_run_cached_attention,
)


def _cached_logits_cases(draw: Draw) -> list[Case]:
    cases = []
    for news, batch, layers in (
        ([4, 1, 1], None, 2), ([1, 1, 1], None, 2), ([3, 2], None, 2), ([6], None, 2),
        ([2, 1], 1, 11), ([1], 1, 1), ([11, 1], None, 2),
    ):  # fmt: skip
        batch, d_vocab = batch or draw.choose([2, 5]), draw.choose([9, 10, 11])
        model, n_new = _model(draw, 12, d_vocab, layers=layers), sum(news)
        pieces = list(draw.integers(0, d_vocab, batch, n_new).split(news, dim=1))
        label = f"{', then '.join(map(str, news))} new tokens, batch {batch} · d_vocab {d_vocab}"
        cases.append(Case(label, {"model": model, "pieces": pieces}))
    return cases


def _run_cached_logits(cached_logits, model, pieces):
    cache, model = SmallCache(model["config"]["n_layers"]), SmallGPT2(**model)
    said = {f"piece {number}": cached_logits(model, piece, cache) for number, piece in enumerate(pieces, 1)}
    return {**said, "positions in the cache": cache.length}


cached_logits = Check(
    name="cached_logits",
    week=WEEK,
    question="Which logits does the model give for the new tokens?",
    cases=_cached_logits_cases,
    run=_run_cached_logits,
)

# --- cached_generate ----------------------------------------------------------------------------------------

WORK = "at most twice the FLOPs of reading the text once"
"""The work with a cache; without one it is ten times as much in the case below."""

READING = "tokens of a model that reads other vectors after three times the text"
"""Shows in the tokens, too, that each token was read only once or twice: a count of FLOPs can be forged."""


def _cached_generate_cases(draw: Draw) -> list[Case]:
    cases = []
    for seq, n_new, n_ctx, batch in (
        (4, 9, 20, 0), (3, 20, 30, 0), (5, 8, 9, 0), (12, 5, 8, 0), (6, 4, 8, 0),
        (4, 0, 9, 0), (1, 5, 9, 1), (6, 3, 6, 1), (3, 6, 8, 1), (2, 5, 1, 0),
    ):  # fmt: skip
        batch, d_vocab = batch or draw.choose([6, 7]), draw.choose([9, 10, 11])
        asked = "tokens and work" if n_new == 20 else "tokens"
        model, tokens, _ = _varied_continuation(draw, _model, (batch, seq, d_vocab), n_new, n_ctx)
        inputs = {"model": model, "tokens": tokens, "n_new": n_new}
        label = f"greedy, n_ctx {n_ctx}, batch {batch} · seq {seq} · n_new {n_new} · d_vocab {d_vocab}"
        cases.append(Case(label, {**inputs, "asked": asked}))
    seeds = {**cases[0].inputs, "tokens": cases[0].inputs["tokens"][:1], "asked": "seeds"}
    chance = {**seeds, "model": _model(draw, 20, 5, 2.0, among=(2, 3, 4)), "n_new": 2, "asked": "frequencies"}
    chance["tokens"] = draw.integers(0, 5, 1, 4)
    return [
        *cases,
        Case("six times one prompt, temperature 3, with seeds and without", seeds),
        Case(f"{DRAWS:,} times one prompt, temperature 1.8, n_new 2", chance),
    ]


def _run_cached_generate(cached_generate, model, tokens, n_new, asked):
    model = SmallGPT2(**model)
    if asked == "seeds":
        return _seeds(lambda **seed: cached_generate(model, tokens.repeat(6, 1), n_new, 3.0, **seed))
    if asked == "frequencies":
        with torch.no_grad():
            written = cached_generate(model, tokens.repeat(DRAWS, 1), n_new, 1.8, seed=7)
        return _checked_text(written, (DRAWS, tokens.shape[1] + n_new), model.config.d_vocab)
    if asked == "tokens":
        return {"tokens": cached_generate(model, tokens, n_new, 0.0)}
    written, work = forward_flops(lambda: cached_generate(model, tokens, n_new, 0.0))
    if not isinstance(written, Tensor):
        return {"tokens": written}
    _, once = forward_flops(lambda: model(written))
    model.embed.register_forward_hook(_turning_after(3 * written.shape[1]))
    return {"tokens": written, WORK: work <= 2 * once, READING: cached_generate(model, tokens, n_new, 0.0)}


def _turning_after(most: int) -> Callable[..., Tensor]:
    """Returns a hook that gives vectors their opposites once `most` tokens of each prompt have been read."""
    read = 0

    def hook(embed: torch.nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor:
        nonlocal read
        read += inputs[0].shape[-1]
        return output if read <= most else -output

    return hook


def forward_flops(compute: Callable[[], Any]) -> tuple[Any, int]:
    """Returns the result of `compute`, and the FLOPs of its matrix products, as torch counts them."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        result = compute()
    return result, counter.get_total_flops()


cached_generate = Check(
    name="cached_generate",
    week=WEEK,
    question="How does the model go on, and how much work is it?",
    cases=_cached_generate_cases,
    run=_run_cached_generate,
    random_state="allowed",
)
