"""The story of a character: what happened to it, on one line of time."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from echoes.context import Context
from echoes.ops.acting import Operator, acting
from echoes.ops.looking import account_with
from echoes.storage import audit, commits, story
from echoes.storage.commits import SCRAP
from echoes.storage.story import Row
from echoes.world.model import World

FIRST = ("item", "quantity")
"""Fields of facts that a sentence begins with."""
OWNERS = ("source", "target", "to")
"""Fields of rows that hold an owner, such as `character:7`."""


class StoryLine(Struct):
    """One event: its time (UTC), its kind (`session`, `command`, `fact`, `ledger`, `transfer`, `audit`), and a sentence."""

    at: str
    kind: str
    text: str
    correlation_id: str = ""
    """Of a command: what its reply and its log lines have, too."""


async def of_character(context: Context, operator: Operator, reason: str, character_id: int, hours: float) -> list[StoryLine]:
    """Return the events of a character's last hours in their order, of each kind the newest 500. Raises `NoCharacter`."""
    async with acting(context.database, operator, "story", reason, least="viewer", character_id=character_id, hours=hours) as act:
        await account_with(context, character_id=character_id)
        rows = await story.read(context.database, character_id, hours)
        await audit.enter_alone(context.database, act, hours=hours)
    names = await commits.names_of(context.database, sorted(people(rows)))
    narrator = Narrator(context.world, names)
    return [StoryLine(time_of(row.at), row.kind, narrator.sentence(row), correlation_of(row)) for row in rows]


class Narrator:
    """Puts rows into sentences, with the names of characters, things and places."""

    def __init__(self, world: World, names: Mapping[int, str]) -> None:
        self._world = world
        self._names = names

    def sentence(self, row: Row) -> str:
        """A row as one sentence."""
        match row.kind:
            case "session":
                return (
                    f"{row.body['entries']} sessions from {row.body['address']} until {time_of(row.body['last'])}, to {row.body['worker']}"
                )
            case "command":
                return _reply(row.body)
            case "fact":
                return self._fact(row.body)
            case "ledger":
                return f"{row.body['quantity']:+d} {self._item(row.body['template'])}: {row.body['reason']}"
            case "transfer":
                return self._transfer(row.body)
            case _:
                details = msgspec.json.encode(row.body["details"]).decode()
                return f"{row.body['operator']}: {row.body['action']} {details}, because: {row.body['reason'] or '-'}"

    def _fact(self, fact: Mapping[str, Any]) -> str:
        shown = []
        for key, value in sorted(fact.items(), key=lambda one: one[0] not in FIRST):
            match key:
                case "type" | "character_id":
                    continue
                case "item":
                    shown.append(f"item {self._item(value)}")
                case "location_id" | "origin":
                    shown.append(f"{key.removesuffix('_id')} {self._place(value)}")
                case "to":
                    shown.append(f"to {self._place(value) if value in self._world.locations else self._owner(value)}")
                case _:
                    shown.append(f"{key} {value}")
        return " ".join([fact["type"], *(f"{one}," for one in shown)]).rstrip(",")

    def _transfer(self, body: Mapping[str, Any]) -> str:
        thing = self._item(body["template"]) + ("" if body["quantity"] == 1 else f" ×{body['quantity']}")
        source, target = self._owner(body["source"]), self._owner(body["target"])
        reason = f" ({body['reason']})" if body["reason"] else ""
        by = f", by {self._names.get(body['actor'], '')}".removesuffix(", by ") if body["actor"] else ""
        if not target:
            way = f"{source} → gone" if reason else f"{source} → another stack"
        elif not source:
            way = f"new → {target}" if reason else f"another stack → {target}"
        else:
            way = f"{source} → {target}"
        return f"{thing} [{body['item']}]: {way}{reason}{by}"

    def _owner(self, owner: str) -> str:
        kind, _, id_ = owner.partition(":")
        match kind:
            case "character":
                return self._names.get(int(id_), f"character {id_}, which is gone")
            case "location":
                return f"the ground of {self._place(id_)}"
            case "container":
                return f"remains [{id_}]"
            case _:
                return owner

    def _item(self, template: str) -> str:
        item = self._world.items.get(template)
        return template if item is None or template == SCRAP else item.name

    def _place(self, location_id: str) -> str:
        place = self._world.locations.get(location_id)
        return location_id if place is None else place.name


def correlation_of(row: Row) -> str:
    """The correlation id of a recorded command; empty for any other row, and for a command that an older release has recorded."""
    reply = _decoded(row.body) if row.kind == "command" else None
    return "" if reply is None else str(reply.get("correlation_id", ""))


def _decoded(body: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(body["reply"], type=dict[str, Any])
    except msgspec.MsgspecError:
        return None


def _reply(body: Mapping[str, Any]) -> str:
    """A recorded command by its answer: what the player typed is not kept."""
    if (reply := _decoded(body)) is None:
        return "a command with an answer that cannot be read"
    answer = reply.get("data") or reply.get("error") or {}
    name = answer.get("command") or answer.get("code") or "command"
    return f"{name}: {answer.get('message', '')}"


def people(rows: Iterable[Row]) -> set[int]:
    """The characters whose names the sentences of these rows need."""
    owners = {str(row.body.get(key, "")) for row in rows for key in OWNERS}
    actors = {int(row.body["actor"]) for row in rows if row.body.get("actor")}
    return actors | {int(owner.partition(":")[2]) for owner in owners if owner.startswith("character:")}


def time_of(at: float) -> str:
    """Unix seconds as text, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
