# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 9 · From probabilities to text
#
# **The big idea.** A language model does not write text. It gives a probability for every possible next token. A short program around it chooses one token, appends it to the text and runs the model on the longer text; this is called **autoregressive** generation. How the program chooses decides whether the same model repeats itself, tells a good story or writes nonsense.
#
# | | |
# |---|---|
# | **You will have built** | the loop that generates text, with the usual ways of choosing a token, compared with Hugging Face's library, and your own GPT-2 telling a story with it |
# | **You need** | softmax (week 1), your `GPT2` (week 7) and its loading of weights (week 8), all of which are in `parts.py` beside this notebook |
# | **Time** | reading and demonstrations 1 h 15 min · core exercises 3 h · stretch 2 h 40 min |
# | **Where we are** | text → tokens → embeddings → blocks → logits → **probabilities → next token** |
#
# With the weights that you loaded last week, your model gives probabilities for the next token at every position. What is missing is the last step of the pipeline, the only one that is random. It has no weights: nothing in this week is trained.
#
# Run the cells from top to bottom. Write your code where a cell contains `# YOUR CODE HERE`; the check below it compares your result with that of Hugging Face's library, or with a direct computation.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
import time
from collections.abc import Callable, Sequence
from functools import cache
from textwrap import fill

import torch
from einops import einsum
from jaxtyping import Float, Int
from parts import (
    GPT2,
    MultiHeadAttention,
    attention_pattern,
    load_gpt2,
    log_softmax,
    softmax,
    token_losses,
    weighted_values,
)
from torch import Tensor

from utils import pictures, reference
from utils.checks import week09_sampling as checks
from utils.quiz import Choice, Question, quiz
from utils.scratchpad import Scratchpad
from utils.story_world import NotAStory, log_probability
from utils.tokens import token_strings

gpt2 = reference.load()
N_CTX = gpt2.config.n_ctx
END = gpt2.tokenizer.eos_token_id  # <|endoftext|>
START = "Once upon a time"


def encoded(text: str, new: bool = True) -> Int[Tensor, "1 seq"]:
    """A batch of one prompt. A new text begins after an <|endoftext|>, as the texts did in training."""
    ids = gpt2.tokenizer.encode(text)
    return torch.tensor([[END, *ids] if new else ids])


def paragraph(text: str) -> str:
    """A text to be printed: indented, in lines that end between words."""
    return fill(text, 88, initial_indent="   ", subsequent_indent="   ")


@cache
def own_machine() -> GPT2:
    """Your GPT2 with the reference's weights in it, loaded at the first call. Nothing is trained here."""
    return load_gpt2(gpt2.state_dict, gpt2.config).requires_grad_(False)


def shorter(n: int) -> int:
    """The number of tokens that a demonstration writes: n with the storyteller, fewer with a larger model."""
    return n if gpt2.name == "storyteller" else n * 2 // 5


# %% [markdown]
# ## A first look
#
# Here is one model with one prompt. Between these four texts the model stays the same; only the way in which a token is chosen from its probabilities changes.
#
# **Which of the four would you have taken for another model's?**

# %% tags=["look", "raises-exception"]
prompt = encoded(START)
ways = {
    "always the most probable token": {"do_sample": False},
    "drawn with the model's probabilities": {"do_sample": True, "top_k": 0},
    "drawn at temperature 2.5": {"do_sample": True, "top_k": 0, "temperature": 2.5},
    "drawn from the most probable tokens, 90% together": {"do_sample": True, "top_k": 0, "top_p": 0.9},
}
for seed, (name, how) in enumerate(ways.items()):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        text = gpt2.model.generate(
            prompt, attention_mask=torch.ones_like(prompt), pad_token_id=END, max_new_tokens=45, **how
        )
    print(f"{name}:\n{paragraph(gpt2.tokenizer.decode(text[0, 1:]))}\n")

# %% [markdown]
# **What comes after *Once upon a time there was a*?** The picture shows the ten tokens to which the model gives the highest probabilities; the two lines above it are about the others.

# %% tags=["look", "raises-exception"]
with torch.no_grad():
    logits = gpt2.model(encoded(f"{START} there was a")).logits[0, -1]
probabilities, ids = logits.softmax(dim=-1).sort(descending=True)
named = dict(zip(token_strings(ids[:10]), probabilities[:10].tolist(), strict=True))
for n in (10, 40):
    others = probabilities[n:].sum()
    print(
        f"All but the {n} most probable tokens, {len(ids) - n:,}, have the probability {others:.1%} together."
    )
pictures.bars(named, value_title="probability")

# %% [markdown]
# ## The idea in plain words
#
# Generating text is a loop of three steps: run the model on the text so far, choose a token from the probabilities for the next position, append it. Then repeat with a text that is one token longer. The model keeps nothing from one round to the next; its only input is the text.
#
# Choosing has two parts. First you may change the logits: make the differences between them larger or smaller (temperature), exclude tokens that are too unlikely (top-k, top-p), or make tokens less probable that have occurred already (penalties). Then you draw a token with the probabilities that softmax gives for the changed logits. This is called **sampling**. A token with logit −∞ has the probability 0 and is never drawn.
#
# **Why not take the most probable token every time?** Because a series of most probable *tokens* need not be a good *text*. It often repeats itself: after a second "the cat", the most probable continuation is often the one that followed the first. **And why not draw from all tokens?** Because thousands of tokens make no sense in a given place. Each is very unlikely, but if together they have a probability of 2%, a text of 200 tokens contains four of them on average.

# %% [markdown]
# ## The idea in shapes
#
# | step | what | shape |
# |---|---|---|
# | | `tokens`, the text so far | `batch seq` |
# | 1 | `logits`, the model's predictions | `batch seq d_vocab` |
# | 2 | the logits at the last position | `batch d_vocab` |
# | 3 | changed: temperature, filters, penalties | `batch d_vocab` |
# | 4 | one token drawn for each prompt | `batch` |
# | 5 | the text, longer by one | `batch seq+1` |
#
# Step 3 does not change the shape: an excluded token keeps its index and gets −∞. Every row of the batch is a separate text, with a separate draw.
#
# **What does the scratchpad report when a shape does not fit?** One of these rows is wrong.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6)
pad.note("tokens", (2, 6), "batch seq")
pad.note("logits", (2, 6, 50257), "batch seq d_vocab")
pad.note("after top-k", (2, 50), "batch d_vocab")
pad.note("drawn", (2,), "batch")
pad

# %% [markdown]
# ## Exercise 1 · `greedy`
#
# *Difficulty 1 of 5 · importance 4 of 5 · 10 minutes · core, 6 points*
#
# **Why.** The simplest way to choose is to take the token with the largest logit. This is **greedy decoding**. It is not random, gives the same text every time, and is what the other methods of this week are compared with.
#
# The model makes a prediction at every position. Only one of them is about a token that has not been written yet.
#
# <details><summary>Hint 1 · a question</summary>
#
# Of the three axes of `logits`, one has to be indexed away and one has to be searched. Which is which, and which one is left?
#
# </details>
#
# <details><summary>If you see "the logits after the first token are used"</summary>
#
# The logits at position 0 are a prediction of the token at position 1. At which position is the token after the whole prompt predicted?
#
# </details>
#
# <details><summary>If you see "prompts compete with each other", or "one index for the whole batch"</summary>
#
# `argmax` takes a `dim`. Without it, the whole tensor is searched as one long row.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "greedy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def greedy(logits: Float[Tensor, "batch seq d_vocab"]) -> Int[Tensor, "batch"]:
    """The most probable next token of each prompt, from the logits at all its positions.

    Of several equal logits the first wins, which is the smallest id, as with torch.argmax.
    """
    ### BEGIN SOLUTION
    return logits[:, -1].argmax(dim=-1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_greedy", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.greedy(greedy)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A card with a tick and one token id for each prompt of every case, also where a prompt has a single token. Softmax is not needed: it keeps the order of the logits, so the largest logit has the largest probability.
#
# </details>

# %% [markdown]
# ## Exercise 2 · `apply_temperature`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 8 points*
#
# **Why.** The **temperature** is one number that sets how random the choice is. The logits are divided by it. Above 1 they come closer together, and rare tokens become more probable; below 1 they move apart, and the most probable token becomes still more probable. In terms of probabilities, each p becomes p^(1/T), and all are divided by their sum.
#
# The name comes from physics: at temperature T, a system is in a state of energy E with a probability proportional to exp(−E/T) (Boltzmann's distribution, in units without his constant). A logit takes the role of −E. **What happens as T goes to 0?** The probability of the largest logit goes to 1, or to an equal part for each if several are largest. At 0 itself there is nothing to divide by. So we *define* temperature 0 as greedy: the largest logit becomes 0 and every other one −∞, and of several equal logits the first one stays.
#
# <details><summary>Hint 1 · a question</summary>
#
# What does torch make of 1.5 / 0, and of 0 / 0? Which of your lines must not be reached at temperature 0?
#
# <details><summary>Hint 2 · for temperature 0</summary>
#
# How many entries of a row are not −∞ in the end? Begin with a tensor that is −∞ throughout (which function makes one like another?). Then an index for each row is needed; try `torch.zeros(2, 4).scatter(-1, torch.tensor([[3], [1]]), 7.0)`. What does `keepdim` change in the result of `argmax`?
#
# </details>
# </details>
#
# <details><summary>If you see "all of several equal logits stay"</summary>
#
# `logits == logits.max()` is True in more than one place when there is a tie. An index names one place only.
#
# </details>
#
# <details><summary>If you see "all rows keep one and the same token"</summary>
#
# Which axis does your search run along? Every row has a largest logit of its own.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "apply_temperature", "locked": false, "schema_version": 3, "solution": true, "task": false}
def apply_temperature(
    logits: Float[Tensor, "... d_vocab"], temperature: float
) -> Float[Tensor, "... d_vocab"]:
    """Logits divided by the temperature, which is 0 or more.

    At temperature 0, greedy: 0 for the largest logit (the first of equals), −inf for all others. There may be any
    number of leading axes, none included. A logit of −inf stays −inf. Make new tensors with device=logits.device
    (or with torch.full_like, torch.zeros_like …), so that the function also runs on a GPU.
    """
    ### BEGIN SOLUTION
    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)
        return torch.full_like(logits, float("-inf")).scatter(-1, best, 0.0)
    return logits / temperature
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_apply_temperature", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.apply_temperature(apply_temperature)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, also at temperature 0 and for logits of −∞. The picture below starts at one probability of 1 and three of 0. At temperature 1 the four are 0.66, 0.24, 0.09 and 0.01; at temperature 5 they are 0.34, 0.28, 0.23 and 0.15.
#
# </details>
#
# **Can a temperature change which token is the most probable one?** Four tokens, and their probabilities at temperatures up to 5. Do any two of the lines cross? Write down what you expect first.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
four = torch.tensor([2.0, 1.0, 0.0, -2.0])
temperatures = torch.linspace(0.1, 5, 60)
by_heat = torch.stack([softmax(apply_temperature(four, heat.item()), dim=-1) for heat in temperatures])
powers = softmax(four, dim=-1) ** (1 / temperatures[:, None])
same = torch.allclose(by_heat, powers / powers.sum(dim=-1, keepdim=True), atol=1e-6)
print(f"The same as p^(1/T), divided by the sum, up to float32 rounding: {same}")
pictures.curves(
    temperatures,
    {f"logit {logit:g}": line for logit, line in zip(four, by_heat.T, strict=True)},
    x_title="temperature",
    y_title="probability",
)

