# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 3 · Words and places become directions
#
# **The big idea.** Every token has a vector of its own, and so has every place in a text. Their sum is where GPT-2 begins. The numbers are random at first; training moves them until tokens that are used alike lie alike, and until a difference between words, such as *man* and *woman*, has become a direction that one can walk.
#
# | | |
# |---|---|
# | **You will have built** | both ends of GPT-2, ids to vectors and vectors to logits, and the tools to look around in the space between |
# | **You need** | cosine similarity, softmax and top_next_tokens (week 1), which `parts.py` beside this notebook holds ready, what a token id is (week 2), and Python's classes |
# | **Time** | core 2 to 2½ hours · stretch 1 hour |
# | **Where we are** | text → tokens → **embeddings** → blocks → **logits** → probabilities → next token |
#
# Last week a text became ids, and an id is only a name. Now each of them gets its vector. In the first week the vectors were made up for people to look at, in three dimensions. Today you open a trained model and look at the real ones.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write; the check below it says at once whether GPT-2 would have got the same.

# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "set_up", "locked": true, "schema_version": 3, "solution": false, "task": false}
from collections.abc import Callable, Iterable, Sequence

import torch
from jaxtyping import Float, Int
from parts import cosine_similarity, softmax, top_next_tokens
from torch import Tensor, nn

from utils import pictures, reference
from utils.checks import week03_embeddings as checks
from utils.quiz import Choice, Question, quiz
from utils.scratchpad import Scratchpad
from utils.tokens import token_strings

gpt2 = reference.load()
GROUPS = {
    "men": "king prince man boy uncle",
    "women": "queen princess woman girl aunt",
    "animals": "cat dog cow horse pig",
    "fruit": "apple banana orange lemon pear",
    "games": "football chess tennis golf hockey",
}
words = [word for group in GROUPS.values() for word in group.split()]
groups = [name for name, group in GROUPS.items() for _ in group.split()]
STEPS = list(zip(GROUPS["men"].split(), GROUPS["women"].split(), strict=True))


def token_id(word: str) -> int:
    """The id of a word that is one token with a space in front: token_id("king") is the id of " king"."""
    ids = gpt2.tokenizer.encode(f" {word}")
    if len(ids) != 1:
        pieces = " ".join(token_strings(ids))
        raise ValueError(
            f"{word!r} is {len(ids)} tokens ({pieces}), so it has no single vector. Try another word."
        )
    return ids[0]


def trained(words: Iterable[str]) -> Float[Tensor, "word d_model"]:
    """The reference model's own vectors of some words."""
    return gpt2.state_dict["transformer.wte.weight"][[token_id(word) for word in words]]


def in_3d(vectors: Float[Tensor, "n d_model"]) -> Float[Tensor, "n 3"]:
    """Where vectors lie along the three directions in which they differ most. Stretch 1 is to write it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _, _, directions = torch.pca_lowrank(vectors, q=min(vectors.shape))
    return (vectors - vectors.mean(dim=0)) @ directions[:, :3]


# %% [markdown]
# ## A first look
#
# Inside the model each of these words is a list of numbers. Nobody wrote them; they are what was left when training had ended.
#
# **Which words lie together? And is the step from *man* to *woman* the same as the step from *king* to *queen*?** Drag to turn the space, scroll to come nearer, click a group in the legend to hide it. The grey arrows are the steps.

# %% tags=["look", "raises-exception"]
vectors = trained(words)
points = in_3d(vectors)
kept = points.square().sum() / (vectors - vectors.mean(dim=0)).square().sum()
print(
    f"Each word is {gpt2.config.d_model} numbers. The three directions you see hold {kept:.0%} of how these words differ."
)
pictures.steps_3d(points, words, STEPS, groups)

# %% [markdown]
# Three directions are a shadow of the real space, and shadows hide things: two words may look near and be far apart in a direction that you do not see. So count as well as look. A dot product takes all the numbers into account; so does the cosine similarity of week 1.
#
# **How nearly do the five steps go the same way?** 1 is the same way, 0 is a right angle.

# %% tags=["look", "raises-exception"]
steps = trained(she for _, she in STEPS) - trained(he for he, _ in STEPS)
names = [f"{he} → {she}" for he, she in STEPS]
pictures.heatmap(cosine_similarity(steps, steps), names, names, title="cosine similarity of the steps")

# %% [markdown]
# ## The idea in plain words
#
# **Words.** GPT-2 keeps a large table, the **embedding matrix** W_E, with a row for each of its 50,257 tokens. To embed a token is to look up its row, and nothing else happens: the same token has the same vector in every sentence. What *bank* means *here* is not known yet; that is what the blocks are for.
#
# **Places.** A second table, W_pos, has a row for each position from 0 to n_ctx − 1. Why is it needed? Because attention, the part that lets tokens read each other, does not see in which order they come. Without positions *the dog saw the cat* and *the cat saw the dog* are the same bag of words.
#
# **Their sum** is the beginning of the **residual stream**, the whiteboard of the model: one vector for each token, which every block reads and to which every block adds. Nothing on it is ever wiped off. What a token is and where it stands are the first two things written on it, one over the other, in the same d_model numbers.
#
# **And back.** At the far end each vector is compared with every row of W_E, by a dot product. The better they match, the higher that token's **logit**. GPT-2 uses one and the same table at both ends; the two are **tied**.
#
# How does a row get its numbers? They start random. Whenever training finds that the model guessed badly, it moves the numbers a little so that the guess would have been better (weeks 10 and 11 are about that). Tokens that turn up in the same company are pushed the same way, again and again.

# %% [markdown]
# ## The idea in shapes
#
# | what | from | shape |
# |---|---|---|
# | `tokens` | the tokenizer | `batch seq` |
# | token vectors | `Embed`: row `id` of `W_E` | `batch seq d_model` |
# | position vectors | `PosEmbed`: row `position` of `W_pos` | `batch seq d_model` |
# | `resid`, the residual stream | their sum | `batch seq d_model` |
# | `logits` | `Unembed`: each vector times each row of `W_E` | `batch seq d_vocab` |
#
# `W_E` has the shape `d_vocab d_model`, `W_pos` has `n_ctx d_model`. In both of them a row is a vector.
#
# Keep a scratchpad of shapes beside you while you write; it complains when an axis changes its size on the way.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6, d_vocab=50257)
pad.note("tokens", (2, 6), "batch seq")
pad.note("W_E", (50257, 768), "d_vocab d_model")
pad.note("resid", (2, 6, 768), "batch seq d_model")
pad

# %% [markdown]
# ## Exercise 1 · `Embed`
#
# *Difficulty 1 of 5 · importance 5 of 5 · 15 minutes · core, 13 points*
#
# **Why.** Here text turns into something that can be computed with. In week 1 you did it as a product with one-hot rows. Looking the rows up gives the same and touches only the rows that are needed.
#
# This is your first **module**, torch's way to keep numbers and a function together. `__init__` makes the numbers that the module owns, after `super().__init__()`, which stands there already; `forward` says what it does; and `embed(tokens)` calls `forward`.
#
# Keep the matrix in `self.W_E`, an `nn.Parameter` of shape `d_vocab d_model`: a tensor that training may change. Start it with random numbers of standard deviation 0.02, as GPT-2 does; nearly all of them lie between −0.06 and 0.06. An id that the vocabulary does not have must end in an error of some kind: a wrong vector that nobody notices would be worse. (Negative ids do not occur.) `nn.Embedding` and `F.embedding` are what you are asked to write, so write it without them.
#
# <details><summary>Hint 1 · a question</summary>
#
# `table[3]` is row 3 of a tensor. What is `table[torch.tensor([3, 1, 3])]`? Try it on a small table. And if the ids have the shape `batch seq`?
#
# <details><summary>Hint 2 · random numbers of the right size</summary>
#
# `torch.randn(…)` draws numbers of standard deviation 1. What has to be done to numbers so that they spread 50 times less?
#
# </details>
#
# <details><summary>If you see "the ids choose columns of W_E, not rows"</summary>
#
# An index before the comma goes along the first axis, an index behind it along the second. Which axis counts the tokens?
#
# </details>
#
# <details><summary>If you see "W_E is a plain tensor"</summary>
#
# A module finds its parameters by their type. `nn.Parameter(torch.zeros(3))` is one, `torch.zeros(3)` is not.
#
# </details>
#
# <details><summary>If you see "an id beyond the vocabulary … got …"</summary>
#
# Something between the ids and the rows turns wrong ids into right ones. Indexing itself complains, if you let it.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "Embed", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Embed(nn.Module):
    """A vector for each token: row `id` of the parameter W_E [d_vocab, d_model]."""

    def __init__(self, d_vocab: int, d_model: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.W_E = nn.Parameter(torch.randn(d_vocab, d_model) * 0.02)
        ### END SOLUTION

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        """The tokens' rows as they are. An id of d_vocab or more is an error."""
        ### BEGIN SOLUTION
        return self.W_E[tokens]
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_Embed", "locked": true, "points": 13, "schema_version": 3, "solution": false, "task": false}
checks.Embed(Embed)

