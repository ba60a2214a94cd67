"""`train`: spend the points of levels on attributes."""

from typing import Literal, get_args

import msgspec

from echoes.errors import Refused
from echoes.game import arguments
from echoes.game.deed import Deed
from echoes.game.facts import Trained
from echoes.game.spec import CommandSpec
from echoes.storage import commits
from echoes.storage.commits import Character, Stale
from echoes.wire import Command, Outcome, Target
from echoes.world import growth

Attribute = Literal["strength", "agility", "endurance", "intellect"]
DOES = {
    "strength": "harder blows",
    "agility": "surer blows, an earlier turn, quicker flight",
    "endurance": f"{growth.HP_A_POINT} more health and {growth.STAMINA_A_POINT} more stamina for each point",
    "intellect": f"{growth.XP_A_POINT} % more experience for each point above {growth.USUAL}, and better finds",
}


class Train(Command, frozen=True, tag="train"):
    """Spend one point on an attribute; without one, say what can be trained."""

    attribute: Target | None = None


async def train(deed: Deed, command: Train) -> Outcome:
    """One point, one step; endurance adds health and stamina at once."""
    me = await _as_stored(deed)
    left = growth.points(me.level, (me.strength, me.agility, me.endurance, me.intellect))
    if command.attribute is None:
        values = "; ".join(f"{name} {getattr(me, name)} ({effect})" for name, effect in DOES.items())
        deed.message = f"{values}. You have {left} to spend: train <attribute>."
        return deed.outcome()
    word = command.attribute.casefold()
    found = [name for name in get_args(Attribute) if name.startswith(word)]
    if len(found) != 1:
        raise Refused("no_attribute", f"There is no {command.attribute} to train.", f"Train {', '.join(DOES)}.")
    name = found[0]
    if left < 1:
        raise Refused(
            "no_points", "You have learned nothing new that you could put to use.", f"Each level brings {growth.POINTS_A_LEVEL} points."
        )
    value = getattr(me, name) + 1
    if value > growth.MOST:
        raise Refused("attribute_full", f"Your {name} is {growth.MOST} already, and there is no more.", "Train another attribute.")
    if name == "endurance":
        more = {"max_hp": me.max_hp + growth.HP_A_POINT, "hp": me.hp + growth.HP_A_POINT}
        deed.change_me(endurance=value, max_stamina=me.max_stamina + growth.STAMINA_A_POINT, **more)
    else:
        deed.change_me(**{name: value})
    deed.fact(Trained(attribute=name, value=value))
    deed.message = f"Your {name} is {value} now: {DOES[name]}. {left - 1} left to spend."
    return deed.outcome()


async def _as_stored(deed: Deed) -> Character:
    """The actor with the attributes of its row: a release before attributes caches a character without them."""
    me = deed.scene.me
    row = await commits.load_character(deed.scene.around.database, me.id)
    if row is None or row.version != me.version:
        raise Stale(f"character {me.id} has changed")
    return msgspec.structs.replace(me, strength=row.strength, agility=row.agility, endurance=row.endurance, intellect=row.intellect)


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "train", Train, train, usage="train [attribute]", summary="Spend what your levels have taught you.", aliases=("raise", "improve", "learn"),
        arguments=arguments.one("attribute", "train [attribute]", optional=True), in_fight=False,
        topic=f"Each level brings {growth.POINTS_A_LEVEL} points. train strength, agility, endurance or intellect; each can be {growth.MOST} at most.",
    ),
)  # fmt: skip
