"""A worker process as its supervisor sees it: started, asked for signs of life over its lifeline, ended."""

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from echoes.serving.lifeline import ANSWER, ASK, BYTES, LEAVING, READY, orders
from echoes.settings import SLOT

log = structlog.get_logger()
START_SECONDS = 60.0
"""Seconds for a worker to be ready."""
MARGIN = 5.0
"""Seconds beyond its drain after which a worker is killed."""


class WorkerProcess:
    """One worker. `on_change` is called with it when it gets ready, and when it accepts no more clients; `on_order` with an operator's order."""

    def __init__(
        self, slot: int, process: asyncio.subprocess.Process, lifeline: socket.socket, on_change: Callable[["WorkerProcess"], None],
        on_order: Callable[["WorkerProcess", str, int], None],
    ) -> None:  # fmt: skip
        self.slot = slot
        self.process = process
        self.started = time.monotonic()
        self.ready = False
        self.leaving = False
        """It accepts no more clients."""
        self.hung = False
        """The supervisor killed it because it hung."""
        self.silent = 0
        """Turns of the supervisor since this worker last answered."""
        self._answered = False
        self._lifeline = lifeline
        self._on_change = on_change
        self._on_order = on_order
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(lifeline.fileno(), self._receive)

    @classmethod
    async def start(
        cls, slot: int, listeners: Sequence[socket.socket], operators: Sequence[socket.socket], environ: Mapping[str, str], server: str,
        on_change: Callable[["WorkerProcess"], None], on_order: Callable[["WorkerProcess", str, int], None],
    ) -> "WorkerProcess":  # fmt: skip
        """Start a worker. OSError when the system gives no process, no open file or no memory for it."""
        ours, theirs = socket.socketpair()
        files, more = [one.fileno() for one in listeners], [one.fileno() for one in operators]
        try:
            with theirs:
                ours.setblocking(False)
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "echoes.serving.child", str(slot), str(files[slot]), str(theirs.fileno()), ",".join(map(str, files)), server,
                    *([",".join(map(str, more))] if more else []), pass_fds=(*files, *more, theirs.fileno()), env={**environ, SLOT: str(slot)}, start_new_session=True,
                )  # fmt: skip
        except RuntimeError as error:  # no thread could be started to wait for it; without its lifeline it ends by itself
            ours.close()
            raise OSError(str(error)) from error
        except BaseException:
            ours.close()
            raise
        return cls(slot, process, ours, on_change, on_order)

    @property
    def accepts(self) -> bool:
        """Whether it accepts clients, as far as is known."""
        return self.ready and not self.leaving and not self.hung and self.process.returncode is None

    async def until_ready(self) -> bool:
        """Return True once it is ready; False when it has ended, or after `START_SECONDS`."""
        try:
            async with asyncio.timeout(START_SECONDS):
                while not self.ready and self.process.returncode is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return self.ready

    async def ended(self) -> int:
        """Wait for its end. Return the exit code."""
        code = await self.process.wait()
        self._loop.remove_reader(self._lifeline.fileno())
        self._lifeline.close()
        self._changed.set()
        return code

    def ask(self, *, forgiven: bool) -> None:
        """Count a turn, and ask for the next sign of life. A turn without an answer does not count when it is `forgiven`."""
        if self._answered or forgiven:
            self.silent = 0
        elif self.ready or time.monotonic() - self.started > START_SECONDS:
            self.silent += 1
        self._answered = False
        if self.ready and self.silent <= 1:
            self.send(ASK)

    def send(self, request: bytes) -> None:
        """Send a request over the lifeline; nothing happens when the worker has ended."""
        with suppress(OSError):
            self._lifeline.send(request)

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def end(self, drain_seconds: float) -> None:
        """Drain it, unless it drains already: a second signal would cut the pauses. Kill it when it has not ended in time."""
        if not self.leaving:
            self.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(2 * drain_seconds + MARGIN):
                await self.process.wait()
        except TimeoutError:
            log.error("worker.killed", slot=self.slot, pid=self.process.pid, reason="it did not stop in time")  # noqa: TRY400 - no mystery
            self.signal(signal.SIGKILL)
            with suppress(TimeoutError):  # one that waits for a broken disk survives even a kill
                async with asyncio.timeout(MARGIN):
                    await self.process.wait()

    def _receive(self) -> None:
        try:
            received = self._lifeline.recv(BYTES)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._loop.remove_reader(self._lifeline.fileno())  # it ends: `ended` returns soon
            return
        self._answered = self._answered or ANSWER in received or READY in received
        was = self.ready, self.leaving
        self.ready, self.leaving = self.ready or READY in received, self.leaving or LEAVING in received
        if was != (self.ready, self.leaving):
            self._changed.set()
            self._on_change(self)
        for action, number in orders(received):
            self._on_order(self, action, number)
