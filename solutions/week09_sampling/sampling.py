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
# **The big idea.** A language model never says a word. It gives probabilities for the next token, and that is all it gives. Somebody has to choose, put the choice behind the text and ask again. How you choose decides whether the same model bores you, surprises you or talks nonsense.
#
# | | |
# |---|---|
# | **You will have built** | the loop that writes: every usual way of choosing a token, equal to the library's own, and your own GPT-2 telling a story with it |
# | **You need** | softmax (week 1), your machine (week 7) and the weights in it (week 8), which `parts.py` beside this notebook holds ready |
# | **Time** | core 2½ to 3 hours · stretch 2½ to 3 hours |
# | **Where we are** | text → tokens → embeddings → blocks → logits → **probabilities → next token** |
#
# Since last week your machine has known what GPT-2 knows, and it says at every position what may come next. What is missing is the last step of the pipeline, the only one with any chance in it. It is also the only one that has no weights: nothing in this week was ever trained.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether Hugging Face's library would have got the same.

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
    """A batch of one prompt. A new text begins behind an <|endoftext|>, as each one did in training."""
    ids = gpt2.tokenizer.encode(text)
    return torch.tensor([[END, *ids] if new else ids])


def paragraph(text: str) -> str:
    """A text to be printed: indented, in lines that end between words."""
    return fill(text, 88, initial_indent="   ", subsequent_indent="   ")


@cache
def own_machine() -> GPT2:
    """Your GPT2 with the reference's weights in it, loaded when it is first asked for. Nothing is trained here."""
    return load_gpt2(gpt2.state_dict, gpt2.config).requires_grad_(False)


# %% [markdown]
# ## A first look
#
# Here is one model with one prompt. Nothing about the model changes between these four texts, only the way in which a token is chosen from its probabilities.
#
# **Which of the four would you have taken for another model?**

# %% tags=["look", "raises-exception"]
prompt = encoded(START)
ways = {
    "always the most probable token": {"do_sample": False},
    "drawn with the model's probabilities": {"do_sample": True, "top_k": 0},
    "drawn at temperature 2.5": {"do_sample": True, "top_k": 0, "temperature": 2.5},
    "drawn from the tokens that share 90%": {"do_sample": True, "top_k": 0, "top_p": 0.9},
}
for seed, (name, how) in enumerate(ways.items()):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        text = gpt2.model.generate(
            prompt, attention_mask=torch.ones_like(prompt), pad_token_id=END, max_new_tokens=45, **how
        )
    print(f"{name}:\n{paragraph(gpt2.tokenizer.decode(text[0, 1:]))}\n")

# %% [markdown]
# And this is all that there is to choose from. **What comes after *Once upon a time there was a*?** The ten most probable tokens of the model, with their probabilities. The other 50,247 share the rest.

# %% tags=["look", "raises-exception"]
with torch.no_grad():
    logits = gpt2.model(encoded(f"{START} there was a")).logits[0, -1]
probabilities, ids = logits.softmax(dim=-1).topk(10)
named = dict(zip(token_strings(ids), probabilities.tolist(), strict=True))
print(f"All the others together: {1 - probabilities.sum():.1%}")
pictures.bars(named, value_title="probability")

# %% [markdown]
# ## The idea in plain words
#
# Writing is a loop of three steps: show the model the text so far, choose a token from the probabilities for what comes next, put it at the end. Then again, with a text that is one token longer. The model remembers nothing from one round to the next; all it knows is the text.
#
# Choosing has two parts. First you may **change the logits**: make the differences between them larger or smaller (temperature), hide the tokens that are too unlikely (top-k, top-p), or make those less likely that have come already (penalties). Then you **draw**, with the probabilities that softmax makes of what is left. A token with logit −∞ has the probability 0 and is never drawn.
#
# Why not take the best token every time? Because the most probable *next token* does not make the best *text*. A model that always takes the surest step walks in circles: it has said "the cat", and after that the surest thing to say is what followed "the cat" the last time. And why not draw from everything? Because each of the fifty thousand tokens that make no sense here is very unlikely, but there are fifty thousand of them. Draw two hundred times, and some of them will come.

# %% [markdown]
# ## The idea in shapes
#
# | step | what | shape |
# |---|---|---|
# | | `tokens`, the text so far | `batch seq` |
# | 1 | `logits`, the model's guesses | `batch seq d_vocab` |
# | 2 | the guess after the last token | `batch d_vocab` |
# | 3 | changed: temperature, filters, penalties | `batch d_vocab` |
# | 4 | one token drawn for each prompt | `batch` |
# | 5 | the text, longer by one | `batch seq+1` |
#
# The changes of step 3 never change the shape: a hidden token keeps its place and gets −∞. And every row of the batch is a text of its own, with a draw of its own.
#
# **What does the scratchpad say when something does not fit?** One of these rows is wrong.

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
# **Why.** The least that one can do with logits: take the largest. No chance, no choice, the same text every time. Everything else this week is measured against it.
#
# The model guesses at every position. Only one guess is about what has not been written yet.
#
# <details><summary>Hint 1 · a question</summary>
#
# Of the three axes of `logits`, one has to be indexed away and one has to be searched. Which is which, and which one is left?
#
# <details><summary>If you see "the logits after the first token are used"</summary>
#
# The guess at position 0 is about the token at position 1. Which position guesses what comes after the whole prompt?
#
# </details>
#
# <details><summary>If you see "prompts compete with each other", or "one index for the whole batch"</summary>
#
# `argmax` takes a `dim`. Without it, it looks at the whole tensor as one long row.
#
# </details>
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
# *What you should see:* a tick. You did not need softmax: the largest logit has the largest probability.

