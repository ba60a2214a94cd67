"""Sample a character's commands, for "it is slow for me": each with its steps, on each worker."""

import structlog

from echoes.context import Context
from echoes.ops.acting import Operator, acting
from echoes.ops.looking import account_with
from echoes.storage import audit, samplings
from echoes.storage.samplings import Sample

log = structlog.get_logger()


async def start(context: Context, operator: Operator, reason: str, character_id: int, minutes: float) -> None:
    """Sample a character's commands for some minutes from now; it ends by itself. A new order takes the place of the former one."""
    async with acting(context.database, operator, "debug", reason, character_id=character_id, minutes=minutes) as act:
        await samplings.start(context.database, character_id, 60 * minutes, act)
    log.info("sampling.started", character_id=character_id, operator=operator.name)


async def end(context: Context, operator: Operator, reason: str, character_id: int) -> None:
    """End it before its time."""
    async with acting(context.database, operator, "debug_end", reason, character_id=character_id) as act:
        await account_with(context, character_id=character_id)
        await samplings.end(context.database, character_id, act)


async def samples(context: Context, operator: Operator, reason: str, character_id: int, count: int) -> list[Sample]:
    """Return the newest sampled commands of a character, oldest first."""
    async with acting(context.database, operator, "samples", reason, least="viewer", character_id=character_id) as act:
        await account_with(context, character_id=character_id)
        found = list(await samplings.newest(context.database, character_id, count))
        await audit.enter_alone(context.database, act, samples=len(found))
    return found
