"""Week 1's checks: everything is a vector."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from utils.checks.engine.cases import Case, Draw
from utils.checks.engine.check import Check
from utils.checks.engine.observation import tensors
from utils.checks.engine.shape_table import shape_table_check
from utils.checks.watch.step_count import result_and_growth
from utils.examples.word_space import WORDS
from utils.reference import Reference
from utils.reference.inputs.heads import first_block_projections, first_block_qkv
from utils.reference.inputs.tokens import token_ids

WEEK = "week01_vectors"
_LARGE = 1e4
_SOFTMAXES = (
    "torch.softmax",
    "torch.Tensor.softmax",
    "torch.nn.functional.softmax",
    "torch.special.softmax",
    "torch.log_softmax",
    "torch.Tensor.log_softmax",
    "torch.nn.functional.log_softmax",
    "torch.special.log_softmax",
    "torch.nn.functional.softmin",
    "torch.nn.functional.gumbel_softmax",
    "torch.logsumexp",
    "torch.Tensor.logsumexp",
    "torch.special.logsumexp",
    "torch.logcumsumexp",
    "torch.Tensor.logcumsumexp",
    "torch.nn.functional.cross_entropy",
    "torch.nn.functional.scaled_dot_product_attention",
)
_REAL_WORDS = (" king", " queen", " man", " woman", " dog", " castle", " river")


def _real_vectors(reference: Reference, words: Sequence[str] = _REAL_WORDS) -> Tensor:
    """Returns the reference's vectors of some words, [word, d_model]."""
    ids = [reference.tokenizer.encode(word)[0] for word in words]
    return reference.state_dict["transformer.wte.weight"][ids].float()


def _real_logits(reference: Reference) -> Tensor:
    """Returns the reference's logits for the last three positions of two prompts, [2, 3, d_vocab]."""
    with torch.no_grad():
        return reference.model(token_ids(reference)).logits[:, -3:].clone()


# --- Vectors ------------------------------------------------------------------------------------------------


def _dot_product_cases(draw: Draw) -> list[Case]:
    cases = []
    for names in (("d",), ("batch", "d"), ("batch", "seq", "d")):
        sizes = draw.sizes(*names, among=range(3, 10))
        a, b = draw.normal(*sizes.values()), draw.normal(*sizes.values())
        label = "two vectors" if names == ("d",) else "many pairs of vectors"
        cases.append(Case(f"{label}, {sizes}", {"a": a, "b": b}))
    for shape, label in (((1, 5), "a batch of one pair"), ((3, 1), "vectors of a single number")):
        cases.append(Case(label, {"a": draw.normal(*shape), "b": draw.normal(*shape)}))
    reference = draw.reference
    real = _real_vectors(reference)
    return [*cases, Case(f"words of {reference.name}, in pairs", {"a": real[:3], "b": real[3:6]})]


dot_product = Check(
    name="dot_product",
    week=WEEK,
    question="What is the dot product of these vectors?",
    cases=_dot_product_cases,
    run=lambda dot_product, a, b: dot_product(a, b),
    forbidden=(
        "torch.dot",
        "torch.Tensor.dot",
        "torch.vdot",
        "torch.Tensor.vdot",
        "torch.inner",
        "torch.Tensor.inner",
        "torch.linalg.vecdot",
        "torch.tensordot",
    ),
)


