"""Week 5's checks: attention."""

import torch

from utils.adapters.weights import fill
from utils.checks.engine.cases import Case, Draw
from utils.checks.engine.check import Check
from utils.checks.engine.shape_table import shape_table_check
from utils.reference.inputs.stream import stream_parts
from utils.reference.inputs.tokens import first_block_input, head_weights, token_ids

WEEK = "week05_attention"
_SDPA = "torch.nn.functional.scaled_dot_product_attention"


def _project_qkv_cases(draw: Draw) -> list[Case]:
    cases = []
    for _ in range(3):
        sizes = draw.sizes("batch", "seq", "d_model", "d_head")
        x = draw.normal(sizes.batch, sizes.seq, sizes.d_model)
        cases.append(
            Case(f"random weights, {sizes}", {"x": x, **_random_head(draw, sizes.d_model, sizes.d_head)})
        )
    d_model, d_head = draw.sizes("d_model", "d_head").values()
    alone = {"x": draw.normal(2, 1, d_model), **_random_head(draw, d_model, d_head)}
    cases.append(Case("one token alone, batch 2", alone))
    for sizes in draw.sizes_with_one("batch", "seq", "d_model", "d_head"):
        x = draw.normal(sizes.batch, sizes.seq, sizes.d_model)
        weights = _random_head(draw, sizes.d_model, sizes.d_head)
        cases.append(Case(f"random weights, {sizes}", {"x": x, **weights}))
    reference = draw.reference
    x = first_block_input(reference, token_ids(reference))
    weights = head_weights(reference, 0, draw.choose(range(reference.config.n_heads)))
    return [*cases, Case(f"a head of {reference.name}'s first block, two prompts", {"x": x, **weights})]


def _random_head(draw: Draw, d_model: int, d_head: int) -> dict[str, torch.Tensor]:
    """Returns weights that keep q, k and v of order 1; biases of order 1, since zeros would hide a missing
    one.
    """
    weights = {f"W_{letter}": draw.normal(d_model, d_head, scale=d_model**-0.5) for letter in "QKV"}
    return weights | {f"b_{letter}": draw.normal(d_head) for letter in "QKV"}


project_qkv = Check(
    name="project_qkv",
    week=WEEK,
    question="What are this head's queries, keys and values?",
    cases=_project_qkv_cases,
    run=lambda project_qkv, x, W_Q, W_K, W_V, b_Q, b_K, b_V: project_qkv(x, W_Q, W_K, W_V, b_Q, b_K, b_V),
)


def _query_key_cases(draw: Draw) -> list[Case]:
    """Returns queries and keys with one and two leading axes, as many queries as keys and fewer."""
    cases = []
    for names in (("batch", "query", "key", "d_head"), ("batch", "heads", "query", "key", "d_head")):
        sizes = draw.sizes(*names)
        query, key = sorted((sizes.query, sizes.key))
        lead = [sizes[name] for name in names[:-3]]
        q, k = draw.normal(*lead, query, sizes.d_head), draw.normal(*lead, key, sizes.d_head)
        shown = (
            str(sizes)
            .replace(f"query {sizes.query}", f"query {query}")
            .replace(f"key {sizes.key}", f"key {key}")
        )
        cases.append(Case(f"fewer queries than keys, {shown}", {"q": q, "k": k}))
        square = draw.normal(*lead, key, sizes.d_head)
        cases.append(Case(f"{key} queries and {key} keys, leading axes {lead}", {"q": square, "k": k}))
    strong = {"q": draw.normal(2, 5, 3, scale=8.0), "k": draw.normal(2, 5, 3, scale=8.0)}
    return [
        *cases,
        *_query_key_cases_with_one(draw),
        Case("long queries and keys, so that scores are large", strong),
        _real_query_key_case(draw),
    ]


def _query_key_cases_with_one(draw: Draw) -> list[Case]:
    cases = []
    for lead, query, key, d_head in (
        ([1], 4, 4, 3),
        ([1, 1], 3, 5, 2),
        ([2, 1], 1, 6, 3),
        ([3], 1, 1, 4),
        ([1, 2], 1, 1, 1),
        ([2], 3, 3, 1),
    ):
        q, k = draw.normal(*lead, query, d_head), draw.normal(*lead, key, d_head)
        label = f"sizes of 1: leading axes {lead} · query {query} · key {key} · d_head {d_head}"
        cases.append(Case(label, {"q": q, "k": k}))
    return cases


