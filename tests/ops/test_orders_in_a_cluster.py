"""Orders to workers on two servers over one Redis: they reach the right worker, lose nothing, and do so while Redis is away."""

import asyncio
import contextlib
import os
import signal

import httpx
import pytest
from click.testing import CliRunner
from echoes.cli import main
from machines import a_server
from operating import BECAUSE, SCRIPT, refused
from player import Player
from postgres import a_database
from redis_server import RedisServer

AS_SCRIPT = {"authorization": f"Bearer {SCRIPT}"}
SECONDS = 90
"""Within which an order is carried out: a process starts, on a machine that may be busy."""


@pytest.fixture(scope="module")
def redis():
    with RedisServer("--appendonly", "yes") as server:
        yield server


@pytest.fixture(scope="module")
def machines(postgres, redis):
    """Two workers here, one there."""
    with (
        a_database(postgres) as url,
        a_server(url, redis.url, 2, ECHOES_OPS_TOKEN=SCRIPT) as here,
        a_server(url, redis.url, 1, ECHOES_OPS_TOKEN=SCRIPT) as there,
    ):
        yield here, there


@pytest.fixture
async def http(machines):
    """Requests to the server with one worker; each over a connection of its own."""
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=machines[1].url, limits=limits, timeout=30) as http:
        yield http


async def until(condition):
    """Wait for it."""
    async with asyncio.timeout(SECONDS):
        while not (found := await condition()):
            await asyncio.sleep(0.1)
    return found


async def order(http, path, body=None):
    """Give an order; answers its response."""
    return await http.post(f"/api/ops/nodes{path}", json={"reason": BECAUSE, **(body or {})}, headers=AS_SCRIPT)


async def over(http, given):
    """The order, once it is over."""
    assert given.status_code == 202, given.text

    async def ended():
        orders = (await http.get("/api/ops/nodes", headers=AS_SCRIPT)).json()["orders"]
        (mine,) = [one for one in orders if one["number"] == given.json()["number"]]
        return mine if mine["state"] not in {"waiting", "under way"} else None

    return await until(ended)


def pid_of(worker_id):
    """The process of a worker: its id names it."""
    return int(worker_id.split("-")[-2])


async def gone(server, pid):
    """Return once a server has no such worker."""

    async def ended():
        return pid not in server.workers()

    await until(ended)


async def plays_on(player):
    """The connection ended for a restart, and the player continues with what it had, on another worker."""
    await player.until(lambda: player.closed, within=SECONDS)
    assert player.closed == 1012
    await player.connect(resume=True)
    assert player.welcome["recovered"] or player.welcome["snapshot"]
    carried = (await player.type("inventory"))["data"]["inventory"]["items"]
    assert carried


async def test_a_worker_is_replaced_on_another_server(machines, http):
    """A new worker serves, then the old one drains; its player continues."""
    here, _ = machines
    mara = await Player.join(here)
    former, others = mara.welcome["worker_id"], here.workers()
    done = await over(http, await order(http, f"/{former}/replace"))
    assert (done["state"], len(done["steps"])) == ("done", 1)
    await plays_on(mara)
    assert pid_of(former) not in here.workers()
    assert len(here.workers()) == 2
    assert len({*here.workers()} - {*others}) == 1
    assert refused(await order(http, f"/{former}/replace")) in {(404, "no_worker"), (409, "done_already")}


async def test_a_drained_slot_stays_empty_until_it_is_filled(machines, http):
    """The other worker takes its clients and cannot be drained; `fill` starts one again."""
    here, there = machines
    mara = await Player.join(here)
    former = mara.welcome["worker_id"]
    assert (await over(http, await order(http, f"/{former}/drain")))["state"] == "done"
    await plays_on(mara)
    assert len(here.workers()) == 1
    last = mara.welcome["worker_id"]
    assert refused(await order(http, f"/{last}/drain")) == (422, "last_worker")
    for _ in range(6):
        assert (await Player.join(here)).welcome["worker_id"] == last
    assert "worker.died" not in "".join(here.output)
    assert (await over(http, await order(http, "/fill")))["state"] == "done"
    assert (len(here.workers()), len(there.workers())) == (2, 1)


