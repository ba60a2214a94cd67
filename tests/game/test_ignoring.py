"""`ignore`: speech of a character does not arrive, on any worker; the list is kept, bounded, and costs a message no query."""

import asyncio

import msgspec
import pytest
from cluster import cluster, someone
from echoes.game.commands.ignoring import MOST
from echoes.web.seat import Seat


class ClientWriter:
    """A client's writer that keeps the frames that the client is sent."""

    def __init__(self):
        self.sent = []

    def send(self, frame):
        self.sent.append(msgspec.json.decode(frame))

    def close(self):
        pass

    @property
    def lines(self):
        """The speech among them."""
        return [one["data"]["text"] for one in self.sent if one["type"] == "chat"]


@pytest.fixture
async def contexts(database_url, tmp_path):
    async with cluster(database_url, tmp_path, workers=2) as contexts:
        yield contexts


@pytest.fixture
def context(contexts):
    return contexts[0]


async def seated(one, resume=None):
    """A seat on the worker of a character, and what it is sent."""
    context, writer = one.context, ClientWriter()
    seat = Seat(context.hub, one.id, one.actor.epoch, "c", writer, lambda code, reason: None)
    context.hub.take_seat(seat)
    row = await context.database.row("test", "select location_id, version, ignores from characters where id = $1", one.id)
    context.hub.ignores.learn(one.id, row["version"], row["ignores"])
    followed = await context.hub.follow(seat, row["location_id"], row["version"], resume or {}, resume or {})
    seat.send_missed(followed.missed)
    await seat.release()
    return seat, writer


async def ignored(one, speaker):
    """Return once the worker that holds a session has learned whom its character ignores."""
    async with asyncio.timeout(5):
        while one.id not in one.context.hub.ignores.of(speaker.id):
            await asyncio.sleep(0)


def code(reply):
    return "" if reply["ok"] else reply["error"]["code"]


async def test_speech_of_an_ignored_player_arrives_on_no_worker(contexts):
    """Say, emote, gesture, shout: the ignored one gets the usual answers, others get all lines; a whisper is refused; unignore ends it."""
    here, there = contexts
    mara, tomas, vera = await someone(here, "Mara"), await someone(there, "Tomas"), await someone(here, "Vera")
    (_, hers), (_, veras) = await seated(mara), await seated(vera)
    reply = await mara.type("ignore TOMAS")
    assert reply["data"]["message"].startswith("You ignore Tomas: ")
    await ignored(mara, tomas)
    for line in ("say one", "emote two", "wave", "shout three"):
        assert (await tomas.type(line))["ok"], line
    assert (await vera.type("say four"))["ok"]
    refused = await tomas.type("whisper Mara five")
    assert (code(refused), refused["error"]["message"]) == ("ignored", "Mara does not listen to you.")
    assert (await tomas.type("whisper Vera six"))["ok"]
    assert hers.lines == ["four"]
    assert veras.lines == ["one", "two", "waves.", "three", "six"]
    assert (await mara.type("ignore"))["data"]["message"] == "You ignore Tomas."
    assert "unignore Tomas lets an answer reach you" in (await mara.type("whisper Tomas well?"))["data"]["message"]
    assert (await mara.type("unignore tom"))["data"]["message"] == "You hear Tomas again."
    async with asyncio.timeout(5):
        while here.hub.ignores.of(tomas.id):
            await asyncio.sleep(0)
    assert (await tomas.type("say seven"))["ok"]
    assert (await tomas.type("whisper Mara eight"))["ok"]
    assert hers.lines == ["four", "seven", "eight"]


async def test_a_change_on_another_worker_reaches_the_session(contexts):
    """A request over HTTP may come to any worker."""
    here, there = contexts
    mara, tomas = await someone(here, "Mara"), await someone(there, "Tomas")
    _, hers = await seated(mara)
    assert (await mara.ask(there, "ignore Tomas"))["ok"]
    await ignored(mara, tomas)
    assert (await tomas.type("say hello"))["ok"]
    assert hers.lines == []


