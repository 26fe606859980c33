"""A student's text as it may stand in a page that an instructor opens.

nbgrader shows written answers in formgrader and in the feedback with their HTML as it is: a script in one
would run with the instructor's rights, and could give grades. Nothing is taken away here; what would be HTML
or a link to code is parted by a space, so that it is shown and does nothing.
"""

import re

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_PAGE = r"<?\s*+(?:https?://|mailto:|attachment:|#)"
"""What a link may begin with. `*+` gives nothing back: a million spaces must not be tried a million times."""
_LINK = re.compile(rf"\](?=\(\s*+(?!{_PAGE}))")
_DEFINITION = re.compile(rf"\](?=:\s*+(?!{_PAGE}))")
_TEX = re.compile(r"\\(?=(?:href|require|cssId|class|style|mmlToken|bbox)(?![A-Za-z]))")
"""Commands of MathJax that make links, load code or reach the page around the formula."""
_PICTURE = re.compile(r"!(?=\[(?![^\]\n]{0,300}+\]\(\s*+attachment:))")
"""A picture from elsewhere is fetched as the page is opened, with the instructor's cookies; a link is not."""
_ATTACHMENT = re.compile(r"attachment:(?P<name>[^)\s>\"']*)")


def harmless(text: str, attachments: frozenset[str] = frozenset()) -> str:
    """The text without working HTML, without links to anything but pages, and with no picture that is not
    among the `attachments`: nbconvert makes no page at all where one is missing. Others are links.
    """
    for pattern in (_TAG, _LINK, _DEFINITION, _TEX, _PICTURE):
        text = pattern.sub(lambda found: f"{found[0]} ", text)
    return _ATTACHMENT.sub(lambda found: _known(found, attachments), text)


def _known(found: re.Match[str], attachments: frozenset[str]) -> str:
    return found[0] if found["name"] in attachments else f"attachment: {found['name']}"
