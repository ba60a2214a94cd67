"""Short pauses for garbage: a full run of Python's collector looks at all objects, and a worker stands still meanwhile.

A worker with 5,000 players stood still for 0.8 s every half minute. Here each run looks only at what is new, and what survives it is left out
of later runs (`gc.freeze`). Objects are freed as always when nothing refers to them. Those that refer to each other in a circle, and are given
up only after they have survived a run, stay until `thaw`. Connections form no such circles (`tests/web/test_freed.py`), nor do commands.
"""

import gc
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from echoes import metrics

YOUNG = 10_000
"""New objects after which the collector looks at them: that takes one or two milliseconds."""
NEVER = 1_000_000_000
_pauses: deque[float] = deque(maxlen=10_000)
"""Seconds of the runs that are still to be counted."""


@contextmanager
def short_pauses() -> Iterator[None]:
    """Let the collector of this process look at new objects only, while the body runs."""
    former = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, NEVER, NEVER)
    began = 0.0

    def measure(phase: str, _: dict[str, Any]) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        else:
            gc.freeze()
            # A run may begin while a metric holds its lock, so nothing is counted here.
            _pauses.append(time.perf_counter() - began)

    gc.callbacks.append(measure)
    try:
        yield
    finally:
        gc.callbacks.remove(measure)
        gc.set_threshold(*former)
        gc.unfreeze()


def count_pauses() -> None:
    """Bring the metric up to date."""
    while _pauses:
        metrics.GARBAGE_SECONDS.observe(_pauses.popleft())


def thaw() -> None:
    """Look at everything once, where `short_pauses` is in force. It stops the process for as long as it takes: for a worker without players."""
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