def _cosine_similarity_cases(draw: Draw) -> list[Case]:
    cases = []
    for scale in (1.0, 30.0):
        n, m, d = draw.sizes("n", "m", "d", among=range(3, 10)).values()
        lengths = draw.normal(n, 1).abs() * scale + 0.1
        label = f"vectors of very different lengths, n {n} · m {m} · d {d}"
        cases.append(Case(label, {"a": draw.normal(n, d) * lengths, "b": draw.normal(m, d)}))
    n, m, d = draw.sizes("n", "m", "d", among=range(3, 10)).values()
    with_zero = draw.normal(n, d)
    with_zero[draw.choose(range(n))] = 0.0
    cases.append(Case("one vector of length 0", {"a": with_zero, "b": draw.normal(m, d)}))
    cases.append(Case("the same, as b", {"a": draw.normal(m, d), "b": with_zero}))
    for rows, columns in ((1, m), (n, 1), (1, 1)):
        a, b = draw.normal(rows, d, scale=3.0), draw.normal(columns, d)
        cases.append(Case(f"n {rows} · m {columns} · d {d}", {"a": a, "b": b}))
    places = torch.tensor([word.place for word in WORDS])
    cases.append(Case("5 of the fourteen words with all of them", {"a": places[:5], "b": places}))
    reference = draw.reference
    real = _real_vectors(reference)
    return [*cases, Case(f"words of {reference.name}", {"a": real[:4], "b": real})]


cosine_similarity = Check(
    name="cosine_similarity",
    week=WEEK,
    question="How similar are the directions of each vector of a and each vector of b?",
    cases=_cosine_similarity_cases,
    run=lambda cosine_similarity, a, b: cosine_similarity(a, b),
    forbidden=(
        "torch.cosine_similarity",
        "torch.nn.functional.cosine_similarity",
        "torch.nn.functional.cosine_embedding_loss",
        "torch.cosine_embedding_loss",
        "torch.corrcoef",
    ),
)


# --- Axes ---------------------------------------------------------------------------------------------------


def _split_heads_cases(draw: Draw) -> list[Case]:
    """Returns projected queries, random ones and those of the reference's first block."""
    names = ("batch", "seq", "n_heads", "d_head")
    cases = []
    for sizes in (*(draw.sizes(*names) for _ in range(3)), *draw.sizes_with_one(*names)):
        d_model = sizes.n_heads * sizes.d_head
        q = draw.normal(sizes.batch, sizes.seq, d_model) @ draw.normal(d_model, d_model)
        cases.append(Case(f"queries, {sizes}", {"q": q, "n_heads": sizes.n_heads}))
    reference = draw.reference
    queries, _, _ = first_block_projections(reference, token_ids(reference))
    label = f"the queries of two prompts in {reference.name}'s first block"
    return [*cases, Case(label, {"q": queries, "n_heads": reference.config.n_heads})]


split_heads = Check(
    name="split_heads",
    week=WEEK,
    question="Which part of each token's query belongs to which head?",
    cases=_split_heads_cases,
    run=lambda split_heads, q, n_heads: split_heads(q, n_heads),
)


def _merge_heads_cases(draw: Draw) -> list[Case]:
    cases = []
    for _ in range(3):
        sizes = draw.sizes("batch", "n_heads", "seq", "d_head")
        cases.append(Case(str(sizes), {"z": draw.normal(*sizes.values())}))
    for sizes in draw.sizes_with_one("batch", "n_heads", "seq", "d_head"):
        cases.append(Case(str(sizes), {"z": draw.normal(*sizes.values())}))
    reference = draw.reference
    q, k, v = first_block_qkv(reference, token_ids(reference))
    z = scaled_dot_product_attention(q, k, v, is_causal=True)
    return [*cases, Case(f"what the heads of {reference.name}'s first block compute", {"z": z})]


merge_heads = Check(
    name="merge_heads",
    week=WEEK,
    question="How do the heads' vectors lie side by side in one vector for each token?",
    cases=_merge_heads_cases,
    run=lambda merge_heads, z: merge_heads(z),
)


