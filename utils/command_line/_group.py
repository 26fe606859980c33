"""The command group behind `course`: it fetches other packages' commands when they are asked for."""

import sys
from importlib.metadata import EntryPoint, entry_points

import typer
from rich.console import Console
from typer.core import TyperGroup

from utils.errors import CourseError

_ENTRY_POINTS = "course.commands"


class CourseGroup(TyperGroup):
    """Commands of `utils`, then those of the packages that offer some, loaded when they are first needed."""

    _fetched = False
    _own: frozenset[str] = frozenset()
    """The names of the commands of `utils`, where others were fetched."""
    _broken: tuple[str, ...] = ()
    _not_installed: tuple[str, ...] = ()

    def list_commands(self, ctx: typer.Context) -> list[str]:
        self._fetch()
        return super().list_commands(ctx)

    def get_command(self, ctx: typer.Context, cmd_name: str):
        if cmd_name not in self.commands:
            self._fetch()
        reasons = (*self._broken, *self._not_installed)
        if cmd_name not in self.commands and reasons:
            raise CourseError(f"There is no command {cmd_name!r}, perhaps because of this: {reasons[0]}")
        return super().get_command(ctx, cmd_name)

    def format_help(self, ctx: typer.Context, formatter) -> None:
        super().format_help(ctx, formatter)
        for sentence in self._broken:
            say_error(sentence)

    def invoke(self, ctx: typer.Context):
        try:
            return super().invoke(ctx)
        except CourseError as error:
            say_error(str(error))
            raise typer.Exit(2) from None
        except ModuleNotFoundError as error:
            if not self._fetched or ctx.invoked_subcommand in self._own:
                raise
            # Another package's command may import what its extra brings only when it runs.
            entries = entry_points(group=_ENTRY_POINTS)
            sentence = next(filter(None, (_what_is_not_installed(entry, error) for entry in entries)), "")
            if not sentence:
                raise
            say_error(sentence)
            raise typer.Exit(2) from None

    def _fetch(self) -> None:
        if self._fetched:
            return
        self._fetched = True
        self._own = frozenset(self.commands)
        for entry in entry_points(group=_ENTRY_POINTS):
            try:
                found = typer.main.get_group(entry.load()).commands
            except (Exception, SystemExit) as error:  # whatever is wrong with it, `course check` must go on
                if sentence := _what_is_not_installed(entry, error):
                    self._not_installed += (sentence,)
                elif not _is_absent(entry, error):
                    self._broken += (_broken_sentence(entry, error),)
            else:
                self.commands = {**found, **self.commands}  # nobody takes our own commands' names


def say_error(sentence: str) -> None:
    """One sentence in red, on stderr."""
    Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)


def _is_absent(entry: EntryPoint, error: BaseException) -> bool:
    """Whether the package is not installed at all, which is nothing to complain of."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return missing is not None and f"{entry.module}.".startswith(f"{missing}.")


def _what_is_not_installed(entry: EntryPoint, error: BaseException) -> str:
    """What to install for the commands of a package whose extra was left out; empty for any other reason."""
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
