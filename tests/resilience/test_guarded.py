"""A facility as the core calls it: values and errors that its Protocol promises pass, all others are faults; each call runs behind a breaker."""

import asyncio
import inspect
from typing import Protocol

import pytest
from echoes.errors import FacilityFull, FacilityUnavailable, LeaseLost, StaleEpoch
from echoes.facilities import LockManager, SessionStore
from echoes.resilience.breaker import Breaker
from echoes.resilience.guarded import MAY_RAISE, guarded, trusted
from structlog.testing import capture_logs


class Promise(Protocol):
    """A facility for these tests."""

    async def number(self, value: object) -> int:
        """Answer a number."""
        ...

    async def nothing(self) -> None:
        """Answer nothing."""
        ...

    async def wait_for(self, *, wait: float = 0) -> int | None:
        """Answer after a time."""
        ...

    async def _hidden(self) -> int:
        """Not of the seam."""
        ...

    def plain(self) -> int:
        """Not awaited, and so not of the seam."""
        ...


class Far:
    """Answers what it is given; raises it where it is an error."""

    async def number(self, value):
        if isinstance(value, BaseException):
            raise value
        return value

    async def nothing(self):
        return 7

    async def wait_for(self, *, wait=0):
        await asyncio.Event().wait()


@pytest.fixture
def breaker(clock):
    return Breaker("far", clock, failures=2, patience=0.02)


@pytest.fixture
def sound(breaker):
    """Only promised values and errors pass."""
    return trusted("toy", Promise, Far(), breaker)


@pytest.fixture
def face(sound, breaker):
    """As the core calls it."""
    return guarded("toy", Promise, sound, breaker)


async def never_awaited():
    """The coroutine that a method returns when its author forgot to await."""


def test_a_guarded_facility_has_the_async_methods_of_its_protocol(face, sound):
    """A method that is not awaited, or whose name is not for the core, is none of them."""
    for one in (face, sound):
        assert [name for name in dir(one) if not name.startswith("__")] == ["nothing", "number", "wait_for"]


async def test_a_promised_value_passes(face, breaker):
    """Where nothing is promised, an answer does no harm."""
    assert await face.number(7) == 7
    assert await face.number(value=8) == 8
    assert await face.nothing() == 7
    assert breaker.ailments == []


@pytest.mark.parametrize(("value", "kind"), [("7", "str"), (None, "NoneType"), ([7], "list")])
async def test_a_value_that_was_not_promised_is_a_fault(face, breaker, value, kind):
    """Both types are named, to the caller and to an operator."""
    with capture_logs() as logs, pytest.raises(FacilityUnavailable) as found:
        await face.number(value)
    assert str(found.value) == f"far: toy.number answered with {kind}, where int is promised"
    assert breaker.ailments == [f"far fails: toy.number answered with {kind}, where int is promised"]
    (line,) = [one for one in logs if one["event"] == "facility.faulty"]
    assert (line["facility"], line["method"], line["error"], line["exc_info"]) == (
        "toy", "number", f"toy.number answered with {kind}, where int is promised", None,
    )  # fmt: skip


async def test_a_union_that_was_promised_is_named(breaker):
    """As Python writes it."""

    class Wrong(Far):
        async def wait_for(self, *, wait=0):
            return "7"

    with pytest.raises(FacilityUnavailable, match=r"answered with str, where int \| None is promised"):
        await trusted("toy", Promise, Wrong(), breaker).wait_for()


async def test_an_answer_that_can_be_awaited_is_a_fault(breaker):
    """Also where nothing is promised. A coroutine is closed: Python does not warn that it was never awaited."""
    loop, made = asyncio.get_running_loop(), []

    class Forgetful(Far):
        async def nothing(self):
            made.append(never_awaited() if not made else loop.create_future())
            return made[-1]

    sound = trusted("toy", Promise, Forgetful(), breaker)
    for kind in ("coroutine", "Future"):
        with pytest.raises(FacilityUnavailable, match=f"answered with {kind}, where NoneType is promised"):
            await sound.nothing()
    assert inspect.getcoroutinestate(made[0]) == inspect.CORO_CLOSED
    assert not made[1].cancelled()


