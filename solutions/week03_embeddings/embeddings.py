# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Week 3 · Tokens and positions become vectors
#
# **The big idea.** Every token has a vector of its own, its **embedding**, and so has every position in a text. Their sum is where GPT-2 begins. The numbers are random at first; training moves them until tokens that are used alike have similar vectors, and until a difference between words, such as that between *man* and *woman*, has become a **direction**.
#
# | | |
# |---|---|
# | **You will have built** | both ends of GPT-2, ids to vectors and vectors to logits, and the tools to explore the space of embeddings |
# | **You need** | cosine similarity, softmax and top_next_tokens (week 1), which `parts.py` beside this notebook provides, what a token id is (week 2), and Python's classes |
# | **Time** | reading and demonstrations 1 h 25 min · core exercises 2 h 25 min · stretch 55 min |
# | **Where we are** | text → tokens → **embeddings** → blocks → **logits** → probabilities → next token |
#
# Last week a text became ids, and an id is only a name. Now each of them gets its vector. In week 1 the vectors were chosen by hand, in three dimensions. Now you open a trained model and explore the ones that it has learned.
#
# Run the cells from top to bottom. Where a cell says `# YOUR CODE HERE`, write your code; the check below it compares the result with GPT-2's own layers, with torch, or with a formula, as its last words tell you.

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
from utils.story_world import story
from utils.story_world.analogies import MALE_AND_FEMALE, NOW_AND_THEN, ONE_ANIMAL_AND_MANY
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
    """The id of a word that is one token with a space before it: token_id("king") is the id of " king"."""
    ids = gpt2.tokenizer.encode(f" {word}")
    if len(ids) != 1:
        cut = " ".join(token_strings(ids))
        raise ValueError(
            f"{word!r} is {len(ids)} tokens ({cut}), so it has no single vector. Try another word."
        )
    return ids[0]


def trained(words: Iterable[str]) -> Float[Tensor, "word d_model"]:
    """The reference model's own vectors of some words."""
    return gpt2.state_dict["transformer.wte.weight"][[token_id(word) for word in words]]


