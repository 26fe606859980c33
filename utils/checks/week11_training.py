"""Week 11's checks: training a GPT."""

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from utils.checks.engine.cases import Case, Draw
from utils.checks.engine.check import Check
from utils.checks.engine.shape_table import shape_table_check
from utils.checks.fakes.by_state import ByState
from utils.checks.fakes.full_disk import full_disk
from utils.checks.fakes.trainable_model import SmallModel, small_weights
from utils.checks.fakes.trainer import SmallRun
from utils.checks.fakes.vocabulary import ToyVocabulary
from utils.checks.watch.paths import PathWatch
from utils.errors import CheckMisuse
from utils.reference import Reference
from utils.reference.inputs.tokens import PROMPTS
from utils.training import TrainingSettings

WEEK = "week11_training"


def _text(draw: Draw, end_of_text: int, d_vocab: int, lengths: Sequence[int]) -> Tensor:
    """Returns stories of random tokens with the given lengths, `end_of_text` before the first and after
    each.
    """
    pieces = [torch.tensor([end_of_text])]
    for length in lengths:
        words = draw.integers(0, d_vocab - 1, length)
        # Every id except end_of_text: the ids from there on are shifted up by one.
        pieces += [words + (words >= end_of_text), torch.tensor([end_of_text])]
    return torch.cat(pieces)


def _lengths(draw: Draw, n_stories: int, low: int, high: int) -> list[int]:
    """Returns story lengths, pairwise distinct."""
    return list(
        draw.sizes(*(f"story {number}" for number in range(n_stories)), among=range(low, high)).values()
    )


# --- train_val_split ----------------------------------------------------------------------------------------


def _split_cases(draw: Draw) -> list[Case]:
    cases = []
    for d_vocab, end_of_text, val_share in ((9, 8, 0.2), (7, 0, 0.3), (11, 4, 0.45)):
        # Short stories first, so that a share of the stories is not the same share of the tokens.
        tokens = _text(draw, end_of_text, d_vocab, sorted(_lengths(draw, 9, 4, 22)))
        label = f"9 stories, {len(tokens)} tokens, val_share {val_share}, end_of_text {end_of_text}"
        cases.append(Case(label, {"tokens": tokens, "val_share": val_share, "end_of_text": end_of_text}))
    borders = [_border_case(draw, distance) for distance in (0, 1, -1)]
    return [*cases, *borders, _rounded_case(draw), *_short_split_cases(draw)]


def _short_split_cases(draw: Draw) -> list[Case]:
    """Returns stories of one token each, with positions that are whole numbers."""
    cases = []
    for n_stories, val_share in ((2, 0.8), (12, 0.5)):
        tokens = _text(draw, 0, 7, [1] * n_stories)
        label = f"{n_stories} stories of one token each, val_share {val_share}, end_of_text 0"
        cases.append(Case(label, {"tokens": tokens, "val_share": val_share, "end_of_text": 0}))
    return cases


def _border_case(draw: Draw, distance: int) -> Case:
    """Returns stories with the split position `distance` tokens after the border between the first two."""
    first, second = draw.sizes("first", "second", among=range(5, 12)).values()
    tokens = _text(draw, 0, 7, [first, second, 5])
    border = first + 1
    # In the middle of a token, so that rounding does not change the result.
    val_share = 1 - (border + distance + 0.5) / len(tokens)
    where = {0: "at a border", 1: "one token behind a border", -1: "one token before a border"}[distance]
    label = f"3 stories, {len(tokens)} tokens, the position {where}, end_of_text 0"
    return Case(label, {"tokens": tokens, "val_share": val_share, "end_of_text": 0})


def _rounded_case(draw: Draw) -> Case:
    """Returns stories with a split position just below a whole number, which rounding up would move past the
    border.
    """
    first, second = draw.sizes("first", "second", among=range(5, 12)).values()
    tokens = _text(draw, 6, 7, [first, second])
    val_share = 1 - (first + 1.9) / len(tokens)
    label = f"2 stories, {len(tokens)} tokens, nine tenths of a token behind a border, end_of_text 6"
    return Case(label, {"tokens": tokens, "val_share": val_share, "end_of_text": 6})


train_val_split = Check(
    name="train_val_split",
    week=WEEK,
    question="Which part of the text is for training, and which for validation?",
    cases=_split_cases,
    run=lambda train_val_split, tokens, val_share, end_of_text: train_val_split(
        tokens, val_share, end_of_text
    ),
)

# --- get_batch ----------------------------------------------------------------------------------------------


def _batch_cases(draw: Draw) -> list[Case]:
    cases = []
    for d_vocab, end_of_text in ((10, 9), (8, 0), (12, 5)):
        sizes = draw.sizes("batch_size", "seq", among=range(6, 12))
        lengths = _lengths(draw, 7, 3, 17)
        # The last story ends with its window, whose start may be excluded by an off-by-one mistake.
        tokens = _text(draw, end_of_text, d_vocab, [*lengths, sizes.seq - 2])
        inputs = {"tokens": tokens, "end_of_text": end_of_text, **sizes, "seed": draw.choose(range(1, 10**6))}
        cases.append(Case(f"{len(tokens)} tokens, {sizes}, end_of_text {end_of_text}", inputs))
    return [
        *cases,
        _last_window_case(draw, missing=0),
        _last_window_case(draw, missing=1),
        _last_window_case(draw, missing=2),
        _window_case(draw, "one window of one prompt", [4, 3, 5], batch_size=1, seq=6),
        _window_case(draw, "windows of one token", [2, 3, 2], batch_size=5, seq=1),
        _window_case(draw, "a single story, as long as a window", [6], batch_size=3, seq=8),
    ]


def _last_window_case(draw: Draw, missing: int) -> Case:
    """Returns a text with few starts; the last window is whole, or lacks `missing` tokens."""
    seq = draw.choose([6, 7, 8])
    what = f"the last window lacks {missing} tokens" if missing else "the last window just fits"
    return _window_case(draw, what, [seq + 1, seq + 2, seq - 2 - missing], batch_size=9, seq=seq)


