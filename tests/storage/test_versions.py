"""The oldest and the newest PostgreSQL that can be had here: the schema, a commit, retention and the way down, by a role that is no superuser."""

import asyncio
import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import asyncpg
import pytest
from echoes.errors import StorageError
from echoes.settings import gamedata_of, read
from echoes.storage import accounts, commits, contents, database, embedded, migrations, origin
from echoes.storage.retention import Retention, rules
from echoes.world import content
from server import traversable_folder

OTHERS = (15, 16)


def folder_of(major: int) -> Path:
    """Its programs: from the wheel, or as Debian installs them."""
    with contextlib.suppress(StorageError):
        return embedded.binaries(major)
    found = Path(f"/usr/lib/postgresql/{major}/bin")
    if not (found / "initdb").exists():
        pytest.skip(f"no PostgreSQL {major} here (Debian: apt-get install postgresql-{major})")
    return found


@contextlib.contextmanager
def cluster(major: int):
    """A cluster of its own on a Unix socket; yields the URL of its superuser."""
    with traversable_folder() as folder:
        as_other = {"user": "nobody"} if os.geteuid() == 0 else {}
        if as_other:
            shutil.chown(folder, "nobody")
        programs, data = folder_of(major), folder / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "boss", "-A", "trust", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **as_other,
        )
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        subprocess.run(
            [programs / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"],
            check=True,
            capture_output=True,
            cwd=folder,
            **as_other,
        )
        try:
            yield f"postgresql://boss@/postgres?host={folder}"
        finally:
            subprocess.run(
                [programs / "pg_ctl", "-D", data, "-w", "-m", "fast", "stop"], check=True, capture_output=True, cwd=folder, **as_other
            )


async def made_by(superuser: str) -> str:
    """A database with the least rights that are documented; answers its URL."""
    boss = await asyncpg.connect(superuser)
    try:
        await boss.execute("create role echoes login")
        await boss.execute("create database echoes owner echoes")
    finally:
        await boss.close()
    return superuser.replace("boss@/postgres", "echoes@/echoes")


@pytest.mark.parametrize("major", OTHERS)
def test_another_version_with_the_least_rights(major):
    """What the newest does is tested everywhere else."""
    with cluster(major) as superuser:
        asyncio.run(lives(asyncio.run(made_by(superuser)), major))


async def lives(url, major):
    assert await migrations.up(url)
    world = content.load(gamedata_of(read()))
    async with database.connect(url, pool=2, timeout=20) as city:
        version = await city.row(
            "test", "select current_setting('server_version_num')::int / 10000 as n, current_setting('is_superuser') as boss"
        )
        assert tuple(version) == (major, "off")
        first = await origin.notice(city)
        assert await origin.notice(city) == first
        await contents.settle(city, world)
        account = await accounts.create_account(city, "mara", "mara", "")
        mara = await accounts.create_character(city, account.id, "Mara", "mara", world.start, [])
        await commits.enter(city, mara.id, 1, "client")
        me = await commits.load_character(city, mara.id)
        changes = [{"op": "character", "id": me.id, "version": me.version, "set": {"resting": True}}]
        receipt = await commits.commit(
            city, character_id=me.id, epoch=1, client="client", number=1, reply=b"{}", events=b"[]", changes=changes
        )
        assert receipt.status == "done"
        await city.rows("test", "update commands set created = created - interval '9 days'")
        await Retention(city, rules(silent=60, ledger_days=1, audit_days=1)).turn()
        assert await city.rows("test", "select from commands") == []
    while await migrations.down(url):
        pass
