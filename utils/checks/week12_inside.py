"""Week 12's checks: the inside of a small GPT-2, with random weights and with real ones."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from torch import nn

from utils.checks.engine.cases import Case, Draw, Sizes
from utils.checks.engine.check import Check
from utils.checks.engine.shape_table import shape_table_check
from utils.checks.fakes.gpt2 import SmallGPT2, random_weights
from utils.checks.measure.largest_tensor import LargestTensor
from utils.reference import ModelConfig
from utils.reference.inputs.blocks import block_weights, cut_model
from utils.reference.inputs.mlp import stream_start
from utils.reference.inputs.tokens import token_ids

WEEK = "week12_inside"
_EPS = 0.1  # large, so that an eps in the wrong place has an effect


def _sizes(draw: Draw) -> Sizes:
    """Returns the sizes of a model and of its prompts, pairwise distinct, as is d_model = heads · d_head."""
    sizes = draw.sizes("layers", "heads", "d_head", among=(2, 3, 5))
    others = draw.sizes("batch", "seq", "d_mlp", "vocab", "n_ctx", among=(4, 7, 8, 9, 11, 12, 13, 14))
    others["seq"], others["n_ctx"] = sorted((others.seq, others.n_ctx))
    return Sizes(sizes | others)


def _random(draw: Draw, sizes: Sizes) -> dict:
    d_model = sizes.heads * sizes.d_head
    config = ModelConfig(
        d_model, sizes.heads, sizes.d_head, sizes.d_mlp, sizes.layers, sizes.vocab, sizes.n_ctx, _EPS
    )
    return {
        "config": asdict(config),
        "weights": random_weights(draw, sizes),
        "tokens": _prompts(draw, sizes.vocab, sizes.batch, sizes.seq),
    }


def _prompts(draw: Draw, vocab: int, batch: int, seq: int) -> torch.Tensor:
    """Returns random prompts that hold the first id and the last; of a single token, the first."""
    tokens = draw.integers(0, vocab, batch, seq)
    tokens[-1, -1], tokens[0, 0] = vocab - 1, 0
    return tokens


def _label(sizes: Sizes) -> str:
    kept = ("layers", "heads", "d_head", "batch", "seq")
    return "random weights, " + " · ".join(f"{name} {sizes[name]}" for name in kept)


def _real(draw: Draw) -> tuple[str, dict, Sizes]:
    """Returns the label, the inputs and the sizes of a case with the reference's first two blocks on two
    prompts.
    """
    reference, ids = draw.reference, token_ids(draw.reference)
    config, weights, tokens = cut_model(reference, ids, layers=range(2), n_ctx=ids.shape[1])
    sizes = Sizes(layers=2, heads=config.n_heads, batch=len(ids), seq=ids.shape[1], vocab=config.d_vocab)
    inputs = {"config": asdict(config), "weights": weights, "tokens": tokens}
    return f"the first two blocks of {reference.name}, two prompts", inputs, sizes


_ONES = (
    {"batch": 1},
    {"seq": 1, "batch": 3},
    {"layers": 1, "heads": 1, "batch": 1, "seq": 1},
    {"layers": 11, "batch": 2, "seq": 3},
    {"layers": 1, "batch": 2},
    {"heads": 1, "batch": 2},
    {"d_head": 1, "heads": 3, "batch": 2},
    {"d_mlp": 1, "vocab": 1, "batch": 2},
    {"seq": 6, "n_ctx": 6, "batch": 1},
)
"""Sizes of 1, more than ten layers, whose numbers sort differently as text, and a prompt of n_ctx tokens."""


def _cases(
    draw: Draw,
    more: Callable[[Draw, Sizes], dict[str, Any]] = lambda draw, sizes: {},
    ones: Sequence[dict[str, int]] = (),
) -> list[Case]:
    """Returns two small models with random weights, one for each of `ones`, and one with real weights.

    Args:
        draw: The source of random numbers.
        more: Draws the other inputs.
        ones: Sizes to set in further random models.
    """
    cases = []
    for fixed in ({}, {}, *ones):
        sizes = Sizes(_sizes(draw) | fixed)
        inputs = _random(draw, sizes)
        cases.append(Case(_label(sizes), inputs | more(draw, sizes)))
    label, inputs, sizes = _real(draw)
    return [*cases, Case(label, inputs | more(draw, sizes))]


# --- Hooks --------------------------------------------------------------------------------------------------


class _Accident(Exception):
    """An error that the check raises in a `with` block."""


def _count_hooks(model: nn.Module) -> int:
    return sum(len(each._forward_hooks) + len(each._forward_pre_hooks) for each in model.modules())


class _Foreign:
    """A forward hook from elsewhere, which multiplies a module's output by a factor of the case's own."""

    def __init__(self, factor: float):
        self.factor = factor

    def __call__(self, module: nn.Module, inputs: tuple, output: torch.Tensor) -> torch.Tensor:
        return output * self.factor


def _factor(draw: Draw) -> float:
    """Returns a factor between 1.5 and 2.5, which tripling an output, once or more often, does not give."""
    return 1.5 + draw.choose(range(100)) / 100


def _hooked_cases(draw: Draw) -> list[Case]:
    """Returns cases in which the first hook's module, whose output it triples, has a hook from elsewhere."""
    cases = []
    for accident, ones in ((False, {}), (True, {}), (True, {"batch": 1, "seq": 1}), (False, {"layers": 11})):
        sizes = Sizes(_sizes(draw) | ones)
        mlp = f"blocks.{sizes.layers - 1 if ones else draw.choose(range(sizes.layers))}.mlp"
        steps = [["pos_embed", "thrice"], [mlp, "thrice"], [mlp, "tanh"]]
        cases.append(_hooked_case(draw, "three hooks", steps, sizes, accident))
    cases += [_hooked_case(draw, "no hooks", [], _sizes(draw), accident) for accident in (False, True)]
    twice = [["unembed", "thrice"], ["unembed", "thrice"]]
    cases.append(_hooked_case(draw, "the same hook twice", twice, _sizes(draw)))
    two = [["embed", "thrice"], ["ln_f", "thrice"]]
    cases.append(_hooked_case(draw, "a generator of two hooks", two, _sizes(draw), as_list=False))
    label, inputs, _ = _real(draw)
    inputs |= {"later": inputs["tokens"].flip(1), "steps": [["blocks.0.attn", "thrice"]]}
    inputs |= {"factor": _factor(draw), "accident": False, "as_list": True}
    return [*cases, Case(f"one hook, all goes well; {label}", inputs)]


