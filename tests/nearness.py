"""The tolerance for results that differ only by float32 rounding."""

import torch
from torch import Tensor

NEAR = 128 * 2.0**-24
"""Float32's relative rounding error is up to 2^-24. The order of summation depends on the kernel (sdpa or
eager attention, AVX2, AVX-512 or neither) and on the number of threads, and each layer amplifies the errors
of the last. Measured on all of these, the storyteller's logits differed by up to 38 · 2^-24 of the largest
logit. An epsilon of 1e-6 instead of 1e-5 makes more than 300, the other GELU 9,000.
"""


def assert_near(ours: Tensor, theirs: Tensor, within: float = NEAR, of: Tensor | None = None) -> None:
    """Assert that all numbers differ by at most `within` times the largest number of `theirs`, or of `of`.

    The tolerance is not relative to each number, since a small one may be the difference of large ones.
    """
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    assert torch.isfinite(ours).all() and torch.isfinite(theirs).all()
    apart, largest = (ours - theirs).abs().max().item(), (theirs if of is None else of).abs().max().item()
    assert apart <= within * largest, f"{apart:.2g} apart where numbers reach {largest:.4g}"
