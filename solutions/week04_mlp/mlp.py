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
# **The big idea.** A block of GPT-2 never replaces a token's vector. Its MLP half normalises the vector (LayerNorm), computes an update from that one vector alone (the MLP), and adds the update to the vector.
#
# | | |
# |---|---|
# | **You will have built** | LayerNorm, GELU and the MLP of GPT-2, equal to the model's own up to float32 rounding, and the way they write to the residual stream |
# | **You need** | vectors (week 1) and embeddings (week 3), which are in `parts.py` beside this notebook |
# | **Time** | reading and demonstrations 1 h · core exercises 2 h 10 min · stretch 50 min |
# | **Where we are** | text → tokens → embeddings → **blocks** → logits → probabilities → next token |
#
# Last week you built both ends of the model. Between them are the blocks, and a **block** has two halves. In one of them, attention, positions read from one another: that is next week. The other half works on each position alone, and it has most of a block's parameters. This week builds that half, and the residual connection around it.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write your code; the check below it compares your results with a reference, which its last line names: torch's or Hugging Face's own code, most often.

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
from utils.story_world import story
from utils.tokens import token_strings

gpt2 = reference.load()
TEXT = "Long ago Carlos was a gentle man. He lived in the city with his uncle. Every day he drove a bus."

# %% [markdown]
# ## A first look
#
# The model reads a text and gives, at every position, a probability to the token that comes next. **Which half of its blocks does it need for that: attention, in which positions read from one another, or the MLPs, which take each position alone?**
#
# We switch off one of them at a time, in all blocks. The next cell is a tool for this week's demonstrations: inside `with changed(…)`, modules of the model give another output. You need not read it.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "switches", "locked": true, "schema_version": 3, "solution": false, "task": false}
@contextmanager
def changed(modules: Iterable[nn.Module], change: Callable) -> Iterator[None]:
    """Inside the `with`, each of the modules gives `change(input, output)` instead of its output."""
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
    """The probability that the model gives to each token of the text, from the second on, after those before it."""
    ids = torch.tensor([gpt2.tokenizer.encode(text)])
    with torch.no_grad():
        probabilities = gpt2.model(ids).logits.softmax(dim=-1)
    return probabilities[0, :-1].gather(1, ids[0, 1:, None])[:, 0]


# %% [markdown]
# Write down first: without which half will the predictions be worse?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
blocks = gpt2.model.transformer.h
words = token_strings(gpt2.tokenizer.encode(TEXT))
found = {"the whole model": next_token_probabilities(TEXT)}
with changed([block.mlp for block in blocks], silenced):
    found["without its MLPs"] = next_token_probabilities(TEXT)
with changed([block.attn for block in blocks], silenced):
    found["without attention"] = next_token_probabilities(TEXT)

for name, probabilities in found.items():
    print(f"{name:18} loss {-probabilities.log().mean():5.2f} nats per token")
pictures.heatmap(
    torch.stack(list(found.values())), list(found), words[1:], title="Probability of the token that came"
)

# %% [markdown]
# The **loss** is the mean of −log of these probabilities, in **nats**: 0 if every token that came had probability 1, and log 50,257 ≈ 10.8 for the **uniform baseline**, which gives all 50,257 tokens the same probability. Compare the three lines, then the three rows: the model needs both halves.
#
# <details><summary>What you should see</summary>
#
# In the storyteller: 3.61 for the whole model, 11.95 without its MLPs (worse than the uniform baseline) and 5.99 without attention. GPT-2's numbers are different; neither half can be left out there, either.
#
# </details>
#
# ## The idea in plain words
#
# Each position has a vector that goes through the whole model. It starts as the sum of token embedding and position embedding (week 3). Then every layer reads it, computes something, and adds its result; at the end the unembedding turns it into logits. You can imagine a whiteboard on which every layer may write, but which no layer may wipe.
#
# The vectors between the layers are the **residual stream**, and adding a layer's result to its input is a **residual connection** (He et al., 2015, arXiv:1512.03385). "Writing" to the stream means adding a vector, nothing more. Nothing is *overwritten*; but a layer can *cancel* what is there by adding its negative.
#
# Three pieces make the per-token half:
#
# - **LayerNorm** normalises what a layer reads. However large the numbers in the stream are, the layer gets them with mean 0 and variance 1.
# - The **MLP** computes the update for each position by itself. It consists of **neurons**, 3,072 in each block of GPT-2 small. Each takes the dot product of the vector with one direction, its input weights; the larger the result, the more it adds of another direction, its output weights.
# - **GELU** lies between the two. It is an **activation function**, a nonlinear function of each number by itself: it passes large sums on almost unchanged and turns clearly negative ones into almost 0.
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
# `batch` and `seq` never change and nothing is summed over them: that is what "per token" means. In GPT-2 **d_mlp** is 4 · `d_model`; here are the sizes of the model that you have loaded.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6)
pad.note("resid", (2, 6, gpt2.config.d_model), "batch seq d_model")
pad.note("normed", (2, 6, gpt2.config.d_model), "batch seq d_model")
pad.note("pre", (2, 6, gpt2.config.d_mlp), "batch seq d_mlp")
pad

# %% [markdown]
# ## Exercise 1 · `standardise`
#
# Since every layer adds, the vectors can become longer. **How long are they on their way through the model?** The next two cells record what each layer writes for the text above, and how long the vectors are after it.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "what_is_written", "locked": true, "schema_version": 3, "solution": false, "task": false}
def what_is_written(
    text: str,
) -> tuple[dict[str, Float[Tensor, "seq d_model"]], Float[Tensor, "seq d_model"]]:
    """What each layer adds to the residual stream, by its name and in order; and what ln_f reads at the end."""
    transformer, outputs, at_last = gpt2.model.transformer, [], []
    names, writers = ["embeddings"], [transformer.drop]
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
    longest = words[length.argmax()]
    print(
        f"after {name:12} lengths from {length.min():7.2f} to {length.max():7.2f}, the longest at {longest!r}"
    )
