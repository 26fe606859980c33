"""The answer key of `activation_patch`: HF's model with the same vector put in by a hook of HF's side."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_inside import run
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside._pieces import interfered, observed
from utils.answers.week12_inside.ablate_head import LOGITS
from utils.checks import week12_inside as checks


def _expected(config, weights, clean, corrupted, name, position):
    model = hf_model(config, weights)
    seen = run(model, clean)[1]

    def put(output):
        here = torch.arange(output.shape[1]) == position
        return torch.where(here[:, None], seen[name], output)

    logits, _ = run(model, corrupted, [(name, put)])
    return {"logits": logits, "logits of a plain run afterwards": run(model, corrupted)[0]}


def _patch(change, swap=False):
    """Return a mistake in the hook's change of the output: `change(output, clean's output, position)`."""

    def wrong(model, clean, corrupted, name, position):
        given, into = (corrupted, clean) if swap else (clean, corrupted)
        kept = observed(model, given)[1][name]

        def hook(module, inputs, result):
            return change(result.clone(), kept, position)

        return interfered(model, into, [(name, hook)])

    return wrong


def _at(which):
    """The positions that `which` names are taken from the clean run."""

    def change(result, kept, position):
        places = torch.arange(result.shape[1])
        return torch.where(which(places, position)[:, None], kept, result)

    return change


def _here(places, position):
    return places == position


def _first_prompt(result, kept, position):
    result[0, position] = kept[0, position]
    return result


def _mean(result, kept, position):
    result[:, position] = kept[:, position].mean(dim=0)
    return result


def _nothing(result, kept, position):
    result[:, position] = 0.0
    return result


def _added(result, kept, position):
    result[:, position] += kept[:, position]
    return result


def _prompt(result, kept, position):
    row = position % len(result)
    result[row] = kept[row]
    return result


def _direction(result, kept, position):
    """Replace along the last axis: the position is taken for an index of d_model."""
    result[..., position] = kept[..., position]
    return result


def _stays(model, clean, corrupted, name, position):
    kept = observed(model, clean)[1][name]
    hook = lambda module, inputs, result: _at(_here)(result, kept, position)  # noqa: E731
    model.get_submodule(name).register_forward_hook(hook)
    return model(corrupted)


def _into_the_input(model, clean, corrupted, name, position):
    """Exchange the tokens at the position before the run."""
    mixed = corrupted.clone()
    mixed[:, position] = clean[:, position]
    return model(mixed)


ANSWER_KEY = AnswerKey(
    check=checks.activation_patch,
    expected=_expected,
    tolerance=LOGITS,
    reference="GPT-2 with the same vector patched",
    mistakes=(
        Mistake(
            "no effect",
            "the logits are those of the corrupted prompts: nothing was patched",
            "does the hook return the changed output, or is it the cache that was changed?",
            lambda model, clean, corrupted, name, position: model(corrupted),
        ),
        Mistake(
            "clean run returned",
            "the logits are those of the clean prompts",
            "on which prompts does the model run while the hook is set?",
            lambda model, clean, corrupted, name, position: model(clean),
        ),
        Mistake(
            "runs swapped",
            "a vector of the corrupted run is put into the clean one",
            "which run is cached, and which one is patched?",
            _patch(_at(_here), swap=True),
        ),
        Mistake(
            "every position",
            "every position is patched",
            "only one position comes from the clean run",
            _patch(_at(lambda places, position: places >= 0)),
        ),
        Mistake(
            "from that position on",
            "that position and all later ones are patched",
            "only one position comes from the clean run",
            _patch(_at(lambda places, position: places >= position)),
        ),
        Mistake(
            "up to that position",
            "that position and all earlier ones are patched",
            "only one position comes from the clean run",
            _patch(_at(lambda places, position: places <= position)),
        ),
        Mistake(
            "all but that position",
            "every position is patched but the one that was asked for",
            "which of the two runs keeps its other positions?",
            _patch(_at(lambda places, position: places != position)),
        ),
        Mistake(
            "the position after it",
            "the position after the one that was asked for is patched",
            "positions are counted from 0",
            _patch(_at(lambda places, position: places == position + 1)),
        ),
        Mistake(
            "the position before it",
            "the position before the one that was asked for is patched",
            "positions are counted from 0",
            _patch(_at(lambda places, position: places == position - 1)),
        ),
        Mistake(
            "first prompt only",
            "only the first prompt of the batch is patched",
            "every prompt gets the vector of its own clean partner",
            _patch(_first_prompt),
        ),
        Mistake(
            "a prompt patched",
            "the index meets the batch axis: a whole prompt is patched, and the others are not",
            "the output's axes are batch, position, d_model",
            _patch(_prompt),
        ),
        Mistake(
            "one number patched",
            "the index meets the last axis: one number of every vector is patched",
            "the output's axes are batch, position, d_model",
            _patch(_direction),
        ),
        Mistake(
            "mean of the clean prompts",
            "every prompt gets the mean of all clean prompts",
            "every prompt gets the vector of its own clean partner",
            _patch(_mean),
        ),
        Mistake(
            "added",
            "the clean vector is added to the one that is there",
            "patching replaces",
            _patch(_added),
        ),
        Mistake(
            "ablated",
            "the vector is set to 0, not to that of the clean run",
            "patching replaces by something: by what?",
            _patch(_nothing),
        ),
        Mistake(
            "tokens exchanged",
            "the prompts' tokens are exchanged; what was asked for is a module's output",
            "the prompts stay as they are: the hook changes what a module gives",
            _into_the_input,
        ),
        Mistake(
            "the hook stays",
            "the patch is right, but the hook stays: every later run is patched too",
            "run the model inside the with block of your `hooked`",
            _stays,
        ),
    ),
)
