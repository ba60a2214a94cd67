"""The supervisor: keeps one worker in each slot, replaces those that die or hang, renews all of them in turn, and stops them.

It owns the listening sockets and the private PostgreSQL, and does no work of the game. It survives what a worker cannot. It maps no file,
and a refusal of the system (space, memory, processes, open files) is logged and retried. SIGTERM and SIGINT (`stop`) drain everything and
end. A second signal, a second later, skips the pauses. SIGHUP starts a new worker in every slot and then drains all old ones.
"""

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from echoes.errors import ConfigurationError
from echoes.metrics.host import FOLDER, forget_worker, hide_gauges
from echoes.serving.lifeline import ANSWER, ASK, BYTES, READY
from echoes.settings import SLOT

log = structlog.get_logger()
START_SECONDS = 60.0
"""Seconds for a worker to be ready."""
MARGIN = 5.0
"""Seconds beyond its drain after which a worker is killed."""
QUICK_DEATH, LONGEST_PAUSE = 5.0, 10.0
"""A worker that died younger than the first is replaced after a pause, which doubles up to the second."""
TURN = 1.0
"""Seconds between two health checks of a worker."""
DOUBT = 3
"""Unanswered health checks after which a worker's gauges are hidden."""


@dataclass(eq=False)
class _Child:
    slot: int
    process: asyncio.subprocess.Process
    lifeline: socket.socket
    started: float = field(default_factory=time.monotonic)
    ready: bool = False
    silent: int = 0
    """Turns of the supervisor since this worker last answered."""
    hung: bool = False
    """The supervisor killed it because it hung."""


