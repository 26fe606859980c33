"""The answer key of `fix_conv1d`: HF keeps (inputs, outputs), as the machine does; heads are cut apart."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week08_weights._course import forms, thirds
from utils.checks import week08_weights as checks

_MATRICES = ("c_attn.weight", "attn.c_proj.weight", "c_fc.weight", "mlp.c_proj.weight")


def _forms_after(change):
    """Return a mistake that changes each tensor by name before the right conversion."""
    return lambda name, tensor, n_heads: forms(name, change(name, tensor), n_heads)


def _turned(name, tensor):
    """Return the tensor transposed, or reshaped from its transpose if it is not square."""
    return tensor.mT.reshape(tensor.shape)


def _instead(applies, form):
    """Return a mistake that is right but for the names that `applies` accepts."""

    def wrong(name, tensor, n_heads):
        return form(tensor, n_heads) if applies(name) else forms(name, tensor, n_heads)

    return wrong


def _is_W_O(name):
    return name.endswith("attn.c_proj.weight")


def _is_block_matrix(name):
    return name.endswith(_MATRICES)


ANSWER_KEY = AnswerKey(
    check=checks.fix_conv1d,
    expected=lambda name, tensor, n_heads: forms(name, tensor, n_heads),
    reference="HF's layers",
    mistakes=(
        Mistake(
            "c_fc and c_proj of the MLP transposed",
            "the MLP's two matrices are transposed, as for an nn.Linear; yours lie as HF's do",
            "HF's Conv1D keeps (inputs, outputs): what does W_in keep?",
            _instead(
                lambda name: ".mlp." in name and name.endswith("weight"), lambda tensor, _: (tensor.mT,)
            ),
        ),
        Mistake(
            "W_O transposed",
            "attention's c_proj is transposed before it is cut: square as it is, no shape will ever tell",
            "the axes of a Conv1D are (inputs, outputs): which of them do the heads write from?",
            _instead(_is_W_O, lambda tensor, n_heads: (torch.stack(tensor.mT.chunk(n_heads)),)),
        ),
        Mistake(
            "every Conv1D transposed",
            "c_attn, c_fc and both c_proj are read as if they were an nn.Linear's, outputs first",
            "HF's Conv1D keeps (inputs, outputs), as your matrices do",
            lambda name, tensor, n_heads: (
                (tensor.mT,)
                if name.endswith(("c_fc.weight", "mlp.c_proj.weight"))
                else forms(name, _turned(name, tensor) if _is_block_matrix(name) else tensor, n_heads)
            ),
        ),
        Mistake(
            "every matrix transposed",
            "wte, wpe and lm_head are transposed too; they are tables with a row for each token or position",
            "which of HF's layers are a Conv1D at all?",
            lambda name, tensor, n_heads: (
                (tensor.mT,)
                if tensor.dim() == 2 and "attn" not in name
                else forms(name, _turned(name, tensor) if tensor.dim() == 2 else tensor, n_heads)
            ),
        ),
        Mistake(
            "the tables transposed",
            "wte, wpe and lm_head are transposed; they are tables with a row for each token or position",
            "only a Conv1D may need a second look, and these are none",
            _instead(
                lambda name: name.endswith(("wte.weight", "wpe.weight", "lm_head.weight")),
                lambda tensor, _: (tensor.mT,),
            ),
        ),
        Mistake(
            "lm_head transposed",
            "lm_head is transposed; it is the embedding itself, d_vocab by d_model",
            "what is it tied to?",
            _instead(lambda name: name.startswith("lm_head"), lambda tensor, _: (tensor.mT,)),
        ),
        Mistake(
            "W_O not cut",
            "attention's c_proj stays one matrix; the machine keeps each head's rows apart",
            "the shape of W_O in week 6",
            _instead(_is_W_O, lambda tensor, _: (tensor,)),
        ),
        Mistake(
            "W_O cut by columns",
            "attention's c_proj is cut along its outputs; a head owns rows of it, which multiply its z",
            "each head reads d_head numbers and writes d_model",
            _instead(_is_W_O, lambda tensor, n_heads: (torch.stack(tensor.chunk(n_heads, dim=-1)),)),
        ),
        Mistake(
            "W_O with heads innermost",
            "every n_heads-th row is given to the same head; a head's rows lie one below the other",
            "the order of n_heads and d_head inside the brackets",
            _instead(_is_W_O, lambda tensor, n_heads: (tensor.unflatten(0, (-1, n_heads)).movedim(1, 0),)),
        ),
        Mistake(
            "W_O's heads transposed",
            "each head's W_O is transposed",
            "W_O maps d_head to d_model",
            _instead(_is_W_O, lambda tensor, n_heads: (torch.stack(tensor.chunk(n_heads)).mT,)),
        ),
        Mistake(
            "the MLP cut into heads",
            "the MLP's c_proj is cut as well; heads are attention's alone",
            "two layers of a block are called c_proj: does your condition tell them apart?",
            _instead(
                lambda name: name.endswith("c_proj.weight"),
                lambda tensor, n_heads: (tensor.reshape(n_heads, -1, tensor.shape[-1]),),
            ),
        ),
        Mistake(
            "a bias cut into heads",
            "c_proj's bias is cut into heads; it is added once, after the heads' sum",
            "b_O has d_model numbers",
            _instead(
                lambda name: "attn.c_proj" in name,
                lambda tensor, n_heads: (torch.stack(tensor.chunk(n_heads)),),
            ),
        ),
        Mistake(
            "c_attn's bias not split",
            "c_attn's bias stays whole; it holds the biases of q, k and v",
            "does your condition ask for the weight only?",
            _instead(lambda name: name.endswith("c_attn.bias"), lambda tensor, _: (tensor,)),
        ),
        Mistake(
            "c_attn not split",
            "c_attn stays whole; the machine keeps q's, k's and v's part under three names",
            "which of your functions splits it?",
            lambda name, tensor, n_heads: (tensor,) if "c_attn" in name else forms(name, tensor, n_heads),
        ),
        Mistake(
            "no tuple",
            "where there is one form, it comes back bare; the docstring promises a tuple",
            "a tuple of one has a comma: (tensor,)",
            lambda name, tensor, n_heads: (
                thirds(tensor, n_heads) if "c_attn" in name else forms(name, tensor, n_heads)[0]
            ),
        ),
    ),
)
