"""Timers in PostgreSQL: what is due happens once, with its changes, facts and next time, or not at all."""

import asyncio
import itertools

import pytest
from echoes.settings import gamedata_of, read
from echoes.storage import commits, contents, database, npcs, timers
from echoes.storage.commits import Stale
from echoes.world import content
from postgres import execute

HERE = "kiln_yard"
IDS = itertools.count(1)


@pytest.fixture
async def context(database_url):
    async with database.connect(database_url, pool=8, timeout=20) as opened:
        await contents.settle(opened, content.load(gamedata_of(read())))
        await opened.rows("test", "delete from timers")  # those of the city's populations
        yield opened


async def armed(context, kind="ash", subject="location:kiln_yard", seconds=-1.0, payload=None):
    await timers.arm(context, kind, subject, seconds, payload)
    return next(one for one in await timers.soon(context, range(timers.PARTS), 1.0, 100) if (one.kind, one.subject) == (kind, subject))


async def happens(context, timer, *, after=None, changes=(), from_due=False, events=b"[]", facts=b"[]", payload=None, ledger=()):
    return await timers.happen(
        context,
        timer,
        after=after,
        from_due=from_due,
        payload=payload,
        events=events,
        changes=list(changes),
        ledger=list(ledger),
        facts=facts,
    )


def a_hound(**more):
    return {
        "op": "npc_new",
        "id": next(IDS),
        "template": "ash_hound",
        "spawn": "hounds",
        "location_id": HERE,
        "home": HERE,
        "hp": 16,
        "state": {},
        "most": 2,
        **more,
    }


async def test_it_happens_once_however_many_try(context):
    """Ten workers with the same timer: one of them applies it."""
    timer = await armed(context)
    done = await asyncio.gather(*(happens(context, timer, after=30, changes=[a_hound()]) for _ in range(10)))
    assert sum(one is not None for one in done) == 1
    assert len((await npcs.load_in(context, HERE))[1]) == 1


async def test_it_is_due_again_when_its_rule_says(context):
    """Counted from now, or from when it was due."""
    late = await armed(context, seconds=-100.0)
    await happens(context, late, after=30)
    assert not [one for one in await timers.soon(context, range(timers.PARTS), 25.0, 10) if one.late >= -25]
    again = next(iter(await timers.soon(context, range(timers.PARTS), 31.0, 10)))
    assert (again.version > late.version, -31 < again.late < -25) == (True, True)
    other = await armed(context, subject="location:other", seconds=-100.0)
    await happens(context, other, after=30, from_due=True)
    soon = next(one for one in await timers.soon(context, range(timers.PARTS), 0.0, 10) if one.subject == "location:other")
    assert 65 < soon.late < 75


async def test_without_a_next_time_it_is_gone(context):
    """And cannot happen any more."""
    timer = await armed(context)
    assert await happens(context, timer) is not None
    assert await timers.kinds(context) == []
    assert await happens(context, timer) is None


async def test_it_does_not_happen_before_it_is_due(context):
    """For any time of a worker's clock."""
    early = await armed(context, seconds=0.9)
    assert await happens(context, early, changes=[a_hound()]) is None
    assert (await npcs.load_in(context, HERE))[1] == []


async def test_a_row_that_has_changed_undoes_all_of_it(context, database_url):
    """The timer stays due, so its rule decides again."""
    timer = await armed(context)
    gone = {"op": "npc", "id": 4711, "version": 1, "location_id": HERE, "set": {"hp": 1}}
    with pytest.raises(Stale):
        await happens(context, timer, after=30, changes=[a_hound(), gone], facts=b'[{"type":"npc_arrived"}]')
    assert (await npcs.load_in(context, HERE))[1] == []
    assert await execute(database_url, "select from facts") == []
    assert await happens(context, timer) is not None


async def test_things_need_a_ledger_entry_here_too(context, database_url):
    """A timer makes nothing out of nothing."""
    timer = await armed(context)
    thing = {"op": "insert", "id": 4711, "template": "ash_bread", "quantity": 2, "durability": None, "owner": f"location:{HERE}"}
    with pytest.raises(Exception, match="without a ledger entry"):
        await happens(context, timer, changes=[thing])
    await happens(context, timer, changes=[thing], ledger=[{"template": "ash_bread", "quantity": 2, "reason": "decay"}])
    assert (await execute(database_url, "select quantity from items where id = 4711"))[0]["quantity"] == 2


async def test_its_events_are_in_the_outbox_until_they_are_marked(context):
    """As those of a command, under the timer's version."""
    timer = await armed(context)
    await happens(context, timer, after=30, events=b'[{"channel":"location:kiln_yard","envelope":{}}]')
    found = await commits.unpublished(context, -1)
    assert [(one.character_id, one.client, one.number) for one in found] == [(0, "ash:location:kiln_yard", timer.version)]
    await commits.mark_published(context, [(one.character_id, one.client, one.number) for one in found])
    assert await commits.unpublished(context, -1) == []


async def test_npcs_have_a_version_by_location(context):
    """It rises in the place that one leaves and in the one that it enters; a population has a bound."""
    timer = await armed(context)
    await happens(context, timer, after=-1, changes=[a_hound()])
    version, (hound,) = await npcs.load_in(context, HERE)
    timer = await armed(context)
    moved = {"op": "npc", "id": hound.id, "version": hound.version, "location_id": HERE, "set": {"location_id": "market_square"}}
    occurred = await happens(context, timer, after=-1, changes=[moved])
    assert dict(occurred.npc_places)[HERE] == version + 1
    assert (await npcs.load_in(context, HERE))[1] == []
    assert [one.home for one in (await npcs.load_in(context, "market_square"))[1]] == [HERE]
    timer = await armed(context)
    await happens(context, timer, after=-1, changes=[a_hound()])
    timer = await armed(context)
    with pytest.raises(Stale, match="is full"):
        await happens(context, timer, changes=[a_hound()])
    assert len(await npcs.of_spawn(context, "hounds")) == 2


async def test_a_commit_arms_and_disarms_timers(context):
    """In the same transaction as everything else."""
    timer = await armed(context)
    arms = [
        {"op": "timer", "kind": "decay", "subject": "container:1", "in": -5, "payload": {"n": 1}},
        {"op": "timer", "kind": "decay", "subject": "container:2", "in": 3600},
        {"op": "timer", "kind": "decay", "subject": "container:2", "in": -5, "keep": True},
    ]
    await happens(context, timer, changes=arms)
    found = await timers.soon(context, range(timers.PARTS), 0.0, 10)
    assert [(one.subject, one.payload) for one in found] == [("container:1", {"n": 1})]
    off = [
        {"op": "timer_off", "kind": "decay", "subject": "container:2"},
        {"op": "timer", "kind": "decay", "subject": "container:3", "in": 60},
    ]
    await happens(context, found[0], changes=off)
    assert [(one.kind, one.armed, one.due) for one in await timers.kinds(context)] == [("decay", 1, 0)]


async def test_a_failed_timer_is_due_again_later(context):
    """The timer counts as failing until it succeeds."""
    timer = await armed(context)
    await timers.postpone(context, timer, 60)
    (kind,) = await timers.kinds(context)
    assert (kind.failing, kind.due) == (1, 0)


async def test_every_subject_has_one_of_16_parts(context):
    """All of them are used, and the same subject is always in the same part."""
    for number in range(400):
        await timers.arm(context, "ash", f"npc:{number}", -1)
    by_part = [len(await timers.soon(context, [part], 0.0, 500)) for part in range(timers.PARTS)]
    assert sum(by_part) == 400
    assert min(by_part) > 5
