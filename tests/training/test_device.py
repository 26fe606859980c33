"""The device of long computations: which is chosen, what is said, and that models and checks keep to theirs.

No GPU is needed: what torch finds is faked, and its meta device, which has shapes alone, takes its place.
"""

import importlib.util

import pytest
import torch

from utils.checks import week05_attention
from utils.paths import find_home
from utils.reference import ModelConfig
from utils.training import TrainingSettings, best_device, device
from utils.weeks import WEEKS

WAY_OUT = "For the processor, set COURSE_DEVICE=cpu and restart the kernel."


@pytest.fixture(autouse=True)
def new_kernel(monkeypatch):
    """As in a kernel that has not asked yet, on a machine without a GPU."""
    best_device.cache_clear()
    monkeypatch.delenv(device.VARIABLE, raising=False)
    found(monkeypatch, cuda=False, mps=False)
    yield
    best_device.cache_clear()


def found(monkeypatch, *, cuda, mps, fault=None):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A card")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(device, "_fault", lambda name: fault)


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen", "line"),
    [
        (True, False, "cuda", f"Device: cuda (A card). {WAY_OUT}"),
        (False, True, "mps", f"Device: mps (Apple's). {WAY_OUT}"),
        (True, True, "cuda", f"Device: cuda (A card). {WAY_OUT}"),
        (False, False, "cpu", "Device: the processor; torch finds no GPU here."),
    ],
)
def test_the_choice_and_its_one_line(monkeypatch, capsys, cuda, mps, chosen, line):
    found(monkeypatch, cuda=cuda, mps=mps)
    assert best_device() == best_device() == torch.device(chosen)
    assert capsys.readouterr().out == f"{line}\n"


def test_torch_is_asked_once_in_a_kernel(monkeypatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(asked.append(1)))
    for _ in range(3):
        best_device()
    assert asked == [1]


def test_a_gpu_that_does_not_work_is_not_taken(monkeypatch, capsys):
    found(monkeypatch, cuda=True, mps=False, fault="CUDA error: no kernel image is available")
    assert best_device() == torch.device("cpu")
    line = capsys.readouterr().out
    assert line.startswith(
        "Device: the processor, because the GPU (A card) does not work here: CUDA error: no"
    )


def test_the_variable_decides(monkeypatch, capsys):
    found(monkeypatch, cuda=True, mps=False)
    monkeypatch.setenv(device.VARIABLE, "cpu")
    assert best_device() == torch.device("cpu")
    assert capsys.readouterr().out == "Device: cpu, as COURSE_DEVICE says.\n"


@pytest.mark.parametrize("named", ["gpu", "cuda:x"])
def test_a_variable_that_names_no_device(monkeypatch, named):
    monkeypatch.undo()
    monkeypatch.setenv(device.VARIABLE, named)
    with pytest.raises(ValueError, match=f"COURSE_DEVICE is '{named}', which does not work here"):
        best_device()


def test_the_trial_finds_what_works(monkeypatch):
    monkeypatch.undo()
    assert device._fault("cpu") is None
    # The meta device has shapes and no numbers, so the trial's result cannot be fetched.
    assert "meta" in device._fault("meta")


@pytest.fixture(scope="module")
def parts():
    """The official parts of weeks 1 to 11, as week 12 has them."""
    path = find_home() / WEEKS[11].folder / "parts.py"
    spec = importlib.util.spec_from_file_location("parts_of_week_12", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def small_model(parts):
    sizes = {"d_model": 8, "n_heads": 2, "d_head": 4, "d_mlp": 32, "n_layers": 2}
    config = ModelConfig(**sizes, d_vocab=20, n_ctx=16, layer_norm_eps=1e-5)
    return parts.init_weights(parts.GPT2(config), seed=0)


def test_a_run_of_training_keeps_to_its_models_device(parts, monkeypatch):
    """All but two questions that shapes cannot answer: where stories begin, and how large a loss is."""

    def first_windows(tokens, end_of_text, batch_size, seq, generator):
        return tokens[: batch_size * seq].view(batch_size, seq)

    monkeypatch.setattr(parts, "get_batch", first_windows)
    monkeypatch.setattr(torch.Tensor, "item", lambda tensor: 0.0)
    model, text = small_model(parts).to("meta"), torch.zeros(60, dtype=torch.long, device="meta")
    plan = {"end_of_text": 0, "batch_size": 3, "seq": 8, "warmup_steps": 1, "max_lr": 1e-3, "min_lr": 1e-4}
    trainer = parts.Trainer(model, text, TrainingSettings(**plan, total_steps=3, accumulate=2))
    trainer.train(3)
    assert trainer.losses == [0.0, 0.0, 0.0]
    assert parts.evaluate(model, [text[:16].view(2, 8)]) == 0.0
    assert {each.device.type for each in (*model.parameters(), *map(gradient, model.parameters()))} == {
        "meta"
    }


def gradient(parameter):
    return parameter.grad


def test_the_meta_device_finds_a_tensor_that_was_left_on_the_cpu(parts):
    model = small_model(parts).to("meta")
    model.ln_f.gain = torch.nn.Parameter(torch.ones(8))
    with pytest.raises(RuntimeError, match="is not on the expected device"):
        model(torch.zeros(2, 8, dtype=torch.long, device="meta"))


@pytest.mark.parametrize("part", ["residual_stream", "token_losses"])
def test_what_looks_into_a_model_keeps_to_its_device(parts, part):
    model = small_model(parts).to("meta")
    found = getattr(parts, part)(model, torch.zeros(2, 8, dtype=torch.long, device="meta"))
    assert found.device.type == "meta"


def test_checks_and_students_code_stay_on_the_cpu(parts):
    """Also where a notebook has made another device torch's default."""
    seen = []

    def watched(scores):
        masked = parts.causal_mask(scores)
        seen.extend((scores.device.type, masked.device.type, torch.empty(1).device.type))
        return masked

    torch.set_default_device("meta")
    try:
        assert week05_attention.causal_mask.examine(watched).passed
    finally:
        torch.set_default_device(None)
    # The check also calls the code on the meta device on purpose, to see that it keeps to its inputs' device.
    ordinary = [seen[i : i + 3] for i in range(0, len(seen), 3) if seen[i] != "meta"]
    assert ordinary and all(each == ["cpu", "cpu", "cpu"] for each in ordinary)
