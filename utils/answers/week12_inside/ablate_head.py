"""The answer key of `ablate_head`: HF's model with the head's z replaced before its output projection."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import STEP, Tolerance
from utils.answers.oracles.hf_inside import run_with_heads
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside._pieces import interfered, scores, without, written_by
from utils.checks import week12_inside as checks

LOGITS = Tolerance(1e-4, 1e-4, "float32 through several blocks, by the size of the logits", 128 * STEP)


def _expected(config, weights, tokens, layer, head, by):
    model = hf_model(config, weights)

    def replace(z):
        z[:, :, head] = z[:, :, head].mean(dim=0, keepdim=True) if by == "mean" else 0.0

    return {
        "logits": run_with_heads(model, tokens, [(layer, replace)]),
        "logits of a plain run afterwards": run_with_heads(model, tokens, []),
    }


def _ablation(hook_for, layer_of=lambda model, layer: layer):
    """A mistake in the hook that is set on the layer's attention: `hook_for(head, by)`."""

    def wrong(model, tokens, layer, head, by):
        name = f"blocks.{layer_of(model, layer)}.attn"
        return interfered(model, tokens, [(name, hook_for(head, by))])

    return wrong


def _instead(mean):
    """Return the right hook but for the replacement by the mean."""
    return lambda head, by: without(head, mean if by == "mean" else lambda written: 0.0)


def _over_batch(written):
    return written.mean(dim=0, keepdim=True)


def _always(instead):
    return lambda head, by: without(head, instead)


def _on_output(change):
    """A mistake on the attention's output as a whole."""

    def hook_for(head, by):
        def hook(attn, given, result):
            changed = result.clone()
            change(attn, changed, head, changed.mean(dim=0, keepdim=True) if by == "mean" else 0 * changed)
            return changed

        return hook

    return hook_for


def _slice(attn, changed, head, instead):
    d_head = attn.W_O.shape[1]
    part = slice(head * d_head, (head + 1) * d_head)
    changed[..., part] = instead[..., part]


def _position(attn, changed, head, instead):
    changed[:, head] = instead[:, head]


def _everything(attn, changed, head, instead):
    changed[:] = instead


def _last_position(head, by):
    right = _instead(_over_batch)(head, by)

    def hook(attn, given, result):
        return torch.cat([result[:, :-1], right(attn, given, result)[:, -1:]], dim=1)

    return hook


def _bias_too(head, by):
    right = _instead(_over_batch)(head, by)
    return lambda attn, given, result: right(attn, given, result) - attn.b_O


def _even_attention(head, by):
    def hook(attn, given, result):
        even = scores(attn, given[0]).mul(0).nan_to_num(-torch.inf).softmax(-1)
        return result - written_by(attn, given[0])[:, head] + written_by(attn, given[0], even)[:, head]

    return hook


def _stays(model, tokens, layer, head, by):
    model.blocks[layer].attn.register_forward_hook(_instead(_over_batch)(head, by))
    return model(tokens)


@torch.no_grad()
def _cuts_the_weight(model, tokens, layer, head, by):
    if by == "mean":
        return _ablation(_instead(_over_batch))(model, tokens, layer, head, by)
    model.blocks[layer].attn.W_O[head] = 0.0
    return model(tokens)


ANSWER_KEY = AnswerKey(
    check=checks.ablate_head,
    expected=_expected,
    tolerance=LOGITS,
    reference="GPT-2 with the same head ablated",
    mistakes=(
        Mistake(
            "no effect",
            "the logits are those of the whole model: the hook changes nothing",
            "does your hook return what it has made? A hook that returns None changes nothing",
            _ablation(lambda head, by: lambda attn, given, result: None),
        ),
        Mistake(
            "zero called mean",
            "the mean ablation writes nothing instead of the mean",
            "what does `by` decide, and is it asked?",
            _ablation(_always(lambda written: 0.0)),
        ),
        Mistake(
            "mean called zero",
            "the zero ablation writes the mean instead of nothing",
            "what does `by` decide, and is it asked?",
            _ablation(_always(_over_batch)),
        ),
        Mistake(
            "mean over the positions",
            "the mean is taken over each prompt's own positions",
            "the mean is that of the batch: every position keeps one of its own",
            _ablation(_instead(lambda written: written.mean(dim=1, keepdim=True))),
        ),
        Mistake(
            "mean over everything",
            "the mean is taken over batch and positions together",
            "the mean is that of the batch: every position keeps one of its own",
            _ablation(_instead(lambda written: written.mean(dim=(0, 1), keepdim=True))),
        ),
        Mistake(
            "a position silenced",
            "a position is silenced, not a head: the index meets the position axis",
            "the attention's output has no head axis any more: what each head writes has one",
            _ablation(_on_output(_position)),
        ),
        Mistake(
            "a slice of d_model",
            "a slice of d_model is silenced, but every head writes to all of d_model",
            "what each head writes comes from your inside_attention; the output holds their sum",
            _ablation(_on_output(_slice)),
        ),
        Mistake(
            "all heads silenced",
            "the whole attention of the layer is silenced",
            "take away what one head has written; the others stay",
            _ablation(_on_output(_everything)),
        ),
        Mistake(
            "b_O silenced too",
            "b_O is taken away with the head, to which it does not belong",
            "the output is the sum of what the heads write, plus b_O: what is to be subtracted?",
            _ablation(_bias_too),
        ),
        Mistake(
            "last position only",
            "the head is ablated at the last position only",
            "the head is to be silent at every position",
            _ablation(_last_position),
        ),
        Mistake(
            "even attention instead",
            "the head reads all tokens evenly instead of writing nothing, or the mean",
            "ablation replaces what the head writes, not whom it looks at",
            _ablation(_even_attention),
        ),
        Mistake(
            "another layer",
            "a head of another layer is ablated",
            "layers are counted from 0, and so are model.blocks",
            _ablation(_instead(_over_batch), lambda model, layer: (layer + 1) % len(model.blocks)),
        ),
        Mistake(
            "another head",
            "another head of the layer is ablated",
            "heads are counted from 0",
            _ablation(lambda head, by: _instead(_over_batch)(head - 1, by)),
        ),
        Mistake(
            "the hook stays",
            "the ablation is right, but the hook stays: the head is silent in every later run too",
            "run the model inside the with block of your `hooked`",
            _stays,
        ),
        Mistake(
            "weights changed for good",
            "the ablation is right, but the model has lost the head for good: its weights were changed",
            "change what the head gives while the model runs, not the weights",
            _cuts_the_weight,
        ),
    ),
)
