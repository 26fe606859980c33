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
# **The big idea.** The model is built, and its weights are random. Give it text, compute the loss of the next token at every position, move every weight a little against the gradient, and do that a few thousand times. That is **pretraining**. The difficulty lies in doing it so that you can trust the result.
#
# | | |
# |---|---|
# | **You will have built** | a training loop that can be interrupted and continued, and a small GPT that writes stories, trained by it from random weights |
# | **You need** | your machine (week 7), `generate` (week 9), the loss, AdamW, clipping and the learning rate's schedule (week 10), which `parts.py` beside this notebook holds ready |
# | **Time** | reading and demonstrations 1 h 25 min · core exercises 2 h 55 min (and a few minutes of training runs) · stretch 1 h 55 min |
# | **Where we are** | text → tokens → embeddings → blocks → logits → probabilities → next token, **and back again**: from the loss to every weight |
#
# Last week you wrote the loss and the optimiser, piece by piece. This week they run for thousands of steps. One thing is unusual about the text: its **entropy** is known exactly. Its stories come from a program that records the probability of every choice it makes. So there is a loss below which no model can be on average, and you will see how near yours comes.
#
# Run the cells from top to bottom. Write where a cell says `# YOUR CODE HERE`; the check below it shows at once whether a reference (torch's own tools, or a count by hand) gives the same.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
import copy
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import torch
from jaxtyping import Float, Int
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
from utils.training import TrainingSettings, best_device, whole_stories
from utils.training.scaling_runs import load_scaling_runs

gpt2 = reference.load()

# %% [markdown]
# ## A first look
#
# **What is the difference between a model before and after training?** Below are two models of exactly the same shape. One has the reference's weights. The other has the weights with which training begins: small random numbers. Both continue the same four words, and the loss of each on one sentence is printed.

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
print(f"Equal probabilities for {gpt2.config.d_vocab:,} tokens: {math.log(gpt2.config.d_vocab):.2f} nats.")
del untrained, trained, model  # with GPT-2 as the reference, half a gigabyte

# %% [markdown]
# The number of parameters is the same, the shapes are the same, the code is the same. All of the difference is in the values, and this week you find such values yourself. Before training, the loss is close to the **uniform baseline**, log d_vocab: all tokens of the vocabulary have nearly the same probability.

# %% [markdown]
# ## The idea in plain words
#
# Training is a loop of four lines, which you know from week 10: *forward* (which probabilities does the model give?), *loss* (how low were those of the right tokens?), *backward* (how does the loss change with each weight?), *step* (move each weight a little).
#
# Because of the causal mask, training does not have to go one token at a time. A **window** of 100 tokens holds 99 predictions: of the second token from the first, of the third from the first two, and so on. One forward pass makes all of them, and none can use the tokens that it is to predict. A model that predicts each token from those before it is called **autoregressive**; a **bidirectional** one such as **BERT** has no causal mask and is trained to fill in masked tokens instead (Devlin et al., 2019, arXiv:1810.04805).
#
# Around the four lines you need:
#
# - **batches**: windows of text, drawn at random in a way that can be repeated;
# - a **validation text** that the model is never trained on, which shows whether it **generalises** or has only memorised its training text;
# - **baselines**: what is the loss of a model that has learned nothing, or only how frequent each token is?
# - **a quick test for bugs**: can the model memorise a single batch?
# - **checkpoints**: everything that is needed to continue an interrupted run exactly.
#
# Each of these is an exercise, and most of them are about ten lines.

# %% [markdown]
# ## The text
#
# The whole story world of this course has ten kinds of story. For a training run of a few minutes, two of them are enough: animals that come in from outside, and people who meet at a bank, of a river or for money. `story_corpus()` generates enough of them for a training text. Each story is followed by the token `<|endoftext|>`, and there is one before the first.
#
# **How small can the loss on such a story be?** Here is one, with its −log p under the very probabilities with which it was generated.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "the_text", "locked": true, "schema_version": 3, "solution": false, "task": false}
KINDS = ("rest", "banks")


@cache
def story_corpus() -> Corpus:
    """Stories of the two kinds, about 800,000 tokens of them. Generating them takes some seconds, once."""
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
    f"All {len(corpus.log_probabilities):,} stories: {corpus.floor:.3f} nats per token, which is about their entropy."
)

# %% [markdown]
# The **entropy** is the expected −log p under the true probabilities, and no model's expected loss on new stories is smaller. (On a few given stories a model can be below it by chance, and on stories that it has memorised far below.) Most tokens of a story are nearly certain from what came before: once the cat is on the sofa, later sentences are about the same cat and the same sofa. What cannot be predicted is a new name, a colour, a day.
#
# One more thing about the vocabulary. GPT-2 has 50,257 ids, and these stories use a few hundred. Rows of `W_E` for the others would be nearly all of the model's parameters, and no story has anything to distinguish them by. So they *share one row*, and in the softmax that row counts as often as there are ids that share it (the log of their number is added to its logit). The probabilities are exactly those of a model with all 50,257 rows, in which the unused ones are copies of each other.

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
# | forward | `logits`, a prediction at every position | `batch seq d_vocab` |
# | loss | −log p of the token that did come, at all positions but the last | `batch seq−1` |
# | | their mean | one number |
# | backward | a gradient for every parameter | each as large as its parameter |
# | step | AdamW's two moments | each as large as its parameter |
#
# The memory of a training run is therefore about four times that of the weights (weights, gradients, two moments), plus all the activations that the backward pass needs.

# %% tags=["look", "raises-exception"]
rows = vocabulary().d_vocab
pad = Scratchpad(batch=16, seq=104, d_model=64)
pad.note("tokens", (16, 104), "batch seq")
pad.note("logits", (16, 104, rows), "batch seq d_vocab")
pad.note("W_E", (rows, 64), "d_vocab d_model")
pad.note("W_E.grad", (rows, 64), "d_vocab d_model")
pad

# %% [markdown]
# ## Exercise 1 · `train_val_split`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** A model that has memorised its **training text** (**overfitting**) has a loss near 0 on it, and that says nothing about other texts. Whether it generalises is measured on a text that it was not trained on. So some of the text is set aside before anything else.
#
# The *last* stories are for validation, about `val_share` of the tokens. The cut must not go through a story, or the model would be trained on its first half and evaluated on its second. Therefore: start at position `int((1 - val_share) * len(tokens))`, and cut at the first `end_of_text` at that position or after it. That token ends one story and begins the next, so *both parts get it*: each part begins and ends with `end_of_text`.
#
# <details><summary>Hint 1 · a question</summary>
#
# There is a border wherever a token is `end_of_text`. At which positions is that? Which of them are large enough, and which is the first of those?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `mask.nonzero()[:, 0]` gives the positions where a mask is True. `positions[positions >= n][0]` is the first that is at least n.
#
# </details>
# </details>
#
# <details><summary>If you see "the training part stops before the end_of_text"</summary>
#
# `tokens[:5]` ends with position 4.
#
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
# <details><summary>What you should see</summary>
#
# One green line. For 11 tokens with `end_of_text` at positions 0, 4, 7 and 10 and `val_share` 0.4, the cut is at position 7: the parts have 8 and 4 tokens, and the token at 7 is in both.
#
# </details>
#
# **Is any validation story also in the training part?** In texts from the internet this happens: Lee et al. (2022, *Deduplicating training data makes language models better*, arXiv:2107.06499) found copies of validation documents in the training parts of standard data sets. Here is the test for ours.


# %% tags=["look", "raises-exception"]
def stories_in(tokens: Tensor) -> set[tuple[int, ...]]:
    """The stories of a text, each as a tuple of its rows."""
    return {tuple(row.tolist()) for batch in whole_stories(tokens, vocabulary().end_of_text) for row in batch}


train, val = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
print(f"{len(train):,} tokens for training, {len(val):,} for validation.")
print(f"{len(stories_in(train) & stories_in(val))} stories are in both.")

