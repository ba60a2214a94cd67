"""Two releases beside each other, as during a roll: the one before function sets and this one, on one database and one Redis."""

import asyncio
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from echoes.storage.functions import named
from machines import ENVIRON
from player import Player
from postgres import execute
from redis_server import RedisServer
from server import Server, tracebacks
from swarm import Swarm

FORMER = "96b00be"
ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "plugins/redis_backend", "plugins/memory_backend")
MADE = "select proname, prosrc from pg_proc where proname like 'echoes\\_%' order by proname"

MADE_UP_FOR = re.compile(r"missed \[\d+(?:, \d+)?\] doubled \[\] $")
"""A sentence or two of the moment in which a player was away. Rows of the former release do not say since when a channel is followed, so the snapshot
stands in their place, as the welcome says."""


@pytest.fixture(scope="module")
def former(tmp_path_factory):
    """The folders of the former release's packages, taken from the history."""
    archive = subprocess.run(["git", "-C", ROOT, "archive", FORMER, *PACKAGES, "gamedata"], capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"the history has no {FORMER} (a shallow clone, or an unpacked archive)")
    folder = tmp_path_factory.mktemp("former")
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)  # tarfile has no filter before Python 3.11.4
    return folder


def path_of(folder):
    """Where Python finds a release's packages, as `PYTHONPATH` has it."""
    return os.pathsep.join(str(folder / package) for package in PACKAGES)


async def unaccounted(url):
    """Kinds of things of which there are not as many as the ledger says."""
    held = await execute(url, "select template, sum(quantity) as n from items group by 1 order by 1")
    made = await execute(url, "select template, sum(quantity) as n from ledger group by 1 having sum(quantity) <> 0 order by 1")
    return sorted(dict(held).items() ^ dict(made).items())


async def test_both_play_on_and_the_former_one_starts_again(empty_url, former):
    """People go from one to the other; a worker of the former release that dies is replaced, and leaves the functions of this one alone."""
    with RedisServer() as redis:
        environ = {**ENVIRON, "ECHOES_DATABASE_URL": empty_url, "ECHOES_REDIS_URL": redis.url, "WORKERS": "2"}
        with Server({**environ, "PYTHONPATH": path_of(former)}) as old:
            early = await Player.join(old)
            assert (await early.type("drop 1 bread"))["ok"]
            with Server(environ) as new:
                of_both = {row["proname"]: row["prosrc"] for row in await execute(empty_url, MADE)}
                async with Swarm([old, new], 10, 2) as swarm:
                    swarm.start_talking(pause=0.5)
                    late = await Player.join(new)
                    assert (await late.type("get bread"))["ok"]
                    assert (await late.type("drop 1 bread"))["ok"]
                    os.kill(old.workers()[0], signal.SIGKILL)
                    await swarm.until(lambda: started(old) == 3, "the former release's worker is replaced")
                    before = [bot.answered for bot in swarm.bots]
                    await swarm.until(lambda: all(bot.answered > said for bot, said in zip(swarm.bots, before, strict=True)), "all play on")
                    assert of_both.items() <= {row["proname"]: row["prosrc"] for row in await execute(empty_url, MADE)}.items()
                    assert (await late.type("get bread"))["ok"]
                    await early.disconnect()
                    early.server = new
                    assert await early.connect(resume=True)
                    assert (await early.type("drop 1 bread"))["ok"]
                    swarm.hushed = True
                await asyncio.to_thread(old.stop)
                assert (await late.type("get bread"))["ok"]
            assert not [line for server in (old, new) for line in server.output if "not_started" in line]
            assert not tracebacks(new.output)  # one of the former release may be of a fault that is fixed by now
        assert await unaccounted(empty_url) == []


async def test_a_roll_from_the_former_release_to_this_one(empty_url, former, tmp_path):
    """One installation, one supervisor: what is installed is replaced while it runs, and SIGHUP brings it into force.

    All play on, nothing is lost or sent twice.
    """
    installed = tmp_path / "installed"
    installed.symlink_to(former)
    with RedisServer() as redis:
        environ = {
            **ENVIRON,
            "ECHOES_DATABASE_URL": empty_url,
            "ECHOES_REDIS_URL": redis.url,
            "WORKERS": "2",
            "PYTHONPATH": path_of(installed),
        }
        with Server(environ) as server:
            async with Swarm([server], 10, 2) as swarm:
                swarm.start_talking(pause=0.5)
                mara = await Player.join(server)
                assert (await mara.type("drop 1 bread"))["ok"]
                replacement = tmp_path / "next"
                replacement.symlink_to(ROOT)
                replacement.replace(installed)
                server.signal(signal.SIGHUP)
                await swarm.until(lambda: started(server) == 4, "workers of this release have begun")
                await swarm.until(lambda: len(server.workers()) == 2, "those of the former one have left")
                before = [bot.answered for bot in swarm.bots]
                await swarm.until(lambda: all(bot.answered > said for bot, said in zip(swarm.bots, before, strict=True)), "all play on")
                assert named("echoes_commit") in {row["proname"] for row in await execute(empty_url, MADE)}
                assert await mara.connect(resume=True)
                assert (await mara.type("get 1 bread"))["ok"]
                await swarm.finish()
                assert not [fault for fault in swarm.judge() if not MADE_UP_FOR.search(fault)]
                assert not any(bot.welcomes[-1]["recovered"] for bot in swarm.bots)
            assert not [line for line in server.output if "not_started" in line or "roll_failed" in line]
            assert not tracebacks(server.output)
        assert await unaccounted(empty_url) == []


def started(server) -> int:
    """How many workers have begun to serve."""
    return sum("worker.started" in line for line in server.output)
