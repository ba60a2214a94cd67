"""The audit log in PostgreSQL: what operators did to the server. Operators can read it; players cannot."""

import getpass
import socket

import msgspec
from msgspec import Struct

from echoes.storage.database import Connection, Database


class AuditEntry(Struct, frozen=True):
    """An entry of the audit log."""

    at: str
    """UTC."""
    operator: str
    action: str
    details: str
    """JSON."""


INSERT = "insert into audit (who, action, details) values ($1, $2, $3::jsonb)"


def operator() -> str:
    """The acting operator: the account of the operating system and the machine, as far as both are known."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # an id without a name, as in containers
        account = "unknown"
    return f"{account}@{socket.gethostname()}"


async def record(connection: Connection, action: str, **details: object) -> None:
    """Write an entry in the transaction of the action: both are committed, or neither."""
    await connection.execute(INSERT, operator(), action, msgspec.json.encode(details).decode())


async def newest(database: Database, count: int) -> list[AuditEntry]:
    """Return the newest entries, newest first."""
    rows = await database.rows(
        "audit.read",
        "select to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, who, action, details::text as details from audit"
        " order by id desc limit $1",
        count,
    )
    return [AuditEntry(row["at"], row["who"], row["action"], row["details"]) for row in rows]
