"""The answer key of `init_weights`: GPT-2's rule (Radford et al., 2019, section 2.3), in numbers.

A test compares the rule with the weights of a new model of HF's.
"""

import math

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week07_transformer as checks

SPREAD = 0.02
NEARLY = Tolerance(
    0.05,
    1e-6,
    "the standard deviation of some 7,000 random numbers is known to 1%, and five times that is safe",
)


MATRICES = ("W_E", "W_pos", "W_Q", "W_K", "W_V", "W_O", "W_in", "W_out")


def _expected_numbers(*, config, seed, shapes, tied):
    residual = SPREAD / math.sqrt(config["n_layers"] + config["n_layers"])
    return {
        f"{name}, standard deviation": residual if name in ("W_O", "W_out") else SPREAD for name in MATRICES
    } | {
        "matrices that are not spread around 0": "",
        "matrices that are not bell-shaped": "",
        "largest bias": 0.0,
        "largest distance of a gain from 1": 0.0,
        "the same seed gives the same weights": True,
        "another seed gives other weights": True,
        "matrices of which two are equal": "",
        "what it returns": "the model",
    }


def _observed(output, config, seed, shapes, tied):
    """Return statistics of the model's weights by kind, and the effect of the seed."""
    first, again, other = output["weights"]
    for weights in (first, again, other):
        if {name: tuple(value.shape) for name, value in weights.items()} != shapes:
            raise ValueError("These are not the model's parameters.")
    pieces: dict[str, list[torch.Tensor]] = {}
    for name, value in first.items():
        pieces.setdefault(name.rpartition(".")[2], []).append(value.double())
    kinds = {kind: torch.cat([each.flatten() for each in found]) for kind, found in pieces.items()}
    spreads = {f"{name}, standard deviation": kinds[name].std().item() for name in MATRICES}
    return spreads | {
        "matrices that are not spread around 0": _listed(lambda name: _off_centre(kinds[name])),
        "matrices that are not bell-shaped": _listed(lambda name: _no_bell(kinds[name])),
        "largest bias": max(each.abs().max().item() for name, each in kinds.items() if name[0] == "b"),
        "largest distance of a gain from 1": (kinds["gain"] - 1).abs().max().item(),
        "the same seed gives the same weights": all(torch.equal(first[name], again[name]) for name in shapes),
        "another seed gives other weights": not torch.equal(first["embed.W_E"], other["embed.W_E"]),
        "matrices of which two are equal": _listed(lambda name: _repeats(pieces[name])),
        "what it returns": output["what it returns"],
    }


def _listed(applies):
    return ", ".join(filter(applies, MATRICES))


def _off_centre(numbers):
    return bool(numbers.mean().abs() > 0.1 * numbers.std())


def _no_bell(numbers):
    """Of normal numbers 68.3% lie within one standard deviation, of evenly spread ones 57.7%. Of thousands,
    some lie beyond 2.7, and hardly any two are equal.
    """
    away = (numbers - numbers.mean()).abs() / numbers.std()
    within = (away < 1).double().mean()
    equal = 1 - len(numbers.unique()) / len(numbers)
    return bool((within - 0.683).abs() > 0.04 or away.max() < 2.7 or equal > 0.005)


def _repeats(pieces):
    """True if two blocks, or two heads, have the same first numbers."""
    rows = [row for each in pieces for row in (each if each.dim() == 3 else each[None])]
    starts = {tuple(row.flatten()[:6].tolist()) for row in rows}
    return len(starts) < len(rows)


ANSWER_KEY = AnswerKey(
    check=checks.init_weights,
    expected=_expected_numbers,
    observe=_observed,
    reference="GPT-2's rule",
    tolerance=NEARLY,
)