class Supervisor:
    """Runs `python -m echoes.serving.child` once for each listener.

    A worker without an answer for `patience` seconds counts as hung; 0 turns this off.
    """

    def __init__(
        self, listeners: Sequence[socket.socket], environ: Mapping[str, str], *, drain_seconds: float, patience: float = 10.0
    ) -> None:
        self._listeners = listeners
        self._environ = environ
        self._drain_seconds = drain_seconds
        self._patience = patience
        self._current: dict[int, _Child] = {}
        self._alive: set[_Child] = set()
        self._quick_deaths: dict[int, int] = {}
        self._successor: _Child | None = None
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watches: set[asyncio.Task[None]] = set()
        self._changes: set[asyncio.Task[None]] = set()
        self._rolling = True
        """True while workers are renewed, or started for the first time."""

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Serve until `stop`. `on_ready` is called once every worker is ready.

        Raises `ConfigurationError` when a worker cannot start at the first start.
        """
        loop = self._loop = asyncio.get_running_loop()
        former = signal.signal(signal.SIGHUP, lambda *_: loop.call_soon_threadsafe(self._begin_to_roll))
        try:
            starting = asyncio.ensure_future(self._start_all())
            stopping = asyncio.ensure_future(self._stopping.wait())
            await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not self._stopping.is_set():
                await starting
                self._rolling = False
                on_ready()
                self._spawn(self._look_after(), "look-after", self._changes)
                await stopping
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
        finally:
            await self._see_out()
            signal.signal(signal.SIGHUP, former)

    def stop(self) -> None:
        """Drain all workers and end. A second call is passed on to them. May be called from a signal handler, before, during and after `run`."""
        if self._loop is None:
            self._stopping.set()
        else:
            with suppress(RuntimeError):  # the loop is closed: all workers have left
                self._loop.call_soon_threadsafe(self._stop)

    def _begin_to_roll(self) -> None:
        self._spawn(self._roll(), "roll", self._changes)

    def _stop(self) -> None:
        if self._stopping.is_set():
            for child in self._alive:
                _signal(child, signal.SIGTERM)
        self._stopping.set()

    async def _start_all(self) -> None:
        try:
            children = [await self._start(slot) for slot in range(len(self._listeners))]
        except OSError as error:
            raise ConfigurationError(
                f"a worker could not start: the system refused to create a process ({error.strerror or error})"
            ) from error
        self._current = {child.slot: child for child in children}
        if not await self._all_ready(children):
            raise ConfigurationError("a worker could not start; the log lines above give the reason")

    async def _see_out(self) -> None:
        self._stopping.set()
        for listener in self._listeners:
            listener.close()  # from here on only the workers' own are open: a late connection is refused, not left waiting
        for task in list(self._changes):
            task.cancel()  # so that no task starts another worker
        await asyncio.gather(*self._changes, return_exceptions=True)
        await asyncio.gather(*(self._end(child) for child in list(self._alive)))
        if self._watches:
            await asyncio.wait(self._watches, timeout=MARGIN)
        for task in list(self._watches):
            task.cancel()

    # ── one worker ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _start(self, slot: int) -> _Child:
        """Start a worker. OSError when the system gives no process, no open file or no memory for it."""
        ours, theirs = socket.socketpair()
        listener = self._listeners[slot].fileno()
        try:
            with theirs:
                ours.setblocking(False)
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "echoes.serving.child", str(slot), str(listener), str(theirs.fileno()),
                    pass_fds=(listener, theirs.fileno()), env={**self._environ, SLOT: str(slot)}, start_new_session=True,
                )  # fmt: skip
        except RuntimeError as error:  # no thread could be started to wait for it; without its lifeline it ends by itself
            ours.close()
            raise OSError(str(error)) from error
        except BaseException:
            ours.close()
            raise
        child = _Child(slot, process, ours)
        self._alive.add(child)
        self._spawn(self._watch(child), f"watch:{slot}", self._watches)
        return child

    async def _all_ready(self, children: Sequence[_Child]) -> bool:
        """Return True once all are ready; False as soon as one has ended, or after `START_SECONDS`."""
        try:
            async with asyncio.timeout(START_SECONDS):
                for child in children:
                    child.ready = await asyncio.get_running_loop().sock_recv(child.lifeline, len(READY)) == READY
                    if not child.ready:
                        return False
        except (TimeoutError, OSError):
            return False
        return True

    async def _watch(self, child: _Child) -> None:
        """Wait for its end. Replace it if it was still needed."""
        code = await child.process.wait()
        self._alive.discard(child)
        child.lifeline.close()
        needed = not self._stopping.is_set() and self._current.get(child.slot) is child and not child.hung
        if folder := self._environ.get(FOLDER):
            forget_worker(child.process.pid, Path(folder), "hung" if child.hung else "died" if needed else "")
        if needed:
            log.error("worker.died", slot=child.slot, pid=child.process.pid, exit_code=code)
            self._spawn(self._replace(child), f"replace:{child.slot}", self._changes)

    async def _replace(self, child: _Child) -> None:
        """Replace it, and retry while the system refuses to start a worker."""
        pause = self._pause(child)
        while True:
            await asyncio.sleep(pause)
            if self._current.get(child.slot) is not child:
                return
            try:
                successor = await self._start(child.slot)
            except OSError as error:
                pause = LONGEST_PAUSE
                log.error("worker.not_started", slot=child.slot, reason=error.strerror or str(error), next_try_in=pause)  # noqa: TRY400 - the words say it all
                continue
            if self._current.get(child.slot) is not child:  # a roll was faster
                await self._end(successor)
                return
            self._current[child.slot] = successor
            return

    def _pause(self, child: _Child) -> float:
        """Return no pause for a worker that had run; a growing one for a worker that dies soon after its start."""
        if time.monotonic() - child.started > QUICK_DEATH:
            self._quick_deaths[child.slot] = 0
            return 0.0
        deaths = self._quick_deaths[child.slot] = self._quick_deaths.get(child.slot, 0) + 1
        return float(min(LONGEST_PAUSE, 0.25 * 2 ** min(deaths, 8)))

    async def _end(self, child: _Child) -> None:
        """Drain it. Kill it when it has not ended in time."""
        _signal(child, signal.SIGTERM)
        try:
            async with asyncio.timeout(2 * self._drain_seconds + MARGIN):
                await child.process.wait()
        except TimeoutError:
            log.error("worker.killed", slot=child.slot, pid=child.process.pid, reason="it did not stop in time")  # noqa: TRY400 - no mystery
            _signal(child, signal.SIGKILL)
            with suppress(TimeoutError):  # one that waits for a broken disk survives even a kill
                async with asyncio.timeout(MARGIN):
                    await child.process.wait()

    # ── health checks ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _look_after(self) -> None:
        """Check each worker once a turn, and replace one that has not answered for too long.

        Turns are counted, not seconds: while this process was itself stopped, it sent no checks. Hung workers are replaced one at a time:
        the cause that stops all of them at once is seldom in the workers.
        """
        while True:
            slept = time.monotonic()
            await asyncio.sleep(TURN)
            late = time.monotonic() - slept > 2 * TURN
            for child in list(self._current.values()):
                self._ask(child, forgiven=late)
            if (hung := self._hung()) is not None:
                self._kill(hung)
                self._spawn(self._succeed(hung), f"succeed:{hung.slot}", self._changes)

    def _ask(self, child: _Child, *, forgiven: bool) -> None:
        try:
            said = child.lifeline.recv(BYTES)
        except BlockingIOError:
            said = b""
        except OSError:
            return  # it has ended; `_watch` replaces it
        doubtful = child.silent >= DOUBT
        if READY in said:
            child.ready = True
        if ANSWER in said or READY in said or forgiven:
            child.silent = 0
        elif child.ready or time.monotonic() - child.started > START_SECONDS:
            child.silent += 1
        if child.ready and child.silent <= 1:
            with suppress(OSError):  # it has ended; `_watch` replaces it
                child.lifeline.send(ASK)
        if doubtful != (child.silent >= DOUBT) and (folder := self._environ.get(FOLDER)):
            hide_gauges(child.process.pid, Path(folder), hidden=not doubtful)

    def _hung(self) -> _Child | None:
        """The worker without an answer for the longest time, unless the successor of another one is still starting."""
        successor = self._successor
        on_its_way = successor is not None and not successor.ready and not successor.silent and successor.process.returncode is None
        if on_its_way or any(child.hung for child in self._current.values()):
            return None
        silent = [child for child in self._current.values() if self._patience and child.silent * TURN >= self._patience]
        return max(silent, key=lambda child: child.silent, default=None)

    def _kill(self, child: _Child) -> None:
        child.hung = True
        log.error("worker.hung", slot=child.slot, pid=child.process.pid, silent_seconds=child.silent * TURN)
        _signal(child, signal.SIGKILL)

    async def _succeed(self, child: _Child) -> None:
        """Replace a worker that hangs, without waiting for its end: one that waits for a broken disk cannot be killed."""
        await self._replace(child)
        self._successor = self._current[child.slot]

    # ── all of them in turn ──────────────────────────────────────────────────────────────────────────────────────────

    async def _roll(self) -> None:
        """Start new workers beside the old ones first. When all are ready, drain all old ones together: a player moves once."""
        if self._rolling or self._stopping.is_set():
            log.warning("workers.roll_refused", reason="workers are being started or stopped already")
            return
        self._rolling = True
        log.info(
            "workers.rolling", variables="as they were when this supervisor started", read_anew=".env, files named by *_FILE, the game data",
            hint="to apply a changed environment variable, stop the server and start it again",
        )  # fmt: skip
        try:
            fresh: list[_Child] = []
            try:
                fresh = [await self._start(slot) for slot in range(len(self._listeners))]
                reason = "" if await self._all_ready(fresh) else "a new worker could not start"
            except OSError as error:
                reason = f"the system refused to create a process ({error.strerror or error})"
            if reason:
                log.error("workers.roll_failed", reason=f"{reason}; the old ones stay")
                current = {*self._current.values()}
                await asyncio.gather(*(self._end(child) for child in self._alive - current))
                return
            former = [*self._current.values()]
            self._current = {child.slot: child for child in fresh}
            await asyncio.gather(*(self._end(child) for child in former))
            log.info("workers.rolled", workers=len(fresh))
        finally:
            self._rolling = False

    def _spawn(self, work: Coroutine[Any, Any, None], name: str, tasks: "set[asyncio.Task[None]]") -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        tasks.add(task)

        def done(task: "asyncio.Task[None]") -> None:
            tasks.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("supervisor.task_crashed", task=task.get_name(), exc_info=error)

        task.add_done_callback(done)


def _signal(child: _Child, number: int) -> None:
    if child.process.returncode is None:
        child.process.send_signal(number)
