"""The servers that are compared: two workers each, over one local Redis. What the package index offers is installed below `build/bench` first."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from fanout.clients import SocketIo
from fanout.ours import ours
from fanout.running import WORKERS, Peer, Running, answers, children_of, free_port
from fanout.wire import Connection

HERE = Path(__file__).parent / "servers"
INSTALLED = Path(__file__).parents[2] / "build" / "bench"
START = 60.0


# ── what is installed ────────────────────────────────────────────────────────────────────────────────────────────────


def install() -> None:
    """Make the environments of the peers, unless they are there with the versions that are wanted."""
    python = INSTALLED / "venv" / "bin" / "python"
    wanted = "".join((HERE / file).read_text(encoding="utf-8") for file in ("requirements.txt", "package.json"))
    done = INSTALLED / "installed.txt"
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return
    for part in ("venv", "node"):
        shutil.rmtree(INSTALLED / part, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", INSTALLED / "venv"], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
    if (npm := shutil.which("npm")) is None:
        print("no npm on PATH: socket.io on Node is not measured", flush=True)
    else:
        node = INSTALLED / "node"
        node.mkdir()
        shutil.copy(HERE / "package.json", node)
        subprocess.run([npm, "install", "--silent", "--no-package-lock", "--no-audit", "--no-fund"], cwd=node, check=True)
    done.write_text(wanted, encoding="utf-8")


# ── the peers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _each_on_its_port(
    command: Callable[[int, str], list[str]], client: type[Connection] = Connection, *, supervised: bool = False
) -> Callable[[Path, str], AbstractContextManager[Running]]:
    """Two processes on two ports, started with the same command. `supervised`: each only watches a worker, its child, and starts another when that dies."""

    @contextlib.contextmanager
    def start(folder: Path, redis: str) -> Iterator[Running]:
        ports = [free_port() for _ in range(WORKERS)]
        environ = os.environ | {"BENCH_REDIS": redis, "PYTHONPATH": str(HERE), "NODE_PATH": str(INSTALLED / "node" / "node_modules")}

        def begin(port: int) -> "subprocess.Popen[bytes]":
            with (folder / "server.log").open("a", encoding="utf-8") as log:
                return subprocess.Popen(command(port, redis), env=environ, cwd=folder, stdout=log, stderr=log)

        def again(place: int) -> None:
            if supervised:
                return
            processes[place].wait()
            processes[place] = begin(ports[place])

        def pids() -> list[int]:
            found = [(one.pid, children_of(one.pid)) for one in processes]
            return [pid for own, children in found for pid in ((*children, own) if supervised else (own, *children))]

        processes = [begin(port) for port in ports]
        try:
            _wait_for(ports, folder / "server.log", processes)
            yield Running(ports, pids, client, again=again)
        finally:
            for one in processes:
                one.terminate()
            for one in processes:
                try:
                    one.wait(10)
                except subprocess.TimeoutExpired:
                    one.kill()
                    one.wait()

    return start


def _wait_for(ports: list[int], log: Path, processes: "list[subprocess.Popen[bytes]]") -> None:
    end = time.monotonic() + START
    while not all(map(answers, ports)):
        if time.monotonic() > end or any(one.poll() is not None for one in processes):
            raise SystemExit(f"a server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.05)


def _python(*arguments: str) -> list[str]:
    return [str(INSTALLED / "venv" / "bin" / "python"), *arguments]


def _uvicorn(app: str) -> Callable[[int, str], list[str]]:
    return lambda port, _: _python(
        "-m", "uvicorn", app, "--port", str(port), "--log-level", "warning", "--ws", "websockets-sansio", "--loop", "uvloop",
        "--ws-per-message-deflate", "false", "--ws-ping-interval", "0",
    )  # fmt: skip


def _node(port: int, redis: str) -> list[str]:
    script = INSTALLED / "node" / "socketio.mjs"
    shutil.copy(HERE / "socketio.mjs", script)
    return ["node", str(script), str(port), redis]


def _gunicorn(port: int, _: str) -> list[str]:
    return _python("-m", "gunicorn", "floor:app", "-k", "asgi", "-w", "1", "-b", f"127.0.0.1:{port}", "--log-level", "warning")


def _granian(port: int, _: str) -> list[str]:
    """By itself its supervisor ends when a worker is killed; it is asked to start another one."""
    return _python(
        "-m", "granian", "--interface", "asgi", "--port", str(port), "--log-level", "warning", "--respawn-failed-workers", "floor:app"
    )  # fmt: skip


def _limit(port: int, redis: str) -> list[str]:
    return _python(str(HERE / "limit.py"), str(port), redis)


def peers_for(size: int, rooms: int, number: int) -> list[Peer]:
    """All of them, for this number of clients in rooms of `size`."""
    found = [
        Peer("echoes", ours(size, rooms, number)),
        Peer("Litestar channels", _each_on_its_port(_uvicorn("litestar_channels:app")), tells_speaker=True),
        Peer("python-socketio", _each_on_its_port(_uvicorn("python_socketio:app"), SocketIo)),
        Peer("naive plan", _each_on_its_port(_uvicorn("naive:app")), tells_speaker=True),
        Peer("fan-out on uvicorn", _each_on_its_port(_uvicorn("floor:app")), tells_speaker=True),
        Peer("fan-out on gunicorn", _each_on_its_port(_gunicorn, supervised=True), tells_speaker=True),
        Peer("fan-out on Granian", _each_on_its_port(_granian, supervised=True), tells_speaker=True),
        Peer("limit", _each_on_its_port(_limit), tells_speaker=True),
    ]
    if shutil.which("node") is not None:
        found.insert(1, Peer("socket.io on Node", _each_on_its_port(_node, SocketIo)))
    return found
