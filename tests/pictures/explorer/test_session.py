"""The explorer on models of all kinds: the same numbers from HF's and a student's own, clear refusals."""

import pytest
import torch
from nearness import assert_near
from torch import nn

from utils.pictures.explorer.boxes import BOXES
from utils.pictures.explorer.changes import SetWeights, SwitchOffHead, SwitchOffMLP
from utils.pictures.explorer.problem import ExplorerProblem
from utils.pictures.explorer.session import Session

TEXT = "Anna went to the market"
CHANGES = (SwitchOffHead(1, 2), SetWeights(2, 0, 3, (1.0, 0.0, 0.0, 2.0)), SwitchOffMLP(3))


@pytest.mark.parametrize("changes", [(), CHANGES])
def test_a_students_model_with_the_references_weights_shows_the_references_numbers(reference, own, changes):
    theirs, mine = Session(reference).run(TEXT, changes), Session(own).run(TEXT, changes)
    for box in BOXES:
        for layer in range(reference.config.n_layers):
            for head in (0, 2):
                numbers, expected = (box.numbers(run, layer, head) for run in (mine, theirs))
                hidden = expected.float().isinf()
                assert torch.equal(numbers.float().isinf(), hidden)
                assert_near(numbers.float()[~hidden], expected.float()[~hidden])


def test_the_attention_weights_are_those_that_hf_returns(reference):
    session = Session(reference)
    run = session.run(TEXT)
    with torch.no_grad():
        patterns = reference.model(run.ids[None], output_attentions=True).attentions
    for layer, pattern in enumerate(patterns):
        assert_near(run.attention(layer).weights, pattern[0])


def test_a_text_that_cannot_be_run_is_refused_in_words(session):
    with pytest.raises(ExplorerProblem, match="empty"):
        session.run("")
    with pytest.raises(ExplorerProblem, match="10 tokens, and this model takes at most 9"):
        session.run("one two three four five six seven eight nine ten")
    with pytest.raises(ExplorerProblem, match="takes at most 9"):
        session.run("x", (), tuple(range(10)))
    assert session.run("x").logits.shape == (1, 50257)


def test_ids_are_run_as_they_are(session):
    half_an_emoji = session.encode("🙂")[:1]
    run = session.run(session.decode(half_an_emoji), (), half_an_emoji)
    assert run.ids.tolist() == list(half_an_emoji)


def test_a_number_that_is_not_finite_is_named_where_it_first_is(session, small):
    with torch.no_grad():
        small.transformer.h[1].mlp.c_proj.bias[3] = float("nan")
    with pytest.raises(ExplorerProblem, match="'1 mlp'"):
        session.run(TEXT)


def test_a_model_of_another_interface_is_refused_with_what_is_missing(own):
    with pytest.raises(ExplorerProblem, match="no embed"):
        Session(nn.Linear(2, 2))
    del own.blocks[2].ln_2
    with pytest.raises(ExplorerProblem, match="block 2 of the model has no ln_2"):
        Session(own)


def test_a_model_that_raises_is_told_with_its_error(own):
    def broken(tokens):
        raise IndexError("too far")

    own.embed.forward = broken
    with pytest.raises(ExplorerProblem, match="IndexError: too far"):
        Session(own).run(TEXT)


def test_a_model_in_training_stays_in_training(own):
    own.train()
    Session(own).run(TEXT)
    assert own.training
    assert own.blocks[0].training


def test_a_direction_needs_words_of_one_token(session):
    change = session.direction(1, 0, " she", " he", 2.0)
    assert change.names == ("·she", "·he")
    with pytest.raises(ExplorerProblem, match="of one token each"):
        session.direction(1, 0, " unbelievable words", " he", 2.0)
