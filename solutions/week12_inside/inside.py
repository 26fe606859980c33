# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 12 · Look inside
#
# **The big idea.** You have built the model, so you can read every vector between the text and the next token, and you can change any of them and see how the prediction changes. Reading shows what *might* matter for an answer. Changing shows what *does*.
#
# | | |
# |---|---|
# | **You will have built** | tools to look inside your own GPT-2: what each depth would predict, how much each layer adds to a word's logit, and what changes when a head is removed |
# | **You need** | your GPT-2 (week 7) with real weights (week 8), attention and its scores (weeks 5 and 6), the loss (week 10), which `parts.py` beside this notebook holds ready |
# | **Time** | reading and demonstrations 2 h · core exercises 3 h 10 min · stretch 4 h · the capstone, an afternoon |
# | **Where we are** | text → tokens → embeddings → blocks → logits → probabilities → next token: **all of it, from the inside** |
#
# Last week a model was trained, and its weights came from the data, not from a programmer. So this last week has a new question: not how the model computes, but *why it gives this answer*, in terms that a person can follow. The field is called **mechanistic interpretability**. This week has its basic tools; the common questions at the end name some that are not here.
#
# Run the cells from top to bottom. Write where a cell says `# YOUR CODE HERE`; the check below it shows at once whether the reference, treated in the same way, gives the same.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import torch
from einops import einsum
from jaxtyping import Bool, Float, Int
from parts import (
    GPT2,
    attention_pattern,
    first_token_score,
    gelu,
    induction_score,
    load_gpt2,
    next_token_loss,
    previous_token_score,
    residual_stream,
    weighted_values,
)
from torch import Tensor, nn

from utils import pictures, reference
from utils.checks import week12_inside as checks
from utils.examples.induction_by_hand import induction_circuit
from utils.quiz import Choice, Question, quiz
from utils.scratchpad import Scratchpad
from utils.story_world import NAMES, story
from utils.tokens import token_strings

gpt2 = reference.load()
MARKET = "On Monday morning, {} went to the market for"
GIRLS = ("Anna", "Lily", "Mary", "Emma")
BOYS = ("Tom", "Ben", "Sam", "Jack")

# %% [markdown]
# ## A first look
#
# *On Monday morning, Anna went to the market for* … whom? If the model continues with *her*, something in it must have used *Anna*, several words earlier. **Does it? And what if the name is Tom?**
#
# The next cell has a few helpers for this week's demonstrations. `your_model()` is your GPT2 of week 7 with the reference's weights, loaded by your load_gpt2 of week 8.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "prompts", "locked": true, "schema_version": 3, "solution": false, "task": false}
@cache
def your_model() -> GPT2:
    """Your model with the reference's weights. Nothing is trained this week, so it keeps no gradients."""
    return load_gpt2(gpt2.state_dict, gpt2.config).requires_grad_(False)


def id_of(word: str) -> int:
    """The id of a word that is one token; a space before it belongs to it."""
    (only,) = gpt2.tokenizer.encode(word)
    return only


def market(names: Sequence[str]) -> Int[Tensor, "batch seq"]:
    """A prompt for each name, all of the same length."""
    return torch.tensor([gpt2.tokenizer.encode(MARKET.format(name)) for name in names])


# %% tags=["look", "raises-exception"]
for name in ("Anna", "Tom"):
    probabilities = your_model()(market([name]))[0, -1].softmax(dim=-1)
    print(f"After {name}: her {probabilities[id_of(' her')]:.1%}, his {probabilities[id_of(' his')]:.1%}")

tokens = market(["Anna"])
with torch.no_grad():
    patterns = torch.stack(gpt2.model(tokens, output_attentions=True).attentions)[:, 0]
words = token_strings(tokens[0].tolist())
on_the_name = patterns[:, :, -1, words.index("·Anna")]
layer, head = divmod(on_the_name.argmax().item(), gpt2.config.n_heads)
pictures.attention_explorer(words, patterns, layer=layer, head=head, query=-1)

# %% [markdown]
# The explorer starts at the head in which the last query's **attention weight** on *Anna* is largest. It is tempting to conclude that this head finds the name for the answer. But a large attention weight does not show that what is read is also *used*. With the tools of this notebook you can test it.
#
# ## The idea in plain words
#
# The **residual stream** of a token begins as the sum of its token embedding and its position embedding. Every attention layer and every MLP reads it and adds a vector to it (the **residual connection**), and at the end ln_f and the unembedding turn the sum into logits. Nothing is overwritten, though a layer can cancel what an earlier one has written by adding its negative. Because the stream is a sum, it can be taken apart again:
#
# - At any depth, you can compute *what the model would predict if it stopped here*: apply ln_f and the unembedding to the stream there. That is the **logit lens**.
# - At the end, you can compute *how much each layer has added to a word's logit*: the logit is a sum over everything that was written to the stream. That is **direct logit attribution**.
# - You can remove what one head writes, and see how the prediction changes: **ablation**.
# - You can run the model on two prompts, put a single vector of one run into the other, and see whether the answer changes with it: **activation patching**.
#
# The first two *observe*, the last two *intervene*. All of them need one tool, a function that is called while a module runs: the **hook** of week 7. An attention layer or MLP, seen as something that adds to the stream, is called a **writer** below; papers call it a component.
#
# ## The idea in shapes
#
# | | what | shape |
# |---|---|---|
# | | the residual stream, before the first block and after every block | `n_layers+1 batch seq d_model` |
# | lens | every depth's logits | `n_layers+1 batch seq d_vocab` |
# | attribution | one number for each writer and prompt | `batch`, under the writer's name |
# | heads | what each head of one block writes | `batch n_heads seq d_model` |
# | ablation | one number for each head of the model | `n_layers n_heads` |
# | patching | one number for each block and position | `n_layers seq` |
#
# **Which row of this scratchpad is wrong?** The lens of GPT-2 small, for two prompts of length 6.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6)
pad.note("stream", (13, 2, 6, 768), "depth batch seq d_model")
pad.note("lens", (13, 2, 6, 50257), "depth batch seq d_vocab")
pad.note("predictions", (12, 2, 6, 50257), "depth batch seq d_vocab")
pad

# %% [markdown]
# ## Exercise 1 · `hooked`
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 10 points*
#
# **Why.** Every experiment of this week sets hooks. A hook that is not removed changes every later run without any error, and later numbers are wrong. So the first tool is one that removes its own hooks.
#
# `module.register_forward_hook(hook)` makes PyTorch call `hook(module, inputs, output)` each time the module has run. `inputs` is a tuple of what the module was given. If the hook returns something, that replaces the output; if it returns None, the output stays. The call returns a handle, and `handle.remove()` removes the hook again.
#
# Write `hooked` as a context manager, so that it can be used like this:
#
# ```python
# with hooked([(model.ln_f, some_hook), (model.blocks[0].mlp, another)]):
#     model(tokens)  # with the hooks
# model(tokens)  # without them
# ```
#
# With `@contextmanager` above it, a function becomes one: the code before its `yield` runs when the with block begins, the code after it when the block ends, and an error in the block is raised at the `yield` itself.
#
# Four things to get right: the hooks are set in the order of the pairs (two may be for the same module); all of them are removed afterwards; also when the block ends with an error, which is passed on to the caller; and hooks that other code has set stay.
#
# <details><summary>Hint 1 · a question</summary>
#
# Several hooks are set and each gives you a handle. Where do you keep the handles until they are needed? And which Python keyword begins lines that run whether or not the lines above it have raised an error?
#
# </details>
#
# <details><summary>If you see "when the block ends with an error, the hooks stay on the model"</summary>
#
# An error in the with block is raised at the `yield`. The lines below it run only if they are in a `finally` block.
#
# </details>
#
# <details><summary>If you see "several hooks are set and only the last of them is removed"</summary>
#
# A name that is given a new value in each turn of a loop holds only the last one. A list holds them all.
#
# </details>
#
# <details><summary>If you see "an error in the with block disappears"</summary>
#
# Is there an `except` in your function, or a `return` in its `finally`? Neither is needed.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "hooked", "locked": false, "schema_version": 3, "solution": true, "task": false}
@contextmanager
def hooked(hooks: Iterable[tuple[nn.Module, Callable]]) -> Iterator[None]:
    """During the with block each module has its forward hook; afterwards none of these is left.

    `hooks` are pairs of a module and a hook(module, inputs, output), set in this order: a list, which may be
    empty, or anything else that a for loop takes, such as a generator. An error in the block is passed on to
    the caller. Hooks that other code has set stay.
    """
    ### BEGIN SOLUTION
    handles = []
    try:
        for module, hook in hooks:
            handles.append(module.register_forward_hook(hook))
        yield
    finally:
        for handle in handles:
            handle.remove()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_hooked", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.hooked(hooked)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line; in some of the cases an error is raised in the with block on purpose. After a with block `model.ln_f._forward_hooks` is empty again.
#
# </details>
#
# **Removing which MLP changes the prediction most?** Your first **intervention**: for one run, one block's MLP gives zeros (a **zero ablation** of the whole MLP).


# %% tags=["look", "raises-exception"]
def zeros(module: nn.Module, inputs: tuple, output: Tensor) -> Tensor:
    return torch.zeros_like(output)


model, tokens = your_model(), market(["Anna"])
print(f"the whole model     her {model(tokens)[0, -1].softmax(dim=-1)[id_of(' her')]:.1%}")
for layer, block in enumerate(model.blocks):
    with hooked([(block.mlp, zeros)]):
        probabilities = model(tokens)[0, -1].softmax(dim=-1)
    print(f"without MLP {layer:<2}      her {probabilities[id_of(' her')]:.1%}")

# %% [markdown]
# ## Exercise 2 · `run_with_cache`
#
# A hook can change an output, or only store it. **What is there to store?** Every module of your GPT2 has a name. `model.named_modules()` gives them all: first the model itself, whose name is the empty string, then `embed`, `blocks.0`, `blocks.0.attn` and so on. Their outputs are the model's **activations**.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 12 points*
#
# **Why.** Attribution, patching and the scores of heads below all read their activations from this **cache**.
#
# Set a hook on every module but the model itself. Each of them stores its module's output, under the module's name. The hooks only observe: the run must be the same as without them. (This cache holds activations of one run; it is not the KV cache of week 9.)
#
# - A stored tensor is detached (`output.detach()`), so that the cache does not keep the whole graph for gradients alive.
# - Modules that are never called, such as the list `blocks` itself, have no entry.
# - If the model raises an error, for instance because a prompt is too long, the error is passed on to the caller, and no hook is left.
#
# <details><summary>Hint 1 · a question</summary>
#
# Each hook needs the name under which to store. PyTorch calls it with module, inputs and output: where can the name come from? A function that takes the name and *returns a hook* is one answer.
#
# </details>
#
# <details><summary>If you see "every hook writes to the name that the loop ended with"</summary>
#
# A function that is defined in a loop looks up the loop's variable when it is *called*, and by then the loop is over. Define the hook inside another function, to which you pass the name.
#
# </details>
#
# <details><summary>If you see "the hooks return something"</summary>
#
# Whatever a hook returns replaces the output. Some ways of storing also return what they store: `cache.setdefault(…)` does, a plain assignment does not.
#
# </details>
#
# <details><summary>If you see "when the model raises, the hooks stay on it"</summary>
#
# The model has to run *inside* the with block of your `hooked`.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "run_with_cache", "locked": false, "schema_version": 3, "solution": true, "task": false}
def run_with_cache(
    model: nn.Module, tokens: Int[Tensor, "batch seq"]
) -> tuple[Float[Tensor, "batch seq d_vocab"], dict[str, Float[Tensor, "..."]]]:
    """The model's logits, and the output of each of its modules, under the module's name.

    The names are those of model.named_modules(), such as "blocks.0.attn"; the model itself needs no entry, nor does
    a module that was not called. The model has the same hooks afterwards as before, also when it raises.
    """
    ### BEGIN SOLUTION
    cache = {}

    def storing(name):
        def hook(module, inputs, output):
            cache[name] = output.detach()

        return hook

    with hooked((module, storing(name)) for name, module in model.named_modules() if name):
        logits = model(tokens)
    return logits, cache
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_run_with_cache", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.run_with_cache(run_with_cache)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. The storyteller's cache has 24 entries (5 for each of its 4 blocks, and `embed`, `pos_embed`, `ln_f`, `unembed`), GPT-2 small's 64 (12 blocks).
#
# </details>
#
# **Do all the writers add up to the stream at the end?** The rest of the week depends on this. The cache can test it: token embedding, position embedding, and what every attention and every MLP has written, against the stream after the last block.

# %% tags=["look", "raises-exception"]
logits, cache = run_with_cache(your_model(), market(GIRLS))
print(f"{len(cache)} entries, among them:")
for name in ("embed", "blocks.0.ln_1", "blocks.0.attn", "blocks.0.mlp", "blocks.0", "ln_f", "unembed"):
    print(f"  {name:14} {tuple(cache[name].shape)}")

writers = [name for name in cache if name.split(".")[-1] in ("embed", "pos_embed", "attn", "mlp")]
written = sum(cache[name] for name in writers)
last = f"blocks.{gpt2.config.n_layers - 1}"
print(f"{len(writers)} writers; largest difference from {last}: {(written - cache[last]).abs().max():.1e}")
spreads = {name: cache[name][:, -1].var(dim=-1).mean() for name in writers}
print(f"The writers' variances at the last token: {min(spreads.values()):.2g} to {max(spreads.values()):.2g}")

# %% [markdown]
# *What you should see:* a difference of 0, or of about a millionth of the stream's own size if the sums were rounded in another order. So nothing else was added to the stream. The last line shows how differently large the writers' vectors are.

# %% [markdown]
# ## Exercise 3 · `logit_lens`
#
# The end of the model reads the residual stream through ln_f and the unembedding. The stream has the same shape at every depth, so it can be read in the same way earlier. **What would the model predict if it stopped after block 0?**
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** It turns the stream at every depth into something that you can read: words. (nostalgebraist, *Interpreting GPT: the logit lens*, LessWrong, 2020.)
#
# Your residual_stream of week 7 gives the stream before the first block and after every block, stacked. Read each depth as the end of the model would: through ln_f, then through the unembedding.
#
# <details><summary>Hint 1 · a question</summary>
#
# ln_f and the unembedding work on the last axis alone. Do you need a loop over the depths?
#
# </details>
#
# <details><summary>If you see "the stream goes to the unembedding as it is"</summary>
#
# What does GPT2's forward do between its last block and the unembedding?
#
# </details>
#
# <details><summary>If you see "after the last block ln_f is applied twice"</summary>
#
# Then your last snapshot has been through ln_f already. The last of HF's `hidden_states` is like that.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "logit_lens", "locked": false, "schema_version": 3, "solution": true, "task": false}
def logit_lens(
    model: GPT2, tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, "n_layers_plus_1 batch seq d_vocab"]:
    """What the model would predict if it stopped early: logits before the first block, and after every block.

    Each depth is read as the end of the model reads: through ln_f and the unembedding. The last entry holds the
    model's own logits.
    """
    ### BEGIN SOLUTION
    snapshots = residual_stream(model, tokens)
    return model.unembed(model.ln_f(snapshots))
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_logit_lens", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.logit_lens(logit_lens)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. The last of the depths has the model's own logits. For a prompt of 10 tokens the storyteller's lens has the shape `(5, 1, 10, 50257)`, GPT-2 small's `(13, 1, 10, 50257)`.
#
# </details>
#
# **At which depth does the lens show the answer?** A row for each depth, a column for each token of the prompt. In every cell is the most probable next token at that depth; the bluer, the higher its probability. Read the last column from top to bottom.

# %% tags=["look", "raises-exception"]
tokens = market(["Anna"])
lens = logit_lens(your_model(), tokens)[:, 0]
probabilities, best = lens.softmax(dim=-1).max(dim=-1)
with torch.no_grad():
    theirs = gpt2.model(tokens).logits[0]
print(f"Largest difference of the last row from HF's own logits: {(lens[-1] - theirs).abs().max():.1e}")
depths = ["start", *(f"after block {layer}" for layer in range(gpt2.config.n_layers))]
pictures.guess_table(
    [token_strings(row.tolist()) for row in best], probabilities, token_strings(tokens[0].tolist()), depths
)

# %% [markdown]
# In the first row the most probable token is usually the *token itself*: with **weight tying** the unembedding is the embedding transposed, and a vector's dot product with itself is large. The early blocks replace this by words that often follow the token, and the further down, the more the prediction depends on the rest of the sentence. But be careful with what you conclude: the early layers were not trained to be read by ln_f. A depth at which the lens does not show the answer may still contain it in a form that only a later layer can read. (The **tuned lens** of Belrose et al., 2023, arXiv:2303.08112, trains a small translation for each depth.)

