"""Sampling of one character's commands: on each worker, with their steps, bounded, and over by itself."""

import asyncio
import json

import msgspec
import pytest
from echoes import sampling, steps
from echoes.errors import Unavailable
from echoes.game.service import Actor
from echoes.sampling import STEPS, Sampling
from echoes.storage import samplings
from echoes.storage.samplings import Sample
from echoes.wire import Line
from operating import refused

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


def sampling_of(context):
    """The sampling of a worker: the service asks it."""
    return context.service._recorder_of.__self__


async def sampled(context, player, *, on=True):
    """Return once a worker knows that a character is sampled, or is not."""
    async with asyncio.timeout(5):
        while (player.id in sampling_of(context)._until) is not on:
            await asyncio.sleep(0.05)


async def samples(api, player, number):
    """Return the samples once there are `number` of them."""
    async with asyncio.timeout(5):
        while len(found := (await api.get(f"/players/{player.id}/samples", count=1000)).json()) < number:
            await asyncio.sleep(0.05)
    return found


async def test_commands_are_sampled_on_each_worker(api, contexts):
    """With outcome, duration, worker, correlation id and steps; another player's are not; after the end none is."""
    mara, tomas = await api.player(), await api.player()
    assert (await api.post(f"/players/{mara.id}/debug", minutes=5)).status_code == 204
    for context in contexts:
        await sampled(context, mara)
    replies = [await mara.type("drop 1 bread"), await mara.type("nonsense")]
    assert (await tomas.type("look"))["ok"]
    other = Actor(mara.id, "http:elsewhere", 0, 0)
    replies.append(msgspec.json.decode(await contexts[1].service.run(other, Line(id=1, text="say hello"))))
    found = await samples(api, mara, 3)
    assert [one["correlation_id"] for one in found] == [one["correlation_id"] for one in replies]
    assert [(one["command"], one["outcome"]) for one in found] == [("drop", "ok"), ("unknown", "unknown"), ("say", "ok")]
    assert [one["worker"] for one in found] == [contexts[0].worker_id] * 2 + [contexts[1].worker_id]
    names = [one["name"] for one in found[0]["steps"]]
    for expected in ("turn", "decide", "pool", "query commit", "project", "publish", "broadcast.publish", "session.write"):
        assert expected in names, names
    for one in found:
        assert one["seconds"] > 0
        assert [step["after"] for step in one["steps"]] == sorted(step["after"] for step in one["steps"])
        assert all(step["after"] >= 0 and step["after"] + step["seconds"] <= one["seconds"] + 0.001 for step in one["steps"])
    text = json.dumps(found)
    assert "hello" not in text
    assert "bread" not in text
    assert (await api.get(f"/players/{tomas.id}/samples")).json() == []
    assert (await api.post(f"/players/{mara.id}/debug/end")).status_code == 204
    for context in contexts:
        await sampled(context, mara, on=False)
    assert (await mara.type("look"))["ok"]
    assert len(await samples(api, mara, 3)) == 3
    assert [one.action for one in await api.entries(character_id=mara.id)][-1] == "debug"


async def test_a_sampling_ends_by_itself(api):
    """Without a poll, and without an operator."""
    mara = await api.player()
    assert (await api.post(f"/players/{mara.id}/debug", minutes=0.03)).status_code == 204
    await sampled(api.context, mara)
    async with asyncio.timeout(10):
        while mara.id in sampling_of(api.context)._until:
            assert (await mara.type("look"))["ok"]
            await asyncio.sleep(0.05)
    before = len(await samples(api, mara, 1))
    assert (await mara.type("look"))["ok"]
    await asyncio.sleep(0.3)
    assert len(await samples(api, mara, 1)) == before


async def test_only_a_moderator_begins_a_sampling(api):
    """A viewer reads the samples; each look has an entry; a character that does not exist is not found."""
    mara, viewer = await api.player(), await api.token("viewer")
    assert refused(await api.post(f"/players/{mara.id}/debug", token=viewer)) == (403, "not_allowed")
    assert refused(await api.post(f"/players/{mara.id}/debug/end", token=viewer)) == (403, "not_allowed")
    assert (await api.get(f"/players/{mara.id}/samples", token=viewer)).json() == []
    assert (await api.entries(action="samples", character_id=mara.id))[0].reason == "a test asks for it"
    assert refused(await api.post("/players/999999999/debug")) == (404, "no_character")
    assert refused(await api.post(f"/players/{mara.id}/debug", minutes=61)) == (400, "bad_request")


async def test_samplings_are_bounded(api, monkeypatch):
    """One character more than can be is refused; the same one again is not another one, and those that are over make room."""
    monkeypatch.setattr(samplings, "AT_ONCE", 1)
    await api.context.database.rows("test", "delete from samplings")
    mara, tomas = await api.player(), await api.player()
    for _ in range(2):
        assert (await api.post(f"/players/{mara.id}/debug")).status_code == 204
    assert refused(await api.post(f"/players/{tomas.id}/debug")) == (422, "too_many")
    await api.context.database.rows("test", "update samplings set until = 1")
    assert (await api.post(f"/players/{tomas.id}/debug")).status_code == 204
    assert (await api.post(f"/players/{tomas.id}/debug/end")).status_code == 204


async def test_samples_are_bounded(api, monkeypatch):
    """In PostgreSQL the newest of a character stay; a command keeps its first steps; what waits for PostgreSQL is bounded, too."""
    monkeypatch.setattr(samplings, "KEPT", 3)
    monkeypatch.setattr(sampling, "WAITING", 5)
    mara = await api.player()
    one = Sampling(api.context.database, "w")

    def take(number):
        one.take(Sample(mara.id, str(number), "look", "ok", 0.1, "w", []))

    for number in range(8):
        take(number)
    assert [sample.correlation_id for sample in one._waiting] == ["3", "4", "5", "6", "7"]
    await one.keep()
    kept = await samplings.newest(api.context.database, mara.id, 10)
    assert [sample.correlation_id for sample in kept] == ["5", "6", "7"]

    async def away(*_):
        raise Unavailable

    monkeypatch.setattr(samplings, "keep", away)
    take(8)
    with pytest.raises(Unavailable):
        await one.keep()
    assert one.some_waiting.is_set()
    assert [sample.correlation_id for sample in one._waiting] == ["8"]
    recorder = sampling.SampleRecorder(one, mara.id)
    for _ in range(STEPS + 1):
        recorder.step("query", 1.0, 2.0)
    recorder.done("look", "ok")
    assert len(one._waiting[-1].steps) == STEPS


async def test_without_a_sampling_a_command_records_nothing(api, monkeypatch):
    """It asks once whether its character is sampled; no step is looked at."""
    mara, asked = await api.player(), []
    monkeypatch.setattr(api.context.service, "_recorder_of", asked.append)
    monkeypatch.setattr(sampling.SampleRecorder, "step", lambda *_: pytest.fail("a step was recorded"))
    for _ in range(10):
        assert (await mara.type("look"))["ok"]
    assert asked == [mara.id] * 10
    assert steps.RECORDER.get() is None
