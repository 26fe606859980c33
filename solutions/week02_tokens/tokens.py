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
# **The big idea.** GPT-2 has never seen a letter. It reads numbers, and each number stands for a piece of text from a fixed list. That list was found by counting: whichever two pieces stand side by side most often become one, fifty thousand times over.
#
# | | |
# |---|---|
# | **You will have built** | GPT-2's tokenizer, from the first byte to the last id, equal to the real one on any text |
# | **You need** | Python's strings, lists and dicts; from week 1 only the idea that an id picks a row of W_E |
# | **Time** | core 2½ hours · stretch ½ to 1 hour |
# | **Where we are** | text → **tokens** → embeddings → blocks → logits → probabilities → next token |
#
# Last week you saw the whole machine from above. This week begins at its front, where a text becomes ids. There is no tensor to compute: what happens here happens before the model begins and after it has ended, and much of what is strange about language models comes from it.
#
# Two ways of writing that you will meet in the signatures. `tuple[str, ...]` is a tuple of any number of strings. `dict[tuple[str, str], int]` is a dict whose keys are pairs of strings and whose values are whole numbers.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether GPT-2's own tokenizer would have got the same.

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
# **Into how many tokens is *Mechanistic interpretability* cut, and where?** Decide first, then run the cell. It asks the model's own tokenizer.

# %% tags=["look", "raises-exception"]
print(" | ".join(token_strings(gpt2.tokenizer.encode("Mechanistic interpretability"))))

# %% [markdown]
# The dot is a space, and it belongs to the token behind it. Neither syllables nor word stems decided about these cuts; by the end of today you will know what did.
#
# Now type what you like. **Find three things:** a common word that is a single token; the same word in capitals, which is not; one character that takes several tokens. (Your name? A year? An emoji? Three spaces?)

# %% tags=["look", "raises-exception"]
pictures.token_explorer(gpt2.tokenizer.encode, "Hello HELLO, 3+4=7   naïve 🦙")

# %% [markdown]
# ## The idea in plain words
#
# A model needs numbers. Which things should get one?
#
# - **Every word?** There is no end of words. Names, typing errors and compounds would have no number, and *cat* and *cats* would have nothing to do with each other.
# - **Every letter?** There are 150,000 characters in Unicode, and a page would become thousands of numbers. Attention pays for length twice over, as week 7 will show.
# - **Every byte?** Any text, in any script, is bytes, and there are only 256 of them. But the sequences are longer still.
#
# Byte-pair encoding stands in between. It begins with the 256 bytes, so that nothing is ever unknown, and then lets pieces grow where it pays: the two pieces that stand side by side most often in a large text are **merged** into a new one. Do that again, and again. Frequent words end up as one piece, rare ones stay cut into several.
#
# So there are two halves. **Training** happened once, before GPT-2 itself was trained, on the same kind of text; its result is a list of 50,000 merges in order. **Encoding** happens every time you type: the same merges, in the same order, are applied to your text.
#
# Six words for this week. A **byte** is a number from 0 to 255. Each byte is written as one printable **sign**. A **word** is a stretch of text that merges never leave; `·cat` is one, and so are `,` and `'ll`. A **piece** is what a word is made of at any moment: single signs at first, longer after each merge. A **token** is a piece that is left at the end, and its number is its **id**.

# %% [markdown]
# ## The idea in shapes
#
# | step | what | type | an example |
# |---|---|---|---|
# | | text | `str` | `"hi there"` |
# | 1 | words | `list[str]` | `["hi", " there"]` |
# | 2 | bytes of each word | `list[int]` | `[32, 116, 104, 101, 114, 101]` |
# | 3 | the same as signs | `str` | `"Ġthere"` |
# | 4 | pieces, after all merges that fit | `list[str]` | `["Ġthere"]` |
# | 5 | ids | `list[int]` | `[5303, 612]` |
# | 6 | a batch of prompts of the same length | tensor `batch seq` | |
#
# And back: ids → pieces → signs → bytes → text. Going back cuts nothing and merges nothing.
#
# **What do the model's first axes look like?** Two prompts of six tokens each, which is the batch that every week's shape table speaks of.

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
# **Why.** A computer keeps text as bytes, and UTF-8 is the rule that nearly everybody uses. An *a* takes one byte, an *é* two, a *猫* three, an emoji four or more. Bytes are where GPT-2's tokenizer begins, and the reason why it can read everything.
#
# A byte is a whole number from 0 to 255. Give them as a list, in their order.
#
# <details><summary>Hint 1 · a question</summary>
#
# A character's number in Unicode can be over a million. How can it be written with numbers below 256? Who in Python knows the rule already: `ord`, or a method of `str`?
#
# <details><summary>Hint 2 · how to get numbers</summary>
#
# `str.encode` makes a `bytes` object out of a text. A `bytes` object is a sequence of numbers: try `list(b"hi")`.
#
# </details>
#
# <details><summary>If you see "these are code points, not bytes"</summary>
#
# `ord("é")` is 233, and that is the number of a character. In UTF-8 it is kept as the two bytes 195 and 169.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "utf8_bytes", "locked": false, "schema_version": 3, "solution": true, "task": false}
def utf8_bytes(text: str) -> list[int]:
    """The bytes, numbers from 0 to 255, as which UTF-8 keeps the text. An empty text has none."""
    ### BEGIN SOLUTION
    return list(text.encode("utf-8"))
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_utf8_bytes", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.utf8_bytes(utf8_bytes)

