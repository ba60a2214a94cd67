"""Nodes, World and Health: over the API, on the command line and in the console."""

import asyncio
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from console import Console, text_of
from echoes import metrics
from echoes.cli import main
from echoes.clock import ManualClock
from echoes.errors import FacilityUnavailable
from echoes.facilities import WorkerInfo
from echoes.metrics.counting import child
from echoes.ops import sums
from echoes.web.health import Readiness
from echoes.web.report import CHARACTERS, PROBLEMS, Report
from operating import BECAUSE, SCRIPT, refused
from player import Player

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


@pytest.fixture
def clock():
    """Stands still until a test advances it."""
    return ManualClock()


def reporting(clock, **state):
    """A report of a worker in a state, which has 3 connections."""
    contents = SimpleNamespace(world=SimpleNamespace(version="v1"))
    state = {"ready": True, "status": "ok", "worker_id": "w", "reasons": [], "backends": {}, "players": 3, "content": "v1"} | state
    return Report(clock, contents, lambda: 3, lambda: Readiness(**state))


# ── the report of a worker ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_report_has_rates_since_the_one_before(clock):
    """Commands and events of two seconds; none at the same moment."""
    report, info = reporting(clock), WorkerInfo(worker_id="w", started=0.0)
    await clock.advance(1)
    report(info)
    child(metrics.COMMANDS, "say", "ok").inc(10)
    child(metrics.DELIVERED, "location").inc(30)
    await clock.advance(2)
    found = report(info)
    assert (found.commands, found.deliveries, found.connections, found.status, found.content) == (5.0, 15.0, 3, "ok", "v1")
    again = report(info)
    assert (again.commands, again.deliveries) == (0.0, 0.0)


async def test_the_problems_of_a_report_are_bounded(clock):
    """A heartbeat stays small."""
    found = reporting(clock, reasons=["x" * 1000] * 100, status="degraded")(WorkerInfo(worker_id="w", started=0.0))
    assert (len(found.problems), {len(one) for one in found.problems}) == (PROBLEMS, {CHARACTERS})


# ── nodes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_worker_is_shown_with_its_figures(api, context, other):
    """Also those of other workers, from their heartbeats; a problem of one is read at the other."""
    other.resilience.breakers["memory"].faulty("cache", "read", "a test says so", None)
    await other.membership.heartbeat()
    shown = (await api("GET", "/nodes")).json()
    by_id = {one["worker_id"]: one for one in shown["nodes"]}
    assert by_id.keys() == {context.worker_id, other.worker_id}
    assert [one["here"] for one in (by_id[context.worker_id], by_id[other.worker_id])] == [True, False]
    ill = by_id[other.worker_id]
    assert (ill["status"], "a test says so" in " ".join(ill["problems"])) == ("degraded", True)
    assert (ill["version"], ill["content"]) == (by_id[context.worker_id]["version"], context.world.version)
    assert abs(shown["now"] - ill["heartbeat"]) < 60
    assert shown["backends"]["session"] == "memory"
    assert ("memory", "closed") in {(one["backend"], one["state"]) for one in shown["breakers"]}


async def test_the_console_shows_the_workers(api, context, other):
    """A page, and its table alone."""
    console = await Console.of(api, "viewer")
    for path in ("/nodes", "/nodes/table"):
        text = text_of(await console.get(path))
        assert all(word in text for word in (context.worker_id, other.worker_id, "Loop delay", "breaker of memory closed"))


async def test_while_the_registry_is_away_the_own_worker_is_shown(api, context, monkeypatch):
    """With the reason; the world is shown without its players."""

    async def away(*_):
        raise FacilityUnavailable("a test says so")

    monkeypatch.setattr(context.facilities.registry, "workers", away)
    monkeypatch.setattr(context.facilities.registry, "counts", away)
    shown = (await api("GET", "/nodes")).json()
    assert [one["worker_id"] for one in shown["nodes"]] == [context.worker_id]
    assert ("a test says so" in shown["away"], shown["nodes"][0]["heartbeat"]) == (True, 0.0)
    world = (await api("GET", "/world")).json()
    assert (world["players"], world["places"], world["content"]) == (None, [], context.world.version)
    console = await Console.of(api, "viewer")
    assert "The registry does not answer, so this worker alone is shown" in text_of(await console.get("/nodes"))
    assert "Players in the game: unknown The registry does not answer." in text_of(await console.get("/world"))


