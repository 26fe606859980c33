"""The answer key of `analogy`: arithmetic in float64 and torch's cosine similarity, sorted."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week03_embeddings._ranks import cosines, ranked, without
from utils.checks import week03_embeddings as checks


def _target(W_E, start, minus, plus):
    row = W_E.double().__getitem__
    return torch.stack([row(start), -row(minus), row(plus)]).sum(0)


def _expected_analogy(W_E, start, minus, plus, k):
    return ranked(without(cosines(W_E, _target(W_E, start, minus, plus)), (start, minus, plus)), k)


def _towards(target, rank=cosines):
    """A mistake in where the search begins, or in how it measures."""

    def wrong(W_E, start, minus, plus, k=1):
        similarities = rank(W_E, target(W_E, start, minus, plus))
        return ranked(without(similarities, (start, minus, plus)), k)

    return wrong


def _leaving_out(choose):
    """A mistake in which of the asked words are left out."""

    def wrong(W_E, start, minus, plus, k=1):
        similarities = cosines(W_E, _target(W_E, start, minus, plus))
        return ranked(without(similarities, choose(start, minus, plus)), k)

    return wrong


def _rows_normalised(W_E, start, minus, plus):
    return _target(F.normalize(W_E, dim=1), start, minus, plus)


def _first_hit_dropped(W_E, start, minus, plus, k=1):
    ids, similarities = ranked(cosines(W_E, _target(W_E, start, minus, plus)), min(k + 1, len(W_E)))
    return ids[1:], similarities[1:]


def _first_three_dropped(W_E, start, minus, plus, k=1):
    ids, similarities = ranked(cosines(W_E, _target(W_E, start, minus, plus)), k + 3)
    return ids[3:], similarities[3:]


ANSWER_KEY = AnswerKey(
    check=checks.analogy,
    expected=_expected_analogy,
    reference="torch's cosine similarity",
    outputs=("ids", "similarities"),
    mistakes=(
        Mistake(
            "step taken backwards",
            "the step goes from plus to minus: this is start + minus − plus",
            "which of the two is taken away?",
            _towards(lambda W_E, start, minus, plus: _target(W_E, start, plus, minus)),
        ),
        Mistake(
            "nothing taken away",
            "this is start + plus: nothing is taken away",
            "what is minus for?",
            _towards(lambda W_E, start, minus, plus: W_E[[start, plus]].sum(0)),
        ),
        Mistake(
            "nothing added",
            "this is start − minus: nothing is added",
            "what is plus for?",
            _towards(lambda W_E, start, minus, plus: W_E[start] - W_E[minus]),
        ),
        Mistake(
            "all three added",
            "this is start + minus + plus",
            "the sign in front of minus",
            _towards(lambda W_E, start, minus, plus: W_E[[start, minus, plus]].sum(0)),
        ),
        Mistake(
            "the step alone",
            "the search looks for the step from minus to plus itself, not for where it leads from start",
            "where does the step begin?",
            _towards(lambda W_E, start, minus, plus: W_E[plus] - W_E[minus]),
        ),
        Mistake(
            "start taken away",
            "this is minus + plus − start",
            "which of the three is taken away?",
            _towards(lambda W_E, start, minus, plus: _target(W_E, minus, start, plus)),
        ),
        Mistake(
            "arithmetic on the ids",
            "the ids are added and subtracted, and a row with that number is looked up",
            "an id is a name, not an amount: which three vectors belong to the ids?",
            _towards(lambda W_E, start, minus, plus: W_E[start - minus + plus]),
        ),
        Mistake(
            "near start",
            "these are the neighbours of start: the step is not taken",
            "which vector does the search begin from?",
            _towards(lambda W_E, start, minus, plus: W_E[start]),
        ),
        Mistake(
            "rows normalised first",
            "the three vectors are brought to length 1 before the arithmetic",
            "the text asks for the vectors as they are",
            _towards(_rows_normalised),
        ),
        Mistake(
            "dot products",
            "these are dot products, so that long vectors win whichever way they point",
            "did you start from your nearest_tokens?",
            _towards(_target, rank=lambda W_E, vector: W_E.mv(vector.float())),
        ),
        Mistake(
            "distances",
            "these are distances with a minus in front",
            "did you start from your nearest_tokens?",
            _towards(_target, rank=lambda W_E, vector: -(W_E - vector.float()).norm(dim=1)),
        ),
        Mistake(
            "asked words left in",
            "start, minus and plus may themselves be the answer",
            "king is the nearest word to king − man + woman more often than not: which argument of "
            "nearest_tokens helps?",
            _leaving_out(lambda start, minus, plus: ()),
        ),
        Mistake(
            "only start left out",
            "minus and plus may themselves be the answer",
            "all three of the words that are asked with are left out",
            _leaving_out(lambda start, minus, plus: (start,)),
        ),
        Mistake(
            "start left in",
            "start may itself be the answer",
            "all three of the words that are asked with are left out",
            _leaving_out(lambda start, minus, plus: (minus, plus)),
        ),
        Mistake(
            "minus left in",
            "minus may itself be the answer",
            "all three of the words that are asked with are left out",
            _leaving_out(lambda start, minus, plus: (start, plus)),
        ),
        Mistake(
            "plus left in",
            "plus may itself be the answer",
            "all three of the words that are asked with are left out",
            _leaving_out(lambda start, minus, plus: (start, minus)),
        ),
        Mistake(
            "first hit dropped",
            "the nearest token is dropped, as if it had to be start",
            "leave out the three words by their ids, wherever they come",
            _first_hit_dropped,
        ),
        Mistake(
            "first three hits dropped",
            "the three nearest tokens are dropped, as if they had to be the words that were asked with",
            "leave out the three words by their ids, wherever they come",
            _first_three_dropped,
        ),
        Mistake(
            "the vector itself",
            "start − minus + plus comes back as a vector; its nearest tokens are asked for",
            "which of your functions finds tokens near a vector?",
            lambda W_E, start, minus, plus, k=1: _target(W_E, start, minus, plus).float(),
        ),
        Mistake(
            "ids only",
            "the ids come back without their similarities",
            "what does nearest_tokens return?",
            lambda W_E, start, minus, plus, k=1: _expected_analogy(W_E, start, minus, plus, k)[0],
        ),
        Mistake(
            "only the best",
            "one token comes back, however many were asked for",
            "what is k for?",
            lambda W_E, start, minus, plus, k=1: _expected_analogy(W_E, start, minus, plus, 1),
        ),
    ),
)