# %% [markdown]
# ## Exercise 4 · `direct_logit_attribution`
#
# The lens shows *at which depth* the answer appears. **Which writers put it there?** A logit is a dot product with the stream, and the stream is a sum over writers. So the logit would be a sum over writers, too, if ln_f were not in between.
#
# ln_f does four things to the stream at a position: it subtracts the mean of its numbers, divides by $\sqrt{\text{variance} + \text{eps}}$, multiplies by the gain, and adds the bias. Three of them treat a sum as the sum of its parts. The division is the exception, since the variance depends on everything at once. But for the run that we want to explain, the divisor is known: it is one number for each prompt. Keep that number, the one of the whole stream, and divide every writer's part by it. This is called **freezing** the LayerNorm.
#
# $$\text{term}(w) = \frac{w - \text{mean}(w)}{\sqrt{\text{variance} + \text{eps}}} \odot \text{gain} \;\cdot\; W_E[\text{answer}]$$
#
# The bias is added whatever the writers have written. It gets a term of its own, bias · W_E[answer].
#
# *Difficulty 4 of 5 · importance 5 of 5 · 30 minutes · core, 14 points*
#
# **Why.** The terms add up to the logit exactly, up to rounding, so every part of it is assigned to a writer.
#
# Take the last position only, since it is the one that predicts the next token. The keys of the result are the writers' names in the cache, `embed`, `pos_embed`, `blocks.0.attn`, `blocks.0.mlp`, `blocks.1.attn` …, and `ln_f.bias`. Each value holds one number for each prompt. `model.ln_f` has `gain`, `bias` and `eps`; `model.embed.W_E` holds a row for each token, which also is the token's column of the unembedding.
#
# <details><summary>Hint 1 · a question</summary>
#
# Stack what all writers have written at the last position: `writer batch d_model`. The sum over the first axis is what ln_f reads. Which of its four steps needs that sum, and which need only one writer's part?
#
# <details><summary>Hint 2 · the division</summary>
#
# The variance is a mean of squares, so it divides by d_model; by what does `torch.var` divide unless you set its argument `unbiased`? Its shape is `batch`, one number for each prompt.
#
# </details>
# </details>
#
# <details><summary>If you see "each writer is divided by its own spread"</summary>
#
# ln_f(w) for each writer divides each of them as if it were the whole stream. The number to divide by belongs to the sum.
#
# </details>
#
# <details><summary>If you see "the division leaves eps out", or "the variance is divided by d_model − 1"</summary>
#
# Week 4 has both: `standardise` adds eps under the root, and its variance is a plain mean.
#
# </details>
#
# <details><summary>If you see "the terms are made of the whole stream after each block"</summary>
#
# `blocks.0` in the cache is the whole stream after block 0. The names of what was added in that block end in attn and mlp.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "direct_logit_attribution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def direct_logit_attribution(
    model: GPT2, tokens: Int[Tensor, "batch seq"], answers: Int[Tensor, "batch"]
) -> dict[str, Float[Tensor, "batch"]]:
    """What each writer has added to the logit of each prompt's answer, at the last position.

    The keys are "embed", "pos_embed", "blocks.0.attn", "blocks.0.mlp", "blocks.1.attn" and so on, and "ln_f.bias".
    ln_f divides every part by what it has divided the whole stream by. All terms of a prompt add up to the logit.
    """
    ### BEGIN SOLUTION
    cache = run_with_cache(model, tokens)[1]
    halves = [f"blocks.{layer}.{half}" for layer in range(len(model.blocks)) for half in ("attn", "mlp")]
    writers = ["embed", "pos_embed", *halves]
    parts = torch.stack([cache[name][:, -1] for name in writers])
    divisor = torch.sqrt(parts.sum(dim=0).var(dim=-1, unbiased=False) + model.ln_f.eps)
    rows = model.embed.W_E[answers]
    centred = parts - parts.mean(dim=-1, keepdim=True)
    terms = (centred * model.ln_f.gain * rows).sum(dim=-1) / divisor
    return dict(zip(writers, terms, strict=True)) | {"ln_f.bias": rows @ model.ln_f.bias}
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_direct_logit_attribution", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.direct_logit_attribution(direct_logit_attribution)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. The storyteller has 11 terms for each prompt, GPT-2 small 27: two embeddings, two for each block, and the bias. Their sum equals the logit to within a few millionths of the largest term.
#
# </details>
#
# **Which writers raise *her* above *his*?** One logit alone is hard to read: a writer may raise all logits alike. So we take the difference of two attributions, averaged over the prompts. A bar to the right is in favour of *her*.

# %% tags=["look", "raises-exception"]
model, tokens = your_model(), market(GIRLS)
her, his = (torch.full((len(tokens),), id_of(word)) for word in (" her", " his"))
for_her, for_his = (direct_logit_attribution(model, tokens, answers) for answers in (her, his))
gap = (sum(for_her.values()) - model(tokens)[:, -1, id_of(" her")]).abs().max()
print(f"The terms add up to the logit within {gap:.1e}.")
pictures.bars(
    {name: (for_her[name] - for_his[name]).mean() for name in for_her},
    value_title="logit of her − logit of his",
)

# %% [markdown]
# *What you should see:* a sum that is right to within a few millionths of the largest term, and a few writers with most of the difference. `embed` is the direct contribution of the last word, *for*.
#
# "Direct" is to be taken literally. A head may write only what a later head's queries or keys read; then it writes nothing in the direction of *her*, and its term is near 0 although the answer depends on it. To find such heads, you have to intervene.

# %% [markdown]
# ## Exercise 5 · `inside_attention`
#
# The cache holds outputs of modules only. **What happens inside attention?** Its pattern, and what each single head writes, are not outputs of a module; your MultiHeadAttention of week 6 computes them and does not return them.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Ablating, patching or naming a single head needs its pattern and its own output.
#
# You wrote these lines in week 6; this time, keep the intermediate results. Given an attention module with `W_Q`, `W_K`, `W_V` (`n_heads d_model d_head`), `b_Q`, `b_K`, `b_V` (`n_heads d_head`) and `W_O` (`n_heads d_head d_model`), and its input, return every head's pattern, and what every head by itself writes to the residual stream. `b_O` does not belong to any head and is left out: the sum of what the heads write, plus b_O, is the module's output.
#
# <details><summary>Hint 1 · a question</summary>
#
# `attention_pattern` and `weighted_values` of week 5 take any leading axes, also `batch n_heads`. What is left for you to write: which product before them, and which one after?
#
# </details>
#
# <details><summary>If you see "The size of tensor a must match", where a bias is added</summary>
#
# `q` has the axes batch, heads, seq, d_head and `b_Q` has heads, d_head. A bias is added at every position: indexing with None can insert an axis of size 1 where the positions are.
#
# </details>
#
# <details><summary>If you see "the heads are added up"</summary>
#
# The einsum of week 6 leaves `n_heads` out on the right, which sums over the heads. Here the axis stays.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "inside_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def inside_attention(
    attn: nn.Module, x: Float[Tensor, "batch seq d_model"]
) -> tuple[Float[Tensor, "batch n_heads query key"], Float[Tensor, "batch n_heads seq d_model"]]:
    """Every head's pattern, and what every head writes to the residual stream by itself, without b_O.

    `x` is the module's input. What the heads write and b_O add up to the module's output.
    """

    ### BEGIN SOLUTION
    def projected(W, b):
        product = einsum(x, W, "batch seq d_model, n_heads d_model d_head -> batch n_heads seq d_head")
        return product + b[:, None]

    pattern = attention_pattern(projected(attn.W_Q, attn.b_Q), projected(attn.W_K, attn.b_K))
    z = weighted_values(pattern, projected(attn.W_V, attn.b_V))
    written = einsum(
        z, attn.W_O, "batch n_heads seq d_head, n_heads d_head d_model -> batch n_heads seq d_model"
    )
    return pattern, written
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_inside_attention", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.inside_attention(inside_attention)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. For one prompt of 10 tokens the storyteller's patterns of one block have the shape `(1, 4, 10, 10)` and what its heads write `(1, 4, 10, 96)`; GPT-2 small's `(1, 12, 10, 10)` and `(1, 12, 10, 768)`.
#
# </details>
#
# **Are these the patterns that HF gives, and do the heads add up?** And in which head of the chosen layer does the last query attend to the name? Move the mouse over the small squares.

# %% tags=["look", "raises-exception"]
model, tokens = your_model(), market(["Anna"])
cache = run_with_cache(model, tokens)[1]
opened = [inside_attention(block.attn, cache[f"blocks.{i}.ln_1"]) for i, block in enumerate(model.blocks)]
mine = torch.stack([pattern[0] for pattern, written in opened])
with torch.no_grad():
    theirs = torch.stack(gpt2.model(tokens, output_attentions=True).attentions)[:, 0]
print(f"Largest difference from HF's patterns: {(mine - theirs).abs().max():.1e}")
together = opened[0][1].sum(dim=1) + model.blocks[0].attn.b_O
print(f"Heads and b_O against the module:      {(together - cache['blocks.0.attn']).abs().max():.1e}")

words = token_strings(tokens[0].tolist())
layer = mine[:, :, -1, words.index("·Anna")].amax(dim=1).argmax().item()
print(f"The heads of layer {layer}:")
pictures.attention_heads(words, mine[layer])

# %% [markdown]
# ## Exercise 6 · `logit_difference`
#
# *Difficulty 1 of 5 · importance 4 of 5 · 5 minutes · core, 4 points*
#
# **Why.** An experiment needs *one number* that measures the behaviour. A probability has two disadvantages: it depends on all other words, and near 0 and 1 it hardly changes. The logit of the right answer minus the logit of a wrong one has neither, and it is what the attributions above add up to.
#
# Return, for each prompt, the logit of `right[b]` minus the logit of `wrong[b]`, at the last position: the **logit difference**. Positive means that the right answer is ahead.
#
# <details><summary>Hint 1 · a question</summary>
#
# Row b belongs to token `right[b]`. What does `x[torch.arange(3), torch.tensor([4, 0, 2])]` pick out of a matrix?
#
# </details>
#
# <details><summary>If you see "every prompt meets every other prompt's answers"</summary>
#
# `x[:, right]` takes all columns of `right` for every row. Two index tensors of the same length, or `gather`, take one entry of each row.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "logit_difference", "locked": false, "schema_version": 3, "solution": true, "task": false}
def logit_difference(
    logits: Float[Tensor, "batch seq d_vocab"], right: Int[Tensor, "batch"], wrong: Int[Tensor, "batch"]
) -> Float[Tensor, "batch"]:
    """By how much each prompt's right answer is ahead of the wrong one at the last position, in logits."""
    ### BEGIN SOLUTION
    end, rows = logits[:, -1], torch.arange(len(logits))
    return end[rows, right] - end[rows, wrong]
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_logit_difference", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
checks.logit_difference(logit_difference)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. In the next cell the storyteller's mean is 12.25 logits: the right pronoun is about e¹² times as probable as the wrong one.
#
# </details>
#
# The prompts for the next demonstrations: names of girls and of boys, each with the right pronoun and the wrong one. **How far is the right one ahead?**


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "everyone", "locked": true, "schema_version": 3, "solution": false, "task": false}
def everyone() -> tuple[Int[Tensor, "batch seq"], Int[Tensor, "batch"], Int[Tensor, "batch"]]:
    """Prompts about girls and boys, the right pronouns and the wrong ones."""
    her, his = id_of(" her"), id_of(" his")
    right = [her] * len(GIRLS) + [his] * len(BOYS)
    wrong = [his] * len(GIRLS) + [her] * len(BOYS)
    return market(GIRLS + BOYS), torch.tensor(right), torch.tensor(wrong)


# %% tags=["look", "raises-exception"]
tokens, right, wrong = everyone()
ahead = logit_difference(your_model()(tokens), right, wrong)
for name, difference in zip(GIRLS + BOYS, ahead, strict=True):
    print(f"{name:6} {difference:6.2f}")
print(f"mean   {ahead.mean():6.2f}")

# %% [markdown]
# ## Exercise 7 · `ablate_head`
#
# **How does the prediction change without one head?** That is an **ablation**: remove what the head writes and leave everything else as it is. Two ways are common.
#
# - **zero**: the head writes nothing.
# - **mean**: the head writes what it writes *on average over the batch*, at each position. What is the same for all prompts stays, and what depends on this prompt is gone.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 25 minutes · core, 12 points*
#
# **Why.** It is a simple causal experiment: remove a part, and see what no longer works.
#
# Set a hook on the attention of one block. The hook is given the module's input (`inputs[0]`) and its output (`output`). Your `inside_attention` gives the part of the output that this head has written. b_O does not belong to any head: it stays.
#
# <details><summary>Hint 1 · a question</summary>
#
# The output is the sum of what all heads write, plus b_O. If you know what one of them has written, how do you remove it from the sum? And what do you add instead when `by` is "mean"?
#
# <details><summary>Hint 2 · the mean</summary>
#
# What one head writes has the axes batch, seq, d_model. The mean over the batch is the same for every prompt: shape `seq d_model`.
#
# </details>
# </details>
#
# <details><summary>If you see "a position is ablated, not a head"</summary>
#
# The module's output has no head axis: `output[:, head]` is a position. What each head writes, from `inside_attention`, has one.
#
# </details>
#
# <details><summary>If you see "the logits are those of the whole model"</summary>
#
# Does your hook return the changed output?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "ablate_head", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ablate_head(
    model: GPT2, tokens: Int[Tensor, "batch seq"], layer: int, head: int, by: str = "zero"
) -> Float[Tensor, "batch seq d_vocab"]:
    """Logits of the model when one head writes nothing, or what it writes on average.

    `by` is "zero", or "mean": then the head writes at each position the mean, over the batch, of what it would have
    written there. The model is as before afterwards.
    """

    ### BEGIN SOLUTION
    def hook(module, inputs, output):
        own = inside_attention(module, inputs[0])[1][:, head]
        substitute = own.mean(dim=0) if by == "mean" else torch.zeros_like(own)
        return output - own + substitute

    with hooked([(model.blocks[layer].attn, hook)]):
        return model(tokens)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_ablate_head", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.ablate_head(ablate_head)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line: HF's model with the same head ablated gives the same logits. If all prompts of a batch are the same, the mean ablation changes nothing, and the zero ablation does.
#
# </details>
#
# **Which heads carry the gender of the name to the answer?** What every head in turn writes is replaced by its mean over girls and boys, so that it is the same for both. The number is by how much the right pronoun's lead becomes smaller; with an orange head ablated, the lead is larger. (GPT-2 has so many heads that two girls and two boys have to be enough; even so it takes up to half a minute.) Which head do you expect, from the first look?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
used = range(len(GIRLS + BOYS)) if gpt2.name == "storyteller" else [0, 1, len(GIRLS), len(GIRLS) + 1]
model, (tokens, right, wrong) = your_model(), (each[list(used)] for each in everyone())
n_layers, n_heads = gpt2.config.n_layers, gpt2.config.n_heads
whole = logit_difference(model(tokens), right, wrong).mean()
lost = torch.zeros(n_layers, n_heads)
for layer in pictures.progress(range(n_layers), "layers"):
    for head in range(n_heads):
        lost[layer, head] = (
            whole - logit_difference(ablate_head(model, tokens, layer, head, "mean"), right, wrong).mean()
        )

print("you predicted:", my_prediction or "(nothing yet)")
print(f"lead of the right pronoun: {whole:.2f}")
for index in lost.flatten().argsort(descending=True)[:3].tolist():
    layer, head = divmod(index, n_heads)
    zero = whole - logit_difference(ablate_head(model, tokens, layer, head, "zero"), right, wrong).mean()
    print(f"head {layer}.{head}: {lost[layer, head]:.2f} lost by the mean, {zero:.2f} by zero")
pictures.heatmap(
    lost,
    [f"layer {layer}" for layer in range(n_layers)],
    [f"head {head}" for head in range(n_heads)],
    title="lead lost when the head writes its mean",
)

# %% [markdown]
# Compare with the first look: is the head with the largest attention weight on the name also the one whose ablation matters most? Zero and mean need not agree, as the printed lines show. If a head writes much the same large vector for all prompts, zero ablation removes that vector and changes the answer, although the vector does not depend on the name; mean ablation keeps it. The opposite mistake is possible, too: if two heads write the same information, ablating one of them changes little. A head that can be removed without effect may still be doing something.