# ── the world ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_world_is_shown(api, context):
    """Content in force, players by location, timers and totals."""
    await api.player()
    shown = (await api("GET", "/world")).json()
    assert (shown["content"], shown["number"]) == (context.world.version, 1)
    assert [one["version"] for one in shown["versions"] if one["in_force"]] == [context.world.version]
    start = context.world.start.location
    assert [one["players"] for one in shown["places"] if one["location_id"] == start] == [
        len(await context.facilities.registry.players_in(start))
    ]
    assert {one["table"] for one in shown["totals"]} == {"accounts", "characters", "items", "npcs"}
    console = await Console.of(api, "viewer")
    text = text_of(await console.get("/world"))
    assert f"Players in the game: {shown['players']}" in text
    assert context.world.version[:12] in text


async def test_the_economy_needs_a_reason_and_adds_up(api, context, monkeypatch):
    """Scrap that an operator gives is of today, its owner is the richest, and a quest's step has its characters; the look is on record."""
    monkeypatch.setattr(sums, "SECONDS", 0.0)
    mara = await api.player()
    before = (await api.get("/economy")).json()
    await api.post(f"/characters/{mara.id}/give", item="scrap", quantity=900_000)
    quest = next(iter(context.world.quests))
    await context.database.rows(
        "test", "update characters set quests = jsonb_build_object($2::text, '[1, 0]'::jsonb) where id = $1", mara.id, quest
    )
    shown = (await api.get("/economy")).json()
    made = sum(one["made"] for one in shown["scrap"]) - sum(one["made"] for one in before["scrap"])
    assert made == 900_000
    assert (shown["richest"][0]["name"], shown["richest"][0]["scrap"] >= 900_000) == (mara.name, True)
    assert {"quest": quest, "step": 2, "characters": 1} in shown["quests"]
    numbers = [one["number"] for one in shown["rarest"]]
    assert numbers == sorted(numbers)
    assert refused(await api("GET", "/economy")) == (422, "no_reason")
    assert len(await api.entries(action="economy", reason=BECAUSE)) >= 2
    console = await Console.of(api, "viewer")
    assert mara.name in text_of(await console.look("/world/economy"))
    assert (await console.get("/world/economy")).status_code == 422


async def test_sums_are_made_once_a_minute(api, context):
    """Many looks at a time read the tables once."""
    context.sums._until = 0.0
    before = context.database.queries["census.richest"]
    answers = await asyncio.gather(*(api.get("/economy") for _ in range(5)))
    assert {one.json()["at"] for one in answers} == {answers[0].json()["at"]}
    assert context.database.queries["census.richest"] == before + 1


# ── health ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_health_has_slow_queries_and_errors(api, context):
    """Those with the most first; what is no error is left out."""
    child(metrics.SLOW_QUERIES, "ops.role").inc(10**6)
    await api.get("/players", name="nobody-of-that-name")
    child(metrics.FACILITY_ERRORS, "cache", "unavailable").inc(10**6)
    child(metrics.FACILITY_ERRORS, "lock", "lease_lost").inc(10**6)
    await api.context.database.rows("ops.role", "select 1")
    shown = (await api("GET", "/health")).json()
    assert (shown["worker_id"], shown["ready"]) == (context.worker_id, True)
    slowest = shown["slow"][0]
    assert (slowest["purpose"], slowest["slow"] >= 10**6, slowest["number"] >= 1, slowest["mean"] > 0) == ("ops.role", True, True, True)
    assert {key: shown["errors"][0][key] for key in ("kind", "name")} == {"kind": "facility", "name": "cache unavailable"}
    assert "lock lease_lost" not in {one["name"] for one in shown["errors"]}
    console = await Console.of(api, "viewer")
    assert "facility: cache unavailable" in text_of(await console.get("/health"))


@pytest.mark.parametrize("path", ["/nodes", "/world", "/economy", "/health"])
async def test_the_server_as_a_whole_is_for_operators(api, path):
    """A player's token opens nothing."""
    _, player = await api.register()
    assert refused(await api.get(path, token=player)) == (401, "not_authorized")
    assert (await api.get(path, token=await api.token("viewer"))).status_code == 200


async def test_each_view_has_a_command(live):
    """The answer of the API, in lines."""
    await Player.join(live)

    async def ops(*words):
        environ = {"ECHOES_OPS_URL": live.url, "ECHOES_OPS_TOKEN": SCRIPT, "ECHOES_DATABASE_URL": live.database_url}
        done = await asyncio.to_thread(CliRunner().invoke, main, ["ops", *words], env=environ)
        assert done.exit_code == 0, done.output
        return done.output

    assert "session: memory" in (shown := await ops("nodes"))
    assert "breaker memory: closed" in shown
    assert "in force" in (shown := await ops("world"))
    assert "The Kiln Yard" in shown
    assert "scrap by day" in await ops("economy", "--reason", BECAUSE)
    assert ": ok" in (shown := await ops("health"))
    assert "slow queries" in shown
