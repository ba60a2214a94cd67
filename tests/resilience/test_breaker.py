"""A breaker: a backend that does not answer gets no calls, and its prober asks it again."""

import asyncio
import contextlib

import pytest
from echoes.errors import FacilityFull, FacilityUnavailable, StaleEpoch
from echoes.resilience.breaker import FAULT_SECONDS, FLAP_SECONDS, FULL_SECONDS, Breaker
from structlog.testing import capture_logs


@pytest.fixture
def breaker(clock):
    return Breaker("store", clock, failures=3, patience=0.05)


async def fails():
    raise FacilityUnavailable("no")


async def works():
    return 7


async def broken(breaker):
    """Open it."""
    for _ in range(3):
        with pytest.raises(FacilityUnavailable):
            await breaker.call(fails)


async def test_failures_in_a_row_open_it(breaker):
    """One success between them restarts the count."""
    for work in (fails, fails, works, fails, fails):
        with pytest.raises(FacilityUnavailable) if work is fails else _nothing():
            await breaker.call(work)
    assert not breaker.is_open
    with pytest.raises(FacilityUnavailable):
        await breaker.call(fails)
    assert breaker.is_open


async def test_an_open_breaker_makes_no_calls(breaker):
    """A call fails at once."""
    asked = []

    async def noted():
        asked.append(1)

    await broken(breaker)
    with pytest.raises(FacilityUnavailable, match="left alone"):
        await breaker.call(noted)
    assert asked == []


async def test_a_trial_that_succeeds_closes_it(breaker):
    """Meanwhile calls still fail at once, and there is no second trial; then all calls pass."""
    await broken(breaker)
    gate, asked = asyncio.Event(), []

    async def slow():
        asked.append(1)
        await gate.wait()

    trial = asyncio.create_task(breaker.try_again(slow))
    await asyncio.sleep(0)
    with pytest.raises(FacilityUnavailable, match="left alone"):
        await breaker.call(works)
    await breaker.try_again(slow)
    gate.set()
    await trial
    assert asked == [1]
    assert not breaker.is_open
    assert await breaker.call(works) == 7


async def test_a_trial_that_fails_leaves_it_open(breaker):
    """Also when it takes too long; the next may succeed."""
    await broken(breaker)
    for ask, reason in ((fails, "no"), (asyncio.Event().wait, "no answer within")):
        with pytest.raises(FacilityUnavailable, match=reason):
            await breaker.try_again(ask)
        with pytest.raises(FacilityUnavailable, match="left alone"):
            await breaker.call(works)
    await breaker.try_again(works)
    assert not breaker.is_open


async def test_a_trial_that_is_given_up_lets_the_next_one_try(breaker):
    """A cancelled trial does not block the next one."""
    await broken(breaker)
    trial = asyncio.create_task(breaker.try_again(asyncio.Event().wait))
    await asyncio.sleep(0)
    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)
    assert breaker.is_open
    await breaker.try_again(works)
    assert await breaker.call(works) == 7


async def test_a_closed_breaker_makes_no_trial(breaker):
    """A closed breaker has nothing to try."""
    await breaker.try_again(fails)
    assert not breaker.is_open


async def test_a_call_beyond_its_timeout_has_failed(breaker):
    """The caller's error names the facility that could not be reached."""
    with pytest.raises(FacilityUnavailable, match="store: no answer within"):
        await breaker.call(asyncio.Event().wait)


async def test_a_cancellation_from_outside_stays_one(breaker):
    """Also when the call was about to be given up."""
    call = asyncio.create_task(breaker.call(asyncio.Event().wait))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not breaker.is_open


async def test_an_answer_in_the_last_moment_counts(breaker):
    """It leaves no cancellation behind for the caller's next call."""

    async def just_in_time():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return 7

    assert await breaker.call(just_in_time) == 7
    await asyncio.sleep(0)
    assert asyncio.current_task().cancelling() == 0


async def test_calls_side_by_side_have_each_their_own_time(breaker):
    """One that is given up costs the others nothing."""

    async def soon():
        await asyncio.sleep(0.01)
        return 7

    never = asyncio.create_task(breaker.call(asyncio.Event().wait))
    for _ in range(20):
        assert await breaker.call(soon) == 7
    with pytest.raises(FacilityUnavailable):
        await never


