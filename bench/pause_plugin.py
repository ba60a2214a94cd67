"""The extension of the scenario `players`: it measures how long the event loop of each worker stands still, and writes that down at the end.

The server's own gauge of the loop's delay is a sample of 0.05 s in every two, so it misses most pauses.
"""

import asyncio
import contextlib
import json
import os
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from echoes import hookimpl

FOLDER = "BENCH_PAUSES"
"""The environment variable that names the folder for the files, one for each worker."""
NAP = 0.005
"""Seconds that it sleeps at a time: a pause is longer than it was by this at most."""
WORTH = 0.01
"""Seconds from which it keeps a pause, the nap included."""
KEPT = 100_000


@hookimpl
def echoes_seam_version() -> int:
    """The seam that this was written for."""
    return 2


@hookimpl
def echoes_lifespan() -> AbstractAsyncContextManager[None]:
    """Watch as long as the worker lives."""
    return _watch()


@contextlib.asynccontextmanager
async def _watch() -> AsyncIterator[None]:
    found: deque[tuple[float, float]] = deque(maxlen=KEPT)
    task = asyncio.create_task(_look(found))
    try:
        yield
    finally:
        task.cancel()
        (Path(os.environ[FOLDER]) / f"{os.getpid()}.json").write_text(json.dumps(list(found)), encoding="utf-8")


async def _look(found: deque[tuple[float, float]]) -> None:
    """Keep when each pause ended, by the clock that all processes share, and its seconds."""
    before = time.monotonic()
    while True:
        await asyncio.sleep(NAP)
        now = time.monotonic()
        if now - before > WORTH:
            found.append((now, now - before))
        before = now


def pauses(folder: Path, since: float, until: float) -> list[float]:
    """The seconds of all workers' pauses that ended between two moments. The workers have ended."""
    files = list(folder.glob("*.json"))
    if not files:
        raise SystemExit("no worker wrote its pauses down")
    return [seconds for file in files for ended, seconds in json.loads(file.read_text(encoding="utf-8")) if since <= ended <= until]
