# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 1 · Everything is a vector
#
# **The big idea.** A machine cannot compute with words, but it can compute with lists of numbers. So every piece of a text becomes such a list, a **vector**, and all that GPT-2 does from there on is done to vectors, with a handful of operations. This week you write those operations.
#
# | | |
# |---|---|
# | **You will have built** | the arithmetic that GPT-2 is made of: dot products, heads split and merged, softmax, the loss, and the list of likeliest next tokens |
# | **You need** | Python and a little torch: you can make a tensor, index it and ask for its shape. There is no earlier week |
# | **Time** | core 2 to 2½ hours · stretch 1 hour |
# | **Where we are** | **text → tokens → embeddings → blocks → logits → probabilities → next token**: all of it once, from above |
#
# Over twelve weeks you will take this machine apart and build every piece again. Today you see it whole, and you make the tools.
#
# Run the cells from top to bottom: Shift+Enter runs one and goes on to the next. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether you are right.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Int
from torch import Tensor

from utils import pictures, reference
from utils.checks import week01_vectors as checks
from utils.examples.word_space import WORDS
from utils.quiz import Choice, Question, quiz
from utils.scratchpad import Scratchpad
from utils.tokens import token_strings

gpt2 = reference.load()
PROMPT = "Once upon a time there was a king. He lived in a"

words = [each.word for each in WORDS]
groups = [each.group for each in WORDS]
vectors = torch.tensor([each.place for each in WORDS])  # [word, 3]
place = dict(zip(words, vectors, strict=True))

# %% [markdown]
# ## A first look
#
# Here is the whole machine. **What happens to a text on its way to the next token?** Press play, or go step by step with *next* and *back*; ■ returns to the start. Every shape and every number below is read off the model while it runs on your prompt; write another one into the box and press Enter.
#
# **Find three things.** The step at which the text stops being text. The sizes that stay the same from the embeddings to the last block. The step at which everything suddenly becomes very wide.

# %% tags=["look", "raises-exception"]
pictures.pipeline_player(gpt2, PROMPT)

# %% [markdown]
# The button *go on with this token* puts the guess behind the prompt. Press it a few times: that loop is all there is to a model that writes.
#
# The same in one glance, with the weeks in which you will build each piece:
#
# | stage | what there is | shape | week |
# |---|---|---|---|
# | text | what you wrote | | |
# | tokens | a number, its id, for each piece of the text | `batch seq` | 2 |
# | embeddings | a vector for each token, which says what it is and where it stands | `batch seq d_model` | 1, 3 |
# | blocks | the same vectors, again and again, each time knowing more of the text before them | `batch seq d_model` | 4 to 7 |
# | logits | a score for every token of the vocabulary | `batch seq d_vocab` | 3, 8 |
# | probabilities | the scores as shares that add up to 1 | `batch seq d_vocab` | 1, 9 |
# | next token | one of them, chosen | `batch` | 9 |
#
# Four words that stay with you for twelve weeks: **batch** is how many prompts are computed at once, **seq** how many tokens each of them has, **d_model** how many numbers a token's vector has, and **d_vocab** how many tokens the model knows.

# %% [markdown]
# ## How these notebooks work
#
# - **Looks.** Some cells only show something, after a question in bold. Guess the answer first. You may change these cells as you like; nothing depends on them. A look that needs a function of yours ends in NotImplementedError until you have written it.
# - **Exercises.** Each has a cell for you to write in and a check below it. The line under the heading says how difficult and how important it is and how long it may take. *Core* exercises add up to 100 points, *stretch* comes on top.
# - **Checks** compare your code with a reference on several inputs, and where the two differ they say how. You may run them as often as you like. Many have a case from the **reference model**: OpenAI's GPT-2 small where it is on your machine, otherwise the **storyteller**, a small GPT-2 that comes with the course.
# - **Parts.** Later weeks build on earlier ones. What they need lies beside each notebook in `parts.py`, ready and right, so that nothing stops you if you have left something out.
# - **Hints** are folded up. The first one is a question; inside it are others, for what a check may have said: *If you see this*. Open them when you have tried something.
# - **Everything together.** In a terminal (menu File, New, Terminal), `course check 1` runs your saved notebook as the grader would and lists your points.
# - **Two heads.** Every week ends with a plan for a 90-minute session for two: one types, the other reads and asks, and you swap.
#
# **What does a check say when something is wrong?** Here is one at work on a wrong answer: a dot product that adds the two vectors. Read the card from the top: which input was tried, how the result differs, what the mistake probably is, and where to look.

# %% tags=["look", "raises-exception"]
checks.dot_product(lambda a, b: a + b)

# %% [markdown]
# A check never shows the solution, and it does not always know the mistake. When it names none, its first lines still hold: print the shape it speaks of, or the number at the place it names, and compare.

# %% [markdown]
# ## The idea in plain words
#
# A vector is a list of numbers. You can think of it in two ways: as a **place**, with the numbers for coordinates, or as an **arrow** from 0 to that place, with a direction and a length.
#
# Why vectors, when tokens already have a number, their id? Ids are names. Nothing follows from two ids being neighbours, no more than from two people having neighbouring telephone numbers. Between places there is a distance, and between arrows an angle: things can be *near* each other, or point the *same way*.
#
# **Which of these words lie together, and what do the directions mean?** Fourteen words in three dimensions. Drag to turn the space, scroll to come nearer, click a group in the legend to hide it. Then look for two arrows that differ from each other as *king* and *queen* do.

# %% tags=["look", "raises-exception"]
pictures.vectors_3d(vectors, words, groups, arrows=True)

# %% [markdown]
# These places were made up for people to look at. In a real model there are hundreds of dimensions, the first numbers are random, and training moves them until words that are used alike lie alike. You will see both: random vectors in exercise 9, and a trained space in week 3. More dimensions are more room for all the ways in which words can differ, and more to compute.

