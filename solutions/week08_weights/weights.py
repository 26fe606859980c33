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
# **The big idea.** You have built GPT-2, and it babbles, because its numbers are random. Somewhere there is a file with the numbers that training found. This week you put them into your own machine, each in its place, and then it knows what GPT-2 knows.
#
# | | |
# |---|---|
# | **You will have built** | a loader that fills your machine with real weights and trusts nobody, the proof that its logits are GPT-2's, and the measures by which language models are judged |
# | **You need** | your machine (weeks 3 to 7) and `log_softmax` (week 1), which `parts.py` beside this notebook holds ready |
# | **Time** | core 2½ hours · stretch 1 hour |
# | **Where we are** | **text → tokens → embeddings → blocks → logits → probabilities → next token**: the whole way, for the first time with a machine that has learned |
#
# Everything that you wrote so far was checked piece by piece. If a single piece were wrong, a transposed matrix or two LayerNorms swapped, you would hear it today: the machine would talk nonsense. So this is also the great test of weeks 3 to 7.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether Hugging Face's GPT-2 would have got the same.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
from itertools import islice
from textwrap import fill

import torch
from einops import rearrange
from jaxtyping import Float, Int
from parts import GPT2, log_softmax, top_next_tokens
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
    """The text's ids as a batch of one, with <|endoftext|> in front, as GPT-2 saw the beginning of every text."""
    return torch.tensor([[END_OF_TEXT, *gpt2.tokenizer.encode(text)]])


# %% [markdown]
# ## A first look
#
# **What separates your machine from GPT-2?** Here are two models with the same number of layers, heads and parameters. One is yours, as `GPT2(config)` makes it. The other is the reference. Both have read a story as far as *A kind farmer put them in her*, and are asked what comes next.

# %% tags=["look", "raises-exception"]
start = as_tokens(STORY[: STORY.index(" blue bag")])
fresh = GPT2(gpt2.config)
with torch.no_grad():
    guesses = {"yours, with random numbers": fresh(start), gpt2.name: gpt2.model(start).logits}
for name, logits in guesses.items():
    shares, ids = (row[0] for row in top_next_tokens(logits, k=5))
    likeliest = ", ".join(
        f"{word} {share:.3%}" for word, share in zip(token_strings(ids), shares, strict=True)
    )
    print(f"{name}:\n    {likeliest}")
shares, ids = (row[0] for row in top_next_tokens(guesses[gpt2.name], k=8))
pictures.bars(
    dict(zip(token_strings(ids), shares, strict=True)), title=f"what {gpt2.name} expects", value_title="share"
)

# %% [markdown]
# The code is the same, the shapes are the same. All that is missing are the numbers. After exercise 4 both lines will be equal, digit for digit.

# %% [markdown]
# ## The idea in plain words
#
# A model's numbers travel as a **state dict**: a dict from names to tensors. The GPT-2 of Hugging Face's library, HF's for short, has one, and so has your machine, since every `nn.Module` can list its parameters by name. The two hold the same numbers in principle. But they were written by different people, who called things differently and packed them differently.
#
# **What is the same, and what is not?** Below are both lists for the first block, and for what stands outside the blocks. Take your time: nearly everything about this week is in these two columns.

# %% tags=["look", "raises-exception"]
theirs = {name: tuple(tensor.shape) for name, tensor in gpt2.state_dict.items()}
mine = {name: tuple(tensor.shape) for name, tensor in GPT2(gpt2.config).state_dict().items()}
for title, shapes, others in (("HF's", theirs, ".h."), ("Your machine's", mine, "blocks.")):
    print(f"{title} state dict: {len(shapes)} names")
    for name, shape in shapes.items():
        if others not in name or f"{others}0." in name:
            print(f"    {name:40} {shape}")

# %% [markdown]
# Three things to see.
#
# - **Other names.** `wte` is your `embed.W_E`, a LayerNorm's `weight` is your `gain`, `c_fc` is `W_in`. The letter c stands for *convolution*, of all things: HF's layer is called `Conv1D`, after the code that OpenAI published, and it is an ordinary matrix product with a bias.
# - **Other packing.** HF has one `c_attn` where you have W_Q, W_K and W_V. And HF keeps the heads side by side in one matrix, where you keep them apart on an axis of their own.
# - **One matrix under two names.** `lm_head.weight` is the unembedding. It is tied: the very same numbers as `wte`. Your machine says it in its own way, with `unembed.embed.W_E`.
#
# The danger of this week is silence. Many of these tensors have equal shapes. Swap two of them and nothing complains: the machine runs, and what it says is wrong. So a good loader is suspicious. It accounts for every name, compares every shape, and when something does not fit it stops and says what.

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
# Then the machine runs, and its logits are turned into **losses**: how surprised was it by each token that came? **What does the scratchpad say about the last row?**

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
# **Why.** A dictionary between two languages. If it is complete on both sides, nothing can be forgotten and nothing can stay random.
#
# For each name in HF's state dict, give the names in your machine's state dict that its tensor fills, as a tuple. Most tuples hold one name. `c_attn` fills three, in the order Q, K, V. Your names are those of the list above: `embed.W_E`, `blocks.0.ln_1.gain`, `blocks.0.attn.W_Q` and so on. Every name of either list stands in the map exactly once.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which names occur once, and which once in every block? For the latter, what is the same in all blocks, and what changes?
#
# <details><summary>Hint 2 · how to write it</summary>
#
# Begin with a dict that holds `wte` and `wpe`. Then a loop over `range(config.n_layers)` with f-strings on both sides: `f"transformer.h.{layer}.ln_1.weight"`. A tuple of one has a comma: `("embed.W_E",)`.
#
# </details>
#
# <details><summary>If you see "parts at …: expected …"</summary>
#
# Both lists are in alphabetical order, and this is the first place at which they part. Is the expected name missing from yours, or did you write it differently?
#
# </details>
#
# <details><summary>If you see "lm_head.weight fills the embedding again"… or that it is not in the map</summary>
#
# Look at the last line of your machine's list. Which module does `unembed` hold, and which parameter does that one have?
#
# </details>
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
# *What you should see:* a tick, and *none* three times.
#
# **Is anything left over on either side?** Your map against the two real lists.

