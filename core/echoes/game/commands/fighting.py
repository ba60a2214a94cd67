"""`attack`, `defend`, `flee`, `intents`, `consider`, `loot`: fights by rounds, and the remains of the dead."""

from echoes.errors import Refused
from echoes.game import arguments, fights, rounds, targets, views
from echoes.game.aftermath import number
from echoes.game.deed import Deed
from echoes.game.facts import Took
from echoes.game.npcs import Seen, called
from echoes.game.round_text import intents as intents_of
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.storage import combats
from echoes.storage.combats import CombatRow
from echoes.wire import Command, Outcome, Target
from echoes.world import combat
from echoes.world.combat import ENEMIES, PLAYERS, Choice, Fight, Fighter

ROUND = "attack, defend, flee, or use something; intents shows what they are about to do."
ODDS = (
    (0.5, "You would hardly notice"),
    (1.0, "You should win against"),
    (1.6, "It would be close with"),
    (3.0, "You would most likely lose against"),
)
"""Answers of `consider`, each with its upper limit for the ratio of the rounds that each side needs to win."""


class Attack(Command, frozen=True, tag="attack"):
    """Begin a fight, join one, or choose to attack in this round; without a target the enemy that one attacked, or any."""

    target: Target | None = None


class Defend(Command, frozen=True, tag="defend"):
    """Choose to defend in this round: blows do half."""


class Flee(Command, frozen=True, tag="flee"):
    """Choose to flee in this round."""


class Intents(Command, frozen=True, tag="intents"):
    """Hear what the enemies are about to do, and how long the round lasts."""


class Consider(Command, frozen=True, tag="consider"):
    """Guess how a fight with an NPC that is here would go."""

    target: Target


class Loot(Command, frozen=True, tag="loot"):
    """Take everything that one can carry from remains that lie here."""

    target: Target | None = None


async def attack(deed: Deed, command: Attack) -> Outcome:
    """Choose to attack in this round of the own fight; else begin a fight, or join the one that is going on here."""
    row = await rounds.fight_of(deed)
    if row is not None:
        enemy = _enemy(row.fight, command.target)
        return await _choose(deed, row, row.fight, Choice("attack", enemy.id), f"You go for {enemy.name}.")
    target = await _hostile(deed, command.target)
    going_on = await combats.load_in(deed.scene.around.database, deed.scene.me.location_id)
    if going_on is not None:
        return await _join(deed, going_on, target)
    return await _begin(deed, target)


async def defend(deed: Deed, _: Defend) -> Outcome:
    """Choose to defend in this round."""
    row = await _own_fight(deed)
    return await _choose(deed, row, row.fight, Choice("defend"), "You keep your guard up.")


async def flee(deed: Deed, _: Flee) -> Outcome:
    """Choose to flee in this round; it may fail."""
    row = await _own_fight(deed)
    return await _choose(deed, row, row.fight, Choice("flee"), "You look for a way out.")


async def intents(deed: Deed, _: Intents) -> Outcome:
    """Say the enemies' intents, and the number of seconds that are left to choose."""
    row = await _own_fight(deed)
    left = max(0, round(row.until - deed.scene.now))
    deed.message = " ".join([*intents_of(row.fight), f"{left} seconds are left to choose."])
    return deed.outcome()


async def consider(deed: Deed, command: Consider) -> Outcome:
    """Say how a fight would go; from the same functions that decide it."""
    seen = targets.pick(
        command.target,
        [(one.named, one) for one in await deed.scene.npcs()],
        nothing=f"Nobody called {targets.bare(command.target)} is here to fight.",
        otherwise="look shows who is here.",
    )
    me = fights.of_character(deed.scene.me, await deed.scene.things(), deed.scene.world, deed.scene.now)
    if seen.row is None:
        raise Refused("not_possible", f"{called(seen.npc, begins=True)} is not your enemy.", "Some people only want to be talked to.")
    it = fights.of_npc(seen.row, seen.npc, deed.scene.world)
    ratio = combat.blows_to_win(me, it) / max(0.1, combat.blows_to_win(it, me))
    words = next((text for most, text in ODDS if ratio <= most), "You would not live to regret fighting")
    deed.message = (
        f"{words} {it.name}. You would hit it {combat.hit_chance(me, it):.0%} of the time, and it you {combat.hit_chance(it, me):.0%}."
    )
    return deed.outcome()