# %% [markdown]
# ## Exercise 2 · `get_batch`
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 10 points*
#
# **Why.** Each step needs a few windows of the text, all of the same length; how many is the **batch size**. And it must be possible to draw the same windows again, so that a result can be reproduced and an interrupted run continued exactly. (A pass over the whole training text is called an **epoch**; here windows are drawn at random, so epochs are only approximate.)
#
# A window begins *where a story begins*, at its `end_of_text`, and has `seq` tokens, so that it usually reaches into the next story. (Large models are usually trained on windows that begin anywhere. Here a window from the middle of a story would hold tokens that cannot be predicted from it, such as the animal that came in at the beginning.)
#
# Every `end_of_text` that leaves room for a whole window is a possible start, and all are equally probable. Draw the batch's starts with *one* call of `torch.randint(…, (batch_size,), generator=generator)`, as numbers of possible starts; a start may be drawn twice. So the same seed always gives the same batch.
#
# <details><summary>Hint 1 · a question</summary>
#
# With 10 tokens and windows of 4, which is the last position at which a window may begin? How long a piece of the text do you have to search for `end_of_text`?
#
# <details><summary>Hint 2 · many windows at once</summary>
#
# A column of shape `(2, 1)` plus a row of shape `(3,)` is a table of shape `(2, 3)`, by broadcasting. A tensor can be indexed with a whole table of positions. Which column and which row give the positions of all windows?
#
# </details>
# </details>
#
# <details><summary>If you see "the generator is seeded anew in every call"</summary>
#
# The generator is an argument, and its state advances with each draw. Pass it to `torch.randint`, and do not seed it.
#
# </details>
#
# <details><summary>If you see "the story that ends exactly at the end of the text is never drawn"</summary>
#
# Count: 10 tokens, windows of 4, positions 0 to 6. How many positions is that?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "get_batch", "locked": false, "schema_version": 3, "solution": true, "task": false}
def get_batch(
    tokens: Int[Tensor, "tokens"], end_of_text: int, batch_size: int, seq: int, generator: torch.Generator
) -> Int[Tensor, "batch_size seq"]:
    """Windows of `seq` tokens of the text, each beginning with the `end_of_text` before a story.

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
# <details><summary>What you should see</summary>
#
# One green line. A batch has the shape `(batch_size, seq)`, and its first column is `end_of_text` everywhere. In the training run below it is `(16, 104)`; GPT-3 was trained with batches of 3.2 million tokens in windows of 2,048 (Brown et al., 2020, table 2.1).
#
# </details>
#
# **What is in a batch?** Three windows, and the same again from the same seed.

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
# **Why.** Is a loss of 2.5 good? That depends on what it is compared with. You have two baselines already: log 50,257 for equal probabilities, and the entropy, the least that is possible. Two more are **n-gram models**, which come from counting, here with **add-one smoothing**:
#
# - the **unigram** model uses the frequency of each token and no context: p(token) = (count of the token + 1) / (number of tokens + d_vocab);
# - the **bigram** model uses the token before: p(second | first) = (count of the pair + 1) / (pairs that begin with `first` + d_vocab).
#
# Everything is counted in `train`. The added 1 keeps every probability above 0, since −log 0 is infinite. Then both are evaluated on `val`: the mean of −log p over the tokens `val[1:]`, each of which has a token before it.
#
# <details><summary>Hint 1 · a question</summary>
#
# Imagine the pairs as a table with a row for each first token and a column for each second. What must each row add up to once it holds probabilities?
#
# <details><summary>Hint 2 · counting without a loop</summary>
#
# `torch.bincount(ids, minlength=n)` counts how often each id from 0 to n − 1 occurs. A pair (a, b) can be one number, a · d_vocab + b; count those, and `reshape` makes the table. Or `table.index_put_((a, b), torch.tensor(1.0), accumulate=True)`.
#
# </details>
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


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "counting_losses", "locked": false, "schema_version": 3, "solution": true, "task": false}
def counting_losses(
    train: Int[Tensor, "train"], val: Int[Tensor, "val"], d_vocab: int
) -> tuple[float, float]:
    """The losses of the unigram and of the bigram model, in nats per token, as Python numbers.

    Both count in `train`, each count with 1 added, and are evaluated on val[1:]. Ids go from 0 to d_vocab − 1. Each of
    the two texts has two tokens or more.
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
# <details><summary>What you should see</summary>
#
# One green line. On this week's text the unigram loss is 4.92 nats and the bigram loss 1.84, with the storyteller's token ids and with GPT-2's: they are the same.
#
# </details>
#
# **How far apart are the four baselines?** They are drawn as lines in every loss curve of this week. `lines_to_compare` below computes them; the last one uses the true probabilities of the very validation stories that we use.


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
# *What you should see:* counting alone covers most of the distance from the uniform baseline to the entropy. To get from the bigram loss to the entropy, a model has to use more of the context than the last token. RNNs and transformers are two ways of doing that: an **RNN** carries a vector from token to token, and attention reads earlier positions directly.

# %% [markdown]
# ## Exercise 4 · `train_step`
#
# *Difficulty 3 of 5 · importance 5 of 5 · 20 minutes · core, 14 points*
#
# **Why.** Nearly every training run of this week calls this function at each step.
#
# A large batch gives a gradient with less noise but needs a lot of memory. The remedy is **accumulation**: several small batches one after the other, whose gradients add up (`backward()` *adds* to what is in `.grad`), and then one step. The result should be that of one large batch, so each batch's loss is divided by their number before `backward()`. All batches of one call have the same shape.
#
# In order: train mode · `optimizer.zero_grad()` · for each batch the loss and its backward pass · clip all gradients together to `max_norm` · `optimizer.step()`. It returns the mean loss of all batches, *before* the step, as a Python number.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which of the five happen once in a step, and which once for each batch?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `next_token_loss` does the shifting itself: it takes all logits and the whole batch. `clip_grad_norm` takes the model's parameters and changes the gradients in place. `.item()` makes a Python number of a tensor with one entry.
#
# </details>
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
# <details><summary>What you should see</summary>
#
# One green line, for one batch a step and for several, with and without clipping. Four batches of 8 rows give the same step as one batch of 32, up to float32 rounding.
#
# </details>

# %% [markdown]
# ## Exercise 5 · `evaluate`
#
# *Difficulty 3 of 5 · importance 5 of 5 · 15 minutes · core, 12 points*
#
# **Why.** Decisions about a run are made from this number. It must be right, and computing it must not change the run.
#
# Three things to take care of:
#
# - **The mean is over predicted tokens.** Batches differ in size (our validation stories have different lengths), so a mean of the batches' means would count the tokens of small batches more. A batch of shape `batch seq` predicts `batch · (seq − 1)` tokens.
# - **Eval mode**: with **dropout** on, the loss would be random and usually higher. Afterwards the model is in *the mode that it had before*, which may be either.
# - **No gradients are recorded**: that would cost time and memory, and they are not used. Afterwards recording is on or off *as it was before*.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which two numbers do you have to add up over the batches, so that one division at the end gives the mean?
#
# <details><summary>Hint 2 · switching off and on</summary>
#
# `model.training` is True or False, and `model.train(mode)` takes either. At the end of a block, `with torch.no_grad():` restores what was set before.
#
# </details>
# </details>
#
# <details><summary>If you see "each batch counts as often as it has tokens"</summary>
#
# There is nothing before the first token of a row, so it is not predicted.
#
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
# <details><summary>What you should see</summary>
#
# One green line. A batch of shape `(2, 5)` with mean loss 3 and one of shape `(1, 3)` with mean loss 1 give (8 · 3 + 2 · 1) / 10 = 2.6, not 2.
#
# </details>
#
# **What is the loss of a model before training?** Write your prediction below, with two digits after the point, before you run the cell. `fresh_model` builds the model that you will train: yours of week 7 with its initial weights, and the shared row counted once for each id that shares it. `whole_stories` puts every validation story into a row of its own, from its `end_of_text` to the next, so that each prediction has the story's beginning in its context.

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
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
_, val = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
val_batches = whole_stories(val, vocabulary().end_of_text)
print("you predicted:", my_prediction or "(nothing yet)")
print(f"{evaluate(fresh_model(seed=0), val_batches):.3f} nats; log 50,257 is {math.log(50257):.3f}.")

