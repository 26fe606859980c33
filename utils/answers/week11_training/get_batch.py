"""The answer key of `get_batch`: windows found one token at a time, drawn with the same generator."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.week11_training._pieces import draw_batch, windows
from utils.checks import week11_training as checks


def _expected(tokens, end_of_text, batch_size, seq, seed):
    generator, places = torch.Generator().manual_seed(seed), windows(tokens, end_of_text, seq)
    first, second = (draw_batch(tokens, places, batch_size, seq, generator) for _ in range(2))
    return {"first batch": first, "second batch": second}


def _right(tokens, end_of_text, batch_size, seq, generator):
    return draw_batch(tokens, windows(tokens, end_of_text, seq), batch_size, seq, generator)


def _anywhere(tokens, end_of_text, batch_size, seq, generator):
    return draw_batch(tokens, list(range(len(tokens) - seq + 1)), batch_size, seq, generator)


def _anywhere_but_the_last(tokens, end_of_text, batch_size, seq, generator):
    return draw_batch(tokens, list(range(len(tokens) - seq)), batch_size, seq, generator)


def _after_the_border(tokens, end_of_text, batch_size, seq, generator):
    places = [place + 1 for place in windows(tokens, end_of_text, seq)]
    padded = torch.cat([tokens, torch.full((seq,), end_of_text)])
    return draw_batch(padded, places, batch_size, seq, generator)


def _last_window_left_out(tokens, end_of_text, batch_size, seq, generator):
    return draw_batch(tokens, windows(tokens[:-1], end_of_text, seq), batch_size, seq, generator)


def _padded_windows(tokens, end_of_text, batch_size, seq, generator):
    padded = torch.cat([tokens, torch.full((seq,), end_of_text)])
    places = [place for place in windows(padded, end_of_text, seq) if place < len(tokens)]
    return draw_batch(padded, places, batch_size, seq, generator)


def _one_more(tokens, end_of_text, batch_size, seq, generator):
    places = windows(tokens, end_of_text, seq)
    padded = torch.cat([tokens, torch.full((1,), end_of_text)])
    return draw_batch(padded, places, batch_size, seq + 1, generator)


def _reseeded(tokens, end_of_text, batch_size, seq, generator):
    again = torch.Generator().manual_seed(generator.initial_seed())
    return _right(tokens, end_of_text, batch_size, seq, again)


def _global_generator(tokens, end_of_text, batch_size, seq, generator):
    return _right(tokens, end_of_text, batch_size, seq, None)


def _one_window_for_all(tokens, end_of_text, batch_size, seq, generator):
    return _right(tokens, end_of_text, 1, seq, generator).expand(batch_size, -1)


def _first_windows(tokens, end_of_text, batch_size, seq, generator):
    places = windows(tokens, end_of_text, seq)
    return torch.stack([tokens[place : place + seq] for place in (places * batch_size)[:batch_size]])


def _without_replacement(tokens, end_of_text, batch_size, seq, generator):
    places = windows(tokens, end_of_text, seq)
    order = torch.randperm(len(places), generator=generator).repeat(batch_size)[:batch_size].tolist()
    return torch.stack([tokens[places[pick] : places[pick] + seq] for pick in order])


def _inputs_and_targets(tokens, end_of_text, batch_size, seq, generator):
    batch = _right(tokens, end_of_text, batch_size, seq, generator)
    return batch[:, :-1], batch[:, 1:]


ANSWER_KEY = AnswerKey(
    check=checks.get_batch,
    expected=_expected,
    tolerance=EXACT,
    reference="the windows drawn by hand",
    mistakes=(
        Mistake(
            "windows begin anywhere",
            "windows begin in the middle of stories, whose beginning the model then cannot know",
            "at which tokens does a story begin?",
            _anywhere,
        ),
        Mistake(
            "windows begin anywhere, but not at the last place",
            "windows begin in the middle of stories, and the last possible one is never drawn",
            "at which tokens does a story begin? And how many places are there for a window?",
            _anywhere_but_the_last,
        ),
        Mistake(
            "end_of_text left out",
            "windows begin one token too late, after the end_of_text",
            "the first word of a story is predicted from end_of_text: the window begins there",
            _after_the_border,
        ),
        Mistake(
            "last window left out",
            "the story that fits just to the end of the text is never drawn",
            "with 10 tokens and a window of 4, is 6 still a place to begin?",
            _last_window_left_out,
        ),
        Mistake(
            "windows run over the end",
            "places are drawn from which fewer than seq tokens are left",
            "which is the last place that leaves room for a whole window?",
            _padded_windows,
        ),
        Mistake(
            "a token too many",
            "windows have seq + 1 tokens",
            "seq counts the tokens of a window; the loss does the shifting itself",
            _one_more,
        ),
        Mistake(
            "the same batch each time",
            "the generator is seeded anew in every call, so that each batch is the first one again",
            "use the generator that you are given; it remembers where it is",
            _reseeded,
        ),
        Mistake(
            "generator not used",
            "the windows are drawn with torch's global generator: the run cannot be repeated",
            "torch.randint takes generator=",
            _global_generator,
        ),
        Mistake(
            "one window for the whole batch",
            "all rows of the batch are the same window",
            "one place for each row: which size does torch.randint get?",
            _one_window_for_all,
        ),
        Mistake(
            "no chance at all",
            "the batch always holds the first windows of the text",
            "where does the generator come in?",
            _first_windows,
        ),
        Mistake(
            "another way of drawing",
            "the windows are drawn without replacement, so that another batch comes of the same seed",
            "torch.randint, once for the whole batch: then one seed means one batch for everybody",
            _without_replacement,
        ),
        Mistake(
            "transposed",
            "the batch has its axes in the other order",
            "a row is a window: batch_size rows of seq tokens",
            lambda *inputs: _right(*inputs).T,
        ),
        Mistake(
            "inputs and targets apart",
            "a pair comes back: the windows without their last token, and without their first",
            "one tensor of whole windows; next_token_loss shifts for itself",
            _inputs_and_targets,
        ),
    ),
)
