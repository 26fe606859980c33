"""The answer key of `embed_tokens`: the input of the first block of HF's model."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_embeddings import first_resid
from utils.checks import week03_embeddings as checks


def _sum_of(combine):
    """A mistake in how the two are put together: a function of both tensors."""
    return lambda tokens, embed, pos_embed: combine(embed(tokens), pos_embed(tokens))


ANSWER_KEY = AnswerKey(
    check=checks.embed_tokens,
    expected=lambda tokens, W_E, W_pos: first_resid(tokens, W_E, W_pos),
    mistakes=(
        Mistake(
            "positions forgotten",
            "the vectors say which token, but not where it stands",
            "what is pos_embed for?",
            _sum_of(lambda words, places: words),
        ),
        Mistake(
            "tokens forgotten",
            "the vectors say where a token stands, but not which it is",
            "what is embed for?",
            _sum_of(lambda words, places: places),
        ),
        Mistake(
            "concatenated",
            "the two vectors stand side by side, which makes them twice as long",
            "both share the same d_model numbers",
            _sum_of(lambda words, places: torch.cat([words, places], dim=-1)),
        ),
        Mistake(
            "one after the other",
            "the place vectors follow the token vectors, which makes the prompt twice as long",
            "each position has one vector that holds both",
            _sum_of(lambda words, places: torch.cat([words, places], dim=1)),
        ),
        Mistake(
            "stacked",
            "the two vectors lie on a new axis",
            "each position has one vector that holds both",
            _sum_of(lambda words, places: torch.stack([words, places])),
        ),
        Mistake(
            "returned as a pair",
            "two tensors come back, the words and the places",
            "each position has one vector that holds both",
            _sum_of(lambda words, places: (words, places)),
        ),
        Mistake(
            "multiplied",
            "the two vectors are multiplied, number by number",
            "the residual stream only ever adds",
            _sum_of(torch.mul),
        ),
        Mistake(
            "averaged",
            "the sum is halved",
            "the residual stream only ever adds",
            _sum_of(lambda words, places: torch.stack([words, places]).mean(0)),
        ),
        Mistake(
            "subtracted",
            "the places are subtracted",
            "the sign between the two",
            _sum_of(torch.sub),
        ),
        Mistake(
            "positions added twice",
            "the place vectors come in twice",
            "once is enough: every block reads this sum",
            _sum_of(lambda words, places: torch.add(words, places, alpha=2)),
        ),
        Mistake(
            "words times √d_model",
            "the token vectors are multiplied by √d_model, as the Transformer of 2017 did; GPT-2 does not",
            "does anything happen to either vector before the sum?",
            _sum_of(lambda words, places: places.add(words, alpha=words.shape[-1] ** 0.5)),
        ),
        Mistake(
            "sum normalised",
            "the sum goes through a LayerNorm, which the first block will do itself",
            "the residual stream begins with the bare sum",
            _sum_of(lambda words, places: F.layer_norm(words + places, words.shape[-1:])),
        ),
        Mistake(
            "dropout on the sum",
            "some of the numbers are dropped at random",
            "GPT-2 as we build it has no dropout here; F.dropout is on unless told otherwise",
            _sum_of(lambda words, places: F.dropout(words + places, 0.1)),
        ),
        Mistake(
            "ids used as positions",
            "the position vectors are looked up by token id",
            "what does pos_embed make of tokens by itself?",
            lambda tokens, embed, pos_embed: embed(tokens) + pos_embed.W_pos[tokens],
        ),
        Mistake(
            "last place for all",
            "every token gets the place vector of the last position",
            "each position has a vector of its own: does an index drop the others?",
            _sum_of(lambda words, places: words.add(places[:, -1:])),
        ),
        Mistake(
            "rounded to half precision",
            "the sum is kept in 16 bits, which hold three digits",
            "where does the dtype change?",
            _sum_of(lambda words, places: torch.add(words.half(), places.half())),
        ),
    ),
)
