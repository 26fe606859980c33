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
# **The big idea.** A token's vector says what the token *is*. Attention lets it find out what it means *here*: it looks back at the tokens before it, decides how much each of them matters, and blends what they have to say.
#
# | | |
# |---|---|
# | **You will have built** | one attention head of GPT-2, from the first matrix product to the last, equal to the real one |
# | **You need** | softmax (week 1), embeddings (week 3) and LayerNorm (week 4), which `parts.py` beside this notebook holds ready |
# | **Time** | core 2 to 2½ hours · stretch 1 hour |
# | **Where we are** | text → tokens → embeddings → **blocks** → logits → probabilities → next token |
#
# Inside a block there are two halves. Last week you built the half that works on each token alone. This week builds the only place in the whole machine where tokens exchange anything.
#
# One way of writing is new: `W_Q` and `b_Q` are the weight and the bias of the projection that makes `q`; `W_K` and `W_V` go with `k` and `v`. Two you know: `Float[Tensor, "batch seq d_model"]` in a signature names the axes, in their order (week 1), and `·it` in a picture is the token *it* with the space before it, which belongs to the token (week 2).
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether GPT-2 would have got the same.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math

import torch
from einops import einsum
from jaxtyping import Bool, Float, Int
from parts import Embed, LayerNorm, PosEmbed, embed_tokens, softmax
from torch import Tensor, nn

from utils import pictures, reference
from utils.adapters.weights import fill
from utils.checks import week05_attention as checks
from utils.quiz import Choice, Question, quiz
from utils.reference.inputs.tokens import head_weights
from utils.scratchpad import Scratchpad
from utils.tokens import token_strings

gpt2 = reference.load()
SENTENCE = "The cat sat on the mat because it was tired."

# %% [markdown]
# ## A first look
#
# You read *The cat sat on the mat because it was tired* without stopping at *it*. Yet *it* alone says nothing. Something in you went back to *cat*.
#
# **Does the model go back, too?** Below is every attention head of the model, on that sentence. Choose a layer, a head and a query (the token that looks); the shading shows what it looks at.

# %% tags=["look", "raises-exception"]
ids = gpt2.tokenizer.encode(SENTENCE)
with torch.no_grad():
    attentions = gpt2.model(torch.tensor([ids]), output_attentions=True).attentions
patterns = torch.stack(attentions)[:, 0]  # [n_layers, n_heads, query, key]

words = token_strings(ids)
it, cat = words.index("·it"), words.index("·cat")
strength = patterns[:, :, it, cat]
layer, head = divmod(strength.argmax().item(), gpt2.config.n_heads)
print(f"'it' looks at 'cat' most in layer {layer}, head {head}: {strength.max():.0%} of its attention.")
pictures.attention_explorer(words, patterns, layer=layer, head=head, query=it)

# %% [markdown]
# And here are all heads of that layer at once. Each square is one head: a row for every token that looks, a column for every token that is looked at. Move the mouse over a small square to see it large; a click keeps it there.
#
# **Before you go on, find three things.** A head in which most tokens look at the token before them. A head in which most look at the very first token. And the triangle: which half of every square is empty, and why would that be?

# %% tags=["look", "raises-exception"]
pictures.attention_heads(words, patterns[layer])

# %% [markdown]
# ## The idea in plain words
#
# Every token makes three vectors out of its own:
#
# - a **query**: what am I looking for?
# - a **key**: what can I be found by?
# - a **value**: what do I hand over when I am found?
#
# A query is compared with every key. Where they match well, the score is high. The scores of one query are turned into shares that add up to 1, and the token receives that blend of the values.
#
# So *it* may ask "which animal or thing was mentioned?", *cat* may advertise "animal, singular", and hand over what it knows of itself. Nobody writes these questions. They are three matrices, and training finds them.
#
# Two words you will meet all week. The grid of shares is the **attention pattern**; its row is always the query (who looks), its column the key (who is looked at). And what a head reads for one token is called **z**.