# %% [markdown]
# *What you should see:* a line with a tick. And below, how many bytes a character takes.

# %% tags=["look", "raises-exception"]
for character in "aé猫🙂":
    print(character, utf8_bytes(character))

# %% [markdown]
# ## Exercise 2 · `bytes_to_unicode`
#
# GPT-2's merges are kept in a text file, two pieces to a line with a space between them. **What would go wrong if the pieces were written as raw bytes?** One of the bytes is a space, one is a line break, and many cannot be printed at all.
#
# So each byte is written as one printable character, its **sign**. The rule has two halves:
#
# - The bytes **33 to 126, 161 to 172 and 174 to 255** (the numbers at both ends belong to them) are printable characters as they are. Their sign is the character with the same number: byte 65 is `A`.
# - The other 68 bytes get, in rising order, the characters with the numbers **256, 257, 258, …** Byte 0 is character 256, byte 1 is character 257, and so on; a byte that has a sign of its own takes no number out of this row.
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Whoever opens a tokenizer's files meets `Ġthe` and `Ċ` and wonders. Here you make them yourself.
#
# <details><summary>Hint 1 · a question</summary>
#
# Go through the bytes from 0 to 255. For each there are two cases; in one of them something has to be counted. What?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `chr(65)` is `"A"`. `range(33, 127)` ends with 126. `number in range(33, 127)` is a quick test.
#
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
# Byte 173 is the soft hyphen, which prints as nothing. Look at the three ranges again: it lies in the gap between two of them.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "bytes_to_unicode", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bytes_to_unicode() -> dict[int, str]:
    """The sign, one printable character, of each of the 256 bytes. No two bytes share a sign."""
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
# **So what is `Ġ`?** Here are a few texts in signs.

# %% tags=["look", "raises-exception"]
sign_of = bytes_to_unicode()
for text in ["hi there", "two\nlines", "café", "🙂"]:
    print(f"{text!r:14}", "".join(sign_of[byte] for byte in utf8_bytes(text)))

# %% [markdown]
# *What you should see:* `Ġ` where there was a space, `Ċ` for the line break, two signs for é, four for the smiling face.

# %% [markdown]
# ## Exercise 3 · `pretokenize`
#
# In English text the letters *e* and *space* stand side by side all the time. **Should they ever become one piece?** GPT-2's authors found that without a rule there were tokens such as `dog.`, `dog!` and `dog?`: the same word, kept several times over. So the text is cut into words first, and merges never cross a cut.
#
# The words are found from left to right. At each place these rules are tried **in this order**, and the first that fits takes as much as it can:
#
# | | a word is | examples |
# |---|---|---|
# | 1 | one of `'s` `'t` `'re` `'ve` `'m` `'ll` `'d`, with a straight apostrophe, in small letters | `don` `'t` |
# | 2 | one or more letters of any script, with one space in front if there is one | `·cat` `東京` |
# | 3 | one or more numbers of any script, with one space in front if there is one | `·2019` `½` |
# | 4 | one or more characters that are neither letter, number nor white space, with one space in front if there is one | `,` `·!?` `__` |
# | 5 | one or more white space characters with nothing but white space, or the end, directly behind them | the first two of three spaces before a word |
# | 6 | one or more white space characters | a line break before a word |
#
# Rule 5 leaves the last space of a run to the word behind it. `a···b` becomes `a`, `··`, `·b`. (A space in front is really the space character; a line break or tab does not count.)
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 11 points*
#
# **Why.** These cuts decide that GPT-2 knows `·dog` once, that a word at the start of a line is another token than the same word behind a space, and that code indented with spaces is expensive.
#
# One pattern does it all. `regex` is Python's `re` with Unicode's properties; `regex.findall(pattern, text)` gives all matches, from left to right. The building blocks:
#
# | in a pattern | matches |
# |---|---|
# | `\p{L}` · `\p{N}` | one letter · one number of any script |
# | `\s` | one white space character |
# | `[^\s\p{L}]` | one character that is neither white space nor a letter |
# | `x+` · `x?` | one or more x, as many as there are · one x or none |
# | `x(?!y)` | x, if no y follows; an `x+` takes fewer x until that is so |
# | `\S` | one character that is no white space |
# | `x\|y` | x, or else y: the first that fits counts |
#
# Write patterns as raw strings: `r"\s+"`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Each row of the first table is one alternative of your pattern. Which character, with which mark behind it, says "one space in front if there is one"?
#
# <details><summary>Hint 2 · rule 5</summary>
#
# "White space that is followed by nothing but white space or the end" and "white space that is not followed by a character that is no white space" say the same. The second is easy to write with `(?!…)`.
#
# </details>
#
# <details><summary>If you see "bad escape \p"</summary>
#
# That is `re` speaking. Python's own module does not know `\p{L}`; use `regex`.
#
# </details>
#
# <details><summary>If you see "a run of spaces keeps its last space from the word behind it"</summary>
#
# Then a whole run is one word. Rule 5 has to come before rule 6 and has to be able to give one space back.
#
# </details>
#
# <details><summary>If pieces of the text are missing</summary>
#
# Every character must fit some rule. And if your pattern has brackets `( )`, `findall` gives only what is in the brackets; `(?: )` groups without that.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "pretokenize", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pretokenize(text: str) -> list[str]:
    """The text cut into words as GPT-2 does it. Joined again, the words are the text; an empty text has none."""
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
# **Where are the cuts?** Find each of the six rules in the picture. Which rule cut *IT'S*, and why not the first?

