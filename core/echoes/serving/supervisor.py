"""The supervisor: keeps one worker in each slot, replaces those that die or hang, renews all of them in turn, and stops them.

It owns the listening sockets and the private PostgreSQL, and does no work of the game. It survives what a worker cannot. It maps no file,
and a refusal of the system (space, memory, processes, open files) is logged and retried. SIGTERM and SIGINT (`stop`) drain everything and
end. A second signal, a second later, skips the pauses. SIGHUP starts a new worker in every slot and then drains all old ones. An operator's
order comes from a worker, over its lifeline; a slot whose worker was drained stays empty until the next roll.

The kernel gives each new client to one slot. While no worker of a slot accepts (it died, hangs or leaves), all other workers accept its
clients, so none of them waits for the successor.
"""

import asyncio
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from echoes.errors import ConfigurationError
from echoes.metrics.host import FOLDER, forget_worker, hide_gauges
from echoes.serving.lifeline import outcome, serve, yield_
from echoes.serving.worker_process import MARGIN, WorkerProcess

log = structlog.get_logger()
QUICK_DEATH, LONGEST_PAUSE = 5.0, 10.0
"""A worker that died younger than the first is replaced after a pause, which doubles up to the second."""
TURN = 1.0
"""Seconds between two health checks of a worker."""
DOUBT = 3
"""Unanswered health checks after which a worker's gauges are hidden and others accept its clients."""


