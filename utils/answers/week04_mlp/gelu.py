"""The answer key of `gelu`: HF's `gelu_new`, the activation of GPT-2."""

import math

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week04_mlp as checks

_ROOT = math.sqrt(2 / math.pi)


def _expected_gelu(x):
    from transformers.activations import ACT2FN

    return ACT2FN["gelu_new"](x)


def _tanh_form(root=_ROOT, cubic=0.044715, power=3, sign=1, half=0.5, one=1.0, curve=torch.tanh):
    """The formula with some of its pieces replaced."""
    return lambda x: half * x * (one + sign * curve(root * (x + cubic * x**power)))


def _by_exponentials(x):
    inner = _ROOT * (x + 0.044715 * x.pow(3))
    up, down = inner.exp(), (-inner).exp()
    return x / 2 * (1 + (up - down) / (up + down))


ANSWER_KEY = AnswerKey(
    check=checks.gelu,
    expected=_expected_gelu,
    reference="HF's gelu_new",
    mistakes=(
        Mistake(
            "exact GELU",
            "this is the exact GELU, with erf; GPT-2 was trained with the form that has tanh",
            "the two differ in the fourth decimal, and a trained model holds you to it",
            F.gelu,
        ),
        Mistake(
            "sigmoid form",
            "this is x · sigmoid(1.702 x), a coarser relative of GELU",
            "GPT-2's form has tanh and a cube",
            lambda x: x * torch.sigmoid(1.702 * x),
        ),
        Mistake("ReLU", "this is ReLU: negative numbers are cut off", "GELU is smooth around 0", F.relu),
        Mistake("SiLU", "this is SiLU, x · sigmoid(x)", "GPT-2's form has tanh and a cube", F.silu),
        Mistake("tanh alone", "this is tanh(x)", "what is tanh multiplied by?", torch.tanh),
        Mistake(
            "2/π without its root",
            "2/π stands there without its root",
            "the number in front of the bracket is about 0.798",
            _tanh_form(root=2 / math.pi),
        ),
        Mistake(
            "√(π/2)",
            "the fraction under the root is upside down",
            "the number in front of the bracket is about 0.798",
            _tanh_form(root=math.sqrt(math.pi / 2)),
        ),
        Mistake(
            "√2/π",
            "only the 2 is under the root, and π is not",
            "the number in front of the bracket is about 0.798",
            _tanh_form(root=math.sqrt(2) / math.pi),
        ),
        Mistake(
            "root left out",
            "the factor √(2/π) is missing",
            "what multiplies the bracket inside tanh?",
            _tanh_form(root=1.0),
        ),
        Mistake(
            "no cube",
            "the term with x³ is missing",
            "what is added to x inside the bracket?",
            _tanh_form(cubic=0.0),
        ),
        Mistake(
            "square instead of cube",
            "x is squared where it should be cubed, so that negative numbers go wrong",
            "the exponent",
            _tanh_form(power=2),
        ),
        Mistake(
            "0.44715",
            "the factor of x³ is ten times too large",
            "count the zeros in 0.044715",
            _tanh_form(cubic=0.44715),
        ),
        Mistake(
            "0.0044715",
            "the factor of x³ is ten times too small",
            "count the zeros in 0.044715",
            _tanh_form(cubic=0.0044715),
        ),
        Mistake(
            "cube subtracted",
            "the term with x³ is subtracted",
            "the sign inside the bracket",
            _tanh_form(cubic=-0.044715),
        ),
        Mistake(
            "cube outside the factor",
            "√(2/π) multiplies x alone; it belongs to the whole bracket",
            "where does the bracket begin?",
            lambda x: x / 2 * (1 + torch.tanh(_ROOT * x + 0.044715 * x**3)),
        ),
        Mistake(
            "half forgotten",
            "everything is twice as large as it should be",
            "which number does the formula begin with?",
            _tanh_form(half=1.0),
        ),
        Mistake(
            "1 + forgotten",
            "tanh stands alone in its bracket; 1 should be added to it",
            "what should large negative numbers give?",
            _tanh_form(one=0.0),
        ),
        Mistake(
            "1 − tanh",
            "tanh is subtracted from 1, so that the negative side passes and the positive one is cut off",
            "the sign before tanh",
            _tanh_form(sign=-1),
        ),
        Mistake(
            "x forgotten",
            "this is the gate alone, a number from 0 to 1; it should multiply x",
            "what should a large positive number give?",
            lambda x: torch.sigmoid(2 * _ROOT * (x + 0.044715 * x**3)),
        ),
        Mistake(
            "sigmoid for tanh",
            "sigmoid stands where tanh should",
            "which function is in the formula?",
            _tanh_form(curve=torch.sigmoid),
        ),
        Mistake(
            "gate without its 2",
            "the formula with sigmoid in place of ½(1 + tanh) needs a 2 inside it",
            "½(1 + tanh z) is sigmoid(2z)",
            lambda x: x * torch.sigmoid(_ROOT * (x + 0.044715 * x**3)),
        ),
        Mistake(
            "overflow",
            "a tanh built from exponentials overflows: inf/inf is NaN",
            "torch.tanh takes any number",
            _by_exponentials,
        ),
        Mistake(
            "absolute values",
            "negative numbers are treated as if they were positive",
            "what should −3 give?",
            lambda x: F.gelu(x.abs(), approximate="tanh"),
        ),
    ),
)
