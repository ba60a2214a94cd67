"""The queries that commands send to PostgreSQL: none to read, one round trip to change, and all of them past the cache in the other arm."""

import asyncio
from collections import Counter

import pytest
from cluster import cluster, someone
from echoes.errors import FacilityUnavailable
from echoes.metrics import counting
from echoes.storage import commits
from echoes.wire import Line
from postgres import execute


@pytest.fixture
async def url(database_url):
    return database_url


def asked(context, before=None):
    """The number of queries for characters (not by the background), by purpose."""
    found = Counter({purpose: count for (purpose, arm), count in context.database.by_arm.items() if arm != "background"})
    return found - (before or Counter())


LINES = ["look", "n", "look", "s", "drop 1 bread", "get bread", "i", "say hello", "who", "equip coat", "unequip coat", "map", "look me"]


async def test_commands_read_nothing_and_change_in_one_round_trip(url, tmp_path):
    """In the steady state: each command that changes something is one commit, and nothing else is asked."""
    async with cluster(url, tmp_path) as (context,):
        mara = await someone(context)
        for line in ("n", "look", "s"):  # both places have been seen
            await mara.type(line)
        before = asked(context)
        replies = [await mara.type(line) for line in LINES]
        assert all(reply["ok"] for reply in replies), replies
        changing = sum("you" in reply["data"] for reply in replies)
        assert asked(context, before) == {"commit": changing}
        assert changing == 6


async def test_the_direct_arm_reads_postgres_each_time(url, tmp_path):
    """ECHOES_CACHE=off: nothing at hand counts; rows, things, ground and people are read for every command that looks at them."""
    async with cluster(url, tmp_path, cache=0) as (context,):
        mara = await someone(context)
        await mara.type("look")
        before, commands = asked(context), Counter(context.service.commands)
        for line in LINES:
            assert (await mara.type(line))["ok"], line
        found = asked(context, before)
        assert found["character.load"] == len(LINES)
        assert found["ground.load"] >= 3
        assert found["inventory.load"] >= 5
        assert {arm for _, arm in context.service.commands} == {"direct"}
        assert (context.service.commands - commands).total() == len(LINES)
        assert {outcome for kind, outcome in context.caching.counts if kind in {"character", "inventory", "ground"}} == {"bypass"}


async def test_a_move_to_another_worker_reads_once(url, tmp_path):
    """The new worker reads the rows of a reconnecting player on entering, and none afterwards."""
    async with cluster(url, tmp_path, workers=2) as (one, other):
        mara = await someone(one)
        await mara.type("drop 1 bread")
        await mara.enter(other)
        before = asked(other)
        assert "ash" in (await mara.type("i"))["data"]["message"].lower()
        assert (await mara.type("get bread"))["ok"]
        assert asked(other, before) == {"commit": 1}


async def test_a_request_on_another_worker_is_seen_by_the_session(url, tmp_path):
    """The session's worker receives the invalidation of its kept row."""
    async with cluster(url, tmp_path, workers=2) as (one, other):
        mara = await someone(one)
        assert (await mara.ask(other, "n"))["ok"]
        assert (await mara.type("look"))["data"]["location"]["id"] == "market_square"
        assert (await mara.type("s"))["ok"]
        assert (await mara.ask(other, "look"))["data"]["location"]["id"] == "kiln_yard"


async def test_a_gift_from_another_worker_is_in_the_bag(url, tmp_path):
    """Both rows and bags are current, on either worker."""
    async with cluster(url, tmp_path, workers=2) as (one, other):
        mara, tomas = await someone(one), await someone(other, "Tomas")
        await mara.type("i")
        assert (await tomas.type("give 1 bread to Mara"))["ok"]
        bag = (await mara.type("i"))["data"]["inventory"]["items"]
        assert sum(item["quantity"] for item in bag if item["template"] == "ash_bread") == 3
        assert (await mara.type("drop 1 bread"))["ok"]


async def test_an_unpublished_invalidation_ends_the_kept_rows_of_other_workers(url, tmp_path):
    """Broadcast is away for a moment: the other worker drops its kept row with the next heartbeat."""
    async with cluster(url, tmp_path, workers=2) as (one, other):
        mara = await someone(one)
        other.service.invalidations._broadcast = _Broken()
        assert (await mara.ask(other, "n"))["ok"]
        assert other.caching.due
        before = one.caching.generation
        async with asyncio.timeout(20):
            while one.caching.generation == before:
                await asyncio.sleep(0.05)
        assert (await mara.type("look"))["data"]["location"]["id"] == "market_square"


