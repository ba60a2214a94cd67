"""`say`, `emote`, `whisper`, `shout`; and `who` is awake."""

from collections.abc import Sequence
from typing import Any

from echoes.errors import Refused
from echoes.game import arguments, normalization, targets
from echoes.game.company import npc_called
from echoes.game.deed import Deed
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.game.who_pages import SHOWN
from echoes.storage.commits import NoCharacter
from echoes.wire import Command, Outcome, PlayerView, Target, Text
from echoes.world.model import World
from echoes.world.names import bad_character

EARSHOT = 8
"""Locations that a shout reaches at most: it is published to each of them."""


class Say(Command, frozen=True, tag="say"):
    """Speak to the players in the same place."""

    text: Text


class Emote(Command, frozen=True, tag="emote"):
    """Act: `emote shivers` shows as `Mara shivers`."""

    text: Text


class Whisper(Command, frozen=True, tag="whisper"):
    """Speak to one person, wherever they are."""

    to: Target
    text: Text


class Shout(Command, frozen=True, tag="shout"):
    """Speak to all players in this district."""

    text: Text


class Who(Command, frozen=True, tag="who"):
    """List the characters that are awake in the city: 100 at most, by name, after the name `after`."""

    after: Target | None = None


async def say(deed: Deed, command: Say) -> Outcome:
    """Speak to the players in the same place."""
    text = _spoken(command.text)
    deed.message = f"You say: “{text}”"
    deed.speak("say", text, f"{deed.me.name} says: “{text}”")
    return deed.outcome()


async def emote(deed: Deed, command: Emote) -> Outcome:
    """Show an action to the players in the same place."""
    text = _spoken(command.text)
    deed.message = f"{deed.me.name} {text}"
    deed.speak("emote", text, deed.message)
    return deed.outcome()


async def whisper(deed: Deed, command: Whisper) -> Outcome:
    """Speak to one person who is awake, wherever they are. The words go to an id or a whole name; else it is asked who is meant."""
    text = _spoken(command.text)
    called = await deed.scene.around.people_called(command.to, but=deed.me.id)
    person = npc_called(deed.scene, command.to)
    listener, text = _listener(command.to, text, called, None if person is None else person[1].name)
    if listener.linkdead:
        raise Refused("not_listening", f"{listener.name} does not hear you.", "They have lost their connection; try again in a while.")
    await _refuse_ignored(deed, listener)
    deed.message = f"You whisper to {listener.name}: “{text}”"
    if listener.id in deed.me.ignores:
        deed.message += f" You ignore {listener.name}: unignore {listener.name} lets an answer reach you."
    deed.speak("whisper", text, f"{deed.me.name} whispers to you: “{text}”", to=listener.id)
    return deed.outcome()


async def _refuse_ignored(deed: Deed, listener: PlayerView) -> None:
    """Refuse words to a listener who ignores the speaker. The listener's row is read as it is cached."""
    try:
        row = await deed.scene.around.row_of(listener.id, near=False)
    except NoCharacter:
        return  # it is about to leave the world
    if deed.me.id in row.ignores:
        raise Refused("ignored", f"{listener.name} does not listen to you.", "They have chosen so, and nothing was whispered.")


async def shout(deed: Deed, command: Shout) -> Outcome:
    """Speak to all players in this district: at most `EARSHOT` of its locations, the nearest ones. Farther locations learn where it came from."""
    text = _spoken(command.text)
    here, place = deed.me.location_id, deed.scene.location
    message = f"{deed.me.name} shouts: “{text}”"
    deed.speak("shout", text, message)
    for location_id in in_earshot(here, deed.scene.world):
        deed.speak("shout", text, f"From {place.name}, {message}", location_id=location_id)
    deed.message = f"You shout, and {place.district} hears you: “{text}”"
    return deed.outcome()


def in_earshot(here: str, world: World) -> list[str]:
    """The other locations that a shout reaches, the nearest first."""
    place = world.locations[here]
    far = {
        id_: (one.x - place.x) ** 2 + (one.y - place.y) ** 2
        for id_, one in world.locations.items()
        if one.district == place.district and id_ != here
    }
    return sorted(far, key=lambda id_: (far[id_], id_))[: EARSHOT - 1]


