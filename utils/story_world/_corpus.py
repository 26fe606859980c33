"""Training text: stories one after the other as token ids, each with its exact −log p."""

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
    """Where each story's leading <|endoftext|> stands; the last entry is where the very last one stands.
    Story i is `token_ids[starts[i] + 1 : starts[i + 1]]`."""
    log_probabilities: Float64[np.ndarray, " stories"]
    """log p of each story, in nats."""

    @property
    def floor(self) -> float:
        """Nats per predicted token that a perfect model of the story world loses on exactly this text.

        Every token but the first is predicted, each within its whole story. A window that starts in the
        middle of a story hides the beginning, and no model reaches the floor there: let windows start at
        `starts`.
        """
        return float(-self.log_probabilities.sum() / (len(self.token_ids) - 1))


def corpus(split: Split, seed: int, n_tokens: int) -> Corpus:
    """As many stories of a split as it takes to have at least `n_tokens` tokens.

    Raises:
        ValueError: less than one token.
    """
    if n_tokens < 1:
        raise ValueError(f"A corpus needs at least 1 token, not {n_tokens}.")
    token_ids, starts, log_probabilities = [END_OF_TEXT_ID], [0], []
    for told in stories(seed, split=split):
        token_ids += story_tokens(told.text)
        starts.append(len(token_ids))
        token_ids.append(END_OF_TEXT_ID)
        log_probabilities.append(told.log_probability)
        if len(token_ids) >= n_tokens:
            break
    return Corpus(np.array(token_ids, np.uint16), np.array(starts), np.array(log_probabilities))