def _hooked_case(
    draw: Draw,
    what: str,
    steps: list[list[str]],
    sizes: Sizes,
    accident: bool = False,
    as_list: bool = True,
) -> Case:
    inputs = {
        **_random(draw, sizes),
        "later": _prompts(draw, sizes.vocab, sizes.batch + 1, sizes.seq),
        "factor": _factor(draw),
        "steps": steps,
        "accident": accident,
        "as_list": as_list,
    }
    ending = "an error in the with block" if accident else "all goes well"
    return Case(f"{what}, {ending}; {_label(sizes)}", inputs)


def _changing_hook(how: str) -> Callable[..., torch.Tensor]:
    def hook(module, inputs, output):
        return output * 3 if how == "thrice" else output.tanh()

    return hook


def _run_hooked(hooked, config, weights, tokens, later, steps, factor, accident, as_list):
    """Returns the logits in the with block and after it.

    What is said of the error and of the hooks is for the report; saying it wrongly gains nothing, since the
    logits of the run afterwards hold it, too. Its prompts are others if the error has reached the caller,
    and every hook left behind, and the one from elsewhere, has its factor in them.
    """
    model = SmallGPT2(config, weights)
    model.get_submodule(steps[0][0] if steps else "embed").register_forward_hook(_Foreign(factor))
    hook_of = {how: _changing_hook(how) for how in ("thrice", "tanh")}
    hooks = ((model.get_submodule(name), hook_of[how]) for name, how in steps)
    before, inside, prompts, ending = _count_hooks(model), None, later, "no error"
    try:
        with hooked(list(hooks) if as_list else hooks):
            inside = model(tokens)
            if accident:
                raise _Accident
    except _Accident:
        prompts, ending = later.flip(0), "the error reaches the caller"
    return {
        "logits inside the with block": inside,
        "an error in the with block": ending,
        "own hooks left afterwards": max(_count_hooks(model) - before, 0),
        "logits of a run afterwards": model(prompts),
    }


hooked = Check(
    name="hooked",
    week=WEEK,
    question="Do the hooks act inside the with block, and are they gone after it?",
    cases=_hooked_cases,
    run=_run_hooked,
)


def _cache_cases(draw: Draw) -> list[Case]:
    cases = _cases(draw, _later, _ONES)
    for batch in (None, 1):
        sizes = Sizes(_sizes(draw) | ({"batch": batch} if batch else {}))
        inputs = _random(draw, sizes) | _later(draw, sizes)
        inputs["tokens"] = draw.integers(0, sizes.vocab, sizes.batch, sizes.n_ctx + 1)
        cases.append(Case(f"prompts longer than n_ctx, so that the model raises; {_label(sizes)}", inputs))
    return cases


def _later(draw: Draw, sizes: Sizes) -> dict:
    return {"later": draw.integers(0, sizes.vocab, sizes.batch, sizes.seq), "factor": _factor(draw)}


def _run_cache(run_with_cache, config, weights, tokens, later, factor):
    """Calls the student's function, and then the model by itself.

    A hook left behind changes none of the model's numbers, so it is counted, and found by what it does
    whatever the count says: it writes what later runs give to the cache, which is read last, and it fails
    where a module gives something other than a tensor. (One that does neither has no effect on anything.)
    """
    model = SmallGPT2(config, weights)
    model.blocks[0].register_forward_hook(_Foreign(factor))
    before, found = _count_hooks(model), {}
    try:
        logits, cache = run_with_cache(model, tokens)
        found = {"logits": logits, "cache": cache}
    except ValueError as error:
        if "n_ctx" not in str(error):
            raise
        found = {"an error in the model": "reaches the caller"}
    left = max(_count_hooks(model) - before, 0)
    found |= {"own hooks left afterwards": left, "logits of a run afterwards": model(later)}
    return found | {"what a module gives that gives two things": None if left else _pair(model, later)}


def _pair(model: SmallGPT2, tokens: torch.Tensor) -> list[torch.Tensor]:
    """Returns what the embedding gives when it gives a pair, as HF's attention does: vectors and ids."""
    model.embed.register_forward_hook(lambda module, inputs, output: (output, inputs[0]), prepend=True)
    return list(model.embed(tokens))


run_with_cache = Check(
    name="run_with_cache",
    week=WEEK,
    question="What does every module give on the way to the logits?",
    cases=_cache_cases,
    run=_run_cache,
)


# --- Reading the residual stream ----------------------------------------------------------------------------


logit_lens = Check(
    name="logit_lens",
    week=WEEK,
    question="What would the model predict if it stopped before its first block, and after each block?",
    cases=lambda draw: _cases(draw, ones=_ONES),
    run=lambda logit_lens, config, weights, tokens: logit_lens(SmallGPT2(config, weights), tokens),
)


def _answers(draw: Draw, sizes: Sizes) -> dict:
    """Returns random answers: id 0 for the first prompt, and the last id for the last, if they are two."""
    answers = draw.integers(0, sizes.vocab, sizes.batch)
    answers[-1], answers[0] = sizes.vocab - 1, 0
    return {"answers": answers}