# %% [markdown]
# ## Exercise 2 · `apply_temperature`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 8 points*
#
# **Why.** One number between the parrot and the drunkard. Divide the logits by a temperature above 1, and they come closer together: the rare becomes likelier. Divide by one below 1, and they move apart: the likely becomes surer.
#
# The word comes from physics, where a hot gas tries every state and a cold one stays where it costs least. **What happens on the way to temperature 0?** The largest logit runs away from all others, until it has everything. So we *define* temperature 0 as greedy: the largest logit becomes 0 and every other one −∞. Of several equal logits the first is the one that stays.
#
# <details><summary>Hint 1 · a question</summary>
#
# What does torch make of 1.5 / 0, and of 0 / 0? Which of your lines must not be reached at temperature 0?
#
# <details><summary>Hint 2 · for temperature 0</summary>
#
# `argmax(dim=-1, keepdim=True)` says where the largest logit of each row is. `torch.full_like(x, value)` makes a tensor like `x` filled with a value, and `tensor.scatter(-1, index, value)` puts a value at an index of the last axis.
#
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
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "apply_temperature", "locked": false, "schema_version": 3, "solution": true, "task": false}
def apply_temperature(
    logits: Float[Tensor, "... d_vocab"], temperature: float
) -> Float[Tensor, "... d_vocab"]:
    """Logits divided by the temperature, which is 0 or more.

    At temperature 0, greedy: 0 for the largest logit (the first of equals), −inf for all others. There may be any
    number of axes in front, none included. A logit of −inf stays −inf. Tensors that you make here take
    device=logits.device (or come from torch.full_like and its kin), so that the function also runs on a GPU.
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
# *What you should see:* a tick; below, four lines that draw together as it gets hotter.
#
# **Can a temperature change which token is the most probable one?** Four tokens, and their probabilities as it gets hotter. Look for places where two lines cross.

# %% tags=["look", "raises-exception"]
four = torch.tensor([2.0, 1.0, 0.0, -2.0])
temperatures = torch.linspace(0.1, 5, 60)
shares = torch.stack([softmax(apply_temperature(four, heat.item()), dim=-1) for heat in temperatures])
pictures.curves(
    temperatures,
    {f"logit {logit:g}": share for logit, share in zip(four, shares.T, strict=True)},
    x_title="temperature",
    y_title="probability",
)

# %% [markdown]
# None cross: dividing all of them by the same number keeps their order. Temperature changes *how much* likelier one token is than another, never *which* is likelier. Far to the right all lines meet, at 1 divided by the number of tokens.

# %% [markdown]
# ## Exercise 3 · `sample_token`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 10 points*
#
# **Why.** Here, and only here, chance comes in.
#
# Drawing by given weights is one call: `torch.multinomial(probabilities, num_samples=1, generator=generator)`. With a generator that you have seeded, the same draws come again; without one, torch's own generator is used.
#
# **How can chance be checked?** Your function draws many thousand times from the same logits, and the check counts how often each token comes. The share of a token that has the probability 0.2 will not be exactly 0.2, but it will hardly ever be 0.25. (For the statistician: a right function fails one seed in more than ten million. That is Hoeffding's inequality.)
#
# <details><summary>Hint 1 · a question</summary>
#
# `multinomial` wants weights that are not negative. What turns logits into such weights? And which shape does it give, compared with what you are asked for?
#
# <details><summary>If you see "expected '(12000,)', got '(12000, 1)'", or numbers like these</summary>
#
# `multinomial` gives a column for each sample. You asked for one sample, so there is an axis of size 1 to be taken out.
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
# Is the generator that you are given handed on to the function that draws?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "sample_token", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sample_token(
    logits: Float[Tensor, "batch d_vocab"], generator: torch.Generator | None = None
) -> Int[Tensor, "batch"]:
    """One token for each row, drawn with the probabilities that softmax makes of its logits.

    Each row draws for itself. All chance comes from `generator`, or from torch's own where it is None: with a
    generator, torch's own is left as it was. A logit of −inf is never drawn; at least one of each row is not −inf.
    """
    ### BEGIN SOLUTION
    probabilities = softmax(logits, dim=-1)
    return torch.multinomial(probabilities, num_samples=1, generator=generator).squeeze(1)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_sample_token", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.sample_token(sample_token)

# %% [markdown]
# *What you should see:* a tick; below, ten thousand draws come within a hundredth or so of the probabilities.
#
# **How many draws does it take until the frequencies look like the probabilities?** Your function, a hundred draws and ten thousand.

# %% tags=["look", "raises-exception"]
dice = torch.Generator().manual_seed(0)
print("probabilities  ", [round(share, 3) for share in softmax(four, dim=-1).tolist()])
for draws in (100, 10_000):
    drawn = sample_token(four.expand(draws, -1), dice)
    print(f"{draws:6,} draws    ", [round((drawn == token).float().mean().item(), 3) for token in range(4)])

# %% [markdown]
# ## Exercise 4 · `top_k_filter`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 10 points*
#
# **Why.** The long tail is where nonsense comes from. Top-k cuts it off: only the k most probable tokens may be drawn. It is what OpenAI used, with k = 40, for the samples that they published with GPT-2.
#
# **What if two tokens are equally probable, and there is room for only one of them?** It would not be fair to keep one by its id. So a token stays if it is *at least as probable as the k-th*, and with a tie at the border there are more than k left.
#
# <details><summary>Hint 1 · a question</summary>
#
# The k-th largest logit of a row is the border. How do you get it, with an axis kept, so that a whole row can be compared with it?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `logits.topk(k, dim=-1).values` holds the k largest, in descending order. `masked_fill(mask, float("-inf"))` hides what the mask marks.
#
# </details>
#
# <details><summary>If you see "selected index k out of range"</summary>
#
# A k that is larger than the vocabulary keeps everything. How many logits are there at most?
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
# Is your comparison < or ≤?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "top_k_filter", "locked": false, "schema_version": 3, "solution": true, "task": false}
def top_k_filter(logits: Float[Tensor, "... d_vocab"], k: int) -> Float[Tensor, "... d_vocab"]:
    """The logits with −inf for every token that is less probable than the k-th most probable one of its row.

    Tokens as probable as the k-th all stay, so that a tie may leave more than k. With k as large as the vocabulary,
    or larger, nothing changes; k is at least 1. Any number of axes may stand in front. The input is left as it was.
    −1e9 or less hides a token as well as −inf does.
    """
    ### BEGIN SOLUTION
    k = min(k, logits.shape[-1])
    border = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < border, float("-inf"))
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_top_k_filter", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.top_k_filter(top_k_filter)

# %% [markdown]
# *What you should see:* a tick, also for a k that is larger than the vocabulary.

# %% [markdown]
# ## Exercise 5 · `top_p_filter`
#
# *Difficulty 4 of 5 · importance 5 of 5 · 25 minutes · core, 14 points*
#
# **Why.** After *Once upon a* the model is sure of one token; after *there was a* there are many good ones. A fixed k is too large for the first and too small for the second. Top-p, also called nucleus sampling (Holtzman and others, 2019), lets the model decide: sort the tokens by probability, go down the list, and keep as many as it takes until their probabilities add up to p.
#
# Everybody gets one thing wrong at first, so here it is in full. **Does the token that crosses p stay?** Yes. The kept tokens have *at least* the probability p, and they are the fewest that have it. Five tokens with the probabilities 0.5, 0.25, 0.125, 0.0625 and 0.0625:
#
# | p | kept | why |
# |---|---|---|
# | 0.6 | 2 | 0.5 is not enough; with 0.25 it is |
# | 0.5 | 1 | 0.5 is enough, exactly |
# | 0.3 | 1 | the first token always stays, even if it alone has far more than p |
# | 1 | 5 | everything stays |
#
# Said in another way: a token stays if what lies *before* it in the sorted list adds up to less than p. For p = 1 hand the logits back as they are, because rounding may let the sum reach 1 too early. If equally probable tokens stand at the border, *how many* of them stay is fixed by the rule and *which* of them is up to you.
#
# <details><summary>Hint 1 · a question</summary>
#
# Write the sorted probabilities of the table on paper, and below them their running sum. What do you have to subtract from the running sum to get what lies *before* each token?
#
# <details><summary>Hint 2 · there and back</summary>
#
# `values, order = x.sort(dim=-1, descending=True)` sorts, and `order` says where each value came from. `torch.cumsum` makes running sums. What you have decided in sorted order goes back to its places with `mask.scatter(-1, order, mask_in_sorted_order)`.
#
# </details>
#
# <details><summary>If you see "the token with which the sum reaches p is cut off"</summary>
#
# Are you comparing the sum *with* the token, or the sum *before* it? With p = 0.3 in the table, what would the first leave?
#
# </details>
#
# <details><summary>If you see "applied in the order of the ids"</summary>
#
# After sorting, place 0 is the most probable token, not token 0. The mask has to go back the way the probabilities came.
#
# </details>
#
# <details><summary>If only the cases with equally probable tokens fail</summary>
#
# There p is met exactly. Is "what lies before is p already" on the side that stays, or on the side that goes? Take the probabilities from `softmax`: a detour through logarithms may round them.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "top_p_filter", "locked": false, "schema_version": 3, "solution": true, "task": false}
def top_p_filter(logits: Float[Tensor, "... d_vocab"], p: float) -> Float[Tensor, "... d_vocab"]:
    """The logits with −inf for every token outside the smallest set of most probable tokens that have at least p.

    The token with which the sum reaches p stays, so that at least one token of each row does. 0 < p ≤ 1, and with
    p = 1 nothing changes. Any number of axes may stand in front. The input is left as it was. −1e9 or less
    hides a token as well as −inf does.
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
# *What you should see:* a tick; below, places where one token is enough, and places where it takes many.
#
# **How many tokens does p = 0.9 keep?** Your filter on the guesses of your own machine, one line for each position. Where is it sure, and where is nearly everything open?

