"""The oldest and the newest PostgreSQL that can be had here: the schema, a commit, retention and the way down, by a role that is no superuser."""

import asyncio

import asyncpg
import pytest
from echoes.settings import gamedata_of, read
from echoes.storage import accounts, commits, contents, database, database_identity, migrations
from echoes.storage.retention import Retention, rules
from echoes.world import content
from postgres import cluster, is_here

OTHERS = [15, 16, *(major for major in (17,) if is_here(major))]
"""Beside the wheel's newest, which every other test runs on. `tests/prepare.py` names those that the distribution does not have."""


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
    """The behaviour of the newest version is tested everywhere else."""
    with cluster(major) as superuser:
        asyncio.run(lives(asyncio.run(made_by(superuser)), major))


async def lives(url, major):
    assert await migrations.up(url)
    world = content.load(gamedata_of(read()))
    async with database.connect(url, pool=2, timeout=20) as context:
        version = await context.row(
            "test", "select current_setting('server_version_num')::int / 10000 as n, current_setting('is_superuser') as boss"
        )
        assert tuple(version) == (major, "off")
        first = await database_identity.notice(context)
        assert await database_identity.notice(context) == first
        await contents.settle(context, world)
        account = await accounts.create_account(context, "mara", "mara", "")
        mara = await accounts.create_character(context, account.id, "Mara", "mara", world.start, [])
        await commits.enter(context, mara.id, 1, "client")
        me = await commits.load_character(context, mara.id)
        changes = [{"op": "character", "id": me.id, "version": me.version, "set": {"resting": True}}]
        receipt = await commits.commit(
            context, character_id=me.id, epoch=1, client="client", number=1, reply=b"{}", events=b"[]", changes=changes
        )
        assert receipt.status == "done"
        await context.rows("test", "update commands set created = created - interval '9 days'")
        await Retention(context, rules(silent=60, ledger_days=1, audit_days=1)).turn()
        assert await context.rows("test", "select from commands") == []
    while await migrations.down(url):
        pass
