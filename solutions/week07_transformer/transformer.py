# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 7 · The whole machine
#
# **The big idea.** You have all the parts. A **transformer block** is attention followed by an MLP, and each adds its result to the residual stream; GPT-2 is a series of such blocks between an embedding and an unembedding. This week you put the model together. Then you find out how many parameters it has, what it costs to run, and whether any of its predictions use the tokens that they are to predict.
#
# | | |
# |---|---|
# | **You will have built** | the whole of GPT-2, with the same logits as Hugging Face's, up to float32 rounding, for every size and all weights that the check tries |
# | **You need** | the embeddings (week 3), LayerNorm and MLP (week 4) and attention with all its heads (week 6), all of which are in `parts.py` beside this notebook |
# | **Time** | reading and demonstrations 1 h 30 min · core exercises 2 h 30 min · stretch 1 h 35 min |
# | **Where we are** | text → tokens → embeddings → **blocks → logits** → probabilities → next token |
#
# Last week you finished attention, the last part that was missing. From this week on there is one object, `model`, that turns token ids into logits. All later weeks use it: week 8 loads GPT-2's weights into it, week 9 generates text with it, week 11 trains it, week 12 studies its activations.
#
# Run the cells from top to bottom. Write your code where a cell contains `# YOUR CODE HERE`; the check below it compares your result with that of Hugging Face's code, of torch, or of a formula, and names which.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from jaxtyping import Float, Int
from parts import (
    MLP,
    Embed,
    LayerNorm,
    MultiHeadAttention,
    PosEmbed,
    RMSNorm,
    SwiGLU,
    Unembed,
    embed_tokens,
    grouped_query_attention,
    merge_heads,
    rotary_positions,
    split_heads,
)
from torch import Tensor, nn
from torch.nn import functional as F

from utils import pictures, reference
from utils.adapters.model import fill_block, fill_model
from utils.checks import week07_transformer as checks
from utils.examples.block_curves import load_block_curves
from utils.quiz import Choice, Question, quiz
from utils.reference import CONFIGS, ModelConfig
from utils.reference.inputs.blocks import block_weights, model_weights
from utils.reference.inputs.tokens import token_ids
from utils.reference.llama_config import LlamaConfig
from utils.scratchpad import Scratchpad
from utils.tokens import token_strings

gpt2 = reference.load()
PROMPT = "The king and the queen walked along the river. The"

# %% [markdown]
# ## A first look
#
# Two prompts of six tokens each go through the model in the cell after the next one. **How many modules process them (a block counts as one, and each of its four parts, too), and how many of these change the shape of their input?** Write down both numbers first.
#
# The table fills itself. A **hook** is a function that torch calls whenever a certain module has run; here each hook records the shape of its module's output. Afterwards, the play button fills the table once more, slowly, and the slider moves back and forth.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
transformer = gpt2.model.transformer
rows = {"wte": (transformer.wte, "batch seq d_model"), "wpe": (transformer.wpe, "1 seq d_model")}
for number, block in enumerate(transformer.h):
    parts_of_block = {"ln_1": block.ln_1, "attn": block.attn, "ln_2": block.ln_2, "mlp": block.mlp}
    rows |= {f"block {number} {name}": (part, "batch seq d_model") for name, part in parts_of_block.items()}
    rows[f"block {number}"] = (block, "batch seq d_model")
rows |= {
    "ln_f": (transformer.ln_f, "batch seq d_model"),
    "lm_head": (gpt2.model.lm_head, "batch seq d_vocab"),
}

two_prompts = token_ids(gpt2)[:, :6]
with torch.no_grad(), pictures.ForwardTable(rows):
    logits = gpt2.model(two_prompts).logits

# %% [markdown]
# After the embeddings, every row but the last has the same shapes: `batch seq d_model` goes in and `batch seq d_model` comes out. The last row has one number for each token of the vocabulary instead. If a shape changes in any other row, that module has a bug. (The names here are Hugging Face's: `wte` is our `embed`, `wpe` our `pos_embed`, `h` the blocks, `lm_head` our `unembed`. The row of `lm_head` counts the parameters of `wte` a second time, because of **weight tying**: both use the same matrix.)
#
# **What is the result used for?** The logits at the last position give the probabilities of the next token.

# %% tags=["look", "raises-exception"]
for ids, row in zip(two_prompts, logits[:, -1].softmax(dim=-1), strict=True):
    best = row.topk(4)
    predicted = zip(token_strings(best.indices), best.values.tolist(), strict=True)
    print(gpt2.tokenizer.decode(ids), "…", "  ".join(f"{token} {p:.0%}" for token, p in predicted))

# %% [markdown]
# ## The idea in plain words
#
# Each position has a vector in the residual stream, like a whiteboard on which every part of the model can read and add. At the beginning it is the sum of two embeddings: which token this is, and its position. Then come the blocks, one after the other, and each has two halves:
#
# - *attention* reads the stream at this position and at those before it, and adds its result;
# - the *MLP* reads the stream at this position, with attention's result in it, and adds its own.
#
# Each half reads through its own LayerNorm and has a **residual connection**: its result is added to the stream that it reads. So nothing is overwritten, although a later half can cancel an earlier one by adding the negative. After the last block, one more LayerNorm (**ln_f**) is applied, and the unembedding takes the dot product of the result with every token's vector.
#
# The paper that introduced the transformer (Vaswani et al., 2017, arXiv:1706.03762, section 4) gives two reasons for it. *Parallel computation*: within a text, no position waits for the one before it, so a few large matrix products process all of them at once. *Short paths*: attention connects any two positions in one step. A **recurrent neural network (RNN)** reads one token after the other, and information from a thousand tokens ago has to pass through a thousand steps.
#
# The cost is in attention. Every query is compared with every key, so the number of scores grows with the *square* of the prompt's length. In exercise 7 you find out from which length on this dominates.
#
# ## The idea in shapes
#
# | step | what | shape |
# |---|---|---|
# | | `tokens` | `batch seq` |
# | 1 | `resid`: each token's vector plus its position's | `batch seq d_model` |
# | 2 | a block: `resid` plus what attention writes, plus what the MLP writes | `batch seq d_model` |
# | | … and so on, `n_layers` times | `batch seq d_model` |
# | 3 | `ln_f` of the stream | `batch seq d_model` |
# | 4 | `logits`: for every position, one for each token of the vocabulary | `batch seq d_vocab` |
#
# All sizes of a model are in a **config**, an object with these numbers. Such sizes, which are chosen and not learned, are **hyperparameters**. Here are the reference's.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6, d_model=gpt2.config.d_model)
pad.note("tokens", two_prompts, "batch seq")
pad.note("logits", logits, "batch seq d_vocab")
gpt2.config

