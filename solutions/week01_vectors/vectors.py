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
# **The big idea.** A network computes with numbers, not with words. So a text is cut into pieces, the **tokens**, each token becomes a list of numbers, a **vector**, and everything that GPT-2 does from there on is done to vectors, with a handful of operations. This week you write those operations.
#
# GPT stands for **generative pretrained transformer**: it writes text, it was trained in advance on a large collection of texts, and its architecture is a **transformer** (Vaswani et al., 2017, arXiv:1706.03762).
#
# | | |
# |---|---|
# | **You will have built** | the arithmetic that GPT-2 is made of: dot products, heads split and merged, softmax, the loss, and the list of the most likely next tokens |
# | **You need** | Python and a little torch: you can make a tensor, index it and print its shape. There is no earlier week |
# | **Time** | reading and demonstrations 1 h 10 min · core exercises 2 h 5 min · stretch 1 h |
# | **Where we are** | **text → tokens → embeddings → blocks → logits → probabilities → next token**: all of it once, from above |
#
# Over twelve weeks you will take this machine apart and build every part of it again. Today you see it whole and make the tools.
#
# Run the cells from top to bottom: Shift+Enter runs one and goes on to the next. Where a cell says `# YOUR CODE HERE`, write your code; the check below it tells you at once whether it is right.

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
from utils.reference.inputs.heads import first_block_projections, packed_weights
from utils.reference.inputs.tokens import first_block_input
from utils.scratchpad import Scratchpad
from utils.tokens import token_strings

gpt2 = reference.load()
PROMPT = "Once upon a time there was a king. He lived in a"

words = [each.word for each in WORDS]
groups = [each.group for each in WORDS]
vectors = torch.tensor([each.place for each in WORDS])  # [word, 3]
vector_of = dict(zip(words, vectors, strict=True))

# %% [markdown]
# ## A first look
#
# Here is the whole model. **What happens to a text on its way to the next token?** Go step by step with *next* and *back*, or click any box to open it: it shows what it holds, by which formula, and the numbers of this very run. The text is your **prompt**; write another one into the line and press Enter. Most names in the boxes are new. Each gets its week, which the open box tells you.
#
# **Find three things.** The box at which text becomes numbers. The size that all boxes of the residual stream share, from the first block to the last. The box at which the last axis suddenly becomes very long.

# %% tags=["look", "raises-exception"]
pictures.explore(gpt2, PROMPT)

# %% [markdown]
# The button *draw the next token* draws a token by the probabilities in the table above it and appends it to the prompt; at temperature 0 it is always the most probable one. Press it a few times: writing is nothing more than this loop. Because each new token is predicted from all tokens so far, and then becomes one of them, such a model is called **autoregressive**.
#
# The same in one glance, with the weeks in which you will build each piece:
#
# | stage | what there is | shape | week |
# |---|---|---|---|
# | text | what you wrote | | |
# | tokens | a number, its id, for each token of the text | `batch seq` | 2 |
# | embeddings | a vector for each token, made from its id and its position | `batch seq d_model` | 1, 3 |
# | blocks | the same number of vectors after each block, each with more information from the tokens before it | `batch seq d_model` | 4 to 7 |
# | logits | a score for every token of the vocabulary | `batch seq d_vocab` | 3, 8 |
# | probabilities | the scores turned into numbers from 0 to 1 that add up to 1 | `batch seq d_vocab` | 1, 9 |
# | next token | one of them, chosen | `batch` | 9 |
#
# Four names are used in all twelve weeks: **batch** is how many prompts are computed at once, **seq** how many tokens each of them has, **d_model** how many numbers a token's vector has, and **d_vocab** how many tokens the **vocabulary** has.

# %% [markdown]
# ## How these notebooks work
#
# - **Looks.** Some cells only show something, after a question in bold. Answer the question yourself first; where a cell has a line `my_prediction = ""`, write your answer there, and the next cell shows it beside the result. You may change these cells as you like; no exercise depends on them. A look that calls a function of yours ends in NotImplementedError until you have written it.
# - **Exercises.** Each has a cell for you to write in and a check below it. The line under the heading gives its difficulty, its importance and the time it may take. *Core* exercises add up to 100 points; *stretch* exercises come on top.
# - **Checks** compare your code with a reference on several inputs: a function of torch, a formula, or a model, as the last words of the green line tell you. Where the two differ, they describe how. Run them as often as you like. Many have a case from the **reference model**: OpenAI's GPT-2 small where it is on your machine, otherwise the **storyteller**, a small GPT-2 that comes with the course.
# - **Parts.** Later weeks build on earlier ones. The functions that they need are in `parts.py` beside each notebook, already solved, so you can go on even if you have left something out.
# - **Hints** are folded up. Hint 1 is a question, and inside it there may be a Hint 2. Beside them are others, headed *If you see …*, for what a check or an error message may have said. Open them after a try of your own. *What you should see*, below a check, shows the result to expect.
# - **Everything together.** In a terminal (menu File, New, Terminal), `course check 1` runs your saved notebook as the grader does and lists your points.
# - **Pair session.** Every week ends with a plan for a 90-minute session for two: one types, the other reads and questions, and you swap.
#
# **What does a check show when something is wrong?** Here is one run on a wrong answer: a dot product that adds the two vectors. Read the card from the top: which input was tried, how the result differs, what the mistake probably is, and where to look.

# %% tags=["look", "raises-exception"]
checks.dot_product(lambda a, b: a + b)

# %% [markdown]
# A check never shows the solution, and it does not recognise every mistake. When it names none, its first lines still help: print the shape or the number that it points to, and compare.

# %% [markdown]
# ## The idea in plain words
#
# A vector is a list of numbers. You can picture it in two ways: as a *point*, with the numbers as its **coordinates**, or as an *arrow* from 0 to that point, with a direction and a length.
#
# Why vectors, when tokens already have a number, their **id**? Ids are only names. GPT-2's were given out in the order in which the vocabulary was built (week 2), and that two ids are neighbours tells a model nothing about what the tokens mean. Between points there is a distance, and between arrows an angle: vectors can be *near* each other, or point the *same way*.
#
# **Which of these words lie close together, and what do the directions mean?** Here are fourteen words in three dimensions. Drag to rotate the picture, scroll to zoom, click a group in the legend to hide it. Then find two arrows that differ from each other as *king* and *queen* do.

# %% tags=["look", "raises-exception"]
pictures.vectors_3d(vectors, words, groups, arrows=True)

# %% [markdown]
# Vectors can be added and subtracted, coordinate by coordinate. **Where does one arrive at *king* − *man* + *woman*?** The button computes it and looks for the words that point most nearly the same way. Then write sums of your own with the words of the picture.

# %% tags=["look", "raises-exception"]
pictures.vector_math(vector_of, "king − man + woman")

# %% [markdown]
# These coordinates were chosen by hand, so that people can look at them. In a model each vector has many more: 96 in the storyteller, 768 in GPT-2 small. At first they are random, and training changes them until tokens that are used alike have similar vectors: exercise 9 compares random with trained vectors, and week 3 explores a trained space. More dimensions leave more room for the ways in which tokens can differ, and cost more to compute with.

