# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 5 · Tokens looking at other tokens
#
# **The big idea.** A token's embedding is the same in every sentence. Attention makes its vector depend on the context: the model compares the token with those before it, gives each of them a weight, and adds up their values with these weights.
#
# | | |
# |---|---|
# | **You will have built** | one attention head of GPT-2, from the first matrix product to the last, equal to the model's own up to float32 rounding |
# | **You need** | softmax (week 1), embeddings (week 3) and LayerNorm (week 4), all in `parts.py` beside this notebook |
# | **Time** | reading and demonstrations 55 min · core exercises 1 h 55 min · stretch 55 min |
# | **Where we are** | text → tokens → embeddings → **blocks** → logits → probabilities → next token |
#
# A block has two halves. Last week you built the MLP, which works on each position alone. Attention, the other half, is the only part of the model in which information moves from one position to another.
#
# New notation: `W_Q` and `b_Q` are the weight and the bias of the **projection** that makes `q`; `W_K` and `W_V` go with `k` and `v`. Two conventions you know: `Float[Tensor, "batch seq d_model"]` in a signature names the axes, in their order (week 1), and `·it` in a picture is the token *it* with the space before it, which belongs to the token (week 2).
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write your code; the check below it compares your results with a reference, which its last line names: mostly Hugging Face's GPT-2.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
from collections.abc import Sequence
from itertools import combinations

import torch
from einops import einsum
from jaxtyping import Bool, Float
from parts import Embed, LayerNorm, PosEmbed, embed_tokens, softmax
from torch import Tensor, nn

from utils import pictures, reference
from utils.checks import week05_attention as checks
from utils.quiz import Choice, Question, quiz
from utils.reference.inputs.stream import stream_parts
from utils.reference.inputs.tokens import head_weights
from utils.scratchpad import Scratchpad
from utils.tokens import token_strings

gpt2 = reference.load()
SENTENCE = "The cat sat on the mat because it was tired."

# %% [markdown]
# ## A first look
#
# You read *The cat sat on the mat because it was tired* without stopping at *it*, although *it* alone does not say who was tired. You connected it with *cat*.
#
# **Does the model connect them, too?** Below are all attention heads of the model, on that sentence. Choose a layer, a head and a query (the token that reads). The shading shows its **attention weights**: how much it reads from each token. The weights of a query are never negative and add up to 1.

# %% tags=["look", "raises-exception"]
ids = gpt2.tokenizer.encode(SENTENCE)
with torch.no_grad():
    attentions = gpt2.model(torch.tensor([ids]), output_attentions=True).attentions
patterns = torch.stack(attentions)[:, 0]  # [n_layers, n_heads, query, key]

words = token_strings(ids)
it, cat = words.index("·it"), words.index("·cat")
strength = patterns[:, :, it, cat]
layer, head = divmod(strength.argmax().item(), gpt2.config.n_heads)
print(f"'it' gives 'cat' the largest attention weight in layer {layer}, head {head}: {strength.max():.2f}.")
pictures.attention_explorer(words, patterns, layer=layer, head=head, query=it)

# %% [markdown]
# And here are all heads of that layer at once. Each square is one head: a row for each query, a column for each token that it can read from. Move the mouse over a small square to see it large; a click keeps it there.
#
# **Before you go on, find three things.** The head that gives the most weight to the token right before the query. The head that gives the most to the very first token. And the triangle: which half of every square is empty, and why?

# %% tags=["look", "raises-exception"]
pictures.attention_heads(words, patterns[layer])

# %% [markdown]
# Now compare with the numbers, averaged over the queries from the second token on.

# %% tags=["look", "raises-exception"]
for number, pattern in enumerate(patterns[layer]):
    previous, first = pattern.diagonal(-1).mean(), pattern[1:, 0].mean()
    print(
        f"layer {layer}, head {number:2}: {previous:.2f} on the token before, {first:.2f} on the first token"
    )

# %% [markdown]
# <details><summary>What you should see</summary>
#
# In the storyteller, head 1 of layer 3 gives *cat* a weight of 0.47. In that layer head 3 gives the most to the token before (0.30 on average), and head 2 the most to the first token (0.31). The upper right half is empty: no token reads from a later one.
#
# GPT-2 small is far more extreme: on five short prompts, head 11 of layer 4 gives the token before a mean weight of about 1.00, and over all heads of layers 5 to 10 the mean weight of the first token is 0.84 (computed from the attention weights that Transformer Explainer publishes, Cho et al., 2024, arXiv:2408.04619).
#
# </details>

# %% [markdown]
# ## The idea in plain words
#
# Three matrices turn each token's vector into three others. They are named after a search:
#
# - a **query**: what is this token looking for?
# - a **key**: by what can this token be found?
# - a **value**: what does a token that finds it receive?
#
# Each query is compared with every key, and the better they match, the higher the **score**. Softmax turns the scores of one query into attention weights, and the sum of the values, each times its weight, is what the query receives.
#
# In the image of the search, *it* looks for "an animal or a thing mentioned before", and *cat* can be found by "animal, singular". Such descriptions are ours. What the model has is three matrices, and training sets their numbers.
#
# Two more words for the week. The grid of attention weights is the **attention pattern**: a row for each query, a column for each key. And the weighted sum of values that a head computes for a query is called **z**.

# %% [markdown]
# ## The idea in shapes
#
# | step | what | shape |
# |---|---|---|
# | | `x`, a vector for each token | `batch seq d_model` |
# | 1 | `q`, `k`, `v`: three projections of `x` | `batch seq d_head` |
# | 2 | `scores`: each query times each key | `batch query key` |
# | 3 | the future is hidden | `batch query key` |
# | 4 | `pattern`: softmax makes each row attention weights | `batch query key` |
# | 5 | `z`: the weighted sum of the values | `batch query d_head` |
#
# `seq`, `query` and `key` are the same number here. The axis has two names in steps 2 to 4 because positions play two roles, and these roles are easily mixed up.
#
# Five steps, five exercises. Keep a scratchpad of shapes beside you while you write. **What does it print when a shape does not fit?** One of these rows, which have GPT-2 small's sizes, is wrong.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6)
pad.note("x", (2, 6, 768), "batch seq d_model")
pad.note("q", (2, 6, 64), "batch seq d_head")
pad.note("k", (2, 5, 64), "batch seq d_head")
pad.note("scores", (2, 6, 6), "batch query key")
pad