# %% [markdown]
# ## The idea in shapes
#
# | step | what | shape |
# |---|---|---|
# | | `x`, a vector for each token | `batch seq d_model` |
# | 1 | `q`, `k`, `v`: three projections of `x` | `batch seq d_head` |
# | 2 | `scores`: each query times each key | `batch query key` |
# | 3 | the future is hidden | `batch query key` |
# | 4 | `pattern`: each row becomes shares | `batch query key` |
# | 5 | `z`: the values, blended | `batch query d_head` |
#
# `seq`, `query` and `key` are the same number here. They get two names in steps 2 to 4 because they play two roles, and most bugs in attention are a mix-up of those roles.
#
# Five steps, five exercises. Keep a scratchpad of shapes beside you while you write. **What does it say when something does not fit?** One of these rows is wrong.

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
# **Why.** The same vector has to serve as a question, as an advertisement and as an answer. Three learned projections give it three faces.
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
#
# <details><summary>If you see "the three biases … are not added"</summary>
#
# A bias has shape `d_head`, so `+` brings it to every batch entry and every position by itself.
#
# </details>
#
# <details><summary>If you see "mat1 and mat2 shapes cannot be multiplied"</summary>
#
# The inner sizes have to meet: `(…, d_model) @ (d_model, d_head)`. Nothing needs to be transposed.
#
# </details>
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
# *What you should see:* a line with a tick. The last of its cases was a real head of the model.

# %% [markdown]
# ## Exercise 2 · `attention_scores`
#
# How well does a query match a key? Week 1 had the measure: the dot product. It is large when two vectors point the same way, near 0 when they have nothing to do with each other, negative when they point apart.
#
# GPT-2 divides it by √d_head. **What would go wrong without?** Pull the slider and watch the largest share on the left, where nothing is divided.

# %% tags=["look", "raises-exception"]
pictures.scaling_demo()

