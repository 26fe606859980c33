"""Week 8's checks: GPT-2's weights in the student's own model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from utils.checks.engine.cases import Case, Draw, Sizes
from utils.checks.engine.check import Check
from utils.checks.engine.shape_table import shape_table_check
from utils.checks.fakes.trainable_model import SmallModel, small_weights
from utils.checks.fakes.weight_file import WeightFile
from utils.checks.inputs.hf_weights import cut_of, published, random_config, random_state_dict
from utils.checks.inputs.texts import draw_text
from utils.checks.watch.memory import MemoryWatch
from utils.errors import CheckMisuse
from utils.reference import CONFIGS, ModelConfig, Reference
from utils.reference.inputs.tokens import token_ids

WEEK = "week08_weights"


def _sizes(config: ModelConfig) -> str:
    shown = ("n_layers", "n_heads", "d_head", "d_mlp", "d_vocab", "n_ctx")
    return " · ".join(f"{name} {getattr(config, name)}" for name in shown)


# --- name_map -----------------------------------------------------------------------------------------------


def _name_map_cases(draw: Draw) -> list[Case]:
    depths = (1, 2, draw.choose(range(3, 10)), draw.choose(range(11, 14)))
    configs = [random_config(draw, n_layers, draw.choose((2, 4, 5))) for n_layers in depths]
    cases = [Case(_sizes(config), {"config": asdict(config)}) for config in configs]
    return [*cases, Case(f"{draw.reference.name}'s own config", {"config": asdict(draw.reference.config)})]


def _run_name_map(name_map, config):
    names = name_map(ModelConfig(**config))
    if not isinstance(names, Mapping):
        raise CheckMisuse(f"Return a dict of HF's names; this is a {type(names).__name__}.")
    filled = {name: (ours,) if isinstance(ours, str) else tuple(ours) for name, ours in names.items()}
    return {"HF's names": sorted(filled), "the course's names": filled}


name_map = Check(
    name="name_map",
    week=WEEK,
    question="Which of your model's names does each of HF's names fill?",
    cases=_name_map_cases,
    run=_run_name_map,
)

# --- split_c_attn -------------------------------------------------------------------------------------------


def _split_cases(draw: Draw) -> list[Case]:
    """Returns weights and biases in GPT-2's order, and in each of the six orders of their columns."""
    cases = []
    for n_heads, d_head in ((2, 5), (5, 4), (4, 7), (1, 6), (6, 1)):
        cases += _weight_and_bias(draw, n_heads, d_head, None)
    for names in permutations(("three", "n_heads", "d_head")):
        sizes = draw.sizes("n_heads", "d_head", among=(2, 4, 5, 6))
        cases += _weight_and_bias(draw, sizes.n_heads, sizes.d_head, " ".join(names))
    reference = draw.reference
    layer, heads = draw.choose(range(reference.config.n_layers)), reference.config.n_heads
    for kind in ("weight", "bias"):
        packed = reference.state_dict[f"transformer.h.{layer}.attn.c_attn.{kind}"]
        label = f"c_attn.{kind} of {reference.name}'s layer {layer}"
        cases.append(Case(label, {"packed": packed, "n_heads": heads, "order": None}))
    return cases


def _weight_and_bias(draw: Draw, n_heads: int, d_head: int, order: str | None) -> list[Case]:
    d_model = n_heads * d_head
    shown = f"order {order or 'left out'}, n_heads {n_heads} · d_head {d_head} · d_model {d_model}"
    return [
        Case(f"a {kind}, {shown}", {"packed": draw.normal(*shape), "n_heads": n_heads, "order": order})
        for kind, shape in (("weight", (d_model, 3 * d_model)), ("bias", (3 * d_model,)))
    ]


def _run_split(split_c_attn: Any, packed: Tensor, n_heads: int, order: str | None) -> Any:
    """Calls `split_c_attn`, without the argument `order` if that is None."""
    return split_c_attn(packed, n_heads) if order is None else split_c_attn(packed, n_heads, order)