# %% [markdown]
# ## Exercise 1 · `project_qkv`
#
# *Difficulty 1 of 5 · importance 5 of 5 · 10 minutes · core, 14 points*
#
# **Why.** A token's vector is used in three ways: to compare it with others, to be compared with, and to be passed on. With three learned projections, training can set each use apart from the other two.
#
# Each projection is a matrix product and a bias. The sum runs over `d_model`; everything else stays.
#
# <details><summary>Hint 1 · a question</summary>
#
# In `x` there is a vector of `d_model` numbers for every batch entry and every position. Which axis of `x` meets which axis of `W_Q`? What is left over, and in which order?
#
# <details><summary>Hint 2 · how to write it</summary>
#
# Two good ways. `einsum(a, b, "…, … -> …")` from einops: name the axes of both inputs, and leave out on the right the one that is summed. Or the `@` operator, which sums the last axis of the left side with the second to last of the right.
#
# </details>
# </details>
#
# <details><summary>If you see "the three biases … are not added"</summary>
#
# A bias has shape `d_head`. Broadcasting adds it to the vector of every batch entry and every position.
#
# </details>
#
# <details><summary>If you see "mat1 and mat2 shapes cannot be multiplied"</summary>
#
# The inner sizes have to be equal: `(…, d_model) @ (d_model, d_head)`. Nothing needs to be transposed.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "project_qkv", "locked": false, "schema_version": 3, "solution": true, "task": false}
def project_qkv(
    x: Float[Tensor, "batch seq d_model"],
    W_Q: Float[Tensor, "d_model d_head"],
    W_K: Float[Tensor, "d_model d_head"],
    W_V: Float[Tensor, "d_model d_head"],
    b_Q: Float[Tensor, "d_head"],
    b_K: Float[Tensor, "d_head"],
    b_V: Float[Tensor, "d_head"],
) -> tuple[
    Float[Tensor, "batch seq d_head"], Float[Tensor, "batch seq d_head"], Float[Tensor, "batch seq d_head"]
]:
    """One head's queries, keys and values, in this order.

    `x` is what the head reads: one vector for each token. Each projection is a product with its weight, plus
    its bias. A sequence of a single token is fine.
    """
    ### BEGIN SOLUTION
    q = einsum(x, W_Q, "batch seq d_model, d_model d_head -> batch seq d_head") + b_Q
    k = einsum(x, W_K, "batch seq d_model, d_model d_head -> batch seq d_head") + b_K
    v = einsum(x, W_V, "batch seq d_model, d_model d_head -> batch seq d_head") + b_V
    return q, k, v
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_project_qkv", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.project_qkv(project_qkv)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal GPT-2`, and below it nothing else: a failed case would be shown there. In the last case the weights are those of a head in the first block: `d_model d_head` is 96 × 24 in the storyteller, and 768 × 64 in GPT-2 small.
#
# </details>

# %% [markdown]
# ## Exercise 2 · `attention_scores`
#
# How well does a query match a key? The measure is week 1's dot product: large when two long vectors point the same way, 0 when they are orthogonal, negative when they point in opposite directions.
#
# GPT-2 divides it by √d_head. **What would go wrong without the division?** Below, one query meets 8 keys; all their entries are random numbers with mean 0 and standard deviation 1. How large is the largest of the 8 attention weights on average, without the division, when d_head is 64? Write down your prediction first.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
pictures.scaling_demo()

# %% [markdown]
# Move the slider and compare the two sides. A dot product adds up `d_head` products. If each has mean 0 and variance 1, and they are independent, the sum has variance d_head: its standard deviation is √d_head, which is 8 for GPT-2 small's 64. Softmax turns scores that far apart into one weight near 1 and others near 0. This is **saturation**: there the derivative of softmax is close to 0, so almost no gradient reaches the queries and keys, and they learn slowly (Vaswani et al., 2017, *Attention Is All You Need*, arXiv:1706.03762, section 3.2.1). Divided by √d_head, the scores have standard deviation 1 whatever d_head is.
#
# **How much smaller is the derivative?** The derivative of a weight w with respect to its own score is w · (1 − w).

# %% tags=["look", "raises-exception"]
divided = torch.randn(1000, 8, generator=torch.Generator().manual_seed(5))
for name, scores in {"divided": divided, "not divided": divided * math.sqrt(64)}.items():
    largest = softmax(scores, dim=-1).amax(dim=-1)
    derivative = (largest * (1 - largest)).median()
    print(f"{name:11}: largest weight {largest.median():.2f}, its derivative {derivative:.3f} (medians)")

# %% [markdown]
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 14 points*
#
# **Why.** The scores alone decide how much each query reads from each token.
#
# This week `batch` is the only leading axis; next week there are `batch` and `heads`. Write the function once for both: in an einops pattern, `...` means all leading axes.
#
# <details><summary>Hint 1 · a question</summary>
#
# The result has an entry for every query *and* every key. Which axis means the same in `q` and in `k`, so that it can be summed? And why must their position axes have two different names?
#
# <details><summary>Hint 2 · if you prefer `@`</summary>
#
# `k` needs its last two axes swapped first: `k.transpose(-1, -2)`, or `k.mT`.
#
# </details>
# </details>
#
# <details><summary>If you see "expected (…, 3, 8), got (…, 8, 3)"</summary>
#
# Rows are queries. Which of the two comes first on the right of your arrow?
#
# </details>
#
# <details><summary>If you see that the scores are off by a factor</summary>
#
# Print `q.shape`. Which of its entries is d_head? Not all inputs have the same number of axes, so count from the end.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "attention_scores", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_scores(
    q: Float[Tensor, "... query d_head"], k: Float[Tensor, "... key d_head"]
) -> Float[Tensor, "... query key"]:
    """How well each query matches each key: their dot product, divided by √d_head.

    The leading axes (`batch`, or `batch` and `heads`) are the same in `q` and `k` and are kept. There may be
    fewer queries than keys.
    """
    ### BEGIN SOLUTION
    d_head = q.shape[-1]
    matches = einsum(q, k, "... query d_head, ... key d_head -> ... query key")
    return matches / math.sqrt(d_head)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_attention_scores", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.attention_scores(attention_scores)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal GPT-2`, for scores `batch query key` and `batch heads query key` alike, although your function never names `heads`.
