"""The answer key of `load_gpt2`: the logits of HF's own model, and every weight in its place."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week08_weights import _course, _hf, _refusals
from utils.answers.week08_weights._machine import (
    Holder,
    known,
    load,
    loading,
    refuse_names,
    refuse_shapes,
    refuse_untied,
)
from utils.checks import week08_weights as checks


def _expected(state_dict, config, tokens, fault_in):
    if fault_in:
        return {"error": _refusals.names(fault_in)}
    return {
        "left random": [],
        "weights": _course.weights(state_dict, config["n_heads"]),
        "logits": _hf.logits(config, state_dict, tokens),
        "mode": "eval",
        "embedding and unembedding are one tensor": True,
        "shares memory with the state dict": False,
        "every weight can learn": True,
    }


def _judged(output, state_dict, config, tokens, fault_in):
    """Return the output; for weights that do not fit, whether the error names the tensor."""
    if not fault_in:
        return output
    return {"error": _refusals.refusal(output["error"], fault_in, state_dict)}


def _renamed(*pairs):
    """Return a loader that swaps some of the model's names, and thus their tensors."""

    def change(filled, config):
        moved = {}
        for name, value in filled.items():
            for one, other in pairs:
                name = name.replace(one, "\0").replace(other, one).replace("\0", other)
            moved[name] = value
        return moved

    return loading(change=change)


def _left_out(*ends):
    """Return a loader that leaves out the names with these ends."""
    return loading(
        change=lambda filled, config: {n: value for n, value in filled.items() if not n.endswith(ends)}
    )


def _other_layer(of):
    """Return a loader that fills each block with the weights of block `of(...)`."""

    def read(state_dict, config):
        tensors = dict(state_dict)
        for name in state_dict:
            prefix, _, rest = name.partition(".h.")
            if rest:
                number, _, end = rest.partition(".")
                tensors[name] = state_dict[f"{prefix}.h.{of(int(number), config.n_layers)}.{end}"]
        return tensors

    return loading(read=read)


def _W_O_turned(state_dict, config):
    return {
        name: tensor.mT if name.endswith("attn.c_proj.weight") else tensor
        for name, tensor in state_dict.items()
    }


def _folded(filled, config):
    """Fold gains and biases of ln_1 and ln_2 into the weights that read them, as TransformerLens does."""
    filled = {name: value.float() for name, value in filled.items()}
    for layer in range(config.n_layers):
        block = f"blocks.{layer}"
        readers = {"ln_1": [f"attn.{{}}_{letter}" for letter in "QKV"], "ln_2": ["mlp.{}_in"]}
        for norm, pattern in ((norm, each) for norm, reader in readers.items() for each in reader):
            gain, bias = filled[f"{block}.{norm}.gain"], filled[f"{block}.{norm}.bias"]
            W, b = (f"{block}.{pattern.format(kind)}" for kind in "Wb")
            filled[b] = filled[b] + torch.tensordot(bias, filled[W], dims=([0], [-2]))
            filled[W] = gain[:, None] * filled[W]
        for norm in readers:
            filled[f"{block}.{norm}.gain"] = torch.ones(config.d_model)
            filled[f"{block}.{norm}.bias"] = torch.zeros(config.d_model)
    return filled


def _share(model, filled):
    for name, value in filled.items():
        model.get_parameter(name).data = value


def _own_copy(model):
    model.unembed.embed = Holder(W_E=model.embed.W_E.detach().clone())
    return model


def _frozen(model):
    return model.requires_grad_(False)


def _as_the_file(state_dict, config):
    model = load(state_dict, config)
    return model.to(next(iter(state_dict.values())).dtype)


def _mute(state_dict, config):
    try:
        return load(state_dict, config)
    except ValueError:
        raise ValueError("These weights do not fit.") from None


def _refuse_missing(state_dict, config):
    refuse_names(known(state_dict, config), config)


def _refuse_unknown(state_dict, config):
    for name in set(state_dict).difference(known(state_dict, config)):
        raise ValueError(f"{name} has no place in this model")


