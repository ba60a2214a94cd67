"""Requests about reports of players."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import QueryParameter
from msgspec import Meta

from echoes.context import Context
from echoes.ops import reporting
from echoes.storage.reports import Report, ReportLine
from echoes.web.ops.access import AskedReason, Reasoned, operator_of
from echoes.web.ops.players import DONE, LOOKED, bounded
from echoes.web.problems import BEARER


class Decision(Reasoned, kw_only=True):
    """The decision, in words for the other operators."""

    decision: Annotated[str, Meta(max_length=2000)]


class ReportsController(Controller):
    """The queue of reports."""

    path = "/api/ops/reports"
    tags = ("operators",)

    @get("/", responses=LOOKED, security=BEARER)
    async def lines(
        self, context: Context, request: "Request[Any, Any, Any]", decided: bool = False,
        count: Annotated[int, QueryParameter(ge=1, le=1000)] = 50,
    ) -> list[ReportLine]:  # fmt: skip
        """The newest open reports, without their texts and authors; with `decided` all of them."""
        return await reporting.lines(context, await operator_of(context, request), count, decided=decided)

    @get("/{report_id:int}", responses=LOOKED, security=BEARER)
    async def whole(self, context: Context, request: "Request[Any, Any, Any]", report_id: int, reason: AskedReason = "") -> Report:
        """One report, with its text, its author and the decision."""
        return await reporting.whole(context, await operator_of(context, request), reason, bounded(report_id))

    @post("/{report_id:int}/decide", status_code=204, responses=DONE, security=BEARER)
    async def decide(self, context: Context, request: "Request[Any, Any, Any]", report_id: int, data: Decision) -> None:
        """Decide an open report. 409 when another operator was faster: the message says what was decided."""
        await reporting.decide(context, await operator_of(context, request), data.reason, bounded(report_id), data.decision)
