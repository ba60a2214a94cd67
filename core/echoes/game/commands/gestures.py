"""`gesture`: nod, wave, smile and the like, with or without a person in view. It is shown as an emote and kept nowhere."""

import re
from typing import Annotated, Any

from msgspec import Meta

from echoes.errors import Refused
from echoes.game import arguments, normalization, nouns, targets
from echoes.game.deed import Deed
from echoes.game.directions import SHORT
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.wire import Command, Outcome, Target

GESTURES: dict[str, tuple[str, str]] = {
    "applaud": ("applauds", "applauds {}"),
    "beckon": ("beckons", "beckons {} closer"),
    "blush": ("blushes", "looks at {} and blushes"),
    "bow": ("bows", "bows to {}"),
    "burp": ("burps", "burps at {}"),
    "cheer": ("cheers", "cheers for {}"),
    "clap": ("claps", "claps for {}"),
    "comfort": ("hums something comforting", "comforts {}"),
    "cough": ("coughs up a little ash", "coughs in the direction of {}"),
    "cry": ("cries without a sound", "cries on the shoulder of {}"),
    "curtsy": ("curtsies", "curtsies to {}"),
    "dance": ("dances a few steps in the ash", "dances a few steps with {}"),
    "faint": ("sways, and stays on both feet after all", "faints in the direction of {}"),
    "frown": ("frowns", "frowns at {}"),
    "gasp": ("gasps", "gasps at {}"),
    "giggle": ("giggles", "giggles at {}"),
    "glare": ("glares at nothing", "glares at {}"),
    "grin": ("grins", "grins at {}"),
    "groan": ("groans", "groans at {}"),
    "hello": ("raises a hand in greeting", "greets {}"),
    "hi": ("raises a hand in greeting", "greets {}"),
    "high five": ("holds up a hand", "slaps hands with {}"),
    "hug": ("hugs the air", "hugs {}"),
    "kneel": ("kneels", "kneels before {}"),
    "laugh": ("laughs", "laughs with {}"),
    "no": ("shakes a doubtful head", "looks at {} and says no without a word"),
    "nod": ("nods", "nods to {}"),
    "panic": ("looks about in panic", "looks at {} in panic"),
    "pat": ("pats the ash from both sleeves", "pats {} on the back"),
    "point": ("points into the distance", "points at {}"),
    "poke": ("pokes at the ash", "pokes {}"),
    "ponder": ("ponders", "ponders what to make of {}"),
    "pray": ("says a few words to whoever listens", "says a few words for {}"),
    "salute": ("salutes", "salutes {}"),
    "shiver": ("shivers", "looks at {} and shivers"),
    "shrug": ("shrugs", "shrugs at {}"),
    "sigh": ("sighs", "sighs at {}"),
    "sing": ("sings a line of an old song", "sings a line of an old song to {}"),
    "smile": ("smiles", "smiles at {}"),
    "sneeze": ("sneezes", "sneezes at {}"),
    "snore": ("snores on both feet", "snores at {}"),
    "sob": ("sobs", "sobs on the shoulder of {}"),
    "thank": ("is thankful", "thanks {}"),
    "thanks": ("is thankful", "thanks {}"),
    "stretch": ("stretches, and something cracks", "stretches in front of {}"),
    "think": ("thinks", "thinks about {}"),
    "tickle": ("tickles the air", "tickles {}"),
    "wave": ("waves", "waves to {}"),
    "whistle": ("whistles a tune", "whistles at {}"),
    "wink": ("winks", "winks at {}"),
    "yawn": ("yawns", "yawns at {}"),
    "yes": ("nods", "nods to {}"),
}
"""The words: what others see the actor do, and do towards a person."""


_MANNER = re.compile(r"\s(?:on the (?:arm|back|cheek|head|shoulder)|back|again|happily|politely|sadly|slowly)$", re.IGNORECASE)
"""Words behind a gesture that say how."""
_EVERYONE = re.compile(
    r"(?:(?:at|for|to|with)\s+)?(?:again|all|all of you|anybody|anyone|back|everybody|everyone|folks|guys|people|there|you|you all)",
    re.IGNORECASE,
)
_person = arguments.one("to", "wave [to somebody]", optional=True, skip={"to", "at", "with", "for", "before", "on", "you"})


class Gesture(Command, frozen=True, tag="gesture"):
    """Nod, wave, smile: shown to all players in the location."""

    act: Annotated[str, Meta(min_length=1, max_length=40)]
    to: Target | None = None


async def gesture(deed: Deed, command: Gesture) -> Outcome:
    """Show it to all players in the location; it may be meant for a player or an NPC who is here."""
    scene = deed.scene
    found = GESTURES.get(targets.normal(command.act))
    if found is None:
        raise Refused("incomplete", "Your hands begin something, and do not know what.", f"Gestures: {', '.join(GESTURES)}.")
    alone, towards = found
    text = alone
    if command.to is not None:
        people = [(Named(str(one.id), one.name), one.name) for one in await scene.people_called(command.to)]
        people += [(seen.named, seen.npc.name) for seen in await scene.npcs()]
        if targets.closeness(command.to, [one for one, _ in people]) == targets.NO_FIT:
            people += await _sights(deed, command.to)
        name = targets.pick(
            command.to,
            people,
            nothing=f"You look about, but nobody called {targets.bare(command.to)} is here.",
            otherwise="look shows who is here.",
        )
        text = towards.format(name)
    deed.message = f"{deed.me.name} {text}."
    deed.speak("emote", f"{text}.", deed.message)
    return deed.outcome()


async def _sights(deed: Deed, word: str) -> list[tuple[Named, str]]:
    """The ways and the things here that a gesture may be meant for, each as a sentence names it."""
    ways = [
        (Named(str(way), str(way), [short for short in SHORT if SHORT[short] == way]), f"the way {way}")
        for way in deed.scene.location.exits
    ]
    return [*ways, *((name, f"the {name.name}") for name, _ in await nouns.seen(deed, word))]


def _towards(rest: str) -> dict[str, Any]:
    """`[to] [somebody]`; words for all people here are left out."""
    line = _MANNER.sub("", normalization.plain(rest))
    return {} if _EVERYONE.fullmatch(line) else _person(line)


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "gesture",
        Gesture,
        gesture,
        usage="gesture <nod, wave, smile …>",
        summary="Nod, wave, smile: type the word itself, and to whom.",
        arguments=arguments.one("act", "gesture <nod, wave, smile …>"),
        verbs={word: {"act": word} for word in GESTURES},
        towards=_towards,
        topic="wave, wave to Mara, smile at Marta. Everybody in the same place sees it. emote shows what has no word of its own.",
        speaks=True,
    ),
)
