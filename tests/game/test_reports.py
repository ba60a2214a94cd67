"""Reports of players about others: kept, bounded by account, read on the command line, and removed in time."""

import asyncio

import pytest
from cluster import cluster, someone
from echoes.cli.reports import show
from echoes.settings import Settings
from echoes.storage import migrations, reports
from echoes.storage.retention import Retention, rules


@pytest.fixture
async def context(database_url, tmp_path):
    await migrations.up(database_url)
    async with cluster(database_url, tmp_path) as (context,):
        yield context


def code(reply):
    return "" if reply["ok"] else reply["error"]["code"]


async def test_a_report_is_kept_with_its_words(context):
    """By the whole name, in any case; the words as they were typed; the reported player gets nothing."""
    mara, tomas = await someone(context, "Mara"), await someone(context, "Tomas")
    assert (await mara.type("report TOMAS he said: go away; twice"))["ok"]
    (entry,) = await reports.newest(context.database, 20)
    assert (entry.reporter, entry.reported, entry.location_id) == ("Mara", "Tomas", "kiln_yard")
    assert entry.reason == "he said: go away; twice"
    assert await reports.recent(context.database, tomas.id) == 0


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("report", "incomplete"),
        ("report Tomas", "incomplete"),
        ("report Tom he shouts", "not_here"),
        ("report Mara I shout", "not_possible"),
    ],
)
async def test_an_unclear_report_is_refused(context, line, refused):
    """Nothing is kept."""
    mara, _ = await someone(context, "Mara"), await someone(context, "Tomas")
    assert code(await mara.type(line)) == refused
    assert await reports.newest(context.database, 20) == []


async def test_an_account_makes_so_many_reports_a_day(context):
    """The next is refused, and allowed again a day later."""
    mara, _ = await someone(context, "Mara"), await someone(context, "Tomas")
    for number in range(reports.PER_DAY):
        mara.actor.spend = lambda _: True
        assert (await mara.type(f"report Tomas {number}"))["ok"]
    assert code(await mara.type("report Tomas again")) == "too_many_reports"
    await context.database.rows("test", "update reports set at = at - interval '25 hours'")
    assert (await mara.type("report Tomas again"))["ok"]


async def test_old_reports_are_removed(context):
    """After 400 days."""
    mara, _ = await someone(context, "Mara"), await someone(context, "Tomas")
    await mara.type("report Tomas long ago")
    await mara.type("report Tomas today")
    await context.database.rows("test", "update reports set at = now() - interval '401 days' where reason = 'long ago'")
    await Retention(context.database, rules(silent=86_400, ledger_days=1, audit_days=1)).turn()
    assert [one.reason for one in await reports.newest(context.database, 20)] == ["today"]


def test_the_command_line_shows_reports(database_url, capsys):
    """One a line; a word when there is none."""
    asyncio.run(migrations.up(database_url))
    show(Settings(database_url=database_url), 20)
    assert "no reports" in capsys.readouterr().out