# %% [markdown]
# ## The idea in shapes
#
# A **tensor** has **axes**, and its **shape** gives the length of each of them. Many mistakes with tensors are mistakes about axes, so this course gives every axis a name and writes the names wherever it can.
#
# - **In signatures.** `x: Float[Tensor, "batch seq d_model"]` means a tensor of floats with three axes. This notation is that of the library **jaxtyping**. Here it is documentation: nothing checks it when the code runs. `Int` means whole numbers, `"..."` any number of axes, and `Float[Tensor, ""]` a tensor that holds a single number and has no axes: shape `()`.
# - **In `rearrange`** from the library **einops**: the names before the arrow are the axes of the input, the names after it the axes of the result, in order. Brackets merge two axes into one, or split one into two.
# - **In `einsum`** from einops: each tensor's axes before the arrow, separated by a comma. Axes of the same name are multiplied entry by entry, and a name that is missing after the arrow is summed over.
#
# **What are the shapes?** Name each of them before you run the cell.

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
# Keep a scratchpad of shapes while you write. It remembers how long each axis is and complains when a tensor disagrees, as the last line does here on purpose.

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
# **Why.** It measures how far two vectors agree, and a matrix product is a table of **dot products**. GPT-2 computes with it in every layer, in attention, and when it scores the next token.
#
# Write it with `*` and a sum, without a ready-made `torch.dot`. The vectors lie along the *last* axis; there may be other axes before it, which stay.
#
# <details><summary>Hint 1 · a question</summary>
#
# Take [1, 2] and [3, −1] and compute by hand. Which operation comes first, and which axis is gone at the end?
#
# </details>
#
# <details><summary>If you see "the products are there, but they are not added up"</summary>
#
# Tensors have a method for adding up. It takes `dim`, the axis that goes away.
#
# </details>
#
# <details><summary>If you see "all pairs of vectors have been added into one number"</summary>
#
# `dim=-1` is the last axis, however many there are.
#
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
# <details><summary>What you should see</summary>
#
# `✓ dot_product      6 of 6 cases equal torch`; one of the cases takes vectors of the model. In the look below, the five pairs give 6.16, 5.80, 0.00, −3.54 and −6.12: king and queen agree most, woman and apple are at a right angle, and king and game point apart.
#
# </details>
#
# **Which of these pairs of words have a positive dot product, which a negative one, and which one near 0?** Predict it from the picture above, then run the two cells.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
for one, other in [("king", "queen"), ("cat", "dog"), ("woman", "apple"), ("boy", "dog"), ("king", "game")]:
    print(f"{one:>6} · {other:<6} {dot_product(vector_of[one], vector_of[other]).item():6.2f}")

# %% [markdown]
# Positive: the arrows point roughly the same way. Near zero: they are almost at a right angle. Negative: they point apart. In this small space, drawn around 0, unrelated words are at wide angles; exercise 9 shows that in a trained model 0 does not mean "unrelated".

# %% [markdown]
# ## Exercise 2 · `cosine_similarity`
#
# A dot product mixes two things: how well the directions agree, and how long the arrows are. **What if only the direction counts?** Divide by both lengths. What is left is the cosine of the angle, the **cosine similarity**: 1 for the same direction, 0 for a right angle, −1 for opposite directions.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 12 points*
#
# **Why.** It is the usual measure of how similar two embeddings are, and from week 3 on you will apply it to the model's own vectors.
#
# Compare every vector of `a` with every vector of `b`: entry [i, j] of the result belongs to a[i] and b[j]. The length of a vector is the square root of the sum of its squares: `vectors.norm(dim=…)`. A vector of length 0 has no direction; its similarity with everything is defined as 0, as in torch.
#
# <details><summary>Hint 1 · a question</summary>
#
# If every vector had length 1, what would the dot product be? So what can be done to both tables before any two vectors are compared?
#
# <details><summary>Hint 2 · every vector with every vector</summary>
#
# Einsum's pattern has two lists of names before the arrow: `a` has `n` vectors, `b` has `m`, and both have `d`. Which of the three names goes away?
#
# </details>
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
# Did both get the same name before the arrow? Then einsum pairs row 0 with row 0, row 1 with row 1, and so on.
#
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
# <details><summary>What you should see</summary>
#
# `✓ cosine_similarity 9 of 9 cases equal torch.nn.functional`. In the heatmap: ones on the diagonal, and along it blocks of high similarity, one for each group of words. The lowest of the 196 values is −0.95.
#
# </details>
#
# **Can you see the groups?** All fourteen words with all fourteen. Before you run it: which values must be on the diagonal, and why must the table be symmetric?

# %% tags=["look", "raises-exception"]
pictures.heatmap(cosine_similarity(vectors, vectors), words, words, title="cosine similarity")

# %% [markdown]
# ## Exercise 3 · `split_heads`
#
# In a block of GPT-2, tokens read from one another. To find out which tokens to read from, the block compares vectors: every token has a **query**, the vector that is compared, and a **key**, the vector that it is compared with. Both are computed from the token's vector `x`, each by a learned matrix. The queries are `x @ W_Q`, and all d_model numbers of `x` take part in each of the d_model numbers of the query.
#
# Only then comes the cut. Several **attention heads** work side by side, and each of them has its own part of every query: **n_heads** parts of **d_head** numbers. You write the cut, and the projected queries are given. (Keys, and the values of week 5, are cut in the same way.)
#
# **Does a head know only a part of the token?** Predict it: a single number of `x` changes. In how many heads does the query change?
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 10 points*
#
# **Why.** This reshape can go wrong without an error: several wrong versions have the right shape.
#
# Head 0 gets the first d_head numbers of each query, head 1 the next ones, and so on. In the result the head axis comes directly after batch, so that each head has its own table of `seq d_head`. Use `rearrange`: splitting an axis and moving one are a single pattern.
#
# <details><summary>Hint 1 · a question</summary>
#
# Write down the names of the axes that come in, with `(n_heads d_head)` for the one that will be split, and the names of the axes that go out, in order. Which character goes between the two lists?
#
# </details>
#
# <details><summary>If you see "Could not infer sizes"</summary>
#
# 768 = n_heads · d_head has many solutions. Give `rearrange` one of the two sizes, as `row=2` did in the look above.
#
# </details>
#
# <details><summary>If you see "the numbers are at the wrong indices"</summary>
#
# `view` and `reshape` keep the numbers in their old order in memory and only divide them up differently. Here the order itself must change: heads before positions.
#
# </details>
#
# <details><summary>If you see "every n-th number"</summary>
#
# In `(a b)`, b changes fastest: its entries are neighbours. Whose numbers should be neighbours?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "split_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_heads(
    q: Float[Tensor, "batch seq d_model"], n_heads: int
) -> Float[Tensor, "batch n_heads seq d_head"]:
    """The queries (or keys, or values) of each head: head 0 has the first d_head = d_model / n_heads numbers."""
    ### BEGIN SOLUTION
    return rearrange(q, "batch seq (n_heads d_head) -> batch n_heads seq d_head", n_heads=n_heads)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_split_heads", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.split_heads(split_heads)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ split_heads      9 of 9 cases equal torch`. In the first look below, head 0 has `[[0, 1], [10, 11]]`: the first two numbers of query 0 and the first two of query 1. For GPT-2 small's 12 heads, `(2, 6, 768)` becomes `(2, 12, 6, 64)`.