def _window_case(draw: Draw, what: str, lengths: Sequence[int], batch_size: int, seq: int) -> Case:
    tokens = _text(draw, 0, 8, lengths)
    sizes = {"batch_size": batch_size, "seq": seq, "seed": draw.choose(range(1, 10**6))}
    label = f"{what}: {len(tokens)} tokens, batch_size {batch_size} · seq {seq}, end_of_text 0"
    return Case(label, {"tokens": tokens, "end_of_text": 0, **sizes})


def _run_get_batch(get_batch, tokens, end_of_text, batch_size, seq, seed):
    generator = torch.Generator().manual_seed(seed)
    batches = [get_batch(tokens, end_of_text, batch_size, seq, generator) for _ in range(2)]
    return {"first batch": batches[0], "second batch": batches[1]}


get_batch = Check(
    name="get_batch",
    week=WEEK,
    question="Which windows of the text are in the batch, and in the next one?",
    cases=_batch_cases,
    run=_run_get_batch,
)

# --- counting_losses ----------------------------------------------------------------------------------------


def _counting_cases(draw: Draw) -> list[Case]:
    cases = []
    for n_train, n_val in ((90, 31), (47, 23)):
        d_vocab = draw.choose(range(5, 9))
        # Squared, so that some tokens are common and some are rare, as words are.
        train, val = (
            (draw.integers(0, d_vocab * 10, length).float().square() / (d_vocab * 100)).long()
            for length in (n_train, n_val)
        )
        val[-3:] = torch.tensor([d_vocab - 1, d_vocab - 1, 0])
        label = f"{n_train} tokens to count, {n_val} to predict, d_vocab {d_vocab}"
        cases.append(Case(label, {"train": train, "val": val, "d_vocab": d_vocab}))
    unseen = torch.tensor([0, 1, 0, 1, 0, 1, 2]), torch.tensor([2, 3, 3, 1, 0])
    inputs = {"train": unseen[0], "val": unseen[1], "d_vocab": 4}
    unseen_case = Case("pairs, and a token, that the training text never has", inputs)
    return [*cases, unseen_case, _story_case(draw), *_short_counting_cases()]


def _short_counting_cases() -> list[Case]:
    """Returns a single pair to count and to predict, and a vocabulary of a single id."""
    first = {"train": torch.tensor([1, 0]), "val": torch.tensor([1, 0]), "d_vocab": 3}
    last = {"train": torch.tensor([0, 2]), "val": torch.tensor([2, 2]), "d_vocab": 3}
    single = {"train": torch.tensor([0, 0, 0]), "val": torch.tensor([0, 0]), "d_vocab": 1}
    return [
        Case("2 tokens to count, 2 to predict, the same pair, d_vocab 3", first),
        Case("2 tokens to count, 2 to predict, another pair, d_vocab 3", last),
        Case("3 tokens to count, 2 to predict, d_vocab 1", single),
    ]


def _story_case(draw: Draw) -> Case:
    from utils.story_world import corpus

    seed = draw.choose(range(1000))
    train, val = (
        torch.tensor(corpus(split, seed, 1500).token_ids).long() for split in ("train", "validation")
    )
    used, rows = torch.cat([train, val]).unique(return_inverse=True)
    train, val = rows[: len(train)], rows[len(train) :]
    label = f"stories, {len(train)} tokens to count, {len(val)} to predict, d_vocab {len(used)}"
    return Case(label, {"train": train, "val": val, "d_vocab": len(used)})


counting_losses = Check(
    name="counting_losses",
    week=WEEK,
    question="What is the loss of a model that only counts tokens, and of one that counts pairs?",
    cases=_counting_cases,
    run=lambda counting_losses, train, val, d_vocab: counting_losses(train, val, d_vocab),
)

# --- train_step ---------------------------------------------------------------------------------------------


def _step_cases(draw: Draw) -> list[Case]:
    cases = []
    # (batches to accumulate, max_norm, mode at the start); the gradients' norm is of order 1.
    for n_batches, max_norm, training in (
        (1, 100.0, True),
        (3, 100.0, False),
        (3, 0.1, True),
        (2, 0.05, True),
    ):
        sizes = draw.sizes("batch", "seq", "d_vocab", "d_model", among=range(3, 10))
        batches = [draw.integers(0, sizes.d_vocab, sizes.batch, sizes.seq) for _ in range(n_batches)]
        inputs = {
            "weights": small_weights(draw, sizes.d_vocab, sizes.d_model),
            "batches": batches,
            "max_norm": max_norm,
            "training": training,
            "in_train_mode": _factors(draw)["in_train_mode"],
        }
        counted = f"{n_batches} {'batch' if n_batches == 1 else 'batches'}"
        cases.append(Case(f"{counted} a step, max_norm {max_norm}, {sizes}", inputs))
    for n_batches, batch, seq in ((1, 1, 2), (2, 3, 2), (11, 1, 4)):
        inputs = {
            "weights": small_weights(draw, 5, 1),
            "batches": [_both_ends(draw, 5, batch, seq) for _ in range(n_batches)],
            "max_norm": 0.2,
            "training": True,
            "in_train_mode": _factors(draw)["in_train_mode"],
        }
        label = f"batch {batch} · seq {seq} · d_vocab 5 · d_model 1, with the first id and the last"
        cases.append(Case(f"{n_batches} a step, max_norm 0.2, {label}", inputs))
    return cases


def _both_ends(draw: Draw, d_vocab: int, batch: int, seq: int) -> Tensor:
    """Returns random tokens [batch, seq], the first of them id 0 and the last of them the last id."""
    tokens = draw.integers(0, d_vocab, batch, seq)
    tokens[0, 0], tokens[-1, -1] = 0, d_vocab - 1
    return tokens


def _run_train_step(train_step, weights, batches, max_norm, training, in_train_mode):
    """Returns the losses and the weights, in which the factor of the model's mode is, and words on them.

    Denying that the loss keeps its graph gains no more than leaving out `.item()`: its number is judged.
    """
    model = SmallByState(weights, ByState(in_train_mode, unrecorded=1.0)).train(training)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    first = train_step(model, optimizer, batches, max_norm)
    after_one = model.numbers()
    second = train_step(model, optimizer, batches[::-1], max_norm)
    return {
        "loss": first,
        "weights after one step": after_one,
        "loss of a second step": second,
        "weights after two steps": model.numbers(),
        "always in train mode": all(call["training"] for call in model.calls),
        "loss keeps its graph": isinstance(first, Tensor) and first.requires_grad,
    }


