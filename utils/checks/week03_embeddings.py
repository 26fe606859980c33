"""Week 3's checks: words and places become directions."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.adapters.weights import fill
from utils.checks.engine.cases import Case, Draw
from utils.checks.engine.check import Check
from utils.checks.engine.shape_table import shape_table_check
from utils.checks.fakes.modules import READS, PositionTable, TokenTable, sequence_model
from utils.checks.measure.learned_parameters import (
    after_a_step,
    count_learned,
    first_numbers,
    rows_with_gradient,
    table_of,
)
from utils.reference import Reference
from utils.reference.inputs.tokens import token_ids

WEEK = "week03_embeddings"
_LOOKUPS = (
    "torch.embedding",
    "torch.nn.functional.embedding",
    "torch.nn.functional.embedding_bag",
    "torch.embedding_bag",
)
_CLEAR = 1e-4
"""How far two cosine similarities are apart at least where the larger one decides; rounding is about 1e-7."""
_LARGE = (500, 40)  # rows and columns of a new module whose initial values are measured
_PAIRS = ("king", "queen", "man", "woman", "boy", "girl", "prince", "princess", "uncle", "aunt")
_THINGS = ("cat", "dog", "cow", "horse", "apple", "banana", "lemon", "football", "tennis", "castle", "river")
WORDS = (*_PAIRS, *_THINGS)
"""Words that occur in the stories; each is one token with a space before it."""


def _word_vectors(reference: Reference, words: Sequence[str] = WORDS) -> Float[Tensor, "word d_model"]:
    """Returns the reference's vectors of some words, each of them one token with a space before it."""
    ids = [reference.tokenizer.encode(f" {word}")[0] for word in words]
    return reference.state_dict["transformer.wte.weight"][ids].float()


def _own_rows(reference: Reference, ids: Int[Tensor, "batch seq"]) -> tuple[Tensor, Tensor]:
    """Returns the ids renumbered from 0, and the rows of W_E that they use: small enough to send."""
    vocabulary, tokens = ids.unique(return_inverse=True)
    return tokens, reference.state_dict["transformer.wte.weight"][vocabulary].float()


def _some_tokens(draw: Draw, d_vocab: int, batch: int, seq: int) -> Int[Tensor, "batch seq"]:
    """Returns random ids, including the first and the last of the vocabulary."""
    tokens = draw.integers(0, d_vocab, batch, seq)
    tokens[0, 0], tokens[-1, -1] = 0, d_vocab - 1
    return tokens


# --- Words --------------------------------------------------------------------------------------------------


def _embed_cases(draw: Draw) -> list[Case]:
    """Returns cases with more and with fewer tokens than d_model, with one prompt and with one position."""
    cases = []
    for batch, seq, more_tokens in ((2, None, True), (None, None, False), (1, None, True), (None, 1, True)):
        sizes = draw.sizes("batch", "seq", "d_vocab", "d_model", among=range(3, 12))
        few, many = sorted((sizes.d_vocab, sizes.d_model))
        d_vocab, d_model = (many, few) if more_tokens else (few, many)
        batch, seq = batch or sizes.batch, seq or sizes.seq
        tokens = _some_tokens(draw, d_vocab, batch, seq)
        label = f"batch {batch} · seq {seq} · d_vocab {d_vocab} · d_model {d_model}"
        cases.append(Case(label, {"tokens": tokens, "W_E": draw.normal(d_vocab, d_model)}))
    for shape, token, d_model in (((1, 1), 0, 4), ((1, 1), 6, 1), ((2, 3), 0, 5), ((3, 1), 2, 4)):
        label = f"{list(shape)} tokens, all of them id {token} · d_vocab 7 · d_model {d_model}"
        inputs = {"tokens": torch.full(shape, token), "W_E": draw.normal(7, d_model)}
        cases.append(Case(label, inputs))
    tokens = draw.integers(0, 5, 2, 4)
    inputs = {"tokens": tokens, "W_E": draw.normal(9, 6)}
    cases.append(Case("no token from the vocabulary's last rows, d_vocab 9 · d_model 6", inputs))
    reference = draw.reference
    tokens, W_E = _own_rows(reference, token_ids(reference))
    cases.append(Case(f"two prompts in {reference.name}'s vectors", {"tokens": tokens, "W_E": W_E}))
    return _with_factors(draw, cases, "W_E")


