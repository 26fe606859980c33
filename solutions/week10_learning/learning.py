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
# **The big idea.** Training repeats three questions. How wrong is the model? In which direction should every single weight move? And how far? The loss answers the first, backpropagation the second, the optimiser the third.
#
# | | |
# |---|---|
# | **You will have built** | the loss of a language model, the backward passes of the loss and of an MLP by hand, and AdamW, equal to torch's at every step up to rounding |
# | **You need** | softmax and cross-entropy (week 1), GELU (week 4), the attention pattern (week 5, for one stretch exercise), token losses (week 8), which `parts.py` beside this notebook holds ready |
# | **Time** | reading and demonstrations 1 h 10 min · core exercises 3 h · stretch 1 h 30 min |
# | **Where we are** | text → tokens → embeddings → blocks → logits → probabilities → next token, **and back again**: from the loss to every weight |
#
# For nine weeks numbers have gone through the model in one direction, from tokens to logits. This week gradients go the other way. It is the week with the most mathematics, but nearly all of it is one rule, the chain rule, and you can test every formula without any mathematics: change a number a little and see what happens to the loss.
#
# Run the cells from top to bottom. Write where a cell says `# YOUR CODE HERE`; the check below it shows at once whether torch gets the same result.

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
# The model has read a sentence and assigned a probability to each next token. Moving all its weights a little could make the same sentence more probable.
#
# **In which direction, among millions? And how far?** `backward()` computes the direction. The curve below tries out the distance: it moves all weights at once in that one direction, by a number times the gradient, and computes the loss of the same sentence again. The model itself is not changed.

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(SENTENCE)])
weights = dict(gpt2.model.named_parameters())


def loss_with(some_weights: dict[str, Tensor]) -> Tensor:
    """The model's loss on the sentence when it has these weights, in nats per token."""
    return functional_call(gpt2.model, some_weights, (ids,), {"labels": ids}).loss


before = loss_with(weights)
uphill = dict(zip(weights, torch.autograd.grad(before, list(weights.values())), strict=True))

typical = {name: entries.square().mean().sqrt().item() for name, entries in uphill.items()}

n_distances = 22 if gpt2.name == "storyteller" else 11  # a larger model takes longer for each
distances = torch.logspace(0, -3.5, n_distances)  # from the longest, 1, to the shortest
after, moved, shorter = [], uphill, (distances[1] / distances[0]).item()
with torch.no_grad():
    for name, weight in weights.items():  # one at a time: each takes the place of its gradient
        moved[name] = weight - uphill[name]
    for _ in pictures.progress(distances.tolist(), "distances"):
        after.append(loss_with(moved))
        for name, weight in weights.items():  # back towards the weight, to the next distance
            moved[name] = weight.lerp(moved[name], shorter)
del uphill, moved  # as large as the model
distances, after = distances.flip(0), torch.stack(after).flip(0)
best = after.argmin()
print(f"{sum(weight.numel() for weight in weights.values()):,} weights, one direction.")
print(f"Loss before: {before.item():.2f} nats per token.")
print(f"After a step of {distances[best]:.2g} times the gradient: {after[best]:.2f}.")
for name in (max(typical, key=typical.get), min(typical, key=typical.get)):
    print(f"A typical entry of the gradient of {name}: {typical[name]:.0e}")
pictures.curve(
    distances,
    after,
    x_title="how far: the gradient times this",
    y_title="nats per token",
    log_x=True,
    log_y=True,
)

# %% [markdown]
# On the left the steps are too small to matter. Then the loss falls. Then it rises steeply and ends far above where it began: the gradient describes the loss near the weights at which it was computed, and further away the loss has another shape.
#
# So the direction can be computed, and the distance has to be chosen. Exercises 1 to 5 are about the direction. Exercises 6 to 10 are about the distance, and about using a direction that is different at every step. The last two printed lines matter in exercise 7: entries of the gradient differ in size by orders of magnitude from one parameter to another.
#
# ## The idea in plain words
#
# Some background in one place; you have met tensors in week 1 and parameters in week 4. A **model** is a function with numbers inside, its **parameters**; its inputs, its parameters and everything in between are tensors. To **train** it is to change the parameters so that one number, the **loss**, gets smaller. For a language model the loss is the cross-entropy of the next token: −log p of the token that did come, on average. (−log p of one token is called its **surprisal**.)
#
# The **gradient** of the loss has a number for each parameter, the **derivative** of the loss with respect to it: how fast would the loss grow if this parameter grew? Moving all parameters against the gradient makes the loss smaller, if the step is small enough and the gradient is not 0.
#
# **How does one get millions of derivatives?** The model is a sequence of simple operations, each of which takes numbers and gives its result to the next; the last result is the loss. Now go through the operations in reverse. For the last one, the derivative of the loss with respect to its input is easy to compute. The operation before it needs only two things: that derivative, which is how the loss changes with its output, and how its own output changes with its input. The product of the two is how the loss changes with its input. And so on, back to the first operation. This is **backpropagation**: the **chain rule**, applied from the end to the beginning, and each operation needs only its own derivative. (For an operation with several inputs and outputs the derivatives form a matrix, its **Jacobian**. Backpropagation never builds that matrix; it only multiplies by it.)
#
# Each exercise of the first half is the **backward pass** of one operation: given how the loss changes with its output (`grad_out`), compute how the loss changes with its inputs.
#
# The **optimiser** then takes the step. It is given the gradient, and may keep something of earlier gradients.

