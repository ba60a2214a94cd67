"""Leases in PostgreSQL, used while the lock manager's backend cannot be reached.

They use PostgreSQL's clock. Tokens grow as in every lock manager.
"""

from collections.abc import Coroutine
from typing import Any

from echoes.storage.database import Database

Question = Coroutine[Any, Any, bool]


async def acquire(database: Database, name: str, ttl: float) -> int | None:
    """Take a lease for `ttl` seconds and return its token. None when the name is taken."""
    row = await database.row(
        "lease.acquire",
        "insert into leases as l (name, token, expires)"
        " values ($1, floor(extract(epoch from clock_timestamp()) * 1000000)::bigint, clock_timestamp() + $2 * interval '1 second')"
        " on conflict (name) do update set token = greatest(l.token + 1, excluded.token), expires = excluded.expires"
        " where l.expires <= clock_timestamp() returning token",
        name, ttl,
    )  # fmt: skip
    return None if row is None else int(row["token"])


async def renew(database: Database, name: str, token: int, ttl: float) -> bool:
    """Renew the lease for `ttl` seconds from now. False when it has ended."""
    row = await database.row(
        "lease.renew",
        "update leases set expires = clock_timestamp() + $3 * interval '1 second'"
        " where name = $1 and token = $2 and expires > clock_timestamp() returning 1",
        name, token, ttl,
    )  # fmt: skip
    return row is not None


async def release(database: Database, name: str, token: int) -> bool:
    """End the lease. False when it had ended already."""
    row = await database.row(
        "lease.release",
        "update leases set expires = clock_timestamp() where name = $1 and token = $2 and expires > clock_timestamp() returning 1",
        name, token,
    )  # fmt: skip
    return row is not None
