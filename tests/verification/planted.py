"""Errors in the course's parts, and which facts find them: `python -m tests.verification.planted`.

An error is a row of the tables of known mistakes (solutions/*/mistakes.md), applied to the parts. The facts
are those of a narrow fake GPT-2, computed by Hugging Face, with the tolerances of the published ones. A
random model magnifies a difference more than the trained one: there the exact GELU moves logits by 0.01 to
0.05, which the losses can find and the five facts about logits cannot.
"""

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grader.tools.known_mistakes.table import read_table, table_path
from tests.repository.checkout import CHECKOUT
from utils.reference import Reference
from utils.verification import CourseParts, Fact, Outcome, parts, verify
from utils.weeks import find_week


@dataclass(frozen=True)
class Planted:
    """One row of a week's table of mistakes."""

    week: int
    check: str
    mistake: str

    def __str__(self) -> str:
        return f"{self.check}: {self.mistake}"


CAUGHT = (
    Planted(2, "encode_word", "highest rank first"),
    Planted(2, "encode_word", "leftmost first"),
    Planted(3, "PosEmbed", "counted from 1"),
    Planted(3, "embed_tokens", "positions forgotten"),
    Planted(4, "gelu", "exact GELU"),
    Planted(4, "standardise", "eps fixed at 1e-6"),
    Planted(4, "standardise", "eps fixed at 1e-12"),
    Planted(4, "standardise", "variance of a sample"),
    Planted(5, "attention_scores", "not scaled"),
    Planted(5, "causal_mask", "one token of the future shown"),
    Planted(6, "MultiHeadAttention", "b_O forgotten"),
    Planted(7, "GPT2", "ln_f missing"),
    Planted(7, "TransformerBlock", "post-norm"),
    Planted(7, "TransformerBlock", "ln_1 for both"),
    Planted(8, "fix_conv1d", "W_O transposed"),
    Planted(8, "split_c_attn", "heads innermost"),
    Planted(8, "split_c_attn", "heads in reverse"),
    Planted(8, "name_map", "ln_1 and ln_2 swapped"),
    Planted(9, "generate", "prompt forgotten"),
    Planted(10, "AdamW", "no bias correction"),
    Planted(10, "AdamW", "betas swapped"),
    Planted(10, "next_token_loss", "softmax twice"),
    Planted(12, "logit_difference", "sign swapped"),
)
"""At least one fact finds each of them."""

NOT_CAUGHT = {
    Planted(9, "generate", "context not cropped"): "no published text is longer than 50 tokens",
    Planted(9, "generate", "always greedy"): "what is published of sampling depends on torch's generator",
    Planted(10, "next_token_loss", "log of a softmax"): "no published loss is so large that its share is 0",
    Planted(10, "AdamW", "no decay"): "in ten steps decay moves a weight by 1e-5 of itself",
    Planted(10, "AdamW", "eps inside the root"): "a gradient of 1e-4 or more hides an eps of 1e-8",
}
"""No fact finds these; the checks of their weeks do."""


def parts_with(planted: Planted | None) -> CourseParts:
    """Returns the course's parts with the error, or without any.

    Raises:
        ValueError: an edit of the error does not apply exactly once.
    """
    texts = [parts.parts_code(), parts.last_week_code()]
    if planted is not None:
        rows = read_table(table_path(CHECKOUT, find_week(planted.week)))[planted.check]
        (row,) = (row for row in rows if row.name == planted.mistake)
        for edit in row.edits:
            if sum(text.count(edit.old) for text in texts) != 1:
                raise ValueError(f"{planted}: {edit.old!r} does not occur exactly once in the parts.")
            texts = [text.replace(edit.old, edit.new) for text in texts]
    return CourseParts(*texts)


def outcomes(planted: Planted | None, facts: list[Fact], reference: Reference) -> list[Outcome]:
    """Returns what becomes of the facts with that error in the parts."""
    return list(verify(facts, parts_with(planted), reference))


def found_by(planted: Planted, facts: list[Fact], reference: Reference) -> list[str]:
    """Returns the names of the facts that find an error."""
    return [
        outcome.fact.name
        for outcome in outcomes(planted, facts, reference)
        if outcome.state in {"differs", "error"}
    ]


def main() -> None:
    """Prints the table: an error a line, with the facts that find it."""
    from rich.console import Console
    from rich.table import Table

    facts, reference = fake_facts(Path(tempfile.mkdtemp()))
    table = Table("Error", "Week", "Found by")
    for planted in (*CAUGHT, *NOT_CAUGHT):
        names = found_by(planted, facts, reference)
        print(f"{planted}: {len(names)}", file=sys.stderr)
        table.add_row(str(planted), str(planted.week), f"{len(names)}: {', '.join(names)}")
    Console(width=160).print(table)


def fake_facts(cache: Path) -> tuple[list[Fact], Reference]:
    """Makes a narrow fake in this cache, which becomes the process's, and returns its facts and itself."""
    from huggingface_hub import constants

    from tests.fake_gpt2 import NARROW, put_fake_in_cache
    from tests.verification.hf_facts import with_hf_values
    from utils.reference import load
    from utils.verification import load_facts

    constants.HF_HUB_CACHE = os.environ["HF_HUB_CACHE"] = str(cache)
    put_fake_in_cache(cache, NARROW)
    reference = load("gpt2", quiet=True)
    return with_hf_values(load_facts(), reference), reference


if __name__ == "__main__":
    main()
