"""The proof: the shipped contract suite against SQLite, and the plugin as the server loads it."""

import random
import types
from collections.abc import Awaitable, Callable

import pytest
import structlog
from echoes.clock import SystemClock
from echoes.errors import FacilityUnavailable, PluginError
from echoes.facilities import CachedKind
from echoes.game import effects
from echoes.game.behaviours import CORE, Situation, behaviours_of
from echoes.game.observers import Seen
from echoes.game.timers import Rows
from echoes.plugins import Selection, known_backends, load
from echoes.settings import Settings, gamedata_of
from echoes.storage.npcs import NpcRow
from echoes.storage.timers import Due
from echoes.testing import LockManagerContract
from echoes.web.extension_routes import panels_route, routers_of
from echoes.world.content import examine
from echoes.world.effects import Lasting
from echoes.world.model import Effect, Tick
from echoes_example import ash, deaths
from echoes_example.locks import SqliteLocks
from litestar.testing import create_test_client


class Shifted(SystemClock):
    """Real time, and what a test adds to it."""

    def __init__(self) -> None:
        self.shift = 0.0

    def time(self) -> float:
        """Wall-clock seconds since 1970, shifted."""
        return super().time() + self.shift


@pytest.fixture
def clock() -> Shifted:
    """One clock for both workers."""
    return Shifted()


class TestSqliteLocks(LockManagerContract):
    """Two connections to one file are two workers."""

    @pytest.fixture
    def store(self, tmp_path, clock):
        """The first worker."""
        locks = SqliteLocks(str(tmp_path / "locks.db"), clock)
        locks.open()
        yield locks
        locks.close()

    @pytest.fixture
    def other(self, store, tmp_path, clock):
        """The second worker, on the same file."""
        locks = SqliteLocks(str(tmp_path / "locks.db"), clock)
        locks.open()
        yield locks
        locks.close()

    @pytest.fixture
    def advance(self, clock):
        """Let time pass."""

        async def advance(seconds: float) -> None:
            clock.shift += seconds

        return advance

    @pytest.fixture
    def forget(self, store):
        """Lose every lease."""

        async def forget() -> SqliteLocks:
            store.forget()
            return store

        return forget


async def test_the_server_loads_it(tmp_path) -> None:
    """Installed, the backend is known, brings locks next to memory's other four, and the extension brings its command."""
    assert {"memory", "sqlite"} <= set(known_backends())
    environ = {"ECHOES_SQLITE_PATH": str(tmp_path / "locks.db")}
    backends = load(Selection(lock="sqlite"), environ=environ, clock=SystemClock())
    assert [command.name for command in backends.commands] == ["roll"]
    with pytest.raises(FacilityUnavailable):
        await backends.facilities.locks.acquire("tick", ttl=1)
    async with backends.lifespan():
        assert await backends.facilities.locks.acquire("tick", ttl=1) is not None
        assert [health.ok for health in backends.health()] == [True, True]
    assert [health.ok for health in backends.health()] == [True, False]


def test_it_brings_nothing_else() -> None:
    """Chosen for a facility that it does not bring, it is refused with its name."""
    with pytest.raises(PluginError, match=r"'cache'.*'sqlite'"):
        load(Selection(cache="sqlite"), environ={}, clock=SystemClock())


def test_its_command_is_understood() -> None:
    """`roll 20` is a line like any other."""
    catalogue = pytest.importorskip("echoes.game.catalogue").Catalogue(load(Selection(), environ={}, clock=SystemClock()).commands)
    assert catalogue.understand("roll 20", 7).sides == 20
    assert catalogue.understand("dice", 8).sides == 6


def test_its_ash_falls_again_and_again() -> None:
    """One timer, armed for one place; its rule shows a line there, and is due again. An outage is not caught up."""
    (spec,) = load(Selection(), environ={}, clock=SystemClock()).timers
    assert (spec.kind, spec.starts, spec.catch_up) == ("example.ash", (f"location:{ash.PLACE}",), "skip")
    due = Due(spec.kind, spec.starts[0], 1, 0.0, 0.0, 1, 0)
    happened = spec.rule(Rows(due, around=None, dice=spec.dice(due), now=0.0))
    (event,) = happened.events
    assert event.channel == f"location:{ash.PLACE}"
    assert happened.after == ash.SECONDS
    assert not happened.changes


