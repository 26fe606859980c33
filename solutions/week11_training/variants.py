"""Right solutions of week 11 in other styles: a test proves that the checks accept every one of them.

The names say what is unusual about each. The notebook's own solutions are tested besides.
"""

import copy
import itertools
import math
import os
import shutil
import tempfile
from bisect import bisect_left
from collections import Counter
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# --- train_val_split --------------------------------------------------------------------------------------


def split_by_a_loop(tokens, val_share, end_of_text):
    cut = int((1 - val_share) * len(tokens))
    while tokens[cut] != end_of_text:
        cut += 1
    return tokens[: cut + 1].clone(), tokens[cut:].clone()


def split_by_bisection(tokens, val_share, end_of_text):
    where = torch.where(tokens == end_of_text)[0].tolist()
    cut = where[bisect_left(where, int(len(tokens) * (1 - val_share)))]
    return [tokens[: cut + 1], tokens[cut:]]


def split_by_argmax(tokens, val_share, end_of_text):
    place = int((1 - val_share) * len(tokens))
    cut = place + int((tokens[place:] == end_of_text).int().argmax())
    return tokens.narrow(0, 0, cut + 1), tokens.narrow(0, cut, len(tokens) - cut)


# --- get_batch --------------------------------------------------------------------------------------------


def batch_by_stacking(tokens, end_of_text, batch_size, seq, generator):
    starts = [i for i in range(len(tokens) - seq + 1) if tokens[i].item() == end_of_text]
    picks = torch.randint(high=len(starts), size=(batch_size,), generator=generator)
    return torch.stack([tokens[starts[pick] : starts[pick] + seq] for pick in picks])


def batch_by_unfolding(tokens, end_of_text, batch_size, seq, generator):
    windows = tokens.unfold(0, seq, 1)
    beginning = windows[windows[:, 0] == end_of_text]
    return beginning[torch.randint(0, len(beginning), (batch_size,), generator=generator)]


def batch_one_at_a_time(tokens, end_of_text, batch_size, seq, generator):
    starts = torch.argwhere(tokens == end_of_text).flatten()
    starts = starts[starts + seq <= len(tokens)]
    batch = torch.empty(batch_size, seq, dtype=tokens.dtype)
    for row, pick in enumerate(torch.randint(len(starts), (batch_size,), generator=generator).tolist()):
        batch[row] = tokens[starts[pick] : starts[pick] + seq]
    return batch


# --- counting_losses --------------------------------------------------------------------------------------


def counting_with_python(train, val, d_vocab):
    text, asked = train.tolist(), val.tolist()
    single, pair, first = Counter(text), Counter(itertools.pairwise(text)), Counter(text[:-1])
    judged = list(itertools.pairwise(asked))
    uni = sum(-math.log((single[b] + 1) / (len(text) + d_vocab)) for _, b in judged)
    bi = sum(-math.log((pair[a, b] + 1) / (first[a] + d_vocab)) for a, b in judged)
    return uni / len(judged), bi / len(judged)


def counting_with_one_hot(train, val, d_vocab):
    hot = F.one_hot(train, d_vocab).double()
    single, table = hot.sum(0) + 1, hot[:-1].T @ hot[1:] + 1
    log_single = (single / single.sum()).log()
    log_pair = (table / table.sum(-1, keepdim=True)).log()
    return -log_single[val[1:]].mean(), -log_pair[val[:-1], val[1:]].mean()


def counting_with_numpy(train, val, d_vocab):
    table = np.ones((d_vocab, d_vocab))
    np.add.at(table, (train[:-1].numpy(), train[1:].numpy()), 1)
    single = 1 + np.bincount(train.numpy(), minlength=d_vocab)
    before, after = val[:-1].numpy(), val[1:].numpy()
    uni = np.log(single.sum()) - np.log(single[after]).mean()
    return uni, (np.log(table.sum(axis=1))[before] - np.log(table[before, after])).mean()


# --- train_step -------------------------------------------------------------------------------------------


def _ce(logits, tokens):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:])


def step_with_torchs_clipping(model, optimizer, batches, max_norm):
    model.train()
    optimizer.zero_grad()
    losses = []
    for batch in batches:
        loss = _ce(model(batch), batch)
        (loss / len(batches)).backward()
        losses.append(loss.item())
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return sum(losses) / len(losses)


def step_on_one_large_batch(model, optimizer, batches, max_norm):
    model.train(True)
    batch = torch.cat(tuple(batches))
    loss = _ce(model(batch), batch)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(list(model.parameters()), max_norm)
    optimizer.step()
    return float(loss)


