"""A fake of OpenAI's GPT-2: random weights in the real file's layout, with numbers as large as the real ones.

OpenAI's weights cannot be part of a test. What claims to be close to GPT-2, and what must be fast or small
at its size, is proven on this fake: its residual stream, scores and logits have the magnitudes that are
published of the trained model, so that rounding has the same effect. It writes no English.

    from tests.fake_gpt2 import NARROW, TRUE_SIZE, fake_model, put_fake_in_cache

    python -m tests.fake_gpt2 FOLDER      # lays it into a hub cache; then set HF_HUB_CACHE=FOLDER
"""

from tests.fake_gpt2.magnitudes import SCORES, fake_model
from tests.fake_gpt2.sizes import NARROW, SHALLOW, SIZES, TRUE_SIZE
from tests.fake_gpt2.write import put_fake_in_cache, write_fake

__all__ = [
    "NARROW",
    "SCORES",
    "SHALLOW",
    "SIZES",
    "TRUE_SIZE",
    "fake_model",
    "put_fake_in_cache",
    "write_fake",
]
