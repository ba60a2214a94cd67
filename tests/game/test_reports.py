"""Reports of players about others: kept, bounded by account, read on the command line, and removed in time."""

import asyncio

import pytest
from cluster import cluster, someone
from echoes.cli.reports import show
from echoes.game.heard import MOST, Heard
from echoes.settings import Settings
from echoes.storage import reports
from echoes.storage.retention import Retention, rules
from echoes.web.seat import Seat


@pytest.fixture
async def context(database_url, tmp_path):
    async with cluster(database_url, tmp_path, speech_bytes=100_000) as (context,):
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


async def seated(one):
    """A seat for a character, as a connection has it; its reports have the seat's lines."""
    context = one.context
    seat = Seat(context.hub, one.id, one.actor.epoch, "c", Writer(), lambda code, reason: None)
    context.hub.take_seat(seat)
    followed = await context.hub.follow(seat, "kiln_yard", 1, {})
    await seat.release()
    one.actor.heard = Heard(seat.heard, followed.positions)
    return seat


class Writer:
    """A client's writer."""

    def send(self, frame):
        """It is sent."""

    def close(self):
        """Nothing more is sent."""


async def whole(context):
    """The newest report."""
    row = await context.database.row("test", "select max(id) as id from reports")
    return await reports.whole(context.database, row["id"])


async def test_a_report_has_the_last_lines_that_the_reporter_had_got(context):
    """Of both channels, in their order, 20 at most, also when they are said in a place that was left; not the reporter's own."""
    mara, tomas, vera = await someone(context, "Mara"), await someone(context, "Tomas"), await someone(context, "Vera")
    seat = await seated(mara)
    tomas.actor.spend = lambda _: True
    for number in range(MOST):
        assert (await tomas.type(f"say {number}"))["ok"]
    assert (await tomas.type("whisper Mara psst"))["ok"]
    assert (await tomas.type("whisper Vera unknown"))["ok"]
    assert (await mara.type("say stop it"))["ok"]
    assert (await mara.type("n"))["ok"]
    async with asyncio.timeout(5):
        while seat.location_id == "kiln_yard" or seat.held is not None:
            await asyncio.sleep(0)
    assert (await vera.type("say too far away"))["ok"]
    assert (await mara.type("report Tomas shouts"))["ok"]
    heard = (await whole(context)).heard
    assert [one.message for one in heard] == [
        *(f"Tomas says: “{number}”" for number in range(1, MOST)), "Tomas whispers to you: “psst”",
    ]  # fmt: skip
    assert {(one.sender_id, one.sender, one.kind) for one in heard} == {(tomas.id, "Tomas", "say"), (tomas.id, "Tomas", "whisper")}
    assert [one.at for one in heard] == sorted(one.at for one in heard)


async def test_a_connection_that_has_just_begun_reports_the_lines_of_its_channels(context):
    """Since the character came into the place; a line that the seat has as well counts once; without a connection there is none."""
    mara, tomas = await someone(context, "Mara"), await someone(context, "Tomas")
    assert (await tomas.type("say before"))["ok"]
    since = {channel: await context.facilities.broadcast.position(channel) for channel in ("location:kiln_yard", f"player:{mara.id}")}
    for line in ("say one", "whisper Mara two"):
        assert (await tomas.type(line))["ok"]
    assert (await mara.type("say mine"))["ok"]
    seat = await seated(mara)
    assert (await tomas.type("say three"))["ok"]
    mara.actor.heard = Heard(seat.heard, since)
    assert (await mara.type("report Tomas shouts"))["ok"]
    assert [one.message.partition(": ")[2] for one in (await whole(context)).heard] == ["“one”", "“two”", "“three”"]
    assert (await mara.ask(context, "report Tomas again"))["ok"]
    assert (await whole(context)).heard == []


async def test_of_a_channel_with_a_long_history_the_newest_lines_are_found(context):
    """History no longer reaches back to where the character came in."""
    mara, tomas = await someone(context, "Mara"), await someone(context, "Tomas")
    since = {"location:kiln_yard": await context.facilities.broadcast.position("location:kiln_yard")}
    tomas.actor.spend = lambda _: True
    for number in range(300):
        assert (await tomas.type(f"say {number}"))["ok"]
    mara.actor.heard = Heard((), since)
    assert (await mara.type("report Tomas shouts"))["ok"]
    assert [one.message for one in (await whole(context)).heard] == [f"Tomas says: “{number}”" for number in range(280, 300)]


async def test_lines_of_a_report_are_removed_in_time(context):
    """After 30 days; the report stays."""
    mara, tomas = await someone(context, "Mara"), await someone(context, "Tomas")
    await seated(mara)
    await tomas.type("say hello")
    for age in (29, 31):
        await mara.type(f"report Tomas {age}")
        await context.database.rows("test", "update reports set at = now() - $1 * interval '1 day' where reason = $2", age, str(age))
    await Retention(context.database, rules(silent=86_400, ledger_days=1, audit_days=1)).turn()
    rows = await context.database.rows("test", "select reason, heard <> '[]' as has_lines from reports order by id")
    assert [tuple(row) for row in rows] == [("29", True), ("31", False)]


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
    show(Settings(database_url=database_url), 20)
    assert "no reports" in capsys.readouterr().out
