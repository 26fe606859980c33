"""Week 6's checks: many heads."""

from typing import Any

import torch
from torch import Tensor

from utils.adapters.heads import fill_heads
from utils.checks.engine.cases import Case, Draw, Sizes
from utils.checks.engine.check import Check
from utils.checks.engine.shape_table import shape_table_check
from utils.checks.watch.forbidden_calls import ForbiddenCallWatch
from utils.reference.inputs.heads import (
    attention_input,
    attention_weights,
    first_block_patterns,
    first_block_qkv,
    packed_weights,
    repeated_names,
)
from utils.reference.inputs.tokens import token_ids

WEEK = "week06_heads"
_SDPA = "torch.nn.functional.scaled_dot_product_attention"
_SIZES = range(3, 8)
"""Sizes for which n_heads · d_head is larger than, and so not mistaken for, any other size."""


# --- Into the heads and out of them -------------------------------------------------------------------------


def _x(draw: Draw, sizes: Sizes, d_model: int) -> Tensor:
    return draw.normal(sizes.batch, sizes.seq, d_model)


def _packed_cases(draw: Draw) -> list[Case]:
    cases = []
    names = ("batch", "seq", "n_heads", "d_head")
    drawn = [("random weights", draw.sizes(*names, among=_SIZES)) for _ in range(2)]
    drawn.append(("one token alone", Sizes(draw.sizes(*names, among=_SIZES) | {"seq": 1})))
    drawn += [("sizes of 1", sizes) for sizes in draw.sizes_with_one(*names, among=_SIZES)]
    drawn.append(("twelve heads", Sizes(draw.sizes(*names, among=_SIZES) | {"n_heads": 12})))
    for label, sizes in drawn:
        d_model = sizes.n_heads * sizes.d_head
        inputs = {"x": _x(draw, sizes, d_model), **_random_packed(draw, d_model), "n_heads": sizes.n_heads}
        cases.append(Case(f"{label}, {sizes} · d_model {d_model}", inputs))
    reference = draw.reference
    layer = draw.choose(range(reference.config.n_layers))
    inputs = {"x": attention_input(reference, layer), **packed_weights(reference, layer)}
    label = f"{reference.name}'s layer {layer}, two prompts"
    return [*cases, Case(label, inputs | {"n_heads": reference.config.n_heads})]


def _random_packed(draw: Draw, d_model: int) -> dict[str, Tensor]:
    return {
        "W_QKV": draw.normal(d_model, 3 * d_model, scale=d_model**-0.5),
        "b_QKV": draw.normal(3 * d_model),
    }


packed_qkv = Check(
    name="packed_qkv",
    week=WEEK,
    question="What are the queries, keys and values of every head?",
    cases=_packed_cases,
    run=lambda packed_qkv, x, W_QKV, b_QKV, n_heads: packed_qkv(x, W_QKV, b_QKV, n_heads),
)


def _project_cases(draw: Draw) -> list[Case]:
    cases = []
    names = ("batch", "seq", "n_heads", "d_model", "d_head")
    drawn = [
        (what, draw.sizes(*names, among=_SIZES))
        for what in ("random weights", "random weights", "as many tokens as heads", "one token alone")
    ]
    drawn += [("sizes of 1", sizes) for sizes in draw.sizes_with_one(*names, among=_SIZES)]
    for what, sizes in drawn:
        sizes["seq"] = {"as many tokens as heads": sizes.n_heads, "one token alone": 1}.get(what, sizes.seq)
        inputs = {
            "x": _x(draw, sizes, sizes.d_model),
            "W": draw.normal(sizes.n_heads, sizes.d_model, sizes.d_head, scale=sizes.d_model**-0.5),
            "b": draw.normal(sizes.n_heads, sizes.d_head),
        }
        cases.append(Case(f"{what}, {sizes}", inputs))
    reference = draw.reference
    layer, letter = draw.choose(range(reference.config.n_layers)), draw.choose("QKV")
    weights = attention_weights(reference, layer)
    W, b = weights[f"W_{letter}"], weights[f"b_{letter}"]
    inputs = {"x": attention_input(reference, layer), "W": W, "b": b}
    return [*cases, Case(f"W_{letter} of {reference.name}'s layer {layer}, two prompts", inputs)]