# %% [markdown]
# If a fresh model's loss is far from log 50,257, something is wrong, and you have found it before training. Larger initial weights would give larger logits: the model would put high probabilities on random tokens, and its first loss would be above the uniform baseline.

# %% [markdown]
# ## Exercise 6 · `overfit_one_batch`
#
# *Difficulty 1 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** This is a cheap test of a training loop: train on one batch again and again. A model with more parameters than the batch has tokens can memorise it, and the loss falls towards 0, far below the entropy. If it does not, look for a bug (or a bad learning rate) before you train on more data. (Karpathy, *A recipe for training neural networks*, 2019, recommends it.)
#
# Use AdamW with learning rate `lr` and without weight decay (`decay_groups(model, 0.0)`), and clip to norm 1.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which of the objects that you need are created once, and which calls happen `steps` times?
#
# </details>
#
# <details><summary>If you see "AdamW is made anew in every step"</summary>
#
# AdamW's step uses its means of earlier gradients. Where in your code is the optimiser created?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "overfit_one_batch", "locked": false, "schema_version": 3, "solution": true, "task": false}
def overfit_one_batch(
    model: nn.Module, batch: Int[Tensor, "batch seq"], steps: int, lr: float
) -> list[float]:
    """Trains on one batch until it is memorised: AdamW without weight decay, gradients clipped to norm 1.

    Trains the model itself. Returns the loss before each of the steps. `steps` and `lr` may be 0.
    """
    ### BEGIN SOLUTION
    optimizer = AdamW(decay_groups(model, weight_decay=0.0), lr=lr)
    return [train_step(model, optimizer, [batch], max_norm=1.0) for _ in range(steps)]
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_overfit_one_batch", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.overfit_one_batch(overfit_one_batch)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. The list has as many losses as steps. On the storyteller's text the first is near log 50,257 = 10.82 and the hundredth near 0.05. For GPT-2 small there is a published run of ten such steps: 5.27, 4.06, 3.38, …, 0.38 on 256 tokens of Shakespeare (llm.c, test_gpt2.c).
#
# </details>
#
# **Can your model memorise four windows, and can a broken one?** The second model has a bug that is easy to write: the output of its first block is detached from the backward pass (`.detach()`), so that this block's weights get no gradient. No error is raised, and its loss also falls, but more slowly.


# %% tags=["look", "raises-exception"]
class Broken(nn.Module):
    """The same model, but no gradient passes back into its first block."""

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
for name, losses in curves.items():
    print(f"{name:6} from {losses[0]:.2f} to {losses[-1]:.2f} nats")
pictures.curves(torch.arange(100), curves, x_title="steps on one batch", y_title="nats per token")

# %% [markdown]
# *What you should see:* your curve goes to nearly 0; the broken model is still at about three times its loss after 100 steps. On a whole text both losses would fall for a long time, and the difference would be hard to notice.

# %% [markdown]
# ## Exercise 7 · `Trainer`
#
# *Difficulty 4 of 5 · importance 5 of 5 · 25 minutes · core, 12 points*
#
# **Why.** One object holds the whole state of a run, so that the run can be stopped, examined, and continued.
#
# What a trainer consists of (these names are used in the rest of the week):
#
# | attribute | what it is |
# |---|---|
# | `model`, `tokens`, `settings`, `watch` | what it was given |
# | `optimizer` | AdamW with the model's `decay_groups` and the settings' `weight_decay`, `max_lr` and `betas` |
# | `generator` | a `torch.Generator`, seeded with `settings.seed` once, here |
# | `step` | how many steps are done: 0 at first |
# | `losses` | the loss of every step so far |
#
# `train(n_steps)` takes `n_steps` steps. For each: set `optimizer.lr` to the value of `lr_schedule` for this step (the first is step 0; planned over `settings.total_steps`, not over `n_steps`) · draw `settings.accumulate` batches · `train_step` · append the loss, count the step, and call `watch(self)`, which draws the progress bar and the curve. A second call continues where the first one stopped.
#
# <details><summary>Hint 1 · a question</summary>
#
# `train(4)` and then `train(3)` must be the same as `train(7)`. Which objects may therefore not be created inside `train`?
#
# <details><summary>Hint 2 · the schedule</summary>
#
# `lr_schedule(step, warmup_steps, total_steps, max_lr, min_lr)`: four of the five are in the settings. In which order do setting the rate and taking the step have to come?
#
# </details>
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
# Then it is the batches or the optimiser: one generator for the whole run, `settings.accumulate` batches a step, and the settings' betas.
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "Trainer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Trainer:
    """A training run with its whole state: model, optimiser, generator, step, losses, settings."""

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
        """Takes `n_steps` more steps, which may be 0; after each, `watch(self)` is called."""
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
# <details><summary>What you should see</summary>
#
# One green line. In the next cell the loss begins near 10.8 and is below the bigram line (1.84) within 200 steps.
#
# </details>
#
# **What does the model learn first?** The first 200 steps of a longer run; the curve is drawn while it runs. Watch after how many steps it passes each of the baselines.


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
model, tokens = fresh_model(seed=0).to(best_device()), train.to(best_device())
Trainer(model, tokens, settings_for(total_steps=3000), live).train(200)

# %% [markdown]
# The loss passes the unigram line and then the bigram line. That alone does not show that the model predicts as a unigram and then as a bigram model would; Belrose et al. (2024, arXiv:2402.04362) tested this on larger models and found evidence that early in training they do resemble n-gram models, of rising order. What is left after the bigram line takes longer, because it needs attention to earlier tokens.

