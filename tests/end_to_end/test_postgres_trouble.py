"""PostgreSQL slow, full, exhausted, restarted, failed over: bounded waits, coded errors, nothing half-done, and play continues by itself."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import pytest
from echoes.errors import StorageError
from echoes.storage import embedded, migrations
from player import Player
from postgres import execute
from server import Server, traversable_folder
from websockets.exceptions import WebSocketException

SOON = {"ECHOES_DATABASE_TIMEOUT": "1", "ECHOES_COMMANDS_PER_SECOND": "10000", "ECHOES_COMMANDS_BURST": "100000"}


@pytest.fixture
def hasty(database_url):
    """A server that waits a second at most for a statement, over two connections."""
    with Server({"ECHOES_DATABASE_URL": database_url, "ECHOES_DATABASE_POOL": "2", **SOON}) as server:
        yield server


async def bread(player):
    """How many loaves it has."""
    bag = (await player.type("i"))["data"]["inventory"]["items"]
    return sum(item["quantity"] for item in bag if item["template"] == "ash_bread")


async def done_in_the_end(player, number, command):
    """Send a command again, under its number, until it is answered with success, as a client does."""
    async with asyncio.timeout(60):
        while not (reply := player.replies.get(number)) or not reply["ok"]:
            player.replies.pop(number, None)
            player.unanswered[number] = {**command, "id": number}
            if player.closed is not None:
                await asyncio.sleep(0.2)
                with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                    await player.connect(resume=True)
            await player.send_again()
            await player.until(lambda: player.replies.get(number) or player.closed, within=None)
    return reply


async def test_a_locked_row_delays_a_command_for_a_bounded_time(hasty):
    """A statement that takes too long ends with `unavailable`; the same number takes effect once afterwards."""
    mara = await Player.join(hasty)
    connection = await asyncpg.connect(hasty.database_url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("select 1 from characters where id = $1 for update", mara.id)
        began = time.monotonic()
        number = await mara.send(type="line", text="drop 1 bread")
        reply = await mara.until(lambda: mara.replies.get(number), within=15)
        assert reply["error"]["code"] == "unavailable"
        assert time.monotonic() - began < 10
        assert (await mara.type("say still here"))["ok"]  # what needs no row does not wait for one
        await transaction.rollback()
    finally:
        await connection.close()
    await done_in_the_end(mara, number, {"type": "line", "text": "drop 1 bread"})
    assert await bread(mara) == 1


async def test_an_exhausted_pool_recovers(hasty):
    """Every command is answered, with success or a code, and none is done twice."""
    players = [await Player.join(hasty) for _ in range(6)]
    connection = await asyncpg.connect(hasty.database_url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("lock table commands in access exclusive mode")
        numbers = [await one.send(type="line", text="drop 1 bread") for one in players]
        for one, number in zip(players, numbers, strict=True):
            reply = await one.until(lambda one=one, number=number: one.replies.get(number), within=30)
            assert reply["error"]["code"] == "unavailable"
        await transaction.rollback()
    finally:
        await connection.close()
    for one, number in zip(players, numbers, strict=True):
        await done_in_the_end(one, number, {"type": "line", "text": "drop 1 bread"})
        assert await bread(one) == 1


async def test_a_full_disk_is_reported_and_changes_nothing(hasty):
    """The commit fails as a whole; when there is room again, the same number is done."""
    mara = await Player.join(hasty)
    await execute(
        hasty.database_url,
        "create function full_disk() returns trigger language plpgsql as $$ begin raise exception 'no space left' using errcode = '53100'; end $$",
    )
    await execute(hasty.database_url, "create trigger full_disk before insert on commands for each row execute function full_disk()")
    number = await mara.send(type="line", text="drop 1 bread")
    reply = await mara.until(lambda: mara.replies.get(number), within=15)
    assert reply["error"]["code"] == "unavailable"
    assert await bread(mara) == 2
    (ground,) = await execute(
        hasty.database_url, "select count(*) as n from items where owner = 'location:kiln_yard' and template = 'ash_bread'"
    )
    assert ground["n"] == 0
    await execute(hasty.database_url, "drop trigger full_disk on commands")
    await done_in_the_end(mara, number, {"type": "line", "text": "drop 1 bread"})
    assert await bread(mara) == 1


async def test_a_command_with_a_serialization_conflict_is_retried(hasty):
    """The server retries the transaction; the player does not notice."""
    mara = await Player.join(hasty)
    await execute(hasty.database_url, "create table tries (n int)")
    await execute(hasty.database_url, "create sequence times")
    await execute(
        hasty.database_url,
        "create function conflict() returns trigger language plpgsql as $$ begin"
        " if nextval('times') < 3 then raise exception 'could not serialize' using errcode = '40001'; end if; return new; end $$",
    )
    await execute(hasty.database_url, "create trigger conflict before insert on commands for each row execute function conflict()")
    assert (await mara.type("drop 1 bread"))["ok"]
    assert await bread(mara) == 1


class Pair:
    """A primary and a standby that follows it."""

    def __init__(self, stack: ExitStack) -> None:
        folder = stack.enter_context(traversable_folder())
        self._primary = stack.enter_context(ExitStack())
        self.primary = self._primary.enter_context(embedded.running(folder / "primary"))
        self._copy(folder / "primary", folder / "standby")
        self.standby = stack.enter_context(embedded.running(folder / "standby"))

    @property
    def url(self) -> str:
        """The one of the two that may be written to."""
        first, second = (asyncpg_host(url) for url in (self.primary, self.standby))
        return f"postgresql://echoes@/echoes?host={first},{second}&port=5432,5432&target_session_attrs=read-write"

    def lose_primary(self) -> None:
        """It is gone for good."""
        self._primary.close()

    def _copy(self, primary: Path, standby: Path) -> None:
        standby.mkdir()
        programs = embedded.binaries()
        command = [
            programs / "pg_basebackup",
            "-D",
            standby / "postgres",
            "-d",
            self.primary.replace("/echoes?", "/?"),
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
        ]
        subprocess.run(command, check=True, capture_output=True)
        if os.geteuid() == 0:
            owner = (primary / "postgres").stat()
            for path in (standby / "postgres", *(standby / "postgres").rglob("*")):
                os.chown(path, owner.st_uid, owner.st_gid)
            shutil.chown(standby, 0, owner.st_gid)
            standby.chmod(0o710)
        else:
            standby.chmod(0o700)


def asyncpg_host(url):
    """The folder of a server's socket."""
    return url.split("host=")[1].split("&")[0]