train_step = Check(
    name="train_step",
    week=WEEK,
    question="What is the loss, and which weights does the model have after the step?",
    cases=_step_cases,
    run=_run_train_step,
)

# --- evaluate -----------------------------------------------------------------------------------------------


def _evaluate_cases(draw: Draw) -> list[Case]:
    cases = []
    for training, gradients in ((True, True), (False, True), (True, False)):
        sizes = draw.sizes("d_vocab", "d_model", among=range(4, 10))
        shapes = zip(*(draw.sizes(*"abc", among=range(2, 12)).values() for _ in range(2)), strict=True)
        batches = [draw.integers(0, sizes.d_vocab, *shape) for shape in shapes]
        weights = small_weights(draw, sizes.d_vocab, sizes.d_model)
        inputs: dict[str, Any] = {"weights": weights, "batches": batches, **_factors(draw)}
        shown = " and ".join(str(tuple(batch.shape)) for batch in batches)
        label = (
            f"{'train' if training else 'eval'} mode, gradients {'on' if gradients else 'off'} before; "
            f"batches {shown}"
        )
        cases.append(Case(label, {**inputs, "training": training, "gradients": gradients}))
    for batch_shapes in ([(1, 2)], [(3, 2), (1, 4)], [(1, 3)] * 11):
        batches = [_both_ends(draw, 5, *shape) for shape in batch_shapes]
        inputs = {
            "weights": small_weights(draw, 5, 1),
            "batches": batches,
            "training": True,
            "gradients": True,
        }
        shown = " and ".join(map(str, dict.fromkeys(batch_shapes)))
        label = f"{len(batch_shapes)} batches of {shown}, with the first id and the last"
        cases.append(Case(label, inputs | _factors(draw)))
    return [*cases, _real_evaluate_case(draw.reference, _factors(draw))]


def _factors(draw: Draw) -> dict[str, float]:
    """Returns the factors by which a model's logits show its mode and whether gradients are recorded."""
    first, second = draw.sizes("first", "second", among=range(12, 30)).values()
    return {"in_train_mode": first / 10, "unrecorded": second / 20}


def _real_evaluate_case(reference: Reference, factors: dict[str, float]) -> Case:
    """Returns a case with the reference's logits on two prompts of different lengths."""
    prompts = (PROMPTS[0], "The boy and the girl went to the market.")
    ids = [torch.tensor([reference.tokenizer.encode(prompt)]) for prompt in prompts]
    with torch.no_grad():
        logits = [reference.model(batch).logits for batch in ids]
    inputs = {"logits": logits, "batches": ids, "training": True, "gradients": True} | factors
    return Case(f"two prompts, as {reference.name} continues them", inputs)


class _Replay(nn.Module):
    """A model that returns given logits, chosen by the shape of the batch, by the factors of its state."""

    def __init__(self, logits: Sequence[Tensor], by_state: ByState):
        super().__init__()
        self.by_shape = {each.shape[:2]: each for each in logits}
        self.by_state = by_state
        self.calls: list[dict[str, bool]] = []

    def forward(self, tokens: Tensor) -> Tensor:
        self.calls.append({"training": self.training, "gradients": torch.is_grad_enabled()})
        return self.by_state(self.by_shape[tokens.shape])


class SmallByState(SmallModel):
    """A small model whose logits have the factors of its state."""

    def __init__(self, weights: dict[str, Tensor], by_state: ByState, **options: Any):
        super().__init__(weights, **options)
        self.by_state = by_state

    def forward(self, tokens: Tensor) -> Tensor:
        """Returns the logits [batch, seq, d_vocab]."""
        return self.by_state(super().forward(tokens))


def _run_evaluate(
    evaluate, batches, training, gradients, in_train_mode, unrecorded, weights=None, logits=None
):
    """Returns the loss, and the logits of a run afterwards. Both have the factors of the model's state.

    The words on the state are for the report: a wrong one is shown before the numbers that it belongs to.
    """
    by_state = ByState(in_train_mode, unrecorded)
    model = SmallByState(weights, by_state) if weights else _Replay(logits, by_state)
    model.train(training)
    with torch.set_grad_enabled(gradients):
        loss = evaluate(model, batches)
        left_on = torch.is_grad_enabled()
        calls = list(model.calls)
        afterwards = model(batches[-1])[..., :4].detach()
    return {
        "logits of a run afterwards": afterwards,
        "loss": loss,
        "in eval mode while it ran": not any(call["training"] for call in calls),
        "mode afterwards": "train" if model.training else "eval",
        "gradients recorded": any(call["gradients"] for call in calls),
        "gradients afterwards": "on" if left_on else "off",
    }


evaluate = Check(
    name="evaluate",
    week=WEEK,
    question="What is the mean loss per predicted token, and is everything as it was before?",
    cases=_evaluate_cases,
    run=_run_evaluate,
)

# --- overfit_one_batch --------------------------------------------------------------------------------------


def _overfit_cases(draw: Draw) -> list[Case]:
    cases = []
    for steps, lr in ((9, 0.05), (12, 0.01)):
        sizes = draw.sizes("batch", "seq", "d_vocab", "d_model", among=range(3, 10))
        inputs = {
            # Large at first, so that the gradients' norm is above 1 and clipping shows.
            "weights": small_weights(draw, sizes.d_vocab, sizes.d_model, scale=3.0),
            "batch": draw.integers(0, sizes.d_vocab, sizes.batch, sizes.seq),
            "steps": steps,
            "lr": lr,
        }
        cases.append(Case(f"{steps} steps, lr {lr}, {sizes}", inputs))
    for steps, lr, batch, seq in ((0, 0.05, 3, 4), (1, 0.05, 1, 2), (3, 0.0, 2, 4)):
        inputs = {"weights": small_weights(draw, 6, 3, scale=3.0), "steps": steps, "lr": lr}
        inputs["batch"] = _both_ends(draw, 6, batch, seq)
        label = f"batch {batch} · seq {seq} · d_vocab 6 · d_model 3, with the first id and the last"
        cases.append(Case(f"{steps} steps, lr {lr}, {label}", inputs))
    return cases