# %% [markdown]
# ## Exercise 8 · `sample_story`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 6 points*
#
# **Why.** A loss is an average. Which mistakes a model makes is easier to see in the texts that it writes, so samples are drawn before, during and after training.
#
# `vocabulary.encode(prompt)` gives the prompt's rows, and `vocabulary.decode(rows)` the text. In training every story came after an `end_of_text`, so it is put before the prompt here, too; with an empty prompt it is the only token. Let `generate` add at most `n_new` tokens, and stop where the model generates `end_of_text`. The function returns the text of the prompt and its continuation, *without* any `end_of_text`. As in `evaluate`: eval mode during generation, and afterwards the mode that it had before.
#
# <details><summary>Hint 1 · a question</summary>
#
# `generate` takes a batch of prompts, `batch seq`, and returns a batch. How do you make a batch of one, and how do you take its only row?
#
# <details><summary>Hint 2 · generate's arguments</summary>
#
# In this order: `model`, `tokens`, `n_new`, `n_ctx`, `temperature`, and by name `stop_token` and `seed`. Which `n_ctx` does the model have?
#
# </details>
# </details>
#
# <details><summary>If you see "both end_of_text are part of the text"</summary>
#
# Which rows should not be decoded?
#
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

    The model is given end_of_text before the prompt, and its last `model.config.n_ctx` tokens at most. It runs in eval
    mode and is afterwards in the mode that it had before. The same seed gives the same story. `n_new` may be 0.
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
# <details><summary>What you should see</summary>
#
# One green line. Before training, nearly every token is □ (an id that no story uses: 49,882 of 50,257 are). After 60 steps the words are those of the stories, in an order that makes no sense. Samples of GPT-2 after OpenAI's training are in week 9.
#
# </details>
#
# **What does a model write after sixty training steps?** And before the first one?

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
# **Why.** Large models are trained for weeks or months, and machines fail: in about two months OPT-175B's training had to be restarted by hand at least 35 times (Zhang et al., 2022, arXiv:2205.01068, section 2.5). A run that can be continued loses only the steps since its last checkpoint.
#
# A **checkpoint** holds everything the next step depends on. It is one dict in one file, written by `torch.save`, and made of dicts, lists, numbers and tensors only (a file with pickled Python objects can run any code when it is loaded, so files from others must not contain them):
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
# **What if the disk is full half-way through?** If the old checkpoint is overwritten, half of the new file is left, and the old one is lost. So write to another name in the same folder first, and then let `os.replace(new, path)` put it in place. This is **atomic**: it happens completely or not at all. When all went well, no other file is left in the folder. An `OSError` is not caught, so that the caller learns of it. (Against a power cut the data must also be forced to the disk, by `os.fsync`; we leave this out.)
#
# <details><summary>Hint 1 · a question</summary>
#
# Suppose the program is killed between two lines of your function. Is there a whole checkpoint at `path` each time?
#
# <details><summary>Hint 2 · another name</summary>
#
# `path.with_name("other.pt")` is a file of that name in the same folder, and `path.name` is the name of the file itself.
#
# </details>
# </details>
#
# <details><summary>If you see one of the names and "value None"</summary>
#
# Your file has no value for that name. Compare your dict with the table, name by name.
#
# </details>
#
# <details><summary>If you see "the file holds Python objects"</summary>
#
# A dataclass and an optimiser are objects. Which functions turn each of them into plain data?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "save_checkpoint", "locked": false, "schema_version": 3, "solution": true, "task": false}
def save_checkpoint(trainer: Trainer, path: Path) -> None:
    """Writes all that the next step depends on to one file, with the names of the table above.

    If there was a checkpoint at `path`, there is a whole one at every moment, the earlier one or the new one. Where
    writing fails, the OSError is raised.
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
# <details><summary>What you should see</summary>
#
# One green line; in one of the cases the check makes writing fail as a full disk does. The model of this week gives a file of 1.6 MB: weights and two moments of four bytes for each of its about 130,000 parameters. For GPT-2 small (124 million parameters) it would be 1.5 GB.
#
# </details>

# %% [markdown]
# ## Exercise 10 · `resume`
#
# *Difficulty 3 of 5 · importance 4 of 5 · 15 minutes · core, 8 points*
#
# **Why.** "The same to the last bit" is a strict test of a checkpoint. On the same machine, a run that was interrupted and continued must end with exactly the weights of one that was not. If anything on which those steps depend is missing, they will differ.
#
# Read the file with `torch.load(path, map_location="cpu", weights_only=True)`. Then, *before anything is loaded*, compare its `config` and its `settings` with the trainer's own (`asdict(…)` of both); if one of them differs, raise a `ValueError` whose message says which, and leave the trainer as it was. Otherwise load the states of model, optimiser and generator, and set `step` and `losses`.
#
# The optimiser refers to the parameters of `trainer.model` themselves. Load *into* this model.
#
# <details><summary>Hint 1 · a question</summary>
#
# Five of the seven entries have to be restored. Which methods are the opposites of `state_dict()` and `get_state()`?
#
# </details>
#
# <details><summary>If you see "the same to the last bit: expected True, got False"</summary>
#
# One of the five is missing or comes from somewhere else. The report's first lines show which number differs first.
#
# </details>
#
# <details><summary>If you see "half of it has already been loaded"</summary>
#
# In which order are your lines: compare, load?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "resume", "locked": false, "schema_version": 3, "solution": true, "task": false}
def resume(trainer: Trainer, path: Path) -> None:
    """Puts the trainer into the state of the checkpoint's run: all later steps are the same, to the last bit.

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
# <details><summary>What you should see</summary>
#
# One green line. In the next cell all 36 parameter tensors and all twelve losses of the two runs are equal.
#
# </details>
#
# **Are two runs of the week's model equal to the last bit?** One run of twelve steps; another that is interrupted after seven, saved, and continued by a trainer that was created with other random weights.

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
# **Why.** The last piece: a run that reports its progress, saves itself, and after an interruption is continued by the same line of code that started it.
#
# 1. If there is a file at `path`, `resume` from it. (The first time there is none.)
# 2. Report: (steps done, validation loss, a story).
# 3. Until `trainer.settings.total_steps` are done: train for `every` steps, or for as many as are left; save a checkpoint; report.
#
# `tell(model)` gives the story. The function returns the list of all reports: before, during, after.
#
# <details><summary>Hint 1 · a question</summary>
#
# 7 steps in rounds of 3: how long is each round? And if the run continues after an interruption at step 6?
#
# <details><summary>Hint 2 · the pieces</summary>
#
# `path.exists()` is True where there is a file. How many steps are left follows from the settings and from `trainer.step`. The report is made in two places of the code: a small function inside yours saves a line.
#
# </details>
# </details>
#
# <details><summary>If you see "the run begins anew although there is a checkpoint"</summary>
#
# What has to happen before the first report?
#
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
    round, and saves a checkpoint at `path` after each round. Returns the reports in order; of a run that is already
    finished, the one at the start alone.
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
# <details><summary>What you should see</summary>
#
# One green line, also for a run that was interrupted. With `total_steps` 7 and `every` 3 the reports are at 0, 3, 6 and 7 steps.
#
# </details>

# %% [markdown]
# ## The training run
#
# **How near does the loss come to the entropy, and what does the model write on the way?** This cell trains your model from random weights, by your own code. On two processor cores it takes two to five minutes; where torch finds a GPU, it runs there (`best_device` says which). It ends between 5 and 8% above the entropy. With `STEPS = 300` you get a shorter run to try things out; it ends before the fall that is described next.
#
# Look for the point, after a long flat stretch, where the curve falls once more. Before it the samples have words of the right kind in each position, but these do not always fit earlier words; after it they do more often. (In our run the sample had *Sophie took his rod* after 300 steps and *Sophie took her rod* after 900.) For that a head has to find an earlier token. Olsson et al. (2022, arXiv:2209.11895) saw a similar drop in larger models and traced it to **induction heads**; in week 12 you test for them.

# %% tags=["look", "raises-exception"]
STEPS = 3000

train, val = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
val_batches = [batch.to(best_device()) for batch in whole_stories(val, vocabulary().end_of_text)]
lines = lines_to_compare(train, val, counting_losses)
model, tokens = fresh_model(seed=0).to(best_device()), train.to(best_device())
storyteller = Trainer(model, tokens, settings_for(STEPS), pictures.LiveLoss(STEPS, lines))
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
    f"\nThe entropy is {lines['entropy']:.3f} nats; your model is {reports[-1][1] / lines['entropy'] - 1:.1%} above it."
)

# %% [markdown]
# The same as a picture that you can zoom into; a double click on a name in the legend shows that curve alone. **Between which two baselines did the run spend most of its steps?**

# %% tags=["look", "raises-exception"]
pictures.loss_curve(storyteller.losses, lines, [(step, loss) for step, loss, _ in reports])

# %% [markdown]
# **Which tokens does your model still not predict?** A validation story, each token coloured by its **surprisal** −log p: the darker, the larger. For every dark token, decide whether it could have been predicted from the tokens before it.

# %% tags=["look", "raises-exception"]
rows = max(val_batches, key=len)[:1]
with torch.no_grad():
    log_probabilities = storyteller.model(rows)[0, :-1].log_softmax(dim=-1)
surprisal = -log_probabilities.gather(1, rows[0, 1:, None])[:, 0]
pieces = [vocabulary().decode([row]) for row in rows[0, 1:]]
pictures.coloured_tokens(pieces, surprisal)

# %% [markdown]
# And a few whole stories, drawn from your model. Change the prompt, the temperature and the seed.

# %% tags=["look", "raises-exception"]
for seed, temperature in ((1, 1.0), (2, 1.0), (3, 0.5)):
    print(
        f"temperature {temperature}:",
        sample_story(storyteller.model, vocabulary(), "", 110, temperature, seed),
        "\n",
    )

# %% [markdown]
# The storyteller that comes with this course was trained by this code, on all ten kinds of story and for longer. `course train-storyteller` in a terminal repeats it from random weights. To train a trained model further on another text is called **fine-tuning**; it uses the same loop, usually with a smaller learning rate.

