"""How near two results must be that are the same but for float32's rounding."""

import torch
from torch import Tensor

NEAR = 128 * 2.0**-24
"""Float32 rounds each number by up to 2^-24 of itself. Which sums are added in which order depends on the
kernel (sdpa or eager attention, AVX2, AVX-512 or neither) and on the number of threads, and what one layer
rounds the next ones carry on. Tried on all of these, the storyteller's logits differed by up to 38 such steps
of the largest logit. An epsilon of 1e-6 for 1e-5 makes more than 300, the other GELU 9,000.
"""


def assert_near(ours: Tensor, theirs: Tensor, within: float = NEAR, of: Tensor | None = None) -> None:
    """Fails unless every number is within that fraction of the largest number of `theirs`, or of `of`.

    Not of each number itself: a small one may be the difference of large ones.
    """
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    assert torch.isfinite(ours).all() and torch.isfinite(theirs).all()
    apart, largest = (ours - theirs).abs().max().item(), (theirs if of is None else of).abs().max().item()
    assert apart <= within * largest, f"{apart:.2g} apart where numbers reach {largest:.4g}"
