"""How much may be said: by one speaker, and in one room, where the loudest are slowed down first."""

import pytest
from cluster import cluster, someone
from echoes.clock import ManualClock
from echoes.facilities import Crowd
from echoes.game import speech_limits
from echoes.game.speech_limits import SpeechLimits, TooLoud

ROOM = 100_000
LISTENERS = 100


class Registry:
    """All listeners get everything; counts how often it is asked."""

    asked = 0

    async def crowd(self, location, *, limit, after=""):
        self.asked += 1
        return Crowd((), LISTENERS)


@pytest.fixture
def clock(monkeypatch):
    """Turns both clocks."""
    clock = ManualClock()
    monkeypatch.setattr("echoes.token_bucket.time.monotonic", clock.monotonic)
    return clock


def made(clock, *, per_speaker=1e9, burst=10**9):
    return SpeechLimits(Registry(), per_speaker=per_speaker, burst=burst, per_room=ROOM, clock=clock.monotonic)


async def says(admitted, speaker, size, location="yard"):
    """Whether it may be said."""
    try:
        await admitted.admit(speaker, location, size)
    except TooLoud:
        return False
    return True


async def test_a_speaker_has_a_rate_of_bytes(clock):
    """To a room or to one person; and gets it back with time."""
    one = made(clock, per_speaker=100, burst=1000)
    assert await says(one, 1, 600)
    assert not await says(one, 1, 600, None)
    assert await says(one, 1, 400, None)
    assert await says(one, 2, 1000)
    await clock.advance(2)
    assert await says(one, 1, 200)
    assert not await says(one, 1, 1)


async def test_a_room_that_hears_too_much_slows_its_loudest_down_first(clock):
    """Quiet speakers may speak all the same, and the others when time has passed."""
    one = made(clock)
    one.heard_by("yard", LISTENERS)
    burst = int(ROOM * speech_limits.BURST_SECONDS / LISTENERS)
    loud = sum([await says(one, 1, 500) for _ in range(100)])
    assert loud == burst // 500
    assert [await says(one, quiet, 50) for quiet in range(2, 12)] == [True] * 10
    assert not await says(one, 1, 500)
    assert await says(one, 1, 500, "elsewhere")
    await clock.advance(1)
    assert await says(one, 1, 500)


async def test_many_quiet_speakers_are_bounded_together(clock):
    """A crowd has the limit of a room, not the sum of the limits of its speakers."""
    one = made(clock)
    one.heard_by("yard", LISTENERS)
    most = 2 * ROOM * speech_limits.BURST_SECONDS / LISTENERS / 500
    assert sum([await says(one, speaker, 500) for speaker in range(1000)]) <= most


async def test_the_remembered_rooms_and_speakers_are_bounded(clock, monkeypatch):
    """Rooms and speakers."""
    monkeypatch.setattr(speech_limits, "ROOMS", 10)
    monkeypatch.setattr(speech_limits, "SPEAKERS", 10)
    one = made(clock)
    for number in range(100):
        await says(one, number, 1, f"room {number}")
        await says(one, number, 1, "yard")
    assert len(one._rooms) == 10
    assert len(one._rooms["yard"]._volumes) == 10
    assert one._registry.asked == 0


async def test_listeners_are_counted_in_busy_rooms(clock):
    """Not for each sentence, and not in a quiet room: there the last `look` gave the number."""
    one = made(clock)
    half = ROOM * speech_limits.BURST_SECONDS / 2
    assert await says(one, 1, half - 1)
    assert one._registry.asked == 0
    assert [await says(one, 1, 10) for _ in range(20)] == [True] * 20
    assert one._registry.asked == 1
    assert not await says(one, 1, half / 2)  # a hundred hear it
    await clock.advance(speech_limits.COUNTED_SECONDS)
    await says(one, 1, half - 1)
    await says(one, 1, 10)
    assert one._registry.asked <= 2


async def test_speech_over_the_limit_is_refused_with_an_error(database_url, tmp_path):
    """The reply has the error, and the same number may be sent again."""
    async with cluster(database_url, tmp_path, commands_burst=1, commands_per_second=1e-6, speech_bytes=1000) as (context,):
        mara = await someone(context)
        assert (await mara.type("say one"))["ok"]
        replies = [await mara.type("say " + "x" * 900), await mara.type("emote waves"), await mara.type("look")]
        assert [reply.get("error", {}).get("code") for reply in replies] == ["too_loud", None, None]
        assert "not said" in replies[0]["error"]["hint"]