#
# In the first picture each column has one coloured square: a part of `x` itself would know a part of the token. In the second every square is coloured; in the storyteller each coordinate moves all four heads' queries, by 0.10 at least and by 1.26 at most.
#
# </details>
#
# **Where do the numbers go?** The queries of two tokens, six numbers each, for three heads. Query 0 holds 0 to 5, query 1 holds 10 to 15. The second line shows what `view` alone makes of them: the same shape with other contents.

# %% tags=["look", "raises-exception"]
two_queries = torch.tensor([[[0, 1, 2, 3, 4, 5], [10, 11, 12, 13, 14, 15]]])
print("heads     ", split_heads(two_queries, n_heads=3)[0].tolist())
print("view alone", two_queries.view(1, 3, 2, 2)[0].tolist())

# %% [markdown]
# **In how many heads does the query change?** A row for each head, a column for a coordinate of `x`; the colour shows how far the head's part moves when this coordinate grows by 1. The first picture cuts `x` itself, as GPT-2 does *not*. The second cuts the queries of the model's first block.

# %% tags=["look", "raises-exception"]
d_model, n_heads = gpt2.config.d_model, gpt2.config.n_heads
one_changed = torch.eye(d_model)[None]  # row i is 1 at coordinate i and 0 elsewhere
some = list(range(0, d_model, d_model // 24))
head_names, coordinate_names = [f"head {head}" for head in range(n_heads)], [f"x[{each}]" for each in some]
moved = split_heads(one_changed, n_heads)[0].norm(dim=-1)  # [head, coordinate]
pictures.heatmap(moved[:, some], head_names, coordinate_names, title="x itself, cut")

# %% tags=["look", "raises-exception"]
W_Q = packed_weights(gpt2, layer=0)["W_QKV"][:, :d_model]
moved = split_heads(one_changed @ W_Q, n_heads)[0].norm(dim=-1)
print(f"All {moved.numel():,} movements are between {moved.min():.2f} and {moved.max():.2f}.")
pictures.heatmap(moved[:, some], head_names, coordinate_names, title="the queries x @ W_Q, cut")

# %% [markdown]
# The cut mixes nothing and computes nothing: it only says which numbers belong together. The mixing has been done before, by W_Q, and so every head can use everything that is in the token's vector.

# %% [markdown]
# ## Exercise 4 · `merge_heads`
#
# And back: each head computes a result for every token, d_head numbers that week 5 calls z. These are laid side by side again, one vector for each token, before the next matrix, W_O, mixes them.
#
# *Difficulty 1 of 5 · importance 4 of 5 · 5 minutes · core, 6 points*
#
# **Why.** W_O multiplies each coordinate by weights of its own. If the heads come back in another order, it takes one head's numbers for another's.
#
# <details><summary>Hint 1 · a question</summary>
#
# What does your pattern of exercise 3 look like when you read it from right to left?
#
# </details>
#
# <details><summary>If you see "the heads' numbers alternate"</summary>
#
# In the brackets, the name that comes first changes slowest, and the last one fastest.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "merge_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def merge_heads(z: Float[Tensor, "batch n_heads seq d_head"]) -> Float[Tensor, "batch seq d_model"]:
    """The heads' vectors side by side in one vector for each token: the inverse of split_heads."""
    ### BEGIN SOLUTION
    return rearrange(z, "batch n_heads seq d_head -> batch seq (n_heads d_head)")
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_merge_heads", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.merge_heads(merge_heads)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ merge_heads      9 of 9 cases equal torch`, and below it `True`: splitting and merging give back exactly the tensor that went in. With the heads in reverse order, in the storyteller W_O's result is wrong by 104% of its own length, although every shape fits.
#
# </details>
#
# **What does W_O make of heads in another order?** The look catches what the first block's heads have computed for the prompt, right before W_O, and gives it to W_O twice: once merged as you do it, once with the heads in reverse order.

# %% tags=["look", "raises-exception"]
caught = []
W_O = gpt2.model.transformer.h[0].attn.c_proj
hook = W_O.register_forward_pre_hook(lambda module, inputs: caught.append(inputs[0]))
with torch.no_grad():
    gpt2.model(torch.tensor([gpt2.tokenizer.encode(PROMPT)]))
    hook.remove()
    z = split_heads(caught[0], gpt2.config.n_heads)
    right, reversed_order = W_O(merge_heads(z)), W_O(merge_heads(z.flip(1)))
print("split and merged again, nothing has changed:", torch.equal(merge_heads(z), caught[0]))
wrong_by = (reversed_order - right).norm() / right.norm()
print(f"heads in reverse order: W_O's result is wrong by {wrong_by:.0%} of its length")

# %% [markdown]
# ## Exercise 5 · `attention_scores_einsum`
#
# Now compare every token with every other: its query with every token's key, in each head. The dot product of a query and a key is their **score**. Compute all scores at once, for all prompts, all heads, all queries and all keys.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 10 points*
#
# **Why.** Attention begins with these scores, and with a name for every axis they take one line. In week 5 they are also divided by √d_head; here they are plain dot products.
#
# There may be fewer queries than keys, and there may be only one.
#
# <details><summary>Hint 1 · a question</summary>
#
# Go through the five names: batch, n_heads, query, key, d_head. Which of them do `q` and `k` have in common? Which ones are in the result?
#
# </details>
#
# <details><summary>If you see "expected (…, 3, 5), got (…, 5, 3)"</summary>
#
# Rows are queries. Which of the two names comes first after your arrow?
#
# </details>
#
# <details><summary>If you see "does not broadcast with previously seen size"</summary>
#
# Each name has one size. Did query and key get the same name, although there are more keys than queries?
#
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
# <details><summary>What you should see</summary>
#
# `✓ attention_scores_einsum 10 of 10 cases equal torch`. Below, in the storyteller: with the same vectors on both sides 71% of the rows have their highest score on the diagonal (not all of them, since a dot product grows with the length of the key as well); with the model's queries and keys 8%. In nearly all rows the first token has the highest score instead.
#
# </details>
#
# **Does a token score highest with itself?** If query and key were the same vector, it mostly would: no vector of the same length agrees better with it. The model computes them by two different learned matrices. Here are the scores of the first block, of all heads together, both ways; the picture shows the first head's.

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(PROMPT)])
q, k, _ = (split_heads(each, gpt2.config.n_heads) for each in first_block_projections(gpt2, ids))
same = split_heads(first_block_input(gpt2, ids), gpt2.config.n_heads)
scores = {
    "the same vectors, x": attention_scores_einsum(same, same),
    "queries and keys": attention_scores_einsum(q, k),
}
for name, table in scores.items():
    highest = table[0].argmax(dim=-1)  # [head, query]: the key with the highest score
    itself = (highest == torch.arange(ids.shape[1])).float().mean()
    print(f"{name:20} {itself:4.0%} of the rows have their highest score on the diagonal")
