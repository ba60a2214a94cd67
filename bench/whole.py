"""A whole server for a benchmark: PostgreSQL, Redis, supervisor and workers of its own, and the CPU of each."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from echoes.storage import embedded
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

START = 60.0
SECRET = "a benchmark's own secret, which no server has"  # noqa: S105


class Parts(NamedTuple):
    """The processes that are measured, and where the server and PostgreSQL answer."""

    supervisor: int
    postgres: int
    redis: int
    url: str
    database: str


@contextlib.contextmanager
def redis_of(folder: Path) -> Iterator[tuple[str, int]]:
    """Run a Redis in this folder; its URL and its process."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise SystemExit("no redis-server on PATH")
    path = folder / "redis.sock"
    command = [binary, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while not path.exists():
            time.sleep(0.02)
        yield f"unix://{path}", process.pid
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def server_of(folder: Path, database: str, redis: str, workers: int, **more: str) -> Iterator[tuple[str, int]]:
    """Run a server, with more environment variables if given; its URL and its process."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("ECHOES_", "REDIS_", "WORKERS"))} | {
        "ECHOES_BACKEND": "redis", "ECHOES_SECRET": SECRET, "ECHOES_DATABASE_URL": database, "ECHOES_REDIS_URL": redis, "WORKERS": str(workers),
        "ECHOES_DATA_DIR": str(folder / "data"), **more,
    }  # fmt: skip
    log = folder / "server.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "echoes", "serve", "--port", "0"], env=environ, cwd=folder, stdout=output, stderr=output
        )
    try:
        yield _listening(process, log), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _listening(process: "subprocess.Popen[bytes]", log: Path) -> str:
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"open (http://\S+?:\d+)", log.read_text(encoding="utf-8")):
            return found.group(1)
        time.sleep(0.05)
    raise SystemExit(f"the server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()


def cpu_of(pid: int) -> float:
    """Seconds of CPU of a process and its children, with those that have ended."""
    ticks = sum(int(value) for value in _stat(pid)[11:15])
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == pid:
                ticks += sum(int(value) for value in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def used(parts: Parts) -> dict[str, float]:
    """Seconds of CPU so far, by part."""
    return {"server": cpu_of(parts.supervisor), "PostgreSQL": cpu_of(parts.postgres), "Redis": cpu_of(parts.redis)}


def samples(url: str) -> list[Sample]:
    """Read the metrics of all workers of a server."""
    with urllib.request.urlopen(f"{url}/metrics") as answer:  # noqa: S310 - the server of this program
        return [one for family in text_string_to_metric_families(answer.read().decode()) for one in family.samples]


def offered(folder: Path, plugin: str) -> str:
    """Install a module of this folder as an extension, for a server that gets the answer as its PYTHONPATH."""
    name = plugin.replace("_", "-")
    installed = folder / "plugins" / f"bench_{plugin}-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: bench-{name}\nVersion: 1.0\n", encoding="utf-8")
    (installed / "entry_points.txt").write_text(f"[echoes.plugins]\nbench = {plugin}\n", encoding="utf-8")
    return f"{installed.parent}:{Path(__file__).parent}"


@contextlib.contextmanager
def whole(workers: int, folder: Path, **more: str) -> Iterator[Parts]:
    """Run all of it in an empty folder that others may enter."""
    folder.mkdir(mode=0o755, exist_ok=True)
    with (
        embedded.running(folder / "truth") as database,
        redis_of(folder) as (redis, redis_pid),
        server_of(folder, database, redis, workers, **more) as (url, pid),
    ):
        postgres = int((folder / "truth" / "postgres" / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        yield Parts(pid, postgres, redis_pid, url, database)


@contextlib.contextmanager
def empty_folder() -> Iterator[Path]:
    """A temporary folder that PostgreSQL's user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="echoes-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
