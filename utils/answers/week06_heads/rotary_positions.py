"""The answer key of `rotary_positions`: HF's Llama."""

import math

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.checks import week06_heads as checks


def _expected_rotary(x, first_position, base):
    from transformers import LlamaConfig
    from transformers.models.llama import modeling_llama as hf

    d_head = x.shape[-1]
    config = LlamaConfig(
        hidden_size=d_head,
        num_attention_heads=1,
        rope_parameters={"rope_type": "default", "rope_theta": base},
    )
    four = x.reshape(len(x), -1, *x.shape[-2:])
    positions = torch.arange(first_position, first_position + x.shape[-2])[None]
    cos, sin = hf.LlamaRotaryEmbedding(config)(four, positions)
    return hf.apply_rotary_pos_emb(four, four, cos, sin)[0].reshape(x.shape)


def _speeds(pairs, base):
    """The angle from one position to the next, for each pair."""
    return torch.tensor([base ** (-pair / pairs) for pair in range(pairs)])


def _angles(x, first, base, speeds=_speeds):
    """The angle of each position and pair, [seq, pairs]."""
    positions = torch.arange(x.shape[-2]) + first
    return torch.outer(positions.float(), speeds(x.shape[-1] // 2, base)).to(x.device)


def _halves(x):
    return x.chunk(2, dim=-1)


def _turn(x, angles, pairs=_halves, join=lambda a, b: torch.cat([a, b], dim=-1)):
    """Every pair rotated by its angle, as a complex number."""
    a, b = pairs(x)
    turned = torch.complex(a.contiguous(), b.contiguous()) * torch.polar(torch.ones_like(angles), angles)
    return join(turned.real, turned.imag)


def _with_angles(change):
    """A mistake in the angles."""
    return lambda x, first, base: _turn(x, change(x, first, base))


def _with_speeds(speeds):
    return _with_angles(lambda x, first, base: _angles(x, first, base, speeds))


def _neighbours(x):
    return x.unflatten(-1, (-1, 2)).unbind(-1)


def _woven(a, b):
    return torch.stack([a, b], dim=-1).flatten(-2)


def _by_hand(cosine, sine, across):
    """a · cosine − b · sine and b · cosine + a · across, which are a turn if `across` is the sine."""

    def wrong(x, first, base):
        angles = _angles(x, first, base)
        a, b = _halves(x)
        c, s, t = cosine(angles), sine(angles), across(angles)
        return torch.cat([a * c - b * s, b * c + a * t], dim=-1)

    return wrong


def _minus(function):
    return lambda angles: -function(angles)


def _positions_by(axis):
    """Positions counted along another axis; where there is none, along the right one."""

    def wrong(x, first, base):
        if x.dim() + axis < 1:
            return _turn(x, _angles(x, first, base))
        return wrong_axis(x, first, base)

    def wrong_axis(x, first, base):
        moved = x.transpose(axis, -2)
        return _turn(moved, _angles(moved, first, base)).transpose(axis, -2)

    return wrong


def _added(x, first, base):
    angles = _angles(x, first, base)
    return x + torch.cat([angles.sin(), angles.cos()], dim=-1)


def _first_half_only(x, first, base):
    half, rest = _halves(x)
    if half.shape[-1] % 2:
        half, rest = x[..., : half.shape[-1] + 1], x[..., half.shape[-1] + 1 :]
    return torch.cat([_turn(half, _angles(half, first, base)), rest], dim=-1)


def _on_the_cpu(x, first, base):
    angles = torch.outer(torch.arange(x.shape[-2]).float() + first, _speeds(x.shape[-1] // 2, base))
    a, b = _halves(x)
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], dim=-1)


ANSWER_KEY = AnswerKey(
    check=checks.rotary_positions,
    expected=_expected_rotary,
    reference="Llama's rotary positions",
    tolerance=Tolerance(1e-4, 5e-5, "float32 knows an angle of some tens of radians to about a millionth"),
    mistakes=(
        Mistake(
            "neighbours paired",
            "numbers 0 and 1 make the first pair, as in GPT-J; here numbers 0 and d_head / 2 do",
            "which number is the partner of number 0?",
            lambda x, first, base: _turn(x, _angles(x, first, base), _neighbours, _woven),
        ),
        Mistake(
            "neighbours paired, halves joined",
            "numbers 0 and 1 make the first pair, and come back in two halves",
            "which number is the partner of number 0?",
            lambda x, first, base: _turn(x, _angles(x, first, base), _neighbours),
        ),
        Mistake(
            "pairs woven together",
            "the halves are paired, but come back as neighbours",
            "each number goes back to its own place",
            lambda x, first, base: _turn(x, _angles(x, first, base), _halves, _woven),
        ),
        Mistake(
            "turned the other way",
            "every pair is turned clockwise: the signs of the two sines are swapped",
            "at a quarter turn (1, 0) becomes (0, 1)",
            _with_angles(lambda x, first, base: -_angles(x, first, base)),
        ),
        Mistake(
            "plus in the first half",
            "the first half is a · cos + b · sin: its sine has the wrong sign",
            "a turn has one plus and one minus: which half has the minus?",
            _by_hand(torch.cos, _minus(torch.sin), torch.sin),
        ),
        Mistake(
            "minus in the second half",
            "the second half is b · cos − a · sin: its sine has the wrong sign",
            "a turn has one plus and one minus: which half has the minus?",
            _by_hand(torch.cos, torch.sin, _minus(torch.sin)),
        ),
        Mistake(
            "sine and cosine swapped",
            "sine and cosine are in each other's place: at position 0 the vector does not stay as it is",
            "at angle 0 nothing may change",
            _by_hand(torch.sin, torch.cos, torch.cos),
        ),
        Mistake(
            "only the cosine",
            "both halves are multiplied by the cosine, and the sine is missing",
            "a turn mixes the two numbers of a pair",
            _by_hand(torch.cos, torch.zeros_like, torch.zeros_like),
        ),
        Mistake(
            "positions counted from 1",
            "the first token is turned already: its position is taken for 1",
            "positions count from 0",
            _with_angles(lambda x, first, base: _angles(x, first + 1, base)),
        ),
        Mistake(
            "first_position not used",
            "positions always count from 0, whatever first_position is",
            "which position does the first token of x have?",
            _with_angles(lambda x, first, base: _angles(x, 0, base)),
        ),
        Mistake(
            "nothing turned",
            "x comes back as it was",
            "only at position 0 does nothing change",
            lambda x, first, base: x,
        ),
        Mistake(
            "first_position for all",
            "every token is turned as if it stood at first_position",
            "the next token stands one position further",
            _with_angles(lambda x, first, base: _angles(x, first, base)[:1].expand(x.shape[-2], -1)),
        ),
        Mistake(
            "base not used",
            "the base is always 10,000, whatever was asked for",
            "where does `base` come in?",
            _with_angles(lambda x, first, base: _angles(x, first, 10_000.0)),
        ),
        Mistake(
            "half the fall",
            "from pair to pair the speed falls too slowly: the exponent is half of what it should be",
            "the last pair's speed is nearly 1 / base",
            _with_speeds(
                lambda pairs, base: torch.tensor([base ** (-j / (2 * pairs)) for j in range(pairs)])
            ),
        ),
        Mistake(
            "twice the fall",
            "from pair to pair the speed falls too fast: the exponent counts 2j against half of d_head",
            "the last pair's speed is nearly 1 / base",
            _with_speeds(lambda pairs, base: torch.tensor([base ** (-2 * j / pairs) for j in range(pairs)])),
        ),
        Mistake(
            "speeds rise",
            "the speeds rise from pair to pair: the exponent has lost its minus",
            "which pair turns fastest?",
            _with_speeds(lambda pairs, base: torch.tensor([base ** (j / pairs) for j in range(pairs)])),
        ),
        Mistake(
            "speeds reversed",
            "the last pair turns fastest and the first slowest",
            "which pair has speed 1?",
            _with_speeds(lambda pairs, base: _speeds(pairs, base).flip(0)),
        ),
        Mistake(
            "exponent from 1",
            "the pairs are counted from 1, so that none has speed 1",
            "the first pair is pair 0",
            _with_speeds(
                lambda pairs, base: torch.tensor([base ** (-(j + 1) / pairs) for j in range(pairs)])
            ),
        ),
        Mistake(
            "one speed for all",
            "every pair turns at the same speed, 1",
            "how do the pairs differ?",
            _with_speeds(lambda pairs, base: torch.ones(pairs)),
        ),
        Mistake(
            "angles in degrees",
            "the angles are turned into degrees, and cos and sin want radians",
            "torch.cos takes radians",
            _with_angles(lambda x, first, base: _angles(x, first, base) * 180 / math.pi),
        ),
        Mistake(
            "2π too many",
            "the angles are multiplied by 2π",
            "the speed of pair 0 is 1 radian a position",
            _with_angles(lambda x, first, base: _angles(x, first, base) * 2 * math.pi),
        ),
        Mistake(
            "heads counted as positions",
            "the axis before the positions is counted instead: each head is turned as a whole",
            "which axis counts the positions, from the end?",
            _positions_by(-3),
        ),
        Mistake(
            "half of the numbers",
            "only the first half of the numbers is turned",
            "every number belongs to a pair",
            _first_half_only,
        ),
        Mistake(
            "positions added",
            "sines and cosines are added to x, as week 3's sinusoidal positions are; nothing is turned",
            "a turn multiplies: cos · a − sin · b",
            _added,
        ),
        Mistake(
            "angles on the CPU",
            "the angles are made on the CPU whatever the input's device: on a GPU this line would fail",
            "torch.arange and its like take device=x.device",
            _on_the_cpu,
        ),
    ),
)
