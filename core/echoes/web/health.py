"""Health, for load balancers and people."""

from litestar import Response, get
from msgspec import Struct

from echoes.web.city import City


class Readiness(Struct):
    """Whether this worker takes players, and why not."""

    ready: bool
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
def ready(city: City) -> Response[Readiness]:
    """This worker can take players: it holds the world, its backends are well, it is not leaving."""
    reasons = []
    if city.reception.draining:
        reasons.append("draining")
    if not city.world_lock.held:
        reasons.append(f"waiting for the world, held by {city.world_lock.waiting_for}")
    reasons += [f"{one.name}: {one.detail or 'not well'}" for one in city.backends.health() if not one.ok]
    content = Readiness(not reasons, city.worker_id, reasons, dict(city.backends.names), len(city.hub.seats), city.world.version)
    return Response(content, status_code=200 if not reasons else 503)
