"""Cached kinds of extensions: read through the cache with versions, and outdated on every worker."""

import pytest
from echoes.caching import Caching
from echoes.clock import SystemClock
from echoes.facilities import CachedKind
from echoes.game.kinds import CHARACTER, KINDS, kinds_of
from echoes.game.tools import Tools
from echoes.invalidation import Invalidations
from echoes_memory.broadcast import MemoryBroadcast
from echoes_memory.cache import MemoryCache

NEAR = CachedKind("juggling.balls", "x:juggling:balls:{id}", "string", 600.0, int, near=True)
FAR = CachedKind("juggling.clubs", "x:juggling:clubs:{id}", "string", 600.0, int)
OTHER = CachedKind("other.balls", "x:other:balls:{id}", "string", 600.0, int)


class Row:
    """A row of PostgreSQL, and how often it was read."""

    def __init__(self) -> None:
        self.version, self.value, self.loads = 1, 10, 0

    def change(self) -> None:
        self.version, self.value = self.version + 1, self.value + 10

    async def load(self) -> tuple[int, int]:
        self.loads += 1
        return self.version, self.value


@pytest.fixture
async def workers():
    """The tools of one extension on two workers that share a cache and a broadcast."""
    clock = SystemClock()
    cache, broadcast = MemoryCache(clock), MemoryBroadcast(clock)
    tools = []
    for number in range(2):
        caching = Caching(cache)
        kinds = kinds_of([NEAR, FAR, OTHER])
        invalidations = Invalidations(broadcast, caching, lambda: None, kinds)
        await invalidations.listen()
        tools.append(Tools("juggling", str(number), None, None, None, caching, invalidations, kinds))
    return tools


@pytest.fixture
def row():
    return Row()


@pytest.mark.parametrize("kind", [NEAR, FAR], ids=["near", "far"])
async def test_a_value_is_loaded_once_for_all_workers(workers, row, kind):
    """Until it changes; from then on every worker has the new one."""
    one, other = workers
    for tools in (one, other, one, other):
        assert await tools.cached(kind, "7", row.load) == 10
    assert row.loads == 1
    row.change()
    await one.invalidate(kind, "7", row.version)
    for tools in (other, one, other):
        assert await tools.cached(kind, "7", row.load) == 20
    assert row.loads == 2


async def test_a_slow_reader_brings_back_nothing_old(workers, row):
    """A value that was read before a change is not kept after it."""
    one, other = workers

    async def slow() -> tuple[int, int]:
        found = await row.load()
        row.change()
        await one.invalidate(FAR, "7", row.version)
        return found

    await other.cached(FAR, "7", slow)
    assert await one.cached(FAR, "7", row.load) == 20


@pytest.mark.parametrize(
    "kind", [OTHER, CHARACTER, CachedKind("juggling.rings", "x:juggling:rings:{id}", "string", 1.0, int)], ids=lambda kind: kind.name
)
async def test_a_kind_that_the_extension_did_not_declare_is_refused(workers, row, kind):
    """Neither the core's nor another extension's can be read or outdated through the tools."""
    with pytest.raises(ValueError, match=kind.name):
        await workers[0].cached(kind, "7", row.load)
    with pytest.raises(ValueError, match=kind.name):
        await workers[0].invalidate(kind, "7", 2)
    assert row.loads == 0


def test_the_cores_kinds_are_among_all():
    """As they were."""
    assert kinds_of([NEAR]) == {**KINDS, NEAR.name: NEAR}