#
# </details>

# %% [markdown]
# ## Exercise 3 · `causal_mask`
#
# GPT-2 is trained to predict the next token at every position at once. **What would the model learn if a query could read from the token after it?** To copy that token. Its loss in training would be close to 0 without anything learned about language, and when it generates text there is no next token to copy.
#
# So every query reads from its own position and those before it, and from none after it. This is the **causal mask**, and a model that predicts each token from earlier ones alone is called **autoregressive**. To hide a key we give it the score −∞: e to the power of −∞ is exactly 0, and so is the attention weight.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 16 points*
#
# **Why.** Without it, the prediction of a token could use that very token.
#
# One case needs care. In week 9 the model will generate one token at a time. The keys and values of earlier tokens are kept (a KV cache), and queries are computed for the new tokens only. Then there are fewer queries than keys, and the queries are the *last* positions. With 2 queries and 5 keys, the first query is at position 3 and sees keys 0 to 3.
#
# <details><summary>Hint 1 · a question</summary>
#
# Take 4 queries and 4 keys and draw the square on paper: row = query, column = key. Cross out what must be hidden. Where does the crossed-out part begin in row 0? In row 1?
#
# <details><summary>Hint 2 · making the triangle</summary>
#
# Look up `torch.triu` and `Tensor.masked_fill`, and try them on a small example: what do `torch.ones(3, 3).triu(diagonal=2)` and `torch.arange(4).masked_fill(torch.tensor([True, False, False, True]), 9)` give? A mask is boolean, and lies on the scores' **device**.
#
# </details>
# </details>
#
# <details><summary>If you see "a token cannot see itself"</summary>
#
# On the main diagonal, query and key are the same position. Is it inside your triangle or outside?
#
# </details>
#
# <details><summary>If only the cases with fewer queries than keys fail</summary>
#
# How many keys come before the first query? The triangle has to move to the right by that many columns.
#
# </details>
#
# <details><summary>If you see NaN</summary>
#
# 0 · ∞ has no value. Choose between two values instead of multiplying by a mask.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "causal_mask", "locked": false, "schema_version": 3, "solution": true, "task": false}
def causal_mask(scores: Float[Tensor, "... query key"]) -> Float[Tensor, "... query key"]:
    """The scores with −inf wherever a key lies in the query's future. The input is left as it was.

    If there are fewer queries than keys, the queries are the last positions. A score of −1e9 or less,
    such as torch.finfo(scores.dtype).min, hides a token as well as −inf does. Tensors that you make here take
    device=scores.device, so that the function also runs on a GPU.
    """
    ### BEGIN SOLUTION
    query, key = scores.shape[-2:]
    earlier_keys = key - query
    future = torch.ones(query, key, dtype=torch.bool, device=scores.device).triu(diagonal=earlier_keys + 1)
    return scores.masked_fill(future, float("-inf"))
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_causal_mask", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
checks.causal_mask(causal_mask)

# %% [markdown]
# **Which corner is empty?** Your mask on a square of random scores; masked entries stay blank.

