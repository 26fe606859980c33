# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 6 · Many heads
#
# **The big idea.** One head has one attention pattern. A block of GPT-2 has several heads in parallel (12 in GPT-2 small): each has its own pattern and its own z, and writes its own vector, and all of these vectors are added to the residual stream.
#
# | | |
# |---|---|
# | **You will have built** | a whole attention layer of GPT-2, equal to the model's own in every block up to float32 rounding, and three scores that measure what a head attends to |
# | **You need** | split_heads (week 1), attention_pattern and weighted_values (week 5), which are in `parts.py` beside this notebook |
# | **Time** | reading and demonstrations 1 h · core exercises 2 h · stretch 1 h 15 min |
# | **Where we are** | text → tokens → embeddings → **blocks** → logits → probabilities → next token |
#
# Last week's functions were written with `...` for the leading axes. So this week they take all heads at once, without a change.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write your code; the check below it compares your results with a reference, which its last line names: mostly Hugging Face's GPT-2.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import torch
from einops import einsum, rearrange
from jaxtyping import Float, Int
from parts import attention_pattern, split_heads, weighted_values
from torch import Tensor, nn
from torch.nn import functional as F

from utils import pictures, reference
from utils.adapters.heads import fill_heads
from utils.checks import week06_heads as checks
from utils.examples.induction_by_hand import induction_circuit
from utils.quiz import Choice, Question, quiz
from utils.reference.inputs.heads import attention_input, attention_weights, packed_weights
from utils.reference.inputs.tokens import token_ids
from utils.scratchpad import Scratchpad
from utils.story_world import NAMES
from utils.tokens import token_strings

gpt2 = reference.load()
SENTENCE = "Anna and Tom went to the park, and there Anna gave Tom a ball."

