"""The page about what operators did: the operators with their roles, and the audit log."""

from litestar import get
from litestar.response import Template

from echoes.context import Context
from echoes.ops import auditing
from echoes.ops.acting import Operator
from echoes.web.console.pages import page
from echoes.web.ops.access import AskedReason
from echoes.web.ops.auditing import By
from echoes.web.ops.players import Word

SHOWN = 200
"""Entries that are shown."""


@get("/audit")
async def audit(context: Context, operator: Operator) -> Template:
    """The operators, and the form that asks for entries."""
    return page("audit.html", operator, operators=await auditing.operators_of(context, operator))


@get("/audit/entries")
async def entries(context: Context, operator: Operator, reason: AskedReason = "", by: By = "", action: Word = "") -> Template:
    """The newest entries, as a part of the page."""
    found = await auditing.audit_log(context, operator, reason, SHOWN, by=by, action=action)
    return page("audit_entries.html", operator, entries=found, reason=reason)