pictures.pattern_heatmap(table[0, 0], token_strings(ids[0]), title="scores of the first head")

# %% [markdown]
# So a query can ask for tokens that differ from its own, and training decides which. Week 5 goes on from here: it divides the scores, hides later tokens and takes a softmax.

# %% [markdown]
# ## Exercise 6 · `softmax`
#
# Scores can be any numbers. Attention needs **attention weights** and a prediction needs **probabilities**. Both are numbers that are never negative and add up to 1, and a higher score must give a larger one. The function that makes them is **softmax**.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 14 points*
#
# **Why.** GPT-2 uses a softmax twice: in every attention head and after the logits. Later weeks call this function.
#
# The recipe: raise e to the power of each score, which makes every number positive, and divide by the sum of these powers. **What can go wrong with so short a recipe?** Run the cell.

# %% tags=["look", "raises-exception"]
for score in (1.0, 10.0, 88.0, 89.0, 10_000.0, -10_000.0):
    print(f"e to the power of {score:>9,.0f} is {torch.exp(torch.tensor(score)).item():.3g}")

# %% [markdown]
# The largest float32 is about 3.4 · 10³⁸, and e⁸⁹ is larger. So a score of 10,000 gives inf / inf, which is NaN (not a number).
#
# The remedy: **the result depends only on the differences between the scores.** If you subtract the same number from all of them, every power is divided by the same factor, and the fraction does not change. Choose that number so that no power can overflow, and do it separately for each slice along `dim`.
#
# A score of −inf is allowed and means that an entry is masked: its result is 0. If a slice holds nothing but −inf, the result is not defined; what you return for it does not matter.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which number must you subtract so that the largest power is exactly e⁰ = 1?
#
# <details><summary>Hint 2 · which torch functions</summary>
#
# `torch.exp`, `x.amax(dim=…, keepdim=True)` and `x.sum(dim=…, keepdim=True)`. Why is `keepdim` needed in both? (`x.max(dim=…)` returns two tensors, the values and their indices; `amax` returns the values.)
#
# </details>
# </details>
#
# <details><summary>If you see "in a row far below it every power is 0"</summary>
#
# `x.max()` is the largest number of the whole tensor. Another slice may be 20,000 below it.
#
# </details>
#
# <details><summary>If only the cases with dim=1 or dim=0 fail</summary>
#
# Have you used `dim` everywhere, or is there still a −1?
#
# </details>
#
# <details><summary>If you see "calls torch…softmax"</summary>
#
# A ready-made softmax gives the right numbers, but here you write it yourself: with exp, amax and sum.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """Numbers from 0 to 1 that add up to 1 along `dim`: e to the power of each, over the sum of those powers.

    Numbers of ±10,000 are fine, and −inf gives 0. Shape and dtype are the input's.
    """
    ### BEGIN SOLUTION
    powers = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return powers / powers.sum(dim=dim, keepdim=True)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_softmax", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.softmax(softmax)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ softmax          12 of 12 cases equal torch's softmax`. On paper, softmax of (0, 1) is (0.269, 0.731). In the picture the growing score meets the other two curves where it reaches 0 and 1. The two others keep their ratio: one is always e ≈ 2.72 times the other.
#
# </details>
#
# **Three scores, of which one grows.** The other two stay at 0 and 1. Where do the curves cross, and does the largest ever reach exactly 1?

# %% tags=["look", "raises-exception"]
growing = torch.linspace(-4, 6, 101)
weights = softmax(torch.stack([growing, torch.zeros(101), torch.ones(101)], dim=-1))
named = {"the one that grows": weights[:, 0], "stays at 0": weights[:, 1], "stays at 1": weights[:, 2]}
pictures.curves(growing, named, x_title="the growing score", y_title="softmax")

# %% [markdown]
# ## Exercise 7 · `log_softmax`
#
# The probability of a whole text is the product of its tokens' probabilities. A thousand factors of 0.01 make 10⁻²⁰⁰⁰, smaller than any positive float. So programs compute with **log-probabilities**, where products become sums.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 8 points*
#
# **Why.** The loss that trains a language model, and every score of a whole text, is computed from log-probabilities.
#
# The logarithm of softmax is right on paper. But a probability that is too small for a float has become 0, and log 0 is −inf: very unlikely has turned into impossible. So do not compute the probability at all. Write down the fraction of exercise 6, take its logarithm on paper, and see what becomes of the division and of the power.
#
# <details><summary>Hint 1 · a question</summary>
#
# log(a / b) = log a − log b, and log eˣ = x. Which two terms are left?
#
# </details>
#
# <details><summary>If you see "log 0 is −inf"</summary>
#
# Somewhere you still divide. The difference of the two terms needs no probability.
#
# </details>
#
# <details><summary>If you see "the largest number is subtracted inside the sum, but not from x itself"</summary>
#
# Give the shifted numbers a name and use that name in both terms.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "log_softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """The natural logarithms of the probabilities that softmax gives along `dim`.

    Finite numbers give finite results, also when they differ by 20,000; −inf stays −inf.
    """
    ### BEGIN SOLUTION
    shifted = x - x.amax(dim=dim, keepdim=True)
    return shifted - torch.log(torch.exp(shifted).sum(dim=dim, keepdim=True))
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_log_softmax", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.log_softmax(log_softmax)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ log_softmax      12 of 12 cases equal torch's log_softmax`. Below, the logarithm of softmax gives `[0.0, -inf]` and log_softmax `[0.0, -200.0]`. What you subtract is the logarithm of a sum of powers, the **log-sum-exp**; subtracting the largest number first is how it is computed without overflow.
#
# </details>

# %% [markdown]
# **Is it worth a function of its own?** One pair of scores, computed in both ways.

# %% tags=["look", "raises-exception"]
far_apart = torch.tensor([0.0, -200.0])
print("log of softmax", torch.log(softmax(far_apart)).tolist())
print("log_softmax   ", log_softmax(far_apart).tolist())

# %% [markdown]
# ## Exercise 8 · `cross_entropy`
#
# The model has made a prediction, and then the next token is known. **How wrong was the prediction?** Take minus the logarithm of the probability that it gave to this token: its **surprisal**. For probability 1 it is 0, for ½ it is 0.69, for 0.01 it is 4.6. The mean surprisal is the **cross-entropy**, the **loss** that GPT-2 was trained to make small.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 15 minutes · core, 12 points*
#
# **Why.** It is the only number that GPT-2's training makes smaller: what the model can do, it learned on the way.
#
# `targets` holds, for each row of logits, the id of the token that came. Average over all targets alike, and use natural logarithms. Every id counts, 0 too. Return a tensor of shape `()`.
#
# <details><summary>Hint 1 · a question</summary>
#
# At each position there are d_vocab log-probabilities, and one of them belongs to the target. What do you do with the others?
#
# <details><summary>Hint 2 · picking one entry of each row</summary>
#
# `table.gather(-1, index)` picks along the last axis; `index` needs as many axes as `table`, so which axis must `targets` get, and where? Or multiply by one-hot rows and sum over the vocabulary.
#
# </details>
# </details>
#
# <details><summary>If you see "so that longer texts get a larger loss"</summary>
#
# That is the sum of the surprisals. An average does not grow with the number of targets.
#
# </details>
#
# <details><summary>If you see "averaged over the vocabulary too"</summary>
#
# With one-hot rows nearly all products are 0. Sum over the vocabulary first; average only over the targets.
#
# </details>
#
# <details><summary>If you see inf</summary>
#
# Do the logarithms come from your log_softmax, or from log and softmax one after the other?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "cross_entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_entropy(logits: Float[Tensor, "... d_vocab"], targets: Int[Tensor, "..."]) -> Float[Tensor, ""]:
    """The mean surprisal of the targets: minus their log-probabilities, averaged over all of them.

    targets[i, j] is the id that came where logits[i, j] made the prediction; nothing is shifted here.
    """
    ### BEGIN SOLUTION
    log_probabilities = log_softmax(logits, dim=-1)
    of_targets = log_probabilities.gather(-1, targets[..., None])
    return -of_targets.mean()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_cross_entropy", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.cross_entropy(cross_entropy)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ cross_entropy    9 of 9 cases equal torch.nn.functional`. Below, your loss equals the one that the model computes itself: 4.1620 in the storyteller. Most of it comes from four of the twelve tokens, *upon*, *time*, the second *a* and *king*, with surprisals between 8.8 and 12.7; the others are predicted far better. The uniform baseline is log 50,257 = 10.8249, for GPT-2 as well, which has the same vocabulary.
#
# </details>
#
# **What is the loss of the model on our prompt?** Its prediction after token 0 is compared with token 1, the prediction after token 1 with token 2, and so on. For comparison, the **uniform baseline**: the loss of a model that gives every token the same probability. Predict that number first.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted for the uniform baseline:", my_prediction or "(nothing yet)")
ids = torch.tensor([gpt2.tokenizer.encode(PROMPT)])
with torch.no_grad():
    output = gpt2.model(ids, labels=ids)
print(f"your loss          {cross_entropy(output.logits[:, :-1], ids[:, 1:]).item():.4f}")
print(f"the model's own    {output.loss.item():.4f}")
print(f"uniform baseline   {math.log(gpt2.config.d_vocab):.4f}")

# %% [markdown]
# ## Exercise 9 · `one_hot_lookup`
#
# Where do the vectors come from? The model has a table with a row for every token of the vocabulary, the **embedding matrix** W_E. The token with id 5 gets row 5. In code that is a lookup, `W_E[tokens]`. In mathematics it is a matrix product, so an embedding is a linear layer like any other, and its numbers are learned by the same rule as all other weights (week 10).
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · core, 8 points*
#
# **Why.** The lookup looks like a special case; it is a matrix product whose left side has a single 1 in each row.
#
# Turn each id into a **one-hot** row: d_vocab numbers, a single 1 at the id's coordinate and 0 everywhere else. Then multiply these rows by W_E. Return both, the one-hot rows first. (Fetching rows of W_E by index gives the same vectors, but the exercise is about the product, and the check notices.)
#
# <details><summary>Hint 1 · a question</summary>
#
# In a matrix product, row times matrix is a weighted sum of the matrix's rows. Which weights pick out exactly one row?
#
# <details><summary>Hint 2 · two ways to one-hot rows</summary>
#
# Compare each id with all ids, 0 to d_vocab − 1: the comparison is True once in each row. Which shapes make torch compare every id with every number of that range? Or use `torch.nn.functional.one_hot(tokens, d_vocab)`. W_E's shape tells you how many tokens there are.
#
# </details>
# </details>
#
# <details><summary>If you see "a matrix product needs both sides in one dtype"</summary>
#
# One-hot rows come as booleans or integers, W_E as floats. `.to(dtype)` converts one to the other's dtype; the rows that you return are floats, too.
#
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
# <details><summary>What you should see</summary>
#
# `✓ one_hot_lookup   5 of 5 cases equal torch's embedding`. The product equals the lookup, but multiplies for each token every row of W_E by 0 or 1: 13 · 50,257 · 96 = 62,720,736 multiplications for our prompt in the storyteller, and eight times as many in GPT-2 small, whose vectors have 768 numbers.
#
# </details>
#
# **Is the product really the lookup, and what does it cost?** On the model's own table, with our prompt.

# %% tags=["look", "raises-exception"]
W_E = gpt2.state_dict["transformer.wte.weight"]
one_hot, by_product = one_hot_lookup(ids, W_E)
print("the same as W_E[ids]:", torch.allclose(by_product, W_E[ids]))
print(f"multiplications: {one_hot.numel() * W_E.shape[1]:,}, nearly all of them by 0; the lookup does none")

# %% [markdown]
# **What do the vectors of related words have in common before training, and after?** A new model begins with random vectors. Below, the cosine similarity of some pairs of words in a table of fresh random numbers and in the table of the trained model; the last line is the mean over 20,000 random pairs of different rows. Predict first: which value will the unrelated pair *cat river* have in the trained table?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
generator = torch.Generator().manual_seed(1)
random_table = 0.02 * torch.randn(W_E.shape, generator=generator)
print("you predicted for cat river:", my_prediction or "(nothing yet)")
print(f"{'':>15}   random  trained")
for pair in ("king queen", "man woman", "dog cat", "king dog", "cat river"):
    one, other = (gpt2.tokenizer.encode(f" {word}") for word in pair.split())
    untrained, trained = (cosine_similarity(each[one], each[other]).item() for each in (random_table, W_E))
    print(f"{pair:>15}   {untrained:6.2f}   {trained:6.2f}")
distinct = W_E.unique(dim=0)  # the storyteller has one row for all tokens that its stories never use
pairs = torch.randint(len(distinct), (2, 20_000), generator=generator)
pairs = pairs[:, pairs[0] != pairs[1]]
means = []
for each in (random_table[: len(distinct)], distinct):
    one, other = each[pairs]
    means.append(torch.nn.functional.cosine_similarity(one, other, dim=-1).mean().item())
print(f"{'mean of pairs':>15}   {means[0]:6.2f}   {means[1]:6.2f}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# Random vectors of many dimensions are nearly orthogonal, whatever the words. In the storyteller's trained table king and queen have 0.85, king and dog 0.56, cat and river 0.31, and two different rows picked at random 0.38 on average.
#
# </details>
#
# So in a trained table, 0 does not mean "unrelated": the vectors have a direction in common, their mean, and every similarity is shifted up by it. The field calls this **anisotropy** (for word vectors: Mu and Viswanath, 2018, arXiv:1702.01417, who subtract the mean; for tied embeddings: Gao et al., 2019, arXiv:1907.12009). Compare similarities with the average of random pairs, not with 0; week 3 subtracts the mean before it draws the space.

# %% [markdown]
# ## Exercise 10 · `top_next_tokens`
#
# Now read the model's output. GPT-2 returns **logits**: for every prompt, at every position, a score for every token of the vocabulary. The scores at position i are about the token that comes *after* it.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 8 points*
#
# **Why.** With this function you can see for any model which next tokens it considers likely, and how likely.
#
# For each prompt of the batch, return the k most likely next tokens: first their probabilities among *all* tokens of the vocabulary, then their ids, the most likely first. Tokens with exactly equal probabilities may come in either order.
#
# <details><summary>Hint 1 · a question</summary>
#
# The logits have three axes, the result has two. Which position is about the token after the prompt? What has to happen to its scores, and over which axis, before they are probabilities?
#
# <details><summary>Hint 2 · the k largest</summary>
#
# `topk` is a method of tensors: `topk(k, dim=…)` returns two things, `.values`, the largest first, and `.indices`. The index of a score in its row is the token's id.
#
# </details>
# </details>
#
# <details><summary>If you see "as if there were no other tokens"</summary>
#
# If you choose first and apply softmax afterwards, the other tokens are missing from the sum.
#
# </details>
#
# <details><summary>If you see "the last prompt was taken"</summary>
#
# `logits[-1]` indexes the first axis. Which axis is the sequence?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "top_next_tokens", "locked": false, "schema_version": 3, "solution": true, "task": false}
def top_next_tokens(
    logits: Float[Tensor, "batch seq d_vocab"], k: int
) -> tuple[Float[Tensor, "batch k"], Int[Tensor, "batch k"]]:
    """The k most likely tokens after each prompt: their probabilities and their ids, the most likely first."""
    ### BEGIN SOLUTION
    probabilities = softmax(logits[:, -1], dim=-1)
    top = probabilities.topk(k, dim=-1)
    return top.values, top.indices
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_top_next_tokens", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.top_next_tokens(top_next_tokens)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ top_next_tokens  7 of 7 cases equal torch`. Below, the same tokens that the player showed in its last steps. In the storyteller: *big* with 12.23%, *strange* with 11.79%, *shiny* with 11.47%. No token is far ahead, because in its stories many adjectives can follow *lived in a*.
#
# </details>
#
# **What does the model predict?** Your function on its logits. Change the prompt: where does one token get most of the probability, and where is it spread over many?

# %% tags=["look", "raises-exception"]
prompt = PROMPT  # or a text of your own, in quotes
with torch.no_grad():
    logits = gpt2.model(torch.tensor([gpt2.tokenizer.encode(prompt)])).logits
probabilities, predicted = top_next_tokens(logits, k=8)
for probability, token in zip(probabilities[0].tolist(), token_strings(predicted[0]), strict=True):
    print(f"{probability:7.2%}  {'█' * round(40 * probability):<40}  {prompt}{token.replace('·', ' ')}")

# %% [markdown]
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** Each row of the table belongs to a function of this week. A row that you cannot fill in shows which one to read again.
#
# Fill in the shapes for GPT-2 small and a **batch of 2 prompts of length 6**: d_vocab 50,257, d_model 768, 12 heads. A shape is a tuple, such as `(2, 6)`. A tensor of five numbers has shape `(5,)`, with the comma, and a tensor that holds a single number `()`. Write the shapes in place of `None`, and remove the line with `raise`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Go through your functions: the signature of each names the axes. Which number belongs to which name? What is d_head?
#
# </details>
#
# <details><summary>If you see "the batch axis is missing"</summary>
#
# Two prompts are computed at once. Which two rows have no batch axis?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """The shapes on the way through GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    tokens = one_hot = None  # the ids of the two prompts; the same as one-hot rows
    W_E = None  # the embedding matrix
    x = q = q_heads = None  # a vector for each token; the queries x @ W_Q; the same after split_heads
    scores = None  # every query with every key, in each head
    logits = None  # a score for every token of the vocabulary, at every position
    probabilities = top = None  # of the next token, after the last position; the ids of the five most likely
    loss = None  # the cross-entropy of both prompts together
    ### BEGIN SOLUTION
    batch, seq, d_vocab, d_model, n_heads, d_head = 2, 6, 50257, 768, 12, 64
    tokens, one_hot, W_E = (batch, seq), (batch, seq, d_vocab), (d_vocab, d_model)
    x = q = (batch, seq, d_model)
    q_heads = (batch, n_heads, seq, d_head)
    scores, logits = (batch, n_heads, seq, seq), (batch, seq, d_vocab)
    probabilities, top, loss = (batch, d_vocab), (batch, 5), ()
    ### END SOLUTION
    rows = {"tokens": tokens, "one_hot": one_hot, "W_E": W_E, "x": x, "q": q, "q_heads": q_heads}
    rows |= {"scores": scores, "logits": logits, "probabilities": probabilities}
    return rows | {"top": top, "loss": loss}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.shape_table(shape_table)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ shape_table      11 of 11 cases equal GPT-2 small's own shapes`. Until then, the card names the rows that are not right yet. The longest axis is d_vocab: `(50257, 768)` for W_E, `(2, 6, 50257)` for the logits.
