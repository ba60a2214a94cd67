"""Health, for load balancers and people."""

from litestar import Response, get
from msgspec import Struct

from echoes.web.city import City
from echoes.web.sampling import Status


class Readiness(Struct):
    """Whether this worker takes players, and what is wrong with it."""

    ready: bool
    status: Status
    """degraded: it takes players, though a backend is unwell; unready: it does not."""
    worker_id: str
    reasons: list[str]
    backends: dict[str, str]
    players: int


@get("/health/live", tags=["health"], sync_to_thread=False)
def live() -> dict[str, str]:
    """The process runs its event loop."""
    return {"status": "live"}


@get("/health/ready", tags=["health"], sync_to_thread=False)
def ready(city: City) -> Response[Readiness]:
    """This worker can take players: it holds the world and is not leaving. A backend that is unwell is told, and does not keep players out."""
    content = readiness(city)
    return Response(content, status_code=200 if content.ready else 503)


def readiness(city: City) -> Readiness:
    """What is known at this moment; asks nobody. That PostgreSQL is out of reach is known from the world lock, within some seconds."""
    hindrances = []
    if city.reception.draining:
        hindrances.append("draining")
    if not city.world_lock.held:
        whom = city.world_lock.waiting_for
        hindrances.append(
            f"waiting for {whom}, which is out of reach" if whom.startswith("PostgreSQL") else f"waiting for the world, held by {whom}"
        )
    ailments = [f"{one.name}: {one.detail or 'not well'}" for one in city.backends.health() if not one.ok]
    ailments += city.resilience.away
    status: Status = "unready" if hindrances else "degraded" if ailments else "ok"
    return Readiness(not hindrances, status, city.worker_id, hindrances + ailments, dict(city.backends.names), len(city.hub.seats))
