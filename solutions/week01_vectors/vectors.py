# ---
# jupyter:
#   course:
#     parts_only: true
# ---

# %% [markdown]
# # Week 1 · Everything is a vector
#
# The parts that later weeks start from.

# %% tags=["set-up"]
import torch
from jaxtyping import Float
from torch import Tensor


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """Shares that add up to 1 along `dim`: e to the power of each number, over the sum of those powers.

    The largest number is subtracted first, so that no power overflows; the shares stay the same.
    """
    ### BEGIN SOLUTION
    powers = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return powers / powers.sum(dim=dim, keepdim=True)
    ### END SOLUTION
