"""What week 12 promises besides its checks: the microscope agrees with HF, adds up, and leaves no trace."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nearness import assert_near

from grader.build.parts import write_parts
from grader.build.source import read_source, weeks_with_source
from grader.notebook.cells import is_kind, is_task, plain_python
from utils.answers.oracles.hf_inside import run, run_with_heads
from utils.answers.oracles.hf_model import hf_model
from utils.checks.engine.cases import Draw
from utils.checks.fakes.gpt2 import SmallGPT2
from utils.checks.week12_inside import knock_out as knock_out_check
from utils.weeks import find_week

REPOSITORY = Path(__file__).resolve().parents[2]
WEEK = find_week(12)
SETTINGS = settings(max_examples=20)


@pytest.fixture(scope="module")
def notebook():
    """The names that the solution notebook defines, without its demonstrations."""
    earlier = [read_source(REPOSITORY, week) for week in weeks_with_source(REPOSITORY) if week.number < 12]
    parts = ModuleType("parts")
    exec(write_parts(WEEK, earlier), parts.__dict__)
    names = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "parts", parts)
        for cell in read_source(REPOSITORY, WEEK).notebook.cells:
            if is_kind(cell, "set-up") or is_kind(cell, "work"):
                exec(plain_python(cell), names)
    return names


def small(seed: int) -> tuple[SmallGPT2, torch.nn.Module, torch.Tensor]:
    """A small model of the checks, the same one as HF's, and prompts for both."""
    inputs = knock_out_check.draw_cases(seed)[0].inputs
    config, weights = inputs["config"], inputs["weights"]
    return SmallGPT2(config, weights), hf_model(config, weights), inputs["tokens"]


def hooks_on(model: torch.nn.Module) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


# --- The small model and HF's, hooked alike -----------------------------------------------------------------


@SETTINGS
@given(st.integers(0, 10**6))
def test_the_checks_small_model_is_hfs(seed):
    ours, theirs, tokens = small(seed)
    assert_near(ours(tokens), run(theirs, tokens)[0])


def test_hfs_model_has_no_hook_left_either():
    _, theirs, tokens = small(3)
    plain = run(theirs, tokens)[0]
    run_with_heads(theirs, tokens, [(0, lambda z: z.zero_())])
    assert hooks_on(theirs) == 0
    assert torch.equal(run(theirs, tokens)[0], plain)


# --- Your own machine with real weights ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def machine(notebook):
    return notebook["your_model"]()


def test_all_terms_add_up_to_the_logit(notebook, machine):
    tokens = notebook["market"](notebook["GIRLS"] + notebook["BOYS"])
    answers = Draw(5).integers(0, machine.config.d_vocab, len(tokens))
    terms = notebook["direct_logit_attribution"](machine, tokens, answers)
    logits = notebook["gpt2"].model(tokens).logits[torch.arange(len(tokens)), -1, answers]
    assert_near(sum(terms.values()), logits)


def test_everything_that_is_written_adds_up_to_the_stream(notebook, machine):
    _, cache = notebook["run_with_cache"](machine, notebook["market"](notebook["GIRLS"]))
    written = sum(
        cache[name] for name in cache if re.search(r"embed$|attn$|mlp$", name) and name != "unembed"
    )
    last = cache[f"blocks.{machine.config.n_layers - 1}"]
    assert_near(written, last)


def test_the_last_depth_of_the_lens_is_hfs_own(notebook, machine):
    tokens = notebook["market"](notebook["BOYS"])
    theirs = notebook["gpt2"].model(tokens).logits
    assert_near(notebook["logit_lens"](machine, tokens)[-1], theirs)


@pytest.mark.parametrize("by", ["zero", "mean"])
def test_every_head_of_the_storyteller_ablated_as_in_hf(notebook, machine, by):
    theirs, tokens = notebook["gpt2"].model, notebook["market"](notebook["GIRLS"])
    for layer in range(machine.config.n_layers):
        for head in range(machine.config.n_heads):

            def silence(z, head=head):
                z[:, :, head] = z[:, :, head].mean(dim=0) if by == "mean" else 0.0

            mine = notebook["ablate_head"](machine, tokens, layer, head, by)
            hf = run_with_heads(theirs, tokens, [(layer, silence)])
            assert_near(mine, hf)


def test_all_heads_at_once_are_no_attention_but_b_O(notebook, machine):
    theirs, tokens = notebook["gpt2"].model, notebook["market"](notebook["BOYS"])
    layers, heads = machine.config.n_layers, machine.config.n_heads
    everybody = [(layer, head) for layer in range(layers) for head in range(heads)]
    only_bias = [
        (
            f"blocks.{layer}.attn",
            lambda out, layer=layer: theirs.transformer.h[layer].attn.c_proj.bias.expand_as(out),
        )
        for layer in range(layers)
    ]
    mine = notebook["knock_out"](machine, tokens, everybody)
    assert_near(mine, run(theirs, tokens, only_bias)[0])


def test_patching_the_end_of_the_stream_gives_the_clean_answer(notebook, machine):
    clean, corrupted = notebook["market"](notebook["GIRLS"]), notebook["market"](notebook["BOYS"])
    last = f"blocks.{machine.config.n_layers - 1}"
    patched = notebook["activation_patch"](machine, clean, corrupted, last, clean.shape[1] - 1)
    assert_near(patched[:, -1], machine(clean)[:, -1])