# %% tags=["look", "raises-exception"]
pictures.coloured_tokens(pretokenize("It's 2019, and she'll write   IT'S  naïve_code(x1)\n\tin 東京!"))

# %% [markdown]
# *What you should see:* *It's* in two words and *IT'S* in three; spaces in front of the words they belong to, and what is left of a run by itself.

# %% [markdown]
# ## Exercise 4 · `count_pairs`
#
# Now the training half. We have a text, cut into words, each word cut into single signs. **Which two neighbours belong together?** Those that are seen together most.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 8 points*
#
# **Why.** This count is the only thing that the tokenizer ever learns from. No grammar, no dictionary.
#
# A word that occurs a thousand times need not be looked at a thousand times. So the text comes as a dict: each different word, as a tuple of pieces, with the number of times it occurs. A pair counts once for every place where it stands: `("a", "a", "a")` with count 2 holds the pair `("a", "a")` at two places and so adds 4. Pairs never reach from one word into another.
#
# <details><summary>Hint 1 · a question</summary>
#
# A word of five pieces has how many pairs of neighbours? And what does each of them add, if the word occurs seven times?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `pairwise(word)` from itertools goes over the neighbours. A `Counter` is a dict whose missing entries are 0, so `counter[key] += 3` needs no preparation.
#
# </details>
#
# <details><summary>If you see "each word counts once"</summary>
#
# The dict's values say how often each word occurs in the text. Where do they come in?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "count_pairs", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_pairs(words: dict[tuple[str, ...], int]) -> dict[tuple[str, str], int]:
    """How often each pair of neighbouring pieces occurs in the text.

    `words` holds each different word, as a tuple of pieces, and how often it occurs. A word of one piece has no
    pair. Pairs that do not occur are not in the result.
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
# *What you should see:* a tick. The first of its cases holds *newest* six times and *widest* three times, so that the pair `e`, `s` stands there nine times.

# %% [markdown]
# ## Exercise 5 · `merge_pair`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 9 points*
#
# **Why.** A merge is the one thing that ever happens to a word, in training and in encoding. Everything else only decides which.
#
# Wherever the two pieces of `pair` stand side by side, in this order, they become one. Go from left to right, and use each piece once: in `a a a` the first two are merged, and the third is left alone, since its neighbour is gone.
#
# <details><summary>Hint 1 · a question</summary>
#
# Walk along the word with a position. At each step there are two cases. By how much does the position move in each?
#
# <details><summary>Hint 2 · what to compare</summary>
#
# `word[at : at + 2]` is a tuple of at most two pieces, and near the end of the word of only one. That makes the last piece an ordinary case.
#
# </details>
#
# <details><summary>If you see "the last piece of the word is lost"</summary>
#
# Where does your loop end? If it stops when no pair is left to look at, one piece has not been copied yet.
#
# </details>
#
# <details><summary>If you see that pieces are cut and glued as text</summary>
#
# `"ab b".replace("b b", …)` finds a pair that is none: the first *b* belongs to the piece *ab*. Compare whole pieces.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "merge_pair", "locked": false, "schema_version": 3, "solution": true, "task": false}
def merge_pair(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    """The word with the pair made one piece wherever it occurs, from left to right.

    A word without the pair comes back as it was. The result is a tuple, since words are the keys of a dict.
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
# *What you should see:* a tick, also for words in which the pair touches itself.