# %% tags=["look", "raises-exception"]
names = name_map(gpt2.config)
filled = [name for targets in names.values() for name in targets]
print("HF's names that your map lacks:       ", sorted(set(gpt2.state_dict) - set(names)) or "none")
print("Your machine's names that stay random:", sorted(set(mine) - set(filled)) or "none")
print("Filled twice:                         ", sorted({n for n in filled if filled.count(n) > 1}) or "none")

# %% [markdown]
# ## Exercise 2 · `split_c_attn`
#
# OpenAI's code computes queries, keys and values of all heads in a single product, since one large product is faster than 36 small ones. So their weights lie side by side: first all columns of q, then all of k, then all of v. And inside each third, head after head, d_head columns each.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 15 minutes · core, 10 points*
#
# **Why.** Cut it in the wrong place, and every shape still fits. This is the most frequent mistake in loading GPT-2.
#
# One function does for the weight, `[d_model, 3·d_model]`, and for the bias, `[3·d_model]`: only the last axis is cut, whatever stands in front of it. The result is three tensors, for q, k and v, with the head axis first: `[n_heads, d_model, d_head]` for the weight, `[n_heads, d_head]` for the bias.
#
# <details><summary>Hint 1 · a question</summary>
#
# The last axis has 3 · n_heads · d_head entries. When you walk along it from left to right, which of the three counts changes last? That one stands leftmost inside the brackets.
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `rearrange(x, "... (a b c) -> a b ... c", a=3, b=n_heads)` cuts the last axis into three and moves two of them to the front; `...` stands for whatever other axes there are. A tensor can be taken apart along its first axis: `tuple(x)`.
#
# </details>
#
# <details><summary>If you see "the columns are read as q, k, v of head 0, then of head 1"</summary>
#
# Other models pack head by head. In GPT-2 the thirds come first.
#
# </details>
#
# <details><summary>If you see "the numbers are in other places", or "no number moves"</summary>
#
# `reshape` and `view` never move a number. Cut first, then move the head axis (`rearrange`, `permute`, `movedim`).
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "split_c_attn", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_c_attn(
    packed: Float[Tensor, "... three_d_model"], n_heads: int
) -> tuple[Float[Tensor, "n_heads ... d_head"], ...]:
    """What belongs to q, to k and to v in c_attn's weight or bias: three tensors, cut head by head.

    `packed` is the weight [d_model, 3·d_model] or the bias [3·d_model].
    """
    ### BEGIN SOLUTION
    by_head = rearrange(
        packed, "... (three n_heads d_head) -> three n_heads ... d_head", three=3, n_heads=n_heads
    )
    return tuple(by_head)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_split_c_attn", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.split_c_attn(split_c_attn)

# %% [markdown]
# *What you should see:* a tick. The last two of its cases were a real layer's weight and bias.

