"""Kicks, bans, mutes and notes as rows. Each is written with its entry in the audit log, in one transaction.

Locks are taken in one order: the world's row, the account, its characters by id.
"""

from collections.abc import Sequence

import asyncpg
from msgspec import Struct

from echoes.errors import Refused
from echoes.storage import audit, revocations
from echoes.storage.audit import Act
from echoes.storage.bans import FOREVER, Speech, until_text
from echoes.storage.commits import NoCharacter
from echoes.storage.database import Connection, Database
from echoes.storage.players import NoSuchAccount
from echoes.storage.revocations import Revocation
from echoes.storage.world import order_drops


class DoneAlready(Refused):
    """Another operator was faster."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__("done_already", message, hint)


class NothingToEnd(Refused):
    """There is no ban, or no mute, that could be ended."""

    def __init__(self, message: str) -> None:
        super().__init__("no_need", message, "Look at the account again: another operator may have been faster.")


class Changed(Struct, frozen=True):
    """A character whose row a statement has changed, with the version that it has now."""

    id: int
    version: int


async def kick(database: Database, account_id: int, notice: str, act: Act) -> Revocation:
    """End the connections of an account; its sign-ins stay."""
    async with database.transaction("account.kick") as connection:
        number = await revocations.next_number(connection)
        account = await _locked(connection, account_id)
        made = await revocations.insert(connection, number, account_id, account["token_generation"], cause="kick", notice=notice)
        await audit.enter(connection, act, notice=notice)
    return made


async def ban(database: Database, account_id: int, seconds: float | None, notice: str, act: Act) -> Revocation:
    """Ban an account for some seconds, or for good (None), and end its sign-ins. Refuses while it is banned."""
    async with database.transaction("account.ban") as connection:
        number = await revocations.next_number(connection)
        account = await _locked(connection, account_id)
        if account["banned_until"] > account["now"]:
            raise DoneAlready(
                f"{account['username']} is banned {until_text(account['banned_until'])}, by {account['banned_by']}: {account['ban_notice']}",
                "To change a ban, end it first.",
            )
        until = FOREVER if seconds is None else account["now"] + seconds
        generation: int = await connection.fetchval(
            "update accounts set banned_until = $2, ban_notice = $3, banned_by = $4, token_generation = token_generation + 1 where id = $1"
            " returning token_generation",
            account_id, until, notice, act.operator,
        )  # fmt: skip
        made = await revocations.insert(connection, number, account_id, generation, cause="ban", notice=notice, until=until)
        await audit.enter(connection, act, until=until_text(until), notice=notice)
    return made


async def unban(database: Database, account_id: int, act: Act) -> Revocation:
    """End a ban. Sign-ins from before it stay ended."""
    async with database.transaction("account.unban") as connection:
        number = await revocations.next_number(connection)
        account = await _locked(connection, account_id)
        if account["banned_until"] <= account["now"]:
            raise NothingToEnd(f"{account['username']} is not banned.")
        generation: int = await connection.fetchval(
            "update accounts set banned_until = 0, ban_notice = '', banned_by = '', token_generation = token_generation + 1 where id = $1"
            " returning token_generation",
            account_id,
        )
        made = await revocations.insert(connection, number, account_id, generation)
        await audit.enter(connection, act, notice=account["ban_notice"], by=account["banned_by"])
    return made


async def mute(
    database: Database, account_id: int, seconds: float | None, notice: str, act: Act, speech: Sequence[Speech] = ()
) -> tuple[float, Sequence[Changed]]:
    """Mute an account's characters, also those to come, for some seconds or for good (None). Refuses while it is muted.

    `speech`: what is refused; empty: all of it. Returns the end, and the characters whose rows have changed: every worker drops its copies of them.
    """
    async with database.transaction("account.mute") as connection:
        await connection.execute("select from world for no key update")
        account = await _locked(connection, account_id)
        if account["muted_until"] > account["now"]:
            raise DoneAlready(
                f"{account['username']} is muted {until_text(account['muted_until'])}, by {account['muted_by']}: {account['mute_notice']}",
                "To change a mute, end it first.",
            )
        until = FOREVER if seconds is None else account["now"] + seconds
        changed = await _set_mute(connection, account_id, until, notice, act.operator, speech)
        await audit.enter(connection, act, until=until_text(until), notice=notice, speech=speech)
    return until, changed


async def unmute(database: Database, account_id: int, act: Act) -> Sequence[Changed]:
    """End a mute. Returns the characters whose rows have changed."""
    async with database.transaction("account.unmute") as connection:
        await connection.execute("select from world for no key update")
        account = await _locked(connection, account_id)
        if account["muted_until"] <= account["now"]:
            raise NothingToEnd(f"{account['username']} is not muted.")
        changed = await _set_mute(connection, account_id, 0.0, "", "")
        await audit.enter(connection, act, notice=account["mute_notice"], by=account["muted_by"])
    return changed


async def note(database: Database, account_id: int, text: str, act: Act) -> None:
    """Keep a text about an account, for operators."""
    async with database.transaction("account.note") as connection:
        await _locked(connection, account_id)
        await connection.execute("insert into notes (account_id, operator, text) values ($1, $2, $3)", account_id, act.operator, text)
        await audit.enter(connection, act, text=text)


async def _set_mute(
    connection: Connection, account_id: int, until: float, notice: str, operator: str, speech: Sequence[Speech] = ()
) -> Sequence[Changed]:
    await connection.execute(
        "update accounts set muted_until = $2, mute_notice = $3, muted_by = $4, muted_speech = $5 where id = $1",
        account_id, until, notice, operator, list(speech),
    )  # fmt: skip
    await connection.execute("select from characters where account_id = $1 order by id for no key update", account_id)
    rows = await connection.fetch(
        "update characters set muted_until = $2, mute_notice = $3, muted_speech = $4, version = version + 1 where account_id = $1"
        " returning id, version",
        account_id, until, notice, list(speech),
    )  # fmt: skip
    await order_drops(connection, "character", [str(row["id"]) for row in rows])
    return [Changed(row["id"], row["version"]) for row in rows]


async def _locked(connection: Connection, account_id: int) -> asyncpg.Record:
    row = await connection.fetchrow(
        "select username, token_generation, banned_until, banned_by, ban_notice, muted_until, muted_by, mute_notice,"
        " extract(epoch from clock_timestamp())::double precision as now from accounts where id = $1 for update",
        account_id,
    )
    if row is None:
        raise NoSuchAccount
    return row


class Renamed(Struct, frozen=True):
    """A character that has another name now."""

    id: int
    version: int
    location_id: str
    former: str


async def rename(database: Database, character_id: int, name: str, skeleton: str, act: Act) -> Renamed:
    """Give a character another name. Refuses one that looks like another character's. Raises `NoCharacter`.

    Every worker drops its copies of the row.
    """
    try:
        async with database.transaction("character.rename") as connection:
            await connection.execute("select from world for no key update")
            former = await connection.fetchval("select name from characters where id = $1 for no key update", character_id)
            if former is None:
                raise NoCharacter
            row = await connection.fetchrow(
                "update characters set name = $2, skeleton = $3, version = version + 1 where id = $1 returning version, location_id",
                character_id, name, skeleton,
            )  # fmt: skip
            await order_drops(connection, "character", [str(character_id)])
            await audit.enter(connection, act, former=former, name=name)
    except asyncpg.UniqueViolationError as error:
        raise Refused(
            "name_taken", f"Another character is called {name}, or something that looks just like it.", "Choose another name."
        ) from error
    assert row is not None  # noqa: S101 - it is locked
    return Renamed(character_id, row["version"], row["location_id"], former)
