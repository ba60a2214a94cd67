"""A command that took effect is answered as done, over every way of asking again."""

import asyncio

import msgspec
import pytest
from cluster import QUIET, cluster, someone
from echoes.errors import Unavailable
from echoes.game.commands.carrying import Drop, PickUp
from echoes.game.commands.looking import Look
from echoes.game.commands.talking import Say
from echoes.game.commands.walking import Move
from echoes.game.kinds import CHARACTER
from echoes.game.service import Actor
from echoes.storage import commits
from echoes.storage.functions import named
from echoes.wire import Line, digest_of
from postgres import execute

RESTS = "You find a place out of the wind and sit down."


@pytest.fixture
async def context(database_url, tmp_path):
    async with cluster(database_url, tmp_path, world=QUIET) as (context,):
        yield context


async def again(mara, *, actor=None, number=None, line="rest"):
    reply = await mara.context.service.run(actor or mara.actor, Line(id=number or mara.number, text=line))
    return msgspec.json.decode(reply)


async def test_over_the_same_connection(context):
    """Its answer was lost on the way to the client, and the connection lives on."""
    mara = await someone(context)
    first = await mara.type("rest")
    assert first["data"]["message"].startswith(RESTS)
    assert await again(mara) == first


async def test_after_an_answer_of_postgresql_was_lost(context, monkeypatch):
    """The client was answered `unavailable`: what it then asks again was done."""
    mara = await someone(context)
    rows = context.database.rows

    async def lost(purpose, sql, *arguments):
        found = await rows(purpose, sql, *arguments)
        if purpose.startswith("commit"):
            raise Unavailable
        return found

    monkeypatch.setattr(context.database, "rows", lost)
    assert (await mara.type("rest"))["error"]["code"] == "unavailable"
    monkeypatch.undo()
    await context.caching.drop(CHARACTER, str(mara.id))  # as the publisher of its events does
    assert (await again(mara))["data"]["message"].startswith(RESTS)


async def test_the_second_try_of_a_commit_finds_the_first_one_on_record(context, monkeypatch):
    """The first try took effect; a decision on the current rows would be a refusal."""
    mara = await someone(context)
    commit, tries = commits.commit, []

    async def tried(*arguments, **named):
        tries.append(await commit(*arguments, **named))
        if len(tries) == 1:
            raise commits.Stale("a deadlock")
        return tries[-1]

    monkeypatch.setattr(commits, "commit", tried)
    assert (await mara.type("rest"))["data"]["message"].startswith(RESTS)


async def test_while_it_is_being_committed(context, database_url):
    """A session that begins meanwhile waits for the commit, and knows of it."""
    mara = await someone(context)
    async with context.database.transaction("test") as commit:
        row = await commit.fetchrow("select version, epoch from characters where id = $1", mara.id)
        changes = [{"op": "character", "id": mara.id, "version": row["version"], "set": {"resting": True}}]
        await commit.fetch(
            named("select * from echoes_commit($1, $2, $3, 7, '{\"id\":7}', '[]', $4::jsonb, '[]', true)"),
            mara.id, row["epoch"], f"client-{mara.id}", msgspec.json.encode(changes).decode(),
        )  # fmt: skip
        entering = asyncio.create_task(commits.enter(context.database, mara.id, row["epoch"] + 1, f"client-{mara.id}"))
        waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        while not await execute(database_url, waiting):
            assert not entering.done()
            await asyncio.sleep(0)
    entrance = await entering
    me, last_command = entrance.me, entrance.last_command
    assert me.resting
    assert last_command == 7
    actor = Actor(mara.id, f"client-{mara.id}", me.epoch, last_command)
    assert await again(mara, actor=actor, number=7) == {"id": 7}


async def test_a_repeated_command_of_a_taken_over_connection_is_answered(context):
    """The command is done and gets its reply; a new command is refused."""
    mara = await someone(context)
    first = await mara.type("rest")
    former, number = mara.actor, mara.number
    await mara.enter()
    forgetful = Actor(mara.id, former.client, former.epoch, 0)
    row = await context.database.row("test", "select version from characters where id = $1", mara.id)
    changes = [{"op": "character", "id": mara.id, "version": row["version"], "set": {"resting": False}}]
    repeated = await commits.commit(
        context.database, character_id=mara.id, epoch=former.epoch, client=former.client, number=number, reply=b"{}", events=b"[]", changes=changes
    )  # fmt: skip
    assert (repeated.status, msgspec.json.decode(repeated.reply)) == ("repeated", first)
    assert (await again(mara, actor=forgetful, number=number + 1, line="drop bread"))["error"]["code"] == "signed_in_elsewhere"