#
# </details>

# %% [markdown]
# ## Check your understanding
#
# Decide first, then open a choice: each of them explains why it is right or wrong.

# %% tags=["look", "raises-exception"] jupyter={"source_hidden": true}
quiz(
    [
        Question(
            "The dot product of two vectors is 0. What follows?",
            [
                Choice(
                    "They are equal.",
                    why="A vector's dot product with itself is its squared length, which is 0 only for a vector of zeros.",
                ),
                Choice(
                    "They are orthogonal: the products of their entries cancel.",
                    right=True,
                    why="What agrees and what disagrees in them adds up to 0. (Or one of them is a vector of zeros, which has no direction.)",
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
                    why="Every power grows by the factor e¹⁰⁰, and so does their sum. Your softmax uses this when it subtracts the largest score.",
                ),
                Choice(
                    "The largest gets nearly all of the probability.",
                    why="That happens when logits are *multiplied* by a large number: then the differences grow.",
                ),
            ],
        ),
        Question(
            "`x` has shape (2, 6, 768). `x.view(2, 12, 6, 64)` runs without an error. Is it the same as `split_heads(x, 12)`?",
            [
                Choice(
                    "Yes, the shapes are the same.",
                    why="The shapes are, the contents are not. A shape that fits does not show that the numbers are in the right order.",
                ),
                Choice(
                    "No: all six rows of head 0 would be pieces of token 0.",
                    right=True,
                    why="`view` does not move any number in memory. Head 0 gets the first 6 · 64 = 384 numbers in memory, and those are the first half of token 0's 768.",
                ),
                Choice(
                    "Only for a batch of 1.",
                    why="The order is wrong within each prompt, also when there is only one.",
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
                    why="These ids were given out in the order in which the vocabulary was built, as week 2 shows. Similarity of meaning can only be in the vectors.",
                ),
                Choice(
                    "They often follow each other in texts.",
                    why="Which tokens follow each other cannot be read off their ids.",
                ),
            ],
        ),
        Question(
            "When is the cross-entropy of a model 0?",
            [
                Choice(
                    "When it gives every token the same probability.",
                    why="Then it is log d_vocab, the uniform baseline.",
                ),
                Choice(
                    "When it gave probability 1 to every token that came.",
                    right=True,
                    why="Then every surprisal is 0. On real text no model reaches that: often more than one continuation is possible.",
                ),
                Choice(
                    "When the token that it finds most likely is always right.",
                    why="With a probability of 60% for it, a surprisal of 0.51 is left each time.",
                ),
            ],
        ),
        Question(
            "Is a token's vector its meaning?",
            [
                Choice(
                    "Yes, each of its numbers is one property of the token.",
                    why="A single coordinate rarely corresponds to a property that people would name. Directions sometimes do.",
                ),
                Choice(
                    "It holds what training found useful for prediction about how the token is used.",
                    right=True,
                    why="Learned coordinates correlate with usage. They also contain the biases of the training texts, and accidental patterns.",
                ),
                Choice("No, it is random.", why="It was, before training. Exercise 9 shows the difference."),
            ],
        ),
    ]
)

