"""The answer key of `direct_logit_attribution`: the outputs of HF's modules through its frozen LayerNorm."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import STEP, Tolerance
from utils.answers.oracles.hf_inside import run, writers_of
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside._pieces import observed, stream
from utils.checks import week12_inside as checks


@torch.no_grad()
def _expected(config, weights, tokens, answers):
    model = hf_model(config, weights)
    seen, ln_f = run(model, tokens)[1], model.transformer.ln_f
    names = writers_of(config["n_layers"])
    end = torch.stack([seen[name][:, -1] for name in names]).sum(dim=0)
    # torch gives out by what it has divided: 1/sqrt(variance + eps), one number for each prompt.
    _, _, shrink = torch.native_layer_norm(end, ln_f.normalized_shape, None, None, ln_f.eps)
    rows = model.lm_head.weight[answers]
    terms = {name: _product(ln_f, seen[name][:, -1], shrink, rows) for name in names}
    return terms | {"ln_f.bias": torch.linalg.vecdot(rows, ln_f.bias.expand_as(rows))}


def _product(ln_f, written, shrink, rows):
    return torch.linalg.vecdot((written - written.mean(dim=-1, keepdim=True)) * shrink * ln_f.weight, rows)


class _Attribution:
    """The attribution in pieces, of which each mistake replaces one."""

    def __call__(self, model, tokens, answers):
        self.model, self.rows = model, self.rows_of(model, answers)
        seen = observed(model, tokens)[1]
        names = [name for name in seen if name.rsplit(".")[-1] in ("embed", "pos_embed", "attn", "mlp")]
        written = {name: self.at(self.taken(seen, name)) for name in names}
        self.spread = self.measure(self.at(stream(model, tokens)[-1]))
        terms = {name: (self.seen_by_ln_f(each) * self.rows).sum(-1) for name, each in written.items()}
        return self.finish(terms)

    def rows_of(self, model, answers):
        return model.embed.W_E[answers]

    def taken(self, seen, name):
        return seen[name]

    def at(self, vectors):
        return vectors[:, -1]

    def measure(self, end):
        return torch.sqrt(end.var(dim=-1, correction=0, keepdim=True) + self.model.ln_f.eps)

    def centre(self, written):
        return written - written.mean(dim=-1, keepdim=True)

    def seen_by_ln_f(self, written):
        return self.centre(written) / self.spread * self.model.ln_f.gain

    def finish(self, terms):
        return terms | {"ln_f.bias": (self.rows * self.model.ln_f.bias).sum(-1)}


def _with(**pieces):
    return type("Attribution", (_Attribution,), pieces)()


def _each_by_itself(self, written):
    return torch.nn.functional.layer_norm(
        written, written.shape[-1:], self.model.ln_f.gain, None, self.model.ln_f.eps
    )


def _snapshots(self, seen, name):
    return seen[name.rsplit(".", 1)[0]] if name.startswith("blocks") else seen[name]


def _shared_bias(self, terms):
    bias = (self.rows * self.model.ln_f.bias).sum(-1)
    return {name: term + bias / len(terms) for name, term in terms.items()} | {"ln_f.bias": 0 * bias}


def _bias_each(self, terms):
    bias = (self.rows * self.model.ln_f.bias).sum(-1)
    return {name: term + bias for name, term in terms.items()} | {"ln_f.bias": bias}


def _shares(self, terms):
    found = _Attribution.finish(self, terms)
    total = sum(found.values())
    return {name: term / total for name, term in found.items()}


ANSWER_KEY = AnswerKey(
    check=checks.direct_logit_attribution,
    expected=_expected,
    tolerance=Tolerance(1e-4, 1e-4, "terms of a size of tens must add up to the logit", 128 * STEP),
    mistakes=(
        Mistake(
            "without ln_f",
            "what is written meets the unembedding directly; the model reads it through ln_f",
            "the terms have to add up to the logit: what happens to the stream before the unembedding?",
            _with(seen_by_ln_f=lambda self, written: written),
        ),
        Mistake(
            "each writer measured by itself",
            "each writer is divided by its own spread, as if it stood on the whiteboard alone",
            "ln_f divides the sum of all of them: by which number?",
            _with(seen_by_ln_f=_each_by_itself),
        ),
        Mistake(
            "mean not subtracted",
            "ln_f's subtraction of the mean is missing",
            "ln_f does four things: subtract, divide, stretch, shift",
            _with(centre=lambda self, written: written),
        ),
        Mistake(
            "gain left out",
            "ln_f's gain is missing",
            "ln_f does four things: subtract, divide, stretch, shift",
            _with(seen_by_ln_f=lambda self, written: self.centre(written) / self.spread),
        ),
        Mistake(
            "not divided",
            "ln_f's division is missing: the terms are too large by the stream's spread",
            "ln_f does four things: subtract, divide, stretch, shift",
            _with(measure=lambda self, end: 1.0),
        ),
        Mistake(
            "bias left out",
            "the term of ln_f's bias is 0, so the terms do not add up to the logit",
            "the bias is added whatever anybody has written: what does it add to this logit?",
            _with(finish=lambda self, terms: terms | {"ln_f.bias": torch.zeros(len(self.rows))}),
        ),
        Mistake(
            "bias for every writer",
            "every writer's term holds ln_f's bias",
            "the bias is added once: it is a term of its own",
            _with(finish=_bias_each),
        ),
        Mistake(
            "bias shared out",
            "ln_f's bias is shared out among the writers",
            "nobody has written the bias: it is a term of its own",
            _with(finish=_shared_bias),
        ),
        Mistake(
            "eps left out",
            "the division leaves eps out",
            "LayerNorm divides by the root of variance + eps",
            _with(measure=lambda self, end: end.std(dim=-1, correction=0, keepdim=True)),
        ),
        Mistake(
            "unbiased variance",
            "the variance is divided by d_model − 1",
            "LayerNorm's variance divides by d_model; torch's var does not unless it is told",
            _with(measure=lambda self, end: (end.var(dim=-1, keepdim=True) + self.model.ln_f.eps).sqrt()),
        ),
        Mistake(
            "divided by the variance",
            "the terms are divided by the variance, not by its root",
            "LayerNorm divides by the standard deviation",
            _with(
                measure=lambda self, end: end.var(dim=-1, correction=0, keepdim=True) + self.model.ln_f.eps
            ),
        ),
        Mistake(
            "first position",
            "the first position is read; the answer comes after the last one",
            "which position says the next token?",
            _with(at=lambda self, vectors: vectors[:, 0]),
        ),
        Mistake(
            "one answer for all",
            "every prompt is asked for the first prompt's answer",
            "each prompt has an answer of its own",
            _with(rows_of=lambda self, model, answers: model.embed.W_E[answers[:1]].expand(len(answers), -1)),
        ),
        Mistake(
            "snapshots instead of what is written",
            "the terms are made of the whole stream after each block, not of what was written to it",
            "blocks.0 in the cache is the whiteboard after block 0; what has its attention written?",
            _with(taken=_snapshots),
        ),
        Mistake(
            "shares",
            "these are shares of the logit: they add up to 1",
            "the terms themselves are asked for, in the logit's own unit",
            _with(finish=_shares),
        ),
    ),
)