async def test_a_command_that_its_commit_finds_on_record_gets_the_recorded_reply(context):
    """The session decides on the current rows without a lookup; the recorded reply replaces its decision."""
    mara = await someone(context)
    first = await mara.type("drop 1 bread")
    number = mara.number
    assert (await mara.type("drop 1 bread"))["ok"]
    assert (await mara.type("get 2 bread"))["ok"]
    forgetful = Actor(mara.id, mara.actor.client, mara.actor.epoch, 0)
    assert await again(mara, actor=forgetful, number=number, line="drop 1 bread") == first
    assert context.caching.near_copy(CHARACTER, str(mara.id)) is None, "what it was decided on is not believed"


@pytest.mark.parametrize(("number", "said"), [(4, False), (5, True), (6, True)])
async def test_a_sentence_from_before_the_session_counts_as_done_up_to_the_last_recorded_command(context, number, said):
    """Commands run in order, so a sentence before a recorded command was published; one with that very number was not."""
    mara = await someone(context)
    actor = Actor(mara.id, mara.actor.client, mara.actor.epoch, 5)
    channel = f"location:{context.world.start.location}"
    before = await context.facilities.broadcast.position(channel)
    reply = await again(mara, actor=actor, number=number, line="say hello")
    assert reply["data"]["message"].startswith("You say") == said
    assert (await context.facilities.broadcast.position(channel)).offset - before.offset == said


async def test_commands_of_one_character_are_decided_one_after_the_other(context):
    """Each sees the result of the one before it: none is decided twice."""
    mara = await someone(context)
    before = context.database.queries.copy()
    lines = ["drop 1 bread", "wear coat", "get bread", "unequip coat", "rest"]
    replies = await asyncio.gather(*(mara.type(line) for line in lines))
    assert [reply["ok"] for reply in replies] == [True] * len(lines)
    assert (context.database.queries - before)["commit"] == len(lines)


# ── the same key with another command ────────────────────────────────────────────────────────────────────────────────


async def test_the_same_number_with_another_command_is_refused(context):
    """The new command neither gets the recorded reply nor is done."""
    mara = await someone(context)
    first = await mara.type("rest")
    assert (await again(mara, line="drop bread"))["error"]["code"] == "key_reused"
    assert await again(mara) == first


def keyed(mara, key):
    """The character over HTTP, under an `Idempotency-Key`."""
    return Actor(mara.id, f"http:{key}", 0, 1, recorded=True)


async def test_a_refusal_under_a_key_stays(context):
    """The first answer to a request holds for each later sending of it."""
    mara, tomas = await someone(context), await someone(context, "Tomas")
    await tomas.type("north")
    refused = await again(mara, actor=keyed(mara, "k"), number=1, line="give ash bread to tomas")
    assert refused["error"]["code"] == "not_here"
    await tomas.type("south")
    assert await again(mara, actor=keyed(mara, "k"), number=1, line="give ash bread to tomas") == refused
    assert (await again(mara, actor=keyed(mara, "k"), number=1, line="drop ash bread"))["error"]["code"] == "key_reused"
    assert (await again(mara, actor=keyed(mara, "other"), number=1, line="give ash bread to tomas"))["ok"]


async def test_a_request_that_was_refused_elsewhere_is_not_carried_out_late(database_url, tmp_path, monkeypatch):
    """Two workers have the same request: one decides that it is possible and is held up, the other one refuses."""
    async with cluster(database_url, tmp_path, workers=2, world=QUIET) as (here, there):
        mara, tomas = await someone(here), await someone(here, "Tomas")
        commit, reached, goes_on = commits.commit, asyncio.Event(), asyncio.Event()

        async def held_up(*arguments, **named):
            if named["changes"]:
                reached.set()
                await goes_on.wait()
            return await commit(*arguments, **named)

        monkeypatch.setattr(commits, "commit", held_up)
        late = asyncio.create_task(again(mara, actor=keyed(mara, "k"), number=1, line="give ash bread to tomas"))
        await reached.wait()
        monkeypatch.setattr(commits, "commit", commit)
        had = (await here.service.whole(tomas.id))[1]
        await tomas.type("north")
        refused = msgspec.json.decode(await there.service.run(keyed(mara, "k"), Line(id=1, text="give ash bread to tomas")))
        assert refused["error"]["code"] == "not_here"
        await tomas.type("south")
        goes_on.set()
        assert await late == refused
        assert (await here.service.whole(tomas.id))[1] == had