def _real_query_key_case(draw: Draw) -> Case:
    reference = draw.reference
    x = first_block_input(reference, token_ids(reference))
    weights = head_weights(reference, 0, draw.choose(range(reference.config.n_heads)))
    q, k = (
        torch.baddbmm(weights[f"b_{letter}"], x, weights[f"W_{letter}"].expand(len(x), -1, -1))
        for letter in "QK"
    )
    return Case(f"a head of {reference.name}'s first block, two prompts", {"q": q, "k": k})


attention_scores = Check(
    name="attention_scores",
    week=WEEK,
    question="How well does each query match each key?",
    cases=_query_key_cases,
    run=lambda attention_scores, q, k: attention_scores(q, k),
    forbidden=(_SDPA,),
)


def _causal_mask_cases(draw: Draw) -> list[Case]:
    sizes = draw.sizes("batch", "heads", "query", "d_head")
    square = draw.normal(sizes.batch, sizes.heads, sizes.query, sizes.query)
    shown = f"batch {sizes.batch} · heads {sizes.heads} · query {sizes.query} · key {sizes.query}"
    cases = [Case(f"square scores, {shown}", {"scores": square})]
    batch, first, second = draw.sizes("batch", "first", "second").values()
    query, key = sorted((first, second))
    one_lead = draw.normal(batch, key, key)
    cases.append(Case(f"square scores without a head axis, batch {batch} · key {key}", {"scores": one_lead}))
    for heads in ([1], [batch + 1], []):
        scores = draw.normal(batch, *heads, query, key)
        shown = f"heads {heads[0]}" if heads else "no head axis"
        label = f"fewer queries than keys, batch {batch} · {shown} · query {query} · key {key}"
        cases.append(Case(label, {"scores": scores}))
    large = draw.normal(batch, key, key, scale=1e5)
    cases.append(Case("scores of the order of 100,000", {"scores": large}))
    for shape in ((1, 1, 1), (1, 1, 4, 4), (2, 3, 1, 5), (1, 4, 4), (1, 1, 1, 1)):
        cases.append(Case(f"sizes of 1: scores {list(shape)}", {"scores": draw.normal(*shape)}))
    return [*cases, Case("one token alone", {"scores": draw.normal(batch, 1, 1)})]


causal_mask = Check(
    name="causal_mask",
    week=WEEK,
    question="Which keys may each query see?",
    cases=_causal_mask_cases,
    run=lambda causal_mask, scores: causal_mask(scores),
    changes_inputs="wrong",
    on_accelerator=True,
)

attention_pattern = Check(
    name="attention_pattern",
    week=WEEK,
    question="Which attention weight does each query give to each key?",
    cases=_query_key_cases,
    run=lambda attention_pattern, q, k: attention_pattern(q, k),
    forbidden=(_SDPA,),
    on_accelerator=True,
)


def _weighted_values_cases(draw: Draw) -> list[Case]:
    cases = []
    for names in (("batch", "query", "key", "d_head"), ("batch", "heads", "query", "key", "d_head")):
        sizes = draw.sizes(*names)
        lead = [sizes[name] for name in names[:-3]]
        pattern = draw.normal(*lead, sizes.query, sizes.key).softmax(dim=-1)
        cases.append(Case(str(sizes), {"pattern": pattern, "v": draw.normal(*lead, sizes.key, sizes.d_head)}))
    batch, seq, d_head = draw.sizes("batch", "seq", "d_head").values()
    square = draw.normal(batch, seq, seq).softmax(dim=-1)
    for lead, query, key, width in (([1], 3, 4, 2), ([1, 1], 1, 5, 3), ([2], 1, 1, 4), ([2, 1], 3, 1, 1)):
        pattern = draw.normal(*lead, query, key).softmax(dim=-1)
        label = f"sizes of 1: leading axes {lead} · query {query} · key {key} · d_head {width}"
        cases.append(Case(label, {"pattern": pattern, "v": draw.normal(*lead, key, width)}))
    label = f"as many queries as keys, batch {batch} · seq {seq} · d_head {d_head}"
    return [*cases, Case(label, {"pattern": square, "v": draw.normal(batch, seq, d_head)})]


