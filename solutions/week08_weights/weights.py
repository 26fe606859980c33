# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 8 · GPT-2's weights in your machine
#
# **The big idea.** You have built GPT-2, but its weights are random, and so are its predictions. The weights that training found are in a file; such a model is called **pretrained**. This week you load them into your own model, each into the right parameter, and its predictions become those of the file's model.
#
# | | |
# |---|---|
# | **You will have built** | a strict loader that fills your model with pretrained weights, a test that compares its logits with Hugging Face's, and the usual measures of language models |
# | **You need** | your `GPT2` (weeks 3 to 7) and `log_softmax` (week 1), which are in `parts.py` beside this notebook |
# | **Time** | reading and demonstrations 1 h 10 min · core exercises 2 h 35 min · stretch 55 min |
# | **Where we are** | **text → tokens → embeddings → blocks → logits → probabilities → next token**: the whole way, for the first time with trained weights |
#
# The parts that you wrote so far were checked one by one. Today they are tested together: a transposed matrix or two swapped LayerNorms change the logits, and a comparison with Hugging Face's model shows it, even where the text still looks fine.
#
# Run the cells from top to bottom. Write your code where a cell contains `# YOUR CODE HERE`; the check below it compares your result with that of Hugging Face's GPT-2, or with a direct computation.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
from collections.abc import Sequence
from itertools import islice, permutations
from textwrap import fill

import torch
from einops import rearrange
from jaxtyping import Float, Int
from parts import (
    GPT2,
    attention_pattern,
    log_softmax,
    merge_heads,
    project_heads,
    top_next_tokens,
    weighted_values,
)
from safetensors import safe_open
from torch import Tensor, nn

from utils import pictures, reference
from utils.checks import week08_weights as checks
from utils.quiz import Choice, Question, quiz
from utils.reference import CONFIGS, ModelConfig
from utils.scratchpad import Scratchpad
from utils.story_world import Story, corpus, stories
from utils.tokens import token_strings

gpt2 = reference.load()
END_OF_TEXT = 50256
STORY = (
    "One grey day, Sarah went to the market for her uncle. She wanted six ripe apples and a lemon for a pie. "
    "The apples were red and the lemon was yellow. A kind farmer put them in her blue bag with a tiny bell. "
    'On the way home she met Omar near the station. "May I try an apple?" asked Omar. "Yes, but the lemon is '
    'for my uncle," said Sarah. Omar ate the apple slowly. "It is very sweet," he said. At home her uncle opened '
    "the blue bag, made the pie and kept the bell behind the clock."
)


def as_tokens(text: str) -> Int[Tensor, "1 seq"]:
    """The text's ids as a batch of one, after an <|endoftext|>, which separated the texts in training."""
    return torch.tensor([[END_OF_TEXT, *gpt2.tokenizer.encode(text)]])


# %% [markdown]
# ## A first look
#
# **What is the difference between your model and GPT-2?** Here are two models with the same number of layers, heads and parameters. One is yours, as `GPT2(config)` makes it. The other is the reference. Both get a story as far as *A kind farmer put them in her*, and predict the next token.

# %% tags=["look", "raises-exception"]
start = as_tokens(STORY[: STORY.index(" blue bag")])
fresh = GPT2(gpt2.config)
with torch.no_grad():
    predictions = {"yours, with random weights": fresh(start), gpt2.name: gpt2.model(start).logits}
del fresh  # with GPT-2 as the reference, half a gigabyte
for name, logits in predictions.items():
    p, ids = (row[0] for row in top_next_tokens(logits, k=5))
    best = ", ".join(f"{token} {each:.3%}" for token, each in zip(token_strings(ids), p, strict=True))
    print(f"{name}:\n    {best}")
p, ids = (row[0] for row in top_next_tokens(predictions[gpt2.name], k=8))
pictures.bars(
    dict(zip(token_strings(ids), p, strict=True)),
    title=f"next token, predicted by {gpt2.name}",
    value_title="probability",
)

# %% [markdown]
# The code and the shapes are the same; only the numbers differ. With the loader of exercise 4 your model will give the same tokens and probabilities.

# %% [markdown]
# ## The idea in plain words
#
# A model's weights are saved as a **state dict**: a dict from names to tensors. The GPT-2 of Hugging Face's library, HF's for short, has one, and so has your model, since every `nn.Module` can list its parameters by name. The two can hold the same numbers, but under different names and in different shapes.
#
# **What is the same, and what is not?** Below are both lists for the first block, and for what is outside the blocks. Take your time: nearly all of this week is about these two lists.

# %% tags=["look", "raises-exception"]
theirs = {name: tuple(tensor.shape) for name, tensor in gpt2.state_dict.items()}
mine = {name: tuple(tensor.shape) for name, tensor in GPT2(gpt2.config).state_dict().items()}
for title, shapes, others in (("HF's", theirs, ".h."), ("Your model's", mine, "blocks.")):
    print(f"{title} state dict: {len(shapes)} names")
    for name, shape in shapes.items():
        if others not in name or f"{others}0." in name:
            print(f"    {name:40} {shape}")

# %% [markdown]
# There are three differences.
#
# - *Other names.* `wte` is your `embed.W_E`, a LayerNorm's `weight` is your `gain`, `c_fc` is `W_in`. The layers whose names begin with c are of HF's class **Conv1D**, named after a function `conv1d` in the code that OpenAI published: a convolution over a single position, which is an ordinary matrix product with a bias.
# - *Other shapes.* HF has one `c_attn` where you have W_Q, W_K and W_V. And HF keeps the heads side by side in one matrix, where yours have a separate axis.
# - *One matrix under two names.* `lm_head.weight` is the unembedding. It is tied (**weight tying**): the same numbers as `wte`. Your model lists it, too, as `unembed.embed.W_E`.
#
# The danger of this week is an error without a message. Many of these tensors have equal shapes. If two of them are swapped, the model runs and its predictions are wrong. So a good loader accounts for every name, compares every shape, and stops with a clear message when something does not fit.

# %% [markdown]
# ## The idea in shapes
#
# | HF's tensor | its shape | becomes | of shape |
# |---|---|---|---|
# | `attn.c_attn.weight` | `d_model 3·d_model` | three weights | `n_heads d_model d_head` each |
# | `attn.c_attn.bias` | `3·d_model` | three biases | `n_heads d_head` each |
# | `attn.c_proj.weight` | `d_model d_model` | one weight | `n_heads d_head d_model` |
# | every other | some shape | one parameter | the same shape |
#
# Then the model runs, and its logits are turned into **losses**: how improbable was each token that came, according to the model? **What does the scratchpad report about the last row?**

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6, d_vocab=50257)
pad.note("tokens", (2, 6), "batch seq")
pad.note("logits", (2, 6, 50257), "batch seq d_vocab")
pad.note("losses", (2, 5), "batch seq")
pad