async def test_it_counts_deaths() -> None:
    """An observer of one type of fact; it counts in its own table, uses the log of the tools that it was given, and answers over HTTP."""
    backends = load(Selection(), environ={}, clock=SystemClock())
    (observer,) = backends.observers
    assert observer.types == {"died"}
    log, statements = structlog.testing.CapturingLogger(), []

    async def rows(sql: str, *arguments: int) -> list[dict[str, int]]:
        statements.append((sql, *arguments))
        return [{"number": 2}] if arguments in {(7, 2), (7,)} else []

    async def cached(kind: CachedKind, id: str, load: Callable[[], Awaitable[tuple[int, int]]]) -> int:  # noqa: A002
        assert kind == deaths.NUMBER
        version, value = await load()
        assert version == value
        return value

    async def invalidate(*outdated: object) -> None:
        statements.append(outdated)

    deaths.tools[:] = [
        types.SimpleNamespace(log=structlog.wrap_logger(log, processors=[]), rows=rows, cached=cached, invalidate=invalidate)
    ]
    await observer.see([Seen(1, 0.0, {"type": "died", "character_id": 7}), Seen(2, 0.0, {"type": "died", "character_id": 7})])
    assert statements == [(deaths.COUNT, 7, 1), (deaths.COUNT, 7, 2), (deaths.NUMBER, "7", 2)]
    assert backends.cached_kinds == (deaths.NUMBER,)
    assert len(log.calls) == 2
    with create_test_client([panels_route(backends.routes), *routers_of(backends.routes)]) as client:
        (panel,) = client.get("/x/panels.json").json()
        assert panel["title"] == "Deaths"
        assert "export default" in client.get(f"/{panel['script']}").text
        assert client.get(f"/{panel['style']}").status_code == 200
        assert client.get("/x/deaths/of/7").json() == {"character_id": 7, "deaths": 2}
        assert client.get("/x/deaths/of/8").json() == {"character_id": 8, "deaths": 0}


def test_its_migrations_are_numbered() -> None:
    """One step, in a schema of its own."""
    (migrations,) = load(Selection(), environ={}, clock=SystemClock()).migrations
    assert migrations.name == "deaths"
    assert [(step.number, step.name, step.needs) for step in migrations.steps] == [(1, "deaths", 1)]


def test_its_behaviour_drifts_without_players() -> None:
    """To the last neighbour by name; while a player is near, it stays."""
    drift = behaviours_of(CORE, load(Selection(), environ={}, clock=SystemClock()).behaviours)["ash.drift"]
    row = NpcRow(1, 1, "ash_hound", "hounds", "yard", "yard", 1)
    assert drift.choose(Situation(row, ("gate", "wall"), random.Random(1))) == "wall"
    assert drift.choose(Situation(row, ("gate", "wall"), random.Random(1), frozenset({"yard"}))) is None
    assert drift.choose(Situation(row, (), random.Random(1))) is None


def test_its_ash_chokes_but_does_not_kill() -> None:
    """A rule of a tick, by the name that content gives it."""
    spec = effects.specs_of(effects.CORE, load(Selection(), environ={}, clock=SystemClock()).effects)["ash.choke"]
    effect = Effect("choking", "Ash in the throat, and more with each breath.", seconds=60, tick=Tick(10, 1, "ash.choke"))
    at = effects.Ticking(effect, Lasting("choking", 0.0, stacks=3), 9, 50, "yard", 1.0, random.Random(1))
    assert spec.tick(at) == -3
    assert spec.tick(effects.Ticking(effect, at.lasting, 1, 50, "yard", 1.0, at.dice)) == 0


def test_its_content_fits_the_games() -> None:
    """One location and one item, checked with the game's own content; a way leads there and back."""
    folder = gamedata_of(Settings())
    world, problems = examine(folder, load(Selection(), environ={}, clock=SystemClock()).packs)
    assert not problems
    own = examine(folder).world
    assert world.locations.keys() - own.locations.keys() == {"ash_loft"}
    assert world.items.keys() - own.items.keys() == {"jar_of_ash"}
    assert world.locations[ash.PLACE].exits["up"].to == "ash_loft"
    assert world.version != own.version
