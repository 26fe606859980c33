# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 2 · Byte-pair encoding, exactly GPT-2's
#
# **The big idea.** GPT-2 does not read text. It reads numbers, and each number is the id of a **token**, a piece of text from a fixed list: single letters, parts of words, whole words. The list was found by counting: the two neighbouring tokens that occurred together most often in a large text were merged into a new one, fifty thousand times. The method is **byte-pair encoding** (**BPE**; for language models: Sennrich et al., 2016, arXiv:1508.07909), and because it begins with bytes, GPT-2's is called **byte-level BPE**.
#
# | | |
# |---|---|
# | **You will have built** | GPT-2's tokenizer, from the first byte to the last id, equal to the real one on any text |
# | **You need** | Python's strings, lists and dicts; from week 1 only the idea that an id picks a row of W_E |
# | **Time** | reading and demonstrations 1 h 5 min · core exercises 2 h 35 min · stretch 35 min |
# | **Where we are** | text → **tokens** → embeddings → blocks → logits → probabilities → next token |
#
# Last week you saw the whole machine from above. This week begins at its front, where a text becomes ids. Nothing of this is learned by gradient descent: it happens before the model begins and after it has ended, and several oddities of language models come from it.
#
# Two notations appear in the signatures. `tuple[str, ...]` is a tuple of any number of strings. `dict[tuple[str, str], int]` is a dict whose keys are pairs of strings and whose values are whole numbers.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write your code; the check below it compares the result with GPT-2's own tokenizer, with Hugging Face's BPE, or with a count by hand, as its last words tell you.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import inspect
import json
import math
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import regex
import torch

from utils import pictures, reference
from utils.checks import week02_tokens as checks
from utils.quiz import Choice, Question, quiz
from utils.scratchpad import Scratchpad
from utils.story_world import story
from utils.tokens import END_OF_TEXT, token_strings, vocabulary_files

gpt2 = reference.load()

# %% [markdown]
# ## A first look
#
# **Into how many tokens is *Mechanistic interpretability* cut, and where?** Decide first: write your cuts with | into the next cell. The cell after it calls the model's own **tokenizer**.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
print(" | ".join(token_strings(gpt2.tokenizer.encode("Mechanistic interpretability"))))

# %% [markdown]
# The dot is a space, and it belongs to the token after it. The cuts follow neither syllables nor word stems; in exercise 7 you make them yourself.
#
# Now type what you like. **Find three things:** a common word that is a single token; the same word in capitals, which takes several; one character that takes several tokens. (Your name? A year? An emoji? Three spaces?)

# %% tags=["look", "raises-exception"]
pictures.token_explorer(gpt2.tokenizer.encode, "Hello HELLO, 3+4=7   naïve 🦙")

# %% [markdown]
# ## The idea in plain words
#
# A model computes with numbers. Which things should get one?
#
# - **Every word?** The list would never be complete. Names, typing errors and compounds would have no number, and *cat* and *cats* would be unrelated.
# - **Every character?** Unicode 16 has 154,998 of them, and a page would become thousands of numbers. The cost of attention grows with the square of the length, as week 7 will show.
# - **Every byte?** Any text, in any script, is bytes, and there are only 256 of them. But the sequences are longer still.
#
# Byte-pair encoding is a compromise. It begins with the 256 bytes, so that every text can be written, and then makes longer tokens where they save most: the two tokens that are neighbours most often in a large text are **merged** into a new one. Then the next two, and so on. Frequent words end up as one token; rare ones stay cut into several.
#
# So there are two halves. *Training* the tokenizer happened once, before GPT-2 itself was trained; its result is a list of 50,000 merges in order. *Encoding* happens for every text: the same merges are applied to it, by their order in the list.
#
# The terms of this week. A **byte** is a number from 0 to 255. GPT-2's files write each byte as one printable character, its **byte-level character**. A text is first cut into **pre-tokens**, which no merge ever leaves: `·cat` is one, and so are `,` and `'ll`. Each pre-token is a sequence of **tokens** (papers also say *symbols*): single byte-level characters at first, longer ones after each merge. Each token has a number, its **id**. In the code of this week, `word` is one pre-token and `words` are several.

# %% [markdown]
# ## The idea in shapes
#
# | step | what | type | an example |
# |---|---|---|---|
# | | text | `str` | `"hi there"` |
# | 1 | pre-tokens | `list[str]` | `["hi", " there"]` |
# | 2 | bytes of each pre-token | `list[int]` | `[32, 116, 104, 101, 114, 101]` |
# | 3 | the same as byte-level characters | `str` | `"Ġthere"` |
# | 4 | tokens, after all merges that apply | `list[str]` | `["Ġthere"]` |
# | 5 | ids | `list[int]` | `[5303, 612]` |
# | 6 | a batch of prompts of the same length | tensor `batch seq` | |
#
# And back: ids → tokens → byte-level characters → bytes → text. Going back cuts nothing and merges nothing.
#
# **What do the model's first axes look like?** Two prompts of six tokens each, the batch that the shape tables of all weeks are about.

# %% tags=["look", "raises-exception"]
prompts = ["The cat sat on the mat", "A king and queen went home"]
tokens = torch.tensor([gpt2.tokenizer.encode(prompt) for prompt in prompts])
print(tokens)
pad = Scratchpad(batch=2, seq=6)
pad.note("tokens", tokens, "batch seq")
pad

# %% [markdown]
# ## Exercise 1 · `utf8_bytes`
#
# *Difficulty 1 of 5 · importance 5 of 5 · 5 minutes · core, 6 points*
#
# **Why.** Computers store text as bytes, and **UTF-8** is the usual encoding. An *a* takes one byte, an *é* two, a *猫* three, a *🙂* four. GPT-2's tokenizer begins with bytes; that is why it can encode every text.
#
# Return the bytes as a list of whole numbers from 0 to 255, in order.
#
# <details><summary>Hint 1 · a question</summary>
#
# A character's number in Unicode can be over a million. How can it be written with numbers below 256? Is that what `ord` does, or is there a method of `str` for it?
#
# <details><summary>Hint 2 · how to get numbers</summary>
#
# `str.encode` makes a `bytes` object from a text. A `bytes` object is a sequence of numbers: try `list(b"hi")`.
#
# </details>
# </details>
#
# <details><summary>If you see "these are code points, not bytes"</summary>
#
# `ord("é")` is 233, which is the number of the character, its code point. UTF-8 writes it as the two bytes 195 and 169.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "utf8_bytes", "locked": false, "schema_version": 3, "solution": true, "task": false}
def utf8_bytes(text: str) -> list[int]:
    """The bytes of the text in UTF-8, numbers from 0 to 255. An empty text has none."""
    ### BEGIN SOLUTION
    return list(text.encode("utf-8"))
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_utf8_bytes", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.utf8_bytes(utf8_bytes)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ utf8_bytes       12 of 12 cases equal Python's own UTF-8`. Below: one byte for *a*, two for *é*, three for *猫*, four for *🙂*.
#
# </details>

# %% tags=["look", "raises-exception"]
for character in "aé猫🙂":
    print(character, utf8_bytes(character))

# %% [markdown]
# **Why UTF-8, and not UTF-16 or UTF-32?** All three write every text as bytes. Compare how many bytes they need, and how many of these are 0. A tokenizer that merges bytes has to spend merges on whatever is frequent in them.

# %% tags=["look", "raises-exception"]
for text in ("The cat sat on the mat.", "Die Katze saß da.", "猫坐在垫子上。"):
    for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
        data = text.encode(encoding)
        print(f"{encoding:10} {len(data):3} bytes, of which {data.count(0):3} are 0   {text}")

