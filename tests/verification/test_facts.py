"""The file of published facts, and when a value agrees with one."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from utils.reference import CONFIGS
from utils.reference.tokenizer_files import load_tokenizer
from utils.verification import load_facts
from utils.verification.agreement import agrees, distance, shown
from utils.verification.facts import FACTS
from utils.verification.measures import MEASURES
from utils.verification.parts import WEEK_OF

FACT = {fact.name: fact for fact in load_facts()}


def test_there_are_27_facts_each_with_its_source():
    assert sorted({fact.number for fact in FACT.values()}) == list(range(1, 28))
    assert len(FACT) == len(load_facts()) == 29
    for fact in FACT.values():
        assert fact.source and fact.quantity
        assert fact.kind in MEASURES or (fact.kind == "not run" and fact.note)
        assert shown(fact, fact.value)


def test_two_values_are_marked_as_from_memory():
    assert {fact.name for fact in FACT.values() if fact.from_memory} == {"file-size", "file-sha256"}


def test_facts_that_rest_on_the_other_gelu_say_so_and_have_a_wider_tolerance():
    erf = {fact.name for fact in FACT.values() if "erf" in fact.note}
    assert {f"logits-ex{number}" for number in range(5)} <= erf
    assert all(FACT[name].tolerance >= 0.01 for name in erf)
    assert FACT["attention-0.0-ex0"].name not in erf  # it is of layer 0, which comes before any GELU


def test_the_published_ids_are_those_of_the_published_prompts():
    tokenizer = load_tokenizer()
    for fact in FACT.values():
        if fact.kind == "logits":
            assert tokenizer.encode(fact.prompt) == fact.value["ids"]
        if fact.kind == "greedy" and isinstance(fact.value, str):
            start, text = fact.prompt["start"], fact.value
            assert text.startswith(start)
            assert len(tokenizer.encode(text)) == len(tokenizer.encode(start)) + fact.prompt["new_tokens"]


def test_the_parameters_are_those_of_gpt2_small():
    config = CONFIGS["gpt2"]
    per_block = 12 * config.d_model**2 + 13 * config.d_model
    tables = (config.d_vocab + config.n_ctx) * config.d_model
    assert FACT["parameters"].value == config.n_layers * per_block + tables + 2 * config.d_model


def test_the_speeches_are_enough_for_five_batches():
    text = (FACTS.parent / "shakespeare.txt").read_text(encoding="utf-8")
    assert text.startswith("First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\n")
    ids = load_tokenizer().encode("<|endoftext|>" + text.replace("\n\n", "\n\n<|endoftext|>"))
    assert len(ids) > 5 * 4 * 64 and ids[:3] == [50256, 5962, 22307]


def test_every_part_that_is_used_has_its_week():
    used = set()
    for file in FACTS.parent.glob("*.py"):
        for piece in file.read_text(encoding="utf-8").split('parts.get("')[1:]:
            used.add(piece.partition('"')[0])
    assert used | {"previous_token_score", "first_token_score"} == set(WEEK_OF)


def test_what_is_published_agrees_with_itself_and_not_with_something_else():
    for fact in FACT.values():
        if fact.kind in {"logits", "attribution", "not run"}:
            continue
        assert agrees(fact, fact.value)
    loss = FACT["loss-shakespeare"]
    assert agrees(loss, loss.value + 0.9e-4) and not agrees(loss, loss.value + 1.1e-4)
    assert not agrees(loss, float("nan"))
    assert not agrees(FACT["adamw-10-steps"], FACT["adamw-10-steps"].value[:-1])
    assert not agrees(FACT["parameters"], FACT["parameters"].value + 1)
    assert agrees(FACT["induction-heads"], ["0.1", "6.9", "5.5"])
    assert not agrees(FACT["induction-heads"], ["0.1", "6.9", "5.6"])
    previous = FACT["previous-token-4.11"]
    assert not agrees(previous, {"head": "4.10", "share": previous.value["share"]})
    circuit = FACT["ioi-circuit"]
    assert agrees(circuit, {"for": [1.0, 0.5, 0.1], "against": [-1.0, -0.2]})
    assert not agrees(circuit, {"for": [1.0, 0.5, 0.1], "against": [-1.0, 0.2]})


def ours(fact, **changes):
    """Our value as it would be measured if it were the published one, with changes."""
    return {**fact.value, "top logits": fact.value["logits"], **changes}


def test_near_ties_may_change_places_and_other_tokens_may_not():
    fact = FACT["logits-ex3"]
    first, second, third, fourth, fifth = fact.value["top"]
    assert agrees(fact, ours(fact))
    assert agrees(fact, ours(fact, top=[first, third, fourth, second, fifth]))
    # A token that was not published may take the fifth's place if it is as likely, and not if it is likelier.
    other = [*fact.value["logits"][:4], fact.value["logits"][4] + 0.01]
    assert agrees(fact, ours(fact, top=[first, second, third, fourth, 11], **{"top logits": other}))
    likelier = {"top logits": [fact.value["logits"][4] + 0.3, *fact.value["logits"][1:]]}
    assert not agrees(fact, ours(fact, top=[11, second, third, fourth, fifth], **likelier))
    shifted = [logit + 0.11 for logit in fact.value["logits"]]
    assert not agrees(fact, ours(fact, logits=shifted))
    assert not agrees(fact, ours(fact, ids=fact.value["ids"][1:]))
    assert not agrees(fact, ours(fact, first3=[0.0, 0.0, 0.0]))


def test_distance_is_infinite_where_numbers_cannot_be_compared():
    assert distance([1.0, 2.0], [1.0, 2.5]) == 0.5
    assert distance([1.0], [1.0, 2.0]) == distance([1.0], [float("nan")]) == float("inf")


@pytest.mark.parametrize("change", [{"value": None}, {"tolerance": 1}])
def test_another_file_of_facts_is_read(tmp_path: Path, change):
    entry = replace(FACT["greedy-the-dog"], **change).__dict__
    (tmp_path / "facts.json").write_text(json.dumps([entry]))
    assert load_facts(tmp_path / "facts.json")[0].__dict__ == entry