# %% tags=["look", "raises-exception"]
generator = torch.Generator().manual_seed(5)
square = torch.randn(len(words), len(words), generator=generator)
pictures.pattern_heatmap(causal_mask(square), words, title="scores after your mask")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal GPT-2`, and in the picture an empty triangle at the upper right: 1 score in the first row, 11 in the last, 66 of 121 in all.
#
# </details>

# %% [markdown]
# ## Exercise 4 · `attention_pattern`
#
# Now the scores become attention weights. You have all the pieces: scores, mask, and the softmax of week 1.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 14 points*
#
# **Why.** This is the grid of the first look, which papers about attention heads show.
#
# The order matters: mask *before* softmax, so that the weights of the visible keys add up to 1. And softmax runs along the keys, because each query has weights of its own.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which numbers must add up to 1: a row or a column? Which `dim` is that, counted from the end?
#
# </details>
#
# <details><summary>If you see rows that do not add up to 1</summary>
#
# Does anything happen after your softmax? A scale or a mask there would change the sum.
#
# </details>
#
# <details><summary>If you see NaN</summary>
#
# Then some row is −inf throughout. Look at your mask again: every query can at least see its own position.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "attention_pattern", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_pattern(
    q: Float[Tensor, "... query d_head"], k: Float[Tensor, "... key d_head"]
) -> Float[Tensor, "... query key"]:
    """Each query's attention weights over the keys that it may see: every row adds up to 1."""
    ### BEGIN SOLUTION
    visible_scores = causal_mask(attention_scores(q, k))
    return softmax(visible_scores, dim=-1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_attention_pattern", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.attention_pattern(attention_pattern)

# %% [markdown]
# **Is this the model's own pattern?** Here your functions run on the weights of layer 0, head 0: set the sliders of the first look to those, and compare. `first_block_reads` computes the input of the first block's attention: token embedding plus position embedding, through LayerNorm, as you built them in weeks 3 and 4.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "first_block_reads", "locked": true, "schema_version": 3, "solution": false, "task": false}
def first_block_reads(sentence: str) -> Float[Tensor, "1 seq d_model"]:
    """The input of the first block's attention for a sentence."""
    weights, config = gpt2.state_dict, gpt2.config
    embed, pos_embed = Embed(config.d_vocab, config.d_model), PosEmbed(config.n_ctx, config.d_model)
    ln_1 = LayerNorm(config.d_model, config.layer_norm_eps)
    with torch.no_grad():
        embed.W_E.copy_(weights["transformer.wte.weight"])
        pos_embed.W_pos.copy_(weights["transformer.wpe.weight"])
        ln_1.gain.copy_(weights["transformer.h.0.ln_1.weight"])
        ln_1.bias.copy_(weights["transformer.h.0.ln_1.bias"])
        return ln_1(embed_tokens(torch.tensor([gpt2.tokenizer.encode(sentence)]), embed, pos_embed))


# %% tags=["look", "raises-exception"]
q, k, v = project_qkv(first_block_reads(SENTENCE), **head_weights(gpt2, layer=0, head=0))
mine = attention_pattern(q, k)
print(f"Largest difference from the model's own pattern: {(mine[0] - patterns[0, 0]).abs().max():.1e}")
pictures.attention_heads(words, mine[0])

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A difference below 1e-6 (6e-08 in the storyteller): float32 rounding, because the sums run in another order. The pictured pattern is that of layer 0, head 0.
#
# </details>
#
# **What happens to the weights in a longer text?** Each row has more keys then, and still adds up to 1.

# %% tags=["look", "raises-exception"]
STORY = "Once there was a girl who had a red ball. She played with it in the park every day. One day the ball rolled\
 under a tree and she could not find it. A dog came to help her, found the ball and gave it back. The girl was happy."
with torch.no_grad():
    long = gpt2.model(torch.tensor([gpt2.tokenizer.encode(STORY)]), output_attentions=True).attentions
largest = torch.stack(long)[:, 0].amax(dim=-1).mean(dim=(0, 1))  # of each query, over all layers and heads
for first, last in ((2, 4), (5, 16), (17, 48)):
    print(
        f"queries with {first:2} to {last:2} keys: mean largest weight {largest[first - 1 : last].mean():.2f}"
    )

# %% [markdown]
# The more keys there are, the smaller the largest weight, on average. This is the **dilution** of attention. A head avoids it if its largest score stays far enough above the others, as in a head that reads almost nothing but the first token.

# %% [markdown]
# ## Exercise 5 · `weighted_values`
#
# The pattern says how much each query reads from each key. What it reads are the values: z is the sum of all values, each times its attention weight.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 10 points*
#
# **Why.** Until here, queries and keys were only compared. In this step information moves from one position to another.
#
# <details><summary>Hint 1 · a question</summary>
#
# Attention takes a weighted sum; it does not pick one value. For one query you have a weight for every key and a value for every key. Which axis is summed?
#
# </details>
#
# <details><summary>If you see "the pattern's columns are used"</summary>
#
# One query's weights lie along the key axis. Which axis of the values goes with it? In einsum the axis that is summed has the same name in both inputs.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "weighted_values", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weighted_values(
    pattern: Float[Tensor, "... query key"], v: Float[Tensor, "... key d_head"]
) -> Float[Tensor, "... query d_head"]:
    """z: for each query, the sum of all values, each times the weight that the query gives to its key."""
    ### BEGIN SOLUTION
    return einsum(pattern, v, "... query key, ... key d_head -> ... query d_head")
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_weighted_values", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.weighted_values(weighted_values)

# %% [markdown]
# **Is attention a filter or a blender?** Three values that are easy to recognise in a sum: 10, 100 and 1,000.

# %% tags=["look", "raises-exception"]
values = torch.tensor([[[10.0], [100.0], [1000.0]]])
for name, row in {"blender": [0.3, 0.3, 0.4], "filter": [0.0, 1.0, 0.0]}.items():
    print(f"{name:8} weights {row} give z = {weighted_values(torch.tensor([[row]]), values).item():.0f}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal a matrix product in float64`; then z = 433, a blend of all three values, and z = 100, one value unchanged. Attention always blends; weights near 0 make it act as a filter.
#
# </details>

