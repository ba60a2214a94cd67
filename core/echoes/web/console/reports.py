"""Pages about reports of players: the queue, and one report with its decision."""

from typing import Any

from litestar import Request, get, post
from litestar.response import Template

from echoes.context import Context
from echoes.ops import reporting
from echoes.ops.acting import Operator
from echoes.web.console.pages import outcome, page, read_form
from echoes.web.ops.access import AskedReason
from echoes.web.ops.players import Id, bounded
from echoes.web.ops.reports import Decision

SHOWN = 100
"""Reports that the queue shows."""


@get("/reports")
async def queue(context: Context, operator: Operator, decided: bool = False) -> Template:
    """The newest open reports, or all."""
    lines = await reporting.lines(context, operator, SHOWN, decided=decided)
    places = {id_: place.name for id_, place in context.world.locations.items()}
    return page("reports.html", operator, lines=lines, decided=decided, places=places)


@get("/reports/{report_id:int}")
async def whole(context: Context, operator: Operator, report_id: Id, reason: AskedReason = "") -> Template:
    """One report. Without a reason the page asks for one."""
    if not reason.strip():
        return page("reason.html", operator, title=f"Report {report_id}", name="report", id=report_id)
    report = await reporting.whole(context, operator, reason, bounded(report_id))
    place = context.world.locations.get(report.location_id)
    return page("report.html", operator, report=report, reason=reason, place=place.name if place else report.location_id)


@post("/reports/{report_id:int}/decide", status_code=200)
async def decide(context: Context, request: "Request[Any, Any, Any]", operator: Operator, report_id: Id) -> Template:
    """Decide an open report."""
    data = await read_form(request, Decision)
    await reporting.decide(context, operator, data.reason, bounded(report_id), data.decision)
    return outcome("The report is decided.")
