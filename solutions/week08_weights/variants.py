"""Right solutions in other styles than the notebook's: every check must accept all of them."""

import math
import re
from functools import reduce

import numpy as np
import torch
from einops import einsum, rearrange
from torch import nn
from torch.nn import functional as F

# --- the machine that is loaded -----------------------------------------------------------------------------


class Holder(nn.Module):
    """A module that only has parameters, random at first."""

    def __init__(self, **shapes):
        super().__init__()
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.randn(*shape)))


class GPT2(nn.Module):
    """A GPT2 with the course's names, written in one piece."""

    def __init__(self, config):
        super().__init__()
        c = self.config = config
        norm = {"gain": (c.d_model,), "bias": (c.d_model,)}
        attn = {f"W_{each}": (c.n_heads, c.d_model, c.d_head) for each in "QKV"}
        attn |= {f"b_{each}": (c.n_heads, c.d_head) for each in "QKV"}
        attn |= {"W_O": (c.n_heads, c.d_head, c.d_model), "b_O": (c.d_model,)}
        mlp = {"W_in": (c.d_model, c.d_mlp), "b_in": (c.d_mlp,)}
        mlp |= {"W_out": (c.d_mlp, c.d_model), "b_out": (c.d_model,)}
        self.embed = Holder(W_E=(c.d_vocab, c.d_model))
        self.pos_embed = Holder(W_pos=(c.n_ctx, c.d_model))
        self.blocks = nn.ModuleList()
        for _ in range(c.n_layers):
            parts = {"ln_1": norm, "attn": attn, "ln_2": norm, "mlp": mlp}
            self.blocks.append(nn.ModuleDict({name: Holder(**shapes) for name, shapes in parts.items()}))
        self.ln_f = Holder(**norm)
        self.unembed = nn.ModuleDict({"embed": self.embed})

    def forward(self, tokens):
        x = self.embed.W_E[tokens] + self.pos_embed.W_pos[: tokens.shape[-1]]
        for block in self.blocks:
            x = x + self.heads(self.norm(x, block["ln_1"]), block["attn"])
            mlp = block["mlp"]
            hidden = F.gelu(self.norm(x, block["ln_2"]) @ mlp.W_in + mlp.b_in, approximate="tanh")
            x = x + hidden @ mlp.W_out + mlp.b_out
        return self.norm(x, self.ln_f) @ self.embed.W_E.T

    def norm(self, x, norm):
        return F.layer_norm(x, (self.config.d_model,), norm.gain, norm.bias, self.config.layer_norm_eps)

    def heads(self, x, attn):
        q, k, v = (
            einsum(x, getattr(attn, f"W_{each}"), "b s m, h m d -> b h s d")
            + getattr(attn, f"b_{each}")[:, None]
            for each in "QKV"
        )
        scores = q @ k.mT / q.shape[-1] ** 0.5
        future = torch.ones_like(scores, dtype=torch.bool).triu(1)
        pattern = scores.masked_fill(future, -torch.inf).softmax(-1)
        return einsum(pattern @ v, attn.W_O, "b h s d, h d m -> b s m") + attn.b_O


# --- name_map -----------------------------------------------------------------------------------------------

BLOCK = """
    ln_1.weight ln_1.gain | ln_1.bias ln_1.bias | ln_2.weight ln_2.gain | ln_2.bias ln_2.bias |
    attn.c_attn.weight attn.W_Q attn.W_K attn.W_V | attn.c_attn.bias attn.b_Q attn.b_K attn.b_V |
    attn.c_proj.weight attn.W_O | attn.c_proj.bias attn.b_O | mlp.c_fc.weight mlp.W_in |
    mlp.c_fc.bias mlp.b_in | mlp.c_proj.weight mlp.W_out | mlp.c_proj.bias mlp.b_out
"""
ENDS = {
    "transformer.wte.weight": ["embed.W_E"],
    "transformer.wpe.weight": ["pos_embed.W_pos"],
    "transformer.ln_f.weight": ["ln_f.gain"],
    "transformer.ln_f.bias": ["ln_f.bias"],
    "lm_head.weight": ["unembed.embed.W_E"],
}