def step_with_autograd(model, optimizer, batches, max_norm, verbose=False):
    model.train()
    parameters = list(model.parameters())
    total, count = 0.0, len(batches)
    sums = [torch.zeros_like(each) for each in parameters]
    for batch in batches:
        loss = _ce(model(batch), batch)
        for kept, gradient in zip(sums, torch.autograd.grad(loss, parameters), strict=True):
            kept += gradient / count
        total += loss.detach()
    norm = torch.sqrt(sum(each.square().sum() for each in sums))
    for parameter, kept in zip(parameters, sums, strict=True):
        parameter.grad = kept * min(1.0, max_norm / (norm.item() + 1e-6))
    optimizer.step()
    optimizer.zero_grad()
    return total / count


# --- evaluate ---------------------------------------------------------------------------------------------


@torch.no_grad()
def evaluate_with_a_decorator(model, batches):
    mode = model.training
    model.train(False)
    sums = [
        F.cross_entropy(model(b)[:, :-1].flatten(0, 1), b[:, 1:].flatten(), reduction="sum") for b in batches
    ]
    count = sum(b.shape[0] * (b.shape[1] - 1) for b in batches)
    model.train(mode)
    return (sum(sums) / count).item()


def evaluate_in_inference_mode(model, batches):
    mode, model.training = model.training, False
    model.eval()
    losses = []
    with torch.inference_mode():
        for batch in batches:
            log_p = model(batch).double().log_softmax(-1)
            losses += (-log_p[:, :-1].gather(2, batch[:, 1:, None])).flatten().tolist()
    model.train(mode)
    return math.fsum(losses) / len(losses)


def evaluate_with_finally(model, batches):
    mode, recording = model.training, torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        model.eval()
        all_losses = [_token_losses(model, batch) for batch in batches]
        return float(torch.cat(all_losses).mean())
    finally:
        model.train(mode)
        torch.set_grad_enabled(recording)


def _token_losses(model, batch):
    return F.cross_entropy(model(batch)[:, :-1].mT, batch[:, 1:], reduction="none").flatten()


# --- overfit_one_batch ------------------------------------------------------------------------------------


def overfit_with_torchs_adamw(model, batch, steps, lr):
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.0)
    return [step_with_torchs_clipping(model, optimizer, [batch], 1.0) for _ in range(steps)]


def overfit_in_a_loop(model, batch, steps, lr):
    optimizer = torch.optim.Adam(model.parameters(), lr)
    losses = []
    while len(losses) < steps:
        losses.append(step_on_one_large_batch(model, optimizer, (batch,), 1.0))
    return losses


# --- Trainer ----------------------------------------------------------------------------------------------


class _WithLr:
    """torch's AdamW, whose rate can be read and set as `lr`."""

    def __init__(self, model, settings):
        decays = [p for name, p in model.named_parameters() if name.split(".")[-1].startswith("W")]
        others = [p for name, p in model.named_parameters() if not name.split(".")[-1].startswith("W")]
        self.torchs = torch.optim.AdamW(
            [
                {"params": decays, "weight_decay": settings.weight_decay},
                {"params": others, "weight_decay": 0.0},
            ],
            lr=settings.max_lr,
            betas=settings.betas,
        )
        self.step, self.zero_grad = self.torchs.step, self.torchs.zero_grad

    @property
    def lr(self):
        return self.torchs.param_groups[0]["lr"]

    @lr.setter
    def lr(self, value):
        for group in self.torchs.param_groups:
            group["lr"] = value


def _rate(step, s):
    if step < s.warmup_steps:
        return s.max_lr * (step + 1) / s.warmup_steps
    done = min(1.0, (step + 1 - s.warmup_steps) / (s.total_steps - s.warmup_steps))
    return s.min_lr + 0.5 * (s.max_lr - s.min_lr) * (1 + math.cos(math.pi * done))


class TrainerWithTorchsAdamW:
    """torch's AdamW throughout."""

    def __init__(self, model, tokens, settings, watch=None):
        self.model, self.tokens, self.settings = model, tokens, settings
        self.watch = watch or (lambda trainer: None)
        self.optimizer = _WithLr(model, settings)
        self.generator = torch.Generator()
        self.generator.manual_seed(settings.seed)
        self.losses = []

    @property
    def step(self):
        """Every step has left a loss."""
        return len(self.losses)

    def draw(self):
        s = self.settings
        return batch_by_unfolding(self.tokens, s.end_of_text, s.batch_size, s.seq, self.generator)

    def train(self, n_steps):
        for step in range(self.step, self.step + n_steps):
            self.optimizer.lr = _rate(step, self.settings)
            batches = [self.draw() for _ in range(self.settings.accumulate)]
            self.losses += [
                step_with_torchs_clipping(self.model, self.optimizer, batches, self.settings.max_norm)
            ]
            self.watch(self)


