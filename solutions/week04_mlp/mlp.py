# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 4 · The per-token half
#
# **The big idea.** A block of GPT-2 never replaces a token's vector. It reads the vector in a tidy form (LayerNorm), works something out for that one token (the MLP), and adds the result to what is there.
#
# | | |
# |---|---|
# | **You will have built** | LayerNorm, GELU and the MLP of GPT-2, equal to the real ones, and the way they write to the residual stream |
# | **You need** | vectors (week 1) and embeddings (week 3), which `parts.py` beside this notebook holds ready |
# | **Time** | core 2 to 2½ hours · stretch 1 hour |
# | **Where we are** | text → tokens → embeddings → **blocks** → logits → probabilities → next token |
#
# Last week you built both ends of the machine. Now you step in between, into a block. A block has two halves. In one of them, attention, tokens read from one another: that is next week. The other half works on each token alone, and it holds most of a block's numbers. This week builds that half, and with it the thread that both hang on.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether GPT-2 would have got the same.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from parts import Embed, PosEmbed, embed_tokens
from torch import Tensor, nn
from torch.nn import functional as F

from utils import pictures, reference
from utils.checks import week04_mlp as checks
from utils.quiz import Choice, Question, quiz
from utils.reference.inputs.mlp import mlp_weights, norm_names, norm_weights
from utils.scratchpad import Scratchpad
from utils.tokens import token_strings

gpt2 = reference.load()
TEXT = "Long ago Carlos was a gentle man. He lived in the city with his uncle. Every day he drove a bus."

