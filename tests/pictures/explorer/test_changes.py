"""What is changed by hand is what the model itself then computes; each compared with another way to do it."""

from copy import deepcopy

import pytest
import torch
from nearness import assert_near

from utils.pictures.explorer.changes import (
    AddDirection,
    ReplaceVector,
    SetWeights,
    SwitchOffHead,
    SwitchOffMLP,
    change_from,
)
from utils.pictures.explorer.problem import ExplorerProblem
from utils.pictures.explorer.session import Session

TEXT = "The cat sat on the mat"


def logits(session: Session, *changes) -> torch.Tensor:
    return session.run(TEXT, changes).logits


def ids_of(session: Session) -> torch.Tensor:
    return session.run(TEXT).ids[None]


def test_a_head_that_is_switched_off_writes_what_zeros_in_its_rows_of_w_o_write(session, small):
    without = deepcopy(small)
    with torch.no_grad():
        without.transformer.h[1].attn.c_proj.weight[2 * 4 : 3 * 4] = 0
        expected = without(ids_of(session)).logits[0]
    assert_near(logits(session, SwitchOffHead(1, 2)), expected)
    assert not torch.allclose(logits(session), expected)


def test_an_mlp_that_is_switched_off_writes_what_one_without_weights_writes(session, small):
    without = deepcopy(small)
    with torch.no_grad():
        for parameter in without.transformer.h[2].mlp.c_proj.parameters():
            parameter.zero_()
        expected = without(ids_of(session)).logits[0]
    assert_near(logits(session, SwitchOffMLP(2)), expected)


def test_weights_set_by_hand_are_the_weights_that_mix_the_values(session, small):
    row, layer, head, query = (3.0, 0.0, 1.0, 0.0), 1, 3, 3
    size = 4  # d_head

    def mixed(module, inputs):
        (merged,) = inputs
        values = small.transformer.h[layer].attn.c_attn(kept[0]).split(20, dim=-1)[2]
        of_head = values[0, :, head * size : (head + 1) * size]
        merged = merged.clone()
        merged[0, query, head * size : (head + 1) * size] = 0.75 * of_head[0] + 0.25 * of_head[2]
        return (merged,)

    kept: list = []
    block = small.transformer.h[layer]
    handles = [
        block.ln_1.register_forward_hook(lambda module, inputs, output: kept.append(output)),
        block.attn.c_proj.register_forward_pre_hook(mixed),
    ]
    with torch.no_grad():
        expected = small(ids_of(session)).logits[0]
    for handle in handles:
        handle.remove()
    change = SetWeights(layer, head, query, row)
    assert_near(logits(session, change), expected)
    shown = session.run(TEXT, (change,)).attention(layer)
    assert shown.weights[head, query].tolist() == pytest.approx([0.75, 0, 0.25, 0, 0, 0])
    assert shown.weights.sum(dim=-1).flatten().tolist() == pytest.approx([1] * 30)


def test_two_changes_of_one_head_are_made_in_their_order(session):
    change = SetWeights(0, 1, 2, (1.0, 0.0, 0.0))
    off = SwitchOffHead(0, 1)
    assert_near(logits(session, change, off), logits(session, off))
    assert not torch.allclose(logits(session, change), logits(session))


def test_a_vector_of_another_token_is_what_the_later_blocks_read(session, small):
    vector = session.run(TEXT).outputs["1 input"][0]
    run = session.run(TEXT, (ReplaceVector(1, 4, 0),))
    assert torch.equal(run.outputs["1 input"][4], vector)
    assert torch.equal(run.outputs["0 input"], session.run(TEXT).outputs["0 input"])
    with torch.no_grad():
        stream = run.outputs["1 input"][None]
        for block in small.transformer.h[1:]:
            stream = block(stream)
        expected = small.lm_head(small.transformer.ln_f(stream))[0]
    assert_near(run.logits, expected)


def test_a_direction_is_added_once_at_its_position(session, small):
    plus, minus = 1200, 77
    with torch.no_grad():
        table = small.transformer.wte.weight
        direction = 2.5 * (table[plus] - table[minus])
    before = session.run(TEXT).outputs["2 input"]
    after = session.run(TEXT, (AddDirection(2, 3, plus, minus, 2.5),)).outputs["2 input"]
    assert_near(after[3] - before[3], direction)
    assert torch.equal(after[[0, 1, 2, 4, 5]], before[[0, 1, 2, 4, 5]])


def test_before_ln_f_there_is_a_place_too(session):
    run = session.run(TEXT, (ReplaceVector(3, 5, 0),))
    assert_near(run.logits[5], run.logits[0])


def test_without_a_change_it_is_the_models_own_run(session, small):
    with torch.no_grad():
        assert torch.equal(logits(session), small(ids_of(session)).logits[0])
    changed = [SwitchOffHead(0, 0), SwitchOffMLP(0), ReplaceVector(0, 1, 0)]
    logits(session, *changed)
    with torch.no_grad():  # and no hook has stayed
        assert torch.equal(logits(session), small(ids_of(session)).logits[0])


@pytest.mark.parametrize(
    "change",
    [
        SwitchOffHead(1, 9),
        SwitchOffHead(7, 0),
        SwitchOffMLP(3),
        ReplaceVector(4, 0, 1),
        SetWeights(0, 0, 2, (1.0, 0.0)),
        SetWeights(0, 0, 1, (0.0, 0.0)),
        SetWeights(0, 0, 1, (-1.0, 2.0)),
        SetWeights(0, 0, 1, (float("nan"), 1.0)),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_in_words(session, change):
    with pytest.raises(ExplorerProblem):
        session.run(TEXT, (change,))
    logits(session)  # and the model is as it was


def test_a_change_beyond_a_shorter_text_changes_nothing(session):
    changes = (SetWeights(0, 0, 5, (1.0,) * 6), ReplaceVector(1, 5, 0), AddDirection(1, 5, 1, 2, 1.0))
    assert_near(session.run("The", changes).logits, session.run("The").logits)


def test_what_cannot_be_read_is_refused():
    for given in ({}, {"kind": "magic"}, {"kind": "head", "layer": 0}, {"kind": "head", "wrong": 1}):
        with pytest.raises(ExplorerProblem, match="cannot be read"):
            change_from(given)
