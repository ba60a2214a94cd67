"""Accounts and characters as rows: create and find them."""

from collections.abc import Iterable

import asyncpg
import msgspec
from msgspec import Struct

from echoes.errors import Refused
from echoes.storage.commits import Placed
from echoes.storage.database import Database
from echoes.world.model import Start

CHARACTERS_PER_ACCOUNT = 5


class Account(Struct, frozen=True):
    """An account that a player signs in to."""

    id: int
    username: str
    password_hash: str
    generation: int = 0
    """Generation of the tokens that are valid for this account (`echoes.storage.revocations`)."""
    key: str = ""
    """The folded username: the key of a look-up."""
    mark: str = ""
    """The account's random part of its tokens."""
    banned_until: float = 0.0
    """Unix seconds by PostgreSQL's clock."""
    ban_notice: str = ""


class CharacterSummary(Struct, frozen=True):
    """A row of the character list."""

    id: int
    name: str
    level: int
    location_id: str


async def create_account(database: Database, username: str, key: str, password_hash: str) -> Account:
    """Create an account. Refuses a username that is taken."""
    row = await database.row(
        "account.create",
        "insert into accounts (username, username_key, password_hash) values ($1, $2, $3) on conflict (username_key) do nothing returning id, mark",
        username, key, password_hash,
    )  # fmt: skip
    if row is None:
        raise Refused("username_taken", "That username is taken.", "Choose another, or log in if it is yours.")
    return Account(row["id"], username, password_hash, mark=row["mark"])


ACCOUNT = "select id, username, password_hash, token_generation, username_key, mark, banned_until, ban_notice from accounts where"


async def find_account(database: Database, key: str) -> Account | None:
    """The account with this folded username."""
    return _account(await database.row("account.find", f"{ACCOUNT} username_key = $1", key))


async def read_account(database: Database, account_id: int) -> Account:
    """The account with this id. Raises `NoAccount`."""
    account = _account(await database.row("account.read", f"{ACCOUNT} id = $1", account_id))
    if account is None:
        raise NoAccount
    return account


async def is_known(database: Database, account_id: int, mark: str) -> bool:
    """Whether this account exists with this mark (empty: with any)."""
    return (
        await database.row(
            "account.known", "select 1 from accounts where id = $1 and mark = coalesce(nullif($2, ''), mark)", account_id, mark
        )
        is not None
    )


async def renew_hash(database: Database, account_id: int, old: str, new: str) -> None:
    """Store a new hash of the same password, made with today's parameters."""
    await database.rows(
        "account.rehash", "update accounts set password_hash = $3 where id = $1 and password_hash = $2", account_id, old, new
    )


def _account(row: asyncpg.Record | None) -> Account | None:
    if row is None:
        return None
    return Account(
        row["id"], row["username"], row["password_hash"], row["token_generation"], row["username_key"], row["mark"],
        row["banned_until"], row["ban_notice"],
    )  # fmt: skip


class NoAccount(Refused):
    """There is no such account: it was removed, or never existed."""

    def __init__(self) -> None:
        super().__init__("not_authorized", "That account does not exist any more.", "Register anew.")


async def characters_of(database: Database, account_id: int) -> list[CharacterSummary]:
    """Return an account's characters, oldest first. Raises `NoAccount`."""
    rows = await database.rows(
        "character.list",
        "select c.id, c.name, c.level, c.location_id from accounts a left join characters c on c.account_id = a.id where a.id = $1 order by c.id",
        account_id,
    )
    if not rows:
        raise NoAccount
    return [CharacterSummary(row["id"], row["name"], row["level"], row["location_id"]) for row in rows if row["id"] is not None]


async def owns(database: Database, account_id: int, character_id: int) -> bool:
    """Whether the character belongs to this account. Raises `NoAccount`."""
    row = await database.row(
        "character.owner",
        "select exists (select from characters c where c.id = $2 and c.account_id = a.id) as owns from accounts a where a.id = $1",
        account_id, character_id,
    )  # fmt: skip
    if row is None:
        raise NoAccount
    return bool(row["owns"])


async def plays(database: Database, account_id: int, mark: str, character_id: int) -> bool | None:
    """Whether the character belongs to the account with this mark (empty: with any). None: the character does not exist."""
    row = await database.row(
        "character.player",
        "select a.id = $2 and a.mark = coalesce(nullif($3, ''), a.mark) as plays from characters c join accounts a on a.id = c.account_id"
        " where c.id = $1",
        character_id, account_id, mark,
    )  # fmt: skip
    return None if row is None else bool(row["plays"])


async def create_character(
    database: Database, account_id: int, name: str, skeleton: str, start: Start, kit: list[Placed], quests: Iterable[str] = ()
) -> CharacterSummary:
    """Create a character at the start with its kit, and on these quests, all or nothing.

    Refuses a sixth character, and a name that looks like another character's. Raises `NoAccount`.
    """
    begun = list(quests)
    async with database.transaction("character.create") as connection:
        if await connection.fetchval("select id from accounts where id = $1 for update", account_id) is None:
            raise NoAccount
        count = await connection.fetchval("select count(*) from characters where account_id = $1", account_id)
        if count >= CHARACTERS_PER_ACCOUNT:
            raise Refused("too_many_characters", f"An account has at most {CHARACTERS_PER_ACCOUNT} characters.", "Play one that you have.")
        try:
            character_id: int = await connection.fetchval(
                "insert into characters (account_id, name, skeleton, location_id, hp, max_hp, stamina, max_stamina, explored, quests,"
                " muted_until, mute_notice, muted_speech) select id, $2, $3, $4, $5, $5, $6::integer, $6::integer, array[$4], $7::jsonb,"
                " muted_until, mute_notice, muted_speech from accounts where id = $1 returning id",
                account_id, name, skeleton, start.location, start.body.hp, start.body.stamina,
                msgspec.json.encode(dict.fromkeys(begun, (0, 0))).decode(),
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            raise Refused(
                "name_taken", f"Somebody is called {name}, or something that looks just like it.", "Choose another name."
            ) from error
        await connection.execute(
            "insert into facts (character_id, type, body) select $1, 'quest_begun', jsonb_build_object('quest', q) from unnest($2::text[]) q",
            character_id, begun,
        )  # fmt: skip
        for thing in kit:
            await connection.execute(
                "insert into items (id, template, quantity, durability, owner, personal) values ($1, $2, $3, $4, $5, $6)",
                thing.id, thing.template, thing.quantity, thing.durability, f"character:{character_id}", thing.personal,
            )  # fmt: skip
            await connection.execute(
                "insert into ledger (character_id, template, quantity, reason) values ($1, $2, $3, 'kit')",
                character_id, thing.template, thing.quantity,
            )  # fmt: skip
    return CharacterSummary(character_id, name, 1, start.location)
