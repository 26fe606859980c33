"""The line at which a student's values part from GPT-2's."""

import pytest

from tests.trace.exercises import ATTENTION, LAYER_NORM, attention_inputs, norm_inputs
from tests.trace.mistakes import TYPICAL
from tests.trace.small import blamed, card, case_of, defined, traced
from utils.checks.engine.report import Report
from utils.checks.trace.card import with_trace

CARDS = {
    "scaled by d_model": """
  your steps  line 2  q       as in GPT-2
              line 3  k       as in GPT-2
              line 4  v       as in GPT-2
              line 5  scores  as "matches" in GPT-2
              line 6  scores  0.655 times GPT-2's: √3 / √7, that is √d_head / √d_model
  look at     line 6: scores = scores / math.sqrt(x.shape[-1])
              with GPT-2's numbers in place of this line's, the rest of your code gives the right result""",
    "not scaled": """
  your steps  line 2  q       as in GPT-2
              line 3  k       as in GPT-2
              line 4  v       as in GPT-2
              line 5  scores  as "matches" in GPT-2
              line 6  scores  1.73 times GPT-2's: √3, that is √d_head
  look at     line 6: scores = scores
              with GPT-2's numbers in place of this line's, the rest of your code gives the right result""",
    "mask the other way round": """
  your steps  line 3  k       as in GPT-2
              line 4  v       as in GPT-2
              line 5  scores  as "matches" in GPT-2
              line 6  scores  as in GPT-2
              line 8  scores  not as "visible_scores" in GPT-2
  look at     line 8: scores = scores.masked_fill(mask == 1, float("-inf"))
              with GPT-2's numbers in place of this line's, the rest of your code gives the right result""",
    "softmax over the queries": """
  your steps  line 4  v       as in GPT-2
              line 5  scores  as "matches" in GPT-2
              line 6  scores  as in GPT-2
              line 8  scores  as "visible_scores" in GPT-2
  look at     line 9: pattern = scores.softmax(dim=-2)
              a small change of this line alone gives the right result""",
    "bias forgotten": """
  your steps  line 2  q  as in GPT-2
              line 3  k  not as in GPT-2
  look at     line 3: k = x @ W_K
              with GPT-2's numbers in place of this line's, the rest of your code gives the right result""",
    "values instead of keys": """
  your steps  line 2  q       as in GPT-2
              line 3  k       as in GPT-2
              line 4  v       as in GPT-2
              line 5  scores  not as "matches" in GPT-2
  look at     line 5: scores = q @ v.transpose(-1, -2)
              with GPT-2's numbers in place of this line's, the rest of your code gives the right result""",
    "variance over the batch": """
  look at  line 3: var = ((x - mean) ** 2).mean(dim=0, keepdim=True)
           a small change of this line alone gives the right result""",
    "gain added": """
  your steps  line 3  var    as "variance" in GPT-2
              line 4  x_hat  as "normalised" in GPT-2
  look at     line 5: return gain + x_hat + bias""",
    "moves on by one": """
  your steps  line 7  at  1; GPT-2's is 2
  look at     line 7: at += 1
              with GPT-2's numbers in place of this line's, the rest of your code gives the right result""",
    "argmax of the first position": """
  your steps  line 4  logits  not as in GPT-2
  look at     line 4: logits = model(tokens)[:, 0]
              with GPT-2's numbers in place of this line's, the rest of your code gives the right result""",
    "no bias correction": """
  your steps  line 10  self.parameters  as in GPT-2
              line 11  self.m           as in GPT-2
              line 12  self.v           as in GPT-2
              line 13  m                as in GPT-2
              line 14  v                0.01 times GPT-2's
  look at     line 14: v = self.v[n]
              with GPT-2's numbers in place of this line's, the rest of your code gives the right result""",
}


@pytest.mark.parametrize("name", CARDS)
def test_the_card_of_a_typical_mistake(name: str) -> None:
    official, wrong, defines, inputs, more = TYPICAL[name]
    submission = defined(wrong, defines)
    text = card(case_of(defined(official, defines), submission, inputs, **more), submission)
    assert text == CARDS[name].strip("\n")