@pytest.mark.parametrize(
    "error", [ValueError("broken"), SystemExit(3), StaleEpoch("newer"), asyncio.CancelledError(), asyncio.CancelledError("driver")]
)
async def test_an_error_that_was_not_promised_is_a_fault(face, breaker, error):
    """Also a cancellation that the caller did not ask for. The caller gets its cause, and the operator its text."""
    with capture_logs() as logs, pytest.raises(FacilityUnavailable) as found:
        await face.number(error)
    problem = f"toy.number raised {type(error).__name__}: {error}"
    assert (str(found.value), found.value.__cause__) == (f"far: {problem}", error)
    assert breaker.ailments == [f"far fails: {problem}"]
    (line,) = [one for one in logs if one["event"] == "facility.faulty"]
    assert (line["method"], line["error"], line["exc_info"]) == ("number", problem, error)


@pytest.mark.parametrize("error", [FacilityUnavailable("away"), FacilityFull("no room"), KeyboardInterrupt(), GeneratorExit()], ids=repr)
async def test_an_error_of_every_facility_passes(sound, breaker, error):
    """And what ends the process."""
    calling = sound.number(error)
    with pytest.raises(type(error)) as found:
        calling.send(None)
    assert found.value is error
    assert breaker.ailments == []


@pytest.mark.parametrize("name", MAY_RAISE)
async def test_an_error_that_a_method_promises_passes_from_that_method_alone(breaker, name):
    """From another one it is a fault."""
    facility, _, method = name.partition(".")
    promised, other = {"session": (SessionStore, "read"), "lock": (LockManager, "release")}[facility]

    class Refusing:
        def __getattr__(self, _):
            return self.act

        async def act(self, *_, **__):
            raise MAY_RAISE[name]("refused")

    sound = trusted(facility, promised, Refusing(), breaker)
    with pytest.raises(MAY_RAISE[name]):
        await getattr(sound, method)()
    assert breaker.ailments == []
    with pytest.raises(FacilityUnavailable, match=f"{facility}.{other} raised"):
        await getattr(sound, other)()
    assert {StaleEpoch, LeaseLost} == set(MAY_RAISE.values())


@pytest.mark.parametrize("before", [0, 1])
async def test_a_cancelled_caller_is_cancelled(sound, breaker, before):
    """Also one that had been cancelled before, and went on. That is no fault of the backend."""
    entered, went_on = asyncio.Event(), []

    async def calls():
        for _ in range(before):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                went_on.append(1)
        entered.set()
        await sound.wait_for()

    calling = asyncio.create_task(calls())
    await asyncio.sleep(0)
    for _ in range(before):
        calling.cancel()
    await entered.wait()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert (len(went_on), breaker.ailments) == (before, [])


async def test_a_backend_that_cancels_itself_is_at_fault_for_a_caller_that_was_cancelled_before(sound):
    """Only a cancellation during the call is the caller's."""

    async def calls():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return await sound.number(asyncio.CancelledError())

    calling = asyncio.create_task(calls())
    await asyncio.sleep(0)
    calling.cancel()
    with pytest.raises(FacilityUnavailable, match="raised CancelledError"):
        await calling


async def test_each_call_runs_behind_the_breaker(breaker):
    """Failures of one method count by themselves: another one that succeeds does not hide them. Then no call is made."""
    asked = []

    class Noted(Far):
        async def number(self, value):
            asked.append(value)
            return await super().number(value)

    face = guarded("toy", Promise, Noted(), breaker)
    for _ in range(2):
        assert not breaker.is_open
        with pytest.raises(FacilityUnavailable):
            await face.number(value=FacilityUnavailable("away"))
        assert await face.nothing() == 7 if len(asked) < 2 else breaker.is_open
    with pytest.raises(FacilityUnavailable):
        await face.number(7)
    assert len(asked) == 2


async def test_a_call_that_waits_on_purpose_has_that_much_more_time(face):
    """Beyond the patience of the breaker."""
    for given, seconds in (({}, "0.02"), ({"wait": 0.03}, "0.05")):
        with pytest.raises(FacilityUnavailable, match=f"far: no answer within {seconds} s"):
            await face.wait_for(**given)