# %% [markdown]
# ## Exercise 8 · `activation_patch`
#
# An ablation shows that a part is needed. **What information does it carry?** Take two prompts that differ in one word. Run the **clean** one, with Anna, and keep its activations. Run the **corrupted** one, with Tom, and during the run replace a single vector by Anna's. If the model now predicts *her*, that vector carries the difference between the two prompts.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 12 points*
#
# **Why.** It shows at which depth and position the information is that decides the answer. (Also called causal tracing or interchange intervention: Vig et al., 2020, arXiv:2004.12265; Geiger et al., 2021, arXiv:2106.02997; Meng et al., 2022, arXiv:2202.05262.)
#
# `name` is a module's name in the cache, and `position` a position of the prompt. At that position the module's output comes from the clean run; at all others it stays. Each prompt of the batch gets the vector of the clean prompt in the same row. `model.get_submodule(name)` finds the module.
#
# <details><summary>Hint 1 · a question</summary>
#
# Two runs, one after the other. What do you need from the first, and what has to be set before the second begins?
#
# </details>
#
# <details><summary>If you see "a vector of the corrupted run is put into the clean one"</summary>
#
# The clean run is the one that is cached; the model then runs on the corrupted prompts.
#
# </details>
#
# <details><summary>If you see "a whole prompt is patched"</summary>
#
# The output's axes are batch, seq, d_model. In `output[position]` the index is applied to the batch axis.
#
# </details>
#
# <details><summary>If you see "the logits are those of the corrupted prompts"</summary>
#
# Either the hook returns nothing, or the assignment changes the cache and not the output.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "activation_patch", "locked": false, "schema_version": 3, "solution": true, "task": false}
def activation_patch(
    model: GPT2,
    clean: Int[Tensor, "batch seq"],
    corrupted: Int[Tensor, "batch seq"],
    name: str,
    position: int,
) -> Float[Tensor, "batch seq d_vocab"]:
    """Logits on the corrupted prompts when one module's output at one position comes from the clean run.

    `name` is a module's name, such as "blocks.0" or "blocks.0.attn", and `position` counts from 0. Prompt b gets
    the vector of clean prompt b.
    The model is as before afterwards.
    """
    ### BEGIN SOLUTION
    kept = run_with_cache(model, clean)[1][name]

    def hook(module, inputs, output):
        patched = output.clone()
        patched[:, position] = kept[:, position]
        return patched

    with hooked([(model.get_submodule(name), hook)]):
        return model(corrupted)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_activation_patch", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.activation_patch(activation_patch)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line, for whole blocks and for attention alone. Patching a position before the first difference of the two prompts changes nothing; patching the last position after the last block gives the clean logits there.
#
# </details>
#
# **At which positions is the gender information, and at which depth does it move?** For every block and every position, the stream after that block is taken from a girl's run and put into a boy's. 0 means that nothing has changed, 1 that *her* is as far ahead as after the girl's name. (With GPT-2's weights, one pair of names has to be enough, and takes up to half a minute.)

# %% tags=["look", "raises-exception"]
pairs = len(GIRLS) if gpt2.name == "storyteller" else 1  # a larger model takes longer for each
model, clean, corrupted = your_model(), market(GIRLS[:pairs]), market(BOYS[:pairs])
her, his = (torch.full((len(clean),), id_of(word)) for word in (" her", " his"))
high, low = (logit_difference(model(tokens), her, his).mean() for tokens in (clean, corrupted))
n_layers, seq = gpt2.config.n_layers, clean.shape[1]
recovered = torch.zeros(n_layers, seq)
for layer in pictures.progress(range(n_layers), "layers"):
    for position in range(seq):
        patched = activation_patch(model, clean, corrupted, f"blocks.{layer}", position)
        recovered[layer, position] = (logit_difference(patched, her, his).mean() - low) / (high - low)

words = [word.replace("·Tom", "·(name)") for word in token_strings(corrupted[0].tolist())]
pictures.heatmap(
    recovered,
    [f"after block {layer}" for layer in range(n_layers)],
    words,
    title="fraction of the logit difference recovered",
)

# %% [markdown]
# *What you should see:* in the upper rows patching works at the name, in the lower rows at the last word, where the answer is predicted. In between the information moves, and only attention can move it from one position to another. Compare the row in which it moves with the layer of your most important head. Before the name all values are 0: because of the causal mask these positions do not depend on the name.

# %% [markdown]
# ## Exercise 9 · `head_zoo`
#
# Some kinds of heads have been found in many transformer language models. Week 6 had scores for three of them: heads that attend to the **previous token** (Elhage et al., 2021), heads that attend to the **first token** (an **attention sink**: Xiao et al., 2023, arXiv:2309.17453), and **induction heads**, which attend to the token *after* an earlier copy of the current token (Olsson et al., 2022, arXiv:2209.11895). **Which of your model's heads are which?**
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** These scores are a first classification of all heads at once, and they choose the heads for the next exercise.
#
# The prompts are an opening of `start` tokens, and then a piece of `period` tokens, repeated. induction_score takes a pattern that begins where the repeated piece begins, so cut `start` queries and `start` keys off for it. The other two scores take the whole pattern. Each head's score is the mean over the prompts.
#
# <details><summary>Hint 1 · a question</summary>
#
# `inside_attention` needs the input of each block's attention. Which entry of the cache is that?
#
# <details><summary>Hint 2 · all layers at once</summary>
#
# The scores of week 6 take any axes before query and key. Stack the layers' patterns, `n_layers batch n_heads query key`, and one call scores them all. Which axis is then averaged?
#
# </details>
# </details>
#
# <details><summary>If you see "for the induction score the opening is still there"</summary>
#
# Both axes, the queries and the keys, should begin at the repeated piece. In an index, `...` keeps all the axes before them.
#
# </details>
#
# <details><summary>If you see "the mean is taken over the heads"</summary>
#
# What remains should be `n_layers n_heads`.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "head_zoo", "locked": false, "schema_version": 3, "solution": true, "task": false}
def head_zoo(
    model: GPT2, tokens: Int[Tensor, "batch seq"], start: int, period: int
) -> dict[str, Float[Tensor, "n_layers n_heads"]]:
    """How much each head is a "previous token", a "first token" and an "induction" head: means over the prompts.

    Each prompt begins with `start` tokens, 0 or more; from there on it is one piece of `period` tokens, repeated.
    """
    ### BEGIN SOLUTION
    cache = run_with_cache(model, tokens)[1]
    found = [
        inside_attention(block.attn, cache[f"blocks.{n}.ln_1"])[0] for n, block in enumerate(model.blocks)
    ]
    every_pattern = torch.stack(found)  # [n_layers, batch, n_heads, query, key]
    scores = {
        "previous token": previous_token_score(every_pattern),
        "first token": first_token_score(every_pattern),
        "induction": induction_score(every_pattern[..., start:, start:], period),
    }
    return {kind: score.mean(dim=1) for kind, score in scores.items()}
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_head_zoo", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.head_zoo(head_zoo)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. Each of the three scores has the shape `(4, 4)` for the storyteller and `(12, 12)` for GPT-2 small. The storyteller's best induction head is 3.1, with a score of 0.85.
#
# </details>
#
# **Which kinds of heads does your model have?** The prompts are sequences of random names, repeated once. The first time, the names cannot be predicted. The second time they can, from the first copy: this is what an induction head is good for.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "songs", "locked": true, "schema_version": 3, "solution": false, "task": false}
SINGERS = (*GIRLS, *BOYS, "Alice", "Rose", "Lucy", "Sarah", "Paul", "Peter", "George", "David")
OPENING = "<|endoftext|>They sang:"  # a text of its own begins here
PERIOD = 6


def songs(count: int) -> Int[Tensor, "batch seq"]:
    """PERIOD random names, twice in the same order, after the opening."""
    draw, opening = random.Random(12), gpt2.tokenizer.encode(OPENING)
    rounds = [[id_of(f" {name}") for name in draw.sample(SINGERS, PERIOD)] for _ in range(count)]
    return torch.tensor([opening + 2 * names for names in rounds])


# %% tags=["look", "raises-exception"]
start = len(gpt2.tokenizer.encode(OPENING))
zoo = head_zoo(your_model(), songs(8), start, PERIOD)
for kind, score in zoo.items():
    for index in score.flatten().argsort(descending=True)[:2].tolist():
        layer, head = divmod(index, gpt2.config.n_heads)
        print(f"{kind:14}  head {layer}.{head}: {score[layer, head]:.2f}")
pictures.heatmap(
    torch.cat(list(zoo.values()), dim=1),
    [f"layer {layer}" for layer in range(gpt2.config.n_layers)],
    [f"{kind} {head}" for kind in zoo for head in range(gpt2.config.n_heads)],
    title="scores of every head, by kind",
)

# %% [markdown]
# **What is the pattern of the best induction head?** In the second half of the prompt, find the diagonal stripe: each name attends to the name *after* its own earlier copy.

# %% tags=["look", "raises-exception"]
model, tokens = your_model(), songs(1)
best = head_zoo(model, songs(8), len(gpt2.tokenizer.encode(OPENING)), PERIOD)["induction"]
layer, head = divmod(best.argmax().item(), gpt2.config.n_heads)
reads = run_with_cache(model, tokens)[1][f"blocks.{layer}.ln_1"]
print(f"head {layer}.{head}")
pictures.attention_heads(
    token_strings(tokens[0].tolist()), inside_attention(model.blocks[layer].attn, reads)[0][0, head]
)

# %% [markdown]
# ## Exercise 10 · `knock_out`
#
# A pattern with a stripe shows where a head attends, not what it is used for. **Does the model need these heads to repeat the names?** Ablate all of them in the same run. (The function is called `knock_out`; papers say **ablation of several heads**.)
#
# *Difficulty 3 of 5 · importance 4 of 5 · 15 minutes · core, 6 points*
#
# **Why.** Several heads may do the same work, so that ablating one of them changes little. To see what the group does, all of them must be ablated in the same run.
#
# Each pair (layer, head) names a head; all of them write nothing. What a head writes depends on what it reads, and with earlier heads ablated it reads something else: subtract what it writes *in this run*. The inputs that a hook is given are those of this run.
#
# <details><summary>Hint 1 · a question</summary>
#
# There is one hook for each pair, and each needs its own head. In which exercise did you solve that problem?
#
# </details>
#
# <details><summary>If you see "every layer named loses the same head"</summary>
#
# All hooks look up the loop's variable after the loop is over. As in exercise 2, define each hook inside a function that is given the head.
#
# </details>
#
# <details><summary>If you see "only the last of them is ablated"</summary>
#
# Two heads of the same layer need two hooks on the same module; `hooked` takes pairs, not a dict, for this reason.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "knock_out", "locked": false, "schema_version": 3, "solution": true, "task": false}
def knock_out(
    model: GPT2, tokens: Int[Tensor, "batch seq"], heads: Sequence[tuple[int, int]]
) -> Float[Tensor, "batch seq d_vocab"]:
    """Logits of the model when all of these heads, pairs of (layer, head), write nothing in the same run.

    No pair is given twice. Without any pair these are the model's own logits. The model is as before afterwards.
    """

    ### BEGIN SOLUTION
    def silencing(head):
        def hook(module, inputs, output):
            return output - inside_attention(module, inputs[0])[1][:, head]

        return hook

    with hooked([(model.blocks[layer].attn, silencing(head)) for layer, head in heads]):
        return model(tokens)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_knock_out", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.knock_out(knock_out)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line, also for an empty list of heads, which gives the model's own logits.
#
# </details>
#
# **Can the model still predict the repeated names?** The loss on the second copy only, in nats for each name: with all heads, without the three strongest induction heads, and, as a **control**, without three heads of the same layers with the lowest induction scores. Without the control, a larger loss could mean only that three heads fewer are worse than all.

# %% tags=["look", "raises-exception"]
model, tokens, start = your_model(), songs(16), len(gpt2.tokenizer.encode(OPENING))
induction = head_zoo(model, tokens, start, PERIOD)["induction"]
strongest = [
    divmod(index, gpt2.config.n_heads) for index in induction.flatten().argsort(descending=True)[:3].tolist()
]
spared = torch.zeros_like(induction, dtype=torch.bool)
control = []
for layer, _ in strongest:
    scores = induction[layer].masked_fill(spared[layer], torch.inf)
    control.append((layer, scores.argmin().item()))
    spared[control[-1]] = True


def second_copy(logits: Tensor) -> float:
    since = start + PERIOD - 1  # the last name of the first copy predicts the first of the second
    return next_token_loss(logits[:, since:], tokens[:, since:]).item()


pictures.bars(
    {
        "all heads": second_copy(knock_out(model, tokens, [])),
        f"without {', '.join(f'{layer}.{head}' for layer, head in strongest)}": second_copy(
            knock_out(model, tokens, strongest)
        ),
        f"without {', '.join(f'{layer}.{head}' for layer, head in control)}": second_copy(
            knock_out(model, tokens, control)
        ),
    },
    value_title="loss on the second copy, nats for each name",
)

# %% [markdown]
# *What you should see:* with the storyteller, 0.40 nats with all heads, 2.84 without the induction heads and 0.99 without the control heads. So the loss depends on these heads far more than on others of the same layers. Three heads are a small sample; a better control ablates many random sets. Olsson et al. (2022) argue that induction heads may be the mechanism of most **in-context learning**, what a language model takes from its prompt.

# %% [markdown]
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 6 points*
#
# **Why.** Papers of this field describe their methods by these tensors, often without naming the axes.
#
# Fill in the shapes for GPT-2 small, a **batch of 2 prompts of length 6**: 12 layers, 12 heads, d_model 768, d_head 64, d_vocab 50,257. A shape is a tuple; one number for each prompt has shape `(2,)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows are about one position, and which about all of them? Which have been averaged over the prompts, so that no batch axis is left?
#
# </details>
#
# <details><summary>If you see "there is a snapshot before the first block, too"</summary>
#
# With 12 blocks there is a stream before the first, and one after each of them.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """This week's shapes in GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    attn_out = None  # cache["blocks.0.attn"]
    stream = lens = None  # what residual_stream and logit_lens give
    answers = term = None  # the answers' ids, and one writer's term in direct_logit_attribution
    pattern = written = None  # the two results of inside_attention
    difference = None  # what logit_difference gives
    patching_map = None  # one number for every block and position
    zoo_score = None  # one of head_zoo's three entries
    ### BEGIN SOLUTION
    batch, seq, layers, heads, d_model, d_vocab = 2, 6, 12, 12, 768, 50257
    attn_out = (batch, seq, d_model)
    stream, lens = (layers + 1, batch, seq, d_model), (layers + 1, batch, seq, d_vocab)
    answers = term = difference = (batch,)
    pattern, written = (batch, heads, seq, seq), (batch, heads, seq, d_model)
    patching_map, zoo_score = (layers, seq), (layers, heads)
    ### END SOLUTION
    rows = {"attn_out": attn_out, "stream": stream, "lens": lens, "answers": answers, "term": term}
    rows |= {"pattern": pattern, "written": written, "difference": difference}
    return rows | {"patching_map": patching_map, "zoo_score": zoo_score}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.shape_table(shape_table)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line, "10 of 10". Only what is averaged over the prompts has no batch axis.
#
# </details>

# %% [markdown]
# ## In the whole model
#
# **Can you undo a prediction by hand?** The explorer of week 1 does by a click what you have done in code: *head output* switches off a head, *residual stream* copies one token's vector to another position or adds a direction, *attention weights* sets a row. The model computes everything that follows. Make *his* more probable than *her* with as few changes as you can, and say for each of them which exercise of this week has told you where to look.

# %% tags=["look", "raises-exception"]
pictures.explore(
    your_model(),
    MARKET.format("Anna"),
    other=MARKET.format("Tom"),
    box="residual stream",
    layer=gpt2.config.n_layers - 1,
)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# There are several ways. In the storyteller the direction *·Tom* − *·Anna*, added once at the name before block 0, gives *his* 100%; it turns one name into the other. Added at the name before a later block it changes nothing. At the last token, *·his* − *·her* before the last block gives *his* 95% if it is added five times. To switch off one head of the last block is not enough: with head 1 off, *his* has 25%.
#
# </details>

# %% [markdown]
# ## Check your understanding
#
# Run the folded cell below. Decide first, then open a choice: each of them gives its reason.