# %% [markdown]
# The answer to the second question can be tried out.

# %% tags=["look", "raises-exception"]
three = torch.tensor([2.0, 0.0, -1.0])
for name, changed in {"as they are": three, "plus 100": three + 100, "times 100": three * 100}.items():
    print(f"{name:12}", [f"{weight:.3f}" for weight in softmax(changed).tolist()])

# %% [markdown]
# ### In your own words
#
# A classmate says: *"Tokens have ids, and ids are numbers. So a network could compute with the ids themselves, and we could do without all these vectors."* Explain in four or five sentences what would go wrong, and what vectors make possible. Use the words **direction**, **dot product** and **training**. A person marks this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# An id is only a name: that one token has a larger id than another, or the id next to it, says nothing about the two, so sums and differences of ids mean nothing. A vector has many numbers, and so two tokens can be alike in one respect and different in another. How much they have in common is measured by the dot product, which is large and positive when they point in the same direction, 0 when they are at a right angle and negative when they point apart. Even steps can mean something: the direction from man to woman is nearly the one from king to queen. And vectors can be moved a little at a time, so training can start with random ones and shift them until tokens that are used alike have similar vectors; an id is a whole number that cannot be shifted at all.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `vector_arithmetic`
#
# If the step from *man* to *woman* is a direction, it can be taken from any starting point. **Where do you arrive when you start at *king*?** Compute king − man + woman, and find the word whose vector has the most similar direction.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** Mikolov, Yih and Zweig (2013, *Linguistic Regularities in Continuous Space Word Representations*) found such steps in trained word vectors. In week 3 you try them on the reference model.
#
# `vectors` and `words` have the same order. Add and subtract the vectors as they are, then compare the result with every word by cosine similarity. The three words of the question do not count as answers: leave all of them out.
#
# <details><summary>Hint 1 · a question</summary>
#
# Your cosine_similarity takes two tables. What is the shape of a table of one vector, and which part of the result do you search?
#
# <details><summary>Hint 2 · leaving words out</summary>
#
# Set their similarity to something that can never win before you take the largest. −1 could tie; what is smaller than every number?
#
# </details>
# </details>
#
# <details><summary>If you see "one of the three words themselves may win"</summary>
#
# The result is often nearest to one of the three. `words.index(name)` is the index of a word.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "vector_arithmetic", "locked": false, "schema_version": 3, "solution": true, "task": false}
def vector_arithmetic(
    vectors: Float[Tensor, "word d"], words: list[str], start: str, minus: str, plus: str
) -> tuple[str, float]:
    """The word most similar to start − minus + plus, none of these three, and its cosine similarity."""
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
# <details><summary>What you should see</summary>
#
# `✓ vector_arithmetic 7 of 7 cases equal torch's cosine similarity`. Below: queen, with a cosine similarity of 0.9998. The space was made so that this works; in week 3 you will see how often it does in a trained one.
#
# </details>
#
# **How near does it come?** The result as a point of its own among the others. Rotate the picture and zoom in on it; then try other words in the first line. For which words does the answer make sense in this space, and for which not?

