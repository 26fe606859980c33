"""The notebook's own loaders at GPT-2's true size against HF, in a process of their own: memory is measured.

    python -m tests.weeks.true_size load_gpt2 FOLDER
    python -m tests.weeks.true_size load_from_file FOLDER

The first makes a fake with GPT-2's magnitudes, loads its state dict, and leaves weights and logits in the
folder; the second loads them from there. Each prints a line of JSON: the largest difference of any logit,
the largest logit, the number of parameters, and memory in MB and in copies of the weights.
"""

import json
import resource
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from tests.checks.taught import notebook_of, run_cells
from tests.fake_gpt2 import fake_model
from utils.reference import CONFIGS

PROMPT_LENGTHS = (1, 7, 60)
SMALL = CONFIGS["gpt2"]
FILE, LOGITS = "model.safetensors", "logits.pt"


def peak_megabytes() -> float:
    """The most resident memory that this process has had so far."""
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def tokens(length: int) -> Tensor:
    """One random prompt."""
    generator = torch.Generator().manual_seed(length)
    return torch.randint(SMALL.d_vocab, (1, length), generator=generator)


def anonymous_megabytes() -> float:
    """The memory of this process that is not a file's: what a file holds can be read again at any time."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("This system does not say how much of a process's memory is not a file's.")


class WatchedFile:
    """An open safetensors file; notes the memory whenever a tensor is read."""

    def __init__(self, file):
        self.keys, self._get = file.keys, file.get_tensor
        self.most = 0.0

    def get_tensor(self, name: str) -> Tensor:
        """The tensor of that name."""
        self.most = max(self.most, anonymous_megabytes())
        return self._get(name)


@torch.no_grad()
def load_gpt2(folder: Path, notebook: dict) -> dict[str, float]:
    """HF's whole state dict, through load_gpt2."""
    theirs = fake_model(SMALL, seed=8)
    expected = [theirs(tokens(length)).logits for length in PROMPT_LENGTHS]
    before = peak_megabytes()
    machine = notebook["load_gpt2"](theirs.state_dict(), SMALL)
    grown = peak_megabytes() - before
    save_file(
        {name: each for name, each in theirs.state_dict().items() if "lm_head" not in name}, folder / FILE
    )
    torch.save(expected, folder / LOGITS)
    return compared(machine, expected) | {"grown by MB": round(grown)}


def load_from_file(folder: Path, notebook: dict) -> dict[str, float]:
    """The same weights from a file, through load_from_file."""
    before = anonymous_megabytes()
    with safe_open(folder / FILE, framework="pt") as file:
        watched = WatchedFile(file)
        machine = notebook["load_from_file"](watched, SMALL)
    grown = max(watched.most, anonymous_megabytes()) - before
    return compared(machine, torch.load(folder / LOGITS)) | {"grown by MB": round(grown)}


@torch.no_grad()
def compared(machine, expected: list[Tensor]) -> dict[str, float]:
    """How far the machine's logits are from HF's."""
    pairs = zip(PROMPT_LENGTHS, expected, strict=True)
    return {
        "largest difference": max((machine(tokens(n)) - wanted).abs().max().item() for n, wanted in pairs),
        "largest logit": max(each.abs().max().item() for each in expected),
        "parameters": sum(parameter.numel() for parameter in machine.parameters()),
        "layers": len(machine.blocks),
        "peak MB": round(peak_megabytes()),
    }


def main(how: str, folder: str) -> None:
    """Prints what was measured."""
    torch.set_num_threads(1)
    load = {"load_gpt2": load_gpt2, "load_from_file": load_from_file}[how]
    print(json.dumps(load(Path(folder), run_cells(notebook_of("week08_weights")))))


if __name__ == "__main__":
    main(*sys.argv[1:])
