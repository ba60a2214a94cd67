"""A worker judges others only while its own heartbeats have arrived."""

import pytest
from echoes.errors import FacilityUnavailable
from echoes.tasks.membership import Membership
from msgspec.structs import replace

TTL = 9.0


def a_membership(facilities, clock, name="one"):
    return Membership(facilities, clock, worker_id=name, pid=1, ttl=TTL, report=lambda info: replace(info, connections=3))


async def lives(membership, clock, seconds):
    """Heartbeats for a number of seconds."""
    for _ in range(round(seconds / 3)):
        await membership.heartbeat()
        await clock.advance(3)
    await membership.heartbeat()


async def test_a_newcomer_waits_before_it_judges(facilities, clock):
    """For as long as a lease lasts."""
    membership = a_membership(facilities, clock)
    await lives(membership, clock, TTL - 3)
    assert not membership.steady
    await lives(membership, clock, 3)
    assert membership.steady


async def test_after_an_outage_every_worker_gets_time_to_send_a_heartbeat(facilities, clock, monkeypatch):
    """Leases that ran out while the store was away do not count."""
    membership = a_membership(facilities, clock)
    await lives(membership, clock, TTL)

    async def away(*_):
        raise FacilityUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(facilities.registry, "heartbeat", away)
        with pytest.raises(FacilityUnavailable):
            await membership.heartbeat()
    assert not membership.steady
    await lives(membership, clock, TTL - 3)
    assert not membership.steady
    await lives(membership, clock, 3)
    assert membership.steady


async def test_a_worker_that_was_suspended_reaps_no_other_worker(facilities, clock):
    """A worker that was stopped for longer than a lease waits first."""
    membership = a_membership(facilities, clock)
    await lives(membership, clock, TTL)
    await clock.advance(TTL + 1)
    await membership.heartbeat()
    assert not membership.steady


async def test_a_worker_publishes_that_it_joins_drains_and_leaves(facilities, clock):
    """It is listed until it leaves, and the other workers receive each event."""
    one, two = a_membership(facilities, clock), a_membership(facilities, clock, "two")
    await two.heartbeat()
    await two.listen()
    await one.heartbeat()
    await one.join()
    assert [(info.worker_id, info.connections, info.draining) for info in await facilities.registry.workers()] == [
        ("one", 3, False),
        ("two", 3, False),
    ]
    assert not two.is_leaving("one")
    await one.begin_to_leave()
    assert two.is_leaving("one")
    assert not one.is_leaving("one")
    assert (await facilities.registry.workers())[0].draining
    assert not two.left.is_set()
    await one.leave()
    assert two.left.is_set()
    assert [info.worker_id for info in await facilities.registry.workers()] == ["two"]
