"""The changes of a fight's round, or of an effect's tick, collected before they are committed."""

from dataclasses import dataclass, field
from typing import Any

from echoes import channels
from echoes.channels import Outgoing
from echoes.game.facts import Fact
from echoes.game.resume_positions import arrival_text
from echoes.storage.commits import Character, Thing
from echoes.wire import Happening, PlayerView, WirePosition
from echoes.world.combat import Fight


@dataclass
class Aftermath:
    """The changes of a fight's round, or of a tick. A character's row is in `sets`, so that a command can join it to its own change."""

    sets: dict[int, dict[str, Any]] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    events: list[Outgoing] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    explored: dict[int, str] = field(default_factory=dict)
    left: dict[int, list[Thing]] = field(default_factory=dict)
    """By character that died: what it still has."""
    worn: dict[int, dict[int, Thing]] = field(default_factory=dict)
    """By character: its things that have worn out a little, by id."""
    lines: dict[int, list[str]] = field(default_factory=dict)
    """By character: what it reads of its own state."""


@dataclass
class Settled(Aftermath):
    """The changes of a fight's round."""

    fight: Fight = field(kw_only=True)


def number(fighter: str) -> int:
    """The id behind `character:` or `npc:`."""
    return int(fighter.partition(":")[2])


def relocate(me: Character, to: str, position: WirePosition, settled: Aftermath, message: str) -> None:
    """Bring a character to another location; its seat follows the event, on any worker."""
    settled.sets.setdefault(me.id, {}).update({"location_id": to, "arrival": arrival_text(to, position)})
    settled.explored[me.id] = to
    moved = Happening("moved", message, version=me.version + 1, location_id=to, position=position, forced=True)
    settled.events.append(channels.to_player(me.id, "state_update", moved))
    if to == me.location_id:
        return
    seen = PlayerView(me.id, me.name)
    left = Happening("player_left", "", player=seen, version=me.version + 1)
    settled.events.append(channels.to_location(me.location_id, "location_update", left, exclude=me.id))
    arrived = Happening("player_arrived", f"{me.name} stumbles in.", player=seen, version=me.version + 1)
    settled.events.append(channels.to_location(to, "location_update", arrived, exclude=me.id))