# %% [markdown]
# ## The idea in shapes
#
# | step | what | shape |
# |---|---|---|
# | forward | `logits`, a prediction at every position | `batch seq d_vocab` |
# | loss | −log p of each next token, averaged | one number |
# | backward | the gradient of the logits | `batch seq d_vocab` |
# | | the gradient of each activation | that of the activation |
# | | the gradient of each weight | that of the weight |
# | step | what the optimiser keeps for each weight | that of the weight |
#
# One rule to remember: **the gradient of a tensor has the shape of the tensor.** The loss is a single number, so there is exactly one derivative for each entry. If a shape is different, something was summed that should not have been, or the reverse.
#
# Weights have no batch axis and no seq axis, because the same weights are used at every position of every prompt. Their effects at all these positions are *added up*. Keep the pad below beside you; one of its rows is wrong.

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
# **Why.** In pretraining this number is the only signal that a GPT gets. And shifting logits and tokens by one position is easy to get wrong.
#
# A prompt of 6 tokens holds not one prediction but five. After the first token: what comes second? After the first two: what comes third? Because of the causal mask, one forward pass makes all these predictions at once, and none of them can use the tokens that it is to predict. So *every position predicts its next token in training*: the target of position `i` is the token at `i + 1`. (To train on predictions from the true earlier tokens, not from the model's own output, is called **teacher forcing**.) The last position has no target, and the first token is not a target of any position.
#
# Week 8 measured the loss of single tokens, with `token_losses`. Here is the one number from which a training step starts: the mean of −log p over all predictions of all prompts, in nats. It must stay a tensor from which `backward()` can start. Any way from logits to −log p is accepted; `cross_entropy` of week 1 is in `parts`, and torch has its own.
#
# <details><summary>Hint 1 · a question</summary>
#
# Write the numbers 0 to 5 for the positions of the logits, and under them the token that each should predict. Which position has none? Which token is under none of them?
#
# <details><summary>Hint 2 · two slices</summary>
#
# `a[:, :-1]` leaves out the last entry of the second axis and `a[:, 1:]` the first. One is for the logits, the other for the tokens.
#
# </details>
# </details>
#
# <details><summary>If you see "its own token, which the model has just read"</summary>
#
# Then logits and tokens are not shifted against each other. A model that repeats the token it has just read would have a loss near 0.
#
# </details>
#
# <details><summary>If you see "a probability too small for float32 gives log 0"</summary>
#
# A probability below about 10⁻⁴⁵ is 0 in float32, and log 0 is −∞. `log_softmax` computes log p from the logits directly: it subtracts their **log-sum-exp**, and never forms the small probability.
#
# </details>
#
# <details><summary>If you see "how many predictions does a row of 6 tokens hold?"</summary>
#
# You have divided by the number of tokens, and one in each row is not predicted.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "next_token_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def next_token_loss(
    logits: Float[Tensor, "batch seq d_vocab"], tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, ""]:
    """The mean of −log p of each token given those before it, in nats: the target of position i is token i + 1.

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
# <details><summary>What you should see</summary>
#
# One green line. The function gives a tensor without axes, such as `tensor(2.80)`. Logits that are all equal give log d_vocab whatever the tokens are: 10.82 nats for the 50,257 tokens of the storyteller and of GPT-2.
#
# </details>
#
# **How many predictions does one sentence hold?** Here they all are, with the probability that the model gave to the token that did come, and its surprisal.

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(SENTENCE)])
words = token_strings(ids[0])
with torch.no_grad():
    logits = gpt2.model(ids).logits
    losses = token_losses(lambda tokens: logits, ids)[0]
for position, nats in enumerate(losses):
    read = "".join(words[: position + 1]).replace("·", " ")
    read = read if len(read) <= 40 else f"…{read[-39:]}"
    print(f"{read:>40} → {words[position + 1]:9} p = {math.exp(-nats):.3f}, {abs(nats):5.2f} nats")
print(f"\nTheir mean: {losses.mean():.4f}. Your loss: {next_token_loss(logits, ids).item():.4f}")

# %% [markdown]
# *What you should see:* one prediction fewer than there are tokens, and two equal numbers at the end: 2.8045 with the storyteller. All these predictions come from one forward pass.

# %% [markdown]
# ## Exercise 2 · `gradient_check`
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · core, 12 points*
#
# **Why.** Before you write a backward pass, write the test for it. It needs no derivation: to find how the loss changes with one entry of `x`, move that entry up by a little, then down by a little, and compare the two losses. These are **finite differences**. They are slow, since they take two losses for every entry, but they depend on the forward pass only, and so do not repeat a mistake in your derivation. (A test is not a proof: it covers the inputs that were tried.)
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
# How many losses are needed for a tensor of shape `(3, 4)`? Where in your loop is each of them computed?
#
# <details><summary>Hint 2 · one entry after the other</summary>
#
# `move.view(-1)` is a contiguous tensor's entries in a row, whatever its shape, and shares its memory: setting `move.view(-1)[5]` changes the sixth entry of `move`. A tensor of zeros with one `step` in it can be added to `x` and subtracted from it.
#
# </details>
# </details>
#
# <details><summary>If you see "changes its input x in place"</summary>
#
# Then you move entries of `x` itself (`x.double()` is not a copy when `x` is in float64 already). Even if you put the entry back: 0.1 + 0.00001 − 0.00001 is not quite 0.1. Move a copy, or add a tensor to it.
#
# </details>
#
# <details><summary>If you see "seven digits are too few for a small step"</summary>
#
# Which dtype does the tensor have that you pass to `loss_of`?
#
# </details>
#
# <details><summary>If you see "two gradients of 0 give 0/0"</summary>
#
# Test whether the denominator is above 0 before you divide.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "gradient_check", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_check(
    loss_of: Callable[[Float[Tensor, "..."]], Float[Tensor, ""]],
    x: Float[Tensor, "..."],
    gradient: Float[Tensor, "..."],
    step: float = 1e-5,
) -> float:
    """How far `gradient` is from the derivatives of `loss_of` at `x`, measured by central differences in float64.

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
# <details><summary>What you should see</summary>
#
# One green line. A right gradient gives an error near 10⁻⁸ or less for a smooth function in float64; a gradient of twice the right length gives 1/3, one of the opposite sign 1.
#
# </details>
#
# **Which step is the best one?** The smaller the better, one might think. Here is the sum of the sines of nine numbers, whose exact gradient is their cosines.

# %% tags=["look", "raises-exception"]
x = torch.linspace(-2, 2, 9, dtype=torch.float64)
steps = torch.logspace(-12, 0, 49)
errors = [gradient_check(lambda at: at.sin().sum(), x, x.cos(), step.item()) for step in steps]
print(f"Smallest error {min(errors):.0e}, with a step of {steps[errors.index(min(errors))]:.0e}.")
pictures.curve(steps, torch.tensor(errors), x_title="step", y_title="relative error", log_x=True, log_y=True)

# %% [markdown]
# *What you should see:* a minimum near 10⁻⁵. To the right of it the step is too large: the function is not straight between the two points. With central differences that error falls with the square of the step. To the left the step is too small: the two losses agree in nearly all their digits, and most of their difference is rounding. For this function, errors stay below 10⁻⁸ for steps between 10⁻⁶ and 10⁻⁴.
#
# **Why not train like this?** Below is how long it would take to measure the gradient of every weight once, two forward passes each, and how long one backward pass takes. Before you run it: seconds, hours, or days?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

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


print("you predicted:", my_prediction or "(nothing yet)")
once = seconds(forward)
both = seconds(lambda: torch.autograd.grad(forward(), list(gpt2.model.parameters())))
print(f"One forward pass: {once:.3f} s. Forward and backward together: {both:.3f} s.")
days = 2 * n_weights * once / 86_400
print(f"By finite differences, {n_weights:,} weights would take {days:,.1f} days. For one step.")

# %% [markdown]
# *What you should see:* days against a fraction of a second. In arithmetic a backward pass costs *about two forward passes, however many weights there are*: for each product `x @ W` of the forward pass it computes two, one for the gradient of `x` and one for that of `W`. (Measured on one short sentence it takes longer than that, because it also writes a gradient for every weight, and here there are far more weights than tokens.) This is why networks with millions of weights are trained by backpropagation.