# %% [markdown]
# ## A first look
#
# GPT-2 reads a text and says, at every token, how probable it finds the next one. **Which half of its blocks does it need for that: the one in which tokens read from one another, or the one that takes each token alone?**
#
# Switch one of them off and see. The next cell is only a tool for the looks of this week: it lets us change, for a moment, what some modules of the model give. You need not read it.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "switches", "locked": true, "schema_version": 3, "solution": false, "task": false}
@contextmanager
def changed(modules: Iterable[nn.Module], change: Callable) -> Iterator[None]:
    """As long as it lasts, each of the modules gives `change(input, output)` instead of its output."""
    hooks = [
        module.register_forward_hook(lambda module, inputs, output: change(inputs[0], output))
        for module in modules
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def silenced(given: Tensor, output: Tensor | tuple) -> Tensor | tuple:
    """Zeros, in the form of a module's output."""
    if isinstance(output, tuple):
        return silenced(given, output[0]), *output[1:]
    return torch.zeros_like(output)


def next_token_probabilities(text: str) -> Float[Tensor, "seq_minus_1"]:
    """How probable the model finds each token of the text, from the second on, after those before it."""
    ids = torch.tensor([gpt2.tokenizer.encode(text)])
    with torch.no_grad():
        shares = gpt2.model(ids).logits.softmax(dim=-1)
    return shares[0, :-1].gather(1, ids[0, 1:, None])[:, 0]


# %% tags=["look", "raises-exception"]
blocks = gpt2.model.transformer.h
words = token_strings(gpt2.tokenizer.encode(TEXT))
found = {"the whole model": next_token_probabilities(TEXT)}
with changed([block.mlp for block in blocks], silenced):
    found["without its MLPs"] = next_token_probabilities(TEXT)
with changed([block.attn for block in blocks], silenced):
    found["without attention"] = next_token_probabilities(TEXT)

for name, probabilities in found.items():
    print(f"{name:18} {-probabilities.log().mean():5.2f} nats of surprise at each token")
pictures.heatmap(
    torch.stack(list(found.values())), list(found), words[1:], title="How probable was the word that came?"
)

# %% [markdown]
# Surprise is −log of the probability, in nats: 0 would be a model that knew the text by heart, and a model that knows nothing and guesses evenly among the 50,257 tokens has log 50,257, about 10.8. Compare the three lines, then the three rows. Neither half does the work alone.
#
# ## The idea in plain words
#
# Think of a **whiteboard** for each token. At the beginning somebody writes on it which token this is and where it stands: the embeddings of week 3. From then on every layer does the same three things. It **reads** the whiteboard, it **works something out**, and it **writes** its result on top, without wiping anything off. At the end the unembedding reads what has come together, and says which token comes next.
#
# That whiteboard is the **residual stream**. "Writing" is nothing but adding a vector, and nobody owns a corner of the board: what a layer has to say is a direction in the stream.
#
# Three pieces make the per-token half:
#
# - **LayerNorm** is the pair of glasses through which a layer reads. However large the numbers on the board have grown, the layer sees them with mean 0 and variance 1.
# - The **MLP** is what works something out for each token by itself. It consists of **neurons**, 3,072 in each block of GPT-2 small. Each of them looks for one direction in the vector, fires if it finds it, and then writes a direction of its own.
# - **GELU** decides when a neuron fires.
#
# ## The idea in shapes
#
# | step | what | shape |
# |---|---|---|
# | | `resid`, the residual stream | `batch seq d_model` |
# | 1 | `normed`: read through LayerNorm | `batch seq d_model` |
# | 2 | `pre`: every neuron's sum | `batch seq d_mlp` |
# | 3 | `post`: after GELU | `batch seq d_mlp` |
# | 4 | `mlp_out`: what the neurons write | `batch seq d_model` |
# | 5 | `resid + mlp_out` | `batch seq d_model` |
#
# `batch` and `seq` never change and nothing is ever summed over them: that is what "per token" means. In GPT-2 `d_mlp` is 4 · `d_model`.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6)
pad.note("resid", (2, 6, 768), "batch seq d_model")
pad.note("normed", (2, 6, 768), "batch seq d_model")
pad.note("pre", (2, 6, 3072), "batch seq d_mlp")
pad

# %% [markdown]
# ## Exercise 1 · `standardise`
#
# Since every layer adds, the stream can grow. **How long are the vectors on their way through the model?** Here is what each layer writes for the text above, and how long the vectors are after it.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "what_is_written", "locked": true, "schema_version": 3, "solution": false, "task": false}
def what_is_written(
    text: str,
) -> tuple[dict[str, Float[Tensor, "seq d_model"]], Float[Tensor, "seq d_model"]]:
    """What is written to the residual stream, by each writer's name and in order; and what ln_f reads at last."""
    transformer, outputs, at_last = gpt2.model.transformer, [], []
    names, writers = ["token + place"], [transformer.drop]
    for number, block in enumerate(transformer.h):
        names += [f"attention {number}", f"MLP {number}"]
        writers += [block.attn, block.mlp]

    def note(given: Tensor, output: Tensor | tuple) -> Tensor | tuple:
        outputs.append((output[0] if isinstance(output, tuple) else output)[0])
        return output

    def note_what_is_read(given: Tensor, output: Tensor) -> Tensor:
        at_last.append(given[0])
        return output

    with torch.no_grad(), changed(writers, note), changed([transformer.ln_f], note_what_is_read):
        gpt2.model(torch.tensor([gpt2.tokenizer.encode(text)]))
    return dict(zip(names, outputs, strict=True)), at_last[0]


# %% tags=["look", "raises-exception"]
written, end = what_is_written(TEXT)
stream = torch.stack(list(written.values())).cumsum(dim=0)  # [writer, seq, d_model]
lengths = stream.norm(dim=-1)
for name, length in zip(written, lengths, strict=True):
    print(f"after {name:14} lengths from {length.min():8.2f} to {length.max():8.2f}")
places = torch.arange(len(lengths))
pictures.curve(places, lengths.mean(dim=-1), x_title="layers that have written", y_title="mean length")

# %% [markdown]
# A layer that read such a stream as it is would have to cope with vectors of every length. So it reads each of them in a standard form: the **mean** of its numbers is subtracted, and then it is divided by its **standard deviation**, the root of the variance. With $\mu$ and $\sigma^2$ for the mean and the variance of the `d_model` numbers of one vector:
#
# $$\text{standardise}(x) = \frac{x - \mu}{\sqrt{\sigma^2 + \text{eps}}}$$
#
# The little number eps keeps the fraction finite when all numbers of a vector are equal. (Ba, Kiros and Hinton, *Layer Normalization*, 2016.)
#
# *Difficulty 2 of 5 · importance 5 of 5 · 20 minutes · core, 14 points*
#
# **Why.** Every layer of GPT-2 reads through these few operations, 25 times in GPT-2 small.
#
# Four things to get right:
#
# - Each vector has a mean and a variance of its own. They run over the last axis and over no other, however many axes there are in front.
# - The variance is the mean of the squared distances from the mean: their sum, divided by `d_model`.
# - eps is added to the variance, under the root.
# - The vectors that you are given stay as they were: somebody else still needs them.
#
# Write it with means, squares and roots. torch's own `layer_norm` and its relatives are out of bounds in this exercise and the next.
#
# <details><summary>Hint 1 · a question</summary>
#
# The mean of a `(2, 6, 768)` tensor over its last axis has shape `(2, 6)`. You want to subtract it from `(2, 6, 768)`. Which shape would it need, so that each vector meets its own mean?
#
# <details><summary>Hint 2 · the tools</summary>
#
# `x.mean(dim=…, keepdim=True)` keeps the averaged axis, with size 1. Subtract first, then square what is left, then take the mean of that: three lines.
#
# </details>
#
# <details><summary>If you see "The size of tensor a … must match the size of tensor b"</summary>
#
# Print the shapes of your mean and your variance. They should end in 1.
#
# </details>
#
# <details><summary>If you see "the variance divides by one less than d_model"</summary>
#
# `torch.var` and `torch.std` are made for samples and divide by one less, unless you set `correction`.
#
# </details>
#
# <details><summary>If you see NaN, or "no digit is left"</summary>
#
# Did you take the mean of the squares and subtract the square of the mean? On paper that is the variance, too. With float32's seven digits and numbers near 2,048, the two are almost equal, and what is left of their difference is noise.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "standardise", "locked": false, "schema_version": 3, "solution": true, "task": false}
def standardise(x: Float[Tensor, "... d_model"], eps: float) -> Float[Tensor, "... d_model"]:
    """Each vector with mean 0 and variance 1: its mean subtracted, then divided by the root of variance + eps.

    The variance is the mean squared distance from the mean. A vector of equal numbers gives zeros; a single
    vector without further axes is fine; numbers that are large and close together keep their digits. `x` is
    left as it was.
    """
    ### BEGIN SOLUTION
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = centred.pow(2).mean(dim=-1, keepdim=True)
    return centred / torch.sqrt(variance + eps)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_standardise", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.standardise(standardise)

# %% [markdown]
# *What you should see:* a line with a tick. One of its cases has an eps of 0.1, so large that it shows where you put it.

# %% [markdown]
# ## Exercise 2 · `LayerNorm`
#
# Mean 0 and variance 1 suit nobody in particular. So each LayerNorm has a **gain** and a **bias**, one number of each for every place in the vector. It multiplies by the gain, then adds the bias. Training finds both, so every layer grinds its own glasses.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 16 points*
#
# **Why.** From now on this is a module with weights of its own, and its name is the first line of every block.
#
# Keep the weights in `self.gain` and `self.bias`, both of shape `d_model`, as `nn.Parameter`. A new module should do nothing but standardise: which gain and which bias is that? It behaves the same in train and in eval mode.
#
# <details><summary>Hint 1 · a question</summary>
#
# You have `standardise` already. What does `forward` have to add to it, and what must `__init__` remember for it besides the two weights?
#
# <details><summary>If you see "plain tensors" or "number of learned parameters"</summary>
#
# A module finds its parameters by their type. `nn.Parameter(torch.ones(3))` is one, `torch.ones(3)` is not. And `super().__init__()` has to come first: it stands there already.
#
# </details>
#
# <details><summary>If you see "eps is 0.00001 whatever is passed"</summary>
#
# Which eps does `forward` use? The one of the signature reaches only `__init__`, unless you keep it.
#
# </details>
#
# <details><summary>If you see "LayerNorm has no gain"</summary>
#
# The check copies weights into your module by name. The message lists the names that it has.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "LayerNorm", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LayerNorm(nn.Module):
    """Brings each vector to mean 0 and variance 1, then stretches it by `gain` and shifts it by `bias`.

    Parameters gain and bias [d_model]. A new module only standardises.
    """

    def __init__(self, d_model: int, eps: float = 1e-5):
        super().__init__()
        ### BEGIN SOLUTION
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """What a layer reads of `x`. `x` is left as it was."""
        ### BEGIN SOLUTION
        return standardise(x, self.eps) * self.gain + self.bias
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_LayerNorm", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
checks.LayerNorm(LayerNorm)

# %% [markdown]
# **Is yours the model's own?** Here your module takes the gain and bias of every LayerNorm in the model in turn, `ln_1` and `ln_2` of each block and `ln_f` at the end, and reads the embeddings that you built in week 3.

# %% tags=["look", "raises-exception"]
weights, config = gpt2.state_dict, gpt2.config
embed, pos_embed = Embed(config.d_vocab, config.d_model), PosEmbed(config.n_ctx, config.d_model)
ids = torch.tensor([gpt2.tokenizer.encode(TEXT)])
with torch.no_grad():
    embed.W_E.copy_(weights["transformer.wte.weight"])
    pos_embed.W_pos.copy_(weights["transformer.wpe.weight"])
    resid = embed_tokens(ids, embed, pos_embed)
    largest = 0.0
    for name in norm_names(gpt2):
        mine = LayerNorm(config.d_model, config.layer_norm_eps)
        for key, value in norm_weights(gpt2, name).items():
            getattr(mine, key).copy_(value)
        theirs = gpt2.model.get_submodule(f"transformer.{name}")
        largest = max(largest, (mine(resid) - theirs(resid)).abs().max().item())
print(f"Largest difference in all {len(norm_names(gpt2))} LayerNorms: {largest:.1e}")

# %% [markdown]
# *What you should see:* a difference far below a thousandth: float32 adding in another order.
#
# ### What LayerNorm does to a cloud of points
#
# With vectors of three numbers you can watch it. There are three clouds here. One is of order 1. One is ten times smaller. And one has 1.5 added to all of its numbers.
#
# **Which of the three can still be told apart after LayerNorm?** Turn the picture a little, guess, then pull the slider from step to step.

# %% tags=["look", "raises-exception"]
generator = torch.Generator().manual_seed(4)
shapes = torch.randn(3, 60, 3, generator=generator)
clouds = torch.cat([shapes[0], 0.1 * shapes[1], shapes[2] + 1.5])
kinds = ["of order 1"] * 60 + ["ten times smaller"] * 60 + ["1.5 added to all numbers"] * 60

glasses = LayerNorm(3)
with torch.no_grad():
    glasses.gain.copy_(torch.tensor([2.0, 1.0, 0.5]))
    glasses.bias.copy_(torch.tensor([0.0, 0.5, 1.0]))
pictures.cloud_steps(
    {
        "as they come": clouds,
        "mean subtracted": clouds - clouds.mean(dim=-1, keepdim=True),
        "standardised": standardise(clouds, 1e-5),
        "gain and bias": glasses(clouds),
    },
    kinds,
)

# %% [markdown]
# Subtracting the mean presses everything into one plane: the numbers of each vector add up to 0 now. Dividing by the deviation moves each point outwards or inwards until it lies on a circle, since variance 1 means length √d_model, here √3. Of a vector's length and of what all its numbers share, nothing is left. Its direction is. Gain and bias turn the circle into an ellipse somewhere in space.
#
# In the model it is a sphere with `d_model` − 2 dimensions, but the same happens.

# %% tags=["look", "raises-exception"]
x = torch.randn(config.d_model, generator=generator)
for name, other in {"10 · x": 10 * x, "x + 5": x + 5, "−x": -x}.items():
    same = torch.cosine_similarity(standardise(x, 1e-5), standardise(other, 1e-5), dim=-1)
    print(f"standardised, x and {name:7} have a cosine similarity of {same:.4f}")

# %% [markdown]
# ## Exercise 3 · `gelu`
#
# A neuron adds up `d_model` products. What then? If it handed on the sum as it is, the whole MLP would be one matrix in disguise (the quiz comes back to this). Something must bend.
#
# The simplest bend is ReLU: negative sums become 0. GPT-2 bends more gently. **Where do the candidates differ, and what do they agree on?**

# %% tags=["look", "raises-exception"]
x = torch.linspace(-4, 3, 281)
pictures.curves(
    x,
    {"ReLU": F.relu(x), "SiLU": F.silu(x), "GELU": F.gelu(x), "sigmoid, for comparison": torch.sigmoid(x)},
    x_title="the neuron's sum, pre",
    y_title="what it hands on, post",
)

# %% [markdown]
# GELU multiplies x by the probability that a normal random number lies below x: near 0 for clearly negative sums, near 1 for clearly positive ones. Computing it takes a function called erf, which was slow. So Hendrycks and Gimpel, who proposed GELU (*Gaussian Error Linear Units*, 2016), gave a stand-in made of tanh as well, and GPT-2 was trained with the stand-in:
#
# $$\text{gelu}(x) = 0.5 \; x \, \Big(1 + \tanh\big(\sqrt{2/\pi}\,(x + 0.044715\, x^3)\big)\Big)$$
#
# *Difficulty 1 of 5 · importance 4 of 5 · 10 minutes · core, 12 points*
#
# **Why.** It is the only place in the per-token half where anything bends. And "nearly the right GELU" is a classic: the model still talks, only a little worse, and no error is raised.
#
# Write the formula. torch has it too, as `F.gelu(x, approximate="tanh")`, and the check takes that as well. But in week 10 you will be asked for its derivative, so meet it now.
#
# <details><summary>Hint 1 · a question</summary>
#
# What should come out for −10, for 0 and for 10, if GELU is near ReLU there? Try your function on the three before the check does.
#
# <details><summary>If you see "this is the exact GELU"</summary>
#
# `F.gelu(x)` alone is the form with erf. Which argument asks for the other one?
#
# </details>
#
# <details><summary>If you see "stands there without its root" or "upside down"</summary>
#
# √(2/π) is a plain number, about 0.798. Print yours.
#
# </details>
#
# <details><summary>If you see NaN</summary>
#
# e³⁰⁰⁰⁰ is too large for any float. `torch.tanh` knows how to get by without it.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "gelu", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gelu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """GPT-2's GELU, the form with tanh (Hendrycks and Gimpel, 2016, section 2), of each number by itself.

    Any shape, also a single number; numbers of any size.
    """
    ### BEGIN SOLUTION
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_gelu", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.gelu(gelu)

# %% [markdown]
# *What you should see:* a tick, also for numbers as large as 100.
#
# **How far is the stand-in from the real thing?** Look at the scale on the left.

# %% tags=["look", "raises-exception"]
x = torch.linspace(-5, 5, 401)
difference = gelu(x) - F.gelu(x)
print(f"The form with tanh and the form with erf differ by at most {difference.abs().max():.5f}.")
pictures.curve(x, 1e4 * difference, x_title="x", y_title="tanh form − erf form, in ten-thousandths")

# %% [markdown]
# **And does a trained model mind?** Here it reads the text with another function in the place of its own GELU. The second column is how far its logits move at most.

# %% tags=["look", "raises-exception"]
print(f"your gelu of −1, 0 and 1: {gelu(torch.tensor([-1.0, 0.0, 1.0]))}")
candidates = {
    "your gelu": gelu,
    "GELU with erf": F.gelu,
    "x · sigmoid(1.702 x)": lambda x: x * torch.sigmoid(1.702 * x),
    "SiLU": F.silu,
    "ReLU": F.relu,
    "nothing at all": lambda x: x,
}
with torch.no_grad():
    own = gpt2.model(ids).logits
    for name, bend in candidates.items():
        with changed([block.mlp.act for block in blocks], lambda given, output, bend=bend: bend(given)):
            surprise = -next_token_probabilities(TEXT).log().mean()
            moved = (gpt2.model(ids).logits - own).abs().max()
        print(f"{name:22} {surprise:6.3f} nats of surprise at each token, logits moved by {moved:.5f}")

# %% [markdown]
# ## Exercise 4 · `MLP`
#
# Now the neurons. Each has a column of `W_in`: the direction that it looks for. Its sum is the dot product of that direction with the vector, plus a bias from `b_in`, which says how easily it fires. After GELU, what is left of the sum multiplies the neuron's row of `W_out`: the direction that it writes. All neurons' writings are added up, and `b_out` on top.
#
# In shapes it is short: out to `d_mlp`, bend, and back to `d_model`.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 20 minutes · core, 18 points*
#
# **Why.** Two thirds of the numbers in GPT-2's blocks sit here. (Count them in exercise 7.)
#
# Keep the weights in `self.W_in` (`d_model d_mlp`), `self.b_in` (`d_mlp`), `self.W_out` (`d_mlp d_model`) and `self.b_out` (`d_model`), as `nn.Parameter`. (An `nn.Linear` in `self.W_in` is fine too: the check finds its weight and its bias.) Start the weights with random numbers of standard deviation 0.02 and the biases with 0, as GPT-2 does. There is no dropout here, and adding to the stream is not the MLP's business: it returns what it writes.
#
# <details><summary>Hint 1 · a question</summary>
#
# `x @ W` sums the last axis of `x` with the first of `W`, and leaves all axes in front alone. Which shape has `x @ self.W_in`, and what can be multiplied with it next?
#
# <details><summary>If you see "the activation comes after the second product"</summary>
#
# Neurons bend, the stream does not. Which of your intermediate results has an axis of size d_mlp?
#
# </details>
#
# <details><summary>If you see "the hidden layer has d_model numbers"</summary>
#
# The hidden layer has as many numbers as `d_mlp` says. In the checks that is not 4 · d_model.
#
# </details>
#
# <details><summary>If you see "the activation is the exact GELU"</summary>
#
# `nn.GELU()` and `F.gelu(x)` take the form with erf unless told otherwise. Your own function does not.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "MLP", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MLP(nn.Module):
    """Each token's vector by itself: out to d_mlp neurons, through GELU, and back to d_model.

    Parameters W_in [d_model, d_mlp], b_in [d_mlp], W_out [d_mlp, d_model] and b_out [d_model].
    """

    def __init__(self, d_model: int, d_mlp: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.W_in = nn.Parameter(torch.randn(d_model, d_mlp) * 0.02)
        self.b_in = nn.Parameter(torch.zeros(d_mlp))
        self.W_out = nn.Parameter(torch.randn(d_mlp, d_model) * 0.02)
        self.b_out = nn.Parameter(torch.zeros(d_model))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """What the neurons write for each token. The same in train and in eval mode."""
        ### BEGIN SOLUTION
        return gelu(x @ self.W_in + self.b_in) @ self.W_out + self.b_out
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_MLP", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.MLP(MLP)

# %% [markdown]
# *What you should see:* a tick. Your module, holding the weights of one of the model's own MLPs, writes what that one writes.
#
# **What do single neurons answer to?** Here is the text, shaded by what one neuron of the last block holds after GELU. The slider chooses the neuron. It starts at the one that stands out most from its usual level somewhere in this text. Look for one that answers to a kind of word, and for one that answers to a single place. Most of them answer to nothing that has a name.

# %% tags=["look", "raises-exception"]
post = []
with torch.no_grad(), changed([blocks[-1].mlp.act], lambda given, output: post.append(output) or output):
    gpt2.model(ids)
fires = post[0][0]  # [seq, d_mlp]
stands_out = (fires.amax(dim=0) - fires.mean(dim=0)) / fires.std(dim=0)
pictures.neuron_explorer(words, fires, neuron=stands_out.argmax().item())

# %% [markdown]
# ## Exercise 5 · `residual_add`
#
# So far nothing has been written. A layer of GPT-2 reads the stream through its norm, and *adds* what it has worked out to the stream itself.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 12 points*
#
# **Why.** This line stands twice in every block, once around attention and once around the MLP. It is also where home-made transformers often go wrong: put the norm in another place, and the model still trains, but it is another model.
#
# You are given the stream, a norm and a layer. Both are functions from `batch seq d_model` to the same shape; the layer may be an MLP or attention, so give it the whole tensor. The stream that you are given stays as it was. In week 7 we want to compare it with the one that comes out.
#
# <details><summary>Hint 1 · a question</summary>
#
# Three vectors are in play for each token: what stands on the whiteboard, what the layer sees of it, and what the layer works out. Which two are added?
#
# <details><summary>If you see "the norm has overwritten what stood there"</summary>
#
# Glasses change what you see, not the board. Does your sum begin with the stream or with what the norm made of it?
#
# </details>
#
# <details><summary>If you see "changes its input resid in place"</summary>
#
# `resid += …` writes into the caller's tensor. `resid + …` makes a new one.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "residual_add", "locked": false, "schema_version": 3, "solution": true, "task": false}
def residual_add(
    resid: Float[Tensor, "batch seq d_model"],
    norm: Callable[[Tensor], Tensor],
    layer: Callable[[Tensor], Tensor],
) -> Float[Tensor, "batch seq d_model"]:
    """The residual stream after a layer has read it through its norm and added what it works out.

    `resid` itself is left as it was.
    """
    ### BEGIN SOLUTION
    update = layer(norm(resid))
    return resid + update
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_residual_add", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.residual_add(residual_add)

# %% [markdown]
# *What you should see:* a tick, for a layer that takes each position alone and for one that does not.
#
# **Who writes on the whiteboard, and how much?** A row for each writer, a column for each token of the text. The number says how long what is written is, compared with what stands there afterwards.

# %% tags=["look", "raises-exception"]
shares = torch.stack(list(written.values())).norm(dim=-1) / lengths
everything = torch.stack(list(written.values())).sum(dim=0)
print(f"All of them added up, and what ln_f reads at last, differ by {(everything - end).abs().max():.1e}.")
pictures.heatmap(shares, list(written), words, title="Length of what is written, over that of the stream")

# %% [markdown]
# The line above the picture is the point of the week. What the model has at the end is a plain sum: the embedding, plus what each attention layer wrote, plus what each MLP wrote. Nothing was ever wiped off. In week 12 we shall take that sum apart, and ask which of its terms made the model say what it said.

# %% [markdown]
# ## Exercise 6 · `each_position_alone`
#
# "The MLP takes each token alone" is a claim about a function. **How could you find out, if you were given only the function?** By an experiment: change what goes in at one position, and see where something else comes out.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · core, 12 points*
#
# **Why.** It is the difference between the two halves of a block, in one True or False. And testing what a module does by poking it is how you will look for bugs from now on.
#
# Write a function that takes any `layer` from `batch seq d_model` to the same shape, and some `x` to try it on. It returns True if what comes out at a position never depends on what goes in at *another* position, and False if it does for any two positions. The layer may be called as often as you like, with any batch and seq. Count two results as equal when `torch.allclose(…, rtol=1e-4, atol=1e-4)` says so: rounding may differ.
#
# <details><summary>Hint 1 · a question</summary>
#
# If you change the vector at position 3 only, and run the layer before and after: which positions of the output are allowed to differ? And how many positions do you have to try?
#
# <details><summary>Hint 2 · another way</summary>
#
# You can also give the layer one position at a time. When does that have to come to the same as giving it all of them together?
#
# </details>
#
# <details><summary>If you see "only the first position" or "only the last position"</summary>
#
# Some layers read only backwards, some only forwards, some from one place alone. One position changed is one experiment; you need one for each.
#
# </details>
#
# <details><summary>If you see "a layer that reads directions does not notice"</summary>
#
# A vector twice as long has the same direction, and after a LayerNorm it is the same vector. Put quite other numbers there.
#
# </details>
#
# <details><summary>If you see "True whatever the layer does"</summary>
#
# `changed = x` is a second name for the same tensor. `x.clone()` is a second tensor.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "each_position_alone", "locked": false, "schema_version": 3, "solution": true, "task": false}
def each_position_alone(layer: Callable[[Tensor], Tensor], x: Float[Tensor, "batch seq d_model"]) -> bool:
    """Whether a layer treats each position alone, tried out on `x`.

    `layer` maps [batch, seq, d_model] to the same shape, for any batch and seq. The layer may give the same
    whatever goes in: then it reads nothing from elsewhere, and the answer is True.
    """
    ### BEGIN SOLUTION
    together = layer(x)
    for position in range(x.shape[1]):
        changed_x = x.clone()
        changed_x[:, position] = torch.randn_like(x[:, position])
        others = torch.arange(x.shape[1]) != position
        if not torch.allclose(layer(changed_x)[:, others], together[:, others], rtol=1e-4, atol=1e-4):
            return False
    return True
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_each_position_alone", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.each_position_alone(each_position_alone)

# %% [markdown]
# *What you should see:* a tick. Four of its layers treat each position alone; all others cheat in some way.
#
# **Now try the real ones.** Your LayerNorm, your MLP, the residual sum around both, and the model's own modules. One of them should stand out.

# %% tags=["look", "raises-exception"]
norm, mlp = LayerNorm(config.d_model), MLP(config.d_model, config.d_mlp)
with torch.no_grad():
    for key, value in mlp_weights(gpt2, layer=0).items():
        getattr(mlp, key).copy_(value)
layers = {
    "your LayerNorm": norm,
    "your MLP": mlp,
    "your residual sum": lambda x: residual_add(x, norm, mlp),
    "the model's ln_2": blocks[0].ln_2,
    "the model's MLP": blocks[0].mlp,
    "the model's attention": lambda x: blocks[0].attn(x)[0],
}
x = torch.randn(2, 5, config.d_model, generator=generator)
with torch.no_grad():
    for name, layer in layers.items():
        print(f"{name:22} each position alone: {each_position_alone(layer, x)}")

# %% [markdown]
# ## Exercise 7 · `count_mlp_parameters`
#
# *Difficulty 1 of 5 · importance 3 of 5 · 10 minutes · core, 8 points*
#
# **Why.** A **parameter** is a number that training finds. People describe models by how many they have, and most of a block's are here.
#
# Count the parameters of the MLPs of all blocks together, from the sizes alone. Weights and biases count, one for each number in them; LayerNorms and attention do not.
#
# <details><summary>Hint 1 · a question</summary>
#
# How many numbers does a weight of shape `(d_model, d_mlp)` hold? How many such weights does one MLP have, and which biases?
#
# <details><summary>If you see that the value is off by a little</summary>
#
# Take your result from the expected one and divide by n_layers. Is what is left d_model, or d_mlp, or both?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "count_mlp_parameters", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_mlp_parameters(d_model: int, d_mlp: int, n_layers: int) -> int:
    """How many parameters the MLPs of `n_layers` blocks have together. `d_mlp` need not be 4 · `d_model`."""
    ### BEGIN SOLUTION
    weights = 2 * d_model * d_mlp
    biases = d_mlp + d_model
    return n_layers * (weights + biases)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_count_mlp_parameters", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.count_mlp_parameters(count_mlp_parameters)

# %% [markdown]
# *What you should see:* a tick, for all four sizes of GPT-2 and for sizes that nobody ever trained.
#
# **Which part of a block has the most numbers?** Your count, beside what the model's files hold.

# %% tags=["look", "raises-exception"]
inside_blocks = {name: weight.numel() for name, weight in weights.items() if ".h." in name}
mine = count_mlp_parameters(config.d_model, config.d_mlp, config.n_layers)
attention = sum(count for name, count in inside_blocks.items() if ".attn." in name)
total = sum(inside_blocks.values())
print(f"MLPs       {mine:12,}  {mine / total:6.1%} of all blocks")
print(f"attention  {attention:12,}  {attention / total:6.1%}")
print(f"LayerNorms {total - mine - attention:12,}  {(total - mine - attention) / total:6.1%}")
for name, sizes in reference.CONFIGS.items():
    print(f"the MLPs of {name:12} {count_mlp_parameters(sizes.d_model, sizes.d_mlp, sizes.n_layers):14,}")

# %% [markdown]
# ## Exercise 8 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Whoever can write down every shape has understood the week. Whoever cannot will find the gap here.
#
# Fill in the shapes in the MLP's half of a block of GPT-2 small, for a **batch of 2 prompts of length 6**: d_model 768, d_mlp 3072. A shape is a tuple, such as `(2, 6, 768)`; a bias of 768 numbers has shape `(768,)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows are weights? They have no batch axis and no seq axis, since the same weights serve every token.
#
# <details><summary>If you see "the averaged axis stays"</summary>
#
# `keepdim=True` leaves an axis where the averaged one was. Which size does it have?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """The shapes in the MLP's half of one block, for 2 prompts of length 6. Rows may stay None for now."""
    resid = mean = normed = None  # the stream, the means that LayerNorm subtracts (keepdim=True), its result
    gain = None  # LayerNorm's gain
    W_in = b_in = None  # the MLP's first weight and first bias
    pre = post = None  # the neurons before GELU and after it
    W_out = b_out = None  # the MLP's second weight and second bias
    mlp_out = None  # what the MLP writes to the residual stream
    ### BEGIN SOLUTION
    batch, seq, d_model, d_mlp = 2, 6, 768, 3072
    resid = normed = mlp_out = (batch, seq, d_model)
    mean, gain = (batch, seq, 1), (d_model,)
    W_in, b_in = (d_model, d_mlp), (d_mlp,)
    pre = post = (batch, seq, d_mlp)
    W_out, b_out = (d_mlp, d_model), (d_model,)
    ### END SOLUTION
    rows = {"resid": resid, "mean": mean, "normed": normed, "gain": gain, "W_in": W_in, "b_in": b_in}
    return rows | {"pre": pre, "post": post, "W_out": W_out, "b_out": b_out, "mlp_out": mlp_out}


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
            "A vector in the stream becomes ten times as long, its direction unchanged. What does the MLP behind the LayerNorm notice?",
            [
                Choice(
                    "Its neurons fire ten times as strongly.",
                    why="They would if they read the stream as it is. They read it through LayerNorm, which divides by the deviation, and that has become ten times as large as well.",
                ),
                Choice(
                    "Next to nothing: only eps can tell the difference.",
                    right=True,
                    why="Mean and deviation grow tenfold too, so the fraction stays. Against a variance that is far above eps, eps counts for nothing.",
                ),
                Choice(
                    "Everything turns into 0.",
                    why="That is what happens to a vector whose numbers are all equal. Here they keep their proportions.",
                ),
            ],
        ),
        Question(
            "Two tokens of a prompt swap their vectors before the MLP. What comes out?",
            [
                Choice(
                    "The same results, with those two swapped.",
                    right=True,
                    why="Each position is worked on alone and by the same weights, so a result goes wherever its vector goes.",
                ),
                Choice(
                    "Other results for all tokens after the first of them.",
                    why="That would be attention, where later tokens read from earlier ones. The MLP never sees two positions at once.",
                ),
                Choice(
                    "Other results for those two, since each position has its own weights.",
                    why="The weights have no seq axis: look at your shape table. Position comes in through the embedding, not through the weights.",
                ),
            ],
        ),
        Question(
            "Without an activation function between `W_in` and `W_out`, what would the MLP be able to do?",
            [
                Choice(
                    "The same, only slower to train.",
                    why="What it could do would change: no weights at all could make it bend any more.",
                ),
                Choice(
                    "What one matrix of `d_model` by `d_model` and one bias can do.",
                    right=True,
                    why="(x W_in + b_in) W_out + b_out = x (W_in W_out) + (b_in W_out + b_out). The thousands of neurons in between would be for show.",
                ),
                Choice(
                    "Nothing: its output would be 0.",
                    why="Products and sums still give numbers. They only give straight lines.",
                ),
            ],
        ),
        Question(
            "Why does a layer add to the stream and not replace it?",
            [
                Choice(
                    "So that later layers can still use what earlier ones wrote.",
                    right=True,
                    why="Whatever a layer does not touch is still there for all that follow, the token's own embedding included. And in training, the error finds a straight way back to the beginning.",
                ),
                Choice(
                    "Because a sum is faster than a product.",
                    why="The sum costs next to nothing either way; what costs is inside the layer.",
                ),
                Choice(
                    "So that the vectors get longer and longer.",
                    why="That is a side effect, and a nuisance: it is why every layer reads through a LayerNorm.",
                ),
            ],
        ),
        Question(
            "`x.var(dim=-1)` stands in somebody's LayerNorm. With `d_model` = 768 its results are nearly right. What is wrong?",
            [
                Choice(
                    "It divides by 767 instead of 768.",
                    right=True,
                    why="The results are too small by less than a thousandth: too little to see by eye, and enough to move every logit. In the checks d_model is small, so that it shows.",
                ),
                Choice(
                    "The variance needs the mean subtracted first.",
                    why="`var` does that itself. You need it again for the numerator, though.",
                ),
                Choice(
                    "Nothing: torch has its own way of rounding.",
                    why="Rounding is in the seventh digit. This is in the fourth.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# The third question can be tested. Here is an MLP without GELU, and the one matrix that does the same:

# %% tags=["look", "raises-exception"]
W = mlp_weights(gpt2, layer=0)
x = torch.randn(5, config.d_model, generator=generator)
straight = (x @ W["W_in"] + W["b_in"]) @ W["W_out"] + W["b_out"]
one_matrix = x @ (W["W_in"] @ W["W_out"]) + (W["b_in"] @ W["W_out"] + W["b_out"])
print(
    f"The two hold {W['W_in'].numel() + W['W_out'].numel():,} numbers, the one holds {config.d_model**2:,}."
)
print(f"What they give differs by at most {(straight - one_matrix).abs().max():.1e}.")

# %% [markdown]
# ### In your own words
#
# A classmate says: *"LayerNorm wipes out how large a vector is, and then the MLP puts a new vector in its place. So after the first block nothing of the original token can be left."* What is right about this, and what is not? Answer in four or five sentences, and use the words **residual stream**, **reads** and **adds**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It is right that what comes out of a LayerNorm no longer says how long the vector was: mean 0 and variance 1 hold for every one. But only the layer behind it reads that version; the residual stream itself is not normalised and keeps its length. Nor does the MLP put anything in the vector's place: it adds what it has worked out to the stream. So the stream after the first block is the token's embedding plus its place plus two updates, and later layers can still read the embedding in it. Only a layer that writes the exact opposite of something could remove it, and even that would be a sum.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `RMSNorm`
#
# Does LayerNorm need its mean and its bias? Most models after GPT-2 do without. They divide by the **root mean square** of the numbers, the root of the mean of their squares, and have a gain only (Zhang and Sennrich, *Root Mean Square Layer Normalization*, 2019):
#
# $$\text{RMSNorm}(x) = \frac{x}{\sqrt{\text{mean}(x^2) + \text{eps}}} \cdot \text{gain}$$
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · stretch, 15 points*
#
# **Why.** Llama, Mistral, Gemma and Qwen read through this one: half the parameters, and less work.
#
# Keep the weight in `self.gain` (`d_model`). A new module's gain changes nothing. As before, `x` stays as it was, and torch's own norms are out of bounds.
#
# <details><summary>Hint 1 · a question</summary>
#
# A vector of ones: what is its root mean square, and what should come out? And what does LayerNorm make of the same vector?
#
# <details><summary>If you see "that is LayerNorm"</summary>
#
# Nothing is subtracted here, not even on the way to the root.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "RMSNorm", "locked": false, "schema_version": 3, "solution": true, "task": false}
class RMSNorm(nn.Module):
    """Divides each vector by its root mean square, then stretches it by `gain` [d_model]."""

    def __init__(self, d_model: int, eps: float = 1e-5):
        super().__init__()
        ### BEGIN SOLUTION
        self.eps, self.gain = eps, nn.Parameter(torch.ones(d_model))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """What a layer reads of `x`. `x` is left as it was; a vector of zeros gives zeros."""
        ### BEGIN SOLUTION
        mean_square = x.pow(2).mean(dim=-1, keepdim=True)
        return x / torch.sqrt(mean_square + self.eps) * self.gain
        ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_RMSNorm", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.RMSNorm(RMSNorm)

# %% [markdown]
# *What you should see:* a tick: equal to torch's own.
#
# **How different are the two on real vectors?** The cosine similarity of both norms' results, for what each layer of the model reads.

# %% tags=["look", "raises-exception"]
with torch.no_grad():
    layer_norm, rms_norm = LayerNorm(config.d_model), RMSNorm(config.d_model)
    for name, resid in zip(written, stream, strict=True):
        alike = torch.cosine_similarity(layer_norm(resid), rms_norm(resid), dim=-1)
        print(f"after {name:14} least alike {alike.min():.4f}, on average {alike.mean():.4f}")

# %% [markdown]
# ## Stretch 2 · `SwiGLU`
#
# A neuron of GPT-2 does two things with one number: the sum says both *whether* it fires and *how strongly*. Gated MLPs keep the two apart. They have two matrices in front: one makes the **gate**, bent by SiLU, the other the value, not bent at all. The two are multiplied, number by number (Shazeer, *GLU Variants Improve Transformer*, 2020):
#
# $$\text{SwiGLU}(x) = \big(\text{silu}(x W_{gate}) \cdot x W_{in}\big)\, W_{out}, \qquad \text{silu}(z) = z \cdot \text{sigmoid}(z)$$
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · stretch, 15 points*
#
# **Why.** Put it in the MLP's place, RMSNorm in LayerNorm's, and you are most of the way from GPT-2's per-token half to Llama's.
#
# Keep the weights in `self.W_gate` and `self.W_in` (`d_model d_mlp`) and `self.W_out` (`d_mlp d_model`), started as in exercise 4. There are no biases. `F.silu` is yours to use.
#
# <details><summary>Hint 1 · a question</summary>
#
# What does a gate of 0 let through, whatever the value is? Which of the two branches must the SiLU be on, so that it is the gate?
#
# <details><summary>If you see "there are parameters too many"</summary>
#
# `nn.Linear` comes with a bias unless you say `bias=False`.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "SwiGLU", "locked": false, "schema_version": 3, "solution": true, "task": false}
class SwiGLU(nn.Module):
    """A gated MLP: the bent gate times the value, number by number, and back to d_model. No biases.

    Parameters W_gate and W_in [d_model, d_mlp], W_out [d_mlp, d_model].
    """

    def __init__(self, d_model: int, d_mlp: int):
        super().__init__()
        ### BEGIN SOLUTION
        for name in ("W_gate", "W_in"):
            setattr(self, name, nn.Parameter(0.02 * torch.randn(d_model, d_mlp)))
        self.W_out = nn.Parameter(0.02 * torch.randn(d_mlp, d_model))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """What the gated neurons write for each token. The same in train and in eval mode."""
        ### BEGIN SOLUTION
        gate = F.silu(x @ self.W_gate)
        return (gate * (x @ self.W_in)) @ self.W_out
        ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_SwiGLU", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.SwiGLU(SwiGLU)

# %% [markdown]
# *What you should see:* a tick: equal to the MLP of Llama. A third matrix costs parameters, so such models take a `d_mlp` of about ⅔ · 4 · `d_model`.

# %% tags=["look", "raises-exception"]
d_model = config.d_model
print(f"MLP with 4 · d_model neurons    {count_mlp_parameters(d_model, 4 * d_model, 1):10,} parameters")
for name, d_mlp in {"4 · d_model": 4 * d_model, "⅔ as many": round(8 * d_model / 3)}.items():
    print(f"SwiGLU with {name:11} neurons {sum(W.numel() for W in SwiGLU(d_model, d_mlp).parameters()):10,}")

# %% [markdown]
# ## Stretch 3 · `dropout`
#
# GPT-2 was trained with **dropout**: at several places, each number was set to 0 with a probability p of 0.1, anew at every step. So no neuron could count on a certain other one, and the model learned to say everything in more than one way (Srivastava and others, 2014). When training is over, nothing is dropped.
#
# **If a tenth of the numbers is missing in training and none afterwards, sums are larger afterwards. What has to be done about that, and when?**
#
# *Difficulty 2 of 5 · importance 2 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** It is the reason that modules have a train mode and an eval mode, and forgetting `model.eval()` is a classic bug.
#
# With `training=True`, each number of the result is 0 with probability p, each decided by itself, and the others are divided by 1 − p, so that the mean stays. With `training=False`, the result is `x`. Draw new random numbers at each call, from torch's global generator. The check looks at shares and means over many numbers. torch's own dropout is out of bounds.
#
# <details><summary>Hint 1 · a question</summary>
#
# `torch.rand_like(x)` gives a number from 0 to 1 for each of x's. With which probability is such a number below 0.1?
#
# <details><summary>If you see "what is kept, divided by x"</summary>
#
# With p = 0.3, seven tenths of the numbers are left. By how much must each grow so that the sum stays the same on average?
#
# </details>
#
# <details><summary>If you see "whole vectors are dropped" or "the same numbers"</summary>
#
# Print the shape of your random numbers. There should be one for every number of x.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "dropout", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dropout(x: Float[Tensor, "..."], p: float, training: bool) -> Float[Tensor, "..."]:
    """In training: each number 0 with probability `p`, otherwise divided by 1 − p. Afterwards: `x`. 0 ≤ p < 1."""
    ### BEGIN SOLUTION
    if not training:
        return x
    kept = torch.rand_like(x) >= p
    return torch.where(kept, x / (1 - p), 0.0)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_dropout", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.dropout(dropout)

# %% [markdown]
# *What you should see:* a tick. Your zeros are not torch's zeros, but there are as many of them.
#
# **What does it cost to forget `eval()`?** The model reads the text five times with your dropout on everything that is written to its stream, and once without.

# %% tags=["look", "raises-exception"]
torch.manual_seed(4)
print(f"ten ones after dropout with p = 0.5: {dropout(torch.ones(10), 0.5, training=True).tolist()}")
mlps = [block.mlp for block in blocks]
print(f"in eval mode   {-next_token_probabilities(TEXT).log().mean():.3f} nats of surprise at each token")
for _ in range(5):
    with changed(mlps, lambda given, output: dropout(output, 0.1, training=True)):
        print(f"in train mode  {-next_token_probabilities(TEXT).log().mean():.3f}")

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and reads the shapes aloud. Swap after every exercise that has its tick.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together: which rows suffer at which words? Agree on a picture of the whiteboard. |
# | 10–35 | Exercises 1 and 2. Agree on your scratchpad: the names `resid`, `mean`, `normed`, `pre`, `post`, `mlp_out`, and the axes of each. **Swap** between the two. |
# | 35–45 | The cloud. Say aloud what each step does before you pull the slider. |
# | 45–65 | Exercises 3 and 4. **Swap** between the two. |
# | 65–75 | Exercise 5. Draw the stream as a line from left to right, with the norm where it belongs. |
# | 75–90 | The two questions below. |
#
# Core is exercises 1 to 8; 6 to 8 do well as homework. Stretch is for whoever has time left. **Not finishing is normal:** a session that ends with an MLP that has its tick is a good one.
#
# **Two questions to argue about.**
#
# 1. The MLP sees one token at a time. How can it know anything about *bus* in *he drove a bus* that it would not know about *bus* alone? What must have happened on the whiteboard before?
# 2. LayerNorm throws away how long a vector is. Could the length have meant something? Find a way in which a model could keep such a "how much" through a LayerNorm after all.
#
# **Where pairs get stuck.** At `keepdim`, when one of you sees the error and the other sees no error but wrong values (square shapes do that). At the order of gain and bias. At exercise 5, when one of you thinks of the norm as part of the stream: say "glasses" until it bores you.

# %% [markdown]
# ## What you have built
#
# - **standardise** and **LayerNorm**: what every layer reads, with mean 0 and variance 1, then stretched and shifted.
# - **gelu**: the bend, in the form that GPT-2 was trained with.
# - **MLP**: thousands of neurons, each of which looks for a direction and writes one; equal to the real model's.
# - **residual_add**: reading through the norm, writing by adding.
# - **each_position_alone**: the proof that this half of a block never looks at another token.
# - **count_mlp_parameters**: and that it holds most of a block's numbers.
#
# What is still missing? So far a token knows only itself and its place. Next week tokens look at one another.
#
# Words of this week in the [glossary](../glossary.md): *activation function, bias, block, d_mlp, dropout, eps, gain, GELU, LayerNorm, MLP, nat, neuron, n_layers, parameter, pre, post, residual stream, RMSNorm, standard deviation, SwiGLU, train mode, eval mode, variance*.
