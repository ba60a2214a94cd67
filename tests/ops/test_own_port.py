"""A port of their own for operators: the console and the API are there alone, on every worker, through a roll and a killed worker."""

import asyncio
import contextlib
import os
import re
import signal
import socket

import httpx
import pytest
from click.testing import CliRunner
from cluster import cluster
from echoes.app import create_app
from echoes.cli import main
from echoes.errors import ConfigurationError
from echoes.settings import read
from echoes.storage import migrations
from machines import a_server
from operating import SCRIPT
from player import Player
from ports import free_port
from postgres import a_database
from redis_server import RedisServer
from server import Server
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
AS_SCRIPT = {"authorization": f"Bearer {SCRIPT}"}
OPERATORS = ["/ops", "/ops/players", "/ops/sign-in", "/ops/files/console.css", "/ops/files/htmx.min.js", "/api/ops/nodes", "/api/ops/me"]


def ops_url(server):
    """Where the operators' port is, as the server has printed it."""
    found = re.findall(r"Operators: http://localhost:(\d+)/ops", "".join(server.output))
    return f"http://127.0.0.1:{found[-1]}"


@pytest.fixture(scope="module")
def city(postgres):
    """Two workers over Redis."""
    with (
        RedisServer() as redis,
        a_database(postgres) as url,
        a_server(url, redis.url, 2, ECHOES_OPS_TOKEN=SCRIPT, ECHOES_OPS_PORT="0") as server,
    ):
        yield server


@pytest.fixture(scope="module")
def alone(postgres):
    """One process on the memory backend."""
    with (
        a_database(postgres) as url,
        Server({"ECHOES_DATABASE_URL": url, "ECHOES_OPS_TOKEN": SCRIPT, "ECHOES_OPS_PORT": "0"}) as server,
    ):
        yield server


@pytest.fixture(params=["alone", "city"])
def server(request):
    return request.getfixturevalue(request.param)


async def ask(url, path, method="GET", **more):
    """An answer over a connection of its own, so of any worker."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        return await http.request(method, path, **more)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
async def test_the_games_port_answers_as_for_an_unknown_path(server, method):
    """The same status and words as a path beside it, with and without a token."""
    for path in OPERATORS:
        beside = path.replace("ops", "spo")
        unknown = await ask(server.url, beside, method)
        for headers in ({}, AS_SCRIPT):
            answer = await ask(server.url, path, method, headers=headers)
            assert (answer.status_code, answer.text) == (unknown.status_code, unknown.text.replace(beside[1:], path[1:])), path
            assert answer.headers.get("allow") == unknown.headers.get("allow")
        if method in {"GET", "HEAD"}:
            assert answer.status_code == 404, path
    schema = (await ask(server.url, "/schema/openapi.json")).json()["paths"]
    assert [path for path in schema if path.startswith("/api/ops")] == []


async def test_operators_find_everything_at_their_port(server):
    """API, console and its files, health, metrics and the description of the requests."""
    url = ops_url(server)
    assert (await ask(url, "/api/ops/nodes", headers=AS_SCRIPT)).status_code == 200
    assert (await ask(url, "/api/ops/nodes")).status_code == 401
    front = await ask(url, "/ops")
    assert "Operators' console" in front.text.replace("&#39;", "'")
    linked = [part.split('"')[0] for name in ('href="', 'src="') for part in front.text.split(name)[1:]]
    for path in linked:
        if not path.startswith("#"):
            assert (await ask(url, path)).status_code == 200, path
    fonts = re.findall(r'url\("?([\w-]+\.woff2)', (await ask(url, "/base.css")).text)
    assert fonts
    for path in (*fonts, "health/ready", "health/live", "metrics", "schema/openapi.json"):
        assert (await ask(url, f"/{path}")).status_code == 200, path
    assert (await ask(url, "/")).headers["location"] == "/ops"


async def test_nothing_of_the_game_is_at_the_operators_port(server):
    """Neither the page nor accounts nor the socket."""
    url = ops_url(server)
    for path in ("/index.html", "/app.js", "/api/auth/login", "/api/game/state", "/images/kiln_yard.webp", "/..%2fapp.py", "/ws/game"):
        assert (await ask(url, path)).status_code == 404, path
    assert (await ask(url, "/api/auth/login", "POST", json={"username": "x", "password": "y" * 10})).status_code in {404, 405}
    with pytest.raises(InvalidStatus):
        async with connect(f"{url.replace('http', 'ws')}/ws/game"):
            pass


async def test_a_host_header_opens_no_other_port(server):
    """The port is that of the socket."""
    host = ops_url(server).removeprefix("http://")
    headers = {**AS_SCRIPT, "host": host, "x-forwarded-host": host, "x-forwarded-port": host.partition(":")[2]}
    assert (await ask(server.url, "/api/ops/nodes", headers=headers)).status_code == 404


async def test_without_a_socket_of_their_own_operators_are_served_nowhere(database_url, tmp_path):
    """A worker whose supervisor began before the port was set does not fall back to the game's port."""
    await migrations.up(database_url)
    async with cluster(database_url, tmp_path, ops_port=8001, ops_token=SCRIPT) as (context,):
        transport = httpx.ASGITransport(create_app(context))
        async with httpx.AsyncClient(transport=transport, base_url="http://here:8001") as http:
            for path in OPERATORS:
                assert (await http.get(path, headers=AS_SCRIPT)).status_code == 404, path
            assert (await http.get("/health/live")).status_code == 200


