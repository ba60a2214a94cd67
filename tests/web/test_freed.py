"""A connection leaves nothing to the garbage collector: what grows with visits is freed when they end."""

import asyncio
import contextlib
import gc

import httpx
import pytest
import uvicorn
from cluster import cluster, someone
from echoes import wire
from echoes.app import create_app
from echoes.event_loop import new_event_loop
from echoes.testing.client import Client
from echoes.web.connection_limits import ConnectionLimits, LimitedProtocol
from echoes.web.protocol import WireProtocol
from echoes.web.seat import Seat
from echoes.web.writer import ClientWriter
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
VISITS, LEFT = 20, 2
KINDS = (WireProtocol, LimitedProtocol, ClientWriter, Seat)


@contextlib.asynccontextmanager
async def listening(context):
    """A worker's web server; yields its port."""
    limits = ConnectionLimits(context.settings, context.addresses)
    config = uvicorn.Config(
        create_app(context), port=0, http=limits.protocol, ws=WireProtocol, ws_max_size=wire.MAX_FRAME, ws_per_message_deflate=False,
        log_config=None, access_log=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def visit(context, port, someone_, number):
    """A few commands over a connection of its own."""
    address = f"ws://127.0.0.1:{port}/ws/game"
    client = Client([address], context.tokens.sign("play", someone_.id), client=f"client-{someone_.id}-{number}")
    assert await client.connect()
    for line in ("look", "say hello", "n", "s", "get lantern", "drop lantern", "i"):
        await client.reply(await client.send(type="line", text=line), within=20)
    await client.leave()


def alive():
    """The number of objects of each kind."""
    return {kind.__name__: sum(type(one) is kind for one in gc.get_objects()) for kind in KINDS}


async def left_behind(url, folder):
    """Objects of each kind that are alive after visits, without a run of the collector."""
    async with cluster(url, folder, commands_per_second=1e6, commands_burst=10**6) as (context,), listening(context) as port:
        mara = await someone(context)
        await visit(context, port, mara, 0)
        gc.collect()
        gc.disable()
        try:
            for number in range(1, VISITS + 1):
                await visit(context, port, mara, number)
                async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
                    assert (await http.get("/health/live")).status_code == 200
                    assert (await http.post("/api/auth/refresh")).status_code == 401
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(10):  # the last connection may be closing
                    while max(alive().values()) > LEFT:
                        await asyncio.sleep(0.01)
            return alive()
        finally:
            gc.enable()


@pytest.mark.parametrize("factory", [new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def test_a_connection_is_freed_when_it_ends(database_url, tmp_path, factory):
    """Also where the collector does not run: on a worker with many connections a full run takes long, so it is rare."""
    with asyncio.Runner(loop_factory=factory) as runner:
        found = runner.run(left_behind(database_url, tmp_path))
    assert max(found.values()) <= LEFT, found


async def requests_ahead(url, folder):
    """The requests that wait for their turn while a client sends a thousand at once, and those that are left when it has gone."""
    async with cluster(url, folder) as (context,), listening(context) as port:
        gc.collect()
        gc.disable()
        try:
            most = 0
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(40):
                writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)
                await asyncio.sleep(0.01)
                most = max(most, cycles())
            writer.transport.abort()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(10):
                    while cycles() > LEFT:
                        await asyncio.sleep(0.01)
            return most, cycles()
        finally:
            gc.enable()


def cycles():
    """The number of requests that the web server has in hand."""
    return sum(type(one) is RequestResponseCycle for one in gc.get_objects())


@pytest.mark.parametrize("factory", [new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def test_requests_that_wait_are_few_and_are_freed(database_url, tmp_path, factory):
    """Of a client that asks on and on without waiting for an answer: what is parsed ahead is bounded, and goes with the connection."""
    with asyncio.Runner(loop_factory=factory) as runner:
        most, left = runner.run(requests_ahead(database_url, tmp_path))
    assert most <= 40, most
    assert left <= LEFT, left


async def kept_while_connected(url, folder):
    """Snapshots and welcomes that are alive while a client is connected."""
    async with cluster(url, folder) as (context,), listening(context) as port:
        mara = await someone(context)
        client = Client([f"ws://127.0.0.1:{port}/ws/game"], context.tokens.sign("play", mara.id), client=f"client-{mara.id}")
        assert await client.connect()
        await client.reply(await client.send(type="line", text="look"), within=20)
        found = [one for one in gc.get_objects() if type(one) in {wire.Snapshot, wire.Welcome, wire.LocationView}]
        await client.leave()
        return found


def test_a_connection_keeps_no_snapshot(database_url, tmp_path):
    """The welcome is gone when it has been sent; in a room of fifty it is 8 KiB."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        assert runner.run(kept_while_connected(database_url, tmp_path)) == []


async def circles_of_commands(url, folder):
    """Objects that only the collector finds after many commands of one player."""
    async with cluster(url, folder, commands_per_second=1e6, commands_burst=10**6) as (context,):
        mara = await someone(context)
        await plays(mara)
        gc.collect()
        gc.disable()
        try:
            await plays(mara)
            return gc.collect()
        finally:
            gc.enable()


async def plays(mara):
    """Commands that change something, that only look, and that are refused."""
    for _ in range(10):
        for line in ("look", "say hi", "n", "s", "get lantern", "drop lantern", "i", "get unicorn", "how do I fight?", "frobnicate"):
            await mara.type(line)


def test_commands_leave_no_circles(database_url, tmp_path):
    """Their objects are freed when they end: a hundred of them leave less than one object each to the collector."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        assert runner.run(circles_of_commands(database_url, tmp_path)) < 100