# %% [markdown]
# ## The idea in shapes
#
# A tensor has **axes**, and its **shape** says how long each of them is. Most mistakes with tensors are mistakes about axes, so this course gives every axis a name and writes the names wherever it can.
#
# - **In signatures.** `x: Float[Tensor, "batch seq d_model"]` says: a tensor of floats with three axes. That is jaxtyping. It is there to be read; nothing happens when you break it. `Int` stands for whole numbers, `"..."` for any number of axes, and `Float[Tensor, ""]` for a tensor that holds one single number and has no axes: shape `()`.
# - **In `rearrange`** from einops: the names before the arrow say which axes there are, the names behind it where they go. Brackets put two axes into one, or take one apart.
# - **In `einsum`** from einops: each tensor's axes before the arrow, with a comma between them. Axes of the same name are multiplied entry by entry, and a name that is missing behind the arrow is summed away.
#
# **What are the shapes?** Say each of them aloud before you run the cell.

# %% tags=["look", "raises-exception"]
table = torch.arange(6).reshape(2, 3)
print(table)
print("exchanged:", rearrange(table, "row column -> column row").tolist())
print("one axis: ", rearrange(table, "row column -> (row column)").tolist())
print("taken apart:", rearrange(torch.arange(6), "(row column) -> row column", row=2).tolist())

x = torch.ones(2, 6, 768)
weight = torch.ones(768, 64)
print(einsum(x, weight, "batch seq d_model, d_model d_head -> batch seq d_head").shape)
print(einsum(x, "batch seq d_model -> batch seq").shape)

# %% [markdown]
# Keep a scratchpad of shapes beside you while you write. It remembers how long each axis is and complains when a tensor disagrees, as the last line does here on purpose.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6, d_model=768)
pad.note("tokens", (2, 6), "batch seq")
pad.note("x", x, "batch seq d_model")
pad.note("oops", (6, 2, 768), "batch seq d_model")
pad

