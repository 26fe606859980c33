"""Sinusoidal positions, with an argument for everything that a mistake may change."""

import torch


def angles(n_ctx, d_model, base=10_000.0, first=0, exponent=lambda pair, d_model: 2 * pair / d_model):
    """[n_ctx, pairs]: each position's number, over the base to a power that grows from pair to pair."""
    pairs = torch.arange((d_model + 1) // 2, dtype=torch.float64)
    place = torch.arange(first, first + n_ctx, dtype=torch.float64)
    return torch.outer(place, base ** -exponent(pairs, d_model))


def interleaved(even, odd):
    """The columns of both, alternating."""
    return torch.stack([even, odd], dim=2).flatten(1).float()


def waves(n_ctx, d_model, **wrong):
    """Sines in the even columns, cosines in the odd ones, cut to d_model columns."""
    turned = angles(n_ctx, d_model, **wrong)
    return interleaved(turned.sin(), turned.cos())[:, :d_model]