# %% [markdown]
# ## Exercise 1 · `TransformerBlock`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 20 minutes · core, 18 points*
#
# **Why.** GPT-2 small is this module, 12 times in a row. The largest GPT-2 has it 48 times, and GPT-3 96 times.
#
# A block has four parts, and you have built all of them: `self.ln_1`, `self.attn`, `self.ln_2` and `self.mlp`, in the order of their use. Make them from the config: `LayerNorm(d_model, eps)`, `MultiHeadAttention(d_model, n_heads, d_head)`, `MLP(d_model, d_mlp)`. The eps is the config's `layer_norm_eps`.
#
# `forward` takes the stream and returns the stream. In GPT-2 the norms come *before* the halves; this is called **pre-norm**. Attention reads the stream through `ln_1`, and its result is added to the stream. Then the MLP reads the new stream through `ln_2`, and its result is added, too. The input tensor must not be changed, because exercise 3 compares it with the output.
#
# <details><summary>Hint 1 · a question</summary>
#
# Draw the stream as a line from left to right. Where does an arrow leave it, which modules are on the arrow, and where does it come back? How many such arrows are there?
#
# </details>
#
# <details><summary>If you see "the norms come after the sums"</summary>
#
# A norm around the sum changes the stream itself. What does attention read, and what is added to what?
#
# </details>
#
# <details><summary>If you see "the MLP reads the stream as it was before attention wrote"</summary>
#
# The second half reads the result of the first one. Which variable holds it?
#
# </details>
#
# <details><summary>If you see "TransformerBlock has no ln_1"</summary>
#
# The check copies weights into your block by the names of its parts. They have to be attributes with exactly these four names, set in `__init__`.
#
# </details>
#
# <details><summary>If you see "changes its input resid in place"</summary>
#
# `resid += …` writes into the caller's tensor. `resid = resid + …` makes a new one.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "TransformerBlock", "locked": false, "schema_version": 3, "solution": true, "task": false}
class TransformerBlock(nn.Module):
    """One block: attention, then MLP. Each reads the residual stream through a LayerNorm and adds to it.

    Its parts: ln_1, attn, ln_2, mlp.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        ### BEGIN SOLUTION
        self.ln_1 = LayerNorm(config.d_model, config.layer_norm_eps)
        self.attn = MultiHeadAttention(config.d_model, config.n_heads, config.d_head)
        self.ln_2 = LayerNorm(config.d_model, config.layer_norm_eps)
        self.mlp = MLP(config.d_model, config.d_mlp)
        ### END SOLUTION

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        """The stream after both halves have added to it. `resid` itself is left as it was."""
        ### BEGIN SOLUTION
        resid = resid + self.attn(self.ln_1(resid))
        return resid + self.mlp(self.ln_2(resid))
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_TransformerBlock", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.TransformerBlock(TransformerBlock)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. The last case is one of the reference's own blocks. Below, each difference is millions of times smaller than the largest number: equal up to float32 rounding, as the sums are added in another order. The last block is missing because what Hugging Face calls the last hidden state has been through `ln_f` already. This matters in exercise 3.
#
# </details>
#
# **Does it hold for every block?** Here your block gets the weights of each of the reference's blocks in turn, and that block's input. (`fill_block` copies the weights. Next week you write such a function yourself.)

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(PROMPT)])
with torch.no_grad():
    states = gpt2.model(ids, output_hidden_states=True).hidden_states
    for number in range(gpt2.config.n_layers - 1):
        mine = fill_block(TransformerBlock(gpt2.config), block_weights(gpt2, number))
        difference = (mine(states[number]) - states[number + 1]).abs().max()
        print(f"block {number}: {difference:.1e}, in numbers of up to {states[number + 1].abs().max():.0f}")
del mine, states

# %% [markdown]
# ## Exercise 2 · `GPT2`
#
# Before you build it: **what happens if a prompt has more tokens than the model has positions?** Here is the error of Hugging Face's code.

# %% tags=["look", "raises-exception"]
too_many = torch.zeros(1, gpt2.config.n_ctx + 1, dtype=torch.long)
try:
    gpt2.model(too_many)
except Exception as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# The message names neither the range nor the tensor; to learn that the text was one token too long, one has to read the library's source. Yours will name the cause.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 25 minutes · core, 20 points*
#
# **Why.** This is the whole model, which all later weeks use.
#
# Its parts are `self.embed`, `self.pos_embed`, `self.blocks`, `self.ln_f` and `self.unembed`, and it keeps its config in `self.config`. `Embed(d_vocab, d_model)`, `PosEmbed(n_ctx, d_model)` and `Unembed(embed)` are those of week 3; the unembedding takes your embedding, so that both use one matrix. The blocks belong in an `nn.ModuleList`: torch does not find modules in a plain list, so their parameters would be missing from `model.parameters()`, and an optimiser would not train them.
#
# `forward` takes ids and returns the logits at *every* position. If the prompts have more than `n_ctx` tokens, it raises a `ValueError` that names both numbers, how many tokens there are and how many the model takes. A prompt of exactly `n_ctx` tokens is allowed.
#
# <details><summary>Hint 1 · a question</summary>
#
# The table of the first look lists all modules in the order in which they run. Which of its rows are inside a block, so that your `forward` need not mention them?
#
# <details><summary>Hint 2 · the parts</summary>
#
# Your function `embed_tokens` of week 3 returns the beginning of the stream. `nn.ModuleList(f(i) for i in range(3))` makes a list of modules that torch finds, and you can loop over it. An error is raised by `raise ValueError("…")`; with an f-string the message can contain numbers.
#
# </details>
# </details>
#
# <details><summary>If you see "the blocks are not registered with the module"</summary>
#
# All logits are right, but the number of learned parameters is not. What kind of list holds the blocks?
#
# </details>
#
# <details><summary>If you see "ln_f is never used", or "twice", or "inside the loop"</summary>
#
# It is applied once, after the last block and before the unembedding.
#
# </details>
#
# <details><summary>If you see "all layers are the same block"</summary>
#
# `[f()] * 3` calls `f` once and lists the result three times. A loop or a comprehension calls it three times.
#
# </details>
#
# <details><summary>If you see "what it gives: expected …, got …"</summary>
#
# That line is about prompts of `n_ctx` tokens or one more. With 8 positions: are 8 tokens too many? Are 9? And does your message contain both numbers?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "GPT2", "locked": false, "schema_version": 3, "solution": true, "task": false}
class GPT2(nn.Module):
    """The whole model: embed, the blocks, ln_f, unembed.

    Its parts: embed, pos_embed, blocks (an nn.ModuleList), ln_f, unembed; and its sizes, config.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        ### BEGIN SOLUTION
        self.config = config
        self.embed = Embed(config.d_vocab, config.d_model)
        self.pos_embed = PosEmbed(config.n_ctx, config.d_model)
        self.blocks = nn.ModuleList(TransformerBlock(config) for _ in range(config.n_layers))
        self.ln_f = LayerNorm(config.d_model, config.layer_norm_eps)
        self.unembed = Unembed(self.embed)
        ### END SOLUTION

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Logits for the next token at every position. `tokens` is left as it was.

        Raises:
            ValueError: the prompts are longer than n_ctx; the message names both lengths.
        """
        ### BEGIN SOLUTION
        if tokens.shape[1] > self.config.n_ctx:
            raise ValueError(
                f"{tokens.shape[1]} tokens are more than this model's n_ctx of {self.config.n_ctx}."
            )
        resid = embed_tokens(tokens, self.embed, self.pos_embed)
        for block in self.blocks:
            resid = block(resid)
        return self.unembed(self.ln_f(resid))
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_GPT2", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
checks.GPT2(GPT2)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. One case is a model of two of the reference's blocks; in another, your model raises an error for a prompt that is one token too long. In the table below, every row keeps `(2, 6, 768)`, and the last one has `(2, 6, 50257)`. Below the table is your own error message, for 1,025 tokens.
#
# </details>
#
# **Does it work in the size of GPT-2 small?** Its weights would take half a gigabyte, but shapes can be computed without numbers. On torch's **meta device** a tensor has a shape and a type but no data, and every operation computes only the shape of its result. So the model of 12 blocks runs in almost no time, for the batch of 2 prompts of length 6 that all our shape tables use.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "rows_of", "locked": true, "schema_version": 3, "solution": false, "task": false}
def rows_of(model: nn.Module) -> dict[str, tuple[nn.Module, str]]:
    """The stages of a GPT2 with the axes of their outputs: the first block with its parts, the others whole."""
    stream = "batch seq d_model"
    rows = {"embed": (model.embed, stream), "pos_embed": (model.pos_embed, stream)}
    rows |= {f"block 0 {name}": (part, stream) for name, part in model.blocks[0].named_children()}
    rows |= {f"block {number}": (block, stream) for number, block in enumerate(model.blocks)}
    return rows | {"ln_f": (model.ln_f, stream), "unembed": (model.unembed, "batch seq d_vocab")}


# %% tags=["look", "raises-exception"]
with torch.device("meta"):
    small = GPT2(CONFIGS["gpt2"])
    with pictures.ForwardTable(rows_of(small)):
        small(torch.zeros(2, 6, dtype=torch.long))

# %% tags=["look", "raises-exception"]
with torch.device("meta"):
    small = GPT2(CONFIGS["gpt2"])
try:
    small(torch.zeros(1, 1025, dtype=torch.long, device="meta"))
except ValueError as error:
    print(error)

# %% [markdown]
# ## Exercise 3 · `residual_stream`
#
# The stream has the same shape before and after every block, so the unembedding can be applied to it at any depth. **What would the model predict if it ended after block 0, or after block 1?** To find out, you need the stream at every depth.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 12 points*
#
# **Why.** Week 12 studies these vectors. And if a model that you have written gives wrong logits, comparing its stream with a correct model's, block by block, shows in which block the error is.
#
# The result has a new first axis with `n_layers` + 1 entries: the stream before the first block (token plus position), then the stream after each block. Return the stream itself, without `ln_f`. The model is any module with the parts of your `GPT2`; its blocks may be of another kind. If you use hooks, remove them afterwards.
#
# <details><summary>Hint 1 · a question</summary>
#
# You have written this loop once already, in `GPT2.forward`. What would you have to keep in it, and when?
#
# <details><summary>Hint 2 · joining the tensors</summary>
#
# `torch.stack` makes one tensor of a list of tensors of the same shape, with a new first axis.
#
# </details>
# </details>
#
# <details><summary>If you see "the last entry has been through ln_f"</summary>
#
# That is Hugging Face's convention. Here the last entry is the output of the last block.
#
# </details>
#
# <details><summary>If you see "what each block adds, not the stream after it"</summary>
#
# A block returns the whole stream. There is nothing to subtract.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "residual_stream", "locked": false, "schema_version": 3, "solution": true, "task": false}
def residual_stream(
    model: nn.Module, tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, "n_layers_plus_1 batch seq d_model"]:
    """The residual stream before the first block, and after every block.

    `model` has the parts embed, pos_embed and blocks, as a GPT2 has them. The last entry is the input of ln_f.
    """
    ### BEGIN SOLUTION
    stages = [embed_tokens(tokens, model.embed, model.pos_embed)]
    for block in model.blocks:
        stages.append(block(stages[-1]))
    return torch.stack(stages)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_residual_stream", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.residual_stream(residual_stream)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, also for blocks that are not yours. The result is `n_layers + 1` tensors in one: for GPT-2 small and the batch of the shape table, `(13, 2, 6, 768)`. Below, the storyteller predicts *The* with 100% before block 0 and *king* with 47% after its last block.
#
# </details>
#
# **What would the model predict if it ended early?** Your GPT2 gets the reference's weights (next week you load them yourself), and `ln_f` and the unembedding are applied to each entry as if it were the last. This method is called the **logit lens** (nostalgebraist, *interpreting GPT: the logit lens*, 2020). The prompt ends in *The*, so the next token begins a noun.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "real_machine", "locked": true, "schema_version": 3, "solution": false, "task": false}
KEPT: dict[tuple[type, ...], nn.Module] = {}


def real_machine() -> nn.Module:
    """Your GPT2 with the reference's weights in it. It is kept, and made again when one of your classes is new."""
    if (GPT2, TransformerBlock) not in KEPT:
        KEPT.clear()  # one model at a time: each has as many numbers as the reference
        KEPT[GPT2, TransformerBlock] = fill_model(GPT2(gpt2.config), model_weights(gpt2)).eval()
    return KEPT[GPT2, TransformerBlock]


# %% tags=["look", "raises-exception"]
real = real_machine()
with torch.no_grad():
    stream = residual_stream(real, ids)
    early = real.unembed(real.ln_f(stream[:, :, -1])).softmax(dim=-1)[:, 0]  # [n_layers + 1, d_vocab]
for number, row in enumerate(early):
    best = row.topk(4)
    predicted = zip(token_strings(best.indices), best.values.tolist(), strict=True)
    shown = "  ".join(f"{token} {p:.1%}" for token, p in predicted)
    print(f"{f'after block {number - 1}' if number else 'before block 0':15}", shown)
del real  # `KEPT` has it, and nothing else

# %% [markdown]
# Before the first block the prediction is the token itself: the embedding and the unembedding are tied, and a token's vector has its largest dot product with itself here. In the storyteller, *king*, which the prompt mentions, is in first place only after the last block.
#
# **Which block changes which position's vector the most?** A row for each block, a column for each token of the prompt; the number is the length of the block's update, divided by the length of the stream after it.

# %% tags=["look", "raises-exception"]
with torch.no_grad():
    stream = residual_stream(real_machine(), ids)
updates = stream.diff(dim=0)[:, 0].norm(dim=-1) / stream[1:, 0].norm(dim=-1)
blocks_shown = [f"block {number}" for number in range(gpt2.config.n_layers)]
pictures.heatmap(
    updates, blocks_shown, token_strings(ids[0]), title="Length of each update, over the stream's"
)