# %% [markdown]
# ## Exercise 6 · `AttentionHead`
#
# Put the five steps into a module that holds its own weights.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 16 points*
#
# **Why.** From now on a head is one object with a name. Next week several of them work in parallel: 12 in every block of GPT-2 small.
#
# Keep the weights in `self.W_Q`, `self.W_K`, `self.W_V` (`d_model d_head`) and `self.b_Q`, `self.b_K`, `self.b_V` (`d_head`), as `nn.Parameter`. (An `nn.Linear` in `self.W_Q` is fine too: the check finds its weight and its bias.) Initialise the weights with random numbers of standard deviation 0.02, as OpenAI's code for GPT-2 does, and the biases with 0; the check replaces your numbers with its own.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which of your functions does each of the five steps? One of them does three steps at once.
#
# </details>
#
# <details><summary>If you see "the weights are plain tensors"</summary>
#
# A module finds its parameters by their type. `nn.Parameter(torch.eye(3))` is one, `torch.eye(3)` is not. And `super().__init__()` has to come first.
#
# </details>
#
# <details><summary>If you see "AttentionHead has no W_Q"</summary>
#
# The check copies weights into your module by name. The message lists the names that it has.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "AttentionHead", "locked": false, "schema_version": 3, "solution": true, "task": false}
class AttentionHead(nn.Module):
    """One attention head: every position reads from itself and the positions before it.

    Parameters W_Q, W_K, W_V [d_model, d_head] and b_Q, b_K, b_V [d_head].
    """

    def __init__(self, d_model: int, d_head: int):
        super().__init__()
        ### BEGIN SOLUTION
        for letter in "QKV":
            setattr(self, f"W_{letter}", nn.Parameter(0.02 * torch.randn(d_model, d_head)))
            setattr(self, f"b_{letter}", nn.Parameter(torch.zeros(d_head)))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_head"]:
        """z, the weighted sum of values at each position. The same in train and in eval mode."""
        ### BEGIN SOLUTION
        q, k, v = project_qkv(x, self.W_Q, self.W_K, self.W_V, self.b_Q, self.b_K, self.b_V)
        return weighted_values(attention_pattern(q, k), v)
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_AttentionHead", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
checks.AttentionHead(AttentionHead)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal GPT-2`: with the weights of a head of the model, your module gives that head's z, `batch seq d_head` (d_head is 24 in the storyteller, 64 in GPT-2 small). A module has 3 · (d_model · d_head + d_head) parameters: 6,984 in the storyteller, 147,648 in GPT-2 small.
#
# </details>

# %% [markdown]
# ## Exercise 7 · `context_changes_vectors`
#
# Here are six sentences. *Bank* is their last token, and the embedding of week 3 gives it the same vector in all of them.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "sentences", "locked": true, "schema_version": 3, "solution": false, "task": false}
SENTENCES = [sentence for sentences in checks.BANKS.values() for sentence in sentences]
SENSES = [sense for sense, sentences in checks.BANKS.items() for _ in sentences]

# %% tags=["look", "raises-exception"]
for sense, sentence in zip(SENSES, SENTENCES, strict=True):
    print(f"{sense}: {len(gpt2.tokenizer.encode(sentence))} tokens: {sentence}")

# %% [markdown]
# **What does the whole model make of this one vector?** Every layer adds to the residual stream, and none overwrites it (week 4). So the vector of *bank* at the end of the model is a sum:
#
# > token embedding + position embedding + what layer 0 added + … + what the last layer added
#
# The first two parts are the same in all six sentences, because *bank* is the same token at the same position. What the layers added is the context's part. Next week you build the attention of a whole layer; here `stream_parts` runs the model and returns the parts of the sum for the last token of each sentence, `part sentence d_model`. Do they really add up to the vector that the model has at its end?

# %% tags=["look", "raises-exception"]
at_end = []
last_norm = gpt2.model.transformer.ln_f  # the LayerNorm after the last layer
hook = last_norm.register_forward_pre_hook(lambda norm, given: at_end.append(given[0][0, -1]))
with torch.no_grad():
    for sentence in SENTENCES:
        gpt2.model(torch.tensor([gpt2.tokenizer.encode(sentence)]))
hook.remove()
parts = stream_parts(gpt2, SENTENCES)
ends = torch.stack(at_end)
print(f"{len(parts)} parts for each sentence, together {tuple(parts.shape)}")
print(
    f"Largest difference between their sum and the model's own vector: {(parts.sum(dim=0) - ends).abs().max():.0e}"
)
alike = torch.cosine_similarity(ends[:, None], ends[None], dim=-1)
print(f"Cosine similarities of the six vectors at the end: {alike.min():.3f} and above")

# %% [markdown]
# *Difficulty 3 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Until here a token had one vector. From here on it has a **contextual embedding**, a vector that depends on the tokens before it.
#
# Suppose that the vectors of a river bank and of a bank with money are 3 apart. Is that much? Two sentences about a river bank also differ in some of their words. The distance between *their* vectors is the control: the sense of *bank* can only be the reason for what goes beyond it.
#
# Measure both after each part of the model. A sentence's vector after a part is the sum of all its parts up to that one. The distance of two vectors is the length of their difference. (The cosine similarities above say less here: the six vectors have a large part in common, as embeddings have in week 3.) Take the mean over all pairs of sentences in which the word has the same sense, and the mean over all pairs in which it has two senses.
#
# <details><summary>Hint 1 · a question</summary>
#
# For the senses river, river and money, write down all pairs. How many are there, and which of them belong to which mean? Is a sentence together with itself one of them?
#
# <details><summary>Hint 2 · tools to try</summary>
#
# What does `list(combinations("abc", 2))` give? What are `torch.ones(3, 2).cumsum(0)` and `torch.ones(3, 2).cumsum(1)`? And over which axis does a vector's `norm` have to run, when there is one vector for each part?
#
# </details>
# </details>
#
# <details><summary>If you see "what each part added is compared, not the sum so far"</summary>
#
# After layer 0 the vector still contains both embeddings. Which function makes running sums, and along which axis are the parts?
#
# </details>
#
# <details><summary>If you see "a sentence is paired with itself"</summary>
#
# Such a pair has the distance 0 and makes the control too small. Then even a word with one sense would seem to have two.
#
# </details>
#
# <details><summary>If you see "expected a tensor, got a list"</summary>
#
# The distances of one pair are a tensor, one number for each part. `torch.stack` turns a list of them into one tensor with an axis more.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "context_changes_vectors", "locked": false, "schema_version": 3, "solution": true, "task": false}
def context_changes_vectors(
    parts: Float[Tensor, "part sentence d_model"], senses: Sequence[str]
) -> tuple[Float[Tensor, "part"], Float[Tensor, "part"]]:
    """How far apart one word's vectors are after each part of the model: within one sense, and between two.

    `senses` holds the word's sense in each sentence. Each result is a mean of distances |a − b| over pairs of two
    different sentences: first over all pairs with the same sense, then over all pairs with two senses. There is at
    least one pair of each kind.
    """
    ### BEGIN SOLUTION
    stream = parts.cumsum(dim=0)
    within, between = [], []
    for a, b in combinations(range(len(senses)), 2):
        kind = within if senses[a] == senses[b] else between
        kind.append((stream[:, a] - stream[:, b]).norm(dim=-1))
    return torch.stack(within).mean(dim=0), torch.stack(between).mean(dim=0)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_context_changes_vectors", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.context_changes_vectors(context_changes_vectors)

# %% [markdown]
# **Where do the vectors of the six banks separate?** After how many parts are the two means no longer 0, and how many times as large is the second at the end?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
within, between = context_changes_vectors(stream_parts(gpt2, SENTENCES), SENSES)
added = ["token embedding", "position embedding", *(f"layer {n}" for n in range(gpt2.config.n_layers))]
for part, same, other in zip(added, within, between, strict=True):
    print(f"after {part:18}: {same:6.2f} within one sense, {other:6.2f} between two")
pictures.curves(
    torch.arange(len(added)),
    {"two river banks, or two with money": within, "one of each": between},
    x_title="parts in the sum after the token embedding",
    y_title="mean distance",
)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# Both means are 0 after the two embeddings: before the first attention no vector depends on another token. In the storyteller the distances within one sense are then 0.74, 1.15, 1.73 and 9.43, and those between two are 2.52, 2.91, 3.64 and 14.82: 3.4 times as large after layer 0, 1.6 times at the end. The two curves separate at layer 0 and do not meet again. GPT-2 small has fourteen parts, and its first two lines are 0 as well.
#
# </details>
#
# **Does this show that the model tells two meanings apart?** Sentences with two senses of *bank* also have fewer of their other words in common: *river* here, *clerk* there. So it takes a second control: the word *the*, one token earlier, which means the same in all six. What would the ratio of the two means be for *the* if only meanings were counted?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
up_to_the = [sentence.removesuffix(" bank") for sentence in SENTENCES]
for word, texts in {"bank": SENTENCES, "the": up_to_the}.items():
    within, between = context_changes_vectors(stream_parts(gpt2, texts), SENSES)
    ratios = (between / within)[2:]  # the embeddings alone give 0 / 0
    print(
        f"{word:4} between two senses / within one, by layer:", " ".join(f"{ratio:.1f}" for ratio in ratios)
    )
for sense, sentence in zip(SENSES, SENTENCES, strict=True):
    with torch.no_grad():
        logits = gpt2.model(torch.tensor([gpt2.tokenizer.encode(sentence)])).logits[0, -1]
    best = softmax(logits, dim=-1).max(dim=-1)
    print(
        f"{sense}: the next token is {token_strings([best.indices])[0]!r} with probability {best.values:.2f}"
    )

# %% [markdown]
# <details><summary>What you should see</summary>
#
# In the storyteller 3.4, 2.5, 2.1 and 1.6 for *bank*, and nearly the same for *the*: 2.9, 2.7, 2.1 and 1.5. After *bank* the next token is a comma in all six, with probability 1.00.
#
# </details>
#
# If the two lines are about equal, the distances show that a vector depends on its context, and more so the more the contexts differ. They do not show that the model knows two meanings of *bank*. (In ELMo, BERT and GPT-2, the vectors of words such as *the* and *of* are among those that depend most on their context: Ethayarajh, 2019, arXiv:1909.00512.) The storyteller has little reason to keep the senses apart at this token, since the next one is a comma either way: training rewards only what helps to predict.

# %% [markdown]
# ## Exercise 8 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Shapes say which numbers are compared, which are summed and which are kept. A shape that you cannot write down shows which step to read again.
#
# Fill in the shapes of one head in the first block of GPT-2 small, for a **batch of 2 prompts of length 6**: d_model 768, d_head 64. The last two rows are the case of exercise 3 with fewer queries than keys: there is a query for the last position alone, and all six keys and values are kept. A shape is a tuple, such as `(2, 6)`; a bias of 64 numbers has shape `(64,)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows have no batch axis, because they are weights? And which two axes does a score have, besides the batch?
#
# </details>
#
# <details><summary>If you see "the single query has lost its axis"</summary>
#
# One query is still a list of queries, of length 1. Which axis of the scores counts the queries?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """The shapes of one head of GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    tokens = None  # the ids of the two prompts
    x = None  # the head's input
    W_Q = b_Q = None  # one head's query weights and query bias
    q = k = v = None  # one head's queries, keys and values
    scores = pattern = z = None  # one head's scores, its attention pattern, and its output
    last_scores = last_z = None  # the scores and the z of the last position's query alone, with all six keys
    ### BEGIN SOLUTION
    batch, seq, d_model, d_head = 2, 6, 768, 64
    tokens, x = (batch, seq), (batch, seq, d_model)
    W_Q, b_Q = (d_model, d_head), (d_head,)
    q = k = v = z = (batch, seq, d_head)
    scores = pattern = (batch, seq, seq)
    last_scores, last_z = (batch, 1, seq), (batch, 1, d_head)
    ### END SOLUTION
    rows = {"tokens": tokens, "x": x, "W_Q": W_Q, "b_Q": b_Q, "q": q, "k": k, "v": v, "scores": scores}
    return rows | {"pattern": pattern, "z": z, "last_scores": last_scores, "last_z": last_z}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.shape_table(shape_table)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `12 of 12 cases equal GPT-2 small's own shapes`. Until then, the card names the rows that are not right yet.