RIGHT_OTHER_WAYS = {
    "fused": """
def attention_head(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    packed = x @ torch.cat([W_Q, W_K, W_V], dim=1) + torch.cat([b_Q, b_K, b_V])
    q, k, v = packed.chunk(3, -1)
    hidden = torch.triu(torch.full((x.shape[1], x.shape[1]), -torch.inf), 1)
    z = ((q @ k.mT) / math.sqrt(q.shape[-1]) + hidden).softmax(-1) @ v
    return z + 1
""",
    "by loops": """
def attention_head(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    z = torch.zeros(*x.shape[:2], W_V.shape[1])
    for b in range(x.shape[0]):
        for i in range(x.shape[1]):
            query = x[b, i] @ W_Q + b_Q
            keys, values = x[b, : i + 1] @ W_K + b_K, x[b, : i + 1] @ W_V + b_V
            shares = torch.softmax(keys @ query / math.sqrt(len(query)), dim=0)
            z[b, i] = shares @ values
    return z + 1
""",
    "the values before the shares": """
def attention_head(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    together = W_Q @ W_K.T / math.sqrt(W_Q.shape[1])
    left = x @ together + b_Q @ W_K.T / math.sqrt(W_Q.shape[1])
    scores = left @ x.mT + ((x @ W_Q + b_Q) @ b_K / math.sqrt(W_Q.shape[1]))[..., None]
    powers = scores.exp().tril()
    z = powers / powers.sum(-1, keepdim=True) @ (x @ W_V) + b_V
    return z + 1
""",
}


@pytest.mark.parametrize("name", RIGHT_OTHER_WAYS)
def test_a_right_line_of_another_way_is_never_blamed(name: str) -> None:
    found = traced(ATTENTION, RIGHT_OTHER_WAYS[name], "attention_head", attention_inputs())
    assert found is not None
    assert blamed(found) in ("", "return z + 1")


def test_a_step_in_which_two_lines_may_be_wrong_is_not_blamed() -> None:
    wrong = """
def layer_norm(x, gain, bias, eps):
    first = x * 3 + gain
    second = first.exp() * 2
    third = second - first
    return third / 7
"""
    assert blamed(traced(LAYER_NORM, wrong, "layer_norm", norm_inputs())) == ""


def test_a_known_mistake_keeps_its_advice() -> None:
    official, wrong, defines, inputs, more = TYPICAL["mask the other way round"]
    submission = defined(wrong, defines)
    case = case_of(defined(official, defines), submission, inputs, **more)
    lines = (("mistake", "the mask hides the past"), ("look at", "which index is the query?"))
    before = Report("week", "exercise", False, 1, 1, "differs", lines, mistake="the past is hidden")
    after = with_trace(before, case, submission)
    assert [label for label, _ in after.lines] == ["your steps", "mistake", "look at", "in your code"]
    assert after.lines[1:3] == lines
    assert after.lines[3][1].startswith('line 8: scores = scores.masked_fill(mask == 1, float("-inf"))')
    assert (after.passed, after.mistake, after.headline) == (before.passed, before.mistake, before.headline)


def test_an_input_that_is_returned_as_it_came_is_blamed_on_the_line_that_returns_it() -> None:
    wrong = """
def layer_norm(x, gain, bias, eps):
    mean = x.mean(dim=-1, keepdim=True)
    return x
"""
    assert blamed(traced(LAYER_NORM, wrong, "layer_norm", norm_inputs())) == "return x"


@pytest.mark.parametrize(
    "body", ["    y = x.clone()\n    return y", "    if eps < 1:\n        return x\n    return x * gain"]
)
def test_an_input_that_may_have_been_meant_to_be_changed_is_not(body: str) -> None:
    wrong = f"def layer_norm(x, gain, bias, eps):\n{body}\n"
    assert blamed(traced(LAYER_NORM, wrong, "layer_norm", norm_inputs())) in ("", "y = x.clone()")
