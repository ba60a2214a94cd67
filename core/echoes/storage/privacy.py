"""Everything that the database holds about an account, and its end."""

from collections.abc import Sequence
from typing import Any

import msgspec

from echoes.errors import Refused
from echoes.storage import audit, revocations
from echoes.storage.audit import Act
from echoes.storage.database import Connection, Database
from echoes.storage.players import NoSuchAccount
from echoes.storage.revocations import Revocation
from echoes.storage.world import order_drops

THEIRS = "(select id from characters where account_id = $1)"
OWNERS = "(select 'character:' || id from characters where account_id = $1)"
PARTS = {
    "account": "select to_jsonb(t) - 'password_hash' - 'mark' - 'token_generation' as body from accounts t where id = $1",
    "characters": "select to_jsonb(t) as body from characters t where account_id = $1 order by id",
    "things": f"select to_jsonb(t) as body from items t where owner in {OWNERS} order by id",  # noqa: S608 - constants
    "statistics": f"select to_jsonb(t) as body from statistics t where character_id in {THEIRS} order by character_id",  # noqa: S608 - constants
    "sessions": f"select to_jsonb(t) as body from visits t where character_id in {THEIRS} order by first",  # noqa: S608 - constants
    "commands": f"select to_jsonb(t) - 'events' - 'digest' as body from commands t where character_id in {THEIRS} order by created",  # noqa: S608 - constants
    "facts": f"select to_jsonb(t) - 'xid' as body from facts t where character_id in {THEIRS} order by id",  # noqa: S608 - constants
    "ledger": f"select to_jsonb(t) as body from ledger t where character_id in {THEIRS} order by id",  # noqa: S608 - constants
    "transfers": f"select to_jsonb(t) as body from transfers t where source in {OWNERS} or target in {OWNERS} order by id",  # noqa: S608 - constants
    "reports_made": "select to_jsonb(t) - 'decided_by' - 'heard' as body from reports t where account_id = $1 order by id",
    "reports_about": f"select to_jsonb(t) - 'account_id' - 'reporter' - 'decided_by' - 'heard' as body from reports t where reported_id in {THEIRS} order by id",  # noqa: S608 - constants
    "lines_in_reports": f"select l.line as body from reports t, jsonb_array_elements(t.heard) l(line) where (l.line ->> 'sender_id')::bigint in {THEIRS} order by t.id",  # noqa: S608 - constants
    "samples": f"select to_jsonb(t) as body from samples t where character_id in {THEIRS} order by id",  # noqa: S608 - constants
    "notes": "select to_jsonb(t) - 'operator' as body from notes t where account_id = $1 order by id",
    "operators_actions": f"select to_jsonb(t) - 'who' as body from audit t where account_id = $1 or character_id in {THEIRS} order by id",  # noqa: S608 - constants
}
"""The exported rows, by name. Secrets of the sign-in, other players' names as reporters, and the operators' names stay out."""


async def export(database: Database, account_id: int, act: Act) -> dict[str, Any]:
    """Return all rows about an account, by kind, in one consistent read. Raises `NoSuchAccount`."""
    async with database.transaction("account.export") as connection:
        found: dict[str, Any] = {}
        for name, sql in PARTS.items():
            found[name] = [msgspec.json.decode(row["body"]) for row in await connection.fetch(sql, account_id)]
        if not found["account"]:
            raise NoSuchAccount
        found["account"] = found["account"][0]
        await audit.enter(connection, act, rows=sum(len(rows) for rows in found.values()))
    return found


