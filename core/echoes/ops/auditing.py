"""Look at what operators did, and at the operators themselves."""

from echoes.context import Context
from echoes.ops.acting import Operator, acting, require_role, require_text
from echoes.storage import audit, operators
from echoes.storage.audit import AuditEntry
from echoes.storage.operators import OperatorRow


async def audit_log(context: Context, operator: Operator, reason: str, count: int, *, by: str = "", action: str = "") -> list[AuditEntry]:
    """Return the newest entries of the audit log, newest first: by one operator and of one action, unless these are empty.

    `by` is an operator's name as entries have it: `mara#7`, `script`.
    """
    by, of = by.strip(), action.strip()
    async with acting(context.database, operator, "audit", reason, least="viewer", by=by, of=of, count=count) as act:
        require_text(by)
        require_text(of)
        found = await audit.newest(context.database, count, operator=by, action=of)
        await audit.enter_alone(context.database, act, by=by, of=of, count=count, found=len(found))
    return found


async def operators_of(context: Context, operator: Operator) -> list[OperatorRow]:
    """List the accounts with a role, the greatest role first."""
    require_role(operator, "viewer")
    return await operators.all_of_them(context.database)
