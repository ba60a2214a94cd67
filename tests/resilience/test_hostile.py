"""A backend whose code is at fault: with any exception or answer it counts as unavailable, is named, and breaks nothing else."""

import asyncio
import inspect
from functools import partial

import pytest
from cluster import cluster, someone
from echoes.errors import ConfigurationError, FacilityError, FacilityFull, FacilityUnavailable, Refused, StaleEpoch
from echoes.facilities import (
    Broadcast,
    Cache,
    CachedKind,
    ConnectionInfo,
    Entry,
    Facilities,
    Gap,
    Lease,
    LockManager,
    Registry,
    SessionStore,
    WorkerInfo,
)
from echoes.resilience import Resilience
from echoes.resilience.breaker import LONGEST_PAUSE, Breaker
from echoes.resilience.guarded import guarded, trusted
from echoes_memory.broadcast import MemoryBroadcast
from structlog.testing import capture_logs

PROTOCOLS = {"session": SessionStore, "registry": Registry, "cache": Cache, "broadcast": Broadcast, "lock": LockManager}
NOTE = CachedKind("note", "note:{id}", "string", 60.0, dict)
GIVEN = {
    "character": 7, "worker": "w", "connection": "c", "fields": {}, "ttl": 9.0, "epoch": 1, "characters": [7], "grace": 1.0,
    "location": "yard", "version": 1, "limit": 5, "word": "mara", "info": WorkerInfo(worker_id="w", started=0.0), "kind": NOTE, "id": "7",
    "entry": Entry(1, b"{}"), "generation": 1, "channel": "location:yard", "payload": b"{}", "since": None, "sink": print, "name": "tick",
    "lease": Lease("tick", 1),
}  # fmt: skip
METHODS = {
    facility: [name for name, promise in vars(protocol).items() if inspect.iscoroutinefunction(promise)]
    for facility, protocol in PROTOCOLS.items()
}
ANSWER_NOTHING = {"touch", "attach", "heartbeat", "retire", "invalidate", "drop", "renew"}
MAY_ANSWER_NONE = {("session", "read"), ("registry", "locate"), ("cache", "read"), ("lock", "acquire")}


class Hostile:
    """A facility each of whose methods does the same."""

    def __init__(self, facility, act) -> None:
        for name, promise in vars(PROTOCOLS[facility]).items():
            if inspect.iscoroutinefunction(promise):
                setattr(self, name, act)


async def never_awaited():
    """The coroutine that a method returns when its author forgot to await."""


def raising(error):
    async def act(*_, **__):
        raise error

    return act


def answering(make):
    async def act(*_, **__):
        return make()

    return act


async def hang(*_, **__):
    await asyncio.Event().wait()


ACTS = {
    "type-error": raising(TypeError("no such thing")),
    "not-implemented": raising(NotImplementedError()),
    "os-error": raising(ConnectionResetError("the driver's own")),
    "timeout": raising(TimeoutError()),
    "bare-facility-error": raising(FacilityError("of no kind")),
    "player-error": raising(Refused("no", "a player's error")),
    "configuration-error": raising(ConfigurationError("an operator's error")),
    "cancelled": raising(asyncio.CancelledError()),
    "system-exit": raising(SystemExit(3)),
    "group": raising(ExceptionGroup("several", [ValueError("one")])),
    "hangs": hang,
    "a-coroutine": answering(never_awaited),
    "an-object": answering(object),
}


def call_of(facility, name):
    """The arguments of a call, by name."""
    wanted = inspect.signature(getattr(PROTOCOLS[facility], name)).parameters
    given = {one: GIVEN[one] for one, parameter in wanted.items() if one in GIVEN and parameter.default is parameter.empty}
    if (facility, name) == ("registry", "attach"):
        given["info"] = ConnectionInfo("c", 1, 0.0)
    return given


def _answers_nothing(facility, name):
    return name in ANSWER_NOTHING or (facility, name) == ("session", "write")