#
# </details>

# %% [markdown]
# ## In the whole model
#
# **What if a head attended to something else?** Here is the explorer of week 1 again, opened at the attention weights of one head. Choose a token and read its row. Then set the row by hand, all of it on the first token. Boxes that have changed turn orange. Predict first: which boxes before the attention weights are among them?

# %% tags=["look", "raises-exception"]
pictures.explore(gpt2, SENTENCE, box="attention weights")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# None in this block: q, k, v and the scores are computed before the weights. All that comes after them is computed by the model, with the row that you have set.
#
# </details>

# %% [markdown]
# ## Check your understanding
#
# Run the folded cell below. Decide first, then open a choice: every one of them has a reason.

# %% tags=["look", "raises-exception"] jupyter={"source_hidden": true}
quiz(
    [
        Question(
            "In a pattern, entry [5, 2] is 0.7. What does that mean?",
            [
                Choice(
                    "Position 5 reads from position 2 with an attention weight of 0.7.",
                    right=True,
                    why="Row = query: the position that reads. Column = key: the position that is read from.",
                ),
                Choice(
                    "Position 2 reads from position 5 with an attention weight of 0.7.",
                    why="Rows and columns are swapped. Besides, position 5 comes after position 2, and the mask hides it.",
                ),
                Choice(
                    "70% of the vector at position 2 is copied into the vector at position 5.",
                    why="Not of that vector: 0.7 times its *value*, a projection of it with d_head numbers, is added to z.",
                ),
            ],
        ),
        Question(
            "Why is the future set to −inf before the softmax, and not to 0 after it?",
            [
                Choice(
                    "It comes to the same.",
                    why="It does not: the weights of later keys would be missing from the sum, and the rows would add up to less than 1.",
                ),
                Choice(
                    "So that the weights of the visible keys add up to 1.",
                    right=True,
                    why="e to the power of −inf is 0, in the numerator and in the denominator of softmax.",
                ),
                Choice(
                    "Because 0 cannot be differentiated.",
                    why="Gradients pass through entries that are set to 0 without trouble. The fault is the sum of the row.",
                ),
            ],
        ),
        Question(
            "Which of these would change the attention pattern of a head?",
            [
                Choice(
                    "Adding the same vector to every key.",
                    why="Every score of a query then changes by the same amount, and softmax stays as it is. GPT-2's b_K is such a vector!",
                ),
                Choice(
                    "Adding the same vector to every query.",
                    right=True,
                    why="To the score of each key its own dot product with that vector is added, so the rows change.",
                ),
                Choice(
                    "Doubling every value.",
                    why="The values are used only after the pattern is computed. z would double; the pattern would not change.",
                ),
            ],
        ),
        Question(
            "Does GPT-2 read a prompt from left to right?",
            [
                Choice(
                    "Yes, one token after the other.",
                    why="All positions are computed at once: one matrix product has the scores of every query. The mask, not the order of the work, hides later tokens.",
                ),
                Choice(
                    "No: all positions at once, and the mask hides the future.",
                    right=True,
                    why="So one pass over a text trains the predictions at all its positions. Only when it *generates* does it work token by token.",
                ),
                Choice(
                    "Only without positions.",
                    why="Position embeddings tell the model where a token is. They have no effect on the order of the work.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# The third question can be tested. **How far does the pattern change if b_K is replaced by random numbers?** They have standard deviation 1, more than the model's own.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
weights = head_weights(gpt2, layer=0, head=0)
other = {**weights, "b_K": torch.randn(gpt2.config.d_head, generator=torch.Generator().manual_seed(5))}
own, changed = (
    attention_pattern(*project_qkv(first_block_reads(SENTENCE), **w)[:2]) for w in (weights, other)
)
print(f"With another b_K, the pattern differs by {(own - changed).abs().max():.1e}.")
leaves = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
q, k, v = project_qkv(first_block_reads(SENTENCE), **leaves)
weighted_values(attention_pattern(q, k), v).square().sum().backward()
for name in ("b_Q", "b_K"):
    size, gradient = weights[name].abs().max(), leaves[name].grad.abs().max()
    print(f"{name}: largest number {size:.3f}, largest gradient {gradient:.1e}")

# %% [markdown]
# By nothing but rounding. q · (k + b_K) is q · k + q · b_K, and the last part is the same for every key of a query, so it cancels in the softmax. The loss does not depend on b_K, and its gradient is 0 up to rounding. **Training started b_K at 0. Why is it not exactly 0 now?** Keep the question for week 10: Adam divides the gradient of each parameter by that gradient's own typical size.

# %% [markdown]
# ### In your own words
#
# A classmate says: *"With attention every token reads every other token. So while GPT-2 works on the beginning of a sentence, it already knows its end."* What is right about this, and what is not? Answer in four or five sentences, and use the words **query**, **key** and **mask**. A person grades this answer: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It is right that attention compares a token's query with the keys of other tokens directly, however far apart they are, and for all positions at once. But in GPT-2 a query meets only the keys of its own position and of earlier ones: the causal mask sets all later scores to −inf, and softmax turns them into weights of exactly 0. So the vectors at the beginning of a sentence hold nothing of its end; only the last token has seen everything. Without the mask the classmate would be right, and training would be pointless: a query could read the very token that it has to predict.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `attention_by_loops`
#
# Everything above was done in a few array operations. **Do loops give the same result?** Compute one head's z for one sequence, one query at a time, without any mask: the loop over the keys ends at the query's own position.
#
# *Difficulty 3 of 5 · importance 2 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** Loops follow the definition step by step. They are slow, but they are a reference that faster code can be tested against.
#
# Use loops, numbers and vectors: `torch.dot`, `torch.exp` or `math.exp`, sums. No `@`, no einsum, no softmax. The check's scores reach several thousand.
#
# <details><summary>Hint 1 · a question</summary>
#
# For query i, which keys are there? What has to be known about all their scores before the first weight can be computed?
#
# </details>
#
# <details><summary>If you see "e to the power of a large score is inf", or "math range error"</summary>
#
# e¹⁰⁰⁰ is too large for float32 and float64. Subtract the largest score from all of them first: numerator and denominator are then divided by the same number.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "attention_by_loops", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_by_loops(
    q: Float[Tensor, "seq d_head"], k: Float[Tensor, "seq d_head"], v: Float[Tensor, "seq d_head"]
) -> Float[Tensor, "seq d_head"]:
    """z of one head for one sequence, one query at a time. Scores of several thousand are fine."""
    ### BEGIN SOLUTION
    rows = []
    for i, asked in enumerate(q):
        scores = torch.stack([torch.dot(asked, offered) for offered in k[: i + 1]]) / math.sqrt(len(asked))
        powers = torch.exp(scores - scores.max())
        weights = powers / powers.sum()
        rows.append(sum(weight * value for weight, value in zip(weights, v, strict=False)))
    return torch.stack(rows)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_attention_by_loops", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.attention_by_loops(attention_by_loops)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal GPT-2`, also in the case with scores in the hundreds and beyond: the loops give the same z as the array operations, up to float32 rounding.
#
# </details>

# %% [markdown]
# ## Stretch 2 · `padding_aware_pattern`
#
# Prompts in a batch rarely have the same length. The short ones are filled up with **padding**, on the right or on the left, and no query may read from it. **What should a padded position itself read, when everything before it is padding, too?**
#
# *Difficulty 4 of 5 · importance 3 of 5 · 30 minutes · stretch, 22 points*
#
# **Why.** Running prompts of different lengths in one batch needs this mask, and a careless one fills rows with NaN.
#
# A key is visible if it holds a token *and* does not lie in the future. A query that can see nothing gets a row of zeros. A padded position on the right does see something, the real tokens before it, and gets its row like any other.
#
# <details><summary>Hint 1 · a question</summary>
#
# `is_token` is about keys. Along which axis of `scores` must it lie, and which axes must be inserted so that it does?
#
# </details>
#
# <details><summary>If you see NaN</summary>
#
# Softmax over a row of nothing but −inf is 0/0. Find those rows before the softmax, or replace the NaN after it.
#
# </details>
#
# <details><summary>If you see "the row of a query that can see no key is not empty"</summary>
#
# If every key of a row is hidden by the same finite number, all scores of the row are equal. Which weights does softmax give then?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "padding_aware_pattern", "locked": false, "schema_version": 3, "solution": true, "task": false}
def padding_aware_pattern(
    scores: Float[Tensor, "batch n_heads query key"], is_token: Bool[Tensor, "batch key"]
) -> Float[Tensor, "batch n_heads query key"]:
    """The attention pattern over the keys that hold a token and are not in the future.

    There are as many queries as keys. The row of a query that can see no key at all is 0 throughout.
    """
    ### BEGIN SOLUTION
    holds_token = is_token[:, None, None, :]
    visible_scores = causal_mask(scores).masked_fill(~holds_token, float("-inf"))
    sees_nothing = (visible_scores == float("-inf")).all(dim=-1, keepdim=True)
    return softmax(visible_scores.masked_fill(sees_nothing, 0.0), dim=-1).masked_fill(sees_nothing, 0.0)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_padding_aware_pattern", "locked": true, "points": 22, "schema_version": 3, "solution": false, "task": false}
checks.padding_aware_pattern(padding_aware_pattern)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal HF's mask`, for padding on the right and on the left. With the prompt `0011` (0 is padding), the first two rows are 0 throughout, the third is 0 0 1 0, and the last has two weights that add up to 1.
#
# </details>

# %% [markdown]
# ## Common questions
#
# **How is this different from an RNN?** A recurrent neural network (RNN) reads one token after the other and carries everything in one state vector; what the first token said reaches the hundredth only through 99 updates. With attention, the hundredth position reads from the first directly, and in training all positions are computed at once. The price: the scores of n tokens are n × n numbers.
#
# **Does every transformer hide the future?** No. BERT (Devlin et al., 2018, arXiv:1810.04805) has no causal mask: every token reads from both sides, which is called **bidirectional**, and it is trained to fill in hidden words. The first transformer (Vaswani et al., 2017) was an **encoder–decoder** for translation: the encoder is bidirectional, the decoder is masked, and the decoder's queries also read keys and values of the encoder.
#
# **Do attention weights explain a prediction?** Only in part. They say how much a head reads from each position, not what: a large weight on a value of length near 0 adds almost nothing (Kobayashi et al., 2020, arXiv:2004.10102). From the second layer on, a position's vector also holds what it has read from others. Whether attention weights are explanations has been argued both ways (Jain and Wallace, 2019, arXiv:1902.10186; Wiegreffe and Pinter, 2019, arXiv:1908.04626).
#
# **Why are query and key two projections, and not one?** With one projection for both, the score of i for j would equal that of j for i. But that *it* reads from *cat* is no reason that *cat*, in another sentence, should read from *it*. Two projections allow scores that differ by direction.
#
# **Can a model use a long context fully?** Not necessarily. You measured above that the largest weight shrinks as keys are added, unless the scores grow. Models also use the middle of a long context less well than its beginning and end (Liu et al., 2023, *Lost in the Middle*, arXiv:2307.03172).

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and reads the shapes aloud. Swap after every exercise that passes.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together: find the three things, and say what the empty triangle is. |
# | 10–20 | Exercise 1 (10 min). Agree on your scratchpad: the names `q`, `k`, `v`, `scores`, `pattern`, `z`, and the axes of each. |
# | 20–55 | Exercises 2 (15 min) and 3 (20 min). Draw the 4 × 4 square on paper before you type the mask. **Swap** in between. |
# | 55–75 | Exercises 4 (10 min) and 5 (10 min). **Swap** in between. |
# | 75–90 | The two questions below. |
#
# **After the session:** exercises 6 to 8, as homework or in a second session. Stretch is for those who have time left. **Not finishing is normal:** a session that ends with a mask that you both can draw is a good one.
#
# **Two questions to argue about.**
#
# 1. In a head's pattern, *it* reads from *cat* with a weight of 0.8. Does the model connect *it* with the right animal? What would you have to try before you believed it?
# 2. The first token can see only itself, so its row is always [1, 0, 0, …]. In many heads of trained models, most other tokens give it a large weight, too (Xiao et al., 2023, arXiv:2309.17453). A row has to add up to 1: what might such a key be useful for when no other key matches the query?
#
# **Where pairs get stuck.** At the mask, if one of you thinks in rows and the other in columns: a row belongs to a query. At √d_head, if the code has `q.shape[1]` in it. At exercise 6, if `super().__init__()` is missing.

# %% [markdown]
# ## What you have built
#
# - **project_qkv**: every token's query, key and value.
# - **attention_scores**: how well each query matches each key, on a scale that does not depend on d_head.
# - **causal_mask**: no query reads from a later position.
# - **attention_pattern**: each query's attention weights, which add up to 1.
# - **weighted_values**: z, the values summed with these weights.
# - **AttentionHead**: all of it in a module, tested against a head of the model.
# - **context_changes_vectors**: how far the context moves a word's vector, after each layer of the whole model and beside a control.
#
# What is still missing? One head has one pattern. Next week several heads work in parallel, and their z are projected back and added to the residual stream.
#
# Words of this week in the [glossary](../glossary.md): *attention pattern, attention weight, autoregressive, bidirectional, causal mask, contextual, device, dilution, encoder–decoder, key, padding, projection, query, saturation, score, value, z*.
