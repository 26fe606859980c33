"""The answer key of `logit_lens`: HF's blocks, ln_f and lm_head."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_inside import run
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside._pieces import observed, stream
from utils.checks import week12_inside as checks


@torch.no_grad()
def _expected(config, weights, tokens):
    model = hf_model(config, weights)
    seen = run(model, tokens)[1]
    depths = [seen["embed"] + seen["pos_embed"], *(seen[f"blocks.{n}"] for n in range(config["n_layers"]))]
    return torch.stack([model.lm_head(model.transformer.ln_f(resid)) for resid in depths])


def _lens(read, resids=stream):
    """Return a mistake: another way to read the stream, or something else in its place."""
    return lambda model, tokens: read(model, resids(model, tokens))


def _right(model, resids):
    return model.unembed(model.ln_f(resids))


def _twice_at_the_end(model, resids):
    *earlier, last = resids
    return _right(model, torch.stack([*earlier, model.ln_f(last)]))


def _own_glasses(model, resids):
    norms = [*(layer.ln_1 for layer in model.blocks), model.ln_f]
    return torch.stack([model.unembed(norm(resid)) for norm, resid in zip(norms, resids, strict=True)])


def _standardised(model, resids):
    spread = resids.var(dim=-1, unbiased=False, keepdim=True) + model.ln_f.eps
    return model.unembed((resids - resids.mean(dim=-1, keepdim=True)) * spread.rsqrt())


def _last_scale(model, resids):
    centred = resids - resids.mean(dim=-1, keepdim=True)
    spread = (resids[-1].var(dim=-1, unbiased=False, keepdim=True) + model.ln_f.eps).sqrt()
    return model.unembed(centred / spread * model.ln_f.gain + model.ln_f.bias)


def _updates(model, tokens):
    resids = stream(model, tokens)
    return torch.cat([resids[:1], resids[1:] - resids[:-1]])


def _without_places(model, tokens):
    resids = stream(model, tokens)
    return torch.cat([observed(model, tokens)[1]["embed"][None], resids[1:]])


def _before_blocks(model, tokens):
    resids = stream(model, tokens)
    return torch.cat([resids[:1], resids[:-1]])


ANSWER_KEY = AnswerKey(
    check=checks.logit_lens,
    expected=_expected,
    mistakes=(
        Mistake(
            "without ln_f",
            "the stream goes to the unembedding as it is: what the model itself does just before is missing",
            "what comes between the last block and the unembedding?",
            _lens(lambda model, resids: model.unembed(resids)),
        ),
        Mistake(
            "without gain and bias",
            "the stream is standardised, but ln_f also stretches and shifts it",
            "use the module ln_f itself",
            _lens(_standardised),
        ),
        Mistake(
            "ln_f twice at the end",
            "after the last block ln_f is applied twice",
            "is the last of your snapshots taken before ln_f? (HF's own hidden_states are not.)",
            _lens(_twice_at_the_end),
        ),
        Mistake(
            "ln_f twice",
            "ln_f is applied twice at every depth",
            "once is enough: is it in the stream that you read already?",
            _lens(lambda model, resids: _right(model, model.ln_f(resids))),
        ),
        Mistake(
            "the next block's LayerNorm",
            "each depth is read through the LayerNorm of the block that comes next",
            "if the model stopped here, which LayerNorm would stand before the unembedding?",
            _lens(_own_glasses),
        ),
        Mistake(
            "scale of the end",
            "every depth is divided by the spread that the stream has at the end",
            "the lens lets ln_f measure each depth by itself (another exercise freezes the scale)",
            _lens(_last_scale),
        ),
        Mistake(
            "what each block adds",
            "the lens reads what each block has added, not the whole stream after it",
            "the whiteboard is read with everything that stands on it",
            _lens(_right, _updates),
        ),
        Mistake(
            "start missing",
            "the first row, before any block, is missing",
            "n_layers + 1 rows: what is on the whiteboard before block 0?",
            _lens(lambda model, resids: _right(model, resids[1:])),
        ),
        Mistake(
            "end missing",
            "the row after the last block is missing",
            "n_layers + 1 rows: the last of them are the model's own logits",
            _lens(lambda model, resids: _right(model, resids[:-1])),
        ),
        Mistake(
            "start without places",
            "the first row knows the tokens but not their places",
            "what is added up before block 0?",
            _lens(_right, _without_places),
        ),
        Mistake(
            "what each block reads",
            "row i + 1 shows the stream before block i, not after it",
            "what a block is given, or what it gives?",
            _lens(_right, _before_blocks),
        ),
        Mistake(
            "upside down",
            "the rows are in reverse order",
            "the first row is the stream before any block",
            _lens(lambda model, resids: _right(model, resids.flip(0))),
        ),
        Mistake(
            "last position only",
            "only the last position is read",
            "every position has a guess at its next token",
            _lens(lambda model, resids: _right(model, resids[:, :, -1])),
        ),
        Mistake(
            "probabilities",
            "these are probabilities, after a softmax",
            "logits are asked for: the picture makes probabilities of them",
            _lens(lambda model, resids: _right(model, resids).softmax(-1)),
        ),
        Mistake(
            "log-probabilities",
            "these are log-probabilities: something has been subtracted from every logit",
            "logits are what the unembedding gives",
            _lens(lambda model, resids: _right(model, resids).log_softmax(-1)),
        ),
    ),
)
