"""Hugging Face's GPT2Config with the attention that the references use."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import GPT2Config


def eager_config(**options: Any) -> "GPT2Config":
    """Returns a GPT2Config whose attention is plain PyTorch code ("eager") and can return patterns."""
    from transformers import GPT2Config

    return GPT2Config(**{"attn_implementation": "eager", **options})