# %% [markdown]
# ## Exercise 3 · `softmax_cross_entropy_backward`
#
# The backward pass begins at the loss. For one prediction with probabilities $p$ and the right token $t$ it is
#
# $$\text{loss} = -\log p_t = -\text{logit}_t + \log \sum_j e^{\text{logit}_j}$$
#
# The first part has the derivative −1 with respect to the logit of the right token, and 0 with respect to all others. The second part, the log-sum-exp, has the derivative $e^{\text{logit}_i} / \sum_j e^{\text{logit}_j}$ with respect to logit $i$, and that is $p_i$. **So what is the derivative of the whole with respect to each logit?** Work it out on paper before you write code. The result is short, and each part of it has a meaning.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 20 minutes · core, 10 points*
#
# **Why.** Every other gradient in the model is computed from this one. It is where the training text enters: one token's logit should rise, all others should fall.
#
# Here logits and targets are paired already, so nothing is shifted. The loss is the **mean** over all targets, and its gradient must be that of the mean. Use `softmax` of week 1 or torch's; autograd is not allowed in exercises 2 to 5.
#
# <details><summary>Hint 1 · a question</summary>
#
# At one position, what do the derivatives add up to? (If all logits grow by the same amount, does the loss change?)
#
# <details><summary>Hint 2 · a 1 at each target</summary>
#
# `F.one_hot` makes of ids a tensor with one more axis: 1 at the id and 0 elsewhere. How long must that axis be here? Or take a copy of the probabilities and subtract 1 at the targets with `scatter_add_`.
#
# </details>
# </details>
#
# <details><summary>If you see "the loss is the mean over all targets"</summary>
#
# The derivative of a mean of n losses with respect to each of them is 1/n. How many targets are there in all prompts together?
#
# </details>
#
# <details><summary>If you see NaN</summary>
#
# e¹⁰⁰⁰ is inf. Is it your own softmax, and does it subtract the largest logit first?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "softmax_cross_entropy_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax_cross_entropy_backward(
    logits: Float[Tensor, "batch seq d_vocab"], targets: Int[Tensor, "batch seq"]
) -> Float[Tensor, "batch seq d_vocab"]:
    """How the mean cross-entropy of all targets changes with each logit.

    The target at [b, s] belongs to the logits at [b, s]: they are shifted already. Logits of any size are fine; the
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
# <details><summary>What you should see</summary>
#
# One green line. At every position the numbers add up to 0 and exactly one of them is negative, the target's. The shape is that of the logits: `(batch, seq, 50257)` for the storyteller and for GPT-2.
#
# </details>
#
# **Which logits does one training example push up, and which down?** One position of the sentence: the model has read *… Omar and Sophie went to the*, and *zoo* came. Bars to the right are logits that a step against the gradient makes smaller; it makes the logits with bars to the left larger. (Your `gradient_check` tests the gradient first, on forty logits.)

# %% tags=["look", "raises-exception"]
ids = torch.tensor([gpt2.tokenizer.encode(SENTENCE)])
words = token_strings(ids[0])
position = words.index("·zoo") - 1
with torch.no_grad():
    logits = gpt2.model(ids).logits[:, position : position + 1].double()
target = ids[:, position + 1 : position + 2]
gradient = softmax_cross_entropy_backward(logits, target)

few = logits[..., :40].clone()  # forty logits are enough for a test that needs two losses for each
error = gradient_check(
    lambda at: cross_entropy(at, torch.tensor([[7]])),
    few,
    softmax_cross_entropy_backward(few, torch.tensor([[7]])),
)
print(
    f"The gradient adds up to {gradient.sum():.0e}. Finite differences on forty logits: relative error {error:.0e}."
)
strongest = gradient[0, 0].abs().topk(8).indices
pictures.bars(
    {name: gradient[0, 0, id] for name, id in zip(token_strings(strongest), strongest, strict=True)},
    value_title="how the loss changes with the logit",
)

# %% [markdown]
# *What you should see:* the token that came is the only one whose logit rises (its bar is p − 1). All other logits fall, each in proportion to its probability, so the most probable wrong token is corrected most. If the right token had had probability 1, the gradient would be 0 everywhere.

# %% [markdown]
# ## Exercise 4 · `linear_backward`
#
# Nearly all weights of a GPT's blocks are in **linear** layers: `y = x @ W + b`. Given how the loss changes with `y`, **how does it change with `x`, with `W` and with `b`?**
#
# Take one token and write the product out: $y_o = \sum_i x_i W_{io} + b_o$. Then look at each of the three:
#
# - $x_i$ appears in every $y_o$, with the factor $W_{io}$.
# - $W_{io}$ appears in one $y_o$ only, with the factor $x_i$. But it does so at *every token of every prompt*.
# - $b_o$ appears in one $y_o$, with the factor 1, and again at every token.
#
# Where a number has an effect in several places, the effects add up. So each gradient is a sum of products; only the axis that is summed differs.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 12 points*
#
# **Why.** These three gradients show why training needs more memory than inference: `grad_W` needs `x`, so every layer must keep its input until its backward pass is done.
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
# </details>
#
# <details><summary>If you see "mat1 and mat2 shapes cannot be multiplied"</summary>
#
# For `grad_x` the sum runs over `d_out`. Which of the two axes of `W` is that?
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
# <details><summary>What you should see</summary>
#
# One green line; the last case takes a real weight of the model, in float32. For one block's `W_in` and two prompts of 11 tokens, the storyteller's `grad_x`, `grad_W` and `grad_b` have the shapes `(2, 11, 96)`, `(96, 384)` and `(384,)`. In GPT-2 small they would be `(2, 11, 768)`, `(768, 3072)` and `(3072,)`.
#
# </details>

# %% [markdown]
# ## Exercise 5 · `gelu_backward`
#
# An activation function (a **nonlinearity**) works on each number by itself, and so does its backward pass: multiply `grad_out` by the derivative of GELU at `x`. **What does that derivative look like?** ReLU's is 0 below 0 and 1 above. Here is GELU's, measured by finite differences from `gelu` of week 4, beside it.

# %% tags=["look", "raises-exception"]
x, step = torch.linspace(-4, 4, 321, dtype=torch.float64), 1e-5
derivative = (gelu(x + step) - gelu(x - step)) / (2 * step)
both = {"ReLU": (x > 0).double(), "GELU": derivative}
print(f"GELU's derivative lies between {derivative.min():.3f} and {derivative.max():.3f}.")
pictures.curves(x, both, x_title="x", y_title="derivative")

# %% [markdown]
# The derivative is below 0 on the left and above 1 on the right, where the backward pass makes a gradient a little larger. Now the formula. With $u = \sqrt{2/\pi}\,(x + 0.044715\,x^3)$,
#
# $$\text{gelu}(x) = 0.5\;x\,\big(1 + \tanh u\big)$$
#
# It is a product of $0.5\,x$ and $1 + \tanh u$, and both depend on $x$: that is the **product rule**. The second factor depends on $x$ through $u$: that is the **chain rule**. And the derivative of $\tanh$ at $u$ is $1 - \tanh^2 u$.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 15 minutes · core, 10 points*
#
# **Why.** Together with exercise 4 this is the whole backward pass of an MLP.
#
# <details><summary>Hint 1 · a question</summary>
#
# The derivative has two terms. In one of them the tanh is left as it is and 0.5 x is differentiated; what is left of it? In the other it is the reverse. What is the derivative of u?
#
# <details><summary>Hint 2 · try it on numbers</summary>
#
# Far to the right the derivative must be 1, far to the left 0, and at 0 it is exactly 0.5. Try ±10 and 0 yourself.
#
# </details>
# </details>
#
# <details><summary>If you see "x occurs twice in the formula"</summary>
#
# One of your two terms is missing.
#
# </details>
#
# <details><summary>If you see "the derivative of what is inside the tanh"</summary>
#
# Differentiate u: both its root and its cube are in the result.
#
# </details>
#
# <details><summary>If you see "it is not multiplied by grad_out"</summary>
#
# Then you have the derivative of GELU, and the last step is missing.
#
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
# <details><summary>What you should see</summary>
#
# One green line. With `grad_out` 1 everywhere, your function gives 0.5 at x = 0, about 1.13 at its highest (near x = 1.4), about −0.13 at its lowest (near −1.4), 1 far to the right and 0 far to the left. The same function is used in GPT-2 of every size and in the storyteller.
#
# </details>
#
# **Can you differentiate a whole MLP?** It is a linear layer, a GELU and a linear layer. Here your functions compute the backward pass of the model's first MLP, one operation after the other, and autograd does the same. Both in float64.

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
# *What you should see:* differences below 10⁻¹², which is float64 rounding. From here on `backward()` does this; you have now written the parts of it that an MLP needs.

# %% [markdown]
# ## Exercise 6 · `sgd_momentum`
#
# Now for the distance. The simplest optimiser subtracts the gradient times a fixed number, the **learning rate**: **stochastic gradient descent**, or SGD. (Stochastic, because each gradient comes from a few examples drawn at random; their number is the **batch size**. Numbers that are chosen and not trained, such as these two, are called **hyperparameters**.)
#
# It has one weakness that you can picture. In a long narrow valley the gradient points mostly across the valley, not along it. So SGD jumps from side to side and moves slowly along the valley. **Momentum** helps: keep a **velocity**, to which every gradient is added, and which is made a little smaller at each step. Components that change sign from step to step cancel in it. Components that keep their sign add up.
#
# $$\text{velocity} \leftarrow \text{momentum} \cdot \text{velocity} + \text{gradient} \qquad \text{parameter} \leftarrow \text{parameter} - \text{lr} \cdot \text{velocity}$$
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** It is the simplest optimiser that keeps something of earlier gradients, and AdamW extends it. With momentum 0 it is plain gradient descent.
#
# Conventions differ in where they put `lr`; here it is where torch has it, outside the velocity. There is a velocity for each parameter, all 0 at first. Both *change in place*: the next call is given the same tensors again. A parameter whose `.grad` is None is left alone, and so is its velocity. The gradients stay as they are.
#
# The line `@torch.no_grad()` above the function switches recording off: a step is not part of the computation that is differentiated, and torch refuses to change a parameter in place while it records.
#
# <details><summary>Hint 1 · a question</summary>
#
# `a = a - b` makes a new tensor and gives it an old name. Does the model still hold the old tensor, or the new one? Which ways are there to change the numbers *in* a tensor?
#
# <details><summary>Hint 2 · in place</summary>
#
# `a.mul_(2)`, `a.add_(b)`, `a.sub_(b)`, `a += b`, `a[...] = b`: each of these changes the tensor itself. In torch, an underscore at the end of a method's name marks this.
#
# </details>
# </details>
#
# <details><summary>If you see "the velocity is not used, or not kept"</summary>
#
# The new velocity must be written into the tensor that came in `velocities`. A local name is gone at the end of the call.
#
# </details>
#
# <details><summary>If you see "old steps keep their old lr"</summary>
#
# With one learning rate for all steps it would make no difference. When lr falls, the whole velocity should be multiplied by the smaller lr.
#
# </details>
#
# <details><summary>If you see "a leaf Variable that requires grad is being used in an in-place operation"</summary>
#
# The line `@torch.no_grad()` belongs right above `def`.
#
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
# <details><summary>What you should see</summary>
#
# One green line. With lr 0.1, momentum 0.9 and a gradient that is 1 at every step, a parameter moves by 0.1, 0.19, 0.271, … and in the end by 1.0 a step: ten times as far as without momentum. The map after exercise 7 shows it. The rule does not depend on the model, so GPT-2 gives the same numbers.
#
# </details>

# %% [markdown]
# ## Exercise 7 · `AdamW`
#
# One learning rate for all parameters is a compromise, because gradients differ in size by orders of magnitude between parameters, as the first look has printed. **What if each number had a step size of its own?**
#
# **Adam** keeps two running means, its **moments**, for every number: of its gradient, $m$, and of the square of its gradient, $v$. The step is $m$ divided by the root of $v$. If a gradient has always been 0.001 or has always been 1,000, that fraction is 1 in both cases: what counts is how *consistent* it is. (Kingma and Ba, *Adam*, 2015, arXiv:1412.6980, algorithm 1.)
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g \qquad\qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2$$
#
# Both begin at 0, so at first they are too small: after one step $m$ is only $(1 - \beta_1)\,g$. The **bias correction** divides by what is missing, at step $t = 1, 2, 3, \dots$:
#
# $$\hat m = \frac{m}{1 - \beta_1^t} \qquad\qquad \hat v = \frac{v}{1 - \beta_2^t}$$
#
# The *W* in **AdamW** is for **weight decay**: at each step every weight becomes a little smaller, separately from the gradient. If the decay were added to the gradient instead (L2 regularisation), it would be divided by $\sqrt{\hat v}$ like the rest of it. (Loshchilov and Hutter, *Decoupled weight decay regularization*, 2019, arXiv:1711.05101, algorithm 2. There the decay is multiplied by the schedule's factor only; torch multiplies it by the whole learning rate, and so do we.)
#
# $$w \leftarrow w - \text{lr} \cdot \text{weight\_decay} \cdot w \qquad\qquad w \leftarrow w - \text{lr}\; \frac{\hat m}{\sqrt{\hat v} + \text{eps}}$$
#
# *Difficulty 4 of 5 · importance 5 of 5 · 30 minutes · core, 14 points*
#
# **Why.** It is the usual optimiser of language models: GPT-3, for one, was trained with Adam and weight decay (Brown et al., 2020, arXiv:2005.14165, appendix B). Next week every training step uses this class.
#
# Parameters come in **groups**, dicts with `"params"` and `"weight_decay"`, so that some can decay and others not. Keep `self.groups`, `self.lr`, `self.betas`, `self.eps`, and two dicts: `self.moments` from each parameter to its pair of tensors, m and v, and `self.steps` from each parameter to the number of steps that it has taken. The two methods at the end, which are given, save and restore them. The learning rate may be changed between steps by setting `optimizer.lr`. A parameter whose `.grad` is None is left alone: no step, no decay, and its t does not grow. **The convention:** steps are counted for each parameter separately, as in torch.optim.AdamW. The papers have a single t; it makes a difference only for a parameter whose first gradient comes late. Here its first step has t = 1; with one counter for all it would be up to three times too long. The check tries this. After `zero_grad` every gradient is None, and before that the gradients stay as they are.
#
# <details><summary>Hint 1 · a question</summary>
#
# In which order do the six formulas above come for one parameter? Which of them need the number of the step, and when does that number grow for a parameter?
#
# <details><summary>Hint 2 · running means in place</summary>
#
# `mean.lerp_(gradient, 0.1)` moves the tensor a tenth of the way towards `gradient`. That is 0.9 · mean + 0.1 · gradient. Or write `mean.mul_(0.9).add_(0.1 * gradient)`.
#
# </details>
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
# Is the correction's power there, and the lr that is set between the steps? After half of the steps the check saves the state, and a new optimiser continues from it.
#
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
        """All that a later run needs to continue from here: steps, lr and moments, in the groups' order."""
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
# <details><summary>What you should see</summary>
#
# One green line. The first step of every entry with a gradient has the length lr, whatever the size of the gradient (up to eps); the cell after the quiz prints it for gradients of 0.001, 1 and 1,000. With weight decay 0.1 and lr 0.01, each weight also becomes 0.1% smaller per step.
#
# </details>
#
# **Which path does each optimiser take?** The map below is a loss with only two parameters: a valley that is twenty times as steep across as along. The paths are those of your own optimisers, all three with the same learning rate and the same start.
#
# Move the sliders, and find out: Above which learning rate does SGD diverge? What does momentum 0 do to the second path, and what 0.99? And why are Adam's first steps equally long in both directions, although the derivatives are so different?