# %% [markdown]
# ## Exercise 1 · `dot_product`
#
# Do two arrows point the same way? Multiply them entry by entry and add up the products. Entries that agree in sign add to the sum, entries that disagree take away from it.
#
# *Difficulty 1 of 5 · importance 5 of 5 · 5 minutes · core, 6 points*
#
# **Why.** It is the one question that vectors ask of each other, and GPT-2 asks it without end: in attention, in every matrix product, and when it scores the next token.
#
# Write it with `*` and a sum, not with a ready-made `torch.dot`. The vectors lie along the *last* axis; there may be others in front, which stay.
#
# <details><summary>Hint 1 · a question</summary>
#
# Take [1, 2] and [3, −1] and compute by hand. Which operation comes first, and which axis is gone in the end?
#
# <details><summary>If you see "the products are there, but they are not added up"</summary>
#
# A tensor has a method for that. It takes `dim`, the axis that goes away.
#
# </details>
#
# <details><summary>If you see "all pairs of vectors have been added into one number"</summary>
#
# `dim=-1` is the last axis, however many there are.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "dot_product", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dot_product(a: Float[Tensor, "... d"], b: Float[Tensor, "... d"]) -> Float[Tensor, "..."]:
    """The sum of the products of a's and b's entries, for each pair of vectors.

    Both have the same shape. Two single vectors of shape (d,) give a tensor of shape ().
    """
    ### BEGIN SOLUTION
    return (a * b).sum(dim=-1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_dot_product", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.dot_product(dot_product)

# %% [markdown]
# *What you should see:* one line with a tick. The last of its cases took vectors of the model.
#
# **Which of these pairs agree, which disagree, and which have nothing to do with each other?** Guess from the picture above, then run.

# %% tags=["look", "raises-exception"]
for one, other in [("king", "queen"), ("cat", "dog"), ("woman", "apple"), ("boy", "dog"), ("king", "game")]:
    print(f"{one:>6} · {other:<6} {dot_product(place[one], place[other]).item():6.2f}")

# %% [markdown]
# Positive: the arrows point roughly the same way. Around zero: they stand at a right angle and say nothing of each other. Negative: they point apart.

# %% [markdown]
# ## Exercise 2 · `cosine_similarity`
#
# A dot product mixes two things: how well the directions agree, and how long the arrows are. **What if only the direction counts?** Divide by both lengths. What is left is the cosine of the angle: 1 for the same direction, 0 for a right angle, −1 for opposite directions.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 12 points*
#
# **Why.** It is the field's measure for "these two are alike", and from week 3 on you will ask it of the model's own vectors.
#
# Compare every vector of `a` with every vector of `b`: entry [i, j] of the result belongs to a[i] and b[j]. The length of a vector is the root of the sum of its squares: `vectors.norm(dim=…)`. A vector of length 0 has no direction; its similarity with everything is 0.
#
# <details><summary>Hint 1 · a question</summary>
#
# If every vector had length 1, what would the dot product be? So what can be done to both tables first, before any two vectors meet?
#
# <details><summary>Hint 2 · every vector with every vector</summary>
#
# Two rows of names in front of einsum's arrow: `a` has `n` vectors, `b` has `m`, and both have `d`. Which of the three names goes away?
#
# </details>
#
# <details><summary>If you see "The size of tensor a (…) must match the size of tensor b (…)"</summary>
#
# Lengths of shape (n,) cannot divide a table of shape (n, d): which axis is missing? `keepdim=True` keeps it, with size 1.
#
# </details>
#
# <details><summary>If you see NaN, or "0/0"</summary>
#
# `clamp_min(1e-8)` keeps a length from being 0. A vector of zeros divided by 1e-8 is still a vector of zeros.
#
# </details>
#
# <details><summary>If you see "each vector of a is compared with one vector of b only"</summary>
#
# Did both get the same name in front of the arrow? Then einsum walks through them in step.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "cosine_similarity", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cosine_similarity(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    """The cosine of the angle between each vector of a (row) and each vector of b (column).

    A vector of length 0 has similarity 0 with every other.
    """
    ### BEGIN SOLUTION
    a_directions = a / a.norm(dim=-1, keepdim=True).clamp_min(1e-8)
    b_directions = b / b.norm(dim=-1, keepdim=True).clamp_min(1e-8)
    return einsum(a_directions, b_directions, "n d, m d -> n m")
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_cosine_similarity", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.cosine_similarity(cosine_similarity)

# %% [markdown]
# **Can you see the groups?** All fourteen words with all fourteen. Before you run it: what must stand on the diagonal, and why must one half mirror the other?

# %% tags=["look", "raises-exception"]
pictures.heatmap(cosine_similarity(vectors, vectors), words, words, title="cosine similarity")

# %% [markdown]
# *What you should see:* ones on the diagonal, and blocks of blue along it, one for each group.

# %% [markdown]
# ## Exercise 3 · `split_heads`
#
# From week 5 on you will meet **attention heads**: a dozen small machines that work side by side, each on its own part of a token's vector. A vector of d_model numbers is cut into n_heads parts of **d_head** numbers each.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 10 points*
#
# **Why.** This is the reshape that people most often get wrong without noticing, because the wrong one gives the right shape.
#
# Head 0 gets the first d_head numbers of each vector, head 1 the next ones, and so on. In the result the heads stand directly behind batch, so that each head has its own little table of `seq d_head`. Use `rearrange`: cutting an axis and moving one are a single pattern.
#
# <details><summary>Hint 1 · a question</summary>
#
# Write down the names of the axes that come in, with `(n_heads d_head)` for the one that will be cut, and the names that go out, in their order. What stands between the two?
#
# <details><summary>If you see "Could not infer sizes"</summary>
#
# 768 = n_heads · d_head has many answers. Tell `rearrange` one of the two, as `row=2` did in the look above.
#
# </details>
#
# <details><summary>If you see "the numbers lie in the wrong places"</summary>
#
# `view` and `reshape` read the numbers in their old order and only set the line breaks elsewhere. Here the order itself must change: heads before positions.
#
# </details>
#
# <details><summary>If you see "every n-th number"</summary>
#
# In `(a b)`, b runs fastest: its entries are neighbours. Whose numbers should be neighbours?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "split_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_heads(
    x: Float[Tensor, "batch seq d_model"], n_heads: int
) -> Float[Tensor, "batch n_heads seq d_head"]:
    """Each head's part of each token's vector: head 0 has the first d_head = d_model / n_heads numbers."""
    ### BEGIN SOLUTION
    return rearrange(x, "batch seq (n_heads d_head) -> batch n_heads seq d_head", n_heads=n_heads)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_split_heads", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.split_heads(split_heads)

# %% [markdown]
# *What you should see:* a tick; below, numbers that were neighbours in a token's vector are neighbours in a head.
#
# **Where do the numbers go?** Two tokens, each a vector of six numbers, for three heads. Token 0 holds 0 to 5, token 1 holds 10 to 15. Beside it, what `view` would have made of them: the same shape, and something else.

# %% tags=["look", "raises-exception"]
two_tokens = torch.tensor([[[0, 1, 2, 3, 4, 5], [10, 11, 12, 13, 14, 15]]])
print("heads     ", split_heads(two_tokens, n_heads=3)[0].tolist())
print("view alone", two_tokens.view(1, 3, 2, 2)[0].tolist())

# %% [markdown]
# ## Exercise 4 · `merge_heads`
#
# And back: when the heads have done their work, their results are laid side by side again, one vector for each token.
#
# *Difficulty 1 of 5 · importance 4 of 5 · 5 minutes · core, 6 points*
#
# **Why.** What went apart has to come together in the same order, or the next layer reads one head's numbers for another's.
#
# <details><summary>Hint 1 · a question</summary>
#
# What does your pattern of exercise 3 look like when you read it from right to left?
#
# <details><summary>If you see "the heads' numbers alternate"</summary>
#
# In the brackets, the name that comes first changes slowest.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "merge_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def merge_heads(x: Float[Tensor, "batch n_heads seq d_head"]) -> Float[Tensor, "batch seq d_model"]:
    """The heads' vectors side by side in one vector for each token: split_heads undone."""
    ### BEGIN SOLUTION
    return rearrange(x, "batch n_heads seq d_head -> batch seq (n_heads d_head)")
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_merge_heads", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.merge_heads(merge_heads)

# %% [markdown]
# *What you should see:* a tick, and below it that a vector survives the way there and back.

# %% tags=["look", "raises-exception"]
print(torch.equal(merge_heads(split_heads(two_tokens, n_heads=3)), two_tokens))

# %% [markdown]
# ## Exercise 5 · `attention_scores_einsum`
#
# Now let every token compare itself with every other. One vector asks (the **query**), one is asked (the **key**), and their dot product is the **score**. In one go, for all prompts, all heads, all queries and all keys.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 10 points*
#
# **Why.** It is the heart of attention, and a single line once every axis has a name. In week 5 it is divided by a number; here it is the plain dot product.
#
# There may be fewer queries than keys.
#
# <details><summary>Hint 1 · a question</summary>
#
# Go through the five names: batch, n_heads, query, key, d_head. Which of them do `q` and `k` share? Which ones are in the result?
#
# <details><summary>If you see "expected (…, 3, 5), got (…, 5, 3)"</summary>
#
# Rows are queries. Which of the two comes first behind your arrow?
#
# </details>
#
# <details><summary>If you see "does not broadcast with previously seen size"</summary>
#
# A name has one size. Did query and key get the same name, although there are more keys than queries?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "attention_scores_einsum", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_scores_einsum(
    q: Float[Tensor, "batch n_heads query d_head"], k: Float[Tensor, "batch n_heads key d_head"]
) -> Float[Tensor, "batch n_heads query key"]:
    """The dot product of each query with each key of the same prompt and the same head. Nothing is divided."""
    ### BEGIN SOLUTION
    pattern = "batch n_heads query d_head, batch n_heads key d_head -> batch n_heads query key"
    return einsum(q, k, pattern)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_attention_scores_einsum", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.attention_scores_einsum(attention_scores_einsum)

# %% [markdown]
# **Whom does a token match best when nobody has taught it what to look for?** Here are the model's own token vectors, cut for its heads, each used as query and as key alike.

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(PROMPT)])
heads = split_heads(gpt2.state_dict["transformer.wte.weight"][ids], gpt2.config.n_heads)
scores = attention_scores_einsum(heads, heads)
pictures.pattern_heatmap(scores[0, 0], token_strings(ids[0]), title="scores of the first head's part")

# %% [markdown]
# *What you should see:* a strong diagonal, since a vector agrees with itself in every entry, and the same strength wherever the prompt repeats a token. To look for anything but its like a token needs a query that differs from its key. That is week 5.