def _with_factors(draw: Draw, cases: list[Case], matrix: str) -> list[Case]:
    """Returns the cases with the factors of each vector in the loss of a step."""
    shapes = [(*each.inputs["tokens"].shape, each.inputs[matrix].shape[1]) for each in cases]
    factors = [draw.normal(*shape) for shape in shapes]
    return [
        Case(each.label, {**each.inputs, "factors": some}) for each, some in zip(cases, factors, strict=True)
    ]


def _run_embed(Embed: Any, tokens: Tensor, W_E: Tensor, factors: Tensor) -> dict[str, Any]:
    """Returns the vectors, and what a new table learns and begins with.

    The vectors after a step show what learns, so forging the rows or the count gains nothing; nor does
    forging the error, since a lookup raises it without any code of the student's.
    """
    embed = fill(Embed(*W_E.shape), {"W_E": W_E})
    vectors = embed(tokens)
    return {
        "vectors": vectors,
        "number of learned parameters": count_learned(embed),
        "rows of W_E with a gradient": rows_with_gradient(vectors, table_of(embed, "W_E")),
        "an id beyond the vocabulary": _result_beyond_vocabulary(embed, W_E),
        "vectors after a step": after_a_step(fill(Embed(*W_E.shape), {"W_E": W_E}), tokens, factors),
        "first numbers": first_numbers(Embed(*_LARGE)),
    }


def _result_beyond_vocabulary(embed: nn.Module, W_E: Tensor) -> str:
    """Returns what happens for the first id that the vocabulary does not have."""
    try:
        vectors = embed(torch.full((2, 3), len(W_E)))
    except Exception:  # the exercise asks for an error, not for one of a certain type
        return "an error"
    comparable = isinstance(vectors, Tensor) and vectors.shape[-1:] == W_E.shape[1:]
    for whose, row in (("first", W_E[0]), ("last", W_E[-1])):
        if comparable and torch.equal(vectors, row.expand_as(vectors)):
            return f"the {whose} token's vector"
    return "other numbers"


Embed = Check(
    name="Embed",
    week=WEEK,
    question="Which vector does each token have?",
    cases=_embed_cases,
    run=_run_embed,
    forbidden=_LOOKUPS,
    random_state="allowed",  # its constructor draws the initial weights
)


def _nearest_cases(draw: Draw) -> list[Case]:
    """Returns rows of very different lengths, so that long vectors are not taken for near ones."""
    cases = []
    for what, k, left_out in (("a vector of its own", 3, 0), ("the vector of a token", 4, 0)):
        W_E, vector = _uneven_rows(draw)
        if what != "a vector of its own":
            vector = W_E[draw.choose(range(len(W_E)))].clone()
        cases.append(_nearest_case(what, W_E, vector, k, left_out))
    for what, left_out, everything in (("two left out", 2, False), ("all but three", 3, True)):
        W_E, vector = _uneven_rows(draw)
        k = len(W_E) - left_out if everything else 2
        cases.append(_nearest_case(f"{what} of {len(W_E)}", W_E, vector, k, left_out))
    for what, exclude in (("id 0 left out", [0]), ("the last id left out", [8]), ("an empty list", [])):
        W_E = draw.normal(9, 5)
        vector = W_E[exclude[0]] + 0.1 * draw.normal(5) if exclude else draw.normal(5)
        inputs = {"W_E": W_E, "vector": vector, "k": 1, "exclude": exclude}
        cases.append(Case(f"{what}, k 1 · d_vocab 9 · d_model 5", inputs))
    single = {"W_E": draw.normal(1, 4), "vector": draw.normal(4), "k": 1, "exclude": None}
    cases.append(Case("a single token, k 1 · d_vocab 1 · d_model 4", single))
    reference = draw.reference
    W_E = _word_vectors(reference)
    king = {"W_E": W_E, "vector": W_E[0].clone(), "k": 5, "exclude": [0]}
    return [*cases, Case(f"king among {len(W_E)} words of {reference.name}, itself left out", king)]


