"""The answer key of `load_from_file`: the logits of HF's own model with the file's weights."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week08_weights import _course, _hf, _refusals
from utils.answers.week08_weights._machine import Machine
from utils.checks import week08_weights as checks


def _expected(tensors, config, as_openai, tokens, fault_in):
    if fault_in:
        return {"error": _refusals.names(fault_in)}
    state_dict = tensors | {"lm_head.weight": tensors["transformer.wte.weight"]}
    return {
        "left random": [],
        "weights": _course.weights(state_dict, config["n_heads"]),
        "logits": _hf.logits(config, state_dict, tokens),
        "mode": "eval",
        "embedding and unembedding are one tensor": True,
        "every weight can learn": True,
        "read more than once": [],
        "masks read": False,
        "more than three tensors of the file in memory at once": False,
    }


def _judged(output, tensors, config, as_openai, tokens, fault_in):
    """Return the output; for an incomplete file, whether the error names the missing tensor."""
    if not fault_in:
        return output
    return {"error": _refusals.refusal(output["error"], fault_in, tensors)}


def _full(name):
    return "transformer." + name.removeprefix("transformer.")


def _is_mask(name):
    return name.endswith(".attn.bias")


def _load(
    file,
    config,
    wanted=lambda name: not _is_mask(name),
    read=lambda file, name: file.get_tensor(name),
    strict=True,
    finish=lambda model: model,
    full=_full,
    mute=False,
):
    """Load the file one tensor at a time; each keyword changes one step."""
    model = Machine(config).eval()
    empty = {name for name, _ in model.named_parameters()}
    for name in filter(wanted, file.keys()):
        forms = _course.forms(name, read(file, name), config.n_heads)
        if _is_mask(name):
            continue
        for target, form in zip(_course.ours(full(name)), forms, strict=True):
            with torch.no_grad():
                model.get_parameter(target).copy_(form)
            empty.discard(target)
    if empty and strict:
        raise ValueError("The file is not complete." if mute else f"Nothing fills {sorted(empty)}.")
    return finish(model)


def _loading(**changed):
    return lambda file, config: _load(file, config, **changed)


def _all_first(file, config):
    everything = {name: file.get_tensor(name) for name in sorted(file.keys()) if not _is_mask(name)}
    return _load(file, config, read=lambda _, name: everything[name])


def _dtype_of_file(file, config):
    kinds = []

    def read(file, name):
        tensor = file.get_tensor(name)
        kinds.append(tensor.dtype)
        return tensor

    return _load(file, config, read=read).to(kinds[0])


def _looked_at_twice(file, name):
    file.get_tensor(name)
    return file.get_tensor(name)


ANSWER_KEY = AnswerKey(
    check=checks.load_from_file,
    expected=_expected,
    observe=_judged,
    reference="HF's model",
    mistakes=(
        Mistake(
            "the whole file in memory",
            "the whole file is read before anything is copied: the weights are in memory twice",
            "what can be let go before the next tensor is read?",
            _all_first,
        ),
        Mistake(
            "masks read",
            "the causal masks in the file are read; they are no weights, and of GPT-2 they are 50 MB",
            "a name is known before its tensor is read",
            _loading(wanted=lambda name: True),
        ),
        Mistake(
            "read twice",
            "tensors are read from the file more than once",
            "keep what get_tensor gives while you need it",
            _loading(read=_looked_at_twice),
        ),
        Mistake(
            "left in train mode",
            "the weights are right, but the model is in train mode",
            "which method puts a module into eval mode?",
            _loading(finish=lambda model: model.train()),
        ),
        Mistake(
            "kept in half precision",
            "weights that come in 16 bits stay in 16 bits, which hold three digits",
            "the machine counts in float32",
            _dtype_of_file,
        ),
        Mistake(
            "missing tensor passed over",
            "a tensor that the file lacks is passed over in silence, and its place keeps what it had",
            "when everything is read, is everything filled?",
            _loading(strict=False),
        ),
        Mistake(
            "error without a name",
            "it stops, as it should, but does not say which tensor is missing",
            "what would you like to read, if your download had broken off?",
            _loading(mute=True),
        ),
        Mistake(
            "weights that cannot learn",
            "the weights are right, but none of them would learn",
            "requires_grad stays as a new model has it",
            _loading(finish=lambda model: model.requires_grad_(False)),
        ),
        Mistake(
            "LayerNorms left out",
            "gains are still 1 and the LayerNorms' biases 0",
            "does your condition for masks, `.bias`, pass over more than masks?",
            _loading(wanted=lambda name: not _is_mask(name) and "ln_" not in name, strict=False),
        ),
        Mistake(
            "c_attn's biases taken for masks",
            "c_attn's biases are passed over as if they were masks: their names end in `attn.bias` too",
            "what stands before `attn` in a mask's name?",
            _loading(wanted=lambda name: not name.endswith("attn.bias"), strict=False),
        ),
        Mistake(
            "blocks left random",
            "the blocks are still as a new model has them",
            "`h.0.` and `transformer.h.0.` are the same place: which of the two does your code look for?",
            _loading(wanted=lambda name: not _is_mask(name) and ".h." not in f".{name}", strict=False),
        ),
    ),
)