# %% [markdown]
# ## Exercise 6 · `train_bpe`
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 11 points*
#
# **Why.** This is the whole learning algorithm, and you have written all its parts. OpenAI ran it once, with 50,000 rounds, on the text of millions of web pages.
#
# Begin with the words of the text, each as a tuple of the signs of its bytes, and how often each occurs. Then, in each round:
#
# 1. count the pairs;
# 2. take the most frequent one. **If several are equally frequent, take the greatest of them in Python's order of tuples**: `("b", "a")` before `("a", "z")`. Sources differ on this, so we have to fix it;
# 3. merge it in every word, and note it.
#
# It ends after `n_merges` rounds, or earlier when every word is one piece. A pair that occurs only once is still merged.
#
# <details><summary>Hint 1 · a question</summary>
#
# Why must the pairs be counted anew after each merge? Which counts does merging *t* and *h* change?
#
# <details><summary>Hint 2 · the start</summary>
#
# The `Counter` of a list is a dict: each different entry, and how often it occurs. What is missing then is the step from a word to its tuple of signs; exercises 1 and 2 make it.
#
# </details>
#
# <details><summary>Hint 3 · the greatest of the most frequent</summary>
#
# `max(…, key=…)` compares what the key function gives, and tuples are compared entry by entry. What would a key of two entries have to hold?
#
# </details>
#
# <details><summary>If you see "max() … is empty"</summary>
#
# There are no pairs left: every word is one piece. Stop there.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "train_bpe", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_bpe(text: str, n_merges: int) -> list[tuple[str, str]]:
    """The first `n_merges` merges that byte-pair encoding learns from the text, in order.

    Pieces are written in signs, so that a space is `Ġ`. There are fewer merges if every word becomes one piece
    before that.
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
# **What does it learn from three hundred children's stories?** The stories come from the course's own story world.

# %% tags=["look", "raises-exception"]
stories = "\n".join(story(seed=2, index=number).text for number in range(300))
story_merges = train_bpe(stories, 200)
for first in range(0, 40, 10):
    print("  ".join("+".join(pair) for pair in story_merges[first : first + 10]))

# %% [markdown]
# And now pull the slider through the same merges. **Which words are whole first?** What does the tokenizer make of a word that no story has in it?


# %% tags=["look", "raises-exception"]
def pieces_after(text: str, merges: list[tuple[str, str]]) -> list[str]:
    """The text's pieces after these merges, `·` for a space."""
    pieces = []
    for word in pretokenize(text):
        merged = tuple(bytes_to_unicode()[byte] for byte in utf8_bytes(word))
        for pair in merges:
            merged = merge_pair(merged, pair)
        pieces += [piece.replace("Ġ", "·") for piece in merged]
    return pieces


sentence = "Once upon a time there was a little girl who loved her photosynthesis."
pictures.cuts_slider(
    {number: pieces_after(sentence, story_merges[:number]) for number in [*range(20), *range(20, 201, 10)]}
)

# %% [markdown]
# *What you should see:* short and frequent things first, a space with the letter behind it, *the*, *and*; soon whole words. A word that no story knows stays in crumbs.

