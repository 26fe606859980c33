"""Vector Math: any expression gives the nearest words or a sentence, never an error."""

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from utils.examples.word_space import WORDS
from utils.pictures import vector_math
from utils.pictures._vector_math import ExpressionProblem, NamedVectors, TokenVectors, compute, read
from utils.reference import load

VECTORS = {each.word: torch.tensor(each.place) for each in WORDS}


@pytest.mark.parametrize("minus", ["-", "−", "–"])
def test_the_famous_one(minus: str) -> None:
    answer = compute(NamedVectors(VECTORS), f"king {minus} man + woman", leave_out=True)
    assert answer.names[0] == "queen"
    target = VECTORS["king"] - VECTORS["man"] + VECTORS["woman"]
    assert answer.cosines[0] == pytest.approx(torch.cosine_similarity(target, VECTORS["queen"], dim=0).item())
    assert answer.length == pytest.approx(target.norm().item())


def test_with_its_own_words_a_word_is_nearest_to_itself() -> None:
    for word in VECTORS:
        assert compute(NamedVectors(VECTORS), word, leave_out=False).names[0] == word
        assert word not in compute(NamedVectors(VECTORS), word, leave_out=True).names


def test_what_can_be_written() -> None:
    assert read(" king−man +woman ") == [(1, "king"), (-1, "man"), (1, "woman")]
    assert read("- king") == [(-1, "king")]
    for wrong in ("", "  ", "king man", "king +", "+ + king", "king −", "−"):
        with pytest.raises(ExpressionProblem):
            read(wrong)


@given(st.text(alphabet="kingcat +-−<>&\n", max_size=30))
def test_every_line_gives_an_answer_or_a_sentence(expression: str) -> None:
    shown = vector_math(VECTORS, expression)._shown.value
    assert "<script" not in shown
    assert ("nearest to" in shown) != ("color:rgb(228" in shown)


def test_the_button_and_the_box_compute_anew() -> None:
    widget = vector_math(VECTORS)
    assert "queen" in widget._shown.value
    widget.line.value = "boy − boy"
    assert "The sum is 0" in widget._shown.value
    widget.line.value = "kinng"
    assert "Did you mean king?" in widget._shown.value
    widget.line.value = "king"
    widget._shown.value = ""
    widget.button.click()
    assert "nearest to" in widget._shown.value
    assert ">king<" not in widget._shown.value
    widget.leave_out.value = False
    assert re.search(r">king</div>", widget._shown.value)


def test_with_a_model_every_token_can_be_the_answer() -> None:
    reference = load("storyteller", quiet=True)
    space = TokenVectors(reference)
    answer = compute(space, "king − man + woman", leave_out=True)
    ids = [reference.tokenizer.encode(f" {word}")[0] for word in ("king", "man", "woman")]
    W_E = reference.state_dict["transformer.wte.weight"]
    similar = torch.nn.functional.normalize(W_E, dim=1) @ torch.nn.functional.normalize(
        W_E[ids[0]] - W_E[ids[1]] + W_E[ids[2]], dim=0
    )
    similar[ids] = -2
    assert answer.names[0] == space.name(int(similar.argmax()))
    with pytest.raises(ExpressionProblem, match="not one token but several"):
        compute(space, "bratwurst", leave_out=True)