# %% [markdown]
# **Is every sequence of bytes a text?** In UTF-8 a byte below 128 is a whole character. A byte from 192 on begins a longer one, and says how many bytes from 128 to 191 must follow it. Which of these five are texts?

# %% tags=["look", "raises-exception"]
for numbers in ([65, 66], [195, 169], [195], [169, 195], [255]):
    try:
        print(numbers, "is", repr(bytes(numbers).decode("utf-8")))
    except UnicodeDecodeError as problem:
        print(numbers, "is not a text:", problem.reason)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# For the English sentence 23 bytes in UTF-8, none of them 0; 46 in UTF-16, half of them 0; 92 in UTF-32, three quarters of them 0. The Chinese sentence is shorter in UTF-16 (14 bytes beside 21). The first two sequences are texts, *AB* and *é*, and the others are not. So a token that ends inside a character is not a text by itself, and exercise 10 has to deal with it.
#
# </details>

# %% [markdown]
# ## Exercise 2 · `bytes_to_unicode`
#
# GPT-2's merges are stored in a text file, two tokens to a line with a space between them. **What would go wrong if the tokens were written as raw bytes?** One of the bytes is a space, one is a line break, and many cannot be printed at all.
#
# So each byte is written as one printable character, its **byte-level character**. The rule has two halves:
#
# - The bytes **33 to 126, 161 to 172 and 174 to 255** (both ends included) are printable characters as they are. They keep their number: byte 65 is `A`.
# - The other 68 bytes get, in increasing order, the characters with the numbers **256, 257, 258, …** Byte 0 is character 256, byte 1 is character 257, and so on; the bytes that keep their number are skipped and use up no number here.
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · core, 8 points*
#
# **Why.** A tokenizer's files are full of `Ġthe` and `Ċ`. After this exercise you can read them.
#
# <details><summary>Hint 1 · a question</summary>
#
# Go through the bytes from 0 to 255. There are two cases; in one of them something has to be counted. What?
#
# <details><summary>Hint 2 · the functions</summary>
#
# `chr(65)` is `"A"`. `range(33, 127)` ends with 126. `number in range(33, 127)` is a quick test.
#
# </details>
# </details>
#
# <details><summary>If you see "the moved bytes are numbered by the byte"</summary>
#
# Character 256 + byte leaves gaps. How many bytes have been moved before this one? That is what is added to 256.
#
# </details>
#
# <details><summary>If you see that byte 173 is wrong</summary>
#
# Byte 173 is the soft hyphen, which is invisible. Look at the three ranges again: it is in the gap between two of them.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "bytes_to_unicode", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bytes_to_unicode() -> dict[int, str]:
    """The byte-level character, one printable character, of each of the 256 bytes. No two are the same."""
    ### BEGIN SOLUTION
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    sign_of, moved = {}, 0
    for byte in range(256):
        if byte in printable:
            sign_of[byte] = chr(byte)
        else:
            sign_of[byte] = chr(256 + moved)
            moved += 1
    return sign_of
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_bytes_to_unicode", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.bytes_to_unicode(bytes_to_unicode)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ bytes_to_unicode 4 of 4 cases equal GPT-2`. In the look below: `Ġ` where there was a space, `Ċ` for the line break, two characters for *é* (`Ã©`), four for the smiling face.
#
# </details>
#
# **So what is `Ġ`?** Here are a few texts in byte-level characters.

# %% tags=["look", "raises-exception"]
character_of = bytes_to_unicode()
for text in ["hi there", "two\nlines", "café", "🙂"]:
    print(f"{text!r:14}", "".join(character_of[byte] for byte in utf8_bytes(text)))

# %% [markdown]
# ## Exercise 3 · `pretokenize`
#
# In English text an *e* is very often followed by a space. **Should the two ever become one token?** GPT-2's authors found that BPE without a rule spends vocabulary on forms such as `dog.`, `dog!` and `dog?` (Radford et al., 2019, section 2.2). So the text is first cut into pre-tokens, by a fixed pattern, and merges never cross a cut. This step is called **pre-tokenization**.
#
# The pre-tokens are found from left to right. At each position these rules are tried *in this order*, and the first that matches takes as much as it can:
#
# | | a pre-token is | examples |
# |---|---|---|
# | 1 | one of `'s` `'t` `'re` `'ve` `'m` `'ll` `'d`, with a straight apostrophe, in lower case | `don` `'t` |
# | 2 | one or more letters of any script, preceded by one space if there is one | `·cat` `東京` |
# | 3 | one or more numbers of any script, preceded by one space if there is one | `·2019` `½` |
# | 4 | one or more characters that are neither letter, number nor white space, preceded by one space if there is one | `,` `·!?` `__` |
# | 5 | one or more white space characters directly followed by more white space or by the end of the text | the first two of three spaces before a word |
# | 6 | one or more white space characters | a line break before a word |
#
# Rule 5 leaves the last space of a run to the pre-token after it. `a···b` becomes `a`, `··`, `·b`. (Only a space character counts as the preceding space; a line break or a tab does not.)
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 11 points*
#
# **Why.** Because of these cuts, `·dog` is the same token before a full stop and before a comma; and a word at the start of a line is another token than the same word after a space.
#
# One pattern holds all six rules. `regex` is a module like Python's `re` that also has Unicode's properties; `regex.findall(pattern, text)` returns all matches, from left to right. The building blocks:
#
# | in a pattern | matches |
# |---|---|
# | `\p{L}` · `\p{N}` | one letter · one number of any script |
# | `\s` | one white space character |
# | `[^\s\p{L}]` | one character that is neither white space nor a letter |
# | `x+` · `x?` | one or more x, as many as there are · one x or none |
# | `x(?!y)` | x, if no y follows; after `x+` it is tried with fewer and fewer x until that is so (backtracking) |
# | `\S` | one character that is not white space |
# | `x\|y` | x, or else y: the first that matches counts |
#
# Write patterns as raw strings: `r"\s+"`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Each row of the first table is one alternative of your pattern. Which character, with which mark after it, means "a space if there is one"?
#
# <details><summary>Hint 2 · rule 5</summary>
#
# Take the text `a···b`. How many spaces can `\s+` match at most, and what follows them? Now let it match one fewer: what follows then? Rule 5 allows the second match and forbids the first. So which kind of character must *not* follow, and which mark in the table says "must not follow"?
#
# </details>
# </details>
#
# <details><summary>If you see "bad escape \p"</summary>
#
# The message comes from `re`: Python's own module does not support `\p{L}`. Use `regex`.
#
# </details>
#
# <details><summary>If you see "a run of spaces keeps its last space from the pre-token after it"</summary>
#
# Then a whole run is one pre-token. Rule 5 has to come before rule 6 and has to be able to give one space back.
#
# </details>
#
# <details><summary>If parts of the text are missing</summary>
#
# Every character must match some rule. And if your pattern has brackets `( )`, `findall` returns only what is in the brackets; `(?: )` groups without that.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "pretokenize", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pretokenize(text: str) -> list[str]:
    """The pre-tokens of the text, cut as GPT-2 does. Joined again they are the text; an empty text has none."""
    ### BEGIN SOLUTION
    endings = r"'s|'t|'re|'ve|'m|'ll|'d"
    letters, numbers, others = r" ?\p{L}+", r" ?\p{N}+", r" ?[^\s\p{L}\p{N}]+"
    white_space = r"\s+(?!\S)|\s+"
    pattern = "|".join([endings, letters, numbers, others, white_space])
    return regex.findall(pattern, text)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_pretokenize", "locked": true, "points": 11, "schema_version": 3, "solution": false, "task": false}
