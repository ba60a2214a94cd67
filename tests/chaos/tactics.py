"""How a bot fights: what it remembers of fights and enemies, and what it wants to do about them."""

import random
from dataclasses import dataclass, field

from chaos.frames import Data, Foe, Fought, Place

ROUND = {"attack": 60, "defend": 12, "flee": 8, "use": 8, "": 12}
"""Shares of what a bot does whose round is open; the last is anything else that it could do."""
BRAVERY = 0.5
"""How often a bot attacks where an enemy is."""
CURES = ("linen bandage", "ash bread", "cistern water")


@dataclass
class Front:
    """A character's knowledge of the fight in its room, and of the enemies there."""

    me: str
    absent: bool = False
    """It never chooses: its rounds end at their limit."""
    fight: Fought | None = None
    enemies: set[int] = field(default_factory=set)

    def see(self, place: Place) -> None:
        """A whole place."""
        self.fight = place.fight
        self.enemies = {one.instance for one in place.npcs if _is_enemy(one)}

    def hear(self, data: Data) -> None:
        """An event in the room."""
        if data.fight is not None:
            self.fight = None if data.fight.over else data.fight
        if data.npc is not None and data.action == "npc_arrived" and _is_enemy(data.npc):
            self.enemies.add(data.npc.instance)
        elif data.npc is not None and data.action == "npc_left":
            self.enemies.discard(data.npc.instance)

    def idea(self, dice: random.Random) -> dict | None:
        """The next command in or about a fight; None: any other command."""
        mine = next((one for one in self.fight.fighters if one.id == self.me), None) if self.fight is not None else None
        if mine is None:
            return {"type": "attack"} if self.enemies and dice.random() < BRAVERY else None
        verb = dice.choices(list(ROUND), list(ROUND.values()))[0]
        if not verb or mine.chosen or self.absent:
            return None
        return {"type": "use", "item": dice.choice(CURES)} if verb == "use" else {"type": verb}


def _is_enemy(one: Foe) -> bool:
    return one.disposition == "hostile" and one.instance > 0
