"""The metrics of a server with several workers, as the supervisor runs them."""

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest
from machines import a_server
from player import Player
from postgres import a_database
from prometheus_client.parser import text_string_to_metric_families
from redis_server import RedisServer


@pytest.fixture(scope="module")
def city(postgres):
    with RedisServer() as redis, a_database(postgres) as url, a_server(url, redis.url, 2) as server:
        yield server


async def scrape(server, path="/metrics"):
    """One answer, of the worker that takes this connection: {(name, labels): value}."""
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.get(path)
    families = text_string_to_metric_families(answer.text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def of(found, name, **labels):
    """The sum of the samples of that name with (at least) these labels."""
    return sum(value for (one, its), value in found.items() if one == name and labels.items() <= dict(its).items())


async def until(server, condition):
    """Scrape until it holds for what is said; gauges of the worker that is not asked are up to two seconds old."""
    async with asyncio.timeout(30):
        while not condition(found := await scrape(server)):
            await asyncio.sleep(0.1)
    return found


async def test_every_scrape_is_of_all_workers(city):
    """From any worker; and each is labelled with its place."""
    players = [await Player.join(city) for _ in range(8)]
    for player in players:
        await player.type("say hello")
    await until(city, lambda found: of(found, "echoes_players") == 8)
    answering = set()
    for _ in range(20):
        found = await scrape(city)
        assert of(found, "echoes_commands_total", command="say", outcome="ok") == 8
        assert of(found, "echoes_connections") == of(found, "echoes_players") == 8
        own = await scrape(city, "/metrics/worker")
        answering |= {dict(labels)["worker"] for name, labels in own if name == "echoes_players"}
    assert answering == {"0", "1"}
    assert of(found, "echoes_redis_connected") > 0, "the backend's metrics are there, too"


async def test_a_killed_workers_counters_stay(city):
    """Its successor counts on, in the same place."""
    before = await scrape(city)
    began = of(before, "echoes_worker_start_timestamp_seconds", worker="0")
    pid = next(pid for pid in children_of(city._process.pid) if environ_of(pid).get("ECHOES_WORKER_SLOT") == "0")
    os.kill(pid, signal.SIGKILL)
    after = await until(city, lambda found: of(found, "echoes_worker_start_timestamp_seconds", worker="0") > began)
    for name in ("echoes_connections_opened_total", "echoes_commands_total", "echoes_welcomes_total"):
        assert of(after, name) >= of(before, name), name
    files = {file.name for file in (city.folder / "data" / "run" / str(city.port) / "metrics").glob("*.db")}
    assert not [name for name in files if name.endswith(f"_{pid}.db")]
    assert "counter_0.db" in files


def children_of(pid):
    """Its child processes (Linux)."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def environ_of(pid):
    """The environment variables that a process was started with."""
    words = Path(f"/proc/{pid}/environ").read_text(encoding="utf-8").split("\0")
    return dict(one.split("=", 1) for one in words if "=" in one)