def _uneven_rows(draw: Draw) -> tuple[Tensor, Tensor]:
    d_vocab, d_model = draw.sizes("d_vocab", "d_model", among=range(7, 14)).values()
    lengths = draw.normal(d_vocab, 1).abs() * 3 + 0.2
    return draw.normal(d_vocab, d_model) * lengths, draw.normal(d_model, scale=2.0)


def _nearest_case(what: str, W_E: Tensor, vector: Tensor, k: int, left_out: int) -> Case:
    """Returns a case that excludes `left_out` tokens, including the nearest ones."""
    by_nearness = torch.cosine_similarity(W_E, vector[None]).argsort(descending=True)
    exclude = by_nearness[: 2 * left_out : 2].tolist() if left_out else None
    label = f"{what}, k {k} · d_vocab {len(W_E)} · d_model {len(vector)}"
    return Case(label, {"W_E": W_E, "vector": vector, "k": k, "exclude": exclude})


def _run_nearest(nearest_tokens: Any, W_E: Tensor, vector: Tensor, k: int, exclude: list[int] | None) -> Any:
    """Calls `nearest_tokens`, without the argument `exclude` if that is None."""
    if exclude is None:
        return nearest_tokens(W_E, vector, k)
    return nearest_tokens(W_E, vector, k, exclude=exclude)


nearest_tokens = Check(
    name="nearest_tokens",
    week=WEEK,
    question="Which tokens' vectors have the most similar directions, and how similar are they?",
    cases=_nearest_cases,
    run=_run_nearest,
)


def _analogy_cases(draw: Draw) -> list[Case]:
    cases = []
    for k, all_alike in ((3, False), (1, False), (None, False), (3, True)):
        W_E, _ = _uneven_rows(draw)
        start, minus, plus = torch.argsort(draw.normal(len(W_E)))[:3].tolist()
        if all_alike:  # start − minus + plus is then minus + plus, nearest to the words of the question
            W_E[[minus, plus]] = draw.normal(2, W_E.shape[1])
            W_E[start] = 2 * W_E[minus]
        k = k or len(W_E) - 3
        label = f"tokens {start} − {minus} + {plus}, k {k} · d_vocab {len(W_E)} · d_model {W_E.shape[1]}"
        cases.append(Case(label, {"W_E": W_E, "start": start, "minus": minus, "plus": plus, "k": k}))
    # The first token and the last in each place.
    for start, minus, plus, k in (
        (0, 4, 7, 1), (3, 0, 7, 1), (7, 3, 0, 1), (0, 7, 3, 2), (4, 0, 7, 2), (3, 7, 0, 2)
    ):  # fmt: skip
        label = f"tokens {start} − {minus} + {plus}, k {k} · d_vocab 8 · d_model 5"
        asked = {"start": start, "minus": minus, "plus": plus, "k": k}
        cases.append(Case(label, {"W_E": draw.normal(8, 5), **asked}))
    reference = draw.reference
    for words in (("king", "man", "woman"), ("aunt", "woman", "man")):
        asked = dict(zip(("start", "minus", "plus"), map(WORDS.index, words), strict=True))
        label = "{} − {} + {} among {} words of {}".format(*words, len(WORDS), reference.name)
        cases.append(Case(label, {"W_E": _word_vectors(reference), **asked, "k": 4}))
    return cases


analogy = Check(
    name="analogy",
    week=WEEK,
    question="Which tokens are nearest to start − minus + plus?",
    cases=_analogy_cases,
    run=lambda analogy, W_E, start, minus, plus, k: analogy(W_E, start, minus, plus, k),
)


