"""Look at what operators did, and at the operators themselves."""

from collections.abc import Sequence

from echoes.context import Context
from echoes.errors import Refused
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


async def refuse_after_another(
    context: Context,
    operator: Operator,
    reason: str,
    seen: int,
    action: str,
    among: Sequence[str],
    *,
    account_id: int = 0,
    character_id: int = 0,
) -> None:
    """Refuse an action on what an operator saw, when another operator has since done one of `among` to the account. `seen`: the audit log's number then."""
    async with acting(context.database, operator, action, reason, account_id=account_id, character_id=character_id) as act:
        done = await audit.done_since(context.database, seen, act, among)
        if done is not None:
            words = f"{done.operator} has done this since the page was loaded: {done.action} {done.details}, because: {done.reason}"
            raise Refused("done_already", words, "Load the page again; then send the form, if it is still needed.")