# %% tags=["look", "raises-exception"]
def valley(places: Float[Tensor, "... 2"]) -> Float[Tensor, "..."]:
    """The loss at these points: lowest at (0, 0)."""
    return 0.05 * places[..., 0] ** 2 + places[..., 1] ** 2


def walk(place: nn.Parameter, take_step: Callable[[], None], n_steps: int) -> Float[Tensor, "place 2"]:
    """The points that `place` passes through, the start first."""
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
    """The three paths with these settings."""

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
# *What you should see:* with a larger learning rate, SGD crosses the valley floor at each step, and above a rate of 1 each crossing ends higher than it began: it diverges. Momentum overshoots the minimum and comes back. Adam's first steps are as long as the learning rate, in each coordinate separately. So with a rate of 0.02 it is the slowest of the three. With a rate of 2 both others diverge, and Adam still reaches the bottom, because the length of its steps does not grow with the gradient.
#
# No optimiser is best on every **loss surface**. On transformer language models Adam usually trains much faster than SGD; one explanation is that most tokens of the vocabulary are rare, and that SGD makes little progress on them (Kunstner et al., 2024, arXiv:2402.19449).

# %% [markdown]
# ## Exercise 8 · `clip_grad_norm`
#
# Now and then a batch has a gradient many times as long as usual, and one step along it can make the model much worse. **What should be done with it?** It is not discarded, since its direction may still help. It is made shorter (Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063).
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 8 points*
#
# **Why.** Large models are usually trained with it: GPT-3 clips at a global norm of 1.0 (Brown et al., 2020, appendix B).
#
# The norm is the **global norm**: the root of the sum of the squares of *all* entries of *all* gradients, as if they were one long vector. If it is larger than `max_norm`, every gradient is multiplied by the same factor, so that the norm becomes `max_norm`. The direction does not change. If it is not larger, nothing changes; gradients never become longer. What comes back is the norm before **clipping**, which is worth watching. Parameters whose `.grad` is None do not count. (The check allows the factor `max_norm / (norm + 1e-6)`, which is torch's, and the plain one.)
#
# `parameters` may be what `model.parameters()` gives, and that can be iterated over *only once*.
#
# <details><summary>Hint 1 · a question</summary>
#
# Two gradients have the norms 3 and 4. How long are they together? And by which factor does a length of 5 become a length of 2?
#
# <details><summary>Hint 2 · in place</summary>
#
# First make a list of the gradients that are not None. Then you can go through it twice: once to measure, once to multiply each in place by the same factor.
#
# </details>
# </details>
#
# <details><summary>If you see "which turns the step's direction"</summary>
#
# There is one factor for all gradients, computed from one norm.
#
# </details>
#
# <details><summary>If you see "gradients of 0 become NaN"</summary>
#
# Their norm is 0, and `max_norm / 0` is inf. Do such gradients need to be multiplied at all?
#
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
# <details><summary>What you should see</summary>
#
# One green line. Gradients (3) and (4) of two parameters have the global norm 5; with max_norm 2 they become 1.2 and 1.6, and the function returns 5. With max_norm 10 they stay 3 and 4.
#
# </details>
#
# **Which of the two optimisers needs it more?** In the next demonstration one gradient is a thousand times as long as those before and after it. How much longer is SGD's step, and how much longer AdamW's? And what happens to the steps long after it?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell


