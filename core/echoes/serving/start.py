"""`echoes serve`: from the command line to workers that answer, and a stop that loses nothing.

This process itself serves a backend that allows one worker. A supervisor and its workers serve one that allows more.
"""

import asyncio
import os
import signal
import socket
from contextlib import ExitStack, suppress

import structlog

from echoes.errors import ConfigurationError
from echoes.event_loop import new_event_loop
from echoes.metrics.host import FOLDER, counting_folder
from echoes.open_files import require_open_files
from echoes.plugins import Backends
from echoes.prepare import load_world, migrate, select_backends
from echoes.quick_start import quick_imports
from echoes.serving.listeners import address_of, listening, listening_for_operators
from echoes.serving.run_folder import run_folder
from echoes.serving.signals import Stopping, stopping
from echoes.serving.supervisor import Supervisor
from echoes.settings import Settings, secret_of
from echoes.storage import embedded
from echoes.world.model import World

log = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises `ConfigurationError` or `ContentError` when the server cannot start."""
    require_open_files()
    with stopping() as stop, ExitStack() as stack:
        backends = select_backends(settings)
        world = load_world(settings, backends)
        workers = min(settings.workers, backends.max_workers)
        if workers < settings.workers:
            log.warning("workers.bounded", asked=settings.workers, allowed=workers, reason="the backend allows no more")
        listeners = stack.enter_context(listening(settings, workers))
        operators = stack.enter_context(listening_for_operators(settings, workers))
        url = settings.database_url or stack.enter_context(embedded.running(settings.data_dir))
        if backends.max_workers > 1:
            _supervise(settings, url, backends, listeners, operators, stop)
        else:
            _serve_alone(settings, url, world, backends, [*listeners, *operators], stop)


def _serve_alone(settings: Settings, url: str, world: World, backends: Backends, listeners: list[socket.socket], stop: Stopping) -> None:
    signal.signal(signal.SIGHUP, lambda *_: log.warning("workers.roll_refused", reason="this backend allows one worker: stop, then start"))
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(migrate(url, backends))
        with quick_imports():
            from echoes.serving.worker import Worker  # noqa: PLC0415 - a supervisor needs no application
        worker = Worker(settings, url, world, backends)
        stop.serving(worker.stop)
        runner.run(worker.work(listeners, lambda: _say_where(settings, *listeners)))


def _supervise(
    settings: Settings, url: str, backends: Backends, listeners: list[socket.socket], operators: list[socket.socket], stop: Stopping
) -> None:
    secret_of(settings)  # made before several workers would make it at once
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(migrate(url, backends))
    environ = {
        **os.environ,
        "ECHOES_HOST": settings.host,
        "ECHOES_PORT": str(listeners[0].getsockname()[1]),
        "ECHOES_WORKERS": str(len(listeners)),
    }
    if operators:
        environ["ECHOES_OPS_HOST"] = settings.ops_host
        environ["ECHOES_OPS_PORT"] = str(operators[0].getsockname()[1])
    if not settings.database_url:
        environ["ECHOES_DATABASE_URL"] = url
        environ["ECHOES_DATABASE_POOL"] = str(_fair_pool(settings.database_pool, len(listeners)))
    with counting_folder(run_folder(settings.data_dir, listeners[0])) as folder:
        if folder is None:
            environ.pop(FOLDER, None)
        else:
            environ[FOLDER] = str(folder)
        supervisor = Supervisor(
            listeners, environ, operators=operators, drain_seconds=settings.drain_seconds, patience=settings.worker_silence
        )
        stop.serving(supervisor.stop)
        asyncio.run(supervisor.run(lambda: _say_where(settings, listeners[0], *operators[:1])))


def _fair_pool(pool: int, workers: int) -> int:
    """Return the private PostgreSQL's connections per worker, also while old and new workers overlap."""
    pool = min(pool, (embedded.CONNECTIONS - 10) // (2 * workers) - 1)
    if pool < 2:
        raise ConfigurationError(f"the private PostgreSQL cannot serve {workers} workers; set ECHOES_DATABASE_URL, or lower ECHOES_WORKERS")
    return pool


def _say_where(settings: Settings, listener: socket.socket, operators: socket.socket | None = None) -> None:
    below = f"{settings.base_path}/" if settings.base_path else ""
    console = f"  Operators: {address_of(operators)}{settings.base_path}/ops\n" if operators is not None else ""
    with suppress(OSError):  # a full disk behind standard output does not stop the game
        print(f"\n  Echoes of the Ashes: open {address_of(listener)}{below}\n{console}", flush=True)  # noqa: T201 - the one thing that is for people