# %% [markdown]
# *What you should see:* a line with a tick. The last of its cases were two prompts in the model's own vectors.
#
# **What does the space look like before training?** Your `Embed` has just been made. Which words lie together now? Compare with the trained vectors in the cell after it.

# %% tags=["look", "raises-exception"]
torch.manual_seed(3)
untrained = Embed(gpt2.config.d_vocab, gpt2.config.d_model)
with torch.no_grad():
    first = untrained(torch.tensor([[token_id(word) for word in words]]))[0]
pictures.heatmap(cosine_similarity(first, first), words, words, title="cosine similarity before training")

# %% tags=["look", "raises-exception"]
pictures.heatmap(cosine_similarity(vectors, vectors), words, words, title=f"cosine similarity in {gpt2.name}")

# %% [markdown]
# Random vectors with many numbers stand nearly at right angles to each other: nothing is like anything else. Whatever else you see in the second picture, training has put there. Similar things lie near each other because that helped to guess the next token, and for no other reason.
#
# **How large is this table, and how much of the model does it take up?** All GPT-2s, and GPT-3 as well, have the same 50,257 tokens; their vectors differ in length. (GPT-3's d_model is 12,288: Brown et al. 2020, table 2.1.)

# %% tags=["look", "raises-exception"]
sizes = {name: (config.d_vocab, config.d_model) for name, config in reference.CONFIGS.items()}
for name, (d_vocab, d_model) in {**sizes, "GPT-3": (50257, 12288)}.items():
    numbers = d_vocab * d_model
    print(
        f"{name:12} {d_vocab:,} × {d_model:6,} = {numbers:11,} numbers, {4 * numbers / 1e6:7,.0f} MB in float32"
    )

all_numbers = sum(tensor.numel() for name, tensor in gpt2.state_dict.items() if name != "lm_head.weight")
in_W_E = gpt2.state_dict["transformer.wte.weight"].numel()
print(
    f"\nIn {gpt2.name}, {in_W_E:,} of {all_numbers:,} learned numbers are in W_E: {in_W_E / all_numbers:.0%}."
)

# %% [markdown]
# ## Exercise 2 · `nearest_tokens`
#
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · core, 12 points*
#
# **Why.** It is how one looks around in a space that nobody can see: stand somewhere and ask who is near.
#
# *Near* shall mean: pointing the same way. So the measure is the **cosine similarity**. Compare the vector with every row of `W_E`, and return two tensors of length k: the ids of the most similar tokens, the nearest first, and their similarities in the same order. Tokens in `exclude` are left out altogether; whoever asks for the neighbours of *king* does not want to hear *king*.
#
# `cosine_similarity` of week 1 is imported. It compares every row of one table with every row of another.
#
# <details><summary>Hint 1 · a question</summary>
#
# `cosine_similarity(a, b)` wants two tables. How does one vector become a table with one row? Which row of the result do you need, and how long is it?
#
# <details><summary>Hint 2 · the best k</summary>
#
# `similarities.topk(k)` gives `.values`, the largest first, and `.indices`. The place of a similarity in the row is the token's id.
#
# </details>
#
# <details><summary>Hint 3 · leaving out</summary>
#
# Which similarity would a token have to have so that it comes behind all others, whatever they are? `row[[2, 5]] = …` changes two entries at once, and `list(exclude)` makes a list of any sequence.
#
# </details>
#
# <details><summary>If you see "number of subscripts", or "selected index k out of range"</summary>
#
# Print the shape of what you have before that line. A vector has one axis and a table has two; and `topk` looks along the last axis, so that is where the tokens have to lie.
#
# </details>
#
# <details><summary>If you see "which beats every token that points away"</summary>
#
# Cosine similarities go down to −1. 0 is in the middle of them.
#
# </details>
#
# <details><summary>If you see "every id after them is too small"</summary>
#
# When rows are taken out of W_E, all rows behind them move up. Leave W_E as it is, and change the similarities.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "nearest_tokens", "locked": false, "schema_version": 3, "solution": true, "task": false}
def nearest_tokens(
    W_E: Float[Tensor, "d_vocab d_model"],
    vector: Float[Tensor, "d_model"],
    k: int,
    exclude: Sequence[int] = (),
) -> tuple[Int[Tensor, "k"], Float[Tensor, "k"]]:
    """The k tokens whose vectors have the highest cosine similarity with `vector`: ids, then similarities.

    The nearest comes first. Ids in `exclude` are never among them; at least k other tokens are left.
    """
    ### BEGIN SOLUTION
    similarities = cosine_similarity(vector[None], W_E)[0]
    similarities[list(exclude)] = -torch.inf
    best = similarities.topk(k)
    return best.indices, best.values
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_nearest_tokens", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.nearest_tokens(nearest_tokens)

