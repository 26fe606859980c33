"""Attention pictures: rows are queries, columns are keys, and equal tokens are distinguished."""

import json
import re

import numpy as np
import pytest
import torch

from utils.pictures import attention_explorer, attention_heads, pattern_heatmap, where_it_looks

from .conftest import Sentence

PLOTLY = "application/vnd.plotly.v1+json"


def shown(picture) -> dict:
    """Return the properties that the view's script passes to CircuitsVis."""
    html = picture.bundle["text/html"]
    return json.loads(re.search(r"CircuitsVis\.Attention\w+, (\{.*\})\);", html).group(1))


def test_all_heads_get_their_patterns_and_names(sentence: Sentence) -> None:
    properties = shown(attention_heads(sentence.tokens, sentence.patterns[0]))
    assert np.allclose(properties["attention"], sentence.patterns[0], atol=1e-4)
    assert properties["tokens"] == ["The", "cat", "saw", "the", "cat"]
    assert properties["attentionHeadNames"] == ["Head 0", "Head 1", "Head 2"]
    assert properties["maskUpperTri"] is True


def test_one_head_is_drawn_large(sentence: Sentence) -> None:
    picture = attention_heads(sentence.tokens, sentence.patterns[0, 1], causal=False)
    assert "CircuitsVis.AttentionPattern," in picture.bundle["text/html"]
    assert shown(picture)["zoomed"] is True
    assert shown(picture)["maskUpperTri"] is False


def test_a_tensor_that_wants_a_gradient_and_nested_lists_will_do(sentence: Sentence) -> None:
    tensor = torch.tensor(sentence.patterns[0], requires_grad=True).to(torch.bfloat16)
    assert np.allclose(
        shown(attention_heads(sentence.tokens, tensor))["attention"], sentence.patterns[0], atol=0.01
    )
    lists = sentence.patterns[0, 2].tolist()
    assert np.allclose(shown(attention_heads(sentence.tokens, lists))["attention"], lists, atol=1e-4)


def test_a_token_cannot_end_the_script(sentence: Sentence) -> None:
    tokens = ["</script>", *sentence.tokens[1:]]
    picture = attention_heads(tokens, sentence.patterns[0])
    assert picture.bundle["text/html"].count("</script>") == 1
    assert shown(picture)["tokens"][0] == "</script>"


@pytest.mark.parametrize(
    ("tokens", "shape", "names", "said"),
    [
        (5, (3, 5, 4), None, "There are 5 tokens, but the key axis has 4 in the shape (3, 5, 4)."),
        (5, (3, 4, 5), None, "There are 5 tokens, but the query axis has 4 in the shape (3, 4, 5)."),
        (
            5,
            (1, 3, 5, 5),
            None,
            "pattern must have three axes, [n_heads, query, key]; it has the shape (1, 3, 5, 5).",
        ),
        (5, (3, 5, 5), ["a"], "There are 1 names, but the n_heads axis has 3 in the shape (3, 5, 5)."),
        (0, (3, 0, 0), None, "pattern is empty: its shape is (3, 0, 0)."),
    ],
)
def test_wrong_shapes_are_named(tokens: int, shape: tuple, names: list | None, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        attention_heads(["x"] * tokens, np.zeros(shape), names)


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ("The cat", "tokens must be a list of strings, one a token; it is one string, 'The cat'."),
        ([464, 3797], "tokens must be strings; number 0 is 464. Decode token ids first."),
    ],
)
def test_tokens_must_be_strings(tokens: object, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        attention_heads(tokens, np.eye(2))


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match=r"pattern must be numbers of the shape \[n_heads, query, key\]"):
        attention_heads(["a", "b"], [[["x", "y"]]])


def test_in_words_each_head_says_what_the_last_token_reads(sentence: Sentence) -> None:
    pattern = np.zeros((2, 5, 5))
    pattern[0, -1, 1], pattern[1, -1, 2] = 0.75, 1.0
    assert attention_heads(sentence.tokens, pattern, ["first", "second"]).in_words == (
        "first: query 'cat' reads key 'cat' most (0.75)\nsecond: query 'cat' reads key 'saw' most (1.00)"
    )


