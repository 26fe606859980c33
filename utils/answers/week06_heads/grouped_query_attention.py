"""The answer key of `grouped_query_attention`: torch's `enable_gqa` under HF's mask."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_attention import visible
from utils.checks import week06_heads as checks


def _expected_grouped(*, q, k, v):
    mask = visible(q.shape[-2], k.shape[-2])
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)


ANSWER_KEY = AnswerKey(
    check=checks.grouped_query_attention,
    expected=_expected_grouped,
    reference="torch's own grouped attention",
)
