"""Ports of this machine that stay as a test needs them, whatever other processes do meanwhile."""

import contextlib
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """A port that refuses connections: bound, so that no other process gets it, and not listened on.

    Only a server of the same user that sets `SO_REUSEPORT` may listen there.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])