checks.pretokenize(pretokenize)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ pretokenize      41 of 41 cases equal GPT-2`. In the picture *It's* is two pre-tokens and *IT'S* three (`·IT` `'` `S`), since rule 1 has lower-case endings only; of the three spaces before *IT'S*, two are a pre-token of their own.
#
# </details>
#
# **Where are the cuts?** Find each of the six rules in the picture. Which rules cut *IT'S*, and why not the first?

# %% tags=["look", "raises-exception"]
pictures.coloured_tokens(pretokenize("It's 2019, and she'll write   IT'S  naïve_code(x1)\n\tin 東京!"))

# %% [markdown]
# ## Exercise 4 · `count_pairs`
#
# Now the training half. The text is cut into pre-tokens, and each pre-token into single byte-level characters. **Which two neighbours should be merged?** Those that are neighbours most often.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 8 points*
#
# **Why.** After the fixed cuts of exercise 3, this count is all that the tokenizer learns from: no grammar and no dictionary.
#
# A pre-token that occurs a thousand times need not be cut a thousand times. So the text comes as a dict: each different pre-token, as a tuple of tokens, with the number of times it occurs. A pair counts once for every position at which it occurs: `("a", "a", "a")` with count 2 holds the pair `("a", "a")` at two positions and so adds 4. Pairs never reach from one pre-token into another.
#
# <details><summary>Hint 1 · a question</summary>
#
# A pre-token of five tokens has how many pairs of neighbours? And what does each of them add, if the pre-token occurs seven times?
#
# <details><summary>Hint 2 · the functions</summary>
#
# `pairwise(…)` from itertools gives the neighbours in a sequence. A `Counter` is a dict whose missing entries are 0, so `counter[key] += 3` needs no preparation.
#
# </details>
# </details>
#
# <details><summary>If you see "each pre-token counts once"</summary>
#
# The dict's values are the numbers of times that each pre-token occurs in the text. Where are they used?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "count_pairs", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_pairs(words: dict[tuple[str, ...], int]) -> dict[tuple[str, str], int]:
    """How often each pair of neighbouring tokens occurs in the text.

    `words` holds each different pre-token, as a tuple of tokens, and how often it occurs. A pre-token of one
    token has no pair. Pairs that do not occur are not in the result.
    """
    ### BEGIN SOLUTION
    pairs = Counter()
    for word, count in words.items():
        for pair in pairwise(word):
            pairs[pair] += count
    return pairs
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_count_pairs", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.count_pairs(count_pairs)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ count_pairs      7 of 7 cases equal a count by hand`. The first of its cases holds *newest* six times and *widest* three times, so that the pair `e`, `s` occurs nine times.
#
# </details>

# %% [markdown]
# ## Exercise 5 · `merge_pair`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 9 points*
#
# **Why.** Merging is the only operation on a pre-token, in training and in encoding. Everything else decides which pair is merged.
#
# Wherever the two tokens of `pair` are neighbours, in this order, they become one. Go from left to right, and use each token once: in `a a a` the first two are merged, and the third stays, since its neighbour is used already.
#
# <details><summary>Hint 1 · a question</summary>
#
# Go through the pre-token with an index. At each step there are two cases. By how much does the index grow in each?
#
# <details><summary>Hint 2 · what to compare</summary>
#
# A slice of length 2 is a tuple of at most two tokens, and at the end of only one; it can be compared with `pair` as it is. So does the last token need a case of its own?
#
# </details>
# </details>
#
# <details><summary>If you see "the last token is lost"</summary>
#
# Where does your loop end? If it stops when no pair is left to compare, one token has not been copied yet.
#
# </details>
#
# <details><summary>If you see that tokens are cut and joined as text</summary>
#
# `"ab b".replace("b b", …)` finds a pair that is not one: the first *b* belongs to the token *ab*. Compare whole tokens.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "merge_pair", "locked": false, "schema_version": 3, "solution": true, "task": false}
def merge_pair(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    """The pre-token with the pair merged into one token wherever it occurs, from left to right.

    A pre-token without the pair is returned as it was. The result is a tuple, since it is a key of a dict.
    """
    ### BEGIN SOLUTION
    merged, at = [], 0
    while at < len(word):
        if word[at : at + 2] == pair:
            merged.append(pair[0] + pair[1])
            at += 2
        else:
            merged.append(word[at])
            at += 1
    return tuple(merged)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_merge_pair", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
checks.merge_pair(merge_pair)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ merge_pair       15 of 15 cases equal Hugging Face's merge`, also where the pair overlaps with itself: `a a a` with the pair `a`, `a` becomes `aa a`.
#
# </details>

# %% [markdown]
# ## Exercise 6 · `train_bpe`
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 11 points*
#
# **Why.** This is the whole training algorithm, and you have written its parts. GPT-2's file of merges is the result of 50,000 rounds.
#
# Begin with the pre-tokens of the text, each as a tuple of the byte-level characters of its bytes, and how often each occurs. Then, in each round:
#
# 1. count the pairs;
# 2. take the most frequent one. *If several are equally frequent, take the greatest of them in Python's order of tuples*: `("b", "a")` before `("a", "z")`. Implementations break such ties differently, so the exercise fixes it;
# 3. merge it in every pre-token, and append it to the list of merges.
#
# Training ends after `n_merges` rounds, or earlier when every pre-token is one token. A pair that occurs only once is still merged.
#
# <details><summary>Hint 1 · a question</summary>
#
# Why must the pairs be counted anew after each merge? Which counts does merging *t* and *h* change?
#
# <details><summary>Hint 2 · the start</summary>
#
# The `Counter` of a list is a dict: each different entry, and how often it occurs. What is missing then is the step from a pre-token to its tuple of byte-level characters; exercises 1 and 2 make it.
#
# </details>
#
# <details><summary>Hint 3 · the greatest of the most frequent</summary>
#
# `max(…, key=…)` compares what the key function returns, and tuples are compared entry by entry. Which two entries does the key need?
#
# </details>
# </details>
#
# <details><summary>If you see "max() … is empty"</summary>
#
# There are no pairs left: every pre-token is one token. Stop there.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "train_bpe", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_bpe(text: str, n_merges: int) -> list[tuple[str, str]]:
    """The first `n_merges` merges that byte-pair encoding learns from the text, in order.

    Tokens are written in byte-level characters, so that a space is `Ġ`. There are fewer merges if every
    pre-token becomes one token before that.
    """
    ### BEGIN SOLUTION
    sign_of = bytes_to_unicode()
    counts = Counter(pretokenize(text))
    words = {tuple(sign_of[byte] for byte in utf8_bytes(word)): count for word, count in counts.items()}
    merges = []
    while len(merges) < n_merges:
        pairs = count_pairs(words)
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        words = {merge_pair(word, best): count for word, count in words.items()}
        merges.append(best)
    return merges
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_train_bpe", "locked": true, "points": 11, "schema_version": 3, "solution": false, "task": false}
checks.train_bpe(train_bpe)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ train_bpe        16 of 16 cases equal Hugging Face's trainer`. The stories' first merges are `h+e`, `Ġ+t`, `Ġ+a`, `Ġt+he`: after four rounds *the* with its space is one token. With the slider at 200, *the*, *was* and *her* are whole, each with its space, *girl* is `·g` `ir` `l`, and *photosynthesis*, which no story has, is in eleven tokens.
#
# </details>
#
# **What does it learn from three hundred children's stories?** They come from the course's own story world. Predict the first merge: which two letters, or which letter and space?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
stories = "\n".join(story(seed=2, index=number).text for number in range(300))
story_merges = train_bpe(stories, 200)
print("you predicted:", my_prediction or "(nothing yet)")
for first in range(0, 40, 10):
    print("  ".join("+".join(pair) for pair in story_merges[first : first + 10]))

# %% [markdown]
# Now move the slider through the same merges. **Which words are whole first?** What does the tokenizer make of a word that occurs in no story?


# %% tags=["look", "raises-exception"]
def tokens_after(text: str, merges: list[tuple[str, str]]) -> list[str]:
    """The text's tokens after these merges, `·` for a space."""
    cut = []
    for word in pretokenize(text):
        merged = tuple(bytes_to_unicode()[byte] for byte in utf8_bytes(word))
        for pair in merges:
            merged = merge_pair(merged, pair)
        cut += [token.replace("Ġ", "·") for token in merged]
    return cut


sentence = "Once upon a time there was a little girl who loved her photosynthesis."
pictures.cuts_slider(
    {number: tokens_after(sentence, story_merges[:number]) for number in [*range(20), *range(20, 201, 10)]}
)

# %% [markdown]
# ## Exercise 7 · `encode_word`
#
# From here on the merges are GPT-2's own. A merge's index in the list is its **rank**: rank 0 was learned first.
#
# You are given a new pre-token, in single byte-level characters. **Which of the merges that apply comes first?** Not the pair that is most frequent in your text, nor the leftmost, nor the longest: the one with the lowest rank. Training applied its merges in the order of their ranks, so this order gives a pre-token the tokens that it had during training, which are the tokens that GPT-2 has learned to use.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 11 points*
#
# **Why.** Encoding is where a tokenizer must agree with training exactly. A wrong order of merges can give the right tokens for many words and other tokens for a few.
#
# Begin with single byte-level characters, as a tuple, which is what your `merge_pair` takes. Of all neighbouring pairs that have a rank, merge the one with the lowest, wherever it occurs. Look again, since a merge makes new neighbours. Stop when no pair has a rank.
#
# <details><summary>Hint 1 · a question</summary>
#
# `min` finds the smallest of several things. What should it compare, and which rank should a pair without one get, so that it is never chosen before a pair that has one?
#
# <details><summary>Hint 2 · the functions</summary>
#
# `dict.get(key, default)`, `math.inf`, `pairwise`, and your own `merge_pair`. A pre-token of one token has no pair: `min` of nothing is an error.
#
# </details>
# </details>
#
# <details><summary>If you see "merges stop too early"</summary>
#
# As long as some pair has a rank, there is something to merge, whatever the others are.
#
# </details>
#
# <details><summary>If the check does not come to an end</summary>
#
# Your loop goes on without changing anything. Stop it (■ above the notebook), and print the tokens in each round. Are they a tuple, and does the next round use the merged one?
#
# </details>
#
# <details><summary>If GPT-2's own words come out as other tokens</summary>
#
# Print the pair that you choose, with its rank, in each round. Does any other pair have a lower rank?
#
# </details>


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "gpt2_merges", "locked": true, "schema_version": 3, "solution": false, "task": false}
def gpt2_merges() -> list[tuple[str, str]]:
    """GPT-2's 50,000 merges, in the order in which they were learned, read from its own file."""
    merges_file = vocabulary_files()[1]
    lines = merges_file.read_text(encoding="utf-8").splitlines()
    # Only the first line is a comment: others that begin with # are merges, and so is the last one.
    return [(left, right) for left, right in (line.split() for line in lines[1:])]


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "encode_word", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encode_word(word: str, ranks: dict[tuple[str, str], int]) -> list[str]:
    """The tokens of one pre-token when everything that has a rank has been merged, lowest rank first.

    `word` is written in byte-level characters, such as "Ġthere", and has at least one. `ranks` gives the rank
    of each pair that is ever merged; a pair that is not in it is never merged.
    """
    ### BEGIN SOLUTION
    pieces = tuple(word)
    while len(pieces) > 1:
        best = min(pairwise(pieces), key=lambda pair: ranks.get(pair, math.inf))
        if best not in ranks:
            break
        pieces = merge_pair(pieces, best)
    return list(pieces)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_encode_word", "locked": true, "points": 11, "schema_version": 3, "solution": false, "task": false}
