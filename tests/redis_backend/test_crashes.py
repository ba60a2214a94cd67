"""Bugs in the background work of a backend: each is logged, counted by the core, and the work continues."""

import pytest
from echoes.clock import ManualClock
from echoes.metrics import counting  # noqa: F401 - it counts what is reported
from echoes_memory.broadcast import MemoryBroadcast
from echoes_redis.channel_reader import ChannelReader
from prometheus_client import REGISTRY
from redis_crowd import eventually
from redis_workers import at, broadcasting, serving
from structlog.testing import capture_logs


def crashes():
    """Crashes of backends that were counted by now."""
    return REGISTRY.get_sample_value("echoes_crashes_total", {"place": "backend"})


def fail(*_):
    """A bug."""
    raise ValueError("a test says so")


async def failing(*_):
    """A bug in a coroutine."""
    raise ValueError("a test says so")


@pytest.fixture
async def worker(redis_server):
    """A driver and a broadcast that checks and probes often."""
    backend = at(redis_server.url, check_interval=0.05, probe_interval=0.05)
    async with serving(backend.driver()) as (driver,), broadcasting(backend, driver) as (broadcast,):
        await driver.call("FLUSHALL")
        yield driver, broadcast


async def test_a_sink_that_fails_is_counted(worker):
    """Other subscribers get the message."""
    _, broadcast = worker
    before, heard = crashes(), []
    await broadcast.subscribe("location:yard", fail)
    await broadcast.subscribe("location:yard", heard.append)
    await broadcast.publish("location:yard", b"one")
    await eventually(lambda: len(heard) == 1)
    assert crashes() == before + 1


async def test_a_repair_that_fails_is_counted(worker, monkeypatch):
    """The next comparison repairs the channel: it got no message until then, and misses none."""
    _, broadcast = worker
    heard = []
    await broadcast.subscribe("location:yard", heard.append)
    before = crashes()
    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(ChannelReader, "recover", fail)
        broadcast._heal(broadcast._channel_readers["location:yard"])
        await eventually(lambda: crashes() > before)
    assert "broadcast.heal_crashed" in {one["event"] for one in logs}
    await broadcast.publish("location:yard", b"one")
    await eventually(lambda: len(heard) == 1)


@pytest.mark.parametrize(("part", "event"), [("_check", "broadcast.check_crashed"), ("_probe._once", "broadcast.probe_crashed")])
async def test_a_check_and_a_probe_that_fail_are_counted_and_repeated(worker, monkeypatch, part, event):
    """Each time."""
    _, broadcast = worker
    *path, name = part.split(".")
    owner = getattr(broadcast, path[0]) if path else broadcast
    before = crashes()
    with capture_logs() as logs:
        monkeypatch.setattr(owner, name, failing)
        await eventually(lambda: crashes() >= before + 2)
    assert event in {one["event"] for one in logs}


async def test_a_step_after_a_reconnect_that_fails_is_counted(worker):
    """The driver stays connected."""
    driver, _ = worker
    before, connections = crashes(), driver.facts.connections
    driver.on_connected(fail)
    driver.drop("a test says so")
    await eventually(lambda: driver.facts.connections > connections and driver.facts.connected)
    assert crashes() == before + 1


async def test_the_memory_backend_reports_too():
    """A sink that fails."""
    before, broadcast = crashes(), MemoryBroadcast(ManualClock())
    await broadcast.subscribe("location:yard", fail)
    await broadcast.publish("location:yard", b"one")
    assert crashes() == before + 1
