"""The servers that are compared: two workers each, over one local Redis. What the package index offers is installed below `build/bench` first."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import yaml
from echoes.storage import embedded, migrations
from echoes.web.tokens import Tokens

from fanout.clients import Echoes, Memory, SocketIo
from fanout.wire import Connection, Heard

HERE = Path(__file__).parent / "servers"
INSTALLED = Path(__file__).parents[2] / "build" / "bench"
SECRET = "a benchmark's own secret, which no server has"  # noqa: S105
START = 60.0
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


@dataclass(frozen=True)
class Peer:
    """A kind of server. `tells_speaker`: the speaker gets its own message, too."""

    name: str
    start: Callable[[Path, str], AbstractContextManager[Running]]
    tells_speaker: bool = False


# ── what is installed ────────────────────────────────────────────────────────────────────────────────────────────────


def install() -> None:
    """Make the environments of the peers, once."""
    python = INSTALLED / "venv" / "bin" / "python"
    wanted = (HERE / "requirements.txt").read_text(encoding="utf-8")
    done = INSTALLED / "requirements.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(INSTALLED, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", INSTALLED / "venv"], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
        if (npm := shutil.which("npm")) is not None:
            node = INSTALLED / "node"
            node.mkdir()
            shutil.copy(HERE / "package.json", node)
            subprocess.run([npm, "install", "--silent", "--no-package-lock", "--no-audit", "--no-fund"], cwd=node, check=True)
        done.write_text(wanted, encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
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
    port = _free_port()
    process = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    try:
        while not _answers(port):
            time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}/0", process.pid
    finally:
        process.terminate()
        process.wait()


# ── the peers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _each_on_its_port(
    command: Callable[[int, str], list[str]], client: type[Connection] = Connection, *, supervised: bool = False
) -> Callable[[Path, str], AbstractContextManager[Running]]:
    """Two processes on two ports, started with the same command. `supervised`: each only watches a worker, its child, and starts another when that dies."""

    @contextlib.contextmanager
    def start(folder: Path, redis: str) -> Iterator[Running]:
        ports = [_free_port() for _ in range(WORKERS)]
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
    while not all(map(_answers, ports)):
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


# ── this server ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _city(folder: Path, rooms: int) -> Path:
    """Content with this number of rooms in a row."""
    content = folder / "gamedata"
    (content / "locations").mkdir(parents=True)
    start = {"location": "room_0", "arrival": "You wake up in the first of many rooms.", "kit": []}
    (content / "world.yaml").write_text(yaml.safe_dump(start), encoding="utf-8")
    for number in range(rooms):
        ways = {}
        if number:
            ways["west"] = {"to": f"room_{number - 1}"}
        if number < rooms - 1:
            ways["east"] = {"to": f"room_{number + 1}"}
        place = {
            "name": f"Room {number}",
            "district": "Rooms",
            "description": "A room as all of them are.",
            "x": number,
            "y": 0,
            "exits": ways,
        }
        (content / "locations" / f"room_{number}.yaml").write_text(yaml.safe_dump(place), encoding="utf-8")
    return content


def _name(number: int) -> str:
    return "Bench" + "".join(chr(97 + number // 26**power % 26) for power in (2, 1, 0))


async def _people(database: str, size: int, rooms: int, number: int) -> list[int]:
    """Characters by number, `size` of them in each room. Returns their ids."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(
            "insert into accounts (username, username_key, password_hash) values ('bench', 'bench', 'nobody signs in')"
        )
        account = await connection.fetchval("select id from accounts")
        rows = [(account, _name(one), _name(one).casefold(), f"room_{one // size % rooms}") for one in range(number)]
        await connection.executemany(
            "insert into characters (account_id, name, skeleton, location_id, hp, max_hp, stamina, max_stamina, explored)"
            " values ($1, $2, $3, $4, 50, 50, 100, 100, array[$4])",
            rows,
        )
        return [row["id"] for row in await connection.fetch("select id from characters order by name")]
    finally:
        await connection.close()


