"""A real server: connections that end with a code and words, announcements as clients get them, and the commands of `echoes ops`."""

import asyncio
import json

import pytest
from click.testing import CliRunner
from cluster import SHIPPED
from echoes.cli import main
from echoes.world import names
from operating import SCRIPT, code_of
from player import Player
from postgres import execute
from test_documents import message_schema
from websockets.asyncio.client import connect

BECAUSE = ("--reason", "a test asks for it")


@pytest.fixture
def ops(live):
    """Runs a command of `echoes ops`, in a thread of its own; answers what it prints."""

    async def run(*words, code=0, **environ):
        environ = {"ECHOES_OPS_URL": live.url, "ECHOES_OPS_TOKEN": SCRIPT, "ECHOES_DATABASE_URL": live.database_url, **environ}
        done = await asyncio.to_thread(CliRunner().invoke, main, ["ops", *words], env=environ)
        assert done.exit_code == code, done.output
        return done.output

    return run


def reason_of(player):
    """The words with which a connection was closed."""
    return player._socket.close_reason


async def test_a_kick_and_a_ban_close_connections_with_their_words(live, ops):
    """4506 lets come back, 4505 does not; long words are cut and not refused; another player plays on."""
    mara, tomas = await Player.join(live), await Player.join(live)
    await ops("kick", mara.name, "--notice", "Bitte höflich bleiben! " * 10, *BECAUSE)
    await mara.until(lambda: mara.closed, within=1)
    assert (mara.closed, len(reason_of(mara).encode()) <= 123) == (4506, True)
    assert reason_of(mara).startswith("Bitte höflich bleiben!")
    assert reason_of(mara).endswith("…")
    await mara.connect(resume=True)
    assert (await mara.type("look"))["ok"]
    assert "the player reads: You are banned for good. Enough." in await ops("ban", mara.name, "--notice", "Enough.", *BECAUSE)
    await mara.until(lambda: mara.closed, within=1)
    assert (mara.closed, reason_of(mara)) == (4505, "You are banned for good. Enough.")
    await mara.connect()
    assert (mara.closed, reason_of(mara)) == (4505, "You are banned for good. Enough."), "a hello with the old token"
    assert (await tomas.type("look"))["ok"]
    assert "is banned for good, by script: Enough." in await ops("ban", f"account:{mara.name}", *BECAUSE, code=1)
    assert "not banned any more" in await ops("unban", mara.name, *BECAUSE)


async def test_players_are_looked_at_and_muted(live, ops):
    """Each on one line, with what was done; the player reads of it at once."""
    mara = await Player.join(live)
    found = await ops("find", mara.name[:8], *BECAUSE)
    assert f"{mara.name} (character {mara.id}, level 1, at kiln_yard)" in found
    assert "  online" in found
    assert "ask for one of these" in (await ops("find", *BECAUSE, code=1)).lower()
    shown = json.loads(await ops("show", mara.name.lower(), *BECAUSE))
    assert (shown["you"]["name"], shown["session"]["linkdead"]) == (mara.name, False)
    assert shown["session"]["since"].startswith("20")
    assert "noted" in await ops("note", mara.name, "asked for help", *BECAUSE)
    assert "may not speak until" in await ops("mute", mara.name, "--minutes", "5", *BECAUSE)
    await mara.sees("notified")
    assert (await mara.type("say hello"))["error"]["code"] == "muted"
    assert "not muted any more" in await ops("unmute", mara.name, *BECAUSE)
    assert (await mara.type("say hello"))["ok"]
    shown = await ops("mute", mara.name, "--speech", "shout", "--speech", "whisper", "--minutes", "5", *BECAUSE)
    assert "may not shout or whisper until" in shown
    assert (await mara.type("say hello"))["ok"]
    assert (await mara.type("shout hello"))["error"]["code"] == "muted"
    await ops("unmute", mara.name, *BECAUSE)