# %% tags=["look", "raises-exception"] jupyter={"source_hidden": true}
quiz(
    [
        Question(
            "After block 3 the logit lens shows “her” for the first time. What does that show?",
            [
                Choice(
                    "Block 3 computes that Anna is a girl.",
                    why="The information may be there long before, in a form that ln_f and the unembedding cannot read, or at another position.",
                ),
                Choice(
                    "Read through ln_f and the unembedding, the stream at this position now gives “her” the largest logit.",
                    right=True,
                    why="That is what the lens measures, no more and no less.",
                ),
                Choice(
                    "The later blocks are of no use on this prompt.",
                    why="They may raise or lower the logit of “her”. An ablation can show it.",
                ),
            ],
        ),
        Question(
            "A head's pattern gives “Anna” 90% of the attention of the last word, but ablating it changes nothing. How can that be?",
            [
                Choice(
                    "The ablation must be wrong.",
                    why="It may well be right: a head can attend to a token without effect on this answer.",
                ),
                Choice(
                    "What it writes may not matter for this answer, or other heads write the same.",
                    right=True,
                    why="W_V and W_O decide what is written, and several heads can carry the same information.",
                ),
                Choice(
                    "A pattern shows what a head writes, not what it reads.",
                    why="It is the other way round: it shows what is read. What is written depends on W_V and W_O.",
                ),
            ],
        ),
        Question(
            "Why does direct logit attribution divide every writer by the same number?",
            [
                Choice(
                    "Because all writers have the same variance.",
                    why="They do not. Exercise 2 has printed it: the storyteller's largest variance is over a thousand times its smallest.",
                ),
                Choice(
                    "Because ln_f has divided their sum by it, once.",
                    right=True,
                    why="Only with that number do the terms add up to the logit of this run.",
                ),
                Choice(
                    "It does not have to: ln_f can be applied to each of them.",
                    why="Then each would be divided by its own spread, and the sum would not be the logit of any run.",
                ),
            ],
        ),
        Question(
            "You patch the last position after the last block, from the clean run into the corrupted one. What comes out?",
            [
                Choice(
                    "The clean run's answer, always.",
                    right=True,
                    why="ln_f and the unembedding at that position read nothing else. A map whose lower right corner is not 1 has a mistake in it.",
                ),
                Choice(
                    "Something in between.",
                    why="After the last block nothing of the corrupted run can reach the last position any more.",
                ),
                Choice(
                    "The corrupted run's answer, since the name is still Tom's.",
                    why="After the last block no attention follows: what was read from the name is in the vector that you have replaced.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# ### In your own words
#
# A classmate ablates a head by zero, sees the right answer's lead shrink by half, and writes: *"So this head is where the model stores that Anna is a girl."* What does the experiment show, and what does it not? Name one more experiment that would decide it. Answer in five or six sentences, and use the words **ablation**, **mean** and **patching**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The experiment shows that without what this head writes, the model's lead shrinks: on these prompts the head is needed for half of it. It does not show what the head carries. A head may write much the same vector whatever the name is, and later layers may need it; zero ablation removes that, too, and the lead would shrink although the vector does not depend on Anna. Replacing what it writes by the mean over girls and boys keeps what is the same for all names and removes only what depends on the name, so it is the better test. Nor does the result show that anything is stored there: the head may only carry to the last word what is at the name's position since the embedding. Activation patching can decide it: put the output of the head's layer, or the stream at single positions, from a girl's run into a boy's, and see at which position and depth the answer changes with it.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `head_attribution`
#
# Exercise 4 has one term for all the attention of a block. But that attention is a sum over its heads, so its term can be divided further. **How much has each head added to the lead of the right answer?**
#
# The formula of exercise 4 stays, with two changes. In the place of the writer's vector there is what one head writes, w, which your `inside_attention` returns. And since the number to explain is a logit difference, W_E[answer] becomes the difference of two rows:
#
# $$\text{term}(w) = \frac{w - \text{mean}(w)}{\sqrt{\text{variance} + \text{eps}}} \odot \text{gain} \;\cdot\; (W_E[\text{right}] - W_E[\text{wrong}])$$
#
# The LayerNorm is frozen as before: the variance is that of the whole stream, after the last block.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** You ablate heads and give them names, so you also want to know each head's own term. (Wang et al., 2022, arXiv:2211.00593, look at GPT-2 small's heads along the same difference of two rows.)
#
# Take the last position only. b_O belongs to no head and is left out, and so is ln_f's bias: the terms of a block's heads, plus that of b_O, make up the term of its attention. The result has the axes batch, n_layers, n_heads.
#
# <details><summary>Hint 1 · a question</summary>
#
# Before the sum over d_model, one tensor can hold what all heads of all layers have written at the last position. Which axes does it have, and on which of them do the divisor and the difference of two rows depend?
#
# <details><summary>Hint 2 · what attention reads</summary>
#
# `inside_attention` needs the input of each block's attention, as in exercise 9. The stream after the last block is in the cache, too.
#
# </details>
# </details>
#
# <details><summary>If you see "each head is divided by its own spread"</summary>
#
# Then ln_f treats a head as if it were alone in the stream. There is one divisor for each prompt, the same for all heads.
#
# </details>
#
# <details><summary>If you see "The size of tensor a must match"</summary>
#
# A divisor of shape `batch` is matched with the *last* axis of `batch n_layers n_heads`, the heads. Where do its two axes of size 1 belong?
#
# </details>
#
# <details><summary>If you see "the axis of the layers comes first", or "einsum(): subscript … has size …"</summary>
#
# `torch.stack` puts the new axis first unless you tell it where.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "head_attribution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def head_attribution(
    model: GPT2,
    tokens: Int[Tensor, "batch seq"],
    right: Int[Tensor, "batch"],
    wrong: Int[Tensor, "batch"],
) -> Float[Tensor, "batch n_layers n_heads"]:
    """What each head by itself has added to each prompt's logit difference, right minus wrong, at the last position.

    ln_f divides what a head has written by what it has divided the whole stream by. b_O, which belongs to no head,
    and ln_f's bias are left out.
    """
    ### BEGIN SOLUTION
    cache = run_with_cache(model, tokens)[1]
    end = cache[f"blocks.{len(model.blocks) - 1}"][:, -1]
    divisor = torch.sqrt(end.var(dim=-1, unbiased=False) + model.ln_f.eps)
    direction = (model.embed.W_E[right] - model.embed.W_E[wrong]) * model.ln_f.gain
    found = [
        inside_attention(block.attn, cache[f"blocks.{n}.ln_1"])[1][:, :, -1]
        for n, block in enumerate(model.blocks)
    ]
    written = torch.stack(found, dim=1)  # [batch, n_layers, n_heads, d_model]
    centred = written - written.mean(dim=-1, keepdim=True)
    terms = einsum(centred, direction, "batch layer head d_model, batch d_model -> batch layer head")
    return terms / divisor[:, None, None]
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_head_attribution", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.head_attribution(head_attribution)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. For the eight prompts of `everyone()` the result has the shape `(8, 4, 4)` with the storyteller and `(8, 12, 12)` with GPT-2 small.
#
# </details>
#
# **Which heads write in favour of the right pronoun?** The first line tests that the heads of each block, with b_O, add up to the term of exercise 4. The map is the mean over girls and boys: a head that raises *her* after every name adds to one half of the prompts what it takes from the other.

# %% tags=["look", "raises-exception"]
model, (tokens, right, wrong) = your_model(), everyone()
by_head = head_attribution(model, tokens, right, wrong)
for_right, for_wrong = (direct_logit_attribution(model, tokens, answers) for answers in (right, wrong))
stream = run_with_cache(model, tokens)[1][f"blocks.{gpt2.config.n_layers - 1}"][:, -1:]
# torch's own LayerNorm also gives out by what it multiplies: 1/√(variance + eps).
factor = torch.native_layer_norm(stream, stream.shape[-1:], None, None, model.ln_f.eps)[2]
gaps = []
for layer, block in enumerate(model.blocks):
    b_O = (block.attn.b_O - block.attn.b_O.mean()) * factor * model.ln_f.gain
    bias_term = logit_difference(model.unembed(b_O), right, wrong)
    whole = for_right[f"blocks.{layer}.attn"] - for_wrong[f"blocks.{layer}.attn"]
    gaps.append((by_head[:, layer].sum(dim=-1) + bias_term - whole).abs().max())
print(f"The heads and b_O add up to each attention's term within {max(gaps):.1e}.")
pictures.heatmap(
    by_head.mean(dim=0),
    [f"layer {layer}" for layer in range(gpt2.config.n_layers)],
    [f"head {head}" for head in range(gpt2.config.n_heads)],
    title="each head's own term of the lead",
)

# %% [markdown]
# With the storyteller, head 3.1 has a term of 3.47, and every other head less than 0.1 on either side. Yet in exercise 7 the lead shrank by 12.54 when this head wrote its mean. **Where is the rest?** Write down a prediction. The next cell lets the *whole attention* of the layer with the largest term write its mean over girls and boys, and prints the terms of this layer and of all later ones, before and with it.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell


# %% tags=["look", "raises-exception"]
def same_for_all(module: nn.Module, inputs: tuple, output: Tensor) -> Tensor:
    return output.mean(dim=0, keepdim=True).expand_as(output)


model, (tokens, right, wrong) = your_model(), everyone()
layer = head_attribution(model, tokens, right, wrong).mean(dim=0).amax(dim=1).argmax().item()
terms = []
for hooks in ([], [(model.blocks[layer].attn, same_for_all)]):
    with hooked(hooks):
        for_right, for_wrong = (
            direct_logit_attribution(model, tokens, answers) for answers in (right, wrong)
        )
    terms.append({name: (for_right[name] - for_wrong[name]).mean().item() for name in for_right})

print("you predicted:", my_prediction or "(nothing yet)")
for later in range(layer, gpt2.config.n_layers):
    for name in (f"blocks.{later}.attn", f"blocks.{later}.mlp"):
        print(
            f"{name:13} {terms[0][name]:6.2f}, and {terms[1][name]:6.2f} if attention {layer} writes its mean"
        )

# %% [markdown]
# *What you should see:* with the storyteller, the MLP of block 3 has the largest term, 8.89, and nothing of it is left (−0.09). It reads what head 3.1 has written and writes more in the same direction. So a head has two effects: a *direct* one, its term, and an *indirect* one, through the later parts that read it. Attribution shows the first, ablation both together.
#
# **Which heads add to a repeated name?** The prompts are the sequences of exercise 9, cut after the first name of the second copy. Right is the name that followed it in the first copy, and wrong the one after that.

# %% tags=["look", "raises-exception"]
model, tokens, start = your_model(), songs(16), len(gpt2.tokenizer.encode(OPENING))
right, wrong = tokens[:, start + 1], tokens[:, start + 2]
by_head = head_attribution(model, tokens[:, : start + PERIOD + 1], right, wrong).mean(dim=0)
induction = head_zoo(model, tokens, start, PERIOD)["induction"]
for index in by_head.flatten().argsort(descending=True)[:4].tolist():
    layer, head = divmod(index, gpt2.config.n_heads)
    print(
        f"head {layer}.{head}: term {by_head[layer, head]:5.2f}, induction score {induction[layer, head]:.2f}"
    )

# %% [markdown]
# *What you should see:* with the storyteller, the strongest induction head, 3.1, also has by far the largest term, 5.75, and the next three are induction heads of block 2. A pattern shows where these heads attend; the terms show that they write the name that they find there.

# %% [markdown]
# ## Stretch 2 · `ov_circuit`
#
# A head does two separate things: its pattern decides *which tokens* it reads, W_V and W_O decide *what is written* from them. The second is one matrix, W_V · W_O, the head's **OV circuit**: if a word has the attention weight 1, its vector times this matrix is what the head writes. **If the head reads *Anna*, which logits does it raise?**
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** A pattern shows which tokens a head reads, but not the effect of reading them.
#
# Positions and biases are left out: the words' vectors are used as they are given. The rows of `read` are the words that the head reads, those of `said` the words whose logits are computed. (Elhage et al., 2021, *A mathematical framework for transformer circuits*.)
#
# <details><summary>Hint 1 · a question</summary>
#
# d_model → d_head → d_model → a logit for each word in `said`. Which matrix makes each step, and which one has to be transposed?
#
# </details>
#
# <details><summary>If you see "rows are the words that are said"</summary>
#
# Whatever is multiplied from the left gives the rows.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "ov_circuit", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ov_circuit(
    read: Float[Tensor, "read d_model"],
    W_V: Float[Tensor, "d_model d_head"],
    W_O: Float[Tensor, "d_head d_model"],
    said: Float[Tensor, "said d_model"],
) -> Float[Tensor, "read said"]:
    """By how much a head that reads a word, and nothing else, raises the logit of each word."""
    ### BEGIN SOLUTION
    head_writes = read @ W_V @ W_O
    return head_writes @ said.mT
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_ov_circuit", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.ov_circuit(ov_circuit)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. The result is as large as the two lists of words, whatever d_model is: `(16, 16)` for 16 names, for the storyteller and for GPT-2. The picture comes with the next exercise.
#
# </details>

# %% [markdown]
# ## Stretch 3 · `copying_score`
#
# To be useful, an induction head must raise the logit of the token that it reads: reading *Anna*, the logit of *Anna*. **Which heads copy?** Count: for which fraction of the words is the word's own logit among the k that the head raises most? (Wang et al., 2022, count names in this way, with k = 5.)
#
# A few names are a small sample, and the best of 16 names need not be the best of all words. But over GPT-2's whole vocabulary the circuit has 50,257 rows and as many columns: 10 GB in float32. The count does not need them all at the same time. Take `at_once` of the words that are read, compute their rows, count, and go on with the next ones.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** One number for each head shows which OV circuits are worth looking at. And many matrices of this field are too large to hold, while what you want to know about them is small.
#
# Row i of `read` and of `said` belong to the same word. The number of words need not be a multiple of `at_once`. No tensor that you make may hold more than `at_once` · words numbers, or than the largest of what you are given.
#
# The order of the products decides how long it takes: (read · W_V) · (W_O · saidᵀ) has d_head products in each of its 50,257² sums, (read · W_V · W_O) · saidᵀ has d_model. The check accepts both.
#
# <details><summary>Hint 1 · a question</summary>
#
# The first row of a chunk belongs to word number `start`. In which column of this row is the word's own logit, and in which column of the next row?
#
# <details><summary>Hint 2 · the rank</summary>
#
# How many logits of a row are larger than the word's own? For which of these counts is the word among the first k?
#
# </details>
# </details>
#
# <details><summary>If you see "a tensor holds more than at_once · words numbers"</summary>
#
# Somewhere, all rows are computed before the loop takes its part of them. Which product makes a row for each word *and* a column for each word?
#
# </details>
#
# <details><summary>If you see "the own logits of later chunks are looked for in the first columns"</summary>
#
# The diagonal of a chunk is the own words' only in the first chunk: in a later one the columns still begin at word 0.
#
# </details>
#
# <details><summary>If you see "the words of the last, smaller chunk are not counted"</summary>
#
# Slices that go beyond the end of a tensor are cut off there: `x[8:12]` of ten rows has two.
#
# </details>
#
# <details><summary>If single words are missing from your count, in some cases only</summary>
#
# Take the own logits from the product itself. Computed once more, in another order, a sum can differ in its last digit, and then a word's logit is larger than itself.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "copying_score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def copying_score(
    read: Float[Tensor, "words d_model"],
    W_V: Float[Tensor, "d_model d_head"],
    W_O: Float[Tensor, "d_head d_model"],
    said: Float[Tensor, "words d_model"],
    k: int,
    at_once: int = 256,
) -> float:
    """The fraction of words whose own logit is among the k that the head raises most when it reads the word.

    Row i of `read` and of `said` belong to the same word. In no row of the circuit are two logits equal. At most
    `at_once` rows of the circuit are in memory at the same time.
    """
    ### BEGIN SOLUTION
    values, targets = read @ W_V, W_O @ said.mT
    copied = 0
    for start in range(0, len(read), at_once):
        logits = values[start : start + at_once] @ targets  # [at_once, words], or fewer at the end
        row = torch.arange(len(logits), device=logits.device)
        own = logits[row, start + row]
        copied += ((logits > own[:, None]).sum(dim=-1) < k).sum().item()
    return copied / len(read)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_copying_score", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.copying_score(copying_score)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line: a number from 0 to 1. With k as large as the number of words it is 1. In the next cell the storyteller's heads 3.1 and 3.2 have 1.00.
#
# </details>
#
# **Do the induction heads copy names?** A head in a later block does not read a name's row of W_E: block 0 has added to it. So the names' vectors are taken after the MLP of block 0 (as Wang et al., 2022, do for GPT-2), and go through the later block's ln_1: that is the helper `as_read`. Here are the copying scores of all heads from block 1 on, with k = 1, and the circuit of the one that copies most. By chance the score is 1 over the number of names.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "as_read", "locked": true, "schema_version": 3, "solution": false, "task": false}
def as_read(layer: int, words: Float[Tensor, "words d_model"]) -> Float[Tensor, "words d_model"]:
    """The words' vectors as the attention of a later block reads them, with what the MLP of block 0 has added."""
    first, ln_1, reads = your_model().blocks[0], your_model().blocks[layer].ln_1, torch.empty_like(words)
    for part, place in zip(words.split(512), reads.split(512), strict=True):  # GPT-2's d_mlp is large
        place.copy_(ln_1(part + first.mlp(first.ln_2(part))))
    return reads


def best_copiers(words: Float[Tensor, "words d_model"], count: int) -> list[tuple[float, tuple[int, int]]]:
    """The heads after block 0 that copy most of the words, with their scores: (score, (layer, head))."""
    found = []
    for layer in range(1, gpt2.config.n_layers):
        attn, reads = your_model().blocks[layer].attn, as_read(layer, words)
        for head in range(gpt2.config.n_heads):
            found.append((copying_score(reads, attn.W_V[head], attn.W_O[head], words, k=1), (layer, head)))
    return sorted(found, key=lambda each: each[0], reverse=True)[:count]


# %% tags=["look", "raises-exception"]
names = your_model().embed.W_E[[id_of(f" {name}") for name in SINGERS]]
best = best_copiers(names, 4)
print(f"by chance: {1 / len(SINGERS):.2f}")
for score, (layer, head) in best:
    print(f"head {layer}.{head}: {score:.2f}")
layer, head = best[0][1]
attn = your_model().blocks[layer].attn
pictures.heatmap(
    ov_circuit(as_read(layer, names), attn.W_V[head], attn.W_O[head], names),
    SINGERS,
    SINGERS,
    row_title="the head reads",
    column_title="whose logit rises",
    title=f"OV circuit of head {layer}.{head}",
)

# %% [markdown]
# *What you should see:* a diagonal, if this head copies. Find the four heads in the map of exercise 9: how many of them are induction heads? A head can copy without being one: the storyteller's 3.2 has the lowest induction score of its layer.
#
# **Do these heads copy names only, or any word?** The next cell takes the whole vocabulary. All tokens that never occur in the storyteller's stories have the same row of W_E, which is counted once; all of GPT-2's are counted. There are three numbers for each of the four heads:
#
# - *through block 0*: the copying score, with k = 5, of the words as the head reads them. This is the head's *effective* OV circuit;
# - *W_E alone*: the same without the MLP of block 0;
# - *eigenvalues*: a measure without a k (Elhage et al., 2021). An eigenvector is a mixture of words that comes out as a multiple of itself, and the eigenvalue is the factor: where it is positive, the head raises the logits of what it reads, where it is negative, it lowers them. The sum of all eigenvalues, divided by the sum of their absolute values, is 1 if all are positive and −1 if all are negative. What all words have in common is subtracted first.
#
# The eigenvalues need no large matrix either. A product A · B has the same ones as B · A, besides zeros: those of (read · W_V) · (W_O · saidᵀ), words × words, are those of (W_O · saidᵀ) · (read · W_V), d_head × d_head. The first line tests this on the names. (With GPT-2 the cell takes some minutes.)


# %% tags=["look", "raises-exception"]
def eigenvalue_score(read: Tensor, W_V: Tensor, W_O: Tensor, said: Tensor, small: bool = True) -> float:
    z, into = (read - read.mean(dim=0)) @ W_V, W_O @ (said - said.mean(dim=0)).mT
    values = torch.linalg.eigvals(into @ z if small else z @ into)
    return (values.sum().real / values.abs().sum()).item()


W_E = your_model().embed.W_E
ids = {hash(row.tobytes()): number for number, row in enumerate(W_E.numpy())}  # one for each distinct row
words = W_E if len(ids) == len(W_E) else W_E[sorted(ids.values())]
names = W_E[[id_of(f" {name}") for name in SINGERS]]
best = best_copiers(names, 4)

layer, head = best[0][1]
of_names = (
    as_read(layer, names),
    *(getattr(your_model().blocks[layer].attn, W)[head] for W in ("W_V", "W_O")),
    names,
)
print(
    f"{eigenvalue_score(*of_names):.4f} and {eigenvalue_score(*of_names, small=False):.4f}: the same for names"
)
print(f"{len(words):,} words; copying by chance: {5 / len(words):.4f}")
for _, (layer, head) in best:
    block = your_model().blocks[layer]
    W_V, W_O = block.attn.W_V[head], block.attn.W_O[head]
    alone = copying_score(block.ln_1(words), W_V, W_O, words, k=5)
    reads = as_read(layer, words)
    score, eigenvalues = copying_score(reads, W_V, W_O, words, k=5), eigenvalue_score(reads, W_V, W_O, words)
    print(
        f"head {layer}.{head}: through block 0 {score:.2f}, W_E alone {alone:.2f}, eigenvalues {eigenvalues:+.2f}"
    )

# %% [markdown]
# *What you should see:* with the storyteller, head 3.1 copies 0.23 of all 798 words as it reads them, where chance would be 0.006, and none with W_E alone: the weights of a later head are made for vectors to which block 0 has added. The eigenvalue scores of the four heads are between 0.7 and 1, although by the strict count some of them copy few words.

# %% [markdown]
# ## Stretch 4 · `qk_circuit`
#
# The other half of a head: W_Q · W_Kᵀ, its **QK circuit**, decides *which tokens* it reads. **Which words attend to which?**
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · stretch, 10 points*
#
# **Why.** It uses the weights only, without any prompt, so that the result does not depend on a choice of sentences.
#
# Again without positions and biases: the words' vectors are used as they are given. Scores are divided as in week 5.
#
# <details><summary>Hint 1 · a question</summary>
#
# In week 5 a score was a dot product over √d_head. What are the two vectors here, for one query word and one key word?
#
# </details>
#
# <details><summary>If you see "the query words go through W_K"</summary>
#
# Each side has its own weight; both projections are products from the right.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "qk_circuit", "locked": false, "schema_version": 3, "solution": true, "task": false}
def qk_circuit(
    query: Float[Tensor, "query d_model"],
    W_Q: Float[Tensor, "d_model d_head"],
    W_K: Float[Tensor, "d_model d_head"],
    key: Float[Tensor, "key d_model"],
) -> Float[Tensor, "query key"]:
    """The score that each query word would give to each key word, divided by √d_head."""
    ### BEGIN SOLUTION
    asked, offered = query @ W_Q, key @ W_K
    return asked @ offered.mT / W_Q.shape[-1] ** 0.5
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_qk_circuit", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.qk_circuit(qk_circuit)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. Row i holds the scores of query word i; a softmax along the rows would make attention weights of them, if positions did not matter. The next picture has a bar for each head of the first block: 4 for the storyteller, 12 for GPT-2 small.
#
# </details>
#
# **Which heads attend to names?** For every head of the first block: the mean score that some common words, as queries, give to the names, minus the one that they give to each other. All vectors go through the block's ln_1 first.

# %% tags=["look", "raises-exception"]
block = your_model().blocks[0]
W_E = your_model().embed.W_E
names = block.ln_1(W_E[[id_of(f" {name}") for name in SINGERS]])
others = block.ln_1(
    W_E[[id_of(f" {word}") for word in ("for", "with", "and", "the", "went", "said", "had", "gave")]]
)
preference = {}
for head, (W_Q, W_K) in enumerate(zip(block.attn.W_Q, block.attn.W_K, strict=True)):
    to_names, to_others = qk_circuit(others, W_Q, W_K, names), qk_circuit(others, W_Q, W_K, others)
    preference[f"head 0.{head}"] = to_names.mean() - to_others.mean()
pictures.bars(preference, value_title="preference for names, in scores")

# %% [markdown]
# ## Stretch 5 · `k_composition`
#
# At the second *Anna*, an induction head has to find the *Tom* that came after the first one. But the key of that *Tom* is computed from *Tom*'s own residual stream. The usual solution takes two heads (Elhage et al., 2021): an earlier **previous-token head** has written to *Tom*'s stream which token came before it, and the later head's *keys* read what the earlier head has *written*. This is **K-composition**. **How strongly are two heads connected in this way?**
#
# With a row vector x of the stream, the earlier head writes x · W_V · W_O, and the later head's key of that is x · W_V · W_O · W_K. In its scores, q · kᵀ, this makes the matrix (W_Q · W_Kᵀ) · (W_V · W_O)ᵀ. Its norm, compared with the norms of its two factors, is the composition score:
#
# $$\frac{\lVert W_Q W_K^\top \, (W_V W_O)^\top \rVert}{\lVert W_Q W_K^\top \rVert \; \lVert W_V W_O \rVert}$$
#
# *Difficulty 4 of 5 · importance 3 of 5 · 25 minutes · stretch, 20 points*
#
# **Why.** Heads of different layers work together, and this score shows it from the weights alone.
#
# The norm is the **Frobenius norm**: the root of the sum of all squared entries. W_V and W_O are the earlier head's, W_Q and W_K the later one's.
#
# <details><summary>Hint 1 · a question</summary>
#
# What is the shape of each of the two factors? Which function of torch.linalg gives a matrix its norm, and which norm is that by default?
#
# </details>
#
# <details><summary>If you see "W_V · W_O is not transposed"</summary>
#
# In q · kᵀ the keys are transposed, and with them everything from which they are computed.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "k_composition", "locked": false, "schema_version": 3, "solution": true, "task": false}
def k_composition(
    W_V: Float[Tensor, "d_model d_head"],
    W_O: Float[Tensor, "d_head d_model"],
    W_Q: Float[Tensor, "d_model d_head"],
    W_K: Float[Tensor, "d_model d_head"],
) -> float:
    """How strongly a later head's keys read what an earlier head writes, from 0 to 1.

    W_V and W_O belong to the earlier head, W_Q and W_K to the later one.
    """
    ### BEGIN SOLUTION
    QK, OV = W_Q @ W_K.mT, W_V @ W_O
    return (torch.linalg.norm(QK @ OV.mT) / (torch.linalg.norm(QK) * torch.linalg.norm(OV))).item()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_k_composition", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
checks.k_composition(k_composition)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line: a number from 0 to 1, which is 1 only for factors of rank 1 that fit exactly. Two random heads of the storyteller's size have 0.096; its head 1.1 and its induction head 3.1 have 0.23.
#
# </details>
#
# **Which heads' outputs do the induction head's keys read?** The strongest induction head, with every head of the layers before it. Compare the longest bar with exercise 9: is it a previous-token head? For comparison, the printed line gives the score of two heads with random weights of this size; one pair is a rough baseline, since random scores vary. The next exercise has a better one.

# %% tags=["look", "raises-exception"]
model, config = your_model(), gpt2.config
zoo = head_zoo(model, songs(8), len(gpt2.tokenizer.encode(OPENING)), PERIOD)
later, head = divmod(zoo["induction"][1:].argmax().item() + config.n_heads, config.n_heads)
attn = model.blocks[later].attn
scores = {
    f"{layer}.{earlier} (previous token {zoo['previous token'][layer, earlier]:.2f})": k_composition(
        model.blocks[layer].attn.W_V[earlier],
        model.blocks[layer].attn.W_O[earlier],
        attn.W_Q[head],
        attn.W_K[head],
    )
    for layer in range(later)
    for earlier in range(config.n_heads)
}
generator = torch.Generator().manual_seed(12)
wide, narrow = (config.d_model, config.d_head), (config.d_head, config.d_model)
drawn = [torch.randn(shape, generator=generator) for shape in (wide, narrow, wide, wide)]
print(f"induction head {later}.{head}; two random heads: {k_composition(*drawn):.3f}")
ten_best = sorted(scores, key=scores.get, reverse=True)[:10]
pictures.bars({name: scores[name] for name in ten_best}, value_title="K-composition")

# %% [markdown]
# ## Stretch 6 · `composition_z_scores`
#
# Two heads with random weights also have a score above 0. **So is 0.23 a lot?** And the later head can read what the earlier one has written in two more ways: by its queries, which is **Q-composition**, or by its values, **V-composition**.
#
# With OV for the earlier head's W_V · W_O, QK for the later head's W_Q · W_Kᵀ and OV′ for its W_V · W_O, all three scores have one form, ‖OV · X‖ / (‖OV‖ · ‖X‖):
#
# | | what the later head makes of x · OV | X |
# |---|---|---|
# | Q | the query's side of a score: x · OV · QK | QK |
# | K | the key's side of a score: x · OV · QKᵀ | QKᵀ |
# | V | what it writes: x · OV · OV′ | OV′ |
#
# For K this is your k_composition, since a matrix and its transpose have the same norm.
#
# **What would be chance?** That what the earlier head writes and what the later one reads point in unrelated directions. So leave both heads as they are and turn one of them: a *rotation* R (here some include a reflection), which changes no length and no angle, turns OV into OV · R. Every random R gives a score by chance. With the mean and the standard deviation of these scores, a pair's own score becomes a **z-score**: by how many standard deviations is it above the mean?
#
# $$z = \frac{\text{score} - \text{mean}}{\text{standard deviation}}$$
#
# *Difficulty 4 of 5 · importance 4 of 5 · 30 minutes · stretch, 22 points*
#
# **Why.** A claim such as "these heads compose" needs a baseline, and a baseline needs a spread. (Elhage et al., 2021, subtract the score of matrices with random entries. These have another *spectrum* than trained heads: their singular values, which say how much a matrix stretches each of its directions, are more alike. The last cell below shows what difference that makes.)
#
# `rotations` holds R after R; use each of them for all three kinds. Each kind has its own mean and standard deviation. The standard deviation divides by the number of rotations minus one, as torch's `std` does.
#
# <details><summary>Hint 1 · a question</summary>
#
# The score needs two matrices. If a small function computes it for any two, how often do you call it for one kind of composition, and with what?
#
# </details>
#
# <details><summary>If you see 0, an infinite number or a z-score of thousands</summary>
#
# Are your random scores all equal, up to rounding? A rotation that is applied before the earlier head reads, or after the later head's matrix, does not change the norm of the product. On which side of OV is x, and where is what the head has written?
#
# </details>
#
# <details><summary>If you see NaN</summary>
#
# How many random scores do you have: one for each rotation, or a single one? For a tensor with three axes, which of them should the norm run over?
#
# </details>
#
# <details><summary>If you see "queries and keys are swapped"</summary>
#
# In a score, q · kᵀ, the query's side is on the left. Which side of W_Q · W_Kᵀ meets a row vector that comes from the left?
#
# </details>
#
# <details><summary>If you see "the later head comes first"</summary>
#
# A row vector goes through the matrices from left to right, and through the earlier head first.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "composition_z_scores", "locked": false, "schema_version": 3, "solution": true, "task": false}
def composition_z_scores(
    OV: Float[Tensor, "d_model d_model"],
    later_QK: Float[Tensor, "d_model d_model"],
    later_OV: Float[Tensor, "d_model d_model"],
    rotations: Float[Tensor, "draws d_model d_model"],
) -> dict[str, float]:
    """By how many standard deviations the "Q", "K" and "V" compositions of two heads are above chance.

    OV is W_V · W_O of the earlier head; later_QK, W_Q · W_Kᵀ, and later_OV are the later head's. Chance is the
    score after each of the rotations R, at least two, has turned what the earlier head writes: x · OV · R. The
    standard deviation divides by draws − 1.
    """

    ### BEGIN SOLUTION
    def score(writes, reads):
        return torch.linalg.norm(writes @ reads) / (torch.linalg.norm(writes) * torch.linalg.norm(reads))

    found = {}
    for kind, reads in {"Q": later_QK, "K": later_QK.mT, "V": later_OV}.items():
        by_chance = torch.stack([score(OV @ rotation, reads) for rotation in rotations])
        found[kind] = ((score(OV, reads) - by_chance.mean()) / by_chance.std()).item()
    return found
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_composition_z_scores", "locked": true, "points": 22, "schema_version": 3, "solution": false, "task": false}
checks.composition_z_scores(composition_z_scores)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line: three numbers for each pair of heads. They can be negative: then the later head reads less of what the earlier one writes than it would by chance.
#
# </details>
#
# **Does the score find a composition that is there for certain?** Week 6 had an induction circuit whose weights were written down by hand, not trained. Its later head reads the earlier one by its keys and in no other way: a **control** with a known answer. The helpers draw the rotations and give a head's two circuits.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "rotations", "locked": true, "schema_version": 3, "solution": false, "task": false}
def random_rotations(draws: int, d_model: int) -> Float[Tensor, "draws d_model d_model"]:
    """Rotations, some of them with a reflection, of which every one is as likely as any other.

    Q of a QR decomposition, with the signs that make it unique (Mezzadri, 2007, arXiv math-ph/0609050).
    """
    generator = torch.Generator().manual_seed(12)
    Q, R = torch.linalg.qr(torch.randn(draws, d_model, d_model, generator=generator))
    return Q * R.diagonal(dim1=-2, dim2=-1).sign()[:, None]


def circuits(
    weights: dict[str, Float[Tensor, "..."]], head: int
) -> tuple[Float[Tensor, "d_model d_model"], Float[Tensor, "d_model d_model"]]:
    """The head's QK and OV, from the W_Q, W_K, W_V and W_O of its layer."""
    W_Q, W_K, W_V, W_O = (weights[f"W_{letter}"][head] for letter in "QKVO")
    return W_Q @ W_K.mT, W_V @ W_O


# %% tags=["look", "raises-exception"]
by_hand = induction_circuit(d_vocab=20, n_ctx=24)
OV = circuits(by_hand.layers[0], 0)[1]
rotations = random_rotations(50, len(OV))
for kind, z in composition_z_scores(OV, *circuits(by_hand.layers[1], 0), rotations).items():
    print(f"{kind}-composition of the heads made by hand: {z:6.1f} standard deviations above chance")

# %% [markdown]
# *What you should see:* 6.7 for K, −14.9 for Q and −34.3 for V. Its queries and values read nothing of what the earlier head writes, whereas they would read a little of what a head writes in unrelated directions.
#
# **And in the trained model?** The induction head of the last exercise, with the five earlier heads whose K-composition scores are largest. (With GPT-2 this takes a minute or two.) The printed lines compare two baselines: the rotations, and random weights of the same shape.

# %% tags=["look", "raises-exception"]
model, config = your_model(), gpt2.config
layers = [dict(block.attn.named_parameters()) for block in model.blocks]
induction = head_zoo(model, songs(8), len(gpt2.tokenizer.encode(OPENING)), PERIOD)["induction"]
later, head = divmod(induction[1:].argmax().item() + config.n_heads, config.n_heads)


def plain(earlier: tuple[int, int], later: tuple[int, int]) -> float:
    (first, one), (second, other) = earlier, later
    return k_composition(
        layers[first]["W_V"][one],
        layers[first]["W_O"][one],
        layers[second]["W_Q"][other],
        layers[second]["W_K"][other],
    )


before = [(layer, earlier) for layer in range(later) for earlier in range(config.n_heads)]
ten_best = sorted(before, key=lambda earlier: plain(earlier, (later, head)), reverse=True)[:10]
rotations = random_rotations(50, config.d_model)
z_scores = {
    earlier: composition_z_scores(
        circuits(layers[earlier[0]], earlier[1])[1], *circuits(layers[later], head), rotations
    )
    for earlier in ten_best
}

generator = torch.Generator().manual_seed(12)
wide, narrow = (config.d_model, config.d_head), (config.d_head, config.d_model)
drawn = torch.tensor(
    [
        k_composition(*(torch.randn(shape, generator=generator) for shape in (wide, narrow, wide, wide)))
        for _ in range(50)
    ]
)
print(f"random weights: {drawn.mean():.3f} ± {drawn.std():.4f}; 1/√d_model is {config.d_model**-0.5:.3f}")
pairs = [((0, one), (1, other)) for one in range(config.n_heads) for other in range(config.n_heads)]
for earlier, reader in ((ten_best[0], (later, head)), max(pairs, key=lambda pair: plain(*pair))):
    score = plain(earlier, reader)
    turned = composition_z_scores(
        circuits(layers[earlier[0]], earlier[1])[1], *circuits(layers[reader[0]], reader[1]), rotations
    )
    print(
        f"K, {earlier[0]}.{earlier[1]} and {reader[0]}.{reader[1]}: score {score:.3f}, "
        f"z {(score - drawn.mean()) / drawn.std():.1f} by random weights, {turned['K']:.1f} by rotations"
    )
pictures.bars(
    {
        f"{kind}, {layer}.{earlier}": z_scores[layer, earlier][kind]
        for layer, earlier in ten_best[:5]
        for kind in "QKV"
    },
    value_title=f"compositions with head {later}.{head}, in standard deviations above chance",
)

# %% [markdown]
# *What you should see:* with the storyteller, the keys of head 3.1 read head 1.1, its strongest previous-token head, 19.3 standard deviations above chance. No other composition with it that is shown here is above 7.8.
#
# The second printed line shows why the baseline matters. In a trained head most of the norm often lies in a few directions, and with so few, scores vary far more by chance than with random weights, where all directions are alike. By random weights the pair of the first two blocks would be three times as far above chance as the induction pair. By rotations, which keep each head's own spectrum, it is not above it.
#
# Note what the number does not say: that the heads *do* work together on some prompt. It is computed from the weights alone, and leaves out ln_1 and the biases. An ablation has to show the rest.

# %% [markdown]
# ## Stretch 7 · `difference_of_means`
#
# Activation patching replaces a whole vector, and with it everything that the vector carries. **Which direction in the residual stream carries the gender of the name?** The oldest method needs no training. Take the stream of many prompts with girls' names and of many with boys' names, and subtract the two means. What else the prompts say is equally common in both groups and cancels; what remains is the difference that goes with gender.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · stretch, 8 points*
#
# **Why.** The **difference of means** is the first direction to try, and a baseline for every method with more effort. (Week 3's `gender_direction` averaged the steps within pairs of words. Here nothing is paired.)
#
# `activations` holds one vector for each example, after any number of leading axes, such as one for the depths; `labels` says for each example whether it belongs to the first group (True) or to the second (False). Subtract the second group's mean from the first's. Leave the length of the result as it is: it says how far apart the two groups are. Neither group is empty.
#
# <details><summary>Hint 1 · a question</summary>
#
# `x[labels]` picks the rows of a matrix in which the boolean `labels` is True, and `~labels` swaps True and False. Where must the index be placed if the examples are on the last axis but one?
#
# </details>
#
# <details><summary>If you see "the mean is taken over the first axis"</summary>
#
# With one leading axis the examples are on axis 1, with two on axis 2. Counted from the end, it is always the same axis.
#
# </details>
#
# <details><summary>If you see "The shape of the mask … does not match"</summary>
#
# The mask stands where the examples are expected. On which axis, counted from the end, are they?
#
# </details>
#
# <details><summary>If you see "the result has been brought to length 1"</summary>
#
# Week 3's directions had length 1. Here the length is wanted: adding the result to a vector of the second group moves it by exactly the distance between the two means.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "difference_of_means", "locked": false, "schema_version": 3, "solution": true, "task": false}
def difference_of_means(
    activations: Float[Tensor, "... example d_model"], labels: Bool[Tensor, "example"]
) -> Float[Tensor, "... d_model"]:
    """The mean of the examples whose label is True, minus the mean of those whose label is False.

    For each leading axis by itself; each of the two groups has at least one example.
    """
    ### BEGIN SOLUTION
    first, second = activations[..., labels, :], activations[..., ~labels, :]
    return first.mean(dim=-2) - second.mean(dim=-2)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_difference_of_means", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.difference_of_means(difference_of_means)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. Given the streams of all depths at one position, the storyteller's result has the shape `(5, 96)`, GPT-2 small's `(13, 768)`.
#
# </details>
#
# **Does the direction hold for names that it was not made from?** The next cell has prompts with 40 names, 20 of boys and 20 of girls, in four openings each. Every second name is *held out*: the direction is made without it. The stream is the one after the first block, at the last word, *for*: the same word in every prompt, five tokens after the name. 0 is the middle between the two means.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "named", "locked": true, "schema_version": 3, "solution": false, "task": false}
OPENINGS = ("On Monday morning", "On Monday evening", "On Friday morning", "On Friday evening")
NAME_AT = len(gpt2.tokenizer.encode(OPENINGS[0] + ","))  # the position of the name
IS_GIRL = torch.arange(len(NAMES)) >= len(NAMES) // 2  # the boys come first
HELD_OUT = torch.arange(len(NAMES)) % 2 == 1  # every second name of either list


def named(opening: str) -> Int[Tensor, "name seq"]:
    """A prompt for each of the NAMES, all of the same length."""
    text = opening + MARKET[MARKET.index(",") :]
    return torch.tensor([gpt2.tokenizer.encode(text.format(name)) for name in NAMES])


@cache
def named_streams() -> Float[Tensor, "n_layers_plus_1 opening name seq d_model"]:
    """The residual stream of every opening with every name, at every depth."""
    model = your_model()
    return torch.stack([residual_stream(model, named(opening)) for opening in OPENINGS], dim=1)


# %% tags=["look", "raises-exception"]
after_block_0 = named_streams()[1, :, :, -1]  # [opening, name, d_model]
made_from = after_block_0[:, ~HELD_OUT].flatten(0, 1)
girl = IS_GIRL[~HELD_OUT].repeat(len(OPENINGS))
direction = difference_of_means(made_from, girl)
middle = (made_from[girl].mean(dim=0) + made_from[~girl].mean(dim=0)) / 2
coordinates = (after_block_0 - middle) @ direction / direction.norm()
stream_length = after_block_0.norm(dim=-1).mean()
print(f"length of the difference {direction.norm():.2f}, of the stream itself {stream_length:.1f}")
right_side = ((coordinates > 0) == IS_GIRL)[:, HELD_OUT].float().mean()
print(f"held-out prompts on the right side: {right_side:.1%}")
pictures.bars(
    {NAMES[n]: coordinates[:, n].mean() for n in HELD_OUT.nonzero()[:, 0].tolist()},
    title="held-out names, at the word “for” after the first block",
    value_title="coordinate along the difference of means",
)

# %% [markdown]
# *What you should see:* with the storyteller, all 20 held-out names are on the right side in every opening, girls above 0 and boys below. The difference is short: its length is 0.59, beside 40.4 for the stream. So in the first block attention has brought the gender of the name to *for*, and it is a small part of the vector there.

# %% [markdown]
# ## Stretch 8 · `linear_probe`
#
# Two means need not be the best way to tell two groups apart. **Is gender there at all, at this depth and position, for a reader that is trained to find it?** A **probe** is such a reader: a classifier, trained on activations while the model itself stays as it is (Alain and Bengio, 2017, arXiv:1610.01644). A linear one has a vector w and a number b; it computes a probability for the label True from one number, the dot product of the activation with w, plus b,
#
# $$p = \sigma(x \cdot w + b), \qquad \sigma(z) = \frac{1}{1 + e^{-z}}$$
#
# and is trained on the mean cross-entropy, −log p for examples whose label is True and −log(1 − p) for the others. This is **logistic regression**.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** A probe is the usual test of whether a model represents something. You also need to know when its result means little; the demonstration below is about that.
#
# Begin with w and b at 0. Take `steps` steps of plain gradient descent, as in week 10: in each, the gradients of the mean loss over *all* examples, for w and for b, times `lr`, are subtracted. Return w and b after the last step. You may use autograd, an optimiser of torch, or a gradient that you derive yourself.
#
# <details><summary>Hint 1 · a question</summary>
#
# With autograd: which two tensors need gradients? After each step, what has to happen to their `.grad`? By hand: what is the derivative of one example's loss with respect to z = x · w + b?
#
# <details><summary>Hint 2 · the derivative by hand</summary>
#
# For softmax and cross-entropy week 10 found *probabilities minus the right answer as a one-hot vector*. With two classes the sigmoid is that softmax, and the same difference remains, one number for each example. What do you multiply it with for w, and with what for b?
#
# </details>
# </details>
#
# <details><summary>If you see "the gradient is summed over the examples"</summary>
#
# The loss is a mean. With twice as many examples, a step should not become twice as long.
#
# </details>
#
# <details><summary>If you see "the gradients of earlier steps are still in the sum"</summary>
#
# `backward()` adds to `.grad`. Week 10 emptied it before each step.
#
# </details>
#
# <details><summary>If you see an error about a boolean, or "Subtraction ... with a bool tensor is not supported"</summary>
#
# The labels are True and False. `labels.float()` makes 1 and 0 of them.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "linear_probe", "locked": false, "schema_version": 3, "solution": true, "task": false}
def linear_probe(
    activations: Float[Tensor, "example d_model"], labels: Bool[Tensor, "example"], steps: int, lr: float
) -> tuple[Float[Tensor, "d_model"], float]:
    """The vector w and the number b of a logistic regression, trained to give p = σ(x · w + b) of the label True.

    Both begin at 0 and take `steps` steps (0 or more) of gradient descent with the learning rate `lr` on the mean
    cross-entropy of all examples, in nats.
    """
    ### BEGIN SOLUTION
    w, b = activations.new_zeros(activations.shape[1]), activations.new_zeros(())
    for _ in range(steps):
        error = torch.sigmoid(activations @ w + b) - labels.float()
        w = w - lr * error @ activations / len(error)
        b = b - lr * error.mean()
    return w, b.item()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_linear_probe", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.linear_probe(linear_probe)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. After 0 steps the probe is still zero, and gives every example the probability 0.5.
#
# </details>
#
# **What does a high accuracy show?** A probe with many coordinates and few examples can learn labels that mean nothing. Hewitt and Liang (2019, arXiv:1909.03368) therefore train it on a **control task** as well: every name gets a label *at random*, which no model can know. And a probe can be tested in two ways. Held-out *openings*: all names are in the training set, and the test has another opening. Held-out *names*: the test has names that the probe has never seen. In which of the four numbers would you expect about 50%, which is chance?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # which of: gender / random labels, each on new openings / new names

# %% [markdown]
# The helper trains a probe on some examples and tests it on the others. Activations are first standardised coordinate by coordinate, with means and standard deviations of the training examples: coordinates of very different size would make gradient descent slow.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "probe_accuracy", "locked": true, "schema_version": 3, "solution": false, "task": false}
def probe_accuracy(
    activations: Float[Tensor, "opening name d_model"],
    labels: Bool[Tensor, "name"],
    test: Bool[Tensor, "opening name"],
) -> tuple[float, Float[Tensor, "d_model"]]:
    """A probe's accuracy on the test examples after training on all others, and its direction in the stream."""
    each = labels.expand(activations.shape[:2])
    x, y = activations[~test], each[~test]
    mean, spread = x.mean(dim=0), x.std(dim=0) + 1e-6
    w, b = linear_probe((x - mean) / spread, y, steps=200, lr=1.0)
    found = ((activations[test] - mean) / spread) @ w + b > 0
    return (found == each[test]).float().mean().item(), w / spread


# %% tags=["look", "raises-exception"]
new_names = HELD_OUT.expand(len(OPENINGS), -1)
new_openings = (torch.arange(len(OPENINGS)) == len(OPENINGS) - 1)[:, None].expand_as(new_names)
generator = torch.Generator().manual_seed(12)
random_labels = [torch.randperm(len(NAMES), generator=generator) % 2 == 0 for _ in range(10)]

print("you predicted:", my_prediction or "(nothing yet)")
at_the_end = named_streams()[-1, :, :, -1]  # after the last block, at the last word
for test, what in ((new_openings, "a new opening"), (new_names, "new names")):
    gender = probe_accuracy(at_the_end, IS_GIRL, test)[0]
    control = torch.tensor([probe_accuracy(at_the_end, labels, test)[0] for labels in random_labels])
    print(f"{what:13}  gender {gender:.1%}   random labels {control.mean():.1%} ± {control.std():.1%}")

depths = ["start", *(f"after block {layer}" for layer in range(gpt2.config.n_layers))]
positions = range(NAME_AT - 1, named_streams().shape[3])
accuracy = [
    [probe_accuracy(named_streams()[depth, :, :, position], IS_GIRL, new_names)[0] for position in positions]
    for depth in range(len(depths))
]
words = token_strings(named(OPENINGS[0])[0].tolist())
words[NAME_AT] = "(name)"
pictures.heatmap(
    torch.tensor(accuracy),
    depths,
    [words[position] for position in positions],
    title="a probe's accuracy on new names",
    largest=1.0,
)

# %% [markdown]
# *What you should see:* with the storyteller, gender is found every time, both in a new opening and with new names. But random labels are found, too, in 82.5% of the prompts with a new opening: the probe has seen all names, and can memorise which of them has which label. With new names they are at 48.2%, chance.
#
# So a probe's accuracy counts only beside that of a control, on examples that share nothing with the training set but the property. The gap between the two is what Hewitt and Liang call **selectivity**.
#
# And the picture? One block after the start, gender can be read at every word after the name. In exercise 8 patching at most of these places changed nothing. **A probe shows that the information is there. Does the model use it there?**

# %% [markdown]
# ## Stretch 9 · `steer`
#
# To find out, change the stream along the direction, and along nothing else. **Steering** adds a multiple of a direction to an activation during a run (Turner et al., 2023, arXiv:2308.10248). With the difference of means, a coefficient of 1 moves a boy's vector by the distance from the boys' mean to the girls'. **Does the answer then change from *his* to *her*?**
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** Reading a direction is an observation, steering along it an intervention. Only the second can show that the model's answer depends on it.
#
# Add `coefficient` times `direction` to what the module `name` gives at one `position`, in every prompt, and return the logits of this run. The direction may have any length and is used as it is.
#
# <details><summary>Hint 1 · a question</summary>
#
# Your `activation_patch` *replaces* a vector at one position. Which line of its hook is different here, and do you still need a first run?
#
# </details>
#
# <details><summary>If you see "the direction is added at every position"</summary>
#
# `output + …` adds to all positions of a `batch seq d_model` tensor. An index on the second axis chooses one.
#
# </details>
#
# <details><summary>If you see "the direction is brought to length 1 first"</summary>
#
# Then a coefficient of 1 no longer means the distance between the two means.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "steer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def steer(
    model: GPT2,
    tokens: Int[Tensor, "batch seq"],
    name: str,
    position: int,
    direction: Float[Tensor, "d_model"],
    coefficient: float,
) -> Float[Tensor, "batch seq d_vocab"]:
    """Logits when coefficient · direction is added to one module's output at one position, in every prompt.

    `name` is a module's name, such as "blocks.0" or "embed", and `position` counts from 0. The model and the
    direction are left as they were.
    """

    ### BEGIN SOLUTION
    def hook(module, inputs, output):
        steered = output.clone()
        steered[:, position] = steered[:, position] + coefficient * direction
        return steered

    with hooked([(model.get_submodule(name), hook)]):
        return model(tokens)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_steer", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.steer(steer)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. With a coefficient of 0 the logits are the model's own. Positions before the one that is steered never change.
#
# </details>
#
# **At which depths and positions does steering change the answer?** The prompts have the names of held-out boys; at each place the direction is the difference of means there, of the other names, with the coefficient 1. A cell shows how far the logit difference of *her* and *his* has moved on the way from the boys' own to the girls': 0 is no effect, 1 is all the way. Before you run it, compare with the map of the probe. (With GPT-2 there are only two names, to save time.)

# %% tags=["look", "raises-exception"]
my_prediction = ""  # in which cells of the map will steering work?


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "gender_at", "locked": true, "schema_version": 3, "solution": false, "task": false}
def gender_at(depth: int, position: int) -> Float[Tensor, "d_model"]:
    """The difference of means, girls minus boys, of the names that are not held out, at one depth and position."""
    stream = named_streams()[depth, :, ~HELD_OUT, position].flatten(0, 1)
    return difference_of_means(stream, IS_GIRL[~HELD_OUT].repeat(len(OPENINGS)))


