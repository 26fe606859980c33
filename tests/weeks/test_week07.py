"""What week 7 promises besides its checks: the machine is the model's own, and the prose's claims hold."""

import math
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nearness import assert_near
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from grader.build.parts import write_parts
from grader.build.source import read_source, weeks_with_source
from grader.notebook.cells import is_kind, plain_python
from utils.adapters.model import fill_block, fill_model
from utils.answers.gpt2_shapes import TIED, parameter_shapes
from utils.answers.judge import find_answer_key
from utils.answers.oracles.hf_model import hf_block, meta_model, run_meta_model
from utils.answers.week07_transformer._mixes import CAUSAL_KINDS, LEAKY_KINDS
from utils.checks import week07_transformer as checks
from utils.checks.fakes.parameters_only import BareModel
from utils.errors import CheckMisuse
from utils.reference import CONFIGS, ModelConfig, load
from utils.reference.inputs.blocks import block_weights, model_weights
from utils.reference.inputs.tokens import token_ids
from utils.weeks import find_week

REPOSITORY = Path(__file__).resolve().parents[2]
WEEK = find_week(7)
PUBLISHED = {
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-large": 774_030_080,
    "gpt2-xl": 1_557_611_200,
}
SMALL = ModelConfig(12, 3, 4, 20, n_layers=2, d_vocab=17, n_ctx=9, layer_norm_eps=1e-5)
GPT3 = ModelConfig(12288, 96, 128, 4 * 12288, 96, 50257, 2048, 1e-5)


@pytest.fixture(scope="module")
def notebook():
    """The names that the solution notebook defines, without its demonstrations."""
    earlier = [read_source(REPOSITORY, week) for week in weeks_with_source(REPOSITORY) if week.number < 7]
    parts = ModuleType("parts")
    exec(write_parts(WEEK, earlier), parts.__dict__)
    names = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "parts", parts)
        for cell in read_source(REPOSITORY, WEEK).notebook.cells:
            if is_kind(cell, "set-up") or is_kind(cell, "work"):
                exec(plain_python(cell), names)
    return names


@pytest.fixture(scope="module")
def real(notebook):
    """The notebook's machine with all of the reference's weights."""
    reference = load(quiet=True)
    return fill_model(notebook["GPT2"](reference.config), model_weights(reference)).eval()


# --- The model's own machine --------------------------------------------------------------------------------


def test_the_whole_machine_gives_the_models_logits(real) -> None:
    reference = load(quiet=True)
    with torch.no_grad():
        for ids in (token_ids(reference), torch.arange(reference.config.n_ctx)[None] * 7):
            assert_near(real(ids), reference.model(ids).logits)


def test_the_stream_is_the_models_after_every_block(notebook, real) -> None:
    reference = load(quiet=True)
    ids = token_ids(reference)
    with torch.no_grad():
        states = reference.model(ids, output_hidden_states=True).hidden_states
        stream = notebook["residual_stream"](real, ids)
        assert_near(stream[:-1], torch.stack(states[:-1]))
        # What HF calls the last hidden state has been through ln_f.
        assert_near(real.ln_f(stream[-1]), states[-1])


def test_weights_survive_the_way_to_our_names_and_back() -> None:
    reference = load(quiet=True)
    for layer in range(reference.config.n_layers):
        theirs = reference.model.transformer.h[layer].state_dict()
        back = hf_block(asdict(reference.config), block_weights(reference, layer)).state_dict()
        assert all(torch.equal(back[name], value) for name, value in theirs.items())


def test_the_model_refuses_one_token_too_many_and_says_how_many(notebook) -> None:
    machine = notebook["GPT2"](SMALL)
    assert machine(torch.zeros(1, 9, dtype=torch.long)).shape == (1, 9, 17)
    with pytest.raises(ValueError, match=r"\b10\b.*\b9\b"):
        machine(torch.zeros(1, 10, dtype=torch.long))