weighted_values = Check(
    name="weighted_values",
    week=WEEK,
    question="What does each query read, given its attention weights?",
    cases=_weighted_values_cases,
    run=lambda weighted_values, pattern, v: weighted_values(pattern, v),
    forbidden=(_SDPA,),
)


def _attention_head_cases(draw: Draw) -> list[Case]:
    cases = []
    for training in (True, False, False):
        sizes = draw.sizes("batch", "seq", "d_model", "d_head")
        x = draw.normal(sizes.batch, sizes.seq, sizes.d_model)
        weights = _random_head(draw, sizes.d_model, sizes.d_head)
        label = f"{'train' if training else 'eval'} mode, {sizes}"
        cases.append(Case(label, {"x": x, "weights": weights, "training": training}))
    for sizes in draw.sizes_with_one("batch", "seq", "d_model", "d_head"):
        x = draw.normal(sizes.batch, sizes.seq, sizes.d_model)
        weights = _random_head(draw, sizes.d_model, sizes.d_head)
        cases.append(Case(f"eval mode, {sizes}", {"x": x, "weights": weights, "training": False}))
    reference = draw.reference
    x = first_block_input(reference, token_ids(reference))
    weights = head_weights(reference, 0, draw.choose(range(reference.config.n_heads)))
    label = f"a head of {reference.name}'s first block, two prompts"
    return [*cases, Case(label, {"x": x, "weights": weights, "training": False})]


def _run_attention_head(AttentionHead, x, weights, training):
    head = AttentionHead(*weights["W_Q"].shape)
    fill(head, weights, fused={"W_QKV": ("W_Q", "W_K", "W_V")})
    learned = sum(parameter.numel() for parameter in head.parameters() if parameter.requires_grad)
    return {"z": head.train(training)(x), "number of learned parameters": learned}


AttentionHead = Check(
    name="AttentionHead",
    week=WEEK,
    question="What is this head's z at each position, with these weights?",
    cases=_attention_head_cases,
    run=_run_attention_head,
    random_state="allowed",  # its constructor may draw the initial weights
)


BANKS = {
    "river": (
        "They sat in the mud and watched the river until lunch. Then Amy and Peter left the bank",
        "They sat on a log and enjoyed the river before noon. Then Amy and Peter left the bank",
        "They sat under a tree and admired the river after dinner. Then Amy and Peter left the bank",
    ),
    "money": (
        "They stood in line and waited for the clerk until lunch. Then Amy and Peter left the bank",
        "They stood in a noisy line and waited for the clerk. Then Amy and Peter left the bank",
        "They waited for the clerk in a long line before noon. Then Amy and Peter left the bank",
    ),
}
"""Sentences of equally many tokens, by the sense of their last word."""


def _context_cases(draw: Draw) -> list[Case]:
    # Senses with different numbers of sentences show whether every pair counts once.
    cases = [
        _sentences_case(draw, senses)
        for senses in (
            "river money river",
            "river river money money",
            "money river money river river",
            "blood river money river money money",
        )
    ]
    for sizes in draw.sizes_with_one("part", "d_model", among=range(2, 7)):
        cases.append(_sentences_case(draw, "river money money", sizes.part, sizes.d_model))
    equal_at_first, senses = draw.normal(6, 5, 4), ["money", "money", "river", "money", "river"]
    equal_at_first[:2] = equal_at_first[:2, :1]
    label = "five sentences with equal embeddings and positions, part 6 · d_model 4"
    cases.append(Case(label, {"parts": equal_at_first, "senses": senses}))
    return [*cases, _bank_case(draw)]


def _sentences_case(draw: Draw, senses: str, part: int | None = None, d_model: int | None = None) -> Case:
    """Returns random parts for sentences with these senses, separated by spaces."""
    sizes = draw.sizes("part", "d_model", among=range(3, 9))
    part, d_model, named = part or sizes.part, d_model or sizes.d_model, senses.split()
    label = f"senses {senses}, part {part} · d_model {d_model}"
    return Case(label, {"parts": draw.normal(part, len(named), d_model), "senses": named})