# %% [markdown]
# **Who lives next door to whom, among all 50,257 tokens?** Change the words. Try one that has nothing to do with the others, and one that belongs to two worlds, such as *orange*.

# %% tags=["look", "raises-exception"]
W_E = gpt2.state_dict["transformer.wte.weight"]
for word in ("king", "dog", "apple", "football", "orange"):
    ids, similarities = nearest_tokens(W_E, W_E[token_id(word)], k=5, exclude=[token_id(word)])
    near = (
        f"{piece} {value:.2f}" for piece, value in zip(token_strings(ids), similarities.tolist(), strict=True)
    )
    print(f"{word:9} {'   '.join(near)}")

print(f"\n{gpt2.name} has {len(W_E.unique(dim=0)):,} different vectors for its {len(W_E):,} tokens.")

# %% [markdown]
# *What you should see:* five neighbours for each word, and a last line. Tokens that never turned up in training have learned nothing. In a model trained on few texts they are many, and they may all share one vector.
#
# ## Exercise 3 · `analogy`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 9 points*
#
# **Why.** If differences between words are directions, then one can calculate with them: *king − man + woman* takes the step from *man* to *woman*, but starts at *king*. Where does it end?
#
# Take the vectors as they are, without changing their lengths, and find the k tokens nearest to `start − minus + plus`. Leave out all three of the words that were asked with. (Why? You will see below.)
#
# <details><summary>Hint 1 · a question</summary>
#
# `start`, `minus` and `plus` are ids. What has to happen before anything can be added or subtracted? And which of your functions does the rest?
#
# <details><summary>If you see "the step goes from plus to minus"</summary>
#
# Say it in words first: I begin at *king*, I take *man* away, I add *woman*. Which sign belongs to which?
#
# </details>
#
# <details><summary>If you see "the ids are added and subtracted"</summary>
#
# Token 10 and token 20 have nothing to do with token 30. Look the vectors up first.
#
# </details>
#
# <details><summary>If you see "may themselves be the answer"</summary>
#
# `exclude` takes any number of ids.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "analogy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def analogy(
    W_E: Float[Tensor, "d_vocab d_model"], start: int, minus: int, plus: int, k: int = 1
) -> tuple[Int[Tensor, "k"], Float[Tensor, "k"]]:
    """The k tokens nearest to start − minus + plus, without these three: ids, then cosine similarities."""
    ### BEGIN SOLUTION
    target = W_E[start] - W_E[minus] + W_E[plus]
    return nearest_tokens(W_E, target, k, exclude=(start, minus, plus))
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_analogy", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
checks.analogy(analogy)

# %% [markdown]
# **Is the famous one right?** And how does it do on questions that are less famous?

# %% tags=["look", "raises-exception"]
QUESTIONS = ["king man woman", "prince boy girl", "aunt woman man", "cat dog dogs", "sing run ran"]
for question in QUESTIONS:
    start, minus, plus = question.split()
    ids, similarities = analogy(W_E, token_id(start), token_id(minus), token_id(plus), k=3)
    found = (
        f"{piece} {value:.2f}" for piece, value in zip(token_strings(ids), similarities.tolist(), strict=True)
    )
    print(f"{start + ' − ' + minus + ' + ' + plus:22} {'   '.join(found)}")

# %% [markdown]
# **What if nothing is left out?** And how far must one walk from *king* towards *queen* before *queen* is nearer than *king*? The curves follow `king + t · (woman − man)`: at t = 0 one stands on *king*, at t = 1 the whole step is taken.

# %% tags=["look", "raises-exception"]
king, queen, man, woman = trained(["king", "queen", "man", "woman"])
ids, _ = nearest_tokens(W_E, king + (woman - man), k=3)
print(f"Nearest to king − man + woman, nothing left out: {'   '.join(token_strings(ids))}")

t = torch.linspace(0, 3, 61)
walk = cosine_similarity(king + t[:, None] * (woman - man), torch.stack([king, queen, man, woman]))
overtaken = t[walk[:, 1] > walk[:, 0]]
where = f"from t = {overtaken[0]:.2f} on" if len(overtaken) else "nowhere on this way"
print(f"queen is nearer than king {where}.")
pictures.curves(
    t,
    dict(zip(["king", "queen", "man", "woman"], walk.T, strict=True)),
    x_title="t",
    y_title="cosine similarity",
    title="king + t · (woman − man)",
)

# %% [markdown]
# *What you should see:* where the sum itself lands, and whose curve is on top at t = 1. Often that is still *king*: the step is short compared with the way to anywhere else. So "king − man + woman = queen" always comes with small print, that the three words themselves do not count. An honest report says so.
#
# Here is the arithmetic in space: from *king*, the same step as from *man* to *woman*.

# %% tags=["look", "raises-exception"]
result = king - man + woman
shown = in_3d(torch.cat([vectors, result[None]]))
pictures.steps_3d(
    shown,
    [*words, "king − man + woman"],
    [("man", "woman"), ("king", "king − man + woman")],
    [*groups, "result"],
)

# %% [markdown]
# ## Exercise 4 · `my_analogy`
#
# *Difficulty 1 of 5 · importance 2 of 5 · 10 minutes · core, 3 points*
#
# **Why.** An example that somebody else chose proves little. Choose your own, and write down what you expect *before* you look.
#
# Return four different words as strings: start, minus, plus, and the answer that you expect. Each has to be a single token with a space in front; write it without the space. At most two of *king*, *man*, *woman* and *queen* may be among them. Whether the model agrees with you costs no points. That is the model's affair.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which steps can a word take? From one to many, from now to then, from a country to its capital, from a thing to its colour. Which words has this model met often?
#
# <details><summary>If you see that a word is more than one token</summary>
#
# `token_id("word")` in a cell of your own says into which pieces a word is cut. Rare and long words are cut; common ones are not.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "my_analogy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def my_analogy() -> tuple[str, str, str, str]:
    """Four words, each one token with a space in front: start, minus, plus, and the answer you expect."""
    ### BEGIN SOLUTION
    return "cat", "dog", "dogs", "cats"
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_my_analogy", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
checks.my_analogy(my_analogy)

# %% [markdown]
# *What you should see:* a tick; below, the place that your answer takes with the model.
#
# **Does the model see it as you do?**

# %% tags=["look", "raises-exception"]
start, minus, plus, expected = my_analogy()
ids, similarities = analogy(W_E, token_id(start), token_id(minus), token_id(plus), k=1000)
found = (
    f"{piece} {value:.2f}"
    for piece, value in zip(token_strings(ids[:4]), similarities.tolist(), strict=False)
)
place = (ids == token_id(expected)).nonzero().flatten().tolist()
print(f"{start} − {minus} + {plus}:   {'   '.join(found)}")
print(f"Your answer, {expected}, comes {f'as number {place[0] + 1}' if place else 'after the first 1,000'}.")

