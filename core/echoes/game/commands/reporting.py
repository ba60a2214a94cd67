"""`report`: tell those who run this server about another player."""

from typing import Any

from echoes.errors import Refused
from echoes.game import normalization, targets
from echoes.game.deed import Deed
from echoes.game.spec import CommandSpec
from echoes.storage import reports
from echoes.storage.database import Database
from echoes.storage.reports import Known
from echoes.wire import Command, Outcome, Target, Text
from echoes.world import names

USAGE = "report <name> <reason>"


class Report(Command, frozen=True, tag="report"):
    """Report another player to those who run this server."""

    name: Target
    text: Text


async def report(deed: Deed, command: Report) -> Outcome:
    """Keep a report. Its name is a whole one, of a character that is awake or not; an account has `PER_DAY` of them in 24 hours."""
    reason = command.text.strip()
    if not reason:
        raise Refused("incomplete", "Report them for what?", f"Usage: {USAGE}")
    if (bad := names.bad_character(reason)) is not None:
        raise Refused("bad_text", f"Words cannot contain {bad}.", "Control characters are not allowed; write plain text on one line.")
    database = deed.scene.around.database
    found = await character_called(
        database, command.name, "A report needs the whole name, as the story shows it; quotes hold several words together."
    )
    if found.id == deed.me.id:
        raise Refused("not_possible", "You know best what you have done.", "report is for what others do to you.")
    if await reports.recent(database, deed.me.id) >= reports.PER_DAY:
        raise Refused(
            "too_many_reports",
            f"You have reported {reports.PER_DAY} times since yesterday.",
            "Those who run this server read them; wait a day.",
        )
    heard = await deed.heard.lines(deed.scene.around.broadcast, deed.me.id)
    deed.changes.append({"op": "report", "id": found.id, "name": found.name, "reason": reason, "heard": heard})
    deed.message = f"You have reported {found.name}. Those who run this server will read it; {found.name} will not."
    return deed.outcome()


async def character_called(database: Database, name: str, hint: str) -> Known:
    """The character with this whole name, awake or not."""
    found = await reports.find(database, names.skeleton(name))
    if found is None or targets.normal(found.name) != targets.normal(name):
        raise Refused("not_here", f"Nobody is called {name}.", hint)
    return found


def report_arguments(rest: str) -> dict[str, Any]:
    """`<name> <reason>`; quotes hold a name of several words together."""
    name, reason = normalization.name_first(rest)
    if not name or not reason:
        raise Refused("incomplete", "A report names a player, and a reason.", f"Usage: {USAGE}")
    return {"name": normalization.plain(name.rstrip(":：")), "text": reason}


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "report",
        Report,
        report,
        usage=USAGE,
        summary="Report another player to those who run this server.",
        arguments=report_arguments,
        topic="Write the whole name and what they did. They do not learn of it. The last 20 lines that you have heard go with it. "
        "ignore keeps a player's words from you at once.",
        cost=5,
    ),
)