project_heads = Check(
    name="project_heads",
    week=WEEK,
    question="What is each head's projection of each token's vector?",
    cases=_project_cases,
    run=lambda project_heads, x, W, b: project_heads(x, W, b),
)


def _outputs_cases(draw: Draw) -> list[Case]:
    cases = []
    names = ("batch", "n_heads", "seq", "d_head", "d_model")
    drawn = [
        (what, draw.sizes(*names, among=_SIZES))
        for what in ("random weights", "random weights", "as many tokens as heads")
    ]
    drawn += [("sizes of 1", sizes) for sizes in draw.sizes_with_one(*names, among=_SIZES)]
    for what, sizes in drawn:
        if what == "as many tokens as heads":
            sizes["seq"] = sizes.n_heads
        inputs = {
            "z": draw.normal(sizes.batch, sizes.n_heads, sizes.seq, sizes.d_head),
            "W_O": draw.normal(sizes.n_heads, sizes.d_head, sizes.d_model, scale=sizes.d_head**-0.5),
        }
        cases.append(Case(f"{what}, {sizes}", inputs))
    reference = draw.reference
    q, k, v = first_block_qkv(reference, token_ids(reference))
    z = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    inputs = {"z": z, "W_O": attention_weights(reference, 0)["W_O"]}
    return [*cases, Case(f"the heads of {reference.name}'s first block, two prompts", inputs)]


head_outputs = Check(
    name="head_outputs",
    week=WEEK,
    question="What does each head write into the residual stream?",
    cases=_outputs_cases,
    run=lambda head_outputs, z, W_O: head_outputs(z, W_O),
)


# --- All heads together -------------------------------------------------------------------------------------


def _attention_cases(draw: Draw) -> list[Case]:
    """Returns cases with random weights in both modes, then one for every layer of the reference."""
    cases = []
    names = ("batch", "seq", "n_heads", "d_head", "d_model")
    drawn = [
        (*modes, draw.sizes(*names, among=_SIZES)) for modes in ((True, True), (False, True), (False, False))
    ]
    drawn += [(False, False, sizes) for sizes in draw.sizes_with_one(*names, among=_SIZES)]
    for training, as_in_gpt2, sizes in drawn:
        if as_in_gpt2:
            sizes["d_model"] = sizes.n_heads * sizes.d_head
        inputs = {"x": _x(draw, sizes, sizes.d_model), "weights": _random_heads(draw, sizes)}
        label = f"{'train' if training else 'eval'} mode, {sizes}"
        cases.append(Case(label, inputs | {"training": training}))
    reference = draw.reference
    for layer in range(reference.config.n_layers):
        inputs = {"x": attention_input(reference, layer), "weights": attention_weights(reference, layer)}
        label = f"{reference.name}'s layer {layer}, two prompts"
        cases.append(Case(label, inputs | {"training": False}))
    return cases


def _random_heads(draw: Draw, sizes: Sizes) -> dict[str, Tensor]:
    """Returns weights that keep every step of order 1; biases of order 1, since zeros would hide a missing
    one.
    """
    heads, d_model, d_head = sizes.n_heads, sizes.d_model, sizes.d_head
    weights = {f"W_{letter}": draw.normal(heads, d_model, d_head, scale=d_model**-0.5) for letter in "QKV"}
    weights |= {f"b_{letter}": draw.normal(heads, d_head) for letter in "QKV"}
    W_O = draw.normal(heads, d_head, d_model, scale=(heads * d_head) ** -0.5)
    return weights | {"W_O": W_O, "b_O": draw.normal(d_model)}