ANSWER_KEY = AnswerKey(
    check=checks.load_gpt2,
    expected=_expected,
    observe=_judged,
    reference="HF's model",
    mistakes=(
        Mistake(
            "W_O transposed",
            "attention's c_proj is transposed: it is square, so nothing complains",
            "the axes of HF's Conv1D: (inputs, outputs)",
            loading(read=_W_O_turned),
        ),
        Mistake(
            "k, q, v",
            "the queries' weights stand where the keys' belong, and the other way round",
            "the order in which c_attn's thirds come back, and the order of its names",
            _renamed(("_Q", "_K")),
        ),
        Mistake(
            "q, v, k",
            "the keys' weights stand where the values' belong, and the other way round",
            "the order in which c_attn's thirds come back, and the order of its names",
            _renamed(("_K", "_V")),
        ),
        Mistake(
            "ln_1 and ln_2 swapped",
            "the two LayerNorms of each block are swapped",
            "their shapes agree, so only the names can tell: which one reads for attention?",
            _renamed(("ln_1", "ln_2")),
        ),
        Mistake(
            "block 0 in every block",
            "every block holds block 0's weights",
            "does the layer's number stand in both names?",
            _other_layer(lambda layer, n_layers: 0),
        ),
        Mistake(
            "layers in reverse",
            "the last block's weights are in the first block",
            "both sides count from 0",
            _other_layer(lambda layer, n_layers: n_layers - 1 - layer),
        ),
        Mistake(
            "biases not loaded",
            "the biases of attention and MLP are still 0",
            "which names are in HF's state dict that you do not use?",
            _left_out(*(f".b_{letter}" for letter in ("Q", "K", "V", "O", "in", "out"))),
        ),
        Mistake(
            "b_K not loaded",
            "b_K is still 0: softmax takes it out again, so no logit shows it, but GPT-2 has numbers there",
            "count what c_attn's bias fills",
            _left_out(".b_K"),
        ),
        Mistake(
            "LayerNorms not loaded",
            "gains are still 1 and the LayerNorms' biases 0",
            "HF calls a gain `weight`",
            _left_out(".gain", ".bias"),
        ),
        Mistake(
            "attention left random",
            "q's, k's and v's matrices are still the random ones of a new model",
            "are there names that find no partner and are passed over, as with strict=False?",
            _left_out(".W_Q", ".W_K", ".W_V"),
        ),
        Mistake(
            "nothing loaded",
            "every matrix is still the random one of a new model: no name has met its place",
            "strict=False passes over every name that it does not know: whose names does the model know?",
            loading(refusals=(), fill=lambda model, filled: None),
        ),
        Mistake(
            "positions left random",
            "the position vectors are still the random ones of a new model",
            "which name is passed over?",
            _left_out(".W_pos"),
        ),
        Mistake(
            "shares memory",
            "the model's weights are the state dict's own tensors: training one would change the other",
            "where is a number copied?",
            loading(fill=_share),
        ),
        Mistake(
            "left in train mode",
            "the weights are right, but the model is in train mode",
            "which method puts a module into eval mode?",
            loading(finish=lambda model: model.train()),
        ),
        Mistake(
            "kept in half precision",
            "weights that come in 16 bits stay in 16 bits, which hold three digits",
            "the machine counts in float32: copying into its parameters converts by itself",
            _as_the_file,
        ),
        Mistake(
            "tie broken",
            "the unembedding has a matrix of its own, with the same numbers: training would part the two",
            "is a new Embed or a new parameter made somewhere? Copy into the one that is there",
            loading(finish=_own_copy),
        ),
        Mistake(
            "weights that cannot learn",
            "the weights are right, but none of them would learn",
            "requires_grad stays as a new model has it",
            loading(finish=_frozen),
        ),
        Mistake(
            "LayerNorms folded",
            "the LayerNorms' gains and biases have been multiplied into the matrices after them",
            "each tensor is copied as it is, or cut into pieces; nothing is multiplied",
            loading(change=_folded),
        ),
        Mistake(
            "unknown names passed over",
            "a tensor that has no place is passed over in silence",
            "compare the two sets of names before you copy anything",
            loading(refusals=(_refuse_missing, refuse_shapes, refuse_untied), read=known),
        ),
        Mistake(
            "missing names passed over",
            "a name that is missing is passed over in silence, and its place keeps what it had",
            "compare the two sets of names before you copy anything",
            loading(refusals=(_refuse_unknown, refuse_shapes, refuse_untied)),
        ),
        Mistake(
            "names not compared",
            "names that are missing and names that have no place are passed over in silence",
            "compare the two sets of names before you copy anything",
            loading(refusals=(refuse_shapes, refuse_untied), read=known),
        ),
        Mistake(
            "shapes not compared",
            "one row of positions is repeated for all, and other wrong shapes end in an error without a name",
            "copy_ repeats what is too small; load_state_dict compares shapes and names the parameter",
            loading(refusals=(refuse_names, refuse_untied)),
        ),
        Mistake(
            "untied weights accepted",
            "an lm_head that is not the embedding is taken: one of the two is lost in silence",
            "your machine has one matrix for both, so make sure that the two are the same",
            loading(refusals=(refuse_names, refuse_shapes)),
        ),
        Mistake(
            "error without a name",
            "it stops, as it should, but does not say at which tensor",
            "what would you like to read, if you had downloaded the wrong file?",
            _mute,
        ),
    ),
)
