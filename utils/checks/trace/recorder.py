"""Records what a call of a student's code computes: every value with the statement that computed it."""

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import numpy as np
from torch import Tensor
from torch.overrides import TorchFunctionMode

from utils.checks.trace import clock
from utils.checks.trace.statements import Statement, is_cell, statements_of
from utils.checks.trace.values import Value, copy_of

RESULT = "return"
"""The name of the value that a function returns."""
MAX_EVENTS = 4000
MAX_RECORDED = 2_000_000  # numbers
_GENERATOR = 0x20 | 0x80 | 0x200  # CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR
_EXPRESSIONS = {"<listcomp>", "<genexpr>", "<setcomp>", "<dictcomp>", "<lambda>"}

_RECORDED = (Tensor, np.ndarray, list, tuple, dict, set)
"""Kinds of values that are recorded unless they are too large."""

Place = tuple[str, int, str]
"""The file, the line and the name of a variable: all its values in a loop have one place."""


class Stop(BaseException):
    """Ends a recorded call that has used up its budget. Not an Exception, so that no student catches it."""


@dataclass(eq=False)
class Event:
    """A value that a statement gave a variable, returned, or computed on the way."""

    name: str
    """The variable; `RESULT`; or empty for an operation's result."""
    value: Value
    run: "Run"
    occurrence: int = 0
    """How many values this place has had before."""
    number: int = 0
    """How many events came before."""

    @property
    def place(self) -> Place:
        """Where the value comes from."""
        return *self.run.statement.place, self.name


@dataclass(eq=False)
class Run:
    """One execution of a statement."""

    statement: Statement
    function: str
    """The qualified name of the function that it is in."""
    reads: set["Run"] = field(default_factory=set)
    """The executions that computed what it uses."""
    written: list[Event] = field(default_factory=list)
    """The variables that it has changed, or what it returned."""
    computed: list[Event] = field(default_factory=list)
    """The results of its torch operations."""
    is_opaque: bool = False
    """Whether it gave or returned something that the trace cannot record."""
    is_outermost: bool = False
    """Whether it returned from a call that the check itself made."""


@dataclass(eq=False)
class _Frame:
    """What is known of a function that is being executed."""

    statements: dict[int, Statement]
    function: str
    writers: dict[str, set[Run]]
    """The executions that computed each variable."""
    states: dict[str, Any] = field(default_factory=dict)
    """Each variable's value when it was last looked at."""
    headers: dict[int, Run] = field(default_factory=dict)
    """The last execution of each header, by its line."""
    returning: Run | None = None
    """The execution of a `return`; after it Python may come back to the line of a `with` around it."""
    current: Run | None = None


