"""The command group behind `course`: it fetches other packages' commands when they are asked for."""

from importlib.metadata import EntryPoint, entry_points

import typer
from rich.console import Console
from typer.core import TyperGroup

from utils.errors import CourseError

_ENTRY_POINTS = "course.commands"


class CourseGroup(TyperGroup):
    """Commands of `utils`, then those of the packages that offer some, loaded when they are first needed."""

    _fetched = False
    _broken: tuple[str, ...] = ()

    def list_commands(self, ctx: typer.Context) -> list[str]:
        self._fetch()
        return super().list_commands(ctx)

    def get_command(self, ctx: typer.Context, cmd_name: str):
        if cmd_name not in self.commands:
            self._fetch()
        if cmd_name not in self.commands and self._broken:
            raise CourseError(f"There is no command {cmd_name!r}, perhaps because of this: {self._broken[0]}")
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

    def _fetch(self) -> None:
        if self._fetched:
            return
        self._fetched = True
        for entry in entry_points(group=_ENTRY_POINTS):
            try:
                found = typer.main.get_group(entry.load()).commands
            except (Exception, SystemExit) as error:  # whatever is wrong with it, `course check` must go on
                self._broken += () if _is_absent(entry, error) else (_broken_sentence(entry, error),)
            else:
                self.commands = {**found, **self.commands}  # nobody takes our own commands' names


def say_error(sentence: str) -> None:
    """One sentence in red, on stderr."""
    Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)


def _is_absent(entry: EntryPoint, error: BaseException) -> bool:
    """Whether the package is not installed at all, which is nothing to complain of."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return missing is not None and f"{entry.module}.".startswith(f"{missing}.")


def _broken_sentence(entry: EntryPoint, error: BaseException) -> str:
    reason = next(iter(str(error).splitlines()), "")
    return f"The commands of {entry.module} are missing; loading it raised {type(error).__name__}: {reason}"
