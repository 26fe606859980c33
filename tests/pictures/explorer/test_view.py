"""What the browser gets: plain data, small, true to the run; and what a page without a kernel shows."""

import json
from html.parser import HTMLParser

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from utils.pictures import explore
from utils.pictures.explorer.boxes import BOXES, BY_NAME
from utils.pictures.explorer.page import static_page
from utils.pictures.explorer.problem import ExplorerProblem
from utils.pictures.explorer.request import Request
from utils.pictures.explorer.session import Session
from utils.pictures.explorer.view import view

TEXT = "The cat sat"


def shown(session: Session, **chosen) -> dict:
    return view(session, Request.read({"text": TEXT, **chosen}, session.parts))


@pytest.mark.parametrize("box", BOXES, ids=lambda box: box.name)
def test_every_box_opens_to_the_runs_numbers(session, box):
    found = shown(session, box=box.name, layer=1, head=3)
    json.dumps(found, allow_nan=False)
    opened, numbers = found["open"], box.numbers(session.run(TEXT), 1, 3)
    assert opened["shape"] == list(numbers.shape)
    assert len(opened["axes"]) == numbers.dim()
    for row, values in zip(opened["rows"], numbers, strict=bool(opened["rows"])):
        for column, number in zip(opened["columns"], row, strict=True):
            value = values[column].item()
            assert number == (None if value == -torch.inf else pytest.approx(value, rel=1e-3, abs=1e-9))


def test_all_pages_together_hold_every_column_once(session):
    pages = shown(session, box="neurons after GELU")["open"]["pages"]
    columns = [
        column
        for page in range(pages)
        for column in shown(session, box="neurons after GELU", page=page)["open"]["columns"]
    ]
    assert columns == list(range(80))
    assert pages == 2


@given(
    st.fixed_dictionaries(
        {
            "box": st.sampled_from(list(BY_NAME)),
            "layer": st.integers(-9, 9),
            "head": st.integers(-9, 9),
            "token": st.integers(-20, 20),
            "page": st.integers(-5, 50),
        }
    )
)
def test_no_choice_is_outside(storyteller, chosen):
    found = shown(storyteller, **chosen)
    json.dumps(found, allow_nan=False)
    assert 0 <= found["position"] < len(found["tokens"])


def test_what_a_change_does_is_beside_what_was(session):
    off = [{"kind": "head", "layer": 1, "head": 0}]
    found = shown(session, box="head output", layer=1, head=0, changes=off)
    changed = [box["name"] for box in found["boxes"] if box["changed"]]
    assert changed[:2] == ["head output", "attention output"]
    assert not any(number for row in found["open"]["rows"] for number in row)
    assert found["open"]["rows_before"] == shown(session, box="head output", layer=1, head=0)["open"]["rows"]
    assert found["changed_blocks"][:2] == [0.0, 0.0]
    assert found["changed_blocks"][2] > 0
    assert found["predictions"]["before"] != found["predictions"]["now"]
    assert found["changes"] == ["block 1: head 0 switched off"]


def test_two_texts_part_where_their_tokens_do(session):
    found = shown(session, other="The dog sat")["other"]
    assert found["tokens"] == ["The", "·dog", "·sat"]
    assert found["cosines"][0] == pytest.approx(1)
    assert found["cosines"][-1] < 1
    assert found["distances"][0] == 0


def test_the_sampler_is_that_of_week_9(session, parts):
    settings = {"temperature": 0.7, "top_k": 40, "top_p": 0.8}
    found = shown(session, sampler=settings)["predictions"]
    logits = session.run(TEXT).logits[-1:]
    expected = parts.top_p_filter(parts.top_k_filter(logits / 0.7, 40), 0.8).softmax(dim=-1)[0]
    assert found["kept"] == int((expected > 0).sum())
    assert found["now"] == pytest.approx(expected[found["ids"]].tolist(), abs=1e-4)
    assert shown(session, sampler={"temperature": 0})["predictions"]["now"][0] == 1


@pytest.mark.parametrize(
    "settings", [{"temperature": -1}, {"top_p": 0}, {"top_k": -2}, {"temperature": None}]
)
def test_settings_that_make_no_sense_become_a_message(session, settings):
    explorer = explore(session_model(session), TEXT)
    explorer.request = explorer.request | {"sampler": settings}
    assert explorer.view["message"]
    assert explorer.view["tokens"] == ["The", "·cat", "·sat"]


def session_model(session: Session):
    return session.parts.model


def test_the_widget_keeps_its_last_view_when_something_is_wrong(session):
    explorer = explore(session_model(session), TEXT)
    before = explorer.view
    explorer.request = explorer.request | {"text": ""}
    assert explorer.view == before | {"message": explorer.view["message"]}
    assert "empty" in explorer.view["message"]
    explorer.request = explorer.request | {"text": TEXT}
    assert explorer.view == before


def test_a_wrong_box_is_refused_at_once(session):
    with pytest.raises(ExplorerProblem, match="attention weights"):
        explore(session_model(session), TEXT, box="softmax")


def test_a_drawn_token_is_appended_with_its_id(session):
    explorer = explore(session_model(session), "The 🙂")
    for _ in range(3):
        ids = list(explorer.view["ids"])
        explorer._on_message(explorer, {"do": "append"}, [])
        assert explorer.view["ids"][:-1] == ids
    assert explorer.request["ids"] == explorer.view["ids"]


def test_a_direction_of_two_words_becomes_a_change(session):
    explorer = explore(session_model(session), TEXT)
    wanted = {"do": "direction", "layer": 1, "position": 2, "plus": " she", "minus": " he", "times": 3.0}
    explorer._on_message(explorer, wanted, [])
    assert explorer.view["changes"] == [
        "before block 1, at ·sat: +3.0 · (embedding of ·she − embedding of ·he)"
    ]
    explorer._on_message(explorer, wanted | {"plus": " she said"}, [])
    assert "one token" in explorer.view["message"]


class Text(HTMLParser):
    """The text of a page; raises where tags do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("box", BOXES, ids=lambda box: box.name)
def test_a_page_without_a_kernel_shows_the_state(session, box):
    changes = [{"kind": "mlp", "layer": 0}]
    page = Text()
    page.feed(static_page(shown(session, box=box.name, changes=changes)))
    assert page.open == []
    for part in (box.name, "·cat", "block 0: MLP switched off", "The next token"):
        assert part in page.text


def test_the_text_is_escaped(session):
    explorer = explore(session_model(session), "<b>&")
    data = explorer._repr_mimebundle_()
    assert "<b>&" not in data["text/html"]
    assert "text/plain" in data
    assert "application/vnd.jupyter.widget-view+json" in data


def test_a_module_that_follows_another_formula_is_told(own):
    assert shown(Session(own), box="z")["open"]["remark"] == ""
    own.blocks[0].attn.register_forward_hook(lambda module, inputs, output: 2 * output)
    assert "differs from them" in shown(Session(own), box="z")["open"]["remark"]


def test_who_computes_it_is_said(own, reference):
    assert "parts.py" in shown(Session(own), box="ln_1")["open"]["author"]
    assert "Hugging Face" in shown(Session(reference), box="q")["open"]["author"]
