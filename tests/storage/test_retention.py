"""Retention: a backlog of any size goes in short statements, each rule on its own, and the sums of the ledger stay."""

import pytest
from echoes import metrics
from echoes.errors import Unavailable
from echoes.storage import database
from echoes.storage.retention import BATCHES, Retention, rules
from postgres import execute

RULES = rules(silent=86_400, ledger_days=30, audit_days=30)
ROWS = 3 * 2000 + 1
SUMS = "select template, sum(quantity) as n from ledger group by 1 having sum(quantity) <> 0 order by 1"


@pytest.fixture
async def context(database_url):
    """A migrated database with a character."""
    await execute(database_url, "insert into accounts (username, username_key, password_hash) values ('a', 'a', '')")
    await execute(
        database_url,
        "insert into characters (account_id, name, skeleton, location_id, hp, max_hp, stamina, max_stamina) values (1, 'a', 'a', 'x', 1, 1, 1, 1)",
    )
    async with database.connect(database_url, pool=2, timeout=20) as opened:
        yield opened


async def count(context, table):
    return (await context.row("test", f"select count(*) as n from {table}"))["n"]  # noqa: S608 - of this test


async def test_overdue_commands_go_in_batches_and_others_stay(context):
    """Not those of a client that comes back, those that have not gone out, or those that are young."""
    insert = "insert into commands (character_id, client, number, reply, events, published, created) select 1, {}, n, '', '', {}, now() - {} * interval '1 day' from generate_series(1, {}) n"
    for client, published, days, rows in (
        ("'silent:' || n", True, 2, ROWS), ("'back'", True, 2, 5), ("'owed'", False, 2, 3), ("'young'", True, 0, 4),
    ):  # fmt: skip
        await context.rows("test", insert.format(client, published, days, rows))
    await context.rows("test", "update commands set created = now() where client = 'back' and number = 5")
    context.queries.clear()
    await Retention(context, RULES).turn()
    assert await count(context, "commands") == 5 + 3 + 4
    assert context.queries["retention.commands"] == 4


async def test_one_turn_is_bounded_and_the_next_goes_on(context, monkeypatch):
    """However much is overdue."""
    few = [rule.__class__(rule.name, rule.table, rule.seconds, rule.sql, 10) for rule in RULES]
    await context.rows(
        "test",
        "insert into audit (who, action, at) select '', '', now() - interval '40 days' from generate_series(1, $1)",
        10 * BATCHES + 5,
    )
    await Retention(context, few).turn()
    assert await count(context, "audit") == 5
    await Retention(context, few).turn()
    assert await count(context, "audit") == 0


async def test_the_ledger_is_rolled_up_by_day_and_its_sums_stay(context, database_url):
    """By day, thing and reason; what adds up to nothing needs no row; what is young stays as it is."""
    await context.rows(
        "test",
        "insert into ledger (at, character_id, template, quantity, reason)"
        " select now() - (40 + n % 2) * interval '1 day', 1, 'bread', case when n % 3 = 0 then -1 else 1 end, 'search' from generate_series(1, $1) n",
        ROWS,
    )
    await context.rows(
        "test",
        "insert into ledger (at, template, quantity, reason) select now() - interval '50 days', 'ash', q, 'world' from unnest(array[7, -7]) q",
    )
    await context.rows("test", "insert into ledger (template, quantity, reason) values ('bread', 5, 'search')")
    before = await execute(database_url, SUMS)
    for _ in range(2):
        await Retention(context, RULES).turn()
        assert await execute(database_url, SUMS) == before
    assert await count(context, "ledger where id > 0") == 1
    assert await count(context, "ledger where template = 'ash'") == 0
    rolled = await execute(database_url, "select distinct at from ledger where id < 0")
    assert len(rolled) == 2
    assert await count(context, "ledger") <= 1 + 2 * 2, "one row a day for each batch"


async def test_a_rule_that_fails_stops_no_other(context):
    """It is retried in the next turn; the task's metric counts the failure."""
    broken = RULES[0].__class__("commands", "commands", 1.0, "select pg_sleep(60), $1::float8, $2::int")
    await context.rows("test", "insert into audit (who, action, at) values ('', '', now() - interval '40 days')")
    context.timeout = 0.5
    with pytest.raises(Unavailable):
        await Retention(context, [broken, *RULES[1:]]).turn()
    assert await count(context, "audit") == 0


async def test_old_content_is_deleted_and_content_in_force_stays(context, database_url):
    """The parts of a version are deleted first, in batches, then the version."""
    await execute(database_url, "update world set content = 'now'")
    for version, days in (("now", 500), ("old", 500), ("recent", 5)):
        await context.rows(
            "test", "insert into content (version, source, seen) values ($1, 'push', now() - $2::int * interval '1 day')", version, days
        )
        await context.rows("test", "insert into content_entries select $1, 'item', 'n' || n, '{}' from generate_series(1, 2500) n", version)
    await Retention(context, RULES).turn()
    assert [row["version"] for row in await execute(database_url, "select version from content order by 1")] == ["now", "recent"]
    assert await count(context, "content_entries") == 5000


async def test_zero_keeps_everything(context):
    """An operator may want each entry."""
    await context.rows("test", "insert into audit (who, action, at) values ('', '', now() - interval '40 years')")
    await Retention(context, rules(silent=1, ledger_days=0, audit_days=0)).turn()
    assert await count(context, "audit") == 1


async def test_sizes_and_ages_are_measured(context):
    """By table, from PostgreSQL's statistics, without counting rows."""
    await context.rows("test", "insert into audit (who, action, at) values ('', '', now() - interval '1000 seconds')")
    await Retention(context, RULES).turn()
    assert metrics.TABLE_BYTES.labels("audit")._value.get() > 0
    assert metrics.TABLE_AGE_SECONDS.labels("audit")._value.get() >= 1000


async def test_each_table_with_a_retention_has_both_its_age_and_its_limit(context):
    """The alert compares the two; after a turn of retention no row is overdue."""
    await context.rows("test", "insert into audit (who, action, at) values ('', '', now() - interval '40 days')")
    await context.rows("test", "insert into attempts (key, level, at, until) values ('', 1, extract(epoch from now()) - 90000, 0)")
    retention = Retention(context, rules(silent=86_400, ledger_days=0, audit_days=30))
    await retention.measure()
    assert age("audit") > kept("audit") == 30 * 86_400
    assert age("attempts") > kept("attempts") == 86_400
    assert kept("ledger") == 0, "for ever"
    await retention.turn()
    assert age("audit") == age("attempts") == 0
    ages = {sample.labels["table"] for sample in metrics.TABLE_AGE_SECONDS.collect()[0].samples}
    limits = {sample.labels["table"] for sample in metrics.TABLE_KEPT_SECONDS.collect()[0].samples}
    assert ages - limits == {"commands"}
    assert not limits - ages


def age(table):
    return metrics.TABLE_AGE_SECONDS.labels(table)._value.get()


def kept(table):
    return metrics.TABLE_KEPT_SECONDS.labels(table)._value.get()
