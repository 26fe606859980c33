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
# **The big idea.** You have all the parts. A block is attention and an MLP that take turns at a whiteboard; GPT-2 is a row of such blocks between an embedding and an unembedding. This week you put the machine together, and then you ask of it what one asks of a machine: how many parts has it, what does it cost to run, and does it cheat?
#
# | | |
# |---|---|
# | **You will have built** | GPT-2, whole: equal to Hugging Face's for any size and any weights |
# | **You need** | the embeddings (week 3), LayerNorm and MLP (week 4) and attention with all its heads (week 6), which `parts.py` beside this notebook holds ready |
# | **Time** | core 2½ hours · stretch ½ to 1 hour |
# | **Where we are** | text → tokens → embeddings → **blocks → logits** → probabilities → next token |
#
# Last week you finished attention, the last part that was missing. From this week on there is one object, `model`, into which token ids go and out of which logits come. All later weeks use it: week 8 fills it with GPT-2's weights, week 9 lets it write, week 11 trains it, week 12 looks inside.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether GPT-2 would have got the same.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int
from parts import MLP, Embed, LayerNorm, MultiHeadAttention, PosEmbed, Unembed, embed_tokens
from torch import Tensor, nn
from torch.nn import functional as F

from utils import pictures, reference
from utils.adapters.model import fill_block, fill_model
from utils.checks import week07_transformer as checks
from utils.quiz import Choice, Question, quiz
from utils.reference import CONFIGS, ModelConfig
from utils.reference.inputs.blocks import block_weights, model_weights
from utils.reference.inputs.tokens import token_ids
from utils.scratchpad import Scratchpad
from utils.tokens import token_strings

gpt2 = reference.load()
PROMPT = "The king and the queen walked along the river. The"

# %% [markdown]
# ## A first look
#
# Two prompts of six tokens each are about to go through the model. **Through how many modules do they go, and which of these change the shape of what they are given?** Guess both numbers before you run the cell.
#
# The table fills itself. A **hook** is a function that torch calls whenever a certain module has run; here each hook writes down the shape of what its module gave. Afterwards, play lets the table fill once more, slowly, and the slider takes you back and forth.

# %% tags=["look", "raises-exception"]
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
# Nearly every row says the same: `batch seq d_model` goes in and `batch seq d_model` comes out. That is the whiteboard of week 4, handed from module to module. Only the last row widens, to one number for each token of the vocabulary. If a shape changes anywhere else, that is the bug. (The names here are Hugging Face's: `wte` is our `embed`, `wpe` our `pos_embed`, `h` the blocks, `lm_head` our `unembed`. And `lm_head` counts the parameters of `wte` a second time: they are the same ones.)
#
# **And what is it all for?** For this: the last position's logits, made into probabilities.

# %% tags=["look", "raises-exception"]
for ids, row in zip(two_prompts, logits[:, -1].softmax(dim=-1), strict=True):
    best = row.topk(4)
    guesses = zip(token_strings(best.indices), best.values.tolist(), strict=True)
    print(gpt2.tokenizer.decode(ids), "…", "  ".join(f"{token} {share:.0%}" for token, share in guesses))

# %% [markdown]
# ## The idea in plain words
#
# There is a **whiteboard** for each token, the residual stream. At the beginning the embeddings write on it which token this is and where it stands. Then come the **blocks**, one after the other, and every block does the same two things:
#
# - **attention** reads the whiteboards of this token and of those before it, and adds what it has found;
# - the **MLP** reads this token's whiteboard, with what attention has just written on it, and adds what it makes of that.
#
# Each of the two reads through a LayerNorm of its own. Nobody wipes anything off. After the last block, one more LayerNorm (`ln_f`) reads the board for the unembedding, which compares what stands there with every token's vector.
#
# Two things about this machine made it win. **Everything is parallel**: no token waits for the token before it, so a whole text goes through in a few large matrix products, which is what graphics cards are good at. And **every link is short**: whatever a token needs from a thousand tokens ago, attention fetches in one step. A network that reads word by word would have had to carry it along through a thousand.
#
# The price is in attention. Every token is compared with every other one, so the scores grow with the **square** of the prompt's length. In exercise 7 you find out when that hurts.
#
# ## The idea in shapes
#
# | step | what | shape |
# |---|---|---|
# | | `tokens` | `batch seq` |
# | 1 | `resid`: each token's vector plus its place's | `batch seq d_model` |
# | 2 | a block: `resid` plus what attention writes, plus what the MLP writes | `batch seq d_model` |
# | | … and so on, `n_layers` times | `batch seq d_model` |
# | 3 | `ln_f` reads the stream | `batch seq d_model` |
# | 4 | `logits`: every position against every token of the vocabulary | `batch seq d_vocab` |
#
# All sizes of a model stand together in a **config**, an object with these numbers. Here is the reference's.

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
# **Why.** GPT-2 is this module, 12 times in a row. In the largest GPT-2 it is there 48 times, and in GPT-3 96 times.
#
# A block has four parts, and you have built all of them: `self.ln_1`, `self.attn`, `self.ln_2` and `self.mlp`, in the order of their use. Make them from the config: `LayerNorm(d_model, eps)`, `MultiHeadAttention(d_model, n_heads, d_head)`, `MLP(d_model, d_mlp)`. The eps is the config's `layer_norm_eps`.
#
# `forward` is given the stream and returns the stream. In GPT-2 the norms stand *in front of* the halves; that is called **pre-norm**. Attention reads the stream through `ln_1`, and its result is added to the stream. Then the MLP reads the new stream through `ln_2`, and its result is added as well. The tensor that you are given stays as it was, because in exercise 3 we want to compare it with what comes out.
#
# <details><summary>Hint 1 · a question</summary>
#
# Draw the stream as a line from left to right. Where does an arrow leave it, what stands on the arrow, and where does it come back? How many such arrows are there?
#
# <details><summary>If you see "the norms stand behind the sums"</summary>
#
# `ln_1(x + attn(x))` changes the whiteboard itself. What does attention read, and what is added to what?
#
# </details>
#
# <details><summary>If you see "the MLP reads the stream as it was before attention wrote"</summary>
#
# The second half begins where the first one has ended. Which variable holds that?
#
# </details>
#
# <details><summary>If you see "TransformerBlock has no ln_1"</summary>
#
# The check copies weights into your block by the names of its parts. They have to be attributes with just these four names, set in `__init__`.
#
# </details>
#
# <details><summary>If you see "changes its input resid in place"</summary>
#
# `resid += …` writes into the caller's tensor. `resid = resid + …` makes a new one.
#
# </details>
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
        """The stream after both halves have written. `resid` itself is left as it was."""
        ### BEGIN SOLUTION
        resid = resid + self.attn(self.ln_1(resid))
        return resid + self.mlp(self.ln_2(resid))
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_TransformerBlock", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.TransformerBlock(TransformerBlock)

