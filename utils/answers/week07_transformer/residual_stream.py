"""The answer key of `residual_stream`: the tensors that torch's hooks record while the model runs."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week07_transformer as checks
from utils.checks.fakes.model import FakeModel


def _expected_stream(weights, tokens, hooked):
    model, seen = FakeModel(weights), []
    model.blocks[0].register_forward_pre_hook(lambda block, given: seen.append(given[0]))
    for block in model.blocks:
        block.register_forward_hook(lambda block, given, output: seen.append(output))
    with torch.no_grad():
        model(tokens)
    return {"stream": torch.stack(seen), "modules that have a hook afterwards": hooked}


def _stages(model, tokens):
    x = torch.add(model.embed(tokens), model.pos_embed(tokens))
    yield x
    for block in model.blocks:
        x = block(x)
        yield x


def _of(change):
    """A mistake: `change(model, stages)` makes the result from the right list of stages."""
    return lambda model, tokens: change(model, list(_stages(model, tokens)))


def _without_positions(model, tokens):
    found = [model.embed(tokens)]
    for block in model.blocks:
        found.append(block(found[-1]))
    return torch.stack(found)


def _each_from_the_start(model, tokens):
    start = next(_stages(model, tokens))
    return torch.stack([start, *(block(start) for block in model.blocks)])


def _block_added_again(model, tokens):
    found = [next(_stages(model, tokens))]
    for block in model.blocks:
        found.append(found[-1] + block(found[-1]))
    return torch.stack(found)


def _forgotten_hooks(model, tokens):
    seen = []
    model.blocks[0].register_forward_pre_hook(lambda block, given: seen.append(given[0]))
    for block in model.blocks:
        block.register_forward_hook(lambda block, given, output: seen.append(output))
    model(tokens)
    return torch.stack(seen)


ANSWER_KEY = AnswerKey(
    check=checks.residual_stream,
    expected=_expected_stream,
    reference="what hooks see",
    mistakes=(
        Mistake(
            "ln_f on the last entry",
            "the last entry has been through ln_f: what stands on the stream has not",
            "ln_f reads the stream for the unembedding; does it write to it?",
            _of(lambda model, stages: torch.stack([*stages[:-1], model.ln_f(stages[-1])])),
        ),
        Mistake(
            "ln_f on every entry",
            "every entry has been through ln_f: what stands on the stream has not",
            "ln_f reads the stream for the unembedding; does it write to it?",
            _of(lambda model, stages: model.ln_f(torch.stack(stages))),
        ),
        Mistake(
            "ln_f's result appended",
            "there is an entry too many: what ln_f gives",
            "before the first block, and after every block: how many is that?",
            _of(lambda model, stages: torch.stack([*stages, model.ln_f(stages[-1])])),
        ),
        Mistake(
            "start missing",
            "the stream before the first block is missing",
            "what stands on the whiteboard before any block has written?",
            _of(lambda model, stages: torch.stack(stages[1:])),
        ),
        Mistake(
            "end missing",
            "the stream after the last block is missing",
            "do you take your note before or after each block?",
            _of(lambda model, stages: torch.stack(stages[:-1])),
        ),
        Mistake(
            "end twice, start missing",
            "every entry is one block too late, and the last stands there twice",
            "which entry should come first?",
            _of(lambda model, stages: torch.stack([*stages[1:], stages[-1]])),
        ),
        Mistake(
            "updates in place of the stream",
            "after the first entry there is what each block adds, not what stands there afterwards",
            "what a block returns is the whole stream, and that is what is asked for",
            _of(lambda model, stages: torch.stack([stages[0], *torch.stack(stages).diff(dim=0)])),
        ),
        Mistake(
            "updates only",
            "these are the differences from block to block",
            "what stands there, not what has changed",
            _of(lambda model, stages: torch.stack(stages).diff(dim=0)),
        ),
        Mistake(
            "tokens without positions",
            "the stream begins with the tokens' vectors alone",
            "which of your functions knows how the stream begins?",
            _without_positions,
        ),
        Mistake(
            "each block reads the start",
            "every block is given the stream's beginning, not what the block before has left",
            "what does the loop hand from one block to the next?",
            _each_from_the_start,
        ),
        Mistake(
            "stream added once more",
            "what goes into a block is added to what comes out of it: the block has done that already",
            "what does a block return: an update, or the stream?",
            _block_added_again,
        ),
        Mistake(
            "last first",
            "the entries stand in reverse order",
            "entry 0 is the stream before the first block",
            _of(lambda model, stages: torch.stack(stages[::-1])),
        ),
        Mistake(
            "batch in front",
            "the stages are on the second axis; they belong on the first",
            "torch.stack takes the place of the new axis",
            _of(lambda model, stages: torch.stack(stages, dim=1)),
        ),
        Mistake(
            "stages joined along the batch",
            "the stages are joined along the batch and have no axis of their own",
            "one function joins along an axis that is there, another makes a new one",
            _of(lambda model, stages: torch.cat(stages)),
        ),
        Mistake(
            "last position only",
            "only the last position's vectors come back",
            "every token has its whiteboard",
            _of(lambda model, stages: torch.stack(stages)[:, :, -1]),
        ),
        Mistake(
            "the same tensor each time",
            "every entry is the stream at the very end",
            "is one and the same tensor noted again and again, and changed in between?",
            _of(lambda model, stages: torch.stack([stages[-1]] * len(stages))),
        ),
        Mistake(
            "logits at every stage",
            "these are logits: the stages have been unembedded",
            "the vectors themselves, of d_model numbers",
            _of(lambda model, stages: F.linear(torch.stack(stages), model.embed.W_E)),
        ),
        Mistake(
            "hooks left behind",
            "the stream is right, but hooks stay on the model and will run at every later call",
            "register_forward_hook returns a handle, which has a method remove",
            _forgotten_hooks,
        ),
    ),
)