async def who(deed: Deed, command: Who) -> Outcome:
    """List the characters that are awake in the city."""
    who_pages = await deed.scene.around.who_pages.after(command.after or "")
    listed = await deed.scene.around.people(who_pages.bodies, deed.me.id)
    if who_pages.total <= 1:
        deed.message = "Nobody else is awake in the city."
    elif not listed:
        deed.message = f"{who_pages.total} awake in the city, and no name comes after {command.after}."
    else:
        names = ", ".join(one.name for one in listed)
        more = f"; who {listed[-1].name} tells more" if len(listed) == SHOWN and len(listed) < who_pages.total else ""
        after = f" after {command.after}" if command.after else ""
        deed.message = f"{who_pages.total} awake in the city{after}: {names}{more}."
    return deed.outcome(players=listed)


def _listener(to: str, text: str, called: Sequence[PlayerView], npc: str | None) -> tuple[PlayerView, str]:
    """Return the listener of private words, and the words. A name of several words may extend from `to` into `text`."""
    longer = []
    for one in called:
        words = targets.normal(one.name).split()
        said = f"{to} {text}".split(maxsplit=len(words))
        if len(words) > len(to.split()) and len(said) > len(words) and targets.normal(" ".join(said[:-1])) == " ".join(words):
            longer.append((one, said[-1]))
    exact = [one for one in called if str(one.id) == to or targets.normal(one.name) == targets.normal(to)]
    if longer and (exact or len(longer) > 1):
        names = sorted({one.name for one in (*exact, *(one for one, _ in longer))})
        raise Refused("ambiguous", f"“{to}” could be {targets.either(names)}.", "Nothing was whispered. Begin your words differently.")
    if longer:
        return longer[0]
    named = [(Named(str(one.id), one.name), one) for one in called]
    if not exact and npc is not None:
        raise Refused("not_possible", f"{npc} has no ear for whispers. Speak up, and be answered.", f"talk {npc} where they are.")
    return targets.pick(to, named, nothing=f"Nobody called {to} is awake.", exact=True, otherwise="who lists who is awake."), text


def _spoken(text: str) -> str:
    words = text.strip()
    if not words:
        raise Refused("nothing_said", "You open your mouth, and say nothing.", "Write what you want to say after the command.")
    if (found := bad_character(words)) is not None:
        raise Refused("bad_text", f"Words cannot contain {found}.", "Control characters are not allowed; write plain text on one line.")
    return words


def whisper_arguments(rest: str) -> dict[str, Any]:
    """`<name> <words>`."""
    to, text = normalization.name_first(rest)
    if to.casefold() == "to" and all(normalization.name_first(text)):
        to, text = normalization.name_first(text)
    if not to or not text:
        raise Refused("incomplete", "Whisper what, to whom?", "Usage: whisper <name> <words>")
    return {"to": normalization.plain(to.rstrip(":：")), "text": text}


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "say",
        Say,
        say,
        usage="say <words>",
        summary="Speak to everybody here.",
        arguments=arguments.words("text", "say <words>"),
        topic="Everybody in the same place hears you. 'words is short for say words.",
        speaks=True,
    ),
    CommandSpec(
        "emote",
        Emote,
        emote,
        usage="emote <what you do>",
        summary="Act: emote shivers shows as “Mara shivers”.",
        aliases=("me", "act", "pose"),
        arguments=arguments.words("text", "emote <what you do>"),
        topic="Everybody in the same place sees it. :shivers is short for emote shivers.",
        speaks=True,
    ),
    CommandSpec(
        "whisper",
        Whisper,
        whisper,
        usage="whisper <name> <words>",
        summary="Speak to one person, wherever they are.",
        aliases=("tell", "msg", "pm", "dm", "message"),
        arguments=whisper_arguments,
        topic="Only that person hears it, in whatever part of the city, and only under the whole name.",
        speaks=True,
        speech="whisper",
        cost=3,
    ),
    CommandSpec(
        "shout",
        Shout,
        shout,
        usage="shout <words>",
        summary="Speak to everybody in this part of the city.",
        aliases=("yell", "scream"),
        arguments=arguments.words("text", "shout <words>"),
        topic="Everybody in the same district hears you, and where you are. say speaks to everybody here only.",
        speaks=True,
        speech="shout",
        cost=10,
    ),
    CommandSpec(
        "who",
        Who,
        who,
        usage="who [name]",
        summary="Who is awake in the city.",
        arguments=arguments.one("after", "who", optional=True),
        topic="Of very many the first hundred are named; who and a name tells those who come after that name.",
        cost=3,
    ),
)