# %% [markdown]
# No two lines cross: dividing all logits by the same positive number keeps their order. Temperature changes *how much* more probable one token is than another, not *which* one is. As T grows without bound, all lines approach 1 divided by the number of tokens, here ¼.

# %% [markdown]
# ## Exercise 3 · `sample_token`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 10 points*
#
# **Why.** This step is the only random one in the whole pipeline.
#
# `torch.multinomial` draws indices with given probabilities; look up its arguments `num_samples` and `generator`. A generator with a known **seed** gives the same draws again; without a generator, torch's own is used.
#
# **How can a random function be checked?** The check calls yours for many copies of the same logits and counts how often each token is drawn. The frequency of a token with the probability 0.2 will not be exactly 0.2, but in 4,000 draws a frequency of 0.25 is very unlikely. (By Hoeffding's inequality, a correct function fails the check for fewer than one seed in ten million.)
#
# <details><summary>Hint 1 · a question</summary>
#
# `multinomial` needs weights that are not negative. What turns logits into such weights? Which shape does it return, and which shape does the signature above require?
#
# </details>
#
# <details><summary>If you see "expected '(12000,)', got '(12000, 1)'", or numbers like these</summary>
#
# `multinomial` returns a column for each sample. With one sample, the last axis has size 1 and has to be removed.
#
# </details>
#
# <details><summary>If you see "the draws are nearly even"</summary>
#
# How many softmaxes lie between the logits and the draw? One is enough.
#
# </details>
#
# <details><summary>If you see "the same seed does not draw the same"</summary>
#
# Is the generator that your function receives passed on to the function that draws?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "sample_token", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sample_token(
    logits: Float[Tensor, "batch d_vocab"], generator: torch.Generator | None = None
) -> Int[Tensor, "batch"]:
    """One token for each row, drawn with the probabilities that softmax gives for its logits.

    The rows are drawn independently. All randomness comes from `generator`, or from torch's own generator where it
    is None: with a generator, torch's own is left as it was. A token with logit −inf is never drawn; at least one
    logit of each row is not −inf.
    """
    ### BEGIN SOLUTION
    probabilities = softmax(logits, dim=-1)
    return torch.multinomial(probabilities, num_samples=1, generator=generator).squeeze(1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_sample_token", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.sample_token(sample_token)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. Below, the probabilities are 0.657, 0.242, 0.089 and 0.012. The frequencies of a hundred draws miss them by some hundredths, those of ten thousand by less than one hundredth.
#
# </details>
#
# **How many draws does it take until the frequencies are close to the probabilities?** Your function, with a hundred draws and with ten thousand. (A frequency's standard deviation is √(p(1 − p)/draws): a hundred times as many draws make it ten times smaller.)

# %% tags=["look", "raises-exception"]
dice = torch.Generator().manual_seed(0)
print("probabilities  ", [round(p, 3) for p in softmax(four, dim=-1).tolist()])
for draws in (100, 10_000):
    drawn = sample_token(four.expand(draws, -1), dice)
    print(f"{draws:6,} draws    ", [round((drawn == token).float().mean().item(), 3) for token in range(4)])

# %% [markdown]
# ## Exercise 4 · `top_k_filter`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 10 points*
#
# **Why.** The vocabulary has a **long tail** of unlikely tokens, and many of them make no sense in the given context. **Top-k** sampling (Fan, Lewis and Dauphin, 2018, arXiv:1805.04833) cuts it off: only the k most probable tokens may be drawn. Half of the GPT-2 texts that OpenAI published (github.com/openai/gpt-2-output-dataset) were drawn with k = 40.
#
# **What if two tokens are equally probable, and there is room for only one of them?** Keeping the one with the smaller id would be arbitrary. So a token stays if it is *at least as probable as the k-th*, and after a tie at the border more than k tokens are left.
#
# <details><summary>Hint 1 · a question</summary>
#
# The k-th largest logit of a row is the border. How do you get it with its axis kept, so that a whole row can be compared with it?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# Try `torch.tensor([[5.0, 9.0, 7.0]]).topk(2)`: which of its two results do you need, and which entry of it is the border? What are the shapes of `x[..., 0]` and `x[..., :1]`? Which of them can be compared with whole rows?
#
# </details>
# </details>
#
# <details><summary>If you see "selected index k out of range"</summary>
#
# A k that is larger than the vocabulary keeps every token. How many logits does a row have at most?
#
# </details>
#
# <details><summary>If you see "of several tokens as probable as the k-th, some are gone"</summary>
#
# The indices of `topk` name exactly k tokens. Compare values instead.
#
# </details>
#
# <details><summary>If you see "the k-th largest is cut off, too"</summary>
#
# Does your comparison use < or ≤?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "top_k_filter", "locked": false, "schema_version": 3, "solution": true, "task": false}
def top_k_filter(logits: Float[Tensor, "... d_vocab"], k: int) -> Float[Tensor, "... d_vocab"]:
    """The logits with −inf for every token that is less probable than the k-th most probable one of its row.

    Tokens as probable as the k-th all stay, so that a tie may leave more than k. With k as large as the vocabulary,
    or larger, nothing changes; k is at least 1. There may be any number of leading axes. The input is left as it
    was. −1e9 or less is accepted in the place of −inf.
    """
    ### BEGIN SOLUTION
    k = min(k, logits.shape[-1])
    border = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < border, float("-inf"))
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_top_k_filter", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.top_k_filter(top_k_filter)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, also for a k larger than the vocabulary. The shape is unchanged: with k = 40, a row of GPT-2's logits keeps 50,257 entries, of which 50,217 are −∞ (fewer after a tie).
#
# </details>

# %% [markdown]
# ## Exercise 5 · `top_p_filter`
#
# *Difficulty 4 of 5 · importance 5 of 5 · 25 minutes · core, 14 points*
#
# **Why.** After *Once upon a* one token has nearly all the probability; after *there was a* many tokens are good continuations. A fixed k is too large for the first and too small for the second. **Top-p**, also called **nucleus sampling** (Holtzman et al., 2019, arXiv:1904.09751), adapts the number to the distribution: sort the tokens by probability, go down the list, and keep as many as it takes until their probabilities add up to p. The kept tokens are the nucleus.
#
# One detail decides whether your filter agrees with other implementations. **Does the token with which the sum reaches p stay?** Yes. The kept tokens have *at least* the probability p together, and they are the fewest that have it. Five tokens with the probabilities 0.5, 0.25, 0.125, 0.0625 and 0.0625:
#
# | p | kept | why |
# |---|---|---|
# | 0.6 | 2 | 0.5 is less than 0.6; 0.5 + 0.25 is not |
# | 0.5 | 1 | 0.5 is exactly enough |
# | 0.3 | 1 | the first token always stays, even if it alone has far more than p |
# | 1 | 5 | all tokens stay |
#
# In other words: a token stays if the probabilities *before* it in the sorted list add up to less than p. For p = 1 return the logits unchanged, because with rounding the sum may reach 1 too early. If there are equally probable tokens at the border, the rule fixes *how many* of them stay; *which* of them is up to you.
#
# <details><summary>Hint 1 · a question</summary>
#
# Write the sorted probabilities of the table on paper, and below them their running sum. What do you have to subtract from the running sum to get what lies *before* each token?
#
# <details><summary>Hint 2 · there and back</summary>
#
# Look up what `sort` returns besides the values, and which function makes running sums. A decision made in sorted order has to be written back to the places before the sorting: of `gather` and `scatter`, which reads at an index and which writes?
#
# </details>
# </details>
#
# <details><summary>If you see "the token with which the sum reaches p is cut off"</summary>
#
# Do you compare p with the sum that includes the token, or with the sum before it? With p = 0.3 in the table, how many tokens would the first leave?
#
# </details>
#
# <details><summary>If you see "applied in the order of the ids"</summary>
#
# After sorting, index 0 is the most probable token, not token 0. The mask has to be put back into the order of the ids.
#
# </details>
#
# <details><summary>If only the cases with equally probable tokens fail</summary>
#
# There p is met exactly. If the sum before a token equals p, does the token stay or go? Take the probabilities from `softmax`: computed by way of logarithms, they may be rounded.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "top_p_filter", "locked": false, "schema_version": 3, "solution": true, "task": false}
def top_p_filter(logits: Float[Tensor, "... d_vocab"], p: float) -> Float[Tensor, "... d_vocab"]:
    """The logits with −inf for every token outside the smallest set of most probable tokens that have at least p.

    The token with which the sum reaches p stays, so that at least one token of each row does. 0 < p ≤ 1, and with
    p = 1 nothing changes. There may be any number of leading axes. The input is left as it was. −1e9 or less is
    accepted in the place of −inf.
    """
    ### BEGIN SOLUTION
    if p >= 1:
        return logits.clone()
    probabilities, order = softmax(logits, dim=-1).sort(dim=-1, descending=True)
    before = probabilities.cumsum(dim=-1) - probabilities
    outside = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(outside, float("-inf"))
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_top_p_filter", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.top_p_filter(top_p_filter)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. Below, the storyteller keeps one token at nine of the seventeen positions, 18 after the second *a* (*there was a*) and 24,358 after *little*. In its training texts *little* never follows *a*, so its distribution there is nearly flat.
#
# </details>
#
# **How many tokens does p = 0.9 keep?** The cell after the next one applies your filter to your own GPT2's logits at each position of *Once upon a time there was a king who had a little dog. The dog*. After which word will it keep the most tokens, and after which only one? Write down what you expect first.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
sentence = encoded("Once upon a time there was a king who had a little dog. The dog")
print("you predicted:", my_prediction or "(nothing yet)")
with torch.no_grad():
    logits = own_machine()(sentence)[0]