# %% [markdown]
# ## Exercise 6 · `softmax`
#
# Scores can be any numbers. To share something out, attention or the chance to be the next token, we need **shares**: none is negative, all of them together are 1, and a higher score gets a larger share.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 14 points*
#
# **Why.** Everywhere in GPT-2 where something is weighed against something else there is a softmax. From week 5 on it is *yours* that runs.
#
# The recipe: raise e to the power of each score, which makes every number positive, and divide by the sum of these powers. **What can go wrong with so short a recipe?** Look.

# %% tags=["look", "raises-exception"]
for score in (1.0, 10.0, 88.0, 89.0, 10_000.0, -10_000.0):
    print(f"e to the power of {score:>9,.0f} is {torch.exp(torch.tensor(score)).item():.3g}")

# %% [markdown]
# A float32 ends at about 3 · 10³⁸, and e⁸⁹ is beyond it. So scores of 10,000 give inf / inf, which is no number at all.
#
# The way out: **shares only depend on differences.** If you subtract the same number from all scores, each power shrinks by the same factor, and the fraction stays what it was. Choose that number so that no power can overflow, and do it separately for each slice along `dim`.
#
# A score of −inf is legal and means "hidden": its share is 0. A slice that holds nothing but −inf has no shares; what you return for it does not matter.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which number must you subtract so that the largest power is exactly e⁰ = 1?
#
# <details><summary>Hint 2 · which torch functions</summary>
#
# `torch.exp`, `x.amax(dim=…, keepdim=True)` and `x.sum(dim=…, keepdim=True)`. Why is `keepdim` needed in both? (`x.max(dim=…)` gives two things, the values and their places; `amax` gives the values.)
#
# </details>
#
# <details><summary>If you see "in a row far below it every power is 0"</summary>
#
# `x.max()` is the largest number of the whole tensor. Another slice may lie 20,000 below it.
#
# </details>
#
# <details><summary>If only the cases with dim=1 or dim=0 fail</summary>
#
# Have you used `dim` in every place, or is there a −1 left?
#
# </details>
#
# <details><summary>If you see "calls torch…softmax"</summary>
#
# A ready-made softmax would be right, and you would have learned nothing. Use exp, amax and sum.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """Shares that add up to 1 along `dim`: e to the power of each number, over the sum of those powers.

    Numbers of ±10,000 do no harm, and −inf gets the share 0. Shape and dtype are the input's.
    """
    ### BEGIN SOLUTION
    powers = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return powers / powers.sum(dim=dim, keepdim=True)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_softmax", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.softmax(softmax)

# %% [markdown]
# **Three scores, of which one grows.** The other two stay at 0 and 1. Where do the curves cross, and does the winner ever get everything?

# %% tags=["look", "raises-exception"]
growing = torch.linspace(-4, 6, 101)
shares = softmax(torch.stack([growing, torch.zeros(101), torch.ones(101)], dim=-1))
named = {"the one that grows": shares[:, 0], "stays at 0": shares[:, 1], "stays at 1": shares[:, 2]}
pictures.curves(growing, named, x_title="the growing score", y_title="share")

# %% [markdown]
# *What you should see:* where the growing score reaches 0 and 1 it meets the other two. Between the two that stay, the ratio never changes: one of them always has e times the other's share.

# %% [markdown]
# ## Exercise 7 · `log_softmax`
#
# The chance of a whole text is the product of its tokens' chances. A thousand factors of 0.01: no float is that small. So models work with **logarithms**, where products become sums.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 8 points*
#
# **Why.** Every loss and every comparison of texts is computed from log-probabilities.
#
# The logarithm of softmax is right on paper. But a share that is too small for a float has become 0, and log 0 is −inf: what was very unlikely turns into impossible. So do not compute the share at all. Write down the fraction of exercise 6, take its logarithm on paper, and see what becomes of the division and of the power.
#
# <details><summary>Hint 1 · a question</summary>
#
# log(a / b) = log a − log b, and log eˣ = x. Which two terms are left?
#
# <details><summary>If you see "log 0 is −inf"</summary>
#
# Somewhere you still divide. The difference of the two terms needs no share.
#
# </details>
#
# <details><summary>If you see "the largest number is subtracted inside the sum, but not from x itself"</summary>
#
# Give the shifted numbers a name and use that name in both terms.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "log_softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """The natural logarithms of the shares that softmax gives along `dim`.

    Finite numbers give finite results, also when they differ by 20,000; −inf stays −inf.
    """
    ### BEGIN SOLUTION
    shifted = x - x.amax(dim=dim, keepdim=True)
    return shifted - torch.log(torch.exp(shifted).sum(dim=dim, keepdim=True))
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_log_softmax", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.log_softmax(log_softmax)

# %% [markdown]
# *What you should see:* a tick, and below it one score on two ways to its logarithm. The first way loses it.

# %% tags=["look", "raises-exception"]
far_apart = torch.tensor([0.0, -200.0])
print("log of softmax", torch.log(softmax(far_apart)).tolist())
print("log_softmax   ", log_softmax(far_apart).tolist())

# %% [markdown]
# ## Exercise 8 · `cross_entropy`
#
# The model has guessed; now the next token is known. **How wrong was the guess?** Take the probability that it gave to the token that came, and minus its logarithm: the **surprise**. Probability 1 is no surprise, 0; probability ½ is 0.69; probability 0.01 is 4.6. The average surprise is the **cross-entropy**, the loss with which GPT-2 was trained.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 15 minutes · core, 12 points*
#
# **Why.** Everything a language model can do it has learned by making this one number smaller.
#
# `targets` holds the id of the token that came, for each row of logits. Average over all targets alike, and count in natural logarithms. Every id counts, 0 too. Return a tensor of shape `()`.
#
# <details><summary>Hint 1 · a question</summary>
#
# At each position there are d_vocab log-probabilities, and one of them belongs to the target. What do you do with the others?
#
# <details><summary>Hint 2 · picking one entry of each row</summary>
#
# `table.gather(-1, places)` picks along the last axis; `places` needs as many axes as `table`, so `targets` gets one more: `targets[..., None]`. Or multiply by one-hot rows and sum over the vocabulary.
#
# </details>
#
# <details><summary>If you see "so that longer texts look worse"</summary>
#
# That is the sum. An average does not grow with the number of targets.
#
# </details>
#
# <details><summary>If you see "averaged over the vocabulary too"</summary>
#
# With one-hot rows nearly all products are 0. They must be added up, not averaged in.
#
# </details>
#
# <details><summary>If you see inf</summary>
#
# Is it your log_softmax that makes the logarithms, or log and softmax one after the other?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "cross_entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_entropy(logits: Float[Tensor, "... d_vocab"], targets: Int[Tensor, "..."]) -> Float[Tensor, ""]:
    """How surprised the model is by the targets: the mean of minus their log-probabilities, over all of them.

    targets[i, j] is the id that came where logits[i, j] made the guess; nothing is shifted here.
    """
    ### BEGIN SOLUTION
    log_probabilities = log_softmax(logits, dim=-1)
    of_targets = log_probabilities.gather(-1, targets[..., None])
    return -of_targets.mean()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_cross_entropy", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.cross_entropy(cross_entropy)

# %% [markdown]
# **How surprised is the model by our prompt?** Its guess after token 0 is compared with token 1, the guess after token 1 with token 2, and so on. For comparison: a model that knows nothing gives every token the same probability. What is the logarithm of that?

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(PROMPT)])
with torch.no_grad():
    output = gpt2.model(ids, labels=ids)
print(f"your loss          {cross_entropy(output.logits[:, :-1], ids[:, 1:]).item():.4f}")
print(f"the model's own    {output.loss.item():.4f}")
print(f"knowing nothing    {math.log(gpt2.config.d_vocab):.4f}")

# %% [markdown]
# *What you should see:* the first two agree. How far they lie below the third is what the model has learned.

# %% [markdown]
# ## Exercise 9 · `one_hot_lookup`
#
# Where do the vectors come from? The model has a table with a row for every token it knows, the **embedding matrix** W_E. A token with id 5 gets row 5. In code that is a lookup, `W_E[tokens]`. In mathematics it is a matrix product, and this is why a network can *learn* the table: through a product one can work out how each number should change (week 10).
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · core, 8 points*
#
# **Why.** The lookup looks like a special case, and it is the most ordinary layer there is.
#
# Turn each id into a **one-hot** row: d_vocab numbers, a single 1 at the id's place and 0 everywhere else. Then multiply these rows by W_E. Return both, the one-hot rows first. (Fetching rows of W_E by index would be right and would miss the point; the check notices.)
#
# <details><summary>Hint 1 · a question</summary>
#
# In a matrix product, row times matrix is a weighted sum of the matrix's rows. With which weights does a sum become a choice?
#
# <details><summary>Hint 2 · two ways to one-hot rows</summary>
#
# Compare `tokens[..., None]` with all ids, `torch.arange(d_vocab)`: the comparison is True at one place of each row. Or take `torch.nn.functional.one_hot(tokens, d_vocab)`. How many tokens there are, W_E's shape says.
#
# </details>
#
# <details><summary>If you see "a matrix product wants both sides in one dtype"</summary>
#
# One-hot rows come as booleans or integers, W_E as floats. `.to(W_E.dtype)` brings them together; the rows you return are floats too.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "one_hot_lookup", "locked": false, "schema_version": 3, "solution": true, "task": false}
def one_hot_lookup(
    tokens: Int[Tensor, "batch seq"], W_E: Float[Tensor, "d_vocab d_model"]
) -> tuple[Float[Tensor, "batch seq d_vocab"], Float[Tensor, "batch seq d_model"]]:
    """The tokens as one-hot rows, in W_E's dtype, and their vectors: the product of these rows with W_E."""
    ### BEGIN SOLUTION
    every_id = torch.arange(len(W_E), device=tokens.device)
    one_hot = (tokens[..., None] == every_id).to(W_E.dtype)
    return one_hot, one_hot @ W_E
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_one_hot_lookup", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.one_hot_lookup(one_hot_lookup)

