"""`score`, `effects`, `exits`, `time`: what a character has come to, what ails or helps it, the ways out with their costs, and the hour."""

import time as clock
from collections.abc import Sequence

from echoes.game import fights, views
from echoes.game.deed import Deed
from echoes.game.spec import CommandSpec
from echoes.storage import commits
from echoes.storage.commits import Thing
from echoes.wire import Command, Outcome
from echoes.world import growth
from echoes.world.effects import standing
from echoes.world.model import Effect

CHANGES = {
    "health": " % faster health", "stamina": " % faster stamina", "hit": " % to hit", "flight": " % to get away", "damage": " damage",
    "armor": " armour", "experience": " % experience",
}  # fmt: skip
"""The name of each field of `Changes`."""


class Score(Command, frozen=True, tag="score"):
    """Show the own character's level, numbers and equipment."""


class Effects(Command, frozen=True, tag="effects"):
    """Show the effects on the own character."""


class Exits(Command, frozen=True, tag="exits"):
    """The ways out of this place."""


class Time(Command, frozen=True, tag="time"):
    """Show the time of day."""


async def score(deed: Deed, _: Score) -> Outcome:
    """Level, health, stamina, and what is in use; from the same functions that decide."""
    scene, me = deed.scene, deed.scene.me
    things = await scene.things()
    fighter = fights.of_character(me, things, scene.world, scene.now)
    ahead = (
        f"{me.xp} of {growth.needed(me.level)} experience to level {me.level + 1}" if me.level < growth.MAX_LEVEL else "no level above it"
    )
    per_minute = views.you(me, scene.now, scene.world).hp_per_minute
    healing = f", {per_minute:g} more each minute" if per_minute and me.hp < me.max_hp else ""
    left = growth.points(me.level, (me.strength, me.agility, me.endurance, me.intellect))
    spend = f", {left} points to spend (train)" if left > 0 else ""
    done = await commits.load_statistics(scene.around.database, me.id)
    deed.message = " ".join([
        f"{me.name}, level {me.level}, {ahead}.",
        f"Health {me.hp} of {me.max_hp}{healing}. Stamina {int(scene.stamina)} of {me.max_stamina}.",
        f"{_wielded(deed, things)}, for {fighter.low} to {fighter.high} a blow. {_worn(deed, things)}, armour {fighter.armor}.",
        f"Strength {me.strength}, agility {me.agility}, endurance {me.endurance}, intellect {me.intellect}{spend}. You have {me.scrap} scrap.",
        f"Kills {done.kills}, deaths {done.deaths}, ways walked {done.distance}, finds {done.finds}.",
    ])  # fmt: skip
    return deed.outcome()


async def affected(deed: Deed, _: Effects) -> Outcome:
    """Each effect with what it does and how long it lasts."""
    scene = deed.scene
    lines = []
    for one in standing(scene.me.effects, scene.world.effects, scene.now):
        effect = scene.world.effects[one.id]
        times = f" ×{one.stacks}" if one.stacks > 1 else ""
        left = f", {_duration(one.until - scene.now)} left" if one.until is not None else ""
        lines.append(f"{effect.name[0].upper()}{effect.name[1:]}{times}{left}: {_does(effect)}.")
    for id_ in views.conditions(scene.me, await scene.things(), scene.now, scene.world):
        effect = scene.world.effects[id_]
        lines.append(f"{effect.name[0].upper()}{effect.name[1:]}: {_does(effect)}.")
    deed.message = " ".join(lines) or "Nothing ails you, and nothing helps you along."
    return deed.outcome()


def _does(effect: Effect) -> str:
    """Describe in numbers the changes that an effect makes."""
    said = [f"{points:+}{unit}" for name, unit in CHANGES.items() if (points := getattr(effect.changes, name))]
    if effect.tick is not None:
        sign = "+" if effect.tick.does == "heal" else "-"
        said.insert(0, f"{sign}{effect.tick.hp} health every {effect.tick.seconds:g} seconds")
    return ", ".join(said) or effect.description


def _duration(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02}"


async def exits(deed: Deed, _: Exits) -> Outcome:
    """Each way, the place behind it if it is known, and what the way costs."""
    scene = deed.scene
    ways = [
        f"{direction} to {scene.world.locations[way.to].name if way.to in scene.me.explored else 'a place you do not know'} ({way.stamina} stamina)"
        for direction, way in scene.location.exits.items()
    ]
    deed.message = f"Ways out: {'; '.join(ways)}." if ways else "There is no way out."
    return deed.outcome()


async def time(deed: Deed, _: Time) -> Outcome:
    """The hour by PostgreSQL's clock, in UTC: the city's own clocks stand."""
    hour = clock.strftime("%H:%M on %d %B", clock.gmtime(deed.scene.now))
    deed.message = f"No clock in the city has gone since the night of the fire. Where clocks still go it is {hour}, UTC."
    return deed.outcome()


def _wielded(deed: Deed, things: Sequence[Thing]) -> str:
    weapons = [one for one in things if one.slot and deed.scene.template(one).damage]
    return f"You wield {fights.listed([_named(deed, one) for one in weapons])}" if weapons else "You have bare hands"


def _worn(deed: Deed, things: Sequence[Thing]) -> str:
    worn = [one for one in things if one.slot and not deed.scene.template(one).damage]
    return f"You wear {fights.listed([_named(deed, one) for one in worn])}" if worn else "You wear nothing to speak of"


def _named(deed: Deed, thing: Thing) -> str:
    """A thing's name, with how far it is worn out."""
    template = deed.scene.template(thing)
    if thing.durability is None or template.durability is None:
        return template.name
    return f"{template.name} ({'broken' if thing.durability == 0 else f'{thing.durability} of {template.durability} left'})"


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "score", Score, score, usage="score", summary="Your level, health, stamina and what you use.", aliases=("stats", "status", "sc"),
        topic="Health and stamina return by themselves, faster while you rest; health does not return in a fight.",
    ),
    CommandSpec(
        "effects", Effects, affected, usage="effects", summary="What bleeds, burns, warms or tires you, and for how long.",
        aliases=("conditions", "wounds", "ailments"),
        topic="Some effects end with time, others with a bandage, water, a rest or a place. Death ends them all.",
    ),
    CommandSpec("exits", Exits, exits, usage="exits", summary="The ways out, where they lead and what they cost.", aliases=("ways",)),
    CommandSpec("time", Time, time, usage="time", summary="What time it is."),
)  # fmt: skip