direct_logit_attribution = Check(
    name="direct_logit_attribution",
    week=WEEK,
    question="How much does each writer add to the answer's logit at the last position?",
    cases=lambda draw: _cases(draw, _answers, _ONES),
    run=lambda direct_logit_attribution, config, weights, tokens, answers: direct_logit_attribution(
        SmallGPT2(config, weights), tokens, answers
    ),
)


# --- Heads --------------------------------------------------------------------------------------------------


def _inside_cases(draw: Draw) -> list[Case]:
    cases = []
    for case in _cases(draw, ones=_ONES):
        inputs = dict(case.inputs)
        batch, seq = inputs.pop("tokens").shape
        x = draw.normal(batch, seq, inputs["config"]["d_model"])
        for layer in sorted({0, inputs["config"]["n_layers"] - 1}):
            cases.append(Case(f"layer {layer}, {case.label}", {**inputs, "x": x, "layer": layer}))
    return cases


inside_attention = Check(
    name="inside_attention",
    week=WEEK,
    question="Which pattern does each head have, and what does it write to the residual stream?",
    cases=_inside_cases,
    run=lambda inside_attention, config, weights, layer, x: inside_attention(
        SmallGPT2(config, weights).blocks[layer].attn, x
    ),
)


def _ablation_cases(draw: Draw) -> list[Case]:
    def one_head(draw: Draw, sizes: Sizes) -> dict:
        # Never head 0 of layer 0, where counting from 1 or another axis might go unnoticed.
        return {"layer": sizes.layers - 1, "head": draw.choose(range(1, sizes.heads))}

    cases = _cases(draw, one_head)
    for layer, head, ones in (
        (0, 0, {}),
        (0, -1, {}),
        (-1, 0, {"batch": 1}),
        (1, 0, {"layers": 11, "seq": 3}),
        (10, 1, {"layers": 11}),
        (-1, -1, {"seq": 1}),
        (0, 1, {"d_head": 1, "heads": 3, "seq": 3}),
        (1, 0, {"heads": 1, "layers": 2}),
    ):
        sizes = Sizes(_sizes(draw) | ones)
        place = {"layer": layer % sizes.layers, "head": head % sizes.heads}
        label = f"layer {place['layer']}, head {place['head']}, {_label(sizes)}"
        cases.append(Case(label, _random(draw, sizes) | place))
    alone = Sizes(_sizes(draw) | _ONES[2])
    cases.append(Case(f"the only head, {_label(alone)}", _random(draw, alone) | {"layer": 0, "head": 0}))
    unsaid = Case(f"by left out, so zero, {cases[0].label}", {**cases[0].inputs, "by": None})
    return [
        Case(f"{by}, {case.label}", {**case.inputs, "by": by}) for case in cases for by in ("zero", "mean")
    ] + [unsaid]


def _with_plain_run(model: SmallGPT2, tokens: torch.Tensor, logits: Any) -> dict[str, Any]:
    """Returns an intervention's logits, and those of a plain run afterwards, which should be unaffected."""
    return {"logits": logits, "logits of a plain run afterwards": model(tokens)}


def _run_ablation(ablate_head, config, weights, tokens, layer, head, by):
    model = SmallGPT2(config, weights)
    how = [] if by is None else [by]
    return _with_plain_run(model, tokens, ablate_head(model, tokens, layer, head, *how))


ablate_head = Check(
    name="ablate_head",
    week=WEEK,
    question="Which logits does the model give with this head ablated?",
    cases=_ablation_cases,
    run=_run_ablation,
)


def _difference_cases(draw: Draw) -> list[Case]:
    cases = []
    for _ in range(3):
        sizes = draw.sizes("batch", "seq", "vocab", among=range(3, 10))
        order = [torch.tensor(draw.choose(_pairs(sizes.vocab))) for _ in range(sizes.batch)]
        right, wrong = torch.stack(order).unbind(dim=1)
        inputs = {"logits": draw.normal(sizes.batch, sizes.seq, sizes.vocab), "right": right, "wrong": wrong}
        cases.append(Case(str(sizes), inputs))
    for batch, seq, vocab in ((1, 4, 5), (1, 1, 3), (2, 1, 6), (2, 3, 2), (1, 3, 2)):
        ends = torch.tensor([0, vocab - 1])[:batch], torch.tensor([vocab - 1, 0])[:batch]
        inputs = {"logits": draw.normal(batch, seq, vocab), "right": ends[0], "wrong": ends[1]}
        cases.append(Case(f"the first id and the last, batch {batch} · seq {seq} · vocab {vocab}", inputs))
    # The same pair for every prompt, as in the notebook; one prompt's two logits are equal.
    same = {"logits": draw.normal(3, 4, 5), "right": torch.full((3,), 4), "wrong": torch.zeros(3).long()}
    same["logits"][1, -1] = 0.0
    return [*cases, Case("the last id against id 0 in 3 prompts, of which one is undecided", same)]


def _pairs(vocab: int) -> list[tuple[int, int]]:
    return [(one, other) for one in range(vocab) for other in range(vocab) if one != other]


logit_difference = Check(
    name="logit_difference",
    week=WEEK,
    question="By how much does the right answer's logit exceed the wrong one's at the last position?",
    cases=_difference_cases,
    run=lambda logit_difference, logits, right, wrong: logit_difference(logits, right, wrong),
)


