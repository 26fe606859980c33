"""The answer key of `hooked`: HF's model under hooks that do the same, and no hook left."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_inside import run
from utils.answers.oracles.hf_model import hf_model
from utils.checks import week12_inside as checks


def _expected(config, weights, tokens, steps, accident):
    model = hf_model(config, weights)
    changes = [(name, _CHANGES[how]) for name, how in steps]
    return {
        "logits inside the with block": run(model, tokens, changes)[0],
        "an error in the with block": "the error reaches the caller" if accident else "no error",
        "own hooks left afterwards": 0,
        "hooks of others left": 1,
        "logits afterwards": run(model, tokens)[0],
    }


_CHANGES = {"thrice": lambda output: torch.add(output, output, alpha=2), "tanh": torch.tanh}


class _Hooked:
    """A context manager in pieces, of which each mistake replaces one."""

    def __init__(self, hooks):
        self.pairs, self.handles = list(hooks), []

    def set_all(self):
        for module, hook in self.pairs:
            self.handles.append(module.register_forward_hook(hook))

    def tidy(self, error):
        while self.handles:
            self.handles.pop().remove()

    def __enter__(self):
        self.set_all()

    def __exit__(self, kind, error, trace):
        return self.tidy(error)


def _with(**pieces):
    return type("hooked", (_Hooked,), pieces)


def _set(pairs, of=lambda self: self.pairs):
    def set_all(self):
        self.handles += [module.register_forward_hook(hook) for module, hook in pairs(of(self))]

    return set_all


def _set_as_pre_hooks(self):
    self.handles += [module.register_forward_pre_hook(hook) for module, hook in self.pairs]


def _one_a_module(pairs):
    return list({id(module): (module, hook) for module, hook in pairs}.values())


def _clear(self, error):
    for module, _ in self.pairs:
        module._forward_hooks.clear()


ANSWER_KEY = AnswerKey(
    check=checks.hooked,
    expected=_expected,
    reference="GPT-2 under HF's hooks",
    mistakes=(
        Mistake(
            "never removed",
            "the hooks stay on the model after the with block, and change every later run",
            "what does register_forward_hook return, and what can that do?",
            _with(tidy=lambda self, error: None),
        ),
        Mistake(
            "left behind by an error",
            "when the block ends with an error, the hooks stay on the model",
            "which lines run when an error comes out of the yield? What does `finally` promise?",
            _with(tidy=lambda self, error: _Hooked.tidy(self, error) if error is None else None),
        ),
        Mistake(
            "error swallowed",
            "an error in the with block disappears: whoever made it will never know",
            "clean up and let the error pass on: no `except`, and no `return` in `finally`",
            _with(tidy=lambda self, error: _Hooked.tidy(self, error) or True),
        ),
        Mistake(
            "only the last one removed",
            "several hooks are set and only the last of them is removed",
            "each registration gives a handle of its own: where do you keep them all?",
            _with(tidy=lambda self, error: self.handles.pop().remove()),
        ),
        Mistake(
            "everybody's hooks removed",
            "the modules lose hooks that somebody else has set on them, too",
            "remove what you have set, by its own handle",
            _with(tidy=_clear),
        ),
        Mistake(
            "no effect",
            "inside the with block the model runs as if there were no hooks",
            "are the very hooks registered before the yield, and removed only after it?",
            _with(set_all=lambda self: None),
        ),
        Mistake(
            "only the first one set",
            "of several hooks only the first is set",
            "one registration for each pair",
            _with(set_all=_set(lambda pairs: pairs[:1])),
        ),
        Mistake(
            "one hook a module",
            "of two hooks on the same module only the last is set",
            "a dict by module keeps one hook for each; the pairs may name a module twice",
            _with(set_all=_set(_one_a_module)),
        ),
        Mistake(
            "set in reverse",
            "two hooks of the same module are called in the wrong order",
            "hooks are called in the order in which they were registered",
            _with(set_all=_set(lambda pairs: pairs[::-1])),
        ),
        Mistake(
            "set as pre-hooks",
            "the hooks are called before their modules, when there is no output yet",
            "there are forward pre-hooks and forward hooks: which of them are given the output?",
            _with(set_all=_set_as_pre_hooks),
        ),
    ),
)