async def test_the_rows_of_a_crashed_workers_last_commit_are_read_again(url, tmp_path):
    """The worker died between commit and cache: characters and things of the command are read again, and nothing else."""
    async with cluster(url, tmp_path, workers=2) as (one, other):
        mara, tomas = await someone(one), await someone(other, "Tomas")
        for who in (mara, tomas):
            await who.type("i")
        await tomas.type("look")
        generation, dead = one.caching.generation, other.service
        dead._settle = _died
        with pytest.raises(SystemError):
            await dead._run(tomas.actor, Line(id=tomas.number + 1, text="give 1 bread to Mara"), counting.Command())
        async with asyncio.timeout(20):
            while await execute(url, "select from commands where not published"):  # any worker sweeps
                await asyncio.sleep(0.05)
        bag = (await mara.type("i"))["data"]["inventory"]["items"]
        assert sum(item["quantity"] for item in bag if item["template"] == "ash_bread") == 3
        assert one.caching.generation == generation


async def test_a_ground_of_a_crashed_workers_last_commit_is_read_again(url, tmp_path):
    """Its things are read again once the events of the command are published."""
    async with cluster(url, tmp_path, workers=2) as (one, other):
        mara, tomas = await someone(one), await someone(other, "Tomas")
        await mara.type("look")
        dead = other.service
        dead._settle = _died
        with pytest.raises(SystemError):
            await dead._run(tomas.actor, Line(id=tomas.number + 1, text="drop 1 bread"), counting.Command())
        assert "ash_bread" not in await lies(mara)
        async with asyncio.timeout(20):
            while "ash_bread" not in await lies(mara):
                await asyncio.sleep(0.05)


async def test_a_ground_that_two_have_changed_is_shown_as_it_is(url, tmp_path, monkeypatch):
    """The later commit has not seen the other one, and does not write its own view of the ground through."""
    async with cluster(url, tmp_path, workers=2) as (one, other):
        mara, tomas = await someone(one), await someone(other, "Tomas")
        commit = commits.commit

        def first(line):
            """The next commit waits for what Tomas does."""

            async def late(*arguments, **named):
                monkeypatch.setattr(commits, "commit", commit)
                assert (await tomas.type(line))["ok"]
                return await commit(*arguments, **named)

            monkeypatch.setattr(commits, "commit", late)

        await mara.type("look")
        first("drop poker")
        assert (await mara.type("drop 1 bread"))["ok"]
        for who in (mara, tomas):
            assert {"ash_bread", "kiln_poker"} <= await lies(who)
        first("get poker")
        assert (await mara.type("drop coat"))["ok"]
        for who in (mara, tomas):
            assert "patched_coat" in await lies(who)
            assert "kiln_poker" not in await lies(who)


async def test_a_change_is_committed_then_cached_then_published_then_answered(url, tmp_path, monkeypatch):
    """So a client that gets the event or the reply reads nothing older."""
    async with cluster(url, tmp_path, workers=2) as (one, other):
        mara, _ = await someone(one), await someone(other, "Tomas")
        order = []

        def watch(of, name, step):
            work = getattr(of, name)

            async def watched(*arguments, **named):
                result = await work(*arguments, **named)
                order.append(step)
                return result

            monkeypatch.setattr(of, name, watched)

        watch(commits, "commit", "commit")
        watch(one.caching, "put", "cache")
        watch(one.caching, "invalidate", "cache")
        watch(one.service.invalidations, "changed_elsewhere", "invalidation")
        watch(one.service._outbox, "publish_recorded", "publish")
        assert (await mara.type("give 1 bread to Tomas"))["ok"]
        assert list(dict.fromkeys(order)) == ["commit", "cache", "invalidation", "publish"]
        assert order == sorted(order, key=["commit", "cache", "invalidation", "publish"].index)


async def lies(who):
    """The templates of the things on the ground where a character is."""
    return {item["template"] for item in (await who.type("look"))["data"]["location"]["items"]}


async def _died(*_):
    raise SystemError


class _Broken:
    async def publish(self, *_):
        raise FacilityUnavailable("cut off")


async def test_a_gift_to_a_player_who_has_left_is_refused(url, tmp_path):
    """The registry may not know of the move yet: the reply says so, and there is no endless retry."""
    async with cluster(url, tmp_path) as (context,):
        mara = await someone(context)
        await someone(context, "Tomas")
        line = "give 1 bread to Tomas"
        assert (await mara.type(line))["ok"]
        await execute(url, "update characters set location_id = 'market_square', version = version + 1 where name = 'Tomas'")
        refused = await mara.type(line)
        assert refused["error"]["code"] == "not_here", refused
        assert (await mara.type("look"))["ok"]
