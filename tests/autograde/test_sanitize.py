"""What a student writes is shown in the instructor's browser, and does nothing there."""

import re
from functools import partial
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from grader.autograde.sanitize import sanitized, with_plain_names

PICTURE = {"a.png": {"image/png": '"><script>alert(1)</script>'}}


def page(text: str, pictures: dict | None = None) -> str:
    """The text as nbgrader's formgrader and feedback show it."""
    renderer = IPythonRenderer(escape=False, attachments=pictures or {})
    return MarkdownWithMath(renderer=renderer).render(text)


WORKS = re.compile(
    r"<script|<svg|<img (?!src=\"data:image/)|<b |javascript:[^<]*\">|\\href|\\mmlToken|\\bbox|<!--",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "# <svg onload=alert(1)>",
        "| a |\n|---|\n| <b onclick=alert(1)>b</b> |",
        "[x](javascript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](\n JavaScript:alert(1))",
        "[x](<javascript:alert(1)>)",
        "[x][y]\n\n[y]: javascript:alert(1)",
        "<javascript:alert(1)>",
        "$\\href{javascript:alert(1)}{x}$",
        "$\\href_1$",
        "$\\mmlToken{mi}[href='javascript:alert(1)']{x}$",
        "$\\bbox[position:fixed;top:0]{x}$",
        "```mermaid\n<script>alert(1)</script>\n```",
        "text <!-- a comment -->",
        "![x](https://example.org/logout)",
        "![x][y]\n\n[y]: https://example.org/logout",
    ],
)
def test_nothing_works_that_would_have(text):
    assert WORKS.search(page(text))
    assert not WORKS.search(page(sanitized(text)))


def test_a_picture_that_is_missing_stops_no_page():
    assert "no.png" in page(sanitized("![p](attachment:no.png)"))
    assert 'src="data:image/png;base64,' in page(
        sanitized("![p](attachment:a.png)", frozenset(PICTURE)), PICTURE
    )
    assert "<script" not in page(sanitized("![p](attachment:a.png)", frozenset(PICTURE)), PICTURE)


@pytest.mark.parametrize(
    "text",
    [
        "1 < 2, a <= b, **bold**, `x[i]`, $\\frac{a}{b} < \\textstyle c$",
        "See [the paper](https://arxiv.org/abs/1706.03762) and [below](#below).",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "```python\nscores.masked_fill(mask, -math.inf)\n```",
    ],
)
def test_ordinary_text_is_as_it_was(text):
    assert sanitized(text) == text


def test_a_million_spaces_are_gone_over_once():
    for text in (
        "[a](" + " " * 10**6 + "https://example.org)",
        "[a]:" + "\n" * 10**6 + "https://example.org",
    ):
        assert sanitized(text) == text
    assert sanitized("[a](" + " " * 10**6 + "javascript:alert(1))").startswith("[a] (")


NAMES = [
    "a.png",
    "Übung 1 (2).png",
    "a b.png",
    "a'b.png",
    'x"y.png',
    "a%20b.png",
    "a&b#c.png",
    "日本.png",
    "a[1].png",
]
LINKS = [
    "![x](attachment:{})",
    '![x](attachment:{} "a title: ü")',
    "![x](attachment:{} 'b')",
    "![x](<attachment:{}>)",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("spelt", [str, quote, partial(quote, safe="!'()*;,/?:@&=+$#~")])
def test_a_picture_is_shown_however_its_name_is_spelt(name, link, spelt):
    text, pictures = with_plain_names(link.format(spelt(name)), {name: {"image/png": "iVBO"}})
    assert 'src="data:image/png;base64,iVBO"' in page(sanitized(text, frozenset(pictures)), pictures)


MARKDOWN = st.lists(
    st.sampled_from(
        [
            "![",
            "[",
            "]",
            "](",
            ")",
            "<",
            ">",
            "attachment:",
            "a.png",
            "ü",
            " ",
            '"t"',
            "\n\n",
            ": ",
            "&#97;",
            "%41",
        ]
    )
)


@given(MARKDOWN.map("".join), st.sampled_from(NAMES))
def test_any_text_makes_a_page(text, name):
    text, pictures = with_plain_names(text, {name: {"image/png": "iVBO"}, "a.png": {"image/jpeg": "iVBO"}})
    assert isinstance(page(sanitized(text, frozenset(pictures)), pictures), str)
