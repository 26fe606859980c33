"""`course train-storyteller`: from nothing to a folder that HF reads, whatever happens in between."""

import dataclasses
import errno
import json

import pytest
import torch
import typer
from typer.testing import CliRunner

from grader.command_line.app import app
from grader.tools.storyteller import export, finish, training
from grader.tools.storyteller.order import TrainingOptions
from utils.errors import CourseError
from utils.reference import checksums

from .conftest import TINY, TOKENS


@pytest.fixture
def output(tmp_path):
    return tmp_path / "teller"


@pytest.fixture
def checkpoint(output):
    return TrainingOptions(output).checkpoint


class PowerCut(Exception):
    """Ends a training in the middle."""


def broken_off(train, output, parts, monkeypatch, step, by=PowerCut):
    """A training that is broken off when it begins step number `step`."""
    whole = parts.train_step
    steps = iter(range(10**6))

    def train_step(*arguments):
        if next(steps) == step:
            raise by
        return whole(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(parts, "train_step", train_step)
        train(output)


def files(folder):
    """The folder's files and what is in them."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_trains_from_nothing(train, output):
    found = train(output)
    assert found.n_stories >= 2
    assert 0 < found.floor < found.loss < 12
    assert f"{found.loss:.4f} nats per token" in train.said
    for step in (0, 4, 8, 10):
        assert f"\nstep {step}: " in train.said
    assert {path.name for path in output.parent.iterdir()} == {output.name}


def test_what_it_writes_is_whole(finished):
    assert checksums.problems(finished) == []
    names = {"README.md", "SHA256SUMS", "config.json", "generation_config.json", "merges.txt"}
    assert names | {"model.safetensors", "tokenizer_config.json", "vocab.json"} == set(files(finished))
    assert json.loads((finished / "tokenizer_config.json").read_text())["model_max_length"] == TINY.n_ctx


def test_hfs_auto_classes_read_it(finished):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(finished)
    tokenizer = AutoTokenizer.from_pretrained(finished)
    assert (model.dtype, model.config.vocab_size, len(tokenizer)) == (torch.float32, 50257, 50257)
    ids = tokenizer("One morning", return_tensors="pt")
    assert model(**ids).logits.shape == (1, 2, 50257)


def test_the_card_states_the_numbers(finished):
    card = (finished / "README.md").read_text()
    assert "2 layers, 2 heads and d_model 8" in card
    assert f"{TOKENS:,} tokens of stories" in card
    assert "\n2. " in card and "\n3. " not in card


def test_a_training_that_was_broken_off_ends_with_the_same_bits(
    train, parts, output, checkpoint, finished, monkeypatch
):
    with pytest.raises(PowerCut):
        broken_off(train, output, parts, monkeypatch, step=9)
    assert torch.load(checkpoint, weights_only=True)["step"] == 8
    train(output, resume=True)
    assert files(output) == files(finished)
    assert not checkpoint.exists()


def test_ctrl_c_says_how_to_go_on(train, parts, output, checkpoint, monkeypatch):
    with pytest.raises(typer.Exit) as stopped:
        broken_off(train, output, parts, monkeypatch, step=5, by=KeyboardInterrupt)
    assert stopped.value.exit_code == 130
    assert f"Everything up to step 4 is in {checkpoint}; go on with --resume." in train.said
    assert torch.load(checkpoint, weights_only=True)["step"] == 4
    assert not output.exists()


def test_ctrl_c_before_the_first_checkpoint_says_so(train, parts, output, monkeypatch):
    with pytest.raises(typer.Exit):
        broken_off(train, output, parts, monkeypatch, step=2, by=KeyboardInterrupt)
    assert "There was no checkpoint yet" in train.said
    assert list(output.parent.iterdir()) == []


def test_minutes_become_tokens(train, output, monkeypatch):
    from grader.command_line import train_storyteller

    seconds = iter([0.0, 8.0])  # 8 steps in as many seconds
    monkeypatch.setattr(train_storyteller.time, "perf_counter", lambda: next(seconds))
    train(output, minutes=0.1)
    assert f"{int(6 * train_storyteller.FOR_LEARNING)} steps of {TINY.tokens_per_step} tokens" in train.said


REFUSED = {
    "two lengths": ({"minutes": 1.0, "tokens": 5}, "Give --minutes or --tokens, not both"),
    "minutes and --resume": ({"resume": True, "minutes": 5.0}, "or leave its length away"),
    "nothing to resume": ({"resume": True}, "There is nothing to resume"),
}


@pytest.mark.parametrize(("order", "sentence"), REFUSED.values(), ids=REFUSED)
def test_an_order_that_makes_no_sense_is_refused(train, output, order, sentence):
    with pytest.raises(CourseError, match=sentence):
        train(output, **order)
    assert not output.exists()


def test_a_checkpoint_is_never_written_over(train, output, checkpoint):
    checkpoint.write_bytes(b"hours of work")
    with pytest.raises(CourseError, match="Go on with --resume, or delete it"):
        train(output)
    assert checkpoint.read_bytes() == b"hours of work"


def test_a_folder_in_use_is_never_written_over(train, output):
    output.mkdir()
    (output / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="is not empty"):
        train(output)
    assert files(output) == {"thesis.txt": b"mine"}


def test_a_folder_is_replaced_on_request(train, output):
    output.mkdir()
    (output / "model.safetensors").write_text("of yesterday")
    train(output, overwrite=True)
    assert checksums.problems(output) == []
    assert {path.name for path in output.parent.iterdir()} == {output.name}


@pytest.mark.parametrize("place", ["a file", "nowhere"])
def test_a_place_that_cannot_be_a_folder_is_refused(train, output, place):
    if place == "a file":
        output.write_text("mine")
        sentence = "is a file"
    else:
        output, sentence = output / "deeper" / "teller", "is not there. Make it first"
    with pytest.raises(CourseError, match=sentence):
        train(output)


@pytest.mark.parametrize("damage", [b"", b"half a file", None])
def test_a_damaged_checkpoint_is_named(train, parts, output, checkpoint, monkeypatch, damage):
    with pytest.raises(PowerCut):
        broken_off(train, output, parts, monkeypatch, step=5)
    whole = checkpoint.read_bytes()
    checkpoint.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    with pytest.raises(CourseError, match=r"checkpoint\.pt is damaged: it cannot be read"):
        train(output, resume=True)
    assert checkpoint.exists()


def test_a_checkpoint_of_another_configuration_is_named(train, parts, output, checkpoint, monkeypatch):
    with pytest.raises(PowerCut):
        broken_off(train, output, parts, monkeypatch, step=5)
    before = checkpoint.read_bytes()
    for changed in ({"d_model": 12}, {"max_lr": 0.5}, {"n_layers": 1}):
        with pytest.raises(CourseError, match="belongs to another training"):
            train(output, dataclasses.replace(TINY, **changed), resume=True)
    assert checkpoint.read_bytes() == before


def test_a_training_can_be_made_longer(train, parts, output, checkpoint, monkeypatch):
    with pytest.raises(PowerCut):
        broken_off(train, output, parts, monkeypatch, step=5)
    more = TOKENS + 4 * TINY.tokens_per_step
    train(output, resume=True, tokens=more)
    assert "\nstep 14: " in train.said
    assert f"{more:,} tokens of stories" in (output / "README.md").read_text()


def test_a_training_cannot_be_made_shorter_than_it_is(train, parts, output, checkpoint, monkeypatch):
    with pytest.raises(PowerCut):
        broken_off(train, output, parts, monkeypatch, step=9)
    before = checkpoint.read_bytes()
    with pytest.raises(CourseError, match="name a larger number"):
        train(output, resume=True, tokens=5 * TINY.tokens_per_step)
    with pytest.raises(CourseError, match="belongs to another training"):
        train(output, dataclasses.replace(TINY, batch_size=3), resume=True, tokens=TOKENS)
    assert checkpoint.read_bytes() == before


@pytest.mark.parametrize("content", [{"weights": 1}, [1, 2], {"settings": {"batch_size": 3}}])
def test_a_file_that_is_no_checkpoint_is_named(train, output, checkpoint, content):
    torch.save(content, checkpoint)
    with pytest.raises(CourseError, match="belongs to another training"):
        train(output, resume=True)


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_the_last_checkpoint_whole(
    train, parts, output, checkpoint, finished, monkeypatch
):
    save, saved = torch.save, []

    def save_twice(content, path):
        saved.append(path)
        save(content, path)
        if len(saved) == 2:
            path.write_bytes(b"half a file")
            full_disk()

    monkeypatch.setattr(torch, "save", save_twice)
    with pytest.raises(CourseError, match="could not be written: No space left on device") as problem:
        train(output)
    assert f"{checkpoint} is whole" in str(problem.value)
    assert [path.name for path in output.parent.iterdir()] == [checkpoint.name]
    monkeypatch.setattr(torch, "save", save)
    train(output, resume=True)
    assert files(output) == files(finished)


def test_torchs_own_error_for_a_full_disk_is_understood(train, output, monkeypatch):
    def save(content, path):
        raise RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 64 vs 0: write failed")

    monkeypatch.setattr(torch, "save", save)
    with pytest.raises(CourseError, match="No checkpoint had been written yet"):
        train(output)


def test_another_error_of_torch_is_not_hidden(train, parts, output, monkeypatch):
    def train_step(*arguments):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(parts, "train_step", train_step)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        train(output)


@pytest.mark.parametrize(
    "where", [(finish, "export"), (finish, "put_in_place"), (export, "_write_tokenizer")]
)
def test_a_full_disk_at_the_end_loses_nothing(train, output, checkpoint, finished, monkeypatch, where):
    with monkeypatch.context() as patch:
        patch.setattr(*where, full_disk)
        with pytest.raises(CourseError, match="The trained model is safe in"):
            train(output)
    assert [path.name for path in output.parent.iterdir()] == [checkpoint.name]
    train(output, resume=True)
    assert files(output) == files(finished)


def test_what_was_there_comes_back_when_it_cannot_be_replaced(tmp_path, monkeypatch):
    draft, folder = tmp_path / "new", tmp_path / "teller"
    for each in (draft, folder):
        each.mkdir()
        (each / "name.txt").write_text(each.name)
    rename = type(draft).rename

    def stubborn(path, target):
        return full_disk() if path == draft else rename(path, target)

    monkeypatch.setattr(type(draft), "rename", stubborn)
    with pytest.raises(OSError, match="No space left"):
        export.put_in_place(draft, folder)
    assert files(folder) == {"name.txt": b"teller"}


def test_without_the_solutions_it_says_what_is_missing(tmp_path):
    from grader.tools.storyteller.official_parts import official_parts

    with pytest.raises(CourseError, match="Week 11 has no source yet"):
        official_parts(tmp_path)


def test_bad_options_end_with_a_code_that_is_not_0(tmp_path):
    for options in (["--minutes", "0"], ["--tokens", "-3"], ["--tokens", "many"]):
        outcome = CliRunner().invoke(app, ["train-storyteller", *options, "--output", str(tmp_path / "it")])
        assert outcome.exit_code == 2
        assert options[0] in outcome.output


def test_each_chunk_of_stories_is_new(parts):
    text = training.StoryText(TINY)
    chunks = [text.chunk_at(step).tolist() for step in (0, 2, 3)]
    assert chunks[0] == chunks[1] != chunks[2]
    assert [step for step in range(10) if text.is_new_chunk(step)] == [0, 3, 6, 9]
