import pytest
from echoes.clock import ManualClock
from echoes.plugins import Selection, load
from echoes.storage import commits


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