kept = top_p_filter(logits, 0.9).isfinite().sum(dim=-1)
for word, count, best in zip(token_strings(sentence[0]), kept, logits.argmax(dim=-1), strict=True):
    print(f"after {word:>15}: {count:6,} kept, the first of them {token_strings([best])[0]}")

# %% [markdown]
# ## Exercise 6 · `repetition_penalty`
#
# *Difficulty 3 of 5 · importance 3 of 5 · 20 minutes · core, 10 points*
#
# **Why.** A phrase that occurs in the text often becomes more probable after it, and greedy decoding then repeats it without end (measured by Holtzman et al., 2019, and in the section on repetition below). The **repetition penalty** (Keskar et al., 2019, arXiv:1909.05858) makes every token less probable that occurs in the text already.
#
# It changes logits by a factor. A positive logit is divided by the penalty. **And a negative one?** Dividing −3 by 2 gives −1.5, which is more, not less. So a negative logit is multiplied, as in Hugging Face's library; the paper's formula divides all of them. (This penalty has a weakness: adding the same number to all logits does not change the probabilities, but it can change which logits are positive.)
#
# Which tokens count? All of `tokens`: the prompt and what was written since, each of them once, however often it occurs. A penalty below 1 makes repeated tokens more probable.
#
# <details><summary>Hint 1 · a question</summary>
#
# For each row you need the logits of the tokens that occur in it, and have to write the changed ones back to the same indices. Which torch functions read and write at a list of indices, row by row?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# Try `gather` and `scatter` along the last axis on `torch.tensor([[10.0, 20.0, 30.0]])` with the ids `torch.tensor([[2, 2, 0]])`. Which of the two has the shape of the ids? What happens to the id that occurs twice? And which function chooses between two tensors entry by entry?
#
# </details>
# </details>
#
# <details><summary>If you see "a negative logit is divided"</summary>
#
# Work out by hand what your code does to a logit of −3. Does it become larger or smaller?
#
# </details>
#
# <details><summary>If you see "a token that occurs three times is penalised three times"</summary>
#
# A loop over `tokens` comes to the same token again. Compute each changed logit from the original one.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "repetition_penalty", "locked": false, "schema_version": 3, "solution": true, "task": false}
def repetition_penalty(
    logits: Float[Tensor, "batch d_vocab"], tokens: Int[Tensor, "batch seq"], penalty: float
) -> Float[Tensor, "batch d_vocab"]:
    """The logits with every token that occurs in its row of `tokens` made less probable, once, by a factor.

    A positive logit is divided by the penalty, a negative one multiplied; 0 and −inf stay what they are. `tokens` is
    the whole text so far, the prompt included. The input is left as it was.
    """
    ### BEGIN SOLUTION
    said = logits.gather(-1, tokens)
    weakened = torch.where(said < 0, said * penalty, said / penalty)
    return logits.scatter(-1, tokens, weakened)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_repetition_penalty", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.repetition_penalty(repetition_penalty)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. With penalty 2, the logits 3 and −3 of tokens that have occurred become 1.5 and −6; 0 stays 0.
#
# </details>

# %% [markdown]
# ## Exercise 7 · `frequency_penalty`
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · core, 8 points*
#
# **Why.** The repetition penalty is the same for a token that occurred once and for one that occurred ten times. The **frequency penalty** counts: from a token's logit, the penalty is subtracted once for each time that the token has occurred. Each occurrence therefore divides the token's odds against any other token by e to the power of the penalty.
#
# Again all of `tokens` count, the prompt included. (Implementations differ: vLLM, for instance, counts the generated tokens only.)
#
# <details><summary>Hint 1 · a question</summary>
#
# What you subtract has the shape of `logits`: for every token of the vocabulary, how often it has occurred, which is mostly 0. How can this be counted?
#
# <details><summary>Hint 2 · two ways</summary>
#
# Row by row: what does `torch.bincount(torch.tensor([3, 0, 3]))` count, and how long is its result? All rows at once: look up how `scatter_add` differs from `scatter` where an index occurs twice.
#
# </details>
# </details>
#
# <details><summary>If you see "The size of tensor a … must match", or "the table of counts ends at the largest id"</summary>
#
# The table that `bincount` returns ends at the largest id, unless `minlength` makes it longer.
#
# </details>
#
# <details><summary>If you see "loses no more than one that occurs once"</summary>
#
# `scatter` overwrites: of two values at one index, only one remains. Which function adds them?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "frequency_penalty", "locked": false, "schema_version": 3, "solution": true, "task": false}
def frequency_penalty(
    logits: Float[Tensor, "batch d_vocab"], tokens: Int[Tensor, "batch seq"], penalty: float
) -> Float[Tensor, "batch d_vocab"]:
    """The logits less `penalty` for each time that a token occurs in its row of `tokens`.

    `tokens` is the whole text so far, the prompt included. A negative penalty makes repeated tokens more probable.
    The input is left as it was. Make new tensors with device=logits.device, so that the function also runs on a
    GPU.
    """
    ### BEGIN SOLUTION
    once_each = torch.full(tokens.shape, -penalty, dtype=logits.dtype, device=logits.device)
    return logits.scatter_add(-1, tokens, once_each)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_frequency_penalty", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.frequency_penalty(frequency_penalty)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. Below, each pair of numbers agrees: 0.607, 0.368 and 0.223, which are e to the power of −0.5, −1 and −1.5.
#
# </details>
#
# **Does each occurrence divide the odds by the same number?** Two tokens with equal logits, of which one has occurred already, and a penalty of 0.5. The ratio of their probabilities:

# %% tags=["look", "raises-exception"]
for times in (1, 2, 3):
    said = torch.zeros(1, times, dtype=torch.long)
    first, second = softmax(frequency_penalty(torch.ones(1, 2), said, 0.5), dim=-1)[0]
    print(
        f"occurred {times} ×: {first / second:.3f}; e to the power of −0.5 · {times}: {math.exp(-0.5 * times):.3f}"
    )

# %% [markdown]
# ## Exercise 8 · `minimum_length`
#
# *Difficulty 2 of 5 · importance 3 of 5 · 10 minutes · core, 6 points*
#
# **Why.** A generated text ends when a **stop token** is drawn, for GPT-2 `<|endoftext|>`. Some models have several. Sometimes a text must not end too soon: the settings of `facebook/bart-large-cnn`, a model of summaries on Hugging Face's hub, ask for at least 56 tokens. To get that, all stop tokens are excluded until there are enough new ones.
#
# **What happens to the probability of a token that is excluded?** Softmax divides it among all others: if it was p, each of their probabilities is divided by 1 − p, and the ratios between them stay as they were. Where p is small, almost nothing changes. What changes where p is nearly 1 is what you measure below.
#
# The prompt's tokens do not count. Once there are exactly `minimum` new tokens, the text may end.
#
# <details><summary>Hint 1 · a question</summary>
#
# `tokens` is prompt and new tokens together. How many are new? With minimum 3, for which numbers of new tokens are the stop tokens excluded? Write them down, beginning with 0.
#
# <details><summary>Hint 2 · several columns</summary>
#
# Try it on a small tensor: what does `x = torch.zeros(2, 5); x[:, [1, 3]] = 7` change?
#
# </details>
# </details>
#
# <details><summary>If you see "with exactly `minimum` new tokens the text may not end yet"</summary>
#
# Take minimum 1 and one new token: is the text too short?
#
# </details>
#
# <details><summary>If you see "only the first stop token is excluded"</summary>
#
# The text ends at any of them. How many columns of the logits must be −∞?
#
# </details>
#
# <details><summary>If you see "changes its input"</summary>
#
# The caller still needs its logits. Into which tensor does an assignment to a column write?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "minimum_length", "locked": false, "schema_version": 3, "solution": true, "task": false}
def minimum_length(
    logits: Float[Tensor, "batch d_vocab"],
    tokens: Int[Tensor, "batch seq"],
    prompt_length: int,
    minimum: int,
    stop_tokens: Sequence[int],
) -> Float[Tensor, "batch d_vocab"]:
    """The logits with every stop token excluded (−inf) as long as fewer than `minimum` tokens are new.

    The first `prompt_length` of `tokens` are the prompt; the others are new. There is at least one stop token. The
    input is left as it was. −1e9 or less is accepted in the place of −inf.
    """
    ### BEGIN SOLUTION
    n_written = tokens.shape[1] - prompt_length
    hidden = logits.clone()
    if n_written < minimum:
        hidden[:, list(stop_tokens)] = float("-inf")
    return hidden
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_minimum_length", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.minimum_length(minimum_length)