# %% tags=["look", "raises-exception"]
def step_lengths(optimiser: str, max_norm: float) -> list[float]:
    """The lengths of 71 steps; the eleventh gradient is a thousand times as long as the others."""
    parameter, velocity = nn.Parameter(torch.zeros(100)), torch.zeros(100)
    adam = AdamW([{"params": [parameter], "weight_decay": 0.0}], lr=0.01)
    generator, lengths = torch.Generator().manual_seed(8), []
    for number in range(71):
        before = parameter.detach().clone()
        parameter.grad = torch.randn(100, generator=generator) * (1000 if number == 10 else 1)
        clip_grad_norm([parameter], max_norm)
        adam.step() if optimiser == "AdamW" else sgd_momentum([parameter], [velocity], 0.01, 0.0)
        lengths.append((parameter.detach() - before).norm().item())
    return lengths


print("you predicted:", my_prediction or "(nothing yet)")
for max_norm in (math.inf, 10.0):
    for name in ("SGD", "AdamW"):
        lengths = step_lengths(name, max_norm)
        shown = f"{lengths[9]:.3f} before, {lengths[10]:.3f} at the long gradient, {lengths[70]:.3f} sixty steps later"
        print(f"max_norm {max_norm:4}: {name:5} steps of {shown}")

# %% [markdown]
# *What you should see:* without clipping, SGD's step is a thousand times as long. AdamW divides by the root of the mean of the squares, which includes the long gradient, so its step grows far less. But its mean of squares forgets slowly (β₂ = 0.999), and sixty steps later AdamW's steps are still far too short. With clipping, neither happens.

# %% [markdown]
# ## Exercise 9 · `lr_schedule`
#
# **Should the learning rate stay the same all the time?** In the first steps Adam's moments are means of very few gradients, so its steps are unreliable and should be short (Liu et al., 2020, arXiv:1908.03265). At the end, steps of a constant length keep jumping around a minimum, and shorter ones get closer to it. Hence a usual schedule: a short linear **warm-up**, then a decrease along half a cosine, a **cosine schedule** (Loshchilov and Hutter, *SGDR*, 2017, arXiv:1608.03983).
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 6 points*
#
# **Why.** Every training run of week 11 uses it. Schedules differ by one step from code to code, so here it is exactly, for steps that are counted from 0:
#
# | step | learning rate |
# |---|---|
# | 0 | `max_lr / warmup_steps`: not 0, or the first batch would be wasted |
# | … | equal stairs |
# | `warmup_steps − 1` | `max_lr`: the last step of the warm-up |
# | … | half a cosine, whose first step down comes right after |
# | `total_steps − 1` | `min_lr`: the last step |
# | later | `min_lr` |
#
# During the decrease, let `progress` be the fraction of it that is done: 0 would be at the last step of the warm-up, and it is 1 at the last step of all. Then the rate is `min_lr` plus (`max_lr` − `min_lr`) times (1 + cos(π · `progress`)) / 2. Without a warm-up (`warmup_steps` is 0) step 0 is already one step down. There are always more steps than warm-up steps.
#
# **Other conventions.** nanoGPT's `get_lr` has `max_lr` one step later, at step `warmup_iters`, and `min_lr` at step `lr_decay_iters`; HF's `get_cosine_schedule_with_warmup` begins with a rate of 0.
#
# <details><summary>Hint 1 · a question</summary>
#
# With 3 warm-up steps and 8 steps in all: which steps are on the way down? How many are they, and what should `progress` be at the first and at the last of them?
#
# </details>
#
# <details><summary>If you see "with 4 steps of warm-up, step 0 takes the first of 4 equal stairs"</summary>
#
# Steps are counted from 0, stairs from 1.
#
# </details>
#
# <details><summary>If you see "min_lr from there on"</summary>
#
# Past its minimum a cosine rises again. What must `progress` never exceed?
#
# </details>
#
# <details><summary>If you see "max_lr once more"</summary>
#
# Where does your `progress` begin, and where does it end? Both are in the table.
#
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
# <details><summary>What you should see</summary>
#
# One green line. With 4 warm-up steps, 8 steps in all, max_lr 1 and min_lr 0: 0.25, 0.5, 0.75, 1, then 0.854, 0.5, 0.146, 0.
#
# </details>
#
# **What does the schedule of a whole training run look like?** 1,000 steps, 100 of them warm-up. Move the mouse to the highest point and to the last step: do they agree with the table?