def _run_attention(MultiHeadAttention: Any, x: Tensor, weights: dict, training: bool) -> dict[str, Any]:
    n_heads, d_model, d_head = weights["W_Q"].shape
    attention = MultiHeadAttention(d_model, n_heads, d_head)
    fill_heads(attention, weights)
    learned = sum(parameter.numel() for parameter in attention.parameters() if parameter.requires_grad)
    return {"attn_out": attention.train(training)(x), "number of learned parameters": learned}


MultiHeadAttention = Check(
    name="MultiHeadAttention",
    week=WEEK,
    question="What do all heads together, with these weights, write at each position?",
    cases=_attention_cases,
    run=_run_attention,
    random_state="allowed",  # its constructor may draw the initial weights
)


# --- What heads do ------------------------------------------------------------------------------------------


def _patterns(draw: Draw, *shape: int) -> Tensor:
    """Returns causal patterns in which every query clearly prefers some keys."""
    scores = draw.normal(*shape, scale=1.5)
    future = torch.ones(shape[-2:], dtype=torch.bool).triu(1)
    return scores.where(~future, -torch.inf).softmax(dim=-1)


_LEADS = ((), ("heads",), ("batch", "heads"), ("layers", "batch", "heads"))


def _pattern_cases(draw: Draw) -> list[Case]:
    cases = []
    for names in _LEADS:
        lead = draw.sizes(*names, among=range(2, 6))
        seq = draw.choose(range(6, 10))
        label = f"{lead} · query {seq} · key {seq}" if names else f"one pattern, query {seq} · key {seq}"
        cases.append(Case(label, {"pattern": _patterns(draw, *lead.values(), seq, seq)}))
    ones = [
        Case(f"sizes of 1: pattern {[*lead, seq, seq]}", {"pattern": _patterns(draw, *lead, seq, seq)})
        for lead, seq in (((1,), 4), ((1, 1), 5), ((2, 1), 2), ((1, 3), 6), ((), 2))
    ]
    two = Case("two tokens, heads 3", {"pattern": _patterns(draw, 3, 2, 2)})
    reference = draw.reference
    pattern = first_block_patterns(reference, token_ids(reference))
    label = f"the heads of {reference.name}'s first block, two prompts"
    return [*cases, *ones, two, Case(label, {"pattern": pattern})]


previous_token_score = Check(
    name="previous_token_score",
    week=WEEK,
    question="Which attention weight does each head give to the token before, on average?",
    cases=_pattern_cases,
    run=lambda previous_token_score, pattern: previous_token_score(pattern),
)

first_token_score = Check(
    name="first_token_score",
    week=WEEK,
    question="Which attention weight does each head give to the first token, on average?",
    cases=_pattern_cases,
    run=lambda first_token_score, pattern: first_token_score(pattern),
)


def _induction_cases(draw: Draw) -> list[Case]:
    cases = []
    for names, copies, more in zip(_LEADS, (3, 2, 2, 3), (0, 0, 2, 1), strict=True):
        lead, period = draw.sizes(*names, among=range(2, 6)), draw.choose(range(3, 6))
        seq = copies * period + more
        text = f"{copies} copies" + (f" and {more} more" if more else "")
        label = " · ".join([str(lead)] * bool(names) + [f"query {seq}", f"key {seq}", f"period {period}"])
        inputs = {"pattern": _patterns(draw, *lead.values(), seq, seq), "period": period}
        cases.append(Case(f"{text}, {label}", inputs))
    for leading_axes, seq, period in (((1,), 6, 3), ((1, 1), 4, 2), ((2, 1), 3, 2), ((), 7, 6), ((3,), 8, 2)):
        label = f"pattern {[*leading_axes, seq, seq]}, period {period}"
        inputs = {"pattern": _patterns(draw, *leading_axes, seq, seq), "period": period}
        cases.append(Case(label, inputs))
    shortest = {"pattern": _patterns(draw, 3, 5, 5), "period": 4}
    reference = draw.reference
    period = draw.choose(range(4, 8))
    pattern = first_block_patterns(reference, repeated_names(reference, period, copies=3))
    real = f"the heads of {reference.name}'s first block, {period} names three times"
    return [
        *cases,
        Case("one query has an earlier copy, heads 3 · query 5 · key 5 · period 4", shortest),
        Case(real, {"pattern": pattern, "period": period}),
    ]


