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
from utils.reference import ModelConfig
from utils.reference.inputs.blocks import block_weights, cut_model
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
    tokens = draw.integers(0, sizes.vocab, sizes.batch, sizes.seq)
    return {"config": asdict(config), "weights": random_weights(draw, sizes), "tokens": tokens}


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
)
"""Sizes of 1, and more than ten layers, whose numbers sort differently as text."""


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


def _foreign_hook(module, inputs, output):
    """A forward hook from elsewhere, which changes nothing."""


def _count_foreign(module: nn.Module) -> int:
    return list(module._forward_hooks.values()).count(_foreign_hook)


def _hooked_cases(draw: Draw) -> list[Case]:
    def steps(sizes: Sizes) -> list[list]:
        layer = draw.choose(range(sizes.layers))
        return [["pos_embed", "thrice"], [f"blocks.{layer}.mlp", "thrice"], [f"blocks.{layer}.mlp", "tanh"]]

    cases = []
    for accident in (False, True):
        sizes = _sizes(draw)
        ending = "an error in the with block" if accident else "all goes well"
        inputs = {**_random(draw, sizes), "steps": steps(sizes), "accident": accident}
        cases.append(Case(f"three hooks, {ending}; {_label(sizes)}", inputs))
    label, inputs, sizes = _real(draw)
    one = {**inputs, "steps": [["blocks.0.attn", "tanh"]], "accident": False}
    return [*cases, Case(f"one hook, all goes well; {label}", one)]


def _changing_hook(how: str) -> Callable[..., torch.Tensor]:
    def hook(module, inputs, output):
        return output * 3 if how == "thrice" else output.tanh()

    return hook


def _run_hooked(hooked, config, weights, tokens, steps, accident):
    model = SmallGPT2(config, weights)
    first = model.get_submodule(steps[0][0])
    first.register_forward_hook(_foreign_hook)
    before = _count_hooks(model)
    inside, ending = None, "no error"
    hooks = [(model.get_submodule(name), _changing_hook(how)) for name, how in steps]
    try:
        with hooked(hooks):
            inside = model(tokens)
            if accident:
                raise _Accident
    except _Accident:
        ending = "the error reaches the caller"
    return {
        "logits inside the with block": inside,
        "an error in the with block": ending,
        "hooks of others left": _count_foreign(first),
        "own hooks left afterwards": max(_count_hooks(model) - before, 0),
        "logits afterwards": model(tokens),
    }


hooked = Check(
    name="hooked",
    week=WEEK,
    question="Do the hooks act inside the with block, and are they gone after it?",
    cases=_hooked_cases,
    run=_run_hooked,
)


def _cache_cases(draw: Draw) -> list[Case]:
    cases = _cases(draw, ones=_ONES)
    sizes = _sizes(draw)
    inputs = _random(draw, sizes)
    inputs["tokens"] = draw.integers(0, sizes.vocab, sizes.batch, sizes.n_ctx + 1)
    return [*cases, Case(f"prompts longer than n_ctx, so that the model raises; {_label(sizes)}", inputs)]


def _run_cache(run_with_cache, config, weights, tokens):
    model = SmallGPT2(config, weights)
    model.blocks[0].register_forward_hook(_foreign_hook)
    before, found = _count_hooks(model), {}
    try:
        logits, cache = run_with_cache(model, tokens)
        found = {"logits": logits, "cache": cache}
    except ValueError as error:
        if "n_ctx" not in str(error):
            raise
        found = {"an error in the model": "reaches the caller"}
    return found | {
        "own hooks left afterwards": max(_count_hooks(model) - before, 0),
        "hooks of others left": _count_foreign(model.blocks[0]),
    }


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
    question="What would the model say next if it stopped before its first block, and after each block?",
    cases=lambda draw: _cases(draw, ones=_ONES),
    run=lambda logit_lens, config, weights, tokens: logit_lens(SmallGPT2(config, weights), tokens),
)


def _answers(draw: Draw, sizes: Sizes) -> dict:
    """Returns random answers, with the first id and the last if there are two prompts or more."""
    answers = draw.integers(0, sizes.vocab, sizes.batch)
    if sizes.batch > 1:
        answers[0], answers[-1] = 0, sizes.vocab - 1
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
    for case in _cases(draw, lambda draw, sizes: {"layer": draw.choose(range(sizes.layers))}, _ONES[:3]):
        inputs = dict(case.inputs)
        batch, seq = inputs.pop("tokens").shape
        x = draw.normal(batch, seq, inputs["config"]["d_model"])
        cases.append(Case(case.label, {**inputs, "x": x}))
    return cases