# --- Counting, for all four sizes ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_count_is_the_published_one_and_that_of_both_machines(notebook, name: str) -> None:
    with torch.device("meta"):
        own = notebook["GPT2"](CONFIGS[name])
    theirs = meta_model(asdict(CONFIGS[name]))
    counted = [sum(each.numel() for each in model.parameters()) for model in (own, theirs)]
    assert [notebook["count_parameters"](CONFIGS[name]), *counted] == [PUBLISHED[name]] * 3


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("seq", [2, 77, 1024])
def test_torch_counts_the_same_flops_in_our_own_machine(notebook, name: str, seq: int) -> None:
    """The answer key counts HF's; the exercise says "as our code does them". (For a single token
    torch's einsum makes a product that its counter does not count.)
    """
    with torch.device("meta"):
        model, tokens = notebook["GPT2"](CONFIGS[name]), torch.zeros(3, seq, dtype=torch.long)
        with FlopCounterMode(display=False) as counter:
            model(tokens)
    assert counter.get_total_flops() == 3 * seq * notebook["flops_per_token"](CONFIGS[name], seq)


def test_a_count_by_hand_through_hooks(notebook) -> None:
    """Every module's products from the shapes that go in and out, without torch's counter."""
    model, counted = notebook["GPT2"](SMALL), []

    def of_attention(module, given, output):
        batch, seq, d_model = given[0].shape
        width = module.W_Q.shape[0] * module.W_Q.shape[2]
        counted.append(2 * batch * seq * (4 * d_model * width + 2 * seq * width))

    def of_mlp(module, given, output):
        counted.append(2 * given[0].numel() * 2 * module.W_in.shape[1])

    for block in model.blocks:
        block.attn.register_forward_hook(of_attention)
        block.mlp.register_forward_hook(of_mlp)
    model.unembed.register_forward_hook(
        lambda module, given, output: counted.append(2 * output.numel() * given[0].shape[-1])
    )
    model(torch.zeros(2, 7, dtype=torch.long))
    assert sum(counted) == 14 * notebook["flops_per_token"](SMALL, 7)


@pytest.mark.parametrize("n_layers", [1, 5])
def test_what_is_right_for_many_layers_is_what_the_whole_model_gives(n_layers: int) -> None:
    config = {**asdict(SMALL), "n_layers": n_layers}
    model = meta_model(config)
    with FlopCounterMode(display=False) as counter:
        output = run_meta_model(model, 3, 7, output_attentions=True)
    flops = find_answer_key(WEEK.folder, "flops_per_token").expected(config=config, seq=7)
    assert 3 * 7 * flops == counter.get_total_flops()

    memory = find_answer_key(WEEK.folder, "memory_needed").expected(
        config=config, batch=3, seq=7, bytes_per_number=4
    )
    parameters = 4 * sum(weight.numel() for weight in model.parameters())
    assert (memory["weights"], memory["gradients"], memory["moments"]) == (
        parameters,
        parameters,
        2 * parameters,
    )
    assert memory["patterns"] == 4 * sum(each.numel() for each in output.attentions)
    assert memory["logits"] == 4 * output.logits.numel()


def test_gpt3_has_175_billion_parameters_617_million_of_them_in_its_embedding(notebook) -> None:
    assert round(notebook["count_parameters"](GPT3) / 1e9) == 175
    assert GPT3.d_vocab * GPT3.d_model == 617_558_016


def test_counting_the_tied_matrix_twice_gives_the_number_in_the_quiz() -> None:
    small = CONFIGS["gpt2"]
    assert PUBLISHED["gpt2"] + small.d_vocab * small.d_model == 163_037_184
    assert small.d_vocab * small.d_model == 38_597_376


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_square_is_the_smaller_part_within_n_ctx_and_the_larger_at_ten_times_as_much(
    notebook, name: str
) -> None:
    flops, config = notebook["flops_per_token"], CONFIGS[name]
    share = {seq: 1 - flops(config, 0) / flops(config, seq) for seq in (1024, 10_240, 102_400)}
    assert share[1024] < 0.15 < 0.5 < share[10_240] and share[102_400] > 0.9


def test_the_largest_gpt2_does_not_fit_on_a_card_of_16_gb(notebook) -> None:
    needed = notebook["memory_needed"](CONFIGS["gpt2-xl"], 1, 1)
    assert needed["weights"] == pytest.approx(6.2e9, rel=0.01)
    assert needed["weights"] + needed["gradients"] + needed["moments"] > 16e9


# --- First weights ------------------------------------------------------------------------------------------


