"""The history of the content in force: each activation with its time, its operator and the reason. A trigger writes the rows."""

from collections.abc import Sequence

from msgspec import Struct

from echoes.errors import Refused
from echoes.storage.database import Connection, Database

SHOWN = 50
"""Activations that are shown: the newest."""


class Activation(Struct, frozen=True):
    """A content that came into force. `at` is UTC; `operator` is empty where the files of a server brought it, or an older release did.

    `kept`: the database still has its parts.
    """

    number: int
    version: str
    at: str
    source: str
    operator: str
    reason: str
    kept: bool


class ContentChanged(Refused):
    """Other content has come into force since the operator looked."""

    def __init__(self, now: Activation) -> None:
        super().__init__(
            "content_changed", f"Other content has come into force since you looked: {said(now)}.",
            "Look at the difference again; then push with the new number.",
        )  # fmt: skip


class OlderContent(Refused):
    """The content was in force before, and another one has taken its place."""

    def __init__(self, version: str, since: str, now: Activation) -> None:
        super().__init__(
            "older_content", f"This content is older than the one in force: {version} was in force from {since} UTC on, and then came {said(now)}.",
            f"To go back to it on purpose: `echoes ops content-back {version}`.",
        )  # fmt: skip


class InForce(Refused):
    """The content is in force already."""

    def __init__(self, now: Activation) -> None:
        super().__init__("done_already", f"This content is in force already: {said(now)}.", "Nothing is to be done.")


SELECT = """
select a.number, a.version, to_char(a.at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, a.source, a.operator, a.reason,
    exists (select from content_entries e where e.version = a.version and e.kind = 'start') as kept
  from content_activations a
"""


def said(one: Activation) -> str:
    """An activation in words."""
    by = {"files": "the files of a server"}.get(one.source, one.operator or "an operator")
    return f"{one.version} (number {one.number}) by {by} at {one.at} UTC"


async def newest(database: Database) -> Sequence[Activation]:
    """Return the newest activations, newest first: the first one is in force."""
    return [Activation(**dict(row)) for row in await database.rows("content.history", f"{SELECT} order by a.number desc limit $1", SHOWN)]


async def in_force(connection: Connection, number: int, version: str) -> Activation:
    """The activation with this number; without a row of its own, one without a time."""
    row = await connection.fetchrow(f"{SELECT} where a.number = $1", number)
    return Activation(number, version, "an unknown time", "", "", "", kept=True) if row is None else Activation(**dict(row))


async def refuse_unless(connection: Connection, now: Activation, version: str, *, seen: int, older: bool) -> None:
    """Refuse a content that is in force, one that is older unless `older`, and any when the operator has `seen` another number."""
    if now.version == version:
        raise InForce(now)
    if now.number != seen:
        raise ContentChanged(now)
    since = await connection.fetchval(
        "select to_char(seen at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') from content where version = $1", version
    )
    if since is not None and not older:
        latest = await connection.fetchval(
            "select to_char(max(at) at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') from content_activations where version = $1", version
        )
        raise OlderContent(version, latest or since, now)


async def note(connection: Connection, number: int, source: str, operator: str, reason: str) -> None:
    """Add to an activation by which operator it was made, and why, in its transaction."""
    await connection.execute(
        "update content_activations set source = $2, operator = $3, reason = $4 where number = $1", number, source, operator, reason
    )