# %% [markdown]
# **Is the product really the lookup, and what does it cost?** On the model's own table, with our prompt.

# %% tags=["look", "raises-exception"]
W_E = gpt2.state_dict["transformer.wte.weight"]
one_hot, by_product = one_hot_lookup(ids, W_E)
print("the same as W_E[ids]:", torch.allclose(by_product, W_E[ids]))
print(f"multiplications: {one_hot.numel() * W_E.shape[1]:,}, nearly all of them by 0; the lookup needs none")

# %% [markdown]
# **What do vectors know before training?** A new model begins with random ones. Below, the similarity of some pairs of words: in a table of fresh random numbers, and in the table of the trained model.

# %% tags=["look", "raises-exception"]
generator = torch.Generator().manual_seed(1)
random_table = 0.02 * torch.randn(W_E.shape, generator=generator)
print(f"{'':>15}   random  trained")
for pair in ("king queen", "man woman", "dog cat", "king dog", "cat river"):
    one, other = (gpt2.tokenizer.encode(f" {word}") for word in pair.split())
    untrained, trained = (cosine_similarity(each[one], each[other]).item() for each in (random_table, W_E))
    print(f"{pair:>15}   {untrained:6.2f}   {trained:6.2f}")

# %% [markdown]
# *What you should see:* random vectors of many dimensions stand nearly at right angles, whatever the words; training has brought related words together.

# %% [markdown]
# ## Exercise 10 · `top_next_tokens`
#
# Now read the machine's answer. GPT-2 returns **logits**: for every prompt, at every position, a score for every token it knows. The scores at position i speak of the token that comes *after* it.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 8 points*
#
# **Why.** From now on you can ask any model what it thinks comes next, and how sure it is.
#
# For each prompt of the batch, give the k likeliest next tokens: first their probabilities among *all* tokens of the vocabulary, then their ids, the likeliest first. Tokens that are exactly equally likely may come in either order.
#
# <details><summary>Hint 1 · a question</summary>
#
# The logits have three axes, the result has two. Which position speaks of the token after the prompt? What has to happen to its scores, and over which axis, before they are probabilities?
#
# <details><summary>Hint 2 · the k largest</summary>
#
# `values.topk(k, dim=-1)` gives two things: `.values`, in falling order, and `.indices`. The place of a score in its row is the token's id.
#
# </details>
#
# <details><summary>If you see "as if there were no other tokens"</summary>
#
# Choosing first and sharing afterwards leaves the other tokens out of the sum.
#
# </details>
#
# <details><summary>If you see "the last prompt was taken"</summary>
#
# `logits[-1]` goes along the first axis. `logits[:, -1]` goes along the second.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "top_next_tokens", "locked": false, "schema_version": 3, "solution": true, "task": false}
def top_next_tokens(
    logits: Float[Tensor, "batch seq d_vocab"], k: int
) -> tuple[Float[Tensor, "batch k"], Int[Tensor, "batch k"]]:
    """The k likeliest tokens after each prompt: their probabilities and their ids, the likeliest first."""
    ### BEGIN SOLUTION
    probabilities = softmax(logits[:, -1], dim=-1)
    top = probabilities.topk(k, dim=-1)
    return top.values, top.indices
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_top_next_tokens", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.top_next_tokens(top_next_tokens)