def held_out(group: Bool[Tensor, "name"]) -> Int[Tensor, "name seq"]:
    """The first opening with the held-out names of a group: all ten or, since a larger model takes longer, two."""
    return named(OPENINGS[0])[HELD_OUT & group][: 10 if gpt2.name == "storyteller" else 2]


def her_minus_his(logits: Float[Tensor, "batch seq d_vocab"]) -> float:
    """By how much *her* is ahead of *his* after the last word: the mean over the prompts, in logits."""
    her, his = (torch.full((len(logits),), id_of(word)) for word in (" her", " his"))
    return logit_difference(logits, her, his).mean().item()


# %% tags=["look", "raises-exception"]
model = your_model()
boys, girls = held_out(~IS_GIRL), held_out(IS_GIRL)
low, high = her_minus_his(model(boys)), her_minus_his(model(girls))
places = ["embed", *(f"blocks.{layer}" for layer in range(gpt2.config.n_layers))]
positions = range(NAME_AT - 1, boys.shape[1])
moved = torch.zeros(len(places), len(positions))
for depth, name in enumerate(pictures.progress(places, "depths")):
    for column, position in enumerate(positions):
        logits = steer(model, boys, name, position, gender_at(depth, position), 1.0)
        moved[depth, column] = (her_minus_his(logits) - low) / (high - low)

