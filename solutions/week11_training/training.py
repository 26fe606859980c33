# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 11 · Train a GPT
#
# **The big idea.** The machine is built, and it knows nothing. Show it text, ask it for the next token at every position, move every weight a little in the direction that would have surprised it less, and do that a few thousand times. Nothing else happens in training. The craft lies in doing it so that you can trust the result.
#
# | | |
# |---|---|
# | **You will have built** | a training loop that you could leave alone over night, and a small GPT that tells stories, trained by it from nothing |
# | **You need** | your machine (week 7), `generate` (week 9), the loss, AdamW, clipping and the learning rate's schedule (week 10), which `parts.py` beside this notebook holds ready |
# | **Time** | core 2½ to 3 hours, a few minutes of them training · stretch 1½ hours |
# | **Where we are** | text → tokens → embeddings → blocks → logits → probabilities → next token, **and back again**: from the loss to every weight |
#
# Last week you wrote what moves the weights, piece by piece. This week all of it runs, for thousands of steps. One thing is unusual about the text: we know exactly how surprising it is. Its stories come from a generator that counts the probability of every word it chooses. So there is a loss that no model can beat, and you will see how near yours comes.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether torch's own tools would have got the same.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import copy
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import torch
from jaxtyping import Int
from parts import (
    GPT2,
    AdamW,
    clip_grad_norm,
    decay_groups,
    generate,
    init_weights,
    lr_schedule,
    next_token_loss,
)
from torch import Tensor, nn

from utils import pictures, reference
from utils.checks import week11_training as checks
from utils.quiz import Choice, Question, quiz
from utils.reference import ModelConfig
from utils.scratchpad import Scratchpad
from utils.story_world import Corpus
from utils.story_world.kinds_corpus import kinds_corpus
from utils.story_world.vocabulary import SharedRowModel, StoryVocabulary
from utils.training import TrainingSettings, whole_stories

gpt2 = reference.load()

# %% [markdown]
# ## A first look
#
# **What is the difference between a machine that knows nothing and one that writes?** Below are two models of exactly the same shape. One has the reference's weights. The other has the weights with which every training begins: small random numbers. Both continue the same four words, and both say how surprised they are by a sentence, per token.

# %% tags=["look", "raises-exception"]
start = torch.tensor([gpt2.tokenizer.encode("Once upon a time")])
sentence = torch.tensor([gpt2.tokenizer.encode("One morning the king and the queen went to the river.")])
untrained = init_weights(GPT2(gpt2.config), seed=0)
trained = {"before training": untrained, "after training": lambda tokens: gpt2.model(tokens).logits}

for name, model in trained.items():
    with torch.no_grad():
        loss = next_token_loss(model(sentence), sentence)
    told = generate(model, start, n_new=24, n_ctx=gpt2.config.n_ctx, seed=1)[0]
    print(f"{name} ({loss:.2f} nats per token):\n   {gpt2.tokenizer.decode(told)}\n")
print(f"Guessing blindly among {gpt2.config.d_vocab:,} tokens: {math.log(gpt2.config.d_vocab):.2f} nats.")

# %% [markdown]
# The number of parameters is the same, the shapes are the same, the code is the same. All of the difference is in the values, and this week you find such values yourself. Before training, the loss is that of a blind guess: every token of the vocabulary is as probable as any other.

# %% [markdown]
# ## The idea in plain words
#
# Training is a loop of four lines, which you know from week 10: **forward** (what does the model expect?), **loss** (how surprised was it?), **backward** (which way would each weight have to go?), **step** (go there, a little).
#
# What makes it work at once, and not one token at a time, is the causal mask. A window of 100 tokens is 99 questions: after the first token, what comes next? After the first two? Every position answers at the same time, and none can peek. So every window teaches 99 times.
#
# Around the four lines you need:
#
# - **batches**: windows of text, drawn by chance, but by a chance that can be repeated;
# - **a validation text** that the model never learns from, or nobody could tell learning from memorising;
# - **lines to compare with**: what would a model lose that has learned nothing, or only how frequent words are?
# - **a test that finds bugs before they cost a night**: can the machine learn a single batch by heart?
# - **checkpoints**: everything that is needed to go on after a power cut, as if nothing had happened.
#
# Each of these is an exercise, and most of them are about ten lines.

# %% [markdown]
# ## The text
#
# The whole story world of this course has ten kinds of story. For a training of a few minutes, two of them will do: animals that come in from outside, and people who meet at one bank or the other. `story_corpus()` tells enough of them for a training text. Each story is followed by the token `<|endoftext|>`, and one stands in front of the first.
#
# **How surprising is such a story, for somebody who knows exactly how it is made?** Here is one, with −log p of the whole of it.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "the_text", "locked": true, "schema_version": 3, "solution": false, "task": false}
KINDS = ("rest", "banks")


@cache
def story_corpus() -> Corpus:
    """Stories of the two kinds, about 800,000 tokens of them. Telling them takes some seconds, once."""
    return kinds_corpus(KINDS, "train", seed=0, n_tokens=800_000)


@cache
def vocabulary() -> StoryVocabulary:
    """The few hundred ids that these stories use, as rows 0, 1, 2 …, and one row for all other ids."""
    return StoryVocabulary(story_corpus().token_ids)


@cache
def story_rows() -> Int[Tensor, "tokens"]:
    """The whole text, each id replaced by its row."""
    return vocabulary().rows(story_corpus().token_ids)


# %% tags=["look", "raises-exception"]
corpus = story_corpus()
first, last = corpus.starts[3] + 1, corpus.starts[4] + 1
print(vocabulary().decode(story_rows()[first : last - 1]), "\n")
nats = -corpus.log_probabilities[3]
print(f"This story has {last - first} tokens with its end, and −log p = {nats:.1f} nats.")
print(
    f"All {len(corpus.log_probabilities):,} stories: {corpus.floor:.3f} nats per token. No model can do better."
)

# %% [markdown]
# Most tokens cost nothing: once the cat is on the sofa, it *is* the cat, and it *is* the sofa. A good model has to remember what the story has said, and it will pay only for what is really new: a name, a colour, a day.
#
# One more thing about the vocabulary. GPT-2 has 50,257 ids, and these stories use a few hundred. Rows of `W_E` for the others would make up nearly all of the model, and no story would ever teach them apart. So they **share one row**, and in the softmax that row counts as often as there are ids behind it (log of the count is added to its logit). The probabilities are exactly those of a model with all 50,257 rows, in which the unused ones are copies of each other.

# %% tags=["look", "raises-exception"]
words = vocabulary()
print(
    f"{len(words.used)} rows of their own, and row {words.shared_row} for the other {words.multiplicity:,} ids."
)
print(f"Added to the logits: 0 for each of the first, {words.log_counts[-1]:.2f} for the last.")
print(f"end_of_text is row {words.end_of_text}; 'cat' after a space is row {words.encode(' cat').item()}.")

# %% [markdown]
# ## The idea in shapes
#
# | step | what | shape |
# |---|---|---|
# | | `tokens`, a batch of windows | `batch seq` |
# | forward | `logits`, a guess after every position | `batch seq d_vocab` |
# | loss | −log p of the token that did come, at all positions but the last | `batch seq−1` |
# | | their mean | one number |
# | backward | a gradient for every parameter | each as large as its parameter |
# | step | AdamW's two moments | each as large as its parameter |
#
# The memory of a training is therefore about four times that of its weights (weights, gradients, two moments), and on top come all the intermediate results that the backward pass needs.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=16, seq=104, d_model=64)
pad.note("tokens", (16, 104), "batch seq")
pad.note("logits", (16, 104, 334), "batch seq d_vocab")
pad.note("W_E", (334, 64), "d_vocab d_model")
pad.note("W_E.grad", (334, 64), "d_vocab d_model")
pad