# %% [markdown]
# ## Exercise 12 · the shape table
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 4 points*
#
# **Why.** In training each parameter has a gradient and two moments, and these shapes show how much memory that takes.
#
# Fill in the shapes when *GPT-2 small* is trained on a **batch of 2 prompts of length 6**: 50,257 ids, d_model 768, n_ctx 1024. A single number has the shape `()`.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which positions have a token after them, within the batch? And how large is a parameter's gradient, however large the batch was?
#
# </details>
#
# <details><summary>If you see "backward() adds to the gradient that is there"</summary>
#
# Accumulating saves memory. How could it, if each batch had a gradient of its own?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """Shapes in a training step of GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    tokens = logits = None  # the batch, and the model's output
    judged_logits = targets = None  # the logits that have a target, and the targets
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
# <details><summary>What you should see</summary>
#
# One green line; before that, the report names the rows that are not yet right. Every gradient and every moment has the shape of its parameter, whatever the batch.
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
            "The training loss falls and falls, the validation loss rises again. What is happening?",
            [
                Choice(
                    "The learning rate is too high.",
                    why="Then the training loss would be unstable as well: it would jump, or rise.",
                ),
                Choice(
                    "The model memorises its training text: it overfits.",
                    right=True,
                    why="What it learns now holds for the training text only. More text, a smaller model or stopping earlier would help.",
                ),
                Choice(
                    "The validation text is too short.",
                    why="A short text makes the number noisy, up and down. It does not make it rise steadily.",
                ),
            ],
        ),
        Question(
            "You train with batches of 4 and accumulate 8 of them, dividing each loss by 8. What is different from batches of 32?",
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
                    why="They are the model, but not the run. AdamW's step is a ratio of two moments, and both are 0 again.",
                ),
                Choice(
                    "A bump in the loss, and another run than the one that was interrupted.",
                    right=True,
                    why="With moments of 0 the first steps are about lr long in every coordinate, in the direction of a single batch.",
                ),
                Choice(
                    "An error, because the shapes do not fit.",
                    why="They fit, and no error is raised. That makes this mistake hard to notice.",
                ),
            ],
        ),
        Question(
            "A model's loss on these stories is a little below their entropy. What do you conclude?",
            [
                Choice(
                    "It is better than the story world itself.",
                    why="On average that is impossible: no model's expected loss on new stories is below the entropy.",
                ),
                Choice(
                    "It has seen the validation stories, or the loss is computed wrongly, or the sample is small.",
                    right=True,
                    why="On a small sample chance can do it, by a little. The more stories, the more likely it is a leak or a bug.",
                ),
                Choice(
                    "The learning rate was well chosen.",
                    why="That brings a model near the entropy faster. It does not change the entropy.",
                ),
            ],
        ),
        Question(
            "A window of 100 tokens goes through the model once. How many predictions are in its loss?",
            [
                Choice(
                    "One: the last.",
                    why="In generation, yes. In training the next token of every position is known, and all are used.",
                ),
                Choice(
                    "99, all at once.",
                    right=True,
                    why="Every position but the last has a next token in the window, and the causal mask hides it from that position.",
                ),
                Choice(
                    "100, one after the other.",
                    why="All at once, since no position depends on another's output; and the last one has no target.",
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
# On stories that it has never seen, no model can on average be below the entropy, because the entropy is the expected loss of the true probabilities themselves. So the loss of 0.21 must come from stories that the model has seen often: it has memorised them, perhaps because the text is short, or because a bug draws the same batch again and again. I would evaluate it on validation stories that were never in a training batch; I expect a loss well above 0.46 there, and I would also check that no story is in both parts and that the batches really differ. If it is memorising, more or fresh text, fewer steps or a smaller model would help, and the validation loss should decide when the run is stopped. If even the validation loss is below the entropy, then the validation stories have leaked into training or the loss is computed wrongly, for instance averaged over positions that are not predicted.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `scaling_curve`
#
# **Why are models so large?** One reason is that their loss falls with size in a way that can be predicted, within an error. Over many orders of magnitude it follows a **scaling law**, a power law of the number of parameters or of tokens (Kaplan et al., 2020, arXiv:2001.08361). With a floor, an estimate of the entropy of text, it is loss ≈ floor + a · size^(−b) (Hoffmann et al., 2022, arXiv:2203.15556, section 3.3). From a few small models one can estimate the loss of a larger one, and what it costs; the further away it is, the larger the error. Which abilities come with that loss is much harder to predict.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** Large runs are planned with such fits: GPT-4's final loss was predicted from models trained with at most 1/10,000 of its compute (OpenAI, 2023, arXiv:2303.08774, section 3.1).
#
# Take logarithms, and the curve becomes a straight line: log(loss − floor) = log a − b · log(size). Fit it by least squares: the slope is Σ (x − x̄)(y − ȳ) / Σ (x − x̄)², and the line goes through the point (x̄, ȳ). Compute in float64.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which of the two numbers that you have fitted is b, and with which sign? How do you get a from the line's intercept, its height at log(size) = 0?
#
# </details>
#
# <details><summary>If you see "the loss itself is fitted"</summary>
#
# The loss does not fall below its floor, whatever the size. Which part of it can go to 0?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "scaling_curve", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scaling_curve(sizes: Sequence[float], losses: Sequence[float], floor: float) -> tuple[float, float]:
    """a and b of loss ≈ floor + a · size^(−b), by least squares on logarithms, as Python numbers.

    At least two different sizes, all above 0, in any order; every loss is above the floor.
    """
    ### BEGIN SOLUTION
    x = torch.tensor(sizes, dtype=torch.float64).log()
    y = (torch.tensor(losses, dtype=torch.float64) - floor).log()
    from_mean = x - x.mean()
    slope = (from_mean * (y - y.mean())).sum() / from_mean.square().sum()
    height = y.mean() - slope * x.mean()
    return math.exp(height), -slope.item()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_scaling_curve", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.scaling_curve(scaling_curve)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. Sizes 1, 10 and 100 with losses 3, 2.1 and 2.01 and floor 2 lie on a power law exactly: a = 1 and b = 1. Published exponents for language models are far smaller: 0.076 for parameters (Kaplan et al., 2020, equation 1.1).
#
# </details>
#
# **How well does a fit predict a larger model?** Eight trained models come with the course, all with two layers: three widths with two seeds each, and two larger models. Each was trained for 600 steps on 832 tokens of this week's stories, by the Trainer of exercise 7. (`python -m grader.tools.scaling_runs` in a clone of the course trains them again.) Their largest learning rate falls with the square root of the width: in pilot runs with one rate for all widths, the wide models learned later than the narrow ones, and the loss did not fall with size. The floor is the entropy of the validation stories.
#
# Here the law is fitted to the three smaller widths, both seeds together. The two larger models are *held out*: they play no part in the fit. Before you run the cells: will the fit predict higher losses for them than they have, or lower ones?


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "scaling_runs", "locked": true, "schema_version": 3, "solution": false, "task": false}
FITTED, HELD_OUT = (8, 12, 16), (24, 32)


@cache
def entropy_of_validation() -> float:
    """The entropy per token of the validation stories, in nats: the floor of every loss on them."""
    train, val = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
    return lines_to_compare(train, val, counting_losses)["entropy"]


def fit_to_all_seeds(
    sizes: Float[Tensor, "size"], losses: Float[Tensor, "size seed"], floor: float
) -> tuple[float, float]:
    """scaling_curve's a and b, fitted to one point for each run: each size occurs as often as there are seeds."""
    repeated = sizes[:, None].expand_as(losses)
    return scaling_curve(repeated.flatten().tolist(), losses.flatten().tolist(), floor)


def fit_the_floor_too(
    sizes: Float[Tensor, "size"], losses: Float[Tensor, "size seed"]
) -> tuple[float, float, float]:
    """A floor, a and b: of fifty floors from the entropy up, the one whose law has the least squared log error."""
    entropy, lowest, found = entropy_of_validation(), losses.min().item(), []
    for step in range(50):
        floor = entropy + (lowest - entropy) * step / 50
        a, b = fit_to_all_seeds(sizes, losses, floor)
        law = floor + a * sizes[:, None] ** -b
        found.append(((losses / law).log().square().sum().item(), floor, a, b))
    return min(found)[1:]


# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
shipped = load_scaling_runs()
sizes, losses = shipped.by_size(600, FITTED)
held_out = [run for d_model in HELD_OUT for run in shipped.select(d_model=d_model)]
entropy = entropy_of_validation()
a, b = fit_to_all_seeds(sizes, losses, entropy)
print(f"loss ≈ {entropy:.3f} + {a:.3g} · parameters^(−{b:.2f})")
for size, row in zip(sizes, losses, strict=True):
    law = entropy + a * size**-b
    print(f"{size:6,.0f} parameters: law {law:.3f}, runs {'  '.join(f'{loss:.3f}' for loss in row)}")
for run in held_out:
    law = entropy + a * run.n_parameters**-b
    print(f"{run.n_parameters:6,} parameters: law {law:.3f}, held-out run {run.val_loss:.3f}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# loss ≈ 0.431 + 1.65e+03 · parameters^(−0.88). At the fitted widths the law is within 0.07 nats of every run. For the two larger models it predicts 0.643 and 0.573 nats, and they have 0.788 and 0.770.
#
# </details>
#
# **What is wrong with the law?** All runs read the same number of tokens. Then the loss does not approach the entropy as models grow, but a value above it: Hoffmann et al. (2022, equation 2) add a second term for the tokens, B · tokens^(−β), which is a constant here and part of the floor. So the floor has to be fitted, too. `fit_the_floor_too` above tries fifty floors, fits a and b to each by your `scaling_curve`, and takes the one that fits best. Are the held-out runs nearer to this law?

# %% tags=["look", "raises-exception"]
shipped = load_scaling_runs()
sizes, losses = shipped.by_size(600, FITTED)
held_out = [run for d_model in HELD_OUT for run in shipped.select(d_model=d_model)]
entropy = entropy_of_validation()
a, b = fit_to_all_seeds(sizes, losses, entropy)
floor, a_too, b_too = fit_the_floor_too(sizes, losses)
print(f"fitted floor: loss ≈ {floor:.3f} + {a_too:.3g} · parameters^(−{b_too:.2f})")
every = torch.tensor([*sizes.tolist(), *(run.n_parameters for run in held_out)])
laws = {"entropy as the floor": entropy + a * every**-b, "floor fitted": floor + a_too * every**-b_too}
for name, law in laws.items():
    print(f"{name:20}: largest model {law[-1]:.3f}, its run {held_out[-1].val_loss:.3f}")
measured = torch.tensor([*losses.mean(dim=1).tolist(), *(run.val_loss for run in held_out)])
pictures.curves(
    every,
    {name: law - entropy for name, law in laws.items()} | {"measured": measured - entropy},
    x_title="parameters",
    y_title="nats above the entropy",
    log_x=True,
    log_y=True,
)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# A floor of 0.785, and 0.786 nats for the largest model, whose run has 0.770. The exponent is 3.06, far from the published ones: three widths near each other determine three constants badly. But the picture shows what the first law misses: from 14,272 parameters on, more parameters help little, and these models lack tokens.
#
# </details>
#
# **And on the number of tokens?** Your long run again, with both axes logarithmic. Its plateau is not part of a power law: here one ability (finding the right earlier word) appears late.

# %% tags=["look", "raises-exception"]
read = torch.tensor([step * storyteller.settings.tokens_per_step for step, _, _ in reports[1:]])
above = torch.tensor([loss for _, loss, _ in reports[1:]]) - lines["entropy"]
pictures.curves(
    read,
    {"your run": above},
    x_title="tokens read",
    y_title="nats above the floor",
    log_x=True,
    log_y=True,
)

# %% [markdown]
# **What would your run cost at other sizes?** A forward and a backward pass together take about 6 floating point operations for each parameter and token, 2 forward and 4 backward (Kaplan et al., 2020, section 2.1). GPT-3's numbers are those of its paper (Brown et al., 2020, table 2.1 and appendix D).

# %% tags=["look", "raises-exception"]
own = sum(parameter.numel() for parameter in storyteller.model.parameters())
seen = storyteller.step * storyteller.settings.tokens_per_step
for name, parameters, tokens in (("yours", own, seen), ("GPT-3", 175e9, 300e9)):
    print(
        f"{name:6} {parameters:.2e} parameters · {tokens:.2e} tokens · 6 = {6 * parameters * tokens:.1e} operations"
    )
print(f"GPT-3's training took as many operations as {175e9 * 300e9 / (own * seen):.0e} of your runs.")

# %% [markdown]
# ## Stretch 2 · `bootstrap_interval`
#
# **How much does a fitted number depend on the seeds of the runs?** With other seeds, the same models would have had other losses, and the fit other constants. More runs are expensive. The **bootstrap** (Efron, 1979, *Bootstrap methods: another look at the jackknife*) uses those that there are: draw as many runs again from the same runs, *with replacement*, so that some occur twice and others not at all; compute the number from these; and repeat that some hundred times. The spread of the results estimates how much the number varies from one set of runs to another.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 20 minutes · stretch, 15 points*
#
# **Why.** A prediction without an error is hard to use: is a difference of 0.05 nats between two designs more than chance?
#
# `losses` has a row for each size and a column for each seed. Each of the `draws` is a table of the same shape, whose entry [size, seed] is the *number of a seed*: in the resampled table, that entry is the loss of the run with this size and that seed. So every size keeps its own runs, and as many of them. `statistic` computes one number from such a table. The **confidence interval** at level 0.9 goes from the value below which 5% of the results lie to the one above which 5% lie (the percentile interval of Efron and Tibshirani, 1993, *An introduction to the bootstrap*, chapter 13). Between two results interpolate linearly, as `Tensor.quantile` does by default. Compute in float64.
#
# <details><summary>Hint 1 · a question</summary>
#
# At level 0.8, which fraction of the results lies outside the interval? How much of that is below it?
#
# <details><summary>Hint 2 · entries of a row</summary>
#
# `table.gather(1, index)` takes from each row of `table` the entries that the same row of `index` numbers: from `[[10., 20.], [30., 40.]]` with `[[1, 1], [0, 1]]` it makes `[[20., 20.], [30., 40.]]`.
#
# </details>
# </details>
#
# <details><summary>If you see "every size gets the same seeds"</summary>
#
# Print one of the draws. Are its rows equal to each other?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "bootstrap_interval", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bootstrap_interval(
    losses: Float[Tensor, "size seed"],
    statistic: Callable[[Float[Tensor, "size seed"]], float],
    draws: Int[Tensor, "draw size seed"],
    level: float,
) -> tuple[float, float]:
    """The lower and the upper end of the percentile interval of `statistic` at `level`, as Python numbers.

    `draws[k, i, j]` is the number of the seed from which row i of the k-th resampled table takes its j-th loss.
    `level` is between 0 (the median twice) and 1 (the smallest and the largest result), both included.
    """
    ### BEGIN SOLUTION
    results = [statistic(losses.gather(1, chosen)) for chosen in draws]
    values = torch.tensor(results, dtype=torch.float64)
    below = (1 - level) / 2
    low, high = values.quantile(below), values.quantile(1 - below)
    return low.item(), high.item()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_bootstrap_interval", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.bootstrap_interval(bootstrap_interval)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. If the statistic of five draws is 1, 2, 3, 4 and 10, the interval at level 0.5 goes from 2 to 4, and at level 0.9 from 1.2 to 8.8.
#
# </details>
#
# **Does the interval contain the loss of the largest model?** Two hundred draws from the runs of the three smaller widths, and to each of them both laws are fitted. It takes some seconds.

# %% tags=["look", "raises-exception"]
shipped = load_scaling_runs()
sizes, losses = shipped.by_size(600, FITTED)
held_out = [run for d_model in HELD_OUT for run in shipped.select(d_model=d_model)]
largest = held_out[-1].n_parameters
draws = torch.randint(losses.shape[1], (200, *losses.shape), generator=torch.Generator().manual_seed(0))


def with_the_entropy(resampled: Tensor) -> float:
    """The loss of the largest model by the law whose floor is the entropy."""
    entropy = entropy_of_validation()
    a, b = fit_to_all_seeds(sizes, resampled, entropy)
    return entropy + a * largest**-b


def with_a_fitted_floor(resampled: Tensor) -> float:
    """The loss of the largest model by the law whose floor is fitted."""
    floor, a, b = fit_the_floor_too(sizes, resampled)
    return floor + a * largest**-b


for name, predict in (("entropy as the floor", with_the_entropy), ("floor fitted", with_a_fitted_floor)):
    low, high = bootstrap_interval(losses, predict, draws, 0.9)
    print(f"{name:20}: {predict(losses):.3f} nats, 90% interval {low:.3f} to {high:.3f}")
print(f"its run             : {held_out[-1].val_loss:.3f} nats")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# With the entropy as the floor 0.573 nats, from 0.566 to 0.583, which is far from the run's 0.770. With the fitted floor 0.786 nats, from 0.753 to 0.807, which contains it. The narrower interval belongs to the wrong law.
#
# </details>
#
# What the interval does not contain: it measures how much the seeds matter, *if the formula is right*. That the formula is wrong, as it is with the entropy as the floor, shows in no resample. With two runs of each size it is also too narrow: draws from two values have, on average, half the variance that new runs would have. Real fits use more runs. And it is an interval for the prediction, about which a single run varies with its own seed.

# %% [markdown]
# ## Stretch 3 · `plan_run`
#
# **A larger model, or more tokens?** Training takes about 6 FLOPs for each parameter and token (Kaplan et al., 2020, section 2.1). So a budget of FLOPs fixes the product of parameters and tokens, and you decide how to divide it. Hoffmann et al. (2022, equation 2) fitted loss ≈ E + A · parameters^(−α) + B · tokens^(−β) to more than 400 runs. The size with the smallest predicted loss for a budget is called **compute-optimal**. They found that the largest models of the time had been trained on too few tokens.
#
# *Difficulty 2 of 5 · importance 4 of 5 · 20 minutes · stretch, 12 points*
#
# **Why.** A large run is made once, so it is planned first.
#
# Text is limited, too: at most `max_tokens` may be read. (Muennighoff et al., 2023, arXiv:2305.16264, found that reading a text up to four times helps almost as much as new text.) A run consists of whole steps of `tokens_per_step` tokens and keeps to both limits exactly, to the FLOP and to the token. Give each size as many steps as fit, leave out a size for which not even one fits, and choose the size with the smallest `predicted_loss(parameters, tokens)`. Budgets can be larger than the whole numbers that a float holds exactly.
#
# <details><summary>Hint 1 · a question</summary>
#
# With 100 parameters and a budget of 70,000 FLOPs, how many tokens can the model read? In steps of 50 tokens, how many steps is that?
#
# <details><summary>Hint 2 · whole numbers</summary>
#
# `7 // 2` is 3, and for whole numbers of any length it is exact. `int(a / b)` computes with floats: `int((2**60 - 1) / 2**30)` is 2**30, one too many.
#
# </details>
# </details>
#
# <details><summary>If you see "the number of steps is taken for the number of tokens"</summary>
#
# In which unit does `predicted_loss` expect its second argument?
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "plan_run", "locked": false, "schema_version": 3, "solution": true, "task": false}
def plan_run(
    budget: int,
    sizes: Sequence[int],
    tokens_per_step: int,
    max_tokens: int,
    predicted_loss: Callable[[int, int], float],
) -> tuple[int, int]:
    """The size, one of `sizes` in parameters, and the number of steps with the smallest predicted loss.

    The FLOPs of the run, 6 · parameters · tokens, are at most `budget`, and its tokens at most `max_tokens`.
    `predicted_loss` takes the numbers of parameters and of tokens. The sizes are in any order, all of them have
    different losses, and at least one of them has room for a step.
    """
    ### BEGIN SOLUTION
    plans = []
    for size in sizes:
        affordable = budget // (6 * size)
        steps = min(affordable, max_tokens) // tokens_per_step
        if steps > 0:
            plans.append((predicted_loss(size, steps * tokens_per_step), size, steps))
    _, size, steps = min(plans)
    return size, steps
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_plan_run", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.plan_run(plan_run)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. With one size of 100 parameters, a budget of 70,000 FLOPs and 50 tokens in a step, the plan is 2 steps: 100 tokens take 60,000 FLOPs, and 150 would take 90,000.
#
# </details>
#
# **Would you have trained GPT-3 in the same way?** It has 175 billion parameters and read 300 billion tokens, in steps of 3.2 million (Brown et al., 2020, table 2.1). Take the same FLOPs and the constants of Hoffmann et al. (2022, equation 10). Before you run the cell, write down which of the ten sizes you would choose without a limit on the text.

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell


# %% tags=["look", "raises-exception"]
def hoffmann(parameters: int, tokens: int) -> float:
    """Equation 10 of Hoffmann et al. (2022), in nats per token of their text."""
    return 1.69 + 406.4 * parameters**-0.34 + 410.7 * tokens**-0.28


print("you predicted:", my_prediction or "(nothing yet)")
billion = 10**9
choices = [int(size * billion) for size in (0.124, 0.355, 0.774, 1.56, 2.7, 6.7, 13, 30, 70, 175)]
for text, tokens in (("no limit", 10**15), ("300 billion tokens", 300 * billion)):
    size, steps = plan_run(6 * 175 * billion * 300 * billion, choices, 3_200_000, tokens, hoffmann)
    read = steps * 3_200_000
    print(
        f"text: {text:18} {size / billion:4.0f} billion parameters, {read / billion:5.0f} billion tokens, "
        f"{read / size:4.1f} per parameter: {hoffmann(size, read):.3f} nats"
    )

# %% [markdown]
# <details><summary>What you should see</summary>
#
# Without a limit: 30 billion parameters and 1,750 billion tokens, 58 for each parameter, and a predicted loss of 1.955 nats. With 300 billion tokens: 175 billion parameters, 1.7 tokens for each, and 2.002 nats. If there is no more text than that, the only use for more FLOPs is a larger model.
#
# </details>
#
# These constants have errors of their own: Besiroglu et al. (2024, *Chinchilla scaling: a replication attempt*, arXiv:2404.10102) fitted the same formula to the runs in the paper's figures again, got other constants, and found the published intervals too narrow. With their constants about 20 tokens for each parameter are best, as by the paper's two other methods. The curve is flat near its minimum: sizes within a factor of two differ by little in loss, and a smaller model is cheaper to use afterwards.

# %% [markdown]
# ## Stretch 4 · `find_learning_rate`
#
# **Which learning rate?** If it is too small, the loss hardly falls; if it is too large, training diverges. A cheap way to find out is one short run in which the rate grows from step to step: the **learning rate range test** (Smith, 2017, arXiv:1506.01186, section 3.3; there the rate grows by equal amounts, here by equal factors). The loss first stays, then falls, then rises steeply. A common choice is a rate somewhat below the one at which it falls fastest.
#
# *Difficulty 3 of 5 · importance 3 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** The learning rate is often the single most important hyperparameter (Bengio, 2012, arXiv:1206.5533).
#
# The first of the `n_steps` rates is `low`, the last is `high`. Take a new `Trainer` with a *copy* of the model (its optimiser and its generator are then fresh as well), and for each rate one step: one batch, drawn with the trainer's generator, clipped to `settings.max_norm`. The model that you were given stays as it was.
#
# <details><summary>Hint 1 · a question</summary>
#
# How many factors are there between 5 rates? If their product is high / low, how large is one of them?
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_find_learning_rate", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.find_learning_rate(find_learning_rate)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. With low 0.001, high 1 and 4 steps the rates are 0.001, 0.01, 0.1 and 1. In the picture the loss falls and then rises steeply. GPT-3's largest rates were 6 · 10⁻⁴ for its smallest model and 0.6 · 10⁻⁴ for its largest (Brown et al., 2020, table 2.1).
#
# </details>
#
# **At which rate does the loss fall fastest, and from which one does it rise?** The largest rate of our run is 0.005. Would you have chosen it?

# %% tags=["look", "raises-exception"]
train, _ = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
rates, losses = find_learning_rate(fresh_model(seed=0), train, settings_for(100), 1e-5, 1.0, 60)
pictures.curve(
    torch.tensor(rates), torch.tensor(losses), x_title="learning rate", y_title="nats per token", log_x=True
)

# %% [markdown]
# ## Stretch 5 · `mixed_precision_step`
#
# **Why do GPUs train in 16 bits?** Their matrix units are many times faster in 16 bits than the ordinary float32 arithmetic (on an A100 16 times: 312 against 19.5 teraFLOPS by NVIDIA's data sheet), and only half as much data has to be moved. bfloat16 has float32's range and only 2 to 3 decimal digits. That is enough for the products of the forward pass, but not for a sum of small steps: a weight of 1 to which 0.001 is added is 1 again. So the products are computed in bfloat16, and the *weights, their gradients and the loss stay in float32*. This is **mixed precision** (Micikevicius et al., 2018, arXiv:1710.03740).
#
# *Difficulty 3 of 5 · importance 2 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** It makes training on GPUs faster and lets larger batches fit into memory.
#
# `with torch.autocast(device_type, dtype=torch.bfloat16):` lets torch choose the precision of each operation inside: it casts copies and leaves the weights alone. Only the forward pass goes inside. Then the logits become float32 (`.float()`), the loss is computed from them, and everything else is as in `train_step` with one batch. bfloat16 also works on the CPU, so this can be checked anywhere. (float16 would need a `GradScaler` as well, because its range is small.)
#
# <details><summary>Hint 1 · a question</summary>
#
# `torch.autocast` needs the name of a type of device. Which attribute of the batch has it?
#
# </details>
#
# <details><summary>If you see "the weights themselves are in bfloat16"</summary>
#
# `model.to(torch.bfloat16)` and `model.bfloat16()` change the weights themselves. What casts copies instead?
#
# </details>
#
# <details><summary>If you see that only the loss differs, in the third digit</summary>
#
# In which precision are the logits from which your loss is computed?
#
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


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_mixed_precision_step", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.mixed_precision_step(mixed_precision_step)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# One green line. The loss differs from `train_step`'s in about the third digit; the dtype of every weight is still torch.float32. Which bar of the next picture is longest depends on your machine.
#
# </details>
#
# **Is it faster here?** Measure it. Without a GPU, bfloat16 may be *slower*: many processors have no instructions for it and emulate it. `torch.compile`, which fuses many small operations into few, is tried only where there is a GPU.


# %% tags=["look", "raises-exception"]
def tokens_per_second(step: Callable[[], float], tokens: int, repeats: int = 5) -> float:
    """How many tokens a second a training step processes; the first two calls are not timed."""
    step(), step()
    began = time.perf_counter()
    for _ in range(repeats):
        step()  # its .item() waits until the GPU is done
    return repeats * tokens / (time.perf_counter() - began)


device = best_device()
model = fresh_model(seed=0).to(device)
optimizer = AdamW(decay_groups(model, 0.1), lr=1e-4)
plan = settings_for(100)
train, _ = train_val_split(story_rows(), 0.02, vocabulary().end_of_text)
batch = get_batch(train.to(device), plan.end_of_text, plan.batch_size, plan.seq, torch.Generator())
ways = {
    "float32": lambda: train_step(model, optimizer, [batch], 1.0),
    "bfloat16": lambda: mixed_precision_step(model, optimizer, batch, 1.0),
}
if device.type == "cuda":
    compiled = torch.compile(model)
    ways["bfloat16, compiled"] = lambda: mixed_precision_step(compiled, optimizer, batch, 1.0)
pictures.bars(
    {name: tokens_per_second(step, batch.numel()) for name, step in ways.items()},
    value_title="tokens per second",
)

# %% [markdown]
# ## Common questions
#
# **How many epochs is the long run?** It draws 3,000 · 16 = 48,000 windows, from about 9,700 training stories, so it sees each story about five times or more. Whether that is too often shows in the validation loss: in our run it fell to the end. Large language models see most of their text once or less, and only small, good sources several times: for GPT-3 between 0.4 and 3.4 times, by source (Brown et al., 2020, table 2.2).
#
# **Is a lower loss always a better model?** For the same text and the same tokens it means better predictions on average. Losses on different texts, or with different tokenizers, cannot be compared directly (bits per byte of week 8 helps with the second). And a small loss says nothing about truth or usefulness.
#
# **Why does the training loss jump from step to step, and the validation loss does not?** Each training loss is that of one batch of 16 windows; the validation loss is a mean over all validation stories. The larger the batch, the smaller the jumps.
#
# **Do two runs with the same seed always give the same weights?** On the same machine, with the same versions and number of threads, they do here. In general a different order of floating point additions changes the last digits, and these differences grow over many steps. So compare losses between machines, not bits.
#
# **How do I know that my run is finished?** Here the floor is known, and you can see the distance from it. For real text it is not known; runs are planned for a number of tokens in advance, because the learning rate's schedule has to end with the run.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you drives and types; the other navigates and asks what would be lost if the run stopped at this line. Swap after every exercise whose check passes.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Predict the first loss before you see it, and explain the number. |
# | 10–30 | Exercise 2 (15 min). Draw a text of 10 tokens on paper, with its borders, and mark where windows of 4 can begin. **Swap.** |
# | 30–50 | Exercise 4 (20 min). Agree on your scratchpad: the order of zero_grad, backward, clip, step. **Swap.** |
# | 50–65 | Exercise 5 (15 min): what is counted in a mean? |
# | 65–75 | Exercise 6 (10 min): overfit one batch. |
# | 75–90 | The two questions below. |
#
# **Before the session:** exercise 1, each of you alone. **After the session:** exercises 3 and 7 to 12, as homework or in a second session. The long training run needs no attention while it runs. Stretch is for pairs with time left. **Not finishing is normal:** a session that ends with one batch memorised is a good one.
#
# **Two questions to argue about.**
#
# 1. The live curve is flat for hundreds of steps and then falls again. Would you have stopped the run on the plateau? What could you measure on the plateau to find out whether the model is still changing?
# 2. Two runs differ in their seed only, and end at 0.47 and 0.49 nats. One of you changes the learning rate and gets 0.48. What does that show about the learning rate?
#
# **Where pairs get stuck.** The last possible window: is its start `len(tokens) - seq`, or one more? Count it on paper. The division under accumulation, which is easy to forget because one batch a step works without it. The Trainer, when something that should be created once for the run is created inside `train`.

# %% [markdown]
# ## What you have built
#
# - **train_val_split**: a validation text, cut between two stories.
# - **get_batch**: random windows, and the same ones again from the same seed.
# - **counting_losses**: two n-gram baselines for every loss.
# - **train_step**: one step, for a batch of any size.
# - **evaluate**: the validation loss, measured without changing the run.
# - **overfit_one_batch**: a cheap test of a training loop.
# - **Trainer**: a run with its whole state in one object.
# - **sample_story**: samples before, during and after training.
# - **save_checkpoint** and **resume**: the same continuation, to the last bit.
# - **train_storyteller**: a GPT trained from random weights by your own code.
#
# What is still missing? Your model works, but nothing in the loop shows *how*. Next week you look inside a model that was trained in this way, and search for heads like those that formed after the plateau.
#
# Words of this week in the [glossary](../glossary.md): *accumulation, add-one smoothing, atomic, autoregressive, batch, batch size, BERT, bidirectional, bigram model, bootstrap, checkpoint, compute-optimal, confidence interval, dropout, entropy, epoch, eval mode, fine-tuning, generalise, induction head, learning rate range test, mixed precision, n-gram model, overfitting, pretrained, recurrent neural network, scaling laws, surprisal, training text, uniform baseline, unigram model, validation text, window*.
