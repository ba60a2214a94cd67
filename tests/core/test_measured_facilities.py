"""The facilities as the core uses them: the same, and measured."""

import asyncio
import inspect

import pytest
from echoes import metrics
from echoes.clock import ManualClock
from echoes.errors import FacilityUnavailable, StaleEpoch
from echoes.facilities import CachedKind, Entry, Facilities
from echoes.metrics.counting import channel_class
from echoes.metrics.facilities import measured
from echoes.plugins import Selection, load
from echoes.plugins.loading import PROVIDERS
from prometheus_client import REGISTRY

KIND = CachedKind("test_things", "things:{id}", "list", 600.0, list[int])


@pytest.fixture
async def facilities():
    backends = load(Selection.all("memory", extensions=False), environ={}, clock=ManualClock())
    async with backends.lifespan():
        yield backends.facilities


def value(name, **labels):
    """A sample's value now, 0 when it was never counted."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_measured_facility_has_every_operation(facilities):
    """All of the Protocol's, with the same parameters."""
    for field, (_, protocol) in zip(Facilities.__struct_fields__, PROVIDERS.values(), strict=True):
        one = getattr(measured(facilities), field)
        for name, promise in vars(protocol).items():
            if inspect.isfunction(promise) and not name.startswith("_"):
                assert list(inspect.signature(getattr(one, name)).parameters) == list(inspect.signature(promise).parameters)[1:], name


async def test_a_call_answers_the_same_and_is_timed(facilities):
    """By facility and operation."""
    before = value("echoes_facility_seconds_count", facility="broadcast", operation="publish")
    published = value("echoes_messages_published_total", channel="location")
    position = await measured(facilities).broadcast.publish("location:yard", b"{}", key="k")
    assert position == await facilities.broadcast.position("location:yard")
    assert value("echoes_facility_seconds_count", facility="broadcast", operation="publish") == before + 1
    assert value("echoes_messages_published_total", channel="location") == published + 1


async def test_an_error_passes_through_and_is_counted_by_kind(facilities):
    """A session with an owner elsewhere is no outage, and a caller who gives up is neither."""

    async def away(character):
        raise FacilityUnavailable

    async def slow(character):
        await asyncio.sleep(60)

    before = {
        kind: value("echoes_facility_errors_total", facility="session", kind=kind) for kind in ("stale_epoch", "unavailable", "cancelled")
    }
    with pytest.raises(StaleEpoch):
        await measured(facilities).sessions.touch(1, 7, 60.0)
    facilities.sessions.read = away
    with pytest.raises(FacilityUnavailable):
        await measured(facilities).sessions.read(1)
    facilities.sessions.read = slow
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await measured(facilities).sessions.read(1)
    for kind, number in before.items():
        assert value("echoes_facility_errors_total", facility="session", kind=kind) == number + 1, kind


async def test_a_refused_write_is_counted_by_kind(facilities):
    """Something newer was known."""
    cache = measured(facilities).cache
    assert await cache.write(KIND, "a", Entry(2, b"[2]"), generation=1)
    assert not await cache.write(KIND, "a", Entry(1, b"[1]"), generation=1)
    assert value("echoes_cache_writes_refused_total", kind="test_things") == 1


@pytest.mark.parametrize(
    ("channel", "sort"),
    [
        ("game:broadcast", "global"), ("game:cache", "cache"), ("game:workers", "workers"), ("location:kiln_yard", "location"),
        ("player:17", "player"), ("guild:17", "other"), ("location", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_channels_are_counted_by_class(channel, sort):
    """Never by name: there are as many as there are players."""
    assert channel_class(channel) == sort


def test_no_metric_has_an_id_in_a_label():
    """Labels come from a fixed set of names, none of which could hold an id."""
    allowed = {
        "worker", "reason", "recovered", "command", "outcome", "family", "channel", "purpose", "state", "facility", "operation",
        "kind", "backend", "result", "arm", "task", "status", "table", "rule", "observer", "place", "type", "direction",
    }  # fmt: skip
    declared = [one for one in vars(metrics).values() if hasattr(one, "_labelnames")]
    assert {label for one in declared for label in one._labelnames} == allowed
