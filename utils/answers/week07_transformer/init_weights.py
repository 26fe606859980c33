"""The answer key of `init_weights`: GPT-2's rule (Radford et al. 2019, section 2.3), in numbers.

A test compares the rule with the weights of a new model of HF's.
"""

import copy
import math

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.checks import week07_transformer as checks

SPREAD = 0.02
NEARLY = Tolerance(
    0.05,
    1e-6,
    "the standard deviation of some 7,000 random numbers is known to 1%, and five times that is safe",
)


MATRICES = ("W_E", "W_pos", "W_Q", "W_K", "W_V", "W_O", "W_in", "W_out")


def _expected_numbers(config, seed, shapes, tied):
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


def _normal(shape, source):
    return torch.randn(shape, generator=source)


class _Init:
    """A first set of weights in pieces, of which each mistake replaces some."""

    def __init__(self, spread=SPREAD, writes=lambda layers: (2 * layers) ** -0.5, **changes):
        self.spread, self.writes = spread, writes
        self.drawn = changes.get("drawn", _normal)
        self.scaled = changes.get("scaled", ("W_O", "W_out"))
        self.biases = changes.get("biases", lambda shape, source: torch.zeros(shape))
        self.gains = changes.get("gains", lambda shape, source: torch.ones(shape))
        self.skipped = changes.get("skipped", ())
        self.source = changes.get("source", lambda seed: torch.Generator().manual_seed(seed))
        self.fresh_source = changes.get("fresh_source", False)
        self.given = changes.get("given", lambda model: model)

    def __call__(self, model, seed):
        model, source = self.given(model), self.source(seed)
        for name, parameter in model.named_parameters():
            source = self.source(seed) if self.fresh_source else source
            kind = name.split(".")[-1]
            if kind not in self.skipped:
                parameter.data.copy_(self.numbers(kind, parameter, len(model.blocks), source))
        return model

    def numbers(self, kind, parameter, layers, source):
        if kind == "gain":
            return self.gains(parameter.shape, source)
        if kind[0] == "b":
            return self.biases(parameter.shape, source)
        spread = self.spread(parameter) if callable(self.spread) else self.spread
        factor = self.writes(layers) if kind in self.scaled else 1.0
        return self.drawn(parameter.shape, source) * spread * factor


def _uniform(shape, source):
    """Evenly spread, with standard deviation 1."""
    return (torch.rand(shape, generator=source) * 2 - 1) * 3**0.5


def _small(shape, source):
    return SPREAD * torch.randn(shape, generator=source)


