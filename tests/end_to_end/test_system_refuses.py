"""Space, writes, open files and rights that the system refuses a real server: one sentence says what to do; acknowledged data is kept."""

import asyncio
import contextlib
import os
import resource
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from echoes.errors import StorageError
from echoes.storage import embedded, migrations
from player import Player
from postgres import cluster, execute
from server import Server, tracebacks
from small_disk import fill, small_disk, write_protect

AS_ROOT = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv"))), reason="root with unshare and setpriv only"
)
QUICK = {"ECHOES_COMMANDS_PER_SECOND": "10000", "ECHOES_COMMANDS_BURST": "100000"}
SECRET = "0123456789abcdef0123456789abcdef"
NEWEST = embedded._major(embedded.binaries())
UID = 1_234_567
"""Of no account, as OpenShift gives it."""


def refused(command, cwd, **environ):
    """The error line of a start that fails; no traceback is in it."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ECHOES_", "REDIS_", "WORKERS"))}
    done = subprocess.run(
        [*command, sys.executable, "-m", "echoes", "serve", "--port", "0"], env=clean | environ, cwd=cwd, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    return " ".join(done.stderr.replace("│", " ").split())


# ── PostgreSQL's disk ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def crowded():
    """A PostgreSQL on a disk of its own, and the URL of a database there."""
    with small_disk("160m") as disk:
        (disk / "cluster").mkdir()
        with cluster(NEWEST, disk / "cluster") as superuser:
            asyncio.run(execute(superuser, "create database echoes"))
            try:
                yield disk, superuser.replace("/postgres?", "/echoes?")
            finally:
                (disk / "ballast").unlink(missing_ok=True)  # it ends with a checkpoint


async def test_postgresql_without_space_refuses_commands_and_loses_none(crowded):
    """A command without room is refused with `unavailable`, acknowledged ones are kept; with room again, the same number is done once."""
    disk, url = crowded
    with Server({"ECHOES_DATABASE_URL": url, **QUICK}) as server:
        mara = await Player.join(server)
        fill(disk)
        acknowledged = 0
        for _ in range(20_000):
            number = await mara.send(type="line", text="get 1 bread" if acknowledged % 2 else "drop 1 bread")
            reply = await mara.until(lambda number=number: mara.replies.get(number), within=30)
            if not reply["ok"]:
                break
            acknowledged += 1
        assert reply["error"]["code"] == "unavailable"
        (disk / "ballast").unlink()
        (rows,) = await until(lambda: execute(url, "select count(*) as n from commands where reply like '%\"ok\":true%'"))
        assert rows["n"] <= 16, "of a client the newest are kept"
        mara.replies.pop(number)
        mara.unanswered[number] = {"type": "line", "text": "get 1 bread" if acknowledged % 2 else "drop 1 bread", "id": number}
        async with asyncio.timeout(60):
            while not (reply := mara.replies.get(number)) or not reply["ok"]:
                mara.replies.pop(number, None)
                await mara.send_again()
                await mara.until(lambda: mara.replies.get(number), within=30)
        bag = (await mara.type("i"))["data"]["inventory"]["items"]
        assert sum(item["quantity"] for item in bag if item["template"] == "ash_bread") == 2 - (acknowledged + 1) % 2
    assert not tracebacks(server.output)


async def until(ask):
    """The answer of `ask`, once PostgreSQL takes connections again."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(Exception):
                return await ask()
            await asyncio.sleep(0.05)


async def test_a_start_on_a_postgresql_without_space_says_so(crowded):
    """The error is about PostgreSQL's disk, not about the server's."""
    disk, url = crowded
    fill(disk)
    with pytest.raises(StorageError, match=r"no space left on its disk.*free space there"):
        await migrations.up(url)


# ── a folder that cannot be written ──────────────────────────────────────────────────────────────────────────────────