async def loot(deed: Deed, command: Loot) -> Outcome:
    """Take as much from remains as the actor can carry: from its own at once, from those of others when their owner has had time."""
    scene = deed.scene
    lying = [
        (Named(str(one.id), f"remains of {one.label}", ("remains", "corpse", "body")), one) for one in await scene.ground() if one.label
    ]
    mine = [pair for pair in lying if pair[1].label == scene.me.name]
    word = command.target or "remains"
    thing = targets.pick(
        word,
        mine if command.target is None and mine else lying,
        nothing="There are no remains here to take from.",
        otherwise="search <thing> looks through what stands here.",
    )
    remains = await combats.remains(scene.around.database, thing.id)
    if remains is None:
        raise Refused("not_here", "There is nothing left of them here.", "Somebody was faster, or the wind.")
    if remains.character_id != scene.me.id and scene.now < remains.open_at:
        raise Refused(
            "too_soon", f"You let {thing.label}'s things lie. They may still come back for them.",
            f"In {max(1, round((remains.open_at - scene.now) / 60))} minutes you may take them.",
        )  # fmt: skip
    taken = [one for one in remains.things if await deed.unpack(one, f"container:{remains.id}")]
    if not remains.things:
        raise Refused("picked_clean", "Nothing is left in them.", "Somebody was faster.")
    if not taken:
        raise Refused("nothing_fits", "You can carry nothing of it.", "Drop something first.")
    names = fights.listed([views.template_of(one, scene.world).name for one in taken])
    for one in taken:
        deed.fact(Took(item=one.template, quantity=one.quantity, source="corpse"))
    left = len(remains.things) - len(taken)
    deed.message = f"You take {names}." + (f" You cannot carry the rest: {left} more." if left else "")
    deed.tell_room("looted", f"{scene.me.name} takes something from what is left of {thing.label}.")
    return deed.outcome()


# ── how a fight goes on ──────────────────────────────────────────────────────────────────────────────────────────────


async def _own_fight(deed: Deed) -> CombatRow:
    row = await rounds.fight_of(deed)
    if row is None:
        raise Refused("no_fight", "You are in no fight.", "attack begins one; consider says how it would go.")
    return row


async def _choose(deed: Deed, row: CombatRow, fight: Fight, choice: Choice, message: str) -> Outcome:
    deed.message = message
    await rounds.choose(deed, row, fight, choice)
    return deed.outcome()


async def _begin(deed: Deed, target: Seen) -> Outcome:
    scene = deed.scene
    others = [one for one in await scene.npcs() if one is not target and _helps(one, target)]
    rows = [one.row for one in (target, *others) if one.row is not None][: combat.SIDE]
    me = fights.of_character(scene.me, await scene.things(), scene.world, scene.now)
    fighters = [me, *(fights.of_npc(row, scene.world.npcs[row.template], scene.world) for row in rows)]
    combat_id = scene.around.dice.randrange(1, 2**53)
    fight, changes = fights.opening(scene.me.location_id, fighters, rows, combat_id, scene.around.dice.randrange(2**53))
    deed.changes += changes
    deed.change_me(combat=combat_id, resting=False)
    text = " ".join([f"{scene.me.name} squares up to {called(target.npc)}.", *intents_of(fight)])
    deed.events.append(fights.fight_event("fight_began", text, combat_id, fight, scene.now))
    deed.message = f"You square up to {called(target.npc)}. {ROUND[0].upper()}{ROUND[1:]}"
    return deed.outcome()