# %% [markdown]
# **What does the model think comes next?** Your function on its logits. Change the prompt: where is the model sure, and where does it spread its bets?

# %% tags=["look", "raises-exception"]
prompt = PROMPT  # or a text of your own, in quotes
with torch.no_grad():
    logits = gpt2.model(torch.tensor([gpt2.tokenizer.encode(prompt)])).logits
probabilities, guesses = top_next_tokens(logits, k=8)
for probability, token in zip(probabilities[0].tolist(), token_strings(guesses[0]), strict=True):
    print(f"{probability:7.2%}  {'█' * round(40 * probability):<40}  {prompt}{token.replace('·', ' ')}")

# %% [markdown]
# *What you should see:* the guesses that the player showed in its last steps, now read by code of yours.

# %% [markdown]
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** Whoever can write down every shape has understood the week. Whoever cannot will find the gap here.
#
# Fill in the shapes for GPT-2 small and a **batch of 2 prompts of length 6**: d_vocab 50,257, d_model 768, 12 heads. A shape is a tuple, such as `(2, 6)`. A tensor of five numbers has shape `(5,)`, with the comma, and a tensor that is one single number `()`. Write the shapes in place of `None`, and take the line with `raise` away.
#
# <details><summary>Hint 1 · a question</summary>
#
# Go through your functions: the signature of each names the axes. Which number belongs to which name? How long is d_head?
#
# <details><summary>If you see "the batch axis is missing"</summary>
#
# Two prompts are computed at once. Which two rows do not depend on them?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """The shapes on the way through GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    tokens = one_hot = None  # the ids of the two prompts; the same as one-hot rows
    W_E = None  # the embedding matrix
    x = x_heads = None  # a vector for each token; the same after split_heads
    scores = None  # every query with every key, in each head
    logits = None  # a score for every token of the vocabulary, at every position
    probabilities = top = None  # of the next token, after the last position; the ids of the five likeliest
    loss = None  # the cross-entropy of both prompts together
    ### BEGIN SOLUTION
    batch, seq, d_vocab, d_model, n_heads, d_head = 2, 6, 50257, 768, 12, 64
    tokens, one_hot, W_E = (batch, seq), (batch, seq, d_vocab), (d_vocab, d_model)
    x, x_heads = (batch, seq, d_model), (batch, n_heads, seq, d_head)
    scores, logits = (batch, n_heads, seq, seq), (batch, seq, d_vocab)
    probabilities, top, loss = (batch, d_vocab), (batch, 5), ()
    ### END SOLUTION
    rows = {"tokens": tokens, "one_hot": one_hot, "W_E": W_E, "x": x, "x_heads": x_heads, "scores": scores}
    return rows | {"logits": logits, "probabilities": probabilities, "top": top, "loss": loss}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.shape_table(shape_table)

# %% [markdown]
# *What you should see:* a tick. Until then, the report names the rows that are not yet right.

# %% [markdown]
# ## Check your understanding
#
# Decide first, then open a choice: every one of them has a reason.

# %% tags=["look", "raises-exception"] jupyter={"source_hidden": true}
quiz(
    [
        Question(
            "The dot product of two vectors is 0. What do you know?",
            [
                Choice(
                    "They are equal.",
                    why="A vector's dot product with itself is its squared length, which is 0 only for a vector of zeros.",
                ),
                Choice(
                    "They stand at a right angle: neither says anything about the other.",
                    right=True,
                    why="What agrees and what disagrees in them cancels out. (A vector of zeros fits, too: it has no direction to agree with.)",
                ),
                Choice(
                    "They are opposites.",
                    why="Opposites have a negative dot product. 0 lies in the middle.",
                ),
            ],
        ),
        Question(
            "You add 100 to every logit of a position. What happens to the probabilities?",
            [
                Choice("They all grow.", why="They cannot: they add up to 1 before and after."),
                Choice(
                    "Nothing.",
                    right=True,
                    why="Every power grows by the factor e¹⁰⁰, and so does their sum. This is the freedom that your softmax uses.",
                ),
                Choice(
                    "The largest takes nearly everything.",
                    why="That happens when logits are *multiplied* by a large number: then the differences grow.",
                ),
            ],
        ),
        Question(
            "`x` has shape (2, 6, 768). `x.view(2, 12, 6, 64)` runs without an error. Is it the same as `split_heads(x, 12)`?",
            [
                Choice(
                    "Yes, the shapes are the same.",
                    why="The shapes are, the numbers are not. A shape that fits is the weakest of all checks.",
                ),
                Choice(
                    "No: all six rows of head 0 would be pieces of token 0.",
                    right=True,
                    why="`view` moves no number. Head 0 gets the first 6 · 64 = 384 numbers in memory, and those are the first half of token 0's 768.",
                ),
                Choice(
                    "Only for a batch of 1.",
                    why="The mix-up happens within each prompt, however many there are.",
                ),
            ],
        ),
        Question(
            "Two tokens have the ids 4,000 and 4,001. What follows for their meaning?",
            [
                Choice("They are nearly the same.", why="An id is a name, not a measure."),
                Choice(
                    "Nothing.",
                    right=True,
                    why="Ids were given out while the vocabulary was built, which is next week's story. Only the vectors can be near each other.",
                ),
                Choice(
                    "They stand next to each other in texts.",
                    why="Where tokens stand in a text is their position, which has nothing to do with their ids.",
                ),
            ],
        ),
        Question(
            "When is the cross-entropy of a model 0?",
            [
                Choice(
                    "When it gives every token the same probability.",
                    why="Then it is log d_vocab: the loss of a model that knows nothing.",
                ),
                Choice(
                    "When it gave probability 1 to every token that came.",
                    right=True,
                    why="No surprise at all. On real texts nobody gets there: often there is more than one good way to go on.",
                ),
                Choice(
                    "When its likeliest guess is always right.",
                    why="Being right with 60% still leaves a surprise of 0.51 each time.",
                ),
            ],
        ),
        Question(
            "Is a token's vector its meaning?",
            [
                Choice(
                    "Yes, each of its numbers stands for one property.",
                    why="Single numbers rarely stand for anything that has a name. Directions sometimes do.",
                ),
                Choice(
                    "It holds what training found useful about how the token is used.",
                    right=True,
                    why="Learned coordinates go with usage. They can also hold a text collection's prejudices, or patterns that mean nothing.",
                ),
                Choice("No, it is random.", why="It was, before training. Exercise 9 shows the difference."),
            ],
        ),
    ]
)