induction_score = Check(
    name="induction_score",
    week=WEEK,
    question="Which mean attention weight goes to the token after the earlier copy of the query's token?",
    cases=_induction_cases,
    run=lambda induction_score, pattern, period: induction_score(pattern, period),
)

shape_table = shape_table_check(
    WEEK,
    {
        "x": "the heads' input, one vector for each token",
        "W_QKV": "the weights of all heads in one, as GPT-2's file has them",
        "b_QKV": "their biases, in one",
        "W_Q": "the query weights of all heads, head by head",
        "b_Q": "the query biases of all heads, head by head",
        "q": "the queries of all heads",
        "pattern": "the attention patterns of all heads",
        "z": "the z of all heads",
        "W_O": "the output weights, head by head",
        "b_O": "the bias that is added to what they write",
        "outputs": "what each head writes by itself",
        "attn_out": "what all heads write together",
        "previous": "the previous-token score of every head for every prompt",
    },
)


# --- Stretch ------------------------------------------------------------------------------------------------


def _query_key_value(draw: Draw, sizes: Sizes, scale: float = 1.0) -> dict[str, Tensor]:
    """Returns q with n_heads heads; k and v with n_kv_heads if there are such, otherwise with n_heads."""
    kv_heads = sizes.get("n_kv_heads", sizes.n_heads)
    return {
        "q": draw.normal(sizes.batch, sizes.n_heads, sizes.query, sizes.d_head, scale=scale),
        "k": draw.normal(sizes.batch, kv_heads, sizes.key, sizes.d_head, scale=scale),
        "v": draw.normal(sizes.batch, kv_heads, sizes.key, sizes.d_head),
    }


def _queries_and_keys(draw: Draw, square: bool) -> Sizes:
    """Returns sizes with as many queries as keys, or with fewer."""
    sizes = draw.sizes("batch", "n_heads", "query", "key", "d_head", among=_SIZES)
    sizes["query"], sizes["key"] = sorted((sizes.query, sizes.key))
    if square:
        sizes["query"] = sizes.key
    return sizes


def _sizes_of_one(*changes: dict[str, int]) -> list[Sizes]:
    """Returns sizes for one prompt, for a single query and for one token alone, each with every change."""
    names = ("batch", "n_heads", "query", "key", "d_head")
    shapes = ((1, 2, 3, 3, 4), (2, 3, 1, 5, 4), (3, 2, 1, 1, 4))
    drawn = [Sizes(dict(zip(names, shape, strict=True)) | change) for shape in shapes for change in changes]
    return list(
        {str(sizes): sizes for sizes in drawn}.values()
    )  # without duplicates, since a change may have no effect


def _sdpa_cases(draw: Draw) -> list[Case]:
    cases = []
    for square, scale in ((True, 1.0), (False, 1.0), (False, 1.0), (True, 5.0)):
        sizes = _queries_and_keys(draw, square)
        what = "as many queries as keys" if square else "fewer queries than keys"
        label = f"{what}, {sizes}" if scale == 1.0 else f"large scores, {sizes}"
        cases.append(Case(label, _query_key_value(draw, sizes, scale)))
    cases += [
        Case(f"sizes of 1: {sizes}", _query_key_value(draw, sizes))
        for sizes in _sizes_of_one({}, {"n_heads": 1}, {"d_head": 1}, {"batch": 1, "n_heads": 1})
    ]
    reference = draw.reference
    q, k, v = first_block_qkv(reference, token_ids(reference))
    label = f"the heads of {reference.name}'s first block, two prompts"
    return [*cases, Case(label, {"q": q, "k": k, "v": v})]


