"""A server that runs, how it is described, and what all of them need: free ports, child processes, a Redis."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from whole import Parts

from fanout.wire import Connection, Heard

WORKERS = 2


@dataclass
class Running:
    """A server that runs: where its workers listen, the processes to measure, and how a client is made."""

    ports: list[int]
    pids: Callable[[], list[int]]
    """The worker processes, first the one that may be killed; what else a server has (a supervisor, PostgreSQL) is in `others`."""
    make: Callable[[int, int, Heard], Connection]
    others: dict[str, Callable[[], list[int]]] = field(default_factory=dict)
    again: Callable[[int], None] = lambda _: None
    """Start the worker at this place again, after it was killed; nothing where a supervisor does."""
    parts: Parts | None = None
    """Of this server, without its Redis."""


@dataclass(frozen=True)
class Peer:
    """A kind of server. `tells_speaker`: the speaker gets its own message, too."""

    name: str
    start: Callable[[Path, str], AbstractContextManager[Running]]
    tells_speaker: bool = False


def free_port() -> int:
    """A TCP port that no process listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether a process accepts connections at a port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False


def children_of(pid: int) -> list[int]:
    """A process's children, from /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            text = stat.read_text(encoding="ascii", errors="replace")
            if int(text.rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


@contextlib.contextmanager
def redis_of(folder: Path) -> Iterator[tuple[str, int]]:
    """A Redis on a free port; its URL and its process."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise SystemExit("no redis-server on PATH")
    port = free_port()
    process = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    try:
        while not answers(port):
            time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}/0", process.pid
    finally:
        process.terminate()
        process.wait()
