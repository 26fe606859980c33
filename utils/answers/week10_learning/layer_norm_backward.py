"""The answer key of `layer_norm_backward`: autograd through torch's layer_norm, in float64."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week10_learning._autograd import gradients
from utils.checks import week10_learning as checks


def _expected(grad_out, x, gain, eps):
    def norm(x, gain, bias):
        return F.layer_norm(x, gain.shape, gain, bias, eps)

    return gradients(norm, [x, gain, torch.zeros_like(gain)], grad_out)


def _deviation(x, eps, correction=0):
    return (x.var(-1, correction=correction, keepdim=True) + eps) ** 0.5


def _standard(x, eps, dim=-1):
    return F.layer_norm(x, x.shape[-1:], eps=eps)


def _mean(t, dim=-1):
    return t.mean(dim, keepdim=True)


def _centred(g, z):
    """Return `g` without its mean and its component along z."""
    return g - _mean(g) - torch.mul(_mean(g * z), z)


def _wrong(
    stretch=lambda grad_out, gain: grad_out * gain,
    standard=_standard,
    project=_centred,
    scale=lambda left, x, eps: left / _deviation(x, eps),
    of_gain=lambda grad_out, x, z: (grad_out * z).sum((0, 1)),
    of_bias=lambda grad_out, gain: grad_out.sum((0, 1)),
):
    """The three gradients in pieces, of which each mistake replaces one."""

    def wrong(grad_out, x, gain, eps):
        z = standard(x, eps)
        grad_x = scale(project(stretch(grad_out, gain), z), x, eps)
        return grad_x, of_gain(grad_out, x, z), of_bias(grad_out, gain)

    return wrong


ANSWER_KEY = AnswerKey(
    check=checks.layer_norm_backward,
    expected=_expected,
    outputs=("grad_x", "grad_gain", "grad_bias"),
    reference="torch's autograd in float64",
    mistakes=(
        Mistake(
            "mean and deviation as constants",
            "grad_x treats the mean and the deviation as constants; both depend on x",
            "each number of x works on the others through the mean and through the deviation",
            _wrong(project=lambda g, z: g),
        ),
        Mistake(
            "deviation as a constant",
            "grad_x takes the mean into account, but treats the deviation as a constant",
            "each number of x works on the others through the deviation, too",
            _wrong(project=lambda g, z: g - _mean(g)),
        ),
        Mistake(
            "mean as a constant",
            "grad_x takes the deviation into account, but treats the mean as a constant",
            "each number of x works on the others through the mean, too",
            _wrong(project=lambda g, z: g - torch.mul(_mean(g * z), z)),
        ),
        Mistake(
            "sums instead of means",
            "grad_x subtracts sums over d_model, not means",
            "each of the two terms is divided by d_model",
            _wrong(project=lambda g, z: g - g.sum(-1, keepdim=True) - (g * z).sum(-1, keepdim=True) * z),
        ),
        Mistake(
            "z forgotten in the last term",
            "the last term of grad_x is the mean of g · z, which is not multiplied by z again",
            "what is taken out is a part along z: a number times z",
            _wrong(project=lambda g, z: g - _mean(g) - _mean(g * z)),
        ),
        Mistake(
            "last term added",
            "the last term of grad_x has the wrong sign",
            "both terms are subtracted",
            _wrong(project=lambda g, z: g - _mean(g) + torch.mul(_mean(g * z), z)),
        ),
        Mistake(
            "averaged over the positions",
            "the means in grad_x run over seq; the forward pass averages over d_model",
            "each vector has a mean and a deviation of its own",
            _wrong(project=lambda g, z: g - _mean(g, 1) - torch.mul(_mean(g * z, 1), z)),
        ),
        Mistake(
            "gain forgotten",
            "grad_x does not know of the gain",
            "on the way forward the gain multiplied z: what does it do on the way back?",
            _wrong(stretch=lambda grad_out, gain: grad_out),
        ),
        Mistake(
            "gain afterwards",
            "the gain multiplies at the end of the way back; on the way forward it came last",
            "the way back runs through the steps in reverse order",
            lambda grad_out, x, gain, eps: (
                _wrong()(grad_out, x, torch.ones_like(gain), eps)[0] * gain,
                *_wrong()(grad_out, x, gain, eps)[1:],
            ),
        ),
        Mistake(
            "divided by the gain",
            "grad_out is divided by the gain",
            "a factor on the way forward is the same factor on the way back",
            _wrong(stretch=lambda grad_out, gain: grad_out / gain),
        ),
        Mistake(
            "not divided by the deviation",
            "grad_x is not divided by the deviation",
            "on the way forward x − mean was divided by it",
            _wrong(scale=lambda left, x, eps: left),
        ),
        Mistake(
            "divided by the variance",
            "grad_x is divided by the variance; its root is missing",
            "by what was x − mean divided on the way forward?",
            _wrong(scale=lambda left, x, eps: left / _deviation(x, eps).square()),
        ),
        Mistake(
            "multiplied by the deviation",
            "grad_x is multiplied by the deviation",
            "a factor on the way forward is the same factor on the way back",
            _wrong(scale=lambda left, x, eps: left * _deviation(x, eps)),
        ),
        Mistake(
            "eps forgotten",
            "eps is missing",
            "the deviation of the forward pass has eps under its root",
            _wrong(
                standard=lambda x, eps: (x - _mean(x)) / _deviation(x, 0.0),
                scale=lambda left, x, eps: left / _deviation(x, 0.0),
            ),
        ),
        Mistake(
            "eps outside the root",
            "eps is added to the deviation, not to the variance under the root",
            "the deviation of the forward pass has eps under its root",
            _wrong(
                standard=lambda x, eps: (x - _mean(x)) / (_deviation(x, 0.0) + eps),
                scale=lambda left, x, eps: left / (_deviation(x, 0.0) + eps),
            ),
        ),
        Mistake(
            "variance of a sample",
            "the variance divides by one less than d_model",
            "torch.var and torch.std divide by one less unless you set `correction`",
            _wrong(
                standard=lambda x, eps: (x - _mean(x)) / _deviation(x, eps, correction=1),
                scale=lambda left, x, eps: left / _deviation(x, eps, correction=1),
            ),
        ),
        Mistake(
            "grad_gain with x",
            "grad_gain is made with x; the gain multiplied the standardised vector",
            "what stood beside the gain on the way forward?",
            _wrong(of_gain=lambda grad_out, x, z: (grad_out * x).sum((0, 1))),
        ),
        Mistake(
            "grad_gain without z",
            "grad_gain is the sum of grad_out",
            "what stood beside the gain on the way forward?",
            _wrong(of_gain=lambda grad_out, x, z: grad_out.sum((0, 1))),
        ),
        Mistake(
            "grad_gain for each prompt",
            "grad_gain has a batch axis: the gain is one for all prompts",
            "the gradient of a tensor has its shape",
            _wrong(of_gain=lambda grad_out, x, z: (grad_out * z).sum(1)),
        ),
        Mistake(
            "grad_gain for each token",
            "grad_gain is not summed: the gain is one for all tokens",
            "the gradient of a tensor has its shape",
            _wrong(of_gain=lambda grad_out, x, z: grad_out * z),
        ),
        Mistake(
            "grad_gain averaged",
            "grad_gain is averaged over the tokens, not summed",
            "the mean belongs to the loss, and is in grad_out already",
            _wrong(of_gain=lambda grad_out, x, z: (grad_out * z).mean((0, 1))),
        ),
        Mistake(
            "grad_bias with the gain",
            "grad_bias is multiplied by the gain; the bias is added after it",
            "which of the two comes last on the way forward?",
            _wrong(of_bias=lambda grad_out, gain: (grad_out * gain).sum((0, 1))),
        ),
        Mistake(
            "grad_bias averaged",
            "grad_bias is averaged over the tokens, not summed",
            "the mean belongs to the loss, and is in grad_out already",
            _wrong(of_bias=lambda grad_out, gain: grad_out.mean((0, 1))),
        ),
        Mistake(
            "order swapped",
            "grad_bias comes before grad_gain",
            "the order in the return line: grad_x, grad_gain, grad_bias",
            lambda *given: tuple(_wrong()(*given)[place] for place in (0, 2, 1)),
        ),
    ),
)