# %% [markdown]
# A dot product adds up `d_head` products, some positive, some negative. Most of them cancel, but not all: if each is of order 1, the sum spreads over about ±√d_head, which is ±8 for GPT-2's 64. Softmax makes scores of that size into almost all or nothing, long before the head has learned whom to look at. Dividing by √d_head keeps the scores of order 1 however long the vectors are.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 14 points*
#
# **Why.** This one line is where a token's question meets the others' advertisements.
#
# This week the axes in front are only `batch`; next week there are `batch` and `heads`. Write the function once for both: `...` in an einops pattern stands for all the axes in front.
#
# <details><summary>Hint 1 · a question</summary>
#
# The result has an entry for every query *and* every key. Which axis do `q` and `k` share in meaning, so that it can be summed away? And why must their position axes have two different names?
#
# <details><summary>Hint 2 · if you prefer `@`</summary>
#
# `k` needs its last two axes swapped first: `k.transpose(-1, -2)`, or `k.mT`.
#
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
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "attention_scores", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_scores(
    q: Float[Tensor, "... query d_head"], k: Float[Tensor, "... key d_head"]
) -> Float[Tensor, "... query key"]:
    """How well each query matches each key: their dot product, divided by √d_head.

    The axes in front (`batch`, or `batch` and `heads`) are the same in `q` and `k` and are kept. There may be
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
# *What you should see:* a tick, also for scores with a head axis that you never mentioned by name.

# %% [markdown]
# ## Exercise 3 · `causal_mask`
#
# GPT-2 is trained to guess the next token at every position at once. **What would a token learn to do if it could see the one after it?** Copy. It would guess perfectly and understand nothing, and when it writes by itself there is no next token to copy from.
#
# So every query sees its own position and those before it, and nothing after. We hide a key by giving it the score −∞: e to the power of −∞ is exactly 0, so softmax gives it exactly no share.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 16 points*
#
# **Why.** It is the one line that makes GPT-2 a model of what comes *next*.
#
# One case needs care. In week 9 the model will write one token at a time. The keys of all earlier tokens are kept; only the new tokens ask. Then there are fewer queries than keys, and the queries are the **last** positions. With 2 queries and 5 keys, the first query stands at position 3 and sees keys 0 to 3.
#
# <details><summary>Hint 1 · a question</summary>
#
# Take 4 queries and 4 keys and draw the square on paper: row = query, column = key. Cross out what must be hidden. Where does the crossed-out part begin in row 0? In row 1?
#
# <details><summary>Hint 2 · making the triangle</summary>
#
# `torch.ones(query, key).triu(diagonal=n)` keeps the part on and above the n-th diagonal. `masked_fill(mask, value)` puts `value` wherever `mask` is True. The mask has to be boolean (`dtype=torch.bool`, or `.bool()`), and on the scores' device.
#
# </details>
#
# <details><summary>If you see "a token cannot see itself"</summary>
#
# The main diagonal is query = key. Is it inside your triangle or outside?
#
# </details>
#
# <details><summary>If only the cases with fewer queries than keys fail</summary>
#
# How many keys lie before the first query? By that many columns the triangle has to move to the right.
#
# </details>
#
# <details><summary>If you see NaN</summary>
#
# 0 · ∞ has no value. Choose between two values instead of multiplying by a mask.
#
# </details>
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
# *What you should see:* a tick, and an empty triangle at the upper right.
#
# **Which corner is empty?** Your mask on a square of scores; masked entries stay blank. The first token sees one key, the last one all of them.

# %% tags=["look", "raises-exception"]
generator = torch.Generator().manual_seed(5)
square = torch.randn(len(words), len(words), generator=generator)
pictures.pattern_heatmap(causal_mask(square), words, title="scores after your mask")

# %% [markdown]
# ## Exercise 4 · `attention_pattern`
#
# Now each query shares out its attention. You have all the pieces: scores, mask, and the softmax of week 1.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 14 points*
#
# **Why.** This is the grid that you looked at above, the one that people publish pictures of.
#
# The order matters: mask *before* softmax, so that what the future would have got goes to the keys that are left. And softmax runs along the keys, since it is the query that shares out.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which numbers must add up to 1: a row or a column? Which `dim` is that, counted from the end?
#
# <details><summary>If you see rows that do not add up to 1</summary>
#
# Does anything happen after your softmax? A scale or a mask there would spoil the sum.
#
# </details>
#
# <details><summary>If you see NaN</summary>
#
# Then some row is −inf throughout. Look at your mask again: every query can at least see itself.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "attention_pattern", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_pattern(
    q: Float[Tensor, "... query d_head"], k: Float[Tensor, "... key d_head"]
) -> Float[Tensor, "... query key"]:
    """How each query shares out its attention over the keys that it may see: every row adds up to 1."""
    ### BEGIN SOLUTION
    visible_scores = causal_mask(attention_scores(q, k))
    return softmax(visible_scores, dim=-1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_attention_pattern", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.attention_pattern(attention_pattern)

# %% [markdown]
# **Is this the model's own pattern?** Here your functions run on the weights of layer 0, head 0: set the sliders of the first look to those, and compare. `first_block_reads` builds what the first block is given: token plus place, through LayerNorm, all of it your work of weeks 3 and 4.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "first_block_reads", "locked": true, "schema_version": 3, "solution": false, "task": false}
def first_block_reads(sentence: str) -> Float[Tensor, "1 seq d_model"]:
    """What the first block's attention is given for a sentence."""
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
# *What you should see:* a difference of about a millionth or less, which is float32 adding in another order.

# %% [markdown]
# ## Exercise 5 · `weighted_values`
#
# The pattern says how much of whom. What is read is the values: each query gets the blend of all values, in those shares.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 10 points*
#
# **Why.** Until here tokens have only looked. This is the step in which something moves from one token to another.
#
# <details><summary>Hint 1 · a question</summary>
#
# Attention blends; it does not pick. For one query you have a share for every key and a value for every key. Which axis is summed?
#
# <details><summary>If you see "the pattern's columns are used"</summary>
#
# One query's shares lie along the key axis. Which axis of the values goes with it? In einsum the axis that is summed has the same name in both inputs.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "weighted_values", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weighted_values(
    pattern: Float[Tensor, "... query key"], v: Float[Tensor, "... key d_head"]
) -> Float[Tensor, "... query d_head"]:
    """z: for each query the sum of all values, each times the share that the query gives to its key."""
    ### BEGIN SOLUTION
    return einsum(pattern, v, "... query key, ... key d_head -> ... query d_head")
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_weighted_values", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.weighted_values(weighted_values)