def _patch_cases(draw: Draw) -> list[Case]:
    def patch(draw: Draw, sizes: Sizes, where: str) -> dict:
        layer = draw.choose(range(sizes.layers - 1))
        return {
            "corrupted": draw.integers(0, sizes.vocab, sizes.batch, sizes.seq),
            "name": f"blocks.{layer}{where}",
            "position": draw.choose(range(1, sizes.seq - 1)),
        }

    cases = []
    for where in ("", ".attn"):
        for case in _cases(draw, partial(patch, where=where)):
            inputs = dict(case.inputs)
            inputs["clean"] = inputs.pop("tokens")
            place = f"{inputs['name']} at position {inputs['position']}"
            cases.append(Case(f"{place}, {case.label}", inputs))
    for name, position, ones in _PATCHES:
        sizes = Sizes(_sizes(draw) | ones)
        inputs = _random(draw, sizes)
        inputs |= {"clean": inputs.pop("tokens"), "name": name, "position": position % sizes.seq}
        inputs["corrupted"] = draw.integers(0, sizes.vocab, sizes.batch, sizes.seq)
        cases.append(Case(f"{name} at position {inputs['position']}, {_label(sizes)}", inputs))
    return cases


_PATCHES = (
    *((name, position, {}) for name in ("embed", "pos_embed", "ln_f", "unembed") for position in (0, -1)),
    *((f"blocks.0.{half}", 0, {"batch": 1}) for half in ("ln_1", "attn", "ln_2", "mlp")),
    *((f"blocks.1{half}", -1, {"layers": 2}) for half in ("", ".attn", ".mlp")),
    ("blocks.1.ln_1", 0, {"layers": 2}),
    ("blocks.1.ln_2", -1, {"layers": 2}),
    ("blocks.10", 0, {"layers": 11, "seq": 3}),
    ("blocks.1", 0, {"layers": 11, "seq": 3}),
    ("blocks.10.mlp", -1, {"layers": 11, "seq": 3}),
    ("blocks.0", 0, {"layers": 1, "batch": 1, "seq": 1}),
    ("blocks.0.attn", 0, {"batch": 3, "seq": 1}),
    ("unembed", 0, {"d_mlp": 1, "vocab": 1}),
)
"""Every kind of module, the first and the last position, the first, the last and the eleventh layer, one of
everything, and a name that another one begins with, "blocks.1" and "blocks.10", or ends with, "embed"."""


def _run_patch(activation_patch, config, weights, clean, corrupted, name, position):
    model = SmallGPT2(config, weights)
    return _with_plain_run(model, corrupted, activation_patch(model, clean, corrupted, name, position))


activation_patch = Check(
    name="activation_patch",
    week=WEEK,
    question="Which logits does the model give on the corrupted prompts with one vector from the clean ones?",
    cases=_patch_cases,
    run=_run_patch,
)


def _repeated(draw: Draw, sizes: Sizes) -> dict:
    """Returns tokens with an opening and then a piece that is repeated, three times or cut off after the
    second.
    """
    start = sizes.get("start", draw.choose((1, 2)))
    period = (sizes.seq - start) // 2
    piece = draw.integers(0, sizes.vocab, sizes.batch, period).repeat(1, 3)
    opening = draw.integers(0, sizes.vocab, sizes.batch, start)
    tokens = torch.cat([opening, piece], dim=1)[:, : sizes.seq]
    return {"tokens": tokens, "start": start, "period": period}


head_zoo = Check(
    name="head_zoo",
    week=WEEK,
    question="How much is each head a previous-token head, a first-token head, an induction head?",
    cases=lambda draw: _cases(
        draw,
        _repeated,
        (
            {"start": 0},
            {"start": 0, "batch": 1},
            {"batch": 1, "layers": 1, "heads": 1, "seq": 6},
            {"layers": 11, "batch": 2, "seq": 6},
            {"layers": 1, "batch": 2, "seq": 6},
            {"heads": 1, "batch": 2, "seq": 6},
            {"d_head": 1, "heads": 3, "batch": 2, "seq": 6},
            {"start": 0, "seq": 4, "batch": 2},
            {"start": 1, "seq": 4, "batch": 2},  # period 1
            {"start": 1, "seq": 6, "n_ctx": 6, "batch": 2},
        ),
    ),
    run=lambda head_zoo, config, weights, tokens, start, period: head_zoo(
        SmallGPT2(config, weights), tokens, start, period
    ),
)


def _knock_out_cases(draw: Draw) -> list[Case]:
    def several(draw: Draw, sizes: Sizes) -> dict:
        last = sizes.layers - 1
        return {"heads": [[0, 1], [last, 0], [last, 1]]}

    alone = _cases(draw, lambda draw, sizes: {"heads": [[1, 0]]})[0]
    cases = _cases(draw, several)
    none = Case(f"no head at all, {cases[0].label}", {**cases[0].inputs, "heads": []})
    cases += [Case(f"one head, {alone.label}", alone.inputs), none]
    for heads, ones in (
        ([[0, 0]], {}),
        ([[0, 0]], {"layers": 1, "heads": 1, "batch": 1, "seq": 1}),
        ([[0, 0], [0, 1], [1, 0]], {"layers": 2, "batch": 1}),
        ([[10, 1], [2, 0], [0, 0]], {"layers": 11, "seq": 3}),
        ([[1, 2]], {"layers": 2, "heads": 3, "seq": 1}),
        ([[layer, head] for layer in (0, 1) for head in (0, 1)], {"layers": 2, "heads": 2}),
        ([[1, 0]], {"layers": 2, "heads": 1, "d_head": 3, "batch": 1}),
    ):
        sizes = Sizes(_sizes(draw) | ones)
        cases.append(Case(f"heads {heads}, {_label(sizes)}", _random(draw, sizes) | {"heads": heads}))
    return cases


def _run_knock_out(knock_out, config, weights, tokens, heads):
    model = SmallGPT2(config, weights)
    return _with_plain_run(model, tokens, knock_out(model, tokens, [tuple(head) for head in heads]))


knock_out = Check(
    name="knock_out",
    week=WEEK,
    question="Which logits does the model give with all of these heads ablated?",
    cases=_knock_out_cases,
    run=_run_knock_out,
)

