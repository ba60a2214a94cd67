"""SIGTERM and SIGINT from the first line of `serve` to its last: nothing that was begun is left behind, and none is lost."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

log = structlog.get_logger()


class Stopped(SystemExit):
    """The server was told to stop before it served. It passes every `except Exception` and every event loop, and what was begun is undone."""


class Stopping:
    """What a signal to stop does. Before `serving` it raises `Stopped` where the main thread is, once; from then on it calls `stop`."""

    def __init__(self) -> None:
        self._asked = False
        self._stop: Callable[[], object] | None = None

    def serving(self, stop: Callable[[], object]) -> None:
        """From here on, call `stop` instead; it is called in the main thread, between any two steps of it."""
        self._stop = stop

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """The handler."""
        del frame
        first, self._asked = not self._asked, True
        if self._stop is not None:
            self._stop()
        elif first:  # another one must not break off what the first one has begun to undo
            log.info("server.stopped_early", signal=signal.Signals(number).name)
            raise Stopped


@contextmanager
def stopping() -> Iterator[Stopping]:
    """Heed SIGTERM and SIGINT while the body runs; `Stopped` ends the body, and no more than that. SIGHUP has nothing to renew yet."""
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
