"""Ports of this machine that stay as a test needs them, beside any other process."""

import contextlib
import fcntl
import random
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 10_000
_KEPT: list[IO[bytes]] = []


def free_port() -> int:
    """A port for a server that a test starts, and starts again: no other test gets it while this process lives, and no connection as its own end.

    It is below those that the system gives away, and a lock keeps it for this process.
    """
    above = int(RANGE.read_text(encoding="ascii").split()[0]) if RANGE.exists() else 32_768
    folder = Path(tempfile.gettempdir()) / "echoes-test-ports"
    folder.mkdir(mode=0o777, exist_ok=True)
    for port in random.SystemRandom().sample(range(LOWEST, above), 200):
        lock = (folder / str(port)).open("ab")
        with contextlib.suppress(OSError), socket.socket() as one:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", port))
            _KEPT.append(lock)
            return port
        lock.close()
    raise AssertionError(f"no free port between {LOWEST} and {above}")


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """A port that refuses connections: bound, so that no other process gets it, and not listened on.

    Only a server of the same user that sets `SO_REUSEPORT` may listen there.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])