split_c_attn = Check(
    name="split_c_attn",
    week=WEEK,
    question="Which columns belong to q, which to k and which to v, head by head?",
    cases=_split_cases,
    run=_run_split,
)

# --- fix_conv1d ---------------------------------------------------------------------------------------------


def _fix_cases(draw: Draw) -> list[Case]:
    config = random_config(draw, n_layers=2, n_heads=draw.choose((2, 4, 5)))
    tensors = random_state_dict(draw, config)
    cases = [
        Case(f"{name} {tuple(tensor.shape)}, n_heads {config.n_heads}", {"name": name, "tensor": tensor})
        for name, tensor in tensors.items()
        if ".h.0." not in name
    ]
    # As wide as the residual stream, so that the shape does not reveal whether the matrix is transposed.
    square = draw.normal(config.d_model, config.d_model)
    for layer, matrix in ((0, "mlp.c_fc"), (10, "mlp.c_proj")):
        name = f"transformer.h.{layer}.{matrix}.weight"
        cases.append(Case(f"{name}, square", {"name": name, "tensor": square}))
    for case in cases:
        case.inputs["n_heads"] = config.n_heads
    return cases


fix_conv1d = Check(
    name="fix_conv1d",
    week=WEEK,
    question="Which tensor, or which three, does your model have for this one?",
    cases=_fix_cases,
    run=lambda fix_conv1d, name, tensor, n_heads: fix_conv1d(name, tensor, n_heads),
)

# --- load_gpt2 ----------------------------------------------------------------------------------------------


def _load_cases(draw: Draw) -> list[Case]:
    cases = []
    for n_layers, n_heads, dtype in (
        (2, 4, torch.float32),
        (3, 2, torch.float16),
        (1, 5, torch.float32),
        (11, 2, torch.float32),  # sorted as text, 10 comes before 2
    ):
        config = random_config(draw, n_layers, n_heads)
        tensors = {name: tensor.to(dtype) for name, tensor in random_state_dict(draw, config).items()}
        kind = str(dtype).removeprefix("torch.")
        cases.append(_load_case(draw, f"random weights in {kind}, {_sizes(config)}", config, tensors))
    config, tensors = cut_of(draw.reference, d_vocab=47, n_ctx=11)
    label = f"{draw.reference.name}'s first block, with its first tokens and positions"
    return [*cases, _load_case(draw, label, config, tensors), *_misfit_cases(draw)]


def _load_case(draw: Draw, label: str, config: ModelConfig, tensors: dict[str, Tensor]) -> Case:
    tokens = draw.integers(0, config.d_vocab, 3, config.n_ctx - 1)
    inputs = {"state_dict": tensors, "config": asdict(config), "tokens": tokens, "fault_in": None}
    return Case(label, inputs)


def _misfit_cases(draw: Draw) -> list[Case]:
    """Returns weights that do not fit the config, each in one place that the error has to name."""
    config = random_config(draw, n_layers=2, n_heads=4)
    right = random_state_dict(draw, config)
    layer = f"transformer.h.{draw.choose((0, 1))}"
    gone, mask, turned = f"{layer}.ln_2.bias", f"{layer}.attn.bias", f"{layer}.mlp.c_fc.weight"
    wide, short, untied = f"{layer}.attn.c_attn.weight", "transformer.wpe.weight", "lm_head.weight"
    n_ctx, d_model = config.n_ctx, config.d_model
    faults = {
        f"{gone} is missing": (gone, None),
        f"{mask}, a mask, is there too": (mask, torch.ones(1, 1, n_ctx, n_ctx).tril()),
        f"{turned} has its axes swapped": (turned, right[turned].T.contiguous()),
        f"{wide} is one column too wide": (wide, draw.normal(d_model, 3 * d_model + 1)),
        f"{short} has one row only": (short, right[short][:1].clone()),
        f"{untied} is not the embedding": (untied, draw.normal(config.d_vocab, d_model)),
    }
    cases = []
    for label, (name, tensor) in faults.items():
        tensors = {**right, name: tensor} if tensor is not None else {k: right[k] for k in right if k != name}
        inputs = {"state_dict": tensors, "config": asdict(config), "tokens": None, "fault_in": name}
        cases.append(Case(label, inputs))
    return cases


