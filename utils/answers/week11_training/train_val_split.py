"""The answer key of `train_val_split`: the text cut by a loop over its tokens."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week11_training as checks


def _expected(tokens, val_share, end_of_text):
    ids = tokens.tolist()
    place = int(len(ids) * (1 - val_share))
    while ids[place] != end_of_text:
        place += 1
    return torch.tensor(ids[: place + 1]), torch.tensor(ids[place:])


def _borders(tokens, end_of_text):
    return [place for place, token in enumerate(tokens.tolist()) if token == end_of_text]


def _place(tokens, val_share):
    return int(len(tokens) * (1 - val_share))


def _next_border(tokens, share, end_of_text):
    return min(border for border in _borders(tokens, end_of_text) if border >= _place(tokens, share))


def _cut_anywhere(tokens, val_share, end_of_text):
    place = _place(tokens, val_share)
    return tokens[:place], tokens[place:]


def _cut_at(first_end, second_start):
    """A cut at the right border, whose ends are off by these numbers of tokens."""

    def wrong(tokens, val_share, end_of_text):
        border = _next_border(tokens, val_share, end_of_text)
        return tokens[: border + first_end], tokens[border + second_start :]

    return wrong


def _everything_for_training(tokens, val_share, end_of_text):
    return tokens, tokens[_next_border(tokens, val_share, end_of_text) :]


def _first_stories_for_validation(tokens, val_share, end_of_text):
    border = _next_border(tokens, 1 - val_share, end_of_text)
    return tokens[border:], tokens[: border + 1]


def _shares_swapped(tokens, val_share, end_of_text):
    return _expected(tokens, 1 - val_share, end_of_text)


def _returned_swapped(tokens, val_share, end_of_text):
    return _expected(tokens, val_share, end_of_text)[::-1]


def _border_before(tokens, val_share, end_of_text):
    border = max(border for border in _borders(tokens, end_of_text) if border < _place(tokens, val_share))
    return tokens[: border + 1], tokens[border:]


def _share_of_the_stories(tokens, val_share, end_of_text):
    borders = _borders(tokens, end_of_text)
    border = borders[int((len(borders) - 1) * (1 - val_share))]
    return tokens[: border + 1], tokens[border:]


def _shuffled(tokens, val_share, end_of_text):
    mixed = tokens[torch.randperm(len(tokens), generator=torch.Generator().manual_seed(0))]
    return _cut_anywhere(mixed, val_share, end_of_text)


ANSWER_KEY = AnswerKey(
    check=checks.train_val_split,
    expected=_expected,
    tolerance=EXACT,
    reference="the text cut by hand",
    mistakes=(
        Mistake(
            "cut in the middle of a story",
            "the cut falls inside a story: half of it is learned, the other half is asked",
            "where is the first end_of_text from there on?",
            _cut_anywhere,
        ),
        Mistake(
            "training part without its last end",
            "the training part stops before the end_of_text that closes its last story",
            "a slice's end is not part of the slice",
            _cut_at(0, 0),
        ),
        Mistake(
            "validation part without its first start",
            "the validation part begins after the end_of_text that opens its first story",
            "the token at the cut closes one story and opens the next: it belongs to both parts",
            _cut_at(1, 1),
        ),
        Mistake(
            "validation text in the training part",
            "the training part is the whole text: the validation stories are learned as well",
            "which stories may the model never see in training?",
            _everything_for_training,
        ),
        Mistake(
            "first stories for validation",
            "the validation part is taken from the beginning",
            "the exercise takes the last stories for validation",
            _first_stories_for_validation,
        ),
        Mistake(
            "shares swapped",
            "val_share is the share of the training part here",
            "which part is 1 − val_share of the text?",
            _shares_swapped,
        ),
        Mistake(
            "returned in the wrong order",
            "the validation part comes first",
            "the order in the return line: train, val",
            _returned_swapped,
        ),
        Mistake(
            "border before the cut",
            "the cut is at the last story border before the place, not at the first from there on",
            "at or after the place: >=",
            _border_before,
        ),
        Mistake(
            "share of the stories",
            "the share is counted in stories, not in tokens",
            "stories differ in length: (1 − val_share) of what?",
            _share_of_the_stories,
        ),
        Mistake(
            "tokens shuffled",
            "the tokens were shuffled: no story is left",
            "nothing is mixed here; the order of the tokens is the text",
            _shuffled,
        ),
    ),
)
