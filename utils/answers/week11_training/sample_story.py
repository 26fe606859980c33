"""The answer key of `sample_story`: the most probable tokens one after the other, at temperature 0."""

import itertools

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel
from utils.checks.fakes.vocabulary import ToyVocabulary


def _expected(weights, prompt, n_new, temperature, n_ctx, training, seeds):
    if seeds > 1:
        return {"the same seed tells the same": True, "other seeds tell others": True}
    model = SmallModel(weights, n_ctx=n_ctx).eval()
    story = _continued(model, ToyVocabulary(), prompt, n_new, pick=_largest)
    return {"text": _text(story), "mode afterwards": "train" if training else "eval"}


def _largest(logits):
    return logits.argmax().item()


def _drawer(temperature, seed):
    generator = torch.Generator().manual_seed(seed)

    def pick(logits):
        if temperature == 0:
            return _largest(logits)
        return torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator).item()

    return pick


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


def _story(finish=_text, pick_of=_drawer, mode=False, restore=True, **how):
    """Return a `sample_story` with something changed."""

    def wrong(model, vocabulary, prompt, n_new, temperature, seed):
        before = model.training
        if mode is not None:
            model.train(mode)
        ids = _continued(model, vocabulary, prompt, n_new, pick_of(temperature, seed), **how)
        if restore:
            model.train(before)
        return finish(ids)

    return wrong


_LUCK = itertools.count()
"""Makes each call draw differently, but unlike a clock the same in each test run."""


def _raw(ids):
    return ToyVocabulary().decode(ids)


def _new_part(model, vocabulary, prompt, n_new, temperature, seed):
    return _story()(model, vocabulary, prompt, n_new, temperature, seed)[len(prompt) :]


def _prompt_counted(model, vocabulary, prompt, n_new, temperature, seed):
    return _story()(model, vocabulary, prompt, n_new - len(prompt), temperature, seed)


ANSWER_KEY = AnswerKey(
    check=checks.sample_story,
    expected=_expected,
    tolerance=EXACT,
    reference="the most probable tokens",
    mistakes=(
        Mistake(
            "no end_of_text in front",
            "the prompt stands alone: the model never saw a story that does not begin after end_of_text",
            "what stands before every story in training?",
            _story(first=0, finish=lambda ids: _text(ids[1:])),
        ),
        Mistake(
            "end_of_text in the story",
            "the end_of_text in front is part of the text",
            "end_of_text is no word of the story: which rows are decoded?",
            _story(finish=lambda ids: _raw(ids[:1]) + _text(ids[1:])),
        ),
        Mistake(
            "end_of_text at the end",
            "the end_of_text behind the story is part of the text",
            "end_of_text is no word of the story: which rows are decoded?",
            _story(finish=lambda ids: _raw(ids[1:])),
        ),
        Mistake(
            "end_of_text on both sides",
            "both end_of_text are part of the text",
            "end_of_text is no word of the story: which rows are decoded?",
            _story(finish=_raw),
        ),
        Mistake(
            "new part only",
            "the prompt is missing from the text",
            "a story with its beginning: the prompt and what follows",
            _new_part,
        ),
        Mistake(
            "goes on after the end",
            "the story is over, and the model tells another one",
            "generate takes a stop_token",
            _story(stops=False),
        ),
        Mistake(
            "context not cropped",
            "the model is shown more tokens than its n_ctx",
            "which n_ctx does generate get? The model's config knows it",
            _story(crop=False),
        ),
        Mistake(
            "dropout on",
            "the model tells its story in train mode, with some of its numbers dropped",
            "which mode switches dropout off?",
            _story(mode=True),
        ),
        Mistake(
            "mode left alone",
            "the model tells its story in the mode it happens to be in",
            "which mode switches dropout off?",
            _story(mode=None),
        ),
        Mistake(
            "left in eval mode",
            "the model stays in eval mode: training would go on without dropout",
            "remember `model.training` before you change it",
            _story(restore=False),
        ),
        Mistake(
            "temperature ignored",
            "the story is told at temperature 1, whatever is asked for",
            "generate takes a temperature",
            _story(pick_of=lambda temperature, seed: _drawer(1.0, seed)),
        ),
        Mistake(
            "always greedy",
            "the most probable token is taken each time: every seed tells the same story",
            "generate takes a temperature and a seed",
            _story(pick_of=lambda temperature, seed: _largest),
        ),
        Mistake(
            "seed ignored",
            "the same seed tells another story each time",
            "generate takes a seed",
            _story(pick_of=lambda temperature, seed: _drawer(temperature, next(_LUCK))),
        ),
        Mistake(
            "prompt counted as new",
            "fewer than n_new tokens come after the prompt",
            "n_new counts what is added",
            _prompt_counted,
        ),
    ),
)