# %% tags=["look", "raises-exception"]
steps = torch.arange(1100)
rates = torch.tensor([lr_schedule(int(step), 100, 1000, 6e-4, 6e-5) for step in steps])
print(f"step 0: {rates[0]:.1e}, step 99: {rates[99]:.1e}, step 999: {rates[999]:.1e}")
pictures.curve(steps, rates, x_title="step", y_title="learning rate")

# %% [markdown]
# ## Exercise 10 · `decay_groups`
#
# Weight decay moves weights towards 0 unless the gradients move them away from it. For matrices this is a common regulariser. **But should a LayerNorm's gain be pulled towards 0, where it would remove its coordinate from the vector?** By a common convention (nanoGPT has it, too) biases and gains do not decay. So AdamW gets two groups.
#
# *Difficulty 2 of 5 · importance 3 of 5 · 10 minutes · core, 4 points*
#
# **Why.** The optimiser of next week's training run is given these groups.
#
# The rule goes by the parameter's *own name*, the part after the last dot: if it begins with a capital `W`, it decays. In `blocks.0.mlp.W_in` the own name is `W_in`. `W_E` and `W_pos` decay like the others; biases (`b_Q`, `b_in`, `bias` …) and gains do not. (Going by the number of axes, as others do, would not work here: our `b_Q` has two.) Each parameter is in one group, once, also if the model contains it twice, as with **weight tying** (one matrix is used as embedding and as unembedding); the groups hold lists.
#
# <details><summary>Hint 1 · a question</summary>
#
# `model.named_parameters()` gives pairs of a name and a parameter. What does `"blocks.0.mlp.W_in".split(".")` give, and which part of it do you need?
#
# </details>
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
# <details><summary>What you should see</summary>
#
# One green line. For GPT-2 small: 74 tensors that decay and 122 that do not, as the next cell counts.
#
# </details>
#
# **What fraction of GPT-2 small decays?** Your GPT-2 of week 7 in the size of GPT-2 small, made of tensors without numbers, since only their names and shapes matter here.

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
# You now have everything that a training run needs except the model. **Does it train?** Take a very small language model: a table with a row of logits for each token, which predicts from the last token alone (a **bigram model**). It is trained on the stories of this course by your loss, your optimisers, your clipping and your schedule. The lowest loss that such a table can have on a text is known, too: it is that of the frequencies of the pairs of tokens in it.

