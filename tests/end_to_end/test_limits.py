"""Time-outs and limits, on a server that has little patience."""

import asyncio
import json

import httpx
import pytest
from player import Player
from postgres import a_database
from server import Server
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

HASTE = {
    "ECHOES_GRACE": "1",
    "ECHOES_WORKER_TTL": "1",
    "ECHOES_HELLO_TIMEOUT": "0.5",
    "ECHOES_COMMANDS_PER_SECOND": "10000",
    "ECHOES_COMMANDS_BURST": "100000",
}


@pytest.fixture(scope="module")
def hasty(postgres):
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, **HASTE}) as server:
        yield server


async def test_a_connection_without_hello_is_closed(hasty):
    """With 4001, after the time for it has passed."""
    async with connect(hasty.websocket) as socket:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 10)
        assert socket.close_code == 4001


async def test_a_body_fades_when_its_grace_is_over(hasty):
    """It is there until then, and gone afterwards; the character wakes where it was."""
    mara, tomas = await Player.join(hasty), await Player.join(hasty)
    await tomas.disconnect()
    gone = await mara.sees("player_left")
    assert gone["player"]["id"] == tomas.id
    assert (await mara.type("look"))["data"]["location"]["players"] == []
    mara.events.clear()
    await tomas.connect()
    assert (await mara.sees("player_arrived"))["player"]["id"] == tomas.id


async def test_outside_the_window_there_is_a_snapshot(hasty):
    """Trimmed history is never delivered in part: the welcome says so."""
    mara, tomas = await Player.join(hasty), await Player.join(hasty)
    await mara.disconnect()
    for number in range(300):
        await tomas.type(f"say {number}")
    welcome = await mara.connect(resume=True)
    assert welcome["recovered"] is False
    assert mara.heard("299") == 0
    await tomas.type("say and on it goes")
    await mara.until(lambda: mara.heard("and on it goes"))
    assert not [one for one in mara.events if one["type"] == "chat" and one["data"]["text"].isdecimal()]


async def test_a_newcomer_reads_the_arrival_once(hasty):
    """The first thing that a new player reads, and never again."""
    mara = await Player.join(hasty)
    await mara.sees("woke")
    await mara.disconnect()
    mara.events.clear()
    await mara.connect()
    await mara.type("look")
    assert not [one for one in mara.events if one["data"].get("action") == "woke"]


async def test_a_token_that_expires_ends_the_session(database_url):
    """With 4504; and it opens nothing afterwards."""
    with Server({"ECHOES_DATABASE_URL": database_url, "ECHOES_TOKEN_HOURS": "0.0008"}) as server:
        mara = await Player.join(server)
        await mara.until(lambda: mara.closed)
        assert mara.closed == 4504
        await mara.disconnect()
        await mara.connect()
        assert mara.closed == 4504
        async with httpx.AsyncClient(base_url=server.url, headers={"authorization": f"Bearer {mara.token}"}) as http:
            refused = await http.get("/api/game/state")
        assert (refused.status_code, refused.json()["code"]) == (401, "token_expired")


async def test_a_second_in_the_same_frame(hasty):
    """Several commands may share a frame, and are answered one by one."""
    mara = await Player.join(hasty)
    await mara.raw("\n".join(json.dumps({"type": "who", "id": number}) for number in (1, 2, 3)))
    await mara.until(lambda: mara.replies.keys() >= {1, 2, 3})