def _scores_cases(draw: Draw) -> list[Case]:
    cases = []
    names = ("batch", "n_heads", "query", "key", "d_head")
    for sizes in (draw.sizes(*names), draw.sizes(*names), *draw.sizes_with_one(*names)):
        q = draw.normal(sizes.batch, sizes.n_heads, sizes.query, sizes.d_head)
        k = draw.normal(sizes.batch, sizes.n_heads, sizes.key, sizes.d_head)
        cases.append(Case(str(sizes), {"q": q, "k": k}))
    batch, n_heads, seq, d_head = draw.sizes("batch", "n_heads", "seq", "d_head").values()
    q, k = draw.normal(batch, n_heads, seq, d_head), draw.normal(batch, n_heads, seq, d_head)
    cases.append(Case(f"{seq} queries and {seq} keys, batch {batch} · n_heads {n_heads}", {"q": q, "k": k}))
    reference = draw.reference
    q, k, _ = first_block_qkv(reference, token_ids(reference))
    label = f"queries and keys of {reference.name}'s first block"
    return [*cases, Case(label, {"q": q[:, :, 3:], "k": k})]


attention_scores_einsum = Check(
    name="attention_scores_einsum",
    week=WEEK,
    question="How well does each query match each key, head by head?",
    cases=_scores_cases,
    run=lambda attention_scores_einsum, q, k: attention_scores_einsum(q, k),
)


# --- From scores to probabilities ---------------------------------------------------------------------------


def _softmax_cases(draw: Draw) -> list[Case]:
    """Returns cases along every axis and with none named, and with numbers that overflow within a row or from
    row to row.
    """
    batch, seq, d = draw.sizes("batch", "seq", "d", among=range(3, 9)).values()
    label = f"batch {batch} · seq {seq} · d {d}"
    cases = [Case(f"dim left out, {label}", {"x": draw.normal(batch, seq, d), "dim": None})]
    cases += [Case(f"dim={dim}, {label}", {"x": draw.normal(batch, seq, d), "dim": dim}) for dim in (1, 0)]
    cases.append(Case("one single row", {"x": draw.normal(seq, scale=3.0), "dim": -1}))
    for shape in ((1, d), (batch, 1), (1, 1, d)):
        cases.append(Case(f"sizes of 1: {list(shape)}", {"x": draw.normal(*shape), "dim": -1}))
    extreme = draw.normal(batch, d)
    extreme[:, 0], extreme[:, 1] = _LARGE, -_LARGE
    cases.append(Case("numbers of 10,000 and of −10,000 in one row", {"x": extreme, "dim": -1}))
    apart = draw.normal(3, d) + torch.tensor([[_LARGE], [-_LARGE], [0.0]])
    cases.append(Case("one row near 10,000, one near −10,000, one near 0", {"x": apart, "dim": -1}))
    hidden = draw.normal(batch, seq, d).masked_fill(draw.booleans(batch, seq, d, share=0.4), -torch.inf)
    hidden[..., 0] = draw.normal(batch, seq)
    cases.append(Case("some entries are −inf", {"x": hidden, "dim": -1}))
    cases.append(Case("in float64", {"x": draw.normal(batch, d).double(), "dim": -1}))
    reference = draw.reference
    return [*cases, Case(f"logits of {reference.name}", {"x": _real_logits(reference)[:, -1], "dim": -1})]


def _run_along(softmax: Any, x: Tensor, dim: int | None) -> Tensor:
    return softmax(x) if dim is None else softmax(x, dim=dim)


softmax = Check(
    name="softmax",
    week=WEEK,
    question="Which probabilities, adding up to 1 along dim, does softmax make of these numbers?",
    cases=_softmax_cases,
    run=_run_along,
    forbidden=_SOFTMAXES,
)

log_softmax = Check(
    name="log_softmax",
    week=WEEK,
    question="What are the logarithms of the probabilities that softmax gives along dim?",
    cases=_softmax_cases,
    run=_run_along,
    forbidden=_SOFTMAXES,
)


