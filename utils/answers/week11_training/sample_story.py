"""The answer key of `sample_story`: the most probable tokens one after the other, at temperature 0."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel
from utils.checks.fakes.vocabulary import ToyVocabulary


def _expected(*, weights, prompt, n_new, temperature, n_ctx, training, seeds, in_train_mode):
    if seeds > 1:
        return {"the same seed tells the same": True, "other seeds tell others": True}
    model = SmallModel(weights, n_ctx=n_ctx).eval()
    story = _continued(model, ToyVocabulary(), prompt, n_new, pick=_largest)
    with torch.no_grad():
        afterwards = model(torch.tensor([[0]])) * (in_train_mode if training else 1.0)
    return {
        "text": _text(story),
        "mode afterwards": "train" if training else "eval",
        "logits of a run afterwards": afterwards,
    }


def _observed(output, seeds, **inputs):
    if seeds == 1:
        return output
    stories = output.get("stories")
    told = isinstance(stories, list) and [type(each) for each in stories] == [str] * seeds
    return {
        "the same seed tells the same": told and output.get("again") == stories,
        "other seeds tell others": told and len(set(stories)) > 1,
    }


def _largest(logits):
    return logits.argmax().item()


@torch.no_grad()
def _continued(
    model, vocabulary, prompt, n_new, pick, first=(ToyVocabulary.end_of_text,), stops=True, crop=True
):
    """Return all ids: `first`, the prompt and its continuation."""
    ids = [*first, *vocabulary.encode(prompt).tolist()]
    for _ in range(n_new):
        seen = ids[-model.config.n_ctx :] if crop else ids
        ids.append(pick(model(torch.tensor([seen]))[0, -1]))
        if stops and ids[-1] == vocabulary.end_of_text:
            break
    return ids


def _text(ids):
    """Return the text of a whole story, between the end_of_text before it and the one after it."""
    return ToyVocabulary().decode([each for each in ids if each != ToyVocabulary.end_of_text])


ANSWER_KEY = AnswerKey(
    check=checks.sample_story,
    expected=_expected,
    observe=_observed,
    tolerance=EXACT,
    reference="the most probable tokens",
)
