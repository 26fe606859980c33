"""What the explorer shows for a request, as plain data for the browser."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from utils.adapters.reading import read_mlp
from utils.pictures.explorer.boxes import BOXES, BY_NAME, Box
from utils.pictures.explorer.parts import author
from utils.pictures.explorer.request import Request, position_within
from utils.pictures.explorer.run import Run, head_weights
from utils.pictures.explorer.session import Session
from utils.tokens import token_strings

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

COLUMNS = 48
"""Numbers of each vector on one page."""
STRIP = 24
"""Numbers of the chosen token's vector inside a box."""
LIKELIEST = 10
CLOSE = 1e-3
"""How far the numbers inside may be from the module's own output, relative to the largest, before the
explorer says that the module computes something else."""

View = dict[str, Any]


def view(session: Session, request: Request) -> View:
    """Return everything that is drawn.

    Raises:
        ExplorerProblem: the model cannot be run on this text, or with these changes.
    """
    before = session.run(request.text, (), request.ids)
    after = session.run(request.text, request.changes, request.ids) if request.changes else before
    position = position_within(request.token, len(after.ids))
    shown: View = {
        "model": _model(session),
        "tokens": token_strings(after.ids),
        "ids": after.ids.tolist(),
        "position": position,
        "layer": request.layer,
        "head": request.head,
        "boxes": [_small(box, request, before, after, position) for box in BOXES],
        "blocks": _moved(after),
        "heads": _lengths(after, request.layer, position),
        "changed_blocks": _distances(before, after) if request.changes else [],
        "open": _opened(request, before, after, position),
        "predictions": _predictions(request, before, after, position),
        "changes": [change.in_words(token_strings(after.ids)) for change in request.changes],
        "message": "",
    }
    if request.other:
        shown["other"] = _compared(session, request, after, position)
    return shown


def _model(session: Session) -> View:
    config = session.parts.config
    sizes = ("n_layers", "n_heads", "d_model", "d_head", "d_mlp", "d_vocab", "n_ctx")
    return {"name": session.name} | {name: getattr(config, name) for name in sizes}


def _small(box: Box, request: Request, before: Run, after: Run, position: int) -> View:
    """Return what a closed box shows: its shape, and the first numbers of the chosen token's row."""
    now = box.numbers(after, request.layer, request.head)
    row = now[position] if now.dim() > 1 else now
    changed = False
    if after is not before:
        changed = not _same(now, box.numbers(before, request.layer, request.head))
    strip = [] if box.name in ("tokens", "logits", "probabilities") else _rounded(row[:STRIP])
    return {
        "name": box.name,
        "group": box.group,
        "shape": list(now.shape),
        "strip": strip,
        "changed": changed,
    }


def _same(one: Tensor, other: Tensor) -> bool:
    import torch

    return torch.equal(torch.nan_to_num(one.float()), torch.nan_to_num(other.float()))