# %% tags=["look", "raises-exception"]
start, minus, plus = "king", "man", "woman"
answer, similarity = vector_arithmetic(vectors, words, start, minus, plus)
print(f"{start} − {minus} + {plus} ≈ {answer} (cosine similarity {similarity:.4f})")
result = vector_of[start] - vector_of[minus] + vector_of[plus]
pictures.vectors_3d(
    torch.cat([vectors, result[None]]), [*words, f"{start} − {minus} + {plus}"], [*groups, "result"]
)

# %% [markdown]
# ## Stretch 2 · `outer`
#
# Four puzzles. Each is a function that torch already has, and each fits into one or two lines.
#
# **The rules.** No loop of any kind, and no ready-made function of that name. Allowed are `torch.arange`, `torch.where`, arithmetic, comparisons, indexing, `None` in an index to insert an axis, `@` and `sum`. The check counts the steps that your code takes: their number must not grow with the input.
#
# *Difficulty 1 of 5 · importance 2 of 5 · 10 minutes · stretch, 5 points*
#
# **Why.** A column times a row gives a table. This is **broadcasting**: torch repeats an axis of size 1 as often as the other tensor needs.
#
# <details><summary>Hint 1 · a question</summary>
#
# When a tensor of shape (n, 1) is multiplied by one of shape (m,), what shape comes out?
#
# </details>
#
# <details><summary>If you see "their sizes do not fit"</summary>
#
# One of the two needs a second axis. `None` in an index inserts one: before or after the existing axis?
#
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
# <details><summary>What you should see</summary>
#
# `✓ outer            5 of 5 cases equal torch.outer`. Entry [i, j] is a[i] · b[j]; with a plus sign instead, the table would be one of sums.
#
# </details>

# %% [markdown]
# ## Stretch 3 · `triu`
#
# *Difficulty 3 of 5 · importance 4 of 5 · 10 minutes · stretch, 10 points*
#
# **Why.** In week 5 the same comparison of row and column numbers makes the causal mask, which hides later tokens.
#
# Keep the entries on the diagonal and above it, and put 0 below. The diagonal is where row and column have the same number, also when the table is not square. Some entries may be infinite.
#
# <details><summary>Hint 1 · a question</summary>
#
# Give every row and every column its number. What does a comparison of the column of row numbers with the row of column numbers look like?
#
# </details>
#
# <details><summary>If you see NaN, or "0 times inf"</summary>
#
# 0 · inf is NaN. `torch.where(condition, this, that)` chooses instead of multiplying.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "triu", "locked": false, "schema_version": 3, "solution": true, "task": false}
def triu(x: Float[Tensor, "row column"]) -> Float[Tensor, "row column"]:
    """x with 0 wherever the column's number is smaller than the row's. Infinite entries are allowed."""
    ### BEGIN SOLUTION
    row = torch.arange(x.shape[0], device=x.device)[:, None]
    column = torch.arange(x.shape[1], device=x.device)
    return torch.where(column >= row, x, 0.0)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_triu", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.triu(triu)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ triu             6 of 6 cases equal torch.triu`, for tables that are not square as well. Of a 3 × 3 table 6 entries are kept.
#
# </details>

