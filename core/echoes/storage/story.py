"""The rows that tell what happened to one character: its sessions, commands, facts, entries of the ledger, its things, the actions of operators."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from echoes.storage.database import Database

MOST = 500
"""Rows of each kind; the newest count."""


class Row(Struct, frozen=True):
    """One row: when (Unix seconds), its kind (`session`, `command`, `fact`, `ledger`, `transfer`, `audit`), and what it holds."""

    at: float
    kind: str
    body: dict[str, Any]


SESSIONS = """
select extract(epoch from first)::double precision as at, 'session' as kind,
    jsonb_build_object('address', address, 'worker', worker, 'entries', entries, 'last', extract(epoch from last)) as body
  from visits where character_id = $1 and last >= now() - $2 * interval '1 hour' order by last desc limit $3
"""
COMMANDS = """
select extract(epoch from created)::double precision as at, 'command' as kind, jsonb_build_object('client', client, 'reply', reply) as body
  from commands where character_id = $1 and created >= now() - $2 * interval '1 hour' order by created desc limit $3
"""
FACTS = """
select extract(epoch from at)::double precision as at, 'fact' as kind, body || jsonb_build_object('type', type) as body
  from facts where character_id = $1 and at >= now() - $2 * interval '1 hour' order by id desc limit $3
"""
LEDGER = """
select extract(epoch from at)::double precision as at, 'ledger' as kind,
    jsonb_build_object('template', template, 'quantity', quantity, 'reason', reason) as body
  from ledger where character_id = $1 and id > 0 and at >= now() - $2 * interval '1 hour' order by id desc limit $3
"""
TRANSFERS = """
with mine as materialized (
  select id, item_id from transfers where source = 'character:' || $1::bigint::text and at >= now() - $2 * interval '1 hour' order by id desc limit $3),
gained as (
  select id from transfers where target = 'character:' || $1::bigint::text and at >= now() - $2 * interval '1 hour' order by id desc limit $3),
later as (
  select t.id from (select item_id, min(id) as since from mine group by item_id) m join transfers t on t.item_id = m.item_id and t.id > m.since limit $3)
select extract(epoch from t.at)::double precision as at, 'transfer' as kind,
    jsonb_build_object('item', t.item_id, 'template', t.template, 'quantity', t.quantity, 'source', t.source, 'target', t.target,
      'reason', t.reason, 'actor', coalesce(t.character_id, 0)) as body
  from transfers t where t.id in (select id from mine union select id from gained union select id from later) order by t.id desc
"""
"""Its own, and where a thing went after it had left the character."""
AUDIT = """
select extract(epoch from at)::double precision as at, 'audit' as kind,
    jsonb_build_object('operator', who, 'action', action, 'reason', reason, 'details', details) as body
  from audit where (character_id = $1 or (character_id is null and account_id = (select account_id from characters where id = $1)))
    and at >= now() - $2 * interval '1 hour' order by id desc limit $3
"""


async def read(database: Database, character_id: int, hours: float) -> Sequence[Row]:
    """Return the rows of the last hours, oldest first."""
    found = [
        row
        for sql in (SESSIONS, COMMANDS, FACTS, LEDGER, TRANSFERS, AUDIT)
        for row in await database.rows("ops.story", sql, character_id, hours, MOST)
    ]
    rows = [Row(row["at"], row["kind"], msgspec.json.decode(row["body"])) for row in found]
    return sorted(rows, key=lambda row: row.at)
