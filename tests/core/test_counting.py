"""Counting where it happens."""

import asyncio
import json
import time
from typing import get_args

import pytest
from echoes import tasks
from echoes.channels import decode_envelope, to_location
from echoes.errors import FacilityUnavailable, Refused, Unavailable
from echoes.game.commands import walking
from echoes.game.facts import Died, Fact, Moved
from echoes.metrics import counting
from prometheus_client import REGISTRY
from structlog.testing import capture_logs


def value(name, **labels):
    """A sample's value now, 0 when it was never counted."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_slow_question_is_counted_and_logged_once():
    """By its purpose, and with its seconds; a quick one is only timed."""
    with capture_logs() as logs:
        for purpose, slow in (("test.slow", 0.0), ("test.quick", 60.0)):
            with counting.Query(purpose, slow) as query:
                query.connected()
    (said,) = logs
    assert (said["event"], said["purpose"], said["log_level"]) == ("database.query_slow", "test.slow", "warning")
    assert said["seconds"] >= 0
    assert value("echoes_slow_queries_total", purpose="test.slow") == 1
    assert value("echoes_slow_queries_total", purpose="test.quick") == 0
    assert value("echoes_query_seconds_count", purpose="test.quick") == 1


def test_waiting_for_a_connection_is_no_query():
    """It is a wait for the pool; a query that got no connection has taken PostgreSQL no time."""
    waits = value("echoes_pool_wait_seconds_count")
    with counting.Query("test.unconnected", 60.0) as query:
        query.failed()
    assert value("echoes_query_seconds_count", purpose="test.unconnected") == 0
    assert value("echoes_query_failures_total", purpose="test.unconnected") == 1
    assert value("echoes_pool_wait_seconds_count") == waits


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "ok"), (Refused("no_exit", ""), "refused"), (Refused("a_code_of_an_extension", ""), "refused"), (Unavailable(), "unavailable"),
        (Refused("unknown_command", ""), "unknown"), ("internal", "internal"),
    ],
)  # fmt: skip
def test_a_command_is_counted_by_name_and_outcome(error, outcome):
    """Outcomes are classes: a code that an extension invents is a refusal."""
    before = value("echoes_commands_total", command="move", outcome=outcome)
    command = counting.Command()
    command.understood("move", walking.move)
    command.ended(error)
    assert value("echoes_commands_total", command="move", outcome=outcome) == before + 1


def test_a_first_mistake_is_an_increase():
    """Prometheus sees an increase only of a value that was there before: what alerts ask about is shown as 0 from the start."""
    counting.known_commands(["test.never_used"])
    counting.Turns("test.never_run", 1.0)
    assert REGISTRY.get_sample_value("echoes_commands_total", {"command": "test.never_used", "outcome": "internal"}) == 0
    assert REGISTRY.get_sample_value("echoes_commands_total", {"command": "unknown", "outcome": "internal"}) is not None
    assert REGISTRY.get_sample_value("echoes_task_runs_total", {"task": "test.never_run", "outcome": "crashed"}) == 0


@pytest.mark.parametrize("place", get_args(counting.Place))
def test_crashes_are_counted_by_place(place):
    """Each place is shown from the start, so that its first crash is an increase (alert EchoesCrashes)."""
    before = REGISTRY.get_sample_value("echoes_crashes_total", {"place": place})
    assert before is not None
    counting.crashed(place)
    assert value("echoes_crashes_total", place=place) == before + 1


class Juggled(Fact, frozen=True, tag="juggling.juggled"):
    """A fact of an extension."""


def test_a_commit_is_counted_by_facts_and_money():
    """Facts by type, those of extensions together; scrap by direction, and no other template."""
    facts = {name: value("echoes_facts_total", type=name) for name in ("died", "moved", "extension")}
    scrap = {name: value("echoes_scrap_total", direction=name) for name in ("in", "out")}
    counting.committed(
        [Died(location_id="a"), Died(location_id="b"), Juggled(), Moved(origin="a", to="b")],
        [
            {"template": "scrap", "quantity": 7, "reason": "loot"}, {"template": "scrap", "quantity": -4, "reason": "trade"},
            {"template": "bread", "quantity": 9, "reason": "loot"},
        ],
        money="scrap",
    )  # fmt: skip
    assert {name: value("echoes_facts_total", type=name) - before for name, before in facts.items()} == {
        "died": 2,
        "moved": 1,
        "extension": 1,
    }
    assert {name: value("echoes_scrap_total", direction=name) - before for name, before in scrap.items()} == {"in": 7, "out": 4}


def test_a_command_of_an_extension_is_of_its_own_family():
    """For every name of its module."""
    before = value("echoes_command_seconds_count", family="extension")
    command = counting.Command()
    command.understood("roll", test_a_command_of_an_extension_is_of_its_own_family)
    command.ended()
    assert value("echoes_command_seconds_count", family="extension") == before + 1


def test_one_message_to_many_is_counted_once_with_their_number():
    """And its age is taken from the time that the message ends with."""
    delivered, seconds = (
        value("echoes_events_delivered_total", channel="location"),
        value("echoes_delivery_seconds_sum", channel="location"),
    )
    count = value("echoes_delivery_seconds_count", channel="location")
    payload = bytes(decode_envelope(bytes(to_location("yard", "chat", {"text": "hi"}).envelope)).payload)
    assert json.loads(payload)["timestamp"].encode() == payload[-31:-2]
    time.sleep(0.02)
    counting.Delivery("location:yard").done(40, payload)
    assert value("echoes_events_delivered_total", channel="location") == delivered + 40
    assert value("echoes_delivery_seconds_count", channel="location") == count + 1
    assert 0.015 < value("echoes_delivery_seconds_sum", channel="location") - seconds < 5


@pytest.mark.parametrize("payload", [b"{}", b"", b'{"timestamp":"yesterday, or the day before y"}', b"\xff" * 40])
def test_a_message_without_a_time_is_delivered_all_the_same(payload):
    """It has no age."""
    count = value("echoes_delivery_seconds_count", channel="other")
    counting.Delivery("test").done(1, payload)
    assert value("echoes_delivery_seconds_count", channel="other") == count


async def test_turns_of_a_task_are_counted_by_outcome():
    """Done, failed in a known way, crashed by a bug; the time of the last success is kept."""
    failures = iter([FacilityUnavailable(), ZeroDivisionError()])
    done = asyncio.Event()

    async def work():
        error = next(failures, None)
        if error is not None:
            raise error
        done.set()

    began = time.time()
    with capture_logs():
        task = asyncio.create_task(tasks.every(0.001, "test-turns", work))
        await asyncio.wait_for(done.wait(), 10)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    for outcome in ("failed", "crashed", "done"):
        assert value("echoes_task_runs_total", task="test-turns", outcome=outcome) >= 1, outcome
    assert value("echoes_task_done_timestamp_seconds", task="test-turns") >= began - 0.01
    assert value("echoes_task_interval_seconds", task="test-turns") == 0.001


async def test_a_task_without_work_takes_a_turn_now_and_then(monkeypatch):
    """While it is needed, in its rhythm; otherwise rarely, so that it is seen to be alive."""
    needed, turns = asyncio.Event(), asyncio.Queue()

    async def work():
        turns.put_nowait(None)

    monkeypatch.setattr(tasks, "IDLE_SECONDS", 3600.0)
    task = asyncio.create_task(tasks.every_while(needed, 0.001, "test-needed", work))
    await asyncio.sleep(0.05)
    assert turns.empty()
    assert value("echoes_task_interval_seconds", task="test-needed") == 3600.0
    needed.set()
    for _ in range(3):
        await asyncio.wait_for(turns.get(), 10)
    task.cancel()
    await asyncio.wait([task])
    monkeypatch.setattr(tasks, "IDLE_SECONDS", 0.01)
    task = asyncio.create_task(tasks.every_while(asyncio.Event(), 0.001, "test-needed", work))
    while not turns.empty():
        turns.get_nowait()
    for _ in range(2):
        await asyncio.wait_for(turns.get(), 10)
    task.cancel()
    await asyncio.wait([task])


async def test_a_task_that_is_seldom_needed_is_not_overdue():
    """Its interval is that of its own rhythm, where this is the longer one: the alert on tasks waits for three of them."""
    task = asyncio.create_task(tasks.every_while(asyncio.Event(), 60.0, "test-seldom", lambda: asyncio.sleep(0)))
    await asyncio.sleep(0)
    assert value("echoes_task_interval_seconds", task="test-seldom") == 60.0
    task.cancel()
    await asyncio.wait([task])


async def test_the_holder_of_a_task_is_seen():
    """1 for the worker whose try got the lease, 0 for one that found it taken."""

    class Locks:
        free = True

        async def acquire(self, name, *, ttl, wait=0):
            return object() if self.free else None

        async def release(self, lease):
            return True

    locks, turns = Locks(), asyncio.Queue()

    async def work():
        turns.put_nowait(None)

    task = asyncio.create_task(tasks.every_leased(0.001, "test-lease", work, locks))
    await asyncio.wait_for(turns.get(), 10)
    assert value("echoes_task_holder", worker="0", task="test-lease") == 1
    locks.free = False
    async with asyncio.timeout(10):
        while value("echoes_task_runs_total", task="test-lease", outcome="taken") < 1:
            await asyncio.sleep(0.001)
    assert value("echoes_task_holder", worker="0", task="test-lease") == 0
    done = value("echoes_task_done_timestamp_seconds", task="test-lease")
    assert done > 0, "it was done once"
    taken = value("echoes_task_runs_total", task="test-lease", outcome="taken")
    async with asyncio.timeout(10):
        while value("echoes_task_runs_total", task="test-lease", outcome="taken") < taken + 3:
            await asyncio.sleep(0.001)
    assert value("echoes_task_done_timestamp_seconds", task="test-lease") == done, "work that others do is not ours done"
    task.cancel()
    await asyncio.wait([task])
