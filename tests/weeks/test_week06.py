"""What week 6 promises besides its checks: the model's layers, heads that are found, what the prose says."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import jupytext
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nearness import assert_near
from torch import nn
from torch.nn import functional as F

from utils.adapters.heads import fill_heads
from utils.answers.week06_heads._hf_layer import hf_attention
from utils.checks import week06_heads as checks
from utils.errors import CheckMisuse
from utils.examples.induction_by_hand import induction_circuit
from utils.reference import CONFIGS, load
from utils.reference.inputs.heads import NAMES, attention_weights, first_block_patterns, repeated_names
from utils.reference.inputs.tokens import token_ids

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "solutions" / "week06_heads" / "heads.py"
SETTINGS = settings(max_examples=25)


@pytest.fixture(scope="module")
def parts():
    """What week 11 starts from: the parts of week 6 are among them."""
    spec = spec_from_file_location("week11_parts", REPOSITORY / "course" / "week11_training" / "parts.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def inside() -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """For each layer of the model what its attention reads, what it writes, and its patterns."""
    reference, seen = load(quiet=True), []
    hooks = [
        block.attn.register_forward_hook(lambda attn, given, output: seen.append((given[0], output[0])))
        for block in reference.model.transformer.h
    ]
    with torch.no_grad():
        patterns = reference.model(token_ids(reference), output_attentions=True).attentions
    for hook in hooks:
        hook.remove()
    return [(*each, pattern) for each, pattern in zip(seen, patterns, strict=True)]


def random_weights(n_heads: int, d_model: int, d_head: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(n_heads)
    shapes = {f"W_{letter}": (n_heads, d_model, d_head) for letter in "QKV"}
    shapes |= {f"b_{letter}": (n_heads, d_head) for letter in "QKV"}
    shapes |= {"W_O": (n_heads, d_head, d_model), "b_O": (d_model,)}
    return {name: torch.randn(shape, generator=generator) / 2 for name, shape in shapes.items()}


def filled(parts, weights) -> nn.Module:
    n_heads, d_model, d_head = weights["W_Q"].shape
    return fill_heads(parts.MultiHeadAttention(d_model, n_heads, d_head), weights)


# --- The model's own layers ---------------------------------------------------------------------------------


def test_the_part_is_every_attention_layer_of_the_model(parts, inside) -> None:
    reference = load(quiet=True)
    for layer, (x, written, _) in enumerate(inside):
        own = filled(parts, attention_weights(reference, layer))
        assert_near(own(x), written)


def test_the_heads_of_every_layer_add_up_to_what_it_writes(parts, inside) -> None:
    reference = load(quiet=True)
    for layer, (x, written, pattern) in enumerate(inside):
        weights = attention_weights(reference, layer)
        v = parts.project_heads(x, weights["W_V"], weights["b_V"])
        outputs = parts.head_outputs(parts.weighted_values(pattern, v), weights["W_O"])
        assert_near(outputs.sum(1) + weights["b_O"], written)


def test_the_part_is_hfs_layer_at_gpt2s_true_size(parts) -> None:
    """At this width weights of order 1 would make scores in the thousands: they are scaled down."""
    small = CONFIGS["gpt2"]
    weights = random_weights(small.n_heads, small.d_model, small.d_head)
    weights = {
        name: value / small.d_model**0.5 if name[0] == "W" else value for name, value in weights.items()
    }
    x = torch.randn(2, 9, small.d_model, generator=torch.Generator().manual_seed(0))
    own = filled(parts, weights)
    assert_near(own(x), hf_attention(x, weights))
    assert sum(each.numel() for each in own.parameters()) == 4 * small.d_model * (small.d_model + 1)


def test_the_first_blocks_patterns_in_the_cases_are_the_models(inside) -> None:
    reference = load(quiet=True)
    assert_near(first_block_patterns(reference, token_ids(reference)), inside[0][2])


# --- Properties ---------------------------------------------------------------------------------------------


@SETTINGS
@given(st.permutations(range(3)), st.integers(1, 5), st.integers(0, 10**6))
def test_the_order_of_the_heads_does_not_matter(parts, order, seq, seed) -> None:
    weights = random_weights(3, 6, 4)
    mixed = {name: value if name == "b_O" else value[list(order)] for name, value in weights.items()}
    x = torch.randn(2, seq, 6, generator=torch.Generator().manual_seed(seed))
    assert_near(filled(parts, weights)(x), filled(parts, mixed)(x))


@SETTINGS
@given(st.integers(2, 7), st.integers(0, 6), st.integers(0, 10**6))
def test_no_position_sees_a_later_one(parts, seq, place, seed) -> None:
    place = place % seq
    x = torch.randn(2, seq, 6, generator=torch.Generator().manual_seed(seed))
    other = x.clone()
    other[:, place:] += 1.0
    attention = filled(parts, random_weights(3, 6, 4))
    if place:
        assert_near(attention(x)[:, :place], attention(other)[:, :place])
    assert not torch.allclose(attention(x)[:, place], attention(other)[:, place])


@SETTINGS
@given(st.integers(2, 6), st.integers(2, 4), st.integers(0, 10**6))
def test_scores_of_a_pattern_lie_between_0_and_1(parts, period, copies, seed) -> None:
    scores = torch.randn(
        2, 3, period * copies, period * copies, generator=torch.Generator().manual_seed(seed)
    )
    pattern = scores.masked_fill(torch.ones(scores.shape[-2:]).triu(1).bool(), -torch.inf).softmax(-1)
    for score in (
        parts.previous_token_score(pattern),
        parts.first_token_score(pattern),
        parts.induction_score(pattern, period),
    ):
        assert score.shape == (2, 3)
        assert ((score >= 0) & (score <= 1)).all()


# --- Heads that are found -----------------------------------------------------------------------------------


def patterns_by_hand(parts, ring: int, rounds: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The circuit made by hand: its patterns [layers heads query key], the tokens, and its guesses."""
    circuit = induction_circuit(d_vocab=ring, n_ctx=ring * rounds)
    tokens = torch.randperm(ring, generator=torch.Generator().manual_seed(ring)).repeat(rounds)[None]
    resid, patterns = circuit.embed(tokens), []
    for weights in circuit.layers:
        q, k = (parts.project_heads(resid, weights[f"W_{each}"], weights[f"b_{each}"]) for each in "QK")
        patterns.append(parts.attention_pattern(q, k)[0])
        resid = resid + filled(parts, weights)(resid)
    return torch.stack(patterns), tokens[0], circuit.predict(resid)[0]