ANSWER_KEY = AnswerKey(
    check=checks.init_weights,
    expected=_expected_numbers,
    observe=_observed,
    reference="GPT-2's rule",
    tolerance=NEARLY,
    mistakes=(
        Mistake(
            "standard deviation 1",
            "the weights have standard deviation 1: the model would shout before it knows anything",
            "torch.randn draws with standard deviation 1: by what should it be multiplied?",
            _Init(spread=1.0),
        ),
        Mistake(
            "0.02 taken for the variance",
            "0.02 is the variance of these weights; it should be their standard deviation",
            "which of the two does normal_ take as its second argument?",
            _Init(spread=SPREAD**0.5),
        ),
        Mistake(
            "residual weights not scaled",
            "what writes to the residual stream begins with 0.02 like all the rest",
            "W_O and W_out are special: why?",
            _Init(scaled=()),
        ),
        Mistake(
            "scaled for one half of each block",
            "what writes to the residual stream is divided by √n_layers",
            "how many times does each block write?",
            _Init(writes=lambda layers: layers**-0.5),
        ),
        Mistake(
            "scaled without the root",
            "what writes to the residual stream is divided by 2 · n_layers, not by its root",
            "when independent numbers are added, what grows with their number: the variance or its root?",
            _Init(writes=lambda layers: 0.5 / layers),
        ),
        Mistake(
            "scaled by √2",
            "what writes to the residual stream is divided by √2, however many blocks there are",
            "which of the config's numbers says how often something is added?",
            _Init(writes=lambda layers: 2**-0.5),
        ),
        Mistake(
            "scaled up",
            "what writes to the residual stream is multiplied by √(2 · n_layers)",
            "should many updates be larger or smaller than few?",
            _Init(writes=lambda layers: (2 * layers) ** 0.5),
        ),
        Mistake(
            "only W_O scaled",
            "W_O is scaled, W_out is not",
            "two parts of a block write to the stream: which is the other one?",
            _Init(scaled=("W_O",)),
        ),
        Mistake(
            "only W_out scaled",
            "W_out is scaled, W_O is not",
            "two parts of a block write to the stream: which is the other one?",
            _Init(scaled=("W_out",)),
        ),
        Mistake(
            "W_in scaled for W_out",
            "W_O and W_in are scaled: W_in reads, it does not write",
            "which of the MLP's two matrices has d_model columns?",
            _Init(scaled=("W_O", "W_in")),
        ),
        Mistake(
            "all of the MLP scaled",
            "W_in is scaled as well as W_out",
            "which of the MLP's two matrices writes to the stream?",
            _Init(scaled=("W_O", "W_in", "W_out")),
        ),
        Mistake(
            "everything scaled",
            "all weights are divided by √(2 · n_layers), W_E and W_pos too",
            "which weights write to the stream once per block?",
            _Init(scaled=MATRICES),
        ),
        Mistake(
            "scaled to the matrix's size",
            "the standard deviation depends on each matrix's size (1 over the root of its rows)",
            "GPT-2 takes one number for all sizes",
            _Init(spread=lambda parameter: parameter.shape[-2] ** -0.5),
        ),
        Mistake(
            "evenly spread",
            "the standard deviation is right, but the numbers are spread evenly between two bounds",
            "rand or randn? uniform_ or normal_?",
            _Init(drawn=_uniform),
        ),
        Mistake(
            "positive numbers only",
            "no weight is negative",
            "around which number should they be spread?",
            _Init(drawn=lambda shape, source: _normal(shape, source).abs() / 0.603),
        ),
        Mistake(
            "random biases",
            "the biases are random",
            "biases begin with one and the same number",
            _Init(biases=_small),
        ),
        Mistake(
            "gains of 0",
            "the gains are 0: whatever is read through such a norm is its bias",
            "which gain changes nothing?",
            _Init(gains=lambda shape, source: torch.zeros(shape)),
        ),
        Mistake(
            "random gains",
            "the gains are small random numbers, like the weights",
            "which gain changes nothing?",
            _Init(gains=_small),
        ),
        Mistake(
            "gains as they were",
            "the gains are left as they were",
            "a LayerNorm has two parameters",
            _Init(skipped=("gain",)),
        ),
        Mistake(
            "biases as they were",
            "the biases are left as they were",
            "which names do the biases have?",
            _Init(skipped=("bias", "b_Q", "b_K", "b_V", "b_O", "b_in", "b_out")),
        ),
        Mistake(
            "LayerNorms' biases as they were",
            "the biases of the LayerNorms are left as they were",
            "not all biases have a name that begins with b_",
            _Init(skipped=("bias",)),
        ),
        Mistake(
            "everything as it was",
            "no parameter of the model has changed",
            "do you go by the parameters' names? The check's modules are of other classes than yours",
            lambda model, seed: model,
        ),
        Mistake(
            "embeddings as they were",
            "W_E and W_pos are left as they were",
            "which parameters stand outside the blocks?",
            _Init(skipped=("W_E", "W_pos")),
        ),
        Mistake(
            "W_pos as it was",
            "W_pos is left as it was",
            "there are two embeddings",
            _Init(skipped=("W_pos",)),
        ),
        Mistake(
            "the seed unused",
            "every seed gives the same weights",
            "where does your generator get its seed from?",
            _Init(source=lambda seed: torch.Generator().manual_seed(0)),
        ),
        Mistake(
            "not seeded",
            "the same seed gives other weights each time",
            "who draws the numbers: your generator, or torch's global one?",
            _Init(source=lambda seed: None),
        ),
        Mistake(
            "seeded for every matrix",
            "each matrix begins with the same random numbers: W_Q and W_K are equal",
            "how often should the generator be set to its beginning?",
            _Init(fresh_source=True),
        ),
        Mistake(
            "a copy of the model",
            "a copy gets the weights; the model that was given is left as it was",
            "the docstring says in which of the two places",
            _Init(given=copy.deepcopy),
        ),
    ),
)