def _relation_cases(draw: Draw) -> list[Case]:
    """Returns vocabularies in which a step leads near the answer, and others in which it leads anywhere."""
    cases = []
    for leave_out, noise in ((True, 0.3), (False, 0.3), (None, 3.0), (True, 3.0), (False, 3.0)):
        sizes = draw.sizes("question", "d_vocab", "d_model", among=range(4, 12))
        d_vocab = 4 + sizes.d_vocab
        W_E, questions = _relation(draw, sizes.question, d_vocab, sizes.d_model, noise)
        label = f"questions {len(questions)} · d_vocab {d_vocab} · d_model {sizes.d_model}"
        cases.append(_relation_case(label, W_E, questions, leave_out))
    for leave_out in (True, False):
        for turn in range(4):  # the first token and the last in each column
            W_E, _ = _relation(draw, 1, 7, 5, 1.0)
            questions = torch.tensor([[0, 6, 2, 4]]).roll(turn, dims=1)
            label = f"one question, {questions[0].tolist()} · d_vocab 7 · d_model 5"
            cases.append(_relation_case(label, *_clear(draw, W_E, questions), leave_out))
    W_E, questions = _relation(draw, 3, 4, 6, 1.0)
    cases.append(_relation_case("questions 3 · d_vocab 4: no other tokens · d_model 6", W_E, questions, True))
    reference = draw.reference
    pairs = torch.arange(len(_PAIRS)).reshape(-1, 2).tolist()
    asked = [[start, *step, answer] for start, answer in pairs for step in pairs if step[0] != start]
    real, W_E = torch.tensor(asked), _word_vectors(reference)
    real = real[_smallest_gaps(W_E, real) > _CLEAR]
    label = f"from he to she among {len(WORDS)} words of {reference.name}"
    return [*cases, *(_relation_case(label, W_E, real, leave_out) for leave_out in (True, False))]


def _relation_case(label: str, W_E: Tensor, questions: Tensor, leave_out: bool | None) -> Case:
    said = {True: "left out", False: "left in", None: "left out by default"}[leave_out]
    inputs = {"W_E": W_E, "questions": questions, "leave_out": leave_out}
    return Case(f"words of the question {said}, {label}", inputs)


def _relation(draw: Draw, count: int, d_vocab: int, d_model: int, noise: float) -> tuple[Tensor, Tensor]:
    """Returns vectors of different lengths, and questions whose answers are near start − minus + plus."""
    questions = torch.tensor([draw.order(d_vocab)[:4] for _ in range(count)])
    W_E = draw.normal(d_vocab, d_model) * (draw.normal(d_vocab, 1).abs() + 0.3)
    for start, minus, plus, answer in questions.tolist():
        W_E[answer] = W_E[start] - W_E[minus] + W_E[plus] + noise * draw.normal(d_model)
    return _clear(draw, W_E, questions)


