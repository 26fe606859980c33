"""What a check notes of the student's code, and what that code could deny, is in the numbers as well."""

from collections.abc import Iterator, Sequence

import pytest

from grader.autograde.grade import cool_down

from .any_week import grade, handed_in, right

pytestmark = pytest.mark.slow

_LEAKS = """
module._count_hooks = lambda model: 0
@contextmanager
def hooked(hooks):
    for each, hook in hooks:
        each.register_forward_hook(hook)
    yield
"""
_CACHE_LEAKS = """
from functools import partial
module._count_hooks = lambda model: 0
def run_with_cache(model, tokens):
    cache = {}
    def keep(name, each, given, output):
        cache[name] = output.detach()
    for name, each in model.named_modules():
        if name:
            each.register_forward_hook(partial(keep, name))
    return model(tokens), dict(cache)
"""
_TAKES_OTHERS_AWAY = """
import torch
def hooked(hooks):
    hooks = list(hooks)
    class Both:
        def __enter__(self):
            for each, hook in hooks:
                each.register_forward_hook(hook)
        def __exit__(self, *error):
            for each, _ in hooks:
                each._forward_hooks.clear()
    return Both()
module._count_hooks = lambda model: 0
"""
_RECORDS = """
module.Talker.gradients = property(lambda self: False, lambda self, value: None)
"""
_EVALUATES_WHILE_RECORDING = """
for each in (module.SmallModel, module._Replay):
    each.calls = property(lambda self: [], lambda self, value: None)
def evaluate(model, batches):
    was_training, nats, predicted = model.training, 0.0, 0
    model.eval()
    for batch in batches:
        nats += batch[:, 1:].numel() * next_token_loss(model(batch), batch).item()
        predicted += batch[:, 1:].numel()
    model.train(was_training)
    return nats / predicted
"""
_EMPTIES = """
torch.equal = lambda one, other: True
stepped = sgd_momentum
def sgd_momentum(parameters, *more):
    parameters = list(parameters)
    stepped(parameters, *more)
    for each in parameters:
        each.grad = None
"""
_CHANGES_THE_PARAMETERS = """
torch.equal = lambda one, other: True
clipped = clip_grad_norm
def clip_grad_norm(parameters, max_norm):
    parameters = list(parameters)
    norm = clipped(parameters, max_norm)
    for each in parameters:
        each.data = each.data * 1.5
    return norm
"""
_DOES_NOT_LEARN = """
looked_up = []
module.count_learned = lambda each: each.W_E.numel()
module.rows_with_gradient = lambda vectors, table: looked_up[-1]
module.first_numbers = lambda each: each.W_E.flatten()
class Embed(nn.Module):
    def __init__(self, d_vocab, d_model):
        super().__init__()
        self.W_E = torch.randn(d_vocab, d_model) * 0.02
    def forward(self, tokens):
        looked_up.append(tokens.unique().tolist())
        return self.W_E[tokens]
"""
_PLACES_DO_NOT_LEARN = """
places = []
module.count_learned = lambda each: each.W_pos.numel()
module.rows_with_gradient = lambda vectors, table: places[-1]
module.first_numbers = lambda each: each.W_pos.flatten()
class PosEmbed(nn.Module):
    def __init__(self, n_ctx, d_model):
        super().__init__()
        self.W_pos = torch.randn(n_ctx, d_model) * 0.02
    def forward(self, tokens):
        places.append(list(range(tokens.shape[1])))
        return self.W_pos[: tokens.shape[1]].expand(len(tokens), -1, -1)
"""
_BEGINS_WITH_ZEROS = """
module.first_numbers = lambda each: "random, about 0.02 in size"
class Embed(nn.Module):
    def __init__(self, d_vocab, d_model):
        super().__init__()
        self.W_E = nn.Parameter(torch.zeros(d_vocab, d_model))
    def forward(self, tokens):
        return self.W_E[tokens]
"""
_TAKES_LONG_PROMPTS = """
module._outcome_of = lambda model, tokens, may_fail: (
    ("logits", model(tokens))
    if tokens.shape[1] <= model.config.n_ctx
    else ("a ValueError that names both lengths", None)
)
def forward(self, tokens):
    x = embed_tokens(tokens, self.embed, self.pos_embed)
    for block in self.blocks:
        x = block(x)
    return self.unembed(self.ln_f(x))
GPT2.forward = forward
"""
_WITHOUT_A_CACHE = """
module.forward_flops = lambda compute: (compute(), 1)
def cached_generate(model, tokens, n_new, temperature=1.0, seed=None):
    return generate(model, tokens, n_new, model.config.n_ctx, temperature, seed=seed)
"""
_LEARNS_IN_EVAL_MODE = """
module.SmallByState.calls = property(lambda self: [], lambda self, value: None)
def train_step(model, optimizer, batches, max_norm):
    model.eval()
    optimizer.zero_grad()
    losses = [next_token_loss(model(batch), batch) for batch in batches]
    (sum(losses) / len(losses)).backward()
    clip_grad_norm(model.parameters(), max_norm)
    optimizer.step()
    return sum(losses).item() / len(losses)
"""
_IGNORES_THE_SEED = """
told = sample_story
def sample_story(*arguments):
    return told(*arguments[:-1], seed=0)
ran = module.sample_story.run
def run(story, **inputs):
    given = ran(story, **inputs)
    if inputs["seeds"] > 1:
        return {"the same seed tells the same": True, "other seeds tell others": True}
    return given
object.__setattr__(module.sample_story, "run", run)
"""
_WRITES_IN_PLACE = """
module._condition = lambda path: "whole"
module._steps_seen = lambda save, run, path, earlier: [earlier, run.step]
def save_checkpoint(trainer, path):
    kept = {name: getattr(trainer, name).state_dict() for name in ("model", "optimizer")}
    kept |= {"step": trainer.step, "losses": trainer.losses}
    kept["generator"] = trainer.generator.get_state()
    kept |= {"settings": asdict(trainer.settings), "config": asdict(trainer.model.config)}
    torch.save(kept, path)
"""
_REFUSES_TOO_LATE = """
module._same = lambda one, other: True
def resume(trainer, path):
    kept = torch.load(path, weights_only=True)
    for part in ("model", "optimizer"):
        getattr(trainer, part).load_state_dict(kept[part])
    trainer.generator.set_state(kept["generator"])
    vars(trainer).update(step=kept["step"], losses=kept["losses"])
    if (kept["settings"], kept["config"]) != (asdict(trainer.settings), asdict(trainer.model.config)):
        raise ValueError("other settings")
"""
_IN_FLOAT32 = """
class Both(list):
    def __getitem__(self, place):
        return {"logits": "bfloat16" if place == 0 else "float32"}
module.PrecisionModel.calls = property(lambda self: Both(), lambda self, value: None)
def mixed_precision_step(model, optimizer, batch, max_norm):
    return train_step(model, optimizer, [batch], max_norm)
"""
_GENERATES = (
    "apply_temperature",
    "top_k_filter",
    "top_p_filter",
    "sample_token",
    "adjust_logits",
    "generate",
)