async def test_a_session_begins_with_the_list_and_misses_no_other_line(context):
    """The lines of the ignored one are not among those that were missed; the others' are."""
    mara, tomas, vera = await someone(context, "Mara"), await someone(context, "Tomas"), await someone(context, "Vera")
    seat, _ = await seated(mara)
    assert (await mara.type("ignore Tomas"))["ok"]
    place = "location:kiln_yard"
    at = await context.facilities.broadcast.position(place)
    context.hub.leave(seat)
    assert context.hub.ignores.of(tomas.id) == set()
    await tomas.type("say one")
    await vera.type("say two")
    await mara.enter()
    _, writer = await seated(mara, {place: at})
    assert writer.lines == ["two"]
    await tomas.type("say three")
    assert writer.lines == ["two"]


async def test_a_lost_event_is_made_up_for_by_the_next_snapshot(context):
    """The event of the change is gone with a gap: the row that the snapshot reads has the list."""
    mara, tomas = await someone(context, "Mara"), await someone(context, "Tomas")
    seat, writer = await seated(mara)
    await context.database.rows(
        "test", "update characters set ignores = array[$2::bigint], version = version + 1 where id = $1", mara.id, tomas.id
    )
    await context.hub.send_snapshot(seat, "gap")
    await tomas.type("say hello")
    assert writer.lines == []


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("ignore Tom", "not_here"),
        ("ignore Mara", "not_possible"),
        ("unignore", "incomplete"),
        ("unignore Tomas", "not_ignored"),
    ],
)
async def test_an_unclear_name_is_refused(context, line, refused):
    """And the list stays as it is."""
    mara, _ = await someone(context, "Mara"), await someone(context, "Tomas")
    assert code(await mara.type(line)) == refused
    assert (await mara.type("ignore"))["data"]["message"] == "You ignore nobody."


async def test_a_name_twice_changes_nothing(context):
    """The row keeps its version."""
    mara, _ = await someone(context, "Mara"), await someone(context, "Tomas")
    for _ in range(2):
        assert (await mara.type("ignore Tomas"))["ok"]
    before = await context.service.row(mara.id)
    assert (await mara.type("ignore Tomas"))["data"]["message"] == "You ignore Tomas already."
    assert await context.service.row(mara.id) == before


async def test_a_list_is_bounded_and_loses_first_those_that_are_gone(context):
    """With a full list of characters that exist the command is refused, and changes nothing."""
    mara, tomas, vera = await someone(context, "Mara"), await someone(context, "Tomas"), await someone(context, "Vera")
    gone = list(range(10_000_000, 10_000_000 + MOST))
    await context.database.rows("test", "update characters set ignores = $2, version = version + 1 where id = $1", mara.id, gone)
    await context.service.row(mara.id)
    assert (await mara.type("ignore Tomas"))["ok"]
    assert (await context.service.row(mara.id)).ignores == (tomas.id,)
    await context.database.rows(
        "test",
        "insert into characters (account_id, name, skeleton, location_id, hp, max_hp, stamina, max_stamina)"
        " select account_id, 'N' || n, 'n' || n, location_id, 1, 1, 1, 1 from characters, generate_series(1, $2) n where id = $1",
        vera.id, MOST,
    )  # fmt: skip
    full = "update characters set ignores = array(select id from characters where name like 'N%'), version = version + 1 where id = $1"
    await context.database.rows("test", full, mara.id)
    await context.service.row(mara.id)
    assert code(await mara.type("ignore Vera")) == "too_many_ignored"
    assert len((await context.service.row(mara.id)).ignores) == MOST


async def test_ignoring_costs_no_query_for_a_message(context):
    """A sentence and a whisper ask PostgreSQL for nothing, with and without a list."""
    mara, tomas = await someone(context, "Mara"), await someone(context, "Tomas")
    await seated(mara)
    for ignores in (False, True):
        if ignores:
            assert (await mara.type("ignore Tomas"))["ok"]
            await ignored(mara, tomas)
        for line in ("say hello", "whisper Mara hello"):
            await tomas.type(line)
            before = context.database.queries.copy()
            await tomas.type(line)
            asked = (context.database.queries - before).keys()
            assert asked <= {"world.poll", "timers.soon"}, (line, ignores)