def _clear(draw: Draw, W_E: Tensor, questions: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the vectors, moved until rounding decides no rank."""
    while (_smallest_gaps(W_E, questions) < _CLEAR).any():
        W_E = W_E + 0.1 * draw.normal(*W_E.shape)
    return W_E, questions


def _smallest_gaps(W_E: Tensor, questions: Tensor) -> Float[Tensor, "question"]:
    """Returns how close any other token's similarity comes to the answer's, in either list."""
    start, minus, plus, answer = W_E[questions].unbind(dim=1)
    gaps = []
    for target in (start - minus + plus, start):
        others = torch.cosine_similarity(target[:, None], W_E[None], dim=-1)
        others.scatter_(1, questions[:, 3:], torch.inf)
        gaps.append((others - torch.cosine_similarity(target, answer)[:, None]).abs().amin(dim=1))
    return torch.minimum(*gaps)


def _run_my_analogy(my_analogy: Any, W_E: Tensor, questions: Tensor, leave_out: bool | None) -> Any:
    """Calls `my_analogy`, without the argument `leave_out` if that is None."""
    if leave_out is None:
        return my_analogy(W_E, questions)
    return my_analogy(W_E, questions, leave_out=leave_out)


my_analogy = Check(
    name="my_analogy",
    week=WEEK,
    question="Which rank has each right answer, with the step and near start alone?",
    cases=_relation_cases,
    run=_run_my_analogy,
)


def _direction_cases(draw: Draw) -> list[Case]:
    cases = []
    for count in (None, None, 1):
        pairs, d_vocab, d_model = draw.sizes("pairs", "d_vocab", "d_model", among=range(3, 9)).values()
        count, d_vocab = count or pairs, max(2 * d_vocab + pairs, 2 * pairs + 1)  # two words per pair
        ids = torch.argsort(draw.normal(d_vocab))[: 2 * count].reshape(count, 2)
        label = f"pairs {count} · d_vocab {d_vocab} · d_model {d_model}"
        cases.append(Case(label, {"W_E": draw.normal(d_vocab, d_model, scale=2.0), "pairs": ids}))
    ends = {"W_E": draw.normal(6, 1, scale=2.0), "pairs": torch.tensor([[0, 5]])}
    cases.append(Case("one pair, the first token and the last · d_vocab 6 · d_model 1", ends))
    reference = draw.reference
    real_pairs = torch.arange(len(_PAIRS)).reshape(-1, 2)
    label = f"five pairs of {reference.name}'s words"
    return [*cases, Case(label, {"W_E": _word_vectors(reference), "pairs": real_pairs})]


gender_direction = Check(
    name="gender_direction",
    week=WEEK,
    question="Which direction, of length 1, leads from the first to the second words of these pairs?",
    cases=_direction_cases,
    run=lambda gender_direction, W_E, pairs: gender_direction(W_E, pairs),
)


def _coordinate_cases(draw: Draw) -> list[Case]:
    cases = []
    for names in (("words", "d_model"), ("d_model",), ("batch", "seq", "d_model")):
        sizes = draw.sizes(*names, among=range(3, 9))
        direction = draw.normal(sizes.d_model, scale=3.0)
        cases.append(Case(str(sizes), {"vectors": draw.normal(*sizes.values()), "direction": direction}))
    for shape in ((1, 5), (1, 1, 4), (3, 1), (1,)):
        inputs = {"vectors": draw.normal(*shape), "direction": draw.normal(shape[-1], scale=3.0)}
        cases.append(Case(f"sizes of 1: vectors {list(shape)}", inputs))
    reference = draw.reference
    W_E = _word_vectors(reference)
    label = f"words of {reference.name} on the way from man to woman"
    return [*cases, Case(label, {"vectors": W_E, "direction": W_E[3] - W_E[2]})]


coordinate_along = Check(
    name="coordinate_along",
    week=WEEK,
    question="How far does each vector go along this direction?",
    cases=_coordinate_cases,
    run=lambda coordinate_along, vectors, direction: coordinate_along(vectors, direction),
)


# --- Places -------------------------------------------------------------------------------------------------


def _pos_embed_cases(draw: Draw) -> list[Case]:
    """Returns prompts shorter than n_ctx and as long, with ids that are also positions and ids that are
    not.
    """
    cases = []
    shapes = (
        (None, "short", True),
        (None, "short", False),
        (None, "full", False),
        (1, "short", True),
        (None, "single", True),
    )
    for batch, length, small_ids in shapes:
        sizes = draw.sizes("batch", "seq", "n_ctx", "d_model", among=range(3, 12))
        short, n_ctx = sorted((sizes.seq, sizes.n_ctx))
        batch, seq = batch or sizes.batch, {"full": n_ctx, "short": short, "single": 1}[length]
        tokens = draw.integers(0, n_ctx if small_ids else 50257, batch, seq)
        label = f"batch {batch} · seq {seq} · n_ctx {n_ctx} · d_model {sizes.d_model}"
        cases.append(Case(label, {"tokens": tokens, "W_pos": draw.normal(n_ctx, sizes.d_model)}))
    for batch, seq, n_ctx, d_model in ((1, 1, 5, 3), (1, 1, 1, 4), (2, 3, 6, 1)):
        label = f"batch {batch} · seq {seq} · n_ctx {n_ctx} · d_model {d_model}"
        inputs = {"tokens": draw.integers(0, 50257, batch, seq), "W_pos": draw.normal(n_ctx, d_model)}
        cases.append(Case(label, inputs))
    reference = draw.reference
    W_pos = reference.state_dict["transformer.wpe.weight"][:24].float()
    inputs = {"tokens": token_ids(reference), "W_pos": W_pos}
    cases.append(Case(f"two prompts, the first 24 positions of {reference.name}", inputs))
    return _with_factors(draw, cases, "W_pos")


def _run_pos_embed(PosEmbed: Any, tokens: Tensor, W_pos: Tensor, factors: Tensor) -> dict[str, Any]:
    """Returns the vectors, and what a new table learns and begins with, as `_run_embed` does."""
    pos_embed = fill(PosEmbed(*W_pos.shape), {"W_pos": W_pos})
    vectors = pos_embed(tokens)
    return {
        "vectors": vectors,
        "number of learned parameters": count_learned(pos_embed),
        "rows of W_pos with a gradient": rows_with_gradient(vectors, table_of(pos_embed, "W_pos")),
        "vectors after a step": after_a_step(fill(PosEmbed(*W_pos.shape), {"W_pos": W_pos}), tokens, factors),
        "first numbers": first_numbers(PosEmbed(*_LARGE)),
    }


PosEmbed = Check(
    name="PosEmbed",
    week=WEEK,
    question="Which vector does each position have, in each prompt?",
    cases=_pos_embed_cases,
    run=_run_pos_embed,
    forbidden=_LOOKUPS,
    random_state="allowed",  # its constructor draws the initial weights
)


def _embed_tokens_cases(draw: Draw) -> list[Case]:
    cases = []
    names = ("batch", "seq", "d_vocab", "n_ctx", "d_model")
    drawn = [draw.sizes(*names, among=range(3, 12)) for _ in range(3)]
    for sizes in (*drawn, *draw.sizes_with_one(*names, among=range(3, 12))):
        short, n_ctx = sorted((sizes.seq, sizes.n_ctx))
        W_E, W_pos = draw.normal(sizes.d_vocab, sizes.d_model), draw.normal(n_ctx, sizes.d_model)
        tokens = _some_tokens(draw, sizes.d_vocab, sizes.batch, short)
        label = f"batch {sizes.batch} · seq {short} · d_vocab {sizes.d_vocab} · d_model {sizes.d_model}"
        cases.append(Case(label, {"tokens": tokens, "W_E": W_E, "W_pos": W_pos}))
    reference = draw.reference
    tokens, W_E = _own_rows(reference, token_ids(reference))
    W_pos = reference.state_dict["transformer.wpe.weight"][:24].float()
    inputs = {"tokens": tokens, "W_E": W_E, "W_pos": W_pos}
    return [*cases, Case(f"two prompts in {reference.name}'s vectors", inputs)]


def _run_embed_tokens(embed_tokens: Any, tokens: Tensor, W_E: Tensor, W_pos: Tensor) -> Any:
    return embed_tokens(tokens, TokenTable(W_E), PositionTable(W_pos))


embed_tokens = Check(
    name="embed_tokens",
    week=WEEK,
    question="What is in the residual stream before the first block?",
    cases=_embed_tokens_cases,
    run=_run_embed_tokens,
)


def _order_cases(draw: Draw) -> list[Case]:
    """Returns models that depend on the order and others, with more prompts than positions and with fewer."""
    alone, everything, earlier = READS
    cases = []
    for reads, positions in ((everything, False), (everything, True), (alone, False), (alone, True)):
        inputs = _order_inputs(draw, reads, more_prompts=(reads, positions) == (everything, True))
        if not positions:
            inputs["W_pos"] = None
        cases.append(_order_case(f"{reads}, {'with' if positions else 'without'} positions", inputs))
    inputs = {**_order_inputs(draw, earlier, more_prompts=False), "W_pos": None}
    cases.append(_order_case(f"{earlier}, without positions", inputs))
    # That model is linear, so that other signs turn the largest positive difference into a negative one.
    turned = {**inputs, "W_E": -inputs["W_E"]}
    cases.append(_order_case(f"{earlier}, every number with the other sign", turned))
    for batch, seq, n_ids in ((1, 2, 4), (1, 5, 4), (3, 1, 4), (1, 3, 1)):  # of one id, it is id 0
        small = {
            **_order_inputs(draw, earlier, more_prompts=False),
            "tokens": draw.integers(0, n_ids, batch, seq),
        }
        order = draw.order(seq) if seq > 2 else list(range(seq))[::-1]
        cases.append(_order_case(f"{earlier}, with positions", small | {"order": torch.tensor(order)}))
    return cases


def _order_inputs(draw: Draw, reads: str, more_prompts: bool) -> dict[str, Any]:
    sizes = draw.sizes("batch", "seq", "d_vocab", "d_model", among=range(4, 9))
    batch, seq = sorted((sizes.batch, sizes.seq), reverse=more_prompts)
    return {
        "reads": reads,
        "tokens": _some_tokens(draw, sizes.d_vocab, batch, seq),
        "order": _order_without_inverse(draw, seq),
        "W_E": draw.normal(sizes.d_vocab, sizes.d_model),
        "W_pos": draw.normal(seq + 2, sizes.d_model),
    }


def _order_case(what: str, inputs: dict[str, Any]) -> Case:
    batch, seq = inputs["tokens"].shape
    return Case(f"{what}, batch {batch} · seq {seq}", inputs)


def _order_without_inverse(draw: Draw, seq: int) -> Int[Tensor, "seq"]:
    """Returns an order of the positions that applying it twice does not undo."""
    while True:
        order = torch.argsort(draw.normal(seq))
        if not torch.equal(order[order], torch.arange(seq)):
            return order


def _run_order_matters(
    order_matters: Any, reads: str, tokens: Tensor, order: Tensor, W_E: Tensor, W_pos: Tensor | None
) -> Any:
    return order_matters(sequence_model(reads, W_E, W_pos), tokens, order)


order_matters = Check(
    name="order_matters",
    week=WEEK,
    question="How far apart are the model's vectors of the shuffled tokens and its vectors, shuffled?",
    cases=_order_cases,
    run=_run_order_matters,
)


# --- Back to tokens -----------------------------------------------------------------------------------------


def _unembed_cases(draw: Draw) -> list[Case]:
    cases = []
    for batch in (None, None, 1):
        sizes = draw.sizes("batch", "seq", "d_vocab", "d_model")
        batch = batch or sizes.batch
        resid = draw.normal(batch, sizes.seq, sizes.d_model, scale=2.0)
        label = f"batch {batch} · seq {sizes.seq} · d_vocab {sizes.d_vocab} · d_model {sizes.d_model}"
        cases.append(Case(label, {"resid": resid, "W_E": draw.normal(sizes.d_vocab, sizes.d_model)}))
    for batch, seq, d_vocab, d_model in ((1, 1, 5, 4), (2, 1, 5, 4), (2, 3, 1, 4), (3, 2, 5, 1)):
        label = f"batch {batch} · seq {seq} · d_vocab {d_vocab} · d_model {d_model}"
        inputs = {"resid": draw.normal(batch, seq, d_model), "W_E": draw.normal(d_vocab, d_model)}
        cases.append(Case(label, inputs))
    reference = draw.reference
    ids = token_ids(reference)
    weights = reference.state_dict
    resid = (
        weights["transformer.wte.weight"][ids] + weights["transformer.wpe.weight"][: ids.shape[1]]
    ).float()
    W_E = torch.cat([_own_rows(reference, ids)[1], _word_vectors(reference)])
    return [*cases, Case(f"two prompts in {reference.name}'s vectors", {"resid": resid, "W_E": W_E})]


def _run_unembed(Unembed: Any, resid: Tensor, W_E: Tensor) -> dict[str, Any]:
    """Sets W_E's numbers only after Unembed is created, as training does, which a copy would not notice."""
    embed = TokenTable(torch.zeros_like(W_E))
    unembed = Unembed(embed)
    with torch.no_grad():
        embed.W_E.copy_(W_E)
    logits = unembed(resid)
    return {
        "logits": logits,
        "learned parameters besides W_E": count_learned(unembed, beside=embed.W_E),
        "rows of W_E with a gradient": len(rows_with_gradient(logits, embed.W_E)),
    }


Unembed = Check(
    name="Unembed",
    week=WEEK,
    question="What is the dot product of each position's vector and each token's vector?",
    cases=_unembed_cases,
    run=_run_unembed,
    random_state="allowed",  # a constructor may create a layer before it ties its weight
)

shape_table = shape_table_check(
    WEEK,
    {
        "tokens": "the ids of the two prompts",
        "W_E": "the embedding matrix",
        "W_pos": "the position vectors",
        "king": "the vector of one token, out of W_E",
        "token_vectors": "what Embed gives for the prompts",
        "pos_vectors": "what PosEmbed gives for the prompts",
        "resid": "their sum, where the residual stream begins",
        "similarities": "the cosine similarities of one vector with every token",
        "direction": "a direction from five pairs of words",
        "coordinates": "how far each token of the two prompts goes along that direction",
        "logits": "what Unembed gives for the prompts",
    },
)


# --- Stretch ------------------------------------------------------------------------------------------------


def _pca_cases(draw: Draw) -> list[Case]:
    cases = []
    for more_points in (True, False, True):
        few, many = sorted(draw.sizes("n", "d", among=range(5, 13)).values())
        n, d = (many, few) if more_points else (few, many)
        cases.append(Case(f"n {n} · d {d}", {"vectors": _uneven_cloud(draw, n, d)}))
    reference = draw.reference
    words = _word_vectors(reference)
    return [*cases, Case(f"{len(words)} words of {reference.name}", {"vectors": words})]


def _uneven_cloud(draw: Draw, n: int, d: int) -> Float[Tensor, "n d"]:
    """Returns points around a centre far from 0, with clearly different spreads along the axes.

    Each axis has a clear largest coordinate, so that rounding cannot decide a sign.
    """
    while True:
        stretched = draw.normal(n, d) * torch.linspace(4, 0.5, d)
        points = stretched @ torch.linalg.qr(draw.normal(d, d))[0] + draw.normal(d, scale=3.0)
        left, spreads, _ = torch.linalg.svd(points - points.mean(dim=0), full_matrices=False)
        largest = left[:, :3].abs().topk(2, dim=0).values
        if (spreads[:3] > 1.1 * spreads[1:4]).all() and (largest[0] > 1.1 * largest[1]).all():
            return points


pca_3d = Check(
    name="pca_3d",
    week=WEEK,
    question="Which coordinates do these vectors have along the three directions in which they differ most?",
    cases=_pca_cases,
    run=lambda pca_3d, vectors: pca_3d(vectors),
    forbidden=("torch.pca_lowrank", "torch.svd_lowrank", "sklearn"),
)


def _sinusoidal_cases(draw: Draw) -> list[Case]:
    cases = []
    for among in (range(4, 20), range(4, 20), range(20, 60)):
        n_ctx, half = draw.sizes("n_ctx", "half", among=among).values()
        cases.append(Case(f"n_ctx {n_ctx} · d_model {2 * half}", {"n_ctx": n_ctx, "d_model": 2 * half}))
    for n_ctx, d_model in ((1, 2), (1, 8), (7, 2)):
        cases.append(
            Case(f"sizes of 1: n_ctx {n_ctx} · d_model {d_model}", {"n_ctx": n_ctx, "d_model": d_model})
        )
    return cases


sinusoidal_positions = Check(
    name="sinusoidal_positions",
    week=WEEK,
    question="Which numbers does each position get from sines and cosines?",
    cases=_sinusoidal_cases,
    run=lambda sinusoidal_positions, n_ctx, d_model: sinusoidal_positions(n_ctx, d_model),
)