def _run_sdpa(sdpa_attention: Any, q: Tensor, k: Tensor, v: Tensor) -> dict[str, Any]:
    with ForbiddenCallWatch([_SDPA]) as watch:
        z = sdpa_attention(q, k, v)
    # Attention by hand gives the same z, so forging the call gains points for it: only here can it be seen.
    return {"z": z, "calls scaled_dot_product_attention": bool(watch.seen)}


sdpa_attention = Check(
    name="sdpa_attention",
    week=WEEK,
    question="What is the z of each head, by torch's own function?",
    cases=_sdpa_cases,
    run=_run_sdpa,
    on_accelerator=True,
)


def _grouped_cases(draw: Draw) -> list[Case]:
    cases = []
    for square, group in ((True, None), (False, None), (True, 1), (True, "all")):
        sizes = _queries_and_keys(draw, square)
        kv_heads, group = {None: (2, 3), 1: (4, 1), "all": (1, 4)}[group]
        sizes |= {"n_heads": kv_heads * group, "n_kv_heads": kv_heads}
        sizes = Sizes(sizes)
        what = "as many queries as keys" if square else "fewer queries than keys"
        cases.append(Case(f"{what}, {sizes}", _query_key_value(draw, sizes)))
    for n_heads, n_kv_heads in ((1, 1), (2, 1), (12, 3)):
        for sizes in _sizes_of_one({"n_heads": n_heads, "n_kv_heads": n_kv_heads}):
            cases.append(Case(f"sizes of 1: {sizes}", _query_key_value(draw, sizes)))
    reference = draw.reference
    q, k, v = first_block_qkv(reference, token_ids(reference))
    label = f"{reference.name}'s first block with the keys and values of every second head, two prompts"
    return [*cases, Case(label, {"q": q, "k": k[:, ::2], "v": v[:, ::2]})]


grouped_query_attention = Check(
    name="grouped_query_attention",
    week=WEEK,
    question="What is the z of each query head when several of them use the same keys and values?",
    cases=_grouped_cases,
    run=lambda grouped_query_attention, q, k, v: grouped_query_attention(q, k, v),
    forbidden=(_SDPA,),
)


def _rotary_cases(draw: Draw) -> list[Case]:
    cases = []
    for names, d_head, first, base in (
        (("batch", "n_heads"), 8, 0, 10_000.0),
        (("batch", "n_heads"), 6, 0, 10_000.0),
        (("batch", "n_heads"), 10, 4, 10_000.0),
        (("batch",), 8, 3, 50.0),
        (("batch", "n_heads"), 2, 1, 10_000.0),
    ):
        sizes = draw.sizes(*names, "seq", among=(3, 4, 5, 7))
        x = draw.normal(*sizes.values(), d_head)
        inputs = {"x": x, "first_position": first, "base": base}
        label = f"{sizes} · d_head {d_head} · first_position {first}"
        cases.append(Case(f"{label} · base {base:.0f}" if base != 10_000.0 else label, inputs))
    for shape, first in (
        ((1, 4, 6), 0),
        ((1, 1, 1, 4), 0),
        ((2, 3, 1, 4), 5),
        ((1, 1, 2), 0),
        ((2, 1, 2), 1),
    ):
        inputs = {"x": draw.normal(*shape), "first_position": first, "base": 10_000.0}
        cases.append(Case(f"sizes of 1: {list(shape)}, first_position {first}", inputs))
    return cases


rotary_positions = Check(
    name="rotary_positions",
    week=WEEK,
    question="What is each query or key after the rotation for its position?",
    cases=_rotary_cases,
    run=lambda rotary_positions, x, first_position, base: rotary_positions(x, first_position, base),
    on_accelerator=True,
)