# %% [markdown]
# ## Exercise 4 · `count_parameters`
#
# Models are often named by their number of parameters: 124 million, 1.5 billion, 175 billion. **Where do such numbers come from?** From the shapes alone, and you know every shape.
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · core, 12 points*
#
# **Why.** A count from the config gives the memory and the cost of a model before it is built. And a count that is right for four models at once is unlikely to have left out a bias.
#
# Count from the config alone: every weight, every bias, every gain. Shared numbers count once. What is not learned (the causal mask) does not count. For GPT-2 small the answer is 124,439,808.
#
# <details><summary>Hint 1 · a question</summary>
#
# Make a list with one line for each parameter of one block: its name, its shape. How many numbers does each line have, and how many blocks are there? What is left outside the blocks?
#
# <details><summary>Hint 2 · an easier way to be careful</summary>
#
# `for name, parameter in small.named_parameters(): print(name, parameter.shape)` lists all of GPT-2 small, as `small` still exists. Tick off each line in your formula.
#
# </details>
# </details>
#
# <details><summary>If you see "163,037,184"</summary>
#
# That is 38,597,376 too many. Which matrix has that many numbers, and why might it be counted twice?
#
# </details>
#
# <details><summary>If your number is off by a little</summary>
#
# Divide the difference by `d_model`. If the quotient is a multiple of n_layers, something is wrong in every block; if it is 1 or 2, the error is outside the blocks.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "count_parameters", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_parameters(config: ModelConfig) -> int:
    """The number of learned parameters of a GPT-2 with this config. The tied W_E counts once."""
    ### BEGIN SOLUTION
    d_model, d_mlp, width = config.d_model, config.d_mlp, config.n_heads * config.d_head
    attention = 3 * (d_model * width + width) + width * d_model + d_model
    mlp = d_model * d_mlp + d_mlp + d_mlp * d_model + d_model
    layer_norm = 2 * d_model
    embeddings = (config.d_vocab + config.n_ctx) * d_model
    return embeddings + config.n_layers * (attention + mlp + 2 * layer_norm) + layer_norm
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_count_parameters", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.count_parameters(count_parameters)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, for all four sizes of GPT-2 and for random sizes. Below, the four have 124,439,808, 354,823,168, 774,030,080 and 1,557,611,200 parameters, and GPT-3 about 175 billion. The storyteller has 5,296,800, as many as there are in its own file.
#
# </details>
#
# **Does the count also work for GPT-3?** Its paper (Brown et al., 2020, arXiv:2005.14165) gives its sizes in table 2.1: 96 layers, `d_model` 12,288. It calls the model "175 billion".

# %% tags=["look", "raises-exception"]
gpt3 = ModelConfig(12288, 96, 128, 4 * 12288, 96, 50257, 2048, 1e-5)
for name, config in {gpt2.name: gpt2.config, **CONFIGS, "GPT-3": gpt3}.items():
    embedding = config.d_vocab * config.d_model
    total = count_parameters(config)
    print(f"{name:12} {total:15,} parameters, of which W_E {embedding:11,} ({embedding / total:6.1%})")

in_the_file = {weight.data_ptr(): weight.numel() for weight in gpt2.state_dict.values()}
print(f"\n{gpt2.name}'s own file holds {sum(in_the_file.values()):,} numbers, each tensor counted once.")

# %% [markdown]
# The larger the model, the smaller is the part of its parameters in the token embedding: 91% in the storyteller, 31% in GPT-2 small, 0.4% in GPT-3.
#
# ## Exercise 5 · `init_weights`
#
# A new model needs weights to begin with, an **initialisation**. **Does it matter which?** Every block adds to the stream, twice. If each of these updates has length 1 and an independent random direction, then after 24 blocks their sum has a length of about √48, nearly 7. Before training, all of it is noise.
#
# The rule that Hugging Face's library and nanoGPT use for GPT-2:
#
# - weights are normal random numbers with mean 0 and standard deviation 0.02, those of the embeddings, too;
# - the weights that write to the residual stream, `W_O` and `W_out` of every block, have 0.02 divided by √(2 · n_layers), because the results of 2 · **n_layers** of them are added up;
# - biases are 0, gains are 1.
#
# This is their reading of a sentence in GPT-2's paper (Radford et al., 2019, section 2.3): the weights of residual layers are scaled "by a factor of 1/√N where N is the number of residual layers". The code that OpenAI published (github.com/openai/gpt-2) has 0.02 as well, but 0.01 for `W_pos`, and no such factor.
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · core, 12 points*
#
# **Why.** The training of week 11 begins with this function. With weights that are too large, it would begin with a loss far above the **uniform baseline**, the loss of a model that gives every token the same probability.
#
# The weights are drawn from `seed`: the same seed gives the same weights, another seed gives others. Make a separate generator, seeded with `seed`, and pass it to every call that draws; then the random numbers of other code do not change. Fill the parameters in place, and return the model.
#
# Go by the parameters' names, as `model.named_parameters()` gives them (`blocks.0.attn.W_O`): the check's model has the names and shapes of yours, but its modules are of other classes.
#
# <details><summary>Hint 1 · a question</summary>
#
# The part of a name after its last dot is the kind of the parameter. Into how many groups do the kinds fall, and what do all biases have in common?
#
# <details><summary>Hint 2 · changing a parameter in place</summary>
#
# Under `torch.no_grad()`, a parameter has `fill_(value)`, and `normal_(mean, standard_deviation, generator=…)`.
#
# </details>
# </details>
#
# <details><summary>If you see "a leaf Variable that requires grad is being used in an in-place operation"</summary>
#
# torch records operations on parameters in order to compute gradients (week 10), and refuses to overwrite a parameter that it records. Inside `with torch.no_grad():` nothing is recorded.
#
# </details>
#
# <details><summary>If you see "each matrix begins with the same random numbers"</summary>
#
# `manual_seed` sets the generator back to its beginning. How often does your code do that?
#
# </details>
#
# <details><summary>If you see "divided by √n_layers"</summary>
#
# How many times does one block write to the stream?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "init_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def init_weights(model: nn.Module, seed: int) -> nn.Module:
    """Initial weights, drawn from `seed`: normal with standard deviation 0.02, and 0.02/√(2·n_layers) for what writes
    to the residual stream (W_O and W_out), biases 0, gains 1. Changes the model in place and returns it.

    `model` has the parameters of a GPT2, under their names, and its sizes in `model.config`. A separate generator is
    used: torch's global random state is left as it was.
    """
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)
    into_the_stream = 0.02 / (2 * model.config.n_layers) ** 0.5
    for name, parameter in model.named_parameters():
        kind = name.rsplit(".", 1)[-1]
        with torch.no_grad():
            if kind == "gain":
                parameter.fill_(1.0)
            elif kind.startswith("b"):
                parameter.fill_(0.0)
            else:
                std = into_the_stream if kind in {"W_O", "W_out"} else 0.02
                parameter.normal_(0.0, std, generator=generator)
    return model
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_init_weights", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.init_weights(init_weights)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. Your random numbers need not be the same as anyone else's; the check measures their mean, standard deviation and distribution. Below, the length of the stream grows from 0.5 to 1.5 with the factor, and to 11 without it. The storyteller's loss begins at 10.80 nats, near the uniform baseline of 10.82.
#
# </details>
#
# **What does the factor 1/√(2 · n_layers) do?** A model of 24 blocks with initial weights, and the mean length of its stream from block to block: once with the factor, once without.

# %% tags=["look", "raises-exception"]
deep = ModelConfig(256, 4, 64, 1024, n_layers=24, d_vocab=500, n_ctx=64, layer_norm_eps=1e-5)
fresh, some_tokens = init_weights(GPT2(deep), seed=0), torch.arange(120).reshape(4, 30)
with torch.no_grad():
    with_factor = residual_stream(fresh, some_tokens).norm(dim=-1).mean(dim=(1, 2))
    for block in fresh.blocks:
        block.attn.W_O *= 48**0.5
        block.mlp.W_out *= 48**0.5
    without = residual_stream(fresh, some_tokens).norm(dim=-1).mean(dim=(1, 2))
del fresh
pictures.curves(
    torch.arange(len(without)),
    {"with the factor": with_factor, "without": without},
    x_title="blocks that have written",
    y_title="mean length of the stream",
)

# %% [markdown]
# **What does an untrained model predict?** It should give all tokens about the same probability. Then its **cross-entropy** loss, the mean of −log p, is close to the uniform baseline log(d_vocab) on any text. The second line is the loss with weights 50 times as large, that is, with standard deviation 1.

# %% tags=["look", "raises-exception"]
KEPT.clear()  # makes room for another model of the same size
blank = init_weights(GPT2(gpt2.config), seed=0)
uniform = torch.tensor(gpt2.config.d_vocab).log()
with torch.no_grad():
    loss = F.cross_entropy(blank(ids)[0, :-1], ids[0, 1:])
    print(f"initial weights: {loss:.2f} nats per token; uniform baseline: {uniform:.2f}")
    for name, W in blank.named_parameters():
        if ".W_" in name:
            W *= 50
    loss = F.cross_entropy(blank(ids)[0, :-1], ids[0, 1:])
    print(f"the same, 50 times as large: {loss:.2f} nats per token")
del blank  # with GPT-2 as the reference, half a gigabyte

