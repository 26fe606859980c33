"""Parts of a GPT-2, on torch's ready-made functions, that the week's mistakes are built from."""

from utils.answers.compare import STEP, Tolerance

DEEP = Tolerance(
    1e-4, 1e-4, "float32 holds 7 digits, and what one block rounds the next ones multiply", 128 * STEP
)