def behind(facility, act, clock):
    """A hostile facility as the core calls it, and its breaker."""
    breaker = Breaker("hostile", clock, failures=3, patience=0.02)
    protocol = PROTOCOLS[facility]
    return guarded(facility, protocol, trusted(facility, protocol, Hostile(facility, act), breaker), breaker), breaker


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("facility", PROTOCOLS)
async def test_every_failure_of_a_method_makes_the_facility_unavailable_and_names_it(facility, act, clock):
    """Three times in a row open the breaker; health names facility and method; there is one line for it."""
    for name in METHODS[facility]:
        face, breaker = behind(facility, ACTS[act], clock)
        call = partial(getattr(face, name), **call_of(facility, name))
        if act == "an-object" and _answers_nothing(facility, name):
            await call()
            continue
        with capture_logs() as logs:
            for _ in range(3):
                with pytest.raises(FacilityUnavailable):
                    await call()
        assert breaker.is_open, name
        if act != "hangs":
            assert f"{facility}.{name}" in " ".join(breaker.ailments)
            (line,) = (one for one in logs if one["event"] == "facility.faulty")
            assert (line["backend"], line["facility"], line["method"]) == ("hostile", facility, name)


@pytest.mark.parametrize("facility", PROTOCOLS)
async def test_none_is_no_answer_where_something_is_promised(facility, clock):
    """A method that forgot to return."""
    for name in METHODS[facility]:
        face, _ = behind(facility, answering(lambda: None), clock)
        call = partial(getattr(face, name), **call_of(facility, name))
        if _answers_nothing(facility, name) or (facility, name) in MAY_ANSWER_NONE:
            assert await call() is None
        else:
            with pytest.raises(FacilityUnavailable, match=rf"{facility}\.{name} answered with NoneType"):
                await call()


async def test_the_promised_errors_of_a_facility_pass(clock):
    """A newer owner is an answer, and no failure; from another method it is a failure."""
    breaker = Breaker("store", clock, failures=1, patience=1.0)
    refused = raising(StaleEpoch("newer"))
    sessions = guarded("session", SessionStore, trusted("session", SessionStore, Hostile("session", refused), breaker), breaker)
    with pytest.raises(StaleEpoch):
        await sessions.touch(7, 1, 9.0)
    assert not breaker.is_open
    with pytest.raises(FacilityUnavailable):
        await sessions.read(7)
    assert breaker.is_open


async def test_a_caller_that_is_cancelled_stays_cancelled(clock):
    """Its cancellation is not the backend's."""
    breaker = Breaker("store", clock, failures=1, patience=9.0)
    face = guarded("broadcast", Broadcast, trusted("broadcast", Broadcast, Hostile("broadcast", hang), breaker), breaker)
    calling = asyncio.create_task(face.position("location:yard"))
    await asyncio.sleep(0)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert not breaker.is_open


async def test_one_method_that_fails_is_not_hidden_by_others_that_work(near, clock):
    """Its failures are counted by themselves, and a trial meets it: the breaker does not close until it works."""

    class Mute:
        def __getattr__(self, name):
            return getattr(near.broadcast, name)

        publish = staticmethod(raising(TypeError("mute")))

    mute = Mute()
    stores = Facilities(near.sessions, near.registry, near.cache, mute, near.locks)
    resilience = Resilience(stores, dict.fromkeys(PROTOCOLS, "m"), None, clock, patience=1.0)
    with capture_logs() as logs:
        for _ in range(200):
            await resilience.facilities.registry.locate(7)
            with pytest.raises(FacilityUnavailable):
                await resilience.broadcast.publish("location:yard", b"{}", key="k")
            await clock.advance(0.5)
            await resilience.resync()
    assert any("broadcast.publish raised TypeError: mute" in said for said in resilience.away)
    assert sum(one["event"] in {"breaker.opened", "breaker.closed", "facility.faulty"} for one in logs) <= 6
    mute.publish = near.broadcast.publish
    await clock.advance(LONGEST_PAUSE)
    await resilience.resync()
    await resilience.broadcast.publish("location:yard", b"{}", key="k")


async def test_a_breaker_that_flaps_waits_longer_each_time(clock):
    """A trial that says nothing of what follows it does not open and close the breaker for ever."""
    breaker = Breaker("store", clock, failures=3, patience=1.0)
    trials = 0

    async def works():
        nonlocal trials
        trials += 1

    for _ in range(120):  # a minute
        for _ in range(3):
            with pytest.raises(FacilityUnavailable):
                await breaker.call(raising(FacilityUnavailable("no")))
        await clock.advance(0.5)
        await breaker.try_again(works)
    assert trials <= 8