def in_3d(vectors: Float[Tensor, "n d_model"]) -> Float[Tensor, "n 3"]:
    """Coordinates along the three directions in which the vectors differ most. In stretch 1 you write it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _, _, directions = torch.pca_lowrank(vectors, q=min(vectors.shape))
    return (vectors - vectors.mean(dim=0)) @ directions[:, :3]


# %% [markdown]
# ## A first look
#
# Inside the model each of these words is a list of numbers. They were not written by hand; training has found them.
#
# **Which words lie close together? And is the step from *man* to *woman* the same as the step from *king* to *queen*?** Drag to rotate the picture, scroll to zoom, click a group in the legend to hide it. The grey arrows are the steps.

# %% tags=["look", "raises-exception"]
vectors = trained(words)
points = in_3d(vectors)
kept = points.square().sum() / (vectors - vectors.mean(dim=0)).square().sum()
print(
    f"Each word is {gpt2.config.d_model} numbers. The three directions shown hold {kept:.0%} of the variance among these words."
)
pictures.steps_3d(points, words, STEPS, groups)

# %% [markdown]
# Three directions are a **projection** of the real space, and a projection hides things: two words may look near and be far apart in a direction that is not shown. So compute as well as look. A dot product uses all the numbers, and so does the cosine similarity of week 1.
#
# **How similar are the directions of the five steps?** 1 means the same direction, 0 a right angle; steps between random pairs of words would be near 0.

# %% tags=["look", "raises-exception"]
steps = trained(she for _, she in STEPS) - trained(he for he, _ in STEPS)
names = [f"{he} → {she}" for he, she in STEPS]
pictures.heatmap(cosine_similarity(steps, steps), names, names, title="cosine similarity of the steps")

# %% [markdown]
# ## The idea in plain words
#
# **Tokens.** GPT-2 has a large table, the **embedding matrix** W_E, with a row for each of its 50,257 tokens. Embedding a token means looking up its row: the same token has the same vector in every sentence (a **static** embedding). What *bank* means *here* is not in it yet; the blocks make a **contextual** vector from it.
#
# **Positions.** A second table, **W_pos**, has a row for each position from 0 to **n_ctx** − 1. Why is it needed? Attention, the part of a block in which tokens read each other, does not use their order: if every token can read all others, *the dog saw the cat* and *the cat saw the dog* are the same **bag of words** to it. In GPT-2 a token reads only earlier ones, which brings in some order (exercise 9 measures it), and the positions give it exactly.
#
# **Their sum** is the beginning of the **residual stream**: one vector for each token, which every block reads and to which every block adds its result. It is often compared to a whiteboard on which everything is written over everything else. Nothing is overwritten, but a later layer can cancel what an earlier one has written, by adding its negative. A token's embedding and its position's embedding are the first two terms of the sum, in the same d_model numbers.
#
# **And back.** At the end of the model each vector is compared with every row of W_E, by a dot product. The larger it is, the higher that token's **logit**. GPT-2 uses the same table at both ends, which is called **weight tying** (Press and Wolf, 2016, arXiv:1608.05859).
#
# How does a row get its numbers? They begin at random. For each prediction, training changes all numbers a little, so that the token that came gets a higher probability (weeks 10 and 11). Tokens that occur in similar contexts are changed in similar ways, again and again.

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
# Keep a scratchpad of shapes while you write; it complains when an axis changes its size on the way.

# %% tags=["look", "raises-exception"]
pad = Scratchpad(batch=2, seq=6, d_vocab=50257)
pad.note("tokens", (2, 6), "batch seq")
pad.note("W_E", (50257, 768), "d_vocab d_model")
pad.note("resid", (2, 6, 768), "batch seq d_model")
pad

# %% [markdown]
# ## Exercise 1 · `Embed`
#
# *Difficulty 1 of 5 · importance 5 of 5 · 15 minutes · core, 12 points*
#
# **Why.** This layer turns ids into vectors. In week 1 you did it as a product with one-hot rows. Looking the rows up gives the same result and touches only the rows that are needed.
#
# This is your first **module**, torch's way to keep numbers and a function together. `__init__` makes the numbers that the module has, after `super().__init__()`, which is there already; `forward` computes the result; and `embed(tokens)` calls `forward`.
#
# Keep the matrix in `self.W_E`, an `nn.Parameter` of shape `d_vocab d_model`: a tensor that training may change. Start it with random numbers of standard deviation 0.02, as OpenAI's code for GPT-2 does (for W_pos it has 0.01; Hugging Face's and nanoGPT's have 0.02 for both, and so has this course). About 99.7% of them are between −0.06 and 0.06. An id that the vocabulary does not have must end in an error of some kind, not in a wrong vector. (Negative ids do not occur.) `nn.Embedding` and `F.embedding` are what you are writing, so they are not allowed.
#
# <details><summary>Hint 1 · a question</summary>
#
# `table[3]` is row 3 of a tensor. What is `table[torch.tensor([3, 1, 3])]`? Try it on a small table. And if the ids have the shape `batch seq`?
#
# <details><summary>Hint 2 · random numbers of the right size</summary>
#
# `torch.randn(…)` draws numbers of standard deviation 1. What has to be done to them to make their standard deviation 50 times smaller?
#
# </details>
# </details>
#
# <details><summary>If you see "the ids choose columns of W_E, not rows"</summary>
#
# An index before the comma is for the first axis, an index after it for the second. Which axis counts the tokens?
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
# Something between the ids and the rows turns wrong ids into valid ones. Indexing itself raises an error, if you let it.
#
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


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_Embed", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.Embed(Embed)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ Embed            10 of 10 cases equal GPT-2's wte`; one of the cases is two prompts in the model's own vectors. In the first heatmap below, all values off the diagonal are near 0 (with 96 numbers, the lowest is −0.25). In the second, for the storyteller, they lie between 0.44 and 1, with blocks for the groups.
#
# </details>
#
# **What does the space look like before training?** Your `Embed` has just been made. Which words are similar now? Compare with the trained vectors in the cell after it.

# %% tags=["look", "raises-exception"]
torch.manual_seed(3)
untrained = Embed(gpt2.config.d_vocab, gpt2.config.d_model)
with torch.no_grad():
    first = untrained(torch.tensor([[token_id(word) for word in words]]))[0]
pictures.heatmap(cosine_similarity(first, first), words, words, title="cosine similarity before training")

# %% tags=["look", "raises-exception"]
pictures.heatmap(cosine_similarity(vectors, vectors), words, words, title=f"cosine similarity in {gpt2.name}")

# %% [markdown]
# Random vectors with many numbers are nearly orthogonal. What else you see in the second picture comes from training: tokens that are used alike have become similar because this helped to predict the next token. And all pairs are well above 0, related or not: the trained vectors have a direction in common (week 1's *anisotropy*). So compare a similarity with the others, not with 0.
#
# **How large is this table, and how much of the model does it take up?** All GPT-2s, and GPT-3 as well, have the same 50,257 tokens; they differ in d_model. (GPT-3's is 12,288: Brown et al., 2020, table 2.1.)

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
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · core, 11 points*
#
# **Why.** You cannot look at a space of hundreds of dimensions. But you can list the nearest neighbours of any point in it.
#
# *Near* means here: having a similar direction. So the measure is the **cosine similarity**. Compare the vector with every row of `W_E`, and return two tensors of length k: the ids of the most similar tokens, the nearest first, and their similarities in the same order. Tokens in `exclude` are left out altogether: a list of the neighbours of *king* should not begin with *king*.
#
# `cosine_similarity` of week 1 is imported. It compares every row of one table with every row of another.
#
# <details><summary>Hint 1 · a question</summary>
#
# `cosine_similarity(a, b)` takes two tables. How does one vector become a table with one row? Which row of the result do you need, and how long is it?
#
# <details><summary>Hint 2 · the best k</summary>
#
# A tensor's `topk` returns `.values`, the largest first, and `.indices`. In a row with an entry for each token, the index is the token's id.
#
# </details>
#
# <details><summary>Hint 3 · leaving out</summary>
#
# Which similarity must a token have so that it comes after all others, whatever they are? `row[[2, 5]] = …` changes two entries at once, and `list(exclude)` makes a list of any sequence.
#
# </details>
# </details>
#
# <details><summary>If you see "number of subscripts", or "selected index k out of range"</summary>
#
# Print the shape of the tensor in that line. A vector has one axis and a table has two; and `topk` works along the last axis, so that must be the axis of the tokens.
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
# When rows are taken out of W_E, all rows after them move up. Leave W_E as it is, and change the similarities.
#
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


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_nearest_tokens", "locked": true, "points": 11, "schema_version": 3, "solution": false, "task": false}
checks.nearest_tokens(nearest_tokens)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ nearest_tokens   9 of 9 cases equal torch's cosine similarity`. In the storyteller *king* has *queen* (0.85) first, *dog* has *cat* (0.80), and the last line counts 798 different vectors.
#
# </details>
#
# **Which tokens are nearest, among all 50,257?** Change the words. Try one that is unrelated to the others, and one with two meanings, such as *orange*.

# %% tags=["look", "raises-exception"]
W_E = gpt2.state_dict["transformer.wte.weight"]
for word in ("king", "dog", "apple", "football", "orange"):
    ids, similarities = nearest_tokens(W_E, W_E[token_id(word)], k=5, exclude=[token_id(word)])
    near = (
        f"{token} {value:.2f}" for token, value in zip(token_strings(ids), similarities.tolist(), strict=True)
    )
    print(f"{word:9} {'   '.join(near)}")

print(f"\n{gpt2.name} has {len(W_E.unique(dim=0)):,} different vectors for its {len(W_E):,} tokens.")

# %% [markdown]
# A token that never occurs in the training text is never looked up. But its row is also a row of the unembedding, and there it is changed at every position: its logit is pushed down. So all unseen tokens are pushed in the same way and end up similar. In the storyteller they have one common row by construction, which keeps its file small. Real models have such rows, too: Land and Bartolo (2024, arXiv:2405.05417) find under-trained tokens by them.
#
# ## Exercise 3 · `analogy`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 9 points*
#
# **Why.** If differences between words are directions, then vectors can be added and subtracted in a meaningful way: *king − man + woman*, such an **analogy**, takes the step from *man* to *woman*, starting at *king*. Where does it end?
#
# Take the vectors as they are, without changing their lengths, and find the k tokens nearest to `start − minus + plus`. Leave out all three words of the question. (A cell below shows why.)
#
# <details><summary>Hint 1 · a question</summary>
#
# `start`, `minus` and `plus` are ids. What has to happen before anything can be added or subtracted? And which of your functions does the rest?
#
# </details>
#
# <details><summary>If you see "the step goes from plus to minus"</summary>
#
# Put it in words first: begin at *king*, subtract *man*, add *woman*. Which argument has which sign?
#
# </details>
#
# <details><summary>If you see "the ids are added and subtracted"</summary>
#
# Tokens 10 and 20 are not related to token 30. Look the vectors up first.
#
# </details>
#
# <details><summary>If you see "may themselves be the answer"</summary>
#
# `exclude` takes any number of ids.
#
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
# <details><summary>What you should see</summary>
#
# `✓ analogy          12 of 12 cases equal torch's cosine similarity`. In the storyteller: *queen* (0.92), *princess* (0.90), *uncle* (0.93) and *cats* (0.76) come first; *sing − run + ran* fails, its nearest token is *taste*.
#
# </details>
#
# **Is the famous one right?** And what about questions that are less famous?

# %% tags=["look", "raises-exception"]
QUESTIONS = ["king man woman", "prince boy girl", "aunt woman man", "cat dog dogs", "sing run ran"]
for question in QUESTIONS:
    start, minus, plus = question.split()
    ids, similarities = analogy(W_E, token_id(start), token_id(minus), token_id(plus), k=3)
    found = (
        f"{token} {value:.2f}" for token, value in zip(token_strings(ids), similarities.tolist(), strict=True)
    )
    print(f"{start + ' − ' + minus + ' + ' + plus:22} {'   '.join(found)}")

# %% [markdown]
# **And with words of your own?** The line takes any word that is one token. A question from the literature is *sushi + Germany − Japan*, whose answer should be a German dish. The storyteller has never read these words: what does it answer, and how do the cosine similarities show that the answer means nothing?

# %% tags=["look", "raises-exception"]
pictures.vector_math(gpt2, "sushi + Germany − Japan")

# %% [markdown]
# **What if nothing is left out?** And how far along the step is *queen* nearer than *king*? The curves follow `king + t · (woman − man)`: t = 0 is *king*, t = 1 is the whole step. Predict first: which token is nearest to king − man + woman when no word is left out?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
king, queen, man, woman = trained(["king", "queen", "man", "woman"])
ids, _ = nearest_tokens(W_E, king + (woman - man), k=3)
print(f"Nearest to king − man + woman, nothing left out: {'   '.join(token_strings(ids))}")

t = torch.linspace(0, 3, 61)
walk = cosine_similarity(king + t[:, None] * (woman - man), torch.stack([king, queen, man, woman]))
overtaken = t[walk[:, 1] > walk[:, 0]]
where = f"from t = {overtaken[0]:.2f} on" if len(overtaken) else "nowhere up to t = 3"
print(f"queen is nearer than king {where}.")
pictures.curves(
    t,
    dict(zip(["king", "queen", "man", "woman"], walk.T, strict=True)),
    x_title="t",
    y_title="cosine similarity",
    title="king + t · (woman − man)",
)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# In the storyteller *queen* is nearest, and it is nearer than *king* from t = 0.75 on; *king* comes second. In other models *king* itself is often nearest, since the step is short.
#
# </details>
#
# So "king − man + woman = queen" usually holds only because the three words of the question are left out. Linzen (2016, arXiv:1606.07736) shows how much of the success of such analogies comes from this. Exercise 4 measures it.
#
# Here is the same sum in three dimensions: from *king*, the step from *man* to *woman*.

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
# *Difficulty 3 of 5 · importance 4 of 5 · 20 minutes · core, 8 points*
#
# **Why.** One analogy that works is weak evidence. It may have been chosen because it works; and the answer may be a neighbour of *start* anyway, so that the step adds nothing. Here you test a hypothesis: a relation between words, such as from singular to plural, is a step that many pairs have in common.
#
# What would speak against it? Three things are needed to find out: *many questions* about one relation, a *baseline*, which is the search without the step, and the same measurement with the words of the question *left in*.
#
# `questions` holds four ids in each row: start, minus, plus and the right answer, all different. Find the answer's rank: 1 if no other token is more similar, 2 if one is, and so on. Return two tensors with a rank for each question:
#
# 1. among the tokens near `start − minus + plus`, the vectors as they are;
# 2. among the tokens near `start` alone, the baseline.
#
# *Near* means a high cosine similarity. Compare numbers out of one table: the same similarity, computed in two ways, may differ in its last digit, and then the answer seems to be nearer than itself. With `leave_out`, the row's start, minus and plus do not count, in either list; without it, they count like all other tokens.
#
# <details><summary>Hint 1 · a question</summary>
#
# A rank needs no sorting. If you know how similar the answer is to the target, which tokens do you have to count?
#
# <details><summary>Hint 2 · all questions at once</summary>
#
# The columns of `questions` are four lists of ids, and a list of ids picks a table of vectors from W_E. `cosine_similarity` compares every row of that table with every row of W_E. Which shape does the result have?
#
# </details>
#
# <details><summary>Hint 3 · one entry of each row</summary>
#
# `table.gather(1, index)` picks from each row of a table, and `table.scatter_(1, index, number)` writes a number to the places that it picks. In both, `index` has a row for each row of the table. A loop over the questions also works.
#
# </details>
# </details>
#
# <details><summary>If you see "ranks count from 0"</summary>
#
# How many tokens are more similar than the one that comes first? And what is its rank?
#
# </details>
#
# <details><summary>If some ranks are 1 too high</summary>
#
# Does the answer count itself? It does after ≥, and it may if its own similarity is computed in another way than the others: two ways differ in the last digit. Take it out of the same table.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "my_analogy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def my_analogy(
    W_E: Float[Tensor, "d_vocab d_model"], questions: Int[Tensor, "question 4"], leave_out: bool = True
) -> tuple[Int[Tensor, "question"], Int[Tensor, "question"]]:
    """The ranks of the right answers near start − minus + plus, and their ranks near start alone.

    A row of `questions` is start, minus, plus, answer. Rank 1 is the most similar token. With `leave_out`, the
    row's start, minus and plus are not counted.
    """
    ### BEGIN SOLUTION
    start, minus, plus, answer = questions.T
    ranks = []
    for target in (W_E[start] - W_E[minus] + W_E[plus], W_E[start]):
        similarities = cosine_similarity(target, W_E)
        right = similarities.gather(1, answer[:, None])
        if leave_out:
            similarities.scatter_(1, questions[:, :3], -torch.inf)
        ranks.append(1 + (similarities > right).sum(dim=1))
    return ranks[0], ranks[1]
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_my_analogy", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
checks.my_analogy(my_analogy)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ my_analogy       16 of 16 cases equal torch's cosine similarity`. With the five pairs of animals below, in the storyteller: the step finds the plural first in 75% of the 20 questions and *start* alone in none. If the words of the question stay in, the step finds it in 20%: usually the nearest token is then *start* itself, and the answer has rank 2 in the middle of the list.
#
# </details>
#
# **Is your relation a direction?** Choose one and write four pairs of words or more, each word a single token with a space before it: countries and capitals, things and colours, opposites, or another. Write down what you expect *before* you look: how often is the answer first, with the step and without it?

# %% tags=["look", "raises-exception"]
MY_PAIRS = "cat/cats horse/horses pig/pigs rabbit/rabbits lion/lions"  # change them
my_prediction = ""  # write it between the quotes, then run this cell


# %% tags=["look", "raises-exception"]
def questions_about(pairs: Sequence[Sequence[str]]) -> Int[Tensor, "question 4"]:
    """Every pair asked with the step of every other: start, minus, plus, answer, where all four are different."""
    rows = [
        [start, minus, plus, answer]
        for start, answer in pairs
        for minus, plus in pairs
        if len({start, answer, minus, plus}) == 4
    ]
    return torch.tensor([[token_id(word) for word in row] for row in rows])


def report(W_E: Float[Tensor, "d_vocab d_model"], pairs: Sequence[Sequence[str]], title: str) -> None:
    """Prints how often the right answer is first, and its rank in the middle of the list (the median)."""
    questions = questions_about(pairs)
    print(f"{title}: {len(questions)} questions")
    for leave_out in (True, False):
        print(f"    words of the question {'left out' if leave_out else 'left in':8}", end="")
        for name, ranks in zip(("step", "start alone"), my_analogy(W_E, questions, leave_out), strict=True):
            first = (ranks == 1).float().mean()
            print(f"   {name}: first in {first:4.0%}, median {ranks.median():5,}", end="")
        print()


print("you predicted:", my_prediction or "(nothing yet)")
report(W_E, [pair.split("/") for pair in MY_PAIRS.split()], MY_PAIRS)

# %% [markdown]
# Now three relations that the course chose before any model was trained. **For which of them is the step more than a list of neighbours?** And how much does it flatter to leave the words of the question out?

# %% tags=["look", "raises-exception"]
RELATIONS = {"man to woman": MALE_AND_FEMALE, "one to many": ONE_ANIMAL_AND_MANY, "now to then": NOW_AND_THEN}
for name, pairs in RELATIONS.items():
    report(W_E, pairs, name)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# In the storyteller, with the words left out, the step is first in 81%, 76% and 88% of the questions. That looks like three successes. But from *man to woman* the baseline is first in 85%: in the stories *king* and *queen* are used so much alike that the nearest neighbour is already the answer, and the step is not even needed. For the other two the baseline is first in none, so there the step does the work. With the words left in, the step's 81%, 76% and 88% become 66%, 12% and 36%.
#
# </details>
#
# Linzen (2016) found the same in other word vectors: some relations are solved by a neighbour of *start* alone, and few survive when nothing is left out. Report the baseline and say what was left out; then a reader can tell what a number like 81% means.
#
# **Does the common direction matter?** All rows of W_E are similar to one another (*anisotropy*), because they have their mean in common. In a difference like *woman − man* it cancels, but *start* still has it. Subtract the mean of all different rows, and measure again. Which of the two columns do you expect to change more?

# %% tags=["look", "raises-exception"]
centred_W_E = W_E - W_E.unique(dim=0).mean(dim=0)
for name, pairs in RELATIONS.items():
    report(centred_W_E, pairs, f"{name}, centred")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# In the storyteller the step changes from 81%, 76% and 88% to 81%, 88% and 86%, the baseline from 85%, 0% and 0% to 92%, 14% and 62%. So centring helps the baseline most. For *now to then* the conclusion is weaker than it was: without the common direction, the nearest neighbour of a verb is its past in 62% of the questions, and the step adds 24 points, not 88.
#
# </details>

# %% [markdown]
# ## Exercise 5 · `gender_direction`
#
# *Difficulty 2 of 5 · importance 3 of 5 · 10 minutes · core, 7 points*
#
# **Why.** One pair of words differs in many ways. *Man* and *woman* differ in gender, but also in their frequency, in the contexts they occur in, and by chance. A difference that several pairs have in common is more likely to be the one that you mean. (Directions of this kind: Bolukbasi et al., 2016, arXiv:1607.06520.)
#
# For each pair take the step from its first word to its second. Average the steps as they are, and divide the average by its length: a **direction** is a vector of length 1.
#
# The function works for any pairs; it is named after its first use.
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
# </details>
#
# <details><summary>If you see "there is a direction for each pair"</summary>
#
# `mean()` needs an axis. Which axis counts the pairs and must be gone in the result?
#
# </details>
#
# <details><summary>If you see "every step is brought to length 1 before the average"</summary>
#
# The order matters: first the average, then the length.
#
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
# <details><summary>What you should see</summary>
#
# `✓ gender_direction 5 of 5 cases equal the mean step in float64`. The result has d_model numbers and length 1; the next exercise uses it.
#
# </details>

# %% [markdown]
# ## Exercise 6 · `coordinate_along`
#
# *Difficulty 2 of 5 · importance 4 of 5 · 10 minutes · core, 6 points*
#
# **Why.** Along a direction every vector has a coordinate: how far it goes that way. Much of what the model computes, from attention scores to logits, is of this form: dot products of vectors with learned directions.
#
# The coordinate is the vector's dot product with a direction of length 1. It is positive if the vector points the same way, negative if it points the other way, and 0 if the two are orthogonal: then the vector has no component along the direction. The direction that you are given may have any length, and the coordinates must not depend on it.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which axis does a dot product sum? `vectors` may have one axis, two or three. Which of them is always the last?
#
# </details>
#
# <details><summary>If you see "a longer direction gives larger numbers"</summary>
#
# How did you bring a direction to length 1 in exercise 5?
#
# </details>
#
# <details><summary>If you see "the lengths of the vectors have been divided out as well"</summary>
#
# The cosine ignores the vector's length. A vector that is twice as long goes twice as far.
#
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
# <details><summary>What you should see</summary>
#
# `✓ coordinate_along 8 of 8 cases equal length times cosine in float64`. In the storyteller's bars the words for men are negative (king −0.56, prince −0.62, uncle −0.41) and most words for women positive (queen 0.40, princess 0.50, aunt 0.55), but *sister* is at 0.00 and *apple*, which should be near 0, at 0.30: a direction from four pairs is a rough measure.
#
# </details>
#
# **Is this a direction of gender, or only of the four pairs?** None of the words in the picture is in the pairs that the direction was made from. The mean of the words shown is subtracted first, because all embeddings have a direction in common; so 0 is the average of these words.


# %% tags=["look", "raises-exception"]
def ids_of(pairs: str) -> Int[Tensor, "pair 2"]:
    return torch.tensor([[token_id(word) for word in pair.split("/")] for pair in pairs.split()])


gender = gender_direction(W_E, ids_of("man/woman boy/girl he/she father/mother"))
chosen = "king prince uncle brother Tom queen princess aunt sister Anna apple castle dog"
centred = trained(chosen.split()) - trained(chosen.split()).mean(dim=0)
coordinates = dict(zip(chosen.split(), coordinate_along(centred, gender), strict=True))
pictures.bars(coordinates, title="from he to she", value_title="coordinate along the direction")

# %% [markdown]
# **Is gender the only direction?** Three directions, each from three pairs, and words that are in none of the pairs. In which column does each pair of rows differ?

# %% tags=["look", "raises-exception"]
directions = {
    "man → woman": ids_of("man/woman boy/girl father/mother"),
    "one → many": ids_of("dog/dogs cow/cows apple/apples"),
    "now → then": ids_of("run/ran climb/climbed write/wrote"),
}
chosen = "king queen uncle aunt cat cats banana bananas sing sang dance danced"
centred = trained(chosen.split()) - trained(chosen.split()).mean(dim=0)
table = torch.stack(
    [coordinate_along(centred, gender_direction(W_E, pairs)) for pairs in directions.values()], dim=1
)
pictures.heatmap(table, chosen.split(), list(directions), title="coordinates along three directions")

# %% [markdown]
# A direction is not the meaning itself. It contains whatever the pairs have in common *in the texts that the model was trained on*, including social bias and chance. With a model that was trained on web pages, compute the coordinates of *nurse* and *engineer* along the first direction.

# %% [markdown]
# ## Exercise 7 · `PosEmbed`
#
# Now the positions. **How could a model use the order of tokens?** GPT-2 has **learned position embeddings**: position 0 has a vector, position 1 has another, and so on up to n_ctx − 1. They are trained like all other weights.
#
# *Difficulty 2 of 5 · importance 5 of 5 · 15 minutes · core, 12 points*
#
# **Why.** Without positions, attention in which every token reads all others cannot tell the orders of a text apart. Exercise 9 tests it.
#
# Keep the matrix in `self.W_pos`, an `nn.Parameter` of shape `n_ctx d_model`, random with standard deviation 0.02. `forward` is given the tokens, but uses only their *shape*: a prompt of `seq` tokens gets the first `seq` rows, and every prompt in the batch gets the same ones. Return them with the batch axis, `batch seq d_model`. The prompt is never longer than n_ctx. (What should happen if it were? Week 7.)
#
# <details><summary>Hint 1 · a question</summary>
#
# The tokens have two axes, `batch` and `seq`. Which rows of W_pos does a prompt of `seq` tokens need? Which shape do they have together, and which axis is missing?
#
# <details><summary>Hint 2 · the same for every prompt</summary>
#
# A table of shape (4, 3) becomes two equal ones by `table.expand(2, 4, 3)`, which repeats it along a new first axis without copying. Which sizes do you need? `einops.repeat`, or `torch.stack` of the same rows, also works.
#
# </details>
# </details>
#
# <details><summary>If you see "the token ids look the position vectors up"</summary>
#
# A position does not depend on *which* token is there. Where do the numbers 0, 1, 2 … come from?
#
# </details>
#
# <details><summary>If you see "the vectors of one prompt come back, without a batch axis"</summary>
#
# `+` would still work, because it broadcasts a missing axis. Another module may not.
#
# </details>
#
# <details><summary>If you see "all n_ctx rows come back"</summary>
#
# A slice `table[:3]` holds rows 0, 1 and 2. How many rows does this prompt need?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "PosEmbed", "locked": false, "schema_version": 3, "solution": true, "task": false}
class PosEmbed(nn.Module):
    """A vector for each position: the first `seq` rows of the parameter W_pos [n_ctx, d_model], in every prompt."""

    def __init__(self, n_ctx: int, d_model: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.W_pos = nn.Parameter(torch.randn(n_ctx, d_model) * 0.02)
        ### END SOLUTION

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        """The vectors of positions 0 to seq − 1, once for each prompt, whatever the tokens are."""
        ### BEGIN SOLUTION
        batch, seq = tokens.shape
        return self.W_pos[:seq].expand(batch, -1, -1)
        ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_PosEmbed", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
checks.PosEmbed(PosEmbed)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ PosEmbed         9 of 9 cases equal GPT-2's wpe`. Random vectors would give a thin diagonal and values near 0 elsewhere. In the storyteller neighbours have 0.65 on average, and the curve falls to −0.31 at a distance of 127: training has found from texts alone which positions are near each other.
#
# </details>
#
# **Do neighbouring positions have similar vectors?** The model was not told that position 7 comes after position 6. Here are a heatmap of positions at equal steps, and the mean similarity of two positions by their distance.

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
similar = [torch.cosine_similarity(W_pos[:-distance], W_pos[distance:]).mean() for distance in distances]
pictures.curve(
    list(distances),
    similar,
    x_title="distance",
    y_title="cosine similarity",
    title="similarity of two positions",
)

# %% [markdown]
# ## Exercise 8 · `embed_tokens`
#
# *Difficulty 1 of 5 · importance 5 of 5 · 5 minutes · core, 6 points*
#
# **Why.** This sum is the input of GPT-2's first block.
#
# **Add or concatenate?** GPT-2 adds. The sum has d_model numbers, in which token and position are mixed. With hundreds of dimensions the model can learn to use different directions for the two.
#
# <details><summary>Hint 1 · a question</summary>
#
# Both modules can be called with the tokens. Which shapes come back, and what must hold for them to be added?
#
# </details>
#
# <details><summary>If you see "an axis has the wrong size", or "twice as long"</summary>
#
# Neither `cat` nor `stack` adds anything. Which operator does?
#
# </details>


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "embed_tokens", "locked": false, "schema_version": 3, "solution": true, "task": false}
def embed_tokens(
    tokens: Int[Tensor, "batch seq"], embed: nn.Module, pos_embed: nn.Module
) -> Float[Tensor, "batch seq d_model"]:
    """Where the residual stream begins: each token's vector plus its position's vector, and nothing else.

    `embed` is an Embed and `pos_embed` a PosEmbed, or modules that are called in the same way.
    """
    ### BEGIN SOLUTION
    return embed(tokens) + pos_embed(tokens)
    ### END SOLUTION


# %% tags=["check", "core"] nbgrader={"grade": true, "grade_id": "check_embed_tokens", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
checks.embed_tokens(embed_tokens)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ embed_tokens     10 of 10 cases equal GPT-2`, and below it a largest difference of 0. In the storyteller the token vectors of this prompt have a mean length of 2.41, the position vectors of 1.45.
#
# </details>
#
# **Is that really where the model begins?** `trained_modules` fills your two modules with the model's own numbers. Compare their sum with the input of the model's first block.


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
    f"Lengths of the token vectors: {embed(prompt).norm(dim=-1).mean():.2f}, of the position vectors: {pos_embed(prompt).norm(dim=-1).mean():.2f}"
)

# %% [markdown]
# ## Exercise 9 · `order_matters`
#
# *Difficulty 3 of 5 · importance 4 of 5 · 15 minutes · core, 9 points*
#
# **Why.** "Attention does not depend on order" is a claim about every input. A test on examples cannot prove it, but it can refute it, and it can be repeated on any model and any text. A statement that is tested in this way is called a **property**.
#
# The property: *shuffled tokens give shuffled vectors*. (Mathematicians call it **permutation equivariance**.) If it holds, then shuffling the tokens before the model gives the same as shuffling the vectors after it. So do both, and return the largest absolute difference between any two numbers: 0, up to float32 rounding, if the order does not matter; more if it does.
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
# </details>
#
# <details><summary>If you see "are compared with the vectors in the old order"</summary>
#
# Both sides must be in the same order before they are compared. Which axis of the vectors is the axis of the positions?
#
# </details>
#
# <details><summary>If you see an IndexError, or "the prompts of the batch are shuffled"</summary>
#
# `x[order]` indexes the first axis, the batch. Which axis is the order of a text?
#
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
# <details><summary>What you should see</summary>
#
# `✓ order_matters    10 of 10 cases equal the difference that is there`. Below, in the storyteller: about 4e-07 without positions, which is float32 rounding; 1.1 with positions; and 1.1 for the model that reads only earlier tokens, without any positions.
#
# </details>
#
# **Which of these models can tell who saw whom?** Here is a minimal attention without learned weights: every token reads all tokens, with **attention weights** from the dot products of their vectors. (All vectors are normalised first, as week 4 will do.) It runs on your embeddings, without positions and with them. In a third model, every token reads only itself and the tokens before it, all with the same weight. Predict for each of the three: 0, or not?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell


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
print("you predicted:", my_prediction or "(nothing yet)")
with torch.no_grad():
    for name, model in models.items():
        print(f"{name:42} {order_matters(model, sentence, swapped):.2g}")

# %% [markdown]
# Without positions the two sentences are the same to the first model. The third needs no positions to tell them apart: a **causal mask**, "read only what came before", brings in order. So GPT-2 without W_pos would not be a bag of words, and models without position embeddings have been trained (Haviv et al., 2022, arXiv:2203.16634). GPT-2 has both, the mask and positions.
#
# ## Exercise 10 · `Unembed`
#
# The other end, the **unembedding**. After the last block, each position has a vector from which the next token is predicted. **How does a vector become scores for tokens?** By dot products: the logit of a token is the dot product of the vector with that token's row of W_E.
#
# *Difficulty 3 of 5 · importance 5 of 5 · 15 minutes · core, 14 points*
#
# **Why.** It turns d_model numbers into a score for every token of the vocabulary.
#
# Three things are easy to get wrong. **Tied:** the module gets an `Embed` and uses *its* W_E, now and whenever it changes; it has no parameters of its own, not even a bias, a number for each token that would be added. **Logits, not probabilities:** any numbers, positive or negative; the softmax comes later. **Every position:** each of them predicts its own next token.
#
# <details><summary>Hint 1 · a question</summary>
#
# `resid` has the shape `batch seq d_model`, `W_E` has `d_vocab d_model`. Which axis do they have in common, and which shape must be left? What must be transposed so that `@` can do it?
#
# <details><summary>Hint 2 · tied</summary>
#
# Keep the `Embed` itself in the module, and take its W_E in `forward`, each time. If you make a copy in the constructor instead, does the copy change when training changes W_E?
#
# </details>
# </details>
#
# <details><summary>If you see "mat1 and mat2 shapes cannot be multiplied"</summary>
#
# `@` sums over the last axis of the left side and the second to last of the right. Which of W_E's axes has to be there? `.T` transposes a matrix.
#
# </details>
#
# <details><summary>If you see "when training changes W_E, they do not follow"</summary>
#
# `clone`, `.data`, `torch.tensor(…)` and `nn.Parameter(…)` all make something new. Keep what the constructor is given.
#
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
# <details><summary>What you should see</summary>
#
# `✓ Unembed          8 of 8 cases equal GPT-2's lm_head`. Below, the difference from the model's own logits is 0 or rounding. In the storyteller the logits after the last token go from −5.1 to 22.2, and the most likely next tokens are *The* (49%), *He* (31%) and *She* (9%). GPT-2 small's logits can be near −100: only differences between logits matter.
#
# </details>
#
# **Does it give the model's own predictions?** The blocks between your two ends are still the model's own. Take the vectors that come out of its last one (after a LayerNorm, `ln_f`, the subject of next week), and apply your `Unembed`. From logits to probabilities it is one softmax, inside `top_next_tokens`.

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
probabilities, predicted = top_next_tokens(logits, k=5)
for probability, token in zip(probabilities[0].tolist(), token_strings(predicted[0]), strict=True):
    print(f"  {probability:6.2%}  {token}")

# %% [markdown]
# **And if there were no blocks at all?** Connect your two ends directly: embed, then unembed. Which token has the highest logit at each position?

# %% tags=["look", "raises-exception"]
embed, _ = trained_modules()
unembed = Unembed(embed)
with torch.no_grad():
    straight = unembed(embed(prompt)).argmax(dim=-1)[0]
for token, highest in zip(token_strings(prompt[0]), token_strings(straight), strict=True):
    print(f"after {token:8} the highest logit is that of {highest}")
print(f"{(straight == prompt[0]).float().mean():.0%} of the tokens have the highest logit themselves.")

# %% [markdown]
# The row of W_E with the largest dot product is often the row itself: 67% of the tokens here, in the storyteller. With nothing between its tied ends, a model would often repeat what it has just read. Turning "this is *upon*" into "next comes *a*" is the task of the blocks.
#
# ### Something learns
#
# **What could a model without blocks learn at best?** Its prediction depends on one token only, the present one. So it is a table with a row of logits for each token: a **bigram** model (Elhage et al., 2021, *A Mathematical Framework for Transformer Circuits*, on models with zero layers). The best table can be found by counting: the probabilities that make the loss smallest are the fractions of pairs in the text. The loss is then the **conditional entropy** of the next token, given the present one.
#
# Here is such a table for forty stories, a row and a column for each token that occurs in them, first by counting. Then by **training**: all logits begin at 0, and in each step every logit is moved a little in the direction that makes the loss smaller. Weeks 10 and 11 are about this; here, watch the loss. Predict: where does it begin, and where does it end?

# %% tags=["look", "raises-exception"]
my_prediction = ""  # write it between the quotes, then run this cell

# %% tags=["look", "raises-exception"]
print("you predicted:", my_prediction or "(nothing yet)")
texts = [torch.tensor(gpt2.tokenizer.encode(story(seed=3, index=number).text)) for number in range(40)]
vocabulary, columns = torch.cat(texts).unique(return_inverse=True)  # ids; each token's column in the table
rows = columns.split([len(text) for text in texts])
before, after = torch.cat([row[:-1] for row in rows]), torch.cat([row[1:] for row in rows])
n = len(vocabulary)
counts = torch.zeros(n, n).index_put_((before, after), torch.tensor(1.0), accumulate=True)
often = counts.sum(dim=1)  # how many tokens come after each token
counted = counts / often.clamp_min(1)[:, None]
entropy = -counted[before, after].log().mean()
print(f"{len(before):,} pairs of {n} tokens. By counting, the smallest possible loss is {entropy:.3f}.")

# %% tags=["look", "raises-exception"]
table, velocity = torch.zeros(n, n, requires_grad=True), torch.zeros(n, n)
for step in range(81):
    surprisals = nn.functional.cross_entropy(nn.functional.embedding(before, table), after, reduction="none")
    (surprisals / often[before]).sum().backward()  # each row's mean, so that rare tokens learn as fast
    with torch.no_grad():
        velocity = 0.9 * velocity + table.grad  # momentum: week 10
        table -= 2 * velocity
    table.grad = None
    if step % 20 == 0:
        print(f"step {step:2}: loss {surprisals.mean():.3f}")

difference = (table.detach().softmax(dim=-1) - counted)[often > 0].abs().max()
print(f"largest difference between a learned and a counted probability: {difference:.3f}")

# %% [markdown]
# <details><summary>What you should see</summary>
#
# The loss begins at the uniform baseline, log 552 = 6.314, falls to 1.90 after 20 steps and to 1.708 after 80; counting gives 1.700. No learned probability differs from the counted one by more than about 0.02. Training finds what counting finds.
#
# </details>
#
# So a bigram table needs no training. But with two tokens of context there would be 552 such tables, and with ten tokens 552⁹, about 5 · 10²⁴. A model with blocks can use the whole context with far fewer numbers, and its best weights cannot be found by counting. (1.7 is a low loss because forty stories are few: of their 1,768 different pairs 1,046 occur only once, and the table has memorised them. Week 11 compares bigrams and models on new text.)
#
# ## Exercise 11 · the shape table
#
# *Difficulty 2 of 5 · importance 5 of 5 · 10 minutes · core, 6 points*
#
# **Why.** Each row of the table belongs to a function of this week. A row that you cannot fill in shows which one to read again.
#
# Fill in the shapes for GPT-2 small (d_vocab 50,257, n_ctx 1,024, d_model 768) and a **batch of 2 prompts of length 6**. A shape is a tuple, such as `(2, 6)`; a tensor of five numbers has the shape `(5,)`, with the comma.
#
# <details><summary>Hint 1 · a question</summary>
#
# Which rows depend on the prompts? They have a batch axis, and the weights have none. Which rows are about a single vector?
#
# </details>
#
# <details><summary>If a row stays wrong</summary>
#
# Look at the signature of the function that makes it: the axes are named there. Then put the numbers in place of the names.
#
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
# <details><summary>What you should see</summary>
#
# `✓ shape_table      11 of 11 cases equal GPT-2 small's own shapes`. Until then, the card names the rows that are not right yet. Three rows have a single axis.
#
# </details>

# %% [markdown]
# ## In the whole model
#
# **Where do the vectors of this week go?** Here is the explorer of week 1 again, opened at the embeddings. Choose the first *·the* of the text, then the second one. Predict first: in which of the boxes *token embeddings*, *position embeddings* and *residual stream* of block 0 is the row the same for both, and in which is it not?

# %% tags=["look", "raises-exception"]
pictures.explore(gpt2, "The king saw the dog and the cat", box="token embeddings", token=3)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# Both have the same id, so the token embedding is the same. Their positions differ, and so does the sum of the two, with which the residual stream begins. The blocks read nothing but that sum.
#
# </details>

# %% [markdown]
# ## Check your understanding
#
# Run the folded cell below. Decide first, then open a choice: each of them explains why it is right or wrong.

# %% tags=["look", "raises-exception"] jupyter={"source_hidden": true}
quiz(
    [
        Question(
            "“He sat on the river bank. She went to the bank.” Which vectors does `Embed` give to the two banks?",
            [
                Choice(
                    "Two different ones, since the sentences are about different things.",
                    why="The input of `Embed` is an id and nothing else. The sentence comes in with attention, in week 5.",
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
                    "That the model has a concept of a queen.",
                    why="It shows how the words are used in the texts. For a concept, much more would have to be shown.",
                ),
                Choice(
                    "That king and queen differ in use in a similar way as man and woman do.",
                    right=True,
                    why="A direction is a difference in use that several pairs have in common. And the three words of the question had been left out of the search.",
                ),
                Choice(
                    "That the four vectors form an exact parallelogram.",
                    why="Nearest is not equal: in the storyteller the sum has a cosine similarity of 0.92 with queen, not 1.",
                ),
            ],
        ),
        Question(
            "The dot product of two word vectors is 0. What follows?",
            [
                Choice(
                    "That the words mean the opposite of each other.",
                    why="Vectors that point opposite ways have a negative dot product.",
                ),
                Choice(
                    "That the vectors are orthogonal: neither has a component along the other.",
                    right=True,
                    why="Positive: they point roughly the same way. Negative: they point apart. Zero: neither. (In a trained W_E most pairs are positive, related or not.)",
                ),
                Choice(
                    "That one of the words was not in the training text.",
                    why="A token that never occurs also gets a trained vector, at the unembedding. So 0 does not show that.",
                ),
            ],
        ),
        Question(
            "Why does GPT-2 add the position vectors and not concatenate them with the token vectors?",
            [
                Choice(
                    "Because attention could not read them otherwise.",
                    why="It could: a longer vector is a vector, too. It would cost more.",
                ),
                Choice(
                    "Because adding keeps d_model numbers, and the model can learn which directions to use for what.",
                    right=True,
                    why="The whole residual stream works like that: every layer adds its result.",
                ),
                Choice(
                    "Because position and meaning are the same thing.",
                    why="They are not, and the model can use different directions for them.",
                ),
            ],
        ),
        Question(
            "W_E is tied: the same matrix embeds and unembeds. What follows for training?",
            [
                Choice(
                    "A row is moved from both ends: when its token is read and when its token is scored.",
                    right=True,
                    why="And at the scoring end every row is changed at every position, whether its token occurs there or not.",
                ),
                Choice(
                    "The unembedding cannot learn.",
                    why="It learns as W_E does. `Unembed` has no parameters of its own, but it uses W_E.",
                ),
                Choice(
                    "Each token will always be predicted to follow itself.",
                    why="Not even without blocks was it so for every token. The blocks turn the vector of the present token into one that predicts the next.",
                ),
            ],
        ),
    ]
)

# %% [markdown]
# ### In your own words
#
# A classmate says: *"The embedding is a dictionary. For every word it holds the meaning, so that words with the same meaning get the same vector, and that is all a model needs to understand a sentence."* What is right about this, and what is not? Answer in four or five sentences, and use the words **training**, **direction** and **position**. A person marks this one: 10 points, on top of the week's 100.

# %% [markdown] nbgrader={"grade": true, "grade_id": "own_words", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It is right that the embedding is a table with one entry for each token, looked up in the same way wherever the token occurs. But meanings were not written into it: the numbers began at random, and training moved them until they helped to predict the next token, so a vector reflects how a token is used in the training texts, including their biases. Words that are used alike get vectors that point nearly the same way, not equal ones, and a difference that many pairs share, such as that between a man and a woman, shows up as a direction. And it is not all that is needed: the entry is the same for a river bank and for a bank with money in it, and without position vectors attention that reads all tokens would not depend on the order of the words. What a word means in this sentence is worked out later, in the blocks.
# ### END SOLUTION

# %% [markdown]
# ## Stretch 1 · `pca_3d`
#
# **How can you draw 768 dimensions?** Find the direction in which the points differ most and take the coordinate along it; then the direction orthogonal to it in which they differ most; then a third. That is a **principal component analysis** (PCA), and this week's pictures in space were made with it.
#
# *Difficulty 4 of 5 · importance 3 of 5 · 30 minutes · stretch, 22 points*
#
# **Why.** PCA is the standard first picture of a high-dimensional space, and the fraction of variance that it keeps is a measure of how much the picture leaves out.
#
# 1. Centre the points: subtract the mean vector.
# 2. Find the directions. The singular value decomposition `U, S, Vh = torch.linalg.svd(centred, full_matrices=False)` has them in the rows of `Vh`, the strongest first.
# 3. Take each centred point's coordinates along the first three.
# 4. Fix the signs. A direction and its opposite are equally good, and which one the decomposition returns is arbitrary. So this is the convention: on each axis, the coordinate that is *largest in absolute value* is positive.
#
# `torch.pca_lowrank` and scikit-learn would do the whole task. `torch.linalg.svd` and `torch.linalg.eigh` are allowed.
#
# <details><summary>Hint 1 · a question</summary>
#
# `Vh` has a row for each direction, `centred` a row for each point. Which of the two has to be transposed so that their product has a row for each point and a column for each direction?
#
# <details><summary>Hint 2 · the signs</summary>
#
# For each axis, which point is farthest from 0, on either side? `abs` and `argmax` along an axis find its index. What is the sign of its coordinate? `x.sign()` is 1 or −1.
#
# </details>
# </details>
#
# <details><summary>If you see "the signs are those that the decomposition returned"</summary>
#
# Step 4. It needs one number for each axis, not for each point.
#
# </details>
#
# <details><summary>If you see "the signs follow the largest number of each axis"</summary>
#
# That is another convention, which uses the numbers of the direction. Here the coordinates of the points decide.
#
# </details>
#
# <details><summary>If you see "all three axes have the same spread"</summary>
#
# In `U` all columns have length 1. The spread of the points is in `S`.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "pca_3d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pca_3d(vectors: Float[Tensor, "n d"]) -> Float[Tensor, "n 3"]:
    """Coordinates of the centred vectors along their three principal directions, the strongest first.

    On each axis the coordinate that is largest in absolute value is positive. There are at least four vectors
    of at least three numbers.
    """
    ### BEGIN SOLUTION
    centred = vectors - vectors.mean(dim=0)
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    coordinates = centred @ directions[:3].T
    farthest = coordinates.abs().argmax(dim=0)
    return coordinates * coordinates[farthest, torch.arange(3)].sign()
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_pca_3d", "locked": true, "points": 22, "schema_version": 3, "solution": false, "task": false}
checks.pca_3d(pca_3d)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ pca_3d           4 of 4 cases equal torch's pca_lowrank`, and below it the words in space. In the storyteller look at *John*: its stories never use that name, so its vector is the one that all unused tokens have in common.
#
# </details>
#
# **Which words would you like to see?** Your own function on words of your own choice. Replace them; `token_id` raises an error for those that are cut.

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
# GPT-2 learns its position embeddings. The first transformer *computed* them (Vaswani et al., 2017, section 3.5, arXiv:1706.03762). **How can a formula give every position a different vector, so that near positions are similar?** With sines and cosines of many frequencies (**sinusoidal positions**), like the hands of a clock: the high frequencies distinguish neighbours, the low ones early from late.
#
# *Difficulty 3 of 5 · importance 2 of 5 · 25 minutes · stretch, 18 points*
#
# **Why.** The formula gives a vector for every position, without a table of length n_ctx. (That alone does not make a model work beyond the lengths it was trained on: Press et al., 2021, arXiv:2108.12409, measure that it fails soon after.) The rotary positions of week 6 use the same frequencies.
#
# For position p and the pair of columns i = 0, 1, …, d_model/2 − 1, the angle is
#
# angle(p, i) = p / 10000^(2i / d_model)
#
# Column 2i holds its sine and column 2i + 1 its cosine; so sines and cosines alternate. d_model is even, positions count from 0, and the result is float32.
#
# <details><summary>Hint 1 · a question</summary>
#
# How many different angles does one position have? Make a table of them, `n_ctx` by `d_model / 2`: a row for each position, a column for each pair. `[:, None]` turns a tensor of shape (n,) into a column.
#
# <details><summary>Hint 2 · alternating columns</summary>
#
# Either fill an empty table in two steps, `table[:, 0::2]` and `table[:, 1::2]`. Or stack sines and cosines along a new last axis, and flatten it.
#
# </details>
# </details>
#
# <details><summary>If you see "all sines are in the left half"</summary>
#
# `cat` puts one block after the other. Which axis would have to be the last before you flatten?
#
# </details>
#
# <details><summary>If you see "the exponent is half of what it should be"</summary>
#
# i counts *pairs*. The exponent goes from 0 nearly up to 1.
#
# </details>


# %% tags=["work"] nbgrader={"grade": false, "grade_id": "sinusoidal_positions", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sinusoidal_positions(n_ctx: int, d_model: int) -> Float[Tensor, "n_ctx d_model"]:
    """The computed position vectors of Vaswani et al., 2017: sines in even columns, cosines in odd ones."""
    ### BEGIN SOLUTION
    pair = torch.arange(d_model // 2)
    angles = torch.arange(n_ctx)[:, None] / 10_000 ** (2 * pair / d_model)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(start_dim=1)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_sinusoidal_positions", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
checks.sinusoidal_positions(sinusoidal_positions)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# `✓ sinusoidal_positions 6 of 6 cases equal HF's sinusoidal table`. In the heatmap the columns on the left change fast from row to row, those on the right slowly; row 0 alternates between 0 and 1. In the curve below, the computed positions fall from 0.97 at a distance of 1 to 0.33 at 127 (for d_model 96).
#
# </details>
#
# **High and low frequencies.** 32 positions down, 24 columns across. Which columns distinguish neighbouring positions? Which distinguish the beginning from the end?

# %% tags=["look", "raises-exception"]
pictures.heatmap(
    sinusoidal_positions(32, 24), row_title="position", column_title="column", title="computed positions"
)

# %% [markdown]
# **Are GPT-2's learned positions similar?** The same curve as in exercise 7, for both.

# %% tags=["look", "raises-exception"]
computed = sinusoidal_positions(*W_pos.shape)
both = {gpt2.name: W_pos, "computed": computed}
pictures.curves(
    list(distances),
    {
        name: [torch.cosine_similarity(table[:-distance], table[distance:]).mean() for distance in distances]
        for name, table in both.items()
    },
    x_title="distance",
    y_title="cosine similarity",
    title="similarity of two positions",
)

# %% [markdown]
# ## Common questions
#
# **Is this word2vec?** The table is of the same kind: one vector for each word or token, the same in every sentence. But word2vec (Mikolov et al., 2013, arXiv:1301.3781) trains its table alone, to predict neighbouring words. GPT-2's W_E is trained together with all its blocks, to predict the next token, and it is used at both ends.
#
# **Does each of the 768 numbers mean something?** Rarely. Training has little reason to use single coordinates for single properties; directions are a better unit, and there can be more of them than dimensions if they are only nearly orthogonal (**superposition**, Elhage et al., 2022, arXiv:2209.10652).
#
# **Why is W_E tied to the unembedding?** It saves 38.6 million numbers in GPT-2 small, and Press and Wolf (2016) measured better losses with it. It also forces the two ends to agree, which is a restriction: without blocks, the logits would be W_E · W_Eᵀ, which is symmetric, so *a* after *b* would score as high as *b* after *a*. Many later large models have two separate matrices.
#
# **Do later models still add position vectors?** Most do not. They rotate queries and keys by an angle that depends on the position (RoPE, Su et al., 2021, arXiv:2104.09864), or add a penalty for distance to the scores (ALiBi). Week 6 builds RoPE.
#
# **Can embeddings be used for anything but next tokens?** Yes: to search texts by similarity, to cluster words, as input of other models. Usually the contextual vectors of later layers are used, since the rows of W_E do not depend on the sentence.

# %% [markdown]
# ## For your pair session (90 minutes)
#
# One of you **drives** and types. The other **navigates**: reads the text aloud, names the shapes, and questions what is typed. Swap after every exercise that has its tick, or after 15 minutes, whichever comes first.
#
# | minutes | what |
# |---|---|
# | 0–10 | The first look together. Each of you names one thing that the picture shows and one that it cannot show. Agree on your scratchpad: the names `tokens`, `W_E`, `W_pos`, `resid`, `logits`, and what a row is in each. |
# | 10–30 | Exercise 2 (20 min). **Swap.** |
# | 30–45 | Exercise 3 (10 min). Write down your predictions before you run the analogies. |
# | 45–65 | Exercises 7 (15 min) and 8 (5 min). **Swap.** |
# | 65–80 | Exercise 10 (15 min). |
# | 80–90 | The two questions below. |
#
# **Before the session:** exercise 1, each of you alone. **After the session:** exercises 4, 5, 6, 9 and 11, as homework or in a second session. Stretch exercises are for pairs who have time left. **Not finishing is normal:** a session that ends with ids going in and logits coming out is a good one.
#
# **Two questions to argue about.**
#
# 1. You find a direction along which *he* and *she* differ, and *engineer* and *nurse* also differ along it. Is that knowledge or bias? Could you remove the direction from all vectors, and what else would you remove with it?
# 2. A model has 1,024 position vectors. You give it 1,025 tokens. What could it do, and what would each choice cost? Would sines and cosines help?
#
# **Where pairs get stuck.** At rows and columns of W_E, when one of you writes `W[:, id]`: print the shape of the result. At `exclude`, when a token is taken out of the table and all ids move: change the similarities, not the table. At `Unembed`, when everything is right but the check finds a copy: which module has the parameter?
#
# ## What you have built
#
# - **Embed**: a token's row of W_E, the same in every sentence.
# - **nearest_tokens**: the tokens with the most similar directions.
# - **analogy**: sums of word vectors, and what must be left out. **my_analogy**: the same for a whole relation, against a baseline.
# - **gender_direction** and **coordinate_along**: a direction from pairs, and the coordinate of any vector along it.
# - **PosEmbed**: a row of W_pos for each position.
# - **embed_tokens**: their sum, where the residual stream begins.
# - **order_matters**: a test of whether a model depends on the order of its tokens.
# - **Unembed**: a logit for every token, by the same W_E.
#
# What is still missing? Everything between the two ends. Next week you build the half of a block that works on each position separately.
#
# Words of this week in the [glossary](../glossary.md): *analogy, attention weight, bag of words, bigram model, causal mask, conditional entropy, contextual, cosine similarity, direction, embedding, embedding matrix, learned position embeddings, logits, module, n_ctx, permutation equivariance, principal component analysis, projection, property, residual stream, sinusoidal positions, static, superposition, training, unembedding, W_pos, weight tying*.
