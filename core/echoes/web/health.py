"""Health, for load balancers and people."""

from litestar import Response, get
from msgspec import Struct

from echoes.context import Context
from echoes.web.sampling import Status


class Readiness(Struct):
    """Whether this worker takes players, and what is wrong with it."""

    ready: bool
    status: Status
    """degraded: the worker takes players, though a backend has a problem; unready: it does not."""
    worker_id: str
    reasons: list[str]
    backends: dict[str, str]
    players: int
    content: str
    """The version of the content that this worker plays by."""


@get("/health/live", tags=["health"], sync_to_thread=False)
def live() -> dict[str, str]:
    """The process runs its event loop."""
    return {"status": "live"}


@get("/health/ready", tags=["health"], sync_to_thread=False)
def ready(context: Context) -> Response[Readiness]:
    """This worker can take players: it holds the world and is not leaving. A backend with a problem is listed and does not keep players out."""
    content = readiness(context)
    return Response(content, status_code=200 if content.ready else 503)


def readiness(context: Context) -> Readiness:
    """The state known at this moment, without I/O. The world lock detects within some seconds that PostgreSQL is unavailable."""
    hindrances = []
    if context.reception.draining:
        hindrances.append("draining")
    if not context.world_lock.held:
        holder = context.world_lock.waiting_for
        hindrances.append(
            f"waiting for {holder}, which is out of reach"
            if holder.startswith("PostgreSQL")
            else f"waiting for the world, held by {holder}"
        )
    ailments = [f"{one.name}: {one.detail or 'has a problem'}" for one in context.backends.health() if not one.ok]
    ailments += context.resilience.away
    status: Status = "unready" if hindrances else "degraded" if ailments else "ok"
    return Readiness(
        not hindrances,
        status,
        context.worker_id,
        hindrances + ailments,
        dict(context.backends.names),
        len(context.hub.seats),
        context.world.version,
    )