async def _join(deed: Deed, row: CombatRow, target: Seen) -> Outcome:
    scene = deed.scene
    fight = row.fight
    if len(fight.side(PLAYERS)) >= combat.SIDE:
        raise Refused("fight_full", "There is no room left to get at them.", "Watch, or help somebody up afterwards.")
    fight = combat.join(fight, fights.of_character(scene.me, await scene.things(), scene.world, scene.now))
    enemy = fight.fighter(f"npc:{target.row.id}") if target.row else None
    if enemy is None:
        enemy = fight.side(ENEMIES)[0]
    return await _choose(deed, row, fight, Choice("attack", enemy.id), f"You join the fight, and go for {enemy.name}.")


def _helps(seen: Seen, target: Seen) -> bool:
    """Whether an NPC fights beside the target: one of its population."""
    return seen.row is not None and target.row is not None and seen.row.spawn == target.row.spawn and not seen.row.state.get("fight")


async def _hostile(deed: Deed, word: str | None) -> Seen:
    """The NPC that is meant; refuses one that cannot be fought."""
    npcs = await deed.scene.npcs()
    enemies = [one for one in npcs if one.row is not None and one.npc.disposition == "hostile"]
    if word is None:
        if not enemies:
            raise Refused("nobody_to_fight", "There is nothing here to fight.", "look shows who is here.")
        return enemies[0]
    if targets.closeness(word, [one.named for one in npcs]) == targets.NO_FIT and (people := await deed.scene.people_called(word)):
        raise Refused(
            "not_possible",
            f"{people[0].name} is not your enemy.",
            "Players do each other no harm; consider and attack are for the hostile.",
        )
    seen = targets.pick(
        word, [(one.named, one) for one in npcs], nothing=f"Nobody called {targets.bare(word)} is here to fight.", code="nobody_to_fight",
        otherwise="look shows who is here.",
    )  # fmt: skip
    if seen not in enemies:
        raise Refused("not_possible", f"{called(seen.npc, begins=True)} is not your enemy.", "Some people only want to be talked to.")
    return seen


def _enemy(fight: Fight, word: str | None) -> Fighter:
    """The enemy of a fight that is meant; without a word the weakest."""
    enemies = fight.side(ENEMIES)
    if word is None:
        return min(enemies, key=lambda one: (one.hp, number(one.id)))
    named = [(Named(one.id, one.name), one) for one in enemies]
    if not any(targets.fits(word, name) for name, _ in named):
        raise Refused("not_in_fight", f"{word} is not in this fight.", f"You fight {fights.listed([one.name for one in enemies])}.")
    return targets.pick(word, named, nothing=f"{targets.bare(word)} is not in this fight.")


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "attack", Attack, attack, usage="attack [somebody]", summary="Begin a fight, or strike in it.", aliases=("fight", "hit", "kill", "strike", "kick", "punch", "shoot", "slap", "stab"),
        arguments=arguments.before("with", arguments.one("target", "attack [somebody]", optional=True, skip={"at"}, whole=arguments.PRONOUNS)),
        topic=f"A fight goes by rounds. At the start of each the enemies show what they are about to do; you have {combat.SECONDS:.0f} seconds to choose: {ROUND} Who has not chosen defends.",
    ),
    CommandSpec("defend", Defend, defend, usage="defend", summary="Defend in this round: blows do half.", aliases=("guard", "parry")),
    CommandSpec("flee", Flee, flee, usage="flee", summary="Try to get out of a fight.", aliases=("escape", "retreat"), topic="Fleeing may fail. It takes you to a place beside this one."),
    CommandSpec("intents", Intents, intents, usage="intents", summary="Hear what the enemies are about to do, and how long you have."),
    CommandSpec(
        "consider", Consider, consider, usage="consider <somebody>", summary="Guess how a fight would go.", aliases=("con",),
        arguments=arguments.one("target", "consider <somebody>"),
    ),
    CommandSpec(
        "loot", Loot, loot, usage="loot [remains]", summary="Take what the dead have left.",
        arguments=arguments.one("target", "loot [remains]", optional=True),
        topic="What you carried lies where you fell. For ten minutes only you can take it, after an hour it is gone.",
    ),
)  # fmt: skip