inside_attention = Check(
    name="inside_attention",
    week=WEEK,
    question="Which pattern has each head, and what does each head write to the residual stream?",
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
    ):
        sizes = Sizes(_sizes(draw) | ones)
        place = {"layer": layer % sizes.layers, "head": head % sizes.heads}
        label = f"layer {place['layer']}, head {place['head']}, {_label(sizes)}"
        cases.append(Case(label, _random(draw, sizes) | place))
    alone = Sizes(_sizes(draw) | _ONES[2])
    cases.append(Case(f"the only head, {_label(alone)}", _random(draw, alone) | {"layer": 0, "head": 0}))
    return [
        Case(f"{by}, {case.label}", {**case.inputs, "by": by}) for case in cases for by in ("zero", "mean")
    ]


def _with_plain_run(model: SmallGPT2, tokens: torch.Tensor, logits: Any) -> dict[str, Any]:
    """Returns an intervention's logits, and those of a plain run afterwards, which should be unaffected."""
    return {"logits": logits, "logits of a plain run afterwards": model(tokens)}


def _run_ablation(ablate_head, config, weights, tokens, layer, head, by):
    model = SmallGPT2(config, weights)
    return _with_plain_run(model, tokens, ablate_head(model, tokens, layer, head, by))


ablate_head = Check(
    name="ablate_head",
    week=WEEK,
    question="What does the model say without what this head has to tell?",
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
    for batch, seq, vocab in ((1, 4, 5), (1, 1, 3), (2, 1, 6)):
        ends = torch.tensor([0, vocab - 1])[:batch], torch.tensor([vocab - 1, 0])[:batch]
        inputs = {"logits": draw.normal(batch, seq, vocab), "right": ends[0], "wrong": ends[1]}
        cases.append(Case(f"the first id and the last, batch {batch} · seq {seq} · vocab {vocab}", inputs))
    return cases


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
    ("blocks.10", 0, {"layers": 11, "seq": 3}),
    ("blocks.0", 0, {"layers": 1, "batch": 1, "seq": 1}),
)
"""Every kind of module, the first and the last position, the first, the last and the eleventh layer."""


def _run_patch(activation_patch, config, weights, clean, corrupted, name, position):
    model = SmallGPT2(config, weights)
    return _with_plain_run(model, corrupted, activation_patch(model, clean, corrupted, name, position))


activation_patch = Check(
    name="activation_patch",
    week=WEEK,
    question="What does the model say of the corrupted prompts when one vector comes from the clean ones?",
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
            {"batch": 1, "layers": 1, "heads": 1},
            {"layers": 11, "batch": 2},
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
    question="What does the model say without these heads, all of them at once?",
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


# --- Circuits -----------------------------------------------------------------------------------------------


def _circuit_sizes(draw: Draw) -> Sizes:
    return draw.sizes("read", "said", "d_model", "d_head", among=range(3, 11))


def _ov_cases(draw: Draw) -> list[Case]:
    cases = []
    for _ in range(2):
        sizes = _circuit_sizes(draw)
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
        words = draw.sizes("words", among=range(7, 14)).words
        own = torch.tensor([strengths[word % len(strengths)] for word in range(words)])
        inputs = {"circuit": draw.normal(words, words) + own.diag()}
        cases.append(Case(f"{words} words, {what}", inputs))
    words = draw.sizes("words", among=range(7, 14)).words
    circuit = draw.normal(words, words) + 4 * torch.eye(words)
    circuit[:, draw.choose(range(words))] += 20
    return [*cases, Case(f"{words} words, one of them raised whatever is read", {"circuit": circuit})]


_STRENGTHS = {
    "nothing special about their own logits": (0.0,),
    "their own logits raised a little": (1.5,),
    "their own logits raised, and every third pushed far down": (-6.0, 4.0, 4.0),
}


copying_score = Check(
    name="copying_score",
    week=WEEK,
    question="Which share of the words does the head copy?",
    cases=_copying_cases,
    run=lambda copying_score, circuit: copying_score(circuit),
)


def _qk_cases(draw: Draw) -> list[Case]:
    cases = []
    for _ in range(2):
        sizes = draw.sizes("query", "key", "d_model", "d_head", among=range(3, 11))
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
    cases = []
    for _ in range(2):
        sizes = draw.sizes("d_model", "d_head", among=range(3, 11))
        inputs = {f"W_{letter}": draw.normal(sizes.d_model, sizes.d_head) for letter in "VQK"}
        inputs["W_O"] = draw.normal(sizes.d_head, sizes.d_model)
        cases.append(Case(str(sizes), inputs))
    earlier, later, name = _real_head(draw, 0, 1), _real_head(draw, 1, 0), draw.reference.name
    inputs = {"W_V": earlier["W_V"], "W_O": earlier["W_O"], "W_Q": later["W_Q"], "W_K": later["W_K"]}
    return [*cases, Case(f"a head of {name}'s first block, read by one of its second", inputs)]


k_composition = Check(
    name="k_composition",
    week=WEEK,
    question="How strongly do the later head's keys read what the earlier head writes?",
    cases=_composition_cases,
    run=lambda k_composition, W_V, W_O, W_Q, W_K: k_composition(W_V, W_O, W_Q, W_K),
)