# %% [markdown]
# ## Exercise 6 · `is_causal`
#
# GPT-2 is trained at all positions at once, and at each it predicts the token after it. **How can you be sure that no position uses a later token?** If the mask is shifted by one, the training loss falls to almost 0, because the model learns to copy the token that it is to predict.
#
# Reading the code is not enough; test it. In week 4 you changed one position's input to see whether a layer treats each position separately. This time the property is that a model is **causal**: the logits at a position do not depend on later tokens. Whatever follows the first three tokens, the logits of the first three stay the same, also when nothing follows.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Because of this property, one **forward pass** trains all positions at once, and none of them can copy its answer. It also lets week 9 compute each token's keys and values once and keep them.
#
# Write a function that takes any `model` from `batch seq` to `batch seq d_vocab` and some `tokens` to test it on. It returns True if the logits at no position depend on a later token, and False if they do at any position, of any prompt in the batch. The model may be called any number of times, with prompts of any length up to that of `tokens`. Two results count as equal if `torch.allclose(…, rtol=1e-4, atol=1e-4)` is True. No prompt contains the same token twice; if you change tokens, take the new ids from `tokens` itself, since the model may have no others.
#
# <details><summary>Hint 1 · a question</summary>
#
# Run the model on the first n tokens alone, and on all of them. Which parts of the two results belong to the same positions? For which n do you have to compare them?
#
# </details>
#
# <details><summary>If you see "only the last token is ever changed or left out"</summary>
#
# Suppose that position 1 depends on position 2 and on no other later one. Leaving out the last token of ten does not show that.
#
# </details>
#
# <details><summary>If you see "two results that differ only by rounding count as different"</summary>
#
# `torch.equal` is True only for exactly equal numbers. With a longer prompt, sums may be added in another order.
#
# </details>
#
# <details><summary>If you see "True whatever the model does"</summary>
#
# `changed = tokens` is a second name for the same tensor; `tokens.clone()` is a second tensor.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "is_causal", "locked": false, "schema_version": 3, "solution": true, "task": false}
def is_causal(
    model: Callable[[Int[Tensor, "batch seq"]], Float[Tensor, "batch seq d_vocab"]],
    tokens: Int[Tensor, "batch seq"],
) -> bool:
    """Whether the model's logits at each position are independent of later tokens, tried out on `tokens`.

    `model` takes prompts of any length up to that of `tokens`, and any batch. Prompts have at least two tokens.
    `tokens` is left as it was.
    """
    ### BEGIN SOLUTION
    whole = model(tokens)
    for n in range(1, tokens.shape[1]):
        beginning = model(tokens[:, :n])
        if not torch.allclose(beginning, whole[:, :n], rtol=1e-4, atol=1e-4):
            return False
    return True
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_is_causal", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.is_causal(is_causal)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick: eight kinds of models in its cases are causal, the others depend on a later token in one way or another. Below: True for your GPT2, False with the block that uses the next token, True for Hugging Face's.
#
# </details>
#
# **Are the real models causal?** Your GPT2 with the reference's weights, the same with one block replaced by one that uses the next token's vector, and Hugging Face's. (`peeking` puts the block back at the end.)


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "peeking", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Peeks(nn.Module):
    """A block that adds a hundredth of the next token's vector to each token's."""

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        return resid + 0.01 * resid.roll(-1, dims=1)


@contextmanager
def peeking(model: nn.Module, layer: int) -> Iterator[nn.Module]:
    """The model with `Peeks` in the place of one of its blocks, as long as it lasts."""
    kept = model.blocks[layer]
    model.blocks[layer] = Peeks()
    try:
        yield model
    finally:
        model.blocks[layer] = kept


# %% tags=["look", "raises-exception"]
some_ids = torch.randperm(1000, generator=torch.Generator().manual_seed(7))[:16].reshape(2, 8)
real = real_machine()
with torch.no_grad():
    print("your GPT2:                        ", is_causal(real, some_ids))
    with peeking(real, layer=0) as cheat:
        print("with a block that uses the next:  ", is_causal(cheat, some_ids))
    print("Hugging Face's:                   ", is_causal(lambda tokens: gpt2.model(tokens).logits, some_ids))

# %% [markdown]
# **What does that property save?** Without it, the model would have to be run on 24 beginnings of a text of 24 tokens to predict the token after each: on one token, on two, on three … With it, one pass gives all predictions.

# %% tags=["look", "raises-exception"]
real, text = real_machine(), ids.repeat(1, 3)[:, :24]
with torch.no_grad():
    start = time.perf_counter()
    at_once = real(text)[0]
    middle = time.perf_counter()
    one_by_one = torch.stack([real(text[:, : n + 1])[0, -1] for n in range(24)])
    end = time.perf_counter()
print(f"Largest difference between the two results: {(at_once - one_by_one).abs().max():.1e}")
print(f"All at once {1000 * (middle - start):.0f} ms, one after the other {1000 * (end - middle):.0f} ms.")

# %% [markdown]
# ## Exercise 7 · `flops_per_token`
#
# **What does it cost to run a model?** Nearly all of the work is matrix products, and the operations of a product can be counted. A dot product of n numbers takes n multiplications and n additions (one of which adds to 0), so 2n operations. These are called **FLOPs**, floating point operations. A vector of length n times a matrix of n rows and m columns is m dot products: 2 · n · m FLOPs.
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · core, 10 points*
#
# **Why.** From this number follow the cost of a training run before it begins, and the cost of long prompts.
#
# Count the matrix products of the forward pass, as our code computes them, for one prompt of `seq` tokens, and divide by `seq`:
#
# - each weight matrix is multiplied with every token's vector once: `W_Q`, `W_K`, `W_V` and `W_O` of all heads, `W_in`, `W_out`, and `W_E` at the end, in the unembedding;
# - in each head, a token's query is multiplied with all `seq` keys, and its **attention weights** with all `seq` values. Our code computes the whole square of scores and masks about half of it afterwards, so count the whole square.
#
# A lookup is not a product: the embedding costs 0. Biases, norms, GELU and softmax are left out, as usual: they take few operations in comparison.
#
# <details><summary>Hint 1 · a question</summary>
#
# Go through the stages of the model from top to bottom. At which of them does einsum or `@` sum over an axis, and how long is that axis?
#
# <details><summary>Hint 2 · one token's part of attention</summary>
#
# One head's dot product of a query and a key has `d_head` numbers. There are `seq` keys and `n_heads` heads. And the weighted sum of the values takes as many operations as the scores.
#
# </details>
# </details>
#
# <details><summary>If you see "this is half of it"</summary>
#
# Each pair of numbers is multiplied, and the product is added to the sum.
#
# </details>
#
# <details><summary>If you see "for each token the scores of the whole prompt are counted"</summary>
#
# The scores of the whole prompt are a square of `seq` rows. How many of its rows belong to one token?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "flops_per_token", "locked": false, "schema_version": 3, "solution": true, "task": false}
def flops_per_token(config: ModelConfig, seq: int) -> int:
    """FLOPs of the forward pass for one token of a prompt of `seq` tokens: the matrix products alone, 2 a pair.

    Scores are counted for all `seq` keys, since the mask is applied only after they are computed.
    """
    ### BEGIN SOLUTION
    width = config.n_heads * config.d_head
    projections = 4 * config.d_model * width
    scores_and_blending = 2 * seq * width
    mlp = 2 * config.d_model * config.d_mlp
    unembedding = config.d_model * config.d_vocab
    return 2 * (config.n_layers * (projections + scores_and_blending + mlp) + unembedding)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_flops_per_token", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.flops_per_token(flops_per_token)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick: your formula agrees with torch's own counter, which counted every product of Hugging Face's model, for all four sizes of GPT-2. Below, GPT-2 small takes 292 billion FLOPs for 1,024 tokens, and both parts are equal at 6,702 tokens; in the picture the two lines cross there.
#
# </details>
#
# **At which length does attention's square cost more than the weights?** For GPT-2 small: what a token costs in products with weights, which is always the same, and in products with other tokens, which grows with the prompt's length. Write down a number of tokens first.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
lengths = [2**power for power in range(5, 18)]
config = CONFIGS["gpt2"]
weights_alone = flops_per_token(config, 0)
with_others = [flops_per_token(config, seq) - weights_alone for seq in lengths]
for name, each in CONFIGS.items():
    equal = flops_per_token(each, 0) / (flops_per_token(each, 1) - flops_per_token(each, 0))
    total = 1024 * flops_per_token(each, 1024) / 1e9
    print(
        f"{name:12} {total:7,.0f} billion FLOPs for 1,024 tokens; both parts are equal at {equal:7,.0f} tokens"
    )
pictures.curves(
    lengths,
    {"with weights": [weights_alone] * len(lengths), "with other tokens": with_others},
    x_title="tokens in the prompt",
    y_title="FLOPs for each token",
    log_x=True,
    log_y=True,
)

# %% [markdown]
# Up to GPT-2's 1,024 tokens, attention's square is the smaller part, in GPT-2 small 13% at most. At ten times that length it is the larger part; at a hundred times, nearly everything. (For *memory* the square matters earlier: see the first stretch exercise.) Later work reduces this cost: sparse attention computes a part of the square (Child et al., 2019, arXiv:1904.10509), and FlashAttention computes all of it without storing it (Dao et al., 2022, arXiv:2205.14135).
#
# A common rule of thumb is *2 FLOPs for each parameter and token* (Kaplan et al., 2020, arXiv:2001.08361, who leave out the embeddings). It counts the products with weights and leaves out those with other tokens.

# %% tags=["look", "raises-exception"]
for name, each in {gpt2.name: gpt2.config, **CONFIGS, "GPT-3": gpt3}.items():
    rule = 2 * count_parameters(each)
    print(
        f"{name:12} {flops_per_token(each, 128) / rule:5.1%} of the rule of thumb with 128 tokens,", end=" "
    )
    print(f"{flops_per_token(each, each.n_ctx) / rule:5.1%} with all {each.n_ctx:,}")

# %% [markdown]
# ## Exercise 8 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 8 points*
#
# **Why.** This is the table that filled itself in the first look; now you fill it, from memory if you can. With the shapes at hand, a wrong axis in a model's code is found quickly.
#
# Fill in the shapes in GPT-2 small, for a batch of 2 prompts of length 6: 12 layers, 12 heads, d_model 768, d_head 64, d_mlp 3072, d_vocab 50257, n_ctx 1024. A shape is a tuple, such as `(2, 6)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows are weights? They have no batch axis. Which rows are the stream, or something that is added to it? All of those have the same shape.
#
# </details>
#
# <details><summary>If you see "but none for its beginning"</summary>
#
# Before the first block, and after each of the 12.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """The shapes in GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    tokens = W_pos = None  # the ids of the two prompts; the vectors of all positions
    resid = normed = None  # the stream before the first block; what one block's attention reads
    attn_out = mlp_out = block_out = None  # what one block's attention and its MLP write; the block's output
    W_O = None  # one block's W_O, with all heads
    stream = None  # the result of residual_stream
    last = logits = None  # the outputs of ln_f and of the model
    next_logits = None  # what the next token of each prompt is chosen from
    ### BEGIN SOLUTION
    batch, seq, d_model, d_vocab = 2, 6, 768, 50257
    tokens, W_pos = (batch, seq), (1024, d_model)
    resid = normed = attn_out = mlp_out = block_out = last = (batch, seq, d_model)
    W_O, stream = (12, 64, d_model), (13, batch, seq, d_model)
    logits, next_logits = (batch, seq, d_vocab), (batch, d_vocab)
    ### END SOLUTION
    rows = {"tokens": tokens, "W_pos": W_pos, "resid": resid, "normed": normed, "attn_out": attn_out}
    rows |= {"mlp_out": mlp_out, "block_out": block_out, "W_O": W_O, "stream": stream}
    return rows | {"last": last, "logits": logits, "next_logits": next_logits}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.shape_table(shape_table)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick when all twelve rows are right; until then, the card names the rows that are not. Six of the twelve have the same shape, and only one has four axes.