def _cross_entropy_cases(draw: Draw) -> list[Case]:
    cases = []
    for names, scale in ((("batch", "seq", "d_vocab"), 2.0), (("batch", "d_vocab"), 2.0)):
        sizes = draw.sizes(*names, among=range(3, 10))
        logits = draw.normal(*sizes.values(), scale=scale)
        targets = draw.integers(0, sizes.d_vocab, *logits.shape[:-1])
        targets.reshape(-1)[0] = 0  # the first and the last id must not be treated as padding
        targets.reshape(-1)[1] = sizes.d_vocab - 1
        cases.append(Case(str(sizes), {"logits": logits, "targets": targets}))
    for shape, target in (((1, 1, 6), 0), ((1, 4), 3), ((2, 1, 5), 0), ((1, 3, 4), 0)):
        targets = torch.full(shape[:-1], target)
        label = f"sizes of 1: logits {list(shape)}, every target {target}"
        cases.append(Case(label, {"logits": draw.normal(*shape, scale=2.0), "targets": targets}))
    batch, seq, d_vocab = draw.sizes("batch", "seq", "d_vocab", among=range(3, 10)).values()
    sure = draw.normal(batch, seq, d_vocab)
    sure[..., 1] = _LARGE
    targets = draw.integers(0, d_vocab, batch, seq)
    cases.append(Case("one logit of 10,000 at every position", {"logits": sure, "targets": targets}))
    inputs = {"logits": sure, "targets": torch.ones_like(targets)}
    cases.append(Case("the token with the logit of 10,000 came, every time", inputs))
    reference = draw.reference
    inputs = {"logits": _real_logits(reference)[:, :-1], "targets": token_ids(reference)[:, -2:]}
    return [*cases, Case(f"logits of {reference.name} and the tokens that came next", inputs)]


cross_entropy = Check(
    name="cross_entropy",
    week=WEEK,
    question="What is the mean surprisal of the tokens that came?",
    cases=_cross_entropy_cases,
    run=lambda cross_entropy, logits, targets: cross_entropy(logits, targets),
    forbidden=(
        "torch.nn.functional.cross_entropy",
        "torch.nn.functional.nll_loss",
        "torch.nn.functional.kl_div",
        "torch.kl_div",
    ),
)


# --- Tokens -------------------------------------------------------------------------------------------------


def _one_hot_lookup_cases(draw: Draw) -> list[Case]:
    cases = []
    for _ in range(2):
        sizes = draw.sizes("batch", "seq", "d_model", "d_vocab", among=range(3, 12))
        # The largest id does not occur, since the vocabulary's size has to come from W_E.
        tokens = draw.integers(0, sizes.d_vocab - 1, sizes.batch, sizes.seq)
        tokens[0, 0] = 0
        W_E = draw.normal(sizes.d_vocab, sizes.d_model)
        cases.append(Case(str(sizes), {"tokens": tokens, "W_E": W_E}))
    for tokens, what in (
        (torch.zeros(1, 1, dtype=torch.long), "id 0"),
        (torch.full((1, 3), 6), "the last id"),
    ):
        label = f"batch 1 · seq {tokens.shape[1]}, {what} alone"
        cases.append(Case(label, {"tokens": tokens, "W_E": draw.normal(7, 4)}))
    return [*cases, _real_lookup_case(draw.reference)]


def _real_lookup_case(reference: Reference) -> Case:
    """Returns the prompts' own rows and the table's first, renumbered, so that the table is small to send."""
    vocabulary, tokens = token_ids(reference).unique(return_inverse=True)
    W_E = reference.state_dict["transformer.wte.weight"]
    table = torch.cat([W_E[:1], W_E[vocabulary]]).float()
    return Case(f"two prompts in {reference.name}'s vectors", {"tokens": tokens + 1, "W_E": table})


def _run_one_hot_lookup(one_hot_lookup: Any, tokens: Tensor, W_E: Tensor) -> dict[str, Any]:
    output = one_hot_lookup(tokens, W_E)
    # A product adds up all rows, each times 0 or 1, and 0 · NaN is NaN. A lookup does not read the others.
    # Forging this gains no more than adding `0 * W_E.sum(dim=0)` to a lookup, whose numbers are a product's.
    with_nan = W_E.clone()
    with_nan[torch.isin(torch.arange(len(W_E)), tokens, invert=True)] = torch.nan
    seen = any(part.isnan().any().item() for part in tensors(one_hot_lookup(tokens, with_nan)))
    return {"one_hot, vectors": output, "every row of W_E takes part": seen}