async def test_an_answer_that_is_a_no_is_an_answer(breaker):
    """Only absence opens a breaker."""

    async def stale():
        raise StaleEpoch("newer")

    for _ in range(5):
        with pytest.raises(StaleEpoch):
            await breaker.call(stale)
    assert not breaker.is_open


async def test_opening_and_closing_are_logged_once(breaker, clock):
    """With the failure that opened it, and the seconds that it was open; a failed trial logs nothing new."""
    opened = []
    breaker.on_open.append(lambda: opened.append(breaker.reason))
    with capture_logs() as logs:
        await broken(breaker)
        with pytest.raises(FacilityUnavailable):
            await breaker.try_again(fails)
        await clock.advance(7)
        await breaker.try_again(works)
    assert opened == ["no"]
    assert [(one["event"], one.get("error"), one.get("seconds")) for one in logs] == [
        ("breaker.opened", "no", None),
        ("breaker.closed", None, 7),
    ]


async def test_one_that_opens_right_after_it_closed_waits_longer_each_time(breaker, clock):
    """One second, two, four; and none any more when it has stayed closed."""
    await broken(breaker)
    await breaker.try_again(works)
    for pause in (1.0, 2.0, 4.0):
        await broken(breaker)
        await clock.advance(pause - 0.1)
        await breaker.try_again(works)
        assert breaker.is_open
        await clock.advance(0.1)
        await breaker.try_again(works)
        assert not breaker.is_open
    await clock.advance(FLAP_SECONDS)
    await broken(breaker)
    await breaker.try_again(works)
    assert not breaker.is_open


async def test_a_full_backend_is_reported_and_tried_again(breaker, clock):
    """The caller gets the error; the breaker stays closed, and a trial finds out when there is room."""

    async def full():
        raise FacilityFull("no room")

    for _ in range(5):
        with pytest.raises(FacilityFull, match="no room"):
            await breaker.call(full)
    assert not breaker.is_open
    assert breaker.ailments == ["store is full: no room"]
    await breaker.try_again(works)
    assert breaker.full, "not so soon"
    await clock.advance(FULL_SECONDS)
    await breaker.try_again(works)
    assert breaker.ailments == []


async def test_a_mistake_of_the_backend_is_an_ailment_for_a_while(breaker, clock):
    """Though calls go on."""
    breaker.faulty("cache", "read", "answered 7", None)
    assert breaker.ailments == ["store fails: answered 7"]
    await clock.advance(FAULT_SECONDS)
    assert breaker.ailments == []


async def test_calls_of_a_time_share_one_timer_that_ends_with_them(breaker):
    """An idle breaker has no timer."""
    gate = asyncio.Event()
    calls = [asyncio.create_task(breaker.call(gate.wait))]
    await asyncio.sleep(0)
    timer = breaker._timer
    calls.append(asyncio.create_task(breaker.call(gate.wait)))
    await asyncio.sleep(0)
    assert breaker._timer is timer
    gate.set()
    await asyncio.gather(*calls)
    while breaker._timer is not None:
        await asyncio.sleep(0.01)


class _nothing:  # noqa: N801 - as contextlib's nullcontext, which this is
    def __enter__(self):
        pass

    def __exit__(self, *_):
        return False


async def test_a_call_that_ignores_its_cancellation_opens_it(breaker):
    """The call cannot be ended; but the method is named, and no other call waits for it. When it answers after all, calls pass again."""
    free = asyncio.Event()

    async def stubborn():
        while not free.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await free.wait()
        return 7

    with capture_logs() as logs:
        stuck = asyncio.create_task(breaker.call(stubborn, operation="publish"))
        async with asyncio.timeout(10):
            while not breaker.is_open:
                await asyncio.sleep(0.01)
    assert "publish was cancelled and goes on" in str(breaker.ailments)
    assert [one["method"] for one in logs if one["event"] == "facility.faulty"] == ["publish"]
    with pytest.raises(FacilityUnavailable, match="left alone"):
        await breaker.call(works)
    free.set()
    assert await stuck == 7
    assert not breaker.is_open
    assert await breaker.call(works) == 7
