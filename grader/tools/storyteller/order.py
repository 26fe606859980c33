"""What somebody wants trained, and whether it can be begun at all."""

from dataclasses import dataclass
from pathlib import Path

from utils.errors import CourseError


@dataclass(frozen=True)
class TrainingOptions:
    """One call of `course train-storyteller`."""

    output: Path
    """The folder that the finished model is to be."""
    minutes: float | None = None
    tokens: int | None = None
    resume: bool = False
    overwrite: bool = False

    @property
    def checkpoint(self) -> Path:
        """Where the training is kept while it lasts: beside the folder, never in it."""
        return self.output.with_name(self.output.name + ".checkpoint.pt")

    @property
    def draft(self) -> Path:
        """Where the files are written before they are put in place."""
        return self.output.with_name(self.output.name + ".new")

    def refuse_if_bad(self) -> None:
        """Says no before anything begins, when the order would lose something or makes no sense.

        Raises:
            CourseError: why not.
        """
        problem = self._about_length() or self._about_checkpoint() or self._about_folder()
        if problem:
            raise CourseError(problem)

    def _about_length(self) -> str | None:
        if self.minutes is not None and self.tokens is not None:
            return "Give --minutes or --tokens, not both: one follows from the other."
        if self.resume and self.minutes is not None:
            return "With --resume, name the whole length by --tokens, or leave its length away."
        return None

    def _about_checkpoint(self) -> str | None:
        if self.checkpoint.is_file() and not self.resume:
            return (
                f"{self.checkpoint} is left of a training that has not come to its end. "
                "Go on with --resume, or delete it to begin anew."
            )
        if self.resume and not self.checkpoint.is_file():
            return (
                f"There is nothing to resume: {self.checkpoint} is not there. "
                "Leave --resume away to begin a training, or name its folder with --output."
            )
        return None

    def _about_folder(self) -> str | None:
        if self.output.exists() and not self.output.is_dir():
            return f"{self.output} is a file. Name a folder with --output."
        if not self.output.parent.is_dir():
            return f"{self.output.parent} is not there. Make it first, or name another folder with --output."
        if self.output.is_dir() and any(self.output.iterdir()) and not self.overwrite:
            return (
                f"{self.output} is not empty. Name another folder with --output, "
                "or let --overwrite replace it when the training is over."
            )
        return None
