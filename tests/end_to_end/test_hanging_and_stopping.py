"""A worker that hangs is replaced, and a signal to stop is heeded whenever it comes."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import httpx
import pytest
from echoes.settings import Settings, gamedata_of
from machines import a_server
from player import Player
from redis_server import RedisServer
from server import children_of, traversable_folder


@pytest.fixture
def redis():
    with RedisServer() as server:
        yield server


async def until(condition, seconds=60):
    """Wait for it."""
    async with asyncio.timeout(seconds):
        while not (found := condition()):
            await asyncio.sleep(0.05)
    return found


async def test_a_worker_that_hangs_is_replaced(database_url, redis):
    """SIGSTOP without an end: a new worker takes its socket over, and serves the waiting clients. Leaving in order is no death."""
    with a_server(database_url, redis.url, 2, ECHOES_WORKER_SILENCE="3") as server:
        former = server.workers()
        os.kill(former[0], signal.SIGSTOP)
        waiting = [asyncio.ensure_future(asyncio.to_thread(httpx.get, f"{server.url}/health/live", timeout=60)) for _ in range(8)]
        await until(lambda: "worker.hung" in "".join(server.output) and "".join(server.output).count("worker.started") == 3)
        assert former[0] not in server.workers()
        assert former[1] in server.workers(), "the one that answers is left alone"
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}
        assert (await (await Player.join(server)).type("look"))["ok"]
        server.signal(signal.SIGHUP)
        await until(lambda: "workers.rolled" in "".join(server.output))
        said = "".join(server.output)
        assert len(re.findall("worker.hung", said)) == 1
        assert "RuntimeWarning" not in said
        assert "worker.died" not in said


async def answers(server, count=24):
    """How many of these new connections at once are answered, within a minute."""

    async def one(http):
        return (await http.get("/health/live")).status_code == 200

    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=server.url, timeout=60, limits=limits) as http:
        return sum(await asyncio.gather(*(one(http) for _ in range(count))))


async def test_clients_of_a_dead_worker_are_accepted_by_the_others(database_url, redis, tmp_path):
    """Its successor cannot start, and no new connection waits for it. When one has started, it serves its slot again."""
    content = tmp_path / "gamedata"
    shutil.copytree(gamedata_of(Settings()), content)
    with a_server(database_url, redis.url, 3, ECHOES_GAMEDATA=str(content)) as server:
        former = server.workers()
        content.rename(tmp_path / "away")
        os.kill(former[0], signal.SIGKILL)
        os.kill(former[1], signal.SIGTERM)
        await until(lambda: "".join(server.output).count("worker.not_started") > 1)
        assert await answers(server) == 24
        (tmp_path / "away").rename(content)
        await until(lambda: "".join(server.output).count("worker.started") == 5)
        os.kill(former[2], signal.SIGKILL)
        assert await answers(server) == 24


async def test_a_server_that_was_suspended_as_a_whole_replaces_no_worker(database_url, redis):
    """Supervisor and workers together, as by a suspended machine: the supervisor counts its own checks, not seconds."""
    with a_server(database_url, redis.url, 2, ECHOES_WORKER_SILENCE="2") as server:
        former = server.workers()
        for pid in (server.pid, *former):
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(5)  # the time that passes while no process runs is the point
        for pid in (server.pid, *former):
            os.kill(pid, signal.SIGCONT)
        assert (await (await Player.join(server)).type("look"))["ok"]
        assert server.workers() == former
        assert "worker.hung" not in "".join(server.output)


@pytest.mark.parametrize("seconds", [0.15, 0.5, 1.0])
@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="only root may make a process the first one")
def test_a_signal_in_the_first_second_of_process_1_is_heeded(seconds):
    """The kernel drops what the first process has no handler for."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ECHOES_")}
    with traversable_folder() as folder:
        server = subprocess.Popen(
            ["unshare", "--pid", "--fork", sys.executable, "-m", "echoes", "serve", "--port", "0"], cwd=folder, start_new_session=True,
            env={**environ, "ECHOES_DATA_DIR": str(folder / "data")}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                server.wait(seconds)
            (first,) = children_of(server.pid)
            deadline = time.monotonic() + 20
            while not children_of(first):  # it heeds signals before it forks; on a busy machine the interpreter itself starts for longer
                assert time.monotonic() < deadline
                time.sleep(0.01)
            os.kill(first, signal.SIGTERM)
            server.communicate(timeout=60)
            assert server.returncode in {0, 143}
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
                server.communicate(timeout=60)


def test_the_first_process_reaps_orphans_and_exits_as_the_server_does():
    """An orphan of any other process becomes its child."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root may make a process the first one")
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", ORPHAN],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (7, "reaped\n"), done.stderr


ORPHAN = """
import os, sys, time
from echoes.init_process import run_as_init
run_as_init()
readable, writable = os.pipe()
if os.fork() == 0:
    orphan = os.fork()
    if orphan == 0:
        time.sleep(0.1)
        os._exit(0)
    os.write(writable, b"%d" % orphan)
    os._exit(0)
os.wait()
orphan = os.read(readable, 20).decode()
while os.path.exists("/proc/" + orphan):
    time.sleep(0.01)
print("reaped")
sys.exit(7)
"""