# %% [markdown]
# ## Exercise 1 · `train_val_split`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** A model that has learned a text by heart has a loss near 0 on it and is of no use. Only a text that it has never seen can tell. So some of the text is put aside before anything else happens.
#
# The **last** stories are for validation, about `val_share` of the tokens. The cut must not go through a story, or the model would learn the first half and be asked for the second. Therefore: start at position `int((1 - val_share) * len(tokens))`, and cut at the first `end_of_text` that stands there or after it. That token closes one story and opens the next, so **both parts get it**: each part begins and ends with `end_of_text`.
#
# <details><summary>Hint 1 · a question</summary>
#
# `(tokens == end_of_text)` is True at every border. At which positions is that? Which of them are large enough, and which is the first of those?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `mask.nonzero()[:, 0]` gives the positions where a mask is True. `positions[positions >= n][0]` is the first that is at least n.
#
# </details>
#
# <details><summary>If you see "the training part stops before the end_of_text"</summary>
#
# `tokens[:5]` ends with position 4.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "train_val_split", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_val_split(
    tokens: Int[Tensor, "tokens"], val_share: float, end_of_text: int
) -> tuple[Int[Tensor, "train"], Int[Tensor, "val"]]:
    """The text in two: for training, and the last stories for validation.

    `tokens` begins and ends with `end_of_text`, and so does each of the two parts: the token at the cut belongs
    to both. The cut is at the first `end_of_text` at or after position int((1 − val_share) · len(tokens)); there
    is always one that leaves a story on each side.
    """
    ### BEGIN SOLUTION
    borders = (tokens == end_of_text).nonzero()[:, 0]
    earliest = int((1 - val_share) * len(tokens))
    cut = borders[borders >= earliest][0]
    return tokens[: cut + 1], tokens[cut:]
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_train_val_split", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.train_val_split(train_val_split)

# %% [markdown]
# *What you should see:* a tick, and no story in both parts.
#
# **Is any validation story also in the training part?** In texts from the internet this is the usual accident: the same page, copied a hundred times, ends up on both sides. Here is the test for ours.


# %% tags=["look", "raises-exception"]
def stories_in(tokens: Tensor) -> set[tuple[int, ...]]:
    """The stories of a text, each as a tuple of its rows."""
    return {tuple(row.tolist()) for batch in whole_stories(tokens, vocabulary().end_of_text) for row in batch}


train, val = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
print(f"{len(train):,} tokens to learn from, {len(val):,} to be judged by.")
print(f"{len(stories_in(train) & stories_in(val))} stories are in both.")

# %% [markdown]
# ## Exercise 2 · `get_batch`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 10 points*
#
# **Why.** A step needs a few windows of the text, all of the same length, and other ones each time. And it must be possible to draw the very same windows again: a result that cannot be repeated cannot be trusted, and a run that was interrupted has to go on where it was.
#
# A window begins **where a story begins**, at its `end_of_text`, and runs on for `seq` tokens, into the next story if there is room. (In a text from the internet windows begin anywhere. Here that would be unfair: who could know, from the middle on, which animal came in at the beginning?)
#
# Every `end_of_text` that leaves room for a whole window is a possible start, and all are equally probable. Draw the batch's starts with **one** call of `torch.randint(…, (batch_size,), generator=generator)`, as numbers of possible starts; a start may be drawn twice. Everybody who does that gets the same batch from the same seed.
#
# <details><summary>Hint 1 · a question</summary>
#
# With 10 tokens and windows of 4, which is the last position at which a window may begin? How long a piece of the text do you have to search for `end_of_text`?
#
# <details><summary>Hint 2 · many windows at once</summary>
#
# `starts[:, None] + torch.arange(seq)` is a table of positions, a row for each window. A tensor can be indexed with a table.
#
# </details>
#
# <details><summary>If you see "the generator is seeded anew in every call"</summary>
#
# The generator comes from outside and remembers how much has been drawn. Hand it to `torch.randint`, and leave it alone otherwise.
#
# </details>
#
# <details><summary>If you see "the story that fits just to the end of the text is never drawn"</summary>
#
# Count on your fingers: 10 tokens, windows of 4, positions 0 to 6. How many positions is that?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "get_batch", "locked": false, "schema_version": 3, "solution": true, "task": false}
def get_batch(
    tokens: Int[Tensor, "tokens"], end_of_text: int, batch_size: int, seq: int, generator: torch.Generator
) -> Int[Tensor, "batch_size seq"]:
    """Windows of `seq` tokens of the text, each beginning with the `end_of_text` in front of a story.

    The starts are drawn from all that leave room for a whole window, with replacement, by one call of
    torch.randint with `generator` (which lives on the CPU). The batch is on the device of `tokens`.
    """
    ### BEGIN SOLUTION
    with_room = tokens[: len(tokens) - seq + 1]
    starts = (with_room == end_of_text).nonzero()[:, 0]
    drawn = starts[torch.randint(len(starts), (batch_size,), generator=generator)]
    return tokens[drawn[:, None] + torch.arange(seq, device=tokens.device)]
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_get_batch", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
checks.get_batch(get_batch)

# %% [markdown]
# *What you should see:* a tick, and the same batch again from the same seed.
#
# **What does the model get to read?** A batch of three windows, and the same again from the same seed.

# %% tags=["look", "raises-exception"]
train, _ = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
one, again = (
    get_batch(train, vocabulary().end_of_text, 3, 24, torch.Generator().manual_seed(11)) for _ in range(2)
)
for window in one:
    print(vocabulary().decode(window), "…")
print("The same batch again:", torch.equal(one, again))

# %% [markdown]
# ## Exercise 3 · `counting_losses`
#
# *Difficulty 3 of 5 · importance 3 of 5 · 15 minutes · core, 8 points*
#
# **Why.** A loss of 2.5: is that good? Nobody can say without something to compare it with. You have two such lines already: ln 50,257 (the natural logarithm, which earlier weeks wrote log) for a model that knows nothing, and the entropy for one that knows everything. Two more come from counting:
#
# - the **unigram** model knows how frequent each token is, and nothing else: p(token) = (count of the token + 1) / (number of tokens + d_vocab);
# - the **bigram** model knows which token follows which: p(second | first) = (count of the pair + 1) / (pairs that begin with `first` + d_vocab).
#
# Everything is counted in `train`. The added 1 keeps every probability above 0, since −log 0 is infinite. Then both are judged on `val`: the mean of −log p over the tokens `val[1:]`, each of which has a token before it.
#
# <details><summary>Hint 1 · a question</summary>
#
# Imagine the pairs as a table with a row for each first token and a column for each second. What must each row add up to once it holds probabilities?
#
# <details><summary>Hint 2 · counting without a loop</summary>
#
# `torch.bincount(train, minlength=d_vocab)` counts tokens. A pair (a, b) can be one number, a · d_vocab + b; count those, and `reshape` makes the table. Or `table.index_put_((a, b), torch.tensor(1.0), accumulate=True)`.
#
# </details>
#
# <details><summary>If you see "expected 1.9, got inf"</summary>
#
# Some pair of `val` never occurs in `train`. What should its count be?
#
# </details>
#
# <details><summary>If you see "each column of the table adds up to 1"</summary>
#
# `dim` is the axis that is summed away. With rows for the first token, which axis holds the second?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "counting_losses", "locked": false, "schema_version": 3, "solution": true, "task": false}
def counting_losses(
    train: Int[Tensor, "train"], val: Int[Tensor, "val"], d_vocab: int
) -> tuple[float, float]:
    """The losses of the unigram and of the bigram model, in nats per token, as Python numbers.

    Both count in `train`, each count with 1 added, and are judged on val[1:]. Ids go from 0 to d_vocab − 1.
    """
    ### BEGIN SOLUTION
    singles = 1 + torch.bincount(train, minlength=d_vocab)
    pairs = 1 + torch.bincount(train[:-1] * d_vocab + train[1:], minlength=d_vocab**2)
    pairs = pairs.reshape(d_vocab, d_vocab)
    p_single = singles / singles.sum()
    p_pair = pairs / pairs.sum(dim=1, keepdim=True)
    before, after = val[:-1], val[1:]
    return -p_single[after].log().mean().item(), -p_pair[before, after].log().mean().item()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_counting_losses", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.counting_losses(counting_losses)