checks.encode_word(encode_word)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ encode_word      25 of 25 cases equal Hugging Face's BPE`. In the look below, the tokens of the first look: `Mech` `an` `istic` and `Ġinterpret` `ability`. GPT-2's first merge is `Ġ+t`; the stories' was `h+e`.
#
# </details>
#
# **Which merges come first in GPT-2?** Its file begins with these. Compare them with the merges from the stories. (`vocab` is for later: it holds the id of every token.)

# %% tags=["look", "raises-exception"]
merges = gpt2_merges()
ranks = {pair: rank for rank, pair in enumerate(merges)}
vocab = json.loads(vocabulary_files()[0].read_text(encoding="utf-8"))
print(f"{len(merges):,} merges:", "  ".join("+".join(pair) for pair in merges[:12]), "…")
print(encode_word("Mechanistic", ranks), encode_word("Ġinterpretability", ranks))

# %% [markdown]
# ## Exercise 8 · `build_vocab`
#
# The model computes with ids. **How many must there be?** One for each of the 256 byte-level characters, since any of them may be left unmerged; one for what each merge makes; and one for each special token, of which GPT-2 has a single one, `<|endoftext|>`. Add it up before you go on: it is d_vocab, and the number of rows of W_E.
#
# The ids are given out in this order, from 0 on without gaps:
#
# 1. the 256 byte-level characters, *sorted as characters* (not by the byte that they represent): `!` is 0;
# 2. what each merge makes, in the merges' order: 256 is `Ġt`;
# 3. the special tokens, in their order.
#
# *Difficulty 1 of 5 · importance 4 of 5 · 5 minutes · core, 6 points*
#
# **Why.** An id is an index into this list. If one entry is missing near the beginning, every id after it means another token, and the output of a perfectly trained model becomes nonsense.
#
# <details><summary>Hint 1 · a question</summary>
#
# If you had all tokens in one long list, in the right order, what would the id of each be?
#
# </details>
#
# <details><summary>If you see "the byte-level characters are in the order of their bytes"</summary>
#
# Byte 0 is character number 256. Sorted as characters it comes after all those that kept their own number. Which function of Python sorts?
#
# </details>
#
# <details><summary>If you see "every id is too small by 256"</summary>
#
# The first merge does not get id 0: the byte-level characters come before it.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "build_vocab", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_vocab(merges: list[tuple[str, str]], special_tokens: list[str]) -> dict[str, int]:
    """The id of each token: the 256 byte-level characters, then what each merge makes, then special tokens."""
    ### BEGIN SOLUTION
    pieces = sorted(bytes_to_unicode().values())
    pieces += [left + right for left, right in merges]
    pieces += special_tokens
    return {piece: number for number, piece in enumerate(pieces)}
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_build_vocab", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.build_vocab(build_vocab)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ build_vocab      4 of 4 cases equal GPT-2`. Below: 256 + 50,000 + 1 = 50,257 ids, and `True`: the second file holds nothing that cannot be made from the first. No token consists of two or more spaces, so code that is indented with spaces costs about one token for each space.
#
# </details>
#
# **Is that all there is to GPT-2's vocabulary?** Beside its merges GPT-2 publishes a second file with every token and its id. Here yours is compared with it. Then: its longest tokens of plain letters, and how many tokens are nothing but several spaces.

