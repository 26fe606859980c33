"""A storyteller so small that it is trained in a second, and the parts that train it."""

import functools
import io

import pytest
import torch
from rich.console import Console

from grader.command_line import train_storyteller
from grader.folders import find_root
from grader.tools.storyteller import text
from grader.tools.storyteller.official_parts import official_parts
from grader.tools.storyteller.order import TrainingOptions
from grader.tools.storyteller.recipe import TrainingRecipe

TINY = TrainingRecipe(
    d_model=8,
    n_heads=2,
    n_layers=2,
    n_ctx=140,
    batch_size=2,
    max_lr=1e-2,
    chunk_tokens=3 * 2 * 140,
    vocabulary_tokens=150_000,
    validation_tokens=300,
    final_tokens=300,
    card_stories=2,
    report_steps=4,
)
"""Three steps to a chunk of stories, four to a report."""

TOKENS = 10 * TINY.tokens_per_step
"""Ten steps: reports after 4, 8 and 10, new stories after 3, 6 and 9."""


class Teller:
    """Runs the command on the tiny recipe and keeps what it says."""

    def __init__(self):
        self.said = ""

    def __call__(self, output, recipe=TINY, **order):
        if not order.get("resume") and "minutes" not in order:
            order.setdefault("tokens", TOKENS)
        page = io.StringIO()
        try:
            return train_storyteller.run(
                TrainingOptions(output, **order), recipe, Console(file=page, width=300, highlight=False)
            )
        finally:
            self.said = page.getvalue()


@pytest.fixture(scope="session")
def parts():
    """The official parts, generated once."""
    return official_parts(find_root())


@pytest.fixture(scope="session")
def teller(parts):
    """The command, on the CPU, with the parts and the stories made once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_storyteller, "official_parts", lambda root: parts)
        patch.setattr(text, "corpus", functools.cache(text.corpus))
        patch.setattr(torch.cuda, "is_available", lambda: False)
        yield Teller()


@pytest.fixture
def train(teller):
    """The same, with nothing said yet."""
    teller.said = ""
    return teller


@pytest.fixture(scope="session")
def finished(teller, tmp_path_factory):
    """What a training that nothing disturbed has written."""
    folder = tmp_path_factory.mktemp("finished") / "teller"
    teller(folder)
    return folder
