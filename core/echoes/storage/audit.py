"""The audit log in PostgreSQL: what operators did to the server. Operators can read it; players cannot."""

import getpass
import socket
from collections.abc import Sequence

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
    reason: str = ""
    account_id: int | None = None
    """The account that the action concerned, if it concerned one; an action on a character also names the character's account."""
    character_id: int | None = None


class Act(Struct, frozen=True):
    """An operator's action, as the audit log keeps it: the operator, the account and the character concerned (0: none), the reason."""

    operator: str
    action: str
    reason: str
    account_id: int = 0
    character_id: int = 0


INSERT = "insert into audit (who, action, details) values ($1, $2, $3::jsonb)"
INSERT_ACT = """
insert into audit (who, action, reason, account_id, character_id, details)
  values ($1, $2, $3, coalesce(nullif($4::bigint, 0), (select account_id from characters where id = $5)), nullif($5::bigint, 0), $6::jsonb)
"""


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


async def enter(connection: Connection, act: Act, **details: object) -> None:
    """Write the entry of an action on an account or a character, in its transaction."""
    shown = {name: _storable(value) if isinstance(value, str) else value for name, value in details.items()}
    await connection.execute(
        INSERT_ACT, act.operator, act.action, _storable(act.reason), act.account_id, act.character_id, msgspec.json.encode(shown).decode()
    )


def _storable(text: str) -> str:
    """A text as PostgreSQL can keep it: NUL, for which an action was refused, is shown as an unknown character."""
    return text.replace("\0", "\ufffd")


async def enter_alone(database: Database, act: Act, **details: object) -> None:
    """Write the entry of an action that changes nothing: a look, or an action that was refused."""
    async with database.transaction("audit.enter") as connection:
        await enter(connection, act, **details)


async def newest(database: Database, count: int, *, operator: str = "", action: str = "") -> list[AuditEntry]:
    """Return the newest entries, newest first: of one operator, and of one action, unless these are empty."""
    rows = await database.rows(
        "audit.read",
        "select to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, who, action, details::text as details, reason, account_id,"
        " character_id from audit where ($2 = '' or who = $2) and ($3 = '' or action = $3) order by id desc limit $1",
        count, operator, action,
    )  # fmt: skip
    return [
        AuditEntry(row["at"], row["who"], row["action"], row["details"], row["reason"], row["account_id"], row["character_id"])
        for row in rows
    ]


async def last_number(database: Database) -> int:
    """The number of the newest entry; 0 when there is none."""
    row = await database.row("audit.number", "select coalesce(max(id), 0) as number from audit")
    return 0 if row is None else int(row["number"])


async def done_since(database: Database, number: int, act: Act, actions: Sequence[str]) -> AuditEntry | None:
    """The newest of these actions that another operator has done since an entry to the account or character of `act`; None without one."""
    row = await database.row(
        "audit.since",
        "select to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, who, action, details::text as details, reason from audit"
        " where account_id = coalesce(nullif($2::bigint, 0), (select account_id from characters where id = $3)) and id > $1 and who <> $4"
        " and action = any($5) and not details ? 'refused' order by id desc limit 1",
        number, act.account_id, act.character_id, act.operator, list(actions),
    )  # fmt: skip
    return None if row is None else AuditEntry(row["at"], row["who"], row["action"], row["details"], row["reason"])