def test_hfs_own_model_is_initialised_by_the_rule_of_the_answer_key() -> None:
    """Enough numbers of each kind that 2% are safe, five standard deviations and more."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(7)
    model = GPT2LMHeadModel(GPT2Config(n_embd=192, n_head=4, n_layer=5, vocab_size=400, n_positions=300))
    kinds = {
        "W_E": "wte",
        "W_pos": "wpe",
        "W_Q": "c_attn",
        "W_O": "attn.c_proj",
        "W_in": "c_fc",
        "W_out": "mlp.c_proj",
    }
    expected = find_answer_key(checks.WEEK, "init_weights").expected(
        config={"n_layers": 5}, seed=0, shapes={}, tied={}
    )
    for ours, theirs in kinds.items():
        weights = [each for name, each in model.named_parameters() if name.endswith(f"{theirs}.weight")]
        spread = torch.cat([each.detach().flatten() for each in weights]).std().item()
        assert spread == pytest.approx(expected[f"{ours}, standard deviation"], rel=0.02)


def test_first_weights_leave_the_global_random_numbers_alone(notebook) -> None:
    before = torch.get_rng_state()
    notebook["init_weights"](bare_model(), 3)
    assert torch.equal(before, torch.get_rng_state())


def test_first_weights_keep_the_ends_tied(notebook) -> None:
    model = notebook["init_weights"](notebook["GPT2"](SMALL), 3)
    assert model.unembed.embed.W_E is model.embed.W_E


def test_a_model_with_first_weights_is_as_surprised_as_a_blind_guess(notebook) -> None:
    config = replace(load(quiet=True).config, n_layers=2)
    model = notebook["init_weights"](notebook["GPT2"](config), 0)
    tokens = torch.arange(60).reshape(2, 30) * 701
    with torch.no_grad():
        loss = F.cross_entropy(model(tokens)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    assert loss.item() == pytest.approx(math.log(config.d_vocab), rel=0.01)


def test_a_bare_model_has_the_names_and_shapes_of_a_real_one(notebook) -> None:
    own, bare = notebook["GPT2"](SMALL), bare_model()
    shapes = [
        {name: each.shape for name, each in model.named_parameters(remove_duplicate=False)}
        for model in (own, bare)
    ]
    assert shapes[0] == shapes[1]
    assert bare.unembed.embed is bare.embed
    assert len(bare.blocks) == SMALL.n_layers


# --- Causality ----------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.integers(2, 9), st.integers(1, 3), st.integers(0, 10**6))
def test_the_machine_is_causal_with_any_weights_and_no_longer_with_a_block_that_peeks(
    notebook, seq: int, batch: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    model = notebook["GPT2"](SMALL)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(generator=generator)
        tokens = torch.stack([torch.randperm(17, generator=generator)[:seq] for _ in range(batch)])
        assert notebook["is_causal"](model, tokens)
        with notebook["peeking"](model, 0) as cheat:
            assert not notebook["is_causal"](cheat, tokens)
        assert notebook["is_causal"](model, tokens)


@pytest.mark.parametrize("seed", range(3))
def test_the_kinds_of_models_that_are_said_to_look_ahead_do_and_no_others(seed: int) -> None:
    drawn = checks.is_causal.draw_cases(seed)
    expected = find_answer_key(checks.WEEK, "is_causal").expected
    leaky = {case.label.rpartition(", batch")[0] for case in drawn if not expected(**case.inputs)}
    causal = {case.label.rpartition(", batch")[0] for case in drawn} - leaky
    assert (causal, leaky) == (set(CAUSAL_KINDS), set(LEAKY_KINDS))


def test_no_kind_of_model_is_named_where_the_students_code_runs() -> None:
    """Only numbers cross: labels and kinds would be the answer."""
    for case in checks.is_causal.draw_cases():
        assert set(case.inputs) == {"mixing", "tokens", "W_E", "W_pos"}
        assert all(isinstance(each, torch.Tensor) for each in case.inputs["mixing"].values())


# --- The three kinds of block -------------------------------------------------------------------------------


def kinds_of_block(notebook, seed: int) -> dict[str, Callable[[], nn.Module]]:
    """For each kind a maker of a model of twelve blocks with weights of order 1, as the notebook compares."""
    config = ModelConfig(32, 4, 8, 128, n_layers=12, d_vocab=40, n_ctx=16, layer_norm_eps=1e-5)

    def maker(kind):
        def make():
            model = notebook["GPT2"](config)
            model.blocks = nn.ModuleList(kind(config) for _ in range(config.n_layers))
            notebook["init_weights"](model, seed)
            for name, W in model.named_parameters():
                if ".W_" in name and "embed" not in name:
                    added_up = 32 if name.endswith("W_O") else W.shape[-2]
                    W.data *= added_up**-0.5 / W.data.std()
            return model

        return make

    names = {"pre": "TransformerBlock", "post": "PostNormBlock", "parallel": "ParallelBlock"}
    return {short: maker(notebook[name]) for short, name in names.items()}


def learned(model: nn.Module, batch: torch.Tensor) -> float:
    """The loss after thirty steps."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(30):
        optimiser.zero_grad()
        loss = F.cross_entropy(model(batch)[:, :-1].flatten(0, 1), batch[:, 1:].flatten())
        loss.backward()
        optimiser.step()
    return loss.item()