class Recorder(TorchFunctionMode):
    """A context in which the calls of code in a notebook's cells are recorded.

    Args:
        seconds: How long the recorded code may run.
        substitutes: Values that a variable is given after the statement that assigns it: by place and
            occurrence.
    """

    def __init__(self, seconds: float, substitutes: Mapping[Place, Callable[[int, Any], Any]] | None = None):
        super().__init__()
        self.runs: list[Run] = []
        self.exceeded = False
        self.used = False
        """Whether a substitute was used."""
        self.undisturbed = True
        """False if the code has set a trace function of its own."""
        self._until = clock.now() + seconds
        self._substitutes = substitutes or {}
        self._frames: dict[int, _Frame] = {}
        self._stack: list[_Frame] = []
        self._attributes: dict[tuple[int, str], set[Run]] = {}
        self._counts: dict[Place, int] = {}
        self._left = [MAX_EVENTS, MAX_RECORDED]
        self._is_cell: dict[str, bool] = {}

    def __enter__(self) -> "Recorder":
        super().__enter__()
        self._trace = self._on_call  # one bound method, so that it can be recognised
        sys.settrace(self._trace)
        return self

    def __exit__(self, *error: Any) -> None:
        self.undisturbed = sys.gettrace() is self._trace or self.exceeded
        sys.settrace(None)
        super().__exit__(*error)

    # --- torch operations ---

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if self._stack and not self._is_used_up():
            self._record_operation(result)
        return result

    def _record_operation(self, result: Any) -> None:
        run = self._stack[-1].current
        if run is None:
            return
        for each in result if isinstance(result, tuple | list) else (result,):
            if isinstance(each, Tensor):
                self._add(run, "", each, run.computed)

    # --- lines ---

    def _on_call(self, frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if event != "call" or not self._is_students(code):
            return None
        statements = statements_of(code.co_filename)
        if not statements:
            return None
        above = self._stack[-1].current if self._stack else None
        read = set(above.reads) if above else set()
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        new = _Frame(statements, code.co_qualname, {name: set(read) for name in names})
        new.states = {name: _state(value) for name, value in frame.f_locals.items()}
        self._frames[id(frame)] = new
        self._stack.append(new)
        return self._on_event

    def _is_students(self, code: CodeType) -> bool:
        if code.co_flags & _GENERATOR or code.co_name in _EXPRESSIONS or code.co_name == "<module>":
            return False
        file = code.co_filename
        if file not in self._is_cell:
            self._is_cell[file] = is_cell(file)
        return self._is_cell[file]

    def _on_event(self, frame: FrameType, event: str, arg: Any) -> Any:
        self._check_budget()
        mine = self._frames.get(id(frame))
        if mine is None:
            return None
        # Read once: in Python 3.11, to read f_locals again undoes what was assigned to it.
        variables = frame.f_locals
        if event == "line":
            statement = mine.statements.get(frame.f_lineno)
            if mine.returning is not None and mine.returning is mine.current:
                return self._on_event
            if mine.current is None or statement is not mine.current.statement or statement.is_loop:
                self._finish(variables, mine, frame.f_lineno)
                mine.current = self._begin(mine, statement, variables) if statement else None
        elif event == "return":
            self._frames.pop(id(frame), None)
            self._return(variables, mine, arg)
        return self._on_event

    def _begin(self, mine: _Frame, statement: Statement, variables: dict[str, Any]) -> Run:
        run = Run(statement, mine.function)
        for name in statement.reads:
            run.reads |= mine.writers.get(name, set())
            if "." in name:
                run.reads |= self._attributes.get(_attribute_key(name, variables), set())
        run.reads.update(mine.headers[line] for line in statement.controls if line in mine.headers)
        if statement.is_loop or statement.condition:
            mine.headers[statement.first] = run
        if statement.is_return:
            mine.returning = run
        self.runs.append(run)
        return run

    def _finish(self, variables: dict[str, Any], mine: _Frame, next_line: int = 0) -> None:
        """Records the variables that the current statement has changed, and how a condition came out."""
        run = mine.current
        if run is None:
            return
        if run.statement.condition:
            first, last = run.statement.body
            self._add(run, run.statement.condition, first <= next_line <= last, run.written)
        mentioned = run.statement.reads | run.statement.writes
        for name in (*sorted(mentioned), *_changed_elsewhere(mine.states, variables, mentioned)):
            found, value = _look_up(name, variables)
            if not found:
                continue
            state = _state(value)
            stored = name in run.statement.writes
            if not stored and _same_state(mine.states.get(name), state):
                continue
            substitute = self._substitutes.get((*run.statement.place, name))
            event = self._add(run, name, value, run.written)
            if event is None and isinstance(value, _RECORDED):
                run.is_opaque = True
            if substitute and event:
                value = substitute(event.occurrence, value)
                _assign(name, variables, value)
                self.used = True
                state = _state(value)
            mine.states[name] = state
            mine.writers[name] = {run}
            if "." in name:
                self._attributes[_attribute_key(name, variables)] = {run}

    def _return(self, variables: dict[str, Any], mine: _Frame, result: Any) -> None:
        run = mine.current
        self._finish(variables, mine)
        if mine in self._stack:
            del self._stack[self._stack.index(mine) :]
        if run is None:
            return
        if result is not None:
            run.is_opaque = self._add(run, RESULT, result, run.written) is None
        if self._stack and self._stack[-1].current:
            self._stack[-1].current.reads.add(run)
        run.is_outermost = not self._stack
        mine.current = None

    # --- budget ---

    def _add(self, run: Run, name: str, value: Any, to: list[Event]) -> Event | None:
        copy = copy_of(value)
        if copy is None:
            return None
        self._left[0] -= 1
        self._left[1] -= len(copy.text) + (0 if copy.array is None else copy.array.size)
        event = Event(name, copy, run, number=MAX_EVENTS - self._left[0])
        event.occurrence = self._counts.get(event.place, 0)
        self._counts[event.place] = event.occurrence + 1
        to.append(event)
        return event

    def _is_used_up(self) -> bool:
        self.exceeded = self.exceeded or min(self._left) < 0 or clock.now() > self._until
        return self.exceeded

    def _check_budget(self) -> None:
        """Raises Stop once the budget is used up.

        Python then ends the trace. Code that catches everything runs on, as fast as in the check itself.
        """
        if self._is_used_up():
            raise Stop


def _look_up(name: str, variables: Mapping[str, Any]) -> tuple[bool, Any]:
    owner, _, attribute = name.partition(".")
    if owner not in variables:
        return False, None
    if not attribute:
        return True, variables[owner]
    # Not getattr, which may run a property of the student's.
    places = getattr(variables[owner], "__dict__", {})
    for attributes in (places, places.get("_parameters"), places.get("_buffers")):
        if isinstance(attributes, dict) and attribute in attributes:
            return True, attributes[attribute]
    return False, None


def _assign(name: str, variables: Any, value: Any) -> None:
    owner, _, attribute = name.partition(".")
    if attribute:
        setattr(variables[owner], attribute, value)
    else:
        # Python copies what a trace function writes into f_locals back into the frame.
        variables[owner] = value


def _attribute_key(name: str, variables: Mapping[str, Any]) -> tuple[int, str]:
    owner, _, attribute = name.partition(".")
    return id(variables.get(owner)), attribute


def _state(value: Any) -> Any:
    """Returns what changes when a value is changed in place."""
    if isinstance(value, Tensor):
        try:
            return value, value._version
        except Exception:  # an inference tensor has no version
            return value, -1
    copy = None if isinstance(value, bool | int | float | str | bytes) else copy_of(value)
    return (
        (value, copy.text if copy.text else copy.array.tobytes() if copy.array is not None else "")
        if (copy)
        else (value, 0)
    )


def _changed_elsewhere(
    states: Mapping[str, Any], variables: Mapping[str, Any], mentioned: Collection[str]
) -> list[str]:
    """Returns the variables whose numbers a statement has changed by another name, as those of a view."""
    return [
        name
        for name, state in states.items()
        if name not in mentioned
        and isinstance(state[0], Tensor)
        and variables.get(name) is state[0]
        and _state(state[0])[1] != state[1]
    ]


def _same_state(before: Any, now: Any) -> bool:
    if before is None:
        return False
    if before[1] != now[1]:
        return False
    simple = isinstance(now[0], bool | int | float | str | bytes)
    return before[0] is now[0] or (simple and type(before[0]) is type(now[0]) and before[0] == now[0])