def map_from_a_table(config):
    """A table as text; lists in place of tuples."""
    rows = [row.split() for row in BLOCK.split("|")]
    in_blocks = {
        f"transformer.h.{n}.{theirs}": [f"blocks.{n}.{name}" for name in ours]
        for n in range(config.n_layers)
        for theirs, *ours in rows
    }
    return {**ENDS, **in_blocks}


def map_with_strings(config):
    """A string where there is one name only."""
    return {name: ours[0] if len(ours) == 1 else ours for name, ours in map_from_a_table(config).items()}


def map_from_the_machine(config):
    """Begins with the machine's own names, and finds HF's."""
    with torch.device("meta"):
        mine = GPT2(config).state_dict()
    replacements = [
        (r"^blocks", "transformer.h"),
        (r"attn\.W_[QKV]$", "attn.c_attn.weight"),
        (r"attn\.b_[QKV]$", "attn.c_attn.bias"),
        (r"attn\.W_O$", "attn.c_proj.weight"),
        (r"attn\.b_O$", "attn.c_proj.bias"),
        (r"W_in$", "c_fc.weight"),
        (r"b_in$", "c_fc.bias"),
        (r"W_out$", "c_proj.weight"),
        (r"b_out$", "c_proj.bias"),
        (r"gain$", "weight"),
        (r"^ln_f", "transformer.ln_f"),
        (r"^unembed\.embed\.W_E$", "lm_head.weight"),
        (r"^embed\.W_E$", "transformer.wte.weight"),
        (r"^pos_embed\.W_pos$", "transformer.wpe.weight"),
    ]
    names = {}
    for name in mine:
        theirs = reduce(lambda text, each: re.sub(*each, text), replacements, name)
        names[theirs] = (*names.get(theirs, ()), name)
    return {name: tuple(sorted(ours, key=lambda each: "QKV".find(each[-1]))) for name, ours in names.items()}


# --- split_c_attn -------------------------------------------------------------------------------------------


