"""The page with which operators say something to all players."""

from typing import Any

from litestar import Request, get, post
from litestar.response import Template

from echoes.context import Context
from echoes.ops import announcing
from echoes.ops.acting import Operator
from echoes.web.console.pages import outcome, page, read_form
from echoes.web.ops.characters import Announcement


@get("/announcements")
async def form(operator: Operator) -> Template:
    """The form of an announcement."""
    return page("announcements.html", operator)


@post("/announcements", status_code=200)
async def announce(context: Context, request: "Request[Any, Any, Any]", operator: Operator) -> Template:
    """Announce a text to all players now."""
    data = await read_form(request, Announcement)
    await announcing.announce(context, operator, data.reason, data.text)
    return outcome("Announced to all players, on every worker.")