# %% [markdown]
# **By what factor do the other tokens become more probable?** The same story, one token before its end and at its end, with your own GPT2. The token named is the most probable one that is left. Write down a factor for each of the two places first.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
names = "Tom Anna Ben Lily"
whole = f"The children sang their names: {names}. They sang again: {names}. Lily smiled slowly and started a new song about the sea."
for place, text in {"one token before the end": whole.removesuffix("."), "at the end": whole}.items():
    tokens = encoded(text)
    with torch.no_grad():
        logits = own_machine()(tokens)[:, -1]
    before = softmax(logits, dim=-1)[0]
    after = softmax(minimum_length(logits, tokens, tokens.shape[1], 10, [END]), dim=-1)[0]
    best = after.argmax()
    print(f"{place}: <|endoftext|> had the probability {before[END]:.6f}.")
    word = token_strings([best])[0]
    print(f"   {word}: from {before[best]:.1e} to {after[best]:.2f}, times {after[best] / before[best]:,.0f}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# With minimum 3, the stop tokens' logits are −∞ for 0, 1 and 2 new tokens, and unchanged from 3 on. Below, the storyteller's factor one token before the end is 1. At the end `<|endoftext|>` has 0.999976, and *Every* rises from 1.6·10⁻⁵ to 0.64: about 41,000 times as much. In GPT-2 small the factor depends on how sure it is that the text is over.
#
# </details>
#
# A minimum length does not make the model tell a longer story. While the story goes on, it changes almost nothing. At the end it forces a draw from tokens to which the model gave almost no probability together. What such a text looks like is shown after the next two exercises, when your loop can write it.

# %% [markdown]
# ## Exercise 9 · `adjust_logits`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 6 points*
#
# **Why.** All of these can be used together, and then the order matters. **Which order is right?** There is no natural one; it is a convention. Ours is that of Hugging Face's library:
#
# 1. the penalties, in the order in which they are given,
# 2. the temperature,
# 3. top-k,
# 4. top-p, computed from the probabilities of the tokens that top-k has left.
#
# A penalty is here any function of the logits and the text that returns logits. `repetition_penalty` has one argument more, so it is passed as `lambda logits, tokens: repetition_penalty(logits, tokens, 1.3)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# What does each step start from: the original logits, or the result of the step before it?
#
# <details><summary>Hint 2 · None</summary>
#
# `top_k=None` means that there is no top-k. Then that step is left out.
#
# </details>
# </details>
#
# <details><summary>If you see "top-p looks at the probabilities at temperature 1"</summary>
#
# At temperature 2 the probabilities are flatter, and more tokens are needed to reach p. Which of the two steps comes first?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "adjust_logits", "locked": false, "schema_version": 3, "solution": true, "task": false}
def adjust_logits(
    logits: Float[Tensor, "batch d_vocab"],
    tokens: Int[Tensor, "batch seq"],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    penalties: Sequence[Callable[..., Float[Tensor, "batch d_vocab"]]] = (),
) -> Float[Tensor, "batch d_vocab"]:
    """The logits to draw from: after the penalties, the temperature, top-k and top-p, in this order.

    Each penalty is called as `penalty(logits, tokens)` and returns logits. With top_k None, top-k is left out.
    """
    ### BEGIN SOLUTION
    for penalty in penalties:
        logits = penalty(logits, tokens)
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    return top_p_filter(logits, top_p) if top_p < 1 else logits
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_adjust_logits", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.adjust_logits(adjust_logits)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, and below it three sliders that run your functions. At temperature 0 one strong bar has the probability 1. At temperature 3 most of the probability is in the last pair of bars, that of all other tokens.
#
# </details>
#
# **What do the three do to a real distribution?** Your functions, applied to your own GPT2's logits. Type another beginning and press Enter; move the sliders. The pale bars are the model's own probabilities, the strong ones those with which a token is drawn.
#
# Three things to try. Set the temperature to 0, then to 3: which bars grow, and which lose? Back at 1, find a p that leaves about as many tokens as k = 10 does, then change the prompt: which of the two still leaves as many as before? With temperature 3, how much of the change does top-p = 0.8 undo?


# %% tags=["look", "raises-exception"]
def next_logits(text: str) -> Float[Tensor, "d_vocab"]:
    with torch.no_grad():
        return own_machine()(encoded(text)[:, -N_CTX:])[0, -1]


def adjusted(
    logits: Float[Tensor, "d_vocab"], temperature: float, k: int, p: float
) -> Float[Tensor, "d_vocab"]:
    nothing_said = torch.zeros(1, 0, dtype=torch.long)
    return adjust_logits(logits[None], nothing_said, temperature, k, p)[0]


pictures.sampling_explorer(next_logits, adjusted, f"{START} there was a")

# %% [markdown]
# ## Exercise 10 · `generate`
#
# *Difficulty 4 of 5 · importance 5 of 5 · 30 minutes · core, 16 points*
#
# **Why.** This is the loop that turns a model of the next token into a writer of texts: run the model, choose a token, append it, repeat.
#
# Build it in five steps and run the check after each of them. If a step is right, the card goes on to a case of a later one.
#
# 1. **The loop.** In each of `n_new` rounds every row gets one token, chosen by `adjust_logits` and `sample_token` from the logits at the last position. Penalties are given the whole text so far, which is also what you return, prompts included. Nothing is trained here, so call the model under `torch.no_grad()`.
# 2. **The stop token.** A row that has drawn `stop_token` is done: from then on it is filled up with `stop_token`. The first one is part of the result. A stop token in the *prompt* does not count.
# 3. **The end.** When all rows are done, generation ends, even if fewer than `n_new` tokens were added.
# 4. **The window.** The model is called on the *last* `n_ctx` tokens at most. Only its input is shortened, never the text.
# 5. **The seed.** With a `seed`, one generator is made from it, before the loop, and all draws use it: the same seed gives the same text. Without one, torch's own generator is used.
#
# Here are three rows with stop token 0 and `n_new` 6. In the table `·` means that the loop has ended. **What would the last column be if one row were never done?**
#
# | | drawn in round 1 | 2 | 3 | 4 | 5 | 6 | appended |
# |---|---|---|---|---|---|---|---|
# | row A | 5 | 0 | 7 | 3 | · | · | 5 0 0 0 |
# | row B | 4 | 6 | 2 | 0 | · | · | 4 6 2 0 |
# | row C | 0 | 9 | 9 | 1 | · | · | 0 0 0 0 |
#
# <details><summary>Hint 1 · a question</summary>
#
# Write step 1 for one prompt: the loop has three lines. Which of the other steps change one of these lines, and which add a new one?
#
# <details><summary>Hint 2 · rows that are done</summary>
#
# In the table, cover the columns from round 3 on. Which rows are done after round 2, and what do you need to remember for each row to know that in round 3? Row A draws 7 there: what must happen to it, and when in the round do you find out which rows are newly done?
#
# </details>
#
# <details><summary>Hint 3 · the generator</summary>
#
# `torch.Generator().manual_seed(3)` makes a generator and seeds it. Where no seed is given, what does `sample_token` need in its place? And how do you tell "no seed" from the seed 0?
#
# </details>
# </details>
#
# <details><summary>If you see "tokens are more than this model's n_ctx", or "do not fit into n_ctx"</summary>
#
# The tokens on which you call the model and the tokens that you return are not the same. The first are a slice.
#
# </details>
#
# <details><summary>If you see "every step begins with the same random numbers"</summary>
#
# A generator that is made inside the loop starts again from its seed in every round.
#
# </details>
#
# <details><summary>If you see "the loop goes on adding stop tokens"</summary>
#
# In the table all three rows are done after round 4. Which condition on your booleans is true then, and not before?
#
# </details>
#
# <details><summary>If you see "a row that has drawn its stop token gets other tokens after it"</summary>
#
# A batch is a rectangle: while one row is still growing, the others have to be filled up. With what?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "generate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def generate(
    model: Callable[[Int[Tensor, "batch seq"]], Float[Tensor, "batch seq d_vocab"]],
    tokens: Int[Tensor, "batch seq"],
    n_new: int,
    n_ctx: int,
    temperature: float = 1.0,
    stop_token: int | None = None,
    seed: int | None = None,
    top_k: int | None = None,
    top_p: float = 1.0,
    penalties: Sequence[Callable[..., Float[Tensor, "batch d_vocab"]]] = (),
) -> Int[Tensor, "batch longer"]:
    """The prompts, each continued by up to `n_new` tokens. The model is called on the last `n_ctx` tokens at most.

    A row that has drawn `stop_token` is filled up with it; when all rows have, generation ends. `seed` seeds a
    separate generator, and torch's own is left as it was. 0 is a valid seed and a valid id.
    """
    ### BEGIN SOLUTION
    generator = None if seed is None else torch.Generator(tokens.device).manual_seed(seed)
    done = torch.zeros(len(tokens), dtype=torch.bool, device=tokens.device)
    for _ in range(n_new):
        with torch.no_grad():
            logits = model(tokens[:, -n_ctx:])[:, -1]
        drawn = sample_token(adjust_logits(logits, tokens, temperature, top_k, top_p, penalties), generator)
        if stop_token is not None:
            drawn = drawn.masked_fill(done, stop_token)
            done |= drawn == stop_token
        tokens = torch.cat([tokens, drawn[:, None]], dim=1)
        if done.all():
            break
    return tokens
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_generate", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
checks.generate(generate)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. Below, 40 new tokens, all the same as the library's; the storyteller writes about a quiet princess called Maya. Two published greedy continuations of GPT-2 small, from the tests of Hugging Face's library: *Hello, my dog is a little* is continued by *bit of a mess. I'm not sure if he's going*, and *Hello this is a very long sentence* by *. I'm sorry. I'm sorry. I'm sorry.* and so on.
#
# </details>
#
# **Is it the library's text?** Your loop with your GPT2, compared with Hugging Face's `generate` with Hugging Face's model: greedy, token for token.

