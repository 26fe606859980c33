"""The exported model is the trained one: under HF's code, over all 50,257 ids."""

import pytest
import torch
from nearness import NEAR, assert_near
from transformers import GPT2Config, GPT2LMHeadModel

from grader.tools.storyteller.export import export, hf_weights, seal
from utils.reference import ModelConfig, checksums
from utils.reference._weights import check, read
from utils.story_world.vocabulary import GPT2_IDS, SharedRowModel, SharedRowVocabulary

USED = [*range(100, 130), 50256]


@pytest.fixture(scope="module")
def vocabulary():
    return SharedRowVocabulary(USED)


@pytest.fixture(scope="module")
def config(vocabulary):
    return ModelConfig(
        d_model=12,
        n_heads=3,
        d_head=4,
        d_mlp=48,
        n_layers=2,
        d_vocab=vocabulary.d_vocab,
        n_ctx=20,
        layer_norm_eps=1e-5,
    )


@pytest.fixture(scope="module")
def trained(parts, config):
    """A model whose weights, gains and biases are all random and of order 1."""
    model = parts.GPT2(config)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.5, generator=generator)
    return model


def hf_model(weights, config):
    hf = GPT2Config(
        vocab_size=GPT2_IDS,
        n_positions=config.n_ctx,
        n_embd=config.d_model,
        n_layer=config.n_layers,
        n_head=config.n_heads,
        attn_implementation="eager",
    )
    model = GPT2LMHeadModel(hf).eval()
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert (missing, unexpected) == (["lm_head.weight"], [])
    return model


@torch.no_grad()
def test_hfs_model_gives_the_same_probabilities_over_the_full_vocabulary(trained, config, vocabulary, parts):
    rows = torch.randint(len(USED), (2, 17), generator=torch.Generator().manual_seed(1))
    ids = torch.tensor(vocabulary.ids(rows.flatten().tolist())).reshape(rows.shape)
    full = hf_model(hf_weights(trained.state_dict(), config, vocabulary), config)(ids).logits
    own = SharedRowModel(trained, vocabulary)(rows)
    used = torch.tensor(vocabulary.used)
    assert_near(full[..., used], own[..., :-1])
    log_p = full.log_softmax(dim=-1)
    # The logarithm of a sum of 50,257 terms is in all of them: small ones are no more exact than large ones.
    own_log_p, how = own.log_softmax(dim=-1), {"within": 4 * NEAR, "of": log_p}
    assert_near(log_p[..., used], own_log_p[..., :-1], **how)
    others = torch.ones(GPT2_IDS, dtype=torch.bool)
    others[used] = False
    in_all = log_p[..., others].logsumexp(dim=-1)
    assert_near(in_all, own_log_p[..., -1], **how)
    assert_near(full[..., others].amax(-1), full[..., others].amin(-1), of=full)


def test_the_file_has_hfs_names_and_fits_its_config(tmp_path, trained, config, vocabulary):
    folder = tmp_path / "model"
    export(folder, trained.state_dict(), config, vocabulary)
    seal(folder, "A card.")
    written = ModelConfig.from_file(folder / "config.json")
    assert written == ModelConfig(**{**vars(config), "d_vocab": GPT2_IDS})
    check(folder / "model.safetensors", written)
    assert checksums.problems(folder) == []
    assert (folder / "README.md").read_text() == "A card."


def test_the_file_is_the_model_rounded_to_float16(tmp_path, trained, config, vocabulary):
    folder = tmp_path / "model"
    export(folder, trained.state_dict(), config, vocabulary)
    found = read(folder / "model.safetensors", ModelConfig.from_file(folder / "config.json"))
    for name, weight in hf_weights(trained.state_dict(), config, vocabulary).items():
        assert torch.equal(found[name], weight.half().float()), name


def test_a_folder_that_exists_is_not_written_into(tmp_path, trained, config, vocabulary):
    with pytest.raises(FileExistsError):
        export(tmp_path, trained.state_dict(), config, vocabulary)
    assert list(tmp_path.iterdir()) == []


def test_the_storytellers_own_size_fits_the_repository(vocabulary):
    """Counted, not trained: d_model 96, 4 layers, 50,257 rows in float16."""
    from grader.tools.storyteller.recipe import TrainingRecipe
    from utils.reference._weights import UNEMBEDDING, shapes

    sizes = shapes(config=TrainingRecipe().config(GPT2_IDS))
    numbers = sum(torch.Size(shape).numel() for name, shape in sizes.items() if name != UNEMBEDDING)
    assert 2 * numbers < 10_700_000
