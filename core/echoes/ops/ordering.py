"""Order workers to be replaced, to drain, to roll: on any host, also while Redis is away (`echoes.tasks.worker_orders`)."""

import structlog

from echoes.context import Context
from echoes.errors import FacilityError, Refused
from echoes.ops.acting import Operator, acting, require_text
from echoes.storage import worker_orders
from echoes.storage.moderation import DoneAlready
from echoes.storage.worker_orders import Action, WorkerOrder

log = structlog.get_logger()


async def replace(context: Context, operator: Operator, reason: str, worker_id: str) -> WorkerOrder:
    """Order a worker to be replaced: another one starts in its slot and serves, then this one drains."""
    return await _order(context, operator, reason, "replace", worker_id)


async def drain(context: Context, operator: Operator, reason: str, worker_id: str) -> WorkerOrder:
    """Order a worker to drain. Its slot stays empty until `fill` or `roll`, or a restart of its server."""
    return await _order(context, operator, reason, "drain", worker_id)


async def roll(context: Context, operator: Operator, reason: str) -> WorkerOrder:
    """Order each server, one after the other, to replace its workers, as SIGHUP does. The first one that fails ends it."""
    return await _order(context, operator, reason, "roll")


async def fill(context: Context, operator: Operator, reason: str) -> WorkerOrder:
    """Order each server to start a worker in each slot whose worker was drained."""
    return await _order(context, operator, reason, "fill")


async def _order(context: Context, operator: Operator, reason: str, action: Action, worker_id: str = "") -> WorkerOrder:
    name = f"{action}_worker" if worker_id else f"{action}_workers"
    async with acting(context.database, operator, name, reason, least="admin", worker=worker_id) as act:
        require_text(worker_id)
        if context.backends.max_workers == 1:
            raise Refused(
                "one_process", "This server is one process: no other worker takes its players meanwhile.",
                "Stop the server and start it again; players come back by themselves. On Redis several workers serve.",
            )  # fmt: skip
        if worker_id:
            await _require(context, action, worker_id)
        given = await worker_orders.give(context.database, action, worker_id, act)
    log.info("worker_order.given", number=given.number, action=action, worker=worker_id, operator=operator.name)
    return given


async def _require(context: Context, action: Action, worker_id: str) -> None:
    """Refuse a worker that is gone or drains, and to drain the last one of its server, as far as the registry knows.

    While it is away, an order for such a worker expires, or its server refuses it.
    """
    try:
        workers = {one.worker_id: one for one in await context.facilities.registry.workers()}
    except FacilityError:
        return
    if (found := workers.get(worker_id)) is None:
        raise Refused("no_worker", f"There is no worker {worker_id}.", "It may have ended: `echoes ops nodes` lists those that serve.")
    if found.draining:
        raise DoneAlready(f"The worker {worker_id} drains already.", "`echoes ops nodes` shows whether it is there.")
    if found.version and not found.server:
        raise Refused(
            "one_process", f"The supervisor of {worker_id} is of an older release.", "Restart that server; from then on it takes orders."
        )
    others = [one for one in workers.values() if one.server == found.server and one.worker_id != worker_id and not one.draining]
    if action == "drain" and not others:
        raise Refused(
            "last_worker", f"{worker_id} is the last worker of its server.",
            "Stop that server instead: SIGTERM drains it. Or replace the worker.",
        )  # fmt: skip
