"""The answer key of week 9's shape table: the shapes of HF's GPT-2 small, without a cache and with one."""

import functools

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_config import eager_config
from utils.answers.oracles.shapes import gpt2_small_shapes, table_maker
from utils.checks import week09_sampling as checks

BATCH, SEQ, N_NEW = 2, 6, 10


@functools.cache
def _with_cache():
    """Return the shapes of keys and pattern in the first block, in the first step with HF's own cache."""
    from transformers import GPT2LMHeadModel

    with torch.device("meta"):
        model = GPT2LMHeadModel(eager_config()).eval()
        prompt, new = torch.zeros(BATCH, SEQ, dtype=torch.long), torch.zeros(BATCH, 1, dtype=torch.long)
    past = model(prompt, attention_mask=torch.ones_like(prompt), use_cache=True).past_key_values
    mask = torch.ones(BATCH, SEQ + 1, dtype=torch.long, device="meta")
    step = model(new, attention_mask=mask, past_key_values=past, use_cache=True, output_attentions=True)
    return tuple(step.past_key_values.layers[0].keys.shape), tuple(step.attentions[0].shape)


def _expected_row(row):
    shapes = gpt2_small_shapes(batch=BATCH, seq=SEQ)
    last = (BATCH, shapes["logits"][-1])
    all_k, new_scores = _with_cache()
    same = dict.fromkeys(("last_logits", "probabilities", "filtered"), last)
    cached = {"new_q": (*all_k[:2], new_scores[2], all_k[3]), "all_k": all_k, "new_scores": new_scores}
    return (shapes | same | cached | {"drawn": (BATCH,), "written": (BATCH, SEQ + N_NEW)})[row]


_table = table_maker(checks.shape_table, _expected_row)


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
    mistakes=(
        Mistake(
            "k logits left",
            "a filter hides tokens, it takes none out: the vocabulary keeps its size",
            "what does top_k_filter put in the place of a token that it hides?",
            _table(filtered=(2, 50)),
        ),
        Mistake(
            "all positions",
            "the next token is drawn from the logits after the last token only",
            "which axis goes away when one position is picked?",
            _table(last_logits=(2, 6, 50257), probabilities=(2, 6, 50257), filtered=(2, 6, 50257)),
        ),
        Mistake(
            "one position kept as an axis",
            "an index takes its axis away; only a slice would keep it, with size 1",
            "what is the difference between [:, -1] and [:, -1:]?",
            _table(last_logits=(2, 1, 50257), probabilities=(2, 1, 50257), filtered=(2, 1, 50257)),
        ),
        Mistake(
            "last position only",
            "the model gives logits at every position, although only the last ones are used",
            "how many positions does the model compute?",
            _table(logits=(2, 50257)),
        ),
        Mistake(
            "one token for the batch",
            "each of the two prompts gets a token",
            "how many prompts are in the batch?",
            _table(drawn=(1,)),
        ),
        Mistake(
            "a column of tokens",
            "one token for each prompt has a single axis; as a column it is added to the text",
            "what does sample_token return?",
            _table(drawn=(2, 1)),
        ),
        Mistake(
            "new tokens only",
            "generate returns the prompts and what was added to them",
            "what does the result begin with?",
            _table(written=(2, 10)),
        ),
        Mistake(
            "one token too many",
            "n_new tokens are added, no more",
            "6 and 10",
            _table(written=(2, 17)),
        ),
        Mistake(
            "all queries",
            "with a cache only the new token asks",
            "which of the tokens are new in this step?",
            _table(new_q=(2, 12, 7, 64), new_scores=(2, 12, 7, 7)),
        ),
        Mistake(
            "old keys forgotten",
            "the new token looks at all tokens so far, not at itself alone",
            "what is the cache for?",
            _table(all_k=(2, 12, 1, 64), new_scores=(2, 12, 1, 1)),
        ),
        Mistake(
            "new key forgotten",
            "the new token's own key belongs to the keys as well: it can see itself",
            "how many tokens are there, the new one included?",
            _table(all_k=(2, 12, 6, 64), new_scores=(2, 12, 1, 6)),
        ),
        Mistake(
            "heads after positions",
            "the head axis comes before the positions",
            "batch, heads, positions, d_head",
            _table(new_q=(2, 1, 12, 64), all_k=(2, 7, 12, 64), new_scores=(2, 1, 12, 7)),
        ),
    ),
)