#
# </details>

# %% [markdown]
# ## In the whole model
#
# **What does your own model compute?** The explorer of week 1 opens your GPT2, too, and every box says whose code has computed it. Here are two texts that differ in one word, the name. Their last token is the same, at the same position. Predict first: at which depth do the vectors of this token part? Then choose the same token before the name in both texts.

# %% tags=["look", "raises-exception"]
pictures.explore(
    real_machine(),
    "On Monday morning, Anna went to the market for",
    other="On Monday morning, Tom went to the market for",
    box="attention weights",
)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# The curve at the bottom shows it. At depth 0 the two vectors are equal, for id and position are. What tells the texts apart can reach this token only through attention, from the position of the name. Before the name both texts are equal, so the vectors there are equal at every depth: no token reads from later ones.
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
            "A friend counts 163,037,184 parameters in GPT-2 small and not 124,439,808. What has happened?",
            [
                Choice(
                    "The embedding and the unembedding were counted as two matrices.",
                    right=True,
                    why="They are tied: one matrix of 50,257 × 768 numbers, which is exactly the difference.",
                ),
                Choice(
                    "The attention patterns were counted.",
                    why="A pattern is computed for each prompt; it is not a parameter. Neither is the mask, which never changes.",
                ),
                Choice(
                    "The friend has counted GPT-2 medium.",
                    why="That one has 354,823,168, as your function shows.",
                ),
            ],
        ),
        Question(
            "A prompt becomes twice as long. What happens to the FLOPs for the whole prompt?",
            [
                Choice(
                    "They double.",
                    why="The products with weights do. But each query is also multiplied with twice as many keys.",
                ),
                Choice(
                    "A part of them doubles, another part becomes four times as large.",
                    right=True,
                    why="Twice as many tokens are multiplied with the same weights, and twice as many queries with twice as many keys. Which part is larger depends on the length.",
                ),
                Choice(
                    "They become four times as many.",
                    why="Nearly, for prompts so long that the scores outweigh everything else. GPT-2's 1,024 tokens are too few for that.",
                ),
                Choice(
                    "Nothing: all tokens are processed in parallel.",
                    why="In parallel means at the same time; the number of operations is the same.",
                ),
            ],
        ),
        Question(
            "Position 900 needs information from position 3. How many steps does it take inside one attention layer?",
            [
                Choice(
                    "897, one for each token in between.",
                    why="That is how a recurrent network works, which reads one token after the other. Attention needs no steps in between.",
                ),
                Choice(
                    "One.",
                    right=True,
                    why="The query of position 900 is compared with the key of position 3 directly, as with that of position 899.",
                ),
                Choice(
                    "It cannot have it: it is too far away.",
                    why="Within n_ctx every earlier position can be attended to, however far back. A longer prompt raises an error.",
                ),
            ],
        ),
        Question(
            "The residual connection around each MLP is missing: the MLP's result replaces the stream. What is left of the token's embedding at block 5?",
            [
                Choice(
                    "Only what each MLP before it has passed on.",
                    right=True,
                    why="Without the sum, only what is in the MLP's output remains. With it, everything remains, unless a later layer cancels it by adding the negative.",
                ),
                Choice(
                    "All of it: attention still adds.",
                    why="Attention adds to the stream, but then the MLP's result replaces the sum.",
                ),
                Choice(
                    "All of it: each block gets the embedding again.",
                    why="Only the first block gets the embedding. All others get the output of the block before.",
                ),
            ],
        ),
        Question(
            "Blocks are kept in a plain Python list instead of an nn.ModuleList. When is this noticed?",
            [
                Choice(
                    "At once: the logits are wrong.",
                    why="The logits are right: a loop over a list runs the blocks in the same way.",
                ),
                Choice(
                    "In training: the loss stops falling much too early.",
                    right=True,
                    why="model.parameters() does not list their parameters, so the optimiser does not change them. Moving the model to a GPU and saving it also leave them out.",
                ),
                Choice(
                    "Never: it is a matter of style.",
                    why="It matters which modules torch finds: those that are attributes, but not those in a plain list.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# The second question can be tested. **By how much do the FLOPs grow when a prompt becomes twice as long?**

# %% tags=["look", "raises-exception"]
for seq in (64, 512, 4096, 32768, 262144):
    factor = 2 * flops_per_token(CONFIGS["gpt2"], 2 * seq) / flops_per_token(CONFIGS["gpt2"], seq)
    print(f"from {seq:7,} to {2 * seq:7,} tokens: {factor:.2f} times as many")

# %% [markdown]
# ### In your own words
#
# A classmate says: *"A transformer is a pipeline. Each block takes the vectors of the block before, makes new ones out of them, and throws the old ones away. And since everything runs in parallel, a prompt twice as long costs nothing extra."* What is right about this, and what is not? Answer in four or five sentences, and use the words *residual stream*, *adds* and *keys*. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It is right that the blocks come one after the other, and that within a block all positions are computed at the same time. But the old vectors are not thrown away: each half of a block reads the residual stream through a LayerNorm and adds its result to it, so the embedding and all earlier updates are terms of the sum that leaves the last block, although a later update can cancel an earlier one. Parallel does not mean free, either. Twice as many tokens need twice as many products with the weights, and in attention each of twice as many queries is multiplied with twice as many keys, so that part becomes four times as large. The time grows more slowly than the work only as long as the hardware has room to compute it all at once.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `memory_needed`
#
# The largest GPT-2 has 1.5 billion parameters, 6 GB as float32. **Why does training it in float32 with AdamW not fit on a graphics card of 16 GB?**
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · stretch, 10 points*
#
# **Why.** From this sum you can tell whether a training run fits on a given graphics card.
#
# Five things that a training run keeps in memory, in bytes:
#
# - `weights`: every parameter;
# - `gradients`: also one number for each parameter;
# - `moments`: AdamW (week 10) keeps two more numbers for each parameter, a running mean of its gradients and one of their squares;
# - `patterns`: every head's attention pattern in every block, for all prompts of the batch, because the backward pass needs them; each is a full square;
# - `logits`: at every position of every prompt.
#
# A number takes `bytes_per_number` bytes. A training run keeps more than this (each neuron's value, for example), but these five show both kinds of growth: with the model, and with the prompt.
#
# <details><summary>Hint 1 · a question</summary>
#
# The first three depend on the config alone. Which function of yours do they need? For the other two: which axes does the tensor have?
#
# </details>
#
# <details><summary>If you see "patterns: a pattern is counted with seq entries", or "one pattern is counted for each block"</summary>
#
# A pattern has a row for every query and a column for every key, and every head of every block has one, for each prompt.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "memory_needed", "locked": false, "schema_version": 3, "solution": true, "task": false}
def memory_needed(config: ModelConfig, batch: int, seq: int, bytes_per_number: int = 4) -> dict[str, int]:
    """Bytes that a training run on `batch` prompts of `seq` tokens keeps, by what they are for.

    The entries: weights, gradients, moments (AdamW's two), patterns and logits.
    """
    ### BEGIN SOLUTION
    parameters = count_parameters(config)
    numbers = {"weights": parameters, "gradients": parameters, "moments": 2 * parameters}
    numbers["patterns"] = config.n_layers * batch * config.n_heads * seq**2
    numbers["logits"] = batch * seq * config.d_vocab
    return {name: count * bytes_per_number for name, count in numbers.items()}
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_memory_needed", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.memory_needed(memory_needed)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick: the numbers agree with the tensors that Hugging Face's model and torch's AdamW hold. Below, for 8 prompts of 1,024 tokens, the patterns of GPT-2 small take 4.83 GB, nearly ten times as much as its weights (0.50 GB); for the largest GPT-2, weights, gradients and moments alone are 24.92 GB.
#
# </details>
#
# **What needs the most?** A batch of 8 prompts, in gigabytes, for a short prompt and for a full one. Compare the columns of the patterns.

# %% tags=["look", "raises-exception"]
for seq in (128, 1024):
    for row, (name, each) in enumerate(CONFIGS.items()):
        gigabytes = {part: count / 1e9 for part, count in memory_needed(each, 8, seq).items()}
        if row == 0:
            heads = "".join(f"{part:>11}" for part in [*gigabytes, "together"])
            print(f"8 prompts of {seq:,} tokens\n{'':12}{heads}")
        amounts = [*gigabytes.values(), sum(gigabytes.values())]
        print(f"{name:12}" + "".join(f"{amount:11.2f}" for amount in amounts))

# %% [markdown]
# ## Stretch 2 · `PostNormBlock`
#
# In the first transformer (Vaswani et al., 2017) and in OpenAI's first GPT (Radford et al., 2018), the norms come *after* each sum; this is called **post-norm**. The output of the norm is then the stream.
#
# $$x' = \text{ln}_1\big(x + \text{attn}(x)\big), \qquad x'' = \text{ln}_2\big(x' + \text{mlp}(x')\big)$$
#
# **Is that still a stream to which every part only adds?**
#
# *Difficulty 1 of 5 · importance 3 of 5 · 10 minutes · stretch, 5 points*
#
# **Why.** In exercise 1 this order was a mistake; here it is the design. Stretch 4 measures what it changes before training, and the curves after it what it changes in training.
#
# The parts are those of exercise 1, so the class inherits them: `PostNormBlock(TransformerBlock)` has your constructor. Only `forward` is new.
#
# <details><summary>Hint 1 · a question</summary>
#
# What does attention read here: a normalised vector, or the stream as it is? And what is inside the brackets of each norm?
#
# </details>
#
# <details><summary>If you see "each half's result is normalised and then added"</summary>
#
# What is the input of the norm in the formula above: one term, or the sum of two?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "PostNormBlock", "locked": false, "schema_version": 3, "solution": true, "task": false}
class PostNormBlock(TransformerBlock):
    """A block as in GPT-1: each half reads the stream itself, and a norm after each sum gives the new stream."""

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        """The stream after both halves. `resid` itself is left as it was."""
        ### BEGIN SOLUTION
        attended = self.ln_1(resid + self.attn(resid))
        return self.ln_2(attended + self.mlp(attended))
        ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_PostNormBlock", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
checks.PostNormBlock(PostNormBlock)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick: your block gives the same as Hugging Face's block of the first GPT, up to float32 rounding. Its output is the output of a LayerNorm, however long the input vectors are.
#
# </details>
#
# ## Stretch 3 · `ParallelBlock`
#
# In a block, the MLP waits for attention. **Does it have to?** In GPT-J (Wang and Komatsuzaki, 2021) and PaLM (Chowdhery et al., 2022, arXiv:2204.02311) both halves read the same vectors, and both results are added at once: a **parallel block**. One norm is enough for this. (GPT-NeoX has parallel halves, too, but a norm for each of them.)
#
# $$x' = x + \text{attn}\big(\text{ln}_1(x)\big) + \text{mlp}\big(\text{ln}_1(x)\big)$$
#
# *Difficulty 1 of 5 · importance 2 of 5 · 10 minutes · stretch, 5 points*
#
# **Why.** The first products of the two halves can be computed as one large product; PaLM's authors report training that is about 15% faster at large sizes. In return, the MLP can no longer use attention's result of the same block, only that of the blocks before.
#
# The parts are `ln_1`, `attn` and `mlp`, and no others: the constructor makes those of your block and deletes `ln_2`.
#
# <details><summary>Hint 1 · a question</summary>
#
# How many terms does the sum have, and how often do you have to call `ln_1`?
#
# </details>
#
# <details><summary>If you see "the halves run one after the other"</summary>
#
# Neither half may read what the other has written in this block.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "ParallelBlock", "locked": false, "schema_version": 3, "solution": true, "task": false}
class ParallelBlock(TransformerBlock):
    """A block as in GPT-J: attention and MLP read the same LayerNorm's output, and both results are added."""

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        del self.ln_2  # one norm serves both halves

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        """The stream after both halves. `resid` itself is left as it was."""
        ### BEGIN SOLUTION
        normed = self.ln_1(resid)
        return resid + self.attn(normed) + self.mlp(normed)
        ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_ParallelBlock", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
checks.ParallelBlock(ParallelBlock)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick: your block gives the same as a parallel block with one norm, made from Hugging Face's GPT-NeoX block by giving both of its norms the same weights. It has one LayerNorm less than your `TransformerBlock`, that is, 2 · d_model parameters.
#
# </details>
#
# ### The three, compared
#
# **How much of the token's embedding is left in the stream after twelve blocks?** Three models with the same sizes and different blocks. So that the blocks have a visible effect without training, their weights are larger than GPT-2's initial ones: their standard deviation is 1 over the root of the number of terms in each sum. The embeddings are scaled, too, to a standard deviation of 1. The curves are the mean cosine similarity of the stream with its beginning.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "model_of", "locked": true, "schema_version": 3, "solution": false, "task": false}
KINDS = ("pre-norm", "post-norm", "parallel")
TALL = ModelConfig(32, 4, 8, 128, n_layers=12, d_vocab=40, n_ctx=16, layer_norm_eps=1e-5)


def model_of(kind: str, config: ModelConfig, large_weights: bool) -> nn.Module:
    """A GPT2 with your blocks of one kind, and with initial weights: GPT-2's, or larger ones in the blocks."""
    blocks = {"pre-norm": TransformerBlock, "post-norm": PostNormBlock, "parallel": ParallelBlock}
    model = GPT2(config)
    model.blocks = nn.ModuleList(blocks[kind](config) for _ in range(config.n_layers))
    init_weights(model, seed=1)
    for name, W in model.blocks.named_parameters():
        if large_weights and ".W_" in name:
            added_up = W.shape[:2].numel() if name.endswith("W_O") else W.shape[-2]
            W.data *= added_up**-0.5 / W.data.std()
    return model


def with_long_embeddings(model: nn.Module) -> nn.Module:
    """The model itself, its embeddings scaled to a standard deviation of 1; GPT-2's initial ones have 0.02."""
    for W in (model.embed.W_E, model.pos_embed.W_pos):
        W.data /= W.data.std()
    return model


def fixed_successors(config: ModelConfig) -> Int[Tensor, "batch seq"]:
    """Sixteen prompts in which each id is always followed by the same one."""
    successor = torch.randperm(config.d_vocab, generator=torch.Generator().manual_seed(2))
    columns = [torch.randint(config.d_vocab, (16,), generator=torch.Generator().manual_seed(3))]
    while len(columns) < config.n_ctx:
        columns.append(successor[columns[-1]])
    return torch.stack(columns, dim=1)


# %% tags=["look", "raises-exception"]
left = {}
with torch.no_grad():
    for kind in KINDS:
        model = with_long_embeddings(model_of(kind, TALL, large_weights=True))
        stages = residual_stream(model, fixed_successors(TALL))
        left[kind] = torch.cosine_similarity(stages, stages[:1], dim=-1).mean(dim=(1, 2))
pictures.curves(
    torch.arange(13), left, x_title="blocks that have written", y_title="cosine similarity with the beginning"
)

# %% [markdown]
# With the norms before the halves, the beginning stays a term of the sum; as more terms are added, its cosine similarity with the stream falls, here to about 0.3. With a norm after each sum, the whole sum is scaled back to the same length before the next result of similar length is added, so the part of the beginning shrinks by a similar factor each time; after twelve blocks the similarity is close to 0.
#
# ## Stretch 4 · `gradient_norms`
#
# Post-norm transformers are usually trained with a *warm-up*: the first steps are much smaller than the later ones. Pre-norm transformers can do without (Xiong et al., *On Layer Normalization in the Transformer Architecture*, 2020, arXiv:2002.04745). The authors look for the reason in the very first step: **how long are the gradients of a model that has learned nothing yet?**
#
# The derivative of the loss with respect to a parameter says how fast the loss grows with that parameter. All derivatives with respect to a block's parameters, joined into one vector, are the block's *gradient*. Week 10 computes gradients by hand; here torch does. After `loss.backward()`, the derivatives with respect to each parameter are in `parameter.grad`, which has the parameter's shape.
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · stretch, 10 points*
#
# **Why.** If a deep model does not train, the lengths of its gradients, block by block, show whether some blocks get far larger or far smaller gradients than others.
#
# The loss is the mean cross-entropy of the next tokens: the logits at each position but the last, with the token that comes after it. `F.cross_entropy` takes logits of shape `n d_vocab` and targets of shape `n`, and returns the mean. The result has one number for each block, the length of its gradient.
#
# `backward` *adds* to what is in `.grad`, and the model may come with gradients of an earlier loss; `model.zero_grad()` clears them. The model is any module with `blocks`, and its blocks may be of any kind.
#
# <details><summary>Hint 1 · a question</summary>
#
# In a prompt of six tokens, how many predictions have a known answer? Which rows of the logits are they, and which tokens are the answers?
#
# <details><summary>Hint 2 · one length for many tensors</summary>
#
# The squared length of a vector is the sum of the squares of its entries. If you know the squared lengths of the parts, what is that of the whole? Or make one vector: `flatten` takes away a tensor's axes, and `torch.cat` joins vectors.
#
# </details>
# </details>
#
# <details><summary>If you see "Expected target size"</summary>
#
# `F.cross_entropy` takes one row of logits for each target. How can batch and seq become one axis, in both tensors?
#
# </details>
#
# <details><summary>If you see "Trying to backward through the graph a second time"</summary>
#
# How often is `backward` called after one forward pass? After the first call, which parameters have a gradient?
#
# </details>
#
# <details><summary>If you see "the lengths of a block's gradients are added"</summary>
#
# A vector with the parts (3) and (4) has the length 5, not 7.
#
# </details>
#
# <details><summary>If you see "gradients of an earlier loss are still in it"</summary>
#
# Where in your function is the moment at which `.grad` has to be empty?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "gradient_norms", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_norms(model: nn.Module, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "n_layers"]:
    """The length of each block's gradient, of the mean cross-entropy of the next tokens.

    `model` maps tokens to logits and has `blocks`. Gradients that it has already do not count. Prompts have at least
    two tokens.
    """
    ### BEGIN SOLUTION
    logits = model(tokens)[:, :-1]
    loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
    model.zero_grad()
    loss.backward()
    squares = [sum(each.grad.pow(2).sum() for each in block.parameters()) for block in model.blocks]
    return torch.stack(squares).sqrt()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_gradient_norms", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.gradient_norms(gradient_norms)

# %% [markdown]
# **How does the gradient of the last block change as the model gets deeper?** Models of 1, 2, 4, 8 and 16 blocks, all without training, with GPT-2's initial embeddings and large weights in the blocks. Write down which of the three kinds you expect to differ from the others, and how.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
depths, last_block = (1, 2, 4, 8, 16), {}
for kind in KINDS:
    models = [model_of(kind, replace(TALL, n_layers=depth), large_weights=True) for depth in depths]
    last_block[kind] = [gradient_norms(model, fixed_successors(TALL))[-1].item() for model in models]
pictures.curves(
    depths,
    last_block,
    x_title="blocks of the model",
    y_title="length of the last block's gradient",
    log_x=True,
    log_y=True,
)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal the loss's difference quotients`: the check has moved each parameter by a hundred-thousandth to either side and looked at the loss. In the picture, the last block's gradient is about as long in all three models of 2 blocks (0.17, 0.19 and 0.15). With 16 blocks it is 0.04 in the pre-norm model, 0.05 in the parallel one, and still 0.14 in the post-norm one.
#
# </details>
#
# **Does the scale of the embeddings matter?** The picture is of GPT-2's small initial embeddings. Here are the same models with embeddings that have a standard deviation of 1.

# %% tags=["look", "raises-exception"]
print("blocks    ", *(f"{depth:6}" for depth in depths))
for kind in KINDS:
    models = [model_of(kind, replace(TALL, n_layers=depth), large_weights=True) for depth in depths]
    norms = [gradient_norms(with_long_embeddings(model), fixed_successors(TALL))[-1] for model in models]
    print(f"{kind:10}", *(f"{norm:6.2f}" for norm in norms))

# %% [markdown]
# <details><summary>What you should see</summary>
#
# Now the gradients of pre-norm and parallel models stay between 4.0 and 5.8 and do not fall steadily: 4.6 and 4.7 with one block, 4.0 and 4.3 with sixteen. Those of post-norm models grow from 7.0 to 19.6.
#
# </details>
#
# So how long the gradients are, and how fast they change with depth, depends on the initial weights. What the picture and the table both show is that the last block's gradient is the longest in the post-norm model, and that its ratio to the other two is larger with 16 blocks than with 2. (With one block it is much longer in the picture, too, 0.67 compared with 0.25 and 0.20: the comparison depends on the depths that one takes.)
#
# In a pre-norm model the stream gets longer with every block, and `ln_f` divides by its length, so one block's share of the output gets smaller. In a post-norm model each norm brings the stream back to the same length, and the last block's result is as large a part of the output with sixteen blocks as with two. Xiong et al. derive this for random weights: the bound on the last layer's gradient falls as 1/√n_layers with pre-norm, and does not depend on n_layers with post-norm. A deep post-norm model therefore begins with large steps in its last blocks, unless the learning rate is small at first.
#
# ### The three, trained
#
# **Do they learn equally well?** Thirty steps with torch's AdamW, on texts in which each token has one fixed successor: once with GPT-2's small initial weights, once with the larger ones.

# %% tags=["look", "raises-exception"]
batch = fixed_successors(TALL)
for large_weights in (False, True):
    for kind in KINDS:
        model = model_of(kind, TALL, large_weights)
        optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
        found = []
        for _ in range(30):
            optimiser.zero_grad()
            loss = F.cross_entropy(model(batch)[:, :-1].flatten(0, 1), batch[:, 1:].flatten())
            loss.backward()
            optimiser.step()
            found.append(loss.item())
        size = "large" if large_weights else "small"
        print(f"{size} weights, {kind:10} from {found[0]:.2f} to {found[-1]:.2f} nats per token")

# %% [markdown]
# With the small weights all three learn in so short a run, and post-norm even a little faster: 1.2 nats, compared with 1.5 and 1.4. With the larger ones post-norm is far behind: 2.7, compared with 1.7 and 1.5.
#
# **Does that hold for text, for other learning rates, and with a warm-up?** One run is one run. The next pictures show longer runs, which come with the course: models of 6 blocks and d_model 32, each trained for 200 steps on 512 tokens of stories by the trainer of week 11. (`python -m grader.tools.block_curves` in a clone of the course trains them again.) There are two seeds for each setting, and no more. The sizes, the learning rates and the length of the warm-up were chosen after shorter pilot runs, so that differences would show within 200 steps. The losses of a run are averaged over ten steps, and the lines over the two seeds. Before you run the cell: **which kind has the lowest loss after 200 steps without a warm-up, and which one gains most from a warm-up of 60 steps?**

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
trained = load_block_curves()
lines = {}
for kind in KINDS:
    for warm_up in (0, 60):
        runs = trained.losses(blocks=kind, weights="large", max_lr=0.003, warmup_steps=warm_up)
        lines[f"{kind}, {'with' if warm_up else 'no'} warm-up"] = runs.mean(dim=0)
title = "learning rate 0.003, large weights"
pictures.curves(trained.steps, lines, x_title="steps", y_title="nats per token", title=title)

# %% [markdown]
# **And in all settings?** The mean loss of the last ten steps: the mean over the seeds, and in brackets the lowest and the highest.

# %% tags=["look", "raises-exception"]
beginnings = (("large", 0), ("large", 60), ("small", 0))
for rate, (weights, warm_up) in itertools.product((0.003, 0.01), beginnings):
    print(f"\nlearning rate {rate}, {weights} weights, warm-up of {warm_up} steps")
    for kind in KINDS:
        final = trained.losses(blocks=kind, weights=weights, max_lr=rate, warmup_steps=warm_up)[:, -1]
        print(f"  {kind:10} {final.mean():.2f}  ({final.min():.2f} to {final.max():.2f}, {len(final)} runs)")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# With a learning rate of 0.003, large weights and no warm-up: pre-norm 4.57, post-norm 5.44, parallel 4.08. With the warm-up post-norm reaches 4.87, and the other two hardly change (4.54 and 4.10). In the four other settings every post-norm run ends between 5.49 and 5.51; one of the four has a warm-up, too, but a learning rate of 0.01.
#
# </details>
#
# In all runs the loss falls quickly to about 5.5 nats. The entropy of single tokens in these stories is 5.43: this is as far as a model gets that knows how frequent each token is and nothing about its context. From there, pre-norm and parallel models go on in every setting, with a warm-up or without. Most post-norm models stay there for all 200 steps; with the smaller learning rate *and* a warm-up they get away from it. This fits Xiong et al.: pre-norm trains without a warm-up, and post-norm needs small first steps. GPT-2, GPT-3 and Llama use pre-norm.
#
# What do these runs *not* show? First, settings chosen after pilot runs, with two seeds, say that such a difference exists, not how often it occurs. Second, the thirty steps above and these runs disagree about GPT-2's small initial weights: there post-norm was ahead, here it stays at 5.5. Third, parallel blocks are ahead here, but this says nothing about large models: PaLM's authors found them slightly worse at 8 billion parameters and no worse at 62 billion (Chowdhery et al., 2022, arXiv:2204.02311, section 2). And 200 steps of a model with d_model 32 do not show where long runs end: the first GPT (Radford et al., 2018) and BERT (Devlin et al., 2018, arXiv:1810.04805) are post-norm models, and both were trained with a warm-up.
#
# ## Stretch 5 · `LlamaAttention`
#
# Over the weeks you may have built the parts of another model: RMSNorm and SwiGLU in week 4, grouped-query attention and rotary positions in week 6. They are the parts of **Llama** (Touvron et al., 2023, arXiv:2302.13971; Grattafiori et al., 2024, arXiv:2407.21783), whose design many open models have taken over. **How much of your GPT-2 has to change to become a Llama?** Begin with the attention layer.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** Grouped-query attention and rotary positions were checked one at a time. Here you decide in which order they are called, and on which tensors.
#
# The official parts are in `parts.py`, whether you have done those exercises or not. The layer has four weight matrices and no biases. Llama keeps all heads of a matrix side by side, not on an axis of their own:
#
# | weight | shape |
# |---|---|
# | `self.W_Q` | `d_model (n_heads d_head)` |
# | `self.W_K`, `self.W_V` | `d_model (n_kv_heads d_head)` |
# | `self.W_O` | `(n_heads d_head) d_model` |
#
# So one product gives the queries of all heads side by side, and week 1's `split_heads` and `merge_heads` are what you need around attention. The sizes are in the config; n_heads · d_head need not be d_model.
#
# Positions act on the scores: the queries and the keys are rotated by `rotary_positions`, each head by itself, with the config's `rotary_base` as base. The values are not rotated, because they are not compared with anything.
#
# There are two conventions for the pairs that are rotated. Your `rotary_positions` pairs number j of a head with number j + d_head/2, and so does Hugging Face's Llama, with which the check compares. Meta's own code pairs neighbours. The cell after the check shows how a file of weights has to be changed before it can be used with the other convention.
#
# <details><summary>Hint 1 · a question</summary>
#
# Write down the shapes from `x` to the result, one step a line. In which of them is there an axis for the heads? Before which step do queries and keys have to be split?
#
# <details><summary>Hint 2 · what takes what</summary>
#
# `rotary_positions` takes `... seq d_head`, and `base` is its third argument, so give it by name. `grouped_query_attention` takes n_heads queries and n_kv_heads keys and values as they are, divides by √d_head and masks.
#
# </details>
# </details>
#
# <details><summary>If you see "W_Q (or W_K, W_V, W_O) has shape …; with these sizes the exercise asks for …"</summary>
#
# How many heads do keys and values have? Does your shape assume that n_heads · d_head is d_model? And is the axis that the product sums over the first one?
#
# </details>
#
# <details><summary>If you see "can't divide axis of length … in chunks of …"</summary>
#
# How many heads do keys and values have?
#
# </details>
#
# <details><summary>If you see "the rotation runs over all heads side by side"</summary>
#
# The angles of a pair depend on d_head. What does `rotary_positions` take for d_head if it gets the heads side by side?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "LlamaAttention", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LlamaAttention(nn.Module):
    """The attention layer of a Llama: rotary positions, grouped queries, no biases.

    Parameters W_Q [d_model, n_heads·d_head], W_K and W_V [d_model, n_kv_heads·d_head], W_O [n_heads·d_head, d_model].
    """

    def __init__(self, config: LlamaConfig):
        super().__init__()
        self.config = config
        ### BEGIN SOLUTION
        of_queries, of_keys = config.n_heads * config.d_head, config.n_kv_heads * config.d_head
        self.W_Q = nn.Parameter(0.02 * torch.randn(config.d_model, of_queries))
        self.W_K = nn.Parameter(0.02 * torch.randn(config.d_model, of_keys))
        self.W_V = nn.Parameter(0.02 * torch.randn(config.d_model, of_keys))
        self.W_O = nn.Parameter(0.02 * torch.randn(of_queries, config.d_model))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        """What all heads together write at each position. The first token of `x` is at position 0.

        `x` itself is left as it was.
        """
        ### BEGIN SOLUTION
        base = self.config.rotary_base
        q = rotary_positions(split_heads(x @ self.W_Q, self.config.n_heads), base=base)
        k = rotary_positions(split_heads(x @ self.W_K, self.config.n_kv_heads), base=base)
        v = split_heads(x @ self.W_V, self.config.n_kv_heads)
        return merge_heads(grouped_query_attention(q, k, v)) @ self.W_O
        ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_LlamaAttention", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.LlamaAttention(LlamaAttention)

# %% [markdown]
# **Are the two conventions the same function?** The same queries and keys twice: with number j next to number j + d_head/2, rotated as neighbours, and as they are, rotated by your function.


# %% tags=["look", "raises-exception"]
def rotated_neighbours(x: Float[Tensor, "... seq d_head"]) -> Float[Tensor, "... seq d_head"]:
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    speeds = 10_000.0 ** (-torch.arange(pairs.shape[-1]) / pairs.shape[-1])
    angles = torch.outer(torch.arange(x.shape[-2]), speeds)
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


generator = torch.Generator().manual_seed(4)
some_q, some_k = (torch.randn(1, 7, 16, generator=generator) for _ in range(2))
as_halves = rotary_positions(some_q) @ rotary_positions(some_k).mT
interleaved = torch.arange(16).reshape(2, 8).T.flatten()
as_neighbours = rotated_neighbours(some_q[..., interleaved]) @ rotated_neighbours(some_k[..., interleaved]).mT
not_reordered = rotated_neighbours(some_q) @ rotated_neighbours(some_k).mT
print("order of the numbers:", interleaved.tolist())
print(f"scores differ by {(as_halves - as_neighbours).abs().max():.1e} at most in this order,", end=" ")
print(f"by {(as_halves - not_reordered).abs().max():.1f} in the old one")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal HF's LlamaAttention`; one case is the reference's own first block with the keys and values of every second head. Below, the scores are equal up to rounding if the numbers of each head are reordered, and differ by up to 8.5 if not. A file of weights for the one convention therefore needs another order of the columns of W_Q and W_K, head by head, to be used with the other; Hugging Face's script that converts Meta's files reorders them in this way.
#
# </details>
#
# ## Stretch 6 · `Llama`
#
# **What else is different?**
#
# | | GPT-2 | Llama |
# |---|---|---|
# | norms | LayerNorm | RMSNorm |
# | attention | `MultiHeadAttention` | `LlamaAttention` |
# | MLP | with GELU | SwiGLU |
# | positions | `W_pos`, added before the first block | rotary, in every attention layer |
# | unembedding | tied to the embedding | a matrix `W_U` of its own in most sizes |
# | longest prompt | n_ctx | no limit in the code |
#
# What stays is the residual stream: two halves in each block, each with a norm before it and a sum after it.
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** The code of most open language models of today is some variation of this one. When it is written, you can read theirs.
#
# Write two classes in one cell. `LlamaBlock` has the parts `self.ln_1`, `self.attn`, `self.ln_2` and `self.mlp`. `Llama` has `self.embed`, `self.blocks` (an `nn.ModuleList`), `self.ln_f` and the parameter `self.W_U` (`d_model d_vocab`); there is no `pos_embed`. The eps of all norms is the config's `norm_eps`. `RMSNorm(d_model, eps)` and `SwiGLU(d_model, d_mlp)` are those of week 4.
#
# <details><summary>Hint 1 · a question</summary>
#
# Compare line by line with your `TransformerBlock` and your `GPT2`. Which lines name a part that is different in Llama, and which lines stay as they are?
#
# <details><summary>Hint 2 · less to write</summary>
#
# `forward` of your `TransformerBlock` uses nothing but its four parts. What does a subclass inherit? If you make `LlamaBlock` one, change the class in the first line of the cell, take its `forward` away, and do not run the constructor of `TransformerBlock`.
#
# </details>
# </details>
#
# <details><summary>If you see "'LlamaConfig' object has no attribute 'layer_norm_eps'"</summary>
#
# `super().__init__(config)` runs the constructor of `TransformerBlock`, which makes GPT-2's parts. Which constructor does every module need to have run, and can you call it by the name of its class?
#
# </details>
#
# <details><summary>If you see "the unembedding uses the embedding's matrix"</summary>
#
# Here they are two matrices. Which one gives the logits?
#
# </details>
#
# <details><summary>If you see "number of learned parameters: expected …, got …"</summary>
#
# Print `name` and `shape` of each of `model.named_parameters()`. Does one of your parts have a bias, is a matrix missing, or are the blocks in a plain list?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "Llama", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LlamaBlock(nn.Module):
    """One block of a Llama. Its parts: ln_1, attn, ln_2, mlp."""

    def __init__(self, config: LlamaConfig):
        super().__init__()
        ### BEGIN SOLUTION
        self.ln_1 = RMSNorm(config.d_model, config.norm_eps)
        self.attn = LlamaAttention(config)
        self.ln_2 = RMSNorm(config.d_model, config.norm_eps)
        self.mlp = SwiGLU(config.d_model, config.d_mlp)
        ### END SOLUTION

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        """The stream after both halves have added to it. `resid` itself is left as it was."""
        ### BEGIN SOLUTION
        attended = resid + self.attn(self.ln_1(resid))
        return attended + self.mlp(self.ln_2(attended))
        ### END SOLUTION


class Llama(nn.Module):
    """A whole Llama: embed, the blocks, ln_f, and W_U [d_model, d_vocab], which is not tied to the embedding."""

    def __init__(self, config: LlamaConfig):
        super().__init__()
        self.config = config
        ### BEGIN SOLUTION
        d_model, d_vocab = config.d_model, config.d_vocab
        self.embed = Embed(d_vocab, d_model)
        self.blocks = nn.ModuleList(LlamaBlock(config) for _ in range(config.n_layers))
        self.ln_f = RMSNorm(d_model, config.norm_eps)
        self.W_U = nn.Parameter(0.02 * torch.randn(d_model, d_vocab))
        ### END SOLUTION

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Logits for the next token at every position, for prompts of any length. `tokens` is left as it was."""
        ### BEGIN SOLUTION
        stream = self.embed(tokens)
        for layer in self.blocks:
            stream = layer(stream)
        return self.ln_f(stream) @ self.W_U
        ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_Llama", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.Llama(Llama)

# %% [markdown]
# **Are these all the parameters that a real Llama has?** The sizes of Llama 3 with 8 billion parameters, from its paper's table 3 and its published config, on the meta device: your model and Hugging Face's.

# %% tags=["look", "raises-exception"]
from transformers import AutoConfig, AutoModelForCausalLM

llama_3 = LlamaConfig(
    d_model=4096,
    n_heads=32,
    n_kv_heads=8,
    d_head=128,
    d_mlp=14336,
    n_layers=32,
    d_vocab=128256,
    norm_eps=1e-5,
    rotary_base=500_000.0,
)
same_sizes = AutoConfig.for_model(
    "llama",
    hidden_size=llama_3.d_model,
    num_attention_heads=llama_3.n_heads,
    num_key_value_heads=llama_3.n_kv_heads,
    intermediate_size=llama_3.d_mlp,
    num_hidden_layers=llama_3.n_layers,
    vocab_size=llama_3.d_vocab,
)
with torch.device("meta"):
    models = {"yours": Llama(llama_3), "HF's": AutoModelForCausalLM.from_config(same_sizes)}
for name, model in models.items():
    print(f"{name:6} {sum(each.numel() for each in model.parameters()):,} parameters")

# %% [markdown]
# **Is it causal, and how long may a prompt be?** A small Llama with random weights.

# %% tags=["look", "raises-exception"]
small_llama = LlamaConfig(
    d_model=32,
    n_heads=4,
    n_kv_heads=2,
    d_head=8,
    d_mlp=96,
    n_layers=2,
    d_vocab=50,
    norm_eps=1e-5,
    rotary_base=10_000.0,
)
llama = Llama(small_llama)
prompt = torch.randperm(50, generator=torch.Generator().manual_seed(5))[:12][None]
with torch.no_grad():
    print("causal:", is_causal(llama, prompt))
    print("logits for a prompt of 2,000 tokens:", tuple(llama(prompt.repeat(1, 167)[:, :2000]).shape))

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal HF's LlamaForCausalLM`; then 8,030,261,248 parameters twice, True, and `(1, 2000, 50)`. A prompt that is longer than those of training gives logits, too, but that does not mean that they are good: such models get worse beyond the lengths that they have seen unless they are adapted (week 6).
#
# </details>
#
# ## Common questions
#
# **Why 12 blocks and a d_model of 768?** They are hyperparameters: sizes that people choose. GPT-2 small has those of the first GPT (12 blocks, d_model 768, 12 heads). A larger model can predict better and costs more to train and to run; the three other GPT-2s are larger in every size except d_head, d_vocab and n_ctx. How much a given size gains is measured, not derived (week 11).
#
# **Do the blocks share their weights?** No, each of the 12 has its own; in GPT-2 only the embedding and the unembedding share a matrix. Models whose blocks share all weights exist: ALBERT (Lan et al., 2019, arXiv:1909.11942) uses one block many times. This saves parameters, but not FLOPs.
#
# **How is GPT-2 related to BERT and to the first transformer?** The first transformer was an **encoder–decoder** for translation: an encoder reads the source text, and a decoder writes the translation and also attends to the encoder's output. BERT (Devlin et al., 2018, arXiv:1810.04805) is an encoder alone: its attention is **bidirectional**, without a causal mask, and it is trained to predict masked tokens. GPT-2 is a decoder alone: its attention is causal, and it is trained to predict the next token.
#
# **Why are there logits at every position, if only the last ones predict a new token?** In training every position has a next token that is known, so one text of 1,024 tokens gives up to 1,023 predictions to learn from. When text is generated, only the last position's logits are used (week 9).
#
# **My logits differ from Hugging Face's in the sixth digit. Is something wrong?** No. A float32 number holds about seven digits, and sums that are added in another order round differently. The checks allow for this. A mistake nearly always changes the first digits.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and reads the shapes aloud. Swap after every exercise that passes its check.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Both write down their predictions, then run it. Agree on your scratchpad: the names `resid`, `normed`, `attn_out`, `mlp_out`, `logits`, and the axes of each. |
# | 10–30 | Exercise 1 (20 min). Draw the stream and its two arrows before you type. **Swap.** |
# | 30–55 | Exercise 2 (25 min). The navigator reads the rows of the table aloud, the driver writes a line for each. **Swap.** |
# | 55–75 | Exercise 3 (15 min), and the predictions after each block. |
# | 75–90 | The two questions below. |
#
# **After the session:** exercises 4 to 8, as homework or in a second session. Stretch is for those with time left. **Not finishing is normal:** a session that ends with a `GPT2` that passes its check is a good one.
#
# **Two questions to argue about.**
#
# 1. If the model ended after an early block, its prediction was poor. Does that mean that the stream does not contain the answer there, or that it does, but not in the directions that the unembedding reads?
# 2. Twelve blocks have the same shape. Could one use a single block twelve times? What would be saved, and what might be lost?
#
# **Where pairs get stuck.** At exercise 1, when one of you thinks of the norm as part of the stream: it changes what a half reads, not the stream. At exercise 2, when `ln_f` is inside the loop, or the blocks are in a plain list. At exercise 4, when both have left out the same bias.
#
# ## What you have built
#
# - `TransformerBlock`: attention and an MLP, each with a LayerNorm and a residual connection.
# - `GPT2`: the whole model, for any config, with a clear error for prompts that are too long.
# - `residual_stream`: the stream before the first block and after every block.
# - `count_parameters`: 124,439,808, and why; and GPT-3's 175 billion from the same lines.
# - `init_weights`: initial weights with which a deep model begins near the uniform baseline.
# - `is_causal`: a test that finds predictions that use later tokens.
# - `flops_per_token`: what a token costs, and from which length on attention's square is the larger part.
#
# What is still missing is the weights that training has found. They are in a file, and next week you load it.
#
# Words of this week in the [glossary](../glossary.md): *attention weight, bidirectional, block, causal, config, cross-entropy, encoder–decoder, FLOPs, forward pass, hook, hyperparameter, initialisation, Llama, ln_f, logit lens, meta device, n_layers, parallel block, post-norm, pre-norm, recurrent neural network, residual connection, uniform baseline, weight tying*.