# %% [markdown]
# *What you should see:* a tick. The last of its cases was one of the model's own blocks.
#
# **Is it so for all of them?** Here your block takes the weights of each of the model's blocks in turn and is given what that block was given. (`fill_block` puts the weights in their places. How it is done is next week's work.)

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(PROMPT)])
with torch.no_grad():
    states = gpt2.model(ids, output_hidden_states=True).hidden_states
    for number in range(gpt2.config.n_layers - 1):
        mine = fill_block(TransformerBlock(gpt2.config), block_weights(gpt2, number))
        difference = (mine(states[number]) - states[number + 1]).abs().max()
        print(f"block {number}: {difference:.1e}, in numbers of up to {states[number + 1].abs().max():.0f}")

# %% [markdown]
# *What you should see:* differences about a million times smaller than the numbers themselves, which is float32 adding in another order. The last block is missing because what Hugging Face calls the last hidden state has been through `ln_f` already. Remember that for exercise 3.
#
# ## Exercise 2 · `GPT2`
#
# Before you build it: **what happens if somebody gives the model more tokens than it has positions for?** Here is what Hugging Face's code says to that.

# %% tags=["look", "raises-exception"]
too_many = torch.zeros(1, gpt2.config.n_ctx + 1, dtype=torch.long)
try:
    gpt2.model(too_many)