print("you predicted:", my_prediction or "(nothing yet)")
print(f"her − his: boys {low:.2f}, girls {high:.2f}")
words = token_strings(boys[0].tolist())
words[NAME_AT] = "(name)"
pictures.heatmap(
    moved,
    ["start", *(f"after block {layer}" for layer in range(gpt2.config.n_layers))],
    [words[position] for position in positions],
    title="how far steering moves the answer from his to her",
)

# %% [markdown]
# *What you should see:* with the storyteller, steering works at the name up to the block before the last (0.93 to 0.99), and at the last word after the last block (0.98). Everywhere else the effect is below 0.01 on either side, although the probe was right at nearly all of these places. It is the map of exercise 8 again, now with one direction in the place of whole vectors.
#
# **How does the effect grow with the coefficient, and is it the direction that matters?** Any vector that is large enough changes the answer. The control is a set of eight random directions of the same length. The dose–response curve is drawn for the name's position after the first block, with the direction of your probe, made as long as the difference of means, as a third candidate; and for the last word at the same depth, where the probe was right every time.

# %% tags=["look", "raises-exception"]
model, boys = your_model(), held_out(~IS_GIRL)
last, length = boys.shape[1] - 1, gender_at(1, NAME_AT).norm()
probe = probe_accuracy(named_streams()[1, :, :, NAME_AT], IS_GIRL, HELD_OUT.expand(len(OPENINGS), -1))[1]
generator = torch.Generator().manual_seed(12)
drawn = torch.randn(8, gpt2.config.d_model, generator=generator)
candidates = {
    "difference of means": (NAME_AT, gender_at(1, NAME_AT)),
    "the probe's direction": (NAME_AT, probe / probe.norm() * length),
    "difference of means, at the last word": (last, gender_at(1, last)),
}
candidates |= {f"random {n}": (NAME_AT, row / row.norm() * length) for n, row in enumerate(drawn)}
coefficients = torch.linspace(-1, 3, 9)
responses, either = {}, {}
for name, (position, direction) in pictures.progress(list(candidates.items()), "directions"):
    runs = [steer(model, boys, "blocks.0", position, direction, c.item()) for c in coefficients]
    responses[name] = torch.tensor([her_minus_his(logits) for logits in runs])
    chosen = [logits[:, -1].softmax(dim=-1)[:, [id_of(" her"), id_of(" his")]].sum(dim=-1) for logits in runs]
    either[name] = torch.stack(chosen).mean(dim=1)
