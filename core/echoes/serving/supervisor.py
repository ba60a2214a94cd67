"""The supervisor: keeps one worker in each slot, replaces the dead, renews all of them in turn, and sees them out.

It owns the listening sockets and PostgreSQL's life where that is private, and does no work of the game. Signals: SIGTERM and SIGINT drain
everything and end (a second one, a second later, skips the pauses); SIGHUP starts a new worker in every slot and then drains all old ones.
"""

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from echoes.errors import ConfigurationError
from echoes.metrics.host import FOLDER, forget_worker
from echoes.serving.child import READY
from echoes.settings import SLOT

log = structlog.get_logger()
START_SECONDS = 60.0
"""How long a worker may take to be ready."""
MARGIN = 5.0
"""Seconds beyond its drain after which a worker is killed."""
QUICK_DEATH, LONGEST_PAUSE = 5.0, 10.0
"""A worker that died younger than this is replaced after a pause, which doubles up to that."""


@dataclass(eq=False)
class _Child:
    slot: int
    process: asyncio.subprocess.Process
    lifeline: socket.socket
    started: float = field(default_factory=time.monotonic)


class Supervisor:
    """Runs `python -m echoes.serving.child` once for each listener."""

    def __init__(self, listeners: Sequence[socket.socket], environ: Mapping[str, str], *, drain_seconds: float) -> None:
        self._listeners = listeners
        self._environ = environ
        self._drain_seconds = drain_seconds
        self._current: dict[int, _Child] = {}
        self._alive: set[_Child] = set()
        self._quick_deaths: dict[int, int] = {}
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._rolling = False

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Serve until told to stop; `on_ready` is called once every worker is ready.

        Raises `ConfigurationError` when a worker cannot start in the first place.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self._roll(), "roll"))
        try:
            children = [await self._start(slot) for slot in range(len(self._listeners))]
            self._current = {child.slot: child for child in children}
            if not await self._all_ready(children) and not self._stopping.is_set():
                raise ConfigurationError("a worker could not start; what it said stands above")
            if not self._stopping.is_set():
                on_ready()
            await self._stopping.wait()
        finally:
            await self._see_out()

    def _stop(self) -> None:
        """The first time, drain everybody; after that, pass the signal on."""
        if self._stopping.is_set():
            for child in self._alive:
                _signal(child, signal.SIGTERM)
        self._stopping.set()

    async def _see_out(self) -> None:
        self._stopping.set()
        for listener in self._listeners:
            listener.close()  # from here on the workers' own are the only ones: who knocks late is refused, not left waiting
        await asyncio.gather(*(self._end(child) for child in list(self._alive)))
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ── one worker ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _start(self, slot: int) -> _Child:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        listener = self._listeners[slot].fileno()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "echoes.serving.child", str(slot), str(listener), str(theirs.fileno()),
                pass_fds=(listener, theirs.fileno()), env={**self._environ, SLOT: str(slot)}, start_new_session=True,
            )  # fmt: skip
        child = _Child(slot, process, ours)
        self._alive.add(child)
        self._spawn(self._watch(child), f"watch:{slot}")
        return child

    async def _all_ready(self, children: Sequence[_Child]) -> bool:
        """True once each has said that it is; False as soon as one has ended, or after too long."""
        try:
            async with asyncio.timeout(START_SECONDS):
                for child in children:
                    said = await asyncio.get_running_loop().sock_recv(child.lifeline, len(READY))
                    if said != READY:
                        return False
        except (TimeoutError, OSError):
            return False
        return True

    async def _watch(self, child: _Child) -> None:
        """Wait for its end; put another one in its place if it was still needed."""
        code = await child.process.wait()
        self._alive.discard(child)
        child.lifeline.close()
        if folder := self._environ.get(FOLDER):
            forget_worker(child.process.pid, Path(folder))
        if self._stopping.is_set() or self._current.get(child.slot) is not child:
            return
        log.error("worker.died", slot=child.slot, pid=child.process.pid, exit_code=code)
        await asyncio.sleep(self._pause(child))
        if not self._stopping.is_set() and self._current.get(child.slot) is child:
            self._current[child.slot] = await self._start(child.slot)

    def _pause(self, child: _Child) -> float:
        """None for a worker that had lived; growing for one that dies as soon as it is born."""
        if time.monotonic() - child.started > QUICK_DEATH:
            self._quick_deaths[child.slot] = 0
            return 0.0
        deaths = self._quick_deaths[child.slot] = self._quick_deaths.get(child.slot, 0) + 1
        return float(min(LONGEST_PAUSE, 0.25 * 2**deaths))

    async def _end(self, child: _Child) -> None:
        """Drain it; kill it when it has not left in time."""
        _signal(child, signal.SIGTERM)
        try:
            async with asyncio.timeout(2 * self._drain_seconds + MARGIN):
                await child.process.wait()
        except TimeoutError:
            log.error("worker.killed", slot=child.slot, pid=child.process.pid, reason="did not leave in time")  # noqa: TRY400 - no mystery
            _signal(child, signal.SIGKILL)
            await child.process.wait()

    # ── all of them in turn ──────────────────────────────────────────────────────────────────────────────────────────

    async def _roll(self) -> None:
        """New workers beside the old ones first; when all are ready, all old ones are drained together: a player moves once."""
        if self._rolling or self._stopping.is_set():
            log.warning("workers.roll_refused", reason="one is under way")
            return
        self._rolling = True
        log.info(
            "workers.rolling", variables="as they were when this supervisor started", read_anew=".env, files named by *_FILE, the game data",
            hint="a variable of the environment that has changed takes effect when the server is stopped and started",
        )  # fmt: skip
        try:
            fresh = [await self._start(slot) for slot in range(len(self._listeners))]
            if not await self._all_ready(fresh):
                log.error("workers.roll_failed", reason="a new worker could not start; the old ones stay")
                await asyncio.gather(*(self._end(child) for child in fresh))
                return
            former = [*self._current.values()]
            self._current = {child.slot: child for child in fresh}
            await asyncio.gather(*(self._end(child) for child in former))
            log.info("workers.rolled", workers=len(fresh))
        finally:
            self._rolling = False

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("supervisor.task_crashed", task=task.get_name(), exc_info=error)


def _signal(child: _Child, number: int) -> None:
    if child.process.returncode is None:
        child.process.send_signal(number)
