"""Listening sockets for clients: one per worker, all on the same port; and as many for operators, where they have a port of their own.

The sockets outlive the workers: a worker that replaces another accepts from the same queue, so no connection is refused in between, and all
other workers accept from it meanwhile (`other_slots.py`), so none waits.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from echoes.errors import ConfigurationError
from echoes.settings import Settings

BACKLOG = 2048


@contextmanager
def listening(settings: Settings, count: int = 1) -> Iterator[list[socket.socket]]:
    """Listen `count` times on the configured address. The kernel spreads connections over the sockets (`SO_REUSEPORT`).

    Raises `ConfigurationError` when the address is not available.
    """
    with _listeners(settings.host, settings.port, count, "choose another ECHOES_PORT or ECHOES_HOST") as found:
        yield found


@contextmanager
def listening_for_operators(settings: Settings, count: int = 1) -> Iterator[list[socket.socket]]:
    """Listen `count` times on the operators' own port; without one there is no socket. Raises as `listening` does."""
    if settings.ops_port is None or not settings.ops:
        yield []
        return
    with _listeners(settings.ops_host, settings.ops_port, count, "choose another ECHOES_OPS_PORT or ECHOES_OPS_HOST") as found:
        yield found


def address_of(listener: socket.socket) -> str:
    """Return the address for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    everywhere = {"127.0.0.1", "0.0.0.0", "::", "::1"}  # noqa: S104 - where to open it, not where to listen
    return f"http://{'localhost' if host in everywhere else host}:{port}"


@contextmanager
def _listeners(host: str, port: int, count: int, hint: str) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        with _listener(host, port, hint, shared=False) as alone:
            # Sockets that share a port would share it with another server, too. A single socket is refused while another server has the port.
            port = alone.getsockname()[1]
        yield [stack.enter_context(_listener(host, port, hint, shared=count > 1)) for _ in range(count)]


@contextmanager
def _listener(host: str, port: int, hint: str, *, shared: bool) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        try:
            if shared:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(BACKLOG)
            listener.setblocking(False)
        except OSError as error:
            raise ConfigurationError(f"cannot listen on {host}:{port} ({error.strerror}); {hint}") from error
        yield listener