def _run_overfit(overfit_one_batch, weights, batch, steps, lr):
    model = SmallModel(weights)
    return {"losses": overfit_one_batch(model, batch, steps, lr), "weights afterwards": model.numbers()}


overfit_one_batch = Check(
    name="overfit_one_batch",
    week=WEEK,
    question="What is the loss before each step, and what are the weights afterwards?",
    cases=_overfit_cases,
    run=_run_overfit,
)

# --- Trainer ------------------------------------------------------------------------------------------------


def _settings(draw: Draw, end_of_text: int, **other: Any) -> dict[str, Any]:
    """Returns the settings of a run of a few steps, in which each of them makes a difference."""
    chosen = TrainingSettings(
        end_of_text=end_of_text,
        batch_size=3,
        seq=5,
        total_steps=7,
        warmup_steps=3,
        max_lr=0.06,
        min_lr=0.01,
        accumulate=1,
        weight_decay=0.4,
        betas=(0.8, 0.9),
        max_norm=0.5,
        seed=draw.choose(range(1, 10**6)),
    )
    return asdict(chosen) | other


def _trainer_cases(draw: Draw) -> list[Case]:
    cases = []
    for end_of_text, rounds, other in (
        (8, [4, 2], {}),
        (0, [2, 5], {"accumulate": 2, "seq": 6}),
        (5, [1, 3], {"warmup_steps": 1, "batch_size": 4}),
        (0, [0, 1, 7], {"warmup_steps": 0, "min_lr": 0.0, "seed": 0}),
        (8, [3, 0], {"warmup_steps": 2, "total_steps": 3, "weight_decay": 0.0, "betas": (0.0, 0.9)}),
        (8, [1], {"warmup_steps": 0, "total_steps": 1, "batch_size": 1, "seq": 2}),
        (0, [12], {"warmup_steps": 11, "total_steps": 12, "max_norm": 100.0}),
    ):
        d_vocab = 9
        tokens = _text(draw, end_of_text, d_vocab, _lengths(draw, 8, 4, 14))
        inputs = {
            "weights": small_weights(draw, d_vocab, draw.choose(range(3, 8)), scale=2.0),
            "tokens": tokens,
            "settings": _settings(draw, end_of_text, **other),
            "rounds": rounds,
        }
        shown = ", ".join(f"{name} {value}" for name, value in other.items()) or "one batch a step"
        steps = f"{rounds[0]} steps" + "".join(f", then {more} more" for more in rounds[1:])
        cases.append(Case(f"{steps}; {shown}", inputs))
    return cases


def _run_trainer(Trainer, weights, tokens, settings, rounds):
    watched = []
    trainer = Trainer(
        SmallModel(weights),
        tokens,
        TrainingSettings(**settings),
        lambda it: watched.append([it.step, float(it.optimizer.lr)]),
    )
    for n_steps in rounds:
        trainer.train(n_steps)
    return {
        "steps at each call of watch": [step for step, _ in watched],
        "learning rates": [lr for _, lr in watched],
        "losses": trainer.losses,
        "step": trainer.step,
        "weights": trainer.model.numbers(),
    }


Trainer = Check(
    name="Trainer",
    week=WEEK,
    question="What are the losses, the weights and the learning rates of these steps?",
    cases=_trainer_cases,
    run=_run_trainer,
    random_state="allowed",
)

# --- sample_story -------------------------------------------------------------------------------------------


def _sample_cases(draw: Draw) -> list[Case]:
    cases = []
    for prompt, n_new, n_ctx, temperature, sharpness, ends, training in (
        ("", 12, 30, 0.0, 1.0, True, False),
        ("dab", 9, 30, 0.0, 1.0, False, True),
        ("cab", 14, 8, 0.0, 1.0, False, False),
        ("bad", 10, 30, 2.0, 3000.0, True, True),
        ("a", 1, 30, 0.0, 1.0, False, True),
        ("ace", 4, 1, 0.0, 1.0, False, True),
        ("dab", 0, 30, 0.0, 1.0, False, False),
        ("", 0, 30, 0.0, 1.0, False, True),
        ("", 1, 30, 0.0, 1.0, False, False),
    ):
        wanted = range(2, n_new - 1) if ends else range(n_new, n_new + 1)
        inputs = {
            "weights": _storyteller_weights(draw, prompt, n_new, n_ctx, temperature, sharpness, wanted),
            "prompt": prompt,
            "n_new": n_new,
            "temperature": temperature,
            "n_ctx": n_ctx,
            "training": training,
        }
        how = "one token is nearly certain" if temperature else "greedy"
        label = f"prompt {prompt!r}, n_new {n_new}, n_ctx {n_ctx}, temperature {temperature:g} ({how})"
        inputs["in_train_mode"] = _factors(draw)["in_train_mode"]
        cases.append(Case(label, {**inputs, "seeds": 1}))
    flat = {**cases[1].inputs, "temperature": 9.0, "seeds": 6}
    return [*cases, Case("six seeds at temperature 9, each of them twice", flat)]


_CERTAIN = 40.0
"""A lead in logits with which a token is always drawn: the probability of all others is below 1e-16."""


def _storyteller_weights(
    draw: Draw, prompt: str, n_new: int, n_ctx: int, temperature: float, sharpness: float, wanted: range
) -> dict[str, Tensor]:
    """Returns random weights whose most probable story has a length among `wanted`, and is certain to be
    drawn.
    """
    while True:
        weights = small_weights(draw, ToyVocabulary.d_vocab, 6, scale=2.0)
        weights["W_U"] *= sharpness
        length, lead = _greedy_story(SmallModel(weights), prompt, n_new, n_ctx)
        if length in wanted and lead >= _CERTAIN * temperature:
            return weights


