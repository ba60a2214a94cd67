"""Which database this is: what PostgreSQL shows of a restore, and what a new life of the database changes."""

import pytest
from echoes.storage import database, database_identity
from echoes.storage.database_identity import DatabaseIdentity
from echoes.storage.revocations import Revocations
from echoes.web.tokens import TokenExpired, Tokens
from postgres import execute

SECRET = "a secret of this test " * 3


@pytest.fixture
async def context(database_url):
    """A migrated database."""
    async with database.connect(database_url, pool=2, timeout=10) as opened:
        yield opened


async def _become(context, **changed):
    parts = dict(zip(("timeline", "cluster", "database", "table"), (await incarnation(context)).split(" "), strict=True)) | changed
    await context.rows("test", "update world set incarnation = $1", " ".join(parts.values()))


async def incarnation(context):
    return (await context.row("test", "select incarnation from world"))["incarnation"]


async def test_the_same_database_stays_the_same(context):
    """However often it is asked: also by the first worker of a database that has never been asked."""
    first = await database_identity.notice(context)
    assert (first.life, len(first.identity)) == (0, 36)
    assert await database_identity.notice(context) == first


@pytest.mark.parametrize("part", ["timeline", "table"])
async def test_a_restore_in_place_starts_a_new_life_and_keeps_the_identity(context, part):
    """After a failover, a point-in-time recovery or a restored dump the Redis still belongs to the database."""
    first = await database_identity.notice(context)
    await _become(context, **{part: "00000007"})
    second = await database_identity.notice(context)
    assert second.life > 0
    assert second.identity == first.identity
    assert await database_identity.notice(context) == second


@pytest.mark.parametrize("part", ["cluster", "database"])
async def test_a_possible_copy_gets_another_identity(context, part):
    """A staging server's copy of the database must not use the Redis of the original."""
    first = await database_identity.notice(context)
    await _become(context, **{part: "4711"})
    second = await database_identity.notice(context)
    assert second.life > 0
    assert second.identity != first.identity


async def test_a_generation_that_went_back_begins_a_life(context):
    """A worker that lived through it knows a greater one."""
    await database_identity.notice(context)
    known = (await context.row("test", "select cache_generation from world"))["cache_generation"]
    assert (await database_identity.notice(context, known)).life == 0
    assert (await database_identity.notice(context, known + 1)).life > 0


async def test_a_failover_begins_a_life_only_where_something_was_lost(context):
    """A worker that lived through it knows how far the log of changes had come."""
    first = await database_identity.notice(context)
    reached = (await context.row("test", f"select {database_identity.REACHED} as reached"))["reached"]
    await _become(context, timeline="00000007")
    assert await database_identity.notice(context, 0, reached) == first
    assert await database_identity.notice(context) == first, "the other workers, and those that start later, know of it"
    assert (await database_identity.notice(context, 0, 2 * reached)).life > 0


async def test_a_life_forgets_since_when_channels_are_followed(context, database_url):
    """Those positions are of a past that the channels' backend may have seen differently."""
    await execute(database_url, "insert into accounts (username, username_key, password_hash) values ('a', 'a', '')")
    await execute(
        database_url,
        "insert into characters (account_id, name, skeleton, location_id, hp, max_hp, stamina, max_stamina, arrival, beginning)"
        " values (1, 'a', 'a', 'x', 1, 1, 1, 1, 'x e 5', 'e 7')",
    )
    await database_identity.begin_life(context)
    assert [tuple(row) for row in await execute(database_url, "select arrival, beginning from characters")] == [("", "")]


async def test_tokens_of_another_life_or_database_are_no_longer_good():
    """One that an older release made carries neither: it is good until the first restore."""
    here = Revocations(3600)
    tokens = Tokens(SECRET, 1, here)
    older = Tokens(SECRET, 1).sign("account", 7)
    here.learn_identity(DatabaseIdentity("this", 0))
    token = tokens.sign("account", 7, mark="m")
    assert tokens.read("account", token).mark == "m"
    assert tokens.read("account", older).mark == ""
    ended = []
    for elsewhere in (DatabaseIdentity("this", 1), DatabaseIdentity("that", 0)):
        with here.watched(7, 0, ended.append):
            here.learn_identity(elsewhere)
        assert ended.pop()
        with pytest.raises(TokenExpired, match="restored"):
            tokens.read("account", token)
        here.learn_identity(DatabaseIdentity("this", 0))
    here.learn_identity(DatabaseIdentity("this", 1))
    with pytest.raises(TokenExpired):
        tokens.read("account", older)