# %% tags=["look", "raises-exception"]
sentence = encoded("Once upon a time there was a king who had a little dog. The dog")
with torch.no_grad():
    guesses = own_machine()(sentence)[0]
kept = top_p_filter(guesses, 0.9).isfinite().sum(dim=-1)
for word, count, best in zip(token_strings(sentence[0]), kept, guesses.argmax(dim=-1), strict=True):
    print(f"after {word:>15}: {count:6,} kept, the first of them {token_strings([best])[0]}")

# %% [markdown]
# ## Exercise 6 · `repetition_penalty`
#
# *Difficulty 3 of 5 · importance 3 of 5 · 20 minutes · core, 10 points*
#
# **Why.** A model that has said something finds it more probable afterwards. Greedy decoding runs into a circle that way. The first remedy (Keskar and others, 2019) makes every token less probable that stands in the text already.
#
# It works on logits, and by a factor. A positive logit is **divided** by the penalty. **And a negative one?** Dividing −3 by 2 gives −1.5, which is more, not less. So a negative logit is **multiplied**. (A logit has no natural zero, as softmax does not care what is added to all of them. That is a weakness of this penalty, and everybody uses it all the same.)
#
# What has come before? All of `tokens`: the prompt and what was written since. It does not matter how often. A penalty below 1 rewards instead.
#
# <details><summary>Hint 1 · a question</summary>
#
# For each row you need the logits of the tokens that stand in it, and in the end put changed ones back in the same places. Which torch functions read and write at a list of indices, row by row?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `logits.gather(-1, tokens)` has the shape of `tokens`: the logit of each of them. `torch.where(condition, a, b)` chooses entry by entry. `logits.scatter(-1, tokens, values)` puts values back; where a token stands twice, the same value is written twice.
#
# </details>
#
# <details><summary>If you see "a negative logit is divided"</summary>
#
# Try your code on one logit of −3 by hand. Has it become larger or smaller?
#
# </details>
#
# <details><summary>If you see "a token that came three times is punished three times"</summary>
#
# A loop over `tokens` meets the same token again. Change each logit from what it was at the beginning.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "repetition_penalty", "locked": false, "schema_version": 3, "solution": true, "task": false}
def repetition_penalty(
    logits: Float[Tensor, "batch d_vocab"], tokens: Int[Tensor, "batch seq"], penalty: float
) -> Float[Tensor, "batch d_vocab"]:
    """The logits with every token that stands in its row of `tokens` made less probable, once, by a factor.

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
# *What you should see:* a tick, for positive logits and for negative ones.

# %% [markdown]
# ## Exercise 7 · `frequency_penalty`
#
# *Difficulty 2 of 5 · importance 3 of 5 · 15 minutes · core, 8 points*
#
# **Why.** The second remedy counts. A token that came once may well come again; one that came ten times has had its share. So each time costs: from a token's logit, the penalty is **subtracted as often as the token has come**. What the penalty does to the odds is easy to say: each occurrence divides them by e to the power of the penalty.
#
# Again all of `tokens` counts, the prompt included. (Services differ here: some count only what was written since. We say what we do.)
#
# <details><summary>Hint 1 · a question</summary>
#
# What you subtract has the shape of `logits`: for every token of the vocabulary how often it has come, mostly 0. How do you count like that?
#
# <details><summary>Hint 2 · two ways</summary>
#
# `torch.bincount(row, minlength=d_vocab)` counts one row. `tensor.scatter_add(-1, index, values)` adds values at indices, and where an index stands twice, both are added: that counts all rows at once.
#
# </details>
#
# <details><summary>If you see "The size of tensor a … must match", or "the table of counts ends at the largest id"</summary>
#
# bincount makes its table as long as the largest id needs, unless it is told a minlength.
#
# </details>
#
# <details><summary>If you see "loses no more than one that came once"</summary>
#
# `scatter` writes the same thing twice; it does not add up. `scatter_add` does.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "frequency_penalty", "locked": false, "schema_version": 3, "solution": true, "task": false}
def frequency_penalty(
    logits: Float[Tensor, "batch d_vocab"], tokens: Int[Tensor, "batch seq"], penalty: float
) -> Float[Tensor, "batch d_vocab"]:
    """The logits less `penalty` for each time that a token stands in its row of `tokens`.

    `tokens` is the whole text so far, the prompt included. A negative penalty rewards. The input is left as it was.
    Tensors that you make here take device=logits.device, so that the function also runs on a GPU.
    """
    ### BEGIN SOLUTION
    once_each = torch.full(tokens.shape, -penalty, dtype=logits.dtype, device=logits.device)
    return logits.scatter_add(-1, tokens, once_each)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_frequency_penalty", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.frequency_penalty(frequency_penalty)

# %% [markdown]
# *What you should see:* a tick, also for a token that has come many times.
#
# **Is it true about the odds?** Two tokens with equal logits, of which one has come already. How many times as probable as the other is it still?

# %% tags=["look", "raises-exception"]
for times in (1, 2, 3):
    said = torch.zeros(1, times, dtype=torch.long)
    first, second = softmax(frequency_penalty(torch.ones(1, 2), said, 0.5), dim=-1)[0]
    print(
        f"{times} × before: {first / second:.3f}; e to the power of −0.5 · {times}: {math.exp(-0.5 * times):.3f}"
    )

# %% [markdown]
# ## Exercise 8 · `minimum_length`
#
# *Difficulty 1 of 5 · importance 2 of 5 · 10 minutes · core, 6 points*
#
# **Why.** A text ends when the model draws its stop token. Some models are in a hurry. Whoever wants at least ten new tokens hides the stop token until there are ten.
#
# The prompt does not count: it was not the model's work. With exactly `minimum` new tokens behind it, the text may end.
#
# <details><summary>Hint 1 · a question</summary>
#
# `tokens` is prompt and new tokens together. How many are new?
#
# <details><summary>If you see "with exactly `minimum` new tokens the text may not end yet"</summary>
#
# Say it aloud with minimum 1 and one new token: is the text too short?
#
# </details>
#
# <details><summary>If you see "changes its input"</summary>
#
# `logits[:, 3] = …` writes into the caller's tensor. `logits.clone()` first makes one of your own.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "minimum_length", "locked": false, "schema_version": 3, "solution": true, "task": false}
def minimum_length(
    logits: Float[Tensor, "batch d_vocab"],
    tokens: Int[Tensor, "batch seq"],
    prompt_length: int,
    minimum: int,
    stop_token: int,
) -> Float[Tensor, "batch d_vocab"]:
    """The logits with the stop token hidden (−inf) as long as fewer than `minimum` tokens are new.

    The first `prompt_length` of `tokens` are the prompt; the others are new. The input is left as it was.
    """
    ### BEGIN SOLUTION
    n_written = tokens.shape[1] - prompt_length
    hidden = logits.clone()
    if n_written < minimum:
        hidden[:, stop_token] = float("-inf")
    return hidden
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_minimum_length", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.minimum_length(minimum_length)

# %% [markdown]
# *What you should see:* a tick. As soon as the text is long enough, it may end.

# %% [markdown]
# ## Exercise 9 · `adjust_logits`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 6 points*
#
# **Why.** All of these can be used together, and then the order matters. **Which of two orders is right?** None by nature; one has to be agreed on. Ours is that of Hugging Face's library:
#
# 1. the penalties, in the order in which they are given,
# 2. the temperature,
# 3. top-k,
# 4. top-p, which shares out what top-k has left.
#
# A penalty is here any function of the logits and the text that gives logits back. `repetition_penalty` has one argument more, so it is handed over as `lambda logits, tokens: repetition_penalty(logits, tokens, 1.3)`.
#
# <details><summary>Hint 1 · a question</summary>
#
# What does each step start from: the logits that you were given, or what the step before it has made of them?
#
# <details><summary>Hint 2 · None</summary>
#
# `top_k=None` means that nobody asked for top-k. Then that step is left out.
#
# </details>
#
# <details><summary>If you see "top-p looks at the probabilities at temperature 1"</summary>
#
# At temperature 2 the probabilities are flatter, and more tokens are needed to reach p. Which of the two steps comes first?
#
# </details>
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

    Each penalty is called as `penalty(logits, tokens)` and gives logits back. top_k None is no top-k.
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
# *What you should see:* a tick. The sliders below run on your functions.
#
# **What do the three do to a real distribution?** Your functions, on the guesses of your own machine. Type another beginning and press Enter; pull the sliders. The pale bars are the model's own probabilities, the strong ones those that would be drawn from.
#
# Three things to try. Set the temperature to 0, then to 3: which bars gain, and where does it all come from? Back at 1, find a p that leaves about as many tokens as k = 10 does, then change the prompt and look which of the two has adapted. And with temperature 3, see how much of the damage top-p = 0.8 can undo.


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
# **Why.** Now the loop: ask, choose, append, again. When it runs, your machine writes.
#
# The conventions, all of them:
#
# - The model sees at most the **last** `n_ctx` tokens. What is returned is the whole text, prompts included.
# - In each of at most `n_new` rounds every row gets one token, chosen by `adjust_logits` and `sample_token`. Penalties are given the whole text so far.
# - A row that has drawn `stop_token` is done: from then on it is filled up with `stop_token`. The stop token is part of the result. When all rows are done, generation ends, even if fewer than `n_new` tokens were added. A stop token in the *prompt* ends nothing.
# - With a `seed`, one generator is made from it, once, and every draw uses it: the same seed, the same text. Without one, torch's own generator draws.
# - Nothing is trained here, so call the model under `torch.no_grad()`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Write the loop for one prompt, greedily, without stop token and seed: three lines. What does each of the five conventions add to it?
#
# <details><summary>Hint 2 · rows that are done</summary>
#
# Keep one boolean for each row. After drawing, `masked_fill` puts the stop token into rows that were done before this round; then the rows that have it now are done. `done | (drawn == stop_token)` does the second.
#
# </details>
#
# <details><summary>Hint 3 · the generator</summary>
#
# `torch.Generator(tokens.device).manual_seed(seed)` is one. `None` is what `sample_token` takes when there is no seed.
#
# </details>
#
# <details><summary>If you see "tokens are more than this model's n_ctx", or "do not fit into n_ctx"</summary>
#
# What you show to the model and what you return are two things. The first one is a slice.
#
# </details>
#
# <details><summary>If you see "every step begins with the same random numbers"</summary>
#
# A generator that is made inside the loop starts again from its seed in every round.
#
# </details>
#
# <details><summary>If you see "a row that has met its stop token goes on writing"</summary>
#
# A batch is a rectangle: while one row is still writing, the others need something to be filled with.
#
# </details>
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
    """The prompts, each continued by up to `n_new` tokens. The model is shown the last `n_ctx` of them at most.

    A row that has drawn `stop_token` is filled up with it; when all rows have, generation ends. `seed` seeds a
    generator of its own, and torch's own is left as it was. 0 is a seed and an id like any other.
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
# *What you should see:* a tick; below, the library's own text, token for token.
#
# **Is it the library's own text?** Your loop with your machine against Hugging Face's `generate` with Hugging Face's model, greedily, token for token.