@torch.no_grad()
def _greedy_story(model: SmallModel, prompt: str, n_new: int, n_ctx: int) -> tuple[int, float]:
    """Generates the story in which each token is the most probable one.

    Returns:
        The number of new tokens before the end of the text (n_new if there is no end), and the smallest
        lead of a token over the next best, in logits.
    """
    vocabulary = ToyVocabulary()
    rows, lead = [vocabulary.end_of_text, *vocabulary.encode(prompt).tolist()], math.inf
    for length in range(n_new):
        (first, second), (best, _) = model(torch.tensor([rows[-n_ctx:]]))[0, -1].topk(2)
        lead = min(lead, (first - second).item())
        if best == vocabulary.end_of_text:
            return length, lead
        rows.append(best.item())
    return n_new, lead


def _run_sample(sample_story, weights, prompt, n_new, temperature, n_ctx, training, seeds, in_train_mode):
    by_state = ByState(in_train_mode, unrecorded=1.0)
    model = SmallByState(weights, by_state, n_ctx=n_ctx, dropout=0.5).train(training)

    def tell(seed: int) -> str:
        return sample_story(model, ToyVocabulary(), prompt, n_new, temperature, seed)

    if seeds == 1:
        text, mode = tell(3), "train" if model.training else "eval"
        model.dropout.p = 0.0  # the mode's own factor shows in the logits, and nothing is left to chance
        afterwards = model(torch.tensor([[0]])).detach()
        return {"text": text, "mode afterwards": mode, "logits of a run afterwards": afterwards}
    return {"stories": [tell(seed) for seed in range(seeds)], "again": [tell(seed) for seed in range(seeds)]}


sample_story = Check(
    name="sample_story",
    week=WEEK,
    question="Which story does the model write?",
    cases=_sample_cases,
    run=_run_sample,
)

# --- save_checkpoint ----------------------------------------------------------------------------------------

PARTS_OF_A_CHECKPOINT = ("config", "settings", "model", "optimizer", "generator", "step", "losses")
"""The names in a checkpoint, as the exercise states them."""


def _save_cases(draw: Draw) -> list[Case]:
    cases = []
    for steps, disk in (
        (3, "free"),
        (5, "free"),
        (4, "full"),
        (0, "free"),
        (2, "with an earlier checkpoint"),
        (7, "free"),  # as many as settings.total_steps
        (0, "with an earlier checkpoint"),
    ):
        inputs = {"weights": small_weights(draw, 7, 4), "settings": _settings(draw, 6)}
        label = f"after {steps} steps" + {"full": ", when the disk is full", "free": ""}.get(
            disk, f", {disk}"
        )
        earlier = draw.choose(range(100, 10_000))
        cases.append(Case(label, {**inputs, "steps": steps, "disk": disk, "earlier": earlier}))
    return cases


def _run_save(save_checkpoint, weights, settings, steps, disk, earlier):
    run = SmallRun(weights, settings)
    run.train(steps)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.pt"
        if disk == "full":
            return _save_on_a_full_disk(save_checkpoint, run, path, earlier)
        if disk != "free":
            return {
                "steps in the file, one after the other": _steps_seen(save_checkpoint, run, path, earlier)
            }
        save_checkpoint(run, path)
        return {"files": sorted(each.name for each in Path(folder).iterdir()), **_contents(path)}


def _steps_seen(
    save_checkpoint: Callable[..., Any], run: SmallRun, path: Path, earlier: int
) -> list[int | str]:
    """Returns the steps in the file at `path`, or its state, while a checkpoint replaces an earlier one."""
    torch.save({"step": earlier}, path)
    with PathWatch(path, _step_in) as watch:
        save_checkpoint(run, path)
    return watch.seen


def _step_in(path: Path) -> int | str:
    try:
        return torch.load(path, weights_only=True)["step"]
    except FileNotFoundError:
        return "no file"
    except Exception:  # torch raises several types of errors for half a file
        return "half a file"


def _contents(path: Path) -> dict[str, Any]:
    """Returns a checkpoint's values by name, None where one is missing."""
    if not path.is_file():
        raise CheckMisuse(f"No file was written at the path given, {path.name}.")
    try:
        found = torch.load(path, weights_only=True)
    except Exception:  # torch raises several types of errors for other contents
        return {"file": "torch.load(path, weights_only=True) cannot read it"}
    if not isinstance(found, dict):
        return {"file": f"holds no dict but a {type(found).__name__}"}
    return {"file": "a dict", **{name: found.get(name) for name in PARTS_OF_A_CHECKPOINT}}


def _save_on_a_full_disk(
    save_checkpoint: Callable[..., Any], run: SmallRun, path: Path, earlier: int
) -> dict[str, Any]:
    """Returns the condition of an earlier checkpoint, and the error that the failure raises.

    The step in the file proves the condition. Forging the error gains nothing, since a function that leaves
    the error alone needs no code for it.
    """
    torch.save({"step": earlier}, path)
    raised = "nothing"
    with full_disk():
        try:
            save_checkpoint(run, path)
        except OSError as error:
            raised = type(error).__name__
    return {"the earlier checkpoint": _condition(path), "raises": raised, "step in the file": _step_in(path)}


def _condition(path: Path) -> str:
    if not path.is_file():
        return "gone"
    try:
        return "whole" if torch.load(path, weights_only=True) else "empty"
    except Exception:  # torch raises several types of errors for half a file
        return "damaged"


save_checkpoint = Check(
    name="save_checkpoint",
    week=WEEK,
    question="What is in the file, and is an earlier one kept if writing fails?",
    cases=_save_cases,
    run=_run_save,
)

# --- resume -------------------------------------------------------------------------------------------------


def _resume_cases(draw: Draw) -> list[Case]:
    cases = []
    for done, more in ((3, 4), (5, 2), (0, 3), (7, 0), (7, 1)):  # of 7 steps in all
        inputs: dict[str, Any] = {
            "weights": small_weights(draw, 7, 4),
            "other_weights": small_weights(draw, 7, 4),
        }
        inputs |= {"settings": _settings(draw, 6), "done": done, "more": more, "changed": "nothing"}
        cases.append(Case(f"a checkpoint after {done} steps, then {more} more", inputs))
    for changed, label in (("settings", "other settings"), ("config", "another model")):
        inputs = cases[0].inputs | {"changed": changed}
        cases.append(Case(f"a checkpoint of {label}", inputs))
    return cases


