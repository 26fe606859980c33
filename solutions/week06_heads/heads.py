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
# **The big idea.** One head asks one question of the tokens before it. GPT-2 asks a dozen at once in every block: each head has its own attention pattern, reads its own z, and writes its own vector, and all of these vectors are added to the stream.
#
# | | |
# |---|---|
# | **You will have built** | a whole attention layer of GPT-2, equal to the real one in every block, and three scores that tell you what a head does |
# | **You need** | split_heads (week 1), attention_pattern and weighted_values (week 5), which `parts.py` beside this notebook holds ready |
# | **Time** | core 2 to 2½ hours · stretch 1 to 1½ hours |
# | **Where we are** | text → tokens → embeddings → **blocks** → logits → probabilities → next token |
#
# Last week's functions were written with `...` for the axes in front. This week it pays: they take all heads at once without a change.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether GPT-2 would have got the same.

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
# Last week you looked through one head of the model, then through those of one layer. **What do all of them do?** The next cell runs the model and keeps the pattern of every head in every layer.


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
# Move the mouse over a small square to see it large; a click keeps it there. **Which habits can you find?** A head that looks at the token before; one that looks at the very first token; one in which the second *Anna* or the second *Tom* looks somewhere special. Write your candidates down. By the end of this week you will have measured all of them, and you will see how far the eye can be trusted.
#
# ## The idea in plain words
#
# Think of a dozen readers who sit at the same desk. Each of them sees the whole vector of every token, but through glasses of their own: `W_Q`, `W_K` and `W_V` turn 768 numbers into 64, and every head has learned other ones. So each head looks for something else, finds it somewhere else, and carries something else home.
#
# What a head has read, its **z**, is 64 numbers long and means nothing to anybody else. A fourth matrix, **W_O**, translates it back into the language of the stream: 768 numbers. **How are the dozen translations combined?** They are added up. Nobody votes, nobody is averaged, and no head knows what its neighbours have found. A head that has nothing to say this time should write next to nothing.
#
# This makes heads easy to study. What attention writes is a sum with one term for each head, so you can take a single term out and look at it. The second half of this week does that.
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
# The head axis comes right after the batch, so that the last two axes are what they were last week. In GPT-2 `n_heads` · `d_head` = `d_model`: twelve heads of 64 numbers share 768 between them, and twelve heads cost no more than one head of 768 would.
#
# **What does the scratchpad say?** One of these rows is wrong.

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
# **Why.** Three projections for each of twelve heads would be 36 small matrix products. GPT-2 makes one large one, and its file holds the weights in that form: this is how you will meet them in week 8.
#
# `W_QKV` has 3 · d_model columns. **Which column belongs to whom?** The first d_model of them make the queries of all heads, the next d_model the keys, the last d_model the values. Inside each third the heads lie one after the other, just as in week 1: the first d_head numbers are head 0's. Here n_heads · d_head = d_model.
#
# <details><summary>Hint 1 · a question</summary>
#
# The product has a vector of 3 · d_model numbers for every token. In which order would you cut: first into q, k and v, or first into heads? The text above says what lies next to what.
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `tensor.chunk(3, dim=-1)` cuts an axis into three equal parts. `split_heads(x, n_heads)` of week 1 is imported above: it makes `batch n_heads seq d_head` of `batch seq d_model`.
#
# </details>
#
# <details><summary>If you see "the vector is cut into heads first"</summary>
#
# In einops that would be `(n_heads three d_head)`. The axis that is named first in the brackets is the one that changes last: which one lies outermost here?
#
# </details>
#
# <details><summary>If you see "view or reshape has put the heads before the positions without moving a number"</summary>
#
# `view` and `reshape` never move numbers, they count them anew. Cut the last axis in two where it stands, and swap axes afterwards.
#
# </details>
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
# *What you should see:* a tick. The last of its cases held a whole layer of the model, as its file has it.
#
# **Can last week's function take it from here?** Your queries and keys of layer 0 go into `attention_pattern`, which has never heard of heads, and come out as the model's own patterns.

# %% tags=["look", "raises-exception"]
q, k, v = packed_qkv(
    attention_input(gpt2, layer=0), **packed_weights(gpt2, layer=0), n_heads=gpt2.config.n_heads
)
mine = attention_pattern(q, k)
print(f"q {tuple(q.shape)}, pattern {tuple(mine.shape)}")
gap = (mine - all_patterns(token_ids(gpt2))[:, 0]).abs().max()
print(f"Largest difference from the model's own patterns: {gap:.1e}")

