"""The command group of `course`, which loads other packages' commands when they are needed."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from utils.errors import CourseError

if TYPE_CHECKING:
    # TyperGroup's methods are typed with these; typer's public Context is a subclass.
    from typer._click.core import Command, Context
    from typer._click.formatting import HelpFormatter

_ENTRY_POINTS = "course.commands"


class CourseGroup(TyperGroup):
    """The commands of `utils` and, loaded on demand, those of the entry-point group `course.commands`."""

    _loaded = False
    _own: frozenset[str] = frozenset()
    """The names of the commands of `utils`, once others have been loaded."""
    _broken: tuple[str, ...] = ()
    """A sentence for each entry point that failed to load."""
    _not_installed: tuple[str, ...] = ()
    """A sentence for each entry point whose extra is not installed."""

    def list_commands(self, ctx: Context) -> list[str]:
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        if cmd_name not in self.commands:
            self._load()
        reasons = (*self._broken, *self._not_installed)
        if cmd_name not in self.commands and reasons:
            raise CourseError(f"There is no command {cmd_name!r}, perhaps because of this: {reasons[0]}")
        return super().get_command(ctx, cmd_name)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        super().format_help(ctx, formatter)
        for sentence in self._broken:
            say_error(sentence)

    def invoke(self, ctx: Context) -> Any:
        try:
            return super().invoke(ctx)
        except CourseError as error:
            say_error(str(error))
            raise typer.Exit(2) from None
        except ModuleNotFoundError as error:
            if not self._loaded or ctx.invoked_subcommand in self._own:
                raise
            # A command of another package may import the packages of its extra only when it runs.
            entries = entry_points(group=_ENTRY_POINTS)
            sentence = next(filter(None, (_not_installed_sentence(entry, error) for entry in entries)), "")
            if not sentence:
                raise
            say_error(sentence)
            raise typer.Exit(2) from None

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        self._own = frozenset(self.commands)
        for entry in entry_points(group=_ENTRY_POINTS):
            try:
                found = typer.main.get_group(entry.load()).commands
            except (Exception, SystemExit) as error:  # `course check` must work whatever is wrong there
                if sentence := _not_installed_sentence(entry, error):
                    self._not_installed += (sentence,)
                elif not _is_absent(entry, error):
                    self._broken += (_broken_sentence(entry, error),)
            else:
                self.commands = {**found, **self.commands}  # the commands of `utils` take precedence


def say_error(sentence: str) -> None:
    """Print a sentence in red on stderr."""
    Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)


def _is_absent(entry: EntryPoint, error: BaseException) -> bool:
    """True if the package is not installed at all, which is not an error."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return missing is not None and f"{entry.module}.".startswith(f"{missing}.")


def _not_installed_sentence(entry: EntryPoint, error: BaseException) -> str:
    """Return advice on installing a package's extra if `error` means that it is missing, else ""."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    ours = missing is None or missing.partition(".")[0] in (entry.module.partition(".")[0], "utils")
    if ours or entry.dist is None or entry.name not in entry.dist.metadata.get_all("Provides-Extra", ()):
        return ""
    if missing in sys.stdlib_module_names:
        return f"The commands of {entry.module} need Linux or a Mac: this system has no {missing}."
    return (
        f"The commands of {entry.module} need more than a student does ({missing} is not installed): "
        f'run `make {entry.name}`, or python -m pip install "{entry.dist.name}[{entry.name}]".'
    )


def _broken_sentence(entry: EntryPoint, error: BaseException) -> str:
    reason = next(iter(str(error).splitlines()), "")
    return f"The commands of {entry.module} are missing; loading it raised {type(error).__name__}: {reason}"
