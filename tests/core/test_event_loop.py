"""Hosts with several addresses: one that swallows packets does not keep clients from the others."""

import asyncio
import contextlib
import re
import socket
import ssl
from urllib.parse import unquote

import pytest
from certificates import make
from click.testing import CliRunner
from echoes.cli import main
from echoes.cli.reach import with_database
from echoes.errors import StorageError
from echoes.event_loop import EventLoop, new_event_loop
from echoes.settings import Settings
from echoes.storage import migrations
from echoes_redis.connection import Connection
from echoes_redis.endpoint import Direct
from ports import silent_port
from proxy import Proxy
from redis_server import RedisServer

HOST = "several.invalid"


@contextlib.contextmanager
def swallowing(port):
    """127.0.0.2 takes no connection and refuses none: its queue is full, so the system drops what comes."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.2", port))
        listener.listen(0)
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(("127.0.0.2", port))
        yield


def run(work, *addresses):
    """Run it in the loop of servers, where the host has these addresses. Bounded by less than any timeout of a connection."""

    async def within():
        loop = asyncio.get_running_loop()
        lookup = loop.getaddrinfo

        async def found(host, port, **options):
            if host != HOST:
                return await lookup(host, port, **options)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        loop.getaddrinfo = found
        async with asyncio.timeout(8):
            return await work()

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(within())


def test_postgresql_behind_a_silent_address(empty_url):
    """The first address swallows packets; the second is connected to before ten seconds, the patience for one connection, are over."""
    folder, name = unquote(re.search(r"host=([^&]+)", empty_url)[1]), re.search(r"/(t\w+)\?", empty_url)[1]

    async def work():
        async with Proxy(f"{folder}/.s.PGSQL.5432") as proxy:
            with swallowing(proxy.port):
                return await migrations.up(f"postgresql://echoes@{HOST}:{proxy.port}/{name}")

    assert run(work, "127.0.0.2", "127.0.0.1")


def test_redis_behind_a_silent_address():
    with RedisServer() as redis, swallowing(redis.port):

        async def work():
            connection = Connection(2.0)
            await Direct(HOST, redis.port).dial(connection)
            answer = await connection.ask("PING")
            connection.cut(ConnectionError("done"))
            return answer

        assert run(work, "127.0.0.2", "127.0.0.1") in {"PONG", b"PONG"}


def test_command_line_tools_use_this_loop(database_url, monkeypatch):
    """A silent address costs them nothing, either."""
    seen = []

    async def look(_):
        seen.append(type(asyncio.get_running_loop()))
        return []

    with_database(Settings(database_url=database_url), look)
    monkeypatch.setattr(migrations, "up", look)
    assert CliRunner().invoke(main, ["migrate"], env={"ECHOES_DATABASE_URL": database_url}).exit_code == 0
    assert seen == [EventLoop, EventLoop]


def test_every_address_that_refuses_is_named():
    """One sentence for an operator."""
    with silent_port() as port:

        async def work():
            await migrations.up(f"postgresql://echoes@{HOST}:{port}/d")

        with pytest.raises(StorageError, match=rf"cannot be reached at {HOST}"):
            run(work, "127.0.0.2", "127.0.0.1")


def test_a_certificate_is_checked_against_the_host_name(tmp_path):
    """Though a socket to one of its addresses was connected before."""
    make(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    trusting = ssl.create_default_context(cafile=tmp_path / "ca.pem")

    async def work():
        listener = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=tls)
        port = listener.sockets[0].getsockname()[1]
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port, ssl=trusting)
        transport.close()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.get_running_loop().create_connection(asyncio.Protocol, HOST, port, ssl=trusting)
        listener.close()

    run(work, "127.0.0.1")
