"""The page with which operators say something to all players: now, or at a time with a countdown."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.response import Template
from msgspec import Meta

from echoes.context import Context
from echoes.errors import Refused
from echoes.ops import announcing
from echoes.ops.acting import Operator, acting
from echoes.web.console.pages import outcome, page, read_form
from echoes.web.ops.access import Reasoned
from echoes.web.ops.characters import LONGEST_ID, Announcement, CountdownMinutes


class AnnouncementForm(Announcement, kw_only=True):
    """A text for all players: now, without a time. `at` is UTC, as a browser sends a field of date and time."""

    at: Annotated[str, Meta(max_length=40)] = ""
    minutes: CountdownMinutes | None = None


async def _time_of(context: Context, operator: Operator, data: AnnouncementForm) -> datetime | None:
    """The time of a form, in UTC unless it has an offset; None without one. A text that is no time is refused, with an entry in the audit log."""
    if not data.at:
        return None
    async with acting(context.database, operator, "arrange", data.reason, at=data.at):
        try:
            found = datetime.fromisoformat(data.at)
        except ValueError as error:
            raise Refused("bad_time", "That is no time.", "It looks like 2026-11-30T03:00, in UTC.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@get("/announcements")
async def form(context: Context, operator: Operator) -> Template:
    """The announcements that are ahead, and the form of another one."""
    return page("announcements.html", operator, ahead=await announcing.arranged(context, operator))


@get("/announcements/ahead")
async def ahead(context: Context, operator: Operator) -> Template:
    """The list alone, after a change."""
    return page("announcements_ahead.html", operator, ahead=await announcing.arranged(context, operator))


@post("/announcements", status_code=200)
async def announce(context: Context, request: "Request[Any, Any, Any]", operator: Operator) -> Template:
    """Announce a text to all players now, or for a time."""
    data = await read_form(request, AnnouncementForm)
    at = await _time_of(context, operator, data)
    if at is None and data.minutes is None:
        await announcing.announce(context, operator, data.reason, data.text)
        return outcome("Announced to all players, on every worker.")
    made = await announcing.arrange(context, operator, data.reason, data.text, at=at, minutes=data.minutes)
    return outcome(f"Announced for {made.at} UTC; players read it now, and again as the time comes nearer.", changed=True)


@post("/announcements/{announcement_id:str}/cancel", status_code=200)
async def cancel(context: Context, request: "Request[Any, Any, Any]", operator: Operator, announcement_id: str) -> Template:
    """Cancel an announcement that is ahead."""
    data = await read_form(request, Reasoned)
    await announcing.cancel(context, operator, data.reason, announcement_id[:LONGEST_ID])
    return outcome("The announcement is cancelled; players read that.", changed=True)
