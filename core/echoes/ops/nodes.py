"""The workers of the cluster and the backends, as every worker reports them with its heartbeats."""

from collections.abc import Sequence

from msgspec import Struct

from echoes.context import Context
from echoes.errors import FacilityError, Unavailable
from echoes.facilities import WorkerInfo
from echoes.ops.acting import Operator, require_role
from echoes.storage import worker_orders
from echoes.storage.worker_orders import WorkerOrder


class NodeView(Struct):
    """A worker with a valid lease. Times are Unix seconds. A worker of an older release reports no `version` and no figures."""

    worker_id: str
    host: str
    pid: int
    started: float
    heartbeat: float
    """When the registry received the last one; 0 while it is away."""
    connections: int
    draining: bool
    version: str
    content: str
    """The version of the content that it plays by."""
    status: str
    problems: list[str]
    commands: float
    """Per second, between its last two heartbeats."""
    deliveries: float
    """Events sent to clients per second, between its last two heartbeats."""
    loop_delay: float
    """Seconds that its event loop was late."""
    here: bool
    """It is the worker that answers."""
    server: str = ""
    """The id of the supervisor that it and other workers of its host have; empty without one."""


class BreakerView(Struct):
    """A circuit breaker of the worker that answers, with the text of the last failure."""

    backend: str
    state: str
    reason: str


class NodesView(Struct):
    """The cluster. `backends`: the backend of each facility. `away`: what could not be read, and why; empty: all was.

    `orders`: those of operators to workers, of the last hour, newest first.
    """

    now: float
    nodes: list[NodeView]
    backends: dict[str, str]
    breakers: list[BreakerView]
    away: str = ""
    orders: list[WorkerOrder] = []


async def nodes(context: Context, operator: Operator) -> NodesView:
    """Show the workers, with their state of the last heartbeat; while the registry is away, this one alone; while PostgreSQL is, no orders.

    It needs no reason: nothing of it is about players.
    """
    require_role(operator, "viewer")
    away: list[str] = []
    found: Sequence[WorkerInfo] = [context.membership.reported]
    orders: Sequence[WorkerOrder] = ()
    try:
        found = await context.facilities.registry.workers()
    except FacilityError as error:
        away.append(f"The registry does not answer, so this worker alone is shown: {error}")
    try:
        orders = await worker_orders.newest(context.database)
    except Unavailable:
        away.append("PostgreSQL does not answer, so no orders are shown.")
    return NodesView(
        context.database.now(),
        [
            NodeView(
                one.worker_id, one.host, one.pid, one.started, one.last_heartbeat, one.connections, one.draining, one.version, one.content,
                one.status, list(one.problems), one.commands, one.deliveries, one.loop_delay, here=one.worker_id == context.worker_id, server=one.server,
            )
            for one in found
        ],
        dict(context.backends.names),
        [BreakerView(name, one.state, one.reason if one.is_open else "") for name, one in sorted(context.resilience.breakers.items())],
        " ".join(away), list(orders),
    )  # fmt: skip