def test_words_before_the_name_carry_nothing(notebook, machine):
    clean, corrupted = notebook["market"](notebook["GIRLS"]), notebook["market"](notebook["BOYS"])
    name = (clean != corrupted).any(dim=0).nonzero()[0].item()
    for position in range(name):
        patched = notebook["activation_patch"](machine, clean, corrupted, "blocks.1", position)
        assert_near(patched, machine(corrupted))


def test_no_experiment_leaves_a_hook_or_another_weight(notebook, machine):
    tokens = notebook["market"](notebook["GIRLS"])
    before, weights = hooks_on(machine), [parameter.clone() for parameter in machine.parameters()]
    notebook["run_with_cache"](machine, tokens)
    notebook["ablate_head"](machine, tokens, 1, 2, "mean")
    notebook["activation_patch"](machine, tokens, tokens.flip(0), "blocks.2.mlp", 3)
    notebook["knock_out"](machine, tokens, [(0, 0), (3, 1)])
    too_long = torch.zeros(1, machine.config.n_ctx + 1, dtype=torch.long)
    with pytest.raises(ValueError, match="n_ctx"):
        notebook["run_with_cache"](machine, too_long)
    with pytest.raises(ValueError, match="n_ctx"):
        notebook["ablate_head"](machine, too_long, 0, 0)
    assert hooks_on(machine) == before
    assert all(map(torch.equal, machine.parameters(), weights))


# --- What the prose claims of the model ---------------------------------------------------------------------


def test_the_pronoun_follows_the_name(notebook, machine):
    tokens, right, wrong = notebook["everyone"]()
    assert (notebook["logit_difference"](machine(tokens), right, wrong) > 0).all()


def test_some_head_carries_the_name_and_others_do_not(notebook, machine):
    tokens, right, wrong = notebook["everyone"]()

    def lead(logits):
        return notebook["logit_difference"](logits, right, wrong).mean().item()

    whole = lead(machine(tokens))
    lost = torch.tensor(
        [
            [
                whole - lead(notebook["ablate_head"](machine, tokens, layer, head, "mean"))
                for head in range(machine.config.n_heads)
            ]
            for layer in range(machine.config.n_layers)
        ]
    )
    assert lost.max() > whole / 3
    assert lost.abs().median() < whole / 10


def test_the_difference_moves_from_the_name_to_the_last_word(notebook, machine):
    clean, corrupted = notebook["market"](notebook["GIRLS"]), notebook["market"](notebook["BOYS"])
    her, his = (torch.full((len(clean),), notebook["id_of"](word)) for word in (" her", " his"))

    def lead(logits):
        return notebook["logit_difference"](logits, her, his).mean()

    def recovered(block, position):
        patched = notebook["activation_patch"](machine, clean, corrupted, f"blocks.{block}", position)
        return (lead(patched) - lead(machine(corrupted))) / (lead(machine(clean)) - lead(machine(corrupted)))

    name = (clean != corrupted).any(dim=0).nonzero()[0].item()
    last, end = machine.config.n_layers - 1, clean.shape[1] - 1
    assert recovered(0, name) > 0.5 > recovered(last, name)
    assert recovered(0, end) < 0.5 < recovered(last, end)


def test_induction_heads_are_found_and_their_loss_is_felt(notebook, machine):
    """A group of heads that repeats what was sung; as many others of the same layers do not."""
    start, period = len(notebook["gpt2"].tokenizer.encode(notebook["OPENING"])), notebook["PERIOD"]
    tokens = notebook["songs"](16)
    induction = notebook["head_zoo"](machine, tokens, start, period)["induction"]
    n_heads = machine.config.n_heads
    strongest = [
        divmod(place, n_heads) for place in induction.flatten().argsort(descending=True)[:3].tolist()
    ]

    def second_round(heads):
        logits = notebook["knock_out"](machine, tokens, heads)
        since = start + period - 1
        return notebook["next_token_loss"](logits[:, since:], tokens[:, since:]).item()

    whole = second_round([])
    one_a_layer = {layer: induction[layer].argmin().item() for layer, _ in strongest}
    assert induction.max() > 0.5
    assert second_round(strongest) > whole + 1
    assert second_round(list(one_a_layer.items())) < whole + 1


def test_every_word_of_the_looks_is_one_token(notebook):
    words = (*notebook["SINGERS"], *notebook["GIRLS"], *notebook["BOYS"])
    assert all(notebook["id_of"](f" {word}") for word in words)
    assert len(set(notebook["SINGERS"])) == len(notebook["SINGERS"])


def test_songs_are_sung_twice(notebook):
    songs, period = notebook["songs"](5), notebook["PERIOD"]
    assert torch.equal(songs[:, -period:], songs[:, -2 * period : -period])
    assert len({tuple(song.tolist()) for song in songs}) == 5


def test_the_notebook_ends_with_its_capstone():
    last = read_source(REPOSITORY, WEEK).notebook.cells[-1]
    assert is_task(last)
    scheme = last.source.split("BEGIN MARK SCHEME")[1]
    points = [int(number) for number in re.findall(r"(\d+) points[,.*]", scheme)]
    assert sum(points) == last.metadata.nbgrader.points == 30