class Supervisor:
    """Runs `python -m echoes.serving.child` once for each listener; `operators` are as many listeners of the operators' own port, or none.

    A worker without an answer for `patience` seconds counts as hung; 0 turns this off.
    """

    def __init__(
        self, listeners: Sequence[socket.socket], environ: Mapping[str, str], *, drain_seconds: float, patience: float = 10.0,
        operators: Sequence[socket.socket] = (),
    ) -> None:  # fmt: skip
        self._listeners = listeners
        self._operators = operators
        self._environ = environ
        self._drain_seconds = drain_seconds
        self._patience = patience
        self._server = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._current: dict[int, WorkerProcess] = {}
        self._alive: set[WorkerProcess] = set()
        self._unserved: set[int] = set()
        """Slots of which no worker accepts clients."""
        self._quick_deaths: dict[int, int] = {}
        self._successor: WorkerProcess | None = None
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watches: set[asyncio.Task[Any]] = set()
        self._changes: set[asyncio.Task[Any]] = set()
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
                child.signal(signal.SIGTERM)
        self._stopping.set()

    async def _start_all(self) -> None:
        try:
            children = [await self._start(slot) for slot in range(len(self._listeners))]
        except OSError as error:
            raise ConfigurationError(
                f"a worker could not start: the system refused to create a process ({error.strerror or error})"
            ) from error
        self._current = {child.slot: child for child in children}
        if not await _all_ready(children):
            raise ConfigurationError("a worker could not start; the log lines above give the reason")

    async def _see_out(self) -> None:
        self._stopping.set()
        for listener in (*self._listeners, *self._operators):
            listener.close()  # from here on only the workers' own are open: a late connection is refused, not left waiting
        for task in list(self._changes):
            task.cancel()  # so that no task starts another worker
        await asyncio.gather(*self._changes, return_exceptions=True)
        await asyncio.gather(*(child.end(self._drain_seconds) for child in list(self._alive)))
        if self._watches:
            await asyncio.wait(self._watches, timeout=MARGIN)
        for task in list(self._watches):
            task.cancel()

    # ── one worker ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _start(self, slot: int) -> WorkerProcess:
        """Start a worker. OSError when the system gives no process, no open file or no memory for it."""
        child = await WorkerProcess.start(slot, self._listeners, self._operators, self._environ, self._server, self._changed, self._ordered)
        self._alive.add(child)
        self._spawn(self._watch(child), f"watch:{slot}", self._watches)
        return child

    def _changed(self, child: WorkerProcess) -> None:
        """See that clients of its slot are accepted; replace a worker that leaves by itself before it has ended."""
        if child.accepts:
            self._serves(child)
        elif self._needs(child):
            self._serve_elsewhere(child.slot)
            self._spawn(self._replace(child), f"replace:{child.slot}", self._changes)
            self._spawn(child.end(self._drain_seconds), f"end:{child.slot}", self._watches)

    def _needs(self, child: WorkerProcess) -> bool:
        """Whether its slot still is its own: no successor, no roll, no stop."""
        return not self._stopping.is_set() and self._current.get(child.slot) is child and not child.hung

    async def _watch(self, child: WorkerProcess) -> None:
        """Wait for its end. Replace it if it was still needed."""
        code = await child.ended()
        self._alive.discard(child)
        needed = self._needs(child) and not child.leaving
        if folder := self._environ.get(FOLDER):
            forget_worker(child.process.pid, Path(folder), "hung" if child.hung else "died" if needed else "")
        if needed:
            log.error("worker.died", slot=child.slot, pid=child.process.pid, exit_code=code)
            self._serve_elsewhere(child.slot)
            self._spawn(self._replace(child), f"replace:{child.slot}", self._changes)

    async def _replace(self, child: WorkerProcess) -> None:
        """Replace it, and retry while the system refuses to start a worker."""
        pause = 0.0 if child.leaving else self._pause(child)
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
                await successor.end(self._drain_seconds)
                return
            self._current[child.slot] = successor
            return

    def _pause(self, child: WorkerProcess) -> float:
        """Return no pause for a worker that had run; a growing one for a worker that dies soon after its start."""
        if time.monotonic() - child.started > QUICK_DEATH:
            self._quick_deaths[child.slot] = 0
            return 0.0
        deaths = self._quick_deaths[child.slot] = self._quick_deaths.get(child.slot, 0) + 1
        return float(min(LONGEST_PAUSE, 0.25 * 2 ** min(deaths, 8)))

    # ── clients of slots without a worker ────────────────────────────────────────────────────────────────────────────

    def _serve_elsewhere(self, slot: int) -> None:
        """Let all other workers accept the clients of this slot until a worker of its own does."""
        if slot not in self._unserved:
            self._unserved.add(slot)
            self._send_others(slot, serve(slot))

    def _serves(self, child: WorkerProcess) -> None:
        """This worker accepts the clients of its slot, and those of slots without a worker."""
        if child.slot in self._unserved:
            self._unserved.discard(child.slot)
            self._send_others(child.slot, yield_(child.slot))
        for slot in self._unserved:
            child.send(serve(slot))

    def _send_others(self, slot: int, request: bytes) -> None:
        for child in self._alive:
            if child.accepts and child.slot != slot:
                child.send(request)

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

    def _ask(self, child: WorkerProcess, *, forgiven: bool) -> None:
        doubtful = child.silent >= DOUBT
        child.ask(forgiven=forgiven)
        if doubtful == (child.silent >= DOUBT):
            return
        if not doubtful:
            self._serve_elsewhere(child.slot)
        elif child.accepts:
            self._serves(child)
        if folder := self._environ.get(FOLDER):
            hide_gauges(child.process.pid, Path(folder), hidden=not doubtful)

    def _hung(self) -> WorkerProcess | None:
        """The worker without an answer for the longest time, unless the successor of another one is still starting."""
        successor = self._successor
        on_its_way = successor is not None and not successor.ready and not successor.silent and successor.process.returncode is None
        if on_its_way or any(child.hung for child in self._current.values()):
            return None
        silent = [child for child in self._current.values() if self._patience and child.silent * TURN >= self._patience]
        return max(silent, key=lambda child: child.silent, default=None)

    def _kill(self, child: WorkerProcess) -> None:
        child.hung = True
        log.error("worker.hung", slot=child.slot, pid=child.process.pid, silent_seconds=child.silent * TURN)
        self._serve_elsewhere(child.slot)
        child.signal(signal.SIGKILL)

    async def _succeed(self, child: WorkerProcess) -> None:
        """Replace a worker that hangs, without waiting for its end: one that waits for a broken disk cannot be killed."""
        await self._replace(child)
        self._successor = self._current.get(child.slot)

    # ── all of them in turn ──────────────────────────────────────────────────────────────────────────────────────────

    async def _roll(self) -> str:
        """Start new workers beside the old ones first. When all are ready, drain all old ones together: a player moves once.

        Returns the outcome, as a worker gets it.
        """
        if self._rolling or self._stopping.is_set():
            log.warning("workers.roll_refused", reason="workers are being started or stopped already")
            return "busy"
        self._rolling = True
        log.info(
            "workers.rolling", variables="as they were when this supervisor started", read_anew=".env, files named by *_FILE, the game data",
            hint="to apply a changed environment variable, stop the server and start it again",
        )  # fmt: skip
        try:
            fresh: list[WorkerProcess] = []
            try:
                fresh = [await self._start(slot) for slot in range(len(self._listeners))]
                reason = "" if await _all_ready(fresh) else "a new worker could not start"
            except OSError as error:
                reason = f"the system refused to create a process ({error.strerror or error})"
            if reason:
                log.error("workers.roll_failed", reason=f"{reason}; the old ones stay")
                current = {*self._current.values()}
                await asyncio.gather(*(child.end(self._drain_seconds) for child in self._alive - current))
                return "not_started"
            former = [*self._current.values()]
            self._current = {child.slot: child for child in fresh}
            await asyncio.gather(*(child.end(self._drain_seconds) for child in former))
            log.info("workers.rolled", workers=len(fresh))
            return "done"
        finally:
            self._rolling = False

    # ── orders of operators ──────────────────────────────────────────────────────────────────────────────────────────

    def _ordered(self, child: WorkerProcess, action: str, number: int) -> None:
        """A worker hands over an order that it has taken."""
        self._spawn(self._carry_out(child, action, number), f"order:{number}", self._changes)

    async def _carry_out(self, child: WorkerProcess, action: str, number: int) -> None:
        """Carry out an order, and report its outcome to all workers: each can keep it."""
        log.info("worker_order.begun", number=number, action=action, slot=child.slot, pid=child.process.pid)
        work = {"replace": lambda: self._renew(child), "drain": lambda: self._drain(child), "roll": self._roll, "fill": self._fill}
        word = await work[action]() if action in work else "busy"
        log.info("worker_order.ended", number=number, action=action, outcome=word)
        for one in self._current.values():
            one.send(outcome(number, word))

    async def _renew(self, child: WorkerProcess) -> str:
        """Start a worker beside this one. When it is ready, drain this one."""
        if self._rolling or not self._needs(child):
            return "busy"
        if (successor := await self._start_beside(child.slot)) is None:
            return "not_started"
        if self._current.get(child.slot) is not child:  # it died meanwhile, or a roll was faster
            await successor.end(self._drain_seconds)
            return "busy"
        self._current[child.slot] = successor
        await child.end(self._drain_seconds)
        return "done"

    async def _drain(self, child: WorkerProcess) -> str:
        """Drain a worker and leave its slot empty. The other workers accept its clients."""
        if self._rolling or not self._needs(child):
            return "busy"
        if not any(one.accepts and one.silent < DOUBT for one in self._current.values() if one is not child):
            return "last"
        del self._current[child.slot]
        self._serve_elsewhere(child.slot)
        await child.end(self._drain_seconds)
        return "done"

    async def _fill(self) -> str:
        """Start a worker in each empty slot."""
        if self._rolling:
            return "busy"
        for slot in sorted({*range(len(self._listeners))} - self._current.keys()):
            if (child := await self._start_beside(slot)) is None:
                return "not_started"
            if slot in self._current:  # a roll was faster
                await child.end(self._drain_seconds)
            else:
                self._current[slot] = child
        return "done"

    async def _start_beside(self, slot: int) -> WorkerProcess | None:
        """Start a worker that is not the one of its slot yet, and wait until it is ready. None when it could not start."""
        try:
            child = await self._start(slot)
        except OSError as error:
            log.error("worker.not_started", slot=slot, reason=error.strerror or str(error))  # noqa: TRY400 - the words say it all
            return None
        if await child.until_ready():
            return child
        await child.end(self._drain_seconds)
        return None

    def _spawn(self, work: Coroutine[Any, Any, object], name: str, tasks: "set[asyncio.Task[Any]]") -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        tasks.add(task)

        def done(task: "asyncio.Task[Any]") -> None:
            tasks.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("supervisor.task_crashed", task=task.get_name(), exc_info=error)

        task.add_done_callback(done)


async def _all_ready(children: Sequence[WorkerProcess]) -> bool:
    """Return True once all are ready; False as soon as one cannot be."""
    waiting = [asyncio.ensure_future(child.until_ready()) for child in children]
    try:
        for one in asyncio.as_completed(waiting):
            if not await one:
                return False
    finally:
        for task in waiting:
            task.cancel()
    return True
