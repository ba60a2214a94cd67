"""A stage for play in rooms of any size: content, what the players own, and a client that gives commands and reads nothing but the replies."""

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg
import yaml
from fanout.clients import Echoes
from fanout.ours import name_of, rooms_in_a_row
from fanout.wire import frame

PATIENCE = 30.0
OWN = [
    "update characters set scrap = 1000, version = version + 1",
    """
    with given as (
      insert into items (id, template, quantity, owner)
        select 1000000 + id, 'thing_' || (row_number() over (order by name) - 1), 1, 'character:' || id from characters returning template
    )
    insert into ledger (template, quantity, reason) select template, 1, 'benchmark' from given
    """,
]
"""Scrap to buy with, and for each player a thing of its own kind to drop and to give: many who want one thing are the scenario `contended`."""
ITEM = {"type": "material", "weight": 0.1, "volume": 0.1, "value": 2, "description": "A thing of clay, as children make it for play."}
SELLER = {"description": "A person who sells pies, and buys them back.", "disposition": "friendly", "trades": ["pie"], "stock": 30}
DUMMY = {
    "name": "dummy", "description": "A sack of straw on a pole, with a painted face.", "disposition": "hostile", "hp": 10_000,
    "damage": {"low": 0, "high": 0}, "behaviour": "wander", "moves_every": 86_400,
}  # fmt: skip


def thing_of(number: int) -> str:
    """The name of the thing of a player."""
    return f"{name_of(number).lower()} token"


def content(folder: Path, rooms: int, players: int) -> Path:
    """Write rooms in a row, each with a side room and a seller with a stock of its own; the dummy stands in the first. Returns the folder."""
    made = rooms_in_a_row(folder, rooms)
    for number in range(rooms):
        path = made / "locations" / f"room_{number}.yaml"
        room = yaml.safe_load(path.read_text(encoding="utf-8"))
        room["exits"]["north"] = {"to": f"side_{number}", "stamina": 0}
        room["npcs"] = [f"seller_{number}", "dummy"] if number == 0 else [f"seller_{number}"]
        path.write_text(yaml.safe_dump(room), encoding="utf-8")
        side = room | {"name": f"Side Room {number}", "y": 1, "npcs": [], "exits": {"south": {"to": f"room_{number}", "stamina": 0}}}
        (made / "locations" / f"side_{number}.yaml").write_text(yaml.safe_dump(side), encoding="utf-8")
    items = {f"thing_{one}": ITEM | {"name": thing_of(one)} for one in range(players)} | {"pie": ITEM | {"name": "pie", "stackable": True}}
    npcs = {f"seller_{number}": SELLER | {"name": f"Seller {name_of(number)}"} for number in range(rooms)} | {"dummy": DUMMY}
    for kind, some in (("items", items), ("npcs", npcs)):
        (made / kind).mkdir()
        (made / kind / "stage.yaml").write_text(json.dumps(some), encoding="utf-8")  # a part of YAML
    return made


async def furnish(database: str) -> None:
    """Give each player what it needs, before any is played."""
    connection = await asyncpg.connect(database)
    for statement in OWN:
        await connection.execute(statement)
    await connection.close()


class Actor(Echoes):
    """A player whose commands are typed lines. What others do arrives and is dropped unread."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def do(self, line: str) -> dict[str, Any]:
        """Type a line, and return its reply."""
        self.memory.sent += 1
        number = self.memory.sent
        reply = self._waiting[number] = asyncio.get_running_loop().create_future()
        self.transport.write(frame(json.dumps({"type": "line", "id": number, "text": line}).encode()))
        return await asyncio.wait_for(reply, PATIENCE)

    def _message(self, payload: bytes) -> None:
        if not self.opened.done():
            self.control(payload)
            return
        for line in payload.split(b"\n"):
            if line.startswith(b'{"type":"reply"'):
                message = json.loads(line)
                self._waiting.pop(message["id"]).set_result(message)