# %% [markdown]
# ## Exercise 2 · `project_heads`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 12 points*
#
# **Why.** The packed form is good for the machine. For you, who want to know what head 7 does, it is better to keep a matrix for each head: then `W_Q[7]` is that head, and nothing else. The course keeps all weights this way from here on. The numbers are the same.
#
# One function serves queries, keys and values: it takes a weight with a head axis, and a bias with one. Every head projects the *whole* vector of every token.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which axis do `x` and `W` share, so that it is summed? Which axes are left, and in which order does the signature want them?
#
# <details><summary>Hint 2 · the bias</summary>
#
# `b` has the shape `(n_heads, d_head)`, the product `(batch, n_heads, seq, d_head)`. Broadcasting lines shapes up from the right. An axis of size 1 goes in by `None`: with `t` of shape `(3, 4)`, `t[:, None, :]` has the shape `(3, 1, 4)`.
#
# </details>
#
# <details><summary>If you see "b meets the positions instead of the heads"</summary>
#
# Without the extra axis the bias is added to the wrong axis wherever the sizes happen to agree, and nothing complains. That is the worst kind of mistake; one case of the check has as many tokens as heads to catch it.
#
# </details>
#
# <details><summary>If you see "torn their rows apart"</summary>
#
# `W.reshape(d_model, -1)` keeps the numbers in the order in which they lie in memory: head by head. With einsum no reshape is needed.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "project_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def project_heads(
    x: Float[Tensor, "batch seq d_model"],
    W: Float[Tensor, "n_heads d_model d_head"],
    b: Float[Tensor, "n_heads d_head"],
) -> Float[Tensor, "batch n_heads seq d_head"]:
    """The queries of all heads, or their keys or values, depending on whose weights these are.

    Each head multiplies each token's whole vector by its own matrix and adds its own bias.
    """
    ### BEGIN SOLUTION
    projected = einsum(x, W, "batch seq d_model, n_heads d_model d_head -> batch n_heads seq d_head")
    return projected + b[:, None, :]
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_project_heads", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.project_heads(project_heads)

# %% [markdown]
# *What you should see:* a tick, also for as many tokens as heads.
#
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
# ## Exercise 3 · `head_outputs`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 12 points*
#
# **Why.** z is what a head has read. What it *writes* is z times its own slice of W_O. If you have this for every head, you can say who did what.
#
# You may have seen it drawn otherwise: all z laid side by side into one long vector, and one large matrix behind. **Is that something else?** No. The rows of the large matrix are those of the twelve small ones, and a product with a long vector is the sum of the products with its pieces. The sum is the form in which you can see the heads.
#
# Here nothing is summed over the heads yet.
#
# <details><summary>Hint 1 · a question</summary>
#
# Head 3 has z[:, 3] and W_O[3], and no business with W_O[4]. How does einsum know that the head axis of z and that of W_O are the same one?
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
# *What you should see:* a tick.
#
# **Do the heads really add up to what the model writes?** For that we have to look inside the model while it runs. `around_attention` gives, for every layer, what its attention reads and what it writes.


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
# ## Exercise 4 · `MultiHeadAttention`
#
# *Difficulty 3 of 5 · importance 5 of 5 · 25 minutes · core, 20 points*
#
# **Why.** This is the attention layer of GPT-2, all of it. Next week it becomes one line of a block, in week 8 it holds OpenAI's numbers, in week 11 you train it.
#
# Keep the weights in `self.W_Q`, `self.W_K`, `self.W_V` (`n_heads d_model d_head`), `self.b_Q`, `self.b_K`, `self.b_V` (`n_heads d_head`), `self.W_O` (`n_heads d_head d_model`) and `self.b_O` (`d_model`), as `nn.Parameter`. Start the weights with random numbers of standard deviation 0.02 and the biases with 0; the check puts its own numbers there. n_heads · d_head need not be d_model, so use the `d_head` that you are given.
#
# (Other homes are fine too: an `nn.Linear` in `self.W_Q` and its like with the heads side by side, one for all three in `self.W_QKV`, or a `nn.ModuleList` of last week's AttentionHead in `self.heads`, with `self.W_O` for what they write.)
#
# The layer gives back what the heads write, and no more: adding it to the stream is the block's work, next week. For the same reason `x` has been through LayerNorm already.
#
# <details><summary>Hint 1 · a question</summary>
#
# Of the five steps in the table above, which two does last week's work do for you, and for which have you written a function today? Where does `b_O` come in: before the heads are added up, or after?
#
# <details><summary>Hint 2 · adding up in the same breath</summary>
#
# `head_outputs(z, self.W_O).sum(dim=1)` is right. It first makes a tensor that is n_heads times as large as what you want, though. An einsum that leaves the head axis out on the right makes the sum at once.
#
# </details>
#
# <details><summary>If you see "b_O is added once for every head"</summary>
#
# Your `+ self.b_O` stands inside the sum.
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
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "MultiHeadAttention", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MultiHeadAttention(nn.Module):
    """All heads of a block: each reads for itself, and what they write is added up.

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
# *What you should see:* a tick. There was a case for every layer of the model.
#
# **And inside the running model, on your own sentence?** Your module takes the place of each layer's attention in turn: it gets what that layer reads, and what it writes is compared with what the layer writes.

# %% tags=["look", "raises-exception"]
for layer, (x, written) in enumerate(around_attention(sentence_ids())):
    attention = MultiHeadAttention(gpt2.config.d_model, gpt2.config.n_heads, gpt2.config.d_head)
    fill_heads(attention, attention_weights(gpt2, layer))
    with torch.no_grad():
        gap = (attention(x) - written).abs().max()
    print(f"layer {layer:2}: largest difference {gap:.1e}, largest number {written.abs().max():.1e}")

# %% [markdown]
# *What you should see:* differences of about a millionth of the largest number, or less. That is float32 adding in another order.
#
# ## What do heads do?
#
# Your eyes have found candidates in the first look. Eyes are generous: with a dozen heads in each of a dozen layers, something always looks like something. So let us give each habit a number between 0 and 1, and ask all heads.
#
# The number needs something to be compared with. **How high would a head score that has no habit at all?** A head that shares its attention out evenly over all that it may see gives some of it to every token, also to the one that you ask about. Below each score you will find what this even head gets.
#
# For the measurements we need a text in which nothing can be guessed from meaning. We take names in random order, like a ring of children who sing their names, and let the ring go round: what was said comes again, in the same order. A few words of introduction stand in front, so that a model of stories knows where it is; only the names are looked at.


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
    """The introduction in front of each row of names."""
    return torch.cat([LEAD.expand(len(names), -1), names], dim=1)


def patterns_of_names(names: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch n_layers n_heads query key"]:
    """All heads' patterns from name to name; what goes to the introduction is left out."""
    return all_patterns(with_lead(names))[..., len(LEAD) :, len(LEAD) :]


