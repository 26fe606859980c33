# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 10 · Loss, gradients, optimisers
#
# **The big idea.** Learning is three questions, asked again and again. How wrong is the model? For every single weight: which way would it have to go? And how far should it go? The loss answers the first, backpropagation the second, the optimiser the third.
#
# | | |
# |---|---|
# | **You will have built** | the loss of a language model, the backward passes of half a block by hand, and AdamW, equal to torch's own step by step |
# | **You need** | softmax and cross-entropy (week 1), GELU (week 4), the attention pattern (week 5, for one stretch exercise), token losses (week 8), which `parts.py` beside this notebook holds ready |
# | **Time** | core 2½ to 3 hours · stretch 1½ hours |
# | **Where we are** | text → tokens → embeddings → blocks → logits → probabilities → next token, **and back again**: from the loss to every weight |
#
# For nine weeks numbers have run through the machine in one direction. This week they run back. It is the week with the most mathematics, but one rule does nearly all of it, the chain rule, and you have a judge who needs no mathematics at all: change a number a little and see what happens.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether torch would have got the same.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
import time
from collections.abc import Callable, Iterable, Sequence

import torch
from einops import einsum
from jaxtyping import Float, Int
from parts import GPT2, attention_pattern, cross_entropy, gelu, softmax, token_losses
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from utils import pictures, reference, story_world
from utils.checks import week10_learning as checks
from utils.quiz import Choice, Question, quiz
from utils.reference import CONFIGS
from utils.reference.inputs.mlp import mlp_input, mlp_weights
from utils.scratchpad import Scratchpad
from utils.tokens import token_strings

gpt2 = reference.load()
SENTENCE = "On a grey morning in March, Omar and Sophie went to the zoo with their aunt."

# %% [markdown]
# ## A first look
#
# The model has read a sentence, and each of its tokens has surprised it a little. All its weights together could be moved so that it would be less surprised next time.
#
# **In which direction, among millions? And how far?** `backward()` finds the direction. The curve below tries out the distance: it moves all weights at once along that one direction, by the gradient times a number, and asks the model about the same sentence again. Nothing is changed for good.

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(SENTENCE)])
weights = dict(gpt2.model.named_parameters())


def surprise(some_weights: dict[str, Tensor]) -> Tensor:
    """How surprised the model is by the sentence when it has these weights, in nats per token."""
    return functional_call(gpt2.model, some_weights, (ids,), {"labels": ids}).loss


before = surprise(weights)
uphill = dict(zip(weights, torch.autograd.grad(before, list(weights.values())), strict=True))

distances, after = torch.logspace(-3.5, 0, 22), []
with torch.no_grad():
    for distance in distances:
        moved = {name: weight - distance * uphill[name] for name, weight in weights.items()}
        after.append(surprise(moved))
best = torch.stack(after).argmin()
print(f"{sum(weight.numel() for weight in weights.values()):,} weights, one direction.")
print(f"Surprise before: {before.item():.2f} nats per token.")
print(f"After a step of {distances[best]:.2g} times the gradient: {after[best]:.2f}.")
pictures.curve(
    distances,
    torch.stack(after),
    x_title="how far: the gradient times this",
    y_title="nats per token",
    log_x=True,
    log_y=True,
)

# %% [markdown]
# On the left the steps are too small to matter. Then the loss falls. And then, rather suddenly, everything breaks: the direction was right for the place where we stood, and for nowhere else.
#
# So the direction can be computed, and the distance is a matter of judgement. Exercises 1 to 5 are about the direction. Exercises 6 to 10 are about the distance, and about making the most of a direction that is different at every step.
#
# ## The idea in plain words
#
# Some background in one place; you have met tensors in week 1 and parameters in week 4. A **model** is a function with numbers inside, its **parameters**; its inputs, its parameters and everything in between are tensors. To **learn** is to change the parameters so that one number, the **loss**, gets smaller. For a language model that number is how surprised it is by the next token, on average.
#
# The **gradient** of the loss is a number for each parameter: how fast would the loss grow if this parameter grew? It is a slope. Going against all slopes at once makes the loss smaller, if the step is small enough.
#
# How does one get millions of slopes? Think of the model as a line of workers, each of whom takes numbers, does something simple with them, and hands the result to the next. At the end stands the loss. Now the last worker turns round and says to the one before: "if the number that you gave me had been larger by a little, the loss would have grown so many times as much". That worker knows nothing of the loss, but knows how its own result depends on what it was given. It multiplies the two and passes the product on. And so it goes, back to the first. That is **backpropagation**: the **chain rule**, from the end to the beginning, and every worker needs to know only its own trade.
#
# Each exercise of the first half is one worker's trade: given *how the loss changes with my output* (`grad_out`), say *how it changes with my inputs*.
#
# Where to step then is the **optimiser's** business. It gets the gradient and decides, and it may remember earlier gradients.

# %% [markdown]
# ## The idea in shapes
#
# | step | what | shape |
# |---|---|---|
# | forward | `logits`, a guess after every position | `batch seq d_vocab` |
# | loss | −log p of each next token, averaged | one number |
# | backward | the gradient of the logits | `batch seq d_vocab` |
# | | the gradient of each vector on the way | as large as the vector |
# | | the gradient of each weight | as large as the weight |
# | step | what the optimiser remembers | as large as the weight |
#
# One rule to remember: **the gradient of a tensor has the shape of the tensor.** The loss is a single number, so there is exactly one slope for each entry. If a shape is different, something was summed that should not have been, or the reverse.
#
# Weights have no batch and no seq axis, because they work at every position of every prompt. What all these places have to say about a weight is **added up**. Keep the pad below beside you; one of its rows is wrong.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6)
pad.note("x", (2, 6, 768), "batch seq d_in")
pad.note("W", (768, 3072), "d_in d_out")
pad.note("grad_out", (2, 6, 3072), "batch seq d_out")
pad.note("grad_x", (2, 6, 768), "batch seq d_in")
pad.note("grad_W", (3072, 768), "d_in d_out")
pad

# %% [markdown]
# ## Exercise 1 · `next_token_loss`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 10 points*
#
# **Why.** It is the only thing that a GPT is ever told: how surprised it was. And the shift by one place in it is the mistake that everybody makes once.
#
# A prompt of 6 tokens is not one question but five. After the first token: what comes second? After the first two: what comes third? The causal mask lets all positions answer at once, without peeking. So **every position predicts its next token in training**: position `i` is judged by the token at `i + 1`. The last position would predict a token that is not there, so nothing judges it; and the first token is predicted by nobody.
#
# Week 8 measured this for single tokens, with `token_losses`. Here is the one number that a training starts from: the mean of −log p over all predictions of all prompts, in nats. It must stay a tensor from which `backward()` can start. Any way from logits to −log p will do; `cross_entropy` of week 1 is in `parts`, and torch has its own.
#
# <details><summary>Hint 1 · a question</summary>
#
# Write the numbers 0 to 5 for the positions of the logits, and under them the token that each should predict. Which position has none? Which token stands under no position?
#
# <details><summary>Hint 2 · two slices</summary>
#
# `a[:, :-1]` leaves out the last entry of the second axis and `a[:, 1:]` the first. One is for the logits, the other for the tokens.
#
# </details>
#
# <details><summary>If you see "its own token, which the model has just read"</summary>
#
# Then logits and tokens stand at the same place. A model that repeats what it has just read would have a wonderful loss.
#
# </details>
#
# <details><summary>If you see "a probability too small for float32 gives log 0"</summary>
#
# First softmax, then log, loses everything below 10⁻⁴⁵. `log_softmax` takes the logarithm before anything gets small.
#
# </details>
#
# <details><summary>If you see "how many predictions does a row of 6 tokens hold?"</summary>
#
# You have divided by the number of tokens, and one in each row is not predicted.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "next_token_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def next_token_loss(
    logits: Float[Tensor, "batch seq d_vocab"], tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, ""]:
    """The mean of −log p of each token given those before it, in nats: position i is judged by token i + 1.

    Rows have at least two tokens. Logits of any size are fine. Gradients can flow from it back to the logits.
    The inputs are left as they were.
    """
    ### BEGIN SOLUTION
    log_probs = logits[:, :-1].log_softmax(dim=-1)
    return -log_probs.gather(-1, tokens[:, 1:, None]).mean()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_next_token_loss", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.next_token_loss(next_token_loss)

# %% [markdown]
# **How many questions is one sentence?** Here they all are, with the model's answer to each: how probable it found the token that did come, and what that cost.

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(SENTENCE)])
words = token_strings(ids[0])
with torch.no_grad():
    logits = gpt2.model(ids).logits
    losses = token_losses(lambda tokens: logits, ids)[0]
for place, nats in enumerate(losses):
    read = "".join(words[: place + 1]).replace("·", " ")
    read = read if len(read) <= 40 else f"…{read[-39:]}"
    print(f"{read:>40} → {words[place + 1]:9} p = {math.exp(-nats):.3f}, {abs(nats):5.2f} nats")