class TrainerWithAStepMethod(TrainerWithTorchsAdamW):
    """One method for one step, and a generator expression for the batches."""

    def __init__(self, model, tokens, settings, watch=lambda trainer: None, name="run"):
        super().__init__(model, tokens, settings, watch)
        self.name = name

    def one_step(self):
        self.optimizer.lr = _rate(self.step, self.settings)
        batches = tuple(self.draw() for _ in range(self.settings.accumulate))
        return step_on_one_large_batch(self.model, self.optimizer, batches, self.settings.max_norm)

    def train(self, n_steps):
        until = self.step + n_steps
        while self.step < until:
            self.losses.append(self.one_step())
            self.watch(self)


# --- sample_story -----------------------------------------------------------------------------------------


def story_by_a_loop(model, vocabulary, prompt="", n_new=110, temperature=1.0, seed=0):
    generator, mode = torch.Generator().manual_seed(seed), model.training
    rows = [vocabulary.end_of_text] + [int(row) for row in vocabulary.encode(prompt)]
    model.eval()
    for _ in range(n_new):
        with torch.no_grad():
            logits = model(torch.tensor([rows[-model.config.n_ctx :]]))[0, -1]
        if temperature == 0:
            rows.append(int(logits.argmax()))
        else:
            rows.append(int(torch.multinomial((logits / temperature).softmax(0), 1, generator=generator)))
        if rows[-1] == vocabulary.end_of_text:
            break
    model.train(mode)
    return vocabulary.decode([row for row in rows if row != vocabulary.end_of_text])


@torch.inference_mode()
def story_by_gumbel(model, vocabulary, prompt="", n_new=110, temperature=1.0, seed=0):
    """Draws by adding Gumbel noise to the logits: other stories for the same seed, with the same chances."""
    generator, mode = torch.Generator().manual_seed(seed), model.training
    rows = torch.cat([torch.tensor([vocabulary.end_of_text]), vocabulary.encode(prompt)])
    model.eval()
    while len(rows) <= n_new + len(prompt):
        logits = model(rows[None, -model.config.n_ctx :])[0, -1]
        noise = -torch.empty_like(logits).exponential_(generator=generator).log()
        drawn = (logits + temperature * noise).argmax()
        if drawn == vocabulary.end_of_text:
            break
        rows = torch.cat([rows, drawn[None]])
    model.train(mode)
    return vocabulary.decode(rows[1:].tolist())


# --- save_checkpoint --------------------------------------------------------------------------------------


def _state(trainer):
    return dict(
        config=asdict(trainer.model.config),
        settings={each.name: getattr(trainer.settings, each.name) for each in fields(trainer.settings)},
        model={name: value.clone() for name, value in trainer.model.state_dict().items()},
        optimizer=trainer.optimizer.state_dict(),
        generator=trainer.generator.get_state(),
        step=trainer.step,
        losses=list(trainer.losses),
    )


def save_through_a_temporary_file(trainer, path):
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            torch.save(_state(trainer), file)
        except OSError:
            os.unlink(file.name)
            raise
    Path(file.name).replace(path)


def save_and_rename(trainer, path):
    draft = str(path) + ".tmp"
    torch.save(_state(trainer), draft)
    os.rename(draft, path)


def save_through_a_folder(trainer, path):
    folder = Path(tempfile.mkdtemp(dir=path.parent))
    try:
        torch.save(_state(trainer), folder / "draft")
        os.replace(folder / "draft", path)
    finally:
        shutil.rmtree(folder)


# --- resume -----------------------------------------------------------------------------------------------


def resume_parameter_by_parameter(trainer, path):
    with open(path, "rb") as file:
        saved = torch.load(file, weights_only=True)
    if saved["config"] != asdict(trainer.model.config) or saved["settings"] != asdict(trainer.settings):
        raise ValueError("This checkpoint belongs to another run.")
    with torch.no_grad():
        for name, parameter in trainer.model.named_parameters():
            parameter.copy_(saved["model"][name])
    trainer.optimizer.load_state_dict(saved["optimizer"])
    trainer.generator.set_state(saved["generator"])
    trainer.losses = list(saved["losses"])
    trainer.step = len(trainer.losses)


