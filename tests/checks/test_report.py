"""The report: one line when right, readable everywhere, and never a traceback of the course's code."""

import json
import re

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from utils.checks.engine.cases import PUBLIC_SEED
from utils.checks.engine.check import use_judge
from utils.checks.engine.report import MIME, CheckFailed, Report, html_card

from .taught import ANSWER_KEYS, judge, name_of, solution
from .toy import DOUBLE, OneAnswerKey, report_on

SCRIPT = "<script>alert('x')</script> & \"quotes\""


def a_failure(**changes) -> Report:
    fields = {
        "week": "week05_attention",
        "check": "double",
        "passed": False,
        "cases": 3,
        "failed": 2,
        "headline": "2 of 3 cases differ from GPT-2",
        "lines": (("case", "batch 2"), ("where", "line 1\nline 2"), ("look at", "twice")),
        "mistake": "squared",
        "notes": ("UserWarning: old",),
    }
    return Report(**fields | changes)


PASSED = report_on(lambda x: 2 * x)
UNWRITTEN = a_failure(written=False, headline="not written yet", lines=(), notes=())


@pytest.mark.parametrize("answer_key", ANSWER_KEYS, ids=name_of)
def test_a_right_solution_gets_one_line(answer_key):
    text = str(answer_key.check.examine(solution(answer_key), judge(PUBLIC_SEED)))
    assert len(text.splitlines()) == 1
    assert text.startswith(f"✓ {answer_key.check.name}")


def test_a_note_on_a_right_solution_stays_in_the_line():
    text = str(report_on(lambda x: x.mul_(2)))
    assert len(text.splitlines()) == 1
    assert "changes its input x" in text


def test_a_failure_as_text():
    assert str(a_failure()).splitlines() == [
        "✗ double           2 of 3 cases differ from GPT-2",
        "  case     batch 2",
        "  where    line 1",
        "           line 2",
        "  look at  twice",
        "  note     UserWarning: old",
    ]


@pytest.mark.parametrize(
    ("report", "mark"), [(PASSED, "✓"), (a_failure(), "✗"), (UNWRITTEN, "○")], ids=["✓", "✗", "○"]
)
def test_the_mark(report, mark):
    assert report.mark == mark
    assert str(report).startswith(mark)
    assert f">{mark}</b>" in html_card(report)
    assert f'data-passed="{str(report.passed).lower()}"' in html_card(report)


def test_what_students_write_is_no_html():
    def double(x):
        raise ValueError(SCRIPT)

    card = html_card(report_on(double))
    assert "<script" not in card
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;quotes&quot;" in card


def test_no_field_of_a_report_is_html():
    marked = a_failure(check=SCRIPT, headline=SCRIPT, lines=((SCRIPT, SCRIPT),), notes=(SCRIPT,))
    assert "<script" not in html_card(marked)
    assert html_card(marked).count("&lt;script&gt;") == 6  # the name twice, as text and as data


def test_what_stands_between_backticks_is_code_in_a_card():
    lines = (
        ("look at", "does it end in `return`? A lone ` stays, and `a` <b> `c`"),
        ("where", "line 1 in f: `code`"),
    )
    report = a_failure(headline="`x`", lines=lines, notes=("`<i>`",))
    card = re.sub(r"<code [^>]*>", "<code>", html_card(report))
    assert "end in <code>return</code>? A lone ` stays, and " in card
    assert "<code>x</code>" in card and "<code>&lt;i&gt;</code>" in card
    assert "line 1 in f: `code`" in card
    assert "`return`" in str(report)  # a terminal shows them as they are


@pytest.mark.parametrize("report", [PASSED, a_failure(), UNWRITTEN], ids=["✓", "✗", "○"])
def test_every_colour_is_the_themes_with_one_to_fall_back_on(report):
    colours = re.findall(r"(?:color|background|border-left):([^;\"]+)", html_card(report))
    assert colours
    assert all(re.search(r"var\(--jp-[a-z0-9-]+, #[0-9a-f]+\)", colour) for colour in colours)


def test_the_card_needs_nothing_from_elsewhere():
    assert not re.search(r"https?:|src=|href=|<style|<link|url\(", html_card(a_failure()))


@pytest.mark.parametrize("report", [PASSED, a_failure(), UNWRITTEN], ids=["✓", "✗", "○"])
def test_a_notebook_keeps_the_report_as_data(report):
    bundle = report._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", MIME}
    assert Report.from_plain(json.loads(json.dumps(bundle[MIME]))) == report
    assert Report.from_plain(report.to_plain()) == report


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A real IPython shell, as in a kernel, which records the tracebacks that it shows."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    shell.stacks = []
    monkeypatch.setattr(shell, "_showtraceback", lambda kind, error, stack: shell.stacks.append(stack))
    shell.user_ns["DOUBLE"] = DOUBLE
    use_judge(OneAnswerKey(DOUBLE))
    yield shell
    use_judge(None)
    InteractiveShell.clear_instance()


WRONG, RIGHT = "DOUBLE.check(lambda x: 3 * x)", "DOUBLE.check(lambda x: 2 * x)"


def test_a_failed_check_raises_nothing_while_one_works(shell, capsys):
    result = shell.run_cell(WRONG)
    assert result.success and result.result is None
    assert capsys.readouterr().out.startswith("✗ double")


@pytest.mark.parametrize("run", ["autograde", "validate"])
def test_a_failed_check_raises_where_a_grade_is_made(shell, capsys, monkeypatch, run):
    monkeypatch.setenv("NBGRADER_EXECUTION", run)
    result = shell.run_cell(WRONG)
    assert isinstance(result.error_in_exec, CheckFailed)
    assert shell.stacks == [["CheckFailed: double: 2 of 2 cases differ from GPT-2"]]
    assert capsys.readouterr().out.startswith("✗ double")


def test_a_passed_check_never_raises(shell, capsys, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert shell.run_cell(RIGHT).success
    assert capsys.readouterr().out == "✓ double           2 of 2 cases equal GPT-2\n"


def test_without_ipython_the_report_is_printed(capsys):
    use_judge(OneAnswerKey(DOUBLE))
    try:
        assert DOUBLE.check(lambda x: 2 * x) is None
    finally:
        use_judge(None)
    assert capsys.readouterr().out == "✓ double           2 of 2 cases equal GPT-2\n"