def _opened(request: Request, before: Run, after: Run, position: int) -> View:
    """Return the content of the open box."""
    box = BY_NAME[request.box]
    now = box.numbers(after, request.layer, request.head)
    shown: View = {
        "name": box.name,
        "formula": box.formula,
        "axes": box.axes.split(),
        "shape": list(now.shape),
        "what": box.what,
        "week": box.week,
        "author": _author(box, after, request.layer),
        "remark": _remark(box, before, request.layer),
    }
    if box.axes in ("seq", "seq d_vocab"):
        return shown | {"columns": [], "rows": [], "page": 0, "pages": 1}
    if box.axes == "query key":
        page, pages, columns = 0, 1, list(range(now.shape[1]))
    else:
        pages = -(-now.shape[1] // COLUMNS)
        page = position_within(request.page, pages)
        columns = list(range(page * COLUMNS, min((page + 1) * COLUMNS, now.shape[1])))
    chosen = slice(columns[0], columns[-1] + 1)
    shown |= {"page": page, "pages": pages, "columns": columns, "rows": _table(now[:, chosen])}
    if after is not before:
        shown["rows_before"] = _table(box.numbers(before, request.layer, request.head)[:, chosen])
    return shown


def _author(box: Box, run: Run, layer: int) -> str:
    if not box.module:
        return ""
    owner = run.parts if hasattr(run.parts, box.module) else run.parts.blocks[layer]
    return author(getattr(owner, box.module))


def _remark(box: Box, run: Run, layer: int) -> str:
    """Return a sentence if the module gives something else than GPT-2's formula with its weights."""
    if box.module == "attn":
        ours = run.attention(layer).by_head.sum(dim=0).cpu() + head_weights(run.parts, layer).b_O.cpu()
        theirs = run.outputs[f"{layer} attn"]
    elif box.module == "mlp":
        weights = read_mlp(run.parts.blocks[layer].mlp)
        ours = (run.mlp(layer).after @ weights.W_out + weights.b_out).cpu()
        theirs = run.outputs[f"{layer} mlp"]
    else:
        return ""
    gap = ((ours - theirs).abs().max() / theirs.abs().max().clamp_min(1e-9)).item()
    if gap <= CLOSE:
        return ""
    return (
        "The numbers in these boxes follow GPT-2's formulas from the module's input and weights. "
        f"The module's own output differs from them, by up to {gap:.1%} of its largest number."
    )


def _moved(run: Run) -> list[float | None]:
    """Return how far each block moves the vectors, relative to their length: the median over tokens."""
    steps = zip(run.depths, run.depths[1:], strict=False)
    return [
        _number(((after - before).norm(dim=-1) / before.norm(dim=-1)).median().item())
        for before, after in steps
    ]


def _lengths(run: Run, layer: int, position: int) -> list[float | None]:
    """Return the length of what each head of a block writes at the chosen token."""
    return _rounded(run.attention(layer).by_head[:, position].norm(dim=-1))


def _distances(before: Run, after: Run) -> list[float | None]:
    """Return how far the changed run is from the first at each depth, relative: the largest over tokens."""
    return [
        _number(((new - old).norm(dim=-1) / old.norm(dim=-1)).max().item())
        for old, new in zip(before.depths, after.depths, strict=True)
    ]


def _predictions(request: Request, before: Run, after: Run, position: int) -> View:
    now = request.sampler.distribution(after.logits[position])
    plain = request.sampler.distribution(before.logits[position])
    ids = now.topk(LIKELIEST).indices
    if request.changes:
        # Also what was likely before the changes.
        import torch

        ids = torch.cat([ids, plain.topk(3).indices]).unique(sorted=False)
        ids = ids[now[ids].argsort(descending=True, stable=True)]
    return {
        "tokens": token_strings(ids),
        "ids": ids.tolist(),
        "logits": _rounded(after.logits[position][ids]),
        "now": [round(each, 5) for each in now[ids].tolist()],
        "before": [round(each, 5) for each in plain[ids].tolist()] if request.changes else [],
        "kept": int((now > 0).sum()),
        "lowest": _rounded(after.logits[position].min()[None])[0],
    }


def _compared(session: Session, request: Request, after: Run, position: int) -> View:
    """Return the second text, and how far the two chosen tokens' vectors are apart at each depth."""
    import torch

    run = session.run(request.other)
    other = position_within(request.other_token, len(run.ids))
    pairs = [(mine[position], theirs[other]) for mine, theirs in zip(after.depths, run.depths, strict=True)]
    likeliest = run.logits[other].softmax(dim=-1).topk(3)
    return {
        "tokens": token_strings(run.ids),
        "position": other,
        "cosines": [_number(torch.cosine_similarity(a, b, dim=0).item()) for a, b in pairs],
        "distances": [_number(((a - b).norm() / b.norm()).item()) for a, b in pairs],
        "likeliest": list(zip(token_strings(likeliest.indices), likeliest.values.tolist(), strict=True)),
    }


def _table(values: Float[Tensor, "row column"]) -> list[list[float | None]]:
    return [_rounded(row) for row in values]


def _rounded(values: Float[Tensor, " n"]) -> list[float | None]:
    """Return numbers with four digits; None for those that are not finite, which JSON does not have."""
    return [_number(value) for value in values.tolist()]


def _number(value: float) -> float | None:
    return float(f"{value:.4g}") if isfinite(value) else None
