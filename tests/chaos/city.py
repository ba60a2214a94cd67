"""A whole city to be broken: PostgreSQL with its keeper, Redis, links to both, a server of several workers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from chaos.content import restless
from chaos.links import Link
from echoes.storage import embedded
from machines import a_server
from redis_server import RedisServer
from server import Server, children_of, traversable_folder

SWITCHES = Path(__file__).parent / "broken"
"""Has a `sitecustomize.py`, which every Python process of the server imports first."""


@dataclass
class City:
    """Its parts, each to be broken by name."""

    cluster: Path
    direct: str
    """PostgreSQL, past its link."""
    redis: RedisServer
    redis_link: Link
    postgres_link: Link
    server: Server

    @property
    def postmaster(self) -> int:
        """The process that PostgreSQL is."""
        return int((self.cluster / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])

    @property
    def postgres(self) -> list[int]:
        """All processes of PostgreSQL."""
        pid = self.postmaster
        return [pid, *children_of(pid)]


@contextlib.asynccontextmanager
async def a_city(workers: int, *, broken: str = "", **settings: str) -> AsyncIterator[City]:
    """Run it. `broken` names a switch of `tests/chaos/broken/sitecustomize.py`."""
    switches = {"ECHOES_TEST_BREAK": broken} if broken else {}
    with traversable_folder() as folder, embedded.running(folder / "data") as direct:
        cluster = folder / "data" / "postgres"
        with RedisServer("--appendonly", "yes", "--maxmemory-policy", "noeviction") as redis:
            async with Link(redis.port) as redis_link, Link(socket_of(direct)) as postgres_link:
                server = a_server(
                    f"postgresql://echoes@127.0.0.1:{postgres_link.port}/echoes?sslmode=disable", f"redis://127.0.0.1:{redis_link.port}/0", workers,
                    ECHOES_DURABLE_MOVES="true", ECHOES_TEST_TICKS="yes", ECHOES_GAMEDATA=str(restless(folder / "gamedata")),
                    PYTHONPATH=str(SWITCHES), **switches, **settings,
                )  # fmt: skip
                city = City(cluster, direct, redis, redis_link, postgres_link, server)
                await asyncio.to_thread(server.__enter__)
                try:
                    yield city
                finally:
                    for link in (redis_link, postgres_link):
                        await link.flow()
                        await link.open()
                    await asyncio.to_thread(server.__exit__)


def socket_of(dsn: str) -> str:
    """The path of the Unix socket in the embedded PostgreSQL's DSN."""
    query = parse_qs(urlsplit(dsn).query)
    return f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"