def resume_with_a_new_generator(trainer, path):
    saved = torch.load(str(path), weights_only=True)
    differing = [name for name in ("config", "settings") if saved[name] != asdict(_owner(trainer, name))]
    if differing:
        raise ValueError(f"Not the same: {', '.join(differing)}.")
    trainer.model.load_state_dict(saved["model"])
    trainer.optimizer.load_state_dict(saved["optimizer"])
    trainer.generator = torch.Generator()
    trainer.generator.set_state(saved["generator"])
    trainer.step, trainer.losses[:] = saved["step"], saved["losses"]


def _owner(trainer, name):
    return trainer.model.config if name == "config" else trainer.settings


# --- train_storyteller ------------------------------------------------------------------------------------


def storyteller_with_a_for_loop(trainer, val_batches, path, every, tell):
    total = trainer.settings.total_steps
    if os.path.isfile(path):
        resume_parameter_by_parameter(trainer, path)
    seen = [(trainer.step, evaluate_with_finally(trainer.model, val_batches), tell(trainer.model))]
    for begin in range(trainer.step, total, every):
        trainer.train(min(begin + every, total) - begin)
        save_and_rename(trainer, path)
        seen.append((trainer.step, evaluate_with_finally(trainer.model, val_batches), tell(trainer.model)))
    return seen


def storyteller_with_try(trainer, val_batches, path, every, tell):
    try:
        resume_with_a_new_generator(trainer, path)
    except FileNotFoundError:
        print("A run from the beginning.")
    seen = []
    while True:
        loss = evaluate_with_a_decorator(trainer.model, val_batches)
        seen.append([trainer.step, loss, tell(trainer.model)])
        if trainer.step >= trainer.settings.total_steps:
            return seen
        trainer.train(min(every, trainer.settings.total_steps - trainer.step))
        save_through_a_temporary_file(trainer, path)


# --- stretch ----------------------------------------------------------------------------------------------


def scaling_with_polyfit(sizes, losses, floor):
    slope, height = np.polyfit(np.log(sizes), np.log(np.array(losses) - floor), deg=1)
    return float(np.exp(height)), float(-slope)


def scaling_with_lstsq(sizes, losses, floor):
    x = torch.tensor(sizes, dtype=torch.float64).log()
    y = torch.tensor([math.log(loss - floor) for loss in losses], dtype=torch.float64)
    height, slope = torch.linalg.lstsq(torch.stack([torch.ones_like(x), x], dim=1), y[:, None]).solution[:, 0]
    return height.exp(), -slope


def interval_with_take_along_dim(losses, statistic, draws, level):
    found = sorted(float(statistic(losses.take_along_dim(chosen, dim=1))) for chosen in draws)
    return tuple(np.quantile(found, [0.5 - level / 2, 0.5 + level / 2]).tolist())


def interval_with_two_tables_of_indices(losses, statistic, draws, level):
    rows = torch.arange(len(losses))[:, None]
    resampled = losses[rows, draws]
    values = torch.tensor([statistic(each) for each in resampled], dtype=torch.float64)
    outside = (1 - level) / 2
    return values.quantile(outside), values.quantile(1 - outside)


def interval_one_number_at_a_time(losses, statistic, draws, level):
    n_draws, n_sizes, n_seeds = draws.shape
    values = []
    for number in range(n_draws):
        resampled = torch.empty_like(losses)
        for size in range(n_sizes):
            for place in range(n_seeds):
                resampled[size, place] = losses[size, int(draws[number, size, place])]
        values.append(statistic(resampled))
    values.sort()

    def quantile(fraction):
        place = min(max(fraction, 0.0), 1.0) * (n_draws - 1)
        below = int(place)
        above = min(below + 1, n_draws - 1)
        return values[below] + (place - below) * (values[above] - values[below])

    return [quantile((1 - level) / 2), quantile((1 + level) / 2)]


