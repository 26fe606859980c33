"""Training text: stories one after the other as token ids, each with its exact log p."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64, UInt16

from utils.story_world._encoding import story_tokens
from utils.story_world._world import Split, stories

END_OF_TEXT_ID = 50256


@dataclass(frozen=True, eq=False)
class Corpus:
    """Whole stories, <|endoftext|> before the first and after each."""

    token_ids: UInt16[np.ndarray, " tokens"]
    starts: Int64[np.ndarray, " stories+1"]
    """The indices of all <|endoftext|>: the one before each story, then the last one. Story i is
    `token_ids[starts[i] + 1 : starts[i + 1]]`."""
    log_probabilities: Float64[np.ndarray, " stories"]
    """log p of each story, in nats."""

    @property
    def floor(self) -> float:
        """The loss of a perfect model of the story world on exactly this text, in nats per predicted token.

        Every token but the first is predicted, each given the whole of its story so far. A window that starts
        in the middle of a story hides its beginning, and no model reaches the floor there, so let windows
        start at `starts`.
        """
        return float(-self.log_probabilities.sum() / (len(self.token_ids) - 1))


def corpus(split: Split, seed: int, n_tokens: int) -> Corpus:
    """Return the first stories of a split that have at least `n_tokens` tokens together.

    Raises:
        ValueError: `n_tokens` is less than 1.
    """
    if n_tokens < 1:
        raise ValueError(f"A corpus needs at least 1 token, not {n_tokens}.")
    token_ids, starts, log_probabilities = [END_OF_TEXT_ID], [0], []
    for story in stories(seed, split=split):
        token_ids += story_tokens(story.text)
        starts.append(len(token_ids))
        token_ids.append(END_OF_TEXT_ID)
        log_probabilities.append(story.log_probability)
        if len(token_ids) >= n_tokens:
            break
    return Corpus(np.array(token_ids, np.uint16), np.array(starts), np.array(log_probabilities))
