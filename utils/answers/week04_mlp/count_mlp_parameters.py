"""The answer key of `count_mlp_parameters`: a count of the parameters of HF's GPT2MLP."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week04_mlp as checks


def _expected_count(d_model, d_mlp, n_layers):
    from transformers import GPT2Config
    from transformers.models.gpt2.modeling_gpt2 import GPT2MLP

    with torch.device("meta"):
        mlp = GPT2MLP(d_mlp, GPT2Config(n_embd=d_model, n_head=1))
    return n_layers * sum(parameter.numel() for parameter in mlp.parameters())


def _total(one_block):
    """`one_block` counts a block's parameters from the sizes of a matrix and of the two biases."""
    return lambda d_model, d_mlp, n_layers: n_layers * one_block(d_model * d_mlp, d_mlp, d_model)


ANSWER_KEY = AnswerKey(
    check=checks.count_mlp_parameters,
    expected=_expected_count,
    reference="HF's GPT2MLP",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "biases forgotten",
            "the two biases are not counted",
            "each of the two products has a bias: of which size?",
            _total(lambda matrix, inner, outer: matrix * 2),
        ),
        Mistake(
            "b_out forgotten",
            "b_out is not counted",
            "each of the two products has a bias: of which size?",
            _total(lambda matrix, inner, outer: matrix * 2 + inner),
        ),
        Mistake(
            "b_in forgotten",
            "b_in is not counted",
            "each of the two products has a bias: of which size?",
            _total(lambda matrix, inner, outer: matrix * 2 + outer),
        ),
        Mistake(
            "two biases of d_mlp",
            "both biases are counted with d_mlp numbers",
            "how many numbers does the second product give?",
            _total(lambda matrix, inner, outer: 2 * (matrix + inner)),
        ),
        Mistake(
            "two biases of d_model",
            "both biases are counted with d_model numbers",
            "how many numbers does the first product give?",
            _total(lambda matrix, inner, outer: 2 * (matrix + outer)),
        ),
        Mistake(
            "one matrix only",
            "only one of the two matrices is counted",
            "out to d_mlp, and back: how many matrices?",
            _total(lambda matrix, inner, outer: matrix + inner + outer),
        ),
        Mistake(
            "one block only",
            "only one block is counted",
            "what is n_layers for?",
            lambda d_model, d_mlp, n_layers: _expected_count(d_model, d_mlp, 1),
        ),
        Mistake(
            "biases of one block only",
            "the matrices are counted in every block, the biases in one",
            "every block has its own biases",
            lambda d_model, d_mlp, n_layers: n_layers * 2 * d_mlp * d_model + d_model + d_mlp,
        ),
        Mistake(
            "d_mlp taken for 4 · d_model",
            "d_mlp is ignored: 4 · d_model is taken in its place",
            "is the argument d_mlp used?",
            lambda d_model, d_mlp, n_layers: _expected_count(d_model, 4 * d_model, n_layers),
        ),
        Mistake(
            "LayerNorm counted in",
            "a LayerNorm's gain and bias are counted, too",
            "the MLPs alone",
            _total(lambda matrix, inner, outer: matrix * 2 + inner + 3 * outer),
        ),
        Mistake(
            "square matrices",
            "the matrices are counted as d_model times d_model",
            "the shape of W_in",
            lambda d_model, d_mlp, n_layers: n_layers * (d_model * (d_model * 2 + 1) + d_mlp),
        ),
        Mistake(
            "sums for products",
            "a matrix of d_model by d_mlp is counted as d_model + d_mlp numbers",
            "how many numbers does a table of 3 rows and 4 columns have?",
            lambda d_model, d_mlp, n_layers: 3 * n_layers * (d_mlp + d_model),
        ),
    ),
)