def _run_load(load_gpt2, state_dict, config, tokens, fault_in):
    sizes = ModelConfig(**config)
    if fault_in:
        return _error_text(lambda: load_gpt2(state_dict, sizes))
    # Loaded twice: weights that are left random differ the second time.
    once, again = (load_gpt2(given, sizes) for given in (state_dict, dict(state_dict)))
    return _model_properties(once, again, tokens, state_dict.values())


_LONGEST_MESSAGE = 4_000
"""How many characters of an error's text are sent to the judge."""


def _error_text(load: Callable[[], Any]) -> dict[str, str | None]:
    """Returns the text of the error that loading raises, for the judge to read; None if it raises none."""
    try:
        load()
    except Exception as error:
        if isinstance(error, NotImplementedError) and not error.args:
            raise
        return {"error": str(error)[:_LONGEST_MESSAGE]}
    return {"error": None}


_UNKNOWN = dict.fromkeys(
    (
        "left random",
        "weights",
        "logits",
        "mode",
        "embedding and unembedding are one tensor",
        "shares memory with the state dict",
        "every weight can learn",
    )
)
"""The properties of a loaded model, for one in which weights are left random and the rest cannot be
measured.
"""


def _model_properties(once: Any, again: Any, tokens: Tensor, given: Sequence[Tensor]) -> dict[str, Any]:
    """Returns all measured properties of a model that was loaded twice."""
    if not isinstance(once, nn.Module):
        raise CheckMisuse(f"Return the model, a GPT2; this is a {type(once).__name__}.")
    first, second = (dict(model.named_parameters(remove_duplicate=False)) for model in (once, again))
    random = sorted(name for name in first if not torch.equal(first[name], second[name]))
    if random:
        return _UNKNOWN | {"left random": random}
    with torch.no_grad():
        logits = once(tokens)
    memory = {tensor.untyped_storage().data_ptr() for tensor in given}
    ends = [first[name].data_ptr() for name in ("embed.W_E", "unembed.embed.W_E") if name in first]
    return {
        "left random": [],
        "weights": first,
        "logits": logits,
        "mode": "train" if once.training else "eval",
        "embedding and unembedding are one tensor": len(ends) == 2 and ends[0] == ends[1],
        "shares memory with the state dict": any(
            parameter.untyped_storage().data_ptr() in memory for parameter in first.values()
        ),
        "every weight can learn": all(parameter.requires_grad for parameter in first.values()),
    }


load_gpt2 = Check(
    name="load_gpt2",
    week=WEEK,
    question="Does the model hold all of these weights, each in the right parameter?",
    cases=_load_cases,
    run=_run_load,
    random_state="allowed",  # a new GPT2 draws initial weights
)

# --- logits_match -------------------------------------------------------------------------------------------


def _match_cases(draw: Draw) -> list[Case]:
    """Returns two models' logits for some prompts; the largest difference is where it is easily
    overlooked.
    """
    places = {
        "at the very first position": (0, 0, 0.8),
        "at the very last position, negative": (-1, -1, -0.9),
        "at the first position of the second prompt, negative": (1, 0, -0.7),
        "at the last position of the first prompt": (0, -1, 0.9),
        "in the middle of the last prompt, negative": (-1, 2, -1.3),
        "not a number, in the second prompt": (1, 1, float("nan")),
    }
    cases = []
    for label, (prompt, position, gap) in places.items():
        d_vocab = draw.choose(range(11, 17))
        lengths = draw.sizes("a", "b", "c", among=range(4, 10)).values()
        prompts = [draw.integers(0, d_vocab, length) for length in lengths]
        theirs = [draw.normal(length, d_vocab, scale=5.0) for length in lengths]
        ours = [each + 1e-3 * draw.normal(*each.shape) for each in theirs]
        ours[prompt][position, draw.choose(range(d_vocab))] += gap
        inputs = {"prompts": [each.tolist() for each in prompts], "ours": ours, "theirs": theirs}
        cases.append(Case(f"3 prompts; the largest difference lies {label}", inputs))
    return cases


