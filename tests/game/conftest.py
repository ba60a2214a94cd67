from types import SimpleNamespace

import pytest
from cluster import QUIET
from echoes.caching import Versioned
from echoes.clock import ManualClock
from echoes.game.deed import Deed
from echoes.game.scene import Scene
from echoes.plugins import Selection, load
from echoes.storage import commits
from msgspec.structs import replace


@pytest.fixture
def clock():
    """Stands still until a test advances it."""
    return ManualClock()


@pytest.fixture
async def facilities(clock):
    """The memory backend's, on that clock."""
    backends = load(Selection.all("memory", extensions=False), environ={}, clock=clock)
    async with backends.lifespan():
        yield backends.facilities


def character(id, *, epoch=0, version=1):  # noqa: A002
    """A row."""
    return commits.Character(
        id=id, name="Mara", version=version, epoch=epoch, location_id="yard", hp=1, max_hp=1, stamina=1.0, max_stamina=1, stamina_at=0.0,
        resting=False, level=1, xp=0, scrap=0, explored=(),
    )  # fmt: skip


@pytest.fixture
def row():
    """Makes a character's row."""
    return character


@pytest.fixture
def deed(row):
    """Makes a deed of Mara in the Kiln Yard at moment 1000, with these things in the bag and on the ground."""

    def make(bag=(), ground=(), world=QUIET, **fields):
        me = replace(row(1), location_id="kiln_yard", hp=30, max_hp=40, hp_at=1000.0, version=8, scrap=12)
        me = replace(me, stamina=50.0, max_stamina=100, stamina_at=1000.0)

        async def things_of(*_, **__):
            return Versioned(4, list(bag))

        async def ground_of(*_, **__):
            return Versioned(7, list(ground))

        around = SimpleNamespace(things_of=things_of, ground_of=ground_of, world=world)
        return Deed(Scene(around, world, world.locations["kiln_yard"], replace(me, **fields), 1000.0))

    return make
