"""The audit log: what operators did to a city, in PostgreSQL, where whoever runs the server can read it and no player can."""

import getpass
import socket

import msgspec

from echoes.storage.database import Connection

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
