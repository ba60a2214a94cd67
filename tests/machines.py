"""Servers with several workers each over one Redis and one PostgreSQL, alone or behind a load balancer, as operators run them."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from server import Server
from swarm import SECRET

HAPROXY = Path(__file__).parents[1] / "deploy" / "haproxy.cfg"
ENVIRON = {
    "ECHOES_BACKEND": "redis", "ECHOES_SECRET": SECRET, "ECHOES_WORKER_TTL": "4", "ECHOES_COMMANDS_PER_SECOND": "10000",
    "ECHOES_COMMANDS_BURST": "100000", "ECHOES_DATABASE_POOL": "4",
}  # fmt: skip


def a_server(database_url: str, redis_url: str, workers: int, **more: str) -> Server:
    """Not started yet: `with` starts it."""
    return Server({**ENVIRON, "ECHOES_DATABASE_URL": database_url, "ECHOES_REDIS_URL": redis_url, "WORKERS": str(workers), **more})


class Balancer:
    """haproxy with the configuration that ships, in front of servers; to a test it looks like a server."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.port = _free_port()
        self.database_url = servers[0].database_url

    @property
    def url(self) -> str:
        """Where browsers go."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket(self) -> str:
        """Where the game is."""
        return f"ws://127.0.0.1:{self.port}/ws/game"


@contextlib.contextmanager
def balanced(servers: list[Server]) -> Iterator[Balancer]:
    """Run haproxy in front of them."""
    program = needs_haproxy()
    balancer = Balancer(servers)
    with tempfile.TemporaryDirectory(prefix="echoes-haproxy-") as folder:
        config = Path(folder) / "haproxy.cfg"
        config.write_text(_pointed_at(HAPROXY.read_text(encoding="utf-8"), balancer.port, [server.port for server in servers]))
        process = subprocess.Popen([program, "-db", "-f", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _until_open(balancer.port)
            yield balancer
        finally:
            process.terminate()
            process.wait(10)


def _pointed_at(config: str, port: int, servers: list[int]) -> str:
    """The example with addresses of ours, as an operator changes them."""
    changed = config.replace("bind 0.0.0.0:80", f"bind 127.0.0.1:{port}")
    lines = [line for line in changed.splitlines() if not line.strip().startswith("server ")]
    return "\n".join([*lines, *(f"    server s{one} 127.0.0.1:{one}" for one in servers), ""])


def needs_haproxy() -> str:
    """The path of haproxy, or this test does not run."""
    if (found := shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")) is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("no haproxy, and under CI=true nothing is skipped")
    return pytest.skip("no haproxy on PATH (Debian: apt-get install haproxy)")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _until_open(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError("haproxy did not start")