@pytest.mark.parametrize(("ring", "rounds"), [(2, 2), (5, 2), (9, 2), (6, 1)])
def test_the_scores_find_the_heads_that_somebody_made(parts, ring, rounds) -> None:
    patterns, _, _ = patterns_by_hand(parts, ring, rounds)
    previous, first = parts.previous_token_score(patterns), parts.first_token_score(patterns)
    assert previous[0, 0] > 0.99
    assert (first[:, 1] > 0.99).all()
    assert first[1, 0] < 0.01 or rounds * ring == 2
    if rounds > 1:
        induction = parts.induction_score(patterns, ring)
        assert induction[1, 0] > 0.98
        if ring > 2:  # with two names in turn, the name after the earlier copy is the previous token
            assert (induction.flatten()[[0, 1, 3]] < 0.01).all()
            assert previous[1, 0] < 0.5


@pytest.mark.parametrize(("ring", "rounds"), [(5, 2), (8, 3)])
def test_the_circuit_made_by_hand_knows_who_comes_next(parts, ring, rounds) -> None:
    _, tokens, guesses = patterns_by_hand(parts, ring, rounds)
    assert torch.equal(guesses[ring:-1], tokens[ring + 1 :])
    assert not torch.equal(guesses[: ring - 1], tokens[1:ring])