steps = torch.arange(len(lengths))
pictures.curve(steps, lengths.mean(dim=-1), x_title="layers that have written", y_title="mean length")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# In the storyteller the mean length is 2.9 at the start and 77 at the end. It does not only grow: after the attention of layer 3 the vectors are shorter than before, because that layer's update points against them.
#
# In GPT-2 small one vector is far longer than all others from an early layer on: that of the first token. A few of its coordinates are huge. Such **massive activations** are common in large language models, and seem to act as constant biases (Sun et al., 2024, arXiv:2402.17762).
#
# </details>
#
# A layer that read the stream as it is would have to work with vectors of every length. So each vector is first brought to a standard form: the **mean** of its numbers is subtracted, and then it is divided by its **standard deviation**, the root of the **variance**. With $\mu$ and $\sigma^2$ for the mean and the variance of the `d_model` numbers of one vector:
#
# $$\text{standardise}(x) = \frac{x - \mu}{\sqrt{\sigma^2 + \text{eps}}}$$
#
# The small number **eps** keeps the fraction finite when all numbers of a vector are equal. (Ba, Kiros and Hinton, *Layer Normalization*, 2016, arXiv:1607.06450.)
#
# *Difficulty 2 of 5 · importance 5 of 5 · 20 minutes · core, 14 points*
#
# **Why.** These few operations come before every layer of GPT-2 and before the unembedding: 25 times in GPT-2 small.
#
# Four things to get right:
#
# - Each vector has a mean and a variance of its own. They run over the last axis alone, however many leading axes there are.
# - The variance is the mean of the squared distances from the mean: their sum, divided by `d_model`.
# - eps is added to the variance, under the root.
# - The vectors that you are given stay as they were: the residual stream still needs them.
#
# Write it with means, squares and roots. torch's own `layer_norm` and similar functions are not allowed in this exercise and the next.
#
# <details><summary>Hint 1 · a question</summary>
#
# The mean of a `(2, 6, 768)` tensor over its last axis has shape `(2, 6)`. You want to subtract it from `(2, 6, 768)`. Which shape does it need, so that each vector's own mean is subtracted from it?
#
# <details><summary>Hint 2 · the tools</summary>
#
# `x.mean(dim=…, keepdim=True)` keeps the averaged axis, with size 1. Subtract first, then square what is left, then take the mean of that: three lines.
#
# </details>
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
# Did you take the mean of the squares and subtract the square of the mean? In exact arithmetic that is the variance, too. With float32's seven digits and numbers near 2,048, the two are almost equal, and their difference is mostly rounding error.
#
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
# <details><summary>What you should see</summary>
#
# `equal torch's layer_norm`. One case has an eps of 0.1, so large that it shows where you put it.
#
# </details>

