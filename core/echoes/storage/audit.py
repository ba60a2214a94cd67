"""The audit log: what operators did to a city, in PostgreSQL, where whoever runs the server can read it and no player can."""

import getpass
import socket

import msgspec
from msgspec import Struct

from echoes.storage.database import Connection, Database


class AuditEntry(Struct, frozen=True):
    """One line."""

    at: str
    """UTC."""
    who: str
    action: str
    details: str
    """JSON."""


INSERT = "insert into audit (who, action, details) values ($1, $2, $3::jsonb)"


def operator() -> str:
    """Who acts: the account of the operating system and the machine, as far as they can be told."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # an id without a name, as in containers
        account = "unknown"
    return f"{account}@{socket.gethostname()}"


async def record(connection: Connection, action: str, **details: object) -> None:
    """Write one line, in the transaction of what was done: neither is there without the other."""
    await connection.execute(INSERT, operator(), action, msgspec.json.encode(details).decode())


async def newest(database: Database, count: int) -> list[AuditEntry]:
    """The last lines, newest first."""
    rows = await database.rows(
        "audit.read",
        "select to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, who, action, details::text as details from audit"
        " order by id desc limit $1",
        count,
    )
    return [AuditEntry(row["at"], row["who"], row["action"], row["details"]) for row in rows]