# %% [markdown]
# ## Exercise 1 · `name_map`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 20 minutes · core, 12 points*
#
# **Why.** The map translates between the two lists. If every name of both lists is in it, no tensor is forgotten and no parameter stays random.
#
# For each name in HF's state dict, give the names in your model's state dict that its tensor fills, as a tuple. Most tuples hold one name. `c_attn` fills three, in the order Q, K, V. Your names are those of the list above: `embed.W_E`, `blocks.0.ln_1.gain`, `blocks.0.attn.W_Q` and so on. Every name of either list is in the map exactly once.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which names occur once, and which once in every block? For the latter, what is the same in all blocks, and what changes?
#
# <details><summary>Hint 2 · how to write it</summary>
#
# Begin with a dict that holds `wte` and `wpe`. Then write a loop over the layers, with f-strings for the keys and for the names in the tuples. A tuple of one has a comma: `("a",)`.
#
# </details>
# </details>
#
# <details><summary>If you see "first differs … expected …"</summary>
#
# Both lists are in alphabetical order, and this is the first entry at which they differ. Is the expected name missing from yours, or did you write it differently?
#
# </details>
#
# <details><summary>If you see "lm_head.weight fills the embedding again"… or that it is not in the map</summary>
#
# Look at the last line of your model's list. Which module does `unembed` hold, and which parameter does that one have?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "name_map", "locked": false, "schema_version": 3, "solution": true, "task": false}
def name_map(config: ModelConfig) -> dict[str, tuple[str, ...]]:
    """For each name in HF's state dict, the names in GPT2's own state dict that its tensor fills.

    c_attn fills three, in the order Q, K, V; every other name fills one. Every name of either side is used once.
    """
    ### BEGIN SOLUTION
    names = {"transformer.wte.weight": ("embed.W_E",), "transformer.wpe.weight": ("pos_embed.W_pos",)}
    for layer in range(config.n_layers):
        theirs, ours = f"transformer.h.{layer}", f"blocks.{layer}"
        for norm in ("ln_1", "ln_2"):
            names[f"{theirs}.{norm}.weight"] = (f"{ours}.{norm}.gain",)
            names[f"{theirs}.{norm}.bias"] = (f"{ours}.{norm}.bias",)
        for kind, letter in (("weight", "W"), ("bias", "b")):
            names[f"{theirs}.attn.c_attn.{kind}"] = tuple(f"{ours}.attn.{letter}_{each}" for each in "QKV")
            names[f"{theirs}.attn.c_proj.{kind}"] = (f"{ours}.attn.{letter}_O",)
            names[f"{theirs}.mlp.c_fc.{kind}"] = (f"{ours}.mlp.{letter}_in",)
            names[f"{theirs}.mlp.c_proj.{kind}"] = (f"{ours}.mlp.{letter}_out",)
    names |= {"transformer.ln_f.weight": ("ln_f.gain",), "transformer.ln_f.bias": ("ln_f.bias",)}
    return names | {"lm_head.weight": ("unembed.embed.W_E",)}
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_name_map", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.name_map(name_map)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, and *none* three times. The storyteller's state dict has 53 names in HF's form, GPT-2 small's 149: 12 in each block, and 5 outside the blocks.
#
# </details>
#
# **Is anything left over on either side?** Your map, compared with the two real lists.

# %% tags=["look", "raises-exception"]
names = name_map(gpt2.config)
filled = [name for targets in names.values() for name in targets]
print("HF's names that your map lacks:      ", sorted(set(gpt2.state_dict) - set(names)) or "none")
print("Your model's names that stay random: ", sorted(set(mine) - set(filled)) or "none")
print("Filled twice:                        ", sorted({n for n in filled if filled.count(n) > 1}) or "none")
print("Names in HF's state dict:            ", len(gpt2.state_dict))

# %% [markdown]
# ## Exercise 2 · `split_c_attn`
#
# In week 6 you cut the *result* of the packed product into q, k, v and heads. A loader cuts the packed *weights*, and it meets a question that the shapes do not answer: **in which order are the columns?** Three indices share the one axis of 3 · d_model columns: which of q, k and v (call it `three`), which head (`n_heads`), and which of the head's numbers (`d_head`). GPT-2's file has them in the order `three n_heads d_head`, from the slowest index to the fastest: all of q, then all of k, then all of v. The files of GPT-NeoX and BLOOM have `n_heads three d_head`: q, k and v of head 0, then those of head 1 (their classes in HF's library cut each head into three). Six orders are possible, and all six give the same shapes.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 15 minutes · core, 10 points*
#
# **Why.** If it is cut in the wrong order, every shape still fits, and no error shows it. The looks below find the right order, and wrong ones, by what comes out.
#
# Write the cut for any of the six orders: `order` is a string of the three names. One function works for the weight, `[d_model, 3·d_model]`, and for the bias, `[3·d_model]`: only the last axis is cut, whatever axes come before it. The result is three tensors, for q, k and v, with the head axis first: `[n_heads, d_model, d_head]` for the weight, `[n_heads, d_head]` for the bias.
#
# <details><summary>Hint 1 · a question</summary>
#
# What is the same for all orders, and what changes? In einops, the names in the brackets go from the slowest to the fastest.
#
# <details><summary>Hint 2 · einops</summary>
#
# `rearrange(x, "rows (a b) -> a rows b", a=4)` cuts the last axis into 4 parts and moves the new axis to the front. A pattern is a string like any other: `f"rows ({names})"` puts the text of a variable into it. How would you write it for three factors, and for any number of other axes (`...`)? A tensor can be taken apart along its first axis: `tuple(x)`.
#
# </details>
# </details>
#
# <details><summary>If you see "the order is ignored"</summary>
#
# The cases with GPT-2's own order are right, and the others are not. Where does `order` come into your pattern?
#
# </details>
#
# <details><summary>If you see "the numbers have other indices", or "no number moves"</summary>
#
# `reshape` and `view` keep the order of the numbers. Cut first, then move the head axis (`rearrange`, `permute`, `movedim`).
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "split_c_attn", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_c_attn(
    packed: Float[Tensor, "... three_d_model"], n_heads: int, order: str = "three n_heads d_head"
) -> tuple[Float[Tensor, "n_heads ... d_head"], ...]:
    """What belongs to q, to k and to v in a packed weight or bias: three tensors, cut head by head.

    `packed` is the weight [d_model, 3·d_model] or the bias [3·d_model]. `order` names the indices of its columns
    from the slowest to the fastest: "three", "n_heads" and "d_head", in any order, with a space between them.
    """
    ### BEGIN SOLUTION
    pattern = f"... ({order}) -> three n_heads ... d_head"
    by_head = rearrange(packed, pattern, three=3, n_heads=n_heads)
    return tuple(by_head)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_split_c_attn", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.split_c_attn(split_c_attn)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. Two of its cases are a real layer's weight and bias. From GPT-2 small's weight `(768, 2304)` come three tensors `(12, 768, 64)`, and from its bias three `(12, 64)`. In the first look below one order has an error of about 1e-6, and the five others differ by 6 to 8 in the storyteller.
#
# </details>
#
# **How could you find the order of a file, if it were written down nowhere?** The first look catches what the first block's attention reads and what it writes for the story. The second computes it from the file's weights with your own parts of weeks 5 and 6, in each of the six orders.

# %% tags=["look", "raises-exception"]
block = gpt2.model.transformer.h[0]
caught = {}
hooks = [
    block.ln_1.register_forward_hook(lambda module, inputs, output: caught.update(read=output)),
    block.attn.c_proj.register_forward_hook(lambda module, inputs, output: caught.update(written=output)),
]
with torch.no_grad():
    gpt2.model(as_tokens(STORY))
for hook in hooks:
    hook.remove()


def difference(
    weights: Sequence[Float[Tensor, "n_heads d_model d_head"]],
    biases: Sequence[Float[Tensor, "n_heads d_head"]],
    head_order: Sequence[int] = range(gpt2.config.n_heads),
) -> float:
    """How far attention with these W_Q, W_K and W_V is from the model's own, its heads given to W_O in `head_order`."""
    with torch.no_grad():
        q, k, v = (project_heads(caught["read"], W, b) for W, b in zip(weights, biases, strict=True))
        z = weighted_values(attention_pattern(q, k), v)[:, list(head_order)]
        return (block.attn.c_proj(merge_heads(z)) - caught["written"]).abs().max().item()


# %% tags=["look", "raises-exception"]
packed = block.attn.c_attn.weight.detach(), block.attn.c_attn.bias.detach()
for names in permutations(("three", "n_heads", "d_head")):
    weights, biases = (split_c_attn(each, gpt2.config.n_heads, " ".join(names)) for each in packed)
    shapes = {tuple(each.shape) for each in weights}
    print(f"{' '.join(names):24} {shapes}   differs by {difference(weights, biases):.0e}")