shape_table = shape_table_check(
    WEEK,
    {
        "attn_out": "the cache's entry for the attention of the first block",
        "stream": "the residual stream before the first block and after every block",
        "lens": "what logit_lens gives",
        "answers": "the answers' ids, one for each prompt",
        "term": "one writer's term in direct_logit_attribution",
        "pattern": "the patterns of all heads of one block",
        "written": "what each head of one block writes to the residual stream",
        "difference": "what logit_difference gives",
        "patching_map": "one number for every block and position",
        "zoo_score": "one score for every head of the model, by layer and head",
    },
)


# --- Heads, by what they add to the answer ------------------------------------------------------------------


def _rivals(draw: Draw, sizes: Sizes) -> dict:
    """Returns a right and a wrong answer for each prompt: id 0 and the last id are each right once and wrong
    once, if there are two prompts.
    """
    last = sizes.vocab - 1
    right = draw.integers(0, sizes.vocab, sizes.batch)
    wrong = (right + draw.integers(1, max(sizes.vocab, 2), sizes.batch)) % sizes.vocab
    right[-1], wrong[-1] = last, 0
    right[0], wrong[0] = 0, last
    return {"right": right, "wrong": wrong}


head_attribution = Check(
    name="head_attribution",
    week=WEEK,
    question="How much does each head by itself add to the lead of the right answer at the last position?",
    cases=lambda draw: _cases(draw, _rivals, _ONES),
    run=lambda head_attribution, config, weights, tokens, right, wrong: head_attribution(
        SmallGPT2(config, weights), tokens, right, wrong
    ),
)


# --- Circuits -----------------------------------------------------------------------------------------------


def _ov_cases(draw: Draw) -> list[Case]:
    names = ("read", "said", "d_model", "d_head")
    drawn = [draw.sizes(*names, among=range(3, 11)) for _ in range(2)]
    cases = []
    for sizes in (*drawn, *draw.sizes_with_one(*names, among=range(3, 11))):
        inputs = {
            "read": draw.normal(sizes.read, sizes.d_model),
            "said": draw.normal(sizes.said, sizes.d_model),
            "W_V": draw.normal(sizes.d_model, sizes.d_head, scale=sizes.d_model**-0.5),
            "W_O": draw.normal(sizes.d_head, sizes.d_model, scale=sizes.d_head**-0.5),
        }
        cases.append(Case(str(sizes), inputs))
    words, head, name = _real_words(draw), _real_head(draw, 1, 0), draw.reference.name
    inputs = {"read": words[:7], "said": words[4:], "W_V": head["W_V"], "W_O": head["W_O"]}
    return [*cases, Case(f"a head of {name}'s second block, words of two prompts", inputs)]


def _real_words(draw: Draw) -> torch.Tensor:
    """Returns the reference's vectors of the words of two prompts."""
    ids = token_ids(draw.reference).unique()
    return draw.reference.state_dict["transformer.wte.weight"][ids].float()


def _real_head(draw: Draw, layer: int, head: int) -> dict[str, torch.Tensor]:
    attn = block_weights(draw.reference, layer)["attn"]
    return {name: value[head] for name, value in attn.items() if name.startswith("W_")}


ov_circuit = Check(
    name="ov_circuit",
    week=WEEK,
    question="If the head reads this word, how much does it raise the logit of each word?",
    cases=_ov_cases,
    run=lambda ov_circuit, read, W_V, W_O, said: ov_circuit(read, W_V, W_O, said),
)


def _copying_cases(draw: Draw) -> list[Case]:
    cases = []
    for what, strengths in _STRENGTHS.items():
        for at_once, k in ((3, 2), (5, 1)):
            sizes = draw.sizes("words", "d_model", "d_head", among=(4, 7, 8, 9, 10, 11, 13, 14))
            sizes = Sizes(zip(sizes, sorted(sizes.values(), reverse=True), strict=True))
            cases.append(_copying_case(draw, what, sizes, strengths, k, at_once))
    mixed = _STRENGTHS["their own logits raised, and every third pushed far down"]
    for words, k, at_once in _CHUNKS:
        sizes = Sizes(words=words, d_model=6, d_head=4)
        cases.append(_copying_case(draw, "their own logits raised, some of them", sizes, mixed, k, at_once))
    for copied in ([], [0], [7], [0, 1, 2, 3, 4, 5, 6, 7]):
        said = f"only the words {copied} copied" if copied else "none copied"
        strengths = tuple(30.0 if word in copied else -30.0 for word in range(8))
        sizes = Sizes(words=8, d_model=5, d_head=7)
        cases.append(_copying_case(draw, said, sizes, strengths, 1, 3))
    for ones in draw.sizes_with_one("words", "d_model", "d_head", among=range(5, 11)):
        k = min(2, ones.words)
        cases.append(_copying_case(draw, "nothing special about their own logits", ones, (0.0,), k, 3))
    below = _copying_inputs(draw, Sizes(words=9, d_model=7, d_head=3), (0.5, -0.5), 2, 4, common=-9.0)
    cases.append(Case("9 words, whatever is read pushes all logits down", below))
    unsaid = Case(f"at_once left out, {cases[0].label}", {**cases[0].inputs, "at_once": None})
    vectors, head, name = _real_words(draw), _real_head(draw, 1, 0), draw.reference.name
    inputs = {"read": vectors, "W_V": head["W_V"], "W_O": head["W_O"], "said": vectors, "k": 5, "at_once": 4}
    return [*cases, unsaid, Case(f"a head of {name}'s second block, words of two prompts", inputs)]


_STRENGTHS = {
    "nothing special about their own logits": (0.0,),
    "their own logits raised a little": (1.5,),
    "their own logits raised, and every third pushed far down": (-6.0, 4.0, 4.0),
}
_CHUNKS = ((9, 1, 3), (10, 2, 10), (11, 3, 12), (12, 12, 5), (13, 4, 1), (10, 1, 9), (11, 10, 5))
"""Numbers of words, k and at_once: chunks that leave no rest, one chunk, chunks of one word, a rest of one;
every place counted, and all places but the last.
"""