async def test_too_fast_is_no_answer_for_good(context):
    """A request that may succeed a second later is not on record."""
    mara = await someone(context)
    actor = keyed(mara, "k")
    actor.spend = lambda _: False
    assert (await again(mara, actor=actor, number=1, line="shout hello"))["error"]["code"] == "flood"
    assert (await again(mara, actor=keyed(mara, "k"), number=1, line="shout hello"))["ok"]


async def test_a_refused_command_that_was_sent_twice_is_refused_twice(context):
    """The client sent it again before it had the answer. Another command may have its number."""
    mara, tomas = await someone(context), await someone(context, "Tomas")
    await tomas.type("north")
    refused = await mara.type("give ash bread to tomas")
    assert refused["error"]["code"] == "not_here"
    await tomas.type("south")
    assert await again(mara, line="give ash bread to tomas") == refused
    assert (await again(mara, line="rest"))["ok"]


async def test_a_session_that_has_forgotten_is_refused_by_postgresql(context):
    """It looks nothing up, decides, and the commit finds the record of another command."""
    mara = await someone(context)
    await mara.type("rest")
    forgetful = Actor(mara.id, mara.actor.client, mara.actor.epoch, 0)
    assert (await again(mara, actor=forgetful, line="drop bread"))["error"]["code"] == "key_reused"
    assert "bread" in (await mara.type("i"))["data"]["message"]


async def test_another_sentence_under_the_number_of_a_published_one(context):
    mara = await someone(context)
    said = await mara.type("say hello")
    assert (await again(mara, line="say goodbye"))["error"]["code"] == "key_reused"
    assert await again(mara, line="say hello") == said


async def test_another_sentence_with_a_known_number_over_another_connection_is_delivered(context):
    """The new connection has no record of the first one: a sentence with a successful reply is published, under its own key."""
    mara = await someone(context)
    channel = f"location:{context.world.start.location}"
    await mara.type("say hello")
    await mara.enter()
    before = await context.facilities.broadcast.position(channel)
    assert (await again(mara, line="say goodbye"))["ok"]
    assert (await again(mara, actor=Actor(mara.id, mara.actor.client, mara.actor.epoch, 0), line="say goodbye"))["ok"]
    after = await context.facilities.broadcast.position(channel)
    assert after.offset == before.offset + 1


async def test_a_record_of_an_older_release_is_compared_with_nothing(context, database_url):
    mara = await someone(context)
    first = await mara.type("rest")
    await execute(database_url, "update commands set digest = ''")
    assert await again(mara, line="drop bread") == first


async def test_a_worker_of_the_older_release_commits_without_a_digest(context):
    """Nine arguments, as it was before."""
    mara = await someone(context)
    row = await context.database.row("test", "select version, epoch from characters where id = $1", mara.id)
    changes = [{"op": "character", "id": mara.id, "version": row["version"], "set": {"resting": True}}]
    sql = named("select status from echoes_commit($1, $2, 'older', 1, '{}', '[]', $3::jsonb, '[]', true)")
    arguments = mara.id, row["epoch"], msgspec.json.encode(changes).decode()
    assert [(await context.database.row("test", sql, *arguments))["status"] for _ in range(2)] == ["done", "repeated"]


async def test_a_fresh_command_costs_no_more_queries_than_its_commit(context):
    mara = await someone(context)
    await mara.type("rest")
    before = context.database.queries.copy()
    assert (await mara.type("drop 1 bread"))["ok"]
    await mara.type("i")
    asked = context.database.queries - before
    timers = {name for name in asked if name.startswith(("timers.", "npcs."))}  # the worker's own, which look for due timers
    assert {name: number for name, number in asked.items() if name not in timers} == {"commit": 1}, "and nothing is looked up"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Move(direction="north"), Move(id=9, direction="north")),
        (Look(), Look(target=None)),
        (PickUp(item="bread"), PickUp(id=2, item="bread", quantity=None)),
    ],
)
def test_equal_commands_have_equal_digests(one, other):
    assert digest_of(one) == digest_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Say(text="north"), Line(text="north")),
        (Move(direction="north"), Move(direction="south")),
        (PickUp(item="bread"), PickUp(item="bread", quantity=1)),
        (PickUp(item="bread"), Drop(item="bread")),
    ],
)
def test_digests_of_different_commands_differ(one, other):
    assert digest_of(one) != digest_of(other)