# %% tags=["look", "raises-exception"]
prompt, n_new = encoded(f"{START} there was a"), shorter(40)
mine = generate(own_machine(), prompt, n_new, N_CTX, temperature=0.0, stop_token=END)
theirs = gpt2.model.generate(
    prompt, attention_mask=torch.ones_like(prompt), pad_token_id=END, max_new_tokens=n_new, do_sample=False
)
print(f"{mine.shape[1] - prompt.shape[1]} new tokens, all the same: {torch.equal(mine, theirs)}")
print(paragraph(gpt2.tokenizer.decode(mine[0, 1:])))

# %% [markdown]
# ### Repetition
#
# (The demonstrations from here on write fewer tokens, `shorter`, where the reference is a larger model than the storyteller. Without a cache every new token takes a pass over the whole text so far.)
#
# **What does greedy decoding write after a prompt that is unlike the beginnings of the training texts?** The prompt is two words, *She sang*, with nothing before them. A token is coloured if it and the three before it have occurred in the text in the same order already.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "repeated", "locked": true, "schema_version": 3, "solution": false, "task": false}
def repeated(tokens: Int[Tensor, "seq"], n: int = 4) -> Float[Tensor, "seq"]:
    """1 for each token that ends a run of n tokens which has occurred before, 0 for the others."""
    runs = [tuple(run) for run in tokens.unfold(0, n, 1).tolist()]
    again = [float(run in runs[:start]) for start, run in enumerate(runs)]
    return torch.tensor([0.0] * (n - 1) + again)


# %% tags=["look", "raises-exception"]
lost = encoded("She sang", new=False)
circles = generate(own_machine(), lost, shorter(110), N_CTX, temperature=0.0)[0]
print(f"{repeated(circles).mean():.0%} of the tokens end a run of four that has occurred before.")
with torch.no_grad():
    losses = token_losses(own_machine(), circles[None])[0]
thirds = ", then ".join(f"{third.mean():.2f}" for third in losses.chunk(3))
print(f"Mean surprisal of a token, in nats, in each third of the text: {thirds}.")
pictures.coloured_tokens([gpt2.tokenizer.decode([token]) for token in circles.tolist()], repeated(circles))

# %% [markdown]
# In the storyteller, the mean surprisal falls from third to third: the more often *She lived she asked.* has occurred, the more probable it becomes. (Holtzman et al., 2019, show the same for GPT-2.) A single draw of another token could end the loop, but greedy decoding never draws.
#
# ### High temperatures
#
# **What does a high temperature write?** The same prompt at four temperatures. Beside each text is the mean surprisal of its new tokens at temperature 1, in nats (your `token_losses` of week 8): how improbable the model finds its own text.

# %% tags=["look", "raises-exception"]
prompt, n_new = encoded(START), shorter(30)
for heat in pictures.progress((0.5, 1.0, 1.5, 2.5), "temperatures"):
    text = generate(own_machine(), prompt, n_new, N_CTX, temperature=heat, seed=3)
    with torch.no_grad():
        surprisal = token_losses(own_machine(), text)[0, -n_new:].mean()
    written = paragraph(gpt2.tokenizer.decode(text[0, 1:]))
    print(f"temperature {heat}, {surprisal:.1f} nats per token:\n{written}\n")

# %% [markdown]
# ### A text that may not end
#
# **What does a model write when its story is over and it may not stop?** The same prompt and the same seed, once without a minimum and once with your `minimum_length` as a penalty. The prompt begins the shortest kind of story that the storyteller knows. Beside each text is the largest surprisal of a token at temperature 1, and that token. Where do you expect it, and does the story stay one story?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
song = encoded("The children sang their names:")
for minimum in (0, 90):

    def not_yet(logits, tokens, minimum=minimum):
        return minimum_length(logits, tokens, song.shape[1], minimum, [END])

    text = generate(
        own_machine(), song, 100, N_CTX, temperature=0.7, stop_token=END, seed=1, penalties=[not_yet]
    )
    n_new = text.shape[1] - song.shape[1]
    with torch.no_grad():
        losses = token_losses(own_machine(), text)[0, -n_new:]
    largest, word = losses.max(), token_strings([text[0, -n_new:][losses.argmax()]])[0]
    print(f"minimum {minimum}: {n_new} new tokens, the largest surprisal {largest:.1f} nats at {word!r}")
    print(paragraph(gpt2.tokenizer.decode(text[0, 1:])) + "\n")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# Without a minimum, the storyteller's song ends after 39 new tokens. With minimum 90 the song is the same, word for word; in the place of its end comes *Every*, with 11.9 nats the most surprising token of the text, and then the middle of another kind of story: *Every Wednesday he learned new plays and she trained a white horse*. Who *he* and *she* are was never said.
#
# </details>
#
# So a minimum length helps against a stop token that is drawn by bad luck. If the model is sure that the text is over, a longer one needs another prompt, or a model trained on longer texts.

# %% [markdown]
# ### The ways to choose, side by side
#
# | way | what it does | good for | what can go wrong |
# |---|---|---|---|
# | greedy | takes the most probable token | answers that should be the same each time | repeats itself |
# | temperature | divides the logits | one number that sets how random the text is | high: unlikely tokens of the long tail; low: nearly greedy |
# | top-k | draws from the k most probable tokens | cutting off the tail at a fixed size | too many tokens where one is nearly certain, too few where many are good |
# | top-p | draws from the fewest tokens that have p together | open-ended text (Holtzman et al., 2019, used p = 0.95) | where the distribution is flat, the nucleus is large and contains part of the tail |
# | repetition penalty | divides positive logits, multiplies negative ones | avoiding loops | also makes names, full stops and *the* less probable, which have to recur |
# | frequency penalty | subtracts the penalty for each occurrence | long texts | grows with the text, until common words are suppressed |
# | minimum length | excludes the stop tokens at first | answers that must not be too short | a text that was complete is continued with tokens that were almost impossible |
#
# **Which of them reduces repetition, and which reduces nonsense?** The same two words, one text for each way, all with the same seed (with GPT-2's weights, they take up to half a minute). How much is repeated, and what is the mean surprisal? A lower surprisal is not a better text: Holtzman et al. (2019) found that text by people is less probable, under GPT-2, than text found by maximising probability.

# %% tags=["look", "raises-exception"]
ways = {
    "greedy": {"temperature": 0.0},
    "temperature 1": {},
    "temperature 2": {"temperature": 2.0},
    "temperature 2, top-k 20": {"temperature": 2.0, "top_k": 20},
    "temperature 2, top-p 0.8": {"temperature": 2.0, "top_p": 0.8},
    "top-p 0.9": {"top_p": 0.9},
    "greedy, repetition 1.3": {
        "temperature": 0.0,
        "penalties": [lambda logits, tokens: repetition_penalty(logits, tokens, 1.3)],
    },
    "greedy, frequency 0.5": {
        "temperature": 0.0,
        "penalties": [lambda logits, tokens: frequency_penalty(logits, tokens, 0.5)],
    },
}
lost, n_new = encoded("She sang", new=False), shorter(45)
for name, how in pictures.progress(ways.items(), "ways"):
    text = generate(own_machine(), lost, n_new, N_CTX, seed=7, **how)
    with torch.no_grad():
        surprisal = token_losses(own_machine(), text)[0, -n_new:].mean()
    written = paragraph("…" + gpt2.tokenizer.decode(text[0, -20:]))
    print(f"{name:26} {repeated(text[0]).mean():4.0%} repeated, {surprisal:5.2f} nats per token\n{written}")

# %% [markdown]
# ### Your GPT2 tells a story
#
# You began in week 1 with a dot product. Now you can read the code of every step, from the text to its tokens and from the logits to the next token, line by line. **What does your model write?**
#
# Two texts in one batch, written by your own loop with your own `GPT2` and the reference's weights. The storyteller's training texts come from a program, the story world, so the probability of a story under that program is known exactly. With the storyteller's weights, it is printed if the program can produce the story; for another model's texts no such program is known.


# %% tags=["look", "raises-exception"]
def in_story_world(story: str) -> str:
    if gpt2.name != "storyteller":
        return f"{gpt2.name} did not learn from the story world."
    try:
        return f"The story world can produce this story, with −log p = {-log_probability(story):.1f} nats."
    except NotAStory:
        return "The story world cannot produce exactly this story."


stories = generate(
    own_machine(),
    encoded(START).repeat(2, 1),
    shorter(110),
    N_CTX,
    temperature=0.7,
    stop_token=END,
    seed=9,
    top_p=0.95,
)
for story in stories:
    told = gpt2.tokenizer.decode(story[1:]).split("<|endoftext|>")[0]
    print(f"{paragraph(told)}\n   [{in_story_world(told)}]\n")