def _copying_case(
    draw: Draw, what: str, sizes: Sizes, strengths: Sequence[float], k: int, at_once: int
) -> Case:
    label = f"{what}, {sizes}, k {k}, {at_once} at once"
    return Case(label, _copying_inputs(draw, sizes, strengths, k, at_once))


def _copying_inputs(
    draw: Draw, sizes: Sizes, strengths: Sequence[float], k: int, at_once: int, common: float = 0.0
) -> dict[str, Any]:
    """Returns words of which each is raised by what is written of it, by the `strengths` in turn; and all of
    them alike by `common`, whatever is read.
    """
    read = draw.normal(sizes.words, sizes.d_model) + 2
    W_V = draw.normal(sizes.d_model, sizes.d_head, scale=sizes.d_model**-0.5)
    W_O = draw.normal(sizes.d_head, sizes.d_model, scale=sizes.d_head**-0.5)
    directions = nn.functional.normalize(torch.linalg.multi_dot([read, W_V, W_O]), dim=1)
    own = torch.tensor([strengths[word % len(strengths)] for word in range(sizes.words)])
    said = draw.normal(sizes.words, sizes.d_model) + own[:, None] * directions
    said += common * directions.mean(dim=0)
    return {"read": read, "W_V": W_V, "W_O": W_O, "said": said, "k": k, "at_once": at_once}


WITHIN = "at most at_once · words, or as many as the largest input"
"""What a right solution's largest tensor holds."""


def _run_copying(copying_score, read, W_V, W_O, said, k, at_once):
    # Besides what the text allows: what is read in d_head numbers, and W_V · W_O.
    limit = max((at_once or len(read)) * len(read), len(read) * max(W_V.shape), len(W_V) * max(W_V.shape))
    with LargestTensor() as largest:
        score = copying_score(read, W_V, W_O, said, k, *([] if at_once is None else [at_once]))
    held = WITHIN if largest.numbers <= limit else "more than that"
    return {"score": score, "numbers in the largest tensor": held}


copying_score = Check(
    name="copying_score",
    week=WEEK,
    question="Which fraction of the words does the head copy, with few rows of its circuit at a time?",
    cases=_copying_cases,
    run=_run_copying,
)


def _qk_cases(draw: Draw) -> list[Case]:
    names = ("query", "key", "d_model", "d_head")
    drawn = [draw.sizes(*names, among=range(3, 11)) for _ in range(2)]
    cases = []
    for sizes in (*drawn, *draw.sizes_with_one(*names, among=range(3, 11))):
        inputs = {
            "query": draw.normal(sizes.query, sizes.d_model),
            "key": draw.normal(sizes.key, sizes.d_model),
            "W_Q": draw.normal(sizes.d_model, sizes.d_head),
            "W_K": draw.normal(sizes.d_model, sizes.d_head),
        }
        cases.append(Case(str(sizes), inputs))
    words, head, name = _real_words(draw), _real_head(draw, 0, 0), draw.reference.name
    inputs = {"query": words[:7], "key": words[4:], "W_Q": head["W_Q"], "W_K": head["W_K"]}
    return [*cases, Case(f"a head of {name}'s first block, words of two prompts", inputs)]


qk_circuit = Check(
    name="qk_circuit",
    week=WEEK,
    question="Which score does each word, as a query, give to each word, as a key?",
    cases=_qk_cases,
    run=lambda qk_circuit, query, W_Q, W_K, key: qk_circuit(query, W_Q, W_K, key),
)


def _composition_cases(draw: Draw) -> list[Case]:
    names = ("d_model", "d_head")
    drawn = [draw.sizes(*names, among=range(3, 11)) for _ in range(2)]
    cases = []
    for sizes in (*drawn, *draw.sizes_with_one(*names, among=range(3, 11))):
        inputs = {f"W_{letter}": draw.normal(sizes.d_model, sizes.d_head) for letter in "VQK"}
        inputs["W_O"] = draw.normal(sizes.d_head, sizes.d_model)
        cases.append(Case(str(sizes), inputs))
    earlier, later, name = _real_head(draw, 0, 1), _real_head(draw, 1, 0), draw.reference.name
    inputs = {"W_V": earlier["W_V"], "W_O": earlier["W_O"], "W_Q": later["W_Q"], "W_K": later["W_K"]}
    return [
        *cases,
        Case("the keys read nothing of what is written, d_model 6 · d_head 2", _deaf_keys(draw)),
        Case(f"a head of {name}'s first block, read by one of its second", inputs),
    ]


def _deaf_keys(draw: Draw) -> dict[str, torch.Tensor]:
    """Returns two heads: the first writes to one half of d_model, the second reads the other."""
    inputs = {f"W_{letter}": draw.normal(6, 2) for letter in "VQK"} | {"W_O": draw.normal(2, 6)}
    inputs["W_O"][:, 3:] = 0.0
    inputs["W_K"][:3] = 0.0
    return inputs


k_composition = Check(
    name="k_composition",
    week=WEEK,
    question="How strongly do the later head's keys read what the earlier head writes?",
    cases=_composition_cases,
    run=lambda k_composition, W_V, W_O, W_Q, W_K: k_composition(W_V, W_O, W_Q, W_K),
)


