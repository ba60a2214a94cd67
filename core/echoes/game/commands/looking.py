"""`look`: the place, a direction, a thing, a person, the own character."""

from echoes.errors import Refused
from echoes.game import arguments, clues, nouns, targets
from echoes.game.deed import Deed
from echoes.game.directions import SHORT, towards
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.wire import Command, Outcome, Target
from echoes.world.model import OPPOSITE


class Look(Command, frozen=True, tag="look"):
    """Look around, or at something."""

    target: Target | None = None


async def look(deed: Deed, command: Look) -> Outcome:
    """Look around, or at a thing, a person or a direction."""
    scene = deed.scene
    if command.target is None:
        view = await scene.around.view_of(scene.me)
        deed.message = f"{view.name}. {view.description} {view.around}"
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
    if direction in OPPOSITE:
        raise Refused("not_here", f"You look {towards(direction)}. No way leads there.", "exits names the ways out.")
    sights = await nouns.seen(deed, command.target)
    if (sentence := _of_the_place(deed, word, [name for name, _ in sights])) is not None:
        deed.message = sentence
        return deed.outcome()
    try:
        deed.message, source = targets.pick(command.target, sights, nothing=f"You see no {word} here.")
        clues.note(deed, source)
    except Refused as refused:
        if refused.code == "ambiguous":
            raise
        if not (sentence := nouns.mentioned(word, scene.location)):
            raise refused if refused.hint else Refused(refused.code, refused.message, nouns.to_see(scene.location)) from None
        deed.message = f"{sentence} There is no more to it than that."
    return deed.outcome()


def _of_the_place(deed: Deed, word: str, sights: list[Named]) -> str | None:
    """Return the sentence of the place about a word of its name, unless a thing here is called just so: the kiln, and no kiln poker."""
    location = deed.scene.location
    if word not in targets.normal(location.name).split() or targets.closeness(word, sights) <= targets.EXACT:
        return None
    return nouns.mentioned(word, location) or None


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "look",
        Look,
        look,
        usage="look [thing, person or direction]",
        summary="Look around, or at something.",
        aliases=("l", "examine", "x", "look at", "inspect", "study", "watch", "view", "check", "observe"),
        arguments=arguments.one("target", "look", optional=True, skip={*arguments.AT, "for"}, whole=arguments.AROUND),
        topic="Without a name you see the place, its exits, who is there and what lies about. With one you see that: look lamp, look north, look Mara.",
    ),
)