# %% [markdown]
# ## Exercise 2 · `LayerNorm`
#
# Mean 0 and variance 1 need not be the best for every layer. So each LayerNorm has a **gain** and a **bias**, one number of each for every coordinate of the vector. It multiplies by the gain, then adds the bias, and training sets both.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 16 points*
#
# **Why.** From now on this is a module with weights of its own; every half of a block begins with one.
#
# Keep the weights in `self.gain` and `self.bias`, both of shape `d_model`, as `nn.Parameter`. A new module should do nothing but standardise: which gain and which bias is that? It behaves the same in train and in eval mode.
#
# <details><summary>Hint 1 · a question</summary>
#
# You have `standardise` already. What does `forward` have to add to it, and what must `__init__` keep for it besides the two weights?
#
# </details>
#
# <details><summary>If you see "plain tensors" or "number of learned parameters"</summary>
#
# A module finds its parameters by their type. `nn.Parameter(torch.ones(3))` is one, `torch.ones(3)` is not. And `super().__init__()` has to come first: it is there already.
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


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "LayerNorm", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LayerNorm(nn.Module):
    """Brings each vector to mean 0 and variance 1, then multiplies it by `gain` and adds `bias`.

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
        """The normalised `x`, which the next layer reads. `x` is left as it was."""
        ### BEGIN SOLUTION
        return standardise(x, self.eps) * self.gain + self.bias
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_LayerNorm", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
checks.LayerNorm(LayerNorm)

# %% [markdown]
# **Does it give what the model's own modules give?** Here your module takes the gain and bias of every LayerNorm in the model in turn, `ln_1` and `ln_2` of each block and `ln_f` at the end, and normalises the embeddings that you built in week 3.

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
# <details><summary>What you should see</summary>
#
# `equal GPT-2`, and a largest difference of about 1e-6 or less for numbers of order 1: float32 rounding, because the sums run in another order. There are 9 LayerNorms in the storyteller and 25 in GPT-2 small.
#
# </details>
#
# ### What LayerNorm does to a cloud of points
#
# With vectors of three numbers you can watch it. There are three clouds here. One is of order 1. One is ten times smaller. And one has 1.5 added to all of its numbers.
#
# **Which of the three can still be told apart after LayerNorm?** Write down your prediction, then move the slider from step to step.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
generator = torch.Generator().manual_seed(4)
shapes = torch.randn(3, 60, 3, generator=generator)
clouds = torch.cat([shapes[0], 0.1 * shapes[1], shapes[2] + 1.5])
kinds = ["of order 1"] * 60 + ["ten times smaller"] * 60 + ["1.5 added to all numbers"] * 60

norm = LayerNorm(3)
with torch.no_grad():
    norm.gain.copy_(torch.tensor([2.0, 1.0, 0.5]))
    norm.bias.copy_(torch.tensor([0.0, 0.5, 1.0]))
pictures.cloud_steps(
    {
        "as they come": clouds,
        "mean subtracted": clouds - clouds.mean(dim=-1, keepdim=True),
        "standardised": standardise(clouds, 1e-5),
        "gain and bias": norm(clouds),
    },
    kinds,
)

# %% [markdown]
# None of them. Subtracting the mean projects everything onto one plane: the numbers of each vector add up to 0 now. Dividing by the standard deviation moves each point outwards or inwards until it lies on a circle, since variance 1 means length √d_model, here √3. What is lost is the vector's mean, and its length; what is kept is the direction within the plane. Gain and bias turn the circle into an ellipse somewhere in space.
#
# In the model the same happens with a sphere of `d_model` − 2 dimensions. In the model's own size:

# %% tags=["look", "raises-exception"]
x = torch.randn(config.d_model, generator=generator)
for name, other in {"10 · x": 10 * x, "x + 5": x + 5, "−x": -x}.items():
    same = torch.cosine_similarity(standardise(x, 1e-5), standardise(other, 1e-5), dim=-1)
    print(f"standardised, x and {name:7} have a cosine similarity of {same:.4f}")

# %% [markdown]
# ## Exercise 3 · `gelu`
#
# A neuron adds up `d_model` products. If it passed on the sum as it is, the whole MLP would be a linear map and a bias, which a single matrix could replace (the quiz comes back to this). A **nonlinearity** is needed: an activation function.
#
# The simplest is ReLU: negative sums become 0. GPT-2's is smoother. **Where do the candidates differ, and where do they agree?**

# %% tags=["look", "raises-exception"]
x = torch.linspace(-4, 3, 281)
pictures.curves(
    x,
    {"ReLU": F.relu(x), "SiLU": F.silu(x), "GELU": F.gelu(x), "sigmoid, for comparison": torch.sigmoid(x)},
    x_title="the neuron's sum, pre",
    y_title="after the activation, post",
)

# %% [markdown]
# They agree for large numbers of either sign and differ around 0. GELU multiplies x by the probability that a standard normal random number is below x: near 0 for clearly negative sums, near 1 for clearly positive ones. Computing it takes a function called erf. Hendrycks and Gimpel, who proposed GELU (*Gaussian Error Linear Units*, 2016, arXiv:1606.08415), also gave a faster approximation with tanh, and it is the one in OpenAI's code for GPT-2:
#
# $$\text{gelu}(x) = 0.5 \; x \, \Big(1 + \tanh\big(\sqrt{2/\pi}\,(x + 0.044715\, x^3)\big)\Big)$$
#
# *Difficulty 1 of 5 · importance 4 of 5 · 10 minutes · core, 12 points*
#
# **Why.** It is the MLP's only nonlinearity. And a slightly wrong GELU is hard to notice: no error is raised, and the loss hardly changes.
#
# Write the formula. torch has it, too, as `F.gelu(x, approximate="tanh")`, and the check accepts that. But in week 10 you will be asked for its derivative, so it helps to write it once.
#
# <details><summary>Hint 1 · a question</summary>
#
# What should come out for −10, for 0 and for 10, if GELU is near ReLU there? Try your function on the three before the check does.
#
# </details>
#
# <details><summary>If you see "this is the exact GELU"</summary>
#
# `F.gelu(x)` alone is the form with erf. Which argument asks for the other one?
#
# </details>
#
# <details><summary>If you see "has lost its root" or "upside down"</summary>
#
# √(2/π) is a plain number, about 0.798. Print yours.
#
# </details>
#
# <details><summary>If you see NaN</summary>
#
# e³⁰⁰⁰⁰ is too large for any float. `torch.tanh` does not compute it.
#
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
# <details><summary>What you should see</summary>
#
# `equal HF's gelu_new`, also for numbers as large as 100.
#
# </details>
#
# **How far is the form with tanh from the exact one?** Look at the scale on the left.

# %% tags=["look", "raises-exception"]
x = torch.linspace(-5, 5, 401)
difference = gelu(x) - F.gelu(x)
print(f"The form with tanh and the form with erf differ by at most {difference.abs().max():.5f}.")
pictures.curve(x, 1e4 * difference, x_title="x", y_title="tanh form − erf form, in ten-thousandths")

# %% [markdown]
# **And how much does a trained model lose?** Here it reads ten stories (four with GPT-2) with another function in place of its own GELU. Which of the five others costs most, and which least? The last column is how far its logits for the text above move at most.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
print(f"your gelu of −1, 0 and 1: {gelu(torch.tensor([-1.0, 0.0, 1.0]))}")
candidates = {
    "your gelu": gelu,
    "GELU with erf": F.gelu,
    "x · sigmoid(1.702 x)": lambda x: x * torch.sigmoid(1.702 * x),
    "SiLU": F.silu,
    "ReLU": F.relu,
    "nothing at all": lambda x: x,
}
n_stories = 10 if gpt2.name == "storyteller" else 4  # a larger model takes longer for each
texts = ["<|endoftext|>" + story(seed=4, index=number).text for number in range(n_stories)]
with torch.no_grad():
    own = gpt2.model(ids).logits
    for name, function in pictures.progress(candidates.items(), "functions"):
        with changed([block.mlp.act for block in blocks], lambda given, output, f=function: f(given)):
            loss = -torch.cat([next_token_probabilities(text) for text in texts]).log().mean()
            moved = (gpt2.model(ids).logits - own).abs().max()
        print(f"{name:22} loss {loss:7.4f} nats per token, logits moved by {moved:.5f}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# In the storyteller: 0.4900 with its own GELU and with the exact one, 0.4901 with the sigmoid form, 0.5075 with SiLU, 0.6559 with ReLU, and 22.8 without any nonlinearity, far above the uniform baseline. The two forms of GELU differ by 0.0005 at most: too little for the loss, enough to move logits by 0.016.
#
# </details>
# %% [markdown]
# ## Exercise 4 · `MLP`
#
# Now the neurons. Each has a column of `W_in`, the direction that it responds to. Its sum is the dot product of that column with the vector, plus a bias from `b_in`, which shifts how large the dot product must be. After GELU, the result (the neuron's **activation**) multiplies the neuron's row of `W_out`, the direction that it writes. The results of all neurons are added up, and then `b_out`.
#
# In shapes: from `d_model` to `d_mlp`, the nonlinearity, and back to `d_model`.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 20 minutes · core, 18 points*
#
# **Why.** Two thirds of the parameters in GPT-2's blocks are here. (You count them in exercise 7.)
#
# Keep the weights in `self.W_in` (`d_model d_mlp`), `self.b_in` (`d_mlp`), `self.W_out` (`d_mlp d_model`) and `self.b_out` (`d_model`), as `nn.Parameter`. (An `nn.Linear` in `self.W_in` is fine, too: the check finds its weight and its bias.) Initialise the weights with random numbers of standard deviation 0.02 and the biases with 0, as OpenAI's code for GPT-2 does. There is no dropout here, and the MLP does not add its result to the stream; it returns it.
#
# <details><summary>Hint 1 · a question</summary>
#
# `x @ W` sums the last axis of `x` with the first of `W`, and keeps all leading axes. Which shape has `x @ self.W_in`, and with what can it be multiplied next?
#
# </details>
#
# <details><summary>If you see "the activation comes after the second product"</summary>
#
# The activation function belongs to the neurons. Which of your intermediate results has an axis of size d_mlp?
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
# `nn.GELU()` and `F.gelu(x)` use the form with erf by default. Your own function does not.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "MLP", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MLP(nn.Module):
    """Each position's vector by itself: out to d_mlp neurons, through GELU, and back to d_model.

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
        """The update of each position's vector. The same in train and in eval mode."""
        ### BEGIN SOLUTION
        return gelu(x @ self.W_in + self.b_in) @ self.W_out + self.b_out
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_MLP", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.MLP(MLP)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal HF's GPT2MLP`: with the weights of one of the model's own MLPs, your module gives what that one gives. A vector goes from 96 numbers to 384 and back in the storyteller, from 768 to 3,072 and back in GPT-2 small.
#
# </details>
#
# **What do single neurons respond to?** Here is the text, shaded by one neuron's activation in the last block. The slider chooses the neuron; it starts at the one that has the highest peak, compared with its own spread over this text. Try to find a neuron that responds to a kind of word, and one that responds to a single position. For most neurons you will find no name: one text is short, and many neurons respond to several unrelated things (see the common questions).

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
# So far nothing has been added to the stream. A layer of GPT-2 reads the stream through its norm, and its result is *added* to the stream itself: the residual connection.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 12 points*
#
# **Why.** This line is in every block twice, once around attention and once around the MLP. With the norm in another place the model trains as well, but it is another model. GPT-2's order is called **pre-norm**; the transformer of 2017 is post-norm.
#
# You are given the stream, a norm and a layer. Both are functions from `batch seq d_model` to the same shape; the layer may be an MLP or attention, so give it the whole tensor. The stream that you are given stays as it was. In week 7 we compare it with the result.
#
# <details><summary>Hint 1 · a question</summary>
#
# There are three vectors for each position: the one in the stream, its normalised form, and the layer's result. Which two are added?
#
# </details>
#
# <details><summary>If you see "added to the normalised stream"</summary>
#
# The norm changes what the layer reads, not the stream. Does your sum begin with the stream or with what the norm made of it?
#
# </details>
#
# <details><summary>If you see "changes its input resid in place"</summary>
#
# `resid += …` writes into the caller's tensor. `resid + …` makes a new one.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "residual_add", "locked": false, "schema_version": 3, "solution": true, "task": false}
def residual_add(
    resid: Float[Tensor, "batch seq d_model"],
    norm: Callable[[Tensor], Tensor],
    layer: Callable[[Tensor], Tensor],
) -> Float[Tensor, "batch seq d_model"]:
    """The residual stream after a layer has read it through its norm and its result has been added.

    `resid` itself is left as it was.
    """
    ### BEGIN SOLUTION
    update = layer(norm(resid))
    return resid + update
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_residual_add", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.residual_add(residual_add)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal HF's GPT2Block`, for a layer that takes each position alone and for one that does not.
#
# </details>
#
# **Which layer writes how much?** A row for each layer, a column for each token of the text. The number is the length of what the layer writes, divided by the length of the stream's vector afterwards. The lines above the picture give the mean cosine similarity between what a layer writes and what it finds in the stream.