def _z_cases(draw: Draw) -> list[Case]:
    cases = []
    for draws, fixed in (
        (6, {}),
        (11, {}),
        (3, {}),
        (9, {"d_head": 1}),
        (7, {"d_model": 2}),
        (5, {"d_head": 9}),
    ):
        sizes = Sizes(draw.sizes("d_model", "d_head", among=(3, 4, 5, 7, 8)) | fixed)
        cases.append(Case(f"{draws} rotations, {sizes}", _two_heads(draw, sizes, draws)))
    deaf = _two_heads(draw, Sizes(d_model=6, d_head=2), 8)
    deaf["OV"][:, 3:] = 0.0
    for name in ("later_QK", "later_OV"):
        deaf[name][:3] = 0.0
    cases.append(Case("8 rotations, queries and values read nothing of what is written", deaf))
    copies = _two_heads(draw, Sizes(d_model=7, d_head=2), 10)
    copies["later_QK"] = copies["OV"].clone()
    copies["later_OV"] = copies["OV"].mT.clone()
    cases.append(Case("10 rotations, keys and values read all that is written", copies))
    earlier, later, name = _real_head(draw, 0, 1), _real_head(draw, 1, 0), draw.reference.name
    inputs = {
        "OV": earlier["W_V"] @ earlier["W_O"],
        "later_QK": later["W_Q"] @ later["W_K"].mT,
        "later_OV": later["W_V"] @ later["W_O"],
        "rotations": _rotations(draw, 3, len(earlier["W_V"])),
    }
    return [*cases, Case(f"3 rotations, a head of {name}'s first block, and one of its second", inputs)]


def _two_heads(draw: Draw, sizes: Sizes, draws: int) -> dict[str, torch.Tensor]:
    wide, narrow = (sizes.d_model, sizes.d_head), (sizes.d_head, sizes.d_model)
    matrices = {name: draw.normal(*wide) @ draw.normal(*narrow) for name in ("OV", "later_QK", "later_OV")}
    return {**matrices, "rotations": _rotations(draw, draws, sizes.d_model)}


def _rotations(draw: Draw, draws: int, d_model: int) -> torch.Tensor:
    return torch.linalg.qr(draw.normal(draws, d_model, d_model)).Q


composition_z_scores = Check(
    name="composition_z_scores",
    week=WEEK,
    question="By how many standard deviations are the three compositions of two heads above chance?",
    cases=_z_cases,
    run=lambda composition_z_scores, OV, later_QK, later_OV, rotations: composition_z_scores(
        OV, later_QK, later_OV, rotations
    ),
)


# --- Directions ---------------------------------------------------------------------------------------------


def _both_groups(draw: Draw, count: int) -> torch.Tensor:
    """Returns random labels, True for at least one example and False for at least one."""
    labels = draw.booleans(count)
    one, other = draw.order(count)[:2]
    labels[one], labels[other] = True, False
    return labels


def _mean_cases(draw: Draw) -> list[Case]:
    cases = []
    for leading in ((), ("depth",), ("depth", "opening")):
        names = (*leading, "example", "d_model")
        drawn = draw.sizes_with_one(*names, among=range(3, 10))[:-1]  # one example is not two groups
        for sizes in (draw.sizes(*names, among=range(3, 10)), *drawn):
            sizes = Sizes(sizes | {"example": max(sizes.example, 2)})
            activations = 2 * draw.normal(*sizes.values()) + draw.normal(sizes.d_model)
            inputs = {"activations": activations, "labels": _both_groups(draw, sizes.example)}
            cases.append(Case(str(sizes), inputs))
    for alone in (True, False):
        labels = torch.full((5,), not alone)
        labels[draw.choose(range(5))] = alone
        cases.append(
            Case(
                f"one of 5 examples is {alone}",
                {"activations": draw.normal(2, 5, 3), "labels": labels},
            )
        )
    stream = stream_start(draw.reference)
    inputs = {"activations": stream, "labels": _both_groups(draw, stream.shape[1])}
    return [*cases, Case(f"the start of {draw.reference.name}'s stream, two prompts", inputs)]


difference_of_means = Check(
    name="difference_of_means",
    week=WEEK,
    question="How does the mean of the examples with the label True differ from that of the others?",
    cases=_mean_cases,
    run=lambda difference_of_means, activations, labels: difference_of_means(activations, labels),
)


def _probe_cases(draw: Draw) -> list[Case]:
    cases = []
    for steps, lr, sizes in (
        (1, 0.5, {}),
        (2, 0.7, {}),
        (30, 0.3, {}),
        (60, 0.05, {"example": 11, "d_model": 3}),
        (0, 0.5, {}),
        (3, 1.0, {"d_model": 1}),
        (3, 0.4, {"example": 1}),
        (4, 0.2, {"example": 1, "d_model": 1}),
        (5, 0.5, {"example": 3, "d_model": 12}),
    ):
        drawn = Sizes(draw.sizes("example", "d_model", among=range(4, 12)) | sizes)
        cases.append(_probe_case(draw, drawn, steps, lr, draw.booleans(drawn.example, share=0.4)))
    for label in (True, False):
        drawn = draw.sizes("example", "d_model", among=range(4, 12))
        cases.append(_probe_case(draw, drawn, 3, 0.5, torch.full((drawn.example,), label), f"all {label}, "))
    words = 2 * nn.functional.normalize(_real_words(draw), dim=-1)  # longer ones need smaller steps
    inputs = {"activations": words, "labels": _both_groups(draw, len(words)), "steps": 10, "lr": 0.5}
    return [*cases, Case(f"10 steps on {draw.reference.name}'s words, at length 2", inputs)]


def _probe_case(
    draw: Draw, sizes: Sizes, steps: int, lr: float, labels: torch.Tensor, what: str = ""
) -> Case:
    activations = draw.normal(sizes.example, sizes.d_model) + 0.5 * draw.normal(sizes.d_model)
    inputs = {"activations": activations, "labels": labels, "steps": steps, "lr": lr}
    return Case(f"{what}{sizes} · steps {steps} · lr {lr}", inputs)


linear_probe = Check(
    name="linear_probe",
    week=WEEK,
    question="Which w and b does gradient descent reach on the probe's mean cross-entropy?",
    cases=_probe_cases,
    run=lambda linear_probe, activations, labels, steps, lr: linear_probe(activations, labels, steps, lr),
)