print(f"\nTheir mean: {losses.mean():.4f}. Your loss: {next_token_loss(logits, ids).item():.4f}")

# %% [markdown]
# *What you should see:* as many questions as there are tokens, less one, and two equal numbers at the end. Training on one such sentence means answering all of these at once, in one forward pass.

# %% [markdown]
# ## Exercise 2 · `gradient_check`
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · core, 12 points*
#
# **Why.** Before you write a single backward pass, build the judge. It needs no mathematics: to know how the loss changes with one entry of `x`, move that entry up by a little, then down by a little, and look. That is slow, since it takes two losses for every entry. But it cannot be wrong in the way in which a formula can.
#
# Four conventions:
#
# - **Central differences**: for each entry, (loss with the entry one `step` higher − loss with it one `step` lower) / (2 · `step`). All other entries are where they were.
# - **In float64.** Two losses that differ in the tenth digit are subtracted; float32 has seven. Hand `loss_of` a float64 tensor of the shape of `x`, whatever the dtype of `x` is.
# - **One number comes back**, the relative error: the length of the difference of the two gradients, over the *sum* of their lengths (the length of a tensor is the root of the sum of the squares of all its entries). It is 0 when both are equal, and 1 when they are opposite. If both gradients are 0 throughout, it is 0.
# - `x` is left as it was.
#
# <details><summary>Hint 1 · a question</summary>
#
# How many losses are needed for a tensor of shape `(3, 4)`? Where in your loop does each of them stand?
#
# <details><summary>Hint 2 · one entry after the other</summary>
#
# `move.view(-1)` is a contiguous tensor's entries in a row, whatever its shape, and shares its memory: setting `move.view(-1)[5]` changes the sixth entry of `move`. A tensor of zeros with one `step` in it can be added to `x` and subtracted from it.
#
# </details>
#
# <details><summary>If you see "changes its input x in place"</summary>
#
# Then you move entries of `x` itself (`x.double()` is no copy when `x` is in float64 already). Even if you put the entry back: 0.1 + 0.00001 − 0.00001 is not quite 0.1. Move a copy, or add a tensor to it.
#
# </details>
#
# <details><summary>If you see "seven digits are too few for a small step"</summary>
#
# Which dtype has the tensor that you hand to `loss_of`?
#
# </details>
#
# <details><summary>If you see "two gradients of 0 give 0/0"</summary>
#
# Ask whether the denominator is above 0 before you divide.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "gradient_check", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_check(
    loss_of: Callable[[Float[Tensor, "..."]], Float[Tensor, ""]],
    x: Float[Tensor, "..."],
    gradient: Float[Tensor, "..."],
    step: float = 1e-5,
) -> float:
    """How far `gradient` is from the slopes of `loss_of` at `x`, measured by central differences in float64.

    The relative error ‖gradient − measured‖ / (‖gradient‖ + ‖measured‖), a Python number from 0 to 1; 0 if both
    gradients are 0. `gradient` has the shape of `x`, which is in float32 or float64. Both are left as they were.
    """
    ### BEGIN SOLUTION
    measured = torch.zeros(x.shape, dtype=torch.float64)
    for place in range(x.numel()):
        move = torch.zeros_like(measured)
        move.view(-1)[place] = step
        measured.view(-1)[place] = (loss_of(x.double() + move) - loss_of(x.double() - move)) / (2 * step)
    lengths = gradient.double().norm() + measured.norm()
    return ((gradient.double() - measured).norm() / lengths).item() if lengths > 0 else 0.0
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_gradient_check", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.gradient_check(gradient_check)

# %% [markdown]
# **Which step is the best one?** The smaller, the better, one would think. Here is the sum of the sines of nine numbers, whose gradient everybody knows: the cosines.

# %% tags=["look", "raises-exception"]
x = torch.linspace(-2, 2, 9, dtype=torch.float64)
steps = torch.logspace(-12, 0, 49)
errors = [gradient_check(lambda at: at.sin().sum(), x, x.cos(), step.item()) for step in steps]
print(f"Smallest error {min(errors):.0e}, with a step of {steps[errors.index(min(errors))]:.0e}.")
pictures.curve(steps, torch.tensor(errors), x_title="step", y_title="relative error", log_x=True, log_y=True)

# %% [markdown]
# *What you should see:* a valley. On the right the step is too large: the curve bends between the two places. With central differences that error falls with the square of the step. On the left the step is too small: the two losses agree in nearly all their digits, and what is left of their difference is rounding. Between 10⁻⁶ and 10⁻⁴ the judge can be trusted.
#
# **Why not learn like this, then?** Because of the price. Below is how long it would take to measure the gradient of every weight once, two forward passes each, and how long one backward pass takes.

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(SENTENCE)])
n_weights = sum(weight.numel() for weight in gpt2.model.parameters())


def seconds(job: Callable[[], object], repeats: int = 3) -> float:
    """How long the job takes, on average."""
    job()
    began = time.perf_counter()
    for _ in range(repeats):
        job()
    return (time.perf_counter() - began) / repeats


def forward() -> Tensor:
    return gpt2.model(ids, labels=ids).loss


once = seconds(forward)
both = seconds(lambda: torch.autograd.grad(forward(), list(gpt2.model.parameters())))
print(f"One forward pass: {once:.3f} s. Forward and backward together: {both:.3f} s.")
days = 2 * n_weights * once / 86_400
print(f"By finite differences, {n_weights:,} weights would take {days:,.1f} days. For one step.")

# %% [markdown]
# *What you should see:* a backward pass costs about as much as a few forward passes, **however many weights there are**. That is why backpropagation, and nothing else, trains networks.

# %% [markdown]
# ## Exercise 3 · `softmax_cross_entropy_backward`
#
# The way back begins at the loss. For one prediction with probabilities $p$ and the right token $t$ it is
#
# $$\text{loss} = -\log p_t = -\text{logit}_t + \log \sum_j e^{\text{logit}_j}$$
#
# The first part has the slope −1 in the logit of the right token, and 0 in all others. The second part has the slope $e^{\text{logit}_i} / \sum_j e^{\text{logit}_j}$ in logit $i$, and that is $p_i$. **So what is the slope of the whole in each logit?** Work it out on paper before you read on in code. It is one of the most beautiful results in the field: short, and every part of it makes sense.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 20 minutes · core, 10 points*
#
# **Why.** Every gradient in the whole model is a descendant of this one. What training says to the model, it says here: *more of this token, less of those.*
#
# Here logits and targets are paired up already, so nothing is shifted. The loss is the **mean** over all targets, and its gradient must know that. Use `softmax` of week 1 or torch's; autograd is out of bounds in exercises 2 to 5.
#
# <details><summary>Hint 1 · a question</summary>
#
# At one position, what do your slopes add up to? (If all logits grow by the same amount, does the loss change?)
#
# <details><summary>Hint 2 · a 1 at each target</summary>
#
# `F.one_hot(targets, d_vocab)` is a tensor with the logits' shape: 1 at the target and 0 elsewhere. Or take a copy of the probabilities and subtract 1 at the targets with `scatter_add_`.
#
# </details>
#
# <details><summary>If you see "the loss is the mean over all targets"</summary>
#
# A mean of n losses passes 1/n of its slope to each of them. How many targets are there in all prompts together?
#
# </details>
#
# <details><summary>If you see NaN</summary>
#
# e¹⁰⁰⁰ is inf. Is it your own softmax that subtracts nothing first?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "softmax_cross_entropy_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax_cross_entropy_backward(
    logits: Float[Tensor, "batch seq d_vocab"], targets: Int[Tensor, "batch seq"]
) -> Float[Tensor, "batch seq d_vocab"]:
    """How the mean cross-entropy of all targets changes with each logit.

    The target at [b, s] judges the logits at [b, s]: they are shifted already. Logits of any size are fine; the
    result has their dtype.
    The inputs are left as they were.
    """
    ### BEGIN SOLUTION
    hits = F.one_hot(targets, logits.shape[-1])
    return (softmax(logits, dim=-1) - hits) / targets.numel()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_softmax_cross_entropy_backward", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.softmax_cross_entropy_backward(softmax_cross_entropy_backward)

# %% [markdown]
# **What does the training say to the model?** One position of the sentence: the model has read *… Omar and Sophie went to the*, and *zoo* came. Bars to the right are logits that a step against the gradient pushes down, bars to the left are pushed up. (Below, your judge from exercise 2 has a word on it.)

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(SENTENCE)])
words = token_strings(ids[0])
place = words.index("·zoo") - 1
with torch.no_grad():
    logits = gpt2.model(ids).logits[:, place : place + 1].double()
target = ids[:, place + 1 : place + 2]
gradient = softmax_cross_entropy_backward(logits, target)