# %% tags=["look", "raises-exception"]
prompt = encoded(f"{START} there was a")
mine = generate(own_machine(), prompt, 40, N_CTX, temperature=0.0, stop_token=END)
theirs = gpt2.model.generate(
    prompt, attention_mask=torch.ones_like(prompt), pad_token_id=END, max_new_tokens=40, do_sample=False
)
print(f"{mine.shape[1] - prompt.shape[1]} new tokens, all the same: {torch.equal(mine, theirs)}")
print(paragraph(gpt2.tokenizer.decode(mine[0, 1:])))

# %% [markdown]
# ### Walking in circles
#
# On familiar ground the surest way may lead somewhere. **Where does it lead when the model is not quite sure where it is?** Two words out of the middle of some text, with nothing before them, and then greedy. A token is coloured if it and the three before it have stood in the text in just this order already.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "repeated", "locked": true, "schema_version": 3, "solution": false, "task": false}
def repeated(tokens: Int[Tensor, "seq"], n: int = 4) -> Float[Tensor, "seq"]:
    """1 for each token that ends a run of n tokens which has come before, 0 for the others."""
    runs = [tuple(run) for run in tokens.unfold(0, n, 1).tolist()]
    again = [float(run in runs[:place]) for place, run in enumerate(runs)]
    return torch.tensor([0.0] * (n - 1) + again)


