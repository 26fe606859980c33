"""The answer key of `knock_out`: HF's model with the z of all these heads set to 0."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_inside import run_with_heads
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside._pieces import interfered, observed, without, written_by
from utils.answers.week12_inside.ablate_head import LOGITS
from utils.checks import week12_inside as checks


def _expected(config, weights, tokens, heads):
    model = hf_model(config, weights)

    def silence(head):
        def change(z):
            z[:, :, head] = 0.0

        return change

    return {
        "logits": run_with_heads(model, tokens, [(layer, silence(head)) for layer, head in heads]),
        "logits of a plain run afterwards": run_with_heads(model, tokens, []),
    }


def _knock(choose):
    """A mistake in which heads are knocked out."""

    def wrong(model, tokens, heads):
        chosen = choose(model, heads)
        return interfered(model, tokens, [(f"blocks.{layer}.attn", without(head)) for layer, head in chosen])

    return wrong


def _every(model):
    n_heads = model.blocks[0].attn.W_O.shape[0]
    return [(layer, head) for layer in range(len(model.blocks)) for head in range(n_heads)]


def _one_a_layer(model, heads):
    return list(dict(heads).items())


def _head_of_the_last(model, heads):
    return [(layer, heads[-1][1]) for layer, _ in heads]


def _swapped(model, heads):
    layers, n_heads = len(model.blocks), model.blocks[0].attn.W_O.shape[0]
    return [(head % layers, layer % n_heads) for layer, head in heads]


def _whole_layers(model, heads):
    layers = {layer for layer, _ in heads}
    return [each for each in _every(model) if each[0] in layers]


def _in_every_layer(model, heads):
    numbers = {head for _, head in heads}
    return [each for each in _every(model) if each[1] in numbers]


def _as_before(model, tokens, heads):
    """Subtract the outputs that the heads have in the run of the whole model."""
    seen, hooks = observed(model, tokens)[1], []
    for layer, head in heads:
        own = written_by(model.blocks[layer].attn, seen[f"blocks.{layer}.ln_1"])[:, head]
        hooks.append((f"blocks.{layer}.attn", lambda attn, given, result, own=own: result - own))
    return interfered(model, tokens, hooks)


def _one_at_a_time(model, tokens, heads):
    runs = [_knock(lambda model, heads: heads)(model, tokens, [each]) for each in heads] or [model(tokens)]
    return sum(runs) / len(runs)


def _stays(model, tokens, heads):
    for layer, head in heads:
        model.blocks[layer].attn.register_forward_hook(without(head))
    return model(tokens)


ANSWER_KEY = AnswerKey(
    check=checks.knock_out,
    expected=_expected,
    tolerance=LOGITS,
    reference="GPT-2 without the same heads",
    mistakes=(
        Mistake(
            "no effect",
            "the logits are those of the whole model",
            "does each hook return what it has made?",
            _knock(lambda model, heads: []),
        ),
        Mistake(
            "the last head in every layer",
            "every layer named loses the same head: the one that the list ends with",
            "a function looks up a loop's variable when called: make each hook in a function of its own",
            _knock(_head_of_the_last),
        ),
        Mistake(
            "one head a layer",
            "where a layer has two heads in the list, only the last of them is knocked out",
            "a dict by layer keeps one head for each",
            _knock(_one_a_layer),
        ),
        Mistake(
            "first head only",
            "only the first head of the list is knocked out",
            "one hook for each pair",
            _knock(lambda model, heads: heads[:1]),
        ),
        Mistake(
            "last head only",
            "only the last head of the list is knocked out",
            "all hooks are set while the model runs once",
            _knock(lambda model, heads: heads[-1:]),
        ),
        Mistake(
            "layer and head swapped",
            "a pair is (layer, head), and is read the other way round",
            "which of the two numbers chooses the block?",
            _knock(_swapped),
        ),
        Mistake(
            "whole layers",
            "all heads of the layers named are knocked out",
            "take away what the named heads have written; the others stay",
            _knock(_whole_layers),
        ),
        Mistake(
            "in every layer",
            "heads of these numbers are knocked out in every layer",
            "a pair names one head of one layer",
            _knock(_in_every_layer),
        ),
        Mistake(
            "the others",
            "all heads are knocked out but those of the list",
            "the heads of the list are the ones to be silent",
            _knock(lambda model, heads: [each for each in _every(model) if each not in heads]),
        ),
        Mistake(
            "what they wrote before",
            "what they write in the whole model is subtracted; without earlier heads they write otherwise",
            "the hook is given what the module reads in this very run",
            _as_before,
        ),
        Mistake(
            "one at a time",
            "the heads are knocked out one at a time and the logits averaged",
            "all hooks are set while the model runs once",
            _one_at_a_time,
        ),
        Mistake(
            "the hooks stay",
            "the logits are right, but the hooks stay: the heads are silent in every later run too",
            "run the model inside the with block of your `hooked`",
            _stays,
        ),
    ),
)