def even_pattern(seq: int) -> Float[Tensor, "query key"]:
    """The pattern of a head that shares its attention out evenly over all that it may see."""
    visible = torch.ones(seq, seq).tril()
    return visible / visible.sum(dim=-1, keepdim=True)


def even_pattern_of_names(seq: int) -> Float[Tensor, "query key"]:
    """The even head's pattern from name to name, with the introduction in front."""
    return even_pattern(len(LEAD) + seq)[len(LEAD) :, len(LEAD) :]


def strongest_head(scores: Float[Tensor, "n_layers n_heads"]) -> tuple[int, int]:
    """The layer and the head with the highest score."""
    return divmod(scores.argmax().item(), scores.shape[1])


def score_map(scores: Float[Tensor, "n_layers n_heads"], even: float, title: str):
    """One number for each head, layer by layer; the highest is printed beside that of an even head."""
    layer, head = strongest_head(scores)
    print(f"strongest: layer {layer}, head {head} with {scores.max():.2f}")
    print(f"an even head: {even:.2f}, so this one is {scores.max() / even:.1f} times as strong")
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
# **Why.** To know which word came before is the first thing a reader needs. Heads that do just that, pass on the previous token, turn up in nearly every trained transformer, and they are half of the circuit that you will meet in exercise 7.
#
# The score of a pattern is the attention that a query gives to the token right before it, averaged over the queries from the second token on. The first token has nothing before it and does not count. All axes in front (`batch`, `heads`, `layers`, or none) are kept.
#
# <details><summary>Hint 1 · a question</summary>
#
# Row = query, column = key. Draw a pattern of 4 by 4 and mark the entries that count. How many are there, and on which line do they lie?
#
# <details><summary>Hint 2 · taking entries out</summary>
#
# Two ways. `pattern.diagonal(offset=n, dim1=-2, dim2=-1)` takes a diagonal; a negative offset lies below the main one. Or index with two lists of the same length: `t[..., [1, 2], [0, 5]]` gives the entries (1, 0) and (2, 5), with all axes in front.
#
# </details>
#
# <details><summary>If you see "divided by the number of all queries"</summary>
#
# A pattern of 4 by 4 has three entries that count.
#
# </details>
#
# <details><summary>If you see "the mean has run over the axes in front too"</summary>
#
# `mean(dim=-1)` averages the last axis alone.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "previous_token_score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def previous_token_score(pattern: Float[Tensor, "... query key"]) -> Float[Tensor, "..."]:
    """The attention that goes to the token right before the query, on average over all queries but the first.

    There are as many queries as keys, two at least. The axes in front are kept; a pattern without any has a
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
rounds = names_in_rounds()
scores = previous_token_score(patterns_of_names(rounds)).mean(dim=0)
even = previous_token_score(even_pattern_of_names(rounds.shape[1])).item()
score_map(scores, even, "attention to the previous token")

# %% [markdown]
# *What you should see:* a tick, and a map with a square for each head. If the strongest head is many times as strong as the even one, you have found a previous-token head. If it is not, this model has none, and to know that is worth as much.
#
# ## Exercise 6 · `first_token_score`
#
# *Difficulty 1 of 5 · importance 3 of 5 · 10 minutes · core, 8 points*
#
# **Why.** Softmax makes every row add up to 1: a head *must* look somewhere, also when it finds nothing that it looks for. Many heads of large models then look at the first token, where little is written, and their z is next to nothing. People call that token an attention sink (Xiao and others, 2023). A picture in which everything looks at token 0 usually means "nothing to report".
#
# The score is the attention that goes to the first token. The first token itself can see nothing else, so it has no choice and does not count: average over the queries from the second on. All axes in front are kept.
#
# <details><summary>Hint 1 · a question</summary>
#
# Is it a row or a column of the pattern that you want? And which entry of it do you leave out?
#
# <details><summary>If you see "the first token is all that it can see"</summary>
#
# Entry [0, 0] is 1 in every pattern there is. A score that counts it speaks well of everybody.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "first_token_score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def first_token_score(pattern: Float[Tensor, "... query key"]) -> Float[Tensor, "..."]:
    """The attention that goes to the first token, on average over all queries but the first, which has no choice.

    There are as many queries as keys, two at least. The axes in front are kept.
    """
    ### BEGIN SOLUTION
    return pattern[..., 1:, 0].mean(dim=-1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_first_token_score", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.first_token_score(first_token_score)

# %% [markdown]
# *What you should see:* a tick, and a map with a square for each head.
#
# **Which heads of the model rest on the first token?** If many do, go back to your candidates: which of them were only resting?

# %% tags=["look", "raises-exception"]
text = with_lead(names_in_rounds())
scores = first_token_score(all_patterns(text)).mean(dim=0)
even = first_token_score(even_pattern(text.shape[1])).item()
score_map(scores, even, "attention to the first token")

# %% [markdown]
# ## Exercise 7 · `induction_score`
#
# *Anna Tom Rose Ben … Anna Tom Rose Ben … Anna* — **and who comes now?** You said *Tom* without knowing any of these people. You looked for the place where *Anna* was said before, and read off who came after. A head that does this is called an **induction head** (Olsson and others, 2022). It needs no meaning and no grammar, works on text that the model has never seen, and is the simplest way in which a model learns something from its prompt alone.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 16 points*
#
# **Why.** On a text that repeats, induction leaves a trace that no other habit leaves: one line in the pattern, at a place that you can calculate.
#
# The tokens are one piece of `period` tokens, repeated. Take query i, with i ≥ `period`. Its token was said before at position i − period. **At which position does an induction head look?** Not there, but one further: at i − period + 1, the token *after* the earlier copy, because that is what comes next. The score is the attention of query i to that key, averaged over all queries with i ≥ period. If there are three copies or more, count the copy before the query only, not the older ones. The last piece may be cut off.
#
# With the period 3 and *Anna Tom Rose Anna Tom Rose*, the query at position 3 (*Anna*) is asked about key 1 (*Tom*), query 4 about key 2, query 5 about key 3.
#
# <details><summary>Hint 1 · a question</summary>
#
# Write the pairs (query, key) of that example on paper, in a square of 6 by 6. On which diagonal do they lie? Does the whole diagonal belong to them?
#
# <details><summary>If you see "the earlier copy of its own token"</summary>
#
# Looking at the same token again tells a head nothing that it does not know. What came after it does.
#
# </details>
#
# <details><summary>If you see "the last query of the first copy is counted too"</summary>
#
# The diagonal with the offset 1 − period begins at query period − 1. Its token has not been there before.
#
# </details>
#
# <details><summary>If you see "only the queries of the second copy are asked"</summary>
#
# The third copy repeats the second. Let the queries run to the end.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "induction_score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def induction_score(pattern: Float[Tensor, "... query key"], period: int) -> Float[Tensor, "..."]:
    """The attention that goes to the token after the earlier copy of the query's own token, on average.

    The tokens are one piece of `period` tokens (two at least), repeated; the last copy may be cut off. The mean runs
    over the queries i ≥ period, each with the key i − period + 1. The axes in front are kept.
    """
    ### BEGIN SOLUTION
    queries = torch.arange(period, pattern.shape[-1])
    return pattern[..., queries, queries - period + 1].mean(dim=-1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_induction_score", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
checks.induction_score(induction_score)

# %% [markdown]
# *What you should see:* a tick, and a strongest head far above an even one.
#
# **Does the model have an induction head?** Your score of every head, averaged over twenty rings.

# %% tags=["look", "raises-exception"]
rounds = names_in_rounds()
scores = induction_score(patterns_of_names(rounds), PERIOD).mean(dim=0)
even = induction_score(even_pattern_of_names(rounds.shape[1]), PERIOD).item()
score_map(scores, even, "attention to the token after the earlier copy")

# %% [markdown]
# Here is the strongest of them on the first ring, for a query in the second round. **Who came after this name in the first round, and is that where the head looks?** Pull the slider for the query along the round, and see whether the bar moves with it.

# %% tags=["look", "raises-exception"]
rounds = names_in_rounds()
patterns = patterns_of_names(rounds)
layer, head = strongest_head(induction_score(patterns, PERIOD).mean(dim=0))
ring = token_strings(rounds[0])
pictures.attention_explorer(ring, patterns[0], layer=layer, head=head, query=PERIOD + 2)

# %% [markdown]
# A head may look at the right place and do nothing with it. **Does the model know who comes next?** How surprised it is by each name, round by round. In the first round nobody can know. From the second round on, somebody with induction can.

# %% tags=["look", "raises-exception"]
rounds = names_in_rounds(rounds=3)
with torch.no_grad():
    logits = gpt2.model(with_lead(rounds)).logits[:, len(LEAD) : -1]
surprise = -logits.log_softmax(dim=-1).gather(-1, rounds[:, 1:, None])[..., 0].mean(dim=0)
# The first name of a round is not counted: nobody can know that the ring goes round once more.
for number in range(rounds.shape[1] // PERIOD):
    inside = surprise[number * PERIOD : (number + 1) * PERIOD - 1]
    print(f"round {number + 1}: {inside.mean():5.2f} nats of surprise at each name")
pictures.curve(torch.arange(1, rounds.shape[1]), surprise, x_title="position", y_title="surprise in nats")

# %% [markdown]
# Put the three findings together: the score of the strongest head beside an even head's, what you saw at the slider, and whether the surprise falls from the first round to the second. If all three agree that there is induction, this model does it. If none does, it has not learned it, from too little text or in too few layers; OpenAI's GPT-2 small has several such heads.
#
# ### An induction head made by hand
#
# **What does it take?** One head cannot do it. To find "the token after *Anna*", a query must be able to match a key by what stands *before* that key, and in the first layer a key is made of its own token and its own position alone. Unless somebody has written the previous token there first. So it takes two heads in two layers: a previous-token head, and above it a head whose queries ask "who has my token before it?"
#
# `induction_circuit` holds weights for such a model. Nobody trained them: each is a few ones in the right places (open `utils/examples/induction_by_hand.py` if you want to see them). The attention is yours. **Does the model know who comes next, and which head sees to it?**


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "made_by_hand", "locked": true, "schema_version": 3, "solution": false, "task": false}
RING = ["Anna", "Tom", "Rose", "Ben", "Lily", "Sam"]
MADE_FOR = ["0.0 previous token", "0.1 first token", "1.0 induction", "1.1 first token"]


def made_by_hand() -> tuple[Float[Tensor, "n_heads query key"], list[str]]:
    """Two rounds of the ring through the circuit: the patterns of its four heads, and its guess at each token."""
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
made, guesses = made_by_hand()
print("read  ", *(f"{name:5}" for name in RING * 2))
print("guess ", *(f"{name:5}" for name in guesses))
pictures.attention_heads(RING * 2, made, MADE_FOR)

# %% [markdown]
# In the first round there is nothing to go by, and the guesses are worth nothing; in the second each is the name that comes. **Do your scores find the heads?** Each of the three should light up one kind of head, and only that kind.

# %% tags=["look", "raises-exception"]
made, _ = made_by_hand()
found = {
    "previous token": previous_token_score(made),
    "first token": first_token_score(made),
    "induction": induction_score(made, len(RING)),
}
pictures.heatmap(torch.stack(list(found.values())), list(found), MADE_FOR, title="your scores", largest=1)

# %% [markdown]
# ## Exercise 8 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Heads add an axis to nearly everything, and take it away again in one place. Do you know where?
#
# Fill in the shapes in one block of GPT-2 small, for a **batch of 2 prompts of length 6**: 12 heads, d_model 768, d_head 64. A shape is a tuple, such as `(2, 6)`; a bias of 64 numbers has shape `(64,)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows are weights, and so have no batch axis? In which rows are all heads kept apart, and in which have they been packed together or added up?
#
# <details><summary>If you see "a head's own vectors have d_head numbers"</summary>
#
# 768 numbers come in and 768 go out. In between, each of the twelve heads works with 64.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """The shapes in one block of GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    x = None  # what the heads read
    W_QKV = b_QKV = None  # the packed weight and bias, as GPT-2's file has them
    W_Q = b_Q = None  # the queries' weights and biases of all heads, head by head
    q = pattern = z = None  # the queries of all heads, their patterns, and what they read
    W_O = b_O = None  # by which the heads write, head by head; and the bias that is added
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
# *What you should see:* a tick. Until then, the report names the rows that are not yet right.

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
                    "Numbers 192 to 255, its share of the 768.",
                    why="That is where its queries lie in the packed product, after the projection. What goes *into* the projection is the whole vector.",
                ),
                Choice(
                    "All of it.",
                    right=True,
                    why="W_Q[3] has 768 rows. The 64 numbers are what the head makes of all 768.",
                ),
                Choice(
                    "Whatever the other heads have left.",
                    why="Heads know nothing of each other. All of them read the same x, at the same time.",
                ),
            ],
        ),
        Question(
            "You swap heads 2 and 5 of a layer: W_Q, W_K, W_V, their biases, and W_O too. What changes in what the layer writes?",
            [
                Choice(
                    "Nothing.",
                    right=True,
                    why="A sum does not depend on the order of its terms. The numbers of the heads are names and nothing else.",
                ),
                Choice(
                    "Everything: later layers expect the heads in their places.",
                    why="Later layers see the sum only. It would be so if you forgot to swap W_O with the rest.",
                ),
                Choice(
                    "Only the pattern.",
                    why="The two patterns swap places, and so do the two z and the two matrices behind them. The sum is what it was.",
                ),
            ],
        ),
        Question(
            "One head with d_head 768 would have as many weights as twelve heads with 64. What would be lost?",
            [
                Choice(
                    "Speed: one large head is slower.",
                    why="The products cost the same. If anything, one large head has fewer shares to compute.",
                ),
                Choice(
                    "Eleven of the twelve patterns.",
                    right=True,
                    why="A head has one pattern: it can look at one thing, or at a blend. Twelve heads can look at the previous token, at the subject and at the last comma at the same time, and keep the three apart.",
                ),
                Choice(
                    "Nothing: the matrices are the same, in another arrangement.",
                    why="The weights are. But the softmax lies between them, and there would be one instead of twelve.",
                ),
            ],
        ),
        Question(
            "Could an induction head sit in the first layer of GPT-2?",
            [
                Choice(
                    "Yes, if its W_Q and W_K are trained for it.",
                    why="It would have to find a key by the token *before* it. In the first layer a key knows its own token and its own position, and no training can put more into it.",
                ),
                Choice(
                    "No: somebody must have written the previous token into the key's vector first.",
                    right=True,
                    why="That is what the previous-token head below does. Two layers are the least it takes.",
                ),
                Choice(
                    "Only for names.",
                    why="Induction works on any token that has been there before. That is what makes it useful.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# The second question can be tested. **Does the order of the heads matter?** Layer 0 with its heads in reverse, once with W_O and once without.

# %% tags=["look", "raises-exception"]
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
# ### In your own words
#
# A classmate says: *"Multi-head attention is a vote. Each of the twelve heads has an opinion on which token matters, the opinions are averaged, and the winner's vector is copied."* What is wrong about this, and what happens instead? Answer in four or five sentences, and use the words **pattern**, **z** and **W_O**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Nothing is averaged over the heads, and nobody wins. Each head has a pattern of its own and keeps it: one may look at the previous token while another looks at the subject of the sentence, for the same query at the same time. With its own pattern each head blends its own values into its own z; that is a blend of short projections of d_head numbers, not a copy of any token's vector. Then W_O, which has a matrix for each head, turns each z into a vector as wide as the stream, and these vectors are added up. So a head does not try to outvote the others: it adds its finding to theirs, and if it has found nothing it can look where there is little to read and write next to nothing.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `sdpa_attention`
#
# Between your scores and your z there stands a pattern with an entry for every query and every key of every head. **How large is it, when the text gets long?**

# %% tags=["look", "raises-exception"]
for seq in (1_024, 8_192, 65_536):
    print(f"{seq:6,} tokens, 12 heads, one layer: {12 * seq * seq * 4 / 1e6:10,.0f} MB of shares")

# %% [markdown]
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** `F.scaled_dot_product_attention` does scores, mask, softmax and blending in one go. On a GPU it works through the keys piece by piece and never keeps the whole pattern (Dao and others, 2022: FlashAttention). Real code calls it, so you should know what it does and where it bites.
#
# Give z by that function, from q, k and v of all heads. It scales by 1/√d_head by itself. It hides nothing by itself: the mask is your business. There may be fewer queries than keys, and then the queries are the last positions, as in week 5.
#
# <details><summary>Hint 1 · a question</summary>
#
# `is_causal=True` looks as if it were all you need. Read in its documentation (`F.scaled_dot_product_attention?` in a cell) how it treats fewer queries than keys: at which corner does its triangle begin?
#
# <details><summary>If you see "what should be hidden is shown"</summary>
#
# A boolean `attn_mask` is True where a query **may** look. Week 5's masked_fill had True where it may not.
#
# </details>
#
# <details><summary>If you see "with fewer queries than keys, is_causal takes the first query for the first position"</summary>
#
# Make the mask yourself: which keys does the first query see, if `key - query` of them lie before it? And keep to the device of q.
#
# </details>
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
# *What you should see:* a tick, also for fewer queries than keys.
#
# ## Stretch 2 · `grouped_query_attention`
#
# When a model writes, it keeps the keys and values of all tokens so far (week 9). **Do all heads need keys and values of their own?** Llama 3 with 8 billion parameters has 32 heads of queries and only 8 of keys and values: four neighbouring query heads share one (Ainslie and others, 2023). The questions stay different; what is asked is shared, and has to be kept only once.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** Keys and values are what fills the memory while a model writes, and this is how most large models keep it small.
#
# `k` and `v` have n_kv_heads heads, and n_heads is a multiple of that. With n_heads 6 and n_kv_heads 2, query heads 0, 1 and 2 use head 0 of the keys and values, and 3, 4 and 5 use head 1. There may be fewer queries than keys. Write it with last week's functions: torch's own function can do groups too, so it is not allowed here.
#
# <details><summary>Hint 1 · a question</summary>
#
# Last week's functions want as many heads in `k` as in `q`. Which heads of `k` must stand where, if you write the list down for the example above?
#
# <details><summary>Hint 2 · two ways</summary>
#
# Repeat the heads of `k` and `v`: `repeat_interleave(n, dim=…)` makes *a a b b* of *a b*, `repeat` makes *a b a b*. Or give `q` one more axis, for the place in the group, and let broadcasting do the repeating.
#
# </details>
#
# <details><summary>If you see "the key heads are dealt out in turns"</summary>
#
# You have *a b a b*. Neighbours share.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "grouped_query_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_grouped_query_attention", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.grouped_query_attention(grouped_query_attention)

# %% [markdown]
# *What you should see:* a tick; half as many heads of keys and values take half the room.
#
# **What would GPT-2 small save?** Keys and values of all its 12 layers for a full context of 1,024 tokens, in float32, by the number of heads that keys and values have.

# %% tags=["look", "raises-exception"]
small = reference.CONFIGS["gpt2"]
of_one_head = 2 * small.n_layers * small.d_head * small.n_ctx * 4 / 1e6  # keys and values, in MB
kept = {f"{heads} head{'s' if heads > 1 else ''}": heads * of_one_head for heads in (12, 6, 4, 2, 1)}
pictures.bars(kept, title="What has to be kept of one text", value_title="MB")

# %% [markdown]
# ## Stretch 3 · `rotary_positions`
#
# GPT-2 adds a position vector once, at the bottom, and has learned 1,024 of them. **What about position 1,025?** There is none. Most models after GPT-2 do it otherwise (Su and others, 2021: RoPE): nothing is added to the stream, and every head turns its queries and keys by an angle that grows with their position. A dot product depends on the angle *between* two vectors, so the score depends on how far apart the two tokens are, and not on where they stand.
#
# *Difficulty 4 of 5 · importance 3 of 5 · 30 minutes · stretch, 15 points*
#
# **Why.** So a head can care for distance and not for place, and no position is beyond the last one.
#
# The d_head numbers of a vector are taken as pairs: pair j is number j and number j + d_head/2, the coordinates (a, b) of a point in a plane. (Some code pairs neighbours instead. We do as Llama in Hugging Face's library.) At position p pair j is turned by the angle
#
# `p · base^(−2j / d_head)`
#
# in radians, so that pair 0 turns by 1 radian from each position to the next, and later pairs ever more slowly. Turning (a, b) by an angle gives (a · cos − b · sin, b · cos + a · sin). The first token of `x` stands at `first_position`.
#
# <details><summary>Hint 1 · a question</summary>
#
# How many different angles are there for a sequence of seq tokens? Which shape has the table of them, and how does it meet `x`, whatever axes `x` has in front?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `x.chunk(2, dim=-1)` gives all a and all b. `torch.arange` gives positions and pair numbers (with `device=x.device`), and `torch.outer` a table of products. At position 0 nothing may change: that is a quick test.
#
# </details>
#
# <details><summary>If you see "numbers 0 and 1 make the first pair"</summary>
#
# Yours are neighbours. The partner of number 0 is number d_head/2.
#
# </details>
#
# <details><summary>If you see "the signs of the two sines are swapped"</summary>
#
# (1, 0), turned by a quarter, becomes (0, 1). Put a = 1, b = 0, cos = 0, sin = 1 into your two lines.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "rotary_positions", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rotary_positions(
    x: Float[Tensor, "... seq d_head"], first_position: int = 0, base: float = 10_000.0
) -> Float[Tensor, "... seq d_head"]:
    """The queries or keys, each turned by its position: Su et al. 2021, paired as in Llama.

    Pair j is (x[j], x[j + d_head/2]); at position p it is turned by p · base^(−2j / d_head) radians. d_head is
    even. The first token stands at `first_position`. Tensors that you make here take device=x.device.
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_rotary_positions", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.rotary_positions(rotary_positions)

# %% [markdown]
# *What you should see:* a tick, and diagonals of one colour.
#
# **Does the score depend on the distance alone?** The same query and the same key at every one of 16 positions. Walk along a diagonal of the picture; then see what happens when both move on by 100 positions.

# %% tags=["look", "raises-exception"]
generator = torch.Generator().manual_seed(6)
same_q, same_k = (torch.randn(64, generator=generator).expand(16, 64) for _ in range(2))
here = rotary_positions(same_q) @ rotary_positions(same_k).mT
further = rotary_positions(same_q, first_position=100) @ rotary_positions(same_k, first_position=100).mT
print(f"100 positions further on, the scores differ by {(here - further).abs().max():.1e} at most.")
places = [str(place) for place in range(16)]
pictures.heatmap(
    here, places, places, row_title="query", column_title="key", title="scores of one query and key"
)

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and reads the shapes aloud. Swap after every exercise that has its tick.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together: each writes down three candidates, then compare. |
# | 10–30 | Exercises 1 and 2. Agree on your scratchpad: `n_heads` comes after `batch`, always, and `W_Q[h]` is head h. **Swap** in between. |
# | 30–55 | Exercises 3 and 4, and the comparison in every layer. **Swap.** |
# | 55–75 | Exercise 7, with 5 as a warm-up: draw the 6 × 6 square on paper before you type. |
# | 75–90 | The two questions below. |
#
# Core is exercises 1 to 8; 6 and 8 do well as homework. Stretch is for whoever has time left; if you have time for one only, take the first. **Not finishing is normal:** a session that ends with a module that equals GPT-2's in every layer is a good one.
#
# **Two questions to argue about.**
#
# 1. A head scores 0.9 for the previous token on random names. Is it a previous-token head on ordinary text as well? What would you measure to find out, and which result would change your mind?
# 2. Your scores find habits that somebody thought of beforehand. How would you find out what a head does when nobody has named its habit yet?
#
# **Where pairs get stuck.** At the bias of exercise 2, when a shape fits by accident. At `view` where a transpose is meant: say aloud which number moves where. At exercise 7, when one of you counts from the copy and the other from the query: write (3, 1) under the example and go on from there.

# %% [markdown]
# ## What you have built
#
# - **packed_qkv**: queries, keys and values of all heads out of one product, as GPT-2's file has them.
# - **project_heads**: the same with a matrix for each head, which is how the course keeps them.
# - **head_outputs**: what each head writes by itself; the heads add up.
# - **MultiHeadAttention**: GPT-2's attention layer, equal to the real one in every block.
# - **previous_token_score**, **first_token_score**, **induction_score**: three habits in numbers, and an even head to compare them with.
#
# What is still missing? To put it together. You now have both halves of a block: attention, in which tokens read from one another, and the MLP of week 4, which takes each token alone. Next week they go on top of each other, twelve times over, and the machine is whole.
#
# Words of this week in the [glossary](../glossary.md): *attention head, attention sink, b_O, even head, first-token head, grouped-query attention, head output, induction head, multi-head attention, n_kv_heads, packed weights, period, previous-token head, rotary positions, W_O*.
