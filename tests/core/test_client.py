"""The client of tests and of load, against a server that a test plays by hand: what it sends, and when it comes back."""

import asyncio
import contextlib
import json

import pytest
from echoes.testing import client as clients
from echoes.testing.client import FLOOD, FLOOD_PAUSE, KEPT, LOCATIONS, Client
from websockets.asyncio.server import serve

YARD = "location:yard"


class Desk:
    """A server: each connection that a client opens waits in `arrivals` until the test takes it."""

    def __init__(self):
        self.arrivals = asyncio.Queue()

    async def handle(self, socket):
        """Keep the connection until it closes."""
        await self.arrivals.put(socket)
        await socket.wait_closed()

    async def welcomed(self, positions=None):
        """The next connection, after its hello; it is welcomed at these positions."""
        socket = await self.arrivals.get()
        hello = json.loads(await socket.recv())
        await say(socket, type="welcome", positions=positions or hello["resume"])
        return socket, hello


async def say(socket, *more, **message):
    """Send messages in one frame, a line each."""
    await socket.send("\n".join(json.dumps(one) for one in (message, *more)))


async def heard(socket):
    """The next command of the client."""
    return json.loads(await socket.recv())


def event(offset, epoch="1", channel=YARD, **data):
    return {"type": "chat", "channel": channel, "epoch": epoch, "offset": offset, "data": data}


def at(offset, epoch="1"):
    return {"epoch": epoch, "offset": offset}


@pytest.fixture
async def desk():
    made = Desk()
    async with serve(made.handle, "127.0.0.1", 0) as server:
        made.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield made


@contextlib.asynccontextmanager
async def living(client):
    """The client, kept connected."""
    task = asyncio.create_task(client.live())
    try:
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_client_resumes_and_sends_again(desk):
    """After a loss it says where it was, and sends the unanswered commands in order under their numbers, before newer ones."""
    async with living(Client((desk.url,), "token", "tab")) as client:
        socket, hello = await desk.welcomed({YARD: at(3)})
        assert hello == {"type": "hello", "token": "token", "client": "tab", "resume": {}}
        await client.until(lambda: client.connected)
        for text in ("one", "two", "three"):
            await client.send(type="say", text=text)
        await say(socket, event(4), type="reply", id=2, ok=True)
        assert (await client.reply(2))["ok"]
        socket.transport.abort()
        await client.until(lambda: not client.connected)
        await client.send(type="say", text="four")
        socket, hello = await desk.welcomed()
        assert hello["resume"] == {YARD: at(4)}
        assert [(one["id"], one["text"]) for one in [await heard(socket) for _ in range(3)]] == [(1, "one"), (3, "three"), (4, "four")]


async def test_a_final_close_code_ends_it(desk):
    """The server has said that there is nothing to come back to."""
    client = Client((desk.url,))
    task = asyncio.create_task(client.live())
    socket, _ = await desk.welcomed({YARD: at(1)})
    await socket.close(4503)
    await asyncio.wait_for(task, 10)
    assert (client.closed, client.wants_in, await client.reply(1)) == (4503, False, {"closed": 4503})


async def test_the_moment_to_reconnect_is_the_servers(desk, monkeypatch):
    """A `reconnect` frame names it; else the pause is random and grows, and a flood adds to it."""
    client = Client((desk.url,))
    now = clients.time.monotonic()
    monkeypatch.setattr(clients.time, "monotonic", lambda: now)
    monkeypatch.setattr(clients.random, "uniform", lambda low, high: high)
    client.receive(json.dumps({"type": "reconnect", "after_ms": 1500}))
    assert client._pause(0) == pytest.approx(1.5)
    assert [client._pause(attempt) for attempt in (0, 1, 4, 9)] == [0.5, 1.0, 8.0, 8.0]
    client.closed = FLOOD
    assert client._pause(0) == 0.5 + FLOOD_PAUSE


async def test_a_connection_without_a_welcome_is_cut(desk):
    """A server that accepts and stays silent is left after the client's patience, and tried again."""
    client = Client((desk.url,))
    client.patience = 0.2
    async with living(client):
        for _ in range(2):
            silent = await desk.arrivals.get()
            await silent.wait_closed()
        assert client.welcome == {}


def test_an_event_that_came_before_is_recorded():
    """By its position; another epoch counts from its beginning, and the last places that were left are remembered."""
    client = Client(())
    for offset, epoch in ((1, "1"), (2, "1"), (2, "1"), (1, "2"), (1, "1")):
        client.receive(json.dumps(event(offset, epoch)))
    assert list(client.repeated) == [f"{YARD} 2"]
    client.receive(json.dumps(event(1, "9", "player:1", positions={"location:gate": at(7)})))
    assert client.positions == {YARD: at(1), "player:1": at(1, "9"), "location:gate": at(7)}
    client.receive(json.dumps({"type": "snapshot", "positions": {YARD: at(8)}}))
    assert list(client.positions) == ["player:1", "location:gate", YARD]
    for number in range(LOCATIONS):
        client.follow({f"location:{number}": at(1)})
    assert list(client.positions) == ["player:1", *(f"location:{number}" for number in range(LOCATIONS))]


def test_kept_replies_are_bounded():
    """The newest stay."""
    client = Client(())
    for number in range(KEPT + 5):
        client.receive(json.dumps({"type": "reply", "id": number, "ok": True}))
    assert list(client.replies) == list(range(5, KEPT + 5))


async def test_one_connection_is_made_and_left(desk):
    """`connect` returns the welcome, or nothing when the server closed before; a reply over a closed connection has the close code."""
    client = Client((desk.url,))
    connecting = asyncio.create_task(client.connect())
    socket, _ = await desk.welcomed({YARD: at(1)})
    assert (await connecting)["positions"] == {YARD: at(1)}
    asking = asyncio.create_task(client.do(type="look"))
    command = await heard(socket)
    await say(socket, type="reply", id=command["id"], ok=True)
    assert (await asking)["ok"]
    await client.leave(1001)
    await socket.wait_closed()
    assert socket.close_code == 1001
    connecting = asyncio.create_task(client.connect(resume=True))
    socket = await desk.arrivals.get()
    assert json.loads(await socket.recv())["resume"] == {YARD: at(1)}
    await socket.close(4502)
    assert await connecting == {}
    assert await client.reply(9) == {"closed": 4502}
