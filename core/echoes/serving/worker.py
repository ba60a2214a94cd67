"""One worker's life: connect, listen, drain, end."""

import asyncio
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
import uvicorn

from echoes import wire
from echoes.app import create_app, running
from echoes.clock import SystemClock
from echoes.context import Context
from echoes.garbage import short_pauses
from echoes.plugins import Backends
from echoes.serving.drain import drain
from echoes.serving.other_slots import OtherSlots
from echoes.serving.run_folder import run_folder
from echoes.settings import Settings
from echoes.tasks.worker_orders import Supervision
from echoes.web.connection_limits import ConnectionLimits
from echoes.web.protocol import WireProtocol
from echoes.world.model import World

log = structlog.get_logger()
ECHO = 1.0
"""Seconds within which a second signal counts as a repeat of the first one (Ctrl-C arrives twice from some terminals)."""
SOCKET_PATH_BYTES = 100


class Worker:
    """A process that serves the game to its clients. `stop` may be called from anywhere on its event loop."""

    def __init__(
        self, settings: Settings, url: str, world: World, backends: Backends, *, slot: int = 0, listeners: Sequence[Sequence[int]] = ()
    ) -> None:
        self._settings = settings
        self._url = url
        self._world = world
        self._backends = backends
        self._slot = slot
        self._listeners = listeners
        self._server: _Server | None = None
        self._asked = False

    async def work(
        self, listeners: Sequence[socket.socket], on_ready: Callable[[], None], on_leaving: Callable[[], None] = lambda: None,
        supervision: Supervision | None = None,
    ) -> None:  # fmt: skip
        """Serve until stopped, by a signal or by `stop`: the game at the first listener, and operators at the second one if there is one.

        `on_ready` is called once clients are admitted, `on_leaving` when no more are. `supervision` takes the orders of operators.
        """
        settings = self._settings
        ops_port = next((one.getsockname()[1] for one in listeners[1:]), None)
        if settings.ops and settings.ops_port is not None and ops_port is None:
            log.warning("ops_port.not_open", port=settings.ops_port, hint="restart the server: the supervisor opens this port at its start")
        async with running(settings, self._url, self._world, self._backends, SystemClock(), random.Random(), supervision) as context:
            with _admin_socket(run_folder(settings.data_dir, listeners[0]), self._slot) as admin:
                config = uvicorn.Config(
                    create_app(context, ops_port), http=ConnectionLimits(settings, context.addresses, ops_port).protocol, proxy_headers=False, ws=WireProtocol,  # type: ignore[arg-type] # it makes protocols
                    ws_max_size=wire.MAX_FRAME, ws_per_message_deflate=False,
                    ws_ping_interval=settings.ping_interval, ws_ping_timeout=settings.ping_timeout, log_config=None, access_log=False,
                    server_header=False, timeout_graceful_shutdown=max(1, round(settings.drain_seconds)),
                )  # fmt: skip
                self._server = _Server(config, context, self._listeners, on_ready, on_leaving)
                if self._asked:
                    self._server.should_exit = True
                with short_pauses():
                    await self._server.serve([*listeners, *admin])

    def serve_slot(self, slot: int, *, serves: bool) -> None:
        """Accept the clients of another slot, too, or no more."""
        if self._server is not None:
            self._server.other_slots.serve(slot, serves=serves)

    def order_ended(self, number: int, outcome: str) -> None:
        """The supervisor reports the outcome of an order."""
        if self._server is not None:
            self._server.worker_orders.ended(number, outcome)

    def stop(self) -> None:
        """Drain and end, as on SIGTERM."""
        self._asked = True
        if self._server is not None:
            self._server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn's server, which reports when it serves and drains its clients."""

    def __init__(
        self,
        config: uvicorn.Config,
        context: Context,
        listeners: Sequence[Sequence[int]],
        on_ready: Callable[[], None],
        on_leaving: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._city = context
        self.worker_orders = context.worker_orders
        self._on_ready = on_ready
        self._on_leaving = on_leaving
        self.other_slots = OtherSlots(listeners, self._protocol)
        self._first_signal = 0.0

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a handled signal is not raised again: the exit is clean, and PostgreSQL is stopped in order."""
        former = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain on the first signal. Another one, a second later or more, skips the pauses."""
        del sig, frame
        now = time.monotonic()
        if not self.should_exit:
            self.should_exit = True
            self._first_signal = now
        elif now - self._first_signal >= ECHO:
            self.force_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await self._city.membership.join()
            self._on_ready()

    def _protocol(self) -> asyncio.Protocol:
        """A client's connection, made as uvicorn makes those of its own listeners."""
        config: Any = self.config
        made: asyncio.Protocol = config.http_protocol_class(config=config, server_state=self.server_state, app_state=self.lifespan.state)
        return made

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        self.other_slots.close()
        self._on_leaving()
        await self._city.membership.begin_to_leave()
        await drain(self._city, deadline=self._city.settings.drain_seconds, impatient=lambda: self.force_exit)
        await super().shutdown(sockets)


@contextmanager
def _admin_socket(folder: Path, slot: int) -> Iterator[Sequence[socket.socket]]:
    """Open a Unix socket to query this very worker, `worker-<slot>.sock` in the run folder; none where the folder does not take one.

    A successor in the same slot takes the name over.
    """
    path = folder / f"worker-{slot}.sock"
    if len(bytes(path)) > SOCKET_PATH_BYTES - len(".new"):
        log.warning("admin_socket.refused", path=str(path), reason="too long for a socket; a shorter ECHOES_DATA_DIR gives one")
        yield ()
        return
    with ExitStack() as stack:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            admin = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            new = path.with_suffix(".sock.new")
            new.unlink(missing_ok=True)
            admin.bind(str(new))
            new.chmod(0o600)
            admin.listen()
            admin.setblocking(False)
            new.rename(path)
            ours = path.stat().st_ino
        except OSError as error:
            log.warning("admin_socket.refused", path=str(path), reason=f"{error.strerror}; the worker serves without it")
            yield ()
            return
        try:
            yield (admin,)
        finally:
            with suppress(OSError):
                if path.stat().st_ino == ours:
                    path.unlink()
