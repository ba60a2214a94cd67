"""A disk without a free byte below the data folder: the server starts or says why not, and its supervisor outlives what kills a worker."""

import asyncio
import errno
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys

import httpx
import pytest
import structlog
from echoes import log
from echoes.metrics import host
from machines import a_server
from player import Player
from postgres import a_database
from prometheus_client.parser import text_string_to_metric_families
from redis_server import RedisServer
from server import Server, tracebacks
from small_disk import fill, small_disk

A_FILE = struct.pack("ii", 8, 0) + bytes((1 << 16) - 8)
"""Of a worker that has counted nothing yet."""


@pytest.fixture
def redis():
    with RedisServer() as server:
        yield server


@pytest.fixture
def database(postgres):
    with a_database(postgres) as url:
        yield url


async def plays(server):
    """A player comes in and is answered."""
    mara = await Player.join(server)
    assert (await mara.type("look"))["ok"]
    return mara


async def until(condition, seconds=30):
    """Wait for it."""
    async with asyncio.timeout(seconds):
        while not (found := condition()):
            await asyncio.sleep(0.05)
    return found


def scrape(server):
    """The samples of a scrape by Prometheus: {(name, labels): value}."""
    answer = httpx.get(f"{server.url}/metrics", timeout=30)
    assert answer.status_code == 200, "".join(server.output[-60:])
    families = text_string_to_metric_families(answer.text)
    return {(one.name, *sorted(one.labels.items())): one.value for family in families for one in family.samples}


async def test_a_worker_dies_on_a_full_disk_and_comes_back(database, redis):
    """The supervisor lives, a successor serves, and no process was killed by a write to a mapped file."""
    with small_disk("8m") as disk:
        (disk / "data").mkdir()
        with a_server(database, redis.url, 2, ECHOES_DATA_DIR=str(disk / "data")) as server:
            await plays(server)
            fill(disk)
            for number in (1, 2):
                os.kill(server.workers()[0], signal.SIGKILL)
                await until(lambda number=number: "".join(server.output).count("worker.started") == 2 + number)
            assert server.exit_code is None
            await plays(server)
            found = scrape(server)
            assert found["echoes_workers_ended_total", ("reason", "died")] == 2
            assert found["echoes_data_folder_free_bytes",] == 0
            await until(lambda: {dict(labels)["worker"] for name, *labels in scrape(server) if name == "echoes_readiness"} == {"0", "1"})
            server.signal(signal.SIGHUP)
            await until(lambda: "workers.rolled" in "".join(server.output))
            await plays(server)


@pytest.mark.parametrize("backend", ["memory", "redis"])
def test_a_start_on_a_full_disk_says_why_not(database, redis, backend):
    """With a private PostgreSQL there is no way; the words say that the disk is full, and no traceback does."""
    with small_disk("64k") as disk:
        (disk / "data").mkdir()
        fill(disk)
        server = Server({"ECHOES_DATA_DIR": str(disk / "data"), "ECHOES_BACKEND": backend, "ECHOES_REDIS_URL": redis.url, "WORKERS": "2"})
        with pytest.raises(RuntimeError) as said, server:
            pass
        server._process.stdout.close()
        words = " ".join(re.findall(r"[\w./]+", str(said.value)))  # the frame around them breaks lines
        assert re.search("No space left on device|disk is full", words), words
        assert "Traceback" not in words


def test_a_start_on_a_full_disk_needs_none_of_it_with_a_database_of_its_own(database, redis):
    """Nothing that a worker keeps in the data folder is needed for serving."""
    with small_disk("64k") as disk:
        (disk / "data").mkdir()
        fill(disk)
        with a_server(database, redis.url, 2, ECHOES_DATA_DIR=str(disk / "data")) as server:
            assert httpx.get(f"{server.url}/health/live").status_code == 200
        assert not tracebacks(server.output)


COUNTING = """
import os, sys, time
from echoes import metrics
from echoes.metrics import files
fill = os.open(os.environ["BALLAST"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
try:
    while os.write(fill, bytes(4096)): pass
except OSError: pass
for number in range(20_000):
    metrics.COMMANDS.labels(f"made_up_{number}", "ok").inc()
files.report()
print(metrics.COMMANDS.labels("made_up_1", "ok")._value.get())
"""


@pytest.mark.parametrize("full_before", [True, False], ids=["full-from-the-start", "full-while-counting"])
def test_counting_on_a_full_disk_kills_no_process(full_before):
    """A mapped file is allocated; where it cannot be, or cannot grow, the process counts in its own memory, and says so."""
    with small_disk("1m") as disk:
        (disk / "metrics").mkdir()
        if full_before:
            fill(disk)
        environ = {**os.environ, host.FOLDER: str(disk / "metrics"), "BALLAST": str(disk / "ballast")}
        done = subprocess.run([sys.executable, "-c", COUNTING], env=environ, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["1.0"]), done.stderr
        assert "metrics.file_refused" in done.stdout + done.stderr
        assert not [*(disk / "metrics").glob("counter_*")], "what would stand still is not shown"


def test_the_supervisor_merges_the_counters_that_it_can_write(tmp_path):
    """On a full disk a dead worker's counters stay in its own file, and its gauges are removed all the same."""
    with small_disk("1m") as disk:
        folder = host.fresh_folder(disk / "metrics")
        (folder / "counter_4711.db").write_bytes(A_FILE)
        (folder / "gauge_livesum_4711.db").write_bytes(A_FILE)
        fill(disk)
        (folder / "gauge_livesum_4711.db").write_bytes(b"")  # its space is taken at once, as by a program that fills the disk
        fill(disk)
        host.forget_worker(4711, folder, "died")
        assert [file.name for file in folder.glob("*.db")] == ["counter_4711.db"]
        (disk / "ballast").unlink()
        host.forget_worker(4711, folder, "died")
        assert [file.name for file in folder.glob("*.db")] == ["counter_0.db"]


async def test_a_log_that_cannot_be_written_stops_no_worker(database, redis):
    """Standard error is a disk without space: the supervisor replaces workers as before."""
    server = a_server(database, redis.url, 2)
    with open("/dev/full", "wb") as log:  # noqa: ASYNC230, PTH123 - a device
        server.standard_error = log
        with server:
            former = server.workers()
            os.kill(former[0], signal.SIGKILL)
            await until(lambda: len(server.workers()) == 2 and former[0] not in server.workers())
            assert server.stop() == 0


def test_lost_lines_of_the_log_are_reported_when_there_is_space_again(monkeypatch):
    """With their number and the reason."""
    stream = Fickle()
    monkeypatch.setattr(sys, "stderr", stream)
    log.configure(production=True)
    stream.full = True
    for _ in range(3):
        structlog.get_logger().info("door.opened")
    stream.full = False
    structlog.get_logger().info("door.closed")
    said = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line.get("lines")) for line in said] == [("log.lines_lost", 3), ("door.closed", None)]


class Fickle(io.StringIO):
    """A file on a disk that is full at times."""

    full = False

    def write(self, text):
        """As the system does it."""
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(text)