async def test_the_address_of_a_session_is_noted(live, ops):
    """As a trusted proxy says it; sessions of one hour and address are one row."""
    mara = Player(live)
    await mara.register()
    for _ in range(2):
        async with connect(live.websocket, additional_headers={"x-forwarded-for": "192.0.2.99"}) as socket:
            await socket.send(mara.hello(resume=False))
            assert '"welcome"' in await socket.recv()
    assert mara.name in await ops("find", "--address", "192.0.2.99", *BECAUSE)
    rows = await execute(live.database_url, f"select address, entries from visits where character_id = {mara.id}")  # noqa: S608 - the test's own
    assert [tuple(row) for row in rows] == [("192.0.2.99", 2)]


async def test_a_banned_network_is_sent_away(live, ops):
    """An open connection ends with code and words, and a hello is refused; the command line bans, lists and ends it."""
    mara = Player(live)
    await mara.register()
    headers = {"x-forwarded-for": "198.51.100.99"}
    async with connect(live.websocket, additional_headers=headers) as socket:
        await socket.send(mara.hello(resume=False))
        assert '"welcome"' in await socket.recv()
        assert "198.51.100.0/24 is banned for good" in await ops("ban-address", "198.51.100.0/24", "--notice", "Out.", *BECAUSE)
        async with asyncio.timeout(2.5):
            await socket.wait_closed()
        assert (socket.close_code, socket.close_reason) == (4505, "Your network is banned for good. Out.")
    async with connect(live.websocket, additional_headers=headers) as socket:
        await socket.send(mara.hello(resume=False))
        await socket.wait_closed()
        assert socket.close_code == 4505
    listed = await ops("address-bans")
    assert "198.51.100.0/24  for good  by script at " in listed
    assert "198.51.100.0/24 is not banned any more" in await ops("unban-address", listed.split("  ")[0], *BECAUSE)
    assert "no address is banned" in await ops("address-bans")


async def test_an_announcement_arrives_once_at_each_client(live, ops):
    """As the message reference describes it; a client that was away gets it when it comes back."""
    mara, tomas = await Player.join(live), await Player.join(live)
    await tomas.disconnect()
    await ops("announce", "The server restarts at ten.", *BECAUSE)
    await mara.sees("announced")
    assert (await tomas.connect(resume=True))["recovered"]
    await tomas.sees("announced")
    for player in (mara, tomas):
        (event,) = [one for one in player.events if one["type"] == "announcement"]
        message_schema("announcement").validate(event)
        assert (event["channel"], event["data"]["message"]) == ("game:broadcast", "Announcement: The server restarts at ten.")


async def test_a_countdown_is_arranged_and_cancelled(live, ops):
    """By minutes or by a time in UTC; a client reads of it at once."""
    mara = await Player.join(live)
    made = await ops("announce", "The server restarts.", "--in", "90", *BECAUSE)
    number = made.partition("cancel ")[2].partition("`")[0]
    await mara.until(
        lambda: [one for one in mara.events if one["data"].get("message") == "Announcement, in 1 hour 30 minutes: The server restarts."]
    )
    assert f"{number}  20" in await ops("announcements")
    assert "is cancelled" in await ops("cancel", number, *BECAUSE)
    await mara.until(lambda: [one for one in mara.events if one["data"].get("message") == "Announcement, cancelled: The server restarts."])
    assert "no announcement is ahead" in await ops("announcements")
    assert "is past" in await ops("announce", "x", "--at", "2026-01-01T00:00", *BECAUSE, code=1)
    assert "is no time" in await ops("announce", "x", "--at", "tomorrow", *BECAUSE, code=2)


async def test_a_players_commands_are_sampled(live, ops):
    """Each with its steps on lines of their own; it can be ended."""
    mara = await Player.join(live)
    assert "are sampled for 5 minutes" in await ops("debug", mara.name, "--minutes", "5", *BECAUSE)
    assert "no samples" in await ops("samples", mara.name, *BECAUSE)
    async with asyncio.timeout(10):
        while "  query commit" not in (shown := await ops("samples", mara.name, *BECAUSE)):
            await mara.type("rest")
            await mara.type("stand")
    assert "ms  query commit" in shown
    assert "is not sampled any more" in await ops("debug", mara.name, "--end", *BECAUSE)


