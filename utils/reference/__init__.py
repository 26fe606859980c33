"""The reference model: one object with config, tokenizer, HF model and state dict, by name.

```python
from utils.reference import load

reference = load()          # GPT-2 small if the hub's cache has it, else the storyteller; prints which
reference.config.d_model    # sizes under the course's names
reference.state_dict        # weights under HF's names, without importing transformers
reference.model             # HF's GPT2LMHeadModel
```

Nothing is downloaded unless you ask for it with `download=True`.
"""

from utils.reference._config import CONFIGS, ModelConfig
from utils.reference._reference import NAMES, Reference, choose, load
from utils.reference.problems import (
    ReferenceDamaged,
    ReferenceMissing,
    ReferenceProblem,
    UnknownReference,
)

__all__ = [
    "CONFIGS",
    "NAMES",
    "ModelConfig",
    "Reference",
    "ReferenceDamaged",
    "ReferenceMissing",
    "ReferenceProblem",
    "UnknownReference",
    "choose",
    "load",
]