class _Recorded(nn.Module):
    """A model with fixed logits for some prompts, returned as a tensor or in an object as HF's models do."""

    def __init__(self, prompts: Sequence[Sequence[int]], logits: Sequence[Tensor], as_hf: bool):
        super().__init__()
        self.logits = {tuple(prompt): each for prompt, each in zip(prompts, logits, strict=True)}
        self.as_hf = as_hf

    def forward(self, tokens: Tensor, **more: Any) -> Any:
        row = tuple(tokens[0].tolist()) if tokens.dim() == 2 and len(tokens) == 1 else None
        if row not in self.logits:
            shape = tuple(tokens.shape)
            raise ValueError(f"These tokens, of shape {shape}, are not one of the prompts as a batch of 1.")
        logits = self.logits[row].unsqueeze(0)
        return SimpleNamespace(logits=logits) if self.as_hf else logits


logits_match = Check(
    name="logits_match",
    week=WEEK,
    question="What is the largest difference between the two models' logits?",
    cases=_match_cases,
    run=lambda logits_match, prompts, ours, theirs: logits_match(
        _Recorded(prompts, ours, as_hf=False), _Recorded(prompts, theirs, as_hf=True), prompts
    ),
)

# --- token_losses -------------------------------------------------------------------------------------------


def _token_cases(draw: Draw) -> list[Case]:
    cases = []
    for scale in (1.0, 2.0, 40.0):
        sizes = draw.sizes("batch", "seq", "d_vocab", "d_model", among=range(3, 10))
        weights = small_weights(draw, sizes.d_vocab, sizes.d_model, scale)
        tokens = draw.integers(0, sizes.d_vocab, sizes.batch, sizes.seq)
        label = f"{'very sure of itself, ' if scale > 2 else ''}{sizes}"
        cases.append(Case(label, {"weights": weights, "tokens": tokens}))
    for batch, seq in ((1, 2), (1, 5), (3, 2)):
        d_vocab, d_model = draw.sizes("d_vocab", "d_model", among=range(6, 10)).values()
        tokens = draw.integers(0, d_vocab, batch, seq)
        tokens[0, 0], tokens[-1, -1] = d_vocab - 1, 0
        weights = small_weights(draw, d_vocab, d_model)
        label = f"batch {batch} · seq {seq}, with the first id and the last"
        cases.append(Case(label, {"weights": weights, "tokens": tokens}))
    return [*cases, _real_token_case(draw.reference)]


def _real_token_case(reference: Reference) -> Case:
    tokens = token_ids(reference)
    with torch.no_grad():
        logits = reference.model(tokens).logits
    return Case(f"two prompts, as {reference.name} continues them", {"logits": logits, "tokens": tokens})


class _Answers(nn.Module):
    """A model that returns fixed logits."""

    def __init__(self, logits: Tensor):
        super().__init__()
        self.logits = logits

    def forward(self, tokens: Tensor) -> Tensor:
        if tokens.shape != self.logits.shape[:2]:
            raise ValueError(f"Give the model the tokens as they came: shape {tuple(self.logits.shape[:2])}.")
        return self.logits


def _run_token_losses(token_losses, tokens, weights=None, logits=None):
    return token_losses(SmallModel(weights) if weights else _Answers(logits), tokens)


