"""A model that has parameters and cannot compute anything: for functions that only go through parameters."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from utils.reference import ModelConfig


class BareModel(nn.Module):
    """Has a parameter of each name (`blocks.0.mlp.W_in`) and shape, and its sizes in `config`; no forward.

    Modules whose names are numbers are in an nn.ModuleList. `tied` names further places for modules that are
    there already. Parameters begin as random numbers of order 1, drawn from `seed`: one that was left alone
    shows.
    """

    def __init__(
        self, config: ModelConfig, shapes: Mapping[str, Sequence[int]], tied: Mapping[str, str], seed: int
    ):
        super().__init__()
        self.config = config
        generator = torch.Generator().manual_seed(seed)
        _grow(self, {name: torch.randn(*shape, generator=generator) for name, shape in shapes.items()})
        for place, module in tied.items():
            path, _, own_name = place.rpartition(".")
            if path and not hasattr(self, path):
                self.add_module(path, nn.Module())
            self.get_submodule(path).add_module(own_name, self.get_submodule(module))


def _grow(module: nn.Module, numbers: Mapping[str, torch.Tensor]) -> None:
    """Gives the module parameters and submodules for dotted names."""
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
        _grow(child, inside)
        module.add_module(name, child)