# %% tags=["look", "raises-exception"]
mine = build_vocab(merges, [END_OF_TEXT])
print(f"{len(mine):,} ids, the same as in GPT-2's own file: {mine == vocab}")
of_letters = [token for token in vocab if token.isascii() and token.isalpha()]
print("the longest tokens of plain letters:", *sorted(of_letters, key=len)[-8:], sep="\n  ")
print("tokens of two or more spaces:", sum(len(token) > 1 and set(token) == {"Ġ"} for token in vocab))

# %% [markdown]
# Some of the longest tokens look like scraps of web pages, copied often enough to be merged. If the text that trains the model itself hardly has such a token, its row of W_E learns little; Land and Bartolo (2024, arXiv:2405.05417) find many of these under-trained tokens in published models.

# %% [markdown]
# ## Exercise 9 · `encode`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 9 points*
#
# **Why.** It puts all steps in a row. This is the function that `tokenizer.encode` usually means.
#
# Text to pre-tokens, each pre-token to bytes, to byte-level characters, to tokens, to ids. Nothing is added and nothing is left out: no space at the beginning, no special token, no change of case.
#
# <details><summary>Hint 1 · a question</summary>
#
# You have written all functions that are needed, and there is a dict: what does each of them take and return? Write down the types, and the order follows.
#
# </details>
#
# <details><summary>If you see "KeyError: ' '"</summary>
#
# The space is not a byte-level character. Which step between bytes and tokens is missing?
#
# </details>
#
# <details><summary>If you see "the text is not cut into pre-tokens first"</summary>
#
# `encode_word` takes one pre-token. In a whole text it would find merges across the cuts.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "encode", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encode(text: str, ranks: dict[tuple[str, str], int], vocab: dict[str, int]) -> list[int]:
    """The ids of the text's tokens. An empty text has none.

    `vocab` has an id for every token that merging with `ranks` can leave. Both may be a part of GPT-2's.
    """
    ### BEGIN SOLUTION
    sign_of = bytes_to_unicode()
    ids = []
    for word in pretokenize(text):
        written = "".join(sign_of[byte] for byte in utf8_bytes(word))
        ids += [vocab[piece] for piece in encode_word(written, ranks)]
    return ids
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_encode", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
checks.encode(encode)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ encode           35 of 35 cases equal GPT-2`, and below it `15 of 15 texts`. If a text of your own does not agree, type it into the box and into that of the first look, and find the token from which they differ.
#
# </details>
#
# **Does it agree with GPT-2 outside the check, too?** Below, the same sentence in fifteen forms is encoded by both tokenizers. Then comes the box of the first look, this time with your own function.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "cat_in_languages", "locked": true, "schema_version": 3, "solution": false, "task": false}
CAT = {
    "English": "The cat sat on the mat because it was tired.",
    "German": "Die Katze saß auf der Matte, weil sie müde war.",
    "French": "Le chat était assis sur le tapis parce qu'il était fatigué.",
    "Spanish": "El gato se sentó en la alfombra porque estaba cansado.",
    "Swahili": "Paka aliketi juu ya mkeka kwa sababu alikuwa amechoka.",
    "Greek": "Η γάτα κάθισε στο χαλάκι γιατί ήταν κουρασμένη.",
    "Russian": "Кошка сидела на коврике, потому что она устала.",
    "Arabic": "جلست القطة على السجادة لأنها كانت متعبة.",
    "Hindi": "बिल्ली चटाई पर बैठी क्योंकि वह थकी हुई थी।",
    "Thai": "แมวนั่งบนเสื่อเพราะมันเหนื่อย",
    "Chinese": "猫坐在垫子上，因为它累了。",
    "Japanese": "猫は疲れていたので、マットの上に座りました。",
    "Korean": "고양이는 피곤해서 매트 위에 앉았다.",
    "Python": "if cat.is_tired():\n    cat.sit(on=mat)\n",
    "Emoji": "🐱🪑😴",
}


# %% tags=["look", "raises-exception"]
agrees = [encode(text, ranks, vocab) == gpt2.tokenizer.encode(text) for text in CAT.values()]
print(f"{sum(agrees)} of {len(agrees)} texts have the ids that GPT-2's own tokenizer gives.")
pictures.token_explorer(lambda text: encode(text, ranks, vocab), "Byte-pair encoding, exactly GPT-2's: 🦙!")

# %% [markdown]
# ### Your own tokenizer against GPT-2's
#
# `encode` takes any merges. So the merges that your `train_bpe` learns make a complete tokenizer, with `build_vocab` and `encode`. **Does it matter which text they were learned from?** Four tokenizers encode two texts that none of yours has seen: 50 new stories, and a module of Python's own library. Three of the four have 300 merges each, so that their vocabularies are of the same size. How much text does a token hold on average: which of the three is best on stories, which on code, and how far behind GPT-2's 50,000 merges are they?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
seen = "\n".join(story(seed=2, index=number).text for number in range(300))
tokenizers = {
    "300 merges from stories": train_bpe(seen, 300),
    "300 merges from code": train_bpe(inspect.getsource(inspect)[:60_000], 300),
    "GPT-2's first 300 merges": merges[:300],
    "all merges of GPT-2": merges,
}
unseen = {
    "stories": "\n".join(story(seed=2, index=number).text for number in range(300, 350)),
    "code": inspect.getsource(json.decoder),
}
print(f"{'bytes in a token':26}{'stories':>9}{'code':>9}")
for name, own_merges in tokenizers.items():
    own_ranks = {pair: rank for rank, pair in enumerate(own_merges)}
    own_vocab = build_vocab(own_merges, [END_OF_TEXT])
    means = [len(utf8_bytes(text)) / len(encode(text, own_ranks, own_vocab)) for text in unseen.values()]
    print(f"{name:26}" + "".join(f"{mean:9.2f}" for mean in means))

# %% [markdown]
# <details><summary>What you should see</summary>
#
# On stories a token holds 2.51 bytes with the merges from stories, 2.05 with GPT-2's first 300, 1.63 with those from code, and 4.33 with all of GPT-2's. On code (a little different in each version of Python) it is 1.27, 1.41, 2.10 and 2.22: here 300 merges from the right kind of text come close to GPT-2's 50,000, which spend about one token on each space of an indented line.
#
# </details>
#
# A merge pays where the text is like the text that it was counted on. This is why a tokenizer that was trained mostly on English costs more tokens elsewhere (stretch 1 measures it), and why models for code have other merges.
#
# ### Why capital letters look odd to a model
#
# To you *hello*, *Hello* and *HELLO* are one word. **What are they to GPT-2, and what does a space before them change?**

# %% tags=["look", "raises-exception"]
for form in ["hello", " hello", "Hello", " Hello", "HELLO", " HELLO", "hELLO"]:
    ids = encode(form, ranks, vocab)
    print(f"{form!r:10} {' | '.join(token_strings(ids)):14} {ids}")

# %% [markdown]
# Each is another row of W_E, or several rows. That they mean the same, the model has to learn from text, for each form separately, and the rare forms have few examples.
#
# ### Why arithmetic looks odd to a model
#
# You add 1234 and 5678 column by column, since each digit has its position. **Where does GPT-2 have the digits?** The picture holds every number of four digits: the first two digits choose the row, the last two the column. The stronger the blue, the more of its digits are in its first token.

# %% tags=["look", "raises-exception"]
front = [str(number) for number in range(10, 100)]
back = [f"{number:02}" for number in range(100)]
in_first_token = [
    [len(token_strings(encode(first + last, ranks, vocab)[:1])[0]) for last in back] for first in front
]
cuts = Counter(length for row in in_first_token for length in row)
for length, count in sorted(cuts.items()):
    print(f"{count:5,} numbers have {length} of their 4 digits in the first token")
pictures.heatmap(
    in_first_token,
    front,
    back,
    row_title="first two digits",
    column_title="last two digits",
    title="Digits in the first token",
    hover="{row}{column}: {value} in the first token",
)

# %% [markdown]
# Which numbers are cut where depends on which were frequent: years such as 1999 and round numbers such as 1500 are whole, most others are in two tokens, and not always in the middle. So the tens digit, for example, has no fixed position in a token. Later tokenizers often cut by a rule: every digit is a token in LLaMA (Touvron et al., 2023, arXiv:2302.13971), and numbers are cut after at most three digits in GPT-4's pattern, which OpenAI publishes in its library **tiktoken**.

# %% [markdown]
# ## Exercise 10 · `decode`
#
# The way back: the model's output is ids.
#
# **What if the ids end inside a character?** A 🦙 after a space is three tokens, and its four bytes are divided among them. After the first of them the bytes are not valid UTF-8 yet. Python's `decode` then raises an error, unless it is told to put the **replacement character** � there, and that is what GPT-2's tokenizer does.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 8 points*
#
# **Why.** Every text that a model writes passes through this function.
#
# Ids to tokens, to byte-level characters, to bytes, to text. Collect the bytes of *all* tokens before you decode them, or a character that is spread over two tokens is broken.
#
# <details><summary>Hint 1 · a question</summary>
#
# Two of your dicts are needed in the other direction. How do you make a dict from value to key?
#
# <details><summary>Hint 2 · the functions</summary>
#
# `bytes([72, 105])` makes a `bytes` object from numbers. Its method `decode` takes an argument `errors`; see `help(bytes.decode)`.
#
# </details>
# </details>
#
# <details><summary>If you see "each token is decoded separately"</summary>
#
# Join first, decode once.
#
# </details>
#
# <details><summary>If you see UnicodeDecodeError</summary>
#
# The ids end inside a character. Which `errors` puts � there instead?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "decode", "locked": false, "schema_version": 3, "solution": true, "task": false}
def decode(ids: list[int], vocab: dict[str, int]) -> str:
    """The text of the ids. Bytes that are not valid UTF-8 become the replacement character �.

    `vocab` holds each of these ids, and may have gaps between ids.
    """
    ### BEGIN SOLUTION
    byte_of = {sign: byte for byte, sign in bytes_to_unicode().items()}
    piece_of = {number: piece for piece, number in vocab.items()}
    written = "".join(piece_of[number] for number in ids)
    return bytes(byte_of[sign] for sign in written).decode("utf-8", errors="replace")
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_decode", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.decode(decode)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ decode           19 of 19 cases equal GPT-2`. In the look below: � until the last of the llama's tokens has arrived, in the fifth line.
#
# </details>
#
# **What does an emoji look like while it is being written, token by token?** One more token in each line.