def test_the_names_of_the_cases_are_different_tokens() -> None:
    ids = repeated_names(load(quiet=True), period=len(NAMES), copies=2)
    assert ids.shape == (1, 2 * len(NAMES))
    assert ids[0, : len(NAMES)].unique().numel() == len(NAMES)


# --- Filling a module with heads ----------------------------------------------------------------------------


class _Heads(nn.Module):
    def __init__(self, heads: int):
        super().__init__()
        self.heads = nn.ModuleList(nn.Linear(2, 2) for _ in range(heads))


def test_what_cannot_be_filled_is_explained() -> None:
    weights = random_weights(3, 6, 4)
    with pytest.raises(CheckMisuse, match="heads holds 2 modules; with these sizes there are 3 heads"):
        fill_heads(_Heads(2), weights)
    with pytest.raises(CheckMisuse, match="Linear has no W_Q, which the check must fill"):
        fill_heads(_Heads(3), weights)
    with pytest.raises(CheckMisuse, match=r"this is type\. Does the class name it as its base"):
        fill_heads(_Heads, weights)
    wrong = nn.Module()
    wrong.W_Q = nn.Parameter(torch.zeros(6, 3, 4))
    with pytest.raises(
        CheckMisuse, match=re.escape("W_Q has shape (6, 3, 4); with these sizes the exercise")
    ):
        fill_heads(wrong, weights)


# --- No way round -------------------------------------------------------------------------------------------


def test_torchs_own_groups_are_not_allowed_where_groups_are_the_exercise() -> None:
    def ready_made(q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)

    report = checks.grouped_query_attention.examine(ready_made)
    assert not report.passed
    assert "scaled_dot_product_attention" in report.headline


def test_hfs_rotary_positions_are_not_allowed() -> None:
    def ready_made(x, first_position, base):
        from transformers import LlamaConfig
        from transformers.models.llama import modeling_llama as hf

        positions = torch.arange(x.shape[-2])[None] + first_position
        parameters = {"rope_type": "default", "rope_theta": base}
        config = LlamaConfig(hidden_size=x.shape[-1], num_attention_heads=1, rope_parameters=parameters)
        cos, sin = hf.LlamaRotaryEmbedding(config)(x, positions)
        return hf.apply_rotary_pos_emb(x, x, cos, sin)[0]

    report = checks.rotary_positions.examine(ready_made)
    assert not report.passed
    assert "transformers.models.llama" in report.headline


def test_torchs_own_function_has_to_be_called_where_it_is_the_exercise(parts) -> None:
    def by_hand(q, k, v):
        return parts.weighted_values(parts.attention_pattern(q, k), v)

    assert checks.sdpa_attention.examine(by_hand).mistake == "without torch's function"


# --- What the prose says ------------------------------------------------------------------------------------


def test_the_words_of_the_first_look_are_single_tokens() -> None:
    """The names in it come twice, so that heads can look back at them."""
    sentence = re.search(r'SENTENCE = "(.*)"', SOURCE.read_text(encoding="utf-8"))[1]
    ids = load(quiet=True).tokenizer.encode(sentence)
    assert len(ids) == len(re.findall(r"\w+|[.,]", sentence))
    assert len(set(ids)) < len(ids)


def test_points_to_think_about_are_true_of_gpt2_small() -> None:
    small = CONFIGS["gpt2"]
    assert small.n_heads * small.d_head == small.d_model == 768
    one_large_head = 4 * small.d_model * small.d_model
    assert small.n_heads * 4 * small.d_model * small.d_head == one_large_head


def test_no_prose_speaks_of_one_model_alone() -> None:
    """Heads that are found are printed by cells, and named only where one model's numbers are expected."""
    cells = [cell for cell in jupytext.read(SOURCE).cells if cell.cell_type == "markdown"]
    text = "\n".join(cell.source for cell in cells)
    prose = re.sub(r"<summary>What you should see</summary>.*?</details>", "", text, flags=re.DOTALL)
    assert not re.search(r"\blayer \d+, head \d+ (is|looks|scores)", prose)
    assert "storyteller" not in prose
