"""Accounts and characters as operators look for them."""

from collections.abc import Sequence

import asyncpg
from msgspec import Struct

from echoes.errors import Refused
from echoes.storage.database import Database
from echoes.storage.roles import Role

MOST = 50
"""Rows that one search finds at most."""


class NoSuchAccount(Refused):
    """An operator's action on an account that does not exist."""

    def __init__(self) -> None:
        super().__init__("no_account", "There is no such account.", "It may have been erased or removed; look for it again.")


class FoundRow(Struct, frozen=True):
    """An account with one of its characters, or without any (`character_id` None). Times are Unix seconds, 0: none."""

    account_id: int
    username: str
    character_id: int | None
    name: str
    level: int
    location_id: str
    banned_until: float
    muted_until: float


class AccountRow(Struct, frozen=True):
    """An account as operators see it. Times are Unix seconds, 0: none."""

    id: int
    username: str
    created: float
    role: Role | None
    banned_until: float
    ban_notice: str
    banned_by: str
    muted_until: float
    mute_notice: str
    muted_by: str
    muted_speech: Sequence[str]
    """The kinds of speech that the mute refuses; empty: all of them."""


class NoteRow(Struct, frozen=True):
    """A note of an operator about an account."""

    at: str
    """UTC."""
    operator: str
    text: str


class EndedRow(Struct, frozen=True):
    """An end of all sign-ins of an account, or of its connections: `kick`, `ban`, or empty (by the player, or the end of a ban)."""

    at: str
    """UTC."""
    cause: str
    notice: str


class ActionRow(Struct, frozen=True):
    """An action of an operator on an account, as the audit log has it."""

    at: str
    """UTC."""
    operator: str
    action: str
    reason: str


class VisitRow(Struct, frozen=True):
    """Sessions of a character that began in one hour and came from one address."""

    address: str
    first: str
    """UTC."""
    last: str
    entries: int
    worker: str
    """Of the last one."""


FOUND = """
select a.id as account_id, a.username, c.id as character_id, coalesce(c.name, '') as name, coalesce(c.level, 0) as level,
    coalesce(c.location_id, '') as location_id, a.banned_until, a.muted_until
  from accounts a left join characters c on c.account_id = a.id
"""
BY_NAME = f"{FOUND} where starts_with(c.skeleton, $1) order by c.skeleton <> $1, c.skeleton limit $2"
BY_ACCOUNT = f"{FOUND} where starts_with(a.username_key, $1) order by a.username_key <> $1, a.username_key, c.id limit $2"
WITH_ADDRESS = "select k.account_id from visits v join characters k on k.id = v.character_id where v.address = $1"
BY_ADDRESS = f"{FOUND} where a.id in ({WITH_ADDRESS}) order by a.id, c.id limit $2"


async def by_name(database: Database, skeleton: str) -> Sequence[FoundRow]:
    """Characters whose names look like this, or begin like it, the exact one first."""
    return _found(await database.rows("ops.find", BY_NAME, skeleton, MOST))


async def by_account(database: Database, key: str) -> Sequence[FoundRow]:
    """Accounts whose folded username begins with this, with all their characters."""
    return _found(await database.rows("ops.find", BY_ACCOUNT, key, MOST))


async def by_address(database: Database, address: str) -> Sequence[FoundRow]:
    """Accounts of which a session came from this address, with all their characters."""
    return _found(await database.rows("ops.find", BY_ADDRESS, address, MOST))


async def account_of(database: Database, account_id: int) -> AccountRow | None:
    """Return an account."""
    row = await database.row(
        "ops.account",
        "select a.id, a.username, extract(epoch from a.created)::double precision as created, o.role, a.banned_until, a.ban_notice,"
        " a.banned_by, a.muted_until, a.mute_notice, a.muted_by, a.muted_speech"
        " from accounts a left join operators o on o.account_id = a.id where a.id = $1",
        account_id,
    )
    return None if row is None else AccountRow(**dict(row))


async def notes_of(database: Database, account_id: int) -> Sequence[NoteRow]:
    """Return the notes about an account, newest first, 100 at most."""
    rows = await database.rows(
        "ops.notes",
        "select to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, operator, text from notes where account_id = $1"
        " order by id desc limit 100",
        account_id,
    )
    return [NoteRow(**dict(row)) for row in rows]


async def ended_of(database: Database, account_id: int) -> Sequence[EndedRow]:
    """Return when the sign-ins or connections of an account were ended, newest first, 20 at most."""
    rows = await database.rows(
        "ops.ended",
        "select to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, cause, notice from revocations where account_id = $1"
        " order by number desc limit 20",
        account_id,
    )
    return [EndedRow(**dict(row)) for row in rows]


async def actions_on(database: Database, account_id: int) -> Sequence[ActionRow]:
    """Return the newest actions of operators on an account, newest first, 50 at most."""
    rows = await database.rows(
        "ops.actions",
        "select to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, who as operator, action, reason from audit"
        " where account_id = $1 order by id desc limit 50",
        account_id,
    )
    return [ActionRow(**dict(row)) for row in rows]


async def visits_of(database: Database, character_id: int, limit: int) -> Sequence[VisitRow]:
    """Return from where a character's sessions came, newest first."""
    rows = await database.rows(
        "ops.visits",
        "select address, to_char(first at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as first,"
        " to_char(last at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as last, entries, worker from visits where character_id = $1"
        " order by visits.last desc limit $2",
        character_id, limit,
    )  # fmt: skip
    return [VisitRow(**dict(row)) for row in rows]


async def role_of(database: Database, account_id: int, character_id: int = 0) -> tuple[int, Role | None] | None:
    """An account's id, asked for by it or by that of a character, and its role as an operator. None: there is no such account."""
    row = await database.row(
        "ops.role",
        "select a.id, o.role from accounts a left join operators o on o.account_id = a.id"
        " where a.id = case when $2::bigint = 0 then $1 else (select account_id from characters where id = $2) end",
        account_id, character_id,
    )  # fmt: skip
    return None if row is None else (row["id"], row["role"])


def _found(rows: Sequence[asyncpg.Record]) -> Sequence[FoundRow]:
    return [FoundRow(**dict(row)) for row in rows]
