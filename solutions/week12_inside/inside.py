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
# **The big idea.** You have built the machine, so nothing in it is hidden from you. You can read off every vector on its way from the text to the next token, and you can change any of them and watch what the machine says then. Reading tells you what *might* matter. Changing tells you what *does*.
#
# | | |
# |---|---|
# | **You will have built** | a microscope for your own GPT-2: it shows what every layer would say, who has argued for which word, and what breaks when a head falls silent |
# | **You need** | your machine (week 7) with real weights (week 8), attention and its scores (weeks 5 and 6), the loss (week 10), which `parts.py` beside this notebook holds ready |
# | **Time** | core 3 to 3½ hours · stretch 1 to 1½ hours · the capstone, an afternoon |
# | **Where we are** | text → tokens → embeddings → blocks → logits → probabilities → next token: **all of it, with the lid off** |
#
# Last week a model learned by itself, and nobody told it how. So this last week has a question that none of the others had: not *how* does it compute, but *why does it say that?* The field that asks it is called **mechanistic interpretability**. Its tools are few, and they are all here.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether GPT-2, treated in the same way, would have got the same.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import torch
from einops import einsum
from jaxtyping import Float, Int
from parts import (
    GPT2,
    attention_pattern,
    first_token_score,
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
from utils.quiz import Choice, Question, quiz
from utils.scratchpad import Scratchpad
from utils.tokens import token_strings

gpt2 = reference.load()
MARKET = "On Monday morning, {} went to the market for"
GIRLS = ("Anna", "Lily", "Mary", "Emma")
BOYS = ("Tom", "Ben", "Sam", "Jack")

# %% [markdown]
# ## A first look
#
# *On Monday morning, Anna went to the market for* … whom? If the model goes on with *her*, something in it has gone back to *Anna*, several words earlier, and has drawn a conclusion. **Does it? And what if it had been Tom?**
#
# The next cell holds a few helpers for the looks of this week. `your_model()` is your GPT2 of week 7 with the reference's weights, brought in by your load_gpt2 of week 8.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "prompts", "locked": true, "schema_version": 3, "solution": false, "task": false}
@cache
def your_model() -> GPT2:
    """Your machine with the reference's weights. Nothing is trained this week, so it keeps no gradients."""
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
    shares = your_model()(market([name]))[0, -1].softmax(dim=-1)
    print(f"After {name}: her {shares[id_of(' her')]:.1%}, his {shares[id_of(' his')]:.1%}")

tokens = market(["Anna"])
with torch.no_grad():
    patterns = torch.stack(gpt2.model(tokens, output_attentions=True).attentions)[:, 0]
words = token_strings(tokens[0].tolist())
looks_back = patterns[:, :, -1, words.index("·Anna")]
layer, head = divmod(looks_back.argmax().item(), gpt2.config.n_heads)
pictures.attention_explorer(words, patterns, layer=layer, head=head, query=-1)

# %% [markdown]
# The explorer starts at the head whose last query looks most at *Anna*. It is tempting to say: here it is, this head finds the name. But that a head *looks* somewhere does not yet mean that what it finds is *used*. By the end of this notebook you will know, and you will be able to prove it.
#
# ## The idea in plain words
#
# In week 3 we hung up a **whiteboard** for every token, the residual stream. The embedding wrote the first lines on it. In weeks 4 to 6 you built those who read it and write to it: heads and MLPs, none of which ever wipes anything off. In week 7 they stood in a row, and at the end ln_f and the unembedding read what had come together. This week the whiteboard pays off. Because everybody only ever *adds*, the last line can be taken apart again:
#
# - At any depth, you can ask **what the machine would say if it stopped here**: read the whiteboard as the end would read it. That is the **logit lens**.
# - At the end, you can ask **who has argued for this word, and how strongly**: every writer's vector gets its own share of the logit. That is **direct logit attribution**.
# - You can keep one head from writing, and see what the machine says without it: **ablation**.
# - You can run the machine on two prompts, carry a single vector from one run over to the other, and see whether the answer comes along: **activation patching**.
#
# The first two *observe*, the last two *intervene*. Both need one tool, a way of standing beside a module while it runs: the **hook** of week 7.
#
# ## The idea in shapes
#
# | | what | shape |
# |---|---|---|
# | | the residual stream, before the first block and after every block | `n_layers+1 batch seq d_model` |
# | lens | every depth's logits | `n_layers+1 batch seq d_vocab` |
# | attribution | one number for each writer and prompt | `batch`, by the writer's name |
# | heads | what each head of one block writes | `batch n_heads seq d_model` |
# | ablation | one number for each head of the model | `n_layers n_heads` |
# | patching | one number for each block and position | `n_layers seq` |
#
# **Which row of this scratchpad is wrong?** The lens of GPT-2 small, for two prompts of length 6.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6)
pad.note("stream", (13, 2, 6, 768), "depth batch seq d_model")
pad.note("lens", (13, 2, 6, 50257), "depth batch seq d_vocab")
pad.note("last guess", (12, 2, 6, 50257), "depth batch seq d_vocab")
pad

# %% [markdown]
# ## Exercise 1 · `hooked`
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 10 points*
#
# **Why.** Every experiment of this week sets hooks. A hook that is forgotten goes on changing every later run, without a word, and the numbers that you print an hour later are wrong. So the first tool is one that cleans up after itself.
#
# `module.register_forward_hook(hook)` makes PyTorch call `hook(module, inputs, output)` each time the module has run. `inputs` is a tuple of what the module was given. If the hook returns something, that takes the output's place; if it returns None, the output stays. The call gives you a handle, and `handle.remove()` takes the hook off again.
#
# Write `hooked` as a context manager, so that it can be used like this:
#
# ```python
# with hooked([(model.ln_f, some_hook), (model.blocks[0].mlp, another)]):
#     model(tokens)  # with the hooks
# model(tokens)  # without them
# ```
#
# With `@contextmanager` above it, a function becomes one: what stands before its `yield` happens on the way in, what stands after it on the way out, and an error in the with block comes out of the `yield` itself.
#
# Four things to get right: the hooks are set in the order of the pairs (two may be for the same module); all of them are gone afterwards; also when the block ends with an error, which goes on to the caller; and hooks that somebody else has set stay.
#
# <details><summary>Hint 1 · a question</summary>
#
# Several hooks are set and each gives you a handle. Where do you keep the handles until they are needed? And which Python keyword introduces lines that run however the lines above it have ended?
#
# <details><summary>If you see "when the block ends with an error, the hooks stay on the model"</summary>
#
# An error in the with block is raised at the `yield`. The lines below it run only if they stand in a `finally`.
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
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "hooked", "locked": false, "schema_version": 3, "solution": true, "task": false}
@contextmanager
def hooked(hooks: Iterable[tuple[nn.Module, Callable]]) -> Iterator[None]:
    """As long as the with block lasts, each module has its forward hook; afterwards none of these is left.

    `hooks` are pairs of a module and a hook(module, inputs, output), set in this order. An error in the block
    goes on to the caller. Hooks that others have set stay.
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
# *What you should see:* a tick. One of the cases has an accident in the with block on purpose.
#
# **Which MLP does the model miss most?** Your first intervention: for the length of one run, one block's MLP gives zeros.


# %% tags=["look", "raises-exception"]
def zeros(module: nn.Module, inputs: tuple, output: Tensor) -> Tensor:
    return torch.zeros_like(output)


model, tokens = your_model(), market(["Anna"])
print(f"the whole model     her {model(tokens)[0, -1].softmax(dim=-1)[id_of(' her')]:.1%}")
for layer, block in enumerate(model.blocks):
    with hooked([(block.mlp, zeros)]):
        shares = model(tokens)[0, -1].softmax(dim=-1)
    print(f"without MLP {layer:<2}      her {shares[id_of(' her')]:.1%}")

# %% [markdown]
# ## Exercise 2 · `run_with_cache`
#
# A hook can change what it sees, or only write it down. **What is there to be written down?** Every module of your GPT2 has a name. `model.named_modules()` gives them all: `embed`, `blocks.0`, `blocks.0.attn` and so on, and first of all the model itself, whose name is the empty string.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 12 points*
#
# **Why.** From now on, one run of the model gives you everything in it.
#
# Set a hook on every module but the model itself. Each of them stores what its module gives, under the module's name. The hooks only watch: the run must be the same as without them.
#
# - A stored tensor is detached (`output.detach()`), so that the cache does not keep the whole graph for gradients alive.
# - Modules that are never called, such as the list `blocks` itself, have no entry.
# - If the model raises, for instance because a prompt is too long, the error goes on to the caller, and no hook is left.
#
# <details><summary>Hint 1 · a question</summary>
#
# Each hook must know the name under which to store. PyTorch calls it with module, inputs and output: where can the name come from? A function that takes the name and *gives back a hook* is one answer.
#
# <details><summary>If you see "every hook writes to the name that the loop ended with"</summary>
#
# A function that is defined in a loop looks up the loop's variable when it is *called*, and by then the loop is over. Define the hook inside another function, to which you pass the name.
#
# </details>
#
# <details><summary>If you see "the hooks return something"</summary>
#
# Whatever a hook returns takes the output's place. Some ways of storing return what they store: `cache.setdefault(…)` does, a plain assignment does not.
#
# </details>
#
# <details><summary>If you see "when the model raises, the hooks stay on it"</summary>
#
# The model has to run *inside* the with block of your `hooked`.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "run_with_cache", "locked": false, "schema_version": 3, "solution": true, "task": false}
def run_with_cache(
    model: nn.Module, tokens: Int[Tensor, "batch seq"]
) -> tuple[Float[Tensor, "batch seq d_vocab"], dict[str, Float[Tensor, "..."]]]:
    """The model's logits, and what each of its modules has given on the way, by the module's name.

    The names are those of model.named_modules(), such as "blocks.0.attn"; the model itself has no entry, nor has
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
# *What you should see:* a tick, also for the case in which the model raises on purpose.
#
# **Does everything that was written add up to what stands there in the end?** This is the claim on which the rest of the week rests. The cache can settle it: token, place, and what every attention and every MLP has written, against the stream after the last block.