token_losses = Check(
    name="token_losses",
    week=WEEK,
    question="What is the loss of each token but the first?",
    cases=_token_cases,
    run=_run_token_losses,
)

# --- perplexity and bits_per_byte ---------------------------------------------------------------------------


def _some_losses(draw: Draw, lengths: Sequence[int]) -> list[Tensor]:
    """Returns losses of texts of these lengths: the longer the text, the lower the losses."""
    return [draw.normal(length).abs() * 9 / length + 0.1 for length in lengths]


def _perplexity_cases(draw: Draw) -> list[Case]:
    cases = []
    for n_texts in (1, 3, 4):
        lengths = list(draw.sizes(*"abcd"[:n_texts], among=range(2, 14)).values())
        cases.append(Case(f"texts of {lengths} tokens", {"losses": _some_losses(draw, lengths)}))
    cases.append(Case("one text with one loss", {"losses": _some_losses(draw, [1])}))
    sure = [torch.zeros(4), torch.zeros(2)]
    return [*cases, Case("a model that was certain, and right, every time", {"losses": sure})]


perplexity = Check(
    name="perplexity",
    week=WEEK,
    question="Which number of equally probable tokens would give the same mean loss?",
    cases=_perplexity_cases,
    run=lambda perplexity, losses: perplexity(losses),
)


def _bits_cases(draw: Draw) -> list[Case]:
    cases = []
    for kinds in (("prose",), ("emoji", "prose"), ("CJK", "accents", "code")):
        texts = [draw_text(draw, kind, snippets=2) for kind in kinds]
        lengths = draw.sizes(*kinds, among=range(5, 15)).values()
        label = f"{' and '.join(kinds)}, {sum(lengths)} tokens"
        cases.append(Case(label, {"losses": _some_losses(draw, list(lengths)), "texts": texts}))
    return cases


bits_per_byte = Check(
    name="bits_per_byte",
    week=WEEK,
    question="How many bits does the model need for each byte of these texts?",
    cases=_bits_cases,
    run=lambda bits_per_byte, losses, texts: bits_per_byte(losses, texts),
)

# --- context_window -----------------------------------------------------------------------------------------


def _window_cases(draw: Draw) -> list[Case]:
    cases = []
    for pieces, rest in ((4, 3), (3, 0), (1, 2), (1, 0), (2, 1), (2, -1)):
        sizes = draw.sizes("seq", "d_vocab", "d_model", among=range(5, 11))
        cases.append(_window_case(draw, sizes, sizes.seq, pieces * sizes.seq + rest))
    sizes = draw.sizes("d_vocab", "d_model", among=range(5, 11))
    return [*cases, _window_case(draw, sizes, seq=2, n_tokens=5)]


def _window_case(draw: Draw, sizes: Sizes, seq: int, n_tokens: int) -> Case:
    inputs = {
        "weights": small_weights(draw, sizes.d_vocab, sizes.d_model),
        "tokens": draw.integers(0, sizes.d_vocab, n_tokens),
        "seq": seq,
    }
    return Case(f"{n_tokens} tokens, seq {seq}, d_vocab {sizes.d_vocab}, d_model {sizes.d_model}", inputs)


context_window = Check(
    name="context_window",
    week=WEEK,
    question="What is the mean loss of a token with one token before it, two, three …?",
    cases=_window_cases,
    # A model whose n_ctx is the length of one piece.
    run=lambda context_window, weights, tokens, seq: context_window(
        SmallModel(weights, n_ctx=seq), tokens, seq
    ),
)

# --- cloze_accuracy -----------------------------------------------------------------------------------------


_QUESTIONS = (
    ((1, None), (1, 0), (2, 1), (3, None), (2, 0)),
    ((2, 1), (3, 2), (1, None), (2, None), (3, 0), (2, None), (2, 1)),
    ((1, None), (2, None), (3, None)),
    ((1, None),),
    ((1, 0),),
)
"""For each question of a case: how many tokens its answer has, and at which of them the model's choice
differs.
"""


