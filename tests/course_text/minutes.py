"""The minutes that a week's text states: of its exercises, of the whole, and of the pair session."""

import re

from utils.weeks import Week

from .notebooks import PAIR_SESSION, cells, section, texts

WORDS_PER_MINUTE = 180
"""Of explanations with formulas and shapes, read with care."""
MINUTES_PER_DEMONSTRATION = 1.5
"""To run a look cell and to look at its result."""
ROUNDED_TO = 5
TOLERANCE = 8
"""By how many minutes the stated time of reading may differ from the rule: a small edit does not fail."""

EXERCISE = re.compile(
    r"^## (?P<kind>Exercise|Stretch) (?P<number>\d+) · .+?"
    r"^\*Difficulty \d of 5 · importance \d of 5 · (?P<minutes>\d+) minutes · "
    r"(?P<part>core|stretch), \d+ points\*$",
    re.MULTILINE | re.DOTALL,
)
_HEADING = re.compile(r"^## (Exercise|Stretch) \d+ · ", re.MULTILINE)
_FOLDED_HELP = re.compile(r"<details><summary>(Hint \d|If you see).*?</details>", re.DOTALL)
_TIME = re.compile(r"^\| \*\*Time\*\* \| (?P<stated>.+) \|$", re.MULTILINE)
_DURATION = r"(?:\d+ h(?: \d+ min)?|\d+ min)"
_STATED = re.compile(
    rf"reading and demonstrations (?P<reading>{_DURATION}) · core exercises (?P<core>{_DURATION})"
    rf"(?: \([^·|]+\))? · stretch (?P<stretch>{_DURATION})(?: · .+)?"
)


def exercises(week: Week) -> dict[str, dict[int, int]]:
    """The minutes of the week's exercises, by part (`core`, `stretch`) and number."""
    text = "\n\n".join(texts(week))
    found: dict[str, dict[int, int]] = {"core": {}, "stretch": {}}
    matches = list(EXERCISE.finditer(text))
    assert len(matches) == len(_HEADING.findall(text)), (
        "an exercise has no line with its difficulty and minutes"
    )
    for match in matches:
        assert (match["kind"] == "Stretch") == (match["part"] == "stretch"), match[0].split("\n")[0]
        found[match["part"]][int(match["number"])] = int(match["minutes"])
    return found


def reading(week: Week) -> float:
    """The minutes of the week's reading and demonstrations, without the folded hints and help with errors."""
    prose = [_without_help(text) for text in texts(week)]
    words = sum(len(re.findall(r"[^\W_]+", text)) for text in prose)
    looks = sum("look" in cell["metadata"].get("tags", []) for cell in cells(week))
    return words / WORDS_PER_MINUTE + looks * MINUTES_PER_DEMONSTRATION


def _without_help(text: str) -> str:
    # Hints 2 and 3 are nested inside hint 1.
    while (shorter := _FOLDED_HELP.sub("", text)) != text:
        text = shorter
    return text


def stated(week: Week) -> dict[str, int]:
    """The minutes that the front matter states, for `reading`, `core` and `stretch`.

    Raises:
        AssertionError: the line has another form.
    """
    line = _TIME.search(texts(week)[0])
    assert line, f"Week {week.number} states no time."
    match = _STATED.fullmatch(line["stated"])
    assert match, (
        f"Week {week.number}: {line['stated']!r} does not state three times; for example: {example(week)}"
    )
    return {name: minutes(match[name]) for name in ("reading", "core", "stretch")}


def example(week: Week) -> str:
    """The line that the front matter should have."""
    parts = exercises(week)
    read = ROUNDED_TO * round(reading(week) / ROUNDED_TO)
    core, stretch = (sum(parts[part].values()) for part in ("core", "stretch"))
    times = f"core exercises {duration(core)} · stretch {duration(stretch)}"
    return f"reading and demonstrations {duration(read)} · {times}"


def minutes(text: str) -> int:
    """The minutes of a duration such as `2 h 5 min`."""
    hours = re.search(r"(\d+) h", text)
    rest = re.search(r"(\d+) min", text)
    return 60 * int(hours[1] if hours else 0) + int(rest[1] if rest else 0)


def duration(total: int) -> str:
    """Minutes as they are written: `45 min`, `2 h`, `2 h 5 min`."""
    hours, rest = divmod(total, 60)
    return " ".join(([f"{hours} h"] if hours else []) + ([f"{rest} min"] if rest else []))


def plan(week: Week) -> list[tuple[int, int, dict[int, int]]]:
    """The rows of the pair session's plan: first and last minute, and the exercises with their minutes."""
    rows = re.findall(r"^\| (\d+)–(\d+) \| (.+) \|$", section(week, PAIR_SESSION), re.MULTILINE)
    return [
        (int(first), int(last), {int(n): int(m) for n, m in re.findall(r"\b(\d+) \((\d+) min\)", what)})
        for first, last, what in rows
    ]


def alone(week: Week) -> set[int]:
    """The core exercises that the plan leaves for the time before or after the session."""
    text = section(week, PAIR_SESSION)
    listed = re.findall(r"\*\*(?:Before|After) the session:\*\* exercises? ((?:\d+|, | and | to )+)", text)
    found: set[int] = set()
    for numbers in listed:
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", numbers):
            found |= set(range(int(first), int(last or first) + 1))
    return found
