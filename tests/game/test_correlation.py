"""The correlation id of a command: the same in its reply, its log lines and its record."""

import io
import json
import secrets
import sys
import uuid

import msgspec
import pytest
from cluster import cluster, someone
from echoes import log
from echoes.correlation import CORRELATION
from echoes.errors import Unavailable
from echoes.game.service import Actor
from echoes.wire import Line


@pytest.fixture
async def context(database_url, tmp_path):
    async with cluster(database_url, tmp_path, speech_bytes=100_000) as (context,):
        yield context


@pytest.fixture
def lines(monkeypatch):
    """The lines that the server has logged, as in production."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log.configure(production=True)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines() if line.startswith("{")]


async def test_each_command_has_an_id_of_its_own(context):
    """A connection's ids begin alike; refusals have one, too; outside of a command there is none."""
    mara = await someone(context)
    found = [(await mara.type(line)).get("correlation_id") for line in ("look", "say hello", "drop 1 bread", "nonsense", "north pole")]
    assert found == [f"{mara.actor.origin}-{number}" for number in range(1, 6)]
    other = await someone(context, "Tomas")
    assert not (await other.type("look"))["correlation_id"].startswith(mara.actor.origin)
    assert CORRELATION.get() == ""


async def test_a_repeated_command_is_answered_with_its_first_id(context):
    """From the record, and from the memory of the session."""
    mara = await someone(context)
    for line in ("drop 1 bread", "say hello", "get nothing"):
        first = await mara.type(line)
        again = msgspec.json.decode(await context.service.run(mara.actor, Line(id=mara.number, text=line)))
        assert again == first
        assert first["correlation_id"]


async def test_slow_and_failed_queries_name_their_command(context, lines, monkeypatch):
    """Those of no command name none."""
    mara = await someone(context)
    monkeypatch.setattr(context.database, "_slow", 0.0)
    reply = await mara.type("drop 1 bread")
    await context.service.row(mara.id)
    slow = [one for one in lines() if one["event"] == "database.query_slow" and one["purpose"] in {"commit", "character.load"}]
    assert [one["correlation_id"] for one in slow if one["purpose"] == "commit"] == [reply["correlation_id"]]
    assert "correlation_id" not in slow[-1]
    monkeypatch.setattr(context.database, "timeout", 0.0)
    refused = await mara.type("drop 1 bread")
    failed = [one for one in lines() if one["event"] == "database.query_failed" and one["purpose"].startswith("commit")]
    assert refused["error"]["code"] == Unavailable().code
    assert {one["correlation_id"] for one in failed} == {refused["correlation_id"]}


async def test_a_bug_names_its_command_in_reply_and_log(context, lines, monkeypatch):
    """The player reads it, and may quote it."""
    mara = await someone(context)

    async def breaks(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(context.service.around.__class__, "scene_of", breaks)
    reply = await mara.type("look")
    (crash,) = [one for one in lines() if one["event"] == "command.crashed"]
    assert reply["error"]["code"] == "internal"
    assert reply["correlation_id"] == crash["correlation_id"]
    assert reply["correlation_id"] in reply["error"]["hint"]


async def test_the_record_has_the_id(context):
    """Within the reply that is kept."""
    mara = await someone(context)
    reply = await mara.type("drop 1 bread")
    (row,) = await context.database.rows("test", "select reply from commands where character_id = $1", mara.id)
    assert json.loads(row["reply"])["correlation_id"] == reply["correlation_id"]


async def test_a_command_makes_nothing_random(context, monkeypatch):
    """Calls are counted over a hundred commands: an id costs a counter and a text."""
    mara = await someone(context)
    made = []
    for module, name in ((secrets, "token_hex"), (secrets, "token_bytes"), (uuid, "uuid4"), (uuid, "uuid1")):
        monkeypatch.setattr(module, name, lambda *_: made.append(1))
    mara.actor.spend = lambda _: True
    for _ in range(100):
        assert (await mara.type("say hello"))["ok"]
    assert not made
    assert mara.actor.given == 100


async def test_an_actor_without_an_origin_gets_one(context):
    """Two actors never share ids."""
    mara = await someone(context)
    ids = set()
    for number in range(5):
        reply = await context.service.run(Actor(mara.id, f"other-{number}", 0, 0), Line(id=1, text="look"))
        ids.add(msgspec.json.decode(reply)["correlation_id"])
    assert len(ids) == 5