# %% [markdown]
# The second question has an answer that you can test.

# %% tags=["look", "raises-exception"]
three = torch.tensor([2.0, 0.0, -1.0])
for name, changed in {"as they are": three, "plus 100": three + 100, "times 100": three * 100}.items():
    print(f"{name:12}", [f"{share:.3f}" for share in softmax(changed).tolist()])

# %% [markdown]
# ### In your own words
#
# A classmate says: *"Tokens have ids, and ids are numbers. So a network could compute with the ids themselves, and we could do without all these vectors."* Explain in four or five sentences what would go wrong, and what vectors make possible. Use the words **direction**, **dot product** and **training**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# An id is only a name: that one token has a larger id than another, or the id next to it, says nothing about the two, so sums and differences of ids mean nothing. A vector has many numbers, and so two tokens can be alike in one respect and different in another. How much they have in common is measured by the dot product, which is large when they point in the same direction, about 0 when they are unrelated and negative when they are opposed. Even steps can mean something: the direction from man to woman is nearly the one from king to queen. And vectors can be moved a little at a time, so training can start with random ones and shift them until tokens that are used alike lie alike; an id cannot be shifted at all.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `vector_arithmetic`
#
# If the step from *man* to *woman* is a direction, it can be taken from anywhere. **Where do you arrive when you start at *king*?** Compute king − man + woman, and ask which word lies in that direction.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** It was the observation that made people believe in word vectors, and in week 3 you will try it on a trained model.
#
# `vectors` and `words` have the same order. Add and subtract the vectors as they are, then compare the result with every word by cosine similarity. The three words of the question are no answers: leave all of them out.
#
# <details><summary>Hint 1 · a question</summary>
#
# Your cosine_similarity takes two tables. What shape has a table of one vector, and what is left of the result for you to search through?
#
# <details><summary>Hint 2 · leaving words out</summary>
#
# Set their similarity to something that can never win before you ask for the largest. −1 could tie; what is smaller than every number?
#
# </details>
#
# <details><summary>If you see "one of the three words themselves may win"</summary>
#
# The result lies near its own ingredients. `words.index(name)` is a word's place.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "vector_arithmetic", "locked": false, "schema_version": 3, "solution": true, "task": false}
def vector_arithmetic(
    vectors: Float[Tensor, "word d"], words: list[str], start: str, minus: str, plus: str
) -> tuple[str, float]:
    """The word most alike to start − minus + plus, none of these three, and its cosine similarity."""
    ### BEGIN SOLUTION
    asked = [words.index(word) for word in (start, minus, plus)]
    start_vector, minus_vector, plus_vector = vectors[asked]
    similarity = cosine_similarity((start_vector - minus_vector + plus_vector)[None], vectors)[0]
    similarity[asked] = -math.inf
    best = similarity.argmax().item()
    return words[best], similarity[best].item()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_vector_arithmetic", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.vector_arithmetic(vector_arithmetic)

# %% [markdown]
# *What you should see:* a tick, and *queen* as the word that comes nearest.
#
# **How near does it come?** The result as a point of its own among the others. Turn the space and zoom in on it; then try other words in the first line. Which questions make sense in this space, and which do not?

# %% tags=["look", "raises-exception"]
start, minus, plus = "king", "man", "woman"
answer, similarity = vector_arithmetic(vectors, words, start, minus, plus)
print(f"{start} − {minus} + {plus} ≈ {answer} (cosine similarity {similarity:.3f})")
result = place[start] - place[minus] + place[plus]
pictures.vectors_3d(
    torch.cat([vectors, result[None]]), [*words, f"{start} − {minus} + {plus}"], [*groups, "result"]
)

# %% [markdown]
# ## Stretch 2 · `outer`
#
# Four puzzles to finish with. Each is a function that torch has ready-made, and each fits into one or two lines.
#
# **The rules.** No loop of any kind, and no ready-made function of that name. Allowed are `torch.arange`, `torch.where`, arithmetic, comparisons, indexing, `None` in an index to insert an axis, `@` and `sum`. The check counts the steps that your code takes: they must not become more when the input grows.
#
# *Difficulty 2 of 5 · importance 2 of 5 · 5 minutes · stretch, 5 points*
#
# **Why.** A column meets a row and a table comes out: torch calls it broadcasting, and it does most of the work in tensor code.
#
# <details><summary>Hint 1 · a question</summary>
#
# When a tensor of shape (n, 1) is multiplied by one of shape (m,), what shape comes out?
#
# <details><summary>If you see "their sizes do not fit"</summary>
#
# One of the two needs a second axis: `a[:, None]` or `a[None, :]`?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "outer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def outer(a: Float[Tensor, "n"], b: Float[Tensor, "m"]) -> Float[Tensor, "n m"]:
    """Each number of a times each number of b: entry [i, j] is a[i] · b[j]."""
    ### BEGIN SOLUTION
    return a[:, None] * b
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_outer", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
checks.outer(outer)

# %% [markdown]
# *What you should see:* a tick. With `+` in place of `*` it would have been an addition table.

