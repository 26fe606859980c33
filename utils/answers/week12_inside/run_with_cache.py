"""The answer key of `run_with_cache`: the outputs of HF's own modules."""

from torch import Tensor

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_inside import run
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside._pieces import observed
from utils.checks import week12_inside as checks


def _expected(config, weights, tokens):
    after = {"own hooks left afterwards": 0, "hooks of others left": 1}
    if tokens.shape[1] > config["n_ctx"]:
        return {"an error in the model": "reaches the caller", **after}
    logits, cache = run(hf_model(config, weights), tokens)
    return {"logits": logits, "cache": cache, **after}


def _cached(change):
    """Return a mistake that changes the cache entry by entry."""

    def wrong(model, tokens):
        logits, seen = observed(model, tokens)
        return logits, {new: value for name, found in seen.items() for new, value in change(name, found)}

    return wrong


def _keeping(cache, name, of=lambda given, result: result):
    def hook(module, given, result):
        cache[name] = of(given, result)

    return hook


def _watch(model, cache):
    named = [(name, module) for name, module in model.named_modules() if name]
    return [module.register_forward_hook(_keeping(cache, name)) for name, module in named]


def _stay(model, tokens):
    cache: dict[str, Tensor] = {}
    _watch(model, cache)
    return model(tokens), cache


def _stay_after_error(model, tokens):
    cache: dict[str, Tensor] = {}
    handles = _watch(model, cache)
    logits = model(tokens)
    for each in handles:
        each.remove()
    return logits, cache


def _hides_error(model, tokens):
    try:
        return observed(model, tokens)
    except ValueError:
        return None, {}


def _clears_all(model, tokens):
    try:
        return observed(model, tokens)
    finally:
        for module in model.modules():
            module._forward_hooks.clear()


def _last_name_only(model, tokens):
    logits, seen = observed(model, tokens)
    *_, last = model.named_modules()
    return logits, {last[0]: seen["unembed"]}


def _inputs(model, tokens):
    cache: dict[str, Tensor] = {}
    handles = [
        module.register_forward_hook(_keeping(cache, name, lambda given, result: given[0]))
        for name, module in model.named_modules()
    ]
    try:
        return model(tokens), cache
    finally:
        for each in handles:
            each.remove()


def _returning(cache, name):
    def hook(module, given, result):
        return cache.setdefault(name, result) * 0

    return hook


def _hooks_return(model, tokens):
    cache: dict[str, Tensor] = {}
    handles = [
        module.register_forward_hook(_returning(cache, name))
        for name, module in model.named_modules()
        if name
    ]
    try:
        return model(tokens), cache
    finally:
        for each in handles:
            each.remove()


ANSWER_KEY = AnswerKey(
    check=checks.run_with_cache,
    expected=_expected,
    reference="GPT-2",
    mistakes=(
        Mistake(
            "hooks stay",
            "the hooks are still on the model afterwards: every later run would go on writing to this cache",
            "your own `hooked` takes them off",
            _stay,
        ),
        Mistake(
            "hooks stay after an error",
            "when the model raises, the hooks stay on it",
            "does the model run inside the with block of your `hooked`?",
            _stay_after_error,
        ),
        Mistake(
            "error swallowed",
            "the model's error disappears; the caller gets no logits and does not know why",
            "let the error pass on",
            _hides_error,
        ),
        Mistake(
            "everybody's hooks removed",
            "the model loses hooks that somebody else has set, too",
            "remove what you have set, by its own handle",
            _clears_all,
        ),
        Mistake(
            "inputs cached",
            "the cache holds what the modules are given, not what they give",
            "the hook's three arguments: which of them is the output?",
            _inputs,
        ),
        Mistake(
            "hooks change the run",
            "the hooks return something, which takes the outputs' place: watching has changed the run",
            "a hook that only watches returns None",
            _hooks_return,
        ),
        Mistake(
            "blocks' insides missing",
            "only the model's direct parts and its blocks are cached, not what is inside the blocks",
            "named_children gives one level, named_modules all of them",
            _cached(lambda name, found: [(name, found)] if name.count(".") < 2 else []),
        ),
        Mistake(
            "short names",
            "modules of different blocks share a name, so that only the last block's output is left",
            "the name from named_modules, in full: blocks.0.attn",
            _cached(lambda name, found: [(name.split(".")[-1], found)]),
        ),
        Mistake(
            "one name for all hooks",
            "every hook writes to the name that the loop ended with, so that the cache has one entry",
            "a function looks up a loop's variable when called: make each hook in a function of its own",
            _last_name_only,
        ),
        Mistake(
            "last position only",
            "the cache holds the last position only",
            "keep the whole output",
            _cached(lambda name, found: [(name, found[:, -1])]),
        ),
        Mistake(
            "first prompt only",
            "the cache holds the first prompt only",
            "keep the whole output, batch axis and all",
            _cached(lambda name, found: [(name, found[0])]),
        ),
        Mistake(
            "cache first",
            "the cache comes first and the logits second; the order is the other way round",
            "the order of the two in your return line",
            lambda model, tokens: observed(model, tokens)[::-1],
        ),
    ),
)