# %% [markdown]
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 6 points*
#
# **Why.** In the loop, axes are removed by an index and added by a concatenation. Most of its errors are errors of shape, and most are found by writing the shapes down.
#
# Fill in the shapes for GPT-2 small (50,257 tokens) and a batch of 2 prompts of length 6. Four rows are tensors inside your functions: the border with which `top_k_filter` compares a whole row, the logits that `repetition_penalty` changes, the drawn tokens as they are appended in `generate`, and what its model is called on in the last of 10 rounds, if n_ctx were 8.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows have an axis of 50,257, and in which of those has one position been selected? And how long is the text before the last round?
#
# </details>
#
# <details><summary>If you see "a filter excludes tokens but removes no entries"</summary>
#
# What did your `top_k_filter` return: a shorter tensor, or one with −inf in it?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """The shapes when GPT-2 small continues 2 prompts of length 6. Rows may stay None for now."""
    tokens = None  # the ids of the two prompts
    logits = None  # what the model gives for them
    last_logits = probabilities = None  # the logits to draw from, and what softmax makes of them
    filtered = None  # last_logits after top_k_filter with k = 50
    drawn = None  # the next token of each prompt
    written = None  # what generate returns for n_new = 10, without a stop token
    border = None  # the k-th largest logit of each row, as top_k_filter compares it with the row
    said = None  # the logits of the prompts' tokens, one for each token of the prompts
    column = None  # the drawn tokens as they are appended to the prompts
    window = None  # what the model is called on in the last round, if n_ctx is 8
    ### BEGIN SOLUTION
    batch, seq, d_vocab = 2, 6, 50257
    tokens, logits = (batch, seq), (batch, seq, d_vocab)
    last_logits = probabilities = filtered = (batch, d_vocab)
    drawn, written = (batch,), (batch, seq + 10)
    border = column = (batch, 1)
    said, window = (batch, seq), (batch, 8)
    ### END SOLUTION
    rows = {"tokens": tokens, "logits": logits, "last_logits": last_logits, "probabilities": probabilities}
    rows |= {"filtered": filtered, "drawn": drawn, "written": written}
    return rows | {"border": border, "said": said, "column": column, "window": window}


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.shape_table(shape_table)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick when all eleven rows are right; until then, the card names the rows that are not. Every shape has between one and three axes, and the largest tensor of the eleven has 603,084 entries.
#
# </details>

# %% [markdown]
# ## In the whole model
#
# **Which settings leave fewer tokens to draw from?** Here is the explorer of week 1 with your own model, opened at the probabilities. The line below the table counts the tokens with a probability above 0. Predict first which of *temperature*, *top-k* and *top-p* change that number. Then draw a few tokens with your settings.