# %% [markdown]
# ## Exercise 5 · `gender_direction`
#
# *Difficulty 2 of 5 · importance 3 of 5 · 10 minutes · core, 7 points*
#
# **Why.** One pair of words differs in many ways. *Man* and *woman* differ in gender, but also in how often they begin a sentence, and in chance. What several pairs have in common is more likely to be what you are after.
#
# For each pair take the step from its first word to its second. Average the steps, as they are, and bring the average to length 1: a direction.
#
# The function works for any pairs. It bears the name of its first use.
#
# <details><summary>Hint 1 · a question</summary>
#
# `pairs` holds ids, `pair 2`. Which shape has `W_E[pairs]`? Where in it are all the first words?
#
# <details><summary>Hint 2 · length 1</summary>
#
# The length of a vector is `vector.norm()`. How long is a vector after it has been divided by its own length?
#
# </details>
#
# <details><summary>If you see "there is a direction for each pair"</summary>
#
# `mean()` needs to be told along which axis. Which axis counts the pairs, and must be gone in the end?
#
# </details>
#
# <details><summary>If you see "every step is brought to length 1 before the average"</summary>
#
# The order matters: first the average, then the length.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "gender_direction", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gender_direction(
    W_E: Float[Tensor, "d_vocab d_model"], pairs: Int[Tensor, "pair 2"]
) -> Float[Tensor, "d_model"]:
    """The average step from each pair's first token to its second, as a vector of length 1."""
    ### BEGIN SOLUTION
    first, second = W_E[pairs].unbind(dim=1)
    step = (second - first).mean(dim=0)
    return step / step.norm()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_gender_direction", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
checks.gender_direction(gender_direction)

# %% [markdown]
# *What you should see:* a tick. What a direction is good for, the next exercise shows.

# %% [markdown]
# ## Exercise 6 · `coordinate_along`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 6 points*
#
# **Why.** A direction is a ruler. Laid along it, every vector has a coordinate: how far it goes that way. From next week on, nearly everything the model does is to measure vectors along directions.
#
# The coordinate is the vector's dot product with a direction of length 1. It is positive if the vector goes the same way, negative if it goes the other way, and 0 if it stands at a right angle: then the two have nothing to do with each other. The direction that you are given may have any length, and the coordinates must not depend on it.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which axis does a dot product sum? `vectors` may have one axis, two or three. Which of them is always the last?
#
# <details><summary>If you see "a longer direction gives larger numbers"</summary>
#
# How did you bring a direction to length 1 in exercise 5?
#
# </details>
#
# <details><summary>If you see "the lengths of the vectors have been divided out as well"</summary>
#
# That is the cosine. A vector that is twice as long goes twice as far.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "coordinate_along", "locked": false, "schema_version": 3, "solution": true, "task": false}
def coordinate_along(
    vectors: Float[Tensor, "... d_model"], direction: Float[Tensor, "d_model"]
) -> Float[Tensor, "..."]:
    """How far each vector goes along `direction`, whatever the direction's own length (which is not 0)."""
    ### BEGIN SOLUTION
    return vectors @ direction / direction.norm()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_coordinate_along", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.coordinate_along(coordinate_along)

# %% [markdown]
# *What you should see:* a tick; below, words for men and words for women mostly on different sides.
#
# **Has the model learned gender, or only pairs of words?** The direction comes from four pairs; none of the words in the picture is among them. 0 is the middle of the words that you see.


# %% tags=["look", "raises-exception"]
def ids_of(pairs: str) -> Int[Tensor, "pair 2"]:
    return torch.tensor([[token_id(word) for word in pair.split("/")] for pair in pairs.split()])


gender = gender_direction(W_E, ids_of("man/woman boy/girl he/she father/mother"))
asked = "king prince uncle brother Tom queen princess aunt sister Anna apple castle dog"
centred = trained(asked.split()) - trained(asked.split()).mean(dim=0)
coordinates = dict(zip(asked.split(), coordinate_along(centred, gender), strict=True))
pictures.bars(coordinates, title="from he to she", value_title="coordinate along the direction")

# %% [markdown]
# **Is gender the only direction?** Three directions, each from three pairs, and words that are in none of the pairs. In which column does each pair of rows differ?

# %% tags=["look", "raises-exception"]
directions = {
    "man → woman": ids_of("man/woman boy/girl father/mother"),
    "one → many": ids_of("dog/dogs cow/cows apple/apples"),
    "now → then": ids_of("run/ran climb/climbed write/wrote"),
}
asked = "king queen uncle aunt cat cats banana bananas sing sang dance danced"
centred = trained(asked.split()) - trained(asked.split()).mean(dim=0)
table = torch.stack(
    [coordinate_along(centred, gender_direction(W_E, pairs)) for pairs in directions.values()], dim=1
)
pictures.heatmap(table, asked.split(), list(directions), title="coordinates along three directions")

# %% [markdown]
# Do not take a direction for the meaning itself. It holds whatever the pairs have in common *in the texts that the model has read*, prejudice and accident included. On a model that has read the internet, lay the words *nurse* and *engineer* along the first ruler.

