"""The widget of `pipeline_player`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import ipywidgets

from utils.pictures._pipeline import PipelineRun, PromptProblem, run, stage_names
from utils.pictures._stages import problem_html, stages_html
from utils.pictures._touch import Movable, choice

if TYPE_CHECKING:
    from utils.reference import Reference

SECONDS_A_STEP = 1.5


class Player(Movable):
    """A prompt and the stages it goes through, one at a time, by hand or played."""

    def __init__(self, reference: Reference, prompt: str) -> None:
        self._reference = reference
        self._run = lru_cache(maxsize=1)(self._read)
        self.prompt = ipywidgets.Text(
            prompt,
            description="prompt",
            continuous_update=False,  # the model runs at Enter, not at every keystroke
            style={"description_width": "60px"},
            layout={"width": "640px"},
        )
        names = stage_names(reference.config)
        self.step = choice("step", [(name, place) for place, name in enumerate(names)], 0)
        self.play = ipywidgets.Play(
            min=0, max=len(names) - 1, interval=1000 * SECONDS_A_STEP, show_repeat=False
        )
        self.back = ipywidgets.Button(description="back", icon="step-backward", layout={"width": "90px"})
        self.forward = ipywidgets.Button(description="next", icon="step-forward", layout={"width": "90px"})
        self.go_on = ipywidgets.Button(
            description="go on with this token", icon="repeat", layout={"width": "200px"}
        )
        super().__init__([self.prompt, self.step], self._draw_stage)
        self._connect()
        buttons = ipywidgets.HBox([self.play, self.back, self.forward, self.go_on])
        self.children = [self.prompt, buttons, self.step, self._shown]

    def _connect(self) -> None:
        # Linked in the browser, so that playing needs the kernel only for drawing.
        self._link = ipywidgets.jslink((self.play, "value"), (self.step, "index"))
        self.back.on_click(lambda _: self._move(-1))
        self.forward.on_click(lambda _: self._move(+1))
        self.go_on.on_click(lambda _: self._append())

    def _move(self, steps: int) -> None:
        last = len(self.step.options) - 1
        self.step.index = min(max(self.step.index + steps, 0), last)

    def _append(self) -> None:
        try:
            self.prompt.value = self._run(self.prompt.value).continued
        except PromptProblem:
            return  # its message is already shown below
        self.step.index = 0

    def _read(self, prompt: str) -> PipelineRun:
        return run(self._reference, prompt)

    def _draw_stage(self, prompt: str, step: int) -> str:
        try:
            return stages_html(self._run(prompt), step)
        except PromptProblem as problem:
            return problem_html(str(problem))