# %% [markdown]
# ## Stretch 3 · `triu`
#
# *Difficulty 3 of 5 · importance 4 of 5 · 10 minutes · stretch, 5 points*
#
# **Why.** Attention will need this triangle in week 5: it is what keeps the future hidden.
#
# Keep the entries on the diagonal and above it, and put 0 below. The diagonal is where row and column have the same number, also when the table is not square. Some entries may be infinite.
#
# <details><summary>Hint 1 · a question</summary>
#
# Give every row and every column its number. What does a comparison of the column of row numbers with the row of column numbers look like?
#
# <details><summary>If you see NaN, or "0 times inf"</summary>
#
# 0 · inf is no number. `torch.where(mask, this, that)` chooses instead of multiplying.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "triu", "locked": false, "schema_version": 3, "solution": true, "task": false}
def triu(x: Float[Tensor, "row column"]) -> Float[Tensor, "row column"]:
    """x with 0 wherever the column's number is smaller than the row's. Infinite entries are fine."""
    ### BEGIN SOLUTION
    row = torch.arange(x.shape[0], device=x.device)[:, None]
    column = torch.arange(x.shape[1], device=x.device)
    return torch.where(column >= row, x, 0.0)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_triu", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
checks.triu(triu)

# %% [markdown]
# *What you should see:* a tick, also for the tables that are not square.

# %% [markdown]
# ## Stretch 4 · `cumsum`
#
# *Difficulty 3 of 5 · importance 2 of 5 · 10 minutes · stretch, 5 points*
#
# **Why.** A sum up to here at every place at once: the same thing in small that attention does with a weighted sum of all earlier tokens.
#
# The result is as long as x, and each of its numbers is the sum of all numbers of x up to and including that place.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which entries of x count for place 0, which for place 1, which for place 2? Write it down as a table of 0 and 1. Have you just made that triangle?
#
# <details><summary>If you see "each place sums what comes after it"</summary>
#
# Your triangle is the other one: rows and columns have changed their roles.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "cumsum", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cumsum(x: Float[Tensor, "n"]) -> Float[Tensor, "n"]:
    """At each place the sum of x up to and including that place."""
    ### BEGIN SOLUTION
    n = len(x)
    counts = triu(torch.ones(n, n, dtype=x.dtype, device=x.device))
    return x @ counts
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_cumsum", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
checks.cumsum(cumsum)

# %% [markdown]
# *What you should see:* a tick. The triangle of the last puzzle has become a sum.

# %% [markdown]
# ## Stretch 5 · `roll`
#
# *Difficulty 3 of 5 · importance 2 of 5 · 10 minutes · stretch, 5 points*
#
# **Why.** An index can be a whole tensor of places. That is how an embedding looks its rows up, and how you move things without a loop.
#
# Move every number `shift` places to the right; what leaves at the end comes back in at the front. A negative shift moves to the left, and a shift may be longer than x.
#
# <details><summary>Hint 1 · a question</summary>
#
# After a shift of 1, which old place does the number at place 0 come from? And the one at place 3? And after a shift of s, the one at place i?
#
# <details><summary>If you see "some places lie outside the tensor"</summary>
#
# In Python −2 % 5 is 3, and 7 % 5 is 2. Torch's `%` does the same with a whole tensor.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "roll", "locked": false, "schema_version": 3, "solution": true, "task": false}
def roll(x: Float[Tensor, "n"], shift: int) -> Float[Tensor, "n"]:
    """x moved by `shift` places to the right, round the end: the number at place i goes to place i + shift."""
    ### BEGIN SOLUTION
    came_from = (torch.arange(len(x), device=x.device) - shift) % len(x)
    return x[came_from]
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_roll", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
checks.roll(roll)

# %% [markdown]
# *What you should see:* a tick, also for a shift of 13.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you **drives** and types. The other **navigates**: reads the text aloud, says the shapes, looks things up, and asks why. Swap after every exercise that has its tick, or after 15 minutes, whichever comes first. Talk before you type.
#
# | minutes | what |
# |---|---|
# | 0–10 | The player, with a prompt of your own. Each of you explains one half of the steps to the other. |
# | 10–25 | The shapes, and exercises 1 and 2. Agree on your scratchpad: the names `batch`, `seq`, `d_model`, `n_heads`, `d_head`, `d_vocab`, and what a row and a column of a table of scores are. **Swap.** |
# | 25–40 | Exercises 3 to 5. Say every pattern aloud before you type it. **Swap.** |
# | 40–65 | Exercises 6 to 8. Do softmax of (0, 1) on paper first. **Swap** after softmax. |
# | 65–80 | Exercises 9 and 10, and a prompt on which the model surprises you. |
# | 80–90 | The two questions below. |
#
# Core is exercises 1 to 11; 9 and 11 do well as homework. Stretch is for whoever has time left. **Not finishing is normal:** a session that ends with a softmax that both of you can explain is a good one.
#
# **Two questions to argue about.**
#
# 1. Two words are never seen in the same sentence, yet their vectors come to lie close together. How can that be, and what have the two words in common?
# 2. Softmax gives every token some share, however small. Should a model ever say that something is impossible? What would happen to its cross-entropy on the day it is wrong?
#
# **Where pairs get stuck.** At `keepdim`, when one of you thinks of the numbers and the other of the shapes: print both shapes before you divide. At `split_heads`, when the shape is right and the check is not: print a tensor of 12 numbers and look where they go. At `cross_entropy`, when `gather` complains: count the axes of both tensors aloud.

# %% [markdown]
# ## What you have built
#
# - **dot_product** and **cosine_similarity**: do two vectors point the same way?
# - **split_heads** and **merge_heads**: a token's vector cut into parts, and put together again.
# - **attention_scores_einsum**: every query with every key, in one line of names.
# - **softmax** and **log_softmax**: scores as shares, without overflow.
# - **cross_entropy**: how surprised a model is, the number that training makes smaller.
# - **one_hot_lookup**: an embedding is a matrix product.
# - **top_next_tokens**: what the model says.
#
# What is still missing? Nearly everything between the first step of the player and the last. Next week begins at the front: how does a text become tokens, and why those?
#
# Words of this week in the [glossary](../glossary.md): *axis, batch, broadcasting, cosine similarity, cross-entropy, d_head, d_model, d_vocab, dot product, einops, embedding matrix, jaxtyping, key, log-probability, logits, loss, n_heads, next token, one-hot, parts, probabilities, prompt, query, reference model, scores, seq, shape, softmax, storyteller, tensor, token, token id, vector, vocabulary*.