def _run_resume(resume, weights, other_weights, settings, done, more, changed):
    whole = SmallRun(weights, settings)
    whole.train(done)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.pt"
        _write_checkpoint(whole, path, changed)
        continued = SmallRun(other_weights, settings)
        continued.train(1)  # `resume` has to replace the state of a trainer that has run before
        if changed != "nothing":
            return _run_refusal(resume, continued, path, more)
        resume(continued, path)
    at = {"step": continued.step, "losses so far": list(continued.losses)}
    for run in (whole, continued):
        run.train(more)
    # Forging the last bits gains nothing: the losses and the weights are judged to six digits.
    same_bits = all(map(torch.equal, whole.model.numbers().values(), continued.model.numbers().values()))
    return {
        **at,
        "losses": continued.losses,
        "weights": continued.model.numbers(),
        "the same to the last bit": same_bits and whole.losses == continued.losses,
    }


def _write_checkpoint(run: SmallRun, path: Path, changed: str) -> None:
    config, settings = asdict(run.model.config), asdict(run.settings)
    if changed == "config":
        config["n_layers"] += 1
    if changed == "settings":
        settings["max_lr"] *= 2
    torch.save({"config": config, "settings": settings, **run.state()}, path)


def _run_refusal(resume: Callable[..., Any], run: SmallRun, path: Path, more: int) -> dict[str, Any]:
    """Returns the error, and how the run goes on, which shows whether the checkpoint was loaded."""
    before, raised = run.state(), "nothing"
    try:
        resume(run, path)
    except Exception as error:
        if isinstance(error, NotImplementedError):
            raise
        raised = type(error).__name__
    after = run.state()
    unchanged = [name for name in before if _same(before[name], after[name])]
    run.train(more)
    return {
        "raises": raised,
        "the trainer is as it was": len(unchanged) == len(before),
        "losses": list(run.losses),
        "weights": run.model.numbers(),
    }


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return _same(list(one.values()), list(other.values()))
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


resume = Check(
    name="resume",
    week=WEEK,
    question="Is the trainer in the state of the checkpoint, and does it continue as if never stopped?",
    cases=_resume_cases,
    run=_run_resume,
)

# --- train_storyteller --------------------------------------------------------------------------------------


def _storyteller_cases(draw: Draw) -> list[Case]:
    cases = []
    for total_steps, every, stops_at in (
        (7, 3, None), (6, 2, None), (9, 2, 5),
        (5, 9, None), (4, 4, None), (3, 1, None), (12, 11, None), (4, 2, 0), (6, 2, 4), (4, 2, 4), (5, 3, 5),
    ):  # fmt: skip
        batches = [draw.integers(0, 7, 2, 5), draw.integers(0, 7, 3, 4)]
        inputs = {
            "weights": small_weights(draw, 7, 4),
            "settings": _settings(draw, 6, total_steps=total_steps),
            "val_batches": batches,
            "every": every,
            "stops_at": stops_at,
        }
        broken = f", broken off in step {stops_at} and called again" if stops_at is not None else ""
        if stops_at == total_steps:
            broken = ", finished and called again"
        cases.append(Case(f"{total_steps} steps, a report every {every}{broken}", inputs))
    return cases


class _PowerCut(Exception):
    """Ends a run in the middle of a step."""


def _run_storyteller(train_storyteller, weights, settings, val_batches, every, stops_at):
    begun: list[int] = []
    run = SmallRun(weights, settings, on_step=begun.append)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.pt"
        try:
            if stops_at is not None:
                _run_until_interrupted(
                    train_storyteller, weights, settings, val_batches, path, every, stops_at
                )
            saved_before = _saved_step(path)
            reports = train_storyteller(run, val_batches, path, every, tell)
        except FileNotFoundError:
            return {"raises": "FileNotFoundError, where there is no checkpoint yet"}
        return {
            "step in the checkpoint when it broke off": saved_before,
            "reports": [list(report) for report in reports],
            "steps taken": begun,
            "step in the checkpoint at the end": _saved_step(path),
            "losses": run.losses,
        }


def _saved_step(path: Path) -> int | None:
    return _contents(path).get("step") if path.is_file() else None


def _run_until_interrupted(train_storyteller, weights, settings, val_batches, path, every, stops_at):
    def stop(step: int) -> None:
        if step == stops_at:
            raise _PowerCut

    try:
        train_storyteller(SmallRun(weights, settings, on_step=stop), val_batches, path, every, tell)
    except _PowerCut:
        return


def tell(model: SmallModel) -> str:
    """Returns a story that contains the mean of the model's gain, so that it shows which weights were
    used.
    """
    return f"Once upon a time there was a gain of {model.gain.abs().mean().item():.2f}."


train_storyteller = Check(
    name="train_storyteller",
    week=WEEK,
    question="What does the run report, and which steps does it take?",
    cases=_storyteller_cases,
    run=_run_storyteller,
)

# --- shape_table --------------------------------------------------------------------------------------------

shape_table = shape_table_check(
    WEEK,
    {
        "tokens": "the batch",
        "logits": "the model's output",
        "judged_logits": "the logits that have a target",
        "targets": "the tokens that are to be predicted",
        "token_losses": "−log p of each target",
        "loss": "what backward() starts from",
        "W_E_grad": "the gradient of W_E",
        "W_E_grad_accumulated": "the gradient of W_E after four such batches",
        "W_pos_grad": "the gradient of W_pos",
        "W_E_moment": "AdamW's mean of the gradients of W_E",
        "grad_norm": "the norm that clip_grad_norm returns",
    },
)

# --- stretch ------------------------------------------------------------------------------------------------


def _curve_cases(draw: Draw) -> list[Case]:
    cases = []
    for floor, noise, n_sizes in ((0.0, 0.0, 5), (0.51, 0.0, 6), (0.3, 0.1, 7)):
        sizes = torch.logspace(3, 6, n_sizes, dtype=torch.float64)
        factor, exponent = draw.choose([20.0, 50.0, 90.0]), draw.choose([0.3, 0.4, 0.55])
        excess = factor * sizes**-exponent * (noise * draw.normal(n_sizes).double()).exp()
        inputs = {"sizes": sizes.tolist(), "losses": (floor + excess).tolist(), "floor": floor}
        cases.append(Case(f"{n_sizes} sizes, floor {floor}{', with noise' if noise else ''}", inputs))
    return [*cases, *_small_curve_cases(draw)]