# %% tags=["look", "raises-exception"]
lost = encoded("She sang", new=False)
circles = generate(own_machine(), lost, 110, N_CTX, temperature=0.0)[0]
print(f"{repeated(circles).mean():.0%} of the tokens end a run of four that has come before.")
pictures.coloured_tokens([gpt2.tokenizer.decode([token]) for token in circles.tolist()], repeated(circles))

# %% [markdown]
# Once a text has begun to repeat itself, each repetition makes the next one more probable. A single draw of another token could break the circle, but greedy never draws.
#
# ### Talking nonsense
#
# **And at the other end?** The same prompt, hotter and hotter. Beside each text stands how surprised the model itself is by what it has written, in nats per token (your `token_losses` of week 8).

# %% tags=["look", "raises-exception"]
for heat in (0.5, 1.0, 1.5, 2.5):
    text = generate(own_machine(), encoded(START), 30, N_CTX, temperature=heat, seed=3)
    with torch.no_grad():
        surprise = token_losses(own_machine(), text)[0, -30:].mean()
    said = paragraph(gpt2.tokenizer.decode(text[0, 1:]))
    print(f"temperature {heat}, {surprise:.1f} nats per token:\n{said}\n")

# %% [markdown]
# ### The ways to choose, side by side
#
# | way | what it does | good for | what can go wrong |
# |---|---|---|---|
# | greedy | takes the most probable token | answers that should be the same each time | walks in circles; sounds like everybody |
# | temperature | stretches or shrinks the differences between logits | one knob from sure to daring | high: nonsense out of the long tail; low: nearly greedy |
# | top-k | draws from the k most probable tokens | cutting off the tail, cheaply | k is fixed: too many where the model is sure, too few where much is possible |
# | top-p | draws from the fewest tokens that have p together | most texts, with p around 0.9 to 0.95 | where the model knows nothing, the set is huge and the tail is back in |
# | repetition penalty | divides what has come (negative: multiplies) | breaking circles | punishes names, full stops and *the*, which have to come again |
# | frequency penalty | takes something off for each time | long texts | grows and grows: in the end no common word is left |
# | minimum length | hides the stop token for a while | models in a hurry | a text that was finished has to go on somehow |
#
# **Which of them cures which illness?** The same two words, one text for each way, all from the same seed. How much is repeated, and how surprised is the model by what it has written? Low numbers are not better in themselves: human text surprises a model, too.

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
lost = encoded("She sang", new=False)
for name, how in ways.items():
    text = generate(own_machine(), lost, 45, N_CTX, seed=7, **how)
    with torch.no_grad():
        surprise = token_losses(own_machine(), text)[0, -45:].mean()
    said = paragraph("…" + gpt2.tokenizer.decode(text[0, -20:]))
    print(f"{name:26} {repeated(text[0]).mean():4.0%} repeated, {surprise:5.2f} nats per token\n{said}")

# %% [markdown]
# ### Your machine tells a story
#
# In week 1 this was a dot product. Now the vectors, the tokens, the embeddings, the MLP, the attention, the blocks, the loading of the weights and the choice of each token are code that you can read line by line. **What does it say?**
#
# Two texts in one batch, your own loop, your own `GPT2` with the reference's weights. If the reference is the course's storyteller, there is even a judge: the generator of the story world, which knows whether it could have told this very story, and how probable it would have been.


# %% tags=["look", "raises-exception"]
def verdict(story: str) -> str:
    try:
        return f"The story world could have told this, with −log p = {-log_probability(story):.1f} nats."
    except NotAStory:
        return "The story world would not have told just this."


stories = generate(
    own_machine(),
    encoded(START).repeat(2, 1),
    110,
    N_CTX,
    temperature=0.7,
    stop_token=END,
    seed=9,
    top_p=0.95,
)
for story in stories:
    told = gpt2.tokenizer.decode(story[1:]).split("<|endoftext|>")[0]
    print(f"{paragraph(told)}\n   [{verdict(told)}]\n")