def test_a_heatmap_has_queries_down_and_keys_across(sentence: Sentence) -> None:
    pattern = np.arange(10).reshape(2, 5)
    figure = pattern_heatmap(pattern, sentence.tokens, query_tokens=["it", "\n"]).bundle[PLOTLY]
    trace, layout = figure["data"][0], figure["layout"]
    assert trace["z"] == pattern.tolist()
    assert trace["text"][0][1] == "query 'it' reads key 'cat': 1"
    assert layout["yaxis"]["ticktext"] == ["it", "⏎"]
    assert layout["xaxis"]["ticktext"] == ["The", "cat", "saw", "the", "cat"]
    assert (layout["yaxis"]["title"]["text"], layout["xaxis"]["title"]["text"]) == ("query", "key")
    assert layout["yaxis"]["autorange"] == "reversed"


def test_masked_scores_stay_empty(sentence: Sentence) -> None:
    scores = np.where(np.tri(5) > 0, 1.0, -np.inf)
    trace = pattern_heatmap(scores, sentence.tokens).bundle[PLOTLY]["data"][0]
    assert trace["z"][0] == [1, None, None, None, None]
    assert trace["text"][0][4].endswith(": -inf")


def test_where_one_query_looks(sentence: Sentence) -> None:
    pattern = np.eye(5)
    pattern[4] = [0, 0.62, 0, 0.28, 0.1]
    picture = where_it_looks(sentence.tokens, pattern, -1)
    assert picture.in_words == (
        "query 'cat' (position 4) reads 'The' 0.00, 'cat' 0.62, 'saw' 0.00, 'the' 0.28, 'cat' 0.10"
    )
    assert "query &#x27;cat&#x27; reads key &#x27;the&#x27;: 0.28" in picture.bundle["text/html"]


def test_there_are_only_as_many_queries_as_rows(sentence: Sentence) -> None:
    with pytest.raises(ValueError, match="There is no query 5: there are 5, numbered from 0"):
        where_it_looks(sentence.tokens, sentence.patterns[0, 0], 5)


def test_the_explorer_has_a_slider_for_each_axis_and_shows_what_they_say(sentence: Sentence) -> None:
    explorer = attention_explorer(sentence.tokens, sentence.patterns)
    layer, head, query, shown_html = explorer.children
    assert [slider.description for slider in (layer, head, query)] == ["layer", "head", "query"]
    assert [label for label, _ in query.options] == ["0 The", "1 cat", "2 saw", "3 the", "4 cat"]
    layer.value, head.value, query.value = 1, 2, 3
    assert shown_html.value == where_it_looks(sentence.tokens, sentence.patterns[1, 2], 3).bundle["text/html"]


def test_an_explorer_of_one_layer_has_no_slider_for_it(sentence: Sentence) -> None:
    explorer = attention_explorer(sentence.tokens, sentence.patterns[1])
    head, query, shown_html = explorer.children
    assert (head.description, query.description, query.value) == ("head", "query", 4)
    assert shown_html.value == where_it_looks(sentence.tokens, sentence.patterns[1, 0], 4).bundle["text/html"]


def test_an_explorer_starts_where_it_is_told(sentence: Sentence) -> None:
    explorer = attention_explorer(sentence.tokens, sentence.patterns, layer=1, head=-1, query=2)
    assert [slider.value for slider in explorer.children[:3]] == [1, 2, 2]
    with pytest.raises(ValueError, match="There is no head 3: there are 3, numbered from 0"):
        attention_explorer(sentence.tokens, sentence.patterns, head=3)


def test_the_same_weight_has_the_same_colour_in_every_row(sentence: Sentence) -> None:
    pattern = np.diag([0.25, 1, 1, 1, 1])
    quarter, whole = (where_it_looks(sentence.tokens, pattern, query).bundle["text/html"] for query in (0, 1))
    assert "rgba(56, 132, 236, 0.325)" in quarter and "rgba(56, 132, 236, 0.650)" not in quarter
    assert "rgba(56, 132, 236, 0.650)" in whole


def test_a_page_without_widgets_gets_the_explorers_last_state(sentence: Sentence) -> None:
    explorer = attention_explorer(sentence.tokens, sentence.patterns)
    explorer.children[2].value = 1
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert (
        bundle["text/html"] == where_it_looks(sentence.tokens, sentence.patterns[0, 0], 1).bundle["text/html"]
    )


def test_an_explorer_needs_three_or_four_axes(sentence: Sentence) -> None:
    with pytest.raises(ValueError, match=r"patterns must have four axes, \[n_layers, n_heads, query, key\]"):
        attention_explorer(sentence.tokens, sentence.patterns[0, 0])