# %% [markdown]
# ## Exercise 7 · `encode_word`
#
# From here on the merges are GPT-2's own. A merge's place in the list is its **rank**: 0 was learned first.
#
# Someone gives you a new word, in single signs. **Which of the merges that fit comes first?** Not the pair that is most frequent in your text, nor the leftmost, nor the longest: the one with the lowest rank, for in training it happened first. Only so does the same word always get the same pieces, whatever text it stands in.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 11 points*
#
# **Why.** This is the heart of the tokenizer, and most home-made ones go wrong here.
#
# Begin with single signs, as a tuple, which is what your `merge_pair` takes. Of all neighbouring pairs that have a rank, merge the one with the lowest, wherever it occurs. Look again, since a merge makes new neighbours. Stop when no pair has a rank.
#
# <details><summary>Hint 1 · a question</summary>
#
# `min` finds the smallest of several things. What should it compare, and what should a pair without a rank count as, so that it is never chosen before one that has a rank?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `dict.get(key, default)`, `math.inf`, `pairwise`, and your own `merge_pair`. A word of one piece has no pair: `min` of nothing is an error.
#
# </details>
#
# <details><summary>If you see "merges stop too early"</summary>
#
# A pair without a rank is no reason to stop as long as another pair in the word has one.
#
# </details>
#
# <details><summary>If the check does not come to an end</summary>
#
# Your loop goes on without changing anything. Stop it (■ above the notebook), and print the pieces in each round. Is the word a tuple, and is it the merged one that the next round looks at?
#
# </details>
#
# <details><summary>If the real words come out in other pieces</summary>
#
# Print the pair that you choose, with its rank, in each round. Is any other pair of the word ranked lower?
#
# </details>
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
    """The pieces that are left of one word when everything that has a rank is merged, lowest rank first.

    `word` is written in signs, such as "Ġthere", and has at least one. `ranks` gives the rank of each pair that
    is ever merged; a pair that is not in it is never merged.
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
# **Which merges come first?** GPT-2's file begins with these. Compare them with what the stories taught yours. (`vocab` is for later: it holds the id of every piece.)

# %% tags=["look", "raises-exception"]
merges = gpt2_merges()
ranks = {pair: rank for rank, pair in enumerate(merges)}
vocab = json.loads(vocabulary_files()[0].read_text(encoding="utf-8"))
print(f"{len(merges):,} merges:", "  ".join("+".join(pair) for pair in merges[:12]), "…")
print(encode_word("Mechanistic", ranks), encode_word("Ġinterpretability", ranks))

# %% [markdown]
# *What you should see:* the pieces of the first look, this time from your own function.

# %% [markdown]
# ## Exercise 8 · `build_vocab`
#
# The model wants numbers. **How many ids must there be?** One for each of the 256 signs, since any of them may be left over; one for what each merge makes; and one for each special token, of which GPT-2 has a single one, `<|endoftext|>`. Add it up before you go on: it is d_vocab, and the number of rows of W_E.
#
# The ids are given out in this order, from 0 on without gaps:
#
# 1. the 256 signs, **sorted as characters** (not by the byte that they stand for): `!` is 0;
# 2. what each merge makes, in the merges' order: 256 is `Ġt`;
# 3. the special tokens, in their order.
#
# *Difficulty 1 of 5 · importance 4 of 5 · 5 minutes · core, 6 points*
#
# **Why.** An id is nothing but a place in this list. If one entry is missing near the beginning, every id behind it is another token, and a model with perfect weights talks nonsense.
#
# <details><summary>Hint 1 · a question</summary>
#
# If you had all pieces in one long list, in the right order, what would the id of each be?
#
# <details><summary>If you see "the signs stand in the order of their bytes"</summary>
#
# Byte 0 has the sign with number 256. Sorted as characters it comes after all signs that kept their own number. `sorted` does that.
#
# </details>
#
# <details><summary>If you see "every id is too small by 256"</summary>
#
# The first merge does not get id 0: the signs come before it.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "build_vocab", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_vocab(merges: list[tuple[str, str]], special_tokens: list[str]) -> dict[str, int]:
    """The id of each piece: first the 256 signs, then what each merge makes, then the special tokens."""
    ### BEGIN SOLUTION
    pieces = sorted(bytes_to_unicode().values())
    pieces += [left + right for left, right in merges]
    pieces += special_tokens
    return {piece: number for number, piece in enumerate(pieces)}
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_build_vocab", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.build_vocab(build_vocab)

# %% [markdown]
# **Is that all there is to GPT-2's vocabulary?** Beside its merges GPT-2 publishes a second file with every piece and its id. Here yours meets it.

# %% tags=["look", "raises-exception"]
mine = build_vocab(merges, [END_OF_TEXT])
print(f"{len(mine):,} ids, the same as in GPT-2's own file: {mine == vocab}")
of_letters = [piece for piece in vocab if piece.isascii() and piece.isalpha()]
print("the longest pieces of plain letters:", *sorted(of_letters, key=len)[-8:], sep="\n  ")

# %% [markdown]
# *What you should see:* True. The second file holds nothing that the first one does not say. And some of the longest pieces are no words at all, but scraps of web pages that were copied very often.

# %% [markdown]
# ## Exercise 9 · `encode`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 9 points*
#
# **Why.** All the steps in a row: the one function that everybody calls a tokenizer.
#
# Text to words, each word to bytes, to signs, to pieces, to ids. Nothing is added and nothing is left out: no space in front, no special token, no change of case.
#
# <details><summary>Hint 1 · a question</summary>
#
# Five functions of yours and a dict: what does each of them take and give? Write the types beside each other, and the order is settled.
#
# <details><summary>If you see "KeyError: ' '"</summary>
#
# The space is no sign. Which step between bytes and pieces is missing?
#
# </details>
#
# <details><summary>If you see "the text is not cut into words first"</summary>
#
# `encode_word` takes one word. On a whole text it finds merges across the cuts.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "encode", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encode(text: str, ranks: dict[tuple[str, str], int], vocab: dict[str, int]) -> list[int]:
    """The ids of the text's tokens. An empty text has none.

    `vocab` has an id for every piece that merging with `ranks` can leave. Both may be a part of GPT-2's.
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
# **Does it agree with GPT-2 outside the check, too?** Below, each sentence is met by both tokenizers. Then comes the box of the first look, this time driven by your own function.
#
# *What you should see:* that all of the texts agree. If one does not, type it into the box and into that of the first look, and find the word where they part.


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
# ### Why capital letters look odd to a model
#
# To you *hello*, *Hello* and *HELLO* are one word. **What are they to GPT-2, and what does a space in front change?**

# %% tags=["look", "raises-exception"]
for form in ["hello", " hello", "Hello", " Hello", "HELLO", " HELLO", "hELLO"]:
    ids = encode(form, ranks, vocab)
    print(f"{form!r:10} {' | '.join(token_strings(ids)):14} {ids}")

# %% [markdown]
# Each is another row of W_E, or several rows. That they mean the same, the model has to learn from text, one form at a time, and it sees the rare forms rarely.
#
# ### Why arithmetic looks odd to a model
#
# You add 1234 and 5678 column by column, since each digit has its place. **Where does GPT-2 find the digits?** The picture holds every number of four digits: the first two digits choose the row, the last two the column. The stronger the blue, the more of its digits lie in its first token.

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
# A number is cut wherever web pages happened to make pieces frequent: years such as 1999 and prices such as 1500 are whole, most others are in two parts, and not always in the middle. Units, tens and hundreds have no fixed place. (Most later models cut all numbers by a rule, for this reason.)