# %% [markdown]
# ## Stretch 4 · `cumsum`
#
# *Difficulty 3 of 5 · importance 2 of 5 · 10 minutes · stretch, 10 points*
#
# **Why.** Every position gets the sum of everything up to it, by one product with a triangle of ones. Attention has the same form: a weighted sum of all earlier tokens, with a triangle of attention weights.
#
# The result is as long as x, and each of its numbers is the sum of all numbers of x up to and including that position.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which entries of x count for position 0, which for position 1, which for position 2? Write it down as a table of 0 and 1. Have you already made that triangle?
#
# </details>
#
# <details><summary>If you see "each position sums what comes after it"</summary>
#
# You have the other triangle: rows and columns are exchanged.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "cumsum", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cumsum(x: Float[Tensor, "n"]) -> Float[Tensor, "n"]:
    """At each position the sum of x up to and including that position."""
    ### BEGIN SOLUTION
    n = len(x)
    counts = triu(torch.ones(n, n, dtype=x.dtype, device=x.device))
    return x @ counts
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_cumsum", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.cumsum(cumsum)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ cumsum           4 of 4 cases equal torch.cumsum`. For (1, 2, 3) the result is (1, 3, 6).
#
# </details>

# %% [markdown]
# ## Stretch 5 · `roll`
#
# *Difficulty 3 of 5 · importance 2 of 5 · 10 minutes · stretch, 10 points*
#
# **Why.** An index can be a whole tensor of indices. An embedding looks up its rows that way, and it moves numbers without a loop.
#
# Move every number `shift` positions to the right; what leaves at the end comes back in at the front. A negative shift moves to the left, and a shift may be longer than x.
#
# <details><summary>Hint 1 · a question</summary>
#
# After a shift of 1, from which old position does the number at position 0 come? And the one at position 3? And after a shift of s, the one at position i?
#
# </details>
#
# <details><summary>If you see "some indices lie outside the tensor"</summary>
#
# In Python −2 % 5 is 3, and 7 % 5 is 2. Torch's `%` does the same with every entry of a tensor.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "roll", "locked": false, "schema_version": 3, "solution": true, "task": false}
def roll(x: Float[Tensor, "n"], shift: int) -> Float[Tensor, "n"]:
    """x moved by `shift` positions to the right, cyclically: the number at position i goes to i + shift."""
    ### BEGIN SOLUTION
    came_from = (torch.arange(len(x), device=x.device) - shift) % len(x)
    return x[came_from]
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_roll", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.roll(roll)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ roll             9 of 9 cases equal torch.roll`, for negative shifts and for a shift of 13 as well. (1, 2, 3, 4) shifted by 1 is (4, 1, 2, 3).
#
# </details>

# %% [markdown]
# ## Common questions
#
# **Is the vector of a token its meaning?** No. Its coordinates are learned, and they correlate with how the token is used in the training texts. They can encode the biases of those texts, or patterns that are accidents. And each row of W_E is one vector for all uses of a token: *bank* has the same row beside a river and in a city. The blocks change it by the context (week 5).
#
# **Why 768 dimensions, or 96?** It is a choice, a **hyperparameter**: a number that is fixed before training. More dimensions can hold finer distinctions, but every matrix grows with them, and so do memory and computing time. GPT-2 was published with 768, 1024, 1280 and 1600 (Radford et al., 2019, table 2).
#
# **Why must probabilities add up to 1?** Because exactly one token comes next. Softmax divides by the sum of all powers, so raising one probability lowers others. Without that, a model could make its loss small by giving every token a high number.
#
# **Does this only work for text?** No. Anything that can be cut into pieces and turned into vectors can be fed to a transformer: patches of images (Dosovitskiy et al., 2020, arXiv:2010.11929), stretches of sound for speech recognition (Radford et al., 2022, arXiv:2212.04356), sentences to be translated (the first transformer of 2017). After the first layer the network sees vectors only.
#
# **Do transformers read from left to right?** They compute all positions at once. GPT-2 masks later tokens, so its prediction at a position uses earlier ones only. Models without that mask, such as BERT (Devlin et al., 2018, arXiv:1810.04805), see the whole sentence in both directions.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you **drives** and types. The other **navigates**: reads the text aloud, names the shapes, looks things up, and questions what is typed. Swap after every exercise that has its tick, or after 15 minutes, whichever comes first. Talk before you type.
#
# | minutes | what |
# |---|---|
# | 0–10 | The player, with a prompt of your own. Each of you explains one half of the steps to the other. |
# | 10–35 | Exercises 3 (10 min), 4 (5 min) and 5 (10 min). Agree on your scratchpad: the names `batch`, `seq`, `d_model`, `n_heads`, `d_head`, `d_vocab`, and what a row and a column of a table of scores are. Read every pattern aloud before you type it. **Swap.** |
# | 35–60 | Exercise 6 (20 min). Do softmax of (0, 1) on paper first. **Swap.** |
# | 60–75 | Exercise 7 (10 min), and the cell after it. |
# | 75–90 | The two questions below. |
#
# **Before the session:** exercises 1 and 2, each of you alone. **After the session:** exercises 8 to 11, as homework or in a second session. Stretch exercises are for pairs who have time left. **Not finishing is normal:** a session that ends with a softmax that both of you can explain is a good one.
#
# **Two questions to argue about.**
#
# 1. Two words are never seen in the same sentence, yet their vectors come to lie close together. How can that be, and what have the two words in common?
# 2. On paper, softmax gives every token a probability above 0. Should a model ever give exactly 0? What would happen to its cross-entropy when that token comes?
#
# **Where pairs get stuck.** At `keepdim`, when one of you thinks of the numbers and the other of the shapes: print both shapes before you divide. At `split_heads`, when the shape is right and the check still fails: print a tensor of 12 numbers and see where they go. At `cross_entropy`, when `gather` complains: count the axes of both tensors aloud.

# %% [markdown]
# ## What you have built
#
# - **dot_product** and **cosine_similarity**: do two vectors point the same way?
# - **split_heads** and **merge_heads**: a d_model axis cut into heads, and put together again.
# - **attention_scores_einsum**: every query with every key, in one line of names.
# - **softmax** and **log_softmax**: scores turned into probabilities and log-probabilities, without overflow.
# - **cross_entropy**: the mean surprisal of the tokens that came, the loss that training makes smaller.
# - **one_hot_lookup**: an embedding is a matrix product.
# - **top_next_tokens**: the model's most likely next tokens.
#
# What is still missing? Nearly everything between the first step of the player and the last. Week 2 begins at the front: how does a text become tokens, and why those?
#
# Words of this week in the [glossary](../glossary.md): *anisotropy, attention head, attention weight, autoregressive, axis, batch, broadcasting, coordinate, cosine similarity, cross-entropy, d_head, d_model, d_vocab, dot product, einops, embedding matrix, generative pretrained transformer, hyperparameter, id, jaxtyping, key, log-probability, log-sum-exp, logits, loss, n_heads, one-hot, probability, prompt, query, reference model, score, seq, shape, softmax, storyteller, surprisal, tensor, token, transformer, uniform baseline, vector, vocabulary*.