# %% [markdown]
# *What you should see:* a tick; below, a mixture of all three values, and one value untouched.
#
# **Is attention a filter or a blender?** Both, depending on the shares. Three values, in colours you can tell apart: 10, 100 and 1,000.

# %% tags=["look", "raises-exception"]
values = torch.tensor([[[10.0], [100.0], [1000.0]]])
for name, shares in {"blender": [0.3, 0.3, 0.4], "filter": [0.0, 1.0, 0.0]}.items():
    print(f"{name:8} shares {shares} read {weighted_values(torch.tensor([[shares]]), values).item():.0f}")

# %% [markdown]
# ## Exercise 6 · `AttentionHead`
#
# Put the five steps into a module that owns its weights.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 16 points*
#
# **Why.** From now on this is one object with a name. Next week twelve of them sit side by side.
#
# Keep the weights in `self.W_Q`, `self.W_K`, `self.W_V` (`d_model d_head`) and `self.b_Q`, `self.b_K`, `self.b_V` (`d_head`), as `nn.Parameter`. (An `nn.Linear` in `self.W_Q` is fine too: the check finds its weight and its bias.) Start the weights with random numbers of standard deviation 0.02 and the biases with 0, as GPT-2 does; the check puts its own numbers there and does not look at yours.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which of your functions does each of the five steps? One of them does three steps at once.
#
# <details><summary>If you see "the weights are plain tensors"</summary>
#
# A module finds its parameters by their type. `nn.Parameter(torch.zeros(3))` is one, `torch.zeros(3)` is not. And `super().__init__()` has to come first.
#
# </details>
#
# <details><summary>If you see "AttentionHead has no W_Q"</summary>
#
# The check copies weights into your module by name. The message lists the names that it has.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "AttentionHead", "locked": false, "schema_version": 3, "solution": true, "task": false}
class AttentionHead(nn.Module):
    """One attention head: every token reads from itself and the tokens before it.

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
        """z, what the head reads at each position. The same in train and in eval mode."""
        ### BEGIN SOLUTION
        q, k, v = project_qkv(x, self.W_Q, self.W_K, self.W_V, self.b_Q, self.b_K, self.b_V)
        return weighted_values(attention_pattern(q, k), v)
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_AttentionHead", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
checks.AttentionHead(AttentionHead)

# %% [markdown]
# *What you should see:* a tick. Your module, holding a real head's weights, reads what that head reads.

# %% [markdown]
# ## Exercise 7 · `context_changes_vectors`
#
# *He walked along the river bank. She put the money in the bank.* The embedding of week 3 is a lookup: it gives both banks the very same vector. **Does one attention head make a difference?**
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** "The vector of a word" stops being one thing here. From this week on a word's vector depends on the company it keeps.
#
# You are given the embedding matrix, a head (anything that maps `1 seq d_model` to `1 seq d_head`) and two sentences, both with the token `token` in it, once. Look the vectors up, without positions, so that nothing differs before. Then compare the word's two vectors by cosine similarity: before the head, and after it.
#
# <details><summary>Hint 1 · a question</summary>
#
# Where does the word stand in each sentence? `(tokens == token).nonzero().item()` is its position.
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `W_E[tokens]` has shape `seq d_model`; the head wants a batch axis, which `[None]` adds. `torch.cosine_similarity(a, b, dim=0)` compares two vectors, and `.item()` makes a Python number of the result.
#
# </details>
#
# <details><summary>If you see a first number that is not 1</summary>
#
# Are both vectors those of the word itself? Before the head, the same token has the same vector.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "context_changes_vectors", "locked": false, "schema_version": 3, "solution": true, "task": false}
def context_changes_vectors(
    W_E: Float[Tensor, "d_vocab d_model"],
    head: nn.Module,
    tokens_a: Int[Tensor, "seq_a"],
    tokens_b: Int[Tensor, "seq_b"],
    token: int,
) -> tuple[float, float]:
    """How alike one token's vectors are in two sentences: cosine similarity before the head, and after it.

    `head` maps [1, seq, d_model] to [1, seq, d_head]. Each sentence holds `token` once.
    """
    ### BEGIN SOLUTION
    before, after = [], []
    for tokens in (tokens_a, tokens_b):
        position = (tokens == token).nonzero().item()
        vectors = W_E[tokens][None]
        before.append(vectors[0, position])
        after.append(head(vectors)[0, position])
    return torch.cosine_similarity(*before, dim=0).item(), torch.cosine_similarity(*after, dim=0).item()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_context_changes_vectors", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.context_changes_vectors(context_changes_vectors)

# %% [markdown]
# *What you should see:* a tick; 1.00 before in every line, and less than that after in most.
#
# **What do the model's own heads make of the two banks?** Your function, with your head, filled with each head of the first block in turn. 1 would mean that the two banks are still the same. Less than 1 says that other words have been blended in; whether the head tells *meanings* apart is a harder question, and week 12 has the tools for it.

# %% tags=["look", "raises-exception"]
river, money = (
    gpt2.tokenizer.encode(text)
    for text in (" He walked along the river bank.", " She put the money in the bank.")
)
for number in range(gpt2.config.n_heads):
    one_head = AttentionHead(gpt2.config.d_model, gpt2.config.d_head)
    fill(one_head, head_weights(gpt2, layer=0, head=number))
    with torch.no_grad():
        before, after = context_changes_vectors(
            gpt2.state_dict["transformer.wte.weight"],
            one_head,
            torch.tensor(river),
            torch.tensor(money),
            gpt2.tokenizer.encode(" bank")[0],
        )
    print(f"head {number:2}: {before:.2f} before, {after:5.2f} after")

# %% [markdown]
# ## Exercise 8 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Whoever can write down every shape has understood the week. Whoever cannot will find the gap here.
#
# Fill in the shapes in the first block of GPT-2 small, for a **batch of 2 prompts of length 6**: 12 heads, d_model 768, d_head 64. Two rows look ahead to next week: the patterns of all heads have the axes batch, heads, query, key; and for `attn_out` what all heads read is joined and projected back to d_model. A shape is a tuple, such as `(2, 6)`; a bias of 64 numbers has shape `(64,)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows speak of one head, and which of all of them? Which rows have no batch axis, because they are weights?
#
# <details><summary>If you see "these are the shapes of all heads together"</summary>
#
# A row that speaks of one head has no axis of size 12.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """The shapes in the first block of GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    tokens = None  # the ids of the two prompts
    x = None  # what the head reads
    W_Q = b_Q = None  # one head's query weights and query bias
    q = k = None  # one head's queries and keys
    scores = pattern = z = None  # one head's scores, its attention pattern, and what it reads
    all_patterns = None  # the patterns of all heads of the block
    attn_out = None  # what all heads of the block write back together
    ### BEGIN SOLUTION
    batch, seq, n_heads, d_model, d_head = 2, 6, 12, 768, 64
    tokens, x = (batch, seq), (batch, seq, d_model)
    W_Q, b_Q = (d_model, d_head), (d_head,)
    q = k = z = (batch, seq, d_head)
    scores = pattern = (batch, seq, seq)
    all_patterns, attn_out = (batch, n_heads, seq, seq), (batch, seq, d_model)
    ### END SOLUTION
    rows = {"tokens": tokens, "x": x, "W_Q": W_Q, "b_Q": b_Q, "q": q, "k": k, "scores": scores}
    return rows | {"pattern": pattern, "z": z, "all_patterns": all_patterns, "attn_out": attn_out}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.shape_table(shape_table)

