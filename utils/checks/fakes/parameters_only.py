"""A model with parameters and without forward, for functions that only iterate over parameters."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from utils.reference import ModelConfig


class BareModel(nn.Module):
    """A module with parameters of the given names (`blocks.0.mlp.W_in`) and shapes, and its sizes in
    `config`.

    Modules whose names are numbers are in an nn.ModuleList. Parameters are initialised with random numbers of
    order 1, so that one that was left as it was is noticed.

    Args:
        config: The sizes.
        shapes: The parameters' names and shapes.
        tied: Further names of modules, and the names of the modules that they share.
        seed: The seed of the random numbers. None makes parameters on the meta device, which have none.
    """

    def __init__(
        self,
        config: ModelConfig | None,
        shapes: Mapping[str, Sequence[int]],
        tied: Mapping[str, str],
        seed: int | None,
    ):
        super().__init__()
        self.config = config
        _add_parameters(self, _numbers(shapes, seed))
        for place, module in tied.items():
            path, _, own_name = place.rpartition(".")
            if path and not hasattr(self, path):
                self.add_module(path, nn.Module())
            self.get_submodule(path).add_module(own_name, self.get_submodule(module))


def _numbers(shapes: Mapping[str, Sequence[int]], seed: int | None) -> dict[str, torch.Tensor]:
    if seed is None:
        return {name: torch.empty(*shape, device="meta") for name, shape in shapes.items()}
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(*shape, generator=generator) for name, shape in shapes.items()}


def _add_parameters(module: nn.Module, numbers: Mapping[str, torch.Tensor]) -> None:
    """Adds parameters and submodules to the module for the dotted names."""
    below: dict[str, dict[str, torch.Tensor]] = {}
    for name, value in numbers.items():
        first, _, rest = name.partition(".")
        if rest:
            below.setdefault(first, {})[rest] = value
        else:
            module.register_parameter(first, nn.Parameter(value))
    for name, inside in below.items():
        is_list = all(inner.partition(".")[0].isdigit() for inner in inside)
        child = nn.ModuleList() if is_list else nn.Module()
        _add_parameters(child, inside)
        module.add_module(name, child)