# %% [markdown]
# ## Exercise 3 · `fix_conv1d`
#
# An `nn.Linear` keeps its weight as (outputs, inputs) and computes `x @ W.T`. HF's `Conv1D` keeps (inputs, outputs) and computes `x @ W`. Whoever rebuilds GPT-2 out of `nn.Linear` has to transpose every matrix in the blocks. **Do you have to?** Here is the first block's c_fc, used both ways, next to what HF's own layer gives.

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
# You have kept your matrices as (inputs, outputs) since week 4, so they lie as HF's do, and nothing has to be turned. Turning would be the mistake, and for `attn.c_proj` a silent one: that matrix is square, and either way round it fits.
#
# What it does need is a cut. `attn.c_proj` reads the z of all heads side by side: its first d_head rows belong to head 0, the next to head 1. Your W_O has an axis for the heads.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 10 points*
#
# **Why.** With this, every tensor of HF's has the form in which your machine keeps it.
#
# Given a name of HF's state dict and its tensor, return a tuple of as many tensors as `name_map` has names for it, in the same order: three for `c_attn` (weight and bias), one for all others. `attn.c_proj.weight` is cut into heads, `n_heads d_head d_model`; everything else is passed on as it is.
#
# <details><summary>Hint 1 · a question</summary>
#
# How many kinds of tensors are treated specially? By which part of the name can you tell each kind, and no other?
#
# <details><summary>If you see "two layers of a block are called c_proj"</summary>
#
# `"abc" in name` and `name.endswith("abc")` look at a piece of the name. Which piece does the attention's c_proj have that the MLP's has not? And its bias?
#
# </details>
#
# <details><summary>If you see "type: expected a tuple of 1"</summary>
#
# `(tensor)` is the tensor. `(tensor,)` is a tuple that holds it.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "fix_conv1d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fix_conv1d(name: str, tensor: Float[Tensor, "..."], n_heads: int) -> tuple[Float[Tensor, "..."], ...]:
    """One tensor of HF's state dict in the forms in which GPT2 keeps it, as many as name_map has names for it.

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
# *What you should see:* a tick, for every kind of tensor there is, square ones included.

# %% [markdown]
# ## Exercise 4 · `load_gpt2`
#
# Now the transplant itself.
#
# *Difficulty 4 of 5 · importance 5 of 5 · 25 minutes · core, 20 points*
#
# **Why.** Everything you have built comes alive in this function, or does not.
#
# Make a new `GPT2(config)`, fill it, return it in eval mode. It has to be strict:
#
# - **Every name.** A name that is missing, and one that has no place, end in an error whose message names it. No more than that is needed to be sure that nothing stays random.
# - **Every shape.** So does a tensor of another shape than the config asks for. Beware of `copy_`: it repeats a tensor that is too small, without a word. `model.load_state_dict(tensors)` compares names and shapes, and its messages say your machine's names, which is fine.
# - **The tie.** Your machine has one matrix for embedding and unembedding. If `lm_head.weight` differs from `transformer.wte.weight`, one of them would be lost: an error that names `lm_head.weight`.
# - **Its own memory.** Training your machine must not change the state dict, so numbers are copied. `load_state_dict` and `copy_` do that, and they turn 16-bit numbers into float32 on the way. A new `nn.Parameter(tensor)` does neither.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which two sets of names have to be equal before you copy anything? And when they are, what remains to be done for each entry of `name_map`?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `one.keys() ^ other.keys()` are the names that only one of two dicts has. `dict(zip(names, tensors, strict=True))` makes a dict out of two rows, and `a |= b` adds one dict to another. `raise ValueError(f"…")` stops with a message.
#
# </details>
#
# <details><summary>If you see "left random"</summary>
#
# The list names parameters that were different after each of two loads. They kept the numbers of a new model. Did `strict=False` let them pass?
#
# </details>
#
# <details><summary>If you see "one that does not name the tensor"</summary>
#
# There is an error, but whoever reads it does not learn which tensor it was. If einops complained inside your `fix_conv1d`, its message knows no name: `try: … except RuntimeError as problem: raise ValueError(f"{name} …") from problem` adds it.
#
# </details>
#
# <details><summary>If you see "shares memory"</summary>
#
# An assignment such as `parameter.data = tensor` copies nothing: both names then mean the same numbers.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "load_gpt2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def load_gpt2(state_dict: dict[str, Tensor], config: ModelConfig) -> GPT2:
    """A new GPT2 in float32 and eval mode that holds the weights of HF's state dict, in memory of its own.

    Raises:
        ValueError: a name is missing or unknown, a tensor has another shape than the config asks for (here a
            RuntimeError will do), or lm_head's weight is not the embedding. The message names the tensor.
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
# *What you should see:* a tick. And now the moment for which you have worked seven weeks. `my_machine()` fills your machine with the reference's weights, through your `load_gpt2`; nothing of HF's runs in it. **What does it say after *One sunny morning,*?** It takes the likeliest token each time, which is the plainest way to let a model write; next week has better ones.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "my_machine", "locked": true, "schema_version": 3, "solution": false, "task": false}
def my_machine() -> GPT2:
    """Your machine with the reference's weights, loaded by your load_gpt2."""
    return load_gpt2(gpt2.state_dict, gpt2.config)


# %% tags=["look", "raises-exception"]
machine = my_machine()
tokens = as_tokens("One sunny morning,")
with torch.no_grad():
    for _ in range(70):
        _, best = top_next_tokens(machine(tokens), k=1)
        tokens = torch.cat([tokens, best], dim=1)
print(fill(gpt2.tokenizer.decode(tokens[0, 1:]), 90))

# %% [markdown]
# It speaks. Embeddings, LayerNorms, heads, a mask, MLPs and a softmax, each of which you have written in some week: together they know how a story goes.
#
# The modules in `parts.py` are the course's versions of what you wrote. To let your own ones speak, put `from utils.own_parts import GPT2` into a new cell, run it, and run exercise 4 and the cell above once more. (If a module of yours keeps an `nn.Linear`, it has other names, and its weights the other way round: exercise 3 says what to do.)

# %% [markdown]
# ## Exercise 5 · `logits_match`
#
# Fluent text proves little: a machine with a small mistake may still sound fine. **How do you prove that two models are the same?** Compare all their logits, at every position, for every token of the vocabulary, on several prompts, and look at the worst.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 8 points*
#
# **Why.** "It looks right" becomes a number.
#
# Each prompt is a list of ids, and they differ in length, so run them one at a time, each as a batch of one. Your machine returns the logits; HF's model returns an object that has them in `.logits`. The result is the largest absolute difference of any logit, as a float. If a logit is NaN, not a number, the result is NaN too: a comparison must not sleep through that.
#
# <details><summary>Hint 1 · a question</summary>
#
# Of −3 and 2, which is the larger difference? Which function takes care of that before you look for the largest?
#
# <details><summary>If you see "a logit that is not a number is passed over"</summary>
#
# Python's `max(0.1, float("nan"))` is 0.1, since every comparison with NaN is false. torch's `.max()` returns NaN. Collect the prompts' numbers in a list and let torch find the largest.
#
# </details>
#
# <details><summary>If you see "not one of the prompts as a batch of 1"</summary>
#
# `torch.tensor(prompt)` has the axis `seq` alone. `torch.tensor([prompt])` has `batch seq`.
#
# </details>
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
# **Is your machine GPT-2?** Five prompts: a story, a question, code, another script, and as many tokens as the model can take.

