"""Crashes in a plugin: it logs the traceback and reports here, since it may not import the core's metrics; the core counts them."""

from collections.abc import Callable

_LISTENERS: list[Callable[[], None]] = []


def report() -> None:
    """Report that a bug has ended some work of a backend, which continues. Call it in the thread of the event loop."""
    for listener in _LISTENERS:
        listener()


def on_report(listener: Callable[[], None]) -> None:
    """Call `listener` at each report, for as long as the process lives."""
    _LISTENERS.append(listener)