# %% tags=["look", "raises-exception"]
told = torch.tensor(story_world.corpus("train", seed=10, n_tokens=12_000).token_ids).long()
used, rows = told.unique(return_inverse=True)
windows = rows[: len(rows) // 32 * 32].reshape(-1, 32)
TOTAL = 120


def learn(optimiser: str, max_lr: float) -> list[float]:
    """The losses of a training run of the table."""
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
frequencies = (pairs / pairs.sum(dim=1, keepdim=True))[windows[:, :-1], windows[:, 1:]]
curves = {name: learn(name, lr) for name, lr in {"SGD": 30.0, "momentum": 10.0, "AdamW": 0.3}.items()}
print(f"Equal probabilities for {len(used)} tokens: {math.log(len(used)):.2f} nats.")
print(f"The best possible table: {-frequencies.log().mean():.2f} nats.")
for name, losses in curves.items():
    print(f"{name:8} from {losses[0]:.2f} to {sum(losses[-10:]) / 10:.2f} nats")
pictures.curves(
    torch.arange(TOTAL),
    {name: torch.tensor(losses) for name, losses in curves.items()},
    x_title="steps",
    y_title="nats per token",
)

# %% [markdown]
# *What you should see:* all three begin at the **uniform baseline**, the loss of equal probabilities, and the loss falls. SGD was given a learning rate a hundred times as large as AdamW's, and momentum one more than thirty times as large, because the gradient of a mean over many tokens is tiny for each single entry of the table; AdamW is still ahead. A rare token's row gets few and small gradients, but AdamW divides them by their own size.

# %% [markdown]
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** The shape of a gradient shows over which axes the backward pass sums.
#
# Fill in the shapes for GPT-2 small and a **batch of 2 prompts of length 6**: d_vocab 50,257, d_model 768, d_mlp 3,072. The MLP is that of the first block: it reads `x`, and its neurons before GELU are `pre = x @ W_in + b_in`. A shape is a tuple, such as `(2, 6)`; a vector of 64 numbers has shape `(64,)`, and a single number `()`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows are gradients, and of what? What is the one rule about the shape of a gradient?
#
# </details>
#
# <details><summary>If you see "the last position has no next token in the batch"</summary>
#
# Remember the two slices of exercise 1. Yet the *gradient* of the logits has an entry for every logit; which number is it for logits without a target?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """Shapes in a training step of GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    logits = judged_logits = None  # the model's output, and those of them that have a target
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
# <details><summary>What you should see</summary>
#
# One green line, "13 of 13"; before that, the report names the rows that are not yet right. Every gradient has the shape of its tensor, and two rows are `()`.
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
            "A prompt has 6 tokens, at positions 0 to 5. Which token is the target of position 3?",
            [
                Choice(
                    "The one at position 3.",
                    why="The model has just read it. A loss for repeating it would train nothing useful.",
                ),
                Choice(
                    "The one at position 4.",
                    right=True,
                    why="Every position predicts its next token. Position 5 has no target.",
                ),
                Choice(
                    "The one at position 5, the last: that is the one that the model is to predict.",
                    why="In generation only the last position counts. In training every position has a target of its own.",
                ),
            ],
        ),
        Question(
            "The gradient of a weight is +2 and the learning rate 0.1. What does plain gradient descent do?",
            [
                Choice(
                    "The weight grows by 0.2.",
                    why="A gradient points in the direction in which the loss grows. The step goes the other way.",
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
            "By mistake, a loss is summed over 1,000 tokens instead of averaged. Which steps hardly change?",
            [
                Choice(
                    "SGD's, if momentum is on.",
                    why="The velocity is a sum of gradients: a thousand times as large, like everything in it.",
                ),
                Choice(
                    "Adam's.",
                    right=True,
                    why="m grows a thousandfold and so does the root of v. Only eps and clipping make a difference, so the mistake is hard to see.",
                ),
                Choice(
                    "None: all of them become a thousand times as long.",
                    why="One optimiser divides by the size of the gradients that it remembers.",
                ),
            ],
        ),
        Question(
            "With β₁ = 0.9 and β₂ = 0.999: how long would Adam's first step be without the bias correction?",
            [
                Choice(
                    "Ten times too short, since m is only a tenth of the gradient.",
                    why="m is a tenth of the gradient, but v is a thousandth of its square, and its root is the denominator.",
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
                    why="Nothing is undone. The backward pass computes gradients, not inputs.",
                ),
                Choice(
                    "Because the gradient of its weight is made of the input and grad_out.",
                    right=True,
                    why="In linear_backward, grad_W needs x. This is why training needs more memory than inference.",
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
# It is right that the gradient says for every weight whether a little more of it would make the loss larger or smaller. But nothing is tried out: that would be finite differences, which take two forward passes for every single weight. Backpropagation goes through the computation once, from the loss to the inputs, and uses the chain rule: each operation multiplies the gradient of its output by its own derivative and so gives the gradients of its inputs and weights, all of them at the cost of about two forward passes. And it changes nothing. The step is taken afterwards by the optimiser, which decides how far to go, with a learning rate, means of earlier gradients or a schedule; and since all weights move at once, the loss falls only if the step is small enough.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `layer_norm_backward`
#
# In LayerNorm each number of the output depends on *all* numbers of its vector, because the mean and the deviation do. **How do the derivatives of the mean and of the deviation enter the backward pass?**
#
# Go through it step by step. Forward: $z = (x - \mu) / \sigma$ with $\sigma = \sqrt{\text{variance} + \text{eps}}$, then $y = z \cdot \text{gain} + \text{bias}$. Backward, the last step first. The gradient of $z$ is $g = \text{grad\_out} \cdot \text{gain}$. If $\mu$ and $\sigma$ were constants, the gradient of $x$ would be $g / \sigma$. They are not, and each of the two adds a term, which is subtracted from $g$:
#
# - $\partial\mu / \partial x_i = 1/d$, which gives the mean of $g$;
# - $\partial\sigma / \partial x_i = z_i / d$, which gives the mean of $g \cdot z$, times $z$. (Differentiate $\sigma$ to see it. It is exact, whatever eps is.)
#
# **What is left of $g$, then, over $\sigma$?** Both means run over `d_model`, for each vector by itself. They have a meaning: adding the same number to all entries of $x$ does not change the output, and scaling $x$ hardly does (not at all, if eps is 0). So the gradient has no part along the first direction, and hardly any along the second.
#
# *Difficulty 4 of 5 · importance 3 of 5 · 25 minutes · stretch, 20 points*
#
# **Why.** Its derivative is a full Jacobian, not one number per entry as GELU's is, and yet the backward pass is two means and two subtractions. Autograd is not allowed.
#
# <details><summary>Hint 1 · a question</summary>
#
# `gain` and `bias` serve every token. So over which axes are their gradients summed, and by what was the gain multiplied in the forward pass?
#
# </details>
#
# <details><summary>If you see "as constants" or "as a constant"</summary>
#
# One of the two terms that are subtracted is missing, or both.
#
# </details>
#
# <details><summary>If you see "not multiplied by z again"</summary>
#
# The mean of g · z is a number. What is subtracted is a vector: that number times z.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "layer_norm_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_norm_backward(
    grad_out: Float[Tensor, "batch seq d_model"],
    x: Float[Tensor, "batch seq d_model"],
    gain: Float[Tensor, "d_model"],
    eps: float,
) -> tuple[Float[Tensor, "batch seq d_model"], Float[Tensor, "d_model"], Float[Tensor, "d_model"]]:
    """How the loss changes with x, with the gain and with the bias of a LayerNorm, in this order.

    `grad_out` is how it changes with the LayerNorm's output. The variance divides by d_model, and eps is added
    under the root.
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_layer_norm_backward", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
checks.layer_norm_backward(layer_norm_backward)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. Within each vector `grad_x` adds up to 0 up to rounding; with eps 0 it would also be orthogonal to z.
#
# </details>
#
# **Do finite differences agree?** On a small LayerNorm with a large eps of 0.1 both relative errors should be far below a millionth.

# %% tags=["look", "raises-exception"]
generator = torch.Generator().manual_seed(1)
x, grad_out = torch.randn(2, 2, 3, 5, generator=generator, dtype=torch.float64)
gain = torch.tensor([0.5, 1.0, 1.5, 2.0, -1.0], dtype=torch.float64)
grad_x, grad_gain, _ = layer_norm_backward(grad_out, x, gain, 0.1)
of_x = gradient_check(lambda at: (F.layer_norm(at, (5,), gain, eps=0.1) * grad_out).sum(), x, grad_x)
of_gain = gradient_check(lambda at: (F.layer_norm(x, (5,), at, eps=0.1) * grad_out).sum(), gain, grad_gain)
print(f"relative error of grad_x {of_x:.0e}, of grad_gain {of_gain:.0e}")
print(f"largest sum of grad_x over a vector: {grad_x.sum(dim=-1).abs().max():.0e}")

# %% [markdown]
# ## Stretch 2 · `attention_backward`
#
# The backward pass of an attention head. The forward pass was: scores $= q\,k^T / \sqrt{d_{head}}$, the causal mask, a softmax along the keys, and $z$ = pattern times values. **In which order do these operations come on the way back?**
#
# 1. $z$ was a product of the pattern and $v$. Its backward pass gives the gradients of both, as in exercise 4.
# 2. The softmax. For one row of **attention weights** $p$ with gradient $g$, the gradient of the scores is $p \cdot (g - \sum_j p_j\, g_j)$: the gradient of this key's weight, compared with the mean over the row. (This is the softmax's Jacobian times $g$.)
# 3. The mask. A masked key has the weight 0, so by this formula the gradient of its score is 0, too.
# 4. The scores were a product of $q$ and $k$, and were divided by $\sqrt{d_{head}}$.
#
# *Difficulty 4 of 5 · importance 3 of 5 · 25 minutes · stretch, 20 points*
#
# **Why.** With exercises 4 and 5 and the first stretch exercise you have the backward pass of a whole block. (A **residual connection** needs no function: the gradient of a sum goes unchanged to both summands.)
#
# `attention_pattern(q, k)` of week 5 is in `parts`, with scale and mask. There are as many queries as keys. `...` means any leading axes, so use `.mT` or einsum where a matrix has to be transposed. Autograd is not allowed.
#
# <details><summary>Hint 1 · a question</summary>
#
# Value j is used by several queries. By which, and with which weights? In which row or column of the pattern do you find them?
#
# </details>
#
# <details><summary>If you see "√d_head times too large"</summary>
#
# A division in the forward pass is the same division in the backward pass.
#
# </details>
#
# <details><summary>If you see "what has to be subtracted?"</summary>
#
# Step 2 has a sum in it, along the keys. With `keepdim=True` the result can be subtracted from each row.
#
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_attention_backward", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
checks.attention_backward(attention_backward)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. Each gradient has the shape of its tensor. With a sequence of one token the pattern is 1 whatever q and k are, so their gradients are 0 and `grad_v` equals `grad_z`.
#
# </details>

# %% [markdown]
# ## Stretch 3 · `Scalar`: an autograd of your own
#
# You have written backward passes of single operations. **How does torch call them in the right order, whatever has been computed?** While it records, every result keeps references to the tensors from which it was computed. This is **autograd**.
#
# Here the same is done for single numbers. A `Scalar` holds its `value`, the `inputs` it was computed from, and `slopes`: its derivative with respect to each of them. Computing with Scalars builds a **computation graph**; `backward` then goes through the graph from the result to the inputs.
#
# *Difficulty 4 of 5 · importance 4 of 5 · 40 minutes · stretch, 28 points*
#
# **Why.** `loss.backward()` of every later cell does this, and afterwards you can say what it computes and what it does not.
#
# `+`, `*` and `tanh` each return a new Scalar with the right inputs and slopes; the other operand of `+` and `*` may be a plain number, which `Scalar.of` turns into a Scalar. `backward` is called once, on the result. It sets the `grad` of the result to 1 and adds to the `grad` of every Scalar from which the result was computed.
#
# Two difficulties: a Scalar may be used *several times*, and then the effects add up. And a gradient must not be passed on *before it is complete*, that is, before everything that was computed from this Scalar has been processed. So first put all Scalars in an order in which each comes after its inputs (a **topological order**), and go through it from the end.
#
# <details><summary>Hint 1 · a question</summary>
#
# A function `visit(scalar)` first visits all inputs of `scalar` and then puts `scalar` on a list. What can you say about the order of that list? What must happen when a Scalar is visited a second time?
#
# </details>
#
# <details><summary>If you see "before the gradients of all its uses are added"</summary>
#
# Use two passes: the first finds the order, the second computes the gradients.
#
# </details>
#
# <details><summary>If you see "some are not complete yet"</summary>
#
# When is a Scalar put on your list: before its inputs, or after them?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "Scalar", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Scalar:
    """A number that keeps what it was computed from.

    `value` is the number, `inputs` are the Scalars it was computed from, `slopes` are its derivatives with respect to
    each of them. After `result.backward()`, `grad` is the derivative of the result with respect to this number.
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
        """The hyperbolic tangent of it; the derivative of tanh is 1 − tanh²."""
        ### BEGIN SOLUTION
        bent = math.tanh(self.value)
        return Scalar(bent, (self,), (1 - bent * bent,))
        ### END SOLUTION

    def backward(self) -> None:
        """Adds to the `grad` of every Scalar that this one was computed from; its own becomes 1."""
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_Scalar", "locked": true, "points": 28, "schema_version": 3, "solution": false, "task": false}
checks.Scalar(Scalar)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. For `a = Scalar(2)` and `b = a * a + a`, `b.backward()` leaves 1 in `b.grad` and 5 in `a.grad`.
#
# </details>
#
# **Can a network of Scalars be trained?** Three neurons, each with a tanh, are to give 1 if exactly one of two inputs is 1, and −1 otherwise. This is XOR, for which no single such neuron is enough. Only your Scalars and plain gradient descent are used.


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
    print(f"inputs {a:2} and {b:2}: {answer(a, b).value:6.2f}, target {wanted:2}")
pictures.curve(torch.arange(len(losses)), torch.tensor(losses), x_title="steps", y_title="squared error")

# %% [markdown]
# *What you should see:* the error falls, and the four outputs have the right signs. torch's autograd works in the same way, with tensors in place of numbers and with many more operations.

# %% [markdown]
# ## Common questions
#
# **Does `backward()` change the weights?** No. It computes gradients and adds them to `.grad`. The optimiser's step changes the weights. Because `backward()` adds, the gradients have to be cleared before the next batch; `zero_grad` does that.
#
# **If AdamW divides by the size of the gradient, why does the learning rate still matter?** Dividing removes the *scale* of the gradient and leaves steps of about the learning rate in every coordinate. How long a step may be before the loss rises depends on the loss surface, as in the first look, and Adam does not measure that.
#
# **Why is the gradient not normalised to length 1 at every step?** It could be; but near a minimum gradients become short, and plain SGD's steps with them, which is useful. Clipping only acts on unusually long gradients and keeps the information in all others.
#
# **Is a small gradient a sign of a good model?** Not by itself. A gradient is also small where a function in the model is flat, as tanh and softmax are for large inputs (**vanishing gradients**). The loss on a validation text is the measure (week 11).
#
# **Do I ever write a backward pass by hand in practice?** Rarely, because autograd composes them. Hand-written ones are used where one fused operation should save memory or time, as FlashAttention's does (Dao et al., 2022, arXiv:2205.14135). A finite-difference test such as `torch.autograd.gradcheck` then belongs beside it.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types; the other navigates and asks for the shape of each line's result. Swap after every exercise whose check passes.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Where does the loss begin to rise, and why so suddenly? |
# | 10–30 | Exercise 3 (20 min): derive the gradient on paper, put the result into words, then type it. **Swap.** |
# | 30–50 | Exercise 4 (20 min). Agree on your scratchpad: `grad_out`, `x`, `W` and their axes; say for each gradient which axes disappear. **Swap.** |
# | 50–70 | Exercise 6 (15 min). What does a large momentum do in a narrow valley? |
# | 70–90 | The two questions below. |
#
# **Before the session:** exercise 1, each of you alone. **After the session:** exercises 2, 5 and 7 to 11, as homework or in a second session. Stretch is for pairs with time left. **Not finishing is normal:** a session after which both of you can derive three gradients is a good one.
#
# **Two questions to argue about.**
#
# 1. The loss of your training run stays at 3.4 nats, where others with the same model reach 3.0. One of you proposes to double the learning rate, the other to halve it. Which measurement of this week could decide between you?
# 2. A gradient gives the direction of descent for the batch that was just seen. Why does the step also help on sentences that were not in the batch, that is, why does it generalise? And when would it not?
#
# **Where pairs get stuck.** The division in exercise 3: count the targets together. `grad_W`, if one of you would average: the mean was taken once, in the loss. AdamW, when everything is right but the first step: look at t. "In place", all week: ask what else refers to the same tensor.

# %% [markdown]
# ## What you have built
#
# - **next_token_loss**: the cross-entropy of the next token, at all positions at once.
# - **gradient_check**: a test of gradients that uses the forward pass only.
# - **softmax_cross_entropy_backward**, **linear_backward**, **gelu_backward**: the backward passes of the loss and of an MLP, by hand.
# - **sgd_momentum** and **AdamW**: two optimisers, the second equal to torch's at every step, up to rounding.
# - **clip_grad_norm**, **lr_schedule**, **decay_groups**: what keeps a long training run stable.
#
# What is still missing? A training text and a loop. Next week your GPT is trained to write stories, and every step uses the functions of this week.
#
# Words of this week in the [glossary](../glossary.md): *AdamW, attention weight, autograd, backpropagation, backward pass, batch size, bias correction, bigram model, chain rule, clipping, computation graph, cosine schedule, derivative, finite differences, global norm, gradient, group, hyperparameter, Jacobian, learning rate, linear, log-sum-exp, loss, loss surface, mean, model, moments, momentum, nonlinearity, optimiser, parameter, product rule, residual connection, stochastic gradient descent, surprisal, teacher forcing, topological order, training, uniform baseline, vanishing gradients, velocity, warm-up, weight decay, weight tying*.
