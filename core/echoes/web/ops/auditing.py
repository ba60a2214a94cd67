"""Requests about what operators did, and about the operators."""

from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.params import QueryParameter

from echoes.context import Context
from echoes.ops import auditing
from echoes.storage.audit import AuditEntry
from echoes.storage.operators import OperatorRow
from echoes.web.ops.access import AskedReason, operator_of
from echoes.web.ops.players import LOOKED, Word
from echoes.web.problems import BEARER

Entries = Annotated[int, QueryParameter(ge=1, le=1000)]
By = Annotated[str, QueryParameter(max_length=100, description="The operator's name as entries have it, such as mara#7 or script.")]


class AuditController(Controller):
    """The audit log, and the accounts with a role. Roles are given and taken with the database: `echoes ops grant`."""

    path = "/api/ops"
    tags = ("operators",)

    @get("/audit", responses=LOOKED, security=BEARER)
    async def entries(
        self, context: Context, request: "Request[Any, Any, Any]", reason: AskedReason = "", operator: By = "", action: Word = "", count: Entries = 50,
    ) -> list[AuditEntry]:  # fmt: skip
        """The newest entries of the audit log, newest first; of one operator and of one action, if they are given."""
        return await auditing.audit_log(context, await operator_of(context, request), reason, count, by=operator, action=action)

    @get("/operators", responses=LOOKED, security=BEARER)
    async def operators(self, context: Context, request: "Request[Any, Any, Any]") -> list[OperatorRow]:
        """The accounts with a role, the greatest first."""
        return await auditing.operators_of(context, await operator_of(context, request))
