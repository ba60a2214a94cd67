"""A backend that can be taken away: the memory backend behind a switch, on a clock that a test turns."""

import inspect

import pytest
from echoes.clock import ManualClock
from echoes.errors import FacilityUnavailable
from echoes.facilities import Facilities
from echoes.plugins import Selection, load
from echoes.resilience import Resilience


class Switch:
    """Whether the backend answers; `lost_replies` lets it do what it is asked and then says that it did not."""

    def __init__(self) -> None:
        self.away = False
        self.lost_replies = False
        self.asked = 0


class Far:
    """A facility behind the switch."""

    def __init__(self, inner, switch) -> None:
        self._inner, self._switch = inner, switch

    def __getattr__(self, name):
        method = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def far(*arguments, **named):
            self._switch.asked += 1
            if self._switch.away:
                raise FacilityUnavailable("switched off")
            result = await method(*arguments, **named)
            if self._switch.lost_replies:
                raise FacilityUnavailable("the reply was lost")
            return result

        return far


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def advance(clock):
    return clock.advance


@pytest.fixture
def switch():
    return Switch()


@pytest.fixture
async def near(clock):
    """The store itself, as another worker sees it."""
    backends = load(Selection.all("memory", extensions=False), environ={}, clock=clock)
    async with backends.lifespan():
        yield backends.facilities


@pytest.fixture
def far(near, switch):
    """The store behind the switch."""
    return Facilities(*(Far(getattr(near, name), switch) for name in ("sessions", "registry", "cache", "broadcast", "locks")))


@pytest.fixture
def resilience(far, clock):
    """A worker's facilities over it."""
    return Resilience(far, dict.fromkeys(("session", "registry", "cache", "broadcast", "lock"), "memory"), None, clock, patience=5.0)
