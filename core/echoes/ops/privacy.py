"""Export everything about an account, and erase an account, as its player may ask for."""

from typing import Any

import structlog

from echoes.context import Context
from echoes.ops.acting import Operator, acting
from echoes.ops.moderating import meant
from echoes.storage import privacy

log = structlog.get_logger()


async def export(context: Context, operator: Operator, reason: str, account_id: int) -> dict[str, Any]:
    """Return everything that the database holds about an account."""
    async with acting(context.database, operator, "export", reason, least="admin", account_id=account_id) as act:
        await meant(context, operator, account_id=account_id)
        return await privacy.export(context.database, account_id, act)


async def erase(context: Context, operator: Operator, reason: str, account_id: int) -> None:
    """Erase an account with its characters. It cannot be undone."""
    async with acting(context.database, operator, "erase", reason, least="admin", account_id=account_id) as act:
        await meant(context, operator, account_id=account_id)
        made = await privacy.erase(context.database, account_id, act)
    context.revocations.carry_out(made)
    log.info("account.erased", account_id=account_id, operator=operator.name)