def _steer_cases(draw: Draw) -> list[Case]:
    def along(draw: Draw, sizes: Sizes) -> dict:
        return {
            "name": f"blocks.{draw.choose(range(sizes.layers))}",
            "position": draw.choose(range(1, sizes.seq - 1)),
            "coefficient": draw.choose((0.5, 1.5, 2.5)),  # those below 0 are among _STEERED
        }

    cases = _cases(draw, along)
    for name, position, coefficient, ones in _STEERED:
        sizes = Sizes(_sizes(draw) | ones)
        inputs = _random(draw, sizes)
        inputs |= {"name": name, "position": position % sizes.seq, "coefficient": coefficient}
        cases.append(Case(_label(sizes), inputs))
    for case in cases:
        case.inputs["direction"] = draw.normal(case.inputs["config"]["d_model"], scale=2.0)
    return [
        Case(f"{each['coefficient']} · direction, {each['name']}, position {each['position']}, {label}", each)
        for label, each in ((case.label, case.inputs) for case in cases)
    ]


_STEERED: tuple[tuple[str, int, float, dict[str, int]], ...] = (
    ("embed", 0, 1.0, {}),
    ("pos_embed", -1, 1.5, {}),
    ("ln_f", -1, -1.0, {}),
    ("blocks.0", 0, 0.0, {"batch": 1}),
    ("blocks.1", -1, -2.0, {"layers": 2}),
    ("blocks.0.attn", 1, 1.0, {"batch": 1}),
    ("blocks.1.mlp", 0, 3.0, {"layers": 2, "batch": 3}),
    ("blocks.10", 1, 2.0, {"layers": 11, "seq": 3}),
    ("blocks.1", 1, 2.0, {"layers": 11, "seq": 3}),
    ("blocks.0", 0, 2.0, {"layers": 1, "batch": 1, "seq": 1}),
    ("blocks.0.mlp", 0, -1.0, {"seq": 1, "batch": 3}),
    ("blocks.0", -1, 2.0, {"d_mlp": 1, "vocab": 1, "batch": 2}),
)
"""The name, the position, the coefficient and sizes: the first and the last of each, a coefficient of 0."""


def _run_steer(steer, config, weights, tokens, name, position, direction, coefficient):
    model = SmallGPT2(config, weights)
    logits = steer(model, tokens, name, position, direction, coefficient)
    return _with_plain_run(model, tokens, logits)


steer = Check(
    name="steer",
    week=WEEK,
    question="Which logits does the model give when the direction is added to this output at this position?",
    cases=_steer_cases,
    run=_run_steer,
    changes_inputs="wrong",
)


# --- Neurons and features -----------------------------------------------------------------------------------


def _neuron_cases(draw: Draw) -> list[Case]:
    def some(draw: Draw, sizes: Sizes) -> dict:
        last = sizes.get("d_mlp", 12) - 1
        return {"layer": sizes.layers - 1, "neurons": torch.tensor([last, 0, draw.choose(range(1, last))])}

    cases = _cases(draw, some)
    for layer, neurons, ones in (
        (0, [0], {}),
        (0, [-1], {"batch": 1}),
        (1, [1, 0], {"layers": 11, "seq": 3}),
        (10, [2], {"layers": 11, "seq": 3}),
        (0, [1, 3, 2], {"layers": 1, "seq": 1}),
        (0, [0], {"layers": 1, "heads": 1, "batch": 1, "seq": 1}),
        (1, [0], {"d_mlp": 1, "vocab": 1, "batch": 2}),
        (0, [2, 2], {"heads": 1, "batch": 2}),
    ):
        sizes = Sizes(_sizes(draw) | ones)
        chosen = torch.tensor([neuron % sizes.d_mlp for neuron in neurons])
        inputs = _random(draw, sizes) | {"layer": layer, "neurons": chosen}
        cases.append(Case(f"layer {layer}, neurons {chosen.tolist()}, {_label(sizes)}", inputs))
    return cases


keys_and_values = Check(
    name="keys_and_values",
    week=WEEK,
    question="How active are these neurons, and what does an activation of 1 add to every token's logit?",
    cases=_neuron_cases,
    run=lambda keys_and_values, config, weights, tokens, layer, neurons: keys_and_values(
        SmallGPT2(config, weights), tokens, layer, neurons
    ),
)


def _superposition_cases(draw: Draw) -> list[Case]:
    names = ("batch", "feature", "hidden")
    drawn = [draw.sizes(*names, among=range(2, 9)) for _ in range(2)]
    cases = []
    for sizes in (*drawn, *draw.sizes_with_one(*names, among=range(2, 9))):
        x = draw.normal(sizes.batch, sizes.feature).abs() * draw.booleans(sizes.batch, sizes.feature)
        inputs = {
            "x": x,
            "W": draw.normal(sizes.hidden, sizes.feature),
            "b": draw.normal(sizes.feature, scale=0.5),
            "importance": 0.2 + draw.normal(sizes.feature).abs(),
        }
        cases.append(Case(str(sizes), inputs))
    square = {"x": draw.normal(4, 3).abs(), "W": torch.eye(3), "b": torch.zeros(3)}
    return [
        *cases,
        Case("W the identity, so that all comes back", square | {"importance": torch.arange(1.0, 4.0)}),
        Case("no feature is active", cases[0].inputs | {"x": torch.zeros_like(cases[0].inputs["x"])}),
        Case("every sum is below 0", cases[1].inputs | {"b": torch.full_like(cases[1].inputs["b"], -99.0)}),
    ]


superposition_model = Check(
    name="superposition_model",
    week=WEEK,
    question="Which features come back out of the hidden numbers, and what is the loss?",
    cases=_superposition_cases,
    run=lambda superposition_model, x, W, b, importance: superposition_model(x, W, b, importance),
)