except Exception as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# Out of which range? In which self? Whoever meets that message has to read the library's source to learn that their text was one token too long. Yours will say it.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 25 minutes · core, 20 points*
#
# **Why.** This is the machine. From here on you use it, and never write it again.
#
# Its parts are `self.embed`, `self.pos_embed`, `self.blocks`, `self.ln_f` and `self.unembed`, and it keeps its config in `self.config`. `Embed(d_vocab, d_model)`, `PosEmbed(n_ctx, d_model)` and `Unembed(embed)` are those of week 3; the unembedding is given your embedding, so that both use one matrix. The blocks belong into an `nn.ModuleList`: a plain list hides them from torch, and nothing in them would ever be trained.
#
# `forward` is given ids and returns the logits of *every* position. If the prompts have more than `n_ctx` tokens, it raises a `ValueError` that names both numbers, how many tokens there are and how many the model takes. A prompt of exactly `n_ctx` tokens is fine.
#
# <details><summary>Hint 1 · a question</summary>
#
# The table of the first look lists all modules in the order in which they run. Which lines of it happen inside a block, so that your `forward` need not mention them?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `embed_tokens(tokens, embed, pos_embed)` of week 3 gives the stream's beginning. `nn.ModuleList(f(i) for i in range(3))` makes a list of modules that torch knows, and you can loop over it. An error is raised by `raise ValueError("…")`, and the message wants to be an f-string.
#
# </details>
#
# <details><summary>If you see "the module does not know its blocks"</summary>
#
# All logits are right, and the number of learned parameters is not. What kind of list holds the blocks?
#
# </details>
#
# <details><summary>If you see "ln_f is never used", or "twice", or "inside the loop"</summary>
#
# It reads the stream once, after the last block and before the unembedding.
#
# </details>
#
# <details><summary>If you see "all layers are one and the same block"</summary>
#
# `[TransformerBlock(config)] * 3` makes one block and lists it three times. A loop or a comprehension makes three.
#
# </details>
#
# <details><summary>If you see "what it gives: expected …, got …"</summary>
#
# That line is about prompts of `n_ctx` tokens or one more. For 8 positions: is 8 too many? Is 9? And does your message hold both numbers?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "GPT2", "locked": false, "schema_version": 3, "solution": true, "task": false}
class GPT2(nn.Module):
    """The whole machine: embed, the blocks, ln_f, unembed.

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
# *What you should see:* a tick. In its last case your machine held two blocks of the real model; in the one before, it refused a prompt that was one token too long.
#
# **The true thing, then: GPT-2 small, built by you.** Its weights would take half a gigabyte, but shapes need no numbers. On torch's **meta device** a tensor has a shape and a type and nothing else, and every operation works out the shape of its result. So the machine of 12 blocks runs in no time, for the batch of 2 prompts of length 6 that stands in all our shape tables.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "rows_of", "locked": true, "schema_version": 3, "solution": false, "task": false}
def rows_of(model: nn.Module) -> dict[str, tuple[nn.Module, str]]:
    """The stages of a GPT2 with the axes of what they give: the first block with its parts, the others whole."""
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
# *What you should see:* every stage keeps `(2, 6, 768)`, and the last one widens to `(2, 6, 50257)`. And below it your own message, about one token too many.
#
# ## Exercise 3 · `residual_stream`
#
# Nothing is ever wiped off the whiteboard, so one can take a photograph of it after every block. **If the model had to stop after block 0, what would it say? And after block 1?** To find out, you need the photographs.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 12 points*
#
# **Why.** Week 12 is about reading these photographs. And when a model that you have written gives wrong logits, comparing the stream block by block with a right model's tells you in which block it goes wrong.
#
# The result has a new first axis with `n_layers` + 1 entries: the stream before the first block (token plus place), then the stream after each block. What stands there is wanted, as it is: `ln_f` reads it later, and does not belong into it. The model is any module with the parts of your `GPT2`; its blocks may be of another kind. If you use hooks, remove them afterwards.
#
# <details><summary>Hint 1 · a question</summary>
#
# You have written this loop once already, in `GPT2.forward`. What would you have to note down in it, and when?
#
# <details><summary>Hint 2 · joining the photographs</summary>
#
# `torch.stack` makes one tensor of a list of tensors of the same shape, with a new axis in front.
#
# </details>
#
# <details><summary>If you see "the last entry has been through ln_f"</summary>
#
# That is Hugging Face's habit. Here the last entry is what the last block has left.
#
# </details>
#
# <details><summary>If you see "what each block adds, not what stands there afterwards"</summary>
#
# A block returns the whole stream. There is nothing to subtract.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "residual_stream", "locked": false, "schema_version": 3, "solution": true, "task": false}
def residual_stream(
    model: nn.Module, tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, "n_layers_plus_1 batch seq d_model"]:
    """What stands on the residual stream: before the first block, and after every block.

    `model` has the parts embed, pos_embed and blocks, as a GPT2 has them. The last entry is what ln_f reads.
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
# *What you should see:* a tick, also for blocks that are not yours.
#
# **What would the model say if it stopped early?** Your machine gets the reference's weights on loan (next week you put them in yourself), and each photograph is read as if it were the last: through `ln_f` and the unembedding. The prompt ends in *The*, so somebody or something is about to be named.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "real_machine", "locked": true, "schema_version": 3, "solution": false, "task": false}
def real_machine() -> nn.Module:
    """Your GPT2 with the reference's weights in it, on loan."""
    return fill_model(GPT2(gpt2.config), model_weights(gpt2)).eval()


# %% tags=["look", "raises-exception"]
real = real_machine()
with torch.no_grad():
    stream = residual_stream(real, ids)
    early = real.unembed(real.ln_f(stream[:, :, -1])).softmax(dim=-1)[:, 0]  # [n_layers + 1, d_vocab]
for number, row in enumerate(early):
    best = row.topk(4)
    guesses = zip(token_strings(best.indices), best.values.tolist(), strict=True)
    shown = "  ".join(f"{token} {share:.1%}" for token, share in guesses)
    print(f"{f'after block {number - 1}' if number else 'before block 0':15}", shown)

# %% [markdown]
# At first there is little more on the board than the token itself. Then, block by block, a guess takes shape.
#
# **Who changes which token's whiteboard the most?** A row for each block, a column for each token of the prompt; the number is how long the block's update is, compared with the stream afterwards.

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
# People call models by their size: 124 million, 1.5 billion, 175 billion. **Where do such numbers come from?** From the shapes, and from nothing else. You know every shape.
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · core, 12 points*
#
# **Why.** Whoever can count a model's parameters on paper knows what is in it. And a count that comes out right for four models at once leaves little room for a forgotten bias.
#
# Count from the config alone: every weight, every bias, every gain. Shared numbers count once, since they are there once. What is not learned (the causal mask) does not count. For GPT-2 small the answer is 124,439,808.
#
# <details><summary>Hint 1 · a question</summary>
#
# Make a list with one line for each parameter of one block: its name, its shape. How many numbers does each line have, and how many times is that block there? What is left outside the blocks?
#
# <details><summary>Hint 2 · an easier way to be careful</summary>
#
# `for name, parameter in small.named_parameters(): print(name, parameter.shape)` lists all of GPT-2 small, since `small` is still there. Tick off each line in your formula.
#
# </details>
#
# <details><summary>If you see "163,037,184"</summary>
#
# 38,597,376 too many. Which matrix has that many numbers, and why would one count it twice?
#
# </details>
#
# <details><summary>If your number is off by a little</summary>
#
# Divide the difference by `d_model`. If n_layers is a factor of what is left, something is wrong in every block; if it is 1 or 2, look outside.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "count_parameters", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_parameters(config: ModelConfig) -> int:
    """How many numbers training finds in a GPT-2 of this config. The tied W_E counts once."""
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
# *What you should see:* a tick, for all four sizes of GPT-2 and for two sizes that nobody ever trained.
#
# **How far do these few lines reach?** To GPT-3, whose paper (Brown and others, 2020) gives its sizes in a table: 96 layers, `d_model` 12,288. It calls the model "175 billion".