async def test_the_command_line_asks_at_the_operators_port(alone):
    """From the settings alone, without `--url`."""
    port = ops_url(alone).rpartition(":")[2]
    for host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 - a server that listens everywhere is asked at this machine
        environ = {"ECHOES_OPS_PORT": port, "ECHOES_OPS_HOST": host, "ECHOES_OPS_TOKEN": SCRIPT, "ECHOES_DATABASE_URL": alone.database_url}
        done = await asyncio.to_thread(CliRunner().invoke, main, ["ops", "nodes"], env=environ)
        assert (done.exit_code, "session: memory" in done.output) == (0, True), done.output


@contextlib.asynccontextmanager
async def asking(url):
    """Ask again and again, each time over a connection of its own; the answers in the end. A draining worker may close one before it answers."""
    answers, done = [], asyncio.Event()

    async def go_on():
        while not done.is_set():
            with contextlib.suppress(httpx.RemoteProtocolError, httpx.ReadError):
                answers.append((await ask(url, "/api/ops/me", headers=AS_SCRIPT)).status_code)

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(go_on())
        yield answers
        done.set()


async def until(condition):
    """Return once a condition holds."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.05)


async def test_operators_are_answered_while_workers_are_rolled(city):
    """By an old worker or a new one; the port stays, and no connection is refused."""
    former, url = city.workers(), ops_url(city)
    async with asking(url) as answers:
        city.signal(signal.SIGHUP)
        await until(lambda: not set(former) & set(city.workers()) and len(city.workers()) == 2)
        before = len(answers)
        await until(lambda: len(answers) > before + 20)
    assert set(answers) == {200}
    assert (await ask(city.url, "/api/ops/me", headers=AS_SCRIPT)).status_code == 404


async def test_operators_are_answered_after_a_worker_was_killed(city):
    """The other worker accepts its connections until it has a successor. A request on the killed worker's own connection may be lost."""
    url, former = ops_url(city), city.workers()
    os.kill(former[0], signal.SIGKILL)
    answers = []
    async with asyncio.timeout(60):
        while len(answers) < 100 or former[0] in city.workers() or len(city.workers()) < 2:
            try:
                answers.append((await ask(url, "/api/ops/me", headers=AS_SCRIPT)).status_code)
            except httpx.TransportError:
                answers.append(0)  # it was accepted by the worker that was just being killed
    assert set(answers[20:]) == {200}
    player = await Player.join(city)
    assert (await player.type("look"))["ok"]


@pytest.mark.parametrize("taken", ["ECHOES_OPS_PORT", "ECHOES_PORT"])
def test_a_port_in_use_stops_the_start_with_the_name_of_the_setting(tmp_path, taken):
    """In words, before a database is started."""
    port = free_port()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        holder.listen()
        environ = {"ECHOES_DATA_DIR": str(tmp_path), "ECHOES_PORT": "0", "ECHOES_OPS_PORT": "0", taken: str(port)}
        done = CliRunner().invoke(main, ["serve"], env=environ)
    said = " ".join(done.output.replace("│", " ").split())
    assert (done.exit_code, f"choose another {taken} or {taken.replace('PORT', 'HOST')}" in said) == (1, True), said


def test_the_two_ports_differ():
    """One port for both is refused, with what to do."""
    with pytest.raises(ConfigurationError, match="ECHOES_OPS_PORT and ECHOES_PORT are the same; give the operators another port"):
        read({"ECHOES_PORT": "8001", "ECHOES_OPS_PORT": "8001"})
    assert read({"ECHOES_OPS_PORT": ""}).ops_port is None


@pytest.fixture
def small(postgres):
    """A server with room for three connections."""
    environ = {"ECHOES_OPS_TOKEN": SCRIPT, "ECHOES_OPS_PORT": "0", "ECHOES_CONNECTIONS": "3"}
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, **environ}) as server:
        yield server


async def test_a_crowd_of_players_keeps_no_operator_out(small):
    """Connections at the operators' port count apart, up to a bound of their own."""
    own = ops_url(small)
    with contextlib.ExitStack() as crowd:
        for _ in range(4):
            crowd.enter_context(socket.create_connection(("127.0.0.1", small.port)))
        assert (await ask(small.url, "/")).status_code == 503
        assert (await ask(own, "/api/ops/me", headers=AS_SCRIPT)).status_code == 200
    with contextlib.ExitStack() as crowd:
        for _ in range(60):
            crowd.enter_context(socket.create_connection(("127.0.0.1", int(own.rpartition(":")[2]))))
        await until(lambda: is_full(own))
    await until(lambda: not is_full(own))


def is_full(url):
    """Whether the operators' port has no room."""
    return httpx.get(f"{url}/api/ops/me", headers=AS_SCRIPT, timeout=30).status_code == 503