# %% [markdown]
# ## A first look
#
# Last week you looked at one head of the model, then at those of one layer. **What do all of them attend to?** The next cell runs the model and keeps the attention pattern of every head in every layer.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "all_patterns", "locked": true, "schema_version": 3, "solution": false, "task": false}
def all_patterns(ids: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch n_layers n_heads query key"]:
    """The model's own attention patterns, of every head in every layer."""
    with torch.no_grad():
        return torch.stack(gpt2.model(ids, output_attentions=True).attentions, dim=1)


def sentence_ids() -> Int[Tensor, "1 seq"]:
    """The sentence as a batch of one prompt."""
    return torch.tensor([gpt2.tokenizer.encode(SENTENCE)])


# %% tags=["look", "raises-exception"]
ids = sentence_ids()
patterns = all_patterns(ids)[0]
n_layers, n_heads = patterns.shape[:2]
pictures.attention_heads(
    token_strings(ids[0]),
    rearrange(patterns, "layer head query key -> (layer head) query key"),
    [f"layer {layer}, head {head}" for layer in range(n_layers) for head in range(n_heads)],
)

# %% [markdown]
# Move the mouse over a small square to see it large; a click keeps it there. **What kinds of heads can you find?** One that attends to the token before; one that attends to the very first token; one in which the second *Anna* or the second *Tom* has a large weight that other tokens do not have. Write your candidates down. By the end of this week you will have measured them, and will see how far the eye can be trusted.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% [markdown]
# ## The idea in plain words
#
# Every head of a layer reads the whole vector of every token. It projects it with its own `W_Q`, `W_K` and `W_V` from `d_model` numbers to `d_head` (in GPT-2 small from 768 to 64), and training gives every head other matrices. So each head has queries, keys and values of its own, and a pattern of its own.
#
# A head's weighted sum of values, its **z**, has `d_head` numbers. A fourth matrix, **W_O**, maps it back to `d_model`. **How are the results of the heads combined?** They are added up, not averaged, and no head of a layer uses what another head of the same layer has found.
#
# That makes heads easy to study. What attention writes is a sum with one term for each head, so you can look at each term by itself. The second half of this week does that.
#
# ## The idea in shapes
#
# | step | what | shape |
# |---|---|---|
# | | `x`, a vector for each token | `batch seq d_model` |
# | 1 | `q`, `k`, `v` of every head | `batch n_heads seq d_head` |
# | 2 | `pattern` of every head (last week's function) | `batch n_heads query key` |
# | 3 | `z` of every head (last week's function) | `batch n_heads query d_head` |
# | 4 | `outputs`: what each head writes | `batch n_heads seq d_model` |
# | 5 | `attn_out`: the heads added up, plus `b_O` | `batch seq d_model` |
#
# The head axis comes right after the batch, so that the last two axes are what they were last week. In GPT-2 `n_heads` · `d_head` = `d_model`: in GPT-2 small 12 · 64 = 768. So all heads together have as many parameters as a single head with `d_head` 768 would have, and take as many multiplications.
#
# **What does the scratchpad print?** One of these rows, which have GPT-2 small's sizes, is wrong.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6, n_heads=12)
pad.note("x", (2, 6, 768), "batch seq d_model")
pad.note("q", (2, 12, 6, 64), "batch n_heads seq d_head")
pad.note("z", (2, 12, 6, 64), "batch n_heads seq d_head")
pad.note("outputs", (2, 12, 6, 64), "batch n_heads seq d_model")
pad.note("attn_out", (2, 6, 768), "batch seq d_model")
pad

# %% [markdown]
# ## Exercise 1 · `packed_qkv`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 14 points*
#
# **Why.** Three projections for each of 12 heads would be 36 small matrix products. GPT-2 makes one large one, which is faster, and its file has the weights in that form: you load them in week 8.
#
# `W_QKV` has 3 · d_model columns. **Which columns belong to what?** The first d_model of them make the queries of all heads, the next d_model the keys, the last d_model the values. Inside each third the heads lie one after the other, as in week 1: the first d_head numbers are head 0's. Here n_heads · d_head = d_model.
#
# <details><summary>Hint 1 · a question</summary>
#
# The product has a vector of 3 · d_model numbers for every token. In which order do you split it: first into q, k and v, or first into heads? The text above says which numbers are next to one another.
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `chunk` splits a tensor into equal parts along an axis. `split_heads` of week 1 is imported above: it makes `batch n_heads seq d_head` of `batch seq d_model`.
#
# </details>
# </details>
#
# <details><summary>If you see "the vector is cut into heads first"</summary>
#
# In einops that would be `(n_heads three d_head)`. The axis that is named first in the brackets varies slowest: which one is that here?
#
# </details>
#
# <details><summary>If you see "view or reshape has put the heads before the positions without moving a number"</summary>
#
# `view` and `reshape` keep the order of the numbers and only change the shape. Split the last axis into two first, and swap axes afterwards.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "packed_qkv", "locked": false, "schema_version": 3, "solution": true, "task": false}
def packed_qkv(
    x: Float[Tensor, "batch seq d_model"],
    W_QKV: Float[Tensor, "d_model three_d_model"],
    b_QKV: Float[Tensor, "three_d_model"],
    n_heads: int,
) -> tuple[
    Float[Tensor, "batch n_heads seq d_head"],
    Float[Tensor, "batch n_heads seq d_head"],
    Float[Tensor, "batch n_heads seq d_head"],
]:
    """The queries, keys and values of all heads, in this order, out of one packed product.

    The columns of `W_QKV` are those of all queries, then all keys, then all values; inside each third they go
    head by head. d_model is n_heads · d_head. A sequence of a single token is fine.
    """
    ### BEGIN SOLUTION
    packed = einsum(x, W_QKV, "batch seq d_model, d_model columns -> batch seq columns") + b_QKV
    q, k, v = packed.chunk(3, dim=-1)
    return split_heads(q, n_heads), split_heads(k, n_heads), split_heads(v, n_heads)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_packed_qkv", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.packed_qkv(packed_qkv)

# %% [markdown]
# **Can last week's function be used here?** Your queries and keys of layer 0 go into `attention_pattern`, which you wrote without a head axis in mind. Does it give the model's own patterns?

# %% tags=["look", "raises-exception"]
q, k, v = packed_qkv(
    attention_input(gpt2, layer=0), **packed_weights(gpt2, layer=0), n_heads=gpt2.config.n_heads
)
mine = attention_pattern(q, k)
print(f"q {tuple(q.shape)}, pattern {tuple(mine.shape)}")
gap = (mine - all_patterns(token_ids(gpt2))[:, 0]).abs().max()
print(f"Largest difference from the model's own patterns: {gap:.1e}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal GPT-2`; the last case is a whole layer of the model with the packed weights of its file. Then a difference below 1e-6, float32 rounding, and q with the shape `batch n_heads seq d_head`: 4 heads of 24 numbers in the storyteller, 12 of 64 in GPT-2 small.
#
# </details>

# %% [markdown]
# ## Exercise 2 · `project_heads`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 12 points*
#
# **Why.** The packed form is fast. To study single heads it is better to keep a matrix for each head: then `W_Q[7]` belongs to head 7 alone. The course keeps all weights this way from here on. The numbers are the same.
#
# One function serves queries, keys and values: it takes a weight with a head axis, and a bias with one. Every head projects the *whole* vector of every token.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which axis do `x` and `W` have in common, so that it is summed? Which axes are left, and in which order are they in the signature?
#
# <details><summary>Hint 2 · the bias</summary>
#
# `b` has the axes `n_heads d_head`, the product `batch n_heads seq d_head`. Broadcasting lines shapes up from the right. Which axis of `b` is missing, and where? The index `None` inserts an axis of size 1: with `t` of shape `(3, 4)`, `t[None]` has the shape `(1, 3, 4)`.
#
# </details>
# </details>
#
# <details><summary>If you see "b meets the positions instead of the heads"</summary>
#
# Without the extra axis the bias is added along the wrong axis wherever the sizes happen to agree, and no error is raised. One case of the check has as many tokens as heads, to find this.
#
# </details>
#
# <details><summary>If you see "so that their rows are mixed up"</summary>
#
# `W.reshape(d_model, -1)` keeps the numbers in the order in which they are in memory: head by head. With einsum no reshape is needed.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "project_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def project_heads(
    x: Float[Tensor, "batch seq d_model"],
    W: Float[Tensor, "n_heads d_model d_head"],
    b: Float[Tensor, "n_heads d_head"],
) -> Float[Tensor, "batch n_heads seq d_head"]:
    """The queries of all heads, or their keys or values, depending on which weights these are.

    Each head multiplies each token's whole vector by its own matrix and adds its own bias.
    """
    ### BEGIN SOLUTION
    projected = einsum(x, W, "batch seq d_model, n_heads d_model d_head -> batch n_heads seq d_head")
    return projected + b[:, None, :]
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_project_heads", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.project_heads(project_heads)

# %% [markdown]
# **Are these the same queries?** The packed weights of layer 0 and its weights head by head, each through your function for them.

# %% tags=["look", "raises-exception"]
weights = attention_weights(gpt2, layer=0)
x = attention_input(gpt2, layer=0)
packed_q, _, _ = packed_qkv(x, **packed_weights(gpt2, layer=0), n_heads=gpt2.config.n_heads)
apart_q = project_heads(x, weights["W_Q"], weights["b_Q"])
print(f"packed   W_QKV {tuple(packed_weights(gpt2, layer=0)['W_QKV'].shape)}")
print(f"by head  W_Q   {tuple(weights['W_Q'].shape)}, and as much again for W_K and W_V")
print(f"Largest difference of the queries: {(packed_q - apart_q).abs().max():.1e}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal torch's linear layer, head by head`, also in the case with as many tokens as heads; then a difference of the queries below 1e-5, float32 rounding. `W_Q` is 4 × 96 × 24 in the storyteller and 12 × 768 × 64 in GPT-2 small.
#
# </details>

# %% [markdown]
# ## Exercise 3 · `head_outputs`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 12 points*
#
# **Why.** z is what a head has read. What it *writes* is z times its own part of W_O. With this for every head, you can say which head wrote what.
#
# Papers often write it otherwise: the z of all heads are **concatenated** into one long vector, which is multiplied by one large matrix. **Does that give something else?** No. The rows of the large matrix are those of the heads' small ones, and the product with the long vector is the sum of the products with its parts. In the form of a sum you can see each head.
#
# Here nothing is summed over the heads yet.
#
# <details><summary>Hint 1 · a question</summary>
#
# Head 3 has z[:, 3] and W_O[3], and does not use W_O[4]. How do you tell einsum that the head axis of z and that of W_O are the same one?
#
# </details>
#
# <details><summary>If you see "the heads have been added up already"</summary>
#
# An axis that is missing to the right of the arrow is summed.
#
# </details>
#
# <details><summary>If you see "every head writes by the sum of all matrices"</summary>
#
# Two names for one axis, such as `h` and `heads`, are two axes for einsum. One of them is then summed by itself.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "head_outputs", "locked": false, "schema_version": 3, "solution": true, "task": false}
def head_outputs(
    z: Float[Tensor, "batch n_heads seq d_head"], W_O: Float[Tensor, "n_heads d_head d_model"]
) -> Float[Tensor, "batch n_heads seq d_model"]:
    """What each head by itself writes into the residual stream, at every position.

    Added up over the heads, plus b_O, this is what the whole layer writes.
    """
    ### BEGIN SOLUTION
    return einsum(z, W_O, "batch n_heads seq d_head, n_heads d_head d_model -> batch n_heads seq d_model")
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_head_outputs", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.head_outputs(head_outputs)

# %% [markdown]
# **Do the heads add up to what the model's attention writes?** To find out, we record vectors inside the model while it runs. `around_attention` gives, for every layer, what its attention reads and what it writes.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "around_attention", "locked": true, "schema_version": 3, "solution": false, "task": false}
def around_attention(
    ids: Int[Tensor, "batch seq"],
) -> list[tuple[Float[Tensor, "batch seq d_model"], Float[Tensor, "batch seq d_model"]]]:
    """For every layer what the model's own attention is given, and what it gives back."""
    seen = []
    hooks = [
        block.attn.register_forward_hook(
            lambda attn, inputs, output: seen.append((inputs[0].detach(), output[0].detach()))
        )
        for block in gpt2.model.transformer.h
    ]
    try:
        with torch.no_grad():
            gpt2.model(ids)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


# %% tags=["look", "raises-exception"]
ids = sentence_ids()
x, written = around_attention(ids)[0]
weights = attention_weights(gpt2, layer=0)
q, k, v = (project_heads(x, weights[f"W_{letter}"], weights[f"b_{letter}"]) for letter in "QKV")
outputs = head_outputs(weighted_values(attention_pattern(q, k), v), weights["W_O"])
gap = (outputs.sum(dim=1) + weights["b_O"] - written).abs().max()
print(f"All heads added up, and b_O: differs from what the model writes by {gap:.1e} at most.")

words = token_strings(ids[0])
tom = len(words) - 1 - words[::-1].index("·Tom")
lengths = outputs[0, :, tom].norm(dim=-1)
pictures.bars(
    {f"head {head}": length for head, length in enumerate(lengths)},
    title="How much does each head of layer 0 write at the second Tom?",
    value_title="length of the vector",
)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal GPT-2's c_proj`; then a difference of about 1e-5 or less from what the model's own attention writes, and one bar for each head of layer 0. The bars differ: the heads do not write equally much.
#
# </details>

# %% [markdown]
# ## Exercise 4 · `MultiHeadAttention`
#
# *Difficulty 3 of 5 · importance 5 of 5 · 25 minutes · core, 20 points*
#
# **Why.** This is the attention layer of GPT-2, all of it: **multi-head attention**. Next week it becomes one line of a block, in week 8 it holds OpenAI's numbers, in week 11 you train it.
#
# Keep the weights in `self.W_Q`, `self.W_K`, `self.W_V` (`n_heads d_model d_head`), `self.b_Q`, `self.b_K`, `self.b_V` (`n_heads d_head`), `self.W_O` (`n_heads d_head d_model`) and `self.b_O` (`d_model`), as `nn.Parameter`. Initialise the weights with random numbers of standard deviation 0.02 and the biases with 0; the check replaces them with its own numbers. n_heads · d_head need not be d_model, so use the `d_head` that you are given.
#
# (Other forms are fine, too: an `nn.Linear` in each of `self.W_Q`, `self.W_K` and `self.W_V` with the heads side by side, one for all three in `self.W_QKV`, or an `nn.ModuleList` of last week's AttentionHead in `self.heads`, with `self.W_O` for what they write.)
#
# The layer returns what the heads write, and nothing else: the block adds it to the stream, next week. The block also applies the LayerNorm, so `x` is normalised already.
#
# <details><summary>Hint 1 · a question</summary>
#
# Of the five steps in the table above, which two are done by last week's functions, and for which have you written one today? Where is `b_O` added: before the heads are summed, or after?
#
# <details><summary>Hint 2 · two ways to add up</summary>
#
# You can call `head_outputs` and sum its head axis. That first makes a tensor n_heads times as large as the result. How does an einsum look that projects and sums at once? Compare it with the one in `head_outputs`: which axis is missing on the right?
#
# </details>
# </details>
#
# <details><summary>If you see "b_O is added once for every head"</summary>
#
# Is `self.b_O` added before the sum over the heads, or after it?
#
# </details>
#
# <details><summary>If you see "view or reshape joins the heads without moving them"</summary>
#
# If you join the heads instead of summing: `batch n_heads seq d_head` has the positions between the heads and their numbers. Week 1's merge_heads shows the way.
#
# </details>
#
# <details><summary>If you see "MultiHeadAttention has no W_Q"</summary>
#
# The check copies weights into your module by name. The message lists the names that it has.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "MultiHeadAttention", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MultiHeadAttention(nn.Module):
    """All heads of a block: each has its own pattern, and what they write is added up.

    Parameters W_Q, W_K, W_V [n_heads, d_model, d_head], b_Q, b_K, b_V [n_heads, d_head], W_O [n_heads, d_head, d_model]
    and b_O [d_model].
    """

    def __init__(self, d_model: int, n_heads: int, d_head: int):
        super().__init__()
        ### BEGIN SOLUTION
        for letter in "QKV":
            setattr(self, f"W_{letter}", nn.Parameter(torch.randn(n_heads, d_model, d_head) * 0.02))
            setattr(self, f"b_{letter}", nn.Parameter(torch.zeros(n_heads, d_head)))
        self.W_O = nn.Parameter(torch.randn(n_heads, d_head, d_model) * 0.02)
        self.b_O = nn.Parameter(torch.zeros(d_model))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        """What all heads together write at each position. The same in train and in eval mode."""
        ### BEGIN SOLUTION
        q = project_heads(x, self.W_Q, self.b_Q)
        k = project_heads(x, self.W_K, self.b_K)
        v = project_heads(x, self.W_V, self.b_V)
        z = weighted_values(attention_pattern(q, k), v)
        summed = einsum(z, self.W_O, "batch n_heads seq d_head, n_heads d_head d_model -> batch seq d_model")
        return summed + self.b_O
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_MultiHeadAttention", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
checks.MultiHeadAttention(MultiHeadAttention)

# %% [markdown]
# **And inside the running model, on the sentence of the first look?** Your module gets the weights and the input of each layer's attention in turn, and its result is compared with what the layer writes.

# %% tags=["look", "raises-exception"]
for layer, (x, written) in enumerate(around_attention(sentence_ids())):
    attention = MultiHeadAttention(gpt2.config.d_model, gpt2.config.n_heads, gpt2.config.d_head)
    fill_heads(attention, attention_weights(gpt2, layer))
    with torch.no_grad():
        gap = (attention(x) - written).abs().max()
    print(f"layer {layer:2}: largest difference {gap:.1e}, largest number {written.abs().max():.1e}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal GPT-2`, with a case for every layer of the model. Then one line for each layer (4 in the storyteller, 12 in GPT-2 small), with differences of about a millionth of the largest number: float32 rounding, because the sums run in another order.
#
# </details>
#
# ## What do heads attend to?
#
# You have found candidates in the first look. Among many heads, some patterns look meaningful by chance. So we give each kind of head a score between 0 and 1, and compute it for all heads.
#
# A score needs a baseline. **Which score does a head have that attends to nothing in particular?** The **uniform baseline** has equal attention weights for all tokens that a query may see, so that every token gets some, also the one that the score is about. Beside each score you will find that of the uniform baseline.
#
# For the measurements we need a text in which nothing can be predicted from meaning. We take names in random order, as if children sat in a ring and said their names, and go round the ring more than once: the names come again, in the same order. A few words of introduction come before, as in a story; only the patterns between names are used.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "rounds", "locked": true, "schema_version": 3, "solution": false, "task": false}
PERIOD = 8
LEAD = torch.tensor(gpt2.tokenizer.encode("<|endoftext|>They sang:"))


def names_in_rounds(rings: int = 20, rounds: int = 2) -> Int[Tensor, "batch seq"]:
    """So many rings of 8 different names, drawn at random; each ring goes round so many times."""
    names = torch.tensor([gpt2.tokenizer.encode(f" {name}")[0] for name in NAMES])
    generator = torch.Generator().manual_seed(6)
    drawn = [names[torch.randperm(len(names), generator=generator)[:PERIOD]] for _ in range(rings)]
    return torch.stack(drawn).repeat(1, rounds)


def with_lead(names: Int[Tensor, "batch seq"]) -> Int[Tensor, "batch lead+seq"]:
    """The introduction before each row of names."""
    return torch.cat([LEAD.expand(len(names), -1), names], dim=1)


def patterns_of_names(names: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch n_layers n_heads query key"]:
    """All heads' patterns from name to name; what goes to the introduction is left out."""
    return all_patterns(with_lead(names))[..., len(LEAD) :, len(LEAD) :]


def uniform_pattern(seq: int) -> Float[Tensor, "query key"]:
    """The uniform baseline: each query's attention weights are equal for all keys that it may see."""
    visible = torch.ones(seq, seq).tril()
    return visible / visible.sum(dim=-1, keepdim=True)


def uniform_pattern_of_names(seq: int) -> Float[Tensor, "query key"]:
    """The uniform baseline's pattern from name to name, with the introduction before the names."""
    return uniform_pattern(len(LEAD) + seq)[len(LEAD) :, len(LEAD) :]


def strongest_head(scores: Float[Tensor, "n_layers n_heads"]) -> tuple[int, int]:
    """The layer and the head with the highest score."""
    return divmod(scores.argmax().item(), scores.shape[1])


def score_map(scores: Float[Tensor, "n_layers n_heads"], uniform: float, title: str):
    """One number for each head, layer by layer; the highest is printed beside that of the uniform baseline."""
    layer, head = strongest_head(scores)
    print(f"highest: layer {layer}, head {head} with {scores.max():.2f}")
    print(f"uniform baseline: {uniform:.2f}, so this score is {scores.max() / uniform:.1f} times as high")
    n_layers, n_heads = scores.shape
    rows, columns = [f"layer {i}" for i in range(n_layers)], [f"head {i}" for i in range(n_heads)]
    return pictures.heatmap(scores, rows, columns, title=title, largest=1)


# %% tags=["look", "raises-exception"]
rounds = names_in_rounds()
print("The first ring:", *token_strings(rounds[0]))
print(f"Patterns: {tuple(patterns_of_names(rounds).shape)}, which are batch, n_layers, n_heads, query, key.")

# %% [markdown]
# ## Exercise 5 · `previous_token_score`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 10 points*
#
# **Why.** Heads that attend to the previous token have been found in many trained transformers (Elhage et al., 2021; Olsson et al., 2022, arXiv:2209.11895), and they are half of the circuit that you meet in exercise 7.
#
# The score of a pattern is the attention weight that a query gives to the token right before it, averaged over the queries from the second token on. The first token has nothing before it and is left out. All leading axes (`batch`, `heads`, `layers`, or none) are kept.
#
# <details><summary>Hint 1 · a question</summary>
#
# Row = query, column = key. Draw a pattern of 4 by 4 and mark the entries that count. How many are there, and on which line do they lie?
#
# <details><summary>Hint 2 · taking entries out</summary>
#
# Two ways. `torch.diagonal` takes a diagonal: which of its arguments say which two axes and which diagonal are meant? Or index with two lists of the same length: `t[..., [1, 2], [0, 5]]` gives the entries (1, 0) and (2, 5), and keeps all leading axes.
#
# </details>
# </details>
#
# <details><summary>If you see "divided by the number of all queries"</summary>
#
# A pattern of 4 by 4 has three entries that count.
#
# </details>
#
# <details><summary>If you see "the mean has run over the leading axes, too"</summary>
#
# `mean` without arguments averages over every axis. Which argument names the one that you mean?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "previous_token_score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def previous_token_score(pattern: Float[Tensor, "... query key"]) -> Float[Tensor, "..."]:
    """The attention weight on the token right before the query, on average over all queries but the first.

    There are as many queries as keys, two at least. The leading axes are kept; a pattern without any has a
    score without any.
    """
    ### BEGIN SOLUTION
    queries = torch.arange(1, pattern.shape[-1])
    return pattern[..., queries, queries - 1].mean(dim=-1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_previous_token_score", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.previous_token_score(previous_token_score)

# %% [markdown]
# **Does the model have a head for it?** Your score of every head, averaged over twenty rings of names. Compare with the candidates that you wrote down.

# %% tags=["look", "raises-exception"]
print("your candidates:", my_prediction or "(nothing yet)")
rounds = names_in_rounds()
scores = previous_token_score(patterns_of_names(rounds)).mean(dim=0)
uniform = previous_token_score(uniform_pattern_of_names(rounds.shape[1])).item()
score_map(scores, uniform, "attention weight on the previous token")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal the mean taken one query at a time`, and a map with a square for each head. In the storyteller the highest score is 0.42 (layer 1, head 1), 4.8 times the uniform baseline's 0.09. In GPT-2 small, head 11 of layer 4 gives the token before a mean weight of about 1.00 on five short English prompts (from the attention weights that Transformer Explainer publishes, Cho et al., 2024, arXiv:2408.04619).
#
# If the highest score is near the baseline, the model has no head of this kind on this text.
#
# </details>
#
# ## Exercise 6 · `first_token_score`
#
# *Difficulty 1 of 5 · importance 3 of 5 · 10 minutes · core, 8 points*
#
# **Why.** Softmax makes every row add up to 1, also when no key matches the query. Many heads of trained models then give most of the weight to the first token, which is called an **attention sink** (Xiao et al., 2023, arXiv:2309.17453). Its *value* is short, so that z stays small although the weight is large (Gu et al., 2024, arXiv:2410.10781). A pattern with everything on token 0 often means that the head does little there.
#
# The score is the attention weight on the first token. The first token itself can see nothing else, so it is left out: average over the queries from the second on. All leading axes are kept.
#
# <details><summary>Hint 1 · a question</summary>
#
# Is it a row or a column of the pattern that you need? And which entry of it do you leave out?
#
# </details>
#
# <details><summary>If you see "the first token is all that it can see"</summary>
#
# Entry [0, 0] is 1 in every causal pattern. A score that counts it is too high for every head.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "first_token_score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def first_token_score(pattern: Float[Tensor, "... query key"]) -> Float[Tensor, "..."]:
    """The attention weight on the first token, on average over all queries but the first, which sees nothing else.

    There are as many queries as keys, two at least. The leading axes are kept.
    """
    ### BEGIN SOLUTION
    return pattern[..., 1:, 0].mean(dim=-1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_first_token_score", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.first_token_score(first_token_score)

# %% [markdown]
# **Which heads of the model use the first token as a sink?** If your candidates are among them, look at them again. The lines above the map say how long the first token's value is, compared with the other tokens' values.

# %% tags=["look", "raises-exception"]
text = with_lead(names_in_rounds())
scores = first_token_score(all_patterns(text)).mean(dim=0)
uniform = first_token_score(uniform_pattern(text.shape[1])).item()
for layer, (x, _) in enumerate(around_attention(text)):
    weights = attention_weights(gpt2, layer)
    lengths = project_heads(x, weights["W_V"], weights["b_V"]).norm(dim=-1).mean(dim=(0, 1))  # [seq]
    print(f"layer {layer}: first token's values {lengths[0]:.2f} long, the others' {lengths[1:].mean():.2f}")
score_map(scores, uniform, "attention weight on the first token")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal the mean taken one query at a time`. In the storyteller the highest score is 0.51 (layer 0, head 3), 3.8 times the uniform baseline's 0.14, and from layer 1 on the first token's values are less than half as long as the others'. In GPT-2 small the mean over all heads of layers 5 to 10 is 0.84 on the same five prompts.
#
# </details>

# %% [markdown]
# ## Exercise 7 · `induction_score`
#
# *Anna Tom Rose Ben … Anna Tom Rose Ben … Anna* — **and who comes now?** You can say *Tom* without knowing any of these people: you find where *Anna* came before, and take the name after it. A head that does this is called an **induction head** (Elhage et al., 2021). It does not depend on meaning or grammar and works on text that the model has never seen: a simple form of **in-context learning**, which uses what the prompt itself shows (Olsson et al., 2022, arXiv:2209.11895).
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 16 points*
#
# **Why.** On a text that repeats, an induction head shows one line in its pattern, and you can calculate where.
#
# The tokens are one sequence of `period` tokens, repeated. Take query i, with i ≥ `period`. Its token came before at position i − period. **To which position does an induction head attend?** Not there, but one further: to i − period + 1, the token *after* the earlier copy, because that is what comes next. The score is the attention weight of query i on that key, averaged over all queries with i ≥ period. If there are three copies or more, count the copy before the query only, not the older ones. The last copy may be cut off.
#
# With the period 3 and *Anna Tom Rose Anna Tom Rose*, the score takes the weight of query 3 (*Anna*) on key 1 (*Tom*), of query 4 on key 2 and of query 5 on key 3.
#
# <details><summary>Hint 1 · a question</summary>
#
# Write the pairs (query, key) of that example on paper, in a square of 6 by 6. On which diagonal do they lie? Does the whole diagonal belong to them?
#
# </details>
#
# <details><summary>If you see "the earlier copy of the query's token"</summary>
#
# The earlier copy is the same token as the query. Which token near it helps to predict the next one?
#
# </details>
#
# <details><summary>If you see "the last query of the first copy is counted too"</summary>
#
# The diagonal with the offset 1 − period begins at query period − 1. Has its token come before?
#
# </details>
#
# <details><summary>If you see "only the queries of the second copy are counted"</summary>
#
# The third copy repeats the second. Let the queries run to the end.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "induction_score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def induction_score(pattern: Float[Tensor, "... query key"], period: int) -> Float[Tensor, "..."]:
    """The attention weight on the token after the earlier copy of the query's own token, on average.

    The tokens are one sequence of `period` tokens (two at least), repeated; the last copy may be cut off. The mean runs
    over the queries i ≥ period, each with the key i − period + 1. The leading axes are kept.
    """
    ### BEGIN SOLUTION
    queries = torch.arange(period, pattern.shape[-1])
    return pattern[..., queries, queries - period + 1].mean(dim=-1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_induction_score", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
checks.induction_score(induction_score)

# %% [markdown]
# **Does the model have an induction head?** Your score of every head, averaged over twenty rings. A head that always reads from 7 positions back would have a high score on rings of 8 names, too; so the first line gives the score of the same head on rings of 5.

# %% tags=["look", "raises-exception"]
rounds = names_in_rounds()
scores = induction_score(patterns_of_names(rounds), PERIOD).mean(dim=0)
uniform = induction_score(uniform_pattern_of_names(rounds.shape[1]), PERIOD).item()
layer, head = strongest_head(scores)
of_five = induction_score(patterns_of_names(rounds[:, :5].repeat(1, 2)), 5)[:, layer, head].mean()
print(f"layer {layer}, head {head} on rings of 5 names: {of_five:.2f}")
score_map(scores, uniform, "attention weight on the token after the earlier copy")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal the mean taken one query at a time`. In the storyteller the highest score is 0.87 (layer 3, head 1), 14 times the uniform baseline's 0.06, and the same head has 0.88 on rings of 5: it follows the names, not a fixed distance. GPT-2 small has several induction heads, among them head 5 of layer 5 and head 9 of layer 6 (Wang et al., 2022, arXiv:2211.00593).
#
# </details>

# %% [markdown]
# Here is the head with the highest score on the first ring, for a query in the second round. **Which name came after this one in the first round, and does the head attend to it?** Move the slider for the query along the round, and see whether the bar moves with it.

# %% tags=["look", "raises-exception"]
rounds = names_in_rounds()
patterns = patterns_of_names(rounds)
layer, head = strongest_head(induction_score(patterns, PERIOD).mean(dim=0))
ring = token_strings(rounds[0])
pictures.attention_explorer(ring, patterns[0], layer=layer, head=head, query=PERIOD + 2)

# %% [markdown]
# A head may attend to the right position without any effect on the prediction. **Does the model predict the next name?** Here is its loss for each name, round by round. In the first round the names are random. From the second round on, a model with induction can predict them. How will the loss change from round to round?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
rounds = names_in_rounds(rounds=3)
with torch.no_grad():
    logits = gpt2.model(with_lead(rounds)).logits[:, len(LEAD) : -1]
loss = -logits.log_softmax(dim=-1).gather(-1, rounds[:, 1:, None])[..., 0].mean(dim=0)
# The first name of a round is not counted: that the ring goes round once more cannot be predicted.
for number in range(rounds.shape[1] // PERIOD):
    inside = loss[number * PERIOD : (number + 1) * PERIOD - 1]
    print(f"round {number + 1}: loss {inside.mean():5.2f} nats per name")
print(f"uniform baseline among {len(NAMES)} names: loss {torch.tensor(len(NAMES)).log():5.2f}")
pictures.curve(torch.arange(1, rounds.shape[1]), loss, x_title="position", y_title="loss in nats")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# In the storyteller the loss is 3.82 in the first round, near the uniform baseline of 3.69 among the 40 names, and 0.01 in the second and the third. In GPT-2 small it also falls, from another start: it has to expect any token, not only names.
#
# </details>
#
# Put the three findings together: the highest score beside the uniform baseline's, what you saw at the slider, and whether the loss falls from the first round to the second. Together they are good evidence for or against induction in this model; whether that head *causes* the better predictions takes an ablation (week 12).
#
# ### An induction head made by hand
#
# **What is needed for induction?** One head is not enough. To find "the token after *Anna*", a query must match a key by the token *before* that key's position, and in the first layer a key depends on its own token and its own position alone. So it takes two heads in two layers: a **previous-token head**, which writes the previous token into each position's vector, and in a later layer a head whose keys read that. One head uses what another has written: this is called **composition** (Elhage et al., 2021).
#
# `induction_circuit` has weights for such a model. They were not trained: each matrix has a few ones in the right positions (open `utils/examples/induction_by_hand.py` to see them). The attention is your code. **Does the model predict the next name, and with which head?**


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "made_by_hand", "locked": true, "schema_version": 3, "solution": false, "task": false}
RING = ["Anna", "Tom", "Rose", "Ben", "Lily", "Sam"]
MADE_FOR = ["0.0 previous token", "0.1 first token", "1.0 induction", "1.1 first token"]


def made_by_hand() -> tuple[Float[Tensor, "n_heads query key"], list[str]]:
    """Two rounds of the ring through the circuit: the patterns of its four heads, and its predictions."""
    circuit = induction_circuit(d_vocab=len(RING), n_ctx=2 * len(RING))
    resid, patterns = circuit.embed(torch.arange(len(RING)).repeat(2)[None]), []
    for weights in circuit.layers:
        q, k = (project_heads(resid, weights[f"W_{letter}"], weights[f"b_{letter}"]) for letter in "QK")
        patterns.append(attention_pattern(q, k)[0])
        heads, d_model, d_head = weights["W_Q"].shape
        with torch.no_grad():
            resid = resid + fill_heads(MultiHeadAttention(d_model, heads, d_head), weights)(resid)
    return torch.cat(patterns), [RING[token] for token in circuit.predict(resid)[0]]


# %% tags=["look", "raises-exception"]
made, predicted = made_by_hand()
print("reads   ", *(f"{name:5}" for name in RING * 2))
print("predicts", *(f"{name:5}" for name in predicted))
pictures.attention_heads(RING * 2, made, MADE_FOR)

# %% [markdown]
# In the first round the predictions are wrong, since no name has been repeated yet; in the second, every one that can be checked is right. **Do your scores find the heads?** Each of the three should be high for one kind of head, and only for that kind.

# %% tags=["look", "raises-exception"]
made, _ = made_by_hand()
found = {
    "previous token": previous_token_score(made),
    "first token": first_token_score(made),
    "induction": induction_score(made, len(RING)),
}
pictures.heatmap(torch.stack(list(found.values())), list(found), MADE_FOR, title="your scores", largest=1)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# Each score is close to 1 for its own kind of head and far lower for the others: `previous token` for head 0.0, `first token` for 0.1 and 1.1, `induction` for 1.0.
#
# </details>

# %% [markdown]
# ## Exercise 8 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Heads add an axis to most tensors, and one step sums it away. The shapes show which one.
#
# Fill in the shapes in one block of GPT-2 small, for a **batch of 2 prompts of length 6**: 12 heads, d_model 768, d_head 64. A shape is a tuple, such as `(2, 6)`; a bias of 64 numbers has shape `(64,)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows are weights, and so have no batch axis? In which rows are all heads kept apart, and in which have they been packed together or added up?
#
# </details>
#
# <details><summary>If you see "a head's own vectors have d_head numbers"</summary>
#
# 768 numbers come in and 768 go out. In between, each of the 12 heads works with 64.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """The shapes in one block of GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    x = None  # the heads' input
    W_QKV = b_QKV = None  # the packed weight and bias, as GPT-2's file has them
    W_Q = b_Q = None  # the queries' weights and biases of all heads, head by head
    q = pattern = z = None  # the queries of all heads, their patterns, and their z
    W_O = b_O = None  # the output weights, head by head; and the bias that is added
    outputs = attn_out = None  # what each head writes by itself; what they write together
    previous = None  # previous_token_score of the pattern
    ### BEGIN SOLUTION
    batch, seq, n_heads, d_model, d_head = 2, 6, 12, 768, 64
    x = attn_out = (batch, seq, d_model)
    W_QKV, b_QKV = (d_model, 3 * d_model), (3 * d_model,)
    W_Q, b_Q = (n_heads, d_model, d_head), (n_heads, d_head)
    q = z = (batch, n_heads, seq, d_head)
    pattern, previous = (batch, n_heads, seq, seq), (batch, n_heads)
    W_O, b_O = (n_heads, d_head, d_model), (d_model,)
    outputs = (batch, n_heads, seq, d_model)
    ### END SOLUTION
    rows = {
        "x": x,
        "W_QKV": W_QKV,
        "b_QKV": b_QKV,
        "W_Q": W_Q,
        "b_Q": b_Q,
        "q": q,
        "pattern": pattern,
        "z": z,
    }
    return rows | {"W_O": W_O, "b_O": b_O, "outputs": outputs, "attn_out": attn_out, "previous": previous}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.shape_table(shape_table)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal GPT-2 small's own shapes` for all 13 rows. Until then, the card names the rows that are not right yet.
#
# </details>

# %% [markdown]
# ## In the whole model
#
# **Does the head that writes most also matter most?** Here is the explorer of week 1 again, opened at what one head writes. The bar under a head's number shows the length of what that head writes at the chosen token. Switch off the head with the longest bar, look at the next token's probabilities, undo it, and switch off another one.

# %% tags=["look", "raises-exception"]
pictures.explore(gpt2, SENTENCE, box="head output")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# Not always: a long vector need not point in a direction that later layers read. Week 12 measures on which heads a prediction depends.
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
            "GPT-2 small has d_model 768 and 12 heads of 64. Which part of a token's vector does head 3 read?",
            [
                Choice(
                    "Numbers 192 to 255 of the 768.",
                    why="There its queries are in the packed product, after the projection. What goes *into* the projection is the whole vector.",
                ),
                Choice(
                    "All of it.",
                    right=True,
                    why="W_Q[3] has 768 rows: each of the head's 64 numbers depends on all 768.",
                ),
                Choice(
                    "Whatever the other heads have left.",
                    why="Heads of a layer do not depend on each other. All of them read the same x.",
                ),
            ],
        ),
        Question(
            "You swap heads 2 and 5 of a layer: W_Q, W_K, W_V, their biases, and W_O too. What changes in what the layer writes?",
            [
                Choice(
                    "Nothing.",
                    right=True,
                    why="A sum does not depend on the order of its terms. A head's number is only its name.",
                ),
                Choice(
                    "Everything: later layers need the heads in their order.",
                    why="Later layers get the sum only. The output would change if W_O were not swapped with the rest.",
                ),
                Choice(
                    "Only the pattern.",
                    why="The two patterns are swapped, and so are the two z and their matrices of W_O. The sum stays the same.",
                ),
            ],
        ),
        Question(
            "One head with d_head 768 would have as many weights as twelve heads with 64. What would be lost?",
            [
                Choice(
                    "Speed: one large head is slower.",
                    why="The products take the same time. If anything, one large head has fewer attention weights to compute.",
                ),
                Choice(
                    "Eleven of the twelve patterns.",
                    right=True,
                    why="A head has one pattern, and one weighted sum of values for each query. Twelve heads can read from the previous token, from the subject and from the last comma at the same time, and keep the three apart.",
                ),
                Choice(
                    "Nothing: the matrices are the same, in another arrangement.",
                    why="The weights are. But the softmax lies between them, and there would be one instead of twelve.",
                ),
            ],
        ),
        Question(
            "Could an induction head be in the first layer of GPT-2?",
            [
                Choice(
                    "Yes, if its W_Q and W_K are trained for it.",
                    why="It would have to find a key by the token *before* it. In the first layer a key depends on its own token and its own position alone, whatever the weights are.",
                ),
                Choice(
                    "No: an earlier layer must have written the previous token into the key's vector.",
                    right=True,
                    why="That is what the previous-token head in the layer below does. It takes at least two layers.",
                ),
                Choice(
                    "Only for names.",
                    why="Induction works on any token that has come before. That makes it useful.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# The second question can be tested. **Does the order of the heads matter?** Layer 0 with its heads in reverse, once with W_O and once without. By how much will the output change in each case?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
x, weights = attention_input(gpt2, layer=0), attention_weights(gpt2, layer=0)
in_reverse = {name: value if name == "b_O" else value.flip(0) for name, value in weights.items()}
for name, changed in {"with": in_reverse, "without": in_reverse | {"W_O": weights["W_O"]}}.items():
    before, after = (
        fill_heads(MultiHeadAttention(gpt2.config.d_model, gpt2.config.n_heads, gpt2.config.d_head), each)
        for each in (weights, changed)
    )
    with torch.no_grad():
        print(
            f"heads in reverse, {name:7} W_O: the output changes by {(after(x) - before(x)).abs().max():.1e}"
        )

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A change of about 1e-6 to 1e-5 with W_O, float32 rounding, because the sum runs in another order. Without W_O the change is as large as the output itself, 12 in the storyteller.
#
# </details>
#
# ### In your own words
#
# A classmate says: *"Multi-head attention is a vote. Each of the twelve heads has an opinion on which token matters, the opinions are averaged, and the winner's vector is copied."* What is wrong about this, and what happens instead? Answer in four or five sentences, and use the words **pattern**, **z** and **W_O**. A person grades this answer: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Nothing is averaged over the heads, and no head wins. Each head has a pattern of its own: one may attend to the previous token while another attends to the subject of the sentence, for the same query at the same time. With its own pattern each head adds up its own values to its own z; that is a weighted sum of short projections of d_head numbers, not a copy of any token's vector. Then W_O, which has a matrix for each head, maps each z to a vector as wide as the stream, and these vectors are added up. So a head does not outvote the others: it adds its result to theirs, and it can write almost nothing by attending to a token whose value is short.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `sdpa_attention`
#
# Between your scores and your z there is a pattern with a number for every query and every key of every head. **How large does it become for a long text?**

# %% tags=["look", "raises-exception"]
for seq in (1_024, 8_192, 65_536):
    print(f"{seq:6,} tokens, 12 heads, one layer: {12 * seq * seq * 4 / 1e6:10,.0f} MB of attention weights")

# %% [markdown]
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** `F.scaled_dot_product_attention` does scores, mask, softmax and weighted sum in one call. On a GPU its fused kernels go through the keys block by block and never store the whole pattern (FlashAttention: Dao et al., 2022, arXiv:2205.14135). Most current code calls it, so it is worth knowing what it does and what it leaves to you.
#
# Compute z with that function, from q, k and v of all heads. It scales by 1/√d_head itself. It hides nothing unless you tell it to: you pass the mask. There may be fewer queries than keys, and then the queries are the last positions, as in week 5.
#
# <details><summary>Hint 1 · a question</summary>
#
# Is `is_causal=True` all you need? Read in the documentation (`F.scaled_dot_product_attention?` in a cell) how it treats fewer queries than keys: at which corner does its triangle begin?
#
# </details>
#
# <details><summary>If you see "what should be hidden is shown"</summary>
#
# A boolean `attn_mask` is True where a query *may* attend. Week 5's masked_fill had True where it may not.
#
# </details>
#
# <details><summary>If you see "with fewer queries than keys, is_causal takes the first query for the first position"</summary>
#
# Make the mask yourself: which keys does the first query see, if some keys come before its own position? And make it on the device of q.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "sdpa_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sdpa_attention(
    q: Float[Tensor, "batch n_heads query d_head"],
    k: Float[Tensor, "batch n_heads key d_head"],
    v: Float[Tensor, "batch n_heads key d_head"],
) -> Float[Tensor, "batch n_heads query d_head"]:
    """z of every head by F.scaled_dot_product_attention, under the causal mask.

    If there are fewer queries than keys, the queries are the last positions. Tensors that you make here take
    device=q.device, so that the function also runs on a GPU.
    """
    ### BEGIN SOLUTION
    query, key = q.shape[-2], k.shape[-2]
    visible = torch.ones(query, key, dtype=torch.bool, device=q.device).tril(diagonal=key - query)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=visible)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_sdpa_attention", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.sdpa_attention(sdpa_attention)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal GPT-2`, also for fewer queries than keys. The pattern of one layer would take 50 MB for 1,024 tokens and 206,158 MB for 65,536.
#
# </details>
#
# ## Stretch 2 · `grouped_query_attention`
#
# When a model generates text, it keeps the keys and values of all tokens so far (week 9). **Do all heads need keys and values of their own?** Llama 3 with 8 billion parameters has 32 query heads and only 8 heads of keys and values (Grattafiori et al., 2024, arXiv:2407.21783): four neighbouring query heads use the same one. This is **grouped-query attention** (Ainslie et al., 2023, arXiv:2305.13245). The queries stay different; keys and values are kept once for each group.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** For long texts the kept keys and values take much of the memory, and many large models reduce it in this way.
#
# `k` and `v` have n_kv_heads heads, and n_heads is a multiple of that. With n_heads 6 and n_kv_heads 2, query heads 0, 1 and 2 use head 0 of the keys and values, and 3, 4 and 5 use head 1. There may be fewer queries than keys. Write it with last week's functions: torch's own function has an option for groups, so it is not allowed here.
#
# <details><summary>Hint 1 · a question</summary>
#
# Last week's functions need as many heads in `k` as in `q`. Write down the list of key heads for the example above: which one does each query head use?
#
# <details><summary>Hint 2 · two ways</summary>
#
# Repeat the heads of `k` and `v`: `repeat_interleave` makes *a a b b* of *a b*, `repeat` makes *a b a b*. Or give `q` one more axis, for the number within the group, and let broadcasting do the repeating.
#
# </details>
# </details>
#
# <details><summary>If you see "the key heads are repeated in turns"</summary>
#
# You have *a b a b*. Which query heads should use the same key head: neighbours, or every second one?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "grouped_query_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def grouped_query_attention(
    q: Float[Tensor, "batch n_heads query d_head"],
    k: Float[Tensor, "batch n_kv_heads key d_head"],
    v: Float[Tensor, "batch n_kv_heads key d_head"],
) -> Float[Tensor, "batch n_heads query d_head"]:
    """z of every query head, when n_heads / n_kv_heads neighbouring query heads share their keys and values.

    Under the causal mask; if there are fewer queries than keys, the queries are the last positions.
    """
    ### BEGIN SOLUTION
    group = q.shape[1] // k.shape[1]
    shared_k, shared_v = (each.repeat_interleave(group, dim=1) for each in (k, v))
    return weighted_values(attention_pattern(q, shared_k), shared_v)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_grouped_query_attention", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.grouped_query_attention(grouped_query_attention)

# %% [markdown]
# **What would GPT-2 small save?** Keys and values of all its 12 layers for a full context of 1,024 tokens, in float32, by the number of heads that keys and values have.

# %% tags=["look", "raises-exception"]
small = reference.CONFIGS["gpt2"]
of_one_head = 2 * small.n_layers * small.d_head * small.n_ctx * 4 / 1e6  # keys and values, in MB
kept = {f"{heads} head{'s' if heads > 1 else ''}": heads * of_one_head for heads in (12, 6, 4, 2, 1)}
pictures.bars(kept, title="Keys and values of one text", value_title="MB")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal torch's own grouped attention`; then 75.5 MB with 12 heads of keys and values, 37.7 MB with 6, and 6.3 MB with a single one, which is called multi-query attention (Shazeer, 2019, arXiv:1911.02150).
#
# </details>

# %% [markdown]
# ## Stretch 3 · `rotary_positions`
#
# GPT-2 adds a learned position vector once, before the first block, and has 1,024 of them: positions 0 to 1,023 and no more. Many later models use **rotary positions** instead (RoPE: Su et al., 2021, arXiv:2104.09864). Nothing is added to the stream; every head rotates its queries and keys by angles that grow with their position. **What does the score depend on then?** A dot product depends on the angle *between* two vectors, so the score depends on the distance of the two tokens, and not on their positions.
#
# *Difficulty 4 of 5 · importance 3 of 5 · 30 minutes · stretch, 22 points*
#
# **Why.** Scores then depend on relative positions, and the formula is defined for every position. That does not mean that a model works beyond the lengths it was trained on: there it meets distances that it has never seen, and gets worse unless it is adapted (Press et al., 2021, arXiv:2108.12409; Chen et al., 2023, arXiv:2306.15595).
#
# The d_head numbers of a vector are taken as pairs: pair j is number j and number j + d_head/2, the coordinates (a, b) of a point in a plane. (Some code pairs neighbours instead. Here it is as in Hugging Face's Llama.) At position p pair j is rotated by the angle
#
# `p · base^(−2j / d_head)`
#
# in radians, so that pair 0 rotates by 1 radian from each position to the next, and later pairs more and more slowly. Rotating (a, b) by an angle gives (a · cos − b · sin, b · cos + a · sin). The first token of `x` is at `first_position`.
#
# <details><summary>Hint 1 · a question</summary>
#
# How many different angles are there for a sequence of seq tokens? Which shape has the table of them, and how is it broadcast to `x`, whatever leading axes `x` has?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `chunk` gives the two halves of an axis. `torch.arange` gives positions and pair numbers (with `device=x.device`), and `torch.outer` a table of products. At position 0 nothing may change: that is a quick test.
#
# </details>
# </details>
#
# <details><summary>If you see "numbers 0 and 1 make the first pair"</summary>
#
# Yours are neighbours. Which number is the partner of number 0 in the text above?
#
# </details>
#
# <details><summary>If you see "the signs of the two sines are swapped"</summary>
#
# (1, 0), rotated by a quarter turn, becomes (0, 1). Put a = 1, b = 0, cos = 0, sin = 1 into your two lines.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "rotary_positions", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rotary_positions(
    x: Float[Tensor, "... seq d_head"], first_position: int = 0, base: float = 10_000.0
) -> Float[Tensor, "... seq d_head"]:
    """The queries or keys, each rotated according to its position: Su et al., 2021, paired as in Llama.

    Pair j is (x[j], x[j + d_head/2]); at position p it is rotated by p · base^(−2j / d_head) radians. d_head is
    even. The first token is at `first_position`. Tensors that you make here take device=x.device.
    """
    ### BEGIN SOLUTION
    a, b = x.chunk(2, dim=-1)
    n_pairs = a.shape[-1]
    speeds = base ** (-torch.arange(n_pairs, device=x.device) / n_pairs)
    positions = torch.arange(first_position, first_position + x.shape[-2], device=x.device)
    angles = torch.outer(positions, speeds)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_rotary_positions", "locked": true, "points": 22, "schema_version": 3, "solution": false, "task": false}
checks.rotary_positions(rotary_positions)

# %% [markdown]
# **Does the score depend on the distance alone?** The same query and the same key at every one of 16 positions. Go along a diagonal of the picture; then compare the scores when both are 100 positions further on.

# %% tags=["look", "raises-exception"]
generator = torch.Generator().manual_seed(6)
same_q, same_k = (torch.randn(64, generator=generator).expand(16, 64) for _ in range(2))
here = rotary_positions(same_q) @ rotary_positions(same_k).mT
further = rotary_positions(same_q, first_position=100) @ rotary_positions(same_k, first_position=100).mT
print(f"100 positions further on, the scores differ by {(here - further).abs().max():.1e} at most.")
positions = [str(position) for position in range(16)]
pictures.heatmap(
    here, positions, positions, row_title="query", column_title="key", title="scores of one query and key"
)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal Llama's rotary positions`; every diagonal of the picture has one colour, and 100 positions further on the scores differ by about 2e-5, float32 rounding of large angles, beside scores of up to 14.
#
# </details>

# %% [markdown]
# ## Common questions
#
# **Does the model need all its heads?** Often not. In trained models for translation, and in BERT, many heads could be removed one at a time with hardly any loss, and some layers kept only one (Michel et al., 2019, *Are Sixteen Heads Really Better than One?*, arXiv:1905.10650). During training more heads can still be useful.
#
# **Does a high score show that a head does the job?** It shows where the head attends, on this text. Whether the model's prediction depends on it is another question, which an ablation answers: remove the head and measure the loss (week 12).
#
# **Can one head use what another has found?** Not in the same layer: all heads of a layer read the same input. In a later layer, yes, because the result is in the residual stream: a later head's queries, keys or values can read it. These are called Q-, K- and V-composition (Elhage et al., 2021, *A Mathematical Framework for Transformer Circuits*); the induction head uses K-composition.
#
# **Must `n_heads` · `d_head` be `d_model`?** No. It keeps parameters and computation the same for every number of heads, and it is what the transformer of 2017 and GPT-2 have. Your module works with any `d_head`, and some models use others.
#
# **Why is the first token the sink, and not another?** Every later query can see it, so a head can always attend to it. Training finds such a sink even if the token carries no meaning; models that start from a fixed special token put it there (Xiao et al., 2023, arXiv:2309.17453; Gu et al., 2024, arXiv:2410.10781). In GPT-2 small the first token also has the massive activations of week 4.
# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and reads the shapes aloud. Swap after every exercise that passes.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together: each writes down three candidates, then compare. Agree on your scratchpad: `n_heads` comes after `batch`, always, and `W_Q[h]` is head h. |
# | 10–35 | Exercises 2 (15 min) and 3 (10 min). **Swap** in between. |
# | 35–65 | Exercise 4 (25 min), and the comparison in every layer. **Swap** half-way. |
# | 65–75 | Exercise 5 (10 min): draw the 6 × 6 square on paper before you type. |
# | 75–90 | The two questions below. |
#
# **Before the session:** exercise 1, each of you alone. **After the session:** exercises 6 to 8, as homework or in a second session. Stretch is for those who have time left; if you have time for one only, take the first. **Not finishing is normal:** a session that ends with a module that equals GPT-2's in every layer is a good one.
#
# **Two questions to argue about.**
#
# 1. A head scores 0.9 for the previous token on random names. Is it a previous-token head on ordinary text, too? What would you measure to find out, and which result would change your mind?
# 2. Your scores find kinds of heads that were defined beforehand. How would you find out what a head does that fits none of these definitions?
#
# **Where pairs get stuck.** At the bias of exercise 2, if a shape fits by accident. At `view` where a transpose is meant: say aloud which number moves where. At exercise 7, if one of you counts from the copy and the other from the query: write (3, 1) under the example and go on from there.

# %% [markdown]
# ## What you have built
#
# - **packed_qkv**: queries, keys and values of all heads in one product, with the weights as in GPT-2's file.
# - **project_heads**: the same with a matrix for each head, which is how the course keeps them.
# - **head_outputs**: what each head writes by itself; their sum, plus b_O, is what the layer writes.
# - **MultiHeadAttention**: GPT-2's attention layer, tested against the model's own in every block.
# - **previous_token_score**, **first_token_score**, **induction_score**: three kinds of attention in numbers, with the uniform baseline beside them.
#
# What is still missing? To put it together. You now have both halves of a block: attention, in which positions read from one another, and the MLP of week 4, which takes each position alone. Next week you stack them into blocks, 12 in GPT-2 small, and the model is complete.
#
# Words of this week in the [glossary](../glossary.md): *attention sink, composition, concatenated, grouped-query attention, in-context learning, induction head, multi-head attention, previous-token head, rotary positions, uniform baseline, W_O, z*.
