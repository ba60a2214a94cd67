"""Timers at work: with any workers, outages and bugs, each occurrence happens once and its event comes once."""

import asyncio

import pytest
import structlog
from cluster import QUIET, cluster, someone
from echoes import channels
from echoes.channels import location_channel
from echoes.errors import ConfigurationError, Unavailable
from echoes.game.clockwork import TRIES, specs_of
from echoes.game.facts import NpcArrived
from echoes.game.observers import Observer, observe
from echoes.game.timers import Happened, TimerSpec
from echoes.storage import timers
from echoes.wire import Happening
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
HERE = "kiln_yard"


def falls(rows):
    event = channels.to_location(HERE, "location_update", Happening("decayed", f"Ash {rows.timer.version}.", location_id=HERE))
    return Happened(events=[event], facts=[NpcArrived(npc="ash", location_id=HERE)], after=None)


ASH = TimerSpec("ash", falls)


@pytest.fixture
async def workers(database_url, tmp_path):
    async with cluster(database_url, tmp_path, workers=2, world=QUIET) as two:
        for one in two:
            one.clockwork.specs = specs_of([ASH])
        yield two


async def heard(context):
    found = []
    subscription = await context.facilities.broadcast.subscribe(location_channel(HERE), found.append)
    return found, subscription


async def gone(context, kind="ash"):
    async with asyncio.timeout(20):
        while any(one.kind == kind for one in await timers.kinds(context.database)):
            await asyncio.sleep(0.05)


async def test_each_timer_runs_once_and_its_event_is_delivered_once(workers, database_url):
    """On the worker that has its part; its fact is on record, its events are marked as published."""
    found, _ = await heard(workers[0])
    for number in range(50):
        await timers.arm(workers[0].database, "ash", f"location:{number}", 0)
    await gone(workers[0])
    async with asyncio.timeout(10):
        while len(found) < 50 or await execute(database_url, "select from occurrences where not published"):
            await asyncio.sleep(0.05)
    assert len(await execute(database_url, "select from facts where type = 'npc_arrived' and body ->> 'npc' = 'ash'")) == 50


async def test_parts_are_shared_and_taken_over(workers):
    """Two workers hold eight each; when one has left, the other has all of them."""
    async with asyncio.timeout(20):
        while [len(one.clockwork.parts.held) for one in workers] != [8, 8]:
            await asyncio.sleep(0.05)
    await workers[1].membership.begin_to_leave()
    await workers[1].clockwork.parts.leave()
    workers[1].clockwork.parts.turn = lambda: asyncio.sleep(0, {})
    async with asyncio.timeout(20):
        while len(workers[0].clockwork.parts.held) != timers.PARTS:
            await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        while {(one.part, one.worker) for one in await timers.parts(workers[0].database)} != {
            (part, workers[0].worker_id) for part in range(timers.PARTS)
        }:
            await asyncio.sleep(0.05)


async def test_a_rule_that_fails_is_tried_again_and_holds_up_no_other(workers):
    """The error is logged; others of its kind and other kinds go on."""
    broken = {"location:bad"}

    def fails(rows):
        if rows.timer.subject in broken:
            raise ValueError(rows.timer.subject)
        return Happened()

    for one in workers:
        one.clockwork.specs = specs_of([TimerSpec("ash", fails)])
    for subject in ("location:bad", "location:good"):
        await timers.arm(workers[0].database, "ash", subject, 0)
    async with asyncio.timeout(20):
        while [(one.armed, one.failing) for one in await timers.kinds(workers[0].database)] != [(1, 1)]:
            await asyncio.sleep(0.05)
    broken.clear()
    await gone(workers[0])


async def test_an_absent_postgresql_is_no_fault_of_a_rule(workers):
    """No error is logged for the rule; it is tried again."""
    away = [True]

    async def read(*_):
        if away:
            away.clear()
            raise Unavailable

    for one in workers:
        one.clockwork.specs = specs_of([TimerSpec("far", lambda _: Happened(), read)])
    with structlog.testing.capture_logs() as logs:
        await timers.arm(workers[0].database, "far", "location:far", 0)
        await gone(workers[0], "far")
    assert not away
    assert not [one for one in logs if one["event"] == "timers.rule_failed"]