# %% tags=["look", "raises-exception"]
gpt3 = ModelConfig(12288, 96, 128, 4 * 12288, 96, 50257, 2048, 1e-5)
for name, config in {gpt2.name: gpt2.config, **CONFIGS, "GPT-3": gpt3}.items():
    embedding = config.d_vocab * config.d_model
    total = count_parameters(config)
    print(f"{name:12} {total:15,} parameters, of which W_E {embedding:11,} ({embedding / total:6.1%})")

in_the_file = {weight.data_ptr(): weight.numel() for weight in gpt2.state_dict.values()}
print(f"\n{gpt2.name}'s own file holds {sum(in_the_file.values()):,} numbers, each tensor counted once.")

# %% [markdown]
# In a small model most of the numbers are in the table of tokens. The larger the model, the more of it is blocks.
#
# ## Exercise 5 · `init_weights`
#
# A new model needs numbers to begin with. **Does it matter which?** Every block adds to the stream, twice. If each of these updates has length 1 and a direction of its own, then after 24 blocks the stream has a length of about √48, nearly 7. Before anything is learned, that is all noise.
#
# GPT-2's rule (Radford and others, 2019, section 2.3, and the code that came with it):
#
# - weights are normal random numbers of mean 0 and standard deviation **0.02**, the embeddings too;
# - the weights that **write to the residual stream**, `W_O` and `W_out` of every block, have 0.02 divided by **√(2 · n_layers)**, because there are 2 · n_layers of them adding up;
# - biases are **0**, gains are **1**.
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · core, 12 points*
#
# **Why.** Week 11 begins its training with this function, and with other first weights it would begin with a loss that is far worse than a blind guess.
#
# The weights are drawn from `seed`: the same seed gives the same weights, another seed gives others. Use a generator of your own, `torch.Generator().manual_seed(seed)`, and hand it to whatever draws; then nobody else's random numbers change. Fill the parameters in place, and return the model.
#
# Go by the parameters' names, as `model.named_parameters()` gives them (`blocks.0.attn.W_O`): the check's model has the names and shapes of yours, but its modules are of other classes.
#
# <details><summary>Hint 1 · a question</summary>
#
# The part of a name after its last dot says what kind of parameter it is. Into how many groups do the kinds fall, and what do all biases have in common?
#
# <details><summary>Hint 2 · changing a parameter in place</summary>
#
# Under `torch.no_grad()`, a parameter has `fill_(value)`, and `normal_(mean, standard_deviation, generator=…)`.
#
# </details>
#
# <details><summary>If you see "a leaf Variable that requires grad is being used in an in-place operation"</summary>
#
# torch thinks that you are in the middle of a computation whose gradient (week 10) it must find. `with torch.no_grad():` around the line says that you are not.
#
# </details>
#
# <details><summary>If you see "each matrix begins with the same random numbers"</summary>
#
# `manual_seed` takes the generator back to its beginning. How often does your code do that?
#
# </details>
#
# <details><summary>If you see "divided by √n_layers"</summary>
#
# How many times does one block write to the stream?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "init_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def init_weights(model: nn.Module, seed: int) -> nn.Module:
    """GPT-2's first weights, drawn from `seed`: normal with standard deviation 0.02, and 0.02/√(2·n_layers) for what
    writes to the residual stream (W_O and W_out), biases 0, gains 1. Changes the model in place and returns it.

    `model` has the parameters of a GPT2, under their names, and its sizes in `model.config`. A generator of your own
    draws: torch's global random state is left as it was.
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
# *What you should see:* a tick. Your random numbers are your own; the check looks at how they are spread.
#
# **What does the factor 1/√(2 · n_layers) do?** A model of 24 blocks with first weights, and the mean length of its stream from block to block: once with the factor, once without.

# %% tags=["look", "raises-exception"]
deep = ModelConfig(256, 4, 64, 1024, n_layers=24, d_vocab=500, n_ctx=64, layer_norm_eps=1e-5)
fresh, some_tokens = init_weights(GPT2(deep), seed=0), torch.arange(120).reshape(4, 30)
with torch.no_grad():
    with_factor = residual_stream(fresh, some_tokens).norm(dim=-1).mean(dim=(1, 2))
    for block in fresh.blocks:
        block.attn.W_O *= 48**0.5
        block.mlp.W_out *= 48**0.5
    without = residual_stream(fresh, some_tokens).norm(dim=-1).mean(dim=(1, 2))
pictures.curves(
    torch.arange(len(without)),
    {"with the factor": with_factor, "without": without},
    x_title="blocks that have written",
    y_title="mean length of the stream",
)

# %% [markdown]
# **And what does a model say that knows nothing?** It should find all tokens about equally probable. Then the mean of −log p over any text is log of `d_vocab`.

# %% tags=["look", "raises-exception"]
blank = init_weights(GPT2(gpt2.config), seed=0)
with torch.no_grad():
    loss = F.cross_entropy(blank(ids)[0, :-1], ids[0, 1:])
print(
    f"first weights: {loss:.2f} nats per token; a blind guess: {torch.tensor(gpt2.config.d_vocab).log():.2f}"
)

# %% [markdown]
# ## Exercise 6 · `is_causal`
#
# GPT-2 is trained at all positions at once, and each must guess the token after it. **How can you be sure that no position peeks?** One line of a mask in the wrong place, and the training loss falls to almost nothing, while the model has learned to copy.
#
# Do not trust the code, try it out. In week 4 you poked a layer to see whether it treats each position alone. This time the property is: **what the model says at a position does not depend on what comes later.** Whatever follows the first three tokens, the logits of the first three stay the same, also when nothing follows.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** It is the property that makes training honest and fast. It is also what allows week 9 to compute each token once and keep it.
#
# Write a function that takes any `model` from `batch seq` to `batch seq d_vocab` and some `tokens` to try it on. It returns True if the logits at no position depend on a later token, and False if they do at any position, of any prompt in the batch. The model may be called as often as you like, with prompts of any length up to that of `tokens`. Count two results as equal when `torch.allclose(…, rtol=1e-4, atol=1e-4)` says so. No prompt holds the same token twice; if you change tokens, take the new ids from `tokens` itself, since the model may know no others.
#
# <details><summary>Hint 1 · a question</summary>
#
# Run the model on the first n tokens alone, and on all of them. Which parts of the two results speak of the same positions? For which n do you have to compare them?
#
# <details><summary>If you see "only the last token is ever changed or left out"</summary>
#
# Position 1 may look at position 2 and at nothing else. Leaving out the last token of ten does not show that.
#
# </details>
#
# <details><summary>If you see "two results that differ only by rounding count as different"</summary>
#
# `torch.equal` asks for the same bits. A longer prompt may add in another order.
#
# </details>
#
# <details><summary>If you see "True whatever the model does"</summary>
#
# `changed = tokens` is a second name for the same tensor; `tokens.clone()` is a second tensor.
#
# </details>
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
# *What you should see:* a tick. Six of its models never look ahead, all others do in some way.
#
# **Now the real ones.** Your machine as it is, and with one of its blocks exchanged for a block that peeks a little. `peeking` puts the block back at the end.


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
    print("your machine:             ", is_causal(real, some_ids))
    with peeking(real, layer=0) as cheat:
        print("with a block that peeks:  ", is_causal(cheat, some_ids))
    print("Hugging Face's:           ", is_causal(lambda tokens: gpt2.model(tokens).logits, some_ids))

# %% [markdown]
# **What is that property worth?** Without it, a text of 24 tokens would have to be read 24 times to have the guess after each of its tokens: one token, two tokens, three … With it, one pass gives all of them.

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
# **What does it cost to run a model?** Nearly all of the work is matrix products, and one can count what is in a product. A dot product of n numbers takes n multiplications and n additions (one of which adds to 0), so 2n operations. These are called **FLOPs**, floating point operations. A vector of length n times a matrix of n rows and m columns is m dot products: 2 · n · m FLOPs.
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · core, 10 points*
#
# **Why.** With this one number you can say what a training will cost before you begin, and why long prompts are dear.
#
# Count the **products of the forward pass**, as our code does them, for one prompt of `seq` tokens, and give each token its share:
#
# - each weight matrix meets every token once: `W_Q`, `W_K`, `W_V` and `W_O` of all heads, `W_in`, `W_out`, and `W_E` at the end, in the unembedding;
# - in each head, a token's query meets all `seq` keys, and its shares meet all `seq` values. Our code computes the whole square and hides half of it afterwards, so count the whole square.
#
# A lookup is no product: the embedding costs nothing. Biases, norms, GELU and softmax are left out, as usual: they are few in comparison.
#
# <details><summary>Hint 1 · a question</summary>
#
# Go through your shape table from top to bottom. At which lines does einsum or `@` sum an axis away, and how long is that axis?
#
# <details><summary>Hint 2 · a token's share of attention</summary>
#
# One head's dot product of a query and a key has `d_head` numbers. There are `seq` keys and `n_heads` heads. And the blending of the values is just as large.
#
# </details>
#
# <details><summary>If you see "this is half of it"</summary>
#
# Each pair of numbers is multiplied, and the product is added to the rest.
#
# </details>
#
# <details><summary>If you see "each token is charged for the scores of the whole prompt"</summary>
#
# The square of `seq` is the cost of the prompt. One token's share of it is one row.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "flops_per_token", "locked": false, "schema_version": 3, "solution": true, "task": false}
def flops_per_token(config: ModelConfig, seq: int) -> int:
    """FLOPs of the forward pass for one token of a prompt of `seq` tokens: the matrix products alone, 2 a pair.

    Scores are counted for all `seq` keys, since the mask hides them only after they are computed.
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
# *What you should see:* a tick. Your formula agrees with torch's own counter, which watched every product of Hugging Face's model, for all four sizes of GPT-2.
#
# **When does the square begin to hurt?** For GPT-2 small: what a token costs in products with weights, which is always the same, and in products with other tokens, which grows with the prompt.

