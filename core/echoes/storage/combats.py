"""Fights as rows (`echoes.world.combat.Fight`), and the remains of characters."""

from typing import Any

import msgspec
from msgspec import Struct

from echoes.storage.commits import Thing
from echoes.storage.database import Database
from echoes.world.combat import Fight


class CombatRow(Struct, frozen=True):
    """A fight's row. `until` is when the round ends without the missing choices, in Unix seconds."""

    id: int
    version: int
    location_id: str
    until: float
    over: bool
    fight: Fight


class Remains(Struct, frozen=True):
    """A dead character's things: the item that lies there, its owner, when others may take from it, and what is inside."""

    id: int
    version: int
    character_id: int
    open_at: float
    things: list[Thing]


COLUMNS = "id, version, location_id, until, over, fight"


def _row(row: Any) -> CombatRow:
    return CombatRow(
        row["id"], row["version"], row["location_id"], row["until"], row["over"], msgspec.json.decode(row["fight"], type=Fight)
    )


async def load(database: Database, combat_id: int) -> CombatRow | None:
    """Return a fight."""
    row = await database.row("combat.load", f"select {COLUMNS} from combats where id = $1", combat_id)  # noqa: S608 - constants
    return None if row is None else _row(row)


async def load_in(database: Database, location_id: str) -> CombatRow | None:
    """Return the fight that is going on in a location."""
    statement = f"select {COLUMNS} from combats where location_id = $1 and not over"  # noqa: S608 - constants
    row = await database.row("combat.in", statement, location_id)
    return None if row is None else _row(row)


async def remains(database: Database, item_id: int) -> Remains | None:
    """Return what lies in a dead character's remains."""
    rows = await database.rows(
        "remains.load",
        "select c.item_id, r.version as corpse_version, c.character_id, c.open_at, i.id, i.version, i.template, i.quantity, i.durability from corpses c"
        " join items r on r.id = c.item_id left join items i on i.owner = 'container:' || c.item_id where c.item_id = $1 order by i.template, i.id",
        item_id,
    )
    if not rows:
        return None
    first = rows[0]
    things = [
        Thing(row["id"], row["version"], row["template"], row["quantity"], row["durability"]) for row in rows if row["id"] is not None
    ]
    return Remains(first["item_id"], first["corpse_version"], first["character_id"], first["open_at"], things)