async def test_rows_that_always_change_are_no_fault_of_a_rule(workers, database_url):
    """The fighters of a round are busy: it is tried again a little later, without a traceback."""
    mara = await someone(workers[0])
    tries = []

    async def read(*_):
        tries.append(await execute(database_url, f"select version from characters where id = {mara.id}"))  # noqa: S608
        if len(tries) <= TRIES:
            await execute(database_url, f"update characters set version = version + 1 where id = {mara.id}")  # noqa: S608
        return tries[-1][0]["version"]

    def rests(rows):
        return Happened(changes=[{"op": "character", "id": mara.id, "version": rows.found, "set": {"resting": True}}])

    for one in workers:
        one.clockwork.specs = specs_of([TimerSpec("busy", rests, read)])
    with structlog.testing.capture_logs() as logs:
        await timers.arm(workers[0].database, "busy", "location:busy", 0)
        await gone(workers[0], "busy")
    assert len(tries) == TRIES + 1
    assert not [one for one in logs if one["event"] == "timers.rule_failed"]


async def test_a_timer_of_an_unknown_kind_stays_and_changes_nothing(workers):
    """Its extension was removed, and may come back."""
    await timers.arm(workers[0].database, "unknown.kind", "location:x", 0)
    async with asyncio.timeout(20):
        while not (await timers.kinds(workers[0].database))[0].failing:
            await asyncio.sleep(0.05)
    (kind,) = await timers.kinds(workers[0].database)
    assert (kind.kind, kind.armed, kind.due) == ("unknown.kind", 1, 0)


@pytest.mark.parametrize(("catch_up", "times"), [("skip", 0), ("once", 1), ("each", 3)])
async def test_an_outage_is_caught_up_as_the_kind_says(workers, catch_up, times):
    """Of three that were missed, none, one or all happen."""
    seen = []

    def rule(rows):
        seen.append(rows.timer.version)
        return Happened(after=100.0)

    for one in workers:
        one.clockwork.specs = specs_of([TimerSpec("ash", rule, catch_up=catch_up, most=10, interval=100.0)])
    await timers.arm(workers[0].database, "ash", "location:late", -250)
    async with asyncio.timeout(20):
        while any(one.due for one in await timers.kinds(workers[0].database)):
            await asyncio.sleep(0.05)
    assert len(seen) == times


async def test_an_observer_sees_every_fact_in_order_and_again_when_it_fails(workers):
    """From when it was first known; one that fails gets the same facts again."""
    seen, failing = [], [True]

    async def see(facts):
        if failing:
            raise OSError(failing.pop())
        seen.extend(facts)

    watcher = Observer("test", see, frozenset({"npc_arrived"}))
    await observe(workers[0].database, watcher)
    for number in range(5):
        await timers.arm(workers[0].database, "ash", f"location:{number}", 0)
    await gone(workers[0])
    async with asyncio.timeout(20):
        while len(seen) < 5:
            await observe(workers[0].database, watcher)
            await asyncio.sleep(0.02)
    assert [one.id for one in seen] == sorted({one.id for one in seen})
    assert not failing
    await observe(workers[0].database, watcher)
    assert len(seen) == 5


async def test_a_command_records_its_facts(workers, database_url):
    """With its changes: a step north is a fact of the one who took it."""
    mara = await someone(workers[0])
    await mara.type("drop bread")
    rows = await execute(database_url, "select character_id, body::text from facts where type = 'dropped'")
    assert [(row["character_id"], '"ash_bread"' in row["body"]) for row in rows] == [(mara.id, True)]


def test_two_timers_of_one_kind_are_refused():
    """And one that cannot come again as it says."""
    with pytest.raises(ConfigurationError, match="two timers are called 'ash'"):
        specs_of([ASH], [ASH])
    with pytest.raises(ConfigurationError, match="interval"):
        specs_of([TimerSpec("ash", falls, catch_up="skip")])
