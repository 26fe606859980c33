"""The search for solution text: it finds what is planted, and nothing in what a build makes."""

import json

import nbformat
import pytest

from grader.build.source import read_source

from .leaks import find_leaks, needles, telling
from .small_course import EMBEDDINGS, TOKENS, VECTORS

LINE = "products = [one * other for one, other in zip(left, right, strict=True)]"


@pytest.fixture
def hidden(course):
    return needles(read_source(course, week) for week in (VECTORS, TOKENS, EMBEDDINGS))


def notebook_with(source: str = "", output: dict | None = None) -> str:
    cell = nbformat.v4.new_code_cell(source, outputs=[output] if output else [])
    return nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))


PLANTED = {
    "notes.md": f"The answer is `{LINE}`.",
    "module.py": f"class Other:\n        {LINE}\n",
    "wrapped.py": LINE.replace(" for ", "\n    for ").replace(", other in", ",\n    other in"),
    "spaced.txt": LINE.replace("*", "  *  ").replace("[", "[ "),
    "cell.ipynb": notebook_with(source=f"def dot_product(left, right):\n    {LINE}"),
    "output.ipynb": notebook_with(output=nbformat.v4.new_output("stream", text=f"In [3]: {LINE}\n")),
    "page.ipynb": notebook_with(
        output=nbformat.v4.new_output("display_data", {"text/html": f"<pre>{LINE}</pre>"})
    ),
    "results.json": json.dumps({"history": ["one", {"code": LINE}]}),
    "pair.py": "squared_length = dot_product(vector, vector)\n\n        return math.sqrt(squared_length)",
    "words.md": "A dot product is large when two vectors\npoint the same way and are long.",
    "course/week01_vectors/parts.py": LINE,
    "course/week03_embeddings/notes.py": LINE,
    "elsewhere/week03_embeddings/parts.py": LINE,
    "course/week03_embeddings/parts.py": (
        "pair_and_product = (most_frequent_pair(symbols), "
        "dot_product(vector, vector))\nreturn pair_and_product"
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_leak_is_found_and_named(hidden, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PLANTED[name])
    found = find_leaks(hidden, [path], tmp_path)
    assert found
    assert all(each.startswith(f"{name} holds ") for each in found)
    assert all("solutions/week0" in each for each in found)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("short.py", "return math.sqrt(squared_length)"),
        (
            "apart.py",
            "squared_length = dot_product(vector, vector)\nprint()\nreturn math.sqrt(squared_length)",
        ),
        ("stub.py", "def dot_product(left, right):\n    # YOUR CODE HERE\n    raise NotImplementedError()"),
        ("course/week02_tokens/parts.py", LINE),
    ],
)
def test_what_is_no_leak_is_not_named(hidden, tmp_path, name, text):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert find_leaks(hidden, [path], tmp_path) == []


def test_a_build_leaks_nothing(hidden, built):
    files = [path for path in (built / "course").rglob("*") if path.is_file()]
    assert len(files) == 3
    assert find_leaks(hidden, files, built) == []


def test_every_exercise_is_searched_for(hidden):
    exercises = {needle.where.split("(")[1].rstrip(")") for needle in hidden}
    assert {"dot_product", "length", "largest_place", "in_your_own_words", "embed"} <= exercises


def test_comments_after_code_are_not_part_of_the_needle():
    assert list(telling([f"{LINE}  # the products"])) == [LINE]
