"""Reports of players: read one whole, and decide it."""

from echoes.context import Context
from echoes.errors import Refused
from echoes.ops.acting import Operator, acting, require_role, require_text
from echoes.storage import audit, reports
from echoes.storage.audit import Act
from echoes.storage.reports import Report, ReportLine


async def lines(context: Context, operator: Operator, count: int, *, decided: bool) -> list[ReportLine]:
    """List reports, without their texts and their authors: that needs no reason."""
    require_role(operator, "viewer")
    return list(await reports.lines(context.database, count, decided=decided))


async def whole(context: Context, operator: Operator, reason: str, report_id: int) -> Report:
    """Show one report with its text, its author and the decision."""
    async with acting(context.database, operator, "report", reason, least="viewer", report=report_id) as act:
        found = await reports.whole(context.database, report_id)
        concerned = Act(act.operator, act.action, act.reason, found.reported_account, found.reported_id)
        await audit.enter_alone(context.database, concerned, report=report_id)
    return found


async def decide(context: Context, operator: Operator, reason: str, report_id: int, decision: str) -> None:
    """Decide an open report, in words for the other operators."""
    async with acting(context.database, operator, "decide", reason, report=report_id) as act:
        require_text(decision)
        if not decision.strip():
            raise Refused("incomplete", "The decision is empty.", "Write what was decided, for the other operators.")
        await reports.decide(context.database, report_id, decision.strip(), act)