# %% tags=["look", "raises-exception"]
updates = torch.stack(list(written.values()))
for name, update, before in zip(list(written)[1:], updates[1:], stream, strict=False):
    print(f"{name:12} cosine with the stream {torch.cosine_similarity(update, before, dim=-1).mean():5.2f}")
print(f"All updates added up differ from what ln_f reads by {(updates.sum(dim=0) - end).abs().max():.1e}.")
relative = updates.norm(dim=-1) / lengths
pictures.heatmap(relative, list(written), words, title="Length of what is written, over that of the stream")

# %% [markdown]
# The last line above the picture is the point of the week. What the model has at the end is a sum: the embeddings, plus what each attention layer wrote, plus what each MLP wrote. No term is overwritten. A negative cosine shows a layer that cancels part of what was there: in the storyteller the attention of layer 3 has −0.66. In week 12 we take the sum apart, and ask which of its terms led to the model's prediction.

# %% [markdown]
# ## Exercise 6 · `each_position_alone`
#
# "The MLP takes each token alone" is a claim about a function. **How could you find out, if you were given only the function?** By an experiment: change what goes in at one position, and see where something else comes out.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · core, 12 points*
#
# **Why.** It is the difference between the two halves of a block, in one True or False. And changing one input to see which outputs change is a good way to look for bugs.
#
# Write a function that takes any `layer` from `batch seq d_model` to the same shape, and some `x` to try it on. It returns True if what comes out at a position never depends on what goes in at *another* position, and False if it does for any two positions. The layer may be called as often as you like, with any batch and seq. Count two results as equal when `torch.allclose(…, rtol=1e-4, atol=1e-4)` is True: rounding may differ.
#
# <details><summary>Hint 1 · a question</summary>
#
# If you change the vector at position 3 only, and run the layer before and after: which positions of the output are allowed to differ? And how many positions do you have to try?
#
# <details><summary>Hint 2 · another way</summary>
#
# You can also give the layer one position at a time. When must that give the same as all of them together?
#
# </details>
# </details>
#
# <details><summary>If you see "only the first position" or "only the last position"</summary>
#
# Some layers read only backwards, some only forwards, some from one position alone. One position changed is one experiment; you need one for each.
#
# </details>
#
# <details><summary>If you see "a layer that depends on directions alone gives the same"</summary>
#
# A vector twice as long has the same direction, and after a LayerNorm it is the same vector. Put unrelated numbers there.
#
# </details>
#
# <details><summary>If you see "True whatever the layer does"</summary>
#
# `changed = x` is a second name for the same tensor. `x.clone()` is a second tensor.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "each_position_alone", "locked": false, "schema_version": 3, "solution": true, "task": false}
def each_position_alone(layer: Callable[[Tensor], Tensor], x: Float[Tensor, "batch seq d_model"]) -> bool:
    """Whether a layer treats each position alone, tested on `x`.

    `layer` maps [batch, seq, d_model] to the same shape, for any batch and seq. The layer may give the same
    whatever its input is: then it reads no other position, and the answer is True.
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
# <details><summary>What you should see</summary>
#
# `equal the layers' derivatives`. Four kinds of layers in the check treat each position alone; in the others some position reads another. A False is certain: you have seen the difference. A True is a test passed, not a proof.
#
# </details>
#
# **Now test this week's modules.** Your LayerNorm, your MLP, the residual sum around both, and the model's own modules. Which of them will give False?

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
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · core, 8 points*
#
# **Why.** A **parameter** is a number that training sets, and a model is described by how many it has. **Where are they?** The four published sizes of GPT-2 differ in everything but the vocabulary; is the MLPs' part of them the same in all four? Here you do not calculate it: you measure it, on models that have no numbers at all.
#
# On torch's *meta* device a tensor has a shape and no contents. `with torch.device("meta"):` builds the largest GPT-2, 6 GB in float32, in a moment and in no memory. Its modules and parameters have the names that they always have, and `model.named_parameters()` lists them: each parameter once, under a name such as `transformer.h.0.mlp.c_fc.weight`. Such a name is a path, from the whole model to the module that has the parameter, with dots between the modules.
#
# Return three counts of single numbers: those in modules called `mlp`, those in modules called `attn`, and those of the whole model. A module inside an `mlp` belongs to it; one that is called `mlp_norm` does not. (No `attn` is inside an `mlp`, nor the other way round.)
#
# <details><summary>Hint 1 · a question</summary>
#
# What does `"a.b.c".split(".")` give? How can you tell from it that the path goes through a module of a certain name, and what does a test on the undivided text get wrong?
#
# </details>
#
# <details><summary>If you see "a matrix counts as one"</summary>
#
# A parameter is a whole tensor for torch. Which method says how many numbers a tensor has?
#
# </details>
#
# <details><summary>If you see "counted twice"</summary>
#
# A state dict lists a shared tensor under each of its names. `named_parameters()` lists it once.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "count_mlp_parameters", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_mlp_parameters(model: nn.Module) -> tuple[int, int, int]:
    """How many parameters are in modules called mlp, in modules called attn, and in the whole model.

    The model may be on the meta device. A parameter that several modules share counts once.
    """
    ### BEGIN SOLUTION
    in_mlp = in_attention = in_all = 0
    for name, parameter in model.named_parameters():
        path, count = name.split("."), parameter.numel()
        in_all += count
        if "mlp" in path:
            in_mlp += count
        elif "attn" in path:
            in_attention += count
    return in_mlp, in_attention, in_all
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_count_mlp_parameters", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.count_mlp_parameters(count_mlp_parameters)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal HF's own model`, for all four sizes of GPT-2 and for models of other shapes. Below, the MLPs have 45.5%, 56.8%, 61.0% and 63.1% of the parameters of the four, from small to XL, and always twice as many as attention. In the storyteller, which has the same vocabulary and narrow blocks, it is 5.6%.
#
# </details>
#
# **Is it the same part in all sizes?** Predict two things: whether the MLPs' part of the whole model grows or falls with the size, and whether it changes compared with attention.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
Model, Config = type(gpt2.model), type(gpt2.model.config)  # Hugging Face's classes of GPT-2
for name, sizes in {gpt2.name: config, **reference.CONFIGS}.items():
    with torch.device("meta"):
        empty = Model(
            Config(
                n_embd=sizes.d_model,
                n_head=sizes.n_heads,
                n_layer=sizes.n_layers,
                n_positions=sizes.n_ctx,
                vocab_size=sizes.d_vocab,
            )
        )
    in_mlp, in_attention, in_all = count_mlp_parameters(empty)
    print(f"{name:12} {in_all:13,} parameters, {4 * in_all / 1e9:4.1f} GB", end="  ")
    print(f"MLPs {in_mlp / in_all:5.1%}  attention {in_attention / in_all:5.1%}", end="  ")
    print(f"MLPs : attention {in_mlp / in_attention:.3f}")

# %% [markdown]
# In a block the two weights of the MLP have 8 · d_model² numbers together and attention's four have 4 · d_model²; that d_mlp is 4 · d_model fixes the ratio. The embedding grows with d_model alone and the blocks with its square, so in a large model nearly everything is in the blocks, and two thirds of that in the MLPs. In week 7 you calculate such numbers from a config, without any model.

# %% [markdown]
# ## Exercise 8 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Shapes say which axis is summed in each step. A shape that you cannot write down shows which step to read again.
#
# Fill in the shapes in the MLP's half of a block of GPT-2 small, for a **batch of 2 prompts of length 6**: d_model 768, d_mlp 3072. A shape is a tuple, such as `(2, 6, 768)`; a bias of 768 numbers has shape `(768,)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows are weights? They have no batch axis and no seq axis, since the same weights are used for every token.
#
# </details>
#
# <details><summary>If you see "the averaged axis stays"</summary>
#
# `keepdim=True` leaves an axis where the averaged one was. Which size does it have?
#
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
# <details><summary>What you should see</summary>
#
# `11 of 11 cases equal GPT-2 small's own shapes`. Until then, the card names the rows that are not right yet.
#
# </details>

# %% [markdown]
# ## In the whole model
#
# **What do LayerNorm and the MLP do in a running model?** Here is the explorer of week 1 again, opened at the neurons of a block. Compare *neurons before GELU* with *neurons after GELU*: which of the two colours has almost gone? Then open *MLP output*, switch the MLP off, and watch the probabilities of the next token. Do this for each block in turn.

# %% tags=["look", "raises-exception"]
pictures.explore(gpt2, TEXT, box="neurons before GELU")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# Negative numbers are orange, and GELU turns them into numbers near 0. How much an MLP matters differs from block to block and from text to text. Week 12 measures it.
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
            "A vector in the stream becomes ten times as long, its direction unchanged. What changes in the MLP's result, after LayerNorm?",
            [
                Choice(
                    "Its neurons' sums become ten times as large.",
                    why="They would if the MLP read the stream as it is. It reads it through LayerNorm, which divides by the standard deviation, and that has become ten times as large, too.",
                ),
                Choice(
                    "Almost nothing: only eps makes a difference.",
                    right=True,
                    why="Mean and standard deviation become ten times as large, too, so the fraction stays the same but for eps, and eps is far below the variance.",
                ),
                Choice(
                    "Everything turns into 0.",
                    why="That is what happens to a vector whose numbers are all equal. Here they keep their proportions.",
                ),
            ],
        ),
        Question(
            "The vectors at two positions are swapped before the MLP. What comes out?",
            [
                Choice(
                    "The same results, with those two swapped.",
                    right=True,
                    why="Each position is computed alone and with the same weights, so each result moves with its vector.",
                ),
                Choice(
                    "Other results for all tokens after the first of them.",
                    why="That would be attention, where later positions read from earlier ones. The MLP computes each position from its own vector only.",
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
                    why="What it can compute would change: it would be linear (plus a bias), whatever its weights are.",
                ),
                Choice(
                    "What one matrix of `d_model` by `d_model` and one bias can do.",
                    right=True,
                    why="(x W_in + b_in) W_out + b_out = x (W_in W_out) + (b_in W_out + b_out). The neurons in between would add nothing.",
                ),
                Choice(
                    "Nothing: its output would be 0.",
                    why="Products and sums still give numbers. But they give a linear function and a bias, nothing else.",
                ),
            ],
        ),
        Question(
            "Why does a layer add to the stream and not replace it?",
            [
                Choice(
                    "So that later layers can still use what earlier ones wrote.",
                    right=True,
                    why="What a layer does not cancel is still there for all later ones, the token's own embedding included. And in training, the gradient reaches early layers directly, through the sums.",
                ),
                Choice(
                    "Because a sum is faster than a product.",
                    why="The sum takes very little time either way; nearly all the work is inside the layer.",
                ),
                Choice(
                    "So that the vectors get longer and longer.",
                    why="That is a side effect, and one reason why every layer reads through a LayerNorm.",
                ),
            ],
        ),
        Question(
            "A LayerNorm uses `x.var(dim=-1)`. With `d_model` = 768 its results are nearly right. What is wrong?",
            [
                Choice(
                    "It divides by 767 instead of 768.",
                    right=True,
                    why="The results are too small by less than a thousandth: too little to see by eye, but far more than rounding. In the checks d_model is small, so the difference is larger.",
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
# The third question can be tested. Here is an MLP without GELU, and the one matrix that gives the same:

# %% tags=["look", "raises-exception"]
W = mlp_weights(gpt2, layer=0)
x = torch.randn(5, config.d_model, generator=generator)
straight = (x @ W["W_in"] + W["b_in"]) @ W["W_out"] + W["b_out"]
one_matrix = x @ (W["W_in"] @ W["W_out"]) + (W["b_in"] @ W["W_out"] + W["b_out"])
print(
    f"The two hold {W['W_in'].numel() + W['W_out'].numel():,} numbers, the one holds {config.d_model**2:,}."
)
print(f"Their results differ by at most {(straight - one_matrix).abs().max():.1e}.")

# %% [markdown]
# ### In your own words
#
# A classmate says: *"LayerNorm wipes out how large a vector is, and then the MLP puts a new vector in its place. So after the first block nothing of the original token can be left."* What is right about this, and what is not? Answer in four or five sentences, and use the words **residual stream**, **reads** and **adds**. A person grades this answer: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It is right that what comes out of a LayerNorm no longer says how long the vector was: mean 0 and variance 1 hold for every one. But only the layer after it reads that version; the residual stream itself is not normalised and keeps its length. Nor does the MLP put anything in the vector's place: its result is added to the stream. So the stream after the first block is the token embedding plus the position embedding plus two updates, and later layers can still read the token embedding in it. Only a layer that writes the exact opposite of something could remove it, and even that would be a sum.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `RMSNorm`
#
# Does LayerNorm need its mean and its bias? Many later models leave both out. They divide by the **root mean square** of the numbers, the root of the mean of their squares, and have a gain only: **RMSNorm** (Zhang and Sennrich, *Root Mean Square Layer Normalization*, 2019, arXiv:1910.07467):
#
# $$\text{RMSNorm}(x) = \frac{x}{\sqrt{\text{mean}(x^2) + \text{eps}}} \cdot \text{gain}$$
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · stretch, 10 points*
#
# **Why.** Llama, Mistral, Gemma and Qwen use this one: it has half the parameters, and takes less work.
#
# Keep the weight in `self.gain` (`d_model`). A new module's gain changes nothing. As before, `x` stays as it was, and torch's own norms are not allowed.
#
# <details><summary>Hint 1 · a question</summary>
#
# A vector of ones: what is its root mean square, and what should come out? And what does LayerNorm give for the same vector?
#
# </details>
#
# <details><summary>If you see "that is LayerNorm"</summary>
#
# Nothing is subtracted here, not even to compute the root.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "RMSNorm", "locked": false, "schema_version": 3, "solution": true, "task": false}
class RMSNorm(nn.Module):
    """Divides each vector by its root mean square, then multiplies it by `gain` [d_model]."""

    def __init__(self, d_model: int, eps: float = 1e-5):
        super().__init__()
        ### BEGIN SOLUTION
        self.eps, self.gain = eps, nn.Parameter(torch.ones(d_model))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """The normalised `x`. `x` is left as it was; a vector of zeros gives zeros."""
        ### BEGIN SOLUTION
        mean_square = x.pow(2).mean(dim=-1, keepdim=True)
        return x / torch.sqrt(mean_square + self.eps) * self.gain
        ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_RMSNorm", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.RMSNorm(RMSNorm)

# %% [markdown]
# **How different are the two on the model's vectors?** The cosine similarity of both norms' results, for the stream after each layer.

# %% tags=["look", "raises-exception"]
with torch.no_grad():
    layer_norm, rms_norm = LayerNorm(config.d_model), RMSNorm(config.d_model)
    for name, resid in zip(written, stream, strict=True):
        alike = torch.cosine_similarity(layer_norm(resid), rms_norm(resid), dim=-1)
        print(f"after {name:12} lowest similarity {alike.min():.4f}, mean {alike.mean():.4f}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal torch's rms_norm`. In the storyteller the mean similarity is 0.99 or more in every line: the mean of a vector is small beside its spread, so subtracting it changes little.
#
# </details>
# %% [markdown]
# ## Stretch 2 · `SwiGLU`
#
# In a neuron of GPT-2 one sum decides both *whether* it is active and *how much* it writes. A **gated MLP** separates the two. It has two matrices before the product with W_out: one makes the **gate**, which goes through SiLU, and the other a value without any activation function. The two are multiplied, number by number (Shazeer, *GLU Variants Improve Transformer*, 2020, arXiv:2002.05202):
#
# $$\text{SwiGLU}(x) = \big(\text{silu}(x W_{gate}) \cdot x W_{in}\big)\, W_{out}, \qquad \text{silu}(z) = z \cdot \text{sigmoid}(z)$$
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · stretch, 10 points*
#
# **Why.** RMSNorm and **SwiGLU**, in place of LayerNorm and the MLP, make the per-token half of a Llama block (Touvron et al., 2023, arXiv:2302.13971).
#
# Keep the weights in `self.W_gate` and `self.W_in` (`d_model d_mlp`) and `self.W_out` (`d_mlp d_model`), initialised as in exercise 4. There are no biases. You may use `F.silu`.
#
# <details><summary>Hint 1 · a question</summary>
#
# What does a gate of 0 let through, whatever the value is? On which of the two branches must the SiLU be, so that it is the gate?
#
# </details>
#
# <details><summary>If you see "there are too many parameters"</summary>
#
# `nn.Linear` has a bias unless you pass `bias=False`.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "SwiGLU", "locked": false, "schema_version": 3, "solution": true, "task": false}
class SwiGLU(nn.Module):
    """A gated MLP: the SiLU of the gate times the value, number by number, and back to d_model. No biases.

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
        """The update of each position's vector. The same in train and in eval mode."""
        ### BEGIN SOLUTION
        gate = F.silu(x @ self.W_gate)
        return (gate * (x @ self.W_in)) @ self.W_out
        ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_SwiGLU", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.SwiGLU(SwiGLU)

