"""kill -9 in the middle of play: what was acknowledged is there, nothing is there twice, and play continues."""

import asyncio
import contextlib
import os
import random
import signal

import httpx
import pytest
from player import Player
from postgres import execute
from server import Server, children_of


@pytest.fixture
def own_server():
    """A server with its own embedded PostgreSQL, which dies and comes back with it."""
    with Server({"ECHOES_COMMANDS_PER_SECOND": "10000", "ECHOES_COMMANDS_BURST": "100000"}) as running:
        yield running


async def test_kill_9_loses_and_doubles_nothing(own_server):  # noqa: C901 - one story
    """Players hand bread around while the server is killed three times; every command takes effect exactly once."""
    players = [await Player.join(own_server) for _ in range(4)]
    dice = random.Random(7)
    acknowledged: list[dict] = []

    async def play(me: Player) -> None:
        while True:
            word = dice.choice(["drop 1 bread", "get 1 bread", "drop 1 bandage", "get 1 bandage"])
            number = await me.send(type="line", text=word)
            reply = await me.until(lambda number=number: me.replies.get(number), within=60)
            if reply["ok"]:
                acknowledged.append(reply)

    for kill in range(3):
        tasks = [asyncio.create_task(play(one)) for one in players]
        enough = len(acknowledged) + 60
        async with asyncio.timeout(30):
            while len(acknowledged) < enough:
                await asyncio.sleep(0.005)
        own_server.kill()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in players:
            await one.disconnect()
        own_server.start()
        for one in players:
            known = dict(one.replies)
            welcome = await one.connect(resume=True)
            done = [number for number, reply in known.items() if reply["ok"]]
            assert welcome["last_command"] >= max(done, default=0), f"kill {kill}: an acknowledged command is not known any more"
            await one.send_again()
            await one.until(lambda one=one: not one.unanswered)

    for one in players:
        carried = {"ash_bread": 2, "linen_bandage": 2}
        for number in sorted(one.replies):
            for thing, change in effect_of(one, number).items():
                carried[thing] += change
        bag = (await one.type("i"))["data"]["inventory"]["items"]
        for thing, expected in carried.items():
            assert sum(item["quantity"] for item in bag if item["template"] == thing) == expected, one.name
    (bread,) = await execute(
        url_of(own_server),
        "select sum(quantity) as n from items where template = 'ash_bread' and owner like 'character:%' or owner = 'location:kiln_yard' and template = 'ash_bread'",
    )
    assert bread["n"] == 2 * len(players)


async def test_events_that_a_crash_left_unpublished_are_published(own_server):
    """A server dies after the commit of a command: its event reaches the clients that reconnect."""
    mara, tomas = await Player.join(own_server), await Player.join(own_server)
    assert (await tomas.type("drop 1 bread"))["ok"]
    await mara.sees("item_dropped")
    url = url_of(own_server)
    await execute(url, "update commands set published = false")
    own_server.kill()
    await mara.disconnect()
    own_server.start()
    mara.events.clear()
    welcome = await mara.connect(resume=True)
    assert not welcome["recovered"]
    assert (await mara.sees("item_dropped"))["player"]["id"] == tomas.id
    async with asyncio.timeout(10):
        while await execute(url_of(own_server), "select from commands where not published"):
            await asyncio.sleep(0.02)


async def test_a_stopping_server_asks_its_clients_to_reconnect(own_server):
    """SIGTERM: the reconnect event, then 1012; the exit is clean, and the world is as it was."""
    mara = await Player.join(own_server)
    await mara.type("n")
    assert await asyncio.to_thread(own_server.stop) == 0
    await mara.until(lambda: mara.closed)
    assert mara.closed == 1012
    assert any(one["data"]["action"] == "reconnect" for one in mara.events)
    await mara.disconnect()
    own_server.start()
    assert (await mara.connect())["snapshot"]["you"]["location_id"] == "market_square"


async def test_postgres_lost_and_back(own_server):
    """While PostgreSQL is stopped, commands answer `unavailable`; then service resumes by itself, and the same number is done once."""
    mara = await Player.join(own_server)
    postmaster = int((own_server.folder / "data" / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGSTOP)
    children = children_of(postmaster)
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGSTOP)
    try:
        number = await mara.send(type="line", text="drop 1 bread")
        reply = await mara.until(lambda: mara.replies.get(number), within=30)
        assert reply["error"]["code"] == "unavailable"
        async with httpx.AsyncClient(base_url=own_server.url, timeout=2) as http, asyncio.timeout(15):
            while (ready := await http.get("/health/ready")).status_code == 200:
                await asyncio.sleep(0.05)
        assert (ready.status_code, ready.json()["status"]) == (503, "unready")
        assert "PostgreSQL" in ready.json()["reasons"][0], "readiness answers at once, and says what is missing"
    finally:
        for pid in [*children, postmaster]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    mara.replies.clear()
    async with asyncio.timeout(30):
        while not (reply := mara.replies.get(number)) or not reply["ok"]:
            mara.replies.clear()
            mara.unanswered = {number: {"type": "line", "id": number, "text": "drop 1 bread"}}
            await mara.send_again()
            await mara.until(lambda: mara.replies.get(number), within=30)
    bag = (await mara.type("i"))["data"]["inventory"]["items"]
    assert [item["quantity"] for item in bag if item["template"] == "ash_bread"] == [1]


def effect_of(player: Player, number: int) -> dict[str, int]:
    """The change of the bag that a command's reply reports."""
    reply = player.replies[number]
    if not reply["ok"] or reply["data"].get("command") not in {"drop", "pick_up"}:
        return {}
    thing = "ash_bread" if "bread" in reply["data"]["message"] else "linen_bandage"
    return {thing: -1 if reply["data"]["command"] == "drop" else 1}


def url_of(server: Server) -> str:
    """The embedded database of a running server."""
    return f"postgresql://echoes@/echoes?host={server.folder}/data/postgres&port=5432"


async def test_a_killed_postgres_comes_back_by_itself(own_server):
    """Nothing acknowledged is lost, and players go on without a new connection."""
    mara = await Player.join(own_server)
    assert (await mara.type("drop 1 bread"))["ok"]
    pid_file = own_server.folder / "data" / "postgres" / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
    async with asyncio.timeout(60):
        while not (reply := await mara.type("drop 1 bread"))["ok"]:
            assert reply["error"]["code"] in {"unavailable", "flood"}, "".join(own_server.output[-60:])
    bag = (await mara.type("i"))["data"]["inventory"]["items"]
    assert not [item for item in bag if item["template"] == "ash_bread"]
