"""`look`: the place, a direction, a thing, a person, the own character."""

from echoes.game import arguments, targets
from echoes.game.deed import Deed
from echoes.game.directions import SHORT, towards
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.wire import Command, Outcome, Target


class Look(Command, frozen=True, tag="look"):
    """Look around, or at something."""

    target: Target | None = None


async def look(deed: Deed, command: Look) -> Outcome:
    """Look around, or at a thing, a person or a direction."""
    scene = deed.scene
    if command.target is None:
        view = await scene.around.view_of(scene.me)
        deed.message = f"{view.name}. {view.description}"
        return deed.outcome(location=view)
    word = targets.normal(command.target)
    direction = SHORT.get(word, word)
    if (way := dict(scene.location.exits).get(direction)) is not None:  # type: ignore[call-overload]
        deed.message = way.look or f"That way leads {towards(direction)}; more cannot be seen from here."
        return deed.outcome()
    if word in {"me", "myself", "self", scene.me.name.casefold()}:
        worn = [scene.template(thing).name for thing in await scene.things() if thing.slot]
        deed.message = f"You are {scene.me.name}, level {scene.me.level}. You wear {', '.join(worn) if worn else 'nothing to speak of'}."
        return deed.outcome()
    deed.message = targets.pick(command.target, await _things_to_see(deed, command.target), nothing="You see nothing of that name here.")
    return deed.outcome()


async def _things_to_see(deed: Deed, word: str) -> list[tuple[Named, str]]:
    scene = deed.scene
    location = scene.location
    seen = [(Named(id, thing.name, thing.aliases), thing.description) for id, thing in location.interactables.items()]  # noqa: A001
    seen += [(Named(id, scene.world.npcs[id].name, scene.world.npcs[id].aliases), scene.world.npcs[id].description) for id in location.npcs]  # noqa: A001
    seen += [
        (Named(str(one.id), one.name), f"{one.name} {'stares through you, far away' if one.linkdead else 'is here, as real as you are'}.")
        for one in await scene.people_called(word)
    ]
    for thing in [*await scene.ground_called(word), *await scene.things()]:
        template = scene.template(thing)
        wear = f" It will stand about {thing.durability} more uses." if thing.durability is not None else ""
        seen.append((Named(str(thing.id), template.name, template.aliases), template.description + wear))
    return seen


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "look",
        Look,
        look,
        usage="look [thing, person or direction]",
        summary="Look around, or at something.",
        aliases=("l", "examine", "x", "look at"),
        arguments=arguments.one("target", "look", optional=True),
        topic="Without a name you see the place, its exits, who is there and what lies about. With one you see that: look lamp, look north, look Mara.",
    ),
)