# %% tags=["look", "raises-exception"]
ids = encode("ok 🦙!", ranks, vocab)
for length in range(len(ids) + 1):
    print(f"{length} tokens: {decode(ids[:length], vocab)!r}")

# %% [markdown]
# ## Exercise 11 · `encode_special`
#
# GPT-2's training text is one document after another, and the token `<|endoftext|>`, id 50256, marks where one ends and the next begins. (OpenAI's own sampling script starts from it when there is no prompt.) It is not text but a signal: what follows has nothing to do with what came before. Such a token is a **special token**.
#
# **What does `encode` do with the string `<|endoftext|>`?** It cuts it up like any other text, and the signal is lost. So special tokens have to be found first.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 15 minutes · core, 7 points*
#
# **Why.** Chat models use special tokens to mark who speaks and where a turn ends. Whether the text of a user may produce them is a question of security.
#
# Wherever one of `special_tokens` occurs, from left to right, it becomes its id; the stretches between are encoded as before, each separately. Where two special tokens begin at the same position, take the *longer* one. Spaces beside a special token belong to the text.
#
# <details><summary>Hint 1 · a question</summary>
#
# `regex.split` cuts a text at a pattern and drops what matched, unless the pattern is in brackets: try `regex.split("(-)", "a-b-c")`. Which parts are special then?
#
# <details><summary>Hint 2 · special characters</summary>
#
# In a pattern, `|` means "or". `regex.escape` makes a pattern that matches a string literally. And in `x|y` the first alternative that matches counts, which is not always the longer one.
#
# </details>
# </details>
#
# <details><summary>If you see "with no special tokens the text falls into characters"</summary>
#
# An empty pattern matches at every position. Treat the empty list separately.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "encode_special", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encode_special(
    text: str, ranks: dict[tuple[str, str], int], vocab: dict[str, int], special_tokens: list[str]
) -> list[int]:
    """The ids of a text in which some strings are special tokens, each with an id of its own in `vocab`.

    There may be no special tokens at all; then the result is that of `encode`.
    """
    ### BEGIN SOLUTION
    if not special_tokens:
        return encode(text, ranks, vocab)
    longest_first = sorted(special_tokens, key=len, reverse=True)
    pattern = "|".join(regex.escape(token) for token in longest_first)
    ids = []
    for part in regex.split(f"({pattern})", text):
        ids += [vocab[part]] if part in special_tokens else encode(part, ranks, vocab)
    return ids
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_encode_special", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
checks.encode_special(encode_special)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ encode_special   16 of 16 cases equal GPT-2`. In the look below, the string as text is seven tokens, and the first of them has taken the full stop along: `.<`. As a special token it is one.
#
# </details>
#
# **What is the difference in ids?** The same string, once as text and once as a special token.

# %% tags=["look", "raises-exception"]
two_stories = "The end.<|endoftext|>Once upon a time"
print(token_strings(encode(two_stories, ranks, vocab)))
print(token_strings(encode_special(two_stories, ranks, vocab, [END_OF_TEXT])))

# %% [markdown]
# ## Exercise 12 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** Each row belongs to a step of this week. A row that you cannot fill in shows which step to read again.
#
# The first four rows are about the text `naïve café 🙂`; count on paper. The next three are about GPT-2's tokenizer, two about one of your own with 200 merges, and the last is a **batch of 2 prompts of length 6**. A list of 5 things has shape `(5,)`; a table of 3 rows with 2 things each has shape `(3, 2)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which characters of `naïve café 🙂` are not plain ASCII, and how many bytes does each of them take? And how many pre-tokens are there, when a space belongs to what follows it?
#
# </details>
#
# <details><summary>If you see that a row with ids is not right</summary>
#
# Three kinds of tokens have ids: single bytes, merges, special tokens. How many of each has GPT-2, and how many has your own?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """Lengths of this week's lists and tables, and the shape of a batch. Rows may stay None for now."""
    utf8 = words = None  # utf8_bytes("naïve café 🙂") and pretokenize("naïve café 🙂")
    unmerged = merged = None  # the tokens of the pre-token " café" before any merge, and after ("c", "a")
    signs = merges = vocab = None  # byte-level characters, GPT-2's merges (a pair in each row), all its ids
    own_merges = own_vocab = None  # train_bpe(stories, 200), and build_vocab of it with one special token
    tokens = None  # the ids of the two prompts
    ### BEGIN SOLUTION
    batch, seq, d_vocab = 2, 6, 50_257
    utf8, words = (17,), (3,)
    unmerged, merged = (6,), (5,)
    signs, merges, vocab = (256,), (50_000, 2), (d_vocab,)
    own_merges, own_vocab = (200, 2), (457,)
    tokens = (batch, seq)
    ### END SOLUTION
    rows = {"utf8": utf8, "words": words, "unmerged": unmerged, "merged": merged, "signs": signs}
    rows |= {"merges": merges, "vocab": vocab, "own_merges": own_merges, "own_vocab": own_vocab}
    return rows | {"tokens": tokens}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.shape_table(shape_table)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ shape_table      10 of 10 cases equal what GPT-2's own tokenizer and Python count`. Both vocabularies are larger than the number of their merges by 257.