def _cloze_cases(draw: Draw) -> list[Case]:
    cases = []
    for questions in _QUESTIONS:
        sizes = draw.sizes("d_vocab", "d_model", among=range(6, 11))
        weights = small_weights(draw, sizes.d_vocab, sizes.d_model, scale=2.0)
        prompts, answers = [], []
        for question in questions:
            prompt, answer = _question(draw, SmallModel(weights), sizes.d_vocab, *question)
            prompts.append(prompt)
            answers.append(answer)
        right = sum(wrong_at is None for _, wrong_at in questions)
        label = f"{len(prompts)} questions, {right} of them answered right; {sizes}"
        cases.append(Case(label, {"weights": weights, "prompts": prompts, "answers": answers}))
    return cases


def _question(
    draw: Draw, model: nn.Module, d_vocab: int, n_tokens: int, wrong_at: int | None
) -> tuple[list[int], list[int]]:
    """Returns a prompt of one to seven tokens and its answer.

    The tokens of a right answer are not all equal, so that repeating one prediction is wrong.
    """
    for _ in range(30):
        prompt = draw.integers(0, d_vocab, draw.choose(range(1, 8))).tolist()
        answer = _answer(model, prompt, n_tokens, wrong_at)
        if wrong_at is not None or n_tokens == 1 or len(set(answer)) > 1:
            break
    return prompt, answer


@torch.no_grad()
def _answer(model: nn.Module, prompt: list[int], n_tokens: int, wrong_at: int | None) -> list[int]:
    """Returns the model's own continuation, with another token at `wrong_at`."""
    tokens = list(prompt)
    for place in range(n_tokens):
        by_rank = model(torch.tensor([tokens]))[0, -1].argsort(descending=True)
        tokens.append(by_rank[1 if place == wrong_at else 0].item())
    return tokens[len(prompt) :]


cloze_accuracy = Check(
    name="cloze_accuracy",
    week=WEEK,
    question="In which fraction of the questions are the most probable tokens the answer, token for token?",
    cases=_cloze_cases,
    run=lambda cloze_accuracy, weights, prompts, answers: cloze_accuracy(
        SmallModel(weights), prompts, answers
    ),
)

# --- shape_table --------------------------------------------------------------------------------------------

shape_table = shape_table_check(
    WEEK,
    {
        "wte_weight": "transformer.wte.weight in HF's state dict",
        "c_attn_weight": "transformer.h.0.attn.c_attn.weight in HF's state dict",
        "c_attn_bias": "transformer.h.0.attn.c_attn.bias in HF's state dict",
        "c_fc_weight": "transformer.h.0.mlp.c_fc.weight in HF's state dict",
        "W_Q": "blocks.0.attn.W_Q, all heads",
        "b_Q": "blocks.0.attn.b_Q, all heads",
        "W_O": "blocks.0.attn.W_O, all heads",
        "W_in": "blocks.0.mlp.W_in",
        "logits": "your model's logits for the 2 prompts",
        "losses": "the result of token_losses for the 2 prompts",
    },
)

# --- stretch: hf_shapes -------------------------------------------------------------------------------------


def _shapes_cases(draw: Draw) -> list[Case]:
    depths = (1, draw.choose(range(2, 10)), draw.choose(range(11, 14)))
    configs = [random_config(draw, n_layers, draw.choose((2, 4, 5))) for n_layers in depths]
    cases = [Case(_sizes(config), {"config": asdict(config)}) for config in configs]
    published_sizes = {name: asdict(CONFIGS[name]) for name in ("gpt2-medium", "gpt2-xl")}
    return [*cases, *(Case(f"{name}'s config", {"config": sizes}) for name, sizes in published_sizes.items())]


_FEW_NUMBERS = 1_000_000
"""How many numbers may be in memory: a hundredth of the smallest published model."""