# %% [markdown]
# *What you should see:* a tick. Until then, the report names the rows that are not yet right.

# %% [markdown]
# ## Check your understanding
#
# Run the folded cell below. Decide first, then open a choice: every one of them has a reason.

# %% tags=["look", "raises-exception"] jupyter={"source_hidden": true}
quiz(
    [
        Question(
            "In a pattern, entry [5, 2] is 0.7. What does that say?",
            [
                Choice(
                    "Token 5 gives 70% of its attention to token 2.",
                    right=True,
                    why="Row = query: the token that looks. Column = key: the token that is looked at.",
                ),
                Choice(
                    "Token 2 gives 70% of its attention to token 5.",
                    why="Rows and columns are swapped. Besides, token 5 lies in token 2's future, and the mask hides it.",
                ),
                Choice(
                    "70% of token 2 is copied into token 5's vector.",
                    why="Not of token 2's vector: of its *value*, which is a projection of it with d_head numbers.",
                ),
            ],
        ),
        Question(
            "Why is the future set to −inf before the softmax, and not to 0 after it?",
            [
                Choice(
                    "It comes to the same.",
                    why="It does not: what the future took out of the sum would be missing, and the rows would add up to less than 1.",
                ),
                Choice(
                    "So that the visible keys share the whole 1 among them.",
                    right=True,
                    why="e to the power of −inf is 0, in the numerator and in the sum below it.",
                ),
                Choice(
                    "Because 0 cannot be differentiated.",
                    why="Setting entries to 0 is fine for gradients. The trouble is the sum of the row.",
                ),
            ],
        ),
        Question(
            "Which of these would change the attention pattern of a head?",
            [
                Choice(
                    "Adding the same vector to every key.",
                    why="Every score of a query then grows by the same amount, and softmax does not see what all scores share. GPT-2's b_K is such a vector!",
                ),
                Choice(
                    "Adding the same vector to every query.",
                    right=True,
                    why="Each key then gets its own dot product with that vector on top, and the rows change.",
                ),
                Choice(
                    "Doubling every value.",
                    why="The values come in only after the pattern is made. z would double, the pattern would stay.",
                ),
            ],
        ),
        Question(
            "Does a transformer read from left to right?",
            [
                Choice(
                    "Yes, one token after the other.",
                    why="All positions are computed at once: one matrix product holds every query. The mask, not the order of the work, keeps the future out.",
                ),
                Choice(
                    "No: all positions at once, and the mask hides the future.",
                    right=True,
                    why="That is why training on a whole sequence is cheap. Only when it *writes* does it go token by token.",
                ),
                Choice(
                    "Only without positions.",
                    why="Positions say where a token stands. They decide nothing about the order of the work.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# The third question can be tested. **Is b_K of no use at all?** Let us replace it by random numbers.

# %% tags=["look", "raises-exception"]
weights = head_weights(gpt2, layer=0, head=0)
other = {**weights, "b_K": torch.randn(gpt2.config.d_head, generator=torch.Generator().manual_seed(5))}
own, changed = (
    attention_pattern(*project_qkv(first_block_reads(SENTENCE), **w)[:2]) for w in (weights, other)
)
print(f"With another b_K, the pattern differs by {(own - changed).abs().max():.1e}.")

# %% [markdown]
# None, for the pattern. q · (k + b_K) is q · k + q · b_K, and the last part is the same for every key of a query: softmax takes it out again. GPT-2 has learned numbers there that never did anything.

# %% [markdown]
# ### In your own words
#
# A classmate says: *"With attention every token reads every other token. So while GPT-2 works on the beginning of a sentence, it already knows its end."* What is right about this, and what is not? Answer in four or five sentences, and use the words **query**, **key** and **mask**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It is right that attention compares a token's query with the keys of other tokens directly, however far apart they are, and for all positions at once. But in GPT-2 a query meets only the keys of its own position and of earlier ones: the causal mask sets all later scores to −inf, and softmax turns them into shares of exactly 0. So the vectors at the beginning of a sentence hold nothing of its end; only the last token has seen everything. Without the mask the classmate would be right, and the model could cheat in training: the token that it has to predict would lie in plain sight.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `attention_by_loops`
#
# Everything above was done in a few array operations. **Do you believe them?** Write the same thing for one head and one sequence with loops, one query at a time, without any mask: the loop never goes where the mask would forbid.
#
# *Difficulty 3 of 5 · importance 2 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** What you have written once with loops is no magic any more, and an array operation that disagrees with the loops is wrong.
#
# Use loops, numbers and vectors: `torch.dot`, `torch.exp` or `math.exp`, sums. No `@`, no einsum, no softmax. The check's scores reach several thousand.
#
# <details><summary>Hint 1 · a question</summary>
#
# For query i, which keys are there? What has to be known of all their scores before the first share can be written down?
#
# <details><summary>If you see "e to the power of a large score is inf", or "math range error"</summary>
#
# e¹⁰⁰⁰ is too large for any float. Subtract the largest score from all of them first: top and bottom of the fraction shrink alike.
#
# </details>
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
        shares = powers / powers.sum()
        rows.append(sum(share * value for share, value in zip(shares, v, strict=False)))
    return torch.stack(rows)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_attention_by_loops", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.attention_by_loops(attention_by_loops)

# %% [markdown]
# *What you should see:* a tick: one query after the other reads what all of them read at once.

# %% [markdown]
# ## Stretch 2 · `padding_aware_pattern`
#
# Prompts in a batch rarely have the same length. The short ones are filled up with padding, on the right or on the left, and nobody may look at it. **What should a padded position itself see, when everything before it is padding too?**
#
# *Difficulty 4 of 5 · importance 3 of 5 · 30 minutes · stretch, 15 points*
#
# **Why.** Whoever runs prompts of different lengths in one batch meets this on the first day, and the NaN that comes with it.
#
# A key is visible if it holds a token *and* does not lie in the future. A query that can see nothing gets a row of zeros. A padded position on the right does see something, the real tokens before it, and gets its row like any other.
#
# <details><summary>Hint 1 · a question</summary>
#
# `is_token` speaks of keys. Which axis of `scores` must it lie along, and which axes must be inserted so that it does?
#
# <details><summary>If you see NaN</summary>
#
# Softmax over a row of nothing but −inf is 0/0. Find those rows, or mend the result.
#
# </details>
#
# <details><summary>If you see "spreads its attention over everything"</summary>
#
# With a finite mask value, a row in which everything is hidden looks to softmax like a row in which everything is equal.
#
# </details>
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_padding_aware_pattern", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.padding_aware_pattern(padding_aware_pattern)

# %% [markdown]
# *What you should see:* a tick, for padding on the right and on the left.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and reads the shapes aloud. Swap after every exercise that has its tick.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together: find the three things, and say what the empty triangle is. |
# | 10–20 | Exercise 1. Agree on your scratchpad: the names `q`, `k`, `v`, `scores`, `pattern`, `z`, and the axes of each. |
# | 20–55 | Exercises 2 and 3. Draw the 4 × 4 square on paper before you type the mask. **Swap** in between. |
# | 55–75 | Exercises 4 and 5, and the comparison with the model's own pattern. **Swap.** |
# | 75–90 | The two questions below. |
#
# Core is exercises 1 to 8; 6 to 8 do well as homework, or as a second session. Stretch is for whoever has time left. **Not finishing is normal:** a session that ends with a mask that you both can draw is a good one.
#
# **Two questions to argue about.**
#
# 1. A head's pattern gives *cat* 80% of the attention of *it*. Has the model understood what *it* refers to? What would you have to try before you believed it?
# 2. The first token can see only itself, so its pattern is always [1, 0, 0, …]. In many heads of trained models most other tokens look at it too. What might it be good for to have a place to look at when there is nothing to look for?
#
# **Where pairs get stuck.** At the mask, when one of you thinks in rows and the other in columns: say "the query sits in the row" until it bores you. At √d_head, when the code has `q.shape[1]` in it. At exercise 6, when `super().__init__()` is missing.

# %% [markdown]
# ## What you have built
#
# - **project_qkv**: three faces of every token: query, key and value.
# - **attention_scores**: how well each query matches each key, on a scale that does not depend on d_head.
# - **causal_mask**: no query sees the future.
# - **attention_pattern**: each query's attention, as shares that add up to 1.
# - **weighted_values**: what each query reads, z.
# - **AttentionHead**: all of it in a module, equal to a head of the real model.
# - **context_changes_vectors**: the evidence that a word's vector now depends on its sentence.
#
# What is still missing? One head asks one question. Next week a dozen ask at once, and their answers are written back into the residual stream.
#
# Words of this week in the [glossary](../glossary.md): *attention head, attention pattern, causal mask, context, device, d_head, key, mask, padding, projection, query, scores, value, W_Q, W_K, W_V, z*.
