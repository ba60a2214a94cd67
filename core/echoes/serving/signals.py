"""SIGTERM and SIGINT from the first line of `serve` to its last: nothing that was begun is left behind, and no signal is lost."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

log = structlog.get_logger()


class Stopped(SystemExit):
    """The server was stopped before it served. It passes every `except Exception` and every event loop, and all that was begun is undone."""


class Stopping:
    """The handler of a stop signal. Before `serving` it raises `Stopped` in the main thread, once; from then on it calls `stop`."""

    def __init__(self) -> None:
        self._asked = False
        self._stop: Callable[[], object] | None = None

    def serving(self, stop: Callable[[], object]) -> None:
        """From here on, call `stop` instead, in the main thread, between any two steps of it."""
        self._stop = stop

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        del frame
        first, self._asked = not self._asked, True
        if self._stop is not None:
            self._stop()
        elif first:  # a second signal must not interrupt the clean-up that the first one has begun
            log.info("server.stopped_early", signal=signal.Signals(number).name)
            raise Stopped


@contextmanager
def stopping() -> Iterator[Stopping]:
    """Handle SIGTERM and SIGINT while the body runs.

    `Stopped` ends the body, and no more than that. SIGHUP is ignored: there is nothing to renew yet.
    """
    handler = Stopping()
    former = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    former[signal.SIGHUP] = signal.signal(signal.SIGHUP, lambda *_: log.warning("workers.roll_refused", reason="the server is starting"))
    try:
        yield handler
    except Stopped:
        pass
    finally:
        for number, one in former.items():
            signal.signal(number, one)