def split_by_permuting(packed, n_heads, order="three n_heads d_head"):
    """The axis unfolded in the file's order, then the three new axes put into the wanted one."""
    names = order.split()
    sizes = {"three": 3, "n_heads": n_heads, "d_head": packed.shape[-1] // (3 * n_heads)}
    cut = packed.reshape(*packed.shape[:-1], *(sizes[name] for name in names))
    first = packed.dim() - 1
    places = [first + names.index(name) for name in ("three", "n_heads", "d_head")]
    return tuple(cut.permute(places[0], places[1], *range(first), places[2]))


def split_stacked(packed, n_heads, order="three n_heads d_head"):
    """The three along a first axis."""
    return rearrange(packed, "... (" + order + ") -> three n_heads ... d_head", three=3, n_heads=n_heads)


def split_by_numbers(packed, n_heads, order="three n_heads d_head", three=3):
    """The columns' numbers go the same way as the columns."""
    numbers = torch.arange(packed.shape[-1])
    numbers = rearrange(numbers, f"({order}) -> three n_heads d_head", three=three, n_heads=n_heads)
    return [packed[..., each].movedim(-2, 0) for each in numbers]


def split_by_strides(packed, n_heads, order="three n_heads d_head"):
    """Loops over heads, and a step from column to column."""
    sizes = {"d_head": packed.shape[-1] // 3 // n_heads, "three": 3, "n_heads": n_heads}
    step, steps = 1, {}
    for name in reversed(order.split(" ")):
        steps[name], step = step, step * sizes[name]
    thirds = []
    for which in range(3):
        starts = [which * steps["three"] + head * steps["n_heads"] for head in range(n_heads)]
        along = torch.arange(sizes["d_head"]) * steps["d_head"]
        thirds.append(torch.stack([packed.index_select(-1, start + along) for start in starts]))
    return tuple(thirds)


def split_by_numpy(packed, n_heads, order="three n_heads d_head"):
    """Six cases in a dict of shapes and axes."""
    d_head = packed.shape[-1] // (3 * n_heads)
    sizes = dict(zip(("three", "n_heads", "d_head"), (3, n_heads, d_head), strict=True))
    names = order.split()
    cut = packed.numpy().reshape(-1, *[sizes[name] for name in names])
    cut = np.moveaxis(cut, [1 + names.index(name) for name in ("three", "n_heads")], [0, 1])
    return tuple(torch.from_numpy(each.reshape(n_heads, *packed.shape[:-1], d_head)) for each in cut)


# --- fix_conv1d ---------------------------------------------------------------------------------------------


def fix_by_last_names(name, tensor, n_heads):
    match name.split(".")[-3:]:
        case ["attn", "c_attn", _]:
            return split_by_permuting(tensor, n_heads)
        case ["attn", "c_proj", "weight"]:
            return (tensor.unflatten(0, (n_heads, -1)),)
        case _:
            return (tensor,)


def fix_as_lists(name, tensor, n_heads):
    if "c_attn" in name:
        return list(split_by_numpy(tensor, n_heads))
    if "attn.c_proj" in name and tensor.dim() == 2:
        tensor = torch.stack(tensor.chunk(n_heads))
    return [tensor]


def fix_with_copies(name, tensor, n_heads):
    return tuple(each.clone().contiguous() for each in fix_by_last_names(name, tensor, n_heads))


# --- load_gpt2 ----------------------------------------------------------------------------------------------


def forms_of(state_dict, config):
    """Every parameter's tensor by the machine's names."""
    forms = {}
    for name, targets in map_from_a_table(config).items():
        tensor = state_dict[name]
        try:
            forms.update(zip(targets, fix_by_last_names(name, tensor, config.n_heads), strict=True))
        except (RuntimeError, ValueError) as problem:
            raise ValueError(f"{name}, of shape {tuple(tensor.shape)}, cannot be cut") from problem
    return forms


def refuse(state_dict, config):
    names = set(map_from_a_table(config))
    missing, unknown = names - set(state_dict), set(state_dict) - names
    if missing or unknown:
        raise KeyError(f"missing: {missing or 'none'}; unknown: {unknown or 'none'}")
    if (state_dict["lm_head.weight"] != state_dict["transformer.wte.weight"]).any():
        raise ValueError("lm_head.weight and transformer.wte.weight are not tied")


def load_by_state_dict(state_dict, config):
    refuse(state_dict, config)
    model = GPT2(config)
    model.load_state_dict(forms_of(state_dict, config), strict=True)
    model.eval()
    return model


def load_by_copying(state_dict, config):
    refuse(state_dict, config)
    model = GPT2(config).eval()
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name, form in forms_of(state_dict, config).items():
        assert form.shape == parameters[name].shape, f"{name} should not be {tuple(form.shape)}"
        with torch.no_grad():
            parameters[name].copy_(form)
    return model


def load_by_data(state_dict, config):
    refuse(state_dict, config)
    model = GPT2(config)
    for name, form in forms_of(state_dict, config).items():
        parameter = model.get_parameter(name)
        if parameter.shape != form.shape:
            raise ValueError(f"{name}: {tuple(form.shape)} for {tuple(parameter.shape)}")
        parameter.data = form.detach().clone().float()
    return model.train(False)


def load_onto_meta(state_dict, config):
    """The model is made without numbers, and takes over copies."""
    refuse(state_dict, config)
    with torch.device("meta"):
        model = GPT2(config)
    copies = {name: form.clone().float() for name, form in forms_of(state_dict, config).items()}
    model.load_state_dict(copies, assign=True)
    return model.requires_grad_(True).eval()


def load_by_new_parameters(state_dict, config):
    """New parameters; the unembedding holds the embedding's module, so that the tie stays."""
    refuse(state_dict, config)
    model = GPT2(config)
    for name, form in forms_of(state_dict, config).items():
        *path, own = name.split(".")
        module = model.get_submodule(".".join(path))
        if getattr(module, own).shape != form.shape:
            raise ValueError(f"{name} does not fit")
        setattr(module, own, nn.Parameter(form.to(torch.float32, copy=True)))
    return model.eval()


def load_through_numpy(state_dict, config):
    refuse(state_dict, config)
    model = GPT2(config)
    numbers = {
        name: torch.from_numpy(np.array(form.numpy(), dtype=np.float32))
        for name, form in forms_of(state_dict, config).items()
    }
    model.load_state_dict(numbers)
    return model.eval()


# --- logits_match -------------------------------------------------------------------------------------------


@torch.no_grad()
def match_by_one_row(model, hf_model, prompts):
    gaps = [(model(torch.tensor([ids])) - hf_model(torch.tensor([ids])).logits).flatten() for ids in prompts]
    return float(torch.cat(gaps).abs().max())


def match_by_numpy(model, hf_model, prompts):
    largest = 0.0
    for ids in prompts:
        batch = torch.as_tensor(ids)[None]
        with torch.inference_mode():
            gap = np.abs(model(batch).numpy() - hf_model(batch).logits.numpy()).max()
        largest = np.maximum(largest, gap)
    return largest


def match_in_float64(model, hf_model, prompts):
    largest = torch.tensor(0.0, dtype=torch.float64)
    for ids in prompts:
        batch = torch.LongTensor(ids).unsqueeze(0)
        with torch.no_grad():
            gap = model(batch).double().sub(hf_model(batch).logits.double()).abs().max()
        largest = torch.maximum(largest, gap)
    return largest.item()


def match_by_norm(model, hf_model, prompts):
    with torch.no_grad():
        worst = [
            torch.linalg.vector_norm(
                model(torch.tensor([ids])) - hf_model(torch.tensor([ids])).logits, ord=math.inf
            )
            for ids in prompts
        ]
    return torch.tensor(worst).amax()


# --- token_losses -------------------------------------------------------------------------------------------


def losses_by_cross_entropy(model, tokens):
    return F.cross_entropy(model(tokens)[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="none")


def losses_by_flat_cross_entropy(model, tokens):
    logits, came = model(tokens)[:, :-1], tokens[:, 1:]
    return F.cross_entropy(logits.flatten(0, 1), came.flatten(), reduction="none").view_as(came)


def losses_by_one_hot(model, tokens):
    guesses = model(tokens).log_softmax(-1)[:, :-1]
    came = F.one_hot(tokens[:, 1:], guesses.shape[-1])
    return -torch.where(came.bool(), guesses, 0.0).sum(-1)


def losses_by_logsumexp(model, tokens):
    logits = model(tokens)[:, :-1]
    return logits.logsumexp(-1) - logits.gather(-1, tokens[:, 1:].unsqueeze(-1)).squeeze(-1)


def losses_by_index(model, tokens):
    batch, seq = tokens.shape
    guesses = F.log_softmax(model(tokens), dim=-1)
    return -guesses[torch.arange(batch)[:, None], torch.arange(seq - 1), tokens[:, 1:]]


def losses_one_at_a_time(model, tokens):
    guesses = model(tokens).double().log_softmax(-1)
    rows = [
        [-guesses[b, i, token].item() for i, token in enumerate(row[1:])]
        for b, row in enumerate(tokens.tolist())
    ]
    return torch.tensor(rows)


# --- perplexity and bits_per_byte ---------------------------------------------------------------------------


def perplexity_by_sums(losses):
    total, count = sum(float(each.sum()) for each in losses), sum(map(len, losses))
    return math.exp(total / count)


def perplexity_as_tensor(losses):
    return torch.exp(torch.mean(torch.cat(tuple(losses))))


def perplexity_by_lists(losses):
    every = [loss for each in losses for loss in each.tolist()]
    return math.e ** (math.fsum(every) / len(every))


def perplexity_as_a_geometric_mean(losses):
    return torch.cat(losses).double().exp().log().mean().exp().item()


def bits_by_log2(losses, texts):
    bits = torch.cat(losses).sum() * math.log2(math.e)
    return (bits / len("".join(texts).encode("utf-8"))).item()


def bits_of_each(losses, texts):
    bits = [float(each.sum()) / np.log(2) for each in losses]
    return sum(bits) / sum(len(bytes(text, "utf-8")) for text in texts)


def bits_by_probabilities(losses, texts):
    bits = sum(-math.log2(math.exp(-loss)) for each in losses for loss in each.tolist())
    return torch.tensor(bits / sum(len(text.encode()) for text in texts))


# --- context_window -----------------------------------------------------------------------------------------


def window_in_one_batch(model, tokens, seq):
    pieces = tokens[: len(tokens) // seq * seq].reshape(-1, seq)
    return losses_by_cross_entropy(model, pieces).mean(0)


def window_by_running_sum(model, tokens, seq):
    total, count = torch.zeros(seq - 1), 0
    for piece in tokens.split(seq):
        if len(piece) < seq:
            break
        total += losses_by_logsumexp(model, piece[None])[0].detach()
        count += 1
    return total / count


def window_by_unfold(model, tokens, seq):
    with torch.no_grad():
        losses = [losses_by_index(model, piece[None]) for piece in tokens.unfold(0, seq, seq)]
    return torch.cat(losses).mean(dim=0)


def window_position_by_position(model, tokens, seq):
    pieces = [tokens[i * seq : (i + 1) * seq] for i in range(len(tokens) // seq)]
    losses = [losses_one_at_a_time(model, piece.unsqueeze(0)).squeeze(0).tolist() for piece in pieces]
    return torch.tensor([sum(column) / len(column) for column in zip(*losses, strict=True)])


# --- cloze_accuracy -----------------------------------------------------------------------------------------


def cloze_by_writing_on(model, prompts, answers):
    """Lets the model write for itself, token by token, and compares."""
    right = []
    for prompt, answer in zip(prompts, answers, strict=True):
        said = list(prompt)
        while len(said) < len(prompt) + len(answer):
            said.append(int(model(torch.tensor([said]))[0, -1].argmax()))
        right.append(said[len(prompt) :] == list(answer))
    return sum(right) / len(right)


def cloze_by_ranks(model, prompts, answers):
    """No token may have a larger logit than the answer's."""

    def right(prompt, answer):
        logits = model(torch.tensor([prompt + answer]))[0, len(prompt) - 1 : -1]
        of_answer = logits.gather(-1, torch.tensor(answer)[:, None])
        return bool((logits <= of_answer).all())

    return float(np.mean([right(*each) for each in zip(prompts, answers, strict=True)]))


def cloze_as_tensor(model, prompts, answers):
    right = torch.zeros(len(prompts))
    for i, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        choices = model(torch.tensor(prompt + answer)[None]).argmax(-1).squeeze(0)
        right[i] = torch.equal(choices[-len(answer) - 1 : -1], torch.tensor(answer))
    return right.mean()


# --- shape_table --------------------------------------------------------------------------------------------

SHAPES = {
    "wte_weight": (50257, 768),
    "c_attn_weight": (768, 2304),
    "c_attn_bias": (2304,),
    "c_fc_weight": (768, 3072),
    "W_Q": (12, 768, 64),
    "b_Q": (12, 64),
    "W_O": (12, 64, 768),
    "W_in": (768, 3072),
    "logits": (2, 6, 50257),
    "losses": (2, 5),
}

# --- stretch ------------------------------------------------------------------------------------------------


def shapes_by_formula(config):
    wide, hidden = config.d_model, config.d_mlp
    of = {
        "ln_1.weight": (wide,),
        "ln_2.weight": (wide,),
        "attn.c_attn.weight": (wide, 3 * wide),
        "attn.c_proj.weight": (wide, wide),
        "mlp.c_fc.weight": (wide, hidden),
        "mlp.c_proj.weight": (hidden, wide),
    }
    of |= {name.replace("weight", "bias"): shape[-1:] for name, shape in of.items()}
    shapes = {
        f"transformer.h.{n}.{name}": shape for n in range(config.n_layers) for name, shape in of.items()
    }
    shapes["transformer.ln_f.weight"] = shapes["transformer.ln_f.bias"] = (wide,)
    shapes["transformer.wte.weight"] = shapes["lm_head.weight"] = (config.d_vocab, wide)
    return shapes | {"transformer.wpe.weight": (config.n_ctx, wide)}


def shapes_as_lists(config):
    return {name: list(shape) for name, shape in shapes_by_formula(config).items()}


def shapes_from_tensors_without_numbers(config):
    model = GPT2.__new__(GPT2)
    with torch.device("meta"):
        model.__init__(config)
    mine, shapes = model.state_dict(), {}
    for name, targets in map_from_a_table(config).items():
        form = mine[targets[0]]
        if "c_attn" in name:
            form = torch.cat([rearrange(mine[each], "h ... d -> ... (h d)") for each in targets], dim=-1)
        elif name.endswith("attn.c_proj.weight"):
            form = form.flatten(0, 1)
        shapes[name] = form.shape
    return shapes


def file_by_the_map(file, config):
    """Goes along the map and looks for each name in the file."""
    there = set(file.keys())
    prefix = "transformer." if any(name.startswith("transformer.") for name in there) else ""
    model = GPT2(config)
    for name, targets in map_from_a_table(config).items():
        if name == "lm_head.weight":
            continue
        short = prefix + name.removeprefix("transformer.")
        if short not in there:
            raise KeyError(f"{short} is not in the file")
        forms = fix_by_last_names(name, file.get_tensor(short), config.n_heads)
        for target, form in zip(targets, forms, strict=True):
            with torch.no_grad():
                model.get_parameter(target).copy_(form)
    return model.eval()


def file_onto_meta(file, config):
    """Takes over copies, one tensor after the other; what is still on meta at the end was not there."""
    with torch.device("meta"):
        model = GPT2(config)
    names = map_from_a_table(config)
    for name in filter(lambda each: not re.search(r"\.attn\.bias$", each), file.keys()):
        full = name if name in names else f"transformer.{name}"
        forms = fix_with_copies(full, file.get_tensor(name).float(), config.n_heads)
        copies = dict(zip(names[full], forms, strict=True))
        model.load_state_dict(copies, strict=False, assign=True)
    empty = [name for name, parameter in model.named_parameters() if parameter.is_meta]
    if empty:
        raise ValueError(f"nothing has filled {empty}")
    return model.requires_grad_(True).eval()


def file_with_a_generator(file, config):
    """A generator that reads, and a loop that fills."""
    names = map_from_a_table(config)

    def tensors():
        for name in sorted(file.keys()):
            full = "transformer." + name.split("transformer.")[-1]
            if full in names:
                forms = fix_as_lists(full, file.get_tensor(name), config.n_heads)
                yield from zip(names[full], forms, strict=True)

    model, filled = GPT2(config), set()
    for target, form in tensors():
        model.get_parameter(target).data.copy_(form)
        filled.add(target)
    unfilled = {name for name, _ in model.named_parameters()} - filled
    if unfilled:
        raise RuntimeError(f"not in the file: {unfilled}")
    return model.eval()


VARIANTS = {
    "name_map": [map_from_a_table, map_with_strings, map_from_the_machine],
    "split_c_attn": [
        split_by_permuting,
        split_stacked,
        split_by_numbers,
        split_by_strides,
        split_by_numpy,
    ],
    "fix_conv1d": [fix_by_last_names, fix_as_lists, fix_with_copies],
    "load_gpt2": [
        load_by_state_dict,
        load_by_copying,
        load_by_data,
        load_onto_meta,
        load_by_new_parameters,
        load_through_numpy,
    ],
    "logits_match": [match_by_one_row, match_by_numpy, match_in_float64, match_by_norm],
    "token_losses": [
        losses_by_cross_entropy,
        losses_by_flat_cross_entropy,
        losses_by_one_hot,
        losses_by_logsumexp,
        losses_by_index,
        losses_one_at_a_time,
    ],
    "perplexity": [
        perplexity_by_sums,
        perplexity_as_tensor,
        perplexity_by_lists,
        perplexity_as_a_geometric_mean,
    ],
    "bits_per_byte": [bits_by_log2, bits_of_each, bits_by_probabilities],
    "context_window": [
        window_in_one_batch,
        window_by_running_sum,
        window_by_unfold,
        window_position_by_position,
    ],
    "cloze_accuracy": [cloze_by_writing_on, cloze_by_ranks, cloze_as_tensor],
    "shape_table": [SHAPES, {name: list(shape) for name, shape in SHAPES.items()}, SHAPES.copy],
    "hf_shapes": [shapes_by_formula, shapes_as_lists, shapes_from_tensors_without_numbers],
    "load_from_file": [file_by_the_map, file_onto_meta, file_with_a_generator],
}
"""Right solutions by the name of the check that must accept them."""
