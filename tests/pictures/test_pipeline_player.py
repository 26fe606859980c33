"""The pipeline player: it steps, plays and pauses, and every shape comes from the running model."""

import re
from types import SimpleNamespace

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from utils.pictures import pipeline_player
from utils.reference import ModelConfig, load

PROMPTS = ["Once upon a time there was a king. He lived in a", "x", "naïve 🙂\n  two  spaces", "<b>&amp;</b>"]


@pytest.fixture(scope="module")
def reference():
    return load(quiet=True)


@pytest.fixture(scope="module")
def other_size(reference):
    """A model of unusual sizes, which no picture can have hard-coded."""
    torch.manual_seed(0)
    config = GPT2Config(n_embd=20, n_head=5, n_layer=3, n_positions=9, vocab_size=50257)
    sizes = ModelConfig(
        d_model=20,
        n_heads=5,
        d_head=4,
        d_mlp=80,
        n_layers=3,
        d_vocab=50257,
        n_ctx=9,
        layer_norm_eps=1e-5,
    )
    model = GPT2LMHeadModel(config).eval()
    return SimpleNamespace(name="other", config=sizes, model=model, tokenizer=reference.tokenizer)


def boxes(player) -> list[str]:
    """Return the text of each stage's box: its name and its shape."""
    found = re.findall(r'<div class="course-stage"[^>]*>(.*?)</div>', player._shown.value)
    return [re.sub("<[^>]+>", " ", box).replace("  ", " ").strip() for box in found]


def chosen(player) -> int:
    """Return the position of the box with the strong frame."""
    styles = re.findall(r'<div class="course-stage" style="([^"]*)"', player._shown.value)
    (place,) = [place for place, style in enumerate(styles) if "2px solid" in style]
    return place


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_shape_is_that_of_the_model_with_this_prompt(reference, prompt: str) -> None:
    seq, config = len(reference.tokenizer.encode(prompt)), reference.config
    vectors = f"1 × {seq} × {config.d_model}"
    shown = boxes(pipeline_player(reference, prompt))
    assert shown[0].startswith(f"text {len(prompt)} character")
    assert shown[1] == f"tokens 1 × {seq}"
    blocks = [f"block {number}" for number in range(config.n_layers)]
    expected = ["token vectors", "position vectors", "embeddings", *blocks]
    assert shown[2:-3] == [f"{name} {vectors}" for name in expected]
    scores = f"1 × {seq} × {config.d_vocab:,}"
    assert shown[-3:] == [f"logits {scores}", f"probabilities {scores}", "next token 1"]


def test_another_model_has_other_shapes(other_size) -> None:
    shown = boxes(pipeline_player(other_size, "The cat sat"))
    assert "embeddings 1 × 3 × 20" in shown
    assert [box for box in shown if box.startswith("block")] == [f"block {n} 1 × 3 × 20" for n in range(3)]


def test_the_numbers_are_the_models_own(other_size) -> None:
    """Each stage's values, against HF's own record of its hidden states."""
    player = pipeline_player(other_size, "The cat sat")
    stages = player._run("The cat sat").stages
    with torch.no_grad():
        output = other_size.model(stages["tokens"], output_hidden_states=True)
    assert torch.equal(stages["embeddings"], output.hidden_states[0])
    assert torch.equal(stages["token vectors"] + stages["position vectors"], output.hidden_states[0])
    for number in range(2):  # HF's last hidden state has been through ln_f
        assert torch.equal(stages[f"block {number}"], output.hidden_states[number + 1])
    assert torch.equal(other_size.model.transformer.ln_f(stages["block 2"]), output.hidden_states[-1])
    assert torch.equal(stages["logits"], output.logits)
    assert torch.allclose(stages["probabilities"].sum(-1), torch.ones(1, 3))


def hooks(model) -> list[int]:
    """Return the number of each module's hooks; HF has some of its own."""
    return [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()]


def test_the_model_is_left_as_it_was(other_size) -> None:
    before = hooks(other_size.model)
    pipeline_player(other_size, "The cat sat").step.index = 3
    assert hooks(other_size.model) == before


def test_the_buttons_step_and_stop_at_both_ends(reference) -> None:
    player = pipeline_player(reference, "The cat sat")
    last = len(player.step.options) - 1
    player.back.click()
    assert (player.step.index, chosen(player)) == (0, 0)
    player.forward.click()
    assert (player.step.index, chosen(player)) == (1, 1)
    for _ in range(last + 3):
        player.forward.click()
    assert (player.step.index, chosen(player)) == (last, last)


def test_the_slider_names_the_step_that_is_shown(reference) -> None:
    player = pipeline_player(reference, "The cat sat")
    for place, (name, _) in enumerate(player.step.options):
        player.step.index = place
        assert chosen(player) == place
        assert f"<b>{name}</b>" in player._shown.value


def test_play_moves_the_slider_and_reaches_the_last_step(reference) -> None:
    player = pipeline_player(reference, "The cat sat")
    assert player._link.source == (player.play, "value")
    assert player._link.target == (player.step, "index")
    assert (player.play.min, player.play.max) == (0, len(player.step.options) - 1)


def test_a_new_prompt_keeps_the_step_and_changes_what_is_shown(reference) -> None:
    player = pipeline_player(reference, "The cat sat")
    player.step.index = 2
    player.prompt.value = "A longer prompt than before"
    assert chosen(player) == 2
    seq = len(reference.tokenizer.encode("A longer prompt than before"))
    assert f"token vectors 1 × {seq} × {reference.config.d_model}" in boxes(player)


def test_going_on_appends_what_the_model_itself_writes(reference) -> None:
    prompt = "Once upon a time there was a king. He lived in a"
    player = pipeline_player(reference, prompt)
    player.step.index = 5
    ids = torch.tensor([reference.tokenizer.encode(prompt)])
    options = {"max_new_tokens": 1, "do_sample": False, "pad_token_id": 50256}
    written = reference.model.generate(ids, attention_mask=torch.ones_like(ids), **options)
    player.go_on.click()
    assert player.prompt.value == reference.tokenizer.decode(written[0])
    assert player.step.index == 0


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("", "The prompt is empty. Write some text into the box and press Enter."),
        ("a" + " a" * 9, "The prompt has 10 tokens, and other sees at most 9. Shorten it."),
    ],
)
def test_a_prompt_that_cannot_be_read_gets_a_sentence(other_size, prompt: str, said: str) -> None:
    player = pipeline_player(other_size, "The cat sat")
    player.prompt.value = prompt
    assert re.sub("<[^>]+>", "", player._shown.value) == said
    player.go_on.click()
    assert player.prompt.value == prompt
    player.prompt.value = "The cat sat"
    assert boxes(player)


def test_what_is_written_cannot_become_part_of_the_page(reference) -> None:
    player = pipeline_player(reference, "<script>alert(1)</script>")
    for place in range(len(player.step.options)):
        player.step.index = place
        assert "<script" not in player._shown.value


def test_a_long_prompt_shows_its_last_tokens(reference) -> None:
    player = pipeline_player(reference, "one two three four five six seven eight nine ten " * 3)
    player.step.index = 2
    hidden = len(reference.tokenizer.encode(player.prompt.value)) - 14
    assert f"The first {hidden} tokens are not shown." in player._shown.value
    assert player._shown.value.count("linear-gradient") == 14