def _bank_case(draw: Draw) -> Case:
    """Returns the two senses of bank, in random order."""
    named = [(sense, text) for sense, texts in BANKS.items() for text in texts]
    named = [named[number] for number in draw.order(len(named))]
    parts = stream_parts(draw.reference, [text for _, text in named])
    label = f"bank in {len(named)} sentences, through all layers of {draw.reference.name}"
    return Case(label, {"parts": parts, "senses": [sense for sense, _ in named]})


context_changes_vectors = Check(
    name="context_changes_vectors",
    week=WEEK,
    question="How far apart are the word's vectors, within one sense and between two?",
    cases=_context_cases,
    run=lambda context_changes_vectors, parts, senses: context_changes_vectors(parts, senses),
)

shape_table = shape_table_check(
    WEEK,
    {
        "tokens": "the ids of the two prompts",
        "x": "the head's input, one vector for each token",
        "W_Q": "one head's query weights",
        "b_Q": "one head's query bias",
        "q": "one head's queries",
        "k": "one head's keys",
        "v": "one head's values",
        "scores": "one head's scores",
        "pattern": "one head's attention pattern",
        "z": "one head's output",
        "last_scores": "the scores of the last position's query alone, against all keys",
        "last_z": "that query's z",
    },
)


def _loops_cases(draw: Draw) -> list[Case]:
    cases = []
    for scale in (1.0, 1.0, 30.0):
        sizes = draw.sizes("seq", "d_head")
        inputs = {name: draw.normal(sizes.seq, sizes.d_head, scale=scale) for name in "qk"}
        inputs["v"] = draw.normal(sizes.seq, sizes.d_head)
        # exp overflows float32 beyond 88 and Python's floats beyond 709.
        label = str(sizes) if scale == 1.0 else f"scores in the hundreds and beyond, {sizes}"
        cases.append(Case(label, inputs))
    for seq, d_head in ((1, 4), (3, 1), (1, 1), (2, 3)):
        inputs = {name: draw.normal(seq, d_head) for name in "qkv"}
        cases.append(Case(f"seq {seq} · d_head {d_head}", inputs))
    return cases


attention_by_loops = Check(
    name="attention_by_loops",
    week=WEEK,
    question="What is z, computed one query at a time?",
    cases=_loops_cases,
    run=lambda attention_by_loops, q, k, v: attention_by_loops(q, k, v),
    forbidden=(
        _SDPA,
        "torch.einsum",
        "torch.matmul",
        "torch.bmm",
        "torch.mm",
        "torch.Tensor.matmul",
        "torch.Tensor.mm",
        "torch.Tensor.bmm",
        "torch.mv",
        "torch.Tensor.mv",
        "torch.inner",
        "torch.tensordot",
        "torch.nn.functional.linear",
        "torch.softmax",
        "torch.Tensor.softmax",
        "torch.nn.functional.softmax",
    ),
)


def _padding_cases(draw: Draw) -> list[Case]:
    cases = []
    for side in ("right", "left", "no"):
        batch, heads, seq = draw.sizes("batch", "heads", "seq", among=range(3, 9)).values()
        lengths = torch.arange(batch) % (seq - 1) + 1 if side != "no" else torch.full((batch,), seq)
        positions = torch.arange(seq)
        is_token = positions < lengths[:, None] if side != "left" else positions >= seq - lengths[:, None]
        label = f"{side} padding, batch {batch} · heads {heads} · query {seq} · key {seq}"
        cases.append(Case(label, {"scores": draw.normal(batch, heads, seq, seq), "is_token": is_token}))
    for batch, heads, rows in (
        (1, 1, ["111"]),
        (1, 2, ["0011"]),
        (2, 1, ["1", "0"]),
        (3, 1, ["0000", "1111", "0110"]),
        (1, 1, ["0"]),
    ):
        is_token = torch.tensor([[mark == "1" for mark in row] for row in rows])
        scores = draw.normal(batch, heads, len(rows[0]), len(rows[0]))
        label = f"prompts of tokens (1) and padding (0): {', '.join(rows)}, heads {heads}"
        cases.append(Case(label, {"scores": scores, "is_token": is_token}))
    return cases


padding_aware_pattern = Check(
    name="padding_aware_pattern",
    week=WEEK,
    question="Which attention weight does each query give to each key when some positions hold no token?",
    cases=_padding_cases,
    run=lambda padding_aware_pattern, scores, is_token: padding_aware_pattern(scores, is_token),
    forbidden=(_SDPA,),
    on_accelerator=True,
)