few = logits[..., :40].clone()  # forty logits will do for the judge, who needs two losses for each
error = gradient_check(
    lambda at: cross_entropy(at, torch.tensor([[7]])),
    few,
    softmax_cross_entropy_backward(few, torch.tensor([[7]])),
)
print(
    f"The gradient adds up to {gradient.sum():.0e}. Your judge on forty logits: relative error {error:.0e}."
)
strongest = gradient[0, 0].abs().topk(8).indices
pictures.bars(
    {name: gradient[0, 0, id] for name, id in zip(token_strings(strongest), strongest, strict=True)},
    value_title="how the loss changes with the logit",
)

# %% [markdown]
# *What you should see:* the token that came is the only one that is pushed up. All others are pushed down, each by the probability that it had been given; what was believed in most is corrected most. And a token that was predicted with certainty, rightly, would get no push at all.

# %% [markdown]
# ## Exercise 4 · `linear_backward`
#
# Nearly all of a GPT's weights sit in products: `y = x @ W + b`. You are given how the loss changes with `y`, and are asked how it changes with `x`, with `W` and with `b`.
#
# Take one token and write the product out: $y_o = \sum_i x_i W_{io} + b_o$. Then ask for each of the three:
#
# - $x_i$ appears in every $y_o$, with the factor $W_{io}$.
# - $W_{io}$ appears in one $y_o$ only, with the factor $x_i$. But it does so at **every token of every prompt**.
# - $b_o$ appears in one $y_o$, with the factor 1, and again at every token.
#
# Where a number has an effect in several places, the effects add up. So each gradient is a sum of products; only the axis that is summed differs.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 12 points*
#
# **Why.** Whoever can write these three lines has understood where the memory of a training goes: `grad_W` needs `x`, so every layer must keep what it was given until the way back has passed.
#
# <details><summary>Hint 1 · a question</summary>
#
# Write down the shapes: `grad_out` is `batch seq d_out`. `grad_x` has to be `batch seq d_in`, `grad_W` `d_in d_out`, `grad_b` `d_out`. Which axes have to disappear in each case, and which tensor brings the axis that is missing?
#
# <details><summary>Hint 2 · einsum</summary>
#
# Name the axes of both tensors to the left of the arrow and those of the result to the right. What is not on the right is summed, also if there are two such axes.
#
# </details>
#
# <details><summary>If you see "mat1 and mat2 shapes cannot be multiplied"</summary>
#
# For `grad_x` the sum runs over `d_out`. In which of the two axes of `W` does it stand?
#
# </details>
#
# <details><summary>If you see "W is one for all prompts" or "the bias is one for all"</summary>
#
# Two axes have to go: `batch` and `seq`. `sum(dim=(0, 1))` takes both.
#
# </details>
#
# <details><summary>If you see "the mean belongs to the loss"</summary>
#
# Nothing is divided here. The 1/n of the mean is in `grad_out` already, since that began at the loss.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "linear_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def linear_backward(
    grad_out: Float[Tensor, "batch seq d_out"],
    x: Float[Tensor, "batch seq d_in"],
    W: Float[Tensor, "d_in d_out"],
) -> tuple[Float[Tensor, "batch seq d_in"], Float[Tensor, "d_in d_out"], Float[Tensor, "d_out"]]:
    """How the loss changes with x, with W and with b (in this order), where y = x @ W + b.

    `grad_out` is how it changes with y.
    The inputs are left as they were.
    """
    ### BEGIN SOLUTION
    grad_x = grad_out @ W.T
    grad_W = einsum(x, grad_out, "batch seq d_in, batch seq d_out -> d_in d_out")
    grad_b = grad_out.sum(dim=(0, 1))
    return grad_x, grad_W, grad_b
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_linear_backward", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.linear_backward(linear_backward)

# %% [markdown]
# *What you should see:* a tick. The last of its cases was a real weight of the model, the others were in float64.

# %% [markdown]
# ## Exercise 5 · `gelu_backward`
#
# An activation function works on each number by itself, so its way back does, too: multiply `grad_out` by the slope of GELU at `x`. **What does that slope look like?** Nothing below 0, all above, and what between? Here it is, measured by differences from `gelu` of week 4, beside ReLU's.

# %% tags=["look", "raises-exception"]
x, step = torch.linspace(-4, 4, 321, dtype=torch.float64), 1e-5
slope = (gelu(x + step) - gelu(x - step)) / (2 * step)
pictures.curves(x, {"slope of ReLU": (x > 0).double(), "slope of GELU": slope}, x_title="x", y_title="slope")

