"""What a training begins with: which stories, which first weights."""

from pathlib import Path

import pytest
import torch

from grader.tools.storyteller.text import StoryText
from grader.tools.storyteller.training import begin

from .conftest import TINY, TOKENS


def test_songs_come_first_and_all_kinds_after_them():
    text = StoryText(TINY)
    songs, others = (
        text.vocabulary.decode(text.chunk_at(number * TINY.chunk_steps)) for number in (0, TINY.first_chunks)
    )
    # Every song ends with somebody who "started a … song about the …".
    assert songs.count(" song about the ") == songs.count(" started a ") > 0
    assert not any(word in songs for word in ("because", "market", "Every", "guests"))
    assert others.count(" song about the ") < others.count(".") / 4


@pytest.mark.parametrize("name", ["embed.W_E", "blocks.0.attn.W_Q", "blocks.1.mlp.W_out", "pos_embed.W_pos"])
def test_first_weights_are_gpt2s_times_the_recipes_scales(parts, name):
    training = begin(parts, TINY, Path(), TOKENS, "cpu", lambda trainer: None)
    model = training.trainer.model.model
    plain = parts.init_weights(parts.GPT2(model.config), TINY.seed)
    scale = {"embed": TINY.embedding_scale, "blocks": TINY.weights_scale}.get(name.split(".")[0], 1.0)
    torch.testing.assert_close(
        dict(model.named_parameters())[name], scale * dict(plain.named_parameters())[name]
    )