# %% [markdown]
# ## Exercise 10 · `decode`
#
# The way back. When the model writes, it writes ids.
#
# **What if it stops in the middle of a character?** A 🦙 is four bytes in three tokens. After the first of them the bytes are no valid UTF-8 yet. Python's `decode` raises an error then, unless it is told to put the replacement character � in such places, and that is what GPT-2's tokenizer does.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 8 points*
#
# **Why.** Every text that a model ever shows has come through this function.
#
# Ids to pieces, to signs, to bytes, to text. Collect the bytes of **all** tokens before you make text of them, or a character that is spread over two tokens is torn.
#
# <details><summary>Hint 1 · a question</summary>
#
# Two of your dicts have to be read backwards. What makes a dict from value to key?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `bytes([72, 105])` makes a `bytes` object out of numbers. Its method `decode` takes an argument `errors`; see `help(bytes.decode)`.
#
# </details>
#
# <details><summary>If you see "each token is decoded by itself"</summary>
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
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "decode", "locked": false, "schema_version": 3, "solution": true, "task": false}
def decode(ids: list[int], vocab: dict[str, int]) -> str:
    """The text that the ids stand for. Bytes that are no valid UTF-8 become the replacement character �.

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
# **What does an emoji look like while a model is writing it?** One more token in each line.

# %% tags=["look", "raises-exception"]
ids = encode("ok 🦙!", ranks, vocab)
for length in range(len(ids) + 1):
    print(f"{length} tokens: {decode(ids[:length], vocab)!r}")

# %% [markdown]
# *What you should see:* � until the last of the llama's tokens has arrived.

# %% [markdown]
# ## Exercise 11 · `encode_special`
#
# In training, GPT-2 read one document after the other, and between any two stood the token `<|endoftext|>`, id 50256. It is no text, it is a signal: what comes now has nothing to do with what was before.
#
# **What does `encode` do with the string `<|endoftext|>`?** It cuts it up like any other text, and the signal is lost. So special tokens are looked for first.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 15 minutes · core, 7 points*
#
# **Why.** Chat models are made of such tokens: who speaks, where a turn ends. Whether a user may type them is a question of security.
#
# Wherever one of `special_tokens` occurs, from left to right, it becomes its id; the stretches between are encoded as before, each by itself. Where two special tokens begin at the same place, take the **longer** one. Spaces beside a special token belong to the text.
#
# <details><summary>Hint 1 · a question</summary>
#
# `regex.split` cuts a text at a pattern and throws away what matched. Unless the pattern stands in brackets: try `regex.split("(-)", "a-b-c")`. Which parts are special then?
#
# <details><summary>Hint 2 · special characters</summary>
#
# In a pattern, `|` means "or". `regex.escape` takes a string's special meaning away. And in `x|y` the first that fits counts, which is not always the longer one.
#
# </details>
#
# <details><summary>If you see "with no special tokens the text falls into characters"</summary>
#
# A pattern made of nothing matches everywhere. Treat the empty list by itself.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "encode_special", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encode_special(
    text: str, ranks: dict[tuple[str, str], int], vocab: dict[str, int], special_tokens: list[str]
) -> list[int]:
    """The ids of a text in which some strings are special tokens, each with an id of its own in `vocab`.

    There may be no special tokens at all; then it is the same as `encode`.
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
# **Is the end of a text text?** The same string, once as text and once as a signal.

# %% tags=["look", "raises-exception"]
two_stories = "The end.<|endoftext|>Once upon a time"
print(token_strings(encode(two_stories, ranks, vocab)))
print(token_strings(encode_special(two_stories, ranks, vocab, [END_OF_TEXT])))

# %% [markdown]
# *What you should see:* as text the string falls into pieces, and even takes a neighbouring full stop along; as a signal it is one token.

# %% [markdown]
# ## Exercise 12 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** Whoever can write down every shape has understood the week. Whoever cannot will find the gap here.
#
# The first rows speak of the text `naïve café 🙂`; count on paper. The others speak of GPT-2 small and a **batch of 2 prompts of length 6**: d_model is 768, and you know d_vocab. A list of 5 things has shape `(5,)`; a table of 3 rows with 2 things each has shape `(3, 2)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which characters of `naïve café 🙂` are not plain ASCII, and how many bytes does each of them take? And how many words are there, when a space belongs to what follows it?
#
# <details><summary>If you see that rows with d_vocab are not right</summary>
#
# Signs, merges and one special token: 256 + 50,000 + 1. A one-hot row, and a row of logits, has an entry for each id.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """Lengths of this week's lists and shapes of GPT-2 small, for 2 prompts of length 6. Rows may stay None."""
    utf8 = words = None  # utf8_bytes("naïve café 🙂") and pretokenize("naïve café 🙂")
    signs = merges = vocab = None  # all signs, GPT-2's merges (a pair in each row), all of GPT-2's ids
    tokens = one_hot = None  # the ids of the two prompts, and the same as one-hot rows (week 1)
    W_E = x = logits = None  # the embedding matrix, the tokens' vectors, a score for each id at each position
    ### BEGIN SOLUTION
    batch, seq, d_vocab, d_model = 2, 6, 50_257, 768
    utf8, words = (17,), (3,)
    signs, merges, vocab = (256,), (50_000, 2), (d_vocab,)
    tokens, one_hot = (batch, seq), (batch, seq, d_vocab)
    W_E, x, logits = (d_vocab, d_model), (batch, seq, d_model), (batch, seq, d_vocab)
    ### END SOLUTION
    rows = {"utf8": utf8, "words": words, "signs": signs, "merges": merges, "vocab": vocab}
    return rows | {"tokens": tokens, "one_hot": one_hot, "W_E": W_E, "x": x, "logits": logits}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.shape_table(shape_table)