async def test_each_action_has_a_command(live, ops):
    """Helping, reports, the story, export and erasure: each on one line, with what was done."""
    mara, tomas = await Player.join(live), await Player.join(live)
    assert f"{mara.name} gets Ash Bread ×2".lower() in (await ops("give", mara.name, "ash_bread", "2", *BECAUSE)).lower()
    await mara.sees("item_received")
    assert f"taken from {mara.name}" in await ops("take", mara.name, "ash_bread", *BECAUSE)
    assert "is healed" in await ops("heal", mara.name, *BECAUSE)
    place = next(id_ for id_ in SHIPPED.locations if id_ != SHIPPED.start.location)
    assert f"is at {place}" in await ops("move", mara.name, place, *BECAUSE)
    moved = await mara.sees("moved")
    assert (moved["location"]["id"], moved["location_id"]) == (place, place)
    assert (await mara.type("look"))["data"]["location"]["id"] == place
    await tomas.type(f"report {mara.name} shouts")
    line = (await ops("reports")).splitlines()[0]
    number = line.split("  ")[0]
    assert mara.name in line
    assert "shouts" in await ops("report", number, *BECAUSE)
    assert "is decided" in await ops("decide", number, "a word with the player", *BECAUSE)
    assert "was decided by script: a word with the player" in await ops("decide", number, "again", *BECAUSE, code=1)
    name = f"{mara.name[:8]}ella"
    assert f"{mara.name} is {name}" in await ops("rename", mara.name, name, *BECAUSE)
    assert "there is no player" in await ops("heal", mara.name, *BECAUSE, code=1)
    shown = await ops("story", name, "--since", "2h", *BECAUSE)
    assert "  audit     script: rename" in shown
    assert "  session   1 sessions from 127.0.0.1" in shown or "  session" not in shown, "a trusted peer names no client"
    assert "is no time span" in await ops("story", name, "--since", "soon", *BECAUSE, code=2)
    assert json.loads(await ops("export", name, *BECAUSE))["account"]["username"] == mara.name
    assert "is erased" in await ops("erase", name, "--yes", *BECAUSE)
    await mara.until(lambda: mara.closed, within=5)
    assert "no player" in await ops("find", name, *BECAUSE)


async def test_an_operator_signs_in_on_the_command_line(live, ops):
    """The token that is printed is the next commands' until it is signed out; errors are one line."""
    mara = await Player.join(live)
    granted = await ops("grant", mara.name, "viewer", *BECAUSE)
    secret = granted.partition("secret=")[2].partition("&")[0]
    token = (await ops("sign-in", mara.name, "--password", "a long password", "--code", code_of(secret))).strip()
    assert "no player" in await ops("find", "nobody-of-that-name", *BECAUSE, ECHOES_OPS_TOKEN=token)
    refused = await ops("kick", mara.name, *BECAUSE, code=1, ECHOES_OPS_TOKEN=token)
    assert "This needs the role moderator; yours is viewer." in refused
    assert "(not_allowed)" in refused
    assert "signed out" in await ops("sign-out", ECHOES_OPS_TOKEN=token)
    assert "(token_expired)" in await ops("find", mara.name, *BECAUSE, code=1, ECHOES_OPS_TOKEN=token)
    assert "ECHOES_OPS_TOKEN is empty" in await ops("find", mara.name, *BECAUSE, code=1, ECHOES_OPS_TOKEN="")
    assert "does not answer" in await ops("find", mara.name, *BECAUSE, code=1, ECHOES_OPS_URL="http://127.0.0.1:1")
    assert "ECHOES_OPS_URL: it is no URL" in await ops("find", mara.name, *BECAUSE, code=1, ECHOES_OPS_URL="ftp://x")
    assert "is no address of a server" in await ops("find", mara.name, *BECAUSE, "--url", "ftp://x", code=1)
    assert names.fold(mara.name) in (await ops("operators")).casefold()


async def test_one_process_takes_no_orders(ops):
    """Each order is refused with what to do instead."""
    for words in (("replace", "w"), ("drain", "w"), ("roll",), ("fill",)):
        assert "one process" in await ops(*words, *BECAUSE, code=1)
    assert "order " not in await ops("nodes")