@pytest.mark.parametrize("seed", [1, 2])
def test_with_large_first_weights_post_norm_forgets_the_beginning_and_falls_behind(notebook, seed) -> None:
    batch = torch.arange(16)[:, None].add(torch.arange(16) * 3) % 40
    makers = kinds_of_block(notebook, seed)
    alike = {}
    for kind, make in makers.items():
        model = make()
        with torch.no_grad():
            model.embed.W_E /= model.embed.W_E.std()
            model.pos_embed.W_pos /= model.pos_embed.W_pos.std()
            stream = notebook["residual_stream"](model, batch)
        alike[kind] = torch.cosine_similarity(stream[-1], stream[0], dim=-1).mean().item()
    assert abs(alike["post"]) < 0.15 < 0.25 < min(alike["pre"], alike["parallel"])
    losses = {kind: learned(make(), batch) for kind, make in makers.items()}
    assert losses["post"] > max(losses["pre"], losses["parallel"]) + 0.3


# --- What is said where a model cannot be checked, or has a side effect -------------------------------------


def said_of(check, submission) -> str:
    report = check.examine(submission)
    assert not report.passed
    return str(report)


def test_a_block_that_changes_the_stream_in_place_is_told(notebook) -> None:
    class InPlace(notebook["TransformerBlock"]):
        def forward(self, resid):
            resid += self.attn(self.ln_1(resid))
            resid += self.mlp(self.ln_2(resid))
            return resid

    assert "changes its input resid in place" in said_of(checks.TransformerBlock, InPlace)


def test_a_model_that_changes_the_tokens_is_told(notebook) -> None:
    class Overwrites(notebook["GPT2"]):
        def forward(self, tokens):
            logits = super().forward(tokens)
            tokens.zero_()
            return logits

    assert "changes its input tokens in place" in said_of(checks.GPT2, Overwrites)


def test_first_weights_without_a_return_are_told() -> None:
    def init_weights(model, seed):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.zero_()

    report = checks.init_weights.examine(init_weights)
    assert not report.passed and "standard deviation" in str(report)


def test_hf_is_watched_for(notebook) -> None:
    def stream(model, tokens):
        load(quiet=True).model(torch.zeros(1, 2, dtype=torch.long))
        return notebook["residual_stream"](model, tokens)

    assert "transformers.models.gpt2" in said_of(checks.residual_stream, stream)


def bare_model() -> BareModel:
    return BareModel(SMALL, parameter_shapes(asdict(SMALL)), TIED, seed=1)


def missing(name: str) -> type:
    """A kind of model without one of its parts."""
    return type("Machine", (BareModel,), {"__init__": lambda self, config: _without(self, config, name)})


def _without(model: BareModel, config: ModelConfig, name: str) -> None:
    BareModel.__init__(model, config, parameter_shapes(asdict(config)), TIED, seed=1)
    delattr(model, name)


@pytest.mark.parametrize("name", ["embed", "pos_embed", "blocks", "ln_f"])
def test_a_missing_part_is_named(name: str) -> None:
    text = said_of(checks.GPT2, missing(name))
    assert f"Machine has no {name}, which the check must fill. Its parts: " in text


def test_too_few_blocks_are_counted() -> None:
    model = bare_model()
    weights = {"blocks": [{}] * 3}
    with pytest.raises(CheckMisuse, match=r"blocks are 2; with this config's n_layers they are 3"):
        fill_model(model, weights)


@pytest.mark.parametrize("fill", [fill_block, fill_model])
def test_what_is_no_module_is_told(fill) -> None:
    with pytest.raises(CheckMisuse, match=r"Make an nn\.Module: this is int"):
        fill(3, {})