@pytest.fixture
def pair():
    with ExitStack() as stack:
        yield Pair(stack)


async def test_a_standby_alone_is_refused_at_the_start(pair):
    """It takes no writes: the sentence says so, and which setting must name the primary."""
    with pytest.raises(StorageError, match=r"accepts no writes \(a standby.*ECHOES_DATABASE_URL must name the primary"):
        await migrations.up(pair.standby)


async def test_a_failover_to_the_other_host_in_the_url(pair):
    """The primary is lost and the standby promoted: the server finds it by itself, with everything that was acknowledged."""
    with Server({"ECHOES_DATABASE_URL": pair.url, **SOON}) as server:
        mara, tomas = await Player.join(server), await Player.join(server)
        assert (await mara.type("drop 1 bread"))["ok"]
        async with asyncio.timeout(20):
            while not (await execute(pair.primary, "select replay_lsn >= pg_current_wal_lsn() as caught_up from pg_stat_replication"))[0][
                "caught_up"
            ]:
                await asyncio.sleep(0.02)
        await asyncio.to_thread(pair.lose_primary)
        number = await mara.send(type="line", text="drop 1 bread")
        reply = await mara.until(lambda: mara.replies.get(number), within=30)
        assert reply["error"]["code"] == "unavailable"
        await execute(pair.standby, "select pg_promote()")
        await done_in_the_end(mara, number, {"type": "line", "text": "drop 1 bread"})
        assert await bread(mara) == 0
        assert (await tomas.type("get 1 bread"))["ok"]
        assert await bread(tomas) == 3


async def test_a_primary_that_is_demoted_is_left(pair):
    """It still answers, but nothing can be written there any more: the other host is asked."""
    with Server({"ECHOES_DATABASE_URL": pair.url, **SOON}) as server:
        mara = await Player.join(server)
        async with asyncio.timeout(20):
            while not (await execute(pair.primary, "select replay_lsn >= pg_current_wal_lsn() as caught_up from pg_stat_replication"))[0][
                "caught_up"
            ]:
                await asyncio.sleep(0.02)
        await execute(pair.primary, "alter system set default_transaction_read_only = on")
        await execute(pair.primary, "select pg_reload_conf()")
        await execute(pair.standby, "select pg_promote()")
        number = await mara.send(type="line", text="drop 1 bread")
        await mara.until(lambda: mara.replies.get(number), within=30)
        await done_in_the_end(mara, number, {"type": "line", "text": "drop 1 bread"})
        assert await bread(mara) == 1
        (there,) = await execute(
            pair.standby, "select count(*) as n from items where owner = 'location:kiln_yard' and template = 'ash_bread'"
        )
        assert there["n"] == 1