# %% [markdown]
# **How far apart are knowing nothing and knowing everything?** These four lines will stand in every picture of this week. `lines_to_compare` below puts them together; the last one is exact for the very validation stories that we use.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "lines_to_compare", "locked": true, "schema_version": 3, "solution": false, "task": false}
def lines_to_compare(train: Tensor, val: Tensor, counting: Callable) -> dict[str, float]:
    """The losses of four models that need no training, in nats per token of the validation text."""
    n_stories = int((val == vocabulary().end_of_text).sum()) - 1
    nats = -story_corpus().log_probabilities[-n_stories:].sum()
    unigram, bigram = counting(train, val, vocabulary().d_vocab)
    return {
        "uniform": math.log(vocabulary().d_full),
        "unigram": unigram,
        "bigram": bigram,
        "entropy": float(nats) / (len(val) - 1),
    }


# %% tags=["look", "raises-exception"]
parts_of_text = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
pictures.bars(
    lines_to_compare(*parts_of_text, counting_losses),
    title="What a token costs",
    value_title="nats per token",
)

# %% [markdown]
# *What you should see:* most of the way from uniform to entropy is had by counting alone. What is left between the bigram line and the entropy line is what needs a *memory*, and it is the part for which one builds a transformer.

# %% [markdown]
# ## Exercise 4 · `train_step`
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 14 points*
#
# **Why.** This is the line of the whole course in which something is learned.
#
# A large batch gives a steadier gradient but needs a lot of memory. The way out is **accumulation**: several small batches one after the other, whose gradients add up (`backward()` *adds* to what is in `.grad`), and then one step. The result should be that of one large batch, so each batch's loss is divided by their number before `backward()`. All batches of one call have the same shape.
#
# In order: train mode · `optimizer.zero_grad()` · for each batch the loss and its backward pass · clip all gradients together to `max_norm` · `optimizer.step()`. What comes back is the loss of all batches together, *before* the step, as a Python number.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which of the five happen once in a step, and which once for each batch?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `next_token_loss(model(batch), batch)` does the shifting itself: it takes all logits and the whole batch. `clip_grad_norm(model.parameters(), max_norm)` changes the gradients in place. `.item()` makes a Python number of a tensor with one entry.
#
# </details>
#
# <details><summary>If you see "k batches make a step k times as long"</summary>
#
# The mean of k losses is the sum of each loss divided by k. Divide before `backward()`, since afterwards it is too late.
#
# </details>
#
# <details><summary>If only "loss of a second step" differs</summary>
#
# What is still in `.grad` when the second step begins?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "train_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_step(
    model: nn.Module, optimizer: AdamW, batches: Sequence[Int[Tensor, "batch seq"]], max_norm: float
) -> float:
    """One step of the optimiser on the mean loss of all batches, which are equally large.

    Leaves the model in train mode. Gradients of earlier steps do not count; those of this one are clipped together
    to `max_norm`. Returns the mean loss before the step, in nats per predicted token, as a Python number.
    """
    ### BEGIN SOLUTION
    model.train()
    optimizer.zero_grad()
    mean_loss = 0.0
    for batch in batches:
        share = next_token_loss(model(batch), batch) / len(batches)
        share.backward()
        mean_loss += share.item()
    clip_grad_norm(model.parameters(), max_norm)
    optimizer.step()
    return mean_loss
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_train_step", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.train_step(train_step)

# %% [markdown]
# *What you should see:* a tick for one batch a step and for several, with gradients that are clipped and with gradients that are not.

# %% [markdown]
# ## Exercise 5 · `evaluate`
#
# *Difficulty 3 of 5 · importance 5 of 5 · 15 minutes · core, 12 points*
#
# **Why.** The number that you will believe in. It must be right, and measuring must not change what is measured.
#
# Three things to take care of:
#
# - **The mean is over predicted tokens.** Batches differ in size (our validation stories have different lengths), so a mean of the batches' means would count the tokens of small batches more. A batch of shape `batch seq` predicts `batch · (seq − 1)` tokens.
# - **Eval mode**: with dropout on, the loss would be too high, and another one each time. Afterwards the model is in *the mode that it had before*, which may be either.
# - **No gradients are recorded**: that would cost time and memory for nothing. Afterwards recording is on or off *as it was before*.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which two numbers do you have to add up over the batches, so that one division at the end gives the mean?
#
# <details><summary>Hint 2 · switching off and on</summary>
#
# `model.training` is True or False, and `model.train(mode)` takes either. `with torch.no_grad():` puts back what was there before when the block ends.
#
# </details>
#
# <details><summary>If you see "each batch counts as often as it has tokens"</summary>
#
# Nothing comes before the first token of a row, so nobody predicts it.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "evaluate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def evaluate(model: nn.Module, batches: Iterable[Int[Tensor, "batch seq"]]) -> float:
    """The mean loss per predicted token over all batches, in nats, as a Python number.

    Batches may differ in both sizes. The model runs in eval mode and without recording gradients; both are
    afterwards as they were before.
    """
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    nats, predicted = 0.0, 0
    with torch.no_grad():
        for batch in batches:
            targets = batch[:, 1:].numel()
            nats += targets * next_token_loss(model(batch), batch).item()
            predicted += targets
    model.train(was_training)
    return nats / predicted
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_evaluate", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.evaluate(evaluate)

# %% [markdown]
# *What you should see:* a tick, and a loss near ln 50,257.
#
# **What does a model lose that has not learned anything?** Make a guess before you run this. `fresh_model` builds the machine that you will train: yours of week 7 with GPT-2's first weights, and the shared row counted as often as it stands for an id. `whole_stories` puts every validation story into a row of its own, from its `end_of_text` to the next, so that each prediction has seen its whole story.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "fresh_model", "locked": true, "schema_version": 3, "solution": false, "task": false}
N_CTX = 104


def fresh_model(seed: int, d_model: int = 64, n_layers: int = 2) -> nn.Module:
    """A small GPT-2 over the stories' vocabulary, with the weights with which training begins."""
    config = ModelConfig(
        d_model=d_model,
        n_heads=4,
        d_head=d_model // 4,
        d_mlp=4 * d_model,
        n_layers=n_layers,
        d_vocab=vocabulary().d_vocab,
        n_ctx=N_CTX,
        layer_norm_eps=1e-5,
    )
    return SharedRowModel(init_weights(GPT2(config), seed), vocabulary())


# %% tags=["look", "raises-exception"]
_, val = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
val_batches = whole_stories(val, vocabulary().end_of_text)
print(f"{evaluate(fresh_model(seed=0), val_batches):.3f} nats; ln 50,257 is {math.log(50257):.3f}.")

# %% [markdown]
# If a fresh model's loss is far from ln 50,257, something is wrong, and you have found it before training. Larger weights at the start would make the model sure of nonsense, and its first loss larger than that of a blind guess.

# %% [markdown]
# ## Exercise 6 · `overfit_one_batch`
#
# *Difficulty 1 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** The cheapest test of a training loop there is. Take one batch, and learn it again and again. A machine in which everything is connected learns it by heart, and the loss falls towards 0, far below the entropy. If it does not, there is a bug, and no amount of data will mend it. Half a minute here saves nights later.
#
# Use AdamW with learning rate `lr` and without weight decay (`decay_groups(model, 0.0)`), and clip to norm 1.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which of the things that you need are made once, and which happen `steps` times?
#
# <details><summary>If you see "AdamW is made anew in every step"</summary>
#
# AdamW lives from what it remembers of earlier gradients. Where in your code is it born?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "overfit_one_batch", "locked": false, "schema_version": 3, "solution": true, "task": false}
def overfit_one_batch(
    model: nn.Module, batch: Int[Tensor, "batch seq"], steps: int, lr: float
) -> list[float]:
    """Learns one batch by heart: AdamW without weight decay, gradients clipped to norm 1.

    Trains the model itself. Returns the loss before each of the steps.
    """
    ### BEGIN SOLUTION
    optimizer = AdamW(decay_groups(model, weight_decay=0.0), lr=lr)
    return [train_step(model, optimizer, [batch], max_norm=1.0) for _ in range(steps)]
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_overfit_one_batch", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.overfit_one_batch(overfit_one_batch)