# %% tags=["look", "raises-exception"]
logits, cache = run_with_cache(your_model(), market(GIRLS))
print(f"{len(cache)} entries, among them:")
for name in ("embed", "blocks.0.ln_1", "blocks.0.attn", "blocks.0.mlp", "blocks.0", "ln_f", "unembed"):
    print(f"  {name:14} {tuple(cache[name].shape)}")

writers = [name for name in cache if name.split(".")[-1] in ("embed", "pos_embed", "attn", "mlp")]
written = sum(cache[name] for name in writers)
last = f"blocks.{gpt2.config.n_layers - 1}"
print(f"{len(writers)} writers; largest difference from {last}: {(written - cache[last]).abs().max():.1e}")

# %% [markdown]
# *What you should see:* a difference of about a millionth of the stream's own size, which is float32 adding in another order. Nothing else ever wrote to the whiteboard.

# %% [markdown]
# ## Exercise 3 · `logit_lens`
#
# The end of the model reads the whiteboard through ln_f and the unembedding. Nothing keeps us from reading it in the same way earlier. **What would the model say if it stopped after block 0?**
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** It turns every depth of the model into something that you can read: words. (The idea is nostalgebraist's, from a blog post of 2020.)
#
# Your residual_stream of week 7 gives the stream before the first block and after every block, stacked. Read each depth as the end of the model would: through ln_f, then through the unembedding.
#
# <details><summary>Hint 1 · a question</summary>
#
# ln_f and the unembedding work on the last axis alone. Do you need a loop over the depths?
#
# <details><summary>If you see "the stream goes to the unembedding as it is"</summary>
#
# What does GPT2's forward do between its last block and the unembedding?
#
# </details>
#
# <details><summary>If you see "after the last block ln_f is applied twice"</summary>
#
# Then your last snapshot has been through ln_f already. HF's `hidden_states` are like that, and many a plot on the web has been made of them.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "logit_lens", "locked": false, "schema_version": 3, "solution": true, "task": false}
def logit_lens(
    model: GPT2, tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, "n_layers_plus_1 batch seq d_vocab"]:
    """What the model would say if it stopped early: logits before the first block, and after every block.

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
# *What you should see:* a tick, and below it a last row that is the model's own answer.
#
# **At which depth does the model know?** A row for each depth, a column for each token of the prompt. In every cell is the next token that the model would guess there; the bluer, the surer. Read the last column from top to bottom.

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
# Early rows often guess a word that merely goes well with the token itself: all that stands on the whiteboard is this token. The further down, the more the guess depends on the rest of the sentence. But be careful with what you conclude: the early layers were never trained to be read by ln_f. A depth at which the lens shows nothing may hold the answer in a form that only a later layer can read.

# %% [markdown]
# ## Exercise 4 · `direct_logit_attribution`
#
# The lens shows *when* the answer appears on the whiteboard. **Who wrote it?** A logit is a dot product, a sum over `d_model`. The stream is a sum over writers. So the logit is a sum over writers, too, were it not for ln_f in between.
#
# ln_f does four things to the stream at a position: it subtracts the mean of its numbers, divides by $\sqrt{\text{variance} + \text{eps}}$, multiplies by the gain, and adds the bias. Three of them treat a sum as the sum of its parts. The division is the exception, since the variance depends on everything at once. But in the run that we want to explain it has *happened*: it is one number for each prompt. Keep that number, the one of the whole stream, and divide every writer's part by it. This is called freezing the LayerNorm.
#
# $$\text{term}(w) = \frac{w - \text{mean}(w)}{\sqrt{\text{variance} + \text{eps}}} \odot \text{gain} \;\cdot\; W_E[\text{answer}]$$
#
# The bias is added whatever anybody has written. It gets a term of its own, bias · W_E[answer].
#
# *Difficulty 4 of 5 · importance 5 of 5 · 30 minutes · core, 14 points*
#
# **Why.** It is the one tool here that leaves nothing out: all terms together *are* the logit.
#
# Take the last position only, since it is the one that says the next token. The keys of the result are the writers' names in the cache, `embed`, `pos_embed`, `blocks.0.attn`, `blocks.0.mlp`, `blocks.1.attn` …, and `ln_f.bias`. Each value holds one number for each prompt. `model.ln_f` has `gain`, `bias` and `eps`; `model.embed.W_E` holds a row for each token, which also is the token's column of the unembedding.
#
# <details><summary>Hint 1 · a question</summary>
#
# Stack what all writers have written at the last position: `writer batch d_model`. The sum over the first axis is what ln_f reads. Which of its four steps needs that sum, and which need only one writer's part?
#
# <details><summary>Hint 2 · the division</summary>
#
# The variance is a mean of squares: `x.var(dim=-1, unbiased=False)`. Its shape is `batch`, one number for each prompt.
#
# </details>
#
# <details><summary>If you see "each writer is divided by its own spread"</summary>
#
# ln_f(w) for each writer measures each of them as if it stood on the whiteboard alone. The number to divide by belongs to the sum.
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
# `blocks.0` in the cache is the whiteboard after block 0. Who wrote on it in that block? Their names end in attn and mlp.
#
# </details>
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
# *What you should see:* a tick: every term is as large as HF's modules make it, and together they are the logit.
#
# **Who argues for *her*, and against *his*?** One logit says little: a writer may raise all of them alike. So we take the difference of two attributions, averaged over the prompts. A bar to the right argues for *her*.

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
# *What you should see:* a sum that is right to within 1e-4, and a few writers that do most of the arguing. `embed` says what the last word, *for*, would say on its own.
#
# "Direct" is to be taken literally. A head that only tells another head where to look writes nothing towards *her*, and gets a term near 0. To find such helpers, you have to intervene.

# %% [markdown]
# ## Exercise 5 · `inside_attention`
#
# The cache stops at the doors of modules. **What happens inside attention?** Its pattern, and what each single head writes, are no module's output; your MultiHeadAttention of week 6 computes them on the way and drops them.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Heads are what people name: this one looks back by one, that one copies. To name them, you need to see them one at a time.
#
# You wrote these lines in week 6; this time, keep what is in the middle. Given an attention module with `W_Q`, `W_K`, `W_V` (`n_heads d_model d_head`), `b_Q`, `b_K`, `b_V` (`n_heads d_head`) and `W_O` (`n_heads d_head d_model`), and what it reads, give back every head's pattern, and what every head writes to the residual stream, by itself. `b_O` belongs to no head and is left out: the heads' writings plus b_O are the module's output.
#
# <details><summary>Hint 1 · a question</summary>
#
# `attention_pattern` and `weighted_values` of week 5 take any axes in front, `batch n_heads` too. What is left for you to write: which product before them, and which one after?
#
# <details><summary>If you see "The size of tensor a must match", where a bias is added</summary>
#
# `q` has the axes batch, heads, seq, d_head and `b_Q` has heads, d_head. A bias must meet every position: `b_Q[:, None]` puts an axis of size 1 where the positions are.
#
# </details>
#
# <details><summary>If you see "the heads are added up"</summary>
#
# The einsum of week 6 leaves `n_heads` out on the right, which sums over them. Here they stay.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "inside_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def inside_attention(
    attn: nn.Module, x: Float[Tensor, "batch seq d_model"]
) -> tuple[Float[Tensor, "batch n_heads query key"], Float[Tensor, "batch n_heads seq d_model"]]:
    """Every head's pattern, and what every head writes to the residual stream by itself, without b_O.

    `x` is what the module reads. The heads' writings and b_O add up to the module's output.
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
# *What you should see:* a tick. The look below makes the same comparison on your own machine.
#
# **Are these the patterns that HF shows, and do the heads add up?** And which head of the chosen layer looks back at the name? Move the mouse over the small squares.

# %% tags=["look", "raises-exception"]
model, tokens = your_model(), market(["Anna"])
cache = run_with_cache(model, tokens)[1]
opened = [inside_attention(block.attn, cache[f"blocks.{n}.ln_1"]) for n, block in enumerate(model.blocks)]
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
# **Why.** An experiment needs *one number* that says how well the model does. A probability is a poor one: it depends on all other words, and near 0 and 1 it hardly moves. The logit of the right answer minus the logit of a wrong one has neither fault, and it is what the attributions above add up to.
#
# Give, for each prompt, the logit of `right[b]` minus the logit of `wrong[b]`, at the last position. Positive means that the right answer is ahead.
#
# <details><summary>Hint 1 · a question</summary>
#
# Row b goes with token `right[b]`. What does `x[torch.arange(3), torch.tensor([4, 0, 2])]` pick out of a matrix?
#
# <details><summary>If you see "every prompt meets every other prompt's answers"</summary>
#
# `x[:, right]` takes all columns of `right` for every row. Two index tensors side by side, or `gather`, take one entry of each row.
#
# </details>
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
# *What you should see:* a tick.
#
# The prompts for the next looks: girls and boys, each with the right pronoun and the wrong one. **How far ahead is the right one?**


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
# **What does the model say if one head is silent?** That is an ablation: take away what the head writes and leave everything else as it is. Two ways of taking away are common.
#
# - **zero**: the head writes nothing.
# - **mean**: the head writes what it writes *on average over the batch*, at each position. It still says what it always says, and no longer says anything about this prompt.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 25 minutes · core, 12 points*
#
# **Why.** It is the plainest experiment there is: remove a part, and see what no longer works.
#
# Set a hook on the attention of one block. The hook is given what the module has read (`inputs[0]`) and what it gives (`output`). Your `inside_attention` says how much of the output is this head's. b_O is no head's: it stays.
#
# <details><summary>Hint 1 · a question</summary>
#
# The output is the sum of what all heads write, plus b_O. If you know what one of them has written, how do you take it out of the sum? And what do you put in its place when `by` is "mean"?
#
# <details><summary>Hint 2 · the mean</summary>
#
# What one head writes has the axes batch, seq, d_model. The mean over the batch is the same for every prompt: shape `seq d_model`.
#
# </details>
#
# <details><summary>If you see "a position is silenced, not a head"</summary>
#
# The module's output has no head axis: `output[:, head]` is a position. What each head writes, from `inside_attention`, has one.
#
# </details>
#
# <details><summary>If you see "the logits are those of the whole model"</summary>
#
# Does your hook return what it has made?
#
# </details>
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
# *What you should see:* a tick: the same head silenced in HF's model gives the same logits.
#
# **Which heads carry the gender of the name?** Every head in turn is replaced by its mean over girls and boys, so that it cannot tell them apart. The number is by how much the right pronoun's lead shrinks; an orange head has stood in the way. (On a large model, this takes a minute.)

# %% tags=["look", "raises-exception"]
model, (tokens, right, wrong) = your_model(), everyone()
n_layers, n_heads = gpt2.config.n_layers, gpt2.config.n_heads
whole = logit_difference(model(tokens), right, wrong).mean()
lost = torch.zeros(n_layers, n_heads)
for layer in range(n_layers):
    for head in range(n_heads):
        lost[layer, head] = (
            whole - logit_difference(ablate_head(model, tokens, layer, head, "mean"), right, wrong).mean()
        )

print(f"lead of the right pronoun: {whole:.2f}")
for place in lost.flatten().argsort(descending=True)[:3].tolist():
    layer, head = divmod(place, n_heads)
    zero = whole - logit_difference(ablate_head(model, tokens, layer, head, "zero"), right, wrong).mean()
    print(f"head {layer}.{head}: {lost[layer, head]:.2f} lost by the mean, {zero:.2f} by zero")
pictures.heatmap(
    lost,
    [f"layer {layer}" for layer in range(n_layers)],
    [f"head {head}" for head in range(n_heads)],
    title="lead lost when the head writes its mean",
)

# %% [markdown]
# Compare with the picture of the first look: is the head that looks at the name most also the one that matters most? Zero and mean need not agree, either. A head that always writes the same large vector is missed badly when it writes nothing, though it says nothing about the name; the mean keeps that vector. And the opposite mistake lurks, too: if two heads do the same work, ablating one of them shows nothing. A head that can be spared is not a head that does nothing.

# %% [markdown]
# ## Exercise 8 · `activation_patch`
#
# An ablation tells you that a part is needed. **What does it carry?** Take two prompts that differ in one word. Run the *clean* one, with Anna, and keep its vectors. Run the *corrupted* one, with Tom, and in the middle of the run put a single vector of Anna's in the place of Tom's. If the model now says *her*, that vector carried the difference.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 12 points*
#
# **Why.** It is the closest thing to following one fact through the machine. (Also called causal tracing or interchange intervention; Vig et al. 2020, Meng et al. 2022.)
#
# `name` is a module's name in the cache, and `position` a place in the prompt. At that position the module's output comes from the clean run; at all others it stays. Each prompt of the batch gets the vector of its own partner. `model.get_submodule(name)` finds the module.
#
# <details><summary>Hint 1 · a question</summary>
#
# Two runs, one after the other. What do you need from the first, and what has to be set before the second begins?
#
# <details><summary>If you see "a vector of the corrupted run is put into the clean one"</summary>
#
# The clean run is the one that is cached; the model then runs on the corrupted prompts.
#
# </details>
#
# <details><summary>If you see "a whole prompt is patched"</summary>
#
# The output's axes are batch, seq, d_model. In `output[position]` the position has met the batch.
#
# </details>
#
# <details><summary>If you see "the logits are those of the corrupted prompts"</summary>
#
# Either the hook returns nothing, or the assignment went the wrong way, into the cache.
#
# </details>
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

    `name` is a module's name, such as "blocks.0" or "blocks.0.attn". Prompt b gets the vector of clean prompt b.
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
# *What you should see:* a tick, for whole blocks and for attention alone.
#
# **Where does the gender live, and when does it move?** For every block and every position, the stream after that block is carried over from a girl's run to a boy's. 0 means that nothing has changed, 1 that the model is as sure of *her* as if it had read the girl's name.

# %% tags=["look", "raises-exception"]
model, clean, corrupted = your_model(), market(GIRLS), market(BOYS)
her, his = (torch.full((len(clean),), id_of(word)) for word in (" her", " his"))
high, low = (logit_difference(model(tokens), her, his).mean() for tokens in (clean, corrupted))
n_layers, seq = gpt2.config.n_layers, clean.shape[1]
recovered = torch.zeros(n_layers, seq)
for layer in range(n_layers):
    for position in range(seq):
        patched = activation_patch(model, clean, corrupted, f"blocks.{layer}", position)
        recovered[layer, position] = (logit_difference(patched, her, his).mean() - low) / (high - low)

words = [word.replace("·Tom", "·(name)") for word in token_strings(corrupted[0].tolist())]
pictures.heatmap(
    recovered,
    [f"after block {layer}" for layer in range(n_layers)],
    words,
    title="share of the difference that comes along",
)

# %% [markdown]
# *What you should see:* in the upper rows the difference sits at the name, in the lower rows at the last word, where the answer is said. In between it moves, and only attention can move it. Compare the rows in which it moves with the layers of your important heads. Words before the name are blank throughout: they have never heard of Anna, because no query sees the future.

# %% [markdown]
# ## Exercise 9 · `head_zoo`
#
# Some heads turn up in every transformer that anybody has opened. Week 6 had scores for three of them: heads that look at the **previous token**, heads that rest at the **first token**, and **induction heads**, which look for an earlier copy of the present token and then at what came after it. **Which of your model's heads are which?**
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** A zoo with labels saves you from opening the same head twice.
#
# The prompts are an opening of `start` tokens, and then a piece of `period` tokens, repeated. induction_score wants a pattern that begins where the repeated piece begins, so cut `start` queries and `start` keys off for it. The other two scores take the whole pattern. Each head's score is the mean over the prompts.
#
# <details><summary>Hint 1 · a question</summary>
#
# `inside_attention` needs what the attention of each block has read. Which entry of the cache is that?
#
# <details><summary>Hint 2 · all layers at once</summary>
#
# The scores of week 6 take any axes in front of query and key. Stack the layers' patterns, `n_layers batch n_heads query key`, and one call scores them all. Which axis is then averaged?
#
# </details>
#
# <details><summary>If you see "for the induction score the opening is still there"</summary>
#
# In `pattern[..., start:, start:]` both axes begin at the repeated piece.
#
# </details>
#
# <details><summary>If you see "the mean is taken over the heads"</summary>
#
# What remains should be `n_layers n_heads`.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "head_zoo", "locked": false, "schema_version": 3, "solution": true, "task": false}
def head_zoo(
    model: GPT2, tokens: Int[Tensor, "batch seq"], start: int, period: int
) -> dict[str, Float[Tensor, "n_layers n_heads"]]:
    """How much each head is a "previous token", a "first token" and an "induction" head: means over the prompts.

    Each prompt begins with `start` tokens; from there on it is one piece of `period` tokens, repeated.
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
# *What you should see:* a tick, and then a map of all heads.
#
# **What lives in your model?** The prompts are songs of random names, sung twice. Nobody can guess the names the first time. The second time, whoever has an induction head can.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "songs", "locked": true, "schema_version": 3, "solution": false, "task": false}
SINGERS = (*GIRLS, *BOYS, "Alice", "Rose", "Lucy", "Sarah", "Paul", "Peter", "George", "David")
OPENING = "<|endoftext|>They sang:"  # a text of its own begins here
PERIOD = 6


def songs(count: int) -> Int[Tensor, "batch seq"]:
    """Songs of PERIOD random names, sung twice after the opening."""
    draw, opening = random.Random(12), gpt2.tokenizer.encode(OPENING)
    rounds = [[id_of(f" {name}") for name in draw.sample(SINGERS, PERIOD)] for _ in range(count)]
    return torch.tensor([opening + 2 * names for names in rounds])


# %% tags=["look", "raises-exception"]
start = len(gpt2.tokenizer.encode(OPENING))
zoo = head_zoo(your_model(), songs(8), start, PERIOD)
for kind, score in zoo.items():
    for place in score.flatten().argsort(descending=True)[:2].tolist():
        layer, head = divmod(place, gpt2.config.n_heads)
        print(f"{kind:14}  head {layer}.{head}: {score[layer, head]:.2f}")
pictures.heatmap(
    torch.cat(list(zoo.values()), dim=1),
    [f"layer {layer}" for layer in range(gpt2.config.n_layers)],
    [f"{kind} {head}" for kind in zoo for head in range(gpt2.config.n_heads)],
    title="scores of every head, kind by kind",
)

# %% [markdown]
# **What does the best induction head look like?** On the second half of the song, find the stripe: each name looks at the name *after* its own earlier copy.

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
# A pattern with a stripe is a hint. **Is the model's knowledge of the song really in these heads?** Knock them all out at once, and listen.
#
# *Difficulty 3 of 5 · importance 4 of 5 · 15 minutes · core, 6 points*
#
# **Why.** Heads help each other out. To see what a group does, the whole group must be silent in the same run.
#
# Each pair (layer, head) names a head; all of them write nothing. What a head writes depends on what it reads, and with earlier heads silent it reads something else: subtract what it writes *in this run*. A hook is given just that.
#
# <details><summary>Hint 1 · a question</summary>
#
# One hook for each pair, and each must know its own head. Where have you met that problem before?
#
# <details><summary>If you see "every layer named loses the same head"</summary>
#
# All hooks look up the loop's variable after the loop is over. As in exercise 2, make each hook inside a function that is given the head.
#
# </details>
#
# <details><summary>If you see "only the last of them is knocked out"</summary>
#
# Two heads of the same layer need two hooks on the same module; `hooked` takes pairs, not a dict, for this reason.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "knock_out", "locked": false, "schema_version": 3, "solution": true, "task": false}
def knock_out(
    model: GPT2, tokens: Int[Tensor, "batch seq"], heads: Sequence[tuple[int, int]]
) -> Float[Tensor, "batch seq d_vocab"]:
    """Logits of the model when all of these heads, pairs of (layer, head), write nothing in the same run.

    Without any pair these are the model's own logits. The model is as before afterwards.
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
# *What you should see:* a tick, also for an empty list of heads.
#
# **Can the model still sing the second round?** The loss on the second round only, in nats for each name: with all heads, without the strongest induction heads, and, because a comparison without a control is none, without as many heads of the same layers that score lowest.

# %% tags=["look", "raises-exception"]
model, tokens, start = your_model(), songs(16), len(gpt2.tokenizer.encode(OPENING))
induction = head_zoo(model, tokens, start, PERIOD)["induction"]
strongest = [
    divmod(place, gpt2.config.n_heads) for place in induction.flatten().argsort(descending=True)[:3].tolist()
]
spared = torch.zeros_like(induction, dtype=torch.bool)
control = []
for layer, _ in strongest:
    scores = induction[layer].masked_fill(spared[layer], torch.inf)
    control.append((layer, scores.argmin().item()))
    spared[control[-1]] = True


def second_round(logits: Tensor) -> float:
    since = start + PERIOD - 1  # the last name of the first round guesses the first of the second
    return next_token_loss(logits[:, since:], tokens[:, since:]).item()


pictures.bars(
    {
        "all heads": second_round(knock_out(model, tokens, [])),
        f"without {', '.join(f'{layer}.{head}' for layer, head in strongest)}": second_round(
            knock_out(model, tokens, strongest)
        ),
        f"without {', '.join(f'{layer}.{head}' for layer, head in control)}": second_round(
            knock_out(model, tokens, control)
        ),
    },
    value_title="loss on the second round, nats for each name",
)

# %% [markdown]
# *What you should see:* three bars. If the second is much longer than both others, you have found a mechanism: these heads, and not just any heads, let the model repeat what it has seen once. Olsson et al. (2022) argue that such heads are where most of what a language model learns *from its prompt* comes from.

# %% [markdown]
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 6 points*
#
# **Why.** Twelve weeks of shapes end here. Whoever can write these down can read any paper of this field.
#
# Fill in the shapes for GPT-2 small, a **batch of 2 prompts of length 6**: 12 layers, 12 heads, d_model 768, d_head 64, d_vocab 50,257. A shape is a tuple; one number for each prompt has shape `(2,)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows speak of one position, and which of all of them? Which have been averaged over the prompts, so that no batch axis is left?
#
# <details><summary>If you see "there is a snapshot before the first block, too"</summary>
#
# With 12 blocks you can look before the first, and after each of them.
#
# </details>
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
# *What you should see:* a tick for ten shapes.

# %% [markdown]
# ## Check your understanding
#
# Run the folded cell below. Decide first, then open a choice: every one of them has a reason.

# %% tags=["look", "raises-exception"] jupyter={"source_hidden": true}
quiz(
    [
        Question(
            "After block 3 the logit lens shows “her” for the first time. What do you know?",
            [
                Choice(
                    "Block 3 has found out that Anna is a girl.",
                    why="It may have been known long before, in a form that ln_f and the unembedding cannot read, or at another position.",
                ),
                Choice(
                    "From here on, the stream at this position points towards “her” for whoever reads it as the end does.",
                    right=True,
                    why="That is what the lens measures, no more and no less.",
                ),
                Choice(
                    "The later blocks are of no use on this prompt.",
                    why="They may make it surer, or argue against it. Ablate them, and you know.",
                ),
            ],
        ),
        Question(
            "A head's pattern gives “Anna” 90% of the attention of the last word, but ablating it changes nothing. How can that be?",
            [
                Choice(
                    "The ablation must be wrong.",
                    why="It may well be right: looking and using are two things.",
                ),
                Choice(
                    "What it writes may not bear on this answer, or other heads write the same.",
                    right=True,
                    why="W_O decides what is made of what was seen, and a model often has more than one way to an answer.",
                ),
                Choice(
                    "A pattern shows what a head writes, not what it reads.",
                    why="The other way round: it shows whom it reads. What it writes goes through W_V and W_O.",
                ),
            ],
        ),
        Question(
            "Why does direct logit attribution divide every writer by the same number?",
            [
                Choice(
                    "Because all writers have the same variance.",
                    why="They have not. In the look above, some write a hundred times as much as others.",
                ),
                Choice(
                    "Because ln_f has divided their sum by it, once.",
                    right=True,
                    why="Only with that number do the terms add up to the logit of this run.",
                ),
                Choice(
                    "It need not: ln_f can be applied to each of them.",
                    why="Then each would be measured as if it stood alone, and the sum would be no logit of anything.",
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
                    why="Attention to the name is over by then: what was read of it lies in the vector that you have replaced.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# ### In your own words
#
# A classmate ablates a head by zero, sees the right answer's lead shrink by half, and writes: *"So this head is where the model stores that Anna is a girl."* What does the experiment show, and what does it not? Name one more experiment that would tell. Answer in five or six sentences, and use the words **ablation**, **mean** and **patching**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The experiment shows that without what this head writes, the model's lead shrinks: on these prompts the head is needed for half of it. It does not show what the head carries. A head may write much the same vector whatever the name is, and later layers may count on it; zero ablation takes that away, too, and the lead would shrink although the head knows nothing about Anna. Replacing what it writes by the mean over girls and boys keeps what it always says and removes only what depends on the name, so it is the fairer test. Nor does the result say that anything is stored there: the head may only carry to the last word what stands at the name since the embedding. Activation patching can tell: put the head's layer, or the stream at single positions, from a girl's run into a boy's, and see at which place and depth the answer comes along.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `ov_circuit`
#
# A head does two separate things: its pattern decides *whom* it reads, W_V and W_O decide *what is written* of it. The second is one matrix, W_V · W_O, the head's **OV circuit**: if the whole of a head's attention goes to a word, this is what happens to the word. **If the head reads *Anna*, whose logits does it raise?**
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · stretch, 10 points*
#
# **Why.** A pattern says whom a head reads; without this half you do not know what it does with them.
#
# Positions and biases are left out: the words' vectors are used as they are given. The rows of `read` are the words that the head reads, those of `said` the words whose logits are asked for. (Elhage et al. 2021, *A Mathematical Framework for Transformer Circuits*.)
#
# <details><summary>Hint 1 · a question</summary>
#
# d_model → d_head → d_model → a logit for each word in `said`. Which matrix makes each step, and which one has to be transposed?
#
# <details><summary>If you see "rows are the words that are said"</summary>
#
# Whatever is multiplied from the left gives the rows.
#
# </details>
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_ov_circuit", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.ov_circuit(ov_circuit)

# %% [markdown]
# *What you should see:* a tick. Its picture comes with the next exercise.

# %% [markdown]
# ## Stretch 2 · `copying_score`
#
# An induction head has to *say* what it has found: reading *Anna*, it should raise the logit of *Anna*. **Which heads copy?** Count: for which share of the words is the word's own logit the one that the head raises most?
#
# *Difficulty 2 of 5 · importance 3 of 5 · 10 minutes · stretch, 10 points*
#
# **Why.** One number for each head, and you know which ones to look at.
#
# <details><summary>Hint 1 · a question</summary>
#
# Where in the circuit stand the words' own logits, and which entry of a row is its largest?
#
# <details><summary>If you see "a word counts as copied as soon as its own logit is raised at all"</summary>
#
# A head that raises all logits alike copies nothing. The word's own has to be ahead of all others.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "copying_score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def copying_score(circuit: Float[Tensor, "words words"]) -> float:
    """The share of words whose own logit the head raises more than that of any other word in the circuit.

    Row and column i belong to the same word; rows are the words that the head reads.
    """
    ### BEGIN SOLUTION
    own = torch.arange(len(circuit), device=circuit.device)
    return (circuit.argmax(dim=-1) == own).float().mean().item()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_copying_score", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.copying_score(copying_score)

# %% [markdown]
# **Do the induction heads copy names?** A head in a later block never meets a name as it stands in W_E: the MLP of block 0 has added to it. So the names are read as they stand after that (Wang et al. 2022 do the same for GPT-2), and through the block's ln_1. Here are the copying scores of all heads from block 1 on, and the circuit of the one that copies most. A head that guessed would score 1 over the number of names.

# %% tags=["look", "raises-exception"]
model = your_model()
names = model.embed.W_E[[id_of(f" {name}") for name in SINGERS]]
met_later = names + model.blocks[0].mlp(model.blocks[0].ln_2(names))


def circuit_of(layer: int, head: int) -> Float[Tensor, "read said"]:
    block = model.blocks[layer]
    return ov_circuit(block.ln_1(met_later), block.attn.W_V[head], block.attn.W_O[head], names)


heads = [(layer, head) for layer in range(1, gpt2.config.n_layers) for head in range(gpt2.config.n_heads)]
copying = {place: copying_score(circuit_of(*place)) for place in heads}
print(f"by chance: {1 / len(SINGERS):.2f}")
best = sorted(heads, key=copying.get, reverse=True)[:4]
for layer, head in best:
    print(f"head {layer}.{head}: {copying[layer, head]:.2f}")
pictures.heatmap(
    circuit_of(*best[0]),
    SINGERS,
    SINGERS,
    row_title="the head reads",
    column_title="whose logit rises",
    title=f"OV circuit of head {best[0][0]}.{best[0][1]}",
)

# %% [markdown]
# *What you should see:* a diagonal, if this head copies. Look the four heads up in the zoo: how many of them are induction heads?

# %% [markdown]
# ## Stretch 3 · `qk_circuit`
#
# The other half of a head: W_Q · W_Kᵀ, its **QK circuit**, decides *whom* it reads. **Which words look for which?**
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · stretch, 10 points*
#
# **Why.** It asks the weights themselves, without any prompt, so that nothing depends on the sentences you have thought of.
#
# Again without positions and biases: the words' vectors are used as they are given. Scores are divided as in week 5.
#
# <details><summary>Hint 1 · a question</summary>
#
# In week 5 a score was q · k / √d_head. What are q and k here, for one query word and one key word?
#
# <details><summary>If you see "the query words go through W_K"</summary>
#
# Each side has its own weight; both projections are products from the right.
#
# </details>
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
# *What you should see:* a tick, and a bar for each head of the first block.
#
# **Who looks for names?** For every head of the first block: the mean score that some common words, as queries, give to the names, minus the one that they give to each other. All vectors go through the block's ln_1 first.

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
# ## Stretch 4 · `k_composition`
#
# An induction head has a riddle to solve. When it reads *Anna* the second time, it has to find the *Tom* that came after her the first time. But the key of that *Tom* knows only what stands on *Tom*'s own whiteboard. So an earlier head must have written there "the token before me was Anna": a previous-token head. The later head's *keys* read what the earlier head has *written*. **How strongly are two heads connected in this way?**
#
# With a row vector x of the stream, the earlier head writes x · W_V · W_O, and the later head's key of that is x · W_V · W_O · W_K. In its scores, q · kᵀ, this makes the matrix (W_Q · W_Kᵀ) · (W_V · W_O)ᵀ. Its size, compared with the sizes of its two factors, is the composition score:
#
# $$\frac{\lVert W_Q W_K^\top \, (W_V W_O)^\top \rVert}{\lVert W_Q W_K^\top \rVert \; \lVert W_V W_O \rVert}$$
#
# *Difficulty 4 of 5 · importance 3 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** Heads are not single workers. This is how one sees, in the weights alone, who works for whom.
#
# The norm is Frobenius's: the root of the sum of all squared entries. W_V and W_O are the earlier head's, W_Q and W_K the later one's.
#
# <details><summary>Hint 1 · a question</summary>
#
# What is the shape of each of the two factors? Which function of torch.linalg gives a matrix its norm, and which norm is that by default?
#
# <details><summary>If you see "W_V · W_O is not transposed"</summary>
#
# In q · kᵀ the keys are transposed, and with them all that they are made of.
#
# </details>
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_k_composition", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.k_composition(k_composition)

# %% [markdown]
# *What you should see:* a tick, and some heads well above the random pair.
#
# **Whose writing do the induction head's keys read?** The strongest induction head, with every head of the layers before it. Compare the longest bar with the zoo: is it a previous-token head? For comparison, the printed line says what two random heads of this size get.

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
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and keeps the lab book: what was asked, what was changed, which number came out. Swap after every exercise that has its tick.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Each of you writes down a guess: which head will turn out to matter? |
# | 10–35 | Exercises 1 and 2. Agree on your scratchpad: `cache`, and the names of all writers. **Swap** in between. |
# | 35–50 | Exercises 3 and 5, with their looks. |
# | 50–75 | Exercises 6 and 7, and the map of heads. Whose guess was right? **Swap** in between. |
# | 75–90 | The two questions below. |
#
# Core is exercises 1 to 11; 4 and 8 to 11 do well as homework, or as a second session. Stretch is for whoever wants to know how induction heads come about. **Not finishing is normal:** a session that ends with one head whose work you can both explain is a good one.
#
# **Two questions to argue about.**
#
# 1. The lens shows *her* after a certain block, attribution names the MLP that wrote it, and patching says that the difference came from the name by way of two heads. Which of these is the *reason* why the model says *her*? What would count as an explanation?
# 2. You have explained one sentence of one small model. What would have to be the case for the explanation to hold for another sentence, or for a model a hundred times as large?
#
# **Where pairs get stuck.** At exercise 2, when every entry of the cache is the same: a function in a loop remembers the variable, not its value. At exercise 4, when the terms nearly add up: look at eps, then at the bias. At exercise 7, when the hook returns nothing.

# %% [markdown]
# ## What you have built
#
# - **hooked**: hooks that take themselves off, whatever happens.
# - **run_with_cache**: everything that the model computes, by name.
# - **logit_lens**: what the model would say at every depth.
# - **direct_logit_attribution**: who has argued for a word, to the last decimal.
# - **inside_attention**: the heads, one at a time.
# - **logit_difference**: one number for an experiment.
# - **ablate_head** and **knock_out**: what is missing when heads are silent.
# - **activation_patch**: where a fact lives, and when it moves.
# - **head_zoo**: names for what turns up everywhere.
#
# And with the eleven weeks before: your own tokenizer, your own GPT-2 with GPT-2's weights in it, your own sampler, optimiser and trainer, a model that you have trained, and a microscope to look into it; the [front page](../README.md) shows how they fit together. There is no part of this machine that you have not made yourself.
#
# What is still missing? Of the machine, nothing. Of what it does, nearly everything: most of its heads have no name yet. The capstone below is a beginning.
#
# Words of this week in the [glossary](../glossary.md): *ablation, activation, activation patching, cache (of a run), circuit, clean and corrupted prompt, composition, control, copying score, direct logit attribution, hook, induction head, intervention, knock-out, logit difference, logit lens, mechanistic interpretability, OV circuit, QK circuit, residual stream*.

# %% [markdown] nbgrader={"grade": false, "grade_id": "capstone", "locked": true, "points": 30, "schema_version": 3, "solution": false, "task": true}
# ## Capstone · explain one behaviour
#
# Choose **one thing that the model does** and find out how. It may be large or small, but it must be something that you can put into a number. Some ideas; your own are better:
#
# - the second half of a pair: a quotation that is closed, *both … and*, the verb in its other form;
# - *it*, and the noun that it stands for: *The cat sat on the mat because it was* against *The cat chose the mat because it was*;
# - a number that comes back, a name that comes back, a thing that somebody has lost and finds again;
# - something that the model gets wrong, always in the same way.
#
# Add as many cells as you need **below this one**, code and text. Everything below this cell is your answer. Write it so that a classmate can follow it without asking you:
#
# 1. **The behaviour.** What does the model do? Prompts, at least eight of them, and one number that measures it. State what you expect before you look.
# 2. **Three experiments**, of which at least one observes (lens, attribution, patterns) and at least one intervenes (ablation, patching, knock-out). For each: the question, the code, a picture or a table, what it shows, and what it does *not* show. One of them needs a control.
# 3. **The explanation**, in ten sentences at most: which parts of the model do what, in which order. Say which of it you have shown, and which you only believe.
# 4. **What would prove you wrong?** Name one experiment that you have not done.
#
# A person reads this: 30 points, on top of the week's 100. A clear "I thought so, and it was not so" is worth as much as a success.
#
# ### BEGIN MARK SCHEME
# **Marking scheme** (30 points; judge the reasoning, not whether the explanation is spectacular).
#
# *The behaviour, 6 points.* 2: stated in a sentence and visible in the model's output. 2: at least eight prompts of one kind that differ only in what matters. 2: one number that measures it, with the right sign, printed for every prompt; an expectation stated before the result.
#
# *Experiments, 15 points, 5 for each of the three.* 1: a question that the experiment can answer. 2: the code runs from top to bottom, does what the text says, and cleans up (hooks, modes). 1: a picture or table that shows the result, with axes named. 1: conclusions that go no further than the result. Take 2 off in all if nothing intervenes or nothing observes, 2 if there is no control anywhere.
#
# *The explanation, 6 points.* 2: parts and order are named (layers, heads, positions). 2: it agrees with all three experiments, also where they disagree with each other. 2: shown and believed are told apart.
#
# *What would prove it wrong, 3 points.* 1: an experiment that could be done with this week's tools. 2: two different outcomes are named, with what each would mean.
#
# Typical losses: attention patterns taken for a cause; one prompt only; zero ablation read as "the head stores it"; a logit difference with its sign swapped; a probability that moves from 0.98 to 0.99 called an effect. A refuted expectation that is understood gets full points.
# ### END MARK SCHEME
