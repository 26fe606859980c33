"""A module with parameters of given names, to observe which parameters of a model code selects."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn


def module_with(shapes: Mapping[str, Sequence[int]], tied: Mapping[str, str]) -> nn.Module:
    """Returns a tree of modules with a parameter of each name (`blocks.0.mlp.W_in`) and shape.

    Args:
        shapes: The parameters' names and shapes.
        tied: Further names, and the names of the parameters that they share.
    """
    model = nn.Module()
    for name, shape in shapes.items():
        _register(model, name, nn.Parameter(torch.zeros(*shape)))
    for name, other in tied.items():
        _register(model, name, model.get_parameter(other))
    return model


def _register(model: nn.Module, name: str, parameter: nn.Parameter) -> None:
    *path, own_name = name.split(".")
    for step in path:
        if not hasattr(model, step):
            model.add_module(step, nn.Module())
        model = getattr(model, step)
    model.register_parameter(own_name, parameter)


def names_of(model: nn.Module, parameters: Iterable[Any]) -> list[str]:
    """Returns the names of these parameters of the model, sorted; a value that is not one of them is
    described by its type.
    """
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return sorted(names.get(id(each), f"a {type(each).__name__} that is no parameter") for each in parameters)