def _run_shapes(hf_shapes, config):
    with MemoryWatch() as watch:
        shapes = hf_shapes(ModelConfig(**config))
    if not isinstance(shapes, Mapping):
        raise CheckMisuse(f"Return a dict of names and shapes; this is a {type(shapes).__name__}.")
    return {
        "names": sorted(shapes),
        "shapes": {name: tuple(shape) for name, shape in shapes.items()},
        "a whole model in memory": watch.numbers > _FEW_NUMBERS,
    }


hf_shapes = Check(
    name="hf_shapes",
    week=WEEK,
    question="Which tensors does HF's state dict have for this config, and in which shapes?",
    cases=_shapes_cases,
    run=_run_shapes,
    random_state="allowed",  # a new GPT2 draws initial weights, even on the meta device
)

# --- stretch: load_from_file --------------------------------------------------------------------------------


def _file_cases(draw: Draw) -> list[Case]:
    cases = []
    for n_layers, n_heads, dtype, as_openai in (
        (2, 4, torch.float32, False),
        (3, 2, torch.float16, True),
        (2, 5, torch.float32, True),
        (1, 2, torch.float32, False),
        (11, 2, torch.float32, True),
    ):
        config = random_config(draw, n_layers, n_heads)
        kind = str(dtype).removeprefix("torch.")
        whose = "named as OpenAI's, with masks" if as_openai else "named as HF's"
        label = f"a file {whose}, in {kind}, {_sizes(config)}"
        inputs = {"tensors": _file_tensors(draw, config, dtype), "config": asdict(config)}
        tokens = draw.integers(0, config.d_vocab, 3, config.n_ctx - 1)
        more = {"as_openai": as_openai, "tokens": tokens, "fault_in": None}
        cases.append(Case(label, inputs | more))
    return [*cases, *(_incomplete_file_case(draw, layer, as_openai=layer == 1) for layer in (0, 1))]


def _incomplete_file_case(draw: Draw, layer: int, as_openai: bool) -> Case:
    """Returns a file in which one tensor is missing, which depends on the seed."""
    config = random_config(draw, 2, 4)
    tensors = _file_tensors(draw, config, torch.float32)
    missing = draw.choose(sorted(name for name in tensors if f".h.{layer}." in name))
    del tensors[missing]
    more = {"as_openai": as_openai, "tokens": None, "fault_in": missing}
    return Case(f"a file without {missing}", {"tensors": tensors, "config": asdict(config)} | more)


def _file_tensors(draw: Draw, config: ModelConfig, dtype: torch.dtype) -> dict[str, Tensor]:
    """Returns a file's tensors under HF's names: all but lm_head, which is tied."""
    tensors = random_state_dict(draw, config)
    return {name: tensor.to(dtype) for name, tensor in tensors.items() if name != "lm_head.weight"}


def _run_file(load_from_file, tensors, config, as_openai, tokens, fault_in):
    sizes = ModelConfig(**config)
    files = [WeightFile(published(tensors) if as_openai else tensors) for _ in range(2)]
    if fault_in:
        return _error_text(lambda: load_from_file(files[0], sizes))
    once, again = (load_from_file(file, sizes) for file in files)
    found = _model_properties(once, again, tokens, [])
    found.pop("shares memory with the state dict")  # each tensor that is read has its own memory
    return found | {
        "read more than once": sorted({name for name in files[0].read if files[0].read.count(name) > 1}),
        "masks read": any(name.endswith(".attn.bias") for name in files[0].read),
        "more than three tensors of the file in memory at once": files[0].most_at_once > 3,
    }


load_from_file = Check(
    name="load_from_file",
    week=WEEK,
    question="Does the model hold the file's weights, read one after the other?",
    cases=_file_cases,
    run=_run_file,
    forbidden=("safetensors.torch.load_file",),
    random_state="allowed",  # a new GPT2 may draw initial weights
)
