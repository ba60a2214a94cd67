"""Readiness: what keeps players out, and what is only reported."""

import time
from types import SimpleNamespace

import httpx
import pytest
from distributions import Site
from echoes.hookspecs import BackendHealth
from echoes.web.health import readiness
from postgres import a_database
from server import Server

UNWELL = """
from echoes.hookspecs import BackendHealth
from echoes_memory.lock import MemoryLocks

@hookimpl
def echoes_lock_manager():
    return MemoryLocks(clock)

@hookimpl
def echoes_backend_health():
    return BackendHealth("ailing", ok=False, detail="out of reach since noon")
"""


def context(*, draining=False, held=True, waiting_for="", health=(), away=()):
    """As much of a running worker as readiness looks at."""
    return SimpleNamespace(
        reception=SimpleNamespace(draining=draining),
        world_lock=SimpleNamespace(held=held, waiting_for=waiting_for),
        backends=SimpleNamespace(health=lambda: list(health), names={"lock": "memory"}),
        resilience=SimpleNamespace(away=list(away)),
        hub=SimpleNamespace(seats={}),
        world=SimpleNamespace(version="v"),
        worker_id="w",
    )


SICK, WELL = BackendHealth("redis", ok=False, detail="out of reach"), BackendHealth("memory", ok=True)


@pytest.mark.parametrize(
    ("what", "ready", "status", "reasons"),
    [
        ({"health": [WELL]}, True, "ok", []),
        ({"health": [SICK, WELL]}, True, "degraded", ["redis: out of reach"]),
        ({"health": [BackendHealth("redis", ok=False)]}, True, "degraded", ["redis: has a problem"]),
        ({"health": [WELL], "away": ["redis does not answer"]}, True, "degraded", ["redis does not answer"]),
        ({"draining": True}, False, "unready", ["draining"]),
        (
            {"held": False, "waiting_for": "echoes world a (local)"},
            False,
            "unready",
            ["waiting for the world, held by echoes world a (local)"],
        ),
        (
            {"held": False, "waiting_for": "PostgreSQL (refused)"},
            False,
            "unready",
            ["waiting for PostgreSQL (refused), which is out of reach"],
        ),
        ({"draining": True, "health": [SICK]}, False, "unready", ["draining", "redis: out of reach"]),
    ],
)
def test_only_a_problem_that_keeps_players_out_makes_a_worker_unready(what, ready, status, reasons):
    """A failing backend does not: PostgreSQL decides, and play continues without it. The answer has every reason."""
    found = readiness(context(**what))
    assert (found.ready, found.status, found.reasons) == (ready, status, reasons)


@pytest.fixture
def ailing(postgres, tmp_path):
    """A server with a backend that reports a problem."""
    Site(tmp_path).backend("ailing", UNWELL)
    with (
        a_database(postgres) as url,
        Server({"ECHOES_DATABASE_URL": url, "PYTHONPATH": str(tmp_path), "ECHOES_LOCK_BACKEND": "ailing"}) as server,
    ):
        yield server


def test_degraded_is_visible_and_explained(ailing):
    """The load balancer keeps sending players; people and alerts see why they should look."""
    deadline = time.monotonic() + 10
    while (answer := httpx.get(f"{ailing.url}/health/ready")).status_code != 200:
        assert time.monotonic() < deadline, answer.text
    said = answer.json()
    assert (said["ready"], said["status"], said["reasons"]) == (True, "degraded", ["ailing: out of reach since noon"])
    assert said["backends"]["lock"] == "ailing"
    assert 'echoes_readiness{status="degraded",worker="0"} 1.0' in httpx.get(f"{ailing.url}/metrics").text