# %% [markdown]
# *What you should see:* a tick, and one number in four of the rows: d_vocab is everywhere where ids begin or end.

# %% [markdown]
# ## Check your understanding
#
# Run the folded cell below. Decide first, then open a choice: every one of them has a reason.

# %% tags=["look", "raises-exception"] jupyter={"source_hidden": true}
quiz(
    [
        Question(
            "Someone sends GPT-2 a text in a script that it has never seen. What does the tokenizer do?",
            [
                Choice(
                    "It puts one token for “unknown” in place of each strange word.",
                    why="Tokenizers that begin with words or characters need such a token. GPT-2's begins with bytes and has none.",
                ),
                Choice(
                    "It encodes the text without loss, in more tokens than usual.",
                    right=True,
                    why="Every text is bytes, and each of the 256 bytes has an id. Without merges that fit, there may be a token for each byte.",
                ),
                Choice(
                    "It raises an error.",
                    why="There is no text that it cannot encode: the pieces that are left are at worst single signs, and all of those are in the vocabulary.",
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
                    "So that a word gets the same pieces in every text, those that the model was trained with.",
                    right=True,
                    why="Ranks are fixed when training ends. Frequencies differ from text to text, and with them the pieces would.",
                ),
                Choice(
                    "It comes to the same, since frequent pairs have low ranks.",
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
                    why="Words, bytes, signs and pieces lose nothing, and each step can be undone.",
                ),
                Choice(
                    "`encode(decode(ids)) == ids`",
                    why="Ids need not be what `encode` would choose. The ids of *h* and *e*, one after the other, decode to *he*, which is encoded as one token.",
                ),
                Choice(
                    "`len(encode(a + b)) == len(encode(a)) + len(encode(b))`",
                    why="The cut between a and b may fall inside a word, where a merge would have joined the two sides.",
                ),
            ],
        ),
        Question(
            "You train BPE on the same text, but forget `pretokenize`. What happens?",
            [
                Choice(
                    "Nothing can be encoded any more.",
                    why="Everything can: the 256 signs are still there.",
                ),
                Choice(
                    "Merges run over spaces and punctuation: *of the* becomes one piece, and *dog.* and *dog,* become two.",
                    right=True,
                    why="Pairs are then counted across the cuts. Ids are spent on phrases and on every punctuated form of a word.",
                ),
                Choice(
                    "The merges are the same, only found more slowly.",
                    why="The most frequent pairs of English include a letter and the space behind it; with words cut apart that pair does not exist.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# The third question has answers that you can test.

# %% tags=["look", "raises-exception"]
h_and_e = [vocab["h"], vocab["e"]]
again = encode(decode(h_and_e, vocab), ranks, vocab)
print(f"{h_and_e} is {decode(h_and_e, vocab)!r}, and {decode(h_and_e, vocab)!r} is {again}.")
round_trips = [decode(encode(text, ranks, vocab), vocab) == text for text in CAT.values()]
print(f"{sum(round_trips)} of {len(round_trips)} texts come back as they were.")

# %% [markdown]
# ### In your own words
#
# A classmate asks a language model how often the letter *r* occurs in *strawberry*, and gets a wrong answer. She says: *"It cannot even count to three."* What does the model see instead of the word, why is the question harder for it than for a child, and what could it still do to get it right? Answer in four or five sentences, and use the words **byte** or **letter**, **merge** and **token**. (Look at the tokens first, with and without a space in front.) A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The model is given ids, not letters. Merges have joined the bytes of the word into a few long pieces, and behind a space the whole word may be one token; a token is one id, one row of W_E, and nothing in that number says which letters it was made of. A child sees ten letters and counts three of them; the model can only know the spelling of its tokens if text has taught it, as in spelling lessons, rhymes and typing errors, one token at a time. So a wrong answer says little about its counting. It gets easier if the word is first spelled out, s-t-r-a-w-b-e-r-r-y: then the letters are tokens of their own, and there is something to count.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `bytes_per_token`
#
# The merges were learned from text that was nearly all English. **What does the same sentence cost in other languages?** A model's context and its price are measured in tokens.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · stretch, 15 points*
#
# **Why.** Whoever pays by the token, or runs out of context, should know how much text a token holds.
#
# For each language, give the number of UTF-8 bytes of **all** its texts, divided by the number of tokens of all its texts. Encode each text by itself. (The average of the texts' own ratios would be another number: a short text would count as much as a long one.)
#
# <details><summary>Hint 1 · a question</summary>
#
# Two sums for each language, and one division. What stands above the line, characters or bytes?
#
# <details><summary>If you see "the texts' ratios are averaged"</summary>
#
# Add up first, divide once.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "bytes_per_token", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bytes_per_token(texts: dict[str, list[str]], encode: Callable[[str], list[int]]) -> dict[str, float]:
    """How many bytes of UTF-8 a token holds on average, for each language.

    `texts` gives each language's texts; every language has at least one token. `encode` gives a text's ids.
    """
    ### BEGIN SOLUTION
    ratios = {}
    for language, group in texts.items():
        bytes_in_all = sum(len(utf8_bytes(text)) for text in group)
        ratios[language] = bytes_in_all / sum(len(encode(text)) for text in group)
    return ratios
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_bytes_per_token", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.bytes_per_token(bytes_per_token)

# %% [markdown]
# *What you should see:* a tick; in English one token holds several bytes.
#
# **Who pays most for saying that the cat was tired?** The first picture shows bytes per token, the second what counts in the end: the tokens of the same sentence.

# %% tags=["look", "raises-exception"]
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
# Bytes per token can mislead: a letter takes one byte in English, two in Greek or Russian, three in Hindi, Thai or Chinese. What a reader pays for is the second picture.

# %% [markdown]
# ## Stretch 2 · `fast_encoder`
#
# Your `encode` is right. **Is it fast enough for a training set?** Text repeats itself: of a million words in a book only some tens of thousands are different, and the same word always has the same ids.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** To remember what has been worked out already is the cheapest way to speed there is, and real tokenizers do just this.
#
# Write a function that makes an encoder: a function from text to ids which remembers the ids of every **word** it has seen, also from one call to the next. Ranks may be asked only about words that are new. Each encoder has a memory of its own, since another one may have other merges.
#
# <details><summary>Hint 1 · a question</summary>
#
# A function that is defined inside another one can use its variables, and they live on. Where does the memory have to be made, so that each encoder gets its own and keeps it?
#
# <details><summary>If you see "the second time the ids are others"</summary>
#
# `ids = memory[word]` is the very list in the memory, and `ids += …` makes that one longer.
#
# </details>
#
# <details><summary>If you see "words that have been seen before are worked out again"</summary>
#
# Perhaps you remember whole texts. A text seldom comes twice; its words do. Cut first, then remember. Or the memory is made anew in each call.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "fast_encoder", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fast_encoder(ranks: dict[tuple[str, str], int], vocab: dict[str, int]) -> Callable[[str], list[int]]:
    """An `encode` for these ranks and this vocabulary that works out the ids of each different word only once."""
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
# **How much is it?** Both encoders on the same text: stories, Python's own source code, and the cat in all its languages. The times are those of your machine, today.

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
# *What you should see:* True, and a smaller time in the second line. The larger the text, the larger the gain.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and says aloud what each variable holds: text, bytes, signs, pieces or ids. Swap after every exercise that has its tick.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together: guess each cut before you type the text. |
# | 10–25 | Exercises 1 and 2. Agree on your scratchpad: the words *byte*, *sign*, *word*, *piece*, *token*, *id*, and the type of each. |
# | 25–40 | Exercise 3, one rule at a time, with the picture below it. **Swap.** |
# | 40–60 | Exercises 4 to 6. Do two rounds by hand on *low low lower* first. **Swap.** |
# | 60–80 | Exercises 7 to 9, and the two tokenizers side by side. |
# | 80–90 | The two questions below. |
#
# Core is exercises 1 to 12; 10 to 12 do well as homework. Stretch is for whoever has time left. **Not finishing is normal:** a session that ends with your own merges from the stories is a good one.
#
# **Two questions to argue about.**
#
# 1. A user of a chat types `<|endoftext|>` into the message. Should the tokenizer treat it as the special token or as text? Who has to decide that, and what could go wrong either way?
# 2. The merges were counted on English web pages. Is it fair that a sentence costs several times as many tokens in Hindi as in English? What would you change: the text that is counted, the number of merges, or the price?
#
# **Where pairs get stuck.** At bytes against characters: say "the bytes of é" and never "the byte". At exercise 3, when the pattern has brackets in it. At exercise 5, at the end of the word. At exercise 7, when one of you means the most frequent pair and the other the lowest rank.

# %% [markdown]
# ## What you have built
#
# - **utf8_bytes**, **bytes_to_unicode**: any text as bytes, and each byte as a sign that can be printed.
# - **pretokenize**: the cuts that no merge ever crosses.
# - **count_pairs**, **merge_pair**, **train_bpe**: how a vocabulary is learned by counting neighbours.
# - **encode_word**, **build_vocab**, **encode**: GPT-2's own ids for any text, by rank.
# - **decode**: from ids back to text, also when they end inside a character.
# - **encode_special**: signals that are no text.
#
# What is still missing? An id is only a name; 15496 is not larger than 995 in any sense that matters. Next week each id gets its row of W_E, and names become directions.
#
# Words of this week in the [glossary](../glossary.md): *byte, byte-pair encoding, d_vocab, end of text, merge, piece, pretokenization, rank, replacement character, sign, special token, token, token id, tokenizer, UTF-8, vocabulary, word*.