async def test_a_roll_renews_all_servers_one_after_the_other(machines, http):
    """Each worker is another one afterwards; no two servers roll at a time."""
    here, there = machines
    mara, former = await Player.join(here), {*here.workers(), *there.workers()}
    words = ["ops", "roll", "--wait", "--reason", BECAUSE]
    environ = {"ECHOES_OPS_URL": there.url, "ECHOES_OPS_TOKEN": SCRIPT}
    done = await asyncio.to_thread(CliRunner().invoke, main, words, env=environ)
    assert (done.exit_code, "roll all workers  by script: done" in done.output) == (0, True), done.output
    assert not former & {*here.workers(), *there.workers()}
    assert (len(here.workers()), len(there.workers())) == (2, 1)
    shown = (await http.get("/api/ops/nodes", headers=AS_SCRIPT)).json()
    first, second = next(one for one in shown["orders"] if one["action"] == "roll")["steps"]
    assert {first["server"], second["server"]} == {one["server"] for one in shown["nodes"] if not one["draining"]}
    await plays_on(mara)


async def test_orders_reach_their_worker_while_redis_is_away(machines, http, redis):
    """No worker can start without Redis, so a worker that is to be replaced stays; one that is to be drained drains, unless it is the last."""
    here, _ = machines
    mara = await Player.join(here)
    former = mara.welcome["worker_id"]
    redis.kill()
    try:
        given = await order(http, f"/{former}/replace")
        assert refused(await order(http, f"/{former}/replace")) == (409, "done_already")
        failed = await over(http, given)
        assert (failed["state"], "could not start" in failed["steps"][0]["outcome"]) == ("failed", True)
        assert (await mara.type("look"))["ok"]
        assert not mara.closed
        assert (await over(http, await order(http, f"/{former}/drain")))["state"] == "done"
        await plays_on(mara)
        failed = await over(http, await order(http, f"/{mara.welcome['worker_id']}/drain"))
        assert (failed["state"], "the last worker" in failed["steps"][0]["outcome"]) == ("failed", True)
        assert (await mara.type("look"))["ok"]
    finally:
        redis.start()
    assert (await over(http, await order(http, "/fill")))["state"] == "done"
    assert len(here.workers()) == 2


async def test_an_order_for_a_worker_that_was_killed_has_no_effect(machines, http):
    """It waits for that worker alone: the one that takes its place is another one."""
    here, _ = machines
    mara = await Player.join(here)
    former = mara.welcome["worker_id"]
    os.kill(pid_of(former), signal.SIGSTOP)
    given = await order(http, f"/{former}/drain")
    assert given.status_code == 202
    os.kill(pid_of(former), signal.SIGKILL)
    await gone(here, pid_of(former))

    async def both():
        shown = (await http.get("/api/ops/nodes", headers=AS_SCRIPT)).json()
        return len([one for one in shown["nodes"] if one["worker_id"] != former]) == 3 and shown

    shown = await until(both)
    mine = next(one for one in shown["orders"] if one["number"] == given.json()["number"])
    assert (mine["state"], mine["steps"]) == ("waiting", [])
    assert len(here.workers()) == 2


@pytest.mark.parametrize(("action", "left"), [("replace", 2), ("drain", 1)])
async def test_a_worker_that_is_killed_in_the_middle_of_an_order(machines, http, action, left):
    """Its order is not carried out again: it is replaced once, or its slot stays empty."""
    here, _ = machines
    mara = await Player.join(here)
    former, begun = mara.welcome["worker_id"], len(here.output)
    given = await order(http, f"/{former}/{action}")

    async def taken():
        orders = (await http.get("/api/ops/nodes", headers=AS_SCRIPT)).json()["orders"]
        return next(one for one in orders if one["number"] == given.json()["number"])["steps"]

    await until(taken)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid_of(former), signal.SIGKILL)
    await gone(here, pid_of(former))
    await over(http, given)

    async def as_many():
        shown = (await http.get("/api/ops/nodes", headers=AS_SCRIPT)).json()["nodes"]
        return len([one for one in shown if pid_of(one["worker_id"]) in here.workers() and not one["draining"]]) == left

    await until(as_many)
    await mara.until(lambda: mara.closed, within=SECONDS)
    await mara.connect(resume=True)
    assert (await mara.type("look"))["ok"]
    if action == "drain":
        assert "worker.died" not in "".join(here.output[begun:]), "the supervisor would start another one"
    assert (await over(http, await order(http, "/fill")))["state"] == "done"
    assert len(here.workers()) == 2
