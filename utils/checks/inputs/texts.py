"""Texts of every kind for week 2's cases, drawn from a seed out of snippets and single characters."""

from utils.checks.engine.cases import Draw

SNIPPETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "prose": (
        " ",
        ("The king's dog didn't bark.", "Well, she'd gone home;", "they've seen it:", "I'll ask you again!",
         "Nobody knew (not even Ann).", "“We're late,” he said.", "An interpretability seminar -", "Yes..."),
    ),
    "capitals": (
        " ",
        ("HELLO", "hello", "Hello", "hELLO", "iPhone", "NASA's", "DON'T", "don't", "McDonald", "USA"),
    ),
    "digits": (
        ", ",
        ("1234 + 5678 = 6912", "2019", "3.14159", "10am", "x1y22z333", "1,000,000", "٣٤٥", "½", "Ⅻ", "007"),
    ),
    "code": (
        "\n    ",
        ("def f(x):", "return x[0] + 1", "if not done: # TODO", "print(f'{x:>8}')", "a_b = __name__", "x+=1;",
         "<div class=\"a\">&nbsp;</div>", "for i in range(10):\t# tab"),
    ),
    "runs of spaces": (
        "   ",
        ("a", " b", "  c ", "\n", "\n\n", "\t\t", "end  \n", "\u00a0x", "word", "\r\n", ","),
    ),
    "accents": (
        " ",
        ("naïve café", "Größe", "señor", "ça va", "Łódź", "Việt Nam", "I\u0307stanbul", "e\u0301tude",
         "Ωμέγα"),
    ),
    "CJK": (
        "",
        ("猫坐在垫子上，", "東京は夜の七時。", "고양이는 ", "因为它累了", "「はい」", "한국어 ",
         "カタカナ", "三百五十"),
    ),
    "other scripts": (
        " ",
        ("Кошка сидела", "القطة", "בית ספר", "नमस्ते", "แมวนั่ง", "გამარჯობა", "ኢትዮጵያ", "வணக்கம்"),
    ),
    "emoji": (
        "",
        ("🙂", "🎉🎉", "👩‍🚀", "🇫🇷", "👍🏽", "❤️", " 🚀 go", "ok 😀!", "1️⃣", "🧑🏿‍🤝‍🧑🏻"),
    ),
}  # fmt: skip
"""Each kind of text: the separator of its snippets, and the snippets."""

BLOCKS = (
    (0x20, 0x7F),
    (0xA1, 0x180),
    (0x3B1, 0x3CA),
    (0x410, 0x450),
    (0x5D0, 0x5EB),
    (0x4E00, 0x9FA6),
    (0xAC00, 0xD7A4),
    (0x2190, 0x2200),
    (0x1F300, 0x1F5FF),
)
"""Ranges of Unicode in which every code point is a character."""


def draw_text(draw: Draw, kind: str, snippets: int = 4) -> str:
    """Returns a text of one kind, made of that many snippets."""
    separator, choices = SNIPPETS[kind]
    return separator.join(draw.choose(choices) for _ in range(snippets))


def all_snippets(kind: str) -> str:
    """Returns all snippets of one kind, in one text: everything that a seed can draw."""
    separator, choices = SNIPPETS[kind]
    return separator.join(choices)


def draw_characters(draw: Draw, length: int = 24) -> str:
    """Returns characters from all blocks, in random order."""
    return "".join(chr(draw.choose(range(*draw.choose(BLOCKS)))) for _ in range(length))


def shown(text: str, longest: int = 60) -> str:
    """Returns the text in quotes for a case's label, shortened if it is long."""
    return repr(text if len(text) <= longest else text[:longest] + "…")