#
# </details>

# %% [markdown]
# ## Check your understanding
#
# Run the folded cell below. Decide first, then open a choice: each of them explains why it is right or wrong.

# %% tags=["look", "raises-exception"] jupyter={"source_hidden": true}
quiz(
    [
        Question(
            "GPT-2 is given a text in a script that its training text did not have. What does the tokenizer do?",
            [
                Choice(
                    "It puts one token for “unknown” in place of each unknown word.",
                    why="Tokenizers that begin with words or characters need such a token. GPT-2's begins with bytes and does not.",
                ),
                Choice(
                    "It encodes the text without loss, in more tokens than usual.",
                    right=True,
                    why="Every text is bytes, and each of the 256 bytes has an id. Where no merges apply, there is a token for each byte.",
                ),
                Choice(
                    "It raises an error.",
                    why="It can encode every text: at worst single bytes are left, and all 256 are in the vocabulary.",
                ),
            ],
        ),
        Question(
            "Why does byte-level BPE begin with the bytes of UTF-8, and not with those of UTF-32?",
            [
                Choice(
                    "UTF-32 cannot write every character.",
                    why="It can: four bytes for each, whatever the character is.",
                ),
                Choice(
                    "In UTF-32 most bytes of a text are 0, so the sequences are longer, and merges are spent on zeros.",
                    right=True,
                    why="An English text takes four times as many bytes, three quarters of them 0. Merges would first have to put each letter together again.",
                ),
                Choice(
                    "UTF-8 has one byte for each character.",
                    why="Only for the 128 characters of ASCII. All others take two, three or four.",
                ),
            ],
        ),
        Question(
            "A program decodes UTF-8 byte by byte, each by itself, and joins the characters. For which text does that work?",
            [
                Choice(
                    "For every text, since UTF-8 is made of bytes.",
                    why="A character beyond ASCII is several bytes, and none of them alone is valid UTF-8.",
                ),
                Choice(
                    "For *hello*, and not for *é*.",
                    right=True,
                    why="Bytes below 128 are whole characters. The two bytes of *é*, 195 and 169, are an error each.",
                ),
                Choice(
                    "For *é*, and not for *🙂*.",
                    why="The number of bytes does not matter as soon as there is more than one.",
                ),
            ],
        ),
        Question(
            "Why does `encode_word` merge by rank, and not by how often a pair occurs in the text at hand?",
            [
                Choice(
                    "Because counting would take too long.",
                    why="It would take longer, but that is not the reason. The result would be wrong.",
                ),
                Choice(
                    "So that a pre-token gets the same tokens in every text: those that the model was trained with.",
                    right=True,
                    why="Ranks are fixed when training ends. Frequencies differ from text to text, and the tokens would differ with them.",
                ),
                Choice(
                    "The result is the same, since frequent pairs have low ranks.",
                    why="Frequent in the training text, yes. In a short text any pair may be the most frequent.",
                ),
            ],
        ),
        Question(
            "Which of these always holds, for any text and any ids?",
            [
                Choice(
                    "`decode(encode(text)) == text`",
                    right=True,
                    why="No step loses anything, and each can be inverted. (For a text that UTF-8 can encode.)",
                ),
                Choice(
                    "`encode(decode(ids)) == ids`",
                    why="Ids need not be what `encode` would choose. The ids of *h* and *e*, one after the other, decode to *he*, which is encoded as one token.",
                ),
                Choice(
                    "`len(encode(a + b)) == len(encode(a)) + len(encode(b))`",
                    why="The border between a and b may be inside a pre-token, where a merge would have joined the two sides.",
                ),
            ],
        ),
        Question(
            "You train BPE on the same text, but forget `pretokenize`. What happens?",
            [
                Choice(
                    "Nothing can be encoded any more.",
                    why="Everything can: the 256 single bytes are still there.",
                ),
                Choice(
                    "Merges cross spaces and punctuation: *of the* may become one token, and *dog.* and *dog,* two different ones.",
                    right=True,
                    why="Pairs are then counted across the cuts. Ids are spent on phrases and on forms of a word with punctuation.",
                ),
                Choice(
                    "The merges are the same, only found more slowly.",
                    why="The most frequent pairs of English include a letter and the space after it; pre-tokenization never counts that pair.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# The answers to the third question can be tried out.

# %% tags=["look", "raises-exception"]
h_and_e = [vocab["h"], vocab["e"]]
again = encode(decode(h_and_e, vocab), ranks, vocab)
print(f"{h_and_e} is {decode(h_and_e, vocab)!r}, and {decode(h_and_e, vocab)!r} is {again}.")
round_trips = [decode(encode(text, ranks, vocab), vocab) == text for text in CAT.values()]
print(f"{sum(round_trips)} of {len(round_trips)} texts are the same after encoding and decoding.")

# %% [markdown]
# ### In your own words
#
# A classmate lets a language model count how often the letter *r* occurs in *strawberry*, and gets a wrong answer. She says: *"It cannot even count to three."* What is the model's input instead of the word, why is the question harder for it than for a child, and how could it still get it right? Answer in four or five sentences, and use the words **byte** or **letter**, **merge** and **token**. (Look at the tokens first, with and without a space before the word.) A person marks this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The model is given ids, not letters. Merges have joined the bytes of the word into a few long tokens, and after a space the whole word is one token; a token is one id, one row of W_E, and nothing in that number says which letters it was made of. A child sees ten letters and counts three of them; the model can only know the spelling of its tokens if text has taught it, as in spelling lessons, rhymes and typing errors, one token at a time. So a wrong answer says little about its counting. It gets easier if the word is first spelled out, s-t-r-a-w-b-e-r-r-y: then the letters are tokens of their own, and there is something to count.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `bytes_per_token`
#
# GPT-2's training text had nearly all non-English pages removed (Radford et al., 2019, section 3.7), and its merges show it. **What does the same sentence cost in other languages?** A model's context and the price of its use are measured in tokens.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · stretch, 10 points*
#
# **Why.** The size of a token decides how much text fits into the context, and what it costs. Petrov et al. (2023, arXiv:2305.15425) measure it for many tokenizers and languages.
#
# For each language, return the number of UTF-8 bytes of *all* its texts, divided by the number of tokens of all its texts. Encode each text separately. (The average of the texts' own ratios would be another number: a short text would count as much as a long one.)
#
# <details><summary>Hint 1 · a question</summary>
#
# Two sums for each language, and one division. Which of the sums is divided, and does it count characters or bytes?
#
# </details>
#
# <details><summary>If you see "the texts' ratios are averaged"</summary>
#
# Add up first, divide once.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "bytes_per_token", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bytes_per_token(texts: dict[str, list[str]], encode: Callable[[str], list[int]]) -> dict[str, float]:
    """The mean number of UTF-8 bytes in a token, for each language.

    `texts` gives each language's texts; every language has at least one token. `encode` gives a text's ids.
    """
    ### BEGIN SOLUTION
    ratios = {}
    for language, group in texts.items():
        bytes_in_all = sum(len(utf8_bytes(text)) for text in group)
        ratios[language] = bytes_in_all / sum(len(encode(text)) for text in group)
    return ratios
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_bytes_per_token", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.bytes_per_token(bytes_per_token)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ bytes_per_token  4 of 4 cases equal GPT-2`. English has 4.0 bytes per token and 11 tokens, German 2.58 and 19, Hindi 1.64 and 67, Chinese 1.39 and 28.
#
# </details>
#
# **In which language does it take the most tokens to say that the cat was tired?** The first picture shows bytes per token, the second the tokens of the same sentence. Predict a number first: English has 11 tokens, and Hindi?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted for Hindi:", my_prediction or "(nothing yet)")
each_alone = {language: [text] for language, text in CAT.items()}
pictures.bars(
    bytes_per_token(each_alone, lambda text: encode(text, ranks, vocab)),
    value_title="bytes per token",
    title="How much text a token holds",
)

# %% tags=["look", "raises-exception"]
pictures.bars(
    {language: len(encode(text, ranks, vocab)) for language, text in CAT.items()},
    value_title="tokens",
    title="The same sentence, in tokens",
)

# %% [markdown]
# Bytes per token can mislead: a letter takes one byte in English, two in Greek or Russian, three in Hindi, Thai or Chinese. What counts for the context and the price is the second picture.

# %% [markdown]
# ## Stretch 2 · `fast_encoder`
#
# Your `encode` is right. **Is it fast enough for a training set?** Most pre-tokens of a long text have occurred in it before, and the same pre-token always has the same ids.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** Storing results that are needed again is called **caching**. OpenAI's own `encoder.py` for GPT-2 has such a cache, and so has Hugging Face's BPE.
#
# Write a function that makes an encoder: a function from text to ids which stores the ids of every **pre-token** that it has encoded, also from one call to the next. `ranks` may be used for new pre-tokens only. Each encoder has a cache of its own, since another one may have other merges.
#
# <details><summary>Hint 1 · a question</summary>
#
# A function that is defined inside another one can use its variables, and they are kept as long as it exists (a **closure**). Where does the cache have to be made, so that each encoder gets its own and keeps it?
#
# </details>
#
# <details><summary>If you see "the second time the ids are others"</summary>
#
# `ids = cache[word]` is the very list in the cache, and `ids += …` makes that one longer.
#
# </details>
#
# <details><summary>If you see "pre-tokens that have been seen before are encoded again"</summary>
#
# Perhaps you store whole texts. A text seldom comes twice; its pre-tokens do. Cut first, then store. Or the cache is made anew in each call.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "fast_encoder", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fast_encoder(ranks: dict[tuple[str, str], int], vocab: dict[str, int]) -> Callable[[str], list[int]]:
    """An `encode` for these ranks and this vocabulary that merges each different pre-token only once."""
    ### BEGIN SOLUTION
    ids_of_word = {}

    def fast_encode(text: str) -> list[int]:
        ids = []
        for word in pretokenize(text):
            if word not in ids_of_word:
                ids_of_word[word] = encode(word, ranks, vocab)
            ids += ids_of_word[word]
        return ids

    return fast_encode
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_fast_encoder", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.fast_encoder(fast_encoder)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ fast_encoder     8 of 8 cases equal GPT-2`. Below: `True`, and a smaller time in the second line. On one machine it was 2.4 s for a megabyte instead of 6.5 s; the larger the text, the larger the gain.
#
# </details>
#
# **How much faster is it?** Both encoders on the same text: stories, Python's own source code, and the cat in all its languages. The times depend on your machine.

# %% tags=["look", "raises-exception"]
library = "\n".join(inspect.getsource(module) for module in (json.decoder, inspect))
mixed = "\n".join([stories, library, *CAT.values()])
megabytes = len(utf8_bytes(mixed)) / 1e6
encoders = {"encode": lambda text: encode(text, ranks, vocab), "fast_encoder": fast_encoder(ranks, vocab)}
for name, encoder in encoders.items():
    began = time.perf_counter()
    ids = encoder(mixed)
    print(f"{name:12} {(time.perf_counter() - began) / megabytes:6.2f} s for a megabyte")
print(
    f"{len(mixed):,} characters, {len(ids):,} tokens, as GPT-2 has them: {ids == gpt2.tokenizer.encode(mixed)}"
)

# %% [markdown]
# ## Common questions
#
# **Is a token a word?** Sometimes. Frequent English words with the space before them are one token; rare words, names and words of other languages are several. A token can also be a part of a character, as in the llama's case.
#
# **Does a larger vocabulary make a better model?** It makes texts shorter, so more text fits into the context and less computing is needed for it. But each token has a row in W_E: in GPT-2 small that is 50,257 · 768 = 38.6 million of 124 million parameters. And rare tokens have few examples to learn from. Later models often have 100,000 or more.
#
# **Can I change the tokenizer of a trained model?** Not without training again. W_E's rows belong to the ids of the old tokenizer; with another one, the same id is another token. New special tokens can be added at the end, but their rows begin untrained.
#
# **Do all models use byte-level BPE?** No. BERT uses WordPiece, which also merges but encodes by the longest match. SentencePiece (Kudo and Richardson, 2018, arXiv:1808.06226) works on raw text without pre-tokens, with BPE or with a *unigram* model of tokens. All of them end in a list of tokens with ids.
#
# **Why not do without a tokenizer, on bytes?** It works: ByT5 does it (Xue et al., 2021, arXiv:2105.13626). The sequences are several times as long, and computing costs grow with them.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and names what each variable holds: text, bytes, byte-level characters, tokens or ids. Swap after every exercise that has its tick.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together: predict each cut before you type the text. Agree on your scratchpad: the terms *byte*, *byte-level character*, *pre-token*, *token*, *id*, and the type of each. |
# | 10–35 | Exercise 3 (20 min), one rule at a time, with the picture below it. **Swap.** |
# | 35–60 | Exercises 4 (10 min) and 5 (15 min). Do two rounds by hand on *low low lower* first. **Swap.** |
# | 60–80 | Exercise 6 (20 min), and the merges that it learns from the stories. |
# | 80–90 | The two questions below. |
#
# **Before the session:** exercises 1 and 2, each of you alone. **After the session:** exercises 7 to 12, as homework or in a second session. Stretch exercises are for pairs who have time left. **Not finishing is normal:** a session that ends with your own merges from the stories is a good one.
#
# **Two questions to argue about.**
#
# 1. A user of a chat types `<|endoftext|>` into the message. Should the tokenizer treat it as the special token or as text? Which part of the program has to decide that, and what could go wrong either way?
# 2. The merges were counted on English web pages. Is it fair that a sentence costs several times as many tokens in Hindi as in English? What would you change: the text that is counted, the number of merges, or the price?
#
# **Where pairs get stuck.** At bytes and characters: say "the bytes of é" and never "the byte". At exercise 3, at rule 5, and when the pattern has brackets in it. At exercise 5, at the end of the pre-token. At exercise 7, when one of you means the most frequent pair and the other the lowest rank.

# %% [markdown]
# ## What you have built
#
# - **utf8_bytes**, **bytes_to_unicode**: any text as bytes, and each byte as a character that can be printed.
# - **pretokenize**: the cuts that merges never cross.
# - **count_pairs**, **merge_pair**, **train_bpe**: how a vocabulary is learned by counting neighbours.
# - **encode_word**, **build_vocab**, **encode**: GPT-2's own ids for any text, by rank.
# - **decode**: from ids back to text, also when they end inside a character.
# - **encode_special**: signals that are not text.
#
# What is still missing? An id is only a name; that 15496 is larger than 995 means nothing to the model. Next week each id gets its row of W_E.
#
# Words of this week in the [glossary](../glossary.md): *byte, byte-level BPE, byte-level character, byte-pair encoding, caching, closure, id, merge, pre-token, pre-tokenization, rank, replacement character, special token, tiktoken, token, tokenizer, UTF-8*.