one_hot_lookup = Check(
    name="one_hot_lookup",
    week=WEEK,
    question="Which one-hot rows and which vectors do these tokens have?",
    cases=_one_hot_lookup_cases,
    run=_run_one_hot_lookup,
    forbidden=(
        "torch.embedding",
        "torch.nn.functional.embedding",
        "torch.nn.functional.embedding_bag",
        "torch.embedding_bag",
    ),
)


def _top_next_tokens_cases(draw: Draw) -> list[Case]:
    cases = []
    for k in (3, 1, None):
        sizes = draw.sizes("batch", "seq", "d_vocab", among=range(3, 12))
        k = k or sizes.d_vocab
        cases.append(Case(f"k {k}, {sizes}", {"logits": draw.normal(*sizes.values(), scale=2.0), "k": k}))
    for batch, seq, k in ((1, 4, 3), (1, 1, 1), (3, 1, 2)):
        label = f"k {k}, batch {batch} · seq {seq} · d_vocab 8"
        cases.append(Case(label, {"logits": draw.normal(batch, seq, 8, scale=2.0), "k": k}))
    reference = draw.reference
    return [*cases, Case(f"k 5, logits of {reference.name}", {"logits": _real_logits(reference), "k": 5})]


top_next_tokens = Check(
    name="top_next_tokens",
    week=WEEK,
    question="Which k tokens are most likely to come next, and how likely is each?",
    cases=_top_next_tokens_cases,
    run=lambda top_next_tokens, logits, k: top_next_tokens(logits, k),
)

shape_table = shape_table_check(
    WEEK,
    {
        "tokens": "the ids of the two prompts",
        "one_hot": "the ids as one-hot rows",
        "W_E": "the embedding matrix",
        "x": "each token's vector",
        "q": "each token's query, all heads side by side",
        "q_heads": "the queries, split into the heads' parts",
        "scores": "how well each token's query matches each token's key, head by head",
        "logits": "a score for every token of the vocabulary, at every position",
        "probabilities": "the probabilities of the next token, after the last position only",
        "top": "the ids of the five most likely next tokens",
        "loss": "the cross-entropy of both prompts together",
    },
)


# --- Stretch ------------------------------------------------------------------------------------------------


def _vector_arithmetic_cases(draw: Draw) -> list[Case]:
    words = [word.word for word in WORDS]
    places = torch.tensor([word.place for word in WORDS])
    # Without exclusion, `start` would win in the third case and `plus` in the fourth.
    questions = ["king man woman", "queen woman man", "sport man woman", "girl boy man"]
    cases = [_arithmetic_case("the fourteen words", places, words, *each.split()) for each in questions]
    for _ in range(3):
        n, d = draw.sizes("n", "d", among=range(5, 12)).values()
        names = [f"word{number}" for number in range(n)]
        lengths = draw.normal(n, 1).abs() * 3 + 0.3
        start, minus, plus = (names[i] for i in torch.argsort(draw.normal(n))[:3].tolist())
        vectors = draw.normal(n, d) * lengths
        cases.append(_arithmetic_case(f"{n} random words, d {d}", vectors, names, start, minus, plus))
    return cases


def _arithmetic_case(what: str, vectors: Tensor, words: list[str], start: str, minus: str, plus: str) -> Case:
    inputs = {"vectors": vectors, "words": words, "start": start, "minus": minus, "plus": plus}
    return Case(f"{what}: {start} − {minus} + {plus}", inputs)