@pytest.mark.parametrize("item", [None, b"bytes", object()], ids=["None", "bytes", "object"])
async def test_a_sink_that_is_called_with_something_else(near, clock, item):
    """It is not handed on; what it should have been is missed, so there is a gap, and everything after it."""
    sinks = []

    class Babble:
        def __getattr__(self, name):
            return getattr(near.broadcast, name)

        async def subscribe(self, channel, sink, *, since=None):
            sinks.append(sink)
            return await near.broadcast.subscribe(channel, sink, since=since)

    stores = Facilities(near.sessions, near.registry, near.cache, Babble(), near.locks)
    resilience = Resilience(stores, dict.fromkeys(PROTOCOLS, "m"), None, clock, patience=1.0)
    heard = []
    await resilience.broadcast.subscribe("location:yard", heard.append)
    await resilience.broadcast.publish("location:yard", b"1", key="1")
    sinks[0](item)
    await resilience.broadcast.publish("location:yard", b"2", key="2")
    await resilience.resync()
    await resilience.broadcast.publish("location:yard", b"3", key="3")
    assert [type(one) is Gap or one.payload for one in heard] == [b"1", True, b"3"]
    assert "sink" in resilience.away[0]


async def test_a_subscription_that_cannot_be_closed_or_asked(near, clock):
    """It is closed for its listener all the same."""

    class Stuck:
        channel = "location:yard"

        @property
        def position(self):
            raise TypeError("nowhere")

        async def close(self):
            raise OSError("stuck")

    class Sticky:
        def __getattr__(self, name):
            return getattr(near.broadcast, name)

        async def subscribe(self, channel, sink, *, since=None):
            await near.broadcast.subscribe(channel, sink, since=since)
            return Stuck()

    stores = Facilities(near.sessions, near.registry, near.cache, Sticky(), near.locks)
    resilience = Resilience(stores, dict.fromkeys(PROTOCOLS, "m"), None, clock, patience=1.0)
    heard = []
    subscription = await resilience.broadcast.subscribe("location:yard", heard.append)
    at = await resilience.broadcast.publish("location:yard", b"1")
    assert subscription.position == at
    await subscription.close()
    await resilience.broadcast.publish("location:yard", b"2")
    assert [one.payload for one in heard] == [b"1"]


async def test_full_is_not_away(clock):
    """A thousand refusals for lack of room open nothing; they are logged once, and again after a time with room."""
    breaker = Breaker("store", clock, failures=3, patience=1.0)
    room = False

    async def needs_room():
        if not room:
            raise FacilityFull("no room")

    with capture_logs() as logs:
        for _ in range(1000):
            with pytest.raises(FacilityFull):
                await breaker.call(needs_room, operation="cache.write")
        assert not breaker.is_open
        assert breaker.ailments == ["store is full: no room"]
        for _ in range(60):
            await clock.advance(0.5)
            try:
                await breaker.try_again(needs_room)
            except FacilityFull:
                continue
        assert breaker.full
        room = True
        for _ in range(60):
            await clock.advance(0.5)
            await breaker.try_again(needs_room)
    assert breaker.ailments == []
    assert [one["event"] for one in logs] == ["breaker.full", "breaker.has_room"]


async def test_a_full_store_is_an_answer_to_a_trial(clock):
    """A backend that was away and is full on its return is back."""
    breaker = Breaker("store", clock, failures=1, patience=1.0)
    with pytest.raises(FacilityUnavailable):
        await breaker.call(raising(FacilityUnavailable("away")))
    with pytest.raises(FacilityFull):
        await breaker.try_again(raising(FacilityFull("no room")))
    assert not breaker.is_open


@pytest.mark.parametrize("act", ["type-error", "cancelled", "a-coroutine"])
async def test_a_committed_move_is_answered_when_broadcast_fails(database_url, tmp_path, monkeypatch, act):
    """Commit, then reply: the events are owed, the outbox continues, health names the problem; no event is lost."""
    publish, well = MemoryBroadcast.publish, True

    async def sometimes(store, channel, payload, *, key=None):
        return await (publish(store, channel, payload, key=key) if well else ACTS[act]())

    monkeypatch.setattr(MemoryBroadcast, "publish", sometimes)
    async with cluster(database_url, tmp_path) as (context,):
        mara, heard = await someone(context), []
        await context.backends.facilities.broadcast.subscribe("location:kiln_yard", heard.append)
        well = False
        with capture_logs() as logs:
            for line in ("north", "south") * 3:
                assert (await mara.type(line))["ok"], line
            assert (await mara.type("say hello"))["ok"]
        assert sum(one["log_level"] in {"error", "warning"} for one in logs) <= 5
        assert any("broadcast.publish" in said for said in context.resilience.away)
        assert context.service._outbox.owed
        well = True
        while context.service._outbox.owed:
            await asyncio.sleep(0.05)
        assert any(b"hello" in one.payload for one in heard)
