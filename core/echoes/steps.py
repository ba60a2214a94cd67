"""The steps of a command, or of a timer, with their durations, while something records them: a sampling of the character, or traces."""

from contextvars import ContextVar
from time import perf_counter
from typing import Protocol


class Recorder(Protocol):
    """Records one command."""

    @property
    def traceparent(self) -> str:
        """The command's place in its trace (W3C Trace Context), for the messages that it publishes; empty: it is not traced."""
        ...

    def step(self, name: str, began: float, ended: float) -> None:
        """Record a step. Times are those of `perf_counter`."""
        ...

    def done(self, command: str, outcome: str) -> None:
        """The command is over: its name (`unknown` when it was not understood) and its outcome, as metrics have them."""
        ...


RECORDER: ContextVar[Recorder | None] = ContextVar("recorder", default=None)
"""The recorder of the command that is being carried out; tasks that the command starts have it, too."""


def traceparent() -> str:
    """The place in a trace of a message that is made now; empty outside of a traced command."""
    recorder = RECORDER.get()
    return "" if recorder is None else recorder.traceparent


def record(name: str, began: float, ended: float | None = None) -> None:
    """Record a step that began then and is over now, or at `ended`, if the command is recorded."""
    recorder = RECORDER.get()
    if recorder is not None:
        recorder.step(name, began, perf_counter() if ended is None else ended)