def _small_curve_cases(draw: Draw) -> list[Case]:
    """Returns two sizes, one of which is 1, sizes in no order, one of them twice, and losses all alike."""
    excess = (0.1 + draw.normal(4).abs().double()).tolist()
    cases = []
    for label, sizes, floor in (
        ("2 sizes, the first of them 1, floor 0.0", [1.0, 20.0], 0.0),
        ("2 sizes, the last of them 1, floor 0.4", [500.0, 1.0], 0.4),
        ("4 sizes in no order, one of them twice, floor 0.2", [300.0, 10.0, 4000.0, 10.0], 0.2),
    ):
        losses = [floor + each for each in excess[: len(sizes)]]
        cases.append(Case(label, {"sizes": sizes, "losses": losses, "floor": floor}))
    alike = {"sizes": [10.0, 100.0, 1000.0], "losses": [2.0, 2.0, 2.0], "floor": 0.0}
    return [*cases, Case("3 sizes with the same loss, floor 0.0", alike)]


scaling_curve = Check(
    name="scaling_curve",
    week=WEEK,
    question="Which power law fits these losses?",
    cases=_curve_cases,
    run=lambda scaling_curve, sizes, losses, floor: scaling_curve(sizes, losses, floor),
)


def _interval_cases(draw: Draw) -> list[Case]:
    cases = []
    for level, n_draws in ((0.9, 40), (0.5, 11), (0.8, 2)):
        sizes = draw.sizes("size", "seed", among=range(3, 8))
        cases.append(_interval_case(draw, level, n_draws, sizes.size, sizes.seed))
    for level, n_draws, n_sizes, n_seeds in (
        (1.0, 9, 3, 4),
        (0.0, 6, 4, 3),
        (0.9, 1, 3, 2),
        (0.6, 8, 1, 5),
        (0.6, 8, 5, 1),
        (0.7, 7, 4, 4),
    ):
        cases.append(_interval_case(draw, level, n_draws, n_sizes, n_seeds))
    return cases


def _interval_case(draw: Draw, level: float, n_draws: int, n_sizes: int, n_seeds: int) -> Case:
    """Returns losses with skewed statistics, so that an interval about their mean is another."""
    inputs = {
        "losses": draw.normal(n_sizes, n_seeds).double().exp(),
        "weights": (0.5 + draw.normal(n_sizes).double().abs()),
        "draws": draw.integers(0, n_seeds, n_draws, n_sizes, n_seeds),
        "level": level,
    }
    return Case(f"level {level:g}, draw {n_draws} · size {n_sizes} · seed {n_seeds}", inputs)


def _run_interval(bootstrap_interval, losses, weights, draws, level):
    def statistic(resampled: Tensor) -> float:
        """A different weight for each size, and the same for all seeds: their order does not matter."""
        return (weights * resampled.mean(dim=1)).square().sum().item()

    low, high = bootstrap_interval(losses, statistic, draws, level)
    return low, high


bootstrap_interval = Check(
    name="bootstrap_interval",
    week=WEEK,
    question="Between which two values does the statistic lie in the middle part of the resamples?",
    cases=_interval_cases,
    run=_run_interval,
)

LAW = {"floor": 1.69, "a": 406.4, "alpha": 0.34, "b": 410.7, "beta": 0.28}
"""The constants of Hoffmann et al. (2022, equation 10); each case takes others near them."""


def _plan_cases(draw: Draw) -> list[Case]:
    """Returns budgets whose best size is in the middle, and budgets and texts to the FLOP and the token."""
    cases = []
    for n_sizes, best in ((6, 3), (5, 1), (7, 5)):
        inputs = _plan_inputs(draw, n_sizes, best)
        cases.append(Case(f"{n_sizes} sizes, a long text", inputs))
    for best in (2, 4):
        inputs = _plan_inputs(draw, 6, best)
        # So many tokens fit into the budget with a size one or two above the best without a limit.
        enough = inputs["budget"] // (6 * sorted(inputs["sizes"])[min(best + 1, 5)])
        label = f"6 sizes, a text that limits the plan, number {best + 1} by the budget alone"
        cases.append(Case(label, inputs | {"max_tokens": enough}))
    return [*cases, *_exact_plan_cases(draw)]


def _plan_inputs(draw: Draw, n_sizes: int, best: int) -> dict[str, Any]:
    """Returns inputs for which the size numbered `best`, counted from the smallest, is near the optimum."""
    law = {name: value * draw.choose([0.96, 1.0, 1.04]) for name, value in LAW.items()}
    sizes = [draw.choose(range(800, 1200)) * 3**number for number in range(n_sizes)]
    # The optimum of Hoffmann et al. (2022, equation 4), solved for the budget.
    alpha, beta = law["alpha"], law["beta"]
    ratio = (alpha * law["a"] / (beta * law["b"])) ** (1 / (alpha + beta))
    budget = int(6 * (sizes[best] / ratio) ** ((alpha + beta) / beta))
    return {
        "budget": budget,
        "sizes": [sizes[place] for place in draw.order(n_sizes)],
        "tokens_per_step": draw.choose(range(20, 60)),
        "max_tokens": 10**15,
        "law": law,
    }