def plan_by_predicted_losses(budget, sizes, tokens_per_step, max_tokens, predicted_loss):
    steps = {size: min(budget // (6 * size), max_tokens) // tokens_per_step for size in sizes}
    possible = [size for size in sizes if steps[size] > 0]
    best = min(possible, key=lambda size: predicted_loss(size, steps[size] * tokens_per_step))
    return best, steps[best]


def plan_by_a_loop(budget, sizes, tokens_per_step, max_tokens, predicted_loss):
    best_loss, plan = math.inf, None
    for size in sorted(sizes):
        per_step = 6 * size * tokens_per_step
        n_steps = divmod(budget, per_step)[0]
        while n_steps * tokens_per_step > max_tokens:
            n_steps = max_tokens // tokens_per_step
        if n_steps == 0:
            continue
        loss = predicted_loss(size, n_steps * tokens_per_step)
        if loss < best_loss:
            best_loss, plan = loss, [size, n_steps]
    return plan


def plan_from_a_sorted_list(budget, sizes, tokens_per_step, max_tokens, predicted_loss):
    plans = []
    for size in sizes:
        tokens = min(max_tokens, budget // 6 // size)
        tokens -= tokens % tokens_per_step
        if tokens:
            plans.append(
                {"size": size, "steps": tokens // tokens_per_step, "loss": predicted_loss(size, tokens)}
            )
    plans.sort(key=lambda plan: plan["loss"])
    return plans[0]["size"], plans[0]["steps"]


def finder_with_logspace(model, tokens, settings, low, high, n_steps):
    trial = TrainerWithTorchsAdamW(copy.deepcopy(model), tokens, settings)
    rates = np.geomspace(low, high, n_steps).tolist()
    losses = []
    for rate in rates:
        trial.optimizer.lr = rate
        losses.append(
            step_with_torchs_clipping(trial.model, trial.optimizer, [trial.draw()], settings.max_norm)
        )
    return rates, losses


def finder_that_puts_everything_back(model, tokens, settings, low, high, n_steps):
    before = copy.deepcopy(model.state_dict())
    trial, rate, rates, losses = TrainerWithTorchsAdamW(model, tokens, settings), low, [], []
    for _ in range(n_steps):
        trial.optimizer.lr = rate
        rates.append(rate)
        losses.append(step_on_one_large_batch(model, trial.optimizer, [trial.draw()], settings.max_norm))
        rate *= (high / low) ** (1 / (n_steps - 1))
    model.load_state_dict(before)
    return rates, losses


def mixed_with_torch(model, optimizer, batch, max_norm):
    model.train()
    with torch.autocast(device_type="cpu", dtype=torch.bfloat16):
        logits = model(batch)
    loss = _ce(logits.to(torch.float32), batch)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss.item()


def mixed_with_the_loss_inside(model, optimizer, batch, max_norm):
    """Inside autocast too, torch keeps cross_entropy in float32."""
    optimizer.zero_grad()
    with torch.amp.autocast("cpu", torch.bfloat16):
        loss = _ce(model(batch).float(), batch)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return float(loss)


SHAPES = {
    "tokens": (2, 6),
    "logits": (2, 6, 50257),
    "judged_logits": (2, 5, 50257),
    "targets": (2, 5),
    "token_losses": (2, 5),
    "loss": (),
    "W_E_grad": (50257, 768),
    "W_E_grad_accumulated": (50257, 768),
    "W_pos_grad": (1024, 768),
    "W_E_moment": (50257, 768),
    "grad_norm": (),
}

VARIANTS = {
    "train_val_split": [split_by_a_loop, split_by_bisection, split_by_argmax],
    "get_batch": [batch_by_stacking, batch_by_unfolding, batch_one_at_a_time],
    "counting_losses": [counting_with_python, counting_with_one_hot, counting_with_numpy],
    "train_step": [step_with_torchs_clipping, step_on_one_large_batch, step_with_autograd],
    "evaluate": [evaluate_with_a_decorator, evaluate_in_inference_mode, evaluate_with_finally],
    "overfit_one_batch": [overfit_with_torchs_adamw, overfit_in_a_loop],
    "Trainer": [TrainerWithTorchsAdamW, TrainerWithAStepMethod],
    "sample_story": [story_by_a_loop, story_by_gumbel],
    "save_checkpoint": [save_through_a_temporary_file, save_and_rename, save_through_a_folder],
    "resume": [resume_parameter_by_parameter, resume_with_a_new_generator],
    "train_storyteller": [storyteller_with_a_for_loop, storyteller_with_try],
    "shape_table": [SHAPES, {name: list(shape) for name, shape in SHAPES.items()}],
    "scaling_curve": [scaling_with_polyfit, scaling_with_lstsq],
    "bootstrap_interval": [
        interval_with_take_along_dim,
        interval_with_two_tables_of_indices,
        interval_one_number_at_a_time,
    ],
    "plan_run": [plan_by_predicted_losses, plan_by_a_loop, plan_from_a_sorted_list],
    "find_learning_rate": [finder_with_logspace, finder_that_puts_everything_back],
    "mixed_precision_step": [mixed_with_torch, mixed_with_the_loss_inside],
}
"""Right solutions by the name of the check that must accept them."""