vector_arithmetic = Check(
    name="vector_arithmetic",
    week=WEEK,
    question="Which word has the direction that is most similar to start − minus + plus?",
    cases=_vector_arithmetic_cases,
    run=lambda vector_arithmetic, vectors, words, start, minus, plus: vector_arithmetic(
        vectors, words, start, minus, plus
    ),
)


def _outer_cases(draw: Draw) -> list[Case]:
    cases = []
    for _ in range(2):
        sizes = draw.sizes("n", "m")
        cases.append(Case(str(sizes), {"a": draw.normal(sizes.n), "b": draw.normal(sizes.m)}))
    for n, m in ((1, 4), (4, 1), (1, 1)):
        cases.append(Case(f"n {n} · m {m}", {"a": draw.normal(n), "b": draw.normal(m)}))
    return cases


outer = Check(
    name="outer",
    week=WEEK,
    question="What is each number of a times each number of b?",
    cases=_outer_cases,
    run=lambda outer, a, b: result_and_growth(outer, a, b),
    forbidden=(
        "torch.outer",
        "torch.Tensor.outer",
        "torch.ger",
        "torch.Tensor.ger",
        "torch.einsum",
        "torch.functional.einsum",
        "torch.kron",
        "torch.Tensor.kron",
        "torch.tensordot",
    ),
)


def _triu_cases(draw: Draw) -> list[Case]:
    shorter, longer = sorted(draw.sizes("rows", "columns").values())
    cases = [
        Case(f"rows {rows} · columns {columns}", {"x": draw.normal(rows, columns)})
        for rows, columns in ((shorter, longer), (longer, shorter), (1, 4), (4, 1), (1, 1))
    ]
    n = draw.choose(range(3, 8))
    infinite = draw.normal(n, n).masked_fill(draw.booleans(n, n, share=0.3), -torch.inf)
    infinite[0], infinite[-1, 0] = -torch.inf, torch.inf
    return [*cases, Case(f"rows {n} · columns {n}, some entries infinite", {"x": infinite})]


triu = Check(
    name="triu",
    week=WEEK,
    question="What is left of this table when everything below the diagonal is 0?",
    cases=_triu_cases,
    run=lambda triu, x: result_and_growth(triu, x),
    forbidden=(
        "torch.triu",
        "torch.Tensor.triu",
        "torch.Tensor.triu_",
        "torch.tril",
        "torch.Tensor.tril",
        "torch.Tensor.tril_",
    ),
)


def _cumsum_cases(draw: Draw) -> list[Case]:
    return [Case(f"n {n}", {"x": draw.normal(n)}) for n in (*draw.sizes("a", "b", "c").values(), 1)]


cumsum = Check(
    name="cumsum",
    week=WEEK,
    question="What is the sum of everything up to each position?",
    cases=_cumsum_cases,
    run=lambda cumsum, x: result_and_growth(cumsum, x),
    forbidden=(
        "torch.cumsum",
        "torch.Tensor.cumsum",
        "torch.Tensor.cumsum_",
        "torch.cumulative_trapezoid",
        "torch.logcumsumexp",
        "torch.Tensor.logcumsumexp",
    ),
)


def _roll_cases(draw: Draw) -> list[Case]:
    cases = []
    n = draw.choose(range(4, 10))
    sizes = [draw.choose(range(5, 10)) for _ in range(4)]  # for n = 4 a shift by −2 would equal one by 2
    shifts = zip((*sizes, n, n, n, 1, 1), (1, -2, 0, 13, n, -n, n - 1, 0, 5), strict=True)
    for n, shift in shifts:
        cases.append(Case(f"n {n} · shift {shift}", {"x": draw.normal(n), "shift": shift}))
    return cases


roll = Check(
    name="roll",
    week=WEEK,
    question="At which position is each number after the shift?",
    cases=_roll_cases,
    run=lambda roll, x, shift: result_and_growth(lambda numbers: roll(numbers, shift), x),
    forbidden=("torch.roll", "torch.Tensor.roll"),
)
