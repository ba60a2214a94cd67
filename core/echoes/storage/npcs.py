"""NPCs as rows. What they are like is content (`echoes.world.model.Npc`)."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from echoes.storage.database import Database

MOST_IN_A_LOCATION = 50
"""Most NPCs of one location that are read at a time."""


class NpcRow(Struct, frozen=True):
    """An NPC's row. `spawn` names its population in the content; `home` is the location in which it was created."""

    id: int
    version: int
    template: str
    spawn: str
    location_id: str
    home: str
    hp: int
    state: dict[str, Any] = {}


COLUMNS = "n.id, n.version, n.template, n.spawn, n.location_id, n.home, n.hp, n.state"


def _row(row: Any) -> NpcRow:
    return NpcRow(
        row["id"],
        row["version"],
        row["template"],
        row["spawn"],
        row["location_id"],
        row["home"],
        row["hp"],
        msgspec.json.decode(row["state"]),
    )


async def load_in(database: Database, location_id: str) -> tuple[int, list[NpcRow]]:
    """Return the NPCs of a location and the version that they belong to, in one consistent read."""
    rows = await database.rows(
        "npcs.in",
        f"select p.npc_version, {COLUMNS} from (select coalesce((select npc_version from places where location_id = $1), 0) as npc_version) p"  # noqa: S608
        " left join (select * from npcs where location_id = $1 order by id limit $2) n on true order by n.id",
        location_id, MOST_IN_A_LOCATION,
    )  # fmt: skip
    return int(rows[0]["npc_version"]), [_row(row) for row in rows if row["id"] is not None]


async def load(database: Database, npc_id: int) -> NpcRow | None:
    """Return one NPC's current row."""
    row = await database.row("npc.load", f"select {COLUMNS} from npcs n where id = $1", npc_id)  # noqa: S608 - constants
    return None if row is None else _row(row)


async def of_spawn(database: Database, spawn: str) -> list[NpcRow]:
    """Return the NPCs of a population, oldest first."""
    statement = f"select {COLUMNS} from npcs n where spawn = $1 order by id limit $2"  # noqa: S608 - constants
    return [_row(row) for row in await database.rows("npcs.of_spawn", statement, spawn, MOST_IN_A_LOCATION * 2)]


async def load_many(database: Database, npcs: Sequence[int]) -> list[NpcRow]:
    """Return the current rows of those of these NPCs that exist."""
    statement = f"select {COLUMNS} from npcs n where id = any($1::bigint[]) order by id"  # noqa: S608 - constants
    return [_row(row) for row in await database.rows("npcs.load", statement, list(npcs))]
