"""`echoes serve`: from the command line to a worker that answers, and out again without losing anything."""

import asyncio
import random
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import structlog
import uvicorn
import uvloop

from echoes import wire
from echoes.app import create_app, load_world, running, select_backends
from echoes.clock import SystemClock
from echoes.errors import ConfigurationError
from echoes.plugins import Backends
from echoes.settings import Settings
from echoes.storage import embedded, migrations
from echoes.web.city import City
from echoes.web.protocol import WireProtocol
from echoes.world.model import World

log = structlog.get_logger()
BATCH, PAUSE = 25, 0.1
"""Clients told to come back at once, and seconds between two such batches."""
LATEST_RETURN_MS = 2000


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises `ConfigurationError` or `ContentError` when the server cannot start."""
    world = load_world(settings)
    backends = select_backends(settings)
    if settings.workers > 1:
        log.warning("workers.bounded", asked=settings.workers, allowed=1, reason="one process serves; the others are not started")
    with ExitStack() as stack:
        listener = stack.enter_context(_listener(settings))
        url = settings.database_url or stack.enter_context(embedded.running(settings.data_dir))
        runner = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        runner.run(migrations.up(url))
        runner.run(_work(settings, url, world, backends, listener))


async def _work(settings: Settings, url: str, world: World, backends: Backends, listener: socket.socket) -> None:
    async with running(settings, url, world, backends, SystemClock(), random.Random()) as city:
        config = uvicorn.Config(
            create_app(city), ws=WireProtocol, ws_max_size=wire.MAX_FRAME, ws_per_message_deflate=False, ws_ping_interval=settings.ping_interval,
            ws_ping_timeout=settings.ping_timeout, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=20,
        )  # fmt: skip
        await _Server(config, city, _address(listener)).serve([listener])


class _Server(uvicorn.Server):
    """uvicorn's server, which says where it is and lets its clients go in good order."""

    def __init__(self, config: uvicorn.Config, city: City, address: str) -> None:
        super().__init__(config)
        self._city = city
        self._address = address

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a signal that was heeded is not raised again: the exit is clean, and PostgreSQL is stopped in order."""
        former = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"\n  Echoes of the Ashes: open {self._address}\n", flush=True)  # noqa: T201 - the one thing that is for people

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await drain(self._city, impatient=lambda: self.force_exit)
        await super().shutdown(sockets)


async def drain(city: City, *, impatient: Callable[[], bool]) -> None:
    """Take nobody in any more, let commands under way finish, and tell the clients, a few at a time, when to come back."""
    city.reception.draining = True
    seats = list(city.hub.seats.values())
    for start in range(0, len(seats), BATCH):
        batch = seats[start : start + BATCH]
        for index, seat in enumerate(batch):
            seat.receive(wire.encode(wire.Reconnect(after_ms=250 + index * (LATEST_RETURN_MS - 250) // BATCH)))
        await asyncio.sleep(0 if impatient() else PAUSE)
        for seat in batch:
            seat.end(wire.Close.RESTARTING, "restarting")
    log.info("worker.drained", clients=len(seats))


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    everywhere = {"127.0.0.1", "0.0.0.0", "::", "::1"}  # noqa: S104 - where to open it, not where to listen
    return f"http://{'localhost' if host in everywhere else host}:{port}"


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); choose another ECHOES_PORT or ECHOES_HOST"
        ) from error
    return listener