# %% [markdown]
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 6 points*
#
# **Why.** Sampling is where axes disappear and come back. Whoever knows the shapes at each step can write the loop without trying.
#
# Fill in the shapes for GPT-2 small (12 heads, d_head 64, 50,257 tokens) and a **batch of 2 prompts of length 6**. The last three rows look ahead to the cache of the stretch exercises: the prompts have been read, their keys are kept, and now **one new token** of each prompt goes through the first block. Only new tokens ask; the keys of all tokens so far, the new one included, are there to be asked. The axes are batch, heads, positions, d_head, and for scores batch, heads, query, key.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows have an axis of 50,257, and in which of those has one position been picked?
#
# <details><summary>If you see "a filter hides tokens, it takes none out"</summary>
#
# What did your `top_k_filter` return: a shorter tensor, or one with −inf in it?
#
# </details>
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
    new_q = all_k = new_scores = None  # one block in the first step with a cache, after the prompts
    ### BEGIN SOLUTION
    batch, seq, n_heads, d_head, d_vocab = 2, 6, 12, 64, 50257
    tokens, logits = (batch, seq), (batch, seq, d_vocab)
    last_logits = probabilities = filtered = (batch, d_vocab)
    drawn, written = (batch,), (batch, seq + 10)
    new_q, all_k = (batch, n_heads, 1, d_head), (batch, n_heads, seq + 1, d_head)
    new_scores = (batch, n_heads, 1, seq + 1)
    ### END SOLUTION
    rows = {"tokens": tokens, "logits": logits, "last_logits": last_logits, "probabilities": probabilities}
    rows |= {"filtered": filtered, "drawn": drawn, "written": written}
    return rows | {"new_q": new_q, "all_k": all_k, "new_scores": new_scores}


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
            "When would you rather use top-p than greedy decoding?",
            [
                Choice(
                    "For a story, or a conversation.",
                    right=True,
                    why="There are many good ways to go on, and always taking the surest one ends in circles.",
                ),
                Choice(
                    "For reading a number off a text, where one answer is right.",
                    why="Then the most probable token is what you want, and the same one each time.",
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
                    why="The difference of the logits is halved, so the ratio goes to its square root: √9 = 3.",
                ),
                Choice(
                    "They are equally probable.",
                    why="Only at an infinite temperature. The order of the tokens never changes.",
                ),
            ],
        ),
        Question(
            "Why is a hidden token set to −inf, and not taken out of the tensor?",
            [
                Choice(
                    "So that every token keeps its place, and the place is the id.",
                    right=True,
                    why="What is drawn is a place. In a shorter tensor, place 3 would be some other token.",
                ),
                Choice(
                    "Because softmax would fail on a shorter tensor.",
                    why="Softmax takes any length. The trouble comes afterwards: whose probability is it?",
                ),
                Choice(
                    "So that the hidden tokens can be drawn after all, very rarely.",
                    why="e to the power of −inf is exactly 0: never.",
                ),
            ],
        ),
        Question(
            "You call generate twice with the same seed and get two different texts. What is the likeliest reason?",
            [
                Choice(
                    "Chance: a seed only makes it likelier that they are equal.",
                    why="A seed fixes all the draws. On one machine, with one build of torch, the text is the same.",
                ),
                Choice(
                    "Some draw does not use the generator that was made from the seed.",
                    right=True,
                    why="Then it comes from torch's own generator, which has moved on since.",
                ),
                Choice(
                    "The model has learned from the first text.",
                    why="Generating changes no weight. The model does not even remember the last token.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# ### In your own words
#
# A classmate says: *"I set the temperature to 0 when I want the truth, and to 1 when I want creativity."* What is right about this, and what is not? Answer in four or five sentences, and use the words **probability**, **greedy** and **draw**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It is right that at temperature 0 nothing is left to chance: decoding is greedy, the most probable token is taken each time, and the same prompt always gives the same text. But a token's probability says how likely it is to come next in texts like those of the training, not whether it is true; a popular error can be the most probable continuation, and greedy decoding then states it every time. At temperature 1 the tokens are drawn with just the probabilities that the model gives, so the texts differ from draw to draw and unlikely tokens come as often as the model expects them to. That makes variety, which may or may not be creative, and further up the rare tokens of the long tail make nonsense. So the temperature sets how much chance there is in the choice; what the model knows, and whether it is true, is in the logits and stays what it was.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `beam_search`
#
# Greedy takes the best next token and may regret it: a good beginning can lead nowhere. **Could one look for the most probable whole text?** Not by trying them all. Beam search keeps the `n_beams` best beginnings, extends every one of them by every token, and keeps the `n_beams` best of all those candidates, whichever beam they come from.
#
# *Difficulty 5 of 5 · importance 3 of 5 · 40 minutes · stretch, 15 points*
#
# **Why.** It is the usual way to write where one answer is best, in translation for instance, and the plainest example of a search that looks ahead.
#
# A text's score is its log-probability: the **sum** of the log-probabilities of its new tokens. Without a stop token, that is all: after `n_new` rounds the best beam is returned.
#
# With a stop token, texts end at different times, and the conventions are Hugging Face's:
#
# - In each round look at the best **2 · n_beams** candidates. The unfinished ones among them, at most `n_beams`, are the next beams. So a beam that ends does not leave a hole.
# - A candidate that ends with the stop token counts as finished only if it is among the best **n_beams** of the round; otherwise it is dropped.
# - A finished text's score is divided by its number of new tokens (the stop token included) to the power of `length_penalty`. Otherwise short texts would win, since every further token makes the sum more negative.
# - After `n_new` rounds the beams that are left count as finished, too, with the same division. The best of all finished texts is returned.
#
# <details><summary>Hint 1 · a question</summary>
#
# In the first round there is one beam. Which shape do the scores of all candidates have, in the first round and later? If you flatten them, how do you get back from a place to a beam and a token?
#
# <details><summary>Hint 2 · beam and token</summary>
#
# Place = beam · d_vocab + token. So the beam is `place // d_vocab` and the token `place % d_vocab`. `flat.topk(n)` gives the best scores with their places.
#
# </details>
#
# <details><summary>If you see "two children of one beam never both stay"</summary>
#
# The best candidates are looked for among all of them at once, not beam by beam.
#
# </details>
#
# <details><summary>If you see "fewer and fewer are left"</summary>
#
# If one of the best `n_beams` ends, another candidate has to step in. Where does it come from?
#
# </details>
#
# <details><summary>If you see "the prompt's tokens count in the length"</summary>
#
# The score has summed up the new tokens only. By how many of them do you divide?
#
# </details>
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

    Prompt and continuation fit into the model's n_ctx, and 2 · n_beams is at most the size of the vocabulary.
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_beam_search", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.beam_search(beam_search)

# %% [markdown]
# *What you should see:* a tick; below, the library's own text once more.
#
# **Does looking further find a more probable text?** More and more beams; the log-probability is that of the 20 new tokens together. And the last line: is it the library's own?

# %% tags=["look", "raises-exception"]
prompt = encoded("One morning")
for n_beams in (1, 2, 4, 8):
    found = beam_search(own_machine(), prompt[0], 20, n_beams)
    with torch.no_grad():
        total = -token_losses(own_machine(), found[None])[0, -20:].sum()
    print(f"beams {n_beams}, log-probability {total:.2f}:\n{paragraph(gpt2.tokenizer.decode(found[1:]))}")
theirs = gpt2.model.generate(
    prompt,
    attention_mask=torch.ones_like(prompt),
    pad_token_id=END,
    eos_token_id=None,
    max_new_tokens=20,
    do_sample=False,
    num_beams=8,
)
print("The library's 8 beams find the same text:", torch.equal(found, theirs[0]))

# %% [markdown]
# Beam search is the right tool where one answer is best, as in translation. For stories it makes things worse: the most probable text is a dull one, and circles are very probable.

# %% [markdown]
# ## Stretch 2 · `no_repeat_ngram`
#
# The hardest remedy against circles: **no run of n tokens may come twice.** With n = 3, after *on the*, every token is forbidden that has followed *on the* before in this text.
#
# *Difficulty 3 of 5 · importance 2 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** It is the one remedy that cannot fail, and you will see what it costs.
#
# Each row is looked at by itself. With n = 1 every token that has come is forbidden. A text of fewer than n tokens forbids nothing.
#
# <details><summary>Hint 1 · a question</summary>
#
# The next token would complete a run whose first n − 1 tokens stand at the end of the text now. Where else in the text do these n − 1 tokens stand, and what came after them there?
#
# <details><summary>If you see "the run that ends with the last token may come again"</summary>
#
# Count on paper with 5 tokens and n = 2: at which places can a complete run begin? The last one is easily forgotten.
#
# </details>
#
# <details><summary>If you see a problem with n = 1</summary>
#
# `ids[-0:]` is the whole list, not an empty one. `ids[len(ids) - (n - 1):]` is empty for n = 1.
#
# </details>
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_no_repeat_ngram", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.no_repeat_ngram(no_repeat_ngram)

# %% [markdown]
# *What you should see:* a tick, and 0% repeated.
#
# **What does the surest writer say when it may not repeat itself?** Greedy again, and no run of four twice.

# %% tags=["look", "raises-exception"]
lost = encoded("She sang", new=False)
never_twice = [lambda logits, tokens: no_repeat_ngram(logits, tokens, 4)]
straight = generate(own_machine(), lost, 80, N_CTX, temperature=0.0, penalties=never_twice)[0]
print(f"{repeated(straight).mean():.0%} repeated.\n{paragraph(gpt2.tokenizer.decode(straight))}")

# %% [markdown]
# ## Stretch 3 · `KVCache`
#
# Your loop wastes nearly all of its work. To write token 200, it computes the vectors of tokens 1 to 199 once more, and they come out exactly as they did in the round before: the causal mask sees to it that no earlier position ever learns of a later one. **What of the past is still needed?** A new token asks with its query, and it is answered by the keys and values of all earlier positions. So: keep the keys and the values of every block, and compute only what is new.
#
# Four short exercises take you there: the store, attention with it, the whole model with it, and the loop.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** Without it a model that writes would read everything again for every token. Every service that you have ever used keeps such a store.
#
# The store has two members. `extend(layer, k, v)` puts the keys and values of new positions, `batch n_heads new d_head`, behind those that the layer holds, and returns all that it holds now: keys, then values. `length` is the number of positions held so far, the same for every layer once all of them have been extended; an empty store has the length 0. How it keeps them is up to you.
#
# <details><summary>Hint 1 · a question</summary>
#
# There is nothing to put the first keys behind. How do you want to notice that a layer is still empty?
#
# <details><summary>If you see "a second cache begins with what the first one holds"</summary>
#
# What is made in the class body, or as a parameter's default, is made once, for all objects. `__init__` runs for each of them.
#
# </details>
#
# <details><summary>If you see "the new keys and values are added as further heads"</summary>
#
# Positions are the second to last axis.
#
# </details>
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
        """Adds a layer's keys and values for new positions; returns all keys and all values of the layer."""
        ### BEGIN SOLUTION
        if self.keys[layer] is not None:
            k = torch.cat([self.keys[layer], k], dim=-2)
            v = torch.cat([self.values[layer], v], dim=-2)
        self.keys[layer], self.values[layer] = k, v
        return k, v
        ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_KVCache", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.KVCache(KVCache)

# %% [markdown]
# *What you should see:* a tick. The next three exercises fill the store.

# %% [markdown]
# ## Stretch 4 · `cached_attention`
#
# One block's attention for the **new** positions only. They make queries, keys and values; the keys and values go into the cache; the queries look at all that the cache then holds.
#
# *Difficulty 4 of 5 · importance 4 of 5 · 30 minutes · stretch, 15 points*
#
# **Why.** Attention is the only place where a new token needs the old ones, so it is the only place where the store is asked.
#
# `attn` is your `MultiHeadAttention` of week 6: `W_Q`, `W_K`, `W_V` are `n_heads d_model d_head`, their biases `n_heads d_head`, `W_O` is `n_heads d_head d_model` and `b_O` is `d_model`. There may be several new positions at once, as when a prompt is read: then each of them must not see those after it. The queries are the **last** positions, and your causal mask of week 5 has been waiting for this case. The check brings a cache of its own, so use nothing of it but `extend` and `length`.
#
# <details><summary>Hint 1 · a question</summary>
#
# `attention_pattern(q, k)` and `weighted_values(pattern, v)` take as many axes in front as you like, and fewer queries than keys. What is left to write?
#
# <details><summary>Hint 2 · the axes</summary>
#
# The projection is `einsum(x, W, "batch seq d_model, n_heads d_model d_head -> batch n_heads seq d_head")`. A bias of shape `n_heads d_head` needs an axis for the positions in its middle: `bias[:, None]`.
#
# </details>
#
# <details><summary>If you see "see each other's future"</summary>
#
# Which function hides the future? Its mask has to be used here as well.
#
# </details>
#
# <details><summary>If you see "a new position does not see itself"</summary>
#
# What `extend` returns includes what you have just given to it.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "cached_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cached_attention(
    attn: MultiHeadAttention, x: Float[Tensor, "batch new d_model"], cache: KVCache, layer: int
) -> Float[Tensor, "batch new d_model"]:
    """What a block's attention writes for new positions, which also see all positions in the cache.

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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_cached_attention", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.cached_attention(cached_attention)

# %% [markdown]
# *What you should see:* a tick, for one new position and for several.

# %% [markdown]
# ## Stretch 5 · `cached_logits`
#
# The whole machine for the new tokens only. **What is different for a token that stands at position 57?** Its vector from `W_pos`, which is row 57, and the attention. Everything else in a block works on each token alone and never knew about the others.
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** If the logits are the same, nothing can have gone wrong on the way.
#
# Compare with your `GPT2` and `TransformerBlock` of week 7: `embed`, `pos_embed.W_pos`, `blocks` (each with `ln_1`, `attn`, `ln_2`, `mlp`), `ln_f`, `unembed`. The cache knows how many positions stand before the new ones.
#
# <details><summary>Hint 1 · a question</summary>
#
# With 4 positions in the cache and 2 new tokens, which rows of `W_pos` belong to them?
#
# <details><summary>If you see "the new tokens are counted twice"</summary>
#
# After the first block has run, the cache is longer. When do you have to ask it for its length?
#
# </details>
#
# <details><summary>If you see "every block uses the store of layer 0"</summary>
#
# `enumerate(model.blocks)` gives you both.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "cached_logits", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cached_logits(
    model: GPT2, tokens: Int[Tensor, "batch new"], cache: KVCache
) -> Float[Tensor, "batch new d_vocab"]:
    """The model's logits at the positions of the new tokens, which stand behind those in the cache.

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
# *What you should see:* a tick: the logits of the whole model, computed for the new tokens alone.

# %% [markdown]
# ## Stretch 6 · `cached_generate`
#
# *Difficulty 4 of 5 · importance 4 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** Here the store pays.
#
# The loop of exercise 10, with a cache: the first round reads the prompt, each later one reads the token that was drawn last. The same tokens come out; only the work is less.
#
# **What happens when the text outgrows n_ctx?** `generate` then shows the model the last n_ctx tokens, and every one of them has moved one place to the left. With learned positions that changes every key and every value: nothing in the cache is right any more. So when there is no room for the next token, begin anew with an empty cache, and read the last n_ctx tokens. `model.config.n_ctx` says how much room there is.
#
# To keep it short there is only a temperature and a seed here: no filters, penalties or stop token.
#
# <details><summary>Hint 1 · a question</summary>
#
# Keep a variable for what has not been read yet: the prompt at first, later one token. When does it not fit behind what the cache holds, and what has to be read then?
#
# <details><summary>If you see "the others keep the places that they had"</summary>
#
# Throwing out the oldest keys leaves the others with the positions that they were computed at. `generate` would have computed them one place further to the left.
#
# </details>
#
# <details><summary>If you see "the whole text is read again in every step"</summary>
#
# What is new since the last round? Only that goes through the model.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "cached_generate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cached_generate(
    model: GPT2,
    tokens: Int[Tensor, "batch seq"],
    n_new: int,
    temperature: float = 1.0,
    seed: int | None = None,
) -> Int[Tensor, "batch longer"]:
    """The same tokens as `generate` gives for this temperature and seed, with a cache. `seed` seeds a generator of its
    own, as there.

    Longer texts than the model's n_ctx are possible: whenever the cache is full it begins anew.
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_cached_generate", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.cached_generate(cached_generate)

# %% [markdown]
# *What you should see:* a tick; below, the same tokens for a small part of the FLOPs.
#
# **What does it save?** 200 new tokens with your own machine, without a cache and with one: whether they are the same, how many FLOPs (floating point operations) the matrix products took, as torch counts them, and how long you had to wait. **And what does it cost?** The last line counts what is kept: a key and a value for every layer, head and position.

# %% tags=["look", "raises-exception"]
prompt = encoded(START)
loops = {
    "without a cache": lambda: generate(own_machine(), prompt, 200, N_CTX, temperature=0.0),
    "with a cache": lambda: cached_generate(own_machine(), prompt, 200, temperature=0.0),
}
texts, seconds, flops = [], [], []
for name, write in loops.items():
    began = time.perf_counter()
    texts.append(write())
    seconds.append(time.perf_counter() - began)
    flops.append(checks.forward_flops(write)[1])  # once more, since counting takes time of its own
    print(f"{name:16} {flops[-1]:.2e} FLOPs, {seconds[-1]:6.2f} seconds")

print(f"The same tokens: {torch.equal(*texts)}.")
print(f"{flops[0] / flops[1]:.0f} times fewer FLOPs, {seconds[0] / seconds[1]:.1f} times as fast.")
kept = 2 * gpt2.config.n_layers * gpt2.config.n_heads * gpt2.config.d_head * (texts[1].shape[1] - 1)
print(f"In the end the cache holds {kept:,} numbers, which are {4 * kept / 1e6:.1f} MB.")

# %% [markdown]
# The FLOPs shrink more than the time does. With a cache there is so little to compute in each round that the rest counts: starting each operation, and moving the weights, all of which have to be read from memory for a single token. That is why services write for many users at once: one reading of the weights serves them all.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and says the shapes and the sizes of the logits aloud. Swap after every exercise that has its tick.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Rank the four texts, then say what was changed between them. |
# | 10–30 | Exercises 1 to 3. Agree on your scratchpad: which axis is `d_vocab`, and where the axis of the positions goes. **Swap** in between. |
# | 30–55 | Exercises 4 and 5. Do the table of exercise 5 on paper with p = 0.75 and p = 0.8 before you type. **Swap.** |
# | 55–75 | Exercises 9 and 10, and the comparison with the library. **Swap.** |
# | 75–90 | The sliders, and the two questions below. |
#
# Core is exercises 1 to 11; the penalties (6 to 8) and the shape table do well as homework, before or after. Stretch is for whoever has time left: beam search is the hardest, and 3 to 6 belong together. **Not finishing is normal:** a session that ends with a top-p filter that you both can explain is a good one.
#
# **Two questions to argue about.**
#
# 1. Greedy decoding of a good model walks in circles, and no person talks like that. Is the model wrong about the probabilities, or is taking the largest one the wrong question to ask of it?
# 2. Two services run the same model, one with temperature 0.2 and one with 1. A user says that the first one is "smarter". What could you measure to find out whether that is so?
#
# **Where pairs get stuck.** At the token that crosses p: one of you sums with it, the other up to it. At the way back from sorted order. At rows that are done while others are not: act it out with three coins.

# %% [markdown]
# ## What you have built
#
# - **greedy**: the surest token, every time.
# - **apply_temperature**: one knob between sure and daring.
# - **sample_token**: chance, with a seed that brings it back.
# - **top_k_filter** and **top_p_filter**: the long tail cut off, at a fixed number or where the model says.
# - **repetition_penalty**, **frequency_penalty**, **minimum_length**: remedies against circles and hurry.
# - **adjust_logits**: all of them, in an order that is agreed on.
# - **generate**: the loop that writes, token for token the library's own.
#
# The machine is complete: text goes in, and text comes out. What is still missing is where its weights come from. Next week you compute, by hand and by autograd, in which direction each of them has to move.
#
# Words of this week in the [glossary](../glossary.md): *beam search, frequency penalty, greedy decoding, KV cache, log-probability of a text, long tail, minimum length, n-gram, nucleus, repetition penalty, sampling, seed, stop token, temperature, top-k, top-p*.