# %% [markdown]
# A slope below 0 on the left, and one above 1 on the right: GELU passes back a little more than it was given there. Now the formula. With $u = \sqrt{2/\pi}\,(x + 0.044715\,x^3)$,
#
# $$\text{gelu}(x) = 0.5\;x\,\big(1 + \tanh u\big)$$
#
# It is a product of $0.5\,x$ and $1 + \tanh u$, and both depend on $x$: that is the **product rule**. The second factor depends on $x$ through $u$: that is the **chain rule**. And the slope of $\tanh$ at $u$ is $1 - \tanh^2 u$.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 15 minutes · core, 10 points*
#
# **Why.** Together with exercise 4 this is the whole way back through an MLP.
#
# <details><summary>Hint 1 · a question</summary>
#
# The slope has two terms. In one of them the tanh is left as it is and 0.5 x is differentiated; what is left of it? In the other it is the reverse. What is the slope of u?
#
# <details><summary>Hint 2 · try it on numbers</summary>
#
# Far out on the right the slope must be 1, far out on the left 0, and at 0 it is exactly 0.5. Try ±10 and 0 before the check does.
#
# </details>
#
# <details><summary>If you see "x stands in two places of the formula"</summary>
#
# One of your two terms is missing.
#
# </details>
#
# <details><summary>If you see "the slope of what is inside the tanh"</summary>
#
# Differentiate u: its root and its cube both leave something behind.
#
# </details>
#
# <details><summary>If you see "it is not multiplied by grad_out"</summary>
#
# Then you have the slope, and the last step is missing.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "gelu_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gelu_backward(grad_out: Float[Tensor, "..."], x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """How the loss changes with x, where y = gelu(x) in GPT-2's form with tanh.

    `grad_out`, of the shape of x, is how it changes with y. Numbers of any size are fine.
    The inputs are left as they were.
    """
    ### BEGIN SOLUTION
    root, cube = math.sqrt(2 / math.pi), 0.044715
    bent = torch.tanh(root * (x + cube * x**3))
    inner_slope = root * (1 + 3 * cube * x**2)
    slope = 0.5 * (1 + bent) + 0.5 * x * (1 - bent**2) * inner_slope
    return grad_out * slope
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_gelu_backward", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.gelu_backward(gelu_backward)

# %% [markdown]
# **Can you differentiate a whole MLP?** It is a product, a GELU and a product. Here your functions go back through the first MLP of the model, worker by worker, and autograd does the same. Both in float64.

# %% tags=["look", "raises-exception"]
W_in, b_in, W_out, b_out = (weight.double().requires_grad_() for weight in mlp_weights(gpt2, 0).values())
x = mlp_input(gpt2, 0).double().requires_grad_()
pre = x @ W_in + b_in
post = gelu(pre)
mlp_out = post @ W_out + b_out
grad_out = torch.randn(mlp_out.shape, generator=torch.Generator().manual_seed(10), dtype=torch.float64)

with torch.no_grad():
    grad_post, grad_W_out, grad_b_out = linear_backward(grad_out, post, W_out)
    grad_pre = gelu_backward(grad_post, pre)
    grad_x, grad_W_in, grad_b_in = linear_backward(grad_pre, x, W_in)

mine = {"x": grad_x, "W_in": grad_W_in, "b_in": grad_b_in, "W_out": grad_W_out, "b_out": grad_b_out}
theirs = torch.autograd.grad(mlp_out, [x, W_in, b_in, W_out, b_out], grad_out)
for (name, gradient), other in zip(mine.items(), theirs, strict=True):
    print(f"{name:6} {tuple(gradient.shape)!s:14} largest difference {(gradient - other).abs().max():.0e}")

# %% [markdown]
# *What you should see:* differences in the twelfth digit or beyond. From here on we let `backward()` do this for us, and there is nothing in it that you could not have written.

# %% [markdown]
# ## Exercise 6 · `sgd_momentum`
#
# Now for the distance. The plainest optimiser takes the gradient times a fixed number, the **learning rate**, and subtracts it: **stochastic gradient descent**, or SGD. (Stochastic, because each gradient comes from a few examples drawn by chance.)
#
# It has one weakness that you can picture. In a long narrow valley the gradient points across the valley, not along it. So SGD bounces from side to side and creeps towards the end. **Momentum** helps: keep a **velocity**, into which every gradient is added, and which fades a little at each step. What points now left, now right, cancels in it. What always points the same way adds up.
#
# $$\text{velocity} \leftarrow \text{momentum} \cdot \text{velocity} + \text{gradient} \qquad \text{parameter} \leftarrow \text{parameter} - \text{lr} \cdot \text{velocity}$$
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** It is the smallest optimiser that remembers anything. With momentum 0 it is plain gradient descent.
#
# Books differ in where they put `lr`; here it stands where torch has it, outside the velocity. There is a velocity for each parameter, all 0 at first. Both **change in place**: the next call is given the same tensors again. A parameter whose `.grad` is None is left alone, and so is its velocity. The gradients stay as they are.
#
# The line `@torch.no_grad()` above the function switches recording off: a step is not part of the computation that is differentiated, and torch refuses to change a parameter in place while it records.
#
# <details><summary>Hint 1 · a question</summary>
#
# `parameter = parameter - lr * velocity` makes a new tensor and gives it an old name. Who still has the old tensor? Which ways are there to change the numbers *in* it?
#
# <details><summary>Hint 2 · in place</summary>
#
# `a.mul_(2)`, `a.add_(b)`, `a.sub_(b)`, `a += b`, `a[...] = b`: each of these changes the tensor itself. The underscore at the end is torch's sign for it.
#
# </details>
#
# <details><summary>If you see "the velocity has no say, or is not kept"</summary>
#
# The new velocity must stand in the tensor that came in `velocities`. A local name is forgotten at the end of the call.
#
# </details>
#
# <details><summary>If you see "old steps keep their old lr"</summary>
#
# With one learning rate for all steps it would make no difference. When lr falls, the whole velocity should count less.
#
# </details>
#
# <details><summary>If you see "a leaf Variable that requires grad is being used in an in-place operation"</summary>
#
# The line `@torch.no_grad()` belongs right above `def`.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "sgd_momentum", "locked": false, "schema_version": 3, "solution": true, "task": false}
@torch.no_grad()
def sgd_momentum(
    parameters: Sequence[nn.Parameter],
    velocities: Sequence[Float[Tensor, "..."]],
    lr: float,
    momentum: float,
) -> None:
    """One step of gradient descent with momentum: changes parameters and velocities in place.

    `velocities` has a tensor for each parameter, of its shape. A parameter without a gradient stays as it is.
    """
    ### BEGIN SOLUTION
    for parameter, velocity in zip(parameters, velocities, strict=True):
        if parameter.grad is None:
            continue
        velocity.mul_(momentum).add_(parameter.grad)
        parameter.sub_(lr * velocity)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_sgd_momentum", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.sgd_momentum(sgd_momentum)

# %% [markdown]
# *What you should see:* a tick. After the next exercise you will watch it walk.

# %% [markdown]
# ## Exercise 7 · `AdamW`
#
# One learning rate for all parameters is a compromise. Some gradients are a thousand times larger than others, and stay so: rows of the embedding for rare tokens, gains, biases. **What if each number had a step of its own, made to its own measure?**
#
# **Adam** keeps two running means, its **moments**, for every number: of its gradient, $m$, and of the square of its gradient, $v$. The step is $m$ divided by the root of $v$. If a gradient has always been 0.001 or has always been 1,000, that fraction is 1 in both cases: what counts is how *consistent* it is. (Kingma and Ba, *Adam*, 2015, algorithm 1.)
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g \qquad\qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2$$
#
# Both begin at 0, so at first they are too small: after one step $m$ is only $(1 - \beta_1)\,g$. The **bias correction** divides by what is missing, at step $t = 1, 2, 3, \dots$:
#
# $$\hat m = \frac{m}{1 - \beta_1^t} \qquad\qquad \hat v = \frac{v}{1 - \beta_2^t}$$
#
# And the **W** in AdamW stands for weight decay: at each step every weight shrinks a little towards 0, *by itself*, before the step is taken. Had one added the decay to the gradient instead, as was usual before, it would have been divided by $\sqrt{\hat v}$ like everything else. (Loshchilov and Hutter, *Decoupled weight decay regularization*, 2019, algorithm 2.)
#
# $$w \leftarrow w - \text{lr} \cdot \text{weight\_decay} \cdot w \qquad\qquad w \leftarrow w - \text{lr}\; \frac{\hat m}{\sqrt{\hat v} + \text{eps}}$$
#
# *Difficulty 4 of 5 · importance 5 of 5 · 30 minutes · core, 14 points*
#
# **Why.** It is the usual optimiser of language models. Next week every step of your training runs through this class.
#
# Parameters come in **groups**, dicts with `"params"` and `"weight_decay"`, so that some can decay and others not. Keep `self.groups`, `self.lr`, `self.betas`, `self.eps`, and two dicts: `self.moments` from each parameter to its pair of tensors, m and v, and `self.steps` from each parameter to the number of steps that it has taken. The two methods at the end, which are given, save and restore them. The learning rate may be changed between steps by setting `optimizer.lr`. A parameter whose `.grad` is None is left alone: no step, no decay, and its t does not grow. So the first step of a parameter whose first gradient comes late has t = 1, as in torch.optim.AdamW. After `zero_grad` every gradient is None, and before that the gradients stay as they are.
#
# <details><summary>Hint 1 · a question</summary>
#
# In which order do the six formulas above come for one parameter? Which of them needs the number of the step, and when does that number grow for a parameter?
#
# <details><summary>Hint 2 · running means in place</summary>
#
# `mean.lerp_(gradient, 0.1)` moves the tensor a tenth of the way towards `gradient`. That is 0.9 · mean + 0.1 · gradient. Or write `mean.mul_(0.9).add_(0.1 * gradient)`.
#
# </details>
#
# <details><summary>If you see "something is divided by it", or inf or NaN after the first step</summary>
#
# 1 − β⁰ is 0. Which number does the first step have?
#
# </details>
#
# <details><summary>If you see "the moments see it and scale it away"</summary>
#
# The decay belongs to the parameter, not to the gradient.
#
# </details>
#
# <details><summary>If only the late steps differ</summary>
#
# Is the correction's power there, and the lr that is set between the steps? After half of the steps the check saves the state, and a new optimiser goes on from there.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "AdamW", "locked": false, "schema_version": 3, "solution": true, "task": false}
class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2).

    `groups` are dicts with "params" and "weight_decay"; each step moves every parameter that has a gradient. `lr` may
    be changed between steps. Steps are counted for each parameter by itself, from its first gradient on, as in
    torch.optim.AdamW.
    """

    def __init__(
        self,
        groups: Sequence[dict],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        ### BEGIN SOLUTION
        self.groups, self.lr, self.betas, self.eps = list(groups), lr, betas, eps
        self.moments = {
            p: (torch.zeros_like(p), torch.zeros_like(p)) for group in self.groups for p in group["params"]
        }
        self.steps = dict.fromkeys(self.moments, 0)
        ### END SOLUTION

    @torch.no_grad()
    def step(self) -> None:
        """One step along the gradients."""
        ### BEGIN SOLUTION
        beta_1, beta_2 = self.betas
        for group in self.groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                self.steps[parameter] += 1
                steps, (mean, square) = self.steps[parameter], self.moments[parameter]
                mean.lerp_(parameter.grad, 1 - beta_1)
                square.lerp_(parameter.grad.square(), 1 - beta_2)
                unbiased_mean = mean / (1 - beta_1**steps)
                unbiased_square = square / (1 - beta_2**steps)
                parameter.mul_(1 - self.lr * group["weight_decay"])
                parameter.sub_(self.lr * unbiased_mean / (unbiased_square.sqrt() + self.eps))
        ### END SOLUTION

    def zero_grad(self) -> None:
        """Forgets the gradients of the last step."""
        ### BEGIN SOLUTION
        for parameter in self.moments:
            parameter.grad = None
        ### END SOLUTION

    def state_dict(self) -> dict:
        """All that a later run needs to go on just here: steps, lr and moments, in the order of the groups."""
        return {
            "steps": list(self.steps.values()),
            "lr": self.lr,
            "moments": list(self.moments.values()),
        }

    def load_state_dict(self, state: dict) -> None:
        """Takes over what `state_dict` gave."""
        self.steps, self.lr = dict(zip(self.moments, state["steps"], strict=True)), state["lr"]
        for kept, saved in zip(self.moments.values(), state["moments"], strict=True):
            for mine, theirs in zip(kept, saved, strict=True):
                mine.copy_(theirs)


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_AdamW", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.AdamW(AdamW)

# %% [markdown]
# **Who gets down, and how?** The map below is a loss with only two parameters: a valley that is twenty times as steep across as along. The walks are taken by your own optimisers, all three with the same learning rate, from the same place.
#
# Pull the sliders, and find out: From which learning rate on does SGD fly off the map? What does momentum 0 do to the second walk, and what 0.99? And why do the first steps of Adam go the same distance in both directions, although one slope is so much steeper?


# %% tags=["look", "raises-exception"]
def valley(places: Float[Tensor, "... 2"]) -> Float[Tensor, "..."]:
    """The loss at these places: lowest at (0, 0)."""
    return 0.05 * places[..., 0] ** 2 + places[..., 1] ** 2


def walk(place: nn.Parameter, take_step: Callable[[], None], n_steps: int) -> Float[Tensor, "place 2"]:
    """Where `place` has been, the start first."""
    places = [place.detach().clone()]
    for _ in range(n_steps):
        place.grad = None
        valley(place).backward()
        take_step()
        places.append(place.detach().clone())
    return torch.stack(places)


def start() -> nn.Parameter:
    return nn.Parameter(torch.tensor([-9.0, 2.5]))


def walks(lr: float, momentum: float, n_steps: int) -> dict[str, Float[Tensor, "place 2"]]:
    """The three walks with these settings."""

    def with_momentum(kept: float) -> Float[Tensor, "place 2"]:
        place, velocity = start(), torch.zeros(2)
        return walk(place, lambda: sgd_momentum([place], [velocity], lr, kept), n_steps)

    place = start()
    adam = AdamW([{"params": [place], "weight_decay": 0.0}], lr)
    return {
        "SGD": with_momentum(0.0),
        "with momentum": with_momentum(momentum),
        "Adam": walk(place, adam.step, n_steps),
    }


pictures.descent(valley, walks)

# %% [markdown]
# *What you should see:* SGD crosses the valley floor again and again as the rate grows, and above a rate of 1 each crossing ends higher than it began. Momentum swings past the lowest place and comes back. Adam's first steps are as long as the learning rate, in each direction by itself. So with a rate of 0.02 it is the slowest of the three. But it cannot fly off either: with a rate of 2 both others have left the map, and Adam still gets down.
#
# No optimiser is best on every surface. On that of a language model, with its gradients of very different sizes, Adam is hard to beat.

# %% [markdown]
# ## Exercise 8 · `clip_grad_norm`
#
# Once in a while a batch comes along whose gradient is a hundred times as long as usual. One such step can undo an hour of training. **What should be done with it?** Not thrown away, since its direction is right. It is made shorter.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 8 points*
#
# **Why.** A seat belt: it does nothing most of the time.
#
# The norm is **global**: the root of the sum of the squares of *all* entries of *all* gradients, as if they were one long vector. If it is larger than `max_norm`, every gradient is multiplied by the same factor, so that the norm becomes `max_norm`. The direction stays. If it is not larger, nothing changes; gradients are never stretched. What comes back is the norm **before** clipping, which is worth watching. Parameters whose `.grad` is None do not count. (The check allows the factor `max_norm / (norm + 1e-6)`, which is torch's, and the plain one.)
#
# `parameters` may be what `model.parameters()` gives, and that can be gone through **only once**.
#
# <details><summary>Hint 1 · a question</summary>
#
# Two gradients have the norms 3 and 4. How long are they together? And by which factor does a length of 5 become a length of 2?
#
# <details><summary>Hint 2 · in place</summary>
#
# First make a list of the gradients that there are. Then you can go through it twice: once to measure, once with `gradient.mul_(factor)`.
#
# </details>
#
# <details><summary>If you see "which turns the step's direction"</summary>
#
# One factor for all, made from one norm.
#
# </details>
#
# <details><summary>If you see "gradients of 0 become NaN"</summary>
#
# Their norm is 0, and `max_norm / 0` is inf. Is there any reason to multiply?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "clip_grad_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def clip_grad_norm(parameters: Iterable[nn.Parameter], max_norm: float) -> Float[Tensor, ""]:
    """Shrinks all gradients together, in place, so that their common norm is at most `max_norm`; returns the norm
    that they had before.

    Parameters without a gradient do not count; at least one has one. Gradients of 0 are fine.
    """
    ### BEGIN SOLUTION
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    for gradient in gradients:
        gradient.mul_(torch.clamp(max_norm / (norm + 1e-6), max=1.0))
    return norm
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_clip_grad_norm", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.clip_grad_norm(clip_grad_norm)

# %% [markdown]
# **Which of the two optimisers needs it more?** Here a gradient is suddenly a thousand times as long as the ten before it. How much longer is the step?


# %% tags=["look", "raises-exception"]
def step_lengths(optimiser: str, max_norm: float) -> list[float]:
    """The lengths of eleven steps; the last gradient is a thousand times as long as the others."""
    parameter, velocity = nn.Parameter(torch.zeros(100)), torch.zeros(100)
    adam = AdamW([{"params": [parameter], "weight_decay": 0.0}], lr=0.01)
    generator, lengths = torch.Generator().manual_seed(8), []
    for number in range(11):
        before = parameter.detach().clone()
        parameter.grad = torch.randn(100, generator=generator) * (1000 if number == 10 else 1)
        clip_grad_norm([parameter], max_norm)
        adam.step() if optimiser == "AdamW" else sgd_momentum([parameter], [velocity], 0.01, 0.0)
        lengths.append((parameter.detach() - before).norm().item())
    return lengths


for max_norm in (math.inf, 10.0):
    for name in ("SGD", "AdamW"):
        lengths = step_lengths(name, max_norm)
        print(f"max_norm {max_norm:4}: {name:5} steps of {lengths[9]:.2f}, and then one of {lengths[10]:.2f}")

# %% [markdown]
# *What you should see:* without clipping, SGD takes a step a thousand times as long. AdamW divides by the root of the squares, to which the giant belongs, so its step grows far less; but the giant stays in its memory, and the steps after it are too short for a long while. Clipping spares both.

# %% [markdown]
# ## Exercise 9 · `lr_schedule`
#
# **Should the learning rate stay the same all the time?** At the beginning nobody knows anything, Adam's moments rest on a handful of gradients, and large steps do damage. At the end the loss jitters around its lowest place by as much as a step is long, so small steps pay. Hence the usual shape: a short **warm-up** along a straight line, then down along half a **cosine**.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 6 points*
#
# **Why.** One of the most popular places for being off by one. So here it is exactly, for steps that are counted from 0:
#
# | step | learning rate |
# |---|---|
# | 0 | `max_lr / warmup_steps`: never 0, or the first batch would be wasted |
# | … | equal stairs |
# | `warmup_steps − 1` | `max_lr`: the last step of the warm-up |
# | … | half a cosine, whose first step down comes right after |
# | `total_steps − 1` | `min_lr`: the last step |
# | later | `min_lr` |
#
# On the way down, let `progress` be the share of it that is done: 0 would be at the last step of the warm-up, and it is 1 at the last step of all. Then the rate is `min_lr` plus (`max_lr` − `min_lr`) times (1 + cos(π · `progress`)) / 2. Without a warm-up (`warmup_steps` is 0) step 0 is already one step down. There are always more steps than warm-up steps.
#
# <details><summary>Hint 1 · a question</summary>
#
# With 3 warm-up steps and 8 steps in all: which steps are on the way down? How many are they, and what should `progress` be at the first and at the last of them?
#
# <details><summary>If you see "with 4 steps of warm-up, step 0 takes the first of 4 equal stairs"</summary>
#
# Steps are counted from 0, stairs from 1.
#
# </details>
#
# <details><summary>If you see "min_lr from there on"</summary>
#
# A cosine does not stop at its lowest place. What must `progress` never exceed?
#
# </details>
#
# <details><summary>If you see "max_lr once more"</summary>
#
# Where does your `progress` begin, and where does it end? Both are in the table.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "lr_schedule", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lr_schedule(step: int, warmup_steps: int, total_steps: int, max_lr: float, min_lr: float) -> float:
    """The learning rate of step 0, 1, …: up in a straight line to `max_lr` at the last warm-up step, then down along
    half a cosine to `min_lr` at the last step, and `min_lr` from there on.

    Step 0 has max_lr / warmup_steps, step total_steps − 1 has min_lr. `warmup_steps` may be 0 and is smaller than
    `total_steps`.
    """
    ### BEGIN SOLUTION
    if step < warmup_steps:
        return max_lr * (step + 1) / warmup_steps
    progress = min((step + 1 - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_lr_schedule", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.lr_schedule(lr_schedule)

# %% [markdown]
# *What you should see:* a tick; a straight way up, and half a wave down.
#
# **What does a whole training look like?** 1,000 steps, 100 of them warm-up. Move the mouse to the highest place and to the last step: are they where the table says?

# %% tags=["look", "raises-exception"]
steps = torch.arange(1100)
rates = torch.tensor([lr_schedule(int(step), 100, 1000, 6e-4, 6e-5) for step in steps])
print(f"step 0: {rates[0]:.1e}, step 99: {rates[99]:.1e}, step 999: {rates[999]:.1e}")
pictures.curve(steps, rates, x_title="step", y_title="learning rate")

# %% [markdown]
# ## Exercise 10 · `decay_groups`
#
# Weight decay pulls weights towards 0 unless the gradients insist on them. For a matrix that is good housekeeping: it keeps many small weights rather than a few large ones. For a bias or a LayerNorm's gain it makes no sense. **A gain of 0 would silence its place in the vector; why pull it there?** So AdamW gets two groups.
#
# *Difficulty 2 of 5 · importance 3 of 5 · 10 minutes · core, 4 points*
#
# **Why.** Next week's training begins with this line.
#
# The rule goes by the parameter's **own name**, the part after the last dot: if it begins with a capital `W`, it decays. In `blocks.0.mlp.W_in` the own name is `W_in`. `W_E` and `W_pos` decay like the others; biases (`b_Q`, `b_in`, `bias` …) and gains do not. (Going by the number of axes, as others do, would not work here: our `b_Q` has two.) Each parameter is in one group, once, also if it stands in two places of the model; the groups hold lists.
#
# <details><summary>Hint 1 · a question</summary>
#
# `model.named_parameters()` gives pairs of a name and a parameter. What does `"blocks.0.mlp.W_in".split(".")` give, and which part of it do you need?
#
# <details><summary>If you see "also when it belongs to a module"</summary>
#
# In a name like `W_gate.bias` the W is the module's. Which part is the parameter's own?
#
# </details>
#
# <details><summary>If you see "would not be trained at all"</summary>
#
# The second group has the rest, with a weight_decay of 0. An optimiser moves only what it is given.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "decay_groups", "locked": false, "schema_version": 3, "solution": true, "task": false}
def decay_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Two groups for AdamW: weights (names that begin with W) decay; biases and gains do not.

    Each group is {"params": a list of parameters, "weight_decay": a number}; only the own name counts, the part
    after the last dot. The second group's weight_decay is 0.
    """
    ### BEGIN SOLUTION
    weights, others = [], []
    for name, parameter in model.named_parameters():
        own_name = name.rsplit(".", 1)[-1]
        (weights if own_name.startswith("W") else others).append(parameter)
    return [{"params": weights, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_decay_groups", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
checks.decay_groups(decay_groups)

# %% [markdown]
# *What you should see:* a tick; nearly all numbers decay, and yet most of the tensors do not.
#
# **How much of GPT-2 decays?** Your machine of week 7 in the size of GPT-2 small, made of tensors without numbers, since only their names and shapes matter here.

# %% tags=["look", "raises-exception"]
with torch.device("meta"):
    small = GPT2(CONFIGS["gpt2"])
for group in decay_groups(small, 0.1):
    numbers = sum(parameter.numel() for parameter in group["params"])
    print(
        f"weight_decay {group['weight_decay']}: {len(group['params']):3} tensors with {numbers:11,} numbers"
    )

# %% [markdown]
# ## All of it together
#
# You now have everything that a training needs. **Does it learn?** Take the smallest language model there is: a table with a row of logits for each token, which knows nothing but the token just read. Your loss, your optimisers, your clipping and your schedule teach it the stories of this course, from nothing. The best that any such table can do on a text is known, too: the frequencies of the pairs of tokens in it.

# %% tags=["look", "raises-exception"]
told = torch.tensor(story_world.corpus("train", seed=10, n_tokens=12_000).token_ids).long()
used, rows = told.unique(return_inverse=True)
windows = rows[: len(rows) // 32 * 32].reshape(-1, 32)
TOTAL = 120


def learn(optimiser: str, max_lr: float) -> list[float]:
    """The losses of a training of the table."""
    table = nn.Parameter(torch.zeros(len(used), len(used)))
    velocity, adam = torch.zeros_like(table), AdamW([{"params": [table], "weight_decay": 0.0}], max_lr)
    generator, losses = torch.Generator().manual_seed(0), []
    for step in range(TOTAL):
        batch = windows[torch.randint(len(windows), (32,), generator=generator)]
        loss = next_token_loss(table[batch], batch)
        adam.zero_grad()
        loss.backward()
        clip_grad_norm([table], 1.0)
        lr = adam.lr = lr_schedule(step, 10, TOTAL, max_lr, 0.1 * max_lr)
        if optimiser == "AdamW":
            adam.step()
        else:
            sgd_momentum([table], [velocity], lr, 0.9 if optimiser == "momentum" else 0.0)
        losses.append(loss.item())
    return losses


pairs = torch.zeros(len(used), len(used)).index_put_(
    (windows[:, :-1], windows[:, 1:]), torch.tensor(1.0), accumulate=True
)
shares = (pairs / pairs.sum(dim=1, keepdim=True))[windows[:, :-1], windows[:, 1:]]
curves = {name: learn(name, lr) for name, lr in {"SGD": 30.0, "momentum": 10.0, "AdamW": 0.3}.items()}
print(f"A blind guess among {len(used)} tokens: {math.log(len(used)):.2f} nats.")
print(f"The best table there is: {-shares.log().mean():.2f} nats.")
for name, losses in curves.items():
    print(f"{name:8} from {losses[0]:.2f} to {sum(losses[-10:]) / 10:.2f} nats")
pictures.curves(
    torch.arange(TOTAL),
    {name: torch.tensor(losses) for name, losses in curves.items()},
    x_title="steps",
    y_title="nats per token",
)

# %% [markdown]
# *What you should see:* all three begin at a blind guess and learn. SGD was given a learning rate a hundred times as large as AdamW's, momentum one more than thirty times as large, because the gradient of a mean over many tokens is tiny for each single entry of the table; and still AdamW is ahead. A rare token's row gets few gradients, and AdamW makes the most of each.

# %% [markdown]
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** Whoever can write down the shape of every gradient has understood which sums are taken on the way back.
#
# Fill in the shapes for GPT-2 small and a **batch of 2 prompts of length 6**: d_vocab 50,257, d_model 768, d_mlp 3,072. The MLP is that of the first block: it reads `x`, and its neurons before GELU are `pre = x @ W_in + b_in`. A shape is a tuple, such as `(2, 6)`; a vector of 64 numbers has shape `(64,)`, and a single number `()`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows are gradients, and of what? What is the one rule about the shape of a gradient?
#
# <details><summary>If you see "the last position has no next token in the batch"</summary>
#
# Two slices of exercise 1. Yet the *gradient* of the logits has a row for every logit that there is; what stands in those that nothing judges?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """Shapes in a training step of GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    logits = judged_logits = None  # the model's output, and those of them that have a token to be judged by
    loss = None  # the mean of −log p
    grad_logits = None  # the gradient of all of the model's logits
    x = None  # what the MLP reads
    W_in = pre = None  # its first weight, and its neurons before GELU
    grad_pre = grad_W_in = grad_b_in = grad_x = None  # gradients
    square_b_in = None  # AdamW's mean of the squared gradients of b_in
    grad_norm = None  # the norm of all gradients of the model together
    ### BEGIN SOLUTION
    batch, seq, d_vocab, d_model, d_mlp = 2, 6, 50257, 768, 3072
    logits = grad_logits = (batch, seq, d_vocab)
    judged_logits = (batch, seq - 1, d_vocab)
    loss = grad_norm = ()
    x = grad_x = (batch, seq, d_model)
    pre = grad_pre = (batch, seq, d_mlp)
    W_in = grad_W_in = (d_model, d_mlp)
    grad_b_in = square_b_in = (d_mlp,)
    ### END SOLUTION
    rows = {
        "logits": logits,
        "judged_logits": judged_logits,
        "loss": loss,
        "grad_logits": grad_logits,
        "x": x,
    }
    rows |= {"W_in": W_in, "pre": pre, "grad_pre": grad_pre, "grad_W_in": grad_W_in, "grad_b_in": grad_b_in}
    return rows | {"grad_x": grad_x, "square_b_in": square_b_in, "grad_norm": grad_norm}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
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
            "A prompt has 6 tokens, at positions 0 to 5. Which token judges the logits of position 3?",
            [
                Choice(
                    "The one at position 3.",
                    why="The model has just read it. To give it back would be easy, and worth nothing.",
                ),
                Choice(
                    "The one at position 4.",
                    right=True,
                    why="Every position predicts its next token. Position 5 is judged by none.",
                ),
                Choice(
                    "The one at position 5, the last: that is the one that the model is to predict.",
                    why="When it writes, only the last position counts. In training every position has its own question.",
                ),
            ],
        ),
        Question(
            "The gradient of a weight is +2 and the learning rate 0.1. What does plain gradient descent do?",
            [
                Choice(
                    "The weight grows by 0.2.",
                    why="A gradient points uphill: the loss grows with this weight. Down is the other way.",
                ),
                Choice(
                    "The weight shrinks by 0.2.",
                    right=True,
                    why="Minus the learning rate times the gradient.",
                ),
                Choice(
                    "The weight shrinks by 0.1.",
                    why="That is what Adam's first step would do: it depends on the sign of the gradient and hardly on its size.",
                ),
            ],
        ),
        Question(
            "By mistake, a loss is summed over 1,000 tokens instead of averaged. Whose steps hardly change?",
            [
                Choice(
                    "SGD's, if momentum is on.",
                    why="The velocity is a sum of gradients: a thousand times as large, like everything in it.",
                ),
                Choice(
                    "Adam's.",
                    right=True,
                    why="m grows a thousandfold and so does the root of v. Only eps and clipping notice: that makes such a mistake hard to see.",
                ),
                Choice(
                    "Nobody's.",
                    why="One optimiser divides by the size of the gradients that it remembers.",
                ),
            ],
        ),
        Question(
            "With β₁ = 0.9 and β₂ = 0.999: how long would Adam's first step be without the bias correction?",
            [
                Choice(
                    "Ten times too short, since m is only a tenth of the gradient.",
                    why="m is a tenth of the gradient, but v is a thousandth of its square, and its root stands below the line.",
                ),
                Choice(
                    "About three times too long.",
                    right=True,
                    why="0.1 / √0.001 is about 3.16. The correction makes the first steps shorter, not longer.",
                ),
                Choice(
                    "Just right: the two errors cancel.",
                    why="They would if 0.1 were the root of 0.001. It is the root of 0.01.",
                ),
            ],
        ),
        Question(
            "Why must a layer keep its input until the backward pass?",
            [
                Choice(
                    "To be able to undo the forward pass.",
                    why="Nothing is undone. The way back computes slopes, not inputs.",
                ),
                Choice(
                    "Because the gradient of its weight is made of the input and grad_out.",
                    right=True,
                    why="In linear_backward, grad_W needs x. This is where the memory of a training goes.",
                ),
                Choice(
                    "Because grad_x is made of it.",
                    why="For a linear layer grad_x needs only W and grad_out. (GELU's grad_x does need its x.)",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# The fourth question can be tested. **How long is the first step, for gradients of very different sizes?** By hand, without the correction, and with your AdamW.

# %% tags=["look", "raises-exception"]
for size in (0.001, 1.0, 1000.0):
    uncorrected = 0.1 * size / math.sqrt(0.001 * size**2)
    weight = nn.Parameter(torch.zeros(()))
    weight.grad = torch.tensor(size)
    AdamW([{"params": [weight], "weight_decay": 0.0}], lr=1.0).step()
    print(
        f"gradient {size:8}: {uncorrected:.3f} times lr without the correction, {-weight.item():.3f} with it"
    )

# %% [markdown]
# ### In your own words
#
# A classmate says: *"Backpropagation tries out for every weight whether a little more or a little less of it makes the loss smaller, and then it makes the change."* What is right about this, and what is not? Answer in four or five sentences, and use the words **gradient**, **chain rule** and **optimiser**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It is right that the gradient says for every weight whether a little more of it would make the loss larger or smaller. But nothing is tried out: that would be finite differences, which take two forward passes for every single weight. Backpropagation runs through the computation once, from the loss to the inputs, and uses the chain rule: each step multiplies the gradient of its output by its own slope and so finds the gradients of its inputs and weights, all of them for the price of a few forward passes. And it changes nothing. The step is taken afterwards by the optimiser, which decides how far to go, with a learning rate, a memory of earlier gradients or a schedule; and since all weights move at once, the loss falls only if the step is small enough.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `layer_norm_backward`
#
# LayerNorm's way back is the first one with a twist. Each number of the output depends on **all** numbers of its vector, because the mean and the deviation do.
#
# Go through it step by step. Forward: $z = (x - \mu) / \sigma$ with $\sigma = \sqrt{\text{variance} + \text{eps}}$, then $y = z \cdot \text{gain} + \text{bias}$. Backward, the last step first. The gradient of $z$ is $g = \text{grad\_out} \cdot \text{gain}$. If $\mu$ and $\sigma$ were constants, the gradient of $x$ would be $g / \sigma$. They are not, and each of the two takes something away:
#
# - adding the same to all numbers of $x$ changes nothing, so the **mean of $g$** has no effect, and is taken out;
# - stretching $x$ changes (nearly) nothing, so what of $g$ points **along $z$** has no effect: that is the mean of $g \cdot z$, times $z$.
#
# **What is left of $g$, then, over $\sigma$?** Both means run over `d_model`, for each vector by itself.
#
# *Difficulty 4 of 5 · importance 3 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** It is the one way back in a block that cannot be gone number by number, and the one that is most often wrong where it was written by hand.
#
# The second rule is exact, eps or not: work it out from the formula if you do not believe it. Autograd is out of bounds.
#
# <details><summary>Hint 1 · a question</summary>
#
# `gain` and `bias` serve every token. So over which axes are their gradients summed, and what stood beside the gain on the way forward?
#
# <details><summary>If you see "as constants" or "as a constant"</summary>
#
# One of the two things that are taken away is missing, or both.
#
# </details>
#
# <details><summary>If you see "not multiplied by z again"</summary>
#
# To take out a part along z means to subtract a multiple of z.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "layer_norm_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_norm_backward(
    grad_out: Float[Tensor, "batch seq d_model"],
    x: Float[Tensor, "batch seq d_model"],
    gain: Float[Tensor, "d_model"],
    eps: float,
) -> tuple[Float[Tensor, "batch seq d_model"], Float[Tensor, "d_model"], Float[Tensor, "d_model"]]:
    """How the loss changes with x, with the gain and with the bias of a LayerNorm, in this order.

    `grad_out` is how it changes with the LayerNorm's output. The variance divides by d_model, and eps stands under
    the root.
    The inputs are left as they were.
    """
    ### BEGIN SOLUTION
    variance, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
    deviation = torch.sqrt(variance + eps)
    z = (x - mean) / deviation
    grad_z = grad_out * gain
    along_z = (grad_z * z).mean(dim=-1, keepdim=True) * z
    grad_x = (grad_z - grad_z.mean(dim=-1, keepdim=True) - along_z) / deviation
    return grad_x, (grad_out * z).sum(dim=(0, 1)), grad_out.sum(dim=(0, 1))
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_layer_norm_backward", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.layer_norm_backward(layer_norm_backward)

# %% [markdown]
# *What you should see:* a tick, and two errors far below a millionth.
#
# **What does your judge say?** Finite differences on a small LayerNorm, with a large eps of 0.1.

# %% tags=["look", "raises-exception"]
generator = torch.Generator().manual_seed(1)
x, grad_out = torch.randn(2, 2, 3, 5, generator=generator, dtype=torch.float64)
gain = torch.tensor([0.5, 1.0, 1.5, 2.0, -1.0], dtype=torch.float64)
grad_x, grad_gain, _ = layer_norm_backward(grad_out, x, gain, 0.1)
of_x = gradient_check(lambda at: (F.layer_norm(at, (5,), gain, eps=0.1) * grad_out).sum(), x, grad_x)
of_gain = gradient_check(lambda at: (F.layer_norm(x, (5,), at, eps=0.1) * grad_out).sum(), gain, grad_gain)
print(f"relative error of grad_x {of_x:.0e}, of grad_gain {of_gain:.0e}")

# %% [markdown]
# ## Stretch 2 · `attention_backward`
#
# The way back through an attention head. Forward it was: scores $= q\,k^T / \sqrt{d_{head}}$, the future hidden, a softmax along the keys, and $z$ = pattern times values. **In which order do the workers turn round?**
#
# 1. $z$ was a product of the pattern and $v$. Its way back gives the gradient of both, as in exercise 4.
# 2. The softmax. For one row of shares $p$ with gradient $g$, the gradient of the scores is $p \cdot (g - \sum_j p_j\, g_j)$: how much better is this key than what the query gets on average?
# 3. The mask. A hidden key has the share 0, and so its score gets the gradient 0 by itself.
# 4. The scores were a product of $q$ and $k$, and were divided.
#
# *Difficulty 4 of 5 · importance 3 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** With exercises 4 and 5 and the first stretch exercise it makes the way back through a whole block complete.
#
# `attention_pattern(q, k)` of week 5 is in `parts`, with scale and mask. There are as many queries as keys. `...` stands for any axes in front, so use `.mT` or einsum for what is turned over. Autograd is out of bounds.
#
# <details><summary>Hint 1 · a question</summary>
#
# Value j has been read by several queries. By which, and in which shares? In which row or column of the pattern do you find them?
#
# <details><summary>If you see "√d_head times too large"</summary>
#
# The division on the way forward is the same division on the way back.
#
# </details>
#
# <details><summary>If you see "what has to be subtracted?"</summary>
#
# Step 2 has a sum in it, along the keys. `keepdim=True` keeps it subtractable.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "attention_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_backward(
    grad_z: Float[Tensor, "... seq d_head"],
    q: Float[Tensor, "... seq d_head"],
    k: Float[Tensor, "... seq d_head"],
    v: Float[Tensor, "... seq d_head"],
) -> tuple[Float[Tensor, "... seq d_head"], Float[Tensor, "... seq d_head"], Float[Tensor, "... seq d_head"]]:
    """How the loss changes with q, k and v (in this order) of causal attention, where z = pattern @ v.

    `grad_z` is how it changes with z.
    The inputs are left as they were.
    """
    ### BEGIN SOLUTION
    pattern = attention_pattern(q, k)
    grad_pattern = grad_z @ v.mT
    on_average = (pattern * grad_pattern).sum(dim=-1, keepdim=True)
    grad_scores = pattern * (grad_pattern - on_average) / math.sqrt(q.shape[-1])
    return grad_scores @ k, grad_scores.mT @ q, pattern.mT @ grad_z
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_attention_backward", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.attention_backward(attention_backward)

# %% [markdown]
# *What you should see:* a tick: the gradients that autograd finds.

# %% [markdown]
# ## Stretch 3 · `Scalar`: an autograd of your own
#
# You have written the workers. What is missing is the one who calls them up in the right order, whatever has been computed. **How does torch know the way back?** Every tensor remembers what it was made from.
#
# Here the same is done for single numbers. A `Scalar` holds its `value`, the `inputs` it was made from, and `slopes`: how much it changes with each of them. Computing with Scalars builds, behind the scenes, a graph of who was made from whom; `backward` then walks through it from the result to the beginning.
#
# *Difficulty 4 of 5 · importance 4 of 5 · 35 minutes · stretch, 15 points*
#
# **Why.** Whoever has built one knows what `backward()` does, and what it does not.
#
# `+`, `*` and `tanh` each return a new Scalar with the right inputs and slopes; the other operand of `+` and `*` may be a plain number, of which `Scalar.of` makes a Scalar. `backward` is called once, on the result. It sets the `grad` of the result to 1 and adds to the `grad` of every Scalar that had a part in it.
#
# Two traps: a Scalar may be used **several times**, and then the effects add up. And it must not pass its gradient on **before it is complete**, that is, before everything that was made from it has had its turn. So put all Scalars in an order first, in which each comes after its inputs, and go through it from the end.
#
# <details><summary>Hint 1 · a question</summary>
#
# A function `visit(scalar)` first visits all inputs of `scalar` and then puts `scalar` on a list. What can you say about the order of that list? What must happen when a Scalar is visited a second time?
#
# <details><summary>If you see "before all of its uses have reported"</summary>
#
# Two passes: first only the order, then only the gradients.
#
# </details>
#
# <details><summary>If you see "some are not complete yet"</summary>
#
# When does a Scalar join your list: before its inputs, or after them?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "Scalar", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Scalar:
    """A number that remembers what it was made from.

    `value` is the number, `inputs` are the Scalars it was made from, `slopes` says how much it changes with each of
    them. After `result.backward()`, `grad` is how much the result changes with this number.
    """

    def __init__(self, value: float, inputs: Sequence["Scalar"] = (), slopes: Sequence[float] = ()):
        self.value, self.inputs, self.slopes, self.grad = float(value), inputs, slopes, 0.0

    @staticmethod
    def of(number: "Scalar | float") -> "Scalar":
        """The Scalar itself, or a new one of a plain number."""
        return number if isinstance(number, Scalar) else Scalar(number)

    def __add__(self, other: "Scalar | float") -> "Scalar":
        ### BEGIN SOLUTION
        other = Scalar.of(other)
        return Scalar(self.value + other.value, (self, other), (1.0, 1.0))
        ### END SOLUTION

    def __mul__(self, other: "Scalar | float") -> "Scalar":
        ### BEGIN SOLUTION
        other = Scalar.of(other)
        return Scalar(self.value * other.value, (self, other), (other.value, self.value))
        ### END SOLUTION

    def tanh(self) -> "Scalar":
        """The hyperbolic tangent of it; the slope of tanh is 1 − tanh²."""
        ### BEGIN SOLUTION
        bent = math.tanh(self.value)
        return Scalar(bent, (self,), (1 - bent * bent,))
        ### END SOLUTION

    def backward(self) -> None:
        """Adds to the `grad` of every Scalar that this one was made from; its own becomes 1."""
        ### BEGIN SOLUTION
        order = {}  # a dict remembers in which order things came, and finds them quickly

        def visit(scalar: Scalar) -> None:
            if scalar not in order:
                for given in scalar.inputs:
                    visit(given)
                order[scalar] = None

        visit(self)
        self.grad = 1.0
        for scalar in reversed(order):
            for given, slope in zip(scalar.inputs, scalar.slopes, strict=True):
                given.grad += slope * scalar.grad
        ### END SOLUTION

    def __radd__(self, other: float) -> "Scalar":
        """2 + a is a + 2."""
        return self + other

    def __rmul__(self, other: float) -> "Scalar":
        """2 * a is a * 2."""
        return self * other


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_Scalar", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.Scalar(Scalar)

# %% [markdown]
# **Can it learn?** Three neurons, each of them a tanh, are to answer 1 if exactly one of two switches is on, and −1 otherwise (XOR, which a single neuron cannot). Nothing but your Scalars and plain gradient descent.


# %% tags=["look", "raises-exception"]
def number() -> float:
    return float(torch.randn((), generator=generator))


generator = torch.Generator().manual_seed(4)
w = [Scalar(number()) for _ in range(9)]
cases = [(-1, -1, -1), (-1, 1, 1), (1, -1, 1), (1, 1, -1)]


def answer(a: float, b: float) -> Scalar:
    left, right = (w[0] * a + w[1] * b + w[2]).tanh(), (w[3] * a + w[4] * b + w[5]).tanh()
    return (w[6] * left + w[7] * right + w[8]).tanh()


losses = []
for _ in range(300):
    loss = Scalar(0.0)
    for a, b, wanted in cases:
        error = answer(a, b) + -wanted
        loss = loss + error * error
    for weight in w:
        weight.grad = 0.0
    loss.backward()
    for weight in w:
        weight.value -= 0.1 * weight.grad
    losses.append(loss.value)

for a, b, wanted in cases:
    print(f"switches {a:2} and {b:2}: {answer(a, b).value:6.2f}, wanted {wanted:2}")
pictures.curve(torch.arange(len(losses)), torch.tensor(losses), x_title="steps", y_title="squared error")

# %% [markdown]
# *What you should see:* the error falls, and the four answers have the right signs. This is torch in miniature: with tensors in place of numbers and a few hundred workers in place of three, it trains everything there is.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and asks of each line "and what is its shape?". Swap after every exercise that has its tick.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Where does the loss begin to rise, and why so suddenly? |
# | 10–20 | Exercise 1. Write positions and targets on paper, one above the other, before you type. |
# | 20–35 | Exercise 3: derive the gradient on paper, say the result in words, then type it. **Swap.** |
# | 35–50 | Exercise 4. Agree on your scratchpad: `grad_out`, `x`, `W` and their axes; say for each gradient which axes disappear. |
# | 50–75 | Exercises 6 and 7, and the map with its sliders. **Swap** in between. |
# | 75–90 | The two questions below. |
#
# Core is exercises 1 to 11; 2, 5 and 8 to 11 do well as homework. Stretch is for whoever has time left. **Not finishing is normal:** a session that ends with three gradients that you both can derive is a good one.
#
# **Two questions to argue about.**
#
# 1. All losses are on average 3 nats, and yours is 3.4. Somebody proposes to double the learning rate, somebody else to halve it. Which measurement of this week could decide between them?
# 2. A gradient tells where down is for the batch that was just seen. Why does it help at all on sentences that nobody has seen yet? And when would it not?
#
# **Where pairs get stuck.** At the division in exercise 3: count the targets, aloud. At `grad_W`, when one of you wants to average: the mean was taken once, in the loss. At AdamW, when everything is right but the first step: look at t. At "in place", all week: ask who else holds the tensor.

# %% [markdown]
# ## What you have built
#
# - **next_token_loss**: how surprised the model is, at every position at once.
# - **gradient_check**: a judge that believes in no formula.
# - **softmax_cross_entropy_backward**, **linear_backward**, **gelu_backward**: the way back through the loss and through an MLP, by hand.
# - **sgd_momentum** and **AdamW**: two ways of going down, the second equal to torch's at every step.
# - **clip_grad_norm**, **lr_schedule**, **decay_groups**: what keeps a long training on its way.
#
# What is still missing? A text, a loop, and patience. Next week your machine learns to tell stories, and every step of it runs through the functions of this week.
#
# Words of this week in the [glossary](../glossary.md): *AdamW, autograd, backpropagation, backward pass, bias correction, chain rule, clipping, cosine schedule, finite differences, forward pass, global norm, gradient, group, learning rate, loss surface, moments, momentum, nat, optimiser, SGD, slope, step, velocity, warm-up, weight decay*.
