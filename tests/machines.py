"""Servers with several workers each over one Redis and one PostgreSQL, as operators run them."""

from server import Server
from swarm import SECRET

ENVIRON = {
    "ECHOES_BACKEND": "redis", "ECHOES_SECRET": SECRET, "ECHOES_WORKER_TTL": "4", "ECHOES_COMMANDS_PER_SECOND": "10000",
    "ECHOES_COMMANDS_BURST": "100000", "ECHOES_DATABASE_POOL": "4",
}  # fmt: skip


def a_server(database_url: str, redis_url: str, workers: int, **more: str) -> Server:
    """Not started yet: `with` starts it."""
    return Server({**ENVIRON, "ECHOES_DATABASE_URL": database_url, "ECHOES_REDIS_URL": redis_url, "WORKERS": str(workers), **more})