# %% [markdown]
# **Can your machine learn four windows by heart, and can a broken one?** The second model has a bug of a kind that is easy to write: what its first block computes is cut off from the backward pass (`.detach()`), so that the block's weights never learn. It raises no error, and its loss falls too, just not as it should.


# %% tags=["look", "raises-exception"]
class Broken(nn.Module):
    """The same model, but no gradient passes from the blocks to what lies below them."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model
        model.model.blocks[0].register_forward_hook(lambda block, inputs, output: output.detach())

    def forward(self, tokens: Tensor) -> Tensor:
        return self.model(tokens)


train, _ = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
batch = get_batch(train, vocabulary().end_of_text, 4, 64, torch.Generator().manual_seed(0))
runs = {"yours": fresh_model(seed=0), "broken": Broken(fresh_model(seed=0))}
curves = {name: torch.tensor(overfit_one_batch(model, batch, 100, 3e-3)) for name, model in runs.items()}
pictures.curves(torch.arange(100), curves, x_title="steps on one batch", y_title="nats per token")

# %% [markdown]
# *What you should see:* your curve goes to nearly 0. The broken one stays behind. With a whole text both would fall for a while, and you might not notice for hours.

# %% [markdown]
# ## Exercise 7 · `Trainer`
#
# *Difficulty 4 of 5 · importance 5 of 5 · 25 minutes · core, 12 points*
#
# **Why.** Now everything together, in one object that knows where it stands. That is what makes it possible to stop, look, and go on.
#
# What a trainer consists of (these names are used by everything that follows):
#
# | attribute | what it is |
# |---|---|
# | `model`, `tokens`, `settings`, `watch` | what it was given |
# | `optimizer` | AdamW with the model's `decay_groups` and the settings' `weight_decay`, `max_lr` and `betas` |
# | `generator` | a `torch.Generator`, seeded with `settings.seed` once, here |
# | `step` | how many steps are done: 0 at first |
# | `losses` | the loss of every step so far |
#
# `train(n_steps)` takes so many steps. For each: set `optimizer.lr` to what `lr_schedule` says for this step (the first is step 0; planned over `settings.total_steps`, not over `n_steps`) · draw `settings.accumulate` batches · `train_step` · note the loss, count the step, and call `watch(self)`, which draws the progress bar and the curve. A second call goes on where the first one stopped.
#
# <details><summary>Hint 1 · a question</summary>
#
# `train(4)` and then `train(3)` must be the same as `train(7)`. Which things may therefore not be made inside `train`?
#
# <details><summary>Hint 2 · the schedule</summary>
#
# `lr_schedule(step, warmup_steps, total_steps, max_lr, min_lr)`: four of the five are in the settings. In which order do setting the rate and taking the step have to come?
#
# </details>
#
# <details><summary>If you see "each step runs with the learning rate of the next one"</summary>
#
# When is `self.step` counted up, before or after the rate is set?
#
# </details>
#
# <details><summary>If you see that "learning rates" are right and "losses" are not</summary>
#
# Then it is the batches or the optimiser: one generator for the whole life of the trainer, `settings.accumulate` batches a step, and the settings' betas.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "Trainer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Trainer:
    """A training run that knows where it stands: model, optimiser, generator, step, losses, settings."""

    def __init__(
        self,
        model: nn.Module,
        tokens: Int[Tensor, "tokens"],
        settings: TrainingSettings,
        watch: Callable[["Trainer"], None] = lambda trainer: None,
    ):
        self.model, self.tokens, self.settings, self.watch = model, tokens, settings, watch
        ### BEGIN SOLUTION
        groups = decay_groups(model, settings.weight_decay)
        self.optimizer = AdamW(groups, lr=settings.max_lr, betas=settings.betas)
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.step = 0
        self.losses: list[float] = []
        ### END SOLUTION

    def train(self, n_steps: int) -> None:
        """Takes `n_steps` more steps; after each, `watch(self)` is called."""
        ### BEGIN SOLUTION
        plan = self.settings
        for _ in range(n_steps):
            self.optimizer.lr = lr_schedule(
                self.step, plan.warmup_steps, plan.total_steps, plan.max_lr, plan.min_lr
            )
            batches = [
                get_batch(self.tokens, plan.end_of_text, plan.batch_size, plan.seq, self.generator)
                for _ in range(plan.accumulate)
            ]
            self.losses.append(train_step(self.model, self.optimizer, batches, plan.max_norm))
            self.step += 1
            self.watch(self)
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_Trainer", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.Trainer(Trainer)

# %% [markdown]
# *What you should see:* a tick, and a curve that soon leaves the first lines behind.
#
# **What does the model learn first?** The first 200 steps of a longer run, with a curve that is drawn while it goes on. Watch how quickly it passes each of the first lines.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "settings_for", "locked": true, "schema_version": 3, "solution": false, "task": false}
def settings_for(total_steps: int) -> TrainingSettings:
    """Settings that suit the small model, for a run of so many steps."""
    return TrainingSettings(
        end_of_text=vocabulary().end_of_text,
        batch_size=16,
        seq=N_CTX,
        total_steps=total_steps,
        warmup_steps=min(100, total_steps // 4),
        max_lr=5e-3,
        min_lr=2.5e-4,
    )


# %% tags=["look", "raises-exception"]
train, val = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
live = pictures.LiveLoss(200, lines_to_compare(train, val, counting_losses))
Trainer(fresh_model(seed=0), train, settings_for(total_steps=3000), live).train(200)

# %% [markdown]
# The first thing it finds out is which tokens occur at all; then how frequent they are; then which follow which. What comes after the bigram line takes longer, because it needs heads that look back.

# %% [markdown]
# ## Exercise 8 · `sample_story`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 6 points*
#
# **Why.** A loss is a number. Whether a model has understood anything shows when it speaks. So it should speak before, during and after.
#
# `vocabulary.encode(prompt)` gives the prompt's rows, and `vocabulary.decode(rows)` the text. In training every story began after an `end_of_text`, so it stands in front here too, and an empty prompt is just that token. Let `generate` go on for at most `n_new` tokens, until the model itself says `end_of_text`. The text that comes back is the prompt and its continuation, **without** any `end_of_text`. As in `evaluate`: eval mode while it speaks, and afterwards the mode of before.
#
# <details><summary>Hint 1 · a question</summary>
#
# `generate` wants a batch of prompts, `batch seq`, and gives a batch back. How do you make a batch of one, and how do you take it out again?
#
# <details><summary>Hint 2 · generate's arguments</summary>
#
# `generate(model, tokens, n_new, n_ctx, temperature, stop_token, seed)`. The model's `n_ctx` is in `model.config`.
#
# </details>
#
# <details><summary>If you see "both end_of_text are part of the text"</summary>
#
# Which rows should not be decoded?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "sample_story", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sample_story(
    model: nn.Module,
    vocabulary: StoryVocabulary,
    prompt: str = "",
    n_new: int = 110,
    temperature: float = 1.0,
    seed: int = 0,
) -> str:
    """The prompt and the model's continuation, up to its end_of_text or `n_new` tokens, without any end_of_text.

    The model is shown end_of_text in front of the prompt, and its last `model.config.n_ctx` tokens at most. It runs
    in eval mode and is afterwards in the mode of before. The same seed tells the same story.
    """
    ### BEGIN SOLUTION
    end = vocabulary.end_of_text
    device = next(model.parameters()).device
    rows = torch.tensor([[end, *vocabulary.encode(prompt).tolist()]], device=device)
    was_training = model.training
    model.eval()
    told = generate(model, rows, n_new, model.config.n_ctx, temperature, stop_token=end, seed=seed)[0]
    model.train(was_training)
    return vocabulary.decode(told[told != end])
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_sample_story", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.sample_story(sample_story)

# %% [markdown]
# *What you should see:* a tick; nearly nothing but □ before training, and words after it.
#
# **What does a model say that has learned for a few seconds?** Before any training nearly every token it draws is one that no story uses, which is written as □. After sixty steps it has found the words, though not yet what they are for.

# %% tags=["look", "raises-exception"]
train, _ = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
trainer = Trainer(fresh_model(seed=0), train, settings_for(total_steps=60))
print("before:", sample_story(trainer.model, vocabulary(), "One morning", n_new=30))
trainer.train(60)
print("after 60 steps:", sample_story(trainer.model, vocabulary(), "One morning", n_new=30))

# %% [markdown]
# ## Exercise 9 · `save_checkpoint`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** Large models are trained for months, and machines fail. Somebody pulls a plug, a disk fills up, a notebook is closed. A run that can be continued has lost nothing.
#
# A checkpoint holds **everything the next step depends on**. It is one dict in one file, written by `torch.save`, and made of dicts, lists, numbers and tensors only (a file with Python objects in it is a program, and opening a stranger's would run it):
#
# | name | what |
# |---|---|
# | `config` | `asdict(trainer.model.config)`: the model's sizes |
# | `settings` | `asdict(trainer.settings)` |
# | `model` | the model's `state_dict()` |
# | `optimizer` | the optimiser's `state_dict()` |
# | `generator` | the generator's `get_state()` |
# | `step` | steps done |
# | `losses` | their losses, all of them |
#
# **What if the disk is full half-way through?** Whoever writes over the old checkpoint then has half a file and no old one. So write to another name in the same folder first, and then let `os.replace(new, path)` put it in place, which happens at one stroke or not at all. Nothing else is left in the folder when all went well. An `OSError` is not caught: the caller has to know.
#
# <details><summary>Hint 1 · a question</summary>
#
# At which moment of your function would a power cut leave no whole checkpoint at `path`? There should be none.
#
# <details><summary>Hint 2 · another name</summary>
#
# `path.with_name(path.name + ".new")` is a file beside it.
#
# </details>
#
# <details><summary>If you see one of the names and "value None"</summary>
#
# Nothing stands under that name in your file. Compare your dict with the table, name by name.
#
# </details>
#
# <details><summary>If you see "the file holds Python objects"</summary>
#
# A dataclass and an optimiser are objects. What makes plain data of each?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "save_checkpoint", "locked": false, "schema_version": 3, "solution": true, "task": false}
def save_checkpoint(trainer: Trainer, path: Path) -> None:
    """Writes all that the next step depends on to one file, with the names of the table above.

    At any moment there is a whole checkpoint at `path`, the earlier one or the new one, if there was one before.
    Where writing fails, the OSError comes through.
    """
    ### BEGIN SOLUTION
    checkpoint = {
        "config": asdict(trainer.model.config),
        "settings": asdict(trainer.settings),
        "model": trainer.model.state_dict(),
        "optimizer": trainer.optimizer.state_dict(),
        "generator": trainer.generator.get_state(),
        "step": trainer.step,
        "losses": trainer.losses,
    }
    beside = path.with_name(path.name + ".new")
    torch.save(checkpoint, beside)
    os.replace(beside, path)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_save_checkpoint", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.save_checkpoint(save_checkpoint)

# %% [markdown]
# *What you should see:* a tick. In one of the cases the check filled up the disk while your function was writing.

# %% [markdown]
# ## Exercise 10 · `resume`
#
# *Difficulty 3 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** "Bit for bit" is a hard test, and a good one. A run that was interrupted and continued must end with the same weights as one that was not, to the last digit. If it does, nothing was forgotten.
#
# Read the file with `torch.load(path, map_location="cpu", weights_only=True)`. Then, **before anything is loaded**, compare its `config` and its `settings` with the trainer's own (`asdict(…)` of both); if one of them differs, raise a `ValueError` whose message says which, and leave the trainer as it was. If all is well, give model, optimiser and generator their states back, and set `step` and `losses`.
#
# The optimiser holds the very parameters of `trainer.model`. Load *into* this model.
#
# <details><summary>Hint 1 · a question</summary>
#
# Five of the seven entries have to go back to where they came from. Which methods are the opposites of `state_dict()` and `get_state()`?
#
# <details><summary>If you see "the same to the last bit: expected True, got False"</summary>
#
# Something of the five is missing or comes from somewhere else. The report's first lines say which number is off first.
#
# </details>
#
# <details><summary>If you see "half of it has already been loaded"</summary>
#
# In which order do your lines stand: compare, load?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "resume", "locked": false, "schema_version": 3, "solution": true, "task": false}
def resume(trainer: Trainer, path: Path) -> None:
    """Puts the trainer where the run of the checkpoint stood: whatever comes next is the same, bit for bit.

    Raises:
        ValueError: the checkpoint is of a model of other sizes, or of other settings; the trainer is as it was.
    """
    ### BEGIN SOLUTION
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    own = {"config": asdict(trainer.model.config), "settings": asdict(trainer.settings)}
    for name, value in own.items():
        if checkpoint[name] != value:
            raise ValueError(f"{path} has another {name}: {checkpoint[name]}. The trainer's is {value}.")
    trainer.model.load_state_dict(checkpoint["model"])
    trainer.optimizer.load_state_dict(checkpoint["optimizer"])
    trainer.generator.set_state(checkpoint["generator"])
    trainer.step, trainer.losses = checkpoint["step"], checkpoint["losses"]
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_resume", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.resume(resume)

# %% [markdown]
# *What you should see:* a tick, and two runs that are the same to the last bit.
#
# **Bit for bit, on the real machine?** One run of twelve steps; another that is broken off after seven, saved, and continued by a trainer that was made from other random weights.

# %% tags=["look", "raises-exception"]
train, _ = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
plan = settings_for(total_steps=12)
whole, broken_off = (Trainer(fresh_model(seed=0), train, plan) for _ in range(2))
whole.train(12)
broken_off.train(7)
with tempfile.TemporaryDirectory() as folder:
    save_checkpoint(broken_off, Path(folder) / "run.pt")
    print(f"The checkpoint takes {(Path(folder) / 'run.pt').stat().st_size / 1e6:.1f} MB.")
    continued = Trainer(fresh_model(seed=99), train, plan)
    resume(continued, Path(folder) / "run.pt")
continued.train(12 - continued.step)
pairs = zip(whole.model.parameters(), continued.model.parameters(), strict=True)
same = [torch.equal(one, other) for one, other in pairs]
print(f"{sum(same)} of {len(same)} parameters are the same to the last bit.")
print("So are the losses:", whole.losses == continued.losses)

# %% [markdown]
# ## Exercise 11 · `train_storyteller`
#
# *Difficulty 3 of 5 · importance 4 of 5 · 15 minutes · core, 6 points*
#
# **Why.** The last piece: a run that reports on itself, that saves itself, and that can be called again after any accident, with the same line of code.
#
# 1. If there is a file at `path`, `resume` from it. (The first time there is none.)
# 2. Report: (steps done, validation loss, a story).
# 3. Until `trainer.settings.total_steps` are done: train for `every` steps, or for as many as are left; save a checkpoint; report.
#
# `tell(model)` gives the story. The list of all reports comes back: before, during, after.
#
# <details><summary>Hint 1 · a question</summary>
#
# 7 steps in rounds of 3: how long is each round? And when the run goes on after an interruption at step 6?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `path.exists()` is True where there is a file. `trainer.settings.total_steps - trainer.step` steps are left. The report is made in two places: a small function inside yours saves a line.
#
# </details>
#
# <details><summary>If you see "the run begins anew although there is a checkpoint"</summary>
#
# What has to happen before the first report?
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "train_storyteller", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_storyteller(
    trainer: Trainer,
    val_batches: Sequence[Int[Tensor, "batch seq"]],
    path: Path,
    every: int,
    tell: Callable[[nn.Module], str],
) -> list[tuple[int, float, str]]:
    """Trains until settings.total_steps are done, from the checkpoint at `path` on if there is one.

    Reports (steps done, validation loss, story) at the start and after every `every` steps, or fewer in the last
    round, and saves a checkpoint at `path` after each round. Returns the reports in order.
    """

    ### BEGIN SOLUTION
    def report() -> tuple[int, float, str]:
        return trainer.step, evaluate(trainer.model, val_batches), tell(trainer.model)

    if path.exists():
        resume(trainer, path)
    reports = [report()]
    while (left := trainer.settings.total_steps - trainer.step) > 0:
        trainer.train(min(every, left))
        save_checkpoint(trainer, path)
        reports.append(report())
    return reports
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_train_storyteller", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.train_storyteller(train_storyteller)

# %% [markdown]
# *What you should see:* a tick, also for a run that was interrupted.

# %% [markdown]
# ## The training
#
# **How near does it come to the entropy, and what does it say on the way?** This cell trains your machine from nothing, by your own code. On two processor cores it takes two to five minutes, and ends about 5% above the entropy. With `STEPS = 300` you get a shorter run to try things out; it ends before the best part.
#
# Look out for the moment, after a long flat stretch, when the curve bends down once more. Until then the model has known *what kind of word* comes next. There it finds out how to look back for the very word.

# %% tags=["look", "raises-exception"]
STEPS = 3000

train, val = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
val_batches = whole_stories(val, vocabulary().end_of_text)
lines = lines_to_compare(train, val, counting_losses)
storyteller = Trainer(fresh_model(seed=0), train, settings_for(STEPS), pictures.LiveLoss(STEPS, lines))
with tempfile.TemporaryDirectory() as folder:
    reports = train_storyteller(
        storyteller,
        val_batches,
        Path(folder) / "storyteller.pt",
        every=max(STEPS // 10, 1),
        tell=lambda model: sample_story(model, vocabulary(), "One afternoon", n_new=40),
    )

for step, loss, story in reports:
    print(f"after {step:5,} steps, {loss:6.3f} nats: {story[:140]}")
print(
    f"\nThe entropy is {lines['entropy']:.3f} nats; you are {reports[-1][1] / lines['entropy'] - 1:.1%} above it."
)

# %% [markdown]
# The same again as a picture to move about in; a double click on a name in the legend shows that curve alone. **Which knowledge took longest?**

# %% tags=["look", "raises-exception"]
pictures.loss_curve(storyteller.losses, lines, [(step, loss) for step, loss, _ in reports])

# %% [markdown]
# **For which tokens does your model still pay?** A validation story, each token with its own −log p: the darker, the more surprising. Go through it and ask of every dark token whether anybody could have known it.

# %% tags=["look", "raises-exception"]
rows = max(val_batches, key=len)[:1]
with torch.no_grad():
    log_probabilities = storyteller.model(rows)[0, :-1].log_softmax(dim=-1)
surprise = -log_probabilities.gather(1, rows[0, 1:, None])[:, 0]
pieces = [vocabulary().decode([row]) for row in rows[0, 1:]]
pictures.coloured_tokens(pieces, surprise)

# %% [markdown]
# And a few whole stories that nobody has told before. Change the prompt, the temperature and the seed.

# %% tags=["look", "raises-exception"]
for seed, temperature in ((1, 1.0), (2, 1.0), (3, 0.5)):
    print(
        f"temperature {temperature}:",
        sample_story(storyteller.model, vocabulary(), "", 110, temperature, seed),
        "\n",
    )

# %% [markdown]
# The storyteller that comes with this course was trained by this very code, on all ten kinds of story and for longer. `course train-storyteller` in a terminal does it again from nothing.

# %% [markdown]
# ## Exercise 12 · the shape table
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 4 points*
#
# **Why.** In training each number of the forward pass has a companion on the way back. Whoever knows their shapes knows where the memory goes.
#
# Fill in the shapes when **GPT-2 small** learns from a **batch of 2 prompts of length 6**: 50,257 ids, d_model 768, n_ctx 1024. A single number has the shape `()`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which positions have a token after them, within the batch? And how large is a parameter's gradient, however large the batch was?
#
# <details><summary>If you see "backward() adds to the gradient that is there"</summary>
#
# Accumulating saves memory. How could it, if each batch had a gradient of its own?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """Shapes in a training step of GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    tokens = logits = None  # the batch, and the model's output
    judged_logits = targets = None  # the logits that have a token to be judged by, and those tokens
    token_losses = loss = None  # −log p of each target, and what backward() starts from
    W_E_grad = W_E_grad_accumulated = None  # the gradient of W_E: of this batch, and of four batches
    W_pos_grad = None  # the gradient of W_pos
    W_E_moment = None  # AdamW's mean of the gradients of W_E
    grad_norm = None  # what clip_grad_norm returns
    ### BEGIN SOLUTION
    batch, seq, d_vocab, d_model, n_ctx = 2, 6, 50257, 768, 1024
    tokens, logits = (batch, seq), (batch, seq, d_vocab)
    judged_logits, targets = (batch, seq - 1, d_vocab), (batch, seq - 1)
    token_losses, loss, grad_norm = (batch, seq - 1), (), ()
    W_E_grad = W_E_grad_accumulated = W_E_moment = (d_vocab, d_model)
    W_pos_grad = (n_ctx, d_model)
    ### END SOLUTION
    rows = {"tokens": tokens, "logits": logits, "judged_logits": judged_logits, "targets": targets}
    rows |= {"token_losses": token_losses, "loss": loss, "W_E_grad": W_E_grad, "W_pos_grad": W_pos_grad}
    return rows | {
        "W_E_grad_accumulated": W_E_grad_accumulated,
        "W_E_moment": W_E_moment,
        "grad_norm": grad_norm,
    }


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_shape_table", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
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
            "The training loss falls and falls, the validation loss rises again. What is happening?",
            [
                Choice(
                    "The learning rate is too high.",
                    why="Then the training loss would suffer first: it would jump about, or rise.",
                ),
                Choice(
                    "The model learns its text by heart.",
                    right=True,
                    why="What it learns now holds for the training text only. More text, a smaller model or an earlier end would help.",
                ),
                Choice(
                    "The validation text is too short.",
                    why="A short text makes the number noisy: it jumps up and down. It gives it no direction.",
                ),
            ],
        ),
        Question(
            "You train with batches of 4 and accumulate 8 of them, dividing each loss by 8. What has changed against batches of 32?",
            [
                Choice(
                    "Nothing about the step: the gradient is the same, up to rounding.",
                    right=True,
                    why="The mean of eight means of equal size is the mean. It needs less memory, and a little more time.",
                ),
                Choice(
                    "The step is eight times as long.",
                    why="It would be without the division: backward() adds the gradients up.",
                ),
                Choice(
                    "The model sees fewer tokens in a step.",
                    why="4 · 8 windows are 32 windows. Only the number that is in memory at the same time is smaller.",
                ),
            ],
        ),
        Question(
            "After a crash you load the weights, but make a new optimiser. What will you see?",
            [
                Choice(
                    "Nothing: the weights are the model.",
                    why="They are the model, but not the run. AdamW's step is a ratio of two memories, and both are empty now.",
                ),
                Choice(
                    "A bump in the loss, and another run than the one that was interrupted.",
                    right=True,
                    why="With empty moments the first steps are as long as lr allows, in the direction of a single batch.",
                ),
                Choice(
                    "An error, because the shapes do not fit.",
                    why="They fit. That is what makes this mistake so common: nothing complains.",
                ),
            ],
        ),
        Question(
            "A model's loss on these stories is a little below their entropy. What do you conclude?",
            [
                Choice(
                    "It is better than the story world itself.",
                    why="On average nobody can be: the entropy is the least that the true probabilities allow.",
                ),
                Choice(
                    "It has seen the validation stories, or the loss is computed wrongly, or the sample is small.",
                    right=True,
                    why="Below the floor there are only accidents. On few stories chance can do it, by a few thousandths; more is a bug.",
                ),
                Choice(
                    "The learning rate was well chosen.",
                    why="That brings a model to the floor faster. It does not move the floor.",
                ),
            ],
        ),
        Question(
            "A window of 100 tokens goes through the model once. How many predictions are learned from?",
            [
                Choice(
                    "One: the last.",
                    why="When the model writes, yes. In training the next token of every position is known, and all are used.",
                ),
                Choice(
                    "99, all at once.",
                    right=True,
                    why="Every position but the last has a next token in the window. The causal mask makes it fair: none of them sees its answer.",
                ),
                Choice(
                    "100, one after the other.",
                    why="All at once, since no position waits for another; and the last one has no next token to be judged by.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# ### In your own words
#
# A classmate shows you a curve: training loss 0.21 after two hours, on stories whose entropy is 0.46 nats per token. *"I have beaten the entropy! The model understands stories better than the program that made them."* What has most probably happened, how would you find out, and what should be changed? Answer in four or five sentences, and use the words **validation**, **entropy** and **batch**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# No model can stay below the entropy on stories that it has never seen, because the entropy is the surprise that is left even to somebody who knows all the probabilities. So the loss of 0.21 must come from stories that the model has seen often: it has learned them by heart, perhaps because the text is short, or because a bug draws the same batch again and again. I would evaluate it on validation stories that were never in a training batch; I expect a loss well above 0.46 there, and I would also check that no story is in both parts and that the batches really differ. If it is memorising, more or fresh text, fewer steps or a smaller model would help, and the run should be judged, and stopped, by the validation loss. If even the validation loss is below the entropy, then the validation stories have leaked into training or the loss is computed wrongly, for instance averaged over positions that are not predicted.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `scaling_curve`
#
# **Why are models so large?** Because their loss falls with size in a way that can be foreseen. Over many orders of magnitude the distance from the floor is a power law of the size, be it the number of parameters or of tokens: loss ≈ floor + a · size^(−b) (Kaplan and others, 2020; Hoffmann and others, 2022, section 3). Whoever has measured a few small models can tell what a large one will reach, and what it will cost.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** It is why anybody dared to pay for a large model: a line through small ones had foretold what it would reach.
#
# Take logarithms, and the curve becomes a straight line: log(loss − floor) = log a − b · log(size). Fit it by least squares: the slope is Σ (x − x̄)(y − ȳ) / Σ (x − x̄)², and the line goes through the point (x̄, ȳ). Compute in float64.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which of the two numbers that you have fitted is b, and with which sign? How do you get a from the line's height at log(size) = 0?
#
# <details><summary>If you see "the loss itself is fitted"</summary>
#
# No size takes the loss below its floor. Which part of it can shrink to nothing?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "scaling_curve", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scaling_curve(sizes: Sequence[float], losses: Sequence[float], floor: float) -> tuple[float, float]:
    """a and b of loss ≈ floor + a · size^(−b), by least squares on logarithms, as Python numbers.

    At least two different sizes, all above 0; every loss is above the floor.
    """
    ### BEGIN SOLUTION
    x = torch.tensor(sizes, dtype=torch.float64).log()
    y = (torch.tensor(losses, dtype=torch.float64) - floor).log()
    from_mean = x - x.mean()
    slope = (from_mean * (y - y.mean())).sum() / from_mean.square().sum()
    height = y.mean() - slope * x.mean()
    return math.exp(height), -slope.item()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_scaling_curve", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.scaling_curve(scaling_curve)

# %% [markdown]
# *What you should see:* a tick; the larger the model, the lower its loss, up to a point.
#
# **How does the loss depend on the number of parameters?** Four widths of a model with one layer, trained for 300 steps each, on the same batches. These are tiny models and short runs, so do not expect a clean power law over many orders of magnitude. Look for the place where more width stops helping: there something else has become too small, the number of layers, or the time.

# %% tags=["look", "raises-exception"]
train, val = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
val_batches = whole_stories(val, vocabulary().end_of_text)
floor = lines_to_compare(train, val, counting_losses)["entropy"]
plan = replace(settings_for(total_steps=3000), batch_size=8)
sizes, losses = [], []
for d_model in (4, 8, 16, 32):
    small = Trainer(fresh_model(seed=0, d_model=d_model, n_layers=1), train, plan)
    small.train(300)
    sizes.append(sum(parameter.numel() for parameter in small.model.parameters()))
    losses.append(evaluate(small.model, val_batches))
    print(f"d_model {d_model:2}, {sizes[-1]:6,} parameters: {losses[-1]:.3f} nats")

a, b = scaling_curve(sizes, losses, floor)
print(f"nats above the floor ≈ {a:.3g} · parameters^(−{b:.2f})")
pictures.curves(
    torch.tensor(sizes),
    {"measured": torch.tensor(losses) - floor, "power law": a * torch.tensor(sizes) ** -b},
    x_title="parameters",
    y_title="nats above the floor",
    log_x=True,
    log_y=True,
)

# %% [markdown]
# **And on the number of tokens?** Your long training again, with both axes logarithmic. Its plateau is a step in an otherwise falling line: one skill that is learned all at once.

# %% tags=["look", "raises-exception"]
read = torch.tensor([step * storyteller.settings.tokens_per_step for step, _, _ in reports[1:]])
above = torch.tensor([loss for _, loss, _ in reports[1:]]) - lines["entropy"]
pictures.curves(
    read,
    {"your training": above},
    x_title="tokens read",
    y_title="nats above the floor",
    log_x=True,
    log_y=True,
)

# %% [markdown]
# **What would your training cost at other sizes?** A forward and a backward pass take about 6 floating point operations for each parameter and token (Kaplan and others, 2020, section 2.1). GPT-3's numbers are those of its paper (Brown and others, 2020, table 2.1 and appendix D).

# %% tags=["look", "raises-exception"]
own = sum(parameter.numel() for parameter in storyteller.model.parameters())
seen = storyteller.step * storyteller.settings.tokens_per_step
for name, parameters, tokens in (("yours", own, seen), ("GPT-3", 175e9, 300e9)):
    print(
        f"{name:6} {parameters:.2e} parameters · {tokens:.2e} tokens · 6 = {6 * parameters * tokens:.1e} operations"
    )
print(f"At your pace, GPT-3 would take as long as {175e9 * 300e9 / (own * seen):.0e} of your trainings.")

# %% [markdown]
# ## Stretch 2 · `find_learning_rate`
#
# **Which learning rate?** Too small, and nothing happens; too large, and everything breaks. A cheap way to find out: one short run in which the rate grows from step to step, always by the same factor (Smith, 2017, section 3.3). The loss stays, then falls, then explodes. A good rate lies somewhat below the place where it falls fastest.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** No other number decides as much about a training, and none is as cheaply looked for.
#
# The first of the `n_steps` rates is `low`, the last is `high`. Take a new `Trainer` with a **copy** of the model (its optimiser and its generator are then fresh as well), and for each rate one step: one batch, drawn with the trainer's generator, clipped to `settings.max_norm`. The model that you were given stays as it was.
#
# <details><summary>Hint 1 · a question</summary>
#
# Between 5 rates there are how many factors? If their product is high / low, how large is one of them?
#
# <details><summary>Hint 2 · not with train()</summary>
#
# `Trainer.train` sets the rate by its schedule. Here you set `optimizer.lr` yourself and call `train_step`.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "find_learning_rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def find_learning_rate(
    model: nn.Module,
    tokens: Int[Tensor, "tokens"],
    settings: TrainingSettings,
    low: float,
    high: float,
    n_steps: int,
) -> tuple[list[float], list[float]]:
    """Learning rates that grow from `low` to `high` by equal factors, and the loss before the step with each.

    Trains a copy for `n_steps` (2 or more) steps of one batch each, drawn and clipped as the settings say; the
    model stays as it was.
    """
    ### BEGIN SOLUTION
    trial = Trainer(copy.deepcopy(model), tokens, settings)
    factor = (high / low) ** (1 / (n_steps - 1))
    rates = [low * factor**step for step in range(n_steps)]
    losses = []
    for trial.optimizer.lr in rates:
        batch = get_batch(tokens, settings.end_of_text, settings.batch_size, settings.seq, trial.generator)
        losses.append(train_step(trial.model, trial.optimizer, [batch], settings.max_norm))
    return rates, losses
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_find_learning_rate", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.find_learning_rate(find_learning_rate)

# %% [markdown]
# *What you should see:* a tick, and a curve that falls and then shoots up.
#
# **Where does it fall fastest, and where does it break?** The rate of our training is 0.005. Would you have chosen it?

# %% tags=["look", "raises-exception"]
train, _ = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
rates, losses = find_learning_rate(fresh_model(seed=0), train, settings_for(100), 1e-5, 1.0, 60)
pictures.curve(
    torch.tensor(rates), torch.tensor(losses), x_title="learning rate", y_title="nats per token", log_x=True
)

# %% [markdown]
# ## Stretch 3 · `mixed_precision_step`
#
# **Why do GPUs train in 16 bits?** Their matrix units are many times faster in half precision, and half as much has to be moved. bfloat16 has float32's range and only 2 to 3 digits. That is enough for a product of activations, but not for a sum of small steps: a weight of 1 to which 0.001 is added is 1 again. So the products run in bfloat16, and the **weights, the gradients and the loss stay in float32**. That is what is mixed.
#
# *Difficulty 3 of 5 · importance 2 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** Nearly every large model was trained in this way.
#
# `with torch.autocast(device_type, dtype=torch.bfloat16):` lets torch choose the precision of each operation inside: it casts copies and leaves the weights alone. Only the forward pass goes inside. Then the logits become float32 (`.float()`), the loss is computed from them, and everything else is as in `train_step` with one batch. bfloat16 runs on the CPU too, so this can be checked anywhere. (float16 would need a `GradScaler` besides, because its range is small.)
#
# <details><summary>Hint 1 · a question</summary>
#
# On which device is the batch? `batch.device.type` is the name that `torch.autocast` wants.
#
# <details><summary>If you see "the weights themselves are in bfloat16"</summary>
#
# `model.to(torch.bfloat16)` and `model.bfloat16()` change the weights for good. Which of the two ways casts copies?
#
# </details>
#
# <details><summary>If you see that only the loss differs, in the third digit</summary>
#
# In which precision are the logits from which your loss is computed?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "mixed_precision_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mixed_precision_step(
    model: nn.Module, optimizer: AdamW, batch: Int[Tensor, "batch seq"], max_norm: float
) -> float:
    """One step on one batch: the forward pass in bfloat16 by torch.autocast, the loss and the weights in float32.

    Gradients are clipped to `max_norm`. Returns the loss before the step as a Python number.
    """
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    with torch.autocast(batch.device.type, dtype=torch.bfloat16):
        logits = model(batch)
    loss = next_token_loss(logits.float(), batch)
    loss.backward()
    clip_grad_norm(model.parameters(), max_norm)
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_mixed_precision_step", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.mixed_precision_step(mixed_precision_step)

# %% [markdown]
# *What you should see:* a tick. Which bar is the longest depends on your machine.
#
# **Is it faster here?** That depends on your machine, so measure. Where there is no GPU, bfloat16 may well be *slower*: many processors have to imitate it. `torch.compile`, which fuses many small operations into few, is tried only where there is a GPU.


# %% tags=["look", "raises-exception"]
def tokens_per_second(step: Callable[[], float], tokens: int, repeats: int = 5) -> float:
    """How many tokens a second a training step sees; the first calls, which prepare things, do not count."""
    step(), step()
    began = time.perf_counter()
    for _ in range(repeats):
        step()  # its .item() waits until the GPU is done
    return repeats * tokens / (time.perf_counter() - began)


has_gpu = torch.cuda.is_available()
print("On", torch.cuda.get_device_name() if has_gpu else "the processor: torch finds no GPU here.")
device = "cuda" if has_gpu else "cpu"
model = fresh_model(seed=0).to(device)
optimizer = AdamW(decay_groups(model, 0.1), lr=1e-4)
plan = settings_for(100)
train, _ = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
batch = get_batch(train.to(device), plan.end_of_text, plan.batch_size, plan.seq, torch.Generator())
ways = {
    "float32": lambda: train_step(model, optimizer, [batch], 1.0),
    "bfloat16": lambda: mixed_precision_step(model, optimizer, batch, 1.0),
}
if has_gpu:
    compiled = torch.compile(model)
    ways["bfloat16, compiled"] = lambda: mixed_precision_step(compiled, optimizer, batch, 1.0)
pictures.bars(
    {name: tokens_per_second(step, batch.numel()) for name, step in ways.items()},
    value_title="tokens per second",
)

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types, the other navigates and asks of each line "and what if the run stops here?". Swap after every exercise that has its tick.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Guess the first loss before you see it, and say why it is that number. |
# | 10–25 | Exercises 1 and 2. Draw a text of 10 tokens on paper, with its borders, and mark where windows of 4 can begin. **Swap.** |
# | 25–45 | Exercises 4 and 5. Agree on your scratchpad: the order of zero_grad, backward, clip, step, and what is counted in a mean. |
# | 45–55 | Exercise 6. Overfit one batch before you believe anything. **Swap.** |
# | 55–75 | Exercise 7, and the short run with the live curve. |
# | 75–90 | Exercise 8 if there is time, and the two questions below. |
#
# Core is exercises 1 to 12; 3 and 9 to 12 do well as homework, and the long training runs by itself while you talk. Stretch is for whoever has time left. **Not finishing is normal:** a session that ends with a batch learned by heart is a good one.
#
# **Two questions to argue about.**
#
# 1. The live curve is flat for hundreds of steps and then falls again. Would you have stopped the run on the plateau? What could tell you, while you are on it, whether anything is still happening inside?
# 2. Two runs differ in nothing but their seed, and end at 0.47 and 0.49 nats. Somebody changes the learning rate and gets 0.48. What has been learned about the learning rate?
#
# **Where pairs get stuck.** At the last possible window: `len(tokens) - seq`, or one more? Count it on paper. At the division under accumulation, which is easy to forget because one batch a step works without it. At the Trainer, when something that should live as long as the run is made inside `train`.

# %% [markdown]
# ## What you have built
#
# - **train_val_split**: a text put aside, cut between two stories.
# - **get_batch**: windows by chance, and the same ones again from the same seed.
# - **counting_losses**: two lines to compare every loss with.
# - **train_step**: the four lines that learn, for as large a batch as you like.
# - **evaluate**: a number to believe in, measured without touching anything.
# - **overfit_one_batch**: the cheapest test of a training loop.
# - **Trainer**: a run that knows where it stands.
# - **sample_story**: what the model has to say, before, during and after.
# - **save_checkpoint** and **resume**: the same continuation, bit for bit.
# - **train_storyteller**: a GPT from nothing, by your own code throughout.
#
# What is still missing? The model works, and nobody has told it how. Next week you open a model that has learned in just this way, and look for heads such as yours has made for itself on that plateau.
#
# Words of this week in the [glossary](../glossary.md): *accumulation, batch, bigram model, checkpoint, entropy, learning rate finder, mixed precision, overfitting, scaling law, seed, shared row, train mode, eval mode, training text, unigram model, validation text, window*.
