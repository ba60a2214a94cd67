"""Stocks of traders: a number and a time for each of their things. A trader without a row has its usual stock (`echoes.world.trade`)."""

from collections.abc import Mapping

from msgspec import Struct

from echoes.storage.database import Database


class StockRow(Struct, frozen=True):
    """The stock of one thing: `quantity` of it at the moment `at` (Unix seconds)."""

    item: str
    version: int
    quantity: int
    at: float


async def load(database: Database, npc: str) -> Mapping[str, StockRow]:
    """Return a trader's stock by item, as it is now."""
    rows = await database.rows("stocks.load", "select item, version, quantity, at from stocks where npc = $1", npc)
    return {row["item"]: StockRow(row["item"], row["version"], row["quantity"], row["at"]) for row in rows}
