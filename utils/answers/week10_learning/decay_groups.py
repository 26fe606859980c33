"""The answer key of `decay_groups`: the rule of the exercise, on the names that the case itself gives."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week10_learning as checks


def _expected(shapes, tied, weight_decay):
    decaying = {name for name in shapes if f".{name}".split(".")[-1][0] == "W"}
    return [
        {"weight_decay": weight_decay, "params": sorted(decaying)},
        {"weight_decay": 0.0, "params": sorted(set(shapes) - decaying)},
    ]


def _normalise(groups):
    """Return the groups with the largest decay first, since their order does not matter."""
    return sorted(groups, key=lambda group: (-group["weight_decay"], group["params"]))


def _by(decays, rates=lambda decay: (decay, 0.0), listed=lambda model: model.named_parameters()):
    """Return a mistake: groups by `decays(name, parameter)`, with other rates or other parameters."""

    def wrong(model, weight_decay):
        members = list(listed(model))
        yes = [parameter for name, parameter in members if decays(name, parameter)]
        no = [parameter for name, parameter in members if not decays(name, parameter)]
        first, second = rates(weight_decay)
        return [{"params": yes, "weight_decay": first}, {"params": no, "weight_decay": second}]

    return wrong


def _last(name):
    return name.split(".")[-1]


def _is_weight(name, parameter=None):
    return _last(name)[:1] == "W"


def _names(model, weight_decay):
    names = [name for name, _ in model.named_parameters()]
    return [
        {"params": [name for name in names if _is_weight(name)], "weight_decay": weight_decay},
        {"params": [name for name in names if not _is_weight(name)], "weight_decay": 0.0},
    ]


def _copies(model, weight_decay):
    members = [(name, parameter.detach()) for name, parameter in model.named_parameters()]
    return _by(_is_weight, listed=lambda model: members)(model, weight_decay)


def _generators(model, weight_decay):
    members = dict(model.named_parameters())
    yes, no = ((p for name, p in members.items() if _is_weight(name) == wanted) for wanted in (True, False))
    return [{"params": yes, "weight_decay": weight_decay}, {"params": no, "weight_decay": 0.0}]


ANSWER_KEY = AnswerKey(
    check=checks.decay_groups,
    expected=_expected,
    reference="the rule of the exercise",
    tolerance=EXACT,
    normalise=_normalise,
    mistakes=(
        Mistake(
            "everything decays",
            "all parameters are in the group that decays",
            "which kinds of parameters should not be pulled towards 0?",
            _by(lambda name, parameter: True),
        ),
        Mistake(
            "nothing decays",
            "all parameters are in the group that does not decay",
            "what does a weight's own name begin with?",
            _by(lambda name, parameter: False),
        ),
        Mistake(
            "groups swapped",
            "biases and gains decay, and weights do not",
            "which of the two groups gets weight_decay?",
            _by(_is_weight, rates=lambda decay: (0.0, decay)),
        ),
        Mistake(
            "both groups decay",
            "both groups have the same weight_decay",
            "what is the weight_decay of the second group?",
            _by(_is_weight, rates=lambda decay: (decay, decay)),
        ),
        Mistake(
            "by the number of axes",
            "the parameters are told apart by their axes; here biases like b_Q have two",
            "the name decides: what does its last part begin with?",
            _by(lambda name, parameter: parameter.dim() > 1),
        ),
        Mistake(
            "by the word weight",
            "names with `weight` in them decay: those are torch's names, not the course's",
            "print the names of your parameters",
            _by(lambda name, parameter: "weight" in name),
        ),
        Mistake(
            "by the word bias",
            "everything decays that has no `bias` in its name; the course's biases are called b_Q, b_in …",
            "print the names of your parameters",
            _by(lambda name, parameter: "bias" not in name),
        ),
        Mistake(
            "gains decay",
            "everything decays but the biases: gains do, too",
            "which kinds of parameters are there besides weights and biases?",
            _by(lambda name, parameter: not _last(name).startswith("b")),
        ),
        Mistake(
            "W anywhere",
            "names with a W anywhere decay, also when it belongs to a module",
            "a name such as W_gate.bias has two parts: which one is the parameter's own?",
            _by(lambda name, parameter: "W" in name),
        ),
        Mistake(
            "W at the very beginning",
            "only names that begin with W as a whole decay; those inside modules have a path in front",
            "a name such as blocks.0.mlp.W_in has four parts: which one is the parameter's own?",
            _by(lambda name, parameter: name.startswith("W")),
        ),
        Mistake(
            "W_ with an underscore",
            "a weight whose own name is W alone does not decay",
            "begins with W: is the underscore asked for?",
            _by(lambda name, parameter: _last(name).startswith("W_")),
        ),
        Mistake(
            "small letters, too",
            "names that begin with a small w decay as well",
            "a capital W",
            _by(lambda name, parameter: _last(name).lower().startswith("w")),
        ),
        Mistake(
            "embeddings left out",
            "W_E and W_pos do not decay",
            "they are weights like the others: what do their names begin with?",
            _by(lambda name, parameter: _is_weight(name) and _last(name) not in {"W_E", "W_pos"}),
        ),
        Mistake(
            "tied weight twice",
            "a weight that stands in two places of the model is listed twice",
            "how many steps would it take at once? Which of torch's lists names each parameter once?",
            _by(_is_weight, listed=lambda model: model.named_parameters(remove_duplicate=False)),
        ),
        Mistake(
            "top level only",
            "the parameters inside the modules are missing",
            "does your list go down into the modules?",
            _by(_is_weight, listed=lambda model: model.named_parameters(recurse=False)),
        ),
        Mistake(
            "weights only",
            "only one group comes back: biases and gains would not be trained at all",
            "every parameter is in one group",
            lambda model, weight_decay: _by(_is_weight)(model, weight_decay)[:1],
        ),
        Mistake(
            "names, not parameters",
            "the groups hold names; an optimiser needs the parameters themselves",
            "named_parameters() gives pairs: which half belongs in the group?",
            _names,
        ),
        Mistake(
            "copies",
            "the groups hold other tensors that have the parameters' numbers: they have no gradients",
            "does .data, .detach() or .clone() stand somewhere?",
            _copies,
        ),
        Mistake(
            "generators",
            "the groups hold generators, which are empty after the first step",
            "lists can be gone through as often as one likes",
            _generators,
        ),
    ),
)
