"""Counts the queries and Redis calls of each command, in a room of any size: for a test, and for `bench/calls.py`."""

import asyncio
import time
from collections import Counter
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import SimpleNamespace
from unittest.mock import patch

from echoes.facilities import ConnectionInfo
from echoes.storage.database import ARM
from echoes.web.socket import Refusal
from echoes.web.tokens import Claims
from echoes.wire import Hello
from echoes_redis import cache, channel, lock, registry, session
from echoes_redis.connection import Connection
from echoes_redis.driver import Driver
from echoes_redis.script import Script
from postgres import execute

CALLS: ContextVar[Counter | None] = ContextVar("calls", default=None)
NAMES = {
    script.sha: script.name
    for module in (registry, session, cache, channel, lock)
    for script in vars(module).values()
    if isinstance(script, Script)
}
"""Scripts by what Redis calls them."""
LINES = [
    "look", "look Tomas", "look lamp", "look nobody", "say hello", "shout hello", "emote waves", "who", "whisper Tomas hello", "whisper Nobody hello", "i", "map",
    "drop 1 bread", "get bread", "give 1 bread to Tomas", "search shelf", "rest", "n", "s", "equip coat", "unequip coat", "help",
    "talk marta", "choose bell", "ask marta about bell", "greet marta", "talk tomas", "choose nothing",
    "list", "buy pie", "sell pie", "buy unicorn", "score", "exits", "time", "train", "train strength", "repair poker",
]  # fmt: skip


@contextmanager
def counted(context):
    """Counts what is asked from in here: of Redis by driver and command, of PostgreSQL by purpose."""
    calls = Counter()
    token, arm = CALLS.set(calls), ARM.set("counted")
    count = context.database.count

    def counting(purpose):
        if (found := CALLS.get()) is not None:
            found["postgresql", purpose] += 1
        count(purpose)

    ask = Driver._ask

    def asking(driver, connection, command):
        if (found := CALLS.get()) is not None:
            found["redis", NAMES.get(command[1], str(command[0]))] += 1
        return ask(driver, connection, command)

    ask_together = Connection.ask_together

    def asking_together(connection, once, *others):
        if (found := CALLS.get()) is not None and once not in connection._batches:
            found["redis", NAMES[once]] += 1  # those that follow in this turn are part of its call
        return ask_together(connection, once, *others)

    with (
        patch.object(context.database, "count", counting),
        patch.object(Driver, "_ask", asking),
        patch.object(Connection, "ask_together", asking_together),
    ):
        try:
            yield calls
        finally:
            CALLS.reset(token)
            ARM.reset(arm)


def of_redis(calls):
    """The number of Redis calls among them."""
    return sum(number for (where, _), number in calls.items() if where == "redis")


async def hello(context, mara):
    """A connection that is made and ends at once."""
    connection = SimpleNamespace(
        end=lambda code, reason: None, unsent=0, may_write=True, on_drained=None, write_frame=lambda frame: None, is_over=False,
        welcomed=False, resumed=False,
    )  # fmt: skip

    async def receive():
        return {"type": "websocket.disconnect"}

    claims = Claims(mara.id, time.time() + 60)
    with suppress(Refusal):
        await context.reception._play(SimpleNamespace(receive=receive), connection, Hello("", f"client-{mara.id}"), claims, [])


async def costs(context, mara, tomas, url):
    """The cost of each command, by line, and its reply."""
    found = {}
    for line in LINES:
        await execute(url, "delete from searches")
        context.service.around.who_pages._pages.clear()
        context.service.around.speech_limits._rooms.clear()
        with counted(context) as calls:
            reply = await mara.type(line)
        found[line] = Counter(calls), reply
    with counted(context) as calls:
        await context.snapshots.arrival(mara.id, "kiln_yard")
    found["arriving"] = Counter(calls), None
    with counted(context) as calls:
        await hello(context, mara)
    await mara.enter()
    found["hello"] = Counter(calls), None  # what it leaves to be done seconds later is not counted
    assert (await tomas.type("give 1 bread to Mara"))["ok"]
    return found


async def a_crowd(context, numbers, *, here):
    """Bodies in the world, with sessions and connections, one for each number: those below `here` are in the yard."""

    async def comes(number):
        location = "kiln_yard" if number < here else f"elsewhere-{number % 40}"
        character, name = 1_000_000 + number, f"Crowd{chr(97 + number % 26)}{number}"
        claim = await context.facilities.sessions.claim(
            character, worker="w", connection="c", fields={"name": name, "location_id": location}, ttl=600
        )
        await context.facilities.registry.attach("w", character, ConnectionInfo("c", claim.epoch, 0.0))
        await context.facilities.registry.place(character, location, version=1, epoch=claim.epoch, name=name)

    for start in range(numbers.start, numbers.stop, 250):
        await asyncio.gather(*map(comes, range(start, min(start + 250, numbers.stop))))
