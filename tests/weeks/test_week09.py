"""What week 9 promises besides its checks: the real model writes as HF's does, and a cache saves its work."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.build.parts import write_parts
from grader.build.source import read_source, weeks_with_source
from grader.notebook.cells import is_kind, plain_python
from utils.answers.judge import LocalJudge
from utils.answers.oracles import hf_generation
from utils.checks import week09_sampling as checks
from utils.checks.engine.cases import Draw
from utils.checks.measure.sampling_statistics import false_alarm_rate
from utils.checks.week09_sampling import forward_flops
from utils.weeks import find_week

REPOSITORY = Path(__file__).resolve().parents[2]
WEEK = find_week(9)
SETTINGS = settings(max_examples=60)
LOGITS = st.lists(st.sampled_from([-torch.inf, -3.0, -1.0, 0.0, 0.5, 2.0]), min_size=6, max_size=6)
"""A row of logits with many ties and many holes."""
ROWS = st.lists(LOGITS, min_size=2, max_size=4).map(lambda rows: torch.tensor([[1.0, *row] for row in rows]))


@pytest.fixture(scope="module")
def notebook():
    """The names that the solution notebook defines, without its demonstrations."""
    earlier = [read_source(REPOSITORY, week) for week in weeks_with_source(REPOSITORY) if week.number < 9]
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
def machine(notebook):
    """The student's own GPT2 with the reference's weights."""
    return notebook["own_machine"]()


def hf_text(notebook, prompts, n_new, **how):
    """What HF's generate writes with HF's model."""
    asked = {"max_new_tokens": n_new, "do_sample": False, "pad_token_id": notebook["END"], **how}
    return notebook["gpt2"].model.generate(prompts, attention_mask=torch.ones_like(prompts), **asked)


def prompts(notebook, *texts):
    """A batch of prompts, cut to the shortest of them."""
    rows = [notebook["encoded"](text)[0] for text in texts]
    return torch.stack([row[: min(map(len, rows))] for row in rows])


# --- The library's own text ---------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [True, False])
def test_generate_writes_hfs_greedy_text(notebook, machine, stop):
    batch = prompts(notebook, "Once upon a time", "One morning the king", "The cat sat on the mat")
    end = notebook["END"] if stop else None
    mine = notebook["generate"](machine, batch, 60, notebook["N_CTX"], temperature=0.0, stop_token=end)
    assert torch.equal(mine, hf_text(notebook, batch, 60, eos_token_id=end))


def test_a_penalty_changes_greedy_text_as_it_does_hfs(notebook, machine):
    batch = prompts(notebook, "Once upon a time", "One morning")
    penalties = [lambda logits, tokens: notebook["repetition_penalty"](logits, tokens, 1.3)]
    mine = notebook["generate"](machine, batch, 40, notebook["N_CTX"], 0.0, penalties=penalties)
    theirs = hf_text(notebook, batch, 40, repetition_penalty=1.3, eos_token_id=None)
    assert torch.equal(mine, theirs)


@pytest.mark.parametrize("n_beams", [1, 3, 5])
def test_beam_search_finds_hfs_text(notebook, machine, n_beams):
    prompt = prompts(notebook, "One morning")
    found = notebook["beam_search"](machine, prompt[0], 16, n_beams)
    assert torch.equal(found, hf_text(notebook, prompt, 16, num_beams=n_beams, eos_token_id=None)[0])


# --- Filters, on rows full of ties and holes ----------------------------------------------------------------


@SETTINGS
@given(logits=ROWS, k=st.integers(1, 9))
def test_top_k_is_hfs(notebook, logits, k):
    assert torch.equal(
        notebook["top_k_filter"](logits, k), hf_generation.processed(logits, hf_generation.top_k(k))
    )


@SETTINGS
@given(logits=ROWS, p=st.sampled_from([0.13, 0.37, 0.5, 0.71, 0.93]))
def test_top_p_keeps_as_many_as_hf(notebook, logits, p):
    mine = notebook["top_p_filter"](logits, p)
    theirs = hf_generation.processed(logits, hf_generation.top_p(p))
    assert torch.equal(mine.sort(dim=-1).values, theirs.sort(dim=-1).values)
    assert bool(((mine == logits) | mine.isneginf()).all())


@SETTINGS
@given(logits=ROWS, penalty=st.sampled_from([0.5, 1.0, 1.3, 3.0]), data=st.data())
def test_repetition_penalty_is_hfs(notebook, logits, penalty, data):
    row = st.lists(st.integers(0, 6), min_size=5, max_size=5)
    tokens = torch.tensor(data.draw(st.lists(row, min_size=len(logits), max_size=len(logits))))
    theirs = hf_generation.processed(logits, hf_generation.repetition(penalty), tokens=tokens)
    torch.testing.assert_close(notebook["repetition_penalty"](logits, tokens, penalty), theirs)


# --- Chance -------------------------------------------------------------------------------------------------


def compared_frequencies(check) -> int:
    """How many frequencies a check compares with a probability."""
    total = 0
    for case in check.draw_cases():
        if check is checks.sample_token:
            total += case.inputs["logits"].numel()
        elif case.inputs["asked"] == "frequencies":
            total += case.inputs["model"]["config"]["d_vocab"] ** 2
    return total


@pytest.mark.parametrize("check", [checks.sample_token, checks.generate, checks.cached_generate])
def test_a_right_sampler_fails_less_than_once_in_a_million_seeds(check):
    assert 0 < false_alarm_rate(compared_frequencies(check)) < 1e-6


def test_the_bound_is_hoeffdings():
    """Against the binomial distribution itself, at the probability where it is widest."""
    from utils.checks.measure.sampling_statistics import ALLOWED, DRAWS

    normal = torch.distributions.Normal(0.0, (0.25 / DRAWS) ** 0.5)
    assert 2 * normal.cdf(torch.tensor(-ALLOWED, dtype=torch.float64)).item() < false_alarm_rate(1)


@pytest.mark.parametrize("seed", range(3))
def test_a_slightly_wrong_sampler_is_found_out(notebook, seed):
    def warmer(logits, generator=None):
        return notebook["sample_token"](logits / 1.6, generator)

    right, wrong = (
        checks.sample_token.examine(each, LocalJudge(seed)) for each in (notebook["sample_token"], warmer)
    )
    assert right.passed and not wrong.passed


# --- The cache ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_cache_writes_the_same_200_tokens_with_a_fifth_of_the_flops_or_less(notebook, machine):
    prompt = notebook["encoded"]("Once upon a time")
    anew, much = forward_flops(
        lambda: notebook["generate"](machine, prompt, 200, notebook["N_CTX"], temperature=0.0)
    )
    cached, little = forward_flops(lambda: notebook["cached_generate"](machine, prompt, 200, temperature=0.0))
    assert torch.equal(cached, anew)
    assert 5 * little <= much


def test_a_cache_draws_the_same_from_the_same_seed(notebook, machine):
    batch = prompts(notebook, "Once upon a time", "One morning the king")
    anew = notebook["generate"](machine, batch, 40, notebook["N_CTX"], temperature=0.8, seed=5)
    assert torch.equal(notebook["cached_generate"](machine, batch, 40, temperature=0.8, seed=5), anew)


@pytest.mark.parametrize(("seq", "n_new"), [(3, 12), (8, 4), (11, 6)])
def test_a_cache_begins_anew_where_the_window_moves(notebook, seq, n_new):
    n_ctx = 8
    model = checks.SmallGPT2(**checks._model(Draw(seq), n_ctx, 9))
    tokens = torch.randint(9, (2, seq), generator=torch.Generator().manual_seed(seq))
    anew = notebook["generate"](model, tokens, n_new, n_ctx, temperature=0.0)
    assert torch.equal(notebook["cached_generate"](model, tokens, n_new, temperature=0.0), anew)


# --- Stories ------------------------------------------------------------------------------------------------


def test_a_batch_of_stories_ends_where_each_of_them_ends(notebook, machine):
    start, end = notebook["encoded"]("Once upon a time").repeat(3, 1), notebook["END"]
    told = notebook["generate"](
        machine, start, 90, notebook["N_CTX"], temperature=0.7, stop_token=end, seed=9, top_p=0.95
    )
    written = told[:, start.shape[1] :]
    assert len(written.unique(dim=0)) == 3
    for row in written:
        ended = (row == end).nonzero().flatten()
        assert not len(ended) or bool((row[ended[0] :] == end).all())