# %% tags=["look", "raises-exception"]
texts = [
    STORY,
    "What is the capital of France?",
    "for i in range(10):\n    print(i)",
    "Кошка сидела на коврике.",
]
long_text = corpus("validation", seed=8, n_tokens=gpt2.config.n_ctx).token_ids[: gpt2.config.n_ctx]
prompts = [*(as_tokens(text)[0].tolist() for text in texts), long_text.tolist()]
machine = my_machine()
for prompt in prompts:
    print(f"{len(prompt):5} tokens: largest difference {logits_match(machine, gpt2.model, [prompt]):.1e}")
with torch.no_grad():
    size = gpt2.model(torch.tensor([prompts[0]])).logits.abs().max()
print(f"All together: {logits_match(machine, gpt2.model, prompts):.1e}, and the logits go up to {size:.0f}.")

# %% [markdown]
# *What you should see:* differences below 0.0001 everywhere. float32 holds about seven digits, and the two programs add up their products in different orders. That is all that separates them. Go back to the first look and run it with `fresh = my_machine()`: the two lines agree.

# %% [markdown]
# ## Exercise 6 · `token_losses`
#
# How good is a language model? Give it a text that it has not seen and ask, at every position, how much probability it gave to the token that really came. **Which tokens should surprise it, and which should not?** The first mention of a name must; the second should not.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 15 minutes · core, 10 points*
#
# **Why.** From here on this is *the* measure: training (week 11) does nothing but make it smaller, and in week 12 it tells what a model loses when some of its heads are silent.
#
# The loss of a token, which earlier weeks called its surprise, is minus the natural logarithm of the probability that the model gave to it, in **nats**. The one thing to get right is who guesses whom: the logits at position 0 have read token 0, and guess token 1. So the first token has no loss, and the logits at the last position guess something that never came.
#
# <details><summary>Hint 1 · a question</summary>
#
# Of the logits, which position is of no use here? Of the tokens, which one has been guessed by nobody? When both are left out, do the shapes fit?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `log_softmax` of week 1 gives the log-probabilities of all tokens of the vocabulary. `x.gather(-1, index)` picks along the last axis; `index` needs as many axes as `x`, so the ids get one more: `ids[..., None]`.
#
# </details>
#
# <details><summary>If you see "each position is judged by its own token"</summary>
#
# Then the loss is strangely small or strangely large, and says nothing: the model has just read that token. One of the two has to be moved by a place.
#
# </details>
#
# <details><summary>If you see inf</summary>
#
# A very small probability has become 0 before its logarithm was taken. log_softmax never makes the probability itself.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "token_losses", "locked": false, "schema_version": 3, "solution": true, "task": false}
def token_losses(model: nn.Module, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq-1"]:
    """How surprised the model is by each token but the first: minus the log-probability that it gave to it.

    losses[b, i] is the loss, in nats, of token i + 1 of prompt b, guessed from tokens 0 to i.
    """
    ### BEGIN SOLUTION
    guesses = log_softmax(model(tokens)[:, :-1], dim=-1)
    came = tokens[:, 1:, None]
    return -guesses.gather(-1, came).squeeze(-1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_token_losses", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.token_losses(token_losses)

# %% [markdown]
# *What you should see:* a tick, and a text with pale tokens and blue ones.
#
# **Where does your machine hold its breath?** The story, each token coloured by its loss: the bluer, the more surprised. The mouse shows the number. Before you look closely, guess: which of *Sarah*, *apples*, *apples* (again), *pie* (again) will be blue? And which words of the story will surprise it most?

# %% tags=["look", "raises-exception"]
tokens = as_tokens(STORY)
with torch.no_grad():
    losses = token_losses(my_machine(), tokens)[0]
words = token_strings(tokens[0, 1:])
for place in losses.topk(5).indices.tolist():
    print(f"{words[place]:12} {losses[place]:5.2f} nats: a probability of {losses[place].neg().exp():.3%}")
pictures.coloured_tokens(words, losses)

# %% [markdown]
# Read it slowly, for it shows what the model has in mind. Where something new is chosen, a name, a number, a colour, it has to pay. Where the story only repeats what it has said before, it pays next to nothing: it looked back and knew. That is week 5's attention at work, in every head at once.
#
# **How far is this from knowing nothing?** Three numbers, in nats per token. Who guesses blindly gives each of the 50,257 tokens the same share.

# %% tags=["look", "raises-exception"]
with torch.no_grad():
    per_token = {
        "guessing blindly": math.log(gpt2.config.d_vocab),
        "your machine with random numbers": token_losses(GPT2(gpt2.config), tokens).mean(),
        f"your machine with {gpt2.name}'s numbers": token_losses(my_machine(), tokens).mean(),
    }
pictures.bars(per_token, title="mean loss on the story", value_title="nats per token")

# %% [markdown]
# **And if one thing had gone wrong in silence?** Here three mistakes are made on purpose, each in a copy of the state dict. All of them load without an error, since every shape fits.

# %% tags=["look", "raises-exception"]
last = f".h.{gpt2.config.n_layers - 1}."


def swapped(one: str, other: str) -> dict[str, Tensor]:
    """The state dict, with two pieces of its names in each other's place."""
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
with torch.no_grad():
    results = {
        mistake: token_losses(load_gpt2(weights, gpt2.config), tokens).mean()
        for mistake, weights in spoiled.items()
    }
pictures.bars(results, title="what went wrong", value_title="mean loss on the story, in nats")

# %% [markdown]
# ## Exercise 7 · `perplexity`
#
# A loss in nats is hard to feel. **Among how many equally likely tokens would you have to choose, to be as surprised?** If it is one of 8, the loss is log 8, so the number asked for is e to the power of the loss. It is called **perplexity**, and most papers on language models report it.
#
# *Difficulty 1 of 5 · importance 3 of 5 · 5 minutes · core, 5 points*
#
# **Why.** So that you can read those papers, and see through them: a mean is taken first, and the power afterwards, and the order matters.
#
# You get the losses of several texts, as a list of vectors of different lengths. Every token counts the same, whichever text it is in.
#
# <details><summary>Hint 1 · a question</summary>
#
# What would the perplexity be of a model that gives every token the probability 1/8? Try your formula on it.
#
# <details><summary>If you see "a text of 3 tokens weighs as much as one of 300"</summary>
#
# The mean of means is not the mean. `torch.cat(losses)` puts all tokens in one row.
#
# </details>
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
# *What you should see:* a tick. The look after the next exercise makes use of it.

# %% [markdown]
# ## Exercise 8 · `bits_per_byte`
#
# Perplexity is *per token*, and that makes it unfair. A model whose tokens are twice as long has half as many guesses to make, each of them harder. **What can be compared between models that cut text differently?** The bytes: they belong to the text and not to the tokenizer.
#
# *Difficulty 2 of 5 · importance 3 of 5 · 10 minutes · core, 6 points*
#
# **Why.** A language model is also a way to pack text. A token that is expected with probability p can be written in −log₂ p bits (Shannon, 1948), so the losses of a text, in bits, are the size of its packed file. Eight bits per byte would be no packing at all.
#
# You get the losses of several texts, in nats, and the texts. Add up all losses, turn nats into bits, and divide by the number of bytes that all texts have in UTF-8.
#
# <details><summary>Hint 1 · a question</summary>
#
# A fair coin costs one bit. How many nats is −log(1/2)? Do you have to multiply or divide, if there are to be more bits than nats?
#
# <details><summary>Hint 2 · bytes</summary>
#
# `text.encode()` gives the bytes, as in week 2. `len` of a text counts characters.
#
# </details>
#
# <details><summary>If you see "an emoji is one character and four bytes"</summary>
#
# Count after encoding, not before.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "bits_per_byte", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bits_per_byte(losses: list[Float[Tensor, "seq"]], texts: list[str]) -> float:
    """How many bits the model needs for each byte of the texts: all losses in bits, over all bytes of UTF-8.

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
# *What you should see:* a tick, and a line for each of five texts.
#
# **What does the model find easy?** The story as it is, in capitals, with its words shuffled, and two texts of other kinds. Guess the order before you run it.

# %% tags=["look", "raises-exception"]
story_words = STORY.split(" ")
order = torch.randperm(len(story_words), generator=torch.Generator().manual_seed(8))
kinds = {
    "the story": STORY,
    "the story in capitals": STORY.upper(),
    "the story, shuffled": " ".join(story_words[place] for place in order),
    "code": "def area(width, height):\n    return width * height\n\nfor side in range(3):\n    print(area(side, 2))\n",
    "Russian": "Кошка сидела на коврике, потому что она устала.",
}
machine = my_machine()
print(f"{'':24}{'tokens':>8}{'bytes':>8}{'perplexity':>19}{'bits per byte':>16}")
for kind, text in kinds.items():
    with torch.no_grad():
        losses = token_losses(machine, as_tokens(text))
    worth = f"{perplexity([*losses]):19,.1f}{bits_per_byte([*losses], [text]):16.2f}"
    print(f"{kind:24}{losses.numel():8}{len(text.encode()):8}{worth}")

# %% [markdown]
# Do perplexity and bits per byte put the texts in the same order? Compare the last line with the others: Russian is cut into pieces of letters, so there are many guesses for few bytes. And is any perplexity above 50,257? Then the model is worse than a blind guess. It is not ignorant there but sure of the wrong things, as one is who has read one kind of text only.
#
# ## Exercise 9 · `context_window`
#
# Your machine has a position vector for `n_ctx` positions and no more: 1,024 in GPT-2, 2,048 in GPT-3. This is its **context window**. What lies further back does not exist for it. **What happens one token beyond?**

# %% tags=["look", "raises-exception"]
try:
    my_machine()(torch.zeros(1, gpt2.config.n_ctx + 1, dtype=torch.long))
except ValueError as problem:
    print(problem)

# %% [markdown]
# And inside the window: **how much does it help to see more?** A token that has a single token before it must be nearly a blind guess. One that has a hundred before it should be easier. How much easier, and does it ever stop?
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Each head's scores are seq · seq numbers, so a window twice as long costs four times as many. You are about to see what that buys.
#
# Cut a long text into pieces of `seq` tokens, from its beginning, one after the other; what does not fill a piece at the end is left out. Run the model on one piece at a time. (The logits of 256 tokens are 256 · 50,257 numbers already, 51 MB.) Entry i of the result is the mean, over the pieces, of the loss of token i + 1, which has i + 1 tokens before it in its piece.
#
# <details><summary>Hint 1 · a question</summary>
#
# `token_losses` gives `1 seq-1` for one piece. When the losses of all pieces lie one below the other, which axis has to go: the one that counts pieces, or the one that counts positions?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `tokens.split(seq)` cuts a row; its last part may be shorter. Or walk: `range(0, len(tokens) - seq + 1, seq)` are the places where a piece begins.
#
# </details>
#
# <details><summary>If you see "… tokens are more than this model's n_ctx"</summary>
#
# The check's model has room for one piece. Cut before the model sees anything.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "context_window", "locked": false, "schema_version": 3, "solution": true, "task": false}
def context_window(
    model: nn.Module, tokens: Int[Tensor, "n_tokens"], seq: int
) -> Float[Tensor, "tokens_seen"]:
    """The mean loss of a token of which the model sees 1, 2, … seq − 1 tokens before it: seq − 1 numbers.

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
# **Where does more context stop helping?** A long text of stories, one after the other, in 16 pieces of 256 tokens. Each point is the mean over 15 neighbouring positions, since 16 pieces alone would make a ragged line. A story has about a hundred tokens.

# %% tags=["look", "raises-exception"]
told = corpus("validation", seed=8, n_tokens=16 * 256)
text = torch.tensor(told.token_ids[: 16 * 256].astype("int64"))
with torch.no_grad():
    by_position = context_window(my_machine(), text, seq=256)
seen = torch.arange(1, 256).float()
pictures.curve(
    seen.reshape(-1, 15).mean(dim=1),
    by_position.reshape(-1, 15).mean(dim=1),
    x_title="tokens before it",
    y_title="mean loss, in nats",
    title="the loss of a token, by how much the model sees",
)

# %% [markdown]
# *What you should see:* a steep fall over the first tens of tokens, then an uneven plain. A piece begins in the middle of a story whose beginning the model cannot see, and it pays for that. Once the window holds the whole of the present story, there is nothing more to find further back: these stories know nothing of each other. In books and in code, what matters may lie far behind, and the curve goes on falling.
#
# A window is not a memory, though: within it, every token still has to be found by attention, and the shares of a row have to be divided among more and more keys.

# %% [markdown]
# ## Exercise 10 · `cloze_accuracy`
#
# *… "It is very sweet," he said. At home her uncle opened the blue bag, made the ___.* Cover one word and let the model fill it in: a **cloze** test. Such a question can be right or wrong, which is easier to talk about than nats.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 15 minutes · core, 6 points*
#
# **Why.** Accuracy on questions is how most people compare language models today. It is also the easiest number to get wrong, since an answer may have several tokens.
#
# For each question there is a prompt and an answer, both lists of ids. The model answers right if it would say exactly this: the first token of the answer is its first choice after the prompt, the second is its first choice after prompt and first token, and so on. The result is the share of questions that it answers right. Prompts have different lengths; run them one at a time.
#
# <details><summary>Hint 1 · a question</summary>
#
# Give the model `prompt + answer` in one go. Which position's logits guess the answer's first token? Which guess its last?
#
# <details><summary>If you see "the guess of its own position"</summary>
#
# The position at which a token stands has read it already. The guess was made one place earlier.
#
# </details>
#
# <details><summary>If you see "as soon as its first token is"</summary>
#
# All tokens of the answer have to be the first choice. Python lists can be compared with `==` as a whole.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "cloze_accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cloze_accuracy(model: nn.Module, prompts: list[list[int]], answers: list[list[int]]) -> float:
    """The share of questions in which the model's first choices after the prompt are the answer, token for token.

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
# *What you should see:* a tick, and a share that is much larger with the whole story.
#
# **Does the model need the story to answer?** Each question below is a story, cut off before the last name or noun that has been mentioned before. The questions are put twice: with the whole story so far, and with the last eight tokens alone. The LAMBADA test (Paperno and others, 2016) works like this, with passages from novels; GPT-2's paper reports it.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "question_of", "locked": true, "schema_version": 3, "solution": false, "task": false}
def question_of(told: Story) -> tuple[list[int], list[int]] | None:
    """A cloze question: the ids of the story up to its last word that was said before, and that word's ids."""
    for mention in reversed(told.mentions):
        before, word = told.text[: mention.start - 1], told.text[mention.start : mention.end]
        if not mention.pronoun and told.text[mention.start - 1] == " " and f" {word}" in before:
            return as_tokens(before)[0].tolist(), gpt2.tokenizer.encode(f" {word}")
    return None


# %% tags=["look", "raises-exception"]
questions = [
    asked for told in islice(stories(seed=8, split="validation"), 40) if (asked := question_of(told))
]
prompts, answers = map(list, zip(*questions, strict=True))
for prompt, answer in questions[:4]:
    print(f"… {gpt2.tokenizer.decode(prompt[-16:])} ({gpt2.tokenizer.decode(answer).strip()})")
machine = my_machine()
with torch.no_grad():
    print(f"\n{len(prompts)} questions, answered right with the whole story: ", end="")
    print(f"{cloze_accuracy(machine, prompts, answers):.0%}; with the last 8 tokens: ", end="")
    print(f"{cloze_accuracy(machine, [prompt[-8:] for prompt in prompts], answers):.0%}")

# %% [markdown]
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 5 points*
#
# **Why.** Whoever can write down both sides has understood the map.
#
# Fill in the shapes for GPT-2 small: d_model 768, 12 heads, d_mlp 3,072, 50,257 tokens; logits and losses for a **batch of 2 prompts of length 6**. The first four rows are tensors of HF's state dict, the next four your machine's parameters, all heads together. A shape is a tuple; a bias of 768 numbers has the shape `(768,)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which of these rows are two views of the same numbers? Then their sizes, multiplied, must agree.
#
# <details><summary>If you see "nobody guesses the first token"</summary>
#
# Six tokens: the first was given. How many were guessed?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """Shapes of GPT-2 small's tensors, HF's and the machine's, and of what comes out for 2 prompts of length 6."""
    wte_weight = None  # HF: transformer.wte.weight
    c_attn_weight = c_attn_bias = None  # HF: transformer.h.0.attn.c_attn.weight and .bias
    c_fc_weight = None  # HF: transformer.h.0.mlp.c_fc.weight
    W_Q = b_Q = W_O = None  # blocks.0.attn, all heads
    W_in = None  # blocks.0.mlp
    logits = losses = None  # what the machine and token_losses give
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
# *What you should see:* a tick. Until then, the report names the rows that are not yet right.

# %% [markdown]
# ## From small to large
#
# Your loader never mentions 12 layers or 768 numbers: it takes what the config says. So the same code loads each GPT-2 that OpenAI published. **What grows, and how fast?** The last row is GPT-3 as its paper describes it (Brown and others, 2020, table 2.1), at which your own classes count the parameters. No memory is needed for that: on torch's *meta* device, tensors have a shape and no numbers.

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

# %% [markdown]
# More layers are more steps in which a token's vector can be changed, a larger d_model is more room for what has been found out; both cost memory and time, and need more text in training. A longer window costs scores, with the square of its length. Nobody knows in advance which of them will pay; week 11 measures it for small models.
#
# Where there is a network, two lines are enough to run a larger one in your machine (1.5 GB to download, and about 3 GB of memory, since the state dict and your copy are both there; stretch 2 does with half):
#
# ```python
# medium = reference.load("gpt2-medium", download=True)
# machine = load_gpt2(medium.state_dict, medium.config)
# ```

# %% [markdown]
# ## Check your understanding
#
# Run the folded cell below. Decide first, then open a choice: every one of them has a reason.

# %% tags=["look", "raises-exception"] jupyter={"source_hidden": true}
quiz(
    [
        Question(
            "You load GPT-2's weights, no error comes, and the machine writes nonsense. What is the likeliest cause?",
            [
                Choice(
                    "The file was damaged on its way.",
                    why="A damaged file rarely has every name and every shape right. That is why checksums exist, and why they seldom explain this.",
                ),
                Choice(
                    "Two tensors of equal shape have changed places, or a square one is transposed.",
                    right=True,
                    why="Shapes are all that a machine can check by itself. What has the right shape is believed.",
                ),
                Choice(
                    "float32 is not precise enough.",
                    why="Rounding changes the fifth or sixth digit of a logit. Nonsense needs more than that.",
                ),
            ],
        ),
        Question(
            "HF's Conv1D keeps (inputs, outputs), nn.Linear (outputs, inputs). A classmate's MLP is made of two nn.Linear. What must their loader do with c_fc and c_proj?",
            [
                Choice(
                    "Transpose the weights, and leave the biases.",
                    right=True,
                    why="Both matrices have to be turned. A bias has one axis, and nothing to turn.",
                ),
                Choice(
                    "Nothing: load_state_dict turns what does not fit.",
                    why="It compares shapes and stops with an error. And for square matrices there is not even an error.",
                ),
                Choice(
                    "Transpose only what does not fit otherwise.",
                    why="That would leave attention's c_proj as it is: it fits both ways. The kind of layer decides, not the shape.",
                ),
            ],
        ),
        Question(
            "Model A has perplexity 20 on a text, model B has 35. B's tokens are twice as long. Which one knows the text better?",
            [
                Choice(
                    "A, since its perplexity is lower.",
                    why="A makes twice as many guesses. Twice log 20 is more than log 35.",
                ),
                Choice(
                    "B: for the whole text its losses add up to less.",
                    right=True,
                    why="log 35 is 3.56 nats for a stretch of text on which A spends 2 · 3.00 = 5.99. Bits per byte would have shown it.",
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
                    why="The same numbers take the same time wherever they lie.",
                ),
                Choice(
                    "So that training one model does not change the other.",
                    right=True,
                    why="In week 11 an optimiser changes parameters in place. If they were the reference's own tensors, your comparison would move along with you.",
                ),
                Choice(
                    "Because nn.Parameter cannot hold a foreign tensor.",
                    why="It can, and shares its memory. That is the danger.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# The third answer can be computed. **How many nats does each model spend on the stretch of text that is one token for B?**

# %% tags=["look", "raises-exception"]
print(f"A: 2 · log 20 = {2 * math.log(20):.2f} nats; B: log 35 = {math.log(35):.2f} nats")

# %% [markdown]
# ### In your own words
#
# A classmate says: *"My machine loaded the file without an error, and the story that it wrote looks fine. So it is GPT-2."* What do you answer? Explain in four or five sentences what could still be wrong, and what you would measure to be sure. Use the words **shape**, **logits** and **loss**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# No error means only that every name was found and every shape fitted. Many tensors of GPT-2 have equal shapes: the two LayerNorms of a block, all blocks among each other, W_O and its transpose; swapped, they load in silence. Fluent text is weak evidence too, since a model with a small mistake, say a LayerNorm without its bias or a wrong position, may still write well. I would compare the logits with those of the original, at every position, for every token of the vocabulary and on several prompts of different lengths, and look at the largest difference: about 0.0001 or less is float32's rounding, more is a mistake. The loss on a text is a good first look, because it rises as soon as something is badly wrong, but it is a mean, and a mean hides what happens rarely.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `hf_shapes`
#
# GPT-2 XL's weights are 6 GB. **Can you say what is in the file before you download it?** For each of HF's names: which shape must the tensor have, for this config?
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** To download the wrong file costs an hour; to compare a list of shapes costs a second.
#
# The config alone knows. Make your own GPT2 on torch's meta device, where tensors have shapes and no numbers: `with torch.device("meta"): …`. Then go back along `name_map`: each of HF's tensors has the shape of what it fills, but for the two kinds that `fix_conv1d` cuts up. The check asks for the XL model, and notices when a whole model is made in memory.
#
# <details><summary>Hint 1 · a question</summary>
#
# W_Q is `n_heads d_model d_head`. What do n_heads and d_head become on the other side, and how often? And in W_O?
#
# <details><summary>If you see "a whole model was made"</summary>
#
# Is the model made inside the `with`? Everything that is made there lands on the meta device, unless it names another one.
#
# </details>
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_hf_shapes", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.hf_shapes(hf_shapes)

# %% [markdown]
# *What you should see:* a tick, for a model of which no number was ever made.

# %% [markdown]
# ## Stretch 2 · `load_from_file`
#
# `load_gpt2` wants the whole state dict, and fills a model that has just been given random numbers for nothing. For XL that is 6 GB beside 6 GB. **How would you load a model that fits into memory once, and only once?** One tensor at a time, straight from the file.
#
# *Difficulty 4 of 5 · importance 3 of 5 · 30 minutes · stretch, 15 points*
#
# **Why.** With large models, memory decides whether they can be loaded at all.
#
# `file` is an open safetensors file: `file.keys()` lists its names, and `file.get_tensor(name)` reads one tensor. Read each tensor once, and let go of it before you read the next but one. Files come in two kinds, and yours should load both:
#
# - HF's own names, as you know them, but without `lm_head.weight`, since it is tied;
# - OpenAI's names, the same without `transformer.` in front: `h.0.ln_1.weight`. Such a file also holds the causal masks, as `h.0.attn.bias`. They are no weights, so they must not even be read.
#
# To begin without random numbers, make the model on the meta device; `model.to_empty(device="cpu")` then gives it memory whose content is whatever happens to be there. So whatever you do not fill is rubbish: a tensor that the file lacks has to end in an error that names it.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which single step makes an OpenAI name into one that `name_map` knows, and leaves HF's as it is?
#
# <details><summary>Hint 2 · filling one parameter</summary>
#
# `model.load_state_dict(some_of_them, strict=False)` copies what it is given, compares the shapes, and leaves the rest alone. Here that is right, if you keep a list of what is still missing yourself.
#
# </details>
#
# <details><summary>If you see "c_attn's biases are passed over"</summary>
#
# `h.0.attn.c_attn.bias` ends in `attn.bias` as well. And in `.attn.bias`?
#
# </details>
#
# <details><summary>If you see "more than three tensors of the file in memory at once"</summary>
#
# A view keeps the whole tensor alive. Where are your pieces kept after they have been copied?
#
# </details>
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_load_from_file", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.load_from_file(load_from_file)

# %% [markdown]
# *What you should see:* a tick, and a difference of 0.
#
# **Does it load the reference's own file?** The file on disk, opened as the check's was; compared with the machine that `load_gpt2` fills.

# %% tags=["look", "raises-exception"]
with safe_open(gpt2.folder / "model.safetensors", framework="pt") as file:
    from_file = load_from_file(file, gpt2.config)
with torch.no_grad():
    gap = (from_file(as_tokens(STORY)) - my_machine()(as_tokens(STORY))).abs().max()
print(f"Largest difference: {gap:.1e}")

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and reads names and shapes aloud. Swap after every exercise that has its tick.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look, and the two lists: find the partner of five names before you type anything. |
# | 10–30 | Exercise 1. Agree on your scratchpad: HF's names on the left, yours on the right, with shapes. **Swap.** |
# | 30–50 | Exercises 2 and 3. Draw c_attn's columns as a long bar and mark who owns what. **Swap.** |
# | 50–75 | Exercise 4, and the moment after it. Then 5: write down the largest difference that you found. |
# | 75–90 | The two questions below. |
#
# Core is exercises 1 to 11; 6 to 11 do well as homework, or as a second session. Stretch is for whoever has time left. **Not finishing is normal:** a session that ends with a machine that speaks is a very good one.
#
# **Two questions to argue about.**
#
# 1. Your machine now gives the same logits as GPT-2, for every input that you have tried. Is it the same model? Is there an experiment that could tell the two apart?
# 2. 124 million numbers went into your machine, and you could not read a single one of them. Where in it is the knowledge that a story's *uncle* is a *he*?
#
# **Where pairs get stuck.** At `c_attn`, when one thinks in thirds and the other in heads: draw the bar. At `load_gpt2`, when the loop is written before anybody has said what is to be an error. At `token_losses`, when both shift: one shift is enough.

# %% [markdown]
# ## What you have built
#
# - **name_map**: both languages, every name once.
# - **split_c_attn** and **fix_conv1d**: HF's tensors in your machine's forms.
# - **load_gpt2**: a strict loader. Nothing forgotten, nothing shared, nothing random.
# - **logits_match**: the proof that your machine is GPT-2.
# - **token_losses**, **perplexity**, **bits_per_byte**: how surprised a model is, by token, by text, by byte.
# - **context_window** and **cloze_accuracy**: what it makes of what it has read.
#
# What is still missing? A voice. Your machine knows what GPT-2 knows; it says, at every position, what may come next and how likely that is. Next week you decide what to make of these probabilities: how a text is chosen from them, one token at a time.
#
# Words of this week in the [glossary](../glossary.md): *bits per byte, cloze test, context window, Conv1D, loss, meta device, nat, n_ctx, perplexity, state dict, strict, tied*.