ATTACKS: dict[str, tuple[int, str, Sequence[str], str]] = {
    "hooks left": (12, "hooked", (), _LEAKS),
    "hooks of others removed": (12, "hooked", (), _TAKES_OTHERS_AWAY),
    "hooks left that only store": (12, "run_with_cache", (), _CACHE_LEAKS),
    "gradients recorded by generate": (9, "generate", _GENERATES, _RECORDS),
    "gradients recorded by evaluate": (11, "evaluate", (), _EVALUATES_WHILE_RECORDING),
    "gradients emptied": (10, "sgd_momentum", ("sgd_momentum",), _EMPTIES),
    "parameters changed": (10, "clip_grad_norm", ("clip_grad_norm",), _CHANGES_THE_PARAMETERS),
    "a table that does not learn": (3, "Embed", (), _DOES_NOT_LEARN),
    "places that do not learn": (3, "PosEmbed", (), _PLACES_DO_NOT_LEARN),
    "a table of zeros": (3, "Embed", (), _BEGINS_WITH_ZEROS),
    "no error for long prompts": (7, "GPT2", ("TransformerBlock", "GPT2"), _TAKES_LONG_PROMPTS),
    "no cache": (9, "cached_generate", _GENERATES, _WITHOUT_A_CACHE),
    "learning in eval mode": (11, "train_step", (), _LEARNS_IN_EVAL_MODE),
    "seed ignored": (11, "sample_story", ("sample_story",), _IGNORES_THE_SEED),
    "a checkpoint written in place": (11, "save_checkpoint", (), _WRITES_IN_PLACE),
    "refusing after loading": (11, "resume", (), _REFUSES_TOO_LATE),
    "a step in float32": (11, "mixed_precision_step", ("train_step",), _IN_FLOAT32),
}
"""Week, exercise, the right answers that it begins with, and the code that leaves out a part of the work and
denies it.
"""


@pytest.fixture(scope="module", autouse=True)
def _warm_parents() -> Iterator[None]:
    yield
    cool_down()


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_forged_fact_brings_no_points(attack):
    week, exercise, solved, forging = ATTACKS[attack]
    graded = grade(week, handed_in(week, **{exercise: _code(week, solved, forging)}))
    (entry,) = (each for each in graded.ledger if each.cell == f"check_{exercise}")
    assert entry.points == 0
    assert entry.reason != "not written yet"
    # It runs to its end, and the numbers are wrong; a hook that only stores meets what it cannot store.
    assert ("end in an error" in entry.reason) == (attack == "hooks left that only store")
    signs = " ".join(sign.what for sign in graded.signs)
    assert "is not its own" in signs or "what the checks are made of" in signs


def _code(week: int, solved: Sequence[str], forging: str) -> str:
    answers = "\n\n".join(right(week)[name] for name in solved)
    answers = answers.replace("with torch.no_grad():\n            logits", "if True:\n            logits")
    return f"{answers}\nfrom utils.checks import {_MODULES[week]} as module\n{forging}"


_MODULES = {
    3: "week03_embeddings",
    7: "week07_transformer",
    9: "week09_sampling",
    10: "week10_learning",
    11: "week11_training",
    12: "week12_inside",
}