async def erase(database: Database, account_id: int, act: Act) -> Revocation:
    """Erase an account: its names and texts, its characters with their things. What the ledger sums up stays right.

    Its sign-ins end, and every worker takes its characters out of the world. The empty row of the account is removed later
    (`echoes.storage.unplayed`). Refuses the account of an operator. Raises `NoSuchAccount`.
    """
    async with database.transaction("account.erase") as connection:
        number = await revocations.next_number(connection)
        account = await connection.fetchrow("select id, username_key from accounts where id = $1 for update", account_id)
        if account is None:
            raise NoSuchAccount
        if await connection.fetchval("select role from operators where account_id = $1", account_id) is not None:
            raise Refused("not_possible", "That is the account of an operator.", "Take its role away first: echoes ops revoke.")
        rows = await connection.fetch("select id from characters where account_id = $1 order by id for update", account_id)
        ids = [row["id"] for row in rows]
        await _erase_names_elsewhere(connection, account_id, ids)
        await _erase_characters(connection, ids)
        await connection.execute("update reports set reporter = '', reason = 'erased', heard = '[]' where account_id = $1", account_id)
        await connection.execute("delete from notes where account_id = $1", account_id)
        await connection.execute(
            "update audit set details = '{}', reason = '' where account_id = $1 or character_id = any($2)", account_id, ids
        )
        await connection.execute(
            "delete from attempts where starts_with(key, 'account:' || $1 || '@') or starts_with(key, 'operator:' || $1 || '@')",
            account["username_key"],
        )
        # No username has a line break, so this one is free, and no client can sign in to it.
        generation: int = await connection.fetchval(
            "update accounts set username = '', username_key = E'\\n' || id, password_hash = '!', mark = replace(gen_random_uuid()::text, '-', ''),"
            " token_generation = token_generation + 1, banned_until = 0, ban_notice = '', banned_by = '', muted_until = 0, mute_notice = '',"
            " muted_by = '', muted_speech = '{}' where id = $1 returning token_generation",
            account_id,
        )
        made = await revocations.insert(connection, number, account_id, generation)
        await audit.enter(connection, act, characters=len(ids))
    return made


async def _erase_names_elsewhere(connection: Connection, account_id: int, ids: Sequence[int]) -> None:
    """Take the names, also former ones, out of entries of the audit log that do not concern the account: a search, a refused name of another."""
    await connection.execute(
        "with names as ("
        " select lower(username) as name from accounts where id = $1"
        " union select lower(name) from characters where id = any($2::bigint[])"
        " union select lower(v) from audit, lateral (values (details ->> 'former'), (details ->> 'name')) n(v)"
        " where account_id = $1 and action = 'rename' and v is not null and not details ? 'refused')"
        " update audit t set reason = '', details = (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(t.details)"
        " where lower(value #>> '{}') not in (select name from names))"
        " where exists (select from jsonb_each(t.details) d where lower(d.value #>> '{}') in (select name from names))",
        account_id, ids,
    )  # fmt: skip


async def _erase_characters(connection: Connection, ids: Sequence[int]) -> None:
    await connection.execute(
        "insert into ledger (character_id, template, quantity, reason)"
        " select c.id, i.template, -sum(i.quantity), 'erased' from unnest($1::bigint[]) as c(id)"
        " join items i on i.owner = 'character:' || c.id group by c.id, i.template"
        " union all select id, 'scrap', -scrap, 'erased' from characters where id = any($1) and scrap <> 0",
        ids,
    )
    await connection.execute("delete from equipment where character_id = any($1::bigint[])", ids)
    await connection.execute("delete from items where owner = any(select 'character:' || id from unnest($1::bigint[]) as c(id))", ids)
    await connection.execute("delete from commands where character_id = any($1::bigint[])", ids)
    await connection.execute("delete from samples where character_id = any($1::bigint[])", ids)
    await connection.execute("update reports set reported = '' where reported_id = any($1::bigint[])", ids)
    await connection.execute(
        "update reports r set heard = (select coalesce(jsonb_agg(l.line order by l.n), '[]') from jsonb_array_elements(r.heard) with ordinality l(line, n)"
        " where (l.line ->> 'sender_id')::bigint <> all($1::bigint[])) where r.heard <> '[]'"
        " and exists (select from jsonb_array_elements(r.heard) l(line) where (l.line ->> 'sender_id')::bigint = any($1::bigint[]))",
        ids,
    )
    remains = await connection.fetch(
        "update items i set label = '', version = version + 1 from corpses k where k.item_id = i.id and k.character_id = any($1::bigint[])"
        " returning substr(i.owner, 10) as place",
        ids,
    )
    places = sorted({row["place"] for row in remains})
    await connection.execute("update places set version = version + 1 where location_id = any($1::text[])", places)
    await order_drops(connection, "ground", places)
    await connection.execute("delete from characters where id = any($1::bigint[])", ids)
