"""The answer key of `cached_logits`: HF's logits for the whole text at once, cut into the pieces."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_model import run_hf_model
from utils.answers.week09_sampling.cached_attention import _attending
from utils.checks import week09_sampling as checks


def _expected(model, pieces):
    tokens = torch.cat(pieces, dim=1)
    logits = run_hf_model(**model, tokens=tokens)
    cut = logits.split([piece.shape[1] for piece in pieces], dim=1)
    said = {f"piece {number}": piece for number, piece in enumerate(cut, 1)}
    return {**said, "positions in the cache": tokens.shape[1]}


_attend = _attending()


def _passing(
    start=lambda cache, new: cache.length,
    layer=lambda layer: layer,
    attend=_attend,
    first_norm=lambda block, x: block.ln_1(x),
    second_norm=lambda block, x: block.ln_2(x),
    keep_attention=1.0,
    keep_mlp=1.0,
    last_norm=lambda model, x: model.ln_f(x),
    read=lambda logits: logits,
    place_late=False,
):
    """A pass through the model of which each mistake changes one piece."""

    def cached_logits(model, tokens, cache):
        new = tokens.shape[1]
        begin = start(cache, new)
        x = model.embed(tokens)
        places = model.pos_embed.W_pos[slice(begin, begin + new)] if not place_late else 0.0
        x = x + places
        for number, block in enumerate(model.blocks):
            x = keep_attention * x + attend(block.attn, first_norm(block, x), cache, layer(number))
            x = keep_mlp * x + block.mlp(second_norm(block, x))
        return read(model.unembed(last_norm(model, x)))

    return cached_logits


def _all_read_again(model, tokens, cache):
    """Return the logits of all tokens in the cache, ending with the new ones."""
    logits = _passing()(model, tokens, cache)
    return torch.nn.functional.pad(logits, (0, 0, cache.length - tokens.shape[1], 0))


def _uncached(model, tokens, cache):
    for number in range(len(model.blocks)):
        cache.extend(number, *torch.zeros(2, len(tokens), 1, tokens.shape[1], 1))
    return model(tokens)


ANSWER_KEY = AnswerKey(
    check=checks.cached_logits,
    expected=_expected,
    reference="HF's logits for everything at once",
    mistakes=(
        Mistake(
            "positions from 0",
            "the new tokens get the places 0, 1, 2 … although others stand before them",
            "at which position does the first new token stand?",
            _passing(start=lambda cache, new: 0),
        ),
        Mistake(
            "positions one too far",
            "every new token stands one place too far",
            "with 4 tokens in the cache, at which position does the next one stand? Count from 0",
            _passing(start=lambda cache, new: cache.length + 1),
        ),
        Mistake(
            "length read too late",
            "the positions are counted after the cache has grown: the new tokens are counted twice",
            "when do you ask for cache.length: before or after the first block?",
            _passing(start=lambda cache, new: min(cache.length + new, 12 - new)),
        ),
        Mistake(
            "no positions",
            "the new tokens have no place",
            "what is added to the embedding?",
            _passing(place_late=True),
        ),
        Mistake(
            "always layer 0",
            "every block uses the store of layer 0",
            "enumerate gives each block its number",
            _passing(layer=lambda layer: 0),
        ),
        Mistake(
            "cache not used",
            "the model is called on the new tokens alone: it sees nothing of what stands before them",
            "which of your functions knows the cache?",
            _uncached,
        ),
        Mistake(
            "ln_1 forgotten",
            "the attention reads the residual stream directly, without ln_1",
            "what does a block's attention read? Compare with TransformerBlock",
            _passing(first_norm=lambda block, x: x),
        ),
        Mistake(
            "ln_1 twice",
            "the MLP reads through ln_1",
            "which LayerNorm stands before the MLP?",
            _passing(second_norm=lambda block, x: block.ln_1(x)),
        ),
        Mistake(
            "attention not added",
            "what the attention writes replaces the residual stream",
            "a block adds to the stream: x + …",
            _passing(keep_attention=0.0),
        ),
        Mistake(
            "MLP not added",
            "what the MLP writes replaces the residual stream",
            "a block adds to the stream: x + …",
            _passing(keep_mlp=0.0),
        ),
        Mistake(
            "ln_f forgotten",
            "the last LayerNorm is missing",
            "what stands between the last block and the unembedding?",
            _passing(last_norm=lambda model, x: x),
        ),
        Mistake(
            "last position only",
            "only the last new token's logits are returned",
            "logits for every new token",
            _passing(read=lambda logits: logits[:, -1:]),
        ),
        Mistake(
            "all positions returned",
            "there are rows for the tokens in the cache, too",
            "logits for the new tokens only",
            _all_read_again,
        ),
        Mistake(
            "probabilities returned",
            "softmax is taken here already; logits are asked for",
            "who draws takes the softmax",
            _passing(read=lambda logits: logits.softmax(-1)),
        ),
    ),
)
