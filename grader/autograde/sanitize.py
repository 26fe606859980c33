"""Sanitizes a student's text for the pages that an instructor opens.

nbgrader shows written answers in formgrader and in the feedback with their HTML unchanged: a script in one
would run with the instructor's rights, and could give grades. Nothing is removed here; HTML and links to code
are broken by a space, so that they are shown and have no effect.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

_MOST_PICTURES = 50
"""Pictures of one text: an answer has one or two."""
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_PAGE = r"<?\s*+(?:https?://|mailto:|attachment:|#)"
"""The beginning of a harmless link. `*+` is possessive: else a million spaces would take quadratic time."""
_LINK = re.compile(rf"\](?=\(\s*+(?!{_PAGE}))")
_DEFINITION = re.compile(rf"\](?=:\s*+(?!{_PAGE}))")
_TEX = re.compile(r"\\(?=(?:href|require|cssId|class|style|mmlToken|bbox)(?![A-Za-z]))")
"""Commands of MathJax that make links, load code or reach the page around the formula."""
_PICTURE = re.compile(r"!(?=\[(?![^\]\n]{0,300}+\]\(\s*+attachment:))")
"""A picture from elsewhere is fetched as the page is opened, with the instructor's cookies; a link is not."""
_ATTACHMENT = re.compile(r"attachment:(?P<name>[^)\s>\"']*)")


def sanitized(text: str, attachments: frozenset[str] = frozenset()) -> str:
    """Returns the text without working HTML, links to anything but pages, or pictures from elsewhere.

    Pictures that are not among the `attachments` become links: nbconvert fails where one is missing.
    """
    for pattern in (_TAG, _LINK, _DEFINITION, _TEX, _PICTURE):
        text = pattern.sub(lambda found: f"{found[0]} ", text)
    return _ATTACHMENT.sub(lambda found: _known(found, attachments), text)


def with_plain_names(text: str, attachments: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Returns the text and its pictures with names that have one spelling only: `picture-1.png`.

    Editors write a name with spaces or umlauts in several ways (`Übung 1.png`, `%C3%9Cbung%201.png`);
    nbconvert handles one of them, and fails where it does not find a name.
    """
    kept = dict(list(attachments.items())[:_MOST_PICTURES])
    plain = {name: _plain_name(number, kinds) for number, (name, kinds) in enumerate(kept.items(), start=1)}
    spelt = {way: plain[name] for name in reversed(kept) for way in _spellings(name)}
    if spelt:
        ways = "|".join(map(re.escape, sorted(spelt, key=len, reverse=True)))
        pattern = re.compile(rf"<attachment:(?P<inside>{ways})>|attachment:(?P<name>{ways})(?=[\s)\"']|$)")
        text = pattern.sub(lambda found: f"attachment:{spelt[found['inside'] or found['name']]}", text)
    return text, {plain[name]: kinds for name, kinds in kept.items()}


def _plain_name(number: int, kinds: Mapping[str, str]) -> str:
    """Returns a name by the type of the picture: `picture-2.jpeg`."""
    return f"picture-{number}.{next(iter(kinds), 'png').rpartition('/')[2]}"


def _spellings(name: str) -> Iterator[str]:
    """Yields the spellings that a link may use for a file's name, without an empty one."""
    for form in ("NFC", "NFD"):
        for each in {name, unquote(name)}:
            normal = unicodedata.normalize(form, each)
            yield from filter(None, (normal, quote(normal), quote(normal, safe="!'()*;,/?:@&=+$#~")))


def _known(found: re.Match[str], attachments: frozenset[str]) -> str:
    return found[0] if found["name"] in attachments else f"attachment: {found['name']}"