# %% [markdown]
# A third matrix costs parameters, so such models often take a `d_mlp` of about ⅔ · 4 · `d_model`.

# %% tags=["look", "raises-exception"]
d_model = config.d_model
in_one = sum(W.numel() for W in MLP(d_model, 4 * d_model).parameters())
print(f"MLP with 4 · d_model neurons    {in_one:10,} parameters")
for name, d_mlp in {"4 · d_model": 4 * d_model, "⅔ as many": round(8 * d_model / 3)}.items():
    print(f"SwiGLU with {name:11} neurons {sum(W.numel() for W in SwiGLU(d_model, d_mlp).parameters()):10,}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal HF's LlamaMLP`. With ⅔ as many neurons a SwiGLU has about as many parameters as the MLP: 73,728 beside 74,208 in the storyteller, 4,718,592 beside 4,722,432 in GPT-2 small.
#
# </details>
# %% [markdown]
# ## Stretch 3 · `dropout`
#
# **Dropout** sets each number to 0 with a probability p, drawn anew at every step of training, so that neurons cannot rely on certain others being there (Srivastava et al., 2014, *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*). After training, nothing is dropped. The first GPT was trained with p = 0.1 (Radford et al., 2018). Of GPT-2 it is not known: its paper does not say, and OpenAI's code has no dropout; Hugging Face's configuration of GPT-2 has 0.1.
#
# **If a tenth of the numbers is 0 in training and none afterwards, sums over these numbers are larger afterwards, on average. How can that be corrected, and when?**
#
# *Difficulty 2 of 5 · importance 2 of 5 · 20 minutes · stretch, 12 points*
#
# **Why.** Because of functions like this one, modules have a **train mode** and an **eval mode**, and a forgotten `model.eval()` is a common bug.
#
# With `training=True`, each number of the result is 0 with probability p, independently of the others, and the others are divided by 1 − p, so that the mean stays the same. With `training=False`, the result is `x`. Draw new random numbers at each call, from torch's global generator. The check compares fractions and means over many numbers. torch's own dropout is not allowed.
#
# <details><summary>Hint 1 · a question</summary>
#
# `torch.rand_like` gives a random number from 0 to 1 for each number of a tensor. With which probability is such a number below 0.1?
#
# </details>
#
# <details><summary>If you see "what is kept, divided by x"</summary>
#
# With p = 0.3, seven tenths of the numbers are left. By which factor must each grow so that the sum stays the same on average?
#
# </details>
#
# <details><summary>If you see "whole vectors are dropped" or "the same numbers"</summary>
#
# Print the shape of your random numbers. There should be one for every number of x.
#
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_dropout", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.dropout(dropout)

# %% [markdown]
# **What does it cost to forget `eval()`?** The model reads the text once as it is, and five times with your dropout on the results of all its MLPs.

# %% tags=["look", "raises-exception"]
torch.manual_seed(4)
print(f"ten ones after dropout with p = 0.5: {dropout(torch.ones(10), 0.5, training=True).tolist()}")
mlps = [block.mlp for block in blocks]
print(f"in eval mode   loss {-next_token_probabilities(TEXT).log().mean():.3f} nats per token")
for _ in range(5):
    with changed(mlps, lambda given, output: dropout(output, 0.1, training=True)):
        print(f"in train mode  loss {-next_token_probabilities(TEXT).log().mean():.3f}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `equal torch's dropout`: your zeros are elsewhere than torch's, but as frequent. The loss is different in each line with dropout, and higher: 3.61 becomes 3.62 to 7.30 in the storyteller. It was trained without dropout, so it loses more than a model trained with it.
#
# </details>

# %% [markdown]
# ## Common questions
#
# **What do the MLPs compute in a trained model?** One reading is a memory of *keys and values*: a column of `W_in` is the pattern that a neuron responds to, and its row of `W_out` is what it adds when it does (Geva et al., 2021, arXiv:2012.14913). Changing the MLP of one middle layer of GPT-2 XL can change a fact that the model states, such as the city of the Eiffel Tower (Meng et al., 2022, arXiv:2202.05262).
#
# **Does each neuron have one meaning?** Usually not. Many neurons respond to several unrelated things; they are called **polysemantic**. A **feature**, a property of the input that the model represents, is more often a direction than one neuron, and there can be more features than dimensions if they are nearly orthogonal and rarely active together. That is called **superposition** (Elhage et al., 2022, arXiv:2209.10652).
#
# **Is LayerNorm linear?** No. Subtracting the mean is linear, and so is the gain, but the division by the vector's own standard deviation is not. The gain can be multiplied into the rows of the next matrix (`W_in`, say), and the bias into its bias, without any change of the result. Papers that analyse models do that and call it *folding* the LayerNorm.
#
# **Why is `d_mlp` four times `d_model`?** It is a choice, made in the transformer of 2017 (512 and 2,048) and kept by GPT-2. Nothing else depends on it: any `d_mlp` works in your module, and Llama has another.
#
# **Why does GPT-2 normalise before a layer, and not after the sum?** The transformer of 2017 did it after the sum. Before the layer, the gradients at the beginning of training are better behaved, and deep models train without a long warm-up of the learning rate (Xiong et al., 2020, arXiv:2002.04745).
# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and reads the shapes aloud. Swap after every exercise that passes.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together: at which words does each row have lower probabilities? Draw the residual stream, and who adds to it. Agree on your scratchpad: the names `resid`, `mean`, `normed`, `pre`, `post`, `mlp_out`, and the axes of each. |
# | 10–30 | Exercise 2 (15 min). **Swap.** |
# | 30–40 | The cloud. Say aloud what each step does before you move the slider. |
# | 40–50 | Exercise 3 (10 min). **Swap.** |
# | 50–75 | Exercise 4 (20 min). Draw the stream as a line from left to right, with the norm where it belongs. |
# | 75–90 | The two questions below. |
#
# **Before the session:** exercise 1, each of you alone. **After the session:** exercises 5 to 8, as homework or in a second session. Stretch is for those who have time left. **Not finishing is normal:** a session that ends with an MLP that passes is a good one.
#
# **Two questions to argue about.**
#
# 1. The MLP computes one position at a time. How can its result for *bus* in *he drove a bus* differ from that for *bus* alone? What must have happened in the residual stream before?
# 2. LayerNorm removes a vector's length. Could the length have carried information? Find a way in which a model could keep such a quantity through a LayerNorm after all.
#
# **Where pairs get stuck.** At `keepdim`: some shapes give an error, and square ones give wrong values without any. At the order of gain and bias. At exercise 5, if one of you thinks that the norm changes the stream: it changes only what the layer reads.

# %% [markdown]
# ## What you have built
#
# - **standardise** and **LayerNorm**: mean 0 and variance 1 for every vector, then gain and bias.
# - **gelu**: the activation function, in the form of OpenAI's code.
# - **MLP**: neurons, each of which responds to one direction and writes another; tested against the model's own.
# - **residual_add**: the residual connection, with the norm before the layer.
# - **each_position_alone**: a test that this half of a block treats each position alone.
# - **count_mlp_parameters**: two thirds of a block's parameters, measured on models without numbers.
#
# What is still missing? So far a position's vector depends on its own token and its position alone. Next week positions read from one another.
#
# Words of this week in the [glossary](../glossary.md): *activation, activation function, bias, block, d_mlp, dropout, eps, eval mode, feature, gain, gate, gated MLP, GELU, LayerNorm, loss, massive activations, mean, MLP, nats, neuron, nonlinearity, parameter, polysemantic, pre-norm, residual connection, residual stream, RMSNorm, root mean square, standard deviation, superposition, SwiGLU, train mode, uniform baseline, variance*.