by_chance = torch.stack([responses.pop(f"random {n}") for n in range(len(drawn))])
print("coefficient       ", "".join(f"{c:8.1f}" for c in coefficients))
for name in responses:
    print(f"P(her) + P(his)   {''.join(f'{p:8.3f}' for p in either[name])}   {name}")
bands = {"random, lowest of 8": by_chance.amin(dim=0), "random, highest of 8": by_chance.amax(dim=0)}
pictures.curves(
    coefficients,
    responses | bands,
    x_title="coefficient",
    y_title="logit of her − logit of his",
    title="steering after the first block",
)

# %% [markdown]
# *What you should see:* with the storyteller, the lead goes from 10.5 logits for *his* at 0 to 11.4 for *her* at 1, nearly the girls' own 12.3; beyond 2 it does not grow any more. The probe's direction reaches 8.5 and loses most of that again at 3. At 1 the eight random directions are between −14.4 and −6.9, and at the last word the lead stays at −10.5. The two pronouns together keep a probability of 0.999 or more, so steering has exchanged one for the other and not damaged the rest of the prediction.
#
# Three conclusions, and their limits. *Decodable is not used*: at the last word a probe finds gender after the first block, and steering along it there does nothing, because what the answer depends on is read from the name's own position by a later head. *A good classifier need not be the best handle*: the probe's direction may use any coordinate that happens to go with gender; Marks and Tegmark (2023, arXiv:2310.06824) found the difference of means to have more causal effect in larger models, too. *One direction is not the whole representation*: a model may hold the same property in other directions as well, which this experiment does not touch. All numbers are the storyteller's, about names in one kind of sentence.

# %% [markdown]
# ## Stretch 10 · `keys_and_values`
#
# Attention moves information between positions. **What do the MLPs add?** Geva et al. (2021, arXiv:2012.14913) read an MLP as a **key–value memory**. Each neuron is one entry. Its *key* is its column of W_in: the neuron is active in contexts whose vector has a large dot product with it. Its *value* is its row of W_out: what the neuron then adds to the stream, and so, through ln_f and the unembedding, to the logits of all tokens. (These keys and values belong to neurons; attention's k and v belong to positions.)
#
# *Difficulty 3 of 5 · importance 4 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** Both halves of a neuron can be read in words: the contexts that activate it, and the tokens that it promotes. If the two fit together, that is evidence for the reading.
#
# For the given neurons of one block return
#
# - their activations at every position, `batch seq neuron`: the numbers after the activation function, in this run;
# - their effects, `neuron d_vocab`: what an activation of 1 adds to each token's logit if the last LayerNorm is treated as in exercise 4, without its division, which only scales them all, and without its bias. So: subtract the mean of the row of W_out, multiply by ln_f's gain, and unembed.
#
# `model.blocks[layer].mlp` has `W_in`, `b_in` and `W_out`. Your `gelu` of week 4 is imported; the cache has what the MLP reads.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which module of the block runs right before the MLP, and under which name is its output in the cache? Which axis of W_in counts the neurons, and which of W_out?
#
# <details><summary>Hint 2 · only some neurons</summary>
#
# GPT-2 small has 3,072 neurons in each block and 50,257 tokens: effects of all neurons would take 0.6 GB. Choose the columns and rows first, then multiply.
#
# </details>
# </details>
#
# <details><summary>If you see "the MLP reads the stream before its LayerNorm"</summary>
#
# The cache has the output of every module. In a block, ln_2 stands between the stream and the MLP.
#
# </details>
#
# <details><summary>If you see "the keys are taken for the values"</summary>
#
# A column of W_in is what the neuron responds to, a row of W_out what it writes. Both have d_model numbers.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "keys_and_values", "locked": false, "schema_version": 3, "solution": true, "task": false}
def keys_and_values(
    model: GPT2, tokens: Int[Tensor, "batch seq"], layer: int, neurons: Int[Tensor, "neuron"]
) -> tuple[Float[Tensor, "batch seq neuron"], Float[Tensor, "neuron d_vocab"]]:
    """How active some neurons of one block's MLP are, and what an activation of 1 adds to every token's logit.

    The activations are those after GELU. For the effects ln_f takes only the mean away and multiplies by its gain:
    its division and its bias are left out. The neurons are in the order in which they are given.
    """
    ### BEGIN SOLUTION
    mlp, reads = model.blocks[layer].mlp, run_with_cache(model, tokens)[1][f"blocks.{layer}.ln_2"]
    activations = gelu(reads @ mlp.W_in[:, neurons] + mlp.b_in[neurons])
    writes = mlp.W_out[neurons]
    centred = writes - writes.mean(dim=-1, keepdim=True)
    return activations, (centred * model.ln_f.gain) @ model.embed.W_E.mT
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_keys_and_values", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.keys_and_values(keys_and_values)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. For 3 neurons and a prompt of 10 tokens the shapes are `(1, 10, 3)` and `(3, 50257)`, in the storyteller and in GPT-2 small.
#
# </details>
#
# **Does what activates a neuron fit what it promotes?** Looking at a few neurons that fit would prove little, since with enough neurons some fit by chance. So count over many: for each neuron, take the 10 contexts (in 24 stories, or 6 with GPT-2) in which it is most active. In what fraction of them is the token that *really comes next* among the 10 tokens that the neuron promotes most, of all tokens in these stories? The control joins each neuron's contexts to the value of another neuron, drawn at random.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "agreement", "locked": true, "schema_version": 3, "solution": false, "task": false}
@cache
def story_tokens() -> Int[Tensor, "text 100"]:
    """The first 100 tokens of 24 stories, each with <|endoftext|> before it; a larger model gets 6 of them."""
    texts = (gpt2.tokenizer.encode("<|endoftext|>" + story(seed=12, index=n).text)[:100] for n in range(100))
    count = 24 if gpt2.name == "storyteller" else 6
    return torch.tensor([text for text in texts if len(text) == 100][:count])


def memories(
    layer: int, neurons: Int[Tensor, "neuron"], k: int = 10
) -> tuple[Int[Tensor, "neuron k"], Int[Tensor, "neuron k"]]:
    """For each neuron the k contexts in which it is most active, and the k tokens that it promotes most.

    A context is numbered through all stories; only tokens that occur in the stories are counted.
    """
    tokens = story_tokens()
    active, effects = keys_and_values(your_model(), tokens, layer, neurons)
    contexts = active[:, :-1].flatten(0, 1).topk(k, dim=0).indices.T
    seen = tokens.unique()
    return contexts, seen[effects[:, seen].topk(k, dim=1).indices]


# %% tags=["look", "raises-exception"]
tokens, config = story_tokens(), gpt2.config
comes_next = tokens[:, 1:].flatten()
generator = torch.Generator().manual_seed(12)
chosen = torch.randperm(config.d_mlp, generator=generator)[:384]  # all of the storyteller's


def fits(contexts: Tensor, promoted: Tensor) -> Float[Tensor, "neuron"]:
    return (comes_next[contexts][:, :, None] == promoted[:, None, :]).any(dim=-1).float().mean(dim=1)


for layer in pictures.progress(range(config.n_layers), "blocks"):
    contexts, promoted = memories(layer, chosen)
    control = torch.stack(
        [fits(contexts, promoted[torch.randperm(len(chosen), generator=generator)]).mean() for _ in range(20)]
    )
    agreement = fits(contexts, promoted)
    print(
        f"block {layer:<2}  own value {agreement.mean():.1%}   another neuron's {control.mean():.1%} ± {control.std():.1%}"
        f"   neurons above one half: {(agreement > 0.5).float().mean():.1%}"
    )

print(f"\nThree neurons of block {layer}, drawn at random:")
seq = tokens.shape[1]
for row in range(3):
    print(
        f"  neuron {chosen[row]} promotes {token_strings(promoted[row, :6].tolist())}; most active at the end of"
    )
    for context in contexts[row, :4].tolist():
        text, end = divmod(context, seq - 1)
        ids = tokens[text].tolist()
        print(
            f"      {gpt2.tokenizer.decode(ids[max(0, end - 7) : end + 1])!r} → {gpt2.tokenizer.decode([ids[end + 1]])!r}"
        )

# %% [markdown]
# *What you should see:* with the storyteller, the token that comes next is among the ten promoted ones in 21%, 15%, 25% and 47% of the contexts in blocks 0 to 3, and in 4% to 6% with another neuron's value. So keys and values fit together far more often than by chance, and most often in the last block, after which only ln_f and the unembedding follow. But even there more than half of the neurons fit in at most half of their contexts. The three that were drawn at random show both: neuron 160 is active before names and promotes names; what neuron 316 promotes hardly ever follows.
#
# **Do MLPs hold facts?** In the story world a dog barks and a cat purrs. That is a fact about the word, not about the sentence. The prompts below end before the verb, and differ only in the animal. Your `activation_patch` puts the output of one attention layer or one MLP, at one position, from the run with the right animal into a run with another one. 1 means that the first token of the right animal's verb is then as far ahead as in its own sentence. (The rest of the verb is not predicted here. GPT-2 has read other things about animals, so with its weights the lead itself may be small: read the printed line first.)

