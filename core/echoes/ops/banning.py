"""Bans of address ranges, which hold on every worker within about a second (`echoes.world_poll`)."""

import structlog

from echoes.context import Context
from echoes.ops.acting import Operator, acting, require_role, require_text
from echoes.storage import address_bans
from echoes.storage.address_bans import AddressBan, range_of

log = structlog.get_logger()


async def ban_address(
    context: Context, operator: Operator, reason: str, network: str, *, notice: str = "", minutes: float | None = None
) -> AddressBan:
    """Ban a range, for good without `minutes`. Players from it read the notice, or else the reason."""
    async with acting(context.database, operator, "ban_address", reason, network=network, notice=notice, minutes=minutes) as act:
        require_text(notice)
        require_text(network)
        seconds = None if minutes is None else 60 * minutes
        made = await address_bans.add(context.database, range_of(network), seconds, notice.strip() or act.reason, act)
    log.info("address.banned", ban=made.id, operator=operator.name)
    return made


async def unban_address(context: Context, operator: Operator, reason: str, ban_id: int) -> str:
    """End a ban of a range. Returns the range."""
    async with acting(context.database, operator, "unban_address", reason, ban=ban_id) as act:
        network = await address_bans.end(context.database, ban_id, act)
    log.info("address.unbanned", ban=ban_id, operator=operator.name)
    return network


async def banned_addresses(context: Context, operator: Operator) -> list[AddressBan]:
    """List the bans in force, newest first."""
    require_role(operator, "viewer")
    return list(await address_bans.in_force(context.database))
