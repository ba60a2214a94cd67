"""Samplings of characters' commands, for "it is slow for me": which characters, and the commands with their steps."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from echoes.errors import Refused
from echoes.storage import audit
from echoes.storage.audit import Act
from echoes.storage.commits import NoCharacter
from echoes.storage.database import Database

AT_ONCE = 20
"""Characters that are sampled at the same time."""
KEPT = 1000
"""Sampled commands that are kept of a character."""


class Step(Struct, frozen=True):
    """A step of a command: seconds from the command's beginning to its own, and its duration."""

    name: str
    after: float
    seconds: float


class Sample(Struct, frozen=True):
    """A command that was sampled. `at` is `began` as a text in UTC; empty in one that is not kept yet."""

    character_id: int
    correlation_id: str
    command: str
    outcome: str
    seconds: float
    worker: str
    steps: list[Step]
    began: float = 0.0
    """Unix seconds, by the database's clock."""
    at: str = ""


async def start(database: Database, character_id: int, seconds: float, act: Act) -> None:
    """Sample a character's commands for some seconds from now, on every worker. Raises `NoCharacter`; refuses one character too many."""
    async with database.transaction("sampling.start") as connection:
        await connection.execute("update world set samplings = samplings + 1")
        if await connection.fetchval("select id from characters where id = $1", character_id) is None:
            raise NoCharacter
        await connection.execute(
            "delete from samplings where until <= extract(epoch from clock_timestamp()) or character_id = $1", character_id
        )
        if await connection.fetchval("select count(*) from samplings") >= AT_ONCE:
            raise Refused("too_many", f"{AT_ONCE} characters are sampled already.", "Wait until one of the samplings is over, or end one.")
        await connection.execute(
            "insert into samplings (character_id, until, operator) values ($1, extract(epoch from clock_timestamp()) + $2, $3)",
            character_id, seconds, act.operator,
        )  # fmt: skip
        await audit.enter(connection, act, seconds=seconds)


async def end(database: Database, character_id: int, act: Act) -> None:
    """End a sampling before its time. Without one nothing changes."""
    async with database.transaction("sampling.end") as connection:
        await connection.execute("update world set samplings = samplings + 1")
        await connection.execute("delete from samplings where character_id = $1", character_id)
        await audit.enter(connection, act)


async def keep(database: Database, samples: Sequence[Sample]) -> None:
    """Keep sampled commands, of each character the newest `KEPT`."""
    async with database.transaction("samples.keep") as connection:
        await connection.executemany(
            "insert into samples (character_id, correlation_id, command, outcome, seconds, worker, steps, at)"
            " values ($1, $2, $3, $4, $5, $6, $7::jsonb, to_timestamp($8::double precision))",
            [
                (one.character_id, one.correlation_id, one.command, one.outcome, one.seconds, one.worker, msgspec.json.encode(one.steps).decode(), one.began)
                for one in samples
            ],
        )  # fmt: skip
        await connection.executemany(
            "delete from samples where character_id = $1"
            " and id <= (select id from samples where character_id = $1 order by id desc offset $2 limit 1)",
            [(one, KEPT) for one in sorted({one.character_id for one in samples})],
        )  # fmt: skip


_decode_steps = msgspec.json.Decoder(list[Step]).decode


async def newest(database: Database, character_id: int, count: int) -> Sequence[Sample]:
    """Return the newest sampled commands of a character, oldest first."""
    rows = await database.rows(
        "samples.read",
        "select to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.MS') as at, character_id, correlation_id, command, outcome, seconds, worker,"
        " steps, extract(epoch from at)::double precision as began from samples where character_id = $1 order by at desc, id desc limit $2",
        character_id, count,
    )  # fmt: skip
    return [Sample(**{**dict(row), "steps": _decode_steps(row["steps"])}) for row in reversed(rows)]