# %% tags=["look", "raises-exception"]
VERBS = {
    "dog": "barked",
    "cat": "purred",
    "rabbit": "jumped",
    "bird": "chirped",
    "mouse": "squeaked",
    "turtle": "swam",
}
sentences = [gpt2.tokenizer.encode(f"The {animal} sat on the mat because it") for animal in VERBS]
clean, own = (
    torch.tensor(sentences),
    torch.tensor([gpt2.tokenizer.encode(f" {verb}")[0] for verb in VERBS.values()]),
)
corrupted, other = clean.roll(1, dims=0), own.roll(1)
model, layers = your_model(), range(gpt2.config.n_layers)
high, low = (logit_difference(model(tokens), own, other).mean() for tokens in (clean, corrupted))
print(f"lead of the right verb: {high:.2f} after its own animal, {low:.2f} after the other")
writers = [f"blocks.{layer}.{half}" for layer in layers for half in ("attn", "mlp")]
positions = range(clean.shape[1]) if gpt2.name == "storyteller" else (1, clean.shape[1] - 1)
recovered = [
    [
        (logit_difference(activation_patch(model, clean, corrupted, name, position), own, other).mean() - low)
        / (high - low)
        for position in positions
    ]
    for name in pictures.progress(writers, "writers")
]
words = token_strings(clean[0].tolist())
words[1] = "(animal)"
pictures.heatmap(
    torch.tensor(recovered),
    writers,
    [words[position] for position in positions],
    title="fraction of the lead recovered by one writer",
)

# %% [markdown]
# *What you should see:* with the storyteller there are three large cells: the MLP of block 0 at the animal recovers 1.08 of the lead, and at the last word the attention of block 3 recovers 0.97 and its MLP 0.58. These are steps of one path, not parts of a sum, and need not add up to 1. All other writers recover less than 0.15. So what decides the verb is computed by an MLP at the word itself, and attention brings it to the end.
#
# In larger models the pattern is similar: MLPs at the last token of the subject matter for a fact, and later attention layers move it to where the answer is predicted (Meng et al., 2022, arXiv:2202.05262; Geva et al., 2023, arXiv:2304.14767). Two cautions. An early MLP writes *everything* that depends on the word alone, not only this fact; and "recovered when this is patched" says where the information passes, not that a single neuron stores it.

# %% [markdown]
# ## Stretch 11 · `superposition_model`
#
# Few neurons have one meaning. One explanation is **superposition** (Elhage et al., 2022, arXiv:2209.10652): a model that represents more features than it has dimensions gives them directions that are only *nearly* orthogonal. How many such directions are there? For random vectors of length 1 in d dimensions a bound is known: a cosine is larger than ε in absolute value with a probability of at most 2 · exp(−d ε² / 2) (Hoeffding's inequality, for vectors of random signs). So exp(d ε² / 4) vectors can be drawn before one pair is expected to have a cosine above ε in absolute value. **Does the number really grow exponentially with d?**

# %% tags=["look", "raises-exception"]
generator, epsilon, most = torch.Generator().manual_seed(12), 0.3, 3000
widths = [20, 50, 100, 150, 200, 250]
drawn_before, bound = [], []
for width in widths:
    counts = []
    for _ in range(5):
        signs = torch.randint(0, 2, (most, width), generator=generator) * 2.0 - 1
        close = (signs @ signs.mT / width).abs().tril(diagonal=-1) > epsilon
        rows = close.any(dim=1).nonzero()
        counts.append(rows[0].item() if len(rows) else most)
    drawn_before.append(sum(counts) / len(counts))
    bound.append(math.exp(width * epsilon**2 / 4))
    print(
        f"{width:4} dimensions: {drawn_before[-1]:7.1f} vectors before two have |cosine| > {epsilon}; bound {bound[-1]:7.1f}"
    )
pictures.curves(
    widths,
    {"drawn at random": drawn_before, "exp(d ε² / 4)": bound, "exactly orthogonal": widths},
    x_title="dimensions d",
    y_title="vectors",
    log_y=True,
)

# %% [markdown]
# *What you should see:* in 20 dimensions about 4 vectors can be drawn before the first pair has a cosine above 0.3 in absolute value, in 100 dimensions 29, in 250 dimensions 824 (means of five draws). The number grows exponentially, and is a few times the bound. In few dimensions there are more directions that are *exactly* orthogonal, namely d; but in GPT-2 small's 768 dimensions the bound is 32 million.
#
# So there is room. **Does a model use it?** Elhage et al. trained the smallest model in which the question makes sense. It gets a vector x of features, must squeeze it through fewer hidden numbers, and must then restore it:
#
# $$h = W x, \qquad \hat{x} = \text{ReLU}(W^\top h + b)$$
#
# W has a column for each feature: the direction in which the feature is written, and along which it is read again. If two columns are not orthogonal, each feature is also read a little when the other one is active: this is **interference**. The ReLU, with a negative bias, can remove small interference. Each feature has an *importance*; the loss is the sum over the features of importance times squared error, averaged over the batch.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 20 minutes · stretch, 12 points*
#
# **Why.** Here superposition can be watched while it appears, and everything that matters fits into one picture.
#
# In this notebook a batch has a row for each example, so the formulas for one column vector x have to be transposed: `x` is `batch feature`, `W` is `hidden feature`. Return the reconstruction and the loss, a tensor with a single number, so that autograd can train W and b through them.
#
# <details><summary>Hint 1 · a question</summary>
#
# W maps a column of features to a column of hidden numbers. For rows, which matrix must be on the right of `x`, and which one leads back?
#
# </details>
#
# <details><summary>If you see "the loss is also averaged over the features"</summary>
#
# The errors of an example are added up; the mean goes over the examples alone.
#
# </details>
#
# <details><summary>If you see "the hidden numbers go through a ReLU"</summary>
#
# The hidden numbers may be negative. The ReLU comes once, at the end, after the bias.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "superposition_model", "locked": false, "schema_version": 3, "solution": true, "task": false}
def superposition_model(
    x: Float[Tensor, "batch feature"],
    W: Float[Tensor, "hidden feature"],
    b: Float[Tensor, "feature"],
    importance: Float[Tensor, "feature"],
) -> tuple[Float[Tensor, "batch feature"], Float[Tensor, ""]]:
    """The features after they have been squeezed through the hidden numbers and restored, and the loss.

    ReLU(Wᵀ W x + b) for each example x, and the sum over the features of importance times squared error, averaged
    over the batch (Elhage et al., 2022, Toy Models of Superposition).
    """
    ### BEGIN SOLUTION
    hidden = x @ W.mT
    restored = torch.relu(hidden @ W + b)
    return restored, (importance * (x - restored) ** 2).sum(dim=-1).mean()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_superposition_model", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.superposition_model(superposition_model)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. If there are as many hidden numbers as features, W can be the identity; then non-negative features come back exactly, with a loss of 0.
#
# </details>
#
# **How many of 5 features does a model with 2 hidden numbers represent?** A feature is active with probability p, and then uniform between 0 and 1; otherwise it is 0. Its importance is 0.9 times that of the one before it. The models are trained for three values of p; a feature is represented if its column of W is longer than ½. The picture shows WᵀW, a table for each model: the diagonal holds the squared lengths, and everything beside it is interference. How many features do you expect for p = 1, when all of them are active all the time?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # for p = 1, p = 0.3 and p = 0.1: how many of the 5 features?


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "train_small", "locked": true, "schema_version": 3, "solution": false, "task": false}
def train_small(
    p: float, features: int = 5, hidden: int = 2
) -> tuple[Float[Tensor, "hidden feature"], float]:
    """W and the last loss of a superposition_model, trained on features that are active with probability p."""
    generator = torch.Generator().manual_seed(0)
    W = (0.3 * torch.randn(hidden, features, generator=generator)).requires_grad_()
    b = torch.zeros(features, requires_grad=True)
    importance = 0.9 ** torch.arange(features)
    optimiser = torch.optim.Adam([W, b], lr=0.02)
    for _ in range(1500):
        active = torch.rand(256, features, generator=generator) < p
        x = torch.rand(256, features, generator=generator) * active
        loss = superposition_model(x, W, b, importance)[1]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return W.detach(), loss.item()


# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
tables = {}
for p in (1.0, 0.3, 0.1):
    W, loss = train_small(p)
    tables[p] = W.mT @ W
    lengths = W.norm(dim=0)
    angles = [round(angle) for angle in torch.atan2(W[1], W[0]).rad2deg().tolist()]
    described = ", ".join(
        f"{n}: {length:.2f} at {angle}°"
        for n, (length, angle) in enumerate(zip(lengths.tolist(), angles, strict=True))
    )
    print(f"p = {p:<3}  loss {loss:.3f}   {(lengths > 0.5).sum()} of 5 features   ({described})")
pictures.heatmap(
    torch.cat(list(tables.values()), dim=1),
    [f"feature {n}" for n in range(5)],
    [f"p {p}: {n}" for p in tables for n in range(5)],
    title="WᵀW of three models",
)

# %% tags=["look", "raises-exception"]
W, _ = train_small(0.1)
flat = torch.cat([W.mT, torch.zeros(W.shape[1], 1)], dim=1)  # two hidden numbers, drawn in space
pictures.vectors_3d(
    flat,
    [f"feature {n}" for n in range(W.shape[1])],
    axis_titles=("hidden 0", "hidden 1", ""),
    title="the columns of W for p = 0.1",
    arrows=True,
)

# %% [markdown]
# *What you should see:* for p = 1 the model represents two features, the two most important ones, at a right angle, and leaves the others out. For p = 0.3 it represents four: two pairs of opposite directions, in which the ReLU removes the negative side. (Which one is left out depends on the random start.) For p = 0.1 it represents all five, at 68° to 74° from each other: a pentagon. Elhage et al. found the same three pictures.
#
# In this model superposition costs something only when two features that interfere are active together, so it pays for rare features. Real models are not this model: there is no list of their features, and importance and frequency are not known. But it shows why a single neuron or coordinate can respond to several unrelated things without any fault in the training, and why a *direction*, found by comparing many examples, can be easier to name.

# %% [markdown]
# ## Common questions
#
# **Is an attention pattern an explanation?** It shows from which positions a head reads. It does not show what is read (W_V), what is written (W_O) or whether anything later uses it. In the storyteller the pattern of the first look happens to point to the right head; the ablation is what shows it.
#
# **Why patch, if ablation already shows which parts matter?** Ablation shows that *something* in the part is needed. Patching changes only what differs between two prompts, so it shows where *that* information is. The result depends on the pair: parts that both prompts use in the same way do not show up.
#
# **What about the MLPs?** They can be patched and attributed like attention layers. What single neurons do is harder: an MLP can be read as a memory, with W_in as keys and W_out as values (`keys_and_values`, in stretch, measures how far that goes), but one neuron usually responds to several unrelated things.
#
# **What are features and superposition?** A **feature** is a property of the input that the model represents, often as a direction of the residual stream. A model can represent more features than it has coordinates, as nearly orthogonal directions; this is called superposition, and it is a reason why single coordinates and neurons are hard to name. The last stretch exercise trains a model in which it can be seen. A direction can be searched for with a probe, a linear classifier on activations, and tested by steering, which adds the direction during a run: `linear_probe` and `steer`.
#
# **Do results from the storyteller hold for GPT-2?** Not without testing. The tools are the same; which heads matter, and how many, depends on the model. With GPT-2 loaded (`reference.load("gpt2", download=True)`) every cell of this notebook measures that model instead.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types; the other navigates and keeps the lab book: the question, what was changed, which number was measured. Swap after every exercise whose check passes.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Each of you writes down a prediction: ablating which head will matter most? |
# | 10–30 | Exercise 2 (20 min). Agree on your scratchpad: `cache`, and the names of all writers. **Swap.** |
# | 30–45 | Exercise 5 (15 min). **Swap.** |
# | 45–75 | Exercises 6 (5 min) and 7 (25 min), and the map of heads. Which prediction was right? **Swap** in between. |
# | 75–90 | The two questions below. |
#
# **Before the session:** exercise 1, each of you alone. **After the session:** exercises 3, 4 and 8 to 11, as homework or in a second session. Stretch is for pairs who want to know how induction heads work. **Not finishing is normal:** a session that ends with one head whose effect you can both explain is a good one.
#
# **Two questions to argue about.**
#
# 1. The lens shows *her* after a certain block, attribution gives the largest term to one MLP, and patching shows that the difference came from the name through one or two heads. Which of these is the *reason* why the model predicts *her*? What would count as an explanation?
# 2. You have explained one sentence of one small model. What must be true for the explanation to hold for another sentence, or for a model a hundred times as large?
#
# **Where pairs get stuck.** Exercise 2, when the cache has a single entry: a function defined in a loop looks up the variable when it is called, not when it is defined. Exercise 4, when the terms nearly add up: look at eps, then at the bias. Exercise 7, when the hook returns nothing.

# %% [markdown]
# ## What you have built
#
# - **hooked**: hooks that are removed in any case, also after an error.
# - **run_with_cache**: every module's output, by name.
# - **logit_lens**: what the model would predict at every depth.
# - **direct_logit_attribution**: how much each writer has added to a logit.
# - **inside_attention**: the heads, one at a time.
# - **logit_difference**: one number for an experiment.
# - **ablate_head** and **knock_out**: the prediction without one head, and without several.
# - **activation_patch**: at which depth and position the deciding information is.
# - **head_zoo**: scores for three known kinds of heads.
#
# And with the eleven weeks before: your own tokenizer, your own GPT-2 with GPT-2's weights in it, your own sampler, optimiser and trainer, a model that you have trained, and tools to look inside it; the [front page](../README.md) shows how they fit together. Tensors, autograd and the loading of files come from torch and from the course; all parts of the model are yours.
#
# What is still missing? You have the whole model, but an explanation of only one small behaviour. The capstone below asks you for a second one.
#
# Words of this week in the [glossary](../glossary.md): *ablation, ablation of several heads, activation, activation patching, attention sink, attention weight, cache, clean, control, control task, corrupted, difference of means, direct logit attribution, feature, first-token head, freezing, Frobenius norm, hook, in-context learning, induction head, interference, intervention, K-composition, key–value memory, logistic regression, logit difference, logit lens, mean, mechanistic interpretability, OV circuit, previous-token head, probe, Q-composition, QK circuit, residual connection, residual stream, selectivity, steering, superposition, tuned lens, V-composition, weight tying, writer, z-score, zero ablation*.

# %% [markdown] nbgrader={"grade": false, "grade_id": "capstone", "locked": true, "points": 30, "schema_version": 3, "solution": false, "task": true}
# ## Capstone · explain one behaviour
#
# Choose *one thing that the model does* and find out how. It may be large or small, but it must be something that you can measure by a number. Some ideas; your own are welcome:
#
# - the second half of a pair: a quotation that is closed, *both … and*, the verb in its other form;
# - *it*, and the noun that it refers to: *The cat sat on the mat because it was* against *The cat chose the mat because it was*;
# - a number or a name that is repeated, a thing that is lost and found again;
# - something that the model gets wrong, always in the same way.
#
# Add as many cells as you need *below this one*, code and text. Everything below this cell is your answer. Write it so that a classmate can follow it without your help:
#
# 1. **The behaviour.** What does the model do? Prompts, at least eight of them, and one number that measures it. State what you expect before you look.
# 2. **Three experiments**, of which at least one observes (lens, attribution by writer or by head, patterns) and at least one intervenes (ablation of one head or of several, patching). For each: the question, the code, a picture or a table, what it shows, and what it does *not* show. One of them needs a control.
# 3. **The explanation**, in ten sentences at most: which parts of the model do what, in which order. Separate what you have shown from what you assume.
# 4. **Which result would show that you are wrong?** Name one experiment that you have not done.
#
# A person reads this: 30 points, on top of the week's 100. A hypothesis that your experiments have clearly refuted is worth as much as one that they support.
#
# ### BEGIN MARK SCHEME
# **Marking scheme** (30 points; judge the reasoning, not whether the explanation is spectacular).
#
# *The behaviour, 6 points.* 2: stated in a sentence and visible in the model's output. 2: at least eight prompts of one kind that differ only in what matters. 2: one number that measures it, with the right sign, printed for every prompt; an expectation stated before the result.
#
# *Experiments, 15 points, 5 for each of the three.* 1: a question that the experiment can answer. 2: the code runs from top to bottom, does what the text says, and cleans up (hooks, modes). 1: a picture or table that shows the result, with axes named. 1: conclusions that go no further than the result. Take 2 off in all if nothing intervenes or nothing observes, 2 if there is no control anywhere.
#
# *The explanation, 6 points.* 2: parts and order are named (layers, heads, positions). 2: it agrees with all three experiments, also where they disagree with each other. 2: what is shown and what is assumed are kept apart.
#
# *What would show that it is wrong, 3 points.* 1: an experiment that could be done with this week's tools. 2: two different outcomes are named, with what each would mean.
#
# Typical losses: attention patterns taken for a cause; one prompt only; zero ablation read as "the head stores it"; a logit difference with its sign swapped; a probability that moves from 0.98 to 0.99 called an effect. A refuted expectation that is understood gets full points.
# ### END MARK SCHEME