def test_a_data_folder_on_a_read_only_disk_is_one_sentence(tmp_path):
    """It names the folder, why, and the setting that chooses another."""
    with small_disk("1m") as disk:
        (disk / "data").mkdir()
        write_protect(disk)
        said = refused([], tmp_path, ECHOES_DATA_DIR=str(disk / "data"))
        assert "Read-only file system" in said
        assert "ECHOES_DATA_DIR" in said
        assert str(disk / "data") in said.replace(" ", "")


async def test_with_a_database_and_a_secret_no_folder_needs_to_be_written(database_url):
    """Players can play with a read-only data folder."""
    with small_disk("1m") as disk:
        (disk / "data").mkdir()
        write_protect(disk)
        with Server({"ECHOES_DATABASE_URL": database_url, "ECHOES_DATA_DIR": str(disk / "data"), "ECHOES_SECRET": SECRET, "WORKERS": "2", "ECHOES_BACKEND": "memory"}) as server:  # fmt: skip
            mara = await Player.join(server)
            assert (await mara.type("look"))["ok"]
        assert not tracebacks(server.output)


# ── a container with an account that nobody has named ────────────────────────────────────────────────────────────────

CONTAINER = """
set -e
mount -t tmpfs -o mode=1777 tmpfs "$1"
mount -o remount,bind,ro /
shift
exec setpriv --reuid {uid} --regid 0 --clear-groups --bounding-set=-all --inh-caps=-all "$@"
"""


@pytest.fixture
def foreign():
    """A database that any account of this machine may ask."""
    with cluster(NEWEST) as superuser:
        asyncio.run(execute(superuser, "create database echoes"))
        yield superuser.replace("/postgres?", "/echoes?")


class Contained(Server):
    """A server with a random user id on a root file system that cannot be written; one folder can be."""

    def command(self):
        """In a mount namespace of its own."""
        return ["unshare", "--mount", "sh", "-c", CONTAINER.format(uid=UID), "sh", str(self.folder), *super().command()]


@AS_ROOT
async def test_a_random_user_on_a_read_only_root(foreign):
    """With a PostgreSQL elsewhere it needs one folder to write in, and no name."""
    with Contained({"ECHOES_DATABASE_URL": foreign, "HOME": "/"}) as server:
        assert (await asyncio.to_thread(httpx.get, f"{server.url}/health/ready")).json()["status"] == "ok"
        mara = await Player.join(server)
        assert (await mara.type("look"))["ok"]
    assert not tracebacks(server.output)


@AS_ROOT
def test_a_private_postgresql_wants_a_user_with_a_name():
    """PostgreSQL refuses to run as an account without an entry; one sentence says so, and what else there is."""
    server = Contained({"HOME": "/"})
    with pytest.raises(RuntimeError, match="ECHOES_DATABASE_URL") as said, server:
        pass
    server._process.stdout.close()
    assert f"user id {UID}" in str(said.value)
    assert "Traceback" not in str(said.value)


# ── open files ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("most", [14, 18, 40, 256])
def test_too_few_open_files_stop_the_start_with_an_error(tmp_path, most):
    """Before anything is opened, so that nothing fails halfway; with the limit to raise."""
    said = refused(["prlimit", f"--nofile={most}"], tmp_path)
    assert f"allows the server {most} open files" in said
    assert "ulimit -n" in said


def leave(pid, number):
    """The process can open this number of files more, sockets included."""
    used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    _, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + number, most))


async def test_a_server_without_open_files_accepts_no_client_and_continues(database_url):
    """Connected clients get answers; when others have left, new clients are accepted again."""
    with Server({"ECHOES_DATABASE_URL": database_url, **QUICK}) as server:
        mara = await Player.join(server)
        assert (await mara.type("look"))["ok"]
        leave(server.pid, 3)
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                stranger = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.to_thread(stranger.recv, 1) == b"", "it is turned away at once"
            for _ in range(5):
                assert (await mara.type("say still here"))["ok"]
            assert (await mara.type("drop 1 bread"))["ok"]
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await asyncio.to_thread(httpx.get, f"{server.url}/health/live", timeout=5)).status_code == 200:
                        break
                await asyncio.sleep(0.05)
        assert server.exit_code is None
    assert not tracebacks(server.output)