# %% [markdown]
# ## Exercise 7 · `PosEmbed`
#
# Now the places. **How could a model know that one token stands before another?** GPT-2's answer is as plain as can be: position 0 has a vector, position 1 has another, and so on up to n_ctx − 1. They are learned like everything else.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 13 points*
#
# **Why.** Without it a sentence is a bag of words. Exercise 9 will prove it.
#
# Keep the matrix in `self.W_pos`, an `nn.Parameter` of shape `n_ctx d_model`, random with standard deviation 0.02. `forward` is given the tokens, but only their *shape* counts: a prompt of `seq` tokens gets the first `seq` rows, and every prompt in the batch gets the same ones. Return them with the batch axis, `batch seq d_model`. The prompt is never longer than n_ctx. (What should happen if it were? Week 7.)
#
# <details><summary>Hint 1 · a question</summary>
#
# `batch, seq = tokens.shape`. Which rows of W_pos does a prompt of `seq` tokens need? Which shape do they have together, and which axis is missing?
#
# <details><summary>Hint 2 · the same for every prompt</summary>
#
# `expand(batch, -1, -1)` repeats a tensor along a new first axis without copying it; −1 leaves an axis as it is. `einops.repeat`, or `torch.stack` of the same rows, does as well.
#
# </details>
#
# <details><summary>If you see "the token ids look the position vectors up"</summary>
#
# A position does not depend on *which* token stands there. Where do the numbers 0, 1, 2 … come from?
#
# </details>
#
# <details><summary>If you see "the vectors of one prompt come back, without a batch axis"</summary>
#
# `+` would forgive you, since it repeats what is missing by itself. The next module may not.
#
# </details>
#
# <details><summary>If you see "all n_ctx rows come back"</summary>
#
# `W_pos[:seq]` are the rows from 0 up to, not including, `seq`.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "PosEmbed", "locked": false, "schema_version": 3, "solution": true, "task": false}
class PosEmbed(nn.Module):
    """A vector for each place: the first `seq` rows of the parameter W_pos [n_ctx, d_model], in every prompt."""

    def __init__(self, n_ctx: int, d_model: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.W_pos = nn.Parameter(torch.randn(n_ctx, d_model) * 0.02)
        ### END SOLUTION

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        """The vectors of positions 0 to seq − 1, once for each prompt. What the tokens are does not matter."""
        ### BEGIN SOLUTION
        batch, seq = tokens.shape
        return self.W_pos[:seq].expand(batch, -1, -1)
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_PosEmbed", "locked": true, "points": 13, "schema_version": 3, "solution": false, "task": false}
checks.PosEmbed(PosEmbed)

# %% [markdown]
# **Do neighbouring places have similar vectors?** Nobody told the model that position 7 comes after position 6. A map of all places with all places, taken at equal steps, and how alike two places are on average, by their distance.

# %% tags=["look", "raises-exception"]
W_pos = gpt2.state_dict["transformer.wpe.weight"]
every = len(W_pos) // 32
labels = [str(position) for position in range(0, len(W_pos), every)]
pictures.heatmap(
    cosine_similarity(W_pos[::every], W_pos[::every]),
    labels,
    labels,
    title=f"cosine similarity of positions in {gpt2.name}",
)

# %% tags=["look", "raises-exception"]
distances = range(1, min(128, len(W_pos) // 2))
alike = [torch.cosine_similarity(W_pos[:-distance], W_pos[distance:]).mean() for distance in distances]
pictures.curve(
    list(distances), alike, x_title="distance", y_title="cosine similarity", title="how alike are two places?"
)

# %% [markdown]
# *What you should see:* random vectors give a thin diagonal and nothing else. A diagonal that fades on both sides, and a curve that falls, say that training has found out from texts alone which places are neighbours. How far does it reach here?
#
# ## Exercise 8 · `embed_tokens`
#
# *Difficulty 1 of 5 · importance 5 of 5 · 5 minutes · core, 8 points*
#
# **Why.** This is the line with which GPT-2 begins.
#
# **Add or put side by side?** GPT-2 adds. The sum has the same d_model numbers, and what a token is shares them with where it stands. With hundreds of dimensions there is room for both; the model learns to use different directions for them.
#
# <details><summary>Hint 1 · a question</summary>
#
# Both modules can be called with the tokens. Which shapes come back, and what do they need so that they may be added?
#
# <details><summary>If you see "an axis has the wrong size", or "twice as long"</summary>
#
# Neither `cat` nor `stack` adds anything. There is a sign for it.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "embed_tokens", "locked": false, "schema_version": 3, "solution": true, "task": false}
def embed_tokens(
    tokens: Int[Tensor, "batch seq"], embed: nn.Module, pos_embed: nn.Module
) -> Float[Tensor, "batch seq d_model"]:
    """Where the residual stream begins: each token's vector plus its place's vector, and nothing else.

    `embed` is an Embed and `pos_embed` a PosEmbed, or modules that can be called as they can.
    """
    ### BEGIN SOLUTION
    return embed(tokens) + pos_embed(tokens)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_embed_tokens", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.embed_tokens(embed_tokens)

# %% [markdown]
# *What you should see:* a tick, and no difference from what the model's own first block is given.
#
# **Is that really where the model begins?** `trained_modules` fills your two modules with the model's own numbers. Compare their sum with what the model itself gives to its first block.


# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "trained_modules", "locked": true, "schema_version": 3, "solution": false, "task": false}
def trained_modules() -> tuple[Embed, PosEmbed]:
    """Your Embed and your PosEmbed, holding the reference model's own weights."""
    config, weights = gpt2.config, gpt2.state_dict
    embed, pos_embed = Embed(config.d_vocab, config.d_model), PosEmbed(config.n_ctx, config.d_model)
    with torch.no_grad():
        embed.W_E.copy_(weights["transformer.wte.weight"])
        pos_embed.W_pos.copy_(weights["transformer.wpe.weight"])
    return embed, pos_embed


# %% tags=["look", "raises-exception"]
embed, pos_embed = trained_modules()
prompt = torch.tensor([gpt2.tokenizer.encode("Once upon a time there was a king.")])
with torch.no_grad():
    mine = embed_tokens(prompt, embed, pos_embed)
    its_own = gpt2.model(prompt, output_hidden_states=True).hidden_states[0]
print(f"Largest difference from what the model's first block is given: {(mine - its_own).abs().max():.1e}")
print(
    f"Lengths of the token vectors: {embed(prompt).norm(dim=-1).mean():.2f}, of the place vectors: {pos_embed(prompt).norm(dim=-1).mean():.2f}"
)

# %% [markdown]
# ## Exercise 9 · `order_matters`
#
# *Difficulty 3 of 5 · importance 4 of 5 · 15 minutes · core, 9 points*
#
# **Why.** "Attention is blind to order" is a claim about every input. You cannot prove it by trying, but a measurement that you can repeat on any model and any text comes close. Such a statement is called a **property**.
#
# The property: *shuffled tokens give shuffled vectors*. If the order does not matter to a model, then shuffling the tokens before the model does the same as shuffling the vectors after it. So do both, and return the largest absolute difference between any two numbers: 0, or a tiny number of float32's dust, if the order does not matter; more if it does.
#
# `model` is a function from ids, `batch seq`, to vectors, `batch seq d_model`. `order` is a permutation of the positions: `tokens[:, order]` are the shuffled tokens.
#
# <details><summary>Hint 1 · a question</summary>
#
# Draw three tokens A, B, C as boxes with a vector below each. Shuffle to C, A, B. If the order does not matter, which vector do you expect below C? Where was it before?
#
# <details><summary>Hint 2 · how many calls?</summary>
#
# The model is called twice: once on the shuffled tokens, once on the tokens as they are. What has to be done to the second result?
#
# </details>
#
# <details><summary>If you see "are compared with the vectors in the old order"</summary>
#
# Both sides must be in the same order before they are compared. The vectors have the position axis in the same place as the tokens.
#
# </details>
#
# <details><summary>If you see an IndexError, or "the prompts of the batch change places"</summary>
#
# `x[order]` goes along the first axis, the batch. Which axis is the order of a text?
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "order_matters", "locked": false, "schema_version": 3, "solution": true, "task": false}
def order_matters(
    model: Callable[[Int[Tensor, "batch seq"]], Float[Tensor, "batch seq d_model"]],
    tokens: Int[Tensor, "batch seq"],
    order: Int[Tensor, "seq"],
) -> float:
    """How much the order of the tokens matters to the model: 0 if shuffled tokens give shuffled vectors.

    The largest absolute difference between the vectors of the shuffled tokens and the vectors of the tokens,
    shuffled. `order` shuffles the positions, in every prompt alike.
    """
    ### BEGIN SOLUTION
    inside = model(tokens[:, order])
    outside = model(tokens)[:, order]
    return (inside - outside).abs().max().item()
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_order_matters", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
checks.order_matters(order_matters)

# %% [markdown]
# **Who saw whom?** Here is attention at its barest, without any learned weights: every token reads all tokens, in shares that depend on how alike they are. (All vectors are brought to one size first, as week 4 will do.) It runs on your embeddings, without positions and with them. Then a third model, in which every token reads only those before it.


# %% tags=["look", "raises-exception"]
def reads_all(x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
    x = nn.functional.layer_norm(x, x.shape[-1:])
    return softmax(x @ x.mT / x.shape[-1] ** 0.5, dim=-1) @ x


def reads_earlier(x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
    x = nn.functional.layer_norm(x, x.shape[-1:])
    return x.cumsum(dim=1) / torch.arange(1, x.shape[1] + 1)[:, None]


embed, pos_embed = trained_modules()
sentence = torch.tensor([gpt2.tokenizer.encode(" The dog saw the cat")])
swapped = torch.tensor([0, 4, 2, 3, 1])  # The cat saw the dog
models = {
    "reads all, without positions": lambda tokens: reads_all(embed(tokens)),
    "reads all, with positions": lambda tokens: reads_all(embed_tokens(tokens, embed, pos_embed)),
    "reads the earlier ones, without positions": lambda tokens: reads_earlier(embed(tokens)),
}
with torch.no_grad():
    for name, model in models.items():
        print(f"{name:42} {order_matters(model, sentence, swapped):.2g}")

# %% [markdown]
# *What you should see:* dust in the first line and a real number in the second. Without positions the two sentences are the same to the model, whoever saw whom. And the third line? A rule such as "read only what came before" brings some order in by itself. GPT-2 has both, that rule and positions.
#
# ## Exercise 10 · `Unembed`
#
# The other end. After the last block, each position has a vector that should say what comes next. **How does a vector name a token?** By pointing its way: the logit of a token is the dot product of the vector with that token's row of W_E.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 15 minutes · core, 14 points*
#
# **Why.** It turns 768 numbers that nobody can read into a score for every token there is.
#
# Three things are easy to get wrong, so they are fixed here. **Tied:** the module gets an `Embed` and uses *its* W_E, now and whenever it changes; it learns nothing of its own, not even a bias, a number for each token that would be added. **Logits, not probabilities:** any numbers, large or small, positive or negative; the softmax is somebody else's work. **Every position:** each of them guesses its own next token.
#
# <details><summary>Hint 1 · a question</summary>
#
# `resid` has the shape `batch seq d_model`, `W_E` has `d_vocab d_model`. Which axis do they share, and which shape shall be left? What has to be turned over so that `@` can do it?
#
# <details><summary>Hint 2 · tied</summary>
#
# If you keep the embedding itself, `self.embed = embed`, then `self.embed.W_E` is always the present one. What would a copy that you made in the constructor know of later training?
#
# </details>
#
# <details><summary>If you see "mat1 and mat2 shapes cannot be multiplied"</summary>
#
# `@` sums the last axis of the left side with the second to last of the right. Which of W_E's axes has to be in that place? `.T` turns a matrix over.
#
# </details>
#
# <details><summary>If you see "when training changes W_E, they do not follow"</summary>
#
# `clone`, `.data`, `torch.tensor(…)` and `nn.Parameter(…)` all make something new. Keep what you were given.
#
# </details>
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "Unembed", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Unembed(nn.Module):
    """Logits: the dot product of each position's vector with each token's row of the Embed's own W_E (tied)."""

    def __init__(self, embed: nn.Module):
        super().__init__()
        ### BEGIN SOLUTION
        self.embed = embed
        ### END SOLUTION

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_vocab"]:
        """A logit for every token of the vocabulary, at every position. No softmax, no bias, no scale."""
        ### BEGIN SOLUTION
        return resid @ self.embed.W_E.T
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_Unembed", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
checks.Unembed(Unembed)

# %% [markdown]
# *What you should see:* a tick, and logits that differ from the model's own by rounding only.
#
# **Does it read the model's mind?** The blocks between your two ends are still the model's own. Take the vectors that come out of its last one (after a LayerNorm, `ln_f`, of which next week tells), and let your `Unembed` read them. From logits to probabilities it is one softmax, inside `top_next_tokens`.

# %% tags=["look", "raises-exception"]
embed, _ = trained_modules()
unembed = Unembed(embed)
with torch.no_grad():
    last = gpt2.model.transformer(prompt).last_hidden_state
    logits = unembed(last)
    print(
        f"Largest difference from the model's own logits: {(logits - gpt2.model(prompt).logits).abs().max():.1e}"
    )
print(f"The logits after the last token go from {logits[0, -1].min():.1f} to {logits[0, -1].max():.1f}.")
probabilities, guesses = top_next_tokens(logits, k=5)
for probability, token in zip(probabilities[0].tolist(), token_strings(guesses[0]), strict=True):
    print(f"  {probability:6.2%}  {token}")

# %% [markdown]
# **And if there were no blocks at all?** Connect your two ends directly: embed, then unembed. Which token does each position point at?

# %% tags=["look", "raises-exception"]
embed, _ = trained_modules()
unembed = Unembed(embed)
with torch.no_grad():
    straight = unembed(embed(prompt)).argmax(dim=-1)[0]
for token, guess in zip(token_strings(prompt[0]), token_strings(straight), strict=True):
    print(f"{token:8} points at {guess}")
print(f"{(straight == prompt[0]).float().mean():.0%} of the tokens point at themselves.")

# %% [markdown]
# The best match for a row of W_E is often that row itself. A model of two tied ends would repeat what it has just read. To turn "this is *upon*" into "next comes *a*" is what the blocks between the ends are for.
#
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** Whoever can write down every shape has understood the week. Whoever cannot will find the gap here.
#
# Fill in the shapes for GPT-2 small (d_vocab 50,257, n_ctx 1,024, d_model 768) and a **batch of 2 prompts of length 6**. A shape is a tuple, such as `(2, 6)`; a tensor of five numbers has the shape `(5,)`, with the comma.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows depend on the prompts? They have a batch axis, and the weights have none. Which rows speak of one vector only?
#
# <details><summary>If a row stays wrong</summary>
#
# Look at the signature of the function that makes it: the axes are named there. Then put the numbers in place of the names.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "shape_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shape_table() -> dict[str, tuple[int, ...] | None]:
    """The shapes at both ends of GPT-2 small, for 2 prompts of length 6. Rows may stay None for now."""
    tokens = None  # the ids of the two prompts
    W_E = W_pos = None  # the embedding matrix; the position vectors
    king = None  # the vector of one token, W_E[token_id("king")]
    token_vectors = pos_vectors = None  # what Embed and PosEmbed give for the prompts
    resid = None  # their sum
    similarities = None  # the cosine similarities of that one vector with every token
    direction = None  # what gender_direction makes of five pairs
    coordinates = None  # coordinate_along of the prompts' token vectors
    logits = None  # what Unembed gives for the prompts
    ### BEGIN SOLUTION
    batch, seq, d_vocab, n_ctx, d_model = 2, 6, 50257, 1024, 768
    tokens = coordinates = (batch, seq)
    W_E, W_pos = (d_vocab, d_model), (n_ctx, d_model)
    king, direction, similarities = (d_model,), (d_model,), (d_vocab,)
    token_vectors = pos_vectors = resid = (batch, seq, d_model)
    logits = (batch, seq, d_vocab)
    ### END SOLUTION
    rows = {"tokens": tokens, "W_E": W_E, "W_pos": W_pos, "king": king, "token_vectors": token_vectors}
    rows |= {"pos_vectors": pos_vectors, "resid": resid, "similarities": similarities}
    return rows | {"direction": direction, "coordinates": coordinates, "logits": logits}


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
            "“He sat on the river bank. She went to the bank.” Which vectors does `Embed` give to the two banks?",
            [
                Choice(
                    "Two different ones, since the sentences are about different things.",
                    why="`Embed` sees an id and nothing else. The sentence comes in with attention, in week 5.",
                ),
                Choice(
                    "The same one.",
                    right=True,
                    why="Same id, same row. Only the position vectors that are added may differ.",
                ),
                Choice(
                    "Two slightly different ones, because the lookup is random.",
                    why="The numbers were random once, before training. Looking them up is not.",
                ),
            ],
        ),
        Question(
            "A model finds queen nearest to king − man + woman. What has been shown?",
            [
                Choice(
                    "That the model knows what a queen is.",
                    why="It shows how the two words are used in the texts, not that anything is known of queens.",
                ),
                Choice(
                    "That these words are used differently in a way that man and woman are, too.",
                    right=True,
                    why="A direction is a shared difference in use. And the three words themselves had been left out of the search.",
                ),
                Choice(
                    "That the four vectors form an exact parallelogram.",
                    why="Nearest is not equal. You have seen how far the sum lies from queen.",
                ),
            ],
        ),
        Question(
            "The dot product of two word vectors is 0. What does that say?",
            [
                Choice(
                    "That the words mean the opposite of each other.",
                    why="Vectors that point opposite ways have a negative dot product.",
                ),
                Choice(
                    "That the vectors stand at a right angle: along one of them, the other does not move at all.",
                    right=True,
                    why="Positive: they share a way. Negative: they go against each other. Zero: neither.",
                ),
                Choice(
                    "That one of the words is unknown to the model.",
                    why="Every token has a vector. Random vectors come close to 0 with each other, so it is a hint at most.",
                ),
            ],
        ),
        Question(
            "Why does GPT-2 add the position vectors and not put them beside the token vectors?",
            [
                Choice(
                    "Because attention could not read them otherwise.",
                    why="It could: a longer vector is a vector, too. It would only cost more.",
                ),
                Choice(
                    "Because adding keeps d_model numbers, and the model can learn which directions to use for what.",
                    right=True,
                    why="The residual stream works like that everywhere: whoever writes, adds.",
                ),
                Choice(
                    "Because position and meaning are the same thing.",
                    why="They are not, and the model usually keeps them apart, in different directions.",
                ),
            ],
        ),
        Question(
            "W_E is tied: the same matrix embeds and unembeds. What follows for training?",
            [
                Choice(
                    "A row is moved from both ends: when its token is read and when its token is scored.",
                    right=True,
                    why="And at the scoring end every row gets a push at every position, whether its token is there or not.",
                ),
                Choice(
                    "The unembedding cannot learn.",
                    why="It learns as W_E does. `Unembed` has no numbers of its own; that is another matter.",
                ),
                Choice(
                    "Each token will always be predicted to follow itself.",
                    why="Only if nothing stood in between. The blocks turn the vector of what was read into that of what comes next.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# ### In your own words
#
# A classmate says: *"The embedding is a dictionary. For every word it holds the meaning, so that words with the same meaning get the same vector, and that is all a model needs to understand a sentence."* What is right about this, and what is not? Answer in four or five sentences, and use the words **training**, **direction** and **position**. A person reads this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It is right that the embedding is a table with one entry for each token, looked up in the same way wherever the token stands. But nobody wrote meanings into it: the numbers began at random, and training moved them until they helped to guess the next token, so a vector says how a token is used in the texts that were read, prejudices included. Words that are used alike get vectors that point nearly the same way, not equal ones, and a difference that many pairs share, such as that between a man and a woman, shows up as a direction. And it is not all that is needed: the entry is the same for a river bank and for a bank with money in it, and without position vectors the model would not even know in which order the words came. What a word means in this sentence is worked out later, in the blocks.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `pca_3d`
#
# **How does one draw 768 dimensions?** One looks for the direction in which the points differ most and takes the coordinate along it; then for the direction at right angles to it in which they differ most; then for a third. That is a *principal component analysis*, and you have looked at its results all day.
#
# *Difficulty 4 of 5 · importance 3 of 5 · 30 minutes · stretch, 15 points*
#
# **Why.** Every picture of a large space that you will ever see is a shadow, and this is how the shadow is cast.
#
# 1. Centre the points: subtract the mean vector.
# 2. Find the directions. The singular value decomposition `U, S, Vh = torch.linalg.svd(centred, full_matrices=False)` has them in the rows of `Vh`, the strongest first.
# 3. Take each centred point's coordinates along the first three.
# 4. Fix the signs. A direction and its opposite are equally good, and which one comes out is chance. So agree: on each axis, the coordinate that is **largest in size** shall be positive.
#
# `torch.pca_lowrank` and scikit-learn would do the work for you. `torch.linalg.svd` and `torch.linalg.eigh` are allowed.
#
# <details><summary>Hint 1 · a question</summary>
#
# `Vh` has a row for each direction, `centred` a row for each point. Which of the two has to be turned over so that their product has a row for each point and a column for each direction?
#
# <details><summary>Hint 2 · the signs</summary>
#
# `coordinates.abs().argmax(dim=0)` says, for each axis, which point lies farthest out. On which side does it lie? `x.sign()` is 1 or −1.
#
# </details>
#
# <details><summary>If you see "the signs are whatever the decomposition came up with"</summary>
#
# Step 4. It needs one number for each axis, not for each point.
#
# </details>
#
# <details><summary>If you see "the signs follow the largest number of each axis"</summary>
#
# That is another convention, which looks at the direction. Ours looks at the coordinates of the points.
#
# </details>
#
# <details><summary>If you see "all three axes have the same spread"</summary>
#
# `U` alone has lost how far the points are spread: that is in `S`.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "pca_3d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pca_3d(vectors: Float[Tensor, "n d"]) -> Float[Tensor, "n 3"]:
    """Coordinates of the centred vectors along their three principal directions, the strongest first.

    On each axis the coordinate that is largest in size is positive. There are at least four vectors of at
    least three numbers.
    """
    ### BEGIN SOLUTION
    centred = vectors - vectors.mean(dim=0)
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    coordinates = centred @ directions[:3].T
    farthest = coordinates.abs().argmax(dim=0)
    return coordinates * coordinates[farthest, torch.arange(3)].sign()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_pca_3d", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.pca_3d(pca_3d)

# %% [markdown]
# *What you should see:* a tick, and your own words in space.
#
# **Which words would you like to see?** Your own function on words of your own choice. Replace them; `token_id` complains about those that are cut.

# %% tags=["look", "raises-exception"]
choice = {
    "days": "Monday Tuesday Friday Sunday",
    "months": "January March June December",
    "colours": "red blue green white",
    "names": "Tom Anna John Mary",
}
mine = [(word, kind) for kind, row in choice.items() for word in row.split()]
pictures.vectors_3d(pca_3d(trained(word for word, _ in mine)), *zip(*mine, strict=True))

# %% [markdown]
# ## Stretch 2 · `sinusoidal_positions`
#
# GPT-2 learns its positions. The first Transformer did not: it *calculated* them (Vaswani et al. 2017, section 3.5). **How can one make a different vector for each position out of a formula, so that near places are alike?** With hands of clocks. The fast hand tells neighbours apart, the slow ones tell early from late.
#
# *Difficulty 3 of 5 · importance 2 of 5 · 25 minutes · stretch, 15 points*
#
# **Why.** Positions that are calculated have no last one, and the rotary positions of week 6 are made of the same clocks.
#
# For position p and the pair of columns i = 0, 1, …, d_model/2 − 1, the angle is
#
# angle(p, i) = p / 10000^(2i / d_model)
#
# Column 2i holds its sine and column 2i + 1 its cosine; so sines and cosines take turns. d_model is even, positions count from 0, and the result is float32.
#
# <details><summary>Hint 1 · a question</summary>
#
# How many different angles does one position have? Make a table of them, `n_ctx` by `d_model / 2`: positions down, pairs across. `[:, None]` makes a column of a row.
#
# <details><summary>Hint 2 · taking turns</summary>
#
# Either fill an empty table in two steps, `table[:, 0::2]` and `table[:, 1::2]`. Or stack sines and cosines along a new last axis, and flatten it.
#
# </details>
#
# <details><summary>If you see "all sines stand in the left half"</summary>
#
# `cat` puts one block behind the other. Which axis would have to be the last before you flatten?
#
# </details>
#
# <details><summary>If you see "the exponent is half of what it should be"</summary>
#
# i counts *pairs*. The exponent goes from 0 nearly up to 1.
#
# </details>
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "sinusoidal_positions", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sinusoidal_positions(n_ctx: int, d_model: int) -> Float[Tensor, "n_ctx d_model"]:
    """The calculated position vectors of Vaswani et al. 2017: sines in even columns, cosines in odd ones."""
    ### BEGIN SOLUTION
    pair = torch.arange(d_model // 2)
    angles = torch.arange(n_ctx)[:, None] / 10_000 ** (2 * pair / d_model)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(start_dim=1)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_sinusoidal_positions", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
checks.sinusoidal_positions(sinusoidal_positions)

# %% [markdown]
# *What you should see:* a tick; the columns on the left swing fast, those on the right slowly.
#
# **Fast hands and slow hands.** 32 positions down, 24 columns across. Which columns would you ask whether two tokens are neighbours? Which, whether you are near the end?

# %% tags=["look", "raises-exception"]
pictures.heatmap(
    sinusoidal_positions(32, 24), row_title="position", column_title="column", title="calculated positions"
)

# %% [markdown]
# **Did GPT-2 come to something like it by itself?** The same curve as in exercise 7, for both.

# %% tags=["look", "raises-exception"]
calculated = sinusoidal_positions(*W_pos.shape)
both = {gpt2.name: W_pos, "calculated": calculated}
pictures.curves(
    list(distances),
    {
        name: [torch.cosine_similarity(table[:-distance], table[distance:]).mean() for distance in distances]
        for name, table in both.items()
    },
    x_title="distance",
    y_title="cosine similarity",
    title="how alike are two places?",
)

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you **drives** and types. The other **navigates**: reads the text aloud, says the shapes, and asks why. Swap after every exercise that has its tick, or after 15 minutes, whichever comes first.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Each of you names one thing that the picture shows and one that it cannot show. |
# | 10–25 | Exercise 1 and the two heatmaps. Agree on your scratchpad: the names `tokens`, `W_E`, `W_pos`, `resid`, `logits`, and what a row is in each. **Swap.** |
# | 25–45 | Exercises 2 and 3. Write down your guesses before you run the analogies. **Swap.** |
# | 45–55 | Exercise 4: one analogy from each of you. Who finds one that works, who one that fails in an interesting way? |
# | 55–70 | Exercises 7 and 8. **Swap.** |
# | 70–80 | Exercise 10, and the model's guesses read by your own Unembed. |
# | 80–90 | The two questions below. |
#
# Core is exercises 1 to 11; 5, 6, 9 and 11 do well as homework. Stretch is for whoever has time left. **Not finishing is normal:** a session that ends with ids going in and logits coming out is a good one.
#
# **Two questions to argue about.**
#
# 1. You find a direction along which *he* and *she* differ, and *engineer* and *nurse* do as well. Is that knowledge or prejudice? Could you take the direction out of all vectors, and what else would you take out with it?
# 2. A model has 1,024 position vectors. You give it 1,025 tokens. What could it do, and what would each choice cost? Would sines and cosines help?
#
# **Where pairs get stuck.** At rows and columns of W_E, when one of you thinks `W[:, id]`: print the shape of what comes back. At `exclude`, when a token is taken out of the table and all ids move: change the similarities, not the table. At `Unembed`, when everything is right but the check speaks of a copy: ask who owns the numbers.
#
# ## What you have built
#
# - **Embed**: a token's row of W_E, the same in every sentence.
# - **nearest_tokens**: who points the same way.
# - **analogy** and **my_analogy**: arithmetic with words, small print included.
# - **gender_direction** and **coordinate_along**: a direction out of pairs, and a ruler along it.
# - **PosEmbed**: a row of W_pos for each place.
# - **embed_tokens**: their sum, where the residual stream begins.
# - **order_matters**: the proof that a bag of words needs places.
# - **Unembed**: a logit for every token, by the same W_E.
#
# What is still missing? Everything between the two ends. Next week you build the half of a block that works on each position alone.
#
# Words of this week in the [glossary](../glossary.md): *analogy, cosine similarity, d_model, d_vocab, direction, embedding, embedding matrix, logits, n_ctx, permutation, position, position vector, principal component analysis, property, residual stream, sinusoidal positions, tied, unembedding, W_pos*.