# %% tags=["look", "raises-exception"]
pictures.explore(own_machine(), "One day a", box="probabilities")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# Top-k and top-p do. A temperature changes how large the probabilities are and keeps all of them above 0, except at temperature 0, which leaves one token.
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
            "When would you rather use top-p than greedy decoding?",
            [
                Choice(
                    "For a story, or a conversation.",
                    right=True,
                    why="There are many good ways to go on, and always taking the most probable token often leads to repetition.",
                ),
                Choice(
                    "For reading a number off a text, where one answer is right.",
                    why="There the most probable token is the best choice, and it is the same each time.",
                ),
                Choice(
                    "To make the model run faster.",
                    why="The model's work is the same. Sorting the vocabulary even costs a little extra.",
                ),
            ],
        ),
        Question(
            "At temperature 2 every logit is halved. What happens to two tokens, of which one was 9 times as probable?",
            [
                Choice(
                    "It is 4.5 times as probable.",
                    why="Logits are halved, not probabilities. The ratio is e to the power of the difference of logits.",
                ),
                Choice(
                    "It is 3 times as probable.",
                    right=True,
                    why="The difference of the logits is halved, so the ratio becomes its square root: √9 = 3.",
                ),
                Choice(
                    "They are equally probable.",
                    why="Only at an infinite temperature. The order of the tokens never changes.",
                ),
            ],
        ),
        Question(
            "Why is an excluded token set to −inf, and not removed from the tensor?",
            [
                Choice(
                    "So that the index of every entry is still the token's id.",
                    right=True,
                    why="What is drawn is an index. In a shorter tensor, index 3 could be another token.",
                ),
                Choice(
                    "Because softmax would fail on a shorter tensor.",
                    why="Softmax takes any length. The problem comes afterwards: to which token does a probability belong?",
                ),
                Choice(
                    "So that the excluded tokens can still be drawn, very rarely.",
                    why="e to the power of −inf is exactly 0: they are never drawn.",
                ),
            ],
        ),
        Question(
            "You call generate twice with the same seed and get two different texts. What is the likeliest reason?",
            [
                Choice(
                    "Chance: a seed only makes it likelier that they are equal.",
                    why="A seed fixes all the draws. On one computer, with one version of torch, the text is the same.",
                ),
                Choice(
                    "Some draw does not use the generator that was made from the seed.",
                    right=True,
                    why="Then it comes from torch's own generator, whose state has changed since.",
                ),
                Choice(
                    "The model has learned from the first text.",
                    why="Generating does not change the weights, and the model keeps nothing between two calls.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# ### In your own words
#
# A classmate says: *"I set the temperature to 0 when I want the truth, and to 1 when I want creativity."* What is right about this, and what is not? Answer in four or five sentences, and use the words *probability*, *greedy* and *draw*. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It is right that temperature 0 is not random: decoding is greedy, the most probable token is taken each time, and the same prompt gives the same text. But a token's probability estimates how likely it is to come next in texts like those of the training, not whether it is true; a common error can be the most probable continuation, and greedy decoding then writes it every time. At temperature 1 tokens are drawn with the probabilities that the model gives, so each draw of a text is different, and unlikely tokens come as often as the model predicts. This gives variety, which may or may not be creative; at higher temperatures rare tokens of the long tail make nonsense. So the temperature sets how random the choice is, and the logits, with what is true or false in them, stay the same.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `beam_search`
#
# Greedy decoding takes the most probable next token, and the text that begins with it may be improbable as a whole. **Could one search for the most probable text instead?** There are d_vocab^n continuations of n tokens, too many to try. **Beam search** keeps the `n_beams` most probable beginnings, extends each of them by every token, and keeps the `n_beams` most probable of all these candidates, whichever beam they come from.
#
# *Difficulty 5 of 5 · importance 3 of 5 · 40 minutes · stretch, 30 points*
#
# **Why.** It is used where one answer is best, for instance in machine translation: the paper that introduced the transformer decodes with 4 beams and a length penalty (Vaswani et al., 2017, arXiv:1706.03762).
#
# A text's score is its log-probability: the sum of the log-probabilities of its new tokens. Without a stop token, that is all: after `n_new` rounds the best beam is returned.
#
# With a stop token, texts end at different times, and the conventions are Hugging Face's:
#
# - Each round considers the best *2 · n_beams* candidates. The unfinished ones among them, at most `n_beams`, are the next beams. So there are still `n_beams` of them when one has ended.
# - A candidate that ends with the stop token counts as finished only if it is among the best *n_beams* of the round; otherwise it is dropped.
# - A finished text's score is divided by its number of new tokens (the stop token included) to the power of `length_penalty`. Without this, short texts have an advantage, because every further token makes the sum more negative.
# - After `n_new` rounds the beams that are left count as finished, too, with the same division. The best of all finished texts is returned.
#
# <details><summary>Hint 1 · a question</summary>
#
# In the first round there is one beam. Which shape do the scores of all candidates have, in the first round and later? If you flatten them, how do you get back from an index to a beam and a token?
#
# <details><summary>Hint 2 · beam and token</summary>
#
# The flat index of a candidate is beam · d_vocab + token. Which two operations on whole numbers give back the beam and the token? `flat.topk(n)` gives the best scores with their indices.
#
# </details>
# </details>
#
# <details><summary>If you see "two children of one beam never both stay"</summary>
#
# The best candidates are chosen among all of them at once, not beam by beam.
#
# </details>
#
# <details><summary>If you see "fewer and fewer are left"</summary>
#
# If one of the best `n_beams` ends, another candidate has to take its place. Where does it come from?
#
# </details>
#
# <details><summary>If you see "the prompt's tokens count in the length"</summary>
#
# The score is a sum over the new tokens only. By which number do you divide it?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "beam_search", "locked": false, "schema_version": 3, "solution": true, "task": false}
def beam_search(
    model: Callable[[Int[Tensor, "batch seq"]], Float[Tensor, "batch seq d_vocab"]],
    tokens: Int[Tensor, "seq"],
    n_new: int,
    n_beams: int,
    stop_token: int | None = None,
    length_penalty: float = 1.0,
) -> Int[Tensor, "longer"]:
    """The prompt with the best continuation that a search with `n_beams` beams finds, of up to `n_new` tokens.

    Prompt and continuation fit into the model's n_ctx; 2 · n_beams is at most the size of the vocabulary.
    """
    ### BEGIN SOLUTION
    beams, scores, finished = tokens[None], torch.zeros(1), []
    for length in range(1, n_new + 1):
        with torch.no_grad():
            gains = log_softmax(model(beams)[:, -1], dim=-1)
        best, places = (scores[:, None] + gains).flatten().topk(2 * n_beams)
        last = places % gains.shape[-1]
        candidates = torch.cat([beams[places // gains.shape[-1]], last[:, None]], dim=1)
        ends = torch.full_like(last, length == n_new, dtype=torch.bool)
        if stop_token is not None:
            ends |= last == stop_token
        for rank in ends[:n_beams].nonzero().flatten().tolist():
            finished.append((best[rank].item() / length**length_penalty, candidates[rank]))
        beams, scores = candidates[~ends][:n_beams], best[~ends][:n_beams]
    return max(finished, key=lambda pair: pair[0])[1]
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_beam_search", "locked": true, "points": 30, "schema_version": 3, "solution": false, "task": false}
checks.beam_search(beam_search)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. Below, the storyteller's texts have the log-probabilities −26.41, −26.40, −26.38 and −26.38 with 1, 2, 4 and 8 beams: its stories have many almost equally probable beginnings. The library finds the same text as yours.
#
# </details>
#
# **Do more beams find a more probable text?** 1, 2, 4 and 8 beams; the log-probability is that of all new tokens together. Compared with Hugging Face's beam search in the last line.

# %% tags=["look", "raises-exception"]
prompt, n_new = encoded("One morning"), shorter(20)
for n_beams in pictures.progress((1, 2, 4, 8), "numbers of beams"):
    found = beam_search(own_machine(), prompt[0], n_new, n_beams)
    with torch.no_grad():
        total = -token_losses(own_machine(), found[None])[0, -n_new:].sum()
    print(f"beams {n_beams}, log-probability {total:.2f}:\n{paragraph(gpt2.tokenizer.decode(found[1:]))}")
theirs = gpt2.model.generate(
    prompt,
    attention_mask=torch.ones_like(prompt),
    pad_token_id=END,
    eos_token_id=None,
    max_new_tokens=n_new,
    do_sample=False,
    num_beams=8,
)
print("The library's 8 beams find the same text:", torch.equal(found, theirs[0]))

# %% [markdown]
# More beams usually find a text that is at least as probable, but this is not guaranteed: the most probable text may begin with tokens that every beam has dropped. In open-ended text a more probable text is often a worse one: Holtzman et al. (2019) show GPT-2's beam search repeating the same sentences.

# %% [markdown]
# ## Stretch 2 · `no_repeat_ngram`
#
# The strictest rule against repetition: no **n-gram** (a run of n tokens) may occur twice. With n = 3, after *on the*, every token is forbidden that has followed *on the* before in this text.
#
# *Difficulty 3 of 5 · importance 2 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** The penalties make repetition less probable; this rule excludes it (Paulus, Xiong and Socher, 2017, arXiv:1705.04304, for n = 3). You will see what it costs.
#
# Each row is a separate text. With n = 1 every token that has occurred is forbidden. In a text of fewer than n tokens no token is forbidden.
#
# <details><summary>Hint 1 · a question</summary>
#
# The next token would complete a run whose first n − 1 tokens are now the last ones of the text. Where else in the text do these n − 1 tokens occur, and which token follows them there?
#
# </details>
#
# <details><summary>If you see "the run that ends with the last token may occur again"</summary>
#
# Count on paper with 5 tokens and n = 2: at which positions can a complete run begin? The last one is easily forgotten.
#
# </details>
#
# <details><summary>If you see a problem with n = 1</summary>
#
# `ids[-0:]` is the whole list, not an empty one. How can the last n − 1 entries be sliced with an index counted from the front?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "no_repeat_ngram", "locked": false, "schema_version": 3, "solution": true, "task": false}
def no_repeat_ngram(
    logits: Float[Tensor, "batch d_vocab"], tokens: Int[Tensor, "batch seq"], n: int
) -> Float[Tensor, "batch d_vocab"]:
    """The logits with −inf for every token that would complete a run of n tokens which its row holds already.

    n is at least 1. The input is left as it was.
    """
    ### BEGIN SOLUTION
    allowed = logits.clone()
    for row, ids in zip(allowed, tokens.tolist(), strict=True):
        ending = ids[len(ids) - n + 1 :]
        for start in range(len(ids) - n + 1):
            *beginning, completed_by = ids[start : start + n]
            if beginning == ending:
                row[completed_by] = float("-inf")
    return allowed
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_no_repeat_ngram", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.no_repeat_ngram(no_repeat_ngram)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, and 0% repeated. The storyteller's text still has much the same words, in ever new orders, and soon it is no longer grammatical.
#
# </details>
#
# **What does greedy decoding write when it may not repeat itself?** Greedy again, and no run of four tokens twice.

# %% tags=["look", "raises-exception"]
lost = encoded("She sang", new=False)
never_twice = [lambda logits, tokens: no_repeat_ngram(logits, tokens, 4)]
straight = generate(own_machine(), lost, shorter(80), N_CTX, temperature=0.0, penalties=never_twice)[0]
print(f"{repeated(straight).mean():.0%} repeated.\n{paragraph(gpt2.tokenizer.decode(straight))}")

# %% [markdown]
# ## Stretch 3 · `KVCache`
#
# Your loop repeats nearly all of its work. To predict token 200, it computes the vectors of tokens 1 to 199 once more, and as long as the text fits into n_ctx they are, up to rounding, the same as in the round before, because with the causal mask no position depends on a later one. **What is still needed of the earlier positions?** The attention of a new token compares its query with the keys of all positions so far, and takes a weighted sum of their values. So a **KV cache** keeps the keys and the values of every block, and only the new token's vectors are computed.
#
# Four short exercises build it: the cache, attention with it, the whole model with it, and the loop.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 20 minutes · stretch, 12 points*
#
# **Why.** Without a cache, the work for n new tokens grows at least with n²; with one, each token goes through the model once. Hugging Face's `generate` keeps one by default (`use_cache=True`).
#
# The cache has two members. `extend(layer, k, v)` appends the keys and values of new positions, `batch n_heads new d_head`, to those that the layer holds, and returns all that it holds now: keys, then values. `length` is the number of positions held so far, the same for every layer once all of them have been extended; an empty cache has the length 0. How it stores them is up to you.
#
# <details><summary>Hint 1 · a question</summary>
#
# The first keys have nothing to be appended to. How can `extend` tell that a layer is still empty?
#
# </details>
#
# <details><summary>If you see "a second cache begins with what the first one holds"</summary>
#
# An object that is made in the class body, or as a parameter's default, is made once and shared by all instances. `__init__` runs for each of them.
#
# </details>
#
# <details><summary>If you see "the new keys and values are added as further heads"</summary>
#
# The positions are the second to last axis.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "KVCache", "locked": false, "schema_version": 3, "solution": true, "task": false}
class KVCache:
    """The keys and values of every layer, for all positions so far."""

    def __init__(self, n_layers: int):
        ### BEGIN SOLUTION
        self.keys: list[Tensor | None] = [None] * n_layers
        self.values: list[Tensor | None] = [None] * n_layers
        ### END SOLUTION

    @property
    def length(self) -> int:
        """How many positions are held: 0 at first."""
        ### BEGIN SOLUTION
        return 0 if self.keys[0] is None else self.keys[0].shape[-2]
        ### END SOLUTION

    def extend(
        self,
        layer: int,
        k: Float[Tensor, "batch n_heads new d_head"],
        v: Float[Tensor, "batch n_heads new d_head"],
    ) -> tuple[Float[Tensor, "batch n_heads all d_head"], Float[Tensor, "batch n_heads all d_head"]]:
        """Appends a layer's keys and values for new positions; returns all keys and all values of the layer."""
        ### BEGIN SOLUTION
        if self.keys[layer] is not None:
            k = torch.cat([self.keys[layer], k], dim=-2)
            v = torch.cat([self.values[layer], v], dim=-2)
        self.keys[layer], self.values[layer] = k, v
        return k, v
        ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_KVCache", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.KVCache(KVCache)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. For GPT-2 small (12 layers, 12 heads, d_head 64), the cache grows by 18,432 numbers for each token: 72 KiB in float32.
#
# </details>

# %% [markdown]
# ## Stretch 4 · `cached_attention`
#
# One block's attention for the *new* positions only. Their queries, keys and values are computed; the keys and values go into the cache; the queries attend to all positions that the cache then holds.
#
# *Difficulty 4 of 5 · importance 4 of 5 · 30 minutes · stretch, 22 points*
#
# **Why.** Attention is the only part of a block in which a token's result depends on other tokens, so it is the only part that needs the cache.
#
# `attn` is your `MultiHeadAttention` of week 6: `W_Q`, `W_K`, `W_V` are `n_heads d_model d_head`, their biases `n_heads d_head`, `W_O` is `n_heads d_head d_model` and `b_O` is `d_model`. There may be several new positions at once, as when a prompt is processed: then each of them must not attend to those after it. The queries belong to the *last* positions; your causal mask of week 5 covers this case, with fewer queries than keys. The check brings its own cache, so use only its `extend` and `length`.
#
# <details><summary>Hint 1 · a question</summary>
#
# The functions `attention_pattern` and `weighted_values` of week 5 take any number of leading axes, and fewer queries than keys. What is left to write?
#
# <details><summary>Hint 2 · the axes</summary>
#
# `x` is `batch new d_model` and each weight `n_heads d_model d_head`; which axes does the result need, and over which one do you sum? A bias of shape `n_heads d_head` needs an axis for the positions in its middle.
#
# </details>
# </details>
#
# <details><summary>If you see "attend to later positions"</summary>
#
# Which function of week 5 masks later positions? The same mask is needed here.
#
# </details>
#
# <details><summary>If you see "a new position does not attend to itself"</summary>
#
# What `extend` returns includes the keys and values that were passed to it in the same call.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "cached_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cached_attention(
    attn: MultiHeadAttention, x: Float[Tensor, "batch new d_model"], cache: KVCache, layer: int
) -> Float[Tensor, "batch new d_model"]:
    """What a block's attention writes for new positions, which also attend to all positions in the cache.

    Extends the cache's `layer` by the new keys and values.
    """
    ### BEGIN SOLUTION
    q, k, v = (
        einsum(x, W, "batch new d_model, n_heads d_model d_head -> batch n_heads new d_head") + b[:, None]
        for W, b in ((attn.W_Q, attn.b_Q), (attn.W_K, attn.b_K), (attn.W_V, attn.b_V))
    )
    k, v = cache.extend(layer, k, v)
    z = weighted_values(attention_pattern(q, k), v)
    written = einsum(z, attn.W_O, "batch n_heads new d_head, n_heads d_head d_model -> batch new d_model")
    return written + attn.b_O
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_cached_attention", "locked": true, "points": 22, "schema_version": 3, "solution": false, "task": false}
checks.cached_attention(cached_attention)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick, for one new position and for several. The result has the shape of `x`; for one new token of GPT-2 small, `batch 1 768`.
#
# </details>

# %% [markdown]
# ## Stretch 5 · `cached_logits`
#
# The whole model for the new tokens only. **What depends on a token's position, if it is at position 57?** Its vector from `W_pos`, which is row 57, and the attention, which needs the cache. Everything else in a block is applied to each token separately.
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** The logits depend on every part of the model. If they agree with those of the model without a cache in every case of the check, a mistake in the cache or in the positions is very unlikely.
#
# Compare with your `GPT2` and `TransformerBlock` of week 7: `embed`, `pos_embed.W_pos`, `blocks` (each with `ln_1`, `attn`, `ln_2`, `mlp`), `ln_f`, `unembed`. The cache's `length` is the number of positions before the new ones.
#
# <details><summary>Hint 1 · a question</summary>
#
# With 4 positions in the cache and 2 new tokens, which rows of `W_pos` belong to them?
#
# </details>
#
# <details><summary>If you see "the new tokens are counted twice"</summary>
#
# After the first block has run, the cache is longer. When do you have to read its length?
#
# </details>
#
# <details><summary>If you see "every block uses the cache of layer 0"</summary>
#
# Each block needs its number. Which function gives the number along with the element in a loop?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "cached_logits", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cached_logits(
    model: GPT2, tokens: Int[Tensor, "batch new"], cache: KVCache
) -> Float[Tensor, "batch new d_vocab"]:
    """The model's logits at the positions of the new tokens, which come after those in the cache.

    Extends every layer of the cache. With an empty cache, the same as `model(tokens)`.
    """
    ### BEGIN SOLUTION
    first = cache.length
    resid = model.embed(tokens) + model.pos_embed.W_pos[first : first + tokens.shape[1]]
    for place, block in enumerate(model.blocks):
        resid = resid + cached_attention(block.attn, block.ln_1(resid), cache, place)
        resid = resid + block.mlp(block.ln_2(resid))
    return model.unembed(model.ln_f(resid))
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_cached_logits", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.cached_logits(cached_logits)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. The result is `batch new d_vocab`: in the usual step of generation `new` is 1, so for GPT-2 it has 50,257 logits for each prompt.
#
# </details>

# %% [markdown]
# ## Stretch 6 · `cached_generate`
#
# *Difficulty 4 of 5 · importance 4 of 5 · 25 minutes · stretch, 20 points*
#
# **Why.** This is where the cache saves work, and you can measure how much.
#
# The loop of exercise 10, with a cache: in the first round the model is run on the prompt, in each later one on the token that was drawn last. The logits are the same up to rounding, and so are the tokens; only the work is less.
#
# **What happens when the text outgrows n_ctx?** `generate` then runs the model on the last n_ctx tokens, and in each round every one of them has moved to the position before. With learned positions that changes every key and every value, so nothing in the cache can be used. So when there is no room for the next token, begin again with an empty cache and the last n_ctx tokens. `model.config.n_ctx` is the room that there is.
#
# To keep it short there is only a temperature and a seed here: no filters, penalties or stop token.
#
# <details><summary>Hint 1 · a question</summary>
#
# Keep a variable for the tokens that have not been processed yet: the prompt at first, later one token. When does the cache have too little room for them, and which tokens have to be processed then?
#
# </details>
#
# <details><summary>If you see "the others keep the positions that they had"</summary>
#
# After the oldest keys are removed, the other keys still contain the positions at which they were computed. In `generate`, those tokens have moved to the position before.
#
# </details>
#
# <details><summary>If you see "the whole text is processed again in every step"</summary>
#
# Which tokens are new since the last round? The model should be run on those only.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "cached_generate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cached_generate(
    model: GPT2,
    tokens: Int[Tensor, "batch seq"],
    n_new: int,
    temperature: float = 1.0,
    seed: int | None = None,
) -> Int[Tensor, "batch longer"]:
    """The same tokens as `generate` gives for this temperature and seed, with a cache. `seed` seeds a separate
    generator, as there.

    Longer texts than the model's n_ctx are possible: whenever the cache is full, it begins again, empty.
    """
    ### BEGIN SOLUTION
    chance = torch.Generator(tokens.device).manual_seed(seed) if seed is not None else None
    n_ctx, cache = model.config.n_ctx, KVCache(len(model.blocks))
    unread = tokens[:, -n_ctx:]
    for _ in range(n_new):
        if cache.length + unread.shape[1] > n_ctx:
            cache, unread = KVCache(len(model.blocks)), tokens[:, -n_ctx:]
        with torch.no_grad():
            logits = cached_logits(model, unread, cache)[:, -1]
        unread = sample_token(apply_temperature(logits, temperature), chance)[:, None]
        tokens = torch.cat([tokens, unread], dim=1)
    return tokens
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_cached_generate", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
checks.cached_generate(cached_generate)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A tick. Below, the same tokens with about 1/103 of the FLOPs in the storyteller (2.2·10⁹ instead of 2.3·10¹¹), and a cache of 156,672 numbers. GPT-2 small's cache for its full context of 1,024 tokens has 18,874,368 numbers, 75.5 MB in float32.
#
# </details>
#
# **What does it save?** 200 new tokens with your own GPT2 (40 with GPT-2's weights), without a cache and with one: whether they are the same, how many FLOPs (floating point operations) the matrix products took, as torch counts them, and how long it took. **And what does it cost?** The last line counts what is kept: a key and a value for every layer, head and position. How many times fewer FLOPs do you expect, and is the time reduced by the same factor? Write down what you expect first.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
prompt, n_new = encoded(START), 200 if gpt2.name == "storyteller" else 40
loops = {
    "without a cache": lambda: generate(own_machine(), prompt, n_new, N_CTX, temperature=0.0),
    "with a cache": lambda: cached_generate(own_machine(), prompt, n_new, temperature=0.0),
}
texts, seconds, flops = [], [], []
for name, write in pictures.progress(loops.items(), "loops"):
    began = time.perf_counter()
    texts.append(write())
    seconds.append(time.perf_counter() - began)
    flops.append(checks.forward_flops(write)[1])  # in a second run, since counting takes time, too
    print(f"{name:16} {flops[-1]:.2e} FLOPs, {seconds[-1]:6.2f} seconds")

print(f"The same tokens: {torch.equal(*texts)}.")
print(f"{flops[0] / flops[1]:.0f} times fewer FLOPs, {seconds[0] / seconds[1]:.1f} times as fast.")
kept = 2 * gpt2.config.n_layers * gpt2.config.n_heads * gpt2.config.d_head * (texts[1].shape[1] - 1)
print(f"In the end the cache holds {kept:,} numbers, which are {4 * kept / 1e6:.1f} MB.")

# %% [markdown]
# Usually the FLOPs shrink much more than the time does. With a cache there is so little to compute in each round that other costs dominate: starting each operation, and in large models reading all weights from memory for a single token. Services therefore generate many texts in one batch, so that the weights are read once for all of them (Pope et al., 2022, arXiv:2211.05102).
#
# ## Common questions
#
# **Which settings should I use?** It depends on the task. Where one answer is right, greedy decoding or a low temperature is usual; for open-ended text, temperatures of 0.7 to 1 with top-p of 0.9 to 0.95 are common starting points. They are hyperparameters of the decoding: compare a few on your own prompts and read the texts.
#
# **Why does a model repeat itself, if its training texts do not?** The causes are not fully understood. What has been measured is a feedback loop: the probability of a sentence rises with each time that it has occurred in the text (Holtzman et al., 2019; Xu et al., 2022, arXiv:2206.02369), as in the section on repetition above. In texts by people, too, what has occurred twice is more probable to occur again. Greedy decoding always takes this continuation, so it does not leave the loop.
#
# **Do top-k and top-p change the model?** No. They change the distribution from which a token is drawn: the excluded tokens get 0, and the probabilities of the others are divided by their sum. Loss and perplexity (week 8) are computed from the model's own probabilities, without any filter; with one, a true next token outside the set would have an infinite loss.
#
# **With the same seed, my neighbour gets another text. Why?** A seed fixes the random numbers, not the logits. Other hardware, another number of threads or another version of torch may round the logits differently, and once one token differs, all later ones are predicted from another text. Other versions may also draw other random numbers.
#
# **Why is there no KV cache in training?** In training all tokens of a text are known, so one forward pass computes the predictions at all positions at once (teacher forcing), and no key is computed twice. A cache only helps where the next input depends on the last output.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and says the shapes and the sizes of the logits aloud. Swap after every exercise that passes its check.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Rank the four texts, then say what was changed between them. |
# | 10–25 | Exercise 2 (15 min). Agree on your scratchpad: which axis is `d_vocab`, and in which step the axis of the positions is removed. **Swap.** |
# | 25–40 | Exercise 3 (15 min). **Swap.** |
# | 40–55 | Exercise 4 (15 min). **Swap.** |
# | 55–80 | Exercise 5 (25 min). Do its table on paper with p = 0.75 and p = 0.8 before you type. |
# | 80–90 | The two questions below. |
#
# **Before the session:** exercise 1, each of you alone. **After the session:** exercises 6 to 11, as homework or in a second session. Stretch is for those with time left: beam search is the hardest, and 3 to 6 belong together. **Not finishing is normal:** a session that ends with a top-p filter that you both can explain is a good one.
#
# **Two questions to argue about.**
#
# 1. Greedy decoding of a good model often repeats itself without end, as people do not. Are the model's probabilities wrong, or is the series of most probable tokens not what one should take from them?
# 2. Two services run the same model, one with temperature 0.2 and one with 1. A user says that the first one is "smarter". What could you measure to find out whether that is so?
#
# **Where pairs get stuck.** At the token with which the sum reaches p: one of you includes it in the sum, the other does not. At the way back from sorted order. At rows that are done while others are not: try three rows on paper.

# %% [markdown]
# ## What you have built
#
# - `greedy`: the most probable token, every time.
# - `apply_temperature`: one number that sets how random the choice is.
# - `sample_token`: a random draw, reproducible with a seed.
# - `top_k_filter` and `top_p_filter`: the long tail cut off, after a fixed number of tokens or at a fixed probability.
# - `repetition_penalty`, `frequency_penalty`, `minimum_length`: less repetition, and texts that are not too short.
# - `adjust_logits`: all of them, in the order of Hugging Face's library.
# - `generate`: the loop, token for token equal to the library's in all cases of the check.
#
# The pipeline is complete: text goes in, and text comes out. What is still missing is where the weights come from. Next week you compute, by hand and by autograd, in which direction each of them has to change.
#
# Words of this week in the [glossary](../glossary.md): *autoregressive, beam search, frequency penalty, greedy decoding, KV cache, long tail, n-gram, repetition penalty, sampling, seed, stop token, temperature, top-k, top-p*.