# %% [markdown]
# A comparison of outputs has found what the shapes cannot tell. **Does it find every exchange of numbers?** Here are five changes of the weights in their right order. Predict for each: will the output differ?
#
# 1. Heads 0 and 1 change places in q alone.
# 2. They change places in q and k.
# 3. They change places in q, k and v, and their z are given to W_O in the old order again.
# 4. In every head, q's numbers come in reverse order.
# 5. In every head, the numbers of q and of k come in reverse order.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
exchanged = [1, 0, *range(2, gpt2.config.n_heads)]
(W_Q, W_K, W_V), (b_Q, b_K, b_V) = (split_c_attn(each, gpt2.config.n_heads) for each in packed)
swapped_W = [each[exchanged] for each in (W_Q, W_K, W_V)]
swapped_b = [each[exchanged] for each in (b_Q, b_K, b_V)]
changes = {
    "1 heads exchanged in q": ([swapped_W[0], W_K, W_V], [swapped_b[0], b_K, b_V]),
    "2 in q and k": ([*swapped_W[:2], W_V], [*swapped_b[:2], b_V]),
    "3 in q, k, v, and back before W_O": (swapped_W, swapped_b, exchanged),
    "4 numbers reversed in q": ([W_Q.flip(-1), W_K, W_V], [b_Q.flip(-1), b_K, b_V]),
    "5 in q and k": ([W_Q.flip(-1), W_K.flip(-1), W_V], [b_Q.flip(-1), b_K.flip(-1), b_V]),
}
for name, changed in changes.items():
    print(f"{name:34} differs by {difference(*changed):.0e}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# Changes 1, 2 and 4 show: by 0.3, 1 and 2 in the storyteller. Changes 3 and 5 do not, apart from rounding (about 1e-6). Attention adds up its heads, so their order means nothing as long as W_O knows it; and a score adds up d_head products, so their order means nothing as long as q and k agree. Different weights can compute the same function. That is why a loader is tested by its outputs, and why weights of two models cannot be compared number by number.
#
# </details>

# %% [markdown]
# ## Exercise 3 · `fix_conv1d`
#
# An `nn.Linear` keeps its weight as (outputs, inputs) and computes `x @ W.T`. HF's `Conv1D` keeps (inputs, outputs) and computes `x @ W`. If GPT-2 is rebuilt from `nn.Linear`, every matrix in the blocks has to be transposed. **Do yours have to be?** Here is the first block's c_fc, used both ways, compared with the output of HF's own layer.

# %% tags=["look", "raises-exception"]
c_fc = gpt2.state_dict["transformer.h.0.mlp.c_fc.weight"]
x = torch.randn(1, 4, gpt2.config.d_model)
with torch.no_grad():
    layer = gpt2.model.transformer.h[0].mlp.c_fc
    hf_gives = layer(x) - layer.bias
print(f"c_fc.weight: {tuple(c_fc.shape)}; your W_in: {mine['blocks.0.mlp.W_in']}")
print(f"x @ W differs from HF's layer by {(x @ c_fc - hf_gives).abs().max():.0e}")
try:
    print(f"x @ W.T differs by {(x @ c_fc.T - hf_gives).abs().max():.0e}")
except RuntimeError as problem:
    print("x @ W.T:", problem)

# %% [markdown]
# You have kept your matrices as (inputs, outputs) since week 4, as HF does, so they must not be transposed. For `attn.c_proj` this mistake would raise no error: that matrix is square and fits both ways.
#
# But it has to be cut. The input of `attn.c_proj` is the z of all heads side by side: its first d_head rows belong to head 0, the next to head 1. Your W_O has an axis for the heads.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 10 points*
#
# **Why.** After this function, every one of HF's tensors has the shape of your model's parameter.
#
# Given a name of HF's state dict and its tensor, return a tuple of as many tensors as `name_map` has names for it, in the same order: three for `c_attn` (weight and bias), one for all others. `attn.c_proj.weight` is cut into heads, `n_heads d_head d_model`; all other tensors are returned unchanged.
#
# <details><summary>Hint 1 · a question</summary>
#
# How many kinds of tensors are treated specially? By which part of the name can you tell each kind, and no other?
#
# </details>
#
# <details><summary>If you see "two layers of a block are called c_proj"</summary>
#
# `"abc" in name` and `name.endswith("abc")` test a part of the name. Which part does attention's c_proj have that the MLP's does not have? And its bias?
#
# </details>
#
# <details><summary>If you see "type: expected a tuple of 1"</summary>
#
# `(tensor)` is the tensor. `(tensor,)` is a tuple that holds it.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "fix_conv1d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fix_conv1d(name: str, tensor: Float[Tensor, "..."], n_heads: int) -> tuple[Float[Tensor, "..."], ...]:
    """One tensor of HF's state dict in the shapes of GPT2's parameters, as many as name_map has names for it.

    c_attn's weight and bias become three; attention's c_proj weight [d_model, d_model] becomes [n_heads, d_head,
    d_model]; all others stay as they are. A Conv1D's weight has the axes (inputs, outputs), as W_in and W_out have.
    """
    ### BEGIN SOLUTION
    if ".c_attn." in name:
        return split_c_attn(tensor, n_heads)
    if name.endswith(".attn.c_proj.weight"):
        return (rearrange(tensor, "(n_heads d_head) d_model -> n_heads d_head d_model", n_heads=n_heads),)
    return (tensor,)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_fix_conv1d", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.fix_conv1d(fix_conv1d)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, for every kind of tensor, square ones included. Above it, `x @ W` differs from HF's layer by 0 or by rounding, and `x @ W.T` is an error of shapes.
#
# </details>

# %% [markdown]
# ## Exercise 4 · `load_gpt2`
#
# *Difficulty 4 of 5 · importance 5 of 5 · 25 minutes · core, 20 points*
#
# **Why.** With this function your model becomes a pretrained one. All later weeks use it.
#
# Make a new `GPT2(config)`, fill it, return it in eval mode. It has to be strict:
#
# - *Every name.* A name that is missing, and one that the map does not have, end in an error whose message names it. Then no parameter can stay random.
# - *Every shape.* So does a tensor whose shape is not the one that follows from the config. Beware of `copy_`: it broadcasts a tensor that is too small, without an error. `load_state_dict` compares names and shapes, and its messages use your model's names, which is fine.
# - *The tie.* Your model has one matrix for embedding and unembedding. If `lm_head.weight` differs from `transformer.wte.weight`, one of them would be lost: an error that names `lm_head.weight`.
# - *Separate memory.* Training your model must not change the state dict, so numbers are copied. `load_state_dict` and `copy_` do this, and they convert 16-bit numbers to float32. A new `nn.Parameter(tensor)` does neither.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which two sets of names have to be equal before you copy anything? And when they are, what remains to be done for each entry of `name_map`?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `one.keys() ^ other.keys()` are the names that only one of two dicts has. `dict(zip("ab", [1, 2], strict=True))` makes a dict from two sequences, and `a |= b` adds one dict to another. `raise ValueError(f"…")` stops with a message.
#
# </details>
# </details>
#
# <details><summary>If you see "left random"</summary>
#
# The list names parameters that were different after each of two loads. They kept the numbers of a new model. Did `strict=False` leave them out?
#
# </details>
#
# <details><summary>If you see "one that does not name the tensor"</summary>
#
# There is an error, but its message does not tell the reader which tensor it was. An error that einops raises inside your `fix_conv1d` does not contain the name. Which statement catches an error and raises another one with a better message?
#
# </details>
#
# <details><summary>If you see "shares memory"</summary>
#
# An assignment such as `parameter.data = tensor` does not copy: both names then refer to the same numbers.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "load_gpt2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def load_gpt2(state_dict: dict[str, Tensor], config: ModelConfig) -> GPT2:
    """A new GPT2 in float32 and eval mode with a copy of the weights of HF's state dict.

    Raises:
        ValueError: a name is missing or unknown, a tensor has another shape than that which follows from the config
            (here a RuntimeError is also accepted), or lm_head's weight is not the embedding. The message names the
            tensor.
    """
    ### BEGIN SOLUTION
    names, tensors = name_map(config), {}
    if wrong := sorted(names.keys() ^ state_dict.keys()):
        told = ", ".join(f"{name} is {'missing' if name in names else 'unknown'}" for name in wrong[:3])
        raise ValueError(f"{len(wrong)} names do not fit this config: {told}")
    if not torch.equal(state_dict["lm_head.weight"], state_dict["transformer.wte.weight"]):
        raise ValueError("lm_head.weight is not transformer.wte.weight, and this machine ties the two.")
    for name, targets in names.items():
        try:
            tensors |= zip(targets, fix_conv1d(name, state_dict[name], config.n_heads), strict=True)
        except RuntimeError as problem:
            raise ValueError(f"{name} has the shape {tuple(state_dict[name].shape)}: {problem}") from problem
    model = GPT2(config)
    model.load_state_dict(tensors)
    return model.eval()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_load_gpt2", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
checks.load_gpt2(load_gpt2)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. Below, a text that begins with *One sunny morning,*: with the storyteller's weights a story in correct sentences, with GPT-2's weights English prose that may soon repeat itself.
#
# </details>
#
# **What does your model write after *One sunny morning,*?** `my_machine()` fills your `GPT2` with the reference's weights, through your `load_gpt2`; none of HF's code runs in it. The most probable token is taken each time, the simplest way to generate text; next week has others.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "my_machine", "locked": true, "schema_version": 3, "solution": false, "task": false}
KEPT: dict[tuple[object, object], GPT2] = {}


def my_machine() -> GPT2:
    """Your GPT2 with the reference's weights, loaded by your load_gpt2.

    It is kept, and loaded again when load_gpt2 or GPT2 is another. Nothing is trained here, so it keeps no
    gradients.
    """
    if (load_gpt2, GPT2) not in KEPT:
        KEPT.clear()  # one model at a time: each has as many numbers as the reference
        KEPT[load_gpt2, GPT2] = load_gpt2(gpt2.state_dict, gpt2.config).requires_grad_(False)
    return KEPT[load_gpt2, GPT2]


# %% tags=["look", "raises-exception"]
tokens, n_new = as_tokens("One sunny morning,"), 70 if gpt2.name == "storyteller" else 40
with torch.no_grad():
    for _ in pictures.progress(range(n_new), "tokens"):
        _, best = top_next_tokens(my_machine()(tokens), k=1)
        tokens = torch.cat([tokens, best], dim=1)
print(fill(gpt2.tokenizer.decode(tokens[0, 1:]), 90))

# %% [markdown]
# Your code writes text: embeddings, LayerNorms, attention with its mask, MLPs and a softmax, each of which you have written in some week, with weights that training has found.
#
# The modules in `parts.py` are the course's versions of what you wrote. To use your own, put `from utils.own_parts import GPT2` into a new cell, run it, and run exercise 4 and the cell above once more. (If a module of yours keeps an `nn.Linear`, its parameters have other names, and its weight is transposed: see exercise 3.)

# %% [markdown]
# ## Exercise 5 · `logits_match`
#
# Fluent text is weak evidence: a model with a small mistake may still write well. **How can you test whether two models compute the same function?** Compare all their logits, at every position, for every token of the vocabulary, on several prompts, and take the largest difference. This is a test and not a proof: it covers the prompts that you try.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 8 points*
#
# **Why.** The largest difference is one number that a mistake anywhere in the model is likely to change.
#
# Each prompt is a list of ids, and they differ in length, so run them one at a time, each as a batch of one. Your model returns the logits; HF's model returns an object that has them in `.logits`. The result is the largest absolute difference of any logit, as a float. If a logit is NaN, not a number, the result must be NaN, too.
#
# <details><summary>Hint 1 · a question</summary>
#
# Of −3 and 2, which is the larger difference? Which function has to be applied before the maximum is taken?
#
# </details>
#
# <details><summary>If you see "a logit that is not a number is ignored"</summary>
#
# Python's `max(0.1, float("nan"))` is 0.1, since every comparison with NaN is false. torch's `.max()` returns NaN. Which of the two takes the maximum over your prompts?
#
# </details>
#
# <details><summary>If you see "not one of the prompts as a batch of 1"</summary>
#
# `torch.tensor([3, 1, 4])` has one axis, of three numbers. Which axes has `torch.tensor([[3, 1, 4]])`, and which of the two is a batch?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "logits_match", "locked": false, "schema_version": 3, "solution": true, "task": false}
def logits_match(model: nn.Module, hf_model: nn.Module, prompts: list[list[int]]) -> float:
    """The largest absolute difference between any two logits of the two models, over all prompts.

    `model` returns logits, `hf_model` an object with `.logits`; each prompt is run as a batch of one. NaN if any
    logit is NaN.
    """
    ### BEGIN SOLUTION
    largest = []
    for prompt in prompts:
        tokens = torch.tensor([prompt])
        with torch.no_grad():
            difference = model(tokens) - hf_model(tokens).logits
        largest.append(difference.abs().max())
    return torch.stack(largest).max().item()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_logits_match", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.logits_match(logits_match)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. Below, differences of about a millionth of the largest logit, a few millionths at most: some 0.00005 where logits go up to 30, up to 0.001 where they go down to −180, as GPT-2's do. float32 holds about seven digits, and the two programs add up their products in different orders; this rounding is the only difference. Run the first look again with `fresh = my_machine()`: the two lines agree.
#
# </details>
#
# **Does your model compute the same logits?** Five prompts: a story, a question, code, another script, and 256 tokens of other stories.

# %% tags=["look", "raises-exception"]
texts = [
    STORY,
    "What is the capital of France?",
    "for i in range(10):\n    print(i)",
    "Кошка сидела на коврике.",
]
long_text = corpus("validation", seed=8, n_tokens=256).token_ids[:256]
prompts = [*(as_tokens(text)[0].tolist() for text in texts), long_text.tolist()]
differences = []
for prompt in pictures.progress(prompts, "prompts"):
    differences.append(logits_match(my_machine(), gpt2.model, [prompt]))
    print(f"{len(prompt):5} tokens: largest difference {differences[-1]:.1e}")
with torch.no_grad():
    size = gpt2.model(torch.tensor([prompts[0]])).logits.abs().max()
print(f"All together: {max(differences):.1e}; the largest logit has the absolute value {size:.0f}.")


# %% [markdown]
# ## Exercise 6 · `token_losses`
#
# How good is a language model? Take a text that was not in its training data, and find at every position the probability that the model gave to the token that came next. **Which tokens should be improbable, and which should not?** The first mention of a name has to be; the second need not.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 15 minutes · core, 10 points*
#
# **Why.** This is the usual measure of a language model. Training (week 11) minimises its mean, the **cross-entropy**, and in week 12 it shows how much a model depends on some of its heads.
#
# The loss of a token, its **surprisal**, is minus the natural logarithm of the probability that the model gave to it, in **nats**. The one thing to get right is which position predicts which token: the logits at position 0 depend on token 0 and predict token 1. So the first token has no loss, and the logits at the last position predict a token that is not in the text.
#
# <details><summary>Hint 1 · a question</summary>
#
# Of the logits, which position is not needed here? Of the tokens, which one is not predicted at any position? When both are left out, do the shapes fit?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `log_softmax` of week 1 gives the log-probabilities of all tokens of the vocabulary. `x.gather(-1, index)` picks along the last axis; `index` needs as many axes as `x`, so the ids need one more.
#
# </details>
# </details>
#
# <details><summary>If you see "each position is compared with its own token"</summary>
#
# That token is the model's input at this position, not what it predicts there. One of the two has to be shifted by one position.
#
# </details>
#
# <details><summary>If you see inf</summary>
#
# A very small probability has become 0 before its logarithm was taken. `log_softmax` computes the logarithm without the probability itself.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "token_losses", "locked": false, "schema_version": 3, "solution": true, "task": false}
def token_losses(model: nn.Module, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq-1"]:
    """The surprisal of each token but the first: minus the log-probability that the model gave to it.

    losses[b, i] is the loss, in nats, of token i + 1 of prompt b, predicted from tokens 0 to i.
    """
    ### BEGIN SOLUTION
    guesses = log_softmax(model(tokens)[:, :-1], dim=-1)
    came = tokens[:, 1:, None]
    return -guesses.gather(-1, came).squeeze(-1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_token_losses", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.token_losses(token_losses)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, and a text with pale tokens and a few blue ones. In the storyteller, *near* has the largest loss by far, 11.7 nats; the first *Sarah* has 4.0, and the mean over the story is 0.53.
#
# </details>
#
# **Which tokens of the story have a large loss?** In the picture, each token is coloured by its loss: the bluer, the larger. The mouse shows the number. Which of *Sarah*, *apples*, *apples* (again), *pie* (again) will be blue? And which words will have the largest losses? Write them down first.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
tokens = as_tokens(STORY)
with torch.no_grad():
    losses = token_losses(my_machine(), tokens)[0]
words = token_strings(tokens[0, 1:])
for at in losses.topk(5).indices.tolist():
    print(f"{words[at]:12} {losses[at]:5.2f} nats: a probability of {losses[at].neg().exp():.3%}")
pictures.coloured_tokens(words, losses)

# %% [markdown]
# Where the story chooses something new, a name, a number, a colour, the loss is large: several tokens were possible. Where it repeats what it has mentioned before, the loss is small, because attention makes the earlier tokens available at later positions.
#
# **How far is this from a model without any training?** Three numbers, in nats per token. The **uniform baseline** is the loss of a model that gives each token of the vocabulary the same probability.

# %% tags=["look", "raises-exception"]
with torch.no_grad():
    loaded = token_losses(my_machine(), tokens).mean()
    KEPT.clear()  # makes room for the next model
    per_token = {
        "uniform baseline": math.log(gpt2.config.d_vocab),
        "your GPT2 with random weights": token_losses(GPT2(gpt2.config), tokens).mean(),
        f"your GPT2 with {gpt2.name}'s weights": loaded,
    }
pictures.bars(per_token, title="mean loss on the story", value_title="nats per token")

# %% [markdown]
# **How large is the loss if something has been loaded wrongly, without an error?** Here three mistakes are made on purpose, each in a copy of the state dict. All of them load without an error, since every shape fits.

# %% tags=["look", "raises-exception"]
last = f".h.{gpt2.config.n_layers - 1}."


def swapped(one: str, other: str) -> dict[str, Tensor]:
    """The state dict, with two parts of its names exchanged."""
    return {
        name.replace(one, "?").replace(other, one).replace("?", other): tensor
        for name, tensor in gpt2.state_dict.items()
    }


spoiled = {
    "nothing": gpt2.state_dict,
    "ln_1 and ln_2 swapped": swapped(".ln_1.", ".ln_2."),
    "first and last block swapped": swapped(".h.0.", last),
    "attention's c_proj transposed": {
        name: tensor.T if name.endswith("attn.c_proj.weight") else tensor
        for name, tensor in gpt2.state_dict.items()
    },
}
KEPT.clear()  # makes room for one of the four models at a time
with torch.no_grad():
    results = {
        mistake: token_losses(load_gpt2(weights, gpt2.config), tokens).mean()
        for mistake, weights in pictures.progress(spoiled.items(), "models")
    }
pictures.bars(results, title="what was loaded wrongly", value_title="mean loss on the story, in nats")

# %% [markdown]
# ## Exercise 7 · `perplexity`
#
# A loss in nats is hard to picture. **Which number of equally probable tokens would give the same loss?** If one of 8 is drawn, the loss is log 8, so this number is e to the power of the loss. It is called **perplexity**. GPT-2's paper (Radford et al., 2019) reports it for several data sets.
#
# *Difficulty 1 of 5 · importance 3 of 5 · 5 minutes · core, 5 points*
#
# **Why.** To compare with such papers you have to compute it as they do: first the mean, then the power. The order matters.
#
# The argument is the losses of several texts, as a list of vectors of different lengths. Every token counts the same, whichever text it is in.
#
# <details><summary>Hint 1 · a question</summary>
#
# What would the perplexity be of a model that gives every token the probability 1/8? Try your formula on it.
#
# </details>
#
# <details><summary>If you see "a text of 3 tokens weighs as much as one of 300"</summary>
#
# The mean of the texts' means is not the mean of all tokens. Which function of torch joins vectors of different lengths?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "perplexity", "locked": false, "schema_version": 3, "solution": true, "task": false}
def perplexity(losses: list[Float[Tensor, "seq"]]) -> float:
    """e to the power of the mean loss of a token, over all tokens of all texts.

    losses[i] are the losses of text i in nats, one for each of its tokens.
    """
    ### BEGIN SOLUTION
    return torch.cat(losses).mean().exp().item()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_perplexity", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
checks.perplexity(perplexity)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. A model with the loss log 8 for every token has the perplexity 8; the uniform baseline of GPT-2's vocabulary has 50,257. The demonstration after the next exercise uses your function.
#
# </details>

# %% [markdown]
# ## Exercise 8 · `bits_per_byte`
#
# Perplexity is *per token*, so models with different tokenizers cannot be compared by it. A model whose tokens are twice as long makes half as many predictions, and each of them is harder. **What can be compared between models that cut text differently?** The bytes: their number depends on the text and not on the tokenizer.
#
# *Difficulty 2 of 5 · importance 3 of 5 · 10 minutes · core, 6 points*
#
# **Why.** A language model can also be used to compress text. A token with probability p takes about −log₂ p bits (Shannon, 1948), and with arithmetic coding the losses of a text, added up in bits, are the size of the compressed file, to within two bits. Eight **bits per byte** would be no compression at all.
#
# The arguments are the losses of several texts, in nats, and the texts. Add up all losses, convert nats to bits, and divide by the number of bytes that all texts have in UTF-8.
#
# <details><summary>Hint 1 · a question</summary>
#
# The toss of a fair coin takes one bit. How many nats is −log(1/2)? Do you have to multiply or divide, if there are to be more bits than nats?
#
# <details><summary>Hint 2 · bytes</summary>
#
# In week 2 you turned a text into its bytes. `len` of a text counts characters.
#
# </details>
# </details>
#
# <details><summary>If you see "an emoji is one character and four bytes"</summary>
#
# Count after encoding, not before.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "bits_per_byte", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bits_per_byte(losses: list[Float[Tensor, "seq"]], texts: list[str]) -> float:
    """The bits that the model needs for each byte of the texts: all losses in bits, over all bytes of UTF-8.

    losses[i] are the losses of text i in nats, one for each of its tokens.
    """
    ### BEGIN SOLUTION
    nats = sum(of_text.sum().item() for of_text in losses)
    n_bytes = sum(len(text.encode()) for text in texts)
    return nats / math.log(2) / n_bytes
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_bits_per_byte", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.bits_per_byte(bits_per_byte)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, and a line for each of five texts. The storyteller needs 0.19 bits per byte for the story, 5.30 for the shuffled one, 8.06 for the capitals, 10.84 for the code and 19.50 for the Russian text. All but the first have perplexities above a million.
#
# </details>
#
# **Which texts does the model predict well?** The story as it is, in capitals, with its words shuffled, and two texts of other kinds. Write down the order that you expect, from the lowest bits per byte to the highest.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
story_words = STORY.split(" ")
order = torch.randperm(len(story_words), generator=torch.Generator().manual_seed(8))
kinds = {
    "the story": STORY,
    "the story in capitals": STORY.upper(),
    "the story, shuffled": " ".join(story_words[at] for at in order),
    "code": "def area(width, height):\n    return width * height\n\nfor side in range(3):\n    print(area(side, 2))\n",
    "Russian": "Кошка сидела на коврике, потому что она устала.",
}
print(f"{'':24}{'tokens':>8}{'bytes':>8}{'perplexity':>19}{'bits per byte':>16}")
for kind, text in kinds.items():
    with torch.no_grad():
        losses = token_losses(my_machine(), as_tokens(text))
    worth = f"{perplexity([*losses]):19,.1f}{bits_per_byte([*losses], [text]):16.2f}"
    print(f"{kind:24}{losses.numel():8}{len(text.encode()):8}{worth}")

# %% [markdown]
# Do perplexity and bits per byte put the texts in the same order? Compare the last line with the others: a Russian letter has two bytes in UTF-8, and few of the tokens are longer than one letter, so there are many predictions for few characters. Is any perplexity above 50,257? Then the model is worse there than the uniform baseline: it gives high probabilities to tokens that do not come, since such a text was not in its training data.
#
# ## Exercise 9 · `context_window`
#
# Your model has position vectors for `n_ctx` positions: 1,024 in GPT-2, 2,048 in GPT-3. This is its **context window**. Tokens further back cannot influence its predictions. **What happens with one token more?**

# %% tags=["look", "raises-exception"]
try:
    my_machine()(torch.zeros(1, gpt2.config.n_ctx + 1, dtype=torch.long))
except ValueError as problem:
    print(problem)

# %% [markdown]
# And inside the window: **how much does more context help?** A token with a single token before it is hard to predict. One with a hundred before it should be easier. How much easier, and does it ever stop?
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Each head's scores are seq · seq numbers, so a window twice as long takes four times as many. Here you measure how much a longer window lowers the loss.
#
# Cut a long text into pieces of `seq` tokens, from its beginning, one after the other; what does not fill a piece at the end is left out. Run the model on one piece at a time. (The logits of 256 tokens are 256 · 50,257 numbers already, 51 MB.) Entry i of the result is the mean, over the pieces, of the loss of token i + 1, which has i + 1 tokens before it in its piece.
#
# <details><summary>Hint 1 · a question</summary>
#
# `token_losses` gives `1 seq-1` for one piece. When the losses of all pieces are the rows of one matrix, over which axis is the mean taken: the one that counts pieces, or the one that counts positions?
#
# <details><summary>Hint 2 · two ways to cut</summary>
#
# `tokens.split(seq)` cuts a row; its last part may be shorter. Or use a `range` with a step for the indices at which a piece begins: what are its first, its last possible value, and its step?
#
# </details>
# </details>
#
# <details><summary>If you see "… tokens are more than this model's n_ctx"</summary>
#
# The check's model has room for one piece. Cut the text before you call the model.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "context_window", "locked": false, "schema_version": 3, "solution": true, "task": false}
def context_window(
    model: nn.Module, tokens: Int[Tensor, "n_tokens"], seq: int
) -> Float[Tensor, "tokens_seen"]:
    """The mean loss of a token with 1, 2, … seq − 1 tokens before it: seq − 1 numbers.

    `tokens` is one long text, cut into pieces of `seq` tokens that follow each other; it has at least one piece, and
    what does not fill a piece at the end is left out.
    """
    ### BEGIN SOLUTION
    losses = []
    for start in range(0, len(tokens) - seq + 1, seq):
        piece = tokens[None, start : start + seq]
        losses.append(token_losses(model, piece)[0])
    return torch.stack(losses).mean(dim=0)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_context_window", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.context_window(context_window)

# %% [markdown]
# **Where does more context stop helping?** A long text of stories, one after the other, in 16 pieces of 256 tokens. Each point is the mean over 15 neighbouring positions, since the means of 16 losses vary strongly. A story has about a hundred tokens. After how many tokens will the curve be flat? Write it down first.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
n_tokens = 16 * 256 if gpt2.name == "storyteller" else 4 * 256  # a larger model takes longer for each piece
told = corpus("validation", seed=8, n_tokens=n_tokens)
text = torch.tensor(told.token_ids[:n_tokens].astype("int64"))
with torch.no_grad():
    by_position = context_window(my_machine(), text, seq=256)
seen = torch.arange(1, 256).float()
print(
    f"With one token before it: {by_position[0]:.2f} nats; uniform baseline: {math.log(gpt2.config.d_vocab):.2f}"
)
print(f"Tokens in a story, on average: {len(text) / (text == END_OF_TEXT).sum():.0f}")
pictures.curve(
    seen.reshape(-1, 15).mean(dim=1),
    by_position.reshape(-1, 15).mean(dim=1),
    x_title="tokens before it",
    y_title="mean loss, in nats",
    title="the loss of a token, by the length of its context",
)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# In the storyteller, 8.79 nats with one token before it, a steep fall over the first tens of tokens, and from about a hundred tokens on an uneven line near 0.5 nats.
#
# </details>
#
# Most pieces begin in the middle of a story, whose beginning is not in the context, so the losses are large at first. Once the context holds the whole of the present story, more of it cannot help: these stories are independent of each other. In books and in code, earlier parts do matter, and the loss falls further with longer contexts (Kaplan et al., 2020, arXiv:2001.08361, measure it in their section on the dependence on context).
#
# Within the window, every earlier token can be attended to, but the attention weights of a row add up to 1, so they are distributed over more and more keys.

# %% [markdown]
# ## Exercise 10 · `cloze_accuracy`
#
# *… "It is very sweet," he said. At home her uncle opened the blue bag, made the ___.* One word is left out, and the model predicts it: a **cloze test**. An answer is right or wrong, which is easier to interpret than a loss in nats.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 15 minutes · core, 6 points*
#
# **Why.** Many benchmarks of language models report accuracy on questions. Its value depends on details, for instance on what counts as right if an answer has several tokens.
#
# For each question there is a prompt and an answer, both lists of ids. The model's answer is right if greedy decoding would give exactly these tokens: the first token of the answer is the most probable one after the prompt, the second is the most probable one after prompt and first token, and so on. The result is the fraction of questions that are answered right. Prompts have different lengths; run them one at a time.
#
# <details><summary>Hint 1 · a question</summary>
#
# Run the model once, on `prompt + answer`. Which position's logits predict the answer's first token? Which predict its last?
#
# </details>
#
# <details><summary>If you see "the prediction at its own position"</summary>
#
# At a token's own position, the token is the model's input. It was predicted one position earlier.
#
# </details>
#
# <details><summary>If you see "as soon as its first token is"</summary>
#
# All tokens of the answer have to be the most probable ones. Python lists can be compared with `==` as a whole.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "cloze_accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cloze_accuracy(model: nn.Module, prompts: list[list[int]], answers: list[list[int]]) -> float:
    """The fraction of questions in which the most probable tokens after the prompt are the answer, token for token.

    Every prompt and every answer has at least one token. There is at least one question.
    """
    ### BEGIN SOLUTION
    right = 0
    for prompt, answer in zip(prompts, answers, strict=True):
        logits = model(torch.tensor([prompt + answer]))
        first_choices = logits[0, len(prompt) - 1 : -1].argmax(dim=-1)
        right += first_choices.tolist() == answer
    return right / len(prompts)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_cloze_accuracy", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.cloze_accuracy(cloze_accuracy)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. The storyteller answers all 40 questions right with the whole story, and none with the last eight tokens alone.
#
# </details>
#
# **Does the model need the story to answer?** Each question below is a story, cut off before the last name or noun that has been mentioned before. The model gets each question twice: with the whole story so far, and with the last eight tokens alone. The LAMBADA test (Paperno et al., 2016, arXiv:1606.06031) works like this, with passages from novels; GPT-2's paper reports it.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "question_of", "locked": true, "schema_version": 3, "solution": false, "task": false}
def question_of(told: Story) -> tuple[list[int], list[int]] | None:
    """A cloze question: the ids of the story up to its last repeated name or noun, and that word's ids."""
    for mention in reversed(told.mentions):
        before, word = told.text[: mention.start - 1], told.text[mention.start : mention.end]
        if not mention.pronoun and told.text[mention.start - 1] == " " and f" {word}" in before:
            return as_tokens(before)[0].tolist(), gpt2.tokenizer.encode(f" {word}")
    return None


# %% tags=["look", "raises-exception"]
n_stories = 40 if gpt2.name == "storyteller" else 12  # a larger model takes longer for each question
questions = [
    asked for told in islice(stories(seed=8, split="validation"), n_stories) if (asked := question_of(told))
]
prompts, answers = map(list, zip(*questions, strict=True))
for prompt, answer in questions[:4]:
    print(f"… {gpt2.tokenizer.decode(prompt[-16:])} ({gpt2.tokenizer.decode(answer).strip()})")
with torch.no_grad():
    print(f"\n{len(prompts)} questions, answered right with the whole story: ", end="")
    print(f"{cloze_accuracy(my_machine(), prompts, answers):.0%}; with the last 8 tokens: ", end="")
    print(f"{cloze_accuracy(my_machine(), [prompt[-8:] for prompt in prompts], answers):.0%}")

# %% [markdown]
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 5 points*
#
# **Why.** Wrong axes are the mistakes that a loader cannot always detect; with both lists of shapes in mind you can.
#
# Fill in the shapes for GPT-2 small: d_model 768, 12 heads, d_mlp 3,072, 50,257 tokens; logits and losses for a batch of 2 prompts of length 6. The first four rows are tensors of HF's state dict, the next four your model's parameters, all heads together. A shape is a tuple; a bias of 768 numbers has the shape `(768,)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which of these rows contain the same numbers, or a third of them? What does that imply for the products of their sizes?
#
# </details>
#
# <details><summary>If you see "the first token is not predicted"</summary>
#
# Of six tokens, the first is given. How many are predicted?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """Shapes of GPT-2 small's tensors, HF's and your model's, and of the results for 2 prompts of length 6."""
    wte_weight = None  # HF: transformer.wte.weight
    c_attn_weight = c_attn_bias = None  # HF: transformer.h.0.attn.c_attn.weight and .bias
    c_fc_weight = None  # HF: transformer.h.0.mlp.c_fc.weight
    W_Q = b_Q = W_O = None  # blocks.0.attn, all heads
    W_in = None  # blocks.0.mlp
    logits = losses = None  # the results of your model and of token_losses
    ### BEGIN SOLUTION
    batch, seq, n_heads, d_model, d_head, d_mlp, d_vocab = 2, 6, 12, 768, 64, 3072, 50257
    wte_weight, c_fc_weight = (d_vocab, d_model), (d_model, d_mlp)
    c_attn_weight, c_attn_bias = (d_model, 3 * d_model), (3 * d_model,)
    W_Q, b_Q, W_O = (n_heads, d_model, d_head), (n_heads, d_head), (n_heads, d_head, d_model)
    W_in = (d_model, d_mlp)
    logits, losses = (batch, seq, d_vocab), (batch, seq - 1)
    ### END SOLUTION
    rows = {"wte_weight": wte_weight, "c_attn_weight": c_attn_weight, "c_attn_bias": c_attn_bias}
    rows |= {"c_fc_weight": c_fc_weight, "W_Q": W_Q, "b_Q": b_Q, "W_O": W_O, "W_in": W_in}
    return rows | {"logits": logits, "losses": losses}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
checks.shape_table(shape_table)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick when all ten rows are right; until then, the card names the rows that are not. Only two of the ten have the same shape.
#
# </details>

# %% [markdown]
# ## From small to large
#
# Your loader takes all sizes from the config, so the same code loads each GPT-2 that OpenAI published. **What grows, and how fast?** The row before the last is GPT-3 as its paper describes it (Brown et al., 2020, arXiv:2005.14165, table 2.1); its parameters are counted with your own classes. GPT-4 has question marks: its report leaves out the architecture and the size, and says so (OpenAI, 2023, arXiv:2303.08774, section 2). No memory is needed for this: on torch's *meta* device, tensors have a shape but no numbers.

# %% tags=["look", "raises-exception"]
gpt3 = ModelConfig(12288, 96, 128, 49152, 96, 50257, 2048, 1e-5)
print(
    f"{'':14}{'layers':>8}{'heads':>7}{'d_model':>9}{'n_ctx':>7}{'parameters':>17}{'in float32':>12}", end=""
)
print(f"{'scores, whole window':>23}")
for name, config in {**CONFIGS, "GPT-3": gpt3}.items():
    with torch.device("meta"):
        parameters = sum(parameter.numel() for parameter in GPT2(config).parameters())
    scores = config.n_layers * config.n_heads * config.n_ctx**2
    print(f"{name:14}{config.n_layers:8}{config.n_heads:7}{config.d_model:9}{config.n_ctx:7}", end="")
    print(f"{parameters:17,}{parameters * 4 / 1e9:9.1f} GB{scores:23,}")
print(f"{'GPT-4':14}{'?':>8}{'?':>7}{'?':>9}{'?':>7}{'?':>17}{'?':>12}{'?':>23}")

# %% [markdown]
# Each of these sizes buys something and costs something:
#
# | more of | gives | costs |
# |---|---|---|
# | `n_layers` | more steps in which the context changes a token's vector | parameters and time of the blocks, in proportion; and they run one after another |
# | `d_model` | room for more information in each vector | parameters and time of the blocks, with its square (d_mlp grows with it) |
# | `n_ctx` | tokens can read from further back | scores, with its square; and the weights of a query are spread over more keys (the dilution that week 5 measures) |
#
# How much the loss falls with the number of parameters and of training tokens can be predicted from smaller models, with an error (**scaling laws**: Kaplan et al., 2020; Hoffmann et al., 2022, arXiv:2203.15556); week 11 measures it for small models.
#
# With a network connection, two lines are enough to load a larger one into your model (1.5 GB to download, and about 3 GB of memory, since the state dict and your copy are both in it; stretch 2 needs half):
#
# ```python
# medium = reference.load("gpt2-medium", download=True)
# model = load_gpt2(medium.state_dict, medium.config)
# ```

# %% [markdown]
# ## Check your understanding
#
# Run the folded cell below. Decide first, then open a choice: every one of them has a reason.

# %% tags=["look", "raises-exception"] jupyter={"source_hidden": true}
quiz(
    [
        Question(
            "You load GPT-2's weights, there is no error, and the model writes nonsense. What is the most probable cause?",
            [
                Choice(
                    "The file was damaged in the download.",
                    why="Possible, but a download that breaks off leaves a file of the wrong length, which cannot be opened, and a checksum finds other damage.",
                ),
                Choice(
                    "Two tensors of equal shape are swapped, or a square one is transposed.",
                    right=True,
                    why="Names and shapes are all that a loader can compare. A wrong tensor of the right shape raises no error.",
                ),
                Choice(
                    "float32 is not precise enough.",
                    why="Rounding changes the sixth digit of a logit or so, far too little for nonsense.",
                ),
            ],
        ),
        Question(
            "HF's Conv1D keeps (inputs, outputs), nn.Linear (outputs, inputs). A classmate's MLP is made of two nn.Linear. What must their loader do with c_fc and c_proj?",
            [
                Choice(
                    "Transpose the weights, and leave the biases.",
                    right=True,
                    why="Both matrices have to be transposed. A bias has a single axis.",
                ),
                Choice(
                    "Nothing: load_state_dict transposes what does not fit.",
                    why="It compares shapes and stops with an error. For square matrices there is not even an error.",
                ),
                Choice(
                    "Transpose only what does not fit otherwise.",
                    why="With the same rule, attention's square c_proj would stay as it is, since it fits both ways. The kind of layer decides, not the shape.",
                ),
            ],
        ),
        Question(
            "Model A has perplexity 20 on a text, model B has 35. B's tokens are twice as long. Which one predicts the text better?",
            [
                Choice(
                    "A, since its perplexity is lower.",
                    why="A makes twice as many predictions. Twice log 20 is more than log 35.",
                ),
                Choice(
                    "B: for the whole text its losses add up to less.",
                    right=True,
                    why="log 35 is 3.56 nats for a stretch of text for which A needs 2 · 3.00 = 5.99. Bits per byte would have shown it.",
                ),
                Choice(
                    "It cannot be said.",
                    why="It can: the text is the same, so the sums of the losses can be compared.",
                ),
            ],
        ),
        Question(
            "Why does your loader copy the numbers, rather than use the state dict's tensors themselves?",
            [
                Choice(
                    "Copies are faster to compute with.",
                    why="Products with the same numbers take the same time in either tensor.",
                ),
                Choice(
                    "So that training one model does not change the other.",
                    right=True,
                    why="In week 11 an optimiser changes parameters in place. If they were the reference's own tensors, the reference would change, too.",
                ),
                Choice(
                    "Because nn.Parameter cannot hold another module's tensor.",
                    why="It can, and then shares its memory, which is the problem.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# The answer to the third question can be computed. **How many nats does each model need for the stretch of text that is one token for B?**

# %% tags=["look", "raises-exception"]
print(f"A: 2 · log 20 = {2 * math.log(20):.2f} nats; B: log 35 = {math.log(35):.2f} nats")

# %% [markdown]
# ### In your own words
#
# A classmate says: *"My model loaded the file without an error, and the story that it wrote looks fine. So it is GPT-2."* What do you answer? Explain in four or five sentences what could still be wrong, and what you would measure. Use the words *shape*, *logits* and *loss*. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# No error means only that every name was found and every shape fitted. Many tensors of GPT-2 have equal shapes: the two LayerNorms of a block, all blocks among each other, W_O and its transpose; swapped, they load without an error. Fluent text is weak evidence too, since a model with a small mistake, say a LayerNorm without its bias or a wrong position, may still write well. I would compare the logits with those of the original, at every position, for every token of the vocabulary and on several prompts of different lengths, and look at the largest difference: a few millionths of the largest logit are float32's rounding, more is a mistake. This is a test on some prompts and not a proof for all of them, but a mistake that none of them shows is unlikely. The loss on a text is a good first measure, because it rises as soon as something is badly wrong, but it is a mean, and a mean hides rare errors.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `hf_shapes`
#
# GPT-2 XL's weights are 6 GB. **Can you find out which tensors must be in the file before you download it?** For each of HF's names: which shape must the tensor have, for this config?
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** Downloading the wrong file takes minutes or hours; comparing a list of shapes takes a second.
#
# All shapes follow from the config. Make your own GPT2 on torch's meta device, where tensors have shapes and no numbers: `with torch.device("meta"): …`. Then use `name_map` backwards: each of HF's tensors has the shape of the parameter that it fills, except the two kinds that `fix_conv1d` cuts. The check calls your function for the XL model, and detects whether a whole model is made in memory.
#
# <details><summary>Hint 1 · a question</summary>
#
# W_Q is `n_heads d_model d_head`. Into which axis of HF's tensor do n_heads and d_head go, and how many times? And for W_O?
#
# </details>
#
# <details><summary>If you see "a whole model was made"</summary>
#
# Is the model made inside the `with`? All tensors that are made there are on the meta device, unless another one is named.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "hf_shapes", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hf_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor of HF's state dict for this config, found without making any numbers."""
    ### BEGIN SOLUTION
    with torch.device("meta"):
        ours = GPT2(config).state_dict()
    shapes = {}
    for name, targets in name_map(config).items():
        shape = tuple(ours[targets[0]].shape)
        if ".c_attn." in name:
            shape = (*shape[1:-1], len(targets) * shape[0] * shape[-1])
        elif name.endswith(".attn.c_proj.weight"):
            shape = (shape[0] * shape[1], shape[2])
        shapes[name] = shape
    return shapes
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_hf_shapes", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.hf_shapes(hf_shapes)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. GPT-2 XL has 581 names in HF's state dict, 12 in each of 48 blocks and 5 outside, and its first `c_attn.weight` is `(1600, 4800)`.
#
# </details>

# %% [markdown]
# ## Stretch 2 · `load_from_file`
#
# `load_gpt2` needs the whole state dict in memory, and a second model of the same size, whose random weights it then overwrites. For XL that is twice 6 GB. **How can you load a model that fits into memory only once?** One tensor at a time, directly from the file.
#
# *Difficulty 4 of 5 · importance 3 of 5 · 30 minutes · stretch, 22 points*
#
# **Why.** On a computer whose memory holds the model once but not twice, `load_gpt2` fails and this function works.
#
# `file` is an open safetensors file: `file.keys()` lists its names, and `file.get_tensor(name)` reads one tensor. Read each tensor once, and release it before you read the next but one. There are two kinds of files, and your function should load both:
#
# - with HF's own names, as in exercise 1, but without `lm_head.weight`, since it is tied;
# - with the names of OpenAI's file on Hugging Face's hub, the same without the prefix `transformer.`: `h.0.ln_1.weight`. Such a file also contains the causal masks, as `h.0.attn.bias`. They are not weights, so they must not be read.
#
# To begin without random numbers, make the model on the meta device; `model.to_empty(device="cpu")` then gives it memory with undefined contents. Parameters that you do not fill stay undefined, so a tensor that the file lacks has to end in an error that names it.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which single step turns an OpenAI name into a key of `name_map`, and leaves HF's names unchanged?
#
# <details><summary>Hint 2 · filling one parameter</summary>
#
# With `strict=False`, `load_state_dict` copies the tensors that it gets, compares their shapes, and leaves the other parameters unchanged. That is right here, if you keep a list of what is still missing yourself.
#
# </details>
# </details>
#
# <details><summary>If you see "c_attn's biases are skipped"</summary>
#
# `h.0.attn.c_attn.bias` ends in `attn.bias` as well. And in `.attn.bias`?
#
# </details>
#
# <details><summary>If you see "more than three tensors of the file in memory at once"</summary>
#
# A view keeps the whole tensor in memory. Which of your variables still refers to a view after its numbers have been copied?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "load_from_file", "locked": false, "schema_version": 3, "solution": true, "task": false}
def load_from_file(file: safe_open, config: ModelConfig) -> GPT2:
    """A new GPT2 in float32 and eval mode with the weights of an open safetensors file, read one at a time.

    The names are HF's or OpenAI's; lm_head.weight is not among them; names that end in .attn.bias are masks.

    Raises:
        ValueError: the file lacks a tensor. The message names it.
    """
    ### BEGIN SOLUTION
    with torch.device("meta"):
        model = GPT2(config)
    model.to_empty(device="cpu")
    names = name_map(config)
    missing = names.keys() - {"lm_head.weight"}
    for name in sorted(file.keys()):
        if not name.endswith(".attn.bias"):
            full_name = "transformer." + name.removeprefix("transformer.")
            pieces = fix_conv1d(full_name, file.get_tensor(name), config.n_heads)
            model.load_state_dict(dict(zip(names[full_name], pieces, strict=True)), strict=False)
            missing.discard(full_name)
    if missing:
        raise ValueError(f"The file lacks {', '.join(sorted(missing))}.")
    return model.eval()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_load_from_file", "locked": true, "points": 22, "schema_version": 3, "solution": false, "task": false}
checks.load_from_file(load_from_file)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, and a difference of exactly 0: both models have the same numbers, and the same code computes their logits.
#
# </details>
#
# **Does it load the reference's own file?** The file on disk, compared with the model that `load_gpt2` fills.

# %% tags=["look", "raises-exception"]
with torch.no_grad():
    from_dict = my_machine()(as_tokens(STORY))
    KEPT.clear()  # makes room for the next model
    with safe_open(gpt2.folder / "model.safetensors", framework="pt") as file:
        from_file = load_from_file(file, gpt2.config)(as_tokens(STORY))
print(f"Largest difference: {(from_file - from_dict).abs().max():.1e}")

# %% [markdown]
# ## Common questions
#
# **Where do these weights come from?** The storyteller was trained for this course, by the code of week 11. OpenAI published GPT-2's weights in 2019, the largest model's in November; Hugging Face's library converted them to its own format, which `reference.load` reads.
#
# **Is a model with a lower loss always the better one?** It predicts that text better. Whether it is better for a task is another question: a model can have a low loss on news and write poor code. Compare losses only on the same text, with the same context length, and per byte if the tokenizers differ.
#
# **Why is the loss not 0, if the model is good?** Text is not determined by its beginning: at many positions several continuations are possible, and even the true distribution has a positive entropy there. For the stories of this course it is known exactly, because a program writes them (week 11 compares with it); for English it can only be estimated.
#
# **Can I load the weights of another model, for instance Llama, into my `GPT2`?** No. Its blocks compute something else: rotary positions instead of `W_pos`, RMSNorm instead of LayerNorm, another MLP. A loader changes names and shapes of the same computation; it cannot turn one architecture into another.
#
# **What is the difference between pretrained and fine-tuned weights?** Pretraining fits the weights to a large amount of general text by predicting the next token. **Fine-tuning** continues the training with other data, for instance questions with good answers. The names and shapes stay the same, so your loader also works for a fine-tuned GPT-2.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and reads names and shapes aloud. Swap after every exercise that passes its check.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look, and the two lists: agree on your scratchpad, with HF's names on the left, yours on the right, and shapes. |
# | 10–25 | Exercise 2 (15 min). Draw c_attn's columns as a long bar and mark which belong to q, k, v and to each head. **Swap.** |
# | 25–40 | Exercise 3 (15 min). **Swap.** |
# | 40–65 | Exercise 4 (25 min), and the text that your model writes. **Swap** half-way. |
# | 65–75 | Exercise 5 (10 min): write down the largest difference that you found. |
# | 75–90 | The two questions below. |
#
# **Before the session:** exercise 1, each of you alone. **After the session:** exercises 6 to 11, as homework or in a second session. Stretch is for those with time left. **Not finishing is normal:** a session that ends with a model that writes a text is a very good one.
#
# **Two questions to argue about.**
#
# 1. Your model now gives the same logits as HF's, up to rounding, for every input that you have tried. Is it the same model? Is there an experiment that could tell the two apart?
# 2. GPT-2 small has 124 million weights, and no single one of them has a meaning that you can read off. Where in it could the fact be stored that a story's *uncle* is a *he*?
#
# **Where pairs get stuck.** At `c_attn`, when one thinks in thirds and the other in heads: draw the bar. At `load_gpt2`, when the loop is written before you have agreed on what is an error. At `token_losses`, when both the logits and the tokens are shifted: one shift is enough.

# %% [markdown]
# ## What you have built
#
# - `name_map`: HF's names and yours, each once.
# - `split_c_attn` and `fix_conv1d`: HF's tensors in the shapes of your parameters.
# - `load_gpt2`: a strict loader, which leaves no parameter random and shares no memory.
# - `logits_match`: a test that compares two models logit by logit.
# - `token_losses`, `perplexity`, `bits_per_byte`: the loss by token, by text, by byte.
# - `context_window` and `cloze_accuracy`: how much the predictions depend on the context.
#
# Your model now gives, at every position, the probabilities that GPT-2's weights give. What is still missing is a way to write with them: next week you choose a text from these probabilities, one token at a time.
#
# Words of this week in the [glossary](../glossary.md): *bits per byte, cloze test, context window, Conv1D, cross-entropy, fine-tuning, loss, nats, perplexity, pretrained, scaling laws, state dict, surprisal, uniform baseline, weight tying*.