def _exact_plan_cases(draw: Draw) -> list[Case]:
    """Returns budgets and texts at, just above and just below a whole number of steps."""
    cases = []
    size, tokens = draw.choose(range(500, 900)), draw.choose(range(50, 90))
    one = {"sizes": [size], "tokens_per_step": tokens, "max_tokens": 10**15, "law": dict(LAW)}
    step = 6 * size * tokens
    for label, budget in (
        ("exactly 7 steps", 7 * step),
        ("7 steps but for one FLOP", 7 * step - 1),
        ("exactly one step", step),
        # As a float, the quotient would be rounded up to 2^43.
        ("2^43 steps but for one FLOP", step * 2**43 - 1),
    ):
        cases.append(Case(f"one size, a budget of {label}", one | {"budget": budget}))
    for label, limit in (
        ("exactly 5 steps", 5 * tokens),
        ("5 steps but for one token", 5 * tokens - 1),
        ("exactly one step", tokens),
    ):
        cases.append(Case(f"one size, a text of {label}", one | {"budget": 9 * step, "max_tokens": limit}))
    # A larger size would have the smaller predicted loss, if its one step fitted into the budget.
    larger = size * 30
    flat = LAW | {"b": 1.0}
    for label, budget in (("just one step", 30 * step), ("one step but for one FLOP", 30 * step - 1)):
        inputs = one | {"sizes": [larger, size], "budget": budget, "law": flat}
        cases.append(Case(f"2 sizes, a budget for {label} of the larger", inputs))
    return cases


def _run_plan(plan_run, budget, sizes, tokens_per_step, max_tokens, law):
    def predicted_loss(parameters: int, tokens: int) -> float:
        return law["floor"] + law["a"] * parameters ** -law["alpha"] + law["b"] * tokens ** -law["beta"]

    size, steps = plan_run(budget, sizes, tokens_per_step, max_tokens, predicted_loss)
    return {"parameters": size, "steps": steps}


plan_run = Check(
    name="plan_run",
    week=WEEK,
    question="Which size has the smallest predicted loss within both limits, and with how many steps?",
    cases=_plan_cases,
    run=_run_plan,
)


def _finder_cases(draw: Draw) -> list[Case]:
    cases = []
    for low, high, n_steps, other in (
        (1e-4, 1e-1, 7, {}),
        (1e-3, 1.0, 5, {}),
        (1e-3, 1e-1, 2, {"seed": 0, "batch_size": 1}),
        (1e-3, 1e-1, 12, {"seq": 2, "weight_decay": 0.0}),
    ):
        inputs = {
            "weights": small_weights(draw, 9, 5, scale=2.0),
            "tokens": _text(draw, 8, 9, _lengths(draw, 8, 4, 14)),
            "settings": _settings(draw, 8, **other),
            "low": low,
            "high": high,
            "n_steps": n_steps,
        }
        shown = "".join(f", {name} {value}" for name, value in other.items())
        cases.append(Case(f"{n_steps} steps from {low:g} to {high:g}{shown}", inputs))
    return cases


def _run_finder(find_learning_rate, weights, tokens, settings, low, high, n_steps):
    model = SmallModel(weights)
    found = find_learning_rate(model, tokens, TrainingSettings(**settings), low, high, n_steps)
    rates, losses = found
    return {"rates": list(rates), "losses": list(losses), "the model's weights afterwards": model.numbers()}


find_learning_rate = Check(
    name="find_learning_rate",
    week=WEEK,
    question="What is the loss at each learning rate, and is the model as it was?",
    cases=_finder_cases,
    run=_run_finder,
)


class PrecisionModel(SmallModel):
    """A model that records the dtype of its logits, which have a factor of the case's own in bfloat16."""

    def __init__(self, weights: dict[str, Tensor], in_bfloat16: float):
        super().__init__(weights)
        self.in_bfloat16 = in_bfloat16

    def forward(self, tokens: Tensor) -> Tensor:
        """Returns the logits [batch, seq, d_vocab]."""
        logits = super().forward(tokens)
        self.calls[-1]["logits"] = str(logits.dtype).removeprefix("torch.")
        return logits * self.in_bfloat16 if logits.dtype == torch.bfloat16 else logits


def _precision_cases(draw: Draw) -> list[Case]:
    cases = []
    for max_norm in (100.0, 0.1):
        sizes = draw.sizes("batch", "seq", "d_vocab", "d_model", among=range(5, 12))
        inputs = {
            "weights": small_weights(draw, sizes.d_vocab, sizes.d_model, scale=2.0),
            "batch": draw.integers(0, sizes.d_vocab, sizes.batch, sizes.seq),
            "max_norm": max_norm,
            "in_bfloat16": _factors(draw)["in_train_mode"],
        }
        cases.append(Case(f"bfloat16 on the CPU, max_norm {max_norm}, {sizes}", inputs))
    for batch, seq, d_model in ((1, 2, 5), (3, 2, 5), (1, 4, 1)):
        inputs = {"weights": small_weights(draw, 6, d_model, scale=2.0), "max_norm": 0.2}
        inputs |= {"batch": _both_ends(draw, 6, batch, seq), "in_bfloat16": _factors(draw)["in_train_mode"]}
        label = f"batch {batch} · seq {seq} · d_vocab 6 · d_model {d_model}, with the first id and the last"
        cases.append(Case(f"bfloat16 on the CPU, max_norm 0.2, {label}", inputs))
    return cases


def _run_precision(mixed_precision_step, weights, batch, max_norm, in_bfloat16):
    """Returns what comes of the step, and the dtypes, which the numbers show as well.

    The loss and the weights have the factor of bfloat16, the logits afterwards have not; the weights are
    judged with their dtype, and torch gives a gradient the dtype of its parameter.
    """
    model = PrecisionModel(weights, in_bfloat16)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)  # as an earlier batch leaves one
    try:
        loss = mixed_precision_step(model, optimizer, batch, max_norm)
        with torch.no_grad():
            afterwards = model(batch)
    finally:
        torch.set_autocast_enabled("cpu", False)  # a solution that leaves it on would affect the next check
    return {
        "loss": loss,
        "logits computed in": model.calls[0]["logits"],
        "logits computed in afterwards": model.calls[-1]["logits"],
        "weights kept in": _dtypes(model.parameters()),
        "gradients kept in": _dtypes(each.grad for each in model.parameters() if each.grad is not None),
        "weights": model.numbers(),
        "logits of a run afterwards": afterwards,
    }


def _dtypes(tensors: Any) -> str:
    return " and ".join(sorted({str(each.dtype).removeprefix("torch.") for each in tensors})) or "none"


mixed_precision_step = Check(
    name="mixed_precision_step",
    week=WEEK,
    question="Which precision does each part of the step have, and what does the step change?",
    cases=_precision_cases,
    run=_run_precision,
)