# %% tags=["look", "raises-exception"]
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
# Up to GPT-2's 1,024 tokens, attention's square is the smaller part. Ten times longer, it takes over; a hundred times longer, it is nearly everything. (In *memory* it hurts earlier: see the first stretch exercise.) That is why so much has been invented since to make attention cheaper on long texts.
#
# A rule of thumb you will meet: **2 FLOPs for each parameter and token**. It counts the products with weights, and forgets the rest.

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
# **Why.** This is the table that you watched fill itself, and now you fill it, from memory if you can. Whoever can write down every shape has understood the week.
#
# Fill in the shapes in GPT-2 small, for a **batch of 2 prompts of length 6**: 12 layers, 12 heads, d_model 768, d_head 64, d_mlp 3072, d_vocab 50257, n_ctx 1024. A shape is a tuple, such as `(2, 6)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows are weights? They have no batch axis. Which rows are the stream, or something that is added to it? Those all look alike.
#
# <details><summary>If you see "but none for where it begins"</summary>
#
# Before the first block, and after each of the 12.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """The shapes in GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    tokens = W_pos = None  # the ids of the two prompts; the vectors of all positions
    resid = normed = None  # the stream before the first block; what one block's attention reads
    attn_out = mlp_out = block_out = None  # what one block's attention writes, its MLP writes, and it gives
    W_O = None  # one block's W_O, with all heads
    stream = None  # the result of residual_stream
    last = logits = None  # what ln_f gives; what the model gives
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
# *What you should see:* a tick. Until then, the report names the rows that are not yet right.
#
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
                    why="They are tied: one matrix of 50,257 × 768 numbers, which is just the difference.",
                ),
                Choice(
                    "The attention patterns were counted.",
                    why="A pattern is computed anew for each prompt; it is no parameter. Nor is the mask, which never changes.",
                ),
                Choice(
                    "The friend has counted GPT-2 medium.",
                    why="That one has 354,823,168. Your function says so.",
                ),
            ],
        ),
        Question(
            "A prompt becomes twice as long. What happens to the FLOPs for the whole prompt?",
            [
                Choice(
                    "They double.",
                    why="The products with weights do. But each query also meets twice as many keys.",
                ),
                Choice(
                    "A part of them doubles, another part becomes four times as large.",
                    right=True,
                    why="Twice as many tokens meet the same weights; twice as many queries meet twice as many keys. Which part counts for more depends on the length.",
                ),
                Choice(
                    "They become four times as many.",
                    why="Nearly, for prompts so long that the scores outweigh everything else. GPT-2's prompts are far from that.",
                ),
                Choice(
                    "Nothing: all tokens are worked on in parallel.",
                    why="In parallel means at the same time, not for free.",
                ),
            ],
        ),
        Question(
            "Token 900 needs something that token 3 knows. How many steps is that, inside one attention layer?",
            [
                Choice(
                    "897, one for each token in between.",
                    why="That is how a network works that reads word by word. Attention has no in-between.",
                ),
                Choice(
                    "One.",
                    right=True,
                    why="Token 900's query meets token 3's key directly, as it meets that of token 899.",
                ),
                Choice(
                    "It cannot have it: it is too far away.",
                    why="Within n_ctx every earlier position is visible, however far back. Beyond n_ctx you have seen what happens.",
                ),
            ],
        ),
        Question(
            "Somebody forgets the residual sum around the MLP: the MLP's result replaces the stream. What does block 5 know of the token's embedding?",
            [
                Choice(
                    "Only what each MLP before it happened to pass on.",
                    right=True,
                    why="Without the sum, each MLP decides what survives. With it, everything does until somebody writes the opposite.",
                ),
                Choice(
                    "All of it: attention still adds.",
                    why="Attention adds to the stream, but then the MLP's result takes the place of the sum.",
                ),
                Choice(
                    "All of it: each block gets the embedding anew.",
                    why="Only the first block is given the embedding. All others are given what the block before has left.",
                ),
            ],
        ),
        Question(
            "Blocks are kept in a plain Python list instead of an nn.ModuleList. When does somebody notice?",
            [
                Choice(
                    "At once: the logits are wrong.",
                    why="The logits are right. A loop over a list is a loop over a list.",
                ),
                Choice(
                    "In training: the loss stops falling much too early.",
                    right=True,
                    why="model.parameters() does not list what is in them, so no optimiser ever touches it. Moving the model to a GPU and saving it also forget them.",
                ),
                Choice(
                    "Never: it is a matter of style.",
                    why="It is a matter of what torch can find. Attributes that are modules, it finds; what lies in a list, it does not.",
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
# A classmate says: *"A transformer is a pipeline. Each block takes the vectors of the block before, makes new ones out of them, and throws the old ones away. And since everything runs in parallel, a prompt twice as long costs nothing extra."* What is right about this, and what is not? Answer in four or five sentences, and use the words **residual stream**, **adds** and **keys**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It is right that the blocks come one after the other, and that within a block all positions are computed at the same time. But nothing is thrown away: each half of a block reads the residual stream through a LayerNorm and adds its result to it, so the embedding and all earlier updates are still in the sum that the last block leaves. Parallel does not mean free, either. Twice as many tokens need twice as many products with the weights, and in attention each of twice as many queries meets twice as many keys, so that part becomes four times as large. It only takes less time than one would think as long as the hardware has room to do it all at once.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `memory_needed`
#
# The largest GPT-2 has 1.5 billion parameters, 6 GB as float32. **Why can it not be trained on a card of 16 GB?**
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · stretch, 15 points*
#
# **Why.** Memory, more often than time, decides what can be trained where.
#
# Five things that a training keeps in memory, in bytes:
#
# - `weights`: every parameter;
# - `gradients`: one number for each parameter, too;
# - `moments`: AdamW (week 10) keeps two more numbers for each parameter, a running mean of its gradients and one of their squares;
# - `patterns`: every head's attention pattern in every block, for all prompts of the batch, because the way back needs them; each is a full square;
# - `logits`: of every position of every prompt.
#
# A number takes `bytes_per_number` bytes. There is more (each neuron's value, for example), but with these five you see both kinds of growth: with the model, and with the prompt.
#
# <details><summary>Hint 1 · a question</summary>
#
# The first three depend on the config alone. Which function of yours do they need? For the other two: which axes does the tensor have?
#
# <details><summary>If you see "patterns: a pattern is counted with seq entries", or "one pattern is counted for each block"</summary>
#
# A pattern has a row for every query and a column for every key, and every head of every block has one, for each prompt.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "memory_needed", "locked": false, "schema_version": 3, "solution": true, "task": false}
def memory_needed(config: ModelConfig, batch: int, seq: int, bytes_per_number: int = 4) -> dict[str, int]:
    """Bytes that a training on `batch` prompts of `seq` tokens keeps, by what they are for.

    The entries: weights, gradients, moments (AdamW's two), patterns and logits.
    """
    ### BEGIN SOLUTION
    parameters = count_parameters(config)
    numbers = {"weights": parameters, "gradients": parameters, "moments": 2 * parameters}
    numbers["patterns"] = config.n_layers * batch * config.n_heads * seq**2
    numbers["logits"] = batch * seq * config.d_vocab
    return {name: count * bytes_per_number for name, count in numbers.items()}
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_memory_needed", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.memory_needed(memory_needed)

# %% [markdown]
# *What you should see:* a tick: as much as Hugging Face's model and torch's AdamW really hold.
#
# **What needs the most?** A batch of 8 prompts, in gigabytes, for a short prompt and for a full one. Watch the column of the patterns.

# %% tags=["look", "raises-exception"]
for seq in (128, 1024):
    for place, (name, each) in enumerate(CONFIGS.items()):
        gigabytes = {part: count / 1e9 for part, count in memory_needed(each, 8, seq).items()}
        if place == 0:
            heads = "".join(f"{part:>11}" for part in [*gigabytes, "together"])
            print(f"8 prompts of {seq:,} tokens\n{'':12}{heads}")
        amounts = [*gigabytes.values(), sum(gigabytes.values())]
        print(f"{name:12}" + "".join(f"{amount:11.2f}" for amount in amounts))

# %% [markdown]
# ## Stretch 2 · `PostNormBlock`
#
# The first transformer (Vaswani and others, 2017) and OpenAI's first GPT had their norms in another place: *behind* each sum. What the norm gives **is** the stream from then on.
#
# $$x' = \text{ln}_1\big(x + \text{attn}(x)\big), \qquad x'' = \text{ln}_2\big(x' + \text{mlp}(x')\big)$$
#
# **Is that still a whiteboard to which everybody only adds?**
#
# *Difficulty 1 of 5 · importance 3 of 5 · 10 minutes · stretch, 15 points*
#
# **Why.** In exercise 1 it is a mistake; here it is somebody's deliberate choice. After the third stretch exercise you will see what it costs.
#
# The parts are those of exercise 1, so the class inherits them: `PostNormBlock(TransformerBlock)` has your constructor. Only `forward` is new.
#
# <details><summary>Hint 1 · a question</summary>
#
# What does attention read here: something normalised, or the stream as it is? And what is inside the brackets of each norm?
#
# <details><summary>If you see "each half's result is normalised and then added"</summary>
#
# The norm gets the sum.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "PostNormBlock", "locked": false, "schema_version": 3, "solution": true, "task": false}
class PostNormBlock(TransformerBlock):
    """A block as in GPT-1: each half reads the stream itself, and a norm behind each sum gives the new stream."""

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        """The stream after both halves. `resid` itself is left as it was."""
        ### BEGIN SOLUTION
        attended = self.ln_1(resid + self.attn(resid))
        return self.ln_2(attended + self.mlp(attended))
        ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_PostNormBlock", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.PostNormBlock(PostNormBlock)

# %% [markdown]
# *What you should see:* a tick: equal to a block of the first GPT.
#
# ## Stretch 3 · `ParallelBlock`
#
# In a block, the MLP waits for attention. **Does it have to?** GPT-J, PaLM and others let both halves read the same thing at the same time, and add both results at once. One norm is enough then.
#
# $$x' = x + \text{attn}\big(\text{ln}_1(x)\big) + \text{mlp}\big(\text{ln}_1(x)\big)$$
#
# *Difficulty 1 of 5 · importance 2 of 5 · 10 minutes · stretch, 15 points*
#
# **Why.** The two halves can run as one large product, which is faster on large machines. What is lost is that the MLP can no longer work on what attention has just found in the same block; it has to wait for the next one.
#
# The parts are `ln_1`, `attn` and `mlp`, and no others: the constructor takes your block's and throws `ln_2` away.
#
# <details><summary>Hint 1 · a question</summary>
#
# How many terms does the sum have, and how often do you have to call `ln_1`?
#
# <details><summary>If you see "the halves take turns"</summary>
#
# Neither half may see what the other has written in this block.
#
# </details>
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_ParallelBlock", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.ParallelBlock(ParallelBlock)

# %% [markdown]
# *What you should see:* a tick: equal to a parallel block as GPT-NeoX has it.
#
# ### The three, compared
#
# **Is the token's embedding still on the whiteboard after twelve blocks?** Three models, alike but for the kind of block. So that something happens in them without training, their weights are larger than GPT-2's: one over the root of how many numbers a product adds up, as was usual before. The curves are the cosine similarity of the stream with what stood there at the beginning.

# %% tags=["look", "raises-exception"]
KINDS = {"pre-norm": TransformerBlock, "post-norm": PostNormBlock, "parallel": ParallelBlock}
tall = ModelConfig(32, 4, 8, 128, n_layers=12, d_vocab=40, n_ctx=16, layer_norm_eps=1e-5)
order = torch.randperm(tall.d_vocab, generator=torch.Generator().manual_seed(2))  # who follows whom
columns = [torch.randint(tall.d_vocab, (16,), generator=torch.Generator().manual_seed(3))]
while len(columns) < tall.n_ctx:
    columns.append(order[columns[-1]])
batch = torch.stack(columns, dim=1)


def model_of(kind: str, large_weights: bool) -> GPT2:
    model = GPT2(tall)
    model.blocks = nn.ModuleList(KINDS[kind](tall) for _ in range(tall.n_layers))
    init_weights(model, seed=1)
    for name, W in model.blocks.named_parameters():
        if large_weights and ".W_" in name:
            added_up = W.shape[:2].numel() if name.endswith("W_O") else W.shape[-2]
            W.data *= added_up**-0.5 / W.data.std()
    return model


left = {}
with torch.no_grad():
    for kind in KINDS:
        model = model_of(kind, large_weights=True)
        model.embed.W_E /= model.embed.W_E.std()
        model.pos_embed.W_pos /= model.pos_embed.W_pos.std()
        stages = residual_stream(model, batch)
        left[kind] = torch.cosine_similarity(stages, stages[:1], dim=-1).mean(dim=(1, 2))
pictures.curves(torch.arange(13), left, x_title="blocks that have written", y_title="like the beginning")

# %% [markdown]
# With the norms in front, the beginning is a term of the sum for ever. It becomes a smaller part of a longer sum, and that is all. A norm behind the sum makes the whole sum smaller each time, and everything written so far with it; after a few blocks nothing is left of the beginning.
#
# **Do they learn equally well?** Thirty steps with torch's AdamW, on a text in which each token has one fixed successor: once with GPT-2's small first weights, once with the larger ones.

# %% tags=["look", "raises-exception"]
for large_weights in (False, True):
    for kind in KINDS:
        model = model_of(kind, large_weights)
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
# With small first weights each norm has little to shrink, and in so short a run all three learn. With larger ones post-norm falls behind. It can be made to work, by starting with tiny steps (the *warm-up* of week 10) and choosing the first weights with care. Pre-norm asks for less care, and that is one reason why nearly all models since GPT-2 have it. (Xiong and others, *On Layer Normalization in the Transformer Architecture*, 2020.)

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and reads the shapes aloud. Swap after every exercise that has its tick.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Both write down their guesses, then run it. Agree on your scratchpad: the names `resid`, `normed`, `attn_out`, `mlp_out`, `logits`, and the axes of each. |
# | 10–30 | Exercise 1. Draw the stream and its two arrows before you type. **Swap.** |
# | 30–55 | Exercise 2. The navigator reads the rows of the table aloud, the driver writes a line for each. **Swap.** |
# | 55–70 | Exercise 3, and the guesses after each block. **Swap.** |
# | 70–80 | Exercise 4, on paper first: one of you the blocks, the other all the rest. |
# | 80–90 | The two questions below. |
#
# Core is exercises 1 to 8; 5 to 8 do well as homework, or as a second session. Stretch is for whoever has time left. **Not finishing is normal:** a session that ends with a `GPT2` that has its tick is a good one.
#
# **Two questions to argue about.**
#
# 1. If the model "stopped" after an early block, its guess was poor. Does that mean that early blocks do not know the answer, or that they have not written it where the unembedding looks?
# 2. Twelve blocks have the same shape. Could one use a single block twelve times? What would be saved, and what might be lost?
#
# **Where pairs get stuck.** At exercise 1, when one of you thinks of the norm as part of the stream: say "glasses" again. At exercise 2, when `ln_f` slips into the loop, or the blocks into a plain list. At exercise 4, when each of you has counted correctly and both have left out the same bias.
#
# ## What you have built
#
# - **TransformerBlock**: two readers, two writers, one stream.
# - **GPT2**: the whole machine, for any config, with an error that one can understand.
# - **residual_stream**: a photograph of the whiteboard after every block.
# - **count_parameters**: 124,439,808, and why; and GPT-3's 175 billion from the same lines.
# - **init_weights**: first weights with which a deep model does not shout.
# - **is_causal**: the proof that nobody peeks, and that one pass is enough.
# - **flops_per_token**: what a token costs, and when the square takes over.
#
# What is still missing? Nothing that one could build. What is missing is what GPT-2 knows, and that is in a file. Next week you load it.
#
# Words of this week in the [glossary](../glossary.md): *block, causal, config, FLOP, forward pass, hook, initialisation, ln_f, meta device, n_layers, parallel block, parameter, post-norm, pre-norm, residual stream, tied*.