def ours(size: int, rooms: int, number: int, workers: int = WORKERS) -> Callable[[Path, str], AbstractContextManager[Running]]:
    """This server with all its promises, for this number of clients, `size` in each room. Limits that are there for strangers are out of the way."""

    @contextlib.contextmanager
    def start(folder: Path, redis: str) -> Iterator[Running]:
        with embedded.running(folder / "truth") as database:
            asyncio.run(migrations.up(database))
            ids = asyncio.run(_people(database, size, rooms, number))
            environ = {key: value for key, value in os.environ.items() if not key.startswith(("ECHOES_", "REDIS_", "WORKERS"))} | {
                "ECHOES_BACKEND": "redis", "ECHOES_SECRET": SECRET, "ECHOES_DATABASE_URL": database, "ECHOES_REDIS_URL": redis,
                "ECHOES_WORKERS": str(workers), "ECHOES_DATA_DIR": str(folder / "data"), "ECHOES_GAMEDATA": str(_city(folder, rooms)),
                "ECHOES_COMMANDS_PER_SECOND": "100000", "ECHOES_COMMANDS_BURST": "100000", "ECHOES_CONNECTIONS_PER_ADDRESS": "20000",
                "ECHOES_CONNECTIONS": "20000", "ECHOES_ROOM_BYTES_PER_SECOND": "1000000000", "ECHOES_SPEECH_BYTES": "100000",
            }  # fmt: skip
            log = folder / "server.log"
            with log.open("w", encoding="utf-8") as output:
                process = subprocess.Popen(
                    [sys.executable, "-m", "echoes", "serve", "--port", "0"], env=environ, cwd=folder, stdout=output, stderr=output
                )
            tokens = Tokens(SECRET, 12.0)
            memories = [Memory(one) for one in range(number)]

            def make(one: int, room: int, heard: Heard) -> Connection:
                client = Echoes(one, room, heard)
                client.token, client.memory = tokens.sign("play", ids[one]), memories[one]
                return client

            try:
                port = _port_of(process, log)
                postgres = int((folder / "truth" / "postgres" / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
                yield Running(
                    [port], lambda: children_of(process.pid), make,
                    {"supervisor": lambda: [process.pid], "PostgreSQL": lambda: [postgres, *children_of(postgres)]},
                )  # fmt: skip
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait()

    return start


def _port_of(process: "subprocess.Popen[bytes]", log: Path) -> int:
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"open http://\S+?:(\d+)", log.read_text(encoding="utf-8")):
            return int(found.group(1))
        time.sleep(0.05)
    raise SystemExit(f"the server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def peers_for(size: int, rooms: int, number: int) -> list[Peer]:
    """All of them, for this number of clients in rooms of `size`."""
    found = [
        Peer("echoes", ours(size, rooms, number)),
        Peer("Litestar channels", _each_on_its_port(_uvicorn("litestar_channels:app")), tells_speaker=True),
        Peer("python-socketio", _each_on_its_port(_uvicorn("python_socketio:app"), SocketIo)),
        Peer("naive plan", _each_on_its_port(_uvicorn("naive:app")), tells_speaker=True),
        Peer("fan-out on uvicorn", _each_on_its_port(_uvicorn("floor:app")), tells_speaker=True),
        Peer(
            "fan-out on gunicorn",
            _each_on_its_port(
                lambda port, _: _python(
                    "-m", "gunicorn", "floor:app", "-k", "asgi", "-w", "1", "-b", f"127.0.0.1:{port}", "--log-level", "warning"
                ),
                supervised=True,
            ),
            tells_speaker=True,
        ),
        Peer(
            "fan-out on Granian",
            _each_on_its_port(
                lambda port, _: _python("-m", "granian", "--interface", "asgi", "--port", str(port), "--log-level", "warning", "floor:app")
            ),
            tells_speaker=True,
        ),
        Peer("limit", _each_on_its_port(lambda port, redis: _python(str(HERE / "limit.py"), str(port), redis)), tells_speaker=True),
    ]
    if shutil.which("node") is not None:
        found.insert(1, Peer("socket.io on Node", _each_on_its_port(_node, SocketIo)))
    return found
