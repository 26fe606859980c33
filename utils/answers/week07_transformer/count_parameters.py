"""The answer key of `count_parameters`: the parameters of HF's GPT2LMHeadModel, counted."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_model import meta_model
from utils.checks import week07_transformer as checks


def _expected_count(config):
    return sum(parameter.numel() for parameter in meta_model(config).parameters())


def _count(
    c,
    vocab=1,
    places=1,
    norms=2,
    last_norm=1,
    heads_bias=1,
    out_bias=1,
    mlp_biases=1,
    reads=3,
    writes=1,
    blocks=None,
    d_mlp=None,
    more=0,
):
    """All parameters, with the number of times that each kind is counted."""
    d, hidden = c.d_model, d_mlp or c.d_mlp
    attention = (reads + writes) * d**2 + d * (heads_bias * reads + out_bias)
    neurons = 2 * hidden * d + mlp_biases * (hidden + d)
    layers = c.n_layers if blocks is None else blocks
    stack = (attention + neurons + 2 * norms * d) * layers
    return stack + d * (vocab * c.d_vocab + places * c.n_ctx + 2 * last_norm) + more


def _counting(**times):
    return lambda config: _count(config, **times)


ANSWER_KEY = AnswerKey(
    check=checks.count_parameters,
    expected=_expected_count,
    reference="HF's own model",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "W_E counted twice",
            "the unembedding is counted as a matrix of its own: for GPT-2 small that gives 163,037,184",
            "tied: how many matrices do the two ends have between them?",
            _counting(vocab=2),
        ),
        Mistake(
            "positions forgotten",
            "W_pos is not counted",
            "what is looked up besides the tokens?",
            _counting(places=0),
        ),
        Mistake(
            "tokens forgotten",
            "W_E is not counted",
            "the largest table of all: which one is it?",
            _counting(vocab=0),
        ),
        Mistake(
            "ln_f forgotten",
            "ln_f is not counted",
            "which LayerNorm stands outside the blocks?",
            _counting(last_norm=0),
        ),
        Mistake(
            "one LayerNorm a block",
            "one LayerNorm is counted in each block",
            "how many norms does a block have?",
            _counting(norms=1),
        ),
        Mistake(
            "no LayerNorm",
            "the LayerNorms are not counted",
            "gain and bias are learned, too",
            _counting(norms=0, last_norm=0),
        ),
        Mistake(
            "gains without biases",
            "of each LayerNorm only one vector is counted",
            "what has a LayerNorm besides its gain?",
            lambda config: _count(config) - config.d_model * (2 * config.n_layers + 1),
        ),
        Mistake(
            "biases of q, k and v forgotten",
            "b_Q, b_K and b_V are not counted",
            "which parameters does attention have besides its matrices?",
            _counting(heads_bias=0),
        ),
        Mistake(
            "b_O forgotten",
            "b_O is not counted",
            "W_O has a bias, too",
            _counting(out_bias=0),
        ),
        Mistake(
            "attention's biases forgotten",
            "none of attention's four biases is counted",
            "which parameters does attention have besides its matrices?",
            _counting(heads_bias=0, out_bias=0),
        ),
        Mistake(
            "the MLP's biases forgotten",
            "b_in and b_out are not counted",
            "each of the MLP's two products has a bias: of which size?",
            _counting(mlp_biases=0),
        ),
        Mistake(
            "all biases forgotten",
            "no bias is counted but those of the LayerNorms",
            "six products in a block, and each has a bias",
            _counting(heads_bias=0, out_bias=0, mlp_biases=0),
        ),
        Mistake(
            "matrices only",
            "only matrices are counted: no bias and no LayerNorm",
            "which parameters are vectors?",
            _counting(heads_bias=0, out_bias=0, mlp_biases=0, norms=0, last_norm=0),
        ),
        Mistake(
            "12 · d_model² for each block",
            "that is a rule of thumb: it knows no bias and no LayerNorm, and takes d_mlp for 4 · d_model",
            "list the parameters of one block with their shapes",
            lambda config: (
                config.d_model * (12 * config.n_layers * config.d_model + config.d_vocab + config.n_ctx)
            ),
        ),
        Mistake(
            "W_O forgotten",
            "W_O is not counted",
            "what the heads read is written back through a matrix",
            _counting(writes=0),
        ),
        Mistake(
            "W_O and b_O forgotten",
            "W_O and its bias are not counted",
            "what the heads read is written back through a matrix",
            _counting(writes=0, out_bias=0),
        ),
        Mistake(
            "one projection for three",
            "queries, keys and values are counted as one projection",
            "how many faces does each token have?",
            _counting(reads=1),
        ),
        Mistake(
            "each head as wide as d_model",
            "every head is counted as if it had d_model numbers",
            "how long are one head's queries?",
            lambda config: _count(config, reads=3 * config.n_heads, writes=config.n_heads),
        ),
        Mistake(
            "one head only",
            "one head's matrices are counted in each block",
            "how many heads stand side by side?",
            lambda config: (
                _count(config)
                - config.n_layers
                * (4 * config.d_model + 3)
                * (config.d_model - config.d_model // config.n_heads)
            ),
        ),
        Mistake(
            "one block only",
            "one block is counted",
            "what is n_layers for?",
            _counting(blocks=1),
        ),
        Mistake(
            "the blocks only",
            "both ends of the model are missing: W_E, W_pos and ln_f",
            "what stands before the first block, and after the last?",
            _counting(vocab=0, places=0, last_norm=0),
        ),
        Mistake(
            "d_mlp taken for 4 · d_model",
            "d_mlp is ignored: 4 · d_model is taken in its place",
            "which of the config's numbers says how many neurons there are?",
            lambda config: _count(config, d_mlp=4 * config.d_model),
        ),
        Mistake(
            "an unembedding bias",
            "a bias is counted for the unembedding",
            "GPT-2's unembedding is a product and nothing else",
            lambda config: _count(config, more=config.d_vocab),
        ),
        Mistake(
            "masks counted",
            "each block's causal mask is counted: it is n_ctx by n_ctx, and nothing in it is learned",
            "does training change it?",
            lambda config: _count(config, more=config.n_layers * config.n_ctx**2),
        ),
    ),
)
